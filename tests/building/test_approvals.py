"""Acts that need a second person: asked for by one, confirmed by another, once (AC-08)."""

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ecabinet import app as assembly
from ecabinet import approvals, outbox
from ecabinet.access import Permission, Role
from ecabinet.approvals import Act, ApprovalRefusal, Approved, Request, RequestState
from ecabinet.db import reading, transaction
from ecabinet.errors import (
    CabinetError,
    Forbidden,
    NotFound,
    NotSignedIn,
    Overtaken,
    Refused,
    Stale,
)
from people import queries
from people.models import Person, Term
from people.service import directory
from tests.builders import STARTS, Cabinet
from tests.people.builders import JSON, leaves

DONE: list[Approved] = []


def carry_out(db: Session, approved: Approved) -> None:
    """Gives a person another name, so that there is something to roll back."""
    db.get_one(Person, approved.facts["person"]).name = approved.facts["name"]
    if approved.facts["name"] == "Không được":
        raise Stale
    DONE.append(approved)


RENAME = Act("rename", Permission.ACCOUNT_MANAGE, Permission.ACCOUNT_APPROVE, carry_out)


@pytest.fixture(autouse=True)
def acts(cabinet: Cabinet) -> Iterator[None]:
    DONE.clear()
    approvals.bind([*assembly.ACTS, RENAME], queries)
    yield
    approvals.bind(assembly.ACTS, queries)


def ask(cabinet: Cabinet, name: str = "Nguyễn Văn An") -> int:
    facts = {"person": cabinet.ids["thuky"], "name": name}
    return approvals.ask(cabinet.actor("quantri"), RENAME, name, facts)


def request_of(request_id: int) -> Request:
    with reading() as db:
        return db.get_one(Request, request_id)


def name_of(cabinet: Cabinet, username: str = "thuky") -> str:
    with reading() as db:
        return db.get_one(Person, cabinet.ids[username]).name


def messages(cabinet: Cabinet, username: str) -> list[str]:
    with reading() as db:
        return [each.kind for each in outbox.inbox(db, cabinet.ids[username])]


def appoint(cabinet: Cabinet, username: str, role: Role) -> None:
    with transaction() as db:
        office = directory.add_office(db, f"Chức danh thứ hai {username}", role, 300)
        directory.appoint(db, db.get_one(Person, cabinet.ids[username]), office, STARTS)


def leave(cabinet: Cabinet, username: str) -> None:
    with transaction() as db:
        db.query(Term).filter_by(person_id=cabinet.ids[username]).delete()


def test_nothing_changes_until_another_confirms_it(cabinet: Cabinet) -> None:
    before = name_of(cabinet)
    request_id = ask(cabinet)
    assert name_of(cabinet) == before
    approvals.confirm(cabinet.actor("lanhdaovp"), request_id, request_of(request_id).digest)
    assert name_of(cabinet) == "Nguyễn Văn An"
    (done,) = DONE
    assert (done.asker.id, done.approver.id) == (cabinet.ids["quantri"], cabinet.ids["lanhdaovp"])
    decided = request_of(request_id)
    assert decided.state == RequestState.CONFIRMED
    (leaf,) = leaves("approved")
    assert leaf == leaf | {
        "act": "rename", "request": request_id, "facts_sha256": decided.digest,
        "asked_by": cabinet.ids["quantri"], "confirmed_by": cabinet.ids["lanhdaovp"],
        "position": decided.leaf,
    }  # fmt: skip


def test_each_of_the_two_is_told_of_what_the_other_did(cabinet: Cabinet) -> None:
    first, second, third = (ask(cabinet, name) for name in ("Một", "Hai", "Ba"))
    leader = cabinet.actor("lanhdaovp")
    assert messages(cabinet, "lanhdaovp") == ["approval_asked"] * 3
    assert messages(cabinet, "quantri") == []
    approvals.confirm(leader, first, request_of(first).digest)
    approvals.refuse(leader, second, request_of(second).digest, "Chưa có quyết định bổ nhiệm")
    approvals.withdraw(cabinet.actor("quantri"), third)
    assert messages(cabinet, "quantri") == ["approval_refused", "approval_confirmed"]
    assert messages(cabinet, "lanhdaovp")[0] == "approval_withdrawn"
    assert messages(cabinet, "kiemtoan") == []


def test_a_heading_is_cut_where_it_is_long_and_the_facts_are_not(cabinet: Cabinet) -> None:
    name = "Bộ trưởng " * 20
    facts = {"person": cabinet.ids["thuky"], "name": name}
    request_id = approvals.ask(cabinet.actor("quantri"), RENAME, name * 2, facts)
    kept = request_of(request_id)
    assert (kept.about, kept.facts) == ((name * 2)[:300], facts)
    approvals.confirm(cabinet.actor("lanhdaovp"), request_id, kept.digest)
    assert name_of(cabinet) == name


@pytest.mark.parametrize("username", ["quantri", "thutuong", "thuky", "kiemtoan", "botruong.yte"])
def test_only_another_with_the_right_confirms(cabinet: Cabinet, username: str) -> None:
    request_id = ask(cabinet)
    digest = request_of(request_id).digest
    with pytest.raises(CabinetError):
        approvals.confirm(cabinet.actor(username), request_id, digest)
    with pytest.raises(CabinetError):
        approvals.refuse(cabinet.actor(username), request_id, digest, "Lý do")
    assert request_of(request_id).state == RequestState.WAITING
    approvals.confirm(cabinet.actor("lanhdaovp"), request_id, digest)


def test_whoever_asks_cannot_confirm_whatever_other_login_or_office_they_have(
    cabinet: Cabinet,
) -> None:
    appoint(cabinet, "quantri", Role.OFFICE_LEADER)
    request_id = ask(cabinet)
    digest = request_of(request_id).digest
    for _ in range(2):
        answer = cabinet.browser("quantri").post(
            f"/approvals/{request_id}/confirm", {"digest": digest}, headers=JSON
        )
        assert answer.status_code == 409
        assert answer.get_json()["reason"] == ApprovalRefusal.OWN_REQUEST
    # The same right in another's hands is enough.
    appoint(cabinet, "thuky2", Role.OFFICE_LEADER)
    browser = cabinet.browser("thuky2")
    assert browser.post(f"/approvals/{request_id}/confirm", {"digest": digest}).status_code == 303


def test_asking_needs_the_right_of_this_moment(cabinet: Cabinet) -> None:
    stale_copy = cabinet.actor("quantri")
    ask(cabinet)
    with pytest.raises(Forbidden):
        approvals.ask(cabinet.actor("thuky"), RENAME, "Việc", {"person": 1})
    leave(cabinet, "quantri")
    with pytest.raises(NotSignedIn):
        approvals.ask(stale_copy, RENAME, "Việc khác", {"person": 1})


def test_a_right_lost_after_the_page_was_opened_is_lost(cabinet: Cabinet) -> None:
    request_id = ask(cabinet)
    digest, opened = request_of(request_id).digest, cabinet.actor("lanhdaovp")
    appoint(cabinet, "lanhdaovp", Role.CLERK)
    with transaction() as db:
        first = select(Term).where(Term.person_id == opened.id).order_by(Term.id).limit(1)
        db.delete(db.scalars(first).one())
    with pytest.raises(Forbidden):
        approvals.confirm(opened, request_id, digest)
    assert request_of(request_id).state == RequestState.WAITING


@pytest.mark.parametrize("stays_as", [None, Role.CLERK])
def test_what_an_asker_without_the_right_asked_for_is_not_carried_out(
    cabinet: Cabinet, stays_as: Role | None
) -> None:
    first, second = ask(cabinet, "Một"), ask(cabinet, "Hai")
    leader = cabinet.actor("lanhdaovp")
    approvals.confirm(leader, first, request_of(first).digest)
    leave(cabinet, "quantri")
    if stays_as:
        appoint(cabinet, "quantri", stays_as)
    with pytest.raises(Refused) as refused:
        approvals.confirm(leader, second, request_of(second).digest)
    assert refused.value.reason == ApprovalRefusal.ASKER_LOST_RIGHT
    assert name_of(cabinet) == "Một"
    # It can still be put aside.
    approvals.refuse(leader, second, request_of(second).digest, "Người đề nghị đã thôi việc")


def test_a_decision_is_bound_to_the_facts_that_were_shown(cabinet: Cabinet) -> None:
    request_id, leader = ask(cabinet), cabinet.actor("lanhdaovp")
    shown = request_of(request_id).digest
    with pytest.raises(Stale):
        approvals.confirm(leader, request_id, "0" * 64)
    with transaction() as db:
        request = db.get_one(Request, request_id)
        kept = request.facts
        request.facts = kept | {"name": "Người khác"}
    with pytest.raises(Stale):
        approvals.confirm(leader, request_id, shown)
    with transaction() as db:
        db.get_one(Request, request_id).facts = kept
    approvals.confirm(leader, request_id, shown)
    assert name_of(cabinet) == "Nguyễn Văn An"


def test_an_act_that_fails_leaves_everything_as_it_was(cabinet: Cabinet) -> None:
    before, request_id = name_of(cabinet), ask(cabinet, "Không được")
    with pytest.raises(Overtaken):
        approvals.confirm(cabinet.actor("lanhdaovp"), request_id, request_of(request_id).digest)
    assert name_of(cabinet) == before
    assert request_of(request_id).state == RequestState.WAITING
    assert leaves("approved") == []
    assert messages(cabinet, "quantri") == []


@pytest.mark.parametrize("decided", ["confirm", "refuse", "withdraw"])
def test_what_is_decided_is_decided_once(cabinet: Cabinet, decided: str) -> None:
    request_id, leader, asker = ask(cabinet), cabinet.actor("lanhdaovp"), cabinet.actor("quantri")
    digest = request_of(request_id).digest
    steps = {
        "confirm": lambda: approvals.confirm(leader, request_id, digest),
        "refuse": lambda: approvals.refuse(leader, request_id, digest, "Lý do"),
        "withdraw": lambda: approvals.withdraw(asker, request_id),
    }
    steps[decided]()
    stands = request_of(request_id).state
    for step in steps.values():
        with pytest.raises(Refused) as refused:
            step()
        assert refused.value.reason == ApprovalRefusal.ALREADY_DECIDED
    assert request_of(request_id).state == stands


def test_of_two_who_confirm_at_once_one_does(cabinet: Cabinet) -> None:
    appoint(cabinet, "thuky2", Role.OFFICE_LEADER)
    request_id = ask(cabinet)
    digest = request_of(request_id).digest
    together, outcomes = threading.Barrier(2), []

    def confirm(username: str) -> None:
        actor = cabinet.actor(username)
        together.wait()
        try:
            approvals.confirm(actor, request_id, digest)
            outcomes.append("confirmed")
        except Refused as refused:
            outcomes.append(refused.reason)

    threads = [threading.Thread(target=confirm, args=[who]) for who in ("lanhdaovp", "thuky2")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(outcomes) == sorted(["confirmed", ApprovalRefusal.ALREADY_DECIDED])
    assert len(DONE) == len(leaves("approved")) == 1


def test_one_thing_is_not_asked_for_twice_at_once(cabinet: Cabinet) -> None:
    request_id = ask(cabinet)
    with pytest.raises(Refused) as refused:
        ask(cabinet)
    assert refused.value.reason == ApprovalRefusal.ALREADY_ASKED
    approvals.withdraw(cabinet.actor("quantri"), request_id)
    assert ask(cabinet) != request_id


def test_only_its_asker_takes_a_request_back(cabinet: Cabinet) -> None:
    request_id = ask(cabinet)
    with pytest.raises(Forbidden):
        approvals.withdraw(cabinet.actor("lanhdaovp"), request_id)
    with pytest.raises(NotFound):
        approvals.withdraw(cabinet.actor("thuky"), request_id)
    approvals.withdraw(cabinet.actor("quantri"), request_id)
    assert request_of(request_id).state == RequestState.WITHDRAWN


def test_the_page_shows_each_of_the_two_what_is_theirs(cabinet: Cabinet) -> None:
    request_id = ask(cabinet)
    path = f"/approvals/{request_id}"
    leader, asker = cabinet.browser("lanhdaovp"), cabinet.browser("quantri")
    assert f'action="{path}/confirm"' in leader.get("/approvals").text
    assert f'href="{path}"' in leader.get("/").text
    assert f'action="{path}/confirm"' not in asker.get("/approvals").text
    assert f'action="{path}/withdraw"' in asker.get(path).text
    assert f'action="{path}/withdraw"' not in leader.get(path).text
    auditor = cabinet.browser("kiemtoan")
    assert "Nguyễn Văn An" in auditor.get(path).text
    assert "/confirm" not in auditor.get(path).text
    for stranger in ("thuky", "botruong.yte"):
        assert cabinet.browser(stranger).get(path).status_code == 404
        assert "Nguyễn Văn An" not in cabinet.browser(stranger).get("/approvals").text


def test_a_refusal_needs_its_reason_and_the_asker_reads_it(cabinet: Cabinet) -> None:
    request_id = ask(cabinet)
    path, digest = f"/approvals/{request_id}", request_of(request_id).digest
    leader = cabinet.browser("lanhdaovp")
    assert leader.post(f"{path}/refuse", {"digest": digest}, headers=JSON).status_code == 400
    assert request_of(request_id).state == RequestState.WAITING
    given = {"digest": digest, "reason": "Chưa có quyết định bổ nhiệm"}
    assert leader.post(f"{path}/refuse", given).status_code == 303
    assert "Chưa có quyết định bổ nhiệm" in cabinet.browser("quantri").get(path).text
    assert "không xác nhận" in cabinet.browser("quantri").get("/inbox").text


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_act_has_its_words(cabinet: Cabinet, language: str) -> None:
    with cabinet.app.test_request_context(f"/?lang={language}"):
        acts = cabinet.app.jinja_env.get_template("home/_acts.html").make_module().acts
    for each in assembly.ACTS:
        assert acts.get(each.name), each.name
