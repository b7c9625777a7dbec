"""What every browser test shares."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from ecabinet import db, migrate
from ecabinet.app import create_app
from ecabinet.settings import Settings
from tests.ballots.test_classifying import Closed
from tests.browser.person import browser
from tests.builders import PASSWORD, PEOPLE, SEED, Cabinet
from tests.server import Server, serving

# How long a page may take says nothing of whether it is right; machines differ.
expect.set_options(timeout=20_000)

# Of two workers neither waits for the other's last file if the longest ones begin.
LONGEST = ("test_day", "test_five_minutes", "test_looks", "test_session_vote")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    names = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda each: names.get(each.path.stem, len(names)))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One for the tests of a file; each has a context of its own."""
    with browser() as chromium:
        yield chromium


@pytest.fixture
def closed_house(tmp_path: Path) -> Iterator[Server]:
    """A house in which one question is closed and waits for how an opinion counts."""
    folder = tmp_path / "var"
    folder.mkdir()
    url = f"sqlite:///{folder / 'ecabinet.db'}"
    settings = Settings(database_url=url, data_dir=folder, base_url="http://localhost")
    # The browser's own loop runs in this thread, and signing needs one.
    with ThreadPoolExecutor(1) as apart:
        apart.submit(fill, settings).result()
    accounts = [{"username": name, "password": PASSWORD, "totp_secret": SEED} for name in PEOPLE]
    (folder / "demo-accounts.json").write_text(json.dumps(accounts))
    with serving(folder) as served:
        yield served


def fill(settings: Settings) -> None:
    app = create_app(settings)
    migrate.upgrade(db.database())
    assert Closed(Cabinet(app)).number == 1
    db.database().close()
