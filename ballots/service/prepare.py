"""Making ready the very PDF that a member will sign."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ballots import access, papers, queries, rules, signing
from ballots.models import Asked, BallotPaper, Consultation, NoticeOpened
from ballots.rules import Answer, BallotRefusal
from ballots.service import outside
from ballots.signing import Sealed, Statement
from ecabinet import canonical, clock, keys, ledger, pades
from ecabinet.access import Actor
from ecabinet.db import reading, transaction
from ecabinet.errors import Refused, StepUpNeeded, TooMany
from ecabinet.settings import Settings
from people import queries as people
from people.service import passkeys

# A paper is kept until its consultation is over: its signed answer may still be on the way from a
# phone without a line. So asking is what has a limit: nobody reads a form as often as this.
PAPERS_AN_HOUR = 40


@dataclass(frozen=True)
class Prepared:
    """What the device needs in order to see, check and sign."""

    token: str
    pdf: bytes
    attributes: bytes
    statement: bytes


@dataclass(frozen=True)
class _Asked:
    """The question as it stands for one member, read before the slow part."""

    form: papers.BallotForm
    statement: Statement
    certificate: bytes
    chain: list[bytes]


def open_notice(actor: Actor, consultation_id: int) -> None:
    """Note that a member has opened the page: the proof of notice that silence needs (BAL-07)."""
    with reading() as db:
        if _has_opened(db, actor, consultation_id) or not access.is_asked(
            db, actor, consultation_id
        ):
            return
    with transaction() as db:
        access.consultation_to_answer(db, actor, consultation_id)
        if not _has_opened(db, actor, consultation_id):
            row = NoticeOpened(
                consultation_id=consultation_id, person_id=actor.id, at=clock.now(db)
            )
            db.merge(row)


def _has_opened(db: Session, actor: Actor, consultation_id: int) -> bool:
    """Whether they have opened the page of the question as it is asked now."""
    opened = db.get(NoticeOpened, (consultation_id, actor.id))
    since = db.get_one(Consultation, consultation_id).asks_since if opened else None
    return opened is not None and (since is None or opened.at >= since)


def prepare(actor: Actor, consultation_id: int, answer: Answer, key_id: str, env: str) -> Prepared:
    """The ballot paper of one answer, with its statement inside; nothing is cast by it."""
    with transaction() as db:
        refuse_without_end(db, actor, consultation_id)
        asked = _as_asked(db, actor, consultation_id, answer, key_id, env)
    page = Page(
        papers.ballot(asked.form), signing.written(asked.statement), answer.opinion,
        asked.statement.signature_class, asked.certificate, asked.chain,
    )  # fmt: skip
    row = BallotPaper(
        token=secrets.token_hex(16),
        consultation_id=consultation_id,
        person_id=actor.id,
        key_id=key_id,
        follows=answer.follows,
        kind=signing.BALLOT,
    )
    return make_ready(page, row)


@dataclass(frozen=True)
class Page:
    """What one key is to sign, whatever it says: the page, its statement, whose key it is."""

    pdf: bytes
    statement: bytes
    opinion: str
    signature_class: str
    certificate: bytes
    chain: list[bytes]


def make_ready(page: Page, row: BallotPaper) -> Prepared:
    """Leave room for the signature and keep the paper, sealed, until it comes back."""
    attachment = pades.Attachment(signing.ATTACHMENT, page.statement)
    made = None
    if page.signature_class == signing.DEVICE:
        made = pades.prepare(page.pdf, page.certificate, page.chain, attachment)
    # By a key outside the browser the program that holds it makes room for its signature itself.
    pdf = made.pdf if made else pades.attach(page.pdf, attachment)
    key = keys.store().read(signing.key_name(row.consultation_id))
    content = Sealed(page.statement, page.opinion, pdf, made)
    row.sealed = signing.seal(key, row.consultation_id, content)
    ready = Prepared(row.token, pdf, made.attributes if made else b"", page.statement)
    with transaction() as db:
        row.issued_at = clock.now(db)
        db.add(row)
    return ready


def passkey_options(
    actor: Actor, consultation_id: int, token: str, settings: Settings
) -> dict[str, Any]:
    """What the browser needs to have the member's passkey confirm this paper alone (SES-07)."""
    with reading() as db:
        if not people.passkeys_of(db, actor.id):
            raise StepUpNeeded
        paper = access.paper_to_sign(db, actor, consultation_id, token)
    if paper is None:
        raise Refused(BallotRefusal.PAPER_GONE)
    key = keys.store().read(signing.key_name(consultation_id))
    content = signing.unseal(key, consultation_id, paper.sealed)
    if content.prepared is not None:
        return passkeys.step_up_options(actor, content.prepared.digest, settings)
    with reading() as db:
        brought = queries.signed_outside(db, paper)
        device = people.signing_device(db, actor.id, paper.key_id)
    if brought is None or device is None:
        raise Refused(BallotRefusal.NOT_SIGNED_YET)
    said = outside.read(outside.opened(paper, brought), content, device)
    return passkeys.step_up_options(actor, said.mark, settings)


def _as_asked(
    db: Session, actor: Actor, consultation_id: int, answer: Answer, key_id: str, env: str
) -> _Asked:
    consultation = access.consultation_to_answer(db, actor, consultation_id)
    now = clock.now(db)
    device = people.signing_device(db, actor.id, key_id)
    key = queries.signing_key(device)
    member = access.asked_as(db, actor, consultation_id)
    terms = consultation.terms(member, queries.latest_leaf(db, consultation, actor.id))
    if reason := rules.refusal(terms, key, answer, now):
        raise Refused(reason)
    if device is None or member is None:
        raise Refused(BallotRefusal.KEY_UNKNOWN)
    nonce = signing.new_nonce()
    by = (key_id, device.signature_class)
    statement = statement_of(db, consultation, member, answer, by, nonce, env)
    form = papers.BallotForm(
        consultation=consultation,
        office=member.office,
        choice=answer.choice,
        opinion=answer.opinion,
        day=queries.CALENDAR.local_day(now),
        key_id=key_id,
        signature_class=device.signature_class,
        nonce=nonce,
    )
    return _Asked(form, statement, device.certificate, pades.chain(db, device.certificate))


def statement_of(
    db: Session, consultation: Consultation, member: Asked, answer: Answer, by: tuple[str, str],
    nonce: str, env: str,
) -> Statement:  # fmt: skip
    """What a member says now, by this key of this class; on paper by none."""
    key_id, signature_class = by
    assert consultation.rule_set is not None
    assert consultation.opened_leaf is not None
    return Statement(
        env=env,
        origin=ledger.origin(db),
        consultation=consultation.id,
        consultation_version=consultation.version,
        rule_version=consultation.rule_set,
        opened_leaf=consultation.opened_leaf,
        papers=tuple(each.digest for each in consultation.papers),
        question=consultation.question,
        choice=answer.choice,
        opinion_sha256=canonical.digest_of(answer.opinion),
        member=member.person_id,
        office=member.office,
        key_id=key_id,
        signature_class=signature_class,
        prev_ballot_leaf=answer.follows,
        nonce=nonce,
        issued_at=canonical.moment(clock.now(db)),
    )


def refuse_without_end(db: Session, actor: Actor, consultation_id: int) -> None:
    """Refuse to make one paper after another ready for the same member and question."""
    an_hour = timedelta(hours=1)
    asked = db.scalar(
        select(func.count())
        .select_from(BallotPaper)
        .where(
            BallotPaper.consultation_id == consultation_id,
            BallotPaper.person_id == actor.id,
            BallotPaper.issued_at > clock.now(db) - an_hour,
        )
    )
    if asked is not None and asked >= PAPERS_AN_HOUR:
        raise TooMany(int(an_hour.total_seconds()))
