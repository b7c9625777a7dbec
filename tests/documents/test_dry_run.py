"""`ecabinet documents prepare`: whatever is named, each name has its line and its reason."""

import hashlib
import itertools
import json
import os

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.serialization import Encoding

from documents import dry_run
from ecabinet import offload, signatures
from ecabinet.cli import main
from tests.documents import builders
from tests.documents.test_signed import WHO, Signer

pytestmark = pytest.mark.once


def prepare(*files):
    done = CliRunner().invoke(main, ["documents", "prepare", "--json", *map(str, files)])
    return done, [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def pdf(tmp_path):
    path = tmp_path / "tờ trình.pdf"
    path.write_bytes(builders.pdf(2))
    return path


def test_every_name_has_its_line_in_order(tmp_path, pdf):
    twin = tmp_path / "b" / pdf.name
    twin.parent.mkdir()
    twin.write_bytes(pdf.read_bytes())
    odd = os.fsencode(tmp_path) + b"/\xff.pdf"
    contents = {"a.docx": builders.pdf(), "empty.pdf": b"", "web.pdf": b"<html>"}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    os.mkfifo(tmp_path / "pipe.pdf")
    (tmp_path / "loop.pdf").symlink_to(tmp_path / "loop.pdf")
    named = {
        pdf: None, twin: None, tmp_path / "a.docx": "not_pdf", tmp_path / "empty.pdf": "empty",
        tmp_path / "web.pdf": "not_pdf", tmp_path: "not_a_file",
        tmp_path / "pipe.pdf": "not_a_file", tmp_path / "none.pdf": "missing",
        tmp_path / "loop.pdf": "not_readable", os.fsdecode(odd): "missing", "": "missing",
    }  # fmt: skip
    done, lines = prepare(*named)
    assert done.exit_code == 0
    assert [each["file"] for each in lines] == list(map(str, named))
    assert [each["reason"] for each in lines] == list(named.values())
    assert {each["outcome"] for each in lines if each["reason"]} == {"refused"}
    assert f"{len(named)} files: " in done.stderr


def test_of_a_signed_file_it_is_said_whether_that_holds(cabinet, tmp_path, monkeypatch):
    minister, path, trusted = Signer(), tmp_path / "to-trinh.pdf", tmp_path / "co-quan.pem"
    path.write_bytes(minister.signs(builders.pdf(1)))
    _, [strange] = prepare(path)
    assert (strange["signed"], strange["signatures"][0]["name"]) == (True, WHO)
    assert [each["standing"] for each in strange["signatures"]] == ["unknown_authority"]
    trusted.write_bytes(minister.certificate.public_bytes(Encoding.PEM))
    monkeypatch.setenv("ECABINET_TRUSTED_AUTHORITIES", str(trusted))
    try:
        said = CliRunner().invoke(main, ["documents", "prepare", str(path)])
    finally:
        signatures.bind(None)
    assert said.stdout.endswith("to-trinh.pdf  (signatures: valid)\n")


def test_what_was_prepared_is_described(tmp_path, pdf):
    acting = tmp_path / "acting.pdf"
    acting.write_bytes(builders.acting())
    scanned = tmp_path / "scan.pdf"
    scanned.write_bytes(builders.scan(1))
    _, [plain, cleaned, scan] = prepare(pdf, acting, scanned)
    assert (plain["scan"], scan["scan"]) == (False, True)
    assert plain["pixel_equal"] is True
    assert plain["outcome"] == cleaned["outcome"] == "prepared"
    assert (plain["pages"], cleaned["pages"]) == (2, 3)
    assert plain["sha256"] == hashlib.sha256(pdf.read_bytes()).hexdigest()
    assert plain["removed"] == {}
    assert cleaned["removed"]["js"] >= 1
    assert plain["signed"] is False
    assert plain["ms"] > 0


def test_a_large_file_is_refused_before_it_is_read(tmp_path):
    large = tmp_path / "large.pdf"
    with large.open("wb") as file:
        file.truncate(dry_run.LIMITS.bytes + 1)
    _, [found] = prepare(large)
    assert (found["reason"], found["sha256"]) == ("too_large", None)


@pytest.mark.parametrize(
    ("fault", "reason", "code"),
    [
        (offload.Crashed("signal 11"), "crashed", 0),
        (offload.Failed("too long"), "too_costly", 0),
        (OSError(28, "No space left on device"), "machine_failed", 1),
    ],
)
def test_a_child_that_does_not_end_well_is_accounted_for(monkeypatch, pdf, fault, reason, code):
    def fail(*_, **__):
        raise fault

    monkeypatch.setattr(offload, "run", fail)
    done, lines = prepare(pdf, "none.pdf")
    assert [each["reason"] for each in lines] == [reason, "missing"]
    assert done.exit_code == code


def test_a_list_without_end_is_taken_a_few_at_a_time():
    taken = []
    names = (taken.append(number) or f"none-{number}.pdf" for number in itertools.count())
    found = list(itertools.islice(dry_run.try_each(names), 500))
    assert [each.file for each in found] == [f"none-{number}.pdf" for number in range(500)]
    assert len(taken) <= 500 + (os.cpu_count() or 1)
