"""A note is shown to those who advise its writer by a mandate, by name and for its time."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from documents.queries import PaperView
from ecabinet.db import reading
from people import queries as people
from tests.builders import Browser, Cabinet
from tests.documents import builders
from tests.documents.test_notes import JSON, MINISTER, OTHER, notes, save, words

ADVISER, STRANGER = "canbo.yte", "thuky"


@pytest.fixture
def paper(cabinet: Cabinet) -> PaperView:
    """Handed out to two ministers, of whom one has an adviser for it."""
    dossier = builders.dossier(cabinet, builders.pdf(2))
    builders.hand_out(cabinet, dossier, [MINISTER, OTHER])
    found = builders.papers(dossier)[0]
    lend(cabinet, found, days=7)
    return found


def lend(cabinet: Cabinet, paper: PaperView, days: int) -> None:
    with reading() as db:
        day = f"{people.today(db) + timedelta(days=days):%d/%m/%Y}"
    answer = cabinet.browser(MINISTER).post(
        f"/dossiers/{paper.dossier_id}/advisers",
        {"person": cabinet.ids[ADVISER], "last": day, "words": ""},
    )
    assert answer.status_code == 303


def mandate(cabinet: Cabinet) -> int:
    with reading() as db:
        return people.mandates_given_by(db, cabinet.ids[MINISTER])[0].id


def share(browser: Browser, paper: PaperView, note: str, *mandates: object, more: object = ()):
    body = {"mandates": list(mandates), "since": 0, "more": more}
    return browser.post(f"/editions/{paper.edition_id}/notes/{note}/share", json=body, headers=JSON)


def lent(browser: Browser, paper: PaperView) -> list[tuple[str, str]]:
    answer = browser.get(f"/editions/{paper.edition_id}/notes")
    assert answer.status_code == 200
    return [(each["from"], each["content"]["text"]) for each in answer.json["lent"]]


def test_an_adviser_sees_what_was_shown_to_them_and_nothing_else(cabinet, paper):
    minister, adviser = cabinet.browser(MINISTER), cabinet.browser(ADVISER)
    shown, kept = words("Cho giúp việc"), words("Riêng tôi")
    save(minister, paper, shown, kept)
    assert lent(adviser, paper) == []
    assert share(minister, paper, shown["id"], mandate(cabinet)).status_code == 200
    assert lent(adviser, paper) == [("Bộ trưởng Bộ Y tế", "Cho giúp việc")]
    assert notes(adviser, paper) == []
    for reader in (OTHER, STRANGER, "kiemtoan", "lanhdaovp"):
        assert lent(cabinet.browser(reader), paper) == []
    (told,) = [each for each in notes(minister, paper) if each["id"] == shown["id"]]
    assert told["shared"] == [mandate(cabinet)]


def test_it_is_ones_own_again_when_its_writer_says_so(cabinet, paper):
    minister, adviser, note = cabinet.browser(MINISTER), cabinet.browser(ADVISER), words("a")
    save(minister, paper, note)
    share(minister, paper, note["id"], mandate(cabinet))
    assert len(lent(adviser, paper)) == 1
    assert share(minister, paper, note["id"]).status_code == 200
    assert lent(adviser, paper) == []


def test_what_is_written_in_or_taken_away_is_so_for_the_adviser(cabinet, paper):
    minister, adviser, note = cabinet.browser(MINISTER), cabinet.browser(ADVISER), words("a")
    save(minister, paper, note)
    share(minister, paper, note["id"], mandate(cabinet))
    save(minister, paper, words("b", note["id"], base=2))
    assert [text for _, text in lent(adviser, paper)] == ["b"]
    save(minister, paper, {"id": note["id"], "base": 3, "content": None})
    assert lent(adviser, paper) == []


def test_with_the_mandate_it_ends(cabinet, paper):
    minister, adviser, note = cabinet.browser(MINISTER), cabinet.browser(ADVISER), words("a")
    save(minister, paper, note)
    share(minister, paper, note["id"], mandate(cabinet))
    assert len(lent(adviser, paper)) == 1
    cabinet.wait(days=9)
    path = f"/editions/{paper.edition_id}/notes"
    assert cabinet.browser(ADVISER).get(path).status_code in (403, 404)


def test_only_ones_own_notes_are_shown_and_only_by_ones_own_mandates(cabinet, paper):
    minister, other = cabinet.browser(MINISTER), cabinet.browser(OTHER)
    mine, others = words("a"), words("b")
    save(minister, paper, mine)
    save(other, paper, others)
    chosen = mandate(cabinet)
    assert share(minister, paper, mine["id"], chosen).status_code == 200
    assert share(minister, paper, others["id"], chosen).status_code == 404
    answer = share(other, paper, others["id"], chosen)
    assert (answer.status_code, answer.json["field"]) == (400, "mandates")
    for wrong in ("1", None, 999_999, [chosen]):
        assert share(minister, paper, mine["id"], wrong).status_code == 400
    assert share(cabinet.browser(ADVISER), paper, mine["id"], chosen).status_code == 404


def ink(across: int) -> dict[str, Any]:
    drawn = {"kind": "ink", "page": 1, "text": "", "shape": {"points": [across, 10, across, 90]}}
    return {"id": str(uuid4()), "base": 0, "content": drawn}


def test_the_strokes_of_a_drawing_are_shown_together_or_not_at_all(cabinet, paper):
    minister, adviser = cabinet.browser(MINISTER), cabinet.browser(ADVISER)
    drawing = [ink(100 * n) for n in range(1, 4)]
    save(minister, paper, *drawing, words("Riêng tôi"))
    first, *others = (each["id"] for each in drawing)
    chosen = mandate(cabinet)
    for wrong, status in ((["gone"], 404), ([1], 400), ("gone", 400)):
        assert share(minister, paper, first, chosen, more=wrong).status_code == status
        assert lent(adviser, paper) == []
    assert share(minister, paper, first, chosen, more=others).status_code == 200
    assert len(lent(adviser, paper)) == 3
    shown = [each for each in notes(minister, paper) if each["shared"]]
    assert {each["id"] for each in shown} == {first, *others}
    assert share(minister, paper, first, more=others).status_code == 200
    assert lent(adviser, paper) == []
