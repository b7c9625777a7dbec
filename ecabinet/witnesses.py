"""Outside witnesses of this cabinet's log: each is asked to cosign it, and what it said is kept.

A cosignature is a second record beside a checkpoint, which stays as it was (security.md, C15). No
act waits for one.
"""

import base64
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import requests
import structlog
from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ecabinet import clock, ledger, verifier
from ecabinet.db import Base, insert_if_absent, reading, transaction
from ecabinet.errors import SettingRefused

log = structlog.get_logger()

# A witness is asked for what ends a question at once, for anything else within the hour.
AT_ONCE = ("consultation_closed",)
EACH, LATE = timedelta(hours=1), timedelta(hours=1, minutes=10)
SECONDS_TO_ANSWER, SECONDS_BETWEEN = 5, 60
LARGEST = 16 * 1024


class Cosignature(Base):
    """One witness's signature line on the checkpoint of one size."""

    __tablename__ = "ledger_cosignature"

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    witness: Mapped[str] = mapped_column(String(200), primary_key=True)
    line: Mapped[str]
    at: Mapped[datetime]


@dataclass(frozen=True)
class Witness:
    """One who was set: their key, as C2SP prints it, and where they listen."""

    key: str
    url: str

    @property
    def name(self) -> str:
        return self.key.partition("+")[0]


_set: tuple[Witness, ...] = ()
_needed = 0
# Who did not answer rests: until when, in this process.
_resting: dict[str, float] = {}


def bind(given: Sequence[str], needed: int) -> None:
    """Who cosigns this log, each as KEY@URL, and how many of them must."""
    global _set, _needed
    found = [Witness(*each.partition("@")[::2]) for each in given]
    for each in found:
        if not urlsplit(each.url).hostname or each.key.count("+") < 2:
            raise SettingRefused("ECABINET_WITNESSES: each is NAME+ID+KEY@https://…")
    if needed > len(found):
        raise SettingRefused("ECABINET_WITNESSES_NEEDED is more than there are witnesses")
    _set, _needed = tuple(found), needed or len(found)
    _resting.clear()


def keys() -> tuple[list[str], int]:
    """Of those who cosign their keys, and how many must."""
    return [each.key for each in _set], _needed


class NotTheLogThatWasSeen(Exception):
    """A witness has seen more than there is here, or something else."""


def refuse_another_log() -> None:
    """Nothing begins upon an older or another state than a witness has seen (DAT-04).

    A witness that does not answer keeps nobody: it is asked again.
    """
    for each in _set:
        try:
            _ask(each)
        except NotTheLogThatWasSeen as wrong:
            raise SettingRefused(
                f"this database is older than, or other than, what the witness {each.name} has "
                f"seen ({wrong}): bring the newest backup back; if there is none, two people "
                "decide to go on without what is lost, and take it out of ECABINET_WITNESSES"
            ) from None


def ask_those_whose_turn_it_is() -> int:
    """Have the log as it is now cosigned; how many did."""
    count = 0
    for each in _set:
        if _resting.get(each.name, 0) > time.monotonic() or not _is_due(each):
            continue
        try:
            count += _ask(each)
        except NotTheLogThatWasSeen as wrong:
            log.error("a witness has seen another log", witness=each.name, seen=str(wrong))
    return count


def _ask(witness: Witness, seen: int | None = None) -> bool:
    """Whether this witness cosigned the log as it is, which goes on from what they have seen."""
    with reading() as db:
        last, size = newest(db, witness.name), ledger.size(db)
        if not size:
            return False
        old = min(last.size if last else 0, size) if seen is None else seen
        if old > size:
            raise NotTheLogThatWasSeen(f"{old} leaves there, {size} here")
        size = _as_far_as_is_known(db, old, size)
        note, body = ledger.checkpoint(db, size), _request(db, old, size)
    _resting[witness.name] = time.monotonic() + SECONDS_BETWEEN
    try:
        status, said = _post(witness, body)
        if status == requests.codes.conflict and seen is None and int(said) != old:
            return _ask(witness, int(said))
    except (requests.RequestException, ValueError) as fault:
        status, said = 0, repr(fault)
    if status in (requests.codes.conflict, requests.codes.unprocessable):
        raise NotTheLogThatWasSeen(f"another history of {old} leaves")
    line = said.strip("\n") + "\n"
    if status != requests.codes.ok or not _holds(note + line, witness):
        log.error("a witness did not cosign", witness=witness.name, status=status, said=said[:200])
        return False
    _keep(witness, size, line)
    del _resting[witness.name]
    return True


def _as_far_as_is_known(db: Session, old: int, size: int) -> int:
    """Up to the act by which the log's key gave way, where the witness has not seen that one: so it
    stands cosigned before they are asked to take the new key."""
    for each in ledger.generations(db, ledger.KEY_NAME):
        if each.until is not None and old <= each.until < size:
            return each.until + 1
    return size


def _keep(witness: Witness, size: int, line: str) -> None:
    with transaction() as db:
        now = clock.now(db)
        insert_if_absent(db, Cosignature, size=size, witness=witness.name, line=line, at=now)
        kept = db.get_one(Cosignature, (size, witness.name))
        kept.line, kept.at = line, now


def _holds(note: str, witness: Witness) -> bool:
    try:
        return verifier.cosigned_at(note, witness.key) is not None
    except verifier.Unsound:
        return False


def _is_due(witness: Witness) -> bool:
    """Once an hour, whether anything happened or not: a log that was set back is found so."""
    with reading() as db:
        last = newest(db, witness.name)
        if last is None or clock.now(db) - last.at >= EACH:
            return True
        found = select(ledger.Leaf.position).where(
            ledger.Leaf.kind.in_(AT_ONCE), ledger.Leaf.position >= last.size
        )
        return db.scalar(found.limit(1)) is not None


def _request(db: Session, old: int, size: int) -> bytes:
    path = ledger.consistency(db, old, size) if 0 < old < size else []
    lines = [f"old {old}", *(base64.b64encode(each).decode() for each in path)]
    return ("\n".join(lines) + "\n\n" + ledger.checkpoint(db, size)).encode()


def _post(witness: Witness, body: bytes) -> tuple[int, str]:
    url = witness.url.rstrip("/") + "/add-checkpoint"
    with requests.Session() as line:
        # Neither another proxy nor another address than the one that was set.
        line.trust_env = False
        with line.post(
            url, data=body, timeout=SECONDS_TO_ANSWER, allow_redirects=False, stream=True
        ) as answer:
            return answer.status_code, answer.raw.read(LARGEST).decode("utf-8", "replace")


def newest(db: Session, name: str) -> Cosignature | None:
    """The newest that this witness cosigned."""
    found = select(Cosignature).where(Cosignature.witness == name)
    return db.scalar(found.order_by(Cosignature.size.desc()).limit(1))


def newest_size(db: Session, at_least: int) -> int | None:
    """The largest size, from this one on, that enough witnesses cosigned; None where none is."""
    if not _set:
        return None
    found = select(Cosignature).where(Cosignature.size >= at_least)
    named, sizes = {each.name for each in _set}, dict[int, set[str]]()
    for each in db.scalars(found):
        if each.witness in named:
            sizes.setdefault(each.size, set()).add(each.witness)
    return max((size for size, by in sizes.items() if len(by) >= _needed), default=None)


def cosigned(db: Session, size: int) -> str:
    """The checkpoint of this size with every cosignature on it."""
    lines = select(Cosignature.line).where(Cosignature.size == size).order_by(Cosignature.witness)
    return ledger.checkpoint(db, size) + "".join(db.scalars(lines))


def behind(db: Session) -> list[str]:
    """Which witnesses have not cosigned for too long: they are away, or this is not the log that
    they have seen."""
    size, now = ledger.size(db), clock.now(db)
    last = {each.name: newest(db, each.name) for each in _set}
    return [name for name, kept in last.items() if size and (not kept or now - kept.at > LATE)]
