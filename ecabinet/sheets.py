"""Tables as files that spreadsheets open: CSV and XLSX, written and read as plain text cells."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from enum import StrEnum
from itertools import islice
from pathlib import Path

from ecabinet import offload
from ecabinet.errors import TooLarge, Unreadable

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
ZIP_STARTS = b"PK\x03\x04"
LONGEST_SHEET, WIDEST_SHEET = 20_000, 60

Cells = Sequence[str]


class SheetRefusal(StrEnum):
    """Why a file is no table."""

    EMPTY = "empty"
    NOT_UTF8 = "not_utf8"
    BROKEN = "broken"


def safe_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula (WEB-10)."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text


def write_csv(rows: Iterable[Cells]) -> bytes:
    return b"".join(csv_lines(rows))


def csv_lines(rows: Iterable[Cells]) -> Iterator[bytes]:
    """With a byte order mark, so that spreadsheets read Vietnamese; for lists without end."""
    yield "\ufeff".encode()
    for row in rows:
        line = io.StringIO()
        csv.writer(line).writerow([safe_cell(cell) for cell in row])
        yield line.getvalue().encode()


def write_xlsx(name: str, rows: Iterable[Cells]) -> bytes:
    """One sheet of texts, its first row the headings."""
    import xlsxwriter

    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        sheet, bold = book.add_worksheet(name), book.add_format({"bold": True})
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, safe_cell(cell), None if number else bold)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, WIDEST_SHEET, 24)
    return content.getvalue()


def read(content: bytes, field: str) -> list[list[str]]:
    """The rows of a CSV or XLSX file as texts, read in the sandbox; days as dd/mm/yyyy, a formula
    as its value, and as it is written where nobody has worked that out.

    Empty rows stay, so that a row's number is the file's. Unreadable says why there are none.
    """
    if not content.strip():
        raise Unreadable(SheetRefusal.EMPTY, field)
    try:
        said = offload.run("ecabinet.sheets", content).said
    except offload.Failed:
        raise Unreadable(SheetRefusal.BROKEN, field) from None
    if said == TOO_LONG:
        raise TooLarge(f"more than {LONGEST_SHEET} rows")
    if not isinstance(said, list):
        raise Unreadable(SheetRefusal(said), field)
    return [[str(cell) for cell in row] for row in said]


# ---- in the sandbox ----

TOO_LONG = "too_long"


def main(folder: Path) -> list[list[str]] | str:
    content = (folder / "in").read_bytes()
    rows = _read_xlsx(content) if content.startswith(ZIP_STARTS) else _read_csv(content)
    try:
        found = [_tidy(row) for row in islice(rows, LONGEST_SHEET + 1)]
    except UnicodeDecodeError:
        return SheetRefusal.NOT_UTF8
    # Whatever a stranger's file makes a parser say, it is a file that cannot be read.
    except Exception:
        return SheetRefusal.BROKEN
    return found if len(found) <= LONGEST_SHEET else TOO_LONG


def _read_csv(content: bytes) -> Iterator[Cells]:
    text = content.decode("utf-8-sig")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    for row in csv.reader(io.StringIO(text), delimiter=delimiter, strict=True):
        yield row[:WIDEST_SHEET]


def _read_xlsx(content: bytes) -> Iterator[Cells]:
    import openpyxl

    def rows(data_only: bool) -> Iterator[tuple[object, ...]]:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=data_only)
        yield from book.worksheets[0].iter_rows(max_col=WIDEST_SHEET, values_only=True)

    for values, written in zip(rows(True), rows(False), strict=True):
        yield [
            _as_text(text if value is None else value)
            for value, text in zip(values, written, strict=True)
        ]


def _tidy(row: Cells) -> list[str]:
    cells = [cell.strip() for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _as_text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, date):
        return f"{cell:%d/%m/%Y}"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
