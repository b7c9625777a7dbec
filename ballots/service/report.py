"""The report on a result to the Prime Minister: PDF/A-2b, sealed by the Office (domain, row 33).

A new one whenever something that it prints has changed: at the closing, with a correction, with an
attempt that was decided, once every opinion has its reply, and with the decision.
"""

import hashlib
from collections.abc import Callable

from sqlalchemy.orm import Session

from ballots import access, papers, queries, signing
from ballots.models import Consultation, Report, Result
from ecabinet import canonical, clock, ledger, official, storage
from ecabinet.db import transaction


def seal_report(consultation_id: int) -> str:
    """The digest of the newest report, made now if one is due; the same facts make no second."""
    with transaction() as db:
        consultation = access.consultation_to_close(db, consultation_id)
        result = db.get_one(Result, consultation_id, populate_existing=True)
        newest = queries.newest_report(db, consultation_id)
        if newest and not result.report_due:
            return newest.digest
        facts = _facts(db, consultation, result)
        result.report_due = False
        if newest and newest.facts_sha256 == facts:
            return newest.digest
        return _seal(db, consultation, result, (newest.number + 1 if newest else 1, facts)).digest


def _facts(db: Session, consultation: Consultation, result: Result) -> str:
    """Of what the report prints; of replies only once there are all, since each may yet change."""
    opinions = queries.opinions(db, consultation)
    decision = queries.decision_on(db, consultation.id)
    is_whole = decision is not None or all(each.reply for each in opinions)
    facts: canonical.Json = {
        "result": result.last_leaf,
        "provisional": result.is_provisional,
        "attempts": len(queries.open_attempts(db, consultation)),
        "corrections": [each.leaf for each in queries.corrections_of(db, consultation.id)],
        "opinions": queries.digest_of_opinions(db, consultation) if is_whole else "",
        "decision": decision.leaf if decision else None,
    }
    # A question of which nothing was classified keeps the digest that it had.
    if read := queries.classifications_of(db, consultation.id):
        facts["classified"] = [f"{each.id} {each.state}" for each in read]
    if reserved := queries.reserved_opinions(db, consultation.id):
        facts["reserved"] = [each.leaf for each in reserved]
    return hashlib.sha256(canonical.encode(facts)).hexdigest()


def _seal(
    db: Session, consultation: Consultation, result: Result, made_of: tuple[int, str]
) -> Report:
    number, facts = made_of
    now = clock.now(db)
    said = papers.Said(
        queries.opinions(db, consultation),
        queries.corrections_of(db, consultation.id),
        queries.decision_on(db, consultation.id),
        bool(queries.open_attempts(db, consultation)),
        queries.rests_on_silence(db, consultation, result),
        queries.handed_in_on_paper(db, consultation).keys(),
        queries.other_opinions(db, consultation),
        queries.reserved_opinions(db, consultation.id),
    )
    pages = papers.report(consultation, result, queries.CALENDAR.local_day(now), said)
    row = Report(
        consultation_id=consultation.id,
        number=number,
        digest=storage.keep(official.sealed(db, official.archival(pages))),
        facts_sha256=facts,
        at=now,
    )
    db.add(row)
    db.flush()
    leaf: canonical.Json = {
        "v": signing.VERSION,
        "consultation": consultation.id,
        "result_leaf": result.last_leaf,
        "number": number,
        "sha256": row.digest,
        "sealed_at": canonical.moment(now),
        # What comes after a decision is named by no other act.
        "reserved_leaves": [each.leaf for each in said.reserved],
    }
    ledger.append(db, "report_sealed", leaf, _remember(row))
    return row


def _remember(row: Report) -> Callable[[int], None]:
    def remember(position: int) -> None:
        row.leaf = position

    return remember
