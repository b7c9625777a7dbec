"""What figures are made of: one reading of each room, whatever the number of rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from ballots import queries as ballots
from documents import queries as documents
from ecabinet.calendar import Calendar
from ecabinet.figures import rules
from ecabinet.figures.rules import Handed, NotPrinted, Question, Total
from meetings import queries as meetings

CALENDAR = Calendar()


@dataclass(frozen=True)
class Year:
    """The figures of one year, by the days on which questions were opened and sessions begun."""

    year: int
    years: Sequence[int]
    questions: Sequence[Question]
    total: Total
    months: Sequence[tuple[int, Total]]
    agencies: Sequence[tuple[str, Total]]
    sessions: int
    by_ballots: NotPrinted
    by_sessions: NotPrinted

    @property
    def not_printed(self) -> NotPrinted:
        return self.by_ballots + self.by_sessions

    @property
    def most(self) -> int:
        """Members' places in the month that has most of them."""
        return max((each.members for _, each in self.months), default=0)


def year(db: Session, wanted: int) -> Year:
    since = CALENDAR.start_of(date(wanted, 1, 1))
    until = CALENDAR.start_of(date(wanted + 1, 1, 1))
    asked = ballots.figures(db, since, until)
    agencies = documents.agencies_of(db, {each.dossier_id for each in asked})
    questions = [
        Question(
            id=each.id,
            title=each.title,
            agency=agencies.get(each.dossier_id, ""),
            opened_on=CALENDAR.local_day(each.opened_at),
            state=each.state,
            handed=Handed(each.asked, each.files, each.pages, ballots=1, on_paper=each.on_paper),
            outcome=each.outcome,
            positions=each.positions,
        )
        for each in asked
    ]
    sessions = meetings.handed_out(db, since, until)
    items = [
        Handed(each.readers, each.files, each.pages) for held in sessions.values() for each in held
    ]
    return Year(
        year=wanted,
        years=_years(db, wanted),
        questions=questions,
        total=rules.total(questions),
        months=_months(questions),
        agencies=sorted(
            rules.grouped(questions, lambda each: each.agency),
            key=lambda found: (-found[1].questions, found[0]),
        ),
        sessions=len(sessions),
        by_ballots=rules.not_printed(each.handed for each in questions),
        by_sessions=rules.not_printed(items),
    )


def _months(questions: Sequence[Question]) -> list[tuple[int, Total]]:
    """All twelve, so that a quiet month is seen as one."""
    return [
        (month, rules.total([each for each in questions if each.opened_on.month == month]))
        for month in range(1, 13)
    ]


def _years(db: Session, wanted: int) -> list[int]:
    """From the first question or session on, to this year."""
    firsts = [each for each in (ballots.first_opened(db), meetings.first_begun(db)) if each]
    today = ballots.today(db).year
    first = min((CALENDAR.local_day(each).year for each in firsts), default=today)
    return sorted({*range(min(first, today), today + 1), wanted}, reverse=True)
