"""An other opinion that decides: the Office proposes how it counts, the member signs it on a phone,
and the result says what has become of it."""

import re

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.ballots.test_classifying import OPINION, REASON, WHO
from tests.browser.person import DESKTOP, PHONE
from tests.browser.reader import Reader
from tests.browser.test_ballot_passkey import enrol
from tests.browser.test_looks import glance
from tests.server import Server

pytestmark = pytest.mark.browser

OWN = "/consultations/1/classification"


def overtaken(member: Reader) -> None:
    """Two presses on a slow line, of which the first is answered last: the paper of the second is
    the one that is shown, and signed."""
    held: list[Route] = []

    def slow(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    member.page.route("**/classification/paper", slow)
    for _ in range(2):
        member.presses("Xem lại và ký")
    expect(member.page.locator("[data-ballot-pdf] canvas")).not_to_have_count(0)
    with member.page.expect_response("**/classification/paper"):
        held[0].continue_()


def test_the_office_proposes_the_member_signs_and_the_result_is_known(
    chromium: Browser, closed_house: Server
) -> None:
    specialist = Reader(chromium, closed_house, "chuyenvien", DESKTOP)
    specialist.signs_in()
    specialist.follows("Phân loại")
    specialist.presses("Đề nghị phân loại")
    dialog = specialist.page.locator("dialog[open]")
    dialog.get_by_label("Ý kiến này được tính").select_option("agreement")
    dialog.get_by_label("Lý do đề nghị").fill(REASON)
    specialist.presses("Gửi đề nghị", "dialog[open]")
    expect(specialist.page.get_by_text("Chờ thành viên ký hoặc không đồng ý.")).to_be_visible()
    specialist.fits(DESKTOP)

    member = Reader(chromium, closed_house, WHO, PHONE)
    member.signs_in()
    member.goes_to("/devices")
    enrol(member.page, chromium, closed_house)
    member.goes_to("/")
    member.follows("Xem và trả lời")
    for words in (OPINION, REASON, "cho bên đồng ý"):
        expect(member.page.get_by_text(words).first).to_be_visible()
    glance(member, OWN)
    member.opens(OWN)
    overtaken(member)
    expect(member.page.get_by_role("heading", name="Xem lại trước khi ký")).to_be_visible()
    expect(member.page.locator("[data-mark]")).to_have_text(re.compile("[0-9a-f]{4}"))
    expect(member.page.locator("[data-ballot-pdf] canvas")).not_to_have_count(0)
    member.fits(PHONE)
    member.presses("Ký và gửi")
    verified = member.page.get_by_role("heading", name="Cách tính ý kiến đã được ghi sổ")
    expect(verified).to_be_visible()
    glance(member, OWN)

    again = specialist.page.locator("#found-again")
    specialist.opens("/consultations/1")
    expect(again).to_contain_text("Thông qua")
    glance(specialist, "/consultations/1")
    assert specialist.wrong + member.wrong == []
