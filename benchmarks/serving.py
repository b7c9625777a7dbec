"""The app that `benchmarks.papers` asks: a marked copy, and beside it what others would do.

No sign-in and no database: they cost a copy and a plain file the same.
"""

import io
import logging
import os
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
from flask import Flask, Response, request, send_file

from benchmarks import samples
from documents import service
from documents.marking import Copy, Slot
from ecabinet.app import open_stores
from ecabinet.settings import Settings

FOLDER = Path(os.environ["ECABINET_BENCH"])
open_stores(Settings(data_dir=FOLDER))
app = Flask(__name__)
# It remarks on every file that pikepdf has saved.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


def copy_of(digest: str, at: int, length: int, size: int) -> Copy:
    return Copy(digest, Slot(at, length, size), service.filled(samples.MARK, length))


@app.get("/copy/<digest>/<int:at>/<int:length>/<int:size>")
def copy(digest: str, at: int, length: int, size: int) -> Response:
    found = copy_of(digest, at, length, size)
    asked = request.range.range_for_length(size) if request.range else None
    start, stop = asked or (0, size)
    headers = {
        "Content-Length": str(stop - start), "ETag": f'"{found.etag}"', "Accept-Ranges": "bytes",
    }  # fmt: skip
    if asked:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return Response(
        found.stream(start, stop),
        206 if asked else 200,
        headers,
        mimetype="application/pdf",
        direct_passthrough=True,
    )


@app.get("/forty/<digest>/<int:at>/<int:length>/<int:size>")
def forty(digest: str, at: int, length: int, size: int) -> Response:
    """Forty copies in one answer, as a device takes a session's papers along."""
    copies = [copy_of(digest, at, length, size) for _ in range(40)]
    parts = (part for each in copies for part in each.stream(0, size))
    return Response(parts, mimetype="application/octet-stream", direct_passthrough=True)


@app.get("/plain/<name>")
def plain(name: str) -> Response:
    return send_file(FOLDER / name, mimetype="application/pdf", conditional=True)


@app.get("/pikepdf/<name>")
def by_pikepdf(name: str) -> Response:
    """The same mark, put in by opening and saving the file for each request."""
    with pikepdf.Pdf.open(FOLDER / name) as pdf, pikepdf.Pdf.open(FOLDER / samples.STAMP) as stamp:
        drawn = pdf.copy_foreign(stamp.pages[0].as_form_xobject())
        for page in pdf.pages:
            page.add_resource(drawn, pikepdf.Name.XObject, pikepdf.Name("/Stamp"))
            page.contents_add(b"q /Stamp Do Q")
        return _answered(pdf.save)


@app.get("/pypdf/<name>")
def by_pypdf(name: str) -> Response:
    stamp = pypdf.PdfReader(FOLDER / samples.STAMP).pages[0]
    writer = pypdf.PdfWriter(clone_from=FOLDER / name)
    for page in writer.pages:
        page.merge_page(stamp)
    return _answered(writer.write)


def _answered(save: Any) -> Response:
    made = io.BytesIO()
    save(made)
    return Response(made.getvalue(), mimetype="application/pdf")
