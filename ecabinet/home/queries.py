"""Reads over several rooms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy.orm import Session

from ballots import queries as ballots
from documents import queries as documents
from documents.queries import DossierView, PaperView
from ecabinet import approvals, outbox, search
from ecabinet.access import Actor, Permission
from ecabinet.approvals import Request, RequestState
from ecabinet.duties import Duty, most_urgent_first
from ecabinet.handover import queries as handover
from ecabinet.handover.queries import Unfinished
from ecabinet.outbox import Message
from meetings import queries as meetings
from meetings.queries import SessionView
from meetings.rules import State
from people import queries as people
from people.queries import OFFICE_ZONE, AgencyName
from people.service.changes import END_TERM
from tasks import queries as tasks
from tasks.queries import Watch

SHORT_LIST = 4
ROOMS = (approvals, people, documents, ballots, meetings, tasks, handover)


@dataclass(frozen=True)
class NewPaper:
    """A paper in the dossier that it stands in."""

    dossier: DossierView
    paper: PaperView


@dataclass(frozen=True)
class Day:
    """The messages of one day, newest first."""

    day: date
    messages: Sequence[Message]


@dataclass(frozen=True)
class FirstPage:
    """What a person finds in the morning. A column that is not for them is None."""

    watch: Watch | None
    open_session: SessionView | None
    duties: Sequence[Duty]
    new_papers: Sequence[NewPaper] | None
    upcoming: Sequence[SessionView] | None
    # What the page is held level with, where it may tell of consultations.
    questions: dict[str, Any] | None


def first_page(db: Session, actor: Actor) -> FirstPage:
    asks = actor.may(Permission.CONSULTATION_READ)
    questions = ballots.lists_standing(db) if asks else None
    meets = actor.may(Permission.MEETING_READ)
    under_way = meetings.open_session(db, actor) if meets else None
    # The banner is the way into the session; a row beside it would say the same again.
    banner = under_way.live_path if under_way else None
    return FirstPage(
        watch=tasks.watch(db, actor) if actor.may(Permission.TASK_READ) else None,
        open_session=under_way,
        duties=[each for each in duties(db, actor) if each.path != banner],
        new_papers=new_papers(db, actor) if _is_sent_papers(actor) else None,
        upcoming=meetings.upcoming(db, actor, SHORT_LIST) if meets else None,
        questions=questions,
    )


def left_by_request(db: Session, asked: Request) -> Unfinished | None:
    """What an office has still to do, where this request waits to end the term of its holder."""
    if asked.kind != END_TERM.name or asked.state != RequestState.WAITING:
        return None
    return handover.unfinished(db, asked.facts["term"])


@dataclass(frozen=True)
class SearchPage:
    """What was found, and what one can narrow it by."""

    found: search.Found | None
    agencies: Sequence[AgencyName]
    sessions: Sequence[SessionView]


def search_page(
    db: Session, actor: Actor, query: str, within: search.Within, list_number: int, *, ranked: bool
) -> SearchPage:
    """Papers, agenda items and conclusions with these words, of those that this person may read."""
    readers = readers_of(actor)
    found = search.find(db, readers, query, within, list_number, ranked=ranked) if query else None
    theirs = set(search.agencies(db, readers))
    return SearchPage(
        found,
        [each for each in people.agencies(db) if each.id in theirs],
        [each for each in meetings.meetings(db, actor) if each.state != State.PLANNED],
    )


def pages_with(db: Session, actor: Actor, query: str, thing: str, number: int) -> search.Found:
    """Every page of one thing with these words."""
    return search.find_in(db, readers_of(actor), query, thing, number)


def readers_of(actor: Actor) -> list[str]:
    return [*documents.readers_of(actor), *meetings.readers_of(actor)]


def _is_sent_papers(actor: Actor) -> bool:
    """An agency's staff read what they have written themselves."""
    return actor.may(Permission.DOSSIER_READ) and not actor.may(Permission.DOSSIER_LODGE)


def new_papers(db: Session, actor: Actor) -> list[NewPaper]:
    """The newest papers that this person has not opened yet."""
    found = [
        NewPaper(dossier, paper)
        for dossier in documents.dossiers(db, actor)
        for paper in dossier.papers
    ]
    opened = documents.opened(db, actor.id, [each.paper.edition_id for each in found])
    unread = [each for each in found if each.paper.edition_id not in opened]
    return sorted(unread, key=lambda one: one.paper.added_at, reverse=True)[:SHORT_LIST]


def duties(db: Session, actor: Actor) -> list[Duty]:
    """What waits for this person, most urgent first."""
    return most_urgent_first(duty for room in ROOMS for duty in room.duties(db, actor))


def counts(db: Session, actor: Actor) -> dict[str, int]:
    """What waits behind each place of the navigation."""
    return {
        "home.inbox": outbox.unread(db, actor.id),
        "documents.dossiers": len(documents.duties(db, actor)),
        "ballots.consultations": len(ballots.duties(db, actor)),
        "tasks.dashboard": len(tasks.duties(db, actor)) if actor.may(Permission.TASK_READ) else 0,
    }


def inbox(db: Session, actor: Actor) -> list[Day]:
    """A person's messages, grouped by the cabinet's day."""
    messages = outbox.inbox(db, actor.id)
    by_day = groupby(messages, lambda one: OFFICE_ZONE.local_day(one.at))
    return [Day(day, list(group)) for day, group in by_day]
