"""A consultation that is open, and devices of members that sign as a browser does."""

import base64
import functools
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from sqlalchemy import select
from werkzeug.test import TestResponse

from ballots import queries, signing
from ballots.models import Ballot, Consultation
from ballots.service import draft as drafting
from documents import service as documents
from documents.rules import PaperKind
from ecabinet import clock, forms, heartbeat
from ecabinet.access import Actor
from ecabinet.db import reading, transaction
from ecabinet.settings import Settings
from people import queries as people_queries
from people.service import devices, idle
from tests.builders import Browser, Cabinet

# A Monday, so that windows of working days end where one expects them.
MONDAY = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
MEMBERS = ("thutuong", "pttg1", "botruong.taichinh", "botruong.yte", "botruong.xaydung")
SETTINGS = Settings(key_waiting_hours=0)


@functools.cache
def a_paper() -> bytes:
    head = forms.Head("", "Chính phủ", "Số: /NĐ-CP", forms.place_and_date(date(2026, 11, 30)))
    return forms.document("Dự thảo", head, [forms.paragraph(forms.text("Điều 1. Phạm vi."))])


def set_clock(moment: datetime) -> None:
    """Put the cabinet's clock to a moment."""
    with transaction() as db:
        seconds = int((moment - clock.now(db)).total_seconds())
        heartbeat.skip(db, seconds)
        idle.move_on(db, seconds)


def a_draft(cabinet: Cabinet, window_days: int = 2, opinion: str = "") -> int:
    specialist = cabinet.actor("chuyenvien")
    dossier = documents.create_dossier(
        specialist, "Nghị định về hoạt động lấn biển", cabinet.agencies["xaydung"]
    )
    documents.add_paper(
        specialist, dossier, "Dự thảo Nghị định", PaperKind.DRAFT, "du-thao.pdf", a_paper()
    )
    return drafting.draft(
        specialist,
        drafting.Question(dossier, "Đồng ý ban hành Nghị định không?", opinion, window_days),
    )


def an_open_consultation(
    cabinet: Cabinet, window_days: int = 2, classes: Sequence[str] = signing.KEY_CLASSES
) -> int:
    """Opened on a Monday morning; two working days end on Wednesday at 24:00."""
    set_clock(MONDAY)
    consultation_id = a_draft(cabinet, window_days)
    drafting.approve(cabinet.actor("lanhdaovp"), consultation_id, classes=classes)
    return consultation_id


class Member:
    """A member at their tablet: a browser, and a key that never leaves it."""

    def __init__(self, cabinet: Cabinet, name: str, settings: Settings = SETTINGS) -> None:
        self.cabinet, self.name = cabinet, name
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.device, self.key_id = enrol(cabinet, name, self.key, settings)
        self.browser = cabinet.browser(name)

    def follows(self, consultation_id: int) -> int:
        with reading() as db:
            consultation = db.get_one(Consultation, consultation_id)
            return queries.latest_leaf(db, consultation, self.cabinet.ids[self.name])

    def ask_paper(
        self, consultation_id: int, choice: str = "agree", opinion: str = "",
        follows: int | None = None,
    ) -> TestResponse:  # fmt: skip
        body = {
            "choice": choice,
            "opinion": opinion,
            "key_id": self.key_id,
            "follows": self.follows(consultation_id) if follows is None else follows,
        }
        return self.browser.post(f"/consultations/{consultation_id}/paper", json=body)

    def paper(self, consultation_id: int, choice: str = "agree", opinion: str = "") -> Any:
        answer = self.ask_paper(consultation_id, choice, opinion)
        assert answer.status_code == 200, answer.json
        return answer.json

    def sign(self, attributes: str, key: ec.EllipticCurvePrivateKey | None = None) -> bytes:
        """What WebCrypto gives: r and s, 32 bytes each."""
        signer = key or self.key
        der = signer.sign(base64.b64decode(attributes), ec.ECDSA(hashes.SHA256()))
        r, s = utils.decode_dss_signature(der)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def send(
        self, consultation_id: int, pending: str, signature: bytes, key: str | None = None,
        browser: Browser | None = None, assertion: dict[str, Any] | None = None,
    ) -> TestResponse:  # fmt: skip
        body: dict[str, Any] = {
            "pending": pending,
            "key": key or secrets.token_hex(16),
            "signature": base64.b64encode(signature).decode(),
        }
        if assertion is not None:
            body["assertion"] = assertion
        path = f"/consultations/{consultation_id}/ballots"
        return (browser or self.browser).post(path, json=body)

    def cast(
        self, consultation_id: int, choice: str = "agree", opinion: str = ""
    ) -> dict[str, Any]:
        paper = self.paper(consultation_id, choice, opinion)
        answer = self.send(consultation_id, paper["pending"], self.sign(paper["attrs"]))
        assert answer.status_code == 201, answer.json
        assert answer.json is not None
        return answer.json

    def open_page(self, consultation_id: int) -> None:
        assert self.browser.get(f"/consultations/{consultation_id}").status_code == 200


def enrol(
    cabinet: Cabinet, name: str, key: ec.EllipticCurvePrivateKey, settings: Settings = SETTINGS
) -> tuple[str, str]:
    """A key of this member, confirmed by a secretary: its public id and its key id."""
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    csr = request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    device = devices.enrol_device(cabinet.actor(name), csr, "Máy tính bảng")
    devices.confirm_device(cabinet.actor("thuky"), device, settings)
    with reading() as db:
        (found,) = [
            each
            for each in people_queries.devices_of(db, cabinet.ids[name])
            if each.public_id == device
        ]
        return device, found.key_id


def enrol_pending(cabinet: Cabinet, name: str) -> None:
    """A further key of this member that no secretary has confirmed."""
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    signed = request.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    csr = signed.public_bytes(serialization.Encoding.DER)
    devices.enrol_device(cabinet.actor(name), csr, "Máy thứ hai")


def signed_in(member: Member) -> Actor:
    """The member as the service knows them, with the login of their browser."""
    actor = member.cabinet.actor(member.name)
    with reading() as db:
        login = people_queries.open_logins(db, actor.id)[0]
    return replace(actor, login_id=login.id)


def ballots_of(consultation_id: int) -> list[Ballot]:
    with reading() as db:
        query = select(Ballot).where(Ballot.consultation_id == consultation_id)
        return list(db.scalars(query.order_by(Ballot.leaf)))
