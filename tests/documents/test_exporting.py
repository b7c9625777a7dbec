"""A reader's copy leaves this house where the paper's label lets it, marked and noted."""

import io
from datetime import timedelta

import pypdf
import pytest
from sqlalchemy import select

from documents import exporting, handling, queries, service
from documents.models import Export
from documents.queries import PaperView
from documents.rules import DossierRefusal, Handling, Way
from ecabinet import activity, clock
from ecabinet.activity import Activity
from ecabinet.db import reading
from tests.builders import Cabinet
from tests.documents import builders
from tests.documents.test_removing import ask, confirm, edition
from tests.meetings import builders as meetings

JSON = {"Accept": "application/json"}
READER = "botruong.yte"


@pytest.fixture
def paper(cabinet: Cabinet) -> PaperView:
    dossier = builders.dossier(cabinet, builders.pdf(3))
    builders.hand_out(cabinet, dossier, [READER])
    return builders.papers(dossier)[0]


def left() -> list[tuple[int, str]]:
    with reading() as db:
        return [(each.person_id, str(each.way)) for each in db.scalars(select(Export))]


def test_a_downloaded_copy_is_the_readers_own_and_noted(cabinet: Cabinet, paper: PaperView) -> None:
    browser = cabinet.browser(READER)
    answer = browser.get(f"/editions/{paper.edition_id}/copy.pdf")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    # To the byte what the reader's page is given, mark and time and all.
    assert answer.data == browser.get(f"/editions/{paper.edition_id}/file").data
    for page in pypdf.PdfReader(io.BytesIO(answer.data)).pages:
        assert "Bộ trưởng Bộ Y tế" in page.extract_text()
    assert left() == [(cabinet.ids[READER], "download")]
    with reading() as db:
        acts = db.scalars(select(Activity).where(Activity.act == "documents.download")).all()
    assert [(each.person_id, each.result) for each in acts] == [
        (cabinet.ids[READER], activity.DONE)
    ]


def test_printing_is_noted_before_it_is_done(cabinet: Cabinet, paper: PaperView) -> None:
    browser = cabinet.browser(READER)
    browser.get(f"/editions/{paper.edition_id}/file")
    answer = browser.post(f"/editions/{paper.edition_id}/printing", headers=JSON)
    assert (answer.status_code, answer.json) == (200, {"noted": True})
    assert left() == [(cabinet.ids[READER], "print")]
    office = cabinet.browser("thuky").get(f"/dossiers/{paper.dossier_id}").text
    assert "Tải tệp, in</th>" in office
    assert "Tải tệp, in</th>" not in browser.get(f"/dossiers/{paper.dossier_id}").text
    with reading() as db:
        (opened,) = queries.openings(db, paper.dossier_id)
    assert [each.way for each in opened.exports] == [Way.PRINT]


@pytest.mark.parametrize("label", [Handling.READ, Handling.ONLINE])
def test_a_label_keeps_every_copy_here_whoever_asks(
    cabinet: Cabinet, paper: PaperView, label: Handling
) -> None:
    secretary = cabinet.browser("thuky")
    said = secretary.post(f"/papers/{paper.id}/handling", {"handling": label.value})
    assert said.location == f"/dossiers/{paper.dossier_id}"
    for browser in (cabinet.browser(READER), secretary):
        for answer in (
            browser.get(f"/editions/{paper.edition_id}/copy.pdf", headers=JSON),
            browser.post(f"/editions/{paper.edition_id}/printing", headers=JSON),
        ):
            assert answer.status_code == 409
            assert answer.json["reason"] == DossierRefusal.NOT_EXPORTED
        page = browser.get(f"/papers/{paper.id}").text
        assert "copy.pdf" not in page
        assert ("Không tải tệp, không in" if label is Handling.READ else "Chỉ đọc khi") in page
    assert left() == []
    secretary.post(f"/papers/{paper.id}/handling", {"handling": "free"})
    assert "copy.pdf" in cabinet.browser(READER).get(f"/papers/{paper.id}").text


def test_who_reads_by_a_mandate_or_to_examine_takes_nothing_away(
    cabinet: Cabinet, paper: PaperView
) -> None:
    with reading() as db:
        end = clock.now(db) + timedelta(hours=20)
    adviser = cabinet.ids["canbo.yte"]
    service.name_adviser(cabinet.actor(READER), paper.dossier_id, adviser, end, "")
    for who, status in (("canbo.yte", 404), ("kiemtoan", 403), ("botruong.xaydung", 404)):
        browser = cabinet.browser(who)
        assert browser.get(f"/editions/{paper.edition_id}/copy.pdf").status_code == status
        assert browser.post(f"/editions/{paper.edition_id}/printing").status_code == status
    assert "copy.pdf" not in cabinet.browser("canbo.yte").get(f"/papers/{paper.id}").text
    assert left() == []


def test_a_label_is_the_offices_and_one_of_three(cabinet: Cabinet, paper: PaperView) -> None:
    path = f"/papers/{paper.id}/handling"
    assert cabinet.browser(READER).post(path, {"handling": "free"}).status_code == 403
    wrong = cabinet.browser("thuky").post(path, {"handling": "secret"}, headers=JSON)
    assert (wrong.status_code, wrong.json["field"]) == (400, "handling")


def test_papers_bear_from_the_beginning_what_the_cabinet_has_set(cabinet: Cabinet) -> None:
    handling.bind(Handling.READ)
    try:
        dossier = builders.dossier(cabinet, builders.pdf(1))
    finally:
        handling.bind(Handling.FREE)
    assert [each.handling for each in builders.papers(dossier)] == [Handling.READ]


def test_what_had_left_stands_by_name_in_the_record_of_a_removal(
    cabinet: Cabinet, paper: PaperView
) -> None:
    exporting.download(cabinet.actor(READER), paper.edition_id)
    asked = ask(cabinet.browser("lanhdaovp"), paper).json["location"]
    assert "1 bản đã được tải tệp hay in" in cabinet.browser("quantri").get(asked).text
    assert confirm(cabinet, asked).status_code == 200
    number = edition(paper).removal.id
    record = cabinet.browser("lanhdaovp").get(f"/removals/{number}").text
    assert "tải tệp" in record
    gone = cabinet.browser(READER).get(f"/editions/{paper.edition_id}/copy.pdf", headers=JSON)
    assert gone.status_code == 410


def test_a_book_binds_what_may_leave_and_keeps_the_pages_of_the_rest(cabinet: Cabinet) -> None:
    given = [builders.dossier(cabinet, builders.pdf(n), title=str(n)) for n in (2, 3)]
    session = meetings.about(cabinet, *given)
    secretary = session.actor("thuky")
    (first,), (second,) = (builders.papers(each) for each in given)
    handling.label(secretary, first.id, Handling.READ)
    member = cabinet.browser(READER)
    path = f"/meetings/{session.id}"
    assert "book.pdf" in member.get(path).text
    book = pypdf.PdfReader(io.BytesIO(member.get(f"{path}/book.pdf").data))
    assert [page.extract_text().split("\n")[-1] for page in book.pages[1:]] == [
        "3 / 5", "4 / 5", "5 / 5"
    ]  # fmt: skip
    assert "không in trong tập này" in " ".join(book.pages[0].extract_text().split())
    assert left() == [(cabinet.ids[READER], "book")]
    with reading() as db:
        assert queries.opened(db, cabinet.ids[READER], [first.edition_id]) == set()
    handling.label(secretary, second.id, Handling.ONLINE)
    assert "book.pdf" not in member.get(path).text
    refused = member.get(f"{path}/book.pdf", headers=JSON)
    assert (refused.status_code, refused.json["reason"]) == (409, "book_not_exported")
