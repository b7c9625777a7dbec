"""What a mail and an SMS say: the kind of thing, a deadline, and where to deal with it.

Made of `ecabinet.notices` alone, in the receiver's language; nothing that anybody wrote can
come into it, since nothing of the kind is given here.
"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from ecabinet.notices import Deadline, notice_of

# One SMS with Vietnamese letters holds 70 of them; one without, 160.
PART, PLAIN_PART = 70, 160
PLAIN = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)


@dataclass(frozen=True)
class Words:
    """What frames a notice, in one language."""

    greeting: str
    due: str
    code: str
    link: str
    foot: str


WORDS = {
    "vi": Words(
        greeting="Kính gửi Ông/Bà,",
        due="Thời hạn: {due}",
        code="Mã: {code} (dùng một lần, trong 30 phút)",
        link="Mở tại: {link}",
        foot="Thư do hệ thống e-Cabinet tự động gửi, không kèm nội dung. Hệ thống không bao giờ "
        "hỏi mật khẩu qua thư; xin không trả lời thư này.",
    ),
    "en": Words(
        greeting="Dear Sir or Madam,",
        due="Due: {due}",
        code="Code: {code} (good once, for 30 minutes)",
        link="Open: {link}",
        foot="Sent by the e-Cabinet system, without content. The system never asks for a password "
        "by mail; please do not reply.",
    ),
}


class Shown(StrEnum):
    """Which letters a reader of the list looks at."""

    OPEN = "open"
    GIVEN_UP = "given_up"
    UNDER_WAY = "under_way"
    ACCEPTED = "accepted"
    OVERTAKEN = "overtaken"
    ALL = "all"


class Reached(StrEnum):
    """Whether what is sent to a member arrives, as far as their newest letters say."""

    ACCEPTED = "accepted"
    UNDER_WAY = "under_way"
    REFUSED = "refused"
    NOTHING_SENT = "nothing_sent"
    NO_ADDRESS = "no_address"


# Somebody has to see to it that these are told otherwise.
NOT_REACHED = frozenset({Reached.REFUSED, Reached.NO_ADDRESS})


def reached(has_address: bool, was_taken: bool, is_under_way: bool, was_refused: bool) -> Reached:
    """The best that is known of any channel; nobody is reached without a confirmed address."""
    if not has_address:
        return Reached.NO_ADDRESS
    if was_taken:
        return Reached.ACCEPTED
    if is_under_way:
        return Reached.UNDER_WAY
    return Reached.REFUSED if was_refused else Reached.NOTHING_SENT


def said_of(kind: str, language: str) -> str:
    """What may be said outside the house of a message of this kind."""
    notice = notice_of(kind)
    return notice.en if language == "en" else notice.vi


def mail_subject(kind: str, language: str) -> str:
    return f"e-Cabinet: {said_of(kind, language)}"


def mail_text(
    kind: str, language: str, due: Deadline | None, link: str, code: str | None, zone: ZoneInfo
) -> str:
    """A whole mail, in plain text."""
    words = WORDS["en" if language == "en" else "vi"]
    lines = [f"{said_of(kind, language)}."]
    if due is not None:
        lines.append(words.due.format(due=due_words(due, zone)))
    if code is not None:
        lines.append(words.code.format(code=code))
    lines.append(words.link.format(link=link))
    return "\n\n".join([words.greeting, "\n".join(lines), words.foot]) + "\n"


def sms_text(
    kind: str, language: str, due: Deadline | None, link: str, code: str | None, zone: ZoneInfo
) -> str:
    """The same as briefly as it can be said."""
    words = WORDS["en" if language == "en" else "vi"]
    parts = [f"e-Cabinet: {said_of(kind, language)}."]
    if due is not None:
        parts.append(words.due.format(due=due_words(due, zone)) + ".")
    if code is not None:
        parts.append(words.code.format(code=code) + ".")
    return " ".join([*parts, link])


def due_words(due: Deadline, zone: ZoneInfo) -> str:
    """ "24:00, 03/12/2026"; a day without an hour stays one."""
    if not isinstance(due, datetime):
        return f"{due:%d/%m/%Y}"
    local = due.astimezone(zone)
    if (local.hour, local.minute) == (0, 0):
        return f"24:00, {local - timedelta(days=1):%d/%m/%Y}"
    return f"{local:%H:%M, %d/%m/%Y}"


def unaccented(text: str) -> str:
    """Vietnamese as it is typed without accents: every telephone shows it."""
    bare = unicodedata.normalize("NFD", text).replace("đ", "d").replace("Đ", "D")
    return "".join(each for each in bare if not unicodedata.combining(each))


def parts(text: str) -> list[str]:
    """A text in parts that one SMS holds; a word longer than that, an address, stays whole.

    Where there is more than one, each says which it is.
    """
    text = unicodedata.normalize("NFC", text)
    most = PLAIN_PART if set(text) <= PLAIN else PART
    if len(text) <= most:
        return [text]
    lines, room = [""], most - len("(9/9) ")
    for word in text.split():
        if not lines[-1]:
            lines[-1] = word
        elif len(lines[-1]) + 1 + len(word) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return [f"({place}/{len(lines)}) {line}" for place, line in enumerate(lines, 1)]
