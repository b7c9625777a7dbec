"""BAL-05: a paper is replaced while a question about it is open; nothing is voided silently."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from ballots import bundle, queries
from ballots.models import Attempt, Consultation
from ballots.rules import Position
from ballots.service import remind, stamp
from ballots.service.close import close
from ecabinet import approvals, bundles, canonical, forms, outbox, verifier
from ecabinet.db import reading
from tests.ballots import builders
from tests.ballots.builders import Member, ballots_of
from tests.ballots.test_bundle import Files, change_leaf, failed, of_type, rezip
from tests.builders import Cabinet

JSON = {"Accept": "application/json"}


@pytest.fixture
def asked(cabinet: Cabinet) -> int:
    return builders.an_open_consultation(cabinet)


def question(consultation_id: int) -> Consultation:
    with reading() as db:
        row = db.get_one(Consultation, consultation_id)
        _ = row.papers, row.asked
        return row


def replace(cabinet: Cabinet, consultation_id: int, words: str = "Điều 1. Phạm vi mới.") -> None:
    """By two people, as any paper that was handed out."""
    paper = question(consultation_id).papers[0].paper_id
    head = forms.Head("", "Chính phủ", "Số: /NĐ-CP", "Hà Nội")
    content = forms.document("Dự thảo", head, [forms.paragraph(forms.text(words))])
    body = {"file": (io.BytesIO(content), "ban-2.pdf"), "reason": "Sửa phạm vi."}
    secretary, leader = cabinet.browser("thuky"), cabinet.browser("lanhdaovp")
    asked = secretary.post(f"/papers/{paper}/replacements", body, headers=JSON)
    assert asked.json is not None, asked.data
    path = asked.json["location"]
    with reading() as db:
        number = int(path.rsplit("/", 1)[1])
        request = approvals.request_to_read(db, cabinet.actor("lanhdaovp"), number)
    done = leader.post(f"{path}/confirm", {"digest": request.digest}, headers=JSON)
    assert done.status_code == 200, done.data


def kinds(cabinet: Cabinet, name: str) -> list[str]:
    with reading() as db:
        return [each.kind for each in outbox.inbox(db, cabinet.ids[name])]


def position(cabinet: Cabinet, consultation_id: int, name: str) -> str:
    with reading() as db:
        result = queries.result_of(db, consultation_id)
        assert result is not None
        (found,) = [x for x in result.standings if x.person_id == cabinet.ids[name]]
        return str(found.position)


def test_every_member_is_asked_again_about_the_new_paper_and_has_two_working_days(
    cabinet: Cabinet, asked: int
) -> None:
    before = question(asked)
    # The last of two working days: Wednesday, and then the end of Friday.
    cabinet.wait(days=2, hours=1)
    replace(cabinet, asked)
    after = question(asked)
    assert (before.version, after.version) == (1, 2)
    assert [each.edition_number for each in after.papers] == [2]
    assert before.due_at is not None
    assert after.due_at is not None
    assert (after.due_at - before.due_at).days == 2
    assert "consultation_asked_again" in kinds(cabinet, "botruong.yte")
    page = cabinet.browser("botruong.yte").get(f"/consultations/{asked}").text
    assert "Được hỏi lại từ" in page
    assert "bản 1 thành bản 2" in page
    assert f"/editions/{after.papers[0].edition_id}/changes" in page


def test_an_end_that_leaves_time_enough_stays(cabinet: Cabinet) -> None:
    asked = builders.an_open_consultation(cabinet, window_days=5)
    before = question(asked).due_at
    replace(cabinet, asked)
    assert question(asked).due_at == before


def test_an_earlier_ballot_is_kept_and_shown_and_waits_to_be_given_again(
    cabinet: Cabinet, asked: int
) -> None:
    minister = Member(cabinet, "botruong.yte")
    first = minister.cast(asked, "agree")
    replace(cabinet, asked)
    page = minister.browser.get(f"/consultations/{asked}").text
    assert "được lưu, không được tính" in page
    assert "Cho ý kiến lại" in page
    receipt = minister.browser.get(f"/ballots/by-key/{first['key']}").text
    assert "Tài liệu đã được thay sau phiếu này" in receipt
    duties = minister.browser.get("/").text
    assert f"/consultations/{asked}/answer" in duties
    office = cabinet.browser("thuky").get(f"/consultations/{asked}").text
    assert "đã trả lời trước khi thay tài liệu" in office
    assert '<span class="num">0/5</span>' in office
    second = minister.cast(asked, "disagree")
    assert [each.leaf for each in ballots_of(asked)] == [first["position"], second["position"]]
    assert f"/consultations/{asked}/answer" not in minister.browser.get("/").text
    cabinet.wait(days=9)
    close(asked)
    assert position(cabinet, asked, "botruong.yte") == Position.DISAGREE


def test_an_answer_about_the_old_paper_is_refused_with_what_to_do(
    cabinet: Cabinet, asked: int
) -> None:
    minister = Member(cabinet, "botruong.yte")
    signed = minister.paper(asked, "disagree")
    seen = minister.follows(asked)
    replace(cabinet, asked)
    # A page that was open before, and a paper that was made ready on it.
    late = minister.ask_paper(asked, "disagree", follows=seen)
    sent = minister.send(asked, signed["pending"], minister.sign(signed["attrs"]))
    for refused in (late, sent):
        assert refused.json is not None
        assert (refused.status_code, refused.json["reason"]) == (409, "papers_replaced")
        assert "trả lời theo bản mới" in refused.json["message"]
    with reading() as db:
        assert [each.reason for each in db.query(Attempt)] == ["papers_replaced"]
    minister.cast(asked, "agree")
    assert len(ballots_of(asked)) == 1


def test_whoever_had_answered_and_is_silent_since_is_never_deemed_to_agree(
    cabinet: Cabinet, asked: int
) -> None:
    minister, told, forgotten = (
        Member(cabinet, name) for name in ("botruong.yte", "botruong.taichinh", "botruong.xaydung")
    )
    minister.cast(asked, "disagree")
    for each in (told, forgotten):
        each.open_page(asked)
    replace(cabinet, asked)
    for each in (minister, told):
        each.open_page(asked)
    cabinet.wait(days=9)
    close(asked)
    assert position(cabinet, asked, "botruong.yte") == Position.SILENT
    assert position(cabinet, asked, "botruong.taichinh") == Position.DEEMED_AGREE
    # Told of the old paper alone.
    assert position(cabinet, asked, "botruong.xaydung") == Position.NOT_REACHED


def test_who_is_asked_again_is_reminded_again(cabinet: Cabinet, asked: int) -> None:
    minister = Member(cabinet, "botruong.yte")
    cabinet.wait(days=2)
    remind.remind(asked)
    minister.browser.sign_in(minister.name)
    minister.cast(asked, "agree")
    replace(cabinet, asked)
    cabinet.wait(days=2)
    remind.remind(asked)
    assert kinds(cabinet, "botruong.yte").count("consultation_last_day") == 2


def test_what_has_ended_is_not_asked_again(cabinet: Cabinet, asked: int) -> None:
    cabinet.wait(days=4)
    replace(cabinet, asked)
    assert question(asked).version == 1
    close(asked)
    replace(cabinet, asked, "Điều 1. Phạm vi khác nữa.")
    assert question(asked).version == 1


# ---- the bundle ----


@pytest.fixture
def exported(cabinet: Cabinet, asked: int, tmp_path: Path) -> tuple[Files, dict[str, Any]]:
    """One member answers before and after; one before alone; one is deemed to agree."""
    twice, once = Member(cabinet, "botruong.yte"), Member(cabinet, "pttg1")
    deemed = Member(cabinet, "botruong.taichinh")
    twice.cast(asked, "agree")
    once.cast(asked, "agree")
    replace(cabinet, asked)
    twice.cast(asked, "disagree")
    deemed.open_page(asked)
    cabinet.wait(days=9)
    close(asked)
    return taken_out(asked, tmp_path)


def taken_out(consultation: int, folder: Path) -> tuple[Files, dict[str, Any]]:
    """The files of a bundle, and the keys to hold it against."""
    stamp.stamp_what_waits()
    with reading() as db:
        bundle.write(db, consultation, folder / "bundle.zip")
        keys = bundles.trusted(db)
    return verifier.open_bundle(folder / "bundle.zip"), keys


def test_the_bundle_is_sound_and_what_voids_a_ballot_silently_is_found(
    exported: tuple[Files, dict[str, Any]], tmp_path: Path
) -> None:
    files, keys = exported

    def found(change: Any) -> set[str]:
        changed = dict(files)
        change(changed)
        return failed(rezip(tmp_path / "forged.zip", changed), keys)

    assert found(lambda _: None) == set()
    assert len([name for name in files if name.startswith("papers/")]) == 2
    assert "V24" in found(forget_to_ask_again)
    assert "V24" in found(lambda it: change_leaf(it, verifier.AGAIN, consultation_version=3))
    assert "V17" in found(
        lambda it: change_leaf(it, verifier.AGAIN, due_at="2020-01-01T00:00:00.000Z")
    )
    assert "V16" in found(lambda it: change_leaf(it, verifier.AGAIN, papers=[]))
    assert "V05" in found(count_the_earlier_ballot)
    late = "2100-01-01T00:00:00.000Z"
    assert "V20" in found(lambda it: change_leaf(it, verifier.AGAIN, at=late))


def forget_to_ask_again(files: Files) -> None:
    lines = files["ledger/leaves.txt"].decode().splitlines()
    (position,) = of_type(files, verifier.AGAIN)
    lines[position] = lines[position].split(" ")[0]
    files["ledger/leaves.txt"] = ("\n".join(lines) + "\n").encode()


def count_the_earlier_ballot(files: Files) -> None:
    body = json.loads(files["consultation.json"])
    ballots = of_type(files, verifier.BALLOT)
    silent = next(each for each in body["standings"] if each["office"].startswith("Phó"))
    silent.update(position="agree", leaf=ballots[1])
    files["consultation.json"] = verifier._written(body).encode()


def test_a_paper_replaced_between_end_and_closing_was_asked_about_as_it_was(
    cabinet: Cabinet, tmp_path: Path
) -> None:
    asked = builders.an_open_consultation(cabinet)
    Member(cabinet, "botruong.yte").cast(asked)
    stamp.stamp_what_waits()
    cabinet.wait(days=4)
    replace(cabinet, asked)
    assert question(asked).state == "open", "closed by nobody yet"
    close(asked)
    with reading() as db:
        bundle.write(db, asked, tmp_path / "bundle.zip")
        trusted = bundles.trusted(db)
    assert failed(tmp_path / "bundle.zip", trusted) == set()
    # Said of a moment before the end it is what nobody was asked about again.
    files = verifier.open_bundle(tmp_path / "bundle.zip")
    change_leaf(files, "edition_published", at=canonical.moment(builders.MONDAY))
    assert "V24" in failed(rezip(tmp_path / "forged.zip", files), trusted)


def test_a_paper_of_another_question_may_be_the_same_file(cabinet: Cabinet, tmp_path: Path) -> None:
    asked, other = (builders.an_open_consultation(cabinet) for _ in range(2))
    assert question(asked).papers[0].digest == question(other).papers[0].digest
    Member(cabinet, "botruong.yte").cast(asked)
    replace(cabinet, other)
    stamp.stamp_what_waits()
    cabinet.wait(days=4)
    close(asked)
    with reading() as db:
        bundle.write(db, asked, tmp_path / "bundle.zip")
        trusted = bundles.trusted(db)
        (paper,) = [each.paper_id for each in question(asked).papers]
    assert failed(tmp_path / "bundle.zip", trusted) == set()
    files = verifier.open_bundle(tmp_path / "bundle.zip")
    change_leaf(files, "edition_published", paper=paper)
    assert "V24" in failed(rezip(tmp_path / "forged.zip", files), trusted)
