"""Sessions that every test of this room knows."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ecabinet import clock
from ecabinet.access import Actor
from ecabinet.db import reading
from meetings import access, queries
from meetings.models import Meeting
from meetings.rules import Attendance, Kind
from meetings.service import attend, conduct, prepare
from meetings.service.prepare import Head, ItemText
from tests.builders import Cabinet

TITLE = "Phiên họp Chính phủ thường kỳ tháng 11 năm 2026"
ITEMS = (
    "Khai mạc; thông qua chương trình phiên họp",
    "Dự thảo Nghị quyết về quản lý nguồn nước",
    "Dự án Luật Nhà ở xã hội (sửa đổi)",
)
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

    def attended(self, *usernames: str) -> None:
        for each in usernames or MEMBERS:
            attend.check_in(self.actor(each), self.id, Attendance.HALL)

    def open(self) -> None:
        """Convened, everybody in the hall, opened by the Prime Minister."""
        self.convene()
        conduct.open_session(self.actor("thutuong"), self.id)
        self.attended()

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
