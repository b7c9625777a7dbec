"""Persons, offices and agencies: shown to those who run and check the system, changed by two."""

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from flask import Response as Download
from flask import get_template_attribute, render_template, request
from werkzeug.wrappers import Response

from ecabinet import sheets, web
from ecabinet.access import OF_OFFICES, Permission, Role
from ecabinet.db import reading
from ecabinet.errors import BadInput
from ecabinet.web import Door, Word, current_actor, form, form_int, needs, takes
from people import queries
from people.queries import PersonFilter, PersonView
from people.rules import AgencyKind, Days, PersonOrder, PersonStanding
from people.service import changes

door = Door("directory", __name__)

PAGE = 50
# Pages of persons that one login opens in a minute: nobody reads faster, and whoever walks from
# number to number does.
WALK = web.Pace(40, 60)
NAME, SHORT, BASIS = 200, 80, 200


# ---- the Government on a day ----


@door.get("/members")
@needs(Permission.SIGNED_IN)
def members() -> str:
    with reading() as db:
        today = queries.today(db)
        composition = queries.composition(
            db, web.day_of("day", request.args.get("day", "")) or today
        )
    return render_template("people/members.html", composition=composition, today=today)


# ---- persons ----


@door.get("/persons")
@needs(Permission.PERSON_READ)
def persons() -> str:
    wanted = _filter()
    with reading() as db:
        found = queries.persons(db, wanted)
        agencies = queries.agencies(db)
    pages = max(1, -(-len(found) // PAGE))
    page = min(max(web.asked_number("page") or 1, 1), pages)
    return render_template(
        "people/persons.html",
        persons=found[(page - 1) * PAGE : page * PAGE],
        count=len(found),
        page=page,
        pages=pages,
        wanted=wanted,
        link=Link(wanted),
        agencies=agencies,
        may_change=current_actor().may(Permission.ACCOUNT_MANAGE),
        PersonStanding=PersonStanding,
    )


@door.get("/persons.csv")
@needs(Permission.PERSON_READ)
def persons_csv() -> Download:
    with reading() as db:
        found = queries.persons(db, _filter())
    return web.download("nguoi-chuc-vu.csv", sheets.write_csv(_person_cells(found)), sheets.CSV)


@door.get("/persons.xlsx")
@needs(Permission.PERSON_READ)
def persons_xlsx() -> Download:
    with reading() as db:
        found = queries.persons(db, _filter())
    content = sheets.write_xlsx("Người, chức vụ", _person_cells(found))
    return web.download("nguoi-chuc-vu.xlsx", content, sheets.XLSX)


@door.get("/persons/new")
@needs(Permission.ACCOUNT_MANAGE)
def new_person() -> str:
    with reading() as db:
        return render_template(
            "people/new_person.html", offices=queries.offices(db), today=queries.today(db)
        )


@door.post("/persons")
@needs(Permission.ACCOUNT_MANAGE)
@takes("name", "username", "office", "starts", "ends", "acting", "basis")
def add_person() -> Response:
    request_id = changes.ask_to_add_person(
        current_actor(), form("name", limit=NAME), form("username", limit=60), form_int("office"),
        _days(), _is_ticked("acting"), _basis(),
    )  # fmt: skip
    return asked(request_id)


@door.get("/persons/<int:person_id>")
@needs(Permission.PERSON_READ)
def person(person_id: int) -> str:
    WALK.step(str(current_actor().login_id), time.monotonic())
    return page_of(person_id)


def page_of(person_id: int, link: str = "", picture: str = "", minutes: int = 0) -> str:
    """A person's page; with the link of an invitation where one was made just now."""
    with reading() as db:
        return render_template(
            "people/person.html",
            link=link,
            picture=picture,
            minutes=minutes,
            person=queries.person(db, person_id),
            access=queries.access_of(db, person_id),
            may_invite=queries.invites(db, person_id),
            suspensions=queries.suspensions_of(db, person_id),
            offices=queries.offices(db),
            today=queries.today(db),
            may_change=current_actor().may(Permission.ACCOUNT_MANAGE),
        )


@door.post("/persons/<int:person_id>/terms")
@needs(Permission.ACCOUNT_MANAGE)
@takes("office", "starts", "ends", "acting", "basis")
def appoint(person_id: int) -> Response:
    request_id = changes.ask_to_appoint(
        current_actor(), person_id, form_int("office"), _days(), _is_ticked("acting"),
        _basis(),
    )  # fmt: skip
    return asked(request_id)


@door.post("/terms/<int:term_id>/end")
@needs(Permission.ACCOUNT_MANAGE)
@takes("ends", "basis")
def end_term(term_id: int) -> Response:
    last = web.form_day("ends")
    return asked(changes.ask_to_end_term(current_actor(), term_id, last, _basis()))


@door.post("/persons/<int:person_id>/suspensions")
@needs(Permission.ACCOUNT_MANAGE)
@takes("starts", "ends", "basis")
def suspend(person_id: int) -> Response:
    days = _days()
    basis = form("basis", limit=BASIS)
    request_id = changes.ask_to_suspend(current_actor(), person_id, days.starts, days.ends, basis)
    return asked(request_id)


@door.post("/suspensions/<int:suspension_id>/lift")
@needs(Permission.ACCOUNT_MANAGE)
@takes("ends", "basis")
def lift_suspension(suspension_id: int) -> Response:
    last, basis = web.form_day("ends"), form("basis", limit=BASIS)
    return asked(changes.ask_to_lift(current_actor(), suspension_id, last, basis))


# ---- offices ----


@door.get("/offices")
@needs(Permission.PERSON_READ)
def offices() -> str:
    with reading() as db:
        return render_template(
            "people/offices.html",
            offices=queries.offices(db),
            agencies=queries.standing_agencies(db),
            today=queries.today(db),
            may_change=current_actor().may(Permission.ACCOUNT_MANAGE),
            roles=OF_OFFICES,
        )


@door.post("/offices")
@needs(Permission.ACCOUNT_MANAGE)
@takes("title", "role", "order", "agency", "opened_on")
def add_office() -> Response:
    agency_id = form_int("agency") if request.form.get("agency") else None
    request_id = changes.ask_to_add_office(
        current_actor(), form("title", limit=NAME), _role(),
        form_int("order", least=1, most=9_999), agency_id, _form_day_or_none("opened_on"),
    )  # fmt: skip
    return asked(request_id)


@door.post("/offices/<int:office_id>/rename")
@needs(Permission.ACCOUNT_MANAGE)
@takes("title", "basis")
def rename_office(office_id: int) -> Response:
    title = form("title", limit=NAME)
    return asked(changes.ask_to_rename_office(current_actor(), office_id, title, _basis()))


@door.post("/offices/<int:office_id>/close")
@needs(Permission.ACCOUNT_MANAGE)
@takes("day", "basis")
def close_office(office_id: int) -> Response:
    last = web.form_day("day")
    return asked(changes.ask_to_close_office(current_actor(), office_id, last, _basis()))


# ---- agencies ----


@door.get("/agencies")
@needs(Permission.PERSON_READ)
def agencies() -> str:
    with reading() as db:
        tree, today = queries.agency_tree(db), queries.today(db)
    return render_template(
        "people/agencies.html",
        agencies=tree,
        standing=[each for each in tree if each.ended_on is None],
        today=today,
        may_change=current_actor().may(Permission.ACCOUNT_MANAGE),
        kinds=list(AgencyKind),
    )


@door.post("/agencies")
@needs(Permission.ACCOUNT_MANAGE)
@takes("name", "short_name", "kind", "code", "parent")
def add_agency() -> Response:
    parent_id = form_int("parent") if request.form.get("parent") else None
    request_id = changes.ask_to_add_agency(
        current_actor(), form("name", limit=NAME), form("short_name", limit=SHORT),
        _chosen(AgencyKind, "kind"), form("code", limit=35, optional=True).upper(), parent_id,
    )  # fmt: skip
    return asked(request_id)


@door.post("/agencies/<int:agency_id>/rename")
@needs(Permission.ACCOUNT_MANAGE)
@takes("name", "short_name", "code", "day", "basis")
def rename_agency(agency_id: int) -> Response:
    request_id = changes.ask_to_rename_agency(
        current_actor(), agency_id, form("name", limit=NAME), form("short_name", limit=SHORT),
        form("code", limit=35, optional=True).upper(), web.form_day("day"),
        _basis(),
    )  # fmt: skip
    return asked(request_id)


@door.post("/agencies/<int:agency_id>/move")
@needs(Permission.ACCOUNT_MANAGE)
@takes("parent", "basis")
def move_agency(agency_id: int) -> Response:
    parent_id = web.whole_number(form("parent", limit=12, optional=True) or "0") or None
    return asked(changes.ask_to_move_agency(current_actor(), agency_id, parent_id, _basis()))


@door.post("/agencies/merge")
@needs(Permission.ACCOUNT_MANAGE)
@takes("into", "day", "basis", many=("agencies",))
def merge_agencies() -> Response:
    ending = [web.whole_number(each) for each in request.form.getlist("agencies")]
    if not ending or None in ending:
        raise BadInput("agencies", "names no agency")
    request_id = changes.ask_to_merge_agencies(
        current_actor(), [each for each in ending if each], form_int("into"), web.form_day("day"),
        _basis(),
    )  # fmt: skip
    return asked(request_id)


# ---- parts of a request ----


class Link:
    """Addresses of the list of persons with one thing changed."""

    def __init__(self, wanted: PersonFilter) -> None:
        self._asked: dict[str, object] = {
            "q": wanted.words,
            "agency": wanted.agency_id,
            "standing": wanted.standing.value if wanted.standing else None,
            "order": wanted.order.value if wanted.order is not PersonOrder.PROTOCOL else None,
        }

    def __call__(self, path: str = "/persons", **changed: object) -> str:
        return web.address(path, self._asked | changed)


def _filter() -> PersonFilter:
    """What the address asks for; a word that is none of ours asks for nothing."""
    return PersonFilter(
        words=request.args.get("q", "").strip()[:200],
        agency_id=web.asked_number("agency"),
        standing=_word(PersonStanding, request.args.get("standing", "")),
        order=_word(PersonOrder, request.args.get("order", "")) or PersonOrder.PROTOCOL,
    )


def _word(kind: type[Word], given: str) -> Word | None:
    return kind(given) if given in set(kind) else None


def _chosen(kind: type[Word], name: str) -> Word:
    return web.one_of(kind, name, form(name, limit=40))


def _role() -> Role:
    """What an office lets its holder do; the roles of mandates come with no office."""
    role = _chosen(Role, "role")
    if role not in OF_OFFICES:
        raise BadInput("role", "comes with no office")
    return role


def asked(request_id: int) -> Response:
    """On to what was asked for, which waits for its second person."""
    return web.see(f"/approvals/{request_id}", "approval_asked")


def _basis() -> str:
    """The decision that a change rests on, by number and day."""
    return form("basis", limit=BASIS, optional=True)


def _is_ticked(name: str) -> bool:
    return request.form.get(name) == "yes"


def _days() -> Days:
    return Days(web.form_day("starts"), _form_day_or_none("ends"))


def _form_day_or_none(name: str) -> date | None:
    return web.day_of(name, form(name, limit=10, optional=True))


# ---- files that go out ----


def _person_cells(persons: Iterable[PersonView]) -> Iterator[Sequence[str]]:
    heading = get_template_attribute("people/_words.html", "person_heading")
    standing = get_template_attribute("people/_words.html", "standing_word")
    columns = ("name", "username", "office", "agency", "since", "standing")
    yield [heading(each) for each in columns]
    for each in persons:
        held = each.current
        yield (
            each.name,
            each.username,
            "; ".join(term.office for term in held),
            "; ".join(term.agency for term in held if term.agency),
            "; ".join(f"{term.starts:%d/%m/%Y}" for term in held),
            standing(each.standing),
        )
