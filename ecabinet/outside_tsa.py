"""Another's time-stamp authority (RFC 3161), where one is set: asked over HTTP by a worker, never
within an act, and believed only under the certificates that were pinned.

What it sends is looked at as a stranger's: the imprint and nonce that were asked for, the policy
that was set, a signer that was pinned, and a certificate that is good now.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ecabinet import signed_pdf
from ecabinet.errors import SettingRefused

SECONDS_TO_ANSWER, SECONDS_BETWEEN = 10, 60
LARGEST = 64 * 1024
# Its clock and ours may differ by so much.
SLACK = timedelta(minutes=5)
GRANTED = ("granted", "granted_with_mods")
QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"


class Away(Exception):
    """No answer, or none that can be believed; says why. It is asked again later."""


@dataclass(frozen=True)
class Outside:
    """Where it listens, whose certificates (DER) it may sign by, and under which policy."""

    url: str
    pinned: tuple[bytes, ...]
    policy: str


_set: Outside | None = None
_resting = 0.0


def bind(url: str, pinned: Path | None, policy: str) -> None:
    """Which authority stamps from outside; none where no address is set."""
    global _set, _resting
    _set, _resting = (_read(url, pinned, policy) if url else None), 0.0


def _read(url: str, pinned: Path | None, policy: str) -> Outside:
    if not urlsplit(url).hostname or pinned is None:
        raise SettingRefused("ECABINET_TSA_URL needs an address and ECABINET_TSA_CERTIFICATE")
    try:
        found = x509.load_pem_x509_certificates(pinned.read_bytes())
    except (OSError, ValueError) as wrong:
        raise SettingRefused(f"{pinned}: no certificates (PEM) can be read from it") from wrong
    return Outside(url, tuple(each.public_bytes(Encoding.DER) for each in found), policy)


def is_set() -> bool:
    return _set is not None


def pinned() -> tuple[bytes, ...]:
    """Whose stamps are believed beside the cabinet's own."""
    return _set.pinned if _set else ()


def token(digest: bytes, now: datetime, request: Callable[[bytes, int], bytes]) -> bytes:
    """A token (CMS, DER) over a SHA-256 digest; Away where there is none to be had. `request`
    makes the question, of a digest and a nonce."""
    global _resting
    assert _set
    if _resting > time.monotonic():
        raise Away("asked a moment ago")
    _resting = time.monotonic() + SECONDS_BETWEEN
    nonce = secrets.randbits(63)
    made = checked(_post(_set.url, request(digest, nonce)), digest, nonce, now)
    _resting = 0.0
    return made


def _post(url: str, query: bytes) -> bytes:
    try:
        with requests.Session() as line:
            # Neither another proxy nor another address than the one that was set.
            line.trust_env = False
            with line.post(
                url, data=query, headers={"Content-Type": QUERY, "Accept": REPLY},
                timeout=SECONDS_TO_ANSWER, allow_redirects=False, stream=True,
            ) as answer:  # fmt: skip
                said: bytes = answer.raw.read(LARGEST)
    except (requests.RequestException, OSError) as fault:
        raise Away(f"no answer: {type(fault).__name__}") from fault
    if answer.status_code != requests.codes.ok:
        raise Away(f"answers {answer.status_code}")
    return said


def checked(reply: bytes, digest: bytes, nonce: int, now: datetime) -> bytes:
    """The token in a reply, once it is the one that was asked for; Away says what is wrong."""
    from asn1crypto import tsp

    try:
        answer = tsp.TimeStampResp.load(reply)
        status = answer["status"]["status"].native
        if status not in GRANTED:
            raise Away(f"does not stamp: {status}")
        content = answer["time_stamp_token"]["content"]
        info = content["encap_content_info"]["content"].parsed
        imprint = info["message_imprint"]
        of_it = (imprint["hash_algorithm"]["algorithm"].native, imprint["hashed_message"].native)
        asked: tuple[tuple[bool, str], ...] = (
            (of_it == ("sha256", digest), "another imprint"),
            (info["nonce"].native == nonce, "another nonce"),
            (_has_policy(info["policy"].native), "another policy"),
            (abs(info["gen_time"].native - now) <= SLACK, "another time than ours"),
        )
        for holds, wrong in asked:
            if not holds:
                raise Away(f"a stamp with {wrong}")
        _hold(content, digest, now)
        made: bytes = answer["time_stamp_token"].dump()
    # Whatever a stranger's bytes make a parser say, they are no stamp.
    except (ValueError, TypeError, KeyError, AttributeError) as wrong:
        raise Away(f"no RFC 3161 reply: {wrong}") from wrong
    return made


def _has_policy(policy: str) -> bool:
    assert _set
    return not _set.policy or policy == _set.policy


def _hold(content: Any, digest: bytes, now: datetime) -> None:
    from asn1crypto import x509 as asn1_x509
    from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
    from pyhanko_certvalidator import ValidationContext

    found = [each.chosen for each in content["certificates"] if each.chosen.dump() in pinned()]
    by = content["signer_infos"][0]["sid"].chosen
    signer = [each for each in found if each.serial_number == by["serial_number"].native]
    if len(content["signer_infos"]) != 1 or not signer or signer[0].issuer != by["issuer"]:
        raise Away("a stamp by a signer that is not pinned")
    if not signer[0].not_valid_before <= now <= signer[0].not_valid_after:
        raise Away("a stamp by a certificate that is not good now")
    terms = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(each) for each in pinned()],
        allow_fetching=False, moment=now,
    )  # fmt: skip
    try:
        said = signed_pdf.run(validate_tst_signed_data(content, terms, lambda _: digest))
    # A stamp that is none fails anywhere in pyHanko's parsers.
    except Exception as wrong:
        raise Away(f"a stamp that cannot be judged: {wrong}") from wrong
    if not (said.get("intact") and said.get("valid") and said.get("trust_problem_indic") is None):
        raise Away("a stamp whose signature does not hold")
    if said.get("validation_path") is None:
        raise Away("a stamp by a key that is not for stamps")
