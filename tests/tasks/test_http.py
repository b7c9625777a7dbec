"""Tasks in a browser."""

import csv
import hashlib
import io
import re

import pytest

from ecabinet import web
from tasks import service
from tasks.rules import Step
from tests.builders import PEOPLE, Browser, Cabinet, statements_sent
from tests.tasks.builders import PDF, TEXT, assign, day, office_file, take

READ = {
    "thutuong", "pttg1", "botruong.taichinh", "botruong.yte", "botruong.xaydung", "thuky",
    "thuky2", "chuyenvien", "lanhdaovp", "kiemtoan", "canbo.yte", "canbo.taichinh",
}  # fmt: skip


def page(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.get_data(as_text=True)


def filled(cabinet: Cabinet, **changes: object) -> dict[str, object]:
    """The form of assigning as three taps leave it."""
    return {
        "text": TEXT,
        "lead": cabinet.agencies["yte"],
        "deadline": f"{day(cabinet, 14):%d/%m/%Y}",
        "deliverable": "Đề án kèm Tờ trình",
    } | changes


# ---- pages for everybody ----


def test_each_page_opens_for_its_readers_and_for_nobody_else(cabinet: Cabinet) -> None:
    task_id = assign(cabinet, coordinating=("taichinh",))
    for username in PEOPLE:
        browser = cabinet.browser(username)
        expected = 200 if username in READ else 403
        for path in ("/tasks", f"/tasks/{task_id}", "/tasks.csv"):
            assert browser.get(path).status_code == expected, (username, path)
        may_assign = username in ("thutuong", "pttg1", "chuyenvien", "lanhdaovp")
        assert browser.get("/tasks/assign").status_code == (200 if may_assign else 403), username
    assert cabinet.browser().get("/tasks").status_code == 302


def test_another_agencys_task_is_not_to_be_found(cabinet: Cabinet) -> None:
    task_id = assign(cabinet, lead="xaydung")
    browser = cabinet.browser("canbo.yte")
    assert page(cabinet.browser("chuyenvien"), f"/tasks/{task_id}")
    assert browser.get(f"/tasks/{task_id}").status_code == 404
    assert TEXT not in page(browser, "/tasks?shown=all")
    assert browser.post(f"/tasks/{task_id}/accept").status_code == 404


def test_a_page_offers_the_steps_that_its_reader_may_take_now(cabinet: Cabinet) -> None:
    task_id = assign(cabinet, by="thutuong", coordinating=("taichinh",))
    path = f"/tasks/{task_id}"
    staff, pm = cabinet.browser("canbo.yte"), cabinet.browser("thutuong")
    assert f"{path}/accept" in page(staff, path)
    for other in ("thutuong", "canbo.taichinh", "botruong.yte", "kiemtoan", "thuky"):
        assert f'action="{path}/' not in page(cabinet.browser(other), path), other
    take(Step.ACCEPT, cabinet.actor("canbo.yte"), task_id)
    assert f"{path}/report" in page(staff, path)
    take(Step.REPORT, cabinet.actor("canbo.yte"), task_id)
    assert f'action="{path}/' not in page(staff, path)
    assert f"{path}/confirm" in page(pm, path)


# ---- assigning ----


def test_three_taps_make_a_task(cabinet: Cabinet) -> None:
    browser = cabinet.browser("chuyenvien")
    form = page(browser, "/tasks/assign")
    assert 'name="lead"' in form
    answer = browser.post("/tasks/assign", filled(cabinet))
    assert answer.status_code == 303
    shown = page(browser, answer.headers["Location"])
    assert TEXT in shown
    assert "Đề án kèm Tờ trình" in shown


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"lead": ""}, "lead"),
        ({"lead": "other"}, "lead_other"),
        ({"lead": "bo-y-te"}, "lead"),
        ({"deadline": ""}, "deadline"),
        ({"deadline": "other"}, "deadline_other"),
        ({"deadline": "32/13/2026"}, "deadline"),
        ({"deliverable": "other"}, "deliverable_other"),
        ({"coordinating": "x"}, "coordinating"),
        ({"text": " "}, "text"),
    ],
)
def test_what_is_missing_is_named_by_its_field(
    cabinet: Cabinet, changes: dict[str, object], field: str
) -> None:
    browser = cabinet.browser("chuyenvien")
    assert browser.post("/tasks/assign", filled(cabinet)).status_code == 303
    answer = browser.post(
        "/tasks/assign", filled(cabinet, **changes), headers={"Accept": "application/json"}
    )
    assert answer.status_code == 400
    assert answer.get_json()["field"] == field


def test_another_agency_another_day_and_another_product_are_said_in_their_own_fields(
    cabinet: Cabinet,
) -> None:
    other = {
        "lead": "other", "lead_other": cabinet.agencies["taichinh"], "deadline": "other",
        "deadline_other": f"{day(cabinet, 40):%d/%m/%Y}", "deliverable": "other",
        "deliverable_other": "Bảng số liệu", "coordinating": [cabinet.agencies["yte"]],
    }  # fmt: skip
    browser = cabinet.browser("thutuong")
    shown = page(
        browser, browser.post("/tasks/assign", filled(cabinet, **other)).headers["Location"]
    )
    assert "Bảng số liệu" in shown
    assert f"{day(cabinet, 40):%d/%m/%Y}" in shown
    assert "Bộ taichinh" in shown


def test_a_past_deadline_is_refused_in_words(cabinet: Cabinet) -> None:
    browser = cabinet.browser("chuyenvien")
    late = filled(cabinet, deadline=f"{day(cabinet, -1):%d/%m/%Y}")
    answer = browser.post("/tasks/assign", late, headers={"Accept": "application/json"})
    assert answer.status_code == 409
    assert "Thời hạn đã qua" in answer.get_json()["message"]
    assert answer.get_json()["field"] == "deadline"


# ---- carrying out ----


def test_whoever_sees_a_part_of_the_tasks_is_told_that_it_is_a_part(cabinet: Cabinet) -> None:
    assign(cabinet)
    part, all_ = "Những nhiệm vụ Ông/Bà được xem", 'class="meta">Tất cả cơ quan'
    official, chief = (page(cabinet.browser(each), "/tasks") for each in ("canbo.yte", "thutuong"))
    assert (part in official, all_ in official) == (True, False)
    assert (part in chief, all_ in chief) == (False, True)


def test_the_whole_life_of_a_task_by_its_buttons(cabinet: Cabinet) -> None:
    task_id = assign(cabinet)
    path = f"/tasks/{task_id}"
    staff, office = cabinet.browser("canbo.yte"), cabinet.browser("chuyenvien")
    for browser, act, data in (
        (staff, "accept", {}),
        # A browser sends a field for a file also where none was chosen.
        (staff, "update", {"words": "Đã lấy ý kiến", "file": (io.BytesIO(), "")}),
        (staff, "update", {"words": "Kèm dự thảo", "file": (io.BytesIO(PDF), "Dự thảo.pdf")}),
        (staff, "report", {"words": "Đã trình", "file": (io.BytesIO(PDF), "Tờ trình.pdf")}),
        (office, "return", {"reason": "Thiếu phụ lục"}),
        (staff, "report", {"words": "Đã bổ sung phụ lục"}),
        (office, "confirm", {}),
    ):
        answer = browser.post(f"{path}/{act}", data)
        assert (answer.status_code, answer.headers["Location"]) == (303, path), act
    shown = page(staff, path)
    for words in (
        "Đã lấy ý kiến",
        "Thiếu phụ lục",
        "Đã bổ sung phụ lục",
        "Tờ trình.pdf",
        "Dự thảo.pdf",
    ):
        assert words in shown
    assert "Hoàn thành đúng hạn" in shown


def test_a_file_goes_out_as_a_closed_attachment_to_the_tasks_readers_alone(
    cabinet: Cabinet,
) -> None:
    task_id = assign(cabinet)
    take(Step.ACCEPT, cabinet.actor("canbo.yte"), task_id)
    content = office_file("word/document.xml")
    service.report(cabinet.actor("canbo.yte"), task_id, "Đã trình", "Đề án.docx", content)
    shown = page(cabinet.browser("canbo.yte"), f"/tasks/{task_id}")
    found = re.search(rf"/tasks/{task_id}/files/\d+", shown)
    assert found
    answer = cabinet.browser("kiemtoan").get(found[0])
    assert answer.data == content
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename*=UTF-8''%C4%90%E1%BB%81%20%C3%A1n.docx"
    )
    assert answer.headers["Content-Security-Policy"] == web.FILE_POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert cabinet.browser("canbo.taichinh").get(found[0]).status_code == 404
    other = assign(cabinet, lead="taichinh")
    elsewhere = found[0].replace(f"/tasks/{task_id}/", f"/tasks/{other}/")
    assert cabinet.browser("chuyenvien").get(elsewhere).status_code == 404


def test_a_file_that_was_sent_in_pieces_comes_with_the_report(cabinet: Cabinet) -> None:
    task_id = assign(cabinet)
    take(Step.ACCEPT, cabinet.actor("canbo.yte"), task_id)
    staff, known = cabinet.browser("canbo.yte"), hashlib.sha256(PDF).hexdigest()
    for at, piece in ((0, PDF[:4]), (4, PDF[4:])):
        staff.post(f"/incoming/{known}", {"at": at, "file": (io.BytesIO(piece), "a.pdf")})
    sent = {"words": "Đã trình", "sent": known, "name": "Đề án.pdf"}
    assert cabinet.browser("canbo.yte").get(f"/incoming/{known}").json == {"received": len(PDF)}
    assert staff.post(f"/tasks/{task_id}/report", sent).status_code == 303
    assert "Đề án.pdf" in page(staff, f"/tasks/{task_id}")
    assert staff.get(f"/incoming/{known}").json == {"received": 0}


def test_a_disguised_file_is_refused_and_the_report_is_not_sent(cabinet: Cabinet) -> None:
    task_id = assign(cabinet)
    take(Step.ACCEPT, cabinet.actor("canbo.yte"), task_id)
    browser = cabinet.browser("canbo.yte")
    sent = {"words": "Đã trình", "file": (io.BytesIO(b"<svg onload=alert(1)>"), "a.pdf")}
    answer = browser.post(f"/tasks/{task_id}/report", sent, headers={"Accept": "application/json"})
    assert answer.status_code == 422
    assert "Chỉ nhận tệp" in answer.get_json()["message"]
    assert "Báo cáo kết quả" in page(browser, f"/tasks/{task_id}")


def test_nothing_happens_without_the_pages_token(cabinet: Cabinet) -> None:
    task_id = assign(cabinet)
    browser = cabinet.browser("canbo.yte")
    assert browser.client.post(f"/tasks/{task_id}/accept").status_code == 403
    assert browser.post(f"/tasks/{task_id}/accept").status_code == 303


# ---- the dashboard ----


def rows(answer: str) -> list[int]:
    return [
        int(each) for each in re.findall(r'<th scope="row"[^>]*><a href="/tasks/(\d+)"', answer)
    ]


def test_each_cell_of_the_two_by_two_opens_its_list(cabinet: Cabinet) -> None:
    made = {name: assign(cabinet, days=5) for name in ("on_time", "late", "overdue")}
    made["open"] = assign(cabinet, days=60)
    staff, office = cabinet.actor("canbo.yte"), cabinet.actor("chuyenvien")
    for name in ("on_time", "late", "overdue"):
        take(Step.ACCEPT, staff, made[name])
    take(Step.REPORT, staff, made["on_time"])
    cabinet.wait(days=6)
    take(Step.REPORT, staff, made["late"])
    for name in ("on_time", "late"):
        take(Step.CONFIRM, office, made[name])
    browser = cabinet.browser("thutuong")
    board = page(browser, "/tasks")
    for shown, name in (
        ("done_on_time", "on_time"), ("done_late", "late"), ("in_time", "open"),
        ("overdue", "overdue"),
    ):  # fmt: skip
        assert f'href="/tasks?shown={shown}#list"><b class="fig4__n">1</b>' in board, shown
        assert rows(page(browser, f"/tasks?shown={shown}")) == [made[name]], shown
    assert "1/2 (50,0 %)" in board
    assert "Quá hạn 1 ngày" in board


def test_a_list_is_found_by_agency_by_state_and_by_words_without_marks(cabinet: Cabinet) -> None:
    housing = assign(cabinet, days=9)
    river = assign(cabinet, lead="taichinh", days=3, text="Báo cáo sạt lở đê điều ĐBSCL")
    take(Step.ACCEPT, cabinet.actor("canbo.yte"), housing)
    browser = cabinet.browser("thuky")
    assert rows(page(browser, "/tasks")) == [river, housing]
    assert rows(page(browser, f"/tasks?agency={cabinet.agencies['yte']}")) == [housing]
    assert rows(page(browser, "/tasks?state=accepted")) == [housing]
    for words in ("sat lo de dieu", "ĐÊ ĐIỀU", "dbscl", f"{river}"):
        assert rows(page(browser, f"/tasks?q={words}")) == [river], words
    assert rows(page(browser, "/tasks?q=%25")) == []
    assert rows(page(browser, "/tasks?shown=nonsense&state=x&agency=abc&page=-4")) == [
        river,
        housing,
    ]


def test_the_export_holds_exactly_what_is_filtered(cabinet: Cabinet) -> None:
    for number in range(25):
        assign(cabinet, days=number + 1, text=f"Việc {number}")
    assign(cabinet, lead="taichinh", coordinating=("yte", "xaydung"))
    browser = cabinet.browser("thuky")
    first = page(browser, f"/tasks?agency={cabinet.agencies['yte']}")
    second = page(browser, f"/tasks?agency={cabinet.agencies['yte']}&page=2")
    lines = exported(browser, f"/tasks.csv?agency={cabinet.agencies['yte']}")
    assert [int(each[0]) for each in lines[1:]] == rows(first) + rows(second)
    assert len(rows(first)) == 20
    assert lines[0][:3] == ["Số", "Nhiệm vụ", "Chủ trì"]
    (line,) = exported(browser, f"/tasks.csv?agency={cabinet.agencies['taichinh']}")[1:]
    assert line[2:4] == ["Bộ taichinh", "Bộ yte; Bộ xaydung"]
    assert line[6:8] == ["Trong hạn", "Chờ tiếp nhận"]


def test_no_task_runs_as_a_formula_in_the_spreadsheet(cabinet: Cabinet) -> None:
    for text in ("=HYPERLINK(1)", "+84", "-1", "@SUM(1)", " =1", "＝1"):
        assign(cabinet, text=text)
    cells = [each[1] for each in exported(cabinet.browser("thuky"), "/tasks.csv")[1:]]
    assert cells == ["'=HYPERLINK(1)", "'+84", "'-1", "'@SUM(1)", "' =1", "'＝1"]


def exported(browser: Browser, path: str) -> list[list[str]]:
    answer = browser.get(path)
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    text = answer.data.decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:])))


@pytest.mark.parametrize("path", ["/tasks", "/tasks.csv", "/", "/duties", "/inbox"])
def test_twice_as_many_tasks_cost_no_more_questions(cabinet: Cabinet, path: str) -> None:
    browsers = [cabinet.browser("canbo.yte"), cabinet.browser("chuyenvien")]
    numbers = []
    for _ in range(2):
        for number in range(10):
            assign(cabinet, days=number, coordinating=("taichinh", "xaydung"))
        for browser in browsers:
            browser.get(path)
            with statements_sent() as sent:
                page(browser, path)
            numbers.append(len(sent))
    assert numbers[:2] == numbers[2:]


def test_the_pages_speak_english_to_whoever_asks(cabinet: Cabinet) -> None:
    task_id = assign(cabinet)
    cabinet.wait(days=33)
    browser = cabinet.browser("kiemtoan")
    assert "3 days overdue" in page(browser, "/tasks?lang=en")
    assert "Five clears" in page(browser, f"/tasks/{task_id}?lang=en")
    assert "Quá hạn 3 ngày" in page(browser, "/tasks?lang=vi")
