"""A demo for the tablets of its own network: its names there, its certificate, and the authority
that a tablet is told to trust. A production's TLS ends at a proxy, and nothing here is used.
"""

import os
import re
import socket
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address, IPv4Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ecabinet import keys
from ecabinet.errors import SettingRefused
from ecabinet.settings import LOOPBACK, Settings

AUTHORITY_DAYS, CERTIFICATE_DAYS = 90, 30
KEY = "network-authority"
# What the authority may speak for beside this machine's names: a tablet that trusts it is not
# lied to about any place of the Internet.
PRIVATE = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16")
# Tablets of the network come in by it, which is what TLS=1 promises; a production refuses it.
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104
PATH = "/e-cabinet.crt"
# TEST-NET-1: nothing is sent; the system says from which address it would be.
ELSEWHERE = ("192.0.2.1", 9)


def environment(settings: Settings, port: int) -> dict[str, str]:
    """The settings by which a demo is served to this network."""
    if settings.env == "production":
        raise SettingRefused("TLS=1 is for a demo: a production's TLS ends at a proxy")
    found = _names()
    # Passkeys need a name; this machine's own, where it is known by it.
    known = found[0] if _resolved(found[0]) and found[0] not in LOOPBACK else "localhost"
    own = urlsplit(settings.base_url).hostname if settings.secure else known
    return {
        "ECABINET_BASE_URL": f"https://{own}:{port}",
        "ECABINET_NETWORK_NAMES": ",".join(found),
    }


def _names() -> list[str]:
    """By what this machine may be asked for: its names first, then its addresses, then loopback."""
    host = socket.gethostname().split(".")[0].lower()
    own = [f"{host}.local", host] if re.fullmatch(r"[a-z0-9-]{1,63}", host) else []
    return list(dict.fromkeys([*own, *_addresses(), *LOOPBACK]))


def _addresses() -> list[str]:
    found = _resolved(socket.gethostname())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(ELSEWHERE)
            found.insert(0, probe.getsockname()[0])
        except OSError:
            # No network: then there is no tablet either.
            pass
    return [each for each in dict.fromkeys(found) if not ip_address(each).is_loopback]


def _resolved(name: str) -> list[str]:
    try:
        return [str(each[4][0]) for each in socket.getaddrinfo(name, None, socket.AF_INET)]
    except OSError:
        return []


def certify(settings: Settings) -> tuple[Path, x509.Certificate]:
    """The server's key and certificate for its names, in one file, and who vouches for them."""
    folder, asked = _folder(settings), settings.hosts
    folder.mkdir(exist_ok=True, mode=0o700)
    now = datetime.now(UTC)
    authority = _kept(folder / "authority.crt")
    if authority is None or not _is_good(authority, asked, now):
        keys.store().destroy(KEY)
        authority = _authority(asked, now)
        _write(folder / "authority.crt", _pem(authority))
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = issue(authority, key.public_key(), asked, now)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )  # fmt: skip
    _write(folder / "server.pem", _pem(certificate) + private)
    return folder / "server.pem", authority


def issue(
    authority: x509.Certificate, key: ec.EllipticCurvePublicKey, asked: Sequence[str], now: datetime
) -> x509.Certificate:
    return (
        _builder(authority.subject, _named(asked[0]), key, now, CERTIFICATE_DAYS)
        .add_extension(x509.SubjectAlternativeName(list(map(_general, asked))), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(_p256(authority)), critical=False
        )
        .sign(keys.store().p256(KEY), hashes.SHA256())
    )


def fingerprint(certificate: x509.Certificate) -> str:
    """As tablets show it, to be compared before one trusts."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def hand_out(settings: Settings) -> None:
    """Give the authority's certificate to whoever asks from now on, over plain HTTP: who has it not
    yet can be given nothing over TLS."""
    body = (_folder(settings) / "authority.crt").read_bytes()

    class Door(BaseHTTPRequestHandler):
        timeout = 10
        server_version, sys_version = "e-Cabinet", ""

        def do_GET(self) -> None:
            found = self.path == PATH
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/x-x509-ca-cert")
            self.send_header("Content-Length", str(len(body) * found))
            self.end_headers()
            self.wfile.write(body * found)

        def log_message(self, *_: object) -> None:
            """Said nowhere: it tells of nobody, and names nothing."""

    beside = ThreadingHTTPServer((EVERY_ADDRESS, door_beside(settings.port)), Door)
    threading.Thread(target=beside.serve_forever, daemon=True).start()


def door_beside(port: int) -> int:
    """Where the authority's certificate is handed out."""
    return port + 1


def _folder(settings: Settings) -> Path:
    return settings.data_dir / "tls"


def _authority(asked: Sequence[str], now: datetime) -> x509.Certificate:
    permitted = [_subtree(each) for each in asked]
    permitted += [x509.IPAddress(ip_network(each)) for each in PRIVATE]
    key = keys.store().p256(KEY).public_key()
    subject = _named(f"e-Cabinet demo {asked[0]}, {now:%Y-%m-%d}")
    return (
        _builder(subject, subject, key, now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_signs_certificates(), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .sign(keys.store().p256(KEY), hashes.SHA256())
    )


def _is_good(authority: x509.Certificate, asked: Sequence[str], now: datetime) -> bool:
    """Whether it speaks for all these names, and outlives what it vouches for today."""
    lasts = authority.not_valid_after_utc > now + timedelta(days=CERTIFICATE_DAYS)
    permitted = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    own = permitted.permitted_subtrees or []
    return lasts and all(_is_private(each) or _subtree(each) in own for each in asked)


def _is_private(name: str) -> bool:
    address = _address(name)
    return address is not None and any(address in IPv4Network(each) for each in PRIVATE)


def _address(name: str) -> IPv4Address | None:
    try:
        return IPv4Address(name)
    except ValueError:
        return None


def _general(name: str) -> x509.GeneralName:
    address = _address(name)
    return x509.DNSName(name) if address is None else x509.IPAddress(address)


def _subtree(name: str) -> x509.GeneralName:
    address = _address(name)
    return x509.DNSName(name) if address is None else x509.IPAddress(IPv4Network(address))


def _builder(
    issuer: x509.Name, subject: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        # A tablet's clock may be somewhat behind.
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _signs_certificates() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _p256(certificate: x509.Certificate) -> ec.EllipticCurvePublicKey:
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key


def _kept(path: Path) -> x509.Certificate | None:
    return x509.load_pem_x509_certificate(path.read_bytes()) if path.exists() else None


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, keys.PRIVATE)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
