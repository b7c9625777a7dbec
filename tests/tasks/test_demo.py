"""The demo's tasks, as the first visitor finds them."""

from flask import Flask

from ecabinet import clock, ledger
from ecabinet.db import reading, transaction
from ecabinet.demo import people, tasks
from people import queries as people_queries
from tasks import queries
from tasks.queries import Filter
from tasks.rules import Shown, State, TimeStatus


def test_the_demo_has_tasks_in_every_state_and_time_and_tells_the_true_time(app: Flask) -> None:
    accounts = people.Accounts()
    with transaction() as db:
        ledger.begin(db, "localhost/test")
        people.appoint_government(db, accounts)
        people.appoint_staff(db, accounts)
    tasks.fill(accounts.ids)
    with reading() as db:
        assert clock.offset(db) == 0
        actor = people_queries.actor(db, accounts.ids["thutuong"])
        assert actor
        listed = [each.row for each in queries.export(db, actor, Filter(shown=Shown.ALL))]
    assert len(listed) == 40
    assert {each.status for each in listed} == set(TimeStatus)
    assert {each.state for each in listed} == set(State)
    assert sum(each.status is TimeStatus.DUE_SOON for each in listed) >= 3
