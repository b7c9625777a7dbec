"""What the room of a mandate's matter does when the mandate ends; tied in `ecabinet.app`."""

from collections.abc import Mapping
from typing import Protocol

from sqlalchemy.orm import Session

from ecabinet.access import Actor, Matter
from people.models import Mandate


class MatterOfMandates(Protocol):
    def lock_matter(self, db: Session, matter_id: int, /) -> None:
        """Lock the matter; always before a mandate about it is."""

    def mandate_ended(self, db: Session, mandate: Mandate, by: Actor | None, /) -> None:
        """Write it down and tell it; ended by nobody where the office of either has ended."""


_rooms: dict[Matter, MatterOfMandates] = {}


def bind(rooms: Mapping[Matter, MatterOfMandates]) -> None:
    _rooms.clear()
    _rooms.update(rooms)


def lock_matter(db: Session, mandate: Mandate) -> None:
    if room := _rooms.get(Matter(mandate.matter)):
        room.lock_matter(db, mandate.matter_id)


def mandate_ended(db: Session, mandate: Mandate, by: Actor | None) -> None:
    if room := _rooms.get(Matter(mandate.matter)):
        room.mandate_ended(db, mandate, by)
