"""The facts this room tells: who has answered, never what; what has become of a question."""

from dataclasses import dataclass
from typing import ClassVar

from ecabinet.live import Announcement

# Every list of questions; it is told that something changed, and reads what its person may see.
LISTS = "consultations"


def staff_of(consultation_id: int) -> str:
    """Those who follow one consultation from the Office's side."""
    return f"consultation:{consultation_id}"


def readers_of(consultation_id: int) -> str:
    """Those who are asked, and whoever reads beside them: never told who has answered."""
    return f"question:{consultation_id}"


@dataclass(frozen=True)
class BallotReceived(Announcement):
    kind: ClassVar[str] = "ballot_received"

    consultation_id: int
    person_id: int
    answered: int
    asked: int


@dataclass(frozen=True)
class ConsultationChanged(Announcement):
    """A question is opened, asked again, or over, and in which way."""

    kind: ClassVar[str] = "consultation_changed"

    consultation_id: int
    state: str
    version: int


@dataclass(frozen=True)
class ListsChanged(Announcement):
    kind: ClassVar[str] = "consultations_changed"
