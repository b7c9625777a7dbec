"""V41: what members set beside an outcome is read from the bundle, and none is left out or forged,
by whoever holds the log's key."""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ballots import papers
from ballots.models import Consultation, Result
from ballots.rules import Decided, Outcome
from ballots.service import archive, report, stamp
from ecabinet import db, ledger, official, verifier
from ecabinet.app import create_app
from ecabinet.settings import Settings
from people.service import revoked
from tests.ballots.builders import Member
from tests.ballots.test_bundle import Files, act_in, change_json, leaf_lines, of_type, rezip
from tests.ballots.test_classified_bundle import (
    change,
    exported,
    name_of,
    sign_it_with,
    trusted_keys,
)
from tests.ballots.test_classifying import OTHER, WHO, Closed
from tests.ballots.test_each_check import FORGED_ARCHIVES, before_the_archive, hide, put, seal
from tests.ballots.test_reserving import SAID, Reserving
from tests.builders import Cabinet
from tests.conftest import address_in, fresh_database

KIND = "opinion_reserved"
# Whose keys the forgeries are signed with.
others: dict[str, Member] = {}


@dataclass(frozen=True)
class Reserved:
    """A bundle in which a member has reserved an opinion beside the outcome found again, decided
    and reported."""

    files: Files
    keys: dict[str, Any]

    def tampered(self, tamper: Callable[[Files], None]) -> Files:
        files = copy.deepcopy(self.files)
        tamper(files)
        seal(files, ledger.signing_key(), ledger.closing_key(), None)
        return files


@pytest.fixture(scope="module")
def reserved(tmp_path_factory: pytest.TempPathFactory, empty_database: str) -> Iterator[Reserved]:
    folder = tmp_path_factory.mktemp("reserved")
    url = address_in(folder)
    with fresh_database(empty_database, url):
        settings = Settings(database_url=url, data_dir=folder, base_url="http://localhost")
        closed = Closed(Cabinet(create_app(settings)))
        closed.propose()
        closed.confirm()
        # By a key that no ballot bears, enrolled after the closing.
        closed.members[OTHER] = Member(closed.cabinet, OTHER)
        Reserving(closed).reserve(OTHER)
        # Of another matter, so that there is a leaf between.
        Member(closed.cabinet, WHO)
        stamp.stamp_what_waits()
        # A list of what was revoked says so to the second.
        closed.cabinet.wait(seconds=2)
        archive.archive_what_waits()
        closed.decide(Decided.ISSUE, closed.seen())
        report.seal_report(closed.number)
        others.update(closed.members)
        yield Reserved(exported(closed, folder), trusted_keys())
        db.database().close()


def found(reserved: Reserved, tmp_path: Path, files: Files) -> set[tuple[str, str]]:
    path = rezip(tmp_path / "reserved.zip", copy.deepcopy(files))
    report = verifier.verify(path, reserved.keys, deep=True)
    return {(each.check, each.what) for each in report.findings}


# ---- forgeries, sealed anew by whoever holds the log's key ----


def sign(files: Files, name: str = OTHER, page: bytes | None = None, **changes: object) -> None:
    sign_it_with(files, others[name], page, KIND, **changes)


def page_of(files: Files, opinion: str = SAID, outcome: Outcome = Outcome.PASSED) -> bytes:
    said = json.loads(json.loads(files[name_of(files, "json", KIND)])["statement"])
    with db.reading() as session:
        form = papers.ReservedOpinionForm(
            consultation=session.get_one(Consultation, said["consultation"]),
            office=said["office"],
            opinion=opinion,
            outcome=outcome,
            result_leaf=said["result_leaf"],
            outcome_leaf=said["outcome_leaf"],
            day=date(2026, 12, 4),
            key_id=said["key_id"],
            signature_class=said["signature_class"],
            nonce=said["nonce"],
        )
        return papers.reserved_opinion(form)


def say_something_else(files: Files) -> None:
    change_json(files, name_of(files, "json", KIND), lambda it: it.update(opinion="Tán thành."))


def say_nothing(files: Files) -> None:
    change_json(files, name_of(files, "json", KIND), lambda it: it.update(opinion=" "))


def sign_it_for_them(files: Files) -> None:
    sign(files, WHO)


def name_another_member(files: Files) -> None:
    change(files, KIND, member=others[WHO].cabinet.ids[WHO])


def name_nobody_who_was_counted(files: Files) -> None:
    change(files, KIND, member=987)


def beside_what_the_closing_found(files: Files) -> None:
    change(files, KIND, outcome_leaf=of_type(files, "consultation_result")[0])


def beside_another_result(files: Files) -> None:
    change(files, KIND, result_leaf=0)


def on_another_question(files: Files) -> None:
    change(files, KIND, consultation=99)


def against_another_outcome(files: Files) -> None:
    sign(files, page=page_of(files, outcome=Outcome.NOT_PASSED), outcome="not_passed")


def print_another_outcome(files: Files) -> None:
    sign(files, page=page_of(files, outcome=Outcome.NOT_PASSED))


def print_another_opinion(files: Files) -> None:
    sign(files, page=page_of(files, opinion="Tán thành."))


def leave_it_out(files: Files) -> None:
    for suffix in ("pdf", "json"):
        del files[name_of(files, suffix, KIND)]
    hide(files, of_type(files, KIND)[0])


def lose_its_page(files: Files) -> None:
    del files[name_of(files, "pdf", KIND)]


def slip_one_in(files: Files) -> None:
    files["reserved/1.json"] = files[name_of(files, "json", KIND)]


def decide_without_it(files: Files) -> None:
    change(files, "consultation_decided", reserved_leaves=[])


def report_without_it(files: Files) -> None:
    change(files, "report_sealed", reserved_leaves=[])


def say_it_twice(files: Files) -> None:
    """The very act, page and record once more, at a leaf of another matter."""
    first, last = of_type(files, KIND)[0], of_type(files, "consultation_decided")[0]
    again = next(at for at in range(first, last) if " " not in leaf_lines(files)[at])
    for suffix in ("pdf", "json"):
        files[f"reserved/{again}.{suffix}"] = files[f"reserved/{first}.{suffix}"]
    put(files, again, act_in(files, KIND))
    for kind in ("consultation_decided", "report_sealed"):
        change(files, kind, reserved_leaves=[first, again])


def report_it_in_no_words(files: Files) -> None:
    """Sealed by the Office, and naming it."""
    number = json.loads(files["consultation.json"])["id"]
    with db.reading() as session:
        consultation, result = (session.get_one(each, number) for each in (Consultation, Result))
        pages = papers.report(consultation, result, date(2026, 12, 4), papers.Said())
        files["reports/1.pdf"] = official.sealed(session, official.archival(pages))
    change(files, "report_sealed", sha256=verifier.digest(files["reports/1.pdf"]))


FORGERIES = {
    say_it_twice: "says the same once more",
    report_it_in_no_words: "does not print the opinion of leaf",
    say_something_else: "another opinion_sha256",
    say_nothing: "says nothing",
    sign_it_for_them: "not the certificate of the enrolment",
    name_another_member: "another member",
    name_nobody_who_was_counted: "by nobody who was counted at the closing",
    beside_what_the_closing_found: "beside another outcome than stood then",
    beside_another_result: "beside another result",
    on_another_question: "on another consultation",
    against_another_outcome: "another outcome",
    print_another_outcome: "prints another outcome",
    print_another_opinion: "does not print",
    leave_it_out: "beside other reserved opinions",
    lose_its_page: "not those that the log names",
    slip_one_in: "not those that the log names",
    decide_without_it: "beside other reserved opinions",
    report_without_it: "beside other reserved opinions",
}


def test_a_bundle_with_a_reserved_opinion_is_sound(reserved: Reserved, tmp_path: Path) -> None:
    assert found(reserved, tmp_path, reserved.files) == set()
    assert act_in(reserved.files, "report_sealed")["reserved_leaves"]


@pytest.mark.once
@pytest.mark.parametrize("tamper", FORGERIES, ids=lambda each: each.__name__)
def test_no_forgery_passes_but_where_the_check_is_out(
    reserved: Reserved, tmp_path: Path, tamper: Callable[[Files], None]
) -> None:
    files = reserved.tampered(tamper)
    ((check, what),) = found(reserved, tmp_path, files)
    assert check == "V41"
    assert FORGERIES[tamper] in what
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(verifier.CHECKS, "V41")
        assert found(reserved, tmp_path, files) == set()


def lasting(reserved: Reserved, tmp_path: Path, files: Files) -> dict[str, str]:
    """What is said of the long-term data behind each kind of page."""
    path = rezip(tmp_path / "lasting.zip", copy.deepcopy(files))
    notes = verifier.verify(path, reserved.keys, deep=True).notes
    return {each.where: each.what for each in notes if each.check == "V34"}


def test_what_is_signed_of_a_result_is_archived_as_its_ballots_are(
    reserved: Reserved, tmp_path: Path
) -> None:
    said = "{0} of {0} with long-term data (PAdES B-LTA), most stamps on one: 1"
    kinds = {"ballots": 5, "classifications": 1, "reserved": 1}
    assert lasting(reserved, tmp_path, reserved.files) == {
        folder: said.format(count) for folder, count in kinds.items()
    }
    files = copy.deepcopy(reserved.files)
    name = name_of(files, "pdf", KIND)
    files[name] = before_the_archive(files[name])
    assert lasting(reserved, tmp_path, files)["reserved"] == (
        "0 of 1 with long-term data (PAdES B-LTA), most stamps on one: 0"
    )


@pytest.mark.once
@pytest.mark.parametrize("kind", ["opinion_classified", KIND])
@pytest.mark.parametrize("tamper", FORGED_ARCHIVES, ids=lambda each: each.__name__)
def test_no_forged_archive_passes_but_where_the_check_is_out(
    reserved: Reserved, tmp_path: Path, tamper: Callable[..., None], kind: str
) -> None:
    name = name_of(reserved.files, "pdf", kind)
    files = reserved.tampered(lambda files: tamper(files, name))
    path = rezip(tmp_path / "forged.zip", copy.deepcopy(files))
    (finding,) = verifier.verify(path, reserved.keys, deep=True).findings
    assert (finding.check, finding.where) == ("V34", name)
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(verifier.CHECKS, "V34")
        assert found(reserved, tmp_path, files) == set()


def test_one_that_is_reserved_after_the_closing_s_report_is_there(
    cabinet: Cabinet, tmp_path: Path
) -> None:
    """Without a decision or a report that names it, and without a time stamp."""
    closed = Closed(cabinet)
    stamp.stamp_what_waits()
    Reserving(closed).reserve()
    files = exported(closed, tmp_path)
    held = Reserved(files, trusted_keys())
    assert found(held, tmp_path, files) == set()
    path = rezip(tmp_path / "noted.zip", copy.deepcopy(files))
    notes = [each for each in verifier.verify(path, held.keys).notes if each.check == "V41"]
    assert [each.what for each in notes] == [
        "no time stamp that can be trusted: the log alone says when"
    ]


def test_the_authority_of_its_key_alone_is_believed_by_its_act_alone(
    cabinet: Cabinet, tmp_path: Path
) -> None:
    """Members' authority gives way after the closing: no ballot is by the next one."""
    closed = Closed(cabinet)
    stamp.stamp_what_waits()
    with db.transaction() as session:
        revoked.rotate_authority(session, "Ten years are over.")
    closed.members[WHO] = Member(cabinet, WHO)
    Reserving(closed).reserve()
    stamp.stamp_what_waits()
    cabinet.wait(seconds=2)
    archive.archive_what_waits()
    held = Reserved(exported(closed, tmp_path), trusted_keys())
    assert found(held, tmp_path, held.files) == set()
    # With that authority's own list behind it.
    assert lasting(held, tmp_path, held.files)["reserved"].startswith("1 of 1")
    forged = held.tampered(lambda files: hide(files, of_type(files, verifier.ROTATED)[0]))
    assert {check for check, _ in found(held, tmp_path, forged)} == {"V40"}
