"""The facts this room tells: who has answered, never what."""

from dataclasses import dataclass
from typing import ClassVar

from ecabinet.live import Announcement


def staff_of(consultation_id: int) -> str:
    """Those who follow one consultation from the Office's side."""
    return f"consultation:{consultation_id}"


@dataclass(frozen=True)
class BallotReceived(Announcement):
    kind: ClassVar[str] = "ballot_received"

    consultation_id: int
    person_id: int
    answered: int
    asked: int


@dataclass(frozen=True)
class ConsultationClosed(Announcement):
    kind: ClassVar[str] = "consultation_closed"

    consultation_id: int
