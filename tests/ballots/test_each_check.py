"""No check of the verifier is idle: of each there is a forgery that it alone finds.

The forger holds the log's key and seals anew whatever they change, receipts included; what they do
not hold is a member's key, a witness's, and an older bundle.
"""

import base64
import copy
import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms as asn1_cms
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader

from ecabinet import archiving, crls, db, keys, ledger, pades, tsa, verifier
from tests.ballots import test_bundle
from tests.ballots.test_bundle import (
    Exported,
    Files,
    act_in,
    ballot_names,
    change_json,
    leaf_lines,
    of_type,
    rezip,
    set_lines,
)

exported = test_bundle.exported

WITNESS = Ed25519PrivateKey.from_private_bytes(b"w" * 32)
STRANGER = MLDSA44PrivateKey.from_seed_bytes(b"s" * 32)
# Before the opening; and between the last ballot and the end.
FIRST, LATE = 0, 7


def put(files: Files, position: int, act: dict[str, Any]) -> None:
    """An act at this place, shown, whatever stood there."""
    data = verifier._written(act | {"position": position}).encode()
    lines = leaf_lines(files)
    lines[position] = f"{ledger.leaf_hash(data).hex()} {base64.b64encode(data).decode()}"
    set_lines(files, lines)


def change(files: Files, kind: str, **changes: Any) -> None:
    position = of_type(files, kind)[0]
    act = json.loads(base64.b64decode(leaf_lines(files)[position].split(" ")[1]))
    put(files, position, act | changes)


def hide(files: Files, position: int) -> None:
    lines = leaf_lines(files)
    lines[position] = lines[position].split(" ")[0]
    set_lines(files, lines)


def path_of(leaves: list[bytes], position: int) -> list[bytes]:
    """RFC 9162, 2.1.3.1."""
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = leaves[:split], leaves[split:]
    if position < split:
        return [*path_of(left, position), verifier.tree_hash(right)]
    return [*path_of(right, position - split), verifier.tree_hash(left)]


def seal(
    files: Files, log: Ed25519PrivateKey | Callable[[int], Ed25519PrivateKey],
    closing: MLDSA44PrivateKey, witness: Ed25519PrivateKey | None,
) -> None:  # fmt: skip
    """A checkpoint of the leaves as they are now, the closing's and every receipt anew; `log` may
    say by which key the one of each size is signed."""
    origin = files["ledger/checkpoint.txt"].decode().split("\n")[0]
    leaves = [bytes.fromhex(line.split(" ")[0]) for line in leaf_lines(files)]

    def note(size: int) -> str:
        key = log(size) if callable(log) else log
        return ledger.sign_checkpoint(origin, size, verifier.tree_hash(leaves[:size]), key)

    checkpoint = note(len(leaves))
    files["ledger/checkpoint.txt"] = (
        checkpoint + (cosignature(checkpoint, witness) if witness else "")
    ).encode()
    size = of_type(files, "consultation_result")[0] + 1
    line = closing_line(origin, leaves[:size], closing)
    files["ledger/closing.txt"] = (note(size) + line).encode()
    for name in ballot_names(files, ".json"):
        at = int(name.removeprefix("ballots/").removesuffix(".json"))
        hashes = [base64.b64encode(each).decode() for each in path_of(leaves[: at + 1], at)]
        lines = ["c2sp.org/tlog-proof@v1", f"index {at}", *hashes, "", note(at + 1)]
        change_json(files, name, lambda it, lines=lines: it.update(receipt="\n".join(lines)))


def closing_line(origin: str, leaves: list[bytes], key: MLDSA44PrivateKey) -> str:
    root = verifier.tree_hash(leaves)
    return ledger.sign_closing(origin, len(leaves), root, 1_800_000_000, key)


def cosignature(checkpoint: str, witness: Ed25519PrivateKey, at: int = 1_800_000_000) -> str:
    text = checkpoint.split("\n\n")[0] + "\n"
    signed = witness.sign(f"cosignature/v1\ntime {at}\n{text}".encode())
    value = base64.b64encode(bytes.fromhex(witness_id()) + at.to_bytes(8, "big") + signed)
    return f"\u2014 witness.example {value.decode()}\n"


def witness_id() -> str:
    return witness_key().split("+")[1]


def witness_key() -> str:
    public = b"\x04" + ledger.public_key(WITNESS)
    key_id = verifier.hashlib.sha256(b"witness.example\n" + public).digest()[:4].hex()
    return f"witness.example+{key_id}+{base64.b64encode(public).decode()}"


# ---- one forgery for each check ----


def list_a_file_less(files: Files) -> None:
    manifest = json.loads(files["manifest.json"])
    del manifest["files"]["keys.json"]
    files["manifest.json"] = json.dumps(manifest).encode()


def add_a_leaf_behind_the_checkpoint(files: Files) -> None:
    set_lines(files, [*leaf_lines(files), "00" * 32])


def log_an_act_of_no_kind(files: Files) -> None:
    put(files, LATE, {"type": "invented", "consultation": 1})


def name_another_member_beside_a_ballot(files: Files) -> None:
    change_json(files, ballot_names(files, ".json")[0], lambda it: it.update(member=987))


def count_the_earlier_ballot(files: Files) -> None:
    def point(it: dict[str, Any]) -> None:
        voted = [each for each in it["standings"] if each["position"] == "agree"]
        voted[0]["leaf"] = min(of_type(files, "ballot"))

    change_json(files, "consultation.json", point)
    standings = json.loads(files["consultation.json"])["standings"]
    sealed = verifier.digest(verifier._written({"standings": standings}).encode())
    change(files, "consultation_result", standings_sha256=sealed)


def call_it_another_log(files: Files) -> None:
    change_json(files, "consultation.json", lambda it: it.update(origin="another/log"))


def cut_an_opinion_short(files: Files) -> None:
    name = ballot_names(files, ".json")[1]
    change_json(files, name, lambda it: it.update(opinion="Làm rõ"))


def approve_ones_own_question(files: Files) -> None:
    by = act_in(files, "consultation_opened")["drafted_by"]
    change(files, "consultation_opened", approved_by=by)


def strip_a_stamp(files: Files) -> None:
    name = ballot_names(files, ".pdf")[0]
    pdf = before_the_archive(files[name])
    start, stop, content = tsa._hole(pdf)
    del content["content"]["signer_infos"][0]["unsigned_attrs"]
    bare = content.dump(force=True).hex().encode().ljust(stop - start, b"0")
    files[name] = pdf[:start] + bare + pdf[stop:]


def before_the_archive(pdf: bytes) -> bytes:
    """As it was signed: without what was set behind it."""
    (embedded,) = PdfFileReader(BytesIO(pdf)).embedded_regular_signatures
    return pdf[: int(embedded.byte_range[2]) + int(embedded.byte_range[3])]


def archive_anew(
    files: Files, known: archiving.Known, stamp: Callable[[bytes], bytes], name: str = ""
) -> None:
    """Behind this page, or a ballot."""
    name = name or ballot_names(files, ".pdf")[0]
    pdf = before_the_archive(files[name])
    files[name] = pdf + archiving.appended(pdf, 1, known, stamp, tsa.reserved())


def what_is_known() -> archiving.Known:
    with db.reading() as session:
        own = (pades.ROOT, pades.MEMBER_CA, tsa.TSA)
        certificates = [pades.certificate(session, each) for each in own]
        lists = [crls.newest(session, each) for each in crls.issuers(session)]
    return archiving.Known(certificates, [each for each in lists if each])


def archive_without_lists(files: Files, name: str = "") -> None:
    archive_anew(files, archiving.Known(what_is_known().certificates, []), tsa.over, name)


def archive_with_the_roots_list_alone(files: Files, name: str = "") -> None:
    known = what_is_known()
    archive_anew(files, archiving.Known(known.certificates, known.lists[:1]), tsa.over, name)


def archive_with_a_strangers_list(files: Files, name: str = "") -> None:
    """In the authority's name, by whoever does not hold its key."""
    known, listed = what_is_known(), files["crls/member.crl"]
    publish_a_list_in_the_authoritys_name(files)
    forged, files["crls/member.crl"] = files["crls/member.crl"], listed
    archive_anew(
        files, archiving.Known(known.certificates, [known.lists[0], forged]), tsa.over, name
    )


def archive_by_a_list_that_names_the_signer(files: Files, name: str = "") -> None:
    """As revoked before they signed, of which the log knows nothing."""
    name = name or ballot_names(files, ".pdf")[0]
    record = json.loads(files[name.replace(".pdf", ".json")])
    known, listed = what_is_known(), files["crls/member.crl"]
    revoke_in_public(files, keys.store().p256(pades.MEMBER_CA), record["certificate"])
    made, files["crls/member.crl"] = files["crls/member.crl"], listed
    archive_anew(files, archiving.Known(known.certificates, [known.lists[0], made]), tsa.over, name)


def spoil_an_archives_stamp(files: Files, name: str = "") -> None:
    name = name or ballot_names(files, ".pdf")[0]
    pdf = bytearray(files[name])
    (stamp,) = PdfFileReader(BytesIO(files[name])).embedded_timestamp_signatures
    token = stamp.signed_data["signer_infos"][0]["signature"].native.hex().encode()
    at = files[name].lower().rindex(token)
    pdf[at + 20] = ord("0") if pdf[at + 20] != ord("0") else ord("1")
    files[name] = bytes(pdf)


def move_an_archives_stamp_to_another(files: Files, name: str = "") -> None:
    """The one of another ballot, which says nothing of this one."""
    (stamp,) = PdfFileReader(
        BytesIO(files[ballot_names(files, ".pdf")[1]])
    ).embedded_timestamp_signatures
    token = asn1_cms.ContentInfo({"content_type": "signed_data", "content": stamp.signed_data})
    archive_anew(files, what_is_known(), lambda _: token.dump(), name)


def stamp_an_archive_over_other_bytes(files: Files, name: str = "") -> None:
    """By the authority that one trusts, now, and of nothing that stands here."""
    archive_anew(files, what_is_known(), lambda made: tsa.over(made[::-1]), name)


# Behind a ballot, or the page of this name.
FORGED_ARCHIVES: list[Callable[..., None]] = [
    archive_without_lists,
    archive_with_the_roots_list_alone,
    archive_with_a_strangers_list,
    archive_by_a_list_that_names_the_signer,
    spoil_an_archives_stamp,
    move_an_archives_stamp_to_another,
    stamp_an_archive_over_other_bytes,
]


def word_an_act_otherwise(files: Files) -> None:
    lines, (position,) = leaf_lines(files), of_type(files, "ballot_refused")
    hashed, envelope = lines[position].split(" ")
    act = json.loads(base64.b64decode(envelope)) | {"why": "late"}
    lines[position] = f"{hashed} {base64.b64encode(verifier._written(act).encode()).decode()}"
    set_lines(files, lines)


def change_what_another_matter_logged(files: Files) -> None:
    lines = leaf_lines(files)
    lines[LATE] = "ab" * 32
    set_lines(files, lines)


def change_what_came_first(files: Files) -> None:
    lines = leaf_lines(files)
    lines[FIRST] = "ab" * 32
    set_lines(files, lines)


def replace_a_paper(files: Files) -> None:
    name = next(name for name in files if name.startswith("papers/"))
    files[name] += b"\n% another paper"


def call_it_a_demo(files: Files) -> None:
    change_json(files, "consultation.json", lambda it: it.update(env="another"))


def close_with_fewer_ballots(files: Files) -> None:
    change(files, "consultation_closed", ballots=2)


def suppress_an_earlier_answer(files: Files) -> None:
    """The first no of a minister who said yes later, taken out of log, closing and bundle."""
    leaf, *others = of_type(files, "ballot")
    hide(files, leaf)
    del files[f"ballots/{leaf}.json"], files[f"ballots/{leaf}.pdf"]
    change(files, "consultation_closed", ballots=len(others), ballot_leaves=others)


def ask_them_in_another_office(files: Files) -> None:
    offices = act_in(files, "consultation_opened")["offices"]
    change(files, "consultation_opened", offices=offices[::-1])


def deem_somebody_who_was_not_told(files: Files) -> None:
    (told,) = act_in(files, "consultation_result")["deemed"]
    change(files, "consultation_result", deemed=[told | {"notice_at": None}])


def enrol_a_key_that_may_sign_later(files: Files) -> None:
    change(files, "key_enrolled", usable_from="2100-01-01T00:00:00+00:00")


def voters_enrolment(files: Files) -> dict[str, Any]:
    position = of_type(files, "key_enrolled")[0]
    act: dict[str, Any] = json.loads(base64.b64decode(leaf_lines(files)[position].split(" ")[1]))
    return act


def name_a_key_act_more(files: Files) -> None:
    leaves = [FIRST, *act_in(files, "consultation_closed")["key_leaves"]]
    change(files, "consultation_closed", key_leaves=leaves)


def revoke_a_key_before_its_ballot(files: Files) -> None:
    name_a_key_act_more(files)
    put(files, FIRST, {"type": "key_revoked", "key_id": voters_enrolment(files)["key_id"]})


def hide_a_revocation(files: Files) -> None:
    revoke_a_key_before_its_ballot(files)
    hide(files, FIRST)


def voter_in(files: Files) -> x509.Certificate:
    name = ballot_names(files, ".json")[0]
    return x509.load_der_x509_certificate(base64.b64decode(json.loads(files[name])["certificate"]))


def revoke_in_public(
    files: Files, key: EllipticCurvePrivateKey, certificate: str | None = None
) -> None:
    """A list that names a voter's key, or that of this certificate, which the log never saw
    revoked."""
    given = certificate and x509.load_der_x509_certificate(base64.b64decode(certificate))
    voter = given or voter_in(files)
    made = x509.CertificateRevocationListBuilder().issuer_name(voter.issuer)
    made = made.last_update(voter.not_valid_before_utc).next_update(voter.not_valid_after_utc)
    entry = x509.RevokedCertificateBuilder().serial_number(voter.serial_number)
    made = made.add_revoked_certificate(entry.revocation_date(voter.not_valid_before_utc).build())
    files["crls/member.crl"] = made.sign(key, SHA256()).public_bytes(Encoding.DER)


def publish_a_revocation_that_was_not_logged(files: Files) -> None:
    revoke_in_public(files, keys.store().p256(pades.MEMBER_CA))


def publish_a_list_in_the_authoritys_name(files: Files) -> None:
    """An empty one, by whoever does not hold its key."""
    voter = voter_in(files)
    made = x509.CertificateRevocationListBuilder().issuer_name(voter.issuer)
    made = made.last_update(voter.not_valid_before_utc).next_update(voter.not_valid_after_utc)
    stranger = generate_private_key(SECP256R1())
    files["crls/member.crl"] = made.sign(stranger, SHA256()).public_bytes(Encoding.DER)


def enrol_a_key_twice(files: Files) -> None:
    name_a_key_act_more(files)
    put(files, FIRST, voters_enrolment(files))


def replace_a_paper_without_asking_again(files: Files) -> None:
    (paper,) = act_in(files, "consultation_opened")["papers"]
    put(files, LATE, {"type": "edition_published", "replaces_sha256": paper, "sha256": "ab" * 32})


def announce_another_sentence(files: Files) -> None:
    change(files, "consultation_result", sentence_sha256="ab" * 32)


def announce_another_outcome(files: Files) -> None:
    said = {"outcome": "not_passed", "why": "no_majority"}
    change(files, "consultation_result", **said)
    change_json(files, "consultation.json", lambda it: it["result"].update(said))


def call_a_device_key_official(files: Files) -> None:
    change(files, "key_enrolled", signature_class="official-duty")


def swap_the_labels_of_yes_and_no(files: Files) -> None:
    def swap(it: dict[str, Any]) -> None:
        options = it["options"]
        options["agree"], options["disagree"] = options["disagree"], options["agree"]

    change_json(files, "consultation.json", swap)


# The closing's checkpoint, by whoever holds the one key of the log and not the other.


def closing_lines(files: Files) -> tuple[str, str, str]:
    head, _, lines = files["ledger/closing.txt"].decode().partition("\n\n")
    ed25519, ml_dsa = lines.splitlines(keepends=True)
    return head + "\n\n", ed25519, ml_dsa


def close_by_ed25519_alone(files: Files) -> None:
    head, ed25519, _ = closing_lines(files)
    files["ledger/closing.txt"] = (head + ed25519).encode()


def close_by_ml_dsa_alone(files: Files) -> None:
    head, _, ml_dsa = closing_lines(files)
    files["ledger/closing.txt"] = (head + ml_dsa).encode()


def close_by_a_strangers_ml_dsa(files: Files) -> None:
    head, ed25519, _ = closing_lines(files)
    origin, size, _root = head.split("\n")[:3]
    leaves = [bytes.fromhex(line.split(" ")[0]) for line in leaf_lines(files)[: int(size)]]
    line = closing_line(origin, leaves, STRANGER)
    files["ledger/closing.txt"] = (head + ed25519 + line).encode()


def spoil_a_closings_ml_dsa(files: Files) -> None:
    head, ed25519, ml_dsa = closing_lines(files)
    mark, name, value = ml_dsa.split(" ")
    raw = bytearray(base64.b64decode(value))
    raw[-1] ^= 1
    line = f"{mark} {name} {base64.b64encode(raw).decode()}\n"
    files["ledger/closing.txt"] = (head + ed25519 + line).encode()


def date_a_closing_otherwise(files: Files) -> None:
    head, ed25519, ml_dsa = closing_lines(files)
    mark, name, value = ml_dsa.split(" ")
    raw = base64.b64decode(value)
    later = (int.from_bytes(raw[4:12], "big") + 1).to_bytes(8, "big")
    line = f"{mark} {name} {base64.b64encode(raw[:4] + later + raw[12:]).decode()}\n"
    files["ledger/closing.txt"] = (head + ed25519 + line).encode()


def close_over_another_history(files: Files) -> None:
    """What both keys signed once, of a log that was begun anew."""
    head, _, _ = closing_lines(files)
    origin, size, _root = head.split("\n")[:3]
    root = b"r" * 32
    note = ledger.sign_checkpoint(origin, int(size), root, ledger.signing_key())
    line = ledger.sign_closing(origin, int(size), root, 1_800_000_000, ledger.closing_key())
    files["ledger/closing.txt"] = (note + line).encode()


def leave_the_closings_checkpoint_out(files: Files) -> None:
    del files["ledger/closing.txt"]


Tamper = Callable[[Files], None]

# Done to what the forger seals anew.
SEALED_ANEW: list[tuple[str, Tamper]] = [
    ("V03", log_an_act_of_no_kind),
    ("V04", name_another_member_beside_a_ballot),
    ("V05", count_the_earlier_ballot),
    ("V06", call_it_another_log),
    ("V08", cut_an_opinion_short),
    ("V09", approve_ones_own_question),
    ("V10", strip_a_stamp),
    ("V14", change_what_came_first),
    ("V15", replace_a_paper),
    ("V16", call_it_a_demo),
    ("V17", close_with_fewer_ballots),
    ("V18", suppress_an_earlier_answer),
    ("V19", ask_them_in_another_office),
    ("V20", deem_somebody_who_was_not_told),
    ("V21", enrol_a_key_that_may_sign_later),
    ("V22", revoke_a_key_before_its_ballot),
    ("V22", hide_a_revocation),
    ("V22", publish_a_revocation_that_was_not_logged),
    ("V22", publish_a_list_in_the_authoritys_name),
    ("V23", enrol_a_key_twice),
    ("V24", replace_a_paper_without_asking_again),
    ("V25", announce_another_sentence),
    ("V26", announce_another_outcome),
    ("V27", swap_the_labels_of_yes_and_no),
    ("V37", call_a_device_key_official),
    *(("V34", each) for each in FORGED_ARCHIVES),
]
# Done to what was sealed.
AS_SEALED: list[tuple[str, Tamper]] = [
    ("V01", list_a_file_less),
    ("V02", add_a_leaf_behind_the_checkpoint),
    ("V11", word_an_act_otherwise),
    ("V12", change_what_another_matter_logged),
    ("V13", test_bundle.give_another_receipt),
    ("V12", close_over_another_history),
    ("V06", close_by_ed25519_alone),
    ("V06", close_by_ml_dsa_alone),
    ("V06", close_by_a_strangers_ml_dsa),
    ("V06", spoil_a_closings_ml_dsa),
    ("V06", date_a_closing_otherwise),
    ("V06", leave_the_closings_checkpoint_out),
]
# Nothing in a consultation's bundle to look at; rows of the activity log are tests/oversight's.
ELSEWHERE = {"V28", "V32", "V29", "V30", "V31", "V33", "V35", "V36", "V39", "V40", "V41", "V42"}


def found(
    exported: Exported, tmp_path: Path, files: Files, relist: bool = True, older: bool = False
) -> set[str]:
    keys = exported.keys | {"witnesses": [witness_key()], "witnesses_needed": 1}
    path = rezip(tmp_path / "forged.zip", files, relist)
    report = verifier.verify(path, keys, exported.path if older else None, deep=True)
    return {each.check for each in report.findings}


def passes_without(
    check: str, exported: Exported, tmp_path: Path, files: Files, relist: bool, older: bool
) -> None:
    """Found by this check alone, and by none once it is taken out."""
    assert found(exported, tmp_path, copy.deepcopy(files), relist, older) == {check}
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(verifier.CHECKS, check)
        assert found(exported, tmp_path, files, relist, older) == set()


def witnessed(exported: Exported, tamper: Tamper | None = None) -> Files:
    """A bundle whose checkpoint a witness cosigned: as it is, or tampered with before that."""
    files = exported.files
    if tamper:
        tamper(files)
    seal(files, exported.log, exported.closing, WITNESS)
    return files


def test_a_witnessed_bundle_is_sound_and_every_check_has_a_forgery_of_its_own(
    exported: Exported, tmp_path: Path
) -> None:
    assert found(exported, tmp_path, witnessed(exported), older=True) == set()
    assert {each for each, _ in SEALED_ANEW + AS_SEALED} | {"V07"} | ELSEWHERE == set(
        verifier.CHECKS
    )


@pytest.mark.once
@pytest.mark.parametrize(
    ("check", "tamper"), SEALED_ANEW, ids=lambda it: getattr(it, "__name__", it)
)
def test_a_forgery_by_who_holds_the_logs_key_passes_once_its_check_is_out(
    exported: Exported, tmp_path: Path, check: str, tamper: Tamper
) -> None:
    # Only an older bundle shows that a log was begun anew; it would show each of these.
    files = witnessed(exported, tamper)
    passes_without(check, exported, tmp_path, files, relist=True, older=check == "V14")


@pytest.mark.once
@pytest.mark.parametrize(("check", "tamper"), AS_SEALED, ids=lambda it: getattr(it, "__name__", it))
def test_a_forgery_of_a_sealed_bundle_passes_once_its_check_is_out(
    exported: Exported, tmp_path: Path, check: str, tamper: Tamper
) -> None:
    files = witnessed(exported)
    rezip(tmp_path / "listed.zip", files)
    tamper(files)
    passes_without(check, exported, tmp_path, files, relist=check != "V01", older=False)


@pytest.mark.once
@pytest.mark.parametrize("witness", [None, Ed25519PrivateKey.from_private_bytes(b"x" * 32)])
def test_a_checkpoint_that_no_known_witness_cosigned_passes_once_witnesses_are_not_asked_for(
    exported: Exported, tmp_path: Path, witness: Ed25519PrivateKey | None
) -> None:
    files = exported.files
    seal(files, exported.log, exported.closing, witness)
    passes_without("V07", exported, tmp_path, files, relist=True, older=False)


def test_what_was_closed_before_there_were_two_keys_stands_by_one(
    exported: Exported, tmp_path: Path
) -> None:
    files = exported.files
    result = of_type(files, "consultation_result")[0]
    close_by_ed25519_alone(files)
    path = rezip(tmp_path / "before.zip", files)
    since = exported.keys | {"closing_key_since": result}
    assert [each.check for each in verifier.verify(path, since).findings] == ["V06"]
    for held in (
        exported.keys | {"closing_key_since": result + 1},
        {name: key for name, key in exported.keys.items() if not name.startswith("closing_")},
    ):
        report = verifier.verify(path, held)
        assert report.is_sound
        (note,) = [each for each in report.notes if each.check == "V06"]
        assert note.what.endswith("the closing stands by Ed25519 alone")


def test_the_checkpoint_of_another_leaf_closes_nothing(exported: Exported, tmp_path: Path) -> None:
    """Signed by both keys as it is: that of an older closing, say."""
    files = exported.files
    result = of_type(files, "consultation_result")[0]
    origin = files["ledger/checkpoint.txt"].decode().split("\n")[0]
    leaves = [bytes.fromhex(line.split(" ")[0]) for line in leaf_lines(files)[:result]]
    root = verifier.tree_hash(leaves)
    note = ledger.sign_checkpoint(origin, result, root, exported.log)
    files["ledger/closing.txt"] = (note + closing_line(origin, leaves, exported.closing)).encode()
    report = verifier.verify(rezip(tmp_path / "older.zip", files), exported.keys)
    (finding,) = report.findings
    assert (finding.check, finding.what) == ("V06", "not the checkpoint of the result's leaf")


def test_a_witness_that_is_named_twice_is_one(exported: Exported, tmp_path: Path) -> None:
    keys = exported.keys | {"witnesses": [witness_key()] * 2, "witnesses_needed": 2}
    path = rezip(tmp_path / "twice.zip", witnessed(exported))
    (finding,) = verifier.verify(path, keys).findings
    assert (finding.check, finding.what) == ("V07", "cosigned by 1 of 2 witnesses")


def test_a_stamp_of_another_ballot_is_none(exported: Exported, tmp_path: Path) -> None:
    files = witnessed(exported)
    one, other, *_ = ballot_names(files, ".pdf")
    signer = tsa._hole(files[other])[2]["content"]["signer_infos"][0]
    files[one] = tsa.set_in(files[one], signer["unsigned_attrs"][0]["values"][0].dump())
    assert "V10" in found(exported, tmp_path, files)
