"""How consultations and sessions are added up. Pure.

Source: issue "Figures"; domain E, row 33; the first year's headline counts papers, ballots and
files that were not printed.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from ballots.rules import Outcome, Position

# In the order in which every figure shows them.
POSITIONS = (
    Position.AGREE, Position.AGREE_COMMENTS, Position.DEEMED_AGREE, Position.OTHER_OPINION,
    Position.AWAITS_OFFICIAL, Position.SILENT, Position.NOT_REACHED, Position.DISAGREE,
)  # fmt: skip
# What members said themselves; the rest the closing has made of silence.
ANSWERED = frozenset(
    {
        Position.AGREE,
        Position.AGREE_COMMENTS,
        Position.OTHER_OPINION,
        Position.DISAGREE,
        Position.AWAITS_OFFICIAL,
    }
)


@dataclass(frozen=True)
class Handed:
    """What one question, or one item of a session, would have put into each reader's folder."""

    readers: int
    files: int
    pages: int
    # One ballot a member; a session's item needs none.
    ballots: int = 0
    # Ballots that were on paper after all.
    on_paper: int = 0


@dataclass(frozen=True)
class NotPrinted:
    """Copies that were read on screens instead, over all readers."""

    ballots: int = 0
    files: int = 0
    pages: int = 0

    def __add__(self, other: "NotPrinted") -> "NotPrinted":
        return NotPrinted(
            self.ballots + other.ballots, self.files + other.files, self.pages + other.pages
        )


def not_printed(handed: Iterable[Handed]) -> NotPrinted:
    """Each reader's copies, added up: readers x ballots but those on paper, readers x files,
    readers x pages."""
    found = NotPrinted()
    for each in handed:
        found += NotPrinted(
            each.readers * each.ballots - each.on_paper,
            each.readers * each.files,
            each.readers * each.pages,
        )
    return found


@dataclass(frozen=True)
class Question:
    """One consultation as figures take it; positions only once it is closed."""

    id: int
    title: str
    agency: str
    opened_on: date
    state: str
    handed: Handed
    outcome: Outcome | None = None
    positions: dict[Position, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Total:
    """Several consultations together."""

    questions: int
    closed: int
    positions: dict[Position, int]
    outcomes: dict[Outcome, int]
    # Of those who answered, how many did so on paper.
    on_paper: int

    @property
    def members(self) -> int:
        """Members' places in the closed ones: each position is one of them."""
        return sum(self.positions.values())

    @property
    def answered(self) -> int:
        return sum(self.positions[each] for each in ANSWERED)

    @property
    def in_system(self) -> int:
        """Those who signed in the system themselves."""
        return self.answered - self.on_paper


def total(questions: Sequence[Question]) -> Total:
    return Total(
        questions=len(questions),
        closed=sum(each.outcome is not None for each in questions),
        positions={
            position: sum(each.positions.get(position, 0) for each in questions)
            for position in POSITIONS
        },
        outcomes={
            outcome: sum(each.outcome is outcome for each in questions) for outcome in Outcome
        },
        on_paper=sum(each.handed.on_paper for each in questions),
    )


def grouped(
    questions: Iterable[Question], by: Callable[[Question], str]
) -> list[tuple[str, Total]]:
    """The total of each group, in the order in which groups first come."""
    groups: dict[str, list[Question]] = {}
    for each in questions:
        groups.setdefault(by(each), []).append(each)
    return [(key, total(members)) for key, members in groups.items()]
