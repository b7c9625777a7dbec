"""Stamps of another's authority, a real one (`openssl ts`) behind HTTP: what of it is believed."""

import hashlib
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from asn1crypto import tsp

from ballots import bundle, jobs, queries
from ballots.models import Ballot
from ballots.service import draft as drafting
from ballots.service.close import close
from ecabinet import bundles, checks, outside_tsa, pades, tsa, verifier
from ecabinet.db import reading
from ecabinet.errors import SettingRefused
from ecabinet.settings import Settings
from tests.ballots import builders
from tests.ballots.builders import Member, ballots_of
from tests.builders import Cabinet

POLICY = "1.3.6.1.4.1.55555.1"
CONFIG = """
[req]
distinguished_name = name
[name]
[stamps]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
[tsa]
default_tsa = it
[it]
serial = serial
signer_digest = sha256
default_policy = {policy}
digests = sha256
ess_cert_id_alg = sha256
certs = tsa.pem
"""


@dataclass
class Authority:
    """`openssl ts` in a folder, behind an HTTP server that can be shut, or lie."""

    folder: Path
    server: ThreadingHTTPServer
    is_away: bool = False
    asked: int = 0
    lie: Callable[[bytes], bytes] = field(default=lambda reply: reply)
    mishear: Callable[[bytes], bytes] = field(default=lambda query: query)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/tsr"

    @property
    def certificate(self) -> Path:
        return self.folder / "tsa.pem"

    def answer(self, query: bytes) -> bytes:
        name = f"query-{time.monotonic_ns()}"
        (self.folder / name).write_bytes(self.mishear(query))
        words = ["ts", "-reply", "-config", "conf", "-queryfile", name, "-signer", "tsa.pem",
                 "-inkey", "tsa.key", "-out", f"{name}.tsr"]  # fmt: skip
        openssl(self.folder, *words)
        return self.lie((self.folder / f"{name}.tsr").read_bytes())


def openssl(folder: Path, *words: str | Path) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def make_key(folder: Path, days: int = 30) -> None:
    (folder / "conf").write_text(CONFIG.format(policy=POLICY))
    (folder / "serial").write_text("01")
    openssl(
        folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-keyout", "tsa.key", "-out", "tsa.pem", "-days", str(days), "-subj", "/CN=Another TSA",
        "-config", "conf", "-extensions", "stamps",
    )  # fmt: skip


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Authority]:
    folder = tmp_path / "another"
    folder.mkdir()
    make_key(folder)

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            its.asked += 1
            query = self.rfile.read(int(self.headers["Content-Length"]))
            if its.is_away:
                self.send_error(503)
                return
            said = its.answer(query)
            self.send_response(200)
            self.send_header("Content-Type", self.headers["Accept"])
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    its = Authority(folder, server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield its
    server.shutdown()
    server.server_close()


def bind(authority: Authority, certificate: Path | None = None, policy: str = "") -> None:
    outside_tsa.bind(authority.url, certificate or authority.certificate, policy)
    pades.bind("http://localhost", tsa.reserved_with_signature())


@pytest.fixture
def is_set(cabinet: Cabinet, authority: Authority) -> Iterator[Authority]:
    bind(authority)
    yield authority
    outside_tsa.bind("", None, "")
    pades.bind("http://localhost", pades.RESERVED)


DIGEST = hashlib.sha256(b"a signature").digest()


def test_its_stamp_is_taken_and_openssl_takes_it_too(is_set: Authority, tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(tsa.over(DIGEST))
    (tmp_path / "data").write_bytes(b"a signature")
    words = ["ts", "-verify", "-token_in", "-in", "token", "-data", "data", "-CAfile"]
    openssl(tmp_path, *words, is_set.certificate)
    bind(is_set, policy=POLICY)
    assert tsa.over(DIGEST)


def refused(reason: str) -> None:
    with pytest.raises(outside_tsa.Away, match=reason):
        tsa.over(DIGEST)


def test_a_stamp_over_something_else_is_refused(is_set: Authority) -> None:
    assert tsa.over(DIGEST)

    def mishear(query: bytes) -> bytes:
        other = hashlib.sha256(b"another one").digest()
        return query.replace(DIGEST, other)

    is_set.mishear = mishear
    refused("another imprint")


def test_an_older_answer_is_refused(is_set: Authority) -> None:
    kept: list[bytes] = []

    def replay(reply: bytes) -> bytes:
        kept.append(reply)
        return kept[0]

    is_set.lie = replay
    assert tsa.over(DIGEST)
    refused("another nonce")


def test_a_stamp_under_another_policy_is_refused(is_set: Authority) -> None:
    bind(is_set, policy="1.2.3.4")
    refused("another policy")


def test_a_stamp_by_a_signer_that_is_not_pinned_is_refused(
    is_set: Authority, tmp_path: Path
) -> None:
    pinned = tmp_path / "pinned.pem"
    pinned.write_bytes(is_set.certificate.read_bytes())
    bind(is_set, pinned)
    assert tsa.over(DIGEST)
    # As a stranger would who has come between.
    make_key(is_set.folder)
    refused("a signer that is not pinned")


def test_a_stamp_in_the_pinned_ones_name_by_another_key_is_refused(is_set: Authority) -> None:
    good = is_set.certificate.read_bytes()
    assert tsa.over(DIGEST)

    def forge(reply: bytes) -> bytes:
        raw = bytearray(reply)
        raw[-5] ^= 1
        return bytes(raw)

    is_set.lie = forge
    refused("a stamp whose signature does not hold|cannot be judged|no RFC 3161 reply")
    assert is_set.certificate.read_bytes() == good


def test_a_stamp_by_a_certificate_that_has_run_out_is_refused(
    is_set: Authority, cabinet: Cabinet
) -> None:
    token = tsa.over(DIGEST)
    content = tsp.ContentInfo.load(token)["content"]
    now = datetime.now(UTC)
    outside_tsa._hold(content, DIGEST, now)
    with pytest.raises(outside_tsa.Away, match="not good now"):
        outside_tsa._hold(content, DIGEST, now + timedelta(days=31))
    # And its clock may not be another than ours.
    cabinet.wait(minutes=6)
    refused("another time than ours")


def test_what_is_no_whole_reply_is_refused(is_set: Authority) -> None:
    reply = is_set.answer(tsa._request(DIGEST, 7))
    assert outside_tsa.checked(reply, DIGEST, 7, datetime.now(UTC))
    for broken in (b"", b"not ASN.1", reply[:-3], reply[: len(reply) // 2]):
        with pytest.raises(outside_tsa.Away):
            outside_tsa.checked(broken, DIGEST, 7, datetime.now(UTC))


def test_while_it_is_away_stamps_wait_and_nothing_else_does(
    is_set: Authority, cabinet: Cabinet, settings: Settings, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    asked = builders.a_draft(cabinet)
    minister, deputy = Member(cabinet, "botruong.yte"), Member(cabinet, "pttg1")
    drafting.approve(cabinet.actor("lanhdaovp"), asked)
    is_set.is_away = True
    minister.cast(asked)
    deputy.cast(asked)
    assert jobs.stamp_what_waits() == 0
    # It is not asked again at once: for each ballot in each round.
    assert jobs.stamp_what_waits() == 0
    assert is_set.asked == 1
    assert checks.run(settings)[-1].ok
    # For an hour, and over the closing, which does not wait for it.
    cabinet.wait(days=16)
    close(asked)
    cabinet.wait(seconds=2)
    assert jobs.archive_what_waits() == 0
    seen = checks.run(settings)[-1]
    assert (seen.name, seen.ok, seen.figures) == ("stamps", False, {"late": 2})
    assert seen.detail.endswith("2 have waited for more than 10 minutes")
    monkeypatch.setattr(outside_tsa, "SLACK", timedelta(days=17))
    is_set.is_away = False
    bind(is_set)
    assert jobs.stamp_what_waits() == 2
    assert jobs.stamp_what_waits() == 0
    assert jobs.archive_what_waits() == 2
    assert checks.run(settings)[-1].ok
    with reading() as db:
        bundle.write(db, asked, tmp_path / "bundle.zip")
        keys = bundles.trusted(db)
        own = [queries.signed_pdf(db.get_one(Ballot, each.id)) for each in ballots_of(asked)]
    assert all(b"LuuTru1" in each for each in own)
    report = verifier.verify(tmp_path / "bundle.zip", keys, deep=True)
    assert report.findings == ()
    # Who does not trust that authority finds no stamp.
    without = {name: key for name, key in keys.items() if name != "stamp_authorities"}
    found = {
        each.check for each in verifier.verify(tmp_path / "bundle.zip", without, deep=True).findings
    }
    assert found == {"V08", "V10", "V34"}


def test_a_paper_prepared_before_it_was_set_gets_the_cabinets_own_stamp(
    cabinet: Cabinet, authority: Authority
) -> None:
    asked = builders.an_open_consultation(cabinet)
    minister = Member(cabinet, "botruong.yte")
    minister.cast(asked)
    (ballot,) = ballots_of(asked)
    with reading() as db:
        pdf = queries.signed_pdf(db.get_one(Ballot, ballot.id))
    assert tsa.fits(pdf, tsa.stamp(b"a signature"))
    assert not tsa.fits(pdf, b"x" * 6000)


def test_half_a_setting_starts_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    for url, path in (
        ("http://tsa.example", None),
        ("tsa.example", tmp_path / "empty.pem"),
        ("http://tsa.example", tmp_path / "empty.pem"),
        ("http://tsa.example", tmp_path / "missing.pem"),
    ):
        with pytest.raises(SettingRefused):
            outside_tsa.bind(url, path, "")
    outside_tsa.bind("", None, "")
