"""What leaves by other ways than pages: sockets, mails, SMS, feeds, logs, tables. Words go to
exactly those whose they are, and secrets nowhere (AC-04, LOG-02)."""

import base64
import contextlib
import io
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from ballots.service import draft as drafting
from ecabinet import deliveries, ledger, web
from ecabinet.app import write_log_lines
from ecabinet.db import Base, database, reading, transaction
from ecabinet.notices import Channel
from ecabinet.settings import Settings
from ecabinet.wire import server as wire
from exchange.senders import senders
from meetings import sockets
from meetings.rules import Naming
from meetings.service import conduct, prepare, votes
from meetings.service.prepare import ItemText
from meetings.service.votes import Question
from people import queries
from people.service import directory
from tests.ballots.builders import MONDAY, Member, a_draft, set_clock
from tests.builders import PASSWORD, SEED, STARTS, Browser, Cabinet
from tests.dates.test_feed import make_feed
from tests.exchange.builders import Gateway, MailServer, gateway, give_address, mail_server
from tests.meetings.builders import Session, Voter, head
from tests.oversight.test_canaries import DRAFTERS, MAY_KNOW, MEMBERS, OFFICE, READERS, plant
from tests.people.builders import code, password
from tests.people.test_account import codes_of
from tests.people.test_invitations import accept, slip
from tests.tasks.builders import assign
from tests.wire.builders import Screen, Served, serving

# ---- sockets ----

# Whoever sits there, and the Office that prepares and conducts.
IN_SESSION = MEMBERS | DRAFTERS
# What is said where screens listen, and whose screens may hear it.
MAY_HEAR = {
    "CANARYitem": IN_SESSION,
    "CANARYvote": IN_SESSION,
    "CANARYconclusion": IN_SESSION,
    "CANARYorder": IN_SESSION,
    "CANARYreason": IN_SESSION,
    "CANARYplace": set[str](),
    "CANARYdraft": set[str](),
    "CANARYspoken": set[str](),
    "CANARYtask": set[str](),
}
# A task goes down the line by its number and its state alone.
A_TASK = '"task_changed"'
WHO_FOLLOWS_TASKS = MEMBERS | OFFICE | {"canbo.yte"}
A_DRAFT = '"draft_changed"'


class Listener:
    """A screen that asks for every room there is, by every number that something may have."""

    def __init__(self, served: Served, browser: Browser, numbers: range) -> None:
        self.screen: Screen = served.screen_of(browser)
        self.rooms = {(event, number): "" for event in served.wire.events for number in numbers}
        self.came = ""

    def enters(self) -> None:
        """Ask for all that was told since the rooms began, or since nothing where one is out."""
        for (event, number), epoch in self.rooms.items():
            answer = self.screen.ask(event, {"id": number, "epoch": epoch, "seq": 0})
            assert answer.get("code") in (None, "forbidden", "not_found"), answer
            self.rooms[event, number] = answer.get("epoch", "")
            self.came += json.dumps(answer, ensure_ascii=False)

    def hears(self) -> str:
        # Behind everything that was told before it, since one line keeps its order.
        self.enters()
        while not self.screen.told.empty():
            self.came += json.dumps(self.screen.told.get(), ensure_ascii=False)
        return self.came


def hold_a_session(cabinet: Cabinet, drafted: int, session: Session) -> None:
    """Everything that is told to screens, with a word of its own in it."""
    chair, number = cabinet.actor("thutuong"), session.id
    prepare.add_item(cabinet.actor("thuky"), drafted, ItemText("Nội dung CANARYdraft", 10))
    conduct.open_session(chair, number)
    session.attended()
    conduct.call_item(chair, number, session.items[1])
    question = Question(session.items[1], "Thông qua CANARYvote?", Naming.OPEN)
    vote = votes.open_vote(chair, number, question)
    voter = Voter(session, "botruong.yte")
    assert voter.casts(vote, "agree", "Ý kiến CANARYspoken").status_code == 201
    session.count(vote)
    conduct.conclude_item(chair, number, session.items[1], "CANARYconclusion", ["CANARYorder"])
    conduct.defer_item(chair, number, session.items[2], "CANARYreason")
    assign(cabinet, text="Nhiệm vụ CANARYtask")


def heard(cabinet: Cabinet, served: Served, readers: set[str]) -> dict[str, set[str]]:
    """Which words, and which facts without words, came to whose screens."""
    secretary = cabinet.actor("thuky")
    drafted = prepare.plan(secretary, head(cabinet, title="Phiên họp CANARYdraft"))
    session = Session(cabinet, prepare.plan(secretary, head(cabinet)), [])
    for title in ("Khai mạc", "Nội dung CANARYitem", "Nội dung ba"):
        session.items.append(prepare.add_item(secretary, session.id, ItemText(title, 30)))
    session.convene()
    numbers = range(1, max(drafted, session.id, *cabinet.agencies.values()) + 1)
    screens = {who: Listener(served, cabinet.browser(who), numbers) for who in sorted(readers)}
    for screen in screens.values():
        screen.enters()
    hold_a_session(cabinet, drafted, session)
    came = {who: screen.hears() for who, screen in screens.items()}
    return {word: {who for who, said in came.items() if word in said} for word in EXPECTED}


EXPECTED = {word: who & READERS for word, who in MAY_HEAR.items()} | {
    A_TASK: WHO_FOLLOWS_TASKS & READERS,
    A_DRAFT: {"thuky", "chuyenvien"},
}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A screen here asks for all rooms at once, which no page does."""
    monkeypatch.setattr(wire, "EVENTS_A_SECOND", 1_000)


@pytest.mark.once
@pytest.mark.usefixtures("quick")
def test_each_word_goes_down_the_line_to_exactly_those_whose_it_is(cabinet: Cabinet) -> None:
    with serving(cabinet.app) as served:
        assert heard(cabinet, served, READERS) == EXPECTED


@pytest.mark.once
@pytest.mark.usefixtures("quick")
def test_a_room_that_lets_anybody_in_is_found(
    cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch
) -> None:
    unguarded = SimpleNamespace(
        meeting_to_follow=lambda _db, _actor, number: SimpleNamespace(id=number),
        meeting_to_read=sockets.access.meeting_to_read,
    )
    monkeypatch.setattr(sockets, "access", unguarded)
    with serving(cabinet.app) as served:
        found = heard(cabinet, served, {"thuky", "vanthu"})
    assert found["CANARYitem"] == {"thuky", "vanthu"}


# ---- mails, SMS, feeds ----

# Who has a seat in the session that is convened, and who sits there for one of them.
SEATED, SUBSTITUTE = MEMBERS | {"thuky"}, {"canbo.yte"}
SUBJECTS = {
    "Có phiếu lấy ý kiến chờ Ông/Bà trả lời": MEMBERS,
    "Có phiếu lấy ý kiến chờ duyệt": {"lanhdaovp"},
    "Mời Ông/Bà dự phiên họp": SEATED,
}
WORDS = (*MAY_KNOW, *MAY_HEAR)


@contextlib.contextmanager
def ways_out() -> Iterator[tuple[MailServer, Gateway]]:
    """A mail server and an SMS gateway that take whatever they are sent."""
    with mail_server() as mail, gateway() as sms:
        settings = mail.settings(sms_url=f"http://localhost:{sms.port}/send")
        deliveries.bind(senders(settings))
        yield mail, sms


def address_everybody(cabinet: Cabinet) -> None:
    for username, number in cabinet.ids.items():
        give_address(cabinet, username, value=f"{username}@cabinet.example")
        give_address(cabinet, username, Channel.SMS, f"+8491234{number:04}")


def sent(mail: MailServer, sms: Gateway) -> str:
    """All that went out, as whoever carries it could read it."""
    letters = [f"{dict(each.items())}\n{each.get_content()}" for each in mail.received]
    return "\n".join([*letters, json.dumps(sms.bodies, ensure_ascii=False)])


@pytest.mark.once
def test_mail_and_sms_tell_those_concerned_that_there_is_something_and_never_what(
    cabinet: Cabinet,
) -> None:
    address_everybody(cabinet)
    with ways_out() as (mail, sms):
        plant(cabinet)
        deliveries.send_what_waits()
        told = defaultdict(set)
        for letter, receiver in zip(mail.received, mail.receivers, strict=True):
            told[str(letter["Subject"]).removeprefix("e-Cabinet: ")].add(receiver.split("@")[0])
        assert {subject: told[subject] for subject in SUBJECTS} == SUBJECTS
        numbers = {each["to"] for each in sms.bodies}
        assert f"+8491234{cabinet.ids['botruong.yte']:04}" in numbers
        assert [word for word in WORDS if word in sent(mail, sms)] == []


@pytest.mark.once
def test_a_feed_shows_hours_and_no_word(cabinet: Cabinet) -> None:
    plant(cabinet)
    for username in sorted(READERS):
        feed = cabinet.browser().get(make_feed(cabinet.browser(username))).text
        assert ("SUMMARY:Phiên họp" in feed) == (username in SEATED | SUBSTITUTE), username
        assert [word for word in WORDS if word in feed] == []


# ---- secrets ----


@contextlib.contextmanager
def log_lines(settings: Settings) -> Iterator[io.StringIO]:
    """What the server writes to its log, as a production does."""
    kept, said = sys.stderr, io.StringIO()
    sys.stderr = said
    try:
        write_log_lines(settings.model_copy(update={"env": "production"}))
        yield said
    finally:
        sys.stderr = kept
        write_log_lines(settings)


NEW_PASSWORD = "CANARYpassword mot hai ba bon"
WRONG_PASSWORD = "CANARYwrong mot hai ba bon"
OPINION = "Ý kiến CANARYopinion"


def everything_secret(cabinet: Cabinet) -> dict[str, str]:
    """Each kind of secret made, shown to its owner and used; what each of them is."""
    set_clock(MONDAY)
    owner = cabinet.browser()
    assert password(owner, "thuky").status_code == 303
    assert code(owner, owner.code()).status_code == 303
    given = {"old": PASSWORD, "new": NEW_PASSWORD, "again": NEW_PASSWORD}
    assert owner.post("/password", given).status_code == 303
    recovery, unused, *_ = codes_of(owner)
    again = cabinet.browser()
    assert password(again, "thuky", WRONG_PASSWORD).status_code == 409
    assert password(again, "thuky", NEW_PASSWORD).status_code == 303
    assert again.post("/sign-in/recovery", {"code": recovery}).status_code == 303
    # Some type their password where their name belongs.
    assert password(cabinet.browser(), NEW_PASSWORD, "thuky thuky thuky").status_code == 409
    feed = make_feed(owner)
    assert cabinet.browser().get(feed).status_code == 200
    invitation = slip(cabinet.browser("quantri"), newcomer_of(cabinet))
    assert cabinet.browser().get(f"{invitation}x").status_code == 409
    assert accept(cabinet.browser(), invitation, code="000000") == (409, "wrong_code")
    assert accept(cabinet.browser(), invitation) == (200, "")
    consultation = a_draft(cabinet)
    drafting.approve(cabinet.actor("lanhdaovp"), consultation)
    Member(cabinet, "botruong.yte").cast(consultation, "disagree", OPINION)
    cookie = owner.client.get_cookie("ecabinet")
    assert cookie is not None
    return {
        "password": PASSWORD,
        "new password": NEW_PASSWORD,
        "wrong password": WRONG_PASSWORD,
        "seed of a phone": SEED,
        "login": cookie.value,
        "recovery code": recovery,
        "recovery code, as typed": recovery.replace("-", ""),
        "unused recovery code": unused,
        "address of a feed": feed.rsplit("/", 1)[1].removesuffix(".ics"),
        "invitation": invitation.rsplit("/", 1)[1],
        "opinion": "CANARYopinion",
    } | signing_keys()


def newcomer_of(cabinet: Cabinet) -> int:
    with transaction() as db:
        person = directory.invite_person(db, "Nguyễn Thị Mới", "nguoi.moi")
        clerk = queries.actor(db, cabinet.ids["vanthu"])
        assert clerk
        office = db.get_one(queries.Office, clerk.office_id)
        directory.appoint(db, person, office, STARTS)
        return person.id


def signing_keys() -> dict[str, str]:
    raw = ledger.signing_key().private_bytes_raw()
    return {
        "key of the log, in hex": raw.hex(),
        "key of the log, in base64": base64.b64encode(raw).decode().rstrip("="),
        "key of the log, as Python shows it": repr(raw)[2:-1],
    }


def every_row() -> str:
    """Whatever the database holds: the outbox, the log of acts, the ledger and all the rest."""
    with reading() as db:
        return "\n".join(
            repr(row) for table in Base.metadata.sorted_tables for row in db.execute(select(table))
        )


def break_the_store() -> None:
    """So that what is kept there fails, with its asker's secrets in the statement's values."""
    with database().engine.begin() as connection:
        for table in ("people_failure", "people_login", "people_invitation", "calendar_feed"):
            for what in ("INSERT", "UPDATE"):
                connection.exec_driver_sql(
                    f"CREATE TRIGGER full_{table}_{what} BEFORE {what} ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
                )


def ask_a_broken_store(cabinet: Cabinet, secrets: dict[str, str], owner: Browser) -> None:
    stranger = cabinet.browser()
    assert password(stranger, PASSWORD, WRONG_PASSWORD).status_code == 500
    assert password(stranger, "thuky", NEW_PASSWORD).status_code == 500
    assert owner.post("/calendar/feed").status_code == 500


def leaks(cabinet: Cabinet, settings: Settings) -> dict[str, set[str]]:
    """Where each secret is found that should be nowhere."""
    address_everybody(cabinet)
    with ways_out() as (mail, sms), log_lines(settings) as log:
        secrets = everything_secret(cabinet)
        owner = cabinet.browser("thuky")
        deliveries.send_what_waits()
        places = {"rows": every_row(), "letters": sent(mail, sms)}
        csv = cabinet.browser("kiemtoan").get("/activity.csv").text
        break_the_store()
        ask_a_broken_store(cabinet, secrets, owner)
        places |= {"log": log.getvalue(), "activity": csv}
    # Each place was written to at all.
    assert "the disk is full" in places["log"]
    assert "people.give_password" in places["rows"]
    assert "account_begun" in places["rows"]
    assert "e-Cabinet" in places["letters"]
    assert "/sign-in/recovery" in places["activity"]
    return {
        name: found
        for name, secret in secrets.items()
        if (found := {at for at, said in places.items() if secret.lower() in said.lower()})
    }


@pytest.mark.once
def test_no_secret_is_in_any_row_letter_or_line_of_the_log(
    cabinet: Cabinet, settings: Settings
) -> None:
    assert leaks(cabinet, settings) == {}


@pytest.mark.once
def test_a_log_that_tells_the_whole_address_is_found(
    cabinet: Cabinet, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "_address", lambda _rule: web.request.path)
    assert leaks(cabinet, settings) == {"invitation": {"log", "rows", "activity"}}


@pytest.mark.once
def test_a_table_that_keeps_a_secret_as_it_is_is_found(
    cabinet: Cabinet, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "digest", lambda secret: secret.encode())
    assert leaks(cabinet, settings) == {"login": {"rows"}, "invitation": {"rows"}}
