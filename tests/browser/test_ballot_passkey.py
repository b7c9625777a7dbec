"""A minister answers with a touch of the tablet's passkey, and with a code when it is given up."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pysqlite3 import dbapi2

from tests.browser.test_passkeys import authenticator, make_passkey, sign_in
from tests.server import Server, serving_demo

pytestmark = pytest.mark.browser

MEMBER = "botruong.yte"
CODE = "#code"
TOUCH = "Ký bằng khóa đăng nhập của thiết bị"


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving_demo(tmp_path_factory.mktemp("ballot-passkey") / "var") as server:
        yield server


def test_a_minister_signs_by_a_touch_and_by_a_code_once_the_touch_is_given_up(
    chromium: Browser, server: Server
) -> None:
    page = chromium.new_context(locale="vi-VN", viewport={"width": 820, "height": 1180}).new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda fault: wrong.append(str(fault)))
    session, holder = authenticator(page)
    sign_in(page, server, MEMBER)
    make_passkey(page)
    enrol(page, chromium, server)
    # So that the code of the sign-in confirms nothing any more.
    server.command("demo", "--forward", "6m")
    path = f"{server.url}/consultations/{open_consultation(server)}/answer"

    check(page, path, "Đồng ý")
    expect(page.get_by_text(TOUCH)).to_be_visible()
    expect(page.locator(CODE)).to_be_hidden()
    page.get_by_role("button", name="Ký và gửi phiếu").click()
    expect(page.locator("[data-when=verified]").first).to_be_visible()

    check(page, path, "Không đồng ý")
    session.send("WebAuthn.setUserVerified", {"authenticatorId": holder, "isUserVerified": False})
    page.get_by_role("button", name="Ký và gửi phiếu").click()
    expect(page.get_by_role("alert")).to_contain_text("Chưa dùng khóa đăng nhập")
    expect(page.get_by_text(TOUCH)).to_be_hidden()
    page.locator(CODE).fill(server.code(MEMBER))
    page.get_by_role("button", name="Ký và gửi phiếu").click()
    expect(page.locator("[data-when=verified]").first).to_be_visible()

    touched, typed = evidence(server)
    assert (touched["method"], touched["bound_to_ballot"]) == ("passkey", True)
    assert (typed["method"], typed["bound_to_ballot"]) == ("totp", False)
    assert wrong == []


def enrol(page: Page, chromium: Browser, server: Server) -> None:
    """A key of this tablet, confirmed by a secretary who has seen its owner."""
    page.click("text=Đăng ký khóa ký trên thiết bị này")
    page.wait_for_selector("[data-standing=pending] [data-here]:visible")
    context = chromium.new_context(locale="vi-VN")
    secretary = context.new_page()
    sign_in(secretary, server, "thuky")
    secretary.goto(f"{server.url}/devices/pending")
    secretary.click("text=Đối chiếu và xác nhận")
    secretary.check("dialog[open] [name=met]")
    secretary.click("dialog[open] button[type=submit]")
    secretary.wait_for_selector("text=Không có khóa ký nào chờ xác nhận")
    context.close()


def open_consultation(server: Server) -> int:
    listed = json.loads(server.command("export", "list", "--json"))
    return next(each["id"] for each in listed if each["state"] == "open")


def check(page: Page, path: str, choice: str) -> None:
    """Choose, and read the very paper that will be signed."""
    page.goto(path)
    page.get_by_role("radio", name=choice, exact=True).check()
    page.get_by_role("button", name="Xem lại và ký").click()
    expect(page.get_by_role("heading", name="Xem lại trước khi ký")).to_be_visible()
    expect(page.locator("[data-mark]")).to_have_text(re.compile("[0-9a-f]{4}"))


def evidence(server: Server) -> list[dict[str, Any]]:
    """What was kept beside the member's ballots of the open consultation, oldest first."""
    with dbapi2.connect(server.folder / "ecabinet.db") as db:
        rows = db.execute("SELECT evidence FROM ballots_ballot ORDER BY id DESC LIMIT 2").fetchall()
    return [json.loads(row[0]) for row in reversed(rows)]
