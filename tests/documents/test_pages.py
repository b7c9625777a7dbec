"""What is done to files: the slot on pages of every shape, the font of the mark."""

import io
import struct

import pikepdf
import pypdf
import pytest
from pikepdf import Array, Name, Pdf
from PIL import Image

from documents import marking
from documents.marking import Mark
from documents.pages import active, looks, prepare, reading, slot
from documents.pages.font import mark_font, widths
from documents.rules import LIMITS, PaperRefusal
from tests.documents import builders
from tests.documents.test_rules import AT

# In the child nobody hears what the parsers complain of; here it would stop them.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def prepared(content, tmp_path):
    (tmp_path / "in").write_bytes(content)
    said = prepare.main(tmp_path)
    assert "refusal" not in said, said
    return said, (tmp_path / prepare.PREPARED).read_bytes()


def marked(said, content, name="Nguyễn Thị Hồng Nhượng"):
    filled = marking.fill(Mark(name, name, AT), widths(), said["slot_length"])
    return content[: said["slot_at"]] + filled + content[said["slot_at"] + len(filled) :]


def turned(degrees):
    made = io.BytesIO()
    with Pdf.open(io.BytesIO(builders.pdf(2))) as paper:
        for page in paper.pages:
            page.obj.Rotate = degrees
            page.obj.CropBox = Array([40, 30, 500, 700])
        paper.save(made)
    return made.getvalue()


def with_content(content):
    made = io.BytesIO()
    with Pdf.open(io.BytesIO(builders.pdf(1))) as paper:
        paper.pages[0].obj.Contents = paper.make_indirect(pikepdf.Stream(paper, content))
        paper.save(made)
    return made.getvalue()


@pytest.mark.parametrize("degrees", [0, 90, 180, 270, -90, 450])
def test_turned_pages_look_as_before_and_are_marked(tmp_path, degrees):
    content = turned(degrees)
    said, copy = prepared(content, tmp_path)
    assert looks.look_alike(content, copy)
    assert not looks.look_alike(content, marked(said, copy))


@pytest.mark.parametrize(
    "content",
    [b"q q q 1 0 0 rg 9 9 50 50 re f", b"Q Q Q 9 9 50 50 re f", b"9 9 50 50 re f (open", b"[ 1 2"],
    ids=["left open", "closed too often", "broken text", "broken list"],
)
def test_content_that_does_not_end_cleanly_does_not_swallow_the_mark(tmp_path, content):
    said, copy = prepared(with_content(content), tmp_path)
    found = pypdf.PdfReader(io.BytesIO(marked(said, copy))).pages[0].extract_text()
    assert "Nguyễn Thị Hồng Nhượng" in found
    assert not looks.look_alike(copy, marked(said, copy))


def test_a_file_that_would_look_different_is_shown_as_pictures_of_its_pages(tmp_path):
    content = builders.read_otherwise()
    said, copy = prepared(content, tmp_path)
    assert said["as_pictures"]
    assert len(said["texts"]) == 2
    with looks.opened(content) as before, looks.opened(copy) as after:
        assert before[0].get_size() == pytest.approx(after[0].get_size(), abs=0.01)
        # Where the other program would have drawn in red.
        for page in (before[0], after[0]):
            assert min(page.render().to_pil().convert("RGB").getpixel((200, 600))) > 230
    texts = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(marked(said, copy))).pages]
    assert all("Nguyễn Thị Hồng Nhượng" in each and builders.WORDS not in each for each in texts)


def test_a_file_that_looks_the_same_keeps_its_text(tmp_path):
    said, copy = prepared(builders.pdf(2), tmp_path)
    assert not said["as_pictures"]
    assert builders.WORDS in pypdf.PdfReader(io.BytesIO(copy)).pages[0].extract_text()


def test_a_longer_file_is_compared_a_part_at_a_time_to_its_last_page():
    """Drawing all of a long scan takes longer than one child may."""
    found = reading.read(builders.pdf(LIMITS.pictures + 3))
    assert isinstance(found, reading.Found)
    assert not found.as_pictures
    otherwise = builders.read_otherwise(LIMITS.pictures + 3, at=LIMITS.pictures + 2)
    # Too long to be shown as pictures.
    assert reading.read(otherwise) == PaperRefusal.LOOKS_DIFFERENT


def test_every_letter_of_the_mark_is_drawn_as_itself():
    """Seen on a page once: all letters one place off, while the text could still be extracted."""
    font = mark_font()
    advance = _advances(font.file)
    for letter, glyph in font.glyphs.items():
        assert abs(advance[glyph] - font.widths[letter]) <= 1, letter


def test_a_signed_paper_is_shown_without_its_form_and_kept_with_it(tmp_path):
    made = io.BytesIO()
    with Pdf.open(io.BytesIO(builders.pdf(1))) as paper:
        signature = paper.make_indirect(
            pikepdf.Dictionary(
                FT=Name.Sig, T=pikepdf.String("s"), V=pikepdf.Dictionary(Type=Name.Sig),
                Type=Name.Annot, Subtype=Name.Widget, Rect=[0, 0, 0, 0],
            )
        )  # fmt: skip
        paper.Root.AcroForm = pikepdf.Dictionary(Fields=Array([signature]), SigFlags=3)
        paper.pages[0].obj.Annots = Array([signature])
        paper.save(made)
    said, copy = prepared(made.getvalue(), tmp_path)
    assert said["was_signed"]
    with Pdf.open(io.BytesIO(copy)) as shown:
        assert "/AcroForm" not in shown.Root


def test_who_wrote_a_paper_and_on_which_machine_does_not_leave_the_house(tmp_path):
    content = builders.pdf(1)
    assert pypdf.PdfReader(io.BytesIO(content)).metadata
    _, copy = prepared(content, tmp_path)
    assert not pypdf.PdfReader(io.BytesIO(copy)).metadata


def test_pages_are_counted_by_hand_whatever_the_file_says(tmp_path):
    with Pdf.open(io.BytesIO(builders.pdf(3))) as paper:
        paper.Root.Pages.Count = 1_000_000
        assert prepare.count_pages(paper, 2_001) == 3
        paper.Root.Pages.Kids.append(paper.Root.Pages)
        assert prepare.count_pages(paper, 2_001) == 3


def test_a_page_without_a_sensible_box_is_a_sheet_of_letter_paper():
    with Pdf.open(io.BytesIO(builders.pdf(1))) as paper:
        page = paper.pages[0].obj
        page.MediaBox = Array([0, 0, 0, 0])
        assert slot.geometry(page).width == 612


@pytest.mark.parametrize(
    ("made", "box"),
    [
        (builders.pdf, b"[ 0 0 612 14000 ]"),
        (builders.pdf, b"[ 0 0 1 14400 ]"),
        (builders.read_otherwise, b"[ 0 0 612 14000 ]"),
    ],
)
def test_a_page_is_taken_that_is_longer_than_a_picture_may_be(tmp_path, made, box):
    """A telephone saves a whole web page as one page."""
    usual, content = b"[ 0 0 595.2756 841.8898 ]", made(1)
    assert usual in content
    said, _ = prepared(content.replace(usual, box.ljust(len(usual))), tmp_path)
    assert said["as_pictures"] == (made is builders.read_otherwise)
    with Image.open(tmp_path / prepare.PAGE1) as first:
        assert first.height > 10_000


def test_a_page_whose_crop_box_shows_nothing_of_it_is_shown_whole(tmp_path):
    made = io.BytesIO()
    with Pdf.open(io.BytesIO(builders.pdf(3))) as paper:
        paper.pages[1].obj.CropBox = [2000, 2000, 2500, 2500]
        paper.save(made)
    said, copy = prepared(made.getvalue(), tmp_path)
    assert not said["as_pictures"]
    assert "trang 2" in said["texts"][1]
    with Pdf.open(io.BytesIO(copy)) as paper:
        shown = [float(each) for each in paper.pages[1].obj.CropBox]
        assert shown == pytest.approx([0, 0, 595.28, 841.89], abs=0.01)
        assert "/CropBox" not in paper.pages[0].obj


def _advances(font):
    """Thousandths of the em for each glyph, read from the font's own tables."""
    tables = {}
    for n in range(struct.unpack(">H", font[4:6])[0]):
        name, _, at, length = struct.unpack(">4sLLL", font[12 + 16 * n : 28 + 16 * n])
        tables[name] = font[at : at + length]
    em = struct.unpack(">H", tables[b"head"][18:20])[0]
    long_ones = struct.unpack(">H", tables[b"hhea"][34:36])[0]
    glyphs = struct.unpack(">H", tables[b"maxp"][4:6])[0]
    own = [struct.unpack(">H", tables[b"hmtx"][4 * n : 4 * n + 2])[0] for n in range(long_ones)]
    own += [own[-1]] * (glyphs - long_ones)
    return [each * 1000 / em for each in own]


def drawn_box(paper: Pdf, words: str) -> pikepdf.Object:
    """What an annotation shows: words in a frame."""
    font = pikepdf.Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    return paper.make_indirect(
        pikepdf.Stream(
            paper,
            f"0.8 0.2 0.2 rg 0 0 200 40 re f 0 g BT /F 14 Tf 8 14 Td ({words}) Tj ET".encode(),
            Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 200, 40],
            Resources=pikepdf.Dictionary(Font=pikepdf.Dictionary(F=font)),
        )
    )  # fmt: skip


def annotated(subtype: Name, **more: pikepdf.Object) -> bytes:
    made = io.BytesIO()
    with Pdf.open(io.BytesIO(builders.pdf(1))) as paper:
        box = pikepdf.Dictionary(
            Type=Name.Annot, Subtype=subtype, Rect=[72.3, 300.7, 272.3, 340.7], F=4,
            AP=pikepdf.Dictionary(N=drawn_box(paper, "Dinh kem: bang so lieu")), **more,
        )  # fmt: skip
        paper.pages[0].obj.Annots = Array([paper.make_indirect(box)])
        if subtype == Name.Widget:
            fields = Array([paper.pages[0].obj.Annots[0]])
            paper.Root.AcroForm = pikepdf.Dictionary(Fields=fields, SigFlags=3)
        paper.save(made)
    return made.getvalue()


@pytest.mark.parametrize("subtype", [Name.FileAttachment, Name.Screen, Name.RichMedia])
def test_of_what_acted_its_picture_stays_on_the_page(tmp_path, subtype):
    action = pikepdf.Dictionary(S=Name.Rendition)
    content = annotated(subtype, FS=pikepdf.Dictionary(F=pikepdf.String("a.xlsx")), A=action)
    said, copy = prepared(content, tmp_path)
    assert not said["as_pictures"]
    assert said["removed"]
    assert looks.look_alike(content, copy)
    with Pdf.open(io.BytesIO(copy)) as shown:
        (left,) = shown.pages[0].obj.Annots
        assert set(left.keys()) <= active.DRAWN_BY
        assert left.Subtype == Name.Stamp


def test_what_acted_and_brings_no_picture_is_gone(tmp_path):
    made = io.BytesIO()
    with Pdf.open(io.BytesIO(annotated(Name.FileAttachment))) as paper:
        del paper.pages[0].obj.Annots[0]["/AP"]
        paper.save(made)
    _, copy = prepared(made.getvalue(), tmp_path)
    with Pdf.open(io.BytesIO(copy)) as shown:
        assert len(shown.pages[0].obj.Annots) == 0


def signed_box() -> bytes:
    value = pikepdf.Dictionary(Type=Name.Sig)
    return annotated(Name.Widget, FT=Name.Sig, T=pikepdf.String("s"), V=value)


def test_a_signature_that_is_seen_stays_as_words_and_not_as_a_picture(tmp_path):
    """pdfium draws its letters with coloured fringes before, and without once it is flattened."""
    content = signed_box()
    said, copy = prepared(content, tmp_path)
    assert said["was_signed"]
    assert not said["as_pictures"]
    assert not looks.look_alike(content, copy)
    assert looks.look_alike(content, copy, flattened=True)
    assert "Dinh kem" in pypdf.PdfReader(io.BytesIO(copy)).pages[0].extract_text()


@pytest.mark.parametrize("change", [(b"bang", b"bung"), (b"0.8 0.2 0.2", b"0.2 0.8 0.2")])
def test_a_flattened_page_with_another_letter_or_colour_is_not_alike(tmp_path, change):
    content = signed_box()
    _, copy = prepared(content, tmp_path)
    with Pdf.open(io.BytesIO(copy)) as paper:
        for each in paper.objects:
            if isinstance(each, pikepdf.Stream) and change[0] in (words := each.read_bytes()):
                each.write(words.replace(*change))
        other = io.BytesIO()
        paper.save(other)
    assert looks.look_alike(content, copy, flattened=True)
    assert not looks.look_alike(content, other.getvalue(), flattened=True)


def test_a_file_is_taken_whatever_its_names_and_its_form_hold(tmp_path):
    made = io.BytesIO()
    with Pdf.open(io.BytesIO(builders.pdf(1))) as paper:
        paper.Root.AcroForm = pikepdf.Dictionary(Fields=Name.None_)
        paper.Root["/ECabName"] = Name.Here
        paper.save(made, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    broken = made.getvalue().replace(b"/ECabName", b"/ECab#ffe")
    said, _ = prepared(broken, tmp_path)
    assert "refusal" not in said
    assert not said["was_signed"]


def test_a_file_sealed_for_a_certificate_is_said_to_be_locked(tmp_path):
    locked = builders.encrypted().replace(b"/Filter /Standard", b"/Filter /Adobe.PubSec")
    (tmp_path / "in").write_bytes(locked)
    said = prepare.main(tmp_path)
    assert said == {"refusal": "encrypted"}


def test_a_copy_says_how_many_objects_it_has_where_its_file_did_not(tmp_path):
    """Without that number hardly any reader opens it."""
    made = io.BytesIO()
    with Pdf.open(io.BytesIO(builders.pdf(2))) as paper:
        paper.save(made, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    content = made.getvalue()
    size = content[content.rindex(b"/Size") :].split(b"/ID")[0]
    _, copy = prepared(content.replace(size, b" " * len(size)), tmp_path)
    assert len(pypdf.PdfReader(io.BytesIO(copy), strict=True).pages) == 2
