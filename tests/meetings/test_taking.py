"""Many files for an agenda at once: which item each is for, by its name, and where it goes."""

import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from documents import queries as documents
from documents.rules import PaperKind
from ecabinet.db import reading
from ecabinet.errors import NotFound, Refused, Unreadable
from meetings.models import Meeting
from meetings.rules import AgendaRefusal
from meetings.service import prepare, taking
from meetings.service.prepare import ItemText
from tests.builders import Cabinet
from tests.documents import builders as papers
from tests.meetings import builders

ROOT = Path(__file__).parent.parent.parent
AGENDA = [
    "Báo cáo tình hình kinh tế - xã hội tháng 11 và 11 tháng năm 2026",
    "Dự thảo Nghị quyết về quản lý nguồn nước",
    "Dự án Luật Nhà ở xã hội (sửa đổi)",
    "Đề án chuyển đổi số ngành y tế",
]
ASK = """
const { match } = await import(process.argv[1]);
const [titles, names] = JSON.parse(process.argv[2]);
const targets = titles.map((title, place) => ({ id: `i${place + 1}`, number: place + 1, title }));
console.log(JSON.stringify(names.map((name) => match(name, targets))));
"""
# The item, what told of it, and what is left to be the title.
NAMES = {
    "1. Bao cao.pdf": ("i1", "number", "Bao cao"),
    "ND2 - Tờ trình.pdf": ("i2", "number", "Tờ trình"),
    "Nội dung 3_Dự thảo Luật.docx": ("i3", "number", "Dự thảo Luật"),
    "02) Phu luc.pdf": ("i2", "number", "Phu luc"),
    "3.1. Bản tổng hợp ý kiến.pdf": ("i3", "number", "Bản tổng hợp ý kiến"),
    "4 - To trinh.pdf": ("i4", "number", "To trinh"),
    "Bao cao tinh hinh kinh te xa hoi.pdf": ("i1", "words", None),
    "to-trinh-quan-ly-nguon-nuoc.pdf": ("i2", "words", None),
    "TotrinhLuatNhaoxahoi.pdf": ("i3", "words", None),
    "Dự thảo đề án chuyển đổi số y tế (final).pdf": ("i4", "words", None),
    # Said in so many words, a number goes before the words; a number that may be any, after them.
    "ND1 - quản lý nguồn nước.pdf": ("i1", "number", "quản lý nguồn nước"),
    "2 năm chuyển đổi số ngành y tế.pdf": ("i4", "words", None),
    # The number of a document, of a decree, a day; an item that is not there; nothing at all.
    "02-TTr-BXD.pdf": ("", "nothing", None),
    "ND 2-2026.pdf": ("", "nothing", None),
    "03-11-2026 cong van.pdf": ("", "nothing", None),
    "9. Bao cao.pdf": ("", "nothing", None),
    "scan0001.pdf": ("", "nothing", None),
    # What all papers are called says nothing of which matter they are.
    "Dự thảo Nghị quyết.pdf": ("", "nothing", None),
    "xã hội.pdf": ("", "nothing", None),
}


@pytest.fixture(scope="module")
def matches(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    made = tmp_path_factory.mktemp("match") / "match.mjs"
    esbuild = [str(ROOT / "node_modules/.bin/esbuild"), str(ROOT / "frontend/meetings/match.ts")]
    options = ["--bundle", "--format=esm", f"--outfile={made}", "--log-level=error"]
    subprocess.run([*esbuild, *options], check=True)
    asked = json.dumps([AGENDA, list(NAMES)])
    script = ["node", "--input-type=module", "-e", ASK, made.as_uri(), asked]
    found = json.loads(subprocess.run(script, check=True, capture_output=True).stdout)
    return dict(zip(NAMES, found, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_a_files_name_tells_which_item_it_is_for(matches: dict[str, Any], name: str) -> None:
    item, by, title = NAMES[name]
    found = matches[name]
    assert (found["id"], found["by"]) == (item, by)
    if title:
        assert found["title"] == title


def take(session: builders.Session, item: int, content: bytes, who: str = "thuky") -> int:
    name, kind = "2. Tờ trình.pdf", PaperKind.SUBMISSION
    return taking.add_paper(session.actor(who), session.id, item, "Tờ trình", kind, name, content)


def test_papers_go_to_the_dossier_of_their_item_which_begins_with_the_first(
    cabinet: Cabinet,
) -> None:
    session = builders.planned(cabinet)
    _, item, other = session.items
    with pytest.raises(Refused) as refused:
        take(session, item, papers.pdf(1))
    assert refused.value.reason is AgendaRefusal.NO_AGENCY
    text = ItemText(builders.ITEMS[1], 30, cabinet.agencies["yte"])
    prepare.edit_item(session.actor("thuky"), session.id, item, session.draft_of(item), text)
    with pytest.raises(Unreadable):
        take(session, item, b"<html>")
    assert dossier_of(session, item) is None
    before = session.draft
    take(session, item, papers.pdf(1))
    take(session, item, papers.pdf(2))
    dossier = dossier_of(session, item)
    assert dossier is not None
    assert dossier_of(session, other) is None
    with reading() as db:
        found = documents.dossier(db, dossier)
    assert (found.title, [each.pages for each in found.papers]) == (builders.ITEMS[1], [1, 2])
    # The other builders are told once: the agenda changed when it got a dossier.
    assert session.draft == session.draft_of(item) == before + 1
    with pytest.raises(NotFound):
        take(builders.planned(cabinet), item, papers.pdf(1))
    papers.hand_out(cabinet, dossier, ["botruong.yte"])
    with pytest.raises(Refused):
        take(session, item, papers.pdf(3))


def test_the_builder_sends_each_file_to_its_item_and_says_which_take_none(
    cabinet: Cabinet,
) -> None:
    session = builders.planned(cabinet)
    browser, item = cabinet.browser("chuyenvien"), session.items[0]
    path = f"/meetings/{session.id}/items/{item}/papers"

    def send() -> Any:
        data = {"file": (io.BytesIO(papers.pdf(2)), "1. Bao cao.pdf"), "kind": "other"}
        return browser.post(path, data, headers={"Accept": "application/json"})

    page = browser.get(f"/meetings/{session.id}").get_data(as_text=True)
    assert page.count("chưa có cơ quan trình)") == 3
    answer = send()
    assert answer.status_code == 409
    assert "cơ quan trình" in answer.json["message"]
    text = ItemText(builders.ITEMS[0], 30, cabinet.agencies["yte"])
    prepare.edit_item(session.actor("thuky"), session.id, item, session.draft_of(item), text)
    assert (send().status_code, send().json["pages"]) == (201, 2)
    page = browser.get(f"/meetings/{session.id}").get_data(as_text=True)
    assert page.count("chưa có cơ quan trình)") == 2


def dossier_of(session: builders.Session, item_id: int) -> int | None:
    with reading() as db:
        items = db.get_one(Meeting, session.id).items
        return next(each.dossier_id for each in items if each.id == item_id)
