"""Keys of members and the steps of signing in, as tests of this room need them."""

import base64
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from werkzeug.test import TestResponse

from ecabinet import canonical, ledger
from ecabinet.db import reading
from people import queries
from people.queries import DeviceView
from tests.builders import PASSWORD, Browser, Cabinet

JSON = {"Accept": "application/json"}


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
