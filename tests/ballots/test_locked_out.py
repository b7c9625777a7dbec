"""Nobody keeps a member from a ballot by guessing at their password, wherever from (AUTH-06)."""

import base64
import secrets
from collections.abc import Callable
from typing import Any

import pytest

from ecabinet import approvals, jobs, outbox, web
from ecabinet.db import reading, transaction
from ecabinet.errors import Forbidden, Refused
from people import queries, rules
from people.service import invitations, passkeys, sign_in
from tests.ballots.builders import Member, an_open_consultation, ballots_of, signed_in
from tests.builders import PASSWORD, Browser, Cabinet
from tests.people.authenticator import Authenticator
from tests.people.builders import JSON, from_

MINISTER = "botruong.yte"
# The attackers', and the one that the member's tablet shares with one of them.
SOURCES = [f"203.0.113.{n}" for n in range(19)] + ["127.0.0.1"]


class Attacked:
    """A minister with a passkey and an unanswered question, signed out, at whom others guess."""

    def __init__(self, cabinet: Cabinet) -> None:
        self.cabinet, self.consultation = cabinet, an_open_consultation(cabinet)
        self.minister, self.passkey = Member(cabinet, MINISTER), Authenticator()
        actor = signed_in(self.minister)
        answer = self.passkey.make(passkeys.registration_options(actor, web.settings()))
        passkeys.register(actor, answer, "iPad", web.settings())
        with reading() as db:
            (login,) = queries.open_logins(db, actor.id)
        sign_in.end_login(actor, login.public_id)
        self._strangers = cabinet.browser()

    def by_password(self, source: str, given: str = PASSWORD) -> int:
        headers = {"X-CSRF-Token": self._strangers.token(), **JSON}
        answer = self._strangers.client.post(
            "/sign-in", data={"username": MINISTER, "password": given}, headers=headers,
            **from_(source),
        )  # fmt: skip
        return answer.status_code

    def by_passkey(self) -> Browser:
        browser = self.cabinet.browser()
        options = browser.post("/sign-in/passkey/options", headers=JSON).json
        body = {"answer": self.passkey.get(options or {}), "next": "/"}
        answer = browser.post("/sign-in/passkey", json=body, headers=JSON)
        assert answer.status_code == 200, answer.json
        return browser

    def cast(self, browser: Browser) -> None:
        """Asked for, signed by the device's key and confirmed by a touch of the passkey."""
        self.minister.browser = browser
        paper = self.minister.paper(self.consultation)
        path, sent = f"/consultations/{self.consultation}", {"pending": paper["pending"]}
        options = browser.post(f"{path}/step-up", json=sent).json
        body = sent | {
            "key": secrets.token_hex(16),
            "signature": base64.b64encode(self.minister.sign(paper["attrs"])).decode(),
            "assertion": self.passkey.get(options or {}),
        }
        answer = browser.post(f"{path}/ballots", json=body)
        assert answer.status_code == 201, answer.json

    def told(self, username: str, kind: str) -> list[str]:
        with reading() as db:
            found = outbox.inbox(db, self.cabinet.ids[username])
        return sorted(each.facts["source"] for each in found if each.kind == kind)


@pytest.fixture
def attacked(cabinet: Cabinet) -> Attacked:
    """By tries that are noted as the sign-in notes them; one test makes them all."""
    attacked = Attacked(cabinet)
    with transaction() as db:
        for source in SOURCES * rules.WRONG_TRIES:
            sign_in.note_try(db, MINISTER, source)
    return attacked


def withstands(attacked: Attacked) -> None:
    """All that stays open to its owner while others shut the password of an account."""
    assert {attacked.by_password(each) for each in SOURCES} == {429}
    assert attacked.by_password("198.51.100.7") == 200, "from where nobody has guessed"
    browser = attacked.by_passkey()
    assert browser.post("/step-up", {"code": browser.code()}).status_code == 200
    attacked.cast(browser)
    assert len(ballots_of(attacked.consultation)) == 1


def test_a_member_whose_password_is_shut_from_twenty_places_signs_in_by_passkey_and_casts(
    cabinet: Cabinet,
) -> None:
    attacked = Attacked(cabinet)
    for source in SOURCES * rules.WRONG_TRIES:
        # Too long to be hashed, so that a hundred tries take little time.
        assert attacked.by_password(source, "x" * 300) == 409
    withstands(attacked)


def one_lock_for_all_sources(change: Callable[..., None]) -> None:
    known = sign_in._failures
    change(sign_in, "_failures", lambda db, account, _: known(db, account, SOURCES[0]))


def a_lock_that_reaches_passkeys(change: Callable[..., None]) -> None:
    refusal = passkeys._refusal

    def locked(db: Any, passkey: Any, assertion: Any) -> Any:
        sign_in.note_try(db, passkey.person.username, web.source())
        return refusal(db, passkey, assertion)

    change(passkeys, "_refusal", locked)


def a_lock_that_reaches_who_is_signed_in(change: Callable[..., None]) -> None:
    def counted(db: Any, login: Any, code: str, source: str) -> Any:
        return sign_in._give_code(db, login.person, code, source)

    change(sign_in, "take_code", counted)


@pytest.mark.parametrize(
    "mutant",
    [one_lock_for_all_sources, a_lock_that_reaches_passkeys, a_lock_that_reaches_who_is_signed_in],
)
def test_a_lock_that_reaches_further_is_found_out(
    attacked: Attacked, monkeypatch: pytest.MonkeyPatch, mutant: Callable[..., None]
) -> None:
    mutant(monkeypatch.setattr)
    with pytest.raises(AssertionError):
        withstands(attacked)


def test_each_lock_is_told_once_to_its_member_and_to_the_administrator(attacked: Attacked) -> None:
    for _ in range(2):
        jobs.run_once()
    assert attacked.told(MINISTER, "path_locked") == sorted(SOURCES)
    assert attacked.told("quantri", "path_locked_of") == sorted(SOURCES)
    assert attacked.told("thuky", "path_locked_of") == []


def test_two_people_open_it_for_every_source_and_neither_of_them_alone(attacked: Attacked) -> None:
    cabinet = attacked.cabinet
    asked = invitations.ask_to_unlock(cabinet.actor("quantri"), cabinet.ids[MINISTER])
    with reading() as db:
        digest = db.get_one(approvals.Request, asked).digest
    with pytest.raises(Refused):
        approvals.confirm(cabinet.actor("quantri"), asked, digest)
    with pytest.raises(Forbidden):
        invitations.ask_to_unlock(cabinet.actor("lanhdaovp"), cabinet.ids[MINISTER])
    assert {attacked.by_password(each) for each in SOURCES} == {429}
    approvals.confirm(cabinet.actor("lanhdaovp"), asked, digest)
    assert {attacked.by_password(each) for each in SOURCES} == {200}
