"""Silence must not swallow a "no": what a reviewer found, held."""

from sqlalchemy import delete, select

from ballots import queries
from ballots.models import BallotPaper, NoticeOpened
from ballots.rules import Position
from ballots.service import prepare
from ballots.service.close import close
from ballots.signing import BALLOT
from ecabinet import canonical, clock, heartbeat, ledger
from ecabinet.db import reading, transaction
from people import queries as people
from people.models import Term
from people.service import directory
from tests.ballots.builders import Member, a_draft, an_open_consultation
from tests.builders import PASSWORD, Cabinet


def standing(consultation_id: int, person_id: int) -> str:
    with reading() as db:
        result = queries.result_of(db, consultation_id)
        assert result is not None
        return next(str(each.position) for each in result.standings if each.person_id == person_id)


def close_after_the_end(cabinet: Cabinet, consultation_id: int) -> None:
    cabinet.wait(days=4)
    close(consultation_id)


def test_strangers_wrong_passwords_do_not_close_the_way_to_a_ballot(cabinet: Cabinet) -> None:
    consultation = an_open_consultation(cabinet)
    minister, stranger = Member(cabinet, "botruong.yte"), cabinet.browser()
    for _ in range(6):
        given = {"username": "botruong.yte", "password": "sai"}
        last = stranger.post("/sign-in", given)
    assert last.status_code == 429
    given = {"username": "botruong.yte", "password": PASSWORD}
    assert stranger.post("/sign-in", given).status_code == 429
    assert minister.browser.post("/step-up", {"code": minister.browser.code()}).status_code == 200
    minister.cast(consultation, "disagree")


def test_an_answer_begun_in_time_and_sent_after_the_closing_keeps_the_result_provisional(
    cabinet: Cabinet,
) -> None:
    consultation = an_open_consultation(cabinet)
    minister = Member(cabinet, "botruong.yte")
    minister.open_page(consultation)
    paper = minister.paper(consultation, "disagree")
    close_after_the_end(cabinet, consultation)
    with reading() as db:
        before = queries.result_of(db, consultation)
        assert before is not None
        assert not before.is_provisional
    minister.browser.sign_in("botruong.yte")
    answer = minister.send(consultation, paper["pending"], minister.sign(paper["attrs"]))
    assert answer.status_code == 409
    with reading() as db:
        after = queries.result_of(db, consultation)
        assert after is not None
        assert after.is_provisional


def test_whoever_is_prime_minister_at_the_end_is_never_deemed_to_agree(cabinet: Cabinet) -> None:
    consultation = an_open_consultation(cabinet)
    deputy, other = Member(cabinet, "pttg1"), Member(cabinet, "botruong.yte")
    for member in (deputy, other):
        member.open_page(consultation)
    with transaction() as db:
        today = people.today(db)
        old = db.scalars(select(Term).where(Term.person_id == cabinet.ids["thutuong"])).one()
        old.ends = today
        office = old.office
        person = db.get_one(people.Person, cabinet.ids["pttg1"])
        own = db.scalars(select(Term).where(Term.person_id == person.id)).one()
        own.ends = today
        directory.appoint(db, person, office, today)
    close_after_the_end(cabinet, consultation)
    assert standing(consultation, cabinet.ids["botruong.yte"]) == Position.DEEMED_AGREE
    assert standing(consultation, cabinet.ids["pttg1"]) == Position.SILENT


def test_a_page_that_a_browser_fetched_ahead_is_no_proof_of_notice(cabinet: Cabinet) -> None:
    consultation = an_open_consultation(cabinet)
    minister = Member(cabinet, "botruong.yte")
    path = f"/consultations/{consultation}"

    def notices() -> int:
        with reading() as db:
            return len(db.scalars(select(NoticeOpened)).all())

    minister.browser.client.head(path)
    minister.browser.get(path, headers={"Sec-Purpose": "prefetch;prerender"})
    assert notices() == 0
    minister.browser.get(path)
    assert notices() == 1


def test_the_second_person_opens_only_what_they_saw(cabinet: Cabinet) -> None:
    consultation = a_draft(cabinet)
    leader, path = cabinet.browser("lanhdaovp"), f"/consultations/{consultation}"
    with reading() as db:
        row = db.get_one(queries.Consultation, consultation)
        seen, dossier = queries.seen_by_approver(db, row), row.dossier_id
        words = queries.seen_by_drafter(row)
    changed = {
        "dossier_id": dossier,
        "question": "Một câu hỏi khác?",
        "summary": "",
        "window_days": 3,
        "seen": words,
    }
    assert cabinet.browser("chuyenvien").post(f"{path}/edit", changed).status_code == 303
    assert leader.post(f"{path}/approve", {"seen": seen}).status_code == 409
    with reading() as db:
        seen = queries.seen_by_approver(db, db.get_one(queries.Consultation, consultation))
    assert leader.post(f"{path}/approve", {"seen": seen}).status_code == 303


def test_a_draft_is_read_by_who_words_it_and_by_who_approves_it(cabinet: Cabinet) -> None:
    path = f"/consultations/{a_draft(cabinet)}"
    for name in ("chuyenvien", "lanhdaovp"):
        page = cabinet.browser(name).get(path)
        assert page.status_code == 200
        assert "Đồng ý ban hành Nghị định không?" in page.text
    assert cabinet.browser("botruong.yte").get(path).status_code == 404


def test_of_two_who_edit_one_draft_the_second_is_told_and_nothing_is_lost(
    cabinet: Cabinet,
) -> None:
    consultation = a_draft(cabinet)
    path = f"/consultations/{consultation}"
    with reading() as db:
        row = db.get_one(queries.Consultation, consultation)
        seen, dossier = queries.seen_by_drafter(row), row.dossier_id
    words = {"dossier_id": dossier, "summary": "", "window_days": 3, "seen": seen}
    first, second = cabinet.browser("chuyenvien"), cabinet.browser("thuky")
    assert first.post(f"{path}/edit", words | {"question": "Câu một?"}).status_code == 303
    told = second.post(f"{path}/edit", words | {"question": "Câu hai?"})
    assert told.status_code == 409
    assert "Người khác vừa sửa" in told.text
    assert "Câu một?" in second.get(f"{path}/edit").text


# The window is Monday 09:00 to Wednesday 24:00: the last four working hours begin at 13:30.


def test_half_an_hour_down_in_the_last_hours_is_borne(cabinet: Cabinet) -> None:
    consultation = an_open_consultation(cabinet)
    minister = Member(cabinet, "botruong.yte")
    minister.open_page(consultation)
    cabinet.wait(days=2, hours=6)
    cabinet.is_down(minutes=29)
    close_after_the_end(cabinet, consultation)
    assert standing(consultation, cabinet.ids["botruong.yte"]) == Position.DEEMED_AGREE
    with reading() as db:
        result = queries.result_of(db, consultation)
    assert result is not None
    assert (result.is_provisional, result.outages) == (False, [])


def test_after_a_longer_outage_nobody_is_deemed_to_agree(cabinet: Cabinet) -> None:
    consultation = an_open_consultation(cabinet)
    minister, other = Member(cabinet, "botruong.yte"), Member(cabinet, "botruong.taichinh")
    minister.open_page(consultation)
    other.cast(consultation, "agree")
    cabinet.wait(days=2, hours=6)
    cabinet.is_down(minutes=31)
    close_after_the_end(cabinet, consultation)
    assert standing(consultation, cabinet.ids["botruong.yte"]) == Position.SILENT
    assert standing(consultation, cabinet.ids["botruong.taichinh"]) == Position.AGREE
    with reading() as db:
        result = queries.result_of(db, consultation)
        leaf = canonical.decode(ledger.envelope(db, result.last_leaf)) if result else {}
    assert result is not None
    assert result.is_provisional
    assert leaf["outages"] == result.outages != []
    assert leaf["deemed"] == []
    page = cabinet.browser("thuky").get(f"/consultations/{consultation}").text
    assert "hệ thống gián đoạn" in page


def test_a_server_that_was_never_up_deems_nobody(cabinet: Cabinet) -> None:
    consultation = an_open_consultation(cabinet)
    minister = Member(cabinet, "botruong.yte")
    minister.open_page(consultation)
    with transaction() as db:
        db.execute(delete(heartbeat.Served))
    cabinet.is_down(days=4)
    close(consultation)
    assert standing(consultation, cabinet.ids["botruong.yte"]) == Position.SILENT


def test_a_signed_answer_that_only_lacked_a_code_keeps_silence_from_agreeing(
    cabinet: Cabinet,
) -> None:
    consultation = an_open_consultation(cabinet)
    minister = Member(cabinet, "botruong.yte")
    minister.open_page(consultation)
    paper = minister.paper(consultation, "disagree")
    cabinet.wait(minutes=6)
    answer = minister.send(consultation, paper["pending"], minister.sign(paper["attrs"]))
    assert (answer.status_code, answer.json["code"]) == (403, "step_up_needed")
    close_after_the_end(cabinet, consultation)
    assert standing(consultation, cabinet.ids["botruong.yte"]) == Position.SILENT
    with reading() as db:
        result = queries.result_of(db, consultation)
    assert result is not None
    assert result.is_provisional


def test_the_same_answer_is_taken_once_the_code_is_given(cabinet: Cabinet) -> None:
    consultation = an_open_consultation(cabinet)
    minister = Member(cabinet, "botruong.yte")
    paper, key = minister.paper(consultation, "disagree"), "0" * 32
    signature = minister.sign(paper["attrs"])
    cabinet.wait(minutes=6)
    assert minister.send(consultation, paper["pending"], signature, key).status_code == 403
    cabinet.wait_for_a_new_half_minute()
    assert minister.browser.post("/step-up", {"code": minister.browser.code()}).status_code == 200
    assert minister.send(consultation, paper["pending"], signature, key).status_code == 201
    close_after_the_end(cabinet, consultation)
    assert standing(consultation, cabinet.ids["botruong.yte"]) == Position.DISAGREE
    with reading() as db:
        result = queries.result_of(db, consultation)
    assert result is not None
    assert not result.is_provisional


def test_an_answer_on_its_way_outlives_whatever_is_asked_for_after_it(cabinet: Cabinet) -> None:
    consultation = an_open_consultation(cabinet)
    minister = Member(cabinet, "botruong.yte")
    first = minister.paper(consultation, "disagree")
    for _ in range(9):
        minister.paper(consultation, "agree")
    answer = minister.send(consultation, first["pending"], minister.sign(first["attrs"]))
    assert answer.status_code == 201


def test_papers_are_not_asked_for_without_end(cabinet: Cabinet) -> None:
    consultation = an_open_consultation(cabinet)
    minister = Member(cabinet, "botruong.yte")
    with transaction() as db:
        for number in range(prepare.PAPERS_AN_HOUR):
            db.add(
                BallotPaper(
                    token=f"{number:032x}", consultation_id=consultation,
                    person_id=cabinet.ids["botruong.yte"], key_id=minister.key_id, follows=0,
                    kind=BALLOT, sealed=b"", issued_at=clock.now(db),
                )
            )  # fmt: skip
    assert minister.ask_paper(consultation).status_code == 429
    cabinet.wait(hours=1)
    minister.browser.sign_in("botruong.yte")
    assert minister.ask_paper(consultation).status_code == 200
