"""What a login is known by changes with its standing, and what it was known by is dead (SES-01)."""

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pyotp
import pytest

from ecabinet import clock
from ecabinet.access import Role
from ecabinet.db import reading, transaction
from people import jobs
from people.rules import Days
from people.service import changes, directory
from tests.builders import PASSWORD, Browser, Cabinet, cookie_of
from tests.people.builders import JSON, confirm, registered, signed_in, today

WHO = "botruong.yte"
TOOK_UP = "Ông/Bà nhận chức vụ mới"
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


def holding(cabinet: Cabinet, cookie: str) -> Browser:
    """Another browser that has come to hold this secret."""
    browser = cabinet.browser()
    browser.client.set_cookie("ecabinet", cookie)
    return browser


def status(browser: Browser) -> int:
    return browser.get("/devices", headers=JSON).status_code


def step_up(cabinet: Cabinet, browser: Browser) -> int:
    return browser.post("/step-up", {"code": browser.code()}).status_code


def unlock_by_code(cabinet: Cabinet, browser: Browser) -> int:
    browser.post("/lock")
    return browser.post("/unlock", {"code": browser.code()}).status_code


def unlock_by_passkey(cabinet: Cabinet, browser: Browser) -> int:
    own = registered(signed_in(cabinet, WHO))
    browser.post("/lock")
    options = browser.post("/unlock/passkey/options", headers=JSON).get_json()
    return browser.post("/unlock/passkey", json={"answer": own.get(options)}).status_code


def change_password(cabinet: Cabinet, browser: Browser) -> int:
    new = "một câu dài khác hẳn câu trước"
    given = {"old": PASSWORD, "new": new, "again": new}
    return browser.post("/password", given, headers=JSON).status_code


def change_authenticator(cabinet: Cabinet, browser: Browser) -> int:
    page = browser.get("/authenticator").text
    seed = re.search(r'class="code">([A-Z2-7 ]+)<', page)
    assert seed
    with reading() as db:
        code = pyotp.TOTP(seed[1].replace(" ", "")).at(clock.now(db))
    return browser.post("/authenticator", {"code": code}, headers=JSON).status_code


WAYS = [step_up, unlock_by_code, unlock_by_passkey, change_password, change_authenticator]


@pytest.mark.parametrize("way", WAYS)
def test_who_shows_again_who_they_are_goes_on_under_a_new_secret(
    cabinet: Cabinet, way: Callable[[Cabinet, Browser], int]
) -> None:
    browser = cabinet.browser(WHO)
    old = cookie_of(browser)
    thief = holding(cabinet, old)
    assert status(thief) == 200
    assert way(cabinet, browser) == 200
    assert cookie_of(browser) != old
    assert (status(browser), status(thief)) == (200, 401)
    wire = cabinet.app.extensions["wire"]
    assert wire._who({"HTTP_COOKIE": f"ecabinet={old}"}) is None
    assert wire._who({"HTTP_COOKIE": f"ecabinet={cookie_of(browser)}"}) is not None


def test_a_wrong_code_changes_nothing(cabinet: Cabinet) -> None:
    browser = cabinet.browser(WHO)
    old = cookie_of(browser)
    answer = browser.post("/step-up", {"code": "000000"}, headers=JSON)
    assert (answer.status_code, answer.headers.getlist("Set-Cookie")) == (409, [])
    assert (cookie_of(browser), status(browser)) == (old, 200)


def test_a_page_that_stood_open_meanwhile_goes_on(cabinet: Cabinet) -> None:
    browser = cabinet.browser(WHO)
    page = browser.token()
    assert step_up(cabinet, browser) == 200
    headers = JSON | {"X-CSRF-Token": page}
    assert browser.client.post("/awake", headers=headers).status_code == 200


def test_what_it_sent_before_it_had_the_new_secret_is_told_apart_from_a_forgery(
    cabinet: Cabinet,
) -> None:
    browser = cabinet.browser(WHO)
    late, page = holding(cabinet, cookie_of(browser)), browser.token()
    assert step_up(cabinet, browser) == 200
    answer = late.client.post("/awake", headers=JSON | {"X-CSRF-Token": page})
    assert (answer.status_code, answer.get_json()["code"]) == (401, "not_signed_in")
    forged = browser.client.post("/awake", headers=JSON | {"X-CSRF-Token": "0" * 64})
    assert (forged.status_code, forged.get_json()["code"]) == (403, "cross_site")


def test_the_token_of_a_page_is_good_for_its_login_alone(cabinet: Cabinet) -> None:
    browser, again, other = (cabinet.browser(who) for who in (WHO, WHO, "thuky"))
    tokens = {each.token() for each in (browser, again, other)}
    assert len(tokens) == 3
    for foreign in (again, other):
        headers = JSON | {"X-CSRF-Token": foreign.token()}
        assert browser.client.post("/awake", headers=headers).status_code == 403


def test_a_login_that_is_over_says_so_to_the_pages_that_it_left(cabinet: Cabinet) -> None:
    browser = cabinet.browser(WHO)
    page = browser.token()
    cabinet.wait(hours=12)
    for path in ("/awake", "/lock"):
        answer = browser.client.post(path, headers=JSON | {"X-CSRF-Token": page})
        assert (answer.status_code, answer.get_json()["code"]) == (401, "not_signed_in"), path


def other_office(title: str) -> int:
    with transaction() as db:
        return directory.add_office(db, title, Role.DEPUTY_PM, 400).id


def appoint(cabinet: Cabinet, office: int, days: Days) -> None:
    admin = cabinet.actor("quantri")
    confirm(cabinet, changes.ask_to_appoint(admin, cabinet.ids[WHO], office, days, False, "QĐ 1"))


def test_an_office_more_is_taken_up_under_a_new_login(cabinet: Cabinet) -> None:
    browser, other = cabinet.browser(WHO), cabinet.browser("thuky")
    appoint(cabinet, other_office("Phó Thủ tướng (thêm)"), Days(today()))
    assert (status(browser), status(other)) == (401, 200)
    assert Role.DEPUTY_PM in cabinet.actor(WHO).roles
    assert TOOK_UP in browser.get("/", follow_redirects=True).text
    assert status(cabinet.browser(WHO)) == 200
    # Nobody else is told of it, and not whoever signs out on their own.
    assert other.post("/sign-out").status_code == 303
    assert TOOK_UP not in other.get("/sign-in").text
    assert TOOK_UP not in cabinet.browser().get("/sign-in").text


def test_a_login_that_ended_on_another_day_is_told_of_no_new_office(cabinet: Cabinet) -> None:
    ended, ending = cabinet.browser(WHO), cabinet.browser(WHO)
    public_id = re.findall(r"/logins/([^/]+)/end", ending.get("/devices").text)[0]
    assert ending.post(f"/logins/{public_id}/end").status_code == 303
    appoint(cabinet, other_office("Phó Thủ tướng (mai)"), Days(today() + timedelta(days=1)))
    cabinet.wait(days=1)
    assert TOOK_UP not in ended.get("/sign-in").text


def seconds_of_today() -> float:
    """Until midnight in Ha Noi."""
    with reading() as db:
        midnight = datetime.combine(today() + timedelta(days=1), time(), HANOI)
        return (midnight - clock.now(db)).total_seconds()


def test_an_office_that_begins_by_the_calendar_is_taken_up_so_on_its_day(cabinet: Cabinet) -> None:
    appoint(cabinet, other_office("Phó Thủ tướng (mai)"), Days(today() + timedelta(days=1)))
    cabinet.wait(seconds=seconds_of_today() - 60)
    before = cabinet.browser(WHO), cabinet.browser("thuky")
    assert jobs.end_what_ended() == 0
    cabinet.wait(seconds=120)
    assert Role.DEPUTY_PM in cabinet.actor(WHO).roles
    assert [status(each) for each in before] == [200, 200]
    assert jobs.end_what_ended() == 1
    assert [status(each) for each in before] == [401, 200]
    after = cabinet.browser(WHO)
    assert jobs.end_what_ended() == 0
    assert status(after) == 200
