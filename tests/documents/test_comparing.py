"""What changed from one edition to the next: pages, and the words on them."""

import pytest

from documents import comparing
from documents.comparing import Fate, PageChange, Piece, changes

pytestmark = pytest.mark.once

OLD = ["Điều 1. Phạm vi", "Điều 2. Mức phạt 5 triệu đồng", "Điều 3. Hiệu lực"]


def test_a_changed_word_is_shown_among_those_that_stayed():
    new = [OLD[0], "Điều 2. Mức phạt 7 triệu đồng", OLD[2]]
    pieces = [
        Piece(Fate.KEPT, "Điều 2. Mức phạt"),
        Piece(Fate.OUT, "5"),
        Piece(Fate.IN, "7"),
        Piece(Fate.KEPT, "triệu đồng"),
    ]
    assert changes(OLD, new) == [PageChange(2, 2, pieces)]


def test_pages_after_an_added_or_removed_one_have_not_changed():
    longer = [OLD[0], "Điều 1a. Đối tượng", *OLD[1:]]
    added = PageChange(None, 2, [Piece(Fate.IN, "Điều 1a. Đối tượng")])
    removed = PageChange(2, None, [Piece(Fate.OUT, "Điều 1a. Đối tượng")])
    assert changes(OLD, longer) == [added]
    assert changes(longer, OLD) == [removed]


LONG = ["Điều 1. Nghị quyết này quy định cơ chế phối hợp liên vùng trong quản lý nguồn nước",
        "Điều 2. Các bộ, cơ quan ngang bộ và Ủy ban nhân dân các tỉnh có trách nhiệm phối hợp",
        "Điều 3. Nghị quyết này có hiệu lực thi hành kể từ ngày 01 tháng 01 năm 2027"]  # fmt: skip
NEW = "Căn cứ Luật Tổ chức Chính phủ ngày 18 tháng 02 năm 2025; theo đề nghị của Bộ trưởng"


def moved(old: list[str], new: list[str]) -> list[tuple[int | None, int | None]]:
    return [(each.was, each.now) for each in changes(old, new)]


def test_a_changed_page_beside_an_added_or_removed_one_is_compared_with_itself() -> None:
    changed = LONG[0].replace("nguồn nước", "tài nguyên nước")
    assert moved(LONG, [NEW, changed, *LONG[1:]]) == [(None, 1), (1, 2)]
    assert moved([NEW, changed, *LONG[1:]], LONG) == [(1, None), (2, 1)]
    late = LONG[2].replace("2027", "2028")
    assert moved(LONG, [*LONG[:2], NEW, late]) == [(None, 3), (3, 4)]
    assert moved(LONG, [changed, NEW, LONG[1], late]) == [(1, 1), (None, 2), (3, 4)]


def test_pages_written_anew_stand_for_those_that_were_there() -> None:
    assert moved(LONG, [NEW, *LONG[1:]]) == [(1, 1)]
    assert moved(LONG, [NEW, NEW + " Nội vụ", *LONG[1:]]) == [(1, None), (None, 1), (None, 2)]


def test_too_many_pages_are_lined_up_one_by_one(monkeypatch) -> None:
    monkeypatch.setattr(comparing, "MOST_LINED_UP", 1)
    changed = LONG[0].replace("nguồn nước", "tài nguyên nước")
    assert moved(LONG, [NEW, changed, *LONG[1:]]) == [(1, 1), (None, 2)]


def test_other_line_breaks_are_no_change():
    assert changes(OLD, [each.replace(" ", "\n  ") for each in OLD]) == []
    assert changes(OLD, [*OLD[:2], "Điều 3. Có hiệu lực"]) != []


def test_a_page_that_costs_too_much_is_shown_whole(monkeypatch):
    redlined = changes(["a b c"], ["a b d"])
    assert [each.fate for each in redlined[0].pieces] == [Fate.KEPT, Fate.OUT, Fate.IN]
    monkeypatch.setattr(comparing, "MOST_WORD_PAIRS", 1)
    whole = [Piece(Fate.OUT, "a b c"), Piece(Fate.IN, "a b d")]
    assert changes(["a b c"], ["a b d"]) == [PageChange(1, 1, whole)]


def test_a_file_of_one_page_again_and_again_is_compared_page_by_page():
    many = ["cùng một trang"] * 1_000
    assert changes(many, many) == []
    found = changes(many, [*many[:-1], "trang khác"])
    assert [(each.was, each.now) for each in found] == [(1_000, 1_000)]


def test_every_page_stands_beside_its_other_and_one_that_came_or_went_beside_none() -> None:
    was = ["một", "hai", "ba", "bốn"]
    now = ["mới", "một", "hai sửa", "bốn"]
    found = comparing.pairs(len(was), len(now), comparing.changes(was, now))
    assert [(each.was, each.now) for each in found if not each.changed] == [(1, 2), (4, 4)]
    changed = [(each.was, each.now) for each in found if each.changed]
    assert sorted(each for each, _ in changed if each) == [2, 3]
    assert sorted(each for _, each in changed if each) == [1, 3]
    same = comparing.pairs(3, 3, [])
    assert [(each.was, each.now, each.changed) for each in same] == [
        (1, 1, False), (2, 2, False), (3, 3, False),
    ]  # fmt: skip
