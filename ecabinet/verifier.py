"""Verify an exported bundle offline, trusting nothing from the server (security.md 3.5).

Stands alone: imports nothing of ours, and can be run by itself,
`python verifier.py BUNDLE [--keys trust.json] [--previous OLDER] [--deep] [--lang vi|en]`, or for a
receipt that was copied into a file `python verifier.py --receipt FILE --keys trust.json`. Needs
cryptography and pyHanko (`pip install pyHanko`), with --deep pypdf too, and says so where they are
missing.

Every check runs; one that cannot be run has failed. What a bundle of this kind does not hold is
said by itself, and is no pass. 0 sound, 1 unsound (what and where), 2 not a bundle, 3 nothing was
verified, since a library is missing.
"""

import asyncio
import base64
import hashlib
import json
import logging
import re
import sys
import unicodedata
import zipfile
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from importlib.util import find_spec
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

FORMAT = "ecabinet-bundle/1"
NEEDED = ("cryptography", "asn1crypto", "pyhanko", "pyhanko_certvalidator")
NEEDED_DEEP = ("pypdf",)
LARGEST_FILE = 500 * 1024 * 1024
MOST_FILES = 20_000
FOR = ("agree", "agree_comments")
VOTED = (*FOR, "disagree", "other_opinion")
# How a position is named where positions are counted.
COUNTED_AS = {
    "agree": "agree",
    "agree_comments": "agree_comments",
    "disagree": "disagree",
    "other_opinion": "other",
    "deemed_agree": "deemed",
    "silent": "silent",
    "not_reached": "not_reached",
    "awaits_official": "awaiting",
}
# Answered by a signature of a class that does not count alone.
AWAITS = "awaits_official"
KEY_CLASSES, PAPER = ("device", "token", "official-duty"), "paper"
# What proves that a member was told: they opened it, or a server took it for their address.
NOTICE_BY = ("opened", "email", "sms")
CONSULTATION, ACTIVITY = "consultation", "activity"
CLOSING, MEMBER_LIST = "ledger/closing.txt", "crls/member.crl"
SEALED = "activity_sealed"
# Under which rules silence is deemed agreement, and how many working days notice has to leave.
DEEMING_RULES = {"nd-191-2026": 2}
OPENED, BALLOT, CLOSED = "consultation_opened", "ballot", "consultation_closed"
# An answer on paper, that two people have entered from its scan: no key signed it.
ON_PAPER, NO_KEY = "ballot_on_paper", "0" * 64
ASKED, AGAIN = "member_asked", "consultation_asked_again"
EXTENDED, SHORTENED = "consultation_extended", "consultation_shortened"
REPLACED = "edition_published"
REMOVAL = "emergency_removal"
ATTEMPT, DECIDED = "ballot_refused", "attempt_decided"
PROVISIONAL = "consultation_provisional"
RESULT, ENROLLED, REVOKED = "consultation_result", "key_enrolled", "key_revoked"
# A key that took another's place, by that key's own signature over its request.
RENEWED, RENEWAL = "key_renewed", b"ecabinet/key-renewal/v1\0"
# A key of the cabinet's own that gave way to the next, by its own signature over that one.
ROTATED, OF_THE_NEXT = "own_key_rotated", b"ecabinet/log-key-rotation/v1\0"
LOG, CLOSINGS = "log", "log-closing"
MEMBERS, SEAL, STAMPS = "ca-member", "seal", "tsa"
ISSUED = "consultation_decided"
CORRECTED = "result_corrected"
REPORTED = "report_sealed"
# A paper that was handed in and that nobody compared in time keeps silence from agreeing.
HANDED_IN, TAKEN_BACK = "paper_handed_in", "paper_taken_back"
# An other opinion, as the Office proposed that it is read, and what its member made of that.
PROPOSED, PROPOSAL_TAKEN_BACK = "classification_proposed", "classification_taken_back"
CLASSIFIED, DECLINED = "opinion_classified", "classification_declined"
RECKONED = "consultation_classified"
RESERVED = "opinion_reserved"
# What a member let the drafting agency read before the closing, and took back.
RELEASED, COMMENT_BACK = "comment_released", "comment_taken_back"
# As a member's page prints an outcome.
OUTCOME_WORDS = {
    "passed": "Thông qua",
    "not_passed": "Không thông qua",
    "needs_decision": "Cần Thủ tướng Chính phủ quyết định",
    "awaits_classification": "Chờ phân loại ý kiến khác",
}
# Where an opinion stands by how it is read, and what its member's page prints of it.
READ_AS = {"agreement": "agree_comments", "disagreement": "disagree", "neither": "other_opinion"}
READINGS = {
    "agreement": "Cho bên đồng ý",
    "disagreement": "Cho bên không đồng ý",
    "neither": "Không cho bên nào",
}
DECISIONS = ("issue", "return", "session")
# Where the count alone decides nothing, the Prime Minister does.
ISSUABLE = ("passed", "needs_decision")
# What may stand in a consultation's bundle: acts of a kind unknown here are no part of it.
ACTS = frozenset(
    {
        OPENED, BALLOT, ON_PAPER, CLOSED, ASKED, AGAIN, EXTENDED, SHORTENED, REPLACED, REMOVAL,
        ATTEMPT, DECIDED, PROVISIONAL, RESULT, ISSUED, CORRECTED, REPORTED, ENROLLED, RENEWED,
        REVOKED, ROTATED, HANDED_IN, TAKEN_BACK, PROPOSED, PROPOSAL_TAKEN_BACK, CLASSIFIED,
        DECLINED, RECKONED, RESERVED, RELEASED, COMMENT_BACK,
    }
)  # fmt: skip
FILES = re.compile(
    r"manifest\.json|keys\.json|ledger/(checkpoint|closing|leaves)\.txt|consultation\.json"
    r"|crls/(root|member(-\d+)?)\.crl|papers/[0-9a-f]{64}\.pdf|ballots/\d+\.(json|pdf)|attempts/\d+\.json"
    r"|(classifications|reserved)/\d+\.(json|pdf)|(renewals|early)/\d+\.json|reports/\d+\.pdf|activity\.json|activity/rows\.jsonl"
)
# Clocks of two keepers may differ by so much.
STAMP_SLACK = timedelta(minutes=5)
# Choices of the Prime Minister by side, where the count alone decides nothing.
SIDES = {"agree": True, "agree_comments": True, "disagree": False}


class NotABundle(Exception):
    """The file is no bundle of a format that this verifier knows."""


class Unsound(Exception):
    """One thing that is wrong; raised inside a check, reported with its number."""


class Absent(Exception):
    """What a check would look at was not given; neither passed nor failed."""


@dataclass(frozen=True)
class Finding:
    """The number of a check, the file or record, and what is wrong or is to be known."""

    check: str
    where: str
    what: str


@dataclass(frozen=True)
class Report:
    """What was checked, every failure, and what could not be looked at; sound only when no check
    that had something to look at failed."""

    about: str
    checks: tuple[str, ...]
    findings: tuple[Finding, ...]
    absent: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    keys_from: str

    @property
    def is_sound(self) -> bool:
        return not self.findings


# ---- canonical JSON (RFC 8785), as far as statements and leaves use it ----


def read_canonical(data: bytes, where: str) -> dict[str, Any]:
    """A JSON object in its one form: NFC text, integers, no key twice, keys in order."""
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_unique)
        same = isinstance(value, dict) and _written(value).encode("utf-8") == data
    except (ValueError, RecursionError, UnicodeEncodeError) as wrong:
        raise Unsound(f"{where}: not canonical JSON ({wrong})") from None
    if not same:
        raise Unsound(f"{where}: not in its canonical form")
    return dict(value)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _written(value: Any) -> str:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{_text(key)}:{_written(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    raise ValueError(f"no {type(value).__name__} here")


def _text(text: str) -> str:
    if not unicodedata.is_normalized("NFC", text):
        raise ValueError("text that is not NFC")
    return json.dumps(text, ensure_ascii=False)


# ---- the log: RFC 9162 hashes, C2SP notes and proofs ----


def leaf_hash(envelope: bytes) -> bytes:
    return hashlib.sha256(b"\0" + envelope).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    """RFC 9162, 2.1.1, over leaf hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(tree_hash(leaves[:split]), tree_hash(leaves[split:]))


def root_by_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """RFC 9162, 2.1.3.2."""
    if not 0 <= index < size:
        raise Unsound("the index lies outside the tree")
    at, last, root = index, size - 1, leaf
    for step in path:
        if last == 0:
            raise Unsound("the proof is too long")
        if at & 1 or at == last:
            root = node_hash(step, root)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            root = node_hash(root, step)
        at, last = at >> 1, last >> 1
    if last:
        raise Unsound("the proof is too short")
    return root


@dataclass(frozen=True)
class Checkpoint:
    origin: str
    size: int
    root: bytes


NOTE = re.compile(
    r"(?P<text>(?P<origin>[^\n]+)\n(?P<size>0|[1-9][0-9]*)\n(?P<root>[A-Za-z0-9+/]{43}=)\n)"
    r"\n(?P<signatures>(?:\u2014 [^ \n]+ [A-Za-z0-9+/]+=*\n)+)"
)
ED25519, COSIGNATURE, ML_DSA_44 = b"\x01", b"\x04", b"\x06"
KEY_BYTES = {ED25519: 32, COSIGNATURE: 32, ML_DSA_44: 1312}


def open_checkpoint(note: str, *log_keys: str) -> Checkpoint:
    """The checkpoint that one of these keys signed (C2SP signed-note and tlog-checkpoint)."""
    signer_of(note, log_keys)
    return _said(_note(note))


def signer_of(note: str, log_keys: Sequence[str]) -> str:
    """Which of these keys signed a checkpoint."""
    found = _note(note)
    for each in log_keys:
        name, key_id, public = _verifier_key(each, ED25519)
        signed = [each[4:] for each in _signatures(found, name) if each[:4] == key_id]
        if len(signed) == 1:
            if not _holds(public, signed[0], found["text"].encode()):
                raise Unsound("the signature of the log does not hold")
            return each
    raise Unsound("signed by another key")


def said_of_the_next(old: str, new: str) -> bytes:
    """What a key of the log's own signs of the one that takes its place, as C2SP prints both."""
    return OF_THE_NEXT + f"{old}\n{new}\n".encode()


def signed_the_next(purpose: str, old: str, new: str, signature: bytes) -> bool:
    """Whether a key of the log, or of its closings, signed that the next takes its place."""
    kind = ED25519 if purpose == LOG else ML_DSA_44
    name, _, public = _verifier_key(old, kind)
    if name != _verifier_key(new, kind)[0]:
        return False
    said = said_of_the_next(old, new)
    if kind == ED25519:
        return _holds(public, signature, said)
    return _holds_for_long(public, signature, said)


def _note(note: str) -> re.Match[str]:
    found = NOTE.fullmatch(note)
    if found is None:
        raise Unsound("not a checkpoint")
    return found


def _said(note: re.Match[str]) -> Checkpoint:
    return Checkpoint(note["origin"], int(note["size"]), _base64(note["root"]))


def signed_for_long_at(note: str, closing_key: str) -> int | None:
    """When a checkpoint was signed by ML-DSA-44 as well, which no quantum computer forges (C2SP
    tlog-cosignature, by the log itself); None where it was not, or the signature does not hold."""
    found = _note(note)
    name, key_id, public = _verifier_key(closing_key, ML_DSA_44)
    log, by = _said(found), name.encode()
    named = bytes([len(by)]) + by
    origin = bytes([len(log.origin.encode())]) + log.origin.encode()
    for each in _signatures(found, name):
        at = each[4:12]
        said = b"subtree/v1\n\0" + named + at + origin + bytes(8) + log.size.to_bytes(8, "big")
        said += log.root
        if each[:4] == key_id:
            return int.from_bytes(at, "big") if _holds_for_long(public, each[12:], said) else None
    return None


def cosigned_at(note: str, witness_key: str) -> int | None:
    """When this witness cosigned a note (C2SP tlog-cosignature); None where it did not."""
    found = _note(note)
    name, key_id, public = _verifier_key(witness_key, COSIGNATURE)
    for each in _signatures(found, name):
        at = int.from_bytes(each[4:12], "big")
        said = f"cosignature/v1\ntime {at}\n{found['text']}".encode()
        if each[:4] == key_id and _holds(public, each[12:], said):
            return at
    return None


def _signatures(note: re.Match[str], name: str) -> list[bytes]:
    lines = [line.split(" ") for line in note["signatures"].splitlines()]
    return [_base64(signature) for _, by, signature in lines if by == name]


def _holds(public: bytes, signature: bytes, data: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except InvalidSignature:
        return False
    return True


def _holds_for_long(public: bytes, signature: bytes, data: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
    except ImportError:
        raise Unsound("this cryptography knows no ML-DSA-44: install 48 or newer") from None
    try:
        MLDSA44PublicKey.from_public_bytes(public).verify(signature, data)
    except InvalidSignature:
        return False
    return True


# Base64 may itself hold "+", so the name ends where the id of eight hex digits stands.
PRINTED_KEY = re.compile(r"(.+?)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)")


def _verifier_key(key: str, kind: bytes) -> tuple[str, bytes, bytes]:
    found = PRINTED_KEY.fullmatch(key)
    if found is None:
        raise Unsound("a key that is not in C2SP's form")
    name, key_id, encoded = found.groups()
    raw = _base64(encoded)
    expected = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    if raw[:1] != kind or len(raw) != 1 + KEY_BYTES[kind] or expected.hex() != key_id:
        raise Unsound("a key that is not one of that name and use")
    return name, expected, raw[1:]


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise Unsound("not base64") from None


@dataclass(frozen=True)
class Proof:
    index: int
    path: tuple[bytes, ...]
    note: str


def read_proof(text: str) -> Proof:
    """C2SP tlog-proof@v1."""
    head, empty, note = text.partition("\n\n")
    first, *lines = head.split("\n")
    if first != "c2sp.org/tlog-proof@v1" or not empty or not lines:
        raise Unsound("not a tlog-proof")
    index = re.fullmatch(r"index (0|[1-9][0-9]*)", lines[0])
    if index is None:
        raise Unsound("a tlog-proof without an index")
    path = tuple(_base64(line) for line in lines[1:])
    if any(len(step) != 32 for step in path):
        raise Unsound("a hash of another length")
    return Proof(int(index[1]), path, note)


# ---- the bundle ----

# A key of the log's own, and the place of the act by which it gave way; None while it is in use.
Held = tuple[str, int | None]


def keys_held(keys: dict[str, Any], purpose: str) -> list[Held]:
    """The keys of the log, or of its closings, that one holds, the one in use last."""
    name = {LOG: "log_key", CLOSINGS: "closing_key"}[purpose]
    former = [(each["key"], each["until"]) for each in keys.get(f"former_{name}s", [])]
    return [*former, (keys[name], None)] if name in keys else []


@dataclass
class Bundle:
    """The files of a bundle, read once; records that a check needs are parsed when asked for."""

    files: dict[str, bytes]
    keys: dict[str, Any]
    # The checkpoint of an older bundle of this log, if one holds any.
    older: bytes | None = None
    deep: bool = False
    notes: list[tuple[str, str]] = field(default_factory=list)
    signed: dict[str, "Signed"] = field(default_factory=dict)

    @cached_property
    def kind(self) -> str:
        return str(json.loads(self.read("manifest.json"))["kind"])

    def read(self, name: str) -> bytes:
        if name not in self.files:
            raise Unsound(f"{name} is missing")
        return self.files[name]

    def json(self, name: str) -> dict[str, Any]:
        return read_canonical(self.read(name), name)

    @cached_property
    def described(self) -> dict[str, Any]:
        return self.json(f"{self.kind}.json")

    @cached_property
    def consultation(self) -> dict[str, Any]:
        return self.json("consultation.json")

    @cached_property
    def leaves(self) -> list[tuple[bytes, bytes | None]]:
        """Of each leaf its hash and, where it belongs to this matter, its envelope."""
        found = []
        for number, line in enumerate(self.read("ledger/leaves.txt").decode("ascii").splitlines()):
            parts = line.split(" ")
            if len(parts) > 2 or not re.fullmatch(r"[0-9a-f]{64}", parts[0]):
                raise Unsound(f"ledger/leaves.txt, leaf {number}: not a leaf")
            envelope = _base64(parts[1]) if len(parts) == 2 else None
            found.append((bytes.fromhex(parts[0]), envelope))
        return found

    @cached_property
    def acts(self) -> dict[int, dict[str, Any]]:
        """The acts of this matter by their place in the log."""
        return {
            position: read_canonical(envelope, f"leaf {position}")
            for position, (_, envelope) in enumerate(self.leaves)
            if envelope is not None
        }

    def of_type(self, kind: str) -> dict[int, dict[str, Any]]:
        return {at: act for at, act in self.acts.items() if act.get("type") == kind}

    def only(self, kind: str) -> tuple[int, dict[str, Any]]:
        found = self.of_type(kind)
        if len(found) != 1:
            raise Unsound(f"{len(found)} acts of type {kind}, not one")
        return next(iter(found.items()))

    @cached_property
    def checkpoint(self) -> Checkpoint:
        return self.open(self.read("ledger/checkpoint.txt").decode())

    def open(self, note: str) -> Checkpoint:
        """A checkpoint by a key that one holds, or that an act names: V40 says which of those were
        rightly named, and where each of them signs."""
        return open_checkpoint(note, *self.named(LOG))

    def named(self, purpose: str) -> list[str]:
        """The keys of the log, or of its closings, that one holds and that the acts name."""
        acts = self.rotations(purpose).values()
        return [key for key, _ in keys_held(self.keys, purpose)] + [it["new_key"] for it in acts]

    def rotations(self, purpose: str) -> dict[int, dict[str, Any]]:
        """The acts by which a key of this purpose gave way to the next."""
        found = self.of_type(ROTATED).items()
        return {at: act for at, act in found if act["purpose"] == purpose}

    def root(self, size: int) -> bytes:
        if size > len(self.leaves):
            raise Unsound(f"no {size} leaves")
        return tree_hash([digest for digest, _ in self.leaves[:size]])

    @cached_property
    def ballots(self) -> dict[int, dict[str, Any]]:
        """The ballots' records by the place of their leaf."""
        names = [re.fullmatch(r"ballots/(\d+)\.json", name) for name in self.files]
        return {int(name[1]): self.json(name[0]) for name in names if name}

    @cached_property
    def attempts(self) -> dict[int, dict[str, Any]]:
        """What was signed and could not be taken: the statements, by the place of their leaf."""
        names = [re.fullmatch(r"attempts/(\d+)\.json", name) for name in self.files]
        return {
            int(name[1]): read_canonical(self.json(name[0])["statement"].encode(), name[0])
            for name in names
            if name
        }

    @cached_property
    def rows(self) -> dict[int, bytes]:
        """The lines of the activity log by their numbers."""
        lines = self.read("activity/rows.jsonl").splitlines()
        numbers = [json.loads(line, object_pairs_hook=_unique)["id"] for line in lines]
        for number, following in pairwise(numbers):
            if number >= following:
                raise Unsound(f"row {following}: twice, or not in its order")
        return dict(zip(numbers, lines, strict=True))

    @property
    def certified(self) -> dict[int, dict[str, Any]]:
        """The acts by which keys came to be: confirmed by two people, or renewed by a key."""
        return self.of_type(ENROLLED) | self.of_type(RENEWED)

    @property
    def cast(self) -> dict[int, dict[str, Any]]:
        """The acts of all ballots, signed and on paper."""
        return self.of_type(BALLOT) | self.of_type(ON_PAPER)

    @property
    def signed_ballots(self) -> list[int]:
        """Those that the log has as signed by their members; the rest are on paper."""
        return [leaf for leaf in sorted(self.ballots) if self.acts[leaf]["type"] == BALLOT]

    def statement(self, leaf: int) -> dict[str, Any]:
        return read_canonical(self.ballots[leaf]["statement"].encode(), f"statement {leaf}")


# What zipfile says of a broken file, of a password, of a method that it does not know.
UNZIPPABLE = (zipfile.BadZipFile, OSError, RuntimeError, EOFError)


def open_bundle(path: Path) -> dict[str, bytes]:
    """The files of a ZIP; NotABundle when it is none, or its manifest is of another format."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            if len(infos) > MOST_FILES or sum(each.file_size for each in infos) > LARGEST_FILE:
                raise NotABundle("larger than a bundle may be")
            if len({each.filename for each in infos}) != len(infos):
                raise NotABundle("a file stands twice in it")
            files = {each.filename: archive.read(each) for each in infos}
    except UNZIPPABLE as wrong:
        raise NotABundle(str(wrong)) from None
    try:
        manifest = json.loads(files["manifest.json"])
        form, kind = manifest["format"], manifest["kind"]
    except (KeyError, TypeError, ValueError):
        raise NotABundle("it has no manifest") from None
    if form != FORMAT:
        raise NotABundle(f"format {form} is not known here")
    if kind not in (CONSULTATION, ACTIVITY):
        raise NotABundle(f"a bundle of kind {kind} is not known here")
    return files


# ---- checks ----

Check = Callable[[Bundle], None]


@dataclass(frozen=True)
class Shown:
    """What a check shows, in both languages, how, and of which kinds of bundle."""

    vi: str
    en: str
    run: Check
    kinds: tuple[str, ...]


CHECKS: dict[str, Shown] = {}
EVERY = (CONSULTATION, ACTIVITY)


def check(number: str, vi: str, en: str, *kinds: str) -> Callable[[Check], Check]:
    def add(function: Check) -> Check:
        CHECKS[number] = Shown(vi, en, function, kinds or (CONSULTATION,))
        return function

    return add


def expect(holds: bool, where: str, what: str) -> None:
    if not holds:
        raise Unsound(f"{where}: {what}")


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@check(
    "V01",
    "bản kê có đủ mọi tệp với mã băm, không thừa tệp nào",
    "the manifest lists every file and its digest, and nothing else",
    *EVERY,
)
def manifest(bundle: Bundle) -> None:
    listed = json.loads(bundle.read("manifest.json"))["files"]
    there = {name: digest(data) for name, data in bundle.files.items() if name != "manifest.json"}
    for name in sorted(listed.keys() | there.keys()):
        expect(name in there, name, "listed, but missing")
        expect(name in listed, name, "there, but not listed")
        expect(listed[name] == there[name], name, "not the bytes that were listed")
        expect(FILES.fullmatch(name) is not None, name, "no file of a bundle")


@check(
    "V02", "có đủ mọi lá của sổ đến điểm kiểm", "every leaf up to the checkpoint is there", *EVERY
)
def leaves_whole(bundle: Bundle) -> None:
    expect(
        len(bundle.leaves) == bundle.checkpoint.size,
        "ledger/leaves.txt",
        f"{len(bundle.leaves)} leaves for a checkpoint of {bundle.checkpoint.size}",
    )


@check(
    "V03",
    "mở, đóng và kết quả đều có trong sổ, mỗi việc một lần, đúng thứ tự",
    "opening, closing and result are in the log, once each and in this order",
)
def acts_there(bundle: Bundle) -> None:
    places = [bundle.only(kind)[0] for kind in (OPENED, CLOSED, RESULT)]
    expect(places == sorted(places), f"leaves {places}", "not in the order of their acts")
    number = bundle.consultation["id"]
    for at, act in bundle.acts.items():
        expect(act["type"] in ACTS, f"leaf {at}", f"an act of an unknown type, {act['type']}")
        if act["type"] in (OPENED, CLOSED, RESULT, BALLOT, ON_PAPER, ATTEMPT, EXTENDED, SHORTENED):
            expect(act["consultation"] == number, f"leaf {at}", "of another consultation")


@check(
    "V04",
    "mỗi phiếu có bản ghi, PDF và việc ghi nhận khóa; mỗi lần gửi không nhận có bản kê",
    "each ballot has its record, PDF and key's enrolment, each attempt its statement",
)
def ballots_whole(bundle: Bundle) -> None:
    logged, kept = set(bundle.cast), set(bundle.ballots)
    for leaf in sorted(logged ^ kept):
        expect(leaf in kept, f"leaf {leaf}", "a ballot in the log without its record")
        expect(leaf in logged, f"ballots/{leaf}.json", "a record without a ballot in the log")
    enrolled = {act["key_id"] for act in bundle.certified.values()}
    for leaf in sorted(kept):
        bundle.read(f"ballots/{leaf}.pdf")
        own = bundle.ballots[leaf]["member"] == bundle.statement(leaf)["member"]
        expect(own, f"ballots/{leaf}.json", "names another member than its statement")
    for leaf in bundle.signed_ballots:
        key_id = bundle.statement(leaf)["key_id"]
        expect(key_id in enrolled, f"ballots/{leaf}.json", "its key was never enrolled")
        record, act = bundle.ballots[leaf], bundle.acts[leaf]
        certified = digest(base64.b64decode(record["certificate"])) == act["certificate_sha256"]
        expect(certified, f"ballots/{leaf}.json", "not the certificate that the log names")
    attempts = bundle.of_type(ATTEMPT)
    for leaf in sorted(attempts.keys() ^ bundle.attempts.keys()):
        expect(leaf in bundle.attempts, f"leaf {leaf}", "an attempt without its statement")
        expect(leaf in attempts, f"attempts/{leaf}.json", "an attempt that the log does not know")
    for leaf, act in attempts.items():
        said = digest(bundle.json(f"attempts/{leaf}.json")["statement"].encode())
        expect(said == act["statement_sha256"], f"attempts/{leaf}.json", "another statement")
    closed, act = bundle.only(CLOSED)
    here = [leaf for leaf in sorted(attempts) if leaf < closed]
    expect(act["attempt_leaves"] == here, f"leaf {closed}", "names other attempts")


@check(
    "V05",
    "mỗi thành viên có đúng một chỗ; có phiếu thì mới có ý kiến",
    "each member stands in exactly one place, and a vote is where a ballot is",
)
def members_once(bundle: Bundle) -> None:
    standings = bundle.consultation["standings"]
    members = [each["member"] for each in standings]
    expect(len(set(members)) == len(members), "standings", "a member stands twice")
    last = last_ballots(bundle)
    for each in standings:
        where = f"member {each['member']}"
        expect(each["position"] in COUNTED_AS, where, f"position {each['position']} is unknown")
        own = last.get(each["member"])
        expect(each["leaf"] == own, where, "does not point to their last ballot")
        answered = each["position"] in (*VOTED, AWAITS)
        expect((own is not None) == answered, where, "a vote without a ballot")
        if own is not None:
            said = bundle.statement(own)
            counts = said["signature_class"] in (*classes_counted(bundle), PAPER)
            stands = said["questions"][0]["choice"] if counts else AWAITS
            expect(each["position"] == stands, where, "does not stand where they signed")


def classes_counted(bundle: Bundle) -> Sequence[str]:
    """Which classes of signature count; of a question opened before that was said, all."""
    said = bundle.only(OPENED)[1].get("signature_classes")
    return KEY_CLASSES if said is None else list(said)


def last_ballots(bundle: Bundle) -> dict[int, int]:
    """Each voter's last ballot on the papers as they were at the end, by its leaf."""
    asked = askings(bundle)[-1][0]
    ballots = [leaf for leaf in sorted(bundle.ballots) if leaf > asked]
    return {bundle.statement(leaf)["member"]: leaf for leaf in ballots}


def askings(bundle: Bundle) -> list[tuple[int, dict[str, Any]]]:
    """The opening, and each time that the members were asked again, by their leaves."""
    number = bundle.consultation["id"]
    again = bundle.of_type(AGAIN).items()
    return [bundle.only(OPENED), *sorted(each for each in again if of_this(each, number))]


def of_this(found: tuple[int, dict[str, Any]], number: int) -> bool:
    return bool(found[1]["consultation"] == number)


def asking(bundle: Bundle, leaf: int) -> tuple[int, dict[str, Any]]:
    """By which leaf the members were asked when this ballot was cast."""
    return [each for each in askings(bundle) if each[0] < leaf or each[1]["type"] == OPENED][-1]


@check(
    "V06",
    "điểm kiểm do khóa của sổ ký, mang đúng tên sổ; điểm kiểm lúc đóng do cả hai khóa ký",
    "the log's checkpoint is signed by the log's key, under this log's name; the closing's by both",
    *EVERY,
)
def checkpoint_signed(bundle: Bundle) -> None:
    expect(
        bundle.checkpoint.origin == bundle.described["origin"],
        "ledger/checkpoint.txt",
        "of another log",
    )
    if bundle.kind == CONSULTATION:
        closing_signed(bundle)


def closing_signed(bundle: Bundle) -> None:
    """The checkpoint up to the result's leaf bears both signatures, from the place on from which
    the keys that one holds say so."""
    result, _ = bundle.only(RESULT)
    keys, since = bundle.named(CLOSINGS), bundle.keys.get("closing_key_since", 0)
    if not keys_held(bundle.keys, CLOSINGS) or result < since:
        is_named = bool(keys_held(bundle.keys, CLOSINGS))
        why = "closed before there were two" if is_named else "the keys name no ML-DSA-44 key"
        bundle.notes.append((CLOSING, f"{why}: the closing stands by Ed25519 alone"))
        return
    note = bundle.read(CLOSING).decode()
    signed = bundle.open(note)
    expect(signed.origin == bundle.described["origin"], CLOSING, "of another log")
    expect(signed.size == result + 1, CLOSING, "not the checkpoint of the result's leaf")
    both = any(signed_for_long_at(note, each) is not None for each in keys)
    expect(both, CLOSING, "not signed by ML-DSA-44 as well")


@check(
    "V07",
    "đủ số nhân chứng bên ngoài đã ký xác nhận điểm kiểm",
    "as many outside witnesses as are asked for cosigned the checkpoint",
    *EVERY,
)
def witnessed(bundle: Bundle) -> None:
    witnesses, least = bundle.keys.get("witnesses", []), bundle.keys.get("witnesses_needed", 0)
    if not witnesses or not least:
        raise Absent("no witness is named by the keys: the log is its keeper's word")
    note = bundle.read("ledger/checkpoint.txt").decode()
    count = sum(cosigned_at(note, each) is not None for each in set(witnesses))
    expect(count >= least, "ledger/checkpoint.txt", f"cosigned by {count} of {least} witnesses")


@check(
    "V08",
    "PDF của mỗi phiếu được thành viên ký trọn vẹn bằng khóa có chứng thư, và chứa bản kê",
    "each ballot's PDF is signed whole by its member's certified key, and holds S",
)
def signatures(bundle: Bundle) -> None:
    for leaf in bundle.signed_ballots:
        where, record = f"ballots/{leaf}.pdf", bundle.ballots[leaf]
        signed_as_logged(signed_ballot(bundle, leaf), record, bundle.acts[leaf], where)
        opinion = digest(record["opinion"].encode())
        said = bundle.statement(leaf)["questions"][0]["opinion_sha256"]
        expect(opinion == said, where, "not the opinion that was signed")


def signed_as_logged(
    signed: "Signed", record: dict[str, Any], act: dict[str, Any], where: str
) -> None:
    """That a signed page, its record and its act in the log are of one signature."""
    statement = record["statement"].encode()
    expect(signed.statement == statement, where, "holds another statement than its record")
    expect(digest(statement) == act["statement_sha256"], where, "not the statement logged")
    expect(digest(signed.certificate) == act["certificate_sha256"], where, "another's key")
    expect(signed.mark == act["byterange_sha256"], where, "not the page that was logged")
    expect(digest(signed.signature) == act["signature_sha256"], where, "another signature")
    evidence = _written(record["evidence"]).encode()
    expect(digest(evidence) == act["evidence_sha256"], where, "not the evidence logged")


@dataclass(frozen=True)
class Signed:
    certificate: bytes
    statement: bytes
    mark: str
    signature: bytes
    # When an authority that one trusts stamped it; None where none did.
    stamped_at: datetime | None
    # What is set behind it for the archive; looked at with --deep alone, None where there is none.
    lasting: "Lasting | None"


def signed_ballot(bundle: Bundle, leaf: int) -> Signed:
    return read_signed(bundle, f"ballots/{leaf}.pdf", bundle.statement(leaf))


def read_signed(bundle: Bundle, where: str, said: dict[str, Any]) -> Signed:
    """What a member signed, validated once however many checks ask for it."""
    if where not in bundle.signed:
        bundle.signed[where] = _validated(bundle, said, where)
    return bundle.signed[where]


def _validated(bundle: Bundle, said: dict[str, Any], where: str) -> Signed:
    """Validate a signed PDF against the root one holds; nothing may follow the signature but
    long-term data and a document's time stamps (PAdES B-LT, B-LTA)."""
    pdf, issued = bundle.read(where), moment(said["issued_at"])
    signed = one_signature(bundle, where, pdf, issued, said["signature_class"])
    reader, embedded = signed.reader, signed.embedded
    try:
        names = reader.root["/Names"]["/EmbeddedFiles"]["/Names"]
        (statement,) = (names[at]["/EF"]["/F"].data for at in range(1, len(names), 2))
    # A damaged file may fail anywhere in the parsers; in every case it does not hold.
    except Exception as wrong:
        raise Unsound(f"{where}: holds no statement ({wrong!r})") from None
    first, length, second, rest = (int(each) for each in embedded.byte_range)
    mark = digest(pdf[first : first + length] + pdf[second : second + rest])
    value = embedded.signer_info["signature"].native
    is_rsa = embedded.signer_cert.public_key.algorithm == "rsa"
    return Signed(
        embedded.signer_cert.dump(),
        statement,
        mark,
        value if is_rsa else raw_signature(value),
        signed.stamped_at,
        lasting(bundle, reader, embedded) if bundle.deep else None,
    )


@dataclass(frozen=True)
class OneSignature:
    """The one signature of a PDF, which holds, and when an authority that one trusts stamped it."""

    reader: Any
    embedded: Any
    stamped_at: datetime | None


def one_signature(
    bundle: Bundle, where: str, pdf: bytes, at: datetime, signature_class: str | None = None
) -> OneSignature:
    """Under the roots of its class as of this moment, over its whole revision; behind it stand
    long-term data and a document's time stamps alone. Without a class it is the cabinet's own, and
    so is its stamp."""
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    own = signature_class or KEY_CLASSES[0]
    context = _trusting(bundle, at, own)
    try:
        reader = PdfFileReader(BytesIO(pdf), strict=True)
        (embedded,) = reader.embedded_regular_signatures
        stamped = _stamped_at(embedded) or at
        by = _trusting(bundle, stamped, own, of_stamps=signature_class is not None)
        status = validate_pdf_signature(embedded, context, by)
    # A damaged file may fail anywhere in the parsers; in every case it does not hold.
    except Exception as wrong:
        raise Unsound(f"{where}: cannot be read as a signed PDF ({wrong!r})") from None
    whole = status.coverage >= SignatureCoverageLevel.ENTIRE_REVISION
    alone = status.modification_level <= ModificationLevel.LTA_UPDATES
    expect(status.bottom_line and whole and alone, where, "the signature does not hold")
    stamp = status.timestamp_validity
    is_good = stamp and stamp.intact and stamp.valid and stamp.trusted
    return OneSignature(reader, embedded, stamp.timestamp if stamp and is_good else None)


def authorities_of(bundle: Bundle, signature_class: str) -> tuple[list[str], list[str]]:
    """Roots of a class of signature, and what stands between: the cabinet's own for devices."""
    if signature_class == KEY_CLASSES[0]:
        return [bundle.keys["root"]], bundle.keys["authorities"]
    pinned = bundle.keys.get("classes", {}).get(signature_class)
    if not pinned:
        raise Unsound(f"the keys: name no authority for signatures of class {signature_class}")
    return pinned["roots"], pinned["between"]


def _trusting(
    bundle: Bundle, at: datetime, signature_class: str = KEY_CLASSES[0], of_stamps: bool = False
) -> Any:
    """In what a signature of this moment is validated: the roots of its class, which certify no
    other, the root one holds for stamps; and no network."""
    from asn1crypto import x509
    from pyhanko_certvalidator import ValidationContext

    roots, between = authorities_of(bundle, signature_class)
    trusted = [_base64(each) for each in roots] + (_roots(bundle, True) if of_stamps else [])
    return ValidationContext(
        trust_roots=[x509.Certificate.load(each) for each in trusted],
        other_certs=[x509.Certificate.load(_base64(each)) for each in between],
        allow_fetching=False,
        moment=at,
    )


@dataclass(frozen=True)
class Lasting:
    """How long-term data judge a signature as of its last stamp, until when that one's certificate
    speaks for it, and how many stamps there are."""

    fault: str
    until: datetime
    stamps: int


def lasting(bundle: Bundle, reader: Any, embedded: Any) -> Lasting | None:
    """Judge a signature by what the file itself holds, long after its certificates have run out:
    as of its own stamp, which the first stamp of the archive vouches for, that one the next, and
    the last one by itself. Of each certificate a list of its issuer's has to say that it was not
    revoked; nothing here can say what became of the last stamp's authority since."""
    stamps = sorted(reader.embedded_timestamp_signatures, key=lambda each: each.signed_revision)
    if not stamps:
        return None
    try:
        fault = _run(_long_term_fault(bundle, reader, embedded, stamps))
    # A damaged file may fail anywhere in the parsers; in every case it does not hold.
    except Exception as wrong:
        fault = f"they cannot be judged ({wrong!r})"
    return Lasting(fault, stamps[-1].signer_cert.not_valid_after, len(stamps))


REVOKED_BEFORE = "the key had been revoked when the signature was stamped"


async def _long_term_fault(
    bundle: Bundle, reader: Any, embedded: Any, stamps: Sequence[Any]
) -> str:
    from pyhanko.sign.validation import async_validate_pdf_signature, async_validate_pdf_timestamp
    from pyhanko.sign.validation.dss import DocumentSecurityStore
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    store = DocumentSecurityStore.read_dss(reader)
    times = [_said_time(each.signed_data) for each in stamps]
    first = _stamped_at(embedded)
    moments = [first, *times]
    if first is None or any(one > other for one, other in pairwise(moments)):
        return "the stamps do not follow one another in time"
    for number, stamp in enumerate(stamps):
        as_of = times[min(number + 1, len(times) - 1)]
        if stamp.signer_cert.not_valid_after < as_of:
            return f"the certificate of stamp {number + 1} had run out before the next one"
        terms = _terms(bundle, store, as_of, of_stamps=True)
        status = await async_validate_pdf_timestamp(stamp, terms, skip_diff=True)
        whole = status.coverage >= SignatureCoverageLevel.ENTIRE_REVISION
        if not (status.intact and status.valid and status.trusted and whole):
            return f"stamp {number + 1} does not hold, or its authority's certificate does not"
    # What was revoked after its stamp was good when it signed: the list was made later.
    for_it = _terms(bundle, store, first, is_later=True)
    for_its_stamp = _terms(bundle, store, times[0], of_stamps=True)
    found = await async_validate_pdf_signature(embedded, for_it, for_its_stamp, skip_diff=True)
    if found.revocation_details is not None:
        return REVOKED_BEFORE
    own = found.timestamp_validity
    if not (own and own.intact and own.valid and own.trusted):
        return "the signature's own stamp does not hold, or its authority's certificate does not"
    if not (found.intact and found.valid and found.trusted):
        return "nothing shows that the certificate was good when the signature was stamped"
    return ""


def _stamped_at(embedded: Any) -> datetime | None:
    """When a signature's own stamp says that it was made; whether it holds is another question."""
    from pyhanko.sign.validation.generic_cms import extract_tst_data_iter

    found = next(extract_tst_data_iter(embedded.signer_info, signed=False), None)
    at: datetime | None = _said_time(found) if found else None
    return at


def _said_time(token: Any) -> Any:
    return token["encap_content_info"]["content"].parsed["gen_time"].native


def _roots(bundle: Bundle, of_stamps: bool) -> list[bytes]:
    """The certificates that one trusts by themselves; for stamps other authorities' too."""
    others = bundle.keys.get("stamp_authorities", []) if of_stamps else []
    return [_base64(each) for each in (bundle.keys["root"], *others)]


def _terms(
    bundle: Bundle, store: Any, moment: datetime, is_later: bool = False, of_stamps: bool = False
) -> Any:
    """On what terms to judge as of a moment: no certificate without a list of its issuer's, made
    before that moment and not run out by then, or where `is_later`, after it."""
    from asn1crypto import x509

    return store.as_validation_context(
        {
            "trust_roots": [x509.Certificate.load(each) for each in _roots(bundle, of_stamps)],
            "allow_fetching": False,
            "revocation_mode": "require",
            "moment": moment,
            "retroactive_revinfo": is_later,
        }
    )


def _run(work: Any) -> Any:
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


def raw_signature(der: bytes) -> bytes:
    """r and s, 32 bytes each, as the member's device made them."""
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    return b"".join(part.to_bytes(32, "big") for part in decode_dss_signature(der))


@check(
    "V09",
    "việc cần hai người do hai người làm: mở lấy ý kiến, khóa ký, gỡ khẩn cấp, đổi hạn",
    "what needs two people was done by two: the opening, each key, each removal",
)
def by_two(bundle: Bundle) -> None:
    pairs = {
        OPENED: ("drafted_by", "approved_by"),
        ENROLLED: ("member", "confirmed_by"),
        REMOVAL: ("asked_by", "confirmed_by"),
        EXTENDED: ("asked_by", "confirmed_by"),
        SHORTENED: ("asked_by", "confirmed_by"),
        CORRECTED: ("asked_by", "confirmed_by"),
        ON_PAPER: ("asked_by", "confirmed_by"),
    }
    for kind, (one, other) in pairs.items():
        for at, act in bundle.of_type(kind).items():
            both = (act.get(one), act.get(other))
            known = all(isinstance(each, int) for each in both)
            expect(known and both[0] != both[1], f"leaf {at}", f"{kind} by one person alone")


@check(
    "V10",
    "mỗi phiếu có dấu thời gian RFC 3161 trên chữ ký, không sớm hơn bản kê",
    "each ballot's signature bears a trusted RFC 3161 stamp, no earlier than its statement",
)
def stamped(bundle: Bundle) -> None:
    for leaf in bundle.signed_ballots:
        where = f"ballots/{leaf}.pdf"
        at = signed_ballot(bundle, leaf).stamped_at
        if at is None:
            raise Unsound(f"{where}: no time stamp that can be trusted")
        made = moment(bundle.statement(leaf)["issued_at"])
        expect(made - STAMP_SLACK <= at, where, "stamped before it was made")
        # A stamp is fetched after the cast: beside a late one, the log alone says when.
        if at >= moment(end_at(bundle, leaf)):
            bundle.notes.append((where, "stamped after the end: the log alone says it was in time"))


@check(
    "V34",
    "dữ liệu lâu dài sau mỗi chữ ký của thành viên đủ để tin chữ ký khi chứng thư đã hết hạn",
    "the long-term data behind each member's signature suffice once its certificates have run out",
)
def long_term(bundle: Bundle) -> None:
    if not bundle.deep:
        raise Absent("looked at with --deep alone")
    pages = {
        "ballots": {leaf: bundle.statement(leaf) for leaf in bundle.signed_ballots},
        **{folder: of_result(bundle, folder) for folder in ("classifications", "reserved")},
    }
    signed = {
        folder: {leaf: read_signed(bundle, f"{folder}/{leaf}.pdf", said[leaf]) for leaf in said}
        for folder, said in pages.items()
    }
    if not any(each.lasting for found in signed.values() for each in found.values()):
        raise Absent("the PDFs hold no long-term data yet (PAdES B-T, not B-LTA)")
    revoked = {act["key_id"]: at for at, act in bundle.of_type(REVOKED).items()}
    for folder, found in signed.items():
        held = {leaf: each.lasting for leaf, each in sorted(found.items()) if each.lasting}
        for leaf, each in held.items():
            revoked_at = revoked.get(pages[folder][leaf]["key_id"], leaf)
            lasts(bundle, f"{folder}/{leaf}.pdf", each, revoked_at > leaf)
        if found:
            most = max((each.stamps for each in held.values()), default=0)
            said = f"{len(held)} of {len(found)} with long-term data (PAdES B-LTA)"
            bundle.notes.append((folder, f"{said}, most stamps on one: {most}"))


def lasts(bundle: Bundle, where: str, behind: Lasting, is_revoked_since: bool) -> None:
    """That what is set behind a signature is enough to believe it by."""
    # A stamp is fetched after the act: of a key revoked in between the log is the judge.
    if behind.fault == REVOKED_BEFORE and is_revoked_since:
        said = "stamped after its key was revoked: the log alone says it was in time"
        bundle.notes.append((where, said))
        return
    expect(not behind.fault, where, behind.fault)
    if behind.until < datetime.now(UTC):
        said = f"its last stamp ran out on {behind.until:%Y-%m-%d}: the log alone goes on"
        bundle.notes.append((where, said))


def of_result(bundle: Bundle, folder: str) -> dict[int, dict[str, Any]]:
    """What members signed of the result, by the leaves of its pages; of those whose signature does
    not hold V39 and V41 say so."""
    found = {}
    for name in sorted(bundle.files):
        page = re.fullmatch(rf"{folder}/(\d+)\.pdf", name)
        if not page:
            continue
        try:
            record = bundle.json(f"{folder}/{page[1]}.json")
            said = read_canonical(record["statement"].encode(), name)
            read_signed(bundle, name, said)
        except Unsound:
            continue
        found[int(page[1])] = said
    return found


@check(
    "V11",
    "mỗi lá là mã băm của nội dung dạng chuẩn, ở đúng chỗ của nó",
    "each leaf is the hash of its canonical bytes, at its own place",
    *EVERY,
)
def leaves_canonical(bundle: Bundle) -> None:
    for position, (hashed, envelope) in enumerate(bundle.leaves):
        if envelope is None:
            continue
        where = f"leaf {position}"
        expect(leaf_hash(envelope) == hashed, where, "not the hash of its bytes")
        act = read_canonical(envelope, where)
        expect(act.get("position") == position, where, "stands at another place than it says")


@check(
    "V12",
    "gốc của các lá là gốc trong điểm kiểm, và trong điểm kiểm lúc đóng",
    "the root of all leaves is the checkpoint's, and that of those up to the closing is its own",
    *EVERY,
)
def root_matches(bundle: Bundle) -> None:
    root = bundle.root(bundle.checkpoint.size)
    expect(root == bundle.checkpoint.root, "ledger/checkpoint.txt", "not the root of the leaves")
    if note := bundle.files.get(CLOSING):
        closing = _said(_note(note.decode()))
        expect(bundle.root(closing.size) == closing.root, CLOSING, "not the root of its leaves")


@check(
    "V13",
    "mỗi biên nhận dẫn từ phiếu đến gốc mà sổ đã ký",
    "each receipt leads from its ballot to a root that this log signed",
)
def receipts(bundle: Bundle) -> None:
    for leaf, record in sorted(bundle.ballots.items()):
        where = f"ballots/{leaf}.json"
        proof = read_proof(record["receipt"])
        signed = bundle.open(proof.note)
        expect(proof.index == leaf, where, "the receipt of another leaf")
        root = root_by_path(bundle.leaves[leaf][0], leaf, signed.size, proof.path)
        expect(root == signed.root, where, "the receipt does not lead to its checkpoint")
        expect(bundle.root(signed.size) == signed.root, where, "a receipt of another history")


@check(
    "V14",
    "sổ trong gói cũ là phần đầu của sổ này",
    "the log of an older bundle is the beginning of this one's",
    *EVERY,
)
def grown(bundle: Bundle) -> None:
    if bundle.older is None:
        raise Absent("No older bundle was given: a log that was cut back is not seen")
    older = bundle.open(bundle.older.decode())
    where = "the older checkpoint"
    expect(older.origin == bundle.checkpoint.origin, where, "of another log")
    expect(bundle.root(older.size) == older.root, where, "of another history")


@check(
    "V15",
    "tài liệu đúng là tài liệu đã hỏi ý kiến thành viên",
    "the papers are those that the members were asked about",
)
def papers(bundle: Bundle) -> None:
    asked = [act["papers"] for _, act in askings(bundle)]
    shown = [each["digest"] for each in bundle.consultation["papers"]]
    expect(shown == asked[-1], "consultation.json", "not the papers that were asked about last")
    removed = {each for act in bundle.of_type(REMOVAL).values() for each in act["sha256"]}
    for each in sorted({each for papers in asked for each in papers}):
        name = f"papers/{each}.pdf"
        if name in bundle.files or each not in removed:
            expect(digest(bundle.read(name)) == each, name, "not the paper that was frozen")


@check(
    "V16",
    "mỗi bản kê đúng câu hỏi, tài liệu, quy tắc và sổ này",
    "each statement is of this question, these papers, these rules and this log",
)
def statements(bundle: Bundle) -> None:
    opened, act = bundle.only(OPENED)
    shown = bundle.consultation
    asked = {
        "type": "ballot",
        "env": shown["env"],
        "origin": bundle.checkpoint.origin,
        "consultation": act["consultation"],
        "rule_version": act["rule_version"],
        "opened_leaf": opened,
    }
    question = shown["question"]
    logged = digest(question.encode())
    expect(logged == act["question_sha256"], "consultation.json", "another question")
    when = asked_when(bundle)
    for leaf in sorted(bundle.ballots):
        said, now = bundle.statement(leaf), asking(bundle, leaf)[1]
        of_now = {name: now[name] for name in ("consultation_version", "papers")}
        for name, value in (asked | of_now).items():
            expect(said.get(name) == value, f"ballots/{leaf}.json", f"another {name}")
        expect(len(said["questions"]) == 1, f"ballots/{leaf}.json", "not one question")
        expect(
            said["questions"][0]["question"] == question, f"ballots/{leaf}.json", "another question"
        )
        was_asked = when.get(said["member"], leaf) < leaf
        expect(was_asked, f"ballots/{leaf}.json", "its member was not asked")


@check(
    "V17",
    "đếm đúng các phiếu giữa mở và đóng, không phiếu nào sau hạn",
    "exactly the ballots between opening and closing are counted, none after the end",
)
def between(bundle: Bundle) -> None:
    (opened, _), (closed, act) = bundle.only(OPENED), bundle.only(CLOSED)
    logged = sorted(bundle.cast)
    for leaf in logged:
        expect(opened < leaf < closed, f"leaf {leaf}", "lies outside opening and closing")
        issued, end = bundle.statement(leaf)["issued_at"], end_at(bundle, leaf)
        expect(issued < end, f"ballots/{leaf}.json", "made after the end")
    expect(act["ballots"] == len(logged), f"leaf {closed}", "counts other ballots")
    expect(act["ballot_leaves"] == logged, f"leaf {closed}", "names other ballots")
    for (_, earlier), (at, later) in pairwise(ends(bundle)):
        was, now = earlier["due_at"], later["due_at"]
        kind = later["type"]
        moved = kind == AGAIN or later["was_due_at"] == was
        expect(moved, f"leaf {at}", "moves another end than the one that stood")
        grows = now < was if kind == SHORTENED else now > was if kind == EXTENDED else now >= was
        expect(grows, f"leaf {at}", "does not move the end as it says")
    last = ends(bundle)[-1][1]["due_at"]
    expect(act["due_at"] == last, f"leaf {closed}", "closed as of another moment")


def ends(bundle: Bundle) -> list[tuple[int, dict[str, Any]]]:
    """The acts that say when the question ends, in the order of the log."""
    number, moved = bundle.consultation["id"], (EXTENDED, SHORTENED)
    acts = [each for kind in moved for each in bundle.of_type(kind).items()]
    found = [*askings(bundle), *(each for each in acts if of_this(each, number))]
    return sorted(found, key=lambda each: each[0])


def end_at(bundle: Bundle, leaf: int) -> str:
    """The end that stood when this leaf was written."""
    before = [act["due_at"] for at, act in ends(bundle) if at < leaf]
    if not before:
        raise Unsound(f"leaf {leaf}: before any end was said")
    return str(before[-1])


@check(
    "V18",
    "các phiếu của mỗi thành viên nối tiếp nhau, không đứt đoạn",
    "each member's ballots follow one another without a gap",
)
def chained(bundle: Bundle) -> None:
    by_key = frozenset(bundle.signed_ballots)
    signed: dict[int, int] = {}
    sent: dict[int, int] = {}
    for leaf in sorted(bundle.ballots):
        said, where = bundle.statement(leaf), f"ballots/{leaf}.json"
        member, asks = said["member"], asking(bundle, leaf)[0]
        # What is signed follows what was signed; a paper that came between may be followed too.
        before = {max(sent.get(member, 0), asks)}
        if leaf in by_key:
            before.add(max(signed.get(member, 0), asks))
            signed[member] = leaf
        expect(said["prev_ballot_leaf"] in before, where, "follows another ballot")
        sent[member] = leaf


@check(
    "V19",
    "mỗi phiếu được ký với chức vụ mà thành viên được hỏi",
    "each ballot is signed in the office in which its member was asked",
)
def offices(bundle: Bundle) -> None:
    asked = dict(
        zip(*(bundle.only(OPENED)[1][each] for each in ("members", "offices")), strict=True)
    )
    for act in bundle.of_type(ASKED).values():
        asked[act["member"]] = act["office"]
    for leaf in sorted(bundle.ballots):
        said = bundle.statement(leaf)
        office = asked.get(said["member"])
        expect(said["office"] == office, f"ballots/{leaf}.json", "signed in another office")


def tried(bundle: Bundle, before: int | None = None) -> set[int]:
    """Who began a signed answer before the end that could not be taken; with a leaf, those of whom
    the log knew by then."""
    end = bundle.only(CLOSED)[1]["due_at"]
    return {
        each["member"]
        for leaf, each in bundle.attempts.items()
        if each["issued_at"] < end and (before is None or leaf < before)
    }


def handed_in(bundle: Bundle) -> set[int]:
    """In whose name a paper was handed in, compared or not, that nobody took back in time."""
    back = {act["handed_in"] for act in bundle.of_type(TAKEN_BACK).values()}
    return {act["member"] for at, act in bundle.of_type(HANDED_IN).items() if at not in back}


@check(
    "V20",
    "không ai bị coi là đồng ý khi đã có phiếu, đã thử gửi, hoặc chưa được báo kịp",
    "nobody is deemed to agree beside a ballot or an attempt, or without notice in time",
)
def deemed(bundle: Bundle) -> None:
    # Also whoever answered before a paper was replaced.
    voted = {bundle.statement(leaf)["member"] for leaf in bundle.ballots}
    logged = {each["member"]: each for each in bundle.only(RESULT)[1]["deemed"]}
    shown = {
        each["member"]: each
        for each in bundle.consultation["standings"]
        if each["position"] == "deemed_agree"
    }
    expect(
        logged.keys() == shown.keys(),
        "consultation.json", "not those whom the result deems to agree",
    )  # fmt: skip
    expect(not logged.keys() & voted, "the result", "deems somebody who voted")
    at, result = bundle.only(RESULT)
    known = logged.keys() & tried(bundle, at)
    expect(not known, "the result", "deems somebody who tried to answer")
    expect(not logged.keys() & handed_in(bundle), "the result", "deems somebody who sent a paper")
    late = logged.keys() & tried(bundle) - known
    if late:
        said = (
            f"{len(late)} deemed to agree whose attempt came later: nothing is issued on it (V28)"
        )
        bundle.notes.append(("the result", said))
    before = {bundle.attempts[leaf]["member"] for leaf in bundle.attempts if leaf < at}
    signed = {who for who, leaf in last_ballots(bundle).items() if leaf in bundle.signed_ballots}
    waits = before & tried(bundle) - signed
    expect(not waits or result["provisional"], f"leaf {at}", "final beside an undecided attempt")
    opened, (end, closed) = bundle.only(OPENED)[1], bundle.only(CLOSED)
    when = asked_when(bundle)
    least = DEEMING_RULES.get(opened["rule_version"])
    expect(not logged or least is not None, "the result", "no silence agrees under its rules")
    # Without a calendar: so many working days are at least so many days.
    latest = datetime.fromisoformat(closed["due_at"]) - timedelta(days=least or 0)
    for member, act in logged.items():
        where = f"member {member}"
        was_asked = when.get(member, end) < end
        expect(was_asked, where, "deemed to agree without having been asked")
        notice = notice_of(act)
        expect(notice is not None, where, "deemed to agree without proof of notice")
        assert notice is not None
        expect(datetime.fromisoformat(notice[0]) < latest, where, "told too late before the end")
        expect(notice == notice_of(shown[member]), where, "told otherwise than the log says")
        since = askings(bundle)[-1][1].get("at", notice[0])
        expect(since <= notice[0], where, "told before they were asked again")


def asked_when(bundle: Bundle) -> dict[int, int]:
    """Each member asked, and the leaf that says so: the opening's, or one of their own."""
    opened, act = bundle.only(OPENED)
    own = {
        said["member"]: leaf
        for leaf, said in bundle.of_type(ASKED).items()
        if said["consultation"] == act["consultation"]
    }
    return own | dict.fromkeys(act["members"], opened)


def notice_of(act: dict[str, Any]) -> tuple[str, str] | None:
    """When and by what a member was told; None where nothing proves it."""
    if act.get("notice_at") and act.get("notice_by") in NOTICE_BY:
        return act["notice_at"], act["notice_by"]
    return None


@check(
    "V21",
    "phiếu được lập sau khi khóa được ký và sau phiếu trước của cùng thành viên",
    "a ballot is made after its key may sign and after its member's earlier one",
)
def moments(bundle: Bundle) -> None:
    usable = {act["key_id"]: act["usable_from"] for act in bundle.certified.values()}
    end = moment(bundle.only(CLOSED)[1]["due_at"])
    before: dict[int, datetime] = {}
    for leaf in sorted(bundle.ballots):
        where, said = f"ballots/{leaf}.json", bundle.statement(leaf)
        made = moment(said["issued_at"])
        if said["key_id"] != NO_KEY:
            could_sign = moment(usable[said["key_id"]]) <= made
            expect(could_sign, where, "made before its key could sign")
        expect(before.get(said["member"], made) <= made, where, "made before an earlier one")
        confirmed = bundle.ballots[leaf]["evidence"].get("at")
        expect(confirmed is None or moment(confirmed) < end, where, "confirmed after the end")
        before[said["member"]] = made


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@check(
    "V22",
    "không khóa nào được dùng trước khi ghi nhận hay sau khi thu hồi; lúc đóng nêu đủ việc về khóa",
    "no key was used before its enrolment or after its revocation; the closing names each act",
)
def keys_in_time(bundle: Bundle) -> None:
    enrolled = {act["key_id"]: (at, act) for at, act in bundle.certified.items()}
    revoked = {act["key_id"]: at for at, act in bundle.of_type(REVOKED).items()}
    closed, closing = bundle.only(CLOSED)
    voters = {bundle.statement(leaf)["key_id"] for leaf in bundle.signed_ballots}
    here = acts_of_keys(bundle, voters, closed)
    # A revocation that is shown by its hash alone would go unseen.
    expect(closing["key_leaves"] == here, f"leaf {closed}", "names other acts of these keys")
    gone = published_as_revoked(bundle)
    for leaf in bundle.signed_ballots:
        where, said = f"ballots/{leaf}.json", bundle.statement(leaf)
        listed = serial_of(_base64(bundle.ballots[leaf]["certificate"])) in gone
        is_revoked = said["key_id"] in revoked
        expect(is_revoked or not listed, MEMBER_LIST, f"names the key of leaf {leaf}, the log not")
        is_held = said["signature_class"] == KEY_CLASSES[0]
        if is_revoked and is_held and gone and not listed:
            bundle.notes.append((MEMBER_LIST, f"older than the revocation of leaf {leaf}'s key"))
        at, act = enrolled.get(said["key_id"], (leaf, {}))
        expect(at < leaf, where, "its key was enrolled after it")
        expect(act.get("member") == said["member"], where, "another member's key")
        expect(
            act.get("certificate_sha256") == bundle.acts[leaf]["certificate_sha256"],
            where,
            "not the certificate of the enrolment",
        )
        expect(revoked.get(said["key_id"], leaf + 1) > leaf, where, "its key had been revoked")


def acts_of_keys(bundle: Bundle, keys: set[str], until: int) -> list[int]:
    """Where these keys, and those that they took the place of, were enrolled, renewed and revoked
    before a leaf."""
    found = set(keys)
    before = {act["key_id"]: act["renews"] for act in bundle.of_type(RENEWED).values()}
    while more := {before[each] for each in found if each in before} - found:
        found |= more
    acts = bundle.certified | bundle.of_type(REVOKED)
    return [at for at in sorted(acts) if at < until and acts[at]["key_id"] in found]


def published_as_revoked(bundle: Bundle) -> frozenset[int]:
    """The serial numbers in the lists of revoked certificates, each signed by its authority."""
    from cryptography import x509

    issuers = {
        "crls/root.crl": bundle.keys["root"],
        MEMBER_LIST: bundle.keys["authorities"][0],
    }
    # Those that took its place, by their number.
    for number, authority in enumerate(bundle.keys["authorities"][1:], 2):
        issuers[f"crls/member-{number}.crl"] = authority
    found: set[int] = set()
    for name, issuer in issuers.items():
        if name not in bundle.files:
            continue
        given = x509.load_der_x509_crl(bundle.files[name])
        by = x509.load_der_x509_certificate(_base64(issuer))
        key: Any = by.public_key()
        signed = given.issuer == by.subject and given.is_signature_valid(key)
        expect(signed, name, "not signed by its authority")
        found |= {each.serial_number for each in given}
    return frozenset(found)


def serial_of(certificate: bytes) -> int:
    from cryptography import x509

    return x509.load_der_x509_certificate(certificate).serial_number


@check(
    "V23",
    "thứ chỉ được có một thì không có hai",
    "nothing that is to be one of its kind stands twice",
)
def unique(bundle: Bundle) -> None:
    ballots = bundle.signed_ballots
    once = {
        "nonce": [bundle.statement(leaf)["nonce"] for leaf in sorted(bundle.ballots)],
        "page": [bundle.acts[leaf]["byterange_sha256"] for leaf in ballots],
        "signature": [bundle.acts[leaf]["signature_sha256"] for leaf in ballots],
        "enrolment": [act["key_id"] for act in bundle.certified.values()],
    }
    for name, found in once.items():
        expect(len(set(found)) == len(found), "the ballots", f"one {name} stands twice")


@check(
    "V24",
    "không tài liệu nào bị thay giữa mở và đóng mà không hỏi lại",
    "no paper was replaced between opening and closing without asking again",
)
def frozen(bundle: Bundle) -> None:
    opened, (closed, closing) = bundle.only(OPENED)[1], bundle.only(CLOSED)
    asked = askings(bundle)
    for (at, before), (again, act) in pairwise(asked):
        where = f"leaf {again}"
        version = before["consultation_version"] + 1
        expect(act["consultation_version"] == version, where, "not the next version")
        swapped = [
            act["by_sha256"] if each == act["replaced_sha256"] else each
            for each in before["papers"]
        ]
        expect(act["papers"] == swapped != before["papers"], where, "changes other papers")
        expect(at < again < closed, where, "lies outside opening and closing")
    named = {(act.get("replaced_sha256"), act.get("by_sha256")) for _, act in asked}
    for at, act in bundle.of_type(REPLACED).items():
        pair = (act["replaces_sha256"], act["sha256"])
        # Another dossier's paper may be the same file.
        if "paper" in act and act["paper"] not in opened.get("paper_ids", [act["paper"]]):
            continue
        # Closed later than it ended: what came between changes nothing that was asked.
        if "at" in act and act["at"] >= closing["due_at"]:
            continue
        in_force = [each for each in asked if each[0] < at]
        if not in_force or at > closed or pair[0] not in in_force[-1][1]["papers"]:
            continue
        expect(pair in named, f"leaf {at}", "replaces a paper without asking again")


@check(
    "V25",
    "số đếm lại từ phiếu đúng bằng kết quả",
    "the counts, made again from the ballots, are those of the result",
)
def tally(bundle: Bundle) -> None:
    at, result = bundle.only(RESULT)
    standings = bundle.consultation["standings"]
    counts = dict.fromkeys(COUNTED_AS.values(), 0)
    for each in standings:
        counts[COUNTED_AS[each["position"]]] += 1
    where = f"leaf {at}"
    expect(result["counts"]["members"] == len(standings), where, "another number of members")
    for name, count in counts.items():
        # Bundles of before signatures had classes name none that wait.
        logged = result["counts"].get(name, 0 if name == COUNTED_AS[AWAITS] else None)
        expect(logged == count, where, f"{name}: {logged}")
    sealed = digest(_written({"standings": standings}).encode())
    expect(result["standings_sha256"] == sealed, "standings", "not those of the log")
    places = {each["member"]: each for each in standings}
    own = places.get(result["prime_minister"])
    voted = own["position"] if own and own["position"] in VOTED else None
    expect(result["counts"]["pm"] == voted, where, "another vote of the Prime Minister")
    shown = bundle.consultation["result"]
    for name in ("counts", "outcome", "why"):
        expect(shown[name] == result[name], "consultation.json", f"another {name} than logged")
    sentence = digest(shown["sentence"].encode())
    expect(sentence == result["sentence_sha256"], "consultation.json", "another deciding sentence")
    basis = digest(shown["basis"].encode())
    expect(result["basis_sha256"] == basis, "consultation.json", "another basis")
    title = digest(bundle.consultation["title"].encode())
    asked = bundle.only(OPENED)[1]["title_sha256"]
    expect(asked == title, "consultation.json", "another title")


@check(
    "V26",
    "kết luận tính lại theo quy tắc đúng bằng kết quả",
    "the outcome, found again by the rule, is that of the result",
)
def outcome(bundle: Bundle) -> None:
    at, result = bundle.only(RESULT)
    found = outcome_of(result["counts"])
    said = (result["outcome"], result["why"])
    expect(said == found, f"leaf {at}", f"says {said[0]} ({said[1]}), the rule {found[0]}")


def outcome_of(counts: dict[str, Any]) -> tuple[str, str]:
    """The outcome and why: by more than half of all members, on equal halves by the Prime
    Minister's side; open where opinions that are not classified yet, or the Prime Minister's vote
    that is missing, would turn it."""
    votes_for = counts["agree"] + counts["agree_comments"] + counts["deemed"]
    against, members, pm = counts["disagree"], counts["members"], counts["pm"]
    left = counts["unclassified"]
    possible = {
        _with_the_prime_minister(votes_for + more, against + less, members, side)[0]
        for more in range(left + 1)
        for less in range(left - more + 1)
        for side in _sides(pm, more, less, left - more - less)
    }
    if len(possible) > 1:
        return "awaits_classification", "unclassified"
    return _with_the_prime_minister(votes_for, against, members, SIDES.get(pm))


def _sides(pm: str | None, turned_for: int, turned_against: int, left: int) -> set[bool | None]:
    """On which side the Prime Minister may stand, whose own opinion may be among those turned."""
    if pm != "other_opinion":
        return {SIDES.get(pm or "")}
    possible = {True: turned_for, False: turned_against, None: left}
    return {side for side, count in possible.items() if count} or {None}


def _with_the_prime_minister(
    votes_for: int, against: int, members: int, side: bool | None
) -> tuple[str, str]:
    found = _by_number(votes_for, against, members, side)
    if side is None and found[0] != "needs_decision" and votes_for + against < members:
        either = (
            _by_number(votes_for + 1, against, members, True),
            _by_number(votes_for, against + 1, members, False),
        )
        if any(each[0] != found[0] for each in either):
            return "needs_decision", "pm_would_decide"
    return found


def _by_number(votes_for: int, against: int, members: int, side: bool | None) -> tuple[str, str]:
    if votes_for > members - votes_for:
        return "passed", "majority"
    if members and votes_for == members - votes_for:
        if against != votes_for or side is None:
            return "needs_decision", "exactly_half"
        return ("passed", "equal_pm_for") if side else ("not_passed", "equal_pm_against")
    if votes_for and votes_for == against:
        return "needs_decision", "equal_below_half"
    return "not_passed", "no_majority"


@check(
    "V27",
    "chữ in trên PDF của mỗi phiếu đúng với bản kê",
    "the words printed on each ballot's PDF are those of its statement",
)
def printed(bundle: Bundle) -> None:
    if not bundle.deep:
        raise Absent("looked at with --deep alone")
    for leaf in bundle.signed_ballots:
        where, record = f"ballots/{leaf}.pdf", bundle.ballots[leaf]
        said, page = bundle.statement(leaf), printed_on(bundle.read(where))
        (answer,) = said["questions"]
        words = [answer["question"], said["office"], said["nonce"], said["key_id"]]
        for each in (*words, *said["papers"], record["opinion"]):
            expect(prints(page, each), where, f"does not print “{each}”")
        crossed = [
            code for code, label in bundle.consultation["options"].items()
            if squeezed(label) + "X" in page
        ]  # fmt: skip
        expect(crossed == [answer["choice"]], where, f"crosses {crossed}")


def printed_on(pdf: bytes) -> str:
    """A PDF's words without the breaks that a page makes."""
    from pypdf import PdfReader

    return squeezed("".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages))


def prints(page: str, text: str) -> bool:
    """Whether these words stand there in this order; a page's own number may come between."""
    at = 0
    for word in unicodedata.normalize("NFC", text).split():
        at = page.find(word, at) + len(word)
        if at < len(word):
            return False
    return True


def squeezed(text: str) -> str:
    return "".join(unicodedata.normalize("NFC", text).split())


@check(
    "V28",
    "quyết định về kết quả chỉ có một, dẫn đến lá kết quả và đúng với kết quả đó",
    "one decision at most is made on the result, points to its leaf, and is one that it allows",
)
def decided_on(bundle: Bundle) -> None:
    if not bundle.of_type(ISSUED):
        raise Absent("nothing was decided on the result when this bundle was written")
    (at, act), (result, said) = bundle.only(ISSUED), bundle.only(RESULT)
    where = f"leaf {at}"
    expect(result < at, where, "decided before there was a result")
    expect(act["result_leaf"] == result, where, "points to another leaf than the result's")
    expect(act["consultation"] == bundle.consultation["id"], where, "on another consultation")
    expect(act["decision"] in DECISIONS, where, f"no decision that there is, {act['decision']}")
    here = [leaf for leaf in sorted(bundle.of_type(ATTEMPT)) if leaf < at]
    expect(act["attempt_leaves"] == here, where, "made beside other attempts")
    if act["decision"] != "issue":
        return
    again = [each for leaf, each in bundle.of_type(RECKONED).items() if leaf < at]
    outcome = (again or [said])[-1]["outcome"]
    expect(outcome in ISSUABLE, where, f"issues what is {outcome}")
    stood = [said, *bundle.of_type(PROVISIONAL).values(), *bundle.of_type(DECIDED).values()]
    before = [each for each in stood if result <= each["position"] < at]
    last = max(before, key=lambda each: int(each["position"]))
    provisional = last["type"] == PROVISIONAL or bool(last["provisional"])
    expect(not provisional, where, "issues a provisional result")
    stood_at = {each["member"]: each["position"] for each in bundle.consultation["standings"]}
    late = {each for each in tried(bundle) if stood_at.get(each) == "deemed_agree"}
    heard = stood_at | dict.fromkeys(late, "silent")
    counts = counts_as_read(heard, readings_before(bundle, at), said["prime_minister"])
    rests = outcome_of(counts)[0] != outcome
    expect(not rests, where, "issues what rests on the silence of somebody who tried to answer")


def readings_before(bundle: Bundle, at: int) -> dict[int, str]:
    """How each other opinion was read that its member had settled when the log came to a leaf."""
    settled = bundle.of_type(CLASSIFIED) | bundle.of_type(DECLINED)
    who = other_opinions(bundle)
    return {
        who[act["ballot_leaf"]]: "neither"
        if act["type"] == DECLINED
        else proposal_of(bundle, act["ballot_leaf"], leaf)["reading"]
        for leaf, act in settled.items()
        if leaf < at and act["ballot_leaf"] in who
    }


@check(
    "V32",
    "mỗi đính chính dẫn đến lá kết quả và đúng lời mà hai người đã xác nhận",
    "each correction points to the leaf of the result, in the words that two people confirmed",
)
def corrected(bundle: Bundle) -> None:
    acts, shown = sorted(bundle.of_type(CORRECTED).items()), bundle.consultation["corrections"]
    if not acts and not shown:
        raise Absent("the result was not corrected when this bundle was written")
    expect(len(acts) == len(shown), "consultation.json", "shows other corrections than the log")
    result, _ = bundle.only(RESULT)
    for number, ((at, act), words) in enumerate(zip(acts, shown, strict=True), 1):
        where = f"leaf {at}"
        expect(result < at and act["result_leaf"] == result, where, "corrects another result")
        expect(act["consultation"] == bundle.consultation["id"], where, "of another consultation")
        expect(act["number"] == number, where, "not in its order")
        expect(digest(words.encode()) == act["words_sha256"], where, "in other words")


@check(
    "V35",
    "mỗi báo cáo kết quả đúng tệp trong sổ, có dấu của cơ quan và dấu thời gian trọn vẹn",
    "each report is the file of the log, sealed whole by the Office and stamped at that time",
)
def reports(bundle: Bundle) -> None:
    acts = sorted(bundle.of_type(REPORTED).items())
    given = {name for name in bundle.files if name.startswith("reports/")}
    expect(given == {f"reports/{act['number']}.pdf" for _, act in acts}, "reports", "not the log's")
    if not acts:
        raise Absent("no report was sealed when this bundle was written")
    result, _ = bundle.only(RESULT)
    for number, (at, act) in enumerate(acts, 1):
        where, leaf = f"reports/{number}.pdf", f"leaf {at}"
        expect(result < at and act["result_leaf"] == result, leaf, "reports on another result")
        expect(act["number"] == number, leaf, "not in its order")
        pdf = bundle.read(where)
        expect(digest(pdf) == act["sha256"], where, "not the file that was logged")
        sealed_by_the_office(bundle, where, pdf, moment(act["sealed_at"]))
        if bundle.deep:
            again = min(bundle.of_type(RECKONED), default=at)
            kind = "classified" if again < at else "result"
            sentence = bundle.consultation[kind]["sentence"]
            expect(prints(printed_on(pdf), sentence), where, "does not print the result's sentence")


def sealed_by_the_office(bundle: Bundle, where: str, pdf: bytes, at: datetime) -> None:
    """By a key that the root itself has certified: no member's is."""
    from asn1crypto import x509

    signed = one_signature(bundle, where, pdf, at)
    root = x509.Certificate.load(_base64(bundle.keys["root"]))
    by_it = signed.embedded.signer_cert.issuer == root.subject
    expect(by_it, where, "sealed by another than the Office")
    if signed.stamped_at is None:
        raise Unsound(f"{where}: no time stamp that can be trusted")
    near = abs(signed.stamped_at - at) <= STAMP_SLACK
    expect(near, where, "stamped at another time than logged")
    if bundle.deep and (held := lasting(bundle, signed.reader, signed.embedded)):
        expect(not held.fault, where, held.fault)


@check(
    "V40",
    "khóa đã thay khóa trước chỉ được tin nhờ việc ghi trong sổ mà khóa trước đã ký",
    "a key that took another's place is believed by an act of the log that the other one signed",
    *EVERY,
)
def keys_follow(bundle: Bundle) -> None:
    later = log_signed_in_turn(bundle)
    if bundle.kind == CONSULTATION:
        later |= certified_in_turn(bundle)
    if not later:
        raise Absent("no key of the cabinet's that took another's place was used")


BY_NOBODY = "by a key that no act of the log names as the key before it signed"


def log_signed_in_turn(bundle: Bundle) -> bool:
    """That each checkpoint is signed by the key, and each closing by that of closings, of its
    place; whether one of them is a later one."""
    later = False
    for purpose in (LOG, CLOSINGS):
        line = line_of(bundle, purpose)
        for where, note in notes_in(bundle):
            by = _signer(note, bundle.named(purpose), purpose)
            if by is None:
                continue
            expect(by in line, where, BY_NOBODY)
            first, until = line[by]
            place = _said(_note(note)).size - 1
            is_in_turn = first <= place and (until is None or place <= until)
            expect(is_in_turn, where, f"by a key of {purpose} that signs from another place on")
            later = later or first > 0
    return later


def line_of(bundle: Bundle, purpose: str) -> dict[str, tuple[int, int | None]]:
    """From which place to which each key signs: the first that one holds, and those that took its
    place, each by an act that the key before it signed."""
    held = dict(keys_held(bundle.keys, purpose))
    line: dict[str, tuple[int, int | None]] = {}
    if not held:
        return line
    key, first = next(iter(held)), 0
    for at, act in sorted(bundle.rotations(purpose).items()):
        if act["old_key"] != key:
            continue
        by_it = signed_the_next(purpose, key, act["new_key"], _base64(act["signed_by_old"]))
        expect(by_it, f"leaf {at}", "not signed by the key before it")
        expect(held.get(key) in (None, at), f"leaf {at}", "at another place than the keys say")
        line[key] = first, at
        key, first = act["new_key"], at + 1
    line[key] = first, held.get(key)
    return line


def notes_in(bundle: Bundle) -> Iterator[tuple[str, str]]:
    """Every checkpoint that is given, and where."""
    for name in ("ledger/checkpoint.txt", CLOSING):
        if name in bundle.files:
            yield name, bundle.read(name).decode()
    if bundle.kind == CONSULTATION:
        for leaf, record in sorted(bundle.ballots.items()):
            yield f"ballots/{leaf}.json", read_proof(record["receipt"]).note
    if bundle.older:
        yield "the older checkpoint", bundle.older.decode()


def _signer(note: str, keys: Sequence[str], purpose: str) -> str | None:
    """By which of these keys a checkpoint is signed. Where none did, other checks say so."""
    if purpose == CLOSINGS:
        signed = [each for each in keys if signed_for_long_at(note, each) is not None]
        return signed[0] if signed else None
    try:
        return signer_of(note, keys)
    except Unsound:
        return None


def certified_in_turn(bundle: Bundle) -> bool:
    """That whoever certified members' keys, sealed and stamped is the first of their line, or is
    named by an act that the one before signed; whether one of them is a later one."""
    later = False
    used = certificates_used(bundle)
    for purpose, found in used.items():
        line = certified_line(bundle, purpose, [der for _, der in found])
        for where, der in found:
            # Of members' certificates the one who certified them, of the others they themselves.
            is_by = _certified if purpose == MEMBERS else bytes.__eq__
            by = [each for each in line if is_by(each, der)]
            expect(bool(by), where, BY_NOBODY)
            later = later or by[0] != line[0]
    return later


def certified_line(bundle: Bundle, purpose: str, used: Sequence[bytes]) -> list[bytes]:
    """The first certificate of a purpose, and those that took its place, each by an act that the
    key before it signed. Which was the first say the keys that one holds; where they do not, the
    first act, and without any the one that was used."""
    held = certificates_held(bundle.keys, purpose)
    also = certificates_held(json.loads(bundle.read("keys.json")), purpose)
    known = {digest(each): each for each in (*used, *also, *held)}
    acts = [each for _, each in sorted(bundle.rotations(purpose).items())]
    first = known.get(acts[0]["old_certificate_sha256"]) if acts else next(iter(used), None)
    line = held[:1] or [each for each in (first,) if each]
    for act in acts:
        new = known.get(act["new_certificate_sha256"])
        if line and new and act["old_certificate_sha256"] == digest(line[-1]):
            by_it = _signed_by(line[-1], _base64(act["signed_by_old"]), new)
            where = f"leaf {act['position']}"
            expect(by_it, where, "not signed by the key of the certificate before it")
            line.append(new)
    return line


def certificates_held(keys: dict[str, Any], purpose: str) -> list[bytes]:
    """Those of a purpose that one holds, the first one first."""
    own = {MEMBERS: keys.get("authorities", []), **keys.get("own_certificates", {})}
    return [_base64(each) for each in own.get(purpose, [])]


def certificates_used(bundle: Bundle) -> dict[str, list[tuple[str, bytes]]]:
    """Members' certificates of the cabinet's own authority, and those of the seal and the stamps
    under the root, with where each was met."""
    root = _base64(bundle.keys["root"])
    used: dict[str, list[tuple[str, bytes]]] = {MEMBERS: [], SEAL: [], STAMPS: []}
    for name in sorted(bundle.files):
        if re.fullmatch(r"(ballots|classifications|reserved|reports)/\d+\.pdf", name):
            signed, stamps = _signers(bundle.read(name))
            if name.startswith("reports/"):
                used[SEAL] += [(name, each) for each in signed if _certified(root, each)]
            elif _is_by_our_authority(bundle, name):
                used[MEMBERS] += [(name, each) for each in signed]
            used[STAMPS] += [(name, each) for each in stamps if _certified(root, each)]
    return used


def _is_by_our_authority(bundle: Bundle, pdf: str) -> bool:
    record = bundle.json(pdf.removesuffix("pdf") + "json")
    return bool(json.loads(record["statement"])["signature_class"] == KEY_CLASSES[0])


def _signers(pdf: bytes) -> tuple[list[bytes], list[bytes]]:
    """The certificates of who signed a PDF, and of who stamped it; none of a file that other
    checks find damaged."""
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.general import extract_certificate_info
    from pyhanko.sign.validation.generic_cms import extract_tst_data_iter

    try:
        reader = PdfFileReader(BytesIO(pdf), strict=True)
        signatures = reader.embedded_regular_signatures
        stamps = [each.signer_cert for each in reader.embedded_timestamp_signatures]
        for each in signatures:
            tokens = extract_tst_data_iter(each.signer_info, signed=False)
            stamps += [extract_certificate_info(token).signer_cert for token in tokens]
        return [each.signer_cert.dump() for each in signatures], [each.dump() for each in stamps]
    # A damaged file may fail anywhere in the parsers.
    except Exception:
        return [], []


def _certified(authority: bytes, der: bytes) -> bool:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    by = x509.load_der_x509_certificate(authority)
    try:
        x509.load_der_x509_certificate(der).verify_directly_issued_by(by)
    except (InvalidSignature, TypeError, ValueError):
        return False
    return True


def _signed_by(certificate: bytes, signature: bytes, data: bytes) -> bool:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.hashes import SHA256

    by = x509.load_der_x509_certificate(certificate).public_key()
    try:
        assert isinstance(by, EllipticCurvePublicKey)
        by.verify(signature, data, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


@check(
    "V33",
    "mỗi phiếu giấy đúng bản quét và bản kê trong sổ, không thay phiếu nào mà thành viên đã ký",
    "each ballot on paper is the scan and statement of the log, and replaces none that was signed",
)
def on_paper(bundle: Bundle) -> None:
    acts = bundle.of_type(ON_PAPER)
    for leaf in bundle.ballots:
        said, is_paper = bundle.statement(leaf), leaf in acts
        as_logged = (said["signature_class"] == "paper") == (said["key_id"] == NO_KEY) == is_paper
        expect(as_logged, f"ballots/{leaf}.json", "of another class than the log says")
    if not acts:
        raise Absent("no member answered on paper")
    for leaf, act in sorted(acts.items()):
        where, record = f"ballots/{leaf}.json", bundle.ballots[leaf]
        said = bundle.statement(leaf)
        statement, evidence = record["statement"], _written(record["evidence"])
        expect(digest(statement.encode()) == act["statement_sha256"], where, "another statement")
        expect(digest(evidence.encode()) == act["evidence_sha256"], where, "another evidence")
        two = all(record["evidence"][each] == act[each] for each in ("asked_by", "confirmed_by"))
        expect(two, where, "entered by others than the log says")
        opinion = digest(record["opinion"].encode())
        expect(opinion == said["questions"][0]["opinion_sha256"], where, "another opinion")
        scan = digest(bundle.read(f"ballots/{leaf}.pdf"))
        expect(scan == act["scan_sha256"], f"ballots/{leaf}.pdf", "not the scan that was logged")
        followed = said["prev_ballot_leaf"]
        expect(followed not in bundle.signed_ballots, where, "replaces what its member signed")
        own = [each for each in bundle.signed_ballots if bundle.statement(each)["member"]
               == said["member"] and asking(bundle, leaf)[0] < each < leaf]  # fmt: skip
        expect(not own, where, "entered over what its member had signed")
        expect("certificate" not in record, where, "bears a certificate, as if it were signed")
    counted = {each["leaf"] for each in bundle.consultation["standings"]} & acts.keys()
    said_of = f"{len(acts)} on paper, of which {len(counted)} count (leaves {_list(counted)})"
    bundle.notes.append(("ballots", f"{said_of}: compare each with its scan by eye"))


def _list(leaves: set[int]) -> str:
    return ", ".join(map(str, sorted(leaves))) or "none"


@check(
    "V36",
    "mỗi khóa gia hạn do chính khóa trước của thành viên ký, khi khóa ấy còn dùng được",
    "each renewed key was asked for by its member's earlier key, while that one could sign",
)
def renewed(bundle: Bundle) -> None:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    acts = bundle.of_type(RENEWED)
    names = {f"renewals/{at}.json" for at in acts}
    kept = {name for name in bundle.files if name.startswith("renewals/")}
    expect(names == kept, "renewals", "not those that the log names")
    if not acts:
        raise Absent("no key of these ballots was renewed")
    certified = {act["key_id"]: (at, act) for at, act in bundle.certified.items()}
    for at, act in sorted(acts.items()):
        where = f"renewals/{at}.json"
        record = {name: _base64(text) for name, text in bundle.json(where).items()}
        before, old = certified.get(act["renews"], (at, {}))
        expect(before < at, where, "by a key that was never enrolled before")
        expect(old["member"] == act["member"], where, "by another member's key")
        by = record["certificate"]
        expect(digest(by) == old["certificate_sha256"], where, "by another certificate")
        request, signature = record["request"], record["signature"]
        expect(digest(request) == act["request_sha256"], where, "not the request logged")
        expect(digest(signature) == act["signature_sha256"], where, "not the signature logged")
        asked = x509.load_der_x509_csr(request)
        expect(key_id_of(asked.public_key()) == act["key_id"], where, "asks for another key")
        expect(asked.is_signature_valid, where, "shows no possession of the new key")
        signer = x509.load_der_x509_certificate(by)
        try:
            verify_raw(signer.public_key(), signature, RENEWAL + request)
        except InvalidSignature:
            raise Unsound(f"{where}: not signed by the earlier key") from None
        when = moment(act["usable_from"])
        lasted = signer.not_valid_before_utc <= when < signer.not_valid_after_utc
        expect(lasted and moment(old["usable_from"]) <= when, where, "when its key could not sign")
        ended = [leaf for leaf, each in bundle.of_type(REVOKED).items()
                 if each["key_id"] == act["renews"]]  # fmt: skip
        expect(len(ended) == 1 and ended[0] > at, where, "by a key that had ended, or did not end")


def key_id_of(key: Any) -> str:
    """What names a key: SHA-256 of its SubjectPublicKeyInfo."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return digest(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def verify_raw(key: Any, signature: bytes, content: bytes) -> None:
    """r and s side by side, P-256 over SHA-256; InvalidSignature where they are not this key's."""
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    r, s = (int.from_bytes(each, "big") for each in (signature[:32], signature[32:]))
    key.verify(encode_dss_signature(r, s), content, ECDSA(SHA256()))


@check(
    "V37",
    "loại chữ ký của mỗi phiếu đúng loại của khóa; các loại được tính đúng như lúc mở",
    "each ballot's class of signature is its key's, and the classes that count are the opening's",
)
def classes(bundle: Bundle) -> None:
    opened, act = bundle.only(OPENED)
    said, shown = act.get("signature_classes"), bundle.consultation.get("signature_classes")
    expect(said == shown, "consultation.json", "other classes count than the opening says")
    known = said is None or (said and said == sorted(set(said) & set(KEY_CLASSES)))
    expect(bool(known), f"leaf {opened}", f"counts classes that there are not, {said}")
    of_key = {
        act["key_id"]: act.get("signature_class", KEY_CLASSES[0])
        for act in bundle.certified.values()
    }
    for leaf in bundle.signed_ballots:
        own = bundle.statement(leaf)
        where = f"ballots/{leaf}.json"
        expect(own["signature_class"] == of_key.get(own["key_id"]), where, "not its key's class")
    for at, each in bundle.of_type(RENEWED).items():
        by = of_key.get(each["renews"], KEY_CLASSES[0])
        expect(by == of_key[each["key_id"]] == KEY_CLASSES[0], f"leaf {at}", "renews no device key")


@check(
    "V39",
    "mỗi ý kiến khác chỉ được tính như chính thành viên đã ký; kết luận tính lại từ đó",
    "each other opinion counts only as its own member has signed, and the outcome follows from it",
)
def classified(bundle: Bundle) -> None:
    # What comes after the closing is named by the decision alone; until there is one, whoever keeps
    # the log could show it by its hash.
    for at, act in bundle.of_type(ISSUED).items():
        kinds = (PROPOSED, PROPOSAL_TAKEN_BACK, CLASSIFIED, DECLINED, RECKONED)
        here = sorted(leaf for kind in kinds for leaf in bundle.of_type(kind) if leaf < at)
        said = act.get("classification_leaves", [])
        expect(said == here, f"leaf {at}", "made beside other classifications")
    acts = bundle.of_type(CLASSIFIED)
    names = {f"classifications/{at}.{kind}" for at in acts for kind in ("json", "pdf")}
    kept = {name for name in bundle.files if name.startswith("classifications/")}
    expect(names == kept, "classifications", "not those that the log names")
    if not bundle.of_type(PROPOSED):
        expect(not acts and not bundle.of_type(RECKONED), "the log", "classified unasked")
        raise Absent("how an other opinion is read was not proposed")
    result = bundle.only(RESULT)[0]
    last = min([*bundle.of_type(ISSUED), len(bundle.leaves)])
    settled: dict[int, str] = {}
    for at, act in sorted((acts | bundle.of_type(DECLINED)).items()):
        ballot, where = act["ballot_leaf"], f"leaf {at}"
        expect(result < at < last, where, "lies outside the result and the decision on it")
        expect(ballot not in settled, where, "settles an opinion twice")
        proposal = proposal_of(bundle, ballot, at)
        expect(act["member"] == other_opinions(bundle).get(ballot), where, "no other's opinion")
        if at in acts:
            signed_reading(bundle, at, proposal)
            settled[ballot] = proposal["reading"]
        else:
            # For neither side, as it stood: no signature is asked for that.
            settled[ballot] = "neither"
            bundle.notes.append((where, "declined: unsigned, by the word of the log's keeper"))
    reckoned(bundle, settled)


def other_opinions(bundle: Bundle) -> dict[int, int]:
    """Whose other opinion counted at the closing, by the leaf of its ballot."""
    standings = bundle.consultation["standings"]
    return {
        each["leaf"]: each["member"] for each in standings if each["position"] == "other_opinion"
    }


def proposal_of(bundle: Bundle, ballot: int, at: int) -> dict[str, Any]:
    """What stood proposed of this ballot's opinion when the log had come to this leaf."""
    kinds = bundle.of_type(PROPOSED) | bundle.of_type(PROPOSAL_TAKEN_BACK)
    before = [each for leaf, each in sorted(kinds.items())
              if leaf < at and each["ballot_leaf"] == ballot]  # fmt: skip
    expect(bool(before), f"leaf {at}", "answers what was never proposed")
    expect(before[-1]["type"] == PROPOSED, f"leaf {at}", "answers what had been taken back")
    return before[-1]


def signed_reading(bundle: Bundle, at: int, proposal: dict[str, Any]) -> None:
    """That a member signed this very proposal about their own ballot, by a key of theirs that could
    sign then and counts for this question."""
    where, act = f"classifications/{at}.pdf", bundle.acts[at]
    ballot = bundle.statement(act["ballot_leaf"])
    expect(proposal["reading"] in READ_AS, where, "read as nothing that there is")
    expected = {
        "type": "classification",
        "ballot_leaf": act["ballot_leaf"],
        "reading": proposal["reading"],
        "opinion_sha256": ballot["questions"][0]["opinion_sha256"],
        "reason_sha256": proposal["reason_sha256"],
        "member": ballot["member"],
        "office": ballot["office"],
    }
    said = signed_of_result(bundle, at, "classifications", expected)
    if bundle.deep:
        page = printed_on(bundle.read(where))
        opinion = bundle.ballots[act["ballot_leaf"]]["opinion"]
        for each in (said["office"], said["nonce"], said["key_id"], opinion):
            expect(prints(page, each), where, f"does not print “{each}”")
        crossed = [code for code, label in READINGS.items() if squeezed(label) + "X" in page]
        expect(crossed == [said["reading"]], where, f"crosses {crossed}")


def signed_of_result(
    bundle: Bundle, at: int, folder: str, expected: dict[str, Any]
) -> dict[str, Any]:
    """What the page of a leaf states: just this, signed by a key of its member's that could sign
    then and counts for this question."""
    where, act = f"{folder}/{at}.pdf", bundle.acts[at]
    record = bundle.json(f"{folder}/{at}.json")
    said = read_canonical(record["statement"].encode(), where)
    expected = expected | {
        "v": 1,
        "env": bundle.consultation["env"],
        "origin": bundle.checkpoint.origin,
        "consultation": bundle.consultation["id"],
        "result_leaf": bundle.only(RESULT)[0],
    }
    for name, value in expected.items():
        expect(said.get(name) == value, where, f"another {name}")
    own = {"key_id", "signature_class", "nonce", "issued_at"}
    expect(said.keys() == expected.keys() | own, where, "says more, or less")
    signed = read_signed(bundle, where, said)
    signed_as_logged(signed, record, act, where)
    enrolled = {each["key_id"]: (leaf, each) for leaf, each in bundle.certified.items()}
    leaf, key = enrolled.get(said["key_id"], (at, {}))
    expect(leaf < at and key["member"] == said["member"], where, "by no key of its member's")
    certified = key["certificate_sha256"] == act["certificate_sha256"]
    expect(certified, where, "not the certificate of the enrolment")
    revoked = [leaf for leaf, each in bundle.of_type(REVOKED).items()
               if each["key_id"] == said["key_id"]]  # fmt: skip
    expect(min(revoked, default=at + 1) > at, where, "its key had been revoked")
    # A revocation that is shown by its hash alone would go unseen.
    here = acts_of_keys(bundle, {said["key_id"]}, at)
    expect(act["key_leaves"] == here, where, "names other acts of its key")
    listed = serial_of(signed.certificate) in published_as_revoked(bundle)
    expect(bool(revoked) or not listed, MEMBER_LIST, f"names the key of leaf {at}, the log not")
    expect(moment(key["usable_from"]) <= moment(said["issued_at"]), where, "before its key could")
    of_key = key.get("signature_class", KEY_CLASSES[0])
    counts = said["signature_class"] == of_key and of_key in classes_counted(bundle)
    expect(counts, where, "of a class that does not count, or another than its key's")
    if signed.stamped_at is None:
        bundle.notes.append((where, "no time stamp that can be trusted: the log alone says when"))
    elif signed.stamped_at < moment(said["issued_at"]) - STAMP_SLACK:
        raise Unsound(f"{where}: stamped before it was made")
    return said


def counts_as_read(
    stood: dict[int, str], read: dict[int, str], prime_minister: int | None
) -> dict[str, Any]:
    """The counts of where the members stood, with each other opinion that is settled as it is
    read. One of the Prime Minister's that is settled for neither side takes none any more."""
    stand = stood | {member: READ_AS[each] for member, each in read.items()}
    places = list(stand.values())
    counts: dict[str, Any] = {name: places.count(each) for each, name in COUNTED_AS.items()}
    top = stand.get(prime_minister or 0)
    takes_none = top == "other_opinion" and prime_minister in read
    others = [member for member, each in stood.items() if each == "other_opinion"]
    return counts | {
        "members": len(stood),
        "unclassified": len(others) - len(read),
        "pm": top if top in VOTED and not takes_none else None,
    }


def reckoned(bundle: Bundle, settled: dict[int, str]) -> None:
    """That the outcome was found again from what is settled, by the rule, once it is known, and
    stands beside a result that awaited it."""
    result, said = bundle.only(RESULT)
    standings, who = bundle.consultation["standings"], other_opinions(bundle)
    stood = {each["member"]: each["position"] for each in standings}
    read = {who[ballot]: each for ballot, each in settled.items()}
    counts = counts_as_read(stood, read, said["prime_minister"])
    found = outcome_of(counts)
    acts = bundle.of_type(RECKONED)
    if found[0] == "awaits_classification":
        expect(not acts, "the log", "finds an outcome that is not known yet")
        return
    at, act = bundle.only(RECKONED)
    where = f"leaf {at}"
    answers = [*bundle.of_type(CLASSIFIED), *bundle.of_type(DECLINED)]
    expect(at > max(answers, default=result), where, "before an answer that it rests on")
    expect(act["consultation"] == bundle.consultation["id"], where, "on another consultation")
    expect(act["result_leaf"] == result, where, "beside another result")
    expect(act["before"] == said["outcome"] == "awaits_classification", where, "awaited by nobody")
    expect(act["counts"] == counts, where, "another count than the opinions as they are read")
    expect((act["outcome"], act["why"]) == found, where, f"says {act['outcome']}, not {found[0]}")
    by_member = sorted((who[ballot], ballot) for ballot in settled)
    readings = [{"ballot_leaf": each, "reading": settled[each]} for _, each in by_member]
    expect(act["readings"] == readings, where, "rests on other opinions")
    sentence = bundle.consultation["classified"]["sentence"].encode()
    expect(digest(sentence) == act["sentence_sha256"], "consultation.json", "in another sentence")


@check(
    "V41",
    "mỗi ý kiến bảo lưu do chính thành viên ký, về đúng kết quả đã có, không thiếu ý kiến nào",
    "each reserved opinion is signed by its member, on the outcome that stood; none is left out",
)
def reserved(bundle: Bundle) -> None:
    acts = bundle.of_type(RESERVED)
    # Until a decision or a report names it, whoever keeps the log could show it by its hash; its
    # member holds the receipt.
    for at, act in (bundle.of_type(ISSUED) | bundle.of_type(REPORTED)).items():
        here = sorted(leaf for leaf in acts if leaf < at)
        expect(
            act.get("reserved_leaves", []) == here, f"leaf {at}", "beside other reserved opinions"
        )
    names = {f"reserved/{at}.{kind}" for at in acts for kind in ("json", "pdf")}
    kept = {name for name in bundle.files if name.startswith("reserved/")}
    expect(names == kept, "reserved", "not those that the log names")
    if not acts:
        raise Absent("no opinion was reserved when this bundle was written")
    result, found = bundle.only(RESULT)
    outcomes = {result: found["outcome"]}
    outcomes |= {at: act["outcome"] for at, act in bundle.of_type(RECKONED).items()}
    asked = {each["member"]: each["office"] for each in bundle.consultation["standings"]}
    said_so_far = set()
    for at, act in sorted(acts.items()):
        where, leaf = f"reserved/{at}.pdf", f"leaf {at}"
        stood = max((each for each in outcomes if each < at), default=None)
        expect(stood is not None, leaf, "reserved before there was a result")
        expect(act["outcome_leaf"] == stood, leaf, "beside another outcome than stood then")
        expect(act["result_leaf"] == result, leaf, "beside another result")
        expect(act["consultation"] == bundle.consultation["id"], leaf, "on another consultation")
        expect(act["member"] in asked, leaf, "by nobody who was counted at the closing")
        opinion = bundle.json(f"reserved/{at}.json")["opinion"]
        expect(bool(opinion.strip()), where, "says nothing")
        expected = {
            "type": "reserved_opinion",
            "outcome_leaf": stood,
            "outcome": outcomes[act["outcome_leaf"]],
            "opinion_sha256": digest(opinion.encode()),
            "member": act["member"],
            "office": asked[act["member"]],
        }
        said = signed_of_result(bundle, at, "reserved", expected)
        # Else whoever keeps the log could show what was signed once as often as they like.
        this = said["member"], stood, said["opinion_sha256"]
        expect(this not in said_so_far, where, "says the same once more")
        said_so_far.add(this)
        if bundle.deep:
            page = printed_on(bundle.read(where))
            for each in (said["office"], said["nonce"], said["key_id"], opinion):
                expect(prints(page, each), where, f"does not print “{each}”")
            beside = squeezed("Kết quả lấy ý kiến: " + OUTCOME_WORDS[said["outcome"]] + ".")
            expect(beside in page, where, "prints another outcome")
    if bundle.deep:
        reported_in_full(bundle)


def reported_in_full(bundle: Bundle) -> None:
    """That each report prints every reserved opinion that it names."""
    for act in bundle.of_type(REPORTED).values():
        where = f"reports/{act['number']}.pdf"
        page = printed_on(bundle.read(where))
        for leaf in act.get("reserved_leaves", []):
            opinion = bundle.json(f"reserved/{leaf}.json")["opinion"]
            expect(prints(page, opinion), where, f"does not print the opinion of leaf {leaf}")


@check(
    "V42",
    "góp ý gửi trước đều của thành viên được hỏi, khi phiếu còn mở, đúng lời theo sổ, đủ cả",
    "comments released early are by members asked, while it was open, as logged, none left out",
)
def released_early(bundle: Bundle) -> None:
    acts, back = bundle.of_type(RELEASED), bundle.of_type(COMMENT_BACK)
    (opened, _), (closed, closing) = bundle.only(OPENED), bundle.only(CLOSED)
    here = sorted(acts | back)
    expect(closing.get("comment_leaves", []) == here, f"leaf {closed}", "names other comments")
    names = {f"early/{at}.json" for at in acts}
    kept = {name for name in bundle.files if name.startswith("early/")}
    expect(names == kept, "early", "not those that the log names")
    if not here:
        raise Absent("no comment was released early")
    when = asked_when(bundle)
    for at, act in sorted((acts | back).items()):
        leaf = f"leaf {at}"
        expect(act["consultation"] == bundle.consultation["id"], leaf, "on another consultation")
        expect(opened < at < closed, leaf, "outside opening and closing")
        expect(act["at"] < end_at(bundle, at), leaf, "after the end")
    for at, act in sorted(acts.items()):
        where, leaf = f"early/{at}.json", f"leaf {at}"
        expect(when.get(act["member"], at) < at, leaf, "by nobody who was asked")
        version = asking(bundle, at)[1]["consultation_version"]
        expect(act["consultation_version"] == version, leaf, "on another version")
        said = bundle.json(where)
        made = digest(_written({"nonce": said["nonce"], "words": said["words"]}).encode())
        expect(made == act["comment_sha256"], where, "not the words that the log commits to")
        expect(bool(said["words"].strip()), where, "says nothing")
    taken_back: set[int] = set()
    for at, act in sorted(back.items()):
        leaf, first = f"leaf {at}", act["comment_leaf"]
        expect(first in acts and first < at, leaf, "takes back what was not released")
        expect(acts[first]["member"] == act["member"], leaf, "takes back another's comment")
        expect(first not in taken_back, leaf, "takes back one twice")
        taken_back.add(first)


@check(
    "V29",
    "số liệu thống kê theo từng loại đúng với các phiếu",
    "the statistics of each class are those of the ballots",
)
def statistics(_bundle: Bundle) -> None:
    raise Absent("a consultation's bundle holds no statistics")


@check(
    "V30",
    "mỗi dấu niêm phong chứa đúng các dòng đã niêm phong",
    "each seal holds exactly the rows that it was set upon",
    ACTIVITY,
)
def rows_sealed(bundle: Bundle) -> None:
    after, last = bundle.described["after"], bundle.described["last"]
    numbers, covered = list(bundle.rows), 0
    for at, seal in bundle.of_type(SEALED).items():
        if not after <= seal["after"] < seal["last"] <= last:
            continue
        # No row is numbered below the first: one that stands there belongs to the first seal.
        start = bisect_right(numbers, seal["after"]) if seal["after"] else 0
        rows = numbers[start : bisect_right(numbers, seal["last"])]
        covered += len(rows)
        where = f"leaf {at}, rows {seal['after'] + 1} to {seal['last']}"
        expect(len(rows) == seal["count"], where, f"{len(rows)} rows of {seal['count']}")
        root = tree_hash([leaf_hash(bundle.rows[number]) for number in rows])
        expect(root.hex() == seal["root"], where, "not the rows that were sealed")
    expect(covered == len(numbers), "activity/rows.jsonl", "holds rows that no seal stands upon")


@check(
    "V31",
    "các dấu niêm phong nối nhau không hở; các dòng được cấp kết thúc bằng một dấu",
    "the seals follow one another without a gap, and the rows given end with one",
    ACTIVITY,
)
def seals_chained(bundle: Bundle) -> None:
    ends = [0]
    for at, seal in sorted(bundle.of_type(SEALED).items()):
        expect(seal["after"] == ends[-1] < seal["last"], f"leaf {at}", "leaves rows out between")
        ends.append(seal["last"])
    given = bundle.described
    for end in (given["after"], given["last"]):
        expect(end in ends, "activity.json", f"no seal ends with row {end}")
    expect(given["after"] < given["last"], "activity.json", "names no rows")


def verify(
    path: Path, keys: dict[str, Any] | None = None, previous: Path | None = None, deep: bool = False
) -> Report:
    """Run every check over a bundle; `keys` are those one holds, else the bundle's own."""
    files = open_bundle(path)
    try:
        held = keys or json.loads(files["keys.json"])
        _ = held["log_key"], held["root"], held["authorities"]
    except (KeyError, TypeError, ValueError):
        raise NotABundle("it names no keys") from None
    older = open_bundle(previous).get("ledger/checkpoint.txt", b"") if previous else None
    bundle = Bundle(files, held, older, deep)
    checks = {number: each.run for number, each in CHECKS.items() if bundle.kind in each.kinds}
    findings, absent, notes = [], [], []
    # What pyHanko has to say of a certificate is said here, once, by the check that asked.
    for each in ("pyhanko", "pyhanko_certvalidator"):
        logging.getLogger(each).setLevel(logging.CRITICAL + 1)
    for number, run in sorted(checks.items()):
        try:
            run(bundle)
        except Absent as lacking:
            absent.append(Finding(number, "", str(lacking)))
        except Unsound as wrong:
            where, colon, what = str(wrong).partition(": ")
            found = Finding(number, where, what) if colon else Finding(number, "", where)
            findings.append(found)
        # Whatever a check stumbles over, the bundle is not what it should be.
        except Exception as wrong:
            findings.append(Finding(number, "", f"cannot be checked: {wrong!r}"))
        notes += [Finding(number, where, what) for where, what in bundle.notes]
        bundle.notes.clear()
    keys_from = "given" if keys else "the bundle itself"
    return Report(
        about(bundle),
        tuple(sorted(checks)),
        tuple(findings),
        tuple(absent),
        tuple(notes),
        keys_from,
    )


def about(bundle: Bundle) -> str:
    """What a bundle says that it is of; worth nothing while it is unsound."""
    try:
        if bundle.kind == CONSULTATION:
            return f"consultation {bundle.consultation['id']}: {bundle.consultation['title']}"
        seals = list(bundle.of_type(SEALED).values())
        first, last = bundle.described["after"] + 1, bundle.described["last"]
        newest = (
            f"the log's newest seal ends with row {seals[-1]['last']}, {seals[-1]['sealed_at']}"
        )
        return f"activity, rows {first} to {last}; {newest}"
    except (Unsound, KeyError, TypeError, IndexError, ValueError):
        return "not readable"


LANGUAGES = ("vi", "en")


def main(words: Sequence[str]) -> int:
    """The script by itself; its words stand at the head of this file."""
    if not words:
        print(__doc__)
        return 2
    deep = "--deep" in words
    needed = NEEDED + NEEDED_DEEP if deep else NEEDED
    if missing := [each for each in needed if not find_spec(each)]:
        print(
            f"nothing was verified: {', '.join(missing)} missing here; "
            f"`pip install pyHanko{' pypdf' if deep else ''}`"
        )
        return 3
    keys, previous = _option(words, "--keys"), _option(words, "--previous")
    try:
        held = json.loads(Path(keys).read_text()) if keys else None
        if receipt := _option(words, "--receipt"):
            return _receipt(Path(receipt), held)
        report = verify(Path(words[0]), held, Path(previous) if previous else None, deep)
    except NotABundle as wrong:
        print(f"not a bundle: {wrong}")
        return 2
    except (OSError, ValueError) as wrong:
        print(f"not a trust.json: {wrong}")
        return 2
    language = _option(words, "--lang")
    for line in lines(report, (language,) if language in LANGUAGES else LANGUAGES):
        print(line)
    return 0 if report.is_sound else 1


def _receipt(path: Path, keys: dict[str, Any] | None) -> int:
    """0 when a receipt holds against the log's key that one has, 1 when not, 2 when it is none."""
    if keys is None:
        print("a receipt says nothing without the log's key: give --keys trust.json")
        return 2
    try:
        position, act = check_receipt(path.read_text(), *keys_held(keys, LOG))
    except Unsound as wrong:
        print(f"SAI / FAIL: {wrong}")
        return 1
    except (KeyError, UnicodeDecodeError):
        print("not a receipt, or not a trust.json")
        return 2
    print(f"đạt / ok: {act.get('type')}, leaf {position}, {act.get('byterange_sha256', '')[:16]}")
    return 0


def check_receipt(text: str, *log_keys: Held) -> tuple[int, dict[str, Any]]:
    """The leaf that a receipt proves and what it says: the proof, and the leaf's own line."""
    lines = text.replace("\r", "").split("\n")
    signed = [at for at, line in enumerate(lines) if line.startswith("\u2014 ")]
    first = [at for at, line in enumerate(lines) if line.startswith("c2sp.org/tlog-proof@")]
    acts = [line for line in lines if line.startswith("{")]
    if not signed or not first or not acts:
        raise Unsound("not a receipt: give all of it")
    proof = read_proof("\n".join(lines[first[0] : signed[-1] + 1]) + "\n")
    checkpoint = _said(_note(proof.note))
    # A key that gave way signs nothing later: whoever has it now may have stolen it.
    then = [key for key, until in log_keys if until is None or checkpoint.size <= until + 1]
    by = signer_of(proof.note, then)
    envelope = acts[0].encode()
    root = root_by_path(leaf_hash(envelope), proof.index, checkpoint.size, proof.path)
    of_it = checkpoint.origin == by.partition("+")[0]
    expect(of_it, "the receipt", "of another log")
    expect(root == checkpoint.root, "the receipt", "does not lead to its checkpoint")
    act = read_canonical(envelope, "the receipt")
    expect(act.get("position") == proof.index, "the receipt", "of another leaf")
    return proof.index, act


def _option(words: Sequence[str], name: str) -> str | None:
    at = words.index(name) + 1 if name in words else len(words)
    return words[at] if at < len(words) else None


OUTCOMES = {
    "vi": {"ok": "đạt", "FAIL": "SAI", "--": "không có trong gói này"},
    "en": {"ok": "ok", "FAIL": "FAIL", "--": "not in this bundle"},
}
VERDICTS = {
    ("vi", True): "TOÀN VẸN",
    ("vi", False): "KHÔNG TOÀN VẸN",
    ("en", True): "SOUND",
    ("en", False): "UNSOUND",
}


def lines(report: Report, languages: Sequence[str] = LANGUAGES) -> list[str]:
    """The report for a reader: each check with its outcome in these languages, then each failure
    and what could not be looked at."""
    failed = {each.check for each in report.findings}
    absent = {each.check for each in report.absent}
    told = [report.about]
    for number in report.checks:
        mark = "FAIL" if number in failed else "--" if number in absent else "ok"
        shown = CHECKS[number]
        said = [
            f"{OUTCOMES[each][mark]}: {shown.vi if each == 'vi' else shown.en}"
            for each in languages
        ]
        told.append(f"{mark:<4} {number} {said[0]}")
        told += [" " * 9 + each for each in said[1:]]
    for each in (*report.findings, *report.absent, *report.notes):
        told.append(f"     {each.check} {each.where or 'the bundle'}: {each.what}")
    verdicts = " / ".join(VERDICTS[each, report.is_sound] for each in languages)
    told.append(f"Keys: {report.keys_from}. {verdicts}")
    return told


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
