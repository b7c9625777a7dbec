"""What does not start: the eighth of the ten tests (SEC-01). Each refusal is beside a start that is
taken, and is seen to be missing where its rule is gone."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pysqlite3 import dbapi2
from sqlalchemy import event

from ecabinet import app, db, keys, offload, settings
from ecabinet.errors import SettingRefused
from ecabinet.settings import Settings, from_environment
from tests.builders import Cabinet
from tests.building.test_settings import SOUND, set_all

Patch = pytest.MonkeyPatch


class AnySettings(Settings):
    """Settings that nobody has asked whether they are whole."""

    def address_is_one(self) -> Settings:
        return self

    def production_is_whole(self) -> Settings:
        return self


def start(folder: Path) -> None:
    """All that is looked at before anybody is served, in the cabinet's own words."""
    found = from_environment()
    keys.Keys(folder / "keys")
    db.Database(f"sqlite:///{folder / 'other.db'}").close()
    offload.check(found)
    app.refuse_to_start(found)


def sets(name: str, value: str) -> Callable[[Patch, Path], None]:
    return lambda patch, _: patch.setenv(name, value)


def opens_a_key(_: Patch, folder: Path) -> None:
    (folder / "keys" / "kek").chmod(0o644)


def has_an_old_library(patch: Patch, _: Path) -> None:
    patch.setattr(dbapi2, "sqlite_version", "3.51.2")


def has_no_walls(patch: Patch, _: Path) -> None:
    patch.setattr(offload, "is_sandboxed", lambda: False)


def holds_a_demo(_: Patch, folder: Path) -> None:
    (folder / "demo-accounts.json").write_text("[]")


def loses_what_it_took(_: Patch, folder: Path) -> None:
    engine = db.database().engine
    event.listen(engine, "connect", no_longer_waits_for_the_disk)
    engine.dispose()


def no_longer_waits_for_the_disk(connection: Any, _: object) -> None:
    connection.execute("PRAGMA synchronous=NORMAL")


@pytest.fixture
def waits_again(cabinet: Cabinet) -> Iterator[None]:
    yield
    engine = db.database().engine
    if event.contains(engine, "connect", no_longer_waits_for_the_disk):
        event.remove(engine, "connect", no_longer_waits_for_the_disk)
    engine.dispose()


BOTH, PRODUCTION = ("demo", "production"), ("production",)
ASKED = (settings, "Settings", AnySettings)
# What is wrong, in which modes that keeps it from starting, and the rule that says so.
REFUSED: dict[str, tuple[Callable[[Patch, Path], None], tuple[str, ...], tuple[Any, str, Any]]] = {
    "a pattern of origins": (sets("ECABINET_BASE_URL", "https://*"), BOTH, ASKED),
    "no TLS": (sets("ECABINET_BASE_URL", "http://cabinet.example"), PRODUCTION, ASKED),
    "a short secret": (sets("ECABINET_SECRET_KEY", "short"), PRODUCTION, ASKED),
    "no secret": (sets("ECABINET_SECRET_KEY", ""), PRODUCTION, ASKED),
    "a developer's mode": (
        sets("FLASK_DEBUG", "1"), PRODUCTION, (app, "get_debug_flag", lambda: False),
    ),
    "a demo's accounts": (holds_a_demo, PRODUCTION, (Settings, "demo_accounts", Path("none"))),
    "no walls": (has_no_walls, PRODUCTION, (offload, "check", lambda _: None)),
    "an old SQLite": (has_an_old_library, BOTH, (db, "WAL_IS_SOUND_FROM", (3, 0, 0))),
    "synchronous below FULL": (loses_what_it_took, BOTH, (db, "FULL", 1)),
    "a key that others read": (opens_a_key, BOTH, (keys, "OTHERS", 0)),
}  # fmt: skip


@pytest.mark.once
@pytest.mark.usefixtures("waits_again")
@pytest.mark.parametrize("env", BOTH)
@pytest.mark.parametrize("wrong", REFUSED)
def test_what_is_unsound_does_not_start(
    monkeypatch: Patch, tmp_path: Path, wrong: str, env: str
) -> None:
    breaks, modes, rule = REFUSED[wrong]
    set_all(monkeypatch, SOUND | {"ECABINET_ENV": env, "ECABINET_DATA_DIR": str(tmp_path)})
    start(tmp_path)
    breaks(monkeypatch, tmp_path)
    if env not in modes:
        start(tmp_path)
        return
    with pytest.raises(SettingRefused):
        start(tmp_path)
    monkeypatch.setattr(*rule)
    start(tmp_path)


@pytest.mark.once
@pytest.mark.parametrize(
    ("fsync", "commit", "synchronous", "standbys", "fault"),
    [
        ("on", "on", "", 0, ""),
        ("on", "local", "", 0, ""),
        ("on", "remote_apply", "second", 1, ""),
        ("off", "on", "", 0, "fsync"),
        ("on", "off", "", 0, "synchronous_commit"),
        ("on", "local", "second", 1, "synchronous_commit"),
        ("on", "on", "", 1, "standby"),
    ],
)
def test_a_postgresql_that_may_lose_an_act_is_named(
    fsync: str, commit: str, synchronous: str, standbys: int, fault: str
) -> None:
    found = db.lost_by(fsync, commit, synchronous, standbys)
    assert fault in found
    assert bool(found) is bool(fault)
