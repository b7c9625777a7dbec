"""What upper rooms do when a mandate or a login ends, and what of theirs is lent; tied in
`ecabinet.app`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from sqlalchemy.orm import Session

from ecabinet.access import Actor, Matter
from people.models import Mandate


class MatterOfMandates(Protocol):
    def lock_matter(self, db: Session, matter_id: int, /) -> None:
        """Lock the matter; always before a mandate about it is."""

    def mandate_ended(self, db: Session, mandate: Mandate, by: Actor | None, /) -> None:
        """Write it down and tell it; ended by nobody where the office of either has ended."""


# Told of a person whose logins end for good: of this one, or of all.
EndOfLogins = Callable[[Session, int, int | None], None]


class Lent(NamedTuple):
    """What members pass on to advisers."""

    # The matter, where this member may pass it on; NotFound where they may not.
    to_pass_on: Callable[[Session, Actor, int], Any]
    # By the member, to a person, until then, with words.
    name_adviser: Callable[[Actor, int, int, datetime, str], None]


_rooms: dict[Matter, MatterOfMandates] = {}
_ends_of_logins: list[EndOfLogins] = []
_lent: dict[Matter, Lent] = {}


def bind(
    rooms: Mapping[Matter, MatterOfMandates],
    ends_of_logins: Sequence[EndOfLogins] = (),
    lent: Mapping[Matter, Lent] | None = None,
) -> None:
    _rooms.clear()
    _rooms.update(rooms)
    _ends_of_logins[:] = ends_of_logins
    _lent.clear()
    _lent.update(lent or {})


def lent(matter: Matter) -> Lent:
    return _lent[matter]


def lock_matter(db: Session, mandate: Mandate) -> None:
    if room := _rooms.get(Matter(mandate.matter)):
        room.lock_matter(db, mandate.matter_id)


def mandate_ended(db: Session, mandate: Mandate, by: Actor | None) -> None:
    if room := _rooms.get(Matter(mandate.matter)):
        room.mandate_ended(db, mandate, by)


def logins_ended(db: Session, person_id: int, login_id: int | None = None) -> None:
    for told in _ends_of_logins:
        told(db, person_id, login_id)
