"""Urgent decisions (quyết định cấp bách): decided for the Government out of session by the Prime
Minister or a deputy, and reported at its next session (Decree 191/2026, Articles 3.4 and 5.2.n).

The secretariat writes down what was decided, and its decider confirms it; then it puts itself on
the next session's agenda, from which it only goes with a reason, and on to the session after.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots import papers
from ecabinet import approvals, canonical, clock, ledger, outbox
from ecabinet.access import Actor, Permission, Role
from ecabinet.approvals import Act, Approved
from ecabinet.db import reading
from ecabinet.errors import Refused, Stale
from meetings import queries, rules
from meetings.models import Item, Meeting, UrgentDecision, UrgentTakenOff
from meetings.service.record import note_draft
from people import queries as people
from people.queries import Holder

DECIDERS = (Role.PRIME_MINISTER, Role.DEPUTY_PM)
PATH = "/urgent-decisions"
# As long as a report usually takes; the secretariat changes it in the agenda.
MINUTES = 10


@dataclass(frozen=True)
class Decided:
    """What was decided, as the secretariat writes it down."""

    title: str
    words: str
    reason: str
    document: str
    decider_id: int
    decided_at: datetime
    agreed_with: frozenset[int]


def ask_to_record(actor: Actor, decided: Decided) -> int:
    """Ask whoever decided to confirm it; nobody else is told yet."""
    with reading() as db:
        decider, agreed = _people(db, decided)
        refusal = rules.urgent_refusal(
            decided.decided_at,
            clock.now(db),
            by_decider=decider is not None,
            agreed_by_members=len(agreed) == len(decided.agreed_with),
        )
        if refusal:
            raise Refused(refusal)
        assert decider is not None
        facts: canonical.Json = {
            "title": decided.title,
            "words": decided.words,
            "reason": decided.reason,
            "document": decided.document,
            "decider": decider.person_id,
            "office": decider.office,
            "decided_at": canonical.moment(decided.decided_at),
            "moment": papers.moment_words(decided.decided_at),
            "agreed_with": [each.person_id for each in agreed],
            "agreed_as": [each.office for each in agreed],
        }
    return approvals.ask(actor, RECORD, decided.title, facts)


def _people(db: Session, decided: Decided) -> tuple[Holder | None, list[Holder]]:
    deciders = people.persons_with(db, *DECIDERS)
    decider = next((each for each in deciders if each.person_id == decided.decider_id), None)
    others = [each for each in people.members(db) if each.person_id != decided.decider_id]
    return decider, [each for each in others if each.person_id in decided.agreed_with]


def _record(db: Session, approved: Approved) -> None:
    facts = approved.facts
    hold(db)
    # Whoever has left that office since does not confirm in its name.
    if approved.approver.office != facts["office"]:
        raise Stale
    row = UrgentDecision(
        title=facts["title"],
        words=facts["words"],
        reason=facts["reason"],
        document=facts["document"],
        decided_by=facts["decider"],
        office=facts["office"],
        agreed_with=facts["agreed_as"],
        recorded_as=approved.asker.office,
        decided_at=datetime.fromisoformat(facts["decided_at"]),
        recorded_at=clock.now(db),
    )
    db.add(row)
    db.flush()
    leaf: canonical.Json = {
        "decision": row.id,
        "decider": row.decided_by,
        "decided_at": facts["decided_at"],
        "agreed_with": facts["agreed_with"],
        "document": row.document,
        "words_sha256": canonical.digest_of(f"{row.title}\n\n{row.words}\n\n{row.reason}"),
        "recorded_by": approved.asker.id,
    }
    ledger.append(db, "urgent_decision_recorded", leaf, _remember(row))
    told = people.persons_who_may(db, Permission.RESULT_READ)
    outbox.notify(
        db, told, "urgent_decision", f"{PATH}#decision-{row.id}", title=row.title, who=row.office
    )
    place_awaited(db, approved.asker)


RECORD = Act(
    "record_urgent_decision", Permission.MEETING_PREPARE, Permission.RESULT_DECIDE, _record,
    confirmed_by="decider",
)  # fmt: skip


def hold(db: Session) -> None:
    """Let nobody else place a decision meanwhile; before any meeting is locked."""
    db.execute(select(UrgentDecision.id).with_for_update())


def place_awaited(db: Session, actor: Actor) -> None:
    """Put each urgent decision that is not reported yet on the agenda of the next session which it
    was not taken off, and there alone; held by the caller."""
    db.flush()
    waiting = queries.unreported_decisions(db)
    if not waiting:
        return
    to_come = queries.sessions_that_take_reports(db)
    for decision in waiting:
        left_out = queries.taken_off(db, decision.id)
        meeting = next((each for each in to_come if each.id not in left_out), None)
        if meeting is None:
            continue
        stands = queries.planned_reports(db, decision.id)
        for item, other in stands:
            if other.id != meeting.id:
                take_out(db, other, item)
                _note(db, actor, other, "urgent_report_moved", item.id, before=item.title)
        if all(other.id != meeting.id for _, other in stands):
            _place(db, actor, meeting, decision)


def take_out(db: Session, meeting: Meeting, item: Item) -> None:
    """Let an agenda be without an item, and without a gap."""
    db.delete(item)
    for later in meeting.items:
        if later.position > item.position:
            later.position -= 1


def _place(db: Session, actor: Actor, meeting: Meeting, decision: UrgentDecision) -> None:
    item = Item(
        position=len(meeting.items) + 1,
        title=decision.title,
        minutes=MINUTES,
        presenter=decision.office,
        urgent_id=decision.id,
        draft=0,
    )
    meeting.items.append(item)
    db.flush()
    _note(db, actor, meeting, "urgent_report_added", item.id, after=item.title)
    item.draft = meeting.draft


def _note(
    db: Session, actor: Actor, meeting: Meeting, what: str, item_id: int, **facts: str
) -> None:
    """Note a change that nobody made by hand: whoever has put the agenda forward does so anew."""
    submitter = meeting.submitted_by
    note_draft(db, actor, meeting, what, item_id, **facts)
    if submitter is not None:
        outbox.notify(
            db, submitter, "session_to_submit_anew", f"/meetings/{meeting.id}", title=meeting.title
        )


def must_stay_in_sight(db: Session, decision_id: int, title: str, *, restricted: bool) -> None:
    """Refuse what would hide a report from those whom it is made to."""
    decided = db.get_one(UrgentDecision, decision_id)
    if refusal := rules.report_refusal(decided.title, title, restricted=restricted):
        raise Refused(refusal)


def take_off(
    db: Session, actor: Actor, meeting: Meeting, decision_id: int | None, reason: str
) -> None:
    """Leave a report off one session's agenda, for a reason that stands beside its decision."""
    if refusal := rules.taking_off_refusal(decision_id is not None, reason):
        raise Refused(refusal)
    if decision_id is None:
        return
    row = UrgentTakenOff(
        urgent_id=decision_id,
        meeting_id=meeting.id,
        reason=reason,
        office=actor.office,
        at=clock.now(db),
    )
    db.add(row)
    leaf: canonical.Json = {
        "decision": decision_id,
        "meeting": meeting.id,
        "reason_sha256": canonical.digest_of(reason),
        "by": actor.id,
    }
    ledger.append(db, "urgent_report_taken_off", leaf, _remember(row))


def _remember(row: UrgentDecision | UrgentTakenOff) -> Callable[[int], None]:
    def remember(position: int) -> None:
        row.leaf = position

    return remember
