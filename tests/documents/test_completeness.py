"""What a dossier lacks before it is lodged: each reason, and what removes it."""

from dataclasses import replace

import pytest

from documents import completeness, rules
from documents.completeness import DossierKind, Lacking, Particulars, Sheet
from documents.rules import DossierRefusal, DossierState, DossierStep, PaperKind

WHOLE = Particulars(DossierKind.DECREE, True, True, True, True, True)
HEAD = "CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc Số: 71/TTr-BXD "


def sheet(kind: PaperKind, heading: str = "", pages: int = 4) -> Sheet:
    return Sheet(kind.value, kind, pages, True, heading, is_scan=False)


SUBMISSION = sheet(PaperKind.SUBMISSION, HEAD + "T Ờ  T R Ì N H")
DRAFT = sheet(PaperKind.DRAFT)
APPRAISAL = sheet(PaperKind.APPRAISAL_REPORT, HEAD + "BÁO CÁO THẨM ĐỊNH")
RESPONSE = sheet(PaperKind.AGENCY_RESPONSE)
SUMMARY = sheet(PaperKind.SUMMARY_SUBMISSION, "TỜ TRÌNH TÓM TẮT", 6)
PAPERS = (SUBMISSION, DRAFT, APPRAISAL, RESPONSE)


def found(*papers: Sheet, given: Particulars = WHOLE) -> list[tuple[Lacking, PaperKind | None]]:
    return [(each.what, each.kind) for each in completeness.lacks(given, papers)]


def test_a_whole_dossier_lacks_nothing() -> None:
    assert found(*PAPERS) == []


@pytest.mark.parametrize("left_out", PAPERS, ids=lambda one: one.kind.value)
def test_a_paper_that_its_kind_needs_is_missed(left_out: Sheet) -> None:
    rest = [each for each in PAPERS if each is not left_out]
    assert found(*rest) == [(Lacking.PAPER, left_out.kind)]


def test_a_scheme_needs_no_appraisal() -> None:
    scheme = replace(WHOLE, kind=DossierKind.SCHEME)
    assert found(SUBMISSION, DRAFT, given=scheme) == []


@pytest.mark.parametrize(
    ("pages", "summary", "missed"),
    [
        (10, None, None),
        (11, None, Lacking.SUMMARY),
        (11, 6, None),
        (11, 7, Lacking.SUMMARY_TOO_LONG),
        (10, 7, Lacking.SUMMARY_TOO_LONG),
    ],
)
def test_more_than_ten_pages_need_a_summary_of_at_most_six(
    pages: int, summary: int | None, missed: Lacking | None
) -> None:
    papers = [replace(SUBMISSION, pages=pages), *PAPERS[1:]]
    if summary:
        papers.append(replace(SUMMARY, pages=summary))
    whats = [what for what, _kind in found(*papers)]
    assert whats == ([missed] if missed else [])


def test_what_must_be_signed_and_is_not_is_named() -> None:
    unsigned = [replace(each, is_signed=False) for each in (*PAPERS, SUMMARY)]
    assert found(*unsigned) == [
        (Lacking.SIGNATURE, PaperKind.SUBMISSION),
        (Lacking.SIGNATURE, PaperKind.APPRAISAL_REPORT),
        (Lacking.SIGNATURE, PaperKind.SUMMARY_SUBMISSION),
    ]


@pytest.mark.parametrize("heading", ["", "TỜ TRÌNH", HEAD + "BÁO CÁO"])
def test_a_submission_without_motto_or_its_name_has_the_wrong_form(heading: str) -> None:
    assert found(replace(SUBMISSION, heading=heading), *PAPERS[1:]) == [
        (Lacking.FORM, PaperKind.SUBMISSION)
    ]


def test_nobody_can_tell_the_form_of_a_scan() -> None:
    scan = replace(SUBMISSION, heading="", is_scan=True)
    assert found(scan, *PAPERS[1:]) == [(Lacking.FORM_UNREAD, PaperKind.SUBMISSION)]


def test_what_nobody_could_look_at_blocks_and_stands_first() -> None:
    bare = Particulars(DossierKind.DECREE, False, False, False, False, False)
    lacks = completeness.lacks(bare, [replace(APPRAISAL, is_signed=False)])
    blocking = [each.what for each in lacks if each.blocks]
    assert [each.what for each in lacks[:5]] == blocking
    assert set(blocking) == {
        Lacking.NUMBER, Lacking.DAY, Lacking.BASIS, Lacking.PROPOSAL, Lacking.PAPER
    }  # fmt: skip
    assert [each.kind for each in lacks if each.what == Lacking.PAPER and each.blocks] == [
        PaperKind.SUBMISSION
    ]


def test_a_heading_is_the_beginning_of_page_one_composed() -> None:
    decomposed = "TỜ  TRÌNH\n"
    assert completeness.heading_of([decomposed, "trang hai"]) == "TỜ TRÌNH"
    assert len(completeness.heading_of(["a" * 5_000])) == completeness.HEADING_LENGTH
    assert completeness.heading_of([]) == ""


@pytest.mark.parametrize(
    ("blocks", "explanation", "refusal"),
    [
        ([], "", None),
        ([False], "Đang chờ ký số", None),
        ([False], "", DossierRefusal.EXPLANATION_MISSING),
        ([False, True], "Đang chờ ký số", DossierRefusal.INCOMPLETE),
    ],
)
def test_a_lack_is_mended_or_explained(
    blocks: list[bool], explanation: str, refusal: DossierRefusal | None
) -> None:
    assert rules.refusal_to_lodge(blocks, explanation) == refusal


def test_every_step_has_its_places_and_no_other() -> None:
    taken = {
        (state, step): after
        for state in DossierState
        for step in DossierStep
        if isinstance(after := rules.after(state, step), DossierState)
    }
    assert taken == {
        (DossierState.DRAFT, DossierStep.LODGE): DossierState.LODGED,
        (DossierState.RETURNED, DossierStep.LODGE): DossierState.LODGED,
        (DossierState.WITHDRAWN, DossierStep.LODGE): DossierState.LODGED,
        (DossierState.LODGED, DossierStep.WITHDRAW): DossierState.WITHDRAWN,
        (DossierState.LODGED, DossierStep.ACCEPT): DossierState.ACCEPTED,
        (DossierState.LODGED, DossierStep.RETURN): DossierState.RETURNED,
    }


@pytest.mark.parametrize("state", DossierState)
def test_papers_are_added_by_whoever_has_the_dossier(state: DossierState) -> None:
    theirs = rules.refusal_to_complete(state, is_theirs=True, handed_out=False)
    offices = rules.refusal_to_complete(state, is_theirs=False, handed_out=False)
    is_with_agency = state in (DossierState.DRAFT, DossierState.RETURNED, DossierState.WITHDRAWN)
    assert theirs == (None if is_with_agency else DossierRefusal.WITH_THE_OFFICE)
    is_accepted = state == DossierState.ACCEPTED
    assert offices == (None if is_accepted else DossierRefusal.WITH_ITS_AGENCY)
    for is_theirs in (True, False):
        assert rules.refusal_to_complete(state, is_theirs, True) == DossierRefusal.HANDED_OUT
