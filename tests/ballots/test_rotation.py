"""A key of the cabinet's own gives way to a new one (CRY-07): old records verify, new ones are the
new key's, and the ledger shows that the one has signed the other."""

import base64
import hashlib
import itertools
import json
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from sqlalchemy import delete, event, update
from sqlalchemy.orm import Session

from ballots import bundle, jobs
from ballots.service.close import close
from ballots.service.report import seal_report
from ecabinet import (
    bundles,
    crls,
    forms,
    keys,
    ledger,
    official,
    pades,
    rotation,
    storage,
    tsa,
    verifier,
)
from ecabinet.db import database, reading, transaction
from ecabinet.settings import Settings
from people.service import revoked
from tests.ballots.builders import Member, an_open_consultation
from tests.ballots.test_bundle import rezip
from tests.builders import Cabinet
from tests.conftest import POSTGRESQL
from tests.hsm import soft_token
from tests.server import ECABINET, environment

KEYS = {
    pades.MEMBER_CA: revoked.rotate_authority,
    official.SEAL: official.rotate,
    tsa.TSA: tsa.rotate,
}
REASON = "Diễn tập thay khóa hằng năm"


def ended(cabinet: Cabinet) -> int:
    """A question that three answered, closed, stamped, archived, its report sealed."""
    asked = an_open_consultation(cabinet)
    for who in ("thutuong", "pttg1", "botruong.yte"):
        Member(cabinet, who).cast(asked, "agree")
    jobs.stamp_what_waits()
    cabinet.wait(days=4)
    close(asked)
    jobs.archive_what_waits()
    assert jobs.seal_reports() == 1
    return asked


def rotate(*purposes: str) -> None:
    with transaction() as db:
        for each in purposes or (*KEYS, *rotation.LOGS):
            if each in KEYS:
                KEYS[each](db, REASON)
            else:
                rotation.rotate_log(db, each, REASON)


def in_use(purpose: str) -> bytes:
    with reading() as db:
        return pades.certificate(db, purpose)


def trusted() -> dict[str, Any]:
    with reading() as db:
        found: dict[str, Any] = json.loads(json.dumps(bundles.trusted(db)))
    return found


def verified(asked: int, tmp_path: Path, held: dict[str, Any] | None = None) -> verifier.Report:
    with reading() as db:
        bundle.write(db, asked, tmp_path / f"{asked}.zip")
    return verifier.verify(tmp_path / f"{asked}.zip", held or trusted(), deep=True)


def signers(path: Path) -> dict[str, set[bytes]]:
    """Whose certificates have sealed the reports of a bundle, and stamped what is in it."""
    files = verifier.open_bundle(path)
    sealed, stamped, certified = set(), set(), set()
    for name, data in files.items():
        if not name.endswith(".pdf") or name.startswith("papers/"):
            continue
        reader = PdfFileReader(BytesIO(data))
        if name.startswith("reports/"):
            sealed |= {each.signer_cert.dump() for each in reader.embedded_regular_signatures}
        if name.startswith("ballots/"):
            (signature,) = reader.embedded_regular_signatures
            # Each goes out with the certificate of the authority that is its own.
            (by,) = signature.other_embedded_certs
            assert by.subject == signature.signer_cert.issuer
            certified.add(by.dump())
        stamped |= {each.signer_cert.dump() for each in reader.embedded_timestamp_signatures}
    return {pades.MEMBER_CA: certified, official.SEAL: sealed, tsa.TSA: stamped}


def test_each_is_rotated_in_one_run_and_what_was_before_still_verifies(
    cabinet: Cabinet, tmp_path: Path
) -> None:
    before = ended(cabinet)
    old, held = {each: in_use(each) for each in KEYS}, trusted()
    across = an_open_consultation(cabinet)
    Member(cabinet, "thutuong").cast(across, "agree")
    minister = Member(cabinet, "botruong.yte")
    jobs.stamp_what_waits()
    rotate()
    new = {each: in_use(each) for each in KEYS}
    assert all(old[each] != new[each] for each in KEYS)
    Member(cabinet, "pttg1").cast(across, "agree")
    minister.cast(across, "agree")
    jobs.stamp_what_waits()
    cabinet.wait(days=4)
    close(across)
    jobs.archive_what_waits()
    jobs.seal_reports()
    after = ended(cabinet)
    for asked in (before, across, after):
        # Whoever holds the older keys alone follows to the new ones.
        for each in (trusted(), held):
            report = verified(asked, tmp_path, each)
            assert report.findings == (), asked
            assert "V40" not in {absent.check for absent in report.absent}
    # Who signed before the authority changed signs on by the same key.
    for asked, certificates, certified in (
        (before, old, {old[pades.MEMBER_CA]}),
        (across, new, {old[pades.MEMBER_CA], new[pades.MEMBER_CA]}),
        (after, new, {new[pades.MEMBER_CA]}),
    ):
        found = signers(tmp_path / f"{asked}.zip")
        expected = {each: {der} for each, der in certificates.items()}
        assert found == expected | {pades.MEMBER_CA: certified}, asked


def logged(number: int = 1) -> int:
    """Acts that end a question, so that both keys of the log sign them; the place of the last."""
    with transaction() as db:
        for each in range(number):
            last = ledger.append(db, "consultation_result", {"n": each})
    assert last.position is not None
    return last.position


def line(purpose: str) -> list[ledger.Generation]:
    with reading() as db:
        return ledger.generations(db, purpose)


def signers_at(place: int) -> tuple[int, int]:
    """Which keys of the log, and of its closings, signed the checkpoint up to a place."""
    with reading() as db:
        note = ledger.checkpoint(db, place + 1)
    log, closings = line(ledger.KEY_NAME), line(ledger.CLOSING_KEY_NAME)
    by = verifier.signer_of(note, [each.key for each in log])
    both = [verifier.signed_for_long_at(note, each.key) is not None for each in closings]
    return [each.key for each in log].index(by) + 1, both.index(True) + 1 if any(both) else 0


def test_what_the_log_signs_before_and_after_its_keys_give_way(cabinet: Cabinet) -> None:
    first = logged()
    rotate(ledger.KEY_NAME)
    second = logged()
    rotate(ledger.CLOSING_KEY_NAME)
    third = logged(2)
    rotate(*rotation.LOGS)
    fourth = logged()
    found = [signers_at(each) for each in (first, second, third, fourth)]
    assert found == [(1, 1), (2, 1), (2, 2), (3, 3)]
    # The act itself is the last that the old key signs, in a transaction of two of them too.
    acts = [each.until for each in line(ledger.KEY_NAME)[:-1]]
    assert acts == [first + 1, fourth - 2]
    assert [signers_at(each)[0] for each in (first + 1, first + 2, fourth - 2, fourth - 1)] == [
        1, 2, 2, 3,
    ]  # fmt: skip
    assert [each.until for each in line(ledger.CLOSING_KEY_NAME)] == [second + 1, fourth - 1, None]
    with reading() as db:
        assert rotation.broken(db) == []


def test_a_receipt_of_before_holds_by_the_key_of_then_and_by_no_later_one(
    cabinet: Cabinet,
) -> None:
    with transaction() as db:
        for number in range(3):
            ledger.append(db, "ballot", {"n": number})
    with reading() as db:
        place = ledger.size(db) - 1
        before = ledger.proof(db, place)
    rotate(ledger.KEY_NAME)
    after_it = logged()
    with reading() as db:
        now, after = ledger.proof(db, place), ledger.proof(db, after_it)
    assert now == before
    held = verifier.keys_held(trusted(), verifier.LOG)
    assert [key for key, _ in held] == [before.log_key, after.log_key]
    for each in (before, after):
        text = f"{each.receipt}\n{each.envelope}"
        assert verifier.check_receipt(text, *held)[0] == each.position
        others = [key for key in held if key[0] != each.log_key]
        with pytest.raises(verifier.Unsound, match="another key"):
            verifier.check_receipt(text, *others)
    # Whoever stole the key that gave way signs no later act by it.
    with reading() as db:
        root = ledger.root(db, after_it + 1)
    stolen = ledger.sign_checkpoint("localhost/test", after_it + 1, root, ledger.signing_key(1))
    forged = after.receipt[: after.receipt.index("\n\n") + 2] + stolen
    text = f"{forged}\n{after.envelope}"
    assert verifier.check_receipt(text, (before.log_key, None))[0] == after_it
    with pytest.raises(verifier.Unsound, match="another key"):
        verifier.check_receipt(text, *held)


def test_a_log_goes_on_by_no_key_that_nobody_was_told(cabinet: Cabinet, settings: Settings) -> None:
    """The key store is that of a day before its key gave way."""
    rotate(*rotation.LOGS)
    logged()
    (settings.data_dir / "keys" / "log-2.key").unlink()
    with pytest.raises(LookupError, match="log-2: bring it back"):
        logged()
    assert not keys.store().keeps("log-2")
    with reading() as db:
        assert rotation.broken(db) == [ledger.KEY_NAME]


def test_two_who_rotate_at_once_do_so_one_after_the_other(cabinet: Cabinet) -> None:
    """And whoever appends beside them signs by the key of its place."""
    both = [threading.Thread(target=rotate, args=(ledger.KEY_NAME,)) for _ in range(2)]
    for each in both:
        each.start()
    places = [logged() for _ in range(3)]
    for each in both:
        each.join()
    keys_of_log = line(ledger.KEY_NAME)
    assert len(keys_of_log) == 3
    gone = [each.until for each in keys_of_log[:-1] if each.until is not None]
    assert [signers_at(at)[0] for at in places] == [1 + sum(at > p for p in gone) for at in places]
    with reading() as db:
        assert rotation.broken(db) == []


def test_an_act_of_the_log_that_another_key_signed_is_told(cabinet: Cabinet) -> None:
    with transaction() as db:
        old, new = ledger.make_next(db, ledger.KEY_NAME)
        signed = Ed25519PrivateKey.generate().sign(verifier.said_of_the_next(old, new))
        forged = {
            "purpose": ledger.KEY_NAME,
            "number": 2,
            "old_key": old,
            "new_key": new,
            "signed_by_old": base64.b64encode(signed).decode(),
        }
        ledger.append(db, rotation.ROTATED, forged)
    with reading() as db:
        assert rotation.broken(db) == [ledger.KEY_NAME]


def test_another_authoritys_list_in_the_place_of_the_later_ones_is_found(
    cabinet: Cabinet, tmp_path: Path
) -> None:
    rotate(pades.MEMBER_CA)
    asked = ended(cabinet)
    assert verified(asked, tmp_path).is_sound
    files = verifier.open_bundle(tmp_path / f"{asked}.zip")
    assert "crls/member-2.crl" in files
    for given in (files["crls/member.crl"], files["crls/root.crl"]):
        forged = rezip(tmp_path / "forged.zip", files | {"crls/member-2.crl": given})
        found = verifier.verify(forged, json.loads(files["keys.json"])).findings
        assert [(each.where, each.what) for each in found] == [
            ("crls/member-2.crl", "not signed by its authority")
        ]


def test_the_ledger_has_the_new_certificate_signed_by_the_old_key(cabinet: Cabinet) -> None:
    with transaction() as db:
        official.rotate(db, REASON)
    old = rotated(official.SEAL)[0]
    with reading() as db:
        act = ledger.latest(db, rotation.ROTATED)
    assert act is not None
    assert (act["purpose"], act["number"], act["reason"]) == (official.SEAL, 2, REASON)
    signature, new = base64.b64decode(act["signed_by_old"]), in_use(official.SEAL)
    by = x509.load_der_x509_certificate(old).public_key()
    assert isinstance(by, ec.EllipticCurvePublicKey)
    by.verify(signature, new, ec.ECDSA(hashes.SHA256()))


def rotated(purpose: str) -> list[bytes]:
    with reading() as db:
        return pades.former(db, purpose)


def test_openssl_takes_both_certificates_under_the_root(cabinet: Cabinet, tmp_path: Path) -> None:
    rotate()
    (tmp_path / "root.pem").write_bytes(pem(in_use(pades.ROOT)))
    for purpose in KEYS:
        for number, der in enumerate([*rotated(purpose), in_use(purpose)]):
            path = tmp_path / f"{purpose}-{number}.pem"
            path.write_bytes(pem(der))
            told = ["openssl", "verify", "-CAfile", str(tmp_path / "root.pem"), str(path)]
            assert subprocess.run(told, capture_output=True, check=True).returncode == 0


def pem(der: bytes) -> bytes:
    return ssl.DER_cert_to_PEM_cert(der).encode()


def test_more_than_once_and_shown_to_all_the_last_first(cabinet: Cabinet) -> None:
    for _ in range(3):
        rotate(official.SEAL)
    assert len({*rotated(official.SEAL), in_use(official.SEAL)}) == 4
    page = cabinet.browser().get("/verify").text
    assert page.count("đã thay") == 3
    rotate(*rotation.LOGS)
    assert cabinet.browser().get("/verify").text.count("đã thay, ký đến dòng") == 2
    given = cabinet.browser().get("/verify/certificates.pem").data
    found = {each.serial_number for each in x509.load_pem_x509_certificates(given)}
    shown = [*rotated(official.SEAL), in_use(official.SEAL)]
    assert {x509.load_der_x509_certificate(each).serial_number for each in shown} <= found


def test_one_that_fails_half_way_leaves_the_old_key_in_force(
    cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ended(cabinet)
    old = in_use(official.SEAL)
    for place in ("certify_seal", "in_use"):
        with monkeypatch.context() as broken:
            broken.setattr(pades, place, _fails)
            with pytest.raises(OSError, match="full"):
                rotate(official.SEAL)
        assert in_use(official.SEAL) == old
        assert rotated(official.SEAL) == []
    with monkeypatch.context() as broken:
        broken.setattr(ledger, "sign_checkpoint", _fails)
        with pytest.raises(OSError, match="full"):
            rotate(official.SEAL)
    assert in_use(official.SEAL) == old
    rotate(official.SEAL)
    assert rotated(official.SEAL) == [old]
    assert storage.read(seal_report(asked))


def _fails(*_given: object, **_named: object) -> None:
    raise OSError("the disk is full")


def test_what_is_not_signed_by_the_key_before_is_told(cabinet: Cabinet) -> None:
    rotate()
    with reading() as db:
        assert rotation.broken(db) == []
    with transaction() as db:
        forged = pades.certify_seal(db, ec.generate_private_key(ec.SECP256R1()).public_key())
        here = pades.Certificate.purpose == official.SEAL
        db.execute(update(pades.Certificate).where(here).values(der=forged))
    with reading() as db:
        assert rotation.broken(db) == [official.SEAL]


def test_an_act_that_the_old_key_has_not_signed_is_told(cabinet: Cabinet) -> None:
    """Certificates and digests fit, only the signature is another's."""
    rotate(official.SEAL)
    stranger = ec.generate_private_key(ec.SECP256R1())
    was = in_use(official.SEAL)
    with transaction() as db:
        act = ledger.latest(db, rotation.ROTATED)
        assert act is not None
        now = pades.certify_seal(db, stranger.public_key())
        db.add(pades.Certificate(purpose=f"{official.SEAL}-2", der=was))
        db.get_one(pades.Certificate, official.SEAL).der = now
        by = stranger.sign(now, ec.ECDSA(hashes.SHA256()))
        forged = {
            "number": 3,
            "old_certificate_sha256": hashlib.sha256(was).hexdigest(),
            "new_certificate_sha256": hashlib.sha256(now).hexdigest(),
            "signed_by_old": base64.b64encode(by).decode(),
        }
        ledger.append(db, rotation.ROTATED, act | forged)
    with reading() as db:
        assert rotation.broken(db) == [official.SEAL]


def test_a_certificate_of_another_key_is_told_where_nothing_was_rotated(cabinet: Cabinet) -> None:
    with reading() as db:
        assert rotation.broken(db) == []
    with transaction() as db:
        row = db.get_one(pades.Certificate, tsa.TSA)
        stranger = ec.generate_private_key(ec.SECP256R1()).public_key()
        row.der = pades.certify_timestamping(db, stranger)
    with reading() as db:
        assert rotation.broken(db) == [tsa.TSA]


def test_certificates_that_are_gone_are_told_by_the_acts_that_name_them(cabinet: Cabinet) -> None:
    rotate(official.SEAL)
    with transaction() as db:
        own = pades.Certificate.purpose.like(f"{official.SEAL}%")
        db.execute(delete(pades.Certificate).where(own))
    with reading() as db:
        assert rotation.broken(db) == [official.SEAL]


def test_to_look_at_the_keys_makes_none(cabinet: Cabinet) -> None:
    with transaction() as db:
        db.add(pades.Certificate(purpose="lost", der=in_use(tsa.TSA)))
    with reading() as db:
        assert rotation.broken(db) == ["lost"]
    assert not keys.store().keeps("lost")


@contextmanager
def rotated_after(reads: int, purpose: str) -> Iterator[list[str]]:
    """Another process rotates once this thread has read the certificates so many times. SQLite's
    writers wait for each other: there is no such moment."""
    here, seen, done = threading.get_ident(), itertools.count(1), list[str]()

    def look(_connection: Any, _cursor: Any, statement: str, *_: object) -> None:
        is_read = threading.get_ident() == here and "FROM pades_certificate" in statement
        if is_read and next(seen) == reads:
            other = threading.Thread(target=rotate, args=(purpose,))
            other.start()
            other.join()
            done.append(purpose)

    if not POSTGRESQL:
        yield done
        return
    event.listen(database().engine, "after_cursor_execute", look)
    try:
        yield done
    finally:
        event.remove(database().engine, "after_cursor_execute", look)


def a_sealed_paper(db: Session) -> None:
    paper = forms.document("Báo cáo", forms.Head("", "", "", ""), [])
    reader = PdfFileReader(BytesIO(official.sealed(db, official.archival(paper))))
    (seal,) = reader.embedded_regular_signatures
    is_signed_by_its_certificate(seal.signed_data)
    for each in reader.embedded_timestamp_signatures:
        is_signed_by_its_certificate(each.signed_data)


def a_stamp(db: Session) -> None:
    info = cms.ContentInfo.load(tsa.stamp_here(db, b"a signature"))
    is_signed_by_its_certificate(info["content"])


def is_signed_by_its_certificate(data: cms.SignedData) -> None:
    (signer,), serial = data["signer_infos"], data["signer_infos"][0]["sid"].chosen["serial_number"]
    (der,) = (
        each.chosen.dump()
        for each in data["certificates"]
        if each.chosen.serial_number == serial.native
    )
    key = x509.load_der_x509_certificate(der).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    signed = signer["signed_attrs"].untag().dump()
    key.verify(signer["signature"].native, signed, ec.ECDSA(hashes.SHA256()))


def a_members_certificate(db: Session) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    made = pades.certify(db, csr.public_bytes(Encoding.DER), "Bộ trưởng Bộ Y tế", 365)
    (by,) = pades.chain(db, made.public_bytes(Encoding.DER))
    made.verify_directly_issued_by(x509.load_der_x509_certificate(by))


def who_signs_lists(db: Session) -> None:
    for name, der in crls.issuers(db).items():
        key = keys.store().p256(name).public_key()
        assert x509.load_der_x509_certificate(der).public_key() == key


@pytest.mark.parametrize(
    ("purpose", "sign"),
    [
        (official.SEAL, a_sealed_paper),
        (tsa.TSA, a_sealed_paper),
        (tsa.TSA, a_stamp),
        (pades.MEMBER_CA, a_members_certificate),
        (pades.MEMBER_CA, who_signs_lists),
    ],
)
def test_what_is_signed_while_its_key_gives_way_verifies(
    cabinet: Cabinet, purpose: str, sign: Callable[[Session], None]
) -> None:
    rotate()
    for reads in itertools.count(1):
        with rotated_after(reads, purpose) as done, transaction() as db:
            sign(db)
        if not done:
            break
    with reading() as db:
        assert rotation.broken(db) == []
        assert len(pades.former(db, purpose)) == reads
    assert reads > 1 or not POSTGRESQL


def test_an_operator_does_it_at_a_shell(cabinet: Cabinet, settings: Settings) -> None:
    old = in_use(tsa.TSA)
    done = at_a_shell(settings, "tsa", REASON)
    assert done.returncode == 0, done.stderr
    assert rotated(tsa.TSA) == [old]
    assert hashlib.sha256(in_use(tsa.TSA)).hexdigest() in done.stdout
    for which, reason, said in (("root", REASON, "'root' is not one of"), ("seal", " ", "say why")):
        refused = at_a_shell(settings, which, reason)
        assert refused.returncode != 0
        assert said in refused.stderr
    assert rotated(official.SEAL) == []


def test_a_rotation_while_the_token_is_away_says_so_and_does_nothing(
    cabinet: Cabinet, settings: Settings, tmp_path: Path
) -> None:
    old = in_use(tsa.TSA)
    with soft_token(tmp_path / "hsm") as token:
        keys.move_to_hsm(settings.data_dir / "keys", token.place)
        with token.pulled():
            refused = at_a_shell(settings, "tsa", REASON, **token.environment)
            assert refused.returncode == 1
            assert "No token matching" in refused.stderr
            assert "Traceback" not in refused.stderr
        assert in_use(tsa.TSA) == old
        done = at_a_shell(settings, "tsa", REASON, **token.environment)
        assert done.returncode == 0, done.stderr


def test_the_logs_keys_are_rotated_at_a_shell_in_a_token_too(
    cabinet: Cabinet, settings: Settings, tmp_path: Path
) -> None:
    folder = settings.data_dir / "keys"
    with soft_token(tmp_path / "hsm") as token:
        keys.move_to_hsm(folder, token.place)
        told = [at_a_shell(settings, each, REASON, **token.environment) for each in rotation.LOGS]
        assert [each.returncode for each in told] == [0, 0], told
        assert (folder / "log-2.pub").exists()
        assert not (folder / "log-2.key").exists()
        # No module of today signs by ML-DSA.
        assert (folder / "log-closing-2.key").exists()
        keys.bind(keys.Keys(folder, token.place))
        place = logged()
        assert signers_at(place) == (2, 2)
        new = line(ledger.KEY_NAME)[-1].key
        assert any(f"who hold trust.json: {new}" in each.stdout for each in told)
        with reading() as db:
            assert rotation.broken(db) == []


def at_a_shell(
    settings: Settings, which: str, why: str, **more: str
) -> subprocess.CompletedProcess[str]:
    told = environment(settings.data_dir, 8000) | {"ECABINET_DATABASE_URL": settings.database_url}
    words = [ECABINET, "keys", "rotate", which, "--reason", why]
    return subprocess.run(words, env=told | more, capture_output=True, text=True, check=False)
