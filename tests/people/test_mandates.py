"""Who stands for whom: one matter, one right, until a day, and never a vote."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from ballots import queries as ballots
from ballots.models import Consultation
from documents.marking import LONGEST_SECOND, Mark
from ecabinet import ledger, search
from ecabinet.access import BY_MANDATE, POLICY, Matter, Permission, Right, Role
from ecabinet.db import reading, transaction
from ecabinet.errors import NotDelegable, Refused
from people import queries, rules
from people.models import Mandate
from people.rules import MandateRefusal, MandateStanding, Party, Tenure
from people.service import directory, leaving, mandates
from people.service.mandates import About
from tests.ballots.builders import MONDAY, an_open_consultation
from tests.builders import Browser, Cabinet, statements_sent

JSON = {"Accept": "application/json"}
NOW = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
MINISTER = Party(1, {Role.MEMBER}, {7})
OF_THE_MINISTRY = Party(2, {Role.AGENCY_STAFF}, {7})


# ---- the rules ----


@pytest.mark.parametrize(
    ("giver", "taker", "reason"),
    [
        (MINISTER, OF_THE_MINISTRY, None),
        (MINISTER, Party(1, {Role.MEMBER}, {7}), MandateRefusal.ONESELF),
        (MINISTER, Party(2, {Role.AGENCY_STAFF}, {8}), MandateRefusal.ANOTHER_AGENCY),
        (MINISTER, Party(2, {Role.SPECIALIST}, set()), MandateRefusal.ANOTHER_AGENCY),
        (MINISTER, Party(2, {Role.MEMBER}, {7}), MandateRefusal.A_MEMBER),
        (MINISTER, Party(2, {Role.ADMINISTRATOR}, {7}), MandateRefusal.READS_NO_PAPERS),
        (MINISTER, Party(2, {Role.AUDITOR}, {7}), MandateRefusal.READS_NO_PAPERS),
        (Party(3, {Role.MEMBER}, set()), Party(2, {Role.SPECIALIST}, set()), None),
        (Party(3, {Role.MEMBER}, set()), OF_THE_MINISTRY, MandateRefusal.ANOTHER_AGENCY),
    ],
)
def test_who_can_stand_for_whom(giver: Party, taker: Party, reason: MandateRefusal | None) -> None:
    assert rules.mandate_refusal(giver, taker, NOW, NOW + timedelta(days=7)) is reason


def test_a_mandate_has_an_end_and_one_that_is_not_too_far_away() -> None:
    def refusal(lasts: timedelta) -> MandateRefusal | None:
        return rules.mandate_refusal(MINISTER, OF_THE_MINISTRY, NOW, NOW + lasts)

    assert refusal(rules.LONGEST_MANDATE) is None
    assert refusal(timedelta(0)) is MandateRefusal.ENDS_BEFORE_START
    assert refusal(rules.LONGEST_MANDATE + timedelta(seconds=1)) is MandateRefusal.TOO_LONG


@given(
    right=st.sampled_from(Right),
    seconds=st.integers(-10, 10),
    consented=st.booleans(),
    refused=st.booleans(),
    ended=st.booleans(),
    both=st.booleans(),
)
def test_a_mandate_is_in_force_only_while_nothing_speaks_against_it(
    right: Right, seconds: int, consented: bool, refused: bool, ended: bool, both: bool
) -> None:
    given_until = NOW + timedelta(seconds=seconds)
    tenure = Tenure(right, given_until, consented, refused, ended)
    in_force = rules.mandate_standing(tenure, both, NOW) is MandateStanding.IN_FORCE
    needed = right is Right.SUBSTITUTE
    assert in_force == (
        both and not refused and not ended and seconds > 0 and (consented or not needed)
    )


def test_no_right_of_a_mandate_is_a_vote() -> None:
    for permission in (Permission.BALLOT_CAST, Permission.VOTE_CAST):
        assert not POLICY[permission] & BY_MANDATE


def test_the_hour_stays_in_the_mark_however_long_an_office_is() -> None:
    at = datetime(2026, 11, 24, 9, 44, tzinfo=UTC)
    line = Mark("Hoa", "Vụ trưởng Vụ Pháp chế, giúp " + "Bộ trưởng " * 20, at).lines[1]
    assert line.endswith(" · 09:44 24/11/2026")
    assert len(line) <= LONGEST_SECOND


# ---- an adviser ----


@pytest.fixture
def asked(cabinet: Cabinet) -> int:
    return an_open_consultation(cabinet)


def name(cabinet: Cabinet, consultation_id: int, last: str = "") -> Browser:
    """The minister passes the question to their ministry's official."""
    minister = cabinet.browser("botruong.yte")
    answer = minister.post(
        f"/consultations/{consultation_id}/advisers",
        {"person": cabinet.ids["canbo.yte"], "last": last, "words": "Xin ý kiến về Điều 1."},
        headers=JSON,
    )
    assert answer.status_code == 201 or answer.status_code == 200, answer.text
    return minister


def test_an_adviser_reads_this_question_and_its_papers_and_nothing_else(
    cabinet: Cabinet, asked: int
) -> None:
    adviser = cabinet.browser("canbo.yte")
    page = f"/consultations/{asked}"
    other = an_open_consultation(cabinet)
    assert adviser.get(page, headers=JSON).status_code == 403
    with reading() as db:
        mine, foreign = (
            db.get_one(ballots.Consultation, each).dossier_id for each in (asked, other)
        )
    assert adviser.get(f"/dossiers/{mine}", headers=JSON).status_code == 404
    assert f'"/dossiers/{mine}"' not in adviser.get("/dossiers").text
    name(cabinet, asked)
    shown = adviser.get(page).text
    assert "để tham mưu cho Bộ trưởng Bộ Y tế" in shown
    assert f'href="/consultations/{asked}/answer"' not in shown
    assert "Giao tham mưu" not in shown
    assert adviser.get(f"/dossiers/{mine}").status_code == 200
    assert adviser.get(f"/dossiers/{foreign}", headers=JSON).status_code == 404
    assert adviser.get(f"/consultations/{other}", headers=JSON).status_code == 404
    assert f"/dossiers/{mine}" in adviser.get("/dossiers").text
    assert f'"/dossiers/{foreign}"' not in adviser.get("/dossiers").text
    assert "Bộ trưởng Bộ Y tế giao tham mưu" in adviser.get("/").text


def test_the_copy_of_an_adviser_says_for_whom_they_read(cabinet: Cabinet, asked: int) -> None:
    from documents import queries as documents
    from documents import service

    name(cabinet, asked)
    with reading() as db:
        dossier = db.get_one(ballots.Consultation, asked).dossier_id
        edition = documents.current_editions(db, dossier)[0].edition_id
    mark = service.open_copy(cabinet.actor("canbo.yte"), edition, anew=True).filled
    assert "giúp Bộ trưởng Bộ Y tế".encode("utf-16-be").hex().encode() in mark
    own = service.open_copy(cabinet.actor("botruong.yte"), edition, anew=True).filled
    assert "giúp".encode("utf-16-be").hex().encode() not in own


def test_an_adviser_finds_the_papers_they_were_lent_and_only_while_they_are(
    cabinet: Cabinet, asked: int
) -> None:
    from documents import queries as documents

    def found(username: str) -> int:
        with reading() as db:
            readers = documents.readers_of(cabinet.actor(username))
            return search.find(db, readers, "pham vi").count

    assert found("botruong.yte") == 1
    assert found("canbo.yte") == 0
    name(cabinet, asked)
    assert found("canbo.yte") == 1
    cabinet.wait(days=4)
    assert found("canbo.yte") == 0
    assert found("botruong.yte") == 1


def test_nobody_votes_for_a_member_and_the_refusal_says_so(cabinet: Cabinet, asked: int) -> None:
    name(cabinet, asked)
    adviser = cabinet.browser("canbo.yte")
    answer = adviser.post(f"/consultations/{asked}/paper", json={}, headers=JSON)
    assert (answer.status_code, answer.json["code"]) == (403, "not_delegable")
    assert "không ủy quyền cho ai được" in answer.json["message"]
    with pytest.raises(NotDelegable):
        cabinet.actor("canbo.yte").must(Permission.BALLOT_CAST)


def test_a_mandate_ends_by_itself_and_with_it_every_right(cabinet: Cabinet, asked: int) -> None:
    name(cabinet, asked, last=f"{MONDAY:%d/%m/%Y}")
    adviser = cabinet.browser("canbo.yte")
    assert adviser.get(f"/consultations/{asked}").status_code == 200
    cabinet.wait(hours=24)
    assert cabinet.actor("canbo.yte").mandates == ()
    later = cabinet.browser("canbo.yte")
    assert later.get(f"/consultations/{asked}", headers=JSON).status_code == 403
    assert "đã hết hạn" in cabinet.browser("botruong.yte").get("/mandates").text


def test_either_party_ends_it_at_once_and_the_other_is_told(cabinet: Cabinet, asked: int) -> None:
    for ends, told in (("botruong.yte", "canbo.yte"), ("canbo.yte", "botruong.yte")):
        name(cabinet, asked)
        (mandate,) = cabinet.actor("canbo.yte").mandates
        foreign = cabinet.browser("botruong.taichinh")
        path = f"/mandates/{mandate.id}/end"
        assert foreign.post(path, headers=JSON).status_code == 404
        assert cabinet.browser(ends).post(path, headers=JSON).status_code == 200
        assert cabinet.actor("canbo.yte").mandates == ()
        assert "đã chấm dứt" in cabinet.browser(told).get("/inbox").text
        again = cabinet.browser(ends).post(path, headers=JSON)
        assert (again.status_code, again.json["reason"]) == (409, "over")


def test_a_mandate_ends_with_the_office_of_either(cabinet: Cabinet, asked: int) -> None:
    name(cabinet, asked)
    assert len(cabinet.actor("canbo.yte").mandates) == 1
    with transaction() as db:
        minister = db.get_one(queries.Person, cabinet.ids["botruong.yte"])
        directory.suspend(db, minister, queries.today(db), None, "QĐ 1")
    assert cabinet.actor("canbo.yte").mandates == ()
    with transaction() as db:
        leaving.end_access(db, cabinet.ids["botruong.yte"])
        (view,) = queries.mandates_given_by(db, cabinet.ids["botruong.yte"])
    assert view.ended_at is not None


def test_a_mandate_ends_when_its_taker_moves_to_another_agency(
    cabinet: Cabinet, asked: int
) -> None:
    name(cabinet, asked)
    assert len(cabinet.actor("canbo.yte").mandates) == 1
    with transaction() as db:
        (term,) = queries.terms_to_hand_over(db, cabinet.ids["canbo.yte"])
        term.ends = queries.today(db)
        there = db.get(queries.Agency, cabinet.agencies["taichinh"])
        office = directory.add_office(db, "Nơi mới", Role.AGENCY_STAFF, 95, there)
        official = db.get_one(queries.Person, cabinet.ids["canbo.yte"])
        directory.appoint(db, official, office, queries.today(db))
    assert cabinet.actor("canbo.yte").mandates == ()


def test_what_was_passed_on_is_passed_once_and_by_those_who_are_asked(
    cabinet: Cabinet, asked: int
) -> None:
    minister = name(cabinet, asked)
    path = f"/consultations/{asked}/advisers"
    body = {"person": cabinet.ids["canbo.yte"], "last": "", "words": ""}
    again = minister.post(path, body, headers=JSON)
    assert (again.status_code, again.json["reason"]) == (409, "given_already")
    body["person"] = cabinet.ids["canbo.taichinh"]
    foreign = minister.post(path, body, headers=JSON)
    assert (foreign.status_code, foreign.json["reason"]) == (409, "another_agency")
    assert "người của cơ quan" in foreign.json["message"]
    for username in ("thuky", "canbo.yte", "quantri", "kiemtoan"):
        assert cabinet.browser(username).post(path, body, headers=JSON).status_code == 403


def test_a_dossier_is_lent_by_those_to_whom_it_was_handed_out(cabinet: Cabinet, asked: int) -> None:
    with reading() as db:
        dossier = db.get_one(ballots.Consultation, asked).dossier_id
        last = queries.today(db) + timedelta(days=5)
    path = f"/dossiers/{dossier}/advisers"
    body = {"person": cabinet.ids["canbo.yte"], "last": f"{last:%d/%m/%Y}", "words": ""}
    assert cabinet.browser("botruong.yte").post(path, body, headers=JSON).status_code == 200
    reader = cabinet.browser("canbo.yte")
    shown = reader.get(f"/dossiers/{dossier}").text
    assert "để tham mưu cho Bộ trưởng Bộ Y tế" in shown
    # The dossier, and not the question that is asked on it.
    assert reader.get(f"/consultations/{asked}", headers=JSON).status_code == 404
    late = body | {"last": f"{last - timedelta(days=30):%d/%m/%Y}"}
    cabinet.browser("botruong.yte").post(
        f"/mandates/{cabinet.actor('canbo.yte').mandates[0].id}/end"
    )
    answer = cabinet.browser("botruong.yte").post(path, late, headers=JSON)
    assert (answer.status_code, answer.json["reason"]) == (409, "ends_before_start")


def test_those_who_examine_see_all_mandates_and_not_what_they_are_about(
    cabinet: Cabinet, asked: int
) -> None:
    name(cabinet, asked)
    for username in ("quantri", "kiemtoan", "lanhdaovp"):
        shown = cabinet.browser(username).get("/mandates").text
        assert "Cán bộ đầu mối Bộ Y tế" in shown
        assert "lấn biển" not in shown
        table = cabinet.browser(username).get("/mandates.csv").get_data(as_text=True)
        assert "Cán bộ đầu mối Bộ Y tế" in table
        assert "lấn biển" not in table
    assert (
        "Không có ủy quyền nào như vậy"
        in cabinet.browser("kiemtoan").get("/mandates?q=tai+chinh").text
    )
    assert "Cán bộ đầu mối Bộ Y tế" in cabinet.browser("kiemtoan").get("/mandates?q=bo+y+te").text
    assert cabinet.browser("thuky").get("/mandates.csv", headers=JSON).status_code == 403
    assert "Cán bộ đầu mối" not in cabinet.browser("botruong.taichinh").get("/mandates").text


def test_all_mandates_are_ordered_and_turned_over_page_by_page(
    cabinet: Cabinet, asked: int
) -> None:
    name(cabinet, asked)
    (kept,) = cabinet.actor("canbo.yte").mandates
    with transaction() as db:
        (first,) = db.scalars(select(Mandate))
        columns = {key: getattr(first, key) for key in COPIED}
        for place in range(60):
            giver, ends_at = f"Chức vụ {place % 7}", first.ends_at + timedelta(minutes=60 - place)
            more = columns | {"giver": giver, "ends_at": ends_at}
            db.add(Mandate(**more, ended_at=None if place % 2 else first.given_at))
    auditor = cabinet.browser("kiemtoan")

    def shown(query: str) -> list[str]:
        page = auditor.get(f"/mandates?{query}").text
        return re.findall(r'<th scope="row"[^>]*><span>([^<]+)</span>', page)

    newest = shown("")
    assert (len(newest), newest[0]) == (50, "Chức vụ 3")
    assert (len(shown("page=2")), shown("page=2")[-1]) == (11, "Bộ trưởng Bộ Y tế")
    assert shown("page=99") == shown("page=2")
    assert shown("order=giver")[:2] == ["Bộ trưởng Bộ Y tế", "Chức vụ 0"]
    assert shown("order=until")[:2] == ["Bộ trưởng Bộ Y tế", "Chức vụ 3"]
    assert shown("order=nonsense") == newest
    assert len(shown("state=lasting")) == 31
    assert set(shown("q=chuc+vu+3&state=lasting")) == {"Chức vụ 3"}
    exported = auditor.get("/mandates.csv?order=until").get_data(as_text=True).splitlines()
    assert (len(exported), "Bộ trưởng Bộ Y tế" in exported[1]) == (62, True)
    with statements_sent() as few:
        auditor.get("/mandates?q=bo+truong")
    with statements_sent() as many:
        auditor.get("/mandates")
    assert len(many) <= len(few)
    assert kept.id == first.id


COPIED = (
    "right", "matter", "matter_id", "about", "giver_id", "taker_id", "taker", "words", "given_at",
)  # fmt: skip


def test_anothers_mandate_is_ended_by_two_people(cabinet: Cabinet, asked: int) -> None:
    name(cabinet, asked)
    (mandate,) = cabinet.actor("canbo.yte").mandates
    admin, leader = cabinet.browser("quantri"), cabinet.browser("lanhdaovp")
    path = f"/mandates/{mandate.id}/end-for-others"
    assert leader.post(path, headers=JSON).status_code == 403
    request = admin.post(path).headers["Location"]
    assert len(cabinet.actor("canbo.yte").mandates) == 1
    page = leader.get(request).text
    digest = page.split('name="digest" value="')[1].split('"')[0]
    assert leader.post(f"{request}/confirm", {"digest": digest}).status_code == 303
    assert cabinet.actor("canbo.yte").mandates == ()


def test_each_step_of_a_mandate_is_a_leaf(cabinet: Cabinet, asked: int) -> None:
    name(cabinet, asked)
    (mandate,) = cabinet.actor("canbo.yte").mandates
    cabinet.browser("botruong.yte").post(f"/mandates/{mandate.id}/end")
    with reading() as db:
        (given_leaf,) = ledger.entries(db, "mandate_given", 0).values()
        (ended_leaf,) = ledger.entries(db, "mandate_ended", 0).values()
    assert given_leaf["giver"] == cabinet.ids["botruong.yte"]
    assert given_leaf["taker"] == cabinet.ids["canbo.yte"]
    assert (given_leaf["right"], given_leaf["matter_id"]) == ("advise", asked)
    assert ended_leaf["ended_by"] == cabinet.ids["botruong.yte"]


def test_whoever_lends_has_a_part_to_lend(cabinet: Cabinet) -> None:
    about = About(Matter.DOSSIER, 1, "Hồ sơ")
    until = NOW + timedelta(days=1)
    actor = cabinet.actor("botruong.yte")
    with pytest.raises(Refused) as caught, transaction() as db:
        mandates.give(db, actor, Right.ADVISE, about, cabinet.ids["kiemtoan"], until)
    assert caught.value.reason is MandateRefusal.READS_NO_PAPERS


# ---- given in a member's stead, by two people ----


def errand(cabinet: Cabinet, number: int) -> dict[str, object]:
    return {
        "giver": cabinet.ids["botruong.yte"],
        "person": cabinet.ids["canbo.yte"],
        "kind": "consultation",
        "number": number,
        "last": f"{MONDAY + timedelta(days=1):%d/%m/%Y}",
        "basis": "Công văn 12/BYT",
    }


def confirmed(cabinet: Cabinet, request: str) -> int:
    leader = cabinet.browser("lanhdaovp")
    digest = leader.get(request).text.split('name="digest" value="')[1].split('"')[0]
    return leader.post(f"{request}/confirm", {"digest": digest}).status_code


def test_a_member_who_cannot_name_an_adviser_is_given_one_by_two_people(
    cabinet: Cabinet, asked: int
) -> None:
    admin = cabinet.browser("quantri")
    for other in ("lanhdaovp", "botruong.yte", "kiemtoan"):
        told = cabinet.browser(other).post("/mandates", errand(cabinet, asked), headers=JSON)
        assert told.status_code == 403
    request = admin.post("/mandates", errand(cabinet, asked)).headers["Location"]
    assert cabinet.actor("canbo.yte").mandates == ()
    with reading() as db:
        title = ballots.consultation_title(db, asked)
    assert title not in admin.get(request).text, "who asks reads no papers"
    assert confirmed(cabinet, request) == 303
    (mandate,) = cabinet.actor("canbo.yte").mandates
    assert (mandate.principal_id, mandate.matter_id) == (cabinet.ids["botruong.yte"], asked)
    assert cabinet.browser("canbo.yte").get(f"/consultations/{asked}").status_code == 200
    minister = cabinet.browser("botruong.yte")
    assert "được giao tham mưu cho Ông/Bà theo đề nghị của hai người" in minister.get("/inbox").text
    with reading() as db:
        (leaf,) = ledger.entries(db, "mandate_given_by_two", 0).values()
    assert leaf == leaf | {
        "giver": cabinet.ids["botruong.yte"],
        "taker": cabinet.ids["canbo.yte"],
        "asked_by": cabinet.ids["quantri"],
        "confirmed_by": cabinet.ids["lanhdaovp"],
    }
    assert minister.post(f"/mandates/{mandate.id}/end").status_code == 303
    assert cabinet.actor("canbo.yte").mandates == ()


@pytest.mark.parametrize(
    ("wrong", "answer"),
    [
        ({"number": 999}, {"code": "bad_input", "field": "number"}),
        ({"kind": "session"}, {"code": "bad_input", "field": "kind"}),
        ({"basis": ""}, {"code": "bad_input", "field": "basis"}),
        ({"giver": "vanthu"}, {"code": "bad_input", "field": "giver"}),
        ({"person": "canbo.taichinh"}, {"code": "refused", "reason": "another_agency"}),
        ({"last": "01/01/2026"}, {"code": "refused", "reason": "ends_before_start"}),
    ],
)
def test_what_nobody_could_give_is_asked_of_nobody(
    cabinet: Cabinet, asked: int, wrong: dict[str, object], answer: dict[str, str]
) -> None:
    named = {name: cabinet.ids.get(str(value), value) for name, value in wrong.items()}
    told = cabinet.browser("quantri").post(
        "/mandates", errand(cabinet, asked) | named, headers=JSON
    )
    assert told.json == told.json | answer
    assert (
        "/approvals/" not in cabinet.browser("lanhdaovp").get("/approvals").text.split("<main")[1]
    )


def test_an_adviser_given_by_two_is_one_for_whom_they_were_shown(
    cabinet: Cabinet, asked: int
) -> None:
    admin = cabinet.browser("quantri")
    request = admin.post("/mandates", errand(cabinet, asked)).headers["Location"]
    cabinet.leaves_office("canbo.yte")
    assert confirmed(cabinet, request) == 400
    with reading() as db:
        assert not db.scalars(select(Mandate)).all()


def test_a_dossier_is_lent_in_a_members_stead_by_its_number(cabinet: Cabinet, asked: int) -> None:
    with reading() as db:
        dossier = db.get_one(Consultation, asked).dossier_id
    wanted = errand(cabinet, dossier) | {"kind": "dossier"}
    request = cabinet.browser("quantri").post("/mandates", wanted).headers["Location"]
    assert confirmed(cabinet, request) == 303
    assert cabinet.browser("canbo.yte").get(f"/dossiers/{dossier}").status_code == 200
