"""A file that comes in pieces: a line that breaks costs one of them, and nothing lies open here."""

import hashlib
import io
import os
from pathlib import Path
from typing import Any

import pytest

from documents import jobs, replacing
from ecabinet import incoming, keys
from ecabinet.db import reading
from ecabinet.errors import BadInput, NotFound
from tests.builders import Browser, Cabinet
from tests.documents.builders import dossier, hand_out, papers, pdf
from tests.documents.test_removing import SECRET, handed_out, remove
from tests.meetings.builders import planned

JSON = {"Accept": "application/json"}
CANARY = b"CANARY" * 100
NAME = hashlib.sha256(CANARY).hexdigest()


@pytest.fixture
def folder(cabinet: Cabinet) -> Path:
    return incoming.store()._folder


def send(browser: Browser, content: bytes, at: int, stop: int) -> int:
    body = {"at": at, "file": (io.BytesIO(content[at:stop]), "a.pdf")}
    answer = browser.post(f"/incoming/{digest(content)}", body, headers=JSON)
    assert answer.status_code == 200, answer.json
    return int((answer.json or {})["received"])


def received(browser: Browser, content: bytes) -> int:
    return int(browser.get(f"/incoming/{digest(content)}", headers=JSON).json["received"])


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def hand_in(browser: Browser, path: str, content: bytes, name: str = "to-trinh.pdf") -> Any:
    sent = {"sent": digest(content), "name": name, "title": "Tờ trình", "kind": "submission"}
    return browser.post(path, sent, headers=JSON)


def test_what_broke_off_goes_on_from_there_and_becomes_a_paper(
    cabinet: Cabinet, folder: Path
) -> None:
    office, number, content = cabinet.browser("chuyenvien"), dossier(cabinet), pdf(3)
    third = len(content) // 3
    assert received(office, content) == 0
    assert send(office, content, 0, third) == third
    # A piece whose answer was lost comes again, and one too far ahead: neither is taken.
    assert send(office, content, 0, third) == send(office, content, 2 * third, -1) == third
    assert hand_in(office, f"/dossiers/{number}/papers", content).status_code == 400
    assert received(office, content) == 0, "it was not what it was said to be"
    assert send(office, content, 0, third) == received(cabinet.browser("chuyenvien"), content)
    assert received(cabinet.browser("thuky"), content) == 0, "another's beginning is told of"
    assert send(office, content, third, len(content)) == len(content)
    made = hand_in(office, f"/dossiers/{number}/papers", content)
    assert (made.status_code, made.json["digest"]) == (201, digest(content))
    assert [each.pages for each in papers(number)] == [3]
    assert hand_in(office, f"/dossiers/{number}/papers", content).status_code == 404
    assert list(folder.iterdir()) == []


def test_so_does_one_for_an_item_of_an_agenda(cabinet: Cabinet) -> None:
    session, secretary, content = planned(cabinet), cabinet.browser("thuky"), pdf(2)
    path = f"/meetings/{session.id}/items/{session.items[1]}/papers"
    send(secretary, content, 0, len(content))
    refused = hand_in(secretary, path, content)
    assert refused.json["reason"] == "no_agency"
    # Whoever mends what was in the way does not send it all again.
    assert received(secretary, content) == len(content)


@pytest.mark.parametrize("is_handed_out", [True, False])
def test_so_does_what_takes_the_place_of_a_paper(
    cabinet: Cabinet, folder: Path, is_handed_out: bool
) -> None:
    """With a second person or without, and with nothing left of it here."""
    office, number, content = cabinet.browser("chuyenvien"), dossier(cabinet, pdf(3)), pdf(4)
    paper, form = papers(number)[0].id, {"sent": digest(content), "name": "ban-2.pdf"}
    path = f"/papers/{paper}/editions"
    if is_handed_out:
        hand_out(cabinet, number, ["botruong.yte"])
        path, form = f"/papers/{paper}/replacements", form | {"reason": "Sai số liệu."}
    assert office.post(path, form, headers=JSON).status_code == 404
    half = send(office, content, 0, len(content) // 2)
    assert send(office, content, half, len(content)) == len(content)
    made = office.post(path, form, headers=JSON)
    assert made.status_code == (200 if is_handed_out else 201), made.json
    with reading() as db:
        asked = [each.digest for each in replacing.proposed(db, paper)]
    found = asked if is_handed_out else [each.digest for each in papers(number)]
    assert found == [digest(content)]
    assert list(folder.iterdir()) == []


def test_what_is_refused_for_its_place_need_not_be_sent_again(cabinet: Cabinet) -> None:
    office, content = cabinet.browser("chuyenvien"), pdf(3)
    number = dossier(cabinet, content)
    hand_out(cabinet, number, ["botruong.yte"])
    send(office, content, 0, len(content))
    form = {"sent": digest(content), "name": "a.pdf", "reason": "Sai số liệu."}
    path = f"/papers/{papers(number)[0].id}/replacements"
    refused = office.post(path, form, headers=JSON)
    assert refused.json["reason"] == "same_file"
    assert received(office, content) == len(content)


def test_what_can_be_no_paper_is_not_kept(cabinet: Cabinet, folder: Path) -> None:
    office, number = cabinet.browser("chuyenvien"), dossier(cabinet)
    send(office, b"<html>", 0, 6)
    assert hand_in(office, f"/dossiers/{number}/papers", b"<html>").status_code == 422
    assert list(folder.iterdir()) == []
    empty = hand_in(office, f"/dossiers/{number}/papers", b"")
    assert empty.json["reason"] == "empty"


def test_of_a_file_that_was_removed_no_beginning_stays(cabinet: Cabinet, folder: Path) -> None:
    paper, office = handed_out(cabinet, SECRET), cabinet.browser("chuyenvien")
    other, content = dossier(cabinet), pdf(1)
    send(office, SECRET, 0, 10)
    send(office, content, 0, 10)
    remove(cabinet, paper)
    assert (received(office, SECRET), received(office, content)) == (0, 10)
    send(office, SECRET, 0, len(SECRET))
    again = hand_in(office, f"/dossiers/{other}/papers", SECRET)
    assert again.json["reason"] == "removed"
    assert received(office, SECRET) == 0


def test_a_beginning_tells_nothing_and_is_gone_in_a_day(cabinet: Cabinet, folder: Path) -> None:
    store = incoming.store()
    store.add(1, NAME, 0, CANARY)
    [begun] = folder.iterdir()
    [piece] = begun.iterdir()
    assert b"CANARY" not in piece.read_bytes()
    assert keys.store().read(f"incoming-{begun.name}")
    assert store.whole(1, NAME) == CANARY
    assert jobs.let_go_what_nobody_sends_on() == 0
    yesterday = begun.stat().st_mtime - incoming.SECONDS_KEPT - 60
    os.utime(begun, (yesterday, yesterday))
    assert jobs.let_go_what_nobody_sends_on() == 1
    with pytest.raises(NotFound):
        keys.store().read(f"incoming-{begun.name}")
    with pytest.raises(NotFound):
        store.whole(1, NAME)


def test_nobody_fills_the_disk_with_beginnings(cabinet: Cabinet, tmp_path: Path) -> None:
    store = incoming.Folder(tmp_path / "few", most_bytes=1000)
    names = [digest(bytes([each])) for each in range(incoming.MOST_UNFINISHED + 2)]
    for age, name in enumerate(names):
        store.add(1, name, 0, b"begun")
        os.utime(tmp_path / "few" / f"1-{name}", (age, age))
    assert [store.received(1, each) for each in names[:2]] == [0, 0]
    assert store.received(1, names[2]) == 5
    for piece in (b"", b"x" * 996, b"x" * (incoming.PIECE + 1)):
        with pytest.raises(BadInput):
            store.add(1, names[2], 5, piece)
    for name in ("../../etc/passwd", "A" * 64, ""):
        with pytest.raises(NotFound):
            store.received(1, name)
