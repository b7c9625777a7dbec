"""Building a cabinet: agencies, offices, persons and their terms."""

from datetime import date

from sqlalchemy.orm import Session

from ecabinet.access import Role
from ecabinet.errors import Refused
from people import rules, signing
from people.models import Agency, Office, Person, Term


def add_agency(db: Session, slug: str, name: str, short_name: str) -> Agency:
    agency = Agency(slug=slug, name=name, short_name=short_name)
    db.add(agency)
    db.flush()
    return agency


def add_office(
    db: Session, title: str, role: Role, order: int, agency: Agency | None = None
) -> Office:
    """An office; whether it has a vote follows from its role (rulebook: Who counts)."""
    is_member = role in (Role.PRIME_MINISTER, Role.DEPUTY_PM, Role.MEMBER)
    office = Office(
        title=title, role=role, is_member=is_member, protocol_order=order, agency=agency
    )
    db.add(office)
    db.flush()
    return office


def add_person(
    db: Session, name: str, username: str, password: str, totp_seed: str, hashed: str = ""
) -> Person:
    """Somebody new; `hashed` spares the hashing of a password that was hashed before."""
    if reason := rules.password_refusal(password, username):
        raise Refused(reason)
    person = Person(
        name=name,
        username=username.lower(),
        password_hash=hashed or signing.HASHER.hash(password),
        totp_sealed=signing.seal_seed(totp_seed),
    )
    db.add(person)
    db.flush()
    return person


def appoint(
    db: Session, person: Person, office: Office, starts: date, ends: date | None = None
) -> Term:
    """Put a person into an office from a day on."""
    term = Term(person_id=person.id, office_id=office.id, starts=starts, ends=ends)
    db.add(term)
    db.flush()
    return term
