"""A login that nobody is at locks, answers nothing, and is opened again by its owner (SES-04)."""

import re
from datetime import datetime, timedelta

import pytest

from ecabinet import clock
from ecabinet.db import reading
from people import queries, rules
from tests.builders import Browser, Cabinet
from tests.people.authenticator import Authenticator
from tests.people.builders import JSON, registered, signed_in

LIMITS = [("thuky", 15 * 60), ("botruong.yte", 15 * 60), ("quantri", 5 * 60)]


def status(browser: Browser, path: str = "/devices") -> int:
    return browser.get(path, headers=JSON).status_code


def unlock(browser: Browser, code: str | None = None) -> int:
    given = {"code": browser.code() if code is None else code}
    return browser.post("/unlock", given, headers=JSON).status_code


@pytest.mark.parametrize(("username", "limit"), LIMITS)
def test_it_locks_at_the_limit_and_not_a_second_before(
    cabinet: Cabinet, username: str, limit: int
) -> None:
    browser = cabinet.browser(username)
    cabinet.nobody_is_here(seconds=limit - 1)
    assert status(browser) == 200
    cabinet.nobody_is_here(seconds=1)
    assert status(browser) == 423


def test_whoever_is_at_the_page_keeps_it_open(cabinet: Cabinet) -> None:
    browser = cabinet.browser("thuky")
    for _ in range(3):
        cabinet.nobody_is_here(minutes=14)
        assert browser.post("/awake").status_code == 200
    cabinet.nobody_is_here(minutes=14)
    assert status(browser) == 200, "reading pages alone is no sign of life"
    cabinet.nobody_is_here(minutes=1)
    assert status(browser) == 423


def test_a_locked_login_answers_no_request_but_unlock(cabinet: Cabinet) -> None:
    browser = cabinet.browser("thuky")
    cabinet.nobody_is_here(hours=3)
    for path in ("/", "/dossiers", "/inbox", "/search?q=x", "/meetings", "/devices/mine.json"):
        assert status(browser, path) == 423, path
    for path in ("/awake", "/sign-out", "/step-up", "/recovery-codes", "/dossiers"):
        answer = browser.post(path, {"code": browser.code()}, headers=JSON)
        assert (answer.status_code, answer.get_json()["code"]) == (423, "locked"), path
    assert unlock(browser) == 200
    assert status(browser) == 200


def test_the_page_that_was_asked_for_offers_to_unlock_and_tells_nothing(cabinet: Cabinet) -> None:
    browser = cabinet.browser("thuky")
    assert "Hồ sơ, tài liệu" in browser.get("/devices").get_data(as_text=True)
    cabinet.nobody_is_here(minutes=15)
    answer = browser.get("/devices")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 423
    assert "Màn hình đang khóa" in page
    assert "Hồ sơ, tài liệu" not in page


def test_its_owner_locks_it_at_once(cabinet: Cabinet) -> None:
    browser, elsewhere = cabinet.browser("thuky"), cabinet.browser("thuky")
    assert browser.post("/lock").status_code == 200
    assert status(browser) == 423
    assert status(elsewhere) == 200
    assert cabinet.browser().post("/lock", headers=JSON).status_code == 401


def test_it_is_opened_by_a_passkey_of_its_owner_alone(cabinet: Cabinet) -> None:
    own = registered(signed_in(cabinet, "thuky"))
    theirs = registered(signed_in(cabinet, "chuyenvien"))
    browser, other = cabinet.browser("thuky"), cabinet.browser("thuky")
    cabinet.nobody_is_here(minutes=15)

    def touch(holder: Authenticator, asked: Browser, sent: Browser) -> int:
        options = asked.post("/unlock/passkey/options", headers=JSON).get_json()
        body = {"answer": holder.get(options)}
        return sent.post("/unlock/passkey", json=body, headers=JSON).status_code

    assert touch(theirs, browser, browser) == 409
    assert touch(own, other, browser) == 409, "asked for another login"
    assert touch(own.but(flags=1), browser, browser) == 409, "nobody was verified"
    assert status(browser) == 423
    assert touch(own, browser, browser) == 200
    assert status(browser) == 200
    assert status(other) == 423


def test_wrong_codes_shut_that_way_and_leave_the_passkey_open(cabinet: Cabinet) -> None:
    own = registered(signed_in(cabinet, "thuky"))
    browser = cabinet.browser("thuky")
    browser.post("/lock")
    assert [unlock(browser, "000000") for _ in range(5)] == [409] * 5
    assert unlock(browser) == 429
    options = browser.post("/unlock/passkey/options", headers=JSON).get_json()
    body = {"answer": own.get(options)}
    assert browser.post("/unlock/passkey", json=body, headers=JSON).status_code == 200


def test_idleness_never_signs_out_and_twelve_hours_do(cabinet: Cabinet) -> None:
    browser = cabinet.browser("thuky")
    limit = rules.LOGIN_LASTS.total_seconds()
    cabinet.nobody_is_here(seconds=limit - 1)
    assert unlock(browser) == 200
    assert status(browser) == 200
    cabinet.nobody_is_here(seconds=1)
    assert status(browser) == 401
    assert unlock(browser) == 401


def test_a_locked_login_is_nobody_to_the_wire(cabinet: Cabinet) -> None:
    browser = cabinet.browser("thuky")
    cookie = browser.client.get_cookie("ecabinet")
    assert cookie is not None
    wire = cabinet.app.extensions["wire"]
    environ = {"HTTP_COOKIE": f"ecabinet={cookie.value}"}
    assert wire._who(environ).id == cabinet.ids["thuky"]
    cabinet.nobody_is_here(minutes=15)
    assert wire._who(environ) is None
    with reading() as db:
        known = queries.actor_by_cookie(db, cookie.value)
    assert known is not None
    assert known.is_locked


def test_a_page_knows_when_its_login_ends_and_a_locked_one_as_well(cabinet: Cabinet) -> None:
    browser = cabinet.browser("thuky")

    def left(page: str) -> timedelta:
        found = re.search(r'data-ends="([^"]+)"', page)
        assert found
        with reading() as db:
            return datetime.fromisoformat(found[1]) - clock.now(db)

    whole = timedelta(hours=12)
    assert whole - timedelta(minutes=1) < left(browser.get("/").text) <= whole
    cabinet.wait(hours=11)
    assert left(browser.get("/").text) <= timedelta(hours=1)
    browser.post("/lock")
    assert left(browser.get("/").text) <= timedelta(hours=1)
