"""One's own password, codes and logins: changed by their owner, and by nobody else."""

import re

import pyotp
import pytest
from sqlalchemy import select

from ecabinet import outbox
from ecabinet.db import reading, transaction
from ecabinet.errors import Refused
from people import queries, rules, signing
from people.models import Person, RecoveryCode
from people.rules import PasswordRefusal
from people.service import passwords
from tests.builders import PASSWORD, Browser, Cabinet
from tests.people.builders import JSON, code, from_, password, registered, signed_in

NEW = "con trâu đi trước cái cày theo sau"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:130.0) Gecko/20100101 Firefox/130.0"
IPAD = "Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"


def told(cabinet: Cabinet, username: str) -> list[str]:
    with reading() as db:
        return [each.kind for each in outbox.inbox(db, cabinet.ids[username])]


def change(browser: Browser, old: str, new: str, again: str | None = None) -> tuple[int, str]:
    given = {"old": old, "new": new, "again": new if again is None else again}
    answer = browser.post("/password", given, headers=JSON)
    body = answer.get_json()
    return answer.status_code, body.get("reason") or body.get("field") or ""


# ---- the password ----


def test_its_owner_changes_a_password_and_is_signed_out_elsewhere(cabinet: Cabinet) -> None:
    here, elsewhere = cabinet.browser("thuky"), cabinet.browser("thuky")
    assert change(here, PASSWORD, NEW) == (200, "")
    assert here.get("/devices").status_code == 200
    assert elsewhere.get("/devices").status_code == 302
    assert password(cabinet.browser(), "thuky").status_code == 409
    assert password(cabinet.browser(), "thuky", NEW).status_code == 303
    assert "password_changed" in told(cabinet, "thuky")


def test_whoever_does_not_know_the_old_one_changes_nothing_and_is_stopped(
    cabinet: Cabinet,
) -> None:
    browser = cabinet.browser("thuky")
    for _ in range(5):
        assert change(browser, "không phải mật khẩu", NEW) == (409, "wrong_old")
    assert change(browser, PASSWORD, NEW)[0] == 429
    assert password(cabinet.browser(), "thuky").status_code == 303


def test_a_new_password_is_typed_twice_and_differs_from_the_old(cabinet: Cabinet) -> None:
    browser = cabinet.browser("thuky")
    assert change(browser, PASSWORD, NEW, again=NEW.upper()) == (400, "again")
    assert change(browser, PASSWORD, PASSWORD) == (409, "same_as_old")


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        ("x7!k pQ2 vw9 zz", ""),
        ("x7!k pQ2 vw9 z", "too_short"),
        ("đò ngang cách trở " * 14 + "abcd", ""),
        ("đò ngang cách trở " * 14 + "abcde", "too_long"),
        ("password1234567", "easily_guessed"),
        ("123456789012345", "easily_guessed"),
        ("qwertyuiopasdfghjkl", "easily_guessed"),
        ("matkhau matkhau matkhau", "easily_guessed"),
        ("iloveyou iloveyou iloveyou", "easily_guessed"),
        ("nhà tôi ở gần Thu-Ky lắm", "names_owner"),
        ("một bài thơ về chính phủ", "names_owner"),
        ("thư ký phiên họp số 1 đây", "names_owner"),
    ],
)
def test_a_password_is_of_15_to_256_signs_and_nothing_that_others_would_try(
    cabinet: Cabinet, new: str, reason: str
) -> None:
    assert change(cabinet.browser("thuky"), PASSWORD, new) == (409 if reason else 200, reason)


def test_ten_thousand_common_passwords_are_shipped_and_none_of_them_passes() -> None:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    common = FREQUENCY_LISTS["passwords"]
    assert len(common) >= 10_000
    # Alone they are too short; twice over they are as well known.
    for each in common[:1_000:97]:
        assert signing.is_easily_guessed(each * 3, [])


def test_what_is_too_long_is_refused_before_anything_is_made_of_it(cabinet: Cabinet) -> None:
    with pytest.raises(Refused) as refused:
        passwords.refuse_weak("x" * 1_000_000, ["thuky"])
    assert refused.value.reason is PasswordRefusal.TOO_LONG


# ---- "not me" ----


def test_an_unusual_browser_is_told_of_and_a_usual_one_is_not(cabinet: Cabinet) -> None:
    for agent, notices in ((IPAD, 0), (IPAD, 0), (FIREFOX, 1), (FIREFOX, 1)):
        cabinet.wait(seconds=31)
        browser = cabinet.browser()
        password(browser, "thuky", headers={"User-Agent": agent})
        code(browser, browser.code())
        assert told(cabinet, "thuky").count("login_unusual") == notices


def test_not_me_ends_that_login_and_the_password_and_tells_the_administrator(
    cabinet: Cabinet,
) -> None:
    thief = cabinet.browser()
    password(thief, "thuky", **from_("203.0.113.9"))
    code(thief, thief.code())
    owner = cabinet.browser("thuky")
    page = owner.get("/devices").get_data(as_text=True)
    assert "203.0.113.9" in page
    (disown,) = re.findall(r"/logins/[0-9a-f]+/disown", page)
    assert thief.get("/devices").status_code == 200
    assert owner.post(disown).location == "/password"
    assert thief.get("/devices").status_code == 302
    assert password(cabinet.browser(), "thuky").status_code == 409, "the thief knows it"
    assert "login_disowned_by" in told(cabinet, "quantri")
    assert "login_disowned" in told(cabinet, "thuky")
    assert "Mật khẩu cũ hết hiệu lực" in owner.get("/").get_data(as_text=True)
    assert change(owner, PASSWORD, NEW) == (200, "")
    assert password(cabinet.browser(), "thuky", NEW).status_code == 303


def test_another_persons_login_is_not_there_to_disown(cabinet: Cabinet) -> None:
    victim, stranger = cabinet.browser("thuky"), cabinet.browser("chuyenvien")
    with reading() as db:
        login = queries.open_logins(db, cabinet.ids["thuky"])[0].public_id
    assert stranger.post(f"/logins/{login}/disown").status_code == 404
    assert victim.get("/devices").status_code == 200


# ---- recovery codes ----


def codes_of(browser: Browser) -> list[str]:
    page = browser.post("/recovery-codes").get_data(as_text=True)
    return re.findall(r"[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}", page)


def recover(browser: Browser, given: str) -> int:
    password(browser, "thuky")
    return browser.post("/sign-in/recovery", {"code": given}, headers=JSON).status_code


def test_a_code_on_paper_stands_in_for_the_phone_once(cabinet: Cabinet) -> None:
    first, second, *_ = codes_of(cabinet.browser("thuky"))
    browser = cabinet.browser()
    password(browser, "thuky")
    sent = browser.post("/sign-in/recovery", {"code": f" {first.lower().replace('-', ' ')}"})
    assert sent.location == "/authenticator"
    assert browser.get("/devices").status_code == 200
    assert recover(cabinet.browser(), first) == 409
    assert recover(cabinet.browser(), second) == 200
    assert "recovery_used" in told(cabinet, "thuky")


def test_whoever_lost_their_phone_is_reminded_until_another_is_set_up(cabinet: Cabinet) -> None:
    first, second, *_ = codes_of(cabinet.browser("thuky"))
    reminder = "cần thiết lập lại ứng dụng tạo mã"
    browser = cabinet.browser()
    password(browser, "thuky")
    assert reminder not in cabinet.browser("thuky").get("/").text
    browser.post("/sign-in/recovery", {"code": first})
    assert reminder in browser.get("/").text
    cabinet.wait(minutes=1)
    found = cabinet.browser()
    password(found, "thuky")
    code(found, found.code())
    assert reminder not in found.get("/").text, "the phone is there after all"
    recover(browser, second)
    assert reminder in browser.get("/").text
    browser.get("/authenticator")
    with reading() as db:
        now = queries.clock.now(db)
    new = pyotp.TOTP(offered(cabinet, "thuky")).at(now)
    assert browser.post("/authenticator", {"code": new}).status_code == 303
    assert reminder not in browser.get("/").text


def test_ten_codes_are_shown_once_and_kept_as_keyed_digests(cabinet: Cabinet) -> None:
    browser = cabinet.browser("thuky")
    codes = codes_of(browser)
    assert len(set(codes)) == rules.RECOVERY_CODES == 10
    assert len(signing.RECOVERY_LETTERS) ** signing.RECOVERY_LENGTH > 2**59
    assert codes[0] not in browser.get("/recovery-codes").get_data(as_text=True)
    with reading() as db:
        kept = {each.digest for each in db.scalars(select(RecoveryCode))}
    assert kept == {signing.recovery_digest(cabinet.ids["thuky"], each) for each in codes}
    assert signing.recovery_digest(cabinet.ids["chuyenvien"], codes[0]) not in kept


def test_new_codes_end_the_old_ones_and_a_strangers_are_worth_nothing(cabinet: Cabinet) -> None:
    browser = cabinet.browser("thuky")
    old, new = codes_of(browser)[0], codes_of(browser)[0]
    foreign = codes_of(cabinet.browser("chuyenvien"))[0]
    assert recover(cabinet.browser(), old) == 409
    assert recover(cabinet.browser(), foreign) == 409
    assert recover(cabinet.browser(), new) == 200


def test_wrong_codes_shut_this_way_as_wrong_passwords_do(cabinet: Cabinet) -> None:
    right, *_ = codes_of(cabinet.browser("thuky"))
    browser = cabinet.browser()
    password(browser, "thuky")
    for _ in range(5):
        sent = browser.post("/sign-in/recovery", {"code": "AAAA-AAAA-AAAA"}, headers=JSON)
        assert sent.status_code == 409
    assert browser.post("/sign-in/recovery", {"code": right}, headers=JSON).status_code == 429


def test_codes_and_seeds_are_made_only_just_after_showing_who_one_is(cabinet: Cabinet) -> None:
    browser = cabinet.browser("thuky")
    cabinet.wait(minutes=5)
    assert browser.post("/recovery-codes", headers=JSON).get_json()["code"] == "step_up_needed"
    assert "<img" not in browser.get("/authenticator").get_data(as_text=True)
    assert browser.post("/authenticator", {"code": "1"}, headers=JSON).status_code == 403
    assert browser.post("/step-up", {"code": browser.code()}).status_code == 200
    assert len(codes_of(browser)) == 10
    assert "<img" in browser.get("/authenticator").get_data(as_text=True)


# ---- a new phone ----


def offered(cabinet: Cabinet, username: str) -> str:
    with reading() as db:
        sealed = db.get_one(Person, cabinet.ids[username]).totp_offered
    assert sealed is not None
    return signing.unseal_seed(sealed)


def test_a_new_phone_counts_once_it_shows_a_right_code(cabinet: Cabinet) -> None:
    browser, elsewhere = cabinet.browser("thuky"), cabinet.browser("thuky")
    page = browser.get("/authenticator").get_data(as_text=True)
    seed = offered(cabinet, "thuky")
    assert " ".join(re.findall("....", seed)) in page
    assert "data:image/svg" in page
    wrong = browser.post("/authenticator", {"code": "000000"}, headers=JSON)
    assert wrong.get_json()["reason"] == "wrong_code"
    assert elsewhere.get("/devices").status_code == 200
    with reading() as db:
        now = queries.clock.now(db)
    new = pyotp.TOTP(seed)
    assert browser.post("/authenticator", {"code": new.at(now)}).status_code == 303
    assert elsewhere.get("/devices").status_code == 302
    again = cabinet.browser()
    password(again, "thuky")
    assert code(again, again.code(), headers=JSON).status_code == 409, "the old phone's"
    cabinet.wait(seconds=30)
    with reading() as db:
        now = queries.clock.now(db)
    assert code(again, new.at(now)).status_code == 303


def test_whoever_signed_in_by_passkey_sets_up_a_phone_without_the_old_one(
    cabinet: Cabinet,
) -> None:
    holder = registered(signed_in(cabinet, "thuky"))
    with transaction() as db:
        db.get_one(Person, cabinet.ids["thuky"]).totp_sealed = None
    browser = cabinet.browser()
    options = browser.post("/sign-in/passkey/options", headers=JSON).get_json()
    body = {"answer": holder.get(options), "next": "/authenticator"}
    assert browser.post("/sign-in/passkey", json=body, headers=JSON).status_code == 200
    browser.get("/authenticator")
    with reading() as db:
        now = queries.clock.now(db)
    given = {"code": pyotp.TOTP(offered(cabinet, "thuky")).at(now)}
    assert browser.post("/authenticator", given).status_code == 303
