"""The demo's sessions: one convened for tomorrow, one still being drafted."""

from datetime import UTC, datetime, time, timedelta

from documents import queries as documents
from documents.queries import DossierView
from ecabinet.access import Actor
from ecabinet.db import reading
from meetings import queries as meetings
from meetings.rules import Kind
from meetings.service import conduct, prepare
from meetings.service.prepare import Head, ItemText
from people import queries as people
from people.queries import OFFICE_ZONE

EIGHT = time(8)
OPENING = "Khai mạc; thông qua chương trình phiên họp"
# Matters without a dossier of their own: title, presenting agency, minutes.
REPORTS = (
    ("Tình hình kinh tế - xã hội tháng này và những tháng đã qua của năm", "taichinh", 40),
    ("Tình hình phân bổ, giải ngân vốn đầu tư công và thực hiện các chương trình mục tiêu "
     "quốc gia", "taichinh", 30),
    ("Công tác xây dựng pháp luật, hoàn thiện thể chế và cải cách thủ tục hành chính",
     "tuphap", 25),
    ("Công tác phòng, chống thiên tai và bảo đảm an ninh nguồn nước mùa khô tới",
     "nongnghiepmoitruong", 20),
)  # fmt: skip
CLOSING = "Kết luận phiên họp"
FEWEST_WITH_PAPERS = 4


def fill(ids: dict[str, int]) -> None:
    """Make them; `ids` gives each demo person's id by username."""
    secretary, leader = _actor(ids["thuky"]), _actor(ids["lanhdaovp"])
    tomorrow = _at_eight(1)
    regular = _head(
        Kind.REGULAR, "Phiên họp Chính phủ thường kỳ", tomorrow, "Phòng họp số 1", ids["thutuong"]
    )
    session = prepare.plan(secretary, regular)
    for text in _agenda(secretary):
        prepare.add_item(secretary, session, text)
    prepare.submit(secretary, session)
    prepare.convene(leader, session, _draft(session))
    conduct.name_operator(_actor(ids["thutuong"]), session, ids["thuky"], named=True)
    thematic = _head(
        Kind.THEMATIC, "Phiên họp Chính phủ chuyên đề xây dựng pháp luật", _at_eight(8),
        "Phòng họp số 1, kết hợp trực tuyến", ids["thutuong"],
    )  # fmt: skip
    draft = prepare.plan(_actor(ids["thuky2"]), thematic)
    prepare.add_item(secretary, draft, ItemText(OPENING, 5))
    title, slug, minutes = REPORTS[2]
    prepare.add_item(secretary, draft, ItemText(title, minutes, _agencies()[slug]))


def _agenda(secretary: Actor) -> list[ItemText]:
    """An opening, one report, what has papers, the other reports if those are few, an end."""
    with reading() as db:
        dossiers = sorted(documents.may_put_forward(db, secretary), key=lambda one: one.id)
    agencies = _agencies()
    matters = [_matter(each) for each in dossiers if each.papers]
    reports = [ItemText(title, minutes, agencies[slug]) for title, slug, minutes in REPORTS]
    others = reports[1:] if len(matters) < FEWEST_WITH_PAPERS else reports[1:2]
    return [
        ItemText(OPENING, 5, presenter="Văn phòng Chính phủ"),
        reports[0],
        *matters[:5],
        *others,
        ItemText(CLOSING, 10, presenter="Thủ tướng Chính phủ"),
    ]


def _matter(dossier: DossierView) -> ItemText:
    agency = _agencies_by_name().get(dossier.agency)
    return ItemText(dossier.title, 30, agency, dossier_id=dossier.id)


def _agencies() -> dict[str, int]:
    with reading() as db:
        return {each.slug: each.id for each in people.agencies(db)}


def _agencies_by_name() -> dict[str, int]:
    with reading() as db:
        return {each.name: each.id for each in people.agencies(db)}


def _head(kind: Kind, name: str, starts_at: datetime, place: str, chair_id: int) -> Head:
    local = starts_at.astimezone(OFFICE_ZONE.zone)
    return Head(kind, f"{name} tháng {local.month} năm {local.year}", starts_at, place, chair_id)


def _at_eight(days_ahead: int) -> datetime:
    with reading() as db:
        day = people.today(db) + timedelta(days=days_ahead)
    return datetime.combine(day, EIGHT, OFFICE_ZONE.zone).astimezone(UTC)


def _draft(meeting_id: int) -> int:
    with reading() as db:
        return meetings.draft_number(db, meeting_id)


def _actor(person_id: int) -> Actor:
    with reading() as db:
        found = people.actor(db, person_id)
    assert found is not None
    return found
