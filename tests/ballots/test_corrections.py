"""A result is never edited: a correction is a new act of two people, linked both ways."""

import re
from pathlib import Path

import pytest

from ballots import queries
from ballots.models import Consultation
from ballots.rules import ConsultationRefusal
from ballots.service import close, correct
from documents import queries as documents
from ecabinet import ledger, outbox, verifier
from ecabinet.db import reading
from ecabinet.errors import Forbidden, NotFound, Refused, Stale
from meetings.rules import Kind
from meetings.service import prepare
from meetings.service.prepare import ItemText
from tests.ballots.builders import Member, an_open_consultation
from tests.ballots.test_asked_again import taken_out
from tests.ballots.test_bundle import change_json, change_leaf, failed, rezip
from tests.ballots.test_withdrawn import confirm
from tests.builders import Cabinet
from tests.meetings.builders import head

WORDS = "Tên Nghị định ghi thiếu: đúng là “về quản lý hoạt động lấn biển”."
AGAIN = "Bổ sung: ngày họp là 03/12/2026."


@pytest.fixture
def closed(cabinet: Cabinet) -> int:
    number = an_open_consultation(cabinet)
    Member(cabinet, "botruong.yte").cast(number, "agree")
    cabinet.wait(days=4)
    close.close(number)
    return number


def ask(cabinet: Cabinet, number: int, words: str = WORDS, who: str = "lanhdaovp") -> int:
    return correct.ask_to_correct(cabinet.actor(who), number, words)


def stored(number: int) -> tuple[object, ...]:
    with reading() as db:
        found = queries.result_of(db, number)
        assert found is not None
        return (found.counts, found.outcome, found.sentence, found.last_leaf, found.is_provisional)


def test_two_people_correct_and_the_result_stays_as_it_was(cabinet: Cabinet, closed: int) -> None:
    before, leader = stored(closed), cabinet.browser("lanhdaovp")
    path = f"/consultations/{closed}"
    assert 'data-open="correct"' in leader.get(path).text
    assert leader.post(f"{path}/corrections", data={"words": WORDS}).status_code == 303
    waiting = leader.get(path).text
    assert WORDS not in waiting
    (number,) = set(re.findall(r"/approvals/(\d+)", waiting))
    assert WORDS in cabinet.browser("thutuong").get(f"/approvals/{number}").text
    confirm(cabinet, int(number))
    assert stored(closed) == before
    for reader in ("botruong.xaydung", "thuky", "kiemtoan", "thutuong"):
        page = cabinet.browser(reader).get(path).text
        assert page.index(WORDS) < page.index("verdict__t"), reader
    with reading() as db:
        ((at, leaf),) = ledger.entries(db, "result_corrected", 0).items()
        (row,) = queries.corrections_of(db, closed)
        told = [each.kind for each in outbox.inbox(db, cabinet.ids["botruong.xaydung"])]
        dossier = db.get_one(Consultation, closed).dossier_id
        story = [each.kind for each in documents.story(db, dossier)]
    assert (row.leaf, leaf["result_leaf"], leaf["number"]) == (at, before[3], 1)
    two = (leaf["asked_by"], leaf["confirmed_by"])
    assert two == (cabinet.ids["lanhdaovp"], cabinet.ids["thutuong"])
    assert "result_corrected" in told
    assert "result_corrected" in story


def test_wherever_a_result_is_read_its_correction_is_said(cabinet: Cabinet, closed: int) -> None:
    secretary = cabinet.actor("thuky")
    meeting = prepare.plan(secretary, head(cabinet, Kind.REGULAR))
    with reading() as db:
        dossier = db.get_one(Consultation, closed).dossier_id
    prepare.add_item(secretary, meeting, ItemText("Nghị định", 20, None, "", dossier))
    member, office = cabinet.browser("botruong.yte"), cabinet.browser("thuky")
    pages = [
        (member, "/consultations"),
        (member, "/consultations/mine"),
        (office, f"/meetings/{meeting}?as=member"),
    ]
    assert not any("có đính chính" in reader.get(path).text for reader, path in pages)
    confirm(cabinet, ask(cabinet, closed))
    for reader, path in pages:
        assert "có đính chính" in reader.get(path).text, path
    sheet = member.get("/consultations/mine.csv").get_data().decode("utf-8-sig")
    assert sheet.splitlines()[1].endswith(",có")
    # Whoever drafts is told, and led to this page.
    assert WORDS in cabinet.browser("kiemtoan").get(f"/consultations/{closed}/opinions").text


def test_what_was_said_meanwhile_was_not_agreed_to(cabinet: Cabinet, closed: int) -> None:
    first = ask(cabinet, closed)
    confirm(cabinet, first)
    second = ask(cabinet, closed, AGAIN)
    confirm(cabinet, second)
    with reading() as db:
        assert [each.words for each in queries.corrections_of(db, closed)] == [WORDS, AGAIN]
    with pytest.raises((Refused, Stale)):
        confirm(cabinet, first)


def test_only_a_result_is_corrected_and_only_by_those_who_approve(
    cabinet: Cabinet, closed: int
) -> None:
    with pytest.raises(Refused) as refused:
        ask(cabinet, an_open_consultation(cabinet))
    assert refused.value.reason is ConsultationRefusal.NOT_CLOSED
    for who in ("thuky", "chuyenvien", "botruong.yte", "kiemtoan", "quantri"):
        with pytest.raises((Forbidden, NotFound)):
            ask(cabinet, closed, who=who)


def test_the_bundle_holds_it_and_another_is_found(
    cabinet: Cabinet, closed: int, tmp_path: Path
) -> None:
    confirm(cabinet, ask(cabinet, closed))
    files, keys = taken_out(closed, tmp_path)

    def found(**values: object) -> set[str]:
        changed = dict(files)
        if values:
            change_leaf(changed, verifier.CORRECTED, **values)
        return failed(rezip(tmp_path / "forged.zip", changed), keys)

    assert found() == set()
    assert "V32" in found(result_leaf=1)
    assert "V32" in found(number=2)
    assert "V32" in found(consultation=99)
    assert "V09" in found(asked_by=1, confirmed_by=1)
    for shown in ([], [AGAIN], [WORDS, AGAIN]):
        changed = dict(files)
        change_json(changed, "consultation.json", lambda it, to=shown: it.update(corrections=to))
        assert "V32" in failed(rezip(tmp_path / "forged.zip", changed), keys)
