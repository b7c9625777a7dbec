"""A real nginx, as docs/settings.md sets it up, in front of a real server (WEB-05)."""

import contextlib
import re
import socket
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import socketio
from requests.adapters import HTTPAdapter

from people.rules import WRONG_TRIES
from tests.exchange.builders import certificate
from tests.server import ECABINET, Server, free_port, serving_demo

pytestmark = [pytest.mark.once, pytest.mark.slow]

ROOT = Path(__file__).parent.parent.parent
# Several addresses of one machine, all of them its own; the server trusts but the first.
PROXY, READER, OTHER, STRANGER = "127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"
WHOLE = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {map}
    server {{
        listen 127.0.0.1:{port} {tls};
        {location}
    }}
    server {{
        listen 127.0.0.1:{plain};
        {onwards}
    }}
}}
"""
# Behind TLS it takes a port that no two servers share, unless it is told another.
BEHIND = [ECABINET, "serve", "--port", "{port}"]
TLS = "ssl; ssl_certificate {pem}; ssl_certificate_key {pem}"


@contextlib.contextmanager
def nginx(
    folder: Path, server: Server, port: int = 0, tls: str = "", plain: int = 0
) -> Iterator[int]:
    """In front of a server until the block ends; its port. One without TLS sends on to it."""
    whole, onwards, map_ = re.findall(
        r"```nginx\n(.*?)```", (ROOT / "docs/settings.md").read_text(), re.S
    )
    # Of the server's own lines no test may take the port, nor has it the certificate.
    (location,) = re.findall(r"^    location / \{.*?^    \}", whole, re.S | re.M)
    port, plain, configuration = port or free_port(), plain or free_port(), folder / "nginx.conf"
    configuration.write_text(
        WHOLE.format(
            folder=folder, port=port, plain=plain, tls=tls, map=map_,
            location=location.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}"),
            # No test may take port 443.
            onwards=onwards.replace("$host", f"$host:{port}"),
        )
    )  # fmt: skip
    front = subprocess.Popen(["/usr/sbin/nginx", "-e", folder / "error.log", "-c", configuration])
    try:
        waiting = threading.Event()
        for _ in range(600):
            assert front.poll() is None, (folder / "error.log").read_text()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            waiting.wait(0.05)
        yield port
    finally:
        front.terminate()
        front.wait(10)


class Visitor:
    """A browser at one address of this machine, that speaks to one port of it."""

    def __init__(self, address: str, port: int, authority: str = "", **claims: str) -> None:
        self.url = f"{'https' if authority else 'http'}://localhost:{port}"
        self.http = requests.Session()
        # Whatever authorities this machine is told of: ours alone.
        self.http.trust_env, self.http.verify = False, authority
        for scheme in ("http://", "https://"):
            self.http.mount(scheme, _From(address))
        self.answers: list[requests.Response] = []
        self.http.hooks["response"].append(lambda answer, **_: self.answers.append(answer))
        for name, value in claims.items():
            self.http.headers[name.replace("_", "-")] = value

    def page(self) -> requests.Response:
        return self.http.get(f"{self.url}/sign-in")

    def post(self, path: str, **sent: str) -> int:
        page = self.page().text
        found = re.search(r'name="csrf-token" content="([0-9a-f]+)"', page)
        assert found, page
        answer = self.http.post(
            f"{self.url}{path}", sent | {"csrf_token": found[1]}, allow_redirects=False
        )
        return answer.status_code

    def guess(self) -> int:
        return self.post("/sign-in", username="thutuong", password="một câu sai mà đủ dài")


class _From(HTTPAdapter):
    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *given: Any, **named: Any) -> Any:
        return super().init_poolmanager(*given, source_address=(self._address, 0), **named)


def logged(server: Server, act: str) -> list[tuple[str, int | None]]:
    """From where the log says that this was done, and from which port."""
    with contextlib.closing(sqlite3.connect(server.folder / "ecabinet.db")) as db:
        query = "SELECT source, port FROM activity WHERE act = ? ORDER BY id"
        return db.execute(query, [act]).fetchall()


def test_behind_nginx_everybody_is_known_by_their_own_address(tmp_path: Path) -> None:
    with (
        serving_demo(tmp_path / "var", ECABINET_PROXIES=PROXY) as server,
        nginx(tmp_path, server) as front,
    ):
        claims = {"X_Forwarded_For": "192.0.2.1", "X_Real_Port": "1", "X_Forwarded_Host": "evil"}
        reader, other = Visitor(READER, front, **claims), Visitor(OTHER, front)
        assert [reader.guess() for _ in range(WRONG_TRIES + 1)] == [409] * WRONG_TRIES + [429]
        assert other.guess() == 409, "shut out with somebody else behind the same proxy"
        assert Visitor(STRANGER, server.port, X_Forwarded_For=OTHER).guess() == 409
        seen = logged(server, "people.give_password")
        assert list(dict.fromkeys(source for source, _ in seen)) == [READER, OTHER, STRANGER]
        assert all(port and port > 1024 for _, port in seen)
        assert Visitor(OTHER, front, Host="evil.example").page().status_code == 400
        sign_in(other, server, server.accounts["thutuong"])
        assert {source for source, _ in logged(server, "people.give_code")} == {OTHER}
        listens_until_signed_out(other, server.url)


def sign_in(visitor: Visitor, server: Server, account: dict[str, str]) -> None:
    name, password = account["username"], account["password"]
    assert visitor.post("/sign-in", username=name, password=password) == 303
    assert visitor.post("/sign-in/code", code=server.code(name)) == 303


def listens_until_signed_out(visitor: Visitor, origin: str, within: int = 2) -> None:
    """A socket goes through as well, and ends with its login, within so many seconds."""
    gone = threading.Event()
    screen = connected(visitor, origin)
    screen.on("disconnect", lambda *_: gone.set())
    assert visitor.post("/sign-out") == 303
    assert gone.wait(within)


def connected(visitor: Visitor, origin: str) -> socketio.Client:
    """As a screen does that is not let in at once: it tries again. This client reads and writes one
    TLS line in two threads, which OpenSSL does not allow: what it says first is lost at times."""
    options = {"origin": origin, "sslopt": {"ca_certs": visitor.http.verify or None}}
    cookie = "; ".join(f"{each.name}={each.value}" for each in visitor.http.cookies)
    for left in (2, 1, 0):
        screen = socketio.Client(reconnection=False, websocket_extra_options=options)
        try:
            screen.connect(
                visitor.url, {"Cookie": cookie}, transports=["websocket"], namespaces=["/"],
                wait_timeout=20,
            )  # fmt: skip
            break
        except socketio.exceptions.ConnectionError:
            if not left:
                raise
    return screen


def test_over_tls_every_cookie_is_bound_to_this_house(tmp_path: Path) -> None:
    """SES-06 and WEB-03, by an authority that a visitor trusts."""
    certificate(tmp_path)
    pem = str(tmp_path / "localhost.pem")
    port, plain = free_port(), free_port()
    own = {"ECABINET_BASE_URL": f"https://localhost:{port}", "ECABINET_PROXIES": PROXY}
    with (
        serving_demo(tmp_path / "var", BEHIND, **own) as server,
        nginx(tmp_path, server, port, TLS.format(pem=pem), plain),
    ):
        visitor = Visitor(READER, port, authority=pem)
        sent_on = visitor.http.get(f"http://localhost:{plain}/sign-in?lang=vi")
        assert [each.status_code for each in sent_on.history] == [301]
        assert sent_on.url == f"{visitor.url}/sign-in?lang=vi"
        visitor.http.headers["Origin"] = visitor.url
        sign_in(visitor, server, server.accounts["thutuong"])
        listens_until_signed_out(visitor, visitor.url)
        ours = [each for each in visitor.answers if each.url.startswith(visitor.url)]
        assert ours
        for each in ours:
            assert each.headers["Strict-Transport-Security"] == "max-age=31536000", each.url
        cookies = [c for each in ours for c in each.raw.headers.getlist("Set-Cookie")]
        names = {each.partition("=")[0] for each in cookies}
        assert names == {"__Host-ecabinet", "__Host-ecabinet_lang", "__Host-ecabinet_said"}
        for each in cookies:
            assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(each.split("; ")), each
            assert "Domain=" not in each
            assert len(each) < 4096
