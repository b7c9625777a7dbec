"""Files and dossiers that the tests of papers share."""

import io
import json
from collections.abc import Sequence
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf
from reportlab.pdfgen.canvas import Canvas
from werkzeug.test import TestResponse

from documents import queries, service
from documents.queries import PaperView
from documents.rules import PaperKind
from ecabinet.db import reading, transaction
from tests.builders import Browser, Cabinet

WORDS = "Dieu 1. Noi dung trang"


def pdf(pages: int = 3, text: str = WORDS) -> bytes:
    made = io.BytesIO()
    canvas = Canvas(made, invariant=1)
    for number in range(1, pages + 1):
        canvas.drawString(72, 760, f"{text} {number}")
        canvas.showPage()
    canvas.save()
    return made.getvalue()


def pages(*texts: str) -> bytes:
    """A paper whose pages say this; a line for each sentence."""
    made = io.BytesIO()
    canvas = Canvas(made, invariant=1)
    for text in texts:
        for line, sentence in enumerate(text.split(". ")):
            canvas.drawString(72, 760 - 20 * line, sentence)
        canvas.showPage()
    canvas.save()
    return made.getvalue()


def encrypted() -> bytes:
    made = io.BytesIO()
    with Pdf.open(io.BytesIO(pdf())) as plain:
        plain.save(made, encryption=pikepdf.Encryption(owner="chu", user="khoa"))
    return made.getvalue()


def acting() -> bytes:
    """A paper that would run a script, start a program, and carries a file."""
    made = io.BytesIO()
    with Pdf.open(io.BytesIO(pdf())) as paper:
        script = Dictionary(S=Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
        paper.Root.OpenAction = script
        paper.Root.AA = Dictionary(WC=script)
        paper.attachments["bang.xlsx"] = b"so lieu"
        launch = Dictionary(S=Name.Launch, F=pikepdf.String("cmd.exe"))
        link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 99, 99], A=launch)
        paper.pages[0].obj.Annots = Array([paper.make_indirect(link)])
        paper.save(made)
    return made.getvalue()


def page_bomb(times: int = 5_000) -> bytes:
    """The same page again and again: small to send, large to open."""
    made = io.BytesIO()
    with Pdf.open(io.BytesIO(pdf(1))) as paper:
        page = paper.Root.Pages.Kids[0]
        paper.Root.Pages.Kids = Array([page] * times)
        paper.Root.Pages.Count = times
        paper.save(made)
    return made.getvalue()


def inflating(megabytes: int = 100) -> bytes:
    """A page whose content unpacks to far more than any page holds."""
    import zlib

    packer = zlib.compressobj(9)
    blanks = b" " * 2**20
    packed = b"".join(packer.compress(blanks) for _ in range(megabytes)) + packer.flush()
    made = io.BytesIO()
    with Pdf.open(io.BytesIO(pdf(1))) as paper:
        bomb = pikepdf.Stream(paper, b"")
        bomb.write(packed, filter=Name.FlateDecode)
        paper.pages[0].obj.Contents = paper.make_indirect(bomb)
        paper.save(made)
    return made.getvalue()


def dossier(cabinet: Cabinet, *files: bytes, title: str = "Hồ sơ thử") -> int:
    """A dossier that the specialist has made, with a paper for each file."""
    specialist = cabinet.actor("chuyenvien")
    dossier_id = service.create_dossier(specialist, title, cabinet.agencies["yte"])
    for number, content in enumerate(files, 1):
        service.add_paper(
            specialist, dossier_id, f"Tài liệu {number}", PaperKind.DRAFT, "tep.pdf", content
        )
    return dossier_id


def hand_out(cabinet: Cabinet, dossier_id: int, usernames: Sequence[str]) -> None:
    with transaction() as db:
        service.hand_out(db, dossier_id, [cabinet.ids[each] for each in usernames])


def papers(dossier_id: int) -> list[PaperView]:
    with reading() as db:
        return queries.current_editions(db, dossier_id)


def scan(pages: int = 2) -> bytes:
    """Pages without a letter, as a machine makes them that only takes pictures."""
    made = io.BytesIO()
    canvas = Canvas(made, invariant=1)
    for number in range(1, pages + 1):
        canvas.rect(72, 600, 100 * number, 50, fill=1)
        canvas.showPage()
    canvas.save()
    return made.getvalue()


def read_otherwise(pages: int = 2, at: int = 0) -> bytes:
    """A page that two programs draw in two ways: its content begins where it must not."""
    made = io.BytesIO()
    drawing = b"1 0 0 rg 50 50 400 400 re f"
    with Pdf.open(io.BytesIO(pdf(pages))) as paper:
        paper.pages[at].obj.Contents = paper.make_indirect(pikepdf.Stream(paper, drawing))
        plain = pikepdf.ObjectStreamMode.disable
        paper.save(made, object_stream_mode=plain, compress_streams=False)
    return made.getvalue().replace(b"stream\n" + drawing, b"stream " + drawing)


def take_along(browser: Browser, vault: str, *edition_ids: int) -> TestResponse:
    body = {"vault": vault, "editions": list(edition_ids)}
    return browser.post("/vault/leases", json=body, headers={"Accept": "application/json"})


def arrived(answer: TestResponse) -> list[tuple[dict[str, Any], bytes]]:
    """What a device is told of each paper that it takes along, and the paper."""
    assert answer.status_code == 200, answer.text
    rest, found = answer.data, []
    while rest:
        end = 4 + int.from_bytes(rest[:4], "big")
        said = json.loads(rest[4:end])
        after = end + said.get("size", 0)
        assert after <= len(rest)
        found.append((said, rest[end:after]))
        rest = rest[after:]
    return found
