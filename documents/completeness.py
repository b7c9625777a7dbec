"""What a dossier has to have before the Government Office takes it in, each lack with its reason.

Sources: Decree 191/2026, Article 14.1 (authority, basis, what is proposed), 14.2 (a submission of
more than ten pages goes with a summary of at most six), 14.3 (sent as digitally signed documents);
for legal documents the file that the law on their promulgation asks for; Decree 30/2020, Annex I
(the heading of an official paper). The articles are *doubt* until an operator has confirmed them.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from documents.rules import PaperKind

LONGEST_WITHOUT_SUMMARY, LONGEST_SUMMARY = 10, 6
HEADING_LENGTH = 800


class DossierKind(StrEnum):
    """What the dossier asks the Government or the Prime Minister to issue."""

    LAW = "law"
    DECREE = "decree"
    RESOLUTION = "resolution"
    DECISION = "decision"
    SCHEME = "scheme"


class Lacking(StrEnum):
    """What may be wrong with a dossier; those in `BLOCKING` leave nothing to be looked at."""

    NUMBER = "number"
    DAY = "day"
    BASIS = "basis"
    PROPOSAL = "proposal"
    CONTACT = "contact"
    PAPER = "paper"
    SUMMARY = "summary"
    SUMMARY_TOO_LONG = "summary_too_long"
    SIGNATURE = "signature"
    FORM = "form"
    FORM_UNREAD = "form_unread"


BASE = (PaperKind.SUBMISSION, PaperKind.DRAFT)
LEGAL = (*BASE, PaperKind.APPRAISAL_REPORT, PaperKind.AGENCY_RESPONSE)
NEEDED: dict[DossierKind, Sequence[PaperKind]] = {
    DossierKind.LAW: LEGAL,
    DossierKind.DECREE: LEGAL,
    DossierKind.DECISION: LEGAL,
    DossierKind.RESOLUTION: BASE,
    DossierKind.SCHEME: BASE,
}
SIGNED = frozenset({PaperKind.SUBMISSION, PaperKind.SUMMARY_SUBMISSION, PaperKind.APPRAISAL_REPORT})
# What stands at the head of page 1, letters alone: spacing and marks differ from file to file.
MOTTO = "conghoaxahoichunghiavietnam"
HEADINGS: dict[PaperKind, tuple[str, ...]] = {
    PaperKind.SUBMISSION: (MOTTO, "totrinh"),
    PaperKind.SUMMARY_SUBMISSION: ("totrinh",),
    PaperKind.APPRAISAL_REPORT: (MOTTO, "thamdinh"),
}
BLOCKING = frozenset({Lacking.NUMBER, Lacking.DAY, Lacking.BASIS, Lacking.PROPOSAL})


@dataclass(frozen=True)
class Particulars:
    """The fields of a dossier that its agency fills in."""

    kind: DossierKind
    has_number: bool
    has_day: bool
    has_basis: bool
    has_proposal: bool
    has_contact: bool


@dataclass(frozen=True)
class Sheet:
    """A paper in its current edition, as far as the checks look at it."""

    title: str
    kind: PaperKind
    pages: int
    is_signed: bool
    heading: str
    is_scan: bool


@dataclass(frozen=True)
class Lack:
    """One thing to be mended; what blocks keeps the dossier from being lodged, the rest may be
    lodged with an explanation."""

    what: Lacking
    kind: PaperKind | None = None
    title: str = ""
    pages: int = 0

    @property
    def blocks(self) -> bool:
        is_submission = self.what is Lacking.PAPER and self.kind is PaperKind.SUBMISSION
        return is_submission or self.what in BLOCKING


def lacks(particulars: Particulars, sheets: Sequence[Sheet]) -> list[Lack]:
    """What a dossier still lacks, what blocks first."""
    found = [
        *_of_particulars(particulars),
        *_of_kinds(particulars.kind, sheets),
        *_of_length(sheets),
        *(lack for each in sheets for lack in _of_sheet(each)),
    ]
    return sorted(found, key=lambda one: not one.blocks)


def _of_particulars(given: Particulars) -> Iterable[Lack]:
    there = {
        Lacking.NUMBER: given.has_number,
        Lacking.DAY: given.has_day,
        Lacking.BASIS: given.has_basis,
        Lacking.PROPOSAL: given.has_proposal,
        Lacking.CONTACT: given.has_contact,
    }
    return [Lack(what) for what, is_there in there.items() if not is_there]


def _of_kinds(kind: DossierKind, sheets: Sequence[Sheet]) -> Iterable[Lack]:
    there = {each.kind for each in sheets}
    return [Lack(Lacking.PAPER, each) for each in NEEDED[kind] if each not in there]


def _of_length(sheets: Sequence[Sheet]) -> Iterable[Lack]:
    longest = max((each.pages for each in sheets if each.kind is PaperKind.SUBMISSION), default=0)
    summaries = [each for each in sheets if each.kind is PaperKind.SUMMARY_SUBMISSION]
    if longest > LONGEST_WITHOUT_SUMMARY and not summaries:
        yield Lack(Lacking.SUMMARY, PaperKind.SUMMARY_SUBMISSION, pages=longest)
    for each in summaries:
        if each.pages > LONGEST_SUMMARY:
            yield Lack(Lacking.SUMMARY_TOO_LONG, each.kind, each.title, each.pages)


def _of_sheet(sheet: Sheet) -> Iterable[Lack]:
    if sheet.kind in SIGNED and not sheet.is_signed:
        yield Lack(Lacking.SIGNATURE, sheet.kind, sheet.title)
    expected = HEADINGS.get(sheet.kind, ())
    if expected and sheet.is_scan:
        yield Lack(Lacking.FORM_UNREAD, sheet.kind, sheet.title)
    elif any(each not in letters_of(sheet.heading) for each in expected):
        yield Lack(Lacking.FORM, sheet.kind, sheet.title)


def heading_of(texts: Sequence[str]) -> str:
    """What stands at the head of page 1: as much as the checks look at."""
    return " ".join(unicodedata.normalize("NFC", texts[0] if texts else "").split())[
        :HEADING_LENGTH
    ]


def letters_of(text: str) -> str:
    """Lower letters without marks and without anything between them."""
    plain = unicodedata.normalize("NFD", text.lower()).replace("đ", "d")
    return re.sub(r"[^a-z]", "", plain)
