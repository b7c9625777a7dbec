"""Comments released early: what a member lets the drafting agency read before the closing
(rulebook: gửi góp ý trước). They are no answer, count for nothing, and tell nothing of one."""

from sqlalchemy.orm import Session

from ballots import access, queries, rules, signing
from ballots.models import Consultation, EarlyComment, State
from ballots.service import tell
from ecabinet import canonical, clock, keys, ledger
from ecabinet.access import Actor
from ecabinet.db import transaction
from ecabinet.errors import Refused


def release(actor: Actor, consultation_id: int, words: str) -> None:
    """Let the drafting agency read this at once. The very words that stand there already are not
    released twice: whoever sends again after an answer was lost finds them once."""
    with transaction() as db:
        consultation = access.consultation_to_answer(db, actor, consultation_id)
        _must_be_open(db, consultation, words)
        own = queries.early_comments(db, consultation, actor.id)
        if any(each.words == words and not each.taken_back_at for each in own):
            return
        said = signing.Early(words, signing.new_nonce())
        key = keys.store().read(signing.key_name(consultation.id))
        row = EarlyComment(
            consultation_id=consultation.id,
            member_id=actor.id,
            version=consultation.version,
            sealed=signing.seal_early(key, consultation.id, actor.id, said),
            at=clock.now(db),
        )
        db.add(row)
        db.flush()
        leaf: canonical.Json = {
            "v": signing.VERSION,
            "consultation": consultation.id,
            "consultation_version": row.version,
            "member": actor.id,
            "comment_sha256": said.digest,
            "at": canonical.moment(row.at),
        }

        def remember(position: int) -> None:
            row.leaf = position

        ledger.append(db, "comment_released", leaf, remember)
        office = queries.offices_asked(consultation)[actor.id]
        tell.tell_of_early_comment(db, consultation, "comment_released", office)


def take_back(actor: Actor, comment_id: int) -> int:
    """Say that a comment no longer holds; it is kept, and whoever has read it sees that. Gives its
    consultation."""
    with transaction() as db:
        row = access.early_comment_to_take_back(db, actor, comment_id)
        consultation = db.get_one(Consultation, row.consultation_id)
        if row.taken_back_at:
            return consultation.id
        _must_be_open(db, consultation, queries.unsealed_early(row).words)
        row.taken_back_at = clock.now(db)
        leaf: canonical.Json = {
            "v": signing.VERSION,
            "consultation": consultation.id,
            "member": actor.id,
            "comment_leaf": row.leaf,
            "at": canonical.moment(row.taken_back_at),
        }

        def remember(position: int) -> None:
            row.taken_back_leaf = position

        ledger.append(db, "comment_taken_back", leaf, remember)
        office = queries.offices_asked(consultation)[actor.id]
        tell.tell_of_early_comment(db, consultation, "comment_taken_back", office)
        return consultation.id


def _must_be_open(db: Session, consultation: Consultation, words: str) -> None:
    has_ended = consultation.has_ended(clock.now(db))
    if refusal := rules.early_refusal(consultation.state == State.OPEN, has_ended, words):
        raise Refused(refusal)
