"""What this room tells to the screens of the agencies concerned, and of the Office."""

from dataclasses import dataclass
from typing import ClassVar

from ecabinet.live import Announcement

EVERY_TASK = "tasks"


def agency(agency_id: int) -> str:
    """The audience of an agency's staff."""
    return f"agency:{agency_id}"


@dataclass(frozen=True)
class TaskChanged(Announcement):
    """A task was assigned or took a step."""

    kind: ClassVar[str] = "task_changed"
    task_id: int
    state: str
