"""Working days and windows, on a calendar that is data (rulebook: Life of a consultation)."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from holidays import HolidayBase, country_holidays

SATURDAY = 5
# Office hours: data, by the practice of the ministries (doubt).
OFFICE_HOURS = ((time(8), time(12)), (time(13, 30), time(17, 30)))


@functools.cache
def public_holidays(year: int) -> HolidayBase:
    """Viet Nam's days off in a year: Labour Code 2019 Article 112, Tết by the lunar calendar, and
    the exchanges that have been announced."""
    return country_holidays("VN", years=year)


@functools.cache
def holiday_names(year: int, language: str) -> Mapping[date, str]:
    """What the country's days off of a year are called."""
    locale = {"vi": "vi", "en": "en_US"}[language]
    return MappingProxyType(dict(country_holidays("VN", years=year, language=locale)))


@dataclass(frozen=True)
class Occasion:
    """Something that a calendar shows: a session, an end, a deadline; each kind has its words in
    templates/dates/_words.html."""

    kind: str
    title: str
    path: str
    at: datetime
    is_agencys: bool = False
    # What takes time ends; an end or a deadline does not.
    ends_at: datetime | None = None


@dataclass(frozen=True)
class Calendar:
    """Weekends, public holidays and the days worked in exchange for them, in the cabinet's zone.

    A cabinet's own days, off or worked, come before those of the country.
    """

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Ho_Chi_Minh"))
    days_off: frozenset[date] = frozenset()
    days_swapped_in: frozenset[date] = frozenset()

    def is_working_day(self, day: date) -> bool:
        if day in self.days_swapped_in or day in self.days_off:
            return day in self.days_swapped_in
        country = public_holidays(day.year)
        return day in country.weekend_workdays or not (day.weekday() >= SATURDAY or day in country)

    @staticmethod
    def exchanged(year: int) -> set[date]:
        """The country's Saturdays and Sundays of a year that are worked for another day."""
        return {day for day in public_holidays(year).weekend_workdays if day.year == year}

    def local_day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def start_of(self, day: date) -> datetime:
        """0:00 of a day, in UTC."""
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def end_of(self, day: date) -> datetime:
        """24:00 of a day, in UTC."""
        return self.start_of(day + timedelta(days=1))

    def due(self, opened_at: datetime, working_days: int) -> datetime:
        """When a window of whole working days ends.

        The first day does not count and the last ends at 24:00, by analogy with the
        Civil Code 2015, Articles 147 and 148 (doubt).
        """
        day = self.local_day(opened_at)
        left = working_days
        while left:
            day += timedelta(days=1)
            left -= self.is_working_day(day)
        return self.end_of(day)

    def working_time_before(self, moment: datetime, length: timedelta) -> datetime:
        """When so much working time was still to come before a moment, in UTC."""
        day, left = self.local_day(moment), length
        while True:
            for opens, closes in reversed(OFFICE_HOURS if self.is_working_day(day) else ()):
                starts = datetime.combine(day, opens, self.zone).astimezone(UTC)
                ends = datetime.combine(day, closes, self.zone).astimezone(UTC)
                worked = min(ends, moment) - starts
                if worked >= left:
                    return min(ends, moment) - left
                left -= max(worked, timedelta())
            day -= timedelta(days=1)

    def working_days_between(self, start: date, end: date) -> int:
        """Working days after `start`, up to and including `end`; 0 when end is not later."""
        return sum(
            self.is_working_day(start + timedelta(days=n)) for n in range(1, (end - start).days + 1)
        )

    def day_and_hour_of_end(self, moment: datetime) -> tuple[date, str]:
        """The day on which something ends and its hour; midnight is 24:00 of the day before."""
        local = moment.astimezone(self.zone)
        if (local.hour, local.minute) == (0, 0):
            return local.date() - timedelta(days=1), "24:00"
        return local.date(), local.strftime("%H:%M")

    def end_words(self, moment: datetime) -> str:
        """ "24:00, 03/12/2026": until when something holds."""
        day, hour = self.day_and_hour_of_end(moment)
        return f"{hour}, {day:%d/%m/%Y}"
