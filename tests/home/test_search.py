"""One search over papers, agendas and conclusions, each for whoever may read it."""

import html
import re

import pytest

from ecabinet.db import reading
from ecabinet.home import queries
from ecabinet.search import Within
from meetings.service import conduct
from tests.builders import Cabinet
from tests.meetings.builders import ITEMS, Session, planned


@pytest.fixture
def session(cabinet: Cabinet) -> Session:
    session = planned(cabinet)
    session.open()
    return session


def found(cabinet: Cabinet, username: str, query: str, place: str = "") -> dict[str, str]:
    """What somebody finds: the kinds and titles of it."""
    within = Within(place=place)
    with reading() as db:
        page = queries.search_page(db, cabinet.actor(username), query, within, 1, ranked=False)
    assert page.found
    return {each.kind: each.title for each in page.found.groups}


def test_whoever_has_a_seat_finds_what_is_on_the_agenda_and_nobody_else_does(
    cabinet: Cabinet, session: Session
) -> None:
    for username in ("botruong.yte", "thutuong", "thuky", "kiemtoan"):
        assert found(cabinet, username, ITEMS[1]) == {"agenda_item": ITEMS[1]}
    for username in ("canbo.yte", "quantri"):
        assert found(cabinet, username, ITEMS[1]) == {}


def test_a_draft_of_an_agenda_is_found_by_nobody(cabinet: Cabinet) -> None:
    planned(cabinet)
    assert found(cabinet, "thuky", ITEMS[1]) == {}


def test_a_conclusion_is_found_with_its_orders_once_it_is_there(
    cabinet: Cabinet, session: Session
) -> None:
    assert found(cabinet, "botruong.yte", "rà soát quỹ đất") == {}
    chair, item = cabinet.actor("thutuong"), session.items[0]
    conduct.call_item(chair, session.id, item)
    conduct.conclude_item(chair, session.id, item, "Thống nhất.", ["Bộ Xây dựng rà soát quỹ đất."])
    assert found(cabinet, "botruong.yte", "ra soat quy dat") == {"conclusion": ITEMS[0]}
    assert found(cabinet, "canbo.yte", "ra soat quy dat") == {}
    place = f"meeting:{session.id}"
    assert found(cabinet, "botruong.yte", "thống nhất", place) == {"conclusion": ITEMS[0]}
    assert found(cabinet, "botruong.yte", "thống nhất", "meeting:99") == {}


def test_the_page_narrows_by_what_its_address_says_and_keeps_it(
    cabinet: Cabinet, session: Session
) -> None:
    browser = cabinet.browser("botruong.yte")
    page = browser.get(f"/search?q={ITEMS[1]}&kind=agenda_item&session={session.id}")
    text = html.unescape(page.get_data(as_text=True))
    assert f"/meetings/{session.id}#item-{session.items[1]}" in text
    assert re.search(r'<option value="agenda_item" selected>', text)
    assert "order=best" in text
    assert f"session={session.id}" in text
    assert "mark>" not in browser.get(f"/search?q={ITEMS[1]}&kind=draft").get_data(as_text=True)
    assert browser.get("/search?q=x&since=hôm nay").status_code == 400
    assert browser.get("/search?q=x&kind=' OR 1&agency=-1&session=z&list=0").status_code == 200
