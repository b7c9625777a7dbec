"""What is told, and that whoever hears it holds the same state as whoever reads it anew."""

import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from documents import queries as documents_queries
from documents import removing, replacing
from documents import service as documents
from ecabinet import approvals, canonical, ledger, live
from ecabinet.db import reading
from ecabinet.errors import CabinetError, Forbidden, NotFound, Refused
from meetings import queries
from meetings.announcements import meeting_audience
from meetings.models import Act
from meetings.rules import Attendance, StepRefusal
from meetings.service import attend, conduct, prepare, votes
from meetings.service.prepare import ItemText
from tests.builders import Cabinet, Scene
from tests.documents.builders import pdf
from tests.meetings.builders import ITEMS, MEMBERS, Session, Voter, opened, planned

pytestmark = pytest.mark.begins(at=opened)


class Listening:
    """A screen that reads the state once, then only hears what is told."""

    def __init__(self, session: Session, username: str) -> None:
        self.session, self.username = session, username
        self.state = session.state(username)

    def hear(self) -> list[str]:
        """Apply what was told since: put the changed parts in the place of the old ones."""
        with reading() as db:
            audience = meeting_audience(self.session.id)
            missed = live.missed(db, audience, self.state["epoch"], self.state["seq"])
        assert not missed.reload
        for told in missed.messages:
            assert told["seq"] == self.state["seq"] + 1
            self.state["seq"] = told["seq"]
            self.state["parts"] = self.state["parts"] | told["facts"]["parts"]
        return [each["kind"] for each in missed.messages]

    def agrees(self) -> bool:
        fresh = self.session.state(self.username)
        return all(fresh[key] == self.state[key] for key in ("epoch", "seq", "parts"))


@pytest.fixture
def session(cabinet: Cabinet, scene: Scene) -> Session:
    return Session(cabinet, *scene.told)


def test_for_each_event_and_reader_state_and_events_are_the_state_read_anew(
    cabinet: Cabinet,
) -> None:
    session = planned(cabinet)
    session.convene()
    readers = ("thutuong", "botruong.yte", "thuky", "lanhdaovp")
    screens = [Listening(session, each) for each in readers]
    for kind, act in every_event(session):
        act()
        for screen in screens:
            assert screen.hear() == [kind]
            assert screen.agrees(), kind


def every_event(session: Session) -> Iterator[tuple[str, Callable[[], None]]]:
    """Each announcement of a session once, in an order in which they can happen."""
    pm, secretary = session.actor("thutuong"), session.actor("thuky")
    member, number = session.actor("botruong.yte"), session.id
    first, second, third = session.items
    yield "session_opened", lambda: conduct.open_session(pm, number)
    yield "attendance_noted", lambda: attend.check_in(member, number, Attendance.ONLINE)
    yield "attendance_noted", lambda: attend.confirm_for(secretary, number, pm.id, Attendance.HALL)
    yield "item_called", lambda: conduct.call_item(secretary, number, first)
    yield "floor_changed", lambda: attend.ask_to_speak(member, number)
    yield "floor_changed", lambda: conduct.give_floor(pm, number, speech_of(session))
    yield "floor_changed", lambda: conduct.end_speech(pm, number, speech_of(session))
    yield "floor_changed", lambda: attend.ask_to_speak(member, number)
    yield "floor_changed", lambda: attend.withdraw_wish(member, number)
    yield "item_called", lambda: conduct.call_item(pm, number, second)
    yield "attendance_noted", lambda: session.attended("pttg1")
    yield "attendance_noted", lambda: session.attended("botruong.taichinh")
    yield "vote_opened", lambda: session.ask()
    yield "vote_cast", lambda: Voter(session, "botruong.yte").casts(1)
    yield "vote_stopped", lambda: votes.stop_vote(pm, number, 1)
    yield "vote_opened", lambda: session.ask(by="thuky")
    yield "vote_closing", lambda: votes.announce_closing(pm, number, 2)
    session.cabinet.wait(seconds=5)
    yield "vote_closed", lambda: votes.close_vote(pm, number, 2)
    yield "item_concluded", lambda: conduct.conclude_item(pm, number, second, "Nhất trí.", ["Giao"])
    yield "session_adjourned", lambda: conduct.adjourn(pm, number)
    yield "session_resumed", lambda: conduct.resume(pm, number)
    yield "item_deferred", lambda: conduct.defer_item(pm, number, first, "Chưa đủ hồ sơ")
    yield "item_deferred", lambda: conduct.defer_item(pm, number, third, "Chưa đủ hồ sơ")
    yield "session_closed", lambda: conduct.close(pm, number)


def speech_of(session: Session) -> int:
    floor = session.state()["parts"]["floor"]
    return int(floor[-1]["id"])


@pytest.mark.parametrize("seed", range(5))
def test_however_a_session_goes_listeners_hold_its_state(session: Session, seed: int) -> None:
    """A random walk of acts, most of them refused; a refused one tells nothing."""
    chance = random.Random(seed)
    screen = Listening(session, "botruong.yte")
    done = 0
    for _ in range(40):
        before = session.state()["seq"]
        try:
            any_act(session, chance)()
            done += 1
        except CabinetError:
            assert session.state()["seq"] == before
        screen.hear()
        assert screen.agrees()
    assert done > 3


def with_a_paper(cabinet: Cabinet) -> tuple[Session, int, int]:
    """A convened session whose second item has a paper."""
    secretary, session = cabinet.actor("thuky"), planned(cabinet)
    dossier = documents.create_dossier(secretary, "Hồ sơ", cabinet.agencies["yte"])
    paper = documents.add_paper(secretary, dossier, "Tờ trình", "submission", "a.pdf", pdf(1))
    item = session.items[1]
    text = ItemText(ITEMS[1], 30, dossier_id=dossier)
    prepare.edit_item(secretary, session.id, item, session.draft_of(item), text)
    session.convene()
    return session, dossier, paper


def test_open_screens_of_a_session_are_told_at_once_that_its_paper_was_replaced(
    cabinet: Cabinet,
) -> None:
    session, _dossier, paper = with_a_paper(cabinet)
    other = planned(cabinet)
    other.convene()
    screen, elsewhere = (Listening(each, "botruong.yte") for each in (session, other))
    before = screen.state["parts"][f"paper:{paper}"]
    assert before["edition"] == 1
    asked = replacing.propose(cabinet.actor("thuky"), paper, "b.pdf", pdf(2), "Sai số liệu.")
    assert screen.hear() == [], "nothing has changed yet"
    with reading() as db:
        digest = db.get_one(approvals.Request, asked).digest
    approvals.confirm(cabinet.actor("lanhdaovp"), asked, digest)
    assert screen.hear() == ["paper_replaced"]
    assert screen.state["parts"][f"paper:{paper}"]["edition"] == 2
    assert screen.state["parts"][f"paper:{paper}"]["url"] != before["url"]
    assert screen.agrees()
    assert elsewhere.hear() == []


def test_open_screens_of_a_session_are_told_at_once_that_its_file_was_removed(
    cabinet: Cabinet,
) -> None:
    session, _dossier, paper = with_a_paper(cabinet)
    screen = Listening(session, "botruong.yte")
    assert screen.state["parts"][f"paper:{paper}"]["removed"] is False
    with reading() as db:
        edition = documents_queries.paper(db, paper).edition_id
    asked = removing.ask(cabinet.actor("lanhdaovp"), paper, {edition}, "Gửi nhầm.")
    assert screen.hear() == [], "nothing has changed yet"
    with reading() as db:
        digest = db.get_one(approvals.Request, asked).digest
    approvals.confirm(cabinet.actor("quantri"), asked, digest)
    assert screen.hear() == ["paper_removed"]
    assert screen.state["parts"][f"paper:{paper}"]["removed"] is True
    assert screen.agrees()
    page = cabinet.browser("botruong.yte").get(f"/meetings/{session.id}/live").text
    assert f"/editions/{edition}/file" not in page.split('<script type="application/json"')[0]


def test_a_paper_lies_open_by_itself_only_where_its_item_is_discussed(cabinet: Cabinet) -> None:
    session, _dossier, _paper = with_a_paper(cabinet)
    chair, reader = cabinet.actor("thutuong"), cabinet.browser("botruong.yte")

    def is_open() -> bool:
        page = reader.get(f"/meetings/{session.id}/live").get_data(as_text=True)
        (classes,) = re.findall(r'<div class="(paper[^"_]*)" data-paper-url', page)
        return "away" not in classes.split()

    assert not is_open()
    conduct.open_session(chair, session.id)
    first, with_paper, *_ = session.items
    conduct.call_item(chair, session.id, first)
    assert not is_open(), "the item under discussion has no paper"
    conduct.call_item(chair, session.id, with_paper)
    assert is_open()


def test_to_enter_the_live_page_opens_no_paper(cabinet: Cabinet) -> None:
    session, dossier, _paper = with_a_paper(cabinet)
    for name in ("thutuong", "botruong.yte"):
        shown = cabinet.browser(name).get(f"/meetings/{session.id}/live").get_data(as_text=True)
        assert "data-paper-url" in shown
        assert "page1.webp" not in shown, "a browser would fetch it, seen or not"
    with reading() as db:
        assert documents_queries.openings(db, dossier) == []


def any_act(session: Session, chance: random.Random) -> Callable[[], None]:
    conductor = session.actor(chance.choice(["thutuong", "thuky"]))
    member = session.actor(chance.choice(MEMBERS))
    item = chance.choice(session.items)
    number = session.id
    floor = session.state()["parts"]["floor"]
    speech = chance.choice(floor)["id"] if floor else 1
    how: Any = chance.choice([*Attendance, None])
    return chance.choice(
        [
            lambda: conduct.call_item(conductor, number, item),
            lambda: conduct.call_item(conductor, number, item),
            lambda: conduct.conclude_item(conductor, number, item, "Nhất trí.", ["Giao Bộ Y tế"]),
            lambda: conduct.defer_item(conductor, number, item, "Chưa đủ hồ sơ"),
            lambda: conduct.adjourn(conductor, number),
            lambda: conduct.resume(conductor, number),
            lambda: conduct.resume(conductor, number),
            lambda: attend.confirm_for(session.actor("thuky"), number, member.id, how),
            lambda: attend.ask_to_speak(member, number),
            lambda: attend.withdraw_wish(member, number),
            lambda: conduct.give_floor(conductor, number, speech),
            lambda: conduct.end_speech(conductor, number, speech),
            lambda: conduct.close(conductor, number),
        ]
    )


# ---- who may ----


def test_the_chair_opens_and_a_member_does_not(cabinet: Cabinet) -> None:
    session = planned(cabinet)
    session.convene()
    for username in ("botruong.yte", "pttg1", "lanhdaovp", "quantri", "kiemtoan", "canbo.yte"):
        with pytest.raises((Forbidden, NotFound)):
            conduct.open_session(session.actor(username), session.id)
    assert session.state()["parts"]["meeting"]["state"] == "convened"
    conduct.open_session(session.actor("thutuong"), session.id)
    assert session.state()["parts"]["meeting"]["state"] == "open"


def test_only_the_secretary_of_this_session_operates_its_console(session: Session) -> None:
    conduct.call_item(session.actor("thuky"), session.id, session.items[0])
    with pytest.raises(Forbidden):
        conduct.call_item(session.actor("thuky2"), session.id, session.items[1])


def test_what_the_secretary_does_is_recorded_as_done_by_order_of_the_chair(
    session: Session,
) -> None:
    conduct.call_item(session.actor("thuky"), session.id, session.items[0])
    conduct.call_item(session.actor("thutuong"), session.id, session.items[1])
    with reading() as db:
        own, by_order = queries.acts(db, session.id)[:2]
        leaves = [_leaf(db, each) for each in (own, by_order)]
    pm, secretary = session.cabinet.ids["thutuong"], session.cabinet.ids["thuky"]
    assert (by_order.person_id, by_order.by_order_of) == (secretary, pm)
    assert (own.person_id, own.by_order_of) == (pm, None)
    assert [(each["by"], each["by_order_of"]) for each in leaves] == [(pm, 0), (secretary, pm)]


def _leaf(db: Any, act: Act) -> Any:
    assert act.leaf is not None
    return canonical.decode(ledger.envelope(db, act.leaf))


def test_secretaries_and_invitees_never_count(session: Session) -> None:
    before = session.state()["parts"]["quorum"]
    assert (before["present"], before["members"], before["needed"]) == (5, 5, 4)
    secretary = session.actor("thuky")
    attend.check_in(secretary, session.id, Attendance.HALL)
    assert session.state()["parts"]["quorum"] == before
    attend.confirm_for(secretary, session.id, session.cabinet.ids["pttg1"], None)
    attend.confirm_for(secretary, session.id, session.cabinet.ids["botruong.yte"], None)
    after = session.state()["parts"]["quorum"]
    assert (after["present"], after["missing"]) == (3, 1)


def test_only_a_secretary_says_that_somebody_else_is_there(session: Session) -> None:
    minister = session.cabinet.ids["botruong.yte"]
    attend.confirm_for(session.actor("thuky"), session.id, minister, None)
    # Neither a deputy, nor a secretary who was not named for this session.
    for other in ("pttg1", "thuky2"):
        with pytest.raises(Forbidden):
            attend.confirm_for(session.actor(other), session.id, minister, Attendance.HALL)


def test_a_day_before_nobody_is_in_the_hall(cabinet: Cabinet) -> None:
    session = planned(cabinet)
    session.convene()
    with pytest.raises(Refused, match="too_early"):
        attend.check_in(session.actor("pttg1"), session.id, Attendance.HALL)
    cabinet.wait(hours=22, minutes=1)
    attend.check_in(session.actor("pttg1"), session.id, Attendance.HALL)


# ---- conclusions ----


def test_an_order_of_a_conclusion_can_be_assigned(session: Session) -> None:
    pm = session.actor("thutuong")
    conduct.call_item(pm, session.id, session.items[1])
    orders = ["Giao Bộ Y tế báo cáo trước ngày 15/12.", "  ", "Giao Bộ Tài chính bố trí vốn."]
    conduct.conclude_item(pm, session.id, session.items[1], "Chính phủ thống nhất.", orders)
    recorded = session.state()["parts"][f"item:{session.items[1]}"]["orders"]
    assert [each["text"] for each in recorded] == [orders[0], orders[2]]
    with reading() as db:
        order = queries.order_to_assign(db, pm, recorded[1]["id"])
        with pytest.raises(NotFound):
            queries.order_to_assign(db, pm, 999)
    assert (order.meeting_id, order.item_number, order.text) == (session.id, 2, orders[2])
    assert len(order.digest) == 64


def test_a_concluded_item_is_not_concluded_again(session: Session) -> None:
    pm, item = session.actor("thutuong"), session.items[0]
    conduct.call_item(pm, session.id, item)
    conduct.conclude_item(pm, session.id, item, "Nhất trí.", [])
    with pytest.raises(Refused, match="not_from_here"):
        conduct.conclude_item(pm, session.id, item, "Khác.", [])
    assert session.state()["parts"][f"item:{item}"]["conclusion"] == "Nhất trí."


def test_time_spent_on_an_item_counts_over_its_interruptions(session: Session) -> None:
    pm, (first, second, _) = session.actor("thutuong"), session.items
    conduct.call_item(pm, session.id, first)
    session.cabinet.wait(minutes=5)
    conduct.call_item(pm, session.id, second)
    assert 300 <= session.state()["parts"][f"item:{first}"]["spent"] < 330
    assert session.state()["parts"][f"item:{first}"]["state"] == "waiting"
    conduct.call_item(pm, session.id, first)
    session.cabinet.wait(minutes=5)
    conduct.conclude_item(pm, session.id, first, "Nhất trí.", [])
    assert 600 <= session.state()["parts"][f"item:{first}"]["spent"] < 660


def test_a_session_closes_once_its_items_are_settled(session: Session) -> None:
    pm = session.actor("thutuong")
    with pytest.raises(Refused, match=StepRefusal.ITEMS_OPEN.value):
        conduct.close(pm, session.id)
    for item in session.items:
        conduct.defer_item(pm, session.id, item, "Chưa đủ hồ sơ")
    conduct.close(pm, session.id)
    assert session.state()["parts"]["meeting"]["state"] == "closed"
