"""What passes between a member's device and the doors by which they sign, whatever they sign."""

import base64
from typing import Any

from sqlalchemy.orm import Session

from ballots import signing
from ballots.models import Consultation
from ballots.service.cast import Envelope
from ballots.service.prepare import Prepared
from ecabinet import ledger, web
from ecabinet.access import Actor
from ecabinet.bodies import Body
from people import queries as people

SENT = ("pending", "key", "signature", "assertion")
LONGEST_OPINION = 20_000


def by_what(db: Session, actor: Actor, consultation: Consultation) -> dict[str, Any]:
    """By which keys this member can sign a page of this question, and how they confirm it."""
    plugin = web.settings().signing_plugin
    return {
        "step_up": people.fresh_step_up(db, actor) is not None,
        "has_passkey": bool(people.passkeys_of(db, actor.id)),
        "outside": people.outside_keys_of(db, actor.id) if plugin else [],
        "plugin": plugin,
        "device_counts": consultation.takes(signing.DEVICE),
    }


def made_ready(made: Prepared) -> dict[str, str]:
    """What the device shows, checks and signs."""
    return {
        "pending": made.token,
        "pdf": base64.b64encode(made.pdf).decode(),
        "attrs": base64.b64encode(made.attributes).decode(),
        "statement": made.statement.decode(),
    }


def envelope(body: Body) -> Envelope:
    """What it sends back, until its receipt verifies."""
    return Envelope(
        token=body.hex("pending", 32),
        key=body.hex("key", 32),
        signature=body.base64("signature"),
    )


def carried(proof: ledger.Proof) -> dict[str, str]:
    """Where anybody checks a receipt, and that address as a QR code."""
    whole = web.carried(f"{proof.receipt}\n{proof.envelope}\n{proof.log_key}")
    at = f"/verify#r={whole}"
    # Long, and read from a screen: the least correction makes the largest dots.
    qr = web.qr(web.settings().base_url.rstrip("/") + at, error="l")
    return {"checked_at": at, "whole_qr": qr}
