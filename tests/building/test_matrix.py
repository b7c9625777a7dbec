"""Each door that names a thing, by each reader, for each state of the thing, answers exactly what
`matrix.txt` says by hand; and of what is not theirs a reader is told nothing else than of what does
not exist (AC-03)."""

import io
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
from sqlalchemy import true
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, object_session
from werkzeug.test import TestResponse

from documents import access as documents_access
from documents import rules as documents_rules
from ecabinet import db, web
from ecabinet.access import POLICY, Actor, Permission, Role
from ecabinet.calendar import Calendar
from ecabinet.errors import Forbidden, NotFound
from meetings import access as meetings_access
from meetings import rules as meetings_rules
from meetings.models import Item, Meeting
from meetings.rules import State
from tasks import access as tasks_access
from tasks.models import Task
from tests.builders import Browser, Cabinet, Scene, statements_sent
from tests.building.test_access import Way, ways
from tests.building.world import (
    ABSENT,
    MINISTER,
    NEWCOMER,
    ONLY_AT,
    Things,
    a_note,
    own_things,
    world,
)
from tests.documents.builders import pdf
from tests.meetings.test_pages import HEAD
from tests.tasks.builders import day

CALENDAR = Calendar()
JSON = {"Accept": "application/json"}
# As the grid of `test_access` calls them; of the members one of whom things are, and one who came
# into office since.
READERS = {
    "TT": "thutuong", "PTT": "pttg1", "TV": MINISTER, "TVM": NEWCOMER, "TK": "thuky",
    "CV": "chuyenvien", "LĐ": "lanhdaovp", "VT": "vanthu", "CB": "canbo.taichinh",
    "ĐM": "canbo.yte", "QT": "quantri", "KT": "kiemtoan", "TM": "covan.xaydung",
    "ĐT": "thaymat.xaydung",
}  # fmt: skip
# Named by a secret, a channel or what one sends oneself, and by no number of a row.
NO_THING = ("<token>", "<secret>", "<channel>", "<digest>", "<path:")
# What is said there before anything is looked for, whatever is asked for: the ballot paper is gone,
# the signature is none; and where a page that is shown once leads when it is loaded again.
SAYS_FIRST = {
    "POST /consultations/<int:consultation_id>/ballots": (409, "refused"),
    "POST /consultations/<int:consultation_id>/classification": (409, "refused"),
    "POST /consultations/<int:consultation_id>/reserved-opinion": (409, "refused"),
    "POST /consultations/<int:consultation_id>/outside-signing": (409, "refused"),
    "POST /consultations/<int:consultation_id>/step-up": (409, "refused"),
    "POST /meetings/<int:meeting_id>/votes/<int:vote_id>/casts": (422, "signature_rejected"),
    "GET /persons/<int:person_id>/invitation": (200, None),
}
ARGUMENT = re.compile(r"<(?:int:)?(\w+)>")
# Where it is noted that somebody has asked.
NOTES_OF_ASKING = ("activity", "people_login")
WRITES = re.compile(r"(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)")


@dataclass(frozen=True)
class Reader:
    name: str
    cabinet: Cabinet
    browser: Browser
    actor: Actor
    states: dict[str, Things]
    token: dict[str, str]
    # The first of each kind that they were told where the policy shuts them out.
    refusals: dict[str, "Said"] = field(default_factory=dict)

    def asks(self, way: Way, things: Things, sent: dict[str, Any]) -> TestResponse:
        path = ARGUMENT.sub(lambda found: str(things[found[1]]), way.rule)
        if way.method == "GET":
            return self.browser.get(path, headers=JSON)
        return self.browser.client.post(path, headers=JSON | self.token, **sent)


def arguments(way: Way) -> list[str]:
    return ARGUMENT.findall(way.rule)


def doors() -> list[Way]:
    """Each once: a page and its question to a directory may share an address."""
    named = (each for each in ways() if "<" in each.rule)
    return sorted({each for each in named if not any(word in each.rule for word in NO_THING)})


def asked_of(way: Way, states: dict[str, Things]) -> list[str]:
    """The states of the thing that a door names."""
    wanted = set(arguments(way))
    return [
        state
        for state, things in states.items()
        if wanted <= things.keys()
        and ("meeting_id" in wanted) == ("meeting_id" in things)
        and ("within" not in things or len(wanted) > 1)
        and way.rule.endswith(ONLY_AT.get(state, ("",)))
    ]


# ---- what is sent where more than a number is asked for ----


def paper() -> tuple[io.BytesIO, str]:
    return io.BytesIO(pdf(1, "Noi dung moi")), "moi.pdf"


def sent_to(reader: Reader, way: Way, state: str) -> dict[str, Any]:
    """What a page would send there in this state."""
    make = SENT.get(way.rule)
    things = reader.states.get(state, {})
    made = make(reader, things) if make else ALWAYS_SENT.get(way.rule, {})
    return {"json": made[0]} if isinstance(made, tuple) else {"data": made}


def stands_for(reader: Reader) -> int:
    """Somebody who may stand for this reader, where there is anybody."""
    named = {
        "TV": "thaymat.xaydung", "TM": "thaymat.xaydung", "ĐT": "covan.xaydung",
        "CB": "canbo2.taichinh", "ĐM": "canbo2.yte",
    }  # fmt: skip
    office = "thuky" if reader.name == "CV" else "chuyenvien"
    return reader.cabinet.ids[named.get(reader.name, office)]


def today(reader: Reader, days: int = 0) -> str:
    return f"{day(reader.cabinet, days):%d/%m/%Y}"


def working_day(reader: Reader, ahead: int) -> str:
    end = CALENDAR.due(CALENDAR.start_of(day(reader.cabinet, 0)), ahead)
    return f"{CALENDAR.day_and_hour_of_end(end)[0]:%d/%m/%Y}"


def an_item(reader: Reader, things: Things) -> dict[str, Any]:
    return {"title": "Nội dung khác", "minutes": 20, "agency": "", "presenter": "", "dossier": ""}


def a_lodging(reader: Reader, things: Things) -> dict[str, Any]:
    return {
        "title": "Nghị quyết", "kind": "resolution", "submission_number": "71/TTr",
        "submission_day": "20/11/2026", "basis": "Luật", "proposal": "Ban hành", "contact": "An",
    }  # fmt: skip


Fields = Callable[[Reader, Things], Any]
# The same whatever is asked for; a body as a tuple of one.
ALWAYS_SENT: dict[str, Any] = {
    "/consultations/<int:consultation_id>/ballots": (
        {"pending": "0" * 32, "key": "0" * 32, "signature": "AAAA"},
    ),
    "/consultations/<int:consultation_id>/classification": (
        {"pending": "0" * 32, "key": "0" * 32, "signature": "AAAA"},
    ),
    "/consultations/<int:consultation_id>/reserved-opinion": (
        {"pending": "0" * 32, "key": "0" * 32, "signature": "AAAA"},
    ),
    "/consultations/<int:consultation_id>/classification/declined": {
        "words": "Không.",
        "proposal": 1,
    },
    "/consultations/<int:consultation_id>/outside-signing": ({"pending": "0" * 32},),
    "/consultations/<int:consultation_id>/step-up": ({"pending": "0" * 32},),
    "/consultations/<int:consultation_id>/early-comments": {"words": "Xin làm rõ Điều 4."},
    "/consultations/<int:consultation_id>/corrections": {"words": "Sửa tên."},
    "/devices/<public_id>/confirm": {"met": "yes"},
    "/dossiers/<int:dossier_id>/lodging": {"explanation": "Gửi sau."},
    "/consultations/<int:consultation_id>/refusals": {"person": 1, "reason": "Gửi muộn"},
    "/consultations/<int:consultation_id>/withdrawals": {"reason": "Gửi nhầm"},
    "/dossiers/<int:dossier_id>/return": {"reason": "Thiếu"},
    "/dossiers/<int:dossier_id>/secret-papers": {"place": "Phòng 1"},
    "/editions/<int:edition_id>/notes/<note_id>/place": ({"page": 1, "since": 0},),
    "/editions/<int:edition_id>/notes/<note_id>/share": ({"mandates": [], "since": 0},),
    "/meetings/<int:meeting_id>/attendance": {"how": "online"},
    "/meetings/<int:meeting_id>/attendance/<int:person_id>": {"how": "absent"},
    "/meetings/<int:meeting_id>/items/<int:item_id>/conclude": {"text": "Thống nhất"},
    "/meetings/<int:meeting_id>/items/<int:item_id>/defer": {"reason": "Để sau"},
    "/meetings/<int:meeting_id>/items/<int:item_id>/move": {"stood": 1, "direction": "down"},
    "/meetings/<int:meeting_id>/operators/<int:person_id>": {"named": "no"},
    "/meetings/<int:meeting_id>/return": {"reason": "Thiếu"},
    "/meetings/<int:meeting_id>/substitutes/<int:mandate_id>/refuse": {"reason": "Không"},
    "/meetings/<int:meeting_id>/votes/<int:vote_id>/casts": (
        {"statement": "{}", "opinion": "", "signature": "AAAA", "key": "0" * 32},
    ),
    "/meetings/<int:meeting_id>/votes/<int:vote_id>/step-up": ({"statement_sha256": "0" * 64},),
    "/offices/<int:office_id>/rename": {"title": "Tên khác", "basis": "QĐ 1"},
    "/papers/<int:paper_id>/handling": {"handling": "read"},
    "/papers/<int:paper_id>/particulars": {"title": "Tên khác", "kind": "other"},
    "/tasks/<int:task_id>/refuse": {"reason": "Không thuộc chức năng"},
    "/tasks/<int:task_id>/report": {"words": "Đã xong"},
    "/tasks/<int:task_id>/return": {"reason": "Thiếu"},
    "/tasks/<int:task_id>/update": {"words": "Đang làm"},
}
SENT: dict[str, Fields] = {
    "/agencies/<int:agency_id>/move": lambda reader, things: {
        "basis": "QĐ 1",
        "parent": reader.cabinet.agencies["taichinh"],
    },
    "/agencies/<int:agency_id>/rename": lambda reader, things: {
        "name": "Bộ Mới",
        "short_name": "BM",
        "code": "",
        "day": today(reader),
        "basis": "NQ 1",
    },
    "/consultations/<int:consultation_id>/replies": lambda reader, things: {
        "person": reader.cabinet.ids[MINISTER],
        "kind": "accepted",
        "words": "Tiếp thu.",
        "seen": things.get("reply", "x"),
    },
    "/consultations/<int:consultation_id>/classifications": lambda reader, things: {
        "person": reader.cabinet.ids[MINISTER],
        "reading": "agreement",
        "reason": "Về hình thức.",
    },
    "/consultations/<int:consultation_id>/classifications/taken-back": lambda reader, things: {
        "person": reader.cabinet.ids[MINISTER],
        "proposal": 1,
    },
    "/consultations/<int:consultation_id>/classification/paper": lambda reader, things: (
        {"key_id": reader.states["asked"]["key_id"]},
    ),
    "/consultations/<int:consultation_id>/reserved-opinion/paper": lambda reader, things: (
        {
            "opinion": "Xin bảo lưu.",
            "outcome_leaf": things.get("outcome_leaf", 1),
            "key_id": reader.states["asked"]["key_id"],
        },
    ),
    "/consultations/<int:consultation_id>/decision": lambda reader, things: {
        "decided": "return",
        "reason": "Bổ sung",
        "seen": things.get("result", "x"),
    },
    "/consultations/<int:consultation_id>/proposals": lambda reader, things: {
        "person": reader.cabinet.ids[MINISTER],
        "choice": "agree",
    },
    "/consultations/<int:consultation_id>/ends": lambda reader, things: {
        "last": working_day(reader, 9),
        "reason": "Thêm thời gian",
    },
    "/approvals/<int:request_id>/confirm": lambda reader, things: {
        "digest": things.get("digest", "x")
    },
    "/approvals/<int:request_id>/refuse": lambda reader, things: {
        "digest": things.get("digest", "x"),
        "reason": "Chưa đúng",
    },
    "/consultations/<int:consultation_id>/advisers": lambda reader, things: {
        "person": stands_for(reader),
        "words": "",
    },
    "/consultations/<int:consultation_id>/approve": lambda reader, things: {
        "seen": things.get("seen", "x")
    },
    "/consultations/<int:consultation_id>/edit": lambda reader, things: {
        "seen": things.get("draft", "x"),
        "dossier_id": things.get("dossier", 1),
        "question": "Khác?",
        "summary": "",
        "window_days": 2,
    },
    "/consultations/<int:consultation_id>/paper": lambda reader, things: (
        {
            "choice": "agree",
            "opinion": "",
            "key_id": reader.states["asked"]["key_id"],
            "follows": reader.states["asked"]["follows"],
        },
    ),
    "/dossiers/<int:dossier_id>/advisers": lambda reader, things: {
        "person": stands_for(reader),
        "last": today(reader, 7),
        "words": "",
    },
    "/dossiers/<int:dossier_id>/papers": lambda reader, things: {
        "title": "Khác",
        "kind": "other",
        "file": paper(),
    },
    "/dossiers/<int:dossier_id>/particulars": a_lodging,
    "/editions/<int:edition_id>/notes": lambda reader, things: ({"notes": [a_note()], "since": 0},),
    "/handovers/<int:handover_id>/sign": lambda reader, things: {"seen": things.get("seen", "x")},
    "/handovers/<int:handover_id>/signer": lambda reader, things: {
        "person": stands_for(reader),
        "words": "",
    },
    "/meetings/<int:meeting_id>/convene": lambda reader, things: {"draft": things.get("draft", 1)},
    "/meetings/<int:meeting_id>/head": lambda reader, things: (
        HEAD | {"chair": reader.cabinet.ids["thutuong"], "draft": 1}
    ),
    "/meetings/<int:meeting_id>/items": an_item,
    "/meetings/<int:meeting_id>/items/<int:item_id>/edit": lambda reader, things: (
        an_item(reader, things) | {"draft": things.get("item_draft", 1)}
    ),
    "/meetings/<int:meeting_id>/items/<int:item_id>/papers": lambda reader, things: {
        "title": "Báo cáo",
        "kind": "other",
        "file": paper(),
    },
    "/meetings/<int:meeting_id>/items/<int:item_id>/readers": lambda reader, things: {
        "person": reader.cabinet.ids[MINISTER],
        "named": "yes",
        "reason": "Cần biết",
    },
    "/meetings/<int:meeting_id>/items/<int:item_id>/remove": lambda reader, things: {
        "draft": things.get("item_draft", 1)
    },
    "/meetings/<int:meeting_id>/seats": lambda reader, things: {
        "person": reader.cabinet.ids["kiemtoan"],
        "role": "invitee",
    },
    "/meetings/<int:meeting_id>/substitutes": lambda reader, things: {
        "person": stands_for(reader),
        "reason": "Đi vắng",
    },
    "/meetings/<int:meeting_id>/votes": lambda reader, things: {
        "item": things.get("item_id", 1),
        "question": "Có không?",
    },
    "/papers/<int:paper_id>/editions": lambda reader, things: {"file": paper()},
    "/papers/<int:paper_id>/removals": lambda reader, things: {
        "reason": "Gửi nhầm",
        "edition": things.get("edition_id", 1),
    },
    "/papers/<int:paper_id>/replacements": lambda reader, things: {
        "reason": "Sai",
        "file": paper(),
    },
    "/consultations/<int:consultation_id>/paper-ballots": lambda reader, things: {
        "person": reader.cabinet.ids["thutuong"],
        "choice": "agree",
        "reason": "Đi xa",
        "file": paper(),
    },
    "/persons/<int:person_id>/suspensions": lambda reader, things: {
        "starts": today(reader),
        "ends": "",
        "basis": "QĐ 1",
    },
    "/persons/<int:person_id>/terms": lambda reader, things: {
        "office": reader.states["person"]["office_id"],
        "starts": today(reader),
        "ends": "",
        "basis": "QĐ 1",
    },
    "/secret-papers/<int:secret_paper_id>/copies": lambda reader, things: {
        "person": reader.cabinet.ids[MINISTER],
        "number": "02/10",
    },
    "/suspensions/<int:suspension_id>/lift": lambda reader, things: {
        "ends": today(reader, 120),
        "basis": "QĐ 1",
    },
    "/tasks/<int:task_id>/assign-again": lambda reader, things: {
        "lead": reader.cabinet.agencies["xaydung"],
        "deadline": today(reader, 9),
    },
    "/offices/<int:office_id>/close": lambda reader, things: {
        "day": today(reader),
        "basis": "QĐ 1",
    },
    "/terms/<int:term_id>/end": lambda reader, things: {"ends": today(reader), "basis": "QĐ 1"},
}


# ---- one reader, at each door ----


class Said(NamedTuple):
    status: int
    words: dict[str, object]


def said(answer: TestResponse) -> Said:
    words = dict(answer.json or {}) if answer.is_json and answer.status_code >= 400 else {}
    # Each answer is called otherwise.
    words.pop("request", None)
    return Said(answer.status_code, words)


def outcome(way: Way, answer: TestResponse, absent: Said, written: set[str]) -> str:
    """ "x": shown or done; "-": as if it did not exist; "(": a rule says why not; "[": not theirs
    to do, though they know of it."""
    told = said(answer)
    if told.status < 400:
        return "x" if way.method == "GET" or written else "="
    if told == absent:
        return "-"
    code = told.words.get("code")
    if code in ("bad_input", "not_asked_for", "failed", "not_found") or told.status >= 500:
        return f"!{told}"
    return "[" if code == "forbidden" else "("


def at_each_door(reader: Reader, way: Way, back: Callable[[], None]) -> Iterator[tuple[str, str]]:
    """How this reader fares at a door in each state of the thing."""
    asked = asked_of(way, reader.states)
    if not reader.actor.may(way.permission):
        # Whom the policy shuts out is told so, there as everywhere, whatever they ask for.
        things = {"meeting_id": ABSENT} | dict.fromkeys(arguments(way), ABSENT)
        things = reader.states[asked[0]] if asked else things
        yield "whatever", shut_out(reader, said(reader.asks(way, things, {"data": {}})))
        return
    absent = said(reader.asks(way, nothing_of(way), sent_to(reader, way, next(iter(asked), ""))))
    yield "nothing", "-" if is_absent(way, absent) else f"!{absent}"
    for state in asked:
        things, same = reader.states[state], absent
        if "within" in things:
            own = {things["within"]: things[things["within"]]}
            same = said(reader.asks(way, nothing_of(way) | own, sent_to(reader, way, state)))
        with statements_sent() as sent:
            answer = reader.asks(way, things, sent_to(reader, way, state))
        written = {name for each in sent for name in WRITES.findall(each)} - {*NOTES_OF_ASKING}
        yield state, outcome(way, answer, same, written)
        if way.method == "POST" and answer.status_code < 400:
            back()


def nothing_of(way: Way) -> Things:
    return dict.fromkeys(arguments(way), ABSENT)


def is_absent(way: Way, told: Said) -> bool:
    own = SAYS_FIRST.get(name_of(way), (404, "not_found"))
    return (told.status, told.words.get("code")) == own


def shut_out(reader: Reader, told: Said) -> str:
    code = str(told.words.get("code"))
    same = reader.refusals.setdefault(code, told)
    is_right = told.status == 403 and code in ("forbidden", "not_delegable")
    return "-" if is_right and told == same else f"!{told}"


def reader_of(cabinet: Cabinet, name: str, scene: dict[str, Things]) -> Reader:
    username = READERS[name]
    browser = cabinet.browser(username)
    states = scene | own_states(cabinet, name, scene)
    token = {"X-CSRF-Token": browser.token()}
    return Reader(name, cabinet, browser, cabinet.actor(username), states, token)


def own_states(cabinet: Cabinet, name: str, scene: dict[str, Things]) -> dict[str, Things]:
    other = "thutuong" if name != "TT" else "pttg1"
    made = {}
    for whose, username in (("one's own", READERS[name]), ("another's", other)):
        mandate = MANDATES.get(username, (username, "chuyenvien2"))
        edition = readable(whose, name, scene)
        for kind, things in own_things(cabinet, username, edition, mandate).items():
            made[f"{kind}, {whose}"] = things
    return made


# Who gives a mandate to whom, where it is not the reader to somebody of the Office.
MANDATES = {
    MINISTER: (MINISTER, "thaymat.xaydung"),
    NEWCOMER: (MINISTER, "thaymat.xaydung"),
    "canbo.yte": ("botruong.yte", "canbo.yte"),
    "canbo.taichinh": ("botruong.taichinh", "canbo.taichinh"),
    "covan.xaydung": (MINISTER, "covan.xaydung"),
    "thaymat.xaydung": (MINISTER, "thaymat.xaydung"),
}
READS_ONE = {
    "ĐM": "draft", "CB": "draft of another", "TK": "lodged", "CV": "lodged",
    "LĐ": "lodged", "KT": "lodged", "QT": "", "TVM": "",
}  # fmt: skip


def readable(whose: str, name: str, scene: dict[str, Things]) -> int | None:
    """An edition that this reader may read, if there is any."""
    state = READS_ONE.get(name, "handed out") if whose == "one's own" else "handed out"
    return scene[state]["edition_id"] if state else None


def kept() -> Callable[[], None]:
    """Puts the database back to what it is now."""
    store = db.database()
    store.close()
    path = Path(make_url(web.settings().database).database or "")
    copy = path.with_suffix(".kept")
    shutil.copy(path, copy)

    def back() -> None:
        store.close()
        for each in path.parent.glob(f"{path.name}-*"):
            each.unlink()
        shutil.copy(copy, path)

    return back


# ---- what is written of it ----

Table = dict[tuple[str, str], dict[str, str]]
MARKS = {"(": "(", "[": "[", "{": "="}


def table() -> Table:
    """Door and state: the readers who are told anything, and what."""
    found: Table = {}
    for block in (Path(__file__).parent / "matrix.txt").read_text().split("\n\n")[1:]:
        lines = block.strip("\n").splitlines()
        rows = [line for line in lines if line.startswith(" ")]
        for door in lines[: len(lines) - len(rows)]:
            found |= {(door, ""): {}}
            for state, *signs in (re.split(r" {2,}", row.strip(), maxsplit=1) for row in rows):
                found[door, state] = dict(_signs(" ".join(signs)))
    return found


def _signs(row: str) -> Iterator[tuple[str, str]]:
    for mark, bracketed, bare in re.findall(r"([(\[{])([^)\]}]*)|([^\s()\[\]{}]+)", row):
        yield from ((name, MARKS[mark]) for name in bracketed.split()) if mark else [(bare, "x")]


def name_of(way: Way) -> str:
    return f"{way.method} {way.rule}"


def differs(
    reader: Reader, ways: Iterable[Way], back: Callable[[], None], written: Table
) -> tuple[int, list[object]]:
    """How many cases there were, and those that are answered otherwise than is written."""
    cases, found = 0, []
    for way in ways:
        for state, sign in at_each_door(reader, way, back):
            cases += 1
            wanted = written.get((name_of(way), state), {}).get(reader.name, "-")
            if sign != wanted:
                found.append((reader.name, name_of(way), state, sign, wanted))
    return cases, found


pytestmark = pytest.mark.once
in_the_world = pytest.mark.begins(at=world)


@in_the_world
@pytest.mark.timeout(1_200)
def test_each_door_answers_each_reader_as_is_written(cabinet: Cabinet, scene: Scene) -> None:
    written, cases, found = table(), 0, list[object]()
    for name in READERS:
        reader = reader_of(cabinet, name, scene.told)
        of_this, otherwise = differs(reader, doors(), kept(), written)
        cases, found = cases + of_this, found + otherwise
    assert found == []
    assert cases >= 5_000


def test_the_matrix_is_of_the_doors_that_there_are() -> None:
    assert {door for door, state in table() if not state} == {name_of(way) for way in doors()}


# ---- whom the policy lets in, and nobody else is there to be let in ----

ROLES = {
    "TT": Role.PRIME_MINISTER, "PTT": Role.DEPUTY_PM, "TV": Role.MEMBER, "TVM": Role.MEMBER,
    "TK": Role.SECRETARY, "CV": Role.SPECIALIST, "LĐ": Role.OFFICE_LEADER, "VT": Role.CLERK,
    "CB": Role.AGENCY_STAFF, "ĐM": Role.FOCAL_POINT, "QT": Role.ADMINISTRATOR, "KT": Role.AUDITOR,
    "TM": Role.ADVISER, "ĐT": Role.SUBSTITUTE,
}  # fmt: skip
# Nothing here is in a state for it; the room's own tests show who may (`--every-door` asks for it).
ELSEWHERE = {
    "POST /consultations/<int:consultation_id>/refusals",
    "POST /consultations/<int:consultation_id>/ballots",
    "POST /consultations/<int:consultation_id>/classification",
    "POST /consultations/<int:consultation_id>/classifications",
    "POST /consultations/<int:consultation_id>/reserved-opinion",
    "POST /consultations/<int:consultation_id>/outside-signing",
    "POST /consultations/<int:consultation_id>/step-up",
    "POST /meetings/<int:meeting_id>/votes/<int:vote_id>/casts",
    "POST /agencies/<int:agency_id>/rehome",
    "POST /persons/<int:person_id>/invitation",
    "POST /persons/<int:person_id>/unlock",
}
# Of these the room's tests show each role that may.
SHOWN_FOR_EACH = {
    "POST /consultations/<int:consultation_id>/classification",
    "POST /consultations/<int:consultation_id>/classifications",
    "POST /consultations/<int:consultation_id>/reserved-opinion",
    "POST /consultations/<int:consultation_id>/refusals",
}
# Why nobody of these roles is ever let in although the door asks for no more than a permission that
# they have: whose the thing is shuts them out, whatever there is.
NOBODY: list[tuple[str, str, frozenset[Role]]] = [
    ("the administrator runs the system and reads no paper",
     r"GET /dossiers/<int:dossier_id>$|GET /papers/.*(_id>|/edition|/line)$"
     r"|GET /editions/.*/(changes|file|notes|notes.pdf|page1.webp)$|POST /editions/",
     frozenset({Role.ADMINISTRATOR})),
    ("opinions are those of the agency that drafts: here of the staff who have mandates as well",
     r"GET /consultations/.*/(opinions|early-comments)|POST /consultations/.*/replies$",
     frozenset({Role.AGENCY_STAFF, Role.FOCAL_POINT})),
    ("what is done by two is asked for, confirmed and examined by the Office and the administrator",
     r"GET /approvals/",
     frozenset(Role) - {Role.SECRETARY, Role.SPECIALIST, Role.OFFICE_LEADER, Role.ADMINISTRATOR,
                        Role.AUDITOR}),
    ("of what waits here these are the second persons; a specialist of a ballot on paper",
     r"POST /approvals/.*/(confirm|refuse)$",
     frozenset(Role) - {Role.SPECIALIST, Role.OFFICE_LEADER, Role.ADMINISTRATOR}),
    ("whoever asked takes it back: those who ask for acts of two",
     r"POST /approvals/.*/withdraw$",
     frozenset(Role) - {Role.SECRETARY, Role.SPECIALIST, Role.OFFICE_LEADER, Role.ADMINISTRATOR}),
    ("a paper that is to replace another is read by those who ask for it, decide or examine it",
     r"GET /replacements/<int:request_id>(/file|/page1.webp)?$",
     frozenset(Role) - {Role.SECRETARY, Role.SPECIALIST, Role.OFFICE_LEADER, Role.AUDITOR}),
    ("the sheet names who answered what; members read the result on its page, without names",
     r"GET /consultations/.*/(result.pdf|paper-ballots/<int:member_id>/file)$",
     frozenset({Role.MEMBER})),
    ("members alone have keys; a secretary and the administrator end them",
     r"POST /devices/<public_id>/revoke$",
     frozenset(Role) - {Role.PRIME_MINISTER, Role.DEPUTY_PM, Role.MEMBER, Role.SECRETARY,
                        Role.ADMINISTRATOR}),
    ("only the chair says who operates by their order",
     r"POST /meetings/.*/operators/", frozenset({Role.SECRETARY})),
    ("who examines, or sits in for another, reads papers here and takes none away",
     r"GET /meetings/.*/book.pdf$", frozenset({Role.AUDITOR, Role.SUBSTITUTE})),
    ("a place is laid down by the member who is away or by whoever sits there",
     r"POST /meetings/.*/substitutes/.*/end$",
     frozenset({Role.SECRETARY, Role.SPECIALIST, Role.OFFICE_LEADER, Role.CLERK, Role.AUDITOR})),
]  # fmt: skip


def has_nobody(door: str) -> frozenset[Role]:
    return frozenset().union(*(roles for _, which, roles in NOBODY if re.match(which, door)))


def test_each_role_that_the_policy_lets_in_is_let_in_by_some_state() -> None:
    """Or it says why there is none (AC-01)."""
    served: dict[str, set[Role]] = {}
    for (door, _), signs in table().items():
        served.setdefault(door, set()).update(ROLES[each] for each in signs if signs[each] == "x")
    for way in doors():
        door, may = name_of(way), POLICY[way.permission]
        assert (served[door] == set()) == (door in ELSEWHERE), door
        if door in ELSEWHERE:
            assert len(may) == 1 or door in SHOWN_FOR_EACH, door
            continue
        assert served[door] & may == may - has_nobody(door), door


# ---- and a house in which it is otherwise ----


def shows_a_dossier_to_anybody(_: Cabinet, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(documents_access, "may_read", lambda *_: True)


def shows_another_agencys_task(_: Cabinet, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(tasks_access, "readable", lambda _actor: true())


def says_whose_task_it_is(_: Cabinet, patch: pytest.MonkeyPatch) -> None:
    def telling(db: Session, actor: Actor, number: int) -> Task:
        task = db.get(Task, number)
        if task is None:
            raise NotFound("no task")
        if not actor.may(Permission.TASK_READ_ALL) and task.lead_agency_id not in actor.agencies:
            raise Forbidden("another agency's")
        return task

    patch.setattr(tasks_access, "task_to_read", telling)


def takes_an_item_of_another_meeting(_: Cabinet, patch: pytest.MonkeyPatch) -> None:
    def any_item(meeting: Meeting, item_id: int) -> Item:
        found = object_session(meeting).get(Item, item_id)
        if found is None:
            raise NotFound("no item")
        return found

    patch.setattr(meetings_access, "item_of", any_item)


def shows_what_is_planned(_: Cabinet, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(meetings_rules, "PUBLISHED", frozenset(State))


def shows_nothing_of_a_session(_: Cabinet, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(meetings_access, "may_read", lambda *_: False)


def asks_for_less(cabinet: Cabinet, patch: pytest.MonkeyPatch) -> None:
    views = cabinet.app.view_functions
    bare = cast(Any, views["directory.person"]).__wrapped__
    patch.setitem(views, "directory.person", web.needs(Permission.SIGNED_IN)(bare))


def shows_the_office_what_an_agency_drafts(_: Cabinet, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        documents_rules, "may_read",
        lambda **given: given["reads_every_dossier"] or given["is_theirs"] or given["handed_out"],
    )  # fmt: skip


@in_the_world
@pytest.mark.parametrize(
    ("broken", "name", "place"),
    [
        (shows_a_dossier_to_anybody, "VT", "GET /dossiers/"),
        (shows_another_agencys_task, "CB", "GET /tasks/"),
        (says_whose_task_it_is, "CB", "GET /tasks/"),
        (takes_an_item_of_another_meeting, "TT", "POST /meetings/<int:meeting_id>/items/"),
        (shows_what_is_planned, "TV", "GET /meetings/"),
        (shows_nothing_of_a_session, "TV", "GET /meetings/"),
        (asks_for_less, "TV", "GET /persons/"),
        (shows_the_office_what_an_agency_drafts, "TK", "POST /secret-papers/"),
    ],
)
def test_a_house_that_answers_otherwise_is_found(
    cabinet: Cabinet, scene: Scene, monkeypatch: pytest.MonkeyPatch,
    broken: Callable[[Cabinet, pytest.MonkeyPatch], None], name: str, place: str,
) -> None:  # fmt: skip
    reader = reader_of(cabinet, name, scene.told)
    there = [way for way in doors() if name_of(way).startswith(place)]
    broken(cabinet, monkeypatch)
    assert differs(reader, there, kept(), table())[1]
