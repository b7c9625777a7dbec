"""Which certificates were revoked: a list of the members' authority and one of the root (CRL, RFC
5280), each signed by its issuer.

Made anew after each revocation and before the last one runs out. Of a revocation it says the time
at which the ledger has it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from ecabinet import clock, keys, pades
from ecabinet.db import Base

# A week, so that whoever cannot reach us for some days still has one that is good.
GOOD_FOR, RENEWED_BEFORE = timedelta(days=7), timedelta(days=2)


class Crl(Base):
    """An issuer's newest list."""

    __tablename__ = "pades_crl"

    issuer: Mapped[str] = mapped_column(String(20), primary_key=True)
    number: Mapped[int]
    # How many certificates it names: none is ever taken out again.
    revoked: Mapped[int]
    # To the second, as the list itself has it.
    made_at: Mapped[datetime]
    der: Mapped[bytes] = mapped_column(LargeBinary)


@dataclass(frozen=True)
class Revoked:
    """A member's certificate, and when the ledger has it revoked."""

    serial: int
    at: datetime
    # The common name of the authority that certified it.
    authority: str


def issuers(db: Session) -> dict[str, bytes]:
    """Whoever has certified members' keys, or who did, and the root: their certificates (DER), by
    the names of their keys."""
    authorities = pades.generations(db, pades.MEMBER_CA)
    numbered = {f"{pades.MEMBER_CA}-{n}": der for n, der in enumerate(authorities[1:], 2)}
    root = pades.certificate(db, pades.ROOT)
    return {pades.ROOT: root, pades.MEMBER_CA: authorities[0]} | numbered


def newest(db: Session, issuer: str) -> bytes | None:
    """An issuer's newest list, DER; None where none was made yet."""
    found = db.get(Crl, issuer)
    return None if found is None else found.der


def due(db: Session, revoked: Sequence[Revoked], after: datetime | None = None) -> list[str]:
    """Whose list names too few, runs out soon, or was made no later than a moment."""
    now = clock.now(db)
    return [
        issuer
        for issuer, der in issuers(db).items()
        if not (last := db.get(Crl, issuer))
        or last.revoked != len(_of(der, revoked))
        or now >= last.made_at + GOOD_FOR - RENEWED_BEFORE
        or (after is not None and last.made_at <= after)
    ]


def renew(db: Session, revoked: Sequence[Revoked], after: datetime | None = None) -> int:
    """Make every list that is due; how many were."""
    waiting = due(db, revoked, after)
    known = issuers(db)
    for issuer in waiting:
        _renew(db, issuer, _of(known[issuer], revoked))
    return len(waiting)


def of_the_root(db: Session) -> bytes:
    """The root's own list, made now where that is due."""
    if pades.ROOT in due(db, ()):
        _renew(db, pades.ROOT, ())
    return db.get_one(Crl, pades.ROOT).der


def _of(issuer: bytes, revoked: Sequence[Revoked]) -> Sequence[Revoked]:
    # The root has certified nothing that is taken back here: its list says just that.
    name = pades.name_of(issuer)
    return [each for each in revoked if each.authority == name]


def _renew(db: Session, issuer: str, revoked: Sequence[Revoked]) -> None:
    now = clock.now(db).replace(microsecond=0)
    last = db.get(Crl, issuer, with_for_update=True, populate_existing=True)
    number = last.number + 1 if last else 1
    der = _signed(db, issuer, number, revoked, now)
    if last is None:
        db.add(Crl(issuer=issuer, number=number, revoked=len(revoked), made_at=now, der=der))
    else:
        last.number, last.revoked, last.made_at, last.der = number, len(revoked), now, der
    db.flush()


def _signed(
    db: Session, issuer: str, number: int, revoked: Sequence[Revoked], now: datetime
) -> bytes:
    by = x509.load_der_x509_certificate(issuers(db)[issuer])
    key = keys.store().p256(issuer)
    made = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(by.subject)
        .last_update(now)
        .next_update(now + GOOD_FOR)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
        )
    )
    for each in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(each.serial)
        made = made.add_revoked_certificate(entry.revocation_date(each.at).build())
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
