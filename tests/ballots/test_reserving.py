"""What members set beside an outcome: signed by themselves alone, kept with the record, and of no
weight in any count."""

import base64
import hashlib
import secrets
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader
from werkzeug.test import TestResponse

from ballots import queries, rules, signing
from ballots.models import Consultation, ReservedOpinion, Result
from ballots.rules import BallotRefusal, Decided, Reading, Reservable, ReservationRefusal
from ballots.service import cast as casting
from ballots.service import close, report, reserve, stamp
from ballots.service.prepare import Prepared
from documents import queries as documents
from ecabinet import clock, ledger, outbox, pades, storage
from ecabinet.db import reading
from ecabinet.errors import Forbidden, NotFound, Refused, SignatureRejected, Stale
from tests.ballots.builders import Member, an_open_consultation
from tests.ballots.test_classifying import OTHER, WHO, Closed, meant
from tests.ballots.test_decisions import asked_about_health
from tests.builders import Browser, Cabinet

JSON = {"Accept": "application/json"}
SAID = "Xin bảo lưu: thời hạn chuyển tiếp quá ngắn đối với các tỉnh miền núi."
MEMBERS = ("thutuong", "pttg1", WHO)


class Reserving:
    """A closed question, and what a member makes of its outcome."""

    def __init__(self, closed: Closed) -> None:
        self.closed, self.cabinet, self.number = closed, closed.cabinet, closed.number

    def outcome_leaf(self) -> int:
        with reading() as db:
            return db.get_one(Result, self.number).outcome_leaf or 0

    def prepare(self, name: str = WHO, said: str = SAID, leaf: int | None = None) -> Prepared:
        beside, key_id = leaf or self.outcome_leaf(), self.closed.members[name].key_id
        return reserve.prepare(
            self.cabinet.actor(name), self.number, said, beside, key_id, "demo"
        )  # fmt: skip

    def send(self, envelope: casting.Envelope, name: str = WHO) -> ledger.Proof:
        return reserve.reserve(self.cabinet.actor(name), self.number, envelope, meant)

    def reserve(self, name: str = WHO, said: str = SAID) -> ledger.Proof:
        return self.send(self.closed.envelope(self.prepare(name, said), name), name)

    def rows(self) -> list[ReservedOpinion]:
        with reading() as db:
            return queries.reserved_opinions(db, self.number)


@pytest.fixture
def reserving(cabinet: Cabinet) -> Reserving:
    return Reserving(Closed(cabinet))


def refusal_of(reserving: Reserving, **changed: Any) -> Any:
    with pytest.raises(Refused) as refused:
        reserving.prepare(**changed)
    return refused.value.reason


@pytest.mark.parametrize(
    ("asked", "opinion", "leaf", "refusal"),
    [
        (Reservable(7, True, frozenset()), SAID, 7, None),
        (Reservable(7, True, frozenset({"Khác."})), SAID, 7, None),
        (Reservable(None, True, frozenset()), SAID, 7, ReservationRefusal.NO_OUTCOME),
        (Reservable(None, False, frozenset()), "", 7, ReservationRefusal.NO_OUTCOME),
        (Reservable(7, False, frozenset()), SAID, 7, ReservationRefusal.NOT_A_MEMBER),
        (Reservable(7, True, frozenset()), " \n", 7, ReservationRefusal.OPINION_MISSING),
        (Reservable(7, True, frozenset()), SAID, 6, ReservationRefusal.OUTCOME_CHANGED),
        (Reservable(7, True, frozenset({SAID})), SAID, 7, ReservationRefusal.SAID_ALREADY),
    ],
)
def test_what_keeps_a_member_from_reserving(
    asked: Reservable, opinion: str, leaf: int, refusal: ReservationRefusal | None
) -> None:
    assert rules.reservation_refusal(asked, opinion, leaf) is refusal


def test_what_is_reserved_is_signed_and_changes_nothing_of_the_result(
    reserving: Reserving,
) -> None:
    before, decided_on = reserving.closed.result(), reserving.closed.seen()
    proof = reserving.reserve(OTHER)
    assert reserving.closed.result() == before
    (row,) = reserving.rows()
    assert (row.member_id, row.opinion) == (reserving.cabinet.ids[OTHER], SAID)
    with reading() as db:
        ((at, act),) = ledger.entries(db, "opinion_reserved", -1).items()
        chain = [pades.certificate(db, pades.MEMBER_CA)]
        root, now = pades.certificate(db, pades.ROOT), clock.now(db)
    assert (proof.position, row.leaf) == (at, at)
    assert (act["outcome_leaf"], act["result_leaf"]) == (before[4], before[4])
    said = signing.read_of_result(row.statement, signing.ReservedOpinion)
    assert (said.outcome, said.outcome_leaf) == (before[1], before[4])
    assert act["statement_sha256"] == hashlib.sha256(row.statement).hexdigest()
    shown = pades.validate(row.pdf, root, chain, now)
    assert shown.attachments == {signing.ATTACHMENT: row.statement}
    words = printed(row.pdf)
    assert SAID in words
    assert "Kết quả lấy ý kiến: Chờ phân loại ý kiến khác." in words
    # Whoever decides has seen it.
    with pytest.raises(Stale):
        reserving.closed.decide(Decided.RETURN, decided_on)
    reserving.closed.decide(Decided.RETURN, reserving.closed.seen())
    with reading() as db:
        (decision,) = ledger.entries(db, "consultation_decided", -1).values()
    assert decision["reserved_leaves"] == [at]


def test_beside_a_decided_result_and_more_than_once(reserving: Reserving) -> None:
    reserving.closed.decide(Decided.RETURN, reserving.closed.seen())
    reserving.reserve()
    assert refusal_of(reserving) is ReservationRefusal.SAID_ALREADY
    reserving.reserve(said="Bổ sung: cả kinh phí.")
    reserving.reserve(OTHER)
    assert [each.opinion for each in reserving.rows()] == [SAID, "Bổ sung: cả kinh phí.", SAID]


def test_what_was_signed_beside_an_outcome_is_not_kept_beside_another(
    reserving: Reserving,
) -> None:
    made = reserving.prepare(OTHER)
    reserving.closed.propose(Reading.DISAGREEMENT)
    reserving.closed.confirm()
    with pytest.raises(Refused) as refused:
        reserving.send(reserving.closed.envelope(made, OTHER), OTHER)
    assert refused.value.reason is ReservationRefusal.OUTCOME_CHANGED
    assert reserving.rows() == []
    reserving.reserve(OTHER)
    (row,) = reserving.rows()
    found = reserving.closed.reckoning()
    assert found is not None
    assert (row.outcome, row.outcome_leaf) == ("not_passed", found.leaf)


def test_only_a_member_who_was_counted_and_is_in_office(reserving: Reserving) -> None:
    for who in ("chuyenvien", "thuky", "lanhdaovp", "kiemtoan"):
        with pytest.raises((Forbidden, NotFound)):
            reserve.prepare(
                reserving.cabinet.actor(who), reserving.number, SAID, reserving.outcome_leaf(),
                reserving.closed.members[WHO].key_id, "demo",
            )  # fmt: skip
    envelope = reserving.closed.envelope(reserving.prepare())
    was = reserving.cabinet.actor(WHO)
    with pytest.raises(Refused) as gone:
        reserving.send(envelope, OTHER)
    assert gone.value.reason is BallotRefusal.PAPER_GONE
    reserving.cabinet.leaves_office(WHO)
    with pytest.raises(Refused) as refused:
        reserve.reserve(was, reserving.number, envelope, meant)
    assert refused.value.reason is ReservationRefusal.NOT_A_MEMBER
    assert reserving.rows() == []


def test_before_there_is_a_result_there_is_nothing_to_set_it_beside(cabinet: Cabinet) -> None:
    number, member = an_open_consultation(cabinet), Member(cabinet, WHO)
    with pytest.raises(Refused) as refused:
        reserve.prepare(cabinet.actor(WHO), number, SAID, 1, member.key_id, "demo")
    assert refused.value.reason is ReservationRefusal.NO_OUTCOME


def test_one_s_own_key_alone_and_once(reserving: Reserving) -> None:
    made = reserving.prepare()
    with pytest.raises(SignatureRejected):
        reserving.send(reserving.closed.envelope(made, by=OTHER))
    envelope = reserving.closed.envelope(made)
    assert reserving.send(envelope) == reserving.send(envelope)
    assert len(reserving.rows()) == 1
    # Signed as it should be, under a key that is used up.
    other = reserving.closed.envelope(reserving.prepare(said="Khác."))
    with pytest.raises(Refused) as reused:
        reserving.send(replace(other, key=envelope.key))
    assert reused.value.reason is BallotRefusal.KEY_REUSED
    assert len(reserving.rows()) == 1
    with pytest.raises(Refused) as ballot:
        casting.cast(reserving.cabinet.actor(WHO), reserving.number, envelope, meant)
    assert ballot.value.reason is BallotRefusal.PAPER_GONE


def test_where_official_signatures_alone_count_a_device_reserves_nothing(
    cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserving = Reserving(Closed(cabinet))
    monkeypatch.setattr(Consultation, "takes", lambda _self, _kind: False)
    assert refusal_of(reserving) is BallotRefusal.CLASS_NOT_COUNTED


# ---- at the doors ----


def path(reserving: Reserving) -> str:
    return f"/consultations/{reserving.number}/reserved-opinion"


def asked_for(reserving: Reserving, browser: Browser, name: str, **changed: Any) -> TestResponse:
    key_id = reserving.closed.members[name].key_id
    body = {"opinion": SAID, "outcome_leaf": reserving.outcome_leaf(), "key_id": key_id}
    return browser.post(f"{path(reserving)}/paper", json=body | changed)


def printed(pdf: bytes) -> str:
    return " ".join("".join(each.extract_text() for each in PdfReader(BytesIO(pdf)).pages).split())


@pytest.mark.parametrize("who", MEMBERS)
def test_a_member_writes_signs_and_holds_the_receipt(cabinet: Cabinet, who: str) -> None:
    reserving = Reserving(Closed(cabinet, (WHO,)))
    browser = cabinet.browser(who)
    assert 'href="' + path(reserving) in browser.get(f"/consultations/{reserving.number}").text
    page = browser.get(path(reserving)).text
    assert "không làm thay đổi kết quả" in page
    answer = asked_for(reserving, browser, who)
    assert answer.status_code == 200, answer.json
    made = answer.json
    body = {
        "pending": made["pending"],
        "key": secrets.token_hex(16),
        "signature": base64.b64encode(reserving.closed.members[who].sign(made["attrs"])).decode(),
    }
    kept = browser.post(path(reserving), json=body)
    assert kept.status_code == 201, kept.json
    assert browser.post(path(reserving), json=body).json == kept.json
    own = f"/reserved-opinions/{body['key']}"
    receipt = browser.get(own).text
    assert kept.json["receipt"].split("\n")[1] in receipt
    assert f'data-key="{body["key"]}"' in receipt
    assert SAID in printed(browser.get(f"{own}/file").data)
    assert own in browser.get(path(reserving)).text
    for other in (set(MEMBERS) | {OTHER}) - {who}:
        assert cabinet.browser(other).get(own).status_code == 404


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"opinion": ""}, 409, "còn trống"),
        ({"outcome_leaf": 0}, 409, "vừa được tính lại"),
        ({"key_id": "x"}, 400, ""),
        ({"outcome_leaf": "1"}, 400, ""),
        ({"opinion": "a" * 20_001}, 400, ""),
    ],
)
def test_what_is_wrong_is_said(
    reserving: Reserving, changed: dict[str, Any], status: int, said: str
) -> None:
    answer = asked_for(reserving, reserving.cabinet.browser(WHO), WHO, **changed)
    assert answer.status_code == status
    assert said in answer.json["message"]


def test_it_stands_wherever_the_result_is_read_by_whoever_reads_opinions(
    cabinet: Cabinet,
) -> None:
    number = asked_about_health(cabinet)
    reserving = Reserving(Closed(cabinet, number=number))
    first = report.seal_report(number)
    reserving.reserve(OTHER)
    result, table = f"/consultations/{number}", f"/consultations/{number}/opinions"
    for who, page in (
        ("thutuong", result), ("chuyenvien", result), ("kiemtoan", result), (OTHER, result),
        ("thutuong", table), ("canbo.yte", table),
    ):  # fmt: skip
        assert SAID in cabinet.browser(who).get(page).text, (who, page)
    # A member sees their own vote and the totals.
    assert SAID not in cabinet.browser("botruong.taichinh").get(result).text
    sheet = cabinet.browser("canbo.yte").get(f"{table}.csv").text
    assert SAID in sheet
    assert "Ý kiến bảo lưu về kết quả: chờ phân loại ý kiến khác; dòng sổ" in sheet
    for who in ("thutuong", "chuyenvien", "canbo.yte"):
        with reading() as db:
            assert "opinion_reserved" in [e.kind for e in outbox.inbox(db, cabinet.ids[who])], who
    with reading() as db:
        story = documents.story(db, db.get_one(Consultation, number).dossier_id)
    assert "opinion_reserved" in [each.kind for each in story]
    again = report.seal_report(number)
    assert again != first
    assert SAID in printed(storage.read(again))
    with reading() as db:
        at, act = max(ledger.entries(db, "report_sealed", -1).items())
        (leaf,) = ledger.entries(db, "opinion_reserved", -1)
    assert leaf < at
    assert act["reserved_leaves"] == [leaf]
    assert report.seal_report(number) == again


def test_a_page_leads_whoever_may_not_reserve_to_the_result(cabinet: Cabinet) -> None:
    number = an_open_consultation(cabinet)
    answer = cabinet.browser(WHO).get(f"/consultations/{number}/reserved-opinion")
    assert (answer.status_code, answer.location) == (303, f"/consultations/{number}")
    Member(cabinet, WHO).cast(number)
    cabinet.wait(days=4)
    close.close(number)
    cabinet.leaves_office(WHO)
    with reading() as db:
        asked = queries.reservable(db, db.get_one(Consultation, number), cabinet.ids[WHO])
    assert not asked.is_member


def test_what_was_reserved_is_stamped_as_a_ballot_is(reserving: Reserving) -> None:
    reserving.reserve()
    assert stamp.stamp_what_waits() > 0
    assert stamp.stamp_what_waits() == 0
    (row,) = reserving.rows()
    with reading() as db:
        said = db.get_one(ReservedOpinion, row.id)
        assert len(queries.signed_pdf(said)) >= len(said.pdf)
        assert said.stamp
