"""Asking whoever came into office while a consultation is open (rulebook: Who counts)."""

from ballots import access, queries
from ballots.models import State
from ballots.service import draft
from ballots.service.stop import stop_if_replaced
from ballots.service.tell import tell_of_asking
from documents import service as documents
from ecabinet import canonical, clock, ledger
from ecabinet.db import transaction
from people import queries as people


def ask(consultation_id: int) -> None:
    """Ask each once; whoever is told too late for the least window is never deemed to agree.

    Where the whole Government is another by today, nobody is asked: the question stops.
    """
    with transaction() as db:
        consultation = access.consultation_to_close(db, consultation_id)
        now = clock.now(db)
        if consultation.state != State.OPEN or consultation.has_ended(now):
            return
        if stop_if_replaced(db, consultation, queries.CALENDAR.local_day(now)):
            return
        known = {each.person_id for each in consultation.asked}
        newcomers = [each for each in people.members(db) if each.person_id not in known]
        for place, each in enumerate(newcomers, len(known)):
            consultation.asked.append(draft.to_be_asked(each, place))
            body = {
                "consultation": consultation.id,
                "member": each.person_id,
                "office": each.office,
                "at": canonical.moment(now),
            }
            ledger.append(db, "member_asked", body)
        db.flush()
        members = [each.person_id for each in newcomers]
        documents.hand_out(db, consultation.dossier_id, members)
        tell_of_asking(db, consultation, members)
