"""The month that one sees is one's own and one's agency's, and nobody else's."""

import re

import pytest

from ballots.service import draft as drafting
from ecabinet.db import reading
from meetings.models import Meeting
from tests.ballots.builders import MONDAY, a_draft, set_clock
from tests.builders import Browser, Cabinet
from tests.meetings.builders import planned

DECEMBER = "/calendar?month=2026-12"


def squares(browser: Browser, address: str = DECEMBER) -> dict[str, str]:
    """What stands in each day that holds something, by its day."""
    found = re.findall(
        r'<td class="month__d[^>]*>\s*<time class="month__n" datetime="([^"]+)">(.*?)</td>',
        browser.get(address).get_data(as_text=True), flags=re.DOTALL,
    )  # fmt: skip
    return {day: inside for day, inside in found if "month__o" in inside}


@pytest.fixture
def open_question(cabinet: Cabinet) -> int:
    set_clock(MONDAY)
    consultation = a_draft(cabinet)
    drafting.approve(cabinet.actor("lanhdaovp"), consultation)
    return consultation


def test_an_end_at_midnight_stands_on_the_day_that_it_ends(cabinet, open_question) -> None:
    found = squares(cabinet.browser("botruong.yte"))
    assert list(found) == ["2026-12-02"]
    assert f"/consultations/{open_question}" in found["2026-12-02"]


def test_who_is_not_asked_sees_nothing_of_it(cabinet, open_question) -> None:
    for name in ("thuky2", "vanthu", "canbo.yte", "quantri"):
        assert squares(cabinet.browser(name)) == {}, name


def test_a_session_stands_there_once_it_is_convened_for_whom_it_is(cabinet) -> None:
    session = planned(cabinet)
    with reading() as db:
        month = f"/calendar?month={db.get_one(Meeting, session.id).starts_at:%Y-%m}"
    minister, other = cabinet.browser("botruong.yte"), cabinet.browser("canbo.taichinh")
    assert squares(minister, month) == {}
    session.convene()
    assert f"/meetings/{session.id}" in "".join(squares(minister, month).values())
    assert squares(other, month) == {}


def test_ones_own_and_the_agencys_are_told_apart(cabinet, open_question) -> None:
    minister = cabinet.browser("botruong.yte")
    assert squares(minister, DECEMBER + "&show=mine")
    assert squares(minister, DECEMBER + "&show=agency") == {}


@pytest.mark.parametrize("month", ["2026-13", "mai", "1066-10", "2026-1"])
def test_what_is_no_month_is_said_to_be_none(cabinet, month) -> None:
    browser = cabinet.browser("thuky")
    assert browser.get(DECEMBER).status_code == 200
    page = browser.get(f"/calendar?show=mine&month={month}")
    assert page.status_code == 400
    assert "Tháng: Nhập tháng như 2026-11." in page.text
    assert "chỗ được đánh dấu" not in page.text
    assert 'href="/calendar?show=mine">Mở trang không kèm điều kiện này' in page.text
