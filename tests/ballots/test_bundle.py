"""An exported consultation verifies offline; each kind of tampering is found, by its number."""

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from ballots import bundle, rules
from ballots import jobs as closing
from ballots.service import draft as drafting
from ecabinet import bundles, canonical, db, deliveries, jobs, ledger, verifier
from ecabinet.app import create_app
from ecabinet.settings import Settings
from tests.ballots.builders import Member, a_draft
from tests.builders import Cabinet
from tests.conftest import address_in, fresh_database
from tests.exchange.builders import NO_QUIET, give_address, settle_quiet

Files = dict[str, bytes]


@dataclass(frozen=True)
class Exported:
    path: Path
    keys: dict[str, object]
    # What the log's keeper holds, and whoever breaks in there.
    log: Ed25519PrivateKey
    closing: MLDSA44PrivateKey

    @property
    def files(self) -> Files:
        with zipfile.ZipFile(self.path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, empty_database: str) -> Iterator[Exported]:
    """Two members vote, one of them twice, one is told by mail and silent like the rest; stamped,
    closed, exported."""
    folder = tmp_path_factory.mktemp("exported")
    url = address_in(folder)
    with fresh_database(empty_database, url):
        settings = Settings(database_url=url, data_dir=folder, base_url="http://localhost")
        yield export(Cabinet(create_app(settings)), folder)
        db.database().close()


def export(cabinet: Cabinet, folder: Path) -> Exported:
    # Opened and signed in true time: other people's tools know no moved clock.
    consultation = a_draft(cabinet)
    give_address(cabinet, "botruong.taichinh")
    settle_quiet(cabinet, "botruong.taichinh", NO_QUIET)
    Member(cabinet, "botruong.taichinh")
    drafting.approve(cabinet.actor("lanhdaovp"), consultation)
    minister, deputy = Member(cabinet, "botruong.yte"), Member(cabinet, "pttg1")
    minister.cast(consultation, "disagree")
    deputy.cast(consultation, "agree_comments", "Làm rõ Điều 4.")
    minister.cast(consultation, "agree")
    late = Member(cabinet, "botruong.xaydung")
    begun = late.paper(consultation, "disagree")
    jobs.run_once()
    deliveries.send_what_waits()
    cabinet.wait(days=16)  # Longer than Tết.
    late.browser.sign_in(late.name)
    late.send(consultation, begun["pending"], late.sign(begun["attrs"]))
    assert closing.close_what_ended() == 1
    cabinet.wait(seconds=2)
    assert closing.archive_what_waits() == 3
    with db.reading() as session:
        bundle.write(session, consultation, folder / "bundle.zip")
        keys = bundles.trusted(session)
        made = ledger.signing_key(), ledger.closing_key()
        return Exported(folder / "bundle.zip", keys, *made)


def failed(path: Path, keys: dict[str, object]) -> set[str]:
    return {each.check for each in verifier.verify(path, keys).findings}


def rezip(path: Path, files: Files, relist: bool = True) -> Path:
    """Write the files again; a forger who knows the format lists them anew."""
    if relist:
        manifest = json.loads(files["manifest.json"])
        manifest["files"] = {
            name: hashlib.sha256(data).hexdigest()
            for name, data in files.items()
            if name != "manifest.json"
        }
        files["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_the_untouched_bundle_is_sound(exported: Exported) -> None:
    report = verifier.verify(exported.path, exported.keys)
    assert report.findings == ()
    assert report.is_sound
    assert {each.check for each in report.absent} == {
        "V07",
        "V14",
        "V27",
        "V28",
        "V29",
        "V36",
        "V32",
        "V33",
        "V34",
        "V35",
        "V39",
        "V40",
        "V41",
        "V42",
    }
    assert verifier.verify(exported.path).keys_from == "the bundle itself"


def test_the_bundle_says_when_and_by_what_each_was_told(exported: Exported) -> None:
    (told,) = deemed_in(exported.files)
    assert told["notice_by"] == "email"
    standings = json.loads(exported.files["consultation.json"])["standings"]
    (shown,) = [each for each in standings if each["position"] == "deemed_agree"]
    assert shown == shown | told


def ballot_names(files: Files, suffix: str) -> list[str]:
    return sorted(name for name in files if name.startswith("ballots/") and name.endswith(suffix))


def change_json(files: Files, name: str, change: Callable[[dict[str, object]], None]) -> None:
    body = json.loads(files[name])
    change(body)
    files[name] = verifier._written(body).encode()


def leaf_lines(files: Files) -> list[str]:
    return files["ledger/leaves.txt"].decode().splitlines()


def set_lines(files: Files, lines: list[str]) -> None:
    files["ledger/leaves.txt"] = ("\n".join(lines) + "\n").encode()


def of_type(files: Files, kind: str) -> list[int]:
    found = []
    for position, line in enumerate(leaf_lines(files)):
        _hash, _space, envelope = line.partition(" ")
        if envelope and json.loads(base64.b64decode(envelope))["type"] == kind:
            found.append(position)
    return found


def change_leaf(files: Files, kind: str, **changes: object) -> None:
    """Rewrite a leaf and its hash, as one who runs the database would."""
    lines, (position, *_) = leaf_lines(files), of_type(files, kind)
    body = json.loads(base64.b64decode(lines[position].split(" ")[1])) | changes
    data = verifier._written(body).encode()
    lines[position] = f"{ledger.leaf_hash(data).hex()} {base64.b64encode(data).decode()}"
    set_lines(files, lines)


def drop_last_leaf(files: Files) -> None:
    set_lines(files, leaf_lines(files)[:-1])


def drop_a_ballots_record(files: Files) -> None:
    for suffix in (".json", ".pdf"):
        del files[ballot_names(files, suffix)[0]]


def lose_the_result(files: Files) -> None:
    lines, (position,) = leaf_lines(files), of_type(files, "consultation_result")
    lines[position] = lines[position].split(" ")[0]
    set_lines(files, lines)


def count_a_member_twice(files: Files) -> None:
    change_json(files, "consultation.json", lambda it: it["standings"].append(it["standings"][0]))


def sign_the_checkpoint_with_another_key(files: Files) -> None:
    origin, size, root = files["ledger/checkpoint.txt"].decode().splitlines()[:3]
    note = ledger.sign_checkpoint(
        origin, int(size), base64.b64decode(root), Ed25519PrivateKey.generate()
    )
    files["ledger/checkpoint.txt"] = note.encode()


def flip_a_byte_of_a_ballot(files: Files) -> None:
    name = ballot_names(files, ".pdf")[0]
    changed = bytearray(files[name])
    changed[len(changed) // 3] ^= 1
    files[name] = bytes(changed)


def swap_two_ballots(files: Files) -> None:
    one, other, *_ = ballot_names(files, ".pdf")
    files[one], files[other] = files[other], files[one]


def move_a_leaf(files: Files) -> None:
    lines, (one, other, *_) = leaf_lines(files), of_type(files, "ballot")
    lines[one], lines[other] = lines[other], lines[one]
    set_lines(files, lines)


def back_date_the_end(files: Files) -> None:
    change_leaf(files, "consultation_opened", due_at="2026-12-01T00:00:00.000Z")


def give_another_receipt(files: Files) -> None:
    one, other, *_ = ballot_names(files, ".json")
    receipt = json.loads(files[other])["receipt"]
    change_json(files, one, lambda it: it.update(receipt=receipt))


def replace_a_paper(files: Files) -> None:
    name = next(name for name in files if name.startswith("papers/"))
    files[name] += b"\n% another paper"


def ask_another_question(files: Files) -> None:
    change_json(files, "consultation.json", lambda it: it.update(question="Một câu hỏi khác?"))


def close_with_fewer_ballots(files: Files) -> None:
    change_leaf(files, "consultation_closed", ballots=2)


def drop_the_later_answer(files: Files) -> None:
    """The minister said no first and yes then; a forger would let the first answer count."""
    name = ballot_names(files, ".json")[-1]
    del files[name], files[name.replace(".json", ".pdf")]


def change_the_opinion(files: Files) -> None:
    name = ballot_names(files, ".json")[1]
    change_json(files, name, lambda it: it.update(opinion="Không có ý kiến."))


def deem_a_voter_to_agree(files: Files) -> None:
    def deem(it: dict[str, list[dict[str, object]]]) -> None:
        next(each for each in it["standings"] if each["leaf"])["position"] = "deemed_agree"

    change_json(files, "consultation.json", deem)


def deem_somebody_who_was_not_told(files: Files) -> None:
    (told,) = deemed_in(files)
    change_leaf(files, "consultation_result", deemed=[told | {"notice_at": None}])


def say_that_they_opened_it(files: Files) -> None:
    def open_it(it: dict[str, list[dict[str, object]]]) -> None:
        found = next(each for each in it["standings"] if each["position"] == "deemed_agree")
        found["notice_by"] = "opened"

    change_json(files, "consultation.json", open_it)


def tell_them_too_late(files: Files) -> None:
    """A day before the end, where the rules want two working days."""
    (told,) = deemed_in(files)
    due_at = datetime.fromisoformat(act_in(files, "consultation_closed")["due_at"])
    late = canonical.moment(due_at - timedelta(days=1))
    change_leaf(files, "consultation_result", deemed=[told | {"notice_at": late}])

    def tell(it: dict[str, list[dict[str, object]]]) -> None:
        found = next(each for each in it["standings"] if each["position"] == "deemed_agree")
        found["notice_at"] = late

    change_json(files, "consultation.json", tell)


def deem_under_rules_that_deem_nobody(files: Files) -> None:
    change_leaf(files, "consultation_opened", rule_version="nd-39-2022")


def deemed_in(files: Files) -> list[dict[str, object]]:
    found: list[dict[str, object]] = act_in(files, "consultation_result")["deemed"]
    return found


def act_in(files: Files, kind: str) -> dict[str, Any]:
    (position,) = of_type(files, kind)
    act: dict[str, Any] = json.loads(base64.b64decode(leaf_lines(files)[position].split(" ")[1]))
    return act


def enrol_the_key_for_another(files: Files) -> None:
    change_leaf(files, "key_enrolled", member=987)


def approve_ones_own_question(files: Files) -> None:
    drafted_by = act_in(files, "consultation_opened")["drafted_by"]
    change_leaf(files, "consultation_opened", approved_by=drafted_by)


def confirm_ones_own_key(files: Files) -> None:
    lines, (position, *_) = leaf_lines(files), of_type(files, "key_enrolled")
    member = json.loads(base64.b64decode(lines[position].split(" ")[1]))["member"]
    change_leaf(files, "key_enrolled", confirmed_by=member)


def ask_them_in_another_office(files: Files) -> None:
    offices = act_in(files, "consultation_opened")["offices"]
    change_leaf(files, "consultation_opened", offices=offices[::-1])


def enrol_the_key_after_the_ballot(files: Files) -> None:
    change_leaf(files, "key_enrolled", usable_from="2100-01-01T00:00:00+00:00")


def make_the_later_ballot_first(files: Files) -> None:
    change_statement(files, -1, issued_at="2020-01-01T00:00:00.000Z")


def confirm_after_the_end(files: Files) -> None:
    def confirm(it: dict[str, dict[str, object]]) -> None:
        it["evidence"]["at"] = "2100-01-01T00:00:00.000Z"

    change_json(files, ballot_names(files, ".json")[0], confirm)


def use_a_nonce_again(files: Files) -> None:
    first = json.loads(json.loads(files[ballot_names(files, ".json")[0]])["statement"])
    change_statement(files, -1, nonce=first["nonce"])


def change_statement(files: Files, place: int, **changes: object) -> None:
    def change(it: dict[str, str]) -> None:
        it["statement"] = verifier._written(json.loads(it["statement"]) | changes)

    change_json(files, ballot_names(files, ".json")[place], change)


def announce_another_outcome(files: Files) -> None:
    change_json(files, "consultation.json", lambda it: it["result"].update(outcome="not_passed"))


def count_one_vote_more(files: Files) -> None:
    lines, (position,) = leaf_lines(files), of_type(files, "consultation_result")
    body = json.loads(base64.b64decode(lines[position].split(" ")[1]))
    change_leaf(files, "consultation_result", counts=body["counts"] | {"agree": 5})


def attempt_in(files: Files) -> tuple[str, dict[str, Any]]:
    (name,) = [each for each in files if each.startswith("attempts/")]
    statement: dict[str, Any] = json.loads(json.loads(files[name])["statement"])
    return name, statement


def lose_an_attempt(files: Files) -> None:
    del files[attempt_in(files)[0]]


def hide_an_attempt(files: Files) -> None:
    """As if it were another matter's: its hash stays, its envelope does not."""
    (position,) = of_type(files, "ballot_refused")
    lose_an_attempt(files)
    lines = leaf_lines(files)
    lines[position] = lines[position].split(" ")[0]
    set_lines(files, lines)


def deem_somebody_who_tried(files: Files) -> None:
    tried = attempt_in(files)[1]["member"]
    (told,) = deemed_in(files)
    change_leaf(files, "consultation_result", deemed=[told, told | {"member": tried}])

    def deem(it: dict[str, list[dict[str, object]]]) -> None:
        found = next(each for each in it["standings"] if each["member"] == tried)
        notice = {name: told[name] for name in ("notice_at", "notice_by")}
        found.update({"position": "deemed_agree"} | notice)

    change_json(files, "consultation.json", deem)


def call_it_final(files: Files) -> None:
    change_leaf(files, "consultation_result", provisional=False)


def say_that_another_voted(files: Files) -> None:
    change_json(files, ballot_names(files, ".json")[0], lambda it: it.update(member=987))


def show_another_certificate(files: Files) -> None:
    one = ballot_names(files, ".json")[0]
    strange = base64.b64encode(b"no certificate").decode()
    change_json(files, one, lambda it: it.update(certificate=strange))


def slip_in_a_file(files: Files) -> None:
    files["ballots/note.txt"] = b"slipped in"


def slip_in_an_act(files: Files) -> None:
    change_leaf(files, "key_enrolled", type="invented")


def move_a_member_to_another_office(files: Files) -> None:
    change_json(
        files, "consultation.json", lambda it: it["standings"][0].update(office="Bộ trưởng khác")
    )


def rename_the_question(files: Files) -> None:
    change_json(files, "consultation.json", lambda it: it.update(title="Một nghị định khác"))


def give_another_basis(files: Files) -> None:
    change_json(files, "consultation.json", lambda it: it["result"].update(basis="Luật khác"))


def turn_the_prime_minister(files: Files) -> None:
    counts = act_in(files, "consultation_result")["counts"] | {"pm": "disagree"}
    change_leaf(files, "consultation_result", counts=counts)
    change_json(files, "consultation.json", lambda it: it["result"].update(counts=counts))


def announce_another_outcome_in_the_log(files: Files) -> None:
    said = {"outcome": "passed", "why": "majority"}
    if act_in(files, "consultation_result")["outcome"] == "passed":
        said = {"outcome": "not_passed", "why": "no_majority"}
    change_leaf(files, "consultation_result", **said)
    change_json(files, "consultation.json", lambda it: it["result"].update(said))


def invent_a_reason(files: Files) -> None:
    change_leaf(files, "consultation_result", why="prime_minister")
    change_json(files, "consultation.json", lambda it: it["result"].update(why="prime_minister"))


MUTANTS: list[tuple[Callable[[Files], None], str]] = [
    (drop_last_leaf, "V02"),
    (lose_the_result, "V03"),
    (drop_a_ballots_record, "V04"),
    (count_a_member_twice, "V05"),
    (sign_the_checkpoint_with_another_key, "V06"),
    (flip_a_byte_of_a_ballot, "V08"),
    (swap_two_ballots, "V08"),
    (change_the_opinion, "V08"),
    (approve_ones_own_question, "V09"),
    (confirm_ones_own_key, "V09"),
    (move_a_leaf, "V11"),
    (back_date_the_end, "V12"),
    (give_another_receipt, "V13"),
    (replace_a_paper, "V15"),
    (ask_another_question, "V16"),
    (close_with_fewer_ballots, "V17"),
    (drop_the_later_answer, "V04"),
    (deem_a_voter_to_agree, "V20"),
    (deem_somebody_who_was_not_told, "V20"),
    (say_that_they_opened_it, "V20"),
    (tell_them_too_late, "V20"),
    (deem_under_rules_that_deem_nobody, "V20"),
    (ask_them_in_another_office, "V19"),
    (enrol_the_key_after_the_ballot, "V21"),
    (make_the_later_ballot_first, "V21"),
    (confirm_after_the_end, "V21"),
    (enrol_the_key_for_another, "V22"),
    (use_a_nonce_again, "V23"),
    (announce_another_outcome, "V25"),
    (count_one_vote_more, "V25"),
    (lose_an_attempt, "V04"),
    (hide_an_attempt, "V04"),
    (deem_somebody_who_tried, "V20"),
    (call_it_final, "V20"),
    (say_that_another_voted, "V04"),
    (show_another_certificate, "V04"),
    (slip_in_a_file, "V01"),
    (slip_in_an_act, "V03"),
    (move_a_member_to_another_office, "V25"),
    (rename_the_question, "V25"),
    (give_another_basis, "V25"),
    (turn_the_prime_minister, "V25"),
    (announce_another_outcome_in_the_log, "V26"),
    (invent_a_reason, "V26"),
]


@pytest.mark.parametrize(("tamper", "check"), MUTANTS, ids=lambda it: getattr(it, "__name__", it))
def test_each_tampering_is_found_by_its_own_check(
    exported: Exported, tmp_path: Path, tamper: Callable[[Files], None], check: str
) -> None:
    files = exported.files
    tamper(files)
    assert check in failed(rezip(tmp_path / "forged.zip", files), exported.keys)


TALLIES = st.integers(1, 9).flatmap(
    lambda members: st.lists(
        st.sampled_from(list(rules.Position)), min_size=members, max_size=members
    )
)


@given(TALLIES, st.data())
def test_the_verifiers_own_rule_finds_what_the_house_finds(
    positions: list[rules.Position], data: st.DataObject
) -> None:
    """Two implementations, written apart, over any votes and any opinions left unclassified."""
    top = data.draw(st.none() | st.integers(0, len(positions) - 1))
    members = st.integers(0, len(positions) - 1)
    read = data.draw(st.dictionaries(members, st.sampled_from(rules.Reading)))
    counted = rules.tally(dict(enumerate(positions)), top, read)
    counts = asdict(counted) | {"pm": counted.pm.value if counted.pm else None}
    decision = rules.decide(counted)
    expected = (decision.outcome.value, decision.why.value)
    assert verifier.outcome_of(counts) == expected


def test_a_file_that_is_not_listed_is_found(exported: Exported, tmp_path: Path) -> None:
    files = exported.files | {"ballots/note.txt": b"slipped in"}
    path = rezip(tmp_path / "forged.zip", files, relist=False)
    assert failed(path, exported.keys) == {"V01"}


def test_a_bundle_of_another_cabinet_does_not_pass_as_ours(
    exported: Exported, tmp_path: Path
) -> None:
    stranger = ledger.verifier_key("localhost/test", Ed25519PrivateKey.generate())
    assert "V06" in failed(exported.path, exported.keys | {"log_key": stranger})


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04"])
def test_what_is_no_bundle_is_called_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(verifier.NotABundle):
        verifier.verify(tmp_path / "x")


# The file by itself, where nothing of the house can be imported.
ALONE = """
import runpy, sys
sys.modules |= dict.fromkeys(("ecabinet", "ballots", "people", "documents"))
runpy.run_path("verifier.py", run_name="__main__")
"""


def test_the_verifier_stands_alone(exported: Exported, tmp_path: Path) -> None:
    """Copied away from the house, with the keys one holds: the same verdicts."""
    shutil.copy(verifier.__file__, tmp_path / "verifier.py")
    (tmp_path / "trust.json").write_text(json.dumps(exported.keys))
    shutil.copy(exported.path, tmp_path / "bundle.zip")
    words = [sys.executable, "-I", "-c", ALONE, "bundle.zip", "--keys", "trust.json", "--deep"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok   V25 đạt: số đếm lại từ phiếu đúng bằng kết quả\n" in done.stdout
    assert " ok: the counts, made again from the ballots, are those of the result\n" in done.stdout
    assert "--   V28 không có trong gói này: " in done.stdout
    english = [*words, "--lang", "en"]
    done = subprocess.run(english, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "đạt" not in done.stdout
    assert done.stdout.endswith("Keys: given. SOUND\n")
    files = exported.files
    flip_a_byte_of_a_ballot(files)
    rezip(tmp_path / "bundle.zip", files)
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "", "what is wrong is said once, in the answer"
    assert "FAIL V08" in done.stdout
    assert ballot_names(files, ".pdf")[0] in done.stdout
    # Without the installed libraries it says so, and calls nothing unsound.
    bare = [sys.executable, "-I", "-S", *words[2:]]
    done = subprocess.run(bare, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "asn1crypto" in done.stdout
    assert "UNSOUND" not in done.stdout


# ---- other people's tools over a stamped ballot ----


@dataclass(frozen=True)
class Ballot:
    pdf: Path
    root: Path
    folder: Path


@pytest.fixture
def ballot(exported: Exported, tmp_path: Path) -> Ballot:
    files = exported.files
    pdf, root = tmp_path / "ballot.pdf", tmp_path / "root.pem"
    pdf.write_bytes(files[ballot_names(files, ".pdf")[0]])
    der = base64.b64decode(str(exported.keys["root"]))
    root.write_bytes(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))
    return Ballot(pdf, root, tmp_path)


def flipped(ballot: Ballot) -> Ballot:
    changed = bytearray(ballot.pdf.read_bytes())
    changed[len(changed) // 3] ^= 1
    path = ballot.folder / "flipped.pdf"
    path.write_bytes(bytes(changed))
    return Ballot(path, ballot.root, ballot.folder)


def pdfsig(ballot: Ballot) -> str:
    store = ballot.folder / f"nss-{ballot.pdf.stem}"
    store.mkdir()
    certutil = ["certutil", "-d", f"sql:{store}"]
    for words in (["-N", "--empty-password"], ["-A", "-n", "root", "-t", "CT,C,C", "-i"]):
        more = [ballot.root] if "-i" in words else []
        subprocess.run([*certutil, *words, *more], check=True, stdin=subprocess.DEVNULL)
    words = ["pdfsig", "-nssdir", f"sql:{store}", str(ballot.pdf)]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout


def test_pdfsig_calls_a_ballot_valid_until_a_byte_is_changed(ballot: Ballot) -> None:
    said = pdfsig(ballot)
    assert "Signature is Valid" in said
    assert "Certificate is Trusted" in said
    assert "Signature is Valid" not in pdfsig(flipped(ballot))


def cms_and_content(pdf: bytes) -> tuple[bytes, bytes]:
    at = pdf.index(b"/ByteRange")
    numbers = pdf[pdf.index(b"[", at) + 1 : pdf.index(b"]", at)].split()
    first, length, second, rest = (int(each) for each in numbers)
    der = bytes.fromhex(pdf[first + length + 1 : second - 1].decode())
    # The hole is padded with zeros behind the CMS, whose own length says where it ends.
    size = int.from_bytes(der[2:4], "big") + 4
    return der[:size], pdf[:length] + pdf[second : second + rest]


def openssl_cms(ballot: Ballot) -> bool:
    cms, content = cms_and_content(ballot.pdf.read_bytes())
    (ballot.folder / "cms.der").write_bytes(cms)
    (ballot.folder / "content").write_bytes(content)
    done = subprocess.run(
        ["openssl", "cms", "-verify", "-inform", "DER", "-in", "cms.der", "-content", "content",
         "-binary", "-CAfile", ballot.root, "-purpose", "any", "-cades", "-out", "/dev/null"],
        cwd=ballot.folder, capture_output=True, check=False,
    )  # fmt: skip
    return done.returncode == 0


def test_openssl_calls_a_ballot_valid_until_a_byte_is_changed(ballot: Ballot) -> None:
    assert openssl_cms(ballot)
    assert not openssl_cms(flipped(ballot))


def test_pyhanko_finds_a_trusted_stamp_over_the_signature(ballot: Ballot) -> None:
    """PAdES B-T: the time is the cabinet's own, and the signature is older than it."""
    pem = x509.load_pem_x509_certificate(ballot.root.read_bytes())
    root = asn1_x509.Certificate.load(pem.public_bytes(Encoding.DER))
    with ballot.pdf.open("rb") as file:
        (embedded,) = PdfFileReader(file).embedded_regular_signatures
        context = ValidationContext(trust_roots=[root], allow_fetching=False)
        status = validate_pdf_signature(embedded, context)
    assert status.bottom_line
    assert status.timestamp_validity is not None
    assert status.timestamp_validity.intact
    assert status.timestamp_validity.trusted
