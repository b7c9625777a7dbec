"""The demo's tasks: forty in every state and time, lived through with the clock set back."""

# ruff: noqa: E501 (the rows of a table)

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial

from ecabinet import clock, forms
from ecabinet.access import Actor
from ecabinet.db import reading, transaction
from people import queries as people
from tasks import service
from tasks.rules import Assignment

DAY_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Life:
    """A task and the days, counted from today, on which something happens to it."""

    lead: str
    by: str
    text: str
    product: str
    assigned: int
    due: int | None
    steps: tuple[tuple[int, str, str], ...] = ()
    helping: tuple[str, ...] = field(default=())


REPORTED = "Đã trình Thủ tướng Chính phủ; hồ sơ gồm Tờ trình và các phụ lục kèm theo."
REFUSED = "Nội dung thuộc chức năng quản lý nhà nước của bộ khác theo nghị định về cơ cấu tổ chức."
RETURNED = "Thiếu ý kiến của hai địa phương có khu công nghiệp lớn; đề nghị bổ sung, trình lại."
UPDATED = "Đang tổng hợp ý kiến các bộ, ngành, địa phương; dự kiến hoàn thiện trong tuần tới."

OVERDUE = (
    ("xaydung", "pttg2", "Trình Đề án phát triển nhà ở cho người lao động tại khu công nghiệp, khu chế xuất", "Đề án kèm Tờ trình", -50, -3, ("taichinh", "hanoi", "tphcm")),
    ("nongnghiepmoitruong", "thutuong", "Báo cáo phương án bố trí vốn dự phòng khắc phục sạt lở bờ sông, bờ biển vùng đồng bằng sông Cửu Long", "Báo cáo Thủ tướng Chính phủ", -40, -5, ("taichinh", "cantho")),
    ("nongnghiepmoitruong", "chuyenvien", "Hoàn thiện cơ chế phối hợp liên vùng trong quản lý, khai thác nguồn nước các lưu vực sông", "Tờ trình kèm dự thảo văn bản", -55, -12, ()),
    ("taichinh", "thutuong", "Rà soát, cắt giảm các khoản chi thường xuyên chưa thật sự cần thiết của các bộ, cơ quan trung ương", "Báo cáo Thủ tướng Chính phủ", -30, -1, ()),
    ("tphcm", "pttg3", "Báo cáo tiến độ giải phóng mặt bằng tuyến đường vành đai, kiến nghị xử lý vướng mắc về giá đất", "Báo cáo Thủ tướng Chính phủ", -45, -8, ("xaydung",)),
)  # fmt: skip
DUE_SOON = (
    ("khoahoccongnghe", "thutuong", "Hoàn thiện Nghị định về dữ liệu dùng chung của các cơ quan nhà nước", "Tờ trình kèm dự thảo văn bản", -35, 2, ("congan", "taichinh")),
    ("yte", "pttg4", "Trình phương án bảo đảm thuốc, vật tư y tế cho các cơ sở khám, chữa bệnh công lập dịp cuối năm", "Báo cáo Thủ tướng Chính phủ", -20, 1, ("taichinh",)),
    ("giaoducdaotao", "pttg4", "Báo cáo việc chuẩn bị sách giáo khoa, cơ sở vật chất cho học kỳ tới ở vùng bị thiên tai", "Báo cáo Thủ tướng Chính phủ", -15, 3, ()),
    ("xaydung", "chuyenvien", "Tổng hợp vướng mắc của các dự án đường sắt đô thị, đề xuất cơ chế tháo gỡ", "Báo cáo Thủ tướng Chính phủ", -25, 0, ("hanoi", "tphcm")),
)  # fmt: skip
IN_TIME = (
    ("taichinh", "thutuong", "Xây dựng kịch bản tăng trưởng kinh tế năm tới theo quý, kèm giải pháp điều hành", "Kế hoạch thực hiện", -12, 25, ()),
    ("congthuong", "pttg1", "Trình cơ chế mua bán điện trực tiếp cho các khu công nghiệp sinh thái", "Tờ trình kèm dự thảo văn bản", -18, 30, ("nongnghiepmoitruong",)),
    ("noivu", "thutuong", "Tổng kết việc sắp xếp tổ chức bộ máy, đề xuất chế độ với cán bộ dôi dư", "Báo cáo Thủ tướng Chính phủ", -10, 40, ()),
    ("tuphap", "chuyenvien", "Rà soát văn bản quy phạm pháp luật chồng chéo về đầu tư, đất đai, xây dựng", "Báo cáo Thủ tướng Chính phủ", -9, 21, ("taichinh", "xaydung", "nongnghiepmoitruong")),
    ("vanhoathethaodulich", "pttg5", "Xây dựng kế hoạch kích cầu du lịch nội địa trong mùa thấp điểm", "Kế hoạch thực hiện", -7, 18, ()),
    ("hanoi", "pttg3", "Tổng kết thí điểm mô hình chính quyền đô thị, kiến nghị sửa đổi quy định có liên quan", "Báo cáo Thủ tướng Chính phủ", -14, 35, ("noivu",)),
    ("cantho", "pttg2", "Lập danh mục điểm sạt lở đặc biệt nguy hiểm và phương án di dời dân", "Báo cáo Thủ tướng Chính phủ", -6, 15, ("nongnghiepmoitruong",)),
    ("nganhang", "thutuong", "Báo cáo kết quả triển khai gói tín dụng nhà ở xã hội, đề xuất điều chỉnh lãi suất", "Báo cáo Thủ tướng Chính phủ", -5, 24, ("xaydung",)),
)  # fmt: skip
NEW = (
    ("yte", "thutuong", "Trình Đề án nâng cao năng lực y tế cơ sở giai đoạn tới", "Đề án kèm Tờ trình", -1, 30, ("taichinh",)),
    ("congan", "lanhdaovp", "Báo cáo tình hình cấp căn cước và định danh điện tử cho tổ chức", "Báo cáo Thủ tướng Chính phủ", -1, 20, ()),
    ("ngoaigiao", "pttg1", "Chuẩn bị nội dung làm việc với các đối tác phát triển về chuyển đổi năng lượng", "Báo cáo Thủ tướng Chính phủ", -2, 28, ("congthuong",)),
    ("dantoctongiao", "chuyenvien", "Rà soát tiến độ giải ngân chương trình mục tiêu quốc gia vùng đồng bào dân tộc thiểu số", "Báo cáo Thủ tướng Chính phủ", 0, 14, ("taichinh",)),
)  # fmt: skip
STANDING = (
    ("thanhtra", "thutuong", "Thường xuyên theo dõi, xử lý đơn thư khiếu nại, tố cáo đông người, phức tạp", "Báo cáo Thủ tướng Chính phủ", -60, None, ()),
    ("quocphong", "thutuong", "Duy trì lực lượng ứng trực phòng, chống thiên tai và tìm kiếm cứu nạn", "Báo cáo Thủ tướng Chính phủ", -58, None, ("nongnghiepmoitruong",)),
)  # fmt: skip
WAITING = (
    ("khoahoccongnghe", "chuyenvien", "Báo cáo kết quả triển khai nền tảng số dùng chung tại các bộ, ngành", "Báo cáo Thủ tướng Chính phủ", -30, 4, ()),
    ("congthuong", "chuyenvien", "Báo cáo tình hình cung ứng xăng dầu và phương án dự trữ cuối năm", "Báo cáo Thủ tướng Chính phủ", -22, -2, ()),
    ("taichinh", "thutuong", "Trình phương án phân bổ vốn dự phòng ngân sách trung ương cho các địa phương bị bão, lũ", "Tờ trình kèm dự thảo văn bản", -16, 2, ("nongnghiepmoitruong",)),
)  # fmt: skip
SENT_BACK = (
    ("giaoducdaotao", "pttg4", "Trình quy định về dạy thêm, học thêm phù hợp điều kiện từng địa phương", "Tờ trình kèm dự thảo văn bản", -33, 6, ()),
    ("noivu", "chuyenvien", "Hoàn thiện đề án vị trí việc làm trong các cơ quan hành chính", "Đề án kèm Tờ trình", -44, -4, ()),
)  # fmt: skip
TURNED_DOWN = (
    ("vanhoathethaodulich", "chuyenvien", "Đề xuất chính sách quản lý quảng cáo xuyên biên giới trên nền tảng số", "Tờ trình kèm dự thảo văn bản", -8, 22, ()),
)  # fmt: skip
DONE_ON_TIME = (
    ("taichinh", "thutuong", "Báo cáo tình hình giải ngân vốn đầu tư công ba quý đầu năm", "Báo cáo Thủ tướng Chính phủ", -60, -30, ()),
    ("congthuong", "pttg1", "Trình kế hoạch cung cấp điện và vận hành hệ thống điện mùa khô", "Kế hoạch thực hiện", -58, -25, ()),
    ("nongnghiepmoitruong", "pttg2", "Báo cáo công tác phòng, chống cháy rừng và quản lý rừng đặc dụng", "Báo cáo Thủ tướng Chính phủ", -52, -20, ()),
    ("congan", "thutuong", "Trình phương án bảo đảm trật tự, an toàn giao thông trong dịp cao điểm", "Kế hoạch thực hiện", -48, -18, ("xaydung",)),
    ("tuphap", "chuyenvien", "Thẩm định đề nghị xây dựng pháp lệnh về chi phí tố tụng", "Báo cáo Thủ tướng Chính phủ", -42, -15, ()),
    ("hanoi", "pttg3", "Báo cáo kết quả di dời cơ sở gây ô nhiễm khỏi nội thành", "Báo cáo Thủ tướng Chính phủ", -38, -10, ()),
    ("nganhang", "thutuong", "Báo cáo điều hành tỷ giá, lãi suất và tăng trưởng tín dụng", "Báo cáo Thủ tướng Chính phủ", -36, -9, ()),
    ("xaydung", "pttg2", "Trình danh mục dự án giao thông trọng điểm khởi công trong quý", "Tờ trình kèm dự thảo văn bản", -34, -7, ()),
)  # fmt: skip
DONE_LATE = (
    ("yte", "pttg4", "Báo cáo việc thanh toán chi phí khám, chữa bệnh bảo hiểm y tế tồn đọng", "Báo cáo Thủ tướng Chính phủ", -56, -22, ("taichinh",)),
    ("xaydung", "chuyenvien", "Tổng hợp báo cáo của các địa phương về quỹ đất dành cho nhà ở xã hội", "Báo cáo Thủ tướng Chính phủ", -47, -17, ()),
    ("cantho", "pttg2", "Báo cáo tiến độ các dự án trọng điểm vùng, kiến nghị điều chỉnh tổng mức đầu tư", "Báo cáo Thủ tướng Chính phủ", -41, -14, ()),
)  # fmt: skip

Row = tuple[str, str, str, str, int, int | None, tuple[str, ...]]
Act = Callable[[], object]


def fill(ids: dict[str, int]) -> None:
    """Make them; `ids` gives each demo person's id by username."""
    acts = Acts(ids)
    for life in lives():
        acts.plan(life)
    acts.live_through()


def lives() -> list[Life]:
    """Every task of the demo with its days."""
    made = [_life(row, (3, "accept", ""), (6, "update", UPDATED)) for row in OVERDUE]
    made += [_life(row, (2, "accept", "")) for row in DUE_SOON]
    made += [_life(row, (1, "accept", ""), (4, "update", UPDATED)) for row in IN_TIME]
    made += [_life(row) for row in NEW]
    made += [_life(row, (2, "accept", "")) for row in STANDING]
    made += [_life(row, (1, "accept", ""), (12, "report with file", REPORTED)) for row in WAITING]
    made += [
        _life(row, (2, "accept", ""), (15, "report", REPORTED), (18, "return", RETURNED))
        for row in SENT_BACK
    ]
    made += [_life(row, (1, "refuse", REFUSED)) for row in TURNED_DOWN]
    made += [_done(row, -2) for row in DONE_ON_TIME]
    return made + [_done(row, 4) for row in DONE_LATE]


def _life(row: Row, *steps: tuple[int, str, str]) -> Life:
    lead, by, text, product, assigned, due, helping = row
    return Life(
        lead, by, text, product, assigned, due,
        tuple((assigned + after, step, words) for after, step, words in steps), helping,
    )  # fmt: skip


def _done(row: Row, days_after_due: int) -> Life:
    assigned, due = row[4], row[5] or 0
    submitted = due + days_after_due
    return _life(
        row,
        (1, "accept", ""),
        (submitted - assigned, "report", REPORTED),
        (submitted + 2 - assigned, "confirm", ""),
    )


class Acts:
    """What happens on which day; the clock is set back, and runs through them to today."""

    def __init__(self, ids: dict[str, int]) -> None:
        self._ids = ids
        self._by_day: dict[int, list[Act]] = {}
        with reading() as db:
            self._agencies = {each.slug: each.id for each in people.agencies(db)}
            self._today = people.today(db)
            self._actors = {name: people.actor(db, ids[name]) for name in ids}

    def plan(self, life: Life) -> None:
        made: list[int] = []
        self._on(life.assigned, lambda: made.append(self._assign(life)))
        for day, step, words in life.steps:
            self._on(day, partial(self._step, life, made, step, words))

    def live_through(self) -> None:
        """One transaction a day: a day's acts are as quick as one."""
        here = 0
        for day in [*sorted(self._by_day), 0]:
            with transaction() as db:
                clock.shift(db, (day - here) * DAY_SECONDS)
                for act in self._by_day.pop(day, []):
                    act()
            here = day

    def _on(self, day: int, act: Act) -> None:
        self._by_day.setdefault(day, []).append(act)

    def _actor(self, username: str) -> Actor:
        actor = self._actors[username]
        assert actor is not None
        return actor

    def _assign(self, life: Life) -> int:
        return service.assign(
            self._actor(life.by),
            Assignment(
                text=life.text,
                lead_agency_id=self._agencies[life.lead],
                deadline=self._deadline(life.due),
                deliverable=life.product,
                coordinating=tuple(self._agencies[each] for each in life.helping),
                open_ended=life.due is None,
            ),
        )

    def _deadline(self, due: int | None) -> date | None:
        return None if due is None else self._today + timedelta(days=due)

    def _step(self, life: Life, made: list[int], step: str, words: str) -> None:
        (task_id,) = made
        staff, judge = self._actor(f"canbo.{life.lead}"), self._actor(life.by)
        match step:
            case "accept":
                service.accept(staff, task_id)
            case "refuse":
                service.refuse(staff, task_id, words)
            case "update":
                service.update(staff, task_id, words)
            case "report":
                service.report(staff, task_id, words)
            case "report with file":
                service.report(staff, task_id, words, "Tờ trình.pdf", _submission(self._today))
            case "confirm":
                service.confirm(judge, task_id)
            case "return":
                service.send_back(judge, task_id, words)


def _submission(day: date) -> bytes:
    """A letter as a ministry would send it with its result."""
    head = forms.Head("", "Bộ Xây dựng", "Số: 45/TTr-BXD", forms.place_and_date(day))
    body = [*forms.title("Tờ trình", "Về kết quả nhiệm vụ được giao"), forms.paragraph(REPORTED)]
    return forms.document("Tờ trình", head, body)
