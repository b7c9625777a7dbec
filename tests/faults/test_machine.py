"""Security.md 5a: the ballot room as a machine that is driven anyhow, beside a second book of who
said what (`said.py`); the two agree after each step, and at the end a stranger finds the bundle
sound.

`make test` takes the same FEW courses each time, `make faults` others, as many as COURSES says.
"""

import functools
import json
import logging
import os
import pkgutil
import secrets
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)  # fmt: skip
from sqlalchemy import select
from structlog.testing import capture_logs

from ballots import bundle, queries, rules
from ballots.models import Attempt, Ballot, Consultation
from ballots.service import cast, close, decide, on_paper, prepare, quarantine, stamp, stop, window
from ballots.service import draft as drafting
from ballots.signing import Proposed
from documents import replacing
from documents import service as documents
from documents.rules import PaperKind
from ecabinet import approvals, bundles, clock, db, forms, ledger, outbox, verifier
from ecabinet.access import Actor
from ecabinet.calendar import Calendar
from ecabinet.errors import CabinetError, Refused, SignatureRejected, Stale, StepUpNeeded
from ecabinet.settings import Settings
from people import queries as people
from people.service import devices
from tests.ballots.builders import MEMBERS, MONDAY, set_clock
from tests.ballots.test_on_paper import a_scan
from tests.ballots.verifier import holds
from tests.builders import Cabinet, Scene
from tests.conftest import House, Scenes
from tests.faults.points import AFTER, BEFORE, POINTS
from tests.faults.said import SHOWN_HOLDS, Key, Question, Said, Sheet, Tree, Tried, ends_of
from tests.people.builders import new_key, request_of

FEW, STEPS = 14, 30
COURSES = int(os.environ.get("COURSES", "300"))
CANARY = "CANARY: đề nghị bổ sung điều khoản chuyển tiếp"
CHOICES = st.sampled_from(["disagree", "agree", "agree_comments", "other_opinion"])
# Few of them do most of it, so that what one does meets what they did before.
NAMES = st.sampled_from(["botruong.yte"] * 4 + ["thutuong"] * 2 + list(MEMBERS))
ANSWERS = st.lists(st.tuples(NAMES, CHOICES), min_size=1, max_size=4)
# Before whatever else happens, so that it happens among answers.
FIRST = st.lists(st.tuples(NAMES, CHOICES), max_size=3)
READERS = st.sets(st.sampled_from(MEMBERS))
RARELY_NOT = st.sampled_from([True] * 7 + [False])
MOSTLY = st.sampled_from([True, True, True, False])
CALENDAR = Calendar()
DAYS = {"botruong.yte": 20}
# What a service does between the signature and its answer; the others are the door's.
INSIDE = [each for each in POINTS if each not in ("C1", "C2", "C11", "C13")]
SIGNED = [each for each in BEFORE if each not in ("C1", "C2", "C3")]
OF_BALLOTS = ("ballot_kept", "ballot_on_paper")


Answers = list[tuple[str, str]]


class Broken(Exception):
    """What no line of the house expects."""


@dataclass(eq=False)
class Paper:
    """A ballot paper that a member asked for."""

    question: Question
    member: str
    choice: str
    key: Key
    version: int
    after: Said | None
    prepared: prepare.Prepared
    asked_at: datetime


@dataclass(eq=False)
class Sent:
    """A signed paper under its own key K."""

    paper: Paper
    key: str
    signature: bytes
    receipt: dict[str, Any] | None = None

    @property
    def envelope(self) -> cast.Envelope:
        return cast.Envelope(self.paper.prepared.token, self.key, self.signature)


@functools.cache
def a_paper(dossier: int, edition: int) -> bytes:
    head = forms.Head("", "Chính phủ", "Số: /NĐ-CP", "Hà Nội")
    words = f"Điều {dossier}. Bản thứ {edition + 1}."
    return forms.document("Dự thảo", head, [forms.paragraph(forms.text(words))])


def five_with_keys(cabinet: Cabinet) -> dict[str, Key]:
    """The scene of every course: each member has a key that signs; one's is to be renewed."""
    set_clock(MONDAY)
    return {name: enrolled(cabinet, name, DAYS.get(name, 365), 0) for name in MEMBERS}


def enrolled(cabinet: Cabinet, name: str, days: int, waiting_hours: int) -> Key:
    key = asked_for(cabinet, name)
    confirmed(cabinet, name, key, days, waiting_hours)
    return key


def asked_for(cabinet: Cabinet, name: str) -> Key:
    private = new_key()
    made = devices.enrol_device(cabinet.actor(name), request_of(private), "Máy tính bảng")
    return Key(private, made, now())


def confirmed(cabinet: Cabinet, name: str, key: Key, days: int, waiting_hours: int) -> None:
    terms = Settings(key_waiting_hours=waiting_hours, key_days=days)
    devices.confirm_device(cabinet.actor("thuky"), key.public_id, terms)
    known(cabinet, name, key, waiting_hours)


def known(cabinet: Cabinet, name: str, key: Key, waiting_hours: int) -> None:
    with db.reading() as session:
        (found,) = (
            each
            for each in people.devices_of(session, cabinet.ids[name])
            if each.public_id == key.public_id
        )
    key.key_id, key.ends_at = found.key_id, found.ends_at
    key.confirmed_at = now()
    key.usable_from = key.confirmed_at + timedelta(hours=waiting_hours)


def now() -> datetime:
    with db.reading() as session:
        return clock.now(session)


def confirm(cabinet: Cabinet, request: int, who: str) -> None:
    with db.reading() as session:
        digest = session.get_one(approvals.Request, request).digest
    approvals.confirm(cabinet.actor(who), request, digest)


@contextmanager
def broken_at(point: str) -> Iterator[None]:
    """Whoever first comes out of this point's step meets what nobody expects."""
    holder, _, name = POINTS[point].rpartition(".")
    held: Any = pkgutil.resolve_name(holder)
    step: Callable[..., Any] = getattr(held, name)
    first = iter([True])

    def run(*args: Any, **kwargs: Any) -> Any:
        done = step(*args, **kwargs)
        if next(first, False):
            raise Broken(point)
        return done

    setattr(held, name, run)
    try:
        yield
    finally:
        setattr(held, name, step)


class Heard(logging.Handler):
    """Whatever is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


class BallotRoom(RuleBasedStateMachine):
    """Real services on a real database; each rule says what has to come of it."""

    questions: Bundle[Question] = Bundle("questions")
    papers: Bundle[Paper] = Bundle("papers")
    sent: Bundle[Sent] = Bundle("sent")
    sheets: Bundle[Sheet] = Bundle("sheets")

    def __init__(self, house: House, scene: Scene) -> None:
        super().__init__()
        self._open = ExitStack()
        self._open.enter_context(house.lent(scene.database, scene.files))
        self.cabinet = Cabinet(house.app)
        self.folder = Path(self._open.enter_context(tempfile.TemporaryDirectory()))
        self.logged = self._open.enter_context(capture_logs())
        self.heard = Heard()
        logging.getLogger().addHandler(self.heard)
        self._open.callback(logging.getLogger().removeHandler, self.heard)
        self.keys = {name: [replace(key)] for name, key in scene.told.items()}
        self.shown: dict[str, datetime] = {}
        self.asked: list[Question] = []
        self.expected: Counter[tuple[str, int]] = Counter()
        self.told: Counter[tuple[str, int]] = Counter()
        self.tree = Tree()
        self.editions: Counter[int] = Counter()
        self.acknowledged = -1
        set_clock(MONDAY + timedelta(hours=1))

    def teardown(self) -> None:
        try:
            # What went wrong before is told as it was.
            if self.asked and sys.exc_info()[0] is None:
                self._is_counted_in_the_end()
        finally:
            self._open.close()

    # ---- asking ----

    @initialize(target=questions, readers=READERS, point=st.sampled_from(INSIDE))
    def asks_first(self, readers: set[str], point: str) -> Question:
        """The first who answers stumbles, in each course."""
        found = self._opens(self._drafts(2))
        self._stumbles(found, "botruong.xaydung", "disagree", point)
        for name in sorted(readers):
            self._opens_the_page(found, name)
        return found

    def _drafts(self, days: int) -> int:
        specialist, agency = self.cabinet.actor("chuyenvien"), self.cabinet.agencies["xaydung"]
        dossier = documents.create_dossier(specialist, "Nghị định về lấn biển", agency)
        paper = ("du-thao.pdf", a_paper(dossier, 0))
        documents.add_paper(specialist, dossier, "Dự thảo Nghị định", PaperKind.DRAFT, *paper)
        self.editions[dossier] = 1
        question = drafting.Question(dossier, "Đồng ý ban hành Nghị định không?", "", days)
        return drafting.draft(specialist, question)

    @rule(target=questions, question=questions, days=st.integers(2, 5), is_another=st.booleans())
    def asks_once_more(self, question: Question, days: int, is_another: bool) -> Any:
        """Of another matter, or in another round of the same."""
        if len(self.asked) > 2:
            return multiple()
        if is_another:
            return self._opens(self._drafts(days))
        anew = drafting.Question(question.dossier, "Đồng ý ban hành Nghị định không?", "", 2)
        number = drafting.draft(self.cabinet.actor("chuyenvien"), anew)
        at = now()
        for each in self.asked:
            # What has ended has an outcome.
            is_open = each.state == "open" and not each.has_ended(at)
            if each.dossier == question.dossier and is_open:
                each.ends_as("superseded")
                self.expected["consultation_superseded", each.id] += 1
        return self._opens(number)

    def _opens(self, number: int) -> Question:
        drafting.approve(self.cabinet.actor("lanhdaovp"), number)
        row = self._row(number)
        assert row.due_at is not None
        assert row.opened_at is not None
        assert row.due_at == CALENDAR.due(row.opened_at, row.window_days)
        found = Question(number, row.dossier_id, row.opened_at, row.due_at, row.asking_leaf)
        found.askings[1] = row.asking_leaf
        self.asked.append(found)
        self.expected["consultation_opened", number] += 1
        return found

    @rule(target=sent, question=questions, first=FIRST)
    def replaces_a_paper(self, question: Question, first: Answers) -> Any:
        made = self._answer(question, first)
        # One that is compared with what was before takes most of a second.
        if self.editions[question.dossier] > 2:
            return multiple(*made)
        is_asked_again = question.state == "open" and not question.has_ended(now())
        content = a_paper(question.dossier, self.editions[question.dossier])
        self.editions[question.dossier] += 1
        with db.reading() as session:
            paper = session.get_one(Consultation, question.id).papers[0].paper_id
        secretary = self.cabinet.actor("thuky")
        asked = replacing.propose(secretary, paper, "ban.pdf", content, "Sửa phạm vi.")
        confirm(self.cabinet, asked, "lanhdaovp")
        for each in self.asked:
            if each.dossier == question.dossier and each.state == "open":
                self._is_asked_again(each)
        if is_asked_again:
            assert question.version == self._row(question.id).version > 1
        return multiple(*made)

    def _is_asked_again(self, question: Question) -> None:
        if question.has_ended(now()):
            return
        row = self._row(question.id)
        assert row.asked_again_at is not None
        assert row.due_at is not None
        least = CALENDAR.due(row.asked_again_at, 2)
        assert row.due_at == max(question.due_at, least)
        question.asks_anew(row.asking_leaf, row.asked_again_at, row.due_at)
        self.expected["consultation_asked_again", question.id] += 1

    @rule(target=sent, question=questions, first=FIRST, days=st.integers(0, 6))
    def moves_or_withdraws(self, question: Question, first: Answers, days: int) -> Any:
        made = self._answer(question, first)
        if days:
            self._moves_the_end(question, days)
        else:
            self._withdraws(question)
        return multiple(*made)

    def _moves_the_end(self, question: Question, days: int) -> None:
        at = now()
        end = CALENDAR.due(at, days)
        goes = question.state == "open" and not question.has_ended(at) and end != question.due_at
        was = question.due_at

        def moved() -> None:
            leader = self.cabinet.actor("lanhdaovp")
            request = window.ask_to_move_end(leader, question.id, end, "Cần thêm thời gian.")
            confirm(self.cabinet, request, "thutuong")

        assert self._goes(moved) == goes
        if goes:
            question.due_at = end
            kind = "consultation_extended" if end > was else "consultation_shortened"
            self.expected[kind, question.id] += 1

    def _withdraws(self, question: Question) -> None:
        goes = question.state == "open" and not question.has_ended(now())

        def withdrawn() -> None:
            request = stop.ask_to_withdraw(
                self.cabinet.actor("lanhdaovp"), question.id, "Gửi nhầm."
            )
            confirm(self.cabinet, request, "thutuong")

        # One of a few courses alone, else none would come to its end.
        if goes and len(self.asked) < 2:
            return
        assert self._goes(withdrawn) == goes
        if goes:
            question.ends_as("withdrawn")
            self.expected["consultation_withdrawn", question.id] += 1

    # ---- answering ----

    @rule(target=sent, question=questions, readers=READERS, answers=ANSWERS)
    def several_read_and_answer(
        self, question: Question, readers: set[str], answers: Answers
    ) -> Any:
        for name in sorted(readers):
            self._opens_the_page(question, name)
        return multiple(*self._answer(question, answers))

    def _opens_the_page(self, question: Question, name: str) -> None:
        prepare.open_notice(self.cabinet.actor(name), question.id)
        question.opened.setdefault(name, now())

    def _prepared(self, question: Question, name: str, choice: str) -> Paper | None:
        key = next(each for each in reversed(self.keys[name]) if each.confirmed_at)
        after = question.signed_by(name)
        follows = after.place if after else question.asking_leaf
        opinion = CANARY if choice in ("agree_comments", "other_opinion") else ""
        answer = rules.Answer(rules.Choice(choice), opinion, follows)
        before = now()
        try:
            actor = self.cabinet.actor(name)
            made = prepare.prepare(actor, question.id, answer, key.key_id, "demo")
        except Refused as refused:
            came = refused.reason.value
        else:
            came = ""
        if came:
            why = self._why_not(question, key, before) | self._why_not(question, key, now())
            assert came in why
            return None
        assert not self._why_not(question, key, before)
        return Paper(question, name, choice, key, question.version, after, made, before)

    def _why_not(self, question: Question, key: Key, at: datetime) -> set[str]:
        why = key.why_not(at)
        if question.has_ended(at):
            why.add("ended")
        if question.state != "open":
            why.add("not_open")
        return why

    @rule(target=papers, question=questions, answers=ANSWERS)
    def prepare_several(self, question: Question, answers: Answers) -> Any:
        """Papers that are signed and sent later, if ever, among those of others."""
        made = [self._prepared(question, *each) for each in answers]
        return multiple(*[each for each in made if each])

    @rule(target=sent, paper=papers, shows=MOSTLY)
    def sends(self, paper: Paper, shows: bool) -> Sent:
        if shows:
            self._signs_in(paper.member)
        return self._sends(paper)

    @rule(target=sent, question=questions, answers=ANSWERS)
    def several_answer(self, question: Question, answers: Answers) -> Any:
        return multiple(*self._answer(question, answers))

    def _answer(self, question: Question, answers: Answers) -> list[Sent]:
        made = []
        for name, choice in answers:
            if paper := self._prepared(question, name, choice):
                self._signs_in(name)
                made.append(self._sends(paper))
        return made

    @rule(target=sent, question=questions, answers=ANSWERS)
    def several_are_late(self, question: Question, answers: Answers) -> Any:
        """Signed before the end, and sent after it."""
        papers = [self._prepared(question, *each) for each in answers]
        self._is_over(question)
        made = []
        for paper in papers:
            if paper:
                self._signs_in(paper.member)
                made.append(self._sends(paper))
        return multiple(*made)

    def _sends(self, paper: Paper) -> Sent:
        made = Sent(paper, secrets.token_hex(16), paper.key.signs(paper.prepared.attributes))
        self._send(made)
        return made

    @rule(sent=sent, shows=MOSTLY)
    def sends_again(self, sent: Sent, shows: bool) -> None:
        if shows:
            self._signs_in(sent.paper.member)
        self._send(sent)

    @rule(sent=sent, name=NAMES, at=st.integers(0, 63))
    def forges(self, sent: Sent, name: str, at: int) -> None:
        """A signature with a wrong byte; another's paper; another's key K, or one's own, with other
        bytes."""
        paper = sent.paper
        self._signs_in(paper.member)
        self._signs_in(name)
        signature = bytearray(sent.signature)
        signature[at] ^= 1
        wrong = Sent(paper, secrets.token_hex(16), bytes(signature))
        assert self._cast(wrong) == "mismatch"
        if name != paper.member:
            signature = self.keys[name][0].signs(paper.prepared.attributes)
            forged = Sent(paper, secrets.token_hex(16), signature)
            assert self._cast(forged, name) == "paper_gone"
        if sent.receipt:
            assert self._cast(sent, name) == "key_reused" or name == paper.member
            assert self._cast(Sent(paper, sent.key, bytes(signature))) == "key_reused"

    @rule(target=sent, question=questions, name=NAMES, choice=CHOICES,
          point=st.sampled_from(INSIDE))  # fmt: skip
    def stumbles(self, question: Question, name: str, choice: str, point: str) -> Any:
        """At one point of a cast that would have been taken; it is sent again, or never."""
        return self._stumbles(question, name, choice, point) or multiple()

    def _stumbles(self, question: Question, name: str, choice: str, point: str) -> Sent | None:
        paper = self._prepared(question, name, choice)
        self._signs_in(name)
        if paper is None or self._refusals(paper, now()):
            return None
        made = Sent(paper, secrets.token_hex(16), paper.key.signs(paper.prepared.attributes))
        with broken_at(point):
            assert self._cast(made) == "broken"
        if point in AFTER:
            self._is_taken(made, cast.receipt(self._actor(paper.member), made.key).as_answer())
        elif point in SIGNED:
            self._is_kept_as_tried(made)
        return made

    @rule(sent=sent)
    def looks_again(self, sent: Sent) -> None:
        if sent.receipt:
            found = cast.receipt(self._actor(sent.paper.member), sent.key)
            assert found.as_answer() | UNTIL == sent.receipt | UNTIL

    def _send(self, sent: Sent) -> None:
        before = now()
        came = self._cast(sent)
        after = now()
        if sent.receipt:
            assert isinstance(came, dict), came
            assert came | UNTIL == sent.receipt | UNTIL
            return
        why = [self._refusals(sent.paper, at) for at in (before, after)]
        if isinstance(came, dict):
            assert not all(why), why
            self._is_taken(sent, came)
            return
        assert came in why[0] | why[1], (came, why)
        self._is_kept_as_tried(sent)

    def _refusals(self, paper: Paper, at: datetime) -> set[str]:
        why = self._why_not(paper.question, paper.key, at)
        if paper.version != paper.question.version:
            why.add("papers_replaced")
        elif paper.after is not paper.question.signed_by(paper.member):
            why.add("answered_meanwhile")
        if at - self.shown.get(paper.member, MONDAY) >= SHOWN_HOLDS:
            why.add("not_confirmed")
        return why

    def _cast(self, sent: Sent, name: str = "") -> dict[str, Any] | str:
        actor = self._actor(name or sent.paper.member)
        try:
            return cast.cast(actor, sent.paper.question.id, sent.envelope).as_answer()
        except Refused as refused:
            return str(refused.reason.value)
        except SignatureRejected:
            return "mismatch"
        except StepUpNeeded:
            return "not_confirmed"
        except Broken:
            return "broken"

    def _is_taken(self, sent: Sent, receipt: dict[str, Any]) -> None:
        paper, question = sent.paper, sent.paper.question
        sent.receipt = receipt
        self._is_said(
            question, Said(paper.member, paper.choice, paper.version, sent.key, receipt), "ballot"
        )
        self.told["ballot_kept", self.cabinet.ids[paper.member]] += 1

    def _is_said(self, question: Question, said: Said, kind: str) -> None:
        # I5: whatever was acknowledged before stands before it.
        assert said.place > self.acknowledged
        self.acknowledged = said.place
        question.said.append(said)
        self.expected[kind, question.id] += 1

    def _is_kept_as_tried(self, sent: Sent) -> None:
        paper, question = sent.paper, sent.paper.question
        if any((x.member, x.key) == (paper.member, sent.key) for x in question.tried):
            return
        question.tried.append(Tried(paper.member, sent.key, paper.asked_at))
        self.expected["ballot_refused", question.id] += 1
        if question.state == "closed" and paper.member in question.waits_for_two():
            self.expected["consultation_provisional", question.id] += 1

    # ---- on paper ----

    @rule(target=sheets, question=questions, name=NAMES, choice=CHOICES, at_once=st.booleans())
    def hands_in(self, question: Question, name: str, choice: str, at_once: bool) -> Any:
        waits = any(x.waits and x.member == name for x in question.sheets)
        at, asked = now(), []

        def enter() -> None:
            opinion = CANARY if choice in ("agree_comments", "other_opinion") else ""
            said = Proposed(rules.Choice(choice), opinion)
            scan = ("phieu.pdf", a_scan(name))
            clerk, member = self.cabinet.actor("thuky"), self.cabinet.ids[name]
            asked.append(
                on_paper.ask_to_enter(clerk, question.id, member, said, scan, "Đi xa.", "demo")
            )

        goes = not waits and self._takes_paper(question, name, at)
        assert self._goes(enter) == goes
        if not goes:
            return multiple()
        sheet = Sheet(question, name, choice, question.version, asked[0], at)
        question.sheets.append(sheet)
        self.expected["paper_handed_in", question.id] += 1
        if at_once:
            self._compares(sheet)
        return sheet

    def _takes_paper(self, question: Question, name: str, at: datetime) -> bool:
        is_open = question.state == "open" and not question.has_ended(at)
        return is_open and not question.has_signed(name)

    @rule(sheet=sheets)
    def compares(self, sheet: Sheet) -> None:
        self._compares(sheet)

    def _compares(self, sheet: Sheet) -> None:
        question = sheet.question
        goes = sheet.waits and self._takes_paper(question, sheet.member, now())
        assert self._goes(partial(confirm, self.cabinet, sheet.request, "chuyenvien")) == goes
        if not goes:
            return
        sheet.waits = False
        with db.reading() as session:
            query = select(Ballot).where(Ballot.consultation_id == question.id)
            ballot = list(session.scalars(query.order_by(Ballot.leaf)))[-1]
            receipt = queries.receipt_of(session, ballot).as_answer()
        said = Said(sheet.member, sheet.choice, sheet.version, ballot.key, receipt, True)
        self._is_said(question, said, "ballot_on_paper")
        self.told["ballot_on_paper", self.cabinet.ids[sheet.member]] += 1

    @rule(sheet=sheets)
    def takes_back(self, sheet: Sheet) -> None:
        goes, has_ended = sheet.waits, sheet.question.has_ended(now())
        clerk = self.cabinet.actor("thuky")
        assert self._goes(partial(approvals.withdraw, clerk, sheet.request)) == goes
        if goes:
            sheet.waits = False
            if not has_ended:
                sheet.taken_back = True
                self.expected["paper_taken_back", sheet.question.id] += 1

    # ---- keys ----

    @rule(target=sent, question=questions, name=NAMES, choice=CHOICES,
          days=st.sampled_from([1, 8, 365]), waiting=st.sampled_from([0, 0, 24]))  # fmt: skip
    def enrols_and_answers(
        self, question: Question, name: str, choice: str, days: int, waiting: int
    ) -> Any:
        self.keys[name].append(enrolled(self.cabinet, name, days, waiting))
        return multiple(*self._answer(question, [(name, choice)]))

    @rule(name=NAMES)
    def asks_for_a_key_or_has_it_confirmed(self, name: str) -> None:
        waiting = [x for x in self.keys[name] if x.confirmed_at is None and x.ended_at is None]
        if not waiting:
            self.keys[name].append(asked_for(self.cabinet, name))
        for key in waiting:
            confirmed(self.cabinet, name, key, 365, 0)

    @rule(target=sent, question=questions, name=NAMES, choice=CHOICES)
    def revokes_a_key_that_has_signed(self, question: Question, name: str, choice: str) -> Any:
        paper = self._prepared(question, name, choice)
        key = self.keys[name][-1]
        if key.ended_at is None:
            devices.revoke_device(self.cabinet.actor(name), key.public_id)
            key.ended_at = now()
        self._signs_in(name)
        return self._sends(paper) if paper else multiple()

    @rule(target=sent, question=questions, name=NAMES, choice=CHOICES)
    def renews_and_answers(self, question: Question, name: str, choice: str) -> Any:
        self._renews(name)
        return multiple(*self._answer(question, [(name, choice)]))

    def _renews(self, name: str) -> None:
        old, private = self.keys[name][-1], new_key()
        self._signs_in(name)
        at, csr = now(), request_of(private)
        made: list[str] = []

        def renew() -> None:
            signature = old.signs(devices.RENEWAL + csr)
            terms = Settings(key_waiting_hours=0, key_days=8)
            made.append(devices.renew_device(self._actor(name), csr, old.key_id, signature, terms))

        goes = old.could_sign(at) and old.ends_at is not None
        goes = goes and old.ends_at - at <= timedelta(days=30)
        if old.confirmed_at is None:
            return
        assert self._goes(renew) == goes
        if goes:
            old.ended_at = now()
            self.keys[name].append(Key(private, made[0], at))
            known(self.cabinet, name, self.keys[name][-1], 0)

    # ---- time ----

    @rule(target=sent, question=questions, first=FIRST, hours=st.sampled_from([1, 7, 24]))
    def waits(self, question: Question, first: Answers, hours: int) -> Any:
        made = self._answer(question, first)
        self.cabinet.wait(hours=hours)
        return multiple(*made)

    @rule(question=questions)
    def waits_until_it_nearly_ends(self, question: Question) -> None:
        self._passes_the_end(question, -120)

    def _is_over(self, question: Question) -> None:
        """Once there is something to count; what nobody answers ends when all do."""
        if len(question.said) + len(question.tried) > 3:
            self._passes_the_end(question, 1)

    def _passes_the_end(self, question: Question, seconds: int) -> None:
        to_go = (question.due_at - now()).total_seconds() + seconds
        if to_go > 0 and question.state == "open":
            self.cabinet.wait(seconds=to_go)

    @rule(target=sent, question=questions, answers=ANSWERS, restarts=RARELY_NOT)
    def restarts_or_stamps(self, question: Question, answers: Answers, restarts: bool) -> Any:
        if restarts:
            db.database().close()
        else:
            stamp.stamp_what_waits()
        return multiple(*self._answer(question, answers))

    # ---- closing, and after it ----

    @rule(target=sent, question=questions, first=FIRST, is_over=st.booleans())
    def closes(self, question: Question, first: Answers, is_over: bool) -> Any:
        made = self._answer(question, first)
        if is_over:
            self._is_over(question)
        self._closes(question)
        return multiple(*made)

    def _closes(self, question: Question) -> None:
        goes = question.state != "open" or question.has_ended(now())
        assert self._goes(partial(close.close, question.id)) == goes
        if goes and question.state == "open":
            self._is_closed(question)

    def _is_closed(self, question: Question) -> None:
        question.ends_as("closed")
        self.expected["consultation_closed", question.id] += 1
        self.expected["consultation_result", question.id] += 1
        question.had_spoken = {
            *(each.member for each in question.said),
            *(each.member for each in question.tried if each.asked_at < question.due_at),
            *(each.member for each in question.sheets if not each.taken_back),
        }
        question.positions = {name: self._where(question, name) for name in MEMBERS}

    def _where(self, question: Question, name: str) -> str:
        opened = question.opened.get(name)
        in_time = opened is not None and CALENDAR.due(opened, 2) <= question.due_at
        is_long = CALENDAR.due(question.asked_at, 2) <= question.due_at
        return question.where(name, self.keys[name], in_time, is_long)

    @rule(question=questions, name=NAMES)
    def refuses_what_was_tried(self, question: Question, name: str) -> None:
        waits = question.waits_for_two()
        for each in sorted(waits | {name}):
            # Nobody has a second person for what the Prime Minister tried.
            if each != "thutuong":
                self._refuses(question, each, question.state == "closed" and each in waits)

    def _refuses(self, question: Question, name: str, goes: bool) -> None:
        def refused() -> None:
            leader, member = self.cabinet.actor("lanhdaovp"), self.cabinet.ids[name]
            asked = quarantine.ask_to_refuse(leader, question.id, member, "Gửi muộn.")
            confirm(self.cabinet, asked, "thutuong")

        assert self._goes(refused) == goes
        if goes:
            self.expected["attempt_decided", question.id] += 1
            for each in question.tried:
                if each.member == name and each.asked_at < question.due_at:
                    each.is_decided = True

    @rule(question=questions, what=st.sampled_from(list(rules.Decided)))
    def decides(self, question: Question, what: rules.Decided) -> None:
        def decided() -> None:
            with db.reading() as session:
                row = session.get_one(Consultation, question.id)
                seen = queries.seen_by_decider(session, row)
            top = self.cabinet.actor("thutuong")
            decide.decide(top, question.id, what, "Theo ý kiến thành viên.", seen)

        goes = question.positions is not None and not question.decided
        if what is rules.Decided.ISSUE and question.positions:
            passed = ends_of(question.positions) in ("passed", "needs_decision")
            goes = goes and passed and not question.is_provisional()
        assert self._goes(decided) == goes
        if goes:
            question.decided = what
            self.expected["consultation_decided", question.id] += 1

    @rule(question=questions)
    def exports(self, question: Question) -> None:
        if question.state == "closed":
            self._is_sound(question)

    def _is_sound(self, question: Question) -> None:
        path = self.folder / f"{question.id}.zip"
        path.unlink(missing_ok=True)
        with db.reading() as session:
            bundle.write(session, question.id, path)
            trusted = bundles.trusted(session)
        # V10: what waits for its stamp yet.
        found = {each.check for each in verifier.verify(path, trusted).findings} - {"V10"}
        assert found == set()

    def _is_counted_in_the_end(self) -> None:
        for question in self.asked:
            late = self._prepared(question, "pttg1", "disagree")
            self._passes_the_end(question, 1)
            self._closes(question)
            self._closes(question)
            if late:
                self._signs_in(late.member)
                self._sends(late)
        self.the_books_agree()
        for question in self.asked:
            self.decides(question, rules.Decided.ISSUE)
            self.refuses_what_was_tried(question, "pttg1")
            self.decides(question, rules.Decided.ISSUE)
        self.the_books_agree()
        for question in self.asked:
            self.exports(question)

    # ---- the invariants ----

    @invariant()
    def the_books_agree(self) -> None:
        with db.reading() as session:
            self._log_only_grows(session)
            self._is_what_was_said(session)
            for question in self.asked:
                self._is_where_they_stand(session, question)
        self._nothing_is_told_to_the_log()

    def _log_only_grows(self, session: Any) -> None:
        """I7, and I1 of what was done beside: nothing stands there that nobody did."""
        rows = list(session.scalars(select(ledger.Leaf).order_by(ledger.Leaf.position)))
        notes = session.execute(
            select(ledger.Checkpoint.note).order_by(ledger.Checkpoint.size)
        ).scalars()
        leaves, signed = [each.envelope for each in rows], list(notes)
        assert [each.position for each in rows] == list(range(len(signed)))
        held = len(self.tree.leaves)
        assert (leaves[:held], signed[:held]) == (self.tree.leaves, self.tree.notes)
        for leaf, note in zip(leaves[held:], signed[held:], strict=True):
            self.tree.grows(leaf, note)
        bodies = [(each.kind, json.loads(each.envelope)) for each in rows]
        acts = Counter((kind, body["consultation"]) for kind, body in bodies
                       if "consultation" in body)  # fmt: skip
        assert acts == self.expected

    def _is_what_was_said(self, session: Any) -> None:
        """I1, I2, I6, I10."""
        ballots = {x.key: x for x in session.scalars(select(Ballot))}
        every = [(question, said) for question in self.asked for said in question.said]
        assert len(every) == len(ballots) == len({said.key for _, said in every})
        last: dict[tuple[int, str, int, bool], int] = {}
        for question, said in every:
            row, receipt = ballots[said.key], said.receipt
            is_who = (row.consultation_id, row.person_id, row.leaf)
            assert is_who == (question.id, self.cabinet.ids[said.member], said.place)
            assert self.tree.leaves[said.place] == receipt["envelope"].encode()
            assert holds(receipt["receipt"], receipt["envelope"], receipt["log_key"])
            who = (question.id, said.member, said.version)
            signed = last.get((*who, False), question.askings[said.version])
            # A paper follows whatever came before it; what is signed, what was signed.
            written = max(signed, last.get((*who, True), 0)) if said.is_paper else signed
            assert row.follows == written
            last[*who, said.is_paper] = said.place
            assert (row.choice is None) == (question.state != "closed")
        tried = [(question.id, x) for question in self.asked for x in question.tried]
        rows = Counter((x.consultation_id, x.person_id, x.key) for x in
                       session.scalars(select(Attempt)))  # fmt: skip
        ids = self.cabinet.ids
        assert rows == Counter((number, ids[x.member], x.key) for number, x in tried)
        messages = session.execute(
            select(outbox.Message.kind, outbox.Message.person_id).where(
                outbox.Message.kind.in_(OF_BALLOTS)
            )
        )
        assert Counter((kind, person) for kind, person in messages) == self.told

    def _is_where_they_stand(self, session: Any, question: Question) -> None:
        """I4, I8, I9."""
        row = session.get_one(Consultation, question.id)
        assert (str(row.state), row.version) == (question.state, question.version)
        assert row.due_at == question.due_at
        result = queries.result_of(session, question.id)
        assert (result is None) == (question.positions is None)
        if result is None or question.positions is None:
            return
        ids = self.cabinet.ids
        stand = {each.person_id: str(each.position) for each in result.standings}
        assert stand == {ids[name]: where for name, where in question.positions.items()}
        where = list(question.positions.values())
        told = [result.counts[each] for each in ("agree", "agree_comments", "disagree", "deemed")]
        assert told == [
            where.count(each) for each in ("agree", "agree_comments", "disagree", "deemed_agree")
        ]
        assert str(result.outcome) == ends_of(question.positions)
        assert result.is_provisional == question.is_provisional()
        (closed,) = (
            body
            for body in ledger.entries(session, "consultation_closed", -1).values()
            if body["consultation"] == question.id
        )
        leaves = [said.place for said in question.said]
        assert (closed["ballots"], closed["ballot_leaves"]) == (len(leaves), leaves)
        assert row.closed_leaf is not None
        assert all(question.askings[1] < each < row.closed_leaf for each in leaves)
        deemed = {name for name, at in question.positions.items() if at == "deemed_agree"}
        assert not deemed & question.had_spoken

    def _nothing_is_told_to_the_log(self) -> None:
        """I11."""
        assert "CANARY" not in repr(self.logged)
        assert not [each for each in self.heard.lines if "CANARY" in each]

    # ---- how ----

    def _goes(self, act: Callable[[], object]) -> bool:
        """Whether it was done; what the house refuses, it refuses with its reason."""
        try:
            act()
        except (Refused, Stale):
            return False
        except CabinetError as wrong:
            raise AssertionError(f"refused without a reason: {wrong!r}") from wrong
        return True

    def _signs_in(self, name: str) -> None:
        self.cabinet.browser(name)
        self.shown[name] = now()

    def _actor(self, name: str) -> Actor:
        actor = self.cabinet.actor(name)
        with db.reading() as session:
            logins = people.open_logins(session, actor.id)
        return replace(actor, login_id=logins[0].id) if logins else actor

    def _row(self, number: int) -> Consultation:
        with db.reading() as session:
            return session.get_one(Consultation, number)


# Said as it stands when the receipt is asked for.
UNTIL = {"may_replace_until": ""}
# A failure is told as it came: to make it smaller takes minutes, and is done by hand.
AS_IT_CAME = [hypothesis.Phase.generate]
A_FEW = hypothesis.settings(
    max_examples=FEW, stateful_step_count=STEPS, derandomize=True, phases=AS_IT_CAME
)
MANY = hypothesis.settings(
    max_examples=COURSES, stateful_step_count=50, derandomize=False, phases=AS_IT_CAME
)
NOT_OF_THE_CODE = [hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.filter_too_much]


@pytest.mark.parametrize("course", [A_FEW, pytest.param(MANY, marks=pytest.mark.faults)])
def test_whatever_happens_in_the_room_both_books_agree(
    house: House, scenes: Scenes, course: hypothesis.settings
) -> None:
    scene = scenes.of(five_with_keys)

    class OfThisHouse(BallotRoom):
        def __init__(self) -> None:
            super().__init__(house, scene)

    run_state_machine_as_test(
        OfThisHouse,
        settings=hypothesis.settings(
            course, deadline=None, database=None, suppress_health_check=NOT_OF_THE_CODE
        ),
    )
