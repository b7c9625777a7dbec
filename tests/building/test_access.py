"""The policy kept twice, and every door walked (AC-01, AC-02)."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
from flask import Flask
from werkzeug.routing import Map, Rule

from ecabinet import clock
from ecabinet.access import POLICY, Matter, Permission, Right, Role
from ecabinet.db import transaction
from ecabinet.web import LARGEST_ID, needs, permission_of
from ecabinet.wire.server import Event, SocketWire
from people.service import mandates
from people.service.mandates import About
from tests.builders import PEOPLE, Cabinet

# Written out by hand on purpose: a change of policy must be made in two places.
# TT Prime Minister, PTT deputy, TV member, TK secretary, CV specialist, LĐ leader of the Office,
# VT clerk, CB staff of an agency, ĐM its focal person, QT administrator, KT auditor; by mandate:
# TM adviser, ĐT substitute.
GRID = """
                      TT PTT TV TK CV LĐ VT CB ĐM QT KT TM ĐT
signed_in              x   x  x  x  x  x  x  x  x  x  x  x  x
dossier:read           x   x  x  x  x  x  x  x  x  .  x  x  x
dossier:read_all       .   .  .  x  x  x  .  .  .  .  x  .  .
dossier:write          .   .  .  x  x  .  .  .  .  .  .  .  .
dossier:lodge          .   .  .  .  .  .  .  x  x  .  .  .  .
dossier:accept         .   .  .  x  x  .  .  .  .  .  .  .  .
paper:read             x   x  x  x  x  x  x  x  x  .  x  x  x
paper:add              .   .  .  x  x  .  .  x  x  .  .  .  .
paper:export           x   x  x  x  x  x  x  x  x  .  .  .  .
edition:approve        .   .  .  .  .  x  .  .  .  .  .  .  .
file:remove            .   .  .  .  .  x  .  .  .  .  .  .  .
file_removal:approve   .   .  .  .  .  .  .  .  .  x  .  .  .
consultation:read      x   x  x  x  x  x  .  .  .  .  x  x  .
consultation:draft     .   .  .  x  x  .  .  .  .  .  .  .  .
consultation:approve   x   .  .  .  .  x  .  .  .  .  .  .  .
consultation:exceed    x   .  .  .  .  .  .  .  .  .  .  .  .
ballot:cast            .   .  x  .  .  .  .  .  .  .  .  .  .
ballot:enter           .   .  .  x  .  .  .  .  .  .  .  .  .
ballot:compare         .   .  .  .  x  .  .  .  .  .  .  .  .
answer:propose         .   .  .  .  .  .  .  .  .  .  .  x  .
result:read            x   x  x  x  x  x  .  .  .  .  x  .  .
result:decide          x   x  .  .  .  .  .  .  .  .  .  .  .
opinion:read           x   x  x  x  x  x  .  x  x  .  x  .  .
opinion:reply          .   .  .  .  .  .  .  x  x  .  .  .  .
meeting:read           x   x  x  x  x  x  x  .  .  .  x  .  x
meeting:read_all       .   .  .  x  x  x  x  .  .  .  x  .  .
meeting:prepare        .   .  .  x  x  .  .  .  .  .  .  .  .
meeting:convene        x   .  .  .  .  x  .  .  .  .  .  .  .
meeting:conduct        x   x  .  x  .  .  .  .  .  .  .  .  .
attendance:confirm     .   .  .  x  .  .  .  .  .  .  .  .  .
vote:cast              .   .  x  .  .  .  .  .  .  .  .  .  .
mandate:give           .   .  x  .  .  .  .  .  .  .  .  .  .
mandate:consent        x   .  .  .  .  .  .  .  .  .  .  .  .
mandate:read_all       .   .  .  .  .  x  .  .  .  x  x  .  .
task:read              x   x  x  x  x  x  .  x  x  .  x  .  .
task:read_all          x   x  x  x  x  x  .  .  .  .  x  .  .
task:assign            x   x  .  .  x  x  .  .  .  .  .  .  .
task:report            .   .  .  .  .  .  .  x  x  .  .  .  .
device:enrol           .   .  x  .  .  .  .  .  .  .  .  .  .
device:confirm         .   .  .  x  .  .  .  .  .  .  .  .  .
person:read            .   .  .  .  .  x  .  .  .  x  x  .  .
account:manage         .   .  .  .  .  .  .  .  .  x  .  .  .
account:approve        .   .  .  .  .  x  .  .  .  .  .  .  .
ledger:read            .   .  .  .  .  x  .  .  .  .  x  .  .
log:read               .   .  .  .  .  x  .  .  .  x  x  .  .
settings:change        .   .  .  .  .  .  .  .  .  x  .  .  .
delivery:read          .   .  .  .  .  .  .  .  .  x  x  .  .
delivery:retry         .   .  .  .  .  .  .  .  .  x  .  .  .
"""
ROLES = list(Role)


def test_the_policy_is_the_grid() -> None:
    rows = [line.split() for line in GRID.strip().splitlines()]
    assert len(rows[0]) == len(ROLES)
    grid = {
        Permission(name): frozenset(
            role for role, sign in zip(ROLES, signs, strict=True) if sign == "x"
        )
        for name, *signs in rows[1:]
    }
    assert grid == POLICY
    assert set(Permission) - set(POLICY) == {Permission.ANYONE}


class Way(NamedTuple):
    """A method and an address, with the permission that it asks for."""

    method: str
    rule: str
    permission: Permission

    def path(self, number: int) -> str:
        return re.sub(r"<[^>]+>", str(number), self.rule)


def ways() -> list[Way]:
    """Kept by hand, like the grid: who adds or changes a door says here, again, whose it is."""
    lines = (Path(__file__).parent / "doors.txt").read_text().splitlines()
    return [Way(method, rule, Permission(name)) for method, rule, name in map(str.split, lines)]


# What a screen may say up its line; the library's own words ask for a login and no more.
EVENTS = {
    "meeting:enter": Permission.MEETING_READ,
    "draft:enter": Permission.MEETING_PREPARE,
    "tasks:enter": Permission.TASK_READ_ALL,
    "agency:enter": Permission.TASK_REPORT,
    "paper:enter": Permission.PAPER_READ,
    "consultation:enter": Permission.CONSULTATION_READ,
    "consultations:enter": Permission.CONSULTATION_READ,
}
OF_THE_LIBRARY = {"connect", "disconnect"}


def every_door_is_written_down(app: Flask) -> None:
    built = {
        Way(method, rule.rule, permission_of(app.view_functions[rule.endpoint]))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert built == set(ways())


def every_event_is_written_down(app: Flask) -> None:
    wire = wire_of(app)
    assert {name: event.permission for name, event in wire.events.items()} == EVENTS
    handlers = cast(Any, wire.io.server).handlers
    assert {name for each in handlers.values() for name in each} == EVENTS.keys() | OF_THE_LIBRARY
    assert not cast(Any, wire.io.server).namespace_handlers


def wire_of(app: Flask) -> SocketWire:
    return cast(SocketWire, app.extensions["wire"])


Kept = Callable[[Flask], None]
KEPT: list[Kept] = [every_door_is_written_down, every_event_is_written_down]


@pytest.mark.parametrize("kept", KEPT)
def test_what_is_built_asks_for_what_is_written_of_it(app: Flask, kept: Kept) -> None:
    kept(app)


def has_a_door_more(app: Flask, patch: pytest.MonkeyPatch) -> None:
    rules = [each.empty() for each in app.url_map.iter_rules()]
    more = Rule("/persons/all", endpoint="directory.persons", methods=["GET"])
    patch.setattr(app, "url_map", Map([*rules, more], converters=app.url_map.converters))


def has_a_door_that_asks_for_less(app: Flask, patch: pytest.MonkeyPatch) -> None:
    view = needs(Permission.SIGNED_IN)(app.view_functions["directory.persons"])
    patch.setitem(app.view_functions, "directory.persons", view)


def has_an_event_more(app: Flask, patch: pytest.MonkeyPatch) -> None:
    patch.setitem(cast(Any, wire_of(app).io.server).handlers["/"], "dossier:enter", print)


def has_an_event_that_asks_for_less(app: Flask, patch: pytest.MonkeyPatch) -> None:
    events = cast(dict[str, Event], wire_of(app).events)
    less = Event(Permission.MEETING_READ, events["draft:enter"].answer)
    patch.setitem(events, "draft:enter", less)


@pytest.mark.parametrize(
    ("kept", "broken"),
    [
        (every_door_is_written_down, has_a_door_more),
        (every_door_is_written_down, has_a_door_that_asks_for_less),
        (every_event_is_written_down, has_an_event_more),
        (every_event_is_written_down, has_an_event_that_asks_for_less),
    ],
)
def test_what_is_not_written_down_is_found(
    app: Flask, monkeypatch: pytest.MonkeyPatch, kept: Kept,
    broken: Callable[[Flask, pytest.MonkeyPatch], None],
) -> None:  # fmt: skip
    broken(app, monkeypatch)
    with pytest.raises(AssertionError):
        kept(app)


# They would end the walk.
LAST = ("/sign-out", "/step-up", "/lock")


# One person of each role; two roles come with a mandate.
WALKERS = {role: username for username, (_, role, _agency) in PEOPLE.items()}
LENT = {
    Role.ADVISER: (Right.ADVISE, Matter.CONSULTATION),
    Role.SUBSTITUTE: (Right.SUBSTITUTE, Matter.SESSION),
}


def lend(cabinet: Cabinet, right: Right, matter: Matter) -> None:
    """A mandate about something that there is not: the walk asks for doors, not for things."""
    with transaction() as db:
        minister = cabinet.actor("botruong.yte")
        about = About(matter, 987654, "Việc thử")
        until = clock.now(db) + timedelta(days=1)
        given = mandates.give(db, minister, right, about, cabinet.ids["canbo.yte"], until)
        if right is Right.SUBSTITUTE:
            mandates.consent(db, cabinet.actor("thutuong"), given)


@pytest.mark.once
@pytest.mark.parametrize("role", ROLES)
def test_every_door_is_shut_to_whom_the_policy_shuts_it(cabinet: Cabinet, role: Role) -> None:
    walk(cabinet, role)


def walk(cabinet: Cabinet, role: Role) -> None:
    """Who has the permission never gets "not yours to do"; who has not gets nothing else."""
    username = WALKERS.get(role, "canbo.yte")
    if role in LENT:
        lend(cabinet, *LENT[role])
    assert role in cabinet.actor(username).roles
    browser, actor = cabinet.browser(username), cabinet.actor(username)
    for way in ways():
        # Doors of something in particular are the matrix's.
        if way.rule in LAST or "<int:" in way.rule:
            continue
        send = browser.get if way.method == "GET" else browser.post
        answer = send(way.path(987654), headers={"Accept": "application/json"})
        status = answer.status_code
        if actor.may(way.permission):
            assert status not in (401, 403, 500), (way, status, answer.text[:200])
        else:
            assert status == 403, (way, status)
            is_a_vote = way.permission in (Permission.BALLOT_CAST, Permission.VOTE_CAST)
            code = "not_delegable" if is_a_vote and role in LENT else "forbidden"
            assert answer.json == answer.json | {"code": code}, way


@pytest.mark.once
@pytest.mark.parametrize("asked", [Permission.ANYONE, Permission.DEVICE_CONFIRM])
def test_a_door_that_lets_in_whom_it_should_not_is_found(
    cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch, asked: Permission
) -> None:
    """And one that keeps out whom it should let in."""
    views = cabinet.app.view_functions
    bare = needs(asked)(cast(Any, views["directory.agencies"]).__wrapped__)
    monkeypatch.setitem(views, "directory.agencies", bare)
    with pytest.raises(AssertionError, match="/agencies"):
        walk(cabinet, Role.MEMBER if asked is Permission.ANYONE else Role.ADMINISTRATOR)


def test_a_number_that_no_row_can_have_is_no_address(cabinet: Cabinet) -> None:
    browser = cabinet.browser("thuky")
    for way in ways():
        if "<int:" in way.rule:
            send = browser.get if way.method == "GET" else browser.post
            assert send(way.path(LARGEST_ID + 1)).status_code in (404, 405), way


def test_nobody_signed_in_finds_no_door_but_the_open_ones(cabinet: Cabinet) -> None:
    browser = cabinet.browser()
    for way in ways():
        if way.permission is Permission.ANYONE:
            continue
        send = browser.get if way.method == "GET" else browser.post
        answer = send(way.path(987654), headers={"Accept": "application/json"})
        assert answer.status_code == 401, way
    # A door open to all must be added here by hand.
    assert {way.rule for way in ways() if way.permission is Permission.ANYONE} == {
        "/static/<path:filename>", "/healthz", "/sw.js", "/app.webmanifest",
        "/verify", "/verify/checkpoint.txt", "/verify/trust.json", "/verify/certificates.pem",
        "/verify/verifier.py", "/verify/member.crl", "/verify/root.crl",
        "/vault", "/vault/paper", "/vault/contact", "/calendar/feed/<secret>.ics",
        "/sign-in", "/sign-in/code", "/sign-in/recovery",
        "/sign-in/passkey", "/sign-in/passkey/options",
        "/sign-in/outside", "/sign-in/outside/finish", "/sign-in/outside/ended",
        "/sign-in/outside/left",
        "/outside-signing/<secret>/paper.pdf", "/outside-signing/<secret>/signed",
        "/lock", "/unlock", "/unlock/passkey", "/unlock/passkey/options",
        "/invitation/<token>", "/invitation/<token>/passkey",
        "/invitation/<token>/passkey/options",
    }  # fmt: skip
