"""A page that nobody is at locks over what was typed, and opens again as it was."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.person import PHONE, TABLET, Person, browser
from tests.browser.test_passkeys import authenticator
from tests.server import serving_demo

pytestmark = pytest.mark.browser

DRAFT = "Đề nghị làm rõ Điều 4 về ký quỹ."


def test_a_draft_outlives_the_lock_and_the_page_warns_before_it(tmp_path: Path) -> None:
    with serving_demo(tmp_path / "var") as server, browser() as chromium:
        secretary = Person(chromium, server, "thuky", TABLET)
        secretary.expected += ["423", "401", "409"]
        page = secretary.page
        page.clock.install()
        secretary.signs_in()
        authenticator(page)
        secretary.goes_to("/devices")
        secretary.presses("Thêm khóa của thiết bị này")
        secretary.sees("Bỏ khóa")
        secretary.goes_to("/consultations/new")
        draft = page.get_by_label("Nội dung xin ý kiến")
        draft.fill(DRAFT)

        soon, cover = page.locator("#lock-soon"), page.locator("#lock")
        page.clock.run_for("12:50")
        expect(soon).to_be_hidden()
        page.clock.run_for("00:15")
        expect(soon).to_be_visible()
        secretary.presses("Tôi vẫn ở đây")
        page.clock.run_for("00:02")
        expect(soon).to_be_hidden()

        # The page is covered before the server has heard of it.
        with page.expect_response("**/lock") as heard:
            page.clock.run_for("15:02")
        assert heard.value.ok
        expect(cover).to_be_visible()
        expect(cover).to_contain_text("Màn hình đang khóa")
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        expect(cover).to_have_js_property("scrollWidth", PHONE[0])
        page.set_viewport_size({"width": TABLET[0], "height": TABLET[1]})
        for _ in range(2):
            page.keyboard.press("Escape")
        expect(cover).to_be_visible()
        seen = page.request.get(server.url + "/", headers={"Accept": "application/json"})
        assert seen.status == 423

        cover.get_by_role("button", name="Mở bằng khóa của thiết bị này").click()
        expect(cover).to_be_hidden()
        expect(draft).to_have_value(DRAFT)

        # The server may be the first to know: then what is sent comes back, and is sent again.
        token = page.locator("meta[name=csrf-token]").get_attribute("content") or ""
        page.request.post(server.url + "/lock", headers={"X-CSRF-Token": token})
        page.locator("#dossier_id").select_option(index=1)
        page.get_by_label("Thời hạn (ngày làm việc)").fill("3")
        secretary.presses("Lưu và trình duyệt")
        expect(cover).to_be_visible()
        # Of a code that was used already the page waits for the next, and goes on with it.
        used = {"code": "refused", "reason": "code_used", "message": "…", "wait_seconds": 7}
        page.route("**/unlock", lambda way: way.fulfill(status=409, json=used), times=1)
        cover.get_by_label("Mã 6 số").fill("123456")
        cover.get_by_role("button", name="Mở khóa", exact=True).click()
        expect(cover).to_contain_text("Sau 7 giây ứng dụng hiện mã mới")
        page.clock.run_for("00:07")
        expect(cover).to_contain_text("Ứng dụng đã hiện mã mới")
        server.command("demo", "--forward", "1m")
        cover.get_by_label("Mã 6 số").press_sequentially(server.code("thuky"))
        expect(cover).to_be_hidden()
        expect(draft).to_have_value(DRAFT)

        # What was on its way while another page stepped up is asked once more.
        late = {"code": "not_signed_in", "message": "Chưa đăng nhập."}
        page.route("**/consultations", lambda way: way.fulfill(status=401, json=late), times=1)
        secretary.presses("Lưu và trình duyệt")
        expect(page).to_have_url(re.compile(r"/consultations/\d+$"))
        assert secretary.wrong == []
