"""What a browser may keep to be read without a line, until when, and what ends it (DAT-05)."""

import base64
import io
import random
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pypdf
import pytest
from sqlalchemy import update

from documents import leases, queries, service
from documents.http import vault as http_vault
from documents.models import Edition, Handout, Opening
from ecabinet import clock, storage
from ecabinet.db import reading, transaction
from ecabinet.errors import TooMany
from people.models import Login, Mandate
from people.service import leaving
from tests.builders import Browser, Cabinet, statements_sent
from tests.documents import builders

READER = "botruong.yte"
JSON = {"Accept": "application/json"}
HOUR = 3600


@pytest.fixture
def paper(cabinet: Cabinet) -> queries.PaperView:
    dossier_id = builders.dossier(cabinet, builders.pdf(3))
    builders.hand_out(cabinet, dossier_id, [READER])
    return builders.papers(dossier_id)[0]


def says(browser: Browser, path: str, **body: object):
    return browser.post(path, json=body, headers=JSON)


def vault_of(browser: Browser) -> str:
    return str(says(browser, "/vault").json["vault"])


def take(browser: Browser, vault: str, paper: queries.PaperView) -> dict[str, Any]:
    """What is said of one paper that is taken along, or of why it is not."""
    ((said, _),) = builders.arrived(builders.take_along(browser, vault, paper.edition_id))
    return said


def stays(vault: str, cabinet: Cabinet, **more: object) -> bool:
    """What a browser is told that nobody is signed in at."""
    return bool(says(cabinet.browser(), "/vault/contact", vault=vault, **more).json["stays"])


def openings() -> list[Opening]:
    with reading() as db:
        return list(db.query(Opening))


def test_a_paper_taken_along_bears_its_readers_mark_and_is_not_yet_opened(cabinet, paper):
    browser = cabinet.browser(READER)
    answer = builders.take_along(browser, vault_of(browser), paper.edition_id)
    ((lease, content),) = builders.arrived(answer)
    assert (lease["edition_id"], lease["title"], lease["pages"]) == (
        paper.edition_id,
        "Tài liệu 1",
        3,
    )
    assert 71 * HOUR < lease["seconds"] <= 72 * HOUR
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "Bộ trưởng Bộ Y tế" in pypdf.PdfReader(io.BytesIO(content)).pages[2].extract_text()
    assert openings() == []


def test_what_was_opened_without_a_line_is_told_once_there_is_one(cabinet, paper):
    browser = cabinet.browser(READER)
    vault = vault_of(browser)
    take(browser, vault, paper)
    cabinet.wait(hours=5)
    # Two hours ago, and long before there was anything to open.
    said = [paper.edition_id, 2 * HOUR, paper.edition_id, 90 * HOUR, 987654, 60]
    assert says(browser, "/vault", vault=vault, readings=said).status_code == 200
    found = sorted(each.at for each in openings())
    assert [round((found[1] - each).total_seconds() / HOUR) for each in found] == [3, 0]


def test_contact_lengthens_what_may_still_be_read_and_ends_the_rest(cabinet, paper):
    browser = cabinet.browser(READER)
    dossier_id = builders.dossier(cabinet, builders.pdf(1), title="Hồ sơ khác")
    builders.hand_out(cabinet, dossier_id, [READER])
    other = builders.papers(dossier_id)[0]
    vault = vault_of(browser)
    take(browser, vault, paper)
    take(browser, vault, other)
    cabinet.wait(hours=10)
    both = says(browser, "/vault", vault=vault).json["kept"]
    assert [each["edition_id"] for each in both] == [paper.edition_id, other.edition_id]
    assert min(each["seconds"] for each in both) > 71 * HOUR
    one = says(browser, "/vault", vault=vault, dropped=[other.edition_id]).json["kept"]
    assert [each["edition_id"] for each in one] == [paper.edition_id]


def test_a_vault_hears_of_a_newer_edition_of_what_it_keeps(cabinet):
    paper = builders.papers(builders.dossier(cabinet, builders.pdf(3)))[0]
    browser = cabinet.browser("thuky")
    vault = vault_of(browser)
    assert take(browser, vault, paper)["newest"] == 1
    service.add_edition(cabinet.actor("chuyenvien"), paper.id, "ban-moi.pdf", builders.pdf(4))
    (kept,) = says(browser, "/vault", vault=vault).json["kept"]
    assert (kept["number"], kept["newest"]) == (1, 2)


def test_the_half_of_the_key_is_the_same_each_time_and_no_row_holds_it(cabinet, paper):
    browser = cabinet.browser(READER)
    made = says(browser, "/vault").json
    again = says(browser, "/vault", vault=made["vault"]).json
    assert again["half"] == made["half"]
    half = base64.b64decode(made["half"])
    assert len(half) == 32
    with reading() as db:
        rows = db.connection().exec_driver_sql("SELECT * FROM documents_vault").all()
    assert rows
    assert all(half != cell for row in rows for cell in row)
    assert says(browser, "/vault").json["half"] != made["half"]


def test_another_person_finds_no_vault_lease_or_copy_of_mine(cabinet, paper):
    mine, other = cabinet.browser(READER), cabinet.browser("thuky")
    vault = vault_of(mine)
    for browser, status in ((mine, 200), (other, 404)):
        assert says(browser, "/vault", vault=vault).status_code == status
        answer = builders.take_along(browser, vault, paper.edition_id)
        assert answer.status_code == status
        assert (b"%PDF" in answer.data) == (status == 200)


def test_papers_come_in_one_answer_each_with_its_notes_and_what_is_refused_stops_no_other(
    cabinet, paper
):
    dossier_id = builders.dossier(cabinet, builders.pdf(2), builders.pdf(5), title="Hồ sơ khác")
    builders.hand_out(cabinet, dossier_id, [READER])
    second, third = builders.papers(dossier_id)
    (foreign,) = builders.papers(builders.dossier(cabinet, builders.pdf(1), title="Chưa phát"))
    cabinet.browser("thuky").post(f"/papers/{second.id}/handling", {"handling": "online"})
    browser = cabinet.browser(READER)
    content = {"kind": "text", "page": 1, "text": "Hỏi lại", "shape": {"at": [10, 20]}}
    note = {"id": str(uuid4()), "base": 0, "content": content}
    body = {"notes": [note], "since": 0}
    path = f"/editions/{third.edition_id}/notes"
    assert browser.post(path, json=body, headers=JSON).status_code == 200
    asked = [each.edition_id for each in (third, foreign, second, paper)] + [987654]
    found = builders.arrived(builders.take_along(browser, vault_of(browser), *asked))
    assert [each["edition_id"] for each, _ in found] == asked
    assert [each.get("refused", {}).get("code") for each, _ in found] == [
        None, "not_found", "refused", None, "not_found",
    ]  # fmt: skip
    assert [each["notes"]["notes"] for each, _ in found if "notes" in each] == [
        browser.get(f"{path}?since=0").json["notes"],
        [],
    ]
    for (said, content), pages in ((found[0], 5), (found[3], 3)):
        assert said["pages"] == len(pypdf.PdfReader(io.BytesIO(content)).pages) == pages
    with reading() as db:
        assert [each.paper for each in leases.copies_out(db, dossier_id)] == [third.title]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"editions": []}, "editions"),
        ({"editions": ["1"]}, "editions"),
        ({"editions": 1}, "editions"),
        ({"editions": [1], "vault": "no hex"}, "vault"),
        ({}, "editions"),
    ],
)
def test_what_names_no_papers_is_refused(cabinet, paper, body, field):
    browser = cabinet.browser(READER)
    given = {"vault": vault_of(browser)} | body
    answer = browser.post("/vault/leases", json=given, headers=JSON)
    assert (answer.status_code, answer.json["field"]) == (400, field)


def test_what_is_on_its_way_stops_with_the_right_to_it(cabinet, paper, monkeypatch):
    monkeypatch.setattr(http_vault, "LOOK_SECONDS", 0)
    dossier_id = builders.dossier(cabinet, builders.pdf(2), title="Hồ sơ khác")
    builders.hand_out(cabinet, dossier_id, [READER])
    (other,) = builders.papers(dossier_id)
    browser = cabinet.browser(READER)
    both = (paper.edition_id, other.edition_id)
    coming = builders.take_along(browser, vault_of(browser), *both)
    with transaction() as db:
        db.delete(db.get_one(Handout, (dossier_id, cabinet.ids[READER])))
    first, second = (said for said, _ in builders.arrived(coming))
    assert "refused" not in first
    assert second["refused"]["code"] == "not_found"


def test_what_is_on_its_way_stops_with_its_login(cabinet, paper, monkeypatch):
    monkeypatch.setattr(http_vault, "LOOK_SECONDS", 0)
    builders.dossier(cabinet, builders.pdf(2), title="Hồ sơ khác")
    builders.hand_out(cabinet, 2, [READER])
    (other,) = builders.papers(2)
    browser = cabinet.browser(READER)
    # The first part of an answer is read at once.
    coming = builders.take_along(browser, vault_of(browser), paper.edition_id, other.edition_id)
    sign_out(cabinet, browser)
    first, second = (said for said, _ in builders.arrived(coming))
    assert "refused" not in first
    assert second["refused"]["reason"] == "closed"


def test_a_long_paper_stops_in_the_middle_with_the_login(cabinet, monkeypatch):
    monkeypatch.setattr(http_vault, "LOOK_SECONDS", 0)
    dossier_id = builders.dossier(cabinet, builders.pdf(1))
    builders.hand_out(cabinet, dossier_id, [READER])
    (long,) = builders.papers(dossier_id)
    with transaction() as db:
        edition = db.get_one(Edition, long.edition_id)
        edition.prepared = storage.keep(random.Random(4).randbytes(3 * storage.GIVEN_AT_ONCE))
        edition.prepared_size = 3 * storage.GIVEN_AT_ONCE
    browser = cabinet.browser(READER)
    coming = builders.take_along(browser, vault_of(browser), long.edition_id)
    sign_out(cabinet, browser)
    head = 4 + int.from_bytes(coming.data[:4], "big")
    assert len(coming.data) == head + storage.GIVEN_AT_ONCE


def test_a_mandate_that_ends_meanwhile_lets_nothing_more_come(cabinet, paper, monkeypatch):
    monkeypatch.setattr(http_vault, "LOOK_SECONDS", 0)
    (other,) = builders.papers(builders.dossier(cabinet, builders.pdf(2), title="Hồ sơ khác"))
    builders.hand_out(cabinet, other.dossier_id, [READER])
    with reading() as db:
        end = clock.now(db) + timedelta(hours=20)
    for each in (paper, other):
        adviser = cabinet.ids["canbo.yte"]
        service.name_adviser(cabinet.actor(READER), each.dossier_id, adviser, end, "")
    browser = cabinet.browser("canbo.yte")
    both = (paper.edition_id, other.edition_id)
    coming = builders.take_along(browser, vault_of(browser), *both)
    with transaction() as db:
        now = clock.now(db)
        db.execute(update(Mandate).values(ended_at=now))
    first, second = (said for said, _ in builders.arrived(coming))
    assert "refused" not in first
    assert second["refused"]["code"] == "not_found"


def test_a_note_that_is_written_meanwhile_comes_with_its_paper(cabinet, paper, monkeypatch):
    monkeypatch.setattr(http_vault, "LOOK_SECONDS", 0)
    (other,) = builders.papers(builders.dossier(cabinet, builders.pdf(2), title="Hồ sơ khác"))
    builders.hand_out(cabinet, other.dossier_id, [READER])
    browser = cabinet.browser(READER)
    both = (paper.edition_id, other.edition_id)
    coming = builders.take_along(browser, vault_of(browser), *both)
    content = {"kind": "text", "page": 1, "text": "Hỏi lại", "shape": {"at": [10, 20]}}
    note = {"id": str(uuid4()), "base": 0, "content": content}
    path = f"/editions/{other.edition_id}/notes"
    assert browser.post(path, json={"notes": [note], "since": 0}, headers=JSON).status_code == 200
    first, second = (said["notes"]["notes"] for said, _ in builders.arrived(coming))
    assert (first, [each["id"] for each in second]) == ([], [note["id"]])


def test_a_damaged_file_stops_no_other(cabinet, paper, house):
    (other,) = builders.papers(builders.dossier(cabinet, builders.pdf(2), title="Hồ sơ khác"))
    builders.hand_out(cabinet, other.dossier_id, [READER])
    with reading() as db:
        digest = db.get_one(Edition, paper.edition_id).prepared
    (path,) = (house.settings.data_dir / "files" / digest[:2]).glob(f"{digest}*")
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    browser = cabinet.browser(READER)
    both = (paper.edition_id, other.edition_id)
    (first, _), (second, content) = builders.arrived(
        builders.take_along(browser, vault_of(browser), *both)
    )
    assert first["refused"]["code"] == "failed"
    assert (second["pages"], len(pypdf.PdfReader(io.BytesIO(content)).pages)) == (2, 2)


def test_a_hall_that_takes_its_papers_along_leaves_room_for_others(cabinet, paper, monkeypatch):
    monkeypatch.setattr(http_vault, "_ways", http_vault.Ways(most=1))
    browser, other = cabinet.browser(READER), cabinet.browser("thuky")
    vault = vault_of(browser)
    going = builders.take_along(browser, vault, paper.edition_id)
    full = builders.take_along(other, vault_of(other), paper.edition_id)
    assert (full.status_code, full.headers["Retry-After"]) == (429, "3")
    # Refused or ended, each leaves its way to the next.
    assert builders.arrived(going)
    assert builders.take_along(browser, "0" * 32, paper.edition_id).status_code == 404
    builders.take_along(browser, vault, paper.edition_id).close()
    assert take(browser, vault, paper)["pages"] == 3


def test_no_login_takes_every_way_and_a_device_that_is_gone_stands_in_none():
    ways = http_vault.Ways(most=3, each=2)
    with ways.one(1), ways.one(1):
        with pytest.raises(TooMany), ways.one(1):
            pass
        with ways.one(2), pytest.raises(TooMany), ways.one(3):
            pass
        with ways.one(3):
            pass
    gone = http_vault.Ways(most=1, silent=0)
    with gone.one(1) as goes_on, gone.one(2):
        goes_on()


def test_of_forty_papers_no_more_is_asked_than_of_four(cabinet):
    browser = cabinet.browser(READER)
    vault, asked = vault_of(browser), []
    for count in (4, 40):
        dossier_id = builders.dossier(cabinet, *[builders.pdf(1)] * count, title=f"Hồ sơ {count}")
        builders.hand_out(cabinet, dossier_id, [READER])
        editions = [each.edition_id for each in builders.papers(dossier_id)]
        with statements_sent() as statements:
            found = builders.arrived(builders.take_along(browser, vault, *editions))
        assert len(found) == count
        asked.append([each for each in statements if "INSERT INTO documents_lease" not in each])
    few, many = asked
    assert len(many) == len(few)


def test_who_may_not_read_a_paper_may_not_keep_it(cabinet, paper):
    stranger = cabinet.browser("botruong.xaydung")
    assert take(stranger, vault_of(stranger), paper)["refused"]["code"] == "not_found"


def test_who_reads_by_a_mandate_keeps_it_no_longer_than_that(cabinet, paper):
    with reading() as db:
        end = clock.now(db) + timedelta(hours=20)
    adviser = cabinet.ids["canbo.yte"]
    service.name_adviser(cabinet.actor(READER), paper.dossier_id, adviser, end, "")
    browser = cabinet.browser("canbo.yte")
    seconds = take(browser, vault_of(browser), paper)["seconds"]
    assert 19 * HOUR < seconds <= 20 * HOUR


def test_a_paper_that_is_read_online_only_is_kept_by_no_device(cabinet, paper):
    browser, secretary = cabinet.browser(READER), cabinet.browser("thuky")
    vault = vault_of(browser)
    assert "refused" not in take(browser, vault, paper)
    said = secretary.post(f"/papers/{paper.id}/handling", {"handling": "online"})
    assert said.location == f"/dossiers/{paper.dossier_id}"
    assert says(browser, "/vault", vault=vault).json["kept"] == []
    refused = take(browser, vault, paper)["refused"]
    assert (refused["code"], refused["reason"]) == ("refused", "online_only")
    assert "mạng" in refused["message"]
    assert "Chỉ đọc khi có mạng" in browser.get(f"/dossiers/{paper.dossier_id}").text
    secretary.post(f"/papers/{paper.id}/handling", {"handling": "read"})
    assert "refused" not in take(browser, vault, paper)


def test_copies_that_are_out_are_listed_by_name_until_they_are_known_to_be_gone(cabinet, paper):
    browser = cabinet.browser(READER)
    vault = vault_of(browser)
    take(browser, vault, paper)
    page = f"/dossiers/{paper.dossier_id}"
    assert "Bản đang ở trên máy" not in browser.get(page).text
    with reading() as db:
        (out,) = leases.copies_out(db, paper.dossier_id)
    assert (out.reader, out.paper, out.is_taken_back) == ("Bộ trưởng Bộ Y tế", "Tài liệu 1", False)
    secretary = cabinet.browser("thuky")
    assert "Bản đang ở trên máy" in secretary.get(page).text
    sign_out(cabinet, browser)
    assert "đã thu hồi, chờ máy liên lạc" in secretary.get(page).text
    stays(vault, cabinet, emptied=True)
    assert "Bản đang ở trên máy" not in secretary.get(page).text


def test_a_lease_that_has_ended_is_listed_no_more(cabinet, paper):
    browser = cabinet.browser(READER)
    take(browser, vault_of(browser), paper)
    cabinet.wait(hours=71)
    with reading() as db:
        assert leases.copies_out(db, paper.dossier_id)
    cabinet.wait(hours=2)
    with reading() as db:
        assert leases.copies_out(db, paper.dossier_id) == []


def test_one_takes_back_a_device_of_ones_own_and_nobody_elses(cabinet, paper):
    browser, elsewhere = cabinet.browser(READER), cabinet.browser(READER)
    vault = vault_of(browser)
    take(browser, vault, paper)
    with reading() as db:
        (device,) = leases.devices_of(db, cabinet.actor(READER))
    assert device.papers == 1
    close = f"/vaults/{device.id}/close"
    assert cabinet.browser("thuky").post(close).status_code == 404
    assert stays(vault, cabinet)
    assert close in elsewhere.get("/vaults").text
    assert elsewhere.post(close).status_code == 303
    assert not stays(vault, cabinet)
    assert "đã thu hồi, chờ máy liên lạc" in elsewhere.get("/vaults").text


def sign_out(cabinet: Cabinet, browser: Browser) -> None:
    assert browser.post("/sign-out").status_code == 303


def end_elsewhere(cabinet: Cabinet, browser: Browser) -> None:
    with reading() as db:
        (login,) = db.query(Login).where(Login.person_id == cabinet.ids[READER])
    elsewhere = cabinet.browser(READER)
    assert elsewhere.post(f"/logins/{login.public_id}/end").status_code == 303


def leave_office(cabinet: Cabinet, browser: Browser) -> None:
    with transaction() as db:
        leaving.end_access(db, cabinet.ids[READER])


@pytest.mark.parametrize("end", [sign_out, end_elsewhere, leave_office])
def test_a_vault_whose_login_was_ended_stays_closed_for_good(cabinet, paper, end):
    browser = cabinet.browser(READER)
    vault = vault_of(browser)
    take(browser, vault, paper)
    assert stays(vault, cabinet)
    end(cabinet, browser)
    assert not stays(vault, cabinet)
    again = cabinet.browser(READER)
    refused = says(again, "/vault", vault=vault)
    assert (refused.status_code, refused.json["reason"]) == (409, "closed")
    assert builders.take_along(again, vault, paper.edition_id).status_code == 409


def test_a_login_that_ran_out_leaves_the_vault_to_its_leases(cabinet, paper):
    browser = cabinet.browser(READER)
    vault = vault_of(browser)
    take(browser, vault, paper)
    cabinet.wait(hours=13)
    assert says(browser, "/vault", vault=vault).status_code == 401
    assert stays(vault, cabinet)
    kept = says(cabinet.browser(READER), "/vault", vault=vault).json["kept"]
    assert [each["edition_id"] for each in kept] == [paper.edition_id]


def test_a_vault_that_its_browser_has_emptied_is_over(cabinet, paper):
    browser = cabinet.browser(READER)
    vault = vault_of(browser)
    assert stays(vault, cabinet)
    assert not stays(vault, cabinet, emptied=True)
    assert says(browser, "/vault", vault=vault).status_code == 409
    assert not stays("0" * 32, cabinet)


def test_the_vaults_pages_name_nobody(cabinet):
    signed_in, stranger = cabinet.browser(READER), cabinet.browser()
    for path in ("/vault", "/vault/paper"):
        page = signed_in.get(path)
        assert page.text == stranger.get(path).text
        assert "csrf-token" not in page.text
        assert "Set-Cookie" not in page.headers
    mine = signed_in.get("/vault/mine", headers=JSON)
    assert mine.json == {"person": cabinet.ids[READER], "csrf": signed_in.token()}
    assert mine.headers["Cache-Control"] == "no-store"


def test_the_worker_answers_for_the_whole_house_and_is_asked_for_anew(cabinet):
    worker = cabinet.browser().get("/sw.js")
    assert worker.headers["Cache-Control"] == "no-cache"
    assert worker.headers["Service-Worker-Allowed"] == "/"
    assert worker.mimetype == "text/javascript"
    # What it keeps is everybody's: no address of a person's own page or file.
    assert "/vault/paper" in worker.text
    assert "/editions/" not in worker.text


def test_a_device_is_told_what_this_house_looks_like_on_its_first_screen(cabinet):
    manifest = cabinet.browser().get("/app.webmanifest")
    assert manifest.mimetype == "application/manifest+json"
    told = manifest.get_json(force=True)
    assert (told["start_url"], told["display"]) == ("/", "standalone")
    for each in told["icons"]:
        icon = cabinet.browser().get(each["src"])
        assert icon.data.startswith(b"\x89PNG"), each["src"]
