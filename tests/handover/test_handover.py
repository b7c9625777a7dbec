"""What an office hands on, and what stays with the person: signed by both, or not at all."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecabinet import approvals, ledger
from ecabinet.access import Role
from ecabinet.db import reading, transaction
from ecabinet.duties import Duty
from ecabinet.errors import Refused
from ecabinet.handover import rules, service
from ecabinet.handover.models import Handover
from ecabinet.handover.rules import HandoverRefusal, Signer, State
from meetings.models import Meeting
from people import queries as people
from people.models import Term
from people.rules import Party
from people.service import changes, directory
from tasks.models import Task
from tasks.rules import Step
from tests.ballots.builders import an_open_consultation
from tests.builders import Browser, Cabinet
from tests.meetings.builders import planned
from tests.tasks.builders import assign, take

JSON = {"Accept": "application/json"}
NOW = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
KINDS = (
    "ballot_to_cast", "password_ended", "session_upcoming", "task_assigned", "task_reported",
    "approval_to_decide", "dossier_of_agency",
)  # fmt: skip


# ---- the rules ----


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.none() | st.integers(-100, 100)), max_size=12))
def test_each_thing_is_handed_on_once_or_goes_with_the_person(given_duties: Any) -> None:
    duties = [
        Duty(kind, "", f"/{place}", NOW + timedelta(hours=due) if due is not None else None)
        for place, (kind, due) in enumerate(given_duties)
    ]
    work = rules.work(duties, NOW)
    paths = [each.path for each in [*work.handed_on, *work.personal]]
    assert sorted(paths) == sorted(each.path for each in duties if each.kind != "session_upcoming")
    assert {each.kind for each in work.personal} <= {"ballot_to_cast", "password_ended"}
    assert all(each.due_at and each.due_at <= NOW for each in work.late)
    assert not any(each.due_at and each.due_at <= NOW for each in [*work.open, *work.to_sign])


@pytest.mark.parametrize(
    ("giver", "taker", "reason"),
    [
        (Party(1, {Role.FOCAL_POINT}, {7}), Party(2, {Role.AGENCY_STAFF}, {7}), None),
        (Party(1, {Role.MEMBER}, {7}), Party(2, {Role.FOCAL_POINT}, {7}), None),
        (Party(1, {Role.SECRETARY}, set()), Party(2, {Role.SECRETARY}, set()), None),
        (Party(1, {Role.SECRETARY}, set()), Party(1, {Role.SECRETARY}, set()),
         HandoverRefusal.ONESELF),
        (Party(1, {Role.MEMBER}, {7}), Party(2, {Role.MEMBER}, {8}),
         HandoverRefusal.NOT_OF_THE_OFFICE),
        (Party(1, {Role.DEPUTY_PM}, set()), Party(2, {Role.ADMINISTRATOR}, set()),
         HandoverRefusal.NOT_OF_THE_OFFICE),
    ],
)  # fmt: skip
def test_who_can_take_over(giver: Party, taker: Party, reason: HandoverRefusal | None) -> None:
    assert rules.refusal(giver, taker) is reason


@given(st.booleans(), st.booleans(), st.booleans(), st.sampled_from(State))
def test_the_giver_signs_first_and_nothing_is_signed_twice(
    is_giver: bool, is_taker: bool, for_giver: bool, at: State
) -> None:
    signer = Signer(is_giver, is_taker, for_giver)
    allowed = rules.signing_refusal(signer, at) is None
    gives = (is_giver or for_giver) and not is_taker
    assert allowed == ((at is State.BEGUN and gives) or (at is State.GIVEN and is_taker))


# ---- by two people in their browsers ----


def term_of(cabinet: Cabinet, username: str) -> int:
    with reading() as db:
        return people.terms_to_hand_over(db, cabinet.ids[username])[0].id


def begin(cabinet: Cabinet, giver: str, taker: str, words: str = "") -> str:
    body = {"term": term_of(cabinet, giver), "person": cabinet.ids[taker], "words": words}
    answer = cabinet.browser(giver).post("/handovers", body, headers=JSON)
    assert answer.status_code == 200, answer.text
    return str(answer.json["location"]).split("?")[0]


def seen_on(page: str) -> str:
    return page.split('name="seen" value="')[1].split('"')[0]


def sign(browser: Browser, path: str, seen: str = "") -> Any:
    body = {"seen": seen or seen_on(browser.get(path).text)}
    return browser.post(f"{path}/sign", body, headers=JSON)


def successor(cabinet: Cabinet) -> str:
    """Another official of the ministry of health."""
    with transaction() as db:
        agency = db.get(people.Agency, cabinet.agencies["yte"])
        office = directory.add_office(db, "Chuyên viên Bộ Y tế", Role.AGENCY_STAFF, 90, agency)
        person = directory.invite_person(db, "Người nhận việc", "nhanviec.yte")
        directory.appoint(db, person, office, people.today(db))
        cabinet.ids["nhanviec.yte"] = person.id
    return "nhanviec.yte"


def test_who_confirms_the_end_of_a_term_sees_what_it_leaves_undone(cabinet: Cabinet) -> None:
    assign(cabinet, days=2)
    assign(cabinet, days=30)
    cabinet.wait(days=5)
    with reading() as db:
        today = people.today(db)
    asked = changes.ask_to_end_term(
        cabinet.actor("quantri"), term_of(cabinet, "canbo.yte"), today, "QĐ 9"
    )
    leader = cabinet.browser("lanhdaovp")
    page = leader.get(f"/approvals/{asked}").text
    assert "1 việc quá hạn, 1 việc đang mở." in page
    assert "Chưa lập bàn giao" in page
    path = begin(cabinet, "canbo.yte", successor(cabinet))
    page = leader.get(f"/approvals/{asked}").text
    assert f'<a href="{path}">Bàn giao cho Người nhận việc</a>: chờ bên giao ký' in page
    approvals.withdraw(cabinet.actor("quantri"), asked)
    assert "Việc chức vụ này còn để lại" not in leader.get(f"/approvals/{asked}").text


def test_the_work_of_an_office_is_listed_and_signed_by_both(cabinet: Cabinet) -> None:
    late, fresh = assign(cabinet, days=2), assign(cabinet, days=30)
    reported = assign(cabinet, days=40)
    take(Step.ACCEPT, cabinet.actor("canbo.yte"), reported)
    take(Step.REPORT, cabinet.actor("canbo.yte"), reported)
    an_open_consultation(cabinet)
    cabinet.wait(days=5)
    taker = successor(cabinet)
    path = begin(cabinet, "canbo.yte", taker, "Sổ tay để ở tủ số 2.")
    giver = cabinet.browser("canbo.yte")
    page = giver.get(path).text
    overdue, to_sign, still_open = (
        page.split(f'id="{name}"')[1].split("</section>")[0] for name in ("late", "to_sign", "open")
    )
    assert f"/tasks/{late}" in overdue
    assert f"/tasks/{reported}" in to_sign
    assert f"/tasks/{fresh}" in still_open
    receiver = cabinet.browser(taker)
    early = receiver.post(f"{path}/sign", {"seen": "0" * 64}, headers=JSON)
    assert (early.status_code, early.json["reason"]) == (409, "giver_first")
    assert sign(giver, path).status_code == 200
    assert "chờ Ông/Bà ký nhận" in receiver.get("/inbox").text
    assert path in receiver.get("/").text
    # What came since is the taker's by the office, and not part of what was signed.
    since = assign(cabinet, days=50)
    assert f"/tasks/{since}" not in receiver.get(path).text
    assert sign(receiver, path).status_code == 200
    assert "đã bàn giao" in giver.get(path).text
    with reading() as db:
        (leaf,) = ledger.entries(db, "handed_over", 0).values()
    assert (leaf["giver"], leaf["taker"]) == (cabinet.ids["canbo.yte"], cabinet.ids[taker])
    again = receiver.post(f"{path}/sign", {"seen": "0" * 64}, headers=JSON)
    assert (again.status_code, again.json["reason"]) == (409, "over")


def test_a_list_that_changed_under_the_givers_eyes_is_not_signed(cabinet: Cabinet) -> None:
    assign(cabinet, days=30)
    path = begin(cabinet, "canbo.yte", successor(cabinet))
    giver = cabinet.browser("canbo.yte")
    seen = seen_on(giver.get(path).text)
    assign(cabinet, days=31)
    stale = sign(giver, path, seen)
    assert (stale.status_code, stale.json["code"]) == (409, "stale")
    assert sign(giver, path).status_code == 200


def test_ballots_and_keys_stay_with_the_person(cabinet: Cabinet) -> None:
    asked = an_open_consultation(cabinet)
    path = begin(cabinet, "botruong.yte", "canbo.yte")
    page = cabinet.browser("botruong.yte").get(path).text
    assert f"/consultations/{asked}/answer" not in page.split("Chữ ký")[0]
    assert "Đi theo người, không bàn giao" in page


def test_only_the_parties_read_what_is_handed_over(cabinet: Cabinet) -> None:
    task = assign(cabinet, days=30)
    path = begin(cabinet, "canbo.yte", successor(cabinet))
    for username in ("quantri", "lanhdaovp", "kiemtoan"):
        page = cabinet.browser(username).get(path).text
        assert "chờ bên giao ký" in page
        assert f"/tasks/{task}" not in page
        assert "Chỉ bên giao và bên nhận xem được từng việc." in page
        refused = cabinet.browser(username).post(f"{path}/sign", {"seen": "0"}, headers=JSON)
        assert refused.status_code == 404
    for username in ("canbo.taichinh", "botruong.yte", "thuky"):
        assert cabinet.browser(username).get(path, headers=JSON).status_code == 404
        assert path not in cabinet.browser(username).get("/handovers").text


def test_somebody_named_signs_for_the_giver_and_the_record_says_so(cabinet: Cabinet) -> None:
    taker = successor(cabinet)
    path = begin(cabinet, "botruong.yte", taker)
    minister, official = cabinet.browser("botruong.yte"), cabinet.browser("canbo.yte")
    assert official.get(path, headers=JSON).status_code == 404
    body = {"person": cabinet.ids["canbo.yte"], "words": "Đi công tác."}
    assert minister.post(f"{path}/signer", body, headers=JSON).status_code == 200
    assert "ký thay bên giao" in official.get(path).text
    assert sign(official, path).status_code == 200
    assert "Cán bộ đầu mối Bộ Y tế ký thay" in minister.get(path).text
    assert sign(cabinet.browser(taker), path).status_code == 200
    assert cabinet.actor("canbo.yte").mandates == ()


def test_for_whoever_has_left_a_leader_of_the_office_signs(cabinet: Cabinet) -> None:
    taker = successor(cabinet)
    admin, leader = cabinet.browser("quantri"), cabinet.browser("lanhdaovp")
    term = term_of(cabinet, "canbo.yte")
    path = begin(cabinet, "canbo.yte", taker)
    assert leader.post(f"{path}/sign", {"seen": "0" * 64}, headers=JSON).status_code == 404
    with transaction() as db:
        db.get_one(Term, term).ends = people.today(db)
    assert "một lãnh đạo Văn phòng Chính phủ ký thay bên giao" in admin.get(path).text
    assert path in leader.get("/").text
    assert cabinet.browser("thutuong").get(path, headers=JSON).status_code == 404
    assert sign(leader, path).status_code == 200
    assert "Phó Chủ nhiệm Văn phòng Chính phủ ký thay" in admin.get(path).text


def test_the_only_leader_of_the_office_takes_over_with_the_prime_minister(
    cabinet: Cabinet,
) -> None:
    with transaction() as db:
        office = directory.add_office(db, "Chủ nhiệm", Role.OFFICE_LEADER, 21, None)
        person = directory.invite_person(db, "Người nhận việc", "lanhdao2")
        directory.appoint(db, person, office, people.today(db))
        cabinet.ids["lanhdao2"] = person.id
    term = term_of(cabinet, "lanhdaovp")
    path = begin(cabinet, "lanhdaovp", "lanhdao2")
    premier, taker = cabinet.browser("thutuong"), cabinet.browser("lanhdao2")
    assert premier.get(path, headers=JSON).status_code == 404
    with transaction() as db:
        db.get_one(Term, term).ends = people.today(db)
    assert "Thủ tướng Chính phủ ký thay bên giao" in taker.get(path).text
    assert taker.post(f"{path}/sign", {"seen": "0" * 64}, headers=JSON).json["reason"] == (
        "giver_first"
    )
    for other in ("pttg1", "thuky"):
        assert cabinet.browser(other).get(path, headers=JSON).status_code == 404
    assert path in premier.get("/").text
    assert path in premier.get("/handovers").text
    assert sign(premier, path).status_code == 200
    assert path not in premier.get("/").text
    assert "Thủ tướng Chính phủ ký thay" in taker.get(path).text
    assert sign(taker, path).status_code == 200
    with reading() as db:
        (leaf,) = ledger.entries(db, "handed_over", 0).values()
    assert (leaf["given_by"], leaf["taker"]) == (
        cabinet.ids["thutuong"],
        cabinet.ids["lanhdao2"],
    )


def test_a_secretarys_sessions_go_to_whoever_takes_over(cabinet: Cabinet) -> None:
    session = planned(cabinet)
    path = begin(cabinet, "thuky", "thuky2")
    assert f"/meetings/{session.id}" in cabinet.browser("thuky").get(path).text
    assert sign(cabinet.browser("thuky"), path).status_code == 200
    assert sign(cabinet.browser("thuky2"), path).status_code == 200
    with reading() as db:
        meeting = db.get_one(Meeting, session.id)
        assert meeting.seat_of(cabinet.ids["thuky"]) is None
        seat = meeting.seat_of(cabinet.ids["thuky2"])
        assert seat is not None
        assert seat.role == "secretary"


def test_a_handover_is_withdrawn_and_begun_anew_and_is_one_at_a_time(cabinet: Cabinet) -> None:
    taker = successor(cabinet)
    path = begin(cabinet, "canbo.yte", taker)
    body = {"term": term_of(cabinet, "canbo.yte"), "person": cabinet.ids[taker]}
    giver = cabinet.browser("canbo.yte")
    twice = giver.post("/handovers", body, headers=JSON)
    assert (twice.status_code, twice.json["reason"]) == (409, "begun_already")
    assert cabinet.browser(taker).post(f"{path}/withdraw", headers=JSON).status_code == 404
    assert giver.post(f"{path}/withdraw", headers=JSON).status_code == 200
    assert sign(giver, path, "0" * 64).json["reason"] == "over"
    assert giver.post("/handovers", body, headers=JSON).status_code == 200
    foreign = body | {"term": term_of(cabinet, "thuky")}
    assert giver.post("/handovers", foreign, headers=JSON).status_code == 404
    wrong = body | {"person": cabinet.ids["canbo.taichinh"]}
    refused = giver.post("/handovers", wrong, headers=JSON)
    assert (refused.status_code, refused.json["reason"]) == (409, "not_of_the_office")


# ---- the work of an agency that has ended in another ----


def test_open_work_of_a_merged_agency_goes_to_its_successor_and_keeps_the_old_name(
    cabinet: Cabinet,
) -> None:
    yte, xaydung = cabinet.agencies["yte"], cabinet.agencies["xaydung"]
    led, helped = assign(cabinet, days=30), assign(cabinet, lead="taichinh", coordinating=("yte",))
    done = assign(cabinet, days=20)
    for step, who in ((Step.ACCEPT, "canbo.yte"), (Step.REPORT, "canbo.yte")):
        take(step, cabinet.actor(who), done)
    take(Step.CONFIRM, cabinet.actor("chuyenvien"), done)
    admin, leader = cabinet.actor("quantri"), cabinet.actor("lanhdaovp")
    with pytest.raises(Refused) as standing:
        service.ask_to_rehome(admin, yte)
    assert standing.value.reason == "stands"
    with reading() as db:
        day = people.today(db)
    confirm(cabinet, changes.ask_to_merge_agencies(admin, [yte], xaydung, day, "NQ 176"))
    browser = cabinet.browser("quantri")
    assert "/handovers#merged" in browser.get("/agencies").text
    offered = browser.get("/handovers").text
    assert f"/agencies/{yte}/rehome" in offered
    assert "2 nhiệm vụ" in offered
    assert "hồ sơ</span>" not in offered
    assert f"/agencies/{yte}/rehome" not in cabinet.browser("lanhdaovp").get("/handovers").text
    request = browser.post(f"/agencies/{yte}/rehome").headers["Location"]
    assert "Bộ yte" in cabinet.browser("lanhdaovp").get(request).text
    assert leader.id != admin.id
    confirm(cabinet, int(request.split("?")[0].rsplit("/", 1)[1]))
    with reading() as db:
        assert db.get_one(Task, led).lead_agency_id == xaydung
        assert db.get_one(Task, done).lead_agency_id == yte
        helpers = [each.agency_id for each in db.get_one(Task, helped).coordinating]
        (leaf,) = ledger.entries(db, "agency_rehomed", 0).values()
    assert helpers == [xaydung]
    assert (leaf["tasks"], leaf["into"]) == (1, xaydung)
    assert "Bộ yte → Bộ xaydung" in cabinet.browser("chuyenvien").get(f"/tasks/{led}").text
    assert f"/agencies/{yte}/rehome" not in browser.get("/handovers").text
    again = browser.post(f"/agencies/{yte}/rehome", headers=JSON)
    assert (again.status_code, again.json["reason"]) == (409, "nothing_left")


def confirm(cabinet: Cabinet, request_id: int) -> None:
    with reading() as db:
        digest = db.get_one(approvals.Request, request_id).digest
    approvals.confirm(cabinet.actor("lanhdaovp"), request_id, digest)


def test_what_is_signed_names_every_line(cabinet: Cabinet) -> None:
    from ecabinet.handover import queries

    assign(cabinet, days=30)
    path = begin(cabinet, "canbo.yte", successor(cabinet))
    with reading() as db:
        handover = db.get_one(Handover, int(path.rsplit("/", 1)[1]))
        lines = queries.lines(queries.work_of(db, handover))
    assert lines
    whole = queries.digest_of(handover, lines)
    assert whole != queries.digest_of(handover, lines[:-1])
    assert whole != queries.digest_of(handover, [lines[0] | {"title": "khác"}, *lines[1:]])


# ---- whoever is no longer of the office ----


def leaves_for_another_agency(cabinet: Cabinet, username: str, agency: str) -> None:
    with transaction() as db:
        for term in people.terms_to_hand_over(db, cabinet.ids[username]):
            term.ends = people.today(db)
        there = db.get(people.Agency, cabinet.agencies[agency])
        office = directory.add_office(db, f"Nơi mới của {username}", Role.AGENCY_STAFF, 95, there)
        person = db.get_one(people.Person, cabinet.ids[username])
        directory.appoint(db, person, office, people.today(db))


def test_whoever_has_left_the_office_reads_and_signs_nothing_of_it_any_more(
    cabinet: Cabinet,
) -> None:
    path = begin(cabinet, "canbo.yte", successor(cabinet))
    task = assign(cabinet, days=30)
    giver = cabinet.browser("canbo.yte")
    seen = seen_on(giver.get(path).text)
    assert f"/tasks/{task}" in giver.get(path).text
    leaves_for_another_agency(cabinet, "canbo.yte", "taichinh")
    assert f"/tasks/{task}" not in giver.get(path).text
    assert sign(giver, path, seen).status_code == 404


def test_a_taker_who_has_moved_on_takes_nothing_over(cabinet: Cabinet) -> None:
    taker = successor(cabinet)
    path = begin(cabinet, "canbo.yte", taker)
    task = assign(cabinet, days=30)
    receiver = cabinet.browser(taker)
    assert f"/tasks/{task}" in receiver.get(path).text
    assert sign(cabinet.browser("canbo.yte"), path).status_code == 200
    leaves_for_another_agency(cabinet, taker, "taichinh")
    assert f"/tasks/{task}" not in receiver.get(path).text
    assert receiver.post(f"{path}/sign", {"seen": "0" * 64}, headers=JSON).status_code == 404


def test_an_office_that_begins_later_is_not_handed_over_today(cabinet: Cabinet) -> None:
    with transaction() as db:
        agency = db.get(people.Agency, cabinet.agencies["taichinh"])
        office = directory.add_office(db, "Sau này", Role.AGENCY_STAFF, 96, agency)
        person = db.get_one(people.Person, cabinet.ids["canbo.yte"])
        later = people.today(db) + timedelta(days=30)
        term = directory.appoint(db, person, office, later).id
    body = {"term": term, "person": cabinet.ids["canbo.taichinh"], "words": ""}
    answer = cabinet.browser("canbo.yte").post("/handovers", body, headers=JSON)
    assert answer.status_code == 404


def test_the_words_to_the_taker_are_theirs(cabinet: Cabinet) -> None:
    path = begin(cabinet, "canbo.yte", successor(cabinet), "Sổ tay để ở tủ số 2.")
    assert "Sổ tay để ở tủ số 2." in cabinet.browser("canbo.yte").get(path).text
    for username in ("quantri", "kiemtoan", "lanhdaovp"):
        assert "Sổ tay" not in cabinet.browser(username).get(path).text


def test_what_an_assigner_judges_goes_to_whoever_takes_over(cabinet: Cabinet) -> None:
    task = assign(cabinet, days=30)
    for step in (Step.ACCEPT, Step.REPORT):
        take(step, cabinet.actor("canbo.yte"), task)
    with transaction() as db:
        office = directory.add_office(db, "Chuyên viên khác", Role.SPECIALIST, 97)
        person = directory.invite_person(db, "Người nhận việc", "chuyenvien2")
        directory.appoint(db, person, office, people.today(db))
        cabinet.ids["chuyenvien2"] = person.id
    path = begin(cabinet, "chuyenvien", "chuyenvien2")
    assert sign(cabinet.browser("chuyenvien"), path).status_code == 200
    assert sign(cabinet.browser("chuyenvien2"), path).status_code == 200
    assert f"/tasks/{task}" in cabinet.browser("chuyenvien2").get("/").text
    assert f"/tasks/{task}" not in cabinet.browser("chuyenvien").get("/").text
