"""Somebody who looks hard at every page: its width, its words, its faults, whom it asks."""

import re
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from babel.messages.pofile import read_po

from tests.browser.keys import wrong_by_keys, wrong_in_the_menu
from tests.browser.person import TABLET, Person

ROOT = Path(__file__).parent.parent.parent
WCAG = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}
NOTHING = "/nothing-here"
Size = tuple[int, int]


class Reader(Person):
    """Somebody's browser, which notes whatever is wrong with a page."""

    path = ""

    def finds(self, what: str) -> None:
        super().finds(f"{self.path}: {what}")

    def opens(self, path: str, language: str = "vi") -> None:
        self.path = path
        self.expected = ["404"] if path == NOTHING else []
        asked = f"{path}{'&' if '?' in path else '?'}lang={language}"
        answer = self.page.goto(self.server.url + asked)
        assert answer is not None
        if answer.status != (404 if path == NOTHING else 200):
            self.finds(f"answers {answer.status}")
        if self.page.locator("html").get_attribute("lang") != language:
            self.finds(f"does not say that it is in {language}")

    def fits(self, *sizes: Size) -> None:
        """Nothing of this page lies outside its width, at any of these sizes."""
        for width, height in sizes:
            self.page.set_viewport_size({"width": width, "height": height})
            if over := self.page.evaluate(OVER):
                self.finds(f"{over} px too wide at {width}x{height}")

    def fits_with_doubled_text(self, *sizes: Size) -> None:
        """The same for who reads with their text at 200 % (WCAG 1.4.4)."""
        self.page.evaluate("document.documentElement.style.fontSize = '200%'")
        for width, height in sizes:
            self.page.set_viewport_size({"width": width, "height": height})
            if over := self.page.evaluate(OVER):
                self.finds(f"{over} px too wide at {width}x{height} with doubled text")
            for words in self.page.evaluate(CUT):
                self.finds(f"cut at {width}x{height} with doubled text: {words}")
        self.page.evaluate("document.documentElement.style.fontSize = ''")

    def is_barred_by_nothing(self) -> None:
        """No rule of WCAG that a machine can judge is broken, at the reader's own size."""
        width, height = self.size
        self.page.set_viewport_size({"width": width, "height": height})
        for violation in Axe().run(self.page, options=WCAG).response["violations"]:
            where = [node["target"] for node in violation["nodes"]][:4]
            self.finds(f"{violation['id']}: {where}")

    def needs_no_pointer(self) -> None:
        """Keys alone reach, show and leave everything on this page."""
        width, height = TABLET
        self.page.set_viewport_size({"width": width, "height": height})
        for wrong in wrong_by_keys(self.page):
            self.finds(wrong)

    def needs_no_pointer_for_the_menu(self) -> None:
        for wrong in wrong_in_the_menu(self.page):
            self.finds(wrong)

    def reads_it_in_english(self) -> None:
        self.opens(self.path, "en")
        for left in VIETNAMESE.intersection(self.page.evaluate(WORDS)):
            self.finds(f"not in English: {left}")


# By how many pixels the page is wider than the screen.
OVER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

# Words beyond the screen's edge that no scrolling brings back.
CUT = """() => {
  const scrolls = (each) => each && (
    ['auto', 'scroll'].includes(getComputedStyle(each).overflowX) || scrolls(each.parentElement));
  const cut = (each) => {
    const {left, right, width, height} = each.getBoundingClientRect();
    const outside = right > innerWidth + 1 || left < -1;
    return outside && width > 1 && height > 1 && each.checkVisibility() && !scrolls(each);
  };
  const words = (each) => [...each.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE)
    .map((node) => node.data.trim()).join(' ').trim();
  return [...document.querySelectorAll('.app :not(.skip)')].filter(cut).map(words).filter(Boolean);
}"""

# Every text of the page, seen or waiting in a dialog, and every name and hint; but for what says
# of itself that it is of another language, as a paper's own words do (WCAG 3.1.2).
WORDS = """() => {
  const words = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const isOurs = (text) => text.parentElement.closest('[lang]') === document.documentElement;
  while (walker.nextNode()) if (isOurs(walker.currentNode)) words.push(walker.currentNode.data);
  for (const name of ['aria-label', 'placeholder', 'title', 'alt'])
    for (const each of document.querySelectorAll(`[${name}]`)) words.push(each.getAttribute(name));
  return words.map((each) => each.trim().replace(/\\s+/g, ' ').replace(/:$/, ''));
}"""

# Data on a page, whatever it is elsewhere.
OFFERED = {
    # A task's product: once chosen it is what the assigner said, and stays as it is.
    "Báo cáo Thủ tướng Chính phủ",
    "Tờ trình kèm dự thảo văn bản",
    "Đề án kèm Tờ trình",
    "Kế hoạch thực hiện",
    # Roles in the list of rights, and the titles of offices on every other page.
    "Thủ tướng Chính phủ",
    "Phó Thủ tướng Chính phủ",
    "Quản trị hệ thống",
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
