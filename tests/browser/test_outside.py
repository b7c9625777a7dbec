"""The account of one's office in a real browser: linked once, then one press signs in (AUTH-11)."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.person import DESKTOP, PHONE, TABLET, UPRIGHT, browser
from tests.browser.reader import Reader
from tests.people.outside import real_provider
from tests.server import Server, free_port, serving_demo

pytestmark = pytest.mark.browser

MEMBER = "botruong.yte"


@pytest.fixture(scope="module")
def port() -> int:
    """Where the office's provider is."""
    return free_port()


@pytest.fixture(scope="module")
def server(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {
        "ECABINET_OIDC_ISSUER": f"http://localhost:{port}",
        "ECABINET_OIDC_CLIENT_ID": "ecabinet",
        "ECABINET_OIDC_CLIENT_SECRET": "secret-of-ecabinet",
        "ECABINET_OIDC_ACR": "two-factors",
        "ECABINET_OIDC_AMR": "pwd,otp",
    }
    folder = tmp_path_factory.mktemp("outside") / "var"
    with (
        serving_demo(folder, **settings) as server,
        real_provider(server.url, server.port, port),
    ):
        yield server


@pytest.fixture
def minister(server: Server, port: int) -> Iterator[Reader]:
    with browser() as chromium:
        reader = Reader(chromium, server, MEMBER, DESKTOP)
        yield reader
        # It is sent to the office's own provider; and a refusal is a refusal.
        known = (
            f"stranger: http://localhost:{port}/", "409 (CONFLICT)", "403 (FORBIDDEN)",
            "ERR_FAILED",
        )  # fmt: skip
        assert [each for each in reader.wrong if not any(one in each for one in known)] == []


def test_a_minister_links_the_offices_account_and_signs_in_by_one_press(
    minister: Reader,
) -> None:
    minister.signs_in()
    minister.goes_to("/devices")
    # Later a code is asked for once more; and the provider's clock is not moved with the demo's.
    minister.server.command("demo", "--forward", "6m")
    minister.presses("Liên kết tài khoản")
    minister.page.locator("#code").fill(minister.server.code(MEMBER))
    minister.presses("Xác thực", "#step-up")
    minister.page.wait_for_url("**/interaction/*")
    minister.page.get_by_label("Tài khoản").fill("yte@chinhphu")
    minister.presses("Đăng nhập ở cơ quan")
    minister.sees("Đã liên kết; từ nay đăng nhập được")
    looks_right(minister, "/devices")
    minister.posts("/sign-out")
    looks_right(minister, "/sign-in")
    # Who is signed in at the office is asked for nothing there.
    minister.presses("Đăng nhập bằng tài khoản của cơ quan")
    minister.page.wait_for_url(minister.server.url + "/")
    minister.goes_to("/devices")
    minister.sees("bằng tài khoản của cơ quan", "[aria-labelledby=logins]")


def test_whoever_comes_back_with_a_code_of_others_reads_what_to_do(minister: Reader) -> None:
    """The page sends what it was called with, and says beside it why that is not enough."""
    came = "/sign-in/outside?state=made-up&code=made-up&iss=http%3A%2F%2Flocalhost"
    looks_right(minister, came)
    minister.opens(came)
    minister.sees("Chưa kiểm chứng được lần đăng nhập ở cơ quan")
    expect(minister.page.locator("[data-came]")).to_be_hidden()
    # Once more would be refused once more: what one came with is used up.
    expect(minister.page.get_by_role("button", name="Hoàn tất")).to_be_hidden()
    expect(minister.page.get_by_role("link", name="Dùng cách khác")).to_be_hidden()
    minister.follows("Về trang đăng nhập")
    minister.sees("Tên tài khoản")


def test_whoever_comes_back_without_a_line_can_still_finish(minister: Reader) -> None:
    minister.page.route("**/sign-in/outside/finish", lambda route: route.abort())
    minister.opens("/sign-in/outside?state=made-up&code=made-up&iss=http%3A%2F%2Flocalhost")
    minister.sees("không có kết nối")
    expect(minister.page.get_by_role("link", name="Về trang đăng nhập")).to_be_hidden()
    minister.page.unroute("**/sign-in/outside/finish")
    minister.presses("Hoàn tất")
    minister.sees("Chưa kiểm chứng được lần đăng nhập ở cơ quan")


def looks_right(reader: Reader, path: str) -> None:
    reader.opens(path)
    reader.fits(DESKTOP, TABLET, UPRIGHT, PHONE)
    reader.is_barred_by_nothing()
    reader.needs_no_pointer()
    reader.reads_it_in_english()
    reader.opens(path)
