"""What anybody needs to verify one consultation offline (docs/bundle.md)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ballots import queries, signing
from ballots.models import Ballot, Classification, Consultation, ReservedOpinion, Result, State
from ballots.rules import ConsultationRefusal
from documents import queries as documents
from ecabinet import bundles, canonical, keys, ledger, storage, witnesses
from ecabinet.errors import NotFound, Refused
from people import queries as people

# By the digests of the files that were removed.
REMOVAL = "emergency_removal"
# By the digest of the edition that another took the place of.
REPLACED = "edition_published"


class NotWhole(Exception):
    """What is kept of a consultation does not hold together: says where, and what was met there."""


def write(db: Session, consultation_id: int, out: Path) -> int:
    """Write the bundle of a closed consultation; gives the number of its files. NotWhole, and no
    file, where somebody changed or took away what it is made of."""
    consultation = db.get(Consultation, consultation_id)
    if consultation is None:
        raise NotFound(f"consultation {consultation_id}")
    if consultation.state != State.CLOSED:
        raise Refused(ConsultationRefusal.NOT_ENDED)
    with _whole(f"consultation {consultation_id}"):
        files = dict(_files(db, consultation))
    return bundles.write(out, "consultation", files)


@contextmanager
def _whole(where: str) -> Iterator[None]:
    try:
        yield
    # A disk or a database that fails is no finding.
    except (NotWhole, OSError, DBAPIError):
        raise
    # What somebody tampered with may fail anywhere in what reads it.
    except Exception as wrong:
        raise NotWhole(f"{where}: {type(wrong).__name__}: {wrong}") from wrong


def _files(db: Session, consultation: Consultation) -> Iterator[tuple[str, bytes]]:
    ballots = queries.signed_in(db, Ballot, consultation.id)
    classified = queries.signed_in(db, Classification, consultation.id)
    reserved = queries.signed_in(db, ReservedOpinion, consultation.id)
    key_ids = people.key_lineage(
        db,
        {each.key_id for each in ballots}
        | {each.key_id or "" for each in classified}
        | {each.key_id for each in reserved},
    )
    yield "consultation.json", canonical.encode(_described(db, consultation, ballots))
    asked_about = [*consultation.papers, *queries.replaced_papers(db, consultation)]
    papers = {each.digest for each in asked_about}
    yield from bundles.of_the_log(db, lambda act: _is_of(act, consultation.id, key_ids, papers))
    result = db.get_one(Result, consultation.id)
    assert result.last_leaf is not None
    yield "ledger/closing.txt", witnesses.cosigned(db, result.last_leaf + 1).encode()
    for at, act in ledger.entries(db, "key_renewed", -1).items():
        if act["key_id"] in key_ids:
            with _whole(f"renewal at leaf {at}"):
                renewal = canonical.encode(_renewal(db, act["key_id"]))
            yield f"renewals/{at}.json", renewal
    # A file that was removed is named by its digest alone; the act that removed it stands there.
    for digest in sorted(papers - documents.removed_files(db, papers)):
        with _whole(f"paper {digest}"):
            content = storage.read(digest)
        yield f"papers/{digest}.pdf", content
    key = keys.store().read(signing.key_name(consultation.id))
    for ballot in ballots:
        with _whole(f"ballot at leaf {ballot.leaf}"):
            answer = signing.unseal(key, consultation.id, ballot.sealed)
            pdf, record = queries.signed_pdf(ballot), canonical.encode(_record(db, ballot, answer))
        yield f"ballots/{ballot.leaf}.pdf", pdf
        yield f"ballots/{ballot.leaf}.json", record
    for each in classified:
        with _whole(f"classification at leaf {each.leaf}"):
            pdf = queries.signed_pdf(each)
            record = canonical.encode(_signed(db, each))
        yield f"classifications/{each.leaf}.pdf", pdf
        yield f"classifications/{each.leaf}.json", record
    for own in reserved:
        with _whole(f"reserved opinion at leaf {own.leaf}"):
            pdf = queries.signed_pdf(own)
            record = canonical.encode(_signed(db, own) | {"opinion": own.opinion})
        yield f"reserved/{own.leaf}.pdf", pdf
        yield f"reserved/{own.leaf}.json", record
    for sent in queries.released_early(db, consultation.id):
        with _whole(f"early comment at leaf {sent.leaf}"):
            released = canonical.encode(asdict(queries.unsealed_early(sent)))
        yield f"early/{sent.leaf}.json", released
    for report in queries.reports_of(db, consultation.id):
        with _whole(f"report {report.number}"):
            sealed = storage.read(report.digest)
        yield f"reports/{report.number}.pdf", sealed
    for attempt in queries.attempts_of(db, consultation.id):
        with _whole(f"attempt at leaf {attempt.leaf}"):
            said = signing.unseal(key, consultation.id, attempt.sealed).statement
        tried = {"statement": said.decode(), "reason": attempt.reason}
        yield f"attempts/{attempt.leaf}.json", canonical.encode(tried)


def _record(db: Session, ballot: Ballot, content: signing.Sealed) -> canonical.Json:
    record: canonical.Json = {
        "member": ballot.person_id,
        "statement": content.statement.decode(),
        "opinion": content.opinion,
        "evidence": ballot.evidence,
        "receipt": queries.receipt_of(db, ballot).receipt,
    }
    if queries.is_on_paper(ballot):
        return record
    return record | {"certificate": _certificate(db, ballot.person_id, ballot.key_id)}


def _signed(db: Session, said: Classification | ReservedOpinion) -> canonical.Json:
    assert said.statement is not None
    assert said.key_id is not None
    return {
        "statement": said.statement.decode(),
        "evidence": said.evidence,
        "certificate": _certificate(db, said.member_id, said.key_id),
    }


def _certificate(db: Session, member_id: int, key_id: str) -> str:
    device = people.signing_device(db, member_id, key_id)
    if device is None:
        raise NotFound(f"key {key_id} of member {member_id}")
    return bundles.in_base64(device.certificate)


def _renewal(db: Session, key_id: str) -> canonical.Json:
    found = people.renewal_of(db, key_id)
    if found is None:
        raise NotFound(f"the renewal that made key {key_id}")
    return {
        "request": bundles.in_base64(found.request),
        "signature": bundles.in_base64(found.signature),
        "certificate": bundles.in_base64(found.by_certificate),
    }


def _described(db: Session, consultation: Consultation, ballots: list[Ballot]) -> canonical.Json:
    result = db.get_one(Result, consultation.id)
    statement = _first_statement(consultation, ballots)
    again = result.reckoning
    found_again = {"classified": {"sentence": again.sentence}} if again else {}
    return found_again | {
        "id": consultation.id,
        "title": consultation.title,
        "question": consultation.question,
        "options": {each["code"]: each["label"] for each in consultation.options},
        "origin": ledger.origin(db),
        "env": statement.env if statement else "",
        "signature_classes": consultation.signature_classes,
        "papers": [{"title": each.title, "digest": each.digest} for each in consultation.papers],
        "standings": queries.standings_shown(result),
        "corrections": [each.words for each in queries.corrections_of(db, consultation.id)],
        "result": {
            "counts": result.counts,
            "outcome": str(result.outcome),
            "why": str(result.why),
            "sentence": result.sentence,
            "basis": result.basis,
        },
    }


def _first_statement(consultation: Consultation, ballots: list[Ballot]) -> signing.Statement | None:
    if not ballots:
        return None
    key = keys.store().read(signing.key_name(consultation.id))
    return signing.read(signing.unseal(key, consultation.id, ballots[0].sealed).statement)


def _is_of(act: canonical.Json, consultation_id: int, key_ids: set[str], papers: set[str]) -> bool:
    if act["type"] in queries.KEY_ACTS:
        return act["key_id"] in key_ids
    if act["type"] == REMOVAL:
        return bool(papers & set(act["sha256"]))
    if act["type"] == REPLACED:
        return act["replaces_sha256"] in papers
    return act.get("consultation") == consultation_id
