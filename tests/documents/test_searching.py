"""Search in papers: with and without marks, and never beyond what one may read."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import queries
from ecabinet import search
from ecabinet.db import reading, transaction
from tests.documents import builders

TEXT = "Nghị quyết về đề nghị bố trí\nnguồn nước, phòng chống hạn hán"


@pytest.fixture
def written(cabinet):
    """Two dossiers with one page each; the minister was handed the first."""
    first, second = builders.dossier(cabinet, title="Một"), builders.dossier(cabinet, title="Hai")
    with transaction() as db:
        for dossier_id in (first, second):
            page = search.Page(1, f"/papers/{dossier_id}?page=1", TEXT)
            audience = queries.audience(dossier_id)
            search.write(db, audience, f"paper:{dossier_id}", f"Tài liệu {dossier_id}", [page])
    builders.hand_out(cabinet, first, ["botruong.yte"])
    return cabinet


def found(cabinet, username, query, thing="", list_number=1):
    with reading() as db:
        return queries.search_papers(db, cabinet.actor(username), query, thing, list_number)


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
    assert snippet.found == "đề nghị bố trí"
    assert snippet.before == "Nghị quyết về "


def pages(*numbers, paper, text=TEXT):
    return [search.Page(n, f"/papers/{paper}?page={n}", text) for n in numbers]


@pytest.fixture
def long_annex(written):
    """The second dossier's paper is a long annex; its last page alone has other marks."""
    with transaction() as db:
        annex = [*pages(*range(1, 118), paper=2), *pages(118, paper=2, text="de nghi")]
        search.write(db, queries.audience(2), "paper:2", "Phụ lục", annex)
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
        search.write(db, queries.audience(2), "paper:2", "Phụ lục", annex)
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
            search.write(
                db, queries.audience(2), f"paper:{number}", "Tờ trình", pages(1, paper=number)
            )
    first = found(written, "thuky", "đề nghị")
    second = found(written, "thuky", "đề nghị", list_number=2)
    assert (len(first.groups), len(second.groups), first.lists) == (20, 12, 2)
    assert not {each.thing for each in first.groups} & {each.thing for each in second.groups}


def test_another_readers_paper_has_no_pages(long_annex):
    assert found(long_annex, "thuky", "đề nghị", "paper:2").count == 118
    assert found(long_annex, "botruong.yte", "đề nghị", "paper:2").count == 0


def test_writing_again_replaces(written):
    with transaction() as db:
        page = search.Page(1, "/papers/1?page=1", "khác hẳn")
        search.write(db, queries.audience(1), "paper:1", "Tài liệu 1", [page])
    assert found(written, "thuky", "đề nghị").count == 1


@given(st.text())
def test_folding_keeps_every_place(text):
    tidy = search.tidy(text)
    assert len(search.fold(tidy)) == len(tidy)


def test_an_uploaded_paper_is_found_on_its_page(cabinet):
    dossier_id = builders.dossier(cabinet, builders.pdf(3, "Quy hoach vung"))
    paper = builders.papers(dossier_id)[0]
    answer = cabinet.browser("kiemtoan").get("/search?q=quy hoạch vùng")
    page = answer.get_data(as_text=True)
    assert f"/papers/{paper.id}?page=3" in page
    assert "<mark>Quy hoach vung</mark>" in page
    assert cabinet.browser("quantri").get("/search?q=quy").status_code == 403
