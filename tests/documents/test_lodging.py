"""A ministry lodges a dossier; the Office takes it in or returns it."""

from datetime import date

import pytest

from ballots.service import draft
from documents import lodging, queries, service
from documents.completeness import DossierKind, Lacking
from documents.lodging import Fields
from documents.rules import DossierRefusal, DossierState, PaperKind
from ecabinet import ledger, outbox, search
from ecabinet.db import reading
from ecabinet.errors import NotFound, Refused
from tests.builders import Cabinet
from tests.documents.builders import hand_out, papers, pdf

TITLE = "Nghị quyết về nhà ở xã hội"
FIELDS = Fields(
    TITLE, DossierKind.RESOLUTION, "71/TTr-BYT", date(2026, 11, 20), "Luật Nhà ở, Điều 5",
    "Ban hành Nghị quyết", "Nguyễn Văn An, 080 43162",
)  # fmt: skip
# Unsigned and on no official form: lodged, it needs an explanation.
WHY = "Bản ký số gửi sau qua trục liên thông."


def begun(cabinet: Cabinet, fields: Fields = FIELDS) -> int:
    """A dossier that the health ministry has begun, with its submission."""
    staff = cabinet.actor("canbo.yte")
    dossier = lodging.begin(staff, cabinet.agencies["yte"], fields)
    service.add_paper(staff, dossier, "Tờ trình", PaperKind.SUBMISSION, "tt.pdf", pdf(2))
    return dossier


def lodged(cabinet: Cabinet) -> int:
    dossier = begun(cabinet)
    lodging.lodge(cabinet.actor("canbo.yte"), dossier, WHY)
    return dossier


def reads(cabinet: Cabinet, username: str, dossier: int) -> bool:
    """By the list, by the page and by search at once: they never disagree."""
    browser = cabinet.browser(username)
    with reading() as db:
        actor = cabinet.actor(username)
        listed = dossier in [each.id for each in queries.dossiers(db, actor)]
        sought = search.find(db, queries.readers_of(actor), "noi dung trang").count > 0
    opened = browser.get(f"/dossiers/{dossier}").status_code == 200
    paper = browser.get(f"/papers/{papers(dossier)[0].id}").status_code == 200
    assert listed == opened == paper == sought
    return listed


def state_of(dossier: int) -> DossierState:
    with reading() as db:
        return queries.dossier(db, dossier).state


def told(cabinet: Cabinet, username: str) -> list[str]:
    with reading() as db:
        return [each.kind for each in outbox.inbox(db, cabinet.ids[username])]


def test_a_dossier_is_its_agencys_alone_until_it_is_lodged(cabinet: Cabinet) -> None:
    dossier = begun(cabinet)
    others = ("thuky", "lanhdaovp", "kiemtoan", "canbo.taichinh", "botruong.yte")
    assert reads(cabinet, "canbo.yte", dossier)
    assert not any(reads(cabinet, each, dossier) for each in others)
    assert not told(cabinet, "thuky")
    lodging.lodge(cabinet.actor("canbo.yte"), dossier, WHY)
    assert [each for each in others if reads(cabinet, each, dossier)] == [
        "thuky", "lanhdaovp", "kiemtoan"
    ]  # fmt: skip
    assert told(cabinet, "thuky") == told(cabinet, "chuyenvien") == ["dossier_lodged"]


def test_what_comes_back_is_mended_and_lodged_again(cabinet: Cabinet) -> None:
    dossier, staff, secretary = (
        lodged(cabinet),
        cabinet.browser("canbo.yte"),
        cabinet.actor("thuky"),
    )
    with pytest.raises(Refused) as refused:
        service.add_paper(
            cabinet.actor("canbo.yte"), dossier, "", PaperKind.DRAFT, "dt.pdf", pdf(1)
        )
    assert refused.value.reason == DossierRefusal.WITH_THE_OFFICE
    lodging.give_back(secretary, dossier, "Thiếu dự thảo Nghị quyết")
    assert told(cabinet, "canbo.yte") == ["dossier_returned"]
    assert "Thiếu dự thảo Nghị quyết" in staff.get(f"/dossiers/{dossier}").text
    service.add_paper(cabinet.actor("canbo.yte"), dossier, "", PaperKind.DRAFT, "dt.pdf", pdf(1))
    assert staff.post(f"/dossiers/{dossier}/lodging", {"explanation": WHY}).status_code == 303
    lodging.accept(secretary, dossier)
    assert state_of(dossier) == DossierState.ACCEPTED
    with reading() as db:
        story = [each.kind for each in reversed(queries.story(db, dossier))]
        first = next(each for each in queries.story(db, dossier) if each.kind == "dossier_lodged")
    # What it lacked, and why it was lodged all the same, stays to be read.
    page = staff.get(f"/dossiers/{dossier}").text
    assert first.facts["explanation"] == WHY
    assert first.facts["lacks"] == len(first.facts["lacking"]) > 0
    assert page.count(WHY) == 2
    assert "Chưa có chữ ký số: Tờ trình" in page
    assert story == [
        "dossier_begun", "paper_added", "dossier_lodged", "dossier_returned", "paper_added",
        "dossier_lodged", "dossier_accepted",
    ]  # fmt: skip


def test_only_what_is_accepted_goes_to_the_members(cabinet: Cabinet) -> None:
    dossier, drafter = lodged(cabinet), cabinet.actor("chuyenvien")
    question = draft.Question(dossier, "Đồng ý ban hành?", "", 3)
    for attempt in (
        lambda: draft.draft(drafter, question),
        lambda: hand_out(cabinet, dossier, ["botruong.yte"]),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.reason == DossierRefusal.NOT_ACCEPTED
    lodging.accept(drafter, dossier)
    draft.draft(drafter, question)
    hand_out(cabinet, dossier, ["botruong.yte"])
    assert reads(cabinet, "botruong.yte", dossier)
    assert reads(cabinet, "canbo.yte", dossier)


def test_a_dossier_that_was_taken_back_cannot_be_accepted(cabinet: Cabinet) -> None:
    dossier = lodged(cabinet)
    lodging.withdraw(cabinet.actor("canbo.yte"), dossier)
    with pytest.raises(Refused) as refused:
        lodging.accept(cabinet.actor("thuky"), dossier)
    assert refused.value.reason == DossierRefusal.NOT_FROM_HERE


def test_staff_of_another_ministry_find_nothing_to_do(cabinet: Cabinet) -> None:
    dossier = begun(cabinet)
    own, other = cabinet.browser("canbo.yte"), cabinet.browser("canbo.taichinh")
    told = {"title": TITLE, "kind": "resolution", "basis": "Luật", "proposal": "Ban hành"}
    told |= {"submission_number": "1/TTr", "submission_day": "20/11/2026"}
    doors = (
        (f"/dossiers/{dossier}/particulars", told),
        (f"/dossiers/{dossier}/lodging", {"explanation": WHY}),
        (f"/dossiers/{dossier}/withdrawal", {}),
    )
    for path, fields in doors:
        assert other.post(path, fields).status_code == 404, path
        assert cabinet.browser("thuky").post(path, fields).status_code == 403, path
    with pytest.raises(NotFound):
        service.add_edition(cabinet.actor("canbo.taichinh"), papers(dossier)[0].id, "x.pdf", pdf(1))
    for path, fields in doors:
        assert own.post(path, fields).status_code == 303, path
    assert state_of(dossier) == DossierState.WITHDRAWN


def test_a_dossier_is_begun_for_ones_own_agency_alone(cabinet: Cabinet) -> None:
    staff, body = cabinet.browser("canbo.yte"), {"title": TITLE, "kind": "decree"}
    for slug, status in (("yte", 303), ("taichinh", 400)):
        made = staff.post("/dossiers/drafts", body | {"drafting_agency": cabinet.agencies[slug]})
        assert made.status_code == status, slug


def test_what_the_office_makes_itself_is_not_its_agencys(cabinet: Cabinet) -> None:
    service.create_dossier(cabinet.actor("chuyenvien"), TITLE, cabinet.agencies["yte"])
    assert TITLE in cabinet.browser("thuky").get("/dossiers").text
    assert TITLE not in cabinet.browser("canbo.yte").get("/dossiers").text


def test_the_page_says_what_is_missing_before_anything_is_lodged(cabinet: Cabinet) -> None:
    dossier = begun(cabinet, Fields(TITLE, DossierKind.DECREE))
    page = cabinet.browser("canbo.yte").get(f"/dossiers/{dossier}").text
    assert "Thiếu: Báo cáo thẩm định" in page
    assert "Chưa có chữ ký số: Tờ trình" in page
    with pytest.raises(Refused) as refused:
        lodging.lodge(cabinet.actor("canbo.yte"), dossier, WHY)
    assert refused.value.reason == DossierRefusal.INCOMPLETE
    with reading() as db:
        shown = queries.lodging(db, dossier)
    assert shown is not None
    assert {each.what for each in shown.lacks if each.blocks} == {
        Lacking.NUMBER, Lacking.DAY, Lacking.BASIS, Lacking.PROPOSAL
    }  # fmt: skip


def test_the_office_has_two_working_days(cabinet: Cabinet) -> None:
    dossier = lodged(cabinet)
    with reading() as db:
        (waiting,) = queries.duties(db, cabinet.actor("thuky"))
        shown = queries.lodging(db, dossier)
    assert shown is not None
    assert (waiting.path, waiting.due_at) == (f"/dossiers/{dossier}", shown.due_at)
    lodging.give_back(cabinet.actor("thuky"), dossier, "Thiếu dự thảo")
    with reading() as db:
        assert queries.duties(db, cabinet.actor("thuky")) == []
        (mending,) = queries.duties(db, cabinet.actor("canbo.yte"))
    assert mending.path == f"/dossiers/{dossier}"


def test_the_ledger_names_what_was_lodged_and_accepted(cabinet: Cabinet) -> None:
    dossier = lodged(cabinet)
    lodging.accept(cabinet.actor("thuky"), dossier)
    digests = [each.digest for each in papers(dossier)]
    for kind, who in (("dossier_lodged", "canbo.yte"), ("dossier_accepted", "thuky")):
        with reading() as db:
            leaf = ledger.latest(db, kind)
        assert leaf is not None
        assert (leaf["dossier"], leaf["papers"], leaf["by"]) == (
            dossier, digests, cabinet.ids[who]
        )  # fmt: skip


def test_a_paper_of_the_wrong_kind_is_put_right_by_whoever_has_the_dossier(
    cabinet: Cabinet,
) -> None:
    dossier = begun(cabinet)
    (paper,) = papers(dossier)
    path, body = f"/papers/{paper.id}/particulars", {"title": "Dự thảo", "kind": "draft"}
    for username in ("thuky", "canbo.taichinh"):
        assert cabinet.browser(username).post(path, body).status_code == 404, username
    assert cabinet.browser("canbo.yte").post(path, body).status_code == 303
    (paper,) = papers(dossier)
    assert (paper.title, paper.kind) == ("Dự thảo", PaperKind.DRAFT)
    with reading() as db:
        readers = queries.readers_of(cabinet.actor("canbo.yte"))
        found = search.find(db, readers, "noi dung trang")
    assert [each.title for each in found.groups] == ["Dự thảo"]
