"""The ways out of the house: mail by SMTP, SMS by a gateway over HTTP, and a demo's folder.

Each makes its text of what `deliveries.Letter` holds. Names of hosts and certificates are
verified; no redirect is followed.
"""

import http.client
import json
import re
import smtplib
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from email import policy
from email.header import Header
from email.message import EmailMessage
from email.utils import formatdate
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from ecabinet.calendar import Calendar
from ecabinet.deliveries import Letter, Sender, Undelivered
from ecabinet.notices import Channel
from ecabinet.settings import Settings
from exchange import rules

ZONE = Calendar().zone
# Each wait for a server, of which one sending has half a dozen: all together are less than a claim.
SECONDS = 20
LONGEST_ANSWER = 2_000
CRLF = "\r\n"
# What an SMTP server says of an address that it will never take.
NO_SUCH_ADDRESS = frozenset({550, 551, 553})


def senders(settings: Settings) -> dict[Channel, Sender]:
    """The channels that this cabinet has; a demo without servers sends into its data folder.

    In production a channel without a server is not there: nothing may be called accepted that
    nobody took.
    """
    ways: dict[Channel, Sender] = {}
    if settings.smtp_host:
        ways[Channel.EMAIL] = Mail(settings)
    elif settings.env == "demo":
        ways[Channel.EMAIL] = Folder(settings.data_dir / "mail", "eml", mail(settings))
    if settings.sms_url:
        ways[Channel.SMS] = Sms(settings)
    elif settings.env == "demo":
        ways[Channel.SMS] = Folder(settings.data_dir / "sms", "txt", sms_file(settings))
    return ways


# ---- mail ----


def mail(settings: Settings) -> Callable[[Letter], bytes]:
    """How a letter is written as a mail; a line break in a header is refused by the library."""

    def write(letter: Letter) -> bytes:
        message = EmailMessage(policy.SMTP)
        message["From"] = settings.smtp_from or "e-cabinet@localhost"
        message["To"] = letter.address
        message["Date"] = formatdate(localtime=False)
        # The same on every attempt, so that a receiver may drop what it has.
        message["Message-ID"] = f"<{letter.key}@{urlsplit(settings.base_url).hostname}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(_text(rules.mail_text, letter, settings), cte="base64")
        message["Content-Language"] = letter.language
        # Folded by itself: EmailMessage loses the space between two encoded words.
        said = Header(rules.mail_subject(letter.kind, letter.language), "utf-8")
        return f"Subject: {said.encode(linesep=CRLF)}{CRLF}".encode() + message.as_bytes()

    return write


class Mail:
    """A mail server, spoken to by SMTP."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._write = mail(settings)

    def send(self, letter: Letter) -> str:
        with _said_plainly(), self._connected() as server:
            self._taken(server.mail(self._settings.smtp_from), "from")
            self._taken(server.rcpt(letter.address), "address", NO_SUCH_ADDRESS)
            return self._taken(server.data(self._write(letter)), "data")

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        mine = self._settings
        tls = _tls(mine.smtp_ca)
        if mine.smtp_tls == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                mine.smtp_host, mine.smtp_port, timeout=SECONDS, context=tls
            )
        else:
            server = smtplib.SMTP(mine.smtp_host, mine.smtp_port, timeout=SECONDS)
        with closing(server):
            if mine.smtp_tls == "starttls":
                server.starttls(context=tls)
            server.ehlo()
            if mine.smtp_user:
                server.login(mine.smtp_user, mine.smtp_password.get_secret_value())
            yield server
            # The mail is taken; how the server says goodbye changes nothing.
            with suppress(smtplib.SMTPException, OSError):
                server.quit()

    @staticmethod
    def _taken(reply: tuple[int, bytes], what: str, for_good: frozenset[int] = frozenset()) -> str:
        code, said = reply
        if code >= 300:
            answer = said.decode("utf-8", "replace")
            raise Undelivered(f"smtp-{what}-{code}", answer, code in for_good)
        return f"{code} {said.decode('utf-8', 'replace')}"


# ---- SMS ----


class Sms:
    """A gateway that takes a POST for each part of an SMS."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def send(self, letter: Letter) -> str:
        texts = rules.parts(sms_text(letter, self._settings))
        answers = [
            self._post(letter.address, text, f"{letter.key}-{place}")
            for place, text in enumerate(texts, 1)
        ]
        return answers[-1]

    def _post(self, to: str, text: str, key: str) -> str:
        mine = self._settings
        places = {"to": to, "text": text, "key": key, "secret": mine.sms_secret.get_secret_value()}
        body, headers = _filled(mine.sms_body, places), _filled(mine.sms_headers, places)
        if mine.sms_form:
            content, kind = urlencode(body), "application/x-www-form-urlencoded"
        else:
            content, kind = json.dumps(body, ensure_ascii=False), "application/json"
        with _said_plainly():
            status, said = self._ask(content.encode(), {"Content-Type": kind} | headers)
        if not 200 <= status < 300 or mine.sms_accepted not in said:
            raise Undelivered(f"sms-{status}", said)
        return said or str(status)

    def _ask(self, content: bytes, headers: dict[str, str]) -> tuple[int, str]:
        address = urlsplit(self._settings.sms_url)
        line: http.client.HTTPConnection
        if address.scheme == "https":
            line = http.client.HTTPSConnection(
                address.netloc, timeout=SECONDS, context=_tls(self._settings.sms_ca)
            )
        else:
            line = http.client.HTTPConnection(address.netloc, timeout=SECONDS)
        path = (address.path or "/") + (f"?{address.query}" if address.query else "")
        try:
            line.request("POST", path, content, headers)
            answer = line.getresponse()
            return answer.status, answer.read(LONGEST_ANSWER).decode("utf-8", "replace")
        finally:
            line.close()


def sms_text(letter: Letter, settings: Settings) -> str:
    text = _text(rules.sms_text, letter, settings)
    return text if settings.sms_accents else rules.unaccented(text)


def _filled(template: Any, places: Mapping[str, str]) -> Any:
    """A template's strings with their places filled; what is filled in changes no structure."""
    if isinstance(template, dict):
        return {name: _filled(each, places) for name, each in template.items()}
    if isinstance(template, list):
        return [_filled(each, places) for each in template]
    if isinstance(template, str):
        # All at once: what fills one place is not searched for another.
        return "".join(places.get(part[1:-1], part) for part in _pieces(template))
    return template


def _pieces(template: str) -> list[str]:
    return re.split(r"(\{\w+\})", template)


# ---- a demo without servers ----


class Folder:
    """Keeps each letter as a file, under its key: a repeat changes nothing."""

    def __init__(self, folder: Path, suffix: str, write: Callable[[Letter], bytes]) -> None:
        self._folder, self._suffix, self._write = folder, suffix, write

    def send(self, letter: Letter) -> str:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{letter.key}.{self._suffix}"
        path.write_bytes(self._write(letter))
        path.chmod(0o600)
        return f"demo: {path.name}"


def sms_file(settings: Settings) -> Callable[[Letter], bytes]:
    def write(letter: Letter) -> bytes:
        texts = [letter.address, *rules.parts(sms_text(letter, settings))]
        return ("\n".join(texts) + "\n").encode()

    return write


# ---- what all have in common ----


def _text(write: Callable[..., str], letter: Letter, settings: Settings) -> str:
    link = settings.base_url.rstrip("/") + letter.path
    return write(letter.kind, letter.language, letter.due, link, letter.code, ZONE)


@cache
def _tls(own_authority: str) -> ssl.SSLContext:
    """Verified against the system's authorities, and the operator's own where one is set.

    To read the system's authorities takes longer than all the rest of a sending.
    """
    return ssl.create_default_context(cadata=own_authority or None)


@contextmanager
def _said_plainly() -> Iterator[None]:
    """What goes wrong on the line, as a code; every one of them may pass."""
    try:
        yield
    except smtplib.SMTPResponseException as wrong:
        said = wrong.smtp_error
        answer = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise Undelivered(f"smtp-{wrong.smtp_code}", answer) from None
    except ssl.SSLError as wrong:
        raise Undelivered("tls", str(wrong)) from None
    except TimeoutError:
        raise Undelivered("timeout") from None
    except (OSError, smtplib.SMTPException, http.client.HTTPException) as wrong:
        raise Undelivered("no-connection", str(wrong)) from None
