"""Runs tests on mutants of one module: each by a test that comes through the changed line.

A pytest plugin. Every test is run once as it is, noting which lines of the module it comes through;
then, in the same process, each mutant that is still alive and has a line there is tried by that
test in a fork, where the functions of the module have the mutant's code. What is worked out where
the module is loaded (constants, tables) is tried in a process of its own, by every test.
"""

import ast
import gc
import importlib
import importlib.abc
import importlib.machinery
import os
import select
import signal
import sys
import types
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from tests.mutation.mutants import Mutant, mutants

ROOT = Path(__file__).parent.parent.parent
# How a fork ends in which something else failed than a test.
BROKEN = 3
# Of the time that a test takes as it is; a mutant that goes on for ever is found.
PATIENCE, LEAST_SECONDS = 10, 20.0


# Others' modules, which each of many processes would load anew.
PRELOADED = (
    "flask_socketio", "flask_babel", "sqlalchemy.orm", "pikepdf", "pypdf", "reportlab.platypus",
    "pyhanko.sign.signers", "pyhanko.sign.validation",
)  # fmt: skip


class Loader(importlib.machinery.SourceFileLoader):
    """Loads a module from a changed tree."""

    def __init__(self, name: str, path: str, tree: ast.Module) -> None:
        super().__init__(name, path)
        self.tree = tree

    def get_code(self, fullname: str) -> types.CodeType:
        return compile(self.tree, self.path, "exec")


class Finder(importlib.abc.MetaPathFinder):
    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    def find_spec(self, fullname: str, _path: object, _target: object = None) -> Any:
        if fullname != self.loader.name:
            return None
        return spec_from_file_location(fullname, self.loader.path, loader=self.loader)


class Trial:
    """The plugin: `alive` is in the end what no test has found."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tree = ast.parse(path.read_text())
        self.functions = _functions(compile(self.tree, str(path), "exec"))
        self.all = mutants(self.tree)
        self.alive = {at for at, each in enumerate(self.all) if each.inside}
        self.broken = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._find_functions()
        for item in session.items:
            _leave(session, item)
            sibling = next(
                (each for each in session.items if each is not item and each.parent is item.parent),
                None,
            )
            lines: set[int] = set()
            seconds = self._as_it_is(item, sibling, lines)
            if self.broken:
                return True
            limit = max(LEAST_SECONDS, PATIENCE * seconds)
            for at in sorted(self.alive):
                if lines.isdisjoint(self.all[at].lines):
                    continue
                with self.all[at].in_its_tree():
                    code = _functions(compile(self.tree, str(self.path), "exec"))
                if not in_a_fork(partial(self._survives, item, sibling, code), limit):
                    self.alive.discard(at)
        return True

    def _as_it_is(self, item: Any, sibling: Any, lines: set[int]) -> float:
        name = str(self.path)

        def enters(frame: types.FrameType, _event: str, _arg: object) -> Any:
            return passes if frame.f_code.co_filename == name else None

        def passes(frame: types.FrameType, _event: str, _arg: object) -> Any:
            lines.add(frame.f_lineno)
            return passes

        sys.settrace(enters)
        try:
            reports = runtestprotocol(item, nextitem=sibling, log=False)
        finally:
            sys.settrace(None)
        self.broken = any(each.failed for each in reports)
        if self.broken:
            print(f"fails as it is: {item.nodeid}\n{reports[-1].longreprtext}")
        return sum(each.duration for each in reports)

    def _survives(self, item: Any, sibling: Any, code: list[types.CodeType]) -> bool:
        self._put_in(code)
        return not any(each.failed for each in runtestprotocol(item, nextitem=sibling, log=False))

    def _find_functions(self) -> None:
        """Every function that was made of the module's code, wherever it is held."""
        # What the suite has put out of the collector's sight.
        gc.unfreeze()
        self.held: list[list[types.FunctionType]] = [[] for _ in self.functions]
        for each in gc.get_objects():
            code = each.__code__ if isinstance(each, types.FunctionType) else None
            if code in self.functions and code.co_filename == str(self.path):
                self.held[self.functions.index(code)].append(each)
        gc.freeze()

    def _put_in(self, changed: list[types.CodeType]) -> None:
        for held, old, new in zip(self.held, self.functions, changed, strict=True):
            if old != new:
                for each in held:
                    each.__code__ = new


def _leave(session: Any, item: Any) -> None:
    """Whatever was set up for tests of another module."""
    session._setupstate.teardown_exact(item)


def _functions(code: types.CodeType) -> list[types.CodeType]:
    """Of a module or a class, its functions, in order; not those inside them."""
    found = []
    for each in code.co_consts:
        if not isinstance(each, types.CodeType):
            continue
        if each.co_flags & 0x02 and each.co_flags & 0x01 and _is_function(each):
            found.append(each)
        else:
            found += _functions(each)
    return found


def _is_function(code: types.CodeType) -> bool:
    return not code.co_name.startswith("<") or code.co_name == "<lambda>"


def in_a_fork(work: Callable[[], bool], limit: float) -> bool:
    """What came of it; False as well where it took too long, or the process died."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        try:
            os._exit(0 if work() else 1)
        except BaseException:
            os._exit(BROKEN)
    watched = os.pidfd_open(pid)
    try:
        if not select.select([watched], [], [], limit)[0]:
            os.kill(pid, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    finally:
        os.close(watched)
    if code == BROKEN:
        raise RuntimeError("no test failed: what runs it did")
    return code == 0


def outside(path: Path, tests: list[str], number: int) -> bool:
    """Whether all tests pass on a mutant that is loaded so from the beginning."""
    tree = ast.parse(path.read_text())
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    with mutants(tree)[number].in_its_tree():
        sys.meta_path.insert(0, Finder(Loader(name, str(path), tree)))
        return pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests]) == 0


def tried(path: Path, tests: list[str]) -> Iterator[tuple[Mutant, bool]]:
    """Every mutant, and whether it is still alive."""
    for name in PRELOADED:
        importlib.import_module(name)
    trial = Trial(path)
    # In forks as well: this process has loaded none of the house's own modules.
    for at, each in enumerate(trial.all):
        if not each.inside and in_a_fork(partial(outside, path, tests, at), 600.0):
            trial.alive.add(at)
    pytest.main(["-q", "-p", "no:cacheprovider", "--timeout=0", *tests], plugins=[trial])
    if trial.broken:
        raise SystemExit(2)
    for at, each in enumerate(trial.all):
        yield each, at in trial.alive
