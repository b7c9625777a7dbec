"""Where one is told beside the inbox: addresses, choices, quiet hours."""

from flask import render_template, request
from werkzeug.wrappers import Response

from ecabinet import addresses, clock, deliveries, web
from ecabinet.access import Permission
from ecabinet.db import reading
from ecabinet.errors import BadInput, NotFound
from ecabinet.notices import ALWAYS, Channel, Quiet, Subject, is_wanted
from ecabinet.web import Door, current_actor, form, needs, takes
from people.service import notices as service

door = Door("notices", __name__)
PATH = service.PATH


@door.get(PATH)
@needs(Permission.SIGNED_IN)
def notices() -> str:
    actor = current_actor()
    with reading() as db:
        chosen = addresses.choices_of(db, actor.id)
        return render_template(
            "people/notices.html",
            channels=deliveries.channels(),
            addresses=addresses.of(db, actor.id),
            now=clock.now(db),
            subjects=[
                (each, {channel: is_wanted(chosen, each, channel) for channel in Channel})
                for each in Subject
            ],
            always=ALWAYS,
            language_chosen=addresses.language_of(db, actor.id),
            quiet=addresses.quiet_of(db, actor.id),
        )


@door.post(f"{PATH}/<channel>/address")
@needs(Permission.SIGNED_IN)
@takes("address")
def ask_address(channel: str) -> Response:
    service.ask_address(
        current_actor(), _channel(channel), form("address", limit=addresses.LONGEST_ADDRESS)
    )
    return web.see(PATH, "address_asked")


@door.post(f"{PATH}/<channel>/confirm")
@needs(Permission.SIGNED_IN)
@takes("code")
def confirm_address(channel: str) -> Response:
    service.confirm_address(current_actor(), _channel(channel), form("code", limit=20))
    return web.see(PATH, "address_confirmed")


@door.post(f"{PATH}/<channel>/forget")
@needs(Permission.SIGNED_IN)
def forget_address(channel: str) -> Response:
    service.forget_address(current_actor(), _channel(channel))
    return web.see(PATH, "address_forgotten")


@door.post(f"{PATH}/choices")
@needs(Permission.SIGNED_IN)
@takes("language", "quiet_from", "quiet_until", many=("wanted",))
def choose() -> Response:
    """A box that is not ticked is not sent, so what is offered is what is chosen of."""
    ticked = set(request.form.getlist("wanted"))
    choices = {
        (subject, channel): f"{subject}.{channel}" in ticked
        for subject in Subject
        for channel in deliveries.channels()
        if subject not in ALWAYS
    }
    language = form("language")
    if language not in web.LANGUAGES:
        raise BadInput("language", "is none of ours")
    quiet = Quiet(
        *(web.hour_of(name, form(name, limit=5)) for name in ("quiet_from", "quiet_until"))
    )
    service.choose(current_actor(), choices, language, quiet)
    return web.see(PATH, "notices_chosen")


def _channel(name: str) -> Channel:
    try:
        return Channel(name)
    except ValueError:
        raise NotFound(f"channel {name}") from None
