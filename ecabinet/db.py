"""Base, engine and the one way to write: `transaction()`.

SQLite comes through pysqlite3, whose library is new enough for WAL (security.md 4.1), with
synchronous=FULL: an acknowledged ballot survives a power cut. One writer lock a process.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, Engine, MetaData, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from ecabinet.errors import SettingRefused

WAL_IS_SOUND_FROM = (3, 51, 3)
# In which no power cut loses what was acknowledged (security.md 4.1).
MODES = {"journal_mode": "WAL", "synchronous": "FULL", "foreign_keys": "ON"}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, aware on both sides of the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive moment")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime}


# Of a session's own notes: that nothing is written in it.
READS = "reads"

Store = Callable[[Session], object]
Tell = Callable[[dict[Any, Any]], None]


class Database:
    """One database with its way to read and its way to write."""

    def __init__(self, url: str, before_commit: Sequence[Store] = (), after: Sequence[Tell] = ()):
        self.engine = _engine(url)
        self.before_commit = tuple(before_commit)
        self.after_commit = tuple(after)
        self._writing = self.engine.execution_options(writes=True)
        self._writer: AbstractContextManager[Any] = (
            threading.Lock() if self.embedded else nullcontext()
        )

    @property
    def embedded(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Session]:
        with self._writer, Session(self._writing, expire_on_commit=False) as db:
            yield db
            db.flush()
            for store in self.before_commit:
                store(db)
            db.commit()
            told = dict(db.info)
        for tell in self.after_commit:
            tell(told)

    @contextmanager
    def read(self) -> Iterator[Session]:
        only_read = {READS: True}
        with Session(self.engine, expire_on_commit=False, autoflush=False, info=only_read) as db:
            yield db

    def unsound(self) -> str:
        """By what this store could lose what it has acknowledged; "" where by nothing (SEC-01)."""
        with self.read() as db:
            if self.embedded:
                mode, level = (db.scalar(text(f"PRAGMA {each}")) for each in DURABLE)
                return "" if (mode, level) == ("wal", FULL) else f"SQLite is in mode {mode} {level}"
            fsync, commit, names = (db.scalar(text(f"SHOW {each}")) for each in REPLICATED)
            standbys = db.scalar(text("SELECT count(*) FROM pg_stat_replication"))
        return lost_by(fsync, commit, names, standbys or 0)

    def sweep(self, tables: Iterable[str]) -> None:
        """Let nothing lie in the store's own files of rows that were deleted or changed.

        SQLite is written anew, and its log emptied; PostgreSQL writes these tables anew. What its
        log and its backups hold of them goes as they are recycled (docs/trust.md).
        """
        if not self.embedded:
            alone = self.engine.execution_options(isolation_level="AUTOCOMMIT")
            with alone.connect() as connection:
                connection.execute(text(f"VACUUM (FULL) {', '.join(tables)}"))
            return
        with self._writer, closing(self.engine.raw_connection()) as raw:
            cursor = raw.cursor()
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            answer = cursor.fetchone()
        if answer is None or answer[0]:
            raise Busy

    def close(self) -> None:
        self.engine.dispose()


class Busy(Exception):
    """Somebody reads what is to be swept; it is tried again."""


DURABLE, FULL = ("journal_mode", "synchronous"), 2
REPLICATED = ("fsync", "synchronous_commit", "synchronous_standby_names")


def lost_by(fsync: str, commit: str, synchronous: str, standbys: int) -> str:
    """What in PostgreSQL lets an acknowledged act be lost (security.md SEC-01, R-19)."""
    if fsync != "on":
        return f"PostgreSQL runs with fsync {fsync}"
    if commit == "off" or (standbys and commit == "local"):
        return f"PostgreSQL runs with synchronous_commit {commit}"
    if standbys and not synchronous:
        return "PostgreSQL has a standby, and none in synchronous_standby_names"
    return ""


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(
            url, pool_size=10, max_overflow=40, pool_pre_ping=True, hide_parameters=True
        )
    from pysqlite3 import dbapi2

    if tuple(int(part) for part in dbapi2.sqlite_version.split(".")) < WAL_IS_SOUND_FROM:
        raise SettingRefused(f"SQLite {dbapi2.sqlite_version} is older than 3.51.3")
    engine = create_engine(
        url,
        module=dbapi2,
        # What a failed statement carried may be a choice; it goes into no log (BAL-10).
        hide_parameters=True,
        connect_args={"timeout": 5, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def settle(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for mode, value in MODES.items():
            connection.execute(f"PRAGMA {mode}={value}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


_database: Database | None = None
_open: ContextVar[Session | None] = ContextVar("open transaction", default=None)


def bind(database: Database) -> None:
    """Make this the process's database."""
    global _database
    if _database is not None and _database is not database:
        _database.close()
    _database = database


def database() -> Database:
    if _database is None:
        raise SettingRefused("no database is bound")
    return _database


@contextmanager
def transaction() -> Iterator[Session]:
    """Write. Joins the transaction that is open; only the outermost commits.

    Just before the commit the leaves, announcements and outbox rows collected in the act
    are stored, in this order; only after it is anybody told.
    """
    if (db := _open.get()) is not None:
        yield db
        return
    with database().write() as db:
        token = _open.set(db)
        try:
            yield db
        finally:
            _open.reset(token)


@contextmanager
def reading() -> Iterator[Session]:
    """Read; inside a transaction, what it has written so far."""
    if (db := _open.get()) is not None:
        yield db
        return
    with database().read() as db:
        yield db


def insert_if_absent(db: Session, kind: type[Base], **values: Any) -> None:
    """Insert a row unless its key stands already; two at once make one."""
    inserts: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
    insert = inserts[db.get_bind().dialect.name]
    db.execute(insert(kind).values(**values).on_conflict_do_nothing())
