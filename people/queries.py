"""Reads about people: plain values for screens and for the rooms above."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from ecabinet import clock
from ecabinet.access import POLICY, Actor, Permission, Role
from ecabinet.calendar import Calendar
from ecabinet.duties import Duty
from people import rules
from people.models import (
    Agency,
    Device,
    DeviceState,
    Login,
    Office,
    Passkey,
    Person,
    Term,
)
from people.rules import DeviceStanding

OFFICE_ZONE = Calendar()
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


@dataclass(frozen=True)
class AgencyName:
    id: int
    slug: str
    name: str
    short_name: str


@dataclass(frozen=True)
class SigningDevice:
    """A member's certified signing key."""

    id: int
    person_id: int
    key_id: str
    label: str
    certificate: bytes
    usable_from: datetime
    revoked_at: datetime | None


def digest(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode()).digest()


def actor_by_cookie(db: Session, cookie: str) -> Actor | None:
    """Who this browser's secret stands for now; None when it opens nothing any more."""
    login = db.scalar(
        select(Login)
        .where(Login.digest == digest(cookie), Login.ended_at.is_(None))
        .where(Login.whole_at.is_not(None))
    )
    if login is None or not rules.login_holds(login.started_at, clock.now(db)):
        return None
    return actor(db, login.person_id, login.id)


def actor(db: Session, person_id: int, login_id: int | None = None) -> Actor | None:
    """A person with the roles of the offices they hold today."""
    person = db.get(Person, person_id)
    if person is None:
        return None
    held = holders(db, person_ids=[person_id])
    if not held:
        return None
    roles = {each.role for each in held} | {Role.MEMBER for each in held if each.is_member}
    return Actor(
        id=person.id,
        name=person.name,
        office=held[0].office,
        office_id=held[0].office_id,
        roles=frozenset(roles),
        agencies=frozenset(each.agency_id for each in held if each.agency_id),
        login_id=login_id,
    )


def today(db: Session) -> date:
    return OFFICE_ZONE.local_day(clock.now(db))


def holders(
    db: Session, day: date | None = None, person_ids: Sequence[int] | None = None
) -> list[Holder]:
    """Everybody in office on a day (today unless given), in protocol order."""
    on = day or today(db)
    query = (
        select(Term)
        .options(joinedload(Term.person), joinedload(Term.office))
        .join(Term.office)
        .where(Term.starts <= on, (Term.ends.is_(None)) | (Term.ends > on))
        .order_by(Office.protocol_order, Term.id)
    )
    if person_ids is not None:
        query = query.where(Term.person_id.in_(person_ids))
    return [
        Holder(
            person_id=term.person_id,
            name=term.person.name,
            office=term.office.title,
            office_id=term.office_id,
            role=Role(term.office.role),
            is_member=term.office.is_member,
            protocol_order=term.office.protocol_order,
            agency_id=term.office.agency_id,
        )
        for term in db.scalars(query)
    ]


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


def agencies(db: Session) -> list[AgencyName]:
    return [_agency(each) for each in db.scalars(select(Agency).order_by(Agency.id))]


def agency(db: Session, agency_id: int) -> AgencyName | None:
    found = db.get(Agency, agency_id)
    return _agency(found) if found else None


def agency_by_slug(db: Session, slug: str) -> AgencyName | None:
    found = db.scalar(select(Agency).where(Agency.slug == slug))
    return _agency(found) if found else None


def staff_of(db: Session, agency_id: int) -> list[Holder]:
    """The staff and focal persons of an agency today: those whom its tasks reach."""
    return [
        each
        for each in holders(db)
        if each.agency_id == agency_id and each.role in (Role.AGENCY_STAFF, Role.FOCAL_POINT)
    ]


def _agency(row: Agency) -> AgencyName:
    return AgencyName(row.id, row.slug, row.name, row.short_name)


def step_up_holds(db: Session, actor: Actor) -> bool:
    """Whether this login has shown again, in the last five minutes, who it is."""
    login = db.get(Login, actor.login_id) if actor.login_id else None
    return login is not None and rules.step_up_holds(login.step_up_at, clock.now(db))


def step_up_at(db: Session, actor: Actor) -> datetime | None:
    login = db.get(Login, actor.login_id) if actor.login_id else None
    return login.step_up_at if login else None


@dataclass(frozen=True)
class DeviceView:
    """A signing key as its owner and the secretary see it."""

    public_id: str
    office: str
    label: str
    key_id: str
    standing: DeviceStanding
    asked_at: datetime
    usable_from: datetime | None
    revoked_at: datetime | None

    @property
    def fingerprint(self) -> list[str]:
        """What two people read to each other: half of the digest, in fours."""
        return [self.key_id[at : at + 4] for at in range(0, READ_ALOUD, 4)]


@dataclass(frozen=True)
class LoginView:
    public_id: str
    browser: str
    system: str
    started_at: datetime
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
    return [
        DeviceView(
            public_id=row.public_id,
            office=names[row.person_id].office,
            label=row.label,
            key_id=row.key_id,
            standing=_standing(row, now),
            asked_at=row.asked_at,
            usable_from=row.usable_from,
            revoked_at=row.revoked_at,
        )
        for row in rows
        if row.person_id in names
    ]


def _standing(row: Device, now: datetime) -> DeviceStanding:
    return rules.standing(row.certificate is not None, row.usable_from, row.revoked_at, now)


def signing_device(db: Session, person_id: int, key_id: str) -> SigningDevice | None:
    """A member's key as certified, whatever became of it since; None when it is not theirs."""
    device = db.scalar(select(Device).where(Device.person_id == person_id, Device.key_id == key_id))
    if device is None or device.certificate is None or device.usable_from is None:
        return None
    return SigningDevice(
        device.id,
        device.person_id,
        device.key_id,
        device.label,
        device.certificate,
        device.usable_from,
        device.revoked_at,
    )


@dataclass(frozen=True)
class DeviceReach:
    """Whether a member could sign at a moment, and whether an enrolment was waiting then."""

    can_sign: bool
    pending: bool


def devices_as_of(db: Session, person_id: int, at: datetime) -> DeviceReach:
    """What a member's devices could do at a moment, whatever became of them since."""
    known = [
        each
        for each in db.scalars(select(Device).where(Device.person_id == person_id))
        if each.asked_at <= at and (each.revoked_at is None or each.revoked_at > at)
    ]
    return DeviceReach(
        can_sign=any(each.usable_from is not None and each.usable_from <= at for each in known),
        pending=any(each.confirmed_at is None or each.confirmed_at > at for each in known),
    )


def passkeys_of(db: Session, person_id: int) -> list[Passkey]:
    mine = select(Passkey).where(Passkey.person_id == person_id, Passkey.ended_at.is_(None))
    return list(db.scalars(mine.order_by(Passkey.id)))


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


def logins_of(db: Session, actor: Actor) -> list[LoginView]:
    return [
        LoginView(
            each.public_id, *browser_of(each.browser), each.started_at, each.id == actor.login_id
        )
        for each in open_logins(db, actor.id)
    ]


BROWSERS = (("Edg", "Edge"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"),
            ("Chrome", "Chrome"), ("Safari", "Safari"))  # fmt: skip
SYSTEMS = (("iPad", "iPad"), ("iPhone", "iPhone"), ("Android", "Android"), ("Windows", "Windows"),
           ("Macintosh", "macOS"), ("Linux", "Linux"))  # fmt: skip


def browser_of(user_agent: str) -> tuple[str, str]:
    """What to call a browser and what it runs on; "" for what is not recognised."""
    browser = next((name for sign, name in BROWSERS if sign in user_agent), "")
    return browser, next((name for sign, name in SYSTEMS if sign in user_agent), "")


def username_of_half(db: Session, half_cookie: str) -> str | None:
    """Whose code this browser is asked for; None when no password was given in it."""
    login = db.scalar(
        select(Login)
        .options(joinedload(Login.person))
        .where(Login.digest == digest(half_cookie))
        .where(Login.ended_at.is_(None), Login.whole_at.is_(None))
    )
    return login.person.username if login else None


def duties(db: Session, actor: Actor) -> list[Duty]:
    """Signing keys that a secretary has to confirm."""
    if not actor.may(Permission.DEVICE_CONFIRM):
        return []
    return [
        Duty("device_pending", device.office, "/devices/pending") for device in devices_pending(db)
    ]
