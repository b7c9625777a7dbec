"""Who operates the console: the chair, and a secretary whom the chair has named."""

import pytest
from sqlalchemy import select

from ecabinet.db import reading
from ecabinet.errors import Forbidden, NotFound, Refused
from meetings.models import Act
from meetings.service import conduct
from tests.builders import Cabinet, Scene
from tests.meetings.builders import Session, opened

pytestmark = pytest.mark.begins(at=opened)


@pytest.fixture
def session(cabinet: Cabinet, scene: Scene) -> Session:
    return Session(cabinet, *scene.told)


def name(session: Session, by: str, whom: str, *, named: bool = True) -> None:
    person = session.cabinet.ids[whom]
    conduct.name_operator(session.actor(by), session.id, person, named=named)


def test_a_secretary_operates_only_while_the_chair_lets_them(session: Session) -> None:
    secretary = session.actor("thuky")
    conduct.call_item(secretary, session.id, session.items[0])
    name(session, "thutuong", "thuky", named=False)
    with pytest.raises(Forbidden):
        conduct.call_item(secretary, session.id, session.items[1])
    name(session, "thutuong", "thuky")
    conduct.call_item(secretary, session.id, session.items[1])
    with reading() as db:
        kinds = list(db.scalars(select(Act.kind).where(Act.meeting_id == session.id)))
        by_order = db.scalars(
            select(Act.by_order_of).where(Act.kind == "item_called", Act.person_id == secretary.id)
        )
        assert set(by_order) == {session.cabinet.ids["thutuong"]}
    assert (kinds.count("operator_named"), kinds.count("operator_released")) == (2, 1)


def test_nobody_but_the_chair_names_and_nobody_but_a_secretary_is_named(session: Session) -> None:
    name(session, "thutuong", "thuky")
    for by in ("thuky", "pttg1"):
        with pytest.raises(Forbidden):
            name(session, by, "thuky", named=False)
    for whom in ("pttg1", "thuky2", "kiemtoan"):
        with pytest.raises(NotFound):
            name(session, "thutuong", whom)


def test_a_session_that_is_over_has_no_console(session: Session) -> None:
    for item in session.items:
        conduct.call_item(session.actor("thutuong"), session.id, item)
        conduct.conclude_item(session.actor("thutuong"), session.id, item, "Thống nhất.", ())
    conduct.close(session.actor("thutuong"), session.id)
    with pytest.raises(Refused):
        name(session, "thutuong", "thuky", named=False)


def test_the_chair_names_by_a_button_and_every_screen_is_told(session: Session) -> None:
    name(session, "thutuong", "thuky", named=False)
    person = session.cabinet.ids["thuky"]
    chair = session.cabinet.browser("thutuong")
    assert "Giao điều hành" in chair.get(f"/meetings/{session.id}").text
    answer = chair.post(f"/meetings/{session.id}/operators/{person}", {"named": "yes"})
    assert answer.status_code == 303
    assert session.state()["parts"][f"seat:{person}"]["conducts"]
    shown = session.cabinet.browser("pttg1").get(f"/meetings/{session.id}").text
    assert "điều hành theo chỉ đạo của chủ trì" in shown
    assert "Giao điều hành" not in shown
