"""Marked copies beside plain files, stampers and nginx, in one run; and files becoming papers.

What asks is `wrk`; each figure says how much of one processor it took, since one that has none
left to ask with is itself what is measured.
"""

import collections
import contextlib
import os
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, replace
from pathlib import Path

from benchmarks import samples
from benchmarks.figure import Figure
from documents import dry_run, service
from documents.marking import Copy, Slot
from ecabinet import migrate, storage
from ecabinet.app import open_stores
from ecabinet.db import database
from ecabinet.settings import Settings

CLIENTS, READERS, HALL = 4, 300, 40
ROUNDS, SECONDS, REST = 3, 2, 0.5
RANGE = 64 * 1024
# 240 KB and 1 MB.
TEXT_PAGES, LARGE_PAGES = 100, 140
FIXED_SECONDS, MS_A_PAGE = 0.5, 15.0
# Its buffers are those of docs/settings.md.
NGINX = """daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{ access_log off; sendfile on; keepalive_requests 100000;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  upstream house {{ server 127.0.0.1:{behind}; keepalive 64; }}
  server {{ listen 127.0.0.1:{port} sndbuf=1m;
    location /plain/ {{ alias {folder}/; }}
    location / {{
      proxy_pass http://house; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffer_size 64k; proxy_buffers 8 256k; proxy_busy_buffers_size 512k;
    }}
  }} }}
"""


@dataclass(frozen=True)
class Paper:
    """A prepared paper, under the addresses of the app that is asked."""

    name: str
    copy: str
    size: int


@dataclass(frozen=True)
class Rate:
    """Answers a second, and how much of one processor it took to ask for them."""

    each_second: float
    client: float


def copies_and_files() -> Iterator[Figure]:
    """Every row of numbers.md, Papers, that this machine can measure without a browser."""
    for tool in ("wrk", "nginx"):
        if not shutil.which(tool):
            raise SystemExit(f"{tool} is missing: apt-get install --no-install-recommends {tool}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        open_stores(Settings(data_dir=folder))
        migrate.upgrade(database())
        samples.write_stamp(folder)
        yield from _upload_to_readable()
        text, large = _keep(folder, TEXT_PAGES), _keep(folder, LARGE_PAGES, packed=False)
        yield _memory_of(large)
        database().close()
        with _gunicorn(folder) as port, nginx(folder, port) as front:
            yield _beside_nginx(front, large)
            yield _taken_along(port, front, text)
            yield from _served(port, text, large)


def _served(port: int, text: Paper, large: Paper) -> Iterator[Figure]:
    ours, plain = _rates(port, [text.copy, f"/plain/{text.name}"])
    yield ratio("papers: whole copy", ours, plain, 1.0, "plain send_file")
    ours, plain = _rates(port, [large.copy, f"/plain/{large.name}"], most=RANGE)
    yield ratio("papers: 64 KB range", ours, plain, 1.5, "plain send_file")
    ours, pike = _rates(port, [text.copy, f"/pikepdf/{text.name}"])
    # By itself and last: what it was asked for goes on for seconds after nobody waits for it.
    slower = ours.each_second / _rates(port, [f"/pypdf/{text.name}"])[0].each_second
    stampers = f"stamping by pikepdf per request ({slower:.0f} x pypdf)"
    yield ratio("papers: copy, 100 pages", ours, pike, 60, stampers)


def _beside_nginx(port: int, paper: Paper) -> Figure:
    ours, static = _rates(port, [paper.copy, f"/plain/{paper.name}"], READERS)
    size = f"{paper.size / 1e3:.0f} KB, {static.each_second * paper.size / 1e6:.0f} MB/s"
    peer = f"nginx static, {size}, {READERS} readers"
    return ratio("papers: copy behind nginx", ours, static, 0.5, peer)


def _taken_along(port: int, front: int, paper: Paper) -> Figure:
    """What a hall takes along comes forty papers to an answer; from the server itself, which a
    proxy would halve."""
    rounds = [
        (
            rate(port, paper.copy.replace("copy", "forty"), HALL),
            rate(front, f"/plain/{paper.name}", HALL),
        )
        for _ in range(ROUNDS)
    ]
    forty, static = (median_of(each) for each in zip(*rounds, strict=True))
    ours = replace(forty, each_second=forty.each_second * 40)
    peer = f"nginx static, {paper.size / 1e3:.0f} KB, {HALL} readers at once, ours behind no nginx"
    return ratio("papers: session opening", ours, static, 0.7, peer)


def _memory_of(paper: Paper) -> Figure:
    """What one copy holds while it is served, beside the whole of it and beside what is kept open
    for all who read."""
    digest, at, length, size = paper.copy.removeprefix("/copy/").split("/")
    copy = Copy(digest, Slot(int(at), int(length), int(size)), b" " * int(length))
    collections.deque(copy.stream(0, copy.size), 0)
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
    share = 100 * sum(bool(each.pixel_equal) for each in opened) / len(opened)
    peer = f"{len(opened)} of {len(files)} files opened, the rest refused with a reason"
    yield Figure("papers: equal to the pixel", share, "%", ">= 99.5 %", peer, share >= 99.5)


def ratio(name: str, ours: Rate, theirs: Rate, goal: float, peer: str) -> Figure:
    found = ours.each_second / theirs.each_second
    said = (
        f"{peer}: {theirs.each_second:.0f}/s, ours {ours.each_second:.0f}/s "
        f"(to ask took {100 * theirs.client:.0f} and {100 * ours.client:.0f} % of a processor)"
    )
    return Figure(name, found, "x", f">= {goal:g} x", said, found >= goal)


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


def _rates(port: int, paths: list[str], readers: int = CLIENTS, most: int = 0) -> list[Rate]:
    """Of each address, in turns, so that a busy machine is so to all."""
    rounds = [[rate(port, each, readers, most=most) for each in paths] for _ in range(ROUNDS)]
    return [median_of(of_one) for of_one in zip(*rounds, strict=True)]


def median_of(rates: Iterable[Rate]) -> Rate:
    return Rate(*(statistics.median(each) for each in zip(*map(astuple, rates), strict=True)))


def rate(
    port: int,
    path: str,
    readers: int,
    seconds: int = SECONDS,
    script: Path | None = None,
    most: int = 0,
) -> Rate:
    words = ["wrk", "--threads", "1", "--connections", str(readers), "--duration", f"{seconds}s"]
    if most:
        words += ["--header", f"Range: bytes=0-{most - 1}"]
    if script:
        words += ["--script", str(script)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = subprocess.run(
        [*words, "--timeout", "20s", f"http://127.0.0.1:{port}{path}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    if "Non-2xx" in said or "Socket errors" in said or not found:
        raise ConnectionError(said)
    # What was asked last is still being answered.
    time.sleep(REST)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Rate(float(found[1]), spent / seconds)


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
def nginx(folder: Path, behind: int) -> Iterator[int]:
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
