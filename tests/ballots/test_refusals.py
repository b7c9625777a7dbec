"""What the rules of consultations refuse, and when: each reason by the one fact that makes it."""

import dataclasses
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from enum import EnumType, StrEnum
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ballots import rules
from ballots.rules import (
    Answer,
    BallotRefusal,
    Choice,
    ConsultationRefusal,
    Decided,
    NewEnd,
    Outcome,
    PaperBallotRefusal,
    Position,
    Reading,
    Reminder,
    Tally,
    Why,
)
from ecabinet.calendar import Calendar

HANOI = Calendar()
ND_191, ND_39, ND_138 = map(rules.rule_set, ("nd-191-2026", "nd-39-2022", "nd-138-2016"))
A_MINUTE = timedelta(minutes=1)


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+07:00").astimezone(UTC)


# Two working days from Friday the 27th end on Tuesday at 24:00.
FRIDAY, DUE = local("2026-11-27T14:00"), local("2026-12-02T00:00")
LATER = DUE + timedelta(days=300)

# Stored, sealed in acts and exported: another spelling is another language for every older bundle.
SPELT: dict[type[StrEnum], str] = {
    Choice: "agree agree_comments disagree other_opinion",
    Position: "agree agree_comments disagree other_opinion deemed_agree silent not_reached"
    " awaits_official",
    Outcome: "passed not_passed needs_decision awaits_classification",
    Why: "majority no_majority equal_pm_for equal_pm_against exactly_half equal_below_half"
    " pm_would_decide unclassified",
    Decided: "issue return session",
    Reading: "agreement disagreement neither",
    rules.ReplyKind: "accepted partly explained",
    rules.NoticeBy: "opened email sms",
    Reminder: "consultation_ends_soon consultation_last_day",
    BallotRefusal: "not_open ended not_asked answered_meanwhile papers_replaced opinion_missing"
    " key_unknown key_waiting key_revoked key_expired paper_gone key_reused not_confirmed"
    " not_signed_yet class_not_counted",
    PaperBallotRefusal: "member_not_asked not_open ended signed_already opinion_missing not_pdf"
    " scan_of_another",
    rules.SignatureRefusal: "mismatch no_signature",
    ConsultationRefusal: "not_a_draft own_draft window_too_short window_too_long no_papers no_rules"
    " not_ended not_closed not_open ended no_attempt same_end end_too_soon day_off beyond_limits"
    " decided_already provisional not_passed unclassified reason_missing no_opinion",
    rules.Classified: "proposed taken_back confirmed declined",
    rules.ClassificationRefusal: "not_closed decided_already no_other_opinion proposed_already"
    " settled_already reason_missing not_proposed left_office known_already",
    rules.EarlyRefusal: "not_open ended comment_missing",
    rules.ReservationRefusal: "no_outcome not_a_member opinion_missing said_already"
    " outcome_changed",
}


@pytest.mark.parametrize("kind", SPELT)
def test_what_is_stored_is_spelt_as_ever(kind: type[StrEnum]) -> None:
    assert set(SPELT[kind].split()) == {each.value for each in kind}


def test_of_every_word_that_is_stored_the_spelling_is_known() -> None:
    kept = [each for each in vars(rules).values() if isinstance(each, EnumType)]
    assert {each for each in kept if each.__module__ == rules.__name__} == set(SPELT)


def test_what_a_rule_is_given_does_not_change_under_it() -> None:
    given_to_rules = [
        each
        for each in vars(rules).values()
        if dataclasses.is_dataclass(each) and each.__module__ == rules.__name__
    ]
    assert len(given_to_rules) >= 9
    assert all(vars(each)["__dataclass_params__"].frozen for each in given_to_rules)


def test_each_rule_set_is_that_of_its_decree() -> None:
    assert rules.RULE_SETS == (ND_138, ND_39, ND_191)
    names = ["nd-138-2016", "nd-39-2022", "nd-191-2026"]
    assert [rules.rule_set(each).id for each in names] == names
    assert [(each.starts, each.ends) for each in rules.RULE_SETS] == [
        (date(2016, 10, 1), date(2022, 6, 18)),
        (date(2022, 6, 18), date(2026, 5, 29)),
        (date(2026, 5, 29), None),
    ]
    assert [each.basis for each in rules.RULE_SETS] == [
        "Luật Tổ chức Chính phủ 2015; Nghị định 138/2016/NĐ-CP",
        "Luật Tổ chức Chính phủ 2015; Nghị định 39/2022/NĐ-CP",
        "Nghị định 191/2026/NĐ-CP",
    ]
    assert [each.silence_agrees for each in rules.RULE_SETS] == [False, False, True]
    windows = [(each.least_days, each.most_days) for each in rules.RULE_SETS]
    assert windows == [(0, None), (0, None), (2, 5)]


@pytest.mark.parametrize(
    ("since", "replaced"),
    [
        ([date(2026, 11, 28), date(2026, 12, 1)], True),
        # Appointed on that very day, one still sits by a term that the question has seen.
        ([date(2026, 11, 27), date(2026, 12, 1)], False),
        ([date(2026, 4, 1), date(2026, 12, 1)], False),
        ([date(2026, 4, 1)], False),
    ],
)
def test_a_government_is_replaced_once_nobody_sits_by_a_term_of_that_day(
    since: list[date], replaced: bool
) -> None:
    assert rules.is_replaced(since, date(2026, 11, 27)) is replaced


# ---- opening, withdrawing, another end ----


@pytest.mark.parametrize(
    ("days", "reason"), [(0, ConsultationRefusal.WINDOW_TOO_SHORT), (1, None), (500, None)]
)
def test_an_older_set_knows_no_longest_window(
    days: int, reason: ConsultationRefusal | None
) -> None:
    assert rules.window_refusal(ND_39, days) is reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"is_draft": False}, ConsultationRefusal.NOT_A_DRAFT),
        ({"approver": 1}, ConsultationRefusal.OWN_DRAFT),
        ({"papers": 0}, ConsultationRefusal.NO_PAPERS),
        ({"rules": None}, ConsultationRefusal.NO_RULES),
        ({"days": 1}, ConsultationRefusal.WINDOW_TOO_SHORT),
    ],
)
def test_a_draft_is_opened_by_a_second_person_with_papers_under_rules(
    change: dict[str, object], reason: ConsultationRefusal | None
) -> None:
    facts = {
        "is_draft": True, "drafter": 1, "approver": 2, "papers": 1, "rules": ND_191, "days": 2,
    }  # fmt: skip
    assert rules.opening_refusal(**{**facts, **change}) is reason


def test_only_what_is_open_and_has_not_ended_is_withdrawn() -> None:
    assert rules.withdrawal_refusal(is_open=True, has_ended=False) is None
    for has_ended in (True, False):
        refused = rules.withdrawal_refusal(is_open=False, has_ended=has_ended)
        assert refused is ConsultationRefusal.NOT_OPEN
    assert rules.withdrawal_refusal(True, has_ended=True) is ConsultationRefusal.ENDED


@pytest.mark.parametrize(
    ("end", "now", "reason"),
    [
        ("2026-12-04T00:00", FRIDAY, None),
        ("2026-12-01T00:00", FRIDAY, None),
        # Not today's, not an earlier day's, not a day off's.
        ("2026-11-28T00:00", FRIDAY, ConsultationRefusal.END_TOO_SOON),
        ("2026-11-27T00:00", FRIDAY, ConsultationRefusal.END_TOO_SOON),
        ("2026-11-29T00:00", FRIDAY, ConsultationRefusal.DAY_OFF),
        ("2026-12-02T00:00", FRIDAY, ConsultationRefusal.SAME_END),
        ("2026-12-04T00:00", DUE, ConsultationRefusal.ENDED),
        ("2026-12-04T00:00", DUE + A_MINUTE, ConsultationRefusal.ENDED),
        ("2026-12-04T00:00", DUE - A_MINUTE, None),
    ],
)
def test_an_end_is_moved_to_a_later_working_day_while_it_has_not_come(
    end: str, now: datetime, reason: ConsultationRefusal | None
) -> None:
    asked = NewEnd(DUE, local(end))
    assert rules.new_end_refusal(True, asked, now, HANOI) is reason
    assert rules.new_end_refusal(False, asked, now, HANOI) is ConsultationRefusal.NOT_OPEN
    assert asked.is_later is (local(end) > DUE)


@pytest.mark.parametrize(
    ("end", "too_short", "beyond"),
    [
        ("2026-12-01T23:59", True, True),
        ("2026-12-02T00:00", False, False),
        # Five working days from Friday end on the Friday after at 24:00.
        ("2026-12-05T00:00", False, False),
        ("2026-12-05T00:01", False, True),
    ],
)
def test_a_window_outside_the_set_is_the_prime_ministers(
    end: str, too_short: bool, beyond: bool
) -> None:
    assert rules.is_too_short(ND_191, FRIDAY, local(end), HANOI) is too_short
    assert rules.is_beyond_limits(ND_191, FRIDAY, local(end), HANOI) is beyond
    assert rules.is_beyond_limits(ND_39, FRIDAY, local(end), HANOI) is False


def test_an_attempt_goes_to_the_prime_minister_after_one_working_day() -> None:
    """From Friday that is Monday at 24:00."""
    until = local("2026-12-01T00:00")
    assert not rules.is_the_prime_ministers(FRIDAY, until - A_MINUTE, HANOI)
    assert rules.is_the_prime_ministers(FRIDAY, until, HANOI)
    assert rules.is_the_prime_ministers(FRIDAY, until + A_MINUTE, HANOI)


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        ("2026-12-02T00:00", "2026-12-02T00:00"),
        ("2026-12-01T00:00", "2026-12-02T00:00"),
        ("2026-12-09T00:00", "2026-12-09T00:00"),
    ],
)
@pytest.mark.parametrize("rule_set", [ND_191, ND_39])
def test_who_is_asked_again_has_two_working_days_under_any_set(
    rule_set: rules.RuleSet, due: str, expected: str
) -> None:
    assert rules.end_of_asking_again(rule_set, local(due), FRIDAY, HANOI) == local(expected)


def test_a_set_that_gives_longer_gives_it_to_who_is_asked_again() -> None:
    three = replace(ND_191, least_days=3)
    ends = rules.end_of_asking_again(three, local("2026-12-01T00:00"), FRIDAY, HANOI)
    assert ends == local("2026-12-03T00:00")


# ---- answering: signed, on paper, proposed ----

TERMS = rules.Terms(is_open=True, due_at=DUE, is_asked=True, asking_leaf=5, latest_leaf=5)
WORDLESS = {Choice.AGREE: None, Choice.DISAGREE: None} | dict.fromkeys(
    (Choice.AGREE_COMMENTS, Choice.OTHER_OPINION), BallotRefusal.OPINION_MISSING
)


def test_the_very_leaf_that_asks_is_followed_by_a_first_answer() -> None:
    key = rules.SigningKey(usable_from=FRIDAY, revoked_at=DUE, ends_at=LATER)
    answer = Answer(Choice.AGREE, "", follows=5)
    assert rules.refusal(TERMS, key, answer, FRIDAY) is None
    later = replace(TERMS, asking_leaf=6, latest_leaf=6)
    assert rules.refusal(later, key, answer, FRIDAY) is BallotRefusal.PAPERS_REPLACED


def test_a_key_whose_end_is_yet_to_come_still_signs() -> None:
    key = rules.SigningKey(usable_from=FRIDAY, revoked_at=DUE, ends_at=LATER)
    assert rules.key_refusal(key, DUE - A_MINUTE) is None
    assert rules.key_refusal(key, DUE) is BallotRefusal.KEY_REVOKED
    assert rules.key_refusal(key, DUE + A_MINUTE) is BallotRefusal.KEY_REVOKED


def test_a_key_signs_from_its_first_moment_to_before_its_last() -> None:
    key = rules.SigningKey(usable_from=FRIDAY, revoked_at=None, ends_at=LATER)
    assert rules.key_refusal(key, FRIDAY - A_MINUTE) is BallotRefusal.KEY_WAITING
    assert rules.key_refusal(key, FRIDAY) is None
    assert rules.key_refusal(key, LATER - A_MINUTE) is None
    for at in (LATER, LATER + A_MINUTE):
        assert rules.key_refusal(key, at) is BallotRefusal.KEY_EXPIRED


@pytest.mark.parametrize("choice", Choice)
def test_an_opinion_is_asked_for_by_two_choices_alone(choice: Choice) -> None:
    key = rules.SigningKey(usable_from=FRIDAY, revoked_at=None, ends_at=LATER)
    for opinion in ("", " \n", "Điều 4."):
        reason = None if opinion.strip() else WORDLESS[choice]
        answer = Answer(choice, opinion, follows=5)
        assert rules.refusal(TERMS, key, answer, FRIDAY) is reason
        on_paper = rules.paper_refusal(TERMS, True, False, answer, FRIDAY)
        assert on_paper == (reason and PaperBallotRefusal.OPINION_MISSING)
        assert rules.proposal_refusal(True, False, choice, opinion) is reason


@pytest.mark.parametrize(
    ("terms", "in_office", "has_signed", "now", "reason"),
    [
        (TERMS, True, False, DUE - A_MINUTE, None),
        (TERMS, True, True, FRIDAY, PaperBallotRefusal.SIGNED_ALREADY),
        (TERMS, True, False, DUE, PaperBallotRefusal.ENDED),
        (TERMS, False, False, FRIDAY, PaperBallotRefusal.MEMBER_NOT_ASKED),
        (replace(TERMS, is_open=False), True, False, FRIDAY, PaperBallotRefusal.NOT_OPEN),
        (replace(TERMS, is_asked=False), True, False, FRIDAY, PaperBallotRefusal.MEMBER_NOT_ASKED),
    ],
)
def test_a_paper_is_entered_before_the_end_and_never_over_a_signed_answer(
    terms: rules.Terms, in_office: bool, has_signed: bool, now: datetime,
    reason: PaperBallotRefusal | None,
) -> None:  # fmt: skip
    paper = Answer(Choice.DISAGREE, "", follows=5)
    assert rules.paper_refusal(terms, in_office, has_signed, paper, now) is reason


def test_an_adviser_proposes_while_their_member_could_answer() -> None:
    assert rules.proposal_refusal(False, True, Choice.AGREE, "") is BallotRefusal.NOT_OPEN
    assert rules.proposal_refusal(True, True, Choice.AGREE, "") is BallotRefusal.ENDED


# ---- reminders ----


@pytest.mark.parametrize(
    ("opened", "due", "now", "expected"),
    [
        # Asked on Friday the 20th, until Friday the 27th, 24:00: three days before, and at eight.
        ("2026-11-20T14:00", "2026-11-28T00:00", "2026-11-20T15:00", None),
        ("2026-11-20T14:00", "2026-11-28T00:00", "2026-11-24T23:59", None),
        ("2026-11-20T14:00", "2026-11-28T00:00", "2026-11-25T00:00", Reminder.ENDS_SOON),
        ("2026-11-20T14:00", "2026-11-28T00:00", "2026-11-26T23:59", Reminder.ENDS_SOON),
        ("2026-11-20T14:00", "2026-11-28T00:00", "2026-11-27T07:59", None),
        ("2026-11-20T14:00", "2026-11-28T00:00", "2026-11-27T08:00", Reminder.LAST_DAY),
        ("2026-11-20T14:00", "2026-11-28T00:00", "2026-11-27T23:59", Reminder.LAST_DAY),
        ("2026-11-20T14:00", "2026-11-28T00:00", "2026-11-28T00:00", None),
        ("2026-11-20T14:00", "2026-11-28T00:00", "2026-11-28T08:00", None),
        # Asked on the day on which three days were left, or later: that was said when it opened.
        ("2026-11-25T14:00", "2026-11-28T00:00", "2026-11-26T14:00", None),
        ("2026-11-24T14:00", "2026-11-28T00:00", "2026-11-25T09:00", Reminder.ENDS_SOON),
        # Asked for this very day.
        ("2026-11-27T06:00", "2026-11-28T00:00", "2026-11-27T09:00", None),
        # An end before midnight: the morning of its day.
        ("2026-11-20T14:00", "2026-11-27T17:00", "2026-11-27T08:00", Reminder.LAST_DAY),
        ("2026-11-20T14:00", "2026-11-27T17:00", "2026-11-27T17:00", None),
    ],
)
def test_the_silent_are_reminded_three_days_before_and_on_the_last_morning(
    opened: str, due: str, now: str, expected: Reminder | None
) -> None:
    assert rules.reminder_due(local(opened), local(due), local(now), HANOI) is expected


# ---- silence ----

TOLD = rules.Notice(FRIDAY, rules.NoticeBy.OPENED)
SILENCE = rules.Silence(
    is_prime_minister=False, was_asked=True, notice=TOLD, can_sign=True, enrolment_pending=False,
    tried_to_answer=False, answered_before=False, was_cut_off=False,
)  # fmt: skip


def test_who_answered_about_papers_that_were_replaced_is_not_deemed() -> None:
    stood = rules.position_of_silence(ND_191, SILENCE, FRIDAY, DUE, HANOI)
    assert stood is Position.DEEMED_AGREE
    before = replace(SILENCE, answered_before=True)
    stands = rules.position_of_silence(ND_191, before, FRIDAY, DUE, HANOI)
    assert stands is Position.SILENT


@pytest.mark.parametrize(("silent", "not_reached"), [(1, 0), (0, 1), (1, 1)])
def test_an_extension_is_awaited_for_whoever_said_nothing(silent: int, not_reached: int) -> None:
    tally = Tally(members=5, agree=3, silent=silent, not_reached=not_reached)
    assert rules.awaits_extension(ND_191, True, tally)


# ---- the outcome, once more and member by member ----

SOMEWHERE = st.lists(st.sampled_from(Position), min_size=0, max_size=7)


# Each side that an other opinion may be read as; None is neither.
SIDES = {
    Reading.AGREEMENT: Position.AGREE_COMMENTS,
    Reading.DISAGREEMENT: Position.DISAGREE,
    Reading.NEITHER: None,
}


def slowly(
    positions: dict[int, Position], prime_minister: int, readings: dict[int, Reading]
) -> Outcome:
    """Each other opinion of each member read in each way that its member has left open, the count
    taken anew each time."""
    others = [who for who, where in positions.items() if where is Position.OTHER_OPINION]
    ways = product(
        *([SIDES[readings[who]]] if who in readings else SIDES.values() for who in others)
    )
    found = {
        by_hand({**positions, **{who: way for who, way in zip(others, read, strict=True) if way}},
                prime_minister)
        for read in ways
    }  # fmt: skip
    return found.pop() if len(found) == 1 else Outcome.AWAITS_CLASSIFICATION


def by_hand(positions: dict[int, Position], prime_minister: int) -> Outcome:
    where = list(positions.values())
    yes = sum(each in (*rules.FOR, Position.DEEMED_AGREE) for each in where)
    no = where.count(Position.DISAGREE)
    top = positions.get(prime_minister)
    has_a_side = top in (*rules.FOR, Position.DISAGREE)
    plain = plainly(yes, no, len(where), top in rules.FOR if has_a_side else None)
    if has_a_side or plain is Outcome.NEEDS_DECISION or yes + no >= len(where):
        return plain
    either = {plainly(yes + 1, no, len(where), True), plainly(yes, no + 1, len(where), False)}
    return plain if either == {plain} else Outcome.NEEDS_DECISION


def plainly(yes: int, no: int, everybody: int, side: bool | None) -> Outcome:
    if yes > everybody / 2:
        return Outcome.PASSED
    if yes == everybody / 2 and yes:
        if no != yes or side is None:
            return Outcome.NEEDS_DECISION
        return Outcome.PASSED if side else Outcome.NOT_PASSED
    return Outcome.NEEDS_DECISION if yes == no and yes else Outcome.NOT_PASSED


@given(SOMEWHERE, st.integers(0, 7), st.dictionaries(st.integers(0, 7), st.sampled_from(Reading)))
def test_the_outcome_is_that_of_a_count_member_by_member(
    where: list[Position], prime_minister: int, readings: dict[int, Reading]
) -> None:
    positions = dict(enumerate(where))
    if positions.get(prime_minister) is Position.DEEMED_AGREE:
        positions[prime_minister] = Position.SILENT
    tally = rules.tally(positions, prime_minister, readings)
    assert rules.decide(tally).outcome is slowly(positions, prime_minister, readings)
    unread = rules.tally(positions, prime_minister)
    assert unread.positions == {each: where_of(positions, each) for each in Position}


def where_of(positions: dict[int, Position], place: Position) -> int:
    return list(positions.values()).count(place)


def test_a_prime_minister_who_confirmed_to_be_for_neither_side_takes_none_any_more() -> None:
    """Another's opinion that is still open is not theirs: each of up to four members anywhere."""
    for members in range(4):
        for where in product(Position, repeat=members):
            positions = dict(enumerate((Position.OTHER_OPINION, *where)))
            tally = rules.tally(positions, 0, {0: Reading.NEITHER})
            assert rules.decide(tally).outcome is slowly(positions, 0, {0: Reading.NEITHER})


def test_every_small_government_in_every_way() -> None:
    """Up to five members and each place for each of them: 19,608 governments."""
    for members in range(6):
        for where in product(Position, repeat=members):
            if where and where[0] is Position.DEEMED_AGREE:
                continue
            positions = dict(enumerate(where))
            assert rules.decide(rules.tally(positions, 0)).outcome is slowly(positions, 0, {})


def test_who_is_not_there_decides_nothing() -> None:
    tally = rules.tally({1: Position.AGREE, 2: Position.OTHER_OPINION}, None)
    assert (tally.pm, tally.unclassified) == (None, 1)
    assert rules.tally({1: Position.SILENT}, 1).pm is None


def test_of_nothing_every_count_is_none() -> None:
    """So that a count that is not given is no vote."""
    assert set(Tally(members=3).positions.values()) == {0}
    assert Tally(members=3).unclassified == 0


# ---- the sentence ----

A, D, OTHER = Choice.AGREE, Choice.DISAGREE, Choice.OTHER_OPINION
ALL = "tổng số thành viên Chính phủ"
SENTENCES = {
    "majority": (Tally(25, 12, 1, 12, pm=A), "13/25", f"đạt quá nửa {ALL} (tối thiểu 13)"),
    "no_majority": (Tally(25, 4, 0, 20, pm=A), "4/25", f"chưa đạt quá nửa {ALL} (tối thiểu 13)"),
    "equal_pm_for": (
        Tally(26, 13, 0, 13, pm=A), "13/26", "số phiếu hai bên ngang nhau, thực hiện theo ý kiến "
        "mà Thủ tướng Chính phủ đã biểu quyết (đồng ý)",
    ),
    "equal_pm_against": (
        Tally(26, 13, 0, 13, pm=D), "13/26", "số phiếu hai bên ngang nhau, thực hiện theo ý kiến "
        "mà Thủ tướng Chính phủ đã biểu quyết (không đồng ý)",
    ),
    "exactly_half": (
        Tally(26, 13, 0, 12, 1, pm=OTHER), "13/26", f"vừa đúng một nửa {ALL} (quá nửa là 14), "
        "chưa đủ căn cứ để xác định kết quả",
    ),
    "equal_below_half": (
        Tally(25, 10, 0, 10, 5, pm=A), "10/25", "bằng số không đồng ý (10) nhưng chưa đạt quá nửa "
        f"{ALL} (tối thiểu 13): nếu tính ngang nhau theo số phiếu thì thực hiện theo ý kiến của "
        f"Thủ tướng Chính phủ, nếu tính theo tổng số thành viên thì chưa thông qua",
    ),
    "pm_would_decide": (
        Tally(27, 13, 0, 12, silent=2), "13/27", "ý kiến của Thủ tướng Chính phủ, nếu có, làm "
        "thay đổi kết quả (quá nửa là 14)",
    ),
    "unclassified": (
        Tally(25, 12, 0, 8, 5, pm=A, unclassified=5), "12/25", "5 ý kiến khác chưa được phân loại "
        "có thể làm thay đổi kết quả (quá nửa là 13)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("why", SENTENCES)
def test_each_reason_prints_its_sentence(why: str) -> None:
    tally, share, ending = SENTENCES[why]
    decision = rules.decide(tally)
    assert decision.why == why
    said = rules.sentence(tally, decision)
    assert said == f"{share} thành viên Chính phủ đồng ý, {ending}."


def test_each_outcome_has_its_words() -> None:
    assert rules.OUTCOME_WORDS == {
        "passed": "Thông qua",
        "not_passed": "Không thông qua",
        "needs_decision": "Cần Thủ tướng Chính phủ quyết định",
        "awaits_classification": "Chờ phân loại ý kiến khác",
    }


def test_a_sum_and_whoever_still_has_to_sign_are_said_in_one_sentence() -> None:
    tally = Tally(25, 10, 0, 8, deemed=4, silent=1, awaiting=2, pm=A)
    decision = rules.Decision(Outcome.PASSED, Why.MAJORITY)
    assert rules.sentence(tally, decision) == (
        f"10/25 thành viên Chính phủ đồng ý, 4 thành viên được coi là đồng ý (kể riêng), cộng lại, "
        f"2 thành viên đã trả lời, chờ ký chính thức (chưa tính), đạt quá nửa {ALL} "
        f"(tối thiểu 13)."
    )


@pytest.mark.parametrize(("agree", "added"), [(12, True), (13, False), (14, False)])
def test_a_majority_of_who_said_yes_needs_no_sum(agree: int, added: bool) -> None:
    tally = Tally(25, agree, deemed=5, silent=20 - agree, pm=A)
    assert ("cộng lại" in rules.sentence(tally, rules.decide(tally))) is added


def test_exactly_half_who_said_yes_pass_only_with_the_sum() -> None:
    tally = Tally(26, 13, deemed=5, silent=8, pm=A)
    assert "cộng lại" in rules.sentence(tally, rules.decide(tally))


# ---- which signatures count ----


@pytest.mark.parametrize(
    ("counted", "signature_class", "counts"),
    [
        (None, "device", True),
        (["device", "token"], "device", True),
        (["official-duty"], "official-duty", True),
        (["official-duty"], "device", False),
        (["official-duty"], "token", False),
        (["official-duty"], "paper", True),
    ],
)
def test_a_ballot_of_a_class_that_does_not_count_waits_and_one_on_paper_never_does(
    counted: list[str] | None, signature_class: str, counts: bool
) -> None:
    assert rules.takes(counted, signature_class) is counts
    stands = rules.position_of_ballot(Choice.DISAGREE, signature_class, counted)
    assert stands is (Position.DISAGREE if counts else Position.AWAITS_OFFICIAL)


def test_a_device_is_asked_if_it_can_sign_from_three_days_before_the_end() -> None:
    assert rules.asks_device(DUE, DUE - timedelta(days=3))
    assert not rules.asks_device(DUE, DUE - timedelta(days=3, microseconds=1))
    assert rules.asks_device(DUE, DUE - A_MINUTE)
    assert not rules.asks_device(None, DUE)


# ---- what comes of a result ----


@pytest.mark.parametrize(
    ("agree", "tried", "rests"),
    [
        # With the one who is deemed to agree, thirteen of twenty-five.
        (12, {24}, True),
        (12, {1, 24}, True),
        (12, set(), False),
        # Those who answered after all, or of whom silence says nothing, are counted as they stand.
        (12, {1, 22}, False),
        (13, {24}, False),
    ],
)
def test_an_outcome_rests_on_silence_where_another_comes_of_it_without(
    agree: int, tried: set[int], rests: bool
) -> None:
    stood = dict.fromkeys(range(25), Position.SILENT) | dict.fromkeys(range(agree), Position.AGREE)
    stood[24] = Position.DEEMED_AGREE
    assert rules.rests_on_silence(stood, 0, {}, tried) is rests


@pytest.mark.parametrize(
    ("decided", "change", "reason"),
    [
        (Decided.ISSUE, {}, None),
        (Decided.ISSUE, {"outcome": None}, ConsultationRefusal.NOT_CLOSED),
        (Decided.ISSUE, {"is_decided": True}, ConsultationRefusal.DECIDED_ALREADY),
        (Decided.ISSUE, {"is_provisional": True}, ConsultationRefusal.PROVISIONAL),
        (Decided.ISSUE, {"outcome": Outcome.NOT_PASSED}, ConsultationRefusal.NOT_PASSED),
        (
            Decided.ISSUE,
            {"outcome": Outcome.AWAITS_CLASSIFICATION},
            ConsultationRefusal.UNCLASSIFIED,
        ),
        (Decided.ISSUE, {"outcome": Outcome.NEEDS_DECISION}, ConsultationRefusal.REASON_MISSING),
        (Decided.ISSUE, {"outcome": Outcome.NEEDS_DECISION, "reason": "Cấp bách."}, None),
        (Decided.RETURN, {}, ConsultationRefusal.REASON_MISSING),
        (Decided.RETURN, {"reason": " \n"}, ConsultationRefusal.REASON_MISSING),
        (Decided.RETURN, {"reason": "Rà soát Điều 4."}, None),
        (Decided.RETURN, {"reason": "Rà soát.", "is_provisional": True}, None),
        (Decided.RETURN, {"reason": "Rà soát.", "outcome": Outcome.NOT_PASSED}, None),
        (Decided.SESSION, {}, ConsultationRefusal.REASON_MISSING),
        (Decided.SESSION, {"reason": "Còn ý kiến khác nhau."}, None),
        (Decided.SESSION, {"is_decided": True}, ConsultationRefusal.DECIDED_ALREADY),
    ],
)
def test_a_result_is_issued_when_it_passed_and_sent_back_with_a_reason(
    decided: Decided, change: dict[str, object], reason: ConsultationRefusal | None
) -> None:
    facts = {
        "outcome": Outcome.PASSED, "is_provisional": False, "is_decided": False,
        "decided": decided, "reason": "",
    }  # fmt: skip
    assert rules.decision_refusal(**{**facts, **change}) is reason


def test_an_opinion_is_replied_to_between_the_closing_and_the_decision() -> None:
    assert rules.reply_refusal(True, False, "Điều 4.") is None
    assert rules.reply_refusal(True, False, "") is ConsultationRefusal.NO_OPINION
    assert rules.reply_refusal(True, True, "Điều 4.") is ConsultationRefusal.DECIDED_ALREADY
    assert rules.reply_refusal(False, False, "Điều 4.") is ConsultationRefusal.NOT_CLOSED
