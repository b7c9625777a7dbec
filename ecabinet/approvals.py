"""Acts that one person asks for and a second one confirms (rulebook: Who may do what; AC-08).

A room declares an `Act`, lists it in `ecabinet.app`, and calls `ask`. The request holds plain
facts and their digest; whoever confirms sends back the digest of what they were shown. Rights are
read anew inside the deciding transaction, and a request is decided once.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import JSON, ColumnElement, Select, String, and_, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from ecabinet import canonical, clock, ledger, outbox
from ecabinet.access import Actor, Permission
from ecabinet.db import Base, transaction
from ecabinet.duties import Duty
from ecabinet.errors import (
    Forbidden,
    NotFound,
    NotSignedIn,
    Overtaken,
    Refused,
    SettingRefused,
    Stale,
)

LONGEST_ABOUT, LONGEST_REASON = 300, 2_000
DECIDED_SHOWN = 50


class ApprovalRefusal(StrEnum):
    ALREADY_ASKED = "already_asked"
    ALREADY_DECIDED = "already_decided"
    OWN_REQUEST = "own_request"
    ABOUT_ONESELF = "about_oneself"
    ASKER_LOST_RIGHT = "asker_lost_right"


class RequestState(StrEnum):
    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    # By nobody: what it would have been done to is over.
    OVERTAKEN = "overtaken"


@dataclass(frozen=True)
class Approved:
    """What was asked for and confirmed: two people, and the facts that both of them saw."""

    request_id: int
    asker: Actor
    approver: Actor
    facts: canonical.Json


@dataclass(frozen=True)
class Act:
    """One kind of act that needs two; its words stand in its room's `_messages.html`.

    `carry_out` runs in the confirming transaction, as the asker's act. It asks its rules anew,
    and raises Stale where what was shown is no longer so.
    """

    name: str
    asked_with: Permission
    confirmed_with: Permission
    carry_out: Callable[[Session, Approved], None]
    # Which facts say what it is done to: of one thing, one request waits at a time. Without them,
    # only the very same request does not wait twice.
    done_to: tuple[str, ...] = ()
    # Which facts name the persons whom it is about; not every request has each of them.
    persons: tuple[str, ...] = ()
    # Which fact names the one person who confirms it; without it, whoever has the right.
    confirmed_by: str = ""
    # Where the two look at what its facts do not say, by the request's number: `/…/{}`.
    shown_at: str = ""
    # What follows where its asker withdraws it, in the same transaction.
    taken_back: Callable[[Session, "Request", Actor], None] | None = None

    def is_about(self, facts: canonical.Json, person_id: int) -> bool:
        """Whether somebody would confirm their own benefit, or keep off their own harm: whom an
        act is about is not its second person (AC-08)."""
        return person_id in {facts.get(name) for name in self.persons}

    def is_for(self, facts: canonical.Json, person_id: int) -> bool:
        """Whether somebody with the right is the one who confirms it."""
        return not self.confirmed_by or facts[self.confirmed_by] == person_id

    def waits_as(self, digest: str, facts: canonical.Json) -> str:
        """What no two waiting requests have in common."""
        thing = {name: facts[name] for name in self.done_to}
        return digest_of(self.name, "", thing) if thing else digest


class Request(Base):
    """An act that waits for its second person, or what became of it."""

    __tablename__ = "approval_request"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(60))
    about: Mapped[str] = mapped_column(String(LONGEST_ABOUT))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    digest: Mapped[str] = mapped_column(String(64))
    # Set while it waits, so that one thing is not asked for twice at once.
    waits_as: Mapped[str | None] = mapped_column(String(64), unique=True)
    state: Mapped[RequestState] = mapped_column(String(20), index=True)
    asked_by: Mapped[int] = mapped_column(index=True)
    # The offices in which both acted, whatever they hold later.
    asked_as: Mapped[str] = mapped_column(String(200))
    asked_at: Mapped[datetime]
    decided_by: Mapped[int | None]
    decided_as: Mapped[str | None] = mapped_column(String(200))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(LONGEST_REASON))
    leaf: Mapped[int | None]

    @property
    def path(self) -> str:
        return f"/approvals/{self.id}"


IS_WAITING = Request.state == RequestState.WAITING


class People(Protocol):
    """Whom the house knows; `people.queries`, tied in `ecabinet.app`."""

    def actor(self, db: Session, person_id: int, /) -> Actor | None:
        """A person with the roles of this moment; None when they hold no office."""

    def persons_who_may(self, db: Session, permission: Permission, /) -> Sequence[int]:
        """Everybody whom the policy lets do this."""


_acts: dict[str, Act] = {}
_people: People | None = None


def bind(acts: Iterable[Act], people: People) -> None:
    """Make these the acts that may be asked for, and say where rights are read."""
    global _people
    _people = people
    _acts.clear()
    for each in acts:
        if _acts.setdefault(each.name, each) is not each:
            raise SettingRefused(f"two acts are called {each.name}")


# ---- what people do ----


def ask(actor: Actor, act: Act, about: str, facts: canonical.Json) -> int:
    """Ask a second person to confirm an act; its number. Nothing has changed yet.

    What it is about is a heading, cut where it is long; the facts are whole.
    """
    heading = about[:LONGEST_ABOUT]
    try:
        with transaction() as db:
            return _keep(db, _as_of_now(db, actor, act.asked_with), act, heading, facts)
    except IntegrityError:
        raise Refused(ApprovalRefusal.ALREADY_ASKED) from None


def _keep(db: Session, actor: Actor, act: Act, about: str, facts: canonical.Json) -> int:
    digest = digest_of(act.name, about, facts)
    waits_as = act.waits_as(digest, facts)
    if db.scalar(select(Request.id).where(Request.waits_as == waits_as)):
        raise Refused(ApprovalRefusal.ALREADY_ASKED)
    request = Request(
        kind=act.name,
        about=about,
        facts=facts,
        digest=digest,
        waits_as=waits_as,
        state=RequestState.WAITING,
        asked_by=actor.id,
        asked_as=actor.office,
        asked_at=clock.now(db),
    )
    db.add(request)
    db.flush()
    _tell(db, _second_persons(db, request), "approval_asked", request, actor)
    return request.id


def confirm(actor: Actor, request_id: int, digest: str) -> None:
    """Confirm what was shown: the act is carried out now, as its asker's, or not at all."""
    with transaction() as db:
        approver, request = request_to_decide(db, actor, request_id, digest)
        act = _acts[request.kind]
        asker = _directory().actor(db, request.asked_by)
        if asker is None or not asker.may(act.asked_with):
            raise Refused(ApprovalRefusal.ASKER_LOST_RIGHT)
        _decide(db, request, RequestState.CONFIRMED, approver)
        body = {
            "act": act.name,
            "request": request.id,
            "facts_sha256": request.digest,
            "asked_by": asker.id,
            "confirmed_by": approver.id,
        }
        ledger.append(db, "approved", body, _remember_leaf(request))
        try:
            act.carry_out(db, Approved(request.id, asker, approver, request.facts))
        except Stale:
            raise Overtaken from None
        _tell(db, [asker.id], "approval_confirmed", request, approver)


def refuse(actor: Actor, request_id: int, digest: str, reason: str) -> None:
    """Do not confirm what was shown; its asker reads why."""
    with transaction() as db:
        approver, request = request_to_decide(db, actor, request_id, digest)
        _decide(db, request, RequestState.REFUSED, approver, reason)
        _tell(db, [request.asked_by], "approval_refused", request, approver)


def withdraw(actor: Actor, request_id: int) -> None:
    """Take back what one has asked for, as long as nobody has decided it."""
    with transaction() as db:
        request = request_to_withdraw(db, actor, request_id)
        _decide(db, request, RequestState.WITHDRAWN, actor)
        if act := _acts[request.kind].taken_back:
            act(db, request, actor)
        _tell(db, _second_persons(db, request), "approval_withdrawn", request, actor)


def put_aside(db: Session, kinds: Collection[str], thing: canonical.Json) -> None:
    """What acts of these kinds would be done to is over: no request for one waits any more, and its
    asker is told. `thing` is what the facts of each say of it."""
    waiting = select(Request).where(IS_WAITING, Request.kind.in_(kinds)).order_by(Request.id)
    for request in db.scalars(waiting.with_for_update()):
        if any(request.facts.get(name) != value for name, value in thing.items()):
            continue
        request.state, request.waits_as = RequestState.OVERTAKEN, None
        request.decided_at = clock.now(db)
        outbox.notify(
            db, request.asked_by, "approval_overtaken", request.path,
            act=request.kind, about=request.about,
        )  # fmt: skip


def _decide(
    db: Session, request: Request, state: RequestState, actor: Actor, reason: str | None = None
) -> None:
    request.state, request.reason, request.waits_as = state, reason, None
    request.decided_by, request.decided_as = actor.id, actor.office
    request.decided_at = clock.now(db)


def _second_persons(db: Session, request: Request) -> list[int]:
    act = _acts[request.kind]
    may = _directory().persons_who_may(db, act.confirmed_with)
    others = [each for each in may if each != request.asked_by and act.is_for(request.facts, each)]
    return [each for each in others if not act.is_about(request.facts, each)]


def _tell(db: Session, people: list[int], kind: str, request: Request, by: Actor) -> None:
    outbox.notify(
        db, people, kind, request.path, act=request.kind, about=request.about, who=by.office
    )


def _remember_leaf(request: Request) -> Callable[[int], None]:
    def remember(position: int) -> None:
        request.leaf = position

    return remember


# ---- loaders: whoever cannot show the right finds nothing ----


def request_to_decide(
    db: Session, actor: Actor, request_id: int, digest: str
) -> tuple[Actor, Request]:
    """A waiting request, locked, for a second person with the right as it is now."""
    request = _waiting(db, actor, request_id)
    if request.asked_by == actor.id:
        raise Refused(ApprovalRefusal.OWN_REQUEST)
    if is_about(actor, request):
        raise Refused(ApprovalRefusal.ABOUT_ONESELF)
    if not _acts[request.kind].is_for(request.facts, actor.id):
        raise Forbidden("another's to confirm")
    approver = _as_of_now(db, actor, _acts[request.kind].confirmed_with)
    if not digest == request.digest == digest_of(request.kind, request.about, request.facts):
        raise Stale
    return approver, request


def request_to_withdraw(db: Session, actor: Actor, request_id: int) -> Request:
    request = _waiting(db, actor, request_id)
    if request.asked_by != actor.id:
        raise Forbidden("another's request")
    return request


def request_to_read(db: Session, actor: Actor, request_id: int) -> Request:
    """Its asker, those whose it is to confirm, and those who read the log; nobody else knows of
    it."""
    return _known(actor, db.get(Request, request_id))


def _waiting(db: Session, actor: Actor, request_id: int) -> Request:
    found = db.get(Request, request_id, with_for_update=True, populate_existing=True)
    request = _known(actor, found)
    if request.state != RequestState.WAITING:
        raise Refused(ApprovalRefusal.ALREADY_DECIDED)
    return request


def _known(actor: Actor, request: Request | None) -> Request:
    if request is None or not is_known_to(actor, request):
        raise NotFound("request")
    return request


def is_known_to(actor: Actor, request: Request) -> bool:
    return request.asked_by == actor.id or _confirms(actor, request) or _reads_all(actor)


def may_decide(actor: Actor, request: Request) -> bool:
    """Whether this reader is one of the second persons; what they send is checked again."""
    is_anothers = request.asked_by != actor.id and not is_about(actor, request)
    return is_anothers and _confirms(actor, request)


def shown_at(request: Request) -> str:
    """Where the two who decide it look at what its facts do not say; empty where they say all."""
    act = _acts.get(request.kind)
    return act.shown_at.format(request.id) if act else ""


def is_about(actor: Actor, request: Request) -> bool:
    act = _acts.get(request.kind)
    return act is not None and act.is_about(request.facts, actor.id)


def _confirms(actor: Actor, request: Request) -> bool:
    act = _acts.get(request.kind)
    return act is not None and actor.may(act.confirmed_with) and act.is_for(request.facts, actor.id)


def takes_part(actor: Actor) -> bool:
    """Whether there is any act that this person asks for or confirms, or reads of."""
    asks_or_confirms = (
        actor.may(each.asked_with) or actor.may(each.confirmed_with) for each in _acts.values()
    )
    return _reads_all(actor) or any(asks_or_confirms)


def _reads_all(actor: Actor) -> bool:
    return actor.may(Permission.LEDGER_READ)


def _as_of_now(db: Session, actor: Actor, permission: Permission) -> Actor:
    """The same person with the rights of this moment, inside the transaction (AC-07)."""
    found = _directory().actor(db, actor.id)
    if found is None:
        raise NotSignedIn
    is_shut = actor.administration_is_shut
    replace(found, administration_is_shut=is_shut).must(permission)
    return found


def _directory() -> People:
    if _people is None:
        raise SettingRefused("nobody is bound who knows the people")
    return _people


# ---- reads for screens ----


@dataclass(frozen=True)
class Desk:
    """What one person's page of requests holds, oldest first where something waits."""

    for_me: Sequence[Request]
    by_me: Sequence[Request]
    decided: Sequence[Request]


def desk(db: Session, actor: Actor) -> Desk:
    decided = _known_to(actor).where(~IS_WAITING)
    mine = select(Request).where(IS_WAITING, Request.asked_by == actor.id).order_by(Request.id)
    newest_first = decided.order_by(Request.decided_at.desc(), Request.id.desc())
    return Desk(
        for_me=waiting_for(db, actor),
        by_me=db.scalars(mine).all(),
        decided=db.scalars(newest_first.limit(DECIDED_SHOWN)).all(),
    )


def waiting_for(db: Session, actor: Actor) -> list[Request]:
    """What this person may decide as the second one, oldest first."""
    waiting = db.scalars(_known_to(actor).where(IS_WAITING).order_by(Request.id))
    return [each for each in waiting if may_decide(actor, each)]


def waiting_on(db: Session, act: Act, things: Iterable[canonical.Json]) -> Sequence[Request]:
    """The requests that wait for an act done to any of these things."""
    wanted = [act.waits_as("", each) for each in things]
    return db.scalars(select(Request).where(Request.waits_as.in_(wanted))).all()


def _known_to(actor: Actor) -> Select[Request]:
    if _reads_all(actor):
        return select(Request)
    decides = [
        _confirmed_by(actor, each) for each in _acts.values() if actor.may(each.confirmed_with)
    ]
    return select(Request).where(or_(Request.asked_by == actor.id, *decides))


def _confirmed_by(actor: Actor, act: Act) -> ColumnElement[bool]:
    """The requests for an act that somebody with the right to confirm it is asked to confirm."""
    of_its_kind = Request.kind == act.name
    if not act.confirmed_by:
        return of_its_kind
    return and_(of_its_kind, Request.facts[act.confirmed_by].as_integer() == actor.id)


def duties(db: Session, actor: Actor) -> list[Duty]:
    """What waits for this person as the second one."""
    return [
        Duty(
            "approval_to_decide", each.about, each.path,
            facts={"act": each.kind, "who": each.asked_as},
        )
        for each in waiting_for(db, actor)
    ]  # fmt: skip


def digest_of(act: str, about: str, facts: canonical.Json) -> str:
    """What a decision is bound to: every fact that the second person is shown."""
    whole = canonical.encode({"act": act, "about": about, "facts": facts})
    return hashlib.sha256(whole).hexdigest()
