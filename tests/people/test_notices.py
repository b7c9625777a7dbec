"""Where a person is told: proven by a code, theirs alone, and nobody is silenced unawares."""

import re
from datetime import time
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

import pytest

from ecabinet import addresses, deliveries, web
from ecabinet.db import reading
from ecabinet.deliveries import State
from ecabinet.notices import Channel, Quiet, Subject
from people import rules
from tests.builders import Browser, Cabinet
from tests.exchange.builders import MAIL, MINISTER, all_deliveries, give_address

OTHER = "moi@cabinet.example"


@pytest.fixture
def minister(cabinet: Cabinet) -> Browser:
    return cabinet.browser(MINISTER)


def path(act: str, channel: str = "email") -> str:
    return f"/me/notices/{channel}/{act}"


def codes() -> list[str]:
    """What the demo's folder was sent."""
    deliveries.send_what_waits()
    by_key = {each.stem: each for each in web.settings().data_dir.rglob("*.eml")}
    sent = [each for each in all_deliveries() if each.kind == deliveries.ADDRESS_CODE]
    return [code_in(by_key[each.key].read_bytes()) for each in sent if each.key in by_key]


def code_in(mail: bytes) -> str:
    parsed = BytesParser(EmailMessage, policy=policy.default).parsebytes(mail)
    text = parsed.get_content()
    found = re.search(r"\b\d{6}\b", text)
    assert found, text
    return found[0]


def counts(cabinet: Cabinet, username: str = MINISTER) -> dict[Channel, str]:
    with reading() as db:
        wishes = addresses.wishes(db, [cabinet.ids[username]])
    return wishes[cabinet.ids[username]].addresses if wishes else {}


def ask(browser: Browser, address: str = MAIL) -> str:
    """Ask for an address, and read the code that came to it."""
    assert browser.post(path("address"), {"address": address}).status_code == 303
    return codes()[-1]


def test_an_address_counts_once_its_code_is_given_back(cabinet: Cabinet, minister: Browser) -> None:
    code = ask(minister)
    assert counts(cabinet) == {}
    assert f"Đã gửi mã tới {MAIL}" in minister.get("/me/notices").text
    assert minister.post(path("confirm"), {"code": code}).status_code == 303
    assert counts(cabinet) == {Channel.EMAIL: MAIL}
    assert MAIL in minister.get("/me/notices").text
    # Used once, it is worth nothing more.
    assert refused(minister, code) == "not_asked"


def refused(browser: Browser, code: str) -> str:
    answer = browser.post(path("confirm"), {"code": code}, headers={"Accept": "application/json"})
    assert answer.status_code == 409
    assert answer.json is not None
    return str(answer.json["reason"])


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def test_a_guess_too_many_spends_the_code_and_the_address_before_still_counts(
    cabinet: Cabinet, minister: Browser
) -> None:
    give_address(cabinet)
    code = ask(minister, OTHER)
    said = [refused(minister, wrong(code)) for _ in range(addresses.MOST_TRIES)]
    assert said == ["wrong_code"] * 4 + ["code_spent"]
    assert refused(minister, code) == "not_asked"
    assert counts(cabinet) == {Channel.EMAIL: MAIL}


def test_a_code_is_good_for_half_an_hour(cabinet: Cabinet, minister: Browser) -> None:
    code = ask(minister)
    cabinet.wait(minutes=29)
    assert refused(minister, wrong(code)) == "wrong_code"
    cabinet.wait(minutes=1)
    assert refused(minister, code) == "not_asked"


def test_a_code_confirms_no_other_address_and_nobody_elses(
    cabinet: Cabinet, minister: Browser
) -> None:
    first = ask(minister)
    assert ask(minister, OTHER) != first
    assert refused(minister, first) == "wrong_code"
    other = cabinet.browser("thuky")
    theirs = ask(other)
    assert refused(minister, theirs) == "wrong_code"
    assert other.post(path("confirm"), {"code": theirs}).status_code == 303
    assert counts(cabinet) == {}


def test_a_code_that_was_not_sent_in_time_goes_to_nobody(
    cabinet: Cabinet, minister: Browser
) -> None:
    """Neither to an address that is asked for no more, nor when it is worth nothing any more."""
    for address in (MAIL, OTHER):
        assert minister.post(path("address"), {"address": address}).status_code == 303
    (code,) = codes()
    assert {each.address: each.state for each in all_deliveries()} == {
        MAIL: State.OVERTAKEN, OTHER: State.ACCEPTED,
    }  # fmt: skip
    assert minister.post(path("confirm"), {"code": code}).status_code == 303
    assert counts(cabinet) == {Channel.EMAIL: OTHER}
    assert minister.post(path("address"), {"address": MAIL}).status_code == 303
    cabinet.wait(minutes=30)
    assert codes() == [code]


def test_codes_are_asked_for_five_times_an_hour(cabinet: Cabinet, minister: Browser) -> None:
    for _ in range(5):
        ask(minister)
    assert minister.post(path("address"), {"address": MAIL}).status_code == 429
    cabinet.wait(hours=1)
    ask(cabinet.browser(MINISTER))


def test_the_address_before_is_told_that_it_is_no_more(cabinet: Cabinet, minister: Browser) -> None:
    """Whoever takes over a login cannot turn its owner's notices away in silence."""
    give_address(cabinet)
    code = ask(minister, OTHER)
    assert minister.post(path("confirm"), {"code": code}).status_code == 303
    told = [each.address for each in all_deliveries() if each.kind == "address_changed"]
    assert sorted(told) == [OTHER, MAIL]
    assert "vừa được thay đổi" in minister.get("/inbox").text
    assert minister.post(path("forget")).status_code == 303
    assert counts(cabinet) == {}
    told = [each.address for each in all_deliveries() if each.kind == "address_changed"]
    assert sorted(told) == [OTHER, OTHER, MAIL]


@pytest.mark.parametrize(
    "typed",
    [
        "không@cabinet.example", "a b@cabinet.example", "a@localhost", "@cabinet.example",
        "a@b@cabinet.example", "a@cabinet.example, b@cabinet.example", '"a"@cabinet.example',
        "a@-cabinet.example", "a..b@cabinet.example", f"{'a' * 65}@cabinet.example",
        "a@cabinet.example\nBcc: x@evil.example", "<a@cabinet.example>",
    ],
)  # fmt: skip
def test_what_is_no_address_is_sent_nothing(minister: Browser, typed: str) -> None:
    assert minister.post(path("address"), {"address": "a.b+c@cabinet.example"}).status_code == 303
    assert minister.post(path("address"), {"address": typed}).status_code == 400
    assert len(all_deliveries()) == 1


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0912 345 678", "+84912345678"),
        ("+84 912.345.678", "+84912345678"),
        ("(024) 3804-1234", "+842438041234"),
        ("912345678", None),
        ("+84 91234567a", None),
        ("+0912345678", None),
        ("0912\n345678", None),
    ],
)
def test_a_number_is_written_as_gateways_take_it(typed: str, number: str | None) -> None:
    assert rules.phone_number(typed) == number


def test_each_chooses_what_by_which_channel_when_and_in_which_language(
    cabinet: Cabinet, minister: Browser
) -> None:
    give_address(cabinet)
    body = {
        "wanted": ["consultations.email", "tasks.sms", "nobody.sms"],
        "language": "en",
        "quiet_from": "21:30",
        "quiet_until": "06:15",
    }
    assert minister.post("/me/notices/choices", body).status_code == 303
    with reading() as db:
        wishes = addresses.wishes(db, [cabinet.ids[MINISTER]])[cabinet.ids[MINISTER]]
        language = addresses.language_of(db, cabinet.ids[MINISTER])
    assert {each for each, wanted in wishes.choices.items() if wanted} == {
        (Subject.CONSULTATIONS, Channel.EMAIL), (Subject.TASKS, Channel.SMS),
    }  # fmt: skip
    assert not [each for each, _ in wishes.choices if each is Subject.SECURITY]
    assert (language, wishes.quiet) == ("en", Quiet(time(21, 30), time(6, 15)))
    shown = minister.get("/me/notices").text
    assert 'value="tasks.sms" checked' in shown
    assert 'value="tasks.email">' in shown
    assert 'value="21:30"' in shown
    for wrong_field in ({"language": "fr"}, {"quiet_from": "25:00"}, {"quiet_until": "6 giờ"}):
        assert minister.post("/me/notices/choices", body | wrong_field).status_code == 400


def test_a_channel_that_is_not_there_is_not_offered(cabinet: Cabinet, minister: Browser) -> None:
    assert "Tin nhắn SMS" in minister.get("/me/notices").text
    deliveries.bind({})
    assert "Tin nhắn SMS" not in minister.get("/me/notices").text
    for channel in ("email", "pigeon"):
        assert minister.post(path("address", channel), {"address": MAIL}).status_code == 404
