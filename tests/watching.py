"""What is watched while the suite runs: who came through which door and was served (AC-01), and
that no page sends what its door does not take (AC-06)."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pytest
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from ecabinet import web
from ecabinet.access import POLICY, Actor, Permission, Role
from ecabinet.wire.server import Answer, Event, Events, Message

# A door's method and address, or an event's name; and a role for which it did what was asked.
Passage = tuple[str, str]
SEEN: set[Passage] = set()


def note(place: str, permission: Permission, actor: Actor | None) -> None:
    if permission is Permission.ANYONE:
        SEEN.add((place, permission.value))
    elif actor is not None:
        served = actor.roles & POLICY[permission]
        # Who is a member by another office has come in by that one, where it lets them in.
        SEEN.update((place, role.value) for role in served - {Role.MEMBER} or served)


def watch(app: Flask) -> None:
    def begin() -> None:
        g.came = web.owner_if_asked()

    def end(answer: Response) -> Response:
        if request.url_rule is None or answer.status_code >= 400:
            return answer
        permission = web.permission_of(app.view_functions[request.url_rule.endpoint])
        note(f"{request.method} {request.url_rule.rule}", permission, g.get("came"))
        if answer.mimetype == "text/html":
            sent = not_taken(app, answer.get_data(as_text=True))
            assert not sent, f"{request.path} sends what no door takes: {sent}"
        return answer

    app.before_request(begin)
    app.after_request(end)


def watch_events(rooms: Iterable[Events]) -> None:
    for room in rooms:
        for name, event in room.items():
            room[name] = Event(event.permission, _noted(name, event))


def _noted(name: str, event: Event) -> Answer:
    def answer(actor: Actor, message: Message) -> dict[str, Any]:
        given = event.answer(actor, message)
        note(name, event.permission, actor)
        return given

    return answer


FORM = re.compile(r'<form\b[^>]*\bmethod="post"[^>]*\baction="([^"]+)"[^>]*>(.*?)</form>', re.S)
NAME = re.compile(r'<(?:input|select|textarea|button)\b[^>]*\sname="([^"]*)"')
ELSEWHERE = re.compile(r'<button\b[^>]*\sformaction="([^"]+)"')


def not_taken(app: Flask, page: str) -> list[tuple[str, set[str]]]:
    """The forms of a page, and which of their fields would be refused where they are sent."""
    doors = app.url_map.bind("localhost")
    found = []
    forms = FORM.findall(page)
    # A second button sends the same fields elsewhere.
    forms += [(action, inside) for _, inside in forms for action in ELSEWHERE.findall(inside)]
    for action, inside in forms:
        path, _, _query = action.partition("?")
        try:
            endpoint, _args = doors.match(path, "POST")
        except HTTPException:
            found.append((action, {"no door"}))
            continue
        if strange := set(NAME.findall(inside)) - web.taken_by(app.view_functions[endpoint]):
            found.append((action, strange))
    return found


# ---- over the whole suite ----

SHUT: list[str] = []


def rows() -> dict[str, Permission]:
    """What `test_access` keeps by hand: each door and each event, and what it asks for."""
    from tests.building.test_access import EVENTS, ways

    return {f"{each.method} {each.rule}": each.permission for each in ways()} | EVENTS


# What is sent there names a term or a paper that not everybody has; or needs a provider, by whose
# word no role comes.
OF_SOMETHING = {
    "POST /handovers", "POST /vault/leases", "POST /outside-account",
    "POST /outside-account/finish",
}  # fmt: skip


def never_entered(seen: Collection[Passage], rows: Mapping[str, Permission]) -> list[str]:
    """Doors and events by which nobody was served; and doors by which not every role was that the
    policy lets in, but for those that the matrix says are nobody's."""
    from tests.building.test_matrix import has_nobody

    places = {place for place, _ in seen}
    shut = [place for place in rows if place not in places]
    return shut + [
        f"{place} by {role}"
        for place in rows
        if "/" in place and place in places and place not in OF_SOMETHING
        for role in sorted(POLICY.get(rows[place], frozenset()) - has_nobody(place))
        if (place, role) not in seen
    ]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-door", action="store_true", help="fail unless all let somebody in")


def pytest_sessionfinish(session: pytest.Session) -> None:
    kept: Any = session.config
    if hasattr(kept, "workerinput"):
        kept.workeroutput["seen"] = [list(each) for each in SEEN]
    elif kept.getoption("--every-door") and (shut := never_entered(SEEN, rows())):
        SHUT.extend(shut)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if SHUT:
        terminalreporter.section("nobody who may was ever let in (AC-01)")
        terminalreporter.write("\n".join(SHUT) + "\n")


def pytest_testnodedown(node: Any) -> None:
    SEEN.update(map(tuple, getattr(node, "workeroutput", {}).get("seen", ())))
