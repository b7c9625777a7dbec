"""Asking ClamAV about a file before anybody opens it (UPL-07; clamd's protocol, INSTREAM).

It fails closed: a scanner that is set and does not answer, or answers anything but "OK", lets
nothing in.
"""

import contextlib
import logging
import socket
import struct
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from ecabinet.errors import Unreadable

log = logging.getLogger(__name__)

# A scan of the largest file; clamd itself is to take as much (StreamMaxLength).
SECONDS = 60
PIECE = 256 * 1024
LONGEST_ANSWER = 4_096


class ScanRefusal(StrEnum):
    INFECTED = "infected"
    UNREACHABLE = "unreachable"


_socket: Path | None = None


def bind(path: Path | None) -> None:
    """Where this process finds clamd; None where none is set, and nothing is scanned."""
    global _socket
    _socket = path


def refuse_if_infected(content: bytes) -> None:
    """Unreadable where the scanner finds something, or cannot be asked."""
    if _socket is not None and (reason := refusal(_asked(_socket, content))):
        raise Unreadable(reason)


def refusal(answer: str) -> ScanRefusal | None:
    """What clamd's answer to a stream means for it."""
    if answer == "stream: OK":
        return None
    if answer.endswith(" FOUND"):
        log.warning("a file was refused: %s", answer.removeprefix("stream: "))
        return ScanRefusal.INFECTED
    log.error("the virus scanner cannot be asked: %s", answer)
    return ScanRefusal.UNREACHABLE


def answers(path: Path) -> bool:
    """Whether a scanner is there."""
    try:
        with _line(path) as line:
            line.sendall(b"zPING\0")
            return _answer(line) == "PONG"
    except OSError:
        return False


def _asked(path: Path, content: bytes) -> str:
    try:
        with _line(path) as line:
            line.sendall(b"zINSTREAM\0")
            # clamd may have said no and hung up before the end.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                for start in range(0, len(content), PIECE):
                    piece = content[start : start + PIECE]
                    line.sendall(struct.pack("!I", len(piece)) + piece)
                line.sendall(struct.pack("!I", 0))
            return _answer(line)
    except OSError as fault:
        return str(fault)


@contextlib.contextmanager
def _line(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(SECONDS)
        line.connect(str(path))
        yield line


def _answer(line: socket.socket) -> str:
    said = b""
    while len(said) < LONGEST_ANSWER and not said.endswith(b"\0"):
        piece = line.recv(LONGEST_ANSWER)
        if not piece:
            break
        said += piece
    return said.rstrip(b"\0").decode("utf-8", "replace")
