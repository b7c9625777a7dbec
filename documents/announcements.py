"""What an open reader is told of its paper."""

from dataclasses import dataclass, field
from typing import ClassVar

from ecabinet.live import Announcement


def paper_audience(paper_id: int) -> str:
    return f"paper:{paper_id}"


@dataclass(frozen=True)
class EditionAdded(Announcement):
    """There is a newer edition: whoever reads an earlier one is told so, and stays with it."""

    kind: ClassVar[str] = "edition_added"
    number: int = 0


@dataclass(frozen=True)
class FileRemoved(Announcement):
    """The files of these editions were removed as an emergency: whoever reads them goes dark."""

    kind: ClassVar[str] = "file_removed"
    editions: list[int] = field(default_factory=list)
