"""What may leave the house of a message, on which channel, and at what hour."""

import re
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecabinet import deliveries, notices
from ecabinet.calendar import Calendar
from ecabinet.notices import Channel, Notice, Quiet, Subject
from tests.home.builders import ROOT

ZONE = Calendar().zone
CAN_WAIT = Notice(Subject.TASKS, "việc", "thing")
PRESSES = Notice(Subject.SESSIONS, "việc", "thing", presses=True)
OPENS = Notice(Subject.CONSULTATIONS, "việc", "thing", opens_window=True)
NIGHT = Quiet(time(22), time(6))


def hanoi(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=ZONE)


def test_every_kind_that_has_words_in_the_inbox_has_its_words_outside_the_house() -> None:
    words = "\n".join(each.read_text() for each in ROOT.glob("templates/*/_messages.html"))
    kinds = set(re.findall(r'm\.kind == "(\w+)"', words))
    assert len(kinds) > 25
    assert kinds <= notices.NOTICES.keys()
    assert not notices.NOTICES.keys() - kinds - {deliveries.ADDRESS_CODE}


def test_a_kind_that_nobody_knows_is_told_in_words_that_say_nothing() -> None:
    assert notices.notice_of("title: Nghị định mật").vi == "Có thông báo mới"


# ---- what may be carried ----


@given(st.dictionaries(st.sampled_from(["title", "question", "due_at"]), st.text()))
def test_of_a_messages_facts_only_a_deadline_leaves_the_house(facts: dict[str, object]) -> None:
    """Whatever else is written there, it comes to nothing outside."""
    carried = notices.deadline_of(facts)
    assert carried is None or isinstance(carried, date)
    stated = facts | {"deadline": "2026-12-02", "title": "Nghị định về nhà ở"}
    assert notices.deadline_of({**stated, "due_at": None, "starts_at": None}) == date(2026, 12, 2)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("2026-12-02", date(2026, 12, 2)),
        ("2026-12-02T17:00:00+00:00", datetime(2026, 12, 2, 17, tzinfo=UTC)),
        ("2026-12-02T17:00:00", None),
        ("Nghị định về nhà ở", None),
        (None, None),
        (20261202, None),
    ],
)
def test_a_deadline_is_a_day_or_a_moment_and_nothing_else(said: object, read: object) -> None:
    assert notices.deadline_of({"due_at": said}) == read


# ---- by which channel ----


def test_until_somebody_chooses_mail_tells_all_and_sms_what_cannot_wait() -> None:
    wanted = {
        (subject, channel)
        for subject in Subject
        for channel in Channel
        if notices.is_wanted({}, subject, channel)
    }
    assert {each for each, channel in wanted if channel is Channel.EMAIL} == set(Subject)
    assert {each for each, channel in wanted if channel is Channel.SMS} == {
        Subject.CONSULTATIONS, Subject.SESSIONS, Subject.SECURITY,
    }  # fmt: skip


def test_each_chooses_for_themselves_but_nobody_silences_their_own_safety() -> None:
    no = dict.fromkeys(((each, Channel.EMAIL) for each in Subject), False)
    assert not notices.is_wanted(no, Subject.TASKS, Channel.EMAIL)
    assert notices.is_wanted(no, Subject.CONSULTATIONS, Channel.SMS)
    assert notices.is_wanted(no, Subject.SECURITY, Channel.EMAIL)


# ---- when ----


@pytest.mark.parametrize(
    ("now", "sent"),
    [
        ("11-30T21:59", "11-30T21:59"),
        ("11-30T22:00", "12-01T06:00"),
        ("12-01T00:00", "12-01T06:00"),
        ("12-01T05:59", "12-01T06:00"),
        ("12-01T06:00", "12-01T06:00"),
        ("12-01T12:00", "12-01T12:00"),
    ],
)
def test_what_can_wait_waits_for_the_morning(now: str, sent: str) -> None:
    assert notices.send_at(CAN_WAIT, None, hanoi(now), NIGHT, ZONE) == hanoi(sent)
    assert notices.send_at(PRESSES, None, hanoi(now), NIGHT, ZONE) == hanoi(now)


@pytest.mark.parametrize(
    ("quiet", "now", "sent"),
    [
        (Quiet(time(12), time(13, 30)), "11-30T12:10", "11-30T13:30"),
        (Quiet(time(12), time(13, 30)), "11-30T13:30", "11-30T13:30"),
        (Quiet(time(12), time(13, 30)), "11-30T11:59", "11-30T11:59"),
        # The same hour twice is no quiet at all.
        (Quiet(time(8), time(8)), "11-30T08:00", "11-30T08:00"),
        (Quiet(time(0), time(6)), "11-30T00:00", "11-30T06:00"),
    ],
)
def test_each_has_their_own_quiet(quiet: Quiet, now: str, sent: str) -> None:
    assert notices.send_at(CAN_WAIT, None, hanoi(now), quiet, ZONE) == hanoi(sent)


@pytest.mark.parametrize(
    ("due", "breaks_through"),
    [("12-02T05:59", True), ("12-02T06:00", False), ("12-01T03:00", True)],
)
def test_what_is_due_within_a_day_of_the_morning_breaks_through(
    due: str, breaks_through: bool
) -> None:
    now = hanoi("11-30T23:00")
    sent = notices.send_at(CAN_WAIT, hanoi(due), now, NIGHT, ZONE)
    assert sent == (now if breaks_through else hanoi("12-01T06:00"))
    assert notices.send_at(CAN_WAIT, date(2026, 12, 1), now, NIGHT, ZONE) == now


def test_what_opens_a_window_breaks_through_where_waiting_would_cost_its_receiver_a_day() -> None:
    """Silence counts from the day of arrival: told after midnight is told too late."""
    far = hanoi("12-04T00:00")
    evening, morning = hanoi("11-30T23:00"), hanoi("12-01T01:00")
    assert notices.send_at(OPENS, far, evening, NIGHT, ZONE) == evening
    assert notices.send_at(OPENS, far, morning, NIGHT, ZONE) == hanoi("12-01T06:00")


@given(st.times(), st.times(), st.timedeltas(timedelta(), timedelta(days=30)))
def test_nothing_waits_for_more_than_a_day_and_never_into_the_past(
    starts: time, ends: time, later: timedelta
) -> None:
    quiet, now = Quiet(starts, ends), hanoi("11-01T00:00") + later
    sent = notices.send_at(CAN_WAIT, None, now, quiet, ZONE)
    assert timedelta() <= sent - now <= timedelta(days=1)
    assert quiet.over_at(sent.astimezone(ZONE)) is None


# ---- again ----


def test_pauses_grow_and_a_day_without_a_server_loses_nothing() -> None:
    pauses = [notices.pause_after(n, chance=0) for n in range(1, notices.MOST_ATTEMPTS + 1)]
    assert pauses[0] == timedelta(seconds=24)
    assert sorted(pauses) == pauses
    assert max(pauses) <= timedelta(hours=1)
    *_, last = accumulate(pauses[:-1])
    assert last > timedelta(hours=24)
    assert notices.pause_after(3, 1) == timedelta(minutes=2)
    assert notices.pause_after(3, 0) < notices.pause_after(3, 0.5) < notices.pause_after(3, 1)
