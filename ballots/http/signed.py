"""What passes between a member's device and the doors by which they sign, whatever they sign."""

import base64

from ballots.service.cast import Envelope
from ballots.service.prepare import Prepared
from ecabinet import ledger, web
from ecabinet.bodies import Body

SENT = ("pending", "key", "signature", "assertion")


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
