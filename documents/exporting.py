"""Copies that leave this house: downloaded, printed, bound into a session's book; each is noted,
since no removal and no lease reaches it afterwards."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from documents import access, service
from documents.marking import Copy
from documents.models import Export
from documents.rules import Way
from ecabinet import activity, clock
from ecabinet.access import Actor
from ecabinet.db import transaction


def download(actor: Actor, edition_id: int) -> tuple[str, Copy]:
    """A paper's title and this reader's marked copy of it."""
    with transaction() as db:
        edition = access.edition_to_export(db, actor, edition_id)
        note(db, actor, [edition_id], Way.DOWNLOAD)
        title = edition.paper.title
    return title, service.open_copy(actor, edition_id, anew=True)


def note_printing(actor: Actor, edition_id: int) -> None:
    """This reader prints their marked copy, or some pages of it."""
    with transaction() as db:
        access.edition_to_export(db, actor, edition_id)
        note(db, actor, [edition_id], Way.PRINT)


def note(db: Session, actor: Actor, edition_ids: Iterable[int], way: Way) -> None:
    """Note what leaves, in the act's own transaction, before it leaves."""
    activity.is_an_act()
    now = clock.now(db)
    db.add_all(
        Export(edition_id=each, person_id=actor.id, way=way, at=now)
        for each in dict.fromkeys(edition_ids)
    )
