"""Passkeys: made after a code, good for one sign-in or one ballot, refused when anything is off."""

import hashlib
import secrets
from dataclasses import replace
from typing import Any

import pytest

from ecabinet import outbox, web
from ecabinet.access import Actor
from ecabinet.db import reading, transaction
from ecabinet.errors import NotFound, Refused, StepUpNeeded
from people import queries
from people.models import Person
from people.rules import PasskeyRefusal, refusal_to_end_passkey
from people.service import passkeys
from tests.builders import Browser, Cabinet
from tests.people.authenticator import BACKED_UP, ELIGIBLE, PRESENT, VERIFIED, Authenticator
from tests.people.builders import JSON, leaves, registered, signed_in

BALLOT = hashlib.sha256(b"the ranges of a ballot").digest()
OTHER = hashlib.sha256(b"the ranges of another").digest()


def stepped_up(actor: Actor, holder: Authenticator, asked: bytes, cast: bytes) -> Any:
    options = passkeys.step_up_options(actor, asked, web.settings())
    return verified(actor, holder.get(options), cast)


def verified(actor: Actor, answer: dict[str, Any], cast: bytes) -> Any:
    with transaction() as db:
        return passkeys.verify_step_up(db, actor, answer, cast, web.settings())


def refusal_of(work: Any) -> PasskeyRefusal:
    with pytest.raises(Refused) as wrong:
        work()
    assert isinstance(wrong.value.reason, PasskeyRefusal)
    return wrong.value.reason


def post(browser: Browser, path: str, body: dict[str, Any]) -> Any:
    headers = {"X-CSRF-Token": browser.token(), **JSON}
    return browser.client.post(path, json=body or None, headers=headers)


# ---- making one ----


def test_a_passkey_is_kept_logged_and_told_to_its_owner(cabinet: Cabinet) -> None:
    actor = signed_in(cabinet)
    holder = registered(actor, flags=PRESENT | VERIFIED | ELIGIBLE | BACKED_UP)
    with reading() as db:
        (kept,) = queries.passkeys_of(db, actor.id)
        told = [each.kind for each in outbox.inbox(db, actor.id)]
    assert (kept.credential_id, kept.backup_eligible, kept.backed_up) == (
        holder.credential_id, True, True,
    )  # fmt: skip
    assert told == ["passkey_made"]
    (leaf,) = leaves("passkey_enrolled")
    assert (leaf["person"], leaf["position"]) == (actor.id, kept.enrolled_leaf)


def test_only_somebody_who_has_just_shown_who_they_are_makes_one(cabinet: Cabinet) -> None:
    actor = signed_in(cabinet)
    assert passkeys.registration_options(actor, web.settings())["challenge"]
    cabinet.wait(minutes=5, seconds=1)
    with pytest.raises(StepUpNeeded):
        passkeys.registration_options(actor, web.settings())


CHEATS: dict[str, dict[str, Any]] = {
    "its owner was not verified": {"flags": PRESENT},
    "nobody was there": {"flags": VERIFIED},
    "another origin": {"origin": "http://evil.example"},
    "another port": {"origin": "http://localhost:81"},
    "another host": {"host": "evil.example"},
}


@pytest.mark.parametrize("cheat", CHEATS.values(), ids=CHEATS)
def test_a_passkey_made_otherwise_than_asked_is_refused(
    cabinet: Cabinet, cheat: dict[str, Any]
) -> None:
    actor = signed_in(cabinet)
    assert refusal_of(lambda: registered(actor, **cheat)) is PasskeyRefusal.NOT_PROVEN
    registered(actor)


def test_a_passkey_is_made_for_the_login_that_asked_and_once(cabinet: Cabinet) -> None:
    actor, other = signed_in(cabinet), signed_in(cabinet, "botruong.xaydung")
    answer = Authenticator().make(passkeys.registration_options(actor, web.settings()))
    for who in (other, replace(actor, login_id=other.login_id)):
        with pytest.raises(Refused):
            passkeys.register(who, answer, "iPad", web.settings())
    passkeys.register(actor, answer, "iPad", web.settings())
    with pytest.raises(Refused):
        passkeys.register(actor, answer, "iPad", web.settings())


def test_anothers_passkey_does_not_exist(cabinet: Cabinet) -> None:
    actor = signed_in(cabinet)
    registered(actor)
    with reading() as db:
        (kept,) = queries.passkeys_of(db, actor.id)
    with pytest.raises(NotFound):
        passkeys.end(cabinet.actor("thuky"), kept.public_id)
    passkeys.end(actor, kept.public_id)
    assert len(leaves("passkey_ended")) == 1


def test_the_last_way_in_stays(cabinet: Cabinet) -> None:
    actor = signed_in(cabinet)
    registered(actor)
    registered(actor)
    with transaction() as db:
        person = db.get_one(Person, actor.id)
        person.password_hash, person.totp_sealed = "", None
        first, second = queries.passkeys_of(db, actor.id)
    passkeys.end(actor, first.public_id)
    with pytest.raises(Refused) as refused:
        passkeys.end(actor, second.public_id)
    assert refused.value.reason is PasskeyRefusal.LAST_WAY_IN
    assert len(leaves("passkey_ended")) == 1


@pytest.mark.parametrize("has_password", [True, False])
@pytest.mark.parametrize("has_totp", [True, False])
def test_one_passkey_goes_where_another_way_in_is_left(has_password: bool, has_totp: bool) -> None:
    left = refusal_to_end_passkey(1, has_password, has_totp) is None
    assert left is (has_password and has_totp)
    assert refusal_to_end_passkey(2, has_password, has_totp) is None


# ---- signing in ----


def options_for(browser: Browser) -> dict[str, Any]:
    found = post(browser, "/sign-in/passkey/options", {}).get_json()
    assert isinstance(found, dict)
    return found


def sign_in(browser: Browser, answer: dict[str, Any]) -> Any:
    return post(browser, "/sign-in/passkey", {"answer": answer, "next": "/devices"})


def test_one_touch_signs_in_under_a_new_secret(cabinet: Cabinet) -> None:
    holder = registered(signed_in(cabinet))
    browser = cabinet.browser()
    answer = holder.get(options_for(browser))
    before = browser.client.get_cookie("ecabinet")
    signed = sign_in(browser, answer)
    assert (signed.status_code, signed.get_json()) == (200, {"to": "/devices"})
    assert browser.client.get_cookie("ecabinet") != before
    assert browser.get("/devices").status_code == 200


def test_a_touch_too_many_takes_nothing_from_the_one_that_signed_in(cabinet: Cabinet) -> None:
    holder, browser = registered(signed_in(cabinet)), cabinet.browser()
    answer = holder.get(options_for(browser))
    assert "Set-Cookie" in sign_in(browser, answer).headers
    refused = sign_in(cabinet.browser(), answer)
    assert refused.status_code == 409
    assert "Set-Cookie" not in refused.headers, "it may come after the answer that signed in"


@pytest.mark.parametrize("cheat", CHEATS.values(), ids=CHEATS)
def test_an_answer_given_otherwise_than_asked_signs_nobody_in(
    cabinet: Cabinet, cheat: dict[str, Any]
) -> None:
    holder, browser = registered(signed_in(cabinet)), cabinet.browser()
    refused = sign_in(browser, holder.but(**cheat).get(options_for(browser)))
    assert (refused.status_code, refused.get_json()["reason"]) == (409, "not_proven")
    assert sign_in(browser, holder.get(options_for(browser))).status_code == 200


def test_neither_another_key_nor_another_kind_nor_an_own_challenge_signs_in(
    cabinet: Cabinet,
) -> None:
    holder, browser = registered(signed_in(cabinet)), cabinet.browser()
    forged = holder.but(key=Authenticator().key).get(options_for(browser))
    stranger = Authenticator().get(options_for(browser))
    other_kind = holder.get(options_for(browser), kind="webauthn.create")
    own = holder.get({"challenge": secrets.token_urlsafe(32)})
    for answer in (forged, stranger, other_kind, own, {}, {"response": {"clientDataJSON": "x"}}):
        assert sign_in(browser, answer).status_code == 409


def test_a_challenge_is_good_once_in_its_own_browser_and_for_five_minutes(
    cabinet: Cabinet,
) -> None:
    holder, browser, thief = registered(signed_in(cabinet)), cabinet.browser(), cabinet.browser()
    answer = holder.get(options_for(browser))
    assert sign_in(thief, answer).status_code == 409
    assert sign_in(browser, answer).status_code == 200
    assert sign_in(cabinet.browser(), answer).status_code == 409
    late = cabinet.browser()
    answer = holder.get(options_for(late))
    cabinet.wait(minutes=5, seconds=1)
    assert sign_in(late, answer).status_code == 409


def test_a_counter_that_has_gone_back_is_refused_and_its_owner_is_told(cabinet: Cabinet) -> None:
    actor = signed_in(cabinet)
    holder, browser = registered(actor, counter=5), cabinet.browser()
    assert sign_in(browser, holder.but(counter=6).get(options_for(browser))).status_code == 200
    for counter in (6, 3, 0):
        copy = cabinet.browser()
        refused = sign_in(copy, holder.but(counter=counter).get(options_for(copy)))
        assert refused.get_json()["reason"] == "went_back"
    with reading() as db:
        assert "passkey_went_back" in [each.kind for each in outbox.inbox(db, actor.id)]


def test_a_passkey_that_was_ended_signs_nobody_in(cabinet: Cabinet) -> None:
    actor = signed_in(cabinet)
    holder, browser = registered(actor), cabinet.browser()
    with reading() as db:
        (kept,) = queries.passkeys_of(db, actor.id)
    passkeys.end(actor, kept.public_id)
    assert sign_in(browser, holder.get(options_for(browser))).status_code == 409


# ---- stepping up for one ballot ----


def test_the_evidence_of_a_step_up_can_be_checked_by_anybody_later(cabinet: Cabinet) -> None:
    actor = signed_in(cabinet)
    holder = registered(actor)
    evidence = stepped_up(actor, holder, BALLOT, BALLOT)
    challenge = hashlib.sha256(b"ecabinet/ballot/v1\0" + evidence.nonce + BALLOT).digest()
    from tests.people.authenticator import text_of

    assert text_of(challenge).encode() in evidence.client_data
    assert evidence.credential_id == holder.credential_id
    assert evidence.enrolled_leaf == leaves("passkey_enrolled")[0]["position"]
    body = evidence.as_body()
    assert (body["method"], body["bound_to_ballot"]) == ("passkey", True)


def test_a_step_up_for_one_ballot_is_none_for_another(cabinet: Cabinet) -> None:
    actor = signed_in(cabinet)
    holder = registered(actor)
    wrong = refusal_of(lambda: stepped_up(actor, holder, BALLOT, OTHER))
    assert wrong is PasskeyRefusal.NOT_PROVEN
    stepped_up(actor, holder, OTHER, OTHER)


def test_a_step_up_is_good_once_for_sixty_seconds_and_for_its_own_login(cabinet: Cabinet) -> None:
    actor, other = signed_in(cabinet), signed_in(cabinet, "botruong.xaydung")
    holder = registered(actor)
    answer = holder.get(passkeys.step_up_options(actor, BALLOT, web.settings()))
    refusal_of(lambda: verified(other, answer, BALLOT))
    cabinet.wait(seconds=58)
    verified(actor, answer, BALLOT)
    refusal_of(lambda: verified(actor, answer, BALLOT))
    answer = holder.get(passkeys.step_up_options(actor, BALLOT, web.settings()))
    cabinet.wait(seconds=61)
    refusal_of(lambda: verified(actor, answer, BALLOT))


def test_a_colleagues_passkey_does_not_step_up(cabinet: Cabinet) -> None:
    actor, other = signed_in(cabinet), signed_in(cabinet, "botruong.xaydung")
    registered(actor)
    theirs = registered(other)
    refusal_of(lambda: stepped_up(actor, theirs, BALLOT, BALLOT))


def test_a_sign_in_is_no_step_up_and_the_other_way(cabinet: Cabinet) -> None:
    actor = signed_in(cabinet)
    holder, browser = registered(actor), cabinet.browser()
    refusal_of(lambda: verified(actor, holder.get(options_for(browser)), BALLOT))
    stepping = holder.get(passkeys.step_up_options(actor, BALLOT, web.settings()))
    assert sign_in(browser, stepping).status_code == 409


@pytest.mark.parametrize("cheat", CHEATS.values(), ids=CHEATS)
def test_a_step_up_answered_otherwise_than_asked_is_refused(
    cabinet: Cabinet, cheat: dict[str, Any]
) -> None:
    actor = signed_in(cabinet)
    holder = registered(actor)
    refusal_of(lambda: stepped_up(actor, holder.but(**cheat), BALLOT, BALLOT))
    stepped_up(actor, holder, BALLOT, BALLOT)
