"""Places of secret papers, and the log of who was handed a copy."""

from werkzeug.wrappers import Response as AnyResponse

from documents import secret
from ecabinet import web
from ecabinet.access import Permission
from ecabinet.web import Door, current_actor, form, form_int, needs, takes

door = Door("secret", __name__)

LONGEST_PLACE, LONGEST_NUMBER = 300, 60


@door.post("/dossiers/<int:dossier_id>/secret-papers")
@needs(Permission.PAPER_ADD)
@takes("place")
def put_place(dossier_id: int) -> AnyResponse:
    secret.put_place(current_actor(), dossier_id, form("place", limit=LONGEST_PLACE))
    return web.see(f"/dossiers/{dossier_id}", "secret_paper_placed")


@door.post("/secret-papers/<int:secret_paper_id>/copies")
@needs(Permission.DOSSIER_WRITE)
@takes("number", "person")
def hand_out(secret_paper_id: int) -> AnyResponse:
    number = form("number", limit=LONGEST_NUMBER)
    dossier_id = secret.hand_out(current_actor(), secret_paper_id, form_int("person"), number)
    return web.see(f"/dossiers/{dossier_id}", "secret_copy_handed")


@door.post("/secret-copies/<int:copy_id>/collection")
@needs(Permission.DOSSIER_WRITE)
def collect(copy_id: int) -> AnyResponse:
    return web.see(f"/dossiers/{secret.collect(current_actor(), copy_id)}", "secret_copy_collected")
