"""Reads about people: plain values for screens and for the rooms above."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, select, union
from sqlalchemy.orm import Session, joinedload

from ecabinet import access as policy
from ecabinet import authorities, clock, crls, ledger, outbox, pades
from ecabinet.access import (
    POLICY,
    ROLES_OF_RIGHTS,
    Actor,
    Matter,
    Permission,
    Right,
    Role,
    ShownBy,
)
from ecabinet.calendar import Calendar
from ecabinet.duties import Duty
from ecabinet.errors import NotFound
from ecabinet.search_terms import fold
from people import rules
from people.models import (
    DEVICE_CLASS,
    Agency,
    AgencyCode,
    Device,
    DeviceState,
    Failure,
    FormerName,
    Login,
    Mandate,
    Office,
    OutsideAccount,
    OutsideEnd,
    Passkey,
    Person,
    RecoveryCode,
    Suspension,
    Term,
)
from people.provider import Ended
from people.rules import (
    AgencyKind,
    DeviceStanding,
    MandateOrder,
    MandateStanding,
    Method,
    OutsideSignIn,
    Party,
    PersonOrder,
    PersonStanding,
)

OFFICE_ZONE = Calendar()
# How long after its end an office can still be handed over.
HANDED_OVER_WITHIN = timedelta(days=180)
# Letters of a key's digest that are compared aloud: 128 bits.
READ_ALOUD = 32


@dataclass(frozen=True)
class Holder:
    """A person in the office they speak for, in protocol order."""

    person_id: int
    name: str
    office: str
    office_id: int
    role: Role
    is_member: bool
    protocol_order: int
    agency_id: int | None
    since: date
    acting: bool


@dataclass(frozen=True)
class AgencyName:
    id: int
    slug: str
    name: str
    short_name: str
    ended_on: date | None = None


@dataclass(frozen=True)
class SigningDevice:
    """A member's certified signing key."""

    id: int
    person_id: int
    key_id: str
    label: str
    certificate: bytes
    usable_from: datetime
    ends_at: datetime
    revoked_at: datetime | None
    signature_class: str


def digest(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode()).digest()


def actor_by_cookie(db: Session, cookie: str) -> Actor | None:
    """Who this browser's secret stands for now; None when it opens nothing any more."""
    login = login_by_cookie(db, cookie)
    return None if login is None else _actor_of(db, login)


def actor_by_login(db: Session, login_id: int) -> Actor | None:
    """Who a login stands for now, by its number: of it alone, whoever else knows that number."""
    login = db.get(Login, login_id)
    if login is None or login.ended_at is not None or login.whole_at is None:
        return None
    return _actor_of(db, login) if rules.login_holds(login.started_at, clock.now(db)) else None


def _actor_of(db: Session, login: Login) -> Actor | None:
    found, now = actor(db, login.person_id, login.id), clock.now(db)
    if found is None:
        return None
    return replace(
        found,
        is_locked=rules.is_idle(login.seen_at, now, locks_after(found)),
        shown=ShownBy(login.shown_by)
        if login.shown_by and rules.is_of_late(login.shown_at, now)
        else None,
        login_ends=rules.login_ends(login.started_at),
    )


def login_by_cookie(db: Session, cookie: str) -> Login | None:
    """The whole login that this browser's secret is of, locked or not."""
    login = db.scalar(
        select(Login)
        .where(Login.digest == digest(cookie), Login.ended_at.is_(None))
        .where(Login.whole_at.is_not(None))
    )
    return login if login and rules.login_holds(login.started_at, clock.now(db)) else None


def login_id_by_cookie(db: Session, cookie: str) -> int | None:
    """The whole login that this browser's secret is, or was, of; it may be over."""
    return db.scalar(
        select(Login.id).where(Login.digest == digest(cookie), Login.whole_at.is_not(None))
    )


def half_login(db: Session, half_cookie: str) -> Login | None:
    """The login whose password was given in this browser and whose code was not."""
    login = db.scalar(
        select(Login)
        .options(joinedload(Login.person))
        .where(Login.digest == digest(half_cookie), Login.ended_at.is_(None))
        .where(Login.whole_at.is_(None))
    )
    return login if login and rules.half_login_holds(login.started_at, clock.now(db)) else None


def locks_after(actor: Actor) -> timedelta:
    return rules.locks_after(Role.ADMINISTRATOR in actor.roles)


def actor(db: Session, person_id: int, login_id: int | None = None) -> Actor | None:
    """A person with the roles of the offices they hold today."""
    person = db.get(Person, person_id)
    if person is None:
        return None
    held = holders(db, person_ids=[person_id])
    if not held:
        return None
    mandates = mandates_in_force(db, person_id)
    by_mandate = {ROLES_OF_RIGHTS[each.right] for each in mandates if each.right in ROLES_OF_RIGHTS}
    roles = by_mandate.union(*(_roles_of(each.role, each.is_member) for each in held))
    return Actor(
        id=person.id,
        name=person.name,
        office=held[0].office,
        office_id=held[0].office_id,
        roles=frozenset(roles),
        agencies=frozenset(each.agency_id for each in held if each.agency_id),
        login_id=login_id,
        mandates=mandates,
    )


def today(db: Session) -> date:
    return OFFICE_ZONE.local_day(clock.now(db))


def holders(
    db: Session, day: date | None = None, person_ids: Sequence[int] | None = None
) -> list[Holder]:
    """Everybody in office on a day (today unless given), in protocol order.

    Who is suspended holds their offices, but is not found here: they neither act nor count.
    """
    on = day or today(db)
    suspended = exists().where(Suspension.person_id == Term.person_id, _covers(Suspension, on))
    return _in_office(db, on, person_ids, ~suspended)


def suspended_on(db: Session, day: date) -> set[int]:
    return set(db.scalars(select(Suspension.person_id).where(_covers(Suspension, day))))


def office_holders(db: Session, on: date, person_ids: Sequence[int] | None = None) -> list[Holder]:
    """The same with those who are suspended."""
    return _in_office(db, on, person_ids)


def _in_office(
    db: Session, on: date, person_ids: Sequence[int] | None, *but: ColumnElement[bool]
) -> list[Holder]:
    query = (
        select(Term)
        .options(joinedload(Term.person), joinedload(Term.office))
        .join(Term.office)
        .where(_covers(Term, on), *but)
        .order_by(Office.protocol_order, Term.id)
    )
    if person_ids is not None:
        query = query.where(Term.person_id.in_(person_ids))
    return [_holder(term) for term in db.scalars(query)]


def _covers(kind: type[Term] | type[Suspension], day: date) -> ColumnElement[bool]:
    return and_(kind.starts <= day, kind.ends.is_(None) | (kind.ends > day))


def _holder(term: Term) -> Holder:
    return Holder(
        person_id=term.person_id,
        name=term.person.name,
        office=title_of(term),
        office_id=term.office_id,
        role=Role(term.office.role),
        is_member=term.office.is_member,
        protocol_order=term.office.protocol_order,
        agency_id=term.office.agency_id,
        since=term.starts,
        acting=term.acting,
    )


def title_of(term: Term) -> str:
    return rules.title(term.office.title, term.acting)


def members(db: Session, day: date | None = None) -> list[Holder]:
    """The members of the Government on a day, each once, in protocol order. Their count is N."""
    seen: dict[int, Holder] = {}
    for holder in holders(db, day):
        if holder.is_member:
            seen.setdefault(holder.person_id, holder)
    return list(seen.values())


def persons_with(db: Session, *roles: Role) -> list[Holder]:
    """Those who hold one of these roles today."""
    return [each for each in holders(db) if each.role in roles]


def persons_who_may(db: Session, permission: Permission) -> list[int]:
    """Everybody in office today whom the policy lets do this."""
    found = {
        each.person_id
        for each in holders(db)
        if each.role in POLICY[permission] or (each.is_member and Role.MEMBER in POLICY[permission])
    }
    return sorted(found)


def holder_names(db: Session, person_ids: Sequence[int]) -> dict[int, Holder]:
    """Persons by id, in the office they hold today."""
    found: dict[int, Holder] = {}
    for each in holders(db, person_ids=person_ids):
        found.setdefault(each.person_id, each)
    return found


def names(db: Session) -> dict[int, str]:
    """Everybody by id, also those who have left."""
    return {each.id: each.name for each in db.execute(select(Person.id, Person.name))}


def usernames(db: Session) -> dict[int, str]:
    """What everybody's account is called, by id."""
    return {each.id: each.username for each in db.execute(select(Person.id, Person.username))}


def names_among(db: Session, person_ids: Sequence[int]) -> dict[int, str]:
    """The names of these persons, also of those who have left."""
    wanted = select(Person.id, Person.name).where(Person.id.in_(person_ids))
    return {each.id: each.name for each in db.execute(wanted)}


def agencies(db: Session) -> list[AgencyName]:
    return [_agency(each) for each in db.scalars(select(Agency).order_by(Agency.id))]


def parents_of_agencies(db: Session) -> dict[int, int | None]:
    """Each agency's parent in the tree, by number."""
    return {each.id: each.parent_id for each in db.execute(select(Agency.id, Agency.parent_id))}


def standing_agencies(db: Session) -> list[AgencyName]:
    """Those that have not ended in another: what may be chosen today."""
    return [each for each in agencies(db) if each.ended_on is None]


def agency(db: Session, agency_id: int) -> AgencyName | None:
    found = db.get(Agency, agency_id)
    return _agency(found) if found else None


def agency_by_code(db: Session, code: str) -> AgencyName | None:
    """An agency by its identifier, the one in use or an older one."""
    known = db.get(AgencyCode, code)
    return agency(db, known.agency_id) if known else None


def person_called(db: Session, username: str) -> int | None:
    return db.scalar(select(Person.id).where(Person.username == username))


def with_access_out_of_time(db: Session) -> tuple[list[int], list[int]]:
    """Who could still come in or sign though the last of their terms is over, and who is signed
    in though suspended."""
    on = today(db)
    signed_in = set(db.scalars(select(Login.person_id).where(Login.ended_at.is_(None))))
    have_access = signed_in.union(
        db.scalars(select(Passkey.person_id).where(Passkey.ended_at.is_(None))),
        db.scalars(select(Device.person_id).where(Device.state != DeviceState.REVOKED)),
    )
    held_once = set(db.scalars(select(Term.person_id)))
    hold_still = select(Term.person_id).where(Term.ends.is_(None) | (Term.ends > on))
    left = (have_access & held_once).difference(db.scalars(hold_still))
    return sorted(left), sorted(signed_in & suspended_on(db, on) - left)


def with_office_begun(db: Session) -> list[int]:
    """Who is signed in since before an office of theirs began today."""
    day = today(db)
    midnight = datetime.combine(day, time(), OFFICE_ZONE.zone)
    return sorted(
        db.scalars(
            select(Login.person_id)
            .join(Term, Term.person_id == Login.person_id)
            .where(Login.ended_at.is_(None), Login.started_at < midnight, Term.starts == day)
            .distinct()
        )
    )


def ended_as_office_began(db: Session, cookie: str) -> bool:
    """Whether this browser's login ended on the day on which an office of its owner's began, in
    which they sign in anew (SES-01)."""
    ended = Login.ended_at.is_not(None), Login.left_office.is_(False)
    login = db.scalar(select(Login).where(Login.digest == digest(cookie), *ended))
    if login is None or login.ended_at is None:
        return False
    day = OFFICE_ZONE.local_day(login.ended_at)
    begun = select(Term.id).where(Term.person_id == login.person_id, Term.starts == day)
    return db.scalar(begun.limit(1)) is not None


def staff_of(db: Session, agency_id: int) -> list[Holder]:
    """The staff and focal persons of an agency today: those whom its tasks reach."""
    return [
        each
        for each in holders(db)
        if each.agency_id == agency_id and each.role in (Role.AGENCY_STAFF, Role.FOCAL_POINT)
    ]


def _agency(row: Agency) -> AgencyName:
    return AgencyName(row.id, row.slug, row.name, row.short_name, row.ended_on)


def fresh_step_up(db: Session, actor: Actor) -> datetime | None:
    """When this login showed again who it is; None where that is five minutes ago or more."""
    login = _login_of(db, actor)
    at = login.step_up_at if login else None
    return at if rules.is_fresh(at, clock.now(db)) else None


def has_just_shown(db: Session, actor: Actor) -> bool:
    """Whether this login was made, or shown again to be its owner's, in the last five minutes.

    By own factors: that somebody signed in at the provider shows nothing of the kind (AUTH-11).
    """
    login = _login_of(db, actor)
    return rules.is_fresh(login.shown_at if login else None, clock.now(db))


def _login_of(db: Session, actor: Actor) -> Login | None:
    return db.get(Login, actor.login_id) if actor.login_id else None


@dataclass(frozen=True)
class DeviceView:
    """A signing key as its owner and the secretary see it."""

    public_id: str
    person_id: int
    office: str
    label: str
    key_id: str
    standing: DeviceStanding
    asked_at: datetime
    usable_from: datetime | None
    ends_at: datetime | None
    revoked_at: datetime | None
    tried_at: datetime | None
    signature_class: str
    # What the certificate of a key that no browser holds says: its name, issuer and number.
    says: tuple[str, str, str] | None
    # Another key took its place, by its own signature.
    was_renewed: bool

    @property
    def fingerprint(self) -> list[str]:
        """What two people read to each other: half of the digest, in fours."""
        return [self.key_id[at : at + 4] for at in range(0, READ_ALOUD, 4)]


@dataclass(frozen=True)
class LoginView:
    public_id: str
    browser: str
    system: str
    source: str
    method: Method
    started_at: datetime
    is_open: bool
    is_current: bool


def devices_of(db: Session, person_id: int) -> list[DeviceView]:
    return _devices(db, select(Device).where(Device.person_id == person_id))


def devices_pending(db: Session) -> list[DeviceView]:
    """What waits for a secretary; the request of somebody who has left office is not among it."""
    return _devices(db, select(Device).where(Device.state == DeviceState.PENDING))


def _devices(db: Session, query: Select[Device]) -> list[DeviceView]:
    rows = list(db.scalars(query.order_by(Device.id.desc())))
    names = holder_names(db, [each.person_id for each in rows])
    now = clock.now(db)
    renewed = select(Device.renews).where(Device.renews.in_([each.key_id for each in rows]))
    gave_way = set(db.scalars(renewed))
    return [
        DeviceView(
            public_id=row.public_id,
            person_id=row.person_id,
            office=names[row.person_id].office,
            label=row.label,
            key_id=row.key_id,
            standing=standing_of(row, now),
            asked_at=row.asked_at,
            usable_from=row.usable_from,
            ends_at=row.ends_at,
            revoked_at=row.revoked_at,
            tried_at=row.tried_at,
            signature_class=row.signature_class,
            says=None if row.signature_class == DEVICE_CLASS else authorities.described(row.csr),
            was_renewed=row.key_id in gave_way,
        )
        for row in rows
        if row.person_id in names
    ]


def devices_that_end(db: Session, before: datetime) -> list[DeviceView]:
    """Keys of those in office that stand and run out before a moment, and those that have run out
    and were not revoked."""
    query = select(Device).where(Device.state == DeviceState.ACTIVE, Device.ends_at < before)
    return sorted(_devices(db, query), key=lambda each: str(each.ends_at))


def outside_keys_of(db: Session, person_id: int) -> list[DeviceView]:
    """A person's keys that can sign now and that no browser holds."""
    return [
        each
        for each in devices_of(db, person_id)
        if each.signature_class != DEVICE_CLASS and each.standing is DeviceStanding.ACTIVE
    ]


def renewable(db: Session, person_id: int, before: timedelta) -> set[str]:
    """Which of a person's keys may make way for a new one now."""
    now = clock.now(db)
    return {
        each.key_id
        for each in devices_of(db, person_id)
        if each.signature_class == DEVICE_CLASS
        and rules.renewal_refusal(each.standing, each.ends_at, now, before) is None
    }


def standing_of(row: Device, now: datetime) -> DeviceStanding:
    return rules.standing(row.usable_from, row.ends_at, row.revoked_at, now)


def key_lineage(db: Session, key_ids: set[str]) -> set[str]:
    """These keys and those that they took the place of, one after the other."""
    found: set[str] = set()
    while key_ids := key_ids - found:
        found |= key_ids
        earlier = select(Device.renews).where(Device.key_id.in_(key_ids))
        key_ids = {each for each in db.scalars(earlier) if each}
    return found


@dataclass(frozen=True)
class Renewal:
    """How a key came to be without a second person: its request, and who signed it."""

    request: bytes
    signature: bytes
    by_certificate: bytes


def renewal_of(db: Session, key_id: str) -> Renewal | None:
    """Of a key that took another's place."""
    device = db.scalar(select(Device).where(Device.key_id == key_id))
    if device is None or device.renews is None or device.renewal is None:
        return None
    by = db.scalar(select(Device).where(Device.key_id == device.renews))
    if by is None or by.certificate is None:
        return None
    return Renewal(device.csr, device.renewal, by.certificate)


def signing_device(db: Session, person_id: int, key_id: str) -> SigningDevice | None:
    """A member's key as certified, whatever became of it since; None when it is not theirs."""
    device = db.scalar(select(Device).where(Device.person_id == person_id, Device.key_id == key_id))
    if device is None or device.certificate is None:
        return None
    assert device.usable_from is not None
    assert device.ends_at is not None
    return SigningDevice(
        device.id,
        device.person_id,
        device.key_id,
        device.label,
        device.certificate,
        device.usable_from,
        device.ends_at,
        device.revoked_at,
        device.signature_class,
    )


@dataclass(frozen=True)
class DeviceReach:
    """Whether a member could sign at a moment, and whether an enrolment was waiting then."""

    can_sign: bool
    pending: bool


def devices_as_of(
    db: Session, person_id: int, at: datetime, classes: Collection[str] | None = None
) -> DeviceReach:
    """What a member's keys of these classes (None: of all) could do at a moment, whatever became of
    them since."""
    known = [
        each
        for each in db.scalars(select(Device).where(Device.person_id == person_id))
        if each.asked_at <= at and (each.revoked_at is None or each.revoked_at > at)
        if classes is None or each.signature_class in classes
    ]
    return DeviceReach(
        can_sign=any(
            each.usable_from is not None
            and each.ends_at is not None
            and each.usable_from <= at < each.ends_at
            for each in known
        ),
        pending=any(each.confirmed_at is None or each.confirmed_at > at for each in known),
    )


def able_to_sign(db: Session, at: datetime, classes: Collection[str] | None = None) -> set[int]:
    """Everybody who has a signing key of these classes (None: of any) that could be used then."""
    usable = select(Device.person_id).where(
        Device.usable_from <= at,
        Device.ends_at > at,
        (Device.revoked_at.is_(None)) | (Device.revoked_at > at),
    )
    if classes is not None:
        usable = usable.where(Device.signature_class.in_(classes))
    return set(db.scalars(usable))


def revoked_certificates(db: Session) -> list[crls.Revoked]:
    """Every member's certificate that was revoked, at the time at which the ledger has it."""
    logged = ledger.moments(db, "key_revoked", "key_id")
    gone = select(Device).where(Device.certificate.is_not(None), Device.revoked_at.is_not(None))
    return [
        crls.Revoked(
            int(each.serial, 16),
            logged.get(each.key_id, each.revoked_at),
            pades.authority_named(each.certificate),
        )
        for each in db.scalars(
            gone.where(Device.signature_class == DEVICE_CLASS).order_by(Device.id)
        )
        if each.serial and each.certificate and each.revoked_at
    ]


def last_trials(db: Session, at: datetime) -> dict[int, datetime]:
    """When each person last tried a key that can still be used, and it signed."""
    tried = select(Device.person_id, func.max(Device.tried_at)).where(
        Device.tried_at.is_not(None), Device.ends_at > at, Device.state == DeviceState.ACTIVE
    )
    found = db.execute(tried.group_by(Device.person_id)).all()
    return {person_id: moment for person_id, moment in found if moment is not None}


def passkeys_of(db: Session, person_id: int) -> list[Passkey]:
    mine = select(Passkey).where(Passkey.person_id == person_id, Passkey.ended_at.is_(None))
    return list(db.scalars(mine.order_by(Passkey.id)))


def outside_accounts_of(db: Session, person_id: int) -> list[OutsideAccount]:
    """A person's accounts at the office's provider, now or once the one in the settings."""
    mine = select(OutsideAccount).where(OutsideAccount.person_id == person_id)
    return list(db.scalars(mine.order_by(OutsideAccount.id)))


def resting_on(db: Session, issuer: str, ended: Ended) -> list[Login]:
    """The open logins that rest on a sign-in at the provider which is over there."""
    query = select(Login).where(Login.ended_at.is_(None), Login.method == Method.OUTSIDE)
    if ended.session is not None:
        query = query.where(Login.outside_session == outside_digest(issuer, ended.session))
    if ended.subject is not None:
        owner = select(OutsideAccount.person_id).where(
            OutsideAccount.issuer == issuer, OutsideAccount.subject == ended.subject
        )
        query = query.where(Login.person_id.in_(owner))
    return list(db.scalars(query))


def is_over_there(db: Session, issuer: str, shown: OutsideSignIn, now: datetime) -> bool:
    """Whether the provider has said already that this sign-in is over."""
    session = outside_digest(issuer, shown.session) if shown.session is not None else None
    subject = outside_digest(issuer, shown.subject)
    by_number = and_(
        OutsideEnd.session == session,
        OutsideEnd.subject.is_(None) | (OutsideEnd.subject == subject),
    )
    # All of an account's that were made until then, and none that was made since.
    by_account = and_(
        OutsideEnd.session.is_(None), OutsideEnd.subject == subject, OutsideEnd.said_at >= shown.at
    )
    over = by_account if session is None else by_number | by_account
    said = select(OutsideEnd.token).where(OutsideEnd.until > now, over)
    return db.scalar(said.limit(1)) is not None


def outside_digest(issuer: str, session: str) -> bytes:
    """What is kept of the provider's own name for a sign-in there."""
    return hashlib.sha256(f"{issuer}\0{session}".encode()).digest()


def open_logins(db: Session, person_id: int) -> list[Login]:
    """A person's logins that open pages, newest first."""
    now = clock.now(db)
    return [
        login
        for login in db.scalars(
            select(Login)
            .where(
                Login.person_id == person_id,
                Login.ended_at.is_(None),
                Login.whole_at.is_not(None),
            )
            .order_by(Login.whole_at.desc(), Login.id.desc())
        )
        if rules.login_holds(login.started_at, now)
    ]


RECENT = 20


def logins_of(db: Session, actor: Actor) -> list[LoginView]:
    """Where one is signed in, and after it where one was lately, newest first."""
    open_ids = [each.id for each in open_logins(db, actor.id)]
    recent = db.scalars(
        select(Login)
        .where(Login.person_id == actor.id, Login.whole_at.is_not(None))
        .order_by(Login.id.in_(open_ids).desc(), Login.whole_at.desc(), Login.id.desc())
        .limit(RECENT)
    )
    return [
        LoginView(
            each.public_id,
            *browser_of(each.browser),
            each.source,
            Method(each.method),
            each.started_at,
            each.id in open_ids,
            each.id == actor.login_id,
        )
        for each in recent
    ]


def known_browsers(db: Session, person_id: int) -> set[str]:
    """By what kinds of browser a person has signed in before."""
    mine = select(Login.browser).where(Login.person_id == person_id, Login.whole_at.is_not(None))
    return {browser_name(each) for each in db.scalars(mine.distinct())}


BROWSERS = (("Edg", "Edge"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"),
            ("Chrome", "Chrome"), ("Safari", "Safari"))  # fmt: skip
SYSTEMS = (("iPad", "iPad"), ("iPhone", "iPhone"), ("Android", "Android"), ("Windows", "Windows"),
           ("Macintosh", "macOS"), ("Linux", "Linux"))  # fmt: skip


def browser_of(user_agent: str) -> tuple[str, str]:
    """What to call a browser and what it runs on; "" for what is not recognised."""
    browser = next((name for sign, name in BROWSERS if sign in user_agent), "")
    return browser, next((name for sign, name in SYSTEMS if sign in user_agent), "")


def browser_name(user_agent: str) -> str:
    return ", ".join(part for part in browser_of(user_agent) if part)


@dataclass(frozen=True)
class Account:
    """How a person can show who they are, besides passkeys."""

    has_password: bool
    password_ended: bool
    has_totp: bool
    recovery_codes: int


def account(db: Session, person_id: int) -> Account:
    person = db.get_one(Person, person_id)
    left = select(func.count()).where(
        RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None)
    )
    return Account(
        has_password=bool(person.password_hash),
        password_ended=person.password_ended_at is not None,
        has_totp=person.totp_sealed is not None,
        recovery_codes=db.scalar(left) or 0,
    )


def may_be_invited(db: Session, person: Person) -> bool:
    """Whether they have no way in yet, or two people agreed that they get a new one."""
    has_way = bool(person.password_hash or person.totp_sealed or passkeys_of(db, person.id))
    return not has_way or person.reset_agreed_at is not None


def invites(db: Session, person_id: int) -> bool:
    return may_be_invited(db, db.get_one(Person, person_id))


def names_of(db: Session, person: Person) -> list[str]:
    """What anybody may know of a person: no password holds it (AUTH-02)."""
    held = holders(db, person_ids=[person.id])
    return [person.username, person.name, *(each.office for each in held)]


def administrators(db: Session) -> list[int]:
    return [each.person_id for each in persons_with(db, Role.ADMINISTRATOR)]


@dataclass(frozen=True)
class Lock:
    """A person's password and codes, shut for one source by wrong tries."""

    person_id: int
    account: str
    source: str
    last_try: datetime

    @property
    def fact(self) -> str:
        """No try is counted while it is shut, so the last one names this lock and no other."""
        text = "\0".join([self.account, self.source, self.last_try.isoformat()])
        return f"lock {hashlib.sha256(text.encode()).hexdigest()[:32]}"


def untold_locks(db: Session) -> list[Lock]:
    """Locks of accounts that there are, which nobody has been told of yet."""
    shut = (
        select(Person.id, Failure.username, Failure.source, func.max(Failure.at))
        .join(Person, Person.username == Failure.username)
        .where(Failure.at > clock.now(db) - rules.LOCKED_FOR)
        .group_by(Person.id, Failure.username, Failure.source)
        .having(func.count() >= rules.WRONG_TRIES)
    )
    locks = {lock.fact: lock for lock in (Lock(*row) for row in db.execute(shut))}
    return [locks[fact] for fact in sorted(outbox.untold(db, set(locks)))] if locks else []


def is_shut_out(db: Session, person: Person) -> bool:
    """Whether wrong tries have shut the way by password to somebody who else could go it."""
    if not person.password_hash or not holders(db, person_ids=[person.id]):
        return False
    now, tried = clock.now(db), defaultdict[str, list[datetime]](list)
    for each in db.scalars(select(Failure).where(Failure.username == person.username)):
        tried[each.source].append(each.at)
    return any(rules.locked_until(each, now) for each in tried.values())


def username(db: Session, person_id: int) -> str:
    return db.get_one(Person, person_id).username


def duties(db: Session, actor: Actor) -> list[Duty]:
    """A password to renew, a phone to set up; signing keys that a secretary has to confirm."""
    person = db.get_one(Person, actor.id)
    own = []
    if person.password_ended_at is not None:
        own.append(Duty("password_ended", actor.office, "/password"))
    if person.phone_lost_at is not None:
        own.append(Duty("phone_lost", actor.office, "/authenticator"))
    if not actor.may(Permission.DEVICE_CONFIRM):
        return own
    return own + [
        Duty(
            "device_pending", device.office, "/devices/pending",
            facts={"label": device.label, "mark": device.fingerprint[0]},
        )
        for device in devices_pending(db)
    ]  # fmt: skip


# ---- mandates ----


@dataclass(frozen=True)
class MandateView:
    """A mandate as its parties, and those who examine them, read it."""

    id: int
    right: Right
    matter: Matter
    matter_id: int
    about: str
    giver_id: int
    giver: str
    taker_id: int
    taker: str
    words: str
    given_at: datetime
    ends_at: datetime
    consented_at: datetime | None
    refused_because: str
    ended_at: datetime | None
    standing: MandateStanding

    @property
    def path(self) -> str:
        return f"{PLACES[self.matter]}/{self.matter_id}"

    @property
    def lasts(self) -> bool:
        return self.standing in rules.LASTING


PLACES = {
    Matter.DOSSIER: "/dossiers",
    Matter.CONSULTATION: "/consultations",
    Matter.SESSION: "/meetings",
    Matter.HANDOVER: "/handovers",
}


def mandates_in_force(db: Session, taker_id: int) -> tuple[policy.Mandate, ...]:
    """What somebody may do for others at this moment."""
    rows = db.scalars(
        select(Mandate)
        .where(Mandate.taker_id == taker_id, Mandate.ends_at > clock.now(db))
        .where(Mandate.ended_at.is_(None), Mandate.refused_at.is_(None))
        .order_by(Mandate.id)
    ).all()
    standing = _mandate_standings(db, rows)
    return tuple(
        policy.Mandate(
            each.id, Right(each.right), Matter(each.matter), each.matter_id, each.giver,
            each.giver_id,
        )
        for each in rows
        if standing[each.id] is MandateStanding.IN_FORCE
    )  # fmt: skip


def last_end(db: Session, mandate_ids: Sequence[int]) -> datetime | None:
    """When the last of these mandates ends, if nobody ends it before."""
    return db.scalar(select(func.max(Mandate.ends_at)).where(Mandate.id.in_(mandate_ids)))


def mandates_about(
    db: Session, matter: Matter, matter_id: int, giver_id: int | None = None
) -> list[MandateView]:
    """Who stands for whom in one matter, the latest first; for one giver, where one is named."""
    query = select(Mandate).where(Mandate.matter == matter, Mandate.matter_id == matter_id)
    if giver_id is not None:
        query = query.where(Mandate.giver_id == giver_id)
    return _mandate_views(db, query)


def mandates_given_by(db: Session, person_id: int) -> list[MandateView]:
    return _mandate_views(db, select(Mandate).where(Mandate.giver_id == person_id))


def mandates_given_to(db: Session, person_id: int) -> list[MandateView]:
    """Whoever is named learns of it with the consent that it needs, and not before."""
    mine = select(Mandate).where(Mandate.taker_id == person_id)
    known = Mandate.right.not_in(rules.NEEDS_CONSENT) | Mandate.consented_at.is_not(None)
    return _mandate_views(db, mine.where(known))


def mandates_waiting(db: Session) -> list[MandateView]:
    """What the Prime Minister has not decided yet."""
    asked = Mandate.right.in_(rules.NEEDS_CONSENT), Mandate.consented_at.is_(None)
    found = _mandate_views(db, select(Mandate).where(*asked))
    return [each for each in found if each.standing is MandateStanding.WAITING]


@dataclass(frozen=True)
class MandateFilter:
    """What the list of everybody's mandates is narrowed to, and how it is ordered."""

    words: str = ""
    lasting: bool = False
    order: MandateOrder = MandateOrder.NEWEST


MANDATES_BY: dict[MandateOrder, list[ColumnElement[Any]]] = {
    MandateOrder.NEWEST: [],
    MandateOrder.GIVER: [Mandate.giver.asc()],
    MandateOrder.TAKER: [Mandate.taker.asc()],
    MandateOrder.UNTIL: [Mandate.ends_at.asc()],
}


def mandates(
    db: Session, wanted: MandateFilter, page: int = 1, size: int | None = None
) -> list[MandateView]:
    """A page of them, whoever's; all of them without a size."""
    query = _mandates_wanted(db, wanted, select(Mandate)).order_by(*MANDATES_BY[wanted.order])
    if size is not None:
        query = query.limit(size).offset((page - 1) * size)
    return _mandate_views(db, query)


def count_mandates(db: Session, wanted: MandateFilter) -> int:
    counted = select(func.count()).select_from(Mandate)
    return db.scalar(_mandates_wanted(db, wanted, counted)) or 0


def _mandates_wanted(db: Session, wanted: MandateFilter, query: Select[Any]) -> Select[Any]:
    if wanted.words:
        # No database folds letters as the house does; of offices there are few.
        words = fold(wanted.words)
        names = set(db.scalars(union(select(Mandate.giver), select(Mandate.taker))))
        called = [each for each in names if words in fold(each)]
        query = query.where(Mandate.giver.in_(called) | Mandate.taker.in_(called))
    if wanted.lasting:
        # Whether both are in office is a rule's to say, of the few whose time is not over.
        in_time = (
            Mandate.ended_at.is_(None),
            Mandate.refused_at.is_(None),
            Mandate.ends_at > clock.now(db),
        )
        standings = _mandate_standings(db, db.scalars(select(Mandate).where(*in_time)).all())
        lasting = [key for key, standing in standings.items() if standing in rules.LASTING]
        query = query.where(Mandate.id.in_(lasting))
    return query


def _mandate_views(db: Session, query: Select[Mandate]) -> list[MandateView]:
    rows = db.scalars(query.order_by(Mandate.id.desc())).all()
    standing = _mandate_standings(db, rows)
    return [
        MandateView(
            each.id, each.right, each.matter, each.matter_id, each.about, each.giver_id,
            each.giver, each.taker_id, each.taker, each.words, each.given_at, each.ends_at,
            each.consented_at, each.refused_because or "", each.ended_at, standing[each.id],
        )
        for each in rows
    ]  # fmt: skip


def mandate_standing(db: Session, mandate: Mandate) -> MandateStanding:
    return _mandate_standings(db, [mandate])[mandate.id]


def _mandate_standings(db: Session, rows: Sequence[Mandate]) -> dict[int, MandateStanding]:
    """How each stands now: both have to be in office, and who lends a member's part, a member."""
    if not rows:
        return {}
    now = clock.now(db)
    concerned = sorted({each.giver_id for each in rows} | {each.taker_id for each in rows})
    parties = _parties(holders(db, person_ids=concerned))
    return {
        each.id: rules.mandate_standing(each.as_rule(), _stand(each, parties), now) for each in rows
    }


def _stand(mandate: Mandate, parties: dict[int, Party]) -> bool:
    """Whether both are still who they have to be for it, each in office."""
    giver, taker = parties.get(mandate.giver_id), parties.get(mandate.taker_id)
    if giver is None or taker is None or rules.standing_refusal(giver, taker):
        return False
    return mandate.right not in ROLES_OF_RIGHTS or Role.MEMBER in giver.roles


def may_stand_for(db: Session, giver: Actor) -> list[Holder]:
    """Those whom this person may name, each once, in protocol order."""
    own, now = Party(giver.id, giver.roles, giver.agencies), clock.now(db)
    soon = now + timedelta(hours=1)
    return [
        holder
        for holder, party in parties(db)
        if rules.mandate_refusal(own, party, now, soon) is None
    ]


def may_advise(db: Session) -> list[Holder]:
    """Those whom some member may name, each once, in protocol order."""
    everybody, now = parties(db), clock.now(db)
    members = [party for _, party in everybody if Role.MEMBER in party.roles]
    soon = now + timedelta(hours=1)
    return [
        holder
        for holder, party in everybody
        if any(rules.mandate_refusal(each, party, now, soon) is None for each in members)
    ]


def parties(db: Session) -> list[tuple[Holder, Party]]:
    """Everybody in office, each once in the office they speak for, with all that they hold."""
    held = holders(db)
    first = {each.person_id: each for each in reversed(held)}
    return [(first[person_id], party) for person_id, party in _parties(held).items()]


def _parties(held: Iterable[Holder]) -> dict[int, Party]:
    """Persons by number, with all that they hold."""
    found: dict[int, list[Holder]] = {}
    for each in held:
        found.setdefault(each.person_id, []).append(each)
    return {person_id: _party_of(person_id, offices) for person_id, offices in found.items()}


def actor_in_office(db: Session, person_id: int, office_id: int) -> Actor:
    """Somebody as the holder of one office alone, whether they hold it still or not."""
    person, office = db.get_one(Person, person_id), db.get_one(Office, office_id)
    return Actor(
        id=person.id,
        name=person.name,
        office=office.title,
        office_id=office.id,
        roles=_roles_of(Role(office.role), office.is_member),
        agencies=frozenset({office.agency_id} if office.agency_id else ()),
    )


def term(db: Session, term_id: int) -> Term:
    return db.get_one(Term, term_id)


def terms_to_hand_over(db: Session, person_id: int) -> list[Term]:
    """The offices that somebody holds, or has held until lately."""
    lately = today(db) - HANDED_OVER_WITHIN
    query = (
        select(Term)
        .options(joinedload(Term.office))
        .where(Term.person_id == person_id, Term.starts <= today(db))
        .where(Term.ends.is_(None) | (Term.ends > lately))
        .order_by(Term.id)
    )
    return list(db.scalars(query))


def holds(db: Session, person_id: int, office_id: int) -> bool:
    """Whether somebody holds an office today."""
    held = holders(db, person_ids=[person_id])
    return any(each.office_id == office_id for each in held)


def with_successors(db: Session, agency_ids: Iterable[int]) -> frozenset[int]:
    """These agencies, and those in which they have ended."""
    next_of = {each.id: each.successor_id for each in db.scalars(select(Agency))}
    found: set[int] = set()
    for each in agency_ids:
        at: int | None = each
        while at is not None and at not in found:
            found.add(at)
            at = next_of.get(at)
    return frozenset(found)


def _roles_of(role: Role, is_member: bool) -> frozenset[Role]:
    return frozenset({role, Role.MEMBER} if is_member else {role})


def _party_of(person_id: int, held: Sequence[Holder]) -> Party:
    return Party(
        person_id,
        frozenset[Role]().union(*(_roles_of(each.role, each.is_member) for each in held)),
        {each.agency_id for each in held if each.agency_id},
    )


# ---- who holds which office: for the administrator's screens ----


@dataclass(frozen=True)
class TermView:
    """One term as it is told: whose, of which office, from when until when."""

    id: int
    person_id: int
    person: str
    office: str
    agency: str
    role: Role
    is_member: bool
    starts: date
    ends: date | None
    acting: bool
    basis: str

    def holds_on(self, day: date) -> bool:
        return day in rules.Days(self.starts, self.ends)


@dataclass(frozen=True)
class PersonView:
    """A person with every office that they held, hold or will hold, the newest first."""

    id: int
    name: str
    username: str
    standing: PersonStanding
    terms: Sequence[TermView]
    day: date

    @property
    def current(self) -> list[TermView]:
        return [each for each in self.terms if each.holds_on(self.day)]


@dataclass(frozen=True)
class PersonFilter:
    """What a list of persons is narrowed to, and how it is ordered."""

    words: str = ""
    agency_id: int | None = None
    standing: PersonStanding | None = None
    order: PersonOrder = PersonOrder.PROTOCOL


def persons(db: Session, wanted: PersonFilter) -> list[PersonView]:
    """Everybody whom the house knows, as they are narrowed and ordered."""
    day = today(db)
    by_person = _terms_by_person(db)
    suspended = suspended_on(db, day)
    protocol = {each.person_id: at for at, each in reversed([*enumerate(office_holders(db, day))])}
    found = [
        _person(each, by_person.get(each.id, []), suspended, day)
        for each in db.scalars(select(Person))
        if wanted.agency_id is None or _of_agency(by_person.get(each.id, []), wanted.agency_id, day)
    ]
    words = fold(wanted.words).split()
    kept = [
        each
        for each in found
        if wanted.standing in (None, each.standing) and _is_called(each, words)
    ]
    if wanted.order is PersonOrder.NAME:
        return sorted(kept, key=lambda one: (rules.by_given_name(fold(one.name)), one.id))
    last = len(protocol)
    return sorted(kept, key=lambda one: (protocol.get(one.id, last), fold(one.name), one.id))


def person(db: Session, person_id: int) -> PersonView:
    row = db.get(Person, person_id)
    if row is None:
        raise NotFound("person")
    day = today(db)
    terms = _terms_by_person(db, person_id).get(person_id, [])
    return _person(row, terms, suspended_on(db, day), day)


def _person(row: Person, terms: list[Term], suspended: set[int], day: date) -> PersonView:
    newest_first = sorted(terms, key=lambda one: (one.starts, one.id), reverse=True)
    standing = rules.person_standing(
        [rules.Days(each.starts, each.ends) for each in terms], row.id in suspended, day
    )
    views = [_term(each, row.name) for each in newest_first]
    return PersonView(row.id, row.name, row.username, standing, views, day)


def _term(term: Term, name: str) -> TermView:
    agency = term.office.agency
    return TermView(
        id=term.id,
        person_id=term.person_id,
        person=name,
        office=title_of(term),
        agency=agency.name if agency else "",
        role=Role(term.office.role),
        is_member=term.office.is_member,
        starts=term.starts,
        ends=term.ends,
        acting=term.acting,
        basis=term.basis,
    )


def _terms_by_person(db: Session, person_id: int | None = None) -> dict[int, list[Term]]:
    query = select(Term).options(joinedload(Term.office).joinedload(Office.agency))
    if person_id is not None:
        query = query.where(Term.person_id == person_id)
    found: dict[int, list[Term]] = {}
    for term in db.scalars(query):
        found.setdefault(term.person_id, []).append(term)
    return found


def _of_agency(terms: list[Term], agency_id: int, day: date) -> bool:
    return any(
        each.office.agency_id == agency_id and day in rules.Days(each.starts, each.ends)
        for each in terms
    )


def _is_called(person: PersonView, words: list[str]) -> bool:
    """Whether each word begins one of the person's name, account or offices."""
    names = [person.name, person.username, person.username.replace(".", " ")]
    text = fold(" ".join(["", *names, *(each.office for each in person.current)]))
    return all(f" {word}" in text for word in words)


@dataclass(frozen=True)
class Access:
    """What a person can still come in and sign by, counted and never shown."""

    logins: int
    passkeys: int
    keys: int
    is_shut_out: bool
    # Where they were signed in when they left office, and no browser has been heard of since.
    unheard: Sequence[str]


def access_of(db: Session, person_id: int) -> Access:
    keys = select(func.count()).select_from(Device)
    standing = keys.where(Device.person_id == person_id, Device.state == DeviceState.ACTIVE)
    unheard = select(Login).where(
        Login.person_id == person_id, Login.left_office.is_(True), Login.heard_at.is_(None)
    )
    return Access(
        logins=len(open_logins(db, person_id)),
        passkeys=len(passkeys_of(db, person_id)),
        keys=db.scalar(standing) or 0,
        is_shut_out=is_shut_out(db, db.get_one(Person, person_id)),
        unheard=[
            browser_name(each.browser) or each.browser
            for each in db.scalars(unheard.order_by(Login.id))
        ],
    )


@dataclass(frozen=True)
class SuspensionView:
    id: int
    starts: date
    ends: date | None
    basis: str


def suspensions_of(db: Session, person_id: int) -> list[SuspensionView]:
    rows = select(Suspension).where(Suspension.person_id == person_id).order_by(Suspension.id)
    return [
        SuspensionView(each.id, each.starts, each.ends, each.basis) for each in db.scalars(rows)
    ]


@dataclass(frozen=True)
class OfficeView:
    """An office with whoever holds it on a day."""

    id: int
    title: str
    agency: str
    role: Role
    is_member: bool
    protocol_order: int
    closed_on: date | None
    holders: Sequence[Holder]


def offices(db: Session, day: date | None = None) -> list[OfficeView]:
    """The offices that there are on a day, in protocol order."""
    on = day or today(db)
    held: dict[int, list[Holder]] = {}
    for each in office_holders(db, on):
        held.setdefault(each.office_id, []).append(each)
    rows = db.scalars(
        select(Office)
        .options(joinedload(Office.agency))
        .order_by(Office.protocol_order, Office.title, Office.id)
    )
    return [
        OfficeView(
            id=row.id,
            title=row.title,
            agency=row.agency.name if row.agency else "",
            role=Role(row.role),
            is_member=row.is_member,
            protocol_order=row.protocol_order,
            closed_on=row.closed_on,
            holders=held.get(row.id, []),
        )
        for row in rows
        if row.as_seat().stands_on(on)
    ]


@dataclass(frozen=True)
class Composition:
    """The Government on a day: its members, whose number is N, and what stands beside them."""

    day: date
    members: Sequence[Holder]
    vacant: Sequence[OfficeView]
    suspended: Sequence[Holder]


def composition(db: Session, day: date) -> Composition:
    with_vote = [each for each in offices(db, day) if each.is_member]
    out = suspended_on(db, day)
    return Composition(
        day=day,
        members=members(db, day),
        vacant=[each for each in with_vote if not each.holders],
        suspended=[
            each for each in office_holders(db, day) if each.is_member and each.person_id in out
        ],
    )


@dataclass(frozen=True)
class AgencyView:
    """An agency with its place in the tree, its identifiers and what it was called before."""

    id: int
    name: str
    short_name: str
    kind: AgencyKind
    parent_id: int | None
    ended_on: date | None
    successor: str
    code: str
    old_codes: Sequence[str]
    former: Sequence[tuple[str, date]]
    depth: int = 0


def agency_tree(db: Session) -> list[AgencyView]:
    """Every agency, each behind the one that it belongs to."""
    rows = {each.id: each for each in db.scalars(select(Agency).order_by(Agency.id))}
    codes, former = _codes_by_agency(db), _former_names(db)
    below: dict[int | None, list[Agency]] = {}
    for row in rows.values():
        below.setdefault(row.parent_id, []).append(row)

    def walk(parent_id: int | None, depth: int) -> Iterator[AgencyView]:
        for row in below.get(parent_id, []):
            successor = rows[row.successor_id].name if row.successor_id else ""
            known = codes.get(row.id, [])
            yield AgencyView(
                id=row.id,
                name=row.name,
                short_name=row.short_name,
                kind=AgencyKind(row.kind),
                parent_id=row.parent_id,
                ended_on=row.ended_on,
                successor=successor,
                code=next((each.code for each in known if each.in_use), ""),
                old_codes=[each.code for each in known if not each.in_use],
                former=former.get(row.id, []),
                depth=depth,
            )
            yield from walk(row.id, depth + 1)

    return list(walk(None, 0))


def _codes_by_agency(db: Session) -> dict[int, list[AgencyCode]]:
    found: dict[int, list[AgencyCode]] = {}
    for each in db.scalars(select(AgencyCode).order_by(AgencyCode.code)):
        found.setdefault(each.agency_id, []).append(each)
    return found


def _former_names(db: Session) -> dict[int, list[tuple[str, date]]]:
    found: dict[int, list[tuple[str, date]]] = {}
    for each in db.scalars(select(FormerName).order_by(FormerName.until, FormerName.id)):
        found.setdefault(each.agency_id, []).append((each.name, each.until))
    return found


def agency_name_on(db: Session, agency_id: int, day: date) -> str:
    """What an agency was called on a day."""
    earlier = db.scalar(
        select(FormerName.name)
        .where(FormerName.agency_id == agency_id, FormerName.until > day)
        .order_by(FormerName.until, FormerName.id)
        .limit(1)
    )
    return earlier or db.get_one(Agency, agency_id).name
