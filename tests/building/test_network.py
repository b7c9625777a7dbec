"""`TLS=1 make run`: a demo by https, for tablets that trust its authority."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import verification

from ecabinet import keys, network
from ecabinet.errors import SettingRefused
from ecabinet.settings import Settings, from_environment
from ecabinet.wire.server import SharedLine
from tests.building.test_nginx import Visitor, listens_until_signed_out, sign_in
from tests.building.test_settings import SOUND, set_all
from tests.server import ECABINET, serving_demo

pytestmark = pytest.mark.once
SERVE = [ECABINET, "serve", "--tls", "--port", "{port}"]


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["threading", "eventlet"])
def test_who_trusts_the_demos_authority_signs_in_and_listens(tmp_path: Path, mode: str) -> None:
    with serving_demo(tmp_path / "var", SERVE, ECABINET_ASYNC=mode) as server:
        told = requests.get(f"http://127.0.0.1:{server.port + 1}/e-cabinet.crt", timeout=20)
        assert told.headers["Content-Type"] == "application/x-x509-ca-cert"
        assert requests.get(f"http://127.0.0.1:{server.port + 1}/", timeout=20).status_code == 404
        authority = tmp_path / "authority.crt"
        authority.write_bytes(told.content)
        said = (tmp_path / "server.log").read_text()
        assert network.fingerprint(x509.load_pem_x509_certificate(told.content)) in said
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(f"https://localhost:{server.port}/sign-in", timeout=20)
        visitor = Visitor("127.0.0.2", server.port, authority=str(authority))
        visitor.http.headers["Origin"] = visitor.url
        sign_in(visitor, server, server.accounts["thutuong"])
        listens_until_signed_out(visitor, visitor.url, within=60)
        cookies = [c for each in visitor.answers for c in each.raw.headers.getlist("Set-Cookie")]
        assert {each.partition("=")[0] for each in cookies} >= {"__Host-ecabinet"}
        assert all("; Secure" in each for each in cookies)
        # A demo's name is asked for by http again, tomorrow.
        assert all("Strict-Transport-Security" not in each.headers for each in visitor.answers)
        assert visitor.http.get(f"https://127.0.0.1:{server.port}/sign-in").status_code == 200
        folder = tmp_path / "var" / "tls"
        assert {each.stat().st_mode & 0o777 for each in folder.iterdir()} == {0o600}


def test_no_production_is_served_by_a_demos_authority(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, SOUND)
    with pytest.raises(SettingRefused, match="TLS=1 is for a demo"):
        network.environment(from_environment(), 8443)
    monkeypatch.setenv("ECABINET_NETWORK_NAMES", "192.168.1.5")
    with pytest.raises(SettingRefused, match="for a demo alone"):
        from_environment()
    monkeypatch.setenv("ECABINET_ENV", "demo")
    found = from_environment()
    assert found.origins == {"https://cabinet.example", "https://192.168.1.5:443"}
    assert found.hosts == ("cabinet.example", "192.168.1.5")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[None]:
    before = keys._keys
    keys.bind(keys.Keys(tmp_path / "keys"))
    yield
    keys._keys = before


def demo(folder: Path, *names: str) -> Settings:
    return Settings(data_dir=folder, base_url="https://localhost:8443", network_names=names)


def is_believed(authority: x509.Certificate, name: str, at: datetime) -> bool:
    """Whether a browser that trusts this authority takes what it says of a name."""
    leaf = network.issue(authority, ec.generate_private_key(keys.P256).public_key(), [name], at)
    trusted = verification.PolicyBuilder().store(verification.Store([authority])).time(at)
    try:
        trusted.build_server_verifier(x509.DNSName(name)).verify(leaf, [])
    except verification.VerificationError:
        return False
    return True


@pytest.mark.usefixtures("store")
def test_the_authority_speaks_for_this_machine_and_no_other_place(tmp_path: Path) -> None:
    _, authority = network.certify(demo(tmp_path, "box.local"))
    now = datetime.now(UTC)
    assert is_believed(authority, "box.local", now)
    assert not is_believed(authority, "bank.example", now)


@pytest.mark.usefixtures("store")
def test_one_authority_is_kept_until_it_does_not_do(tmp_path: Path) -> None:
    pem, first = network.certify(demo(tmp_path, "box.local", "192.168.1.5"))
    before = pem.read_bytes()
    _, again = network.certify(demo(tmp_path, "box.local", "10.1.2.3"))
    assert again == first, "a tablet would have to be told anew for each address of its network"
    assert pem.read_bytes() != before
    _, moved = network.certify(demo(tmp_path, "box.local", "8.8.8.8"))
    assert moved != first
    assert is_believed(moved, "box.local", datetime.now(UTC))


@pytest.mark.usefixtures("store")
def test_a_line_is_written_by_many_while_it_is_read(tmp_path: Path) -> None:
    pem, _ = network.certify(demo(tmp_path))
    ours, theirs = tls_pair(pem)
    line, messages = SharedLine(ours), [bytes([each]) * 100_000 for each in range(8)]
    writers = [threading.Thread(target=line.send, args=(each,)) for each in messages]
    heard: list[bytes] = []
    hearing = threading.Thread(target=lambda: heard.extend(read(line.recv, 800_000)))
    far = threading.Thread(target=lambda: [theirs.sendall(each) for each in messages])
    for each in (hearing, *writers):
        each.start()
    got = b"".join(read(theirs.recv, 400_000))
    far.start()
    got += b"".join(read(theirs.recv, 400_000))
    for each in (far, hearing, *writers):
        each.join(60)
    # Each message whole, in whatever order.
    assert sorted(got[at : at + 100_000] for at in range(0, 800_000, 100_000)) == messages
    assert b"".join(heard) == b"".join(messages)
    line.close()
    theirs.close()


def test_nobody_writes_to_a_line_while_another_reads_from_it() -> None:
    """As OpenSSL wants it: a second one that comes meanwhile waits at the door."""
    arrived = threading.Event()
    line = Entered(arrived)
    shared = SharedLine(cast(ssl.SSLSocket, line))
    shared._using = cast(threading.Lock, Door(arrived))
    line.writer = threading.Thread(target=shared.send, args=(b"hi",), daemon=True)
    assert shared.recv(4) == b"read"
    line.writer.join(60)
    assert line.went == ["reading", "read", "written"]


class Entered:
    """A line in which a writer comes while somebody reads, and what then goes on in it."""

    writer: threading.Thread

    def __init__(self, arrived: threading.Event) -> None:
        self.arrived, self.went = arrived, list[str]()

    def setblocking(self, flag: bool) -> None:
        assert not flag

    def recv(self, most: int) -> bytes:
        self.went.append("reading")
        self.writer.start()
        # Within as well, or waiting at the door.
        assert self.arrived.wait(60)
        self.went.append("read")
        return b"read"[:most]

    def send(self, data: bytes) -> int:
        self.went.append("written")
        self.arrived.set()
        return len(data)


class Door:
    """A lock that says when somebody waits for it."""

    def __init__(self, arrived: threading.Event) -> None:
        self.lock, self.arrived = threading.Lock(), arrived

    def __enter__(self) -> None:
        if not self.lock.acquire(blocking=False):
            self.arrived.set()
            self.lock.acquire()

    def __exit__(self, *_fault: object) -> None:
        self.lock.release()


def tls_pair(pem: Path) -> tuple[ssl.SSLSocket, ssl.SSLSocket]:
    """Both ends of one TLS line."""
    near, far = socket.socketpair()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    found: list[ssl.SSLSocket] = []
    greeting = threading.Thread(
        target=lambda: found.append(server.wrap_socket(near, server_side=True))
    )
    greeting.start()
    theirs = client.wrap_socket(far)
    greeting.join(20)
    return found[0], theirs


def read(recv: Callable[[int], bytes], count: int) -> Iterator[bytes]:
    while count > 0:
        part = recv(min(count, 16384))
        assert part
        count -= len(part)
        yield part
