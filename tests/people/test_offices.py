"""Who is in office on a day: by the rule, and by the database, on any day."""

from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecabinet.access import Role
from ecabinet.db import database, reading, transaction
from people import queries
from people.models import Term
from people.rules import TermOfOffice, members_on
from people.service import directory
from tests.builders import STARTS, Cabinet

DAYS = st.dates(date(2026, 1, 1), date(2026, 3, 1))


@st.composite
def terms(draw: st.DrawFn) -> list[TermOfOffice]:
    """Terms of four people in four offices, of which two have a vote, about the same weeks."""
    made = []
    for _ in range(draw(st.integers(0, 8))):
        office = draw(st.integers(0, 3))
        starts = draw(DAYS)
        length = draw(st.none() | st.integers(0, 40))
        ends = None if length is None else starts + timedelta(days=length)
        made.append(TermOfOffice(draw(st.integers(0, 3)), office, office < 2, starts, ends))
    return made


@given(terms(), DAYS)
def test_a_member_counts_once_from_the_first_day_until_the_last(
    held: list[TermOfOffice], day: date
) -> None:
    counted = members_on(held, day)
    for each in held:
        inside = each.is_member and each.starts <= day and (each.ends is None or day < each.ends)
        assert not inside or each.person_id in counted
    assert counted <= {each.person_id for each in held if each.is_member}
    eve = min((each.starts for each in held), default=day) - timedelta(days=1)
    assert members_on(held, eve) == frozenset()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(terms(), DAYS)
def test_the_database_counts_as_the_rule_does(
    cabinet: Cabinet, held: list[TermOfOffice], day: date
) -> None:
    with database().read() as db:
        _fill(db, held)
        rows = [
            TermOfOffice(
                each.person_id, each.office_id, each.office.is_member, each.starts, each.ends
            )
            for each in db.query(Term)
        ]
        found = [each.person_id for each in queries.members(db, day)]
        assert frozenset(found) == members_on(rows, day)
        assert len(found) == len(set(found))
        db.rollback()


def _fill(db: object, held: list[TermOfOffice]) -> None:
    from sqlalchemy.orm import Session

    assert isinstance(db, Session)
    db.execute(Term.__table__.delete())
    roles = (Role.MEMBER, Role.DEPUTY_PM, Role.SECRETARY, Role.CLERK)
    offices = [directory.add_office(db, f"Chức danh {n}", role, n) for n, role in enumerate(roles)]
    people = [
        directory.add_person(db, f"Người {n}", f"nguoi{n}", "x" * 15, "A" * 32, hashed="x")
        for n in range(4)
    ]
    for each in held:
        directory.appoint(
            db, people[each.person_id], offices[each.office_id], each.starts, each.ends
        )


def test_members_stand_in_protocol_order_and_each_once(cabinet: Cabinet) -> None:
    with transaction() as db:
        minister = queries.Person
        person = db.get_one(minister, cabinet.ids["botruong.yte"])
        second = directory.add_office(db, "Phó Thủ tướng kiêm nhiệm", Role.DEPUTY_PM, 90)
        directory.appoint(db, person, second, STARTS)
    with reading() as db:
        found = [each.person_id for each in queries.members(db)]
    names = ("thutuong", "pttg1", "botruong.taichinh", "botruong.yte", "botruong.xaydung")
    assert found == [cabinet.ids[each] for each in names]


def test_an_office_is_another_persons_from_the_day_the_term_ends(cabinet: Cabinet) -> None:
    day = STARTS + timedelta(days=30)
    with transaction() as db:
        db.query(Term).filter_by(person_id=cabinet.ids["botruong.yte"]).one().ends = day
    with reading() as db:
        before = {each.person_id for each in queries.members(db, day - timedelta(days=1))}
        after = {each.person_id for each in queries.members(db, day)}
    assert before - after == {cabinet.ids["botruong.yte"]}
    assert len(before) == 5
