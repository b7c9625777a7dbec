"""Windows of working days, as the rulebook counts them."""

from datetime import UTC, date, datetime, timedelta

from ecabinet.calendar import Calendar, calendar


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_opened_on_friday_with_two_working_days_ends_on_tuesday_at_midnight() -> None:
    due = Calendar().due(at("2026-11-27T14:00+07:00"), 2)
    assert due == at("2026-12-02T00:00+07:00")


def test_tet_and_swapped_days_move_the_end() -> None:
    tet = [date(2027, 2, day) for day in range(4, 11)]
    opened = at("2027-02-03T09:00+07:00")
    assert calendar("Asia/Ho_Chi_Minh").due(opened, 2) == at("2027-02-06T00:00+07:00")
    assert calendar("Asia/Ho_Chi_Minh", tet).due(opened, 2) == at("2027-02-13T00:00+07:00")
    swapped = calendar("Asia/Ho_Chi_Minh", tet, [date(2027, 2, 13)])
    assert swapped.due(at("2027-02-12T09:00+07:00"), 1) == at("2027-02-14T00:00+07:00")


def test_the_day_is_the_cabinets_not_the_servers() -> None:
    late_evening_in_utc = datetime(2026, 11, 27, 18, tzinfo=UTC)
    assert Calendar().local_day(late_evening_in_utc) == date(2026, 11, 28)


def test_working_days_between_leave_the_weekend_out() -> None:
    assert Calendar().working_days_between(date(2026, 11, 27), date(2026, 12, 1)) == 2
    assert Calendar().working_days_between(date(2026, 12, 1), date(2026, 11, 27)) == 0


def test_the_last_four_working_hours_are_the_last_afternoon() -> None:
    four = timedelta(hours=4)
    hanoi = Calendar()
    assert hanoi.working_time_before(at("2026-12-02T00:00+07:00"), four) == at(
        "2026-12-01T13:30+07:00"
    )
    assert hanoi.working_time_before(at("2026-12-01T15:00+07:00"), four) == at(
        "2026-12-01T09:30+07:00"
    )
    over_a_weekend = hanoi.working_time_before(at("2026-11-30T10:00+07:00"), four)
    assert over_a_weekend == at("2026-11-27T15:30+07:00")
