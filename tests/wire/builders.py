"""A served cabinet in this process, and screens that listen to it as a browser would."""

import contextlib
import functools
import queue
import secrets
import threading
from collections.abc import Iterator
from typing import Any

import socketio
from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from ecabinet.wire.server import SocketWire
from tests.builders import Browser, cookie_of

WITHIN = 5


class Screen:
    """A page of a signed-in browser with its socket."""

    def __init__(self, url: str, origin: str, cookie: str) -> None:
        self.told: queue.Queue[dict[str, Any]] = queue.Queue()
        self.heads: queue.Queue[dict[str, Any]] = queue.Queue()
        self.gone = threading.Event()
        self.client = socketio.Client(
            reconnection=False, websocket_extra_options={"origin": origin, "timeout": WITHIN}
        )
        self.client.on("told", self.told.put)
        self.client.on("head", self.heads.put)
        self.client.on("disconnect", lambda *_: self.gone.set())
        self.client.connect(
            url,
            headers={"Cookie": f"ecabinet={cookie}"},
            transports=["websocket"],
            wait_timeout=WITHIN,
        )
        # Its reading thread takes the server's goodbye, for which closing would wait seconds.
        socket = self.client.eio.ws
        socket.close = functools.partial(socket.close, timeout=0.05)

    def ask(self, event: str, sent: object) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.call(event, sent, timeout=WITHIN)
        return answer

    def enter(self, meeting_id: int, epoch: str = "", seq: int = 0) -> dict[str, Any]:
        return self.ask("meeting:enter", {"id": meeting_id, "epoch": epoch, "seq": seq})

    def next(self) -> dict[str, Any]:
        """The next fact told to this screen."""
        return self.told.get(timeout=WITHIN)

    def close(self) -> None:
        self.client.disconnect()


class Served:
    """An application behind a real socket, whose name is in its settings' origins."""

    def __init__(self, app: Flask, server: BaseWSGIServer) -> None:
        self.app = app
        self.port = server.server_port
        self.url = f"http://localhost:{self.port}"
        self.screens: list[Screen] = []

    @property
    def wire(self) -> SocketWire:
        found: SocketWire = self.app.extensions["wire"]
        return found

    def screen_of(self, browser: Browser) -> Screen:
        screen = Screen(self.url, "http://localhost", cookie_of(browser))
        self.screens.append(screen)
        return screen


class OneRequest(WSGIRequestHandler):
    """Closes after its answer: a socket's goodbye is never read as the next request."""

    protocol_version = "HTTP/1.0"


@contextlib.contextmanager
def serving(app: Flask, port: int = 0) -> Iterator[Served]:
    """Serve until the block ends; every screen is closed and every thread has stopped."""
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=OneRequest)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name=f"served-{secrets.token_hex(2)}")
    thread.start()
    served = Served(app, server)
    try:
        yield served
    finally:
        for each in served.screens:
            each.close()
        served.wire.close()
        server.shutdown()
        thread.join()
        server.server_close()
