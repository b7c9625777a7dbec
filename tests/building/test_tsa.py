"""The cabinet's own time stamps, judged by OpenSSL."""

import hashlib
import subprocess
from pathlib import Path

import pytest
from asn1crypto import algos, tsp
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ecabinet import pades, tsa
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
    with transaction() as db:
        (tmp_path / "token").write_bytes(tsa.stamp(db, b"a signature"))
    (tmp_path / "data").write_bytes(b"a signature")
    (tmp_path / "other").write_bytes(b"another one")
    words = ["ts", "-verify", "-token_in", "-in", tmp_path / "token", "-CAfile", root]
    assert openssl(*words, "-data", tmp_path / "data")
    assert not openssl(*words, "-data", tmp_path / "other")


def test_serial_numbers_and_times_never_run_backwards(root: Path) -> None:
    infos = []
    for _ in range(5):
        with transaction() as db:
            infos.append(_info(tsa.stamp(db, b"x")))
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


def _info(token: bytes) -> dict[str, object]:
    from asn1crypto import cms

    content = cms.ContentInfo.load(token)["content"]["encap_content_info"]["content"]
    return dict(content.parsed.native)
