"""The inventory of keys and algorithms is that of the code (CRY-01, CRY-02)."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecabinet import keys, ledger, official, pades, tsa

HOUSE = Path(__file__).parent.parent.parent
PAGE = (HOUSE / "docs" / "crypto.md").read_text()
ROOMS = ("ecabinet", "people", "documents", "ballots", "meetings", "tasks", "exchange")
PRIMITIVES = {
    "cryptography", "asn1crypto", "pyhanko", "pyhanko_certvalidator", "argon2", "webauthn",
    "pyotp", "hmac", "josepy", "jwt", "joserfc", "pkcs11",
}  # fmt: skip
INTO_THE_HSM = {"p256", "ed25519"}
MAKERS = INTO_THE_HSM | {"make", "read", "destroy", "ml_dsa_44"}
# A demo's TLS, on its own network; a production has none.
OF_A_DEMO = "network-authority"
# Where a key's name comes in as an argument; what is given stands in the same module.
GIVEN = {
    ("ecabinet/crls.py", "issuer"): {pades.ROOT, pades.MEMBER_CA},
    ("ecabinet/ledger.py", "name"): {ledger.KEY_NAME, f"{ledger.KEY_NAME}-…"},
    ("ecabinet/ledger.py", "closing"): {ledger.CLOSING_KEY_NAME, f"{ledger.CLOSING_KEY_NAME}-…"},
    ("people/signing.py", "key"): {"totp-seeds", "outside-token"},
    ("ecabinet/pades.py", "name"): {
        each + number for each in (pades.MEMBER_CA, official.SEAL, tsa.TSA) for number in ("", "-…")
    },
}
WEAK = re.compile(r"\b(md5|sha1|MD5|SHA1|ECB|TripleDES|ARC4)\b")

pytestmark = pytest.mark.once


def modules() -> Iterator[tuple[str, ast.Module]]:
    for room in ROOMS:
        for path in sorted((HOUSE / room).rglob("*.py")):
            yield path.relative_to(HOUSE).as_posix(), ast.parse(path.read_text())


def listed(heading: str) -> list[str]:
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


def imported(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for each in ast.walk(tree):
        if isinstance(each, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in each.names}
        elif isinstance(each, ast.ImportFrom) and each.module:
            names.add(each.module.partition(".")[0])
    return names


def key_names(makers: set[str] = MAKERS) -> set[str]:
    """Each name by which the code asks the key store for something."""
    found: set[str] = set()
    for place, tree in modules():
        for call in ast.walk(tree):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
                continue
            if call.func.attr in makers and _is_store(call.func.value, place) and call.args:
                found |= _named(place, call.args[0])
    return found


def _is_store(value: ast.expr, place: str) -> bool:
    said = ast.unparse(value)
    inside = {"ecabinet/storage.py": "self._keys", "ecabinet/keys.py": "self"}
    return said == "keys.store()" or said == inside.get(place)


def _named(place: str, asked: ast.expr) -> set[str]:
    module = importlib.import_module(place.removesuffix(".py").replace("/", "."))
    if isinstance(asked, ast.Constant):
        return {str(asked.value)}
    if isinstance(asked, ast.JoinedStr):
        first = asked.values[0]
        assert isinstance(first, ast.Constant), place
        return {f"{first.value}…"}
    if isinstance(asked, ast.Call):
        assert isinstance(asked.func, ast.Attribute), place
        made = getattr(module, ast.unparse(asked.func.value)).key_name(0)
        return {made.removesuffix("0") + "…"}
    name = ast.unparse(asked)
    if (place, name) in GIVEN:
        return GIVEN[place, name]
    return {str(getattr(module, name))}


def test_every_key_of_the_store_is_listed_and_none_that_is_not_there() -> None:
    rows = listed("Keys of the key store")
    assert len(set(rows)) == len(rows)
    assert key_names() == set(rows)


def test_the_cabinets_own_signing_keys_and_no_others_go_into_a_token() -> None:
    """CRY-05; that the key store alone reaches it is a contract of .importlinter."""
    asked = {name.replace("…", "2") for name in key_names(INTO_THE_HSM)}
    assert {name for name in asked if keys.FOR_THE_HSM.fullmatch(name)} == asked - {OF_A_DEMO}
    others = {name.replace("…", "2") for name in key_names(MAKERS - INTO_THE_HSM)} - {OF_A_DEMO}
    assert not any(keys.FOR_THE_HSM.fullmatch(name) for name in others)


def test_no_room_that_members_act_in_asks_for_a_signing_key() -> None:
    """CRY-05: a server that signs for a member can vote."""
    for place, tree in modules():
        calls = {each.attr for each in ast.walk(tree) if isinstance(each, ast.Attribute)}
        if not place.startswith("ecabinet/") and calls & INTO_THE_HSM:
            raise AssertionError(f"{place} asks for a signing key")


def test_every_module_that_uses_primitives_is_listed() -> None:
    using = {place for place, tree in modules() if imported(tree) & PRIMITIVES}
    rows = listed("Where primitives are used")
    assert len(set(rows)) == len(rows)
    assert using == set(rows)


def test_certificates_last_as_long_as_is_said() -> None:
    for name, years in (
        ("ca-root", pades.ROOT_YEARS),
        ("ca-member", pades.CA_YEARS),
        ("tsa", pades.TSA_YEARS),
        ("seal", pades.SEAL_YEARS),
    ):
        (row,) = re.findall(rf"^\| `{name}` \|.*$", PAGE, re.MULTILINE)
        assert f"certificate of {years} years" in row


def test_no_weak_algorithm_is_named_in_the_code() -> None:
    for room in ROOMS:
        for path in (HOUSE / room).rglob("*.py"):
            assert not WEAK.findall(path.read_text()), path
