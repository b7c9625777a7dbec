"""What passes between a member's device and the doors by which they sign, whatever they sign."""

import base64

from ballots.service.cast import Envelope
from ballots.service.prepare import Prepared
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
