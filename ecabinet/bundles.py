"""What anybody takes away to verify offline: the ZIP that `ecabinet.verifier` reads.

Of the log of official acts it holds every leaf's hash, and the envelopes of its own matter alone:
another matter's acts are nobody's business there.
"""

import base64
import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecabinet import authorities, canonical, crls, ledger, outside_tsa, pades, verifier, witnesses

FORMAT = "ecabinet-bundle/1"
# A ZIP made twice from the same rows is the same file.
MADE = (2026, 1, 1, 0, 0, 0)

IsShown = Callable[[canonical.Json], bool]


def write(out: Path, kind: str, files: Mapping[str, bytes]) -> int:
    """Write these files with their manifest; gives their number."""
    manifest = {
        "format": FORMAT,
        "kind": kind,
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }
    listed = {"manifest.json": json.dumps(manifest, indent=1, sort_keys=True).encode(), **files}
    draft = out.with_name(out.name + ".part")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(listed):
            archive.writestr(zipfile.ZipInfo(name, MADE), listed[name], zipfile.ZIP_DEFLATED)
    draft.replace(out)
    return len(listed)


def trusted(db: Session) -> dict[str, Any]:
    """The public keys that a verifier holds a bundle against."""
    return (
        _line(db, "log_key", ledger.KEY_NAME)
        | _line(db, "closing_key", ledger.CLOSING_KEY_NAME)
        | {
            "root": in_base64(pades.certificate(db, pades.ROOT)),
            "authorities": [in_base64(each) for each in pades.generations(db, pades.MEMBER_CA)],
            "closing_key_since": ledger.both_since(db),
        }
        | _own_certificates(db)
        | _witnesses()
        | _stampers()
        | _of_classes()
    )


def _line(db: Session, name: str, purpose: str) -> dict[str, Any]:
    """The key in use, and of each before it up to which place it signs."""
    *former, last = ledger.generations(db, purpose)
    gone = {f"former_{name}s": [asdict(each) for each in former]} if former else {}
    return {name: last.key} | gone


def _own_certificates(db: Session) -> dict[str, Any]:
    """The first certificates of seal and stamps, and those that took their places."""
    lines = {each: pades.generations(db, each) for each in (verifier.SEAL, verifier.STAMPS)}
    found = {each: [in_base64(der) for der in line] for each, line in lines.items() if line}
    return {"own_certificates": found} if found else {}


def _stampers() -> dict[str, Any]:
    """Whose stamps are believed beside those of an authority under the root."""
    found = [in_base64(each) for each in outside_tsa.pinned()]
    return {"stamp_authorities": found} if found else {}


def _of_classes() -> dict[str, Any]:
    """The authorities of others, pinned for a class of signature."""
    found = {
        name: {
            "roots": [in_base64(each) for each in pinned.roots],
            "between": [in_base64(each) for each in pinned.between],
        }
        for name, pinned in authorities.pinned().items()
    }
    return {"classes": found} if found else {}


def _witnesses() -> dict[str, Any]:
    found, needed = witnesses.keys()
    return {"witnesses": found, "witnesses_needed": needed} if found else {}


def of_the_log(db: Session, is_shown: IsShown) -> Iterator[tuple[str, bytes]]:
    """The keys, a checkpoint, every leaf's hash up to it, and the envelopes that are shown: those
    by which a key of the cabinet's own gave way to the next always are.

    The newest checkpoint that witnesses cosigned, if nothing that is shown came after it; else
    the newest.
    """
    size = ledger.size(db)
    found = select(ledger.Leaf.envelope).where(ledger.Leaf.position < size)
    least = 0
    lines: list[str] = []
    for envelope in db.scalars(found.order_by(ledger.Leaf.position)):
        line = ledger.leaf_hash(envelope).hex()
        if _is_shown(envelope, is_shown):
            line += " " + in_base64(envelope)
            least = len(lines) + 1
        lines.append(line)
    size = witnesses.newest_size(db, least) or size
    for issuer, der in crls.issuers(db).items():
        if listed := crls.newest(db, issuer):
            yield f"crls/{pades.list_of(der)}", listed
    yield "keys.json", json.dumps(trusted(db), indent=1).encode()
    yield "ledger/checkpoint.txt", witnesses.cosigned(db, size).encode()
    yield "ledger/leaves.txt", ("\n".join(lines[:size]) + "\n").encode()


def _is_shown(envelope: bytes, is_shown: IsShown) -> bool:
    try:
        act = canonical.decode(envelope)
        return act["type"] == ledger.ROTATED or is_shown(act)
    except (canonical.NotCanonical, KeyError):
        # A leaf that somebody spoilt keeps nobody from taking out what shows it.
        return False


def in_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
