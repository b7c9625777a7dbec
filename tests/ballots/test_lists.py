"""Lists of questions: searched, filtered, by pages; and a member's own answers."""

import csv
import io

import pytest

from ballots import queries
from ballots.queries import Listed, Shown
from ballots.rules import Choice, Position
from ballots.service import close
from ecabinet.db import reading
from tests.ballots.builders import Member, a_draft, an_open_consultation
from tests.ballots.test_asked_again import replace
from tests.ballots.test_withdrawn import confirm, withdraw
from tests.builders import Cabinet


def listed(cabinet: Cabinet, name: str, wanted: Listed | None = None) -> list[int]:
    with reading() as db:
        found = queries.consultations(db, cabinet.actor(name), wanted or Listed())
        return [each.id for each in found.rows]


@pytest.fixture
def several(cabinet: Cabinet) -> dict[str, int]:
    made = {"withdrawn": an_open_consultation(cabinet), "closed": an_open_consultation(cabinet)}
    confirm(cabinet, withdraw(cabinet, made["withdrawn"]))
    cabinet.wait(days=9)
    close.close(made["closed"])
    made["open"] = an_open_consultation(cabinet)
    made["draft"] = a_draft(cabinet)
    return made


@pytest.mark.parametrize(
    ("shown", "found"),
    [
        (Shown.ALL, ["draft", "open", "closed", "withdrawn"]),
        (Shown.UNDER_WAY, ["open"]),
        (Shown.DECIDED, ["closed"]),
        (Shown.DRAFTS, ["draft"]),
        (Shown.ENDED_OTHERWISE, ["withdrawn"]),
    ],
)
def test_a_list_shows_what_is_asked_for(
    cabinet: Cabinet, several: dict[str, int], shown: Shown, found: list[str]
) -> None:
    ids = [several[each] for each in found]
    assert listed(cabinet, "thuky", Listed(shown=shown)) == ids
    unseen = several["draft"]
    assert listed(cabinet, "botruong.yte", Listed(shown=shown)) == [
        each for each in ids if each != unseen
    ]


@pytest.mark.parametrize(
    ("words", "is_found"),
    [("lan bien", True), ("LẤN  BIỂN", True), ("bien hoat", True), ("nha o", False), ("", True)],
)
def test_words_are_found_without_their_marks(
    cabinet: Cabinet, several: dict[str, int], words: str, is_found: bool
) -> None:
    found = listed(cabinet, "thuky", Listed(words=words, shown=Shown.UNDER_WAY))
    assert found == ([several["open"]] if is_found else [])


def test_a_number_is_found(cabinet: Cabinet, several: dict[str, int]) -> None:
    assert several["closed"] in listed(cabinet, "thuky", Listed(words=str(several["closed"])))


def test_pages_hold_each_question_once(
    cabinet: Cabinet, several: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "A_PAGE", 3)
    first, second = (listed(cabinet, "thuky", Listed(page=page)) for page in (1, 2))
    assert (len(first), len(second)) == (3, 1)
    assert first + second == listed(cabinet, "thuky", Listed(page=1)) + second
    assert sorted(first + second) == sorted(several.values())
    assert listed(cabinet, "thuky", Listed(page=9)) == second
    page = cabinet.browser("thuky").get("/consultations?page=2&q=lan").text
    assert "/consultations?q=lan&amp;page=1" in page


def test_a_list_without_a_hit_says_what_to_do(cabinet: Cabinet, several: dict[str, int]) -> None:
    page = cabinet.browser("thuky").get("/consultations?q=khong-co").text
    assert "Không có phiếu nào như vậy" in page


# ---- one's own ----


def test_a_member_sees_all_their_answers_and_nobody_elses(cabinet: Cabinet) -> None:
    consultation = an_open_consultation(cabinet)
    member, other = Member(cabinet, "botruong.yte"), Member(cabinet, "pttg1")
    member.cast(consultation, "agree")
    member.cast(consultation, "disagree")
    other.cast(consultation, "agree")
    assert own(cabinet, "botruong.yte") == [(consultation, Choice.DISAGREE, None)]
    page = member.browser.get("/consultations/mine").text
    assert "Không đồng ý" in page
    cabinet.wait(days=9)
    close.close(consultation)
    member.browser.sign_in(member.name)
    assert own(cabinet, "botruong.yte") == [(consultation, Choice.DISAGREE, Position.DISAGREE)]
    assert own(cabinet, "botruong.xaydung") == [(consultation, None, Position.NOT_REACHED)]
    sheet = member.browser.get("/consultations/mine.csv").get_data().decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(sheet)))[1][3] == "Không đồng ý"
    assert own(cabinet, "thuky") == []


def test_an_answer_on_a_paper_that_was_replaced_is_none_of_now(cabinet: Cabinet) -> None:
    consultation = an_open_consultation(cabinet)
    Member(cabinet, "botruong.yte").cast(consultation, "agree")
    replace(cabinet, consultation)
    assert own(cabinet, "botruong.yte") == [(consultation, None, None)]


def own(cabinet: Cabinet, name: str) -> list[tuple[int, Choice | None, Position | None]]:
    with reading() as db:
        found = queries.own_history(db, cabinet.actor(name))
        return [(each.id, each.choice, each.position) for each in found]
