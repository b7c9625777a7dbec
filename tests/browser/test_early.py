"""A member on a phone lets the drafting agency read a comment before they answer: what they have
drafted is taken over, nothing leaves without a second press, and the agency reads it."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.person import DESKTOP, PHONE
from tests.browser.reader import Reader
from tests.browser.test_ballot_passkey import open_consultation
from tests.browser.test_looks import glance
from tests.server import Server, serving_demo

pytestmark = pytest.mark.browser

MEMBER, STAFF = "botruong.yte", "canbo.khoahoccongnghe"
DRAFTED = "Đề nghị làm rõ nguồn lực ở Điều 4 cho các tỉnh miền núi."
ADDED = " Xin bổ sung thời hạn chuyển tiếp."
OFFER = "Gửi góp ý trước"


def test_a_member_releases_a_comment_and_the_agency_reads_it(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with serving_demo(tmp_path_factory.mktemp("early") / "var") as house:
        walk(chromium, house)


def walk(chromium: Browser, house: Server) -> None:
    question = f"/consultations/{open_consultation(house)}"
    member, staff = (
        Reader(chromium, house, MEMBER, PHONE),
        Reader(chromium, house, STAFF, DESKTOP),
    )
    member.signs_in()
    member.opens(f"{question}/answer")
    opinion = member.page.locator("#opinion")
    opinion.fill(f"  {DRAFTED}\u200b ")
    member.presses(OFFER)
    dialog = member.page.get_by_role("dialog")
    words = dialog.get_by_label("Nội dung góp ý")
    expect(words).to_have_value(DRAFTED)
    expect(dialog).to_contain_text("Bộ Khoa học và Công nghệ đọc được ngay")
    expect(dialog).to_contain_text("Đây không phải câu trả lời")
    member.fits(PHONE)
    member.is_barred_by_nothing()
    # What was written here is not written over by what stands in the ballot.
    words.fill(DRAFTED + ADDED)
    member.presses("Chưa gửi")
    member.presses(OFFER)
    expect(words).to_have_value(DRAFTED + ADDED)
    # The line is cut on purpose.
    member.expected = ["ERR_INTERNET_DISCONNECTED"]
    member.context.set_offline(True)
    member.presses("Gửi ngay")
    expect(dialog.get_by_role("alert")).to_be_visible()
    expect(words).to_have_value(DRAFTED + ADDED)
    member.context.set_offline(False)
    member.presses("Gửi ngay")
    own = member.page.locator("#early-comments")
    expect(own).to_contain_text(DRAFTED + ADDED)
    expect(member.page.locator(".toast")).to_contain_text("Đây không phải câu trả lời")
    # The ballot is as it was: drafted, with nothing chosen.
    expect(opinion).to_have_value(f"  {DRAFTED}\u200b ")
    expect(member.page.locator("input[name=choice]:checked")).to_have_count(0)
    glance(member, f"{question}/answer")
    member.opens(f"{question}/answer")

    staff.signs_in()
    staff.goes_to("/inbox")
    staff.page.get_by_role("link", name="gửi góp ý trước về").first.click()
    expect(staff.page).to_have_url(f"{house.url}{question}/early-comments")
    expect(staff.page.locator("#early-comments")).to_contain_text(DRAFTED + ADDED)
    glance(staff, f"{question}/early-comments")

    member.presses("Rút lại")
    member.page.get_by_role("dialog").get_by_role("button", name="Rút lại").click()
    expect(own.locator("del")).to_have_text(DRAFTED + ADDED)
    expect(own.get_by_role("button", name="Rút lại")).to_have_count(0)
    staff.opens(f"{question}/early-comments")
    expect(staff.page.locator("#early-comments del")).to_have_text(DRAFTED + ADDED)
    assert member.wrong + staff.wrong == []
