"""The ministry hears of its task at once, and of nobody else's."""

import queue
import time

import pytest
from flask import Flask

from ecabinet.db import reading
from tasks import queries
from tasks.rules import Step
from tests.builders import Cabinet
from tests.tasks.builders import assign, take
from tests.wire.builders import Screen, Served, serving

PROMISED_SECONDS = 2


def listening(cabinet: Cabinet, served: Served, username: str) -> Screen:
    """A page of this person that has entered where its page says that it listens."""
    with reading() as db:
        watch = queries.watch(db, cabinet.actor(username))
    assert watch
    screen = served.screen_of(cabinet.browser(username))
    answer = screen.ask(watch.enter, {"id": watch.id, "epoch": watch.epoch, "seq": watch.seq})
    assert "code" not in answer
    return screen


def test_the_lead_agency_and_the_office_hear_of_a_task_and_another_agency_does_not(
    app: Flask, cabinet: Cabinet
) -> None:
    with serving(app) as served:
        screens = {
            each: listening(cabinet, served, each)
            for each in ("canbo.yte", "thutuong", "canbo.taichinh")
        }
        started = time.monotonic()
        task_id = assign(cabinet)
        for username in ("canbo.yte", "thutuong"):
            assert screens[username].next()["facts"] == {"task_id": task_id, "state": "assigned"}
        assert time.monotonic() - started < PROMISED_SECONDS
        take(Step.ACCEPT, cabinet.actor("canbo.yte"), task_id)
        assert screens["thutuong"].next()["facts"]["state"] == "accepted"
        with pytest.raises(queue.Empty):
            screens["canbo.taichinh"].told.get_nowait()


def test_nobody_listens_to_an_agency_that_is_not_theirs(app: Flask, cabinet: Cabinet) -> None:
    own, other = cabinet.agencies["yte"], cabinet.agencies["taichinh"]
    with serving(app) as served:
        screen = served.screen_of(cabinet.browser("canbo.yte"))
        assert "code" not in screen.ask("agency:enter", {"id": own, "epoch": "", "seq": 0})
        foreign = screen.ask("agency:enter", {"id": other, "epoch": "", "seq": 0})
        assert foreign["code"] == "not_found"
        assert screen.ask("tasks:enter", {"id": 1, "epoch": "", "seq": 0})["code"] == "forbidden"
        auditor = served.screen_of(cabinet.browser("kiemtoan"))
        assert "code" not in auditor.ask("tasks:enter", {"id": 1, "epoch": "", "seq": 0})


def test_a_page_that_lost_the_line_asks_where_it_stands(cabinet: Cabinet) -> None:
    browser = cabinet.browser("canbo.yte")
    before = browser.get("/tasks/place").get_json()
    assign(cabinet)
    after = browser.get("/tasks/place").get_json()
    assert (before["seq"], after["seq"]) == (0, 1)
    assert after["audience"] == f"agency:{cabinet.agencies['yte']}"
    assert cabinet.browser("quantri").get("/tasks/place").status_code == 403
