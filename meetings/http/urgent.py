"""Urgent decisions: their list, and how the secretariat writes one down."""

from datetime import UTC, datetime

from flask import render_template
from werkzeug.wrappers import Response

from ecabinet import web
from ecabinet.access import Permission
from ecabinet.db import reading
from ecabinet.web import Door, current_actor, form, form_int, needs, takes
from meetings import access, queries
from meetings.service import urgent
from people import queries as people
from people.queries import OFFICE_ZONE

door = Door("urgent", __name__)

LONGEST_TITLE, LONGEST_WORDS, LONGEST_REASON, LONGEST_DOCUMENT = 400, 10_000, 1_000, 200


@door.get("/urgent-decisions")
@needs(Permission.RESULT_READ)
def decisions() -> str:
    actor = current_actor()
    with reading() as db:
        found = queries.urgent_decisions(db)
        meetings = [each.meeting for each in found if each.meeting]
        return render_template(
            "meetings/urgent.html",
            found=found,
            readable={each.id for each in meetings if access.may_read(db, actor, each)},
            may_prepare=actor.may(Permission.MEETING_PREPARE),
        )


@door.get("/urgent-decisions/new")
@needs(Permission.MEETING_PREPARE)
def new() -> str:
    with reading() as db:
        return render_template(
            "meetings/urgent_new.html",
            deciders=people.persons_with(db, *urgent.DECIDERS),
            members=people.members(db),
        )


@door.post("/urgent-decisions")
@needs(Permission.MEETING_PREPARE)
@takes("title", "content", "reason", "document", "decider", "day", "hour", many=("agreed",))
def ask() -> Response:
    hour = web.hour_of("hour", form("hour", limit=8))
    decided = urgent.Decided(
        title=form("title", limit=LONGEST_TITLE),
        words=form("content", limit=LONGEST_WORDS),
        reason=form("reason", limit=LONGEST_REASON),
        document=form("document", limit=LONGEST_DOCUMENT),
        decider_id=form_int("decider", least=1),
        decided_at=datetime.combine(web.form_day("day"), hour, OFFICE_ZONE.zone).astimezone(UTC),
        agreed_with=web.form_ints("agreed"),
    )
    asked = urgent.ask_to_record(current_actor(), decided)
    return web.see(f"/approvals/{asked}", "urgent_decision_asked")
