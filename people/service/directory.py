"""Building a cabinet: agencies, offices, persons and their terms. Who may is asked above."""

import secrets
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecabinet.access import Role
from ecabinet.errors import Refused
from ecabinet.search_terms import fold
from people import queries, rules, signing
from people.models import Agency, AgencyCode, FormerName, Office, Person, Suspension, Term
from people.rules import AgencyKind, AgencyRefusal, PersonRefusal
from people.service import passwords

LONGEST_SLUG = 40
VOTING = frozenset({Role.PRIME_MINISTER, Role.DEPUTY_PM, Role.MEMBER})


# ---- agencies ----


def add_agency(
    db: Session, slug: str, name: str, short_name: str, kind: AgencyKind = AgencyKind.OTHER,
    parent_id: int | None = None,
) -> Agency:  # fmt: skip
    refuse_taken_name(db, name)
    agency = Agency(slug=slug, name=name, short_name=short_name, kind=kind, parent_id=parent_id)
    db.add(agency)
    db.flush()
    return agency


def refuse_taken_name(db: Session, name: str, agency_id: int | None = None) -> None:
    """Of the agencies that stand, no two are called alike."""
    namesake = select(Agency.id).where(Agency.name == name, Agency.ended_on.is_(None))
    if set(db.scalars(namesake)) - {agency_id}:
        raise Refused(AgencyRefusal.NAME_TAKEN)


def new_slug(db: Session, name: str) -> str:
    """A name for addresses and files that no agency has yet."""
    return slug_among(set(db.scalars(select(Agency.slug))), name)


def slug_among(taken: set[str], name: str) -> str:
    letters = "".join(each for each in fold(name) if each.isalnum())[:LONGEST_SLUG] or "cq"
    return letters if letters not in taken else f"{letters[:33]}-{secrets.token_hex(3)}"


def add_code(db: Session, agency: Agency, code: str, in_use: bool) -> None:
    """Give an agency an identifier; the one that was in use stays as another name of it."""
    if reason := rules.organ_id_refusal(code):
        raise Refused(reason)
    known = db.get(AgencyCode, code)
    if known is not None and known.agency_id != agency.id:
        raise Refused(AgencyRefusal.CODE_TAKEN)
    if in_use:
        for each in db.scalars(select(AgencyCode).where(AgencyCode.agency_id == agency.id)):
            each.in_use = False
    if known is None:
        db.add(AgencyCode(code=code, agency_id=agency.id, in_use=in_use))
    else:
        known.in_use = in_use
    db.flush()


def rename(db: Session, agency: Agency, name: str, short_name: str, day: date) -> None:
    """Call an agency otherwise from a day on; what it was called is kept."""
    refuse_taken_name(db, name, agency.id)
    former = FormerName(
        agency_id=agency.id, name=agency.name, short_name=agency.short_name, until=day
    )
    db.add(former)
    agency.name, agency.short_name = name, short_name
    db.flush()


def merge(db: Session, agency: Agency, into: Agency, day: date) -> None:
    """End an agency in another; its offices end with it, its name and papers stay its own."""
    agency.ended_on, agency.successor_id = day, into.id
    standing = select(Office).where(Office.agency_id == agency.id, Office.closed_on.is_(None))
    for office in db.scalars(standing):
        office.closed_on = day
    for unit in db.scalars(select(Agency).where(Agency.parent_id == agency.id)):
        unit.parent_id = into.id
    db.flush()


# ---- offices ----


def add_office(
    db: Session, title: str, role: Role, order: int, agency: Agency | None = None,
    opened_on: date | None = None,
) -> Office:  # fmt: skip
    """An office; whether it has a vote follows from its role (rulebook: Who counts)."""
    office = office_to_add(title, role, order, agency, opened_on)
    db.add(office)
    db.flush()
    return office


def office_to_add(
    title: str, role: Role, order: int, agency: Agency | None, opened_on: date | None = None
) -> Office:
    return Office(
        title=title, role=role, is_member=role in VOTING, protocol_order=order,
        agency=agency, opened_on=opened_on,
    )  # fmt: skip


def refuse_second_seat(db: Session, role: Role, opened_on: date | None) -> None:
    alike = db.scalars(select(Office).where(Office.role == role))
    if reason := rules.new_office_refusal(role, opened_on, [each.as_seat() for each in alike]):
        raise Refused(reason)


def refuse_to_close(db: Session, office: Office, last: date) -> None:
    terms = db.scalars(select(Term).where(Term.office_id == office.id))
    reason = rules.close_refusal(office.as_seat(), last, [each.as_rule() for each in terms])
    if reason:
        raise Refused(reason)


# ---- persons and terms ----


def add_person(
    db: Session, name: str, username: str, password: str, totp_seed: str, hashed: str = ""
) -> Person:
    """Somebody new; `hashed` spares the hashing of a password that was hashed before."""
    if not hashed:
        passwords.refuse_weak(password, [username, name])
    person = invite_person(db, name, username)
    person.password_hash = hashed or signing.HASHER.hash(password)
    person.totp_sealed = signing.seal_seed(totp_seed)
    db.flush()
    return person


def invite_person(db: Session, name: str, username: str) -> Person:
    """Somebody new: by no password, since nobody knows it, until they follow an invitation."""
    account = username.lower()
    if reason := rules.username_refusal(account):
        raise Refused(reason)
    if db.scalar(select(Person.id).where(Person.username == account)):
        raise Refused(PersonRefusal.USERNAME_TAKEN)
    person = Person(name=name, username=account, password_hash="")
    db.add(person)
    db.flush()
    return person


def appoint(
    db: Session, person: Person, office: Office, starts: date, ends: date | None = None,
    acting: bool = False, basis: str = "",
) -> Term:  # fmt: skip
    """Put a person into an office from a day on."""
    term = Term(
        person_id=person.id, office_id=office.id, starts=starts, ends=ends, acting=acting,
        basis=basis,
    )  # fmt: skip
    db.add(term)
    db.flush()
    return term


def refusal_to_appoint(
    db: Session, person_id: int, office: Office, days: rules.Days, acting: bool
) -> rules.TermRefusal | None:
    """Why this person cannot be put into this office; who asks holds it locked."""
    wanted = rules.TermOfOffice(
        person_id, office.id, office.is_member, days.starts, days.ends, acting
    )
    terms = db.scalars(select(Term).where(Term.office_id == office.id))
    held = db.scalars(select(Term).join(Term.office).where(Term.person_id == person_id))
    roles = [(Role(each.office.role), rules.Days(each.starts, each.ends)) for each in held]
    reason = rules.term_refusal(office.as_seat(), wanted, [each.as_rule() for each in terms])
    return reason or rules.duties_refusal(Role(office.role), days, roles)


def appoint_if_free(
    db: Session, person: Person, office: Office, days: rules.Days, acting: bool, basis: str
) -> Term:
    """Put a person into an office, unless another holds it then."""
    if reason := refusal_to_appoint(db, person.id, office, days, acting):
        raise Refused(reason)
    return appoint(db, person, office, days.starts, days.ends, acting, basis)


def refuse_to_suspend(db: Session, person_id: int, days: rules.Days) -> None:
    terms = db.scalars(select(Term).where(Term.person_id == person_id))
    held = [rules.Days(each.starts, each.ends) for each in terms]
    others = db.scalars(select(Suspension).where(Suspension.person_id == person_id))
    suspended = [each.days for each in others]
    if reason := rules.suspension_refusal(days, held, suspended, queries.today(db)):
        raise Refused(reason)


def suspend(db: Session, person: Person, starts: date, ends: date | None, basis: str) -> Suspension:
    suspension = Suspension(person_id=person.id, starts=starts, ends=ends, basis=basis)
    db.add(suspension)
    db.flush()
    return suspension
