"""Keys of members and the steps of signing in, as tests of this room need them."""

import base64
from dataclasses import replace
from datetime import date
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select
from werkzeug.test import TestResponse

from ecabinet import approvals, canonical, ledger, web
from ecabinet.access import Actor
from ecabinet.approvals import Request
from ecabinet.db import reading
from people import queries
from people.models import Login
from people.queries import DeviceView
from people.service import passkeys
from tests.builders import PASSWORD, Browser, Cabinet
from tests.people.authenticator import Authenticator

JSON = {"Accept": "application/json"}
MINISTER = "botruong.yte"


def today() -> date:
    with reading() as db:
        return queries.today(db)


def confirm(cabinet: Cabinet, request_id: int) -> None:
    """A leader of the Office agrees to what was asked for."""
    with reading() as db:
        digest = db.get_one(Request, request_id).digest
    approvals.confirm(cabinet.actor("lanhdaovp"), request_id, digest)


def new_key(curve: ec.EllipticCurve | None = None) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(curve or ec.SECP256R1())


def request_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    asked = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return asked.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def enrol(browser: Browser, csr: bytes, label: str = "iPad") -> TestResponse:
    return browser.post("/devices", {"csr": base64.b64encode(csr).decode(), "label": label})


def device_of(cabinet: Cabinet, username: str) -> DeviceView:
    with reading() as db:
        (device,) = queries.devices_of(db, cabinet.ids[username])
    return device


def password(browser: Browser, username: str, given: str = PASSWORD, **more: Any) -> TestResponse:
    return browser.post("/sign-in", {"username": username, "password": given}, **more)


def code(browser: Browser, given: str, **more: Any) -> TestResponse:
    return browser.post("/sign-in/code", {"code": given}, **more)


def from_(source: str) -> dict[str, Any]:
    """A request that comes from this address."""
    return {"environ_base": {"REMOTE_ADDR": source}}


def leaves(kind: str) -> list[dict[str, Any]]:
    """The acts of this kind in the log."""
    with reading() as db:
        all_ = [canonical.decode(ledger.envelope(db, at)) for at in range(ledger.size(db))]
    return [each for each in all_ if each["type"] == kind]


def signed_in(cabinet: Cabinet, username: str = MINISTER) -> Actor:
    """Somebody with a login of their own, just after a code."""
    cabinet.browser(username)
    actor = cabinet.actor(username)
    with reading() as db:
        login = db.scalars(select(Login).order_by(Login.id.desc())).first()
    assert login is not None
    return replace(actor, login_id=login.id)


def registered(actor: Actor, **more: Any) -> Authenticator:
    holder = Authenticator(**more)
    options = passkeys.registration_options(actor, web.settings())
    passkeys.register(actor, holder.make(options), "iPad", web.settings())
    return holder
