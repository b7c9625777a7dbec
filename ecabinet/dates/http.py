"""The calendar's pages."""

from datetime import date
from urllib.parse import urlencode

from flask import Response as Download
from flask import render_template, request
from werkzeug.wrappers import Response

from ecabinet import clock, web
from ecabinet.access import Permission
from ecabinet.dates import pages, queries, service
from ecabinet.dates.queries import Shown
from ecabinet.db import reading
from ecabinet.errors import BadInput
from ecabinet.web import Door, current_actor, form, needs, takes
from people import queries as people

door = Door("dates", __name__)

YEARS = range(2000, 2100)
LONGEST_NAME = 120
KINDS = {"off": False, "worked": True}


@door.get("/calendar")
@needs(Permission.SIGNED_IN)
def calendar() -> str:
    """A month of one's own and of one's agency."""
    actor = current_actor()
    with reading() as db:
        first = _month(people.today(db))
        shown = _shown()
        month = queries.month(db, actor, first, shown, web.language())
        feed = queries.feed_of(db, actor)
    return render_template(
        "dates/calendar.html", month=month, shown=shown, Shown=Shown, to=_address,
        has_agency=bool(actor.agencies), feed=feed,
    )  # fmt: skip


@door.post("/calendar/feed")
@needs(Permission.SIGNED_IN)
def make_feed() -> str:
    """The address is shown on this page alone: afterwards only its digest is known."""
    secret = service.make_feed(current_actor())
    address = f"{web.settings().base_url.rstrip('/')}/calendar/feed/{secret}.ics"
    return render_template("dates/feed.html", address=address)


@door.post("/calendar/feed/end")
@needs(Permission.SIGNED_IN)
def end_feed() -> Response:
    service.end_feed(current_actor())
    return web.see("/calendar", "feed_ended")


@door.get("/calendar/feed/<secret>.ics")
@needs(Permission.ANYONE)
def feed(secret: str) -> Download:
    """What calendars of other programs ask for again and again, without signing in (AC-10)."""
    with reading() as db:
        content = pages.feed(queries.slots(db, secret), clock.now(db))
    return Download(content, mimetype="text/calendar")


@door.get("/calendar/days")
@needs(Permission.SIGNED_IN)
def days() -> str:
    """Which days of a year are off, and which are worked in exchange."""
    with reading() as db:
        year = web.asked_number("year") or people.today(db).year
        if year not in YEARS:
            raise BadInput("year", "is out of bounds")
        found = queries.special_days(db, year, web.language())
    return render_template(
        "dates/days.html", days=found, year=year,
        may_change=current_actor().may(Permission.SETTINGS_CHANGE),
    )  # fmt: skip


@door.post("/calendar/days")
@needs(Permission.SETTINGS_CHANGE)
@takes("kind", "name", "first", "last")
def enter_days() -> Response:
    first = web.day_of("first", form("first", limit=10))
    last = web.day_of("last", form("last", limit=10, optional=True)) or first
    kind = form("kind", limit=10)
    if first is None or last is None or kind not in KINDS:
        raise BadInput("kind", "is none of those offered")
    name = form("name", limit=LONGEST_NAME)
    service.enter_days(current_actor(), first, last, KINDS[kind], name)
    return web.see(f"/calendar/days?year={first.year}", "days_entered")


@door.post("/calendar/days/<int:entry_id>/take-back")
@needs(Permission.SETTINGS_CHANGE)
def take_back_day(entry_id: int) -> Response:
    service.take_back_day(current_actor(), entry_id)
    return web.see("/calendar/days", "day_taken_back")


def _address(first: date, shown: Shown) -> str:
    return f"/calendar?{urlencode({'month': f'{first:%Y-%m}', 'show': shown.value})}"


def _shown() -> Shown:
    asked = request.args.get("show", "")
    return Shown(asked) if asked in set(Shown) else Shown.ALL


def _month(today: date) -> date:
    """The month that is asked for, as year and month; this one unless another is."""
    asked = request.args.get("month", "")
    if not asked:
        return today.replace(day=1)
    try:
        first = date.fromisoformat(f"{asked}-01")
    except ValueError:
        raise BadInput("month", "is no month") from None
    if first.year not in YEARS:
        raise BadInput("month", "is out of bounds")
    return first
