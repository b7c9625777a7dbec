"""Listening to tasks: an agency's staff to theirs, the Government and its Office to all."""

from typing import Any

from ecabinet.access import Actor, Permission
from ecabinet.errors import NotFound
from ecabinet.wire import server as wire
from ecabinet.wire.server import Message
from tasks.announcements import EVERY_TASK, agency

events = wire.Events()


@events.on("tasks:enter", Permission.TASK_READ_ALL)
def enter(_actor: Actor, message: Message) -> dict[str, Any]:
    return wire.enter(EVERY_TASK, message)


@events.on("agency:enter", Permission.TASK_REPORT)
def enter_agency(actor: Actor, message: Message) -> dict[str, Any]:
    if message.id not in actor.agencies:
        raise NotFound(f"agency {message.id}")
    return wire.enter(agency(message.id), message)
