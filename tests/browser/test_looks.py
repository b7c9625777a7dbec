"""Every page as its readers meet it: for everybody, at every size, in both languages."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from babel.messages.pofile import read_po
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.browser.test_passkeys import ARGS, CHROMIUM
from tests.server import Server, serving

pytestmark = pytest.mark.audit

ROOT = Path(__file__).parent.parent.parent
HANOI = timezone(timedelta(hours=7))
DESKTOP, TABLET, UPRIGHT, PHONE = (1440, 900), (1180, 820), (820, 1180), (390, 844)
SIZES = (DESKTOP, TABLET, UPRIGHT, PHONE)
WCAG = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}

# What the demo makes first: a session convened and one in draft, a question closed and one open.
SESSION, DRAFT, CLOSED, OPEN = "/meetings/1", "/meetings/2", "/consultations/1", "/consultations/2"
LIVE, HALL = f"{SESSION}/live", f"{SESSION}/hall"
DOSSIER, PAPER, TASK, FOUND = "/dossiers/1", "/papers/6", "/tasks/8", "/search?q=nghị định"
NOTHING = "/nothing-here"

# Each reader, the size at which axe reads their pages, and the pages.
READERS = {
    "thuky": (DESKTOP, (
        "/", "/duties", "/inbox", "/meetings", "/meetings/new", SESSION, DRAFT, LIVE,
        "/consultations", "/consultations/new", OPEN, CLOSED,
        "/dossiers", DOSSIER, PAPER, FOUND, "/tasks", TASK, "/devices", "/devices/pending",
    )),
    "thutuong": (TABLET, (
        "/", "/inbox", "/meetings", SESSION, LIVE, OPEN, CLOSED, PAPER, "/tasks", "/tasks/assign",
    )),
    "botruong.yte": (PHONE, (
        "/", "/duties", "/inbox", "/meetings", SESSION, LIVE, HALL, "/consultations", OPEN,
        f"{OPEN}/answer", CLOSED, "/dossiers", DOSSIER, PAPER, FOUND, "/tasks", TASK, "/devices",
        NOTHING,
    )),
    "canbo.xaydung": (PHONE, ("/", "/duties", "/inbox", "/tasks", TASK, "/devices")),
    "kiemtoan": (UPRIGHT, (
        "/", "/meetings", "/consultations", CLOSED, "/dossiers", DOSSIER, "/tasks", TASK,
    )),
}  # fmt: skip


class Reader:
    """Somebody's browser, which notes whatever is wrong with a page."""

    def __init__(self, browser: Browser, server: Server, size: tuple[int, int]) -> None:
        self.server, self.size = server, size
        self.page: Page = browser.new_context(locale="vi-VN").new_page()
        self.wrong: list[str] = []
        self.path = ""
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda fault: self._note(f"fault: {fault}"))
        self.page.on("request", lambda request: self._asked(request.url))

    def _note(self, what: str) -> None:
        self.wrong.append(f"{self.path}: {what}")

    def _heard(self, message: ConsoleMessage) -> None:
        # PDF.js remarks on a pane that a phone does not show.
        expected = "404" if self.path == NOTHING else "offsetParent is not set"
        if message.type == "error" and expected not in message.text:
            self._note(f"console: {message.text}")

    def _asked(self, url: str) -> None:
        own = (self.server.url, self.server.url.replace("http", "ws"), "data:", "blob:")
        if not url.startswith(own):
            self._note(f"asked a stranger: {url}")

    def sign_in(self, name: str) -> None:
        self.page.goto(f"{self.server.url}/sign-in")
        self.give_password(name)
        self.page.fill("#code", self.server.code(name))
        self.page.click("form.region button[type=submit]")
        self.page.wait_for_selector("nav.nav", state="attached")

    def give_password(self, name: str) -> None:
        self.page.fill("#username", name)
        self.page.fill("#password", self.server.accounts[name]["password"])
        self.page.click("main form button[type=submit]")
        self.page.wait_for_selector("#code")

    def reads(self, path: str) -> None:
        """Look at this page in Vietnamese at every size, and in English for its words."""
        self.path = path
        self._open("vi")
        for width, height in (*SIZES, self.size):
            self.page.set_viewport_size({"width": width, "height": height})
            over = self.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            if over > 0:
                self._note(f"{over} px too wide at {width}x{height}")
        for violation in Axe().run(self.page, options=WCAG).response["violations"]:
            where = [node["target"] for node in violation["nodes"]][:4]
            self._note(f"{violation['id']}: {where}")
        self._open("en")
        for left in VIETNAMESE.intersection(self.page.evaluate(WORDS)):
            self._note(f"not in English: {left}")

    def _open(self, language: str) -> None:
        asked = f"{self.path}{'&' if '?' in self.path else '?'}lang={language}"
        answer = self.page.goto(self.server.url + asked)
        assert answer is not None
        if answer.status != (404 if self.path == NOTHING else 200):
            self._note(f"answers {answer.status}")
        if self.page.locator("html").get_attribute("lang") != language:
            self._note(f"does not say that it is in {language}")

    def posts(self, path: str, **fields: str | float | bool) -> None:
        token = self.page.locator("meta[name=csrf-token]").get_attribute("content")
        headers = {"X-CSRF-Token": token or "", "Accept": "application/json"}
        answer = self.page.request.post(self.server.url + path, form=fields, headers=headers)
        assert answer.ok, (path, answer.status, answer.text()[:200])


# Every text of the page, seen or waiting in a dialog, and every name and hint.
WORDS = """() => {
  const words = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) words.push(walker.currentNode.data);
  for (const name of ['aria-label', 'placeholder', 'title', 'alt'])
    for (const each of document.querySelectorAll(`[${name}]`)) words.push(each.getAttribute(name));
  return words.map((each) => each.trim().replace(/\\s+/g, ' ').replace(/:$/, ''));
}"""

# Offered as a task's product: once chosen it is what the assigner said, and stays as it is.
OFFERED = {
    "Báo cáo Thủ tướng Chính phủ",
    "Tờ trình kèm dự thảo văn bản",
    "Đề án kèm Tờ trình",
    "Kế hoạch thực hiện",
}


def vietnamese() -> frozenset[str]:
    """Every sentence of the templates and scripts that reads otherwise in English."""
    found = set()
    for source in ROOT.glob("translations/*/en/LC_MESSAGES/messages.po"):
        found |= {each.id for each in read_po(source.open("rb")) if each.id != each.string}
    for script in (ROOT / "frontend").rglob("*.ts"):
        found |= set(re.findall(r"\bvi: '([^']+)'", script.read_text()))
    return frozenset(each.rstrip(":") for each in found if each and isinstance(each, str)) - OFFERED


VIETNAMESE = vietnamese()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("looks") / "var") as server:
        yield server


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def readers(chromium: Browser, server: Server) -> dict[str, Reader]:
    """Everybody signed in on the morning of the session, which is under way."""
    now = datetime.fromtimestamp(server.now(), HANOI)
    morning = (now + timedelta(days=1)).replace(hour=7, minute=50)
    server.command("demo", "--forward", f"{(morning - now) // timedelta(minutes=1)}m")
    readers = {name: Reader(chromium, server, size) for name, (size, _) in READERS.items()}
    for name, reader in readers.items():
        reader.sign_in(name)
    secretary, premier = readers["thuky"], readers["thutuong"]
    parts = secretary.page.request.get(f"{server.url}{SESSION}/state").json()["parts"]
    members = [part["person"] for name, part in parts.items() if "seat:" in name and part["counts"]]
    for person in members[:20]:
        secretary.posts(f"{SESSION}/attendance/{person}", how="hall")
    premier.posts(f"{SESSION}/open")
    premier.posts(f"{SESSION}/items/{next(name[5:] for name in parts if 'item:' in name)}/call")
    readers["botruong.yte"].posts(f"{SESSION}/floor")
    return readers


@pytest.mark.parametrize("name", READERS)
def test_every_page_is_fit_for_its_readers(readers: dict[str, Reader], name: str) -> None:
    _size, paths = READERS[name]
    for path in paths:
        readers[name].reads(path)
    assert not readers[name].wrong, "\n".join(readers[name].wrong)


def test_the_pages_before_the_door_are_fit_for_anybody(chromium: Browser, server: Server) -> None:
    stranger = Reader(chromium, server, PHONE)
    stranger.reads("/sign-in")
    stranger.give_password("botruong.tuphap")
    stranger.reads("/sign-in/code")
    assert not stranger.wrong, "\n".join(stranger.wrong)
