"""A member answers: what is taken, what is refused, and what a receipt proves."""

import base64
import hashlib
import html
import re
import secrets
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from ballots import queries, signing
from ballots.models import Attempt, Consultation
from ballots.queries import Fate
from ballots.service import cast as casting
from ballots.service import close
from ecabinet import answers, canonical, ledger, pades, web
from ecabinet.db import reading
from ecabinet.errors import Refused
from ecabinet.settings import Settings
from people import queries as people_queries
from people.service import devices
from tests.ballots import builders
from tests.ballots.builders import Member, ballots_of
from tests.ballots.verifier import holds
from tests.builders import ID_LIKE


@pytest.fixture
def asked(cabinet):
    return builders.an_open_consultation(cabinet)


@pytest.fixture
def minister(cabinet, asked):
    return Member(cabinet, "botruong.yte")


def attempts():
    with reading() as db:
        return list(db.scalars(select(Attempt)))


def test_a_signed_answer_is_kept_and_its_receipt_verifies(minister, asked):
    receipt = minister.cast(asked)
    assert holds(receipt["receipt"], receipt["envelope"], receipt["log_key"])
    (ballot,) = ballots_of(asked)
    assert ballot.leaf == receipt["position"]
    assert receipt["number"].startswith(f"{asked}-")


def fate(asked, ballot):
    with reading() as db:
        return queries.fate_of(db, db.get_one(Consultation, asked), ballot)


def test_a_receipt_says_what_has_become_of_its_ballot(cabinet, minister, asked):
    first = minister.cast(asked)
    path = f"/ballots/by-key/{first['key']}"
    assert "Còn thay được đến 24:00, 02/12/2026" in minister.browser.get(path).text
    last = minister.cast(asked, "disagree")
    assert "Phiếu này đã được thay bằng phiếu gửi sau." in minister.browser.get(path).text
    cabinet.wait(days=4)
    path = f"/ballots/by-key/{last['key']}"
    minister.browser.sign_in("botruong.yte")
    page = minister.browser.get(path).text
    assert "phiếu này chờ được kiểm" in page
    assert "data-count-to" in page
    close.close(asked)
    page = minister.browser.get(path).text
    assert "Phiếu này đã được tính trong kết quả." in page
    # Nothing of it is being counted any more.
    assert "data-count-to" not in page
    assert [fate(asked, each) for each in ballots_of(asked)] == [Fate.REPLACED, Fate.COUNTED]


def test_the_ballot_of_whoever_left_is_said_not_to_count(cabinet, minister, asked):
    minister.cast(asked)
    cabinet.leaves_office("botruong.yte")
    cabinet.wait(days=4)
    close.close(asked)
    assert [fate(asked, each) for each in ballots_of(asked)] == [Fate.LEFT_OFFICE]


def test_a_receipt_does_not_verify_for_another_leaf(minister, asked):
    receipt = minister.cast(asked)
    changed = receipt["envelope"].replace('"v":1', '"v":2')
    assert changed != receipt["envelope"]
    assert not holds(receipt["receipt"], changed, receipt["log_key"])


def test_a_receipts_page_carries_it_whole_to_another_device(minister, asked):
    receipt = minister.cast(asked)
    page = minister.browser.get(f"/ballots/by-key/{receipt['key']}").text
    (packed,) = re.findall('href="/verify#r=([^"]+)"', page)
    whole = zlib.decompress(base64.urlsafe_b64decode(packed), wbits=-zlib.MAX_WBITS).decode()
    assert whole == "\n".join(receipt[each] for each in ("receipt", "envelope", "log_key"))
    assert web.qr(f"http://localhost/verify#r={packed}", error="l") in html.unescape(page)


def test_the_leaf_holds_digests_and_neither_name_nor_choice(minister, asked):
    receipt = minister.cast(asked, "disagree")
    for word in ("disagree", "botruong", "Bộ trưởng", "member", minister.key_id):
        assert word not in receipt["envelope"]


def test_the_stored_pdf_is_a_sound_signature_by_the_members_key(minister, asked):
    receipt = minister.cast(asked, "agree_comments", "Đề nghị rà soát Điều 4.")
    pdf = minister.browser.get(f"/ballots/by-key/{receipt['key']}/file").data
    with reading() as db:
        root, chain = pades.certificate(db, pades.ROOT), [pades.certificate(db, pades.MEMBER_CA)]
        device = people_queries.signing_device(
            db, minister.cabinet.ids[minister.name], minister.key_id
        )
    validated = pades.validate(pdf, root, chain, builders.MONDAY)
    assert validated.certificate == device.certificate
    # The name that the page prints.
    attached = validated.attachments["statement.json"]
    statement = signing.read(attached)
    assert statement.choice == "agree_comments"
    assert statement.opinion_sha256 == canonical.digest_of("Đề nghị rà soát Điều 4.")
    envelope = signing.canonical.decode(receipt["envelope"].encode())
    embedded = hashlib.sha256(attached).hexdigest()
    assert envelope["statement_sha256"] == embedded
    for place in (100, len(pdf) // 2, len(pdf) - 300):
        flipped = bytearray(pdf)
        flipped[place] ^= 1
        with pytest.raises(answers.WrongSignature):
            pades.validate(bytes(flipped), root, chain, builders.MONDAY)


def test_sending_again_with_the_same_key_gives_the_same_receipt(minister, asked):
    paper = minister.paper(asked)
    signature, key = minister.sign(paper["attrs"]), secrets.token_hex(16)
    first = minister.send(asked, paper["pending"], signature, key)
    again = minister.send(asked, paper["pending"], signature, key)
    assert first.status_code == 201
    assert again.data == first.data
    assert (
        minister.browser.get(f"/ballots/by-key/{key}", headers={"Accept": "application/json"}).data
        == first.data
    )
    assert len(ballots_of(asked)) == 1


def test_the_same_key_with_other_bytes_is_refused(minister, asked):
    paper = minister.paper(asked)
    key = secrets.token_hex(16)
    signature = minister.sign(paper["attrs"])
    assert minister.send(asked, paper["pending"], signature, key).status_code == 201
    other = minister.sign(paper["attrs"])
    assert other != signature
    refused = minister.send(asked, paper["pending"], other, key)
    assert (refused.status_code, refused.json["reason"]) == (409, "key_reused")


def test_another_members_key_of_a_receipt_opens_nothing(cabinet, minister, asked):
    receipt = minister.cast(asked)
    path = f"/ballots/by-key/{receipt['key']}"
    assert minister.browser.get(path).status_code == 200
    for name in ("botruong.taichinh", "thutuong"):
        assert cabinet.browser(name).get(path).status_code == 404
        assert cabinet.browser(name).get(f"{path}/file").status_code == 404


def test_a_second_answer_replaces_the_first_and_both_are_kept(minister, asked):
    first = minister.cast(asked, "agree")
    second = minister.cast(asked, "disagree")
    kept = ballots_of(asked)
    assert [each.leaf for each in kept] == [first["position"], second["position"]]
    assert kept[1].follows == first["position"]
    with reading() as db:
        row = db.get_one(Consultation, asked)
        latest = queries.latest_ballot(db, row, minister.cabinet.ids[minister.name])
        assert queries.sealed_answer(latest).answer.choice == "disagree"


def test_of_two_tabs_the_first_wins_and_the_other_is_told(minister, asked):
    one, other = minister.paper(asked), minister.paper(asked, "disagree")
    assert minister.send(asked, one["pending"], minister.sign(one["attrs"])).status_code == 201
    late = minister.send(asked, other["pending"], minister.sign(other["attrs"]))
    assert (late.status_code, late.json["reason"]) == (409, "answered_meanwhile")
    assert len(ballots_of(asked)) == 1
    assert [each.reason for each in attempts()] == ["answered_meanwhile"]


def test_twenty_parallel_answers_make_exactly_one_ballot(minister, asked):
    paper = minister.paper(asked)
    signature = minister.sign(paper["attrs"])
    actor = builders.signed_in(minister)

    def send(_: int) -> str:
        envelope = casting.Envelope(paper["pending"], secrets.token_hex(16), signature)
        try:
            casting.cast(actor, asked, envelope)
        except Refused as refused:
            return refused.reason.value
        return "kept"

    with ThreadPoolExecutor(20) as pool:
        said = list(pool.map(send, range(20)))
    assert sorted(said) == ["answered_meanwhile"] * 19 + ["kept"]
    assert len(ballots_of(asked)) == 1


# ---- refusals, each after the same call was accepted ----


def test_one_who_is_not_asked_finds_nothing(cabinet, minister, asked):
    assert minister.ask_paper(asked).status_code == 200
    stranger = cabinet.browser("kiemtoan")
    body = {"choice": "agree", "opinion": "", "key_id": minister.key_id, "follows": 0}
    assert stranger.post(f"/consultations/{asked}/paper", json=body).status_code == 403
    elsewhere = minister.browser.post(f"/consultations/{asked + 1}/paper", json=body)
    assert elsewhere.status_code == 404


def test_after_the_end_no_answer_is_taken_and_the_attempt_is_kept(minister, asked):
    minister.cast(asked, "agree")
    paper = minister.paper(asked, "disagree")
    minister.cabinet.wait(days=4)
    minister.browser.sign_in(minister.name)
    late = minister.send(asked, paper["pending"], minister.sign(paper["attrs"]))
    assert (late.status_code, late.json["reason"]) == (409, "ended")
    assert [each.reason for each in attempts()] == ["ended"]
    assert minister.ask_paper(asked).json["reason"] == "ended"


def test_another_keys_signature_is_rejected(minister, asked):
    paper = minister.paper(asked)
    stranger = ec.generate_private_key(ec.SECP256R1())
    wrong = minister.send(asked, paper["pending"], minister.sign(paper["attrs"], stranger))
    assert (wrong.status_code, wrong.json["reason"]) == (422, "mismatch")
    assert not ballots_of(asked)
    assert not attempts()
    right = minister.send(asked, paper["pending"], minister.sign(paper["attrs"]))
    assert right.status_code == 201


def test_a_signature_with_one_byte_changed_is_rejected(minister, asked):
    paper = minister.paper(asked)
    signature = minister.sign(paper["attrs"])
    for place in (0, 31, 32, 63):
        changed = bytearray(signature)
        changed[place] ^= 1
        assert minister.send(asked, paper["pending"], bytes(changed)).status_code == 422
    assert minister.send(asked, paper["pending"], signature[:-1]).status_code == 422
    assert minister.send(asked, paper["pending"], signature).status_code == 201


def test_the_signature_of_another_ballot_is_rejected(minister, asked):
    one, other = minister.paper(asked, "agree"), minister.paper(asked, "disagree")
    crossed = minister.send(asked, other["pending"], minister.sign(one["attrs"]))
    assert (crossed.status_code, crossed.json["reason"]) == (422, "mismatch")
    assert minister.send(asked, one["pending"], minister.sign(one["attrs"])).status_code == 201


def test_another_members_ballot_paper_cannot_be_signed(cabinet, minister, asked):
    other = Member(cabinet, "botruong.taichinh")
    paper = minister.paper(asked)
    taken = other.send(asked, paper["pending"], other.sign(paper["attrs"]))
    assert (taken.status_code, taken.json["reason"]) == (409, "paper_gone")
    assert minister.send(asked, paper["pending"], minister.sign(paper["attrs"])).status_code == 201


def test_a_key_revoked_after_the_paper_was_made_no_longer_casts(cabinet, minister, asked):
    minister.cast(asked, "agree")
    paper = minister.paper(asked, "disagree")
    devices.revoke_device(cabinet.actor(minister.name), minister.device)
    refused = minister.send(asked, paper["pending"], minister.sign(paper["attrs"]))
    assert (refused.status_code, refused.json["reason"]) == (409, "key_revoked")
    assert [each.reason for each in attempts()] == ["key_revoked"]


def test_a_key_that_still_waits_cannot_sign(cabinet, asked):
    waiting = Member(cabinet, "botruong.yte", Settings(key_waiting_hours=24))
    refused = waiting.ask_paper(asked)
    assert (refused.status_code, refused.json["reason"]) == (409, "key_waiting")
    cabinet.wait(hours=24)
    waiting.browser.sign_in(waiting.name)
    assert waiting.ask_paper(asked).status_code == 200


def test_another_members_key_is_unknown_here(cabinet, minister, asked):
    other = Member(cabinet, "botruong.taichinh")
    assert other.ask_paper(asked).status_code == 200
    other.key_id = minister.key_id
    assert other.ask_paper(asked).json["reason"] == "key_unknown"


@pytest.mark.parametrize("choice", ["agree_comments", "other_opinion"])
def test_an_opinion_is_needed_where_the_choice_says_so(minister, asked, choice):
    assert minister.ask_paper(asked, choice, "Điều 4.").status_code == 200
    refused = minister.ask_paper(asked, choice, "")
    assert (refused.status_code, refused.json["reason"]) == (409, "opinion_missing")


def test_the_code_is_asked_for_again_after_five_minutes(minister, asked):
    paper = minister.paper(asked)
    signature = minister.sign(paper["attrs"])
    minister.cabinet.wait(minutes=6)
    refused = minister.send(asked, paper["pending"], signature)
    assert (refused.status_code, refused.json["code"]) == (403, "step_up_needed")
    code = minister.browser.code()
    assert minister.browser.post("/step-up", {"code": code}).status_code < 400
    assert minister.send(asked, paper["pending"], signature).status_code == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("choice", "deemed_agree"),
        ("choice", None),
        ("opinion", "a\u200bb"),
        ("opinion", "e\u0302"),
        ("opinion", " x"),
        ("follows", True),
        ("follows", "1"),
        ("key_id", "xyz"),
    ],
)
def test_a_misspelt_field_is_named(minister, asked, field, value):
    body = {"choice": "agree", "opinion": "", "key_id": minister.key_id}
    body["follows"] = minister.follows(asked)
    path = f"/consultations/{asked}/paper"
    assert minister.browser.post(path, json=body).status_code == 200
    refused = minister.browser.post(path, json=body | {field: value})
    assert (refused.status_code, refused.json["field"]) == (400, field)


def test_nothing_that_is_sent_says_whose_answer_it_is(cabinet, minister, asked):
    other = cabinet.ids["botruong.xaydung"]
    paper = minister.paper(asked)
    body = {"pending": paper["pending"], "key": secrets.token_hex(16)}
    body["signature"] = base64.b64encode(minister.sign(paper["attrs"])).decode()
    path = f"/consultations/{asked}/ballots"
    for name in ID_LIKE:
        in_the_body = minister.browser.post(path, json=body | {name: other})
        assert in_the_body.json["code"] == "not_asked_for", name
        in_the_address = minister.browser.post(f"{path}?{name}={other}", json=body)
        assert in_the_address.json["code"] == "not_asked_for", name
    assert ballots_of(asked) == []
    said = {f"X-{name.replace('_', '-')}": str(other) for name in ID_LIKE}
    minister.browser.client.set_cookie("user_id", str(other))
    assert minister.browser.post(path, json=body, headers=said).status_code == 201
    (ballot,) = ballots_of(asked)
    assert ballot.person_id == cabinet.ids["botruong.yte"]


def test_what_a_member_types_is_printed_and_never_read_as_markup(minister, asked):
    opinion = "<b>Điều 4</b> & <img src='http://x/'> <para>\n" + "Một ý kiến dài. " * 400
    receipt = minister.cast(asked, "other_opinion", opinion.strip())
    pdf = minister.browser.get(f"/ballots/by-key/{receipt['key']}/file").data
    from io import BytesIO

    from pypdf import PdfReader

    pages = PdfReader(BytesIO(pdf)).pages
    assert len(pages) > 1
    assert (
        "<b>Điều 4</b> & <img src='http://x/'>" in pages[0].extract_text() + pages[1].extract_text()
    )


def test_the_office_sees_who_has_answered_and_not_what(cabinet, minister, asked):
    minister.cast(asked, "disagree")
    page = cabinet.browser("thuky").get(f"/consultations/{asked}").get_data(as_text=True)
    assert "1/5" in page
    # Where an answer on paper is entered every choice stands.
    answers = page.split("Nhập phiếu giấy của một thành viên")[0]
    assert "Không đồng ý" not in answers


def test_the_member_is_told_that_a_ballot_was_kept_in_their_name(cabinet, minister, asked):
    from ecabinet import outbox

    minister.cast(asked)
    with reading() as db:
        kinds = [each.kind for each in outbox.inbox(db, cabinet.ids[minister.name])]
    assert kinds[0] == "ballot_kept"


def test_every_leaf_of_a_refused_attempt_is_in_the_log(minister, asked):
    one, other = minister.paper(asked), minister.paper(asked, "disagree")
    minister.send(asked, one["pending"], minister.sign(one["attrs"]))
    minister.send(asked, other["pending"], minister.sign(other["attrs"]))
    (attempt,) = attempts()
    with reading() as db:
        leaf = signing.canonical.decode(ledger.envelope(db, attempt.leaf))
    assert leaf["type"] == "ballot_refused"


def test_a_paper_is_base64_of_a_pdf_that_names_the_statement(minister, asked):
    paper = minister.paper(asked, "disagree")
    assert base64.b64decode(paper["pdf"]).startswith(b"%PDF-1.")
    statement = signing.read(paper["statement"].encode())
    assert statement.consultation == asked
    assert statement.choice == "disagree"
    assert statement.member == minister.cabinet.ids[minister.name]
