"""The inbox: one's own messages, by day, until they are read."""

import re
from datetime import timedelta

from ecabinet import outbox
from ecabinet.db import reading, transaction
from tasks.rules import State, Step
from tests.builders import Browser, Cabinet
from tests.home.builders import template
from tests.tasks.builders import TEXT, assign, take


def page(browser: Browser, path: str = "/inbox") -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def messages(shown: str) -> list[tuple[int, bool]]:
    """The id of each row, and whether it is unread."""
    found = re.findall(r'<li class="row( row--new)?">.*?href="/inbox/(\d+)"', shown, re.DOTALL)
    return [(int(number), bool(new)) for new, number in found]


def unread(cabinet: Cabinet, username: str) -> int:
    with reading() as db:
        return outbox.unread(db, cabinet.ids[username])


def test_a_message_says_what_happened_and_opens_where_it_is_dealt_with(cabinet: Cabinet) -> None:
    task_id = assign(cabinet, by="thutuong")
    browser = cabinet.browser("canbo.yte")
    shown = page(browser)
    assert f"Thủ tướng Chính phủ giao nhiệm vụ {task_id}: {TEXT}" in shown
    ((number, new),) = messages(shown)
    assert new
    answer = browser.get(f"/inbox/{number}")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/tasks/{task_id}")
    assert messages(page(browser)) == [(number, False)]
    assert unread(cabinet, "canbo.yte") == 0


def test_messages_stand_by_day_with_the_newest_first(cabinet: Cabinet) -> None:
    assign(cabinet)
    cabinet.wait(days=1)
    assign(cabinet)
    assign(cabinet)
    browser = cabinet.browser("canbo.yte")
    shown = page(browser)
    assert [number for number, _new in messages(shown)] == [3, 2, 1]
    assert re.findall(r'<h2 class="h3">([^<]+)</h2>', shown)[0] == "Hôm nay"
    assert len(re.findall(r'<h2 class="h3">', shown)) == 2


def test_each_day_stands_once_however_messages_were_numbered(cabinet: Cabinet) -> None:
    """The clock was put forward and back, or two servers numbered their messages."""
    for _ in range(3):
        assign(cabinet)
    with transaction() as db:
        first, second = db.get_one(outbox.Message, 1), db.get_one(outbox.Message, 2)
        first.at, second.at = second.at, first.at - timedelta(days=1)
    browser = cabinet.browser("canbo.yte")
    shown = page(browser)
    assert [number for number, _new in messages(shown)] == [3, 1, 2]
    assert len(re.findall(r'<h2 class="h3">', shown)) == 2
    # What is marked is all that was shown, whichever stands first.
    (newest,) = re.findall(r'name="newest" value="(\d+)"', shown)
    with transaction() as db:
        db.get_one(outbox.Message, 3).at -= timedelta(days=3)
    assert newest == "3" == re.findall(r'name="newest" value="(\d+)"', page(browser))[0]


def test_another_persons_message_does_not_exist(cabinet: Cabinet) -> None:
    assign(cabinet)
    stranger = cabinet.browser("canbo.taichinh")
    assert messages(page(stranger)) == []
    ((number, _new),) = messages(page(cabinet.browser("canbo.yte")))
    assert stranger.get(f"/inbox/{number}").status_code == 404
    assert stranger.post("/inbox/read", {"newest": number}).status_code == 303
    with transaction() as db:
        outbox.mark_read(db, cabinet.ids["canbo.taichinh"], [number])
    assert unread(cabinet, "canbo.yte") == 1
    assert cabinet.browser("canbo.yte").get(f"/inbox/{number}").status_code == 303


def test_all_that_was_shown_is_marked_read_and_what_came_since_is_not(cabinet: Cabinet) -> None:
    assign(cabinet)
    assign(cabinet)
    browser = cabinet.browser("canbo.yte")
    newest = messages(page(browser))[0][0]
    assign(cabinet)
    assert browser.post("/inbox/read", {"newest": newest}).status_code == 303
    assert [new for _number, new in messages(page(browser))] == [True, False, False]


def test_a_message_leads_only_into_this_house(cabinet: Cabinet) -> None:
    with transaction() as db:
        outbox.notify(db, cabinet.ids["thuky"], "device_asked", "//evil.example/x", who="Ai đó")
    browser = cabinet.browser("thuky")
    ((number, _new),) = messages(page(browser))
    assert browser.get(f"/inbox/{number}").headers["Location"] == "/"


def test_a_message_without_words_does_not_cost_the_page(cabinet: Cabinet) -> None:
    with transaction() as db:
        outbox.notify(db, cabinet.ids["thuky"], "nobody_knows_this", "/dossiers")
    assert "Có thông báo mới" in page(cabinet.browser("thuky"))


def test_every_step_of_a_task_has_words_for_its_receiver(cabinet: Cabinet) -> None:
    words = template("tasks").read_text()
    for state in State:
        assert f'"task_{state.value}"' in words, state
    task_id = assign(cabinet, coordinating=("taichinh",))
    staff, office = cabinet.actor("canbo.yte"), cabinet.actor("chuyenvien")
    for step, who in (
        (Step.ACCEPT, staff), (Step.UPDATE, staff), (Step.REPORT, staff), (Step.RETURN, office),
        (Step.REPORT, staff), (Step.CONFIRM, office),
    ):  # fmt: skip
        take(step, who, task_id)
    for username in ("canbo.yte", "canbo.taichinh", "chuyenvien"):
        for language in ("vi", "en"):
            shown = page(cabinet.browser(username), f"/inbox?lang={language}")
            assert messages(shown)
            assert "Có thông báo mới" not in shown
            assert "There is a new message" not in shown


def test_words_are_in_the_language_of_each_reader_in_turn(cabinet: Cabinet) -> None:
    """A template that is loaded once must not keep its first reader's language."""
    task_id = assign(cabinet)
    browser = cabinet.browser("canbo.yte")
    assert browser.post(f"/tasks/{task_id}/accept").status_code == 303
    for language, said in (("en", "moved on"), ("vi", "đã sang bước khác"), ("en", "moved on")):
        again = browser.post(
            f"/tasks/{task_id}/accept?lang={language}", headers={"Accept": "application/json"}
        )
        assert said in again.get_json()["message"]
