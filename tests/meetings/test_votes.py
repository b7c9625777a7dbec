"""Votes in session: opened with a quorum, signed by members' devices, sealed until counted."""

import base64
import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select, update

from ballots.rules import Choice
from ecabinet import answers, canonical, ledger
from ecabinet.db import reading, transaction
from ecabinet.errors import Forbidden, Refused
from meetings import queries, rules, signing
from meetings.models import VoteCast
from meetings.rules import Attendance, ItemRefusal, Kind, Naming, StepRefusal, VoteRefusal
from meetings.service import attend, conduct, prepare, votes
from meetings.service.prepare import ItemText
from meetings.service.votes import Question
from people.models import Device
from people.service import devices
from tests.builders import ID_LIKE, Cabinet, Scene
from tests.meetings.builders import MEMBERS, QUESTION, Session, Voter, discussed, head

pytestmark = pytest.mark.begins(at=discussed)


@pytest.fixture
def session(cabinet: Cabinet, scene: Scene) -> Session:
    return Session(cabinet, *scene.told)


def part(session: Session, vote_id: int, username: str = "botruong.yte") -> dict[str, Any]:
    return dict(session.state(username)["parts"][f"vote:{vote_id}"])


def envelopes(session: Session, kind: str) -> list[dict[str, Any]]:
    with reading() as db:
        leaves = db.scalars(select(ledger.Leaf).where(ledger.Leaf.kind == kind))
        return [canonical.decode(each.envelope) for each in leaves]


def casts(vote_id: int) -> list[VoteCast]:
    with reading() as db:
        return queries.casts_of(db, vote_id)


# ---- opening ----


def test_no_vote_opens_one_member_short_and_the_screen_says_how_many_are_missing(
    session: Session,
) -> None:
    session.leave("pttg1", "botruong.taichinh")
    chair = session.cabinet.browser("thutuong")
    path = f"/meetings/{session.id}/votes"
    fields = {"item": session.items[1], "question": QUESTION}
    answer = chair.post(path, fields, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["reason"]) == (409, "quorum_missing")
    assert answer.json["missing"] == 1
    assert "còn thiếu 1 thành viên (3 có mặt, cần 4)" in answer.json["message"]
    assert session.state()["parts"].keys() == {
        each for each in session.state()["parts"] if not each.startswith("vote:")
    }
    attend.check_in(session.actor("pttg1"), session.id, Attendance.ONLINE)
    assert chair.post(path, fields, headers={"Accept": "application/json"}).status_code == 204
    assert part(session, 1)["members"] == 5


def test_the_opening_names_its_electorate_in_the_log(session: Session) -> None:
    vote_id = session.ask(by="thuky")
    (leaf,) = envelopes(session, "meeting_vote_opened")
    ids = session.cabinet.ids
    assert leaf["electorate"] == sorted(ids[each] for each in MEMBERS)
    assert (leaf["vote"], leaf["members"], leaf["present"]) == (vote_id, 5, 5)
    assert (leaf["by"], leaf["by_order_of"]) == (ids["thuky"], ids["thutuong"])
    assert leaf["question_sha256"] == canonical.digest_of(QUESTION)
    assert session.vote(vote_id).opened_leaf == leaf["position"]


def test_only_who_conducts_the_session_opens_a_vote(session: Session) -> None:
    for username in ("botruong.yte", "pttg1", "thuky2"):
        with pytest.raises(Forbidden):
            session.ask(by=username)
    session.ask(by="thuky")
    with pytest.raises(Refused, match=VoteRefusal.ALREADY_OPEN.value):
        session.ask()


def test_only_the_item_under_discussion_is_voted_on(session: Session) -> None:
    question = Question(session.items[2], QUESTION, Naming.OPEN)
    with pytest.raises(Refused, match=VoteRefusal.NOT_DISCUSSED.value):
        votes.open_vote(session.actor("thutuong"), session.id, question)


def test_a_meeting_that_is_no_session_of_the_government_has_no_vote(cabinet: Cabinet) -> None:
    secretary, chair = cabinet.actor("thuky"), cabinet.actor("thutuong")
    meeting = prepare.plan(secretary, head(cabinet, Kind.STANDING))
    item = prepare.add_item(secretary, meeting, ItemText("Việc khẩn", 10))
    session = Session(cabinet, meeting, [item])
    session.convene()
    conduct.open_session(chair, meeting)
    conduct.call_item(chair, meeting, item)
    with pytest.raises(Refused, match=VoteRefusal.NOT_GOVERNMENT.value):
        votes.open_vote(chair, meeting, Question(item, QUESTION, Naming.OPEN))


def test_while_a_vote_is_open_nothing_ends_under_it(session: Session) -> None:
    chair, number = session.actor("thutuong"), session.id
    vote_id = session.ask()
    for act in (
        lambda: conduct.conclude_item(chair, number, session.items[1], "Thống nhất.", []),
        lambda: conduct.defer_item(chair, number, session.items[1], "Chưa đủ hồ sơ"),
        lambda: conduct.call_item(chair, number, session.items[2]),
    ):
        with pytest.raises(Refused, match=f"ItemRefusal.{ItemRefusal.VOTE_OPEN.value}"):
            act()
    for step in (conduct.adjourn, conduct.close):
        with pytest.raises(Refused, match=f"StepRefusal.{StepRefusal.VOTE_OPEN.value}"):
            step(chair, number)
    votes.stop_vote(chair, number, vote_id)
    conduct.conclude_item(chair, number, session.items[1], "Thống nhất.", [])


# ---- casting ----


def test_a_member_votes_and_keeps_a_receipt_that_tells_no_choice(session: Session) -> None:
    vote_id, minister = session.ask(), Voter(session, "botruong.yte")
    answer = minister.casts(vote_id, "disagree")
    assert answer.status_code == 201, answer.json
    receipt = answer.json or {}
    (leaf,) = envelopes(session, queries.CAST_LEAF)
    assert json.loads(receipt["envelope"]) == leaf
    assert receipt["number"].startswith(f"BQ{vote_id}-{leaf['position']:04}-")
    assert minister.mine(vote_id)["kept"]["number"] == receipt["number"]
    shown = part(session, vote_id)
    assert (shown["cast"], shown["counts"], shown["names"]) == (1, None, None)
    (kept,) = casts(vote_id)
    assert (kept.choice, kept.opinion) == (None, None)
    for stored in (kept.sealed, json.dumps([leaf, kept.evidence, shown]).encode()):
        assert b"disagree" not in stored.replace(b'"disagree":', b"")


def test_each_answer_takes_the_same_room_whatever_it_says(session: Session) -> None:
    vote_id = session.ask()
    Voter(session, "botruong.yte").casts(vote_id, "agree")
    Voter(session, "pttg1").casts(vote_id, "other_opinion", "Đề nghị tách Điều 4. " * 40 + ".")
    one, other = casts(vote_id)
    assert len(one.sealed) == len(other.sealed)


def test_a_later_answer_replaces_the_first_and_both_are_kept(session: Session) -> None:
    vote_id, minister = session.ask(), Voter(session, "botruong.yte")
    assert minister.casts(vote_id, "agree").status_code == 201
    first = casts(vote_id)[0]
    assert minister.casts(vote_id, "disagree").status_code == 201
    assert [each.follows for each in casts(vote_id)] == [
        session.vote(vote_id).opened_leaf,
        first.leaf,
    ]
    assert part(session, vote_id)["cast"] == 1
    session.count(vote_id)
    assert part(session, vote_id)["counts"] == {
        "agree": 0, "disagree": 1, "other": 0, "silent": 4,
    }  # fmt: skip


def test_two_devices_at_once_make_one_answer_and_a_word_to_the_other(session: Session) -> None:
    vote_id, minister = session.ask(), Voter(session, "botruong.yte")
    early = minister.states(vote_id, "agree")
    assert minister.casts(vote_id, "disagree").status_code == 201
    answer = minister.sends(vote_id, early, minister.signs(early))
    assert (answer.status_code, answer.json["reason"]) == (409, "voted_meanwhile")
    assert len(casts(vote_id)) == 1


def test_ten_answers_of_one_member_at_once_make_one(session: Session) -> None:
    """One is taken; whoever else followed the same leaf is told to look again, by rule or key."""
    vote_id, minister = session.ask(), Voter(session, "botruong.yte")
    statements = [minister.states(vote_id) for _ in range(10)]
    browsers = [session.cabinet.browser("botruong.yte") for _ in statements]

    def send(place: int) -> int:
        statement = statements[place]
        body = {
            "statement": statement.decode(),
            "opinion": "",
            "signature": base64.b64encode(minister.signs(statement)).decode(),
            "key": secrets.token_hex(16),
        }
        return browsers[place].post(minister.path(vote_id, "casts"), json=body).status_code

    with ThreadPoolExecutor(10) as pool:
        statuses = sorted(pool.map(send, range(10)))
    assert statuses == [201] + [409] * 9
    assert len(casts(vote_id)) == len(envelopes(session, queries.CAST_LEAF)) == 1


def test_exactly_the_answers_before_the_closing_count(session: Session) -> None:
    """Four members answer while the chair counts: none has a leaf after the closing's."""
    vote_id, voters = session.ask(), [Voter(session, each) for each in MEMBERS[1:]]
    statements = [each.states(vote_id) for each in voters]
    votes.announce_closing(session.actor("thutuong"), session.id, vote_id)
    session.cabinet.wait(seconds=5)

    def act(place: int) -> int:
        if place == len(voters):
            votes.close_vote(session.actor("thutuong"), session.id, vote_id)
            return 0
        statement = statements[place]
        signature = voters[place].signs(statement)
        return voters[place].sends(vote_id, statement, signature).status_code

    with ThreadPoolExecutor(5) as pool:
        statuses = list(pool.map(act, range(5)))[:-1]
    assert set(statuses) <= {201, 409}
    (closed,) = envelopes(session, "meeting_vote_closed")
    kept = casts(vote_id)
    assert closed["casts"] == len(kept) == statuses.count(201)
    assert all(each.leaf is not None and each.leaf < closed["position"] for each in kept)
    assert part(session, vote_id)["counts"]["agree"] == len(kept)


def test_sending_again_is_the_same_act(session: Session) -> None:
    vote_id, minister = session.ask(), Voter(session, "botruong.yte")
    statement, key = minister.states(vote_id), secrets.token_hex(16)
    signature = minister.signs(statement)
    one, again = (minister.sends(vote_id, statement, signature, key=key) for _ in range(2))
    assert one.data == again.data
    assert len(casts(vote_id)) == 1
    other = minister.states(vote_id, "disagree")
    answer = minister.sends(vote_id, other, minister.signs(other), key=key)
    assert (answer.status_code, answer.json["reason"]) == (409, "key_reused")


def test_an_absent_member_votes_without_counting_as_present(session: Session) -> None:
    session.leave("botruong.yte")
    vote_id = session.ask()
    assert Voter(session, "botruong.yte").casts(vote_id).status_code == 201
    assert session.state()["parts"]["quorum"]["present"] == 4


def test_nobody_but_a_member_votes(session: Session) -> None:
    vote_id = session.ask()
    assert Voter(session, "botruong.yte").casts(vote_id).status_code == 201
    for username in ("thuky", "lanhdaovp", "canbo.yte", "kiemtoan"):
        browser = session.cabinet.browser(username)
        path = f"/meetings/{session.id}/votes/{vote_id}"
        assert browser.get(f"{path}/mine").status_code == 403
        answer = browser.post(f"{path}/casts", json={})
        assert answer.status_code == 403
        assert "không thuộc quyền" in answer.json["message"]


def test_who_is_a_member_no_more_is_told_that_members_alone_vote(session: Session) -> None:
    vote_id, minister = session.ask(), Voter(session, "botruong.yte")
    statement = minister.states(vote_id)
    seat_counts(session, "botruong.yte", False)
    answer = minister.sends(vote_id, statement, minister.signs(statement))
    assert (answer.status_code, answer.json["reason"]) == (409, "not_a_voter")
    assert "không ủy quyền" in answer.json["message"]
    seat_counts(session, "botruong.yte", True)
    assert minister.sends(vote_id, statement, minister.signs(statement)).status_code == 201


def seat_counts(session: Session, username: str, counts: bool) -> None:
    from ecabinet.db import transaction
    from meetings.models import Meeting

    with transaction() as db:
        seat = db.get_one(Meeting, session.id).seat_of(session.cabinet.ids[username])
        assert seat is not None
        seat.counts = counts


def test_a_foreign_key_signs_for_nobody(session: Session) -> None:
    vote_id, minister = session.ask(), Voter(session, "botruong.yte")
    other = Voter(session, "pttg1")
    statement = minister.states(vote_id)
    answer = minister.sends(vote_id, statement, other.signs(statement))
    assert (answer.status_code, answer.json["reason"]) == (422, "signature_mismatch")
    theirs = minister.states(vote_id, key_id=other.key_id)
    answer = minister.sends(vote_id, theirs, other.signs(theirs))
    assert (answer.status_code, answer.json["reason"]) == (409, "key_unknown")
    assert casts(vote_id) == []
    assert minister.sends(vote_id, statement, minister.signs(statement)).status_code == 201


def test_one_changed_byte_breaks_the_signature(session: Session) -> None:
    vote_id, minister = session.ask(), Voter(session, "botruong.yte")
    statement = minister.states(vote_id, "disagree")
    signature = minister.signs(statement)
    changed = statement.replace(b'"disagree"', b'"agree"')
    assert changed != statement
    answer = minister.sends(vote_id, changed, signature)
    assert (answer.status_code, answer.json["reason"]) == (422, "signature_mismatch")
    assert minister.sends(vote_id, statement, signature).status_code == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("vote", 99), ("meeting", 99), ("item", 99), ("opened_leaf", 0), ("env", "production"),
        ("origin", "elsewhere/test"), ("question", "Thông qua việc khác?"), ("papers", ["0" * 64]),
        ("naming", "hidden"), ("member", 99), ("office", "Thủ tướng Chính phủ"),
        ("rule_version", "nd-39-2022"), ("signature_class", "token"), ("type", "ballot"), ("v", 2),
        ("extra", 1),
    ],
)  # fmt: skip
def test_a_statement_about_anything_else_is_refused_though_well_signed(
    session: Session, field: str, value: object
) -> None:
    vote_id, minister = session.ask(), Voter(session, "botruong.yte")
    other = minister.states(vote_id, **{field: value})
    answer = minister.sends(vote_id, other, minister.signs(other))
    assert (answer.status_code, answer.json["reason"]) == (422, "other_statement")
    assert casts(vote_id) == []


def test_a_second_spelling_of_a_statement_is_none(session: Session) -> None:
    vote_id, minister = session.ask(), Voter(session, "botruong.yte")
    statement = minister.states(vote_id)
    spaced = statement.replace(b'":', b'": ', 1)
    answer = minister.sends(vote_id, spaced, minister.signs(spaced))
    assert (answer.status_code, answer.json["reason"]) == (422, "other_statement")


def test_an_opinion_is_the_one_that_was_signed(session: Session) -> None:
    vote_id, minister = session.ask(), Voter(session, "botruong.yte")
    statement = minister.states(vote_id, "other_opinion", "Tách Điều 4.")
    signature = minister.signs(statement)
    answer = minister.sends(vote_id, statement, signature, "Tách Điều 5.")
    assert (answer.status_code, answer.json["reason"]) == (422, "other_statement")
    assert minister.sends(vote_id, statement, signature, "Tách Điều 4.").status_code == 201
    answer = minister.casts(vote_id, "other_opinion", "")
    assert (answer.status_code, answer.json["reason"]) == (409, "opinion_missing")


def test_agreement_with_comments_is_no_answer_in_session(session: Session) -> None:
    vote_id, minister = session.ask(), Voter(session, "botruong.yte")
    answer = minister.casts(vote_id, "agree_comments", "Thêm.")
    assert (answer.status_code, answer.json["reason"]) == (422, "other_statement")


def test_a_revoked_key_signs_no_vote(session: Session) -> None:
    vote_id, minister = session.ask(), Voter(session, "botruong.yte")
    statement = minister.states(vote_id)
    devices.revoke_device(session.actor("botruong.yte"), minister.device)
    answer = minister.sends(vote_id, statement, minister.signs(statement))
    assert (answer.status_code, answer.json["reason"]) == (409, "key_revoked")


def test_a_key_that_no_browser_holds_signs_no_vote(session: Session) -> None:
    vote_id, minister = session.ask(), Voter(session, "botruong.yte")
    with transaction() as db:
        db.execute(update(Device).values(signature_class="token"))
    answer = minister.casts(vote_id)
    assert (answer.status_code, answer.json["reason"]) == (409, "key_unknown")


def test_a_code_holds_five_minutes_and_then_is_asked_for_again(session: Session) -> None:
    vote_id, minister = session.ask(), Voter(session, "botruong.yte")
    session.cabinet.wait(minutes=5)
    answer = minister.casts(vote_id)
    assert (answer.status_code, answer.json["code"]) == (403, "step_up_needed")
    assert minister.mine(vote_id)["step_up"] is False
    session.cabinet.wait_for_a_new_half_minute()
    minister.browser.post("/step-up", {"code": minister.browser.code()})
    assert minister.casts(vote_id).status_code == 201
    (kept,) = casts(vote_id)
    assert (kept.evidence["method"], kept.evidence["bound_to_ballot"]) == ("totp", False)


# ---- losing the quorum ----


def test_a_vote_that_loses_its_quorum_is_suspended_until_it_is_back(session: Session) -> None:
    vote_id, minister = session.ask(), Voter(session, "botruong.yte")
    session.leave("pttg1", "botruong.taichinh")
    assert part(session, vote_id)["suspended"] is True
    answer = minister.casts(vote_id)
    assert (answer.status_code, answer.json["reason"]) == (409, "suspended")
    assert "còn thiếu 1 thành viên" in answer.json["message"]
    with pytest.raises(Refused, match=VoteRefusal.SUSPENDED.value):
        votes.announce_closing(session.actor("thutuong"), session.id, vote_id)
    attend.check_in(session.actor("pttg1"), session.id, Attendance.ONLINE)
    assert part(session, vote_id)["suspended"] is False
    assert minister.casts(vote_id).status_code == 201


def test_a_stopped_vote_takes_and_tells_nothing(session: Session) -> None:
    vote_id, minister = session.ask(), Voter(session, "botruong.yte")
    assert minister.casts(vote_id).status_code == 201
    votes.stop_vote(session.actor("thutuong"), session.id, vote_id)
    assert minister.casts(vote_id).json["reason"] == "not_open"
    shown = part(session, vote_id)
    assert (shown["state"], shown["counts"], shown["sentence"]) == ("stopped", None, "")
    assert casts(vote_id)[0].choice is None
    session.ask()


# ---- closing ----


def test_the_hall_sees_a_closing_five_seconds_before_it_counts(session: Session) -> None:
    vote_id, minister = session.ask(), Voter(session, "botruong.yte")
    chair = session.actor("thutuong")
    with pytest.raises(Refused, match=VoteRefusal.NOT_ANNOUNCED.value):
        votes.close_vote(chair, session.id, vote_id)
    votes.announce_closing(chair, session.id, vote_id)
    assert part(session, vote_id)["closing_at"] is not None
    assert minister.casts(vote_id).status_code == 201
    with pytest.raises(Refused, match=VoteRefusal.NOT_ANNOUNCED.value):
        votes.close_vote(chair, session.id, vote_id)
    session.cabinet.wait(seconds=5)
    votes.close_vote(chair, session.id, vote_id)
    closed_at = session.vote(vote_id).closed_at
    votes.close_vote(session.actor("thuky"), session.id, vote_id)
    assert session.vote(vote_id).closed_at == closed_at
    assert len(envelopes(session, "meeting_vote_result")) == 1
    late = minister.states(vote_id, "disagree")
    answer = minister.sends(vote_id, late, minister.signs(late))
    assert (answer.status_code, answer.json["reason"]) == (409, "not_open")


def test_the_result_is_of_all_members_and_stands_on_every_screen(session: Session) -> None:
    vote_id = session.ask()
    for username, choice in (
        ("thutuong", "agree"), ("pttg1", "agree"), ("botruong.taichinh", "agree"),
        ("botruong.yte", "disagree"),
    ):  # fmt: skip
        assert Voter(session, username).casts(vote_id, choice).status_code == 201
    session.count(vote_id)
    shown = part(session, vote_id, "lanhdaovp")
    assert shown["counts"] == {"agree": 3, "disagree": 1, "other": 0, "silent": 1}
    assert shown["sentence"] == (
        "3/5 thành viên Chính phủ đồng ý, đạt quá nửa tổng số thành viên Chính phủ (tối thiểu 3)."
    )
    assert shown["names"]["disagree"] == ["Bộ trưởng Bộ Y tế"]
    (closed,) = envelopes(session, "meeting_vote_closed")
    (result,) = envelopes(session, "meeting_vote_result")
    leaves = [each.leaf for each in casts(vote_id)]
    assert (closed["casts"], closed["last_leaf"]) == (4, leaves[-1])
    assert (result["outcome"], result["counts"]["members"]) == ("passed", 5)
    assert closed["position"] < result["position"] == session.vote(vote_id).result_leaf
    page = session.cabinet.browser("botruong.yte").get(f"/meetings/{session.id}").text
    assert "3/5 thành viên Chính phủ đồng ý, đạt quá nửa" in page


def test_a_majority_of_those_who_voted_is_none_of_all_members(session: Session) -> None:
    vote_id = session.ask()
    for username in ("thutuong", "pttg1"):
        assert Voter(session, username).casts(vote_id).status_code == 201
    session.count(vote_id)
    assert session.vote(vote_id).outcome == "not_passed"


def test_a_hidden_vote_shows_totals_and_its_names_stay_in_the_record(session: Session) -> None:
    vote_id = session.ask(Naming.HIDDEN)
    Voter(session, "botruong.yte").casts(vote_id, "disagree")
    session.count(vote_id)
    shown = part(session, vote_id)
    assert (shown["names"], shown["counts"]["disagree"]) == (None, 1)
    recorded = {each["person"]: each["position"] for each in session.vote(vote_id).standings}
    assert recorded[session.cabinet.ids["botruong.yte"]] == Choice.DISAGREE


def test_an_answer_that_was_changed_in_the_database_is_not_counted(session: Session) -> None:
    from ecabinet import keys
    from ecabinet.db import transaction

    vote_id, minister = session.ask(), Voter(session, "botruong.yte")
    assert minister.casts(vote_id, "disagree").status_code == 201
    forged = minister.states(vote_id, "agree", prev_vote_leaf=casts(vote_id)[0].follows)
    with transaction() as db:
        kept = db.get_one(VoteCast, casts(vote_id)[0].id)
        key = keys.store().read(signing.key_name(vote_id))
        content = signing.Sealed(forged, "", minister.signs(forged))
        kept.sealed = signing.seal(key, vote_id, content)
    with pytest.raises(votes.LedgerDisagrees):
        session.count(vote_id)
    assert part(session, vote_id)["state"] == rules.VoteState.OPEN


def test_an_answer_taken_out_of_the_database_is_not_taken_for_silence(session: Session) -> None:
    from ecabinet.db import transaction

    vote_id = session.ask()
    assert Voter(session, "botruong.yte").casts(vote_id, "disagree").status_code == 201
    with transaction() as db:
        db.delete(db.get_one(VoteCast, casts(vote_id)[0].id))
    with pytest.raises(votes.LedgerDisagrees):
        session.count(vote_id)
    assert part(session, vote_id)["state"] == rules.VoteState.OPEN


def test_a_body_says_nothing_beside_what_is_asked_and_not_whose_vote_it_is(
    session: Session,
) -> None:
    vote_id, minister = session.ask(), Voter(session, "botruong.yte")
    statement = minister.states(vote_id)
    body = {
        "statement": statement.decode(),
        "opinion": "",
        "signature": base64.b64encode(minister.signs(statement)).decode(),
        "key": secrets.token_hex(16),
    }
    path = minister.path(vote_id, "casts")
    for wrong in ({"key": "short"}, {"signature": "?"}, {"statement": 1}):
        assert minister.browser.post(path, json=body | wrong).status_code == 400
    other = session.cabinet.ids["botruong.xaydung"]
    for name in ID_LIKE:
        for refused in (
            minister.browser.post(path, json=body | {name: other}),
            minister.browser.post(f"{path}?{name}={other}", json=body),
        ):
            assert (refused.json or {}).get("code") == "not_asked_for", name
    assert casts(vote_id) == []
    assert minister.browser.post(path, json=body).status_code == 201
    (cast,) = casts(vote_id)
    assert cast.person_id == session.cabinet.ids["botruong.yte"]


def test_a_key_of_another_curve_or_length_proves_nothing() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(answers.WrongSignature):
        signing.verify(b"", b"{}", key.private_numbers().private_value.to_bytes(32, "big"))
