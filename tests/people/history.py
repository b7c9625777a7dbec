"""How the Government was composed, as data: terms, offices and provinces with their days.

Sizes and decrees are those of the Government's own history; persons are numbered, not named, and
the weeks of an acting minister and the day of a new Government are examples. The provinces are
those of Resolution 202/2025/QH15, at work from 1 July 2025: 63 became 34.
"""

from dataclasses import dataclass
from datetime import date

FIRST = date(2021, 7, 28)
STREAMLINED = date(2025, 3, 1)
NEW_GOVERNMENT = date(2026, 4, 7)
PROVINCES_MERGED = date(2025, 7, 1)
ACTING_FROM, ACTING_UNTIL = date(2022, 6, 7), date(2022, 7, 15)

# Which ministries of 2021 went into which on 1 March 2025; the others went on as they were.
MERGED_MINISTRIES = {
    "Bộ Tài chính": ("Bộ Kế hoạch và Đầu tư",),
    "Bộ Xây dựng": ("Bộ Giao thông vận tải",),
    "Bộ Khoa học và Công nghệ": ("Bộ Thông tin và Truyền thông",),
    "Bộ Nội vụ": ("Bộ Lao động - Thương binh và Xã hội",),
    "Bộ Nông nghiệp và Phát triển nông thôn": ("Bộ Tài nguyên và Môi trường",),
}
RENAMED_MINISTRIES = {
    "Bộ Nông nghiệp và Phát triển nông thôn": "Bộ Nông nghiệp và Môi trường",
    "Ủy ban Dân tộc": "Bộ Dân tộc và Tôn giáo",
}
MINISTRIES = (
    "Bộ Quốc phòng", "Bộ Công an", "Bộ Ngoại giao", "Bộ Nội vụ", "Bộ Tư pháp",
    "Bộ Kế hoạch và Đầu tư", "Bộ Tài chính", "Bộ Công Thương",
    "Bộ Nông nghiệp và Phát triển nông thôn", "Bộ Giao thông vận tải", "Bộ Xây dựng",
    "Bộ Tài nguyên và Môi trường", "Bộ Thông tin và Truyền thông",
    "Bộ Lao động - Thương binh và Xã hội", "Bộ Văn hóa, Thể thao và Du lịch",
    "Bộ Khoa học và Công nghệ", "Bộ Giáo dục và Đào tạo", "Bộ Y tế",
)  # fmt: skip
BODIES = (
    "Ủy ban Dân tộc", "Thanh tra Chính phủ", "Ngân hàng Nhà nước Việt Nam", "Văn phòng Chính phủ",
)  # fmt: skip
DEPUTIES, DEPUTIES_FROM_2025 = 4, 7

# A province of 2025 and those of before that went into it.
PROVINCES: dict[str, tuple[str, ...]] = {
    "Tuyên Quang": ("Hà Giang",), "Lào Cai": ("Yên Bái",), "Thái Nguyên": ("Bắc Kạn",),
    "Phú Thọ": ("Vĩnh Phúc", "Hòa Bình"), "Bắc Ninh": ("Bắc Giang",), "Hưng Yên": ("Thái Bình",),
    "Hải Phòng": ("Hải Dương",), "Ninh Bình": ("Hà Nam", "Nam Định"), "Quảng Trị": ("Quảng Bình",),
    "Đà Nẵng": ("Quảng Nam",), "Quảng Ngãi": ("Kon Tum",), "Gia Lai": ("Bình Định",),
    "Khánh Hòa": ("Ninh Thuận",), "Lâm Đồng": ("Đắk Nông", "Bình Thuận"),
    "Đắk Lắk": ("Phú Yên",), "Thành phố Hồ Chí Minh": ("Bình Dương", "Bà Rịa - Vũng Tàu"),
    "Đồng Nai": ("Bình Phước",), "Tây Ninh": ("Long An",), "Cần Thơ": ("Sóc Trăng", "Hậu Giang"),
    "Vĩnh Long": ("Bến Tre", "Trà Vinh"), "Đồng Tháp": ("Tiền Giang",),
    "Cà Mau": ("Bạc Liêu",), "An Giang": ("Kiên Giang",),
    "Hà Nội": (), "Huế": (), "Lai Châu": (), "Điện Biên": (), "Sơn La": (), "Lạng Sơn": (),
    "Quảng Ninh": (), "Thanh Hóa": (), "Nghệ An": (), "Hà Tĩnh": (), "Cao Bằng": (),
}  # fmt: skip


@dataclass(frozen=True)
class Count:
    """How many members there were on a day, and by which decree they worked."""

    day: date
    members: int
    decree: str


# 27 = 1 + 4 + 18 + 4 until the streamlining, 25 = 1 + 7 + 14 + 3 from it on.
COUNTS = (
    Count(date(2021, 7, 28), 27, "nd-138-2016"),
    Count(date(2022, 6, 17), 27, "nd-138-2016"),
    Count(date(2022, 6, 18), 27, "nd-39-2022"),
    Count(date(2025, 2, 28), 27, "nd-39-2022"),
    Count(date(2025, 3, 1), 25, "nd-39-2022"),
    Count(date(2026, 4, 6), 25, "nd-39-2022"),
    Count(date(2026, 4, 7), 25, "nd-39-2022"),
    Count(date(2026, 5, 29), 25, "nd-191-2026"),
)
