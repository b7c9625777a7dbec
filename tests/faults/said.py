"""What was said and done in the ballot room, as a second book keeps it: no line of it asks the
house what it thinks, so that the two can be held against each other (security.md 5)."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

TOP = "thutuong"
SHOWN_HOLDS = timedelta(minutes=5)
FOR = ("agree", "agree_comments")


@dataclass(eq=False)
class Key:
    """A key on a member's device."""

    private: ec.EllipticCurvePrivateKey
    public_id: str
    asked_at: datetime
    key_id: str = ""
    confirmed_at: datetime | None = None
    usable_from: datetime | None = None
    ends_at: datetime | None = None
    ended_at: datetime | None = None

    def signs(self, content: bytes) -> bytes:
        """As WebCrypto does."""
        r, s = utils.decode_dss_signature(self.private.sign(content, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def why_not(self, at: datetime) -> set[str]:
        assert self.usable_from is not None
        assert self.ends_at is not None
        found = {
            "key_revoked": self.ended_at is not None and at >= self.ended_at,
            "key_expired": at >= self.ends_at,
            "key_waiting": at < self.usable_from,
        }
        return {reason for reason, holds in found.items() if holds}

    def is_known(self, at: datetime) -> bool:
        return self.asked_at <= at and (self.ended_at is None or self.ended_at > at)

    def could_sign(self, at: datetime) -> bool:
        return self.usable_from is not None and self.is_known(at) and not self.why_not(at)


@dataclass(eq=False)
class Said:
    """What a member answered, and what shows it."""

    member: str
    choice: str
    version: int
    key: str
    receipt: dict[str, Any]
    is_paper: bool = False

    @property
    def place(self) -> int:
        return int(self.receipt["position"])


@dataclass(eq=False)
class Tried:
    """A signed answer that was not taken."""

    member: str
    key: str
    asked_at: datetime
    is_decided: bool = False


@dataclass(eq=False)
class Sheet:
    """An answer on paper that one person has entered."""

    question: "Question"
    member: str
    choice: str
    version: int
    request: int
    at: datetime
    waits: bool = True
    taken_back: bool = False


@dataclass(eq=False)
class Question:
    """One question, with all that its members said."""

    id: int
    dossier: int
    asked_at: datetime
    due_at: datetime
    asking_leaf: int
    state: str = "open"
    version: int = 1
    askings: dict[int, int] = field(default_factory=dict)
    opened: dict[str, datetime] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    tried: list[Tried] = field(default_factory=list)
    sheets: list[Sheet] = field(default_factory=list)
    positions: dict[str, str] | None = None
    had_spoken: set[str] = field(default_factory=set)
    decided: str = ""

    def has_ended(self, at: datetime) -> bool:
        return at >= self.due_at

    def ends_as(self, state: str) -> None:
        self.state = state
        for sheet in self.sheets:
            sheet.waits = False

    def asks_anew(self, leaf: int, at: datetime, due_at: datetime) -> None:
        self.version += 1
        self.asking_leaf, self.asked_at, self.due_at = leaf, at, due_at
        self.askings[self.version] = leaf
        self.opened.clear()
        for sheet in self.sheets:
            sheet.waits = False

    def counts_of(self, member: str) -> Said | None:
        """The last answer of a member on the papers as they are."""
        found = [x for x in self.said if (x.member, x.version) == (member, self.version)]
        return found[-1] if found else None

    def signed_by(self, member: str) -> Said | None:
        found = [
            x
            for x in self.said
            if (x.member, x.version, x.is_paper) == (member, self.version, False)
        ]
        return found[-1] if found else None

    def has_signed(self, member: str) -> bool:
        counted = self.counts_of(member)
        return counted is not None and not counted.is_paper

    def waits_for_two(self) -> set[str]:
        """Whose signed answer was refused, and is neither taken since nor decided."""
        return {
            x.member
            for x in self.tried
            if x.asked_at < self.due_at and not x.is_decided and not self.has_signed(x.member)
        }

    def heard(self) -> dict[str, str]:
        """Where they stood, but that nobody agrees by silence who tried to answer in time."""
        tried = {x.member for x in self.tried if x.asked_at < self.due_at}
        return {
            who: "silent" if who in tried and where == "deemed_agree" else where
            for who, where in (self.positions or {}).items()
        }

    def is_provisional(self) -> bool:
        """Whether two people have to decide yet, or nothing is issued since the result rests on the
        silence of somebody who tried to answer in time."""
        return bool(self.waits_for_two()) or ends_of(self.heard()) != ends_of(self.positions or {})

    def where(self, member: str, keys: Sequence[Key], in_time: bool, window_is_long: bool) -> str:
        """Where a member stands once it is over."""
        if said := self.counts_of(member):
            return said.choice
        tried = any(x.member == member and x.asked_at < self.due_at for x in self.tried)
        on_paper = any(
            x.member == member and x.at < self.due_at and not x.taken_back for x in self.sheets
        )
        before = any(x.member == member for x in self.said)
        if member == TOP or tried or on_paper or before:
            return "silent"
        at_end = [x for x in keys if x.is_known(self.due_at)]
        waiting = any(x.confirmed_at is None or x.confirmed_at > self.due_at for x in at_end)
        if waiting or not any(x.could_sign(self.due_at) for x in at_end):
            return "not_reached"
        if not window_is_long:
            return "silent"
        return "deemed_agree" if in_time else "not_reached"


def ends_of(positions: dict[str, str]) -> str:
    """The outcome, by trying every way in which what is open could yet be said."""
    others = [who for who, where in positions.items() if where == "other_opinion"]
    found = {_compared(dict(positions) | read) for read in _readings(others)}
    return found.pop() if len(found) == 1 else "awaits_classification"


def _readings(others: Sequence[str]) -> Iterator[dict[str, str]]:
    if not others:
        yield {}
        return
    for rest in _readings(others[1:]):
        for read in ("agree", "disagree", "neither"):
            yield rest | {others[0]: read}


def _compared(positions: dict[str, str]) -> str:
    plain = _counted(positions)
    if positions[TOP] in (*FOR, "disagree") or plain == "needs_decision":
        return plain
    # Silence of whoever decides on equal votes decides nothing, where their word would have.
    heard = {_counted(positions | {TOP: each}) for each in ("agree", "disagree")}
    return plain if heard == {plain} else "needs_decision"


def _counted(positions: dict[str, str]) -> str:
    where = list(positions.values())
    fors = sum(each in (*FOR, "deemed_agree") for each in where)
    againsts = where.count("disagree")
    if 2 * fors > len(where):
        return "passed"
    # On five, never exactly half.
    return "needs_decision" if fors == againsts > 0 else "not_passed"


# ---- the log, by RFC 9162 and C2SP alone ----


class Tree:
    """Its leaves as they were first seen, and the root after each of them."""

    def __init__(self) -> None:
        self.leaves: list[bytes] = []
        self.notes: list[str] = []
        self._peaks: list[tuple[int, bytes]] = []

    def grows(self, leaf: bytes, note: str) -> None:
        """One leaf more, and the note that was signed over the log with it."""
        self.leaves.append(leaf)
        self.notes.append(note)
        size, digest = 1, hashlib.sha256(b"\0" + leaf).digest()
        while self._peaks and self._peaks[-1][0] == size:
            size, digest = size * 2, _over(self._peaks.pop()[1], digest)
        self._peaks.append((size, digest))
        _origin, told, root = note.split("\n")[:3]
        assert (int(told), base64.b64decode(root)) == (len(self.leaves), self.root)

    @property
    def root(self) -> bytes:
        *left, (_, digest) = self._peaks
        for _, each in reversed(left):
            digest = _over(each, digest)
        return digest


def _over(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()
