"""A member on a phone reserves an opinion beside a result: written, kept as a draft, read over and
signed, and read beside the result by whoever decides."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.ballots.test_classifying import WHO
from tests.ballots.test_reserving import SAID
from tests.browser.person import DESKTOP, PHONE
from tests.browser.reader import Reader
from tests.browser.test_ballot_passkey import enrol
from tests.browser.test_looks import glance
from tests.server import Server

pytestmark = pytest.mark.browser

RESULT, OWN = "/consultations/1", "/consultations/1/reserved-opinion"


def test_a_member_reserves_an_opinion_and_it_stands_beside_the_result(
    chromium: Browser, closed_house: Server
) -> None:
    member = Reader(chromium, closed_house, WHO, PHONE)
    member.signs_in()
    member.goes_to("/devices")
    enrol(member.page, chromium, closed_house)
    member.goes_to(RESULT)
    member.follows("Bảo lưu ý kiến")
    glance(member, OWN)
    member.opens(OWN)
    member.presses("Xem lại và ký")
    expect(member.page.get_by_role("alert")).to_contain_text("Ghi nội dung ý kiến")
    field = member.page.get_by_label("Ý kiến bảo lưu", exact=True)
    # The keyboard's own hidden letters are not signed.
    field.fill(f"  {SAID}\u200b ")
    expect(member.page.locator("[data-saved]")).to_contain_text("Nháp lưu trên máy")
    member.opens(OWN)
    expect(field).to_have_value(re.compile("Xin bảo lưu"))
    member.presses("Xem lại và ký")
    expect(member.page.locator("[data-mark]")).to_have_text(re.compile("[0-9a-f]{4}"))
    expect(member.page.locator("[data-opinion]")).to_have_text(SAID)
    expect(member.page.locator("[data-ballot-pdf] canvas")).not_to_have_count(0)
    member.fits(PHONE)
    member.presses("Ký và gửi")
    verified = member.page.get_by_role("heading", name="Ý kiến bảo lưu đã được ghi sổ")
    expect(verified).to_be_visible()
    expect(member.page.locator(".toast")).to_have_count(0)
    glance(member, member.page.url.removeprefix(closed_house.url))
    member.opens(OWN)
    expect(member.page.get_by_label("Thêm một ý kiến bảo lưu")).to_have_value("")

    premier = Reader(chromium, closed_house, "thutuong", DESKTOP)
    premier.signs_in()
    premier.goes_to(RESULT)
    expect(premier.page.locator("#reserved")).to_contain_text(SAID)
    glance(premier, RESULT)
    assert member.wrong + premier.wrong == []
