"""The Office makes a dossier and adds files: kept, cleaned, or refused with a reason."""

import io

import pikepdf
import pytest

from documents import queries, rules, service
from documents.pages import active
from documents.rules import PaperKind, PaperRefusal
from ecabinet import storage
from ecabinet.db import reading
from ecabinet.errors import Forbidden, Refused, Unreadable
from tests.documents import builders

JSON = {"Accept": "application/json"}


@pytest.fixture
def specialist(cabinet):
    return cabinet.actor("chuyenvien")


def add(actor, dossier_id, content, name="tep.pdf", title="Tờ trình"):
    return service.add_paper(actor, dossier_id, title, PaperKind.SUBMISSION, name, content)


def test_a_file_becomes_the_first_edition_of_a_paper_named_by_its_digest(cabinet, specialist):
    content = builders.pdf(4)
    dossier_id = builders.dossier(cabinet)
    add(specialist, dossier_id, content)
    paper = builders.papers(dossier_id)[0]
    assert (paper.pages, paper.size, paper.edition_number) == (4, len(content), 1)
    assert storage.read(paper.digest) == content


def test_both_editions_of_a_paper_are_kept(cabinet, specialist):
    dossier_id = builders.dossier(cabinet, builders.pdf(1))
    first = builders.papers(dossier_id)[0]
    service.add_edition(specialist, first.id, "ban-2.pdf", builders.pdf(2))
    second = builders.papers(dossier_id)[0]
    assert (second.id, second.edition_number, second.pages) == (first.id, 2, 2)
    assert storage.read(first.digest) == builders.pdf(1)


def test_the_current_edition_makes_no_newer_one(cabinet, specialist):
    same, other = builders.pdf(), builders.pdf(4)
    dossier = builders.dossier(cabinet, same)
    (paper,) = builders.papers(dossier)
    office, path = cabinet.browser("chuyenvien"), f"/papers/{paper.id}/editions"
    refused = office.post(
        path, {"file": (io.BytesIO(same), "lai.pdf")}, headers={"Accept": "application/json"}
    )
    assert (refused.status_code, refused.json["reason"]) == (409, "same_file")
    assert "giống hệt bản hiện hành" in refused.json["message"]
    said = office.post(f"{path}?lang=en", {"file": (io.BytesIO(same), "lai.pdf")})
    assert "the current edition itself" in said.text
    assert builders.papers(dossier) == [paper]
    # What an older edition was may come back.
    service.add_edition(specialist, paper.id, "tep.pdf", other)
    with pytest.raises(Refused):
        service.add_edition(specialist, paper.id, "tep.pdf", other)
    service.add_edition(specialist, paper.id, "tep.pdf", same)
    assert builders.papers(dossier)[0].edition_number == 3


def test_without_a_title_the_files_name_is_taken_whatever_the_file_calls_itself(
    cabinet, specialist
):
    dossier_id = builders.dossier(cabinet)
    with pikepdf.open(io.BytesIO(builders.pdf(1))) as paper:
        paper.docinfo["/Title"] = "Dự thảo"
        titled = io.BytesIO()
        paper.save(titled)
    for name in ("Bao_cao_quy_I.pdf", "scan0001.pdf"):
        add(specialist, dossier_id, titled.getvalue(), name=name, title="")
    titles = [each.title for each in builders.papers(dossier_id)]
    assert titles == ["Bao cao quy I", "Dự thảo"]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: b"<html><body>%PDF-1.7</body></html>", PaperRefusal.NOT_PDF),
        (builders.encrypted, PaperRefusal.ENCRYPTED),
        (lambda: b"%PDF-1.7\n" + b"\x00garbage" * 99, PaperRefusal.BROKEN),
        (builders.page_bomb, PaperRefusal.TOO_MANY_PAGES),
        (builders.inflating, PaperRefusal.TOO_COSTLY),
    ],
)
def test_a_file_that_cannot_be_a_paper_is_refused_with_its_reason(
    cabinet, specialist, make, reason
):
    dossier_id = builders.dossier(cabinet)
    add(specialist, dossier_id, builders.pdf(1))
    with pytest.raises(Unreadable) as refused:
        add(specialist, dossier_id, make())
    assert refused.value.reason is reason
    assert len(builders.papers(dossier_id)) == 1


def test_what_acts_is_taken_out_of_the_copy_and_said(cabinet, specialist):
    dossier_id = builders.dossier(cabinet)
    add(specialist, dossier_id, builders.acting())
    paper = builders.papers(dossier_id)[0]
    assert set(paper.removed) == {"js", "launch", "actions_by_themselves", "embedded"}
    shown = b"".join(service.open_copy(specialist, paper.edition_id, True).stream(0, 10**9))
    with pikepdf.open(io.BytesIO(shown)) as copy:
        assert active.left(copy) == {}
    with pikepdf.open(io.BytesIO(storage.read(paper.digest))) as original:
        assert active.left(original)


def test_nothing_readable_lies_on_the_disk(cabinet, specialist, settings):
    secret = "MotCauRatDeNhanRa"
    dossier_id = builders.dossier(cabinet)
    add(specialist, dossier_id, builders.pdf(2, secret))
    kept = [
        path.read_bytes() for path in (settings.data_dir / "files").rglob("*") if path.is_file()
    ]
    assert len(kept) == 3
    assert not any(b"%PDF-" in each or b"ECabWM" in each or b"WEBP" in each for each in kept)


def test_only_the_office_makes_dossiers(cabinet, specialist):
    service.create_dossier(specialist, "Được", cabinet.agencies["yte"])
    for username in ("botruong.yte", "kiemtoan", "quantri", "canbo.yte"):
        with pytest.raises(Forbidden):
            service.create_dossier(cabinet.actor(username), "Không", cabinet.agencies["yte"])


def test_a_dossier_that_was_handed_out_takes_no_more_papers(cabinet, specialist):
    dossier_id = builders.dossier(cabinet, builders.pdf(1))
    builders.hand_out(cabinet, dossier_id, ["botruong.yte"])
    with pytest.raises(Refused):
        add(specialist, dossier_id, builders.pdf(1))
    with pytest.raises(Refused):
        service.add_edition(specialist, builders.papers(dossier_id)[0].id, "a.pdf", builders.pdf(2))


def test_the_story_tells_what_happened_newest_first(cabinet, specialist):
    dossier_id = builders.dossier(cabinet, builders.pdf(1))
    builders.hand_out(cabinet, dossier_id, ["botruong.yte", "thutuong"])
    builders.hand_out(cabinet, dossier_id, ["botruong.yte", "thutuong"])
    with reading() as db:
        story = queries.story(db, dossier_id)
    assert [each.kind for each in story] == ["handed_out", "paper_added", "dossier_made"]
    assert story[0].facts == {"persons": 2}


def test_several_files_are_sent_one_by_one_each_with_its_own_answer(cabinet):
    browser = cabinet.browser("thuky")
    dossier_id = builders.dossier(cabinet)

    def send(content):
        return browser.post(
            f"/dossiers/{dossier_id}/papers",
            {"file": (io.BytesIO(content), "tep.pdf"), "title": "Phụ lục", "kind": "annex"},
            headers={"Accept": "application/json"},
        )

    good, bad = send(builders.pdf(2)), send(b"<html>")
    assert (good.status_code, good.json["pages"]) == (201, 2)
    assert (bad.status_code, bad.json["reason"]) == (422, "not_pdf")
    assert "không phải PDF" in bad.json["message"]


def test_the_office_is_told_of_a_scan_and_its_reader_is_not(cabinet):
    dossier_id = builders.dossier(cabinet, builders.scan(), builders.pdf(1))
    builders.hand_out(cabinet, dossier_id, ["botruong.yte"])
    assert [each.is_scan for each in builders.papers(dossier_id)] == [True, False]
    office = cabinet.browser("thuky").get(f"/dossiers/{dossier_id}").get_data(as_text=True)
    assert office.count("Bản quét") == 1
    reader = cabinet.browser("botruong.yte").get(f"/dossiers/{dossier_id}").get_data(as_text=True)
    assert "Bản quét" not in reader


def test_a_paper_that_is_read_as_pictures_says_so(cabinet):
    dossier_id = builders.dossier(cabinet, builders.read_otherwise())
    [paper] = builders.papers(dossier_id)
    office = cabinet.browser("thuky")
    for place in (f"/dossiers/{dossier_id}", f"/papers/{paper.id}"):
        assert "ảnh" in office.get(place).get_data(as_text=True)


def test_a_full_dossier_takes_no_more_and_keeps_what_it_has(cabinet, specialist, monkeypatch):
    dossier_id = builders.dossier(cabinet, builders.pdf(1), builders.pdf(2))
    file = len(builders.pdf(3))
    monkeypatch.setattr(rules, "QUOTA", rules.Quota(files=2))
    browser = cabinet.browser("chuyenvien")
    body = {"file": (io.BytesIO(builders.pdf(3)), "ba.pdf"), "kind": "annex", "title": ""}
    answer = browser.post(f"/dossiers/{dossier_id}/papers", body, headers=JSON)
    assert (answer.status_code, answer.json["reason"]) == (409, "full")
    assert len(builders.papers(dossier_id)) == 2
    with reading() as db:
        files, held, today = queries.handed_in(db, dossier_id, specialist.id)
    assert (files, held, today) == (2, held, held)
    assert held > file
