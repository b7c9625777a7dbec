"""What every browser test shares."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.person import browser

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
