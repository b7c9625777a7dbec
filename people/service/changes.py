"""Changes of persons, offices and agencies: asked for by the administrator, confirmed by a leader
of the Government Office (rulebook: Who may do what).

Each change is a function that asks, and one that carries out what was confirmed. The facts hold
names beside numbers: what the second person reads is what the digest covers.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecabinet import approvals, canonical, ledger
from ecabinet.access import Actor, Role
from ecabinet.approvals import Approved
from ecabinet.db import reading
from ecabinet.errors import Refused, Stale
from people import access, queries, rules
from people.models import Agency, Office, Person, Suspension, Term
from people.rules import AgencyKind, AgencyRefusal, Days, OfficeRefusal
from people.service import directory, leaving
from people.service.agreed import act, by, same_person, whom

# ---- persons ----


def ask_to_add_person(
    actor: Actor, name: str, username: str, office_id: int, days: Days, acting: bool, basis: str
) -> int:
    """Somebody new, in their first office; they sign in once they have followed an invitation."""
    with reading() as db:
        account = username.lower()
        if reason := rules.username_refusal(account):
            raise Refused(reason)
        if queries.person_called(db, account):
            raise Refused(rules.PersonRefusal.USERNAME_TAKEN)
        office = access.office_to_change(db, actor, office_id)
        _refuse_if_not_free(db, 0, office, days, acting)
        appointment = _appointment(office, days, acting, basis)
        facts = {"name": name, "username": account} | appointment
    return approvals.ask(actor, ADD_PERSON, f"{name} ({account})", facts)


def _add_person(db: Session, approved: Approved) -> None:
    facts = approved.facts
    person = directory.invite_person(db, facts["name"], facts["username"])
    body = {"person": person.id, "username": person.username}
    ledger.append(db, "person_added", body | by(approved))
    _put_into_office(db, approved, person)


def ask_to_appoint(
    actor: Actor, person_id: int, office_id: int, days: Days, acting: bool, basis: str
) -> int:
    with reading() as db:
        person = access.person_to_change(db, actor, person_id)
        if reason := rules.asker_refusal(actor.id, person_id):
            raise Refused(reason)
        office = access.office_to_change(db, actor, office_id)
        _refuse_if_not_free(db, person_id, office, days, acting)
        facts = whom(person) | _appointment(office, days, acting, basis)
    return approvals.ask(actor, APPOINT, f"{person.name}, {office.title}", facts)


def _appoint(db: Session, approved: Approved) -> None:
    _put_into_office(db, approved, same_person(db, approved))


def _put_into_office(db: Session, approved: Approved, person: Person) -> None:
    facts = approved.facts
    days = Days(_day(facts["starts"]), _day_or_none(facts["ends"]))
    office = access.office_to_change(db, approved.asker, facts["office_id"])
    term = directory.appoint_if_free(db, person, office, days, facts["acting"], facts["basis"])
    ledger.append(db, "term_began", _term_body(db, term) | by(approved))
    if days.starts <= queries.today(db):
        leaving.take_up(db, person.id)


def ask_to_end_term(actor: Actor, term_id: int, last: date, basis: str) -> int:
    """From `last` on the office is held no more."""
    with reading() as db:
        term = access.term_to_end(db, actor, term_id)
        if reason := rules.end_refusal(term.as_rule(), last):
            raise Refused(reason)
        facts = whom(term.person) | {
            "term": term.id,
            "office": queries.title_of(term),
            "starts": term.starts.isoformat(),
            "stood": _written(term.ends),
            "ends": last.isoformat(),
            "basis": basis,
        }
        about = f"{term.person.name}, {facts['office']}"
    return approvals.ask(actor, END_TERM, about, facts)


def _end_term(db: Session, approved: Approved) -> None:
    facts, last = approved.facts, _day(approved.facts["ends"])
    term = access.term_to_end(db, approved.asker, facts["term"])
    if _day_or_none(facts["stood"]) != term.ends:
        raise Stale
    if reason := rules.end_refusal(term.as_rule(), last):
        raise Refused(reason)
    term.ends = last
    db.flush()
    ledger.append(db, "term_ended", _term_body(db, term) | by(approved))
    if last <= queries.today(db):
        leaving.end_access(db, term.person_id)


def ask_to_suspend(
    actor: Actor, person_id: int, starts: date, ends: date | None, basis: str
) -> int:
    """Suspend somebody from work: they keep their offices, and neither act nor count."""
    with reading() as db:
        person = access.person_to_change(db, actor, person_id)
        directory.refuse_to_suspend(db, person_id, Days(starts, ends))
        facts = whom(person) | {
            "starts": starts.isoformat(),
            "ends": _written(ends),
            "basis": basis,
        }
    return approvals.ask(actor, SUSPEND, person.name, facts)


def _suspend(db: Session, approved: Approved) -> None:
    facts = approved.facts
    person, starts = same_person(db, approved), _day(facts["starts"])
    ends = _day_or_none(facts["ends"])
    directory.refuse_to_suspend(db, person.id, Days(starts, ends))
    directory.suspend(db, person, starts, ends, facts["basis"])
    body = {"person": person.id, "starts": facts["starts"], "ends": facts["ends"]}
    ledger.append(db, "suspended", body | by(approved))
    if starts <= queries.today(db):
        leaving.end_logins(db, person.id)


def ask_to_lift(actor: Actor, suspension_id: int, last: date, basis: str) -> int:
    """From `last` on somebody who is suspended acts and counts again."""
    with reading() as db:
        suspension = access.suspension_to_lift(db, actor, suspension_id)
        person = access.person_to_change(db, actor, suspension.person_id)
        if person.id == actor.id:
            raise Refused(rules.SuspensionRefusal.ONESELF)
        _refuse_to_lift(db, suspension, last)
        facts = whom(person) | {
            "suspension": suspension.id,
            "starts": suspension.starts.isoformat(),
            "stood": _written(suspension.ends),
            "ends": last.isoformat(),
            "basis": basis,
        }
    return approvals.ask(actor, LIFT, person.name, facts)


def _lift(db: Session, approved: Approved) -> None:
    facts, person = approved.facts, same_person(db, approved)
    suspension = access.suspension_to_lift(db, approved.asker, facts["suspension"])
    if _day_or_none(facts["stood"]) != suspension.ends:
        raise Stale
    _refuse_to_lift(db, suspension, _day(facts["ends"]))
    suspension.ends = _day(facts["ends"])
    body = {"person": person.id, "starts": facts["starts"], "ends": facts["ends"]}
    ledger.append(db, "suspension_lifted", body | by(approved))


def _refuse_to_lift(db: Session, suspension: Suspension, last: date) -> None:
    if reason := rules.lift_refusal(suspension.days, last, queries.today(db)):
        raise Refused(reason)


# ---- offices ----


def ask_to_add_office(
    actor: Actor, title: str, role: Role, order: int, agency_id: int | None, opened_on: date | None
) -> int:
    with reading() as db:
        agency = access.agency_to_change(db, actor, agency_id) if agency_id else None
        directory.refuse_second_seat(db, role, opened_on)
        facts = {
            "title": title,
            "role": role.value,
            "order": order,
            "agency_id": agency_id,
            "agency": agency.name if agency else None,
            "opened_on": _written(opened_on),
        }
    return approvals.ask(actor, ADD_OFFICE, title, facts)


def _add_office(db: Session, approved: Approved) -> None:
    facts, agency_id = approved.facts, approved.facts["agency_id"]
    agency = access.agency_to_change(db, approved.asker, agency_id) if agency_id else None
    role, opened_on = Role(facts["role"]), _day_or_none(facts["opened_on"])
    directory.refuse_second_seat(db, role, opened_on)
    office = directory.add_office(db, facts["title"], role, facts["order"], agency, opened_on)
    body = {"office": office.id, "title": office.title, "is_member": office.is_member}
    ledger.append(db, "office_added", body | by(approved))


def ask_to_rename_office(actor: Actor, office_id: int, title: str, basis: str) -> int:
    """Mend how an office's title is written; what was signed under the old one keeps it."""
    with reading() as db:
        office = access.office_to_change(db, actor, office_id)
        if title == office.title:
            raise Refused(OfficeRefusal.SAME_TITLE)
        facts = _office(office) | {"title": title, "basis": basis}
    return approvals.ask(actor, RENAME_OFFICE, facts["office"], facts)


def _rename_office(db: Session, approved: Approved) -> None:
    office = _same_office(db, approved)
    was, office.title = office.title, approved.facts["title"]
    body = {"office": office.id, "was": was, "title": office.title}
    ledger.append(db, "office_renamed", body | by(approved))


def ask_to_close_office(actor: Actor, office_id: int, last: date, basis: str) -> int:
    """From `last` on there is no such office any more; nobody holds it then."""
    with reading() as db:
        office = access.office_to_change(db, actor, office_id)
        directory.refuse_to_close(db, office, last)
        facts = _office(office) | {"day": last.isoformat(), "basis": basis}
    return approvals.ask(actor, CLOSE_OFFICE, facts["office"], facts)


def _close_office(db: Session, approved: Approved) -> None:
    office, last = _same_office(db, approved), _day(approved.facts["day"])
    directory.refuse_to_close(db, office, last)
    office.closed_on = last
    body = {"office": office.id, "title": office.title, "day": approved.facts["day"]}
    ledger.append(db, "office_closed", body | by(approved))


def _office(office: Office) -> canonical.Json:
    return {"office_id": office.id, "office": office.title}


def _same_office(db: Session, approved: Approved) -> Office:
    """The office that was shown, locked; Stale where it is called otherwise by now."""
    office = access.office_to_change(db, approved.asker, approved.facts["office_id"])
    if office.title != approved.facts["office"]:
        raise Stale
    return office


# ---- agencies ----


def ask_to_add_agency(
    actor: Actor, name: str, short_name: str, kind: AgencyKind, code: str, parent_id: int | None
) -> int:
    with reading() as db:
        parent = access.agency_to_change(db, actor, parent_id) if parent_id else None
        directory.refuse_taken_name(db, name)
        _refuse_code(db, code)
        facts = {
            "name": name,
            "short_name": short_name,
            "kind": kind.value,
            "code": code,
            "parent_id": parent_id,
            "parent": parent.name if parent else None,
        }
    return approvals.ask(actor, ADD_AGENCY, name, facts)


def _add_agency(db: Session, approved: Approved) -> None:
    facts = approved.facts
    agency = directory.add_agency(
        db, directory.new_slug(db, facts["name"]), facts["name"], facts["short_name"],
        AgencyKind(facts["kind"]), facts["parent_id"],
    )  # fmt: skip
    if facts["code"]:
        directory.add_code(db, agency, facts["code"], in_use=True)
    ledger.append(db, "agency_added", {"agency": agency.id, "name": agency.name} | by(approved))


def ask_to_rename_agency(
    actor: Actor, agency_id: int, name: str, short_name: str, code: str, day: date, basis: str
) -> int:
    """Another name from a day on, and another identifier where one is given."""
    with reading() as db:
        agency = access.agency_to_change(db, actor, agency_id)
        directory.refuse_taken_name(db, name, agency_id)
        _refuse_future(db, day)
        _refuse_code(db, code, agency_id)
        facts = {
            "agency": agency.id,
            "was": agency.name,
            "name": name,
            "short_name": short_name,
            "code": code,
            "day": day.isoformat(),
            "basis": basis,
        }
    return approvals.ask(actor, RENAME_AGENCY, agency.name, facts)


def _rename_agency(db: Session, approved: Approved) -> None:
    facts = approved.facts
    agency = access.agency_to_change(db, approved.asker, facts["agency"])
    if agency.name != facts["was"]:
        raise Stale
    directory.rename(db, agency, facts["name"], facts["short_name"], _day(facts["day"]))
    if facts["code"]:
        directory.add_code(db, agency, facts["code"], in_use=True)
    body = {"agency": agency.id, "was": facts["was"], "name": agency.name, "day": facts["day"]}
    ledger.append(db, "agency_renamed", body | by(approved))


def ask_to_move_agency(actor: Actor, agency_id: int, parent_id: int | None, basis: str) -> int:
    """Another place in the tree: under another agency, or under none."""
    with reading() as db:
        agency = access.agency_to_change(db, actor, agency_id)
        parent = access.agency_to_change(db, actor, parent_id) if parent_id else None
        _refuse_circle(db, agency_id, parent_id)
        facts = {
            "agency": agency.id,
            "name": agency.name,
            "was_id": agency.parent_id,
            "parent_id": parent_id,
            "parent": parent.name if parent else None,
            "basis": basis,
        }
    return approvals.ask(actor, MOVE_AGENCY, agency.name, facts)


def _move_agency(db: Session, approved: Approved) -> None:
    facts = approved.facts
    agency = access.agency_to_change(db, approved.asker, facts["agency"])
    if (agency.name, agency.parent_id) != (facts["name"], facts["was_id"]):
        raise Stale
    if facts["parent_id"]:
        access.agency_to_change(db, approved.asker, facts["parent_id"])
    _refuse_circle(db, agency.id, facts["parent_id"])
    agency.parent_id = facts["parent_id"]
    body = {"agency": agency.id, "was": facts["was_id"], "parent": agency.parent_id}
    ledger.append(db, "agency_moved", body | by(approved))


def _end_terms_of(db: Session, agency: Agency, day: date) -> None:
    """Its offices are held by nobody any more: who has another one goes on in that."""
    held = (
        select(Term)
        .join(Term.office)
        .where(Office.agency_id == agency.id, Term.ends.is_(None) | (Term.ends > day))
    )
    for term in db.scalars(held).all():
        term.ends = max(day, term.starts)
        db.flush()
        leaving.end_access(db, term.person_id)


def _refuse_circle(db: Session, agency_id: int, parent_id: int | None) -> None:
    parents = queries.parents_of_agencies(db)
    if parent_id and rules.is_below(parents, parent_id, agency_id):
        raise Refused(AgencyRefusal.BELOW_ITSELF)


def ask_to_merge_agencies(
    actor: Actor, agency_ids: Sequence[int], into_id: int, day: date, basis: str
) -> int:
    """End agencies in another that stands already, from a day on."""
    with reading() as db:
        into = access.agency_to_change(db, actor, into_id)
        ending = [access.agency_to_change(db, actor, each) for each in sorted(set(agency_ids))]
        if into_id in agency_ids:
            raise Refused(AgencyRefusal.ITSELF)
        _refuse_future(db, day)
        facts = {
            "agencies": [{"agency": each.id, "name": each.name} for each in ending],
            "into_id": into.id,
            "into": into.name,
            "day": day.isoformat(),
            "basis": basis,
        }
        about = " + ".join(each.short_name for each in ending) + f" → {into.name}"
    return approvals.ask(actor, MERGE_AGENCIES, about, facts)


def _merge_agencies(db: Session, approved: Approved) -> None:
    facts, day = approved.facts, _day(approved.facts["day"])
    into = access.agency_to_change(db, approved.asker, facts["into_id"])
    ending = [
        access.agency_to_change(db, approved.asker, each["agency"]) for each in facts["agencies"]
    ]
    shown = [into.name, *(each.name for each in ending)]
    if shown != [facts["into"], *(each["name"] for each in facts["agencies"])]:
        raise Stale
    for each in ending:
        directory.merge(db, each, into, day)
        _end_terms_of(db, each, day)
    body = {"agencies": [each.id for each in ending], "into": into.id, "day": facts["day"]}
    ledger.append(db, "agencies_merged", body | by(approved))


# ---- parts ----


def _appointment(office: Office, days: Days, acting: bool, basis: str) -> canonical.Json:
    return {
        "office_id": office.id,
        "office": rules.title(office.title, acting),
        "acting": acting,
        "starts": days.starts.isoformat(),
        "ends": _written(days.ends),
        "basis": basis,
    }


def _refuse_if_not_free(
    db: Session, person_id: int, office: Office, days: Days, acting: bool
) -> None:
    if reason := directory.refusal_to_appoint(db, person_id, office, days, acting):
        raise Refused(reason)


def _refuse_future(db: Session, day: date) -> None:
    if day > queries.today(db):
        raise Refused(AgencyRefusal.NOT_YET)


def _refuse_code(db: Session, code: str, agency_id: int | None = None) -> None:
    if not code:
        return
    if reason := rules.organ_id_refusal(code):
        raise Refused(reason)
    known = queries.agency_by_code(db, code)
    if known is not None and known.id != agency_id:
        raise Refused(AgencyRefusal.CODE_TAKEN)


def _term_body(db: Session, term: Term) -> canonical.Json:
    """The term, and how many members there are by it on the day from which it changes that."""
    day = term.ends or term.starts
    return {
        "term": term.id,
        "person": term.person_id,
        "office": term.office_id,
        "starts": term.starts.isoformat(),
        "ends": _written(term.ends),
        "acting": term.acting,
        "members": len(queries.members(db, day)),
    }


def _written(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _day_or_none(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


ADD_PERSON = act("add_person", _add_person)
APPOINT = act("appoint", _appoint)
END_TERM = act("end_term", _end_term)
SUSPEND = act("suspend", _suspend)
LIFT = act("lift_suspension", _lift)
ADD_OFFICE = act("add_office", _add_office)
RENAME_OFFICE = act("rename_office", _rename_office)
CLOSE_OFFICE = act("close_office", _close_office)
ADD_AGENCY = act("add_agency", _add_agency)
RENAME_AGENCY = act("rename_agency", _rename_agency)
MOVE_AGENCY = act("move_agency", _move_agency)
MERGE_AGENCIES = act("merge_agencies", _merge_agencies)

ACTS = (
    ADD_PERSON, APPOINT, END_TERM, SUSPEND, LIFT, ADD_OFFICE, RENAME_OFFICE, CLOSE_OFFICE,
    ADD_AGENCY, RENAME_AGENCY, MOVE_AGENCY, MERGE_AGENCIES,
)  # fmt: skip
