"""Who was told of a consultation, who is reminded of it, and what the Office sees of that."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from ballots import jobs, rules
from ballots.rules import Reminder
from ecabinet import deliveries, outbox
from ecabinet.calendar import Calendar
from ecabinet.db import reading
from tests.ballots import builders
from tests.ballots.builders import MEMBERS, Member
from tests.exchange.builders import (
    MAIL,
    MINISTER,
    PHONE,
    Channel,
    all_deliveries,
    give_address,
    mail_server,
    send_by,
)

HANOI = Calendar()


def kinds(cabinet, name):
    with reading() as db:
        return [each.kind for each in outbox.inbox(db, cabinet.ids[name])]


def local(text):
    return datetime.fromisoformat(f"2026-{text}+07:00").astimezone(UTC)


# ---- reminders ----


@pytest.mark.parametrize(
    ("now", "reminder"),
    [
        # Opened on Monday the 30th, five working days end on Monday the 7th at 24:00.
        ("11-30T09:00", None),
        ("12-04T23:59", None),
        ("12-05T00:00", Reminder.ENDS_SOON),
        ("12-06T12:00", Reminder.ENDS_SOON),
        ("12-07T07:59", None),
        ("12-07T08:00", Reminder.LAST_DAY),
        ("12-07T23:59", Reminder.LAST_DAY),
        ("12-08T00:00", None),
    ],
)
def test_a_member_is_reminded_three_days_before_the_end_and_on_the_last_morning(now, reminder):
    opened = local("11-30T09:00")
    assert rules.reminder_due(opened, HANOI.due(opened, 5), local(now), HANOI) is reminder


@pytest.mark.parametrize("now", ["11-30T09:00", "11-30T20:00", "12-01T09:00"])
def test_a_short_window_is_not_reminded_of_what_was_just_opened(now):
    opened = local("11-30T08:00")
    due = HANOI.due(opened, 2)
    assert rules.reminder_due(opened, due, local(now), HANOI) is None
    assert rules.reminder_due(opened, due, due - timedelta(hours=2), HANOI) is Reminder.LAST_DAY


def test_only_who_is_silent_is_reminded_and_each_once(cabinet):
    asked = builders.an_open_consultation(cabinet, 5)
    Member(cabinet, MINISTER).cast(asked)
    Member(cabinet, "pttg1")
    assert jobs.remind_the_silent() == 0
    cabinet.wait(days=4, hours=22)
    assert jobs.remind_the_silent() == 1
    assert jobs.remind_the_silent() == 0
    told = {name: kinds(cabinet, name).count("consultation_ends_soon") for name in MEMBERS}
    assert told == dict.fromkeys(MEMBERS, 1) | {MINISTER: 0}
    cabinet.wait(days=2, hours=6)
    assert jobs.remind_the_silent() == 1
    assert kinds(cabinet, "pttg1")[0] == "consultation_last_day"
    assert "consultation_last_day" not in kinds(cabinet, MINISTER)
    # Whoever has no key that can sign is told so, while it can be mended.
    able, unable = (cabinet.browser(name).get("/inbox").text for name in ("pttg1", "thutuong"))
    assert "xem thiết bị còn ký được không" in able
    assert "chưa có khóa ký dùng được" not in able
    assert "chưa có khóa ký dùng được" in unable
    assert "xem thiết bị còn ký được không" not in unable


def test_a_reminder_goes_out_by_every_channel(cabinet):
    give_address(cabinet)
    builders.an_open_consultation(cabinet, 5)
    cabinet.wait(days=5)
    jobs.remind_the_silent()
    assert [each.kind for each in all_deliveries()] == [
        "consultation_opened", "consultation_ends_soon",
    ]  # fmt: skip


def test_a_cast_in_ones_name_is_told_by_another_channel_within_a_minute_at_any_hour(cabinet):
    """BAL-09; the quiet hours of its member do not hold it."""
    member = Member(cabinet, MINISTER)
    give_address(cabinet)
    asked = builders.an_open_consultation(cabinet)
    builders.set_clock(local("11-30T23:30"))
    member.browser = cabinet.browser(MINISTER)
    member.cast(asked)
    deliveries.send_what_waits()
    (told,) = [each for each in all_deliveries() if each.kind == "ballot_kept"]
    assert told.accepted_at is not None
    assert told.accepted_at - told.made_at < timedelta(seconds=60)


# ---- what the Office sees ----


def rows(page):
    """Of each member's row its office and what stands beside it, as plain words."""
    found = re.findall(r'<tr><th scope="row"[^>]*>([^<]+)</th>(<td.*?)</tr>', page)
    return {office: " ".join(re.sub(r"<[^>]+>", " ", said).split()) for office, said in found}


def test_the_office_sees_who_was_told_by_what_why_not_and_what_to_do(cabinet):
    for name in ("botruong.yte", "botruong.taichinh", "pttg1", "botruong.xaydung"):
        Member(cabinet, name)
    give_address(cabinet, "botruong.yte")
    give_address(cabinet, "botruong.taichinh", Channel.EMAIL, "gone@cabinet.example")
    give_address(cabinet, "pttg1", Channel.SMS, PHONE)
    with mail_server() as server:
        server.says = {"gone@cabinet.example": "550 no such user"}
        asked = builders.an_open_consultation(cabinet)
        send_by(server.settings(env="production", base_url="https://x.vn", secret_key="k" * 32,
                                smtp_host="localhost", proxies="::1"))  # fmt: skip
    page = cabinet.browser("thuky").get(f"/consultations/{asked}").text
    seen = rows(page)
    assert "đã báo thư: máy chủ nhận lúc" in seen["Bộ trưởng Bộ Y tế"]
    assert "Gọi điện" not in seen["Bộ trưởng Bộ Y tế"]
    refused = seen["Bộ trưởng Bộ Tài chính"]
    assert "thư: không gửi được, nơi nhận bị từ chối (550)" in refused
    assert "Gọi điện, và mời xác nhận nơi nhận" in refused
    assert "đang báo SMS: đang gửi" in seen["Phó Thủ tướng Chính phủ"]
    assert "chưa có nơi nhận" in seen["Bộ trưởng Bộ Xây dựng"]
    assert "phiếu giấy" in seen["Thủ tướng Chính phủ"], "has no key"
    assert re.search(r"Chưa báo được <span[^>]*>3</span>", page)
    assert MAIL not in page
    assert PHONE not in page


def test_once_the_minimum_window_is_gone_the_office_is_told_that_it_is_too_late(cabinet):
    Member(cabinet, MINISTER)
    asked = builders.an_open_consultation(cabinet)
    path = f"/consultations/{asked}"
    assert "Gọi điện, và" in rows(cabinet.browser("thuky").get(path).text)["Bộ trưởng Bộ Y tế"]
    cabinet.wait(hours=15, minutes=1)
    late = rows(cabinet.browser("thuky").get(path).text)["Bộ trưởng Bộ Y tế"]
    assert "Đã muộn để im lặng được coi là đồng ý" in late
    cabinet.browser(MINISTER).get(path)
    opened = rows(cabinet.browser("thuky").get(path).text)["Bộ trưởng Bộ Y tế"]
    assert "đã mở lúc" in opened
    assert "Báo muộn" in opened


def test_a_member_sees_nothing_of_how_others_were_told(cabinet):
    Member(cabinet, MINISTER)
    asked = builders.an_open_consultation(cabinet)
    assert "nơi nhận" in cabinet.browser("thuky").get(f"/consultations/{asked}").text
    page = cabinet.browser(MINISTER).get(f"/consultations/{asked}").text
    assert rows(page) == {}
