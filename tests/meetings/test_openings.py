"""Who has opened the papers of a session, item by item; what its staff remind by."""

import csv
import io
import re

from documents import queries as documents
from documents import replacing, service
from ecabinet import approvals
from ecabinet.db import reading
from meetings.service import prepare
from meetings.service.prepare import ItemText
from tests.builders import Cabinet
from tests.documents.builders import arrived, pdf, take_along
from tests.meetings.builders import ITEMS, MEMBERS, Session, planned

JSON = {"Accept": "application/json"}


def with_two_papers(cabinet: Cabinet) -> tuple[Session, list[documents.PaperView]]:
    """A convened session whose second item has two papers."""
    session, secretary = planned(cabinet), cabinet.actor("thuky")
    dossier = service.create_dossier(secretary, "Hồ sơ nước", cabinet.agencies["yte"])
    for title in ("Tờ trình", "Dự thảo"):
        service.add_paper(secretary, dossier, title, "submission", "a.pdf", pdf(1))
    text = ItemText(ITEMS[1], 30, dossier_id=dossier)
    prepare.edit_item(
        secretary, session.id, session.items[1], session.draft_of(session.items[1]), text
    )
    session.convene()
    with reading() as db:
        return session, documents.current_editions(db, dossier)


def groups(page: str) -> dict[str, list[str]]:
    """Of each group of people its offices."""
    found = re.findall(
        r"<details class=\"more\".*?</svg>(.*?)&nbsp;(.*?)</details>", page, re.DOTALL
    )
    return {name.strip(): re.findall(r'class="row__t">(.*?)</span>', rows) for name, rows in found}


def test_staff_see_for_each_item_who_has_opened_all_some_or_none_of_its_papers(
    cabinet: Cabinet,
) -> None:
    session, (first, second) = with_two_papers(cabinet)
    health, finance = cabinet.actor("botruong.yte"), cabinet.actor("botruong.taichinh")
    for paper in (first, second):
        service.open_copy(health, paper.edition_id, True)
    service.open_copy(finance, first.edition_id, True)
    vault = cabinet.browser("pttg1")
    kept = vault.post("/vault", json={}, headers=JSON).json["vault"]
    arrived(take_along(vault, kept, first.edition_id))

    path = f"/meetings/{session.id}/openings"
    page = cabinet.browser("thuky").get(path).text
    found = groups(page)
    assert found["Đã mở đủ"] == ["Bộ trưởng Bộ Y tế"]
    assert found["Mở một phần"] == ["Bộ trưởng Bộ Tài chính"]
    assert "Phó Thủ tướng Chính phủ" in found["Chưa mở"]
    assert len(found["Chưa mở"]) == len(MEMBERS) - 2
    assert "Còn: Dự thảo" in page
    assert "1 tài liệu giữ trên máy" in page

    # A replaced paper is to be opened anew.
    asked = replacing.propose(cabinet.actor("thuky"), second.id, "b.pdf", pdf(2), "Sai số liệu.")
    with reading() as db:
        digest = db.get_one(approvals.Request, asked).digest
    approvals.confirm(cabinet.actor("lanhdaovp"), asked, digest)
    found = groups(cabinet.browser("thuky").get(path).text)
    assert "Đã mở đủ" not in found
    assert found["Mở một phần"] == ["Bộ trưởng Bộ Tài chính", "Bộ trưởng Bộ Y tế"]


def test_the_same_goes_out_as_a_table_and_to_nobody_but_who_prepares(cabinet: Cabinet) -> None:
    session, (first, _second) = with_two_papers(cabinet)
    service.open_copy(cabinet.actor("botruong.yte"), first.edition_id, True)
    path = f"/meetings/{session.id}/openings"
    text = cabinet.browser("thuky").get(f"{path}.csv").data.decode("utf-8-sig")
    heading, *rows = csv.reader(io.StringIO(text))
    assert heading[2:5] == ["Người dự họp", "Số tài liệu đã mở", "Số tài liệu"]
    assert [row[3:5] for row in rows if row[2] == "Bộ trưởng Bộ Y tế"] == [["1", "2"]]
    assert len(rows) == len(MEMBERS)
    for end in ("", ".csv"):
        assert cabinet.browser("botruong.yte").get(path + end).status_code == 403
    assert f'href="{path}"' in cabinet.browser("thuky").get(f"/meetings/{session.id}").text
    assert f'href="{path}"' not in cabinet.browser("thutuong").get(f"/meetings/{session.id}").text


def test_before_the_papers_are_handed_out_the_page_says_so(cabinet: Cabinet) -> None:
    session = planned(cabinet)
    page = cabinet.browser("thuky").get(f"/meetings/{session.id}/openings").text
    assert "Tài liệu chưa phát" in page
