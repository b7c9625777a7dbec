"""A cabinet for each test, on SQLite or on the PostgreSQL that ECABINET_TEST_DATABASE_URL names."""

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from ecabinet import db
from ecabinet.app import create_app
from ecabinet.db import Base
from ecabinet.settings import Settings
from tests.builders import Cabinet

# The same examples on every run; how long one takes says nothing of the code.
hypothesis.settings.register_profile(
    "steady", deadline=None, derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)  # fmt: skip
hypothesis.settings.load_profile("steady")

POSTGRESQL = os.environ.get("ECABINET_TEST_DATABASE_URL", "")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL, run what has a database: the rest would only be run twice."""
    if not POSTGRESQL:
        return
    with_database = [
        each for each in items if "empty_database" in getattr(each, "fixturenames", ())
    ]
    config.hook.pytest_deselected(items=[each for each in items if each not in with_database])
    items[:] = with_database


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with every table; the tests' own are copied from it."""
    if not POSTGRESQL:
        path = tmp_path_factory.mktemp("template") / "empty.db"
        template = db.Database(f"sqlite:///{path}")
        Base.metadata.create_all(template.engine)
        template.close()
        yield str(path)
        return
    name = f"template_{uuid.uuid4().hex[:8]}"
    _sql(f"CREATE DATABASE {name}")
    template = db.Database(_address(name))
    Base.metadata.create_all(template.engine)
    template.close()
    yield name
    _sql(f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def fresh_database(template: str, folder: Path) -> Iterator[str]:
    """A copy of the empty database, for as long as the block lasts."""
    if not POSTGRESQL:
        shutil.copy(template, folder / "test.db")
        yield f"sqlite:///{folder / 'test.db'}"
        return
    name = f"test_{uuid.uuid4().hex[:8]}"
    _sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _address(name)
    _sql(f"DROP DATABASE {name} WITH (FORCE)")


@dataclass(frozen=True)
class Furnished:
    """A database that holds the small cabinet, and the keys that were made with it."""

    database: str
    keys: Path


@pytest.fixture(scope="session")
def furnished(empty_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    """The cabinet made once: its tests begin with copies."""
    folder = tmp_path_factory.mktemp("furnished")
    with fresh_database(empty_database, folder) as url:
        Cabinet(create_app(_settings(url, folder)))
        db.database().close()
        yield Furnished(_name(url), folder / "var" / "keys")


@pytest.fixture
def database_url(
    request: pytest.FixtureRequest, empty_database: str, tmp_path: Path
) -> Iterator[str]:
    template = empty_database
    if "cabinet" in request.fixturenames:
        template = request.getfixturevalue("furnished").database
    with fresh_database(template, tmp_path) as url:
        yield url


@pytest.fixture
def settings(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Settings:
    if "cabinet" in request.fixturenames:
        shutil.copytree(request.getfixturevalue("furnished").keys, tmp_path / "var" / "keys")
    return _settings(database_url, tmp_path)


def _settings(database_url: str, folder: Path) -> Settings:
    return Settings(database_url=database_url, data_dir=folder / "var", base_url="http://localhost")


class CompiledTemplates(BytecodeCache):
    """Templates compiled by one test's application, for those of the others."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


TEMPLATES = CompiledTemplates()


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    app.jinja_env.bytecode_cache = TEMPLATES
    yield app
    db.database().close()


@pytest.fixture
def cabinet(app: Flask) -> Cabinet:
    """A small Government with its Office, in a fresh database."""
    return Cabinet(app)


def _name(url: str) -> str:
    """What `fresh_database` copies: a file, or a database of the cluster."""
    name = make_url(url).database
    assert name
    return name


def _address(name: str) -> str:
    return make_url(POSTGRESQL).set(database=name).render_as_string(hide_password=False)


def _sql(statement: str) -> None:
    engine = create_engine(POSTGRESQL, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
