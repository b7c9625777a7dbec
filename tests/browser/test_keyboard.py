"""A second person signs in, finds what waits and confirms it without a mouse, and always sees where
they are; and what no key could use would be found (test_looks.py walks every kind of page so)."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.keys import wrong_by_keys
from tests.browser.person import DESKTOP, Person, browser
from tests.server import serving_demo

pytestmark = pytest.mark.browser

MOST_STOPS = 60
WHERE = """() => {
  const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
  const label = at.labels?.[0]?.innerText ?? '';
  return {
    name: (at.getAttribute('aria-label') ?? (label || at.innerText || '')).trim(),
    seen: at.matches(':focus-visible')
      && parseFloat(style.outlineWidth) > 0 && style.outlineStyle !== 'none'
      && box.width > 0 && box.bottom > 0 && box.top < innerHeight,
    place: `${at.tagName} ${at.className} ${at.id}`,
  };
}"""


def tab_to(page: Page, words: str) -> None:
    """Press Tab until these words have the focus; on the way every stop can be seen."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        at = page.evaluate(WHERE)
        # Between the last stop and the first a browser stands on its own bar.
        assert at["seen"] or at["place"].startswith("BODY"), at
        if words in at["name"]:
            return
    pytest.fail(f"no stop is called {words}")


def test_what_waits_for_a_second_person_is_confirmed_by_keys_alone(tmp_path: Path) -> None:
    with serving_demo(tmp_path / "var") as server, browser() as chromium:
        leader = Person(chromium, server, "lanhdaovp", DESKTOP)
        page, keys = leader.page, leader.page.keyboard
        leader.goes_to("/sign-in?lang=vi")
        tab_to(page, "Tên tài khoản")
        keys.type("lanhdaovp")
        tab_to(page, "Mật khẩu")
        keys.type(server.accounts["lanhdaovp"]["password"])
        keys.press("Enter")
        expect(page.get_by_label("Mã 6 số")).to_be_focused()
        keys.type(server.code("lanhdaovp"))
        keys.press("Enter")
        leader.sees("Nguyễn Minh Châu", "main")
        # What the page reads anew as its line comes up stands before the first key is pressed.
        expect(page.locator("[data-conn]").first).to_have_attribute("data-state", "on")

        tab_to(page, "Tới nội dung")
        keys.press("Enter")
        tab_to(page, "Nguyễn Minh Châu")
        keys.press("Enter")
        leader.sees("Sẽ thay đổi", "main")
        tab_to(page, "Không xác nhận")
        keys.press("Enter")
        refusing = page.locator("dialog[open]")
        expect(refusing).to_be_visible()
        keys.press("Escape")
        expect(refusing).to_be_hidden()
        assert page.evaluate(WHERE)["name"] == "Không xác nhận", "where one was before"
        keys.press("Shift+Tab")
        assert "Xác nhận, thực hiện ngay" in page.evaluate(WHERE)["name"]
        keys.press("Enter")
        leader.sees("Đã xác nhận; việc đã được thực hiện")
        expect(page.locator("main")).to_contain_text("đã xác nhận lúc")
        assert leader.wrong == []


SOUND = """<!doctype html><main>
  <p><a id="one" href="#one">Một</a> <a href="#two">Hai</a></p>
  <p><label><input type="radio" name="r"> A</label>
    <label><input type="radio" name="r"> B</label></p>
  <details><summary>Thêm</summary><input aria-label="Ô"></details>
  <button data-open="ask" onclick="ask.showModal()">Hỏi</button>
  <dialog id="ask"><button>Có</button></dialog>
</main>"""
# A word of the page, what takes its place, and what is then said of it.
BROKEN = [
    ("</main>", "<div onclick='1'>Mở</div></main>", "for a pointer alone: div."),
    ("</main>", "<b style='cursor: pointer'>Mở</b></main>", "for a pointer alone: b."),
    ('<a href="#two"', '<a href="#two" tabindex="-1"', "no Tab comes to a."),
    ('<a href="#two"', '<a href="#two" tabindex="1"', "before its turn: a."),
    ("<p>", "<p style='display: flex; flex-direction: row-reverse'>", "back from a#one."),
    ('<a href="#two"', '<a href="#two" style="outline: none"', "one does not see to stand on a."),
    ("</main>", "<p style='position: fixed; inset: 0'></main>", "hidden where one stands on a."),
    ('<a href="#two"', '<a href="#two" onkeydown="return false"', "Tab does not come round"),
    ("<summary", "<summary onclick='return false'", "no key unfolds Thêm"),
    ("ask.showModal()", "", "no key opens ask"),
    ("ask.showModal()", "ask.show()", "Escape does not leave ask"),
    ("<dialog", "<dialog oncancel='return false'", "Escape does not leave ask"),
    ("<dialog", "<dialog onclose='one.focus()'", "who leaves ask is not where they were"),
]  # fmt: skip


def test_a_page_that_wants_a_pointer_is_found() -> None:
    with browser() as chromium:
        page = chromium.new_page()
        page.set_content(SOUND)
        assert not list(wrong_by_keys(page))
        for words, instead, said in BROKEN:
            page.set_content(SOUND.replace(words, instead, 1))
            found = list(wrong_by_keys(page))
            assert any(each.startswith(said) for each in found), (instead, found)
