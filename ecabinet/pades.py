"""The cabinet's own certification authority, and PDF signatures by keys it never sees.

P-256 throughout. A subject is decided here from the directory, never read from a request; a
request only proves possession of its key. A signature is made in two stateless steps: prepare()
gives the exact bytes to sign, finish() sets the device's answer into the PDF (PAdES B-B).
pyHanko takes long to import, so only the functions that need it do.
"""

import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from sqlalchemy import LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ecabinet import answers, clock, keys, signed_pdf
from ecabinet.db import Base

ROOT, MEMBER_CA = "ca-root", "ca-member"
ROOT_YEARS, CA_YEARS, TSA_YEARS, SEAL_YEARS = 20, 10, 8, 5
COMMON_NAME_BYTES = 64
ORGANISATION = "Văn phòng Chính phủ"
# Clocks of those who check may be a little behind ours.
SLACK = timedelta(minutes=5)
ROOT_NAME, MEMBER_CA_NAME = "e-Cabinet Root CA", "e-Cabinet Member CA"
_address = ""
_reserved: int | None = None


class Certificate(Base):
    """A certificate of the cabinet itself, by its purpose."""

    __tablename__ = "pades_certificate"

    purpose: Mapped[str] = mapped_column(String(20), primary_key=True)
    der: Mapped[bytes] = mapped_column(LargeBinary)


class WrongRequest(ValueError):
    """A certification request that proves nothing, or asks for another kind of key."""


class NotP256(WrongRequest):
    pass


def bind(address: str, reserved: int) -> None:
    """The cabinet's public address, which each new certificate names; and how many hex digits a
    signature with its stamp may need."""
    global _address, _reserved
    _address, _reserved = address.rstrip("/"), reserved


def begin(db: Session) -> None:
    """Make the cabinet's root and the members' authority, unless they stand already."""
    if db.get(Certificate, ROOT) is not None:
        return
    now = clock.now(db)
    root_key = keys.store().p256(ROOT)
    root = _certificate(
        ROOT_NAME, ROOT_NAME, root_key.public_key(), root_key, now,
        days=365 * ROOT_YEARS, authority=1,
    )  # fmt: skip
    member_ca = _certificate(
        MEMBER_CA_NAME, ROOT_NAME, keys.store().p256(MEMBER_CA).public_key(), root_key, now,
        days=365 * CA_YEARS, authority=0,
    )  # fmt: skip
    db.add(Certificate(purpose=ROOT, der=root))
    db.add(Certificate(purpose=MEMBER_CA, der=member_ca))
    db.flush()


def former(db: Session, purpose: str) -> list[bytes]:
    """The certificates (DER) that stood for this purpose before, the oldest first."""
    return generations(db, purpose)[:-1]


def generations(db: Session, purpose: str) -> list[bytes]:
    """All certificates (DER) of a purpose, the one in use last; none before the first is made."""
    # In one query, and past what the session has read before: a rotation beside it is seen whole
    # or not at all.
    column = Certificate.purpose
    kept = select(column, Certificate.der).where((column == purpose) | column.like(f"{purpose}-%"))
    found = dict(db.execute(kept).all())
    last = [found.pop(purpose)] if purpose in found else []
    numbered = {int(each.rpartition("-")[2]): der for each, der in found.items()}
    return [numbered[each] for each in sorted(numbered)] + last


def in_use(db: Session, purpose: str) -> tuple[bytes, ec.EllipticCurvePrivateKey]:
    """The certificate (DER) in use for a purpose and the key that is its own. Whoever signs takes
    both from here: asked for one after the other, they may be of two generations."""
    line = generations(db, purpose)
    if not line:
        raise LookupError(f"certificate {purpose}")
    return line[-1], key_of(purpose, len(line))


def key_of(purpose: str, generation: int) -> ec.EllipticCurvePrivateKey:
    """The first key of a purpose, or the one that took its place, by its number."""
    name = _name_of_key(purpose, generation)
    return keys.store().p256(name)


def kept_key(purpose: str, generation: int) -> ec.EllipticCurvePrivateKey | None:
    """The same, where it is kept; none is made."""
    name = _name_of_key(purpose, generation)
    return keys.store().p256(name) if keys.store().keeps(name) else None


def _name_of_key(purpose: str, generation: int) -> str:
    return purpose if generation == 1 else f"{purpose}-{generation}"


def chain(db: Session, der: bytes) -> list[bytes]:
    """The members' authority that certified this key; empty where another authority did."""
    issuer = x509.load_der_x509_certificate(der).issuer
    known = generations(db, MEMBER_CA)
    return [each for each in known if x509.load_der_x509_certificate(each).subject == issuer]


def list_of(authority: bytes) -> str:
    """The name of the file in which an authority (DER) lists what it has revoked."""
    name = name_of(authority)
    number = _generation(name)
    return "root.crl" if name == ROOT_NAME else f"member-{number}.crl" if number else "member.crl"


def _list_at(authority: str) -> str:
    """Where it is to be had, below the cabinet's address."""
    number = _generation(authority)
    place = "root" if authority == ROOT_NAME else "member"
    return f"/verify/{place}.crl" + (f"?generation={number}" if number else "")


def _generation(authority: str) -> str:
    """The number in the name of a members' authority that took another's place, else nothing."""
    return authority.removeprefix(MEMBER_CA_NAME).strip() if authority != ROOT_NAME else ""


def authority_named(der: bytes) -> str:
    """The common name of whoever certified it."""
    return _common_name(x509.load_der_x509_certificate(der).issuer)


def name_of(der: bytes) -> str:
    """The common name that a certificate is for."""
    return _common_name(x509.load_der_x509_certificate(der).subject)


def _common_name(name: x509.Name) -> str:
    (found,) = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found.value)


def certificate(db: Session, purpose: str) -> bytes:
    """One of the cabinet's own certificates, DER."""
    found = db.get(Certificate, purpose)
    if found is None:
        raise LookupError(f"certificate {purpose}")
    return found.der


def read_request(csr: bytes) -> bytes:
    """The public key (SubjectPublicKeyInfo, DER) of a request that proves possession of it."""
    try:
        request = x509.load_der_x509_csr(csr)
        proven = request.is_signature_valid
        key = request.public_key()
    except (ValueError, InvalidSignature) as wrong:
        raise WrongRequest("not a certification request") from wrong
    if not (isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)):
        raise NotP256("only P-256")
    if not proven:
        raise WrongRequest("the proof of possession fails")
    return _spki(key)


def certify(db: Session, csr: bytes, common_name: str, days: int) -> x509.Certificate:
    """A certificate for signing (contentCommitment alone) in the name that we decide, good for so
    many days."""
    spki = read_request(csr)
    key = serialization.load_der_public_key(spki)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    authority, by = in_use(db, MEMBER_CA)
    der = _certificate(common_name, name_of(authority), key, by, clock.now(db), days=days)
    return x509.load_der_x509_certificate(der)


def certify_member_authority(db: Session, key: ec.EllipticCurvePublicKey) -> bytes:
    """The certificate (DER) of the authority that certifies members' keys from now on, from the
    root: its name has the number of its generation."""
    return _certificate(
        f"{MEMBER_CA_NAME} {len(former(db, MEMBER_CA)) + 1}", ROOT_NAME, key,
        keys.store().p256(ROOT), clock.now(db), days=365 * CA_YEARS, authority=0,
    )  # fmt: skip


def certify_timestamping(db: Session, key: ec.EllipticCurvePublicKey) -> bytes:
    """The certificate (DER) of the cabinet's own time-stamp authority, from the root."""
    return _certificate(
        "e-Cabinet TSA", ROOT_NAME, key, keys.store().p256(ROOT),
        clock.now(db), days=365 * TSA_YEARS, stamps=True,
    )  # fmt: skip


def certify_seal(db: Session, key: ec.EllipticCurvePublicKey) -> bytes:
    """The certificate (DER) of the Office's own seal, from the root."""
    return _certificate(
        ORGANISATION, ROOT_NAME, key, keys.store().p256(ROOT),
        clock.now(db), days=365 * SEAL_YEARS,
    )  # fmt: skip


def _cut(name: str) -> str:
    """As much of a name as a certificate may hold: the limit is one of bytes, not of letters."""
    return name.encode()[:COMMON_NAME_BYTES].decode(errors="ignore").rstrip()


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, _cut(common_name)),
        ]
    )


def _certificate(
    subject: str,
    issuer: str,
    public_key: ec.EllipticCurvePublicKey,
    signing_key: ec.EllipticCurvePrivateKey,
    now: datetime,
    *,
    days: int,
    authority: int | None = None,
    stamps: bool = False,
) -> bytes:
    """DER of a certificate; `authority` is the path length of a CA, None for a signer."""
    is_ca = authority is not None
    usage = x509.KeyUsage(
        digital_signature=stamps,
        content_commitment=not (is_ca or stamps),
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SLACK)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=authority), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()),
            critical=False,
        )
    )
    if _address and subject != issuer:
        at = x509.UniformResourceIdentifier(_address + _list_at(issuer))
        place = x509.DistributionPoint([at], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([place]), critical=False)
    if stamps:
        # RFC 3161, 2.3: the only extended usage, and critical.
        usages = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usages, critical=True)
    return builder.sign(signing_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _spki(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


# ---- deferred signing ----

FIELD = "ThanhVien"
# Hex digits, twice the DER; a bigger hole slows every later reading (pdf.md 3.3).
RESERVED = 8192


@dataclass(frozen=True)
class Attachment:
    """A file set into the PDF under the signature."""

    name: str
    content: bytes
    media_type: str = "application/json"


@dataclass(frozen=True)
class Prepared:
    """A PDF with a hole for its signature: plain bytes, so that any process can finish it."""

    pdf: bytes
    digest: bytes
    start: int
    end: int
    # DER of the signed attributes as SET OF (tag 0x31): exactly the bytes that get signed.
    attributes: bytes


@dataclass(frozen=True)
class Validated:
    """What a sound signature says: by whom, and what was attached under it."""

    certificate: bytes
    attachments: dict[str, bytes]


def prepare(
    pdf: bytes, certificate: bytes, chain: list[bytes], attachment: Attachment | None = None,
    field: str = FIELD,
) -> Prepared:  # fmt: skip
    """Attach a file, if there is one, and leave a hole for the signature of this certificate's
    key."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers

    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=True)
    if attachment:
        _attach(writer, attachment)
    meta = signers.PdfSignatureMetadata(
        field_name=field,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
    )
    signer = _external(certificate, chain)
    made, _tbs, out = signed_pdf.run(
        _pdf_signer(meta, signer).async_digest_doc_for_signing(
            writer, bytes_reserved=_reserved or RESERVED
        )
    )
    attributes = signed_pdf.run(signer.signed_attrs(made.document_digest, "sha256", use_pades=True))
    return Prepared(
        pdf=out.getvalue(),
        digest=made.document_digest,
        start=made.reserved_region_start,
        end=made.reserved_region_end,
        attributes=attributes.dump(),
    )


def attach(pdf: bytes, attachment: Attachment) -> bytes:
    """The same PDF with a file set into it, to be signed elsewhere: its form has no field yet, so
    that what comes back can be told from it field by field."""
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer: Any = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=True)
    _attach(writer, attachment)
    made: Any = generic
    # Signatures exist (PDF 32000-1, 12.7.2): a file that holds one only grows.
    form = made.DictionaryObject(
        {
            made.NameObject("/Fields"): made.ArrayObject(),
            made.NameObject("/SigFlags"): made.NumberObject(3),
        }
    )
    writer.root["/AcroForm"] = writer.add_object(form)
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def check(prepared: Prepared, certificate: bytes, raw: bytes) -> bytes:
    """The signature in DER, once it is this certificate's over exactly this PDF."""
    from asn1crypto import cms

    der = answers.signature(certificate, prepared.attributes, raw)
    named = [
        each["values"][0].native
        for each in cms.CMSAttributes.load(prepared.attributes)
        if each["type"].native == "message_digest"
    ]
    if named != [prepared.digest] or byte_range_digest(prepared) != prepared.digest:
        raise answers.WrongSignature("the attributes name another document")
    return der


def finish(prepared: Prepared, certificate: bytes, chain: list[bytes], raw: bytes) -> bytes:
    """The signed PDF (PAdES B-B); WrongSignature when the signature is not the right one."""
    from asn1crypto import cms
    from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
    from pyhanko.sign.signers.pdf_signer import PdfTBSDocument

    signer = _external(certificate, chain, check(prepared, certificate, raw))
    signed = signed_pdf.run(
        signer.async_sign_prescribed_attributes(
            "sha256", signed_attrs=cms.CMSAttributes.load(prepared.attributes), timestamper=None
        )
    )
    out = io.BytesIO(prepared.pdf)
    place = PreparedByteRangeDigest(
        document_digest=prepared.digest,
        reserved_region_start=prepared.start,
        reserved_region_end=prepared.end,
    )
    signed_pdf.run(PdfTBSDocument.async_finish_signing(out, place, signed))
    return out.getvalue()


def byte_range_digest(prepared: Prepared) -> bytes:
    """SHA-256 of everything outside the hole: what is printed as the ballot's mark."""
    around = hashes.Hash(hashes.SHA256())
    around.update(prepared.pdf[: prepared.start])
    around.update(prepared.pdf[prepared.end :])
    return around.finalize()


def validate(pdf: bytes, root: bytes, chain: list[bytes], at: datetime) -> Validated:
    """Read a signed PDF as a stranger would: whole file covered, nothing changed after it."""
    from asn1crypto import x509 as asn1_x509
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import async_validate_pdf_signature
    from pyhanko.sign.validation.status import SignatureCoverageLevel
    from pyhanko_certvalidator import ValidationContext

    context = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(root)],
        other_certs=[asn1_x509.Certificate.load(each) for each in chain],
        allow_fetching=False,
        revocation_mode="soft-fail",
        moment=at,
    )
    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=True)
        (embedded,) = reader.embedded_regular_signatures
        status = signed_pdf.run(async_validate_pdf_signature(embedded, context))
        tight = _is_tight(embedded, chain)
    # A damaged file fails anywhere in pyHanko's parsers; whatever it says, it does not hold.
    except Exception as wrong:
        raise answers.WrongSignature("the file cannot be read as a signed PDF") from wrong
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    if not (status.bottom_line and whole and tight):
        raise answers.WrongSignature("the signature does not hold")
    return Validated(embedded.signer_cert.dump(), signed_pdf.attachments(reader))


def _is_tight(embedded: Any, chain: list[bytes]) -> bool:
    """Whether nothing rides along in the hole: known certificates, one encoding, then zeros."""
    from asn1crypto import cms

    content, signed = embedded.pkcs7_content, embedded.signed_data
    outside = cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump()
    known = {*chain, embedded.signer_cert.dump()}
    algorithms = [each.dump() for each in signed["digest_algorithms"]]
    return (
        {each.chosen.dump() for each in signed["certificates"]} <= known
        and algorithms == [embedded.signer_info["digest_algorithm"].dump()]
        and {signed["version"].native, embedded.signer_info["version"].native} == {"v1"}
        and content == outside.ljust(len(content), b"\0")
    )


def _attach(writer: Any, attachment: Attachment) -> None:
    from pyhanko.pdf_utils.embed import EmbeddedFileObject, FileSpec, embed_file

    # Not compressed: the member's device finds the statement word for word in what it signs.
    content = EmbeddedFileObject.from_file_data(
        writer, data=attachment.content, mime_type=attachment.media_type, compress=False
    )
    embed_file(writer, FileSpec(attachment.name, attachment.name, embedded_data=content))


def _external(certificate: bytes, chain: list[bytes], signature: bytes | None = None) -> Any:
    from asn1crypto import algos
    from asn1crypto import x509 as asn1_x509
    from pyhanko.sign.signers.pdf_cms import ExternalSigner
    from pyhanko_certvalidator import registry

    authorities: Any = registry.SimpleCertificateStore
    store = authorities.from_certs([asn1_x509.Certificate.load(each) for each in chain])
    return ExternalSigner(
        signing_cert=asn1_x509.Certificate.load(certificate),
        cert_registry=store,
        signature_value=signature or 72,
        signature_mechanism=algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
        embed_roots=False,
    )


def _pdf_signer(meta: Any, signer: Any) -> Any:
    from pyhanko.sign import signers
    from pyhanko.sign.signers.pdf_signer import _ensure_esic_ext

    class Signer17(signers.PdfSigner):
        # pyHanko would lift the file to PDF 2.0 for the sake of P-256, which PDF/A-2 forbids.
        def register_extensions(self, pdf_out: Any, *, md_algorithm: str) -> None:
            _ensure_esic_ext(pdf_out)

    return Signer17(meta, signer)
