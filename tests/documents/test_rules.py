"""What a file must be before anybody opens it; who reads a dossier; when an opening is new."""

from datetime import UTC, datetime

import pytest

from documents import marking, rules
from documents.marking import Mark
from documents.pages.font import widths
from documents.rules import DossierRefusal, DossierState, Limits, PaperRefusal

AT = datetime(2026, 11, 24, 9, 44, 59, tzinfo=UTC)
SMALL = Limits(bytes=20)


def test_a_pdf_is_taken_by_its_name_and_its_first_bytes():
    assert rules.refusal_by_look("To trinh.PDF", b"%PDF-1.7") is None


@pytest.mark.parametrize(
    ("file_name", "own_title", "title"),
    [
        ("To_trinh_45-TTr-BTP.pdf", "Dự thảo", "To trinh 45-TTr-BTP"),
        ("Dự_thảo  Nghị định.PDF", "Microsoft Word - Document1", "Dự thảo Nghị định"),
        ("C:\\Van ban\\Phu luc 2.pdf", "Dự thảo", "Phu luc 2"),
        ("scan_0001.pdf", "Báo cáo thẩm định", "Báo cáo thẩm định"),
        ("20261124.pdf", "Báo cáo thẩm định", "Báo cáo thẩm định"),
        ("scan_0001.pdf", "Microsoft Word - Document1", "scan 0001"),
        ("scan_0001.pdf", "", "scan 0001"),
        (".pdf", "", ".pdf"),
    ],
)
def test_a_paper_is_called_as_its_file_unless_that_name_says_nothing(file_name, own_title, title):
    assert rules.title_of(file_name, own_title) == title


def test_a_web_page_named_pdf_and_a_pdf_named_otherwise_are_not_taken():
    assert rules.refusal_by_look("a.pdf", b"<html>%PDF-1.7") is PaperRefusal.NOT_PDF
    assert rules.refusal_by_look("a.pdf.exe", b"%PDF-1.7") is PaperRefusal.NOT_PDF


def test_nothing_and_too_much_are_not_taken():
    assert rules.refusal_by_look("a.pdf", b"") is PaperRefusal.EMPTY
    assert rules.refusal_by_look("a.pdf", b"%PDF-".ljust(20), SMALL) is None
    assert rules.refusal_by_look("a.pdf", b"%PDF-".ljust(21), SMALL) is PaperRefusal.TOO_LARGE


@pytest.mark.parametrize("state", DossierState)
def test_who_reads_a_dossier_in_which_state(state):
    def reads(everything=False, handed_out=False, theirs=False):
        return rules.may_read(everything, handed_out, state, theirs)

    assert reads(theirs=True)
    assert reads(handed_out=True)
    assert reads(everything=True) == (state != DossierState.DRAFT)
    assert not reads()


def test_an_hour_has_four_quarters():
    assert rules.quarter_of(AT) == datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
    assert rules.quarter_of(AT.replace(minute=45)) == datetime(2026, 11, 24, 9, 45, tzinfo=UTC)


def test_a_mark_fills_its_slot_exactly_however_long_the_name():
    for name in ("A", "Nguyễn Thị Hồng Nhượng", "Ệ" * 500, "会议", "x😀y"):
        filled = marking.fill(Mark(name, name * 2, AT), widths(), 1024)
        assert len(filled) == 1024
        assert filled.rstrip().endswith(b"ET")


def test_a_mark_says_the_office_only_once_when_it_is_the_name():
    assert Mark("Bộ trưởng", "Bộ trưởng", AT).lines == ("Bộ trưởng", "09:44 24/11/2026")
    assert Mark("Hoa", "Bộ trưởng", AT).lines[1] == "Bộ trưởng · 09:44 24/11/2026"


def test_a_paper_is_a_scan_when_most_of_its_pages_hold_hardly_any_text():
    page, stamp = "Điều 1. Phạm vi điều chỉnh", "  Số: 12  \r\n  "
    assert rules.text_poor_pages([page, stamp, "", page]) == 2
    assert rules.text_poor_pages(["a" * 19, "a" * 20]) == 1
    assert not rules.is_scan(2, 4)
    assert rules.is_scan(3, 4)
    assert not rules.is_scan(0, 1)


QUOTA = rules.Quota(files=3, dossier=100, person=150)


@pytest.mark.parametrize(
    ("size", "files", "dossier", "person", "reason"),
    [
        (10, 2, 90, 140, None),
        (10, 3, 0, 0, DossierRefusal.FULL),
        (11, 2, 90, 0, DossierRefusal.FULL),
        (11, 0, 0, 140, DossierRefusal.ENOUGH_TODAY),
    ],
)
def test_a_dossier_and_a_persons_day_hold_so_much(
    size: int, files: int, dossier: int, person: int, reason: DossierRefusal | None
) -> None:
    assert rules.refusal_by_quota(size, files, dossier, person, QUOTA) is reason
