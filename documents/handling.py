"""What a paper's handling label allows: to download and print it, to keep it on devices."""

from documents import access
from documents.rules import Handling
from ecabinet.access import Actor
from ecabinet.db import transaction

_of_new_papers = Handling.FREE


def bind(label: Handling) -> None:
    """The label that papers bear from the beginning."""
    global _of_new_papers
    _of_new_papers = label


def of_new_papers() -> Handling:
    return _of_new_papers


def label(actor: Actor, paper_id: int, handling: Handling) -> int:
    """Give a paper another label, and its dossier's number back; what devices keep against it goes
    at their next contact, what was downloaded or printed stays where it is."""
    with transaction() as db:
        paper = access.paper_to_prepare(db, actor, paper_id)
        paper.handling = handling
        return paper.dossier_id
