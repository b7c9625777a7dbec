"""From a sentence of a conclusion to a task that points at it."""

import pytest

from ecabinet.db import reading
from ecabinet.errors import NotFound, Refused
from meetings import queries as meetings
from meetings.models import Meeting
from meetings.service import conduct
from tasks import queries, service
from tasks.rules import AssignRefusal
from tests.builders import Cabinet
from tests.meetings.builders import TITLE, planned
from tests.tasks.builders import assign, day

SENTENCE = "Giao Bộ yte chủ trì, phối hợp với Bộ taichinh, trình Đề án trước ngày 21 tháng 12"


def ordered(cabinet: Cabinet, *sentences: str) -> list[int]:
    """The ids of the orders in the conclusion of an item."""
    session = planned(cabinet)
    session.open()
    conduct.call_item(cabinet.actor("thutuong"), session.id, session.items[1])
    conduct.conclude_item(
        cabinet.actor("thutuong"), session.id, session.items[1], "Thống nhất", sentences
    )
    with reading() as db:
        item = db.get_one(Meeting, session.id).items[1]
        return [each.id for each in item.orders]


def test_a_task_keeps_the_text_the_digest_and_the_place_of_the_sentence_that_ordered_it(
    cabinet: Cabinet,
) -> None:
    (order_id,) = ordered(cabinet, SENTENCE)
    task_id = service.assign_from(
        cabinet.actor("chuyenvien"), order_id, cabinet.agencies["yte"], day(cabinet, 20), "Đề án",
        [cabinet.agencies["taichinh"]],
    )  # fmt: skip
    with reading() as db:
        order = meetings.order_to_assign(db, cabinet.actor("chuyenvien"), order_id)
        task = queries.task(db, cabinet.actor("canbo.yte"), task_id)
    assert (task.row.text, task.order_digest) == (SENTENCE, order.digest)
    assert (task.order_id, task.meeting_id, task.meeting_title) == (
        order_id, order.meeting_id, TITLE,
    )  # fmt: skip
    assert (task.item_number, task.item_title) == (2, order.item_title)


def test_a_sentence_goes_once_to_each_agency(cabinet: Cabinet) -> None:
    (order_id,) = ordered(cabinet, SENTENCE)
    specialist, due = cabinet.actor("chuyenvien"), day(cabinet, 20)
    for slug in ("yte", "taichinh"):
        assert service.assign_from(specialist, order_id, cabinet.agencies[slug], due, "Đề án")
    with pytest.raises(Refused) as again:
        service.assign_from(specialist, order_id, cabinet.agencies["yte"], due, "Đề án")
    assert again.value.reason is AssignRefusal.ALREADY_ASSIGNED
    with reading() as db:
        assert [each.lead for each in queries.assigned_from(db, order_id)] == [
            "Bộ yte", "Bộ taichinh",
        ]  # fmt: skip


def test_no_task_is_made_of_an_order_that_nobody_gave(cabinet: Cabinet) -> None:
    (order_id,) = ordered(cabinet, SENTENCE)
    specialist, due = cabinet.actor("chuyenvien"), day(cabinet, 20)
    assert service.assign_from(specialist, order_id, cabinet.agencies["yte"], due, "Đề án")
    with pytest.raises(NotFound):
        service.assign_from(specialist, order_id + 1, cabinet.agencies["yte"], due, "Đề án")


def test_the_page_offers_first_the_agencies_that_the_sentence_names(cabinet: Cabinet) -> None:
    (order_id,) = ordered(cabinet, SENTENCE)
    browser = cabinet.browser("chuyenvien")
    page = browser.get(f"/tasks/assign?order={order_id}").get_data(as_text=True)
    assert SENTENCE in page
    first, second = (
        f'name="lead" value="{cabinet.agencies[each]}"' for each in ("yte", "taichinh")
    )
    assert page.index(first) < page.index(second) < page.index('name="lead" value="other"')
    assert f'name="lead" value="{cabinet.agencies["xaydung"]}"' not in page
    answer = browser.post(
        "/tasks/assign",
        {
            "order": order_id,
            "lead": cabinet.agencies["yte"],
            "deadline": f"{day(cabinet, 14):%d/%m/%Y}",
            "deliverable": "Đề án kèm Tờ trình",
        },
    )
    assert answer.status_code == 303
    task = browser.get(answer.headers["Location"]).get_data(as_text=True)
    assert SENTENCE in task
    assert TITLE in task
    assert browser.get("/tasks/assign?order=999").status_code == 404


def test_a_ministry_opens_the_conclusion_that_ordered_its_task_and_no_other_ministry_does(
    cabinet: Cabinet,
) -> None:
    (order_id,) = ordered(cabinet, SENTENCE)
    task_id = service.assign_from(
        cabinet.actor("chuyenvien"), order_id, cabinet.agencies["yte"], day(cabinet, 20), "Đề án"
    )
    page = cabinet.browser("canbo.yte").get(f"/tasks/{task_id}/conclusion")
    assert page.status_code == 200
    assert SENTENCE in page.text
    assert "Thống nhất" in page.text
    stranger = cabinet.browser("canbo.taichinh").get(f"/tasks/{task_id}/conclusion")
    assert stranger.status_code == 404


def test_a_task_that_stands_in_no_conclusion_has_none_to_open(cabinet: Cabinet) -> None:
    task_id = assign(cabinet)
    assert cabinet.browser("canbo.yte").get(f"/tasks/{task_id}/conclusion").status_code == 404
