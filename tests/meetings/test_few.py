"""An item that only few may know of: to everybody else it is a number and a time."""

import io
import json
from dataclasses import dataclass
from datetime import timedelta

import pypdf
import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from documents import access as dossiers
from documents import leases
from documents import service as documents
from ecabinet import approvals, clock, outbox
from ecabinet.db import reading, transaction
from ecabinet.errors import NotFound, Refused
from ecabinet.live import Told
from meetings import queries
from meetings.models import Item, Seat
from meetings.rules import Naming, SeatRole
from meetings.service import conduct, prepare, votes
from meetings.service.prepare import ItemText
from meetings.service.votes import Question
from tests.builders import Browser, Cabinet
from tests.documents import builders as papers
from tests.documents.test_vault import says, take, vault_of
from tests.meetings import builders

JSON = {"Accept": "application/json"}
WORD = "Ghềnh"
OPEN = "Nước sạch nông thôn"


@dataclass
class Scene:
    cabinet: Cabinet
    session: builders.Session
    dossier: int

    def reads(self, who: str) -> dict[str, str]:
        """What each page says to somebody."""
        browser, path = self.cabinet.browser(who), f"/meetings/{self.session.id}"
        pages = {
            each: browser.get(address).get_data(as_text=True)
            for each, address in {
                "agenda": path,
                "live": f"{path}/live",
                "hall": f"{path}/hall",
                "state": f"{path}/state",
                "search": f"/search?q={WORD}+chuyen",
                "home": "/",
                "preview": f"{path}?as=member",
            }.items()
        }
        pages["state"] = json.dumps(json.loads(pages["state"]), ensure_ascii=False)
        book = pypdf.PdfReader(io.BytesIO(browser.get(f"{path}/book.pdf").data))
        pages["book"] = "\n".join(each.extract_text() for each in book.pages)
        return pages

    def found(self, who: str) -> set[str]:
        pages = self.reads(who)
        # What was asked for stands on the page of what was found.
        pages["search"] = pages["search"].replace(f"{WORD} chuyen", "")
        return {name for name, page in pages.items() if WORD in page}


@pytest.fixture
def few(cabinet: Cabinet) -> Scene:
    """Two items with papers; of the second only the Minister of Finance knows."""
    session = builders.planned(cabinet, (OPEN, f"{WORD} chuyển giao"))
    given = [
        papers.dossier(cabinet, papers.pdf(2), title=OPEN),
        papers.dossier(cabinet, papers.pdf(3), title=f"{WORD} chuyển giao"),
    ]
    with transaction() as db:
        for number, dossier in enumerate(given, 1):
            for each in dossiers.dossier_to_hand_out(db, dossier).papers:
                each.title = f"Dự thảo {WORD}" if number == 2 else "Dự thảo"
    secretary, finance = session.actor("thuky"), cabinet.ids["botruong.taichinh"]
    for item, dossier, is_few in zip(session.items, given, (False, True), strict=True):
        title = f"{WORD} chuyển giao" if is_few else OPEN
        text = ItemText(
            title, 30, cabinet.agencies["yte"], f"Trình {WORD}" if is_few else "", dossier, is_few,
            frozenset({finance} if is_few else ()),
        )  # fmt: skip
        prepare.edit_item(secretary, session.id, item, session.draft_of(item), text)
    prepare.add_seat(secretary, session.id, cabinet.ids["vanthu"], SeatRole.INVITEE)
    session.open()
    conduct.call_item(cabinet.actor("thutuong"), session.id, session.items[1])
    return Scene(cabinet, session, given[1])


def test_only_those_who_need_to_know_are_told_what_it_is_about(few: Scene) -> None:
    everywhere = {"agenda", "live", "state", "search", "home", "book"}
    assert few.found("botruong.taichinh") == everywhere
    assert few.found("thutuong") == everywhere
    assert few.found("botruong.yte") == set()
    assert few.found("vanthu") == set()
    agenda = few.reads("botruong.yte")["agenda"]
    assert "Nội dung hạn chế" in agenda
    assert OPEN in agenda
    with reading() as db:
        assert dossiers.may_read(db, few.session.actor("botruong.taichinh"), few.dossier)
        assert not dossiers.may_read(db, few.session.actor("botruong.yte"), few.dossier)


def test_what_comes_of_it_reaches_nobody_else_either(few: Scene) -> None:
    item, chair = few.session.items[1], few.cabinet.actor("thutuong")
    with pytest.raises(Refused, match="restricted"):
        votes.open_vote(chair, few.session.id, Question(item, f"{WORD}?", Naming.OPEN))
    conduct.conclude_item(chair, few.session.id, item, f"Kết luận {WORD}", [f"Giao {WORD}"])
    assert few.found("botruong.yte") == set()
    assert {"agenda", "state", "search"} <= few.found("botruong.taichinh")
    # Not on the wire, which is one for all who have a place.
    with reading() as db:
        told = db.scalars(select(Told.facts)).all()
        order = db.get_one(Item, item).orders[0].id
        assert any(f"item:{item}" in json.dumps(each) for each in told)
        assert WORD not in json.dumps(told, ensure_ascii=False)
        assert queries.order_to_assign(db, chair, order).item_title == ""
        with pytest.raises(NotFound):
            queries.order_to_assign(db, few.session.actor("botruong.yte"), order)


def test_who_comes_into_office_later_is_not_told(few: Scene) -> None:
    with transaction() as db:
        gone = select(Seat).where(Seat.person_id == few.cabinet.ids["botruong.yte"])
        db.delete(db.scalars(gone).one())
    chair = few.cabinet.actor("thutuong")
    conduct.call_item(chair, few.session.id, few.session.items[0])
    question = Question(few.session.items[0], "Đồng ý?", Naming.OPEN)
    votes.open_vote(chair, few.session.id, question)
    assert few.found("botruong.yte") == set()


# ---- changed once it is convened ----


def ask(few: Scene, who: str, named: bool = True, by: str = "thuky") -> TestResponse:
    path = f"/meetings/{few.session.id}/items/{few.session.items[1]}/readers"
    sent = {"person": few.cabinet.ids[who], "named": "yes" if named else "no", "reason": "Cần bàn."}
    return few.cabinet.browser(by).post(path, sent, headers=JSON)


def confirm(few: Scene, asked: TestResponse, by: str = "lanhdaovp") -> TestResponse:
    assert asked.status_code == 200, asked.json
    path = asked.json["location"]
    with reading() as db:
        request = approvals.request_to_read(db, few.cabinet.actor(by), int(path.split("/")[-1]))
    sent = {"digest": request.digest}
    return few.cabinet.browser(by).post(f"{path}/confirm", sent, headers=JSON)


def told(few: Scene, who: str) -> list[str]:
    with reading() as db:
        kinds = [each.kind for each in outbox.inbox(db, few.cabinet.ids[who])]
    return [each for each in kinds if each.startswith("item_")]


def test_two_people_let_somebody_know_of_it_who_was_not_named(few: Scene) -> None:
    asked = ask(few, "botruong.yte")
    secretary, leader = few.cabinet.browser("thuky"), few.cabinet.browser("lanhdaovp")
    agenda = f"/meetings/{few.session.id}"
    assert "Đã đề nghị gửi thêm, chờ xác nhận." in secretary.get(agenda).get_data(as_text=True)
    request = leader.get(asked.json["location"]).get_data(as_text=True)
    assert "Gửi thêm nội dung hạn chế số 2 tới" in request
    assert "Bộ trưởng Bộ Y tế" in request
    assert WORD not in request
    assert few.found("botruong.yte") == set()
    assert confirm(few, asked, by="thuky").status_code == 409
    assert ask(few, "botruong.yte", by="chuyenvien").json["reason"] == "already_asked"
    assert ask(few, "botruong.yte", by="lanhdaovp").status_code == 403
    assert few.found("botruong.yte") == set()
    assert confirm(few, asked).status_code == 200
    assert {"agenda", "live", "state", "search", "book"} <= few.found("botruong.yte")
    assert few.found("vanthu") == set()
    with reading() as db:
        assert dossiers.may_read(db, few.session.actor("botruong.yte"), few.dossier)
        facts = [each.facts for each in db.scalars(select(Told)) if "item_readers" in each.kind]
        acts = {each.kind: each for each in queries.acts(db, few.session.id)}
    assert facts
    assert WORD not in json.dumps(facts, ensure_ascii=False)
    done = acts["item_reader_added"]
    assert done.leaf is not None
    assert done.facts == {
        "person": few.cabinet.ids["botruong.yte"],
        "confirmed_by": few.cabinet.ids["lanhdaovp"],
    }
    assert (told(few, "botruong.yte"), told(few, "thutuong")) == (
        ["item_told"], ["item_reader_added"],
    )  # fmt: skip
    inbox = few.cabinet.browser("botruong.yte").get("/inbox").get_data(as_text=True)
    assert "Nội dung hạn chế số 2 được gửi tới Ông/Bà" in inbox
    assert WORD not in inbox
    assert ask(few, "botruong.yte").json["reason"] == "named_already"
    assert ask(few, "thuky2").json["reason"] == "no_seat"


def test_two_people_end_that_somebody_knows_of_it_with_all_that_they_had(few: Scene) -> None:
    """What they passed on as well, and what their devices keep: that at the next contact."""
    minister, adviser = (few.cabinet.browser(f"{each}.taichinh") for each in ("botruong", "canbo"))
    [paper] = papers.papers(few.dossier)
    vault = vault_of(minister)
    assert "refused" not in take(minister, vault, paper)
    with reading() as db:
        ends = clock.now(db) + timedelta(days=2)
    documents.name_adviser(
        few.session.actor("botruong.taichinh"), few.dossier, few.cabinet.ids["canbo.taichinh"],
        ends, "",
    )  # fmt: skip

    def finds(browser: Browser) -> bool:
        return f"/papers/{paper.id}?" in browser.get("/search?q=noi+dung+trang").text

    assert finds(minister)
    assert finds(adviser)
    assert confirm(few, ask(few, "botruong.taichinh", named=False)).status_code == 200
    assert few.found("botruong.taichinh") == set()
    for browser in (minister, adviser):
        assert not finds(browser)
        assert browser.get(f"/papers/{paper.id}").status_code == 404
    assert few.cabinet.browser("thutuong").get(f"/papers/{paper.id}").status_code == 200
    with reading() as db:
        assert [each.reader for each in leases.copies_out(db, few.dossier)]
    assert says(minister, "/vault", vault=vault).json["kept"] == []
    with reading() as db:
        assert leases.copies_out(db, few.dossier) == []
    assert told(few, "botruong.taichinh") == ["item_untold"]
    assert told(few, "thutuong") == ["item_reader_removed"]
    story = few.cabinet.browser("thuky").get(f"/dossiers/{few.dossier}").text
    assert "Thôi phát hành tới một người đọc" in story
    assert ask(few, "botruong.taichinh", named=False).json["reason"] == "not_named"
    assert confirm(few, ask(few, "botruong.taichinh")).status_code == 200
    assert finds(minister)
    assert not finds(adviser)


def test_what_was_sent_for_another_reason_is_still_read(few: Scene) -> None:
    """By an open item of the same matter; the item itself is known no more."""
    with transaction() as db:
        db.get_one(Item, few.session.items[0]).dossier_id = few.dossier
    assert confirm(few, ask(few, "botruong.taichinh", named=False)).status_code == 200
    with reading() as db:
        assert dossiers.may_read(db, few.cabinet.actor("botruong.taichinh"), few.dossier)
    assert WORD not in json.dumps(
        few.cabinet.browser("botruong.taichinh").get(f"/meetings/{few.session.id}/state").json
    )


def test_nobody_is_named_who_has_no_seat(cabinet: Cabinet) -> None:
    session = builders.planned(cabinet, (OPEN,))
    path = f"/meetings/{session.id}/items/{session.items[0]}/edit"
    form = {"title": OPEN, "minutes": "30", "scope": "few"}
    browser = cabinet.browser("thuky")

    def save(who: str) -> int:
        draft = session.draft_of(session.items[0])
        sent = form | {"draft": str(draft), "reader": str(cabinet.ids[who])}
        return browser.post(path, data=sent).status_code

    assert save("botruong.yte") == 303
    with reading() as db:
        item = db.get_one(Item, session.items[0])
        assert item.restricted
        assert [each.person_id for each in item.readers] == [cabinet.ids["botruong.yte"]]
    assert save("canbo.yte") == 400
