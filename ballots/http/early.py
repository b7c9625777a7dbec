"""What a member lets the drafting agency read before the closing."""

from flask import render_template
from werkzeug.wrappers import Response

from ballots import access, queries
from ballots.http import signed
from ballots.service import early
from documents import queries as documents
from ecabinet import clock, web
from ecabinet.access import Permission
from ecabinet.db import reading
from ecabinet.web import Door, current_actor, needs, takes

door = Door("early", __name__)

RELEASED = "/consultations/<int:consultation_id>/early-comments"


@door.get(RELEASED)
@needs(Permission.OPINION_REPLY)
def comments(consultation_id: int) -> str:
    """For the agency that drafts what the question is about."""
    with reading() as db:
        row = access.early_comments_to_read(db, current_actor(), consultation_id)
        return render_template(
            "ballots/early.html",
            consultation=row,
            dossier=documents.dossier(db, row.dossier_id),
            has_ended=row.has_ended(clock.now(db)),
            comments=queries.early_comments(db, row),
        )


@door.post(RELEASED)
@needs(Permission.BALLOT_CAST)
@takes("words")
def release(consultation_id: int) -> Response:
    words = web.form("words", limit=signed.LONGEST_OPINION)
    early.release(current_actor(), consultation_id, words)
    return web.see(f"{queries.path_of(consultation_id)}/answer", "comment_released")


@door.post("/early-comments/<int:comment_id>/taken-back")
@needs(Permission.BALLOT_CAST)
def take_back(comment_id: int) -> Response:
    consultation_id = early.take_back(current_actor(), comment_id)
    return web.see(f"{queries.path_of(consultation_id)}/answer", "comment_taken_back")
