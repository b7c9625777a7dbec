"""What the front desk settles for every page."""

import pytest
from flask import Flask

from ecabinet.access import Permission
from ecabinet.errors import SettingRefused
from ecabinet.web import PAGE_POLICY, Door, needs, own_path
from tests.builders import PASSWORD, Cabinet


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


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)",
        "/\\/evil", "\\\\evil", "", "evil", "/a\r\nSet-Cookie: x=1", "/\tevil", "//[",
    ],
)  # fmt: skip
def test_one_is_only_sent_on_to_a_page_of_our_own(path: str) -> None:
    assert own_path("/meetings/3?tab=2") == "/meetings/3?tab=2"
    assert own_path(path) == "/"


def test_a_fault_says_so_without_saying_more(app: Flask, cabinet: Cabinet) -> None:
    browser = cabinet.browser("thuky")

    def broken() -> str:
        raise RuntimeError("CANARY")

    app.view_functions["home.inbox"] = broken
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
