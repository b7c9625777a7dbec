"""A cabinet for each test, on SQLite or on the PostgreSQL that ECABINET_TEST_DATABASE_URL names."""

import contextlib
import functools
import gc
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

from documents.pages import reading
from ecabinet import db, live, web
from ecabinet.app import SOCKETS, bind_ports, create_app
from ecabinet.db import Base
from ecabinet.settings import Settings
from tests import watching
from tests.builders import Cabinet, Scene
from tests.watching import (
    pytest_addoption,
    pytest_sessionfinish,
    pytest_terminal_summary,
    pytest_testnodedown,
)

# pytest finds its hooks by their names here: what is watched is judged at the suite's end.
__all__ = [
    "pytest_addoption",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "pytest_testnodedown",
]

# The same examples on every run; how long one takes says nothing of the code.
hypothesis.settings.register_profile(
    "steady", deadline=None, derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)  # fmt: skip
hypothesis.settings.load_profile("steady")

POSTGRESQL = os.environ.get("ECABINET_TEST_DATABASE_URL", "")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what has a database; on PostgreSQL, run nothing else: the rest would be run twice."""
    for each in items:
        if "empty_database" in getattr(each, "fixturenames", ()):
            each.add_marker("database")
    if not POSTGRESQL:
        return
    wanted = [
        each
        for each in items
        if each.get_closest_marker("database") and not each.get_closest_marker("once")
    ]
    config.hook.pytest_deselected(items=[each for each in items if each not in wanted])
    items[:] = wanted


def pytest_collection_finish() -> None:
    """What is loaded by now stays; the collector need not walk it for each test."""
    gc.collect()
    gc.freeze()


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
def fresh_database(template: str, url: str) -> Iterator[None]:
    """A copy of another database, for as long as the block lasts."""
    name = _name(url)
    if POSTGRESQL:
        _sql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        yield
        _sql(f"DROP DATABASE {name} WITH (FORCE)")
        return
    shutil.copy(template, name)
    yield
    for kept in (name, f"{name}-wal", f"{name}-shm"):
        Path(kept).unlink(missing_ok=True)


READ_ONCE = functools.lru_cache(64)(reading.read)


@pytest.fixture(autouse=True)
def each_file_is_read_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox says the same of the same bytes; the papers' own tests ask it each time."""
    if "documents" not in request.path.parts:
        monkeypatch.setattr(reading, "read", READ_ONCE)


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

watching.watch_events(SOCKETS)


class House:
    """One application for the tests of a process: each finds its own database and files in it."""

    def __init__(self, folder: Path, base_url: str = "http://localhost") -> None:
        self.settings = Settings(
            database_url=address_in(folder), data_dir=folder / "var", base_url=base_url
        )
        self._build()

    @contextlib.contextmanager
    def lent(self, template: str, files: Path | None = None) -> Iterator[None]:
        """To one test, with a copy of this database and of the files that belong to it."""
        shutil.rmtree(self.settings.data_dir, ignore_errors=True)
        if files:
            shutil.copytree(files, self.settings.data_dir)
        if web.settings() is not self.settings:
            self._build()
        bind_ports(self.settings)
        db.bind(self._database)
        live.bind(self.app.extensions["wire"])
        with fresh_database(template, self.settings.database_url):
            yield
            self._database.close()

    def _build(self) -> None:
        self.app = create_app(self.settings)
        watching.watch(self.app)
        self.app.jinja_env.bytecode_cache = TEMPLATES
        self._database = db.database()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("house"))


class Scenes:
    """What tests begin with: made once in a process, copied for each of them."""

    def __init__(self, empty: str, folders: pytest.TempPathFactory) -> None:
        self._empty, self._folders = empty, folders
        self._made: dict[Make, Scene] = {}
        self._kept = contextlib.ExitStack()

    def of(self, make: "Make") -> Scene:
        if make not in self._made:
            self._made[make] = self._new(make)
        return self._made[make]

    def close(self) -> None:
        self._kept.close()

    def _new(self, make: "Make") -> Scene:
        house = House(self._folders.mktemp("scene"))
        url = house.settings.database_url
        self._kept.enter_context(fresh_database(self._empty, url))
        told = make(Cabinet(house.app))
        db.database().close()
        return Scene(_name(url), house.settings.data_dir, told)


Make = Callable[[Cabinet], Any]


def a_cabinet(_cabinet: Cabinet) -> None:
    """The scene of a test that says no other."""


@pytest.fixture(scope="session")
def scenes(empty_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenes]:
    made = Scenes(empty_database, tmp_path_factory)
    yield made
    made.close()


@pytest.fixture
def scene(request: pytest.FixtureRequest, scenes: Scenes) -> Scene:
    """Of the maker that `@pytest.mark.begins` names."""
    begins = request.node.get_closest_marker("begins")
    return scenes.of(begins.kwargs["at"] if begins else a_cabinet)


@pytest.fixture
def app(request: pytest.FixtureRequest, house: House, empty_database: str) -> Iterator[Flask]:
    template, files = empty_database, None
    if "cabinet" in request.fixturenames:
        begun: Scene = request.getfixturevalue("scene")
        template, files = begun.database, begun.files
    with house.lent(template, files):
        yield house.app


@pytest.fixture
def settings(app: Flask, house: House) -> Settings:
    return house.settings


@pytest.fixture
def cabinet(app: Flask) -> Cabinet:
    """A small Government with its Office, in a fresh database."""
    return Cabinet(app)


def address_in(folder: Path) -> str:
    """Of a database that is still to be made, as a file of this folder or in the cluster."""
    if not POSTGRESQL:
        return f"sqlite:///{folder / 'test.db'}"
    return _address(f"test_{uuid.uuid4().hex[:8]}")


def _name(url: str) -> str:
    """What `fresh_database` copies: a file, or a database of the cluster."""
    name = make_url(url).database
    assert name
    return name


def _address(name: str) -> str:
    return make_url(POSTGRESQL).set(database=name).render_as_string(hide_password=False)


def _sql(statement: str) -> None:
    with _cluster().connect() as connection:
        connection.execute(text(statement))


@functools.cache
def _cluster() -> Engine:
    # A test may have had the whole cluster killed meanwhile.
    return create_engine(POSTGRESQL, isolation_level="AUTOCOMMIT", pool_pre_ping=True)
