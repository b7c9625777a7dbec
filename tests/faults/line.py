"""The line between tablets and the server: it drops, cuts, delays and doubles what it carries."""

import random
import socket
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from enum import StrEnum
from itertools import cycle

WITHIN = 60
LONGEST_DELAY = 0.3


class Trouble(StrEnum):
    NONE = "carries"
    REFUSED = "does not answer"
    REQUEST_CUT = "cuts the request"
    REQUEST_LATE = "holds the request back"
    REQUEST_TWICE = "sends the request twice"
    ANSWER_DROPPED = "drops the answer"
    ANSWER_CUT = "cuts the answer"


class Line:
    """A proxy at one port, one request a connection; `to` is the port of today's server, 0 while
    there is none."""

    def __init__(self, chance: random.Random, troubles: tuple[Trouble, ...] = ()) -> None:
        self.to = 0
        self._chance, self._troubles = chance, cycle(troubles or (Trouble.NONE,))
        self._door = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = int(self._door.getsockname()[1])
        self.met: dict[Trouble, int] = dict.fromkeys(Trouble, 0)
        threading.Thread(target=self._open, daemon=True).start()

    def close(self) -> None:
        # Closing alone leaves whoever waits in accept() there.
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()

    def _open(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._door.accept()
                threading.Thread(target=self._carry, args=(caller,), daemon=True).start()

    def _carry(self, caller: socket.socket) -> None:
        with closing(caller), suppress(OSError):
            caller.settimeout(WITHIN)
            request = message(caller)
            trouble = next(self._troubles) if request.startswith(b"POST") else Trouble.NONE
            self.met[trouble] += 1
            answer = self._through(trouble, request)
            if answer:
                caller.sendall(answer)

    def _through(self, trouble: Trouble, request: bytes) -> bytes:
        match trouble:
            case Trouble.REFUSED:
                return b""
            case Trouble.REQUEST_CUT:
                self._send(request[: self._chance.randrange(len(request))], message_end)
                return b""
            case Trouble.REQUEST_LATE:
                threading.Event().wait(self._chance.uniform(0, LONGEST_DELAY))
            case Trouble.REQUEST_TWICE:
                again = threading.Thread(target=self._send, args=(request, message))
                again.start()
                answer = self._send(request, message)
                again.join()
                return answer
        answer = self._send(request, message)
        if trouble is Trouble.ANSWER_DROPPED:
            return b""
        if trouble is Trouble.ANSWER_CUT and answer:
            return answer[: self._chance.randrange(len(answer))]
        return answer

    def _send(self, request: bytes, read: Callable[[socket.socket], bytes]) -> bytes:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.to), WITHIN) as line:
            line.sendall(request)
            return read(line)
        return b""


def message(line: socket.socket) -> bytes:
    """One whole request or answer, or what came of it before the other end went away."""
    got = b""
    while b"\r\n\r\n" not in got:
        if not (more := line.recv(65536)):
            return got
        got += more
    head, _, body = got.partition(b"\r\n\r\n")
    sizes = [
        int(value)
        for name, _, value in (each.partition(b":") for each in head.split(b"\r\n")[1:])
        if name.lower() == b"content-length"
    ]
    missing = (sizes[0] if sizes else 0) - len(body)
    while missing > 0 and (more := line.recv(65536)):
        got, missing = got + more, missing - len(more)
    return got


def message_end(line: socket.socket) -> bytes:
    """Nothing: the caller is gone in the middle of what they said."""
    line.shutdown(socket.SHUT_WR)
    return b""
