"""An invitation works once, for an hour, and its maker never sees what is set by it (AUTH-08)."""

import html
import re
from typing import Any

import pyotp
import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from ecabinet import approvals, jobs, outbox
from ecabinet.db import reading, transaction
from ecabinet.errors import Refused
from people import queries, signing
from people.models import Invitation, Person
from people.service import directory, invitations
from tests.builders import PASSWORD, STARTS, Browser, Cabinet
from tests.people.authenticator import Authenticator
from tests.people.builders import (
    JSON,
    code,
    confirm,
    from_,
    leaves,
    password,
    registered,
    signed_in,
)

NEW = "con trâu đi trước cái cày theo sau"
GONE = (409, "gone")


@pytest.fixture
def newcomer(cabinet: Cabinet) -> int:
    """Somebody in office who has never signed in."""
    with transaction() as db:
        person = directory.invite_person(db, "Nguyễn Thị Mới", "nguoi.moi")
        clerk = queries.actor(db, cabinet.ids["vanthu"])
        assert clerk is not None
        office = db.get(queries.Office, clerk.office_id)
        assert office is not None
        directory.appoint(db, person, office, STARTS)
        return person.id


def slip(browser: Browser, person_id: int) -> str:
    """The path of a link that the administrator makes."""
    page = browser.post(f"/persons/{person_id}/invitation").get_data(as_text=True)
    found = re.search(r"http://localhost(/invitation/[\w-]+)<", page)
    assert found, page[:2000]
    return found[1]


def phone(path: str) -> pyotp.TOTP:
    with reading() as db:
        row = db.get_one(Invitation, queries.digest(path.rsplit("/", 1)[1]))
    return pyotp.TOTP(signing.unseal_seed(row.seed))


def accept(browser: Browser, path: str, **changed: str) -> tuple[int, str]:
    with reading() as db:
        now = queries.clock.now(db)
    given = {"new": NEW, "again": NEW, "code": phone(path).at(now)} | changed
    answer = browser.post(path, given, headers=JSON)
    body = answer.get_json()
    return answer.status_code, body.get("reason") or body.get("field") or ""


def accept_by_passkey(browser: Browser, path: str, **changed: Any) -> int:
    options = browser.post(f"{path}/passkey/options", headers=JSON).get_json()
    body = {"answer": Authenticator(**changed).make(options), "label": "iPad"}
    return browser.post(f"{path}/passkey", json=body, headers=JSON).status_code


def told(cabinet: Cabinet, person_id: int) -> list[str]:
    with reading() as db:
        return [each.kind for each in outbox.inbox(db, person_id)]


def agreed(cabinet: Cabinet, ask: Any, person: str) -> None:
    """What the administrator asks for and a leader of the Office confirms."""
    confirm(cabinet, ask(cabinet.actor("quantri"), cabinet.ids[person]))


def test_somebody_new_sets_a_password_and_a_phone_and_is_in(
    cabinet: Cabinet, newcomer: int
) -> None:
    path = slip(cabinet.browser("quantri"), newcomer)
    browser = cabinet.browser()
    assert "Nguyễn Thị Mới" not in browser.get("/sign-in").get_data(as_text=True)
    page = browser.get(path).get_data(as_text=True)
    assert "nguoi.moi" in page
    (address,) = re.findall(r'href="(otpauth:[^"]*)"', page)
    assert pyotp.parse_uri(html.unescape(address)).now() == phone(path).now()
    assert accept(browser, path) == (200, "")
    assert browser.get("/devices").status_code == 200
    assert "account_begun" in told(cabinet, newcomer)
    assert "account_begun_by" in told(cabinet, cabinet.ids["quantri"])
    assert leaves("account_begun")[0]["person"] == newcomer
    cabinet.wait(seconds=31)
    again, seed = cabinet.browser(), phone(path)
    assert password(again, "nguoi.moi", NEW).status_code == 303
    with reading() as db:
        now = queries.clock.now(db)
    assert code(again, seed.at(now)).status_code == 303


def test_somebody_new_makes_a_passkey_and_signs_in_by_it(cabinet: Cabinet, newcomer: int) -> None:
    path = slip(cabinet.browser("quantri"), newcomer)
    browser = cabinet.browser()
    assert accept_by_passkey(browser, path, flags=1) == 409, "nobody was verified"
    assert accept_by_passkey(browser, path) == 200
    assert browser.get("/devices").status_code == 200
    assert accept(cabinet.browser(), path) == GONE


def test_it_works_once_and_both_steps_or_none(cabinet: Cabinet, newcomer: int) -> None:
    path = slip(cabinet.browser("quantri"), newcomer)
    browser = cabinet.browser()
    assert accept(browser, path, code="000000") == (409, "wrong_code")
    assert accept(browser, path, again="khác") == (400, "again")
    short = {"new": "ngắn", "again": "ngắn"}
    assert accept(browser, path, **short) == (409, "too_short")
    with reading() as db:
        assert db.get_one(Person, newcomer).password_hash == ""
    assert accept(browser, path) == (200, "")
    thief = cabinet.browser()
    assert accept(thief, path) == GONE
    assert thief.get(path).status_code == 409
    assert thief.get("/devices").status_code == 302


@pytest.mark.parametrize(("minutes", "expected"), [(59, (200, "")), (60, GONE)])
def test_it_is_good_for_an_hour(
    cabinet: Cabinet, newcomer: int, minutes: int, expected: tuple[int, str]
) -> None:
    path = slip(cabinet.browser("quantri"), newcomer)
    cabinet.wait(minutes=minutes)
    assert accept(cabinet.browser(), path) == expected


def test_a_newer_one_ends_the_one_before(cabinet: Cabinet, newcomer: int) -> None:
    administrator = cabinet.browser("quantri")
    old, new = slip(administrator, newcomer), slip(administrator, newcomer)
    assert cabinet.browser().get(old).status_code == 409
    assert accept(cabinet.browser(), new) == (200, "")


def test_it_is_bound_to_the_account_as_it_was(cabinet: Cabinet, newcomer: int) -> None:
    path = slip(cabinet.browser("quantri"), newcomer)
    with transaction() as db:
        db.get_one(Person, newcomer).password_hash = signing.HASHER.hash(PASSWORD)
    assert accept(cabinet.browser(), path) == GONE


def test_its_host_comes_from_the_settings(cabinet: Cabinet, newcomer: int) -> None:
    browser = cabinet.browser("quantri")
    made = browser.post(f"/persons/{newcomer}/invitation", headers={"Host": "localhost:81"})
    assert "http://localhost/invitation/" in made.get_data(as_text=True)


def test_only_a_digest_is_kept_and_a_guess_finds_nothing(cabinet: Cabinet, newcomer: int) -> None:
    path = slip(cabinet.browser("quantri"), newcomer)
    token = path.rsplit("/", 1)[1]
    with reading() as db:
        rows = list(db.scalars(select(Invitation)))
    assert [each.digest for each in rows] == [queries.digest(token)]
    assert cabinet.browser().get("/invitation/" + "x" * 43).status_code == 409


def test_the_log_of_refusals_holds_no_link(cabinet: Cabinet, newcomer: int) -> None:
    path = slip(cabinet.browser("quantri"), newcomer)
    with capture_logs() as lines:
        assert accept(cabinet.browser(), path, code="000000") == (409, "wrong_code")
    assert [each["path"] for each in lines] == ["/invitation/…"]


def test_an_account_in_use_begins_anew_only_where_two_people_agree(cabinet: Cabinet) -> None:
    administrator, person = cabinet.browser("quantri"), cabinet.ids["thuky"]
    open_page = cabinet.browser("thuky")
    refused = administrator.post(f"/persons/{person}/invitation", headers=JSON)
    assert refused.get_json()["reason"] == "needs_two"
    assert cabinet.browser("lanhdaovp").post(f"/persons/{person}/reset").status_code == 403
    agreed(cabinet, invitations.ask_to_reset, "thuky")
    path = slip(administrator, person)
    assert password(cabinet.browser(), "thuky").status_code == 303, "until it is used"
    assert accept(cabinet.browser(), path) == (200, "")
    assert open_page.get("/devices").status_code == 302
    assert password(cabinet.browser(), "thuky").status_code == 409
    assert administrator.post(f"/persons/{person}/invitation", headers=JSON).status_code == 409


def test_what_was_known_before_a_reset_is_worth_nothing_after_it(cabinet: Cabinet) -> None:
    old = registered(signed_in(cabinet, "thuky"))
    page = cabinet.browser("thuky").post("/recovery-codes").get_data(as_text=True)
    (paper, *_) = re.findall(r"[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}", page)
    agreed(cabinet, invitations.ask_to_reset, "thuky")
    path = slip(cabinet.browser("quantri"), cabinet.ids["thuky"])
    assert accept(cabinet.browser(), path) == (200, "")
    browser = cabinet.browser()
    options = browser.post("/sign-in/passkey/options", headers=JSON).get_json()
    body = {"answer": old.get(options), "next": "/"}
    assert browser.post("/sign-in/passkey", json=body, headers=JSON).status_code == 409
    password(browser, "thuky", NEW)
    given = browser.post("/sign-in/recovery", {"code": paper}, headers=JSON)
    assert given.status_code == 409


# ---- locks ----


def test_every_lock_is_told_to_its_person_and_the_administrator_once(cabinet: Cabinet) -> None:
    for tries in range(7):
        jobs.run_once()
        assert told(cabinet, cabinet.ids["thuky"]).count("path_locked") == (tries >= 5)
        password(cabinet.browser(), "thuky", "sai", **from_("203.0.113.9"))
    assert told(cabinet, cabinet.ids["quantri"]).count("path_locked_of") == 1


def test_a_reload_of_the_page_of_a_link_leads_to_the_person(
    cabinet: Cabinet, newcomer: int
) -> None:
    answer = cabinet.browser("quantri").get(f"/persons/{newcomer}/invitation")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/persons/{newcomer}")
    assert cabinet.browser("thuky").get(f"/persons/{newcomer}/invitation").status_code == 403


def test_only_what_is_locked_is_asked_to_be_opened(cabinet: Cabinet) -> None:
    administrator, thuky = cabinet.browser("quantri"), cabinet.ids["thuky"]
    path = f"/persons/{thuky}"
    assert "Mở khóa mật khẩu" not in administrator.get(path).text
    refused = administrator.post(f"{path}/unlock", headers=JSON)
    assert (refused.status_code, refused.get_json()["reason"]) == (409, "not_shut_out")
    for _ in range(5):
        password(cabinet.browser(), "thuky", "sai")
    assert "Mở khóa mật khẩu" in administrator.get(path).text
    request = invitations.ask_to_unlock(cabinet.actor("quantri"), thuky)
    cabinet.wait(minutes=16)
    with reading() as db:
        digest = db.get_one(approvals.Request, request).digest
    with pytest.raises(Refused, match="not_shut_out"):
        approvals.confirm(cabinet.actor("lanhdaovp"), request, digest)


def test_two_people_open_a_password_again(cabinet: Cabinet) -> None:
    for _ in range(5):
        password(cabinet.browser(), "thuky", "sai")
    assert password(cabinet.browser(), "thuky").status_code == 429
    request = invitations.ask_to_unlock(cabinet.actor("quantri"), cabinet.ids["thuky"])
    assert password(cabinet.browser(), "thuky").status_code == 429, "one is not enough"
    with reading() as db:
        digest = db.get_one(approvals.Request, request).digest
    approvals.confirm(cabinet.actor("lanhdaovp"), request, digest)
    assert password(cabinet.browser(), "thuky").status_code == 303
