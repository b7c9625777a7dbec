"""The other server: eventlet's own, chosen by ECABINET_ASYNC."""

import http.cookiejar
import queue
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

import pytest
import socketio

from tests.server import Server, serving_demo

pytestmark = pytest.mark.slow

# A machine under load begins slowly; whoever answers ends the wait at once.
WITHIN = 60


class Visitor:
    """A browser's requests without a browser, against a server in another process."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.cookies = http.cookiejar.CookieJar()
        self.opener: OpenerDirector = build_opener(HTTPCookieProcessor(self.cookies))

    def get(self, path: str) -> str:
        with self.opener.open(self.server.url + path, timeout=30) as answer:
            return str(answer.read().decode())

    def post(self, path: str, **fields: str) -> str:
        found = re.search(r'name="csrf-token" content="([0-9a-f]+)"', self.get("/sign-in"))
        assert found
        asked = Request(
            self.server.url + path,
            data=urlencode(fields).encode(),
            headers={"Origin": self.server.url, "X-CSRF-Token": found[1]},
        )
        with self.opener.open(asked, timeout=30) as answer:
            return str(answer.read().decode())

    def sign_in(self, username: str) -> None:
        account = self.server.accounts[username]
        self.post("/sign-in", username=username, password=account["password"])
        self.post("/sign-in/code", code=self.server.code(username))

    @property
    def cookie(self) -> str:
        return "; ".join(f"{each.name}={each.value}" for each in self.cookies)


@pytest.fixture(scope="module", params=["eventlet", "threading"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp(request.param) / "var"
    with serving_demo(folder, ECABINET_ASYNC=request.param) as found:
        yield found


def test_a_real_server_tells_a_screen_what_was_done(server: Server) -> None:
    chair = Visitor(server)
    chair.sign_in("thutuong")
    told: queue.Queue[dict[str, Any]] = queue.Queue()
    screen = socketio.Client(
        reconnection=False, websocket_extra_options={"origin": server.url, "timeout": WITHIN}
    )
    screen.on("told", told.put)
    screen.connect(
        server.url, headers={"Cookie": chair.cookie}, transports=["websocket"], wait_timeout=WITHIN
    )
    try:
        entered = screen.call("meeting:enter", {"id": 1, "epoch": "", "seq": 0}, timeout=WITHIN)
        assert entered["head"] > 0
        chair.post("/meetings/1/open")
        fact = told.get(timeout=WITHIN)
        assert (fact["kind"], fact["seq"]) == ("session_opened", entered["head"] + 1)
    finally:
        screen.disconnect()
