"""What comes of a result: the drafting agency replies to opinions; the Prime Minister, or the
deputy of the field, issues, returns, or puts it to a session."""

from collections.abc import Callable

from ballots import access, queries, rules, signing
from ballots.models import Decision, Reply, State
from ballots.rules import Decided, ReplyKind
from ballots.service import tell
from ecabinet import canonical, clock, ledger
from ecabinet.access import Actor
from ecabinet.db import transaction
from ecabinet.errors import Refused, Stale


def reply(
    actor: Actor, consultation_id: int, member_id: int, kind: ReplyKind, words: str, seen: str
) -> None:
    """What one's agency does with a member's opinion; it takes the place of its last words, which
    were seen by whoever writes."""
    with transaction() as db:
        consultation = access.opinion_to_reply_to(db, actor, consultation_id)
        before = queries.opinions(db, consultation)
        said = {each.member_id: each.opinion for each in before}
        left = {each.member_id for each in before if each.reply is None}
        is_decided = queries.decision_on(db, consultation.id) is not None
        is_closed = consultation.state == State.CLOSED
        if refusal := rules.reply_refusal(is_closed, is_decided, said.get(member_id, "")):
            raise Refused(refusal)
        replies = {each.member_id: each.reply for each in before}
        if queries.seen_reply(replies[member_id]) != seen:
            raise Stale
        row = Reply(
            consultation_id=consultation.id,
            member_id=member_id,
            kind=kind,
            words=words,
            by=actor.id,
            office=actor.office,
            at=clock.now(db),
        )
        db.merge(row)
        if result := queries.result_of(db, consultation.id):
            result.report_due = True
        # Told once, with the last one: a reply that is changed later tells nobody again.
        if left == {member_id}:
            tell.tell_of_replies(db, consultation)


def decide(actor: Actor, consultation_id: int, decided: Decided, reason: str, seen: str) -> None:
    """Decide once what comes of a result, on the opinions, replies and corrections that were seen;
    the act points to the leaf of the result it is about."""
    with transaction() as db:
        consultation = access.consultation_to_decide(db, actor, consultation_id)
        result = queries.result_of(db, consultation.id)
        outcome = result.outcome_now if result else None
        is_provisional = result is not None and result.is_provisional
        is_decided = queries.decision_on(db, consultation.id) is not None
        if refusal := rules.decision_refusal(
            outcome, is_provisional, is_decided, decided, reason
        ):  # fmt: skip
            raise Refused(refusal)
        if queries.seen_by_decider(db, consultation) != seen:
            raise Stale
        assert result is not None
        decision = Decision(
            consultation_id=consultation.id,
            decided=decided,
            reason=reason,
            by=actor.id,
            office=actor.office,
            at=clock.now(db),
        )
        db.add(decision)
        result.report_due = True
        db.flush()
        leaf: canonical.Json = {
            "v": signing.VERSION,
            "consultation": consultation.id,
            "result_leaf": result.last_leaf,
            "decision": str(decided),
            "reason_sha256": canonical.digest_of(reason),
            "opinions_sha256": queries.digest_of_opinions(db, consultation),
            # Those after the closing are named by no other act.
            "attempt_leaves": [each.leaf for each in queries.attempts_of(db, consultation.id)],
            "classification_leaves": queries.acts_of_classifying(db, result),
            "reserved_leaves": [
                each.leaf for each in queries.reserved_opinions(db, consultation.id)
            ],
            "by": actor.id,
        }
        ledger.append(db, "consultation_decided", leaf, _remember(decision))
        tell.tell_of_decision(db, consultation, decision)


def _remember(decision: Decision) -> Callable[[int], None]:
    def remember(position: int) -> None:
        decision.leaf = position

    return remember
