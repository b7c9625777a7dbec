"""Where a request came from and what it asked for, whatever it says of itself (WEB-05)."""

from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import pytest
from werkzeug.middleware.proxy_fix import ProxyFix

from ecabinet import activity
from ecabinet.activity import Wanted
from ecabinet.db import reading
from ecabinet.proxy import FORWARDED
from people.rules import WRONG_TRIES
from tests.builders import Cabinet
from tests.people.builders import from_

PROXY, STRANGER, BEHIND = "10.0.0.1", "203.0.113.5", "198.51.100.9"


@pytest.fixture
def behind_proxy(cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch) -> "Guesser":
    monkeypatch.setattr(cabinet.app.wsgi_app, "_proxies", (ip_network(PROXY),))
    return Guesser(cabinet)


class Guesser:
    """Somebody who guesses a password, and says of each try where it came from."""

    def __init__(self, cabinet: Cabinet) -> None:
        self.browser = cabinet.browser()
        self._token = {"X-CSRF-Token": self.browser.token()}

    def guess(self, address: str, **headers: str) -> int:
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.browser.client.post(
            "/sign-in", data={"username": "thuky", "password": "x" * 300},
            headers=self._token | said, **from_(address),
        ).status_code  # fmt: skip

    def logged(self) -> list[tuple[str, int | None]]:
        with reading() as db:
            rows = activity.find(db, Wanted())
        return [(each.source, each.port) for each in reversed(rows)]


def counts_by_true_address(guesser: Guesser) -> None:
    """A stranger who claims to come from elsewhere each time is shut out by their own address."""
    for number in range(WRONG_TRIES):
        claimed = f"192.0.2.{number}"
        assert guesser.guess(STRANGER, X_Forwarded_For=claimed, X_Real_IP=claimed) == 409
    assert guesser.guess(STRANGER, X_Forwarded_For="192.0.2.99") == 429
    assert {source for source, _ in guesser.logged()} == {STRANGER}


def test_a_stranger_who_says_to_come_from_elsewhere_is_not_believed(behind_proxy: Guesser) -> None:
    counts_by_true_address(behind_proxy)


def test_to_believe_everybody_is_found_out(
    behind_proxy: Guesser, cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a proxy's own words would come to without asking who says them."""
    bare: Any = cabinet.app.wsgi_app
    monkeypatch.setattr(cabinet.app, "wsgi_app", ProxyFix(bare._inner))
    with pytest.raises(AssertionError):
        counts_by_true_address(behind_proxy)


def test_our_proxy_is_believed_by_log_and_limit(behind_proxy: Guesser) -> None:
    for _ in range(WRONG_TRIES):
        # What was claimed to the proxy stands before what the proxy has seen.
        said = {"X_Forwarded_For": f"192.0.2.1, {BEHIND}", "X_Real_Port": "40404"}
        assert behind_proxy.guess(PROXY, **said) == 409
    assert behind_proxy.guess(PROXY, X_Forwarded_For=BEHIND) == 429
    assert behind_proxy.guess(PROXY, X_Forwarded_For="198.51.100.10") == 409
    logged = behind_proxy.logged()
    assert logged[0] == (BEHIND, 40404)
    assert logged[-1] == ("198.51.100.10", None)


def test_without_a_proxy_in_the_settings_nobody_is_believed(cabinet: Cabinet) -> None:
    guesser = Guesser(cabinet)
    for address in (PROXY, "127.0.0.1", ""):
        assert guesser.guess(address, X_Forwarded_For=BEHIND) == 409
    assert [source for source, _ in guesser.logged()] == [PROXY, "127.0.0.1", ""]


def asks_page(cabinet: Cabinet, address: str, **headers: str) -> Any:
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    return cabinet.browser().get("/sign-in", headers=said, **from_(address))


def asks_socket(cabinet: Cabinet, address: str, **headers: str) -> Any:
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    asked = "/socket.io/?transport=websocket&EIO=4"
    said |= {"Origin": "http://localhost"}
    return cabinet.browser().get(asked, headers=said, **from_(address))


@pytest.mark.parametrize(("ask", "taken"), [(asks_page, 200), (asks_socket, 401)])
def test_another_name_than_the_cabinets_own_is_refused_whoever_says_it(
    cabinet: Cabinet, behind_proxy: Guesser, ask: Callable[..., Any], taken: int
) -> None:
    for own in ("localhost", "localhost:8000", "127.0.0.1"):
        assert ask(cabinet, STRANGER, Host=own).status_code == taken
    for foreign in ("evil.example", "localhost.evil.example", "evil.example:80", "a b"):
        assert ask(cabinet, STRANGER, Host=foreign).status_code == 400
    evil = {"Host": "localhost", "X_Forwarded_Host": "evil.example", "X_Forwarded_Proto": "https"}
    assert ask(cabinet, STRANGER, **evil).status_code == taken
    assert ask(cabinet, PROXY, **evil).status_code == 400
    good = {"Host": "backend.internal", "X_Forwarded_Host": "localhost"}
    assert ask(cabinet, PROXY, **good).status_code == taken


def test_the_refusal_of_a_name_is_a_page_like_any_other(cabinet: Cabinet) -> None:
    answer = asks_page(cabinet, STRANGER, Host="evil.example")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "evil.example" not in answer.get_data(as_text=True)


def test_no_word_of_a_stranger_reaches_what_lies_behind(
    cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch
) -> None:
    front: Any = cabinet.app.wsgi_app
    seen: list[set[str]] = []
    inner = front._inner

    def note(environ: dict[str, Any], start: Any) -> Any:
        seen.append(set(environ).intersection(FORWARDED))
        return inner(environ, start)

    monkeypatch.setattr(front, "_inner", note)
    said = {name.removeprefix("HTTP_"): "x" for name in FORWARDED}
    assert asks_page(cabinet, STRANGER, **said).status_code == 200
    assert seen == [set()]
