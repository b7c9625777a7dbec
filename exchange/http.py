"""Routes of this room: what left the house and what did not."""

from collections.abc import Iterator
from datetime import datetime

from flask import Response as Download
from flask import render_template, request
from werkzeug.wrappers import Response

from ecabinet import sheets, web
from ecabinet.access import Permission
from ecabinet.db import reading
from ecabinet.deliveries import Order
from ecabinet.notices import Channel
from ecabinet.web import Door, current_actor, needs
from exchange import queries, rules, service
from exchange.queries import Asked, Row
from exchange.rules import Shown
from people.queries import OFFICE_ZONE

door = Door("exchange", __name__)
PATH = "/exchange/deliveries"


@door.get(PATH)
@needs(Permission.DELIVERY_READ)
def deliveries() -> str:
    """What left the house and what did not, newest first, and whom nothing reaches."""
    asked = _asked()
    with reading() as db:
        outside = queries.outside(db, asked, web.language(), web.asked_number("page") or 1)
        members = queries.members(db)
    return render_template(
        "exchange/deliveries.html",
        outside=outside,
        members=members,
        missed=[each for each in members if each.reached in rules.NOT_REACHED],
        asked=asked,
        link=_link,
        Shown=Shown,
        may_retry=current_actor().may(Permission.DELIVERY_RETRY),
    )


@door.get(f"{PATH}.csv")
@needs(Permission.DELIVERY_READ)
def deliveries_csv() -> Download:
    """The same rows, all of them, for a spreadsheet."""
    lines = sheets.csv_lines(_cells(_asked(), web.language()))
    return web.download("thu-tin-nhan.csv", lines, sheets.CSV)


@door.post(f"{PATH}/<int:delivery_id>/retry")
@needs(Permission.DELIVERY_RETRY)
def retry(delivery_id: int) -> Response:
    is_sent = service.retry(current_actor(), delivery_id)
    return web.see(PATH, "delivery_retried" if is_sent else "delivery_not_needed")


@door.post(f"{PATH}/retry")
@needs(Permission.DELIVERY_RETRY)
def retry_all() -> Response:
    is_any_sent = service.retry_all(current_actor())
    return web.see(PATH, "deliveries_retried" if is_any_sent else "deliveries_not_needed")


def _asked() -> Asked:
    """What the address asks for; a word that is none of ours asks for nothing."""
    shown, channel, order = (request.args.get(name, "") for name in ("shown", "channel", "order"))
    return Asked(
        words=web.shown(request.args.get("q", ""))[:200],
        shown=Shown(shown) if shown in set(Shown) else Shown.OPEN,
        channel=Channel(channel) if channel in set(Channel) else None,
        order=Order(order) if order in set(Order) else Order.NEWEST,
    )


def _link(path: str = PATH, **changed: object) -> str:
    """This list with what it was asked for, but for what is given here."""
    asked = {name: request.args.get(name, "") for name in ("q", "shown", "channel", "order")}
    return web.address(path, asked | changed)


def _cells(asked: Asked, language: str) -> Iterator[list[str]]:
    """The words are found now; the rows are read while they are sent, when no request is open."""
    headings, channels, states = (
        web.words_in("exchange/_words.html", each)
        for each in ("headings", "channel_words", "shown_words")
    )

    def rows() -> Iterator[list[str]]:
        yield list(headings.values())
        with reading() as db:
            for row in queries.every(db, asked, language):
                yield _line(row, channels[row.channel], states[row.state])

    return rows()


def _line(row: Row, channel: str, state: str) -> list[str]:
    """In the order of the template's headings."""
    return [
        _moment(row.made_at), row.office, row.said, channel, row.address, state,
        _moment(row.accepted_at), str(row.attempts), row.error or "", row.answer or "",
    ]  # fmt: skip


def _moment(at: datetime | None) -> str:
    return f"{at.astimezone(OFFICE_ZONE.zone):%d/%m/%Y %H:%M:%S}" if at else ""
