import json
import re

import pytest

from meetings.rules import Attendance
from meetings.service import attend, conduct
from tests.builders import Cabinet, statements_sent
from tests.meetings.builders import ITEMS, TITLE, planned

HEAD = {
    "kind": "regular",
    "title": TITLE,
    "day": "01/12/2026",
    "hour": "08:00",
    "place": "Phòng họp số 1",
}


def test_a_secretary_drafts_an_agenda_on_the_pages(cabinet: Cabinet) -> None:
    browser = cabinet.browser("thuky")
    assert browser.get("/meetings").status_code == 200
    assert browser.get("/meetings/new").status_code == 200
    made = browser.post("/meetings", HEAD | {"chair": str(cabinet.ids["thutuong"])})
    assert made.status_code == 303
    path = made.headers["Location"]
    added = browser.post(f"{path}/items", {"title": ITEMS[1], "minutes": "30"})
    page = browser.get(added.headers["Location"]).get_data(as_text=True)
    assert ITEMS[1] in page
    assert "08:00 – 08:30" in page
    assert browser.post(f"{path}/submit").status_code == 303
    leader = cabinet.browser("lanhdaovp")
    page = leader.get(path).get_data(as_text=True)
    draft = re.search(r'name="draft" value="(\d+)"', page)
    assert draft, page
    assert leader.post(f"{path}/convene", {"draft": draft[1]}).status_code == 303
    member = cabinet.browser("botruong.yte")
    assert ITEMS[1] in member.get(path).get_data(as_text=True)


@pytest.mark.parametrize(
    ("field", "value"),
    [("kind", "party"), ("day", "hôm nay"), ("hour", "8 giờ"), ("title", ""), ("chair", "x")],
)
def test_a_head_that_says_nothing_useful_names_its_field(
    cabinet: Cabinet, field: str, value: str
) -> None:
    browser = cabinet.browser("thuky")
    whole = HEAD | {"chair": str(cabinet.ids["thutuong"])}
    json_wanted = {"Accept": "application/json"}
    refused = browser.post("/meetings", whole | {field: value}, headers=json_wanted)
    assert (refused.status_code, refused.get_json()["field"]) == (400, field)


def test_the_agenda_says_from_when_one_can_confirm_that_one_attends(cabinet: Cabinet) -> None:
    session = planned(cabinet)
    session.convene()
    path, words = f"/meetings/{session.id}", "Xác nhận dự họp được từ"
    member = cabinet.browser("botruong.yte")
    assert words in member.get(path).get_data(as_text=True)
    # Who has no seat has nothing to confirm.
    assert words not in cabinet.browser("lanhdaovp").get(path).get_data(as_text=True)
    cabinet.wait(hours=22, minutes=1)
    assert words not in cabinet.browser("botruong.yte").get(path).get_data(as_text=True)
    attend.check_in(cabinet.actor("botruong.yte"), session.id, Attendance.HALL)


@pytest.mark.parametrize("username", ["thutuong", "botruong.yte", "thuky", "lanhdaovp"])
def test_the_live_page_holds_the_state_and_who_reads_it(cabinet: Cabinet, username: str) -> None:
    session = planned(cabinet)
    session.open()
    browser = cabinet.browser(username)
    page = browser.get(f"/meetings/{session.id}/live").get_data(as_text=True)
    held = re.search(r'<script type="application/json" id="page">(.+?)</script>', page, re.DOTALL)
    assert held, page
    found = json.loads(held[1])
    assert found["me"]["conducts"] == (username in ("thutuong", "thuky"))
    assert found["me"]["by_order"] == (username == "thuky")
    assert found["state"]["parts"] == browser.get(f"/meetings/{session.id}/state").json["parts"]
    assert browser.get(f"/meetings/{session.id}/hall").status_code == 200


def test_a_member_sees_no_control_of_the_chair_and_is_refused_its_acts(cabinet: Cabinet) -> None:
    session = planned(cabinet)
    session.convene()
    member = cabinet.browser("botruong.yte")
    assert 'data-command="open"' not in member.get(f"/meetings/{session.id}/live").text
    assert member.post(f"/meetings/{session.id}/open").status_code == 403
    chair = cabinet.browser("thutuong")
    assert 'data-command="open"' in chair.get(f"/meetings/{session.id}/live").text
    assert chair.post(f"/meetings/{session.id}/open").status_code == 204


def test_the_live_room_goes_by_posts(cabinet: Cabinet) -> None:
    session = planned(cabinet)
    session.convene()
    chair, member = cabinet.browser("thutuong"), cabinet.browser("botruong.yte")
    room, (first, second, third) = f"/meetings/{session.id}", session.items
    speech = iter(range(1, 10))
    for browser, path, fields in (
        (chair, "/open", {}),
        (member, "/attendance", {"how": "online"}),
        (cabinet.browser("thuky"), f"/attendance/{cabinet.ids['pttg1']}", {"how": "hall"}),
        (cabinet.browser("thuky"), f"/attendance/{cabinet.ids['pttg1']}", {"how": "absent"}),
        (chair, f"/items/{first}/call", {}),
        (member, "/floor", {}),
        (member, "/floor/withdraw", {}),
        (member, "/floor", {}),
        (chair, f"/floor/{next(speech) + 1}/give", {}),
        (chair, "/floor/2/end", {}),
        (chair, f"/items/{first}/conclude", {"text": "Nhất trí.", "order": ["Giao A", "Giao B"]}),
        (chair, f"/items/{second}/defer", {"reason": "Chưa đủ hồ sơ"}),
        (chair, "/adjourn", {}),
        (chair, "/resume", {}),
        (chair, f"/items/{third}/defer", {"reason": "Chưa đủ hồ sơ"}),
        (chair, "/close", {}),
    ):
        assert browser.post(room + path, fields).status_code == 204, path
    page = cabinet.browser("pttg1").get(room).text
    assert page.count("/tasks/assign?order=") == 2
    assert "/tasks/assign?order=" not in member.get(room).text


def test_a_refusal_says_what_to_do(cabinet: Cabinet) -> None:
    session = planned(cabinet)
    session.open()
    chair = cabinet.browser("thutuong")
    refused = chair.post(f"/meetings/{session.id}/close", headers={"Accept": "application/json"})
    assert (refused.status_code, refused.get_json()["reason"]) == (409, "items_open")
    assert "chưa bế mạc được" in refused.get_json()["message"]


def test_whoever_has_no_seat_finds_no_session(cabinet: Cabinet) -> None:
    session = planned(cabinet)
    session.open()
    for path in ("", "/live", "/state", "/hall"):
        address = f"/meetings/{session.id}{path}"
        assert cabinet.browser("botruong.yte").get(address).status_code == 200
        assert cabinet.browser("quantri").get(address).status_code == 403
        assert cabinet.browser("kiemtoan").get(address).status_code == 404


def test_the_preview_shows_what_members_will_see(cabinet: Cabinet) -> None:
    session = planned(cabinet)
    page = cabinet.browser("thuky").get(f"/meetings/{session.id}?as=member").text
    assert "như thành viên sẽ thấy" in page
    assert "data-item-form" not in page


def test_pages_ask_the_database_no_more_for_more_seats_and_items(cabinet: Cabinet) -> None:
    few = planned(cabinet)
    many = planned(cabinet, (*ITEMS, *(f"Nội dung thêm {number}" for number in range(10))))
    for each in (few, many):
        each.convene()
        conduct.open_session(each.actor("thutuong"), each.id)
    browser = cabinet.browser("botruong.yte")
    counts = []
    for each in (few, many):
        for path in ("", "/live", "/state"):
            with statements_sent() as asked:
                browser.get(f"/meetings/{each.id}{path}")
            counts.append(len(asked))
    assert counts[:3] == counts[3:]
