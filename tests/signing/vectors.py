"""What the browser's checks are tried on: made by our own code, then spoilt in one place each."""

import base64
import hashlib
import io
import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from asn1crypto import cms, core
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from reportlab.pdfgen import canvas

from ecabinet import canonical, ledger, pades
from ecabinet.db import reading, transaction

QUESTION = "Đồng ý với dự thảo Nghị định về quản lý hoạt động lấn biển?"
OPINION = "Đề nghị làm rõ Điều 7."
PAPERS = [hashlib.sha256(text).hexdigest() for text in (b"to trinh", b"du thao")]
OTHER = hashlib.sha256(b"other").hexdigest()


def text_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


@dataclass(frozen=True)
class Vector:
    kind: str
    name: str
    given: dict[str, Any]
    outcome: Any

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


# ---- papers ----


@dataclass(frozen=True)
class Paper:
    """A ballot paper as a member's device receives it, with what its screen shows."""

    pdf: bytes
    attributes: bytes
    statement: bytes
    certificate: bytes
    key_id: str

    def vector(self, name: str, outcome: str, **shown: Any) -> Vector:
        expected = {
            "statement": self.statement.decode(),
            "person": 7,
            "keyId": self.key_id,
            "signatureClass": "device",
            "consultation": 3,
            "question": QUESTION,
            "choice": "agree_comments",
            "opinion": OPINION,
            "papers": PAPERS,
            "certificate": text_of(self.certificate),
        }
        given = {
            "pdf": text_of(self.pdf),
            "attributes": text_of(self.attributes),
            "expected": expected | shown,
        }
        return Vector("paper", name, given, outcome)


class Member:
    """A member's device: its key and the certificate that the cabinet gave it."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
        csr = request.sign(self.key, hashes.SHA256())
        self.csr = csr.public_bytes(serialization.Encoding.DER)
        with transaction() as db:
            certificate = pades.certify(db, self.csr, "Bộ trưởng Bộ Y tế", 365)
            self.chain = [pades.certificate(db, pades.MEMBER_CA)]
        self.certificate = certificate.public_bytes(serialization.Encoding.DER)
        self.key_id = hashlib.sha256(pades.read_request(self.csr)).hexdigest()

    def statement(self, **changed: Any) -> dict[str, Any]:
        return {
            "v": 1,
            "type": "ballot",
            "consultation": 3,
            "member": 7,
            "key_id": self.key_id,
            "signature_class": "device",
            "papers": PAPERS,
            "questions": [question()],
            "nonce": OTHER,
        } | changed

    def paper(self, statement: bytes, embedded: bytes | None = None, more: bytes = b"") -> Paper:
        page = io.BytesIO()
        drawn = canvas.Canvas(page)
        drawn.drawString(72, 720, "PHIEU LAY Y KIEN")
        drawn.save()
        attachment = pades.Attachment("statement.json", embedded or statement)
        # A comment, as any PDF may hold one: places in the file stay as they were.
        drawn_page = page.getvalue()
        if more:
            drawn_page = swap(drawn_page, b"ReportLab Generated"[: len(more)], more)
        made = pades.prepare(drawn_page, self.certificate, self.chain, attachment)
        return Paper(made.pdf, made.attributes, statement, self.certificate, self.key_id)


def question(**changed: Any) -> dict[str, Any]:
    return {
        "item": 1,
        "question": QUESTION,
        "choice": "agree_comments",
        "opinion_sha256": hashlib.sha256(OPINION.encode()).hexdigest(),
    } | changed


def papers() -> list[Vector]:
    member = Member()
    good = member.paper(canonical.encode(member.statement()))
    return [
        good.vector("as shown", digest_of(good)),
        good.vector("without a certificate at hand", digest_of(good), certificate=None),
        *_spoilt_files(member, good),
        *_spoilt_attributes(good),
        *_other_statements(member),
        *_other_screens(good),
    ]


def digest_of(paper: Paper) -> str:
    hole = paper.pdf.rindex(b"<" + b"0" * 100)
    after = paper.pdf.index(b">", hole) + 1
    return hashlib.sha256(paper.pdf[:hole] + paper.pdf[after:]).hexdigest()


def _spoilt_files(member: Member, good: Paper) -> list[Vector]:
    pdf = good.pdf
    hole = pdf.rindex(b"<" + b"0" * 100)
    twice = canonical.encode(member.statement()) + b"\nendstream stream\n"
    both = member.paper(good.statement, twice + good.statement)
    return [
        replace(good, pdf=swap(pdf, b"ReportLab", b"RePortLab")).vector("a byte", "other_pdf"),
        replace(good, pdf=pdf + b"\n").vector("bytes after the end", "not_whole"),
        replace(good, pdf=pdf[:-1]).vector("the last byte cut off", "not_whole"),
        replace(good, pdf=swap(pdf, b"/ByteRange [0 ", b"/ByteRange [1 ")).vector(
            "a range that starts later", "not_whole"
        ),
        replace(good, pdf=swap(pdf, b"/ByteRange [0 ", b"/ByteRangf [0 ")).vector(
            "no range", "not_whole"
        ),
        replace(good, pdf=swap(pdf, b"ReportLab ", b"/ByteRange")).vector("two", "not_whole"),
        replace(good, pdf=pdf[: hole + 9] + b"1" + pdf[hole + 10 :]).vector(
            "something in the hole", "hole_not_empty"
        ),
        replace(good, pdf=pdf[:hole] + b"(" + pdf[hole + 1 :]).vector(
            "another kind of hole", "hole_not_empty"
        ),
        member.paper(good.statement, good.statement + b" ").vector("a blank", "statement_missing"),
        member.paper(good.statement, b"{}").vector("another statement", "statement_missing"),
        both.vector("the statement twice", "statement_missing"),
        member.paper(good.statement, more=b"/EmbeddedFile ").vector(
            "two files", "statement_missing"
        ),
        good.vector("no statement", "statement_missing", statement=""),
    ]


def swap(data: bytes, old: bytes, new: bytes) -> bytes:
    assert len(old) == len(new)
    assert old in data, old
    return data.replace(old, new, 1)


def _spoilt_attributes(good: Paper) -> list[Vector]:
    attributes = list(cms.CMSAttributes.load(good.attributes))
    kind, digest, certificate = sorted(attributes, key=lambda one: len(one.dump()))
    parts = [each.dump() for each in attributes]
    now = cms.CMSAttribute({"type": "signing_time", "values": [core.UTCTime("261124074800Z")]})
    other = cms.CMSAttribute({"type": "content_type", "values": ["signed_data"]})
    short = cms.CMSAttribute({"type": "message_digest", "values": [b"x" * 20]})
    body = good.attributes[3:]
    assert good.attributes[1] == 0x81
    spoilt = {
        "a byte after the end": good.attributes + b"\0",
        "a byte cut off": good.attributes[:-1],
        "a length with a leading zero": bytes([0x31, 0x82, 0]) + good.attributes[2:3] + body,
        "a length without end": b"\x31\x80" + body + b"\0\0",
        "not a set": b"\x30" + good.attributes[1:],
        "an attribute twice": made_set([*parts, digest.dump()]),
        "one that does not belong": made_set([*parts, now.dump()]),
        "no digest": made_set([kind.dump(), certificate.dump()]),
        "no certificate": made_set([kind.dump(), digest.dump()]),
        "no content type": made_set([digest.dump(), certificate.dump()]),
        "another content type": made_set([other.dump(), digest.dump(), certificate.dump()]),
        "a short digest": made_set([kind.dump(), short.dump(), certificate.dump()]),
        "out of order": made_set(parts, reverse=True),
        "two digests": made_set([kind.dump(), _two_values(digest), certificate.dump()]),
        "a digest of another tag": good.attributes.replace(b"\x04\x20", b"\x05\x20", 1),
        "two certificates": made_set([kind.dump(), digest.dump(), _two_certificates(certificate)]),
        "another digest as well": made_set([*parts, _with_body(digest, b"x" * 32)]),
        "a digest of two parts": made_set([kind.dump(), _third(digest), certificate.dump()]),
        "a certificate with policies": made_set(
            [kind.dump(), digest.dump(), _with_policies(certificate)]
        ),
    }
    named = Member()
    return [
        *(
            replace(good, attributes=each).vector(
                f"attributes: {name}", "other_pdf" if name == "a short digest" else "attributes"
            )
            for name, each in spoilt.items()
        ),
        replace(good, certificate=named.certificate).vector("a colleague's", "other_certificate"),
        replace(good, attributes=named.paper(good.statement).attributes).vector(
            "those of another paper", "other_certificate"
        ),
    ]


def made_set(parts: list[bytes], *, reverse: bool = False) -> bytes:
    return tlv(0x31, b"".join(sorted(parts, reverse=reverse)))


def tlv(tag: int, body: bytes) -> bytes:
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(digits)]) + digits + body


def _with_body(attribute: Any, body: bytes) -> bytes:
    return tlv(0x30, attribute["type"].dump() + tlv(0x31, tlv(4, body)))


def _third(attribute: Any) -> bytes:
    value = tlv(0x31, attribute["values"][0].dump())
    return tlv(0x30, attribute["type"].dump() + value + b"\x05\0")


def _with_policies(attribute: Any) -> bytes:
    value = attribute["values"][0]
    both = tlv(0x30, value["certs"].dump() + tlv(0x30, b""))
    return tlv(0x30, attribute["type"].dump() + tlv(0x31, both))


def _two_values(attribute: Any) -> bytes:
    value = attribute["values"][0].dump()
    return tlv(0x30, attribute["type"].dump() + tlv(0x31, value + value))


def _two_certificates(attribute: Any) -> bytes:
    one = attribute["values"][0]["certs"][0].dump()
    value = tlv(0x30, tlv(0x30, one + one))
    return tlv(0x30, attribute["type"].dump() + tlv(0x31, value))


def _other_statements(member: Member) -> list[Vector]:
    """The PDF and its statement are sound and agree, but differ from the screen in one field."""
    changed = {
        "another consultation": member.statement(consultation=4),
        "another member": member.statement(member=8),
        "another key": member.statement(key_id=OTHER),
        "another class of signature": member.statement(signature_class="token"),
        "not a ballot": member.statement(type="result"),
        "another choice": member.statement(questions=[question(choice="agree")]),
        "another question": member.statement(questions=[question(question=QUESTION + " ")]),
        "another opinion": member.statement(questions=[question(opinion_sha256=OTHER)]),
        "a second question": member.statement(questions=[question(), question(item=2)]),
        "no question": member.statement(questions=[]),
        "papers in another order": member.statement(papers=PAPERS[::-1]),
        "a paper less": member.statement(papers=PAPERS[:1]),
        "a paper more": member.statement(papers=[*PAPERS, OTHER]),
    }
    told = [
        member.paper(canonical.encode(each)).vector(f"statement: {name}", "other_statement")
        for name, each in changed.items()
    ]
    plain = canonical.encode(member.statement()).decode()
    spelt = {
        "a key twice": plain.replace('{"consultation":3', '{"consultation":4,"consultation":3'),
        "keys in another order": json.dumps(member.statement(), ensure_ascii=False),
        "a number spelt otherwise": plain.replace('"consultation":3', '"consultation":3.0'),
        "a letter spelt otherwise": plain.replace("Đ", "\\u0110"),
        "not JSON": plain[:-1],
    }
    return told + [
        member.paper(each.encode()).vector(f"statement: {name}", "other_statement")
        for name, each in spelt.items()
    ]


def _other_screens(good: Paper) -> list[Vector]:
    shown: dict[str, Any] = {
        "person": 8,
        "keyId": OTHER,
        "signatureClass": "official-duty",
        "consultation": 4,
        "question": QUESTION.lower(),
        "choice": "agree",
        "opinion": OPINION + " ",
        "papers": PAPERS[::-1],
    }
    return [
        good.vector(f"the screen shows another {name}", "other_statement", **{name: value})
        for name, value in shown.items()
    ]


# ---- receipts ----

LEAVES = 13


def receipts() -> list[Vector]:
    for number in range(LEAVES):
        with transaction() as db:
            ledger.append(db, "ballot", {"statement_sha256": OTHER, "n": number})
    with reading() as db:
        name, key = ledger.origin(db), ledger.verifier_key(ledger.origin(db), ledger.signing_key())
        sound = [
            receipt(f"leaf {index} of {size}", proof_of(db, index, size), key, None, index)
            for size in range(1, LEAVES + 1)
            for index in range(size)
        ]
        given = [ledger.receipt(db, index) for index in range(LEAVES)]
        five = proof_of(db, 5, LEAVES)
    return [
        *sound,
        *(receipt(f"as given {i}", each, key, None, i) for i, each in enumerate(given)),
        *_spoilt_receipts(five, key),
        *_foreign_receipts(five, name, key),
    ]


def proof_of(db: Any, index: int, size: int) -> str:
    hashes_ = [text_of(each) for each in ledger.inclusion(db, index, size)]
    head = ["c2sp.org/tlog-proof@v1", f"index {index}", *hashes_, ""]
    return "\n".join(head) + "\n" + ledger.checkpoint(db, size)


def receipt(
    name: str, proof: str, key: str, outcome: str | None, index: int = 5, **changed: Any
) -> Vector:
    with reading() as db:
        envelope = ledger.envelope(db, index).decode()
    given: dict[str, Any] = {
        "proof": proof,
        "envelope": envelope,
        "logKey": key,
        "named": {"statement_sha256": OTHER},
    }
    return Vector("receipt", name, given | changed, outcome)


def _spoilt_receipts(good: str, key: str) -> list[Vector]:
    head, checkpoint = good.split("\n\n", 1)
    lines = head.split("\n")
    with reading() as db:
        envelope = ledger.envelope(db, 5).decode()
        four = ledger.envelope(db, 4).decode()
    fewer, more = "\n".join(lines[:-1]), "\n".join([*lines, lines[-1]])
    bent = "\n".join([*lines[:2], lines[2][::-1], *lines[3:]])
    short = "\n".join([*lines[:-1], text_of(base64.b64decode(lines[-1])[:31])])
    signature = checkpoint.rsplit(" ", 1)[1].strip()
    *kept, last = base64.b64decode(signature)
    other = text_of(bytes([*kept, last ^ 1]))
    spoilt = {
        "another index": (good.replace("index 5", "index 6"), "not_included"),
        "an index beyond": (good.replace("index 5", "index 13"), "not_included"),
        "an index with a zero": (good.replace("index 5", "index 05"), "malformed"),
        "a negative index": (good.replace("index 5", "index -5"), "malformed"),
        "no index": (good.replace("index 5\n", ""), "malformed"),
        "another version": (good.replace("@v1", "@v2"), "malformed"),
        "a hash less": (f"{fewer}\n\n{checkpoint}", "not_included"),
        "a hash more": (f"{more}\n\n{checkpoint}", "not_included"),
        "a hash cut short": (f"{short}\n\n{checkpoint}", "malformed"),
        "signed twice": (good + good[good.rindex(chr(0x2014)) :], "not_signed_by_log"),
        "a hash backwards": (f"{bent}\n\n{checkpoint}", "malformed"),
        "a hash without padding": (good.replace("=\n", "\n", 1), "malformed"),
        "another size": (good.replace("\n13\n", "\n12\n"), "not_signed_by_log"),
        "a size with a zero": (good.replace("\n13\n", "\n013\n"), "malformed"),
        "another origin": (good.replace("localhost/test\n", "localhost/tesu\n"), "unknown_log"),
        "another signature": (good.replace(signature, other), "not_signed_by_log"),
        "no signature": (f"{head}\n\n{checkpoint.split(chr(0x2014))[0]}", "malformed"),
        "an extension line": (good.replace("\n13\n", "\n13\nx\n"), "malformed"),
        "no last line end": (good[:-1], "malformed"),
        "a line more": (good + "\n", "malformed"),
        "other line ends": (good.replace("\n", "\r\n"), "malformed"),
        "nothing": ("", "malformed"),
    }
    return [
        *(receipt(f"receipt: {name}", *_pair(each, key)) for name, each in spoilt.items()),
        receipt("another leaf", good, key, "not_included", envelope=four),
        receipt("a leaf with a blank", good, key, "not_included", envelope=envelope + " "),
        receipt("another ballot", good, key, "other_ballot", named={"statement_sha256": "0" * 64}),
    ]


def _pair(spoilt: tuple[str, str], key: str) -> tuple[str, str, str]:
    return spoilt[0], key, spoilt[1]


def _foreign_receipts(good: str, name: str, key: str) -> list[Vector]:
    """Signed by somebody else under the log's name; and keys that are none."""
    stranger = Ed25519PrivateKey.generate()
    head, checkpoint = good.split("\n\n", 1)
    _, size, root = checkpoint.split("\n")[:3]
    forged = ledger.sign_checkpoint(name, int(size), base64.b64decode(root), stranger)
    _, key_id, public = key.split("+", 2)
    return [
        receipt("signed by a stranger", f"{head}\n\n{forged}", key, "not_signed_by_log"),
        receipt("a stranger's key", good, ledger.verifier_key(name, stranger), "not_signed_by_log"),
        receipt("a key with another id", good, f"{name}+00000000+{public}", "malformed"),
        receipt("a key of another name", good, f"x{name}+{key_id}+{public}", "malformed"),
        receipt("no key", good, "", "malformed"),
    ]


# ---- DER ----

IDS = ("1.2.840.113549.1.9.4", "2.5.4.3", "0.39", "1.0.3", "2.39.1", "2.40", "2.47.5", "2.100.3",
       "2.999.3", "2.16.840.1.101.3.4.2.1")  # fmt: skip
LENGTHS = (0, 1, 127, 128, 255, 256, 65535, 65536)
NO_LENGTHS = {
    "indefinite": b"\x04\x80\0\0",
    "one byte where none is needed": b"\x04\x81\x7f" + b"x" * 127,
    "a leading zero": b"\x04\x82\x00\x80" + b"x" * 128,
    "past the end": b"\x04\x05abcd",
    "followed by more": b"\x04\x01ab",
    "too long": b"\x04\x84\x7f\xff\xff\xff",
    "nothing": b"",
    "a tag alone": b"\x04",
    "a tag of several bytes": b"\x1f\x22\x01a",
}
NO_IDS = {
    "an arc with a leading zero": b"\x06\x03\x2a\x80\x01",
    "cut short": b"\x06\x02\x2a\x86",
    "empty": b"\x06\x00",
    "an arc too large": b"\x06\x0a\x2a" + b"\xff" * 8 + b"\x7f",
}
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
NUMBERS = (1, 127, 128, 255, 2**247, 2**255, P256_ORDER - 1)


def der() -> list[Vector]:
    ids = [(each, core.ObjectIdentifier(each).dump()) for each in IDS]
    pairs = [(r, s) for r in NUMBERS for s in NUMBERS]
    return [
        *(Vector("objectId", name, {"der": text_of(made)}, name) for name, made in ids),
        *(Vector("writtenId", name, {"dotted": name}, text_of(made)) for name, made in ids),
        *(Vector("objectId", n, {"der": text_of(each)}, "refused") for n, each in NO_IDS.items()),
        *(Vector("length", n, {"der": text_of(each)}, "refused") for n, each in NO_LENGTHS.items()),
        *(Vector("length", f"{n}", {"der": text_of(tlv(4, bytes(n)))}, n) for n in LENGTHS),
        *(Vector("written", f"{n}", {"count": n}, text_of(tlv(4, bytes(n)))) for n in LENGTHS),
        *(
            Vector(
                "signature",
                f"{r:x} {s:x}",
                {"raw": text_of(r.to_bytes(32, "big") + s.to_bytes(32, "big"))},
                text_of(utils.encode_dss_signature(r, s)),
            )
            for r, s in pairs
        ),
        *(
            Vector("base64", repr(text), {"text": text}, outcome)
            for text, outcome in {"": "", "AA==": "00", "AQI=": "0102", "AA": "refused",
                                  "AB==": "refused", "A A==": "refused", "__==": "refused"}.items()
        ),
    ]  # fmt: skip
