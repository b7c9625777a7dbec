"""The first page and the inbox."""

from datetime import timedelta
from urllib.parse import urlencode

from flask import current_app, make_response, render_template, request
from werkzeug.wrappers import Response

from documents.rules import PaperKind
from ecabinet import approvals, outbox, web
from ecabinet.access import Permission
from ecabinet.db import reading, transaction
from ecabinet.errors import NotFound
from ecabinet.home import queries
from ecabinet.room_words import RoomWords
from ecabinet.search import Within
from ecabinet.web import Door, current_actor, form, needs, takes
from meetings import queries as meetings
from meetings.queries import ItemOrConclusion
from people import queries as people
from people.queries import OFFICE_ZONE

door = Door("home", __name__)

FIRST_DUTIES = 5
LONGEST_QUERY, LONGEST_NAME = 200, 80
KINDS = (*ItemOrConclusion, *PaperKind)
# What a search says in its address.
ASKED = ("q", "kind", "agency", "session", "since", "until", "order")


@door.get("/")
@needs(Permission.SIGNED_IN)
def home() -> str:
    with reading() as db:
        today = queries.first_page(db, current_actor())
    return render_template(
        "home/home.html", page=today, duties=today.duties[:FIRST_DUTIES], say=RoomWords()
    )


@door.get("/sw.js")
@needs(Permission.ANYONE)
def worker() -> Response:
    """The service worker, from the root, which is what it may answer for (screens 8.2)."""
    answer = current_app.send_static_file("sw.js")
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Service-Worker-Allowed"] = "/"
    return answer


@door.get("/app.webmanifest")
@needs(Permission.ANYONE)
def manifest() -> Response:
    """What a device shows of this house once it is put on its first screen."""
    answer = make_response(render_template("home/app.webmanifest"))
    answer.mimetype = "application/manifest+json"
    return answer


@door.get("/duties")
@needs(Permission.SIGNED_IN)
def duties() -> str:
    """Everything that waits for this person."""
    with reading() as db:
        found = queries.duties(db, current_actor())
    return render_template("home/duties.html", duties=found, count=len(found), say=RoomWords())


@door.get("/inbox")
@needs(Permission.SIGNED_IN)
def inbox() -> str:
    with reading() as db:
        days = queries.inbox(db, current_actor())
        unread = outbox.unread(db, current_actor().id)
        today = people.today(db)
    newest = max((one.id for day in days for one in day.messages), default=0)
    return render_template(
        "home/inbox.html", days=days, today=today, unread=unread, newest=newest, say=RoomWords()
    )


@door.get("/inbox/<int:message_id>")
@needs(Permission.SIGNED_IN)
def open_message(message_id: int) -> Response:
    """Where a message is dealt with; on the way there it becomes read."""
    actor = current_actor()
    with transaction() as db:
        message = outbox.message(db, actor.id, message_id)
        if message is None:
            raise NotFound(f"message {message_id}")
        outbox.mark_read(db, actor.id, [message.id])
    return web.see(web.own_path(message.path))


@door.post("/inbox/read")
@needs(Permission.SIGNED_IN)
@takes("newest")
def mark_all_read() -> Response:
    """All that the page showed; what came since stays unread."""
    newest = web.form_int("newest") if "newest" in request.form else 0
    with transaction() as db:
        outbox.mark_read_up_to(db, current_actor().id, newest)
    return web.see("/inbox", "all_read")


# ---- searching ----


@door.get("/search")
@needs(Permission.PAPER_READ)
def search() -> str:
    """Everything with these words, or the pages of one thing (`in`)."""
    asked = request.args
    query = asked.get("q", "")[:LONGEST_QUERY].strip()
    number = web.asked_number("list") or 1
    thing = asked.get("in", "")[:LONGEST_NAME]
    with reading() as db:
        if thing and query:
            found = queries.pages_with(db, current_actor(), query, thing, number)
            page = queries.SearchPage(found, [], [])
        else:
            ranked = asked.get("order") == "best"
            page = queries.search_page(db, current_actor(), query, _within(), number, ranked=ranked)
    return render_template(
        "home/search.html", query=query, page=page, thing=thing, kinds=KINDS, link=_search_link
    )


def _within() -> Within:
    """What the address says one searches in; what it does not say well narrows nothing."""
    kind = request.args.get("kind", "")
    since, until = (web.day_of(name, request.args.get(name, "")) for name in ("since", "until"))
    session = web.asked_number("session")
    return Within(
        kinds=(kind,) if kind in KINDS else (),
        agency_id=web.asked_number("agency"),
        place=meetings.place(session) if session else "",
        since=OFFICE_ZONE.start_of(since) if since else None,
        before=OFFICE_ZONE.start_of(until + timedelta(days=1)) if until else None,
    )


def _search_link(**changed: str | int | None) -> str:
    """The address of this search with some of what it says changed."""
    said = {name: request.args.get(name) for name in ASKED} | changed
    return f"/search?{urlencode({name: value for name, value in said.items() if value})}"


# ---- what needs a second person ----


@door.get("/approvals")
@needs(Permission.SIGNED_IN)
def approvals_desk() -> str:
    with reading() as db:
        desk = approvals.desk(db, current_actor())
    return render_template(
        "home/approvals.html", desk=desk, say=RoomWords(), shown_at=approvals.shown_at
    )


@door.get("/approvals/<int:request_id>")
@needs(Permission.SIGNED_IN)
def approval(request_id: int) -> str:
    actor = current_actor()
    with reading() as db:
        asked = approvals.request_to_read(db, actor, request_id)
        left = queries.left_by_request(db, asked)
    is_waiting = asked.state == approvals.RequestState.WAITING
    may_decide = is_waiting and approvals.may_decide(actor, asked)
    may_withdraw = is_waiting and asked.asked_by == actor.id
    return render_template(
        "home/approval.html",
        asked=asked,
        left=left,
        may_decide=may_decide,
        is_about_reader=is_waiting and approvals.is_about(actor, asked),
        may_withdraw=may_withdraw,
        shown_at=approvals.shown_at(asked) if may_decide or may_withdraw else "",
        say=RoomWords(),
    )


@door.post("/approvals/<int:request_id>/confirm")
@needs(Permission.SIGNED_IN)
@takes("digest")
def confirm(request_id: int) -> Response:
    approvals.confirm(current_actor(), request_id, form("digest", limit=64))
    return web.see("/approvals", "approval_confirmed")


@door.post("/approvals/<int:request_id>/refuse")
@needs(Permission.SIGNED_IN)
@takes("reason", "digest")
def refuse(request_id: int) -> Response:
    reason = form("reason", limit=approvals.LONGEST_REASON)
    approvals.refuse(current_actor(), request_id, form("digest", limit=64), reason)
    return web.see("/approvals", "approval_refused")


@door.post("/approvals/<int:request_id>/withdraw")
@needs(Permission.SIGNED_IN)
def withdraw(request_id: int) -> Response:
    approvals.withdraw(current_actor(), request_id)
    return web.see("/approvals", "approval_withdrawn")


@door.get("/healthz")
@needs(Permission.ANYONE)
def healthz() -> dict[str, str]:
    return {"status": "alive"}
