"""Notes go some days after the matter that they are about is over, where the office says so; of a
dossier under legal hold none does (DAT-02; peers.md 1.23)."""

from collections.abc import Collection
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from documents import rules
from documents.models import Edition, Note, Paper, StoryLine
from documents.notes import keeping
from ecabinet import clock
from ecabinet.db import reading, transaction

log = structlog.get_logger()

_after: timedelta | None = None
_held: frozenset[int] = frozenset()
# Every note is looked at: so not at each round of the clock.
EACH = timedelta(hours=1)
_looked_at: datetime | None = None


def bind(days: int, held: Collection[int]) -> None:
    """After how many days notes go, 0 for never; and the dossiers of which they stay."""
    global _after, _held, _looked_at
    _after, _held = (timedelta(days=days) if days else None), frozenset(held)
    _looked_at = None


def purge() -> int:
    """Take away the notes of every dossier that is due; how many dossiers there were."""
    global _looked_at
    if _after is None:
        return 0
    with reading() as db:
        now = clock.now(db)
        if _looked_at and now < _looked_at + EACH:
            return 0
        due = _due(db, _after, now)
    _looked_at = now
    for dossier_id in due:
        with transaction() as db:
            editions = select(Edition.id).join(Paper, Paper.id == Edition.paper_id)
            keeping.forget(db, db.scalars(editions.where(Paper.dossier_id == dossier_id)).all())
        # Whose they were and what they said is nobody's business.
        log.info("notes purged by policy", dossier=dossier_id)
    return len(due)


def _due(db: Session, after: timedelta, now: datetime) -> list[int]:
    """Dossiers whose matter is over for so long, and on which nobody has written since."""
    written = db.execute(
        select(Paper.dossier_id, func.max(Note.changed_at))
        .join(Edition, Edition.paper_id == Paper.id)
        .join(Note, Note.edition_id == Edition.id)
        .where(Note.kind.is_not(None))
        .group_by(Paper.dossier_id)
    )
    return [
        dossier_id
        for dossier_id, last in written.all()
        if dossier_id not in _held
        and rules.notes_are_over(_matter(db, dossier_id), last, now, after)
    ]


def _matter(db: Session, dossier_id: int) -> list[rules.Happened]:
    """What happened to a dossier, oldest first."""
    lines = select(StoryLine).where(StoryLine.dossier_id == dossier_id).order_by(StoryLine.id)
    return [rules.Happened(each.kind, each.path, each.at) for each in db.scalars(lines)]


def days() -> int:
    """After how many days notes go; 0 for never."""
    return _after.days if _after else 0
