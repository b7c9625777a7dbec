"""What a browser keeps to be read without a line: its vault, and a lease for each paper (DAT-05).

The lease is kept by our script and by the device's own clock: it deters, it does not defeat.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, or_, select, update
from sqlalchemy.orm import Session, joinedload

from documents import access, queries, rules, service
from documents.marking import Code, Copy, Mark
from documents.models import Edition, Lease, Paper, Vault
from documents.rules import CopyFate, Handling, KeepRefusal
from ecabinet import clock, keys
from ecabinet.access import Actor
from ecabinet.db import reading, transaction
from ecabinet.errors import CabinetError, NotFound, Refused, Removed
from people import queries as people

LONGEST_BROWSER = 200
SEED_BYTES = 32


@dataclass(frozen=True)
class Kept:
    """A paper that a browser may keep, and until when."""

    paper_id: int
    edition_id: int
    number: int
    # The number of its paper's current edition.
    newest: int
    title: str
    dossier: str
    pages: int
    size: int
    until: datetime


@dataclass(frozen=True)
class Taken:
    """A paper that goes into a vault, and its reader's marked copy."""

    kept: Kept
    copy: Copy


@dataclass(frozen=True)
class Opened:
    """A vault, the server's half of its key, and what may stay in it."""

    public_id: str
    half: bytes
    kept: list[Kept]


@dataclass(frozen=True)
class CopyOut:
    """A copy that a device may hold until then; taken back or not, nobody has seen it gone."""

    reader: str
    browser: str
    paper: str
    number: int
    until: datetime
    is_taken_back: bool


@dataclass(frozen=True)
class CopyOfRemoved:
    """A copy of a removed file that a device held, and what became of it."""

    reader: str
    browser: str
    paper_id: int
    paper: str
    number: int
    fate: CopyFate
    at: datetime


@dataclass(frozen=True)
class Device:
    """A browser of one's own that may hold papers."""

    id: int
    browser: str
    papers: int
    until: datetime
    is_taken_back: bool


@dataclass(frozen=True)
class Reading:
    """A paper that was opened without a line, so many seconds ago by the device's clock."""

    edition_id: int
    seconds_ago: int


def make_vault(actor: Actor, browser: str) -> Opened:
    """Let this login's browser keep papers from now on."""
    with transaction() as db:
        assert actor.login_id is not None
        vault = Vault(
            public_id=secrets.token_hex(16),
            person_id=actor.id,
            login_id=actor.login_id,
            browser=browser[:LONGEST_BROWSER],
            seed=secrets.token_bytes(SEED_BYTES),
            made_at=clock.now(db),
        )
        db.add(vault)
        return Opened(vault.public_id, _half(vault), [])


def open_vault(
    actor: Actor, public_id: str, readings: Iterable[Reading] = (), dropped: Iterable[int] = ()
) -> Opened:
    """A vault is heard of by a login in force: what may still be read stays, for longer."""
    with transaction() as db:
        vault = _vault_to_fill(db, actor, public_id)
        assert actor.login_id is not None
        vault.login_id = actor.login_id
        now = clock.now(db)
        leases = _leases(db, vault)
        for each in leases:
            if each.edition_id in set(dropped):
                each.ended_at = now
            elif (until := _until(db, actor, each.edition, now)) is None:
                each.until, each.told_at = min(each.until, now), each.told_at or now
            else:
                each.until = until
        _record(db, actor, readings, {each.edition_id: each for each in leases}, now)
        stay = [_kept(each) for each in leases if each.until > now and each.ended_at is None]
        return Opened(vault.public_id, _half(vault), stay)


def take(
    actor: Actor, public_id: str, edition_ids: Sequence[int]
) -> list[tuple[int, Taken | CabinetError]]:
    """Let a vault keep these editions, in their order; what may not be kept is refused by itself,
    and the rest goes on."""
    with transaction() as db:
        vault = _vault_to_fill(db, actor, public_id)
        now = clock.now(db)
        held = access.read_ahead(db, actor, edition_ids)
        standing = select(Lease).where(
            Lease.vault_id == vault.id, Lease.edition_id.in_(list(edition_ids))
        )
        leases = {each.edition_id: each for each in db.scalars(standing)}
        key = service.mark_key()
        found = [(each, _taken(db, actor, vault, leases, each, now, key)) for each in edition_ids]
        del held
        return found


def _taken(
    db: Session,
    actor: Actor,
    vault: Vault,
    leases: dict[int, Lease],
    edition_id: int,
    now: datetime,
    key: bytes,
) -> Taken | CabinetError:
    try:
        edition = access.edition_to_read(db, actor, edition_id)
    except (NotFound, Removed) as refusal:
        return refusal
    until = _until(db, actor, edition, now)
    if until is None:
        return Refused(KeepRefusal.ONLINE_ONLY)
    lease = leases.get(edition_id)
    if lease is None:
        lease = leases[edition_id] = Lease(vault=vault, edition=edition)
        db.add(lease)
    lease.taken_at, lease.until, lease.ended_at, lease.told_at = now, until, None, None
    code = Code.sealed(key, edition.id, actor.id, now)
    office = service.office_of_reader(db, actor, edition)
    # Its mark says when it was taken, not opened.
    mark = Mark(actor.name, office, now.astimezone(service.OFFICE_ZONE), code)
    copy = Copy(edition.prepared, edition.slot, service.filled(mark, edition.slot_length))
    return Taken(_kept(lease), copy)


def still_reads(actor: Actor, public_id: str, edition_id: int) -> Actor:
    """Whoever papers are on their way to, as they stand by now; refused where their vault was
    closed, their login ended, or this paper is no longer theirs to read."""
    with reading() as db:
        is_open = db.scalar(select(Vault.seed.is_not(None)).where(Vault.public_id == public_id))
        now = people.actor_by_login(db, actor.login_id) if is_open and actor.login_id else None
        if now is None:
            raise Refused(KeepRefusal.CLOSED)
        access.edition_to_read(db, now, edition_id)
        return now


def may_keep(public_id: str, emptied: bool) -> bool:
    """Whether a browser may go on keeping what it keeps, asked by its vault's secret alone.

    One that may not, and says that it has emptied its vault, is no longer listed.
    """
    with transaction() if emptied else reading() as db:
        vault = db.scalar(select(Vault).where(Vault.public_id == public_id))
        if vault is not None and emptied:
            vault.seed, vault.emptied_at = None, vault.emptied_at or clock.now(db)
            vault.closed_at = vault.closed_at or vault.emptied_at
        return vault is not None and vault.seed is not None


def close(db: Session, person_id: int, login_id: int | None = None) -> None:
    """What a login's browser keeps, or all of a person's, is opened no more; their logins end."""
    standing = (Vault.person_id == person_id, Vault.closed_at.is_(None))
    this = (Vault.login_id == login_id,) if login_id is not None else ()
    db.execute(update(Vault).where(*standing, *this).values(closed_at=clock.now(db), seed=None))


def take_back(actor: Actor, vault_id: int) -> None:
    """Let one of one's own browsers keep nothing any more, from wherever one is."""
    with transaction() as db:
        vault = db.get(Vault, vault_id, with_for_update=True, populate_existing=True)
        if vault is None or vault.person_id != actor.id:
            raise NotFound(f"vault {vault_id}")
        vault.closed_at, vault.seed = vault.closed_at or clock.now(db), None


# ---- what is out ----


def copies_out(db: Session, dossier_id: int) -> list[CopyOut]:
    """The copies of a dossier that devices may still hold, by name; the longest lasting first."""
    rows = db.execute(_out(db, Paper.dossier_id == dossier_id)).all()
    called = queries.called(db, {vault.person_id for _, vault, _, _ in rows})
    return [
        CopyOut(
            called[vault.person_id],
            people.browser_name(vault.browser),
            title,
            number,
            lease.until,
            vault.closed_at is not None,
        )
        for lease, vault, number, title in rows
    ]


def copies_of_removed(
    db: Session, edition_ids: Iterable[int], since: datetime
) -> list[CopyOfRemoved]:
    """The copies that devices held when their file was removed, and what became of each."""
    rows = db.execute(
        _held(Edition.id.in_(list(edition_ids)))
        .where(Lease.until >= since)
        .where(or_(Lease.ended_at.is_(None), Lease.ended_at >= since))
        .where(or_(Vault.emptied_at.is_(None), Vault.emptied_at >= since))
    ).all()
    called, now = queries.called(db, {vault.person_id for _, vault, _, _ in rows}), clock.now(db)
    return [
        CopyOfRemoved(
            called[vault.person_id], people.browser_name(vault.browser), lease.edition.paper_id,
            title, number,
            *rules.fate_of_copy(
                now, lease.until, lease.told_at, lease.ended_at or vault.emptied_at
            ),
        )
        for lease, vault, number, title in rows
    ]  # fmt: skip


def devices_of(db: Session, actor: Actor) -> list[Device]:
    """One's own browsers that may still hold papers."""
    found: dict[Vault, list[datetime]] = {}
    for lease, vault, _, _ in db.execute(_out(db, Vault.person_id == actor.id)):
        found.setdefault(vault, []).append(lease.until)
    return [
        Device(
            vault.id,
            people.browser_name(vault.browser),
            len(ends),
            max(ends),
            vault.closed_at is not None,
        )
        for vault, ends in found.items()
    ]


def _out(db: Session, which: ColumnElement[bool]) -> Select[Lease, Vault, int, str]:
    held = _held(which).where(Lease.ended_at.is_(None), Lease.until > clock.now(db))
    return held.where(Vault.emptied_at.is_(None))


def _held(which: ColumnElement[bool]) -> Select[Lease, Vault, int, str]:
    return (
        select(Lease, Vault, Edition.number, Paper.title)
        .join(Vault, Vault.id == Lease.vault_id)
        .join(Edition, Edition.id == Lease.edition_id)
        .join(Paper, Paper.id == Edition.paper_id)
        .where(which)
        .order_by(Lease.until.desc(), Lease.id)
    )


# ---- parts ----


def _vault_to_fill(db: Session, actor: Actor, public_id: str) -> Vault:
    """One's own vault, locked; another's does not exist, and one that is closed stays closed."""
    vault = db.scalar(
        select(Vault)
        .where(Vault.public_id == public_id, Vault.person_id == actor.id)
        .with_for_update()
    )
    if vault is None:
        raise NotFound("vault")
    if vault.seed is None:
        raise Refused(KeepRefusal.CLOSED)
    return vault


def _half(vault: Vault) -> bytes:
    """Made from the row and from a key that is kept apart: a stolen database holds no half."""
    assert vault.seed is not None
    return hmac.new(keys.store().make("vault-halves"), vault.seed, hashlib.sha256).digest()


def _leases(db: Session, vault: Vault) -> Sequence[Lease]:
    whole = joinedload(Lease.edition).joinedload(Edition.paper)
    found = select(Lease).where(Lease.vault_id == vault.id, Lease.ended_at.is_(None))
    return db.scalars(found.options(whole).order_by(Lease.id)).all()


def _until(db: Session, actor: Actor, edition: Edition, now: datetime) -> datetime | None:
    """Until when this person's device may keep an edition; None where it may not."""
    dossier_id = edition.paper.dossier_id
    paper = edition.paper
    if (
        edition.removal_id is not None
        or paper.handling == Handling.ONLINE
        or paper.taken_out_at is not None
    ):
        return None
    if not access.may_read(db, actor, dossier_id):
        return None
    if access.may_read_oneself(db, actor, dossier_id):
        return rules.lease_end(now, None)
    lent = access.mandates_over(db, actor, dossier_id)
    return rules.lease_end(now, people.last_end(db, [each.id for each in lent]))


def _record(
    db: Session, actor: Actor, readings: Iterable[Reading], leases: dict[int, Lease], now: datetime
) -> None:
    for each in readings:
        if lease := leases.get(each.edition_id):
            said = now - timedelta(seconds=each.seconds_ago)
            at = rules.opened_between(said, lease.taken_at, now)
            service.record_opening_at(db, actor.id, each.edition_id, at)


def _kept(lease: Lease) -> Kept:
    edition, paper = lease.edition, lease.edition.paper
    return Kept(
        paper.id,
        edition.id,
        edition.number,
        paper.editions[-1].number,
        paper.title,
        paper.dossier.title,
        edition.pages,
        edition.prepared_size,
        lease.until,
    )
