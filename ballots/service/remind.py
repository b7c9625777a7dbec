"""Reminding who has not answered: three days before the end, and on the last day (AUTH-09)."""

from ballots import access, queries
from ballots.service.tell import tell_who_cannot_sign
from ecabinet import clock, outbox
from ecabinet.db import transaction
from people import queries as people


def remind(consultation_id: int) -> None:
    """Tell each once; whoever cannot sign is told that as well, while it can be mended."""
    with transaction() as db:
        consultation = access.consultation_to_close(db, consultation_id)
        now = clock.now(db)
        reminder, silent = queries.to_be_reminded(db, consultation, now)
        if reminder is None or consultation.due_at is None:
            return
        awaiting = queries.awaiting(db, consultation)
        able = people.able_to_sign(db, now, consultation.signature_classes)
        tell_who_cannot_sign(
            db, consultation, reminder, [each for each in silent if each not in able]
        )
        for person_id in silent:
            outbox.notify(
                db, person_id, reminder.value, f"{queries.path_of(consultation_id)}/answer",
                queries.fact_of_reminder(consultation, reminder),
                title=consultation.title,
                due_at=consultation.due_at.isoformat(),
                ends=queries.CALENDAR.end_words(consultation.due_at),
                can_sign=person_id in able,
                awaits=person_id in awaiting,
            )  # fmt: skip
