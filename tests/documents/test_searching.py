"""Search in papers: with and without marks, and never beyond what one may read."""

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


def found(cabinet, username, query):
    with reading() as db:
        return queries.search_papers(db, cabinet.actor(username), query)


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
    snippet = found(written, "thuky", "de nghi bo tri").hits[0].snippet
    assert snippet.found == "đề nghị bố trí"
    assert snippet.before == "Nghị quyết về "


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
