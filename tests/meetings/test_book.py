"""A session's papers as one book: one numbering for everybody, each book its reader's own."""

import io
from collections.abc import Iterator
from typing import Any

import pypdf
import pytest
from sqlalchemy import select

from documents import queries as documents
from documents.marking import Copy
from documents.models import Edition, Handout
from ecabinet.db import reading, transaction
from ecabinet.live import Told
from meetings import queries, rules
from meetings.models import Meeting
from meetings.service import prepare
from meetings.service.prepare import ItemText
from tests.builders import Cabinet
from tests.documents import builders as papers
from tests.documents.test_removing import remove, replace
from tests.meetings import builders

SECRET = "Chuyện chỉ vài người biết"


def test_every_paper_begins_where_the_one_before_ended() -> None:
    assert rules.first_pages([3, 118, 1]) == [1, 4, 122]
    assert rules.first_pages([]) == []


def test_everybody_turns_to_the_same_page_and_what_one_may_not_read_is_left_out(
    cabinet: Cabinet,
) -> None:
    session = builders.planned(cabinet)
    turned = pypdf.PdfWriter()
    turned.append(io.BytesIO(papers.pdf(2)))
    turned.pages[0].rotate(90)
    kept = io.BytesIO()
    turned.write(kept)
    given = [
        papers.dossier(cabinet, kept.getvalue(), title="Một"),
        papers.dossier(cabinet, papers.pdf(3), title=SECRET),
        papers.dossier(cabinet, papers.pdf(1), papers.pdf(4), title="Ba"),
    ]
    secretary = session.actor("thuky")
    for item, dossier, title in zip(session.items, given, ("Một", SECRET, "Ba"), strict=True):
        text = ItemText(title, 30, cabinet.agencies["yte"], dossier_id=dossier)
        prepare.edit_item(secretary, session.id, item, session.draft_of(item), text)
    session.convene()
    # It is handed out to fewer than the others.
    with transaction() as db:
        db.delete(db.get_one(Handout, (given[1], cabinet.ids["botruong.yte"])))

    def book(who: str) -> pypdf.PdfReader:
        answer = cabinet.browser(who).get(f"/meetings/{session.id}/book.pdf")
        assert answer.status_code == 200
        return pypdf.PdfReader(io.BytesIO(answer.data))

    whole, part = book("thutuong"), book("botruong.yte")
    assert (len(whole.pages), len(part.pages)) == (1 + 10, 1 + 7)
    numbers = [f"{n} / 10" for n in (1, 2, 6, 7, 8, 9, 10)]
    for page, number in zip(part.pages[1:], numbers, strict=True):
        words = page.extract_text()
        assert number in words
        assert "Bộ trưởng Bộ Y tế" in words
    contents = part.pages[0].extract_text()
    assert "6–6" in contents
    assert "Bộ trưởng Bộ Y tế" in contents
    assert "3–5" not in contents
    assert SECRET not in contents
    assert SECRET in whole.pages[0].extract_text()
    assert [each["/Title"] for each in part.outline] == ["Tài liệu 1"] * 2 + ["Tài liệu 2"]
    # On the screen they are the same.
    agenda = cabinet.browser("botruong.yte").get(f"/meetings/{session.id}").get_data(as_text=True)
    assert "tr. 7–10" in agenda
    assert "tr. 3–5" not in agenda
    for who, known in (("thutuong", [[3, 5]]), ("botruong.yte", [])):
        live, bound = live_page(session, who)
        assert [bound[str(each["id"])] for each in live[str(session.items[1])]] == known
    assert "1 tài liệu không gửi tới Ông/Bà" in agenda
    live, bound = live_page(session, "botruong.yte")
    assert bound[str(live[str(session.items[2])][1]["id"])][0] == 7
    # Each paper in it counts as opened.
    with reading() as db:
        found = queries.book(db, session.actor("botruong.yte"), agenda_of(session))
        editions = [each.paper.edition_id for each in found.parts]
        assert documents.opened(db, cabinet.ids["botruong.yte"], editions) == set(editions)


def live_page(session: builders.Session, who: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The papers of each item, and their pages in the book."""
    with reading() as db:
        agenda = queries.agenda(db, db.get_one(Meeting, session.id))
        found: dict[str, Any] = queries.live_page(db, session.actor(who), agenda)
        return found["papers"], found["state"]["parts"]["book"]


def test_the_reader_counts_through_the_book_and_a_replacement_moves_what_follows(
    cabinet: Cabinet,
) -> None:
    given = [papers.dossier(cabinet, papers.pdf(n), title=str(n)) for n in (2, 3, 4)]
    session = builders.about(cabinet, *given)
    first, second, third = (papers.papers(each)[0] for each in given)
    member = cabinet.browser("botruong.yte")

    def reader(paper: int, of: str = f"?session={session.id}") -> str:
        return member.get(f"/papers/{paper}{of}").text

    page = reader(second.id)
    assert 'data-first="3" data-pages="9"' in page
    assert f'href="/papers/{first.id}?session={session.id}"' in page
    assert f'href="/papers/{third.id}?session={session.id}"' in page
    # Without a session, or with one that this person has no part in, a paper stands by itself.
    assert "data-book" not in reader(second.id, "")
    assert "data-book" not in reader(second.id, "?session=99")

    replace(cabinet, second, papers.pdf(7))
    asked = f"edition?session={session.id}&edition=1"
    assert member.get(f"/papers/{third.id}/{asked}").json["book"] == {"first": 10, "pages": 13}
    # Whoever still reads the old edition reads what is in no book any more.
    assert member.get(f"/papers/{second.id}/{asked}").json["book"] == {"first": None, "pages": 13}
    with reading() as db:
        told = db.scalars(select(Told.facts).where(Told.kind == "paper_replaced")).one()
    assert told["parts"]["book"] == {
        str(first.id): [1, 2], str(second.id): [3, 9], str(third.id): [10, 13]
    }  # fmt: skip


def agenda_of(session: builders.Session) -> queries.AgendaView:
    with reading() as db:
        return queries.agenda(db, db.get_one(Meeting, session.id))


def test_a_session_without_papers_has_no_book(cabinet: Cabinet) -> None:
    session = builders.planned(cabinet)
    session.convene()
    path = f"/meetings/{session.id}"
    reader = cabinet.browser("botruong.yte")
    assert "book.pdf" not in reader.get(path).get_data(as_text=True)
    assert reader.get(f"{path}/book.pdf").status_code == 404


def test_a_file_removed_while_its_vote_is_open_takes_no_vote_with_it(cabinet: Cabinet) -> None:
    session = builders.planned(cabinet)
    dossier = papers.dossier(cabinet, papers.pdf(2))
    text = ItemText("Việc", 30, cabinet.agencies["yte"], dossier_id=dossier)
    item = session.items[1]
    prepare.edit_item(session.actor("thuky"), session.id, item, session.draft_of(item), text)
    session.discuss()
    (paper,) = papers.papers(dossier)
    vote = session.ask()
    before, after = (
        builders.Voter(session, name) for name in ("botruong.yte", "botruong.taichinh")
    )
    assert before.casts(vote).status_code == 201
    remove(cabinet, paper)
    # Who votes now signs the same digests, and is told that nobody can open one of them.
    assert after.mine(vote)["terms"]["papers"] == [paper.digest]
    assert session.state()["parts"][f"paper:{paper.id}"]["removed"]
    assert after.casts(vote).status_code == 201
    session.count(vote)
    assert session.vote(vote).counts["agree"] == 2
    assert session.vote(vote).papers == [paper.digest]


def test_a_paper_that_cannot_be_bound_takes_no_book_with_it(
    cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [papers.dossier(cabinet, papers.pdf(n), title=str(n)) for n in (2, 3)]
    session = builders.about(cabinet, *given)
    broken = papers.papers(given[0])[0]
    streamed = Copy.stream

    def damaged(copy: Copy, start: int, stop: int) -> Iterator[bytes]:
        return iter([b"%PDF-1.7 ..."]) if copy.size == size else streamed(copy, start, stop)

    with reading() as db:
        size = db.get_one(Edition, broken.edition_id).prepared_size
    monkeypatch.setattr(Copy, "stream", damaged)
    answer = cabinet.browser("botruong.yte").get(f"/meetings/{session.id}/book.pdf")
    assert answer.status_code == 200
    pages = pypdf.PdfReader(io.BytesIO(answer.data)).pages
    assert len(pages) == 1 + 1 + 3
    assert "không ghép được" in pages[1].extract_text()
    assert [each.extract_text().split("\n")[-1] for each in pages[1:]] == [
        "1 / 5", "3 / 5", "4 / 5", "5 / 5"
    ]  # fmt: skip
