"""Answers on paper, for a member who cannot reach a device: one person enters what the scan says,
a second one compares the two, the member is told (rulebook: Who may do what, enter a paper
ballot)."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots import access, queries, rules, signing
from ballots.models import Asked, Ballot, Consultation, PaperEntry, State
from ballots.rules import Answer, PaperBallotRefusal
from ballots.service import prepare, tell
from ballots.signing import Entered, Proposed, Scan, Sealed
from documents import marking
from documents import rules as documents_rules
from documents import service as documents
from ecabinet import approvals, canonical, clock, keys, ledger, storage
from ecabinet.access import Actor, Permission
from ecabinet.approvals import Act, ApprovalRefusal, Approved, Request, RequestState
from ecabinet.db import reading, transaction
from ecabinet.errors import NotFound, Refused, Stale
from people import queries as people

# As what a paper stands in the log from when it was handed in, compared or not; and taken back.
HANDED_IN, TAKEN_BACK = "paper_handed_in", "paper_taken_back"
PDF_BEGINS = b"%PDF-"


def ask_to_enter(
    actor: Actor, consultation_id: int, member_id: int, answer: Proposed, scan: tuple[str, bytes],
    reason: str, env: str,
) -> int:  # fmt: skip
    """Ask a second person to compare an answer with its scan; until then nothing has changed.

    `scan` is the file's name and content, `reason` why the member does not answer on a device.
    """
    with transaction() as db:
        _to_enter(db, actor, consultation_id, member_id, answer)
    if not scan[1].startswith(PDF_BEGINS):
        raise Refused(PaperBallotRefusal.NOT_PDF)
    kept = documents.read_file(*scan)
    # What the two compare is what stands in the log: whatever acts was taken out of it before.
    shown = Scan(kept.prepared, kept.prepared_size, kept.slot_at, kept.slot_length)
    key = keys.store().read(signing.key_name(consultation_id))
    entered = Entered(answer.choice, answer.opinion, shown)
    sealed = signing.seal_entry(key, consultation_id, member_id, entered)
    with transaction() as db:
        # Asked again: the file was looked at for seconds, and the end may have come.
        consultation = _to_enter(db, actor, consultation_id, member_id, answer)
        _refuse_anothers_scan(db, consultation, member_id, shown)
        entry = PaperEntry(
            consultation_id=consultation_id,
            person_id=member_id,
            sealed=sealed,
            at=clock.now(db),
        )
        db.add(entry)
        db.flush()
        office = queries.offices_asked(consultation)[member_id]
        facts: canonical.Json = {
            "consultation": consultation_id,
            "version": consultation.version,
            "title": consultation.title,
            "member": member_id,
            "office": office,
            "entry": entry.id,
            "sealed_sha256": hashlib.sha256(sealed).hexdigest(),
            "reason": reason,
            "env": env,
        }
        leaf: canonical.Json = {
            "v": signing.VERSION,
            "consultation": consultation_id,
            "member": member_id,
            "sealed_sha256": facts["sealed_sha256"],
            "asked_by": actor.id,
        }
        ledger.append(db, HANDED_IN, leaf, _remember(entry))
        tell.tell_of_paper(db, consultation, member_id, HANDED_IN, by=actor.office)
        return approvals.ask(actor, ENTER, f"{office}: {consultation.title}", facts)


def _to_enter(
    db: Session, actor: Actor, consultation_id: int, member_id: int, answer: Proposed
) -> Consultation:
    """Locked, once this answer of this member's may be entered now."""
    consultation = access.consultation_to_enter(db, actor, consultation_id)
    _refuse(db, consultation, member_id, _following(db, consultation, member_id, answer))
    thing = {"consultation": consultation_id, "member": member_id}
    if approvals.waiting_on(db, ENTER, [thing]):
        raise Refused(ApprovalRefusal.ALREADY_ASKED)
    return consultation


def _refuse_anothers_scan(
    db: Session, consultation: Consultation, member_id: int, scan: Scan
) -> None:
    """One sheet is one member's answer."""
    query = select(Ballot.id).where(
        Ballot.consultation_id == consultation.id,
        Ballot.person_id != member_id,
        Ballot.mark == scan.prepared,
    )
    if db.scalar(query):
        raise Refused(PaperBallotRefusal.SCAN_OF_ANOTHER)


def _following(
    db: Session, consultation: Consultation, member_id: int, answer: Proposed | Entered
) -> Answer:
    before = queries.latest_ballot(db, consultation, member_id)
    follows = before.leaf if before else None
    return Answer(answer.choice, answer.opinion, follows or consultation.asking_leaf)


def _refuse(db: Session, consultation: Consultation, member_id: int, answer: Answer) -> None:
    asked, now = db.get(Asked, (consultation.id, member_id)), clock.now(db)
    today = queries.CALENDAR.local_day(now)
    in_office = any(each.person_id == member_id for each in people.members(db, today))
    has_signed = queries.has_signed(db, consultation, member_id)
    terms = consultation.terms(asked, answer.follows)
    if refusal := rules.paper_refusal(terms, in_office, has_signed, answer, now):
        raise Refused(refusal)


# ---- comparing ----


def waiting(db: Session, consultation: Consultation) -> dict[int, Request]:
    """The requests that wait for their second person, by member."""
    number = consultation.id
    things = [{"consultation": number, "member": each.person_id} for each in consultation.asked]
    return {each.facts["member"]: each for each in approvals.waiting_on(db, ENTER, things)}


def entry_to_compare(db: Session, actor: Actor, request_id: int) -> Request:
    """A request to enter an answer, while it waits, for the two who decide it: nobody else sees a
    choice before the closing, whatever else they may read."""
    request = approvals.request_to_read(db, actor, request_id)
    is_theirs = request.asked_by == actor.id or approvals.may_decide(actor, request)
    if request.kind != ENTER.name or request.state != RequestState.WAITING or not is_theirs:
        raise NotFound(f"paper ballot {request_id}")
    return request


def entered(db: Session, request: Request) -> Entered:
    """What was entered, opened for whoever compares it."""
    return _opened(db.get_one(PaperEntry, request.facts["entry"]))


def _opened(entry: PaperEntry) -> Entered:
    key = keys.store().read(signing.key_name(entry.consultation_id))
    return signing.unseal_entry(key, entry.consultation_id, entry.person_id, entry.sealed)


def copy_of_scan(actor: Actor, request_id: int) -> marking.Copy:
    """The scan with its reader's name on it, as every copy has."""
    with reading() as db:
        request = entry_to_compare(db, actor, request_id)
        return _copy(db, actor, entered(db, request).scan, request.asked_at)


def paper_to_read(db: Session, actor: Actor, consultation_id: int, member_id: int) -> PaperEntry:
    """The entry of a ballot on paper that was counted, for who reads the names in its result."""
    consultation = access.consultation_to_read(db, actor, consultation_id)
    if consultation.state != State.CLOSED or not access.sees_names(actor, consultation):
        raise NotFound(f"papers of consultation {consultation_id}")
    ballot = queries.latest_ballot(db, consultation, member_id)
    entries = select(PaperEntry).where(
        PaperEntry.consultation_id == consultation_id, PaperEntry.person_id == member_id
    )
    for entry in db.scalars(entries.order_by(PaperEntry.id.desc())):
        if ballot and queries.is_on_paper(ballot) and _opened(entry).scan.prepared == ballot.mark:
            return entry
    raise NotFound(f"paper of {member_id} in consultation {consultation_id}")


def copy_of_paper(actor: Actor, consultation_id: int, member_id: int) -> marking.Copy:
    """The scan of a ballot on paper that was counted, with its reader's name on it."""
    with reading() as db:
        entry = paper_to_read(db, actor, consultation_id, member_id)
        return _copy(db, actor, _opened(entry).scan, entry.at)


def _copy(db: Session, actor: Actor, scan: Scan, since: datetime) -> marking.Copy:
    # The same for every range of a copy.
    at = max(documents_rules.quarter_of(clock.now(db)), since)
    mark = marking.Mark(actor.name, actor.office, at.astimezone(documents.OFFICE_ZONE))
    slot = marking.Slot(scan.slot_at, scan.slot_length, scan.prepared_size)
    return marking.Copy(scan.prepared, slot, documents.filled(mark, scan.slot_length))


# ---- entering ----


def _enter(db: Session, approved: Approved) -> None:
    facts = approved.facts
    consultation = access.consultation_to_enter(db, approved.asker, facts["consultation"])
    entry = db.get_one(PaperEntry, facts["entry"])
    same = hashlib.sha256(entry.sealed).hexdigest() == facts["sealed_sha256"]
    if not same or consultation.version != facts["version"]:
        raise Stale
    said, now = _opened(entry), clock.now(db)
    answer = _following(db, consultation, entry.person_id, said)
    _refuse(db, consultation, entry.person_id, answer)
    _refuse_anothers_scan(db, consultation, entry.person_id, said.scan)
    evidence = {
        "method": "paper",
        "at": canonical.moment(now),
        "asked_by": approved.asker.id,
        "asked_as": approved.asker.office,
        "confirmed_by": approved.approver.id,
        "confirmed_as": approved.approver.office,
        "reason": facts["reason"],
    }
    nonce, asked = signing.new_nonce(), db.get_one(Asked, (consultation.id, entry.person_id))
    by_hand = (signing.NO_KEY, signing.ON_PAPER)
    statement = signing.written(
        prepare.statement_of(db, consultation, asked, answer, by_hand, nonce, facts["env"])
    )
    key = keys.store().read(signing.key_name(consultation.id))
    content = Sealed(statement, answer.opinion, storage.read(said.scan.prepared))
    ballot = Ballot(
        consultation_id=consultation.id,
        person_id=entry.person_id,
        follows=answer.follows,
        key=secrets.token_hex(signing.KEY_LETTERS // 2),
        request_digest=approvals.digest_of(ENTER.name, "", facts),
        sealed=signing.seal(key, consultation.id, content),
        mark=said.scan.prepared,
        key_id=signing.NO_KEY,
        signature_class=signing.ON_PAPER,
        evidence=evidence,
        at=now,
    )
    db.add(ballot)
    db.flush()
    leaf = signing.paper_envelope(consultation.id, statement, said.scan.prepared, evidence)
    ledger.append(db, queries.kind_of_leaf(ballot), leaf, _remember(ballot))
    # Whoever did not hand in a paper has to hear of one.
    by = approved.asker.office
    tell.tell_of_ballot(db, consultation, entry.person_id, "ballot_on_paper", by=by)


def _take_back(db: Session, request: Request, actor: Actor) -> None:
    """Whoever entered a paper takes it back: it keeps no silence from agreeing any more, and its
    member hears of it."""
    entry = db.get_one(PaperEntry, request.facts["entry"])
    consultation = access.consultation_to_close(db, entry.consultation_id)
    now = clock.now(db)
    # What stood at the end is what the closing finds, however late it comes.
    if consultation.has_ended(now):
        return
    entry.taken_back_at = now
    leaf: canonical.Json = {
        "v": signing.VERSION,
        "consultation": entry.consultation_id,
        "member": entry.person_id,
        "handed_in": entry.leaf,
        "by": actor.id,
    }
    ledger.append(db, TAKEN_BACK, leaf)
    tell.tell_of_paper(db, consultation, entry.person_id, TAKEN_BACK, by=actor.office)


def _remember(row: Ballot | PaperEntry) -> Callable[[int], None]:
    def remember(position: int) -> None:
        row.leaf = position

    return remember


ENTER = Act(
    "enter_paper_ballot", Permission.BALLOT_ENTER, Permission.BALLOT_COMPARE, _enter,
    done_to=("consultation", "member"), persons=("member",), shown_at="/paper-ballots/{}",
    taken_back=_take_back,
)  # fmt: skip
