"""Each door that elsewhere only a browser goes through is gone through here, as its page does, by
those whom the policy lets in (AC-01)."""

import io
from datetime import datetime
from hashlib import sha256
from typing import Any

import pyotp
import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from documents import service
from documents.rules import PaperKind
from ecabinet import clock
from ecabinet.access import Permission, Role
from ecabinet.db import reading, transaction
from people.models import Office, Passkey, Person
from people.service import directory
from tests.ballots.builders import an_open_consultation
from tests.builders import PASSWORD, Browser, Cabinet
from tests.building.test_access import LENT, WALKERS, lend
from tests.documents.builders import hand_out, papers, pdf
from tests.documents.test_lodging import WHY, begun
from tests.documents.test_replacing import NEW, OLD, confirm, propose
from tests.meetings.builders import Voter, planned
from tests.meetings.test_pages import HEAD
from tests.people import test_notices as notices
from tests.people.authenticator import Authenticator
from tests.people.builders import JSON, password, registered, signed_in
from tests.people.test_account import offered
from tests.tasks.builders import assign, day
from tests.wire.builders import serving

pytestmark = pytest.mark.once

PIECE = b"%PDF-1.7"
ANOTHER = "con trâu đi trước cái cày theo sau"
OFFICE = ("thuky", "chuyenvien", "lanhdaovp", "kiemtoan")


def done(browser: Browser, path: str, **fields: Any) -> TestResponse:
    answer = browser.post(path, fields, headers=JSON)
    assert answer.status_code < 400, (path, answer.text[:300])
    return answer


def seen(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 200, path


def test_what_an_administrator_asks_for_waits_for_another(cabinet: Cabinet) -> None:
    keeper, today = cabinet.browser("quantri"), f"{day(cabinet):%d/%m/%Y}"
    yte, clerk = cabinet.agencies["yte"], cabinet.ids["vanthu"]
    with reading() as db:
        office = db.scalars(select(Office.id).where(Office.title == "Thư ký tổng hợp")).one()
    with transaction() as db:
        vacant = directory.add_office(db, "Thừa", Role.CLERK, 78).id
        second = db.get_one(Person, cabinet.ids["thuky2"])
        suspended = directory.suspend(db, second, day(cabinet), None, "QĐ 2").id
    for _ in range(5):
        password(cabinet.browser(), "thuky", "sai")
    called = {"name": "Cục Mới", "short_name": "CM"}
    term = {"office": office, "starts": today, "ends": "", "basis": "QĐ 1"}
    waits = [
        done(keeper, "/agencies", **called, kind="unit", code="G99", parent=""),
        done(keeper, f"/agencies/{yte}/rename", **called, code="", day=today, basis="NQ 1"),
        done(
            keeper, "/agencies/merge", agencies=[yte], into=cabinet.agencies["xaydung"],
            day=today, basis="NQ 2",
        ),
        done(keeper, "/offices", title="Mới", role="clerk", order=77, agency="", opened_on=""),
        done(keeper, f"/offices/{office}/rename", title="Thư ký", basis="QĐ 3"),
        done(keeper, f"/offices/{vacant}/close", day=today, basis="QĐ 4"),
        done(keeper, "/persons", name="Nguyễn An", username="an", **term),
        done(keeper, f"/persons/{clerk}/terms", **term),
        done(keeper, f"/persons/{clerk}/suspensions", starts=today, ends="", basis="QĐ 2"),
        done(keeper, f"/suspensions/{suspended}/lift", ends=today, basis="QĐ 5"),
        done(keeper, f"/persons/{clerk}/reset"),
        done(keeper, f"/persons/{cabinet.ids['thuky']}/unlock"),
    ]  # fmt: skip
    inbox = cabinet.browser("lanhdaovp").get("/approvals").text
    for each in waits:
        assert f'action="{(each.json or {})["location"]}/confirm"' in inbox


def test_a_passkey_is_made_and_ended(cabinet: Cabinet) -> None:
    browser = cabinet.browser("thuky")
    options = browser.post("/passkeys/options", headers=JSON).json
    assert options
    made = {"answer": Authenticator().make(options), "label": "iPad"}
    assert browser.post("/passkeys", json=made, headers=JSON).status_code == 201
    with reading() as db:
        kept = db.scalars(select(Passkey.public_id)).one()
    done(browser, f"/passkeys/{kept}/end")


@pytest.mark.parametrize("office", ["thuky", "chuyenvien"])
def test_a_dossier_goes_to_the_office_and_back_and_is_taken_in(
    cabinet: Cabinet, office: str
) -> None:
    dossier = begun(cabinet)
    staff, reads = cabinet.browser("canbo.yte"), cabinet.browser(office)
    (paper,) = papers(dossier)
    done(staff, f"/papers/{paper.id}/editions", file=(io.BytesIO(pdf(2, "Khac")), "tt.pdf"))
    done(staff, f"/papers/{paper.id}/taking-out")
    done(staff, f"/papers/{paper.id}/putting-back")
    done(staff, f"/dossiers/{dossier}/secret-papers", place="Phòng Bảo mật")
    done(staff, f"/dossiers/{dossier}/lodging", explanation=WHY)
    done(reads, f"/dossiers/{dossier}/return", reason="Thiếu dự thảo")
    done(staff, f"/dossiers/{dossier}/lodging", explanation=WHY)
    done(reads, f"/dossiers/{dossier}/acceptance")
    asked = done(
        reads, "/consultations", dossier_id=dossier, question="Ông/Bà có đồng ý không?",
        summary="", window_days=2,
    )  # fmt: skip
    seen(reads, (asked.json or {})["location"])


def test_two_editions_stand_side_by_side_for_all_who_read_all(cabinet: Cabinet) -> None:
    secretary = cabinet.actor("thuky")
    dossier = service.create_dossier(secretary, "Hồ sơ nhà ở", cabinet.agencies["yte"])
    service.add_paper(secretary, dossier, "Tờ trình", PaperKind.SUBMISSION, "tt.pdf", OLD)
    (paper,) = papers(dossier)
    office, other, leader, auditor = map(cabinet.browser, OFFICE)
    hand_out(cabinet, dossier, ["botruong.yte"])
    asked = propose(office, paper.id, NEW).json["location"]
    for each in (office, leader, auditor):
        seen(each, f"/replacements/{asked.rsplit('/', 1)[1]}/side-by-side")
    assert confirm(cabinet, asked).status_code == 200
    for each in (office, other, leader, auditor):
        seen(each, f"/editions/{papers(dossier)[0].edition_id}/side-by-side")


@pytest.mark.parametrize("office", ["thuky", "chuyenvien"])
def test_an_agenda_is_changed_in_every_way_and_returned_to_its_drafters(
    cabinet: Cabinet, office: str
) -> None:
    session, browser = planned(cabinet), cabinet.browser(office)
    path, item = f"/meetings/{session.id}", session.items[1]
    head = HEAD | {"chair": cabinet.ids["thutuong"]}
    done(browser, f"{path}/head", draft=1, **head)
    done(
        browser, f"{path}/items/{item}/edit", draft=session.draft_of(item), title="Nội dung khác",
        minutes=20, agency=cabinet.agencies["yte"], presenter="", dossier="",
    )  # fmt: skip
    paper = (io.BytesIO(pdf(1)), "Bao cao.pdf")
    done(browser, f"{path}/items/{item}/papers", title="", kind="other", file=paper)
    done(browser, f"{path}/items/{item}/move", stood=2, direction="up")
    done(browser, f"{path}/seats", person=cabinet.ids["vanthu"], role="invitee")
    done(browser, f"{path}/seats/{cabinet.ids['vanthu']}/remove")
    done(browser, f"{path}/items/{item}/remove", draft=session.draft_of(item))
    done(browser, f"{path}/submit")
    done(cabinet.browser("lanhdaovp"), f"{path}/return", reason="Thiếu nội dung 2")
    done(browser, f"{path}/submit")
    done(cabinet.browser("thutuong"), f"{path}/return", reason="Thiếu nội dung 2")


@pytest.mark.parametrize("leads", ["thutuong", "thuky"])
def test_a_vote_is_closed_or_stopped_by_who_leads(cabinet: Cabinet, leads: str) -> None:
    session, browser = planned(cabinet), cabinet.browser(leads)
    session.discuss()
    path = f"/meetings/{session.id}/votes"
    vote = session.ask()
    registered(signed_in(cabinet, "botruong.yte"))
    minister = Voter(session, "botruong.yte")
    body = {"statement_sha256": "0" * 64}
    touched = minister.browser.post(minister.path(vote, "step-up"), json=body, headers=JSON)
    assert touched.status_code == 200, touched.text
    done(browser, f"{path}/{vote}/stop")
    vote = session.ask()
    done(browser, f"{path}/{vote}/closing")
    cabinet.wait(seconds=5)
    done(browser, f"{path}/{vote}/close")


def test_a_task_that_was_refused_is_assigned_again(cabinet: Cabinet) -> None:
    task = assign(cabinet)
    done(cabinet.browser("canbo.yte"), f"/tasks/{task}/refuse", reason="Không thuộc chức năng")
    again = {"lead": cabinet.agencies["xaydung"], "deadline": f"{day(cabinet, 9):%d/%m/%Y}"}
    done(cabinet.browser("chuyenvien"), f"/tasks/{task}/assign-again", **again)


def test_an_open_reader_enters_its_paper(cabinet: Cabinet) -> None:
    dossier = begun(cabinet)
    (paper,) = papers(dossier)
    place = {"id": paper.id, "epoch": "", "seq": 0}
    with serving(cabinet.app) as served:
        screen = served.screen_of(cabinet.browser("canbo.yte"))
        assert "code" not in screen.ask("paper:enter", place)


def test_an_open_question_is_entered_and_hears_what_has_become_of_it(cabinet: Cabinet) -> None:
    question = an_open_consultation(cabinet)
    with serving(cabinet.app) as served:
        screens = [served.screen_of(cabinet.browser(each)) for each in ("thuky", "botruong.yte")]
        for screen in screens:
            for event, number in (("consultation:enter", question), ("consultations:enter", 1)):
                answer = screen.ask(event, {"id": number, "epoch": "", "seq": 0})
                assert "code" not in answer, event
                # The opening itself was told.
                assert answer["reload"], (event, answer)


def test_each_role_does_what_it_may_of_its_own_and_begins_what_it_may_begin(
    cabinet: Cabinet,
) -> None:
    for lent in LENT.values():
        lend(cabinet, *lent)
    for username in WALKERS.values():
        of_ones_own(cabinet, username)
        begun_by(cabinet, username)
        done(cabinet.browser(username), "/sign-out")


def of_ones_own(cabinet: Cabinet, username: str) -> None:
    browser = cabinet.browser(username)
    done(browser, "/step-up", code=browser.code())
    asked = browser.post("/step-up/options", json={"path": "/x", "fields": {}}, headers=JSON)
    assert asked.json == {"options": None}
    done(browser, "/me/notices/choices", language="vi", quiet_from="22:00", quiet_until="06:00")
    given = notices.ask(browser, f"{username}@cabinet.example")
    done(browser, "/me/notices/email/confirm", code=given)
    done(browser, "/me/notices/email/forget")
    options = browser.post("/passkeys/options", headers=JSON).json or {}
    made = {"answer": Authenticator().make(options), "label": "iPad"}
    assert browser.post("/passkeys", json=made, headers=JSON).status_code == 201
    seen(browser, "/authenticator")
    done(browser, "/authenticator", code=pyotp.TOTP(offered(cabinet, username)).at(now()))
    done(browser, "/password", old=PASSWORD, new=ANOTHER, again=ANOTHER)


def begun_by(cabinet: Cabinet, username: str) -> None:
    """Of a new dossier, session or task, and of a device's vault."""
    browser, may = cabinet.browser(username), cabinet.actor(username).may
    agencies = sorted(cabinet.actor(username).agencies) or [cabinet.agencies["yte"]]
    dossier = {"title": "Hồ sơ mới", "drafting_agency": agencies[0]}
    if may(Permission.DOSSIER_WRITE):
        done(browser, "/dossiers", **dossier)
    if may(Permission.DOSSIER_LODGE):
        done(browser, "/dossiers/drafts", **dossier, kind="decree")
    if may(Permission.MEETING_PREPARE):
        done(browser, "/meetings", **HEAD, chair=cabinet.ids["thutuong"])
    if may(Permission.TASK_ASSIGN):
        done(
            browser, "/tasks/assign", text="Việc mới", lead=agencies[0], deadline="none",
            deliverable="Báo cáo",
        )  # fmt: skip
    if may(Permission.PAPER_ADD):
        path = f"/incoming/{sha256(PIECE).hexdigest()}"
        done(browser, path, at=0, file=(io.BytesIO(PIECE), "tt.pdf"))
        assert browser.get(path).json == {"received": len(PIECE)}
    if may(Permission.PAPER_READ):
        assert browser.post("/vault", json={}, headers=JSON).status_code == 200


def now() -> datetime:
    with reading() as db:
        return clock.now(db)
