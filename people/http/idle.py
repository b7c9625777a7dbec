"""A page that nobody is at locks; its owner opens it again, and finds it as it was."""

from datetime import timedelta
from typing import Any

from ecabinet import activity, web
from ecabinet.access import Permission, Role
from ecabinet.bodies import Body
from ecabinet.web import Door, current_actor, form, needs, takes
from people import queries, rules
from people.service import idle

door = Door("idle", __name__)


@door.app_context_processor
def lock_of_page() -> dict[str, Any]:
    """When this reader's page locks or their login ends, and whether it is locked already."""
    owner = web.owner_if_asked()
    if owner is None:
        return {}
    after, warn = queries.locks_after(owner), rules.WARNED_BEFORE
    return {
        "lock": {
            "after": int(after.total_seconds()),
            "warn": int(warn.total_seconds()),
            "now": owner.is_locked,
            "ends": owner.login_ends,
            "administers": Role.ADMINISTRATOR in owner.roles,
            "asks_each": rules.ADMINISTRATION_LASTS // timedelta(minutes=1),
            "by_key": web.settings().administers_by_key,
        }
    }


@door.post("/awake")
@needs(Permission.SIGNED_IN)
def awake() -> dict[str, bool]:
    # To be there is no act: it leaves no row in the log.
    activity.begin(None)
    idle.note_presence(current_actor())
    return {"ok": True}


@door.post("/lock")
@needs(Permission.ANYONE)
def lock() -> dict[str, bool]:
    idle.lock(web.cookie_id())
    return {"ok": True}


@door.post("/unlock")
@needs(Permission.ANYONE)
@takes("code")
def unlock() -> dict[str, bool]:
    locked, given = web.cookie_id(), form("code", limit=20)
    with web.new_cookie_if_done() as cookie:
        idle.unlock_by_code(locked, given, cookie, web.source())
    return {"ok": True}


@door.post("/unlock/passkey/options")
@needs(Permission.ANYONE)
def passkey_options() -> dict[str, Any]:
    return idle.passkey_options(web.cookie_id(), web.settings())


@door.post("/unlock/passkey")
@needs(Permission.ANYONE)
@takes(body=True)
def unlock_by_passkey() -> dict[str, bool]:
    locked, answer = web.cookie_id(), Body("answer").object("answer")
    with web.new_cookie_if_done() as cookie:
        idle.unlock_by_passkey(locked, answer, cookie, web.settings())
    return {"ok": True, "administration": not current_actor().administration_is_shut}
