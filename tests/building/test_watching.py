"""What is watched while the suite runs would be found if it were wrong."""

import pytest
from flask import Flask

from tests.watching import not_taken

FEED = '<form class="row" method="post" action="/calendar/feed?lang=en" data-form>{}</form>'
TOKEN = '<input type="hidden" name="csrf_token" value="x">'


@pytest.mark.parametrize(
    ("sent", "strange"),
    [
        (TOKEN, set[str]()),
        (f'{TOKEN}<input id="role" value="name=">', set[str]()),
        (f'{TOKEN}<select class="input" name="person">', {"person"}),
        (f'{TOKEN}<button type="submit" name="again" value="1">', {"again"}),
        (f'{TOKEN}<textarea name="words"></textarea>', {"words"}),
        (f'{TOKEN}<input type="hidden" name="assertion" data-assertion>', {"assertion"}),
    ],
)
def test_a_page_that_sends_what_its_door_does_not_take_is_found(
    app: Flask, sent: str, strange: set[str]
) -> None:
    found = not_taken(app, f"<main>{FEED.format(sent)}{FEED.format(TOKEN)}</main>")
    assert [names for _, names in found] == ([strange] if strange else [])


def test_a_form_that_is_sent_to_no_door_is_found(app: Flask) -> None:
    assert not_taken(app, FEED.replace("/calendar/feed", "/calendar").format(TOKEN))
