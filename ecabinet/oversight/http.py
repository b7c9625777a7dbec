"""The log of what was done, and the policy: for the administrator, the auditor, the Office; and
for anybody what the log of official acts is verified with."""

import json
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from flask import Response as Download
from flask import render_template, request, send_file

from ecabinet import bundles, crls, pades, seals, sheets, web
from ecabinet.access import Permission, Role
from ecabinet.db import reading
from ecabinet.errors import BadInput, NotFound
from ecabinet.oversight import queries
from ecabinet.oversight.queries import Asked, Row
from ecabinet.web import Door, needs
from people.queries import OFFICE_ZONE

door = Door("oversight", __name__)

RESULTS = {"done": False, "refused": True}
LONGEST_WORDS = 200
# Of one address, of what is open to anybody.
PACE = web.Pace(60, 60)


@door.get("/activity")
@needs(Permission.LOG_READ)
def activity() -> str:
    """Who did what, newest first, as it is looked for."""
    asked = _asked()
    with reading() as db:
        page = queries.log(db, asked, act_words(), web.asked_number("before"))
        seal = seals.latest(db)
    return render_template(
        "oversight/activity.html", page=page, asked=asked, link=_link, zone=OFFICE_ZONE.zone,
        reason_word=_reason_teller(), seal=seal,
        bundle_of=_link("/activity.zip", q=None, result=None, person=None, source=None),
    )  # fmt: skip


@door.get("/activity.csv")
@needs(Permission.LOG_READ)
def export() -> Download:
    """The same rows, all of them, for a spreadsheet."""
    asked = _asked()
    return web.download("nhat-ky.csv", sheets.csv_lines(_cells(asked)), sheets.CSV)


@door.get("/activity.zip")
@needs(Permission.LOG_READ)
def export_sealed() -> Download:
    """What was sealed on the days that are looked at, with all seals, to be verified offline."""
    since, until = queries.span(_asked())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle.zip"
        with reading() as db:
            seals.write(db, path, since, until)
        # The open file outlives its name.
        content = path.open("rb")
    return send_file(content, "application/zip", as_attachment=True, download_name="nhat-ky.zip")


@door.get("/rights")
@needs(Permission.LOG_READ)
def rights() -> str:
    """The whole policy as a grid."""
    return render_template("oversight/rights.html", grid=queries.grid(), roles=list(Role))


def act_words() -> dict[str, str]:
    """What each act is called in the reader's language, by its door."""
    return _words("acts") | _words("looks")


def reason_words() -> dict[str, str]:
    """What happened, of each refusal's sentence: the rest is said to whoever was refused."""
    sentences = web.words_in("_refusal.html", "by_reason")
    return {reason: re.split(r"[.;:](?:\s|$)", said)[0] for reason, said in sentences.items()}


def _reason_teller() -> Callable[[str, str], str]:
    """Gives a refusal's result and reason their words; of a bad input, the field is the reason."""
    reasons, fields = reason_words(), web.field_words()

    def word(result: str, reason: str) -> str:
        known = fields if result == BadInput.code else reasons
        return known.get(reason, reason)

    return word


def _words(name: str) -> dict[str, str]:
    return web.words_in("oversight/_acts.html", name)


def _asked() -> Asked:
    said = request.args.get("result", "")
    return Asked(
        words=web.shown(request.args.get("q", ""))[:LONGEST_WORDS],
        person_id=web.asked_number("person"),
        source=request.args.get("source", "")[:60],
        is_refused=RESULTS.get(said),
        first=web.day_of("first", request.args.get("first", "")),
        last=web.day_of("last", request.args.get("last", "")),
    )


def _link(path: str = "/activity", **changed: object) -> str:
    """This page with what it was asked for, but for what is given here."""
    asked = {key: value for key, value in request.args.items() if key not in ("before", "lang")}
    return web.address(path, asked | changed)


def _cells(asked: Asked) -> Iterator[list[str]]:
    """The words are found now; the rows are read while they are sent, when no request is open."""
    headings, acts, results = _words("headings"), act_words(), _words("results")
    reason_word = _reason_teller()

    def rows() -> Iterator[list[str]]:
        yield list(headings.values())
        with reading() as db:
            for row in queries.whole_log(db, asked, acts):
                result = results.get(row.result, row.result)
                reason = reason_word(row.result, row.reason)
                yield _line(row, acts.get(row.act, row.act), result, reason)

    return rows()


def _line(row: Row, act: str, result: str, reason: str) -> list[str]:
    """In the order of the template's headings."""
    at = row.at.astimezone(OFFICE_ZONE.zone)
    where = row.source if row.port is None else f"{row.source}:{row.port}"
    return [
        f"{at:%d/%m/%Y %H:%M:%S}", row.person, row.office, act, row.thing, result, reason,
        where, row.browser, str(row.login_id or ""), str(row.id),
    ]  # fmt: skip


# ---- open to anybody, and the same for everybody ----


@door.get("/verify")
@needs(Permission.ANYONE)
def verify() -> Download:
    """The log's newest public checkpoint, keys, the verifier, and a form for a receipt."""
    PACE.step(web.source(), time.monotonic())
    with reading() as db:
        shown = queries.public(db)
    return _kept(Download(web.nobodys_page("oversight/verify.html", shown=shown)))


@door.get("/verify/checkpoint.txt")
@needs(Permission.ANYONE)
def checkpoint() -> Download:
    with reading() as db:
        size, note = queries.public_checkpoint(db)
    if not size:
        raise NotFound("a checkpoint of an empty log")
    return _file("checkpoint.txt", note.encode(), "text/plain")


@door.get("/verify/trust.json")
@needs(Permission.ANYONE)
def trust() -> Download:
    with reading() as db:
        keys = bundles.trusted(db)
    return _file("trust.json", json.dumps(keys, indent=1).encode(), "application/json")


@door.get("/verify/certificates.pem")
@needs(Permission.ANYONE)
def certificates() -> Download:
    with reading() as db:
        pem = queries.certificates(db)
    return _file("certificates.pem", pem, "application/x-pem-file")


@door.get("/verify/root.crl")
@needs(Permission.ANYONE)
def root_list() -> Download:
    """Which of the root's certificates were revoked."""
    return _revoked("root.crl", pades.ROOT)


@door.get("/verify/member.crl")
@needs(Permission.ANYONE)
def member_list() -> Download:
    """Which members' certificates were revoked: the place that each certificate names. Of an
    authority that took the first one's place, by its number."""
    number = web.asked_number("generation")
    later = f"-{number}" if number else ""
    return _revoked(f"member{later}.crl", f"{pades.MEMBER_CA}{later}")


def _revoked(name: str, issuer: str) -> Download:
    with reading() as db:
        found = crls.newest(db, issuer)
    if found is None:
        raise NotFound(f"a list of what {issuer} revoked")
    return _file(name, found, "application/pkix-crl")


@door.get("/verify/verifier.py")
@needs(Permission.ANYONE)
def verifier() -> Download:
    return _file("verifier.py", queries.VERIFIER.read_bytes(), "text/x-python")


def _file(name: str, content: bytes, kind: str) -> Download:
    PACE.step(web.source(), time.monotonic())
    return _kept(web.download(name, content, kind))


def _kept(answer: Download) -> Download:
    """Whoever stands between may keep it for as long as it is the newest."""
    if not web.asks_for_a_language():
        answer.headers["Cache-Control"] = f"public, max-age={queries.EACH.seconds}"
    return answer
