"""An open reader listens to its paper: it says when there is a newer edition, and goes dark when
the file is removed."""

from typing import Any

from documents import access
from documents.announcements import paper_audience
from ecabinet.access import Actor, Permission
from ecabinet.db import reading
from ecabinet.wire import server as wire
from ecabinet.wire.server import Message

events = wire.Events()


@events.on("paper:enter", Permission.PAPER_READ)
def enter(actor: Actor, message: Message) -> dict[str, Any]:
    with reading() as db:
        access.paper_to_read(db, actor, message.id)
    return wire.enter(paper_audience(message.id), message)
