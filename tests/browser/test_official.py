"""A member casts a ballot by their official-duty certificate, through the signing client on their
own device: the page speaks to it and to nobody else, and no key passes through the page."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_ballot_passkey import check, open_consultation
from tests.browser.test_passkeys import sign_in
from tests.plugin import Authority, Plugin, plugged_in
from tests.server import Server, serving_demo

pytestmark = pytest.mark.browser

MEMBER = "botruong.yte"


@pytest.fixture
def plugin() -> Iterator[Plugin]:
    with plugged_in() as plugin:
        yield plugin


@pytest.fixture
def official() -> Authority:
    return Authority()


@pytest.fixture
def server(tmp_path: Path, official: Authority, plugin: Plugin) -> Iterator[Server]:
    settings = {
        "ECABINET_OFFICIAL_AUTHORITIES": str(official.pinned_in(tmp_path)),
        "ECABINET_SIGNING_PLUGIN": plugin.address,
    }
    with serving_demo(tmp_path / "var", **settings) as server:
        yield server


def register(page: Page, chromium: Browser, server: Server, pem: bytes) -> None:
    """The member's certificate, confirmed by a secretary who has seen them."""
    page.set_input_files("#file", {"name": "toi.cer", "mimeType": "", "buffer": pem})
    page.get_by_role("button", name="Đăng ký chứng thư").click()
    expect(page.get_by_text("hãy gặp thư ký để đối chiếu")).to_be_visible()
    context = chromium.new_context(locale="vi-VN")
    secretary = context.new_page()
    sign_in(secretary, server, "thuky")
    secretary.goto(f"{server.url}/devices/pending")
    expect(secretary.get_by_text("CA chuyên dùng thử G2").first).to_be_visible()
    secretary.click("text=Đối chiếu và xác nhận")
    secretary.check("dialog[open] [name=met]")
    secretary.click("dialog[open] button[type=submit]")
    secretary.wait_for_selector("text=Không có khóa ký nào chờ xác nhận")
    context.close()


def test_a_member_casts_by_their_official_certificate_through_the_signing_client(
    chromium: Browser, server: Server, official: Authority, plugin: Plugin
) -> None:
    holder = official.certify(server.accounts[MEMBER]["name"])
    page = chromium.new_context(locale="vi-VN", viewport={"width": 1180, "height": 820}).new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda fault: wrong.append(str(fault)))
    sockets: list[str] = []
    page.on("websocket", lambda line: sockets.append(line.url))
    sign_in(page, server, MEMBER)
    register(page, chromium, server, holder.pem)

    path = f"{server.url}/consultations/{open_consultation(server)}/answer"
    check(page, path, "Không đồng ý")
    expect(page.get_by_text("Chữ ký số chuyên dùng công vụ; phần mềm")).to_be_visible()
    send = page.get_by_role("button", name="Ký và gửi phiếu")
    send.click()
    expect(page.get_by_role("alert")).to_contain_text("Không tìm thấy thiết bị lưu khóa")

    plugin.holder = holder
    send.click()
    expect(page.locator("[data-when=verified]").first).to_be_visible(timeout=30_000)
    expect(page.get_by_text("chữ ký số chuyên dùng công vụ")).to_be_visible()
    asked = plugin.asked[-1]
    assert asked.keys() == {
        "path", "FileUploadHandler", "SessionId", "JWTToken", "FileName", "MetaData",
    }  # fmt: skip
    assert asked["path"] == "/SignApproved"
    # To the client on the device, and to our own server: nowhere else.
    ours = server.url.replace("http", "ws")
    assert {each for each in sockets if not each.startswith(ours)} == {
        f"{plugin.address}/SignApproved"
    }
    assert wrong == []
