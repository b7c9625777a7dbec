"""Which classes of signature count is frozen at the opening; a ballot of another is never silence
and never its choice, and whoever has to act is told (BAL-04, security.md 3.3)."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from ballots import jobs, queries
from ballots.bundle import write
from ballots.models import Consultation, Result
from ballots.service.close import close
from ecabinet import bundles, ledger, outbox, settings, verifier
from ecabinet.db import reading
from ecabinet.settings import Settings
from tests.ballots.builders import Member, an_open_consultation
from tests.ballots.test_bundle import Files, act_in, change_json, rezip
from tests.ballots.test_each_check import change as put_act
from tests.ballots.test_each_check import seal
from tests.builders import Cabinet

MINISTER, SILENT = "botruong.yte", "botruong.taichinh"
OFFICIAL = ("official-duty",)
WAITS = "Đã trả lời, chờ ký chính thức"
OPINION = "Đề nghị bổ sung điều khoản chuyển tiếp."


@pytest.fixture
def asked(cabinet: Cabinet) -> int:
    return an_open_consultation(cabinet, classes=OFFICIAL)


def kinds(cabinet: Cabinet, username: str) -> list[str]:
    with reading() as db:
        return [each.kind for each in outbox.inbox(db, cabinet.ids[username])]


def page(cabinet: Cabinet, username: str, path: str) -> str:
    return str(cabinet.browser(username).get(path).text)


def test_the_classes_that_count_are_frozen_at_the_opening_and_logged(
    cabinet: Cabinet, asked: int
) -> None:
    with reading() as db:
        consultation = db.get_one(Consultation, asked)
        assert consultation.signature_classes == ["official-duty"]
        (act,) = ledger.entries(db, "consultation_opened", -1).values()
    assert act["signature_classes"] == ["official-duty"]


def test_the_setting_names_known_classes_and_at_least_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().signature_classes == ("device", "token", "official-duty")
    monkeypatch.setenv("ECABINET_SIGNATURE_CLASSES", "official-duty, token")
    assert settings.from_environment().signature_classes == ("official-duty", "token")
    for wrong in ("drawn", " "):
        monkeypatch.setenv("ECABINET_SIGNATURE_CLASSES", wrong)
        with pytest.raises(settings.SettingRefused, match="ECABINET_SIGNATURE_CLASSES"):
            settings.from_environment()


def test_a_ballot_by_a_device_key_is_kept_and_everybody_sees_what_is_left_to_do(
    cabinet: Cabinet, asked: int
) -> None:
    receipt = Member(cabinet, MINISTER).cast(asked, "disagree")
    assert "chờ ký chính thức" in page(cabinet, MINISTER, f"/consultations/{asked}")
    assert "Đã trả lời, chờ ký chính thức." in page(
        cabinet, MINISTER, f"/ballots/by-key/{receipt['key']}"
    )
    assert "Ký chính thức" in page(cabinet, MINISTER, "/")
    assert "ballot_awaits" in kinds(cabinet, MINISTER)
    assert "ballot_kept" not in kinds(cabinet, MINISTER)
    assert "answer_unofficial" in kinds(cabinet, "thuky")
    staff = page(cabinet, "thuky", f"/consultations/{asked}")
    assert "đã trả lời, chờ ký chính thức" in staff
    assert "Mời ký lại bằng chữ ký số chuyên dùng công vụ" in staff
    assert "Không đồng ý" not in page(cabinet, "thuky", "/inbox")


def test_who_waits_to_sign_officially_is_reminded_and_who_does_not_is_not(
    cabinet: Cabinet,
) -> None:
    asked = an_open_consultation(cabinet, 5, OFFICIAL)
    Member(cabinet, MINISTER).cast(asked)
    cabinet.wait(days=4, hours=22)
    jobs.remind_the_silent()
    said = page(cabinet, MINISTER, "/inbox")
    assert "còn phải ký chính thức thì phiếu mới được tính" in said
    assert "còn phải ký chính thức" not in page(cabinet, SILENT, "/inbox")


def closed(cabinet: Cabinet, asked: int) -> Result:
    cabinet.wait(days=4)
    close(asked)
    with reading() as db:
        result = queries.result_of(db, asked)
        assert result is not None
        assert [each.position for each in result.standings]
        return result


def positions(cabinet: Cabinet, result: Result) -> dict[str, str]:
    names = {number: name for name, number in cabinet.ids.items()}
    return {names[each.person_id]: str(each.position) for each in result.standings}


def test_at_the_closing_it_is_neither_silence_nor_its_choice_and_the_result_says_so(
    cabinet: Cabinet, asked: int
) -> None:
    member, silent = Member(cabinet, MINISTER), Member(cabinet, SILENT)
    member.cast(asked, "agree_comments", OPINION)
    silent.open_page(asked)
    result = closed(cabinet, asked)
    stood = positions(cabinet, result)
    assert stood[MINISTER] == "awaits_official"
    # Whoever has only a key that does not count could not have answered by one that does.
    assert stood[SILENT] == "not_reached"
    tally = result.tally()
    assert (tally.awaiting, tally.agree_comments, tally.deemed) == (1, 0, 0)
    assert "1 thành viên đã trả lời, chờ ký chính thức (chưa tính)" in result.sentence
    shown = page(cabinet, "thuky", f"/consultations/{asked}")
    assert WAITS in shown
    assert "khóa của thiết bị" in shown
    assert "trên phiếu ghi: Đồng ý, có góp ý" in shown
    table = page(cabinet, "thuky", f"/consultations/{asked}/opinions")
    assert WAITS in table
    sheet = cabinet.browser("thuky").get(f"/consultations/{asked}/result.pdf").data
    pages = PdfReader(io.BytesIO(sheet)).pages
    words = " ".join("".join(each.extract_text() for each in pages).split())
    assert WAITS in words
    assert "Loại chữ ký được tính: chuyên dùng công vụ" in words
    csv = cabinet.browser("thuky").get(f"/consultations/{asked}/opinions.csv").text
    assert "Khóa của thiết bị" in csv


def test_where_device_keys_count_nothing_waits_and_each_ballot_names_its_class(
    cabinet: Cabinet,
) -> None:
    asked = an_open_consultation(cabinet)
    member = Member(cabinet, MINISTER)
    member.cast(asked, "disagree")
    assert "chờ ký chính thức" not in page(cabinet, MINISTER, f"/consultations/{asked}")
    result = closed(cabinet, asked)
    assert positions(cabinet, result)[MINISTER] == "disagree"
    assert result.tally().awaiting == 0


def exported(cabinet: Cabinet, asked: int, folder: Path) -> tuple[Path, dict[str, Any]]:
    Member(cabinet, MINISTER).cast(asked, "disagree")
    closed(cabinet, asked)
    with reading() as db:
        write(db, asked, folder / "bundle.zip")
        return folder / "bundle.zip", bundles.trusted(db)


def count_its_choice(files: Files) -> None:
    """The closing has made a no of a ballot that nobody has signed officially."""

    def stand(it: dict[str, Any]) -> None:
        for each in it["standings"]:
            if each["position"] == "awaits_official":
                each["position"] = "disagree"
        it["result"]["counts"] |= {"awaiting": 0, "disagree": 1}
        standings = verifier._written({"standings": it["standings"]}).encode()
        counts = act_in(files, "consultation_result")["counts"] | it["result"]["counts"]
        put_act(files, "consultation_result", counts=counts,
                standings_sha256=verifier.digest(standings))  # fmt: skip

    change_json(files, "consultation.json", stand)


def say_other_classes(files: Files) -> None:
    change_json(files, "consultation.json", lambda it: it.update(signature_classes=["device"]))


def log_other_classes(files: Files) -> None:
    say_other_classes(files)
    put_act(files, "consultation_opened", signature_classes=["device"])


def log_no_classes(files: Files) -> None:
    change_json(files, "consultation.json", lambda it: it.update(signature_classes=[]))
    put_act(files, "consultation_opened", signature_classes=[])


@pytest.mark.parametrize(
    ("tamper", "checks"),
    [
        (count_its_choice, {"V05", "V26"}), (say_other_classes, {"V37"}),
        (log_other_classes, {"V05"}), (log_no_classes, {"V37"}),
    ],
)  # fmt: skip
def test_a_ballot_that_is_counted_against_the_opening_is_found(
    cabinet: Cabinet, asked: int, tmp_path: Path, tamper: Callable[[Files], None], checks: set[str]
) -> None:
    path, keys = exported(cabinet, asked, tmp_path)
    sound = verifier.verify(path, keys)
    assert {each.check for each in sound.findings} == {"V10"}
    files = verifier.open_bundle(path)
    tamper(files)
    seal(files, ledger.signing_key(), ledger.closing_key(), None)
    findings = verifier.verify(rezip(tmp_path / "forged.zip", files), keys).findings
    assert {each.check for each in findings} - {"V10"} == checks
