"""How an act of a meeting is written down and told; what every other file here uses."""

import hashlib
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.orm import Session

from ecabinet import clock, ledger, live
from ecabinet.access import Actor
from meetings import queries
from meetings.announcements import DraftChanged, MeetingChanged, draft_audience, meeting_audience
from meetings.models import Act, Meeting


def record(
    db: Session,
    actor: Actor,
    meeting: Meeting,
    kind: str,
    item_id: int | None = None,
    by_order_of: int | None = None,
    then: Callable[[int], None] | None = None,
    **facts: Any,
) -> Act:
    """Write an official act into the meeting's story and the log, by whose order it was done."""
    act = _act(db, actor, meeting, kind, item_id, by_order_of, facts)
    leaf = {
        "meeting": meeting.id,
        "item": item_id or 0,
        "by": actor.id,
        "by_order_of": by_order_of or 0,
        "at": act.at.isoformat(),
        **facts,
    }

    def remember(position: int) -> None:
        act.leaf = position
        if then:
            then(position)

    ledger.append(db, f"meeting_{kind}", leaf, remember)
    return act


def note_draft(
    db: Session,
    actor: Actor,
    meeting: Meeting,
    what: str,
    item_id: int | None = None,
    **facts: Any,
) -> None:
    """Give the agenda its next draft number, and tell whoever else has it open."""
    meeting.draft += 1
    meeting.saved_at = clock.now(db)
    # What was put forward for convening is what is convened; a change has to be put forward anew.
    meeting.submitted_by = None
    _act(db, actor, meeting, what, item_id, None, facts)
    live.announce(
        db,
        DraftChanged(
            draft_audience(meeting.id), meeting.draft, actor.id, actor.office, what, item_id
        ),
    )


def _act(
    db: Session,
    actor: Actor,
    meeting: Meeting,
    kind: str,
    item_id: int | None,
    by_order_of: int | None,
    facts: dict[str, Any],
) -> Act:
    act = Act(
        meeting_id=meeting.id,
        kind=kind,
        item_id=item_id,
        person_id=actor.id,
        office=actor.office,
        by_order_of=by_order_of,
        at=clock.now(db),
        draft=meeting.draft,
        facts=facts,
    )
    db.add(act)
    return act


@contextmanager
def told(db: Session, meeting: Meeting, fact: type[MeetingChanged]) -> Iterator[None]:
    """Tell every screen of the meeting which parts of its state the act within changes."""
    before = queries.parts(db, meeting)
    yield
    db.flush()
    changed = queries.changed(before, queries.parts(db, meeting))
    if changed:
        live.announce(db, fact(meeting_audience(meeting.id), changed))


def normal(words: str) -> str:
    return unicodedata.normalize("NFC", words).strip()


def digest(words: str) -> str:
    return hashlib.sha256(normal(words).encode()).hexdigest()
