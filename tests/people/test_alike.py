"""Who is known here cannot be found out at the ways in, by an answer or by its time (AUTH-07).

Time is compared within one run, in turns and by rank; nothing depends on how fast the machine is.
What it follows from is counted as well: one hash of a password, and the same statements.
"""

import itertools
import random
import re
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import argon2
import pytest
from flask import Flask

from ecabinet import clock, web
from ecabinet.access import Permission, Role
from ecabinet.db import transaction
from people import queries, rules, signing
from people.models import Invitation
from people.service import directory, invitations
from tests.builders import PASSWORD, STARTS, Cabinet, statements_sent
from tests.people.builders import JSON, from_

WRONG = "một câu sai mà đủ dài"
# Who is named, and with which password: known, unknown, and out of office with either.
TRIES = {
    "known": ("thuky", WRONG),
    "unknown": ("khong.co.ai", WRONG),
    "left": ("vanthu", WRONG),
    "left, right": ("vanthu", PASSWORD),
}
ROUNDS, SAMPLES = 3, 30
ALIKE_SECONDS, CHANCE, LIKELY = 0.005, 0.01, 0.1


@pytest.fixture
def ways_in(cabinet: Cabinet) -> "WaysIn":
    cabinet.leaves_office("vanthu")
    return WaysIn(cabinet)


class WaysIn:
    """One stranger's browser, each try from an address of its own, so that none is locked."""

    def __init__(self, cabinet: Cabinet) -> None:
        self.browser = cabinet.browser()
        self._token = {"X-CSRF-Token": self.browser.token()}
        self._addresses: Iterator[str] = (f"10.1.{n // 250}.{n % 250}" for n in range(10_000))

    def comes_from(self, address: str) -> None:
        """From now on."""
        self._addresses = itertools.repeat(address)

    def try_(self, who: str) -> Any:
        username, password = TRIES[who]
        return self.browser.client.post(
            "/sign-in", data={"username": username, "password": password},
            headers=self._token, **from_(next(self._addresses)),
        )  # fmt: skip

    def seconds(self, who: str) -> float:
        began = time.perf_counter()
        self.try_(who)
        return time.perf_counter() - began


def differ(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two sets of times can be told apart (both of AUTH-07's measures)."""
    apart = abs(statistics.median(one) - statistics.median(other)) >= ALIKE_SECONDS
    # A machine that does other things as well moves medians by more than that, and not the ranks.
    return by_chance(one, other) <= (LIKELY if apart else CHANCE)


def by_chance(one: Sequence[float], other: Sequence[float]) -> float:
    """How probable such ranks are if both come from one source (Mann–Whitney, two-sided)."""
    wins = sum((a > b) + (a == b) / 2 for a in one for b in other)
    n, m = len(one), len(other)
    spread = (n * m * (n + m + 1) / 12) ** 0.5
    return 2 * (1 - statistics.NormalDist().cdf(abs(wins - n * m / 2) / spread))


def told_apart(seconds: Callable[[str], float], names: Sequence[str], samples: int) -> set[str]:
    """Whom an attacker tells apart from the first: in each round anew, or it was chance."""
    suspects = set(names[1:])
    for _ in range(ROUNDS):
        if not suspects:
            break
        taken: dict[str, list[float]] = {each: [] for each in (names[0], *sorted(suspects))}
        for _ in range(samples):
            for each in random.sample(list(taken), len(taken)):
                taken[each].append(seconds(each))
        suspects = {each for each in suspects if differ(taken[names[0]], taken[each])}
    return suspects


def look_of(answer: Any) -> tuple[Any, ...]:
    """All that is read of an answer without a watch; its number and its moment are its own."""
    body = re.sub(r"\b[0-9a-f]{8}\b", "number", answer.get_data(as_text=True))
    body = re.sub(r'(?<="server-now" content=")[^"]*', "now", body)
    headers = [each for each in answer.headers if each[0] != "Content-Length"]
    return answer.status_code, sorted(headers), len(body), body


@pytest.mark.once
def test_nobody_learns_by_a_watch_who_is_known_here(ways_in: WaysIn) -> None:
    assert told_apart(ways_in.seconds, list(TRIES), SAMPLES) == set()


@pytest.mark.once
def test_the_watch_finds_out_a_sign_in_that_hashes_for_known_names_alone(
    ways_in: WaysIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant that the test above must not pass."""
    honest = signing.is_right
    monkeypatch.setattr(
        signing, "is_right", lambda kept, given: kept != signing.NOBODY and honest(kept, given)
    )
    assert told_apart(ways_in.seconds, ["known", "unknown"], 10) == {"unknown"}


def test_every_wrong_try_looks_alike(ways_in: WaysIn) -> None:
    looks = {who: look_of(ways_in.try_(who)) for who in TRIES}
    assert looks["known"][0] == 409
    assert all(each == looks["known"] for each in looks.values())


def test_every_wrong_try_hashes_once_and_asks_the_database_the_same(
    ways_in: WaysIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = []
    verify = argon2.PasswordHasher.verify

    def count(*given: Any) -> bool:
        hashed.append(given)
        return bool(verify(*given))

    monkeypatch.setattr(argon2.PasswordHasher, "verify", count)
    asked = {who: statements_of(ways_in, who) for who in TRIES}
    assert len(hashed) == len(TRIES)
    assert all(each == asked["known"] for each in asked.values())


def test_the_try_that_locks_asks_the_database_the_same_as_well(ways_in: WaysIn) -> None:
    """To tell of the lock would take longer where there is somebody to be told."""
    asked = {}
    for who in TRIES:
        ways_in.comes_from(f"10.9.9.{len(asked)}")
        for _ in range(rules.WRONG_TRIES):
            asked[who] = statements_of(ways_in, who)
        assert ways_in.try_(who).status_code == 429
    assert all(each == asked["known"] for each in asked.values())


def statements_of(ways_in: WaysIn, who: str) -> list[str]:
    with statements_sent() as sent:
        ways_in.try_(who)
    return list(sent)


# ---- the other ways in name nobody ----


def test_a_link_that_opens_nothing_says_not_whose_it_was(
    cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Used up, of somebody who has left, or never made; and no try at one costs a hash."""
    links = {"used": link_of(cabinet, "moi.dung"), "left": link_of(cabinet, "moi.nghi")}
    with transaction() as db:
        db.get_one(Invitation, queries.digest(links["used"])).used_at = clock.now(db)
    cabinet.leaves_office("moi.nghi")
    links["unknown"] = "x" * len(links["used"])
    monkeypatch.delattr(signing, "HASHER")
    browser, given = cabinet.browser(), {"new": WRONG, "again": WRONG, "code": "123456"}
    browser.token()
    asked = {name: look_of(browser.get(f"/invitation/{token}")) for name, token in links.items()}
    tried = {
        name: look_of(browser.post(f"/invitation/{token}", given)) for name, token in links.items()
    }
    for looks in (asked, tried):
        assert looks["unknown"][0] == 409
        assert looks["used"] == looks["left"] == looks["unknown"]


def link_of(cabinet: Cabinet, username: str) -> str:
    with transaction() as db:
        person = directory.invite_person(db, username, username)
        directory.appoint(db, person, directory.add_office(db, username, Role.CLERK, 99), STARTS)
        person_id = person.id
    return invitations.invite(cabinet.actor("quantri"), person_id, web.settings()).rpartition("/")[
        2
    ]


def ways_in_of(app: Flask) -> list[str]:
    """Every address at which somebody who is not signed in may do something, but the first step."""
    return sorted(
        re.sub(r"<[^>]*>", "x" * 43, rule.rule)
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ())
        and web.permission_of(app.view_functions[rule.endpoint]) is Permission.ANYONE
        and rule.rule != "/sign-in"
    )


def test_no_way_in_but_the_first_step_looks_at_a_name(cabinet: Cabinet) -> None:
    """Recovery among them: it is the second step, and only who gave a password gets so far."""
    browser, paths = cabinet.browser(), ways_in_of(cabinet.app)
    assert "/sign-in/recovery" in paths
    for path in paths:
        looks = [
            look_of(browser.post(path, given_by(username), headers=JSON))
            for username in ("thuky", "khong.co.ai", "vanthu")
        ]
        assert 400 <= looks[0][0] < 500 or path.endswith("/options"), path
        assert looks[0][:2] == looks[1][:2] == looks[2][:2], path


def given_by(username: str) -> dict[str, str]:
    return {
        "username": username, "name": username, "email": f"{username}@example.vn",
        "password": PASSWORD, "new": WRONG, "again": WRONG, "code": "123456",
    }  # fmt: skip
