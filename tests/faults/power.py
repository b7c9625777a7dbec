"""A disk whose power goes: what SQLite wrote and synced is noted, and cut off at any moment.

Of writes that were not synced each is kept, dropped, or torn at a sector of 512 bytes, as SQLite's
own crash tests do. A disk that honours a sync is assumed (security.md 4.1).
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import apsw

SECTOR = 512
NAME = "noted"


@dataclass(frozen=True)
class Step:
    """A write at an offset, a cut to a length (`data` is None), or a sync (`at` is None)."""

    file: str
    at: int | None
    data: bytes | None = None


class Disk(apsw.VFS):
    """The file system of SQLite, noting every step that changes a file."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        super().__init__(NAME, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        return _File(self.steps, name, flags)


class _File(apsw.VFSFile):
    def __init__(
        self, steps: list[Step], name: str | apsw.URIFilename | None, flags: list[int]
    ) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name or ""
        self._steps, self._name = steps, Path(path).name
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        self._steps.append(Step(self._name, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:
        self._steps.append(Step(self._name, newsize))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:
        self._steps.append(Step(self._name, None))
        super().xSync(flags)


Files = dict[str, bytearray]


def images(
    before: Files, steps: Sequence[Step], cuts: Sequence[int], seed: int
) -> Iterator[tuple[int, Files]]:
    """The files as a power cut after so many steps may leave them, one image a cut, in order."""
    chance = random.Random(seed)
    files = defaultdict(bytearray, {name: bytearray(each) for name, each in before.items()})
    waiting: dict[str, list[Step]] = defaultdict(list)
    done = 0
    for cut in sorted(cuts):
        for step in steps[done:cut]:
            if step.at is not None:
                waiting[step.file].append(step)
                continue
            for each in waiting.pop(step.file, []):
                _put(files, each)
        done = cut
        left = defaultdict(bytearray, {name: bytearray(each) for name, each in files.items()})
        for each in [step for steps_of in waiting.values() for step in steps_of]:
            _maybe_put(left, each, chance)
        yield cut, dict(left)


def _put(files: Files, step: Step) -> None:
    assert step.at is not None
    held = files[step.file]
    if step.data is None:
        del held[step.at :]
        return
    held.extend(bytes(max(0, step.at - len(held))))
    held[step.at : step.at + len(step.data)] = step.data


def _maybe_put(files: Files, step: Step, chance: random.Random) -> None:
    fate = chance.choice(("kept", "dropped", "torn"))
    if fate == "dropped":
        return
    if fate == "torn" and step.data is not None:
        sectors = chance.randrange(len(step.data) // SECTOR + 1)
        step = Step(step.file, step.at, step.data[: sectors * SECTOR])
    _put(files, step)
