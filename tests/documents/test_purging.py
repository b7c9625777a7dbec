"""Notes go some days after their matter is over, where the office says so; not under legal hold."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from documents import queries, rules
from documents.notes import purging
from documents.rules import Happened
from ecabinet import jobs
from meetings.service import conduct, prepare
from meetings.service.prepare import ItemText
from tests.builders import Cabinet
from tests.documents import builders
from tests.documents.test_notes import notes, save, words
from tests.meetings.builders import planned

DAYS = timedelta(days=30)
MONDAY = datetime(2026, 11, 2, tzinfo=UTC)


def story(*kinds: str) -> list[Happened]:
    """A day each; what begins with a number is of that session."""
    return [
        Happened(each.lstrip("12"), each[0] if each[0] in "12" else "1", MONDAY + timedelta(days=n))
        for n, each in enumerate(kinds)
    ]


@pytest.mark.parametrize(
    ("kinds", "days_later", "over"),
    [
        (("1session_convened", "1item_concluded"), 31, True),
        (("1session_convened", "1item_concluded"), 30, False),
        (("1session_convened",), 300, False),
        ((), 300, False),
        # Put off: it comes again.
        (("1session_convened", "1item_deferred"), 300, False),
        (("1session_convened", "1item_deferred", "2session_convened"), 300, False),
        (("1session_convened", "1item_deferred", "2session_convened", "2item_concluded"), 40, True),
        # Asked in writing as well, and that is not over.
        (("1session_convened", "2consultation_opened", "1item_concluded"), 300, False),
        (("2consultation_opened", "2consultation_asked_again", "2consultation_closed"), 40, True),
    ],
)
def test_a_matter_is_over_when_nothing_on_it_is_under_way(
    kinds: tuple[str, ...], days_later: int, over: bool
) -> None:
    now = MONDAY + timedelta(days=days_later)
    assert rules.notes_are_over(story(*kinds), MONDAY, now, DAYS) is over


def test_what_was_written_since_stays_as_long_itself() -> None:
    happened, now = story("1session_convened", "1item_concluded"), MONDAY + timedelta(days=60)
    assert rules.notes_are_over(happened, now - DAYS, now, DAYS)
    assert not rules.notes_are_over(happened, now - timedelta(days=29), now, DAYS)


@pytest.fixture
def policy() -> Iterator[None]:
    yield
    purging.bind(0, ())


def test_the_notes_of_what_is_over_go_and_those_under_legal_hold_stay(
    cabinet: Cabinet, policy: None
) -> None:
    session = planned(cabinet)
    papers: list[queries.PaperView] = []
    for item in session.items:
        dossier = builders.dossier(cabinet, builders.pdf(1))
        text = ItemText("Việc", 30, cabinet.agencies["yte"], dossier_id=dossier)
        draft = session.draft_of(item)
        prepare.edit_item(session.actor("thuky"), session.id, item, draft, text)
        papers += builders.papers(dossier)
    over, held, under_way = papers
    session.open()
    writer = cabinet.browser("botruong.yte")
    for each in papers:
        assert save(writer, each, words("Hỏi lại")).status_code == 200
    for item in session.items[:2]:
        conduct.call_item(cabinet.actor("thutuong"), session.id, item)
        conduct.conclude_item(cabinet.actor("thutuong"), session.id, item, "Thông qua.", [])

    def left() -> list[int]:
        return [len([n for n in notes(writer, each) if n["content"]]) for each in papers]

    cabinet.wait(days=31)
    writer = cabinet.browser("botruong.yte")
    jobs.run_once()
    assert left() == [1, 1, 1]
    purging.bind(30, [held.dossier_id])
    jobs.run_once()
    assert left() == [0, 1, 1]
    assert "Ghi chú tự xóa 30 ngày" in writer.get(f"/papers/{under_way.id}").text
    # The hold is lifted.
    purging.bind(30, [])
    jobs.run_once()
    assert left() == [0, 0, 1]
    assert over.dossier_id != held.dossier_id
