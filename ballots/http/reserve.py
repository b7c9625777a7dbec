"""What a member reserves beside an outcome: written, signed, and its receipt."""

from flask import Response as FlaskResponse
from flask import render_template
from werkzeug.wrappers import Response

from ballots import access, queries, signing
from ballots.http import signed
from ballots.service import cast as casting
from ballots.service import reserve
from ecabinet import ledger, web
from ecabinet.access import Permission
from ecabinet.bodies import Body
from ecabinet.db import reading
from ecabinet.web import Door, current_actor, gives_a_file, needs, takes

door = Door("reserve", __name__)

OWN = "/consultations/<int:consultation_id>/reserved-opinion"
RESERVED = "/reserved-opinions/<reserved_key>"


@door.get(OWN)
@needs(Permission.BALLOT_CAST)
def write(consultation_id: int) -> str | Response:
    """Where a member writes what they reserve; whoever may not is shown the result."""
    actor = current_actor()
    with reading() as db:
        row = access.consultation_to_read(db, actor, consultation_id)
        result = queries.result_of(db, row.id)
        if result is None or not queries.reservable(db, row, actor.id).is_member:
            return web.see(queries.path_of(consultation_id))
        own = queries.reserved_opinions(db, row.id)
        return render_template(
            "ballots/reserve.html",
            consultation=row,
            result=result,
            office=queries.offices_asked(row)[actor.id],
            own=[each for each in own if each.member_id == actor.id],
            longest=signed.LONGEST_OPINION,
            **signed.by_what(db, actor, row),
        )


@door.post(f"{OWN}/paper")
@needs(Permission.BALLOT_CAST)
@takes(body=True)
def paper(consultation_id: int) -> dict[str, str]:
    body = Body("opinion", "outcome_leaf", "key_id")
    made = reserve.prepare(
        current_actor(), consultation_id, body.typed("opinion", signed.LONGEST_OPINION),
        body.whole("outcome_leaf"), body.hex("key_id", 64), web.settings().env,
    )  # fmt: skip
    return signed.made_ready(made)


@door.post(OWN)
@needs(Permission.BALLOT_CAST)
@takes(body=True)
def keep(consultation_id: int) -> tuple[dict[str, str | int], int]:
    actor, body = current_actor(), Body(*signed.SENT)
    envelope = signed.envelope(body)
    assertion = body.assertion()
    by = casting.by_passkey(actor, assertion, web.settings()) if assertion else None
    proof = reserve.reserve(actor, consultation_id, envelope, by)
    return {"key": envelope.key} | vars(proof), 201


@door.get(RESERVED)
@needs(Permission.BALLOT_CAST)
def receipt(reserved_key: str) -> str:
    actor = current_actor()
    with reading() as db:
        said = access.reserved_opinion_to_read(db, actor, reserved_key)
        assert said.leaf is not None
        proof = ledger.proof(db, said.leaf)
        return render_template(
            "ballots/reserved.html",
            consultation=access.consultation_to_read(db, actor, said.consultation_id),
            reserved=said,
            receipt=proof,
            number=signing.number(said.consultation_id, said.leaf, said.mark),
            **signed.carried(proof),
        )


@door.get(f"{RESERVED}/file")
@needs(Permission.BALLOT_CAST)
@gives_a_file(access.reserved_opinion_to_read)
def file(reserved_key: str) -> FlaskResponse:
    """The page that the member has signed."""
    with reading() as db:
        said = access.reserved_opinion_to_read(db, current_actor(), reserved_key)
        pdf, number = queries.signed_pdf(said), said.consultation_id
    return web.download(f"y-kien-bao-luu-phieu-{number}-da-ky.pdf", pdf, "application/pdf")
