"""A tablet's own key makes way for a new one, and the tablet shows that it can still sign."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from pysqlite3 import dbapi2

from tests.browser.test_ballot_passkey import enrol, open_consultation
from tests.browser.test_passkeys import sign_in
from tests.server import Server, serving_demo

pytestmark = pytest.mark.browser

MEMBER = "botruong.yte"
TRY = "Thử ký trên thiết bị này"
STILL = "Thiết bị này vẫn ký được"
# Of every key that the browser's database holds: another one once it was renewed.
KEPT = """person => new Promise((done) => {
  const opened = indexedDB.open('ecabinet-signing');
  opened.onsuccess = () => {
    const asked = opened.result.transaction('keys').objectStore('keys').get(person);
    asked.onsuccess = async () => {
      const spki = await crypto.subtle.exportKey('spki', asked.result.pair.publicKey);
      done({key: btoa(String.fromCharCode(...new Uint8Array(spki))), next: !!asked.result.next});
      opened.result.close();
    };
  };
})"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    # So short that it may be renewed at once.
    with serving_demo(tmp_path / "var", ECABINET_KEY_DAYS="20") as server:
        yield server


def kept(page: Page) -> dict[str, object]:
    person = page.locator("main[data-person]").get_attribute("data-person")
    found: dict[str, object] = page.evaluate(KEPT, int(person or 0))
    return found


def renewals(server: Server) -> int:
    with dbapi2.connect(server.folder / "ecabinet.db") as db:
        found: tuple[int] = db.execute(
            "SELECT count(*) FROM people_device WHERE renews IS NOT NULL"
        ).fetchone()
    return found[0]


def test_a_key_is_renewed_on_its_tablet_also_when_the_answer_is_lost_and_then_signs(
    chromium: Browser, server: Server
) -> None:
    page = chromium.new_context(locale="vi-VN", viewport={"width": 820, "height": 1180}).new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda fault: wrong.append(str(fault)))
    sign_in(page, server, MEMBER)
    enrol(page, chromium, server)
    page.wait_for_selector("[data-standing=active] [data-here]:visible")
    page.click(f"text={TRY}")
    expect(page.locator("[data-trial-said]")).to_contain_text(STILL)
    first = kept(page)

    # The server has done it, and the line breaks before its word comes.
    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/devices/renew", lose)
    page.click("text=Gia hạn khóa")
    expect(page.locator("[data-trial-said]")).to_contain_text("không có kết nối")
    assert kept(page) == first | {"next": True}
    page.unroute("**/devices/renew")
    page.reload()
    page.wait_for_selector("[data-standing=active] [data-here]:visible")
    second = kept(page)
    assert second["key"] != first["key"]
    assert second["next"] is False
    expect(page.get_by_text("Đã thay bằng khóa mới lúc")).to_be_visible()

    # Once more, with the answer; who one is has to be shown again by now.
    server.command("demo", "--forward", "6m")
    page.reload()
    page.click("text=Gia hạn khóa")
    page.locator("#step-up [name=code]").fill(server.code(MEMBER))
    page.click("#step-up button[type=submit]")
    expect(page.get_by_text("Đã thay bằng khóa mới lúc")).to_have_count(2)
    page.wait_for_selector("[data-standing=active] [data-here]:visible")
    assert kept(page)["key"] not in (first["key"], second["key"])
    assert renewals(server) == 2

    consultation = open_consultation(server)
    with dbapi2.connect(server.folder / "ecabinet.db") as db:
        (due_at,) = db.execute(
            "SELECT julianday(due_at) - julianday('now') FROM ballots_consultation WHERE id = ?",
            [consultation],
        ).fetchone()
    ahead = max(0, int((due_at - 2) * 24))
    if ahead:
        server.command("demo", "--forward", f"{ahead}h")
        sign_in(page, server, MEMBER)
    page.goto(f"{server.url}/consultations/{consultation}/answer")
    expect(page.locator("[data-device]")).to_contain_text(STILL)
    assert wrong == []
