"""Search in papers: with and without marks, and never beyond what one may read."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from documents import queries
from ecabinet import search
from ecabinet.db import reading, transaction
from tests.documents import builders

COUNTED = text("SELECT count(*) FROM search_terms")
THEN = datetime(2026, 11, 2, tzinfo=UTC)
LATER = THEN + timedelta(days=1)
TEXT = "Nghị quyết về đề nghị bố trí\nnguồn nước, phòng chống hạn hán"


@pytest.fixture
def written(cabinet):
    """Two dossiers with one page each; the minister was handed the first."""
    first, second = builders.dossier(cabinet, title="Một"), builders.dossier(cabinet, title="Hai")
    with transaction() as db:
        for dossier_id in (first, second):
            write(db, dossier_id, pages(1, paper=dossier_id))
    builders.hand_out(cabinet, first, ["botruong.yte"])
    return cabinet


def write(db, dossier_id, written, paper=None, title="", **more):
    paper = paper or dossier_id
    thing = search.Thing(
        name=f"paper:{paper}", audience=queries.audience(dossier_id),
        title=title or f"Tài liệu {paper}",
        **{"kind": "draft", "agency_id": 1, "at": THEN, **more},
    )  # fmt: skip
    search.write(db, thing, written)


def found(cabinet, username, query, thing="", list_number=1, **more):
    with reading() as db:
        readers = queries.readers_of(cabinet.actor(username))
        if thing:
            return search.find_in(db, readers, query, thing, list_number)
        return search.find(db, readers, query, list_number=list_number, **more)


@pytest.mark.parametrize(
    "query", ["đề nghị", "de nghi", "ĐỀ NGHỊ bố trí", "bo tri nguon nuoc", "han han"]
)
def test_words_are_found_with_and_without_marks_and_across_lines(written, query):
    assert found(written, "thuky", query).count == 2


@pytest.mark.parametrize("query", ["nghi de", "quyết nghị", "dang nghi", "ngh", "%", "_ _", " "])
def test_what_does_not_stand_there_is_not_found(written, query):
    assert found(written, "thuky", query).count == 0


def test_only_what_one_may_read_is_counted(written):
    assert found(written, "botruong.yte", "đề nghị").count == 1
    for username in ("botruong.xaydung", "quantri", "canbo.yte"):
        assert found(written, username, "đề nghị").count == 0


def test_the_snippet_shows_the_original_with_its_marks(written):
    snippet = found(written, "thuky", "de nghi bo tri").groups[0].hits[0].snippet
    assert [each.text for each in snippet if each.lit] == ["đề nghị bố trí"]
    assert snippet[0] == search.Piece("Nghị quyết về ")


def pages(*numbers, paper, text=TEXT):
    return [search.Page(n, f"/papers/{paper}?page={n}", text) for n in numbers]


@pytest.fixture
def long_annex(written):
    """The second dossier's paper is a long annex; its last page alone has other marks."""
    with transaction() as db:
        annex = [*pages(*range(1, 118), paper=2), *pages(118, paper=2, text="de nghi")]
        write(db, 2, annex, title="Phụ lục")
    return written


def test_each_paper_stands_once_with_its_first_pages_in_order(long_annex):
    result = found(long_annex, "thuky", "đề nghị")
    assert (result.count, result.things) == (119, 2)
    shown = [(each.title, each.count, [hit.page for hit in each.hits]) for each in result.groups]
    assert shown == [("Phụ lục", 118, [1, 2, 3]), ("Tài liệu 1", 1, [1])]
    assert result.groups[0].others == 115


def test_pages_with_the_same_marks_are_the_best_ones(written):
    with transaction() as db:
        annex = [*pages(1, 2, 3, 4, paper=2), *pages(5, paper=2, text="de nghi")]
        write(db, 2, annex, title="Phụ lục")
    annex = found(written, "thuky", "de nghi").groups[0]
    assert [hit.page for hit in annex.hits] == [1, 2, 5]


def test_the_rest_of_a_papers_pages_can_be_reached(long_annex):
    browser = long_annex.browser("thuky")
    first = browser.get("/search?q=đề nghị").get_data(as_text=True)
    assert "115 trang khác" in first
    way = html.unescape(re.search(r'href="(/search\?[^"]+in=[^"]+)"', first)[1])
    seen = []
    while way:
        page = browser.get(way).get_data(as_text=True)
        seen += [int(each) for each in re.findall(r"/papers/2\?page=(\d+)", page)]
        following = re.search(r'rel="next" href="([^"]+)"', page)
        way = html.unescape(following[1]) if following else ""
    assert seen == list(range(1, 119))


def test_the_rest_of_the_papers_can_be_reached(written):
    with transaction() as db:
        for number in range(10, 40):
            write(db, 2, pages(1, paper=number), paper=number, title="Tờ trình")
    first = found(written, "thuky", "đề nghị")
    second = found(written, "thuky", "đề nghị", list_number=2)
    assert (len(first.groups), len(second.groups), first.lists) == (20, 12, 2)
    assert not {each.thing for each in first.groups} & {each.thing for each in second.groups}


def test_another_readers_paper_has_no_pages(long_annex):
    assert found(long_annex, "thuky", "đề nghị", "paper:2").count == 118
    assert found(long_annex, "botruong.yte", "đề nghị", "paper:2").count == 0


def test_writing_again_replaces(written):
    with transaction() as db:
        write(db, 1, pages(1, paper=1, text="khác hẳn"))
    assert found(written, "thuky", "đề nghị").count == 1


def test_what_is_taken_away_is_found_by_nobody_and_leaves_no_term(written):
    with transaction() as db:
        before = db.scalar(COUNTED)
        search.remove(db, "paper:1")
    assert found(written, "botruong.yte", "đề nghị").count == 0
    with reading() as db:
        assert db.scalar(COUNTED) == before - 1


@pytest.mark.parametrize(
    ("within", "papers"),
    [
        ({}, {1, 2, 3}),
        ({"kinds": ("submission",)}, {3}),
        ({"agency_id": 2}, {3}),
        ({"place": "meeting:7"}, {2, 3}),
        ({"since": LATER}, {3}),
        ({"before": LATER}, {1, 2}),
        ({"place": "meeting:7", "kinds": ("draft",)}, {2}),
        ({"place": "meeting:8"}, set()),
    ],
)
def test_one_searches_within_a_kind_an_agency_a_session_a_time(written, within, papers):
    with transaction() as db:
        write(db, 2, pages(1, paper=3), paper=3, kind="submission", agency_id=2, at=LATER)
        search.file(db, "meeting:7", [queries.audience(2)])
    result = found(written, "thuky", "đề nghị", within=search.Within(**within))
    assert {int(each.thing.split(":")[1]) for each in result.groups} == papers
    assert result.things == len(papers)


def test_the_best_come_first_where_that_is_asked_for(written):
    with transaction() as db:
        write(db, 2, pages(1, paper=3, text="đề nghị, đề nghị và đề nghị"), paper=3)
        write(db, 2, pages(1, paper=4), paper=4)
        write(db, 2, pages(1, paper=5, text="de nghi"), paper=5)

    def order(ranked):
        return [each.thing for each in found(written, "thuky", "đề nghị", ranked=ranked).groups]

    assert order(ranked=False) == ["paper:4", "paper:3", "paper:2", "paper:1", "paper:5"]
    assert order(ranked=True) == ["paper:3", "paper:4", "paper:2", "paper:1", "paper:5"]
    with transaction() as db:
        write(db, 1, pages(1, paper=1), title="Về đề nghị của Bộ Y tế")
    assert order(ranked=True)[0] == "paper:1"


def test_of_what_stands_everywhere_the_newest_pages_are_looked_at(written, monkeypatch):
    monkeypatch.setattr(search, "MOST", 3)
    with transaction() as db:
        write(db, 2, pages(1, 2, paper=3), paper=3)
    result = found(written, "thuky", "đề nghị")
    assert (result.count, result.more) == (3, True)
    assert {each.thing for each in result.groups} == {"paper:3", "paper:2"}
    mine = found(written, "botruong.yte", "đề nghị")
    assert (mine.count, mine.more) == (1, False)


def test_a_right_holds_over_more_things_than_are_looked_up_by_name(written, monkeypatch):
    monkeypatch.setattr(search, "FEW", 0)
    assert found(written, "botruong.yte", "đề nghị").count == 1
    assert found(written, "thuky", "đề nghị").count == 2
    assert found(written, "canbo.yte", "đề nghị").count == 0


def test_an_uploaded_paper_is_found_on_its_page(cabinet):
    dossier_id = builders.dossier(cabinet, builders.pdf(3, "Quy hoach vung"))
    paper = builders.papers(dossier_id)[0]
    answer = cabinet.browser("kiemtoan").get("/search?q=quy hoạch vùng")
    page = answer.get_data(as_text=True)
    assert f"/papers/{paper.id}?page=3" in page
    assert "<mark>Quy hoach vung</mark>" in page
    assert cabinet.browser("quantri").get("/search?q=quy").status_code == 403
