"""The demo's dossiers, with papers on official form pages (Decree 30/2020, Annex I)."""

import io
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from documents import handling, lodging, service
from documents.completeness import DossierKind
from documents.lodging import Fields
from documents.rules import Handling, PaperKind
from ecabinet import forms
from ecabinet.access import Actor
from ecabinet.db import reading
from people import queries as people

FONTS = Path(__file__).parent.parent.parent / "node_modules/@expo-google-fonts/tinos"
FACES = {
    "Tinos": "400Regular/Tinos_400Regular.ttf",
    "Tinos-Bold": "700Bold/Tinos_700Bold.ttf",
    "Tinos-Italic": "400Regular_Italic/Tinos_400Regular_Italic.ttf",
}
# Points; margins of Decree 30/2020: 30 mm left, 20 mm elsewhere.
WIDTH, HEIGHT = 595.3, 841.9
LEFT, RIGHT, TOP, BOTTOM = 85, WIDTH - 57, HEIGHT - 57, 62
SIZE, LEADING, INDENT = 13, 20, 28
ORGAN = 160
AT_ONCE = 2


@dataclass(frozen=True)
class Draft:
    """One paper to be made: its heading, and what it says for so many pages."""

    title: str
    kind: PaperKind
    number: str
    heading: str
    pages: int
    handling: Handling = Handling.FREE


@dataclass(frozen=True)
class Matter:
    title: str
    agency: str
    subject: str
    papers: Sequence[Draft]


WATER = Matter(
    "Nghị quyết về cơ chế phối hợp liên vùng trong quản lý nguồn nước, phòng, chống hạn hán, "
    "xâm nhập mặn và sụt lún đất giai đoạn 2027 - 2035",
    "nongnghiepmoitruong",
    "quản lý nguồn nước liên vùng",
    (
        Draft("Tờ trình về dự thảo Nghị quyết phối hợp liên vùng trong quản lý nguồn nước",
              PaperKind.SUBMISSION, "45/TTr-BNNMT", "TỜ TRÌNH", 4),
        Draft("Dự thảo Nghị quyết về cơ chế phối hợp liên vùng trong quản lý nguồn nước",
              PaperKind.DRAFT, "…/2026/NQ-CP", "NGHỊ QUYẾT", 6, Handling.READ),
        Draft("Báo cáo thẩm định dự thảo Nghị quyết phối hợp liên vùng",
              PaperKind.APPRAISAL_REPORT, "312/BC-BTP", "BÁO CÁO THẨM ĐỊNH", 5),
        Draft("Phụ lục: Báo cáo tổng kết 10 năm phòng, chống hạn hán, xâm nhập mặn",
              PaperKind.ANNEX, "87/BC-BNNMT", "BÁO CÁO TỔNG KẾT", 118),
    ),
)  # fmt: skip
SHARED_DATA = Matter(
    "Nghị định quy định việc kết nối, chia sẻ dữ liệu dùng chung giữa các cơ quan nhà nước",
    "khoahoccongnghe",
    "kết nối, chia sẻ dữ liệu dùng chung",
    (
        Draft("Tờ trình về dự thảo Nghị định chia sẻ dữ liệu dùng chung",
              PaperKind.SUBMISSION, "102/TTr-BKHCN", "TỜ TRÌNH", 3),
        Draft("Dự thảo Nghị định quy định việc kết nối, chia sẻ dữ liệu dùng chung",
              PaperKind.DRAFT, "…/2026/NĐ-CP", "NGHỊ ĐỊNH", 8),
        Draft("Báo cáo thẩm tra dự thảo Nghị định chia sẻ dữ liệu dùng chung",
              PaperKind.VERIFICATION_REPORT, "58/BC-VPCP", "BÁO CÁO THẨM TRA", 3),
    ),
)  # fmt: skip
HOUSING = Matter(
    "Nghị định về phát triển nhà ở xã hội cho người lao động trong khu công nghiệp",
    "xaydung",
    "phát triển nhà ở xã hội cho người lao động",
    (
        Draft("Tờ trình về dự thảo Nghị định phát triển nhà ở xã hội",
              PaperKind.SUBMISSION, "71/TTr-BXD", "TỜ TRÌNH", 3),
        Draft("Dự thảo Nghị định về phát triển nhà ở xã hội cho người lao động",
              PaperKind.DRAFT, "…/2026/NĐ-CP", "NGHỊ ĐỊNH", 5),
    ),
)  # fmt: skip
MATTERS = (HOUSING, SHARED_DATA, WATER)
# What ministries lodge themselves: one that waits for the Office, one still being prepared.
CARE = Matter(
    "Nghị quyết về phát triển mạng lưới y tế cơ sở ở vùng đồng bào dân tộc thiểu số",
    "yte",
    "phát triển mạng lưới y tế cơ sở",
    (
        Draft("Tờ trình về dự thảo Nghị quyết phát triển mạng lưới y tế cơ sở",
              PaperKind.SUBMISSION, "118/TTr-BYT", "TỜ TRÌNH", 2),
        Draft("Dự thảo Nghị quyết về phát triển mạng lưới y tế cơ sở",
              PaperKind.DRAFT, "…/2026/NQ-CP", "NGHỊ QUYẾT", 2),
    ),
)  # fmt: skip
RENEWAL = Matter(
    "Nghị định về cải tạo, xây dựng lại nhà chung cư cũ tại các đô thị",
    "xaydung",
    "cải tạo, xây dựng lại nhà chung cư",
    (
        Draft("Dự thảo Nghị định về cải tạo, xây dựng lại nhà chung cư",
              PaperKind.DRAFT, "…/2026/NĐ-CP", "NGHỊ ĐỊNH", 2),
    ),
)  # fmt: skip

SENTENCES = (
    "Các bộ, cơ quan ngang bộ, cơ quan thuộc Chính phủ và Ủy ban nhân dân các tỉnh, thành phố "
    "trực thuộc Trung ương có trách nhiệm phối hợp chặt chẽ trong {subject}, bảo đảm thống nhất, "
    "công khai, minh bạch và đúng thẩm quyền.",
    "Qua tổng kết, kết quả đạt được là tích cực: {n} trong số {m} chỉ tiêu đã hoàn thành, song "
    "việc phân công, phân cấp giữa các cơ quan còn chồng chéo, số liệu chưa cập nhật kịp thời.",
    "Ngân sách trung ương bố trí kinh phí cho các nhiệm vụ có phạm vi ảnh hưởng từ hai tỉnh trở "
    "lên; địa phương bảo đảm kinh phí giải phóng mặt bằng, tái định cư theo quy định.",
    "Cơ quan chủ trì soạn thảo đã lấy ý kiến bằng văn bản của {m} bộ, ngành, địa phương; tiếp thu, "
    "giải trình đầy đủ {n} ý kiến và đăng tải toàn văn dự thảo để lấy ý kiến Nhân dân.",
    "Mức hỗ trợ được xác định theo đơn giá do Ủy ban nhân dân cấp tỉnh ban hành, không vượt quá "
    "{n} phần trăm tổng mức đầu tư được cấp có thẩm quyền phê duyệt.",
    "Số liệu quan trắc được cập nhật hằng giờ trên hệ thống dùng chung và công khai cho người dân, "
    "doanh nghiệp; việc chia sẻ dữ liệu không làm phát sinh thủ tục hành chính mới.",
    "Trường hợp có ý kiến khác nhau giữa các cơ quan, cơ quan chủ trì báo cáo Thủ tướng Chính phủ "
    "xem xét, quyết định trong thời hạn {n} ngày làm việc kể từ ngày nhận được ý kiến cuối cùng.",
    "Định kỳ sáu tháng và hằng năm, các cơ quan báo cáo kết quả thực hiện, đề xuất giải pháp tháo "
    "gỡ khó khăn, vướng mắc về {subject}; Văn phòng Chính phủ tổng hợp, theo dõi, đôn đốc.",
    "Việc đánh giá tác động cho thấy chính sách mang lại lợi ích cho khoảng {m} nghìn hộ gia đình, "
    "trong đó ưu tiên hộ nghèo, hộ cận nghèo và đồng bào dân tộc thiểu số.",
    "Chuyển tiếp: các dự án đã được phê duyệt trước ngày văn bản này có hiệu lực thì tiếp tục thực "
    "hiện theo quy định tại thời điểm phê duyệt, trừ trường hợp áp dụng quy định mới có lợi hơn.",
    "Kiểm tra, giám sát được thực hiện trên cơ sở rủi ro; mỗi cơ sở không bị kiểm tra quá một lần "
    "trong năm, trừ trường hợp có dấu hiệu vi phạm rõ ràng.",
)  # fmt: skip
ARTICLES = (
    "Phạm vi điều chỉnh", "Đối tượng áp dụng", "Giải thích từ ngữ", "Nguyên tắc thực hiện",
    "Trách nhiệm của các bộ, cơ quan ngang bộ", "Trách nhiệm của Ủy ban nhân dân cấp tỉnh",
    "Nguồn lực thực hiện", "Chế độ báo cáo", "Kiểm tra, giám sát", "Điều khoản chuyển tiếp",
    "Hiệu lực thi hành", "Tổ chức thực hiện",
)  # fmt: skip


def hand_out(ids: dict[str, int]) -> None:
    """The dossiers of the Office; `ids` gives each demo person's id by username."""
    with reading() as db:
        specialist = people.actor(db, ids["chuyenvien"])
        agencies = {each.slug: each for each in people.agencies(db)}
    assert specialist is not None
    name_faces()
    for matter in MATTERS:
        agency = agencies[matter.agency]
        dossier_id = service.create_dossier(specialist, matter.title, agency.id)
        add_papers(specialist, dossier_id, matter, agency.name)


def fill(ids: dict[str, int]) -> None:
    """Those of ministries: one that is lodged, one that is begun."""
    waiting = _begun(CARE, ids, Fields(
        CARE.title, DossierKind.RESOLUTION, "118/TTr-BYT", date(2026, 11, 20),
        "Luật Khám bệnh, chữa bệnh; Nghị quyết số 20-NQ/TW.",
        "Chính phủ ban hành Nghị quyết, phân bổ vốn trong kế hoạch 2027 - 2030.",
        "Vụ Kế hoạch - Tài chính, máy lẻ 118",
    ))  # fmt: skip
    lodging.lodge(_staff(CARE, ids), waiting, "Bản ký số gửi qua Trục liên thông văn bản.")
    _begun(RENEWAL, ids, Fields(RENEWAL.title, DossierKind.DECREE))


def _begun(matter: Matter, ids: dict[str, int], fields: Fields) -> int:
    staff = _staff(matter, ids)
    (agency_id,) = staff.agencies
    dossier_id = lodging.begin(staff, agency_id, fields)
    add_papers(staff, dossier_id, matter, staff.office.removeprefix("Cán bộ đầu mối "))
    return dossier_id


def _staff(matter: Matter, ids: dict[str, int]) -> Actor:
    with reading() as db:
        found = people.actor(db, ids[f"canbo.{matter.agency}"])
    assert found is not None
    return found


def add_papers(actor: Actor, dossier_id: int, matter: Matter, agency: str) -> None:
    """Opened two at a time, each in its own child; kept in their order."""

    def read(draft: Draft) -> service.Incoming:
        return service.read_file(f"{draft.number[:3]}.pdf", pdf_of(draft, matter.subject, agency))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for draft, incoming in zip(matter.papers, pool.map(read, matter.papers), strict=True):
            kept = service.keep_paper(actor, dossier_id, draft.title, draft.kind, incoming)
            if draft.handling is not Handling.FREE:
                handling.label(actor, kept, draft.handling)


def name_faces() -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    for name, file in FACES.items():
        pdfmetrics.registerFont(TTFont(name, FONTS / file))


def pdf_of(draft: Draft, subject: str, agency: str) -> bytes:
    """An official paper of exactly so many pages."""
    from reportlab.pdfgen.canvas import Canvas

    made = io.BytesIO()
    with forms.DRAWING:
        canvas = Canvas(made, pagesize=(WIDTH, HEIGHT))
        canvas.setTitle(draft.title)
        sheet = Sheet(canvas, draft)
        sheet.head(agency)
        for bold, text in paragraphs(draft, subject):
            if not sheet.paragraph(text, bold):
                break
        canvas.save()
    return made.getvalue()


def paragraphs(draft: Draft, subject: str) -> Iterator[tuple[bool, str]]:
    """Articles without end; the sheet stops when its pages are full."""
    for number in range(1, 10_000):
        yield True, f"Điều {number}. {ARTICLES[(number - 1) % len(ARTICLES)]}"
        for clause in range(1, 4):
            place = number * 3 + clause * 5 + len(draft.title)
            said = SENTENCES[place % len(SENTENCES)]
            yield (
                False,
                f"{clause}. " + said.format(subject=subject, n=place % 17 + 3, m=place + 40),
            )


class Sheet:
    """Pages of Decree 30/2020, written from the top."""

    def __init__(self, canvas: Any, draft: Draft) -> None:
        self._canvas, self._draft = canvas, draft
        self._page, self._y = 1, TOP

    def head(self, agency: str) -> None:
        """National title, motto, organ, number and the heading."""
        whole, half = (LEFT + RIGHT) / 2, LEFT + ORGAN / 2
        first, *more = self._lines(agency.upper(), "Tinos-Bold", 12, ORGAN)
        self._centred(half, first, "Tinos-Bold", 12)
        self._centred(RIGHT - 140, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Tinos-Bold", 12)
        self._y -= 17
        if more:
            self._centred(half, " ".join(more), "Tinos-Bold", 12)
        self._canvas.setFont("Tinos", 13)
        self._canvas.drawCentredString(half, self._y - 17, f"Số: {self._draft.number}")
        self._centred(RIGHT - 140, "Độc lập - Tự do - Hạnh phúc", "Tinos-Bold", 13)
        self._canvas.line(RIGHT - 222, self._y - 5, RIGHT - 58, self._y - 5)
        self._y -= 26
        self._centred(RIGHT - 140, "Hà Nội, ngày … tháng … năm 2026", "Tinos-Italic", 13)
        self._y -= 40
        self._centred(whole, self._draft.heading, "Tinos-Bold", 14)
        for line in self._lines(self._draft.title, "Tinos-Bold", 14, RIGHT - LEFT - 40):
            self._y -= LEADING
            self._centred(whole, line, "Tinos-Bold", 14)
        self._y -= 2 * LEADING

    def paragraph(self, text: str, bold: bool) -> bool:
        """Write it on; False when the last page is full."""
        face = "Tinos-Bold" if bold else "Tinos"
        for number, line in enumerate(self._lines(text, face, SIZE, RIGHT - LEFT - INDENT)):
            if self._y < BOTTOM and not self._turn():
                return False
            self._canvas.setFont(face, SIZE)
            self._canvas.drawString(LEFT + (0 if number else INDENT), self._y, line)
            self._y -= LEADING
        self._y -= 4
        return True

    def _turn(self) -> bool:
        if self._page == self._draft.pages:
            return False
        self._canvas.showPage()
        self._page, self._y = self._page + 1, TOP - 24
        self._canvas.setFont("Tinos", SIZE)
        self._canvas.drawCentredString((LEFT + RIGHT) / 2, TOP, str(self._page))
        return True

    def _centred(self, x: float, text: str, face: str, size: int) -> None:
        self._canvas.setFont(face, size)
        self._canvas.drawCentredString(x, self._y, text)

    @staticmethod
    def _lines(text: str, face: str, size: int, width: float) -> list[str]:
        from reportlab.lib.utils import simpleSplit

        lines: list[str] = simpleSplit(text, face, size, width)
        return lines
