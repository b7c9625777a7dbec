"""What must never be green: the tests of the cast and of the closing, each over a room that lacks
what it guards (security.md, the ten tests to write first: 2, 3 and 6)."""

from collections.abc import Callable
from typing import Any

import pytest

from ballots import queries
from ballots.service import cast, close
from tests.ballots import builders, test_casting, test_closing
from tests.ballots.builders import Member
from tests.builders import Cabinet

# Of the tests, not of the stores.
pytestmark = pytest.mark.once

Test = Callable[[Any, int], None]
Break = Callable[[pytest.MonkeyPatch], None]


def without(module: Any, name: str, instead: Any) -> Break:
    def lacks(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(module, name, lambda *_given, **_named: instead)

    return lacks


def no_chain(patch: pytest.MonkeyPatch) -> None:
    """A ballot that follows nothing in particular: the database's own judge is blind too."""
    of_a_paper, places = cast._ballot, iter(range(-1, -100, -1))

    def ballot(*given: Any) -> Any:
        made = of_a_paper(*given)
        made.follows = next(places)
        return made

    without(cast, "_refusal", None)(patch)
    patch.setattr(cast, "_ballot", ballot)


def no_memory_of_keys(patch: pytest.MonkeyPatch) -> None:
    without(queries, "ballot_by_key", None)(patch)
    without(cast, "_refusal", None)(patch)
    no_chain(patch)


def a_ballot_left_out(patch: pytest.MonkeyPatch) -> None:
    opened = close._opened
    patch.setattr(close, "_opened", lambda *given: opened(*given)[:-1])


BY_ONE_MEMBER: list[tuple[Test, Break]] = [
    (test_casting.test_twenty_parallel_answers_make_exactly_one_ballot, no_chain),
    (test_casting.test_of_two_tabs_the_first_wins_and_the_other_is_told, no_chain),
    (test_casting.test_sending_again_with_the_same_key_gives_the_same_receipt, no_memory_of_keys),
]  # fmt: skip
AT_THE_END: list[tuple[Test, Break]] = [
    (
        test_closing.test_an_answer_that_waited_for_the_closing_is_refused,
        without(cast, "_refusal", None),
    ),
    (
        test_closing.test_nobody_is_deemed_beside_an_attempt_and_the_result_is_provisional,
        without(close, "_tried", set()),
    ),
    (
        test_closing.test_a_ballot_taken_out_of_the_database_is_not_taken_for_silence,
        without(close, "_hold_against_log", None),
    ),
    (
        test_closing.test_an_attempt_taken_out_of_the_database_is_not_taken_for_silence,
        without(close, "_hold_against_log", None),
    ),
    (
        test_closing.test_whoever_answered_counts_as_answered_and_silence_as_the_rules_say,
        a_ballot_left_out,
    ),
]

# An answer that was taken has no reason of a refusal.
RED = (AssertionError, KeyError, pytest.fail.Exception)


@pytest.mark.parametrize(("test", "lacks"), BY_ONE_MEMBER)
def test_of_the_cast(
    monkeypatch: pytest.MonkeyPatch, cabinet: Cabinet, test: Test, lacks: Break
) -> None:
    asked = builders.an_open_consultation(cabinet)
    minister = Member(cabinet, "botruong.yte")
    lacks(monkeypatch)
    with pytest.raises(RED):
        test(minister, asked)


@pytest.mark.parametrize(("test", "lacks"), AT_THE_END)
def test_of_the_closing(
    monkeypatch: pytest.MonkeyPatch, cabinet: Cabinet, test: Test, lacks: Break
) -> None:
    asked = builders.an_open_consultation(cabinet)
    lacks(monkeypatch)
    with pytest.raises(RED):
        test(cabinet, asked)
