"""What screens are told of a meeting.

Each fact carries the parts of the meeting's state that it changed, whole: a screen applies
it by putting them in the place of the old ones (`frontend/meetings/state.ts`).
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from ecabinet.live import Announcement


def meeting_audience(meeting_id: int) -> str:
    return f"meeting:{meeting_id}"


def draft_audience(meeting_id: int) -> str:
    """Whoever prepares the agenda; what is told here never reaches the members."""
    return f"draft:{meeting_id}"


@dataclass(frozen=True)
class MeetingChanged(Announcement):
    """A part of the state of a meeting is another now."""

    kind: ClassVar[str] = "meeting_changed"
    parts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SessionConvened(MeetingChanged):
    kind: ClassVar[str] = "session_convened"


@dataclass(frozen=True)
class SeatsChanged(MeetingChanged):
    kind: ClassVar[str] = "seats_changed"


@dataclass(frozen=True)
class OperatorNamed(MeetingChanged):
    kind: ClassVar[str] = "operator_named"


@dataclass(frozen=True)
class SessionOpened(MeetingChanged):
    kind: ClassVar[str] = "session_opened"


@dataclass(frozen=True)
class SessionAdjourned(MeetingChanged):
    kind: ClassVar[str] = "session_adjourned"


@dataclass(frozen=True)
class SessionResumed(MeetingChanged):
    kind: ClassVar[str] = "session_resumed"


@dataclass(frozen=True)
class SessionClosed(MeetingChanged):
    kind: ClassVar[str] = "session_closed"


@dataclass(frozen=True)
class ItemCalled(MeetingChanged):
    kind: ClassVar[str] = "item_called"


@dataclass(frozen=True)
class ItemConcluded(MeetingChanged):
    kind: ClassVar[str] = "item_concluded"


@dataclass(frozen=True)
class ItemDeferred(MeetingChanged):
    kind: ClassVar[str] = "item_deferred"


@dataclass(frozen=True)
class ItemReadersChanged(MeetingChanged):
    """Others may know of a restricted item than before: each screen reads anew what it may."""

    kind: ClassVar[str] = "item_readers_changed"


@dataclass(frozen=True)
class AttendanceNoted(MeetingChanged):
    kind: ClassVar[str] = "attendance_noted"


@dataclass(frozen=True)
class FloorChanged(MeetingChanged):
    kind: ClassVar[str] = "floor_changed"


@dataclass(frozen=True)
class PaperReplaced(MeetingChanged):
    """A paper of the agenda has a newer edition; its readers are told, and nothing is swapped."""

    kind: ClassVar[str] = "paper_replaced"


@dataclass(frozen=True)
class PaperRemoved(MeetingChanged):
    """A file was removed as an emergency: nobody reads it any more, and open screens go dark."""

    kind: ClassVar[str] = "paper_removed"


@dataclass(frozen=True)
class VoteOpened(MeetingChanged):
    kind: ClassVar[str] = "vote_opened"


@dataclass(frozen=True)
class VoteCastNoted(MeetingChanged):
    """One more has voted: how many, never who or what."""

    kind: ClassVar[str] = "vote_cast"


@dataclass(frozen=True)
class VoteClosing(MeetingChanged):
    kind: ClassVar[str] = "vote_closing"


@dataclass(frozen=True)
class VoteClosed(MeetingChanged):
    kind: ClassVar[str] = "vote_closed"


@dataclass(frozen=True)
class VoteStopped(MeetingChanged):
    kind: ClassVar[str] = "vote_stopped"


@dataclass(frozen=True)
class DraftChanged(Announcement):
    """Somebody changed the agenda that another may have open."""

    kind: ClassVar[str] = "draft_changed"
    draft: int
    by: int
    office: str
    what: str
    item_id: int | None = None
