"""What somebody writes on a paper is theirs alone, and the same on all their devices."""

import io
from typing import Any
from uuid import UUID, uuid4

import pytest
from pikepdf import Pdf

from documents import noting, queries
from documents.pages import reading as reading_pages
from tests.builders import Browser, Cabinet
from tests.documents import builders

JSON = {"Accept": "application/json"}
MINISTER, OTHER = "botruong.yte", "botruong.taichinh"


@pytest.fixture
def paper(cabinet: Cabinet) -> queries.PaperView:
    """Handed out to two ministers."""
    dossier = builders.dossier(cabinet, builders.pdf(3))
    builders.hand_out(cabinet, dossier, [MINISTER, OTHER])
    return builders.papers(dossier)[0]


def words(text: str, id: str = "", base: int = 0, page: int = 1) -> dict[str, Any]:
    content = {"kind": "text", "page": page, "text": text, "shape": {"at": [10, 20]}}
    return {"id": id or str(uuid4()), "base": base, "content": content}


def taken_away(id: str, base: int) -> dict[str, Any]:
    return {"id": id, "base": base, "content": None}


def save(browser: Browser, paper: queries.PaperView, *notes: dict[str, Any], since: int = 0):
    body = {"notes": list(notes), "since": since}
    return browser.post(f"/editions/{paper.edition_id}/notes", json=body, headers=JSON)


def notes(browser: Browser, paper: queries.PaperView, since: int = 0) -> list[dict[str, Any]]:
    answer = browser.get(f"/editions/{paper.edition_id}/notes?since={since}")
    assert answer.status_code == 200
    return answer.json["notes"]


def texts(browser: Browser, paper: queries.PaperView) -> list[str]:
    found = notes(browser, paper)
    return sorted(each["content"]["text"] for each in found if each["content"])


def test_what_one_device_saves_the_other_finds(cabinet, paper):
    tablet, desktop = cabinet.browser(MINISTER), cabinet.browser(MINISTER)
    sent = words("Hỏi lại Bộ Tài chính")
    answer = save(tablet, paper, sent)
    assert answer.status_code == 200
    (found,) = notes(desktop, paper)
    assert found["content"] == sent["content"]
    assert (found["id"], found["edition"], found["revision"]) == (sent["id"], 1, 1)
    assert answer.json["last"] == 1


def test_a_device_is_given_only_what_it_has_not_seen(cabinet, paper):
    tablet, desktop = cabinet.browser(MINISTER), cabinet.browser(MINISTER)
    seen = save(desktop, paper, words("Một")).json["last"]
    save(tablet, paper, words("Hai"))
    answer = save(desktop, paper, words("Ba"), since=seen).json
    assert [each["content"]["text"] for each in answer["notes"]] == ["Hai", "Ba"]
    assert notes(desktop, paper, since=answer["last"]) == []


def test_nobody_else_sees_them_whatever_their_office(cabinet, paper):
    save(cabinet.browser(MINISTER), paper, words("Riêng tôi"))
    for reader in (OTHER, "thuky", "chuyenvien", "lanhdaovp", "kiemtoan"):
        assert notes(cabinet.browser(reader), paper) == []
    for stranger in ("quantri", "botruong.xaydung", "canbo.yte"):
        assert cabinet.browser(stranger).get(
            f"/editions/{paper.edition_id}/notes"
        ).status_code == 404  # fmt: skip
        assert save(cabinet.browser(stranger), paper, words("x")).status_code == 404


def test_a_note_of_the_same_name_is_anothers_own(cabinet, paper):
    mine = words("Của tôi")
    save(cabinet.browser(MINISTER), paper, mine)
    assert save(cabinet.browser(OTHER), paper, words("Của tôi nữa", mine["id"])).status_code == 200
    save(cabinet.browser(OTHER), paper, taken_away(mine["id"], 1))
    assert texts(cabinet.browser(MINISTER), paper) == ["Của tôi"]


def test_a_save_that_is_sent_again_is_one_save(cabinet, paper):
    browser, sent = cabinet.browser(MINISTER), words("Một lần")
    first = save(browser, paper, sent).json
    assert save(browser, paper, sent).json == first


def test_what_two_devices_wrote_offline_is_all_there(cabinet, paper):
    tablet, phone = cabinet.browser(MINISTER), cabinet.browser(MINISTER)
    shared = words("Bản đầu")
    save(tablet, paper, shared)
    save(tablet, paper, words("Trên máy tính bảng", shared["id"], base=1), words("Riêng bảng"))
    late = words("Trên điện thoại", shared["id"], base=1)
    save(phone, paper, late, words("Riêng điện thoại"))
    kept = ["Riêng bảng", "Riêng điện thoại", "Trên máy tính bảng", "Trên điện thoại"]
    assert texts(tablet, paper) == sorted(kept)
    save(phone, paper, late)
    assert texts(tablet, paper) == sorted(kept)


def test_what_is_taken_away_leaves_its_name_and_none_of_its_words(cabinet, paper):
    tablet, desktop, sent = cabinet.browser(MINISTER), cabinet.browser(MINISTER), words("Bỏ đi")
    save(tablet, paper, sent)
    save(desktop, paper, taken_away(sent["id"], 1))
    (found,) = notes(tablet, paper, since=1)
    assert (found["id"], found["content"], found["revision"]) == (sent["id"], None, 2)


def test_a_note_stays_where_it_was_written_when_another_edition_is_named(cabinet, paper):
    """Only its words are changed from there: its place is that of the page it was written on."""
    browser, sent = cabinet.browser(MINISTER), words("Ở trang một", page=1)
    save(browser, paper, sent)
    other = builders.papers(builders.dossier(cabinet, builders.pdf(3)))[0]
    builders.hand_out(cabinet, other.dossier_id, [MINISTER])
    answer = save(browser, other, words("Sửa từ tài liệu khác", sent["id"], base=1))
    assert answer.status_code == 404
    assert texts(browser, paper) == ["Ở trang một"]


def test_a_page_that_the_edition_has_not_is_refused_and_nothing_of_the_rest_is_kept(cabinet, paper):
    browser = cabinet.browser(MINISTER)
    assert save(browser, paper, words("a", page=3)).status_code == 200
    answer = save(browser, paper, words("b"), words("c", page=4))
    assert (answer.status_code, answer.json["field"]) == (400, "page")
    assert texts(browser, paper) == ["a"]
    many = [words("d") for _ in range(noting.MOST_AT_ONCE + 1)]
    assert save(browser, paper, *many).status_code == 400


def test_an_edition_holds_a_bounded_number_and_room_is_made_by_taking_away(
    cabinet, paper, monkeypatch
):
    monkeypatch.setattr(noting, "MOST_ON_EDITION", 2)
    browser, first = cabinet.browser(MINISTER), words("Một")
    assert save(browser, paper, first, words("Hai")).status_code == 200
    third = words("Ba")
    answer = save(browser, paper, third)
    assert (answer.status_code, answer.json["reason"]) == (409, "too_many")
    assert "được giữ trên máy này" in answer.json["message"]
    assert save(browser, paper, third, taken_away(first["id"], 1)).status_code == 200
    assert texts(browser, paper) == ["Ba", "Hai"]


def test_two_saves_at_once_get_numbers_of_their_own(cabinet, paper):
    browser = cabinet.browser(MINISTER)
    revisions = [
        each["revision"]
        for _ in range(3)
        for each in save(browser, paper, words("x"), words("y")).json["notes"][-2:]
    ]
    assert sorted(revisions) == [1, 2, 3, 4, 5, 6]
    assert UUID(notes(browser, paper)[0]["id"])


def test_ones_notes_are_printed_with_every_letter_and_stroke_and_nobody_elses(cabinet, paper):
    browser = cabinet.browser(MINISTER)
    ink = words("")
    ink["content"] = {"kind": "ink", "page": 2, "text": "", "shape": {"points": [1, 1, 900, 1700]}}
    save(browser, paper, words("Đồng ý, sửa điểm b khoản 2 – Ủy ban", page=2), ink)
    save(cabinet.browser(OTHER), paper, words("Của người khác"))
    answer = browser.get(f"/editions/{paper.edition_id}/notes.pdf")
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    (text,) = reading_pages.texts(answer.data) or []
    for said in ("GHI CHÚ CÁ NHÂN", "Tài liệu 1", "Trang 2", "Đồng ý, sửa điểm b khoản 2 – Ủy ban"):
        assert said in text
    assert "Của người khác" not in text
    with Pdf.open(io.BytesIO(answer.data)) as sheet:
        fonts = sheet.pages[0].Resources.Font.values()
        assert all("/FontFile2" in each.FontDescriptor for each in fonts)
    assert cabinet.browser("quantri").get(
        f"/editions/{paper.edition_id}/notes.pdf"
    ).status_code == 404  # fmt: skip
