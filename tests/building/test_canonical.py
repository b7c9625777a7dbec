"""One value, one sequence of bytes; anything else is refused."""

import unicodedata

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
