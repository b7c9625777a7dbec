"""One value, one sequence of bytes; anything else is refused."""

import hashlib
import unicodedata
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecabinet import canonical

TEXT = st.text().map(lambda text: unicodedata.normalize("NFC", text))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(TEXT, VALUES, max_size=4))
def test_what_is_written_is_read_back(value: dict[str, object]) -> None:
    try:
        written = canonical.encode(value)
    except canonical.NotCanonical:
        # Surrogates cannot be written as UTF-8.
        return
    assert canonical.decode(written) == value
    assert canonical.encode(dict(reversed(value.items()))) == written


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":2}',
        b'{"a": 1}',
        b'{"b":1,"a":2}',
        b'{"a":1.5}',
        b'{"a":NaN}',
        b'{"a":1e2}',
        b'{"a":9007199254740993}',
        b'{"a":"\\ud800"}',
        '{"a":"e\u0302"}'.encode(),
        b'{"a":1}\n',
        b"[1]",
        b"\xff",
        b"",
    ],
)
def test_a_second_spelling_is_refused(data: bytes) -> None:
    assert canonical.decode(b'{"a":1}') == {"a": 1}
    with pytest.raises(canonical.NotCanonical):
        canonical.decode(data)


def test_a_value_nested_beyond_reading_is_refused() -> None:
    for depth in range(100, 2000, 100):
        nested = b'{"a":' + b"[" * depth + b"]" * depth + b"}"
        try:
            assert canonical.encode(canonical.decode(nested)) == nested
        except canonical.NotCanonical:
            assert depth >= 300


@pytest.mark.parametrize("value", [2**53 - 1, -(2**53) + 1, 0])
def test_whole_numbers_are_written_up_to_what_every_reader_holds(value: int) -> None:
    assert canonical.decode(canonical.encode({"a": value})) == {"a": value}


@pytest.mark.parametrize(
    "value",
    [
        {"a": 2**53},
        {"a": -(2**53)},
        {"a": 1.5},
        {"a": b"1"},
        {"a": [2**53]},
        {"a": {"b": [{"c": 2**53}]}},
        {"a": ["e\u0302"]},
        {"e\u0302": 1},
        {"a": {"e\u0302": 1}},
        {"\ud800": 1},
    ],
)
def test_what_has_no_one_form_is_not_written(value: canonical.Json) -> None:
    with pytest.raises(canonical.NotCanonical):
        canonical.encode(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0123456789abcdef" * 4, True),
        ("0123456789abcdef" * 4 + "0", False),
        ("0123456789abcdef" * 3, False),
        ("0123456789ABCDEF" * 4, False),
        ("!" + "0" * 63, False),
        (["0"] * 64, False),
        (None, False),
        (64, False),
    ],
)
def test_a_digest_is_64_small_letters_of_hex(value: object, expected: bool) -> None:
    assert canonical.is_digest(value) is expected


def test_of_digests_and_moments_there_is_one_spelling() -> None:
    assert canonical.digest_of("Đồng ý") == hashlib.sha256("Đồng ý".encode()).hexdigest()
    hanoi = datetime.fromisoformat("2026-11-27T21:30:00.123456+07:00")
    assert canonical.moment(hanoi) == "2026-11-27T14:30:00.123Z"
