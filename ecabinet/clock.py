"""The database's time: the only clock that decides anything (R-11)."""

from datetime import UTC, datetime, timedelta
from typing import cast

from sqlalchemy import text
from sqlalchemy.orm import Mapped, Session, mapped_column

from ecabinet import settings
from ecabinet.db import READS, Base, insert_if_absent
from ecabinet.errors import SettingRefused

_OFFSET = "(SELECT seconds FROM clock_offset WHERE id = 1)"
NOW = {
    "sqlite": text(f"SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now'), {_OFFSET}"),
    # clock_timestamp, since now() is the start of the transaction, before its locks.
    "postgresql": text(f"SELECT clock_timestamp(), {_OFFSET}"),
}


class ClockOffset(Base):
    """How far a test or demo moves its clock; production refuses a row here."""

    __tablename__ = "clock_offset"

    id: Mapped[int] = mapped_column(primary_key=True)
    seconds: Mapped[int]


def now(db: Session) -> datetime:
    """The database's time in UTC, moved by the offset row where a demo has one.

    A reading is of one moment; whoever writes asks anew, since a lock may have been waited for.
    """
    if not db.info.get(READS):
        return _asked(db)[0]
    if "moment" not in db.info:
        db.info["moment"] = _asked(db)[0]
    return cast(datetime, db.info["moment"])


def offset(db: Session) -> int:
    """Seconds by which this database's clock is moved; 0 when it tells the true time."""
    return _asked(db)[1]


def _asked(db: Session) -> tuple[datetime, int]:
    read, moved = db.execute(NOW[db.get_bind().dialect.name]).one()
    if moved and settings.current().env == "production":
        raise SettingRefused("the clock of a production database was moved: clear clock_offset")
    moment = datetime.fromisoformat(read).replace(tzinfo=UTC) if isinstance(read, str) else read
    return moment.astimezone(UTC) + timedelta(seconds=moved or 0), moved or 0


def shift(db: Session, seconds: int) -> None:
    """Move the clock of a test or demo by so many seconds more."""
    insert_if_absent(db, ClockOffset, id=1, seconds=0)
    db.get_one(ClockOffset, 1, with_for_update=True, populate_existing=True).seconds += seconds
    db.flush()
