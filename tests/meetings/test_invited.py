"""Whether the invitation came to everybody with a seat, as the secretariat sees it."""

import re

from ecabinet import deliveries, outbox
from ecabinet.db import reading, transaction
from tests.builders import Cabinet
from tests.exchange.builders import MINISTER, give_address
from tests.meetings.builders import planned


def invitation(page: str) -> str:
    """The part of the page that tells of it, as plain words."""
    _, _, part = page.partition(">Giấy mời</h2>")
    return " ".join(re.sub(r"<[^>]+>", " ", part.partition("</section>")[0]).split())


def read_all(cabinet: Cabinet, *names: str) -> None:
    with transaction() as db:
        for name in names:
            mine = outbox.inbox(db, cabinet.ids[name])
            outbox.mark_read(db, cabinet.ids[name], [each.id for each in mine])


def test_the_secretariat_sees_whom_the_invitation_has_not_reached(cabinet: Cabinet) -> None:
    give_address(cabinet)
    session = planned(cabinet)
    path = f"/meetings/{session.id}"
    assert "Giấy mời</h2>" not in cabinet.browser("thuky").get(path).text
    session.convene()
    deliveries.send_what_waits()
    read_all(cabinet, "pttg1")
    seen = invitation(cabinet.browser("thuky").get(path).text)
    with reading() as db:
        seats = len(outbox.told_of(db, f"session_convened:{session.id}"))
    assert seen.startswith(f"đã báo 2/{seats}")
    assert "Thủ tướng Chính phủ chưa có nơi nhận" in seen
    assert "Bộ trưởng Bộ Y tế" not in seen, "told by mail"
    assert "Phó Thủ tướng" not in seen, "opened it"
    assert "Giấy mời</h2>" not in cabinet.browser(MINISTER).get(path).text
    read_all(cabinet, *cabinet.ids)
    assert "Giấy mời đã tới tất cả." in cabinet.browser("thuky").get(path).text
