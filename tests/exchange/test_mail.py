"""Mail by a real SMTP server: verified, with nothing in it that may not leave the house."""

import ast
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ecabinet.deliveries import Undelivered
from exchange.senders import Mail
from tests.exchange.builders import (
    MAIL,
    MailServer,
    certificate,
    let_in,
    letter,
    mail_server,
)

HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language",
    "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
}  # fmt: skip


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


def test_a_mail_says_the_kind_the_deadline_and_where_to_deal_with_it(server: MailServer) -> None:
    due = datetime(2026, 12, 2, 17, tzinfo=UTC)
    said = Mail(server.settings(base_url="http://localhost:8033")).send(letter(due=due))
    assert said == "250 OK queued as 1"
    (mail,) = server.received
    assert mail["Subject"] == "e-Cabinet: Có phiếu lấy ý kiến chờ Ông/Bà trả lời"
    assert "Thời hạn: 24:00, 02/12/2026" in mail.get_content()
    assert "http://localhost:8033/inbox/7" in mail.get_content()
    assert server.receivers == [MAIL]
    assert set(mail.keys()) == HEADERS
    assert mail["Auto-Submitted"] == "auto-generated"


def test_a_mail_is_in_the_language_of_its_receiver(server: MailServer) -> None:
    sender = Mail(server.settings())
    sender.send(letter(language="en", due=date(2026, 12, 2)))
    sender.send(letter(language="vi", due=date(2026, 12, 2)))
    assert "A consultation waits" in server.received[0]["Subject"]
    assert "Due: 02/12/2026" in server.texts[0]
    assert "Thời hạn: 02/12/2026" in server.texts[1]


def test_every_attempt_carries_the_same_message_id(server: MailServer) -> None:
    sender = Mail(server.settings(base_url="https://cabinet.example"))
    sender.send(letter(key="a" * 32))
    sender.send(letter(key="a" * 32))
    sender.send(letter(key="b" * 32))
    ids = [each["Message-ID"] for each in server.received]
    assert ids == [f"<{'a' * 32}@cabinet.example>"] * 2 + [f"<{'b' * 32}@cabinet.example>"]


@pytest.mark.parametrize(
    "address",
    [
        "a@cabinet.example\r\nBcc: other@evil.example",
        "a@cabinet.example\nSubject: x",
        "a@cabinet.example\rX: y",
        "a@cabinet.example\u2028X: y",
    ],
)
def test_no_address_can_add_a_header_or_a_receiver(server: MailServer, address: str) -> None:
    """LOG-03. Such an address is refused long before; were it not, it would still add nothing."""
    sender = Mail(server.settings())
    sender.send(letter())
    with pytest.raises((Undelivered, ValueError, UnicodeError)):
        sender.send(letter(address=address))
    assert len(server.received) == 1
    assert server.receivers == [MAIL]


def test_what_the_server_refuses_for_good_is_told_from_what_may_pass(server: MailServer) -> None:
    sender = Mail(server.settings())
    server.says = {"gone@cabinet.example": "550 no such user", "full@cabinet.example": "452 full"}
    sender.send(letter())
    with pytest.raises(Undelivered) as gone:
        sender.send(letter(address="gone@cabinet.example"))
    assert (gone.value.code, gone.value.for_good) == ("smtp-address-550", True)
    assert gone.value.answer == "no such user"
    with pytest.raises(Undelivered) as full:
        sender.send(letter(address="full@cabinet.example"))
    assert (full.value.code, full.value.for_good) == ("smtp-address-452", False)
    server.says = {"data": "451 try later"}
    with pytest.raises(Undelivered) as later:
        sender.send(letter())
    assert (later.value.code, later.value.for_good) == ("smtp-data-451", False)


def test_a_server_that_is_not_there_is_said_to_be_so() -> None:
    with mail_server() as server:
        settings = server.settings()
    with pytest.raises(Undelivered) as nobody:
        Mail(settings).send(letter())
    assert (nobody.value.code, nobody.value.for_good) == ("no-connection", False)


@pytest.mark.parametrize("how", ["starttls", "tls"])
def test_a_server_is_spoken_to_over_tls_and_verified(tmp_path: Path, how: str) -> None:
    known, stranger = certificate(tmp_path), certificate(tmp_path, "elsewhere.example")
    offered = {"starttls": "tls_context", "tls": "ssl_context"}[how]
    for server_has, client_trusts, is_taken in (
        (known, known.pem, True),
        (known, stranger.pem, False),
        (known, "", False),
        (stranger, stranger.pem, False),
    ):
        with mail_server(**{offered: server_has.context}) as server:
            sender = Mail(server.settings(smtp_tls=how, smtp_ca=client_trusts))
            if is_taken:
                sender.send(letter())
                assert server.was_tls == [True]
            else:
                with pytest.raises(Undelivered, match="tls"):
                    sender.send(letter())
                assert server.received == []


def test_a_server_without_tls_gets_no_mail_where_tls_is_set(server: MailServer) -> None:
    Mail(server.settings()).send(letter())
    with pytest.raises(Undelivered):
        Mail(server.settings(smtp_tls="starttls")).send(letter())
    assert len(server.received) == 1


def test_a_password_is_given_over_tls_and_a_wrong_one_may_be_set_right(tmp_path: Path) -> None:
    known = certificate(tmp_path)
    with mail_server(
        tls_context=known.context, authenticator=let_in(b"mat-khau"), auth_required=True
    ) as server:
        mine = {"smtp_tls": "starttls", "smtp_ca": known.pem, "smtp_user": "e-cabinet"}
        Mail(server.settings(**mine, smtp_password="mat-khau")).send(letter())
        assert len(server.received) == 1
        with pytest.raises(Undelivered) as wrong:
            Mail(server.settings(**mine, smtp_password="khac")).send(letter())
        assert (wrong.value.code, wrong.value.for_good) == ("smtp-535", False)
        assert "khac" not in repr(wrong.value) + wrong.value.answer


def test_what_goodbye_a_server_says_does_not_undo_what_it_took(server: MailServer) -> None:
    server.says["quit"] = "421 go away"
    assert Mail(server.settings()).send(letter()).startswith("250")


def test_senders_are_given_nothing_that_anybody_wrote() -> None:
    """What a letter holds is all that may leave; its text is made without the message's facts."""
    from ecabinet.deliveries import Letter
    from exchange import rules, senders

    allowed = {"key", "address", "kind", "language", "due", "path", "code"}
    assert set(Letter.__dataclass_fields__) == allowed
    for module in (rules, senders):
        tree = ast.parse(Path(str(module.__file__)).read_text())
        imported = {
            name.name
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in node.names
        }
        assert not imported & {"outbox", "Message", "reading", "transaction"}, module
