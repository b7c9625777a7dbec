"""Who reads what, by which bytes, under whose mark, and what is remembered of it."""

import io
import random

import pypdf
import pytest

from documents import queries, service
from documents.models import Opening
from ecabinet.db import reading
from tests.documents import builders

READER = "botruong.yte"
OFFICE_AND_AUDITOR = ("thuky", "thuky2", "chuyenvien", "lanhdaovp", "kiemtoan")
NOT_THEIRS = (
    "botruong.taichinh", "botruong.xaydung", "thutuong", "pttg1",
    "canbo.yte", "canbo.taichinh", "quantri",
)  # fmt: skip


@pytest.fixture
def paper(cabinet):
    dossier_id = builders.dossier(cabinet, builders.pdf(12))
    builders.hand_out(cabinet, dossier_id, [READER])
    return builders.papers(dossier_id)[0]


def places(paper):
    return (
        f"/dossiers/{paper.dossier_id}",
        f"/papers/{paper.id}",
        f"/editions/{paper.edition_id}/file",
        f"/editions/{paper.edition_id}/page1.webp",
    )


@pytest.mark.parametrize("username", [READER, *OFFICE_AND_AUDITOR])
def test_whoever_may_read_opens_page_file_and_picture(cabinet, paper, username):
    browser = cabinet.browser(username)
    assert [browser.get(place).status_code for place in places(paper)] == [200] * 4


@pytest.mark.parametrize("username", NOT_THEIRS)
def test_for_everybody_else_there_is_nothing_there(cabinet, paper, username):
    browser = cabinet.browser(username)
    unknown = browser.get("/papers/999999")
    for place in places(paper):
        answer = browser.get(place)
        assert answer.status_code == 404
        assert paper.title.encode() not in answer.data
    assert unknown.status_code == 404
    with reading() as db:
        assert db.query(Opening).count() == 0


def test_nobody_reads_without_signing_in(cabinet, paper):
    stranger = cabinet.browser()
    assert stranger.get(places(paper)[2]).status_code == 302
    assert "sign-in" in stranger.get(places(paper)[2]).headers["Location"]


def test_the_list_holds_only_what_was_handed_out(cabinet, paper):
    builders.dossier(cabinet, title="Hồ sơ chưa phát hành")
    assert "chưa phát hành" not in cabinet.browser(READER).get("/dossiers").get_data(as_text=True)
    assert "chưa phát hành" in cabinet.browser("thuky").get("/dossiers").get_data(as_text=True)


def test_every_page_carries_the_readers_name_and_nobody_elses(cabinet, paper):
    copy = pypdf.PdfReader(io.BytesIO(cabinet.browser(READER).get(places(paper)[2]).data))
    texts = [page.extract_text() for page in copy.pages]
    assert len(texts) == 12
    assert all("Bộ trưởng Bộ Y tế" in each for each in texts)
    others = pypdf.PdfReader(io.BytesIO(cabinet.browser("kiemtoan").get(places(paper)[2]).data))
    assert all("Bộ Y tế" not in page.extract_text() for page in others.pages)
    assert all("Kiểm toán viên" in page.extract_text() for page in others.pages)


@pytest.mark.once
def test_any_range_is_the_same_bytes_as_in_the_whole_copy(cabinet, paper):
    browser, file = cabinet.browser(READER), places(paper)[2]
    whole = browser.get(file)
    with reading() as db:
        slot = db.get(queries.Edition, paper.edition_id).slot
    chance = random.Random(7)
    edges = (0, slot.at, slot.at + slot.length, slot.file_size)
    for _ in range(400):
        first = min(max(0, chance.choice(edges) + chance.randrange(-900, 900)), slot.file_size - 1)
        last = first + chance.randrange(0, 3000)
        part = browser.get(file, headers={"Range": f"bytes={first}-{last}"})
        assert part.status_code == 206
        assert part.data == whole.data[first : last + 1]
        end = min(last, slot.file_size - 1)
        assert part.headers["Content-Range"] == f"bytes {first}-{end}/{slot.file_size}"
        assert part.headers["ETag"] == whole.headers["ETag"]


@pytest.mark.parametrize(
    ("asked", "status", "length"),
    [
        ("bytes=-500", 206, 500),
        ("bytes=10-", 206, None),
        ("bytes=99999999-", 416, 0),
        ("bytes=0-1,4-5", 200, None),
        ("lines=1-2", 200, None),
        ("bytes=nonsense", 200, None),
    ],
)
def test_ranges_are_answered_as_the_standard_says(cabinet, paper, asked, status, length):
    browser, file = cabinet.browser(READER), places(paper)[2]
    whole = browser.get(file).data
    answer = browser.get(file, headers={"Range": asked})
    assert answer.status_code == status
    if status == 416:
        assert answer.headers["Content-Range"] == f"bytes */{len(whole)}"
    elif length:
        assert answer.data == whole[-length:]


def test_a_range_of_a_copy_that_has_changed_gets_the_whole_copy(cabinet, paper):
    browser, file = cabinet.browser(READER), places(paper)[2]
    etag = browser.get(file).headers["ETag"]
    asked = {"Range": "bytes=0-9", "If-Range": etag}
    assert browser.get(file, headers=asked).status_code == 206
    assert browser.get(file, headers=asked | {"If-Range": '"other"'}).status_code == 200


@pytest.mark.once
def test_three_thousand_ranges_of_a_copy_are_what_stands_there_in_the_whole(cabinet, paper):
    copy = service.open_copy(cabinet.actor(READER), paper.edition_id, anew=True)
    whole, chance = b"".join(copy.stream(0, copy.size)), random.Random(11)
    edges = (0, copy.slot.at, copy.slot.at + copy.slot.length, copy.size)
    for number in range(3_000):
        near = chance.choice(edges) + chance.randrange(-1_500, 1_500)
        start = min(max(0, near if number % 2 else chance.randrange(copy.size)), copy.size)
        stop = min(copy.size, start + chance.randrange(copy.size))
        assert b"".join(copy.stream(start, stop)) == whole[start:stop]


def test_more_than_all_of_the_end_is_the_whole_and_what_one_has_is_not_sent_again(cabinet, paper):
    browser, file = cabinet.browser(READER), places(paper)[2]
    whole = browser.get(file)
    answer = browser.get(file, headers={"Range": f"bytes=-{len(whole.data) * 2}"})
    assert (answer.status_code, answer.data) == (206, whole.data)
    assert answer.headers["Content-Range"] == f"bytes 0-{len(whole.data) - 1}/{len(whole.data)}"
    again = browser.get(file, headers={"If-None-Match": whole.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert browser.get(file, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_copy_is_kept_nowhere_and_runs_nothing(cabinet, paper):
    answer = cabinet.browser(READER).get(places(paper)[2])
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.mimetype == "application/pdf"


def test_an_opening_is_remembered_once_a_quarter_hour(cabinet, paper):
    browser, file = cabinet.browser(READER), places(paper)[2]
    for _ in range(3):
        browser.get(file)
    browser.get(places(paper)[3])
    assert openings(cabinet) == 1
    cabinet.wait(minutes=16)
    browser.get(file, headers={"Range": "bytes=600-900"})
    assert openings(cabinet) == 1
    browser.get(file)
    assert openings(cabinet) == 2


def test_reading_on_after_the_quarter_hour_keeps_the_mark_of_the_opening(cabinet, paper):
    browser, file = cabinet.browser(READER), places(paper)[2]
    whole = browser.get(file).data
    cabinet.wait(minutes=40)
    rest = browser.get(file, headers={"Range": "bytes=1-"}).data
    assert whole[1:] == rest


def test_the_office_sees_who_has_opened_and_the_reader_does_not(cabinet, paper):
    reader = cabinet.browser(READER)
    reader.get(places(paper)[2])
    office = cabinet.browser("thuky").get(places(paper)[0]).get_data(as_text=True)
    assert "Ai đã mở" in office
    assert "Bộ trưởng Bộ Y tế" in office
    assert "Ai đã mở" not in reader.get(places(paper)[0]).get_data(as_text=True)


def test_the_picture_of_page_one_differs_from_reader_to_reader(cabinet, paper):
    mine = cabinet.browser(READER).get(places(paper)[3])
    theirs = cabinet.browser("thuky").get(places(paper)[3])
    assert mine.data[8:12] == b"WEBP"
    assert mine.data != theirs.data
    assert len(mine.data) < 150_000


def test_what_one_has_opened_is_known_per_edition(cabinet, paper):
    cabinet.browser(READER).get(places(paper)[2])
    with reading() as db:
        editions = [paper.edition_id]
        assert queries.opened(db, cabinet.ids[READER], editions) == {paper.edition_id}
        assert queries.opened(db, cabinet.ids["thuky"], editions) == set()


def openings(cabinet):
    with reading() as db:
        return db.query(Opening).count()
