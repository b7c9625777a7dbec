"""Tasks as they are met in these tests."""

import io
import zipfile
from datetime import date, timedelta

from ecabinet.access import Actor
from ecabinet.db import reading
from people import queries as people
from tasks import service
from tasks.rules import Assignment, Step
from tests.ballots.builders import a_paper
from tests.builders import Cabinet

TEXT = "Trình Đề án phát triển nhà ở cho người lao động tại khu công nghiệp"
PDF = a_paper()


def day(cabinet: Cabinet, days: int = 0) -> date:
    """The cabinet's today, or so many days from it."""
    with reading() as db:
        return people.today(db) + timedelta(days=days)


def assign(
    cabinet: Cabinet,
    lead: str = "yte",
    by: str = "chuyenvien",
    days: int | None = 30,
    text: str = TEXT,
    coordinating: tuple[str, ...] = (),
) -> int:
    """A task of this agency, due in so many days."""
    return service.assign(
        cabinet.actor(by),
        Assignment(
            text=text,
            lead_agency_id=cabinet.agencies[lead],
            deadline=None if days is None else day(cabinet, days),
            deliverable="Đề án kèm Tờ trình",
            coordinating=tuple(cabinet.agencies[each] for each in coordinating),
            open_ended=days is None,
        ),
    )


def take(step: Step, actor: Actor, task_id: int) -> None:
    """One step of a task's life, with words where it needs them."""
    {
        Step.ACCEPT: lambda: service.accept(actor, task_id),
        Step.REFUSE: lambda: service.refuse(actor, task_id, "Không thuộc chức năng của bộ"),
        Step.UPDATE: lambda: service.update(actor, task_id, "Đang lấy ý kiến địa phương"),
        Step.REPORT: lambda: service.report(actor, task_id, "Đã trình Tờ trình số 12"),
        Step.CONFIRM: lambda: service.confirm(actor, task_id),
        Step.RETURN: lambda: service.send_back(actor, task_id, "Thiếu ý kiến hai địa phương"),
    }[step]()


def office_file(*parts: str) -> bytes:
    """A package of Office Open XML that holds these parts."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        for part in ("[Content_Types].xml", *parts):
            package.writestr(part, "<x/>")
    return content.getvalue()
