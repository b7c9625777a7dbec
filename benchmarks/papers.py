"""Marked copies beside plain files, stampers and nginx, in one run; and files becoming papers."""

import collections
import contextlib
import os
import queue
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import samples
from benchmarks.figure import Figure
from documents import dry_run, service
from documents.marking import Copy, Slot
from ecabinet import migrate, storage
from ecabinet.app import open_stores
from ecabinet.db import database
from ecabinet.settings import Settings

CLIENTS, ROUNDS, SECONDS = 4, 3, 1.5
RANGE = 64 * 1024
TEXT_PAGES, LARGE_PAGES = 100, 200
# A fiftieth of a hall of 500.
HALL, ITS_PAPERS = 10, 40
FIXED_SECONDS, MS_A_PAGE = 0.5, 15.0
NGINX = """daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{ access_log off; sendfile on; keepalive_requests 100000;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  upstream house {{ server 127.0.0.1:{behind}; keepalive 8; }}
  server {{ listen 127.0.0.1:{port};
    location /plain/ {{ alias {folder}/; }}
    location / {{
      proxy_pass http://house; proxy_http_version 1.1; proxy_set_header Connection "";
    }}
  }} }}
"""


@dataclass(frozen=True)
class Paper:
    """A prepared paper, under the addresses of the app that is asked."""

    name: str
    copy: str
    size: int


def copies_and_files() -> Iterator[Figure]:
    """Every row of numbers.md, Papers, that this machine can measure without a browser."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        open_stores(Settings(data_dir=folder))
        migrate.upgrade(database())
        samples.write_stamp(folder)
        yield from _upload_to_readable()
        text, large = _keep(folder, TEXT_PAGES), _keep(folder, LARGE_PAGES, packed=False)
        yield _memory_of(large)
        database().close()
        with _gunicorn(folder) as port:
            yield from _served(port, text, large)
            if shutil.which("nginx"):
                with _nginx(folder, port) as front:
                    yield _beside_nginx(front, large)
                    yield _hall(front, text)


def _served(port: int, text: Paper, large: Paper) -> Iterator[Figure]:
    ours, plain = _rates(port, [text.copy, f"/plain/{text.name}"])
    yield _ratio("papers: whole copy", ours, plain, 1.0, "plain send_file")
    ours, plain = _rates(port, [large.copy, f"/plain/{large.name}"], RANGE)
    yield _ratio("papers: 64 KB range", ours, plain, 1.5, "plain send_file")
    ours, pike, pypdf = _rates(port, [text.copy, f"/pikepdf/{text.name}", f"/pypdf/{text.name}"])
    stampers = f"stamping by pikepdf per request ({ours / pypdf:.0f} x pypdf)"
    yield _ratio("papers: copy, 100 pages", ours, pike, 60, stampers)


def _beside_nginx(port: int, paper: Paper) -> Figure:
    ours, static = _rates(port, [paper.copy, f"/plain/{paper.name}"])
    megabytes = paper.size / 1e6
    peer = f"nginx static, {static * megabytes:.0f} MB/s, {megabytes:.1f} MB, {CLIENTS} readers"
    return _ratio("papers: copy behind nginx", ours, static, 0.5, peer)


def _hall(port: int, paper: Paper) -> Figure:
    """A session that opens: each of so many readers takes each of its papers along, once."""
    rounds = []
    for _ in range(ROUNDS):
        plain = _each_once(port, [f"/plain/{paper.name}"] * HALL * ITS_PAPERS)
        asked = (f"{paper.copy}?reader={n}" for n in range(HALL) for _ in range(ITS_PAPERS))
        rounds.append((_each_once(port, asked), plain))
    ours, static = (statistics.median(each) for each in zip(*rounds, strict=True))
    peer = f"nginx static, {HALL} readers x {ITS_PAPERS} papers"
    return _ratio("papers: session opening", ours, static, 0.7, peer)


def _each_once(port: int, paths: Iterable[str]) -> float:
    """Answers a second, where so many lines share what there is to ask."""
    left, started = queue.SimpleQueue[str](), time.perf_counter()
    count = 0
    for each in paths:
        left.put(each)
        count += 1

    def read() -> None:
        room = bytearray(1 << 20)
        with (
            socket.create_connection(("127.0.0.1", port)) as line,
            contextlib.suppress(queue.Empty),
        ):
            while True:
                line.sendall(
                    f"GET {left.get_nowait()} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
                )
                _read_one(line, room)

    readers = [threading.Thread(target=read) for _ in range(CLIENTS)]
    for each in readers:
        each.start()
    for each in readers:
        each.join()
    return count / (time.perf_counter() - started)


def _memory_of(paper: Paper) -> Figure:
    """What one copy holds while it is served, beside the whole of it."""
    digest, at, length, size = paper.copy.removeprefix("/copy/").split("/")
    copy = Copy(digest, Slot(int(at), int(length), int(size)), b" " * int(length))
    collections.deque(copy.stream(0, 1), 0)
    tracemalloc.start()
    collections.deque(copy.stream(0, copy.size), 0)
    peak = tracemalloc.get_traced_memory()[1] / 1024
    tracemalloc.stop()
    peer = f"the whole file, {copy.size / 1024:.0f} KB"
    return Figure("papers: memory of a copy", peak, "KB", "<= 256 KB", peer, peak <= 256)


def files_of_others() -> Iterator[Figure]:
    """Of real files that can be opened, the share whose pages are equal to the pixel; nothing where
    no files are named (ECABINET_SAMPLES)."""
    samples_at = os.environ.get("ECABINET_SAMPLES")
    files = sorted(Path(samples_at).rglob("*.pdf")) if samples_at else []
    with tempfile.TemporaryDirectory() as folder:
        open_stores(Settings(data_dir=Path(folder)))
        migrate.upgrade(database())
        found = [dry_run.try_one(str(each)) for each in files]
        database().close()
    opened = [each for each in found if each.outcome == "prepared"]
    if not opened:
        return
    share = 100 * sum(each.pixel_equal for each in opened) / len(opened)
    peer = f"{len(opened)} of {len(files)} files opened, the rest refused with a reason"
    yield Figure("papers: equal to the pixel", share, "%", ">= 99.5 %", peer, share >= 99.5)


def _ratio(name: str, ours: float, theirs: float, goal: float, peer: str) -> Figure:
    ratio = ours / theirs
    said = f"{peer}: {theirs:.0f}/s, ours {ours:.0f}/s"
    return Figure(name, ratio, "x", f">= {goal:g} x", said, ratio >= goal)


def _upload_to_readable() -> Iterator[Figure]:
    """What each further page costs, and what a file costs by itself."""
    one, many = _seconds_to_read(1), _seconds_to_read(TEXT_PAGES)
    each = (many - one) / (TEXT_PAGES - 1) * 1000
    peer = f"{TEXT_PAGES} pages of text in {many:.2f} s"
    goals = f"<= {MS_A_PAGE:g} ms", f"<= {FIXED_SECONDS:g} s"
    yield Figure("papers: upload, per page", each, "ms", goals[0], peer, each <= MS_A_PAGE)
    yield Figure("papers: upload, one page", one, "s", goals[1], peer, one <= FIXED_SECONDS)


def _seconds_to_read(pages: int) -> float:
    content = samples.paper(pages)
    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        service.read_file("to-trinh.pdf", content)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def _keep(folder: Path, pages: int, packed: bool = True) -> Paper:
    """The prepared file as the room keeps it, and plain beside it for the peers."""
    kept = service.read_file("to-trinh.pdf", samples.paper(pages, packed))
    name, size = f"{pages}.pdf", kept.prepared_size
    (folder / name).write_bytes(storage.read(kept.prepared))
    slot = f"{kept.slot_at}/{kept.slot_length}"
    return Paper(name, f"/copy/{kept.prepared}/{slot}/{size}", size)


# ---- asking ----


def _rates(port: int, paths: list[str], most: int = 0) -> list[float]:
    """Answers a second of each address, in turns, so that a busy machine is so to all."""
    rounds = [[_rate(port, each, most) for each in paths] for _ in range(ROUNDS)]
    return [statistics.median(each) for each in zip(*rounds, strict=True)]


def _rate(port: int, path: str, most: int) -> float:
    wanted = f"Range: bytes=0-{most - 1}\r\n" if most else ""
    asking = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{wanted}\r\n".encode()
    until = time.perf_counter() + SECONDS
    counts: list[int] = []
    readers = [
        threading.Thread(target=_read_on, args=(port, asking, until, counts))
        for _ in range(CLIENTS)
    ]
    started = time.perf_counter()
    for each in readers:
        each.start()
    for each in readers:
        each.join()
    return sum(counts) / (time.perf_counter() - started)


def _read_on(port: int, asking: bytes, until: float, counts: list[int]) -> None:
    """Ask again and again over one line; what comes is counted and thrown away."""
    room, count = bytearray(1 << 20), 0
    with socket.create_connection(("127.0.0.1", port)) as line:
        while time.perf_counter() < until:
            line.sendall(asking)
            _read_one(line, room)
            count += 1
    counts.append(count)


def _read_one(line: socket.socket, room: bytearray) -> None:
    head = b""
    while b"\r\n\r\n" not in head:
        got = line.recv(65536)
        if not got:
            raise ConnectionError("the server ended the line")
        head += got
    words, _, body = head.partition(b"\r\n\r\n")
    if words.split(b" ", 2)[1] not in (b"200", b"206"):
        raise ConnectionError(words.decode("latin-1"))
    length = next(
        int(each.split(b":")[1])
        for each in words.split(b"\r\n")
        if each.lower().startswith(b"content-length:")
    )
    left = length - len(body)
    while left > 0:
        left -= line.recv_into(room, min(left, len(room)))


# ---- serving ----


@contextlib.contextmanager
def _gunicorn(folder: Path) -> Iterator[int]:
    port = _free_port()
    words = [
        sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--workers", "1",
        "--threads", "4", "--keep-alive", "75", "--log-level", "error",
        "--bind", f"127.0.0.1:{port}", "benchmarks.serving:app",
    ]  # fmt: skip
    with _running(words, port, os.environ | {"ECABINET_BENCH": str(folder)}):
        yield port


@contextlib.contextmanager
def _nginx(folder: Path, behind: int) -> Iterator[int]:
    port = _free_port()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, behind=behind))
    words = ["nginx", "-c", str(folder / "nginx.conf")]
    folder.chmod(0o755)
    with _running(words, port, dict(os.environ)):
        yield port


@contextlib.contextmanager
def _running(words: list[str], port: int, environment: dict[str, str]) -> Iterator[None]:
    server = subprocess.Popen(words, env=environment)
    try:
        _wait_for(port, server)
        yield
    finally:
        server.terminate()
        server.wait()


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    while server.poll() is None:
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        time.sleep(0.05)
    raise ConnectionError("the server did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
