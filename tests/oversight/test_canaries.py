"""A word is planted in everything that not everybody may know; every page is then read as
everybody, and each word is found by exactly those whose it is (AC-04)."""

import html
import io
import json
import re
import zipfile
from urllib.parse import urljoin, urlsplit

import pypdf
import pytest
from flask import Flask
from reportlab.pdfgen.canvas import Canvas
from werkzeug.test import TestResponse

from ballots.service import draft as drafting
from documents import service as documents
from documents.rules import PaperKind
from ecabinet.access import Actor, Permission
from ecabinet.web import permission_of
from meetings.service import prepare
from tests.ballots.builders import MONDAY, Member, set_clock
from tests.builders import PASSWORD, SEED, Browser, Cabinet
from tests.meetings.builders import head
from tests.meetings.builders import planned as plan
from tests.people.builders import JSON
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


def addresses(app: Flask, reader: Actor | None) -> set[str]:
    """Every page without a number, and those of the first rows of each table.

    Doors that are shut to the reader's role are tried by `test_access`, each with its answer.
    """
    rules = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or set()) and not rule.rule.startswith("/static")
        if is_open(permission_of(app.view_functions[rule.endpoint]), reader)
    ]
    words = [
        "/search?q=Noi+dung",
        "/tasks.csv?shown=all",
        "/tasks?shown=all",
    ]
    return set(words) | {
        re.sub(r"<int:\w+>", str(number), rule) for rule in rules for number in (1, 2)
    }


def is_open(permission: Permission, reader: Actor | None) -> bool:
    return permission is Permission.ANYONE or (reader is not None and reader.may(permission))


def read(browser: Browser, address: str) -> str:
    """All that an address says: as a page, and as a script is answered where that is another."""
    answer = browser.get(address, headers=JSON)
    said = words_in(answer)
    # Whom a script is refused, a page is refused in the same words.
    return (
        said + words_in(browser.get(address))
        if answer.is_json and answer.status_code < 400
        else said
    )


def words_in(answer: TestResponse) -> str:
    assert answer.status_code < 500, answer.request.path
    if answer.mimetype == "application/pdf":
        pages = pypdf.PdfReader(io.BytesIO(answer.data)).pages
        return "\n".join(page.extract_text() for page in pages)
    if answer.mimetype == "application/zip":
        with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
            files = [archive.read(each).decode("utf-8", "replace") for each in archive.namelist()]
        return "\n".join(files)
    if answer.is_json:
        return json.dumps(answer.json, ensure_ascii=False)
    return html.unescape(answer.get_data().decode("utf-8", "replace"))


def crawl(cabinet: Cabinet, username: str | None) -> set[str]:
    """The words that a reader comes upon, over all links that any page shows them."""
    browser, seen = cabinet.browser(username), set[str]()
    waiting = addresses(cabinet.app, cabinet.actor(username) if username else None)
    done = set[str]()
    while waiting:
        address = waiting.pop()
        done.add(address)
        page = read(browser, address)
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
def test_each_word_is_found_by_exactly_those_whose_it_is(cabinet: Cabinet) -> None:
    plant(cabinet)
    found = {username: crawl(cabinet, username) for username in READERS}
    assert crawl(cabinet, None) == set()
    who_found = {word: {who for who, words in found.items() if word in words} for word in MAY_KNOW}
    assert who_found == {word: who & READERS for word, who in MAY_KNOW.items()}
