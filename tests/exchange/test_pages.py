"""What the administrator sees of what did not leave the house, and does about it."""

import pytest

from ecabinet import deliveries, outbox
from ecabinet.db import transaction
from ecabinet.deliveries import State
from tests.builders import Cabinet
from tests.exchange.builders import (
    MAIL,
    MINISTER,
    MailServer,
    all_deliveries,
    give_address,
    mail_server,
    send_by,
)

PATH = "/exchange/deliveries"


@pytest.fixture
def refusing(cabinet: Cabinet) -> MailServer:
    """Three letters: one taken, one refused for good, one to be tried again."""
    give_address(cabinet)
    give_address(cabinet, "thuky", value="thuky@cabinet.example")
    give_address(cabinet, "pttg1", value="ptt@cabinet.example")
    with mail_server() as server:
        server.says = {MAIL: f"550 <{MAIL}> unknown", "ptt@cabinet.example": "451 later"}
        with transaction() as db:
            people = [cabinet.ids[name] for name in ("thuky", MINISTER, "pttg1")]
            outbox.notify(db, people, "vote_opened", "/meetings/1/live", question="CANARY")
        send_by(server.settings())
        send_by(server.settings())
        return server


def test_what_no_server_took_is_listed_without_address_or_content(
    cabinet: Cabinet, refusing: MailServer
) -> None:
    page = cabinet.browser("quantri").get(PATH).text
    assert "Bộ trưởng Bộ Y tế" in page
    assert "Phó Thủ tướng Chính phủ" in page
    assert "Thư ký phiên họp" not in page
    assert "Phiên họp đang biểu quyết" in page
    assert "yt•••@cabinet.example&gt; unknown" in page
    assert "đã thử 1 lần" in page
    assert MAIL not in page
    assert "CANARY" not in page
    assert "tried 1 time" in cabinet.browser("quantri").get(f"{PATH}?lang=en").text


def test_what_was_given_up_is_sent_again_when_the_administrator_says_so(
    cabinet: Cabinet, refusing: MailServer
) -> None:
    browser = cabinet.browser("quantri")
    (failed,) = [each for each in all_deliveries() if each.state == State.FAILED]
    waiting = next(each for each in all_deliveries() if each.state == State.WAITING)
    assert browser.post(f"{PATH}/{waiting.id}/retry").status_code == 404
    assert browser.post(f"{PATH}/{failed.id}/retry").status_code == 303
    with mail_server() as server:
        send_by(server.settings())
        assert server.receivers == [MAIL], "what waits for its time still does"
    assert browser.post(f"{PATH}/{failed.id}/retry").status_code == 404, "it was taken"


def test_all_that_was_given_up_is_sent_again_at_once(
    cabinet: Cabinet, refusing: MailServer
) -> None:
    with transaction() as db:
        for each in all_deliveries():
            if each.state != State.ACCEPTED:
                db.get_one(deliveries.Delivery, each.id).state = State.DEAD
    assert cabinet.browser("quantri").post(f"{PATH}/retry").status_code == 303
    assert sorted(each.state for each in all_deliveries()) == [
        State.ACCEPTED, State.WAITING, State.WAITING,
    ]  # fmt: skip
    assert "Không gửi được" not in cabinet.browser("thuky").get("/").text


def test_the_auditor_reads_and_changes_nothing(cabinet: Cabinet, refusing: MailServer) -> None:
    browser = cabinet.browser("kiemtoan")
    page = browser.get(PATH).text
    assert "Bộ trưởng Bộ Y tế" in page
    assert "retry" not in page
    assert browser.post(f"{PATH}/retry").status_code == 403
    assert cabinet.browser("thuky").get(PATH).status_code == 403


def test_a_cabinet_whose_letters_were_all_taken_says_so(cabinet: Cabinet) -> None:
    shown = cabinet.browser("quantri").get(PATH).text
    assert "Mọi thư và tin nhắn đã được máy chủ nhận" in shown
