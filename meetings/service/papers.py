"""What a session says of its papers as it goes."""

from sqlalchemy.orm import Session

from ecabinet import live
from meetings import queries
from meetings.announcements import (
    MeetingChanged,
    PaperRemoved,
    PaperReplaced,
    meeting_audience,
)


def replaced(db: Session, dossier_id: int, paper_id: int) -> None:
    """Every open screen of a session whose agenda names its dossier says that it is newer now."""
    _announce(db, PaperReplaced, dossier_id, paper_id)


def removed(db: Session, dossier_id: int, paper_id: int) -> None:
    """Every such screen that has the paper open goes dark."""
    _announce(db, PaperRemoved, dossier_id, paper_id)


def _announce(db: Session, kind: type[MeetingChanged], dossier_id: int, paper_id: int) -> None:
    papers = queries.paper_parts(db, [dossier_id])
    name = queries.paper_part_name(paper_id)
    # This paper's part alone: another of them may be replaced at the same moment.
    for meeting_id in queries.sessions_about(db, dossier_id):
        live.announce(db, kind(meeting_audience(meeting_id), {name: papers[name]}))
