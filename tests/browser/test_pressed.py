"""Forms that are answered by a page, not by a script: pressed in a real browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.person import DESKTOP, PHONE, TABLET, UPRIGHT, browser
from tests.browser.reader import Reader
from tests.server import serving_demo

pytestmark = pytest.mark.browser


def test_a_secret_address_is_shown_where_it_is_asked_for(
    tmp_path: Path,
) -> None:
    with serving_demo(tmp_path / "var") as server, browser() as chromium:
        minister = Reader(chromium, server, "botruong.yte", TABLET)
        minister.signs_in()
        minister.goes_to("/calendar")
        minister.page.get_by_role("button", name="Tạo địa chỉ").click()
        address = minister.page.get_by_label("Địa chỉ")
        expect(address).to_have_value(re.compile(r"^http://localhost:\d+/calendar/feed/.+\.ics$"))
        minister.fits(DESKTOP, UPRIGHT, PHONE, TABLET)
        minister.is_barred_by_nothing()
        minister.needs_no_pointer()
        assert not minister.wrong, "\n".join(minister.wrong)
        stranger = chromium.new_context()
        answer = stranger.request.get(address.input_value())
        assert answer.ok
        assert "BEGIN:VCALENDAR" in answer.text()
        minister.page.get_by_role("link", name="Đã chép xong").click()
        minister.page.get_by_role("button", name="Tắt địa chỉ").click()
        expect(minister.page.get_by_role("status")).to_contain_text("Đã tắt địa chỉ lịch")
