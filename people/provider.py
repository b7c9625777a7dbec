"""What the office's own provider of accounts says (OpenID Connect); alone in knowing its libraries.

We are a client, and take one thing from it: which account signed in there, when and how. Whatever
it says is a stranger's word until signature, issuer, audience and times are checked (AUTH-11).
"""

import base64
import hmac
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.claims import JWTClaims
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from requests.adapters import HTTPAdapter

from ecabinet.settings import Settings
from people.rules import CLOCKS_DIFFER, OutsideSignIn

SECONDS, AT_ONCE = 5, 4
LARGEST = 256 * 1024
# Keys and addresses are asked for anew after so long; a key that was taken back lives no longer.
KNOWN_SECONDS = 60
LONGEST_NAME = 255
# None that a public key could be mistaken for the secret of, and never none (CRY-03).
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
RETURN_PATH = "/sign-in/outside"
LEFT_PATH = f"{RETURN_PATH}/left"
ENDED = "http://schemas.openid.net/event/backchannel-logout"


class Unreachable(Exception):
    """The provider does not answer, or not as one."""


class Untrue(ValueError):
    """What is said in its name does not prove it."""


@dataclass(frozen=True)
class Errand:
    """One way there and back: what is said aloud, and the secret from which the rest is made."""

    state: str
    secret: bytes

    @property
    def nonce(self) -> str:
        return self._derived(b"nonce")

    @property
    def verifier(self) -> str:
        """The secret of PKCE: who has not begun the errand cannot use its code."""
        return self._derived(b"verifier")

    def _derived(self, what: bytes) -> str:
        made = hmac.digest(self.secret, what, "sha256")
        return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


@dataclass(frozen=True)
class Ended:
    """Whose sign-in at the provider is over: one by its number, or all of an account."""

    session: str | None
    subject: str | None
    said_at: datetime
    holds_until: datetime


@dataclass(frozen=True)
class Described:
    """Where the provider is asked, and the keys by which it signs."""

    sign_in: str
    tokens: str
    # None where it announces no way to sign out there.
    sign_out: str | None
    keys: KeySet
    names_itself: bool


def way_there(settings: Settings, errand: Errand) -> str:
    """The address at which the provider asks who is there, for this errand alone."""
    asked = {"max_age": settings.oidc_max_age_minutes * 60, "nonce": errand.nonce}
    if settings.oidc_acr:
        asked["acr_values"] = " ".join(settings.oidc_acr)
    address, _ = _client(settings).create_authorization_url(
        _described(settings).sign_in, errand.state, errand.verifier, **asked
    )
    return str(address)


def way_out(settings: Settings, token: str) -> str | None:
    """The address at which the provider signs out whoever this token is of, and sends them back
    (OpenID Connect RP-Initiated Logout 1.0, 2); None where it announces none."""
    address = _described(settings).sign_out
    if address is None:
        return None
    asked = {
        "id_token_hint": token,
        "client_id": settings.oidc_client_id,
        "post_logout_redirect_uri": settings.base_url.rstrip("/") + LEFT_PATH,
    }
    return address + ("&" if "?" in address else "?") + urlencode(asked)


def signed_in(
    settings: Settings, errand: Errand, code: str, issuer: str, now: datetime
) -> OutsideSignIn:
    """Who signed in there, by the code that this browser came back with."""
    described = _described(settings)
    if issuer != settings.oidc_issuer and (issuer or described.names_itself):
        raise Untrue("another provider sent it (RFC 9207)")
    given = _tokens(settings, described, code, errand)
    token = _read(given.get("id_token"), described)
    params = {
        "nonce": errand.nonce,
        "client_id": settings.oidc_client_id,
        "max_age": settings.oidc_max_age_minutes * 60,
        "access_token": given.get("access_token"),
    }
    claims = CodeIDToken(token.claims, token.header, _expected(settings), params)
    _validate(claims, now)
    amr = claims.get("amr") or []
    return OutsideSignIn(
        subject=_name(claims, "sub"),
        session=_name(claims, "sid") if "sid" in claims else None,
        at=_moment(claims.get("auth_time")),
        strength=str(claims.get("acr", "")),
        methods=frozenset(each for each in amr if isinstance(each, str)),
        token=given["id_token"],
    )


def ended(settings: Settings, token: str, now: datetime) -> Ended:
    """Which sign-in the provider says is over (OpenID Connect Back-Channel Logout 1.0, 2.6)."""
    read = _read(token, _described(settings))
    if read.header.get("typ", "logout+jwt").lower() not in ("logout+jwt", "jwt"):
        raise Untrue("another kind of token")
    claims = JWTClaims(read.claims, read.header, _expected(settings))
    _validate(claims, now)
    events = claims.get("events")
    if "nonce" in claims or not isinstance(events, dict) or not isinstance(events.get(ENDED), dict):
        raise Untrue("no token of an end")
    session, subject = (_name(claims, each) if each in claims else None for each in ("sid", "sub"))
    if session is None and subject is None:
        raise Untrue("of nobody")
    return Ended(session, subject, _moment(claims["iat"]), _moment(claims["exp"]))


# ---- what is said, checked ----


def _read(token: Any, described: Described) -> jwt.Token:
    if not isinstance(token, str) or len(token) > LARGEST:
        raise Untrue("no token")
    try:
        return jwt.decode(token, described.keys, algorithms=list(ALGORITHMS))
    # Whatever the library says of bytes from outside, they do not prove it.
    except Exception as wrong:
        raise Untrue(str(wrong)) from wrong


def _expected(settings: Settings) -> Any:
    return {
        "iss": {"essential": True, "value": settings.oidc_issuer},
        "aud": {"essential": True, "value": settings.oidc_client_id},
        "exp": {"essential": True},
        "iat": {"essential": True},
    }


def _validate(claims: JWTClaims, now: datetime) -> None:
    try:
        claims.validate(int(now.timestamp()), int(CLOCKS_DIFFER.total_seconds()))
    except (JoseError, TypeError) as wrong:
        raise Untrue(str(wrong)) from wrong


def _moment(seconds: Any) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (TypeError, ValueError, OverflowError, OSError) as wrong:
        raise Untrue("no moment") from wrong


def _name(claims: JWTClaims, of: str) -> str:
    found = claims.get(of)
    if not isinstance(found, str) or not 0 < len(found) <= LONGEST_NAME:
        raise Untrue(f"{of} is no name")
    return found


# ---- over the wire ----


@cache
def _trust(authority: str) -> ssl.SSLContext:
    """Verified TLS; to read the system's authorities takes longer than all the rest of a call."""
    tls = ssl.create_default_context()
    if authority:
        tls.load_verify_locations(cadata=authority)
    return tls


class _Line(HTTPAdapter):
    """Our own authority beside the system's, and no answer without an end."""

    def __init__(self, authority: str) -> None:
        self._tls = _trust(authority)
        super().__init__()

    def init_poolmanager(self, *given: Any, **named: Any) -> Any:
        return super().init_poolmanager(*given, ssl_context=self._tls, **named)

    def send(self, *given: Any, **named: Any) -> requests.Response:
        answer = super().send(*given, **named | {"stream": True})
        whole = answer.raw.read(LARGEST + 1, decode_content=True)
        if len(whole) > LARGEST:
            raise requests.ConnectionError("an answer without an end")
        answer._content = whole
        return answer


def _client(settings: Settings) -> OAuth2Session:
    client = OAuth2Session(
        settings.oidc_client_id,
        settings.oidc_client_secret.get_secret_value(),
        scope="openid",
        redirect_uri=settings.base_url.rstrip("/") + RETURN_PATH,
        code_challenge_method="S256",
        default_timeout=SECONDS,
    )
    # Neither a proxy nor a password of this machine's user is anything to us.
    client.trust_env = False
    client.mount("https://", _Line(settings.oidc_ca))
    client.mount("http://", _Line(settings.oidc_ca))
    return client


def _tokens(settings: Settings, described: Described, code: str, errand: Errand) -> dict[str, Any]:
    try:
        with _turn():
            given = _client(settings).fetch_token(
                described.tokens, code=code, code_verifier=errand.verifier,
                grant_type="authorization_code", allow_redirects=False,
            )  # fmt: skip
    except requests.RequestException as wrong:
        raise Unreachable(str(wrong)) from wrong
    except (OAuthError, ValueError) as wrong:
        raise Untrue(str(wrong)) from wrong
    return dict(given)


# A provider that hangs keeps few of our threads, whatever strangers ask for: ballots need them.
_turns = threading.BoundedSemaphore(AT_ONCE)
_known: dict[str, tuple[float, Described]] = {}


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=1):
        raise Unreachable("too many ask at once")
    try:
        yield
    finally:
        _turns.release()


def _described(settings: Settings) -> Described:
    at, known = _known.get(settings.oidc_issuer, (0.0, None))
    if known is None or time.monotonic() - at > KNOWN_SECONDS:
        with _turn():
            known = _ask(settings)
        _known[settings.oidc_issuer] = time.monotonic(), known
    return known


def _ask(settings: Settings) -> Described:
    issuer = settings.oidc_issuer
    said = _get(settings, issuer.rstrip("/") + "/.well-known/openid-configuration")
    if said.get("issuer") != issuer:
        raise Unreachable(f"{issuer} says it is {said.get('issuer')}")
    sign_in, tokens, keys = (
        _own_address(issuer, said.get(each))
        for each in ("authorization_endpoint", "token_endpoint", "jwks_uri")
    )
    # Whatever it is, the import says whether it is keys.
    published: Any = _get(settings, keys)
    try:
        key_set = KeySet.import_key_set(published)
    except (JoseError, ValueError, TypeError) as wrong:
        raise Unreachable(str(wrong)) from wrong
    names_itself = said.get("authorization_response_iss_parameter_supported") is True
    return Described(sign_in, tokens, _sign_out_of(issuer, said), key_set, names_itself)


def _sign_out_of(issuer: str, said: dict[str, Any]) -> str | None:
    """One that is elsewhere is none: nobody is sent there, and signing in needs it not."""
    try:
        return _own_address(issuer, said.get("end_session_endpoint"))
    except Unreachable:
        return None


def _own_address(issuer: str, address: Any) -> str:
    """Only where the settings have led us: no answer sends us elsewhere (XML-03)."""
    own, given = urlsplit(issuer), urlsplit(str(address))
    if (given.scheme, given.netloc) != (own.scheme, own.netloc):
        raise Unreachable(f"{address} is not of {issuer}")
    return str(address)


def _get(settings: Settings, address: str) -> dict[str, Any]:
    try:
        answer = _client(settings).get(address, withhold_token=True, allow_redirects=False)
        answer.raise_for_status()
        said = json.loads(answer.content)
    except (requests.RequestException, ValueError, RecursionError) as wrong:
        raise Unreachable(str(wrong)) from wrong
    if not isinstance(said, dict) or answer.status_code != 200:
        raise Unreachable(f"{address} says nothing of use")
    return said
