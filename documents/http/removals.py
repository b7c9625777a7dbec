"""Emergency removal: asking for it, and the record of what was removed."""

from typing import Any

from flask import render_template, request
from werkzeug.wrappers import Response as AnyResponse

from documents import access, queries, removing, replacing
from documents.queries import DossierView, PaperView
from ecabinet import approvals, web
from ecabinet.access import Permission
from ecabinet.db import reading
from ecabinet.web import Door, current_actor, form, needs, takes

door = Door("removals", __name__)


@door.get("/papers/<int:paper_id>/removal")
@needs(Permission.FILE_REMOVE)
def removal(paper_id: int) -> str:
    """What may be removed of a paper, and what that does."""
    actor = current_actor()
    with reading() as db:
        paper = access.paper_to_remove(db, actor, paper_id)
        return render_template(
            "documents/removal.html",
            paper=queries.paper(db, paper.id),
            dossier=queries.dossier(db, paper.dossier_id),
            reads=access.may_read(db, actor, paper.dossier_id),
            proposed=replacing.proposed(db, paper.id),
            editions=queries.editions(db, paper.id),
            twins=removing.twins(db, paper),
            waiting=removing.waiting(db, actor, [paper.id]).get(paper.id),
        )


@door.post("/papers/<int:paper_id>/removals")
@needs(Permission.FILE_REMOVE)
@takes("reason", many=("edition", "proposed"))
def ask(paper_id: int) -> AnyResponse:
    reason = form("reason", limit=approvals.LONGEST_REASON)
    # What is no number is no edition of this paper, and chooses nothing.
    chosen, proposed = (
        {int(each) for each in request.form.getlist(name) if each.isdecimal()}
        for name in ("edition", "proposed")
    )
    asked = removing.ask(current_actor(), paper_id, chosen, reason, proposed)
    return web.see(f"/approvals/{asked}", "removal_asked")


@door.get("/removals")
@needs(Permission.LOG_READ)
def incidents() -> str | AnyResponse:
    may_ask = current_actor().may(Permission.FILE_REMOVE)
    if may_ask and (asked := web.asked_number("paper")):
        return web.see(f"/papers/{asked}/removal")
    with reading() as db:
        return render_template(
            "documents/incidents.html", incidents=removing.incidents(db), may_ask=may_ask
        )


@door.get("/removals/<int:removal_id>")
@needs(Permission.LOG_READ)
def incident(removal_id: int) -> str:
    """The record of one removal: who asked and confirmed, why, who had opened it, what is out."""
    actor = current_actor()
    with reading() as db:
        found = removing.incident(db, actor, removal_id)
        return render_template(
            "documents/incident.html", it=found, reads=actor.may(Permission.DOSSIER_READ_ALL)
        )


def gone(dossier: DossierView, paper: PaperView) -> tuple[str, int]:
    """What stands in the place of a paper whose file was removed."""
    actor = current_actor()
    assert paper.removal is not None
    shown: dict[str, Any] = {"openers": [], "copies": []}
    sees_openings = actor.may(Permission.DOSSIER_READ_ALL)
    with reading() as db:
        if sees_openings:
            shown["openers"], shown["copies"] = removing.of_paper(db, paper.id)
        others = [
            each.number
            for each in queries.editions(db, paper.id)
            if each.removal is None and each.number != paper.edition_number
        ]
    page = render_template(
        "documents/removed.html", dossier=dossier, paper=paper, others=others,
        sees_openings=sees_openings, may_read_record=actor.may(Permission.LOG_READ), **shown,
    )  # fmt: skip
    return page, 410
