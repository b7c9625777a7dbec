"""The demo's people: a cabinet of 25, its Office, staff of ministries and provinces."""

import json
import os
import secrets
from datetime import date
from pathlib import Path

import pyotp
from sqlalchemy.orm import Session

from ecabinet import addresses, clock
from ecabinet.access import Role
from ecabinet.db import reading
from ecabinet.notices import Channel
from ecabinet.settings import Settings
from people import queries
from people.models import Agency
from people.rules import AgencyKind, Days
from people.service import changes
from people.service import directory as people

TERM_STARTS = date(2026, 4, 1)

DEPUTIES = (
    "Phó Thủ tướng Thường trực Chính phủ",
    "Phó Thủ tướng Chính phủ, phụ trách công nghiệp, xây dựng và nông nghiệp",
    "Phó Thủ tướng Chính phủ, phụ trách đầu tư và phát triển đô thị",
    "Phó Thủ tướng Chính phủ, phụ trách y tế và giáo dục",
    "Phó Thủ tướng Chính phủ, phụ trách văn hóa và thông tin",
    "Phó Thủ tướng Chính phủ, phụ trách nội chính và cải cách hành chính",
    "Phó Thủ tướng Chính phủ, phụ trách kinh tế tổng hợp",
)
MINISTRIES = (
    ("quocphong", "Bộ Quốc phòng"),
    ("congan", "Bộ Công an"),
    ("ngoaigiao", "Bộ Ngoại giao"),
    ("noivu", "Bộ Nội vụ"),
    ("tuphap", "Bộ Tư pháp"),
    ("taichinh", "Bộ Tài chính"),
    ("congthuong", "Bộ Công Thương"),
    ("nongnghiepmoitruong", "Bộ Nông nghiệp và Môi trường"),
    ("xaydung", "Bộ Xây dựng"),
    ("vanhoathethaodulich", "Bộ Văn hóa, Thể thao và Du lịch"),
    ("khoahoccongnghe", "Bộ Khoa học và Công nghệ"),
    ("giaoducdaotao", "Bộ Giáo dục và Đào tạo"),
    ("yte", "Bộ Y tế"),
    ("dantoctongiao", "Bộ Dân tộc và Tôn giáo"),
)
HEADS = (
    ("vpcp", "Văn phòng Chính phủ", "Bộ trưởng, Chủ nhiệm Văn phòng Chính phủ"),
    ("thanhtra", "Thanh tra Chính phủ", "Tổng Thanh tra Chính phủ"),
    ("nganhang", "Ngân hàng Nhà nước Việt Nam", "Thống đốc Ngân hàng Nhà nước Việt Nam"),
)
PROVINCES = (
    ("hanoi", "Ủy ban nhân dân thành phố Hà Nội"),
    ("tphcm", "Ủy ban nhân dân Thành phố Hồ Chí Minh"),
    ("cantho", "Ủy ban nhân dân thành phố Cần Thơ"),
)
OFFICE_STAFF = (
    ("thuky", "Thư ký phiên họp, Văn phòng Chính phủ", Role.SECRETARY),
    ("thuky2", "Thư ký tổng hợp, Văn phòng Chính phủ", Role.SECRETARY),
    ("chuyenvien", "Chuyên viên Vụ Tổng hợp, Văn phòng Chính phủ", Role.SPECIALIST),
    ("lanhdaovp", "Phó Chủ nhiệm Văn phòng Chính phủ", Role.OFFICE_LEADER),
    ("vanthu", "Văn thư Văn phòng Chính phủ", Role.CLERK),
    ("quantri", "Quản trị hệ thống", Role.ADMINISTRATOR),
    ("kiemtoan", "Kiểm toán viên hệ thống", Role.AUDITOR),
)


# Who has confirmed no address, so that the Office has somebody to call.
WITHOUT = {
    Channel.EMAIL: ("thutruong.thanhtra", "botruong.vanhoathethaodulich"),
    Channel.SMS: ("thutruong.thanhtra", "botruong.tuphap", "pttg4"),
}


class Accounts:
    """The demo's accounts as they are made; written once, readable by their owner alone."""

    def __init__(self) -> None:
        self.made: list[dict[str, str]] = []
        self.ids: dict[str, int] = {}

    def add(self, db: Session, username: str, title: str, role: Role, order: int,
            agency: Agency | None = None) -> int:  # fmt: skip
        password = "-".join(secrets.token_hex(2) for _ in range(4))
        seed = pyotp.random_base32()
        person = people.add_person(db, title, username, password, seed)
        office = people.add_office(db, title, role, order, agency)
        people.appoint(db, person, office, TERM_STARTS)
        self.made.append(
            {
                "username": username,
                "password": password,
                "totp_secret": seed,
                "role": role.value,
                "name": title,
            }
        )
        self.ids[username] = person.id
        return person.id

    def write(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(self.made, file, ensure_ascii=False, indent=1)


def accounts_file(settings: Settings) -> Path:
    return settings.demo_accounts


def appoint_government(db: Session, accounts: Accounts) -> None:
    """The Prime Minister, the deputies, fourteen ministers, three heads: N = 25."""
    accounts.add(db, "thutuong", "Thủ tướng Chính phủ", Role.PRIME_MINISTER, 1)
    for number, title in enumerate(DEPUTIES, 1):
        accounts.add(db, f"pttg{number}", title, Role.DEPUTY_PM, 1 + number)
    for order, (slug, name) in enumerate(MINISTRIES, 10):
        agency = people.add_agency(db, slug, name, name, AgencyKind.MINISTRY)
        title = "Bộ trưởng " + name
        accounts.add(db, f"botruong.{slug}", title, Role.MEMBER, order, agency)
        _add_staff(db, accounts, slug, name, agency)
    for order, (slug, name, title) in enumerate(HEADS, 30):
        agency = people.add_agency(db, slug, name, name, AgencyKind.MINISTERIAL)
        accounts.add(db, f"thutruong.{slug}", title, Role.MEMBER, order, agency)
        _add_staff(db, accounts, slug, name, agency)
    for slug, name in PROVINCES:
        agency = people.add_agency(db, slug, name, name, AgencyKind.PROVINCE)
        accounts.add(db, f"canbo.{slug}", f"Cán bộ đầu mối {name}", Role.FOCAL_POINT, 210, agency)


def _add_staff(db: Session, accounts: Accounts, slug: str, name: str, agency: Agency) -> None:
    """Who answers for a ministry's tasks, and whom its head may name as an adviser."""
    accounts.add(db, f"canbo.{slug}", f"Cán bộ đầu mối {name}", Role.FOCAL_POINT, 200, agency)
    title = f"Chuyên viên tham mưu {name}"
    accounts.add(db, f"thamvan.{slug}", title, Role.AGENCY_STAFF, 205, agency)


def give_addresses(db: Session, ids: dict[str, int]) -> None:
    """Confirmed addresses that nobody in the world has: a reserved domain, unassigned numbers."""
    now = clock.now(db)
    for username, person_id in ids.items():
        values = {
            Channel.EMAIL: f"{username}@chinhphu.example",
            Channel.SMS: f"+8460{person_id:07}",
        }
        for channel, value in values.items():
            if username not in WITHOUT.get(channel, ()):
                row = addresses.to_change(db, person_id, channel)
                row.value, row.confirmed_at = value, now


def ask_for_somebody_new(ids: dict[str, int]) -> None:
    """What waits for a second person: somebody new for the Government Office."""
    with reading() as db:
        administrator = queries.actor(db, ids["quantri"])
        specialist = queries.holder_names(db, [ids["chuyenvien"]])[ids["chuyenvien"]]
    assert administrator is not None
    changes.ask_to_add_person(
        administrator, "Nguyễn Minh Châu", "nguyen.minh.chau", specialist.office_id,
        Days(TERM_STARTS), False, "Quyết định 112/QĐ-VPCP ngày 20/11/2026",
    )  # fmt: skip


def appoint_staff(db: Session, accounts: Accounts) -> None:
    for username, title, role in OFFICE_STAFF:
        accounts.add(db, username, title, role, 100)
