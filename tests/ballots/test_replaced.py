"""The whole Government replaced while a question is open: it stops without a result, and is opened
anew under the new one (rulebook: Who counts)."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ballots import bundle, queries, rules
from ballots import jobs as closing
from ballots.models import Ballot, Consultation, State
from ballots.service import close, draft
from ecabinet import ledger, outbox
from ecabinet.db import reading, transaction
from ecabinet.errors import Refused
from people import queries as people
from people.models import Person, Term
from people.service import directory
from tests.ballots.builders import Member, an_open_consultation
from tests.builders import Cabinet

OPENED = date(2026, 11, 30)


@given(st.lists(st.integers(-400, 10), min_size=1))
def test_a_government_is_another_once_nobody_sits_there_by_a_term_of_that_day(
    days: list[int],
) -> None:
    since = [OPENED + timedelta(days=each) for each in days]
    assert rules.is_replaced(since, OPENED) is (min(days) > 0)


def replace(cabinet: Cabinet, *stay: str, newcomers: bool = True) -> None:
    """From today every member sits by a new term; but for one, or for all, they are others."""
    with transaction() as db:
        today, before = people.today(db), []
        kept = {cabinet.ids[each] for each in stay}
        for term in db.query(Term).filter(Term.ends.is_(None)):
            if term.office.is_member and term.person_id not in kept:
                term.ends = today
                before.append((term.office, term.person))
        db.flush()
        again = db.get_one(Person, cabinet.ids["botruong.yte"])
        for number, (office, person) in enumerate(before):
            if newcomers:
                person = again
            if newcomers and number:
                name = f"nguoi.moi{number}"
                person = directory.invite_person(db, f"Thành viên mới {number}", name)
                cabinet.ids[name] = person.id
            directory.appoint(db, person, office, today)


@pytest.fixture
def asked(cabinet: Cabinet) -> int:
    consultation = an_open_consultation(cabinet, window_days=3)
    Member(cabinet, "botruong.yte").cast(consultation, "disagree")
    cabinet.wait(days=1)
    return consultation


def state_of(consultation: int) -> State:
    with reading() as db:
        return db.get_one(Consultation, consultation).state


def is_stopped_without_a_result(cabinet: Cabinet, asked: int) -> None:
    with reading() as db:
        row = db.get_one(Consultation, asked)
        assert row.state == State.STOPPED
        assert queries.result_of(db, asked) is None
        (ballot,) = db.query(Ballot).filter_by(consultation_id=asked)
        assert ballot.choice is None, "no seal is broken"
        (leaf,) = ledger.entries(db, "consultation_stopped", 0).values()
        assert not ledger.entries(db, "consultation_closed", 0)
        told = outbox.inbox(db, cabinet.ids["thuky"]) + outbox.inbox(db, cabinet.ids["lanhdaovp"])
    assert (leaf["consultation"], leaf["reason"]) == (asked, "government_replaced")
    assert "consultation_stopped" in {each.kind for each in told}
    page = cabinet.browser("kiemtoan").get(f"/consultations/{asked}").text
    assert "Chính phủ được hỏi ý kiến đã được thay" in page
    assert "Đã dừng, không có kết quả" in cabinet.browser("thuky").get("/consultations").text
    with pytest.raises(Refused), reading() as db:
        bundle.write(db, asked, Path("none.zip"))


def test_a_question_stops_as_soon_as_the_whole_government_is_another(
    cabinet: Cabinet, asked: int
) -> None:
    replace(cabinet)
    assert closing.ask_newcomers() == 1
    is_stopped_without_a_result(cabinet, asked)
    assert closing.ask_newcomers() == 0
    assert "nguoi.moi1" in cabinet.ids
    with reading() as db:
        row = db.get_one(Consultation, asked)
        assert cabinet.ids["nguoi.moi1"] not in {each.person_id for each in row.asked}


def test_the_same_persons_are_another_government_by_their_new_terms(
    cabinet: Cabinet, asked: int
) -> None:
    replace(cabinet, newcomers=False)
    assert closing.ask_newcomers() == 1
    is_stopped_without_a_result(cabinet, asked)


def test_no_ballot_is_taken_any_more_and_nothing_is_closed_later(
    cabinet: Cabinet,
) -> None:
    asked = an_open_consultation(cabinet, window_days=3)
    minister = Member(cabinet, "botruong.yte")
    minister.cast(asked, "disagree")
    cabinet.wait(days=1)
    minister.browser = cabinet.browser("botruong.yte")
    again = minister.paper(asked, "agree")
    replace(cabinet)
    closing.ask_newcomers()
    refused = minister.send(asked, again["pending"], minister.sign(again["attrs"]))
    assert (refused.status_code, refused.json["reason"]) == (409, "not_open")
    cabinet.wait(days=9)
    close.close(asked)
    assert closing.close_what_ended() == 0
    is_stopped_without_a_result(cabinet, asked)


def test_the_closing_stops_it_where_nothing_else_has_run_since(
    cabinet: Cabinet, asked: int
) -> None:
    replace(cabinet)
    cabinet.wait(days=9)
    close.close(asked)
    is_stopped_without_a_result(cabinet, asked)


def test_a_government_of_which_one_stays_goes_on(cabinet: Cabinet, asked: int) -> None:
    replace(cabinet, "thutuong")
    assert closing.ask_newcomers() == 1
    assert state_of(asked) == State.OPEN
    cabinet.wait(days=9)
    close.close(asked)
    assert state_of(asked) == State.CLOSED


def test_a_government_that_comes_after_the_end_changes_nothing(
    cabinet: Cabinet, asked: int
) -> None:
    cabinet.wait(days=9)
    replace(cabinet)
    close.close(asked)
    assert state_of(asked) == State.CLOSED


def test_the_new_government_is_asked_in_the_next_round(cabinet: Cabinet, asked: int) -> None:
    replace(cabinet)
    closing.ask_newcomers()
    with reading() as db:
        dossier = db.get_one(Consultation, asked).dossier_id
    question = draft.Question(dossier, "Ông/Bà có đồng ý không?", "", 2)
    anew = draft.draft(cabinet.actor("chuyenvien"), question)
    draft.approve(cabinet.actor("lanhdaovp"), anew)
    with reading() as db:
        row = db.get_one(Consultation, anew)
        members = {each.person_id for each in people.members(db)}
        assert {each.person_id for each in row.asked} == members
        assert (row.round, row.state) == (2, State.OPEN)
    assert cabinet.ids["nguoi.moi1"] in members
    with pytest.raises(Refused):
        close.close(anew)
