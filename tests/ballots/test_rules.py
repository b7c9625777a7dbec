"""The rule book's table, row by row, and what holds for every count."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ballots import rules
from ballots.rules import (
    BallotRefusal,
    Choice,
    Classifiable,
    Classified,
    Outcome,
    Position,
    Reading,
    Tally,
)
from ecabinet.calendar import Calendar

ND_191 = rules.rule_set("nd-191-2026")
ND_39 = rules.rule_set("nd-39-2022")
HANOI = Calendar()

A, D, OTHER = Choice.AGREE, Choice.DISAGREE, Choice.OTHER_OPINION
PASSED, NOT_PASSED, OPEN = Outcome.PASSED, Outcome.NOT_PASSED, Outcome.NEEDS_DECISION

# case: N, for, against, other, deemed, silent or absent, how the Prime Minister voted, outcome
TABLE = {
    "bare majority": (25, 13, 12, 0, 0, 0, A, PASSED),
    "bare majority against the Prime Minister": (25, 13, 12, 0, 0, 0, D, PASSED),
    "half short by one": (25, 12, 13, 0, 0, 0, A, NOT_PASSED),
    "equal, exact half, PM for": (26, 13, 13, 0, 0, 0, A, PASSED),
    "equal, exact half, PM against": (26, 13, 13, 0, 0, 0, D, NOT_PASSED),
    "half for, PM other": (26, 13, 12, 1, 0, 0, OTHER, OPEN),
    "half against, PM silent": (26, 12, 13, 0, 0, 1, None, OPEN),
    "half for, rest other: no equality": (26, 13, 0, 13, 0, 0, A, OPEN),
    "silence agrees": (25, 2, 0, 0, 23, 0, A, PASSED),
    "silence does not agree": (25, 12, 0, 0, 0, 13, A, NOT_PASSED),
    "equal below half": (25, 10, 10, 5, 0, 0, A, OPEN),
    "silent, but two not reached": (25, 10, 12, 0, 1, 2, A, NOT_PASSED),
    "PM's vote missing where it decides": (26, 13, 12, 0, 0, 1, None, OPEN),
    "all others silent, PM too": (25, 0, 0, 0, 24, 1, None, PASSED),
    "majority of those present only": (27, 13, 5, 0, 0, 9, A, NOT_PASSED),
    "unanimous in a bare quorum": (27, 18, 0, 0, 0, 9, A, PASSED),
    "equal, PM absent, a deputy chairs": (26, 13, 13, 0, 0, 0, None, OPEN),
}


def counted(n, fors, against, other, deemed, silent, pm):
    return Tally(n, fors, 0, against, other, deemed, silent, 0, pm)


@pytest.mark.parametrize("case", TABLE)
def test_the_outcome_is_that_of_the_rule_book(case):
    *facts, outcome = TABLE[case]
    assert rules.decide(counted(*facts)).outcome is outcome


def test_a_majority_prints_the_sentence_of_the_rule_book():
    tally = counted(25, 13, 12, 0, 0, 0, A)
    assert rules.sentence(tally, rules.decide(tally)) == (
        "13/25 thành viên Chính phủ đồng ý, "
        "đạt quá nửa tổng số thành viên Chính phủ (tối thiểu 13)."
    )


def test_equal_votes_print_that_the_prime_ministers_vote_decides():
    tally = counted(26, 13, 13, 0, 0, 0, A)
    said = rules.sentence(tally, rules.decide(tally))
    assert "thực hiện theo ý kiến mà Thủ tướng Chính phủ đã biểu quyết" in said


def test_equal_votes_below_half_print_both_readings():
    tally = counted(25, 10, 10, 5, 0, 0, A)
    said = rules.sentence(tally, rules.decide(tally))
    assert "theo số phiếu" in said
    assert "theo tổng số thành viên" in said


def test_a_decision_by_silence_alone_is_marked():
    alone = counted(25, 0, 0, 0, 24, 1, None)
    spoken = counted(25, 2, 0, 0, 23, 0, A)
    assert rules.passed_by_silence_alone(alone, rules.decide(alone))
    assert not rules.passed_by_silence_alone(spoken, rules.decide(spoken))
    assert rules.sentence(alone, rules.decide(alone)).startswith("0/25 thành viên Chính phủ đồng ý")


@pytest.mark.parametrize(
    ("tally", "words"),
    [
        (counted(25, 2, 0, 0, 23, 0, A), "(kể riêng), cộng lại, đạt quá nửa"),
        (counted(25, 13, 0, 0, 12, 0, A), "(kể riêng), đạt quá nửa"),
        (counted(25, 9, 10, 5, 1, 0, A), "(kể riêng), cộng lại, bằng số không đồng ý (10)"),
        (counted(26, 12, 13, 0, 1, 0, A), "(kể riêng), cộng lại, số phiếu hai bên ngang nhau"),
        (counted(25, 4, 20, 0, 1, 0, A), "(kể riêng), chưa đạt quá nửa"),
    ],
)
def test_a_sum_with_deemed_agreements_is_said_to_be_one_where_it_decided(tally, words):
    assert words in rules.sentence(tally, rules.decide(tally))


def test_a_question_that_did_not_pass_is_not_marked_as_passed_by_silence():
    undecided = counted(25, 0, 1, 0, 1, 23, None)
    assert not rules.passed_by_silence_alone(undecided, rules.decide(undecided))


def test_other_opinions_that_could_change_the_outcome_await_classification():
    near = replace(counted(25, 12, 8, 5, 0, 0, A), unclassified=5)
    far = replace(counted(25, 20, 0, 5, 0, 0, A), unclassified=5)
    assert rules.decide(near).outcome is Outcome.AWAITS_CLASSIFICATION
    assert rules.decide(far).outcome is PASSED


def test_the_prime_ministers_own_other_opinion_may_be_read_as_a_side():
    tally = replace(counted(26, 13, 12, 1, 0, 0, OTHER), unclassified=1)
    assert rules.decide(tally).outcome is Outcome.AWAITS_CLASSIFICATION


@pytest.mark.parametrize(
    ("day", "set_id"),
    [
        (date(2019, 11, 5), "nd-138-2016"),
        (date(2022, 6, 17), "nd-138-2016"),
        (date(2022, 6, 18), "nd-39-2022"),
        (date(2026, 5, 28), "nd-39-2022"),
        (date(2026, 5, 29), "nd-191-2026"),
    ],
)
def test_the_rules_of_the_day_govern(day, set_id):
    found = rules.rule_set_on(day)
    assert found is not None
    assert found.id == set_id


def test_before_the_first_decree_there_are_no_rules():
    assert rules.rule_set_on(date(2016, 9, 30)) is None


def test_the_law_of_2015_is_the_basis_of_the_older_sets_only():
    assert "2015" in ND_39.basis
    assert "2015" not in ND_191.basis


@pytest.mark.parametrize(
    ("days", "reason"),
    [
        (1, rules.ConsultationRefusal.WINDOW_TOO_SHORT),
        (2, None),
        (5, None),
        (6, rules.ConsultationRefusal.WINDOW_TOO_LONG),
    ],
)
def test_a_window_is_two_to_five_working_days(days, reason):
    assert rules.window_refusal(ND_191, days) is reason


# ---- silence ----

FRIDAY = datetime(2026, 11, 27, 7, 0, tzinfo=UTC)
DUE = HANOI.due(FRIDAY, 2)
LATE = rules.Notice(FRIDAY + timedelta(days=3), rules.NoticeBy.OPENED)
REACHED = rules.Silence(
    is_prime_minister=False,
    was_asked=True,
    notice=rules.Notice(FRIDAY, rules.NoticeBy.OPENED),
    can_sign=True,
    enrolment_pending=False,
    tried_to_answer=False,
    answered_before=False,
    was_cut_off=False,
)


def silence(rule_set=ND_191, opened_at=FRIDAY, **changed):
    return rules.position_of_silence(rule_set, replace(REACHED, **changed), opened_at, DUE, HANOI)


def test_two_working_days_from_friday_end_on_tuesday_at_midnight():
    assert datetime(2026, 12, 1, 17, 0, tzinfo=UTC) == DUE


def test_an_end_at_midnight_is_said_as_24_hours_of_the_day_before():
    assert HANOI.day_and_hour_of_end(DUE) == (date(2026, 12, 1), "24:00")
    early = HANOI.day_and_hour_of_end(DUE - timedelta(hours=7, minutes=30))
    assert early == (date(2026, 12, 1), "16:30")


def test_silence_after_a_notice_in_time_is_deemed_agreement():
    assert silence() is Position.DEEMED_AGREE


@pytest.mark.parametrize(
    ("fact", "position"),
    [
        ({"is_prime_minister": True}, Position.SILENT),
        ({"tried_to_answer": True}, Position.SILENT),
        ({"was_cut_off": True}, Position.SILENT),
        ({"rule_set": ND_39}, Position.SILENT),
        ({"opened_at": FRIDAY + timedelta(days=3)}, Position.SILENT),
        ({"was_asked": False}, Position.NOT_REACHED),
        ({"can_sign": False}, Position.NOT_REACHED),
        ({"enrolment_pending": True}, Position.NOT_REACHED),
        ({"notice": None}, Position.NOT_REACHED),
        ({"notice": LATE}, Position.NOT_REACHED),
    ],
)
def test_deemed_agreement_fails_safe(fact, position):
    assert silence() is Position.DEEMED_AGREE
    assert silence(**fact) is position


TUESDAY_NIGHT = datetime(2026, 12, 1, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize("by", rules.NoticeBy)
@pytest.mark.parametrize(
    ("told", "in_time"),
    [
        # Two working days before Tuesday 24:00 is any hour of Friday, or of the days off after it.
        ("2026-11-27T14:00", True),
        ("2026-11-27T23:59", True),
        ("2026-11-29T23:59", True),
        ("2026-11-30T00:00", False),
        ("2026-12-01T23:59", False),
        ("2026-12-02T00:00", False),
    ],
)
def test_notice_counts_when_it_leaves_the_minimum_window_however_it_came(told, in_time, by):
    notice = rules.Notice(local(told), by)
    assert rules.is_in_time(ND_191, notice, TUESDAY_NIGHT, HANOI) is in_time
    expected = Position.DEEMED_AGREE if in_time else Position.NOT_REACHED
    assert silence(notice=notice) is expected


def test_without_notice_nothing_is_in_time():
    assert not rules.is_in_time(ND_191, None, TUESDAY_NIGHT, HANOI)
    assert rules.first_notice([]) is None


NOTICES = st.lists(
    st.builds(
        rules.Notice,
        st.integers(-100, 200).map(lambda hours: FRIDAY + timedelta(hours=hours)),
        st.sampled_from(rules.NoticeBy),
    ),
    max_size=5,
)


@given(NOTICES, NOTICES)
def test_the_first_proof_counts_and_one_more_never_takes_agreement_away(some, more):
    """Whatever else is proven later, who was told in time was told in time; and nobody is deemed
    but by one notice that was."""
    before, after = (silence(notice=rules.first_notice(each)) for each in (some, some + more))
    assert not (before is Position.DEEMED_AGREE and after is not before)
    in_time = [each for each in some if rules.is_in_time(ND_191, each, DUE, HANOI)]
    assert (before is Position.DEEMED_AGREE) == bool(in_time)


def test_of_two_proofs_at_one_moment_the_members_own_act_is_named():
    both = [rules.Notice(FRIDAY, each) for each in (rules.NoticeBy.EMAIL, rules.NoticeBy.OPENED)]
    assert rules.first_notice(both).by is rules.NoticeBy.OPENED


def local(text):
    return datetime.fromisoformat(f"{text}+07:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        # Friday 14:00 to Tuesday 24:00 is 106 hours: a tenth is 10 h 36 min.
        ("2026-11-28T00:00", "2026-11-28T10:36", False),
        ("2026-11-28T00:00", "2026-11-28T10:37", True),
        # The last four working hours begin on Tuesday at 13:30.
        ("2026-12-01T13:00", "2026-12-01T14:00", False),
        ("2026-12-01T13:00", "2026-12-01T14:01", True),
        ("2026-12-01T16:00", "2026-12-01T16:31", True),
        ("2026-12-01T22:00", "2026-12-01T22:31", True),
        # What lies outside the window is nobody's loss.
        ("2026-12-02T00:00", "2026-12-03T00:00", False),
        ("2026-11-20T00:00", "2026-11-27T14:00", False),
    ],
)
def test_an_outage_is_too_long_in_the_last_hours_or_by_a_tenth_of_the_window(
    since, until, expected
):
    down = [(local(since), local(until))]
    assert rules.was_cut_off(down, FRIDAY, DUE, HANOI) is expected


def test_short_outages_add_up():
    quarter = timedelta(minutes=16)
    starts = [local("2026-12-01T14:00"), local("2026-12-01T16:00")]
    assert rules.was_cut_off([(each, each + quarter) for each in starts], FRIDAY, DUE, HANOI)
    assert not rules.was_cut_off([(starts[0], starts[0] + quarter)], FRIDAY, DUE, HANOI)


def test_no_outage_waits_for_an_extension_where_silence_says_nothing():
    counted = rules.Tally(members=5, agree=3, silent=2)
    assert rules.awaits_extension(ND_191, True, counted)
    assert not rules.awaits_extension(ND_191, False, counted)
    assert not rules.awaits_extension(ND_39, True, counted)
    assert not rules.awaits_extension(ND_191, True, rules.Tally(members=5, agree=5))


# ---- answering ----

NOW = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
TERMS = rules.Terms(is_open=True, due_at=DUE, is_asked=True, asking_leaf=5, latest_leaf=7)
KEY = rules.SigningKey(usable_from=NOW, ends_at=NOW + timedelta(days=30), revoked_at=None)
ANSWER = rules.Answer(Choice.AGREE, "", follows=7)


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        (BallotRefusal.NOT_ASKED, {"terms": replace(TERMS, is_asked=False)}),
        (BallotRefusal.NOT_OPEN, {"terms": replace(TERMS, is_open=False)}),
        (BallotRefusal.ENDED, {"now": DUE}),
        (BallotRefusal.KEY_UNKNOWN, {"key": None}),
        (BallotRefusal.KEY_REVOKED, {"key": replace(KEY, revoked_at=NOW)}),
        (BallotRefusal.KEY_EXPIRED, {"key": replace(KEY, ends_at=NOW)}),
        (BallotRefusal.KEY_WAITING, {"key": replace(KEY, usable_from=NOW + timedelta(seconds=1))}),
        (BallotRefusal.ANSWERED_MEANWHILE, {"answer": replace(ANSWER, follows=6)}),
        (BallotRefusal.PAPERS_REPLACED, {"answer": replace(ANSWER, follows=4)}),
        (
            BallotRefusal.OPINION_MISSING,
            {"answer": replace(ANSWER, choice=Choice.OTHER_OPINION, opinion=" \n")},
        ),
        (
            BallotRefusal.OPINION_MISSING,
            {"answer": replace(ANSWER, choice=Choice.AGREE_COMMENTS)},
        ),
    ],
)
def test_an_answer_is_taken_unless_one_thing_forbids_it(reason, change):
    facts = {"terms": TERMS, "key": KEY, "answer": ANSWER, "now": NOW}
    assert rules.refusal(**facts) is None
    assert rules.refusal(**(facts | change)) is reason


def test_the_last_moment_before_the_end_still_counts():
    assert rules.refusal(TERMS, KEY, ANSWER, DUE - timedelta(microseconds=1)) is None


def test_disagreeing_needs_no_reason():
    assert rules.refusal(TERMS, KEY, replace(ANSWER, choice=Choice.DISAGREE), NOW) is None


# ---- what holds for every count ----


@st.composite
def cabinets(draw):
    """Every member somewhere, and somebody at the top who is never deemed to agree."""
    positions = dict(enumerate(draw(st.lists(st.sampled_from(Position), min_size=1, max_size=30))))
    prime_minister = draw(st.sampled_from(list(positions)))
    if positions[prime_minister] is Position.DEEMED_AGREE:
        positions[prime_minister] = Position.SILENT
    return positions, prime_minister


@given(cabinets())
def test_the_tally_equals_a_count_made_another_way(cabinet):
    positions, prime_minister = cabinet
    tally = rules.tally(positions, prime_minister)
    again = Counter(position.value for position in positions.values())
    shown = {
        "agree": tally.agree,
        "agree_comments": tally.agree_comments,
        "disagree": tally.disagree,
        "other_opinion": tally.other,
        "deemed_agree": tally.deemed,
        "silent": tally.silent,
        "not_reached": tally.not_reached,
        "awaits_official": tally.awaiting,
    }
    assert shown == {name: again[name] for name in shown}
    assert sum(shown.values()) == tally.members == len(positions)


@given(cabinets())
def test_deemed_agreement_is_never_added_to_agreement(cabinet):
    positions, prime_minister = cabinet
    tally = rules.tally(positions, prime_minister)
    said = rules.sentence(tally, rules.decide(tally))
    expressly = sum(each in rules.FOR for each in positions.values())
    assert tally.expressly_for == expressly
    assert said.startswith(f"{expressly}/{len(positions)} ")


@given(cabinets())
def test_the_prime_ministers_silence_is_never_a_side(cabinet):
    positions, prime_minister = cabinet
    positions[prime_minister] = Position.SILENT
    neither = dict.fromkeys(positions, Reading.NEITHER)
    outcome = rules.decide(rules.tally(positions, prime_minister, neither)).outcome
    voted = {
        rules.decide(
            rules.tally(positions | {prime_minister: side}, prime_minister, neither)
        ).outcome
        for side in (Position.AGREE, Position.DISAGREE)
    }
    assert outcome is Outcome.NEEDS_DECISION or voted == {outcome}


@given(cabinets())
def test_nothing_passes_with_half_or_less_but_on_equal_votes(cabinet):
    positions, prime_minister = cabinet
    tally = rules.tally(positions, prime_minister)
    decision = rules.decide(tally)
    if decision.outcome is PASSED and 2 * tally.votes_for <= tally.members:
        assert 2 * tally.votes_for == 2 * tally.disagree == tally.members
        assert tally.pm_side


@given(cabinets())
def test_a_changed_mind_towards_yes_never_undoes_a_pass(cabinet):
    positions, prime_minister = cabinet
    neither = dict.fromkeys(positions, Reading.NEITHER)
    before = rules.decide(rules.tally(positions, prime_minister, neither)).outcome
    for person, position in positions.items():
        if before is PASSED and position is Position.DISAGREE:
            changed = positions | {person: Position.AGREE}
            after = rules.decide(rules.tally(changed, prime_minister, neither)).outcome
            assert after is PASSED


READ = st.dictionaries(st.integers(0, 12), st.sampled_from(Reading))


@given(cabinets(), READ, READ)
def test_once_the_outcome_is_known_no_later_classification_moves_it(cabinet, first, later):
    """So that nobody need wait for the opinions that are left once they can change nothing."""
    positions, prime_minister = cabinet
    known = rules.decide(rules.tally(positions, prime_minister, first)).outcome
    # What was confirmed stays as it was.
    then = rules.decide(rules.tally(positions, prime_minister, later | first)).outcome
    assert known is Outcome.AWAITS_CLASSIFICATION or then is known


@given(cabinets(), st.data())
def test_what_is_classified_to_the_last_opinion_waits_no_longer(cabinet, data):
    positions, prime_minister = cabinet
    readings = {who: data.draw(st.sampled_from(Reading)) for who in positions}
    tally = rules.tally(positions, prime_minister, readings)
    assert tally.unclassified == 0
    assert tally.members == len(positions) == sum(tally.positions.values())
    assert rules.decide(tally).outcome is not Outcome.AWAITS_CLASSIFICATION


@given(cabinets(), READ)
def test_a_classification_moves_other_opinions_alone(cabinet, readings):
    positions, prime_minister = cabinet
    others = [who for who, where in positions.items() if where is Position.OTHER_OPINION]
    read = Counter(readings[who] for who in others if who in readings)
    before = rules.tally(positions, prime_minister)
    after = rules.tally(positions, prime_minister, readings)
    assert after.unclassified == len(others) - read.total()
    assert after.other == before.other - read[Reading.AGREEMENT] - read[Reading.DISAGREEMENT]
    assert after.agree_comments == before.agree_comments + read[Reading.AGREEMENT]
    assert after.disagree == before.disagree + read[Reading.DISAGREEMENT]
    for kept in ("members", "agree", "deemed", "silent", "not_reached", "awaiting"):
        assert getattr(after, kept) == getattr(before, kept)


@pytest.mark.parametrize(
    ("reading", "outcome"),
    [(Reading.AGREEMENT, PASSED), (Reading.DISAGREEMENT, NOT_PASSED), (Reading.NEITHER, OPEN)],
)
def test_the_prime_ministers_confirmed_opinion_is_their_side_or_none(reading, outcome):
    """Thirteen for and twelve against of twenty-six, and the Prime Minister's own is the last."""
    voted = [Position.AGREE] * 13 + [Position.DISAGREE] * 12 + [Position.OTHER_OPINION]
    tally = rules.tally(dict(enumerate(voted)), 25, {25: reading})
    assert rules.decide(tally).outcome is outcome


# ---- how an other opinion is read ----

WAITS = Classifiable(
    outcome=Outcome.AWAITS_CLASSIFICATION,
    is_decided=False,
    stood=Position.OTHER_OPINION,
    is_in_office=True,
    state=None,
)
NOT_OF_THIS = [
    ({"outcome": None}, "not_closed"),
    ({"stood": None}, "no_other_opinion"),
    *(
        ({"stood": each}, "no_other_opinion")
        for each in Position
        if each is not Position.OTHER_OPINION
    ),
    *(({"outcome": each}, "known_already") for each in (PASSED, NOT_PASSED, OPEN)),
    ({"is_decided": True}, "decided_already"),
    ({"is_in_office": False}, "left_office"),
    *(({"state": each}, "settled_already") for each in rules.SETTLED),
]


@pytest.mark.parametrize(
    ("change", "refusal"), [*NOT_OF_THIS, ({"state": Classified.PROPOSED}, "proposed_already")]
)
def test_how_an_opinion_is_read_is_proposed_unless_one_thing_forbids_it(change, refusal):
    assert rules.classification_refusal(WAITS, "Đồng ý về nguyên tắc") is None
    found = rules.classification_refusal(replace(WAITS, **change), "Đồng ý về nguyên tắc")
    assert found == refusal


def test_what_was_taken_back_may_be_proposed_again():
    again = replace(WAITS, state=Classified.TAKEN_BACK)
    assert rules.classification_refusal(again, "Đồng ý về nguyên tắc") is None


@pytest.mark.parametrize("reason", ["", " \n"])
def test_a_proposal_says_why(reason):
    assert rules.classification_refusal(WAITS, reason) == "reason_missing"


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        *NOT_OF_THIS,
        ({"state": None}, "not_proposed"),
        ({"state": Classified.TAKEN_BACK}, "not_proposed"),
    ],
)
def test_a_member_answers_a_proposal_unless_one_thing_forbids_it(change, refusal):
    proposed = replace(WAITS, state=Classified.PROPOSED)
    assert rules.confirmation_refusal(proposed) is None
    assert rules.confirmation_refusal(replace(proposed, **change)) == refusal


@pytest.mark.parametrize(
    ("change", "refusal"), [*NOT_OF_THIS, ({"state": Classified.TAKEN_BACK}, "not_proposed")]
)
def test_a_proposal_is_taken_back_as_it_is_answered_but_from_who_left_too(change, refusal):
    proposed = replace(WAITS, state=Classified.PROPOSED)
    assert rules.taking_back_refusal(proposed) is None
    found = rules.taking_back_refusal(replace(proposed, **change))
    assert found == (None if refusal == "left_office" else refusal)


@pytest.mark.parametrize("reading", Reading)
def test_only_what_a_member_signed_takes_a_side(reading):
    assert rules.reading_of(Classified.CONFIRMED, reading) is reading
    assert rules.reading_of(Classified.DECLINED, reading) is Reading.NEITHER
    assert rules.reading_of(Classified.PROPOSED, reading) is None
    assert rules.reading_of(Classified.TAKEN_BACK, reading) is None
