"""What would become of files if they were handed in: nothing is kept, no file unaccounted for."""

import hashlib
import os
import stat
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from documents import rules, service
from documents.pages import reading
from documents.rules import LIMITS, PaperRefusal
from ecabinet import signatures
from ecabinet.errors import Unreadable


class NoFile(StrEnum):
    """Why there is nothing to open."""

    MISSING = "missing"
    NOT_A_FILE = "not_a_file"
    NOT_READABLE = "not_readable"
    # Out of disc, memory or processes: of the file nothing is known.
    MACHINE_FAILED = "machine_failed"


@dataclass(frozen=True)
class Outcome:
    """One file, as it was named: prepared, or refused for a reason."""

    file: str
    outcome: str
    reason: str | None = None
    pages: int | None = None
    ms: int = 0
    sha256: str | None = None
    removed: dict[str, int] = field(default_factory=dict)
    signed: bool | None = None
    # Of a signed file who signed, and whether it holds against the authorities of the settings.
    signatures: list[dict[str, Any]] | None = None
    # Hardly any text on most of its pages.
    scan: bool | None = None
    # False: shown as pictures of its pages, since marked it would look different.
    pixel_equal: bool | None = None


def try_each(files: Iterable[str]) -> Iterator[Outcome]:
    """An outcome for each name, in order; a few at a time, so that long lists take no memory."""
    at_once = os.cpu_count() or 1
    with ThreadPoolExecutor(at_once) as pool:
        waiting: deque[Future[Outcome]] = deque()
        for each in files:
            if len(waiting) == at_once:
                yield waiting.popleft().result()
            waiting.append(pool.submit(try_one, each))
        while waiting:
            yield waiting.popleft().result()


def try_one(file: str) -> Outcome:
    started = time.monotonic()
    outcome = _outcome(file)
    return replace(outcome, ms=round((time.monotonic() - started) * 1000))


def _outcome(file: str) -> Outcome:
    try:
        found = os.stat(file)
        # A pipe would be waited for without end.
        if not stat.S_ISREG(found.st_mode):
            return _refused(file, NoFile.NOT_A_FILE)
        if found.st_size > LIMITS.bytes:
            return _refused(file, PaperRefusal.TOO_LARGE)
        content = Path(file).read_bytes()
    except FileNotFoundError:
        return _refused(file, NoFile.MISSING)
    except OSError:
        return _refused(file, NoFile.NOT_READABLE)
    return _opened(file, content)


def _opened(file: str, content: bytes) -> Outcome:
    digest = hashlib.sha256(content).hexdigest()
    try:
        found = service.read_safely(os.path.basename(file), content)
    except Unreadable as refused:
        return _refused(file, refused.reason, digest)
    except (OSError, MemoryError):
        return _refused(file, NoFile.MACHINE_FAILED, digest)
    return Outcome(
        file,
        "prepared",
        pages=len(found.texts),
        sha256=digest,
        removed=found.removed,
        signed=found.was_signed,
        signatures=_signatures(content) if found.was_signed else None,
        scan=rules.is_scan(rules.text_poor_pages(found.texts), len(found.texts)),
        pixel_equal=not found.as_pictures,
    )


def _signatures(content: bytes) -> list[dict[str, Any]] | None:
    return reading.signatures(content, signatures.authorities(), datetime.now(UTC))


def _refused(file: str, reason: StrEnum, digest: str | None = None) -> Outcome:
    return Outcome(file, "refused", reason.value, sha256=digest)
