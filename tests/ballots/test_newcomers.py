"""Whoever comes into office while a question is open is asked at once, and counted."""

from datetime import timedelta
from pathlib import Path

from ballots import bundle, queries
from ballots import jobs as closing
from ecabinet import bundles, jobs, ledger, outbox, verifier
from ecabinet.access import Role
from ecabinet.db import reading, transaction
from people import queries as people
from people.models import Office, Term
from people.service import directory
from tests.ballots.builders import Member, an_open_consultation
from tests.builders import SEED, Cabinet, hash_once

JSON = {"Accept": "application/json"}


def come_into_office(cabinet: Cabinet, username: str = "botruong.moi") -> None:
    with transaction() as db:
        agency = directory.add_agency(db, "moi", "Bộ Mới", "Mới")
        office = directory.add_office(db, "Bộ trưởng Bộ Mới", Role.MEMBER, 99, agency)
        person = directory.add_person(
            db, "Bộ trưởng Bộ Mới", username, "", SEED, hashed=hash_once()
        )
        directory.appoint(db, person, office, people.today(db))
        cabinet.ids[username] = person.id


def result_of(consultation_id: int) -> queries.Result:
    with reading() as db:
        result = queries.result_of(db, consultation_id)
    assert result is not None
    return result


def test_a_newcomer_is_asked_told_and_reads_the_papers_once(cabinet: Cabinet) -> None:
    asked = an_open_consultation(cabinet, window_days=5)
    come_into_office(cabinet)
    page = f"/consultations/{asked}"
    assert cabinet.browser("botruong.moi").get(page, headers=JSON).status_code == 404
    assert closing.ask_newcomers() == 1
    assert closing.ask_newcomers() == 0
    newcomer = cabinet.browser("botruong.moi")
    assert newcomer.get(page).status_code == 200
    with reading() as db:
        row = db.get_one(queries.Consultation, asked)
        assert [each.person_id for each in row.asked].count(cabinet.ids["botruong.moi"]) == 1
        (leaf,) = ledger.entries(db, "member_asked", 0).values()
    assert leaf["member"] == cabinet.ids["botruong.moi"]
    assert newcomer.get("/inbox").text.count("xin ý kiến về") == 1
    assert newcomer.get(f"/dossiers/{row.dossier_id}").status_code == 200


def test_a_newcomers_ballot_counts_and_the_bundle_says_when_they_were_asked(
    cabinet: Cabinet, tmp_path: Path
) -> None:
    asked = an_open_consultation(cabinet, window_days=5)
    Member(cabinet, "botruong.yte").cast(asked, "agree")
    come_into_office(cabinet)
    closing.ask_newcomers()
    Member(cabinet, "botruong.moi").cast(asked, "disagree")
    cabinet.wait(days=8)
    jobs.run_once()
    counts = result_of(asked).counts
    assert (counts["members"], counts["agree"], counts["disagree"]) == (6, 1, 1)
    with reading() as db:
        bundle.write(db, asked, tmp_path / "bundle.zip")
        keys = bundles.trusted(db)
    assert verifier.verify(tmp_path / "bundle.zip", keys).findings == ()


def test_whoever_came_too_late_for_the_least_window_is_never_deemed_to_agree(
    cabinet: Cabinet,
) -> None:
    asked = an_open_consultation(cabinet, window_days=2)
    cabinet.wait(days=1, hours=12)
    come_into_office(cabinet)
    closing.ask_newcomers()
    Member(cabinet, "botruong.moi")
    cabinet.browser("botruong.moi").get(f"/consultations/{asked}")
    cabinet.wait(days=3)
    closing.close_what_ended()
    with reading() as db:
        result = queries.result_of(db, asked)
        assert result is not None
        standings = {each.person_id: each.position for each in result.standings}
    assert standings[cabinet.ids["botruong.moi"]] == "not_reached"


def test_whoever_left_again_before_the_end_does_not_count(cabinet: Cabinet) -> None:
    asked = an_open_consultation(cabinet, window_days=5)
    come_into_office(cabinet)
    closing.ask_newcomers()
    with transaction() as db:
        office = db.query(Office).filter_by(title="Bộ trưởng Bộ Mới").one()
        term = db.query(Term).filter_by(office_id=office.id).one()
        term.ends = people.today(db) + timedelta(days=1)
    cabinet.wait(days=8)
    closing.close_what_ended()
    assert result_of(asked).counts["members"] == 5


def test_whoever_has_left_is_neither_called_nor_reminded_and_is_said_not_to_count(
    cabinet: Cabinet,
) -> None:
    asked = an_open_consultation(cabinet, window_days=5)
    page = f"/consultations/{asked}"
    assert "đã thôi chức vụ, không tính" not in cabinet.browser("thuky").get(page).text
    cabinet.leaves_office("botruong.yte")
    shown = cabinet.browser("thuky").get(page).text
    assert "đã thôi chức vụ, không tính" in shown
    assert '<span class="num">0/4</span>' in shown
    cabinet.wait(days=5)
    closing.remind_the_silent()
    with reading() as db:
        row = db.get_one(queries.Consultation, asked)
        reminded = {
            each for each in (one.person_id for one in row.asked) if outbox.unread(db, each) > 1
        }
    assert reminded == {each.person_id for each in row.asked} - {cabinet.ids["botruong.yte"]}


def test_a_closed_question_asks_nobody_more(cabinet: Cabinet) -> None:
    asked = an_open_consultation(cabinet)
    cabinet.wait(days=4)
    come_into_office(cabinet)
    assert closing.ask_newcomers() == 0
    closing.close_what_ended()
    assert closing.ask_newcomers() == 0
    with reading() as db:
        assert len(db.get_one(queries.Consultation, asked).asked) == 5
