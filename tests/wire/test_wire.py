"""The line to the screens: who may open it, what may come up it, what goes down it (WS-01…07)."""

import contextlib
import http.client
import json
import os
import re
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import websocket
from engineio.async_drivers._websocket_wsgi import SimpleWebSocketWSGI
from socketio.exceptions import ConnectionError as Refused

from ecabinet import live
from ecabinet.access import POLICY, Actor, Role
from ecabinet.wire import server
from meetings.service import conduct
from tests.builders import Cabinet, cookie_of
from tests.building.test_access import EVENTS as WRITTEN
from tests.building.test_access import LENT, WALKERS, lend
from tests.meetings.builders import planned
from tests.wire.builders import Served

# The numbers of WS-03, kept twice.
LARGEST, TOO_LARGE, SOCKETS, EVENTS = 64 * 1024, 1009, 5, 20
ENDLESS = 1000 * LARGEST


def handshake(served: Served, query: str, **headers: str) -> int:
    """The status that a handshake with these headers is answered with."""
    asked = http.client.HTTPConnection("127.0.0.1", served.port, timeout=5)
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": b64encode(os.urandom(16)).decode(),
    }
    asked.request("GET", f"/socket.io/?EIO=4&{query}", headers=upgrade | headers)
    status = asked.getresponse().status
    asked.close()
    return status


def only_our_pages_begin_it(cabinet: Cabinet, served: Served) -> None:
    cookie = {"Cookie": f"ecabinet={cookie_of(cabinet.browser('thuky'))}"}
    for ours in ("http://localhost", "http://localhost:80", "http://127.0.0.1:80"):
        assert handshake(served, "transport=websocket", **cookie, Origin=ours) == 101
    assert handshake(served, "transport=websocket", **cookie) == 403
    assert handshake(served, "transport=websocket", **cookie, Origin="null") == 403
    assert handshake(served, "transport=websocket", **cookie, Origin="https://evil.example") == 403
    forged = {"Origin": "https://evil.example", "X-Forwarded-Host": "evil.example"}
    assert handshake(served, "transport=websocket", **cookie, **forged) == 403


def test_nobody_who_is_not_signed_in_is_let_in(cabinet: Cabinet, served: Served) -> None:
    browser = cabinet.browser("thuky")
    served.screen_of(browser)
    assert handshake(served, "transport=websocket", Origin="http://localhost") == 401
    stolen = {"Cookie": "ecabinet=guessed", "Origin": "http://localhost"}
    assert handshake(served, "transport=websocket", **stolen) == 401


def nobody_polls(cabinet: Cabinet, served: Served) -> None:
    cookie = {"Cookie": f"ecabinet={cookie_of(cabinet.browser('thuky'))}"}
    for query in ("transport=polling", "transport=polling&j=0", ""):
        assert handshake(served, query, **cookie, Origin="http://localhost") == 400


def test_every_event_declares_what_one_must_be_allowed(served: Served) -> None:
    assert served.wire.events
    for event in served.wire.events.values():
        assert event.permission in POLICY


def every_event_is_shut_to_whom_the_policy_shuts_it(cabinet: Cabinet, served: Served) -> None:
    place = {"id": 987654, "epoch": "", "seq": 0}
    for role in Role:
        if role in LENT:
            lend(cabinet, *LENT[role])
        username = WALKERS.get(role, "canbo.yte")
        actor = cabinet.actor(username)
        assert role in actor.roles
        screen = served.screen_of(cabinet.browser(username))
        for event, permission in WRITTEN.items():
            is_shut = screen.ask(event, place).get("code") == "forbidden"
            assert is_shut is not actor.may(permission), (role, event)
        screen.close()


@pytest.mark.once
def test_every_event_is_shut_to_whom_the_policy_shuts_it(
    cabinet: Cabinet, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    every_event_is_shut_to_whom_the_policy_shuts_it(cabinet, served)
    monkeypatch.setattr(Actor, "must", lambda _actor, _permission: None)
    with pytest.raises(AssertionError, match="enter"):
        every_event_is_shut_to_whom_the_policy_shuts_it(cabinet, served)


def test_a_screen_hears_what_happens_in_the_meeting_it_entered(
    cabinet: Cabinet, served: Served
) -> None:
    session = planned(cabinet)
    session.open()
    screens = [served.screen_of(cabinet.browser(who)) for who in ("thutuong", "botruong.yte")]
    state = session.state()
    for each in screens:
        entered = each.enter(session.id, state["epoch"], state["seq"])
        assert (entered["messages"], entered["reload"]) == ([], False)
    conduct.call_item(session.actor("thutuong"), session.id, session.items[1])
    for each in screens:
        told = each.next()
        assert told["kind"] == "item_called"
        assert told["seq"] == state["seq"] + 1
        assert told["facts"]["parts"]["meeting"]["current"] == session.items[1]


def test_entering_a_meeting_needs_a_right_to_it(cabinet: Cabinet, served: Served) -> None:
    session = planned(cabinet)
    member = served.screen_of(cabinet.browser("botruong.yte"))
    assert member.enter(session.id)["code"] == "not_found"
    session.convene()
    assert "code" not in member.enter(session.id)
    assert served.screen_of(cabinet.browser("quantri")).enter(session.id)["code"] == "forbidden"
    assert member.enter(session.id + 1)["code"] == "not_found"


def test_what_is_told_of_a_draft_never_reaches_members(cabinet: Cabinet, served: Served) -> None:
    session = planned(cabinet)
    place = {"id": session.id, "epoch": "", "seq": 0}
    assert "code" not in served.screen_of(cabinet.browser("thuky2")).ask("draft:enter", place)
    session.convene()
    member = served.screen_of(cabinet.browser("botruong.yte"))
    assert member.ask("draft:enter", place)["code"] == "forbidden"


def test_a_screen_that_was_away_asks_for_what_it_missed(cabinet: Cabinet, served: Served) -> None:
    session = planned(cabinet)
    session.open()
    state = session.state()
    for item in session.items:
        conduct.call_item(session.actor("thutuong"), session.id, item)
    entered = served.screen_of(cabinet.browser("botruong.yte")).enter(
        session.id, state["epoch"], state["seq"]
    )
    assert [each["seq"] for each in entered["messages"]] == [
        state["seq"] + 1,
        state["seq"] + 2,
        state["seq"] + 3,
    ]
    assert entered["head"] == state["seq"] + 3
    unknown = served.screen_of(cabinet.browser("thuky")).enter(session.id, "other", 1)
    assert unknown["reload"]


@pytest.mark.parametrize(
    "sent",
    [None, 7, [], {}, {"id": 1}, {"id": "1", "epoch": "", "seq": 0}, {"id": True, "epoch": "",
     "seq": 0}, {"id": 1, "epoch": "", "seq": -1}, {"id": 1, "epoch": 3, "seq": 0},
     {"id": 1, "epoch": "x" * 65, "seq": 0}, {"id": 1, "epoch": "", "seq": 0, "more": 1}],
)  # fmt: skip
def test_a_bad_message_harms_nobody_but_its_sender(
    cabinet: Cabinet, served: Served, sent: object
) -> None:
    session = planned(cabinet)
    session.convene()
    other = served.screen_of(cabinet.browser("botruong.yte"))
    screen = served.screen_of(cabinet.browser("thuky"))
    assert screen.ask("meeting:enter", sent)["code"] == "bad_input"
    assert "code" not in screen.enter(session.id)
    assert "code" not in other.enter(session.id)
    assert other.told.empty()


@pytest.fixture
def one_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow this machine is, all that is asked is asked within one second."""
    monkeypatch.setattr(server, "time", SimpleNamespace(monotonic=lambda: 100.0))


def nobody_asks_without_end(cabinet: Cabinet, served: Served) -> None:
    session = planned(cabinet)
    session.convene()
    screen = served.screen_of(cabinet.browser("thuky"))
    codes = [screen.enter(session.id).get("code") for _ in range(EVENTS + 1)]
    assert codes[:EVENTS] == [None] * EVENTS
    assert codes[-1] == "too_many"


def the_oldest_socket_gives_way(cabinet: Cabinet, served: Served) -> None:
    browser = cabinet.browser("thuky")
    screens = [served.screen_of(browser) for _ in range(SOCKETS)]
    assert not any(each.gone.is_set() for each in screens)
    served.screen_of(browser)
    assert screens[0].gone.wait(2)
    assert not any(each.gone.is_set() for each in screens[1:])


def test_who_signs_out_hears_nothing_more_within_two_seconds(
    cabinet: Cabinet, served: Served
) -> None:
    session = planned(cabinet)
    session.open()
    browser, other = cabinet.browser("botruong.yte"), cabinet.browser("thutuong")
    screen, stays = served.screen_of(browser), served.screen_of(other)
    screen.enter(session.id)
    stays.enter(session.id)
    assert browser.post("/sign-out").status_code == 303
    assert screen.gone.wait(2)
    conduct.adjourn(session.actor("thutuong"), session.id)
    assert stays.next()["kind"] == "session_adjourned"
    assert screen.told.empty()
    with pytest.raises(Refused):
        served.screen_of(browser)


def test_a_login_that_ends_by_itself_loses_its_socket(cabinet: Cabinet, served: Served) -> None:
    screen = served.screen_of(cabinet.browser("thuky"))
    served.wire.recheck()
    assert not screen.gone.is_set()
    cabinet.wait(days=3)
    served.wire.recheck()
    assert screen.gone.wait(2)


def test_the_heartbeat_tells_the_last_number(cabinet: Cabinet, served: Served) -> None:
    session = planned(cabinet)
    session.open()
    screen = served.screen_of(cabinet.browser("thuky"))
    screen.enter(session.id)
    served.wire.beat()
    state = session.state()
    head = screen.heads.get(timeout=5)
    assert (head["epoch"], head["seq"]) == (state["epoch"], state["seq"])


def test_a_broken_wire_undoes_no_act(cabinet: Cabinet) -> None:
    session = planned(cabinet)
    session.open()

    class Cut:
        def send(self, audience: str, message: object) -> None:
            raise live.WireDown(audience)

        def eject(self, person_id: int, audience: str | None) -> None:
            raise AssertionError

    live.bind(Cut())
    try:
        conduct.call_item(session.actor("thutuong"), session.id, session.items[0])
    finally:
        live.bind(live.NoWire())
    assert session.state()["parts"]["meeting"]["current"] == session.items[0]


def what_is_too_large_is_cut(cabinet: Cabinet, served: Served) -> None:
    cookie = cookie_of(cabinet.browser("thuky"))
    assert not was_ended(told(raw_line(served, cookie), LARGEST - 100))
    line = told(raw_line(served, cookie), LARGEST + 100)
    assert int.from_bytes(ending(line)[:2], "big") == TOO_LARGE


def what_never_ends_is_cut(cabinet: Cabinet, served: Served) -> None:
    """A message in ever more pieces is not gathered until it is whole."""
    line = raw_line(served, cookie_of(cabinet.browser("thuky")))
    piece, opcode = "a" * (LARGEST // 2), websocket.ABNF.OPCODE_TEXT
    most_memory()
    before = most_memory()
    with contextlib.suppress(ConnectionError, websocket.WebSocketException):
        for _ in range(ENDLESS // len(piece)):
            line.send_frame(websocket.ABNF.create_frame(piece, opcode, fin=0))
            opcode = websocket.ABNF.OPCODE_CONT
    assert most_memory() - before < 20 * 1024, "kB"
    assert was_ended(line)


def most_memory() -> int:
    """The most that this process has held since this was asked last, in kB."""
    (found,) = re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    Path("/proc/self/clear_refs").write_text("5")
    return int(found)


def told(line: websocket.WebSocket, size: int) -> websocket.WebSocket:
    """The line, after one message of this size."""
    line.send('42["x",' + json.dumps("a" * (size - 10)) + "]")
    line.settimeout(1)
    return line


def raw_line(served: Served, cookie: str) -> websocket.WebSocket:
    """A line without the client's library, that may send anything."""
    address = served.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
    line = websocket.create_connection(
        address, timeout=5, origin="http://localhost", cookie=f"ecabinet={cookie}"
    )
    assert line.recv().startswith("0")
    line.send("40")
    assert line.recv().startswith("40")
    return line


def was_ended(line: websocket.WebSocket) -> bool:
    """Whether the server ends this line, before it would only go on with its heartbeat."""
    try:
        ending(line)
    except websocket.WebSocketTimeoutException:
        return False
    except (websocket.WebSocketConnectionClosedException, ConnectionError):
        return True
    return True


def ending(line: websocket.WebSocket) -> bytes:
    """What the server says as it ends this line."""
    # Not `recv`, which answers a goodbye, and waits where nobody reads any more.
    while (frame := line.recv_frame()).opcode != websocket.ABNF.OPCODE_CLOSE:
        pass
    return bytes(frame.data)


@pytest.mark.parametrize("sent", ["", "x", "42{", "42[", "451-[]", "49", b"\x00\xff", b""])
def test_what_is_no_packet_ends_its_own_line_and_leaves_no_trace(
    cabinet: Cabinet, served: Served, caplog: pytest.LogCaptureFixture, sent: str | bytes
) -> None:
    other = served.screen_of(cabinet.browser("thutuong"))
    line = raw_line(served, cookie_of(cabinet.browser("thuky")))
    opcode = websocket.ABNF.OPCODE_BINARY if isinstance(sent, bytes) else websocket.ABNF.OPCODE_TEXT
    line.send(sent, opcode)
    assert was_ended(line)
    ours = [each for each in caplog.records if each.name != "engineio.client"]
    assert not [each for each in ours if each.levelname in ("ERROR", "CRITICAL")]
    assert not other.gone.is_set()


Check = Callable[[Cabinet, Served], None]
Break = Callable[[Served, pytest.MonkeyPatch], None]


def without_our_handshake(served: Served, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(served.app, "wsgi_app", vars(served.app)["wsgi_app"]._inner._inner)


def with_the_librarys_transports(served: Served, patch: pytest.MonkeyPatch) -> None:
    without_our_handshake(served, patch)
    patch.setattr(served.wire.io.server.eio, "transports", ["polling", "websocket"])


def with_the_librarys_line(served: Served, patch: pytest.MonkeyPatch) -> None:
    patch.setitem(served.wire.io.server.eio._async, "websocket", SimpleWebSocketWSGI)


def with_many_sockets(served: Served, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(server, "CONNECTIONS_A_PERSON", 1_000)


def with_many_events(served: Served, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(server, "EVENTS_A_SECOND", 1_000)


# What must hold of every line, and the line that the library gives of which it does not.
LINES: list[tuple[Check, Break]] = [
    (only_our_pages_begin_it, without_our_handshake),
    (nobody_polls, with_the_librarys_transports),
    (what_is_too_large_is_cut, with_the_librarys_line),
    (what_never_ends_is_cut, with_the_librarys_line),
    (the_oldest_socket_gives_way, with_many_sockets),
    (nobody_asks_without_end, with_many_events),
]


@pytest.mark.once
@pytest.mark.usefixtures("one_second")
@pytest.mark.parametrize(("holds", "broken"), LINES)
def test_a_line_is_ours_alone_and_bounded(
    cabinet: Cabinet, served: Served, monkeypatch: pytest.MonkeyPatch, holds: Check, broken: Break
) -> None:
    holds(cabinet, served)
    broken(served, monkeypatch)
    with pytest.raises(AssertionError):
        holds(cabinet, served)
