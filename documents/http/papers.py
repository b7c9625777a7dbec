"""Dossiers, uploads, the reader and its bytes, search in papers."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from flask import Response, render_template, request
from flask_babel import format_date, format_decimal
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse

from documents import (
    access,
    exporting,
    handling,
    hooks,
    leases,
    queries,
    removing,
    replacing,
    service,
)
from documents.announcements import paper_audience
from documents.completeness import DossierKind
from documents.http import removals
from documents.marking import Copy
from documents.notes import purging, sharing
from documents.pages.reading import takes_office
from documents.rules import DossierRefusal, DossierState, Handling, PaperKind
from ecabinet import approvals, incoming, live, web
from ecabinet.access import Actor, Matter, Permission
from ecabinet.db import reading
from ecabinet.errors import BadInput, Refused, Unreadable
from ecabinet.web import (
    Door,
    actor_or_none,
    current_actor,
    form,
    form_int,
    gives_a_file,
    needs,
    takes,
)
from people import queries as people

door = Door("documents", __name__)

LONGEST_TITLE, LONGEST_NAME = 500, 500
# What a form says of its file: the file, or the digest of what was sent in pieces, and its name.
FILE = ("file", "sent", "name")
MEGABYTE = 1_000_000
WORDS_AROUND = 25
FILE_HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": web.FILE_POLICY,
    "Accept-Ranges": "bytes",
}


@door.app_context_processor
def _may_search() -> dict[str, bool]:
    actor = actor_or_none()
    return {"may_search": actor is not None and actor.may(Permission.PAPER_READ)}


@door.app_context_processor
def _notes_go() -> dict[str, int]:
    """After how many days notes go, for the pane in which they are written."""
    return {"note_days": purging.days()}


@door.app_template_filter("size")
def size_in_words(size: int) -> str:
    """ "1,2 MB" in the reader's language."""
    if size < MEGABYTE:
        return f"{format_decimal(max(1, round(size / 1000)))} KB"
    return f"{format_decimal(round(size / MEGABYTE, 1))} MB"


@door.app_template_filter("around")
def around(words: str) -> str:
    """Words that stayed, cut to those beside what changed."""
    found = words.split()
    if len(found) <= 2 * WORDS_AROUND:
        return words
    return " ".join([*found[:WORDS_AROUND], "…", *found[-WORDS_AROUND:]])


@door.app_template_filter("short_day")
def short_day(at: datetime) -> str:
    """The day as it stands in the margin of a story."""
    return str(format_date(at, "dd/MM"))


@door.get("/dossiers")
@needs(Permission.DOSSIER_READ)
def dossiers() -> str:
    actor = current_actor()
    state = _asked_state()
    with reading() as db:
        found = queries.dossiers(db, actor)
        counts = Counter(each.state for each in found)
        found = [each for each in found if state in (None, each.state)]
        editions = [paper.edition_id for each in found for paper in each.papers]
        return render_template(
            "documents/dossiers.html",
            dossiers=found,
            opened=queries.opened(db, actor.id, editions),
            agencies=people.standing_agencies(db) if actor.may(Permission.DOSSIER_WRITE) else [],
            may_write=actor.may(Permission.DOSSIER_WRITE),
            state=state,
            counts=[(each, counts[each]) for each in DossierState if counts[each]],
            lodges_for=_lodges_for(db, actor),
            dossier_kinds=list(DossierKind),
        )


def _asked_state() -> DossierState | None:
    asked = request.args.get("state", "")
    return DossierState(asked) if asked in list(DossierState) else None


def _lodges_for(db: Session, actor: Actor) -> list[people.AgencyName]:
    """The agencies for which this person may lodge a dossier."""
    if not actor.may(Permission.DOSSIER_LODGE):
        return []
    return [each for each in people.standing_agencies(db) if each.id in actor.agencies]


@door.post("/dossiers")
@needs(Permission.DOSSIER_WRITE)
@takes("title", "drafting_agency")
def create_dossier() -> AnyResponse:
    title = form("title", limit=LONGEST_TITLE)
    dossier_id = service.create_dossier(current_actor(), title, form_int("drafting_agency"))
    return web.see(f"/dossiers/{dossier_id}", "dossier_made")


# From here on whoever may not read is told that there is nothing: the loaders decide.


@door.get("/dossiers/<int:dossier_id>")
@needs(Permission.SIGNED_IN)
def dossier(dossier_id: int) -> str:
    actor = current_actor()
    with reading() as db:
        access.dossier_to_read(db, actor, dossier_id)
        found = queries.dossier(db, dossier_id)
        sees_openings = actor.may(Permission.DOSSIER_READ_ALL)
        may_write = actor.may(Permission.DOSSIER_WRITE)
        may_add = queries.may_add(db, actor, dossier_id)
        out = queries.taken_out(db, dossier_id)
        # A title that lay here by mistake is none of its readers' business.
        hidden = set() if may_add or sees_openings else {f"/papers/{each.id}" for each in out}
        return render_template(
            "documents/dossier.html",
            dossier=found,
            story_lines=[each for each in queries.story(db, dossier_id) if each.path not in hidden],
            opened=queries.opened(db, actor.id, [each.edition_id for each in found.papers]),
            openings=queries.openings(db, dossier_id) if sees_openings else None,
            copies_out=leases.copies_out(db, dossier_id) if sees_openings else [],
            readers=len(queries.handed_out_to(db, dossier_id)),
            may_add=may_add,
            taken_out=[] if hidden else out,
            may_replace=queries.may_replace(db, actor, dossier_id),
            waiting=replacing.waiting(db, actor, [each.id for each in found.papers]),
            leaving=removing.waiting(db, actor, [each.id for each in found.papers]),
            may_remove=actor.may(Permission.FILE_REMOVE),
            kinds=list(PaperKind),
            labels=list(Handling),
            takes_office=takes_office(),
            secret=queries.secret_papers(db, dossier_id),
            receivers=queries.receivers(db, dossier_id) if may_write else [],
            keeps_log=may_write,
            may_take=actor.may(Permission.PAPER_ADD),
            lodging=queries.lodging(db, dossier_id),
            steps=queries.may_step(db, actor, dossier_id),
            dossier_kinds=list(DossierKind),
            leads_on=actor.may(Permission.MEETING_READ),
            **_mandates(db, actor, dossier_id),
        )


def _mandates(db: Session, actor: Actor, dossier_id: int) -> dict[str, Any]:
    """By which mandate somebody reads this; to whom a member has passed it, and could."""
    lends = actor.may(Permission.MANDATE_GIVE) and access.was_handed_out_to(
        db, dossier_id, actor.id
    )
    reads_by = access.mandates_over(db, actor, dossier_id)
    oneself = access.may_read_oneself(db, actor, dossier_id)
    return {
        "reads_by": None if oneself else next(iter(reads_by), None),
        "lends": lends,
        "advisers": people.mandates_about(db, Matter.DOSSIER, dossier_id, actor.id),
        "may_advise": people.may_stand_for(db, actor) if lends else [],
        "a_week_on": people.today(db) + timedelta(days=7),
    }


@door.post("/dossiers/<int:dossier_id>/advisers")
@needs(Permission.MANDATE_GIVE)
@takes("words", "last", "person")
def name_adviser(dossier_id: int) -> AnyResponse:
    until = people.OFFICE_ZONE.end_of(web.form_day("last"))
    words = form("words", limit=500, optional=True)
    service.name_adviser(current_actor(), dossier_id, form_int("person"), until, words)
    return web.see(f"/dossiers/{dossier_id}", "adviser_named")


@door.post("/dossiers/<int:dossier_id>/papers")
@needs(Permission.PAPER_ADD)
@takes("title", "kind", *FILE)
def add_paper(dossier_id: int) -> Any:
    with sent_paper() as paper:
        return added(service.add_paper(current_actor(), dossier_id, *paper))


@door.get("/incoming/<digest>")
@needs(Permission.PAPER_ADD)
def received(digest: str) -> dict[str, int]:
    """How much of a file is here already, for whoever goes on sending it."""
    return {"received": incoming.store().received(current_actor().id, digest)}


@door.post("/incoming/<digest>")
@needs(Permission.PAPER_ADD)
@takes("at", "file")
def receive(digest: str) -> dict[str, int]:
    actor, at, piece = current_actor(), form_int("at"), _file().read()
    return {"received": incoming.store().add(actor.id, digest, at, piece)}


@door.post("/papers/<int:paper_id>/particulars")
@needs(Permission.PAPER_ADD)
@takes("title", "kind")
def describe_paper(paper_id: int) -> AnyResponse:
    title = form("title", limit=LONGEST_TITLE)
    service.describe_paper(current_actor(), paper_id, title, _kind())
    with reading() as db:
        dossier_id = queries.paper(db, paper_id).dossier_id
    return web.see(f"/dossiers/{dossier_id}", "paper_described")


@door.post("/papers/<int:paper_id>/handling")
@needs(Permission.DOSSIER_WRITE)
@takes("handling")
def label_paper(paper_id: int) -> AnyResponse:
    dossier_id = handling.label(current_actor(), paper_id, _handling())
    return web.see(f"/dossiers/{dossier_id}", "paper_labelled")


@door.post("/papers/<int:paper_id>/taking-out")
@needs(Permission.PAPER_ADD)
def take_out_paper(paper_id: int) -> AnyResponse:
    dossier_id = service.take_out(current_actor(), paper_id)
    return web.see(f"/dossiers/{dossier_id}", "paper_taken_out")


@door.post("/papers/<int:paper_id>/putting-back")
@needs(Permission.PAPER_ADD)
def put_back_paper(paper_id: int) -> AnyResponse:
    dossier_id = service.put_back(current_actor(), paper_id)
    return web.see(f"/dossiers/{dossier_id}", "paper_put_back")


@door.post("/papers/<int:paper_id>/editions")
@needs(Permission.PAPER_ADD)
@takes(*FILE)
def add_edition(paper_id: int) -> Any:
    with sent_file() as file:
        service.add_edition(current_actor(), paper_id, *file)
    return added(paper_id)


@door.post("/papers/<int:paper_id>/replacements")
@needs(Permission.DOSSIER_WRITE)
@takes("reason", *FILE)
def propose_replacement(paper_id: int) -> AnyResponse:
    reason = form("reason", limit=approvals.LONGEST_REASON)
    with sent_file() as file:
        asked = replacing.propose(current_actor(), paper_id, *file, reason)
    return web.see(f"/approvals/{asked}", "replacement_asked")


@door.get("/replacements/<int:request_id>")
@needs(Permission.SIGNED_IN)
def replacement(request_id: int) -> str:
    """What a replacement would change, for the two who decide it."""
    with reading() as db:
        found = replacing.of_request(db, current_actor(), request_id)
    return render_template(
        "documents/changes.html",
        it=found,
        back=f"/approvals/{request_id}",
        proposed=request_id,
        beside=_beside(f"/replacements/{request_id}"),
    )


@door.get("/replacements/<int:request_id>/file")
@needs(Permission.SIGNED_IN)
@gives_a_file(replacing.request_to_read)
def proposed_file(request_id: int) -> Response:
    """The file that would replace a paper, for the two who decide it."""
    return sent(replacing.proposed_copy(current_actor(), request_id), f"{request_id}.pdf")


@door.get("/replacements/<int:request_id>/page1.webp")
@needs(Permission.SIGNED_IN)
@gives_a_file(replacing.request_to_read)
def proposed_first_page(request_id: int) -> Response:
    picture = replacing.proposed_first_page(current_actor(), request_id)
    return Response(picture, mimetype="image/webp", headers=FILE_HEADERS)


@door.get("/editions/<int:edition_id>/changes")
@needs(Permission.SIGNED_IN)
def changes(edition_id: int) -> str:
    with reading() as db:
        found = replacing.of_edition(db, current_actor(), edition_id)
    back = f"/papers/{found.paper_id}"
    beside = _beside(f"/editions/{edition_id}")
    return render_template(
        "documents/changes.html", it=found, back=back, proposed=None, beside=beside
    )


def _beside(at: str) -> str:
    """Where the Office sees both editions, page beside page."""
    return f"{at}/side-by-side" if current_actor().may(Permission.DOSSIER_READ_ALL) else ""


@door.get("/editions/<int:edition_id>/side-by-side")
@needs(Permission.DOSSIER_READ_ALL)
def side_by_side(edition_id: int) -> str:
    """An edition and the one before it, page beside page."""
    with reading() as db:
        found = replacing.of_edition(db, current_actor(), edition_id)
    at = f"/editions/{edition_id}"
    return render_template(
        "documents/side_by_side.html", it=found, back=f"{at}/changes", file=f"{at}/file"
    )


@door.get("/replacements/<int:request_id>/side-by-side")
@needs(Permission.DOSSIER_READ_ALL)
def proposed_side_by_side(request_id: int) -> str:
    """The same of a file that is proposed."""
    with reading() as db:
        found = replacing.of_request(db, current_actor(), request_id)
    at = f"/replacements/{request_id}"
    return render_template("documents/side_by_side.html", it=found, back=at, file=f"{at}/file")


@door.get("/papers/<int:paper_id>/edition")
@needs(Permission.SIGNED_IN)
def current_edition(paper_id: int) -> dict[str, Any]:
    """Which edition is current, and where the one that is read stands in a session's book: what an
    open reader asks when one comes back to it."""
    with reading() as db:
        actor, session = current_actor(), web.asked_number("session")
        newest = access.paper_to_read(db, actor, paper_id).editions[-1]
        book = hooks.book_with(db, actor, session, paper_id) if session else None
        reads = web.asked_number("edition") or newest.number
        bound = {"first": book.first(paper_id, reads), "pages": book.pages} if book else None
        return {
            "number": newest.number,
            "id": newest.id,
            "compared": newest.changes is not None,
            "book": bound,
        }


@door.get("/papers/<int:paper_id>/line")
@needs(Permission.SIGNED_IN)
def line(paper_id: int) -> dict[str, Any]:
    """Where a paper stands for the screens that have it open: its newest edition, and which were
    removed."""
    with reading() as db:
        paper = access.paper_to_read(db, current_actor(), paper_id)
        audience = paper_audience(paper.id)
        epoch, seq = live.head(db, audience)
        gone = [each.id for each in paper.editions if each.removal_id is not None]
        newest = paper.editions[-1].number
        return {
            "audience": audience, "epoch": epoch, "seq": seq, "removed": gone, "newest": newest,
        }  # fmt: skip


@door.get("/papers/<int:paper_id>")
@needs(Permission.SIGNED_IN)
def reader(paper_id: int) -> str | tuple[str, int]:
    actor = current_actor()
    with reading() as db:
        dossier_id = access.paper_to_read(db, actor, paper_id).dossier_id
        found = queries.dossier(db, dossier_id)
        session = web.asked_number("session")
        book = hooks.book_with(db, actor, session, paper_id) if session else None
        # A file that was removed leads nowhere.
        there = [each for each in found.papers if each.id == paper_id or not each.removal]
        before, after = queries.neighbours(book.papers if book else there, paper_id)
        newest = next(each for each in found.papers if each.id == paper_id)
        page, number = web.asked_number("page"), web.asked_number("edition")
        if page and not number:
            # What is found by searching stands in the current edition.
            number = newest.edition_number
        paper = queries.shown(db, actor.id, paper_id, number)
        if paper.removal:
            return removals.gone(found, paper)
        return render_template(
            "documents/reader.html",
            dossier=found,
            paper=paper,
            newest=newest,
            before=before,
            after=after,
            book=book,
            of_book=f"?session={book.session_id}" if book else "",
            opened=queries.opened(db, actor.id, [each.edition_id for each in found.papers]),
            page=page,
            may_take=actor.may(Permission.PAPER_ADD),
            leaves=paper.handling is Handling.FREE and access.may_export(db, actor, dossier_id),
            advisers=sharing.advisers(db, actor, dossier_id),
            sought=request.args.get("q", "")[:200],
        )


@door.get("/editions/<int:edition_id>/file")
@needs(Permission.SIGNED_IN)
@gives_a_file(access.edition_to_read)
def file(edition_id: int) -> Response:
    """This reader's marked copy, whole or by byte ranges (RFC 9110, 14)."""
    copy = service.open_copy(current_actor(), edition_id, anew=_asks_for_the_beginning())
    return sent(copy, f"{edition_id}.pdf")


def sent(copy: Copy, name: str) -> Response:
    if request.if_none_match.contains(copy.etag):
        return _answer(b"", 304, {"ETag": f'"{copy.etag}"'})
    start, stop, status = _asked_for(copy)
    if status == 416:
        return _answer(b"", 416, {"Content-Range": f"bytes */{copy.size}"})
    headers = {
        "Content-Length": str(stop - start),
        "Content-Disposition": f'inline; filename="{name}"',
        "ETag": f'"{copy.etag}"',
    }
    if status == 206:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{copy.size}"
    return _answer(copy.stream(start, stop), status, headers)


@door.get("/editions/<int:edition_id>/copy.pdf")
@needs(Permission.PAPER_EXPORT)
@gives_a_file(access.edition_to_export)
def download(edition_id: int) -> Response:
    """The same copy, to be taken away where the paper's label lets it be."""
    title, copy = exporting.download(current_actor(), edition_id)
    answer = web.download(f"{title}.pdf", copy.stream(0, copy.size), "application/pdf")
    answer.headers.update(FILE_HEADERS | {"Accept-Ranges": "none"})
    answer.content_length = copy.size
    return answer


@door.post("/editions/<int:edition_id>/printing")
@needs(Permission.PAPER_EXPORT)
def note_printing(edition_id: int) -> dict[str, bool]:
    """Noted before a reader's page prints what it shows."""
    exporting.note_printing(current_actor(), edition_id)
    return {"noted": True}


@door.get("/editions/<int:edition_id>/office-file")
@needs(Permission.PAPER_ADD)
@gives_a_file(access.office_file_to_take)
def office_file(edition_id: int) -> Response:
    """The Office file that a paper was made from."""
    name, content = service.take_office_file(current_actor(), edition_id)
    return web.download(name, content, "application/octet-stream")


@door.get("/editions/<int:edition_id>/original")
@needs(Permission.PAPER_ADD)
@gives_a_file(access.signed_original_to_take)
def signed_original(edition_id: int) -> Response:
    """A signed file, untouched: any other would not be signed."""
    name, content = service.take_signed_original(current_actor(), edition_id)
    return web.download(name, content, "application/pdf")


@door.get("/editions/<int:edition_id>/page1.webp")
@needs(Permission.SIGNED_IN)
@gives_a_file(access.edition_to_read)
def first_page(edition_id: int) -> Response:
    picture = service.first_page(current_actor(), edition_id)
    return Response(picture, mimetype="image/webp", headers=FILE_HEADERS)


def _asks_for_the_beginning() -> bool:
    asked = request.range
    return asked is None or any(start == 0 for start, _ in asked.ranges)


def _asked_for(copy: Copy) -> tuple[int, int, int]:
    """First byte, byte after the last, and the status to answer with."""
    asked = request.range
    changed = request.if_range.etag is not None and request.if_range.etag != copy.etag
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1 or changed:
        return 0, copy.size, 200
    first, last = asked.ranges[0]
    # The last so many bytes of a file that has fewer are all of them (RFC 9110, 14.1.2).
    suffix = last is None and first < -copy.size
    piece = (0, copy.size) if suffix else asked.range_for_length(copy.size)
    return (*piece, 206) if piece else (0, 0, 416)


def _answer(body: Any, status: int, headers: dict[str, str]) -> Response:
    return Response(
        body,
        status,
        headers={**FILE_HEADERS, **headers},
        mimetype="application/pdf",
        direct_passthrough=True,
    )


@contextmanager
def sent_paper() -> Iterator[tuple[str, PaperKind, str, bytes]]:
    """Title, kind, file name and content of a paper that a form brings, or has sent in pieces."""
    title, kind = form("title", limit=LONGEST_TITLE, optional=True), _kind()
    with sent_file() as (name, content):
        yield title, kind, name, content


@contextmanager
def sent_file(most: int = -1) -> Iterator[tuple[str, bytes]]:
    """Name and content of a file that a form brings, or has sent in pieces; no more of it than
    `most`, where it is given."""
    if "sent" not in request.form:
        file = _file()
        yield file.filename or "", file.read(most)
        return
    sender, digest = current_actor().id, form("sent", limit=incoming.DIGEST_LETTERS)
    content = incoming.store().whole(sender, digest)
    try:
        yield form("name", limit=LONGEST_NAME), content
    except Refused as refusal:
        # What is mended elsewhere, it waits for; but no second try makes a paper of these.
        if isinstance(refusal, Unreadable) or refusal.reason is DossierRefusal.REMOVED:
            incoming.store().drop(sender, digest)
        raise
    incoming.store().drop(sender, digest)


def _file() -> FileStorage:
    found = request.files.get("file")
    if found is None or not found.filename:
        raise BadInput("file", "is missing")
    return found


def _kind() -> PaperKind:
    try:
        return PaperKind(form("kind", limit=40))
    except ValueError:
        raise BadInput("kind", "is unknown") from None


def _handling() -> Handling:
    try:
        return Handling(form("handling", limit=10))
    except ValueError:
        raise BadInput("handling", "is unknown") from None


def added(paper_id: int) -> Any:
    """What a paper has become that was just sent."""
    with reading() as db:
        paper = queries.paper(db, paper_id)
    if not web.wants_json():
        return web.see(f"/dossiers/{paper.dossier_id}", "paper_added")
    return {
        "id": paper.id,
        "title": paper.title,
        "pages": paper.pages,
        "size": paper.size,
        "digest": paper.digest,
        "removed": sum(paper.removed.values()),
        "was_signed": paper.was_signed,
    }, 201
