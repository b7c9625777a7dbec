"""An end that two people move: with a reason, told to everybody, and never past what its rules
allow without the Prime Minister (rulebook: the life of a consultation, windows)."""

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from ballots import rules
from ballots.rules import ConsultationRefusal, NewEnd
from ballots.service import close, remind, window
from documents import queries as documents
from ecabinet import ledger, outbox, verifier
from ecabinet.calendar import Calendar
from ecabinet.db import reading
from ecabinet.errors import Forbidden, NotFound, Refused, Stale
from tests.ballots.builders import Member, an_open_consultation
from tests.ballots.test_asked_again import position, replace, taken_out
from tests.ballots.test_bundle import Files, change_leaf, failed, rezip
from tests.ballots.test_withdrawn import confirm, the
from tests.builders import Cabinet

REASON = "Hai bộ cần thêm thời gian đối chiếu số liệu."
# Asked on Monday 30 November with two working days: it ends on Wednesday at 24:00.
TUESDAY, WEDNESDAY, FRIDAY, SATURDAY = (date(2026, 12, day) for day in (1, 2, 4, 5))
MONDAY_AFTER, TUESDAY_AFTER = date(2026, 12, 7), date(2026, 12, 8)
CALENDAR = Calendar()
DEEMED, NEVER_DEEMED = "Được coi là đồng ý và chịu trách nhiệm", "Không được coi là đồng ý."
JSON = {"Accept": "application/json"}


@pytest.fixture
def asked(cabinet: Cabinet) -> int:
    return an_open_consultation(cabinet)


def end_of(day: date) -> datetime:
    return CALENDAR.end_of(day)


def ask(cabinet: Cabinet, consultation: int, day: date, who: str = "lanhdaovp") -> int:
    return window.ask_to_move_end(cabinet.actor(who), consultation, end_of(day), REASON)


def kinds(cabinet: Cabinet, name: str) -> list[str]:
    with reading() as db:
        return [each.kind for each in outbox.inbox(db, cabinet.ids[name])]


NOON = datetime.fromisoformat("2026-11-30T05:00:00+00:00")


@pytest.mark.parametrize(
    ("is_open", "now", "day", "refusal"),
    [
        (True, NOON, FRIDAY, None),
        (True, NOON, TUESDAY, None),
        (True, NOON, WEDNESDAY, ConsultationRefusal.SAME_END),
        (True, NOON, date(2026, 11, 30), ConsultationRefusal.END_TOO_SOON),
        (True, NOON, date(2026, 11, 27), ConsultationRefusal.END_TOO_SOON),
        (True, NOON, SATURDAY, ConsultationRefusal.DAY_OFF),
        (True, end_of(WEDNESDAY), FRIDAY, ConsultationRefusal.ENDED),
        (False, NOON, FRIDAY, ConsultationRefusal.NOT_OPEN),
    ],
)
def test_where_an_end_may_be_moved(
    is_open: bool, now: datetime, day: date, refusal: ConsultationRefusal | None
) -> None:
    end = NewEnd(end_of(WEDNESDAY), end_of(day))
    assert rules.new_end_refusal(is_open, end, now, CALENDAR) is refusal


@pytest.mark.parametrize(
    ("rule_set", "day", "is_beyond"),
    [
        ("nd-191-2026", TUESDAY, True),
        ("nd-191-2026", WEDNESDAY, False),
        ("nd-191-2026", MONDAY_AFTER, False),
        ("nd-191-2026", TUESDAY_AFTER, True),
        ("nd-39-2022", TUESDAY, False),
        ("nd-39-2022", TUESDAY_AFTER, False),
    ],
)
def test_what_is_beyond_the_limits_of_a_set(rule_set: str, day: date, is_beyond: bool) -> None:
    found = rules.is_beyond_limits(rules.rule_set(rule_set), NOON, end_of(day), CALENDAR)
    assert found is is_beyond


def test_two_people_extend_and_what_comes_by_the_new_end_counts(
    cabinet: Cabinet, asked: int
) -> None:
    early, late = Member(cabinet, "botruong.yte"), Member(cabinet, "botruong.xaydung")
    early.cast(asked, "disagree")
    request = ask(cabinet, asked, FRIDAY)
    assert the(asked).due_at == end_of(WEDNESDAY)
    confirm(cabinet, request)
    assert the(asked).due_at == end_of(FRIDAY)
    cabinet.wait(days=3)
    late.browser.sign_in(late.name)
    late.cast(asked, "disagree")
    cabinet.wait(days=2)
    close.close(asked)
    assert position(cabinet, asked, "botruong.yte") == "disagree"
    assert position(cabinet, asked, "botruong.xaydung") == "disagree"
    with reading() as db:
        (leaf,) = ledger.entries(db, "consultation_extended", 0).values()
        (closed,) = ledger.entries(db, "consultation_closed", 0).values()
    two = (leaf["asked_by"], leaf["confirmed_by"])
    assert two == (cabinet.ids["lanhdaovp"], cabinet.ids["thutuong"])
    assert closed["due_at"] == leaf["due_at"]
    assert REASON not in str(leaf)


def test_everybody_is_told_and_sees_both_ends(cabinet: Cabinet, asked: int) -> None:
    confirm(cabinet, ask(cabinet, asked, FRIDAY))
    for name in ("botruong.yte", "thutuong", "chuyenvien", "lanhdaovp"):
        assert "consultation_extended" in kinds(cabinet, name)
    page = cabinet.browser("botruong.yte").get(f"/consultations/{asked}").text
    days = '<span class="num">4</span> ngày làm việc'
    for words in ("24:00, 04/12/2026", "24:00, 02/12/2026", REASON, days):
        assert words in page
    with reading() as db:
        story = [each.kind for each in documents.story(db, the(asked).dossier_id)]
    assert "consultation_extended" in story


def test_of_another_end_a_member_is_reminded_anew(cabinet: Cabinet, asked: int) -> None:
    cabinet.wait(days=2)
    remind.remind(asked)
    confirm(cabinet, ask(cabinet, asked, FRIDAY))
    cabinet.wait(days=2)
    remind.remind(asked)
    remind.remind(asked)
    assert kinds(cabinet, "botruong.yte").count("consultation_last_day") == 2


def test_beyond_the_limits_the_prime_minister_is_one_of_the_two(
    cabinet: Cabinet, asked: int
) -> None:
    request = ask(cabinet, asked, TUESDAY_AFTER)
    with pytest.raises((Forbidden, NotFound)):
        confirm(cabinet, request, "chuyenvien")
    confirm(cabinet, request, "thutuong")
    assert the(asked).due_at == end_of(TUESDAY_AFTER)
    confirm(cabinet, ask(cabinet, asked, date(2026, 12, 9), "thutuong"), "lanhdaovp")
    assert the(asked).due_at == end_of(date(2026, 12, 9))


def test_a_shorter_window_than_the_set_allows_deems_nobody_to_agree(
    cabinet: Cabinet, asked: int
) -> None:
    silent = Member(cabinet, "botruong.yte")
    silent.open_page(asked)
    assert DEEMED in silent.browser.get(f"/consultations/{asked}").text
    # The Prime Minister's own silence never is, whatever the window.
    premier = cabinet.browser("thutuong").get(f"/consultations/{asked}").text
    assert (DEEMED in premier, NEVER_DEEMED in premier) == (False, True)
    confirm(cabinet, ask(cabinet, asked, TUESDAY))
    page = silent.browser.get(f"/consultations/{asked}").text
    assert (DEEMED in page, NEVER_DEEMED in page) == (False, True)
    assert '<span class="num">1</span> ngày làm việc' in page
    assert "consultation_shortened" in kinds(cabinet, "botruong.yte")
    cabinet.wait(days=2)
    close.close(asked)
    assert position(cabinet, asked, "botruong.yte") == "silent"


def test_an_extended_window_deems_who_was_told_at_the_first(cabinet: Cabinet, asked: int) -> None:
    silent = Member(cabinet, "botruong.yte")
    silent.open_page(asked)
    confirm(cabinet, ask(cabinet, asked, FRIDAY))
    cabinet.wait(days=5)
    close.close(asked)
    assert position(cabinet, asked, "botruong.yte") == "deemed_agree"


def test_what_has_changed_meanwhile_was_not_agreed_to(cabinet: Cabinet, asked: int) -> None:
    request = ask(cabinet, asked, FRIDAY)
    replace(cabinet, asked)
    with pytest.raises(Stale):
        confirm(cabinet, request)


def test_what_has_ended_is_not_opened_again(cabinet: Cabinet, asked: int) -> None:
    request = ask(cabinet, asked, FRIDAY)
    cabinet.wait(days=3)
    with pytest.raises(Refused) as refused:
        confirm(cabinet, request)
    assert refused.value.reason is ConsultationRefusal.ENDED


@pytest.mark.parametrize("who", ["thuky", "chuyenvien", "botruong.yte", "kiemtoan", "quantri"])
def test_nobody_else_asks_for_it(cabinet: Cabinet, asked: int, who: str) -> None:
    with pytest.raises((Forbidden, NotFound)):
        ask(cabinet, asked, FRIDAY, who)


@pytest.mark.parametrize(
    ("last", "status"), [("31/02/2026", 400), ("", 400), ("05/12/2026", 409), ("02/12/2026", 409)]
)
def test_a_day_that_cannot_be_is_answered(
    cabinet: Cabinet, asked: int, last: str, status: int
) -> None:
    form = {"last": last, "reason": REASON}
    path = f"/consultations/{asked}/ends"
    answer = cabinet.browser("lanhdaovp").post(path, data=form, headers=JSON)
    assert answer.status_code == status, answer.text


def test_the_page_asks_for_it_and_says_that_it_waits(cabinet: Cabinet, asked: int) -> None:
    leader, path = cabinet.browser("lanhdaovp"), f"/consultations/{asked}"
    assert 'data-open="move-end"' in leader.get(path).text
    form = {"last": "04/12/2026", "reason": REASON}
    assert leader.post(f"{path}/ends", data=form).status_code == 303
    page = leader.get(path).text
    assert "chờ người thứ hai xác nhận" in page
    assert 'data-open="move-end"' not in page
    (request,) = re.findall(r"/approvals/\d+", page)
    shown = cabinet.browser("thutuong").get(request).text
    for words in ("24:00, 02/12/2026", "24:00, 04/12/2026", REASON):
        assert words in shown
    assert "move-end" not in cabinet.browser("botruong.yte").get(path).text


# ---- the bundle ----


@pytest.fixture
def exported(cabinet: Cabinet, asked: int, tmp_path: Path) -> tuple[Files, dict[str, Any]]:
    confirm(cabinet, ask(cabinet, asked, FRIDAY))
    Member(cabinet, "botruong.yte").cast(asked, "agree")
    confirm(cabinet, ask(cabinet, asked, date(2026, 12, 3)))
    cabinet.wait(days=5)
    close.close(asked)
    return taken_out(asked, tmp_path)


def test_the_bundle_is_sound_and_an_end_that_was_moved_otherwise_is_found(
    exported: tuple[Files, dict[str, Any]], tmp_path: Path
) -> None:
    files, keys = exported

    def found(kind: str = "", **values: Any) -> set[str]:
        changed = dict(files)
        if kind:
            change_leaf(changed, kind, **values)
        return failed(rezip(tmp_path / "forged.zip", changed), keys)

    far, long_ago = "2100-01-01T00:00:00.000Z", "2020-01-01T00:00:00.000Z"
    assert found() == set()
    assert "V17" in found(verifier.EXTENDED, due_at=far)
    assert "V17" in found(verifier.EXTENDED, was_due_at=long_ago)
    assert "V17" in found(verifier.EXTENDED, due_at=long_ago)
    assert "V17" in found(verifier.SHORTENED, due_at=far)
    assert "V17" in found(verifier.SHORTENED, due_at=long_ago)
    assert "V09" in found(verifier.SHORTENED, asked_by=1, confirmed_by=1)
    assert "V03" in found(verifier.SHORTENED, consultation=99)
