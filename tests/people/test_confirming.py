"""Acts that nobody takes back are confirmed by a passkey, for exactly what is sent (SES-07)."""

import json
from dataclasses import dataclass

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from ballots import queries as ballots
from ecabinet import web
from ecabinet.db import reading
from people.service import passkeys
from tests.ballots.builders import a_draft
from tests.builders import Browser, Cabinet
from tests.meetings.builders import planned
from tests.people.authenticator import Authenticator
from tests.people.builders import JSON, leaves, registered, signed_in

LEADER = "lanhdaovp"


@pytest.fixture(autouse=True)
def env(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in real use: a code is good for casts only."""
    real = web.settings().model_copy(update={"env": "production"})
    monkeypatch.setattr(web, "_settings", real)


@dataclass
class Leader:
    """Who approves, in a browser, with the passkey of their device."""

    browser: Browser
    holder: Authenticator

    def asks(self, path: str, fields: dict[str, str]) -> TestResponse:
        body = {"path": path, "fields": fields}
        return self.browser.post("/step-up/options", json=body, headers=JSON)

    def touches(self, path: str, fields: dict[str, str]) -> str:
        """What their passkey says of this act."""
        return json.dumps(self.holder.get(self.asks(path, fields).get_json()["options"]))

    def sends(self, path: str, fields: dict[str, str], assertion: str = "") -> tuple[int, str]:
        given = fields | {"assertion": assertion}
        answer = self.browser.post(path, given, headers=JSON)
        return answer.status_code, answer.get_json().get("reason") or answer.get_json().get("code")


@pytest.fixture
def leader(cabinet: Cabinet) -> Leader:
    holder = registered(signed_in(cabinet, LEADER))
    return Leader(cabinet.browser(LEADER), holder)


def opening(cabinet: Cabinet) -> tuple[str, dict[str, str]]:
    """The act that opens a consultation: where it is sent, and what its page says."""
    draft = a_draft(cabinet)
    with reading() as db:
        seen = ballots.seen_by_approver(db, db.get_one(ballots.Consultation, draft))
    return f"/consultations/{draft}/approve", {"seen": seen}


NEEDED, UNPROVEN = (403, "step_up_needed"), (409, "not_proven")
DONE = (200, None)


def test_a_touch_opens_what_it_was_asked_for_once(cabinet: Cabinet, leader: Leader) -> None:
    path, fields = opening(cabinet)
    assert leader.sends(path, fields) == NEEDED
    touch = leader.touches(path, fields)
    assert leader.sends(path, fields, touch) == DONE
    other, others = opening(cabinet)
    assert leader.sends(other, others, touch) == UNPROVEN
    (leaf,) = leaves("act_confirmed")
    assert (leaf["person"], leaf["path"]) == (cabinet.ids[LEADER], path)
    assert leaf["evidence"]["method"] == "passkey"
    assert leaves("consultation_opened")[0]["position"] == leaf["position"] + 1


def test_a_touch_is_good_for_no_other_act_and_no_other_content(
    cabinet: Cabinet, leader: Leader
) -> None:
    (path, fields), (other, others) = opening(cabinet), opening(cabinet)
    touch = leader.touches(path, fields)
    assert leader.sends(other, others, touch) == UNPROVEN
    assert leader.sends(path, fields | {"seen": "0" * 64}, touch) == UNPROVEN
    assert leader.sends(path, fields | {"more": "1"}, touch) == (400, "not_asked_for")
    assert leader.sends(path, fields, touch) == DONE


def test_a_touch_is_good_for_sixty_seconds(cabinet: Cabinet, leader: Leader) -> None:
    path, fields = opening(cabinet)
    touch = leader.touches(path, fields)
    cabinet.wait(seconds=61)
    assert leader.sends(path, fields, touch) == UNPROVEN
    touch = leader.touches(path, fields)
    cabinet.wait(seconds=58)
    assert leader.sends(path, fields, touch) == DONE


def test_an_act_that_is_refused_uses_nothing_up(cabinet: Cabinet, leader: Leader) -> None:
    path, fields = opening(cabinet)
    wrong = fields | {"seen": "0" * 64}
    touch = leader.touches(path, wrong)
    assert [leader.sends(path, wrong, touch) for _ in range(2)] == [(409, "stale")] * 2
    assert leaves("act_confirmed") == []


def test_neither_a_code_nor_a_touch_for_a_ballot_opens_anything(
    cabinet: Cabinet, leader: Leader
) -> None:
    path, fields = opening(cabinet)
    assert leader.browser.post("/step-up", {"code": leader.browser.code()}).status_code == 200
    assert leader.sends(path, fields) == NEEDED
    actor = signed_in(cabinet, LEADER)
    asked = passkeys.step_up_options(actor, bytes(32), web.settings())
    assert leader.sends(path, fields, json.dumps(leader.holder.get(asked))) == UNPROVEN


def test_a_colleagues_touch_and_an_unverified_one_open_nothing(
    cabinet: Cabinet, leader: Leader
) -> None:
    path, fields = opening(cabinet)
    theirs = registered(signed_in(cabinet, "thutuong"))
    asked = leader.asks(path, fields).get_json()["options"]
    assert leader.sends(path, fields, json.dumps(theirs.get(asked))) == UNPROVEN
    asked = leader.asks(path, fields).get_json()["options"]
    careless = leader.holder.but(flags=1).get(asked)
    assert leader.sends(path, fields, json.dumps(careless)) == UNPROVEN
    assert leader.sends(path, fields, "{}") == (400, "bad_input")
    assert leader.sends(path, fields, leader.touches(path, fields)) == DONE


def test_a_session_is_convened_by_a_touch(cabinet: Cabinet, leader: Leader) -> None:
    session = planned(cabinet)
    session.submit()
    path, fields = f"/meetings/{session.id}/convene", {"draft": str(session.draft)}
    assert leader.sends(path, fields) == NEEDED
    assert leader.sends(path, fields, leader.touches(path, fields)) == DONE
    assert session.state()["parts"]["meeting"]["state"] == "convened"


def test_whoever_has_no_passkey_is_asked_to_add_one(cabinet: Cabinet) -> None:
    premier = Leader(cabinet.browser("thutuong"), Authenticator())
    path, fields = opening(cabinet)
    answer = premier.asks(path, fields)
    assert (answer.status_code, answer.get_json()["code"]) == NEEDED
    page = premier.browser.get(path.removesuffix("/approve")).get_data(as_text=True)
    assert "Thêm khóa của thiết bị này" in page
    assert "Bản trình diễn nhận cả mã 6 số" not in page


def test_the_acts_that_are_confirmed_are_these(app: Flask) -> None:
    confirmed = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if vars(app.view_functions[rule.endpoint]).get("is_confirmed")
    }
    assert confirmed == {
        "/consultations/<int:consultation_id>/approve",
        "/consultations/<int:consultation_id>/classification/declined",
        "/consultations/<int:consultation_id>/decision", "/meetings/<int:meeting_id>/convene",
        "/handovers/<int:handover_id>/sign",
    }  # fmt: skip


class TestInADemo:
    """Its visitors hold no passkeys: a code is taken as well, and the page says so."""

    @pytest.fixture(autouse=True)
    def env(self) -> None:
        """As the tests' application is."""

    def test_a_code_of_the_last_five_minutes_opens(self, cabinet: Cabinet) -> None:
        visitor = Leader(cabinet.browser(LEADER), Authenticator())
        path, fields = opening(cabinet)
        page = visitor.browser.get(path.removesuffix("/approve")).get_data(as_text=True)
        assert "Bản trình diễn nhận cả mã 6 số" in page
        cabinet.wait(minutes=5)
        assert visitor.sends(path, fields) == NEEDED
        assert visitor.browser.post("/step-up", {"code": visitor.browser.code()}).status_code == 200
        assert visitor.asks(path, fields).get_json() == {"options": None}
        assert visitor.sends(path, fields) == DONE
        assert leaves("act_confirmed")[0]["evidence"]["method"] == "totp"
