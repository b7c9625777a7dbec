"""Administration opens to whoever has shown of late who they are; in use, by a key that stays in
its device (AC-11)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ecabinet import approvals, web
from ecabinet.access import POLICY, Permission, Role
from ecabinet.db import transaction
from ecabinet.errors import AdministrationShut
from people import rules
from people.models import Login
from tests.builders import Browser, Cabinet
from tests.building.test_access import Way, ways
from tests.people.authenticator import ELIGIBLE, PRESENT, VERIFIED, Authenticator
from tests.people.builders import JSON, device_of, enrol, new_key, registered, request_of, signed_in

pytestmark = pytest.mark.once

SHUT = (423, "administration_shut")
# Kept by hand, as what the policy gives to administrators beside others.
OF_ADMINISTRATION = {
    Permission.FILE_REMOVAL_APPROVE, Permission.MANDATE_READ_ALL, Permission.PERSON_READ,
    Permission.ACCOUNT_MANAGE, Permission.LOG_READ, Permission.SETTINGS_CHANGE,
    Permission.DELIVERY_READ, Permission.DELIVERY_RETRY,
}  # fmt: skip


def said(browser: Browser, way: Way | str) -> tuple[int, str]:
    method, path = ("GET", way) if isinstance(way, str) else (way.method, way.path(987654))
    token = {"X-CSRF-Token": browser.token()}
    answer = browser.client.open(path, method=method, headers=JSON | token)
    body = answer.get_json() if answer.is_json else {}
    return answer.status_code, body.get("code", "")


def later(cabinet: Cabinet, username: str = "quantri") -> Browser:
    """Whoever has been at their page since, and has not been asked who they are."""
    browser = cabinet.browser(username)
    cabinet.wait(minutes=15)
    return browser


def test_each_door_of_administration_is_shut_to_who_showed_it_too_long_ago(
    cabinet: Cabinet,
) -> None:
    browser = later(cabinet)
    theirs = [each for each in ways() if each.permission in OF_ADMINISTRATION]
    assert len(theirs) > 40
    for way in theirs:
        assert said(browser, way) == SHUT, way
    others = [
        each for each in ways()
        if each.permission not in OF_ADMINISTRATION and each.method == "GET"
    ]  # fmt: skip
    for way in others:
        if way.rule not in SIGNED_IN_AND_ADMINISTRATION:
            assert said(browser, way)[0] != 423, way


# Of these everybody has a part of their own.
SIGNED_IN_AND_ADMINISTRATION = {"/mandates", "/handovers", "/handovers/<int:handover_id>"}


def test_what_the_policy_gives_to_administrators_is_what_is_written_here() -> None:
    everybody = frozenset(Role)
    given = {name for name, may in POLICY.items() if Role.ADMINISTRATOR in may != everybody}
    assert given == OF_ADMINISTRATION


@pytest.mark.parametrize("path", sorted(SIGNED_IN_AND_ADMINISTRATION))
def test_on_a_page_of_everybody_their_part_is_shut_as_well(cabinet: Cabinet, path: str) -> None:
    path = path.replace("<int:handover_id>", "7")
    assert said(cabinet.browser("quantri"), path)[0] in (200, 404)
    assert said(later(cabinet), path) == SHUT
    assert said(later(cabinet, "thuky"), path)[0] in (200, 404)


def test_who_reads_persons_for_another_reason_is_not_asked(cabinet: Cabinet) -> None:
    for username in ("lanhdaovp", "kiemtoan"):
        assert said(later(cabinet, username), "/persons")[0] == 200


def test_it_is_open_for_fifteen_minutes(cabinet: Cabinet) -> None:
    assert timedelta(minutes=15) == rules.ADMINISTRATION_LASTS
    browser = cabinet.browser("quantri")
    cabinet.wait(minutes=14, seconds=55)
    assert said(browser, "/persons")[0] == 200
    cabinet.wait(seconds=5)
    assert said(browser, "/persons") == SHUT


def test_another_persons_key_and_a_second_persons_word_are_administration(
    cabinet: Cabinet,
) -> None:
    assert enrol(cabinet.browser("botruong.yte"), request_of(new_key())).status_code == 201
    key = device_of(cabinet, "botruong.yte").public_id
    browser = later(cabinet)
    answer = browser.post(f"/devices/{key}/revoke", headers=JSON)
    assert (answer.status_code, answer.get_json()["code"]) == SHUT
    assert browser.post("/unlock", {"code": browser.code()}).status_code == 200
    assert browser.post(f"/devices/{key}/revoke", headers=JSON).status_code == 200


def test_what_was_shown_counts_where_a_request_is_confirmed(cabinet: Cabinet) -> None:
    administrator = cabinet.actor("quantri")
    with transaction() as db:
        assert approvals._as_of_now(db, administrator, Permission.FILE_REMOVAL_APPROVE)
        late = replace(administrator, administration_is_shut=True)
        with pytest.raises(AdministrationShut):
            approvals._as_of_now(db, late, Permission.FILE_REMOVAL_APPROVE)


# ---- by what it opens ----


Showing = Callable[[Browser, Authenticator], Any]


def by_code(browser: Browser, _holder: Authenticator) -> Any:
    return browser.post("/step-up", {"code": browser.code()})


def by_code_over_the_lock(browser: Browser, _holder: Authenticator) -> Any:
    return browser.post("/unlock", {"code": browser.code()}, headers=JSON)


def by_touch(browser: Browser, holder: Authenticator) -> Any:
    options = browser.post("/unlock/passkey/options", headers=JSON).get_json()
    return browser.post("/unlock/passkey", json={"answer": holder.get(options)}, headers=JSON)


def by_touch_anew(browser: Browser, holder: Authenticator) -> Any:
    options = browser.post("/sign-in/passkey/options", headers=JSON).get_json()
    body = {"answer": holder.get(options), "next": "/"}
    return browser.post("/sign-in/passkey", json=body, headers=JSON)


OWN, COPIED = PRESENT | VERIFIED, PRESENT | VERIFIED | ELIGIBLE
IN_A_DEMO = [(by_code, OWN), (by_code_over_the_lock, OWN), (by_touch, OWN), (by_touch, COPIED)]
IN_USE = [
    (by_code, OWN, False), (by_code_over_the_lock, OWN, False), (by_touch, OWN, True),
    (by_touch, COPIED, False), (by_touch_anew, OWN, True), (by_touch_anew, COPIED, False),
]  # fmt: skip


@pytest.mark.parametrize(("way", "flags"), IN_A_DEMO)
def test_in_a_demo_it_opens_by_a_code_or_a_touch(
    cabinet: Cabinet, way: Showing, flags: int
) -> None:
    holder = registered(signed_in(cabinet, "quantri"), flags=flags)
    browser = later(cabinet)
    assert said(browser, "/persons") == SHUT
    assert way(browser, holder).status_code == 200
    assert said(browser, "/persons")[0] == 200


@pytest.mark.parametrize(("way", "flags", "opens"), IN_USE)
def test_in_use_it_opens_by_a_key_that_stays_in_its_device(
    cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch, way: Showing, flags: int, opens: bool
) -> None:
    holder = registered(signed_in(cabinet, "quantri"), flags=flags)
    browser = cabinet.browser("quantri")
    monkeypatch.setattr(web, "_settings", web.settings().model_copy(update={"env": "production"}))
    assert said(browser, "/persons") == SHUT, "a password and a code are not enough"
    answer = way(browser, holder)
    assert answer.status_code == 200
    if way is by_touch:
        assert answer.get_json()["administration"] is opens
    assert said(browser, "/persons") == ((200, "") if opens else SHUT)
    assert said(browser, "/devices")[0] == 200, "there one adds such a key"
    cabinet.wait(minutes=15)
    assert said(browser, "/persons") == SHUT


def test_who_signs_in_at_a_provider_has_shown_nothing_here(cabinet: Cabinet) -> None:
    browser = cabinet.browser("quantri")
    with transaction() as db:
        login = db.query(Login).order_by(Login.id.desc()).first()
        assert login is not None
        login.shown_at = login.shown_by = None
    assert said(browser, "/persons") == SHUT


def test_the_page_says_so_and_offers_to_open_it(cabinet: Cabinet) -> None:
    answer = later(cabinet).get("/persons")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 423
    assert 'data-now="administration"' in page
    assert "Trang quản trị đang khóa" in page
    assert "botruong.yte" not in page
