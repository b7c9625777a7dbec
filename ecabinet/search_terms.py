"""What of a text is looked up, and what a query asks for: functions of plain values.

Text is folded by a map from letter to letter (đ → d as well), so that a place in the folded text
is the same place in the original. Single syllables stand on every page of Vietnamese; what is
looked up are therefore pairs of neighbours (pdf.md 5), and documents by their number, however it
is spelled.
"""

import codecs
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path

WORD = re.compile(r"[^\W_]+")
# What a device knows as well, which seeks by itself in what it keeps (frontend/vault/query.ts).
WORDS = json.loads((Path(__file__).parent / "search_words.json").read_text())
# 39/2022/NĐ-CP, 45/TTr-BXD, 59/2020/QH14 in folded text, as files are typed: blanks anywhere.
REFERENCE = re.compile(WORDS["reference"])
# 18-NQ/TW: as the Party numbers its own.
PARTY_REFERENCE = re.compile(WORDS["party_reference"])
# Kinds of documents as their numbers abbreviate them, by their names (NĐ 30/2020, appendix III).
KINDS: dict[str, str] = WORDS["kinds"]
# Said between the parts of a number: "nghị định số 39 năm 2022".
BETWEEN, ISSUERS = frozenset(WORDS["between"]), frozenset(WORDS["issuers"])
# Written in one: nđ39, NĐCP.
_KINDS_IN_ONE = "|".join(sorted(KINDS.values(), key=len, reverse=True))
IN_ONE = re.compile(rf"({_KINDS_IN_ONE})({WORDS['number']}|{'|'.join(sorted(ISSUERS))})")
# What is written short in the papers of the state, and its words.
ABBREVIATIONS: dict[str, str] = WORDS["abbreviations"]
LONG_FORMS = {tuple(words.split()): short for short, words in ABBREVIATIONS.items()}
LONGEST_FORM = max(map(len, LONG_FORMS))


@dataclass(frozen=True)
class All:
    """Holds what each of these asks for."""

    parts: tuple["Wanted", ...]


@dataclass(frozen=True)
class Either:
    """Holds what one of these asks for."""

    parts: tuple["Wanted", ...]


Wanted = str | All | Either


@dataclass(frozen=True)
class Asked:
    """A query: the terms that a page must hold, and the phrases to light on it, best first."""

    wanted: Wanted
    phrases: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Reference:
    """A document's number with what is known of its year, kind and issuer ("" is unknown)."""

    number: str
    year: str = ""
    kind: str = ""
    issuer: str = ""

    @property
    def term(self) -> str:
        return "_".join(("", f"n{self.number}", self.year, self.kind, self.issuer))

    @property
    def says_which(self) -> bool:
        return bool(self.year or self.kind)

    def known_as(self) -> Iterator["Reference"]:
        """This number with less and less of the rest."""
        for year, kind, issuer in product({self.year, ""}, {self.kind, ""}, {self.issuer, ""}):
            if year or kind:
                yield Reference(self.number, year, kind, issuer)

    @property
    def words(self) -> tuple[str, ...]:
        """As it stands in a text."""
        return tuple(each for each in (self.number, self.year, self.kind, self.issuer) if each)


def fold(text: str) -> str:
    """Lower letters without marks, one for each letter of an NFC text."""
    try:
        # By way of one byte for each letter: a sixth of the time of a translation.
        letters, _ = codecs.charmap_encode(text, "strict", _BYTES)
        return codecs.charmap_decode(letters, "strict", _PLAIN)[0]
    except UnicodeEncodeError:
        return text.translate(_FOLDED)


class _Folded(dict[int, str]):
    """Each letter's fold, once it was asked for."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        # What looks like Đ is typed for it.
        plain = "d" if letter in "đĐðÐɖƉ" else unicodedata.normalize("NFD", letter)[0].lower()[0]
        self[code] = plain
        return plain


_FOLDED = _Folded()
VOWELS, TONES = "aăâeêioôơuưy", ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
MARKED = {unicodedata.normalize("NFC", a + b) for a, b in product(VOWELS, TONES)} - set("aeiouy")
# What nearly all papers are written with; a table begins with nothing, and has room for 256.
COMMON = "\0\n" + "".join(map(chr, range(32, 127))) + "–—“”‘’…•§°²³«»×±≥≤½\xa0đĐ"
COMMON += "".join(sorted(each for vowel in MARKED for each in (vowel, vowel.upper())))
_BYTES = codecs.charmap_build(COMMON.ljust(256, "\ufffe"))
_PLAIN = COMMON.translate(_FOLDED)


def tidy(text: str) -> str:
    """NFC on one line: how text is kept, so that a phrase is found across a line's end."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def words_of(text: str) -> list[str]:
    return WORD.findall(fold(unicodedata.normalize("NFC", text)))


def terms_of(text: str) -> set[str]:
    """Everything by which a page with this text can be looked up."""
    folded = fold(unicodedata.normalize("NFC", text))
    words = WORD.findall(folded)
    known = [Reference(*found) for found in REFERENCE.findall(folded)]
    known += [Reference(n, "", kind, by) for n, kind, by in PARTY_REFERENCE.findall(folded)]
    return {
        *words,
        *("_".join(pair) for pair in pairwise(words)),
        *(each.term for one in known for each in one.known_as()),
    }


def asked(query: str) -> Asked | None:
    """What a query wants; None where it holds no word."""
    words = words_of(query)
    if not words:
        return None
    pieces = list(_pieces(words))
    parts = tuple(wanted for wanted, _ in pieces)
    phrases = [tuple(words), *(phrase for _, found in pieces for phrase in found)]
    if len(words) > 2:
        phrases.append(tuple(words[:2]))
    return Asked(parts[0] if len(parts) == 1 else All(parts), tuple(dict.fromkeys(phrases)))


Piece = tuple[Wanted, Sequence[tuple[str, ...]]]


def _pieces(words: Sequence[str]) -> Iterator[Piece]:
    """A query from left to right: documents' numbers, what is written short, words between."""
    at, plain = 0, 0
    while at < len(words):
        length, piece = _special(words, at)
        if piece is None:
            at += 1
            continue
        if plain < at:
            yield _phrase(words[plain:at])
        yield piece
        at = plain = at + length
    if plain < len(words):
        yield _phrase(words[plain:])


def _special(words: Sequence[str], at: int) -> tuple[int, Piece | None]:
    length, reference = _reference(words, at)
    if reference:
        literal = tuple(words[at : at + length])
        wanted = Either((reference.term, _neighbours(literal)))
        return length, (wanted, [reference.words, *_shorter(reference), literal])
    if long := ABBREVIATIONS.get(words[at]):
        form = tuple(long.split())
        return 1, (Either((words[at], _neighbours(form))), [form, (words[at],)])
    for length in range(LONGEST_FORM, 1, -1):
        form = tuple(words[at : at + length])
        if short := LONG_FORMS.get(form):
            return length, (Either((_neighbours(form), short)), [form, (short,)])
    return 0, None


def _shorter(known: Reference) -> Iterator[tuple[str, ...]]:
    if known.year and known.kind:
        yield Reference(known.number, known.year).words
    yield (known.number,)


def _reference(words: Sequence[str], at: int) -> tuple[int, Reference | None]:
    """The longest run of words that names a document by its number, in whatever order."""
    found: dict[str, str] = {}
    length, best = 0, None
    while (place := at + length) < len(words):
        if found and words[place] in BETWEEN and "".join(words[place + 1 : place + 2]).isdigit():
            length += 1
            continue
        name = " ".join(words[place : place + 2])
        taken = 2 if name in KINDS else 1
        said = _said(words[place], name, found)
        if "" in said or said.keys() & found.keys():
            break
        found |= said
        length += taken
        if "number" in found and Reference(**found).says_which:
            best = length, Reference(**found)
    return best or (0, None)


def _said(word: str, two: str, found: dict[str, str]) -> dict[str, str]:
    """The same of a word that may be two in one."""
    in_one = IN_ONE.fullmatch(word) if two not in KINDS else None
    return dict(_role(each, two, found) for each in (in_one.groups() if in_one else (word,)))


def _role(word: str, two: str, found: dict[str, str]) -> tuple[str, str]:
    """What a word of a query can say of a document: its kind, issuer, year or number; or ""."""
    if two in KINDS:
        return "kind", KINDS[two]
    if word in KINDS.values() or re.fullmatch(WORDS["kind"], word):
        return "kind", word
    if word in ISSUERS or ("kind" in found and re.fullmatch(WORDS["ministry"], word)):
        return "issuer", word
    if re.fullmatch(WORDS["year"], word) and ("number" in found or "year" not in found):
        return "year", word
    return ("number", word) if re.fullmatch(WORDS["number"], word) else ("", "")


def _phrase(words: Sequence[str]) -> Piece:
    return _neighbours(words), [tuple(words)]


def _neighbours(words: Sequence[str]) -> Wanted:
    if len(words) == 1:
        return words[0]
    pairs = tuple(dict.fromkeys("_".join(pair) for pair in pairwise(words)))
    return pairs[0] if len(pairs) == 1 else All(pairs)
