"""A paper that was put into the wrong dossier is taken out of it before anybody was given it."""

import pytest

from documents import lodging, queries, removing, service
from documents.completeness import DossierKind
from documents.rules import DossierRefusal, PaperKind
from ecabinet import search
from ecabinet.access import Actor
from ecabinet.db import reading
from ecabinet.errors import Forbidden, NotFound, Refused, Stale
from tests.builders import Cabinet
from tests.documents import builders
from tests.documents.test_vault import says, take, vault_of


def found(actor: Actor, words: str) -> int:
    with reading() as db:
        return search.find(db, queries.readers_of(actor), words).things


def test_it_is_nowhere_until_it_is_put_back_and_then_as_it_was(cabinet: Cabinet) -> None:
    office, minister = cabinet.actor("thuky"), cabinet.actor("botruong.yte")
    specialist = cabinet.actor("chuyenvien")
    dossier = builders.dossier(cabinet, builders.pdf(1, "Cau chuyen khac"), builders.pdf(2))
    wrong, right = builders.papers(dossier)
    device = cabinet.browser("thuky")
    vault = vault_of(device)
    assert "refused" not in take(device, vault, wrong)
    assert found(office, "cau chuyen khac") == 1
    with pytest.raises(Forbidden):
        service.take_out(minister, wrong.id)

    service.take_out(specialist, wrong.id)
    assert [each.id for each in builders.papers(dossier)] == [right.id]
    assert found(office, "cau chuyen khac") == 0
    with reading() as db:
        assert wrong.id not in queries.newest_editions(db, [dossier])
    for again in (service.take_out, lambda *who: service.add_edition(*who, "a.pdf", b"")):
        with pytest.raises(NotFound):
            again(specialist, wrong.id)
    with pytest.raises(NotFound):
        service.open_copy(office, wrong.edition_id, True)
    # A device that kept it is told so when it is next heard of.
    assert says(device, "/vault", vault=vault).json["kept"] == []
    page = device.get(f"/dossiers/{dossier}").get_data(as_text=True)
    assert "Bỏ tài liệu khỏi hồ sơ: Tài liệu 1" in " ".join(page.split())

    service.put_back(office, wrong.id)
    assert [each.id for each in builders.papers(dossier)] == [wrong.id, right.id]
    assert found(office, "cau chuyen khac") == 1
    assert service.open_copy(office, wrong.edition_id, True).size
    with pytest.raises(Stale):
        service.put_back(office, wrong.id)


def test_what_was_handed_out_stays_and_its_readers_learn_nothing_of_what_had_been_taken_out(
    cabinet: Cabinet,
) -> None:
    browser = cabinet.browser("thuky")
    dossier = builders.dossier(cabinet, builders.pdf(1), builders.pdf(2))
    wrong, right = builders.papers(dossier)
    assert browser.post(f"/papers/{wrong.id}/taking-out").status_code == 303
    assert "Đã bỏ khỏi hồ sơ" in browser.get(f"/dossiers/{dossier}").get_data(as_text=True)
    builders.hand_out(cabinet, dossier, ["botruong.yte"])
    for refused in (service.take_out, service.put_back):
        with pytest.raises(Refused) as said:
            refused(cabinet.actor("thuky"), right.id)
        assert said.value.reason is DossierRefusal.HANDED_OUT
    reader = cabinet.browser("botruong.yte")
    page = reader.get(f"/dossiers/{dossier}").get_data(as_text=True)
    assert "Tài liệu 2" in page
    assert "Tài liệu 1" not in page
    assert reader.get(f"/papers/{wrong.id}").status_code == 404
    assert reader.get(f"/papers/{right.id}").status_code == 200


def test_its_agency_takes_it_out_of_a_draft_and_an_emergency_reaches_it_all_the_same(
    cabinet: Cabinet,
) -> None:
    official, agency = cabinet.actor("canbo.yte"), cabinet.agencies["yte"]
    fields = lodging.Fields("Hồ sơ của Bộ", DossierKind.DECREE)
    dossier = lodging.begin(official, agency, fields)
    kind = PaperKind.SUBMISSION
    paper = service.add_paper(official, dossier, "Nhầm", kind, "tep.pdf", builders.pdf(1))
    service.take_out(official, paper)
    with pytest.raises(NotFound):
        service.put_back(cabinet.actor("thuky"), paper)
    office = builders.dossier(cabinet, builders.pdf(3))
    [leaked] = builders.papers(office)
    service.take_out(cabinet.actor("thuky"), leaked.id)
    leader = cabinet.actor("lanhdaovp")
    assert removing.ask(leader, leaked.id, [leaked.edition_id], "Gửi nhầm.")
