"""What an adviser proposes: to their own member alone, sealed as an answer is, and never cast."""

import pytest
from sqlalchemy import select

from ballots import queries, rules, signing
from ballots.models import Consultation, Proposal
from ballots.rules import BallotRefusal, Choice
from ballots.service import advise
from ballots.signing import Between, Proposed
from ecabinet import answers, keys, outbox
from ecabinet.access import Permission
from ecabinet.db import reading
from ecabinet.errors import Forbidden, NotFound, Refused
from people import queries as people
from people.service import mandates
from tests.ballots.builders import Member, an_open_consultation
from tests.ballots.test_asked_again import replace
from tests.builders import Cabinet

MINISTER, ADVISER, OTHER = "botruong.yte", "canbo.yte", "canbo.taichinh"
SAID = "Đề nghị lùi thời điểm áp dụng thêm 12 tháng."
JSON = {"Accept": "application/json"}


@pytest.fixture
def asked(cabinet: Cabinet) -> int:
    """Open, and passed by a minister to one adviser."""
    consultation = an_open_consultation(cabinet)
    give(cabinet, consultation, MINISTER, ADVISER)
    return consultation


def give(cabinet: Cabinet, consultation: int, member: str, adviser: str) -> None:
    advise.name_adviser(cabinet.actor(member), consultation, cabinet.ids[adviser], None, "")


def propose(
    cabinet: Cabinet, consultation: int, choice: str = "agree_comments", opinion: str = SAID,
    adviser: str = ADVISER, member: str = MINISTER,
) -> None:  # fmt: skip
    answer = Proposed(Choice(choice), opinion)
    advise.propose(cabinet.actor(adviser), consultation, cabinet.ids[member], answer)


def seen_by(cabinet: Cabinet, consultation: int, name: str) -> list[queries.ProposedAnswer]:
    with reading() as db:
        row = db.get_one(Consultation, consultation)
        return queries.proposals_to(db, row, cabinet.ids[name])


def duties(cabinet: Cabinet, name: str) -> list[str]:
    with reading() as db:
        return [each.kind for each in queries.duties(db, cabinet.actor(name))]


@pytest.mark.parametrize(
    ("is_open", "has_ended", "choice", "opinion", "refusal"),
    [
        (True, False, Choice.AGREE, "", None),
        (True, False, Choice.DISAGREE, "", None),
        (True, False, Choice.OTHER_OPINION, SAID, None),
        (True, False, Choice.OTHER_OPINION, " ", BallotRefusal.OPINION_MISSING),
        (True, False, Choice.AGREE_COMMENTS, "", BallotRefusal.OPINION_MISSING),
        (True, True, Choice.AGREE, "", BallotRefusal.ENDED),
        (False, False, Choice.AGREE, "", BallotRefusal.NOT_OPEN),
    ],
)
def test_what_could_not_be_signed_is_not_proposed(
    is_open: bool, has_ended: bool, choice: Choice, opinion: str, refusal: BallotRefusal | None
) -> None:
    assert rules.proposal_refusal(is_open, has_ended, choice, opinion) is refusal


def test_a_proposal_stands_beside_the_members_form_and_not_in_it(
    cabinet: Cabinet, asked: int
) -> None:
    member = Member(cabinet, MINISTER)
    assert "consultation_to_advise_on" in duties(cabinet, ADVISER)
    form = {"person": cabinet.ids[MINISTER], "choice": "agree_comments", "opinion": SAID}
    answer = cabinet.browser(ADVISER).post(f"/consultations/{asked}/proposals", data=form)
    assert answer.status_code == 303
    assert "consultation_to_advise_on" not in duties(cabinet, ADVISER)
    with reading() as db:
        told = [each.kind for each in outbox.inbox(db, cabinet.ids[MINISTER])]
    assert "answer_proposed" in told
    page = member.browser.get(f"/consultations/{asked}/answer").text
    assert SAID in page
    assert "Đề xuất của tham mưu" in page
    assert "checked" not in page
    assert f">{SAID}</textarea>" not in page
    # Only what the member signs is a ballot.
    with reading() as db:
        assert queries.answered_count(db, asked) == 0
    member.cast(asked, "disagree")
    with reading() as db:
        assert queries.answered_count(db, asked) == 1


def test_nobody_else_reads_it_before_the_closing_or_after(cabinet: Cabinet, asked: int) -> None:
    propose(cabinet, asked)
    for other in ("thutuong", "botruong.taichinh", "lanhdaovp", "thuky", "kiemtoan"):
        browser = cabinet.browser(other)
        for path in (f"/consultations/{asked}", f"/consultations/{asked}/answer", "/activity"):
            assert SAID not in browser.get(path).text, (other, path)
        assert seen_by(cabinet, asked, other) == []
    cabinet.wait(days=9)
    for other in ("thutuong", "lanhdaovp", "kiemtoan"):
        assert SAID not in cabinet.browser(other).get(f"/consultations/{asked}").text


def test_its_row_tells_as_little_as_a_ballots(cabinet: Cabinet, asked: int) -> None:
    give(cabinet, asked, "botruong.taichinh", OTHER)
    propose(cabinet, asked)
    propose(cabinet, asked, "agree", "", OTHER, "botruong.taichinh")
    with reading() as db:
        rows = list(db.scalars(select(Proposal)))
    assert len({len(each.sealed) for each in rows}) == 1
    (row,) = (each for each in rows if each.member_id == cabinet.ids[MINISTER])
    assert SAID.encode() not in row.sealed
    key = keys.store().read(signing.key_name(asked))
    theirs = Between(asked, cabinet.ids["botruong.taichinh"], row.adviser_id)
    with pytest.raises(answers.Unsealable):
        signing.unseal_proposal(key, theirs, row.sealed)


def test_an_adviser_proposes_to_their_own_member_and_casts_for_nobody(
    cabinet: Cabinet, asked: int
) -> None:
    for member in ("thutuong", "botruong.taichinh"):
        with pytest.raises(NotFound):
            propose(cabinet, asked, member=member)
    for other in ("thuky", "lanhdaovp", MINISTER, OTHER):
        with pytest.raises((Forbidden, NotFound)):
            propose(cabinet, asked, adviser=other)
    assert not cabinet.actor(ADVISER).may(Permission.BALLOT_CAST)
    sent = {"choice": "agree", "opinion": "", "key_id": "0" * 64, "follows": 1}
    paper = cabinet.browser(ADVISER).post(f"/consultations/{asked}/paper", json=sent)
    assert (paper.status_code, paper.json["code"]) == (403, "not_delegable")


def test_one_adviser_of_two_members_proposes_to_each_apart(cabinet: Cabinet, asked: int) -> None:
    both = ("thutuong", "pttg1")
    for name in both:
        give(cabinet, asked, name, "chuyenvien")
    propose(cabinet, asked, adviser="chuyenvien", member="thutuong")
    propose(cabinet, asked, "disagree", "", "chuyenvien", "pttg1")
    ((premier,), (deputy,)) = (seen_by(cabinet, asked, name) for name in both)
    assert (premier.choice, premier.opinion) == (Choice.AGREE_COMMENTS, SAID)
    assert (deputy.choice, deputy.opinion) == (Choice.DISAGREE, "")
    page = cabinet.browser("chuyenvien").get(f"/consultations/{asked}").text
    assert page.count('name="choice" value="agree"') == 2


def test_the_last_proposal_takes_the_place_of_the_one_before(cabinet: Cabinet, asked: int) -> None:
    propose(cabinet, asked)
    cabinet.wait(minutes=5)
    propose(cabinet, asked, "agree", "")
    (only,) = seen_by(cabinet, asked, MINISTER)
    assert (only.choice, only.opinion) == (Choice.AGREE, "")


def test_a_proposal_about_a_paper_that_was_replaced_says_so(cabinet: Cabinet, asked: int) -> None:
    propose(cabinet, asked)
    replace(cabinet, asked)
    (old,) = seen_by(cabinet, asked, MINISTER)
    assert not old.is_of_now
    assert "consultation_to_advise_on" in duties(cabinet, ADVISER)
    page = cabinet.browser(MINISTER).get(f"/consultations/{asked}/answer").text
    assert "Theo tài liệu trước khi thay" in page
    propose(cabinet, asked)
    (new,) = seen_by(cabinet, asked, MINISTER)
    assert new.is_of_now


def test_a_mandate_that_is_over_proposes_nothing_more_and_what_was_said_stays(
    cabinet: Cabinet, asked: int
) -> None:
    propose(cabinet, asked)
    with reading() as db:
        (given,) = people.mandates_given_to(db, cabinet.ids[ADVISER])
    mandates.end(cabinet.actor(MINISTER), given.id)
    with pytest.raises((Forbidden, NotFound)):
        propose(cabinet, asked, "agree", "")
    (said,) = seen_by(cabinet, asked, MINISTER)
    assert said.choice is Choice.AGREE_COMMENTS


def test_nothing_is_proposed_once_it_is_over(cabinet: Cabinet, asked: int) -> None:
    cabinet.wait(days=4)
    with pytest.raises((Forbidden, NotFound, Refused)):
        propose(cabinet, asked)


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"choice": "perhaps", "opinion": ""}, 400),
        ({"opinion": SAID}, 400),
        ({"choice": "other_opinion", "opinion": ""}, 409),
        ({"choice": "agree", "opinion": "x" * 20_001}, 400),
    ],
)
def test_bad_input_is_answered_and_nothing_kept(
    cabinet: Cabinet, asked: int, form: dict[str, str], status: int
) -> None:
    browser = cabinet.browser(ADVISER)
    sent = form | {"person": str(cabinet.ids[MINISTER])}
    answer = browser.post(f"/consultations/{asked}/proposals", data=sent, headers=JSON)
    assert answer.status_code == status, answer.text
    assert seen_by(cabinet, asked, MINISTER) == []
