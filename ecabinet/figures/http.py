"""The pages of figures."""

from collections.abc import Iterator

from flask import Response as Download
from flask import render_template

from ballots import queries as ballots
from ballots.papers import POSITION_WORDS
from ballots.rules import OUTCOME_WORDS
from ecabinet import sheets, web
from ecabinet.access import Permission
from ecabinet.db import reading
from ecabinet.errors import BadInput
from ecabinet.figures import queries, rules
from ecabinet.figures.queries import Year
from ecabinet.web import Door, needs

door = Door("figures", __name__)

YEARS = range(2000, 2100)


@door.get("/figures")
@needs(Permission.RESULT_READ)
def figures() -> str:
    return render_template("figures/figures.html", f=_year(), POSITIONS=rules.POSITIONS)


@door.get("/figures.csv")
@needs(Permission.RESULT_READ)
def export() -> Download:
    """Each question of the year with its counts, for a spreadsheet."""
    found = _year()
    return web.download(f"so-lieu-{found.year}.csv", sheets.csv_lines(_cells(found)), sheets.CSV)


def _year() -> Year:
    asked = web.asked_number("year")
    if asked is not None and asked not in YEARS:
        raise BadInput("year", "is none that a cabinet has")
    with reading() as db:
        return queries.year(db, asked or ballots.today(db).year)


def _cells(found: Year) -> Iterator[list[str]]:
    """Official words, so in Vietnamese whatever the screen's language."""
    yield [
        "Phiếu số", "Tên", "Cơ quan chủ trì", "Ngày gửi", "Kết quả", "Số thành viên được hỏi",
        "Số tài liệu", "Số trang", "Trong đó phiếu giấy",
        *(POSITION_WORDS[each] for each in rules.POSITIONS),
    ]  # fmt: skip
    for each in found.questions:
        yield [
            str(each.id), each.title, each.agency, f"{each.opened_on:%d/%m/%Y}",
            OUTCOME_WORDS[each.outcome] if each.outcome else "",
            str(each.handed.readers), str(each.handed.files), str(each.handed.pages),
            str(each.handed.on_paper) if each.outcome else "",
            *(str(each.positions.get(position, "")) for position in rules.POSITIONS),
        ]  # fmt: skip
