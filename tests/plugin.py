"""The national signing client as its protocol says (domain F), on this machine: a WebSocket on
loopback, one connection for one act; it fetches the file, signs it with a certificate of a test
authority, brings it back, and says `{Status, Message, FileName, FileServer}`, 0 for done."""

import contextlib
import io
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Request, TextMessage

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
YEARS_AHEAD = timedelta(days=365 * 20)
ROOM = 16_384


def an_rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _name(words: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, words)])


def _issued(
    subject: str, key: Key, issuer: str, by: Key, is_authority: bool,
    starts: datetime = LONG_AGO, lasts: timedelta = YEARS_AHEAD,
) -> x509.Certificate:  # fmt: skip
    usage = x509.KeyUsage(
        digital_signature=not is_authority, content_commitment=not is_authority,
        key_encipherment=False, data_encipherment=False, key_agreement=False,
        key_cert_sign=is_authority, crl_sign=is_authority, encipher_only=False,
        decipher_only=False,
    )  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(starts + lasts)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(by, hashes.SHA256())
    )


@dataclass(frozen=True)
class Holder:
    """A certificate and its key, as a token holds them."""

    key: Key
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def loaded(self) -> tuple[list[asn1_x509.Certificate], asn1_keys.PrivateKeyInfo]:
        """Its certificate, those above it, and its key, as pyHanko takes them."""
        plain = self.key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )  # fmt: skip
        all_ = (self.certificate, *self.chain)
        loaded = [asn1_x509.Certificate.load(_der(each)) for each in all_]
        return loaded, asn1_keys.PrivateKeyInfo.load(plain)

    def sign(self, pdf: bytes, reserved: int = ROOM, field_name: str = "Signature1") -> bytes:
        """The same PDF with a signature of PAdES B-B added."""
        loaded, key = self.loaded()
        signer = signers.SimpleSigner(
            signing_cert=loaded[0],
            signing_key=key,
            cert_registry=SimpleCertificateStore.from_certs(loaded[1:]),
        )
        meta = signers.PdfSignatureMetadata(
            field_name=field_name, md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES
        )
        out = io.BytesIO()
        signers.sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(pdf)), meta, signer=signer, output=out,
            bytes_reserved=reserved,
        )  # fmt: skip
        return out.getvalue()


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


class Authority:
    """A root, an authority below it, and the certificates that it gives."""

    def __init__(self, name: str = "CA chuyên dùng thử") -> None:
        self.name, self.below = name, f"{name} G2"
        self.root_key, self.key = an_rsa_key(), an_rsa_key()
        self.root = _issued(name, self.root_key, name, self.root_key, True)
        self.between = _issued(self.below, self.key, name, self.root_key, True)

    def certify(
        self, name: str, key: Key | None = None, starts: datetime = LONG_AGO,
        lasts: timedelta = YEARS_AHEAD,
    ) -> Holder:  # fmt: skip
        own = key or an_rsa_key()
        made = _issued(name, own, self.below, self.key, False, starts, lasts)
        return Holder(own, made, (self.between,))

    def pinned_in(self, folder: Path) -> Path:
        """Root and what stands below it, as an operator pins them."""
        path = folder / f"{self.root.serial_number:x}.pem"
        pem = serialization.Encoding.PEM
        path.write_bytes(self.root.public_bytes(pem) + self.between.public_bytes(pem))
        return path


@dataclass
class Plugin:
    """The client: what it was asked, and whose token is plugged in."""

    address: str
    holder: Holder | None = None
    asked: list[dict[str, object]] = field(default_factory=list)

    def answer(self, path: str, question: str) -> str:
        asked = json.loads(question)
        self.asked.append({"path": path, **asked})
        if path != "/SignApproved" or self.holder is None:
            return _said(1, "Không tìm thấy thiết bị lưu khóa")
        found = requests.get(str(asked["FileName"]), timeout=20)
        if not found.ok:
            return _said(2, "Không tải được tệp")
        kept = requests.post(
            str(asked["FileUploadHandler"]),
            files={"uploadfile": ("phieu.pdf", self.holder.sign(found.content), "application/pdf")},
            headers={"Authorization": f"Bearer {asked['JWTToken']}"},
            timeout=20,
        )
        if not kept.ok or not kept.json()["Status"]:
            return _said(3, "Máy chủ không nhận tệp đã ký")
        return _said(0, "", kept.json()["FileName"], kept.json()["FileServer"])


def _said(status: int, message: str, name: str = "", server: str = "") -> str:
    said = {"Status": status, "Message": message, "FileName": name, "FileServer": server}
    return json.dumps(said, ensure_ascii=False)


@contextlib.contextmanager
def plugged_in() -> Iterator[Plugin]:
    """The client, listening on a port of its own until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        plugin = Plugin(f"ws://127.0.0.1:{listener.getsockname()[1]}")
        thread = threading.Thread(target=_serve, args=(listener, plugin), daemon=True)
        thread.start()
        try:
            yield plugin
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(listener: socket.socket, plugin: Plugin) -> None:
    while True:
        try:
            line, _ = listener.accept()
        except OSError:
            return
        with line:
            _speak(line, plugin)


def _speak(line: socket.socket, plugin: Plugin) -> None:
    speech, path = WSConnection(ConnectionType.SERVER), ""
    while data := line.recv(65_536):
        speech.receive_data(data)
        for event in speech.events():
            if isinstance(event, Request):
                path = event.target
                line.sendall(speech.send(AcceptConnection()))
            elif isinstance(event, TextMessage):
                line.sendall(speech.send(TextMessage(plugin.answer(path, event.data))))
            elif isinstance(event, CloseConnection):
                line.sendall(speech.send(event.response()))
                return
