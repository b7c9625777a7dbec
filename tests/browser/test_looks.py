"""Every page as its readers meet it: for everybody, at every size, in both languages.

`make test` looks at each kind of page once, as the reader sees it who uses it most; `make audit`
walks through all of them.
"""

import io
import random
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pikepdf
import pypdf
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect
from pysqlite3 import dbapi2

from ecabinet.incoming import PIECE
from tests.ballots.builders import a_paper
from tests.browser import papers
from tests.browser.person import DESKTOP, HANOI, PHONE, TABLET, UPRIGHT
from tests.browser.reader import NOTHING, ROOT, Reader, Size
from tests.documents.builders import pages
from tests.server import Server, serving_demo

SIZES = (DESKTOP, TABLET, UPRIGHT, PHONE)

# What the demo makes first: a session convened and one in draft, a question closed and one open.
SESSION, DRAFT, CLOSED, OPEN = "/meetings/1", "/meetings/2", "/consultations/1", "/consultations/2"
LIVE, HALL = f"{SESSION}/live", f"{SESSION}/hall"
DOSSIER, FIRST, PAPER, TASK, FOUND = (
    "/dossiers/1",
    "/papers/1",
    "/papers/6",
    "/tasks/8",
    "/search?q=nghị định",
)
LODGED, BEGUN = "/dossiers/4", "/dossiers/5"
REQUEST, PERSON = "/approvals/1", "/persons/10"
# What only shows itself once the session has ordered something, and somebody has answered.
ORDERED, RECEIPT, HANDOVER = "{ordered}", "{receipt}", "{handover}"
CHANGED, ON_PAPER = "{changed}", "{on_paper}"

SECRETARY, PREMIER, MINISTER, STAFF, AUDITOR, KEEPER, LEADER = (
    "thuky", "thutuong", "botruong.yte", "canbo.xaydung", "kiemtoan", "quantri", "lanhdaovp",
)  # fmt: skip

ADVISER = "canbo.yte"

# Each reader, and the size at which they read most.
READERS: dict[str, Size] = {
    SECRETARY: DESKTOP, PREMIER: TABLET, MINISTER: PHONE, STAFF: PHONE, AUDITOR: UPRIGHT,
    KEEPER: DESKTOP, LEADER: TABLET,
}  # fmt: skip

# Each kind of page, by its template, with the reader who uses it most.
KINDS = {
    "home/home.html": (PREMIER, "/"),
    "home/duties.html": (MINISTER, "/duties"),
    "home/inbox.html": (MINISTER, "/inbox"),
    "home/approvals.html": (LEADER, "/approvals"),
    "home/approval.html": (KEEPER, REQUEST),
    "meetings/meetings.html": (MINISTER, "/meetings"),
    "meetings/new.html": (SECRETARY, "/meetings/new"),
    "meetings/builder.html": (SECRETARY, DRAFT),
    "meetings/agenda.html": (MINISTER, SESSION),
    "meetings/urgent.html": (MINISTER, "/urgent-decisions"),
    "meetings/urgent_new.html": (SECRETARY, "/urgent-decisions/new"),
    "meetings/openings.html": (SECRETARY, f"{SESSION}/openings"),
    "meetings/live.html": (PREMIER, LIVE),
    "meetings/hall.html": (SECRETARY, HALL),
    "ballots/consultations.html": (MINISTER, "/consultations"),
    "ballots/opinions.html": (AUDITOR, f"{CLOSED}/opinions"),
    "ballots/mine.html": (MINISTER, "/consultations/mine"),
    "figures/figures.html": (LEADER, "/figures"),
    "ballots/draft.html": (SECRETARY, "/consultations/new"),
    "ballots/consultation.html": (SECRETARY, OPEN),
    "ballots/answer.html": (MINISTER, f"{OPEN}/answer"),
    "ballots/receipt.html": (PREMIER, RECEIPT),
    "ballots/paper_ballot.html": (SECRETARY, ON_PAPER),
    "ballots/result.html": (AUDITOR, CLOSED),
    "documents/dossiers.html": (SECRETARY, "/dossiers"),
    "documents/dossier.html": (SECRETARY, DOSSIER),
    "documents/reader.html": (MINISTER, PAPER),
    "documents/changes.html": (SECRETARY, CHANGED),
    "documents/side_by_side.html": (SECRETARY, f"{CHANGED}/side-by-side"),
    "documents/vault.html": (MINISTER, "/vault"),
    "documents/removal.html": (LEADER, f"{PAPER}/removal"),
    "documents/incidents.html": (AUDITOR, "/removals"),
    "home/search.html": (MINISTER, FOUND),
    "documents/vaults.html": (MINISTER, "/vaults"),
    "tasks/tasks.html": (PREMIER, "/tasks"),
    "tasks/assign.html": (PREMIER, "/tasks/assign"),
    "tasks/task.html": (STAFF, TASK),
    "tasks/conclusion.html": (STAFF, f"{ORDERED}/conclusion"),
    "people/devices.html": (MINISTER, "/devices"),
    "people/notices.html": (MINISTER, "/me/notices"),
    "handover/handovers.html": (MINISTER, "/handovers"),
    "handover/handover.html": (MINISTER, HANDOVER),
    "people/mandates.html": (KEEPER, "/mandates"),
    "people/pending.html": (SECRETARY, "/devices/pending"),
    "people/members.html": (PREMIER, "/members"),
    "people/persons.html": (KEEPER, "/persons"),
    "people/new_person.html": (KEEPER, "/persons/new"),
    "people/person.html": (KEEPER, PERSON),
    "people/import.html": (KEEPER, "/import"),
    "people/offices.html": (AUDITOR, "/offices"),
    "people/agencies.html": (KEEPER, "/agencies"),
    "people/password.html": (MINISTER, "/password"),
    "people/recovery_codes.html": (MINISTER, "/recovery-codes"),
    "people/authenticator.html": (MINISTER, "/authenticator"),
    "exchange/deliveries.html": (KEEPER, "/exchange/deliveries"),
    "dates/calendar.html": (MINISTER, "/calendar"),
    "dates/days.html": (KEEPER, "/calendar/days"),
    "oversight/activity.html": (AUDITOR, "/activity"),
    "oversight/rights.html": (AUDITOR, "/rights"),
    "error.html": (MINISTER, NOTHING),
}
# Those that a stranger meets.
DOOR = {
    "people/sign_in.html": "/sign-in", "people/code.html": "/sign-in/code",
    "people/recovery.html": "/sign-in/recovery", "oversight/verify.html": "/verify",
}  # fmt: skip

# Seen once, in this folder: behind a link or on the way back (test_invitation.py, test_outside.py),
# from the device itself (test_vault.py), as the answer to a press, once an opinion waits for how it
# counts (test_classified.py), beside a result (test_reserved.py), and once a member has released a
# comment (test_early.py).
SEEN_ONCE = {
    "documents/removed.html", "documents/incident.html",
    "documents/kept.html", "people/invitation.html", "people/outside.html", "dates/feed.html",
    "ballots/classify.html", "ballots/classified.html", "ballots/reserve.html",
    "ballots/reserved.html", "ballots/early.html",
}  # fmt: skip

# Everything that each of them may meet.
WALKS = {
    SECRETARY: (
        "/", "/duties", "/inbox", "/meetings", "/meetings/new", SESSION, DRAFT, LIVE,
        "/consultations", "/consultations/new", OPEN, CLOSED,
        "/dossiers", DOSSIER, LODGED, PAPER, FOUND, "/tasks", TASK, "/devices", "/devices/pending",
    ),
    PREMIER: (
        "/", "/inbox", "/meetings", SESSION, LIVE, OPEN, CLOSED, RECEIPT, PAPER, "/tasks",
        "/tasks/assign", f"{ORDERED}/conclusion",
    ),
    MINISTER: (
        "/", "/duties", "/inbox", "/meetings", SESSION, LIVE, HALL, "/consultations", OPEN,
        f"{OPEN}/answer", "/consultations/mine", CLOSED, "/dossiers", DOSSIER, PAPER, FOUND,
        "/tasks", TASK, "/devices", "/password", "/recovery-codes", "/authenticator", "/me/notices",
        "/calendar", NOTHING,
    ),
    STAFF: (
        "/", "/duties", "/inbox", "/dossiers", BEGUN, "/tasks", TASK, ORDERED,
        f"{ORDERED}/conclusion", "/devices",
    ),
    KEEPER: (
        "/", "/persons", "/persons/new", PERSON, "/import", "/offices", "/agencies", "/members",
        "/approvals", REQUEST, "/exchange/deliveries", "/calendar/days", "/activity", "/rights",
    ),
    LEADER: ("/", "/figures", "/inbox", "/approvals", REQUEST, "/persons", PERSON, "/members"),
    AUDITOR: (
        "/", "/persons", "/approvals", "/meetings", "/consultations", CLOSED, "/dossiers",
        DOSSIER, "/tasks", TASK, "/activity", "/rights", "/calendar",
    ),
}  # fmt: skip


def test_each_kind_of_page_is_looked_at() -> None:
    bases = {"layout.html", "desk.html", "_page.html", "ballots/_receipt.html"}
    pages = {
        str(each.relative_to(ROOT / "templates"))
        for each in (ROOT / "templates").rglob("*.html")
        if any(f'{{% extends "{base}" %}}' in each.read_text() for base in bases)
    }
    assert pages - bases == KINDS.keys() | DOOR.keys() | SEEN_ONCE


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving_demo(tmp_path_factory.mktemp("looks") / "var") as server:
        yield server


@pytest.fixture(scope="module")
def readers(chromium: Browser, server: Server) -> dict[str, Reader]:
    """Everybody signed in on the morning of the session, which is under way."""
    server.forward_to_the_session(10)
    readers = {name: Reader(chromium, server, name, size) for name, size in READERS.items()}
    for reader in readers.values():
        reader.signs_in()
    secretary, premier = readers[SECRETARY], readers[PREMIER]
    parts = secretary.page.request.get(f"{server.url}{SESSION}/state").json()["parts"]
    members = [part["person"] for name, part in parts.items() if "seat:" in name and part["counts"]]
    for person in members[:20]:
        secretary.posts(f"{SESSION}/attendance/{person}", how="hall")
    premier.posts(f"{SESSION}/open")
    first, second, *_ = [name[5:] for name in parts if "item:" in name]
    premier.posts(f"{SESSION}/items/{first}/call")
    premier.posts(
        f"{SESSION}/items/{first}/conclude",
        text="Thông qua chương trình phiên họp.",
        order="Giao Bộ Xây dựng báo cáo tiến độ các dự án nhà ở xã hội.",
    )
    premier.posts(f"{SESSION}/items/{second}/call")
    readers[MINISTER].posts(f"{SESSION}/floor")
    return readers


@pytest.fixture(scope="module")
def places(readers: dict[str, Reader], server: Server) -> dict[str, str]:
    """Where the pages are whose addresses nobody knows beforehand."""
    with dbapi2.connect(server.folder / "ecabinet.db") as db:
        (order,) = db.execute("SELECT max(id) FROM meetings_order").fetchone()
        building = "SELECT id FROM people_agency WHERE name = 'Bộ Xây dựng'"
        (agency,) = db.execute(building).fetchone()
        first = (
            "SELECT key FROM ballots_ballot JOIN people_person person ON person.id = person_id"
            " WHERE username = ?"
        )
        (key,) = db.execute(first, [PREMIER]).fetchone()
        own = (
            "SELECT term.id FROM people_term term JOIN people_person person"
            " ON person.id = term.person_id WHERE username = ?"
        )
        (term,) = db.execute(own, [MINISTER]).fetchone()
        taker = "SELECT id FROM people_person WHERE username = 'canbo.yte'"
        (official,) = db.execute(taker).fetchone()
        silent = "SELECT id FROM people_person WHERE username = 'botruong.tuphap'"
        (member,) = db.execute(silent).fetchone()
    deadline = f"{datetime.fromtimestamp(server.now(), HANOI) + timedelta(days=14):%d/%m/%Y}"
    ordered = readers[PREMIER].posts(
        "/tasks/assign", order=order, lead=agency, deadline=deadline, deliverable="Báo cáo"
    )
    handover = readers[MINISTER].posts("/handovers", term=term, person=official)
    asked = readers[SECRETARY].posts(f"{PAPER}/replacements", pdf=a_paper(), reason="Sai số liệu.")
    entered = readers[SECRETARY].posts(
        f"{OPEN}/paper-ballots", pdf=a_paper(), person=member, choice="agree", reason="Đi xa."
    )
    return {
        "on_paper": entered.replace("/approvals/", "/paper-ballots/"),
        "ordered": ordered,
        "receipt": f"/ballots/by-key/{key}",
        "handover": handover,
        "changed": asked.replace("/approvals/", "/replacements/"),
        "official": official,
        "agency": agency,
    }


@pytest.mark.browser
def test_each_kind_of_page_is_fit_for_the_reader_who_uses_it_most(
    readers: dict[str, Reader], places: dict[str, str], chromium: Browser, server: Server
) -> None:
    stranger = Reader(chromium, server, "botruong.tuphap", PHONE)
    for path in DOOR.values():
        glance(stranger, path)
        stranger.gives_password()
    for name, path in KINDS.values():
        glance(readers[name], path.format(**places))
    readers[SECRETARY].needs_no_pointer_for_the_menu()
    wrong = [each for reader in (*readers.values(), stranger) for each in reader.wrong]
    assert not wrong, "\n".join(wrong)


@pytest.mark.browser
def test_what_comes_second_is_as_fit_as_what_comes_first(
    readers: dict[str, Reader], places: dict[str, str], tmp_path: Path
) -> None:
    """A refused table, files of which one is refused, a dossier that lacks something, a mandate
    that waits, one of two hands.
    """
    looked = [readers[each] for each in (KEEPER, SECRETARY, MINISTER, PREMIER, STAFF)]
    keeper, secretary, minister, premier, staff = looked
    table, paper, no_paper = (tmp_path / each for each in ("nguoi.csv", "bo-sung.pdf", "anh.pdf"))
    table.write_text("Họ tên,Tài khoản\nTrần Thị Bình,\n")
    paper.write_bytes(a_paper())
    no_paper.write_bytes(b"no paper")
    keeper.opens("/import")
    keeper.page.locator("#file").set_input_files(table)
    keeper.page.get_by_role("button", name="Xem thử").click()
    expect(keeper.page.locator("#looked table")).to_be_visible()
    secretary.opens("/dossiers")
    agency = places["agency"]
    dossier = secretary.posts("/dossiers", title="Hồ sơ bổ sung", drafting_agency=agency)
    secretary.opens(dossier)
    secretary.expected += ["400", "422"]
    secretary.page.locator("#file").set_input_files([paper, no_paper])
    secretary.page.locator("#file").set_input_files([paper])
    expect(secretary.page.locator("[data-all]")).to_have_text("Đã có trong danh sách: bo-sung.pdf.")
    rows = secretary.page.locator("[data-files] > li")
    expect(rows).to_have_count(2)
    secretary.page.get_by_role("button", name="Tải lên").click()
    expect(secretary.page.locator("[data-all]")).to_contain_text("Đã nhận 1, không nhận 1.")
    expect(secretary.page.locator("#papers")).to_contain_text("bo-sung")
    secretary.presses("Bỏ: anh.pdf")
    expect(rows).to_have_count(1)
    secretary.page.locator("[data-open^=take-out]").click()
    secretary.page.get_by_role("dialog").get_by_role("button", name="Bỏ khỏi hồ sơ").click()
    secretary.page.locator("summary", has_text="Đã bỏ khỏi hồ sơ").click()
    expect(secretary.page.get_by_role("button", name="Đưa lại")).to_be_visible()
    staff.opens(BEGUN)
    expect(staff.page.locator("#checks")).to_contain_text("Thiếu: Tờ trình")
    minister.posts(f"{SESSION}/substitutes", person=places["official"], reason="Công tác.")
    premier.opens(SESSION)
    expect(premier.page.locator("#substitutes")).to_contain_text("Cán bộ đầu mối Bộ Y tế")
    minister.opens(places["handover"])
    seen = minister.page.locator("input[name=seen]").get_attribute("value")
    minister.posts(f"{places['handover']}/sign", seen=seen or "")
    minister.opens(places["handover"])
    for reader in looked:
        reader.fits(*SIZES)
        reader.is_barred_by_nothing()
    wrong = [each for reader in looked for each in reader.wrong]
    assert not wrong, "\n".join(wrong)


@pytest.mark.browser
def test_files_for_an_agenda_are_put_under_their_items_moved_and_sent(
    readers: dict[str, Reader], tmp_path: Path
) -> None:
    """By the numbers in their names; then by dragging, and by the field that keys reach."""
    secretary = readers[SECRETARY]
    page = secretary.page
    secretary.opens(DRAFT)
    names = ("ND2 - Tờ trình.pdf", "1. Báo cáo.pdf", "scan001.pdf", "scan002.pdf")
    for name in names:
        (tmp_path / name).write_bytes(a_paper())
    page.locator("#taken").set_input_files([tmp_path / each for each in names])
    groups = page.locator(".takings > section")
    unplaced, second = groups.nth(0).locator("li"), groups.nth(2).locator("li")
    expect(second).to_contain_text(["ND2 - Tờ trình.pdf · xếp theo số"])
    # The first item has no agency for which a dossier could be made.
    expect(unplaced).to_contain_text(["chưa có cơ quan trình", "scan001.pdf", "scan002.pdf"])
    secretary.fits(*SIZES)
    secretary.is_barred_by_nothing()
    drags(page, unplaced.nth(1), second.nth(0))
    expect(second).to_have_count(2)
    secretary.presses("Tải lên")
    expect(unplaced.nth(0)).to_contain_text("Chọn nội dung của tệp này rồi gửi.")
    for _ in range(2):
        field = unplaced.nth(0).get_by_label("Nội dung", exact=True)
        field.focus()
        page.keyboard.press("End")
    expect(second).to_have_count(4)
    expect(second.nth(3).get_by_label("Nội dung", exact=True)).to_be_focused()
    secretary.presses("Tải lên")
    row = page.locator(".rows--build .row", has_text="Công tác xây dựng pháp luật")
    expect(row).to_contain_text("4 tài liệu")
    assert not secretary.wrong, "\n".join(secretary.wrong)


@pytest.mark.browser
def test_a_file_goes_on_from_where_it_was_paused_and_where_its_line_broke(
    readers: dict[str, Reader], places: dict[str, str], tmp_path: Path
) -> None:
    """After a reload as well, as soon as the same file is chosen again; no piece comes twice. So
    does the one that takes its place."""
    secretary = readers[SECRETARY]
    page, agency, line = secretary.page, places["agency"], Line()
    large, newer = a_large_paper(tmp_path / "bao-cao-lon.pdf"), a_large_paper(tmp_path / "moi.pdf")
    dossier = secretary.posts("/dossiers", title="Hồ sơ có tệp lớn", drafting_agency=agency)
    page.route("**/incoming/*", line.carries)
    secretary.opens(dossier)
    said = page.locator("[data-files] [role=status]")
    page.locator("#file").set_input_files(large)
    secretary.presses("Tải lên", "form[data-upload]")
    expect(said).to_have_text(re.compile(r"Đang tải lên… \(3\d%\)"))
    secretary.fits(*SIZES)
    secretary.presses("Tạm dừng")
    expect(said).to_have_text(re.compile(r"Tạm dừng \(3\d%\)"))
    secretary.opens(dossier)
    secretary.expected.append("ERR_INTERNET_DISCONNECTED")
    line.next, line.then = "passes", "breaks"
    page.locator("#file").set_input_files(large)
    secretary.presses("Tải lên", "form[data-upload]")
    expect(said).to_have_text(re.compile(r"Mất kết nối; .* \(6\d%\)"))
    secretary.fits(*SIZES)
    secretary.is_barred_by_nothing()
    line.next = line.then = "passes"
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#papers")).to_contain_text("bao-cao-lon")
    assert line.passed == -(-large.stat().st_size // PIECE)

    line.passed, line.then = 0, "holds"
    page.locator("summary", has_text="Thay bằng bản mới").click()
    form = page.locator("form[data-pieces]")
    form.locator("input[type=file]").set_input_files(newer)
    secretary.presses("Thay tài liệu", "form[data-pieces]")
    expect(form.get_by_role("status")).to_have_text(re.compile(r"Đang tải lên… \(3\d%\)"))
    secretary.presses("Tạm dừng", "form[data-pieces]")
    expect(form.get_by_role("status")).to_have_text(re.compile(r"Tạm dừng \(3\d%\)"))
    line.next, line.then = "passes", "breaks"
    secretary.presses("Thay tài liệu", "form[data-pieces]")
    expect(form.get_by_role("status")).to_have_text(re.compile(r"Mất kết nối; .* \(6\d%\)"))
    secretary.fits(*SIZES)
    line.next = line.then = "passes"
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#papers .row__s").first).to_contain_text("bản 2")
    assert line.passed == -(-newer.stat().st_size // PIECE)
    page.unroute("**/incoming/*")
    assert not secretary.wrong, "\n".join(secretary.wrong)


def a_large_paper(path: Path) -> Path:
    """One that goes in several pieces."""
    with pikepdf.open(io.BytesIO(a_paper())) as paper:
        paper.Root.Large = paper.make_stream(random.Random(path.name).randbytes(3 * PIECE))
        paper.save(path)
    return path


class Line:
    """A line that carries the next piece, and then holds or breaks what comes."""

    def __init__(self) -> None:
        self.next, self.then, self.passed = "passes", "holds", 0

    def carries(self, route: Route) -> None:
        if route.request.method == "GET":
            route.continue_()
            return
        does, self.next = self.next, self.then
        if does == "passes":
            self.passed += 1
            route.continue_()
        elif does == "breaks":
            route.abort("internetdisconnected")


def drags(page: Page, what: Locator, onto: Locator) -> None:
    what.scroll_into_view_if_needed()
    held, place = what.bounding_box(), onto.bounding_box()
    assert held
    assert place
    page.mouse.move(held["x"] + 9, held["y"] + 9)
    page.mouse.down()
    page.mouse.move(held["x"] + 30, held["y"] + 30, steps=5)
    page.mouse.move(place["x"] + 90, place["y"] + place["height"] / 2, steps=5)
    page.mouse.up()


@pytest.mark.browser
def test_two_editions_stand_side_by_side_what_changed_first(
    readers: dict[str, Reader], places: dict[str, str]
) -> None:
    """Page by page, by buttons, keys and fingers."""
    leader = readers[LEADER]
    page = leader.page
    leader.opens(places["changed"])
    leader.follows("Xem cạnh nhau")
    sheets, where = page.locator(".beside canvas"), page.locator("[data-where]")
    expect(sheets.first).to_be_visible()
    expect(where).to_contain_text("Thay đổi 1/")
    drawn = "Array.from(document.querySelectorAll('.beside canvas'), each => each.toDataURL())"
    first = page.evaluate(drawn)
    assert len(set(first)) == len(first)
    page.keyboard.press("ArrowRight")
    expect(where).to_contain_text("Thay đổi 2/")
    swipes(page, page.locator(".beside"), -150)
    expect(where).to_contain_text("Thay đổi 3/")
    leader.presses("Trước")
    expect(where).to_contain_text("Thay đổi 2/")
    page.keyboard.press("Home")
    expect(page.get_by_role("button", name="Trước")).to_have_attribute("aria-disabled", "true")
    leader.fits(*SIZES)
    leader.is_barred_by_nothing()
    assert not leader.wrong, "\n".join(leader.wrong)


def swipes(page: Page, over: Locator, across: int) -> None:
    box = over.bounding_box()
    assert box is not None
    line = page.context.new_cdp_session(page)
    x, y = box["x"] + 200, box["y"] + 200
    for name, step in (("touchStart", 0), ("touchMove", 0.5), ("touchMove", 1)):
        points = [{"x": x + step * across, "y": y}]
        line.send("Input.dispatchTouchEvent", {"type": name, "touchPoints": points})
    line.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.mark.browser
def test_what_one_writes_on_a_paper_is_kept_at_every_stroke_and_is_there_on_the_next_device(
    readers: dict[str, Reader],
) -> None:
    """The pen draws and the finger scrolls; without a line it waits on the device."""
    minister = readers[MINISTER]
    minister.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    # Where one was in it last, by keys, is another page.
    minister.opens(f"{PAPER}?page=1")
    minister.expected.append("ERR_INTERNET_DISCONNECTED")
    page = minister.page
    said = page.locator("[data-notes-said]")
    # A page that is still being fitted moves under the pen.
    page.locator(".page[data-loaded] .notes").first.wait_for(state="attached")
    expect(page.locator(".paper__first")).to_be_hidden()
    minister.presses("Bút")
    expect(page.get_by_role("button", name="Bút").first).to_have_attribute("aria-pressed", "true")
    hand = Hand(page)
    # A page that is being drawn anew is written on all the same.
    page.locator(".page .notes").first.evaluate("sheet => sheet.remove()")
    # By itself a finger scrolls, whether a pen was ever seen here or not.
    hand.moves_finger(0.5, 0.2)
    hand.draws_with_pen(0.2, 0.3)
    expect(page.locator(".notes__ink")).to_have_count(1)
    expect(said).to_have_attribute("data-state", "saved")
    hand.moves_finger(0.5, 0.3)
    expect(page.locator(".notes__ink")).to_have_count(1)
    page.get_by_role("button", name="Ngón tay vẽ").click()
    hand.moves_finger(0.4, 0.3)
    expect(page.locator(".notes__ink")).to_have_count(2)
    minister.context.set_offline(True)
    hand.draws_with_pen(0.2, 0.4)
    expect(said).to_have_attribute("data-state", "unsent")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+Shift+z")
    minister.context.set_offline(False)
    expect(said).to_have_attribute("data-state", "saved")
    minister.presses("Chữ")
    hand.points(0.7, 0.3)
    page.get_by_label("Nội dung").fill("Hỏi lại Bộ Tài chính")
    # However its form is closed, what was typed stays; unless one says that it is not to.
    page.keyboard.press("Escape")
    expect(said).to_have_attribute("data-state", "saved")
    minister.presses("Chữ")
    minister.presses("Chữ")
    hand.points(0.7, 0.5)
    page.get_by_label("Nội dung").fill("Viết nhầm")
    minister.presses("Bỏ ghi chú này")
    expect(said).to_have_attribute("data-state", "saved")
    minister.fits(*SIZES)
    minister.is_barred_by_nothing()
    minister.presses("Ghi chú", ".tools")
    expect(page.get_by_text("Hỏi lại Bộ Tài chính")).to_be_visible()
    expect(page.get_by_text("Viết nhầm")).to_have_count(0)
    minister.fits(PHONE)
    minister.is_barred_by_nothing()
    other = minister.context.new_page()
    other.goto(page.url)
    expect(other.locator(".notes__ink")).to_have_count(3)
    other.close()
    assert not minister.wrong, "\n".join(minister.wrong)


@pytest.mark.browser
def test_a_removed_paper_goes_dark_before_its_reader(
    readers: dict[str, Reader],
) -> None:
    minister, leader, keeper = (readers[each] for each in (MINISTER, LEADER, KEEPER))
    # From the device as well, where they took it along.
    minister.opens("/papers/3")
    minister.follows("Quay lại")
    minister.presses("Tải về")
    expect(minister.page.locator("[data-keep] [data-keep-all]")).to_be_hidden()
    away = minister.context.new_page()
    away.goto(f"{minister.page.url.split('/dossiers')[0]}/papers/3")
    number = away.locator("[data-notes]").get_attribute("data-notes")
    edition = (number or "").split("/")[2]
    away.goto(f"{away.url.split('/papers')[0]}/vault/paper?edition={edition}")
    away.locator(".page[data-loaded] canvas").first.wait_for()
    minister.opens("/papers/3")
    page = minister.page
    page.locator(".page[data-loaded] canvas").first.wait_for()
    leader.opens("/papers/3/removal")
    leader.page.get_by_label("Lý do gỡ").fill("Gửi nhầm sang hồ sơ này.")
    leader.presses("Đề nghị gỡ khẩn cấp")
    leader.sees("Gỡ bản 1 của tài liệu số 3")
    keeper.opens(urlsplit(leader.page.url).path)
    with keeper.page.expect_response(lambda answer: answer.url.endswith("/confirm")):
        keeper.presses("Xác nhận, thực hiện ngay")
    said = page.locator(".paper__said")
    expect(said).to_contain_text("vừa bị gỡ khẩn cấp")
    expect(page.locator(".paper canvas, .thumbs canvas")).to_have_count(0)
    expect(away).to_have_url(re.compile("/vault$"))
    expect(away.locator("[data-kept] a").first).to_be_visible()
    expect(away.locator(f"[data-kept] a[href$='edition={edition}']")).to_have_count(0)
    away.close()
    minister.fits(*SIZES)
    minister.expected.append("410")
    minister.goes_to("/papers/3")
    minister.sees("theo quyết định của Phó Chủ nhiệm Văn phòng Chính phủ")
    expect(page.get_by_text("Ai đã mở trước khi gỡ")).to_have_count(0)
    leader.opens("/removals")
    leader.follows("Biên bản số 1")
    leader.sees("Bộ trưởng Bộ Y tế")
    for reader in (minister, leader):
        reader.fits(*SIZES)
        reader.is_barred_by_nothing()
    wrong = [each for reader in (minister, leader, keeper) for each in reader.wrong]
    assert not wrong, "\n".join(wrong)


@pytest.mark.browser
def test_a_long_paper_is_gone_through_in_every_way_and_few_of_its_pages_are_held(
    readers: dict[str, Reader], places: dict[str, str], tmp_path: Path
) -> None:
    """Jumps, small pages, the table of contents, turning; by fingers, and by keys alone."""
    secretary = readers[SECRETARY]
    page = secretary.page
    paper = with_contents(papers.a_paper(tmp_path / "dai.pdf", articles=140))
    agency = places["agency"]
    dossier = secretary.posts("/dossiers", title="Hồ sơ dài", drafting_agency=agency)
    secretary.posts(f"{dossier}/papers", pdf=a_paper(), title=SHORT, kind="submission")
    secretary.posts(f"{dossier}/papers", pdf=paper, title=LONG, kind="annex")
    secretary.opens(dossier)
    secretary.follows(re.compile(LONG))
    page.set_viewport_size({"width": TABLET[0], "height": TABLET[1]})
    page.locator(".page[data-page-number='1'][data-loaded]").wait_for()
    goto = page.locator("[data-paper-goto]")
    pages = int(page.locator("[data-paper-pages]").inner_text())
    assert pages > 30
    for jump in range(30):
        goto.fill(str(1 + jump * 11 % pages))
        goto.press("Enter")
    page.locator(f".page[data-page-number='{1 + 29 * 11 % pages}'][data-loaded]").wait_for()
    held, pixels = page.evaluate(HELD)
    assert 1 <= held <= MOST_PAGES, held
    assert pixels <= MOST_PAGES * MOST_PIXELS_OF_PAGE
    small = page.locator("[data-side] canvas")
    small.first.wait_for()
    assert small.count() <= MOST_SMALL

    page.locator("#thumb-3").click()
    expect(goto).to_have_value("3")
    # One that lies among those that stand.
    lying = page.locator("#thumb-3 .thumb__leaf:has(canvas)")
    expect(lying).to_have_css("aspect-ratio", re.compile(r"^1\.4"))
    page.locator(".thumbs").press("ArrowDown")
    expect(goto).to_have_value("4")
    expect(page.locator(".thumb[aria-selected=true]")).to_have_id("thumb-4")
    secretary.presses("Mục lục", "[data-side]")
    secretary.presses("Chương II")
    expect(goto).to_have_value("20")
    page.locator(".paper__scroll").press("r")
    words = page.locator(".page[data-page-number='20'] .textLayer")
    expect(words).to_have_attribute("data-main-rotation", "90")
    page.reload()
    expect(words).to_have_attribute("data-main-rotation", "90")
    expect(words).to_contain_text("Điều")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Đọc bằng bàn phím")).to_be_visible()
    page.keyboard.press("Escape")
    # While it is still closing a key is the dialog's own.
    expect(page.get_by_role("dialog", name="Đọc bằng bàn phím")).to_be_hidden()
    page.locator("body").press("[")
    expect(page.get_by_role("heading", level=1)).to_have_text(SHORT)
    secretary.follows(re.compile(f"Tài liệu sau.*{LONG}"))
    expect(page.get_by_role("heading", level=1)).to_have_text(LONG)

    assert printed(page) == 1
    page.locator(".page[data-loaded]").first.wait_for()
    page.keyboard.press("Control+p")
    page.get_by_label("In từ trang").fill("2")
    page.get_by_label("đến trang").fill("4")
    # What a browser asks of its user here, nobody answers.
    page.evaluate("window.print = () => {}")
    with page.expect_response(re.compile("/printing$")) as noted:
        page.get_by_role("button", name="In", exact=True).click()
    assert noted.value.status == 200
    expect(page.locator(".sheets")).to_have_count(1)
    assert printed(page) == 3
    expect(page.locator(".sheets")).to_have_count(0)

    secretary.fits(*SIZES)
    expect(page.locator("[data-side]")).to_be_hidden()
    secretary.presses("Trang, mục lục, tài liệu")
    secretary.presses("Trang", "[data-side]")
    expect(small.first).to_be_visible()
    secretary.fits(PHONE)
    secretary.is_barred_by_nothing()
    assert not secretary.wrong, "\n".join(secretary.wrong)


def printed(page: Page) -> int:
    """How many sheets come out where this page is printed as it stands."""
    return len(pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages)


# What frontend/documents/bound.ts and thumbs.ts allow.
MOST_PAGES, MOST_PIXELS_OF_PAGE, MOST_SMALL = 4, 5_000_000, 24
HELD = """() => {
  const pages = [...document.querySelectorAll('.pdfViewer .page')]
    .map((each) => [...each.querySelectorAll('canvas')]).filter((each) => each.length);
  return [pages.length, pages.flat().reduce((sum, each) => sum + each.width * each.height, 0)];
}"""
SHORT, LONG = "Tờ trình ngắn", "Phụ lục chi tiết"


def with_contents(paper: Path) -> bytes:
    writer = pypdf.PdfWriter(clone_from=paper)
    writer.pages[2].rotate(90)
    first = writer.add_outline_item(title="Chương I", page_number=0)
    writer.add_outline_item(title="Mục 1", page_number=5, parent=first)
    writer.add_outline_item(title="Chương II", page_number=19)
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


class Hand:
    """A hand over the first page of a paper; places are shares of the page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.line = page.context.new_cdp_session(page)

    def at(self, across: float, down: float) -> dict[str, float]:
        box = self.page.locator(".paper .page").first.bounding_box()
        assert box is not None
        return {"x": box["x"] + across * box["width"], "y": box["y"] + down * box["height"]}

    def draws_with_pen(self, across: float, down: float) -> None:
        pen = {"button": "left", "buttons": 1, "clickCount": 1, "pointerType": "pen"}
        for name, step in (("mousePressed", 0), ("mouseMoved", 1), ("mouseMoved", 2)):
            at = self.at(across + step / 20, down)
            self.line.send("Input.dispatchMouseEvent", {"type": name, **pen, **at})
        end = {"type": "mouseReleased", **pen, **self.at(across + 0.1, down)}
        self.line.send("Input.dispatchMouseEvent", end)

    def moves_finger(self, across: float, down: float) -> None:
        for name, step in (("touchStart", 0), ("touchMove", 1), ("touchMove", 2)):
            points = [self.at(across + step / 20, down)]
            self.line.send("Input.dispatchTouchEvent", {"type": name, "touchPoints": points})
        self.line.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def points(self, across: float, down: float) -> None:
        self.page.mouse.click(**self.at(across, down))


def glance(reader: Reader, path: str) -> None:
    """One look at a page, as its reader has it in hand; by keys alone; and in English."""
    reader.opens(path)
    reader.fits(reader.size)
    reader.is_barred_by_nothing()
    reader.needs_no_pointer()
    reader.reads_it_in_english()


@pytest.mark.audit
@pytest.mark.parametrize("name", WALKS)
def test_every_page_is_fit_for_its_readers(
    readers: dict[str, Reader], places: dict[str, str], name: str
) -> None:
    # Where a paper was removed its place says so, and the browser notes the answer.
    readers[name].expected.append("410 (GONE)")
    for path in WALKS[name]:
        look_hard(readers[name], path.format(**places))
    assert not readers[name].wrong, "\n".join(readers[name].wrong)


@pytest.mark.audit
def test_the_pages_before_the_door_are_fit_for_anybody(chromium: Browser, server: Server) -> None:
    stranger = Reader(chromium, server, "botruong.noivu", PHONE)
    for path in DOOR.values():
        look_hard(stranger, path)
        stranger.gives_password()
    assert not stranger.wrong, "\n".join(stranger.wrong)


def look_hard(reader: Reader, path: str) -> None:
    """The same at every size, also with the text doubled."""
    reader.opens(path)
    reader.fits(*SIZES)
    reader.is_barred_by_nothing()
    reader.fits_with_doubled_text(DESKTOP, TABLET, PHONE)
    reader.reads_it_in_english()


STAYED = "Thanh lap Ban dieu phoi lien vung"
LIT = f"{STAYED} do Thu tuong lam Truong ban"


@pytest.mark.browser
def test_words_that_were_changed_are_asked_about_until_their_reader_says_that_they_are_the_same(
    readers: dict[str, Reader], places: dict[str, str]
) -> None:
    secretary = readers[SECRETARY]
    page, agency = secretary.page, places["agency"]
    dossier = secretary.posts("/dossiers", title="Hồ sơ còn sửa", drafting_agency=agency)
    secretary.posts(f"{dossier}/papers", pdf=pages(LIT), title="Dự thảo", kind="draft")
    secretary.opens(dossier)
    secretary.follows("Dự thảo", "#papers")
    expect(page.locator(".page[data-loaded] .textLayer").first).to_contain_text("Thanh lap")
    tool = page.locator(".tools").get_by_role("button", name="Tô")
    tool.focus()
    tool.press("Enter")
    page.get_by_label("Đoạn cần tô").fill(LIT)
    page.get_by_label("Nội dung").fill("Hỏi lại ai làm Trưởng ban")
    secretary.presses("Lưu ghi chú")
    expect(page.locator("[data-notes-said]")).to_have_attribute("data-state", "saved")
    paper = urlsplit(page.url).path
    newer = page.locator("[data-paper-newer]")
    expect(newer).to_be_hidden()
    secretary.posts(f"{paper}/editions", pdf=pages(f"{STAYED} gom cac bo"))
    # Whoever has the paper open is told at once, and stays with what they read.
    expect(newer).to_have_text(re.compile(r"Đang đọc bản 1, đã có bản 2"))
    expect(newer.get_by_role("link", name="Sang bản mới")).to_have_attribute(
        "href", f"{paper}?edition=2"
    )
    expect(page.locator(".page[data-loaded] .textLayer").first).to_contain_text("lam Truong ban")
    secretary.opens(f"{paper}?edition=2")
    asked, own = (page.locator(f"[data-notes-part={part}]") for part in ("asked", "own"))
    expect(asked).to_contain_text("1 ghi chú cần xem lại vị trí")
    expect(asked).to_contain_text(f"Nay là: {STAYED}")
    secretary.is_barred_by_nothing()
    asked.get_by_role("button", name="Đúng chỗ").click()
    # It stays under the hand that said so, until the list is left.
    expect(asked.get_by_role("button", name="Đã giữ")).to_be_visible()
    for _ in range(2):
        page.locator("[data-notes-open]").click()
    expect(own).to_contain_text("Hỏi lại ai làm Trưởng ban")
    expect(asked).to_be_hidden()

    def draws_over(first: tuple[float, float], last: tuple[float, float]) -> None:
        """With the mouse, between two places in shares of the line of words."""
        words = page.locator(".page[data-loaded] .textLayer span", has_text=STAYED)
        line = words.first.bounding_box()
        assert line
        there = [
            (line["x"] + across * line["width"], line["y"] + down * line["height"])
            for across, down in (first, last)
        ]
        page.mouse.move(*there[0])
        page.mouse.down()
        page.mouse.move(*there[1], steps=8)
        page.mouse.up()

    quotes = own.locator("[data-part=quote]")
    # A page that is still being fitted moves under the mouse.
    expect(page.locator(".paper__first")).to_be_hidden()
    tool.click()
    # From before the first letter to beside the page, over the notes.
    draws_over((-0.1, 0.5), (6, 0.5))
    expect(quotes).to_have_text([LIT, f"{STAYED} gom cac bo"])
    # What a stroke touches of a word is meant as a whole; so it is the other way.
    draws_over((0.19, 0.5), (0.02, 0.5))
    expect(quotes).to_have_text([LIT, f"{STAYED} gom cac bo", "Thanh lap"])
    draws_over((0, 12), (0.1, 12))
    expect(page.locator("[data-notes-said]")).to_have_attribute("data-state", "wordless")
    assert not secretary.wrong, "\n".join(secretary.wrong)


@pytest.mark.browser
def test_a_note_is_shown_to_ones_adviser_as_long_as_one_likes(
    readers: dict[str, Reader], places: dict[str, str], chromium: Browser, server: Server
) -> None:
    minister, adviser = readers[MINISTER], Reader(chromium, server, ADVISER, DESKTOP)
    adviser.signs_in()
    page, words = minister.page, "Nhờ xem lại số liệu"
    minister.opens(DOSSIER)
    minister.presses("Giao tham mưu")
    page.get_by_label("Người tham mưu").select_option(str(places["official"]))
    minister.presses("Giao", "dialog[open]")
    expect(page.locator("section[aria-labelledby=advisers]")).to_contain_text("Tham mưu · đang")
    minister.opens(FIRST)
    page.locator(".page[data-loaded]").first.wait_for()
    said, notes = page.locator("[data-notes-said]"), page.locator("#notes")
    tool = page.locator(".tools").get_by_role("button", name="Chữ")
    tool.focus()
    tool.press("Enter")
    page.get_by_label("Nội dung").fill(words)
    minister.presses("Lưu ghi chú")
    expect(said).to_have_attribute("data-state", "saved")
    minister.presses("Ghi chú", ".tools")
    expect(notes).to_contain_text("Riêng tôi")
    for seen, number in ((1, "1 người tham mưu"), (0, "Riêng tôi")):
        minister.presses("Chia sẻ", "#notes")
        page.locator("dialog[open] input[type=checkbox]").set_checked(bool(seen))
        with page.expect_response(lambda answer: answer.url.endswith("/share")):
            minister.presses("Lưu chia sẻ", "dialog[open]")
        expect(notes).to_contain_text(number)
        adviser.opens(FIRST)
        adviser.page.locator(".page[data-loaded]").first.wait_for()
        lent = adviser.page.locator("[data-notes-part=lent]")
        expect(lent.get_by_text(words)).to_have_count(seen)
        if seen:
            expect(lent).to_contain_text("Được chia sẻ với Ông/Bà (1)")
            expect(lent).to_contain_text("Bộ trưởng Bộ Y tế")
            expect(lent.get_by_role("button", name="Sửa")).to_be_hidden()
    adviser.fits(*SIZES)
    page.set_viewport_size({"width": TABLET[0], "height": TABLET[1]})
    strokes = page.locator(".notes__ink")
    before, hand = strokes.count(), Hand(page)
    minister.presses("Bút")
    for stroke in (1, 2):
        hand.draws_with_pen(0.2, 0.3 + stroke / 10)
        expect(strokes).to_have_count(before + stroke)
    # The strokes of a page are shown together.
    drawing = page.locator("#notes [data-kind=ink]", has_text="2 nét vẽ")
    drawing.get_by_role("button", name="Chia sẻ").click()
    page.locator("dialog[open] input[type=checkbox]").check()
    minister.presses("Lưu chia sẻ", "dialog[open]")
    expect(drawing).to_contain_text("Đang chia sẻ với 1 người tham mưu")
    minister.presses("Chia sẻ", "#notes")
    minister.fits(*SIZES)
    wrong = [each for reader in (minister, adviser) for each in reader.wrong]
    assert not wrong, "\n".join(wrong)
