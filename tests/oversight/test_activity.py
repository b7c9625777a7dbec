"""What was done is written down with it, once, and stays as it was written."""

import csv
import re
from io import StringIO
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from ecabinet import activity, db, errors, web
from ecabinet.activity import Activity, Wanted
from ecabinet.oversight import http
from tests.builders import PASSWORD, Browser, Cabinet, statements_sent
from tests.building.test_words import reasons

ROOT = Path(__file__).parent.parent.parent
DOORS = ROOT / "tests" / "building" / "doors.txt"
ROOMS = (
    "ecabinet", "people", "documents", "ballots", "meetings", "tasks", "exchange",
)  # fmt: skip

EVERYTHING = Wanted()


def rows(wanted: Wanted = EVERYTHING) -> list[Activity]:
    with db.reading() as session:
        return activity.find(session, wanted)


def make_dossier(cabinet: Cabinet, browser: Browser, title: str = "Hồ sơ thử") -> int:
    sent = {"title": title, "drafting_agency": cabinet.agencies["yte"]}
    return browser.post("/dossiers", sent).status_code


def test_an_act_leaves_one_row_with_who_what_when_and_from_where(cabinet: Cabinet) -> None:
    browser = cabinet.browser("thuky")
    answer = browser.post(
        "/dossiers", {"title": "Hồ sơ mật danh CANARY", "drafting_agency": cabinet.agencies["yte"]},
        headers={"User-Agent": "May tinh bang"}, environ_overrides={"REMOTE_PORT": "40404"},
    )  # fmt: skip
    assert answer.status_code == 303
    (row,) = rows(Wanted(acts=frozenset({"documents.create_dossier"})))
    assert row.person_id == cabinet.ids["thuky"]
    assert (row.office, row.roles) == ("Thư ký phiên họp", "secretary")
    assert (row.source, row.port, row.browser) == ("127.0.0.1", 40404, "May tinh bang")
    assert (row.thing, row.result) == ("/dossiers", "done")
    assert row.login_id
    assert "CANARY" not in repr(vars(row))


def test_who_only_looks_leaves_no_row(cabinet: Cabinet) -> None:
    browser = cabinet.browser("thuky")
    for path in ("/", "/inbox", "/dossiers", "/meetings", "/no-such-page"):
        browser.get(path)
    assert rows() == []


def test_what_is_refused_leaves_a_row_that_says_why(cabinet: Cabinet) -> None:
    minister = cabinet.browser("botruong.yte")
    assert make_dossier(cabinet, minister) == 403
    assert minister.get("/activity").status_code == 403
    assert cabinet.browser("thuky").post("/dossiers", {"title": ""}).status_code == 400
    assert [(each.act, each.result, each.reason) for each in rows(Wanted(is_refused=True))] == [
        ("documents.create_dossier", "bad_input", "title"),
        ("oversight.activity", "forbidden", ""),
        ("documents.create_dossier", "forbidden", ""),
    ]


def test_a_sign_in_is_written_by_whom_and_a_wrong_one_as_wrong(cabinet: Cabinet) -> None:
    browser = cabinet.browser()
    assert browser.post("/sign-in", {"username": "thuky", "password": "sai" * 6}).status_code == 409
    assert browser.post("/sign-in", {"username": "ma", "password": PASSWORD}).status_code == 409
    assert browser.post("/sign-in", {"username": "thuky", "password": PASSWORD}).status_code == 303
    assert browser.post("/sign-in/code", {"code": browser.code()}).status_code == 303
    thuky = cabinet.ids["thuky"]
    assert [(each.person_id, each.act, each.result) for each in rows()] == [
        (thuky, "people.give_code", "done"),
        (thuky, "people.give_password", "done"),
        (None, "people.give_password", "refused"),
        (thuky, "people.give_password", "refused"),
    ]


def test_whoever_guesses_at_a_locked_screen_is_known(cabinet: Cabinet) -> None:
    browser = cabinet.browser("thuky")
    browser.post("/lock")
    assert browser.post("/unlock", {"code": "000000"}).status_code == 409
    (row,) = rows(Wanted(is_refused=True))
    assert (row.person_id, row.act) == (cabinet.ids["thuky"], "idle.unlock")


def test_a_file_of_the_page_costs_no_question_to_the_database(cabinet: Cabinet) -> None:
    browser = cabinet.browser("thuky")
    browser.get("/healthz")
    with statements_sent() as asked:
        assert browser.get("/healthz").status_code == 200
        assert not asked
        browser.get("/inbox")
        assert asked


def test_an_act_that_cannot_be_written_down_is_not_done(
    cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = cabinet.browser("thuky")
    assert make_dossier(cabinet, browser) == 303
    with monkeypatch.context() as broken:
        broken.setattr(activity, "_row", lambda *_: (_ for _ in ()).throw(RuntimeError("full")))
        assert make_dossier(cabinet, browser, "Hồ sơ không được lập") == 500
    assert "Hồ sơ không được lập" not in browser.get("/dossiers").get_data(as_text=True)


@pytest.mark.parametrize(
    "change", [update(Activity).values(result="forbidden"), delete(Activity)], ids=["edit", "erase"]
)
def test_the_database_lets_nobody_change_or_take_away_a_row(cabinet: Cabinet, change) -> None:
    make_dossier(cabinet, cabinet.browser("thuky"))
    with pytest.raises(DBAPIError, match="append-only"), db.transaction() as session:
        session.execute(change)
    with db.reading() as session:
        assert [each.result for each in session.scalars(select(Activity))] == ["done"]
        if session.get_bind().dialect.name == "postgresql":
            with pytest.raises(DBAPIError, match="append-only"):
                session.execute(text("TRUNCATE activity"))


def test_a_secret_of_an_address_is_not_written(cabinet: Cabinet) -> None:
    clerk = cabinet.browser("canbo.yte")
    assert clerk.get("/ballots/by-key/CANARY").status_code == 403
    assert clerk.post("/devices/ab12/confirm", {"met": "1"}).status_code == 403
    assert [each.thing for each in rows()] == ["/devices/ab12/confirm", "/ballots/by-key/…"]


def test_whoever_looks_after_the_log_finds_a_person_an_act_a_result(cabinet: Cabinet) -> None:
    make_dossier(cabinet, cabinet.browser("thuky"))
    make_dossier(cabinet, cabinet.browser("botruong.yte"))
    auditor = cabinet.browser("kiemtoan")

    def found(query: str) -> tuple[bool, bool]:
        page = auditor.get(f"/activity?{query}").get_data(as_text=True)
        table = page.partition("<tbody>")[2]
        return "Thư ký phiên họp" in table, "Bộ trưởng Bộ Y tế" in table

    assert found("") == (True, True)
    assert found("q=thu+ky+phien") == (True, False)
    assert found("q=botruong.yte") == (False, True), "by the name of the account"
    assert found("q=lap+ho+so") == (True, True)
    assert found("q=khai+mac") == (False, False)
    assert found("result=refused") == (False, True)
    assert found(f"person={cabinet.ids['thuky']}") == (True, False)
    assert found("source=10.1.2.3") == (False, False)
    assert found("first=01/01/2099") == (False, False)
    assert found("last=31/12/2019") == (False, False)
    assert auditor.get("/activity?first=ngay-mai").status_code == 400


def test_the_log_goes_on_over_pages_and_misses_nothing(cabinet: Cabinet) -> None:
    browser, auditor = cabinet.browser("thuky"), cabinet.browser("kiemtoan")
    for _ in range(53):
        browser.post("/inbox/read")
    first = auditor.get("/activity").get_data(as_text=True)
    assert first.count("<tr>") == 1 + 50
    oldest = rows()[49].id
    assert f"before={oldest}" in first
    second = auditor.get(f"/activity?before={oldest}").get_data(as_text=True)
    assert second.count("<tr>") == 1 + 3
    assert 'rel="next"' not in second


def test_the_export_is_what_was_looked_for_whole(cabinet: Cabinet) -> None:
    browser = cabinet.browser("thuky")
    for _ in range(53):
        browser.post("/inbox/read")
    make_dossier(cabinet, cabinet.browser("botruong.yte"))
    given = cabinet.browser("kiemtoan").get("/activity.csv?result=done").get_data(as_text=True)
    heading, *lines = csv.reader(StringIO(given.removeprefix("\ufeff")))
    assert heading[:4] == ["Lúc", "Người làm", "Chức vụ", "Việc"]
    assert len(lines) == 53
    assert {line[3] for line in lines} == {"Đánh dấu đã đọc thông báo"}


@pytest.mark.once
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_door_has_its_words_in_the_log(app: Flask, language: str) -> None:
    """Whoever adds a door says in templates/oversight/_acts.html what is done or seen there."""
    doors = {tuple(each.split()[:2]) for each in DOORS.read_text().splitlines()}
    endpoints = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if any((method, rule.rule) in doors for method in rule.methods or ())
    }
    assert len(endpoints) > 150
    with app.test_request_context(f"/?lang={language}"):
        said = http.act_words()
    assert set(said) - {"static"} == endpoints - {"static"}
    assert all(said.values())


@pytest.mark.once
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_reason_has_its_words_in_the_log_and_says_no_figure(
    app: Flask, language: str
) -> None:
    with app.test_request_context(f"/?lang={language}"):
        said = http.reason_words()
    assert len(reasons()) > 100
    assert not [each for each in reasons() if len(said.get(each, "")) < 10]
    # A figure is not kept with the row, so that none can be said of it.
    figures = {"SignInRefusal.locked", "VoteRefusal.quorum_missing", "CastRefusal.suspended"}
    assert not [each for each in figures if re.search("[0-9]", said[each])]


@pytest.mark.once
def test_every_result_has_its_words_in_the_log(app: Flask) -> None:
    kinds = [each for each in vars(errors).values() if isinstance(each, type)]
    codes = {each.code for each in kinds if issubclass(each, errors.CabinetError)}
    with app.test_request_context("/"):
        assert codes <= set(web.words_in("oversight/_acts.html", "results"))


@pytest.mark.once
def test_every_field_that_a_form_is_refused_for_has_its_words(app: Flask) -> None:
    with app.test_request_context("/"):
        words = web.field_words()
    assert not asked_by_forms() - set(words) - SENT_BY_THE_PAGE


# No reader types or chooses these: numbers of what was seen, answers of a key, a machine's token.
SENT_BY_THE_PAGE = {
    "digest", "draft", "fields", "hidden", "iss", "logout_token", "newest", "rows", "seen", "state",
    "stood", "at", "sent", "epoch", "id", "message", "seq", "body", "page", "mandates", "more",
    "key_id", "uploadfile", "editions",
}  # fmt: skip


def asked_by_forms() -> set[str]:
    """The names that doors read from forms, or refuse."""
    calls = r"""\b(?:form|form_int|form_day|day_of|hour_of|password|BadInput)\(\s*"(\w+)\""""
    texts = [path.read_text() for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    return {name for text in texts for name in re.findall(calls, text)}


def test_the_log_says_a_refusal_in_words(cabinet: Cabinet) -> None:
    browser = cabinet.browser("thuky")
    browser.post("/dossiers", {"title": "", "drafting_agency": cabinet.agencies["yte"]})
    browser.post("/unlock", {"code": "000000"})
    cabinet.browser("botruong.yte").get("/activity")
    auditor = cabinet.browser("kiemtoan")
    page = auditor.get("/activity").text
    exported = auditor.get("/activity.csv").get_data(as_text=True)
    for words in ("Tên gọi", "Mã xác thực chưa đúng", "Xem nhật ký hoạt động"):
        assert words in page
        assert words in exported
    for raw in ("SignInRefusal", "oversight.activity", ">title<"):
        assert raw not in page
