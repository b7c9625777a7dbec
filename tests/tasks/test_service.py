"""People assign, carry out and judge tasks."""

import json
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from ecabinet import clock, ledger, live, outbox, storage
from ecabinet.db import reading, transaction
from ecabinet.errors import CabinetError, Forbidden, NotFound, Refused, Unreadable
from ecabinet.settings import Settings
from tasks import queries, rules, service
from tasks.models import Event, Task
from tasks.queries import Filter
from tasks.rules import (
    Assignment,
    AssignRefusal,
    FileRefusal,
    Shown,
    State,
    Step,
    TaskRefusal,
    TimeStatus,
)
from tests.builders import PEOPLE, Cabinet
from tests.documents import builders as papers
from tests.tasks.builders import PDF, TEXT, assign, day, take

EVERYBODY = tuple(PEOPLE)
ASSIGNERS = ("thutuong", "pttg1", "lanhdaovp", "chuyenvien")
READERS_OF_ALL = (
    "thutuong", "pttg1", "botruong.taichinh", "botruong.yte", "botruong.xaydung", "thuky",
    "thuky2", "chuyenvien", "lanhdaovp", "kiemtoan",
)  # fmt: skip


def state(task_id: int) -> State:
    with reading() as db:
        return db.get_one(Task, task_id).state


def messages(cabinet: Cabinet, username: str) -> list[str]:
    with reading() as db:
        return [each.kind for each in outbox.inbox(db, cabinet.ids[username])]


def status(cabinet: Cabinet, task_id: int) -> TimeStatus:
    with reading() as db:
        return queries.task(db, cabinet.actor("chuyenvien"), task_id).row.status


# ---- a task's whole life ----


def test_a_task_goes_from_the_assigner_to_the_ministry_and_back(cabinet: Cabinet) -> None:
    task_id = assign(cabinet, by="thutuong", coordinating=("taichinh",))
    assert messages(cabinet, "canbo.yte") == ["task_assigned"]
    assert messages(cabinet, "canbo.taichinh") == ["task_coordinated"]
    staff, pm = cabinet.actor("canbo.yte"), cabinet.actor("thutuong")
    take(Step.ACCEPT, staff, task_id)
    take(Step.UPDATE, staff, task_id)
    take(Step.REPORT, staff, task_id)
    take(Step.RETURN, pm, task_id)
    take(Step.REPORT, staff, task_id)
    take(Step.CONFIRM, pm, task_id)
    assert state(task_id) is State.CONFIRMED
    assert messages(cabinet, "thutuong") == [
        "task_reported", "task_reported", "task_in_progress", "task_accepted",
    ]  # fmt: skip
    assert messages(cabinet, "canbo.yte") == ["task_confirmed", "task_returned", "task_assigned"]
    with reading() as db:
        story = queries.task(db, pm, task_id).story
    assert [each.step for each in reversed(story)] == [
        Step.ASSIGN, Step.ACCEPT, Step.UPDATE, Step.REPORT, Step.RETURN, Step.REPORT, Step.CONFIRM,
    ]  # fmt: skip
    assert story[2].words == "Thiếu ý kiến hai địa phương"
    assert story[2].office == "Thủ tướng Chính phủ"


def test_a_refused_task_goes_back_with_its_reason_and_is_assigned_to_another(
    cabinet: Cabinet,
) -> None:
    task_id = assign(cabinet, coordinating=("taichinh",))
    take(Step.REFUSE, cabinet.actor("canbo.yte"), task_id)
    assert messages(cabinet, "chuyenvien") == ["task_refused"]
    service.assign_again(
        cabinet.actor("chuyenvien"), task_id, cabinet.agencies["taichinh"], day(cabinet, 10)
    )
    assert state(task_id) is State.ASSIGNED
    assert messages(cabinet, "canbo.taichinh") == ["task_assigned", "task_coordinated"]
    with reading() as db:
        again = queries.task(db, cabinet.actor("canbo.taichinh"), task_id)
        assert again.coordinating == []
        assert (again.row.deadline, again.first_deadline) == (day(cabinet, 10), day(cabinet, 30))
        with pytest.raises(NotFound):
            queries.task(db, cabinet.actor("canbo.yte"), task_id)


def test_a_step_out_of_turn_is_refused_and_changes_nothing(cabinet: Cabinet) -> None:
    task_id = assign(cabinet)
    staff = cabinet.actor("canbo.yte")
    take(Step.ACCEPT, staff, task_id)
    size, told = _ledger_size(), messages(cabinet, "chuyenvien")
    with pytest.raises(Refused) as again:
        take(Step.ACCEPT, staff, task_id)
    assert again.value.reason is TaskRefusal.NOT_FROM_HERE
    assert (_ledger_size(), messages(cabinet, "chuyenvien")) == (size, told)
    with pytest.raises(Refused) as silent:
        service.report(staff, task_id, "  ")
    assert silent.value.reason is TaskRefusal.REASON_MISSING
    assert state(task_id) is State.ACCEPTED


@given(path=st.lists(st.sampled_from(list(rules.CARRYING_OUT | {Step.CONFIRM, Step.RETURN}))))
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_story_and_the_log_hold_every_step_that_was_taken_and_no_other(
    cabinet: Cabinet, path: list[Step]
) -> None:
    before = _ledger_size()
    task_id = assign(cabinet)
    taken, here = [Step.ASSIGN], State.ASSIGNED
    for step in path:
        who = cabinet.actor("canbo.yte" if step in rules.CARRYING_OUT else "chuyenvien")
        end = rules.after(here, step, "vài lời")
        if isinstance(end, TaskRefusal):
            with pytest.raises(Refused):
                take(step, who, task_id)
        else:
            take(step, who, task_id)
            taken, here = [*taken, step], end
    with reading() as db:
        story = db.scalars(select(Event).where(Event.task_id == task_id).order_by(Event.id)).all()
        assert [each.step for each in story] == taken
        assert [each.leaf for each in story] == [*range(before, before + len(taken))]
        leaves = [json.loads(ledger.envelope(db, each.leaf or 0)) for each in story]
    assert [each["step"] for each in leaves] == taken
    assert state(task_id) is here


def _ledger_size() -> int:
    with reading() as db:
        return ledger.size(db)


# ---- time ----


def test_a_late_result_is_judged_by_the_day_it_was_submitted(cabinet: Cabinet) -> None:
    on_time, late = assign(cabinet, days=10), assign(cabinet, days=10)
    staff, specialist = cabinet.actor("canbo.yte"), cabinet.actor("chuyenvien")
    for each in (on_time, late):
        take(Step.ACCEPT, staff, each)
    cabinet.wait(days=10)
    assert status(cabinet, late) is TimeStatus.DUE_SOON
    take(Step.REPORT, staff, on_time)
    cabinet.wait(days=1)
    assert status(cabinet, on_time) is TimeStatus.IN_TIME
    assert status(cabinet, late) is TimeStatus.OVERDUE
    take(Step.REPORT, staff, late)
    for each in (on_time, late):
        take(Step.CONFIRM, specialist, each)
    assert status(cabinet, on_time) is TimeStatus.DONE_ON_TIME
    assert status(cabinet, late) is TimeStatus.DONE_LATE


def test_a_returned_result_no_longer_holds_the_deadline(cabinet: Cabinet) -> None:
    task_id = assign(cabinet, days=1)
    staff = cabinet.actor("canbo.yte")
    take(Step.ACCEPT, staff, task_id)
    take(Step.REPORT, staff, task_id)
    cabinet.wait(days=2)
    assert status(cabinet, task_id) is TimeStatus.IN_TIME
    take(Step.RETURN, cabinet.actor("chuyenvien"), task_id)
    assert status(cabinet, task_id) is TimeStatus.OVERDUE
    take(Step.REPORT, staff, task_id)
    take(Step.CONFIRM, cabinet.actor("chuyenvien"), task_id)
    assert status(cabinet, task_id) is TimeStatus.DONE_LATE


@given(
    tasks=st.lists(
        st.tuples(
            st.sampled_from(list(State)),
            st.none() | st.integers(-9, 9),
            st.none() | st.integers(-9, 9),
        ),
        max_size=12,
    )
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_database_counts_as_the_rule_says(
    cabinet: Cabinet, tasks: list[tuple[State, int | None, int | None]]
) -> None:
    actor = cabinet.actor("chuyenvien")
    with transaction() as db:
        before = queries.dashboard(db, actor, Filter()).figures.total
        for where, deadline, submitted in tasks:
            db.add(_row(cabinet, where, deadline, submitted))
        db.flush()
        now = queries.today(db)
        rows = db.scalars(select(Task)).all()
        expected = {
            each.id: rules.time_status(each.state, each.deadline, each.submitted_on, now)
            for each in rows
        }
        for shown in Shown:
            wanted = {one for one, held in expected.items() if held in rules.SHOWN[shown]}
            listed = {each.row.id for each in queries.export(db, actor, Filter(shown=shown))}
            assert listed == wanted, shown
        figures = queries.dashboard(db, actor, Filter()).figures
        assert figures.total == before + len(tasks)
        assert figures.overdue == [*expected.values()].count(TimeStatus.OVERDUE)


def _row(cabinet: Cabinet, where: State, deadline: int | None, submitted: int | None) -> Task:
    today = day(cabinet)
    with reading() as db:
        now = db.scalar(select(Task.assigned_at)) or clock.now(db)
    return Task(
        text=TEXT, folded="", deliverable="Đề án", lead_agency_id=cabinet.agencies["yte"],
        deadline=None if deadline is None else today + timedelta(days=deadline),
        first_deadline=None, state=where, assigned_by=cabinet.ids["chuyenvien"], assigned_at=now,
        submitted_on=None if submitted is None else today + timedelta(days=submitted),
        order_id=None, meeting_id=None, meeting_title="", item_number=None, item_title="",
        order_digest="", coordinating=[],
    )  # fmt: skip


# ---- who may ----


def test_only_those_of_the_rule_book_assign(cabinet: Cabinet) -> None:
    for username in ASSIGNERS:
        assert assign(cabinet, by=username)
    for username in set(EVERYBODY) - set(ASSIGNERS):
        with pytest.raises(Forbidden):
            assign(cabinet, by=username)


def test_an_agency_knows_of_its_own_tasks_and_of_no_others(cabinet: Cabinet) -> None:
    led = assign(cabinet, lead="yte")
    helped = assign(cabinet, lead="xaydung", coordinating=("yte",))
    foreign = assign(cabinet, lead="taichinh")
    with reading() as db:
        staff = cabinet.actor("canbo.yte")
        board = queries.dashboard(db, staff, Filter())
        assert {each.id for each in board.rows} == {led, helped}
        assert board.figures.total == 2
        assert {each.row.id for each in queries.export(db, staff, Filter())} == {led, helped}
        with pytest.raises(NotFound):
            queries.task(db, staff, foreign)
        for username in READERS_OF_ALL:
            assert queries.dashboard(db, cabinet.actor(username), Filter()).figures.total == 3


def test_those_with_no_part_in_tasks_read_none(cabinet: Cabinet) -> None:
    task_id = assign(cabinet)
    with reading() as db:
        assert queries.task(db, cabinet.actor("kiemtoan"), task_id)
        for username in ("quantri", "vanthu"):
            with pytest.raises(Forbidden):
                queries.task(db, cabinet.actor(username), task_id)


def test_only_the_lead_agencys_staff_carry_a_task_out(cabinet: Cabinet) -> None:
    for step in (Step.ACCEPT, Step.REFUSE):
        task_id = assign(cabinet, coordinating=("taichinh",))
        for username in set(EVERYBODY) - {"canbo.yte"}:
            with pytest.raises(Forbidden):
                take(step, cabinet.actor(username), task_id)
        assert state(task_id) is State.ASSIGNED
        take(step, cabinet.actor("canbo.yte"), task_id)


def test_staff_of_another_agency_are_not_told_that_a_task_exists(cabinet: Cabinet) -> None:
    task_id = assign(cabinet)
    with pytest.raises(NotFound):
        take(Step.ACCEPT, cabinet.actor("canbo.taichinh"), task_id)
    take(Step.ACCEPT, cabinet.actor("canbo.yte"), task_id)


def test_only_assigners_judge_a_result(cabinet: Cabinet) -> None:
    for step in (Step.CONFIRM, Step.RETURN):
        for judge in ASSIGNERS:
            task_id = assign(cabinet)
            take(Step.ACCEPT, cabinet.actor("canbo.yte"), task_id)
            take(Step.REPORT, cabinet.actor("canbo.yte"), task_id)
            for username in set(EVERYBODY) - set(ASSIGNERS):
                with pytest.raises(Forbidden):
                    take(step, cabinet.actor(username), task_id)
            take(step, cabinet.actor(judge), task_id)


# ---- assigning ----


def test_an_unclear_task_is_not_assigned(cabinet: Cabinet) -> None:
    specialist = cabinet.actor("chuyenvien")
    clear = Assignment(TEXT, cabinet.agencies["yte"], day(cabinet, 5), "Đề án")
    assert service.assign(specialist, clear)
    size = _ledger_size()
    with pytest.raises(Refused) as refused:
        service.assign(
            specialist, Assignment(TEXT, cabinet.agencies["yte"], day(cabinet, -1), "Đề án")
        )
    assert refused.value.reason is AssignRefusal.DEADLINE_PAST
    assert _ledger_size() == size


def test_the_log_holds_the_digest_of_what_was_assigned(cabinet: Cabinet) -> None:
    task_id = assign(cabinet)
    with reading() as db:
        leaf = json.loads(ledger.envelope(db, ledger.size(db) - 1))
    assert leaf["type"] == "task_assigned"
    assert leaf["task"] == task_id
    assert leaf["lead"] == cabinet.agencies["yte"]
    assert leaf["text_sha256"] == service._digest(TEXT)
    assert leaf["deadline"] == day(cabinet, 30).isoformat()


def test_screens_of_the_agencies_and_of_the_office_hear_of_a_step_at_once(
    cabinet: Cabinet,
) -> None:
    heard = Wire()
    live.bind(heard)
    try:
        task_id = assign(cabinet, coordinating=("taichinh",))
    finally:
        live.bind(live.NoWire())
    concerned = [cabinet.agencies["yte"], cabinet.agencies["taichinh"]]
    assert heard.audiences == sorted(["tasks", *(f"agency:{each}" for each in concerned)])
    assert heard.facts == [{"task_id": task_id, "state": "assigned"}] * 3


@dataclass
class Wire:
    """Remembers what it was given."""

    def __post_init__(self) -> None:
        self.audiences: list[str] = []
        self.facts: list[object] = []

    def send(self, audience: str, message: dict[str, object]) -> None:
        self.audiences.append(audience)
        self.facts.append(message["facts"])

    def eject(self, person_id: int, audience: str | None) -> None:
        raise AssertionError("nobody is ejected")


# ---- files ----


def test_a_report_keeps_its_file_and_a_wrong_file_keeps_the_task_as_it_was(
    cabinet: Cabinet,
) -> None:
    task_id = assign(cabinet)
    staff = cabinet.actor("canbo.yte")
    take(Step.ACCEPT, staff, task_id)
    with pytest.raises(Unreadable) as refused:
        service.report(staff, task_id, "Đã trình", "to-trinh.pdf", b"<script>")
    assert refused.value.reason is FileRefusal.NOT_ALLOWED
    assert state(task_id) is State.ACCEPTED
    service.report(staff, task_id, "Đã trình", "to-trinh.pdf", PDF)
    with reading() as db:
        event = db.scalars(select(Event).order_by(Event.id.desc())).first()
        assert event
        assert event.file_digest
        assert storage.read(event.file_digest) == PDF
        leaf = json.loads(ledger.envelope(db, event.leaf or 0))
    assert leaf["file_sha256"] == event.file_digest


def kept_files(settings: Settings) -> int:
    return sum(each.is_file() for each in (settings.data_dir / "files").rglob("*"))


def test_a_report_that_is_refused_leaves_no_file_behind(
    cabinet: Cabinet, settings: Settings
) -> None:
    task_id = assign(cabinet)
    staff, stranger = cabinet.actor("canbo.yte"), cabinet.actor("canbo.taichinh")
    before = kept_files(settings)
    for actor, number in ((staff, 999_999), (stranger, task_id), (staff, task_id)):
        with pytest.raises(CabinetError):
            service.report(actor, number, "Đã trình", "to-trinh.pdf", PDF)
    assert kept_files(settings) == before
    take(Step.ACCEPT, staff, task_id)
    service.report(staff, task_id, "Đã trình", "to-trinh.pdf", PDF)
    assert kept_files(settings) > before


@pytest.mark.parametrize(
    "content", [papers.encrypted(), papers.acting(), b"%PDF-1.7\n%%EOF\n"],
    ids=["encrypted", "acting", "broken"],
)  # fmt: skip
def test_a_result_that_no_sandbox_opens_or_that_acts_by_itself_is_not_taken(
    cabinet: Cabinet, content: bytes
) -> None:
    task_id, staff = assign(cabinet), cabinet.actor("canbo.yte")
    take(Step.ACCEPT, staff, task_id)
    with pytest.raises(Unreadable):
        service.report(staff, task_id, "Đã trình", "to-trinh.pdf", content)
    assert state(task_id) is State.ACCEPTED


# ---- what waits for whom ----


def waits(cabinet: Cabinet, username: str) -> list[str]:
    with reading() as db:
        return [each.kind for each in queries.duties(db, cabinet.actor(username))]


def test_a_task_waits_for_whoever_has_the_next_step(cabinet: Cabinet) -> None:
    task_id = assign(cabinet, by="thutuong", coordinating=("taichinh",))
    staff, pm = cabinet.actor("canbo.yte"), cabinet.actor("thutuong")
    assert waits(cabinet, "canbo.yte") == ["task_assigned"]
    take(Step.ACCEPT, staff, task_id)
    assert waits(cabinet, "canbo.yte") == ["task_accepted"]
    assert waits(cabinet, "thutuong") == []
    take(Step.REPORT, staff, task_id)
    assert (waits(cabinet, "canbo.yte"), waits(cabinet, "thutuong")) == ([], ["task_reported"])
    assert waits(cabinet, "chuyenvien") == [], "who did not assign it is not asked to judge it"
    take(Step.RETURN, pm, task_id)
    assert (waits(cabinet, "canbo.yte"), waits(cabinet, "thutuong")) == (["task_returned"], [])
    for username in set(EVERYBODY) - {"canbo.yte"}:
        assert waits(cabinet, username) == [], username


def test_a_minister_sees_what_their_ministry_is_late_with(cabinet: Cabinet) -> None:
    assign(cabinet, days=1)
    assert waits(cabinet, "botruong.yte") == []
    cabinet.wait(days=3)
    assert waits(cabinet, "botruong.yte") == ["task_late"]
    assert waits(cabinet, "botruong.taichinh") == []
