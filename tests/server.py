"""A real server for a test: started by `make run`'s own means, stopped by its own pid."""

import atexit
import contextlib
import fcntl
import functools
import json
import os
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pyotp

ECABINET = str(Path(sys.executable).with_name("ecabinet"))
SERVE = [ECABINET, "serve"]
STARTS_WITHIN = 90


@dataclass
class Server:
    """A served demo: its address, its folder and its accounts."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes]
    accounts: dict[str, dict[str, str]] = field(default_factory=dict)
    # By how many seconds the demo's clock is moved; None when it is to be asked for.
    moved: int | None = None
    host: str = "localhost"
    scheme: str = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"

    def code(self, username: str, steps_ahead: int = 0) -> str:
        """The code that this person's application shows now, or in so many half minutes."""
        totp = pyotp.TOTP(self.accounts[username]["totp_secret"])
        return totp.at(self.now() + 30 * steps_ahead)

    def now(self) -> int:
        if self.moved is None:
            self.moved = int(self._kept("SELECT coalesce(max(seconds), 0) FROM clock_offset"))
        return int(time.time()) + self.moved

    def forward_to_the_session(self, minutes_before: int) -> None:
        """Move the clock to so long before the demo's first session begins."""
        kept = self._kept("SELECT min(starts_at) FROM meetings_meeting")
        starts = datetime.fromisoformat(kept).replace(tzinfo=UTC).timestamp()
        minutes = (int(starts) - self.now()) // 60 - minutes_before
        self.command("demo", "--forward", f"{minutes}m")

    def _kept(self, query: str) -> Any:
        uri = f"file:{self.folder / 'ecabinet.db'}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as db:
            return db.execute(query).fetchone()[0]

    def command(self, *words: str) -> str:
        """What `ecabinet …` prints beside the running server."""
        if words[0] == "demo":
            self.moved = None
        done = subprocess.run(
            [ECABINET, *words], env=self.environment(), capture_output=True, text=True, check=True
        )
        return done.stdout

    def environment(self) -> dict[str, str]:
        return environment(self.folder, self.port, self.host)


def environment(folder: Path, port: int, host: str = "localhost") -> dict[str, str]:
    kept = {
        name: os.environ[name]
        for name in ("PATH", "HOME", "LANG", "PYTHONPATH")
        if name in os.environ
    }
    return kept | {
        "ECABINET_DATA_DIR": str(folder),
        "ECABINET_BASE_URL": f"http://{host}:{port}",
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_pair() -> int:
    """A free port, after which the next is free as well: an authority is handed out there."""
    while True:
        port = free_port()
        with contextlib.suppress(OSError, OverflowError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port + 1))
            return port


def is_up(server: Server) -> bool:
    # Only a browser finds a name below localhost; anybody else says it.
    named = {"Host": f"{server.host}:{server.port}"}
    address = f"{server.scheme}://localhost:{server.port}/healthz"
    authority = server.folder / "tls" / "authority.crt"
    try:
        # Not there before the server has made it: then it is not up.
        trusting = (
            ssl.create_default_context(cafile=authority) if server.scheme == "https" else None
        )
        with urlopen(Request(address, headers=named), timeout=2, context=trusting) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


@functools.cache
def filled_demo() -> Path:
    """A demo's folder, filled once for all processes that ECABINET_TEST_FOLDER is told to."""
    shared = os.environ.get("ECABINET_TEST_FOLDER")
    folder = Path(shared or tempfile.mkdtemp(prefix="demo-"))
    if not shared:
        atexit.register(shutil.rmtree, folder)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "var").exists():
            filling = environment(folder / "filling", 8000)
            subprocess.run([ECABINET, "demo"], env=filling, check=True, capture_output=True)
            (folder / "filling").rename(folder / "var")
    return folder / "var"


@contextlib.contextmanager
def serving_demo(
    folder: Path, command: list[str] | None = None, host: str = "localhost", **more: str
) -> Iterator[Server]:
    """Serve a copy of the filled demo: what `serving` would come to after half a minute."""
    shutil.copytree(filled_demo(), folder)
    with serving(folder, command, host, **more) as server:
        yield server


@contextlib.contextmanager
def serving(
    folder: Path, command: list[str] | None = None, host: str = "localhost", **more: str
) -> Iterator[Server]:
    """Serve a demo from this folder until the block ends; commands and settings name its port as
    {port}."""
    tls = "--tls" in (command or ())
    port = free_pair() if tls else free_port()
    log = (folder.parent / "server.log").open("wb")
    process = subprocess.Popen(
        [each.format(port=port) for each in command or SERVE],
        env=environment(folder, port, host)
        | {"PORT": str(port)}
        | {name: each.format(port=port) for name, each in more.items()},
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    server = Server(port, folder, process, host=host, scheme="https" if tls else "http")
    try:
        _await(server, Path(log.name))
        accounts = folder / "demo-accounts.json"
        made = json.loads(accounts.read_text()) if accounts.exists() else []
        server.accounts = {each["username"]: each for each in made}
        yield server
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(15)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        log.close()


def _await(server: Server, log: Path) -> None:
    waiting: Any = threading.Event()
    for _ in range(STARTS_WITHIN * 10):
        if is_up(server):
            return
        if server.process.poll() is not None:
            break
        waiting.wait(0.1)
    raise AssertionError(f"the server did not start:\n{log.read_text()[-3000:]}")
