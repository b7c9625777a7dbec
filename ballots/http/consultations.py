"""Routes of this room: parse, call, answer."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import Response as FlaskResponse
from flask import render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ballots import access, papers, queries, rules
from ballots.http import signed
from ballots.models import Attempt, Consultation, ReservedOpinion, State
from ballots.queries import Listed, Shown
from ballots.rules import Answer, Choice, ConsultationRefusal, Decided, Position, ReplyKind
from ballots.service import advise, correct, on_paper, outside, quarantine, stop, window
from ballots.service import cast as casting
from ballots.service import close as closing
from ballots.service import decide as deciding
from ballots.service import draft as drafting
from ballots.service import prepare as preparing
from ballots.service.report import seal_report
from ballots.signing import Proposed
from documents import queries as documents
from documents.http.papers import FILE, sent, sent_file
from ecabinet import approvals, clock, sheets, storage, web
from ecabinet.access import Actor, Matter, Permission, Role
from ecabinet.bodies import Body
from ecabinet.db import reading
from ecabinet.errors import BadInput, Forbidden, Refused, TooLarge
from ecabinet.web import Door, confirmed, current_actor, gives_a_file, needs, takes
from people import queries as people

door = Door("ballots", __name__)


@door.context_processor
def offered() -> dict[str, Any]:
    """What the pages of this room ask before they offer a button."""
    actor = web.actor_or_none()
    return {
        "may_draft": actor is not None and actor.may(Permission.CONSULTATION_DRAFT),
        "has_own": actor is not None and actor.may(Permission.BALLOT_CAST),
        "may_see_figures": actor is not None and actor.may(Permission.RESULT_READ),
        "may_approve": actor is not None and actor.may(Permission.CONSULTATION_APPROVE),
        "may_enter": actor is not None and actor.may(Permission.BALLOT_ENTER),
    }


MOST_OF_A_SCAN = 10 * 1024 * 1024
PDF = "application/pdf"
ANSWERED = "/consultations/<int:consultation_id>"


# ---- the list, the draft, the page of one consultation ----


@door.get("/consultations")
@needs(Permission.CONSULTATION_READ)
def consultations() -> str:
    actor, wanted = current_actor(), _listed()
    with reading() as db:
        standing = queries.lists_standing(db)
        found = queries.consultations(db, actor, wanted)
    return render_template(
        "ballots/consultations.html",
        found=found,
        wanted=wanted,
        standing=standing,
        link=lambda page: web.address("/consultations", _asked_for(wanted) | {"page": page}),
        Shown=queries.Shown,
        sees_drafts=access.sees_drafts(actor),
    )


LONGEST_WORDS = 200


def _listed() -> Listed:
    shown = request.args.get("shown", "")
    return Listed(
        words=web.shown(request.args.get("q", ""))[:LONGEST_WORDS],
        shown=Shown(shown) if shown in list(Shown) else Shown.ALL,
        page=web.asked_number("page") or 1,
    )


def _asked_for(wanted: Listed) -> dict[str, object]:
    shown = wanted.shown.value if wanted.shown is not Shown.ALL else None
    return {"q": wanted.words, "shown": shown}


@door.get("/consultations/mine")
@needs(Permission.BALLOT_CAST)
def mine() -> str:
    """A member's own answers, over the years."""
    with reading() as db:
        rows = queries.own_history(db, current_actor())
    pages = max(1, -(-len(rows) // queries.A_PAGE))
    page = min(max(web.asked_number("page") or 1, 1), pages)
    return render_template(
        "ballots/mine.html",
        rows=rows,
        shown=rows[(page - 1) * queries.A_PAGE : page * queries.A_PAGE],
        page=page,
        pages=pages,
        link=lambda page: web.address("/consultations/mine", {"page": page}),
    )


@door.get("/consultations/mine.csv")
@needs(Permission.BALLOT_CAST)
def export_mine() -> FlaskResponse:
    with reading() as db:
        rows = queries.own_history(db, current_actor())
    lines = sheets.csv_lines(_own_cells(rows))
    return web.download("phieu-cua-toi.csv", lines, sheets.CSV)


def _own_cells(rows: Sequence[queries.OwnRow]) -> Iterator[list[str]]:
    """Official words, so in Vietnamese whatever the screen's language."""
    yield ["Phiếu số", "Tên", "Hạn", "Ý kiến", "Trả lời lúc", "Kết quả", "Đính chính"]
    for each in rows:
        stood = each.position or (Position(each.choice.value) if each.choice else None)
        yield [
            str(each.id),
            each.title,
            queries.CALENDAR.end_words(each.due_at) if each.due_at else "",
            papers.POSITION_WORDS[stood] if stood else "",
            papers.moment_words(each.answered_at) if each.answered_at else "",
            rules.OUTCOME_WORDS[each.outcome] if each.outcome else "",
            "có" if each.is_corrected else "",
        ]


@door.get("/consultations/new")
@needs(Permission.CONSULTATION_DRAFT)
def new() -> str:
    actor = current_actor()
    chosen = web.asked_number("dossier")
    with reading() as db:
        dossiers = documents.may_put_forward(db, actor)
        is_known = any(each.id == chosen for each in dossiers)
        return render_template(
            "ballots/draft.html",
            dossiers=dossiers,
            chosen=chosen,
            # The next round starts from the words of the last one.
            words=queries.last_round(db, chosen) if chosen and is_known else None,
            members=people.members(db),
            deputies=people.persons_with(db, Role.DEPUTY_PM),
            rules=queries.rules_today(db),
            consultation=None,
        )


@door.post("/consultations")
@needs(Permission.CONSULTATION_DRAFT)
@takes("dossier_id", "question", "summary", "window_days", "deputy")
def draft() -> Response:
    made = drafting.draft(current_actor(), _question(web.form_int("dossier_id", least=1)))
    return web.see(queries.path_of(made), "consultation_drafted")


@door.get(f"{ANSWERED}/edit")
@needs(Permission.CONSULTATION_DRAFT)
def edit(consultation_id: int) -> str:
    actor = current_actor()
    with reading() as db:
        consultation = access.consultation_to_read(db, actor, consultation_id)
        if consultation.state != State.DRAFT:
            raise Refused(ConsultationRefusal.NOT_A_DRAFT)
        return render_template(
            "ballots/draft.html",
            dossiers=[documents.dossier(db, consultation.dossier_id)],
            chosen=consultation.dossier_id,
            words=consultation,
            members=people.members(db),
            deputies=people.persons_with(db, Role.DEPUTY_PM),
            rules=queries.rules_today(db),
            consultation=consultation,
            seen=queries.seen_by_drafter(consultation),
        )


@door.post(f"{ANSWERED}/edit")
@needs(Permission.CONSULTATION_DRAFT)
@takes("seen", "dossier_id", "question", "summary", "window_days", "deputy")
def redraft(consultation_id: int) -> Response:
    dossier_id = web.form_int("dossier_id", least=1)
    seen = web.form("seen", limit=64)
    drafting.redraft(current_actor(), consultation_id, _question(dossier_id), seen)
    return web.see(queries.path_of(consultation_id), "consultation_redrafted")


def _question(dossier_id: int) -> drafting.Question:
    return drafting.Question(
        dossier_id=dossier_id,
        question=web.form("question", limit=2_000),
        summary=web.form("summary", optional=True),
        window_days=web.form_int("window_days", least=1, most=60),
        deputy_id=web.form_int("deputy", least=1) if request.form.get("deputy") else None,
    )


@door.post(f"{ANSWERED}/approve")
@needs(Permission.CONSULTATION_APPROVE)
@takes("seen")
@confirmed
def approve(consultation_id: int) -> Response:
    drafting.approve(
        current_actor(), consultation_id, web.form("seen", limit=64),
        web.settings().signature_classes,
    )  # fmt: skip
    return web.see(queries.path_of(consultation_id), "consultation_opened")


@door.post(f"{ANSWERED}/withdrawals")
@needs(Permission.CONSULTATION_APPROVE)
@takes("reason")
def ask_to_withdraw(consultation_id: int) -> Response:
    reason = web.form("reason", limit=approvals.LONGEST_REASON)
    asked = stop.ask_to_withdraw(current_actor(), consultation_id, reason)
    return web.see(f"/approvals/{asked}", "withdrawal_asked")


@door.post(f"{ANSWERED}/ends")
@needs(Permission.CONSULTATION_APPROVE)
@takes("last", "reason")
def ask_to_move_end(consultation_id: int) -> Response:
    last = web.day_of("last", web.form("last", limit=10))
    assert last is not None
    reason = web.form("reason", limit=approvals.LONGEST_REASON)
    due_at = queries.CALENDAR.end_of(last)
    asked = window.ask_to_move_end(current_actor(), consultation_id, due_at, reason)
    return web.see(f"/approvals/{asked}", "end_move_asked")


@door.post(f"{ANSWERED}/paper-ballots")
@needs(Permission.BALLOT_ENTER)
@takes("person", "choice", "opinion", "reason", *FILE)
def ask_to_enter(consultation_id: int) -> Response:
    """An answer on paper, from its scan."""
    person = web.form_int("person", least=1)
    choice = web.one_of(Choice, "choice", web.form("choice", limit=20))
    answer = Proposed(choice, web.form("opinion", optional=True, limit=signed.LONGEST_OPINION))
    reason = web.form("reason", limit=approvals.LONGEST_REASON)
    env = web.settings().env
    with sent_file(MOST_OF_A_SCAN + 1) as scan:
        if len(scan[1]) > MOST_OF_A_SCAN:
            raise TooLarge("a scan of one paper")
        asked = on_paper.ask_to_enter(
            current_actor(), consultation_id, person, answer, scan, reason, env
        )
    return web.see(f"/approvals/{asked}", "paper_ballot_asked")


@door.get("/paper-ballots/<int:request_id>")
@needs(Permission.CONSULTATION_DRAFT)
def paper_ballot(request_id: int) -> str:
    """The scan beside what was entered from it, for the two who decide it."""
    with reading() as db:
        actor = current_actor()
        asked = on_paper.entry_to_compare(db, actor, request_id)
        entered = on_paper.entered(db, asked)
        may_decide = approvals.may_decide(actor, asked)
    return render_template(
        "ballots/paper_ballot.html", asked=asked, entered=entered, may_decide=may_decide
    )


@door.get("/paper-ballots/<int:request_id>/file")
@needs(Permission.CONSULTATION_DRAFT)
@gives_a_file(on_paper.entry_to_compare)
def scan(request_id: int) -> Response:
    return sent(on_paper.copy_of_scan(current_actor(), request_id), f"phieu-giay-{request_id}.pdf")


@door.get(f"{ANSWERED}/paper-ballots/<int:member_id>/file")
@needs(Permission.RESULT_READ)
@gives_a_file(on_paper.paper_to_read)
def counted_scan(consultation_id: int, member_id: int) -> Response:
    """The scan of a ballot on paper that was counted."""
    copy = on_paper.copy_of_paper(current_actor(), consultation_id, member_id)
    return sent(copy, f"phieu-giay-{consultation_id}-{member_id}.pdf")


@door.post(f"{ANSWERED}/refusals")
@needs(Permission.CONSULTATION_APPROVE)
@takes("person", "reason")
def ask_to_refuse(consultation_id: int) -> Response:
    person = web.form_int("person", least=1)
    reason = web.form("reason", limit=approvals.LONGEST_REASON)
    asked = quarantine.ask_to_refuse(current_actor(), consultation_id, person, reason)
    return web.see(f"/approvals/{asked}", "attempt_refusal_asked")


# ---- what comes of a result ----


@door.get(f"{ANSWERED}/opinions")
@needs(Permission.OPINION_READ)
def opinions(consultation_id: int) -> str:
    """Each opinion beside what the drafting agency replied."""
    actor = current_actor()
    with reading() as db:
        row = access.opinions_to_read(db, actor, consultation_id)
        return render_template(
            "ballots/opinions.html",
            consultation=row,
            dossier=documents.dossier(db, row.dossier_id),
            opinions=queries.opinions(db, row),
            reserved=queries.reserved_opinions(db, row.id),
            early=queries.early_comments(db, row),
            decision=queries.decision_on(db, row.id),
            corrections=queries.corrections_of(db, row.id),
            drafts=access.drafts(db, actor, row),
            reads_result=actor.may(Permission.RESULT_READ),
            ReplyKind=ReplyKind,
            seen_reply=queries.seen_reply,
        )


@door.get(f"{ANSWERED}/opinions.csv")
@needs(Permission.OPINION_READ)
def export_opinions(consultation_id: int) -> FlaskResponse:
    with reading() as db:
        row = access.opinions_to_read(db, current_actor(), consultation_id)
        said = queries.opinions(db, row), queries.reserved_opinions(db, row.id)
        early = queries.early_comments(db, row)
        lines = sheets.csv_lines(papers.opinion_cells(*said, early))
    return web.download(f"y-kien-phieu-{consultation_id}.csv", lines, sheets.CSV)


@door.post(f"{ANSWERED}/replies")
@needs(Permission.OPINION_REPLY)
@takes("seen", "person", "kind", "words")
def reply(consultation_id: int) -> Response:
    member = web.form_int("person", least=1)
    kind = web.one_of(ReplyKind, "kind", web.form("kind", limit=20))
    words = web.form("words", limit=signed.LONGEST_OPINION)
    deciding.reply(
        current_actor(), consultation_id, member, kind, words, web.form("seen", limit=64)
    )
    return web.see(f"{queries.path_of(consultation_id)}/opinions", "opinion_replied")


@door.post(f"{ANSWERED}/decision")
@needs(Permission.RESULT_DECIDE)
@takes("seen", "decided", "reason")
@confirmed
def decide(consultation_id: int) -> Response:
    decided = web.one_of(Decided, "decided", web.form("decided", limit=20))
    reason = web.form("reason", limit=approvals.LONGEST_REASON, optional=True)
    seen = web.form("seen", limit=64)
    deciding.decide(current_actor(), consultation_id, decided, reason, seen)
    return web.see(queries.path_of(consultation_id), "result_decided")


@door.post(f"{ANSWERED}/corrections")
@needs(Permission.CONSULTATION_APPROVE)
@takes("words")
def ask_to_correct(consultation_id: int) -> Response:
    words = web.form("words", limit=signed.LONGEST_OPINION)
    asked = correct.ask_to_correct(current_actor(), consultation_id, words)
    return web.see(f"/approvals/{asked}", "correction_asked")


@door.get(f"{ANSWERED}/line")
@needs(Permission.CONSULTATION_READ)
def line(consultation_id: int) -> dict[str, Any]:
    """Where a question stands, for the pages that have it open."""
    actor = current_actor()
    with reading() as db:
        row = access.consultation_to_read(db, actor, consultation_id)
        return queries.standing_of(db, actor, row)


@door.get("/consultations/line")
@needs(Permission.CONSULTATION_READ)
def lists_line() -> dict[str, Any]:
    """Whether a list of questions is as it was read."""
    with reading() as db:
        return queries.lists_standing(db)


@door.get(ANSWERED)
@needs(Permission.CONSULTATION_READ)
def consultation(consultation_id: int) -> str:
    actor = current_actor()
    _close_if_ended(actor, consultation_id)
    _note_opening(actor, consultation_id)
    with reading() as db:
        row = access.consultation_to_read(db, actor, consultation_id)
        standing = queries.standing_of(db, actor, row)
        if row.state == State.CLOSED:
            return render_template("ballots/result.html", **_result(db, actor, row))
        members = queries.members_asked(db, row)
        return render_template(
            "ballots/consultation.html",
            consultation=row,
            papers=(papers := row.papers or documents.current_editions(db, row.dossier_id)),
            before_it=queries.round_before(db, row, papers),
            ends=_ends(db, row),
            standing=standing,
            papers_waiting=_papers_waiting(db, actor, row),
            withdrawal=_waiting(db, actor, row, stop.WITHDRAW),
            end_move=_waiting(db, actor, row, *window.ACTS),
            ends_changed=queries.ends_changed(db, row),
            days_given=queries.days_given(db, row),
            silence_agrees=queries.silence_agrees(db, actor, row),
            after_it=queries.round_after(db, row.id),
            removed=documents.removed_among(db, [each.edition_id for each in papers]),
            dossier=documents.dossier(db, row.dossier_id),
            members=members,
            to_be_called=sum(each.is_to_be_called for each in members),
            seen=queries.seen_by_approver(db, row) if row.state == State.DRAFT else "",
            would_ask=people.members(db) if row.state == State.DRAFT else [],
            drafter=people.holder_names(db, [row.drafted_by]).get(row.drafted_by),
            deputy=people.holder_names(db, [row.deputy_id]).get(row.deputy_id)
            if row.deputy_id
            else None,
            rules=rules.rule_set(row.rule_set) if row.rule_set else queries.rules_today(db),
            is_asked=(asked := access.is_asked(db, actor, row.id)),
            **_own_answers(db, row, actor),
            early=queries.early_comments(db, row, actor.id),
            # Of each paper the edition before the one that is asked about now.
            replaced=list({x.paper_id: x for x in queries.replaced_papers(db, row)}.values()),
            sees_members=access.sees_all(actor),
            has_ended=row.has_ended(clock.now(db)),
            reads_by=None if asked else access.advises_on(actor, row.id),
            **_proposing(db, actor, row),
            advisers=people.mandates_about(db, Matter.CONSULTATION, row.id, actor.id),
            may_advise=people.may_stand_for(db, actor) if asked else [],
        )


@door.post(f"{ANSWERED}/advisers")
@needs(Permission.MANDATE_GIVE)
@takes("words", "last", "person")
def name_adviser(consultation_id: int) -> Response:
    last = web.day_of("last", web.form("last", limit=10, optional=True))
    until = people.OFFICE_ZONE.end_of(last) if last else None
    words = web.form("words", limit=500, optional=True)
    advise.name_adviser(current_actor(), consultation_id, web.form_int("person"), until, words)
    return web.see(queries.path_of(consultation_id), "adviser_named")


@door.post(f"{ANSWERED}/proposals")
@needs(Permission.ANSWER_PROPOSE)
@takes("person", "choice", "opinion")
def propose(consultation_id: int) -> Response:
    member = web.form_int("person", least=1)
    opinion = web.form("opinion", optional=True, limit=signed.LONGEST_OPINION)
    choice = web.one_of(Choice, "choice", web.form("choice", limit=20))
    answer = Proposed(choice, opinion)
    advise.propose(current_actor(), consultation_id, member, answer)
    return web.see(queries.path_of(consultation_id), "answer_proposed")


def _close_if_ended(actor: Actor, consultation_id: int) -> None:
    """The first authorised reader after the end closes; the job does the same (BAL-06)."""
    with reading() as db:
        row = access.consultation_to_read(db, actor, consultation_id)
        waits = row.state == State.OPEN and row.has_ended(clock.now(db))
    if waits:
        closing.close(consultation_id)


def _ends(db: Session, row: Consultation) -> list[tuple[Consultation, int]]:
    """Of a draft: the open rounds that end with its approval, and how many have answered each."""
    if row.state != State.DRAFT:
        return []
    ending = queries.still_open(db, queries.rounds_before(db, row))
    return [(each, queries.answered_count(db, each.id)) for each in ending]


def _waiting(
    db: Session, actor: Actor, row: Consultation, *acts: approvals.Act
) -> approvals.Request | None:
    """What is to be done to a question and waits for its second person, for whoever may know."""
    waiting = (
        each for act in acts for each in approvals.waiting_on(db, act, [{"consultation": row.id}])
    )
    return next((each for each in waiting if approvals.is_known_to(actor, each)), None)


def _papers_waiting(db: Session, actor: Actor, row: Consultation) -> dict[int, approvals.Request]:
    """Answers on paper that nobody has compared yet, for whoever may know of them."""
    found = on_paper.waiting(db, row) if row.state == State.OPEN else {}
    return {member: each for member, each in found.items() if approvals.is_known_to(actor, each)}


def _proposing(db: Session, actor: Actor, row: Consultation) -> dict[str, Any]:
    """For whom this person may propose an answer, and what they have; for a member, how many of
    their advisers have."""
    takes_answers = row.state == State.OPEN and not row.has_ended(clock.now(db))
    advised = access.advised_by(actor, row.id) if takes_answers else []
    return {
        "advised": advised,
        "proposed": queries.proposals_of(db, row, actor.id) if advised else {},
        "proposals": queries.proposals_to(db, row, actor.id) if takes_answers else [],
        "longest": signed.LONGEST_OPINION,
    }


def _own_answers(db: Session, row: Consultation, actor: Actor) -> dict[str, Any]:
    """The member's ballot that counts so far, and one on papers that were replaced since."""
    if row.state == State.DRAFT:
        return {"mine": None, "before": None, "mine_awaits": False}
    last = queries.last_sent(db, row, actor.id)
    is_of_now = last is not None and queries.counts(row, last)
    return {
        "mine": last if is_of_now else None,
        "before": None if is_of_now else last,
        "mine_awaits": last is not None and not row.takes(last.signature_class),
    }


def _result(db: Any, actor: Actor, row: Consultation) -> dict[str, Any]:
    result = queries.result_of(db, row.id)
    assert result is not None
    tally = result.tally()
    sees_names = access.sees_names(actor, row)
    mine = next((each for each in result.standings if each.person_id == actor.id), None)
    return {
        "consultation": row,
        "result": result,
        "tally": tally,
        "outage_minutes": papers.outage_minutes(result),
        "outcome": rules.OUTCOME_WORDS[result.outcome_now],
        "strokes": _strokes(tally),
        "words": papers.POSITION_WORDS,
        "positions": {each.name: each.value for each in Position},
        "standings": result.standings if sees_names else [],
        "attempts": _attempts(db, actor, row) if sees_names else [],
        "has_attempts": bool(queries.open_attempts(db, row)),
        "rests_on_silence": queries.rests_on_silence(db, row, result),
        "mine": mine,
        "papers_by": papers.on_paper_by_position(result),
        "handed_in": queries.handed_in_on_paper(db, row) if sees_names else {},
        "report": queries.newest_report(db, row.id),
        "decision": queries.decision_on(db, row.id),
        "corrections": queries.corrections_of(db, row.id),
        "correction_asked": _waiting(db, actor, row, correct.CORRECT),
        "may_decide": access.decides(actor, row),
        "seen": queries.seen_by_decider(db, row),
        "others": queries.other_opinions(db, row) if sees_names else [],
        "readings": list(rules.Reading),
        "own_classification": queries.classification_of(db, row.id, actor.id),
        "may_answer": rules.confirmation_refusal(queries.classifiable(db, row, actor.id)) is None,
        "opinions": queries.opinions(db, row) if access.reads_opinions(db, actor, row) else [],
        "reserved": _reserved(db, actor, row),
        "early": queries.early_comments(db, row, actor.id),
        "has_early": access.reads_opinions(db, actor, row) and queries.has_early(db, row),
        "may_reserve": queries.reservable(db, row, actor.id).is_member,
        "can_issue": not rules.decision_refusal(
            result.outcome_now,
            result.is_provisional,
            is_decided=False,
            decided=Decided.ISSUE,
            reason="-",
        ),
        "by_silence": rules.passed_by_silence_alone(tally, result.decision),
    }


def _reserved(db: Session, actor: Actor, row: Consultation) -> list[ReservedOpinion]:
    """What this person may read of what members have reserved: all, or their own."""
    said = queries.reserved_opinions(db, row.id)
    if access.reads_opinions(db, actor, row):
        return said
    return [each for each in said if each.member_id == actor.id]


@dataclass(frozen=True)
class Tried:
    """What one member sent that could not be taken, and how it stands."""

    person_id: int
    office: str
    attempts: Sequence[Attempt]
    is_open: bool
    # The request to take none of it, that waits for its second person.
    waiting: approvals.Request | None


def _attempts(db: Session, actor: Actor, row: Consultation) -> list[Tried]:
    offices, still_open = queries.offices_asked(row), queries.open_attempts(db, row)
    attempts = sorted(queries.attempts_of(db, row.id), key=lambda each: each.person_id)
    things = [{"consultation": row.id, "member": each} for each in still_open]
    waiting = {
        each.facts["member"]: each
        for each in approvals.waiting_on(db, quarantine.REFUSE, things)
        if approvals.is_known_to(actor, each)
    }
    return [
        Tried(
            person_id, offices[person_id], list(own), person_id in still_open,
            waiting.get(person_id),
        )
        for person_id, own in groupby(attempts, lambda each: each.person_id)
    ]  # fmt: skip


def _strokes(tally: rules.Tally) -> list[str]:
    """One stroke a member, grouped by where they stand; deemed after agree, never among it."""
    return [
        name
        for name, count in (
            ("agree", tally.agree),
            ("agree_comments", tally.agree_comments),
            ("deemed", tally.deemed),
            ("other", tally.other),
            ("awaiting", tally.awaiting),
            ("silent", tally.silent + tally.not_reached),
            ("disagree", tally.disagree),
        )
        for _ in range(count)
    ]


@door.get(f"{ANSWERED}/result.pdf")
@needs(Permission.RESULT_READ)
def report(consultation_id: int) -> FlaskResponse:
    """The newest sealed report; one that is due is sealed first."""
    actor = current_actor()
    with reading() as db:
        row = access.consultation_to_read(db, actor, consultation_id)
        if queries.result_of(db, consultation_id) is None:
            raise Refused(ConsultationRefusal.NOT_CLOSED)
        if not access.sees_names(actor, row):
            raise Forbidden(f"the names in the result of consultation {consultation_id}")
    sealed = storage.read(seal_report(consultation_id))
    return web.download(f"bao-cao-ket-qua-phieu-{consultation_id}.pdf", sealed, PDF)


# ---- answering ----


@door.get(f"{ANSWERED}/answer")
@needs(Permission.BALLOT_CAST)
def answer(consultation_id: int) -> str | Response:
    actor = current_actor()
    _note_opening(actor, consultation_id)
    with reading() as db:
        row = access.consultation_to_read(db, actor, consultation_id)
        standing = queries.standing_of(db, actor, row)
        asked = access.is_asked(db, actor, consultation_id)
        if not asked or row.state != State.OPEN or row.has_ended(clock.now(db)):
            return web.see(queries.path_of(consultation_id))
        return render_template(
            "ballots/answer.html",
            standing=standing,
            consultation=row,
            papers=row.papers,
            removed=documents.removed_among(db, [each.edition_id for each in row.papers]),
            follows=queries.latest_leaf(db, row, actor.id),
            proposals=queries.proposals_to(db, row, actor.id),
            **_own_answers(db, row, actor),
            early=queries.early_comments(db, row, actor.id),
            agency=documents.dossier(db, row.dossier_id).agency,
            office=next(each.office for each in row.asked if each.person_id == actor.id),
            rules=rules.rule_set(row.rule_set or ""),
            needs_opinion=[each.value for each in rules.NEEDS_OPINION],
            longest=signed.LONGEST_OPINION,
            asks_device=rules.asks_device(row.due_at, clock.now(db)),
            **signed.by_what(db, actor, row),
        )


@door.post(f"{ANSWERED}/paper")
@needs(Permission.BALLOT_CAST)
@takes(body=True)
def paper(consultation_id: int) -> dict[str, str]:
    body = Body("choice", "opinion", "key_id", "follows")
    made = preparing.prepare(
        current_actor(), consultation_id, _answer(body), body.hex("key_id", 64),
        web.settings().env,
    )  # fmt: skip
    return signed.made_ready(made)


@door.post(f"{ANSWERED}/outside-signing")
@needs(Permission.BALLOT_CAST)
@takes(body=True)
def begin_outside(consultation_id: int) -> dict[str, str]:
    """Where the program on the member's device fetches the paper, and where it brings it back."""
    token = Body("pending").hex("pending", 32)
    made = outside.begin(current_actor(), consultation_id, token)
    base = web.settings().base_url.rstrip("/")
    return {
        "fetch": base + url_for("ballots.give_outside", secret=made.fetch),
        "bring": base + url_for("ballots.take_outside", secret=made.bring),
        "token": made.token,
    }


@door.get(f"{ANSWERED}/outside-signing/<token>")
@needs(Permission.BALLOT_CAST)
def signed_outside(consultation_id: int, token: str) -> dict[str, str]:
    """What came back, so that the page holds it against what it has shown."""
    pdf = outside.signed(current_actor(), consultation_id, token)
    return {"pdf": base64.b64encode(pdf).decode()}


@door.get("/outside-signing/<secret>/paper.pdf")
@needs(Permission.ANYONE)
def give_outside(secret: str) -> FlaskResponse:
    """To a program that has no login: its address is a secret of one member, good once."""
    return web.download("phieu.pdf", outside.give(secret), PDF)


@door.post("/outside-signing/<secret>/signed")
@web.brought_by_a_client(outside.LARGEST_SIGNED)
@needs(Permission.ANYONE)
def take_outside(secret: str) -> dict[str, str | bool]:
    """What the program has signed, in the words of the national client's protocol."""
    sent = request.files.get("uploadfile")
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if sent is None:
        raise BadInput("uploadfile", "is missing")
    name = outside.take(secret, token, sent.stream.read())
    return {"Status": True, "Message": "", "FileName": "phieu.pdf", "FileServer": name}


@door.post(f"{ANSWERED}/step-up")
@needs(Permission.BALLOT_CAST)
@takes(body=True)
def passkey_options(consultation_id: int) -> dict[str, Any]:
    token = Body("pending").hex("pending", 32)
    return preparing.passkey_options(current_actor(), consultation_id, token, web.settings())


@door.post(f"{ANSWERED}/ballots")
@needs(Permission.BALLOT_CAST)
@takes(body=True)
def cast(consultation_id: int) -> tuple[dict[str, str | int], int]:
    actor, body = current_actor(), Body(*signed.SENT)
    envelope = signed.envelope(body)
    assertion = body.assertion()
    confirm = casting.by_passkey(actor, assertion, web.settings()) if assertion else None
    return casting.cast(actor, consultation_id, envelope, confirm).as_answer(), 201


@door.get("/ballots/by-key/<key>")
@needs(Permission.BALLOT_CAST)
def by_key(key: str) -> dict[str, str | int] | str:
    """The receipt; for a person, the second look: what is stored, on any device of theirs."""
    actor = current_actor()
    receipt = casting.receipt(actor, key)
    if web.wants_json():
        return receipt.as_answer()
    with reading() as db:
        ballot = access.ballot_to_read(db, actor, key)
        row = access.consultation_to_read(db, actor, ballot.consultation_id)
        stored = queries.sealed_answer(ballot).answer
        here = web.settings().base_url.rstrip("/")
        return render_template(
            "ballots/receipt.html",
            receipt=receipt,
            ballot=ballot,
            consultation=row,
            stored=stored,
            words=papers.POSITION_WORDS[Position(stored.choice.value)],
            fate=queries.fate_of(db, row, ballot).value,
            may_replace=row.state == State.OPEN and not row.has_ended(clock.now(db)),
            qr=web.qr(here + url_for("ballots.by_key", key=key)),
            **signed.carried(receipt),
        )


@door.get("/ballots/by-key/<key>/file")
@needs(Permission.BALLOT_CAST)
@gives_a_file(access.ballot_to_read)
def file(key: str) -> FlaskResponse:
    with reading() as db:
        ballot = access.ballot_to_read(db, current_actor(), key)
        pdf = queries.signed_pdf(ballot)
        kind = "ban-quet" if queries.is_on_paper(ballot) else "da-ky"
    return web.download(f"phieu-{ballot.consultation_id}-{kind}.pdf", pdf, PDF)


# ---- parsing ----


def _answer(body: Body) -> Answer:
    choice = web.one_of(Choice, "choice", body.text("choice"))
    return Answer(choice, body.typed("opinion", signed.LONGEST_OPINION), body.whole("follows"))


def _note_opening(actor: Actor, consultation_id: int) -> None:
    """A person opened the page; a browser that looks ahead or asks for the head alone did not."""
    if request.method == "GET" and "prefetch" not in request.headers.get("Sec-Purpose", ""):
        preparing.open_notice(actor, consultation_id)
