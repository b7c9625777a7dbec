"""What is watched while the suite runs would be found if it were wrong."""

import pytest
from flask import Flask

from ecabinet.access import POLICY, Permission
from tests import watching
from tests.builders import Cabinet
from tests.building.test_access import EVENTS
from tests.watching import Passage, never_entered, not_taken

FEED = '<form class="row" method="post" action="/calendar/feed?lang=en" data-form>{}</form>'
TOKEN = '<input type="hidden" name="csrf_token" value="x">'


@pytest.mark.parametrize(
    ("sent", "strange"),
    [
        (TOKEN, set[str]()),
        (f'{TOKEN}<input id="role" value="name=">', set[str]()),
        (f'{TOKEN}<select class="input" name="person">', {"person"}),
        (f'{TOKEN}<button type="submit" name="again" value="1">', {"again"}),
        (f'{TOKEN}<textarea name="words"></textarea>', {"words"}),
        (f'{TOKEN}<input type="hidden" name="assertion" data-assertion>', {"assertion"}),
    ],
)
def test_a_page_that_sends_what_its_door_does_not_take_is_found(
    app: Flask, sent: str, strange: set[str]
) -> None:
    found = not_taken(app, f"<main>{FEED.format(sent)}{FEED.format(TOKEN)}</main>")
    assert [names for _, names in found] == ([strange] if strange else [])


def test_so_is_a_button_that_sends_a_form_to_another_door(app: Flask) -> None:
    button = '<button type="submit" formaction="/dossiers">'
    sent = FEED.format(f'{TOKEN}<input type="hidden" name="person">{button}')
    assert not_taken(app, sent)[1:] == [("/dossiers", {"person"})]


def test_a_form_that_is_sent_to_no_door_is_found(app: Flask) -> None:
    assert not_taken(app, FEED.replace("/calendar/feed", "/calendar").format(TOKEN))


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> set[Passage]:
    """What is noted from here on."""
    fresh: set[Passage] = set()
    monkeypatch.setattr(watching, "SEEN", fresh)
    return fresh


def test_only_who_was_served_has_come_through_a_door(cabinet: Cabinet, seen: set[Passage]) -> None:
    cabinet.browser("thuky").get("/dossiers/987654")
    cabinet.browser("quantri").get("/dossiers")
    cabinet.browser("thuky").post("/dossiers", {"title": ""})
    assert seen == set()
    cabinet.browser("thuky").get("/dossiers")
    assert seen == {("GET /dossiers", "secretary")}
    # Who is a member by the chair's office has not come in as a member.
    cabinet.browser("thutuong").get("/dossiers")
    assert ("GET /dossiers", "prime_minister") in seen
    assert ("GET /dossiers", "member") not in seen


def test_a_door_or_an_event_by_which_nobody_was_served_is_found() -> None:
    rows = watching.rows()
    assert rows.items() >= EVENTS.items()
    everything = {
        (place, role)
        for place, permission in rows.items()
        for role in POLICY.get(permission, (Permission.ANYONE,))
    }
    assert never_entered(everything, rows) == []
    for place in ("POST /tasks/<int:task_id>/accept", "draft:enter", "GET /healthz"):
        without = {each for each in everything if each[0] != place}
        assert never_entered(without, rows) == [place]
    for place, role in (
        ("GET /activity", "auditor"),
        ("POST /tasks/<int:task_id>/accept", "focal_point"),
    ):
        assert never_entered(everything - {(place, role)}, rows) == [f"{place} by {role}"]
    # What is nobody's by the matrix is not asked for.
    paper = ("GET /papers/<int:paper_id>", "administrator")
    assert never_entered(everything - {paper}, rows) == []
