"""RFC 8785: one sequence of bytes for one JSON value; anything else is refused (CRY-03)."""

import hashlib
import json
import unicodedata
from datetime import UTC, datetime
from typing import Any

import rfc8785

Json = dict[str, Any]
DIGEST_LETTERS = 64
HEX = frozenset("0123456789abcdef")


class NotCanonical(ValueError):
    """The bytes are not the RFC 8785 form of an NFC value of integers, text, lists and objects."""


def encode(value: Json) -> bytes:
    """The canonical bytes of a value; refuses floats and text that is not NFC."""
    _check(value)
    return rfc8785.dumps(value)


def decode(data: bytes) -> Json:
    """Read canonical bytes strictly: no duplicate keys, no second spelling of the same value."""
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_unique)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as wrong:
        raise NotCanonical("not JSON") from wrong
    if not isinstance(value, dict):
        raise NotCanonical("not an object")
    if encode(value) != data:
        raise NotCanonical("not in its canonical form")
    return value


def digest_of(text: str) -> str:
    """The SHA-256 of a text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_digest(value: object) -> bool:
    return isinstance(value, str) and len(value) == DIGEST_LETTERS and set(value) <= HEX


def moment(at: datetime) -> str:
    """A moment in its one form: UTC, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _unique(pairs: list[tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotCanonical("a key stands twice")
    return found


def _check(value: Any) -> None:
    match value:
        case str():
            _check_text(value)
        case bool() | int() | None:
            if isinstance(value, int) and not -(2**53) < value < 2**53:
                raise NotCanonical("an integer beyond 2^53")
        case list():
            for each in value:
                _check(each)
        case dict():
            for key, each in value.items():
                _check_text(key)
                _check(each)
        case _:
            raise NotCanonical(f"no {type(value).__name__} here")


def _check_text(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as wrong:
        raise NotCanonical("a lone surrogate") from wrong
    if not unicodedata.is_normalized("NFC", text):
        raise NotCanonical("text that is not NFC")
