"""The database's time: the only clock that decides anything (R-11)."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Mapped, Session, mapped_column

from ecabinet import settings
from ecabinet.db import Base, insert_if_absent
from ecabinet.errors import SettingRefused

NOW = {
    "sqlite": text("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')"),
    # clock_timestamp, since now() is the start of the transaction, before its locks.
    "postgresql": text("SELECT clock_timestamp()"),
}


class ClockOffset(Base):
    """How far a test or demo moves its clock; production refuses a row here."""

    __tablename__ = "clock_offset"

    id: Mapped[int] = mapped_column(primary_key=True)
    seconds: Mapped[int]


def now(db: Session) -> datetime:
    """The database's time in UTC, moved by the offset row where a demo has one."""
    read = db.execute(NOW[db.get_bind().dialect.name]).scalar_one()
    moment = datetime.fromisoformat(read).replace(tzinfo=UTC) if isinstance(read, str) else read
    return moment.astimezone(UTC) + timedelta(seconds=offset(db))


def offset(db: Session) -> int:
    """Seconds by which this database's clock is moved; 0 when it tells the true time."""
    row = db.get(ClockOffset, 1)
    if row is None or not row.seconds:
        return 0
    if settings.current().env == "production":
        raise SettingRefused("the clock of a production database was moved: clear clock_offset")
    return row.seconds


def shift(db: Session, seconds: int) -> None:
    """Move the clock of a test or demo by so many seconds more."""
    insert_if_absent(db, ClockOffset, id=1, seconds=0)
    db.get_one(ClockOffset, 1, with_for_update=True, populate_existing=True).seconds += seconds
    db.flush()
