"""Votes in session: what the chair sends, and what a member's device sends."""

import base64
import binascii
import json
import unicodedata
from dataclasses import asdict
from typing import Any

from flask import request

from ecabinet import web
from ecabinet.access import Permission
from ecabinet.db import reading
from ecabinet.errors import BadInput
from ecabinet.web import Door, current_actor, form, form_int, needs
from meetings import access, queries, signing
from meetings.rules import Naming
from meetings.service import cast as casting
from meetings.service import votes
from meetings.service.cast import Envelope
from meetings.service.votes import Question

door = Door("votes", __name__)

VOTE = "/meetings/<int:meeting_id>/votes/<int:vote_id>"
LONGEST_QUESTION = 1_000
LONGEST_OPINION = 2_000
LONGEST_ASSERTION = 8_000
KEY_LETTERS = 32
DONE = ("", 204)


# ---- the chair, or a secretary by order ----


@door.post("/meetings/<int:meeting_id>/votes")
@needs(Permission.MEETING_CONDUCT)
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
def passkey_options(meeting_id: int, vote_id: int) -> dict[str, Any]:
    body = _body("statement_sha256")
    mark = bytes.fromhex(_hex(body, "statement_sha256", signing.DIGEST_LETTERS))
    return casting.passkey_options(current_actor(), meeting_id, vote_id, mark, web.settings())


@door.post(f"{VOTE}/casts")
@needs(Permission.VOTE_CAST)
def cast(meeting_id: int, vote_id: int) -> tuple[dict[str, Any], int]:
    body = _body("statement", "opinion", "signature", "key", "assertion")
    envelope = Envelope(
        statement=_text(body, "statement").encode(),
        opinion=_opinion(body),
        signature=_base64(body, "signature"),
        key=_hex(body, "key", KEY_LETTERS),
    )
    assertion = _assertion(body) if "assertion" in body else None
    receipt = casting.cast(
        current_actor(), meeting_id, vote_id, envelope, web.settings(), assertion
    )
    return asdict(receipt), 201


# ---- parsing ----


def _body(*fields: str) -> dict[str, Any]:
    """The JSON object of a request; what it has beyond these fields is refused (AC-06)."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise BadInput("body", "is no JSON object")
    for name in body.keys() - set(fields):
        raise BadInput(name, "is not asked for")
    return body


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise BadInput(name, "is no text")
    return value


def _hex(body: dict[str, Any], name: str, letters: int) -> str:
    value = _text(body, name)
    if len(value) != letters or not set(value) <= signing.HEX:
        raise BadInput(name, f"is not {letters} hex digits")
    return value


def _base64(body: dict[str, Any], name: str) -> bytes:
    try:
        return base64.b64decode(_text(body, name), validate=True)
    except (binascii.Error, ValueError):
        raise BadInput(name, "is no base64") from None


def _opinion(body: dict[str, Any]) -> str:
    """What was typed, refused rather than changed: what is signed is what was shown."""
    given = body.get("opinion")
    if not isinstance(given, str) or len(given) > LONGEST_OPINION:
        raise BadInput("opinion", "is too long")
    plain = all(each == "\n" or each.isprintable() for each in given)
    if not plain or not unicodedata.is_normalized("NFC", given) or given != given.strip():
        raise BadInput("opinion", "holds signs that do not print, or is not in NFC")
    return given


def _assertion(body: dict[str, Any]) -> dict[str, Any]:
    """A passkey's answer in its form; whether it proves anything is the service's to say."""
    given = body["assertion"]
    if not isinstance(given, dict) or not isinstance(given.get("response"), dict):
        raise BadInput("assertion", "is no answer of a passkey")
    if len(json.dumps(given)) > LONGEST_ASSERTION:
        raise BadInput("assertion", "is too long")
    return given
