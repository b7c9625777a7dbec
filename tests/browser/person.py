"""Somebody at their own device, in a real browser: what every walk through the house needs."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta, timezone
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    FilePayload,
    Locator,
    Page,
    expect,
    sync_playwright,
)  # fmt: skip

from tests.server import Server

HANOI = timezone(timedelta(hours=7))
# Of Debian's Chromium the part that draws pages and no windows: half the work for the same page.
CHROMIUM = "/usr/bin/chromium-headless-shell"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-quic",
]  # fmt: skip
# A page that goes shuts its line; what the server said meanwhile comes to nobody.
CROSSED = "Data frame received after close"
DESKTOP, TABLET, UPRIGHT, PHONE = (1440, 900), (1180, 820), (820, 1180), (390, 844)


class Person:
    """Somebody at their own device, signed in as they would."""

    def __init__(self, browser: Browser, server: Server, name: str, size: tuple[int, int]) -> None:
        self.server, self.name, self.size = server, name, size
        self.context: BrowserContext = browser.new_context(
            locale="vi-VN",
            viewport={"width": size[0], "height": size[1]},
            has_touch=size != DESKTOP,
            accept_downloads=True,
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.tapped = 0
        self.expected = ["ERR_INTERNET_DISCONNECTED"]  # The line is cut on purpose.
        self.wrong: list[str] = []
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda fault: self.finds(f"fault: {fault}"))
        self.page.on("request", lambda request: self._refuse_strangers(request.url))

    def finds(self, what: str) -> None:
        """Something is wrong with a page."""
        self.wrong.append(what)

    def _note(self, message: object) -> None:
        text = str(getattr(message, "text", ""))
        known = any(each in text for each in (*self.expected, CROSSED))
        if getattr(message, "type", "") == "error" and not known:
            self.finds(text)

    def _refuse_strangers(self, url: str) -> None:
        own = (self.server.url, self.server.url.replace("http", "ws"), "data:", "blob:")
        if not url.startswith(own):
            self.finds(f"asked a stranger: {url}")

    def goes_to(self, path: str) -> None:
        self.page.goto(self.server.url + path)

    def signs_in(self) -> None:
        page = self.page
        self.gives_password()
        page.get_by_label("Mã 6 số").fill(self.server.code(self.name))
        page.get_by_role("button", name="Đăng nhập", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile("Thứ|Chủ Nhật"))

    def gives_password(self) -> None:
        page = self.page
        self.goes_to("/sign-in?lang=vi")
        page.get_by_label("Tên tài khoản").fill(self.name)
        page.get_by_label("Mật khẩu").fill(self.server.accounts[self.name]["password"])
        page.get_by_role("button", name="Tiếp tục").click()
        expect(page.get_by_label("Mã 6 số")).to_be_visible()

    def presses(self, name: str | re.Pattern[str], within: str = "body") -> None:
        self.page.locator(within).get_by_role("button", name=name).locator(
            "visible=true"
        ).first.click()

    def follows(self, name: str | re.Pattern[str], within: str = "body") -> None:
        self.page.locator(within).get_by_role("link", name=name).locator(
            "visible=true"
        ).first.click()

    def posts(self, path: str, pdf: bytes = b"", **fields: str | float | bool) -> str:
        """Do what a form of a page would; gives the address that follows, if one does."""
        token = self.page.locator("meta[name=csrf-token]").get_attribute("content")
        headers = {"X-CSRF-Token": token or "", "Accept": "application/json"}
        file: FilePayload = {"name": "a.pdf", "mimeType": "application/pdf", "buffer": pdf}
        sent: dict[str, Any] = {"multipart": fields | {"file": file}} if pdf else {"form": fields}
        answer = self.page.request.post(self.server.url + path, headers=headers, **sent)
        assert answer.ok, (path, answer.status, answer.text()[:200])
        return str(answer.json().get("location", "")) if answer.body() else ""

    def taps(self, target: Locator) -> None:
        """One tap of a finger, counted; a finger first scrolls it away from bars and feet."""
        target.evaluate("each => each.scrollIntoView({block: 'center'})")
        target.tap()
        self.tapped += 1

    def picks(self, field: str, words: str) -> None:
        """Choose, in a list, the line that holds these words."""
        value = self.page.locator(f"{field} option", has_text=words).first.get_attribute("value")
        self.page.locator(field).select_option(value)

    def sees(self, text: str | re.Pattern[str], within: str = "body") -> None:
        expect(self.page.locator(within)).to_contain_text(text)


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


def enrol(member: Person, secretary: Person) -> None:
    """The member makes a key in one tap; a secretary who has seen them confirms it."""
    member.goes_to("/devices")
    member.presses("Đăng ký khóa ký trên thiết bị này")
    member.sees("Chờ thư ký xác nhận")
    secretary.goes_to("/devices/pending")
    secretary.presses("Đối chiếu và xác nhận")
    secretary.page.locator("dialog[open]").get_by_role("checkbox").check()
    secretary.presses("Xác nhận khóa", "dialog[open]")
    secretary.sees("Không có khóa ký nào chờ xác nhận", "main")
    # The member's page shows it by itself.
    here = member.page.locator("[data-key]", has_text="thiết bị này").first
    expect(here).to_contain_text("Đang dùng được", timeout=15_000)


def conclude(chair: Person, text: str, order: str = "") -> None:
    dialog = chair.page.locator("dialog#conclude")
    dialog.get_by_label("Kết luận").fill(text)
    if order:
        dialog.get_by_role("button", name="Thêm nhiệm vụ").click()
        dialog.locator("[data-order-list] textarea").last.fill(order)
    dialog.get_by_role("button", name="Ghi kết luận").click()
    expect(dialog).to_be_hidden()
