"""Providers of accounts for the tests: a real one, and one that lies in whatever way is asked."""

import base64
import contextlib
import functools
import hashlib
import json
import re
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from werkzeug.test import TestResponse

from tests.builders import Browser
from tests.people.builders import JSON
from tests.server import free_port

HOME = "http://localhost"
PROVIDER = Path(__file__).parent / "provider.mjs"
DEMAND = {"oidc_acr": ("two-factors",), "oidc_amr": ("otp",)}


def demanded(issuer: str) -> dict[str, Any]:
    """The settings of a cabinet that is this provider's client."""
    from pydantic import SecretStr

    secret = SecretStr("secret-of-ecabinet")
    return {
        "oidc_issuer": issuer, "oidc_client_id": "ecabinet", "oidc_client_secret": secret, **DEMAND
    }  # fmt: skip


# ---- the real one ----


@dataclass
class RealProvider:
    """The certified one, in a process of its own; `ended_port` is where it tells of an end."""

    port: int
    ended_port: int
    process: subprocess.Popen[str]

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.port}"


@contextlib.contextmanager
def real_provider(home: str = HOME, ended_port: int = 0, port: int = 0) -> Iterator[RealProvider]:
    port, ended_port = port or free_port(), ended_port or free_port()
    ended = f"http://localhost:{ended_port}/sign-in/outside/ended"
    command = ["node", str(PROVIDER), str(port), f"{home}/sign-in/outside", ended]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout
        try:
            assert process.stdout.readline() == "ready\n"
            yield RealProvider(port, ended_port, process)
        finally:
            process.terminate()


class AtProvider:
    """Somebody's browser at the real provider, signed in there by a name, once for all."""

    def __init__(self, provider: RealProvider, account: str, **shown: str) -> None:
        self._issuer = provider.issuer
        self._shown = {"account": account, "acr": "two-factors", "amr": "pwd otp"} | shown
        self._http = requests.Session()

    def back_from(self, address: str) -> dict[str, str]:
        """With what the provider sends this browser back to us."""
        answer = self._http.get(address, allow_redirects=False)
        while not answer.headers.get("Location", "").startswith(HOME + "/"):
            if answer.is_redirect:
                address = requests.compat.urljoin(self._issuer, answer.headers["Location"])
                answer = self._http.get(address, allow_redirects=False)
            else:
                assert "/interaction/" in answer.url, answer.text
                answer = self._http.post(answer.url, self._shown, allow_redirects=False)
        return asked(answer.headers["Location"])

    def is_asked_who_it_is(self, address: str) -> bool:
        """Whether the provider knows this browser no more."""
        page = self._http.get(address)
        return "/interaction/" in page.url and 'name="account"' in page.text

    def sign_out(self, address: str = "") -> str:
        """On the provider's own page; where it leads then."""
        page = self._http.get(address or f"{self._issuer}/session/end").text
        found = re.search(r'name="xsrf" value="(\w+)"', page)
        assert found, page
        sent = {"xsrf": found[1], "logout": "yes"}
        done = self._http.post(f"{self._issuer}/session/end/confirm", sent, allow_redirects=False)
        assert done.is_redirect or done.ok, done.text
        return done.headers.get("Location", "")


# ---- the other one ----


@functools.cache
def own_rsa() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "1"})


@dataclass
class LyingProvider:
    """Says what it is told to; `lies` change the claims of the next token, `sign` its making."""

    port: int = field(default_factory=free_port)
    rsa: RSAKey = field(default_factory=own_rsa)
    own: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    lies: dict[str, Any] = field(default_factory=dict)
    sign: Callable[["LyingProvider", dict[str, Any]], str] | None = None
    about: dict[str, Any] = field(default_factory=dict)
    refuses: bool = False
    nonces: dict[str, str] = field(default_factory=dict)
    asked_for: list[dict[str, str]] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.port}"

    def back_from(self, address: str) -> dict[str, str]:
        given, code = asked(address), secrets.token_hex(8)
        self.nonces[code] = given["nonce"]
        self.asked_for.append(given)
        return {"code": code, "state": given["state"], "iss": self.issuer}

    def claims(self, nonce: str = "") -> dict[str, Any]:
        now = int(time.time())
        honest = {
            "iss": self.issuer, "aud": "ecabinet", "sub": "minh", "sid": "s-1", "nonce": nonce,
            "iat": now, "exp": now + 60, "auth_time": now - 5,
            "acr": "two-factors", "amr": ["pwd", "otp"],
        }  # fmt: skip
        return {name: value for name, value in (honest | self.lies).items() if value is not None}

    def logout(self, **lies: Any) -> str:
        now = int(time.time())
        honest = {
            "iss": self.issuer, "aud": "ecabinet", "iat": now, "exp": now + 60, "jti": "j",
            "sid": "s-1", "sub": "minh",
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        }  # fmt: skip
        said = {name: value for name, value in (honest | lies).items() if value is not None}
        return self.signed(said, {"typ": "logout+jwt"})

    def signed(self, claims: dict[str, Any], header: dict[str, Any] | None = None) -> str:
        return jwt.encode({"alg": "RS256", "kid": "1"} | (header or {}), claims, self.rsa)

    def tokens(self, sent: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if self.refuses or sent.get("code") not in self.nonces:
            return 400, {"error": "invalid_grant"}
        claims = self.claims(self.nonces.pop(sent["code"]))
        token = self.sign(self, claims) if self.sign else self.signed(claims)
        return 200, {"access_token": "a", "token_type": "Bearer", "id_token": token}

    def description(self) -> dict[str, Any]:
        own = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
        }
        return own | self.about


@contextlib.contextmanager
def lying_provider(**told: Any) -> Iterator[LyingProvider]:
    said = LyingProvider(**told)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            keys = {"keys": [said.rsa.as_dict(private=False) | {"kid": "1"}]}
            self._say(200, keys if self.path == "/jwks" else said.description())

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._say(*said.tokens(asked(f"?{sent}")))

        def _say(self, status: int, body: dict[str, Any]) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", said.port), Handler)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield said
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def unsigned(_: LyingProvider, claims: dict[str, Any]) -> str:
    return ".".join([part({"alg": "none"}), part(claims), ""])


def by_the_public_key(provider: LyingProvider, claims: dict[str, Any]) -> str:
    """HS256 with what everybody may read taken for its secret."""
    import hmac

    signed = f"{part({'alg': 'HS256', 'kid': '1'})}.{part(claims)}"
    secret = provider.rsa.as_pem(private=False)
    return f"{signed}.{text_of(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def by_a_key_in_the_token(provider: LyingProvider, claims: dict[str, Any]) -> str:
    own = provider.own.as_dict(private=False)
    return jwt.encode({"alg": "ES256", "jwk": own}, claims, provider.own)


def by_another_key(_: LyingProvider, claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "1"}, claims, RSAKey.generate_key(2048))


def changed_after_signing(provider: LyingProvider, claims: dict[str, Any]) -> str:
    head, _, signature = provider.signed(claims).split(".")
    return f"{head}.{part(claims | {'sub': 'minh', 'changed': True})}.{signature}"


def read(token: str) -> dict[str, Any]:
    """What a token says, whoever signed it."""
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return said


def part(said: dict[str, Any]) -> str:
    return text_of(json.dumps(said).encode())


def text_of(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


# ---- the way there and back ----


def asked(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def sent_to(browser: Browser, path: str = "/sign-in/outside", **sent: str) -> str:
    """Where this browser is sent, to sign in there or to link an account."""
    answer = browser.post(path, sent, headers=JSON)
    assert answer.status_code == 200, answer.json
    assert answer.json is not None
    return str(answer.json["location"])


def come_back(
    browser: Browser, given: dict[str, str], path: str = "/sign-in/outside/finish"
) -> TestResponse:
    """As the page does to which the provider sends a browser."""
    page = browser.get("/sign-in/outside", query_string=given)
    assert f'action="{path}"' in page.text or "data-sent-by-itself" in page.text
    return browser.post(path, given, headers=JSON)


def link(browser: Browser, provider: "AtProvider | LyingProvider") -> TestResponse:
    given = provider.back_from(sent_to(browser, "/outside-account"))
    return come_back(browser, given, "/outside-account/finish")


def sign_in(browser: Browser, provider: "AtProvider | LyingProvider", **sent: str) -> TestResponse:
    return come_back(browser, provider.back_from(sent_to(browser, **sent)))


def reason_of(answer: TestResponse) -> str:
    assert answer.json is not None
    return str(answer.json.get("reason") or answer.json.get("code") or "")
