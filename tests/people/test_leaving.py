"""Leaving office ends logins, sockets, passkeys and signing keys, in every process (SES-03)."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import IO, Any

import pytest
from socketio.exceptions import ConnectionError as Refused
from sqlalchemy import select

from ballots import queries as ballots
from ballots.models import Ballot
from ballots.service import close as closing
from ecabinet import clock, db, jobs, live, web
from ecabinet.access import Actor, Role
from ecabinet.db import reading, transaction
from ecabinet.wire.server import CONNECTIONS_A_PERSON, SocketWire
from people import queries
from people.models import Device, DeviceState, Passkey, Person, Term
from people.service import changes, directory, leaving
from people.service import devices as signing_keys
from tests.ballots.builders import Member, an_open_consultation
from tests.builders import STARTS, Browser, Cabinet, cookie_of
from tests.people.builders import (
    JSON,
    confirm,
    device_of,
    enrol,
    leaves,
    new_key,
    request_of,
    today,
)
from tests.wire.builders import Screen, Served, serving

ROOT = Path(__file__).parent.parent.parent
MINISTERS = ("botruong.yte", "botruong.taichinh", "botruong.xaydung")
WORKER = """
import sys, threading
from werkzeug.serving import make_server
from ecabinet.app import create_app
from ecabinet.db import transaction
from people.service import leaving
from tests.wire.builders import OneRequest
server = make_server("127.0.0.1", 0, create_app(), threaded=True, request_handler=OneRequest)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
for person in sys.stdin:
    with transaction() as db:
        leaving.end_access(db, int(person))
"""


@pytest.fixture
def served(cabinet: Cabinet) -> Iterator[Served]:
    with serving(cabinet.app) as found:
        yield found


def give_keys(cabinet: Cabinet, username: str) -> Browser:
    """A signing key that a secretary has confirmed, and a passkey."""
    browser = cabinet.browser(username)
    assert enrol(browser, request_of(new_key())).status_code == 201
    public_id = device_of(cabinet, username).public_id
    signing_keys.confirm_device(cabinet.actor("thuky"), public_id, web.settings())
    with transaction() as session:
        session.add(
            Passkey(
                public_id=f"passkey of {cabinet.ids[username]}",
                person_id=cabinet.ids[username],
                label="iPad",
                credential_id=f"credential of {username}".encode(),
                public_key=b"key",
                sign_count=0,
                backup_eligible=False,
                backed_up=False,
                made_at=queries.clock.now(session),
            )
        )
    return browser


def end_term(cabinet: Cabinet, username: str, last: date) -> None:
    with reading() as session:
        term = session.query(Term).filter_by(person_id=cabinet.ids[username]).first()
    assert term is not None
    asked = changes.ask_to_end_term(cabinet.actor("quantri"), term.id, last, "QĐ 9")
    confirm(cabinet, asked)


def what_is_left(cabinet: Cabinet, username: str) -> tuple[int, int, int]:
    with reading() as session:
        access = queries.access_of(session, cabinet.ids[username])
    return access.logins, access.passkeys, access.keys


def second_office(cabinet: Cabinet, username: str, role: Role) -> None:
    with transaction() as session:
        office = directory.add_office(session, f"Chức danh khác {username}", role, 400)
        person = session.get_one(Person, cabinet.ids[username])
        directory.appoint(session, person, office, STARTS)


def test_the_last_day_ends_everything_at_once_and_the_log_says_so(cabinet: Cabinet) -> None:
    browser = give_keys(cabinet, "botruong.yte")
    other = give_keys(cabinet, "botruong.taichinh")
    assert what_is_left(cabinet, "botruong.yte") == (1, 1, 1)
    end_term(cabinet, "botruong.yte", today())
    assert what_is_left(cabinet, "botruong.yte") == (0, 0, 0)
    assert browser.get("/", headers=JSON).status_code == 401
    assert device_of_state(cabinet, "botruong.yte") == DeviceState.REVOKED
    member = cabinet.ids["botruong.yte"]
    assert [each["member"] for each in leaves("key_revoked")] == [member]
    assert [each["person"] for each in leaves("passkey_ended")] == [member]
    assert (what_is_left(cabinet, "botruong.taichinh"), other.get("/").status_code) == (
        (1, 1, 1), 200
    )  # fmt: skip


def device_of_state(cabinet: Cabinet, username: str) -> DeviceState:
    with reading() as session:
        device = session.query(Device).filter_by(person_id=cabinet.ids[username]).one()
    return DeviceState(device.state)


def test_who_keeps_another_office_signs_in_anew_without_the_vote(cabinet: Cabinet) -> None:
    second_office(cabinet, "botruong.yte", Role.CLERK)
    browser = give_keys(cabinet, "botruong.yte")
    end_term(cabinet, "botruong.yte", today())
    assert browser.get("/", headers=JSON).status_code == 401
    assert what_is_left(cabinet, "botruong.yte") == (0, 1, 0)
    assert cabinet.actor("botruong.yte").roles == {Role.CLERK}
    assert cabinet.browser("botruong.yte").get("/").status_code == 200


def test_who_keeps_another_vote_keeps_the_key_that_signs(cabinet: Cabinet) -> None:
    second_office(cabinet, "botruong.yte", Role.DEPUTY_PM)
    give_keys(cabinet, "botruong.yte")
    end_term(cabinet, "botruong.yte", today())
    assert what_is_left(cabinet, "botruong.yte") == (0, 1, 1)


def test_a_term_that_ends_by_the_calendar_ends_the_same_on_its_day(cabinet: Cabinet) -> None:
    give_keys(cabinet, "botruong.yte")
    end_term(cabinet, "botruong.yte", today() + timedelta(days=2))
    assert leaving.end_what_ended() == 0
    assert what_is_left(cabinet, "botruong.yte") == (1, 1, 1)
    cabinet.wait(days=2)
    assert jobs.run_once() >= 1
    assert what_is_left(cabinet, "botruong.yte")[1:] == (0, 0)
    assert leaving.end_what_ended() == 0


def test_a_suspension_signs_out_and_takes_no_key(cabinet: Cabinet) -> None:
    browser = give_keys(cabinet, "botruong.yte")
    with transaction() as session:
        person = session.get_one(Person, cabinet.ids["botruong.yte"])
        directory.suspend(session, person, today(), today() + timedelta(days=1), "QĐ")
    assert browser.get("/", headers=JSON).status_code == 401
    assert leaving.end_what_ended() == 1
    assert leaving.end_what_ended() == 0
    assert what_is_left(cabinet, "botruong.yte") == (0, 1, 1)


def test_whoever_left_hears_nothing_more_within_two_seconds(
    cabinet: Cabinet, served: Served
) -> None:
    leaver = cabinet.browser("botruong.yte")
    screens = [served.screen_of(leaver) for _ in range(3)]
    stays = served.screen_of(cabinet.browser("thutuong"))
    end_term(cabinet, "botruong.yte", today())
    began = time.monotonic()
    for each in screens:
        assert each.gone.wait(2)
    assert time.monotonic() - began < 2
    with pytest.raises(Refused):
        served.screen_of(leaver)
    assert not stays.gone.is_set()


@contextmanager
def another_worker() -> Iterator[tuple[str, IO[str]]]:
    """A process of its own that serves the same cabinet: its address, and where it is told whose
    access to end."""
    where = {
        "ECABINET_DATABASE_URL": web.settings().database,
        "ECABINET_DATA_DIR": str(web.settings().data_dir),
        "ECABINET_BASE_URL": web.settings().base_url,
        "PYTHONPATH": str(ROOT),
    }
    with subprocess.Popen(
        [sys.executable, "-c", WORKER], env=os.environ | where,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as worker:  # fmt: skip
        assert worker.stdin
        assert worker.stdout
        yield f"http://127.0.0.1:{worker.stdout.readline().strip()}", worker.stdin
        worker.stdin.close()


@pytest.mark.slow
def test_what_one_of_four_workers_ends_is_ended_in_all_within_two_seconds(
    cabinet: Cabinet, served: Served
) -> None:
    with contextlib.ExitStack() as kept:
        workers = [kept.enter_context(another_worker()) for _ in range(3)]
        urls = [served.url, *(url for url, _ in workers)]
        _, tell = workers[0]

        def screens_of(username: str, in_each: int) -> list[Screen]:
            cookie = cookie_of(cabinet.browser(username))
            made = [Screen(url, "http://localhost", cookie) for url in urls for _ in range(in_each)]
            served.screens += made
            return made

        stay = screens_of("thutuong", 1)

        def seconds_until_all_are_gone(username: str) -> float:
            screens = screens_of(username, CONNECTIONS_A_PERSON)
            assert len(screens) == 20
            began = time.monotonic()
            print(cabinet.ids[username], file=tell, flush=True)
            for each in screens:
                assert each.gone.wait(60)
            return time.monotonic() - began

        # A machine that is busy with something else is asked again.
        assert any(seconds_until_all_are_gone(each) < 2 for each in MINISTERS)
        assert not any(each.gone.is_set() for each in stay)


def eject_elsewhere(number: int, person_id: int) -> None:
    """As another process would have written it, under a number of its own."""
    with transaction() as session:
        session.add(
            live.Ejected(
                id=number, person_id=person_id, process="elsewhere:1", at=clock.now(session)
            )
        )


def test_of_two_ejections_elsewhere_the_older_may_be_written_down_later(
    cabinet: Cabinet, served: Served
) -> None:
    one, other = (served.screen_of(cabinet.browser(each)) for each in ("botruong.yte", "thutuong"))
    eject_elsewhere(9, cabinet.ids["thutuong"])
    assert other.gone.wait(2)
    assert not one.gone.is_set()
    eject_elsewhere(8, cabinet.ids["botruong.yte"])
    assert one.gone.wait(2)


def test_an_ejection_is_carried_out_once(cabinet: Cabinet, served: Served) -> None:
    """Whoever has signed in again since keeps their new screen."""
    browser = cabinet.browser("botruong.yte")
    screen = served.screen_of(browser)
    eject_elsewhere(9, cabinet.ids["botruong.yte"])
    assert screen.gone.wait(2)
    again = served.screen_of(browser)
    for _ in range(2):
        served.wire.end_ejected_elsewhere()
    assert not again.gone.wait(1)


def test_no_number_of_an_ejection_comes_twice_when_old_ones_are_swept(cabinet: Cabinet) -> None:
    first = ejected(cabinet, "botruong.yte")
    cabinet.wait(days=2)
    assert ejected(cabinet, "thutuong") > first


def ejected(cabinet: Cabinet, name: str) -> int:
    """The number under which an ejection is written down, beside which none is kept."""
    with transaction() as session:
        live.eject(session, cabinet.ids[name])
    with reading() as session:
        (kept,) = session.scalars(select(live.Ejected))
    assert kept.person_id == cabinet.ids[name]
    return kept.id


def test_who_is_ejected_while_connecting_does_not_stay(
    cabinet: Cabinet, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The right is read, then lost, then the socket would be held: it is asked again."""
    browser, member = cabinet.browser("botruong.yte"), cabinet.ids["botruong.yte"]
    served.screen_of(browser)
    who = SocketWire._who

    def lose_it_then(wire: SocketWire, environ: dict[str, Any]) -> Actor | None:
        found = who(wire, environ)
        with transaction() as session:
            leaving.end_logins(session, member)
        return found

    monkeypatch.setattr(SocketWire, "_who", lose_it_then)
    with pytest.raises(Refused):
        served.screen_of(browser)
    deadline = time.monotonic() + 2
    while served.wire._sockets_of(member) and time.monotonic() < deadline:
        served.wire.end_ejected_elsewhere()
    assert served.wire._sockets_of(member) == []


@pytest.mark.parametrize("opens", ["/sign-in", "/inbox", "/meetings/1/state"])
def test_a_device_not_heard_of_is_named_until_it_is(cabinet: Cabinet, opens: str) -> None:
    leaver, path = cabinet.browser("botruong.yte"), f"/persons/{cabinet.ids['botruong.yte']}"
    admin = cabinet.browser("quantri")
    assert "chưa liên lạc lại" not in admin.get(path).text
    end_term(cabinet, "botruong.yte", today())
    with reading() as session:
        access = queries.access_of(session, cabinet.ids["botruong.yte"])
    assert access.unheard == ["test"]
    assert "chưa liên lạc lại" in admin.get(path).text
    cookie = cookie_of(leaver)
    leaver.get(opens)
    assert cookie_of(leaver) == cookie
    assert "chưa liên lạc lại" not in admin.get(path).text


def test_a_page_of_whoever_left_is_told_why_and_another_that_it_may_sign_in_again(
    cabinet: Cabinet,
) -> None:
    left, signed_out = cabinet.browser("botruong.yte"), cabinet.browser("botruong.xaydung")
    assert signed_out.post("/sign-out").status_code == 303
    end_term(cabinet, "botruong.yte", today())
    for browser, code in ((left, "left_office"), (signed_out, "not_signed_in")):
        answer = browser.post("/awake", headers=JSON)
        assert (answer.status_code, answer.get_json()["code"]) == (401, code)
    assert "đã thôi chức vụ" in left.get("/", follow_redirects=True).text
    assert "đã thôi chức vụ" not in signed_out.get("/", follow_redirects=True).text


def test_a_login_that_was_ended_cannot_be_made_to_live_again(cabinet: Cabinet) -> None:
    """A request that is under way meanwhile does not bring it back."""
    browser = cabinet.browser("botruong.yte")
    with db.database().read() as slow:
        opened = queries.open_logins(slow, cabinet.ids["botruong.yte"])
        end_term(cabinet, "botruong.yte", today())
        assert opened
    assert browser.post("/inbox/read", {}, headers=JSON).status_code == 401
    assert what_is_left(cabinet, "botruong.yte")[0] == 0


def test_who_left_before_the_closing_is_not_counted_and_their_ballot_is_kept(
    cabinet: Cabinet,
) -> None:
    """And who came meanwhile counts, though nobody had asked them (rulebook: Who counts)."""
    consultation = an_open_consultation(cabinet)
    for username in ("botruong.yte", "botruong.taichinh"):
        Member(cabinet, username).cast(consultation)
    end_term(cabinet, "botruong.yte", today())
    end_term(cabinet, "botruong.xaydung", today())
    second_office(cabinet, "thuky2", Role.DEPUTY_PM)
    cabinet.wait(days=3)
    closing.close(consultation)
    with reading() as session:
        result = ballots.result_of(session, consultation)
        assert result is not None
        counted = {each.person_id for each in result.standings}
        kept = session.query(Ballot).filter_by(consultation_id=consultation).all()
    still = ("thutuong", "pttg1", "botruong.taichinh", "thuky2")
    assert counted == {cabinet.ids[each] for each in still}
    assert {each.person_id for each in kept} == {
        cabinet.ids["botruong.yte"], cabinet.ids["botruong.taichinh"]
    }  # fmt: skip
