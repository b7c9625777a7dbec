"""What the front desk settles for every page."""

import html
import io
import re
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from ecabinet.access import Permission
from ecabinet.db import database
from ecabinet.errors import SettingRefused
from ecabinet.web import PAGE_POLICY, Door, needs, own_path
from tests.builders import PASSWORD, Browser, Cabinet


def test_a_route_without_a_permission_keeps_the_application_from_starting() -> None:
    door = Door("example", __name__)
    door.get("/declared")(needs(Permission.ANYONE)(lambda: "fine"))
    with pytest.raises(SettingRefused, match="declares no permission"):
        door.get("/bare")(lambda: "not fine")


def test_every_answer_carries_the_policy_and_is_kept_by_nobody(cabinet: Cabinet) -> None:
    browser = cabinet.browser("thuky")
    for path in ("/", "/sign-in", "/inbox", "/no-such-page"):
        answer = browser.get(path)
        assert answer.headers["Content-Security-Policy"] == PAGE_POLICY, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Cookie" in answer.headers["Vary"]
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_whoever_opens_a_page_by_their_machines_number_is_led_to_its_name(
    cabinet: Cabinet,
) -> None:
    opening = {"Host": "127.0.0.1", "Sec-Fetch-Mode": "navigate"}
    led = cabinet.browser().get("/sign-in?next=/inbox", headers=opening)
    assert (led.status_code, led.location) == (302, "http://localhost/sign-in?next=/inbox")
    for asked in ({"Host": "127.0.0.1"}, opening | {"Host": "localhost"}):
        assert cabinet.browser().get("/sign-in", headers=asked).status_code == 200
    led = cabinet.browser().get("//evil.example", headers=opening)
    assert led.status_code == 404 or led.location == "http://localhost/"


def test_nobody_signed_in_is_sent_to_sign_in_and_back(cabinet: Cabinet) -> None:
    answer = cabinet.browser().get("/inbox")
    assert (answer.status_code, answer.location) == (302, "/sign-in?next=/inbox")
    told = cabinet.browser().get("/inbox", headers={"Accept": "application/json"})
    assert told.status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": "0" * 64},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_a_request_from_elsewhere_changes_nothing(
    cabinet: Cabinet, headers: dict[str, str]
) -> None:
    browser = cabinet.browser("thuky")
    own = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost:80"}
    assert browser.post("/inbox/read", headers=own).status_code == 303
    assert browser.post("/inbox/read", headers=headers).status_code == 403
    foreign = cabinet.browser()
    given = {"username": "thuky", "password": PASSWORD}
    assert foreign.post("/sign-in", given, headers=headers).status_code == 403


# What, before a host's name or a script, leads a browser away from a page, or tries to (WEB-07).
WAYS_OUT = (
    "//", "///", "////", "/\\", "\\/", "\\\\", "/\\/", "//\\", "\\//", "/\\\\", "//\\/", "\\\\\\",
    "/\t/", "/\n/", "/\r/", "/\r\n/", "/\x00/", "/\x0b/", "\t//", "\n//", " //", "\x00//", "\x1f//",
    "\u00a0//", "\u3000//", "\ufeff//", "\u200b//", "/\u200b/", "/\u2028/", "/\u202e/", "http://",
    "https://", "HTTPS://", "hTTp://", "http:/", "https:", "http:\\\\", "https:///", "http:////",
    "ftp://", "file:///", "ws://", "blob:http://", "mailto:x@", "view-source:http://",
    "javascript:alert(1)//", "JaVaScRiPt:alert(1)//", "java\tscript:alert(1)//", "\tjavascript:",
    "javascript\n:alert(1)//", "javascript://%0aalert(1)//", "vbscript:", "data:text/html,",
    "localhost@", "//localhost@", "//localhost:80@", "https://localhost@", "//localhost\\@", "//[",
    "http://[::1]@", "", ".", "@", "?next=//", "#//",
)  # fmt: skip
# Odd, but of this host: a browser leads nowhere else by them.
OWN = ("/%2f%2f", "/%5c", "/.//", "/..//", "/;//", "/?//", "/#//", "/@", "/%09/", "/\uff0f\uff0f")


def test_one_is_only_sent_on_to_a_page_of_our_own() -> None:
    assert len(WAYS_OUT) >= 60
    for each in WAYS_OUT:
        assert own_path(f"{each}evil.example/") == "/", each
    assert own_path("/a\r\nSet-Cookie: x=1") == "/"
    for each in OWN:
        kept = own_path(f"{each}evil.example/")
        # As a browser reads it: backslashes are slashes, and what ends lines is left out.
        read = re.sub(r"[\t\r\n]", "", kept).replace("\\", "/")
        assert urlsplit(urljoin("http://localhost/sign-in", read))[:2] == ("http", "localhost"), (
            each
        )
    assert own_path("/consultations/3?lang=en#answer") == "/consultations/3?lang=en#answer"


def test_a_fault_says_so_without_saying_more(
    app: Flask, cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = cabinet.browser("thuky")

    def broken() -> str:
        raise RuntimeError("CANARY")

    monkeypatch.setitem(app.view_functions, "home.inbox", broken)
    answer = browser.get("/inbox")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 500
    assert "CANARY" not in page
    assert "Traceback" not in page
    assert "Máy chủ gặp lỗi" in page


def test_the_page_speaks_vietnamese_and_english_by_a_switch(cabinet: Cabinet) -> None:
    browser = cabinet.browser("thuky")
    assert '<html lang="vi"' in browser.get("/").get_data(as_text=True)
    assert '<html lang="en"' in browser.get("/?lang=en").get_data(as_text=True)
    assert '<html lang="en"' in browser.get("/").get_data(as_text=True)


def test_where_one_wanted_to_go_survives_signing_in(cabinet: Cabinet) -> None:
    browser = cabinet.browser()
    wanted = "/tasks?agency=3&shown=late"
    answer = browser.get(wanted)
    page = browser.get(answer.location).text
    assert f'value="{wanted.replace("&", "&amp;")}"' in page
    given = {"username": "thuky", "password": PASSWORD, "next": wanted}
    then = browser.post("/sign-in", given)
    assert parse_qs(urlsplit(then.location).query)["next"] == [wanted]


def test_the_other_language_keeps_what_was_asked_for(cabinet: Cabinet) -> None:
    page = cabinet.browser("thuky").get("/tasks?shown=late&lang=vi").text
    assert 'href="?shown=late&amp;lang=en"' in page


@pytest.mark.parametrize("path", ["/static/no-such.js", "/static/manifest.json/x"])
def test_a_refusal_under_static_is_its_readers_own(cabinet: Cabinet, path: str) -> None:
    answer = cabinet.browser("thuky").get(path)
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Cookie" in answer.headers["Vary"]


def test_only_a_file_named_by_its_content_is_kept_for_good(app: Flask, cabinet: Cabinet) -> None:
    assert app.static_folder
    folder = Path(app.static_folder)
    folder.mkdir(exist_ok=True)
    kept = {"proof-ABCDEFGH.js": "immutable", "proof.json": "no-cache"}
    browser = cabinet.browser()
    try:
        for name, how in kept.items():
            (folder / name).write_text("{}")
            answer = browser.get(f"/static/{name}")
            assert answer.status_code == 200
            assert how in answer.headers["Cache-Control"]
    finally:
        for name in kept:
            (folder / name).unlink(missing_ok=True)


@pytest.mark.parametrize("number", ["9223372036854775808", "2147483648", "٣", "1_0", "-1"])
def test_a_number_that_no_row_has_is_an_address_of_nothing(cabinet: Cabinet, number: str) -> None:
    browser = cabinet.browser("thuky")
    for place in ("meetings", "dossiers", "papers", "tasks", "consultations"):
        assert browser.get(f"/{place}/{number}").status_code == 404, place
    for asked in ("/tasks?agency=", "/tasks?page=", "/consultations/new?dossier="):
        assert browser.get(asked + number).status_code == 200, asked
    assert browser.get(f"/tasks/assign?order={number}").status_code in (200, 403, 404)


def test_text_of_a_form_is_what_every_reader_sees(cabinet: Cabinet) -> None:
    browser, agency = cabinet.browser("thuky"), cabinet.agencies["yte"]

    def make(title: str) -> int:
        answer = browser.post("/dossiers", {"title": title, "drafting_agency": agency})
        return answer.status_code

    assert make("Dự\u00a0thảo\u200b Nghị\u00ad định\ufeff") == 303
    assert "Dự thảo Nghị định" in browser.get("/dossiers").text
    for hidden in ("\u202e", "\u2066", "\x00", "\x1b", "\u2028", "\ue000"):
        assert make(f"Đồng ý {hidden}không") == 400, repr(hidden)
    assert make("\u200b\u200b") == 400


@pytest.mark.once
def test_a_store_that_is_down_is_said_in_a_sentence(cabinet: Cabinet) -> None:
    """Also the page around a refusal asks the store; the answer does not fail with it."""
    browser = cabinet.browser("thuky")
    assert browser.get("/inbox").status_code == 200
    token = browser.token()
    with database().engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE people_login RENAME TO gone")
    page = browser.get("/inbox")
    assert page.status_code == 503
    assert "Máy chủ đang bận" in page.text
    script = {"Accept": "application/json", "X-CSRF-Token": token}
    for answer in (
        browser.get("/inbox", headers=script),
        browser.client.post("/inbox/read", headers=script),
    ):
        assert answer.status_code == 503
        assert answer.get_json()["code"] == "busy"
        assert "Máy chủ đang bận" in answer.get_json()["message"]


# ---- a form sent without a script, refused for one field ----


def refused(browser: Browser, path: str, sent: dict[str, str], **headers: str) -> tuple[str, str]:
    """The page that answers it, and its form."""
    answer = browser.post(path, sent, headers=headers)
    assert answer.status_code == 400, path
    page = answer.get_data(as_text=True)
    return page, page.partition('<form class="padtop stack"')[2].partition("</form>")[0]


def test_a_refused_field_is_marked_where_it_can_be_mended_and_all_else_is_kept(
    cabinet: Cabinet,
) -> None:
    browser, path = cabinet.browser("quantri"), "/calendar/days"
    sent = {"kind": "off", "first": "ngày <mai>", "last": "", "name": "Nghỉ & bù"}
    page, form = refused(browser, path, sent, Referer="http://localhost/calendar/days?year=2027")
    assert 'href="/calendar/days?year=2027#first"' in page
    assert f'action="{path}"' in form
    (marked,) = re.findall(r"<input class=[^>]*>", form)
    assert 'name="first" value="ngày &lt;mai&gt;" aria-invalid="true"' in marked
    assert 'for="first">Từ ngày</label>' in form
    assert 'id="wrong"' in form
    assert "Nhập ngày như 26/11/2026." in form
    kept = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    token = kept.pop("csrf_token")
    assert kept == {"kind": "off", "last": "", "name": "Nghỉ &amp; bù"}
    assert "same-origin" in page
    mended = {key: html.unescape(value) for key, value in kept.items()}
    again = mended | {"first": "26/11/2027", "csrf_token": token}
    assert browser.client.post(path, data=again).status_code == 303


def test_what_is_chosen_or_secret_or_a_file_is_named_and_never_sent_back(cabinet: Cabinet) -> None:
    keeper = cabinet.browser("thuky")
    chosen, form = refused(keeper, "/dossiers", {"title": "Hồ sơ", "drafting_agency": "x"})
    assert "Cơ quan soạn thảo: Nhập chưa đúng." in chosen
    assert form == ""
    sent = {"old": PASSWORD, "new": "CANARY-2 của tôi", "again": "CANARY-3 của tôi"}
    secret, form = refused(keeper, "/password", sent)
    assert "Nhập lại: Nhập chưa đúng." in secret
    assert "CANARY" not in secret
    assert form == ""
    elsewhere = {"Referer": "http://elsewhere.example/calendar"}
    page, _form = refused(keeper, "/dossiers", {"title": ""}, **elsewhere)
    assert "elsewhere" not in page


def test_what_a_page_sends_by_itself_is_named_to_nobody(cabinet: Cabinet) -> None:
    page, form = refused(cabinet.browser("thuky"), "/inbox/read", {"newest": "x"})
    assert "newest" not in page
    assert form == ""


HOLIDAY = [("kind", "off"), ("first", "26/11/2027"), ("last", ""), ("name", "Nghỉ bù")]


@pytest.mark.parametrize(
    ("query", "more"),
    [
        ("", [("agency_id", "1")]),
        ("", [("name", "Nghỉ lễ")]),
        ("?signed_at=2027", []),
    ],
)
def test_what_is_not_asked_for_and_what_stands_twice_is_refused_in_a_sentence(
    cabinet: Cabinet, query: str, more: list[tuple[str, str]]
) -> None:
    browser = cabinet.browser("quantri")
    for language, words in (("en", "does not ask for"), ("vi", "mà trang này không hỏi")):
        browser.client.set_cookie("ecabinet_lang", language)
        refused = browser.post(f"/calendar/days{query}", MultiDict([*HOLIDAY, *more]))
        assert refused.status_code == 400
        assert words in refused.text
        assert "agency_id" not in refused.text
    assert "26/11/2027" not in browser.get("/calendar/days?year=2027").text
    assert browser.get("/calendar/days?year=2027&year=2028").status_code == 400
    assert browser.post("/calendar/days", MultiDict(HOLIDAY)).status_code == 303
    assert "26/11/2027" in browser.get("/calendar/days?year=2027").text


def test_a_file_that_is_not_asked_for_is_refused_like_any_field(cabinet: Cabinet) -> None:
    browser = cabinet.browser("thuky")
    sent = {"title": "Hồ sơ", "drafting_agency": cabinet.agencies["yte"]}
    paper = {"paper": (io.BytesIO(b"%PDF"), "a.pdf")}
    assert browser.post("/dossiers", sent | paper).status_code == 400
    assert "Hồ sơ</a>" not in browser.get("/dossiers").text
    assert browser.post("/dossiers", sent).status_code == 303
