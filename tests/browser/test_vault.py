"""A session's papers on a tablet without a line: read, searched, and gone with their login."""

import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Route, expect
from pysqlite3 import dbapi2

from tests.browser.papers import a_paper
from tests.browser.person import PHONE, TABLET, UPRIGHT, Person, browser
from tests.browser.reader import WCAG
from tests.server import serving_demo

pytestmark = pytest.mark.browser

SESSION, DOSSIER, PAPER = "/meetings/1", "/dossiers/1", "/papers/6"
TITLE = re.compile("^Tờ trình về dự thảo Nghị quyết phối hợp liên vùng")
NOTHING_KEPT = "Máy này chưa giữ tài liệu nào"
# All that a browser keeps for this house beside its cookies: rows, keys, signs, cached addresses.
KEPT = """async () => {
  const db = await new Promise((done) => {
    const asked = indexedDB.open('ecabinet-vault');
    asked.onsuccess = () => done(asked.result);
  });
  const all = (name) => new Promise((done) => {
    const asked = db.transaction(name).objectStore(name).getAll();
    asked.onsuccess = () => done(asked.result);
  });
  const rows = {};
  for (const name of db.objectStoreNames) rows[name] = (await all(name)).length;
  const keys = (await all('vault')).filter((each) => each.wrapper).length;
  db.close();
  const cached = [];
  for (const name of await caches.keys()) {
    const shelf = await caches.open(name);
    cached.push(...(await shelf.keys()).map((each) => new URL(each.url).pathname));
  }
  return { rows, keys, cached, sign: localStorage.getItem('vault') };
}"""
EMPTY = {"vault": 0, "papers": 0, "files": 0, "news": 0, "notes": 0}
# As `empty` leaves it where its page goes before anything was cleared.
LEAVES = """async () => {
  const db = await new Promise((done) => {
    const asked = indexedDB.open('ecabinet-vault');
    asked.onsuccess = () => done(asked.result);
  });
  const [{ secret }] = await new Promise((done) => {
    const asked = db.transaction('vault').objectStore('vault').getAll();
    asked.onsuccess = () => done(asked.result);
  });
  db.close();
  localStorage.setItem('vault:left', secret);
}"""
WRITTEN, MEANWHILE = "Hỏi lại Bộ Tài chính", "Chỗ này để họp riêng"
AFTERWARDS = "Xem lại trước khi họp"
# Every byte of notes that lies on the device, as words.
LYING = """async () => {
  const db = await new Promise((done) => {
    const asked = indexedDB.open('ecabinet-vault');
    asked.onsuccess = () => done(asked.result);
  });
  const rows = await new Promise((done) => {
    const asked = db.transaction('notes').objectStore('notes').getAll();
    asked.onsuccess = () => done(asked.result);
  });
  db.close();
  const words = rows.map((each) => new TextDecoder().decode(each.notes.bytes));
  return [rows.map((each) => each.part), words.join() + JSON.stringify(localStorage)];
}"""


def loads(reader: Person, path: str) -> int:
    """Takes along all papers of a page; how many there are."""
    page = reader.page
    reader.goes_to(path)
    reader.presses("Tải về")
    region = page.locator("[data-keep]")
    expect(region.locator("[data-keep-all]")).to_be_hidden()
    rows = region.locator("[data-edition]")
    assert rows.count() == region.locator("[data-edition][data-state=ready]").count()
    expect(region.locator("[data-count]")).to_have_text(f"{rows.count()}/{rows.count()}")
    return rows.count()


def types(reader: Person, words: str) -> None:
    """On the page that is open, by keys: it belongs to the page as a whole."""
    tool = reader.page.locator(".tools").get_by_role("button", name="Chữ")
    tool.focus()
    tool.press("Enter")
    reader.page.get_by_label("Nội dung").fill(words)


def writes(reader: Person, words: str) -> None:
    types(reader, words)
    reader.presses("Lưu ghi chú")


def draws_and_erases(reader: Person) -> None:
    """A stroke of the hand, rubbed out, had back by undoing, and rubbed out again."""
    page = reader.page
    sheet = page.locator(".page[data-page-number='1'][data-loaded]")
    sheet.locator(".textLayer").wait_for()
    own = page.locator("[data-notes-part='own'] li")
    tools = page.locator(".tools")
    expect(own).to_have_count(1)

    def strokes(tool: str, left: int) -> None:
        button = tools.get_by_role("button", name=tool, exact=True)
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        box = sheet.bounding_box()
        assert box
        across, down = box["x"] + 200, box["y"] + 300
        # The pen goes along, the eraser across it.
        first, last = ((-60, 0), (60, 0)) if tool == "Bút" else ((0, -40), (0, 40))
        page.mouse.move(across + first[0], down + first[1])
        page.mouse.down()
        page.mouse.move(across + last[0], down + last[1], steps=12)
        page.mouse.up()
        expect(own).to_have_count(left)

    strokes("Bút", 2)
    strokes("Tẩy", 1)
    tools.get_by_role("button", name="Hoàn tác").click()
    expect(own).to_have_count(2)
    tools.get_by_role("button", name="Tẩy", exact=True).click()
    strokes("Tẩy", 1)
    expect(own).to_contain_text(WRITTEN)
    expect(page.locator("[data-notes-said]")).to_have_attribute("data-state", "saved")


def finds_nothing(reader: Person) -> None:
    """Neither with a line nor without one, nor in what the browser holds."""
    page = reader.page
    reader.goes_to("/vault")
    reader.sees(NOTHING_KEPT)
    held = page.evaluate(KEPT)
    assert (held["rows"], held["sign"]) == (EMPTY, None)
    reader.context.set_offline(True)
    reader.goes_to("/")
    reader.sees(NOTHING_KEPT)
    expect(page.locator("[data-kept] a")).to_have_count(0)
    reader.context.set_offline(False)


def seeks_in_all(reader: Person) -> None:
    """Words without their marks, in every paper that is kept; a hit leads to its page."""
    page = reader.page
    field = page.get_by_label("Tìm trong mọi tài liệu trên máy này")
    field.fill("lien vung")
    field.press("Enter")
    hits = page.locator("[data-seek-found] li")
    expect(page.locator("[data-seek-said]")).to_have_text(
        re.compile(r"^Thấy ở \d+ trang\.$"), timeout=60_000
    )
    expect(hits.first.locator("mark")).to_have_text(re.compile("liên vùng", re.IGNORECASE))
    # With a wrong mark they are other words.
    field.fill("liện vùng")
    field.press("Enter")
    expect(page.locator("[data-seek-said]")).to_contain_text("Không thấy", timeout=60_000)
    field.fill("lien vung")
    field.press("Enter")
    expect(page.locator("[data-seek-said]")).to_contain_text("Thấy ở", timeout=60_000)
    number = hits.last.locator("[data-page]").inner_text()
    hits.last.get_by_role("link").click()
    expect(page.locator("[data-paper-goto]")).to_have_value(number)
    expect(page.locator("[data-find-count]")).to_have_text(re.compile(r"^\d+/\d+$"))
    reader.follows("Quay lại")


def reads_offline(reader: Person, papers: int) -> None:
    page = reader.page
    reader.context.set_offline(True)
    # Whatever page is asked for, what is kept is shown.
    reader.goes_to(f"{SESSION}/live")
    reader.sees("Mất kết nối")
    expect(page.locator("[data-kept] li")).to_have_count(papers)
    seeks_in_all(reader)
    reader.follows(TITLE, "[data-kept]")
    page.locator(".page[data-page-number='1'] canvas").wait_for()
    reader.presses("Trang sau")
    expect(page.locator("[data-paper-goto]")).to_have_value("2")
    reader.presses("Tìm")
    page.get_by_label("Tìm trong tài liệu này").fill("dieu")
    page.keyboard.press("Enter")
    expect(page.locator("[data-find-count]")).to_have_text(re.compile(r"^\d+/\d+$"))
    expect(page.locator(".textLayer").first).to_contain_text("Bộ trưởng Bộ Y tế")
    # What the server has of one's notes is here too; what is added waits, sealed.
    notes = page.locator("#notes")
    expect(notes).to_contain_text(WRITTEN)
    types(reader, MEANWHILE)
    # Not yet done with, and kept already.
    page.wait_for_function(f"async () => (await ({LYING})())[0].includes('waiting')")
    page.reload()
    expect(notes).to_contain_text(MEANWHILE)
    expect(page.locator("[data-notes-said]")).to_have_attribute("data-state", "unsent")
    expect(notes).to_contain_text(WRITTEN)
    parts, lying = page.evaluate(LYING)
    assert set(parts) == {"waiting", "known"}
    assert WRITTEN not in lying
    assert MEANWHILE not in lying
    page.locator(".page[data-loaded] .textLayer").first.wait_for()
    barred = Axe().run(page, options=WCAG).response["violations"]
    assert not barred, [each["id"] for each in barred]
    reader.follows("Quay lại")
    expect(page.locator("[data-kept] li")).to_have_count(papers)


def goes_on_without_a_line(reader: Person) -> None:
    """A paper that is open, reloaded where there is no line, is read on; and what is written in it
    goes as soon as there is one, without asking to be written again."""
    page = reader.page
    title = page.get_by_role("heading", level=1).inner_text()
    reader.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    page.locator(".page[data-loaded] canvas").first.wait_for()
    writes(reader, AFTERWARDS)
    expect(page.locator("[data-notes-said]")).to_have_attribute("data-state", "unsent")
    answers = []
    page.on("response", lambda each: each.request.method == "POST" and answers.append(each))
    reader.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("[data-notes-said]")).to_have_attribute("data-state", "saved")
    assert {each.status for each in answers if each.url.endswith("/notes")} == {200}


def reads_on_where_the_file_does_not_come(reader: Person) -> None:
    """The line goes when the page has come and its paper has not: this device has it."""
    page = reader.page
    for each in ("**/editions/*/file", "**/vault/mine"):
        page.route(each, lambda route: route.abort("internetdisconnected"))
    page.reload()
    page.locator(".page[data-loaded] canvas").first.wait_for()
    expect(page.locator(".paper__said")).to_be_empty()
    page.unroute_all()


def with_a_newer_edition(secretary: Person, folder: Path) -> str:
    """A dossier whose first paper came in a second time, after the other."""
    first, second, annex = (
        a_paper(folder / f"{number}.pdf", articles=number).read_bytes() for number in (1, 2, 3)
    )
    dossier = secretary.posts("/dossiers", title="Hồ sơ còn sửa", drafting_agency=1)
    secretary.posts(f"{dossier}/papers", pdf=first, title="Tờ trình", kind="submission")
    secretary.posts(f"{dossier}/papers", pdf=annex, title="Phụ lục", kind="annex")
    secretary.goes_to(dossier)
    link = secretary.page.locator("#papers").get_by_role("link", name="Tờ trình").first
    secretary.posts(f"{link.get_attribute('href')}/editions", pdf=second)
    return dossier


def is_told_of_a_newer_edition(secretary: Person, folder: Path) -> None:
    """What the device keeps is read on; by the line its reader hears that there is a newer one."""
    page = secretary.page
    page.locator("[data-kept] a").first.click()
    expect(page.locator(".textLayer").first).to_contain_text("Điều 1")
    strip = page.locator("[data-paper-newer]")
    expect(strip).to_have_attribute("data-paper-newer", "2")
    expect(strip).to_be_hidden()
    paper = strip.get_attribute("data-paper-id")
    newer = a_paper(folder / "newer.pdf", articles=4).read_bytes()
    secretary.posts(f"/papers/{paper}/editions", pdf=newer)
    expect(strip).to_contain_text("Đang đọc bản 2, đã có bản 3.")
    expect(strip.get_by_role("link", name="Sang bản mới")).to_have_attribute(
        "href", f"/papers/{paper}?edition=3"
    )
    expect(page.locator("[data-edition]").first).to_have_text("2")
    secretary.goes_to("/vault")
    older = page.locator("[data-kept] li", has_text="Tờ trình")
    expect(older).to_contain_text("Đã có bản 3.")
    expect(older.get_by_role("link", name="Sang bản mới")).to_have_attribute(
        "href", f"/papers/{paper}?edition=3"
    )
    annex = page.locator("[data-kept] li", has_text="Phụ lục")
    expect(annex.get_by_text("Đã có bản")).to_be_hidden()


def test_papers_are_read_without_a_line_and_gone_with_their_login(tmp_path: Path) -> None:
    with serving_demo(tmp_path / "var") as server, browser() as chromium:
        reader = Person(chromium, server, "botruong.yte", TABLET)
        # Locked; ended; or asked by a page whose token was the cookie's before, while somebody
        # signed in: the vault asks on every page, by POST, and such a one is refused as any is.
        reader.expected += ["423", "401", "403"]
        page = reader.page
        reader.signs_in()
        reader.goes_to(PAPER)
        writes(reader, WRITTEN)
        expect(page.locator("[data-notes-said]")).to_have_attribute("data-state", "saved")
        draws_and_erases(reader)
        papers = loads(reader, SESSION)
        assert papers > 1
        held = page.evaluate(KEPT)
        assert (held["rows"]["papers"], held["rows"]["files"]) == (papers, papers)
        # What the worker keeps is everybody's: two shells and what they are made of.
        assert {each for each in held["cached"] if not each.startswith("/static/")} == {
            "/vault", "/vault/paper",
        }  # fmt: skip

        # An idle lock holds while there is a line; without one the lease lets on.
        token = page.locator("meta[name=csrf-token]").get_attribute("content") or ""
        page.request.post(server.url + "/lock", headers={"X-CSRF-Token": token})
        reader.goes_to("/vault")
        reader.sees("Màn hình đang khóa")
        expect(page.locator("[data-kept] li")).to_have_count(0)
        reads_offline(reader, papers)
        reader.context.set_offline(False)
        page.evaluate("dispatchEvent(new Event('online'))")
        reader.sees("Màn hình đang khóa")

        # Who signs in again has it still; who signs out has not.
        server.command("demo", "--forward", "1m")
        # What was written meanwhile is sent by the next page, whichever it is.
        with page.expect_response(
            lambda answer: answer.request.method == "POST" and answer.url.endswith("/notes")
        ):
            reader.signs_in()
        reader.goes_to("/vault")
        expect(page.locator("[data-kept] li")).to_have_count(papers)
        reader.goes_to(PAPER)
        expect(page.locator("#notes")).to_contain_text(MEANWHILE)
        reads_on_where_the_file_does_not_come(reader)
        goes_on_without_a_line(reader)
        reader.goes_to("/")
        page.locator("summary.who").click()
        reader.presses("Đăng xuất")
        expect(page).to_have_url(re.compile("/sign-in"))
        finds_nothing(reader)

        # Another person in the same browser, where the first has not even signed out.
        reader.name = "thuky"
        reader.signs_in()
        assert loads(reader, with_a_newer_edition(reader, tmp_path)) == 2
        reader.goes_to("/vault")
        expect(page.locator("[data-kept] a")).to_have_text(["Tờ trình", "Phụ lục"])
        is_told_of_a_newer_edition(reader, tmp_path)
        reader.name = "kiemtoan"
        reader.signs_in()
        finds_nothing(reader)

        # Past the lease's end there is nothing, and no key, though nobody was asked and a paper lay
        # open; nor does a clock that is set back bring anything again.
        assert loads(reader, DOSSIER)
        assert page.evaluate(KEPT)["keys"] == 1
        reader.context.set_offline(True)
        page.clock.install()
        reader.goes_to("/vault")
        page.locator("[data-kept] a").first.click()
        page.locator(".page[data-loaded] canvas").first.wait_for()
        page.clock.fast_forward(73 * 3_600_000)
        for back in (False, True):
            if back:
                page.clock.set_fixed_time(datetime.now(UTC))
                reader.goes_to("/vault")
            expect(page).to_have_url(re.compile("/vault$"))
            reader.sees("Máy này không giữ tài liệu nào đọc được")
            held = page.evaluate(KEPT)
            assert (held["keys"], held["rows"]["papers"], held["rows"]["files"]) == (0, 0, 0)
        reader.context.set_offline(False)

        # A page that is left while it empties the vault leaves nothing half: the next one ends it.
        loads(reader, DOSSIER)
        page.evaluate(LEAVES)
        finds_nothing(reader)

        # Their login is ended elsewhere: at the next contact the vault goes.
        loads(reader, DOSSIER)
        with dbapi2.connect(server.folder / "ecabinet.db") as db:
            last = "SELECT public_id FROM people_login ORDER BY id DESC LIMIT 1"
            (login,) = db.execute(last).fetchone()
        reader.posts(f"/logins/{login}/end")
        reader.goes_to("/")
        expect(page).to_have_url(re.compile("/sign-in"))
        finds_nothing(reader)
        assert reader.wrong == []


def test_an_open_paper_outlasts_a_turned_tablet_and_a_lost_line(tmp_path: Path) -> None:
    """One that no device keeps: its reader stays at its page, and what did not come still comes."""
    with serving_demo(tmp_path / "var") as server, browser() as chromium:
        reader = Person(chromium, server, "thuky", TABLET)
        page = reader.page
        reader.signs_in()
        dossier = reader.posts("/dossiers", title="Hồ sơ bản quét", drafting_agency=1)
        reader.posts(f"{dossier}/papers", pdf=noisy(pages=5), title="Tờ trình", kind="submission")
        reader.posts(f"{dossier}/papers", pdf=noisy(pages=30), title="Phụ lục", kind="annex")
        reader.goes_to(dossier)
        reader.follows("Tờ trình", "#papers")
        page.locator(".page[data-loaded] canvas").first.wait_for()
        goto, zoom = page.locator("[data-paper-goto]"), page.locator("[data-paper-zoom]").first
        for pane in ("[data-side]", "[data-notes]"):
            expect(page.locator(pane)).to_be_visible()
        goto.fill("5")
        goto.press("Enter")
        expect(goto).to_have_value("5")
        before = zoom.inner_text()
        for size, same in ((UPRIGHT, False), (TABLET, True)):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            stands = expect(zoom)
            (stands.to_have_text if same else stands.not_to_have_text)(before)
        expect(goto).to_have_value("5")

        page.locator("[data-paper-after]").click()
        expect(page.locator("[data-paper-pages]").first).to_have_text("30")
        page.locator(".page[data-page-number='1'] canvas").wait_for()
        reader.context.set_offline(True)
        goto.fill("20")
        goto.press("Enter")
        said, drawn = (
            page.locator(".paper__said"),
            page.locator(".page[data-page-number='20'] canvas"),
        )
        expect(said).to_contain_text("Mất kết nối. Trang chưa tải sẽ tự hiện khi có mạng")
        expect(drawn).to_have_count(0)
        reader.context.set_offline(False)
        page.evaluate("dispatchEvent(new Event('online'))")
        drawn.wait_for()
        expect(said).to_be_empty()
        expect(goto).to_have_value("20")
        # The line goes before anything has come: the paper opens when it is back, at its page.
        page.route("**/editions/*/file", lambda route: route.abort("internetdisconnected"))
        page.reload()
        expect(said).to_contain_text("Mất kết nối")
        page.unroute_all()
        page.evaluate("dispatchEvent(new Event('online'))")
        drawn.wait_for()
        expect(said).to_be_empty()
        assert reader.wrong == []


def noisy(pages: int) -> bytes:
    """A scan of which no page comes with another's bytes."""
    made = io.BytesIO()
    sheets = [Image.effect_noise((310, 438), 90) for _ in range(pages)]
    sheets[0].save(made, "PDF", save_all=True, append_images=sheets[1:], resolution=37)
    return made.getvalue()


def test_what_came_whole_stays_where_the_line_is_cut_and_the_rest_follows_in_its_turn(
    tmp_path: Path,
) -> None:
    """Half of an answer, then a server that has no room yet, then all that is missing."""
    asked: list[list[int]] = []

    def answer(route: Route) -> None:
        asked.append(route.request.post_data_json["editions"])
        if len(asked) == 1:
            whole = route.fetch()
            route.fulfill(response=whole, body=whole.body()[: len(whole.body()) // 2])
        elif len(asked) == 2:
            route.fulfill(status=429, json={"code": "too_many", "wait_seconds": 1, "message": ""})
        else:
            route.continue_()

    with serving_demo(tmp_path / "data") as server, browser() as chromium:
        reader = Person(chromium, server, "botruong.yte", PHONE)
        reader.expected += ["429"]
        reader.signs_in()
        page = reader.page
        page.route("**/vault/leases", answer)
        reader.goes_to(SESSION)
        region = page.locator("[data-keep]")
        reader.presses("Tải về")
        region.locator("summary").click()
        failed = region.locator("[data-edition][data-state=failed]")
        expect(region.locator("[data-said]")).to_contain_text("đường truyền bị ngắt")
        missing = failed.count()
        rows = region.locator("[data-edition]").count()
        assert 0 < missing < rows
        expect(region.locator("[data-count]")).to_have_text(f"{rows - missing}/{rows}")
        failed.first.get_by_role("button", name="Thử lại").click()
        expect(region.locator("[data-said]")).to_contain_text("Nhiều người đang tải cùng lúc")
        expect(region.locator("[data-count]")).to_have_text(f"{rows}/{rows}", timeout=30_000)
        expect(region.locator("[data-said]")).to_have_text("")
        assert [len(each) for each in asked] == [rows, missing, missing]
        reader.context.set_offline(True)
        reader.goes_to("/vault")
        expect(page.locator("[data-kept] a[href*='edition=']")).to_have_count(rows)


# As where the device is full: the second file that is put finds no room.
FULL = """() => {
  const put = IDBObjectStore.prototype.put;
  let files = 0;
  window.full = true;
  IDBObjectStore.prototype.put = function (...given) {
    if (this.name === 'files' && window.full && (files += 1) > 1) {
      throw new DOMException('full', 'QuotaExceededError');
    }
    return put.apply(this, given);
  };
}"""
# As on a slow line: the answer comes by a few KB, until it is let go.
SLOW = """() => {
  const asked = window.fetch;
  window.slow = true;
  window.fetch = async (...given) => {
    const answer = await asked(...given);
    if (!String(given[0]).includes('/vault/leases')) return answer;
    const reader = answer.body.getReader();
    const body = new ReadableStream({
      async pull(line) {
        const { done, value } = await reader.read();
        if (done) return line.close();
        for (let at = 0; at < value.length; at += 20000) {
          if (window.slow) await new Promise((go) => setTimeout(go, 200));
          line.enqueue(value.subarray(at, at + 20000));
        }
      },
    });
    return new Response(body, { status: answer.status, headers: answer.headers });
  };
}"""


def test_a_device_without_room_says_so_and_goes_on_once_there_is_some(tmp_path: Path) -> None:
    with serving_demo(tmp_path / "data") as server, browser() as chromium:
        reader = Person(chromium, server, "botruong.yte", PHONE)
        reader.signs_in()
        page = reader.page
        reader.goes_to(SESSION)
        page.evaluate(FULL)
        region = page.locator("[data-keep]")
        rows = region.locator("[data-edition]").count()
        reader.presses("Tải về")
        expect(region.locator("[data-said]")).to_contain_text("Máy này hết chỗ")
        expect(region.locator("[data-state=failed]")).to_have_count(rows - 1)
        page.evaluate("window.full = false")
        reader.presses("Tải về")
        expect(region.locator("[data-count]")).to_have_text(f"{rows}/{rows}")


def test_a_vault_that_is_emptied_while_papers_come_takes_no_more(tmp_path: Path) -> None:
    with serving_demo(tmp_path / "data") as server, browser() as chromium:
        reader = Person(chromium, server, "botruong.yte", TABLET)
        reader.expected += ["401", "403", "404", "409"]
        reader.signs_in()
        page = reader.page
        reader.goes_to(SESSION)
        page.evaluate(SLOW)
        region = page.locator("[data-keep]")
        rows = region.locator("[data-edition]").count()
        reader.presses("Tải về")
        expect(region.locator("[data-state=ready]").first).to_be_attached()
        elsewhere = reader.context.new_page()
        elsewhere.goto(f"{server.url}/")
        elsewhere.locator("summary.who").click()
        elsewhere.get_by_role("button", name="Đăng xuất").click()
        elsewhere.wait_for_url(re.compile("sign-in"))
        page.evaluate("window.slow = false")
        expect(region.locator("[data-said]")).to_contain_text("vừa được xóa vì đã đăng xuất")
        assert elsewhere.evaluate(KEPT)["rows"] == EMPTY
        elsewhere.close()
        # Each code opens once.
        server.command("demo", "--forward", "1m")
        reader.signs_in()
        assert loads(reader, SESSION) == rows
