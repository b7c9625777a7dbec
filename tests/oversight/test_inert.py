"""What anybody has typed, or brought in, is text on every page and never a part of it (WEB-06)."""

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from sqlalchemy import String, Text, select, update

from ecabinet import web
from ecabinet.db import Base, transaction
from tests.builders import Browser, Cabinet
from tests.building.test_access import Way, ways
from tests.oversight.test_canaries import plant

# Each way out of a place in which a page shows a text, and each thing that one may do outside.
OUT = (
    "",
    '">',
    "'>",
    "`>",
    "</p>",
    "</script>",
    "</style>",
    "</title></textarea></select>",
    "-->",
    "]]>",
)
DOING = (
    "<x-canary>", "<script>hit=1</script>", "<img src=x onerror=hit=1>", "<svg/onload=hit=1>",
    "<iframe srcdoc='<x-canary>'>", "<object data=javascript:hit=1>", "<base href=//evil.example/>",
    "<math><mi><x-canary>", "<details open ontoggle=hit=1>", "<input autofocus onfocus=hit=1>",
    "<style>@import'//evil.example'</style>", "<a href=' javascript:hit=1'>",
    "<template><x-canary>", "<form action=javascript:hit=1>", "<meta http-equiv=refresh content=0>",
)  # fmt: skip
WAYS_OUT = (
    "\" onmouseover=\"hit=1", "' onmouseover='hit=1", " onmouseover=hit=1 ", "javascript:hit=1",
    *(out + doing for doing in DOING for out in OUT),
)  # fmt: skip
# What persons type, by the names of its columns; other columns take a few known words.
TYPED = {
    "name", "short_name", "title", "text", "words", "question", "summary", "place", "about",
    "giver", "taker", "office", "taker_office", "reason", "basis", "label", "browser",
}  # fmt: skip
READERS = ("thuky", "botruong.yte", "quantri")


def taint() -> int:
    """Put a way out into everything that persons have typed; into how many columns."""
    columns = 0
    with transaction() as db:
        for table in Base.metadata.sorted_tables:
            key = next(iter(table.primary_key.columns))
            named = [each for each in table.columns if each.name in TYPED]
            typed = [each for each in named if isinstance(each.type, String | Text)]
            # The log lets nobody change a row.
            if not typed or table.name == "activity":
                continue
            columns += len(typed)
            for turn, row in enumerate(db.execute(select(key)).scalars().all()):
                for place, column in enumerate(typed):
                    length = getattr(column.type, "length", None) or 400
                    begins = (7 * (columns + turn) + place) % len(WAYS_OUT)
                    text = " ".join([*WAYS_OUT[begins:], *WAYS_OUT[:begins]])
                    # Cut as the database would: what is cut may open what follows.
                    db.execute(update(table).where(key == row).values({column: text[:length]}))
    return columns


NEVER_OURS = {"x-canary", "iframe", "object", "base", "math", "style"}


class Elements(HTMLParser):
    """Whether any part of a page was made by what stands in it as text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.read = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        runs = [name for name, _ in attrs if name.startswith("on")]
        # What was typed may stand in a field's value; what is followed is another attribute.
        leads = [
            name
            for name, value in attrs
            if name != "value" and (value or "").strip().startswith("javascript:")
        ]
        is_bare = tag == "script" and not {"src", "type"} & {name for name, _ in attrs}
        if tag in NEVER_OURS or is_bare or runs or leads:
            self.found.append(str(self.get_starttag_text()))
        self.read += "".join(value or "" for _, value in attrs)

    def handle_data(self, data: str) -> None:
        self.read += data


def pages(browser: Browser, shown: list[Way]) -> dict[str, Elements]:
    """Each page that answers, of the first row of every table."""
    found: dict[str, Elements] = {}
    for way in shown:
        if way.method == "GET" and not way.rule.startswith("/static"):
            read(browser, way, 1, found)
    return found


def read(browser: Browser, way: Way, number: int, found: dict[str, Elements]) -> None:
    answer = browser.get(way.path(number))
    assert answer.status_code < 500, way
    if answer.mimetype == "text/html" and answer.status_code == 200:
        found[way.path(number)] = page = Elements()
        page.feed(answer.text)


def not_inert(
    cabinet: Cabinet, readers: tuple[str, ...], shown: list[Way]
) -> tuple[dict[str, list[str]], int]:
    """Pages with parts that nobody meant, and how many show such a text at all."""
    wrong, shows = {}, 0
    for username in readers:
        for path, page in pages(cabinet.browser(username), shown).items():
            shows += "hit=1" in page.read
            if page.found:
                wrong[f"{username}: {path}"] = page.found
    return wrong, shows


@pytest.mark.once
@pytest.mark.timeout(300)
def test_what_is_typed_makes_no_part_of_any_page(cabinet: Cabinet) -> None:
    plant(cabinet)
    assert len(WAYS_OUT) >= 150
    assert taint() >= 40
    wrong, shows = not_inert(cabinet, READERS, ways())
    assert wrong == {}
    assert shows > 30, "pages that show what was typed"


@pytest.mark.once
def test_a_page_that_shows_a_name_as_it_stands_is_found(
    cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(cabinet)
    taint()
    view: Callable[[], str] = cabinet.app.view_functions["directory.members"]

    def bare() -> str:
        return view().replace("&lt;", "<").replace("&gt;", ">").replace("&#34;", '"')

    vars(bare)["permission"] = web.permission_of(view)
    monkeypatch.setitem(cabinet.app.view_functions, "directory.members", bare)
    members = [each for each in ways() if each.rule == "/members"]
    wrong, _ = not_inert(cabinet, ("botruong.yte",), members)
    assert set(wrong) == {"botruong.yte: /members"}
