"""Heavy or hostile work in a child that may be killed: a parser of strangers' files never runs
in the web worker (UPL-06; pdf.md 4.3).

The child runs one module over one file. It has limits of its own on memory, time, files and
wall clock, an empty environment and, under bubblewrap, no network, no home, and a read-only
view of the interpreter and the code. It answers with files in its own folder.
"""

import contextlib
import functools
import json
import logging
import os
import resource
import runpy
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    # The child imports this module too, and sees nothing but the standard library.
    from ecabinet.settings import Settings

log = logging.getLogger(__name__)

ROOT = Path(__file__).parent.parent
MEBIBYTE = 1024 * 1024
# Not SIGABRT: so pdfium ends when its memory does.
FAULTS = (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE)
ANSWER = "answer.json"
SYSTEM_FOLDERS = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/etc/ld.so.cache")


@dataclass(frozen=True)
class Limits:
    """How much a child may take; those of a parser of papers, unless it needs more."""

    memory: int = 1536 * MEBIBYTE
    processor_seconds: int = 20
    file: int = 400 * MEBIBYTE
    open_files: int = 64
    wall_seconds: int = 30

    def bind(self) -> None:
        """Bind this process to them, before it sees a byte of the file."""
        for what, most in (
            (resource.RLIMIT_AS, self.memory),
            (resource.RLIMIT_CPU, self.processor_seconds),
            (resource.RLIMIT_FSIZE, self.file),
            (resource.RLIMIT_NOFILE, self.open_files),
            (resource.RLIMIT_CORE, 0),
        ):
            resource.setrlimit(what, (most, most))


PARSER = Limits()


class Failed(Exception):
    """The child was killed by a limit, or ended without an answer."""


class Crashed(Failed):
    """The parser in the child made a fault that the system ends programs for."""


@dataclass(frozen=True)
class Answer:
    """What the child said, and the files it made."""

    said: Any
    files: Mapping[str, bytes]


def run(
    module: str,
    content: bytes,
    *,
    readable: Sequence[Path] = (),
    made: Sequence[str] = (),
    beside: Mapping[str, Iterable[bytes]] = MappingProxyType({}),
    limits: Limits = PARSER,
) -> Answer:
    """Let a module's `main(folder)` work on this content, in a folder that is then removed."""
    with _answered(module, [content], readable, beside, limits) as (folder, said):
        return Answer(said, {each: _made(folder / each) for each in made})


def run_for_a_file(
    module: str,
    content: bytes,
    made: str,
    *,
    beside: Mapping[str, Iterable[bytes]],
    limits: Limits = PARSER,
) -> BinaryIO:
    """The same for work whose one file may be too long for memory; whoever asks closes it."""
    with _answered(module, [content], (), beside, limits) as (folder, _):
        path = folder / made
        if path.is_symlink() or not path.is_file():
            raise Failed("no file")
        # The folder goes; what is open can be read to its end.
        return path.open("rb")


@contextlib.contextmanager
def _answered(
    module: str,
    content: Iterable[bytes],
    readable: Sequence[Path],
    beside: Mapping[str, Iterable[bytes]],
    limits: Limits,
) -> Iterator[tuple[Path, Any]]:
    """The child's folder and what it said, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="ecabinet-") as name:
        folder = Path(name)
        for each, pieces in {"in": content, **beside}.items():
            with (folder / each).open("wb") as file:
                file.writelines(pieces)
        _wait_for(_start(module, folder, readable, limits), limits)
        try:
            said = json.loads((folder / ANSWER).read_bytes())
        except (FileNotFoundError, ValueError):
            raise Failed("no answer") from None
        yield folder, said


def is_sandboxed() -> bool:
    """Whether bubblewrap works here; without it the child has its limits alone."""
    return bool(_bubblewrap())


def check(settings: "Settings") -> None:
    """A production without walls does not start; a demo says that it has none."""
    if is_sandboxed():
        return
    if settings.env == "production":
        from ecabinet.errors import SettingRefused

        raise SettingRefused("bwrap does not work here: papers would be opened without a sandbox")
    log.warning("papers are opened in a limited process without a sandbox: bwrap does not work")


def _start(
    module: str, folder: Path, readable: Sequence[Path], limits: Limits
) -> "subprocess.Popen[bytes]":
    bounds = json.dumps(asdict(limits))
    inside = [sys.executable, "-m", "ecabinet.offload", module, str(folder), bounds]
    return subprocess.Popen(
        [*_walls(folder, readable), *inside] if is_sandboxed() else inside,
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _wait_for(child: "subprocess.Popen[bytes]", limits: Limits) -> None:
    try:
        code = child.wait(limits.wall_seconds)
    except subprocess.TimeoutExpired:
        raise Failed("too long") from None
    finally:
        # The whole group, so that nothing the child has started lives on.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    # bubblewrap says so with a code of its own.
    if -code in FAULTS or code - 128 in FAULTS:
        raise Crashed(f"signal {code}")


def _made(path: Path) -> bytes:
    # What a hostile file made of the child is not trusted: no links out of its folder.
    if path.is_symlink() or not path.is_file():
        return b""
    return path.read_bytes()


def _walls(folder: Path, readable: Sequence[Path]) -> list[str]:
    """bubblewrap's words: nothing of this machine but the interpreter, the code and the folder."""
    seen = [*map(Path, SYSTEM_FOLDERS), *_interpreter(), *_code(), *readable]
    return [
        _bubblewrap(), "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL",
        *_bound(seen), "--proc", "/proc", "--dev", "/dev",
        "--bind", str(folder), str(folder), "--chdir", str(folder),
    ]  # fmt: skip


def _bound(paths: Sequence[Path]) -> Iterator[str]:
    for path in paths:
        yield from ("--ro-bind-try", str(path), str(path))


def _interpreter() -> list[Path]:
    return [Path(sys.prefix), Path(sys.base_prefix)]


def _code() -> list[Path]:
    return [ROOT / "ecabinet", ROOT / "documents"]


@functools.cache
def _bubblewrap() -> str:
    """Where bubblewrap is, if it can build its walls here; else ""."""
    found = shutil.which("bwrap")
    if not found:
        return ""
    words = [found, "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--proc", "/proc"]
    probe = subprocess.run([*words, "true"], capture_output=True, timeout=10, check=False)
    return found if probe.returncode == 0 else ""


def main(module: str, folder: str, bounds: str) -> None:
    """The child: limits first, then the module's `main`."""
    Limits(**json.loads(bounds)).bind()
    answer = runpy.run_module(module)["main"](Path(folder))
    Path(folder, ANSWER).write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
