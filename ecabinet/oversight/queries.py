"""Reads of the log and of the policy, and what is public of the ledger."""

import hashlib
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from ecabinet import (
    activity,
    clock,
    ledger,
    official,
    pades,
    tsa,
    verifier,
    witnesses,
)
from ecabinet.access import GOVERNMENT, POLICY, Permission, Role
from ecabinet.activity import Activity
from ecabinet.search_terms import fold
from people import queries as people
from people.queries import OFFICE_ZONE

PAGE = 50


@dataclass(frozen=True)
class Asked:
    """What the reader of the log looks for."""

    words: str = ""
    person_id: int | None = None
    source: str = ""
    is_refused: bool | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class Row:
    """One act, with the name of who did it."""

    id: int
    at: datetime
    person_id: int | None
    person: str
    office: str
    act: str
    thing: str
    result: str
    reason: str
    source: str
    port: int | None
    browser: str
    login_id: int | None

    @property
    def is_done(self) -> bool:
        return self.result == activity.DONE


@dataclass(frozen=True)
class LogPage:
    """Rows of the log, newest first; `older` is where the next page begins."""

    rows: list[Row]
    older: int | None
    person: str


def log(db: Session, asked: Asked, words_of: Mapping[str, str], before: int | None) -> LogPage:
    names = people.names(db)
    wanted = _wanted(asked, names, people.usernames(db), words_of)
    found = activity.find(db, wanted, before, PAGE + 1)
    rows = [_row(each, names) for each in found[:PAGE]]
    is_more = len(found) > PAGE
    person = names.get(asked.person_id, "") if asked.person_id else ""
    return LogPage(rows, rows[-1].id if is_more else None, person)


def whole_log(db: Session, asked: Asked, words_of: Mapping[str, str]) -> Iterator[Row]:
    """Every row that is looked for, the oldest first."""
    names = people.names(db)
    for each in activity.every(db, _wanted(asked, names, people.usernames(db), words_of)):
        yield _row(each, names)


def _wanted(
    asked: Asked, names: Mapping[int, str], accounts: Mapping[int, str], words_of: Mapping[str, str]
) -> activity.Wanted:
    """Words are looked for in names of persons and of their accounts and, where none has them, in
    those of acts."""
    words = fold(asked.words).strip()
    persons = None
    if asked.person_id is not None:
        persons = frozenset({asked.person_id})
    elif words:
        # None of that name: the words are looked for in the acts.
        called = (*names.items(), *accounts.items())
        persons = frozenset(key for key, name in called if words in fold(name)) or None
    acts = None
    if words and (persons is None or asked.person_id is not None):
        acts = frozenset(key for key, said in words_of.items() if words in fold(said))
    since, until = span(asked)
    return activity.Wanted(
        persons=persons,
        acts=acts,
        is_refused=asked.is_refused,
        source=asked.source,
        since=since,
        until=until,
    )


def span(asked: Asked) -> tuple[datetime | None, datetime | None]:
    """The moments between which the days lie that are looked at."""
    since = OFFICE_ZONE.start_of(asked.first) if asked.first else None
    return since, OFFICE_ZONE.end_of(asked.last) if asked.last else None


def _row(each: Activity, names: Mapping[int, str]) -> Row:
    return Row(
        id=each.id,
        at=each.at,
        person_id=each.person_id,
        person=names.get(each.person_id, "") if each.person_id else "",
        office=each.office,
        act=each.act,
        thing=each.thing,
        result=each.result,
        reason=each.reason,
        source=each.source,
        port=each.port,
        browser=each.browser,
        login_id=each.login_id,
    )


def grid() -> list[tuple[Permission, list[Role | None]]]:
    """The policy, a row for each thing that may be done and a column for each role: as which role
    somebody with that office may do it, or None."""
    return [
        (permission, [_may_as(role, roles) for role in Role])
        for permission, roles in POLICY.items()
    ]


def _may_as(role: Role, roles: frozenset[Role]) -> Role | None:
    if role in roles:
        return role
    return Role.MEMBER if role in GOVERNMENT and Role.MEMBER in roles else None


# ---- what is public ----

# A public checkpoint shows the log as it was at the last full half minute (security.md, C14).
EACH = timedelta(seconds=30)
CERTIFICATES = (pades.ROOT, pades.MEMBER_CA, tsa.TSA, official.SEAL)
VERIFIER = Path(verifier.__file__)


@dataclass(frozen=True)
class Certificate:
    name: str
    sha256: str
    # One that gave way to another still shows what it has signed.
    is_in_use: bool


@dataclass(frozen=True)
class ClosingKey:
    """Itself it fills half a page."""

    sha256: str
    until: int | None


@dataclass(frozen=True)
class Shown:
    """What the page shows."""

    # Of the log and of its closings, the one in use last.
    log_keys: list[ledger.Generation]
    closing_keys: list[ClosingKey]
    size: int
    checkpoint: str
    certificates: list[Certificate]
    verifier_sha256: str


def public(db: Session) -> Shown:
    """What the public page shows."""
    size, note = public_checkpoint(db)
    return Shown(
        log_keys=ledger.generations(db, ledger.KEY_NAME),
        closing_keys=[
            ClosingKey(_grouped(hashlib.sha256(each.key.encode()).hexdigest()), each.until)
            for each in ledger.generations(db, ledger.CLOSING_KEY_NAME)
        ],
        size=size,
        checkpoint=note,
        certificates=[
            Certificate(pades.name_of(der), _grouped(hashlib.sha256(der).hexdigest()), is_in_use)
            for der, is_in_use in _certificates(db)
        ],
        verifier_sha256=hashlib.sha256(VERIFIER.read_bytes()).hexdigest(),
    )


def public_checkpoint(db: Session) -> tuple[int, str]:
    """The size and the note of the log as it was at the last full half minute."""
    now = clock.now(db)
    size = ledger.size_at(db, now - timedelta(seconds=now.timestamp() % EACH.total_seconds()))
    return size, witnesses.cosigned(db, size) if size else ""


def certificates(db: Session) -> bytes:
    """The cabinet's own certificates, PEM."""
    made = (ssl.DER_cert_to_PEM_cert(der) for der, _is_in_use in _certificates(db))
    return "".join(made).encode()


def _certificates(db: Session) -> Iterator[tuple[bytes, bool]]:
    """Each that the cabinet has of its own, those first that are in use; a seal that has sealed
    nothing yet has none."""
    lines = [pades.generations(db, purpose) for purpose in CERTIFICATES]
    yield from ((line[-1], True) for line in lines if line)
    yield from ((each, False) for line in lines for each in line[:-1])


def _grouped(digest: str) -> str:
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))
