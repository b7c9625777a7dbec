"""What anybody needs to verify one consultation offline: the bundle that `ecabinet.verifier` reads.

Of the log it holds every leaf's hash, and the envelopes of this matter alone: another matter's
acts are nobody's business here.
"""

import base64
import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots import queries, signing
from ballots.models import Ballot, Consultation, Result, State
from ballots.rules import ConsultationRefusal
from ecabinet import canonical, keys, ledger, pades, storage
from ecabinet.errors import NotFound, Refused
from people import queries as people

FORMAT = "ecabinet-bundle/1"
# Acts that are named in this matter by a key, not by the consultation's number.
KEY_ACTS = ("key_enrolled", "key_revoked")
# A ZIP made twice from the same rows is the same file.
MADE = (2026, 1, 1, 0, 0, 0)


def write(db: Session, consultation_id: int, out: Path) -> int:
    """Write the bundle of a closed consultation; gives the number of its files."""
    consultation = db.get(Consultation, consultation_id)
    if consultation is None:
        raise NotFound(f"consultation {consultation_id}")
    if consultation.state != State.CLOSED:
        raise Refused(ConsultationRefusal.NOT_ENDED)
    files = dict(_files(db, consultation))
    manifest = {
        "format": FORMAT,
        "kind": "consultation",
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }
    files["manifest.json"] = json.dumps(manifest, indent=1, sort_keys=True).encode()
    draft = out.with_name(out.name + ".part")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, MADE), files[name], zipfile.ZIP_DEFLATED)
    draft.replace(out)
    return len(files)


def trusted(db: Session) -> dict[str, Any]:
    """The public keys that a verifier holds a bundle against."""
    return {
        "log_key": ledger.verifier_key(ledger.origin(db), ledger.signing_key()),
        "root": _base64(pades.certificate(db, pades.ROOT)),
        "authorities": [_base64(pades.certificate(db, pades.MEMBER_CA))],
    }


def _files(db: Session, consultation: Consultation) -> Iterator[tuple[str, bytes]]:
    ballots = list(
        db.scalars(
            select(Ballot).where(Ballot.consultation_id == consultation.id).order_by(Ballot.leaf)
        )
    )
    size = ledger.size(db)
    yield "consultation.json", canonical.encode(_described(db, consultation, ballots))
    yield "keys.json", json.dumps(trusted(db), indent=1).encode()
    yield "ledger/checkpoint.txt", ledger.checkpoint(db, size).encode()
    yield "ledger/leaves.txt", _leaves(db, consultation, {each.key_id for each in ballots})
    for paper in consultation.papers:
        yield f"papers/{paper.digest}.pdf", storage.read(paper.digest)
    key = keys.store().read(signing.key_name(consultation.id))
    for ballot in ballots:
        content = signing.unseal(key, consultation.id, ballot.sealed)
        yield f"ballots/{ballot.leaf}.pdf", queries.signed_pdf(ballot)
        yield f"ballots/{ballot.leaf}.json", canonical.encode(_record(db, ballot, content))


def _record(db: Session, ballot: Ballot, content: signing.Sealed) -> canonical.Json:
    device = people.signing_device(db, ballot.person_id, ballot.key_id)
    assert device is not None
    return {
        "member": ballot.person_id,
        "statement": content.statement.decode(),
        "opinion": content.opinion,
        "evidence": ballot.evidence,
        "certificate": _base64(device.certificate),
        "receipt": queries.receipt_of(db, ballot).receipt,
    }


def _described(db: Session, consultation: Consultation, ballots: list[Ballot]) -> canonical.Json:
    result = db.get_one(Result, consultation.id)
    leaves = {each.id: each.leaf for each in ballots}
    statement = _first_statement(consultation, ballots)
    return {
        "id": consultation.id,
        "title": consultation.title,
        "question": consultation.question,
        "origin": ledger.origin(db),
        "env": statement.env if statement else "",
        "papers": [{"title": each.title, "digest": each.digest} for each in consultation.papers],
        "standings": [
            {
                "member": each.person_id,
                "office": each.office,
                "position": str(each.position),
                "leaf": leaves.get(each.ballot_id) if each.ballot_id else None,
                "notice_at": canonical.moment(each.notice_at) if each.notice_at else None,
                "notice_by": each.notice_by,
            }
            for each in result.standings
        ],
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


def _leaves(db: Session, consultation: Consultation, key_ids: set[str]) -> bytes:
    lines = []
    for leaf in db.scalars(select(ledger.Leaf).order_by(ledger.Leaf.position)):
        line = ledger.leaf_hash(leaf.envelope).hex()
        if _is_of(canonical.decode(leaf.envelope), consultation.id, key_ids):
            line += " " + _base64(leaf.envelope)
        lines.append(line)
    return ("\n".join(lines) + "\n").encode()


def _is_of(act: canonical.Json, consultation_id: int, key_ids: set[str]) -> bool:
    if act["type"] in KEY_ACTS:
        return act["key_id"] in key_ids
    return act.get("consultation") == consultation_id


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
