"""A page that is left open past the end of its login says so at once, and keeps what was typed."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import WebSocket, expect

from tests.browser.person import DESKTOP, TABLET, Person, browser
from tests.server import serving_demo

pytestmark = pytest.mark.browser

DRAFT = "Đề nghị làm rõ Điều 4 về ký quỹ."


def test_a_page_says_when_its_login_ends_and_goes_on_after_another(tmp_path: Path) -> None:
    with serving_demo(tmp_path / "var") as server, browser() as chromium:
        secretary = Person(chromium, server, "thuky", TABLET)
        secretary.expected += ["401", "WebSocket"]
        page = secretary.page
        page.clock.install()
        secretary.signs_in()
        # Twelve hours less a minute later: nothing is asked of the server any more.
        server.command("demo", "--forward", "719m")
        secretary.goes_to("/consultations/new")
        draft, cover = page.get_by_label("Nội dung xin ý kiến"), page.locator("#ended")
        draft.fill(DRAFT)
        expect(cover).to_be_hidden()
        page.clock.run_for("01:10")
        expect(cover).to_be_visible()
        expect(cover).to_contain_text("Lần đăng nhập đã kết thúc")
        for _ in range(2):
            page.keyboard.press("Escape")
        expect(cover).to_be_visible()

        server.command("demo", "--forward", "2m")
        with page.expect_popup() as opened:
            cover.get_by_role("link", name="Đăng nhập lại").click()
        secretary.page = opened.value
        secretary.signs_in()
        secretary.page = page
        expect(cover).to_be_hidden()
        expect(draft).to_have_value(DRAFT)
        page.locator("#dossier_id").select_option(index=1)
        page.get_by_label("Thời hạn (ngày làm việc)").fill("3")
        secretary.presses("Lưu và trình duyệt")
        expect(page).to_have_url(re.compile(r"/consultations/\d+$"))

        # Where there is a line, the server says it: here from another device of the same person.
        server.command("demo", "--forward", "1m")
        secretary.goes_to("/tasks")
        elsewhere = Person(chromium, server, "thuky", DESKTOP)
        elsewhere.expected += ["401", "WebSocket"]
        elsewhere.signs_in()
        elsewhere.goes_to("/devices")
        elsewhere.presses("Đăng xuất nơi này")
        expect(cover).to_be_visible()
        # Signed out in one window, the other says so; for somebody else its page is gone.
        elsewhere.goes_to("/consultations/new")
        typed = elsewhere.page.get_by_label("Nội dung xin ý kiến")
        typed.fill(DRAFT)
        left, elsewhere.page = elsewhere.page, elsewhere.context.new_page()
        elsewhere.goes_to("/")
        elsewhere.page.locator("summary.who").click()
        elsewhere.page.get_by_role("button", name="Đăng xuất", exact=True).click()
        expect(left.locator("#ended")).to_be_visible()
        elsewhere.name = "chuyenvien"
        elsewhere.signs_in()
        expect(left).to_have_url(f"{server.url}/")
        expect(left.locator("body")).not_to_contain_text(DRAFT)

        knocks: list[WebSocket] = []
        page.on("websocket", lambda line: knocks.append(line))
        page.clock.run_for("00:30")
        assert knocks == []
        assert secretary.wrong == elsewhere.wrong == []
