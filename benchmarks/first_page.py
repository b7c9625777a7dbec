"""The first page of a long scan in Chromium, at a tablet's size: our copy beside the same paper
linearized, as those serve it who hope that this makes a long paper open faster."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
from playwright.sync_api import Browser, sync_playwright

from benchmarks.figure import Figure
from benchmarks.reader_memory import CHROMIUM, ours_at, write_scan
from documents import service
from ecabinet import migrate, storage
from ecabinet.app import open_stores
from ecabinet.db import database
from ecabinet.settings import Settings

# Some 100 MB.
PAGES, QUALITY = 500, 20
MOST_SHARE, MOST_REQUESTS = 1.0, 10


def first_page_of_a_scan() -> Iterator[Figure]:
    """Bytes and requests until page 1 is drawn."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        open_stores(Settings(data_dir=folder))
        migrate.upgrade(database())
        write_scan(folder / "scan.pdf", PAGES, QUALITY)
        kept = service.read_file("scan.pdf", (folder / "scan.pdf").read_bytes())
        with pikepdf.open(folder / "scan.pdf") as pdf:
            pdf.save(folder / "linear.pdf", linearize=True)
        database().close()
        os.environ["ECABINET_BENCH"] = name
        # It serves from the folder that it is told of.
        from benchmarks import serving

        slot = f"{kept.slot_at}/{kept.slot_length}"
        copy = f"/copy/{kept.prepared}/{slot}/{kept.prepared_size}"
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with ours_at(serving.app, (copy, "/plain/linear.pdf")) as (ours, peer):
            mine, theirs = _asked(browser, ours), _asked(browser, peer)
        browser.close()
        size = len(storage.read(kept.prepared))
    share, other = 100 * mine[1] / size, 100 * theirs[1] / size
    said = f"linearized, {other:.1f} % in {theirs[0]} requests, of {size / 1e6:.0f} MB"
    limits = f"<= {MOST_SHARE:g} %", f"<= {MOST_REQUESTS}"
    yield Figure("first page: bytes", share, "%", limits[0], said, share <= MOST_SHARE)
    met = mine[0] <= MOST_REQUESTS
    yield Figure("first page: requests", mine[0], "requests", limits[1], said, met)


def _asked(browser: Browser, address: str) -> tuple[int, int]:
    """How many requests for the paper there were, and how many bytes came before it was drawn."""
    context = browser.new_context(viewport={"width": 1180, "height": 820}, device_scale_factor=2)
    page = context.new_page()
    line = context.new_cdp_session(page)
    came: dict[str, int] = {}

    def begin(told: dict[str, Any]) -> None:
        if any(each in told["request"]["url"] for each in ("/copy/", "/plain/")):
            came[told["requestId"]] = 0

    def go_on(told: dict[str, Any]) -> None:
        if told["requestId"] in came:
            came[told["requestId"]] += told["dataLength"]

    line.on("Network.requestWillBeSent", begin)
    line.on("Network.dataReceived", go_on)
    line.send("Network.enable")
    page.goto(address)
    page.locator(".page[data-page-number='1'][data-loaded] canvas").first.wait_for()
    context.close()
    return len(came), sum(came.values())
