"""From an invitation to a passkey, a signing key and its end, as somebody new walks it."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.person import DESKTOP, PHONE, TABLET, Person, browser
from tests.browser.reader import Reader
from tests.browser.test_passkeys import authenticator
from tests.server import serving_demo

pytestmark = pytest.mark.browser

MEMBER = "botruong.noivu"


def test_somebody_who_lost_everything_comes_in_again_and_signs(tmp_path: Path) -> None:
    with serving_demo(tmp_path / "var") as server, browser() as chromium:
        keeper = Person(chromium, server, "quantri", DESKTOP)
        leader = Person(chromium, server, "lanhdaovp", DESKTOP)
        secretary = Person(chromium, server, "thuky", DESKTOP)
        member = Reader(chromium, server, MEMBER, TABLET)
        for each in (keeper, leader, secretary):
            each.signs_in()

        keeper.goes_to("/persons?q=" + MEMBER)
        keeper.page.locator("main a[href^='/persons/']", has_text="Nội vụ").first.click()
        keeper.presses("Làm lại cách đăng nhập")
        keeper.presses("Gửi đề nghị", "dialog[open]")
        keeper.sees("Đã gửi đề nghị")
        path = keeper.page.url.removeprefix(server.url)
        leader.goes_to(path)
        leader.presses("Xác nhận, thực hiện ngay")
        leader.sees("đã xác nhận lúc")
        keeper.goes_to("/persons?q=" + MEMBER)
        keeper.page.locator("main a[href^='/persons/']", has_text="Nội vụ").first.click()
        keeper.presses("Lập thư mời")
        link = keeper.page.locator("[data-link]").inner_text()
        assert link.startswith(server.url + "/invitation/")

        authenticator(member.page)
        member.opens(link.removeprefix(server.url))
        member.fits(PHONE, TABLET)
        member.is_barred_by_nothing()
        member.needs_no_pointer()
        member.reads_it_in_english()
        member.page.goto(link + "?lang=vi")
        member.sees("Thư mời vào phòng họp không giấy")
        member.presses("Dùng thiết bị này")
        member.sees("Nơi đang đăng nhập")
        member.sees("bằng thư mời")

        member.presses("Đăng ký khóa ký trên thiết bị này")
        member.sees("Chờ thư ký xác nhận")
        secretary.goes_to("/devices/pending")
        secretary.presses("Đối chiếu và xác nhận")
        secretary.page.locator("dialog[open]").get_by_role("checkbox").check()
        secretary.presses("Xác nhận khóa", "dialog[open]")
        here = member.page.locator("[data-key]", has_text="thiết bị này").first
        expect(here).to_contain_text("Đang dùng được", timeout=20_000)
        member.presses("Thu hồi", "[data-keys]")
        member.presses("Thu hồi ngay", "dialog[open]")
        member.sees("Đã thu hồi khóa ký")
        for each in (keeper, leader, secretary, member):
            assert each.wrong == [], (each.name, json.dumps(each.wrong, ensure_ascii=False))
