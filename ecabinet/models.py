"""Every table of every room, so that migrations and tests see them all."""

import ballots.models
import documents.models
import ecabinet.dates.models
import ecabinet.handover.models
import meetings.models
import people.models
import tasks.models
from ecabinet import (
    activity,
    addresses,
    approvals,
    clock,
    crls,
    deliveries,
    heartbeat,
    ledger,
    live,
    outbox,
    pades,
    search,
    tsa,
    witnesses,
    working_days,
)

__all__ = [
    "activity",
    "addresses",
    "approvals",
    "ballots",
    "clock",
    "crls",
    "deliveries",
    "documents",
    "ecabinet",
    "heartbeat",
    "ledger",
    "live",
    "meetings",
    "outbox",
    "pades",
    "people",
    "search",
    "tasks",
    "tsa",
    "witnesses",
    "working_days",
]
