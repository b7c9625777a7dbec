"""Routes of this room: what left the house and what did not."""

from flask import render_template
from werkzeug.wrappers import Response

from ecabinet import web
from ecabinet.access import Permission
from ecabinet.db import reading
from ecabinet.web import Door, current_actor, needs
from exchange import queries, service

door = Door("exchange", __name__)
PATH = "/exchange/deliveries"


@door.get(PATH)
@needs(Permission.DELIVERY_READ)
def deliveries() -> str:
    with reading() as db:
        outside = queries.outside(db, web.language())
    return render_template(
        "exchange/deliveries.html",
        outside=outside,
        may_retry=current_actor().may(Permission.DELIVERY_RETRY),
    )


@door.post(f"{PATH}/<int:delivery_id>/retry")
@needs(Permission.DELIVERY_RETRY)
def retry(delivery_id: int) -> Response:
    service.retry(current_actor(), delivery_id)
    return web.see(PATH, "delivery_retried")


@door.post(f"{PATH}/retry")
@needs(Permission.DELIVERY_RETRY)
def retry_all() -> Response:
    service.retry_all(current_actor())
    return web.see(PATH, "deliveries_retried")
