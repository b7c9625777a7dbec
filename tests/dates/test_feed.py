"""A secret address shows when sessions are, and nothing else, to whoever holds it."""

import html
import re
from datetime import timedelta

import pytest
from icalendar import Calendar

from ecabinet.db import reading
from meetings.models import Meeting
from tests.builders import Browser, Cabinet
from tests.meetings.builders import Session, planned


def make_feed(browser: Browser) -> str:
    page = browser.post("/calendar/feed").get_data(as_text=True)
    found = re.search(r'value="(http[^"]+\.ics)"', page)
    assert found, page
    return html.unescape(found[1]).removeprefix("http://localhost")


@pytest.fixture
def session(cabinet: Cabinet) -> Session:
    session = planned(cabinet, ("CANARY-noi-dung", "Nội dung hai"))
    session.convene()
    return session


def test_it_is_off_until_it_is_asked_for_and_then_shows_the_hour_alone(cabinet, session) -> None:
    minister, stranger = cabinet.browser("botruong.yte"), cabinet.browser()
    address = make_feed(minister)
    answer = stranger.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    (event,) = Calendar.from_ical(answer.data).walk("VEVENT")
    with reading() as db:
        meeting = db.get_one(Meeting, session.id)
        told = [meeting.title, meeting.place, *(each.title for each in meeting.items)]
        starts_at = meeting.starts_at.replace(microsecond=0)
    assert event["SUMMARY"] == "Phiên họp"
    assert set(event) == {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"}
    assert event["DTSTART"].dt == starts_at
    assert event["DTEND"].dt == starts_at + timedelta(minutes=60)
    assert not [each for each in told if each in answer.get_data(as_text=True)]
    assert str(session.id) not in re.findall(r"\d+", event["UID"].partition("@")[2])


def test_what_is_asked_for_again_is_the_same_event(cabinet, session) -> None:
    address, stranger = make_feed(cabinet.browser("botruong.yte")), cabinet.browser()
    uids = {
        str(event["UID"])
        for _ in range(2)
        for event in Calendar.from_ical(stranger.get(address).data).walk("VEVENT")
    }
    assert len(uids) == 1


def test_an_address_that_was_turned_off_or_made_anew_is_worth_nothing(cabinet, session) -> None:
    minister, stranger = cabinet.browser("botruong.yte"), cabinet.browser()
    first = make_feed(minister)
    second = make_feed(minister)
    assert stranger.get(first).status_code == 404
    assert stranger.get(second).status_code == 200
    assert minister.post("/calendar/feed/end").status_code == 303
    assert stranger.get(second).status_code == 404


def test_another_persons_address_is_left_alone(cabinet, session) -> None:
    address, stranger = make_feed(cabinet.browser("botruong.yte")), cabinet.browser()
    cabinet.browser("pttg1").post("/calendar/feed/end")
    assert stranger.get(address).status_code == 200


def test_a_guessed_address_is_nothing(cabinet, session) -> None:
    make_feed(cabinet.browser("botruong.yte"))
    assert cabinet.browser().get("/calendar/feed/guessed.ics").status_code == 404


def test_the_secret_is_kept_nowhere(cabinet, session, settings) -> None:
    secret = make_feed(cabinet.browser("botruong.yte")).rpartition("/")[2].removesuffix(".ics")
    page = cabinet.browser("botruong.yte").get("/calendar").get_data(as_text=True)
    assert "Tắt địa chỉ" in page
    assert secret not in page
    log = cabinet.browser("kiemtoan").get("/activity").get_data(as_text=True)
    assert "Tạo địa chỉ lịch" in log
    assert secret not in log
