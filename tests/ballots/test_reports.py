"""The report on a result: PDF/A-2b, sealed, stamped, logged; a new one when its words change."""

import hashlib
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pypdf import PdfReader

from ballots import bundle, jobs, queries
from ballots.models import Consultation, Report
from ballots.rules import Decided
from ballots.service import correct, decide
from ballots.service.close import close
from ballots.service.report import seal_report
from ecabinet import approvals, archiving, bundles, ledger, pades, storage, tsa, verifier
from ecabinet.db import reading
from tests.ballots.builders import Member, an_open_consultation
from tests.ballots.test_bundle import rezip
from tests.builders import Cabinet

PREMIER, SECOND = "thutuong", "thuky"
OPINION = "Làm rõ Điều 4."


@pytest.fixture
def closed(cabinet: Cabinet) -> int:
    """Three agree, one of them with an opinion: passed."""
    asked = an_open_consultation(cabinet)
    for who, said in ((PREMIER, ""), ("pttg1", ""), ("botruong.yte", OPINION)):
        Member(cabinet, who).cast(asked, "agree_comments" if said else "agree", said)
    jobs.stamp_what_waits()
    cabinet.wait(days=4)
    close(asked)
    return asked


def reports(asked: int) -> list[Report]:
    with reading() as db:
        return list(queries.reports_of(db, asked))


def words(pdf: bytes) -> str:
    return " ".join("".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


def newest(asked: int) -> str:
    return words(storage.read(seal_report(asked)))


def leaves() -> dict[int, Any]:
    with reading() as db:
        return dict(ledger.entries(db, "report_sealed", 0))


def test_the_clock_seals_one_report_on_a_result_and_no_second_of_the_same(closed: int) -> None:
    assert reports(closed) == []
    assert jobs.seal_reports() == 1
    assert jobs.seal_reports() == 0
    (report,) = reports(closed)
    ((position, act),) = leaves().items()
    assert (report.leaf, report.digest) == (position, act["sha256"])
    pdf = storage.read(report.digest)
    assert hashlib.sha256(pdf).hexdigest() == report.digest == seal_report(closed)
    said = words(pdf)
    assert "3/5 thành viên Chính phủ đồng ý, đạt quá nửa" in said
    assert OPINION in said
    assert "Chưa tiếp thu, giải trình." in said


def test_whoever_may_see_the_names_takes_the_sealed_report_before_the_clock_has_come(
    cabinet: Cabinet, closed: int
) -> None:
    path = f"/consultations/{closed}/result.pdf"
    first, again = (cabinet.browser("chuyenvien").get(path) for _ in range(2))
    assert first.data == again.data == storage.read(reports(closed)[0].digest)
    assert cabinet.browser("botruong.taichinh").get(path).status_code == 403
    assert len(leaves()) == 1
    page = cabinet.browser("chuyenvien").get(f"/consultations/{closed}").text
    assert f"Dòng sổ {reports(closed)[0].leaf}" in page


def test_a_report_is_made_anew_by_what_it_prints_and_by_nothing_else(
    cabinet: Cabinet, closed: int
) -> None:
    seal_report(closed)
    request = correct.ask_to_correct(cabinet.actor("lanhdaovp"), closed, "Sửa tên cơ quan.")
    jobs.seal_reports()
    assert len(reports(closed)) == 1, "what is only asked for changes nothing"
    with reading() as db:
        digest = approvals.request_to_read(db, cabinet.actor(PREMIER), request).digest
    approvals.confirm(cabinet.actor(PREMIER), request, digest)
    assert "Đính chính lần 1" in newest(closed)
    with reading() as db:
        seen = queries.seen_by_decider(db, db.get_one(Consultation, closed))
    decide.decide(cabinet.actor(PREMIER), closed, Decided.ISSUE, "", seen)
    said = newest(closed)
    assert "Thủ tướng Chính phủ quyết định ban hành" in said
    assert [each.number for each in reports(closed)] == [1, 2, 3]
    assert [act["number"] for act in leaves().values()] == [1, 2, 3]
    assert "Đính chính" not in words(storage.read(reports(closed)[0].digest)), "kept as it was"


def test_the_report_is_pdf_a_2b(closed: int) -> None:
    """ISO 19005-2: what a level-B file has to hold, and what it must not."""
    with pikepdf.open(BytesIO(storage.read(seal_report(closed)))) as pdf:
        with pdf.open_metadata() as said:
            assert (said["pdfaid:part"], said["pdfaid:conformance"]) == ("2", "B")
            assert said["dc:title"] == pdf.docinfo["/Title"]
        assert pdf.pdf_version == "1.7"
        assert len(pdf.trailer.ID) == 2
        (intent,) = pdf.Root.OutputIntents
        assert intent.S == "/GTS_PDFA1"
        assert bytes(intent.DestOutputProfile.read_bytes())[36:40] == b"acsp"
        assert not {"/AA", "/OpenAction", "/JavaScript"} & set(pdf.Root.keys())
        assert "/EmbeddedFiles" not in pdf.Root.get("/Names", {})
        fonts = [font for page in pdf.pages for font in page.Resources.Font.values()]
        assert fonts
        for font in fonts:
            inner = font.get("/DescendantFonts", [font])[0]
            assert inner.FontDescriptor.keys() & {"/FontFile", "/FontFile2", "/FontFile3"}
            assert "/ToUnicode" in font
        for page in pdf.pages:
            assert "/Group" not in page
            for drawn in page.get("/Annots", []):
                assert drawn.F & 4, "printed"
                assert not drawn.F & 3, "neither hidden nor invisible"


def test_others_tools_find_the_seal_good(cabinet: Cabinet, closed: int, tmp_path: Path) -> None:
    """poppler, and qpdf's own check, which know nothing of us."""
    file = tmp_path / "report.pdf"
    file.write_bytes(storage.read(seal_report(closed)))
    with pikepdf.open(file) as pdf:
        assert pdf.check_pdf_syntax() == []
    with reading() as db:
        root = pades.certificate(db, pades.ROOT)
    trust = tmp_path / "trust"
    trust.mkdir()
    (tmp_path / "root.crt").write_bytes(root)
    certutil = ["certutil", "-d", f"sql:{trust}"]
    subprocess.run([*certutil, "-N", "--empty-password"], check=True)
    subprocess.run(
        [*certutil, "-A", "-n", "root", "-t", "CT,C,C", "-i", tmp_path / "root.crt"], check=True
    )
    said = subprocess.run(
        ["pdfsig", "-nssdir", f"sql:{trust}", file], capture_output=True, text=True, check=True
    ).stdout
    assert "Signature Validation: Signature is Valid." in said
    assert "Total document signed" in said
    assert "Văn phòng Chính phủ" in said


def judged(pdf: bytes) -> verifier.Lasting | None:
    """By what the file itself holds, with the root alone."""
    with reading() as db:
        keys = bundles.trusted(db)
    reader = PdfFileReader(BytesIO(pdf), strict=True)
    (embedded,) = reader.embedded_regular_signatures
    return verifier.lasting(verifier.Bundle({}, keys, deep=True), reader, embedded)


def test_a_report_holds_from_the_first_what_is_needed_in_decades(closed: int) -> None:
    """PAdES B-LTA; without the root's list of what it revoked its seal is not to be believed."""
    pdf = storage.read(seal_report(closed))
    found = judged(pdf)
    assert found
    assert (found.fault, found.stamps) == ("", 1)
    (embedded,) = PdfFileReader(BytesIO(pdf)).embedded_regular_signatures
    bare = pdf[: int(embedded.byte_range[2]) + int(embedded.byte_range[3])]
    assert judged(bare) is None
    nothing = archiving.Known([], [])
    found = judged(bare + archiving.appended(bare, 1, nothing, tsa.over, tsa.reserved()))
    assert found
    assert found.fault


# ---- in a bundle ----


@pytest.fixture
def files(closed: int, tmp_path: Path) -> dict[str, bytes]:
    seal_report(closed)
    with reading() as db:
        bundle.write(db, closed, tmp_path / "bundle.zip")
    with zipfile.ZipFile(tmp_path / "bundle.zip") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def findings(files: dict[str, bytes], tmp_path: Path) -> set[str]:
    with reading() as db:
        keys = bundles.trusted(db)
    path = rezip(tmp_path / "forged.zip", dict(files))
    return {each.check for each in verifier.verify(path, keys, deep=True).findings}


def test_a_bundle_carries_its_reports_and_a_stranger_finds_them_sound(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    assert "reports/1.pdf" in files
    assert findings(files, tmp_path) == set()


def test_a_report_that_is_missing_another_or_unsealed_is_found(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    name = "reports/1.pdf"
    ballot = next(each for each in files if each.startswith("ballots/") and each.endswith(".pdf"))
    without = {each: data for each, data in files.items() if each != name}
    assert findings(without, tmp_path) == {"V35"}
    for forged in (files[name] + b"\n", files[ballot], b"%PDF-1.7\n"):
        assert findings({**files, name: forged}, tmp_path) == {"V35"}
    assert findings({**files, "reports/2.pdf": files[name]}, tmp_path) == {"V35"}
