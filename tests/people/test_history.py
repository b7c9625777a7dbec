"""Offices over time: what the rules promise of any days, and the years 2021 to 2026 replayed."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from ballots import rules as ballot_rules
from ecabinet.access import Role
from ecabinet.db import database
from people import queries, rules
from people.models import Agency, Office, Term
from people.rules import AgencyKind, Days, SeatOfOffice, TermOfOffice, TermRefusal
from people.service import directory
from tests.builders import Cabinet
from tests.people import history
from tests.people.history import COUNTS, Count

DAYS = st.dates(date(2026, 1, 1), date(2026, 2, 1))
SEATS = tuple(SeatOfOffice(each, each < 2) for each in range(3))


@st.composite
def attempts(draw: st.DrawFn) -> list[TermOfOffice]:
    """Terms that somebody would like to have, one after another."""
    made = []
    for _ in range(draw(st.integers(1, 12))):
        starts = draw(DAYS)
        length = draw(st.none() | st.integers(0, 20))
        ends = None if length is None else starts + timedelta(days=length)
        seat = draw(st.sampled_from(SEATS))
        made.append(TermOfOffice(draw(st.integers(0, 3)), seat.id, seat.is_member, starts, ends))
    return made


def let_in(wanted: list[TermOfOffice]) -> list[TermOfOffice]:
    """Those whom the rule lets in, in the order in which they come."""
    held: list[TermOfOffice] = []
    for each in wanted:
        others = [one for one in held if one.office_id == each.office_id]
        if rules.term_refusal(SEATS[each.office_id], each, others) is None:
            held.append(each)
    return held


@given(attempts(), DAYS)
def test_no_vote_is_held_by_two_on_any_day(wanted: list[TermOfOffice], day: date) -> None:
    held = [each for each in let_in(wanted) if each.holds_on(day)]
    votes = [each.office_id for each in held if each.is_member]
    assert len(votes) == len(set(votes))
    # Where there is no vote, several may hold one office, but nobody twice.
    assert len(held) == len({(each.person_id, each.office_id) for each in held})


@given(attempts(), DAYS)
def test_members_and_vacancies_are_the_offices_with_a_vote(
    wanted: list[TermOfOffice], day: date
) -> None:
    held = let_in(wanted)
    vacant = rules.vacant_on(SEATS, held, day)
    filled = {each.office_id for each in held if each.is_member and each.holds_on(day)}
    assert vacant | filled == {0, 1}
    assert not vacant & filled
    assert len(rules.members_on(held, day)) <= len(filled)


@given(attempts(), DAYS, st.sets(st.integers(0, 3)))
def test_whoever_is_suspended_does_not_count_and_nobody_else_is_left_out(
    wanted: list[TermOfOffice], day: date, suspended: set[int]
) -> None:
    held = let_in(wanted)
    all_ = rules.members_on(held, day)
    assert rules.members_on(held, day, suspended) == all_ - suspended


@given(DAYS, st.none() | st.integers(1, 20), DAYS, st.none() | st.integers(1, 20))
def test_spans_overlap_where_they_share_a_day(
    one: date, length: int | None, other: date, other_length: int | None
) -> None:
    def span(starts: date, days: int | None) -> Days:
        return Days(starts, starts + timedelta(days=days) if days else None)

    first, second = span(one, length), span(other, other_length)
    latest = max(one, other)
    assert (
        first.overlaps(second) == second.overlaps(first) == (latest in first and latest in second)
    )


@given(attempts(), DAYS)
def test_a_term_that_is_ended_is_over_from_that_day_and_stood_until_the_eve(
    wanted: list[TermOfOffice], last: date
) -> None:
    for term in wanted:
        if rules.end_refusal(term, last) is not None:
            continue
        ended = TermOfOffice(term.person_id, term.office_id, term.is_member, term.starts, last)
        assert not ended.holds_on(last)
        assert ended.holds_on(last - timedelta(days=1))
        assert rules.end_refusal(ended, last) is TermRefusal.ENDED


# ---- the years replayed ----


class Replay:
    """The Government put together day by day, as the decisions came."""

    def __init__(self, db: Session) -> None:
        self.db = db
        self.people = 0
        self.agencies: dict[str, Agency] = {}
        self.offices: dict[str, Office] = {}

    def run(self) -> None:
        self.found()
        self.act_for_a_minister()
        self.streamline()
        self.merge_provinces()
        self.change_government()

    def found(self) -> None:
        day = history.FIRST
        self.fill("Thủ tướng Chính phủ", Role.PRIME_MINISTER, day)
        for number in range(history.DEPUTIES):
            self.fill(f"Phó Thủ tướng {number + 1}", Role.DEPUTY_PM, day)
        for name in history.MINISTRIES:
            self.head(name, AgencyKind.MINISTRY, day)
        for name in history.BODIES:
            self.head(name, AgencyKind.MINISTERIAL, day)
        for name, merged in history.PROVINCES.items():
            for each in (name, *merged):
                self.agency(each, AgencyKind.PROVINCE)

    def act_for_a_minister(self) -> None:
        """A minister leaves; another acts for some weeks, and counts."""
        self.leave("Bộ Y tế", history.ACTING_FROM)
        self.appoint("Bộ Y tế", history.ACTING_FROM, acting=True)
        self.leave("Bộ Y tế", history.ACTING_UNTIL)
        self.appoint("Bộ Y tế", history.ACTING_UNTIL)

    def streamline(self) -> None:
        day = history.STREAMLINED
        for into, merged in history.MERGED_MINISTRIES.items():
            for each in merged:
                self.leave(each, day)
                directory.merge(self.db, self.agencies[each], self.agencies[into], day)
        for old, new in history.RENAMED_MINISTRIES.items():
            directory.rename(self.db, self.agencies[old], new, new, day)
        for number in range(history.DEPUTIES, history.DEPUTIES_FROM_2025):
            self.fill(f"Phó Thủ tướng {number + 1}", Role.DEPUTY_PM, day)

    def merge_provinces(self) -> None:
        for into, merged in history.PROVINCES.items():
            for each in merged:
                directory.merge(
                    self.db, self.agencies[each], self.agencies[into], history.PROVINCES_MERGED
                )

    def change_government(self) -> None:
        """Everybody leaves on one day, and others come."""
        day = history.NEW_GOVERNMENT
        for title, office in self.offices.items():
            if office.closed_on is None:
                self.leave(title, day)
                self.appoint(title, day)

    def head(self, name: str, kind: AgencyKind, day: date) -> None:
        self.fill(name, Role.MEMBER, day, self.agency(name, kind))

    def agency(self, name: str, kind: AgencyKind) -> Agency:
        slug = directory.new_slug(self.db, name)
        self.agencies[name] = directory.add_agency(self.db, slug, name, name, kind)
        return self.agencies[name]

    def fill(self, title: str, role: Role, day: date, agency: Agency | None = None) -> None:
        order = len(self.offices) + 1
        self.offices[title] = directory.add_office(self.db, title, role, order, agency, day)
        self.appoint(title, day)

    def appoint(self, title: str, day: date, acting: bool = False) -> None:
        self.people += 1
        person = directory.invite_person(self.db, f"Người {self.people}", f"nguoi{self.people}")
        office = self.offices[title]
        directory.appoint_if_free(self.db, person, office, Days(day), acting, "")

    def leave(self, title: str, day: date) -> None:
        office_id = self.offices[title].id
        for term in self.db.query(Term).filter_by(office_id=office_id, ends=None):
            term.ends = day
        self.db.flush()


@pytest.fixture
def replayed(cabinet: Cabinet) -> Iterator[Session]:
    with database().read() as db:
        for term in db.query(Term):
            term.ends = term.starts
        for office in db.query(Office):
            office.closed_on = history.FIRST
        for agency in db.query(Agency):
            agency.ended_on = history.FIRST
        db.flush()
        Replay(db).run()
        yield db
        db.rollback()


@pytest.mark.parametrize("count", COUNTS, ids=lambda count: count.day.isoformat())
def test_the_size_of_the_government_and_its_decree_are_those_of_the_day(
    replayed: Session, count: Count
) -> None:
    assert len(queries.members(replayed, count.day)) == count.members
    decree = ballot_rules.rule_set_on(count.day)
    assert decree is not None
    assert decree.id == count.decree


def test_nobody_counted_before_the_government_was_there(replayed: Session) -> None:
    assert queries.members(replayed, history.FIRST - timedelta(days=1)) == []


def test_an_acting_minister_counted_and_was_called_so(replayed: Session) -> None:
    for day, acting in (
        (history.ACTING_FROM - timedelta(days=1), False), (history.ACTING_FROM, True),
        (history.ACTING_UNTIL - timedelta(days=1), True), (history.ACTING_UNTIL, False),
    ):  # fmt: skip
        members = queries.members(replayed, day)
        assert len(members) == 27
        (minister,) = [each for each in members if each.office.endswith("Bộ Y tế")]
        assert minister.acting is acting, day
        assert minister.office.startswith("Quyền") is acting


def test_sixty_three_provinces_became_thirty_four(replayed: Session) -> None:
    tree = queries.agency_tree(replayed)
    provinces = [each for each in tree if each.kind == AgencyKind.PROVINCE]
    ended = [each for each in provinces if each.ended_on]
    assert (len(provinces), len(provinces) - len(ended)) == (63, 34)
    assert {each.ended_on for each in ended} == {history.PROVINCES_MERGED}
    into = {each.name: each.successor for each in ended}
    assert into["Bà Rịa - Vũng Tàu"] == "Thành phố Hồ Chí Minh"
    assert into["Hà Giang"] == "Tuyên Quang"


def test_merged_ministries_keep_their_names_and_leave_no_vacancy(replayed: Session) -> None:
    after = queries.composition(replayed, history.STREAMLINED)
    assert after.vacant == []
    eve = queries.composition(replayed, history.STREAMLINED - timedelta(days=1))
    assert (len(eve.members), len(after.members)) == (27, 25)
    ended = {each.name: each for each in queries.agency_tree(replayed) if each.ended_on}
    merged = ended["Bộ Giao thông vận tải"]
    assert (merged.successor, merged.ended_on) == ("Bộ Xây dựng", history.STREAMLINED)


def test_a_ministry_is_called_as_it_was_on_the_day(replayed: Session) -> None:
    (agency,) = [
        each for each in queries.agency_tree(replayed) if each.name == "Bộ Dân tộc và Tôn giáo"
    ]
    eve = history.STREAMLINED - timedelta(days=1)
    assert queries.agency_name_on(replayed, agency.id, eve) == "Ủy ban Dân tộc"
    today = queries.agency_name_on(replayed, agency.id, history.STREAMLINED)
    assert today == "Bộ Dân tộc và Tôn giáo"


def test_a_whole_government_changes_in_one_day(replayed: Session) -> None:
    eve = history.NEW_GOVERNMENT - timedelta(days=1)
    before = {each.person_id for each in queries.members(replayed, eve)}
    after = {each.person_id for each in queries.members(replayed, history.NEW_GOVERNMENT)}
    assert len(before) == len(after) == 25
    assert not before & after


def test_members_stand_in_protocol_order_on_any_day(replayed: Session) -> None:
    for count in COUNTS:
        members = queries.members(replayed, count.day)
        assert members[0].role == Role.PRIME_MINISTER
        orders = [each.protocol_order for each in members]
        assert orders == sorted(orders)
