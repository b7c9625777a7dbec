"""`ecabinet trace`: whose copy leaked, whatever tool has saved it since; or that it cannot say."""

import io
import subprocess
from dataclasses import replace

import pikepdf
import pypdf
import pypdfium2
import pytest
from click.testing import CliRunner

from documents import marking, service, tracing
from documents.marking import Code, Mark
from documents.pages.font import widths
from ecabinet import cli, clock
from ecabinet.db import reading
from tests.documents import builders

READER = "botruong.yte"


@pytest.fixture
def paper(cabinet):
    dossier_id = builders.dossier(cabinet, builders.pdf(3))
    builders.hand_out(cabinet, dossier_id, [READER])
    return builders.papers(dossier_id)[0]


@pytest.fixture
def leak(cabinet, paper):
    return cabinet.browser(READER).get(f"/editions/{paper.edition_id}/file").data


def traced(content):
    with reading() as db:
        return tracing.trace(db, content)


def by_pikepdf(content):
    made = io.BytesIO()
    with pikepdf.Pdf.open(io.BytesIO(content)) as pdf:
        pdf.remove_unreferenced_resources()
        pdf.save(made, compress_streams=True, recompress_flate=True, linearize=True)
    return made.getvalue()


def by_pypdf(content):
    made = io.BytesIO()
    writer = pypdf.PdfWriter()
    writer.append(io.BytesIO(builders.pdf(1, "Trang khac")))
    writer.append(io.BytesIO(content))
    for page in writer.pages:
        page.compress_content_streams()
    writer.write(made)
    return made.getvalue()


def by_pdfium(content):
    made = io.BytesIO()
    pypdfium2.PdfDocument(content).save(made)
    return made.getvalue()


def by_poppler(content):
    """Drawn anew, as a printer of files does: nothing of the old objects is left."""
    done = subprocess.run(
        ["pdftocairo", "-pdf", "-", "-"], input=content, capture_output=True, check=True
    )
    return done.stdout


def one_page(content):
    made = io.BytesIO()
    with pikepdf.Pdf.open(io.BytesIO(content)) as pdf:
        del pdf.pages[0], pdf.pages[-1]
        pdf.save(made)
    return made.getvalue()


@pytest.mark.parametrize(
    ("saved", "pages"),
    [(bytes, 3), (by_pikepdf, 3), (by_pypdf, 3), (by_pdfium, 3), (one_page, 1)],
)
def test_a_leaked_copy_names_its_reader_however_it_was_saved(cabinet, paper, leak, saved, pages):
    [copy] = traced(saved(leak))
    assert copy.office == "Bộ trưởng Bộ Y tế"
    assert (copy.edition, copy.number, copy.paper) == (paper.edition_id, 1, paper.title)
    assert (copy.proven, copy.pages) == (True, pages)
    with reading() as db:
        now = clock.now(db).astimezone(service.OFFICE_ZONE)
    assert copy.at[:10] == f"{now:%Y-%m-%d}"


def test_a_copy_that_was_drawn_anew_still_names_its_reader(paper, leak):
    [copy] = traced(by_poppler(leak))
    assert copy.reader
    assert (copy.edition, copy.pages) == (paper.edition_id, 3)


def test_pages_of_two_copies_name_both(cabinet, paper, leak):
    other = cabinet.browser("kiemtoan").get(f"/editions/{paper.edition_id}/file").data
    made = io.BytesIO()
    writer = pypdf.PdfWriter()
    writer.append(io.BytesIO(one_page(other)))
    writer.append(io.BytesIO(leak))
    writer.write(made)
    assert [(each.office, each.pages) for each in traced(made.getvalue())] == [
        ("Bộ trưởng Bộ Y tế", 3), ("Kiểm toán viên", 1)
    ]  # fmt: skip


def test_a_mark_that_somebody_made_up_proves_nothing(cabinet, paper, leak):
    """The words are believed as words alone; a code with another person's number is none."""
    with reading() as db:
        now = clock.now(db)
    own = Code.sealed(service.mark_key(), paper.edition_id, cabinet.ids[READER], now)
    made_up = replace(own, person_id=cabinet.ids["thutuong"])
    assert own.is_sealed_by(service.mark_key())
    with reading() as db:
        slot = db.get(tracing.Edition, paper.edition_id).slot
    mark = Mark("Ai đó", "Không ai", now.astimezone(service.OFFICE_ZONE), made_up)
    made = marking.fill(mark, widths(), slot.length)
    forged = leak[: slot.at] + made + leak[slot.at + slot.length :]
    [copy] = traced(forged)
    assert (copy.reader, copy.office, copy.edition, copy.proven) == (
        "Ai đó",
        "Không ai",
        None,
        False,
    )


def test_what_stands_on_a_page_by_chance_or_malice_is_no_mark():
    assert marking.seen_in("Kính gửi\nngày 24/11/2026").lines == set()
    [(first, second)] = marking.seen_in("A\x1b[31m\ud800B\r\nVụ · 23:59 31/02/2026").lines
    assert (first, second) == ("A[31mB", "Vụ · 23:59 31/02/2026")
    assert marking.office_and_time(second, service.OFFICE_ZONE) is None


def test_the_command_says_what_it_found_and_what_it_could_not(cabinet, leak, tmp_path, monkeypatch):
    # The stores of the cabinet under test are open already.
    monkeypatch.setattr(cli, "open_stores", lambda _: None)
    (tmp_path / "leak.pdf").write_bytes(by_pikepdf(leak))
    (tmp_path / "other.pdf").write_bytes(builders.pdf(1))
    (tmp_path / "notes.pdf").write_bytes(b"notes")
    names = ("leak.pdf", "other.pdf", "notes.pdf", "none.pdf")
    found = [CliRunner().invoke(cli.main, ["trace", str(tmp_path / each)]) for each in names]
    assert [each.exit_code for each in found] == [0, 1, 2, 2]
    assert "Bộ trưởng Bộ Y tế" in found[0].stdout
    assert "edition 1 of Tài liệu 1: 3 pages, proven" in found[0].stdout
    assert "No copy can be named" in found[1].stdout
    assert "not a PDF" in found[2].stderr


def test_a_file_without_a_mark_names_nobody(cabinet):
    assert traced(builders.pdf(2)) == []
    with pytest.raises(tracing.NotReadable):
        traced(b"%PDF-1.7 and no more")
