"""Signing in and out, as a person and as somebody who tries to be one."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import argon2
import pytest
from sqlalchemy import select

from ecabinet import live
from ecabinet.db import reading, transaction
from people import rules, signing
from people.models import Login, Person
from people.rules import PasswordRefusal
from tests.builders import PASSWORD, Browser, Cabinet, cookie_of
from tests.people.builders import JSON, code, from_, password


def whole_login(cabinet: Cabinet, username: str = "thuky") -> Browser:
    browser = cabinet.browser()
    assert password(browser, username).location == "/sign-in/code?next=/"
    assert code(browser, browser.code()).location == "/"
    return browser


def test_a_person_signs_in_by_password_then_code_and_out_again(cabinet: Cabinet) -> None:
    browser = cabinet.browser()
    assert browser.get("/devices").status_code == 302
    password(browser, "thuky")
    assert browser.get("/devices").status_code == 302, "a password alone opens nothing"
    assert "thuky" in browser.get("/sign-in/code").get_data(as_text=True)
    code(browser, browser.code())
    assert browser.get("/devices").status_code == 200
    assert browser.post("/sign-out").location == "/sign-in"
    assert browser.get("/devices").status_code == 302


def test_whoever_gave_no_password_is_not_asked_for_a_code(cabinet: Cabinet) -> None:
    browser = cabinet.browser()
    assert browser.get("/sign-in/code?next=/tasks").location == "/sign-in?next=/tasks"
    assert code(browser, browser.code(), headers=JSON).status_code == 401


def test_the_name_is_taken_in_any_case_and_the_password_in_its_own(cabinet: Cabinet) -> None:
    assert password(cabinet.browser(), "ThuKy").status_code == 303
    assert password(cabinet.browser(), "thuky", PASSWORD.upper()).status_code == 409
    assert password(cabinet.browser(), "thuky", f" {PASSWORD}").status_code == 409


def test_a_wrong_try_leaves_the_page_that_is_open_as_good_as_it_was(cabinet: Cabinet) -> None:
    browser = cabinet.browser()
    token = {"X-CSRF-Token": browser.token()}
    given = {"username": "thuky", "password": "sai"}
    assert browser.client.post("/sign-in", data=given, headers=token).status_code == 409
    given["password"] = PASSWORD
    assert browser.client.post("/sign-in", data=given, headers=token).status_code == 303
    token = {"X-CSRF-Token": browser.token()}
    for wrong in ("000000", "một hai ba", "١٢٣٤٥٦"):
        answer = browser.client.post("/sign-in/code", data={"code": wrong}, headers=token)
        assert answer.status_code == 409, wrong
    given = {"code": browser.code()}
    assert browser.client.post("/sign-in/code", data=given, headers=token).status_code == 303


def answer_to(cabinet: Cabinet, username: str, given: str) -> tuple[int, str, set[str]]:
    answer = password(cabinet.browser(), username, given, headers=JSON)
    body = answer.get_json()
    del body["request"]
    return answer.status_code, str(body), set(answer.headers.keys())


def test_an_unknown_name_a_wrong_password_and_one_out_of_office_get_one_answer(
    cabinet: Cabinet,
) -> None:
    known = answer_to(cabinet, "thuky", "sai mật khẩu này")
    assert answer_to(cabinet, "khong.co.ai", "sai mật khẩu này") == known
    cabinet.leaves_office("vanthu")
    assert answer_to(cabinet, "vanthu", PASSWORD) == known


@pytest.mark.parametrize("username", ["thuky", "khong.co.ai"])
@pytest.mark.parametrize(("length", "hashes"), [(1, 1), (256, 1), (257, 0)])
def test_each_try_costs_one_hash_whoever_is_named_and_none_when_too_long(
    cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch, username: str, length: int, hashes: int
) -> None:
    counted = []
    verify = argon2.PasswordHasher.verify

    def count(*given: Any) -> bool:
        counted.append(given)
        return bool(verify(*given))

    monkeypatch.setattr(argon2.PasswordHasher, "verify", count)
    assert password(cabinet.browser(), username, "x" * length).status_code == 409
    assert len(counted) == hashes


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("x" * 14, PasswordRefusal.TOO_SHORT),
        ("x" * 15, None),
        ("x" * 64, None),
        ("ắ" * 256, None),
        ("x" * 257, PasswordRefusal.TOO_LONG),
        ("xin chào THUKY nhé", PasswordRefusal.NAMES_OWNER),
        ("Thư ký, phiên-họp 1", PasswordRefusal.NAMES_OWNER),
    ],
)
def test_a_password_may_be_anything_of_15_to_256_letters(
    text: str, refusal: PasswordRefusal | None
) -> None:
    assert rules.password_refusal(text, ["thuky", "Thư ký phiên họp"]) == refusal


def test_passwords_that_differ_in_their_two_hundredth_letter_are_two(cabinet: Cabinet) -> None:
    long = "một câu rất dài " * 12 + "xxxxxxxxA"
    with transaction() as db:
        person = db.scalars(select(Person).where(Person.username == "thuky")).one()
        person.password_hash = signing.HASHER.hash(long)
    assert password(cabinet.browser(), "thuky", long[:-1] + "B").status_code == 409
    assert password(cabinet.browser(), "thuky", long).status_code == 303


def test_passwords_are_kept_as_argon2id_and_weaker_hashes_are_renewed(cabinet: Cabinet) -> None:
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1)
    with transaction() as db:
        person = db.scalars(select(Person).where(Person.username == "thuky")).one()
        person.password_hash = weak.hash(PASSWORD)
    password(cabinet.browser(), "thuky")
    with reading() as db:
        kept = argon2.extract_parameters(
            db.scalars(select(Person.password_hash).where(Person.username == "thuky")).one()
        )
    assert (kept.type, kept.parallelism) == (argon2.Type.ID, 1)
    assert kept.memory_cost >= 19 * 1024
    assert kept.time_cost >= 2


def test_five_wrong_passwords_shut_this_account_from_this_source_for_a_quarter_of_an_hour(
    cabinet: Cabinet,
) -> None:
    browser = cabinet.browser()
    for _ in range(5):
        assert password(browser, "thuky", "sai", **from_("10.0.0.1")).status_code == 409
        cabinet.wait(seconds=60)
    shut = password(browser, "thuky", **from_("10.0.0.1"))
    assert shut.status_code == 429
    assert 590 <= int(shut.headers["Retry-After"]) <= 600
    assert "mở lại sau 10 phút" in shut.get_data(as_text=True)
    assert password(cabinet.browser(), "thuky", **from_("10.0.0.2")).status_code == 303
    assert password(browser, "chuyenvien", **from_("10.0.0.1")).status_code == 303
    cabinet.wait(seconds=601)
    assert password(browser, "thuky", **from_("10.0.0.1")).status_code == 303


def test_a_name_that_nobody_has_is_shut_in_the_same_way(cabinet: Cabinet) -> None:
    browser = cabinet.browser()
    for _ in range(5):
        password(browser, "khong.co.ai", "sai", **from_("10.0.0.1"))
    assert password(browser, "khong.co.ai", "sai", **from_("10.0.0.1")).status_code == 429


def test_wrong_codes_shut_it_as_wrong_passwords_do(cabinet: Cabinet) -> None:
    browser = cabinet.browser()
    password(browser, "thuky")
    right = browser.code()
    wrong = f"{(int(right) + 1) % 1_000_000:06}"
    for _ in range(5):
        assert code(browser, wrong, headers=JSON).status_code == 409
    assert code(browser, right, headers=JSON).status_code == 429


def test_a_code_is_good_once_also_after_a_wrong_try_and_with_blanks(cabinet: Cabinet) -> None:
    first, second = cabinet.browser(), cabinet.browser()
    password(first, "thuky")
    password(second, "thuky")
    used = first.code()
    assert code(first, "000000").status_code == 409
    assert code(first, f" {used[:3]} {used[3:]} ").status_code == 303
    again = code(second, used, headers=JSON)
    assert (again.status_code, again.get_json()["reason"]) == (409, "code_used")
    assert 1 <= again.get_json()["wait_seconds"] <= 30
    cabinet.wait(seconds=30)
    assert code(second, second.code()).status_code == 303


def test_a_code_of_the_half_minute_before_is_taken_and_an_older_one_is_not(
    cabinet: Cabinet,
) -> None:
    cabinet.wait_for_a_new_half_minute()
    browser = cabinet.browser()
    old = browser.code()
    cabinet.wait(seconds=30)
    password(browser, "thuky")
    before = browser.code()
    cabinet.wait(seconds=30)
    assert code(browser, old).status_code == 409
    assert code(browser, before).status_code == 303


def test_of_fifty_posts_of_one_code_at_once_one_signs_in(cabinet: Cabinet) -> None:
    browsers = [cabinet.browser() for _ in range(50)]
    for number, browser in enumerate(browsers):
        assert password(browser, "thuky", **from_(f"10.0.1.{number}")).status_code == 303
    tokens = [{"X-CSRF-Token": each.token()} for each in browsers]
    given = browsers[0].code()

    def post(number: int) -> int:
        return (
            browsers[number]
            .client.post(
                "/sign-in/code",
                data={"code": given},
                headers=tokens[number],
                environ_base={"REMOTE_ADDR": f"10.0.1.{number}"},
            )
            .status_code
        )

    with ThreadPoolExecutor(16) as at_once:
        answers = list(at_once.map(post, range(50)))
    assert sorted(answers) == [303, *[409] * 49]


def test_a_secret_planted_before_signing_in_opens_nothing_after_it(cabinet: Cabinet) -> None:
    browser, thief = cabinet.browser(), cabinet.browser()
    browser.client.set_cookie("ecabinet", "planted")
    thief.client.set_cookie("ecabinet", "planted")
    password(browser, "thuky")
    half = cookie_of(browser)
    code(browser, browser.code())
    assert len({"planted", half, cookie_of(browser)}) == 3
    for known in ("planted", half):
        thief.client.set_cookie("ecabinet", known)
        assert thief.get("/devices").status_code == 302
    assert browser.get("/devices").status_code == 200


def test_signing_in_anew_ends_the_login_that_the_browser_had(cabinet: Cabinet) -> None:
    browser = whole_login(cabinet)
    old = cookie_of(browser)
    password(browser, "chuyenvien")
    browser.client.set_cookie("ecabinet", old)
    assert browser.get("/devices").status_code == 302


def test_the_database_holds_no_secret_that_opens_anything(cabinet: Cabinet) -> None:
    browser = whole_login(cabinet)
    secret = cookie_of(browser)
    with reading() as db:
        kept = [each.digest for each in db.scalars(select(Login))]
    assert len(secret) >= 22, "128 bits at least"
    assert secret.encode() not in kept
    for digest in kept:
        thief = cabinet.browser()
        thief.client.set_cookie("ecabinet", digest.hex())
        assert thief.get("/devices").status_code == 302


def test_secrets_are_never_the_same_twice(cabinet: Cabinet) -> None:
    with cabinet.app.test_request_context("/"):
        from ecabinet import web

        assert len({web.renew_cookie() for _ in range(1_000)}) == 1_000


class Wire(live.NoWire):
    """Notes whose sockets are ended."""

    def __init__(self) -> None:
        self.ended: list[int] = []

    def eject(self, person_id: int, audience: str | None) -> None:
        self.ended.append(person_id)


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    wire = Wire()
    monkeypatch.setattr(live, "_wire", wire)
    return wire


def open_ids(cabinet: Cabinet, username: str) -> list[str]:
    with reading() as db:
        rows = db.scalars(
            select(Login)
            .where(Login.person_id == cabinet.ids[username], Login.ended_at.is_(None))
            .order_by(Login.id)
        )
        return [each.public_id for each in rows]


def test_a_login_that_was_ended_elsewhere_is_dead_at_its_next_request(
    cabinet: Cabinet, wire: Wire
) -> None:
    lost, own = cabinet.browser("thuky"), cabinet.browser("thuky")
    assert lost.get("/devices").status_code == 200
    other, mine = open_ids(cabinet, "thuky")
    assert other in own.get("/devices").get_data(as_text=True)
    assert own.post(f"/logins/{other}/end").status_code == 303
    assert wire.ended == [cabinet.ids["thuky"]]
    assert lost.get("/devices").location == "/sign-in?next=/devices"
    assert lost.get("/devices", headers=JSON).status_code == 401
    assert own.get("/devices").status_code == 200
    assert open_ids(cabinet, "thuky") == [mine]


def test_signing_out_ends_the_sockets(cabinet: Cabinet, wire: Wire) -> None:
    browser = whole_login(cabinet)
    browser.post("/sign-out")
    assert wire.ended == [cabinet.ids["thuky"]]


def test_anothers_login_does_not_exist(cabinet: Cabinet) -> None:
    cabinet.browser("thuky")
    curious = cabinet.browser("thuky2")
    (theirs,) = open_ids(cabinet, "thuky")
    (own,) = open_ids(cabinet, "thuky2")
    assert theirs not in curious.get("/devices").get_data(as_text=True)
    assert curious.post(f"/logins/{theirs}/end").status_code == 404
    assert curious.post(f"/logins/{secrets.token_hex(8)}/end").status_code == 404
    assert open_ids(cabinet, "thuky") == [theirs]
    assert curious.post(f"/logins/{own}/end").status_code == 303


def test_a_fourth_login_ends_the_oldest(cabinet: Cabinet) -> None:
    browsers = []
    for _ in range(4):
        browsers.append(whole_login(cabinet))
        cabinet.wait(seconds=30)
    assert [each.get("/devices").status_code for each in browsers] == [302, 200, 200, 200]


def test_a_login_lasts_twelve_hours(cabinet: Cabinet) -> None:
    browser = cabinet.browser("thuky")
    cabinet.wait(hours=12, seconds=-60)
    assert browser.get("/devices").status_code == 200
    cabinet.wait(seconds=61)
    assert browser.get("/devices").status_code == 302


def test_somebody_who_has_left_office_is_somebody_no_more(cabinet: Cabinet) -> None:
    browser = cabinet.browser("vanthu")
    assert browser.get("/devices").status_code == 200
    cabinet.leaves_office("vanthu")
    assert browser.get("/devices").status_code == 302


def test_a_step_up_takes_a_fresh_code_and_holds_five_minutes(cabinet: Cabinet) -> None:
    browser = cabinet.browser("thuky")
    cabinet.wait(minutes=6)
    assert browser.post("/passkeys/options", headers=JSON).get_json()["code"] == "step_up_needed"
    given = {"code": browser.code()}
    assert browser.post("/step-up", given).get_json() == {"ok": True}
    assert browser.post("/step-up", given, headers=JSON).get_json()["reason"] == "code_used"
    cabinet.wait(minutes=4, seconds=58)
    assert browser.post("/passkeys/options", headers=JSON).status_code == 200
    cabinet.wait(seconds=3)
    assert browser.post("/passkeys/options", headers=JSON).status_code == 403


@pytest.mark.parametrize(("at", "left"), [(0, 30), (1, 29), (29, 1), (30, 30), (1_700_000_015, 25)])
def test_the_next_code_is_shown_at_the_next_half_minute(at: int, left: int) -> None:
    assert rules.next_code_in(at) == left
