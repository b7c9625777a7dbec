"""V40: a key of the cabinet's own that took another's place is believed by an act of the log that
the other one signed, and no forgery of that passes, by whoever holds the log's keys."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from ballots import bundle, jobs
from ballots.service.close import close
from ecabinet import bundles, db, ledger, official, pades, rotation, seals, tsa, verifier
from ecabinet.app import create_app
from ecabinet.settings import Settings
from tests.ballots.builders import Member, an_open_consultation
from tests.ballots.test_bundle import Exported, Files, leaf_lines, of_type, rezip
from tests.ballots.test_each_check import WITNESS, hide, passes_without, put, seal
from tests.ballots.test_rotation import rotate
from tests.builders import Cabinet
from tests.conftest import address_in, fresh_database
from tests.oversight.test_seals import log_of

STRANGER = Ed25519PrivateKey.from_private_bytes(b"x" * 32)
STRANGERS_CLOSINGS = MLDSA44PrivateKey.from_seed_bytes(b"x" * 32)
CERTIFIED = (pades.MEMBER_CA, official.SEAL, tsa.TSA)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, empty_database: str) -> Iterator[Exported]:
    """Every key gives way once while a question is open: one member's ballot is of before, with
    its stamp, one of after."""
    folder = tmp_path_factory.mktemp("rotated")
    url = address_in(folder)
    with fresh_database(empty_database, url):
        settings = Settings(database_url=url, data_dir=folder, base_url="http://localhost")
        cabinet = Cabinet(create_app(settings))
        before.update(trusted())
        asked = an_open_consultation(cabinet)
        Member(cabinet, "thutuong").cast(asked, "agree")
        jobs.stamp_what_waits()
        rotate()
        Member(cabinet, "pttg1").cast(asked, "agree")
        jobs.stamp_what_waits()
        cabinet.wait(days=4)
        close(asked)
        jobs.archive_what_waits()
        jobs.seal_reports()
        with db.reading() as session:
            bundle.write(session, asked, folder / "bundle.zip")
        closing = ledger.closing_key(2)
        yield Exported(folder / "bundle.zip", trusted(), ledger.signing_key(2), closing)
        db.database().close()


# What was handed out before any key gave way.
before: dict[str, Any] = {}


def trusted() -> dict[str, Any]:
    with db.reading() as session:
        return bundles.trusted(session)


def place_of(files: Files, purpose: str) -> int:
    return next(
        at for at in of_type(files, verifier.ROTATED) if act_at(files, at)["purpose"] == purpose
    )


def act_at(files: Files, place: int) -> dict[str, Any]:
    envelope = base64.b64decode(leaf_lines(files)[place].split(" ")[1])
    return verifier.read_canonical(envelope, "an act")


def change(files: Files, purpose: str, **changes: Any) -> None:
    at = place_of(files, purpose)
    put(files, at, act_at(files, at) | changes)


def in_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def seal_in_turn(files: Files, at: int) -> None:
    """Each checkpoint by the key of its place, where the log's key gave way at `at`."""
    seal(
        files, lambda size: ledger.signing_key(1 if size - 1 <= at else 2),
        ledger.closing_key(2), WITNESS,
    )  # fmt: skip


# ---- forgeries of acts ----


def hide_the_act(purpose: str) -> Callable[[Files], None]:
    def tamper(files: Files) -> None:
        hide(files, place_of(files, purpose))

    return tamper


def sign_the_next_log_key_by_a_stranger(files: Files) -> None:
    act = act_at(files, place_of(files, ledger.KEY_NAME))
    said = verifier.said_of_the_next(act["old_key"], act["new_key"])
    change(files, ledger.KEY_NAME, signed_by_old=in_base64(STRANGER.sign(said)))


def sign_the_next_log_key_by_itself(files: Files) -> None:
    act = act_at(files, place_of(files, ledger.KEY_NAME))
    said = verifier.said_of_the_next(act["old_key"], act["new_key"])
    change(files, ledger.KEY_NAME, signed_by_old=in_base64(ledger.signing_key(2).sign(said)))


def sign_the_next_closings_key_by_a_stranger(files: Files) -> None:
    act = act_at(files, place_of(files, ledger.CLOSING_KEY_NAME))
    said = verifier.said_of_the_next(act["old_key"], act["new_key"])
    signed = in_base64(STRANGERS_CLOSINGS.sign(said))
    change(files, ledger.CLOSING_KEY_NAME, signed_by_old=signed)


def name_a_stranger_as_the_key_before(files: Files) -> None:
    act = act_at(files, place_of(files, ledger.KEY_NAME))
    stranger = ledger.verifier_key(act["old_key"].partition("+")[0], STRANGER)
    signed = STRANGER.sign(verifier.said_of_the_next(stranger, act["new_key"]))
    change(files, ledger.KEY_NAME, old_key=stranger, signed_by_old=in_base64(signed))


def name_another_log_key(files: Files) -> None:
    act = act_at(files, place_of(files, ledger.KEY_NAME))
    stranger = ledger.verifier_key(act["old_key"].partition("+")[0], STRANGER)
    signed = ledger.signing_key(1).sign(verifier.said_of_the_next(act["old_key"], stranger))
    change(files, ledger.KEY_NAME, new_key=stranger, signed_by_old=in_base64(signed))


def own(purpose: str) -> list[bytes]:
    with db.reading() as session:
        return pades.generations(session, purpose)


def sign_a_certificate_by_a_stranger(purpose: str) -> Callable[[Files], None]:
    def tamper(files: Files) -> None:
        change(
            files, purpose, signed_by_old=signed(own(purpose)[1], generate_private_key(SECP256R1()))
        )

    return tamper


def name_another_certificate(purpose: str) -> Callable[[Files], None]:
    """Signed by the old key as it has to be: that of another than the one who signs here."""

    def tamper(files: Files) -> None:
        other = own(pades.ROOT)[0]
        made = signed(other, pades.key_of(purpose, 1))
        change(files, purpose, new_certificate_sha256=verifier.digest(other), signed_by_old=made)

    return tamper


def signed(certificate: bytes, key: EllipticCurvePrivateKey) -> str:
    return in_base64(key.sign(certificate, ECDSA(SHA256())))


FORGED = {
    **{f"hide {each}": hide_the_act(each) for each in (*rotation.LOGS, *CERTIFIED)},
    **{f"stranger's {each}": sign_a_certificate_by_a_stranger(each) for each in CERTIFIED},
    **{f"another {each}": name_another_certificate(each) for each in CERTIFIED},
    "stranger's log": sign_the_next_log_key_by_a_stranger,
    "log by itself": sign_the_next_log_key_by_itself,
    "stranger's closings": sign_the_next_closings_key_by_a_stranger,
    "stranger before": name_a_stranger_as_the_key_before,
    "another log": name_another_log_key,
}


@pytest.mark.once
@pytest.mark.parametrize("name", FORGED)
def test_a_later_key_without_its_act_passes_once_the_check_is_out(
    exported: Exported, tmp_path: Path, name: str
) -> None:
    files = exported.files
    at = place_of(files, ledger.KEY_NAME)
    FORGED[name](files)
    seal_in_turn(files, at)
    passes_without("V40", exported, tmp_path, files, relist=True, older=False)


# ---- keys of the log that sign where another's turn is ----


@pytest.mark.once
@pytest.mark.parametrize("generation", [1, 2])
def test_checkpoints_by_the_key_of_another_time_pass_once_the_check_is_out(
    exported: Exported, tmp_path: Path, generation: int
) -> None:
    """By the new key before its act; by the old one, which was stolen, behind it."""
    files = exported.files
    seal(files, ledger.signing_key(generation), ledger.closing_key(2), WITNESS)
    passes_without("V40", exported, tmp_path, files, relist=True, older=False)


@pytest.mark.once
def test_the_acts_own_checkpoint_is_the_old_keys(exported: Exported, tmp_path: Path) -> None:
    """An older bundle that ends with it."""
    files, older = exported.files, exported.files
    at = place_of(files, ledger.KEY_NAME)
    leaves = [bytes.fromhex(line.split(" ")[0]) for line in leaf_lines(files)[: at + 1]]
    origin = files["ledger/checkpoint.txt"].decode().split("\n")[0]
    for generation, findings in ((1, set()), (2, {"V40"})):
        note = ledger.sign_checkpoint(
            origin, at + 1, verifier.tree_hash(leaves), ledger.signing_key(generation)
        )
        older["ledger/checkpoint.txt"] = note.encode()
        previous = rezip(tmp_path / "older.zip", older)
        report = verifier.verify(exported.path, exported.keys, previous)
        assert {each.check for each in report.findings} == findings


@pytest.mark.once
def test_a_closing_by_the_key_before_passes_once_the_check_is_out(
    exported: Exported, tmp_path: Path
) -> None:
    files = exported.files
    at = place_of(files, ledger.KEY_NAME)
    seal(
        files, lambda size: ledger.signing_key(1 if size - 1 <= at else 2),
        ledger.closing_key(1), WITNESS,
    )  # fmt: skip
    passes_without("V40", exported, tmp_path, files, relist=True, older=False)


@pytest.mark.once
def test_the_old_key_signs_one_next_key_and_no_second(exported: Exported, tmp_path: Path) -> None:
    """Stolen once it gave way, it names another: whoever follows the log has gone on."""
    files = exported.files
    at, last = place_of(files, ledger.KEY_NAME), len(leaf_lines(files))
    act = act_at(files, at)
    stranger = ledger.verifier_key(act["old_key"].partition("+")[0], STRANGER)
    said = verifier.said_of_the_next(act["old_key"], stranger)
    forged = act | {
        "new_key": stranger,
        "signed_by_old": in_base64(ledger.signing_key(1).sign(said)),
    }
    files["ledger/leaves.txt"] += b"00\n"
    put(files, last, forged)

    def by(size: int) -> Ed25519PrivateKey:
        return STRANGER if size == last + 1 else ledger.signing_key(1 if size - 1 <= at else 2)

    seal(files, by, ledger.closing_key(2), WITNESS)
    passes_without("V40", exported, tmp_path, files, relist=True, older=False)


@pytest.mark.once
def test_who_holds_the_newer_keys_is_not_led_on_by_the_old_one(
    exported: Exported, tmp_path: Path
) -> None:
    """A thief of the old key hides that it gave way: an old trust.json knows no better."""
    files = exported.files
    hide(files, place_of(files, ledger.KEY_NAME))
    seal(files, ledger.signing_key(1), ledger.closing_key(2), None)
    path = rezip(tmp_path / "stolen.zip", files)
    assert verifier.verify(path, before).findings == ()
    (finding,) = verifier.verify(path, exported.keys).findings
    assert finding.check == "V40"


# ---- what one holds ----


@pytest.mark.parametrize("held", ["newer", "older", "without certificates", "the bundle's own"])
def test_whichever_keys_one_holds_the_bundle_is_sound(exported: Exported, held: str) -> None:
    shorter = {name: key for name, key in exported.keys.items() if name != "own_certificates"}
    keys = {"newer": exported.keys, "older": before, "without certificates": shorter}.get(held)
    report = verifier.verify(exported.path, keys, deep=True)
    assert report.findings == ()
    assert "V40" not in {each.check for each in report.absent}


def test_two_that_stamp_without_an_act_are_found_by_keys_that_name_neither(
    exported: Exported, tmp_path: Path
) -> None:
    files = exported.files
    at = place_of(files, ledger.KEY_NAME)
    hide(files, place_of(files, tsa.TSA))
    seal_in_turn(files, at)
    path = rezip(tmp_path / "hidden.zip", files)
    shorter = {name: key for name, key in exported.keys.items() if name != "own_certificates"}
    (finding,) = verifier.verify(path, shorter).findings
    assert finding.check == "V40"


def test_the_copy_of_the_activity_log_shows_whose_turn_it_is(
    cabinet: Cabinet, tmp_path: Path
) -> None:
    rotate(ledger.KEY_NAME)
    log_of(cabinet, batches=1)
    with db.reading() as session:
        seals.write(session, tmp_path / "activity.zip")
    report = verifier.verify(tmp_path / "activity.zip", trusted())
    assert report.findings == ()
    assert "V40" not in {each.check for each in report.absent}
    files = verifier.open_bundle(tmp_path / "activity.zip")
    hide(files, place_of(files, ledger.KEY_NAME))
    (finding,) = verifier.verify(rezip(tmp_path / "hidden.zip", files), trusted()).findings
    assert (finding.check, finding.where) == ("V40", "ledger/checkpoint.txt")
