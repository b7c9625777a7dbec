from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ballots import rules as ballots
from ballots.rules import Choice
from meetings import rules
from meetings.rules import (
    Attendance,
    AttendanceRefusal,
    CastRefusal,
    FloorRefusal,
    ItemRefusal,
    ItemState,
    ItemStep,
    Planned,
    ReaderRefusal,
    SeatRole,
    State,
    Step,
    StepRefusal,
    VoteRefusal,
    VoteState,
)

STARTS = datetime(2026, 11, 24, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("members", "needed"),
    [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (24, 16), (25, 17), (26, 18), (27, 18), (28, 19)],
)
def test_two_thirds_of_the_members_rounded_up_make_a_quorum(members: int, needed: int) -> None:
    assert rules.quorum_of(members) == needed


@given(st.integers(1, 200))
def test_a_quorum_is_the_least_number_that_is_no_less_than_two_thirds(members: int) -> None:
    needed = rules.quorum_of(members)
    assert 3 * needed >= 2 * members > 3 * (needed - 1)


def test_members_count_once_they_have_checked_in_in_the_hall_or_online() -> None:
    hall, online = Attendance.HALL, Attendance.ONLINE
    counted = rules.quorum([hall] * 14 + [online] * 2 + [None] * 9)
    assert (counted.present, counted.needed, counted.missing) == (16, 17, 1)
    enough = rules.quorum([hall] * 14 + [online] * 3 + [None] * 8)
    assert (enough.present, enough.missing) == (17, 0)


# Written out by hand on purpose: a change of a meeting's life is made in two places.
LIFE = """
            convene   open      adjourn    resume  close   conclude
planned     convened  .         .          .       .       .
convened    .         open      .          .       .       .
open        .         .         adjourned  .       closed  .
adjourned   .         .         .          open    closed  .
closed      .         .         .          .       .       concluded
concluded   .         .         .          .       .       .
"""


def test_the_life_of_a_meeting_is_this_table() -> None:
    head, *lines = [line.split() for line in LIFE.strip().splitlines()]
    assert head == [each.value for each in Step]
    assert [line[0] for line in lines] == [each.value for each in State]
    for state, *ends in lines:
        for step, end in zip(head, ends, strict=True):
            expected = StepRefusal.NOT_FROM_HERE if end == "." else State(end)
            assert rules.after(State(state), Step(step)) == expected


ITEMS = """
            call       set_aside  conclude   defer
waiting     discussed  .          .          deferred
discussed   .          waiting    concluded  deferred
concluded   .          .          .          .
deferred    discussed  .          .          .
"""


def test_the_life_of_an_item_is_this_table() -> None:
    head, *lines = [line.split() for line in ITEMS.strip().splitlines()]
    assert head == [each.value for each in ItemStep]
    for state, *ends in lines:
        for step, end in zip(head, ends, strict=True):
            expected = ItemRefusal.NOT_FROM_HERE if end == "." else ItemState(end)
            found = rules.item_after(State.OPEN, ItemState(state), ItemStep(step), "Vì sao")
            assert found == expected


def test_items_move_only_while_the_session_is_open() -> None:
    call = ItemStep.CALL
    assert rules.item_after(State.OPEN, ItemState.WAITING, call) is ItemState.DISCUSSED
    for state in set(State) - {State.OPEN}:
        refused = rules.item_after(state, ItemState.WAITING, call)
        assert refused is ItemRefusal.SESSION_NOT_OPEN


@pytest.mark.parametrize("step", [ItemStep.CONCLUDE, ItemStep.DEFER])
def test_a_conclusion_and_a_deferral_need_words(step: ItemStep) -> None:
    state = ItemState.DISCUSSED
    assert isinstance(rules.item_after(State.OPEN, state, step, "Thống nhất."), ItemState)
    assert rules.item_after(State.OPEN, state, step, " \n ") is ItemRefusal.WORDS_MISSING


def test_a_session_ends_once_every_item_is_concluded_or_deferred() -> None:
    assert rules.closing_refusal([ItemState.CONCLUDED, ItemState.DEFERRED]) is None
    for left in (ItemState.WAITING, ItemState.DISCUSSED):
        assert rules.closing_refusal([ItemState.CONCLUDED, left]) is StepRefusal.ITEMS_OPEN


def test_attendance_is_taken_from_two_hours_before_until_the_end() -> None:
    early = STARTS - timedelta(hours=2)
    assert rules.attendance_refusal(State.CONVENED, STARTS, early) is None
    just_before = early - timedelta(seconds=1)
    too_early = rules.attendance_refusal(State.CONVENED, STARTS, just_before)
    assert too_early is AttendanceRefusal.TOO_EARLY
    assert rules.attendance_refusal(State.OPEN, STARTS, just_before) is None
    assert rules.attendance_refusal(State.CLOSED, STARTS, STARTS) is AttendanceRefusal.OVER


def test_who_is_there_may_ask_once_to_speak() -> None:
    assert rules.asking_refusal(State.OPEN, present=True, asked=False) is None
    again = rules.asking_refusal(State.OPEN, present=True, asked=True)
    assert again is FloorRefusal.ALREADY_ASKED
    absent = rules.asking_refusal(State.OPEN, present=False, asked=False)
    assert absent is FloorRefusal.NOT_PRESENT
    adjourned = rules.asking_refusal(State.ADJOURNED, present=True, asked=False)
    assert adjourned is FloorRefusal.SESSION_NOT_OPEN


@pytest.mark.parametrize(
    ("seated", "prepares", "examines", "readable"),
    [
        (False, True, False, set(State)),
        (True, False, False, set(State) - {State.PLANNED}),
        (False, False, True, {State.CLOSED, State.CONCLUDED}),
        (False, False, False, set()),
    ],
)
def test_who_reads_a_meeting_depends_on_seat_and_state(
    seated: bool, prepares: bool, examines: bool, readable: set[State]
) -> None:
    found = {
        each
        for each in State
        if rules.may_read(each, seated=seated, prepares=prepares, examines=examines)
    }
    assert found == readable


def test_an_agenda_with_a_dossier_that_holds_no_paper_is_not_put_forward() -> None:
    whole = Planned(1, has_presenter=True, has_dossier=True, papers=2)
    bare = Planned(2, has_presenter=False, has_dossier=False, papers=0)
    hollow = Planned(3, has_presenter=True, has_dossier=True, papers=0)
    assert rules.submitting_refusal([whole, bare], submitted=False) is None
    assert rules.submitting_refusal([whole, hollow], submitted=False) is StepRefusal.NO_PAPERS
    assert rules.submitting_refusal([], submitted=False) is StepRefusal.NO_ITEMS
    again = rules.submitting_refusal([whole], submitted=True)
    assert again is StepRefusal.ALREADY_SUBMITTED
    assert [(each.number, each.what) for each in rules.lacks([whole, bare, hollow])] == [
        (3, "papers"),
        (2, "presenter"),
        (2, "dossier"),
    ]


def test_a_session_is_convened_by_another_than_who_put_it_forward() -> None:
    assert rules.convening_refusal(submitted_by=1, convener=2) is None
    assert rules.convening_refusal(submitted_by=2, convener=2) is StepRefusal.OWN_PROPOSAL
    assert rules.convening_refusal(submitted_by=None, convener=2) is StepRefusal.NOT_SUBMITTED


# ---- votes ----

ENOUGH, SHORT = rules.Quorum(25, 14, 3), rules.Quorum(25, 14, 2)
OPENS = (True, State.OPEN, ItemState.DISCUSSED, False, ENOUGH)


def test_a_vote_opens_on_the_item_under_discussion_with_a_quorum() -> None:
    assert rules.opening_refusal(*OPENS) is None


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ((False, State.OPEN, ItemState.DISCUSSED, False, ENOUGH), VoteRefusal.NOT_GOVERNMENT),
        ((True, State.ADJOURNED, ItemState.DISCUSSED, False, ENOUGH), VoteRefusal.SESSION_NOT_OPEN),
        ((True, State.OPEN, ItemState.WAITING, False, ENOUGH), VoteRefusal.NOT_DISCUSSED),
        ((True, State.OPEN, ItemState.CONCLUDED, False, ENOUGH), VoteRefusal.NOT_DISCUSSED),
        ((True, State.OPEN, ItemState.DISCUSSED, True, ENOUGH), VoteRefusal.ALREADY_OPEN),
        ((True, State.OPEN, ItemState.DISCUSSED, False, SHORT), VoteRefusal.QUORUM_MISSING),
    ],
)
def test_no_vote_opens_otherwise(
    asked: tuple[bool, State, ItemState, bool, rules.Quorum], reason: VoteRefusal
) -> None:
    assert rules.opening_refusal(*asked) is reason


def test_no_vote_opens_on_what_not_every_member_may_read() -> None:
    assert rules.opening_refusal(*OPENS, restricted=True) is VoteRefusal.RESTRICTED


def test_a_restricted_item_goes_to_those_named_and_to_whoever_runs_the_session() -> None:
    sent = {role for role in SeatRole if rules.is_sent_to(True, role, named=False)}
    assert sent == {SeatRole.CHAIR, SeatRole.SECRETARY}
    assert all(rules.is_sent_to(True, role, named=True) for role in SeatRole)
    assert all(rules.is_sent_to(False, role, named=False) for role in SeatRole)


def test_sixteen_of_twenty_five_are_one_short_and_the_seventeenth_is_enough() -> None:
    assert (SHORT.present, SHORT.missing) == (16, 1)
    assert (ENOUGH.present, ENOUGH.missing) == (17, 0)


OPEN_TO_A_VOTER = rules.VoteTerms(VoteState.OPEN, is_voter=True, missing=0, latest_leaf=7)


def terms(**other: Any) -> rules.VoteTerms:
    return replace(OPEN_TO_A_VOTER, **other)


def test_a_member_answers_once_more_after_their_last_answer() -> None:
    assert rules.casting_refusal(terms(), Choice.AGREE, "", 7) is None
    stale = rules.casting_refusal(terms(latest_leaf=9), Choice.AGREE, "", 7)
    assert stale is CastRefusal.VOTED_MEANWHILE


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"is_voter": False}, CastRefusal.NOT_A_VOTER),
        ({"state": VoteState.CLOSED}, CastRefusal.NOT_OPEN),
        ({"state": VoteState.STOPPED}, CastRefusal.NOT_OPEN),
        ({"missing": 1}, CastRefusal.SUSPENDED),
    ],
)
def test_an_answer_is_refused(other: dict[str, object], reason: CastRefusal) -> None:
    assert rules.casting_refusal(terms(**other), Choice.AGREE, "", 7) is reason


def test_another_opinion_says_which() -> None:
    assert rules.casting_refusal(terms(), Choice.OTHER_OPINION, "Tách Điều 4.", 7) is None
    wordless = rules.casting_refusal(terms(), Choice.OTHER_OPINION, "  ", 7)
    assert wordless is CastRefusal.OPINION_MISSING


def test_no_choice_of_a_vote_comes_with_comments_or_by_silence() -> None:
    assert [each.value for each in rules.VOTE_CHOICES] == ["agree", "disagree", "other_opinion"]


def test_a_closing_is_shown_for_five_seconds_before_it_counts() -> None:
    announced = STARTS + rules.CLOSING_SHOWN
    early = STARTS + timedelta(seconds=4)
    state = VoteState.OPEN
    assert rules.counting_refusal(state, 0, announced, announced) is None
    assert rules.counting_refusal(state, 0, announced, early) is VoteRefusal.NOT_ANNOUNCED
    assert rules.counting_refusal(state, 0, None, announced) is VoteRefusal.NOT_ANNOUNCED
    assert rules.counting_refusal(state, 1, announced, announced) is VoteRefusal.SUSPENDED
    ended = rules.counting_refusal(VoteState.CLOSED, 0, announced, announced)
    assert ended is VoteRefusal.NOT_OPEN


# The rule book's rows of votes in session: N, for, against, how the Prime Minister voted, outcome.
ROWS = """
27 13  5 agree     not_passed
27 18  0 agree     passed
26 13 13 agree     passed
26 13 13 disagree  not_passed
26 13 12 silent    needs_decision
25 13 12 agree     passed
25 12 13 agree     not_passed
"""


ASKED = (State.OPEN, True, SeatRole.MEMBER)


@pytest.mark.parametrize(
    ("state", "restricted", "role", "was", "named", "refusal"),
    [
        (*ASKED, False, True, None),
        (*ASKED, True, False, None),
        (State.CONVENED, True, SeatRole.INVITEE, False, True, None),
        (State.CONCLUDED, True, SeatRole.MEMBER, True, False, None),
        (State.OPEN, True, SeatRole.SUBSTITUTE, True, False, None),
        (State.PLANNED, True, SeatRole.MEMBER, False, True, ReaderRefusal.NOT_CONVENED),
        (State.OPEN, False, SeatRole.MEMBER, False, True, ReaderRefusal.NOT_RESTRICTED),
        (State.OPEN, True, SeatRole.CHAIR, True, False, ReaderRefusal.KNOWS_ANYWAY),
        (State.OPEN, True, SeatRole.SECRETARY, False, True, ReaderRefusal.KNOWS_ANYWAY),
        (State.OPEN, True, SeatRole.SUBSTITUTE, False, True, ReaderRefusal.NOT_FOR_SUBSTITUTES),
        (*ASKED, True, True, ReaderRefusal.NAMED_ALREADY),
        (*ASKED, False, False, ReaderRefusal.NOT_NAMED),
    ],
)
def test_who_is_told_of_an_item_is_changed_once_it_was_sent_and_for_persons_at_the_table(
    state: State, restricted: bool, role: SeatRole, was: bool, named: bool, refusal: object
) -> None:
    assert rules.readers_refusal(state, restricted, role, was=was, named=named) == refusal


@pytest.mark.parametrize("row", [line.split() for line in ROWS.strip().splitlines()])
def test_an_outcome_in_session_is_by_the_majority_of_all_members(row: list[str]) -> None:
    """The Prime Minister is member 1; whoever did not vote is silent, and silence is no yes."""
    everybody, fors, againsts = (int(each) for each in row[:3])
    leader = {} if row[3] == "silent" else {1: Choice(row[3])}
    others = iter(range(2, everybody + 1))
    left = {Choice.AGREE: fors, Choice.DISAGREE: againsts}
    answers = dict(leader)
    for choice, wanted in left.items():
        for _ in range(wanted - (choice in leader.values())):
            answers[next(others)] = choice
    stands = rules.positions(range(1, everybody + 1), answers)
    assert len(stands) == everybody
    decision = ballots.decide(ballots.tally(stands, 1))
    assert decision.outcome.value == row[4]


def test_equal_votes_while_a_deputy_chairs_are_never_the_chairs_side() -> None:
    """N = 26 with the Prime Minister absent: 13 for and 12 against, the chair among those for."""
    answers = dict.fromkeys(range(2, 15), Choice.AGREE)
    answers |= dict.fromkeys(range(15, 27), Choice.DISAGREE)
    counted = ballots.tally(rules.positions(range(1, 27), answers), 1)
    assert (counted.votes_for, counted.disagree, counted.pm) == (13, 12, None)
    assert ballots.decide(counted).outcome is ballots.Outcome.NEEDS_DECISION


def test_while_a_vote_is_open_the_session_stays_at_its_item() -> None:
    call = (State.OPEN, ItemState.WAITING, ItemStep.CALL)
    assert rules.item_after(*call) is ItemState.DISCUSSED
    assert rules.item_after(*call, voting=True) is ItemRefusal.VOTE_OPEN
    conclude = (State.OPEN, ItemState.DISCUSSED, ItemStep.CONCLUDE, "Thống nhất.")
    assert rules.item_after(*conclude) is ItemState.CONCLUDED
    assert rules.item_after(*conclude, voting=True) is ItemRefusal.VOTE_OPEN
    for step in (Step.ADJOURN, Step.CLOSE):
        assert rules.after(State.OPEN, step, voting=True) is StepRefusal.VOTE_OPEN
