"""What the signatures in a stranger's PDF say, and whether they hold: by pyHanko, which runs over
a stranger's file in the child alone (pdf.md 2.3, 4.3).

Nothing is fetched: whether a certificate was revoked is known as far as the file itself says.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ecabinet import signed_pdf
from ecabinet.errors import SettingRefused

MOST_SIGNATURES, LONGEST_NAME = 40, 200


class Standing(StrEnum):
    """Whether a signature holds; the first of these that is so."""

    UNREADABLE = "unreadable"
    CHANGED = "changed"
    REVOKED = "revoked"
    UNKNOWN_AUTHORITY = "unknown_authority"
    EXPIRED = "expired"
    VALID = "valid"
    # An authority's time stamp on the whole file, in which nobody has signed.
    STAMPED = "stamped"
    STAMP_BROKEN = "stamp_broken"


STAMPS = frozenset({Standing.STAMPED, Standing.STAMP_BROKEN})
# Of which nobody's signature can be told.
UNSIGNED = STAMPS | {Standing.CHANGED}


@dataclass(frozen=True)
class Signature:
    """Who signed and when, as the certificate and the signature say, and whether that holds."""

    name: str
    organisation: str
    # The signer's own word, unless an authority's time stamp proves it.
    at: datetime | None
    at_is_proven: bool
    standing: Standing
    # When that was found, where it was not when the file came in.
    judged_at: datetime | None = None

    def dump(self) -> dict[str, Any]:
        """As plain values, which go out of the child and into a row."""
        times = {"at": self.at, "judged_at": self.judged_at}
        return asdict(self) | {name: time and time.isoformat() for name, time in times.items()}

    @classmethod
    def load(cls, kept: dict[str, Any]) -> "Signature":
        times = {
            name: kept.get(name) and datetime.fromisoformat(kept[name])
            for name in ("at", "judged_at")
        }
        return cls(**(kept | times | {"standing": Standing(kept["standing"])}))


_authorities: tuple[bytes, ...] = ()


def bind(path: Path | None) -> None:
    """Whose certificates are trusted beside the cabinet's own: a file of them, PEM."""
    global _authorities
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes()) if path else []
    except (OSError, ValueError) as wrong:
        raise SettingRefused(f"{path}: no certificates (PEM) can be read from it") from wrong
    _authorities = tuple(each.public_bytes(Encoding.DER) for each in found)


def authorities() -> tuple[bytes, ...]:
    """The certificates (DER) of those authorities."""
    return _authorities


# ---- in the child ----


def found(pdf: bytes, roots: Sequence[bytes], at: datetime) -> list[Signature]:
    """Every signature in a file, in the order in which they were made, judged at this moment; where
    there is none, every time stamp."""
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.fields import enumerate_sig_fields

    reader = PdfFileReader(io.BytesIO(pdf), strict=False)
    if reader.encrypted:
        # It opens for everybody; whoever signed it has signed what is in it.
        reader.decrypt("")
    fields = list(enumerate_sig_fields(reader, filled_status=True))[:MOST_SIGNATURES]
    read = [_embedded(reader, field, name) for name, _signed, field in fields]
    embedded = sorted((each for each in read if each), key=lambda each: each.signed_revision)
    # A document's time stamp is nobody's signature.
    regular = [each for each in embedded if each.sig_object_type == "/Sig"]
    unread = [UNREADABLE] * (len(read) - len(embedded))
    if regular or unread:
        return [signed_pdf.run(_judged(each, roots, at)) for each in regular] + unread
    return [signed_pdf.run(_stamped(each, roots, at)) for each in embedded]


UNREADABLE = Signature("", "", None, False, Standing.UNREADABLE)


def _embedded(reader: Any, field: Any, name: str) -> Any:
    """A signature in its field; None where what lies there is none that can be read."""
    from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

    try:
        return EmbeddedPdfSignature(reader, field, name)
    # pyHanko's parsers answer damage with a dozen kinds of exceptions, here and below.
    except Exception:
        return None


async def _judged(embedded: Any, roots: Sequence[bytes], at: datetime) -> Signature:
    try:
        name, organisation = _called(embedded.signer_cert)
    except Exception:
        return UNREADABLE
    try:
        status = await _status(embedded, roots, at)
        stamp = status.timestamp_validity
        proven = bool(stamp and stamp.valid and stamp.intact and stamp.trusted)
        if proven and not status.trusted:
            # Its certificate may have run out since: what counts is when it was used.
            status = await _status(embedded, roots, stamp.timestamp)
        said = stamp.timestamp if proven else status.signer_reported_dt
        return Signature(name, organisation, said, proven, _standing(status))
    except Exception:
        return Signature(name, organisation, None, False, Standing.UNREADABLE)


async def _stamped(embedded: Any, roots: Sequence[bytes], at: datetime) -> Signature:
    """By which authority a file was stamped, and when; that time is proven where it is trusted."""
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.validation import async_validate_pdf_timestamp

    try:
        name, organisation = _called(embedded.signer_cert)
        status = await async_validate_pdf_timestamp(embedded, _context(roots, at))
        is_unchanged = status.modification_level <= ModificationLevel.LTA_UPDATES
        holds = status.intact and status.valid and is_unchanged
        standing = Standing.STAMPED if holds else Standing.STAMP_BROKEN
        return Signature(name, organisation, status.timestamp, holds and status.trusted, standing)
    except Exception:
        return UNREADABLE


async def _status(embedded: Any, roots: Sequence[bytes], at: datetime) -> Any:
    from pyhanko.sign.validation import async_validate_pdf_signature
    from pyhanko.sign.validation.settings import KeyUsageConstraints

    # Authorities differ in what they say a key is for: either is a signature by its holder.
    usage = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"})
    context = _context(roots, at)
    return await async_validate_pdf_signature(embedded, context, key_usage_settings=usage)


def _context(roots: Sequence[bytes], at: datetime) -> Any:
    from asn1crypto import x509 as asn1_x509
    from pyhanko_certvalidator import ValidationContext

    return ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(each) for each in roots],
        allow_fetching=False,
        revocation_mode="soft-fail",
        moment=at,
    )


def _standing(status: Any) -> Standing:
    from pyhanko.sign.ades.report import AdESIndeterminate
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    covers = status.coverage >= SignatureCoverageLevel.ENTIRE_REVISION
    if not (status.intact and status.valid and covers and status.docmdp_ok):
        return Standing.CHANGED
    if status.trusted:
        return Standing.VALID
    if status.revocation_details is not None:
        return Standing.REVOKED
    out_of_time = (
        AdESIndeterminate.EXPIRED, AdESIndeterminate.OUT_OF_BOUNDS_NO_POE,
        AdESIndeterminate.OUT_OF_BOUNDS_NOT_REVOKED, AdESIndeterminate.NOT_YET_VALID,
    )  # fmt: skip
    expired = status.trust_problem_indic in out_of_time
    return Standing.EXPIRED if expired else Standing.UNKNOWN_AUTHORITY


def _called(certificate: Any) -> tuple[str, str]:
    """By name and organisation, as the certificate's subject says."""
    said = certificate.subject.native
    names = [said.get("common_name"), said.get("organization_name")]
    name, organisation = (" ".join(_words(each))[:LONGEST_NAME] for each in names)
    return name or organisation, organisation


def _words(said: str | Iterable[str] | None) -> Iterator[str]:
    parts = [said] if isinstance(said, str) else list(said or ())
    # A right-to-left mark in a name would turn round what stands after it.
    yield from "".join(c for c in " ".join(parts) if c.isprintable()).split()
