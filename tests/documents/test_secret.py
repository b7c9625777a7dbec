"""Secret papers: a numbered place in the dossier, and a log of copies on paper."""

import pytest

from documents import lodging, queries, secret
from documents.completeness import DossierKind
from documents.rules import DossierRefusal
from ecabinet.db import reading
from ecabinet.errors import NotFound, Refused
from tests.builders import Cabinet
from tests.documents.builders import dossier, hand_out

PLACE = "Phòng Bảo mật, Văn phòng Chính phủ"


def placed(cabinet: Cabinet) -> int:
    """A dossier with a secret paper, handed out to a minister."""
    made = dossier(cabinet)
    secret.put_place(cabinet.actor("chuyenvien"), made, PLACE)
    hand_out(cabinet, made, ["botruong.yte"])
    return made


def shown(number: int) -> queries.SecretView:
    with reading() as db:
        (found,) = queries.secret_papers(db, number)
    return found


def test_readers_are_told_where_it_is_given_out_and_the_office_alone_to_whom(
    cabinet: Cabinet,
) -> None:
    made, office = placed(cabinet), cabinet.browser("thuky")
    path = f"/secret-papers/{shown(made).id}/copies"
    body = {"person": cabinet.ids["botruong.yte"], "number": "03/10"}
    assert cabinet.browser("botruong.yte").post(path, body).status_code == 403
    assert office.post(path, body).status_code == 303
    (copy,) = shown(made).copies
    assert (copy.office, copy.number, copy.collected_at) == ("Bộ trưởng Bộ Y tế", "03/10", None)
    assert "03/10" in office.get(f"/dossiers/{made}").text
    minister = cabinet.browser("botruong.yte").get(f"/dossiers/{made}").text
    assert PLACE in minister
    assert "03/10" not in minister
    assert office.post(f"/secret-copies/{copy.id}/collection").status_code == 303
    assert shown(made).copies[0].collected_at is not None
    with pytest.raises(Refused) as refused:
        secret.collect(cabinet.actor("thuky"), copy.id)
    assert refused.value.reason == DossierRefusal.COLLECTED


def test_a_copy_goes_only_to_whom_the_dossier_went(cabinet: Cabinet) -> None:
    made, secretary = placed(cabinet), cabinet.actor("thuky")
    secret.hand_out(secretary, shown(made).id, cabinet.ids["botruong.yte"], "1")
    with pytest.raises(Refused) as refused:
        secret.hand_out(secretary, shown(made).id, cabinet.ids["botruong.xaydung"], "2")
    assert refused.value.reason == DossierRefusal.NOT_A_READER


def test_a_ministry_says_what_is_kept_outside_while_it_has_the_dossier(cabinet: Cabinet) -> None:
    staff, other = cabinet.actor("canbo.yte"), cabinet.actor("canbo.taichinh")
    fields = lodging.Fields("Hồ sơ có tài liệu mật", DossierKind.SCHEME)
    begun = lodging.begin(staff, cabinet.agencies["yte"], fields)
    for number in (1, 2):
        secret.put_place(staff, begun, PLACE)
        with reading() as db:
            assert [each.number for each in queries.secret_papers(db, begun)][-1] == number
    with pytest.raises(NotFound):
        secret.put_place(other, begun, PLACE)
