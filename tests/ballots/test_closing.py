"""The end and the closing: what is counted, who is deemed to agree, and what stays sealed."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from ballots import jobs, queries, rules, signing
from ballots.models import Attempt, Ballot, BallotPaper, Consultation
from ballots.rules import Outcome, Position
from ballots.service import cast as casting
from ballots.service.close import LedgerDisagrees, close
from ecabinet import answers, clock, deliveries, ledger, outbox
from ecabinet.db import Base, database, reading, transaction
from ecabinet.errors import Refused
from ecabinet.notices import Channel
from people.service import devices
from tests.ballots import builders
from tests.ballots.builders import MEMBERS, Member
from tests.exchange.builders import MAIL, PHONE, give_address, mail_server, send_by

CHOICES = ("agree", "agree_comments", "disagree", "other_opinion")


@pytest.fixture
def asked(cabinet):
    return builders.an_open_consultation(cabinet)


def standings(consultation_id: int) -> dict[int, str]:
    with reading() as db:
        result = queries.result_of(db, consultation_id)
        return {each.person_id: each.position for each in result.standings}


def positions(cabinet, consultation_id):
    names = {person_id: name for name, person_id in cabinet.ids.items()}
    return {names[person]: position for person, position in standings(consultation_id).items()}


def result_of(consultation_id):
    with reading() as db:
        return queries.result_of(db, consultation_id)


def leaves_of(kind):
    with reading() as db:
        query = select(ledger.Leaf).where(ledger.Leaf.kind == kind)
        return [signing.canonical.decode(each.envelope) for each in db.scalars(query)]


def test_whoever_answered_counts_as_answered_and_silence_as_the_rules_say(cabinet, asked):
    Member(cabinet, "botruong.taichinh").cast(asked, "agree")
    Member(cabinet, "pttg1").cast(asked, "disagree")
    told = Member(cabinet, "botruong.yte")
    told.open_page(asked)
    Member(cabinet, "botruong.xaydung")
    prime_minister = Member(cabinet, "thutuong")
    prime_minister.open_page(asked)
    cabinet.wait(days=4)
    close(asked)
    assert positions(cabinet, asked) == {
        "thutuong": Position.SILENT,
        "pttg1": Position.DISAGREE,
        "botruong.taichinh": Position.AGREE,
        "botruong.yte": Position.DEEMED_AGREE,
        "botruong.xaydung": Position.NOT_REACHED,
    }
    result = result_of(asked)
    assert result.counts["agree"] == 1
    assert result.counts["deemed"] == 1
    (leaf,) = leaves_of("consultation_result")
    assert [each["member"] for each in leaf["deemed"]] == [cabinet.ids["botruong.yte"]]


def test_three_of_five_pass_with_the_sentence_of_the_rule_book(cabinet, asked):
    for name in MEMBERS[:3]:
        Member(cabinet, name).cast(asked, "agree")
    cabinet.wait(days=4)
    close(asked)
    result = result_of(asked)
    assert result.outcome == Outcome.PASSED
    assert result.sentence == (
        "3/5 thành viên Chính phủ đồng ý, đạt quá nửa tổng số thành viên Chính phủ (tối thiểu 3)."
    )
    assert result.basis == "Nghị định 191/2026/NĐ-CP"


@pytest.mark.parametrize("reason", ["no key", "pending key", "revoked key", "opened too late"])
def test_a_member_not_reached_is_never_deemed_to_agree(cabinet, asked, reason):
    name = "botruong.yte"
    if reason == "pending key":
        member = Member(cabinet, name)
        builders.enrol_pending(cabinet, name)
    elif reason != "no key":
        member = Member(cabinet, name)
    browser = cabinet.browser(name)
    if reason == "opened too late":
        cabinet.wait(days=2)
        browser = cabinet.browser(name)
    assert browser.get(f"/consultations/{asked}").status_code == 200
    if reason == "revoked key":
        devices.revoke_device(cabinet.actor(name), member.device)
    cabinet.wait(days=4)
    close(asked)
    assert positions(cabinet, asked)[name] == Position.NOT_REACHED


@pytest.mark.parametrize(
    ("channel", "sent_after", "position"),
    [
        ("email", {"hours": 0}, Position.DEEMED_AGREE),
        ("sms", {"hours": 0}, Position.DEEMED_AGREE),
        # Monday 09:00 to 24:00 is the day of opening; on Tuesday two working days are not left.
        ("email", {"hours": 14}, Position.DEEMED_AGREE),
        ("email", {"hours": 15, "minutes": 1}, Position.NOT_REACHED),
        ("email", {"days": 3}, Position.NOT_REACHED),
        ("email", None, Position.NOT_REACHED),
        (None, {"hours": 0}, Position.NOT_REACHED),
    ],
)
def test_who_was_told_by_a_server_in_time_is_reached_without_opening_anything(
    cabinet, channel, sent_after, position
):
    name = "botruong.yte"
    Member(cabinet, name)
    if channel:
        give_address(cabinet, name, Channel(channel), {"email": MAIL, "sms": PHONE}[channel])
    asked = builders.an_open_consultation(cabinet)
    if sent_after is not None:
        cabinet.wait(**sent_after)
        deliveries.send_what_waits()
    cabinet.wait(days=4)
    close(asked)
    assert positions(cabinet, asked)[name] == position
    (leaf,) = leaves_of("consultation_result")
    is_told = position is Position.DEEMED_AGREE
    assert [each["notice_by"] for each in leaf["deemed"]] == ([channel] if is_told else [])
    shown = cabinet.browser("thuky").get(f"/consultations/{asked}").text
    assert bool(re.search("máy chủ (thư|tin nhắn) nhận lúc (08:59|09:00), 30/11", shown)) is (
        is_told and sent_after == {"hours": 0}
    )


def test_what_a_server_refused_is_no_notice(cabinet):
    name = "botruong.yte"
    Member(cabinet, name)
    give_address(cabinet, name)
    with mail_server() as server:
        server.says = {MAIL: "550 no such user"}
        asked = builders.an_open_consultation(cabinet)
        send_by(server.settings())
    cabinet.wait(days=4)
    close(asked)
    assert positions(cabinet, asked)[name] == Position.NOT_REACHED


def test_of_two_proofs_the_first_is_written_down(cabinet):
    member = Member(cabinet, "botruong.yte")
    give_address(cabinet, member.name)
    asked = builders.an_open_consultation(cabinet)
    member = cabinet.browser(member.name)
    assert member.get(f"/consultations/{asked}").status_code == 200
    cabinet.wait(minutes=5)
    deliveries.send_what_waits()
    cabinet.wait(days=4)
    close(asked)
    (leaf,) = leaves_of("consultation_result")
    assert [each["notice_by"] for each in leaf["deemed"]] == ["opened"]


def test_a_message_marked_as_read_is_no_proof_that_the_question_was_opened(cabinet, asked):
    reader, opener = Member(cabinet, "botruong.yte"), Member(cabinet, "botruong.taichinh")
    opener.open_page(asked)
    with transaction() as db:
        person = cabinet.ids[reader.name]
        outbox.mark_read(db, person, [each.id for each in outbox.inbox(db, person)])
    cabinet.wait(days=4)
    close(asked)
    assert positions(cabinet, asked)[opener.name] == Position.DEEMED_AGREE
    assert positions(cabinet, asked)[reader.name] == Position.NOT_REACHED


def test_nobody_is_deemed_beside_an_attempt_and_the_result_is_provisional(cabinet, asked):
    member = Member(cabinet, "botruong.yte")
    member.open_page(asked)
    paper = member.paper(asked, "disagree")
    cabinet.wait(days=4)
    member.browser.sign_in(member.name)
    late = member.send(asked, paper["pending"], member.sign(paper["attrs"]))
    assert late.json["reason"] == "ended"
    close(asked)
    assert positions(cabinet, asked)["botruong.yte"] == Position.SILENT
    assert result_of(asked).is_provisional


def test_before_the_end_nothing_is_closed(cabinet, asked):
    with pytest.raises(Refused) as refused:
        close(asked)
    assert refused.value.reason is rules.ConsultationRefusal.NOT_ENDED
    cabinet.wait(days=4)
    close(asked)
    assert result_of(asked) is not None


def test_closing_twice_changes_nothing(cabinet, asked):
    Member(cabinet, "thutuong").cast(asked)
    cabinet.wait(days=4)
    close(asked)
    with reading() as db:
        size = ledger.size(db)
    close(asked)
    assert jobs.close_what_ended() == 0
    with reading() as db:
        assert ledger.size(db) == size


def test_the_closing_names_its_range_and_comes_before_the_result(cabinet, asked):
    first = Member(cabinet, "thutuong").cast(asked)
    second = Member(cabinet, "pttg1").cast(asked)
    cabinet.wait(days=4)
    close(asked)
    (closing,), (result,) = leaves_of("consultation_closed"), leaves_of("consultation_result")
    assert closing["ballot_leaves"] == [first["position"], second["position"]]
    assert closing["ballots"] == 2
    assert closing["position"] + 1 == result["position"]
    kept = result_of(asked)
    assert (kept.first_leaf, kept.last_leaf) == (closing["opened_leaf"], result["position"])


def test_the_last_answer_counts_and_the_first_is_kept(cabinet, asked):
    member = Member(cabinet, "botruong.yte")
    member.cast(asked, "disagree")
    member.cast(asked, "agree")
    cabinet.wait(days=4)
    close(asked)
    assert positions(cabinet, asked)["botruong.yte"] == Position.AGREE
    assert [each.choice for each in builders.ballots_of(asked)] == ["disagree", "agree"]


def test_facts_are_those_of_the_due_moment_however_late_the_closing_runs(cabinet, asked):
    member = Member(cabinet, "botruong.yte")
    member.open_page(asked)
    cabinet.wait(days=4)
    devices.revoke_device(cabinet.actor(member.name), member.device)
    cabinet.wait(days=30)
    close(asked)
    assert positions(cabinet, asked)["botruong.yte"] == Position.DEEMED_AGREE


def test_a_ballot_changed_in_the_database_stops_the_closing(cabinet, asked):
    member = Member(cabinet, "botruong.yte")
    member.cast(asked, "agree")
    member.cast(asked, "disagree")
    one, two = builders.ballots_of(asked)
    with transaction() as db:
        db.get_one(Ballot, two.id).sealed = one.sealed
    cabinet.wait(days=4)
    with pytest.raises(LedgerDisagrees):
        close(asked)


def test_a_ballot_taken_out_of_the_database_is_not_taken_for_silence(cabinet, asked):
    first, other = Member(cabinet, "botruong.yte"), Member(cabinet, "botruong.taichinh")
    first.cast(asked, "disagree")
    other.cast(asked, "agree")
    with transaction() as db:
        db.execute(delete(Ballot).where(Ballot.person_id == cabinet.ids["botruong.yte"]))
    cabinet.wait(days=4)
    with pytest.raises(LedgerDisagrees):
        close(asked)
    assert result_of(asked) is None


def test_an_attempt_taken_out_of_the_database_is_not_taken_for_silence(cabinet, asked):
    member = Member(cabinet, "botruong.yte")
    member.open_page(asked)
    paper = member.paper(asked, "disagree")
    cabinet.wait(minutes=6)
    member.send(asked, paper["pending"], member.sign(paper["attrs"]))
    with transaction() as db:
        assert db.execute(delete(Attempt)).rowcount == 1
    cabinet.wait(days=4)
    with pytest.raises(LedgerDisagrees):
        close(asked)


def test_the_first_reader_after_the_end_closes(cabinet, asked):
    Member(cabinet, "botruong.yte").cast(asked)
    cabinet.wait(days=4)
    assert "Kết quả" in cabinet.browser("thuky").get(f"/consultations/{asked}").text
    assert result_of(asked) is not None


def test_of_casts_and_a_closing_at_the_end_itself_none_slips_between(cabinet, asked):
    """R-10: whatever comes first, the count is that of the ballots in the log."""
    members = [Member(cabinet, name) for name in MEMBERS]
    actors = [builders.signed_in(each) for each in members]
    papers = [(each, each.paper(asked)) for each in members]
    with transaction() as db:
        ends = clock.now(db) + timedelta(seconds=1)
        db.get_one(Consultation, asked).due_at = ends
    begin = threading.Barrier(len(members) + 1)
    said: list[str] = []

    def send(place: int) -> None:
        member, paper = papers[place]
        envelope = casting.Envelope(paper["pending"], f"{place:032x}", member.sign(paper["attrs"]))
        begin.wait()
        wait_until(ends + (place - 2) * APART)
        try:
            casting.cast(actors[place], asked, envelope)
            said.append("kept")
        except Refused as refused:
            said.append(refused.reason.value)

    def end() -> None:
        begin.wait()
        wait_until(ends)
        close(asked)

    with ThreadPoolExecutor(len(members) + 1) as pool:
        for done in [
            *(pool.submit(send, place) for place in range(len(members))),
            pool.submit(end),
        ]:
            done.result()
    assert said.count("kept") == len(builders.ballots_of(asked))
    assert all_are_counted(asked)


APART = timedelta(milliseconds=10)


def wait_until(moment: datetime) -> None:
    """By the database's own clock, as the rule reads it."""
    now = moment - APART
    while now < moment:
        with reading() as db:
            now = clock.now(db)


def all_are_counted(consultation_id: int) -> bool:
    """Whether the closing names every ballot of the log, and comes after each."""
    (closing,) = leaves_of("consultation_closed")
    kept = [each.leaf for each in builders.ballots_of(consultation_id)]
    return bool(closing["ballot_leaves"] == kept and all(x < closing["position"] for x in kept))


def test_an_answer_that_waited_for_the_closing_is_refused(cabinet, asked):
    """R-10: judged under the lock, not when it was sent."""
    member = Member(cabinet, "botruong.yte")
    paper = member.paper(asked, "disagree")
    cabinet.wait(days=4)
    close(asked)
    member.browser.sign_in(member.name)
    member.send(asked, paper["pending"], member.sign(paper["attrs"]))
    assert all_are_counted(asked)


# ---- sealed until the closing ----


def dump() -> str:
    """Every row of every table, as anybody with a copy of the database could read it."""
    with reading() as db:
        tables = Base.metadata.sorted_tables
        rows = [repr(tuple(row)) for table in tables for row in db.execute(select(table))]
    return "\n".join(rows)


def test_a_dump_before_the_closing_holds_no_choice(cabinet, asked):
    canary = "CANARY ý kiến không ai được thấy"
    member = Member(cabinet, "botruong.yte")
    receipt = member.cast(asked, "other_opinion", canary)
    member.paper(asked, "disagree")
    with reading() as db:
        rows = [*db.scalars(select(Ballot)), *db.scalars(select(BallotPaper))]
    assert len(rows) == 3
    everything = dump()
    assert "CANARY" not in everything
    for row in builders.ballots_of(asked):
        assert row.choice is None
        assert row.opinion is None
    assert receipt["key"] in everything
    assert "%PDF" not in everything
    cabinet.wait(days=4)
    close(asked)
    assert "CANARY" in dump()


def test_the_database_file_before_the_closing_holds_no_choice(cabinet, asked):
    if not database().embedded:
        return
    Member(cabinet, "botruong.yte").cast(asked, "other_opinion", "CANARY-kin")
    path = database().engine.url.database
    assert path
    found = b"".join(Path(path + end).read_bytes() for end in ("", "-wal"))
    assert b"ballot_kept" in found
    assert b"CANARY" not in found


def test_every_sealed_answer_is_as_long_as_any_other(cabinet, asked):
    member = Member(cabinet, "botruong.yte")
    for choice in CHOICES:
        member.cast(asked, choice, "" if choice in ("agree", "disagree") else "Điều 4." * 100)
    assert len({len(each.sealed) for each in builders.ballots_of(asked)}) == 1


def test_a_seal_of_one_consultation_opens_in_no_other():
    key = bytes(32)
    sealed = signing.seal(key, 1, signing.Sealed(b"{}", "", b"%PDF"))
    assert signing.unseal(key, 1, sealed).pdf == b"%PDF"
    with pytest.raises(answers.Unsealable):
        signing.unseal(key, 2, sealed)


def test_only_the_office_sees_names_after_the_closing(cabinet, asked):
    Member(cabinet, "botruong.yte").cast(asked, "disagree")
    cabinet.wait(days=4)
    close(asked)
    path = f"/consultations/{asked}"
    assert (
        "Bộ trưởng Bộ Y tế" in cabinet.browser("thuky").get(path).text.split("Từng thành viên")[1]
    )
    other = cabinet.browser("botruong.taichinh").get(path).text
    assert "Từng thành viên" not in other
    assert "nguyên văn chính thức" not in other
    english = cabinet.browser("botruong.taichinh").get(f"{path}?lang=en").text
    assert "official wording, which is in Vietnamese alone" in english
    assert cabinet.browser("botruong.taichinh").get(f"{path}/result.pdf").status_code == 403
    sheet = cabinet.browser("thuky").get(f"{path}/result.pdf")
    assert sheet.data.startswith(b"%PDF")
