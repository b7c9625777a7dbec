"""The cabinet's own keys in a token (CRY-05), against SoftHSM2."""

import json
import os
import re
import resource
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from urllib.error import HTTPError

import pkcs11
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pkcs11 import Attribute, ObjectClass

from ballots import bundle, jobs
from ballots.service import close
from ecabinet import (
    app,
    bundles,
    checks,
    crls,
    db,
    keys,
    ledger,
    official,
    pades,
    verifier,
)
from ecabinet.errors import HsmAway, SettingRefused
from ecabinet.settings import Settings
from tests.ballots.builders import Member, an_open_consultation
from tests.builders import Cabinet
from tests.conftest import address_in, fresh_database
from tests.faults.oracle import holds_exactly
from tests.hsm import LABEL, PIN, SoftToken, soft_token
from tests.server import ECABINET, environment, filled_demo, serving
from tests.wire.test_eventlet import Visitor

OWN = {"ca-member", "ca-root", "log", "seal", "tsa"}


@pytest.fixture
def token(tmp_path: Path) -> Iterator[SoftToken]:
    with soft_token(tmp_path / "hsm") as found:
        yield found


@pytest.fixture
def sealed_off(token: SoftToken, tmp_path: Path, empty_database: str) -> Iterator[Settings]:
    """A cabinet that has begun with its keys in the token."""
    url = address_in(tmp_path)
    module, label, pin_file = token.place
    with fresh_database(empty_database, url):
        yield Settings(
            database_url=url, data_dir=tmp_path / "var", base_url="http://localhost",
            hsm_module=module, hsm_token=label, hsm_pin_file=pin_file,
        )  # fmt: skip
        db.database().close()


def closed(cabinet: Cabinet) -> int:
    """A question that was answered, stamped, closed and archived, with a sealed report."""
    asked = an_open_consultation(cabinet)
    for name in ("thutuong", "pttg1", "botruong.yte"):
        Member(cabinet, name).cast(asked)
    jobs.stamp_what_waits()
    cabinet.wait(days=4)
    close.close(asked)
    cabinet.wait(seconds=2)
    assert jobs.archive_what_waits() == 3
    assert jobs.seal_reports() == 1
    return asked


def verified(asked: int, folder: Path) -> verifier.Report:
    with db.reading() as session:
        bundle.write(session, asked, folder / "bundle.zip")
        trusted = bundles.trusted(session)
    return verifier.verify(folder / "bundle.zip", trusted, deep=True)


def signing_names(folder: Path) -> set[str]:
    """Which of the cabinet's own keys lie in the folder as files."""
    return {each.stem for each in folder.glob("*.key")} & (OWN | {"log-closing"})


# ---- a cabinet whose keys were never anywhere else ----


def test_all_that_the_cabinet_signs_is_signed_in_the_token_and_holds_for_a_stranger(
    sealed_off: Settings, tmp_path: Path
) -> None:
    cabinet = Cabinet(app.create_app(sealed_off))
    report = verified(closed(cabinet), tmp_path)
    assert report.findings == ()
    assert report.is_sound
    assert not {"V06", "V34", "V35"} & {each.check for each in report.absent}
    with db.transaction() as session:
        root = x509.load_der_x509_certificate(pades.certificate(session, pades.ROOT))
        revoked = x509.load_der_x509_crl(crls.of_the_root(session))
        assert revoked.is_signature_valid(root.public_key())
    folder = sealed_off.data_dir / "keys"
    assert signing_names(folder) == {"log-closing"}
    assert set(keys.store().in_hsm()) == OWN
    assert not (folder / "kek").exists()


def test_the_token_gives_no_key_away(sealed_off: Settings, token: SoftToken) -> None:
    Cabinet(app.create_app(sealed_off))
    keys.store().p256(official.SEAL)
    ledger.signing_key()
    with inside(token) as session:
        private = list(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY}))
        assert {each.label for each in private} == OWN
        sealing = list(session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY}))
        assert [each.label for each in sealing] == ["kek"]
        for each in private + sealing:
            assert each[Attribute.SENSITIVE]
            assert not each[Attribute.EXTRACTABLE]
            with pytest.raises(pkcs11.AttributeSensitive):
                each[Attribute.VALUE]
    with pytest.raises(TypeError, match="does not leave"):
        ledger.signing_key().private_bytes_raw()


def inside(token: SoftToken) -> pkcs11.Session:
    library = pkcs11.lib(str(token.place[0]))
    library.reinitialize()
    return library.get_token(token_label=LABEL).open(rw=True, user_pin=PIN)


def test_what_is_kept_opens_nothing_without_the_token(token: SoftToken, tmp_path: Path) -> None:
    """A copy of the whole folder, as a thief or a backup has it, beside another token."""
    keys.Keys(tmp_path / "keys", token.place).make("file-1")
    shutil.copytree(tmp_path / "keys", tmp_path / "copy")
    lacks = pytest.raises(SettingRefused, match="holds no key kek")
    with soft_token(tmp_path / "other") as other, lacks:
        keys.Keys(tmp_path / "copy", other.place)


def test_only_names_of_the_cabinets_own_reach_the_token(token: SoftToken, tmp_path: Path) -> None:
    store = keys.Keys(tmp_path / "keys", token.place)
    for name in ("member-7", "device", "network-authority", "log-closing"):
        assert store.p256(name).private_numbers()
    assert store.in_hsm() == []
    assert store.p256("tsa-2").public_key() == store.p256("tsa-2").public_key()
    assert store.in_hsm() == ["tsa-2"]


def test_of_many_who_ask_for_a_new_key_at_once_all_get_one(
    token: SoftToken, tmp_path: Path
) -> None:
    store, together = keys.Keys(tmp_path / "keys", token.place), Barrier(8)

    def asks(_: int) -> bytes:
        together.wait(60)
        key = store.ed25519("log")
        for _ in range(20):
            key.public_key().verify(key.sign(b"x"), b"x")
        return key.public_key().public_bytes_raw()

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(asks, range(8)))) == 1


# ---- a token that goes away ----


def test_an_act_while_the_token_is_away_is_not_done_at_all_and_is_taken_when_it_is_back(
    sealed_off: Settings, token: SoftToken
) -> None:
    cabinet = Cabinet(app.create_app(sealed_off))
    asked = an_open_consultation(cabinet)
    member = Member(cabinet, "botruong.yte")
    paper = member.paper(asked, "disagree")
    signature, key = member.sign(paper["attrs"]), secrets.token_hex(16)
    with token.pulled():
        failed = member.send(asked, paper["pending"], signature, key)
        assert failed.status_code == 503
        assert failed.json is not None
        assert failed.json["code"] == "hsm_away"
        assert "Thiết bị giữ khóa" in failed.json["message"]
        holds_exactly([asked], [])
        # Nobody's reading waits for the token.
        assert cabinet.browser("chuyenvien").get(f"/consultations/{asked}").status_code == 200
    receipt = member.send(asked, paper["pending"], signature, key)
    assert receipt.status_code == 201, receipt.json
    holds_exactly([asked], [receipt.data])


def test_a_closing_while_the_token_is_away_is_made_up_for(
    sealed_off: Settings, token: SoftToken, tmp_path: Path
) -> None:
    cabinet = Cabinet(app.create_app(sealed_off))
    asked = an_open_consultation(cabinet)
    Member(cabinet, "botruong.yte").cast(asked)
    jobs.stamp_what_waits()
    cabinet.wait(days=4)
    with token.pulled():
        size = ledger_size()
        with pytest.raises(HsmAway):
            jobs.close_what_ended()
        assert ledger_size() == size
    assert jobs.close_what_ended() == 1
    assert verified(asked, tmp_path).findings == ()


def ledger_size() -> int:
    with db.reading() as session:
        return ledger.size(session)


def test_a_forked_process_begins_anew_with_the_token(token: SoftToken, tmp_path: Path) -> None:
    """What a parent has opened is no use to its child, says PKCS#11; SoftHSM would let it pass, so
    the child is shown another place, which only who begins anew looks at."""
    key = keys.Keys(tmp_path / "keys", token.place).ed25519("log")
    key.sign(b"in the parent")
    assert forked(lambda: key.public_key().verify(key.sign(b"in the child"), b"in the child"))
    with soft_token(tmp_path / "other"):
        assert forked(lambda: refused(key))
    key.public_key().verify(key.sign(b"still in the parent"), b"still in the parent")


def refused(key: ed25519.Ed25519PrivateKey) -> None:
    with pytest.raises(HsmAway):
        key.sign(b"by a session that was inherited")


def forked(what: Callable[[], None]) -> bool:
    child = os.fork()
    if child == 0:
        try:
            what()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize("mode", ["threading", "eventlet"])
def test_a_server_signs_in_the_token_and_goes_on_when_it_is_back(
    token: SoftToken, tmp_path: Path, mode: str
) -> None:
    """Whoever starts it has logged in, and forks off who serves."""
    folder = tmp_path / "var"
    shutil.copytree(filled_demo(), folder)
    keys.move_to_hsm(folder / "keys", token.place)
    with serving(folder, ECABINET_ASYNC=mode, **token.environment) as server:
        clerk = Visitor(server)
        clerk.sign_in("quantri")
        day = {"kind": "off", "last": "", "name": "Nghỉ bù"}
        clerk.post("/calendar/days", first="01/03/2027", **day)
        with token.pulled():
            with pytest.raises(HTTPError) as away:
                clerk.post("/calendar/days", first="02/03/2027", **day)
            assert away.value.code == 503
            assert "Thiết bị giữ khóa" in away.value.read().decode()
        clerk.post("/calendar/days", first="03/03/2027", **day)
        page = clerk.get("/calendar/days?year=2027")
    assert re.findall('datetime="(2027-03-.*?)"', page) == ["2027-03-01", "2027-03-03"]


@pytest.mark.once
def test_no_core_file_is_written(settings: Settings) -> None:
    app.open_stores(settings)
    assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)


# ---- what does not start ----


def another_pin(token: SoftToken, _: Path) -> None:
    token.pin_file.write_text("000000")


def an_open_pin(token: SoftToken, _: Path) -> None:
    token.pin_file.chmod(0o640)


def no_pin(token: SoftToken, _: Path) -> None:
    token.pin_file.unlink()


def no_token(token: SoftToken, _: Path) -> None:
    token.pull()


def an_empty_token_of_that_name(token: SoftToken, _: Path) -> None:
    token.pull()
    shutil.rmtree(token.folder / "tokens")
    token.make()


def a_key_that_the_token_lacks(token: SoftToken, folder: Path) -> None:
    mark = folder / "log.pub"
    mark.write_bytes(secrets.token_bytes(16) + mark.read_bytes()[16:])


def a_key_outside(_: SoftToken, folder: Path) -> None:
    (folder / "seal.key").write_bytes(b"as from an old copy of the folder")


REFUSED: dict[str, tuple[Callable[[SoftToken, Path], None], str]] = {
    "a wrong PIN": (another_pin, "holds a wrong PIN"),
    "a PIN that others read": (an_open_pin, "chmod 600"),
    "no PIN": (no_pin, "cannot be read"),
    "no token": (no_token, "No token matching"),
    "an empty token": (an_empty_token_of_that_name, "does not hold the key log"),
    "a key that is gone": (a_key_that_the_token_lacks, "does not hold the key log"),
    "a key in the folder": (a_key_outside, "move-to-hsm"),
}


@pytest.mark.once
@pytest.mark.parametrize("wrong", REFUSED)
def test_a_folder_and_a_token_that_do_not_belong_together_do_not_start(
    token: SoftToken, tmp_path: Path, wrong: str
) -> None:
    breaks, why = REFUSED[wrong]
    folder = tmp_path / "keys"
    keys.Keys(folder, token.place).ed25519("log")
    keys.Keys(folder, token.place)
    breaks(token, folder)
    with pytest.raises(SettingRefused, match=why):
        keys.Keys(folder, token.place)


@pytest.mark.once
def test_a_lost_key_encryption_key_is_not_made_anew_beside_what_it_opened(
    token: SoftToken, tmp_path: Path
) -> None:
    for name, place in (("kek.wrapped", token.place), ("kek", None)):
        folder = tmp_path / name
        sealed = keys.Keys(folder, place).make("file-1")
        lost = (folder / name).rename(tmp_path / f"{name}.lost")
        with pytest.raises(SettingRefused, match="is gone"):
            keys.Keys(folder, place)
        assert not (folder / name).exists()
        lost.rename(folder / name)
        assert keys.Keys(folder, place).read("file-1") == sealed


@pytest.mark.once
def test_a_pin_that_is_no_text_is_told(token: SoftToken, tmp_path: Path) -> None:
    key = keys.Keys(tmp_path / "keys", token.place).ed25519("log")
    token.pin_file.write_bytes(b"\xff\xfe2")
    with inside(token):
        pass
    with pytest.raises(HsmAway, match="holds no text"):
        key.sign(b"x")


@pytest.mark.once
@pytest.mark.parametrize("library", ["none.so", "/usr/lib/x86_64-linux-gnu/libz.so.1"])
def test_a_library_that_is_none_does_not_start(
    token: SoftToken, tmp_path: Path, library: str
) -> None:
    _, label, pin_file = token.place
    with pytest.raises(SettingRefused, match=f"of {library} cannot be used"):
        keys.Keys(tmp_path / "keys", (Path(library), label, pin_file))


@pytest.mark.once
def test_a_wrong_pin_is_sent_once_until_its_file_is_written_again(
    token: SoftToken, tmp_path: Path
) -> None:
    """A token shuts itself for good after some wrong ones."""
    key = keys.Keys(tmp_path / "keys", token.place).ed25519("log")
    another_pin(token, tmp_path)
    with inside(token):
        pass
    with pytest.raises(HsmAway, match="holds a wrong PIN"):
        key.sign(b"x")
    with inside(token) as session:
        session.set_pin(PIN, "000000")
    with pytest.raises(HsmAway, match="holds a wrong PIN"):
        key.sign(b"x")
    another_pin(token, tmp_path)
    assert key.sign(b"x")


@pytest.mark.once
def test_a_session_that_broke_costs_no_act(token: SoftToken, tmp_path: Path) -> None:
    key = keys.Keys(tmp_path / "keys", token.place).ed25519("log")
    with inside(token):
        pass
    key.public_key().verify(key.sign(b"x"), b"x")


@pytest.mark.once
def test_a_folder_whose_keys_lie_in_a_token_does_not_start_without_it(
    token: SoftToken, tmp_path: Path
) -> None:
    """It would begin another log."""
    keys.Keys(tmp_path / "keys", token.place)
    with pytest.raises(SettingRefused, match="ECABINET_HSM_MODULE"):
        keys.Keys(tmp_path / "keys")


# ---- keys that lay in the folder before ----


@pytest.fixture
def before(cabinet: Cabinet, settings: Settings) -> Settings:
    """A cabinet with its keys in the folder."""
    keys.store().p256(official.SEAL)
    with db.transaction() as session:
        ledger.append(session, "note", {"n": 1})
    return settings


def ecabinet(settings: Settings, token: SoftToken, *words: str) -> subprocess.CompletedProcess[str]:
    told = environment(settings.data_dir, 8000) | token.environment
    return subprocess.run(
        [ECABINET, *words], env=told | {"ECABINET_DATABASE_URL": settings.database_url},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_keys_move_into_the_token_and_stay_what_they_were(
    before: Settings, token: SoftToken
) -> None:
    folder = before.data_dir / "keys"
    was = {name: public(keys.store(), name) for name in sorted(OWN)}
    signed, data = ledger.signing_key().sign(b"the log"), keys.store().make("file-1")
    kek = AESGCM((folder / "kek").read_bytes())
    held = {each for name, each in opened(folder, kek).items() if name in OWN}
    assert len(held) == len(OWN)
    refused = ecabinet(before, token, "check")
    assert refused.returncode == 1
    assert "move-to-hsm" in refused.stderr
    moved = ecabinet(before, token, "keys", "move-to-hsm")
    assert moved.returncode == 0, moved.stderr
    assert moved.stdout.startswith(
        f"In the token {LABEL}: ca-member, ca-root, log, seal, tsa, kek;"
    )
    assert signing_names(folder) <= {"log-closing"}
    assert not (folder / "kek").exists()
    # Whoever had the key that opens the others finds none of them any more.
    assert not held & set(opened(folder, kek).values())
    # A server that still runs makes no new log out of it.
    with pytest.raises(HsmAway):
        ledger.signing_key()
    now = keys.Keys(folder, token.place)
    assert {name: public(now, name) for name in sorted(OWN)} == was
    assert now.ed25519("log").sign(b"the log") == signed
    assert now.read("file-1") == data
    again = ecabinet(before, token, "keys", "move-to-hsm")
    assert again.returncode == 1
    assert "holds no key that belongs into the token" in again.stderr
    found = json.loads(ecabinet(before, token, "check", "--json").stdout)
    by_name = {each["name"]: each for each in found}
    assert by_name["ledger"]["ok"]
    assert by_name["keys"]["ok"]
    assert by_name["keys"]["detail"].endswith(
        f", in the token {LABEL}: ca-member, ca-root, log, seal, tsa; in the folder: log-closing"
    )


def opened(folder: Path, kek: AESGCM) -> dict[str, bytes]:
    """What the files of the key store hold, by their names."""
    found = {each.stem: each.read_bytes() for each in folder.glob("*.key")}
    return {name: kek.decrypt(kept[:12], kept[12:], name.encode()) for name, kept in found.items()}


def public(store: keys.Keys, name: str) -> bytes:
    key = store.ed25519(name) if name == ledger.KEY_NAME else store.p256(name)
    return pades._spki(key.public_key())


def test_a_moving_that_was_stopped_anywhere_is_ended_by_the_next(
    token: SoftToken, tmp_path: Path
) -> None:
    folder = tmp_path / "keys"
    store = keys.Keys(folder)
    signed, data = store.ed25519("log").sign(b"x"), store.make("file-1")
    store.p256("seal")
    kept = {each.name: each.read_bytes() for each in folder.iterdir()}
    keys.move_to_hsm(folder, token.place)
    # Stopped before a file was away, and while it was written over; the same of the key of all.
    for name, left in (
        ("log.key", kept["log.key"]),
        ("log.key", secrets.token_bytes(60)),
        ("kek", kept["kek"]),
        ("kek", secrets.token_bytes(32)),
    ):
        (folder / name).write_bytes(left)
        (folder / name).chmod(0o600)
        assert keys.move_to_hsm(folder, token.place) == [Path(name).stem]
    # Stopped when the log alone had gone.
    (folder / "seal.pub").unlink()
    (folder / "kek.wrapped").unlink()
    for name in ("seal.key", "kek"):
        (folder / name).write_bytes(kept[name])
    keys.move_to_hsm(folder, token.place)
    after = keys.Keys(folder, token.place)
    assert (after.ed25519("log").sign(b"x"), after.read("file-1")) == (signed, data)
    assert after.tried_in_hsm() == {"log": True, "seal": True}


def test_a_file_whose_key_is_not_in_this_token_is_not_destroyed(
    token: SoftToken, tmp_path: Path
) -> None:
    """Stopped in the middle, and then the wrong token was put in."""
    folder = tmp_path / "keys"
    keys.Keys(folder).p256("seal")
    kept = {each.name: each.read_bytes() for each in folder.iterdir()}
    keys.move_to_hsm(folder, token.place)
    (folder / "kek.wrapped").unlink()
    for name, content in kept.items():
        (folder / name).write_bytes(content)
    an_empty_token_of_that_name(token, folder)
    with pytest.raises(SettingRefused, match="does not hold the key seal"):
        keys.move_to_hsm(folder, token.place)
    assert {name: (folder / name).read_bytes() for name in kept} == kept


def test_a_key_that_signs_otherwise_than_it_says_is_called_unsound(
    sealed_off: Settings,
) -> None:
    Cabinet(app.create_app(sealed_off))
    seen = {each.name: each for each in checks.run(sealed_off)}
    assert seen["keys"].ok
    folder = sealed_off.data_dir / "keys"
    mark, other = folder / "tsa.pub", folder / "ca-root.pub"
    mark.write_bytes(mark.read_bytes()[:16] + other.read_bytes()[16:])
    seen = {each.name: each for each in checks.run(sealed_off)}
    assert not seen["keys"].ok
    assert "tsa sign otherwise" in seen["keys"].detail
