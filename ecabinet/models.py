"""Every table of every room, so that migrations and tests see them all."""

import ballots.models
import documents.models
import meetings.models
import people.models
import tasks.models
from ecabinet import clock, ledger, live, outbox, pades, search, tsa

__all__ = [
    "ballots",
    "clock",
    "documents",
    "ledger",
    "live",
    "meetings",
    "outbox",
    "pades",
    "people",
    "search",
    "tasks",
    "tsa",
]
