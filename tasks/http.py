"""Tasks: the dashboard with its list, one task with its steps, assigning."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from enum import StrEnum
from typing import TypeVar

from flask import Response as Download
from flask import get_template_attribute, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from documents.http import papers
from ecabinet import sheets, storage, web, working_days
from ecabinet.access import Permission
from ecabinet.db import reading
from ecabinet.errors import BadInput, NotFound
from ecabinet.web import Door, current_actor, form, form_int, gives_a_file, needs, takes
from meetings import queries as meetings
from people import queries as people
from people.queries import OFFICE_ZONE
from tasks import access, queries, rules, service
from tasks.queries import Filter
from tasks.rules import Assignment, FileKind, Shown, State, Step

door = Door("tasks", __name__)

Word = TypeVar("Word", bound=StrEnum)

LONGEST_TEXT = 4_000
LONGEST_PRODUCT = 500
OFFICE_FILE = "application/vnd.openxmlformats-officedocument"
TYPES = {
    FileKind.PDF: "application/pdf",
    FileKind.PNG: "image/png",
    FileKind.JPG: "image/jpeg",
    FileKind.DOCX: f"{OFFICE_FILE}.wordprocessingml.document",
    FileKind.XLSX: f"{OFFICE_FILE}.spreadsheetml.sheet",
}
COLUMNS = ("number", "task", "lead", "coordinating", "deliverable", "deadline", "time", "state",
           "assigned", "source")  # fmt: skip
# Nothing in a file that somebody sent may act as one of our pages (UPL-05).


# ---- looking ----


@door.get("/tasks")
@needs(Permission.TASK_READ)
def dashboard() -> str:
    wanted = _filter()
    page = web.asked_number("page") or 1
    actor = current_actor()
    with reading() as db:
        watch = queries.watch(db, actor)
        board = queries.dashboard(db, actor, wanted, page)
    return render_template(
        "tasks/tasks.html",
        watch=watch,
        board=board,
        wanted=wanted,
        link=Link(wanted),
        may_assign=actor.may(Permission.TASK_ASSIGN),
        sees_all=actor.may(Permission.TASK_READ_ALL),
        Shown=Shown,
        State=State,
    )


@door.get("/tasks.csv")
@needs(Permission.TASK_READ)
def export() -> Download:
    """The list as it is filtered, for a spreadsheet."""
    with reading() as db:
        rows = queries.export(db, current_actor(), _filter())
    return web.download("nhiem-vu.csv", sheets.write_csv(_cells(rows)), sheets.CSV)


@door.get("/tasks/place")
@needs(Permission.TASK_READ)
def place() -> dict[str, object]:
    """Where a page that has lost the line stands now."""
    with reading() as db:
        watch = queries.watch(db, current_actor())
    if watch is None:
        raise NotFound("nothing to listen to")
    return asdict(watch)


@door.get("/tasks/<int:task_id>")
@needs(Permission.TASK_READ)
def task(task_id: int) -> str:
    with reading() as db:
        watch = queries.watch(db, current_actor())
        shown = queries.task(db, current_actor(), task_id)
        agencies = people.standing_agencies(db) if Step.ASSIGN_AGAIN in shown.steps else []
        choices = _choices(db)
    return render_template("tasks/task.html", watch=watch, task=shown, agencies=agencies, **choices)


@door.get("/tasks/<int:task_id>/conclusion")
@needs(Permission.TASK_READ)
def conclusion(task_id: int) -> str:
    actor = current_actor()
    with reading() as db:
        shown = queries.task(db, actor, task_id)
        around = queries.conclusion(db, actor, task_id)
        return render_template("tasks/conclusion.html", task=shown, conclusion=around)


@door.get("/tasks/<int:task_id>/files/<int:event_id>")
@needs(Permission.TASK_READ)
@gives_a_file(access.file_to_read)
def file(task_id: int, event_id: int) -> Download:
    with reading() as db:
        event = access.file_to_read(db, current_actor(), task_id, event_id)
    assert event.file_digest
    assert event.file_kind
    content = storage.store().stream(event.file_digest)
    answer = web.download(event.file_name or "", content, TYPES[event.file_kind])
    answer.content_length = event.file_size or 0
    return answer


# ---- assigning ----


@door.get("/tasks/assign")
@needs(Permission.TASK_ASSIGN)
def assigning() -> str:
    order_id = web.asked_number("order")
    with reading() as db:
        agencies = people.standing_agencies(db)
        order = meetings.order_to_assign(db, current_actor(), order_id) if order_id else None
        return render_template(
            "tasks/assign.html",
            order=order,
            agencies=agencies,
            named=queries.agencies_named(order.text, agencies) if order else [],
            earlier=queries.assigned_from(db, order.id) if order else [],
            **_choices(db),
        )


@door.post("/tasks/assign")
@needs(Permission.TASK_ASSIGN)
@takes(
    "order",
    "text",
    "lead",
    "lead_other",
    "deliverable",
    "deliverable_other",
    "deadline",
    "deadline_other",
    many=("coordinating",),
)
def assign() -> Response:
    lead, (deadline, open_ended) = _lead(), _deadline()
    coordinating = tuple(each for each in _agencies("coordinating") if each != lead)
    product = _product()
    if request.form.get("order"):
        task_id = service.assign_from(
            current_actor(), form_int("order"), lead, deadline, product, coordinating, open_ended
        )
    else:
        text = form("text", limit=LONGEST_TEXT)
        assignment = Assignment(text, lead, deadline, product, coordinating, open_ended)
        task_id = service.assign(current_actor(), assignment)
    return web.see(f"/tasks/{task_id}", "task_assigned")


@door.post("/tasks/<int:task_id>/assign-again")
@needs(Permission.TASK_ASSIGN)
@takes("lead", "lead_other", "deadline", "deadline_other")
def assign_again(task_id: int) -> Response:
    deadline, open_ended = _deadline()
    service.assign_again(current_actor(), task_id, _lead(), deadline, open_ended)
    return web.see(f"/tasks/{task_id}", "task_assigned")


# ---- carrying out ----


@door.post("/tasks/<int:task_id>/accept")
@needs(Permission.TASK_REPORT)
def accept(task_id: int) -> Response:
    service.accept(current_actor(), task_id)
    return web.see(f"/tasks/{task_id}", "task_accepted")


@door.post("/tasks/<int:task_id>/refuse")
@needs(Permission.TASK_REPORT)
@takes("reason")
def refuse(task_id: int) -> Response:
    service.refuse(current_actor(), task_id, form("reason", limit=LONGEST_TEXT))
    return web.see(f"/tasks/{task_id}", "task_refused")


@door.post("/tasks/<int:task_id>/update")
@needs(Permission.TASK_REPORT)
@takes("words", *papers.FILE)
def update(task_id: int) -> Response:
    words = form("words", limit=LONGEST_TEXT)
    with _sent_file() as file:
        service.update(current_actor(), task_id, words, *file)
    return web.see(f"/tasks/{task_id}", "task_updated")


@door.post("/tasks/<int:task_id>/report")
@needs(Permission.TASK_REPORT)
@takes("words", *papers.FILE)
def report(task_id: int) -> Response:
    words = form("words", limit=LONGEST_TEXT)
    with _sent_file() as file:
        service.report(current_actor(), task_id, words, *file)
    return web.see(f"/tasks/{task_id}", "task_reported")


@contextmanager
def _sent_file() -> Iterator[tuple[str, bytes] | tuple[()]]:
    """Name and content of a file, where one was chosen."""
    whole = request.files.get("file")
    if "sent" not in request.form and not (whole and whole.filename):
        yield ()
        return
    # One byte more than may come in is enough to know that it is too large.
    with papers.sent_file(rules.LARGEST_FILE + 1) as file:
        yield file


# ---- judging ----


@door.post("/tasks/<int:task_id>/confirm")
@needs(Permission.TASK_ASSIGN)
def confirm(task_id: int) -> Response:
    service.confirm(current_actor(), task_id)
    return web.see(f"/tasks/{task_id}", "task_confirmed")


@door.post("/tasks/<int:task_id>/return")
@needs(Permission.TASK_ASSIGN)
@takes("reason")
def send_back(task_id: int) -> Response:
    service.send_back(current_actor(), task_id, form("reason", limit=LONGEST_TEXT))
    return web.see(f"/tasks/{task_id}", "task_returned")


# ---- parsing ----


def _filter() -> Filter:
    """What the address asks for; a word that is none of ours asks for nothing."""
    return Filter(
        agency_id=web.asked_number("agency"),
        shown=_word(Shown, request.args.get("shown", "")) or Shown.OPEN,
        state=_word(State, request.args.get("state", "")),
        words=request.args.get("q", "").strip()[:200],
    )


def _word(kind: type[Word], given: str) -> Word | None:
    return kind(given) if given in set(kind) else None


class Link:
    """Addresses of this list with one thing changed."""

    def __init__(self, wanted: Filter) -> None:
        self._asked = {
            "agency": wanted.agency_id,
            "shown": wanted.shown.value,
            "state": wanted.state.value if wanted.state else None,
            "q": wanted.words,
        }

    def __call__(self, path: str = "/tasks", **changed: object) -> str:
        return web.address(path, self._asked | changed)


def _lead() -> int:
    """The agency chosen by one tap, or from the list of all."""
    return form_int("lead_other" if form("lead") == "other" else "lead")


def _product() -> str:
    """The product chosen by one tap, or said in words."""
    given = form("deliverable", limit=LONGEST_PRODUCT)
    return form("deliverable_other", limit=LONGEST_PRODUCT) if given == "other" else given


def _agencies(name: str) -> list[int]:
    given = request.form.getlist(name)
    if not all(each.isdecimal() for each in given):
        raise BadInput(name, "is no agency")
    return sorted({int(each) for each in given})


def _deadline() -> tuple[date | None, bool]:
    """The day chosen by one tap, another day, or expressly none."""
    given = form("deadline", limit=10)
    if given == "none":
        return None, True
    return web.form_day("deadline_other" if given == "other" else "deadline"), False


def _choices(db: Session) -> dict[str, object]:
    is_working_day = working_days.calendar(db).is_working_day
    return {"suggested": rules.suggested_deadlines(people.today(db), is_working_day)}


# ---- files that go out ----


def _cells(rows: list[queries.ExportRow]) -> Iterator[list[str]]:
    heading = get_template_attribute("tasks/_words.html", "heading")
    state_word = get_template_attribute("tasks/_words.html", "state_word")
    time_word = get_template_attribute("tasks/_words.html", "time_word")
    yield [str(heading(name)) for name in COLUMNS]
    for each in rows:
        task = each.row
        yield [
            str(task.number),
            task.text,
            task.lead,
            "; ".join(each.coordinating),
            task.deliverable,
            f"{task.deadline:%d/%m/%Y}" if task.deadline else "",
            str(time_word(task)),
            str(state_word(task.state)),
            f"{OFFICE_ZONE.local_day(each.assigned_at):%d/%m/%Y}",
            each.source,
        ]
