"""Notes stand on a newer edition where their words do; none is lost, and none on the older one."""

from typing import Any

import pytest

from documents import service
from documents.queries import PaperView
from tests.builders import Browser, Cabinet
from tests.documents import builders
from tests.documents.test_notes import JSON, notes, save, taken_away, words

ONE = "Dieu 1. Muc tieu. Bao dam du nuoc sinh hoat cho nguoi dan cac tinh ven bien"
TWO = "Dieu 2. Co quan dieu phoi. Thanh lap Ban dieu phoi lien vung. Cac bo cu thanh vien"
THREE = "Dieu 3. Nguon luc. Ngan sach trung uong bo tri kinh phi dau tu cac cong trinh"
NEW = "Trang moi chen vao giua. Khong co trong ban truoc"
QUOTE = "Thanh lap Ban dieu phoi lien vung"


def lit(quote: str, page: int) -> dict[str, Any]:
    shape = {"quote": quote, "prefix": "", "suffix": "", "rects": [[1, 2, 3, 4]]}
    content = {"kind": "highlight", "page": page, "text": "Hỏi lại", "shape": shape}
    return words("") | {"content": content}


def drawn(page: int) -> dict[str, Any]:
    content = {"kind": "ink", "page": page, "text": "", "shape": {"points": [1, 2, 3, 4]}}
    return words("") | {"content": content}


@pytest.fixture
def paper(cabinet: Cabinet) -> PaperView:
    return builders.papers(builders.dossier(cabinet, builders.pages(ONE, TWO, THREE)))[0]


def replace(cabinet: Cabinet, paper: PaperView, *texts: str) -> PaperView:
    """The paper's next edition."""
    specialist = cabinet.actor("chuyenvien")
    # Another file also where all of its pages say the same.
    content = builders.pages(*texts) + b"\n"
    service.add_edition(specialist, paper.id, "ban-moi.pdf", content)
    return builders.papers(paper.dossier_id)[0]


def standings(browser: Browser, paper: PaperView) -> dict[str, tuple[str, int | None, bool]]:
    found = {each["id"]: each["standing"] for each in notes(browser, paper)}
    return {id: (each["found"], each["page"], each["is_asked"]) for id, each in found.items()}


def settle(browser: Browser, paper: PaperView, note: str, page: int):
    body = {"page": page, "since": 0}
    return browser.post(f"/editions/{paper.edition_id}/notes/{note}/place", json=body, headers=JSON)


def test_every_note_has_a_place_on_the_new_edition_and_keeps_its_own_on_the_old(cabinet, paper):
    browser = cabinet.browser("thuky")
    kept, gone, page, ink = lit(QUOTE, 2), lit("Muc tieu", 1), words("Cả trang", page=3), drawn(2)
    before = save(browser, paper, kept, gone, page, ink).json["notes"]
    newer = replace(cabinet, paper, NEW, TWO, THREE)
    assert standings(browser, newer) == {
        kept["id"]: ("same_page", 2, False),
        gone["id"]: ("tray", None, False),
        page["id"]: ("page", 3, False),
        ink["id"]: ("tray", None, False),
    }
    assert notes(browser, paper) == before


def test_words_that_moved_are_found_where_they_are_now(cabinet, paper):
    browser, note = cabinet.browser("thuky"), lit(QUOTE, 2)
    save(browser, paper, note)
    newer = replace(cabinet, paper, ONE, NEW, TWO, THREE)
    assert standings(browser, newer) == {note["id"]: ("same_page", 3, False)}


def test_an_edition_that_was_never_read_in_between_loses_nothing(cabinet, paper):
    browser, note = cabinet.browser("thuky"), lit(QUOTE, 2)
    save(browser, paper, note)
    replace(cabinet, paper, ONE)
    newest = replace(cabinet, paper, ONE, TWO)
    assert standings(browser, newest) == {note["id"]: ("same_page", 2, False)}


def test_what_is_doubtful_is_asked_until_its_writer_says_where_it_stands(cabinet, paper):
    browser, other_device = cabinet.browser("thuky"), cabinet.browser("thuky")
    note, tray = lit(f"{QUOTE} do Thu tuong", 2), drawn(1)
    save(browser, paper, note, tray)
    newer = replace(cabinet, paper, ONE, TWO, THREE)
    assert standings(browser, newer)[note["id"]] == ("same_page", 2, True)
    last = notes(other_device, newer)[-1]["revision"]
    assert settle(browser, newer, note["id"], page=2).status_code == 200
    assert standings(browser, newer)[note["id"]] == ("same_page", 2, False)
    assert [each["id"] for each in notes(other_device, newer, since=last)] == [note["id"]]
    assert settle(browser, newer, note["id"], page=0).status_code == 200
    assert standings(browser, newer)[note["id"]] == ("tray", None, False)
    assert settle(browser, newer, note["id"], page=3).status_code == 200
    assert standings(browser, newer)[note["id"]] == ("page", 3, False)
    assert settle(browser, newer, note["id"], page=4).json["field"] == "page"


def test_only_ones_own_carried_notes_can_be_settled(cabinet, paper):
    browser, note = cabinet.browser("thuky"), lit(QUOTE, 2)
    save(browser, paper, note)
    newer = replace(cabinet, paper, ONE, TWO, THREE)
    notes(browser, newer)
    assert settle(cabinet.browser("lanhdaovp"), newer, note["id"], page=0).status_code == 404
    assert settle(browser, paper, note["id"], page=0).status_code == 404
    assert standings(browser, newer) == {note["id"]: ("same_page", 2, False)}


def test_words_written_on_the_new_edition_are_the_notes_and_its_place_is_not_touched(
    cabinet, paper
):
    browser, note = cabinet.browser("thuky"), lit(QUOTE, 2)
    save(browser, paper, note)
    newer = replace(cabinet, paper, ONE, NEW, TWO, THREE)
    (there,) = notes(browser, newer)
    changed = note | {"base": there["revision"]}
    changed["content"] = note["content"] | {"text": "Đã rõ", "page": 3}
    assert save(browser, newer, changed).status_code == 200
    (old,) = notes(browser, paper)
    assert (old["content"]["text"], old["content"]["page"]) == ("Đã rõ", 2)
    assert standings(browser, newer) == {note["id"]: ("same_page", 3, False)}


def test_what_is_taken_away_on_one_edition_is_taken_away_and_what_comes_after_is_carried(
    cabinet, paper
):
    browser, note, late = cabinet.browser("thuky"), lit(QUOTE, 2), words("Muộn", page=3)
    save(browser, paper, note)
    newer = replace(cabinet, paper, ONE, TWO, THREE)
    (there,) = notes(browser, newer)
    save(browser, newer, taken_away(note["id"], there["revision"]))
    assert [each["content"] for each in notes(browser, paper)] == [None]
    save(browser, paper, late)
    found = {each["id"]: each for each in notes(browser, newer)}
    assert found[note["id"]]["content"] is None
    assert found[late["id"]]["standing"]["page"] == 3


def test_where_its_reader_said_that_a_note_stands_it_is_carried_from(cabinet, paper):
    browser = cabinet.browser("thuky")
    right, hand = lit(f"{QUOTE} do Thu tuong", 2), lit("Muc tieu. Bao dam du nuoc", 1)
    right["content"]["shape"] |= {"prefix": "quan dieu phoi. ", "suffix": ". Cac bo cu"}
    refused = lit("Nguon luc. Ngan sach dia phuong", 3)
    save(browser, paper, right, hand, refused)
    third = replace(cabinet, paper, ONE.replace("Bao dam du nuoc", "Giu nuoc"), TWO, THREE)
    asked = {id: there for id, there in standings(browser, third).items() if there[2]}
    assert asked.keys() == {right["id"], hand["id"], refused["id"]}
    assert settle(browser, third, right["id"], page=2).status_code == 200
    # Not where it was put: onto another page, by hand; and nowhere.
    assert settle(browser, third, hand["id"], page=0).status_code == 200
    assert settle(browser, third, hand["id"], page=3).status_code == 200
    assert settle(browser, third, refused["id"], page=0).status_code == 200
    fourth = replace(
        cabinet, paper, ONE.replace("Bao dam du nuoc", "Giu nuoc"), f"{TWO} 15 ngay", THREE
    )
    assert standings(browser, fourth) == {
        right["id"]: ("same_page", 2, False),
        hand["id"]: ("page", 3, False),
        refused["id"]: ("tray", None, False),
    }
    (carried,) = [each for each in notes(browser, fourth) if each["id"] == right["id"]]
    assert carried["standing"]["quote"] == QUOTE
    # An edition that its reader said nothing on is no other beginning; what changes is asked.
    fifth = replace(cabinet, paper, ONE, TWO.replace("Thanh lap", "Lap nen"), NEW, THREE)
    found = standings(browser, fifth)
    assert found[right["id"]] == ("same_page", 2, True)
    assert found[hand["id"]] == ("page", 4, False)


def test_what_was_put_aside_comes_back_where_its_very_words_do(cabinet, paper):
    browser, note = cabinet.browser("thuky"), lit(QUOTE, 2)
    save(browser, paper, note)
    changed = TWO.replace("lien vung", "vung")
    newer = replace(cabinet, paper, ONE, changed, THREE)
    assert standings(browser, newer)[note["id"]] == ("same_page", 2, True)
    settle(browser, newer, note["id"], page=0)
    still = replace(cabinet, paper, ONE, changed, NEW, THREE)
    assert standings(browser, still)[note["id"]] == ("tray", None, False)
    again = replace(cabinet, paper, ONE, NEW, TWO)
    assert standings(browser, again)[note["id"]] == ("same_page", 3, False)


def test_what_is_said_on_an_edition_tells_of_later_ones_that_nothing_was_said_on(cabinet, paper):
    browser, note = cabinet.browser("thuky"), lit(f"{QUOTE} do Thu tuong", 2)
    save(browser, paper, note)
    third = replace(cabinet, paper, ONE, TWO, THREE)
    fourth = replace(cabinet, paper, ONE, TWO, NEW, THREE)
    for edition in (third, fourth):
        assert standings(browser, edition)[note["id"]] == ("same_page", 2, True)
    settle(browser, third, note["id"], page=2)
    assert standings(browser, fourth)[note["id"]] == ("same_page", 2, False)
    # There its reader says otherwise, and what they say on the older one changes that no more.
    settle(browser, fourth, note["id"], page=4)
    settle(browser, third, note["id"], page=0)
    assert standings(browser, fourth)[note["id"]] == ("page", 4, False)


def test_what_was_said_of_a_note_is_taken_back_and_it_is_asked_about_again(cabinet, paper):
    browser, note = cabinet.browser("thuky"), lit(f"{QUOTE} do Thu tuong", 2)
    save(browser, paper, note)
    newer = replace(cabinet, paper, ONE, TWO, THREE)
    (before,) = notes(browser, newer)
    place = f"/editions/{newer.edition_id}/notes/{note['id']}/place"
    for page in (2, 0, 3):
        assert settle(browser, newer, note["id"], page=page).status_code == 200
        assert not standings(browser, newer)[note["id"]][2]
        since = notes(browser, newer)[-1]["revision"]
        back = browser.post(place, json={"since": since}, headers=JSON)
        (after,) = back.json["notes"]
        assert after["standing"] == before["standing"]
        assert after["standing"]["is_asked"]
    # It is no longer carried from what was taken back.
    last = replace(cabinet, paper, ONE, f"{TWO} 15 ngay", THREE)
    assert standings(browser, last)[note["id"]] == ("same_page", 2, True)
    assert (
        cabinet.browser("lanhdaovp").post(place, json={"since": 0}, headers=JSON).status_code == 404
    )
    own = f"/editions/{paper.edition_id}/notes/{note['id']}/place"
    assert browser.post(own, json={"since": 0}, headers=JSON).status_code == 404
