"""A paper that was handed out is replaced by two people, and its readers are told what changed."""

import io

import pytest

from documents import marking, queries, replacing, service
from documents.comparing import PageChange
from documents.models import Edition
from documents.pages import reading as reading_pages
from documents.rules import DossierRefusal
from ecabinet import approvals, live, outbox
from ecabinet.db import reading, transaction
from tests.builders import Browser, Cabinet
from tests.documents import builders

JSON = {"Accept": "application/json"}
OLD, NEW = builders.pdf(3), builders.pdf(4, "Dieu 2. Noi dung trang")


@pytest.fixture
def paper(cabinet: Cabinet) -> queries.PaperView:
    """Handed out to one minister, who has opened it."""
    secretary = cabinet.actor("thuky")
    dossier = service.create_dossier(secretary, "Hồ sơ nhà ở", cabinet.agencies["yte"])
    service.add_paper(secretary, dossier, "Tờ trình", "submission", "to-trinh.pdf", OLD)
    with transaction() as db:
        service.hand_out(db, dossier, [cabinet.ids["botruong.yte"]])
    found = builders.papers(dossier)[0]
    service.open_copy(cabinet.actor("botruong.yte"), found.edition_id, True)
    return found


def propose(browser: Browser, paper_id: int, content: bytes = NEW, reason: str = "Sai số liệu."):
    body = {"file": (io.BytesIO(content), "ban-2.pdf"), "reason": reason}
    return browser.post(f"/papers/{paper_id}/replacements", body, headers=JSON)


def confirm(cabinet: Cabinet, path: str, by: str = "lanhdaovp"):
    with reading() as db:
        asked = approvals.request_to_read(db, cabinet.actor(by), int(path.rsplit("/", 1)[1]))
    return cabinet.browser(by).post(f"{path}/confirm", {"digest": asked.digest}, headers=JSON)


def page(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def current(paper: queries.PaperView) -> queries.PaperView:
    return builders.papers(paper.dossier_id)[0]


def test_readers_have_the_old_edition_until_a_second_person_confirms(cabinet, paper):
    asked = propose(cabinet.browser("thuky"), paper.id)
    assert asked.status_code == 200
    assert current(paper).edition_id == paper.edition_id
    assert confirm(cabinet, asked.json["location"], by="thuky").status_code == 409
    assert current(paper).edition_id == paper.edition_id
    assert confirm(cabinet, asked.json["location"]).status_code == 200
    assert current(paper).edition_number == 2


def test_everybody_who_has_it_is_told_which_pages_changed(cabinet, paper):
    asked = propose(cabinet.browser("thuky"), paper.id)
    with reading() as db:
        before = {each.kind for each in outbox.inbox(db, cabinet.ids["botruong.yte"])}
    assert "paper_replaced" not in before
    confirm(cabinet, asked.json["location"])
    shown = page(cabinet.browser("botruong.yte"), "/inbox")
    assert "Bản 2 thay bản 1: Tờ trình; đổi trang 1–3; thêm trang 4" in shown
    with reading() as db:
        others = [each.kind for each in outbox.inbox(db, cabinet.ids["botruong.taichinh"])]
    assert "paper_replaced" not in others


def test_a_reader_stays_with_the_edition_they_read_and_is_led_to_the_new_one(cabinet, paper):
    minister = cabinet.browser("botruong.yte")
    old_file = f"/editions/{paper.edition_id}/file"
    first = page(minister, f"/papers/{paper.id}")
    assert old_file in first
    assert "/changes" not in first, "nothing was before it"
    confirm(cabinet, propose(cabinet.browser("thuky"), paper.id).json["location"])
    shown = page(minister, f"/papers/{paper.id}")
    assert old_file in shown
    assert f'href="/papers/{paper.id}?edition=2"' in shown
    assert f'href="/editions/{current(paper).edition_id}/changes"' in shown
    newest = current(paper)
    assert f"/editions/{newest.edition_id}/file" in page(minister, f"/papers/{paper.id}?edition=2")
    asked = minister.get(f"/papers/{paper.id}/edition")
    assert asked.json == {"number": 2, "id": newest.edition_id, "compared": True, "book": None}
    assert minister.get(f"/papers/{paper.id}?edition=9").status_code == 404


def test_an_open_reader_is_told_of_the_new_edition_at_once(cabinet, paper):
    minister = cabinet.browser("botruong.yte")
    line = f"/papers/{paper.id}/line"
    asked = propose(cabinet.browser("thuky"), paper.id).json["location"]
    was = minister.get(line).json
    assert was["newest"] == 1
    confirm(cabinet, asked)
    with reading() as db:
        missed = live.missed(db, was["audience"], was["epoch"], was["seq"])
    assert [(each["kind"], each["facts"]) for each in missed.messages] == [
        ("edition_added", {"number": 2})
    ]
    assert minister.get(line).json["newest"] == 2


def test_what_changed_is_shown_word_by_word_to_whoever_may_read_it(cabinet, paper):
    confirm(cabinet, propose(cabinet.browser("thuky"), paper.id).json["location"])
    path = f"/editions/{current(paper).edition_id}/changes"
    shown = page(cabinet.browser("botruong.yte"), path)
    assert "Sai số liệu." in shown
    assert '<del><span class="hide">bỏ: </span>1.' in shown
    assert '<ins><span class="hide">thêm: </span>2.' in shown
    assert "Trang 4, thêm mới" in shown
    assert cabinet.browser("botruong.taichinh").get(path).status_code == 404
    assert (
        cabinet.browser("botruong.yte").get(f"/editions/{paper.edition_id}/changes").status_code
        == 404
    )


def test_whoever_decides_sees_what_would_change(cabinet, paper):
    asked = propose(cabinet.browser("thuky"), paper.id).json["location"]
    leader = cabinet.browser("lanhdaovp")
    path = asked.replace("/approvals/", "/replacements/")
    assert f'href="{path}"' in page(leader, asked)
    assert "Tệp mới không có chữ ký số." in page(leader, asked)
    assert "Cả hai bản đều không có chữ ký số." in page(leader, path)
    assert "Trang 4, thêm mới" in page(leader, path)
    assert f'data-paper-url="{path}/file"' in page(leader, path)
    for end in ("", "/file", "/page1.webp"):
        assert leader.get(path + end).status_code == 200
        assert cabinet.browser("botruong.yte").get(path + end).status_code == 404


def test_whoever_decides_reads_the_file_itself_with_their_name_on_it(cabinet, paper):
    asked = propose(cabinet.browser("thuky"), paper.id).json["location"]
    path = asked.replace("/approvals/", "/replacements/") + "/file"
    whole = cabinet.browser("lanhdaovp").get(path)
    texts = reading_pages.texts(whole.data)
    assert texts is not None
    assert len(texts) == 4
    for text in texts:
        ((name, _when),) = marking.seen_in(text).lines
        assert name == "Phó Chủ nhiệm Văn phòng Chính phủ"
    part = cabinet.browser("lanhdaovp").get(path, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.data) == (206, whole.data[100:200])


def test_pages_that_came_and_went_are_told_apart():
    was_now = [(1, 1), (None, 2), (3, None), (4, None), (6, None)]
    changes = [PageChange(was, now, []) for was, now in was_now]
    told = {"changed": "1", "added": "2", "taken_out": "3–4, 6"}
    assert replacing.pages_by_fate(changes) == told
    # Some pages in a row are one row of them, and a hundred rows are not all named.
    told = replacing.pages_by_fate([PageChange(None, now, []) for now in range(1, 301)])
    assert told["added"] == "1–300"
    told = replacing.pages_by_fate([PageChange(None, now, []) for now in range(1, 301, 2)])
    assert told["added"].endswith(", 37, 39, …")


def test_what_needs_no_second_person_or_changes_nothing_is_refused(cabinet, paper):
    secretary = cabinet.browser("thuky")
    assert propose(secretary, paper.id).status_code == 200
    same = propose(secretary, paper.id, OLD)
    assert (same.status_code, same.json["reason"]) == (409, DossierRefusal.SAME_FILE)
    new = service.create_dossier(cabinet.actor("thuky"), "Hồ sơ mới", cabinet.agencies["yte"])
    service.add_paper(cabinet.actor("thuky"), new, "Tờ trình", "submission", "a.pdf", OLD)
    early = propose(secretary, builders.papers(new)[0].id)
    assert (early.status_code, early.json["reason"]) == (409, DossierRefusal.NOT_HANDED_OUT)
    assert propose(secretary, paper.id, reason=" ").json["field"] == "reason"
    assert propose(cabinet.browser("botruong.yte"), paper.id).status_code == 403


def test_a_replacement_of_what_is_no_longer_the_current_edition_is_stale(cabinet, paper):
    asked = propose(cabinet.browser("thuky"), paper.id).json["location"]
    with transaction() as db:
        db.get_one(Edition, paper.edition_id).digest = "0" * 64
    answer = confirm(cabinet, asked)
    assert (answer.status_code, answer.json["code"]) == (409, "overtaken")
    assert current(paper).edition_number == 1


def test_of_one_paper_one_replacement_waits_and_the_dossier_says_so(cabinet, paper):
    secretary, dossier = cabinet.browser("thuky"), f"/dossiers/{paper.dossier_id}"
    assert "Đề nghị thay" in page(secretary, dossier)
    asked = propose(secretary, paper.id).json["location"]
    other = propose(secretary, paper.id, builders.pdf(5), "Lý do khác.")
    assert (other.status_code, other.json["reason"]) == (409, "already_asked")
    shown = page(secretary, dossier)
    assert f'href="{asked}"' in shown
    assert "đã đề nghị thay lúc" in shown
    assert "Đề nghị thay" not in shown
    assert "đã đề nghị thay lúc" in page(cabinet.browser("lanhdaovp"), dossier)
    assert "đã đề nghị thay lúc" not in page(cabinet.browser("botruong.yte"), dossier)
    assert confirm(cabinet, asked).status_code == 200
    assert propose(secretary, paper.id, builders.pdf(5)).status_code == 200
