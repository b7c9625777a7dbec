"""What the acts of this room have in common that one person asks for and another confirms
(rulebook: Who may do what)."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from ecabinet import canonical
from ecabinet.access import Permission
from ecabinet.approvals import Act, Approved
from ecabinet.errors import Stale
from people import access
from people.models import Person


def act(name: str, carry_out: Callable[[Session, Approved], None]) -> Act:
    """Asked for by the administrator, confirmed by a leader of the Government Office."""
    return Act(
        name, Permission.ACCOUNT_MANAGE, Permission.ACCOUNT_APPROVE, carry_out,
        persons=("person_id", "giver_id", "taker_id"),
    )  # fmt: skip


def whom(person: Person) -> canonical.Json:
    """A person among the facts, by number and by the name that the second one reads."""
    return {"person_id": person.id, "person": person.name}


def same_person(db: Session, approved: Approved) -> Person:
    """Who was shown, locked; Stale where they are called otherwise by now."""
    person = access.person_to_change(db, approved.asker, approved.facts["person_id"])
    if person.name != approved.facts["person"]:
        raise Stale
    return person


def by(approved: Approved) -> canonical.Json:
    """The two people, for the log."""
    return {"asked_by": approved.asker.id, "confirmed_by": approved.approver.id}
