"""What the administrator sees of what did not leave the house, and does about it."""

import csv
import re
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecabinet import addresses, deliveries, outbox
from ecabinet.db import transaction
from ecabinet.deliveries import State
from ecabinet.notices import Channel
from exchange import rules
from exchange.rules import Reached
from tests.builders import Browser, Cabinet
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
    assert "smtp-" not in page
    assert MAIL not in page
    assert "CANARY" not in page
    assert "tried 1 time" in cabinet.browser("quantri").get(f"{PATH}?lang=en").text


def test_what_was_given_up_is_sent_again_when_the_administrator_says_so(
    cabinet: Cabinet, refusing: MailServer
) -> None:
    browser = cabinet.browser("quantri")
    (failed,) = [each for each in all_deliveries() if each.state == State.FAILED]
    waiting = next(each for each in all_deliveries() if each.state == State.WAITING)
    assert "Không gửi lại" in after_retry(browser, waiting.id)
    assert "Sẽ gửi lại ngay" in after_retry(browser, failed.id)
    with mail_server() as server:
        send_by(server.settings())
        assert server.receivers == [MAIL], "what waits for its time still does"
    assert "Không gửi lại" in after_retry(browser, failed.id), "it was taken"
    assert browser.post(f"{PATH}/{failed.id + 99}/retry").status_code == 404


def after_retry(browser: Browser, delivery_id: int) -> str:
    """The page that says what became of it."""
    assert browser.post(f"{PATH}/{delivery_id}/retry").status_code == 303
    return browser.get(PATH).text


def test_what_has_nowhere_to_go_any_more_is_no_failure_and_not_sent_again(
    cabinet: Cabinet, refusing: MailServer
) -> None:
    browser = cabinet.browser("quantri")
    (failed,) = [each for each in all_deliveries() if each.state == State.FAILED]
    with transaction() as db:
        address = db.get_one(addresses.Address, (cabinet.ids[MINISTER], Channel.EMAIL))
        address.value = None
    assert "Không gửi lại" in after_retry(browser, failed.id)
    assert YTE not in rows_of(browser.get(PATH).text)
    page = browser.get(f"{PATH}?shown=overtaken").text
    assert rows_of(page) == [YTE]
    assert "nơi nhận đã đổi hoặc đã bỏ" in page
    assert "đã thử" not in page
    assert "/retry" not in page.partition('id="list"')[2]
    with transaction() as db:
        assert deliveries.backlog(db).given_up == 0


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


def rows_of(page: str) -> list[str]:
    """Whose letters a page lists, in its order."""
    return re.findall(r'<th scope="row"[^>]*>([^<]+)</th>', page)


THUKY, YTE, PTT = "Thư ký phiên họp", "Bộ trưởng Bộ Y tế", "Phó Thủ tướng Chính phủ"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [PTT, YTE]),
        ("shown=all", [THUKY, PTT, YTE]),
        ("shown=accepted", [THUKY]),
        ("shown=given_up", [YTE]),
        ("shown=under_way", [PTT]),
        ("shown=all&order=oldest", [YTE, PTT, THUKY]),
        ("shown=all&order=person", [PTT, YTE, THUKY]),
        ("shown=all&order=state", [YTE, PTT, THUKY]),
        ("shown=all&order=nonsense", [THUKY, YTE, PTT]),
        ("shown=all&q=pho+thu", [PTT]),
        ("shown=all&q=bieu+quyet", [THUKY, PTT, YTE]),
        ("shown=all&q=khong+co+ai", []),
        ("shown=all&channel=sms", []),
        ("shown=all&channel=email", [THUKY, PTT, YTE]),
        ("shown=nonsense&channel=nonsense&page=999", [PTT, YTE]),
    ],
)
def test_letters_are_found_by_receiver_kind_state_and_channel(
    cabinet: Cabinet, refusing: MailServer, query: str, expected: list[str]
) -> None:
    browser = cabinet.browser("quantri")
    found = rows_of(browser.get(f"{PATH}?{query}").text)
    assert sorted(found) == sorted(expected)
    if "order=oldest" in query:
        newest_first = rows_of(browser.get(f"{PATH}?shown=all").text)
        assert found == newest_first[::-1]
    elif "order" in query:
        assert found == expected
    csv_rows = list(csv.reader(StringIO(browser.get(f"{PATH}.csv?{query}").text)))[1:]
    assert [each[1] for each in csv_rows] == found


def test_a_spreadsheet_has_the_words_and_no_whole_address(
    cabinet: Cabinet, refusing: MailServer
) -> None:
    text = cabinet.browser("kiemtoan").get(f"{PATH}.csv").text
    assert "Lúc,Người nhận,Loại việc,Cách gửi,Nơi nhận" in text
    assert "Thư điện tử" in text
    assert "Không gửi được" in text
    assert MAIL not in text


def test_the_list_goes_on_over_pages_and_misses_nothing(
    cabinet: Cabinet, refusing: MailServer
) -> None:
    with transaction() as db:
        for _ in range(53):
            outbox.notify(db, cabinet.ids["thuky"], "vote_opened", "/meetings/1/live")
    browser = cabinet.browser("quantri")
    first, second = browser.get(PATH).text, browser.get(f"{PATH}?page=2").text
    assert (len(rows_of(first)), len(rows_of(second))) == (50, 5)
    assert "page=2" in first


def test_members_whom_nothing_reaches_are_seen_at_a_glance(
    cabinet: Cabinet, refusing: MailServer
) -> None:
    """One was refused for good, one is tried again, three have given no address."""
    page = cabinet.browser("quantri").get(PATH).text
    assert "1/5" in page
    section = page.partition('class="more__s"')[2].partition("</section>")[0]
    assert re.findall(r'row__t">([^<]+)</span><span class="row__s">([^<]+)', section) == [
        ("Thủ tướng Chính phủ", "chưa có nơi nhận đã xác nhận"),
        ("Bộ trưởng Bộ Tài chính", "chưa có nơi nhận đã xác nhận"),
        (YTE, "thư gần nhất không gửi được"),
        ("Bộ trưởng Bộ Xây dựng", "chưa có nơi nhận đã xác nhận"),
    ]


@given(has=st.booleans(), taken=st.booleans(), under_way=st.booleans(), refused=st.booleans())
def test_nobody_is_reached_without_an_address_and_whoever_was_is(
    has: bool, taken: bool, under_way: bool, refused: bool
) -> None:
    found = rules.reached(has, taken, under_way, refused)
    assert (found is Reached.NO_ADDRESS) == (not has)
    assert (found in rules.NOT_REACHED) == (not has or (refused and not taken and not under_way))


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
