"""JSON bodies of requests, taken apart strictly: what is not asked for is refused (AC-06)."""

import base64
import binascii
import json
import unicodedata
from typing import Any, cast

from flask import request

from ecabinet.canonical import HEX
from ecabinet.errors import BadInput, NotAskedFor

# AuthenticationResponseJSON (WebAuthn 3, 5.1.7): what toJSON() gives of an assertion.
ASSERTION = {
    "id", "rawId", "type", "response", "authenticatorAttachment", "clientExtensionResults",
}  # fmt: skip
ASSERTION_RESPONSE = {"clientDataJSON", "authenticatorData", "signature", "userHandle"}
LONGEST_ASSERTION = 8_000


class Body:
    """The JSON object of this request; a key twice, or one not asked for, is refused."""

    def __init__(self, *fields: str) -> None:
        try:
            given = json.loads(request.get_data(), object_pairs_hook=_unique)
        except (ValueError, RecursionError):
            given = None
        if not request.is_json or not isinstance(given, dict):
            raise BadInput("body", "is no JSON object")
        if not given.keys() <= set(fields):
            raise NotAskedFor
        self._given: dict[str, Any] = given

    def __contains__(self, name: str) -> bool:
        return name in self._given

    def text(self, name: str) -> str:
        value = self._given.get(name)
        if not isinstance(value, str):
            raise BadInput(name, "is no text")
        return value

    def typed(self, name: str, limit: int) -> str:
        """What a person typed, refused rather than changed: what is signed is what was shown."""
        value = self.text(name)
        if len(value) > limit:
            raise BadInput(name, "is too long")
        plain = all(each == "\n" or each.isprintable() for each in value)
        if not plain or not unicodedata.is_normalized("NFC", value) or value != value.strip():
            raise BadInput(name, "holds signs that do not print, or is not in NFC")
        return value

    def whole(self, name: str) -> int:
        value = self._given.get(name)
        if type(value) is not int or not 0 <= value < 2**53:
            raise BadInput(name, "is no whole number")
        return value

    def hex(self, name: str, letters: int) -> str:
        value = self.text(name)
        if len(value) != letters or not set(value) <= HEX:
            raise BadInput(name, f"is not {letters} hex digits")
        return value

    def base64(self, name: str) -> bytes:
        try:
            return base64.b64decode(self.text(name), validate=True)
        except (binascii.Error, ValueError):
            raise BadInput(name, "is no base64") from None

    def object(self, name: str) -> dict[str, Any]:
        value = self._given.get(name)
        if not isinstance(value, dict):
            raise BadInput(name, "is no object")
        return value

    def list(self, name: str, most: int) -> list[Any]:
        value = self._given.get(name)
        if not isinstance(value, list) or len(value) > most:
            raise BadInput(name, "is no list, or too long")
        return value

    def assertion(self, name: str = "assertion") -> dict[str, Any] | None:
        """A passkey's answer in its form, if any; what it proves is another's to say."""
        return _assertion(name, self.object(name)) if name in self else None


def assertion_in_form(name: str = "assertion") -> dict[str, Any] | None:
    """The same, where a form carries it."""
    text = request.form.get(name, "")
    if not text:
        return None
    try:
        return _assertion(name, json.loads(text, object_pairs_hook=_unique))
    except (ValueError, RecursionError):
        raise BadInput(name, "is no JSON") from None


def _assertion(name: str, given: object) -> dict[str, Any]:
    well_formed = (
        isinstance(given, dict)
        and given.keys() <= ASSERTION
        and isinstance(response := given.get("response"), dict)
        and response.keys() <= ASSERTION_RESPONSE
        and len(json.dumps(given)) <= LONGEST_ASSERTION
    )
    if not well_formed:
        raise BadInput(name, "is no answer of a passkey")
    return cast("dict[str, Any]", given)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found
