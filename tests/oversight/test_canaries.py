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

from ballots.service import advise, early
from ballots.service import draft as drafting
from documents import access as documents_access
from documents import service as documents
from documents.rules import PaperKind
from ecabinet import clock
from ecabinet.access import Actor, Permission
from ecabinet.db import reading
from ecabinet.handover import service as handover
from ecabinet.web import permission_of
from meetings.service import prepare, substitutes
from meetings.service.prepare import ItemText
from people import queries as people
from people.service import changes
from tests.ballots.builders import MONDAY, Member, set_clock
from tests.builders import PASSWORD, SEED, Browser, Cabinet
from tests.documents.builders import papers
from tests.documents.test_notes import save
from tests.documents.test_notes import words as note
from tests.handover.test_handover import term_of
from tests.meetings.builders import head
from tests.meetings.builders import planned as plan
from tests.people.builders import JSON
from tests.tasks.builders import assign

MEMBERS = {"thutuong", "pttg1", "botruong.taichinh", "botruong.yte", "botruong.xaydung"}
DRAFTERS = {"thuky", "thuky2", "chuyenvien", "lanhdaovp"}
OFFICE = DRAFTERS | {"kiemtoan"}
# One of each role, and two of each that is told apart by seat or agency. By mandate the Ministry of
# Finance's official is an adviser, and the Ministry of Health's a substitute.
READERS = {
    "thutuong", "pttg1", "botruong.yte", "botruong.taichinh", "thuky", "chuyenvien", "lanhdaovp",
    "vanthu", "canbo.yte", "canbo.taichinh", "quantri", "kiemtoan",
}  # fmt: skip

# Where each word stands, and who may come upon it.
MAY_KNOW = {
    "CANARYdossier": OFFICE,
    "CANARYpaper": OFFICE,
    "CANARYtext": OFFICE,
    "CANARYdraft": DRAFTERS | {"thutuong"},
    "CANARYasked": MEMBERS | OFFICE | {"canbo.taichinh"},
    "CANARYhandedout": MEMBERS | OFFICE | {"canbo.taichinh"},
    "CANARYopinion": {"botruong.yte"},
    # Of its member, and at once of the staff of the agency that drafts; of no adviser.
    "CANARYearly": {"botruong.taichinh", "canbo.yte"},
    "CANARYnote": {"botruong.yte"},
    "CANARYlent": {"botruong.taichinh", "canbo.taichinh"},
    "CANARYaway": {"botruong.yte", "canbo.yte"},
    "CANARYconvened": MEMBERS | OFFICE | {"vanthu", "canbo.yte"},
    "CANARYfew": {"thutuong", "botruong.taichinh"} | OFFICE,
    "CANARYhandover": {"botruong.taichinh", "canbo.taichinh"},
    "CANARYbasis": {"lanhdaovp", "quantri", "kiemtoan"},
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
    minister, adviser = cabinet.actor("botruong.taichinh"), cabinet.ids["canbo.taichinh"]
    early.release(minister, consultation, "Góp ý CANARYearly")
    advise.name_adviser(minister, consultation, adviser, None, "Xem giúp CANARYlent")
    term = term_of(cabinet, "botruong.taichinh")
    handover.begin(minister, term, adviser, "Sổ CANARYhandover")
    (paper,) = papers(handed)
    noted = save(cabinet.browser("botruong.yte"), paper, note("Ghi chú CANARYnote"))
    assert noted.status_code == 200
    prepare.plan(cabinet.actor("thuky"), head(cabinet, title="Phiên họp CANARYagenda"))
    convened = plan(cabinet, ("Nội dung CANARYconvened",))
    told = frozenset({cabinet.ids["botruong.taichinh"]})
    few = ItemText("Nội dung CANARYfew", 10, restricted=True, readers=told)
    prepare.add_item(cabinet.actor("thuky"), convened.id, few)
    convened.convene()
    away, substitute = cabinet.actor("botruong.yte"), cabinet.ids["canbo.yte"]
    substitutes.ask(away, convened.id, substitute, "Vắng vì CANARYaway")
    with reading() as db:
        (asked,) = people.mandates_given_by(db, away.id)
        today = clock.now(db).date()
    substitutes.consent(cabinet.actor("thutuong"), convened.id, asked.id)
    keeper, clerk = cabinet.actor("quantri"), cabinet.ids["vanthu"]
    changes.ask_to_suspend(keeper, clerk, today, None, "Căn cứ CANARYbasis")
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


@pytest.mark.once
@pytest.mark.timeout(300)
def test_a_house_that_shows_a_dossier_to_anybody_is_found(
    cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The crawl above is not passed by a house whose pages ask for no right to the dossier."""
    plant(cabinet)
    monkeypatch.setattr(documents_access, "may_read", lambda *_: True)
    found = crawl(cabinet, "vanthu")
    assert {word for word in found if "vanthu" not in MAY_KNOW[word]} >= {
        "CANARYdossier", "CANARYpaper", "CANARYtext",
    }  # fmt: skip
