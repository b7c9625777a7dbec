"""What anybody has typed is text on the pages that scripts draw too (WEB-06)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, expect

from tests.browser.person import DESKTOP, browser
from tests.builders import Cabinet, cookie_of
from tests.conftest import House, Scenes, a_cabinet
from tests.meetings.builders import planned
from tests.oversight.test_canaries import plant
from tests.oversight.test_inert import NEVER_OURS, taint
from tests.server import free_port
from tests.wire.builders import Served, serving

pytestmark = pytest.mark.browser

# Parts that no page of ours has, as a browser finds them once scripts have drawn.
STRANGE = ", ".join(
    (
        *sorted(NEVER_OURS), "script:not([src]):not([type])", "[href^='javascript:' i]",
        "[href^=' javascript:' i]", "[onerror]", "[onload]", "[ontoggle]", "[onfocus]",
        "[onmouseover]",
    )
)  # fmt: skip


@pytest.fixture
def served(tmp_path: Path, scenes: Scenes) -> Iterator[Served]:
    port = free_port()
    house = House(tmp_path, f"http://localhost:{port}")
    begun = scenes.of(a_cabinet)
    with house.lent(begun.database, begun.files), serving(house.app, port) as found:
        yield found


def test_scripts_draw_what_is_typed_as_text(served: Served) -> None:
    cabinet = Cabinet(served.app)
    plant(cabinet)
    session = planned(cabinet)
    session.discuss()
    vote = session.ask()
    taint()
    live, hall = (f"/meetings/{session.id}/{page}" for page in ("live", "hall"))
    question = " ".join(session.vote(vote).question.split())
    drawn = {
        "thuky": [(live, "#rail"), (hall, "[data-hall=item]"), ("/meetings/1/draft", "")],
        "botruong.yte": [(live, "#rail"), ("/consultations/2/answer", ""), ("/papers/3", "")],
        "canbo.yte": [("/tasks", "")],
    }
    with browser() as chromium:
        for username, pages in drawn.items():
            context = chromium.new_context(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
            cookie = cookie_of(cabinet.browser(username))
            context.add_cookies([{"name": "ecabinet", "value": cookie, "url": served.url}])
            page, wrong = context.new_page(), list[str]()
            page.on("console", lambda said, wrong=wrong: note(said, wrong))
            page.on("dialog", lambda dialog, wrong=wrong: wrong.append(dialog.message))
            for path, drawn_in in pages:
                answer = page.goto(served.url + path)
                assert answer
                assert answer.ok, path
                if drawn_in:
                    expect(page.locator(drawn_in)).to_contain_text(question)
                expect(page.locator(STRANGE)).to_have_count(0)
                assert page.evaluate("typeof hit") == "undefined", path
            assert wrong == []
            context.close()
        # A script that took it for a part of its page would be found.
        careless = chromium.new_page()
        careless.evaluate("text => { document.body.innerHTML = text }", question)
        expect(careless.locator(STRANGE)).not_to_have_count(0)


def note(said: ConsoleMessage, wrong: list[str]) -> None:
    if said.type == "error":
        wrong.append(said.text)
