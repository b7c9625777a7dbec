"""One outbox, several channels: written with the fact, sent until taken, never two for one fact."""

import signal
import subprocess
import threading
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from ecabinet import addresses, db, deliveries, notices, outbox
from ecabinet.db import reading, transaction
from ecabinet.deliveries import Letter, State, Undelivered
from ecabinet.notices import Channel, Quiet, Subject
from ecabinet.settings import Settings
from exchange.senders import Mail, senders
from people.service.notices import forget_address
from tests.builders import Cabinet
from tests.exchange.builders import (
    MAIL,
    MINISTER,
    NO_QUIET,
    PHONE,
    Gateway,
    MailServer,
    all_deliveries,
    gateway,
    give_address,
    mail_server,
    send_by,
    settle_quiet,
)
from tests.server import ECABINET, environment

SECRET = "Nghị định CANARY về nhà ở"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def sms() -> Iterator[Gateway]:
    with gateway() as server:
        yield server


@pytest.fixture
def noon(cabinet: Cabinet) -> None:
    """Nobody's quiet hours."""
    for name in cabinet.ids:
        settle_quiet(cabinet, name, NO_QUIET)


def tell(
    cabinet: Cabinet, *names: str, kind: str = "consultation_opened", fact: str | None = None
) -> None:
    with transaction() as session:
        people = [cabinet.ids[name] for name in names or [MINISTER]]
        outbox.notify(
            session, people, kind, "/consultations/1", fact,
            title=SECRET, due_at="2026-12-09T17:00:00+00:00",
        )  # fmt: skip


def states() -> list[str]:
    return [each.state for each in all_deliveries()]


def test_a_confirmed_address_is_told_beside_the_inbox(
    cabinet: Cabinet, noon: None, server: MailServer
) -> None:
    give_address(cabinet)
    tell(cabinet, MINISTER, "botruong.taichinh")
    (delivery,) = all_deliveries()
    assert (delivery.person_id, delivery.channel) == (cabinet.ids[MINISTER], Channel.EMAIL)
    assert (delivery.state, delivery.address, delivery.attempts) == (State.WAITING, MAIL, 0)
    send_by(server.settings(base_url="http://localhost:8033"))
    (delivery,) = all_deliveries()
    assert (delivery.state, delivery.attempts) == (State.ACCEPTED, 1)
    assert delivery.accepted_at
    assert delivery.answer == "250 OK queued as 1"
    with reading() as session:
        (message,) = outbox.inbox(session, cabinet.ids[MINISTER])
    assert f"http://localhost:8033/inbox/{message.id}" in server.texts[0]


def test_no_word_of_a_message_leaves_the_house(
    cabinet: Cabinet, noon: None, server: MailServer, sms: Gateway
) -> None:
    give_address(cabinet)
    give_address(cabinet, channel=Channel.SMS, value=PHONE)
    for kind in notices.NOTICES:
        tell(cabinet, kind=kind)
    tell(cabinet, kind="a kind of tomorrow")
    send_by(server.settings(sms_url=sms.settings().sms_url))
    assert len(server.received) > len(notices.NOTICES) - 3
    assert len(sms.bodies) > 10
    seen = [each.as_string() for each in server.received] + server.texts + sms.bodies
    assert not [each for each in map(str, seen) if "CANARY" in each or "/consultations" in each]
    assert "CANARY" not in repr([vars(each) for each in all_deliveries()])


def test_each_is_written_to_in_their_own_language_of_their_own_deadline(
    cabinet: Cabinet, noon: None, server: MailServer
) -> None:
    give_address(cabinet)
    give_address(cabinet, "thuky", value="thuky@cabinet.example")
    settle_quiet(cabinet, "thuky", NO_QUIET, "en")
    tell(cabinet, MINISTER, "thuky")
    send_by(server.settings())
    said = dict(zip(server.receivers, server.texts, strict=True))
    assert "Thời hạn: 24:00, 09/12/2026" in said[MAIL]
    assert "Due: 24:00, 09/12/2026" in said["thuky@cabinet.example"]


def test_what_presses_goes_before_what_waited_longer(
    cabinet: Cabinet, noon: None, server: MailServer
) -> None:
    give_address(cabinet)
    deliveries.bind({Channel.EMAIL: Mail(server.settings())})
    tell(cabinet, kind="task_assigned")
    tell(cabinet, kind="ballot_kept")
    assert deliveries.send_next(Channel.EMAIL)
    assert {each.kind: each.state for each in all_deliveries()} == {
        "task_assigned": State.WAITING, "ballot_kept": State.ACCEPTED,
    }  # fmt: skip


def test_by_a_channel_that_this_house_has_not_nothing_is_under_way(
    cabinet: Cabinet, noon: None, server: MailServer
) -> None:
    """Whoever has no other address is then seen to be told by nothing."""
    give_address(cabinet)
    for name in (MINISTER, "thuky"):
        give_address(cabinet, name, Channel.SMS, PHONE)
    deliveries.bind({Channel.EMAIL: Mail(server.settings())})
    tell(cabinet, MINISTER, "thuky", fact="consultation_opened:1")
    assert [each.channel for each in all_deliveries()] == [Channel.EMAIL]
    with reading() as session:
        told = outbox.told_of(session, "consultation_opened:1")
    assert told[cabinet.ids["thuky"]].is_to_be_called
    assert not told[cabinet.ids[MINISTER]].is_to_be_called


def test_what_is_rolled_back_is_told_to_nobody(cabinet: Cabinet, noon: None) -> None:
    give_address(cabinet)
    tell(cabinet)
    with pytest.raises(RuntimeError):
        tell_and_fail(cabinet.ids[MINISTER])
    assert len(all_deliveries()) == 1


def tell_and_fail(person_id: int) -> None:
    with transaction() as session:
        outbox.notify(session, person_id, "consultation_opened", "/")
        raise RuntimeError


def test_nobody_is_told_twice_of_one_fact(cabinet: Cabinet, noon: None, server: MailServer) -> None:
    give_address(cabinet)
    for fact in ("consultation_opened:1", "consultation_opened:1", "consultation_opened:2"):
        tell(cabinet, MINISTER, "thuky", fact=fact)
    assert len(all_deliveries()) == 2
    with reading() as session:
        assert outbox.unread(session, cabinet.ids["thuky"]) == 2
    send_by(server.settings())
    send_by(server.settings())
    assert len(server.received) == 2


def test_what_a_person_does_not_want_is_not_sent(cabinet: Cabinet, noon: None) -> None:
    give_address(cabinet)
    with transaction() as session:
        off = {(each, Channel.EMAIL): False for each in Subject}
        addresses.choose(session, cabinet.ids[MINISTER], off)
    tell(cabinet)
    tell(cabinet, kind="ballot_kept")
    assert [each.kind for each in all_deliveries()] == ["ballot_kept"]


def test_the_quiet_hours_of_the_receiver_hold_a_message_and_not_a_ballots_notice(
    cabinet: Cabinet, server: MailServer
) -> None:
    give_address(cabinet)
    # From here until an hour before: nearly the whole day, whatever the hour of this test.
    with reading() as session:
        local = deliveries.clock.now(session).astimezone(deliveries.ZONE)
    starts = local.time().replace(second=0, microsecond=0, tzinfo=None)
    ends = starts.replace(hour=(starts.hour - 1) % 24)
    settle_quiet(cabinet, MINISTER, Quiet(starts, ends))
    tell(cabinet, kind="task_assigned")
    tell(cabinet, kind="ballot_kept")
    send_by(server.settings())
    assert states() == [State.WAITING, State.ACCEPTED]
    cabinet.wait(hours=24)
    send_by(server.settings())
    assert states() == [State.ACCEPTED, State.ACCEPTED]


def test_whoever_has_moved_meanwhile_is_told_at_the_address_that_is_confirmed_now(
    cabinet: Cabinet, noon: None, server: MailServer
) -> None:
    """Notice is proven by a confirmed address alone (rulebook: Deemed agreement fails safe)."""
    give_address(cabinet, value="old@cabinet.example")
    tell(cabinet)
    give_address(cabinet)
    send_by(server.settings())
    assert server.receivers == [MAIL]
    assert [each.address for each in all_deliveries()] == [MAIL]


def test_an_address_that_was_given_up_is_sent_nothing_and_proves_nothing(
    cabinet: Cabinet, noon: None, server: MailServer
) -> None:
    give_address(cabinet)
    give_address(cabinet, "thuky", value="thuky@cabinet.example")
    tell(cabinet, MINISTER, "thuky", fact="consultation_opened:1")
    forget_address(cabinet.actor(MINISTER), Channel.EMAIL)
    send_by(server.settings())
    # The last word to the old address is that it is given up.
    assert sorted(server.receivers) == sorted(["thuky@cabinet.example", MAIL])
    with reading() as session:
        told = outbox.told_of(session, "consultation_opened:1")
    assert told[cabinet.ids["thuky"]].reach is outbox.Reach.ACCEPTED
    assert told[cabinet.ids[MINISTER]].reach is outbox.Reach.NO_ADDRESS


# ---- failing, and again ----


def test_a_dead_mail_server_costs_one_try_a_pass_and_what_waits_is_sent_when_it_is_back(
    cabinet: Cabinet, noon: None, server: MailServer
) -> None:
    give_address(cabinet)
    for _ in range(3):
        tell(cabinet)
    server.says = {"rcpt": "421 closing"}
    send_by(server.settings())
    assert [each.attempts for each in all_deliveries()] == [1, 0, 0]
    first, *_ = all_deliveries()
    assert (first.state, first.error, first.answer) == (
        State.WAITING, "smtp-address-421", "closing",
    )  # fmt: skip
    server.says = {}
    send_by(server.settings())
    assert states() == [State.WAITING, State.ACCEPTED, State.ACCEPTED]
    cabinet.wait(minutes=1)
    send_by(server.settings())
    assert states() == [State.ACCEPTED] * 3
    assert len(server.received) == 3


def test_a_dead_mail_server_holds_up_no_sms(cabinet: Cabinet, noon: None, sms: Gateway) -> None:
    give_address(cabinet)
    give_address(cabinet, channel=Channel.SMS, value=PHONE)
    with mail_server() as gone:
        settings = gone.settings(sms_url=sms.settings().sms_url)
    tell(cabinet)
    send_by(settings)
    by_channel = {each.channel: each.state for each in all_deliveries()}
    assert by_channel == {Channel.EMAIL: State.WAITING, Channel.SMS: State.ACCEPTED}


def test_what_is_refused_for_good_is_not_tried_again_until_somebody_says_so(
    cabinet: Cabinet, noon: None, server: MailServer
) -> None:
    give_address(cabinet)
    give_address(cabinet, "thuky", value="thuky@cabinet.example")
    tell(cabinet, MINISTER, "thuky")
    server.says = {MAIL: "550 no such user"}
    send_by(server.settings())
    assert sorted(states()) == [State.ACCEPTED, State.FAILED]
    cabinet.wait(days=1)
    server.says = {}
    send_by(server.settings())
    assert len(server.received) == 1
    (failed,) = [each for each in all_deliveries() if each.state == State.FAILED]
    with transaction() as session:
        assert deliveries.retry(session, failed.id)
        assert not deliveries.retry(session, failed.id), "it waits already"
    send_by(server.settings())
    assert states() == [State.ACCEPTED, State.ACCEPTED]


def test_a_letter_that_nobody_takes_is_dead_after_its_last_try(
    cabinet: Cabinet, noon: None, server: MailServer
) -> None:
    give_address(cabinet)
    tell(cabinet)
    server.says = {"data": "451 later"}
    tries = 0
    while states() == [State.WAITING]:
        send_by(server.settings())
        cabinet.wait(hours=1)
        tries += 1
        assert tries <= notices.MOST_ATTEMPTS
    assert states() == [State.DEAD]
    assert tries == notices.MOST_ATTEMPTS
    with reading() as session:
        assert deliveries.backlog(session) == deliveries.Backlog(under_way=0, given_up=1)
    # Whoever says "once more" begins anew.
    server.says = {}
    with transaction() as session:
        assert deliveries.retry(session) == [State.WAITING]
    send_by(server.settings())
    assert states() == [State.ACCEPTED]


def test_what_a_server_says_breaks_no_line_of_a_log(
    cabinet: Cabinet, noon: None, server: MailServer, capfd: pytest.CaptureFixture[str]
) -> None:
    give_address(cabinet)
    tell(cabinet)
    server.says = {"data": "451 \x1b[31mred\u202e \x07bell" + "x" * 300}
    send_by(server.settings())
    (delivery,) = all_deliveries()
    assert delivery.answer
    assert delivery.answer.isprintable()
    assert len(delivery.answer) == deliveries.LONGEST_ANSWER
    said = capfd.readouterr()
    assert MAIL not in said.err + said.out


class Broken:
    """A way out that fails as nobody foresaw."""

    def send(self, letter: Letter) -> str:
        raise ZeroDivisionError(letter.key)


def test_what_a_sender_did_not_foresee_is_tried_again_and_holds_up_no_other_channel(
    cabinet: Cabinet, noon: None, sms: Gateway
) -> None:
    give_address(cabinet)
    give_address(cabinet, channel=Channel.SMS, value=PHONE)
    tell(cabinet)
    deliveries.bind(senders(sms.settings()) | {Channel.EMAIL: Broken()})
    deliveries.send_what_waits()
    found = {each.channel: (each.state, each.attempts, each.error) for each in all_deliveries()}
    assert found == {
        Channel.EMAIL: (State.WAITING, 1, "ZeroDivisionError"),
        Channel.SMS: (State.ACCEPTED, 1, None),
    }


class Passes(threading.Event):
    """Three passes of a runner; before the second the store is gone, and back before the third."""

    def __init__(self) -> None:
        super().__init__()
        self.done = 0

    def wait(self, timeout: float | None = None) -> bool:
        self.done += 1
        names = {2: ("outbox_delivery", "away"), 3: ("away", "outbox_delivery")}.get(self.done)
        if names:
            with transaction() as session:
                session.execute(text("ALTER TABLE {} RENAME TO {}".format(*names)))
        return self.done > 3


def test_a_runner_outlives_a_store_that_is_gone_for_a_while(
    cabinet: Cabinet, noon: None, server: MailServer
) -> None:
    give_address(cabinet)
    deliveries.bind({Channel.EMAIL: Mail(server.settings())})
    tell(cabinet)
    passes = Passes()
    passes.done = 1
    deliveries.run(Channel.EMAIL, passes)
    assert states() == [State.ACCEPTED]


# ---- several runners, and one that dies ----


class Slow:
    """A server that answers one runner when another has long sent the same letter."""

    def __init__(self, cabinet: Cabinet, wrong: Undelivered | None) -> None:
        self.cabinet, self.wrong, self.sent = cabinet, wrong, 0

    def send(self, letter: Letter) -> str:
        self.sent += 1
        if self.sent == 1:
            self.cabinet.wait(minutes=6)
            assert deliveries.send_next(Channel.EMAIL)
            self.first = all_deliveries()[0].accepted_at
            self.cabinet.wait(hours=1)
            if self.wrong:
                raise self.wrong
        return "250 OK"


@pytest.mark.parametrize("wrong", [None, Undelivered("timeout"), Undelivered("gone", "", True)])
def test_what_was_taken_once_was_taken_then_whatever_a_slower_runner_hears(
    cabinet: Cabinet, noon: None, wrong: Undelivered | None
) -> None:
    """Since when a member is told decides what their silence counts for."""
    give_address(cabinet)
    tell(cabinet)
    slow = Slow(cabinet, wrong)
    deliveries.bind({Channel.EMAIL: slow})
    deliveries.send_next(Channel.EMAIL)
    (delivery,) = all_deliveries()
    assert (delivery.state, slow.sent) == (State.ACCEPTED, 2)
    assert delivery.accepted_at == slow.first is not None


def test_two_runners_send_each_letter_once(
    cabinet: Cabinet, noon: None, server: MailServer
) -> None:
    give_address(cabinet)
    for _ in range(12):
        tell(cabinet)
    begin = threading.Barrier(4)
    deliveries.bind({Channel.EMAIL: Mail(server.settings())})

    def work() -> None:
        begin.wait()
        while deliveries.send_next(Channel.EMAIL):
            pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert states() == [State.ACCEPTED] * 12
    assert len({each["Message-ID"] for each in server.received}) == len(server.received) == 12


def test_a_runner_killed_between_sending_and_noting_sends_again_under_the_same_key(
    cabinet: Cabinet, noon: None, settings: Settings, server: MailServer
) -> None:
    """At least once; the receiver knows the repeat by its Message-ID."""
    give_address(cabinet)
    tell(cabinet)
    db.database().close()
    worker = subprocess.Popen(
        [ECABINET, "worker"],
        env=environment(settings.data_dir, 8000) | {
            "ECABINET_DATABASE_URL": settings.database_url,
            "ECABINET_SMTP_HOST": "localhost",
            "ECABINET_SMTP_PORT": str(server.port),
            "ECABINET_SMTP_TLS": "none",
            "ECABINET_SMTP_FROM": "e-cabinet@cabinet.example",
        },
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    server.on_data = worker.kill
    assert worker.wait(60) == -signal.SIGKILL
    server.on_data = lambda: None
    await_mail(server)
    assert states() == [State.SENT]
    send_by(server.settings(base_url="http://localhost:8000"))
    assert len(server.received) == 1, "another runner may be at it still"
    cabinet.wait(minutes=6)
    send_by(server.settings(base_url="http://localhost:8000"))
    assert [(each.state, each.attempts) for each in all_deliveries()] == [(State.ACCEPTED, 2)]
    one, other = (each["Message-ID"] for each in server.received)
    assert one == other


def await_mail(server: MailServer) -> None:
    """The server's own thread is told of the mail after the worker's death."""
    ends = time.monotonic() + 10
    while not server.received and time.monotonic() < ends:
        threading.Event().wait(0.05)
