"""Persons and agencies from a table: each faulty cell named, and all of it done or nothing."""

import io
import json
import re
import time
from datetime import date

import openpyxl
import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from ecabinet import sheets
from ecabinet.access import Role
from ecabinet.db import reading, transaction
from ecabinet.errors import Forbidden, Refused, Stale
from people import queries
from people.models import Agency, Person, Term
from people.rules import ImportFault, ImportRefusal
from people.service import directory, importing
from people.service.importing import Cells, Fault, Table
from tests.builders import Browser, Cabinet
from tests.people.builders import JSON, confirm, leaves

HEAD = ["Tên", "Tài khoản", "Chức vụ", "Cơ quan", "Từ ngày", "Đến trước ngày", "Giữ quyền",
        "Căn cứ", "Quyền", "Thứ tự lễ tân"]  # fmt: skip
AN = ["Nguyễn Văn An", "van.an", "Chuyên viên Vụ Pháp luật", "", "01/04/2026", "", "", "QĐ 3",
      "Chuyên viên", "120"]  # fmt: skip
BINH = ["Trần Thị Bình", "thi.binh", "Cán bộ đầu mối Bộ Y tế", "yte", "2026-04-01"]


def send(browser: Browser, rows: list[list[str]], table: str = "persons") -> TestResponse:
    return upload(browser, sheets.write_csv(rows), "danh-sach.csv", table)


def upload(browser: Browser, content: bytes, name: str, table: str = "persons") -> TestResponse:
    return browser.post(
        "/import", {"table": table, "file": (io.BytesIO(content), name)},
        content_type="multipart/form-data", headers=JSON,
    )  # fmt: skip


def shown(answer: TestResponse) -> str:
    assert answer.status_code == 200, answer.text
    return str(answer.get_json()["html"])


def person_row(**changed: str) -> Cells:
    row = {
        "name": "Nguyễn Văn An", "username": "van.an", "office": "Kiểm toán viên",
        "starts": "01/04/2026",
    }  # fmt: skip
    return row | changed


def faults(table: Table, *rows: Cells) -> list[Fault]:
    with reading() as db:
        return importing.look(db, table, rows).faults


def count(kind: type) -> int:
    with reading() as db:
        return db.scalar(select(func.count()).select_from(kind)) or 0


def test_a_table_is_looked_through_asked_for_and_carried_out_by_another(cabinet: Cabinet) -> None:
    admin, before = cabinet.browser("quantri"), count(Person)
    page = shown(send(admin, [HEAD, AN, BINH]))
    assert "Không có ô nào sai trong danh-sach.csv" in page
    assert count(Person) == before
    (rows,) = re.findall(r'name="rows" value="([^"]*)"', page)
    rows = rows.replace("&#34;", '"')
    answer = admin.post("/import/ask", {"table": "persons", "rows": rows})
    path = answer.headers["Location"]
    leader = cabinet.browser("lanhdaovp")
    assert "Trần Thị Bình" in leader.get(path).text
    assert count(Person) == before
    confirm(cabinet, int(path.rpartition("/")[2]))
    with reading() as db:
        found = {
            name: queries.actor(db, queries.person_called(db, name) or 0)
            for name in ("van.an", "thi.binh")
        }
    an, binh = found["van.an"], found["thi.binh"]
    assert an is not None
    assert binh is not None
    assert (an.office, an.roles) == ("Chuyên viên Vụ Pháp luật", {Role.SPECIALIST})
    assert (binh.roles, binh.agencies) == ({Role.FOCAL_POINT}, {cabinet.agencies["yte"]})
    (leaf,) = leaves("imported")
    assert (leaf["table"], leaf["rows"]) == ("persons", 2)


def test_whoever_was_taken_in_is_invited_as_anybody_new_is(cabinet: Cabinet) -> None:
    confirm(cabinet, importing.ask(cabinet.actor("quantri"), Table.PERSONS, [person_row()]))
    with reading() as db:
        person_id = queries.person_called(db, person_row()["username"])
    page = cabinet.browser("quantri").post(f"/persons/{person_id}/invitation")
    assert "/invitation/" in page.text


def test_a_spreadsheet_is_taken_as_a_text_file_is(cabinet: Cabinet) -> None:
    admin = cabinet.browser("quantri")
    template = admin.get("/import/template.xlsx").data
    book = openpyxl.load_workbook(io.BytesIO(template))
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[1]] == HEAD
    sheet.append([*AN[:4], date(2026, 4, 1), None, None, None, "chuyen vien", 120])
    content = io.BytesIO()
    book.save(content)
    page = shown(upload(admin, content.getvalue(), "danh-sach.xlsx"))
    assert "Không có ô nào sai trong danh-sach.xlsx" in page


def test_a_faulty_cell_is_named_by_row_and_column_with_what_to_do(cabinet: Cabinet) -> None:
    admin, before = cabinet.browser("quantri"), count(Person)
    wrong = [*BINH[:4], "31/02/2026"]
    page = shown(send(admin, [HEAD, AN, wrong]))
    cells = re.findall(r'<td class="r" data-l="Dòng">(\d+)</td>.*?data-l="Cột">([^<]+)<', page)
    assert cells == [("3", "Từ ngày")]
    assert "31/02/2026" in page
    assert "Hãy viết như 01/04/2026" in page
    assert "/import/ask" not in page
    assert count(Person) == before


@pytest.mark.parametrize(
    ("changed", "column", "why"),
    [
        ({"name": ""}, "name", ImportFault.MISSING),
        ({"name": "A" * 201}, "name", ImportFault.TOO_LONG),
        ({"name": "An\u202e"}, "name", ImportFault.UNPRINTABLE),
        ({"username": "Văn An"}, "username", ImportFault.USERNAME_FORM),
        ({"username": "thuky"}, "username", ImportFault.USERNAME_TAKEN),
        ({"starts": "1.4.2026"}, "starts", ImportFault.DAY_FORM),
        ({"ends": "01/04/2026"}, "ends", ImportFault.ENDS_BEFORE_START),
        ({"acting": "có thể"[:5]}, "acting", ImportFault.TICK_FORM),
        ({"agency": "Bộ Lạ"}, "agency", ImportFault.AGENCY_UNKNOWN),
        ({"office": "Việc lạ"}, "office", ImportFault.OFFICE_UNKNOWN),
        ({"office": "Việc lạ", "role": "Vua"}, "role", ImportFault.ROLE_UNKNOWN),
        (
            {"office": "Thủ tướng", "role": "prime_minister"},
            "role",
            ImportFault.ONE_PRIME_MINISTER,
        ),
        ({"office": "Việc lạ", "role": "clerk", "order": "x"}, "order", ImportFault.NUMBER_FORM),
        ({"office": "Bộ trưởng Bộ Y tế"}, "office", ImportFault.OFFICE_TAKEN),
        ({"name": "=A1&B1"}, "name", ImportFault.FORMULA),
    ],
)
def test_each_fault_of_a_person_is_found(
    cabinet: Cabinet, changed: dict[str, str], column: str, why: ImportFault
) -> None:
    assert faults(Table.PERSONS, person_row()) == []
    assert faults(Table.PERSONS, person_row(**changed)) == [Fault(2, column, why)]


@pytest.mark.parametrize(
    ("changed", "column", "why"),
    [
        ({"kind": "Vương quốc"}, "kind", ImportFault.KIND_UNKNOWN),
        ({"code": "g22"}, "code", ImportFault.CODE_FORM),
        ({"old_code": "G18"}, "old_code", ImportFault.CODE_TAKEN),
        ({"parent": "Bộ Lạ"}, "parent", ImportFault.AGENCY_UNKNOWN),
        ({"name": "Bộ yte"}, "name", ImportFault.NAME_TAKEN),
    ],
)
def test_each_fault_of_an_agency_is_found(
    cabinet: Cabinet, changed: dict[str, str], column: str, why: ImportFault
) -> None:
    with transaction() as db:
        directory.add_code(db, db.get_one(Agency, cabinet.agencies["yte"]), "G18", in_use=True)
    row = {"name": "Cục Mới", "short_name": "CM", "kind": "unit"}
    assert faults(Table.AGENCIES, row) == []
    assert faults(Table.AGENCIES, row | changed) == [Fault(2, column, why)]


def test_whoever_confirms_sees_every_cell_that_is_written(cabinet: Cabinet) -> None:
    row = person_row(office="Việc mới", role="clerk", order="77", ends="01/04/2027", basis="QĐ 31")
    page = shown(send(cabinet.browser("quantri"), [HEAD, [*AN[:5], "02/05/2027", *AN[6:]]]))
    asked = importing.ask(cabinet.actor("quantri"), Table.PERSONS, [row, person_row(username="b")])
    request = cabinet.browser("lanhdaovp").get(f"/approvals/{asked}").text
    for said, cells in ((page, ("02/05/2027", "QĐ 3", "120")), (request, ("01/04/2027", "QĐ 31"))):
        assert all(each in said for each in cells)
    assert "Thứ tự lễ tân: 77." in request
    agency = {"name": "Cục Mới", "short_name": "CM", "kind": "unit", "old_code": "G77"}
    asked = importing.ask(cabinet.actor("quantri"), Table.AGENCIES, [agency])
    request = cabinet.browser("lanhdaovp").get(f"/approvals/{asked}").text
    assert "G77" in request
    assert "Trực thuộc" not in request, "a column in which nothing is written"


def test_all_faults_of_a_row_are_named_at_once(cabinet: Cabinet) -> None:
    person = person_row(name="", username="thuky", starts="mai", office="", order="9" * 5000)
    assert {each.column for each in faults(Table.PERSONS, person)} == {
        "name", "username", "starts", "office", "order",
    }  # fmt: skip
    agency = {"name": "", "short_name": "CM", "kind": "Vương quốc", "parent": "Bộ Lạ"}
    found = {each.column for each in faults(Table.AGENCIES, agency)}
    assert found == {"name", "kind", "parent"}


def test_a_formula_whose_value_nobody_has_worked_out_is_called_one(cabinet: Cabinet) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(HEAD)
    sheet.append(['="Nguyễn " & "An"', *AN[1:]])
    content = io.BytesIO()
    book.save(content)
    page = shown(upload(cabinet.browser("quantri"), content.getvalue(), "bang.xlsx"))
    assert "Có công thức" in page
    assert "Chưa nhập" not in page


def test_rows_are_held_against_each_other(cabinet: Cabinet) -> None:
    new = {"office": "Bộ trưởng Bộ Mới", "role": "member"}
    first, second = person_row(**new), person_row(username="khac", **new)
    assert faults(Table.PERSONS, first) == []
    assert faults(Table.PERSONS, first, second) == [Fault(3, "office", ImportFault.OFFICE_TAKEN)]
    twice = person_row(name="Người khác")
    assert faults(Table.PERSONS, person_row(), twice) == [
        Fault(3, "username", ImportFault.STANDS_TWICE)
    ]
    unit = {"name": "Cục Mới", "short_name": "CM", "kind": "unit"}
    assert faults(Table.AGENCIES, unit, unit) == [Fault(3, "name", ImportFault.STANDS_TWICE)]


def test_agencies_may_belong_to_a_row_above_them(cabinet: Cabinet) -> None:
    head = ["Tên", "Tên ngắn", "Loại", "Mã định danh", "Mã cũ", "Trực thuộc"]
    rows = [
        ["Bộ Mới", "BM", "Bộ", "G40", "000.00.00.G40", ""],
        ["Cục Mới", "CM", "Đơn vị trực thuộc", "01.G40", "", "G40"],
    ]
    page = shown(send(cabinet.browser("quantri"), [head, *rows], "agencies"))
    assert "Không có ô nào sai" in page
    given = [
        {"name": "Bộ Mới", "short_name": "BM", "kind": "ministry", "code": "G40",
         "old_code": "000.00.00.G40"},
        {"name": "Cục Mới", "short_name": "CM", "kind": "unit", "code": "01.G40", "parent": "G40"},
    ]  # fmt: skip
    confirm(cabinet, importing.ask(cabinet.actor("quantri"), Table.AGENCIES, given))
    with reading() as db:
        tree = {each.name: each for each in queries.agency_tree(db)}
        assert queries.agency_by_code(db, "000.00.00.G40") == queries.agency_by_code(db, "G40")
    assert tree["Cục Mới"].parent_id == tree["Bộ Mới"].id
    assert tree["Bộ Mới"].old_codes == ["000.00.00.G40"]


def test_nothing_is_half_done_when_one_row_cannot_be_done_any_more(cabinet: Cabinet) -> None:
    rows = [person_row(), person_row(username="thi.binh")]
    asked = importing.ask(cabinet.actor("quantri"), Table.PERSONS, rows)
    before = count(Term)
    with transaction() as db:
        other = directory.invite_person(db, "Người khác", "thi.binh")
    with pytest.raises(Stale):
        confirm(cabinet, asked)
    assert count(Term) == before
    with transaction() as db:
        assert queries.person_called(db, "van.an") is None
        db.delete(db.get_one(Person, other.id))
    confirm(cabinet, asked)
    assert count(Term) == before + 2


def test_what_was_not_looked_through_is_not_asked_for(cabinet: Cabinet) -> None:
    admin = cabinet.actor("quantri")
    importing.ask(admin, Table.PERSONS, [person_row()])
    for rows, reason in (
        ([], ImportRefusal.EMPTY),
        ([person_row(username="thuky")], ImportRefusal.FAULTY),
        ([person_row()] * (importing.MOST_ROWS + 1), ImportRefusal.TOO_MANY_ROWS),
    ):
        with pytest.raises(Refused) as refused:
            importing.ask(admin, Table.PERSONS, rows)
        assert refused.value.reason == reason
    with pytest.raises(Forbidden):
        importing.ask(cabinet.actor("thuky"), Table.PERSONS, [person_row(username="khac")])


@pytest.mark.parametrize(
    "rows", ["", "{}", "[1]", '[{"name": 1}]', '[{"password_hash": "x"}]', "[[[" * 9, "x"]
)
def test_a_forged_table_is_refused(cabinet: Cabinet, rows: str) -> None:
    admin = cabinet.browser("quantri")
    fine = {"table": "persons", "rows": json.dumps([person_row()])}
    assert admin.post("/import/ask", fine, headers=JSON).status_code == 200
    forged = {"table": "persons", "rows": rows}
    assert admin.post("/import/ask", forged, headers=JSON).status_code in (400, 409)


def test_unknown_and_missing_columns_are_named(cabinet: Cabinet) -> None:
    page = shown(send(cabinet.browser("quantri"), [["Tên", "Lương"], ["An", "1"]]))
    for column in ("Lương", "Tài khoản", "Chức vụ", "Từ ngày"):
        assert f'data-l="Cột">{column}<' in page
    assert "Thiếu cột này" in page


def test_a_file_without_rows_or_without_a_table_is_refused(cabinet: Cabinet) -> None:
    admin = cabinet.browser("quantri")
    assert send(admin, [HEAD, AN]).status_code == 200
    assert send(admin, [HEAD]).status_code == 409
    assert send(admin, []).status_code in (200, 409)
    broken = {"table": "persons", "file": (io.BytesIO(b"PK\x03\x04 no zip"), "a.xlsx")}
    page = admin.post("/import", broken, content_type="multipart/form-data")
    assert page.status_code == 422
    assert "Tệp này bị hỏng" in page.text
    assert "Chưa nhập" not in page.text
    assert send(admin, [HEAD, AN], "ministers").status_code == 400


def test_a_long_table_takes_no_long_time(cabinet: Cabinet) -> None:
    rows = [person_row(username=f"nguoi.{number}") for number in range(importing.MOST_ROWS)]
    began = time.monotonic()
    confirm(cabinet, importing.ask(cabinet.actor("quantri"), Table.PERSONS, rows))
    assert time.monotonic() - began < 20
    assert count(Person) > importing.MOST_ROWS
