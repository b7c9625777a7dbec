"""Ballots by a key that was renewed, and by one that has run out; their bundle shows who made
which key (AUTH-09, BAL-04)."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from ballots import jobs
from ballots.bundle import write
from ballots.models import Attempt
from ecabinet import bundles, ledger, outbox, verifier
from ecabinet.db import reading
from ecabinet.settings import Settings
from people.service import devices
from people.service.devices import RENEWAL
from tests.ballots.builders import Member, an_open_consultation, signed_in
from tests.ballots.test_bundle import Files, act_in, change_json, of_type, rezip
from tests.ballots.test_each_check import change as put_act
from tests.ballots.test_each_check import seal
from tests.builders import Cabinet
from tests.people.builders import new_key, request_of
from tests.people.test_renewing import in64, signed

MINISTER = "botruong.yte"
ENDS_SOON = Settings(key_waiting_hours=0, key_days=8)


def renew(member: Member) -> None:
    new = new_key()
    csr, actor = request_of(new), signed_in(member)
    by = signed(member.key, RENEWAL + csr)
    devices.renew_device(actor, csr, member.key_id, by, ENDS_SOON)
    (member.key_id,) = member.browser.get("/devices/mine.json").get_json()["active"]
    member.key = new


def test_a_key_that_has_run_out_neither_prepares_nor_casts_and_the_attempt_is_kept(
    cabinet: Cabinet,
) -> None:
    consultation = an_open_consultation(cabinet, 5)
    member = Member(cabinet, MINISTER, Settings(key_waiting_hours=0, key_days=1))
    paper = member.paper(consultation)
    cabinet.wait(days=1)
    member.browser = cabinet.browser(MINISTER)
    refused = member.send(consultation, paper["pending"], member.sign(paper["attrs"]))
    assert (refused.status_code, refused.json["reason"]) == (409, "key_expired")
    with reading() as db:
        assert [each.reason for each in db.scalars(select(Attempt))] == ["key_expired"]
    refused = member.ask_paper(consultation)
    assert (refused.status_code, refused.json["reason"]) == (409, "key_expired")
    assert "đăng ký khóa mới và gặp thư ký" in refused.json["message"]


def test_the_page_of_a_question_that_ends_soon_asks_the_device(cabinet: Cabinet) -> None:
    consultation = an_open_consultation(cabinet, 5)
    path = f"/consultations/{consultation}/answer"
    assert "data-device" not in cabinet.browser(MINISTER).get(path).text
    cabinet.wait(days=4, hours=22)
    assert "data-device" in cabinet.browser(MINISTER).get(path).text


def test_staff_are_told_who_has_no_device_that_can_sign_once_each_time(cabinet: Cabinet) -> None:
    Member(cabinet, "pttg1")
    consultation = an_open_consultation(cabinet, 5)
    answers = Member(cabinet, MINISTER)
    answers.cast(consultation)
    # It runs out before the reminder, and its owner has answered: they need no other.
    cabinet.wait(days=4, hours=22)
    for _ in range(2):
        jobs.remind_the_silent()
    with reading() as db:
        told = [each for each in outbox.inbox(db, cabinet.ids["thuky"])
                if each.kind == "cannot_sign"]  # fmt: skip
    (message,) = told
    offices = str(message.facts["offices"])
    assert "Bộ trưởng Bộ Tài chính" in offices
    assert "Bộ trưởng Bộ Y tế" not in offices
    assert "Phó Thủ tướng" not in offices
    assert "Chưa có thiết bị nào ký được" in cabinet.browser("thuky").get("/inbox").text


def exported(cabinet: Cabinet, folder: Path) -> tuple[Path, dict[str, Any]]:
    """Cast by a key, which is renewed twice, and cast again by the last one."""
    consultation = an_open_consultation(cabinet, 2)
    member = Member(cabinet, MINISTER, ENDS_SOON)
    member.cast(consultation, "disagree")
    renew(member)
    renew(member)
    member.cast(consultation, "agree")
    cabinet.wait(days=16)
    assert jobs.close_what_ended() == 1
    with reading() as db:
        write(db, consultation, folder / "bundle.zip")
        return folder / "bundle.zip", bundles.trusted(db)


def found(path: Path, keys: dict[str, Any]) -> set[str]:
    # Stamps are test_bundle's: nobody fetched any here.
    return {each.check for each in verifier.verify(path, keys).findings} - {"V10"}


def files_of(path: Path) -> Files:
    return verifier.open_bundle(path)


def renewal_name(files: Files) -> str:
    return f"renewals/{of_type(files, 'key_renewed')[0]}.json"


def by_a_stranger(files: Files) -> None:
    """Whoever holds the log writes a renewal that the member's key never signed."""
    record = json.loads(files[renewal_name(files)])
    request = base64.b64decode(record["request"])
    forged = signed(new_key(), RENEWAL + request)
    change_json(files, renewal_name(files), lambda it: it.update(signature=in64(forged)))
    put_act(files, "key_renewed", signature_sha256=verifier.digest(forged))


def other_request(files: Files) -> None:
    request = request_of(new_key())
    change_json(files, renewal_name(files), lambda it: it.update(request=in64(request)))
    put_act(files, "key_renewed", request_sha256=verifier.digest(request))


def without_its_record(files: Files) -> None:
    del files[renewal_name(files)]


def by_no_key(files: Files) -> None:
    put_act(files, "key_renewed", renews="ab" * 32)


def after_its_end(files: Files) -> None:
    put_act(files, "key_renewed", usable_from="2100-01-01T00:00:00+00:00")


def for_another(files: Files) -> None:
    put_act(files, "key_enrolled", member=act_in(files, "consultation_result")["position"])


@pytest.mark.parametrize(
    ("tamper", "checks"),
    [
        (by_a_stranger, {"V36"}), (other_request, {"V36"}), (without_its_record, {"V36"}),
        (by_no_key, {"V36"}), (after_its_end, {"V36"}), (for_another, {"V22", "V36"}),
    ],
)  # fmt: skip
def test_a_renewal_that_the_earlier_key_never_signed_is_found(
    cabinet: Cabinet, tmp_path: Path, tamper: Callable[[Files], None], checks: set[str]
) -> None:
    path, keys = exported(cabinet, tmp_path)
    assert found(path, keys) == set()
    files = files_of(path)
    tamper(files)
    seal(files, ledger.signing_key(), ledger.closing_key(), None)
    assert found(rezip(tmp_path / "forged.zip", files), keys) == checks


def test_a_renewal_that_is_hidden_is_found_by_the_closing(cabinet: Cabinet, tmp_path: Path) -> None:
    path, keys = exported(cabinet, tmp_path)
    files = files_of(path)
    lines = files["ledger/leaves.txt"].decode().splitlines()
    at = of_type(files, "key_renewed")[0]
    lines[at] = lines[at].split(" ")[0]
    files["ledger/leaves.txt"] = ("\n".join(lines) + "\n").encode()
    del files[f"renewals/{at}.json"]
    assert {"V22", "V36"} <= found(rezip(tmp_path / "forged.zip", files), keys)
