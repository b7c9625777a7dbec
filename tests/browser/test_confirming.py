"""Acts that nobody takes back, confirmed in a real browser: by one touch, in a demo by a code."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.person import DESKTOP, TABLET, Person
from tests.browser.test_passkeys import authenticator
from tests.server import Server, serving_demo

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving_demo(tmp_path_factory.mktemp("confirming") / "var") as server:
        yield server


def drafts(chromium: Browser, server: Server) -> list[str]:
    secretary = Person(chromium, server, "thuky", DESKTOP)
    secretary.signs_in()
    question = {"dossier_id": 1, "question": "Đồng ý ban hành không?", "window_days": 3}
    return [secretary.posts("/consultations", **question) for _ in range(2)]


def test_who_approves_adds_a_passkey_in_one_tap_or_gives_a_code_and_goes_on(
    chromium: Browser, server: Server
) -> None:
    first, second = drafts(chromium, server)
    premier = Person(chromium, server, "thutuong", TABLET)
    premier.signs_in()
    authenticator(premier.page)
    server.command("demo", "--forward", "6m")
    # The refusal that asks for more is answered 403, and the browser remarks on it.
    premier.expected.append("403")

    premier.goes_to(first)
    premier.presses("Duyệt và gửi phiếu")
    premier.presses("Duyệt và gửi phiếu", "dialog#approve")
    asking = premier.page.locator("dialog#confirm-act")
    expect(asking).to_contain_text("Bản trình diễn nhận cả mã 6 số")
    asking.get_by_role("button", name="Thêm khóa của thiết bị này").click()
    asking.get_by_label("Mã 6 số").fill(server.code("thutuong"))
    asking.get_by_role("button", name="Xác thực").click()
    premier.sees("Cho ý kiến", "main")

    premier.goes_to(second)
    premier.presses("Duyệt và gửi phiếu")
    premier.presses("Duyệt và gửi phiếu", "dialog#approve")
    premier.sees("Cho ý kiến", "main")
    assert premier.wrong == []
