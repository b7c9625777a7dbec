"""A member is away and somebody attends for them: asked for, consented to, without a vote."""

from collections.abc import Callable

import pytest

from documents import service as documents
from documents.rules import PaperKind
from ecabinet import live
from ecabinet.db import reading, transaction
from meetings import queries
from meetings.announcements import meeting_audience
from meetings.models import Meeting
from meetings.service import prepare
from meetings.service.prepare import ItemText
from people import queries as people
from people.models import Person
from people.service import leaving
from tests.ballots.builders import a_paper
from tests.builders import Cabinet, Scene
from tests.meetings.builders import MEMBERS, Session, planned

JSON = {"Accept": "application/json"}


def convened(cabinet: Cabinet) -> tuple[int, list[int]]:
    """A scene: a session that is convened, with a paper on its second item."""
    made = planned(cabinet)
    specialist, secretary = cabinet.actor("chuyenvien"), cabinet.actor("thuky")
    dossier = documents.create_dossier(specialist, "Hồ sơ nguồn nước", cabinet.agencies["yte"])
    documents.add_paper(specialist, dossier, "Dự thảo", PaperKind.DRAFT, "du-thao.pdf", a_paper())
    text = ItemText("Nguồn nước", 30, dossier_id=dossier)
    prepare.edit_item(secretary, made.id, made.items[1], made.draft_of(made.items[1]), text)
    made.convene()
    return made.id, made.items


pytestmark = pytest.mark.begins(at=convened)


@pytest.fixture
def session(cabinet: Cabinet, scene: Scene) -> Session:
    return Session(cabinet, *scene.told)


def ask(session: Session, by: str = "botruong.yte", who: str = "canbo.yte") -> object:
    body = {"person": session.cabinet.ids[who], "reason": "Công tác nước ngoài."}
    browser = session.cabinet.browser(by)
    return browser.post(f"/meetings/{session.id}/substitutes", body, headers=JSON)


def mandate(session: Session) -> int:
    from people import queries

    with reading() as db:
        return queries.mandates_given_by(db, session.cabinet.ids["botruong.yte"])[0].id


def decide(session: Session, word: str, by: str = "thutuong", **fields: str) -> object:
    path = f"/meetings/{session.id}/substitutes/{mandate(session)}/{word}"
    return session.cabinet.browser(by).post(path, fields, headers=JSON)


def admitted(session: Session) -> None:
    assert ask(session).status_code == 200
    assert decide(session, "consent").status_code == 200


def test_a_substitute_comes_with_the_prime_ministers_consent_and_not_before(
    session: Session,
) -> None:
    cabinet, page = session.cabinet, f"/meetings/{session.id}"
    assert ask(session).status_code == 200
    official = cabinet.browser("canbo.yte")
    assert official.get(page, headers=JSON).status_code == 403
    premier = cabinet.browser("thutuong")
    assert "Bộ trưởng Bộ Y tế xin vắng mặt" in premier.get("/").text
    assert "Công tác nước ngoài." in premier.get(page).text
    for other in ("pttg1", "thuky", "lanhdaovp", "botruong.yte", "quantri"):
        assert decide(session, "consent", by=other).status_code == 403, other
    assert decide(session, "consent").status_code == 200
    shown = official.get(page).text
    assert "dự họp thay Bộ trưởng Bộ Y tế" in shown
    assert "Mời Ông/Bà dự họp thay" in official.get("/inbox").text
    assert "dự thay Bộ trưởng Bộ Y tế" in cabinet.browser("thuky").get(page).text
    assert "đến hết phiên họp, chậm nhất" in official.get("/mandates").text
    again = decide(session, "consent")
    assert (again.status_code, again.json["reason"]) == (409, "not_waiting")


def test_a_substitute_reads_the_sessions_papers_and_no_others(session: Session) -> None:
    cabinet = session.cabinet
    specialist = cabinet.actor("chuyenvien")
    other = documents.create_dossier(specialist, "Hồ sơ khác", cabinet.agencies["yte"])
    admitted(session)
    with reading() as db:
        lent = db.get_one(Meeting, session.id).items[1].dossier_id
    reader = cabinet.browser("canbo.yte")
    assert reader.get(f"/dossiers/{lent}").status_code == 200
    assert reader.get(f"/dossiers/{other}", headers=JSON).status_code == 404


def test_a_substitute_is_there_and_speaks_and_neither_counts_nor_votes(session: Session) -> None:
    admitted(session)
    cabinet = session.cabinet
    session_open(session)
    official = cabinet.browser("canbo.yte")
    before = session.state()["parts"]["quorum"]
    assert (
        official.post(
            f"/meetings/{session.id}/attendance", {"how": "hall"}, headers=JSON
        ).status_code
        == 204
    )
    state = session.state()["parts"]
    assert state["quorum"] == before
    seat = state[f"seat:{cabinet.ids['canbo.yte']}"]
    assert (seat["role"], seat["counts"], seat["left"]) == ("substitute", False, False)
    assert seat["stands_for"] == cabinet.ids["botruong.yte"]
    assert official.post(f"/meetings/{session.id}/floor", headers=JSON).status_code == 204
    vote = session.ask()
    refused = official.post(f"/meetings/{session.id}/votes/{vote}/casts", json={}, headers=JSON)
    assert (refused.status_code, refused.json["code"]) == (403, "not_delegable")


def test_a_seat_says_who_sits_there_unless_its_login_is_named_after_the_office(
    session: Session,
) -> None:
    cabinet = session.cabinet
    with transaction() as db:
        db.get_one(Person, cabinet.ids["canbo.yte"]).name = "Nguyễn Thị An"
    admitted(session)
    session_open(session)
    seats = session.state()["parts"]
    assert seats[f"seat:{cabinet.ids['canbo.yte']}"]["name"] == "Nguyễn Thị An"
    assert seats[f"seat:{cabinet.ids['botruong.yte']}"]["name"] == ""


def session_open(session: Session) -> None:
    from meetings.service import conduct

    conduct.open_session(session.actor("thutuong"), session.id)
    session.attended(*(each for each in MEMBERS if each != "botruong.yte"))
    conduct.call_item(session.actor("thutuong"), session.id, session.items[1])


def test_the_place_ends_with_the_mandate_on_every_screen(session: Session) -> None:
    admitted(session)
    cabinet = session.cabinet
    official = cabinet.browser("canbo.yte")
    assert official.get(f"/meetings/{session.id}").status_code == 200
    assert decide(session, "end", by="botruong.yte").status_code == 200
    assert official.get(f"/meetings/{session.id}", headers=JSON).status_code == 403
    assert session.state()["parts"][f"seat:{cabinet.ids['canbo.yte']}"]["left"] is True
    # The same person may come after all: one seat, not two.
    admitted(session)
    assert session.state()["parts"][f"seat:{cabinet.ids['canbo.yte']}"]["left"] is False


def end_from_the_list(session: Session) -> None:
    path = f"/mandates/{mandate(session)}/end"
    assert session.cabinet.browser("canbo.yte").post(path).status_code == 303


def end_by_two(session: Session) -> None:
    path = f"/mandates/{mandate(session)}/end-for-others"
    request = session.cabinet.browser("quantri").post(path).headers["Location"]
    leader = session.cabinet.browser("lanhdaovp")
    digest = leader.get(request).text.split('name="digest" value="')[1].split('"')[0]
    assert leader.post(f"{request}/confirm", {"digest": digest}).status_code == 303


def leave_office(session: Session) -> None:
    with transaction() as db:
        (term,) = people.terms_to_hand_over(db, session.cabinet.ids["botruong.yte"])
        term.ends = people.today(db)
        db.flush()
        leaving.end_access(db, session.cabinet.ids["botruong.yte"])


@pytest.mark.parametrize(
    ("end", "kind", "by"),
    [
        (end_from_the_list, "substitute_withdrawn", "canbo.yte"),
        (end_by_two, "substitute_withdrawn", "quantri"),
        (leave_office, "substitute_left_office", "canbo.yte"),
    ],
)
def test_wherever_it_is_ended_the_sessions_story_and_every_screen_say_so(
    session: Session, end: Callable[[Session], None], kind: str, by: str
) -> None:
    admitted(session)
    cabinet, audience = session.cabinet, meeting_audience(session.id)
    with reading() as db:
        epoch, seq = live.head(db, audience)
    end(session)
    with reading() as db:
        last = queries.acts(db, session.id)[0]
        told = [each["facts"]["parts"] for each in live.missed(db, audience, epoch, seq).messages]
    substitute = cabinet.ids["canbo.yte"]
    assert (last.kind, last.person_id, last.facts["person"]) == (kind, cabinet.ids[by], substitute)
    assert [each[f"seat:{substitute}"]["left"] for each in told] == [True]


def test_a_substitute_nobody_has_consented_to_leaves_no_line_when_taken_back(
    session: Session,
) -> None:
    assert ask(session).status_code == 200
    with reading() as db:
        before = len(queries.acts(db, session.id))
    path = f"/mandates/{mandate(session)}/end"
    assert session.cabinet.browser("botruong.yte").post(path).status_code == 303
    with reading() as db:
        assert len(queries.acts(db, session.id)) == before


def test_the_place_ends_with_the_session(session: Session) -> None:
    from meetings.service import conduct

    admitted(session)
    session_open(session)
    official = session.cabinet.browser("canbo.yte")
    premier = session.actor("thutuong")
    conduct.conclude_item(premier, session.id, session.items[1], "Thống nhất.", [])
    for each in (session.items[0], session.items[2]):
        conduct.defer_item(premier, session.id, each, "Để phiên sau.")
    assert official.get(f"/meetings/{session.id}").status_code == 200
    conduct.close(premier, session.id)
    assert official.get(f"/meetings/{session.id}", headers=JSON).status_code == 403
    assert session.cabinet.actor("canbo.yte").mandates == ()


def test_a_refusal_has_its_reason_and_lets_ask_again(session: Session) -> None:
    assert ask(session).status_code == 200
    twice = ask(session)
    assert (twice.status_code, twice.json["reason"]) == (409, "asked_already")
    assert decide(session, "refuse", reason="Ông trình nội dung 2.").status_code == 200
    assert "Ông trình nội dung 2." in session.cabinet.browser("botruong.yte").get("/inbox").text
    assert (
        session.cabinet.browser("canbo.yte")
        .get(f"/meetings/{session.id}", headers=JSON)
        .status_code
        == 403
    )
    assert ask(session).status_code == 200


def test_who_cannot_be_replaced_and_who_cannot_replace(session: Session) -> None:
    chair = ask(session, by="thutuong", who="chuyenvien")
    assert (chair.status_code, chair.json["reason"]) == (409, "chairs")
    foreign = ask(session, who="canbo.taichinh")
    assert (foreign.status_code, foreign.json["reason"]) == (409, "another_agency")
    member = ask(session, who="botruong.taichinh")
    assert (member.status_code, member.json["reason"]) == (409, "seated_already")
    assert ask(session, by="thuky").status_code == 403


def test_a_mandate_of_one_session_opens_no_other(cabinet: Cabinet, session: Session) -> None:
    admitted(session)
    other = planned(cabinet)
    other.convene()
    official = cabinet.browser("canbo.yte")
    assert official.get(f"/meetings/{session.id}").status_code == 200
    assert official.get(f"/meetings/{other.id}", headers=JSON).status_code == 404
    wrong = f"/meetings/{other.id}/substitutes/{mandate(session)}/end"
    assert cabinet.browser("botruong.yte").post(wrong, headers=JSON).status_code == 404


def test_whoever_is_named_learns_nothing_before_the_consent(session: Session) -> None:
    assert ask(session).status_code == 200
    assert decide(session, "end", by="botruong.yte").status_code == 200
    official = session.cabinet.browser("canbo.yte")
    assert "Phiên họp" not in official.get("/inbox").text
    assert "Công tác nước ngoài." not in official.get("/mandates").text


def test_a_substitute_who_becomes_the_member_sits_for_themselves(session: Session) -> None:
    from ecabinet.db import transaction
    from meetings.service import conduct
    from people import queries
    from people.service import directory

    admitted(session)
    cabinet = session.cabinet
    with transaction() as db:
        (term,) = queries.terms_to_hand_over(db, cabinet.ids["botruong.yte"])
        term.ends = queries.today(db)
        official = db.get_one(queries.Person, cabinet.ids["canbo.yte"])
        directory.appoint(db, official, term.office, queries.today(db))
    conduct.open_session(session.actor("thutuong"), session.id)
    minister = cabinet.browser("canbo.yte")
    assert minister.get(f"/meetings/{session.id}").status_code == 200
    seat = session.state()["parts"][f"seat:{cabinet.ids['canbo.yte']}"]
    assert (seat["role"], seat["counts"], seat["stands_for"]) == ("member", True, None)
    assert minister.post(
        f"/meetings/{session.id}/attendance", {"how": "hall"}, headers=JSON
    ).status_code == 204  # fmt: skip


def test_nobody_stands_for_two_members_at_one_session(session: Session) -> None:
    from ecabinet.db import transaction
    from people import queries
    from people.service import directory

    cabinet = session.cabinet
    with transaction() as db:
        agency = db.get(queries.Agency, cabinet.agencies["taichinh"])
        office = directory.add_office(db, "Kiêm nhiệm", queries.Role.AGENCY_STAFF, 98, agency)
        official = db.get_one(queries.Person, cabinet.ids["canbo.yte"])
        directory.appoint(db, official, office, queries.today(db))
    admitted(session)
    second = ask(session, by="botruong.taichinh", who="canbo.yte")
    assert (second.status_code, second.json["reason"]) == (409, "seated_already")


def test_a_place_that_has_ended_is_marked_present_by_nobody(session: Session) -> None:
    admitted(session)
    cabinet = session.cabinet
    path = f"/meetings/{session.id}/attendance/{cabinet.ids['canbo.yte']}"
    session_open(session)
    secretary = cabinet.browser("thuky")
    assert secretary.post(path, {"how": "hall"}, headers=JSON).status_code == 204
    assert decide(session, "end", by="botruong.yte").status_code == 200
    assert secretary.post(path, {"how": "hall"}, headers=JSON).status_code == 404
