"""A file that should never have come is gone: two people, from the commit on, from every place."""

import io
import re
import shutil
import zipfile
from pathlib import Path
from uuid import uuid4

import pytest
from reportlab.pdfgen.canvas import Canvas
from sqlalchemy import select, text

from ballots import bundle
from documents import queries, removing, replacing, service
from documents.models import Edition, Note, NotePlace, Paper
from documents.rules import CopyFate, DossierRefusal, PaperKind
from ecabinet import approvals, bundles, jobs, keys, storage, verifier
from ecabinet import db as store
from ecabinet.approvals import Request
from ecabinet.db import Base, reading, transaction
from ecabinet.errors import NotFound
from tests.ballots.builders import Member, an_open_consultation
from tests.builders import Browser, Cabinet
from tests.documents import builders
from tests.documents.test_lodging import begun

JSON = {"Accept": "application/json"}
MINISTER, OTHER = "botruong.yte", "botruong.taichinh"
CANARY = "CANARYmat"


def plain(*pages: str) -> bytes:
    """A paper whose words stand in its bytes as they are."""
    made = io.BytesIO()
    canvas = Canvas(made, invariant=1, pageCompression=0)
    for words in pages:
        canvas.drawString(72, 760, words)
        canvas.showPage()
    canvas.save()
    return made.getvalue()


SECRET = plain(f"Noi dung {CANARY} khong duoc co o day", "Trang sau")


@pytest.fixture
def paper(cabinet: Cabinet) -> queries.PaperView:
    """Handed out to two ministers; one has opened it."""
    return handed_out(cabinet, SECRET)


def handed_out(cabinet: Cabinet, content: bytes) -> queries.PaperView:
    dossier = builders.dossier(cabinet, content, builders.pdf(3))
    builders.hand_out(cabinet, dossier, [MINISTER, OTHER])
    found = builders.papers(dossier)[0]
    service.open_copy(cabinet.actor(MINISTER), found.edition_id, True)
    return found


@pytest.fixture
def came_second(cabinet: Cabinet) -> queries.PaperView:
    """A paper whose second edition, that replaced the first, should never have come."""
    return replace(cabinet, handed_out(cabinet, builders.pages("Trang dau", "Trang sau")), SECRET)


def ask(browser: Browser, paper: queries.PaperView, *editions: int, reason: str = "Gửi nhầm."):
    body = {"edition": list(editions) or [paper.edition_id], "reason": reason}
    return browser.post(f"/papers/{paper.id}/removals", body, headers=JSON)


def confirm(cabinet: Cabinet, path: str, by: str = "quantri"):
    with reading() as db:
        asked = approvals.request_to_read(
            db, cabinet.actor("lanhdaovp"), int(path.rsplit("/", 1)[1])
        )
    return cabinet.browser(by).post(f"{path}/confirm", {"digest": asked.digest}, headers=JSON)


def remove(cabinet: Cabinet, paper: queries.PaperView, *editions: int) -> None:
    asked = ask(cabinet.browser("lanhdaovp"), paper, *editions)
    assert asked.status_code == 200, asked.json
    assert confirm(cabinet, asked.json["location"]).status_code == 200


def test_nothing_changes_until_a_second_person_confirms(cabinet, paper):
    reader = cabinet.browser(MINISTER)
    path = f"/editions/{paper.edition_id}/file"
    asked = ask(cabinet.browser("lanhdaovp"), paper).json["location"]
    assert reader.get(path).status_code == 200
    assert confirm(cabinet, asked, by="lanhdaovp").status_code == 409
    assert reader.get(path).status_code == 200
    assert confirm(cabinet, asked).status_code == 200
    assert reader.get(path).status_code == 410


def test_the_papers_beside_it_lead_past_it(cabinet):
    dossier = builders.dossier(cabinet, *(builders.pdf(n) for n in (1, 2, 3)))
    builders.hand_out(cabinet, dossier, [MINISTER])
    first, second, third = builders.papers(dossier)
    reader = cabinet.browser(MINISTER)

    def beside(paper: queries.PaperView) -> list[str]:
        page = reader.get(f"/papers/{paper.id}").get_data(as_text=True)
        return re.findall(r'href="/papers/(\d+)" data-paper-(?:before|after)', page)

    assert beside(first) == [str(second.id)]
    assert beside(third) == [str(second.id)]
    remove(cabinet, second)
    assert beside(first) == [str(third.id)]
    assert beside(third) == [str(first.id)]


def proposals(cabinet: Cabinet, paper: queries.PaperView) -> list[int]:
    with reading() as db:
        return [each.request_id for each in replacing.proposed(db, paper.id)]


def test_a_replacement_that_was_refused_can_be_removed(cabinet):
    paper = handed_out(cabinet, builders.pages("Trang dau", "Trang sau"))
    body = {"file": (io.BytesIO(SECRET), "ban-2.pdf"), "reason": "Sửa."}
    secretary, leader = cabinet.browser("thuky"), cabinet.browser("lanhdaovp")
    asked = secretary.post(f"/papers/{paper.id}/replacements", body, headers=JSON).json["location"]
    (request,) = proposals(cabinet, paper)
    with reading() as db:
        kept, digest = (
            db.get_one(Request, request).facts["digest"], db.get_one(Request, request).digest,
        )  # fmt: skip
    refused = {"digest": digest, "reason": "Gửi nhầm."}
    assert leader.post(f"{asked}/refuse", refused, headers=JSON).status_code == 200
    assert CANARY.encode() in storage.read(kept)
    assert "Bản đề nghị thay, không được dùng" in leader.get(f"/papers/{paper.id}/removal").text
    # What is no proposal for this paper chooses nothing.
    wrong = {"proposed": request + 9, "reason": "Gửi nhầm."}
    assert leader.post(f"/papers/{paper.id}/removals", wrong, headers=JSON).status_code == 409
    chosen = {"proposed": request, "reason": "Gửi nhầm."}
    removal = leader.post(f"/papers/{paper.id}/removals", chosen, headers=JSON).json["location"]
    assert confirm(cabinet, removal).status_code == 200
    with pytest.raises(NotFound):
        storage.read(kept)
    assert proposals(cabinet, paper) == []
    # The paper itself is read on; nobody brings the file again; the record says what it was.
    assert cabinet.browser(MINISTER).get(f"/editions/{paper.edition_id}/file").status_code == 200
    body["file"] = (io.BytesIO(SECRET), "ban-2.pdf")
    again = secretary.post(f"/papers/{paper.id}/replacements", body, headers=JSON)
    assert again.status_code == 409
    assert f"thay tài liệu số {paper.id}" in leader.get("/removals/1").text


def test_what_an_agency_still_drafts_is_removed_by_its_number(cabinet):
    staff, leader = cabinet.browser("canbo.yte"), cabinet.browser("lanhdaovp")
    number = begun(cabinet)
    found = service.add_paper(
        cabinet.actor("canbo.yte"), number, "Tên không được lộ", PaperKind.DRAFT, "a.pdf", SECRET
    )
    assert leader.get(f"/papers/{found}").status_code == 404
    assert leader.get(f"/removals?paper={found}").location.endswith(f"/papers/{found}/removal")
    page = leader.get(f"/papers/{found}/removal").text
    assert "chỉ gỡ được theo số" in page
    assert "Tên không được lộ" not in page
    (paper,) = (each for each in builders.papers(number) if each.id == found)
    assert staff.get(f"/editions/{paper.edition_id}/file").status_code == 200
    remove(cabinet, paper)
    assert staff.get(f"/editions/{paper.edition_id}/file").status_code == 410
    # To whoever removes nothing the page is no way to learn of a paper.
    assert cabinet.browser("thuky").get(f"/papers/{found}/removal").status_code == 403


def test_who_is_asked_is_told_that_a_paper_of_the_question_was_removed(cabinet):
    consultation = an_open_consultation(cabinet)
    with reading() as db:
        dossier = db.scalars(select(Paper.dossier_id)).one()
    (paper,) = builders.papers(dossier)
    member = cabinet.browser(MINISTER)
    pages = [f"/consultations/{consultation}{end}" for end in ("", "/answer")]
    for each in pages:
        assert "gỡ khẩn cấp" not in member.get(each).text
    remove(cabinet, paper)
    for each in pages:
        assert "gỡ khẩn cấp" in member.get(each).text
    assert f"/editions/{paper.edition_id}/file" not in member.get(pages[1]).text


def every_door(paper: queries.PaperView) -> dict[str, int]:
    """What gives anything of an edition, by address."""
    at = f"/editions/{paper.edition_id}"
    return {
        f"{at}/file": 410,
        f"{at}/page1.webp": 410,
        f"{at}/notes": 410,
        f"{at}/notes.pdf": 410,
        f"{at}/changes": 410,
        f"/papers/{paper.id}": 410,
        f"/papers/{paper.id}?edition=1": 410,
    }


def test_every_door_to_it_says_clearly_that_it_was_removed(cabinet, paper):
    reader = cabinet.browser(MINISTER)
    before = {path: reader.get(path).status_code for path in every_door(paper)}
    assert before == {path: 404 if path.endswith("/changes") else 200 for path in every_door(paper)}
    remove(cabinet, paper)
    assert {path: reader.get(path).status_code for path in every_door(paper)} == every_door(paper)
    said = reader.get(f"/editions/{paper.edition_id}/file", headers=JSON).json
    assert said["code"] == "removed"
    assert "không ai mở được nữa" in said["message"]
    # Whoever may not know of the dossier learns nothing by it.
    assert cabinet.browser("botruong.xaydung").get(f"/papers/{paper.id}").status_code == 404


def test_a_copy_that_is_on_its_way_stops(cabinet, paper):
    long = storage.keep(bytes(2 * storage.GIVEN_AT_ONCE))
    stream = storage.store().stream(long)
    assert next(stream)
    storage.store().destroy(long)
    with pytest.raises(NotFound):
        next(stream)


def test_it_is_found_by_no_search_and_counted_in_none(cabinet, paper):
    reader = cabinet.browser(MINISTER)
    assert f'href="/papers/{paper.id}' in reader.get(f"/search?q={CANARY}").text
    remove(cabinet, paper)
    assert f'href="/papers/{paper.id}' not in reader.get(f"/search?q={CANARY}").text


def highlight(quote: str) -> dict[str, object]:
    shape = {"quote": quote, "prefix": "", "suffix": "", "rects": [[1, 1, 9, 9]]}
    content = {"kind": "highlight", "page": 1, "text": f"Ghi {quote}", "shape": shape}
    return {"id": str(uuid4()), "base": 0, "content": content}


def write(browser: Browser, edition_id: int, quote: str) -> None:
    body = {"notes": [highlight(quote)], "since": 0}
    saved = browser.post(f"/editions/{edition_id}/notes", json=body, headers=JSON)
    assert saved.status_code == 200, saved.json


def replace(cabinet: Cabinet, paper: queries.PaperView, content: bytes) -> queries.PaperView:
    body = {"file": (io.BytesIO(content), "ban-2.pdf"), "reason": "Sửa."}
    browser = cabinet.browser("thuky")
    asked = browser.post(f"/papers/{paper.id}/replacements", body, headers=JSON).json["location"]
    assert confirm(cabinet, asked, by="lanhdaovp").status_code == 200
    return edition(paper)


def everywhere() -> bytes:
    """All that the database and its files hold, as a thief would read it."""
    if not store.database().embedded:
        with reading() as db:
            every = (db.execute(select(table)) for table in Base.metadata.sorted_tables)
            indexed = db.execute(text("SELECT terms::text FROM search_terms"))
            return repr([row for rows in (*every, indexed) for row in rows]).encode()
    path = Path(store.database().engine.url.database or "")
    return b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))


def page1_of(edition_id: int) -> str:
    with reading() as db:
        return str(db.get_one(Edition, edition_id).page1)


def opened_from(files: Path, key_store: keys.Keys) -> list[bytes]:
    """Every stored file that these keys open."""
    found, blobs = [], storage.Folder(files, key_store)
    for each in files.rglob("*"):
        if each.is_file():
            try:
                found.append(b"".join(blobs.stream(each.stem)))
            except NotFound:
                continue
    return found


def edition(paper: queries.PaperView) -> queries.PaperView:
    """The paper in its current edition."""
    with reading() as db:
        return queries.paper(db, paper.id)


def test_nothing_of_it_is_left_on_disk_in_the_database_or_in_an_older_backup(
    cabinet, came_second, house, tmp_path
):
    paper = came_second
    for who in (MINISTER, OTHER):
        write(cabinet.browser(who), paper.edition_id, CANARY)
    # As it reads, and as it is looked up.
    for word in (CANARY, CANARY.lower()):
        assert word.encode() in everywhere()
    newer = replace(cabinet, paper, builders.pages("Trang dau da sua", "Trang sau"))
    assert cabinet.browser(MINISTER).get(f"/editions/{newer.edition_id}/notes").status_code == 200
    files, backup = house.settings.data_dir / "files", tmp_path / "backup"
    shutil.copytree(files, backup)
    held = [each for each in opened_from(backup, keys.store()) if CANARY.encode() in each]
    # The file, the copy that is read, what was proposed, what was compared before and after.
    assert len(held) == 5
    assert SECRET in held
    picture = page1_of(paper.edition_id)
    remove(cabinet, paper, paper.edition_id)
    assert jobs.run_once()
    for word in (CANARY, CANARY.lower()):
        assert word.encode() not in everywhere()
    for folder in (files, backup):
        assert not any(CANARY.encode() in each for each in opened_from(folder, keys.store()))
        with pytest.raises(NotFound):
            storage.Folder(folder, keys.store()).stream(picture)
    # What stays opens as before.
    reader = cabinet.browser(MINISTER)
    with reading() as db:
        stay = [each.id for each in queries.editions(db, paper.id) if each.removal is None]
    assert len(stay) == 2
    for each in stay:
        assert reader.get(f"/editions/{each}/file").status_code == 200
        assert reader.get(f"/editions/{each}/page1.webp").status_code == 200
    assert reader.get(f"/papers/{paper.id}").status_code == 200


def test_what_was_written_on_it_goes_from_every_device_too(cabinet, came_second):
    reader = cabinet.browser(MINISTER)
    with reading() as db:
        first = queries.editions(db, came_second.id)[-1].id
    write(reader, first, "Trang sau")
    write(reader, came_second.edition_id, CANARY)
    newer = replace(cabinet, came_second, builders.pages("Trang dau da sua", "Trang sau"))
    for each in (came_second, newer):
        assert reader.get(f"/editions/{each.edition_id}/notes").status_code == 200
    remove(cabinet, came_second)
    left = {
        each["edition"]: each["content"]
        for each in reader.get(f"/editions/{newer.edition_id}/notes").json["notes"]
    }
    assert left[1]["shape"]["quote"] == "Trang sau"
    assert left[2] is None
    with reading() as db:
        places = db.query(NotePlace.edition_id, NotePlace.note_id).all()
        kept = {each.id for each in db.query(Note).where(Note.kind.is_not(None))}
    assert {each for each, _ in places} == {newer.edition_id}
    assert {note for _, note in places} <= kept


def test_what_was_decided_on_it_still_verifies_by_its_digest(cabinet, tmp_path):
    consultation = an_open_consultation(cabinet)
    (removed,) = builders.papers(1)
    Member(cabinet, MINISTER).cast(consultation, "agree")
    remove(cabinet, removed)
    # Who answers afterwards names the same digest.
    Member(cabinet, OTHER).cast(consultation, "disagree")
    cabinet.wait(days=16)
    jobs.run_once()
    path = tmp_path / "bundle.zip"
    with reading() as db:
        bundle.write(db, consultation, path)
        trusted = bundles.trusted(db)
    with zipfile.ZipFile(path) as archive:
        assert f"papers/{removed.digest}.pdf" not in archive.namelist()
        assert removed.digest in archive.read("consultation.json").decode()
    assert verifier.verify(path, trusted).findings == ()


def test_two_persons_of_the_two_offices_and_nobody_else(cabinet, paper):
    for name in ("thuky", "chuyenvien", "quantri", "kiemtoan", MINISTER, "canbo.yte"):
        assert ask(cabinet.browser(name), paper).status_code == 403, name
        assert cabinet.browser(name).get(f"/papers/{paper.id}/removal").status_code == 403, name
    leader = cabinet.browser("lanhdaovp")
    shown = leader.get(f"/papers/{paper.id}/removal").text
    assert 'name="edition" value="1" checked' in shown
    none = leader.post(f"/papers/{paper.id}/removals", {"reason": "Nhầm."}, headers=JSON)
    assert (none.status_code, none.json["reason"]) == (409, DossierRefusal.NONE_CHOSEN)
    asked = ask(leader, paper).json["location"]
    assert ask(leader, paper).json["reason"] == "already_asked"
    for name in ("thuky", "kiemtoan", MINISTER):
        assert confirm(cabinet, asked, by=name).status_code in (403, 404), name
    assert cabinet.browser(MINISTER).get(f"/papers/{paper.id}").status_code == 200
    assert "đã đề nghị gỡ khẩn cấp" in leader.get(f"/dossiers/{paper.dossier_id}").text
    assert confirm(cabinet, asked).status_code == 200
    again = ask(leader, paper)
    assert (again.status_code, again.json["reason"]) == (409, DossierRefusal.REMOVED)


def test_whoever_confirms_learns_what_it_does_and_no_title(cabinet, paper):
    asked = ask(cabinet.browser("lanhdaovp"), paper).json["location"]
    shown = cabinet.browser("quantri").get(asked).text
    assert f"Gỡ bản 1 của tài liệu số {paper.id}" in shown
    assert "tên 1 người đã mở" in shown
    assert paper.digest[:16] in shown
    assert "Tài liệu 1" not in shown


def test_the_same_file_goes_wherever_it_lies_and_does_not_come_again(cabinet, paper):
    elsewhere = builders.dossier(cabinet, SECRET, builders.pdf(2))
    (twin, other) = builders.papers(elsewhere)
    leader = cabinet.browser("lanhdaovp")
    assert f"tài liệu số {twin.id}; cũng" in leader.get(f"/papers/{paper.id}/removal").text
    assert "Cùng tệp đó" not in leader.get(f"/papers/{other.id}/removal").text
    asked = ask(cabinet.browser("lanhdaovp"), paper).json["location"]
    assert "Cùng tệp đó còn ở 1 tài liệu khác" in cabinet.browser("quantri").get(asked).text
    confirm(cabinet, asked)
    office = cabinet.browser("thuky")
    assert office.get(f"/editions/{twin.edition_id}/file").status_code == 410
    assert office.get(f"/editions/{other.edition_id}/file").status_code == 200
    body = {"file": (io.BytesIO(SECRET), "lai.pdf"), "kind": "draft", "title": ""}
    again = office.post(f"/dossiers/{elsewhere}/papers", body, headers=JSON)
    assert (again.status_code, again.json["reason"]) == (409, DossierRefusal.REMOVED)


def test_a_like_first_page_of_a_paper_that_stays_is_not_destroyed(cabinet, paper):
    stays = builders.papers(paper.dossier_id)[1]
    with transaction() as db:
        db.get_one(Edition, stays.edition_id).page1 = page1_of(paper.edition_id)
    remove(cabinet, paper)
    jobs.run_once()
    picture = f"/editions/{stays.edition_id}/page1.webp"
    assert cabinet.browser(MINISTER).get(picture).status_code == 200


def test_a_clean_file_takes_its_place_and_what_waited_meanwhile_does_not(cabinet, paper):
    body = {"file": (io.BytesIO(builders.pdf(2)), "sach.pdf"), "reason": "Sửa."}
    office = cabinet.browser("thuky")
    waited = office.post(f"/papers/{paper.id}/replacements", body, headers=JSON).json["location"]
    remove(cabinet, paper)
    proposed = waited.replace("/approvals/", "/replacements/")
    assert cabinet.browser("lanhdaovp").get(proposed).status_code == 410
    assert confirm(cabinet, waited, by="lanhdaovp").json["code"] == "overtaken"
    assert office.post(f"{waited}/withdraw", headers=JSON).status_code == 200
    clean = replace(cabinet, paper, builders.pdf(2))
    assert (clean.edition_number, clean.removal) == (2, None)
    reader = cabinet.browser(MINISTER)
    assert reader.get(f"/papers/{paper.id}").status_code == 200
    assert reader.get(f"/papers/{paper.id}?edition=1").status_code == 410
    assert reader.get(f"/editions/{clean.edition_id}/changes").status_code == 200


def lease(cabinet: Cabinet, paper: queries.PaperView, who: str) -> tuple[Browser, str]:
    browser = cabinet.browser(who)
    vault = browser.post("/vault", json={}, headers=JSON).json["vault"]
    builders.arrived(builders.take_along(browser, vault, paper.edition_id))
    return browser, vault


def fates(cabinet: Cabinet) -> dict[str, CopyFate]:
    with reading() as db:
        (one,) = removing.incidents(db)
        return {each.reader: each.fate for each in one.copies}


def test_copies_on_devices_are_named_until_they_are_heard_of_or_their_lease_ends(cabinet, paper):
    heard, vault = lease(cabinet, paper, MINISTER)
    lease(cabinet, paper, OTHER)
    yte, taichinh = "Bộ trưởng Bộ Y tế", "Bộ trưởng Bộ Tài chính"
    remove(cabinet, paper)
    assert fates(cabinet) == {yte: CopyFate.HELD, taichinh: CopyFate.HELD}
    record = cabinet.browser("lanhdaovp").get("/removals/1").text
    assert record.count("Máy có thể còn giữ, muộn nhất tới") == 2
    told = heard.post("/vault", json={"vault": vault}, headers=JSON)
    assert told.json["kept"] == []
    assert fates(cabinet) == {yte: CopyFate.TOLD, taichinh: CopyFate.HELD}
    ((refused, _),) = builders.arrived(builders.take_along(heard, vault, paper.edition_id))
    assert refused["refused"]["code"] == "removed"
    cabinet.wait(hours=73)
    assert fates(cabinet) == {yte: CopyFate.TOLD, taichinh: CopyFate.LEASE_OVER}


def test_the_record_says_who_why_and_who_had_opened_it_to_those_who_read_the_log(cabinet, paper):
    asked = ask(cabinet.browser("lanhdaovp"), paper, reason="Văn bản mật gửi nhầm.")
    confirm(cabinet, asked.json["location"])
    for name in ("lanhdaovp", "kiemtoan", "quantri"):
        shown = cabinet.browser(name).get("/removals/1").text
        for told in (
            "Phó Chủ nhiệm Văn phòng Chính phủ", "Quản trị hệ thống", "Văn bản mật gửi nhầm.",
            "Bộ trưởng Bộ Y tế", paper.digest,
        ):  # fmt: skip
            assert told in shown, (name, told)
        # The administrator reads no paper, nor what it is called.
        assert ("Tài liệu 1" in shown) is (name != "quantri")
        assert "Đang hủy" in shown
    assert cabinet.browser("thuky").get("/removals/1").status_code == 403
    jobs.run_once()
    assert "Đã hủy xong" in cabinet.browser("kiemtoan").get("/removals/1").text


def test_its_readers_are_told_and_find_its_place_in_the_dossier(cabinet, paper):
    remove(cabinet, paper)
    for name in (MINISTER, OTHER):
        assert "Đã gỡ khẩn cấp: Tài liệu 1, bản 1" in cabinet.browser(name).get("/inbox").text
    shown = cabinet.browser(MINISTER).get(f"/dossiers/{paper.dossier_id}").text
    assert "theo quyết định của Phó Chủ nhiệm Văn phòng Chính phủ" in shown
    assert f'data-edition="{paper.edition_id}"' not in shown
    office = cabinet.browser("thuky").get(f"/papers/{paper.id}").text
    assert "Ai đã mở trước khi gỡ" in office
    assert "Ai đã mở trước khi gỡ" not in cabinet.browser(MINISTER).get(f"/papers/{paper.id}").text


def test_what_could_not_be_destroyed_at_once_is_destroyed_by_the_clock(cabinet, paper, monkeypatch):
    whole = storage.Folder.destroy

    def fails(_self: storage.Folder, _digest: str) -> None:
        raise OSError("the disk says no")

    monkeypatch.setattr(storage.Folder, "destroy", fails)
    remove(cabinet, paper)
    assert storage.read(paper.digest) == SECRET
    assert cabinet.browser(MINISTER).get(f"/editions/{paper.edition_id}/file").status_code == 410
    monkeypatch.setattr(storage.Folder, "destroy", whole)
    jobs.run_once()
    with pytest.raises(NotFound):
        storage.read(paper.digest)
