"""Every door walked for what must hold of all of them: where a request comes from, what an answer
carries, what only looks, and what is sent beside what is asked for (AC-06, WEB-01…04, WEB-09).
Each walk is seen to find a house in which it does not hold."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from ecabinet import web
from ecabinet.db import Base, reading, transaction
from ecabinet.web import View
from tests.builders import Browser, Cabinet
from tests.building.test_access import LAST, WALKERS, Way, ways
from tests.oversight.test_canaries import plant

Walk = Callable[[Cabinet], Iterator[object]]
# The first rows of all tables are a dossier, a question and a session that few may know of.
ABSENT, THERE = 987654, 1
JSON = {"Accept": "application/json"}
# Signed or sealed by the machine that sends it.
SIGNED = ("/sign-in/outside/ended", "/vault/contact", "/outside-signing/<secret>/signed")
# The same for everybody, like what lies under /static.
FILES = ("/sw.js", "/app.webmanifest", "/static/<path:filename>")


def ask(browser: Browser, way: Way, number: int, **headers: str) -> TestResponse:
    send = browser.get if way.method == "GET" else browser.post
    return send(way.path(number), headers=JSON | headers)


# ---- where a request comes from ----


def taken_from_elsewhere(cabinet: Cabinet) -> Iterator[object]:
    """Acts that are not refused although no page of ours has sent them."""
    browser = cabinet.browser("thuky")
    elsewhere = (
        {"X-CSRF-Token": ""}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"},
    )  # fmt: skip
    for turn, way in enumerate(each for each in ways() if each.method == "POST"):
        answer = ask(browser, way, ABSENT, **elsewhere[turn % len(elsewhere)])
        if way.rule not in SIGNED and (answer.json or {}).get("code") != "cross_site":
            yield way, answer.status, answer.json


# ---- what an answer carries ----

POLICY_WORDS = (
    "default-src 'none'", "script-src 'self'", "object-src 'none'", "base-uri 'none'",
    "frame-ancestors 'none'",
)  # fmt: skip
UNDECLARED = ("PUT", "DELETE", "PATCH", "TRACE")


# The same for everybody, and kept by whoever stands between (tests/oversight/test_verify.py).
PUBLIC = "/verify"


def lacking(answer: TestResponse) -> list[str]:
    """What an answer lacks that each must carry, whoever is answered what."""
    carried = answer.headers
    policy = carried.get("Content-Security-Policy", "")
    wrong = [words for words in POLICY_WORDS if words not in policy]
    wrong += [each for each in ("unsafe-inline", "unsafe-eval") if f"'{each}'" in policy]
    wanted = {
        "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }  # fmt: skip
    wrong += [name for name, value in wanted.items() if carried.get(name) != value]
    wrong += ["Permissions-Policy"] * ("Permissions-Policy" not in carried)
    wrong += ["no-store"] * (carried.get("Cache-Control") != "no-store")
    wrong += ["Vary"] * ("Cookie" not in carried.get("Vary", ""))
    wrong += ["shared with others"] * ("Access-Control-Allow-Origin" in carried)
    return wrong


def answers_that_lack_something(cabinet: Cabinet) -> Iterator[object]:
    """Whoever asks, whatever is answered, and where nothing is declared."""
    stranger, secretary = cabinet.browser(), cabinet.browser("thuky")
    for turn, way in enumerate(ways()):
        if way.rule in (*LAST, *FILES):
            continue
        for browser in (stranger, secretary):
            found = lacking(ask(browser, way, ABSENT))
            if way.rule.startswith(PUBLIC):
                found = [each for each in found if each != "no-store"]
            if found:
                yield way, found
        method = UNDECLARED[turn % len(UNDECLARED)]
        answer = secretary.client.open(way.path(ABSENT), method=method, headers=JSON)
        if answer.status_code not in (403, 405) or lacking(answer):
            yield way, method, answer.status


# ---- what only looks ----

# What one is offered there counts for nothing until one shows that one has it.
OFFERS = "/authenticator"
# Where is written down that somebody has looked; who looks changes nothing else.
NOTES_OF_LOOKING = {
    "people_login", "activity", "documents_opening", "documents_export",
}  # fmt: skip


def rows() -> dict[str, list[str]]:
    with reading() as db:
        return {
            table.name: sorted(repr(row) for row in db.execute(select(table)))
            for table in Base.metadata.sorted_tables
            if table.name not in NOTES_OF_LOOKING
        }


def changed_by_looking(cabinet: Cabinet) -> Iterator[object]:
    plant(cabinet)
    browsers = [cabinet.browser(who) for who in ("thuky", "botruong.yte")]
    before = rows()
    for way in ways():
        for browser in browsers if way.method == "GET" and way.rule != OFFERS else ():
            ask(browser, way, THERE)
    yield from (name for name, kept in rows().items() if kept != before[name])


# ---- what is not asked for ----

NEVER_ASKED = ("role", "member_id", "status", "agency_id", "signed_at")


def taking_what_they_do_not_ask_for(cabinet: Cabinet) -> Iterator[object]:
    """Acts that are not refused although more was sent with them than they ask for, and tables
    that such a request has changed."""
    plant(cabinet)
    browsers = {name: cabinet.browser(name) for name in ["botruong.yte", *WALKERS.values()]}
    actors = {name: cabinet.actor(name) for name in browsers}
    before = rows()
    acts = [each for each in ways() if each.method == "POST" and each.rule not in SIGNED]
    for turn, way in enumerate(acts):
        browser = next(browsers[who] for who, actor in actors.items() if actor.may(way.permission))
        view = view_of(cabinet, way)
        # A role is asked for where an office or a seat is made: it is what is made, not its maker.
        if declared := web.taken_by(view) & set(NEVER_ASKED[1:]):
            yield way, declared
        more = {NEVER_ASKED[1 + turn % 4]: "1"}
        # Where no body is asked for, none is taken, whatever it says.
        as_a_form, as_a_body = {"data": more}, {"json": more}
        for sent in (as_a_body,) if web.takes_a_body(view) else (as_a_form, as_a_body):
            answer = browser.post(way.path(THERE), headers=JSON, **cast(Any, sent))
            if answer.status_code != 400 or (answer.json or {}).get("code") != "not_asked_for":
                yield way, sent, answer.status
    yield from (name for name, kept in rows().items() if kept != before[name])


def view_of(cabinet: Cabinet, way: Way) -> View:
    endpoint, _ = cabinet.app.url_map.bind("localhost").match(way.path(THERE), way.method)
    return cabinet.app.view_functions[endpoint]


# ---- the walks, and what each of them finds ----


def takes_anything(_: Cabinet, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(web, "SAFE", frozenset({"GET", "POST"}))


def forgets_its_policy(_: Cabinet, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(web, "PAGE_POLICY", "default-src 'self' 'unsafe-inline'")


def counts_who_looks(cabinet: Cabinet, patch: pytest.MonkeyPatch) -> None:
    view = cabinet.app.view_functions["directory.members"]

    def counting() -> object:
        with transaction() as db:
            db.execute(Base.metadata.tables["people_term"].update().values(ends=None))
            db.execute(Base.metadata.tables["people_person"].update().values(name="Đã xem"))
        return view()

    patch.setitem(cabinet.app.view_functions, "directory.members", declared(view, counting))


def takes_whatever_comes(_: Cabinet, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(web, "_refuse_what_is_not_asked_for", lambda _view: None)


def declared(view: View, instead: Callable[..., object]) -> Callable[..., object]:
    vars(instead)["permission"] = web.permission_of(view)
    return instead


WALKS: list[tuple[Walk, Callable[[Cabinet, pytest.MonkeyPatch], None]]] = [
    (taken_from_elsewhere, takes_anything),
    (answers_that_lack_something, forgets_its_policy),
    (changed_by_looking, counts_who_looks),
    (taking_what_they_do_not_ask_for, takes_whatever_comes),
]


@pytest.mark.once
@pytest.mark.timeout(300)
@pytest.mark.parametrize("walk", [walk for walk, _ in WALKS])
def test_it_holds_at_every_door(cabinet: Cabinet, walk: Walk) -> None:
    assert list(walk(cabinet)) == []


@pytest.mark.once
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("walk", "broken"), WALKS)
def test_a_house_in_which_it_does_not_hold_is_found(
    cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch, walk: Walk,
    broken: Callable[[Cabinet, pytest.MonkeyPatch], None],
) -> None:  # fmt: skip
    broken(cabinet, monkeypatch)
    assert any(walk(cabinet))
