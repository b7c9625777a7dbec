"""What an operator is told when something is in the way: one clear sentence, no stack trace."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ecabinet.cli import main
from tests.server import ECABINET, environment

ROOT = Path(__file__).parent.parent.parent


def run(folder: Path, *words: str, port: int = 8000) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ECABINET, *words], env=environment(folder, port), capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def one_sentence(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode != 0
    assert "Traceback" not in done.stderr + done.stdout
    [line] = done.stderr.strip().splitlines()
    return line


def test_a_taken_port_is_named_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = one_sentence(run(tmp_path / "var", "serve", "--port", str(port)))
    assert f"port {port} is taken" in said
    assert "PORT=" in said


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    said = one_sentence(run(tmp_path / "file" / "var", "check"))
    assert str(tmp_path / "file") in said
    assert "ECABINET_DATA_DIR" in said


def test_a_folder_of_somebody_else_is_named(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        (tmp_path / "locked").mkdir(mode=0o500)
        said = one_sentence(run(tmp_path / "locked" / "var", "check"))
    else:
        # Root may write anywhere but where the kernel lets nobody.
        said = one_sentence(run(Path("/proc/1/var"), "check"))
    assert "cannot be used" in said


def test_a_half_set_production_is_refused_in_a_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [ECABINET, "check"], capture_output=True, text=True, check=False,
        env=environment(tmp_path / "var", 8000) | {"ECABINET_ENV": "production"},
    )  # fmt: skip
    assert "https in production" in one_sentence(done)


@pytest.mark.parametrize("missing", ["node", "python3"])
def test_a_missing_tool_is_named_before_anything_is_installed(tmp_path: Path, missing: str) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "dirname", "mkdir", "id", "npm", "node"):
        found = shutil.which(name)
        if found and name != missing:
            (tools / name).symlink_to(found)
    done = subprocess.run(
        [str(tools / "bash"), str(ROOT / "setup.sh"), "run"],
        env={
            "PATH": str(tools), "HOME": str(tmp_path),
            "PYTHON": "python3" if missing == "python3" else sys.executable,
        },
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert {"node": "Node.js 20", "python3": "Python 3.11"}[missing] in one_sentence(done)


def test_what_is_no_bundle_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "notes.zip").write_bytes(b"not a zip")
    done = run(tmp_path / "var", "verify", str(tmp_path / "notes.zip"))
    assert done.returncode == 2
    assert "not a bundle" in one_sentence(done)


def test_every_command_explains_itself() -> None:
    for words in (["serve"], ["worker"], ["demo"], ["check"], ["user", "code"], ["verify"],
                  ["export", "list"], ["export", "consultation"],
                  ["export", "activity"], ["documents", "prepare"],
                  ["trace"]):  # fmt: skip
        done = CliRunner().invoke(main, [*words, "--help"])
        assert done.exit_code == 0
        assert "Usage:" in done.output
