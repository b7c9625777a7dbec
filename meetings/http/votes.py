"""Votes in session: what the chair sends, and what a member's device sends."""

from dataclasses import asdict
from typing import Any

from ecabinet import canonical, web
from ecabinet.access import Permission
from ecabinet.bodies import Body
from ecabinet.db import reading
from ecabinet.web import Door, current_actor, form, form_int, needs, takes
from meetings import access, queries
from meetings.rules import Naming
from meetings.service import cast as casting
from meetings.service import votes
from meetings.service.cast import Envelope
from meetings.service.votes import Question

door = Door("votes", __name__)

VOTE = "/meetings/<int:meeting_id>/votes/<int:vote_id>"
LONGEST_QUESTION = 1_000
LONGEST_OPINION = 2_000
KEY_LETTERS = 32
DONE = ("", 204)


# ---- the chair, or a secretary by order ----


@door.post("/meetings/<int:meeting_id>/votes")
@needs(Permission.MEETING_CONDUCT)
@takes("item", "question", "hidden")
def open_vote(meeting_id: int) -> Any:
    naming = Naming.HIDDEN if form("hidden", limit=3, optional=True) else Naming.OPEN
    question = Question(form_int("item"), form("question", limit=LONGEST_QUESTION), naming)
    votes.open_vote(current_actor(), meeting_id, question)
    return DONE


@door.post(f"{VOTE}/closing")
@needs(Permission.MEETING_CONDUCT)
def announce_closing(meeting_id: int, vote_id: int) -> Any:
    votes.announce_closing(current_actor(), meeting_id, vote_id)
    return DONE


@door.post(f"{VOTE}/close")
@needs(Permission.MEETING_CONDUCT)
def close_vote(meeting_id: int, vote_id: int) -> Any:
    votes.close_vote(current_actor(), meeting_id, vote_id)
    return DONE


@door.post(f"{VOTE}/stop")
@needs(Permission.MEETING_CONDUCT)
def stop_vote(meeting_id: int, vote_id: int) -> Any:
    votes.stop_vote(current_actor(), meeting_id, vote_id)
    return DONE


# ---- a member ----


@door.get(f"{VOTE}/mine")
@needs(Permission.VOTE_CAST)
def mine(meeting_id: int, vote_id: int) -> dict[str, Any]:
    """What this member's device needs to answer, and whether it has answered already."""
    actor = current_actor()
    with reading() as db:
        seat, vote = access.vote_to_read(db, actor, meeting_id, vote_id)
        return queries.voting(db, actor, seat, vote, web.settings().env)


@door.post(f"{VOTE}/step-up")
@needs(Permission.VOTE_CAST)
@takes(body=True)
def passkey_options(meeting_id: int, vote_id: int) -> dict[str, Any]:
    digest = Body("statement_sha256").hex("statement_sha256", canonical.DIGEST_LETTERS)
    mark = bytes.fromhex(digest)
    return casting.passkey_options(current_actor(), meeting_id, vote_id, mark, web.settings())


@door.post(f"{VOTE}/casts")
@needs(Permission.VOTE_CAST)
@takes(body=True)
def cast(meeting_id: int, vote_id: int) -> tuple[dict[str, Any], int]:
    body = Body("statement", "opinion", "signature", "key", "assertion")
    envelope = Envelope(
        statement=body.text("statement").encode(),
        opinion=body.typed("opinion", LONGEST_OPINION),
        signature=body.base64("signature"),
        key=body.hex("key", KEY_LETTERS),
    )
    receipt = casting.cast(
        current_actor(), meeting_id, vote_id, envelope, web.settings(), body.assertion()
    )
    return asdict(receipt), 201
