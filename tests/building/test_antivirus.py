"""A scanner that is set is asked about every file, and lets nothing in where it is silent."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from documents import service
from documents.rules import PaperKind
from ecabinet import antivirus, checks
from ecabinet.antivirus import ScanRefusal
from ecabinet.errors import Unreadable
from ecabinet.settings import Settings
from tests.builders import Cabinet
from tests.documents.builders import dossier, papers, pdf

# The test file of all scanners, in two pieces: whole, it would be found here as well.
EICAR = (
    rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
)  # fmt: skip
SECONDS_TO_START = 60
CONF = "LocalSocket {folder}/clamd\nDatabaseDirectory {folder}\nForeground yes\n"


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        ("stream: OK", None),
        ("stream: Eicar.UNOFFICIAL FOUND", ScanRefusal.INFECTED),
        ("INSTREAM size limit exceeded. ERROR", ScanRefusal.UNREACHABLE),
        ("stream: OK, or so it seems", ScanRefusal.UNREACHABLE),
        ("", ScanRefusal.UNREACHABLE),
    ],
)
def test_only_a_clean_answer_lets_a_file_in(answer: str, refusal: ScanRefusal | None) -> None:
    assert antivirus.refusal(answer) == refusal


@pytest.fixture
def clamd(tmp_path: Path) -> Iterator[Path]:
    """A scanner that knows one signature; the socket at which it listens."""
    (tmp_path / "test.ndb").write_text(f"Eicar:0:*:{EICAR.hex()}\n")
    (tmp_path / "clamd.conf").write_text(CONF.format(folder=tmp_path))
    program = shutil.which("clamd", path="/usr/sbin:/usr/bin")
    assert program, "clamd is missing: make setup installs it"
    place = tmp_path / "clamd"
    with subprocess.Popen([program, "-c", str(tmp_path / "clamd.conf")]) as running:
        ends = time.monotonic() + SECONDS_TO_START
        while not antivirus.answers(place):
            assert running.poll() is None
            assert time.monotonic() < ends
        antivirus.bind(place)
        yield place
        antivirus.bind(None)
        running.terminate()


@pytest.mark.slow
@pytest.mark.once
def test_an_infected_file_stays_out_and_so_does_every_file_once_the_scanner_is_gone(
    cabinet: Cabinet, settings: Settings, clamd: Path
) -> None:
    there, clean = dossier(cabinet, pdf(1)), pdf(2)

    def add(content: bytes) -> None:
        service.add_paper(
            cabinet.actor("chuyenvien"), there, "", PaperKind.ANNEX, "pl.pdf", content
        )

    def looked_at() -> checks.Check:
        scanned = settings.model_copy(update={"clamd_socket": clamd})
        return next(each for each in checks.run(scanned) if each.name == "antivirus")

    with pytest.raises(Unreadable) as refused:
        add(clean + EICAR)
    assert refused.value.reason == ScanRefusal.INFECTED
    add(clean)
    assert looked_at().ok
    antivirus.bind(clamd.with_name("nobody"))
    with pytest.raises(Unreadable) as refused:
        add(clean)
    assert refused.value.reason == ScanRefusal.UNREACHABLE
    assert len(papers(there)) == 2
    clamd.unlink()
    assert not looked_at().ok
