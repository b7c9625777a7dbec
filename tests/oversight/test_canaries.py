"""A word is planted in everything that not everybody may know; every page is then read as
everybody, and each word is found by exactly those whose it is (AC-04)."""

import html
import io
import json
import re
from collections import defaultdict
from urllib.parse import urljoin, urlsplit

import pypdf
import pytest
from flask import Flask
from reportlab.pdfgen.canvas import Canvas

from ballots.service import draft as drafting
from documents import service as documents
from documents.rules import PaperKind
from meetings.service import prepare
from tests.ballots.builders import MONDAY, Member, set_clock
from tests.builders import PASSWORD, SEED, Browser, Cabinet
from tests.meetings.builders import head
from tests.meetings.builders import planned as plan
from tests.tasks.builders import assign

MEMBERS = {"thutuong", "pttg1", "botruong.taichinh", "botruong.yte", "botruong.xaydung"}
DRAFTERS = {"thuky", "thuky2", "chuyenvien", "lanhdaovp"}
OFFICE = DRAFTERS | {"kiemtoan"}
# One of each role, and two of each that is told apart by seat or agency.
READERS = {
    "thutuong", "botruong.yte", "botruong.taichinh", "thuky", "chuyenvien", "lanhdaovp",
    "vanthu", "canbo.yte", "canbo.taichinh", "quantri", "kiemtoan",
}  # fmt: skip

# Where each word stands, and who may come upon it.
MAY_KNOW = {
    "CANARYdossier": OFFICE,
    "CANARYpaper": OFFICE,
    "CANARYtext": OFFICE,
    "CANARYdraft": DRAFTERS | {"thutuong"},
    "CANARYasked": MEMBERS | OFFICE,
    "CANARYhandedout": MEMBERS | OFFICE,
    "CANARYopinion": {"botruong.yte"},
    "CANARYagenda": DRAFTERS | {"thutuong"},
    "CANARYtask": MEMBERS | OFFICE | {"canbo.yte"},
    PASSWORD: set[str](),
    SEED: set[str](),
}


def pdf(text: str) -> bytes:
    made = io.BytesIO()
    canvas = Canvas(made, invariant=1)
    canvas.drawString(72, 760, text)
    canvas.save()
    return made.getvalue()


def plant(cabinet: Cabinet) -> None:
    set_clock(MONDAY)
    specialist = cabinet.actor("chuyenvien")

    def dossier(title: str, paper: str, text: str) -> int:
        made = documents.create_dossier(specialist, title, cabinet.agencies["yte"])
        documents.add_paper(specialist, made, paper, PaperKind.DRAFT, "du-thao.pdf", pdf(text))
        return made

    dossier("Hồ sơ CANARYdossier", "Dự thảo CANARYpaper", "Noi dung CANARYtext")
    drafted = dossier("Hồ sơ thứ nhất", "Dự thảo", "Noi dung")
    drafting.draft(specialist, drafting.Question(drafted, "Câu hỏi CANARYdraft?", "", 2))
    handed = dossier("Hồ sơ thứ hai", "Dự thảo CANARYhandedout", "Noi dung")
    question = drafting.Question(handed, "Câu hỏi CANARYasked?", "", 2)
    consultation = drafting.draft(specialist, question)
    drafting.approve(cabinet.actor("lanhdaovp"), consultation)
    Member(cabinet, "botruong.yte").cast(consultation, "disagree", "Ý kiến CANARYopinion")
    prepare.plan(cabinet.actor("thuky"), head(cabinet, title="Phiên họp CANARYagenda"))
    plan(cabinet).convene()
    assign(cabinet, text="Nhiệm vụ CANARYtask")


def addresses(app: Flask) -> set[str]:
    """Every page without a number, and those of the first rows of each table."""
    rules = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or set()) and not rule.rule.startswith("/static")
    ]
    words = [
        "/search?q=Noi+dung",
        "/tasks.csv?shown=all",
        "/tasks?shown=all",
    ]
    return set(words) | {
        re.sub(r"<int:\w+>", str(number), rule) for rule in rules for number in (1, 2)
    }


def read(browser: Browser, address: str, accept: str) -> str:
    answer = browser.get(address, headers={"Accept": accept})
    assert answer.status_code < 500, address
    if answer.mimetype == "application/pdf":
        pages = pypdf.PdfReader(io.BytesIO(answer.data)).pages
        return "\n".join(page.extract_text() for page in pages)
    text = answer.get_data().decode("utf-8", "replace")
    return json.dumps(answer.json, ensure_ascii=False) if answer.is_json else text


def crawl(browser: Browser, app: Flask) -> set[str]:
    """The words that a reader comes upon, over all links that any page shows them."""
    seen: set[str] = set()
    first = {address for address in addresses(app) if "/1" in address}
    waiting, done = addresses(app), set()
    while waiting:
        address = waiting.pop()
        done.add(address)
        for accept in ("text/html", "application/json")[: 1 + (address in first)]:
            page = html.unescape(read(browser, address, accept))
            seen |= {word for word in MAY_KNOW if word in page}
            for link in re.findall(r'(?:href|src|data-paper-url)="([^"#]+)', page):
                path = urlsplit(urljoin(f"http://localhost{address}", link))
                # A query shows the same page otherwise, and a calendar's go on without end.
                is_ours = path.netloc == "localhost" and not path.query
                if is_ours and not path.path.startswith("/static") and path.path not in done:
                    waiting.add(path.path)
    return seen


@pytest.mark.once
@pytest.mark.timeout(900)
def test_each_word_is_found_by_exactly_those_whose_it_is(app: Flask, cabinet: Cabinet) -> None:
    plant(cabinet)
    found = defaultdict(set)
    for username in sorted(READERS):
        for word in crawl(cabinet.browser(username), app):
            found[word].add(username)
    for word in crawl(cabinet.browser(), app):
        found[word].add("nobody")
    allowed = {word: who & READERS for word, who in MAY_KNOW.items()}
    assert {word: found[word] for word in MAY_KNOW} == allowed
