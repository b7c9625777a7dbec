"""Time stamps (RFC 3161) and their place in a signed PDF: the cabinet's own, made in process, or an
outside authority's, where one is set.

A stamp covers the signature's value alone, so it needs neither the PDF nor the network of the
casting request; it is kept beside the sealed ballot until the closing sets it in (PAdES B-T).
"""

import hashlib
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.orm import Mapped, Session, mapped_column

from ecabinet import clock, outside_tsa, pades, rotation
from ecabinet.db import Base, insert_if_absent, reading, transaction

TSA = "tsa"
# An arc for documentation and private use; a cabinet sets its own.
POLICY = "2.25.191202600000000000000000000000000001"
ALLOWED = frozenset({"sha256", "sha384", "sha512"})
RESERVED, RESERVED_OUTSIDE, ROOM = 6144, 20_480, 64
RENEWED_BEFORE = timedelta(days=365)
_one_at_a_time = threading.Lock()


class Serial(Base):
    """The last serial number given, and the time in it: neither ever runs backwards."""

    __tablename__ = "tsa_serial"

    id: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]
    at: Mapped[datetime]


class Rejected(ValueError):
    """A request that the time-stamp authority does not answer; says why in RFC 3161's word."""


def begin(db: Session) -> None:
    """Certify the key of the time-stamp authority, unless that is done."""
    if db.get(pades.Certificate, TSA) is None:
        der = pades.certify_timestamping(db, pades.key_of(TSA, 1).public_key())
        db.add(pades.Certificate(purpose=TSA, der=der))
        db.flush()


def renew_when_due() -> int:
    """A new key and certificate, a year before the one that stamps runs out: what is archived is
    stamped by it while the older one is still good. Whether there was one to be made."""
    with reading() as db:
        if not _runs_out(db):
            return 0
    with transaction() as db:
        db.get_one(pades.Certificate, TSA, with_for_update=True, populate_existing=True)
        # Another process may have been faster.
        if not _runs_out(db):
            return 0
        rotate(db, "runs_out")
    return 1


def rotate(db: Session, reason: str) -> bytes:
    """A new key and certificate of the authority, whatever is left of the one in use."""
    return rotation.rotate(db, TSA, pades.certify_timestamping, reason)


def _runs_out(db: Session) -> bool:
    found = db.get(pades.Certificate, TSA)
    if found is None:
        return False
    until = x509.load_der_x509_certificate(found.der).not_valid_after_utc
    return until - clock.now(db) < RENEWED_BEFORE


def stamp(signature: bytes) -> bytes:
    """A token (CMS, DER) that these bytes, a signature's value, existed now."""
    return over(hashlib.sha256(signature).digest())


def stamp_here(db: Session, signature: bytes) -> bytes:
    """The same by the cabinet's own authority, within an act: no line leads out of it."""
    return over_here(db, hashlib.sha256(signature).digest())


def over_here(db: Session, digest: bytes) -> bytes:
    """A token over a SHA-256 digest, likewise."""
    return token(db, _request(digest, None))


def over(digest: bytes) -> bytes:
    """A token (CMS, DER) over a SHA-256 digest, by the authority that is set; outside_tsa.Away
    where that one has none to give."""
    if outside_tsa.is_set():
        with reading() as db:
            now = clock.now(db)
        return outside_tsa.token(digest, now, _request)
    request = _request(digest, None)
    with transaction() as db:
        return token(db, request)


def _request(digest: bytes, nonce: int | None) -> bytes:
    from asn1crypto import algos, tsp

    imprint = tsp.MessageImprint(
        {
            "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
            "hashed_message": digest,
        }
    )
    asked = {"version": 1, "message_imprint": imprint, "cert_req": True}
    if nonce is not None:
        asked["nonce"] = nonce
    return bytes(tsp.TimeStampReq(asked).dump())


def reserved() -> int:
    """How many hex digits a token may need; a bigger hole slows every later reading."""
    return RESERVED_OUTSIDE if outside_tsa.is_set() else RESERVED


def reserved_with_signature() -> int:
    """The same of a signature with its stamp."""
    return pades.RESERVED + (RESERVED_OUTSIDE if outside_tsa.is_set() else 0)


def fits(pdf: bytes, made: bytes) -> bool:
    """Whether this token has room in the hole of this PDF, which may be older than the setting."""
    start, stop, content = _hole(pdf)
    # The attribute around the token takes some bytes more.
    return 2 * (len(content.dump()) + len(made) + ROOM) <= stop - start


@dataclass(frozen=True)
class Said:
    """When a token was made, and until when its authority's certificate speaks for it."""

    at: datetime
    until: datetime


def read(made: bytes) -> Said:
    """What a token says, which was looked at when it came."""
    from asn1crypto import cms

    content = cms.ContentInfo.load(made)["content"]
    at: datetime = content["encap_content_info"]["content"].parsed["gen_time"].native
    return Said(at, _signer(content).not_valid_after)


def _signer(content: Any) -> Any:
    """The certificate of whoever signed a token."""
    by = content["signer_infos"][0]["sid"].chosen
    serial = by["serial_number"].native
    return next(
        each.chosen
        for each in content["certificates"]
        if each.chosen.serial_number == serial and each.chosen.issuer == by["issuer"]
    )


def token(db: Session, request: bytes) -> bytes:
    """Answer an RFC 3161 request with a token; Rejected when it may not be answered."""
    from asn1crypto import tsp

    asked = tsp.TimeStampReq.load(request)
    imprint = asked["message_imprint"]
    algorithm = imprint["hash_algorithm"]["algorithm"].native
    if algorithm not in ALLOWED:
        raise Rejected("bad_alg")
    if len(imprint["hashed_message"].native) != hashlib.new(algorithm).digest_size:
        raise Rejected("bad_data_format")
    if asked["req_policy"].native not in (None, POLICY):
        raise Rejected("unaccepted_policy")
    with _one_at_a_time:
        serial, at = _next(db)
        return _signed(db, _info(asked, imprint, serial, at))


def _next(db: Session) -> tuple[int, datetime]:
    now = clock.now(db)
    insert_if_absent(db, Serial, id=1, last=0, at=now)
    row = db.get_one(Serial, 1, with_for_update=True, populate_existing=True)
    row.last += 1
    row.at = max(now, row.at + timedelta(milliseconds=1)) if row.last > 1 else now
    db.flush()
    return row.last, row.at


def _info(asked: Any, imprint: Any, serial: int, at: datetime) -> bytes:
    from asn1crypto import tsp

    info = {
        "version": "v1",
        "policy": POLICY,
        "message_imprint": imprint,
        "serial_number": serial,
        "gen_time": at.replace(microsecond=at.microsecond // 1000 * 1000),
        "accuracy": {"seconds": 1},
        "ordering": True,
    }
    if asked["nonce"].native is not None:
        info["nonce"] = asked["nonce"]
    return bytes(tsp.TSTInfo(info).dump())


def _signed(db: Session, info: bytes) -> bytes:
    from asn1crypto import cms
    from asn1crypto import x509 as asn1_x509
    from pyhanko.sign import general

    attribute: Any = general.simple_cms_attribute
    der, key = pades.in_use(db, TSA)
    certificate = asn1_x509.Certificate.load(der)
    sha256 = {"algorithm": "sha256"}
    attributes = cms.CMSAttributes(
        [
            attribute("content_type", "tst_info"),
            attribute("message_digest", hashlib.sha256(info).digest()),
            attribute("signing_certificate_v2", general.as_signing_certificate_v2(certificate)),
        ]
    )
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                {
                    "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                        {
                            "issuer": certificate.issuer,
                            "serial_number": certificate.serial_number,
                        }
                    )
                }
            ),
            "digest_algorithm": sha256,
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signed_attrs": attributes,
            "signature": key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256())),
        }
    )
    content = {
        "version": "v3",
        "digest_algorithms": [sha256],
        "signer_infos": [signer],
        "encap_content_info": {
            "content_type": "tst_info",
            "content": cms.ParsableOctetString(info),
        },
        "certificates": [certificate],
    }
    made = cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(content)})
    return bytes(made.dump())


def signature_of(pdf: bytes) -> bytes:
    """The value of a PDF's one signature: what a stamp covers."""
    return bytes(_hole(pdf)[2]["content"]["signer_infos"][0]["signature"].native)


def set_in(pdf: bytes, stamp_token: bytes) -> bytes:
    """The same PDF at PAdES B-T: the token inside the hole that was left for it.

    No byte that was signed changes; only the reserved hole does.
    """
    from asn1crypto import cms
    from pyhanko.sign import general

    attribute: Any = general.simple_cms_attribute
    start, stop, content = _hole(pdf)
    signer = content["content"]["signer_infos"][0]
    signer["unsigned_attrs"] = cms.CMSAttributes(
        [attribute("signature_time_stamp_token", cms.ContentInfo.load(stamp_token))]
    )
    # asn1crypto takes a length that ends in 0x80 for an indefinite one, and then encodes every node
    # below again at every level, for minutes, as by force=True; these heads are made anew anyway.
    for each in (content, content["content"], content["content"]["signer_infos"], signer):
        each._header = None
    filled: bytes = content.dump().hex().encode().ljust(stop - start, b"0")
    if len(filled) != stop - start:
        raise ValueError("the hole is too small for the stamp")
    return bytes(pdf[:start] + filled + pdf[stop:])


def _hole(pdf: bytes) -> tuple[int, int, Any]:
    """Where the hex of the CMS stands, and the CMS."""
    from io import BytesIO

    from asn1crypto import cms
    from pyhanko.pdf_utils.reader import PdfFileReader

    (embedded,) = PdfFileReader(BytesIO(pdf)).embedded_regular_signatures
    _, length, after, _ = (int(each) for each in embedded.byte_range)
    start, stop = length + 1, after - 1
    return start, stop, cms.ContentInfo.load(bytes.fromhex(pdf[start:stop].decode()), strict=False)
