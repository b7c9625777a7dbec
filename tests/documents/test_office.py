"""Office files: looked into, turned into PDF within walls, kept as they came."""

import zipfile
from pathlib import Path

import pytest

from documents import queries, rules, service
from documents.pages import office, reading
from documents.rules import DossierRefusal, PaperKind, PaperRefusal
from ecabinet import activity, search, storage
from ecabinet import db as database
from ecabinet.errors import NotFound, Refused
from tests.builders import Cabinet
from tests.documents import office_files
from tests.documents.builders import dossier, hand_out, papers, pdf
from tests.documents.office_files import docx, docx_parts, package

WORDS = "Điều 1. Cơ chế ưở ỡ ễ Ằ"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["docx", "xlsx", "pptx"])
def test_libreoffice_makes_a_pdf_with_the_same_words(kind: str) -> None:
    found = service.read_safely(f"Tệp.{kind.upper()}", getattr(office_files, kind)(WORDS))
    assert WORDS in found.texts[0]


@pytest.mark.slow
def test_the_office_file_is_kept_and_taken_by_those_who_work_on_its_dossier(
    cabinet: Cabinet,
) -> None:
    there, sent = dossier(cabinet), docx(WORDS)
    specialist = cabinet.actor("chuyenvien")
    service.add_paper(specialist, there, "", PaperKind.DRAFT, "Dự thảo Nghị định.docx", sent)
    (paper,) = papers(there)
    assert (paper.title, paper.office, paper.was_signed) == ("Dự thảo Nghị định", "docx", False)
    # What members sign and read is the PDF.
    assert storage.read(paper.digest).startswith(b"%PDF-")
    with database.reading() as db:
        assert search.find(db, queries.readers_of(specialist), "co che").count == 1
    with pytest.raises(Refused, match=DossierRefusal.SAME_FILE):
        service.add_edition(specialist, paper.id, "Tên khác.docx", sent)
    hand_out(cabinet, there, ["botruong.yte"])
    path = f"/editions/{paper.edition_id}/office-file"
    assert cabinet.browser("botruong.yte").get(path).status_code == 403
    assert cabinet.browser("canbo.yte").get(path).status_code == 404
    answer = cabinet.browser("thuky").get(path)
    assert answer.data == sent
    assert answer.headers["Content-Disposition"].startswith("attachment")
    with database.reading() as db:
        noted = activity.find(db, activity.Wanted(acts=frozenset({"documents.office_file"})))
    assert {(each.person_id, each.result) for each in noted} >= {(cabinet.ids["thuky"], "done")}


def test_a_pdf_has_no_office_file(cabinet: Cabinet) -> None:
    (paper,) = papers(dossier(cabinet, pdf(1)))
    with pytest.raises(NotFound):
        service.take_office_file(cabinet.actor("thuky"), paper.edition_id)


def test_without_libreoffice_an_office_file_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(office, "PROGRAM", Path("/nowhere/soffice"))
    assert not reading.takes_office()
    assert reading.from_office(docx(WORDS), "docx") == PaperRefusal.NO_OFFICE


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (docx(WORDS), None),
        (b"", PaperRefusal.EMPTY),
        (b"\xd0\xcf\x11\xe0 with a password", PaperRefusal.ENCRYPTED),
        (b"%PDF-1.7", PaperRefusal.NOT_PDF),
    ],
)
def test_an_office_file_is_looked_at_before_it_is_opened(
    content: bytes, refusal: PaperRefusal | None
) -> None:
    assert rules.refusal_of_office(content) == refusal


def a_link() -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo("word/media/hinh.png")
    entry.external_attr = 0o120777 << 16
    return entry


HOSTILE = {
    "no package": (b"PK\3\4 and nothing more", "broken"),
    "a package of something else": (package({"mimetype": "x"}), "not_pdf"),
    "two kinds at once": (package(docx_parts("") | {"xl/workbook.xml": ""}), "not_pdf"),
    "a way out": (package(docx_parts("") | {"../../x": ""}), "broken"),
    "a link": (package(docx_parts(""), {a_link(): "/etc/passwd"}), "broken"),
    "a path": (package(docx_parts("") | {"/etc/x": ""}), "broken"),
    "macros": (package(docx_parts("") | {"word/vbaProject.bin": "x"}), "has_macros"),
    "a bomb": (package(docx_parts("") | {"word/x.xml": " " * 50_000_000}), "too_costly"),
    "too many parts": (
        package(docx_parts("") | {f"x{n}": str(n) for n in range(2_000)}),
        "too_costly",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_package_is_opened_no_further(tmp_path: Path, name: str) -> None:
    content, refusal = HOSTILE[name]
    (tmp_path / "in").write_bytes(content)
    assert office.looked_into(tmp_path / "in") == ("", refusal)


def test_a_sound_package_is_what_its_main_part_says(tmp_path: Path) -> None:
    for kind in ("docx", "xlsx", "pptx"):
        (tmp_path / "in").write_bytes(getattr(office_files, kind)(WORDS))
        assert office.looked_into(tmp_path / "in") == (kind, "")
