"""Stored files under a name of their own that knows no cookie, by tickets (UPL-05, AC-10)."""

import re
import threading

import pytest
from werkzeug.exceptions import NotFound
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from documents import service
from documents.rules import PaperKind
from ecabinet import checks, web
from ecabinet.db import reading, transaction
from ecabinet.errors import SettingRefused
from ecabinet.settings import Settings, from_environment
from people import queries
from people.service import sign_in
from tasks import service as tasks
from tests.ballots import builders as ballots
from tests.ballots.builders import Member
from tests.builders import Browser, Cabinet, cookie_of
from tests.building.test_access import ways
from tests.documents import builders, office_files
from tests.documents.test_signed import Signer
from tests.meetings import builders as meetings
from tests.tasks.builders import assign, office_file
from tests.wire.builders import serving

MAIN, FILES = "http://localhost", "http://tep.example"
READER = "botruong.yte"
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
FROM_A_PAGE = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
OF_A_PAGE = FROM_A_PAGE | {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
OPENED = FROM_A_PAGE | {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.fixture
def apart(cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch) -> Cabinet:
    """The cabinet with its files under another name."""
    settings = web.settings().model_copy(update={"files_url": FILES})
    monkeypatch.setattr(web, "_settings", settings)
    monkeypatch.setitem(cabinet.app.config, "TRUSTED_HOSTS", list(settings.hosts))
    return cabinet


def a_dossier(cabinet: Cabinet) -> int:
    dossier = builders.dossier(cabinet, builders.pdf(2))
    builders.hand_out(cabinet, dossier, [READER])
    return dossier


def a_paper(cabinet: Cabinet) -> int:
    return builders.papers(a_dossier(cabinet))[0].edition_id


def led(browser: Browser, path: str) -> str:
    """Where whoever opens this is sent."""
    answer = browser.get(path, base_url=MAIN, headers=OPENED)
    assert answer.status_code == 303, (path, answer.status_code)
    assert answer.headers["Location"].startswith(f"{FILES}{path}?ticket=")
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.headers["Location"].removeprefix(FILES)


def handed_out(cabinet: Cabinet, path: str, **asked: str) -> TestResponse:
    """What the files' host gives to a browser that was never there."""
    return cabinet.browser().client.get(path, base_url=FILES, headers=asked)


def of_every_kind(cabinet: Cabinet) -> list[tuple[Browser, str, str]]:
    """Who may have it, where, and of what type it is."""
    asked = ballots.an_open_consultation(cabinet)
    receipt = Member(cabinet, READER).cast(asked, "agree")
    paper = a_paper(cabinet)
    there = builders.dossier(cabinet, Signer().signs(builders.pdf(1)))
    sent = office_files.docx("Điều 1")
    service.add_paper(cabinet.actor("thuky"), there, "", PaperKind.DRAFT, "Dự thảo.docx", sent)
    signed, made = (each.edition_id for each in builders.papers(there))
    session = meetings.about(cabinet, builders.dossier(cabinet, builders.pdf(1)))
    task = assign(cabinet)
    tasks.accept(cabinet.actor("canbo.yte"), task)
    staff = cabinet.actor("canbo.yte")
    tasks.report(staff, task, "Xong", "Đề án.docx", office_file("word/document.xml"))
    shown = cabinet.browser("canbo.yte").get(f"/tasks/{task}").text
    found = re.search(rf"/tasks/{task}/files/\d+", shown)
    assert found
    minister, office = cabinet.browser(READER), cabinet.browser("thuky")
    pdf, octets = "application/pdf", "application/octet-stream"
    return [
        (minister, f"/editions/{paper}/file", pdf),
        (minister, f"/editions/{paper}/copy.pdf", pdf),
        (minister, f"/editions/{paper}/page1.webp", "image/webp"),
        (office, f"/editions/{signed}/original", pdf),
        (office, f"/editions/{made}/office-file", octets),
        (minister, f"/meetings/{session.id}/book.pdf", pdf),
        (cabinet.browser("kiemtoan"), found[0], "application/vnd.openxml"),
        (minister, f"/ballots/by-key/{receipt['key']}/file", pdf),
    ]


def nothing_acts(answer: TestResponse, kind: str) -> None:
    assert answer.status_code == 200
    assert answer.content_type.startswith(kind)
    assert answer.headers["Content-Security-Policy"] == SANDBOX
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]
    if kind not in ("application/pdf", "image/webp"):
        assert answer.headers["Content-Disposition"].startswith("attachment")


def test_every_door_that_hands_out_a_stored_file_says_so(cabinet: Cabinet) -> None:
    marked = {
        rule.rule
        for rule in cabinet.app.url_map.iter_rules()
        if hasattr(cabinet.app.view_functions[rule.endpoint], "is_stored_file")
    }
    drawn = {
        "/consultations/<int:consultation_id>/result.pdf",
        "/editions/<int:edition_id>/notes.pdf",
        "/outside-signing/<secret>/paper.pdf",
    }
    files = {
        each.rule
        for each in cabinet.app.url_map.iter_rules()
        if re.search(r"/(files?|original|office-file)(/|$)|\.(pdf|webp)$", each.rule)
    }
    assert len(marked) == 14
    assert marked == files - drawn


@pytest.mark.slow
def test_nothing_acts_in_a_stored_file_on_one_host_or_on_two(
    cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = of_every_kind(cabinet)
    on_one = []
    for browser, path, kind in every:
        answer = browser.get(path, base_url=MAIN, headers=OPENED)
        nothing_acts(answer, kind)
        on_one.append(answer.data)
    settings = web.settings().model_copy(update={"files_url": FILES})
    monkeypatch.setattr(web, "_settings", settings)
    monkeypatch.setitem(cabinet.app.config, "TRUSTED_HOSTS", list(settings.hosts))
    for (browser, path, kind), before in zip(every, on_one, strict=True):
        answer = handed_out(cabinet, led(browser, path))
        nothing_acts(answer, kind)
        assert "Set-Cookie" not in answer.headers
        # A book says when it was bound, to the second.
        assert len(answer.data) == len(before) if "book" in path else answer.data == before


def test_a_ticket_is_over_after_a_minute(apart: Cabinet) -> None:
    path = led(apart.browser(READER), f"/editions/{a_paper(apart)}/file")
    apart.wait(seconds=55)
    assert handed_out(apart, path).status_code == 200
    apart.wait(seconds=6)
    refused = handed_out(apart, path)
    assert refused.status_code == 404
    assert "chỉ mở được trong một phút" in refused.text
    assert "one minute only" in handed_out(apart, f"{path.replace('lang=vi', 'lang=en')}").text


def test_a_ticket_dies_with_its_login_and_with_the_right(apart: Cabinet) -> None:
    dossier = a_dossier(apart)
    paper = builders.papers(dossier)[0].edition_id
    browser, other = apart.browser(READER), apart.browser(READER)
    path, theirs = (led(each, f"/editions/{paper}/file") for each in (browser, other))
    assert handed_out(apart, path).status_code == 200
    with reading() as db:
        actor = queries.actor_by_cookie(db, cookie_of(browser))
    assert actor
    sign_in.sign_out(actor)
    assert handed_out(apart, path).status_code == 404
    assert handed_out(apart, theirs).status_code == 200
    with transaction() as db:
        service.take_back(db, dossier, apart.ids[READER])
    assert handed_out(apart, theirs).status_code == 404
    assert other.get(f"/editions/{paper}/file", headers=OPENED).status_code == 404


def test_a_ticket_is_for_one_file_one_browser_and_one_login(apart: Cabinet) -> None:
    paper, browser = a_paper(apart), apart.browser(READER)
    path = led(browser, f"/editions/{paper}/file")
    assert handed_out(apart, path).status_code == 200
    ticket = path.partition("?ticket=")[2].partition("&")[0]
    login, until, seal = ticket.split(".")
    for where in (
        path.replace("/file", "/copy.pdf"),
        path.replace(f"/{paper}/", f"/{a_paper(apart)}/"),
        path.replace(ticket, f"{int(login) + 1}.{until}.{seal}"),
        path.replace(ticket, f"{login}.{int(until) + 60}.{seal}"),
        path.replace(ticket, "x"),
        path.partition("?")[0],
    ):
        assert handed_out(apart, where).status_code == 404, where
    assert handed_out(apart, path, **{"User-Agent": "another"}).status_code == 404
    # On the pages' own host it opens nothing to anybody.
    for stranger, status in ((apart.browser("canbo.taichinh"), 404), (apart.browser(), 302)):
        assert stranger.get(path, base_url=MAIN, headers=OPENED).status_code == status


def test_the_files_host_reads_no_cookie_sets_none_and_has_nothing_else(apart: Cabinet) -> None:
    browser, paper = apart.browser(READER), a_paper(apart)
    path = led(browser, f"/editions/{paper}/file")
    kept = {"Cookie": f"ecabinet={cookie_of(browser)}; ecabinet_lang=en"}
    assert handed_out(apart, f"/editions/{paper}/file", **kept).status_code == 404
    # Nor does another's cookie stand in a ticket's way, or change whose copy it is.
    stranger = {"Cookie": f"ecabinet={cookie_of(apart.browser('thuky'))}"}
    answer = handed_out(apart, path, **stranger)
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (200, False)
    assert answer.data == browser.get(f"/editions/{paper}/file", headers=FROM_A_PAGE).data
    assert answer.headers["Accept-Ranges"] == "none"
    for way in ways():
        asked = way.path(987654)
        found = apart.browser().client.open(
            asked, method=way.method, base_url=FILES, headers=kept, query_string=path[-1:]
        )
        assert found.status_code == 404, way
        assert "Set-Cookie" not in found.headers, way
    for nothing in ("/", "/sign-in?lang=en", "/healthz", "/static/app.js"):
        assert handed_out(apart, nothing).status_code == 404


def test_a_readers_page_reads_on_where_it_stands(apart: Cabinet) -> None:
    """Ranges are asked for as long as a paper stands open; a script opens no document."""
    paper, browser = a_paper(apart), apart.browser(READER)
    ranged = FROM_A_PAGE | {"Range": "bytes=0-9"}
    assert browser.get(f"/editions/{paper}/file", headers=ranged).status_code == 206
    assert browser.get(f"/editions/{paper}/page1.webp", headers=OF_A_PAGE).status_code == 200
    for elsewhere in ("same-site", "cross-site", "none"):
        asked = ranged | {"Sec-Fetch-Site": elsewhere}
        assert browser.get(f"/editions/{paper}/file", headers=asked).status_code == 303
    assert browser.get(f"/editions/{paper}/file").status_code == 303
    # So no page needs to name the other host, and none does.
    page = browser.get("/dossiers", base_url=MAIN)
    assert "tep.example" not in page.headers["Content-Security-Policy"] + page.text


def test_who_may_not_have_a_file_gets_no_ticket(apart: Cabinet) -> None:
    paper = a_paper(apart)
    for way, status in (("file", 404), ("copy.pdf", 404), ("original", 403)):
        answer = apart.browser("botruong.xaydung").get(f"/editions/{paper}/{way}", headers=OPENED)
        assert (answer.status_code, "Location" in answer.headers) == (status, False), way


@pytest.mark.parametrize(
    "address",
    [
        "tep.example", "http://tep.example/a", "https://tep.example", "http://localhost:8001",
        "http://127.0.0.1", "http://quantri.localhost",
    ],
)  # fmt: skip
def test_a_name_that_is_not_apart_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("ECABINET_ADMIN_URL", "http://quantri.localhost:8000")
    monkeypatch.setenv("ECABINET_FILES_URL", "http://tep.example")
    settings = from_environment()
    assert "tep.example" in settings.hosts
    assert not any("tep" in each for each in settings.origins)
    monkeypatch.setenv("ECABINET_FILES_URL", address)
    with pytest.raises(SettingRefused, match="ECABINET_FILES_URL"):
        from_environment()


def seen_of_files(settings: Settings, url: str) -> checks.Check:
    found = checks.run(settings.model_copy(update={"files_url": url}))
    return next(each for each in found if each.name == "files")


def test_the_check_tries_the_files_host(
    apart: Cabinet, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert seen_of_files(settings, "").ok
    with serving(apart.app) as served:
        here = f"http://127.0.0.1:{served.port}"
        # Led to the pages: as yet this name is one of theirs.
        assert not seen_of_files(settings, here).ok
        monkeypatch.setattr(web, "_settings", settings.model_copy(update={"files_url": here}))
        assert seen_of_files(settings, here) == checks.Check("files", True, here)
    assert "ConnectionError" in seen_of_files(settings, here).detail


def test_another_server_under_the_files_name_is_seen(settings: Settings) -> None:
    strange = make_server("127.0.0.1", 0, NotFound())
    answering = threading.Thread(target=strange.handle_request)
    answering.start()
    seen = seen_of_files(settings, f"http://127.0.0.1:{strange.server_port}")
    answering.join()
    strange.server_close()
    assert not seen.ok
    assert "answers 404, not as the files' host does" in seen.detail
