"""Authorities of others, pinned by setting, and PDFs signed by keys that they certified: a member's
official-duty certificate, or a token reached on the member's own device (BAL-04, domain F).

Who is pinned for a class certifies that class alone. Nothing is fetched: a path is built from what
is pinned. pyHanko takes long to import, so only the functions that need it do.
"""

import hashlib
import io
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from ecabinet import answers, signed_pdf
from ecabinet.errors import SettingRefused


@dataclass(frozen=True)
class Pinned:
    """The certificates (DER) of one class's authorities: roots, and those between."""

    roots: tuple[bytes, ...] = ()
    between: tuple[bytes, ...] = ()


_pinned: dict[str, Pinned] = {}


class NotOfThem(ValueError):
    """Not certified by an authority that is pinned, not in force, or not for signing."""


class NotThePaper(ValueError):
    """The signed file is not the one that was given out, with one signature of this certificate."""


def bind(files: dict[str, Path | None]) -> None:
    """Whose certificates are of which class: a file of authorities (PEM) for each."""
    _pinned.clear()
    for signature_class, path in files.items():
        if path is None:
            continue
        try:
            found = x509.load_pem_x509_certificates(path.read_bytes())
        except (OSError, ValueError) as wrong:
            raise SettingRefused(f"{path}: no certificates (PEM) can be read from it") from wrong
        roots = tuple(_der(each) for each in found if each.issuer == each.subject)
        if not roots:
            raise SettingRefused(f"{path}: holds no root, which issued itself")
        between = tuple(_der(each) for each in found if each.issuer != each.subject)
        _pinned[signature_class] = Pinned(roots, between)


def pinned() -> dict[str, Pinned]:
    return dict(_pinned)


@dataclass(frozen=True)
class Certificate:
    """What a certificate of somebody's own says."""

    signature_class: str
    der: bytes
    # SHA-256 is taken of it: SubjectPublicKeyInfo, DER.
    key: bytes
    name: str
    issuer: str
    serial: str
    ends_at: datetime


def read(content: bytes, at: datetime) -> Certificate:
    """A certificate (PEM or DER) for signing, in force, by an authority that is pinned."""
    try:
        is_text = content.lstrip().startswith(b"-----BEGIN")
        load = x509.load_pem_x509_certificate if is_text else x509.load_der_x509_certificate
        found = load(content)
        key = found.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, TypeError) as wrong:
        raise NotOfThem("not a certificate") from wrong
    for signature_class, authorities in _pinned.items():
        if _leads_to(_der(found), authorities, at):
            return Certificate(
                signature_class, _der(found), key, _name(found.subject), _name(found.issuer),
                f"{found.serial_number:x}", found.not_valid_after_utc,
            )  # fmt: skip
    raise NotOfThem("no authority that is pinned certifies it now")


def described(der: bytes) -> tuple[str, str, str]:
    """A certificate's name, its issuer and its number, for people to compare."""
    found = x509.load_der_x509_certificate(der)
    return _name(found.subject), _name(found.issuer), f"{found.serial_number:x}"


def _name(name: x509.Name) -> str:
    common = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(common[0].value) if common else name.rfc4514_string()


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def _context(authorities: Pinned, at: datetime) -> Any:
    from asn1crypto import x509 as asn1_x509
    from pyhanko_certvalidator import ValidationContext

    return ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(each) for each in authorities.roots],
        other_certs=[asn1_x509.Certificate.load(each) for each in authorities.between],
        allow_fetching=False,
        revocation_mode="soft-fail",
        moment=at,
    )


def _leads_to(certificate: bytes, authorities: Pinned, at: datetime) -> bool:
    from asn1crypto import x509 as asn1_x509
    from pyhanko_certvalidator import CertificateValidator
    from pyhanko_certvalidator.errors import PathError, ValidationError

    loaded = asn1_x509.Certificate.load(certificate)
    validator: Any = CertificateValidator(loaded, validation_context=_context(authorities, at))
    try:
        signed_pdf.run(validator.async_validate_usage({"non_repudiation"}))
    except (PathError, ValidationError):
        return False
    return True


@dataclass(frozen=True)
class Outside:
    """What a file signed elsewhere says: its mark (SHA-256 over the byte range) and signature."""

    mark: bytes
    signature: bytes
    attachments: dict[str, bytes]
    # A time stamp of its signer's own authority is in it.
    is_stamped: bool


def read_signed(
    pdf: bytes, given: bytes, certificate: bytes, signature_class: str, at: datetime
) -> Outside:
    """A PDF that was given out, grown by one signature over all of it, by this certificate.

    NotThePaper for anything else: another file, another signer, a page that was changed under it,
    an authority that is not pinned for the class, a certificate out of force at that moment.
    """
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, SuspiciousModification
    from pyhanko.sign.fields import MDPPerm
    from pyhanko.sign.validation import async_validate_pdf_signature
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    if not pdf.startswith(given) or len(pdf) == len(given):
        raise NotThePaper("not the file that was given out")
    context = _context(_pinned.get(signature_class, Pinned()), at)
    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=True)
        (embedded,) = reader.embedded_regular_signatures
        status = signed_pdf.run(async_validate_pdf_signature(embedded, context))
        base = PdfFileReader(io.BytesIO(given), strict=True).xrefs.total_revisions
        # What a signature may add, and nothing that changes what is seen.
        grown = DEFAULT_DIFF_POLICY.review_file(
            reader, reader.get_historical_resolver(base - 1), doc_mdp=MDPPerm.FILL_FORMS
        )
        first, length, second, rest = (int(each) for each in embedded.byte_range)
        value = embedded.signer_info["signature"].native
        attached = signed_pdf.attachments(reader)
        more = embedded.signer_info["unsigned_attrs"]
        stamped = any(each["type"].native == "signature_time_stamp_token" for each in more)
    # A stranger's file fails anywhere in pyHanko's parsers; whatever it says, it does not hold.
    except Exception as wrong:
        raise NotThePaper("cannot be read as that file with one signature more") from wrong
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    same = embedded.signer_cert.dump() == certificate
    if isinstance(grown, SuspiciousModification):
        raise NotThePaper("something else was changed under the signature") from grown
    if not (status.bottom_line and whole and same):
        raise NotThePaper("the signature is not this certificate's over the whole file")
    signed = pdf[first : first + length] + pdf[second : second + rest]
    return Outside(hashlib.sha256(signed).digest(), as_made(certificate, value), attached, stamped)


def as_made(certificate: bytes, value: bytes) -> bytes:
    """A signature's value as its log entry names it: r and s side by side, or RSA's own bytes."""
    key = x509.load_der_x509_certificate(certificate).public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return value
    size = (key.curve.key_size + 7) // 8
    try:
        return answers.raw(value, size)
    except (ValueError, OverflowError, InvalidSignature) as wrong:
        raise NotThePaper("not a signature of this key") from wrong
