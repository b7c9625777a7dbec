"""Tables that go out and come in: no cell of ours is a formula, none of theirs is lost."""

import csv
import io
from datetime import date

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecabinet import sheets
from ecabinet.errors import TooLarge, Unreadable
from ecabinet.sheets import SheetRefusal

HOSTILE = ("=1+1", "+1", "-1", "@SUM(A1)", "\tx", " =x", "＝x", "Bộ Y tế")


@given(st.text(alphabet=st.sampled_from("=+-@\t\r\n\0 ＝＋－＠aÀ\"',;")))
def test_no_cell_of_an_export_is_a_formula(text: str) -> None:
    cell = sheets.safe_cell(text)
    assert cell.endswith(text)
    assert not cell.lstrip(" ").startswith(sheets.FORMULA_STARTS)
    assert sheets.safe_cell("Bộ Y tế") == "Bộ Y tế"


def test_a_spreadsheet_shows_hostile_names_as_texts() -> None:
    book = openpyxl.load_workbook(io.BytesIO(sheets.write_xlsx("Người", [["Tên"], HOSTILE])))
    cells = [cell for row in book.worksheets[0].iter_rows(min_row=2) for cell in row]
    assert [cell.data_type for cell in cells] == ["s"] * len(HOSTILE)
    shown = [cell.value for cell in cells]
    assert shown == ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\tx", "' =x", "'＝x", "Bộ Y tế"]
    text = sheets.write_csv([["Tên"], HOSTILE]).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text)))[1] == shown


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_spreadsheets_write_as_csv_is_read(delimiter: str) -> None:
    text = delimiter.join(["Họ tên", "Từ ngày"]) + "\r\n" + delimiter.join(['"Trần Thị B"', "x"])
    assert sheets.read(text.encode("utf-8-sig"), "file") == [
        ["Họ tên", "Từ ngày"], ["Trần Thị B", "x"]
    ]  # fmt: skip


def test_days_and_numbers_of_a_spreadsheet_are_read_as_they_show() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Họ tên", "Từ ngày", "Thứ tự"])
    sheet.append([])
    sheet.append([" Trần Thị B ", date(2026, 4, 1), 12.0])
    content = io.BytesIO()
    book.save(content)
    rows = sheets.read(content.getvalue(), "file")
    assert rows[1] == []
    assert rows[2] == ["Trần Thị B", "01/04/2026", "12"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\xff\xfe\x00", SheetRefusal.NOT_UTF8),
        (b"PK\x03\x04 no zip", SheetRefusal.BROKEN),
        (b'"open', SheetRefusal.BROKEN),
        (b" \r\n", SheetRefusal.EMPTY),
    ],
)
def test_what_is_no_table_is_refused_with_its_reason(content: bytes, why: SheetRefusal) -> None:
    assert sheets.read(b"a,b", "file") == [["a", "b"]]
    with pytest.raises(Unreadable) as refused:
        sheets.read(content, "file")
    assert (refused.value.reason, refused.value.field) == (why, "file")


def test_a_table_too_long_is_refused() -> None:
    assert len(sheets.read(b"a\n" * sheets.LONGEST_SHEET, "file")) == sheets.LONGEST_SHEET
    with pytest.raises(TooLarge):
        sheets.read(b"a\n" * (sheets.LONGEST_SHEET + 1), "file")
