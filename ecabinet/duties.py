"""What waits for a person's hand: one row of "Việc cần xử lý" on the first page."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

SOON = timedelta(days=3)
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Duty:
    """Each kind has its words and its verb in templates/home/_duties.html."""

    kind: str
    title: str
    path: str
    due_at: datetime | None = None
    facts: dict[str, str | int | None] = field(default_factory=dict)
    # A session whose hour has come is no delay of those who are invited.
    is_deadline: bool = True
    # How long before its deadline it is due soon; tasks count in working days.
    soon: timedelta = SOON

    def urgency(self, now: datetime) -> str:
        """Which mark stands beside it: overdue, now, soon or waiting."""
        if self.due_at is None or self.due_at - now > self.soon:
            return "waiting"
        if self.due_at > now:
            return "soon"
        return "overdue" if self.is_deadline else "now"


def most_urgent_first(duties: Iterable[Duty]) -> list[Duty]:
    return sorted(duties, key=lambda one: (one.due_at or NEVER, one.title))
