"""Sessions that every test of this room knows, and members who vote in them."""

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from werkzeug.test import TestResponse

from ballots.rules import Choice
from ecabinet import canonical, clock
from ecabinet.access import Actor
from ecabinet.db import reading
from meetings import access, queries, signing
from meetings.models import Meeting, Vote
from meetings.rules import Attendance, Kind, Naming
from meetings.service import attend, conduct, prepare, votes
from meetings.service.prepare import Head, ItemText
from meetings.service.votes import Question
from tests.ballots.builders import enrol
from tests.builders import Cabinet

TITLE = "Phiên họp Chính phủ thường kỳ tháng 11 năm 2026"
ITEMS = (
    "Khai mạc; thông qua chương trình phiên họp",
    "Dự thảo Nghị quyết về quản lý nguồn nước",
    "Dự án Luật Nhà ở xã hội (sửa đổi)",
)
QUESTION = "Thông qua dự thảo Nghị quyết về quản lý nguồn nước?"
MEMBERS = ("thutuong", "pttg1", "botruong.taichinh", "botruong.yte", "botruong.xaydung")


@dataclass
class Session:
    """One session of the test cabinet, with its items by number."""

    cabinet: Cabinet
    id: int
    items: list[int]

    def actor(self, username: str) -> Actor:
        return self.cabinet.actor(username)

    def submit(self) -> None:
        prepare.submit(self.actor("thuky"), self.id)

    def convene(self) -> None:
        self.submit()
        prepare.convene(self.actor("lanhdaovp"), self.id, self.draft)
        operator = self.cabinet.ids["thuky"]
        conduct.name_operator(self.actor("thutuong"), self.id, operator, named=True)

    def attended(self, *usernames: str) -> None:
        for each in usernames or MEMBERS:
            attend.check_in(self.actor(each), self.id, Attendance.HALL)

    def open(self) -> None:
        """Convened, everybody in the hall, opened by the Prime Minister."""
        self.convene()
        conduct.open_session(self.actor("thutuong"), self.id)
        self.attended()

    def discuss(self) -> None:
        """Open, at the second item."""
        self.open()
        conduct.call_item(self.actor("thutuong"), self.id, self.items[1])

    def leave(self, *usernames: str) -> None:
        for each in usernames:
            person = self.cabinet.ids[each]
            attend.confirm_for(self.actor("thuky"), self.id, person, None)

    def ask(self, naming: Naming = Naming.OPEN, by: str = "thutuong") -> int:
        """The chair opens a vote on the second item."""
        return votes.open_vote(self.actor(by), self.id, Question(self.items[1], QUESTION, naming))

    def count(self, vote_id: int) -> None:
        votes.announce_closing(self.actor("thutuong"), self.id, vote_id)
        self.cabinet.wait(seconds=5)
        votes.close_vote(self.actor("thutuong"), self.id, vote_id)

    def vote(self, vote_id: int) -> Vote:
        with reading() as db:
            return db.get_one(Vote, vote_id)

    @property
    def draft(self) -> int:
        with reading() as db:
            return db.get_one(Meeting, self.id).draft

    def draft_of(self, item_id: int) -> int:
        with reading() as db:
            return access.item_of(db.get_one(Meeting, self.id), item_id).draft

    def state(self, username: str = "thutuong") -> queries.Parts:
        with reading() as db:
            meeting = access.meeting_to_follow(db, self.actor(username), self.id)
            return queries.state(db, meeting)

    def titles(self) -> list[str]:
        with reading() as db:
            return [each.title for each in db.get_one(Meeting, self.id).items]


def head(cabinet: Cabinet, kind: Kind = Kind.REGULAR, title: str = TITLE) -> Head:
    return Head(kind, title, in_a_day(), "Phòng họp số 1", cabinet.ids["thutuong"])


def in_a_day() -> datetime:
    with reading() as db:
        return clock.now(db) + timedelta(days=1)


def planned(cabinet: Cabinet, titles: tuple[str, ...] = ITEMS) -> Session:
    """An agenda of three items, drafted by the secretary."""
    secretary = cabinet.actor("thuky")
    meeting_id = prepare.plan(secretary, head(cabinet))
    items = [prepare.add_item(secretary, meeting_id, ItemText(each, 30)) for each in titles]
    return Session(cabinet, meeting_id, items)


def about(cabinet: Cabinet, *dossiers: int) -> Session:
    """A session convened whose first items are about these dossiers."""
    session = planned(cabinet)
    secretary = session.actor("thuky")
    for item, dossier in zip(session.items, dossiers, strict=False):
        text = ItemText("Việc", 30, cabinet.agencies["yte"], dossier_id=dossier)
        prepare.edit_item(secretary, session.id, item, session.draft_of(item), text)
    session.convene()
    return session


def opened(cabinet: Cabinet) -> tuple[int, list[int]]:
    """A scene: a session that is open, everybody in the hall."""
    found = planned(cabinet)
    found.open()
    return found.id, found.items


def discussed(cabinet: Cabinet) -> tuple[int, list[int]]:
    """A scene: the same, at its second item."""
    found = planned(cabinet)
    found.discuss()
    return found.id, found.items


class Voter:
    """A member at their device in session: a browser, and a key that never leaves it."""

    def __init__(self, session: Session, name: str) -> None:
        self.session, self.name = session, name
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.device, self.key_id = enrol(session.cabinet, name, self.key)
        self.browser = session.cabinet.browser(name)

    def path(self, vote_id: int, end: str) -> str:
        return f"/meetings/{self.session.id}/votes/{vote_id}/{end}"

    def mine(self, vote_id: int) -> dict[str, Any]:
        answer = self.browser.get(self.path(vote_id, "mine"))
        assert answer.status_code == 200, answer.json
        return dict(answer.json or {})

    def states(
        self, vote_id: int, choice: str = "agree", opinion: str = "", **other: Any
    ) -> bytes:  # fmt: skip
        """What the device writes; `other` puts something else in a field's place."""
        mine = self.mine(vote_id)
        said = signing.Said(
            choice=Choice(choice),
            opinion_sha256=canonical.digest_of(opinion),
            key_id=other.pop("key_id", self.key_id),
            prev_vote_leaf=other.pop("prev_vote_leaf", mine["follows"]),
            nonce=secrets.token_hex(32),
            issued_at=canonical.moment(self.session.vote(vote_id).opened_at),
        )
        return signing.written(mine["terms"] | other, said)

    def signs(self, statement: bytes) -> bytes:
        """What WebCrypto gives: r and s, 32 bytes each."""
        der = self.key.sign(signing.DOMAIN + statement, ec.ECDSA(hashes.SHA256()))
        r, s = utils.decode_dss_signature(der)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def sends(
        self, vote_id: int, statement: bytes, signature: bytes, opinion: str = "",
        key: str | None = None,
    ) -> TestResponse:  # fmt: skip
        body = {
            "statement": statement.decode(),
            "opinion": opinion,
            "signature": base64.b64encode(signature).decode(),
            "key": key or secrets.token_hex(16),
        }
        return self.browser.post(self.path(vote_id, "casts"), json=body)

    def casts(self, vote_id: int, choice: str = "agree", opinion: str = "") -> TestResponse:
        statement = self.states(vote_id, choice, opinion)
        return self.sends(vote_id, statement, self.signs(statement), opinion)
