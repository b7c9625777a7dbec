"""Notes of two devices come together, and no words are lost; pure."""

from typing import Any

import pytest

from documents import noting
from documents.noting import Content, Kept, Malformed, Merge, NoteKind, Sent, merged

ID = "6f1c2b9e-35a4-4e6b-8f50-0d6c1f0a7b11"


def words(text: str) -> Content:
    return Content(NoteKind.TEXT, 1, text)


def test_what_nobody_has_yet_is_taken_and_what_stands_already_is_not_written_again():
    sent = Sent(ID, 0, words("Hỏi lại"))
    assert merged(None, sent) is Merge.TAKE
    assert merged(Kept(4, words("Hỏi lại")), sent) is Merge.KEEP


def test_a_device_that_saw_what_stands_may_change_it_and_take_it_away():
    kept = Kept(4, words("Hỏi lại"))
    assert merged(kept, Sent(ID, 4, words("Hỏi lại Bộ Tài chính"))) is Merge.TAKE
    assert merged(kept, Sent(ID, 4, None)) is Merge.TAKE


def test_words_written_on_two_devices_are_both_kept():
    kept = Kept(5, words("Hỏi Bộ Tài chính"))
    assert merged(kept, Sent(ID, 4, words("Hỏi Bộ Y tế"))) is Merge.TAKE_BESIDE


def test_what_was_written_in_meanwhile_stands_against_its_being_taken_away():
    assert merged(Kept(5, words("Đã sửa")), Sent(ID, 4, None)) is Merge.KEEP


def test_what_was_taken_away_meanwhile_comes_back_where_it_was_written_in():
    assert merged(Kept(5, None), Sent(ID, 4, words("Đã sửa"))) is Merge.TAKE
    assert merged(Kept(5, None), Sent(ID, 4, None)) is Merge.KEEP


def test_where_no_words_would_go_nothing_is_kept_beside():
    assert merged(Kept(5, words("")), Sent(ID, 4, words("Mới"))) is Merge.TAKE


def note(**changed: Any) -> dict[str, Any]:
    content = {"kind": "text", "page": 1, "text": "Ghi", "shape": {"at": [10, 20]}}
    return {"id": ID, "base": 0, "content": content | changed}


HIGHLIGHT = {"quote": "Điều 1", "prefix": "a", "suffix": "b", "rects": [[1, 2, 3, 4]]}


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "ink", "shape": {"points": [1, 2, 3, 4]}},
        {"kind": "highlight", "shape": HIGHLIGHT},
        {"kind": "text", "shape": {}},
        {"kind": "bookmark", "shape": {}, "text": ""},
    ],
)
def test_every_kind_is_read_as_it_was_sent(changed: dict[str, Any]):
    sent = noting.read(note(**changed), pages=3)
    assert sent.content is not None
    assert (sent.content.kind, sent.content.shape) == (changed["kind"], changed["shape"])


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"kind": "stamp"}, "kind"),
        ({"page": 0}, "page"),
        ({"page": 4}, "page"),
        ({"page": True}, "page"),
        ({"text": "a" * (noting.LONGEST_TEXT + 1)}, "text"),
        ({"shape": {"at": [1]}}, "at"),
        ({"shape": {"at": [1, 1.5]}}, "at"),
        ({"shape": {"script": "x"}}, "shape"),
        ({"kind": "ink", "shape": {"points": [1, 2, 3]}}, "points"),
        ({"kind": "ink", "shape": {"points": [1] * (noting.MOST_NUMBERS + 2)}}, "points"),
        ({"kind": "ink", "shape": {"points": [1, 2, 3, -4]}}, "points"),
        ({"kind": "highlight", "shape": HIGHLIGHT | {"quote": " "}}, "quote"),
        ({"kind": "highlight", "shape": HIGHLIGHT | {"rects": []}}, "rects"),
        ({"kind": "bookmark"}, "shape"),
        ({"more": 1}, "content"),
    ],
)
def test_what_no_page_of_ours_sends_is_refused_by_its_field(changed: dict[str, Any], field: str):
    noting.read(note(), pages=3)
    with pytest.raises(Malformed) as wrong:
        noting.read(note(**changed), pages=3)
    assert str(wrong.value) == field


@pytest.mark.parametrize("name", ["", "1", ID.upper(), "{" + ID + "}", None])
def test_a_note_has_a_name_of_one_form(name: Any):
    with pytest.raises(Malformed):
        noting.read(note() | {"id": name}, pages=3)


def test_words_are_kept_in_one_form_and_signs_that_do_not_print_are_not_kept():
    sent = noting.read(note(text="  Đie\u0302\u0300u\u00001\nhai "), pages=3)
    assert sent.content is not None
    assert sent.content.text == "Điều 1\nhai"
