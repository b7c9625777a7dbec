"""The demo's consultations: one that is open, and one that closed last week.

The closed one is signed by keys made here, marked as the demo's and revoked at the end, so that
a member's own browser still enrols. Its days are lived through by moving the cabinet's clock.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ballots import queries as ballots
from ballots.rules import Answer, Choice
from ballots.service import advise, cast, close, draft, prepare, stamp
from ballots.signing import Proposed
from documents import queries as documents
from ecabinet import answers, clock, deliveries, heartbeat, outbox
from ecabinet.access import Actor
from ecabinet.calendar import Calendar
from ecabinet.db import reading, transaction
from ecabinet.demo.papers import HOUSING, SHARED_DATA
from ecabinet.settings import Settings
from people import queries as people
from people.service import devices

LABEL = "khóa trình diễn"
DAYS_AGO = 9
HANOI = Calendar()
OWN_KINDS = {"device_asked", "device_confirmed", "device_revoked", "ballot_kept"}

AGREE = (
    "thutuong", "pttg1", "pttg2", "pttg3", "botruong.quocphong", "botruong.congan",
    "botruong.ngoaigiao", "botruong.tuphap", "botruong.congthuong", "botruong.giaoducdaotao",
    "thutruong.vpcp",
)  # fmt: skip
OPINIONS = {
    "botruong.noivu": (
        Choice.AGREE_COMMENTS,
        "Đề nghị quy định rõ đối tượng được xét duyệt hồ sơ ở khu công nghiệp liên tỉnh.",
    ),
    "botruong.yte": (
        Choice.AGREE_COMMENTS,
        "Đề nghị bổ sung yêu cầu về trạm y tế trong khu nhà ở từ 500 căn hộ trở lên.",
    ),
    "botruong.taichinh": (
        Choice.DISAGREE,
        "Mức hỗ trợ lãi suất chưa có nguồn cân đối trong kế hoạch trung hạn.",
    ),
    "thutruong.nganhang": (
        Choice.OTHER_OPINION,
        "Đề nghị tách nội dung tín dụng thành một quyết định riêng.",
    ),
}
# Told in time, with a key, and silent.
SILENT = ("botruong.dantoctongiao", "botruong.khoahoccongnghe")


class Key:
    """A demo key of one member."""

    def __init__(self, actor: Actor, secretary: Actor, settings: Settings) -> None:
        self.actor = actor
        self.private = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([])
        request = x509.CertificateSigningRequestBuilder().subject_name(name)
        csr = request.sign(self.private, hashes.SHA256())
        der = csr.public_bytes(serialization.Encoding.DER)
        self.device = devices.enrol_device(actor, der, LABEL)
        devices.confirm_device(secretary, self.device, settings)
        public = self.private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        digest = hashes.Hash(hashes.SHA256())
        digest.update(public)
        self.key_id = digest.finalize().hex()

    def sign(self, attributes: bytes) -> bytes:
        der = self.private.sign(attributes, ec.ECDSA(hashes.SHA256()))
        return answers.raw(der)


@contextmanager
def days_ago() -> Iterator[None]:
    """On a working morning of last week, for as long as the block lasts."""
    with transaction() as db:
        past = _a_working_morning(clock.now(db) - timedelta(days=DAYS_AGO))
        clock.shift(db, int((past - clock.now(db)).total_seconds()))
    try:
        yield
    finally:
        with transaction() as db:
            heartbeat.skip(db, -clock.offset(db))


@dataclass(frozen=True)
class Answered:
    """A consultation whose window is over once its days are, and the keys made for it."""

    consultation_id: int
    keys: list[Key]
    ids: dict[str, int]

    def close(self) -> None:
        close.close(self.consultation_id)
        for key in self.keys:
            devices.revoke_device(key.actor, key.device)
        _tidy_inboxes(self.ids)


def ask_and_answer(ids: dict[str, int]) -> Answered:
    """The question of last week; `ids` gives each demo person's id by username."""
    actors = _actors(ids)
    made = _ask(actors, HOUSING.title, 2, HOUSING_QUESTION, HOUSING_SUMMARY)
    keys = _answer(actors, made)
    # Before the days are over and the keys are revoked, as a worker would have done it.
    stamp.stamp_what_waits()
    return Answered(made, keys, ids)


def fill(ids: dict[str, int]) -> None:
    """The question that is open, passed by one member to an adviser, who proposes an answer."""
    actors = _actors(ids)
    open_one = _ask(actors, SHARED_DATA.title, 5, DATA_QUESTION, DATA_SUMMARY)
    advise.name_adviser(
        actors["botruong.yte"], open_one, ids["thamvan.yte"], None,
        "Xin ý kiến về kết nối dữ liệu khám, chữa bệnh.",
    )  # fmt: skip
    adviser = _actors({"": ids["thamvan.yte"]})[""]
    advise.propose(adviser, open_one, ids["botruong.yte"], PROPOSED)


def _actors(ids: dict[str, int]) -> dict[str, Actor]:
    with reading() as db:
        return {name: found for name, each in ids.items() if (found := people.actor(db, each))}


PROPOSED = Proposed(
    Choice.AGREE_COMMENTS,
    "Đề nghị lùi thời điểm kết nối bắt buộc dữ liệu khám bệnh, chữa bệnh thêm 12 tháng đối với "
    "trạm y tế các xã vùng cao, vùng sâu, nơi chưa có đường truyền ổn định.",
)
HOUSING_QUESTION = (
    "Đồng ý ban hành Nghị định về phát triển nhà ở xã hội cho người lao động trong khu công nghiệp?"
)
HOUSING_SUMMARY = (
    "Về nguồn vốn: Bộ Tài chính đề nghị chỉ hỗ trợ lãi suất từ năm 2028; Bộ Xây dựng đề nghị "
    "hỗ trợ từ năm 2027.\n"
    "Về đối tượng: Bộ Nội vụ đề nghị mở rộng tới lao động thời vụ; cơ quan chủ trì giải trình "
    "chưa đủ quỹ nhà."
)
DATA_QUESTION = (
    "Đồng ý ban hành Nghị định quy định việc kết nối, chia sẻ dữ liệu dùng chung giữa các cơ quan "
    "nhà nước?"
)
DATA_SUMMARY = (
    "Về phạm vi: Bộ Công an đề nghị loại trừ dữ liệu dân cư đã có luật riêng; Bộ Khoa học và Công "
    "nghệ đề nghị giữ nguyên, dẫn chiếu luật riêng.\n"
    "Về chi phí: Bộ Tài chính đề nghị không thu phí giữa các cơ quan; Ngân hàng Nhà nước đề nghị "
    "được thu phí bù đắp với dữ liệu thời gian thực.\n"
    "Về thời hạn: các địa phương đề nghị lùi thời điểm kết nối bắt buộc tới 01/01/2028."
)


def _ask(
    actors: dict[str, Actor], title: str, days: int, question: str, summary: str
) -> int:  # fmt: skip
    drafter = actors["chuyenvien"]
    with reading() as db:
        dossier = next(each for each in documents.dossiers(db, drafter) if each.title == title)
    made = draft.draft(drafter, draft.Question(dossier.id, question, summary, days))
    draft.approve(actors["lanhdaovp"], made)
    # At the moment at which it was opened, by the demo's ways out: files in its own folder.
    deliveries.send_what_waits()
    return made


def _answer(actors: dict[str, Actor], consultation_id: int) -> list[Key]:
    """Some answer hours apart, two open it and keep silent; gives the keys made for it."""
    said = dict.fromkeys(AGREE, (Choice.AGREE, "")) | OPINIONS
    settings = Settings(key_waiting_hours=0)
    keys = []
    for name in (*said, *SILENT):
        key = Key(actors[name], actors["thuky"], settings)
        keys.append(key)
        prepare.open_notice(key.actor, consultation_id)
        if name in said:
            _cast(key, consultation_id, *said[name])
        with transaction() as db:
            heartbeat.skip(db, 47 * 60)
    return keys


def _cast(key: Key, consultation_id: int, choice: Choice, opinion: str) -> None:
    with reading() as db:
        follows = ballots.opened_leaf(db, consultation_id)
    answer = Answer(choice, opinion, follows)
    paper = prepare.prepare(key.actor, consultation_id, answer, key.key_id, "demo")
    envelope = cast.Envelope(paper.token, secrets.token_hex(16), key.sign(paper.attributes))
    cast.keep_signed(key.actor, consultation_id, envelope, lambda *_: {"method": "demo"})


def _a_working_morning(at: datetime) -> datetime:
    """08:12 of the working day on or before a moment."""
    day = HANOI.local_day(at)
    while not HANOI.is_working_day(day):
        day -= timedelta(days=1)
    return HANOI.end_of(day) - timedelta(hours=15, minutes=48)


def _tidy_inboxes(ids: dict[str, int]) -> None:
    """Nobody has to read of the demo's own keys."""
    with transaction() as db:
        for person_id in ids.values():
            mine = outbox.inbox(db, person_id)
            outbox.mark_read(db, person_id, [each.id for each in mine if each.kind in OWN_KINDS])
