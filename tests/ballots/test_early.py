"""What a member lets the drafting agency read before the closing: to its staff alone, of no weight,
and telling nothing of what the member chose, will choose, or whether they have."""

import csv
import io
import re
from typing import Any

import pytest
from sqlalchemy import select

from ballots import jobs as closing
from ballots import queries, rules, signing
from ballots.announcements import LISTS, readers_of, staff_of
from ballots.models import Consultation, EarlyComment
from ballots.rules import EarlyRefusal
from ballots.service import advise, close, early
from documents import queries as documents
from ecabinet import answers, keys, ledger, live, outbox
from ecabinet.db import reading
from ecabinet.errors import Forbidden, NotFound, Refused
from tests.ballots.builders import Member, an_open_consultation
from tests.ballots.test_asked_again import replace
from tests.ballots.test_decisions import OTHERS, STAFF, asked_about_health
from tests.ballots.test_newcomers import come_into_office
from tests.ballots.test_withdrawn import confirm, withdraw
from tests.builders import Cabinet, statements_sent

WHO, ANOTHER, HEAD = "botruong.taichinh", "botruong.xaydung", "botruong.yte"
SAID = "Đề nghị làm rõ nguồn lực ở Điều 4 cho các tỉnh miền núi."
MORE = "Bổ sung: cả thời hạn chuyển tiếp."
JSON = {"Accept": "application/json"}


@pytest.fixture
def asked(cabinet: Cabinet) -> int:
    return asked_about_health(cabinet)


def release(cabinet: Cabinet, number: int, who: str = WHO, words: str = SAID) -> int:
    early.release(cabinet.actor(who), number, words)
    return rows(number)[-1].id


def rows(number: int) -> list[queries.EarlyRow]:
    with reading() as db:
        return queries.early_comments(db, db.get_one(Consultation, number))


def kinds(cabinet: Cabinet, name: str) -> list[str]:
    with reading() as db:
        return [each.kind for each in outbox.inbox(db, cabinet.ids[name])]


def acts(kind: str) -> dict[int, Any]:
    with reading() as db:
        return ledger.entries(db, kind, -1)


def path(number: int) -> str:
    return f"/consultations/{number}/early-comments"


def page(cabinet: Cabinet, number: int, who: str = STAFF) -> str:
    """What the page says; round it stands what the clock says and a token."""
    answer = cabinet.browser(who).get(path(number))
    assert answer.status_code == 200
    main = re.search(r"<main.*</main>", answer.text, re.S)
    assert main is not None
    return main[0]


# ---- the rule ----


@pytest.mark.parametrize(
    ("is_open", "has_ended", "words", "refusal"),
    [
        (True, False, SAID, None),
        (True, True, SAID, EarlyRefusal.ENDED),
        (False, False, SAID, EarlyRefusal.NOT_OPEN),
        (False, True, "", EarlyRefusal.NOT_OPEN),
        (True, False, " \n", EarlyRefusal.COMMENT_MISSING),
        (True, True, "", EarlyRefusal.ENDED),
    ],
)
def test_what_keeps_a_comment_from_being_released(
    is_open: bool, has_ended: bool, words: str, refusal: EarlyRefusal | None
) -> None:
    assert rules.early_refusal(is_open, has_ended, words) is refusal


# ---- released, read, taken back ----


def test_the_drafting_agency_reads_it_at_once_and_is_told(cabinet: Cabinet, asked: int) -> None:
    member = cabinet.browser(WHO)
    assert "Chưa có góp ý nào gửi trước" in page(cabinet, asked)
    answer = member.post(path(asked), data={"words": f"  {SAID}\r\n"})
    assert (answer.status_code, answer.location) == (303, f"/consultations/{asked}/answer")
    (row,) = rows(asked)
    assert (row.words, row.member_id, row.taken_back_at) == (SAID, cabinet.ids[WHO], None)
    shown = page(cabinet, asked)
    assert SAID in shown
    assert row.office in shown
    assert kinds(cabinet, STAFF)[0] == "comment_released"
    with reading() as db:
        (told,) = (
            each for each in outbox.inbox(db, cabinet.ids[STAFF]) if each.path == path(asked)
        )
    # What leaves the house by mail or SMS says nothing of it.
    assert SAID not in str(vars(told))
    own = member.get(f"/consultations/{asked}/answer").text
    assert SAID in own
    assert "Ông/Bà vẫn phải chọn và ký phiếu" in own
    assert SAID in member.get(f"/consultations/{asked}").text


def test_it_is_no_answer(cabinet: Cabinet, asked: int) -> None:
    release(cabinet, asked)
    with reading() as db:
        assert queries.answered_count(db, asked) == 0
        due = [each.kind for each in queries.duties(db, cabinet.actor(WHO))]
    assert "ballot_to_cast" in due
    cabinet.wait(days=4)
    close.close(asked)
    with reading() as db:
        result = queries.result_of(db, asked)
        assert result is not None
        assert result.tally().expressly_for == 0
        assert queries.opinions(db, db.get_one(Consultation, asked)) == []


def test_more_may_follow_and_the_same_is_kept_once(cabinet: Cabinet, asked: int) -> None:
    for words in (SAID, SAID, MORE, SAID):
        release(cabinet, asked, words=words)
    release(cabinet, asked, ANOTHER)
    assert [each.words for each in rows(asked)] == [SAID, MORE, SAID]
    assert len(acts("comment_released")) == 3
    assert kinds(cabinet, STAFF).count("comment_released") == 3


def test_what_is_taken_back_stays_struck_through(cabinet: Cabinet, asked: int) -> None:
    first = release(cabinet, asked)
    member = cabinet.browser(WHO)
    for _ in range(2):
        answer = member.post(f"/early-comments/{first}/taken-back", data={})
        assert (answer.status_code, answer.location) == (303, f"/consultations/{asked}/answer")
    (row,) = rows(asked)
    assert row.taken_back_at is not None
    assert f"<del>{SAID}</del>" in page(cabinet, asked)
    assert kinds(cabinet, STAFF).count("comment_taken_back") == 1
    ((at, act),) = acts("comment_taken_back").items()
    assert (act["comment_leaf"], act["member"]) == (row.leaf, cabinet.ids[WHO])
    assert row.leaf is not None
    assert at > row.leaf
    # The same words once more are a comment of their own.
    release(cabinet, asked)
    assert [bool(each.taken_back_at) for each in rows(asked)] == [True, False]


def test_nobody_takes_back_anothers(cabinet: Cabinet, asked: int) -> None:
    first = release(cabinet, asked)
    with pytest.raises(NotFound):
        early.take_back(cabinet.actor(ANOTHER), first)
    with pytest.raises(Forbidden):
        early.take_back(cabinet.actor(STAFF), first)
    with pytest.raises(NotFound):
        early.take_back(cabinet.actor(WHO), first + 1)
    assert rows(asked)[0].taken_back_at is None


def test_only_a_member_who_is_asked_releases(cabinet: Cabinet, asked: int) -> None:
    for who in ("chuyenvien", "thuky", "lanhdaovp", "kiemtoan", STAFF, "vanthu"):
        with pytest.raises(Forbidden):
            release(cabinet, asked, who)
    come_into_office(cabinet)
    with pytest.raises(NotFound):
        release(cabinet, asked, "botruong.moi")
    assert rows(asked) == []
    assert closing.ask_newcomers() == 1
    release(cabinet, asked, "botruong.moi")
    assert len(rows(asked)) == 1


def test_nothing_is_released_or_taken_back_after_the_end(cabinet: Cabinet, asked: int) -> None:
    first = release(cabinet, asked)
    cabinet.wait(days=4)
    member = cabinet.browser(WHO)
    for where, data in (
        (path(asked), {"words": MORE}),
        (f"/early-comments/{first}/taken-back", {}),
    ):
        answer = member.post(where, data=data, headers=JSON)
        assert (answer.status_code, answer.json["reason"]) == (409, "ended")
        assert "Nháp vẫn được giữ trên máy" in answer.json["message"]
    close.close(asked)
    for refused in (
        lambda: release(cabinet, asked, words=MORE),
        lambda: early.take_back(cabinet.actor(WHO), first),
    ):
        with pytest.raises(Refused) as wrong:
            refused()
        assert wrong.value.reason is EarlyRefusal.NOT_OPEN
    assert [(each.words, each.taken_back_at) for each in rows(asked)] == [(SAID, None)]


@pytest.mark.parametrize("words", ["", " \n ", "a" * 20_001, "\u202eabc"])
def test_what_is_empty_too_long_or_does_not_show_is_refused(
    cabinet: Cabinet, asked: int, words: str
) -> None:
    member = cabinet.browser(WHO)
    assert member.post(path(asked), data={"words": words}, headers=JSON).status_code == 400
    assert rows(asked) == []
    assert member.post(path(asked), data={"words": SAID}, headers=JSON).status_code == 200


def test_it_is_kept_in_one_form_of_each_letter(cabinet: Cabinet, asked: int) -> None:
    member = cabinet.browser(WHO)
    for words in ("Thu\u031b\u0301 nha\u0302\u0301t", "Thứ nhất"):
        member.post(path(asked), data={"words": words})
    assert [each.words for each in rows(asked)] == ["Thứ nhất"]


# ---- who reads it, and when ----

ELSE = (
    "thutuong", "pttg1", ANOTHER, HEAD, "thuky", "chuyenvien", "lanhdaovp", "kiemtoan", "vanthu",
    "quantri", OTHERS,
)  # fmt: skip


def test_nobody_but_its_member_and_the_agencys_staff_comes_upon_it_before_the_closing(
    cabinet: Cabinet, asked: int
) -> None:
    adviser = cabinet.ids[OTHERS]
    advise.name_adviser(cabinet.actor(WHO), asked, adviser, None, "")
    release(cabinet, asked)
    where = (
        path(asked), f"/consultations/{asked}", f"/consultations/{asked}/answer",
        f"/consultations/{asked}/opinions", f"/consultations/{asked}/opinions.csv", "/", "/inbox",
        "/search?q=nguồn+lực", "/dossiers/1", "/activity", "/ledger",
    )  # fmt: skip
    for other in ELSE:
        browser = cabinet.browser(other)
        assert browser.get(path(asked), headers=JSON).status_code in (403, 404), other
        for each in where:
            assert SAID not in browser.get(each).text, (other, each)
        assert not {"comment_released", "comment_taken_back"} & set(kinds(cabinet, other)), other


def test_after_the_closing_whoever_reads_opinions_reads_it_beside_them(
    cabinet: Cabinet, asked: int
) -> None:
    first = release(cabinet, asked)
    release(cabinet, asked, words=MORE)
    early.take_back(cabinet.actor(WHO), first)
    cabinet.wait(days=4)
    close.close(asked)
    for reader in (STAFF, HEAD, "thutuong", "pttg1", "thuky", "lanhdaovp", "kiemtoan"):
        browser = cabinet.browser(reader)
        shown = browser.get(f"/consultations/{asked}/opinions").text
        assert f"<del>{SAID}</del>" in shown, reader
        assert MORE in shown
        lines = browser.get(f"/consultations/{asked}/opinions.csv").data.decode("utf-8-sig")
        cells = [line for line in csv.reader(io.StringIO(lines)) if SAID in line]
        assert "đã rút lúc" in cells[0][1]
        if reader != STAFF:
            assert f"/consultations/{asked}/opinions" in browser.get(f"/consultations/{asked}").text
    for other in (OTHERS, "vanthu", "quantri"):
        assert SAID not in cabinet.browser(other).get(f"/consultations/{asked}/opinions").text
    stranger = cabinet.browser(ANOTHER).get(f"/consultations/{asked}").text
    assert MORE not in stranger
    assert "/opinions" not in stranger
    # Its member keeps seeing their own.
    assert MORE in cabinet.browser(WHO).get(f"/consultations/{asked}").text


def test_it_stays_with_the_agency_where_the_question_is_withdrawn(
    cabinet: Cabinet, asked: int
) -> None:
    release(cabinet, asked)
    confirm(cabinet, withdraw(cabinet, asked))
    shown = page(cabinet, asked)
    assert SAID in shown
    assert "Phiếu này đã dừng, không có kết quả" in shown
    for other in ("thutuong", "thuky", ANOTHER):
        assert SAID not in cabinet.browser(other).get(f"/consultations/{asked}").text
    with pytest.raises(Refused) as wrong:
        release(cabinet, asked, words=MORE)
    assert wrong.value.reason is EarlyRefusal.NOT_OPEN


def test_what_is_about_papers_that_were_replaced_says_so(cabinet: Cabinet) -> None:
    number = an_open_consultation(cabinet)
    release(cabinet, number)
    replace(cabinet, number)
    release(cabinet, number, words=MORE)
    assert [each.is_of_now for each in rows(number)] == [False, True]
    assert [act["consultation_version"] for act in acts("comment_released").values()] == [1, 2]
    assert (
        "theo tài liệu trước khi thay"
        in cabinet.browser(WHO).get(f"/consultations/{number}/answer").text
    )


# ---- and nothing of the ballot ----


def test_the_agency_sees_the_same_whatever_its_member_answers(cabinet: Cabinet, asked: int) -> None:
    release(cabinet, asked)
    member, before = Member(cabinet, WHO), page(cabinet, asked)
    messages = kinds(cabinet, STAFF)
    for choice, opinion in (("disagree", ""), ("agree_comments", "Góp ý trong phiếu.")):
        member.cast(asked, choice, opinion)
        assert page(cabinet, asked) == before
        assert kinds(cabinet, STAFF) == messages
    assert "Góp ý trong phiếu." not in before
    staff = cabinet.browser(STAFF)
    assert staff.get(f"/consultations/{asked}", headers=JSON).status_code == 403
    assert staff.get(f"/consultations/{asked}/opinions", headers=JSON).status_code == 409


def test_releasing_is_the_same_act_with_a_ballot_and_without(cabinet: Cabinet, asked: int) -> None:
    """The same questions to the database, the same act, a row of the same size."""
    Member(cabinet, ANOTHER).cast(asked, "disagree")
    sent = {}
    for who in (WHO, ANOTHER):
        actor = cabinet.actor(who)
        with statements_sent() as statements:
            early.release(actor, asked, SAID)
        sent[who] = [each for each in statements if "ballots_ballot" in each], len(statements)
    assert sent[WHO] == sent[ANOTHER]
    assert sent[WHO][0] == []
    first, second = acts("comment_released").values()
    assert first.keys() == second.keys()
    # Of the very same words the log holds two different things, and neither is their digest.
    assert first["comment_sha256"] != second["comment_sha256"]
    with reading() as db:
        assert len({len(each.sealed) for each in db.scalars(select(EarlyComment))}) == 1


def test_no_open_page_and_no_story_hears_of_it(cabinet: Cabinet, asked: int) -> None:
    audiences = (staff_of(asked), readers_of(asked), LISTS)
    with reading() as db:
        before = [live.head(db, each) for each in audiences]
        dossier = db.get_one(Consultation, asked).dossier_id
        story = len(documents.story(db, dossier))
    early.take_back(cabinet.actor(WHO), release(cabinet, asked))
    with reading() as db:
        assert [live.head(db, each) for each in audiences] == before
        assert len(documents.story(db, dossier)) == story


def test_neither_the_database_nor_the_log_tells_it(cabinet: Cabinet, asked: int) -> None:
    release(cabinet, asked)
    with reading() as db:
        (row,) = db.scalars(select(EarlyComment))
        key = keys.store().read(signing.key_name(asked))
    assert SAID.encode() not in row.sealed
    assert all(SAID not in str(act) for act in acts("comment_released").values())
    with pytest.raises(answers.Unsealable):
        signing.unseal_early(key, asked, cabinet.ids[ANOTHER], row.sealed)
    said = signing.unseal_early(key, asked, cabinet.ids[WHO], row.sealed)
    (act,) = acts("comment_released").values()
    assert (said.words, said.digest) == (SAID, act["comment_sha256"])
    assert len(said.nonce) == 64


def test_the_closing_names_each_of_its_acts(cabinet: Cabinet, asked: int) -> None:
    early.take_back(cabinet.actor(WHO), release(cabinet, asked))
    cabinet.wait(days=4)
    close.close(asked)
    (closing,) = acts("consultation_closed").values()
    assert closing["comment_leaves"] == [*acts("comment_released"), *acts("comment_taken_back")]
