"""What was done, by whom and from where: a row for each act, written in the act's own
transaction, so that what leaves no row does not happen (LOG-01, LOG-05).

A row names the act and the thing by its address, never what was said of it (LOG-02). Rows are
added and read; the database itself refuses to change one or to take one away.
"""

import json
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Select, String, event, select, text
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from ecabinet import clock
from ecabinet.db import Base, transaction

DONE = "done"
LONGEST_BROWSER, LONGEST_THING = 200, 200


class Activity(Base):
    """One act, or one that was refused."""

    __tablename__ = "activity"

    id: Mapped[int] = mapped_column(primary_key=True)
    # Of one request: where an act was written in part and then refused, the later row stands.
    request: Mapped[str] = mapped_column(String(32), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    person_id: Mapped[int | None] = mapped_column(index=True)
    office: Mapped[str] = mapped_column(String(200))
    roles: Mapped[str] = mapped_column(String(120))
    login_id: Mapped[int | None]
    source: Mapped[str] = mapped_column(String(60), index=True)
    port: Mapped[int | None]
    browser: Mapped[str] = mapped_column(String(LONGEST_BROWSER))
    # The door that was asked, as `room.act`, and the address with its numbers.
    act: Mapped[str] = mapped_column(String(80), index=True)
    thing: Mapped[str] = mapped_column(String(LONGEST_THING))
    result: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(String(120))

    def line(self) -> bytes:
        """The bytes that stand for this row in its seal: all of it, in one form.

        Said here name by name: a column that is called otherwise later, or comes to it, changes no
        older seal. Not `canonical`, which refuses text that is not NFC: a browser calls itself
        what it likes, and the row stands as it was written.
        """
        return json.dumps(
            {
                "id": self.id,
                "request": str(self.request),
                "at": self.at.isoformat(timespec="microseconds"),
                "person": self.person_id,
                "office": str(self.office),
                "roles": str(self.roles),
                "login": self.login_id,
                "source": str(self.source),
                "port": self.port,
                "browser": str(self.browser),
                "act": str(self.act),
                "thing": str(self.thing),
                "result": str(self.result),
                "reason": str(self.reason),
            },
            sort_keys=True,
            separators=(",", ":"),
        ).encode()


SQLITE_GUARDS = tuple(
    f"CREATE TRIGGER activity_keeps_{what} BEFORE {what} ON activity "
    "BEGIN SELECT RAISE(ABORT, 'activity is append-only'); END"
    for what in ("UPDATE", "DELETE")
)
POSTGRESQL_GUARDS = (
    "CREATE FUNCTION activity_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'activity is append-only'; END $$",
    "CREATE TRIGGER activity_keeps BEFORE UPDATE OR DELETE OR TRUNCATE ON activity "
    "FOR EACH STATEMENT EXECUTE FUNCTION activity_is_append_only()",
)
GUARDS = {"sqlite": SQLITE_GUARDS, "postgresql": POSTGRESQL_GUARDS}


@event.listens_for(Activity.__table__, "after_create")
def _guard(_table: object, connection: Connection, **_: object) -> None:
    for statement in GUARDS[connection.dialect.name]:
        connection.exec_driver_sql(statement)


@dataclass
class Acting:
    """Who asks for what in this request."""

    act: str
    thing: str
    source: str
    port: int | None
    browser: str
    person_id: int | None = None
    office: str = ""
    roles: str = ""
    login_id: int | None = None
    request: str = field(default_factory=lambda: secrets.token_hex(16))
    is_noted: bool = False


_acting: ContextVar[Acting | None] = ContextVar("who acts", default=None)


@contextmanager
def acting(who: Acting) -> Iterator[None]:
    """What is written in this block is this person's act."""
    token = _acting.set(who)
    try:
        yield
    finally:
        _acting.reset(token)


def begin(who: Acting | None) -> None:
    """The same for a request, whose end is no block's: the next one begins anew."""
    _acting.set(who)


def concerns(person_id: int, login_id: int | None = None) -> None:
    """Whose account this is about, where nobody is signed in yet."""
    if (who := _acting.get()) is not None:
        who.person_id, who.login_id = person_id, login_id


def is_an_act() -> None:
    """Note this request though it only reads: whoever takes a file away has done something."""
    if (who := _acting.get()) is not None:
        who.is_noted = False


def store(db: Session) -> None:
    """Note the act; called by transaction() just before its commit."""
    who = _acting.get()
    if who is not None and not who.is_noted:
        db.add(_row(db, who, DONE, ""))
        db.flush()
        who.is_noted = True


def refused(code: str, reason: str) -> None:
    """Note that the act was refused, in a transaction of its own."""
    who = _acting.get()
    if who is None:
        return
    with transaction() as db:
        # Before the commit, or it would be noted as done beside it.
        who.is_noted = True
        db.add(_row(db, who, code, reason))


def _row(db: Session, who: Acting, result: str, reason: str) -> Activity:
    return Activity(
        request=who.request,
        at=clock.now(db),
        person_id=who.person_id,
        office=who.office,
        roles=who.roles,
        login_id=who.login_id,
        source=who.source,
        port=who.port,
        browser=who.browser[:LONGEST_BROWSER],
        act=who.act,
        thing=who.thing[:LONGEST_THING],
        result=result,
        reason=reason[:120],
    )


@dataclass(frozen=True)
class Wanted:
    """What is looked for in the log; `None` and "" ask for nothing."""

    persons: frozenset[int] | None = None
    acts: frozenset[str] | None = None
    is_refused: bool | None = None
    source: str = ""
    since: datetime | None = None
    until: datetime | None = None


def find(db: Session, wanted: Wanted, before: int | None = None, limit: int = 50) -> list[Activity]:
    """The newest first; `before` is the number of the row where the last page ended."""
    query = _wanted(wanted).order_by(Activity.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Activity.id < before)
    return list(db.scalars(query))


def every(db: Session, wanted: Wanted) -> Iterable[Activity]:
    """All that is looked for, the oldest first."""
    return db.scalars(_wanted(wanted).order_by(Activity.id).execution_options(yield_per=500))


def hold(db: Session) -> None:
    """Wait for whoever is writing a row, and keep others from it until the transaction ends.

    PostgreSQL gives numbers before commits: without this a row could come in below a seal.
    An embedded database has one writer.
    """
    if db.get_bind().dialect.name == "postgresql":
        db.execute(text("LOCK TABLE activity IN SHARE ROW EXCLUSIVE MODE"))


def oldest(db: Session, after: int) -> datetime | None:
    """When the first row behind this number was written."""
    behind = select(Activity.at).where(Activity.id > after).order_by(Activity.id).limit(1)
    return db.scalar(behind)


def between(db: Session, after: int | None, last: int | None) -> Iterable[Activity]:
    """The rows behind one number up to another, in their order; None sets no bound."""
    query = select(Activity).order_by(Activity.id).execution_options(yield_per=500)
    if after is not None:
        query = query.where(Activity.id > after)
    if last is not None:
        query = query.where(Activity.id <= last)
    return db.scalars(query)


def _wanted(wanted: Wanted) -> Select[Activity]:
    later = aliased(Activity)
    query = select(Activity).where(
        ~select(later.id).where(later.request == Activity.request, later.id > Activity.id).exists()
    )
    if wanted.persons is not None:
        query = query.where(Activity.person_id.in_(wanted.persons))
    if wanted.acts is not None:
        query = query.where(Activity.act.in_(wanted.acts))
    if wanted.is_refused is not None:
        is_done = Activity.result == DONE
        query = query.where(~is_done if wanted.is_refused else is_done)
    if wanted.source:
        query = query.where(Activity.source == wanted.source)
    if wanted.since is not None:
        query = query.where(Activity.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(Activity.at < wanted.until)
    return query
