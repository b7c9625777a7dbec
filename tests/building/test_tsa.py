"""The cabinet's own time stamps, judged by OpenSSL."""

import hashlib
import itertools
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asn1crypto import algos, tsp
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from ecabinet import forms, pades, tsa
from ecabinet.db import reading, transaction
from tests.builders import Cabinet


@pytest.fixture
def root(cabinet: Cabinet, tmp_path: Path) -> Path:
    with transaction() as db:
        tsa.begin(db)
        der = pades.certificate(db, pades.ROOT)
    path = tmp_path / "root.pem"
    path.write_bytes(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))
    return path


def openssl(*words: str | Path) -> bool:
    return subprocess.run(["openssl", *words], capture_output=True, check=False).returncode == 0


def test_openssl_takes_a_stamp_over_these_bytes_and_over_no_others(
    root: Path, tmp_path: Path
) -> None:
    (tmp_path / "token").write_bytes(tsa.stamp(b"a signature"))
    (tmp_path / "data").write_bytes(b"a signature")
    (tmp_path / "other").write_bytes(b"another one")
    words = ["ts", "-verify", "-token_in", "-in", tmp_path / "token", "-CAfile", root]
    assert openssl(*words, "-data", tmp_path / "data")
    assert not openssl(*words, "-data", tmp_path / "other")


def test_serial_numbers_and_times_never_run_backwards(root: Path) -> None:
    infos = [_info(tsa.stamp(b"x")) for _ in range(5)]
    assert [each["serial_number"] for each in infos] == [1, 2, 3, 4, 5]
    times = [each["gen_time"] for each in infos]
    assert times == sorted(set(times))


def test_weak_digests_and_other_policies_are_rejected(root: Path) -> None:
    def ask(algorithm: str, **more: str) -> bytes:
        imprint = tsp.MessageImprint(
            {
                "hash_algorithm": algos.DigestAlgorithm({"algorithm": algorithm}),
                "hashed_message": hashlib.new(algorithm, b"x").digest(),
            }
        )
        request = tsp.TimeStampReq({"version": 1, "message_imprint": imprint} | more)
        with transaction() as db:
            return tsa.token(db, request.dump())

    assert ask("sha512")
    with pytest.raises(tsa.Rejected, match="bad_alg"):
        ask("sha1")
    with pytest.raises(tsa.Rejected, match="unaccepted_policy"):
        ask("sha256", req_policy="1.2.3.4")


def test_a_second_start_keeps_the_first_certificate(root: Path) -> None:
    with reading() as db:
        before = pades.certificate(db, tsa.TSA)
    with transaction() as db:
        tsa.begin(db)
        assert pades.certificate(db, tsa.TSA) == before


def test_a_stamp_is_set_in_at_once_whatever_lengths_there_are(root: Path) -> None:
    """One in some hundred has a length whose last byte asn1crypto takes for an indefinite one."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    public, page = key.public_key(), forms.document("Phiếu", forms.Head("", "", "", ""), [])

    def certificate(name: str) -> bytes:
        return pades._certificate(name, "e-Cabinet Member CA", public, key, now, days=1)

    def signed(length: int) -> bytes:
        own, rest = certificate("Phiếu"), [certificate("A"), certificate("B" * length)]
        made = pades.prepare(page, own, rest, pades.Attachment("s.json", b"{}"))
        der = key.sign(made.attributes, ec.ECDSA(SHA256()))
        raw = b"".join(each.to_bytes(32, "big") for each in utils.decode_dss_signature(der))
        return pades.finish(made, own, rest, raw)

    pages = map(signed, itertools.cycle(range(1, 65)))
    unlucky = next(each for each in pages if tsa._hole(each)[2].dump()[3] == 0x80)
    since = time.monotonic()
    stamped = tsa.set_in(unlucky, tsa.stamp(tsa.signature_of(unlucky)))
    assert time.monotonic() - since < 5
    assert tsa.signature_of(stamped) == tsa.signature_of(unlucky)


def _info(token: bytes) -> dict[str, object]:
    from asn1crypto import cms

    content = cms.ContentInfo.load(token)["content"]["encap_content_info"]["content"]
    return dict(content.parsed.native)
