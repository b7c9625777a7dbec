"""Dossiers on their way from an agency to the Government Office."""

from datetime import date

from werkzeug.wrappers import Response as AnyResponse

from documents import lodging
from documents.completeness import DossierKind
from ecabinet import web
from ecabinet.access import Permission
from ecabinet.errors import BadInput
from ecabinet.web import Door, current_actor, form, form_int, needs, takes

door = Door("lodging", __name__)

LONGEST_TITLE, LONGEST_TEXT, LONGEST_CONTACT, LONGEST_NUMBER = 500, 4_000, 200, 60


@door.post("/dossiers/drafts")
@needs(Permission.DOSSIER_LODGE)
@takes("title", "kind", "drafting_agency")
def begin() -> AnyResponse:
    fields = lodging.Fields(form("title", limit=LONGEST_TITLE), _kind())
    dossier_id = lodging.begin(current_actor(), form_int("drafting_agency"), fields)
    return web.see(f"/dossiers/{dossier_id}", "dossier_begun")


@door.post("/dossiers/<int:dossier_id>/particulars")
@needs(Permission.DOSSIER_LODGE)
@takes("title", "kind", "submission_number", "submission_day", "basis", "proposal", "contact")
def describe(dossier_id: int) -> AnyResponse:
    fields = lodging.Fields(
        title=form("title", limit=LONGEST_TITLE),
        kind=_kind(),
        submission_number=form("submission_number", limit=LONGEST_NUMBER, optional=True),
        submission_day=_day_if_any("submission_day"),
        basis=form("basis", limit=LONGEST_TEXT, optional=True),
        proposal=form("proposal", limit=LONGEST_TEXT, optional=True),
        contact=form("contact", limit=LONGEST_CONTACT, optional=True),
    )
    lodging.describe(current_actor(), dossier_id, fields)
    return web.see(f"/dossiers/{dossier_id}", "dossier_described")


@door.post("/dossiers/<int:dossier_id>/lodging")
@needs(Permission.DOSSIER_LODGE)
@takes("explanation")
def lodge(dossier_id: int) -> AnyResponse:
    explanation = form("explanation", limit=LONGEST_TEXT, optional=True)
    lodging.lodge(current_actor(), dossier_id, explanation)
    return web.see(f"/dossiers/{dossier_id}", "dossier_lodged")


@door.post("/dossiers/<int:dossier_id>/withdrawal")
@needs(Permission.DOSSIER_LODGE)
def withdraw(dossier_id: int) -> AnyResponse:
    lodging.withdraw(current_actor(), dossier_id)
    return web.see(f"/dossiers/{dossier_id}", "dossier_withdrawn")


@door.post("/dossiers/<int:dossier_id>/acceptance")
@needs(Permission.DOSSIER_ACCEPT)
def accept(dossier_id: int) -> AnyResponse:
    lodging.accept(current_actor(), dossier_id)
    return web.see(f"/dossiers/{dossier_id}", "dossier_accepted")


@door.post("/dossiers/<int:dossier_id>/return")
@needs(Permission.DOSSIER_ACCEPT)
@takes("reason")
def give_back(dossier_id: int) -> AnyResponse:
    lodging.give_back(current_actor(), dossier_id, form("reason", limit=LONGEST_TEXT))
    return web.see(f"/dossiers/{dossier_id}", "dossier_returned")


def _kind() -> DossierKind:
    try:
        return DossierKind(form("kind", limit=40))
    except ValueError:
        raise BadInput("kind", "is unknown") from None


def _day_if_any(name: str) -> date | None:
    return web.form_day(name) if form(name, limit=10, optional=True) else None
