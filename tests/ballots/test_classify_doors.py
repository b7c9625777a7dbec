"""How other opinions are read, at the doors: the Office proposes, their members sign or decline,
and every page says what has become of it."""

import base64
import secrets
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader
from werkzeug.test import TestResponse

from ballots import queries
from ballots.models import Consultation
from ballots.service import prepare, report
from documents import queries as documents
from ecabinet import outbox, storage
from ecabinet.db import reading
from tests.ballots.test_classifying import OPINION, OTHER, REASON, WHO, Closed
from tests.builders import Browser, Cabinet

JSON = {"Accept": "application/json"}
MEMBERS = ("thutuong", "pttg1", WHO)


@pytest.fixture
def closed(cabinet: Cabinet) -> Closed:
    return Closed(cabinet)


def propose(closed: Closed, who: str = "chuyenvien", **changed: object) -> TestResponse:
    sent = {"person": closed.cabinet.ids[WHO], "reading": "agreement", "reason": REASON}
    path = f"/consultations/{closed.number}/classifications"
    return closed.cabinet.browser(who).post(path, sent | changed, headers=JSON)


def path(closed: Closed) -> str:
    return f"/consultations/{closed.number}/classification"


def paper(closed: Closed, browser: Browser, name: str) -> Any:
    body = {"key_id": closed.members[name].key_id}
    answer = browser.post(f"{path(closed)}/paper", json=body)
    assert answer.status_code == 200, answer.json
    return answer.json


def signed(closed: Closed, name: str, made: Any) -> dict[str, str]:
    return {
        "pending": made["pending"],
        "key": secrets.token_hex(16),
        "signature": base64.b64encode(closed.members[name].sign(made["attrs"])).decode(),
    }


def told(cabinet: Cabinet, who: str) -> list[str]:
    with reading() as db:
        return [each.kind for each in outbox.inbox(db, cabinet.ids[who])]


def asked_to(cabinet: Cabinet, who: str) -> list[str]:
    with reading() as db:
        return [each.kind for each in queries.duties(db, cabinet.actor(who))]


@pytest.mark.parametrize("who", ["chuyenvien", "thuky"])
def test_the_office_proposes_and_takes_back(closed: Closed, who: str) -> None:
    assert asked_to(closed.cabinet, "chuyenvien") == ["opinions_to_classify"]
    page = closed.cabinet.browser(who).get(f"/consultations/{closed.number}").text
    assert "Chưa có đề nghị phân loại." in page
    assert OPINION in page
    answer = propose(closed, who)
    assert answer.status_code == 200, answer.json
    assert "classification_proposed" in told(closed.cabinet, WHO)
    assert asked_to(closed.cabinet, WHO) == ["classification_to_answer"]
    assert asked_to(closed.cabinet, "chuyenvien") == []
    refused = propose(closed, who)
    assert refused.status_code == 409
    assert "rút đề nghị đó trước" in refused.json["message"]
    back = closed.cabinet.browser(who).post(
        f"/consultations/{closed.number}/classifications/taken-back",
        {"person": closed.cabinet.ids[WHO], "proposal": closed.proposal()},
        headers=JSON,
    )
    assert back.status_code == 200, back.json
    assert "classification_taken_back" in told(closed.cabinet, WHO)
    assert asked_to(closed.cabinet, WHO) == []


@pytest.mark.parametrize(
    ("field", "value"), [("reading", "maybe"), ("reading", ""), ("reason", ""), ("person", "x")]
)
def test_what_was_not_understood_is_named(closed: Closed, field: str, value: str) -> None:
    answer = propose(closed, **{field: value})
    assert answer.status_code == 400
    assert answer.json["field"] == field


@pytest.mark.parametrize("who", MEMBERS)
def test_a_member_signs_and_holds_the_receipt(cabinet: Cabinet, who: str) -> None:
    closed = Closed(cabinet, (who,))
    closed.propose(name=who)
    browser = cabinet.browser(who)
    page = browser.get(path(closed)).text
    for words in (OPINION, REASON, "cho bên đồng ý", "Xem lại và ký"):
        assert words in page, words
    made = paper(closed, browser, who)
    pdf = base64.b64decode(made["pdf"])
    printed = "".join(each.extract_text() for each in PdfReader(BytesIO(pdf)).pages)
    assert OPINION in " ".join(printed.split())
    body = signed(closed, who, made)
    answer = browser.post(path(closed), json=body)
    assert answer.status_code == 201, answer.json
    assert browser.post(path(closed), json=body).json == answer.json
    assert "classification_answered" in told(cabinet, "chuyenvien")
    assert asked_to(cabinet, who).count("classification_to_answer") == 0
    receipt = browser.get(path(closed)).text
    assert answer.json["receipt"].split("\n")[1] in receipt
    assert f'data-key="{body["key"]}"' in receipt
    file = browser.get(f"{path(closed)}/file")
    assert file.status_code == 200
    assert file.data.startswith(b"%PDF")
    assert cabinet.browser("botruong.xaydung").get(f"{path(closed)}/file").status_code == 404


@pytest.mark.parametrize("who", MEMBERS)
def test_a_member_declines_with_a_word(cabinet: Cabinet, who: str) -> None:
    closed = Closed(cabinet, (who,))
    closed.propose(name=who)
    browser, words = cabinet.browser(who), "Ý kiến của tôi không thuộc bên nào."
    empty = browser.post(
        f"{path(closed)}/declined", {"words": "", "proposal": closed.proposal(who)}, headers=JSON
    )
    assert (empty.status_code, empty.json["field"]) == (400, "words")
    answer = browser.post(
        f"{path(closed)}/declined", {"words": words, "proposal": closed.proposal(who)}, headers=JSON
    )
    assert answer.status_code == 200, answer.json
    page = cabinet.browser("chuyenvien").get(f"/consultations/{closed.number}").text
    assert words in page
    assert "vẫn không tính cho bên nào" in page


def test_what_becomes_of_it_stands_wherever_the_result_is_read(closed: Closed) -> None:
    cabinet, number = closed.cabinet, closed.number
    report.seal_report(number)
    closed.propose()
    closed.confirm()
    page = cabinet.browser("thutuong").get(f"/consultations/{number}").text
    assert "Tính lại sau khi thành viên phân loại ý kiến khác" in page
    # What the closing found stands there as it was.
    assert page.index('id="found-again"') < page.index("Chờ phân loại ý kiến khác")
    assert 'data-open="decide-issue"' in page
    assert "Thông qua" in cabinet.browser("thutuong").get("/consultations").text
    assert "Thông qua" in cabinet.browser(WHO).get("/consultations/mine").text
    sealed = storage.read(report.seal_report(number))
    words = " ".join("".join(e.extract_text() for e in PdfReader(BytesIO(sealed)).pages).split())
    assert "Kết quả sau khi phân loại ý kiến khác: Thông qua" in words
    assert "Kết quả khi đóng phiếu" in words
    for who in ("thutuong", WHO, "chuyenvien"):
        assert "consultation_classified" in told(cabinet, who), who
    with reading() as db:
        row = db.get_one(Consultation, number)
        assert (
            queries.consulted_on(db, cabinet.actor("thutuong"), [row.dossier_id])[
                row.dossier_id
            ].outcome
            == "passed"
        )
        story = documents.story(db, row.dossier_id)
    assert "consultation_classified" in [each.kind for each in story]


def test_where_nothing_is_proposed_the_page_leads_to_the_result(closed: Closed) -> None:
    for name in (WHO, "botruong.xaydung"):
        answer = closed.cabinet.browser(name).get(path(closed))
        assert answer.status_code == 303, name
        assert answer.location == f"/consultations/{closed.number}"


def test_papers_are_not_made_ready_without_end(
    closed: Closed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare, "PAPERS_AN_HOUR", 2)
    closed.propose()
    browser = closed.cabinet.browser(WHO)
    for status in (200, 200, 429):
        body = {"key_id": closed.members[WHO].key_id}
        assert browser.post(f"{path(closed)}/paper", json=body).status_code == status


def test_what_needs_no_answer_any_more_says_so(cabinet: Cabinet) -> None:
    """Two proposed, and the first who signs decides."""
    two = Closed(cabinet, (WHO, OTHER))
    for name in (WHO, OTHER):
        two.propose(name=name)
    two.confirm(OTHER)
    over = "không cần trả lời nữa: kết quả đã rõ, hoặc đã quyết định"
    browser = cabinet.browser(WHO)
    assert browser.get(path(two)).status_code == 303
    page = browser.get(f"/consultations/{two.number}").text
    assert over in page
    assert "Xem và trả lời" not in page
    office = cabinet.browser("chuyenvien").get(f"/consultations/{two.number}").text
    assert "Không cần trả lời nữa" in office
    assert "Chờ thành viên ký" not in office
    sealed = storage.read(report.seal_report(two.number))
    words = " ".join("".join(e.extract_text() for e in PdfReader(BytesIO(sealed)).pages).split())
    assert "không cần trả lời nữa" in words
