"""What the rooms say of their messages and of what waits, on pages that show those of several."""

from typing import Any, cast

import structlog
from flask import current_app
from jinja2 import TemplateNotFound
from markupsafe import Markup

from ecabinet.duties import Duty
from ecabinet.outbox import Message

log = structlog.get_logger()
ROOMS = ("home", "handover", "people", "documents", "ballots", "meetings", "tasks")


class RoomWords:
    """What the rooms say of their messages and duties: templates/<room>/_messages.html.

    A kind that no room has words for is logged, and the page falls back to plain words; a
    test finds such kinds before a reader does.
    """

    def __init__(self) -> None:
        # Made anew each time: words set outside a macro are in the language of this reader.
        self._rooms = [module for room in ROOMS if (module := _messages_of(room))]

    def __call__(self, macro: str, thing: Duty | Message) -> str:
        for room in self._rooms:
            said = getattr(room, macro, _silent)(thing).strip()
            if said:
                # Markup, as every macro gives it: what it was given is escaped already.
                return cast(Markup, said)
        log.warning("a kind without words", macro=macro, kind=thing.kind)
        return ""


def _messages_of(room: str) -> Any:
    try:
        return current_app.jinja_env.get_template(f"{room}/_messages.html").make_module()
    except TemplateNotFound:
        return None


def _silent(_thing: object) -> str:
    return ""
