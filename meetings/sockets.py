"""Entering the live room of a meeting, and the draft of an agenda that others edit too.

A socket outlives the invitation that allowed it: the seat is looked up each time a screen
enters, and `live.eject` ends the socket when the right is withdrawn.
"""

from typing import Any

from ecabinet.access import Actor, Permission
from ecabinet.db import reading
from ecabinet.wire import server as wire
from ecabinet.wire.server import Message
from meetings import access
from meetings.announcements import draft_audience, meeting_audience

events = wire.Events()


@events.on("meeting:enter", Permission.MEETING_READ)
def enter(actor: Actor, message: Message) -> dict[str, Any]:
    with reading() as db:
        meeting = access.meeting_to_follow(db, actor, message.id)
    return wire.enter(meeting_audience(meeting.id), message)


@events.on("draft:enter", Permission.MEETING_PREPARE)
def enter_draft(actor: Actor, message: Message) -> dict[str, Any]:
    with reading() as db:
        meeting = access.meeting_to_read(db, actor, message.id)
    return wire.enter(draft_audience(meeting.id), message)
