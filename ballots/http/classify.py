"""How other opinions are read: the Office proposes, the member concerned signs or declines."""

from flask import Response as FlaskResponse
from flask import render_template
from werkzeug.wrappers import Response

from ballots import access, queries, rules, signing
from ballots.http import signed
from ballots.rules import Reading
from ballots.service import cast as casting
from ballots.service import classify
from ecabinet import approvals, ledger, web
from ecabinet.access import Permission
from ecabinet.bodies import Body
from ecabinet.db import reading
from ecabinet.web import Door, confirmed, current_actor, gives_a_file, needs, takes

door = Door("classify", __name__)

ABOUT = "/consultations/<int:consultation_id>"
OWN = f"{ABOUT}/classification"


# ---- the Office ----


@door.post(f"{ABOUT}/classifications")
@needs(Permission.CONSULTATION_DRAFT)
@takes("person", "reading", "reason")
def propose(consultation_id: int) -> Response:
    person = web.form_int("person", least=1)
    read = web.one_of(Reading, "reading", web.form("reading", limit=20))
    reason = web.form("reason", limit=approvals.LONGEST_REASON)
    classify.propose(current_actor(), consultation_id, person, read, reason)
    return _see_result(consultation_id, "classification_proposed")


@door.post(f"{ABOUT}/classifications/taken-back")
@needs(Permission.CONSULTATION_DRAFT)
@takes("person", "proposal")
def take_back(consultation_id: int) -> Response:
    person = web.form_int("person", least=1)
    proposal = web.form_int("proposal", least=1)
    classify.take_back(current_actor(), consultation_id, person, proposal)
    return _see_result(consultation_id, "classification_taken_back")


# ---- the member concerned ----


@door.get(OWN)
@needs(Permission.BALLOT_CAST)
def own(consultation_id: int) -> str | Response:
    """What is proposed of one's own opinion; once it is signed, its receipt."""
    actor = current_actor()
    with reading() as db:
        row = access.consultation_to_read(db, actor, consultation_id)
        said = queries.classification_of(db, row.id, actor.id)
        standing = queries.standing_in(queries.result_of(db, row.id), actor.id)
        if said is None or standing is None or standing.ballot is None:
            return web.see(queries.path_of(consultation_id))
        about = {
            "consultation": row,
            "classification": said,
            "opinion": standing.ballot.opinion or "",
        }
        if said.state == rules.Classified.CONFIRMED and said.leaf is not None:
            proof = ledger.proof(db, said.leaf)
            return render_template(
                "ballots/classified.html",
                **about,
                receipt=proof,
                number=signing.number(row.id, said.leaf, said.mark or ""),
                **signed.carried(proof),
            )
        if rules.confirmation_refusal(queries.classifiable(db, row, actor.id)):
            is_over = said.state == rules.Classified.PROPOSED
            return web.see(
                queries.path_of(consultation_id), "classification_over" if is_over else None
            )
        return render_template(
            "ballots/classify.html",
            **about,
            office=standing.office,
            ballot=standing.ballot,
            result=queries.result_of(db, row.id),
            **signed.by_what(db, actor, row),
        )


@door.get(f"{OWN}/file")
@needs(Permission.BALLOT_CAST)
@gives_a_file(access.classification_to_read)
def file(consultation_id: int) -> FlaskResponse:
    """The page that the member has signed."""
    with reading() as db:
        said = access.classification_to_read(db, current_actor(), consultation_id)
        pdf = queries.signed_pdf(said)
    return web.download(f"phan-loai-phieu-{consultation_id}-da-ky.pdf", pdf, "application/pdf")


@door.post(f"{OWN}/paper")
@needs(Permission.BALLOT_CAST)
@takes(body=True)
def paper(consultation_id: int) -> dict[str, str]:
    key_id = Body("key_id").hex("key_id", 64)
    made = classify.prepare(current_actor(), consultation_id, key_id, web.settings().env)
    return signed.made_ready(made)


@door.post(OWN)
@needs(Permission.BALLOT_CAST)
@takes(body=True)
def confirm(consultation_id: int) -> tuple[dict[str, str | int], int]:
    actor, body = current_actor(), Body(*signed.SENT)
    envelope = signed.envelope(body)
    assertion = body.assertion()
    by = casting.by_passkey(actor, assertion, web.settings()) if assertion else None
    proof = classify.confirm(actor, consultation_id, envelope, by)
    return {"key": envelope.key} | vars(proof), 201


@door.post(f"{OWN}/declined")
@needs(Permission.BALLOT_CAST)
@takes("words", "proposal")
@confirmed
def decline(consultation_id: int) -> Response:
    words = web.form("words", limit=approvals.LONGEST_REASON)
    classify.decline(current_actor(), consultation_id, words, web.form_int("proposal", least=1))
    return _see_result(consultation_id, "classification_declined")


def _see_result(consultation_id: int, said: str) -> Response:
    return web.see(queries.path_of(consultation_id), said)
