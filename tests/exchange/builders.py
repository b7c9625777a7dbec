"""A mail server and an SMS gateway of the tests' own, and people whose addresses are confirmed."""

import contextlib
import datetime
import http.server
import ipaddress
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import select

from ecabinet import addresses, clock, deliveries
from ecabinet.db import reading, transaction
from ecabinet.deliveries import Delivery, Letter
from ecabinet.notices import Channel, Quiet
from ecabinet.settings import Settings
from exchange.senders import senders
from tests.builders import Cabinet

MAIL, PHONE = "yte@cabinet.example", "+84912345678"
MINISTER = "botruong.yte"
NO_QUIET = Quiet(datetime.time(3), datetime.time(3))


def letter(**other: Any) -> Letter:
    made = {
        "key": "k" * 32,
        "address": MAIL,
        "kind": "consultation_opened",
        "language": "vi",
        "due": None,
        "path": "/inbox/7",
        "code": None,
    }
    return Letter(**(made | other))


def give_address(
    cabinet: Cabinet, username: str = MINISTER, channel: Channel = Channel.EMAIL, value: str = MAIL
) -> None:
    """An address of this person, as if its code had been given back."""
    with transaction() as db:
        row = addresses.to_change(db, cabinet.ids[username], channel)
        row.value, row.confirmed_at = value, clock.now(db)


def settle_quiet(cabinet: Cabinet, username: str, quiet: Quiet, language: str = "vi") -> None:
    with transaction() as db:
        addresses.settle_habit(db, cabinet.ids[username], language, quiet)


def all_deliveries() -> list[Delivery]:
    with reading() as db:
        return list(db.scalars(select(Delivery).order_by(Delivery.id)))


def send_by(settings: Settings) -> None:
    """Tie the ways out that these settings name, and send what waits."""
    deliveries.bind(senders(settings))
    deliveries.send_what_waits()


# ---- a mail server ----


@dataclass
class MailServer:
    """What it was sent, and what it says instead of "250 OK"."""

    port: int = 0
    received: list[EmailMessage] = field(default_factory=list)
    receivers: list[str] = field(default_factory=list)
    says: dict[str, str] = field(default_factory=dict)
    on_data: Callable[[], None] = lambda: None
    was_tls: list[bool] = field(default_factory=list)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refused := self.says.get(address) or self.says.get("rcpt"):
            return refused
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.on_data()
        if refused := self.says.get("data"):
            return refused
        assert isinstance(envelope.content, bytes)
        parsed = BytesParser(policy=policy.default).parsebytes(envelope.content)
        assert isinstance(parsed, EmailMessage)
        self.received.append(parsed)
        self.receivers += envelope.rcpt_tos
        transport = server.transport
        assert transport is not None
        self.was_tls.append(transport.get_extra_info("sslcontext") is not None)
        return f"250 OK queued as {len(self.received)}"

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        return self.says.get("quit", "221 Bye")

    @property
    def texts(self) -> list[str]:
        return [each.get_content() for each in self.received]

    def settings(self, **other: Any) -> Settings:
        named = {
            "smtp_host": "localhost",
            "smtp_port": self.port,
            "smtp_tls": "none",
            "smtp_from": "e-cabinet@cabinet.example",
        }
        return Settings(**(named | other))


class _Controller(Controller):
    """Binds a free port by itself."""

    def _trigger_server(self) -> None:
        # The port is known only once it listens.
        self.port = self.server.sockets[0].getsockname()[1] if self.server else self.port
        super()._trigger_server()


@contextlib.contextmanager
def mail_server(**more: Any) -> Iterator[MailServer]:
    """Listens until the block ends; `tls_context` offers STARTTLS, `ssl_context` speaks TLS."""
    server = MailServer()
    controller = _Controller(server, hostname="localhost", port=0, **more)
    controller.start()
    server.port = controller.port
    try:
        yield server
    finally:
        controller.stop()


def let_in(password: bytes) -> Callable[..., AuthResult]:
    def authenticate(
        _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: LoginPassword
    ) -> AuthResult:
        return AuthResult(success=given.password == password, handled=False)

    return authenticate


# ---- an SMS gateway ----


@dataclass
class Gateway:
    """What it was sent, and with which status and words it answers."""

    port: int = 0
    bodies: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: list[tuple[int, str]] = field(default_factory=list)

    def settings(self, **other: Any) -> Settings:
        return Settings(**({"sms_url": f"http://localhost:{self.port}/send?v=1"} | other))


@contextlib.contextmanager
def gateway(tls: ssl.SSLContext | None = None) -> Iterator[Gateway]:
    seen = Gateway()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"])).decode()
            is_json = self.headers["Content-Type"] == "application/json"
            seen.bodies.append(json.loads(content) if is_json else content)
            seen.headers.append(dict(self.headers))
            status, said = seen.answers.pop(0) if seen.answers else (200, '{"code": "0"}')
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.send_header("Location", "http://localhost:1/elsewhere")
            self.end_headers()
            self.wfile.write(said.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("localhost", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    seen.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# ---- certificates ----


@dataclass(frozen=True)
class Certificate:
    """A server's own certificate, which is its own authority."""

    pem: str
    context: ssl.SSLContext


def certificate(folder: Path, name: str = "localhost") -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    names: list[x509.GeneralName] = [x509.DNSName(name)]
    if name == "localhost":
        names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )  # fmt: skip
    (folder / f"{name}.pem").write_bytes(pem + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.pem")
    return Certificate(pem.decode(), context)
