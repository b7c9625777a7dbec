"""Windows of working days, as the rulebook counts them."""

from datetime import UTC, date, datetime, timedelta

from ecabinet.calendar import Calendar


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_opened_on_friday_with_two_working_days_ends_on_tuesday_at_midnight() -> None:
    due = Calendar().due(at("2026-11-27T14:00+07:00"), 2)
    assert due == at("2026-12-02T00:00+07:00")


def test_tet_and_public_holidays_move_the_end() -> None:
    before_tet = at("2027-02-03T09:00+07:00")
    assert Calendar().due(before_tet, 2) == at("2027-02-13T00:00+07:00")
    before_new_year = at("2026-12-30T10:00+07:00")
    assert Calendar().due(before_new_year, 2) == at("2027-01-05T00:00+07:00")
    before_the_last_of_april = at("2026-04-28T10:00+07:00")
    assert Calendar().due(before_the_last_of_april, 2) == at("2026-05-05T00:00+07:00")


def test_a_saturday_worked_in_exchange_is_a_working_day() -> None:
    # Monday 31/8/2026 was off, for Saturday 22/8.
    assert Calendar().is_working_day(date(2026, 8, 22))
    assert not Calendar().is_working_day(date(2026, 8, 31))


def test_a_cabinets_own_days_come_before_the_countrys() -> None:
    swapped = Calendar(
        days_off=frozenset({date(2027, 2, 12)}), days_swapped_in=frozenset({date(2027, 2, 13)})
    )
    assert swapped.due(at("2027-02-03T09:00+07:00"), 2) == at("2027-02-14T00:00+07:00")


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
