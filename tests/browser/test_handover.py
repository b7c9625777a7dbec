"""An official hands over, their minister takes over: two browsers, two signatures, one record."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.person import Person, browser
from tests.server import serving_demo

pytestmark = pytest.mark.browser
OFFICE = "Cán bộ đầu mối Bộ Y tế"


def test_an_office_is_handed_over_and_signed_by_both(tmp_path: Path) -> None:
    with serving_demo(tmp_path / "var") as server, browser() as chromium:
        giver = Person(chromium, server, "canbo.yte", (1440, 900))
        taker = Person(chromium, server, "botruong.yte", (1180, 820))
        for each in (giver, taker):
            each.signs_in()
        giver.goes_to("/handovers")
        giver.page.get_by_label("Giao cho").select_option(label="Bộ trưởng Bộ Y tế")
        giver.presses("Lập bàn giao", "main")
        expect(giver.page.get_by_role("heading", level=1)).to_contain_text(OFFICE)
        path = giver.page.url.split("?")[0].removeprefix(server.url)
        taker.goes_to(path)
        expect(taker.page.get_by_role("button", name="Ký nhận")).to_have_count(0)
        giver.presses("Ký giao", "main")
        expect(giver.page.locator("main")).to_contain_text("chờ bên nhận ký")
        taker.goes_to("/")
        taker.follows(OFFICE, "#waiting")
        taker.presses("Ký nhận", "main")
        expect(taker.page.locator("main")).to_contain_text("đã bàn giao")
        giver.goes_to("/inbox")
        giver.sees("đã ký nhận bàn giao")
        assert giver.wrong == taker.wrong == []
