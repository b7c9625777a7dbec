"""Lists, the agenda and its builder, the live room, the hall: parse, call, answer."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from flask import current_app, render_template, request
from werkzeug.wrappers import Response
from werkzeug.wsgi import wrap_file

from documents import queries as documents
from documents.http import papers
from documents.pages.reading import takes_office
from documents.rules import PaperKind
from ecabinet import approvals, sheets, web
from ecabinet.access import Actor, Matter, Permission, Right, Role
from ecabinet.db import reading
from ecabinet.errors import BadInput
from ecabinet.web import (
    Door,
    Word,
    confirmed,
    current_actor,
    form,
    form_int,
    gives_a_file,
    needs,
    takes,
)
from meetings import access, queries, rules
from meetings.models import Meeting
from meetings.queries import ItemOpenings
from meetings.rules import Attendance, Direction, Kind, SeatRole, State
from meetings.service import attend, binding, conduct, prepare, readers, substitutes, taking
from meetings.service.prepare import Head, ItemText
from people import queries as people
from people.queries import OFFICE_ZONE

door = Door("meetings", __name__)

LONGEST_TITLE = 500
LONGEST_MINUTES = 600
LONGEST_REASON = 2_000
DONE = ("", 204)


@door.get("/meetings")
@needs(Permission.MEETING_READ)
def meetings() -> str:
    actor = current_actor()
    with reading() as db:
        return render_template(
            "meetings/meetings.html",
            meetings=queries.meetings(db, actor),
            may_prepare=actor.may(Permission.MEETING_PREPARE),
            may_read_urgent=actor.may(Permission.RESULT_READ),
        )


@door.get("/meetings/new")
@needs(Permission.MEETING_PREPARE)
def new() -> str:
    with reading() as db:
        return render_template(
            "meetings/new.html", chairs=queries.possible_chairs(db), kinds=list(Kind)
        )


@door.post("/meetings")
@needs(Permission.MEETING_PREPARE)
@takes("kind", "title", "place", "chair", "day", "hour")
def plan() -> Response:
    meeting_id = prepare.plan(current_actor(), _head())
    return web.see(f"/meetings/{meeting_id}", "meeting_planned")


@door.get("/meetings/<int:meeting_id>")
@needs(Permission.MEETING_READ)
def meeting(meeting_id: int) -> str:
    """The builder while it is planned; then, and as its members see it, the agenda."""
    actor = current_actor()
    with reading() as db:
        found = access.meeting_to_read(db, actor, meeting_id)
        previews = request.args.get("as") == "member"
        builds = found.stands is State.PLANNED and actor.may(Permission.MEETING_PREPARE)
        if builds and not previews:
            return _builder(db, found)
        whole = queries.agenda(db, found)
        view = queries.seen(db, actor, queries.as_any_member(whole) if previews else whole)
        editions = [paper.edition_id for each in view.items for paper in each.papers]
        return render_template(
            "meetings/agenda.html",
            view=view,
            meeting=found,
            seat=(own := found.seat_of(actor.id)),
            chairs=own is not None and own.role == SeatRole.CHAIR,
            opened=documents.opened(db, actor.id, editions),
            presenters=queries.presenters(db, found),
            numbers={each.id: each.position for each in found.items},
            book=queries.book(db, actor, whole),
            consulted=queries.consulted_on(db, actor, found),
            previews=previews,
            acts=queries.acts(db, meeting_id),
            invited=_invited(db, actor, found),
            vote_counts=queries.result_counts,
            vote_names=queries.result_names,
            own_numbers=queries.own_numbers(db, actor, found),
            may_prepare=actor.may(Permission.MEETING_PREPARE),
            may_convene=actor.may(Permission.MEETING_CONVENE) and not previews,
            may_assign=actor.may(Permission.TASK_ASSIGN),
            may_read_urgent=actor.may(Permission.RESULT_READ),
            asked_readers=readers.waiting(db, actor, found),
            **_substitutes(db, actor, found),
        )


@door.get("/meetings/<int:meeting_id>/book.pdf")
@needs(Permission.MEETING_READ)
@gives_a_file(access.meeting_to_read)
def book(meeting_id: int) -> Response:
    """All papers as one file, in pieces; it goes with its answer."""
    made = binding.book(current_actor(), meeting_id)
    headers = papers.FILE_HEADERS | {
        "Accept-Ranges": "none", "Content-Disposition": 'inline; filename="tai-lieu-phien-hop.pdf"',
    }  # fmt: skip
    answer = Response(wrap_file(request.environ, made), mimetype="application/pdf", headers=headers)
    answer.direct_passthrough = True
    answer.call_on_close(made.close)
    return answer


@door.get("/meetings/<int:meeting_id>/openings")
@needs(Permission.MEETING_PREPARE)
def openings(meeting_id: int) -> str:
    """Of each item who has opened its papers, and who is to be reminded."""
    with reading() as db:
        found = access.meeting_to_read(db, current_actor(), meeting_id)
        return render_template(
            "meetings/openings.html", meeting=found, items=queries.openings(db, found)
        )


@door.get("/meetings/<int:meeting_id>/openings.csv")
@needs(Permission.MEETING_PREPARE)
def openings_csv(meeting_id: int) -> Response:
    """The same, a row for each item and person."""
    with reading() as db:
        found = access.meeting_to_read(db, current_actor(), meeting_id)
        items = queries.openings(db, found)
    return web.download("da-mo-tai-lieu.csv", sheets.write_csv(_cells(items)), sheets.CSV)


def _cells(items: Sequence[ItemOpenings]) -> Iterator[list[str]]:
    headings = web.words_in("meetings/_words.html", "opened_headings")
    moment = current_app.jinja_env.filters["moment"]
    yield list(headings.values())
    for item in items:
        for each in item.readers if item.papers else ():
            yield [
                str(item.number),
                item.item.title,
                each.office,
                str(len(item.papers) - len(each.unopened)),
                str(len(item.papers)),
                moment(each.last_at) if each.last_at else "",
                str(each.kept),
            ]


def _substitutes(db: Any, actor: Actor, found: Meeting) -> dict[str, Any]:
    """Who attends for whom; what waits for the Prime Minister; whom a member could send."""
    everybodys = queries.substitutes(db, found.id)
    own = found.seat_of(actor.id)
    may_send = (
        own is not None
        and actor.may(Permission.MANDATE_GIVE)
        and rules.substitute_refusal(
            Kind(found.kind), found.stands, SeatRole(own.role), own.counts, asked=False
        )
        is None
    )
    could = people.may_stand_for(db, actor) if may_send else []
    return {
        "substitutes": [each for each in everybodys if each.standing == "in_force"],
        "own_substitutes": [each for each in everybodys if each.giver_id == actor.id],
        "to_consent": [
            each
            for each in everybodys
            if each.standing == "waiting" and actor.may(Permission.MANDATE_CONSENT)
        ],
        "may_send": may_send,
        "may_be_sent": [each for each in could if not _sits(found, each.person_id)],
        "places": queries.places(db, found),
        "stands_in": actor.mandate_for(Right.SUBSTITUTE, Matter.SESSION, found.id),
    }


def _sits(found: Meeting, person_id: int) -> bool:
    seat = found.seat_of(person_id)
    return seat is not None and seat.role != SeatRole.SUBSTITUTE


def _invited(db: Any, actor: Actor, found: Meeting) -> list[queries.Invited]:
    """How each was told, for those who see to it, until the session opens."""
    is_asked = found.stands is State.CONVENED and actor.may(Permission.MEETING_PREPARE)
    return queries.invited(db, found) if is_asked else []


def _builder(db: Any, found: Meeting) -> str:
    view = queries.agenda(db, found)
    chosen = web.asked_number("item")
    return render_template(
        "meetings/builder.html",
        view=view,
        meeting=found,
        chosen=next((each for each in view.items if each.item.id == chosen), None),
        chairs=queries.possible_chairs(db),
        kinds=list(Kind),
        dossiers=(dossiers := documents.may_put_forward(db, current_actor())),
        awaiting=(awaiting := queries.awaiting_a_session(db, dossiers)),
        put=next((each for each, _ in awaiting if each.id == web.asked_number("dossier")), None),
        agencies=people.agencies(db),
        outer_seats=queries.secretaries_first(found),
        persons=[each for each in people.holders(db) if not found.seat_of(each.person_id)],
        closed=queries.closed_to_papers(db, current_actor(), found),
        paper_kinds=list(PaperKind),
        takes_office=takes_office(),
        secretary_role=Role.SECRETARY,
        start=found.starts_at.astimezone(OFFICE_ZONE.zone),
    )


# ---- preparing ----


@door.post("/meetings/<int:meeting_id>/head")
@needs(Permission.MEETING_PREPARE)
@takes("draft", "kind", "title", "place", "chair", "day", "hour")
def edit_head(meeting_id: int) -> Response:
    prepare.edit_head(current_actor(), meeting_id, form_int("draft"), _head())
    return web.see(f"/meetings/{meeting_id}", "agenda_saved")


@door.post("/meetings/<int:meeting_id>/items")
@needs(Permission.MEETING_PREPARE)
@takes("title", "minutes", "agency", "presenter", "dossier", "scope", many=("reader",))
def add_item(meeting_id: int) -> Response:
    item_id = prepare.add_item(current_actor(), meeting_id, _item_text())
    return web.see(f"/meetings/{meeting_id}?item={item_id}", "item_added")


@door.post("/meetings/<int:meeting_id>/items/<int:item_id>/edit")
@needs(Permission.MEETING_PREPARE)
@takes("draft", "title", "minutes", "agency", "presenter", "dossier", "scope", many=("reader",))
def edit_item(meeting_id: int, item_id: int) -> Response:
    prepare.edit_item(current_actor(), meeting_id, item_id, form_int("draft"), _item_text())
    return web.see(f"/meetings/{meeting_id}?item={item_id}", "agenda_saved")


@door.post("/meetings/<int:meeting_id>/items/<int:item_id>/move")
@needs(Permission.MEETING_PREPARE)
@takes("stood", "direction")
def move_item(meeting_id: int, item_id: int) -> Response:
    direction = _word(Direction, "direction")
    prepare.move_item(current_actor(), meeting_id, item_id, form_int("stood"), direction)
    return web.see(f"/meetings/{meeting_id}?item={item_id}")


@door.post("/meetings/<int:meeting_id>/items/<int:item_id>/remove")
@needs(Permission.MEETING_PREPARE)
@takes("draft", "reason")
def remove_item(meeting_id: int, item_id: int) -> Response:
    reason = form("reason", limit=LONGEST_REASON, optional=True)
    prepare.remove_item(current_actor(), meeting_id, item_id, form_int("draft"), reason)
    return web.see(f"/meetings/{meeting_id}", "item_removed")


@door.post("/meetings/<int:meeting_id>/items/<int:item_id>/papers")
@needs(Permission.MEETING_PREPARE)
@takes("title", "kind", *papers.FILE)
def add_paper(meeting_id: int, item_id: int) -> Any:
    with papers.sent_paper() as paper:
        return papers.added(taking.add_paper(current_actor(), meeting_id, item_id, *paper))


@door.get("/meetings/<int:meeting_id>/draft")
@needs(Permission.MEETING_PREPARE)
def draft(meeting_id: int) -> dict[str, Any]:
    """How the agenda stands now, and what was changed since a draft: for whoever was overtaken."""
    since = web.asked_number("since") or 0
    with reading() as db:
        found = access.meeting_to_read(db, current_actor(), meeting_id)
        return queries.draft(db, found, since)


@door.post("/meetings/<int:meeting_id>/seats")
@needs(Permission.MEETING_PREPARE)
@takes("person", "role")
def add_seat(meeting_id: int) -> Response:
    role = _word(SeatRole, "role")
    if role not in (SeatRole.SECRETARY, SeatRole.INVITEE):
        raise BadInput("role", "comes with the office")
    prepare.add_seat(current_actor(), meeting_id, form_int("person"), role)
    return web.see(f"/meetings/{meeting_id}", "agenda_saved")


@door.post("/meetings/<int:meeting_id>/seats/<int:person_id>/remove")
@needs(Permission.MEETING_PREPARE)
def remove_seat(meeting_id: int, person_id: int) -> Response:
    prepare.remove_seat(current_actor(), meeting_id, person_id)
    return web.see(f"/meetings/{meeting_id}", "agenda_saved")


@door.post("/meetings/<int:meeting_id>/items/<int:item_id>/readers")
@needs(Permission.MEETING_PREPARE)
@takes("person", "named", "reason")
def change_readers(meeting_id: int, item_id: int) -> Response:
    named, reason = form("named") == "yes", form("reason", limit=approvals.LONGEST_REASON)
    asked = readers.ask(
        current_actor(), meeting_id, item_id, form_int("person"), named=named, reason=reason
    )
    return web.see(f"/approvals/{asked}", "readers_asked")


@door.post("/meetings/<int:meeting_id>/operators/<int:person_id>")
@needs(Permission.MEETING_CONDUCT)
@takes("named")
def name_operator(meeting_id: int, person_id: int) -> Response:
    named = form("named") == "yes"
    conduct.name_operator(current_actor(), meeting_id, person_id, named=named)
    said = "operator_named" if named else "operator_released"
    return web.see(f"/meetings/{meeting_id}", said)


@door.post("/meetings/<int:meeting_id>/submit")
@needs(Permission.MEETING_PREPARE)
def submit(meeting_id: int) -> Response:
    prepare.submit(current_actor(), meeting_id)
    return web.see(f"/meetings/{meeting_id}", "agenda_submitted")


@door.post("/meetings/<int:meeting_id>/return")
@needs(Permission.MEETING_CONVENE)
@takes("reason")
def send_back(meeting_id: int) -> Response:
    prepare.send_back(current_actor(), meeting_id, form("reason", limit=2000))
    return web.see(f"/meetings/{meeting_id}", "agenda_returned")


@door.post("/meetings/<int:meeting_id>/convene")
@needs(Permission.MEETING_CONVENE)
@takes("draft")
@confirmed
def convene(meeting_id: int) -> Response:
    prepare.convene(current_actor(), meeting_id, form_int("draft"))
    return web.see(f"/meetings/{meeting_id}", "session_convened")


# ---- who attends for a member ----


@door.post("/meetings/<int:meeting_id>/substitutes")
@needs(Permission.MANDATE_GIVE)
@takes("reason", "person")
def ask_for_substitute(meeting_id: int) -> Response:
    reason = form("reason", limit=500)
    substitutes.ask(current_actor(), meeting_id, form_int("person"), reason)
    return web.see(f"/meetings/{meeting_id}", "substitute_asked")


@door.post("/meetings/<int:meeting_id>/substitutes/<int:mandate_id>/consent")
@needs(Permission.MANDATE_CONSENT)
def consent_to_substitute(meeting_id: int, mandate_id: int) -> Response:
    substitutes.consent(current_actor(), meeting_id, mandate_id)
    return web.see(f"/meetings/{meeting_id}", "substitute_admitted")


@door.post("/meetings/<int:meeting_id>/substitutes/<int:mandate_id>/refuse")
@needs(Permission.MANDATE_CONSENT)
@takes("reason")
def refuse_substitute(meeting_id: int, mandate_id: int) -> Response:
    reason = form("reason", limit=500)
    substitutes.refuse(current_actor(), meeting_id, mandate_id, reason)
    return web.see(f"/meetings/{meeting_id}", "substitute_refused")


@door.post("/meetings/<int:meeting_id>/substitutes/<int:mandate_id>/end")
@needs(Permission.MEETING_READ)
def end_substitute(meeting_id: int, mandate_id: int) -> Response:
    substitutes.take_back(current_actor(), meeting_id, mandate_id)
    return web.see("/mandates", "mandate_ended")


# ---- the live room: pages and state ----


@door.get("/meetings/<int:meeting_id>/live")
@needs(Permission.MEETING_READ)
def live(meeting_id: int) -> str:
    actor = current_actor()
    with reading() as db:
        found = access.meeting_to_follow(db, actor, meeting_id)
        whole = queries.agenda(db, found)
        view = queries.seen(db, actor, whole)
        discussed = queries.discussed_paper(view)
        return render_template(
            "meetings/live.html",
            meeting=found,
            page=queries.live_page(db, actor, whole),
            discussed=discussed,
            paper=discussed or queries.first_paper(view),
        )


@door.get("/meetings/<int:meeting_id>/hall")
@needs(Permission.MEETING_READ)
def hall(meeting_id: int) -> str:
    with reading() as db:
        found = access.meeting_to_follow(db, current_actor(), meeting_id)
        page = queries.hall_page(db, queries.agenda(db, found))
        return render_template("meetings/hall.html", meeting=found, page=page)


@door.get("/meetings/<int:meeting_id>/state")
@needs(Permission.MEETING_READ)
def state(meeting_id: int) -> dict[str, Any]:
    """For whoever asks; for the hall what everybody there may see."""
    actor = current_actor()
    with reading() as db:
        found = access.meeting_to_follow(db, actor, meeting_id)
        return queries.state(db, found, None if request.args.get("for") == "hall" else actor)


# ---- the live room: what chair and secretary do ----


@door.post("/meetings/<int:meeting_id>/open")
@needs(Permission.MEETING_CONDUCT)
def open_session(meeting_id: int) -> Any:
    conduct.open_session(current_actor(), meeting_id)
    return DONE


@door.post("/meetings/<int:meeting_id>/adjourn")
@needs(Permission.MEETING_CONDUCT)
def adjourn(meeting_id: int) -> Any:
    conduct.adjourn(current_actor(), meeting_id)
    return DONE


@door.post("/meetings/<int:meeting_id>/resume")
@needs(Permission.MEETING_CONDUCT)
def resume(meeting_id: int) -> Any:
    conduct.resume(current_actor(), meeting_id)
    return DONE


@door.post("/meetings/<int:meeting_id>/close")
@needs(Permission.MEETING_CONDUCT)
def close(meeting_id: int) -> Any:
    conduct.close(current_actor(), meeting_id)
    return DONE


@door.post("/meetings/<int:meeting_id>/items/<int:item_id>/call")
@needs(Permission.MEETING_CONDUCT)
def call_item(meeting_id: int, item_id: int) -> Any:
    conduct.call_item(current_actor(), meeting_id, item_id)
    return DONE


@door.post("/meetings/<int:meeting_id>/items/<int:item_id>/conclude")
@needs(Permission.MEETING_CONDUCT)
@takes("text", many=("order",))
def conclude_item(meeting_id: int, item_id: int) -> Any:
    orders = [each for each in request.form.getlist("order") if each.strip()]
    if any(len(each) > 4000 for each in orders) or len(orders) > 50:
        raise BadInput("order", "is too long")
    conduct.conclude_item(current_actor(), meeting_id, item_id, form("text"), orders)
    return DONE


@door.post("/meetings/<int:meeting_id>/items/<int:item_id>/defer")
@needs(Permission.MEETING_CONDUCT)
@takes("reason")
def defer_item(meeting_id: int, item_id: int) -> Any:
    conduct.defer_item(current_actor(), meeting_id, item_id, form("reason", limit=2000))
    return DONE


@door.post("/meetings/<int:meeting_id>/floor/<int:speech_id>/give")
@needs(Permission.MEETING_CONDUCT)
def give_floor(meeting_id: int, speech_id: int) -> Any:
    conduct.give_floor(current_actor(), meeting_id, speech_id)
    return DONE


@door.post("/meetings/<int:meeting_id>/floor/<int:speech_id>/end")
@needs(Permission.MEETING_CONDUCT)
def end_speech(meeting_id: int, speech_id: int) -> Any:
    conduct.end_speech(current_actor(), meeting_id, speech_id)
    return DONE


# ---- the live room: what those who sit in it do ----


@door.post("/meetings/<int:meeting_id>/attendance")
@needs(Permission.MEETING_READ)
@takes("how")
def check_in(meeting_id: int) -> Any:
    attend.check_in(current_actor(), meeting_id, _word(Attendance, "how"))
    return DONE


@door.post("/meetings/<int:meeting_id>/attendance/<int:person_id>")
@needs(Permission.ATTENDANCE_CONFIRM)
@takes("how")
def confirm_for(meeting_id: int, person_id: int) -> Any:
    how = _word(Attendance, "how") if form("how", limit=10) != "absent" else None
    attend.confirm_for(current_actor(), meeting_id, person_id, how)
    return DONE


@door.post("/meetings/<int:meeting_id>/floor")
@needs(Permission.MEETING_READ)
def ask_to_speak(meeting_id: int) -> Any:
    attend.ask_to_speak(current_actor(), meeting_id)
    return DONE


@door.post("/meetings/<int:meeting_id>/floor/withdraw")
@needs(Permission.MEETING_READ)
def withdraw_wish(meeting_id: int) -> Any:
    attend.withdraw_wish(current_actor(), meeting_id)
    return DONE


# ---- parsing ----


def _head() -> Head:
    return Head(
        kind=_word(Kind, "kind"),
        title=form("title", limit=300),
        starts_at=_moment(),
        place=form("place", limit=200),
        chair_id=form_int("chair"),
    )


def _moment() -> datetime:
    """A day and an hour as they were typed in the cabinet's zone."""
    hour = web.hour_of("hour", form("hour", limit=8))
    return datetime.combine(web.form_day("day"), hour, OFFICE_ZONE.zone).astimezone(UTC)


def _item_text() -> ItemText:
    return ItemText(
        title=form("title", limit=LONGEST_TITLE),
        minutes=form_int("minutes", least=1, most=LONGEST_MINUTES),
        presenter_agency_id=_chosen("agency"),
        presenter=form("presenter", limit=200, optional=True),
        dossier_id=_chosen("dossier"),
        restricted=form("scope", limit=10, optional=True) == "few",
        readers=web.form_ints("reader"),
    )


def _chosen(name: str) -> int | None:
    return form_int(name) if form(name, limit=20, optional=True) else None


def _word(words: type[Word], name: str) -> Word:
    return web.one_of(words, name, form(name, limit=40))
