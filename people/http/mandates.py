"""Mandates: who stands for whom, by those concerned, and by those who examine it."""

from collections.abc import Iterator, Sequence

from flask import Response as Download
from flask import get_template_attribute, render_template, request
from werkzeug.wrappers import Response

from ecabinet import sheets, web
from ecabinet.access import Matter, Permission
from ecabinet.db import reading
from ecabinet.errors import BadInput
from ecabinet.web import Door, current_actor, form, form_day, form_int, needs, takes
from people import queries
from people.http.directory import BASIS, asked
from people.queries import OFFICE_ZONE, MandateFilter, MandateView
from people.rules import MandateOrder
from people.service import mandates as service
from people.service.mandates import Errand

door = Door("mandates", __name__)
PATH = "/mandates"
LONGEST_TEXT = 200
PAGE = 50
# What members pass on to an adviser.
LENT = (Matter.CONSULTATION, Matter.DOSSIER)


@door.get(PATH)
@needs(Permission.SIGNED_IN)
def mandates() -> str:
    """What one has given and taken; everybody's, for those who read them all."""
    actor = current_actor()
    reads_all = actor.uses(Permission.MANDATE_READ_ALL)
    wanted = _asked_for()
    with reading() as db:
        count = queries.count_mandates(db, wanted) if reads_all else 0
        pages = max(1, -(-count // PAGE))
        page = min(max(web.asked_number("page") or 1, 1), pages)
        return render_template(
            "people/mandates.html",
            given=queries.mandates_given_by(db, actor.id),
            taken=queries.mandates_given_to(db, actor.id),
            waiting=queries.mandates_waiting(db) if actor.may(Permission.MANDATE_CONSENT) else [],
            everybodys=queries.mandates(db, wanted, page, PAGE) if reads_all else None,
            count=count,
            page=page,
            pages=pages,
            may_give=actor.may(Permission.MANDATE_GIVE),
            may_change=actor.may(Permission.ACCOUNT_MANAGE),
            members=queries.members(db) if actor.may(Permission.ACCOUNT_MANAGE) else [],
            advisers=queries.may_advise(db) if actor.may(Permission.ACCOUNT_MANAGE) else [],
            lent=LENT,
            wanted=wanted,
            link=_link,
        )


@door.get(f"{PATH}.csv")
@needs(Permission.MANDATE_READ_ALL)
def mandates_csv() -> Download:
    with reading() as db:
        found = queries.mandates(db, _asked_for())
    return web.download("uy-quyen.csv", sheets.write_csv(_cells(found)), sheets.CSV)


@door.post(PATH)
@needs(Permission.ACCOUNT_MANAGE)
@takes("giver", "person", "kind", "number", "last", "basis")
def give_for_others() -> Response:
    errand = Errand(
        giver_id=form_int("giver"),
        taker_id=form_int("person"),
        matter=_matter(),
        number=form_int("number", least=1),
        last=form_day("last"),
        basis=form("basis", limit=BASIS),
    )
    return asked(service.ask_to_give(current_actor(), errand))


def _matter() -> Matter:
    matter = form("kind")
    if matter not in LENT:
        raise BadInput("kind", "is nothing that is lent")
    return Matter(matter)


@door.post(f"{PATH}/<int:mandate_id>/end")
@needs(Permission.SIGNED_IN)
def end(mandate_id: int) -> Response:
    service.end(current_actor(), mandate_id)
    return web.see(PATH, "mandate_ended")


@door.post(f"{PATH}/<int:mandate_id>/end-for-others")
@needs(Permission.ACCOUNT_MANAGE)
def end_for_others(mandate_id: int) -> Response:
    return asked(service.ask_to_end(current_actor(), mandate_id))


def _asked_for() -> MandateFilter:
    """What the address asks for; a word that is none of ours asks for nothing."""
    order = request.args.get("order", "")
    return MandateFilter(
        words=web.shown(request.args.get("q", ""))[:LONGEST_TEXT],
        lasting=request.args.get("state") == "lasting",
        order=MandateOrder(order) if order in set(MandateOrder) else MandateOrder.NEWEST,
    )


def _link(path: str = PATH, **changed: object) -> str:
    """This list with what it was asked for, but for what is given here."""
    asked = {name: request.args.get(name, "") for name in ("q", "state", "order")}
    return web.address(path, asked | changed)


def _cells(found: Sequence[MandateView]) -> Iterator[Sequence[str]]:
    """What a matter is about is left out: who reads all mandates does not read all papers."""
    heading, right_word, matter_word, standing_word = (
        get_template_attribute("people/_mandates.html", name)
        for name in ("heading", "right_word", "matter_word", "standing_word")
    )
    yield [str(heading(name)).strip() for name in COLUMNS]
    for each in found:
        yield [
            each.giver,
            each.taker,
            str(right_word(each.right)).strip(),
            str(matter_word(each.matter)).strip(),
            str(each.matter_id),
            f"{each.given_at.astimezone(OFFICE_ZONE.zone):%d/%m/%Y %H:%M}",
            OFFICE_ZONE.end_words(each.ends_at),
            str(standing_word(each.standing)).strip(),
        ]


COLUMNS = ("giver", "taker", "right", "matter", "number", "given", "until", "standing")
