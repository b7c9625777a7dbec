"""Persons and agencies taken in from a table: looked through first, carried out by two people.

A look names every faulty cell by its row and column, and changes nothing. What is asked for is the
whole table; whoever confirms it has it looked through again, and nothing of it is done by halves.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from ecabinet import approvals, canonical, ledger
from ecabinet.access import OF_OFFICES, Actor, Permission, Role
from ecabinet.approvals import Approved
from ecabinet.db import reading
from ecabinet.errors import Refused, Stale
from ecabinet.search_terms import fold
from people import rules
from people.models import Agency, AgencyCode, Office, Person, Term
from people.rules import AgencyKind, Days, ImportFault, ImportRefusal, SeatOfOffice, TermOfOffice
from people.service import agreed, directory

MOST_ROWS = 2_000
TICKS = frozenset({"x", "yes", "co"})
LAST_ORDER = 9_999


class Table(StrEnum):
    PERSONS = "persons"
    AGENCIES = "agencies"


Cells = dict[str, str]

# Each table's columns: its longest text, and whether every row needs it.
COLUMNS: dict[Table, dict[str, tuple[int, bool]]] = {
    Table.PERSONS: {
        "name": (200, True), "username": (60, True), "office": (200, True), "agency": (200, False),
        "starts": (10, True), "ends": (10, False), "acting": (5, False), "basis": (200, False),
        "role": (40, False), "order": (4, False),
    },
    Table.AGENCIES: {
        "name": (200, True), "short_name": (80, True), "kind": (40, True), "code": (35, False),
        "old_code": (35, False), "parent": (200, False),
    },
}  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """One cell that is wrong: the row of the file, the column's name, and why."""

    row: int
    column: str
    why: ImportFault


@dataclass
class Look:
    """What a look through a table found: its faults, and else what is to be done."""

    faults: list[Fault] = field(default_factory=list)
    todo: list[Callable[[Session], None]] = field(default_factory=list)
    blamed: dict[int, set[str]] = field(default_factory=dict)

    def blame(self, row: int, column: str, why: ImportFault) -> None:
        """Of what is wrong with a cell the first is named."""
        columns = self.blamed.setdefault(row, set())
        if column not in columns:
            columns.add(column)
            self.faults.append(Fault(row, column, why))


def look(db: Session, table: Table, rows: Sequence[Cells]) -> Look:
    """Every faulty cell of a table; the first row is the file's second, below the headings."""
    if not rows:
        raise Refused(ImportRefusal.EMPTY)
    if len(rows) > MOST_ROWS:
        raise Refused(ImportRefusal.TOO_MANY_ROWS)
    found = Look()
    judge = _Persons(db, found) if table is Table.PERSONS else _Agencies(db, found)
    for number, cells in enumerate(rows, 2):
        whole = dict.fromkeys(COLUMNS[table], "") | cells
        _judge_writing(found, table, number, whole)
        judge.take(number, whole)
    return found


def ask(actor: Actor, table: Table, rows: Sequence[Cells]) -> int:
    """Ask a second person to confirm a table without faults."""
    actor.must(Permission.ACCOUNT_MANAGE)
    with reading() as db:
        if look(db, table, rows).faults:
            raise Refused(ImportRefusal.FAULTY)
    facts: canonical.Json = {"table": table.value, "rows": list(rows)}
    about = f"{rows[0]['name']} … ({len(rows)})" if len(rows) > 1 else rows[0]["name"]
    return approvals.ask(actor, IMPORT, about, facts)


def _carry_out(db: Session, approved: Approved) -> None:
    table, rows = Table(approved.facts["table"]), approved.facts["rows"]
    found = look(db, table, rows)
    if found.faults:
        # What could be done when it was shown cannot be done any more.
        raise Stale
    for each in found.todo:
        each(db)
    db.flush()
    body = {"table": table.value, "rows": len(rows)}
    ledger.append(db, "imported", body | agreed.by(approved))


IMPORT = agreed.act("import", _carry_out)


def _judge_writing(found: Look, table: Table, row: int, cells: Cells) -> None:
    for column, (longest, needed) in COLUMNS[table].items():
        text = cells[column]
        if text.startswith("="):
            found.blame(row, column, ImportFault.FORMULA)
        elif needed and not text:
            found.blame(row, column, ImportFault.MISSING)
        elif len(text) > longest:
            found.blame(row, column, ImportFault.TOO_LONG)
        elif not text.isprintable():
            found.blame(row, column, ImportFault.UNPRINTABLE)


# ---- agencies ----


class _Known:
    """Agencies by any of their names and identifiers, folded."""

    def __init__(self, db: Session) -> None:
        standing = db.scalars(select(Agency).where(Agency.ended_on.is_(None))).all()
        self.agencies: dict[str, Agency] = {}
        for each in standing:
            self.add(each, each.name, each.short_name)
        by_id = {each.id: each for each in standing}
        for code in db.scalars(select(AgencyCode)):
            if code.agency_id in by_id:
                self.add(by_id[code.agency_id], code.code)

    def add(self, agency: Agency, *names: str) -> None:
        for name in names:
            self.agencies.setdefault(fold(name), agency)

    def find(self, name: str) -> Agency | None:
        return self.agencies.get(fold(name))


class _Agencies:
    """Takes the rows of agencies one by one; a row may belong to one above it."""

    def __init__(self, db: Session, found: Look) -> None:
        self.found, self.known = found, _Known(db)
        self.codes = set(db.scalars(select(AgencyCode.code)))
        self.slugs = set(db.scalars(select(Agency.slug)))
        self.names = {fold(each.name) for each in self.known.agencies.values()}
        self.here: set[str] = set()

    def take(self, row: int, cells: Cells) -> None:
        name, codes = fold(cells["name"]), self._codes(row, cells)
        if name in self.here:
            self.found.blame(row, "name", ImportFault.STANDS_TWICE)
        elif name in self.names:
            self.found.blame(row, "name", ImportFault.NAME_TAKEN)
        if cells["kind"] not in set(AgencyKind):
            self.found.blame(row, "kind", ImportFault.KIND_UNKNOWN)
        parent = self.known.find(cells["parent"]) if cells["parent"] else None
        if cells["parent"] and parent is None:
            self.found.blame(row, "parent", ImportFault.AGENCY_UNKNOWN)
        self.here.add(name)
        if row not in self.found.blamed:
            self._plan(cells, parent, codes)

    def _codes(self, row: int, cells: Cells) -> list[AgencyCode]:
        made = []
        for column in ("code", "old_code"):
            code = cells[column]
            if not code:
                continue
            if rules.organ_id_refusal(code):
                self.found.blame(row, column, ImportFault.CODE_FORM)
            elif code in self.codes:
                self.found.blame(row, column, ImportFault.CODE_TAKEN)
            self.codes.add(code)
            made.append(AgencyCode(code=code, in_use=column == "code"))
        return made

    def _plan(self, cells: Cells, parent: Agency | None, codes: list[AgencyCode]) -> None:
        agency = Agency(
            slug=directory.slug_among(self.slugs, cells["name"]),
            name=cells["name"],
            short_name=cells["short_name"],
            kind=AgencyKind(cells["kind"]),
        )
        self.slugs.add(agency.slug)
        self.known.add(agency, agency.name, agency.short_name, *(each.code for each in codes))

        def add(db: Session) -> None:
            agency.parent_id = parent.id if parent else None
            db.add(agency)
            db.flush()
            for code in codes:
                code.agency_id = agency.id
            db.add_all(codes)

        self.found.todo.append(add)


# ---- persons ----


class _Persons:
    """Takes the rows of persons one by one, each with the office that they come into."""

    def __init__(self, db: Session, found: Look) -> None:
        self.found, self.known = found, _Known(db)
        self.usernames = set(db.scalars(select(Person.username)))
        self.here: set[str] = set()
        self.offices: dict[tuple[str, int | None], Office] = {}
        self.terms: dict[Office, list[TermOfOffice]] = {}
        self.seats = list(db.scalars(select(Office).order_by(Office.id)))
        for office in self.seats:
            for agency_id in {office.agency_id, None}:
                self.offices.setdefault((fold(office.title), agency_id), office)
        for term in db.scalars(select(Term).options(joinedload(Term.office))):
            self.terms.setdefault(term.office, []).append(term.as_rule())

    def take(self, row: int, cells: Cells) -> None:
        self._judge_username(row, cells["username"])
        agency = self.known.find(cells["agency"]) if cells["agency"] else None
        if cells["agency"] and agency is None:
            self.found.blame(row, "agency", ImportFault.AGENCY_UNKNOWN)
        acting = cells["acting"]
        if acting and fold(acting) not in TICKS:
            self.found.blame(row, "acting", ImportFault.TICK_FORM)
        days = self._days(row, cells)
        office = self._office(row, cells, agency)
        if days is not None and office is not None:
            self._judge_office(row, office, days)
        if days is not None and office is not None and row not in self.found.blamed:
            self._plan(cells, office, days, bool(acting))

    def _judge_username(self, row: int, username: str) -> None:
        if rules.username_refusal(username):
            self.found.blame(row, "username", ImportFault.USERNAME_FORM)
        elif username in self.here:
            self.found.blame(row, "username", ImportFault.STANDS_TWICE)
        elif username in self.usernames:
            self.found.blame(row, "username", ImportFault.USERNAME_TAKEN)
        self.here.add(username)

    def _days(self, row: int, cells: Cells) -> Days | None:
        starts, ends = self._day(row, cells, "starts"), self._day(row, cells, "ends")
        if starts is not None and ends is not None and ends <= starts:
            self.found.blame(row, "ends", ImportFault.ENDS_BEFORE_START)
            return None
        return Days(starts, ends) if starts else None

    def _day(self, row: int, cells: Cells, column: str) -> date | None:
        text = cells[column]
        day = rules.written_day(text) if text else None
        if text and day is None:
            self.found.blame(row, column, ImportFault.DAY_FORM)
        return day

    def _office(self, row: int, cells: Cells, agency: Agency | None) -> Office | None:
        """The office that stands by this title, or a new one where a role is given."""
        key = (fold(cells["office"]), agency.id if agency else None)
        if key in self.offices:
            return self.offices[key]
        role, order = cells["role"], cells["order"] or str(LAST_ORDER)
        if not role:
            self.found.blame(row, "office", ImportFault.OFFICE_UNKNOWN)
        elif role not in OF_OFFICES:
            self.found.blame(row, "role", ImportFault.ROLE_UNKNOWN)
        if not (order.isascii() and order.isdecimal()):
            self.found.blame(row, "order", ImportFault.NUMBER_FORM)
        if self.found.blamed.get(row, set()) & {"office", "role", "order"}:
            return None
        alike = [each.as_seat() for each in self.seats if each.role == role]
        if rules.new_office_refusal(Role(role), None, alike):
            self.found.blame(row, "role", ImportFault.ONE_PRIME_MINISTER)
        office = directory.office_to_add(cells["office"], Role(role), int(order), agency)
        self.seats.append(office)
        self.offices[key] = office
        return office

    def _judge_office(self, row: int, office: Office, days: Days) -> None:
        # Nobody new has a number yet; the row's own, negative, stands for them.
        seat = SeatOfOffice(0, office.is_member, office.opened_on, office.closed_on)
        wanted = TermOfOffice(-row, 0, office.is_member, days.starts, days.ends)
        # Where there is no vote, several may hold one office, and somebody new holds none yet.
        others = self.terms.setdefault(office, []) if office.is_member else []
        refusal = rules.term_refusal(seat, wanted, others)
        if refusal is rules.TermRefusal.NO_SUCH_OFFICE_THEN:
            self.found.blame(row, "starts", ImportFault.OFFICE_NOT_THEN)
        elif refusal:
            self.found.blame(row, "office", ImportFault.OFFICE_TAKEN)
        others.append(wanted)

    def _plan(self, cells: Cells, office: Office, days: Days, acting: bool) -> None:
        person = Person(name=cells["name"], username=cells["username"], password_hash="")
        term = Term(
            person=person, office=office, starts=days.starts, ends=days.ends, acting=acting,
            basis=cells["basis"],
        )  # fmt: skip
        self.found.todo.append(lambda db: db.add(term))
