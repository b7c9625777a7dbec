"""An open page of a question listens: what has become of it; for the Office, who has answered."""

from typing import Any

from ballots import access
from ballots.announcements import LISTS
from ecabinet.access import Actor, Permission
from ecabinet.db import reading
from ecabinet.wire import server as wire
from ecabinet.wire.server import Message

events = wire.Events()


@events.on("consultation:enter", Permission.CONSULTATION_READ)
def enter(actor: Actor, message: Message) -> dict[str, Any]:
    with reading() as db:
        row = access.consultation_to_read(db, actor, message.id)
        audience = access.audience_of(actor, row)
    return wire.enter(audience, message)


@events.on("consultations:enter", Permission.CONSULTATION_READ)
def enter_lists(_actor: Actor, message: Message) -> dict[str, Any]:
    return wire.enter(LISTS, message)
