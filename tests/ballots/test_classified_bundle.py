"""V39: what a member makes of their own opinion is read from the bundle by a second implementation,
and no forgery of it passes, by whoever holds the log's key."""

import base64
import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ballots import bundle, papers, rules
from ballots.models import Consultation
from ballots.rules import Decided, Position, Reading
from ballots.service import classify, stamp
from ecabinet import bundles, db, keys, ledger, pades, verifier
from ecabinet.app import create_app
from ecabinet.settings import Settings
from people import queries as people
from tests.ballots.builders import Member
from tests.ballots.test_bundle import Files, act_in, change_json, leaf_lines, of_type, rezip
from tests.ballots.test_classifying import OPINION, OTHER, REASON, WHO, Closed
from tests.ballots.test_each_check import hide, put, revoke_in_public, seal
from tests.builders import Cabinet
from tests.conftest import address_in, fresh_database

FIRST = 0
# Whose keys the forgeries are signed with.
others: dict[str, Member] = {}


@dataclass(frozen=True)
class Classified:
    """A bundle whose one other opinion its member has classified, and one in which a member has
    declined."""

    files: Files
    declined: Files
    keys: dict[str, Any]

    def tampered(self, tamper: Callable[[Files], None]) -> Files:
        files = copy.deepcopy(self.files)
        tamper(files)
        seal(files, ledger.signing_key(), ledger.closing_key(), None)
        return files


@pytest.fixture(scope="module")
def classified(
    tmp_path_factory: pytest.TempPathFactory, empty_database: str
) -> Iterator[Classified]:
    folder = tmp_path_factory.mktemp("classified")
    url = address_in(folder)
    with fresh_database(empty_database, url):
        settings = Settings(database_url=url, data_dir=folder, base_url="http://localhost")
        cabinet = Cabinet(create_app(settings))
        closed, refused = Closed(cabinet), Closed(cabinet)
        closed.propose()
        refused.propose()
        word = "Ý kiến khác về cả nội dung."
        classify.decline(cabinet.actor(WHO), refused.number, word, refused.proposal())
        # By a key that no ballot bears, enrolled after the closing.
        closed.members[WHO] = Member(cabinet, WHO)
        closed.confirm()
        stamp.stamp_what_waits()
        others.update(closed.members)
        yield Classified(exported(closed, folder), exported(refused, folder), trusted_keys())
        db.database().close()


def exported(closed: Closed, folder: Path) -> Files:
    path = folder / f"{closed.number}.zip"
    with db.reading() as session:
        bundle.write(session, closed.number, path)
    return verifier.open_bundle(path)


def trusted_keys() -> dict[str, Any]:
    with db.reading() as session:
        return bundles.trusted(session)


def found(classified: Classified, tmp_path: Path, files: Files) -> set[tuple[str, str]]:
    path = rezip(tmp_path / "classified.zip", copy.deepcopy(files))
    report = verifier.verify(path, classified.keys, deep=True)
    return {(each.check, each.what) for each in report.findings}


def notes(classified: Classified, tmp_path: Path, files: Files) -> list[str]:
    path = rezip(tmp_path / "noted.zip", copy.deepcopy(files))
    report = verifier.verify(path, classified.keys)
    return [each.what for each in report.notes if each.check == "V39"]


FOLDERS = {"opinion_classified": "classifications", "opinion_reserved": "reserved"}


def name_of(files: Files, suffix: str, kind: str = "opinion_classified") -> str:
    """Of what a member signed of the result by the act of this kind."""
    return f"{FOLDERS[kind]}/{of_type(files, kind)[0]}.{suffix}"


def change(files: Files, kind: str, **changes: Any) -> None:
    put(files, of_type(files, kind)[0], act_in(files, kind) | changes)


# ---- forgeries, sealed anew by whoever holds the log's key ----


def sign_it_with(
    files: Files, member: Member, page: bytes | None = None, kind: str = "opinion_classified",
    **changes: object,
) -> None:  # fmt: skip
    """The statement, changed so, on another page, signed by this member's key and logged so."""
    record = json.loads(files[name_of(files, "json", kind)])
    said = json.loads(record["statement"]) | changes
    statement = verifier._written(said).encode()
    with db.reading() as session:
        device = people.signing_device(session, member.cabinet.ids[member.name], member.key_id)
        assert device is not None
        certificate, chain = device.certificate, pades.chain(session, device.certificate)
    page = page or next(files[name] for name in files if name.startswith("papers/"))
    attachment = pades.Attachment("statement.json", statement)
    made = pades.prepare(page, certificate, chain, attachment)
    raw = member.sign(base64.b64encode(made.attributes).decode())
    files[name_of(files, "pdf", kind)] = pades.finish(made, certificate, chain, raw)
    record |= {
        "statement": statement.decode(), "certificate": base64.b64encode(certificate).decode(),
    }  # fmt: skip
    files[name_of(files, "json", kind)] = verifier._written(record).encode()
    change(
        files, kind, statement_sha256=verifier.digest(statement),
        byterange_sha256=made.digest.hex(), signature_sha256=verifier.digest(raw),
        certificate_sha256=verifier.digest(certificate),
    )  # fmt: skip


def sign_it_for_them(files: Files) -> None:
    sign_it_with(files, others[OTHER])


def sign_it_as_another(files: Files) -> None:
    sign_it_with(files, others[OTHER], key_id=others[OTHER].key_id)


def sign_another_page(files: Files) -> None:
    """Their own key, by itself: what it signed does not print what was said."""
    sign_it_with(files, others[WHO])


def print_another_reading(files: Files) -> None:
    said = json.loads(json.loads(files[name_of(files, "json")])["statement"])
    with db.reading() as session:
        form = papers.ClassificationForm(
            consultation=session.get_one(Consultation, said["consultation"]),
            office=said["office"],
            opinion=OPINION,
            ballot_leaf=said["ballot_leaf"],
            result_leaf=said["result_leaf"],
            reading=Reading.DISAGREEMENT,
            reason=REASON,
            day=date(2026, 12, 4),
            key_id=said["key_id"],
            signature_class=said["signature_class"],
            nonce=said["nonce"],
        )
        page = papers.classification(form)
    sign_it_with(files, others[WHO], page)


def say_more_than_there_is(files: Files) -> None:
    sign_it_with(files, others[WHO], more="")


def read_it_as_nothing_that_there_is(files: Files) -> None:
    propose_it_as(files, "maybe")
    sign_it_with(files, others[WHO], reading="maybe")


def propose_it_as(files: Files, reading: str) -> None:
    change(files, "classification_proposed", reading=reading)


def classify_unasked(files: Files) -> None:
    hide(files, of_type(files, "classification_proposed")[0])


def find_it_unasked(files: Files) -> None:
    leave_it_out(files)
    classify_unasked(files)


def answer_unasked(files: Files) -> None:
    hide_what_was_found(files)
    classify_unasked(files)


def propose_of_another_alone(files: Files) -> None:
    change(files, "classification_proposed", ballot_leaf=min(of_type(files, "ballot")))


def decline_it_before(files: Files) -> None:
    answered = act_in(files, "opinion_classified")
    said = {name: answered[name] for name in ("consultation", "result_leaf", "ballot_leaf")}
    declined = said | {"type": "classification_declined", "member": answered["member"]}
    put(files, free_leaf(files), declined)


def find_it_before_it_was_answered(files: Files) -> None:
    act, at = act_in(files, "consultation_classified"), free_leaf(files)
    hide_what_was_found(files)
    put(files, at, act)


def find_it_for_another_question(files: Files) -> None:
    change(files, "consultation_classified", consultation=99)


def say_that_it_was_known(files: Files) -> None:
    change(files, "consultation_classified", before="not_passed")


def rest_it_on_nothing(files: Files) -> None:
    change(files, "consultation_classified", readings=[])


def spoil_the_signature(files: Files) -> None:
    name = name_of(files, "pdf")
    changed = bytearray(files[name])
    changed[len(changed) // 3] ^= 1
    files[name] = bytes(changed)


def name_another_member(files: Files) -> None:
    change(files, "opinion_classified", member=987)


def about_another_ballot(files: Files) -> None:
    other = min(of_type(files, "ballot"))
    change(files, "classification_proposed", ballot_leaf=other)
    change(files, "opinion_classified", ballot_leaf=other)


def propose_another_reading(files: Files) -> None:
    propose_it_as(files, "disagreement")


def propose_for_another_reason(files: Files) -> None:
    change(files, "classification_proposed", reason_sha256="ab" * 32)


def take_the_proposal_back(files: Files) -> None:
    proposed = act_in(files, "classification_proposed")
    put(files, free_leaf(files), proposed | {"type": "classification_taken_back"})


def free_leaf(files: Files) -> int:
    """One of another matter, between the proposal and what its member made of it."""
    first = of_type(files, "classification_proposed")[0]
    last = of_type(files, "opinion_classified")[0]
    return next(at for at in range(first, last) if " " not in leaf_lines(files)[at])


def revoke_its_key_before(files: Files) -> None:
    key_id = json.loads(json.loads(files[name_of(files, "json")])["statement"])["key_id"]
    put(files, free_leaf(files), {"type": "key_revoked", "key_id": key_id, "member": 1})


def hide_that_its_key_was_revoked(files: Files) -> None:
    """As whoever signs with a stolen key would."""
    at = free_leaf(files)
    key_leaves = [*act_in(files, "opinion_classified")["key_leaves"], at]
    change(files, "opinion_classified", key_leaves=key_leaves)


def publish_that_its_key_was_revoked(files: Files) -> None:
    """A list that names it, of which the log knows nothing."""
    record = json.loads(files[name_of(files, "json")])
    revoke_in_public(files, keys.store().p256(pades.MEMBER_CA), record["certificate"])


def enrolment_of_its_key(files: Files) -> int:
    return max(of_type(files, "key_enrolled"))


def change_the_enrolment(files: Files, **changes: Any) -> None:
    at = enrolment_of_its_key(files)
    act = json.loads(base64.b64decode(leaf_lines(files)[at].split(" ")[1]))
    put(files, at, act | changes)


def enrol_its_key_for_another(files: Files) -> None:
    change_the_enrolment(files, member=987)


def call_its_key_official(files: Files) -> None:
    change_the_enrolment(files, signature_class="official-duty")


def let_its_key_sign_later(files: Files) -> None:
    change_the_enrolment(files, usable_from="2100-01-01T00:00:00+00:00")


def certify_another_key(files: Files) -> None:
    change_the_enrolment(files, certificate_sha256="ab" * 32)


def leave_it_out(files: Files) -> None:
    hide(files, of_type(files, "opinion_classified")[0])
    for suffix in ("pdf", "json"):
        files.pop(
            next(name for name in files if name.startswith("classif") and name.endswith(suffix))
        )


def lose_its_page(files: Files) -> None:
    del files[name_of(files, "pdf")]


def log_other_evidence(files: Files) -> None:
    change_json(files, name_of(files, "json"), lambda it: it.update(evidence={"method": "passkey"}))


def find_another_outcome(files: Files) -> None:
    change(files, "consultation_classified", outcome="not_passed", why="no_majority")


def count_otherwise(files: Files) -> None:
    counts = act_in(files, "consultation_classified")["counts"]
    change(files, "consultation_classified", counts=counts | {"other": 1})


def announce_another_sentence(files: Files) -> None:
    change_json(files, "consultation.json", lambda it: it["classified"].update(sentence="Khác."))


def find_it_beside_another_result(files: Files) -> None:
    change(files, "consultation_classified", result_leaf=FIRST)


def hide_what_was_found(files: Files) -> None:
    hide(files, of_type(files, "consultation_classified")[0])


FORGERIES = {
    spoil_the_signature: "the signature does not hold",
    sign_it_for_them: "not the certificate of the enrolment",
    sign_it_as_another: "by no key of its member's",
    sign_another_page: "does not print",
    print_another_reading: "crosses ['disagreement']",
    say_more_than_there_is: "says more, or less",
    read_it_as_nothing_that_there_is: "read as nothing that there is",
    classify_unasked: "classified unasked",
    find_it_unasked: "classified unasked",
    answer_unasked: "classified unasked",
    propose_of_another_alone: "answers what was never proposed",
    decline_it_before: "settles an opinion twice",
    find_it_before_it_was_answered: "before an answer that it rests on",
    find_it_for_another_question: "on another consultation",
    say_that_it_was_known: "awaited by nobody",
    rest_it_on_nothing: "rests on other opinions",
    name_another_member: "no other's opinion",
    about_another_ballot: "no other's opinion",
    propose_another_reading: "another reading",
    propose_for_another_reason: "another reason_sha256",
    take_the_proposal_back: "answers what had been taken back",
    revoke_its_key_before: "its key had been revoked",
    hide_that_its_key_was_revoked: "names other acts of its key",
    publish_that_its_key_was_revoked: "the log not",
    enrol_its_key_for_another: "by no key of its member's",
    call_its_key_official: "of a class that does not count, or another than its key's",
    let_its_key_sign_later: "before its key could",
    certify_another_key: "not the certificate of the enrolment",
    leave_it_out: "finds an outcome that is not known yet",
    lose_its_page: "not those that the log names",
    log_other_evidence: "not the evidence logged",
    find_another_outcome: "says not_passed, not passed",
    count_otherwise: "another count than the opinions as they are read",
    announce_another_sentence: "in another sentence",
    find_it_beside_another_result: "beside another result",
    hide_what_was_found: "0 acts of type consultation_classified, not one",
}


def test_a_bundle_with_a_classified_opinion_is_sound_and_its_page_is_stamped(
    classified: Classified, tmp_path: Path
) -> None:
    assert found(classified, tmp_path, classified.files) == set()
    assert notes(classified, tmp_path, classified.files) == []


def test_who_declined_has_signed_nothing_and_that_is_said(
    classified: Classified, tmp_path: Path
) -> None:
    assert found(classified, tmp_path, classified.declined) == set()
    said = "declined: unsigned, by the word of the log's keeper"
    assert notes(classified, tmp_path, classified.declined) == [said]
    assert act_in(classified.declined, "consultation_classified")["outcome"] == "needs_decision"


@pytest.mark.once
def test_nobody_declines_before_there_is_a_result(classified: Classified, tmp_path: Path) -> None:
    files = copy.deepcopy(classified.declined)
    act, (at,) = act_in(files, "classification_declined"), of_type(files, "classification_declined")
    hide(files, at)
    put(files, FIRST, act)
    seal(files, ledger.signing_key(), ledger.closing_key(), None)
    assert ("V39", "lies outside the result and the decision on it") in found(
        classified, tmp_path, files
    )


@pytest.mark.once
@pytest.mark.parametrize("tamper", FORGERIES, ids=lambda each: each.__name__)
def test_no_forgery_passes_but_where_the_check_is_out(
    classified: Classified, tmp_path: Path, tamper: Callable[[Files], None]
) -> None:
    files = classified.tampered(tamper)
    ((check, what),) = found(classified, tmp_path, files)
    assert check == "V39"
    assert FORGERIES[tamper] in what
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(verifier.CHECKS, "V39")
        assert found(classified, tmp_path, files) == set()


def test_what_is_issued_rests_on_the_outcome_that_was_found_again(
    cabinet: Cabinet, tmp_path: Path
) -> None:
    closed = Closed(cabinet)
    closed.propose()
    # Of another matter, so that there is a leaf between.
    Member(cabinet, OTHER)
    closed.confirm()
    stamp.stamp_what_waits()
    closed.decide(Decided.ISSUE, closed.seen())
    files = exported(closed, tmp_path)
    held = Classified(files, files, trusted_keys())
    assert found(held, tmp_path, files) == set()
    forged = held.tampered(hide_what_was_found)
    assert ("V28", "issues what is awaits_classification") in found(held, tmp_path, forged)
    # Neither the outcome nor that anything was ever proposed.
    forged = held.tampered(hide_all_of_it)
    assert ("V39", "made beside other classifications") in found(held, tmp_path, forged)
    forged = held.tampered(decide_before_they_answered)
    assert found(held, tmp_path, forged) >= {
        ("V39", "lies outside the result and the decision on it")
    }


def hide_all_of_it(files: Files) -> None:
    for kind in ("classification_proposed", "opinion_classified", "consultation_classified"):
        hide(files, of_type(files, kind)[0])
    for name in [name for name in files if name.startswith("classifications/")]:
        del files[name]


def decide_before_they_answered(files: Files) -> None:
    (at,) = of_type(files, "consultation_decided")
    proposed = of_type(files, "classification_proposed")
    act = act_in(files, "consultation_decided") | {"classification_leaves": proposed}
    hide(files, at)
    put(files, free_leaf(files), act)


@given(
    st.dictionaries(
        st.integers(1, 9),
        st.tuples(st.sampled_from(Position), st.none() | st.sampled_from(Reading)),
        min_size=1,
    ),
    st.integers(1, 10),
)
def test_both_implementations_count_and_decide_alike(
    members: dict[int, tuple[Position, Reading | None]], prime_minister: int
) -> None:
    stood = {who: position for who, (position, _) in members.items()}
    read = {
        who: each
        for who, (position, each) in members.items()
        if each and position is Position.OTHER_OPINION
    }
    counted = rules.tally(stood, prime_minister, read)
    counts = verifier.counts_as_read(
        {who: str(each) for who, each in stood.items()},
        {who: str(each) for who, each in read.items()},
        prime_minister,
    )
    assert counts == asdict(counted) | {"pm": counted.pm.value if counted.pm else None}
    decision = rules.decide(counted)
    assert verifier.outcome_of(counts) == (str(decision.outcome), str(decision.why))
