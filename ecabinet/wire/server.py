"""The wire: Socket.IO behind `live`'s port. Facts go down it; only entering a room comes up.

Commands are HTTP requests. Whoever asks to enter is read anew from the database, for each
event (WS-06), and each event declares what one must be allowed (WS-05), as routes do.
"""

import contextlib
import select
import ssl
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import structlog
from engineio.packet import MESSAGE
from engineio.packet import Packet as EnginePacket
from flask import Flask, current_app, request
from flask_socketio import ConnectionRefusedError, SocketIO
from socketio.packet import ACK, CONNECT, DISCONNECT, EVENT
from socketio.packet import Packet as SocketPacket
from sqlalchemy.orm import Session
from werkzeug.sansio.utils import host_is_trusted
from werkzeug.wrappers import Request

from ecabinet import live
from ecabinet.access import Actor, Permission
from ecabinet.db import reading
from ecabinet.errors import BadInput, CabinetError, NotSignedIn, TooMany
from ecabinet.settings import Settings

log = structlog.get_logger()

FROM_SCREENS = frozenset({CONNECT, DISCONNECT, EVENT, ACK})

MAX_MESSAGE = 64 * 1024
CONNECTIONS_A_PERSON = 5
EVENTS_A_SECOND = 20
# How often other processes' ejections are looked for; with the cut it stays within two seconds.
TICK_SECONDS = 1.0
HEARTBEAT_EVERY = 5
# Every so many ticks each screen's login is read again: one may end by its age alone.
RECHECK_EVERY = 60
NAMESPACE = "/"

Identify = Callable[[Session, str], Actor | None]
Answer = Callable[[Actor, "Message"], dict[str, Any]]


@dataclass(frozen=True)
class Event:
    """Something a screen may say: what one must be allowed, and what is answered."""

    permission: Permission
    answer: Answer


class Events(dict[str, Event]):
    """What screens may say to a room, by name; to the wire what a `Door` is to the web."""

    def on(self, name: str, permission: Permission) -> Callable[[Answer], Answer]:
        """Declare an event beside the function that answers it."""

        def declare(answer: Answer) -> Answer:
            self[name] = Event(permission, answer)
            return answer

        return declare


@dataclass(frozen=True)
class Message:
    """What a screen sends when it enters: which thing, and the last number it has seen."""

    id: int
    epoch: str
    seq: int

    @classmethod
    def parse(cls, sent: object) -> "Message":
        if not isinstance(sent, dict) or set(sent) != {"id", "epoch", "seq"}:
            raise BadInput("message", "is not {id, epoch, seq}")
        number, epoch, seq = sent["id"], sent["epoch"], sent["seq"]
        if not (type(number) is int and 0 < number < 2**31):
            raise BadInput("id", "is no number")
        if not (isinstance(epoch, str) and len(epoch) <= 64):
            raise BadInput("epoch", "is no epoch")
        if not (type(seq) is int and 0 <= seq < 2**53):
            raise BadInput("seq", "is no number")
        return cls(number, epoch, seq)


def install(
    app: Flask, settings: Settings, identify: Identify, rooms: Iterable[Events]
) -> "SocketWire":
    """Put the wire in front of an application; gives what `live.bind` takes."""
    events = {name: event for room in rooms for name, event in room.items()}
    wire = SocketWire(app, settings, identify, events)
    app.extensions["wire"] = wire
    return wire


def enter(audience: str, message: Message) -> dict[str, Any]:
    """Let this screen listen, and say what it has missed; the right is checked by the room.

    Join first, read second: what falls in between comes twice, and its number tells. The
    other way round it would be lost.
    """
    wire = cast(SocketWire, current_app.extensions["wire"])
    wire.join(_sid(), audience)
    with reading() as db:
        return live.missed(db, audience, message.epoch, message.seq).as_answer()


class SocketWire:
    """Every socket of this process, by person and by audience."""

    def __init__(
        self, app: Flask, settings: Settings, identify: Identify, events: Mapping[str, Event]
    ) -> None:
        self.events = events
        self._identify = identify
        self._cookie = settings.cookie_name
        self._lock = threading.Lock()
        self._sockets: dict[int, list[str]] = defaultdict(list)
        self._events: dict[str, deque[float]] = {}
        self._audiences: set[str] = set()
        self._stop = threading.Event()
        self._beating: threading.Thread | None = None
        self._ended_elsewhere: set[int] = set()
        self.io = SocketIO(
            app,
            async_mode=settings.async_,
            transports=["websocket"],
            cors_allowed_origins=sorted(settings.origins),
            max_http_buffer_size=MAX_MESSAGE,
            manage_session=False,
        )
        if settings.async_ == "threading":
            self._cut_large_messages_while_they_arrive()
        self.io.on_event("connect", self._connect)
        self.io.on_event("disconnect", self._disconnect)
        for name, event in events.items():
            self.io.on_event(name, self._taker(event))
        # This application's own way in, in place of its class's.
        vars(app)["wsgi_app"] = Handshake(app.wsgi_app, settings, self._who)

    # ---- live.Wire ----

    def send(self, audience: str, message: dict[str, Any]) -> None:
        try:
            self.io.emit("told", message, to=audience)
        except Exception as fault:
            raise live.WireDown(audience) from fault

    def eject(self, person_id: int, audience: str | None) -> None:
        """End a person's sockets; a screen that still has a right comes back and enters anew."""
        for sid in self._sockets_of(person_id):
            if audience is None or audience in self.io.server.rooms(sid):
                # Not here: closing waits for what the socket has not sent, and a tablet may stall.
                self.io.start_background_task(self._cut, sid)

    # ---- sockets ----

    def join(self, sid: str, audience: str) -> None:
        # A screen may be gone before it is answered; then there is nobody to let in.
        with contextlib.suppress(KeyError, ValueError):
            self.io.server.enter_room(sid, audience)
            self._audiences.add(audience)

    def _connect(self, _auth: object = None) -> None:
        actor = self._who(request.environ)
        if actor is None:
            raise ConnectionRefusedError("not_signed_in")
        with self._lock:
            held = self._sockets[actor.id]
            held.append(_sid())
            oldest = held[:-CONNECTIONS_A_PERSON]
            self._events[_sid()] = deque(maxlen=EVENTS_A_SECOND)
        for sid in oldest:
            self.io.start_background_task(self._cut, sid)
        self._begin_beating()
        # Held first, asked again second: who was ejected in between is found one way or the other.
        if self._who(request.environ) is None:
            self._disconnect()
            raise ConnectionRefusedError("not_signed_in")

    def _disconnect(self, _reason: object = None) -> None:
        with self._lock:
            self._events.pop(_sid(), None)
            for person_id, held in list(self._sockets.items()):
                if _sid() in held:
                    held.remove(_sid())
                if not held:
                    del self._sockets[person_id]

    def _sockets_of(self, person_id: int) -> list[str]:
        with self._lock:
            return list(self._sockets.get(person_id, ()))

    def _cut(self, sid: str) -> None:
        engine_sid = self.io.server.manager.eio_sid_from_sid(sid, NAMESPACE)
        self.io.server.disconnect(sid)
        socket = self.io.server.eio.sockets.get(engine_sid)
        if socket is not None:
            # Not `eio.disconnect`: it waits for the line to take what is queued, for ever where
            # the line is gone, and whoever signs somebody out would wait with it.
            socket.close(wait=False)

    def _who(self, environ: dict[str, Any]) -> Actor | None:
        cookie = Request(environ).cookies.get(self._cookie)
        if not cookie:
            return None
        with reading() as db:
            actor = self._identify(db, cookie)
        return None if actor is None or actor.is_locked else actor

    # ---- events ----

    def _taker(self, event: Event) -> Callable[..., dict[str, Any]]:
        def take(sent: object = None, *_more: object) -> dict[str, Any]:
            try:
                self._count(_sid())
                actor = self._who(request.environ)
                if actor is None:
                    raise NotSignedIn
                actor.must(event.permission)
                return event.answer(actor, Message.parse(sent))
            except CabinetError as refusal:
                return dict(refusal.as_answer())
            except Exception as fault:
                # A bad event harms nobody but its sender (WS-04).
                log.error("event failed", exc_info=fault)
                return {"code": "failed"}

        return take

    def _count(self, sid: str) -> None:
        now = time.monotonic()
        times = self._events.setdefault(sid, deque(maxlen=EVENTS_A_SECOND))
        if len(times) == EVENTS_A_SECOND and now - times[0] < 1:
            raise TooMany(1)
        times.append(now)

    # ---- heartbeat ----

    def beat(self) -> None:
        """Tell each audience's last number to its screens, so that one that is behind asks."""
        listening = [each for each in sorted(self._audiences) if self._has_screens(each)]
        self._audiences.intersection_update(listening)
        with reading() as db:
            heads = {each: live.head(db, each) for each in listening}
        for audience, (epoch, seq) in heads.items():
            self.io.emit("head", {"audience": audience, "epoch": epoch, "seq": seq}, to=audience)

    def end_ejected_elsewhere(self) -> None:
        """End the sockets of those whom another process has ejected."""
        with reading() as db:
            ejected = live.ejected_elsewhere(db)
        for each in ejected:
            if each.id not in self._ended_elsewhere:
                self.eject(each.person_id, each.audience)
        self._ended_elsewhere = {each.id for each in ejected}

    def recheck(self) -> None:
        """End the sockets of logins that have ended by themselves."""
        for sid in self._all_sockets():
            environ = self.io.server.get_environ(sid)
            if environ is not None and self._who(environ) is None:
                self._cut(sid)

    def close(self) -> None:
        """Stop the heartbeat; the next screen that comes starts it anew."""
        self._stop.set()
        if self._beating:
            self._beating.join()
        self._beating = None
        self._stop.clear()

    def _begin_beating(self) -> None:
        with self._lock:
            if self._beating is None:
                with reading() as db:
                    self._ended_elsewhere = {each.id for each in live.ejected_elsewhere(db)}
                self._beating = threading.Thread(target=self._beat_on, daemon=True)
                self._beating.start()

    def _beat_on(self) -> None:
        ticks = 0
        while not self._stop.wait(TICK_SECONDS):
            ticks += 1
            try:
                self.end_ejected_elsewhere()
                if ticks % HEARTBEAT_EVERY == 0:
                    self.beat()
                if ticks % RECHECK_EVERY == 0:
                    self.recheck()
            except Exception as fault:
                # The next beat may find the database well again; screens see that this one fails.
                log.warning("no heartbeat", fault=str(fault))

    def _has_screens(self, audience: str) -> bool:
        return any(self.io.server.manager.get_participants(NAMESPACE, audience))

    def _all_sockets(self) -> list[str]:
        with self._lock:
            return [sid for held in self._sockets.values() for sid in held]

    def _cut_large_messages_while_they_arrive(self) -> None:
        """The engine looks at a message's size only once it holds all of it (WS-03), and at what
        it says only in its own handlers, where whatever is no packet ends in a stack trace."""
        from engineio.async_drivers._websocket_wsgi import SimpleWebSocketWSGI

        def bounded(handler: Callable[[Any], Any], server: Any, **options: Any) -> Any:
            inner = SimpleWebSocketWSGI(
                lambda line: handler(PacketLine(line)), server,
                max_message_size=MAX_MESSAGE, **options,
            )  # fmt: skip

            def answer(environ: dict[str, Any], start: Any) -> Any:
                line = environ.get("gunicorn.socket")
                if isinstance(line, ssl.SSLSocket):
                    environ["gunicorn.socket"] = SharedLine(line)
                return inner(environ, start)

            return answer

        self.io.server.eio._async["websocket"] = bounded


class PacketLine:
    """A socket's line that gives the engine packets alone."""

    def __init__(self, line: Any) -> None:
        self._line = line
        self.send, self.close = line.send, line.close

    def wait(self) -> str | bytes | None:
        message: str | bytes | None = self._line.wait()
        if message is not None and not _is_packet(message):
            # The engine takes it as the end of this line, and of no other.
            raise ValueError("no packet of the protocol")
        return message


class SharedLine:
    """A TLS line that one thread reads and others write: OpenSSL takes one of them at a time."""

    def __init__(self, line: ssl.SSLSocket) -> None:
        line.setblocking(False)
        self._line = line
        self._using, self._sending = threading.Lock(), threading.Lock()

    def recv(self, most: int) -> bytes:
        return cast(bytes, self._at_its_turn(self._line.recv, most))

    def send(self, data: bytes) -> None:
        """All of it, since whoever calls does not look at how much went."""
        with self._sending:
            while data:
                data = data[self._at_its_turn(self._line.send, data) :]

    def close(self) -> None:
        self._line.close()

    def _at_its_turn(self, act: Callable[[Any], Any], given: object) -> Any:
        while True:
            try:
                with self._using:
                    return act(given)
            except ssl.SSLWantReadError:
                self._wait(select.POLLIN)
            except ssl.SSLWantWriteError:
                self._wait(select.POLLOUT)

    def _wait(self, event: int) -> None:
        waiting = select.poll()
        waiting.register(self._line, event)
        waiting.poll()


class Handshake:
    """Refuses what no page of ours began, and polling, before the library sees it (WS-01, 02)."""

    def __init__(
        self, inner: Any, settings: Settings, who: Callable[[dict[str, Any]], Actor | None]
    ) -> None:
        self._inner = inner
        self._origins, self._hosts = settings.origins, settings.hosts
        self._who = who

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith("/socket.io"):
            if Request(environ).args.get("transport") != "websocket":
                return _refuse(start, "400 Bad Request")
            if not host_is_trusted(environ.get("HTTP_HOST"), self._hosts):
                return _refuse(start, "400 Bad Request")
            if environ.get("HTTP_ORIGIN") not in self._origins:
                return _refuse(start, "403 Forbidden")
            if self._who(environ) is None:
                return _refuse(start, "401 Unauthorized")
        return cast(Iterable[bytes], self._inner(environ, start))


def _refuse(start: Any, status: str) -> list[bytes]:
    start(status, [("Content-Type", "text/plain"), ("Cache-Control", "no-store")])
    return [status.encode()]


def _sid() -> str:
    return cast(str, cast(Any, request).sid)


def _is_packet(message: str | bytes) -> bool:
    """Whether the libraries can read a message; ours are text, with no attachments."""
    if isinstance(message, bytes):
        return False
    try:
        outer = EnginePacket(encoded_packet=message)
        if outer.packet_type != MESSAGE:
            return True
        inner = SocketPacket(encoded_packet=outer.data)
        return inner.packet_type in FROM_SCREENS and not inner.attachment_count
    # Whatever they stumble over is no packet.
    except Exception:
        return False
