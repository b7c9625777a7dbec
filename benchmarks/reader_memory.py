"""A 300-page scan read by jumping through it: our reader beside PDF.js's own viewer, in Chromium.

What is measured is what a tablet runs out of: the bitmaps of pages, the page's own heap, and the
memory of the process that draws (its worker with it). It is read on a tablet's screen, 1180x820 at
two pixels a point.
"""

import io
import json
import logging
import random
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pikepdf
from flask import Flask, Response, send_file, send_from_directory
from pikepdf import Name
from PIL import Image, ImageChops, ImageDraw, ImageFont
from playwright.sync_api import Browser, Page, sync_playwright
from reportlab.lib.pagesizes import A4
from werkzeug.serving import make_server

from benchmarks.figure import Figure
from benchmarks.samples import WORDS
from documents.pages.font import FILE

ROOT = Path(__file__).parent.parent
STATIC, PDFJS = ROOT / "ecabinet" / "static", ROOT / "node_modules" / "pdfjs-dist"
CHROMIUM = "/usr/bin/chromium-headless-shell"
PAGES, DOTS_PER_INCH, LINES = 300, 150, 60
LOOKS = (10, 50, 100)
MB = 1_000_000

OURS = """<!doctype html><html lang="vi"><meta charset="utf-8"><title>ours</title>
<link rel="stylesheet" href="/static/{app_css}"><link rel="stylesheet" href="/static/{css}">
<body class="ec" data-reader><div class="paper" style="position: fixed; inset: 0"
 data-paper-url="{paper}" data-worker="/static/{worker}"><div class="paper__pages"></div>
<div class="paper__said"></div></div><script src="/static/{js}" defer></script>"""

# As the package's own example sets it up: everything as it comes.
PEER = """<!doctype html><html lang="vi"><meta charset="utf-8"><title>peer</title>
<link rel="stylesheet" href="/pdfjs/legacy/web/pdf_viewer.css">
<body><div id="c" style="position: fixed; inset: 0; overflow: auto">
<div class="pdfViewer"></div></div>
<script type="module">
import * as pdfjs from '/pdfjs/legacy/build/pdf.mjs';
import { EventBus, PDFLinkService, PDFViewer } from '/pdfjs/legacy/web/pdf_viewer.mjs';
pdfjs.GlobalWorkerOptions.workerSrc = '/pdfjs/legacy/build/pdf.worker.mjs';
const eventBus = new EventBus(), linkService = new PDFLinkService({ eventBus });
const viewer = new PDFViewer({ container: document.querySelector('#c'), eventBus, linkService });
linkService.setViewer(viewer);
eventBus.on('pagesinit', () => { viewer.currentScaleValue = 'auto'; });
const paper = await pdfjs.getDocument({ url: '/scan.pdf', wasmUrl: '/pdfjs/wasm/' }).promise;
viewer.setDocument(paper);
linkService.setDocument(paper);
</script>"""

CANVAS_PIXELS = """[...document.querySelectorAll('canvas')].reduce(
  (sum, each) => sum + each.width * each.height, 0)"""


@dataclass(frozen=True)
class Look:
    """What a reader holds after so many jumps, in megabytes."""

    jumps: int
    heap: float
    canvases: int
    bitmaps: float
    process: float


def jumping_through_a_scan() -> Iterator[Figure]:
    """Bitmaps within four pages' worth, half the process, which grows by the paper's bytes alone.

    PDF.js's own viewer fetches the whole paper at once, and so has grown before the first jump.
    """
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        scan = Path(folder) / "scan.pdf"
        write_scan(scan)
        size = scan.stat().st_size / MB
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with _served(scan) as address:
            ours, peer = (_looks(browser, f"{address}/{each}") for each in ("ours/0", "peer"))
        browser.close()
    print(
        json.dumps({"ours": [vars(each) for each in ours], "peer": [vars(each) for each in peer]})
    )
    last, theirs = ours[-1], peer[-1]
    yield _megabytes("reader: page bitmaps", last.bitmaps, theirs.bitmaps, 40)
    yield _megabytes("reader: heap", last.heap, theirs.heap, 30)
    yield _megabytes("reader: process", last.process, theirs.process, theirs.process / 2)
    grown, they_grew = (each[-1].process - each[1].process for each in (ours, peer))
    yield _megabytes("reader: grown in jumps 50 to 100", grown, they_grew, size)


def _megabytes(name: str, ours: float, theirs: float, most: float) -> Figure:
    peer = f"PDF.js's own viewer, {theirs:.0f} MB"
    return Figure(name, ours, "MB", f"<= {most:.0f} MB", peer, ours <= most)


def _looks(browser: Browser, address: str) -> list[Look]:
    size = {"width": 1180, "height": 820}
    context = browser.new_context(viewport=size, device_scale_factor=2)
    page = context.new_page()
    page.goto(address)
    _drawn(page, 1)
    found, pages = [], random.Random(118)
    for jump in range(1, max(LOOKS) + 1):
        number = pages.randint(1, PAGES)
        page.evaluate(
            "(n) => document.querySelector(`[data-page-number='${n}']`).scrollIntoView()", number
        )
        _drawn(page, number)
        if jump in LOOKS:
            found.append(_look(browser, page, jump))
    context.close()
    return found


def _drawn(page: Page, number: int) -> None:
    page.locator(f".page[data-page-number='{number}'][data-loaded] canvas").first.wait_for()


def _look(browser: Browser, page: Page, jumps: int) -> Look:
    line = page.context.new_cdp_session(page)
    line.send("HeapProfiler.collectGarbage")
    # Chromium keeps decoded pictures until the machine is short of memory: here it is.
    line.send("Memory.simulatePressureNotification", {"level": "critical"})
    page.wait_for_timeout(2_000)
    line.send("Performance.enable")
    metrics = line.send("Performance.getMetrics")["metrics"]
    heap = next(each["value"] for each in metrics if each["name"] == "JSHeapUsedSize")
    pixels = page.evaluate(CANVAS_PIXELS)
    canvases = page.locator("canvas").count()
    return Look(jumps, heap / MB, canvases, 4 * pixels / MB, _process(browser))


def _process(browser: Browser) -> float:
    """Of the processes that draw, the one that holds the paper."""
    line = browser.new_browser_cdp_session()
    running = line.send("SystemInfo.getProcessInfo")["processInfo"]
    line.detach()
    return max(_resident(each["id"]) for each in running if each["type"] == "renderer")


def _resident(process: int) -> float:
    """Its own memory and what it shares to draw, without the files of the browser itself."""
    said = Path(f"/proc/{process}/status").read_text().splitlines()
    own = [each.split()[1] for each in said if each.startswith(("RssAnon", "RssShmem"))]
    return sum(int(kilobytes) * 1024 for kilobytes in own) / MB


@contextmanager
def _served(scan: Path) -> Iterator[str]:
    app = Flask(__name__)

    @app.get("/peer")
    def peer() -> str:
        return PEER

    @app.get("/scan.pdf")
    def paper() -> Response:
        return send_file(scan, "application/pdf", conditional=True)

    @app.get("/pdfjs/<path:name>")
    def part(name: str) -> Response:
        kind = "text/javascript" if name.endswith(".mjs") else None
        return send_from_directory(PDFJS, name, mimetype=kind)

    with ours_at(app, ["/scan.pdf"]) as (ours,):
        yield ours.removesuffix("/ours/0")


@contextmanager
def ours_at(app: Flask, papers: Sequence[str]) -> Iterator[list[str]]:
    """Where our reader shows each of these papers, which the app serves."""
    names = json.loads((STATIC / "manifest.json").read_text())
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app.static_folder = str(STATIC)

    def reader(number: int) -> str:
        return OURS.format(
            paper=papers[number],
            app_css=names["app.css"],
            css=names["documents/reader.css"],
            worker=names["pdf.worker.js"],
            js=names["documents/viewer.js"],
        )

    app.add_url_rule("/ours/<int:number>", view_func=reader)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    at = f"http://localhost:{server.server_port}/ours"
    yield [f"{at}/{number}" for number in range(len(papers))]
    server.shutdown()
    thread.join()


def write_scan(path: Path, pages: int = PAGES, quality: int = 60) -> None:
    """Pages as a copier makes them: grey, speckled, each its own; some 430 KB each by default."""
    width, height = (round(each / 72 * DOTS_PER_INCH) for each in A4)
    font = ImageFont.truetype(str(FILE), 20)
    leaf = Image.blend(
        Image.new("L", (width, height), 244), Image.effect_noise((width, height), 60), 0.08
    )
    draw = ImageDraw.Draw(leaf)
    for line in range(LINES):
        draw.text((100, 160 + 25 * line), WORDS.format(n=line), fill=30, font=font)
    pdf = pikepdf.new()
    for number in range(1, pages + 1):
        sheet = ImageChops.offset(leaf, 0, number)
        ImageDraw.Draw(sheet).text((100, 80), f"Trang {number}", fill=30, font=font)
        file = io.BytesIO()
        sheet.save(file, "JPEG", quality=quality)
        picture = pikepdf.Stream(
            pdf, file.getvalue(), Type=Name.XObject, Subtype=Name.Image, Width=width,
            Height=height, ColorSpace=Name.DeviceGray, BitsPerComponent=8, Filter=Name.DCTDecode,
        )  # fmt: skip
        page = pdf.add_blank_page(page_size=A4)
        page.add_resource(picture, Name.XObject, Name.Sheet)
        page.contents_add(f"{A4[0]} 0 0 {A4[1]} 0 0 cm /Sheet Do".encode())
    pdf.save(path)
