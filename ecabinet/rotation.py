"""A key of the cabinet's own gives way to a new one (CRY-07): the new certificate is signed by the
key that goes, and the ledger has both, so that whoever trusted the one can follow to the other.

What the old key has signed stays as it is, and is verified by its own certificate.
"""

import base64
import hashlib
import itertools
import re
from collections.abc import Callable

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select
from sqlalchemy.orm import Session

from ecabinet import canonical, clock, ledger, pades, verifier

ROTATED = ledger.ROTATED
# Keys that no certificate is of.
LOGS = (ledger.KEY_NAME, ledger.CLOSING_KEY_NAME)
# What a former certificate is kept under: its purpose, and which of them it was.
NUMBERED = re.compile(r"-\d+$")
# What certifies the key that comes: the cabinet's root, in DER.
Certify = Callable[[Session, ec.EllipticCurvePublicKey], bytes]


def rotate(db: Session, purpose: str, certify: Certify, reason: str) -> bytes:
    """Let a new key and certificate take the place of those in use: an act of the ledger. Gives
    the new certificate, in DER."""
    row = db.get_one(pades.Certificate, purpose, with_for_update=True, populate_existing=True)
    number = len(pades.generations(db, purpose))
    was, old = pades.in_use(db, purpose)
    new = pades.key_of(purpose, number + 1)
    db.add(pades.Certificate(purpose=f"{purpose}-{number}", der=was))
    db.flush()
    row.der = certify(db, new.public_key())
    leaf: canonical.Json = {
        "v": 1,
        "purpose": purpose,
        "number": number + 1,
        "old_certificate_sha256": hashlib.sha256(was).hexdigest(),
        "new_certificate_sha256": hashlib.sha256(row.der).hexdigest(),
        # ECDSA with SHA-256 over the new certificate, in DER.
        "signed_by_old": base64.b64encode(old.sign(row.der, ec.ECDSA(hashes.SHA256()))).decode(),
        "reason": reason,
        "at": canonical.moment(clock.now(db)),
    }
    ledger.append(db, ROTATED, leaf)
    return row.der


def rotate_log(db: Session, purpose: str, reason: str) -> str:
    """Let a new key of the log, or of its closings, take the place of the one in use: an act of the
    ledger, and the last whose checkpoint the old key signs. Gives the new key as C2SP prints it."""
    old, new = ledger.make_next(db, purpose)
    signed = ledger.sign_as(db, purpose, verifier.said_of_the_next(old, new))
    leaf: canonical.Json = {
        "v": 1,
        "purpose": purpose,
        "number": len(ledger.generations(db, purpose)) + 1,
        "old_key": old,
        "new_key": new,
        "signed_by_old": base64.b64encode(signed).decode(),
        "reason": reason,
        "at": canonical.moment(clock.now(db)),
    }
    ledger.append(db, ROTATED, leaf)
    return new


def broken(db: Session) -> list[str]:
    """The purposes of which some certificate, or key of the log's own, is not the one that the key
    before it has signed, as the ledger has it, or is of another key than the one that is kept."""
    rows = db.scalars(select(pades.Certificate.purpose)).all()
    in_use = {each for each in rows if not NUMBERED.search(each)}
    rotated = {each["purpose"] for each in ledger.entries(db, ROTATED, -1).values()}
    certified = (in_use | rotated) - set(LOGS)
    return [each for each in sorted(certified) if not _follows(db, each)] + [
        each for each in LOGS if not _log_follows(db, each)
    ]


def _log_follows(db: Session, purpose: str) -> bool:
    try:
        line = [each.key for each in ledger.generations(db, purpose)]
    except LookupError:
        return False
    acts = [each for each in ledger.entries(db, ROTATED, -1).values() if each["purpose"] == purpose]
    return all(
        (act["number"], act["old_key"], act["new_key"]) == (number, was, now)
        and verifier.signed_the_next(purpose, was, now, base64.b64decode(act["signed_by_old"]))
        for act, number, (was, now) in zip(
            acts, itertools.count(2), itertools.pairwise(line), strict=False
        )
    )


def _follows(db: Session, purpose: str) -> bool:
    if db.get(pades.Certificate, purpose) is None:
        return False
    chain = pades.generations(db, purpose)
    if not all(_is_of_its_key(purpose, number, der) for number, der in enumerate(chain, 1)):
        return False
    acts = [each for each in ledger.entries(db, ROTATED, -1).values() if each["purpose"] == purpose]
    pairs = itertools.pairwise(chain)
    return len(acts) == len(chain) - 1 and all(
        _is_signed(act, number, was, now)
        for act, number, (was, now) in zip(acts, itertools.count(2), pairs, strict=False)
    )


def _is_of_its_key(purpose: str, number: int, der: bytes) -> bool:
    """Whether a certificate is of the key that signs in its name; none is made to find that out."""
    key = pades.kept_key(purpose, number)
    return key is not None and key.public_key() == x509.load_der_x509_certificate(der).public_key()


def _is_signed(act: canonical.Json, number: int, was: bytes, now: bytes) -> bool:
    by = x509.load_der_x509_certificate(was).public_key()
    assert isinstance(by, ec.EllipticCurvePublicKey)
    named = (act["number"], act["old_certificate_sha256"], act["new_certificate_sha256"])
    if named != (number, hashlib.sha256(was).hexdigest(), hashlib.sha256(now).hexdigest()):
        return False
    try:
        by.verify(base64.b64decode(act["signed_by_old"]), now, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True
