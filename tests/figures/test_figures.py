"""Figures over the rooms: what no longer has to be printed, and how questions were answered."""

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ballots.rules import Outcome, Position
from ballots.service import close
from ecabinet.db import reading
from ecabinet.figures import queries, rules
from ecabinet.figures.rules import Handed, NotPrinted, Question
from tests.ballots.builders import Member, an_open_consultation
from tests.ballots.test_asked_again import replace
from tests.ballots.test_on_paper import entered
from tests.builders import Cabinet, statements_sent

JSON = {"Accept": "application/json"}
YEAR = 2026


def a_question(
    number: int, agency: str = "Bộ Y tế", outcome: Outcome | None = None, **stood: int
) -> Question:
    positions = {Position(name): count for name, count in stood.items()}
    handed = Handed(readers=25, files=3, pages=14, ballots=1)
    day = date(YEAR, 1 + number % 12, 1)
    return Question(number, "Nghị định", agency, day, "closed", handed, outcome, positions)


def test_each_reader_has_a_copy_of_each_paper_and_a_member_one_ballot() -> None:
    asked, item = Handed(25, 3, 14, ballots=1), Handed(40, 2, 118)
    assert rules.not_printed([asked]) == NotPrinted(25, 75, 350)
    assert rules.not_printed([item]) == NotPrinted(0, 80, 4720)
    assert rules.not_printed([asked, item]) == NotPrinted(25, 155, 5070)
    assert rules.not_printed([]) == NotPrinted()


COUNTS = st.dictionaries(st.sampled_from(list(Position)), st.integers(0, 30))


@given(st.lists(st.tuples(COUNTS, st.sampled_from(["Bộ A", "Bộ B", "Bộ C"])), max_size=12))
def test_every_way_of_grouping_holds_each_question_once(
    drawn: list[tuple[dict[Position, int], str]],
) -> None:
    asked = [
        a_question(number, agency, Outcome.PASSED, **{str(each): n for each, n in counts.items()})
        for number, (counts, agency) in enumerate(drawn)
    ]
    whole = rules.total(asked)
    groups = [each for _, each in rules.grouped(asked, lambda each: each.agency)]
    for kind in (Position.AGREE, Position.DEEMED_AGREE, Position.SILENT):
        assert sum(each.positions[kind] for each in groups) == whole.positions[kind]
    assert sum(each.questions for each in groups) == whole.questions == len(asked)
    assert whole.members == sum(sum(counts.values()) for counts, _ in drawn)


def test_who_is_deemed_to_agree_has_not_answered() -> None:
    one = a_question(1, outcome=Outcome.PASSED, agree=10, deemed_agree=8, silent=2, disagree=5)
    counted = rules.total([one, a_question(2)])
    assert (counted.members, counted.answered) == (25, 15)
    assert (counted.questions, counted.closed) == (2, 1)
    assert counted.outcomes[Outcome.PASSED] == 1


# ---- over the rooms ----


@pytest.fixture
def closed(cabinet: Cabinet) -> int:
    """Asked of five members; one answers before a paper is replaced and after, and one once."""
    consultation = an_open_consultation(cabinet)
    member = Member(cabinet, "botruong.yte")
    member.cast(consultation, "agree")
    replace(cabinet, consultation)
    member.cast(consultation, "disagree")
    Member(cabinet, "pttg1").cast(consultation, "agree_comments", "Làm rõ Điều 4.")
    cabinet.wait(days=9)
    close.close(consultation)
    return consultation


def figures() -> queries.Year:
    with reading() as db:
        return queries.year(db, YEAR)


def test_a_year_adds_up_what_was_asked(cabinet: Cabinet, closed: int) -> None:
    found = figures()
    (question,) = found.questions
    assert question.agency == "Bộ xaydung"
    assert question.handed == Handed(readers=5, files=2, pages=2, ballots=1)
    assert found.not_printed == NotPrinted(5, 10, 10)
    positions = found.total.positions
    assert (positions[Position.DISAGREE], positions[Position.AGREE_COMMENTS]) == (1, 1)
    assert (positions[Position.AGREE], found.total.members, found.total.answered) == (0, 5, 2)
    assert [month for month, each in found.months if each.questions] == [11]


def test_whoever_answered_on_paper_is_counted_apart_and_was_printed(cabinet: Cabinet) -> None:
    consultation = an_open_consultation(cabinet)
    entered(cabinet, consultation)
    Member(cabinet, "pttg1").cast(consultation, "agree")
    cabinet.wait(days=9)
    close.close(consultation)
    found = figures()
    assert (found.total.answered, found.total.in_system, found.total.on_paper) == (2, 1, 1)
    assert found.not_printed.ballots == 4
    head, row = csv.reader(io.StringIO(exported(cabinet, "thuky")))
    assert dict(zip(head, row, strict=True))["Trong đó phiếu giấy"] == "1"


def test_what_is_open_counts_as_sent_and_tells_nothing_else(cabinet: Cabinet) -> None:
    consultation = an_open_consultation(cabinet)
    Member(cabinet, "botruong.yte").cast(consultation, "disagree")
    found = figures()
    assert (found.total.questions, found.total.closed, found.total.members) == (1, 0, 0)
    assert found.not_printed.ballots == 5
    row = list(csv.reader(io.StringIO(exported(cabinet, "thuky"))))[1]
    assert row[4] == ""
    assert set(row[8:]) == {""}


def exported(cabinet: Cabinet, name: str) -> str:
    answer = cabinet.browser(name).get(f"/figures.csv?year={YEAR}")
    assert answer.status_code == 200
    return answer.get_data().decode("utf-8-sig")


def test_the_page_and_the_sheet_say_the_same(cabinet: Cabinet, closed: int) -> None:
    for name in ("thutuong", "botruong.yte", "thuky", "lanhdaovp", "kiemtoan"):
        page = cabinet.browser(name).get(f"/figures?year={YEAR}").text
        assert "Không phải in" in page
        assert "Bộ xaydung" in page
    head, row = csv.reader(io.StringIO(exported(cabinet, "lanhdaovp")))
    told = dict(zip(head, row, strict=True))
    assert (told["Số thành viên được hỏi"], told["Không đồng ý"]) == ("5", "1")
    assert told["Kết quả"] == "Cần Thủ tướng Chính phủ quyết định"


def test_a_year_without_anything_says_so(cabinet: Cabinet) -> None:
    page = cabinet.browser("thuky").get("/figures?year=2020").text
    assert "Năm này chưa có số liệu" in page


@pytest.mark.parametrize("year", ["1999", "20260"])
def test_no_year_is_answered(cabinet: Cabinet, year: str) -> None:
    answer = cabinet.browser("thuky").get(f"/figures?year={year}", headers=JSON)
    assert answer.status_code == 400


def test_it_asks_as_often_however_much_there_is(cabinet: Cabinet, closed: int) -> None:
    with statements_sent() as before:
        figures()
    for _ in range(3):
        an_open_consultation(cabinet)
    with statements_sent() as after:
        figures()
    assert len(figures().questions) == 4
    assert len(before) == len(after)
