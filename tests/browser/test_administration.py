"""Administration under a name of its own, opened by a key, and shut over what was typed (AC-11)."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.person import DESKTOP, HANOI, PHONE, Person, browser
from tests.browser.test_passkeys import authenticator
from tests.server import serving_demo

pytestmark = pytest.mark.browser

NAME = "Nghỉ bù theo thông báo của Chính phủ"


def test_an_administrator_is_asked_again_and_loses_nothing(tmp_path: Path) -> None:
    with (
        serving_demo(
            tmp_path / "var", host="hop.localhost",
            ECABINET_ADMIN_URL="http://quantri.hop.localhost:{port}",
        ) as server,
        browser() as chromium,
    ):  # fmt: skip
        server.host = "quantri.hop.localhost"
        administrator = Person(chromium, server, "quantri", DESKTOP)
        administrator.expected.append("423")
        page, cover = administrator.page, administrator.page.locator("#lock")
        administrator.signs_in()
        authenticator(page)
        administrator.goes_to("/devices")
        administrator.presses("Thêm khóa của thiết bị này")
        administrator.sees("Bỏ khóa")

        administrator.goes_to("/calendar/days")
        name = page.get_by_label("Tên ngày")
        name.fill(NAME)
        page.get_by_label("Từ ngày").fill(
            f"{datetime.fromtimestamp(server.now(), HANOI) + timedelta(days=40):%d/%m/%Y}"
        )
        page.locator("#kind").select_option("off")
        server.command("demo", "--forward", "15m")
        administrator.presses("Ghi vào lịch")
        expect(cover).to_be_visible()
        expect(cover).to_contain_text("Trang quản trị đang khóa")
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        expect(cover).to_have_js_property("scrollWidth", PHONE[0])
        page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
        cover.get_by_role("button", name="Mở bằng khóa của thiết bị này").click()
        expect(cover).to_be_hidden()
        expect(name).to_have_value(NAME)
        administrator.presses("Ghi vào lịch")
        expect(page.locator("main table")).to_contain_text(NAME)

        # Asked for too late, a page of administration comes as its cover alone.
        server.command("demo", "--forward", "15m")
        administrator.goes_to("/persons")
        expect(cover).to_be_visible()
        expect(page.locator("main")).not_to_contain_text("Thủ tướng")
        cover.get_by_label("Mã 6 số").fill(server.code("quantri"))
        cover.get_by_role("button", name="Mở khóa", exact=True).click()
        expect(page.locator("main")).to_contain_text("Thủ tướng")

        # The key signs in under this name as well.
        administrator.context.clear_cookies()
        administrator.goes_to("/sign-in?next=/persons")
        administrator.presses("Dùng khóa của thiết bị này")
        expect(page.locator("main")).to_contain_text("Thủ tướng")
        assert administrator.wrong == []
