"""Whoever trusts nobody finds here what to hold the log against, without an account."""

import hashlib
import json
from pathlib import Path

import pytest
from cryptography import x509

from ecabinet import bundles, clock, jobs, ledger, verifier, web
from ecabinet.db import reading, transaction
from ecabinet.oversight import http as oversight
from tests.builders import Cabinet
from tests.signing import vectors

FILES = ("checkpoint.txt", "trust.json", "certificates.pem", "verifier.py")


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test is a visitor of its own."""
    monkeypatch.setattr(oversight, "PACE", web.Pace(60, 60))


def act(cabinet: Cabinet, number: int = 1) -> None:
    """Acts that stand in a public checkpoint."""
    for each in range(number):
        with transaction() as db:
            ledger.append(db, "ballot", {"statement_sha256": vectors.OTHER, "n": each})
    cabinet.wait(seconds=31)


def test_a_stranger_finds_checkpoint_keys_and_verifier(cabinet: Cabinet) -> None:
    act(cabinet, 3)
    stranger = cabinet.browser()
    page = stranger.get("/verify")
    assert page.status_code == 200
    with reading() as db:
        held, size = bundles.trusted(db), ledger.size(db)
    note = stranger.get("/verify/checkpoint.txt").text
    checkpoint = verifier.open_checkpoint(note, held["log_key"])
    assert checkpoint.size == size
    assert note in page.text
    mark = hashlib.sha256(held["closing_key"].encode()).hexdigest()
    assert mark in page.text.replace(" ", "")
    assert json.loads(stranger.get("/verify/trust.json").text) == held
    script = stranger.get("/verify/verifier.py").data
    assert script == Path(verifier.__file__).read_bytes()
    assert hashlib.sha256(script).hexdigest() in page.text
    given = stranger.get("/verify/certificates.pem").data
    names = [each.subject.rfc4514_string() for each in x509.load_pem_x509_certificates(given)]
    assert [name.partition(",")[0] for name in names] == [
        f"CN={name}" for name in ("e-Cabinet Root CA", "e-Cabinet Member CA", "e-Cabinet TSA")
    ]
    assert "/verify" in stranger.get("/sign-in").text
    # Nothing was published before a job has run.
    assert stranger.get("/verify/member.crl").status_code == 404
    jobs.run_once()
    for name, issuer in (("root", 0), ("member", 1)):
        answer = stranger.get(f"/verify/{name}.crl")
        assert answer.content_type == "application/pkix-crl"
        found = x509.load_der_x509_crl(answer.data)
        by = x509.load_pem_x509_certificates(given)[issuer]
        assert found.is_signature_valid(by.public_key()), name


def test_what_is_public_may_be_kept_by_anybody_and_names_nobody(cabinet: Cabinet) -> None:
    act(cabinet)
    minister = cabinet.browser("botruong.yte")
    stranger = cabinet.browser()
    for path in ("/verify", *(f"/verify/{name}" for name in FILES)):
        theirs, ours = minister.get(path), stranger.get(path)
        assert theirs.data == ours.data, path
        assert theirs.headers["Cache-Control"] == "public, max-age=30"
        assert "Set-Cookie" not in theirs.headers
    english = stranger.get("/verify?lang=en")
    assert "Check a receipt" in english.text
    assert english.headers["Cache-Control"] == "no-store"


def test_a_public_checkpoint_moves_each_half_minute_alone(cabinet: Cabinet) -> None:
    """So that nobody outside can watch single ballots come in."""
    act(cabinet)
    with reading() as db:
        now = clock.now(db)
    cabinet.wait(seconds=int(31 - now.timestamp() % 30))
    browser = cabinet.browser()
    before = browser.get("/verify/checkpoint.txt").text
    with transaction() as db:
        ledger.append(db, "ballot", {"n": 9})
    assert browser.get("/verify/checkpoint.txt").text == before
    cabinet.wait(seconds=30)
    assert browser.get("/verify/checkpoint.txt").text != before


def test_an_empty_log_has_no_checkpoint_and_nothing_else_is_handed_out(cabinet: Cabinet) -> None:
    browser = cabinet.browser()
    assert browser.get("/verify").status_code == 200
    for name in ("checkpoint.txt", "log", "..%2Flog", "keys.json"):
        assert browser.get(f"/verify/{name}").status_code == 404, name


def test_whoever_asks_too_often_waits(cabinet: Cabinet) -> None:
    browser = cabinet.browser()
    answers = [browser.get("/verify/trust.json").status_code for _ in range(61)]
    assert answers == [200] * 60 + [429]


def test_the_script_checks_a_receipt_as_the_page_does(
    cabinet: Cabinet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two implementations, one in each language, on the same vectors."""
    outcomes = set()
    for each in vectors.receipts():
        given = each.given
        text = f"{given['proof']}{given['envelope']}\n{given['logKey']}\n"
        # What the page is told besides, and how lines end, a file does not say.
        if each.outcome in ("other_ballot", "malformed"):
            continue
        try:
            verifier.check_receipt(text, (given["logKey"], None))
            found = True
        except verifier.Unsound:
            found = False
        assert found == (each.outcome is None), each.name
        outcomes.add(each.outcome)
    assert outcomes == {None, "not_included", "not_signed_by_log", "unknown_log"}
    with reading() as db:
        keys, proof = bundles.trusted(db), ledger.proof(db, 5)
    paths = [tmp_path / name for name in ("receipt.txt", "trust.json")]
    paths[0].write_text(f"{proof.receipt}\n{proof.envelope}\n{proof.log_key}")
    paths[1].write_text(json.dumps(keys))
    words = ["--receipt", str(paths[0]), "--keys", str(paths[1])]
    assert verifier.main(words) == 0
    assert "đạt / ok: ballot, leaf 5" in capsys.readouterr().out
    assert verifier.main(words[:2]) == 2
    paths[0].write_text(f"{proof.receipt}\n{proof.envelope.replace('5', '6')}")
    assert verifier.main(words) == 1
    paths[0].write_text("hello")
    assert verifier.main(words) == 1
