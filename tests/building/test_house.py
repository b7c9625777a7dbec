"""The house as it is drawn: rooms, words and lists that are kept in two places."""

import re
import subprocess
import sys
from configparser import ConfigParser
from datetime import UTC, date, datetime
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, func, select, text

from ecabinet import db, migrate
from ecabinet.db import Base
from ecabinet.settings import Settings

ROOT = Path(__file__).parent.parent.parent


def test_every_package_of_the_house_is_in_its_drawing() -> None:
    drawn = ConfigParser()
    drawn.read(ROOT / ".importlinter")
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    assert set(drawn["importlinter"]["root_packages"].split()) == packages


def test_packages_hold_a_docstring_alone() -> None:
    for path in ROOT.glob("*/**/__init__.py"):
        if {".venv", "node_modules", "tests", "benchmarks"} & set(path.parts):
            continue
        text = path.read_text().strip()
        assert re.fullmatch(r'"""[^"]*"""', text), path


def test_migrations_make_exactly_the_tables(tmp_path: Path) -> None:
    fresh = db.Database(f"sqlite:///{tmp_path / 'fresh.db'}")
    migrate.upgrade(fresh)
    with fresh.engine.connect() as connection:
        asked = {"compare_type": True, "include_name": migrate.is_drawn}
        context = MigrationContext.configure(connection, opts=asked)
        assert compare_metadata(context, Base.metadata) == []
    assert migrate.is_current(fresh)
    fresh.close()


def test_a_database_in_use_is_brought_to_the_newest_schema_with_nothing_lost(
    tmp_path: Path,
) -> None:
    used = db.Database(f"sqlite:///{tmp_path / 'used.db'}")
    migrate.upgrade(used, "0001")
    before = MetaData()
    before.reflect(used.engine)
    tables = [each for each in before.sorted_tables if each.name in Base.metadata.tables]
    assert tables
    with used.engine.begin() as connection:
        for table in tables:
            # Each number is 1, so that each row points at the one row of another table.
            row = {each.name: FILLING.get(each.type.python_type, 1) for each in table.columns}
            connection.execute(table.insert().values(row))
    migrate.upgrade(used)
    with used.engine.connect() as connection:
        for table in tables:
            kept = connection.execute(select(func.count()).select_from(table))
            assert kept.scalar() == 1, table.name
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    used.close()


FILLING = {
    int: 1, str: "one", bytes: b"one", bool: True, dict: {}, datetime: datetime.now(UTC),
    date: date(2026, 11, 2),
}  # fmt: skip


def test_every_setting_is_described() -> None:
    described = (ROOT / "docs" / "settings.md").read_text()
    for name in Settings.model_fields:
        assert f"`ECABINET_{name.rstrip('_').upper()}`" in described, name


def test_the_locks_name_no_host_and_hash_every_package() -> None:
    for lock in ("requirements.txt", "requirements-dev.txt", "requirements-uv.txt"):
        text = (ROOT / lock).read_text()
        assert "://" not in text, lock
        for package in re.split(r"\n(?=\S)", re.sub(r"(?m)^ *#.*\n?", "", text)):
            assert not package.strip() or "--hash=sha256:" in package, package
    assert "://" not in (ROOT / "package-lock.json").read_text()


def test_the_application_starts_where_only_run_time_packages_are_imported() -> None:
    code = (
        "import sys, ecabinet.cli; print([m for m in ('pytest','hypothesis') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_page_tells_the_hour_of_the_device() -> None:
    """`words.ts` tells the cabinet's hour; what asks for the device's own would tell another."""
    sources = {path: path.read_text() for path in (ROOT / "frontend").rglob("*.ts")}
    own = ("getHours(", "getMinutes(", "toLocaleTimeString(")
    asking = {path.name for path, text in sources.items() if any(each in text for each in own)}
    assert asking == {"words.ts"}
