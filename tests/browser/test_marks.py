"""Marks on a newer edition under a hand that taps twice; forms that a page leaves in hand."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Route, expect
from pysqlite3 import dbapi2

from tests.browser.papers import a_paper
from tests.browser.person import DESKTOP, PHONE, TABLET, UPRIGHT, Person, browser
from tests.documents.builders import pages
from tests.server import Server, serving_demo

pytestmark = pytest.mark.browser

ONE = "Dieu 1. Muc tieu. Bao dam du nuoc sinh hoat cho nguoi dan cac tinh ven bien"
TWO = "Dieu 2. Co quan dieu phoi. Thanh lap Ban dieu phoi lien vung. Cac bo cu thanh vien"
THREE = "Dieu 3. Nguon luc. Ngan sach trung uong bo tri kinh phi dau tu cac cong trinh"
# On each page one mark, and what became of its words: the last one's are gone.
LIT = (
    "Bao dam du nuoc sinh hoat",
    "Thanh lap Ban dieu phoi lien vung",
    "bo tri kinh phi dau tu",
)
NEWER = (
    ONE.replace("du nuoc", "nuoc sach"),
    TWO.replace("lien vung", "cac vung"),
    THREE.replace(LIT[2], "cung dia phuong lo"),
)


# Whether the second row that asks begins at this height.
STANDS = """at => document.querySelectorAll('[data-notes-part=asked] li')[1]
  ?.getBoundingClientRect().top === at"""


@dataclass
class Marked:
    """A paper in two editions; on its first one, three marks of the secretary."""

    server: Server
    secretary: Person
    leader: Person
    specialist: Person
    path: str
    edition: int


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Marked]:
    with serving_demo(tmp_path_factory.mktemp("marks") / "var") as server, browser() as chromium:
        secretary, leader, specialist = (
            Person(chromium, server, name, size)
            for name, size in (("thuky", TABLET), ("lanhdaovp", DESKTOP), ("chuyenvien", DESKTOP))
        )
        for each in (secretary, leader, specialist):
            each.signs_in()
        dossier = secretary.posts("/dossiers", title="Hồ sơ còn sửa", drafting_agency=1)
        secretary.posts(
            f"{dossier}/papers", pdf=pages(ONE, TWO, THREE), title="Dự thảo", kind="draft"
        )
        secretary.goes_to(dossier)
        path = secretary.page.locator("#papers a", has_text="Dự thảo").get_attribute("href") or ""
        secretary.goes_to(path)
        url = secretary.page.locator("[data-notes]").get_attribute("data-notes") or ""
        asks(secretary, url, notes=[lit(words, page) for page, words in enumerate(LIT, 1)], since=0)
        secretary.posts(f"{path}/editions", pdf=pages(*NEWER))
        yield Marked(server, secretary, leader, specialist, path, int(url.split("/")[2]) + 1)
        for each in (secretary, leader, specialist):
            assert each.wrong == [], each.name


def lit(words: str, page: int) -> dict[str, Any]:
    before, after = (ONE, TWO, THREE)[page - 1].split(words)
    around = {"prefix": before[-32:], "suffix": after[:32]}
    shape = {"quote": words, "rects": [[900, 800, 3000, 200]]} | around
    content = {"kind": "highlight", "page": page, "text": f"Ghi chú {page}", "shape": shape}
    return {"id": str(uuid.uuid4()), "base": 0, "content": content}


def asks(person: Person, path: str, **body: object) -> Any:
    token = person.page.locator("meta[name=csrf-token]").get_attribute("content") or ""
    headers = {"X-CSRF-Token": token, "Accept": "application/json"}
    answer = person.page.request.post(person.server.url + path, headers=headers, data=body)
    assert answer.ok, answer.text()[:200]
    return answer.json()


def asked_about(marked: Marked) -> list[str]:
    """What the server still asks about."""
    url = f"{marked.server.url}/editions/{marked.edition}/notes?since=0"
    found = marked.secretary.page.request.get(url).json()["notes"]
    return sorted(each["content"]["text"] for each in found if each["standing"]["is_asked"])


def reads_the_newer(marked: Marked, size: tuple[int, int] = TABLET) -> Locator:
    """The part of the list that asks, once it asks."""
    page = marked.secretary.page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    marked.secretary.goes_to(f"{marked.path}?edition=2")
    page.locator(".page[data-loaded] .textLayer").first.wait_for()
    asked = page.locator("[data-notes-part=asked]")
    if page.locator("#notes[data-shown]").count() == 0:
        page.locator("[data-notes-open]").click()
    expect(asked.locator("li").first).to_be_visible()
    return asked


def middle(of: Locator) -> tuple[float, float]:
    box = of.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_finger_that_taps_twice_settles_one_mark_and_may_take_it_back(marked: Marked) -> None:
    page = marked.secretary.page
    everything = ["Ghi chú 1", "Ghi chú 2", "Ghi chú 3"]
    asked = reads_the_newer(marked)
    count, rows = asked.locator("[data-count]"), asked.locator("li")
    expect(count).to_have_text("3")
    for name, said in (("Đúng chỗ", "Đã giữ"), ("Không đúng", "Vào khay")):
        page.locator("#notes").evaluate("list => (list.scrollTop = 0)")
        where = middle(rows.nth(0).get_by_role("button", name=name))
        at = rows.nth(1).evaluate("row => row.getBoundingClientRect().top")
        for _ in range(2):
            page.touchscreen.tap(*where)
        expect(count).to_have_text("2")
        expect(rows).to_have_count(3)
        expect(rows.nth(0).get_by_role("button", name=said)).to_be_visible()
        # One more tap at the same place, now that all has been drawn anew.
        page.touchscreen.tap(*where)
        page.wait_for_function(STANDS, arg=at)
        expect(rows.nth(1)).to_be_focused()
        assert asked_about(marked) == everything[1:]
        rows.nth(0).get_by_role("button", name="Hoàn tác").tap()
        expect(count).to_have_text("3")
        assert asked_about(marked) == everything
    # By keys: the next mark is reached, and nothing is pressed there by a key held down.
    rows.nth(1).get_by_role("button", name="Đúng chỗ").focus()
    page.keyboard.press("Enter")
    expect(rows.nth(2)).to_be_focused()
    page.keyboard.press("Enter")
    assert asked_about(marked) == ["Ghi chú 1", "Ghi chú 3"]
    # Whoever leaves the list finds it in order.
    for _ in range(2):
        page.locator("[data-notes-open]").click()
    expect(rows).to_have_count(2)
    expect(page.locator("[data-notes-part=own] li")).to_contain_text("Ghi chú 2")


def test_a_mark_whose_words_are_gone_stands_at_the_margin_of_its_page(marked: Marked) -> None:
    page = marked.secretary.page
    asked = reads_the_newer(marked)
    gone = asked.locator("li", has_text=LIT[2])
    expect(gone.get_by_text("Đoạn này không có trên trang; ghi chú đứng ở lề.")).to_be_visible()
    other = asked.locator("li", has_text=LIT[0])
    expect(other.get_by_text("ghi chú đứng ở lề")).to_be_hidden()
    gone.get_by_role("button", name="Trang 3").click()
    margin = page.locator(".page[data-page-number='3'] .notes__place")
    expect(margin).to_have_count(1)
    expect(margin).to_be_in_viewport()
    # Put aside, and onto the page that is open: there it stands as well, and is held in the tray.
    other.get_by_role("button", name="Không đúng").click()
    expect(other.get_by_role("button", name="Vào khay")).to_be_visible()
    for _ in range(2):
        page.locator("[data-notes-open]").click()
    tray = page.locator("[data-notes-part=tray] li")
    tray.get_by_role("button", name="Đặt vào trang đang mở").tap()
    expect(tray.get_by_role("button", name="Đã đặt vào trang")).to_be_visible()
    expect(margin).to_have_count(2)
    boxes = [each.bounding_box() for each in margin.all()]
    assert boxes[0]
    assert boxes[1]
    assert boxes[0]["y"] + boxes[0]["height"] <= boxes[1]["y"]
    tray.get_by_role("button", name="Hoàn tác").click()
    expect(margin).to_have_count(1)
    margin.click()
    expect(page.get_by_label("Nội dung")).to_have_value("Ghi chú 3")
    page.keyboard.press("Escape")


@pytest.mark.parametrize("size", [TABLET, UPRIGHT, PHONE])
def test_what_lets_fingers_draw_lies_over_nothing_that_is_said(
    marked: Marked, size: tuple[int, int]
) -> None:
    page = marked.secretary.page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    marked.secretary.goes_to(f"{marked.path}?edition=1")
    newer = page.locator("[data-paper-newer]")
    expect(newer).to_contain_text("đã có bản 2")
    first = page.locator(".paper__scroll").bounding_box()
    page.locator("[data-note-tool=ink]").click()
    fingers = page.locator("[data-note-do=fingers]")
    expect(fingers).to_be_visible()
    # The page stays where it was.
    assert page.locator(".paper__scroll").bounding_box() == first
    box, strip = fingers.bounding_box(), newer.bounding_box()
    assert box
    assert strip
    assert box["y"] >= strip["y"] + strip["height"]
    fingers.click()
    expect(fingers).to_have_attribute("aria-pressed", "true")
    fingers.click()
    newer.get_by_role("link", name="Sang bản mới").click()
    expect(page).to_have_url(re.compile("edition=2"))


def test_a_form_that_is_filled_in_stays_while_the_page_hears_of_others(
    marked: Marked, tmp_path: Path
) -> None:
    secretary, leader, specialist = marked.secretary, marked.leader, marked.specialist
    page = secretary.page
    asked = "/consultations/2"
    with dbapi2.connect(marked.server.folder / "ecabinet.db") as db:
        silent = "SELECT id FROM people_person WHERE username = 'botruong.tuphap'"
        (member,) = db.execute(silent).fetchone()
    request = secretary.posts(
        f"{asked}/paper-ballots",
        pdf=a_paper(tmp_path / "scan.pdf", articles=1).read_bytes(),
        person=member,
        choice="agree",
        reason="Đi xa.",
    )
    for each in (leader, secretary):
        each.goes_to(asked)
    # In another window they have opened the form, and filled in nothing yet.
    beside = secretary.context.new_page()
    beside.goto(marked.server.url + asked)
    for each in (page, beside):
        each.locator("#members summary", has_text="Nhập phiếu giấy").click()
        each.locator("#window").evaluate("part => (part.dataset.seen = 'before')")
    members = page.locator("#members")
    members.locator("select").select_option(index=2)
    chosen = members.locator("select").input_value()
    members.get_by_role("radio", name="Không đồng ý").check()
    # They look away from the form; in the first window it is folded as well.
    members.locator("summary", has_text="Nhập phiếu giấy").click()
    for each in (page, beside):
        each.evaluate("document.activeElement.blur()")
    # Once it is decided nobody reads on in the scan.
    specialist.expected += ["404"]
    specialist.goes_to(request.replace("/approvals/", "/paper-ballots/"))
    specialist.page.locator("form[action$='/confirm'] button[type=submit]").first.click()
    leader.sees("đã trả lời bằng phiếu giấy", "#members")
    for each in (page, beside):
        # What nobody is at work in is fresh by now.
        expect(each.locator("#window[data-seen]")).to_have_count(0)
    expect(beside.locator("#members details[open] form")).to_be_visible()
    beside.close()
    expect(members.locator("select")).to_have_value(chosen)
    expect(members.get_by_role("radio", name="Không đồng ý", include_hidden=True)).to_be_checked()


def test_files_that_are_chosen_before_the_pages_script_has_come_are_taken(
    marked: Marked, tmp_path: Path
) -> None:
    """On a slow line a reader is faster than the script: what they have chosen is not dropped."""
    secretary = marked.secretary
    with dbapi2.connect(marked.server.folder / "ecabinet.db") as db:
        named = "SELECT id FROM people_agency WHERE name = 'Bộ Xây dựng'"
        (agency,) = db.execute(named).fetchone()
    dossier = secretary.posts("/dossiers", title="Hồ sơ chọn sớm", drafting_agency=agency)
    browser, state = secretary.context.browser, secretary.context.storage_state()
    assert browser
    context = browser.new_context(locale="vi-VN", storage_state=state, service_workers="block")
    page, held = context.new_page(), list[Route]()
    page.route("**/documents/papers-*.js", lambda route: held.append(route))
    page.goto(marked.server.url + dossier, wait_until="commit")
    page.locator("#file").set_input_files(a_paper(tmp_path / "som.pdf", 1))
    rows = page.locator("[data-files] > li")
    expect(rows).to_have_count(0)
    assert held
    held[0].continue_()
    expect(rows).to_have_count(1)
    page.locator("form[data-upload]").get_by_role("button", name="Tải lên").click()
    expect(page.locator("#papers .row")).to_have_count(1)
    context.close()
