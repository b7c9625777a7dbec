"""Facts told to the screens that may know them: numbered per audience, told after the commit."""

import logging
import os
import platform
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol

from sqlalchemy import JSON, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ecabinet import clock
from ecabinet.db import Base, insert_if_absent

log = logging.getLogger(__name__)
COLLECTED = "announcements"
STORED = "told"
EJECTED = "ejected"
EJECTED_KEPT = timedelta(hours=1)
# A screen further behind than this reloads the state whole.
FAR_BEHIND = 1_000


@dataclass(frozen=True)
class Announcement:
    """One fact for one audience; each room's own are its subclasses, in announcements.py."""

    kind: ClassVar[str]
    audience: str

    def facts(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name != "audience"}


class Audience(Base):
    """The last number told to an audience, and the epoch in which its numbers count."""

    __tablename__ = "live_audience"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    seq: Mapped[int]
    epoch: Mapped[str] = mapped_column(String(16))


class Told(Base):
    """A fact as it was numbered; what a screen asks for when it has missed some."""

    __tablename__ = "live_told"

    audience: Mapped[str] = mapped_column(String(80), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    epoch: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(60))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime]

    def message(self) -> dict[str, Any]:
        return {
            "audience": self.audience,
            "epoch": self.epoch,
            "seq": self.seq,
            "kind": self.kind,
            "at": self.at.isoformat(),
            "facts": self.facts,
        }


class Ejected(Base):
    """That a person's sockets are to end, so that every process finds it, whatever else is down."""

    __tablename__ = "live_ejected"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int]
    audience: Mapped[str | None] = mapped_column(String(80))
    # Whoever wrote it has ended its own sockets already.
    process: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(index=True)


class WireDown(Exception):
    """The wire could not take a message."""


class Wire(Protocol):
    def send(self, audience: str, message: dict[str, Any]) -> None:
        """Give a message to every screen of the audience; WireDown when it cannot."""

    def eject(self, person_id: int, audience: str | None) -> None:
        """End a person's sockets in an audience, or all of them."""


class NoWire:
    """Where nobody listens: commands, workers, most tests."""

    def send(self, audience: str, message: dict[str, Any]) -> None:
        return

    def eject(self, person_id: int, audience: str | None) -> None:
        return


_wire: Wire = NoWire()


def bind(wire: Wire) -> None:
    global _wire
    _wire = wire


def announce(db: Session, announcement: Announcement) -> None:
    """Tell this fact to its audience once the act has been committed."""
    db.info.setdefault(COLLECTED, []).append(announcement)


def store(db: Session) -> None:
    """Number what was announced, audience by audience in one order; called by transaction()."""
    announced: list[Announcement] = db.info.pop(COLLECTED, [])
    told = []
    at = clock.now(db) if announced else None
    for each in sorted(announced, key=lambda one: one.audience):
        audience = _audience(db, each.audience)
        audience.seq += 1
        told.append(
            Told(
                audience=each.audience,
                seq=audience.seq,
                epoch=audience.epoch,
                kind=each.kind,
                facts=each.facts(),
                at=at,
            )
        )
    db.add_all(told)
    _store_ejected(db)
    db.flush()
    db.info[STORED] = [each.message() for each in told]


def _store_ejected(db: Session) -> None:
    ejected = db.info.get(EJECTED, [])
    if not ejected:
        return
    at = clock.now(db)
    db.add_all(
        Ejected(person_id=person_id, audience=audience, process=_process(), at=at)
        for person_id, audience in ejected
    )
    db.flush()
    # After that: SQLite would give the new ones the numbers of the last that were deleted.
    db.execute(delete(Ejected).where(Ejected.at < at - EJECTED_KEPT))


def tell(info: dict[Any, Any]) -> None:
    """Give what was committed to the wire; called by transaction() after its commit."""
    for message in info.get(STORED, []):
        try:
            _wire.send(message["audience"], message)
        except WireDown:
            # The fact is stored; a broken wire must not undo it, and screens see the gap.
            log.warning("could not tell %s %s", message["audience"], message["seq"])
    for person_id, audience in info.get(EJECTED, []):
        _wire.eject(person_id, audience)


def eject(db: Session, person_id: int, audience: str | None = None) -> None:
    """End this person's sockets, in one audience or in all, after the commit (SES-03)."""
    db.info.setdefault(EJECTED, []).append((person_id, audience))


def ejected_elsewhere(db: Session) -> Sequence[Ejected]:
    """Whose sockets other processes have ended of late.

    All of them each time: of two that are written at once, the younger may be read first.
    """
    return db.scalars(select(Ejected).where(Ejected.process != _process())).all()


def _process() -> str:
    # Asked for each time: a server forks after this module was imported.
    return f"{platform.node()[:60]}:{os.getpid()}"


@dataclass(frozen=True)
class Missed:
    """What a screen has to do to be level again."""

    epoch: str
    head: int
    messages: Sequence[dict[str, Any]]
    reload: bool

    def as_answer(self) -> dict[str, Any]:
        return asdict(self) | {"messages": list(self.messages)}


def missed(db: Session, audience: str, epoch: str | None, last_seq: int) -> Missed:
    """What was told after a number; `reload` when that can no longer be said in parts."""
    head = db.get(Audience, audience)
    if head is None:
        return Missed("", 0, [], reload=bool(epoch))
    if head.epoch != epoch or not 0 <= head.seq - last_seq <= FAR_BEHIND:
        return Missed(head.epoch, head.seq, [], reload=True)
    told = db.scalars(
        select(Told)
        .where(Told.audience == audience, Told.epoch == epoch, Told.seq > last_seq)
        .order_by(Told.seq)
    )
    return Missed(head.epoch, head.seq, [each.message() for each in told], reload=False)


def head(db: Session, audience: str) -> tuple[str, int]:
    """Epoch and last number of an audience; what a freshly read state is level with."""
    found = db.get(Audience, audience)
    return (found.epoch, found.seq) if found else ("", 0)


def _audience(db: Session, name: str) -> Audience:
    insert_if_absent(db, Audience, name=name, seq=0, epoch=secrets.token_hex(8))
    return db.get_one(Audience, name, with_for_update=True, populate_existing=True)
