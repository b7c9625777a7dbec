"""Keys in a real browser: a member's signing key, and passkeys of a virtual authenticator."""

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

from tests.server import Server, serving_demo

pytestmark = pytest.mark.browser

MEMBER = "botruong.yte"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving_demo(tmp_path_factory.mktemp("passkeys") / "var") as server:
        yield server


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(locale="vi-VN")
    yield context
    context.close()


def authenticator(page: Page, **more: Any) -> tuple[CDPSession, str]:
    """A passkey holder inside this page's browser, whose owner is there and proves it."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable", {"enableUI": False})
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options | more})
    return session, made["authenticatorId"]


def sign_in(page: Page, server: Server, username: str) -> None:
    """By password and code; every test of a person waits for a code of their own."""
    page.goto(f"{server.url}/sign-in?next=/devices")
    page.fill("#username", username)
    page.fill("#password", server.accounts[username]["password"])
    page.click("text=Tiếp tục")
    page.fill("#code", server.code(username))
    page.click("form.region button[type=submit]")
    page.wait_for_selector("#logins")


def make_passkey(page: Page) -> None:
    """By two presses, as of an impatient finger; one key comes of it."""
    page.dblclick("text=Thêm khóa của thiết bị này")
    page.wait_for_selector("text=Bỏ khóa")


def test_a_person_adds_a_passkey_and_signs_in_by_one_touch(
    context: BrowserContext, server: Server
) -> None:
    page = context.new_page()
    session, holder = authenticator(page)
    sign_in(page, server, MEMBER)
    make_passkey(page)
    (kept,) = session.send("WebAuthn.getCredentials", {"authenticatorId": holder})["credentials"]
    assert kept["rpId"] == "localhost"
    assert kept["isResidentCredential"]
    context.clear_cookies()
    page.goto(f"{server.url}/sign-in?next=/devices")
    page.dblclick("text=Dùng khóa của thiết bị này")
    page.wait_for_selector("#logins")
    page.reload()
    page.wait_for_selector("#logins")
    assert "dùng gần nhất" in page.inner_text("main")


def test_an_owner_who_is_not_verified_does_not_sign_in(
    context: BrowserContext, server: Server
) -> None:
    page = context.new_page()
    session, holder = authenticator(page)
    sign_in(page, server, "botruong.noivu")
    make_passkey(page)
    context.clear_cookies()
    session.send("WebAuthn.setUserVerified", {"authenticatorId": holder, "isUserVerified": False})
    page.goto(f"{server.url}/sign-in")
    page.click("text=Dùng khóa của thiết bị này")
    page.wait_for_selector(".errs")
    assert page.url.startswith(f"{server.url}/sign-in")
    session.send("WebAuthn.setUserVerified", {"authenticatorId": holder, "isUserVerified": True})
    page.click("text=Dùng khóa của thiết bị này")
    page.wait_for_url(lambda url: "/sign-in" not in url)


def test_a_passkey_that_was_removed_opens_nothing(context: BrowserContext, server: Server) -> None:
    page = context.new_page()
    authenticator(page)
    sign_in(page, server, "botruong.tuphap")
    make_passkey(page)
    page.click("text=Bỏ khóa")
    page.click("dialog[open] button[type=submit]")
    page.wait_for_selector("text=Đã bỏ khóa đăng nhập")
    context.clear_cookies()
    page.goto(f"{server.url}/sign-in")
    page.click("text=Dùng khóa của thiết bị này")
    page.wait_for_selector("text=Chưa kiểm chứng được khóa đăng nhập")


def test_an_answer_is_good_once_and_in_its_own_browser(
    chromium: Browser, context: BrowserContext, server: Server
) -> None:
    page = context.new_page()
    authenticator(page)
    sign_in(page, server, "botruong.congan")
    make_passkey(page)
    page.goto(f"{server.url}/sign-in")
    answer = page.evaluate(ASK)
    thief_context = chromium.new_context()
    thief = thief_context.new_page()
    thief.goto(f"{server.url}/sign-in")
    assert thief.evaluate(ANSWER, answer) == 409
    assert page.evaluate(ANSWER, answer) == 200
    page.goto(f"{server.url}/sign-in")
    assert page.evaluate(ANSWER, answer) == 409
    thief_context.close()


POST = """async (path, body) => fetch(path, {
  method: 'POST',
  headers: {'X-CSRF-Token': document.querySelector('meta[name=csrf-token]').content,
            ...(body && {'Content-Type': 'application/json'}), 'Accept': 'application/json'},
  body: JSON.stringify(body)})"""
ASK = f"""async () => {{
  const options = await (await ({POST})('/sign-in/passkey/options')).json();
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return (await navigator.credentials.get({{publicKey}})).toJSON(); }}"""
ANSWER = f"""async answer => (await ({POST})('/sign-in/passkey', {{answer, next: '/'}})).status"""


def test_a_members_key_is_made_here_confirmed_by_a_secretary_and_cannot_be_read_out(
    chromium: Browser, context: BrowserContext, server: Server
) -> None:
    page = context.new_page()
    sign_in(page, server, "botruong.xaydung")
    sent: list[str] = []
    page.on("request", lambda each: sent.append(f"{each.method} {each.url}"))
    page.dblclick("text=Đăng ký khóa ký trên thiết bị này")
    page.wait_for_selector("[data-standing=pending] [data-here]:visible")
    assert sent.count(f"POST {server.url}/devices") == 1
    mark = page.inner_text("[data-standing=pending] .print")
    secretary_context = chromium.new_context(locale="vi-VN")
    secretary = secretary_context.new_page()
    sign_in(secretary, server, "thuky")
    secretary.goto(f"{server.url}/devices/pending")
    assert secretary.inner_text(".row .print") == mark
    secretary.click("text=Đối chiếu và xác nhận")
    secretary.click("dialog[open] button[type=submit]")
    secretary.wait_for_selector("dialog[open] .errs")
    secretary.check("dialog[open] [name=met]")
    secretary.click("dialog[open] button[type=submit]")
    secretary.wait_for_selector("text=Không có khóa ký nào chờ xác nhận")
    secretary_context.close()
    page.wait_for_selector("[data-standing=active] [data-here]:visible", timeout=20_000)
    key = page.evaluate(KEPT)
    assert key["exported"] == "InvalidAccessError"
    spki = bytes(key["spki"])
    assert hashlib.sha256(spki).hexdigest() == page.get_attribute("[data-standing]", "data-key")


KEPT = """() => new Promise(done => {
  const asked = indexedDB.open('ecabinet-signing');
  asked.onsuccess = () => {
    const all = asked.result.transaction('keys').objectStore('keys').getAll();
    all.onsuccess = async () => {
      const {pair} = all.result[0];
      const spki = [...new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey))];
      const exported = await crypto.subtle.exportKey('pkcs8', pair.privateKey)
        .then(() => 'yes', wrong => wrong.name);
      done({spki, exported});
    };
  };
})"""
