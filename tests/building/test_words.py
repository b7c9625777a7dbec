"""No Vietnamese page without its words, no English page with Vietnamese ones."""

import re
from collections import Counter
from enum import StrEnum
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from flask import Flask

from ecabinet import errors

ROOT = Path(__file__).parent.parent.parent
ROOMS = (
    "building", "home", "people", "documents", "ballots", "meetings", "tasks", "exchange",
    "oversight", "dates", "figures", "handover",
)  # fmt: skip

# Names that are the same in both languages.
UNTRANSLATED = {"Cabinet", "English", "PDF", "CSV", "XLSX", "SHA", "sha256"}
UNSEEN = r"\{% block (?:back|body_attributes) %\}.*?\{% endblock %\}"


def templates_of(room: str) -> list[Path]:
    folder = ROOT / "templates"
    return sorted((folder.glob("*.html")) if room == "building" else (folder / room).glob("*.html"))


def ids(path: Path) -> set[str]:
    """The sentences of a template; of one that counts, its first form."""
    found = extract("jinja2.ext:babel_extract", BytesIO(path.read_bytes()), options={})
    return {first_form(message) for _line, message, _comments, _context in found if message}


def first_form(message: str | tuple[str, ...]) -> str:
    return message if isinstance(message, str) else message[0]


@pytest.mark.parametrize("room", ROOMS)
def test_every_sentence_of_a_room_has_its_english(room: str) -> None:
    source = ROOT / "translations" / room / "en" / "LC_MESSAGES" / "messages.po"
    catalogue = read_po(source.open("rb"))
    english = {first_form(each.id): each for each in catalogue if each.id}
    for path in templates_of(room):
        for sentence in ids(path):
            assert sentence in english, f"{path.name}: {sentence}"
            said = english[sentence].string
            assert all(said) if isinstance(said, tuple) else said, sentence
            assert not english[sentence].fuzzy, sentence


@pytest.mark.parametrize("room", ROOMS)
def test_no_sentence_is_translated_twice(room: str) -> None:
    """The last one would stand for both, wherever they are said."""
    source = ROOT / "translations" / room / "en" / "LC_MESSAGES" / "messages.po"
    sentences = re.findall(r'^msgid "(.+)"$', source.read_text(), re.MULTILINE)
    assert [each for each, times in Counter(sentences).items() if times > 1] == []


@pytest.mark.parametrize("room", ROOMS)
def test_no_vietnamese_stands_outside_the_words_of_a_template(room: str) -> None:
    for path in templates_of(room):
        found = [each for each in words_of(path.read_text()) if each not in UNTRANSLATED]
        assert not found, (path.name, found[:5])


def words_of(template: str) -> list[str]:
    """What a reader would see of it as words: no tags, entities, addresses, attributes."""
    for unread in (UNSEEN, r"\{[{%#].*?[}%#]\}", r"<[^>]*>", r"&#?\w+;"):
        template = re.sub(unread, " ", template, flags=re.DOTALL)
    return re.findall(r"[A-Za-zÀ-ỹĐđ]{2,}", template)


def reasons() -> list[str]:
    import ballots.rules
    import documents.rules
    import meetings.rules
    import people.rules
    import tasks.rules
    from ecabinet import approvals
    from ecabinet.dates import rules as dates_rules
    from ecabinet.handover import rules as handover_rules

    rooms = (
        approvals, ballots.rules, documents.rules, meetings.rules, people.rules, tasks.rules,
        dates_rules, handover_rules,
    )  # fmt: skip
    return [
        f"{kind.__name__}.{reason.value}"
        for room in rooms
        for kind in vars(room).values()
        if isinstance(kind, type)
        and issubclass(kind, StrEnum)
        and kind.__name__.endswith("Refusal")
        for reason in kind
    ]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_refusal_has_its_sentence(app: Flask, language: str) -> None:
    with app.test_request_context(f"/?lang={language}"):
        template = app.jinja_env.get_template("_refusal.html")
        unknown = template.render(code="failed", reason="")
        said = {reason: template.render(code="failed", reason=reason) for reason in reasons()}
        codes = [
            each.code
            for each in vars(errors).values()
            if isinstance(each, type) and issubclass(each, errors.CabinetError)
        ]
        for code in {*codes} - {"failed", "refused", "unreadable", "signature_rejected"}:
            assert template.render(code=code, reason="") != unknown, code
    assert len(said) > 10
    assert not [reason for reason, sentence in said.items() if sentence == unknown]
