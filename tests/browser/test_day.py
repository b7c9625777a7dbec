"""A cabinet's first day: four people at once, in real browsers, on a server started as
`make run` starts it. Papers handed out, a session run live, a ballot signed and counted, a task
assigned and followed (README of the design: sentences 1, 2, 5, 6, 8, 9, 10 and 12)."""

import json
import re
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.papers import a_paper
from tests.browser.person import (
    DESKTOP,
    HANOI,
    PHONE,
    TABLET,
    UPRIGHT,
    Person,
    browser,
    conclude,
    enrol,
)  # fmt: skip
from tests.server import ECABINET, Server, serving

pytestmark = pytest.mark.browser

MATTER = (
    "Dự thảo Nghị định quy định về quản lý hoạt động lấn biển, khai thác vật liệu san lấp và "
    "hoàn phục môi trường vùng ven biển"
)
CONCLUSION = (
    "Thống nhất sự cần thiết ban hành Nghị định; hoàn thiện dự thảo theo ý kiến thành viên."
)
ORDER = "Giao Bộ Xây dựng hoàn thiện dự thảo Nghị định, trình Thủ tướng Chính phủ."
# The agency that the order names, so that it is one tap away.
LEAD = "canbo.xaydung"


def test_a_day_of_the_cabinet(tmp_path: Path) -> None:
    papers = [a_paper(tmp_path / "to-trinh.pdf", 3), a_paper(tmp_path / "du-thao.pdf", 12)]
    with serving(tmp_path / "var") as server, browser() as chromium:
        secretary = Person(chromium, server, "thuky", DESKTOP)
        premier = Person(chromium, server, "thutuong", TABLET)
        minister = Person(chromium, server, "botruong.taichinh", UPRIGHT)
        abroad = Person(chromium, server, "botruong.yte", PHONE)
        everybody = [secretary, premier, minister, abroad]
        for each in everybody:
            each.signs_in()
        for each in (premier, minister, abroad):
            enrol(each, secretary)

        hand_out(secretary, papers)
        meeting = convene(secretary, premier)
        hold(meeting, secretary, premier, minister, abroad)
        consultation = ask(secretary, premier)
        answer(minister, consultation, "Đồng ý")
        answer(abroad, consultation, "Ý kiến khác", "Đề nghị làm rõ Điều 4 về ký quỹ.")
        answer(abroad, consultation, "Không đồng ý", again=True)
        # The clock moves past the logins of screens that lie open, and they are told so.
        for each in everybody:
            each.expected.append("401")
        count(server, consultation, secretary, minister, tmp_path)

        staff = Person(chromium, server, LEAD, PHONE)
        officer = Person(chromium, server, "chuyenvien", DESKTOP)
        for each in (premier, staff, officer):
            # The window's end moved the clock past everybody's login.
            each.signs_in()
        assign(meeting, premier, staff, officer, papers[0])
        for each in (*everybody, staff, officer):
            assert each.wrong == [], each.name


def hand_out(secretary: Person, papers: list[Path]) -> None:
    secretary.goes_to("/dossiers")
    secretary.presses("Lập hồ sơ")
    dialog = secretary.page.locator("dialog[open]")
    dialog.get_by_label("Tên hồ sơ").fill(MATTER)
    dialog.get_by_label("Cơ quan chủ trì soạn thảo").select_option(label="Bộ Xây dựng")
    secretary.presses("Lập hồ sơ", "dialog[open]")
    secretary.sees("Tải tài liệu lên")
    secretary.page.locator("#file").set_input_files(papers)
    secretary.presses("Tải lên", "form[data-upload]")
    expect(secretary.page.locator("#papers .row")).to_have_count(2)


def convene(secretary: Person, premier: Person) -> str:
    """The secretary prepares, the Prime Minister convenes: two people. Gives its path."""
    page = secretary.page
    secretary.goes_to("/meetings/new")
    page.get_by_label("Tên phiên họp").fill("Phiên họp Chính phủ chuyên đề về kinh tế biển")
    page.get_by_label("Chủ trì").select_option(label="Thủ tướng Chính phủ")
    now = datetime.fromtimestamp(secretary.server.now(), HANOI) + timedelta(minutes=5)
    page.get_by_label("Ngày").fill(now.strftime("%d/%m/%Y"))
    page.get_by_label("Giờ bắt đầu").fill(now.strftime("%H:%M"))
    page.get_by_label("Địa điểm").fill("Phòng họp số 1")
    secretary.presses("Lập chương trình", "main form")
    expect(page).to_have_url(re.compile(r"/meetings/\d+$"))
    path = page.url.removeprefix(secretary.server.url)
    for title in ("Khai mạc; thông qua chương trình", MATTER):
        secretary.goes_to(path)
        page.locator("#title").fill(title)
        page.locator("#minutes").fill("20")
        if title == MATTER:
            secretary.picks("#dossier", MATTER)
        secretary.presses("Thêm vào chương trình")
        expect(page.locator("ol.rows .row", has_text=title)).to_have_count(1)
    secretary.presses("Trình triệu tập")
    secretary.sees("chờ triệu tập")

    premier.goes_to("/")
    premier.sees("Việc cần xử lý")
    premier.goes_to(path)
    premier.presses("Triệu tập phiên họp")
    premier.sees("Mở trang phiên họp")
    premier.presses("Giao điều hành", "main")
    premier.sees("điều hành theo chỉ đạo của chủ trì", "main")
    return path


def hold(
    meeting: str, secretary: Person, premier: Person, minister: Person, abroad: Person
) -> None:
    """Open, item 1, item 2 while one tablet is off the line, conclude with an order, close."""
    live = meeting + "/live"
    for each in (secretary, premier, minister, abroad):
        each.goes_to("/")
        each.sees("kinh tế biển")
        each.goes_to(live)
        each.sees("Đã kết nối")
    premier.presses("Tôi có mặt")
    minister.presses("Tại phòng họp")
    abroad.presses("Trực tuyến")
    secretary.sees("3/25 có mặt, còn thiếu 14 thành viên")
    secretary.presses("Điểm danh")
    rows = secretary.page.locator("#attendance [data-live='attendance'] .row")
    absent = rows.filter(has=secretary.page.locator("[data-how=absent][aria-pressed=true]"))
    absent = absent.filter(has_not_text="Thư ký")
    for present in range(4, 18):
        absent.first.get_by_role("button", name="Phòng họp").click()
        words = "đủ số theo quy định" if present == 17 else f"còn thiếu {17 - present} thành viên"
        secretary.sees(f"{present}/25 có mặt, {words}", "#attendance")
    for each in (premier, minister):
        each.sees("17/25 có mặt, đủ số theo quy định", "header")

    premier.presses("Khai mạc", "footer")
    premier.presses(re.compile("Khai mạc"), "dialog[open]")
    premier.presses("Gọi nội dung 1")
    for each in (secretary, minister, abroad):
        each.sees("Đang bàn · nội dung 1", "[data-live=strip]")
    premier.presses("Ghi kết luận", "footer")
    conclude(premier, "Thông qua chương trình.")

    abroad.context.set_offline(True)
    abroad.sees(re.compile("Mất kết nối|Đang kết nối lại"), ".conn")
    # The secretary operates the console by order of the chair (sentence 8).
    secretary.presses("Đóng", "#attendance")
    secretary.presses("Gọi nội dung 2")
    for each in (premier, minister):
        each.sees("Đang bàn · nội dung 2", "[data-live=strip]")
    expect(abroad.page.locator("[data-live=strip]")).not_to_contain_text("nội dung 2")
    abroad.context.set_offline(False)
    abroad.sees("Đang bàn · nội dung 2", "[data-live=strip]")
    expect(abroad.page.locator(".conn").first).to_have_attribute("data-state", "on")

    expect(minister.page.locator("canvas").first).to_be_visible()
    premier.presses("Ghi kết luận", "footer")
    conclude(premier, CONCLUSION, ORDER)
    minister.sees("Các nội dung đã xong", "[data-live=strip]")
    premier.presses("Bế mạc phiên họp", "footer")
    premier.presses(re.compile("Bế mạc"), "dialog[open]")
    for each in (secretary, minister, abroad):
        each.sees("Đã bế mạc")


def ask(secretary: Person, premier: Person) -> str:
    """Drafted by one, opened by another; gives the consultation's path."""
    page = secretary.page
    secretary.goes_to("/consultations/new")
    secretary.picks("#dossier_id", MATTER)
    page.get_by_label("Nội dung xin ý kiến").fill("Đồng ý ban hành Nghị định theo dự thảo không?")
    page.get_by_label("Vấn đề còn ý kiến khác nhau").fill("Mức ký quỹ hoàn phục môi trường.")
    page.get_by_label("Thời hạn (ngày làm việc)").fill("3")
    secretary.presses("Lưu và trình duyệt")
    expect(page).to_have_url(re.compile(r"/consultations/\d+$"))
    path = page.url.removeprefix(secretary.server.url)
    premier.goes_to(path)
    premier.presses("Duyệt và gửi phiếu")
    premier.presses("Duyệt và gửi phiếu", "dialog[open]")
    premier.sees("Cho ý kiến", "main")
    return path


def answer(member: Person, path: str, choice: str, opinion: str = "", again: bool = False) -> None:
    """From the question to a receipt that this browser has verified."""
    page = member.page
    member.goes_to(path)
    member.follows(re.compile("thay phiếu đã gửi" if again else "Cho ý kiến"))
    expect(page.locator("input[name=choice]:checked")).to_have_count(0)
    wanted = page.locator("label.choice", has=page.get_by_text(choice, exact=True))
    # A finger would scroll it away from the foot that stands over a phone's page.
    wanted.evaluate("each => each.scrollIntoView({block: 'center'})")
    wanted.click()
    if opinion:
        page.get_by_label("Nội dung ý kiến").fill(opinion)
    member.presses("Xem lại và ký")
    member.sees("Xem lại trước khi ký")
    code = page.locator("#code")
    if code.is_visible():
        code.fill(member.server.code(member.name, steps_ahead=0))
    member.presses("Ký và gửi phiếu")
    expect(page.get_by_role("heading", name="Phiếu đã được nhận")).to_be_visible()


def count(server: Server, path: str, secretary: Person, minister: Person, folder: Path) -> None:
    """Staff see who has answered, never what; the clock ends it; a stranger verifies it."""
    secretary.goes_to(path)
    secretary.sees("2/25")
    seen = secretary.page.content()
    assert "ký quỹ." not in seen.replace("Mức ký quỹ hoàn phục môi trường.", "")
    server.command("demo", "--forward", "8d")
    secretary.signs_in()
    secretary.goes_to(path)
    secretary.sees(re.compile("thành viên Chính phủ đồng ý|chưa đạt|không quá nửa|cần quyết định"))
    minister.signs_in()
    minister.goes_to(path)
    minister.sees("Kết quả")
    bundle = folder / "bundle.zip"
    server.command("export", "consultation", path.rsplit("/", 1)[1], "--out", str(bundle))
    assert "SOUND" in server.command("verify", str(bundle))
    listed = json.loads(server.command("export", "list", "--json"))
    assert {"kind": "consultation", "state": "closed"}.items() <= listed[-1].items()
    changed = bytearray(bundle.read_bytes())
    changed[len(changed) // 2] ^= 1
    bundle.write_bytes(bytes(changed))
    done = subprocess.run([ECABINET, "verify", str(bundle)], capture_output=True, check=False)
    assert done.returncode in (1, 2)


def assign(meeting: str, premier: Person, staff: Person, officer: Person, product: Path) -> None:
    """A sentence of the conclusion becomes a task in three taps, and is followed to its end."""
    premier.goes_to(meeting)
    premier.follows("Giao nhiệm vụ")
    premier.sees(ORDER)
    for words in ("Bộ Xây dựng", "1 tuần", "Tờ trình kèm dự thảo văn bản"):
        premier.page.locator("label.choice", has_text=words).first.click()
    premier.presses("Giao nhiệm vụ", "main form")
    expect(premier.page).to_have_url(re.compile(r"/tasks/\d+$"))
    path = premier.page.url.removeprefix(premier.server.url)

    staff.goes_to("/")
    staff.sees("hoàn thiện dự thảo Nghị định")
    staff.goes_to(path)
    staff.presses("Tiếp nhận")
    staff.page.get_by_label("Kết quả, tiến độ").fill("Đã trình dự thảo tại Tờ trình số 45/TTr-BXD.")
    staff.page.locator("input[type=file]").set_input_files(product)
    staff.presses("Báo cáo kết quả")
    staff.sees("Tờ trình số 45/TTr-BXD")

    officer.goes_to(path)
    officer.presses("Xác nhận hoàn thành")
    officer.sees(re.compile("[Hh]oàn thành đúng hạn"))
    officer.goes_to("/tasks")
    expect(officer.page.locator(".fig4")).to_be_visible()
