"""A table of persons or agencies: its form to fill in, a look through it, and the request."""

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from flask import Response as Download
from flask import get_template_attribute, render_template, request
from werkzeug.wrappers import Response

from ecabinet import antivirus, sheets, web
from ecabinet.access import OF_OFFICES, Permission
from ecabinet.db import reading
from ecabinet.errors import BadInput
from ecabinet.search_terms import fold
from ecabinet.web import Door, current_actor, form, needs, takes
from people.http import directory
from people.rules import AgencyKind, ImportFault
from people.service import importing
from people.service.importing import COLUMNS, Cells, Fault, Table

door = Door("importing", __name__)

LARGEST_FILE = 4 * 1024 * 1024
LARGEST_TABLE = 1_000_000


@door.get("/import")
@needs(Permission.ACCOUNT_MANAGE)
def choose() -> str:
    return render_template("people/import.html", table=_table(request.args), columns=COLUMNS)


@door.get("/import/template.xlsx")
@needs(Permission.ACCOUNT_MANAGE)
def template() -> Download:
    """The headings alone, to be filled in."""
    table = _table(request.args)
    content = sheets.write_xlsx("e-Cabinet", [[_heading(each) for each in COLUMNS[table]]])
    return web.download(f"mau-{table.value}.xlsx", content, sheets.XLSX)


@door.post("/import")
@needs(Permission.ACCOUNT_MANAGE)
@takes("table", "file")
def look_through() -> dict[str, str]:
    """What is wrong, cell by cell, or what would be done; nothing has changed."""
    table, sent = _table(request.form), request.files.get("file")
    if sent is None or not sent.filename:
        raise BadInput("file", "is missing")
    content = sent.stream.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise BadInput("file", "is too large")
    antivirus.refuse_if_infected(content)
    rows, faults = _cells(table, sheets.read(content, "file"))
    if not faults:
        with reading() as db:
            faults = importing.look(db, table, rows).faults
    html = render_template(
        "people/_looked.html",
        table=table,
        rows=rows,
        faults=faults,
        whole=json.dumps(rows, ensure_ascii=False),
        file_name=web.shown(sent.filename)[:200],
    )
    return {"html": html}


@door.post("/import/ask")
@needs(Permission.ACCOUNT_MANAGE)
@takes("table", "rows")
def ask() -> Response:
    table = _table(request.form)
    rows = _given_rows(table, form("rows", limit=LARGEST_TABLE))
    return directory.asked(importing.ask(current_actor(), table, rows))


# ---- parts of a request ----


def _table(given: Any) -> Table:
    name = given.get("table", Table.PERSONS)
    if name not in set(Table):
        raise BadInput("table", "is none of ours")
    return Table(name)


def _cells(table: Table, read: Sequence[Sequence[str]]) -> tuple[list[Cells], list[Fault]]:
    """The rows by the names of their columns, whatever the order; blank rows at the end left out.

    Words of both languages are taken for what they mean; what means nothing stays as written.
    """
    names = _by_words(_heading, list(COLUMNS[table]))
    first = [names.get(fold(each), "") for each in read[0]] if read else []
    faults = [
        Fault(1, heading, ImportFault.NO_SUCH_COLUMN)
        for heading, name in zip(read[0] if read else [], first, strict=True)
        if heading and not name
    ]
    missing = [name for name, (_long, needed) in COLUMNS[table].items() if needed]
    faults += [Fault(1, name, ImportFault.COLUMN_MISSING) for name in missing if name not in first]
    rows = [_named(first, row) for row in read[1:]]
    while rows and not any(rows[-1].values()):
        rows.pop()
    _understand(rows, "role", _by_words(_role_word, OF_OFFICES))
    _understand(rows, "kind", _by_words(_kind_word, list(AgencyKind)))
    return rows, faults


def _named(names: Sequence[str], row: Sequence[str]) -> Cells:
    return {name: web.shown(cell) for name, cell in zip(names, row, strict=False) if name}


def _understand(rows: Sequence[Cells], column: str, words: dict[str, str]) -> None:
    for row in rows:
        if column in row:
            row[column] = words.get(fold(row[column]), row[column])


def _by_words(word: Any, names: Sequence[str | StrEnum]) -> dict[str, str]:
    """What each name is called, in either language, folded."""
    found: dict[str, str] = {}
    for language in web.LANGUAGES:
        with web.speaking(language):
            found |= {fold(word(name)): str(name) for name in names}
    return found


def _heading(name: str) -> str:
    return str(get_template_attribute("people/_words.html", "column_heading")(name)).strip()


def _role_word(role: str) -> str:
    return str(get_template_attribute("people/_words.html", "role_word")(role)).strip()


def _kind_word(kind: str) -> str:
    return str(get_template_attribute("people/_words.html", "kind_word")(kind)).strip()


def _given_rows(table: Table, text: str) -> list[Cells]:
    """The rows that the look before has shown, taken apart as strictly as any stranger's."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, list):
        raise BadInput("rows", "is no table")
    for row in given:
        if not isinstance(row, dict) or not row.keys() <= COLUMNS[table].keys():
            raise BadInput("rows", "has a column that is not asked for")
        if not all(isinstance(cell, str) and cell == web.shown(cell) for cell in row.values()):
            raise BadInput("rows", "has a cell that is no text")
    return given
