"""The first page: what waits for whom, most urgent first."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from ecabinet import clock
from ecabinet.db import reading
from ecabinet.duties import Duty
from ecabinet.home import queries
from ecabinet.room_words import ROOMS
from meetings.service import conduct
from tasks import service
from tasks.rules import Step
from tests.builders import PEOPLE, Browser, Cabinet
from tests.documents.builders import dossier, papers, pdf
from tests.home.builders import kinds_said, template
from tests.meetings.builders import planned
from tests.tasks.builders import assign, take


def page(browser: Browser, path: str = "/") -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def rows(shown: str) -> list[tuple[str, str]]:
    """Where each row leads, and the verb on its button."""
    return re.findall(r'</div><a class="btn" href="([^"]+)">([^<]+)</a></li>', shown)


@pytest.mark.parametrize("username", PEOPLE)
def test_everybody_who_has_nothing_to_do_is_told_so(cabinet: Cabinet, username: str) -> None:
    shown = page(cabinet.browser(username))
    assert "Không có việc nào đang chờ Ông/Bà" in shown
    assert rows(shown) == []


def test_at_most_five_rows_stand_there_and_the_most_urgent_is_the_first(cabinet: Cabinet) -> None:
    due = [9, 4, 30, None, 2, 7, 12]
    made = {days: assign(cabinet, days=days) for days in due}
    browser = cabinet.browser("canbo.yte")
    assert rows(page(browser)) == [
        (f"/tasks/{made[days]}", "Tiếp nhận") for days in (2, 4, 7, 9, 12)
    ]
    assert 'href="/duties"' in page(browser)
    assert [path for path, _verb in rows(page(browser, "/duties"))] == [
        f"/tasks/{made[days]}" for days in (2, 4, 7, 9, 12, 30, None)
    ]


def test_a_row_says_who_asks_and_by_when_and_how_late_it_is(cabinet: Cabinet) -> None:
    assign(cabinet, by="thutuong", days=4)
    browser = cabinet.browser("canbo.yte")
    shown = page(browser)
    assert "Thủ tướng Chính phủ giao" in shown
    assert "Quá hạn" not in shown
    cabinet.wait(days=7)
    browser = cabinet.browser("canbo.yte")
    assert '<span class="late">Quá hạn 3 ngày</span>' in page(browser)
    assert "3 days overdue" in page(browser, "/?lang=en")


def test_a_session_says_who_calls_for_it(cabinet: Cabinet) -> None:
    session = planned(cabinet)
    session.convene()
    shown = page(cabinet.browser("botruong.yte"))
    assert "Thủ tướng Chính phủ chủ trì · họp lúc" in shown
    assert re.search("Phòng họp số 1 · Thủ tướng Chính phủ chủ trì", shown)
    conduct.open_session(cabinet.actor("thutuong"), session.id)
    shown = page(cabinet.browser("botruong.yte"), "/duties")
    assert "Thủ tướng Chính phủ chủ trì · phiên họp đang diễn ra" in shown


@pytest.mark.parametrize(
    ("left", "mark"),
    [
        (timedelta(days=3, minutes=1), "waiting"),
        (timedelta(days=1, hours=16), "soon"),
        (timedelta(minutes=1), "soon"),
        (timedelta(), "overdue"),
    ],
)
def test_what_is_due_within_three_days_is_due_soon(left: timedelta, mark: str) -> None:
    now = datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert Duty("ballot_to_cast", "Phiếu", "/consultations/1", now + left).urgency(now) == mark


def test_what_is_due_soon_is_so_on_the_first_page_and_among_the_tasks(cabinet: Cabinet) -> None:
    for days in range(9):
        assign(cabinet, days=days)
    with reading() as db:
        found = queries.duties(db, cabinet.actor("canbo.yte"))
        now = clock.now(db)
    marked = [(each.urgency(now) == "soon", each.facts["status"] == "due_soon") for each in found]
    assert {mark for mark, _ in marked} == {True, False}
    assert all(mark == status for mark, status in marked), marked


def test_each_finds_their_own_part_of_the_same_matter(cabinet: Cabinet) -> None:
    task_id = assign(cabinet, by="thutuong", days=1)
    path = f"/tasks/{task_id}"
    found = {name: rows(page(cabinet.browser(name))) for name in PEOPLE}
    assert found.pop("canbo.yte") == [(path, "Tiếp nhận")]
    assert not any(found.values())
    take(Step.ACCEPT, cabinet.actor("canbo.yte"), task_id)
    cabinet.wait(days=2)
    assert rows(page(cabinet.browser("botruong.yte"))) == [(path, "Xem nhiệm vụ")]
    service.report(cabinet.actor("canbo.yte"), task_id, "Đã trình")
    assert rows(page(cabinet.browser("thutuong"))) == [(path, "Xác nhận")]
    assert rows(page(cabinet.browser("canbo.yte"))) == []


def test_the_bar_counts_what_waits(cabinet: Cabinet) -> None:
    assign(cabinet)
    assign(cabinet)
    shown = page(cabinet.browser("canbo.yte"))
    assert shown.count('<span class="nav__n">2</span>') == 2, "two tasks, two messages"
    # Where there is no room for the navigation, the bell stands in the bar.
    assert shown.count('<span class="bell__n">2</span>') == 1
    other = page(cabinet.browser("canbo.taichinh"))
    assert 'class="nav__n"' not in other
    assert 'class="bell__n"' not in other


def test_all_places_are_reached_in_a_narrow_window(cabinet: Cabinet) -> None:
    """From below, from the bell of the bar, or from the menu of one's account."""
    for username in ("quantri", "lanhdaovp", "kiemtoan"):
        shown = page(cabinet.browser(username))
        wide = shown.partition('class="nav"')[2].partition("</nav>")[0]
        narrow = shown.partition('class="tabs"')[2].partition("</nav>")[0]
        narrow += "".join(re.findall(r"<a [^>]*(?:only-narrow|menu__a--narrow)[^>]*>", shown))
        links = re.compile(r'<a [^>]*href="([^"]+)"')
        assert len(links.findall(wide)) > 5
        assert sorted(links.findall(narrow)) == sorted(links.findall(wide)), username
    tabs = page(cabinet.browser("quantri")).partition('class="tabs"')[2]
    assert "/exchange/deliveries" in tabs


def test_the_pages_of_persons_lead_to_each_other(cabinet: Cabinet) -> None:
    for path in ("/persons", "/members", "/approvals"):
        shown = cabinet.browser("quantri").get(path).text
        assert f'<a class="btn" href="{path}" aria-current="page">' in shown
    assert "/persons" not in cabinet.browser("botruong.yte").get("/members").text


def test_columns_of_papers_and_sessions_stand_for_those_who_read_and_meet(
    cabinet: Cabinet,
) -> None:
    for username, both in (
        ("botruong.yte", True), ("thuky", True), ("kiemtoan", True), ("canbo.yte", False),
        ("quantri", False),
    ):  # fmt: skip
        shown = page(cabinet.browser(username))
        assert ("Tài liệu mới" in shown) is both, username
        assert ("Sắp tới" in shown) is both, username


def test_a_new_paper_keeps_its_vietnamese_name_on_an_english_page(cabinet: Cabinet) -> None:
    made = dossier(cabinet, pdf())
    shown = page(cabinet.browser("thuky"), "/?lang=en")
    assert "New papers" in shown
    assert f'<span lang="vi">{papers(made)[0].title}</span></a>' in shown
    assert '<span lang="vi">Hồ sơ thử</span>' in shown


def test_a_duty_without_words_costs_its_words_and_not_the_page(
    cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = [Duty("nobody_knows_this", "Việc lạ", "/dossiers")]
    monkeypatch.setattr(queries.tasks, "duties", lambda _db, _actor: unknown)
    assert rows(page(cabinet.browser("thuky"))) == [("/dossiers", "Mở")]


@pytest.mark.parametrize("room", ROOMS)
def test_every_kind_of_message_and_of_duty_has_its_rooms_words(room: str) -> None:
    """A kind without words shows as "new message": it is to fail here, not there."""
    words = template(room).read_text() if template(room).exists() else ""
    for kind in kinds_said(room):
        assert f'"{kind}"' in words, f"templates/{room}/_messages.html: {kind}"


def test_the_order_of_urgency_is_one_for_all_rooms(
    cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch
) -> None:
    assign(cabinet, days=5)
    assign(cabinet, days=1)
    undated = [Duty("device_pending", "Khóa ký", "/devices/pending")]
    # The first room asked has what is least urgent.
    monkeypatch.setattr(queries.people, "duties", lambda _db, _actor: undated)
    with reading() as db:
        due = [each.due_at for each in queries.duties(db, cabinet.actor("canbo.yte"))]
    dated = [each for each in due if each]
    assert len(dated) == 2
    assert due == [*sorted(dated), None]
