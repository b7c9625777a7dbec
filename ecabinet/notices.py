"""What channels outside the house may carry of a message, and when: pure, by the message's kind.

A mail or an SMS passes through strangers' hands. It names the kind of thing, a deadline and the
address of the page, and nothing that anybody wrote: no title, question, choice or opinion
(peers, rows 92 and 93).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Channel(StrEnum):
    """How a person is told beside their inbox, which always tells them."""

    EMAIL = "email"
    SMS = "sms"


class Subject(StrEnum):
    """What a person chooses their channels by: kinds of message that belong together."""

    CONSULTATIONS = "consultations"
    SESSIONS = "sessions"
    TASKS = "tasks"
    OFFICE = "office"
    SECURITY = "security"


@dataclass(frozen=True)
class Notice:
    """All that is said of a kind outside the house, in both languages."""

    subject: Subject
    vi: str
    en: str
    # Worth waking somebody for: it is about this minute, or somebody may be acting in their name.
    presses: bool = False
    # A legal window runs from the day on which it arrives.
    opens_window: bool = False


S = Subject
NOTICES: dict[str, Notice] = {
    "consultation_opened": Notice(
        S.CONSULTATIONS,
        "Có phiếu lấy ý kiến chờ Ông/Bà trả lời",
        "A consultation waits for your answer",
        opens_window=True,
    ),
    "consultation_asked_again": Notice(
        S.CONSULTATIONS,
        "Tài liệu của một phiếu lấy ý kiến đã được thay; Ông/Bà được hỏi lại",
        "A paper of a consultation was replaced; you are asked again",
        opens_window=True,
    ),
    "consultation_ends_soon": Notice(
        S.CONSULTATIONS,
        "Phiếu lấy ý kiến sắp hết hạn; hãy kiểm tra thiết bị của Ông/Bà còn ký được không",
        "A consultation ends soon; please check that your device can still sign",
    ),
    "cannot_sign": Notice(
        S.CONSULTATIONS,
        "Phiếu lấy ý kiến sắp hết hạn; có thành viên chưa có thiết bị nào ký được",
        "A consultation ends soon; a member has no device that can sign",
    ),
    "consultation_last_day": Notice(
        S.CONSULTATIONS,
        "Hôm nay là ngày cuối trả lời phiếu lấy ý kiến",
        "Today is the last day to answer a consultation",
    ),
    "ballot_awaits": Notice(
        S.SECURITY,
        "Đã nhận phiếu của Ông/Bà; phiếu còn chờ ký chính thức",
        "Your ballot was kept; it still waits for an official signature",
        presses=True,
    ),
    "answer_unofficial": Notice(
        S.CONSULTATIONS,
        "Một thành viên đã trả lời, chờ ký chính thức",
        "A member has answered and still has to sign officially",
    ),
    "consultation_closed": Notice(
        S.CONSULTATIONS,
        "Đã có kết quả một phiếu lấy ý kiến",
        "A consultation has its result",
    ),
    "consultation_stopped": Notice(
        S.CONSULTATIONS,
        "Một phiếu lấy ý kiến đã dừng, không có kết quả",
        "A consultation was stopped, without a result",
    ),
    "consultation_withdrawn": Notice(
        S.CONSULTATIONS,
        "Một phiếu lấy ý kiến đã được thu hồi; không phiếu nào được kiểm",
        "A consultation was withdrawn; no ballot is counted",
    ),
    "consultation_extended": Notice(
        S.CONSULTATIONS,
        "Một phiếu lấy ý kiến được gia hạn",
        "A consultation was extended",
    ),
    "consultation_shortened": Notice(
        S.CONSULTATIONS,
        "Một phiếu lấy ý kiến kết thúc sớm hơn",
        "A consultation ends earlier",
    ),
    "consultation_superseded": Notice(
        S.CONSULTATIONS,
        "Một phiếu lấy ý kiến đã được thay bằng lần lấy ý kiến mới",
        "A consultation was superseded by a new round",
    ),
    "opinions_to_reply": Notice(
        S.OFFICE,
        "Có ý kiến thành viên Chính phủ chờ cơ quan Ông/Bà tiếp thu, giải trình",
        "Members' opinions wait for your agency's reply",
    ),
    "opinions_replied": Notice(
        S.OFFICE,
        "Cơ quan chủ trì đã tiếp thu, giải trình mọi ý kiến của một phiếu",
        "The drafting agency has replied to all opinions of a consultation",
    ),
    "consultation_decided": Notice(
        S.CONSULTATIONS,
        "Đã có quyết định về kết quả một phiếu lấy ý kiến",
        "The result of a consultation was decided on",
    ),
    "result_corrected": Notice(
        S.CONSULTATIONS,
        "Kết quả một phiếu lấy ý kiến được đính chính",
        "The result of a consultation was corrected",
    ),
    "classification_proposed": Notice(
        S.CONSULTATIONS,
        "Văn phòng Chính phủ đề nghị cách tính ý kiến khác của Ông/Bà",
        "The Office proposes how your other opinion counts",
    ),
    "classification_taken_back": Notice(
        S.CONSULTATIONS,
        "Đề nghị cách tính ý kiến khác của Ông/Bà đã được rút",
        "The proposal on your other opinion was taken back",
    ),
    "classification_answered": Notice(
        S.OFFICE,
        "Thành viên đã trả lời đề nghị cách tính ý kiến khác",
        "A member has answered how their other opinion counts",
    ),
    "consultation_classified": Notice(
        S.CONSULTATIONS,
        "Kết quả một phiếu lấy ý kiến đã rõ sau khi phân loại ý kiến khác",
        "A consultation's outcome is known, its other opinions being classified",
    ),
    "opinion_reserved": Notice(
        S.CONSULTATIONS,
        "Một thành viên bảo lưu ý kiến về kết quả lấy ý kiến",
        "A member reserves an opinion on a consultation's result",
    ),
    "comment_released": Notice(
        S.OFFICE,
        "Một thành viên gửi góp ý trước cho cơ quan Ông/Bà về một phiếu lấy ý kiến",
        "A member lets your agency read a comment on a consultation before it ends",
    ),
    "comment_taken_back": Notice(
        S.OFFICE,
        "Một góp ý gửi trước cho cơ quan Ông/Bà đã được rút lại",
        "A comment that your agency was let read early was taken back",
    ),
    "attempts_to_decide": Notice(
        S.OFFICE,
        "Kết quả một phiếu lấy ý kiến còn tạm thời, chờ hai người quyết định",
        "A consultation's result is provisional and waits for two people",
    ),
    "attempt_refused": Notice(
        S.CONSULTATIONS,
        "Lần gửi phiếu của Ông/Bà không được tính; mở để xem lý do",
        "What you sent was not counted; open to see why",
    ),
    "answer_proposed": Notice(
        S.CONSULTATIONS,
        "Người tham mưu đã gửi Ông/Bà một đề xuất trả lời phiếu lấy ý kiến",
        "Your adviser proposes an answer to a consultation",
    ),
    "consultation_drafted": Notice(
        S.OFFICE,
        "Có phiếu lấy ý kiến chờ duyệt",
        "A consultation waits for approval",
    ),
    "approval_asked": Notice(
        S.OFFICE, "Có việc chờ Ông/Bà xác nhận", "An act waits for your confirmation"
    ),
    "approval_confirmed": Notice(
        S.OFFICE, "Đề nghị của Ông/Bà đã được xác nhận", "What you asked for was confirmed"
    ),
    "approval_refused": Notice(
        S.OFFICE, "Đề nghị của Ông/Bà không được xác nhận", "What you asked for was refused"
    ),
    "approval_overtaken": Notice(
        S.OFFICE,
        "Một đề nghị của Ông/Bà không còn chờ xác nhận, vì việc được nêu đã kết thúc",
        "A request of yours waits no more, since what it was about is over",
    ),
    "approval_withdrawn": Notice(
        S.OFFICE, "Một đề nghị chờ Ông/Bà xác nhận đã được rút", "A request to you was withdrawn"
    ),
    "paper_handed_in": Notice(
        S.SECURITY,
        "Có người đề nghị nhập một phiếu giấy dưới tên Ông/Bà; nếu Ông/Bà không gửi phiếu giấy, "
        "hãy báo ngay Văn phòng Chính phủ",
        "Somebody asks to enter a ballot on paper in your name; if you did not hand one in, tell "
        "the Government Office at once",
        presses=True,
    ),
    "paper_taken_back": Notice(
        S.SECURITY,
        "Đề nghị nhập phiếu giấy dưới tên Ông/Bà đã được rút",
        "The request to enter a ballot on paper in your name was withdrawn",
        presses=True,
    ),
    "ballot_on_paper": Notice(
        S.SECURITY,
        "Đã nhập một phiếu giấy dưới tên Ông/Bà; nếu Ông/Bà không gửi phiếu giấy, hãy báo ngay "
        "Văn phòng Chính phủ",
        "A ballot on paper was entered in your name; if you did not hand one in, tell the "
        "Government Office at once",
        presses=True,
    ),
    "ballot_kept": Notice(
        S.SECURITY,
        "Đã nhận một phiếu gửi dưới tên Ông/Bà; nếu không phải Ông/Bà gửi, hãy báo ngay "
        "Văn phòng Chính phủ",
        "A ballot was received in your name; if you did not send it, tell the Government "
        "Office at once",
        presses=True,
    ),
    "vote_kept": Notice(
        S.SECURITY,
        "Đã ghi nhận một phiếu biểu quyết dưới tên Ông/Bà; nếu không phải Ông/Bà gửi, hãy báo "
        "ngay Thư ký phiên họp",
        "A vote was recorded in your name; if you did not send it, tell the session's "
        "secretary at once",
        presses=True,
    ),
    "vote_opened": Notice(
        S.SESSIONS,
        "Phiên họp đang biểu quyết",
        "A vote is under way in the session",
        presses=True,
    ),
    "session_convened": Notice(
        S.SESSIONS,
        "Mời Ông/Bà dự phiên họp",
        "You are invited to a session",
    ),
    "urgent_decision": Notice(
        S.SESSIONS,
        "Có quyết định cấp bách, sẽ báo cáo tại phiên họp gần nhất",
        "An urgent decision was taken; it is reported at the next session",
    ),
    "item_told": Notice(
        S.SESSIONS,
        "Một nội dung hạn chế của phiên họp được gửi tới Ông/Bà",
        "You are told of a restricted item of a session",
    ),
    "item_untold": Notice(
        S.SESSIONS,
        "Một nội dung hạn chế của phiên họp không còn gửi tới Ông/Bà",
        "A restricted item of a session is no longer sent to you",
    ),
    "item_reader_added": Notice(
        S.SESSIONS,
        "Có người được gửi thêm một nội dung hạn chế của phiên họp Ông/Bà chủ trì",
        "Somebody else is told of a restricted item of a session that you chair",
    ),
    "item_reader_removed": Notice(
        S.SESSIONS,
        "Có người không còn được gửi một nội dung hạn chế của phiên họp Ông/Bà chủ trì",
        "Somebody is no longer told of a restricted item of a session that you chair",
    ),
    "paper_replaced": Notice(
        S.OFFICE, "Một tài liệu gửi Ông/Bà có bản mới", "A paper you were sent has a new edition"
    ),
    "file_removed": Notice(
        S.OFFICE,
        "Một tài liệu gửi Ông/Bà đã bị gỡ khẩn cấp",
        "A paper you were sent was removed as an emergency",
        presses=True,
    ),
    "dossier_lodged": Notice(
        S.OFFICE, "Có hồ sơ trình chờ kiểm tra", "A dossier was lodged and waits to be checked"
    ),
    "dossier_accepted": Notice(
        S.OFFICE, "Hồ sơ trình đã được tiếp nhận", "A dossier was accepted"
    ),
    "dossier_returned": Notice(
        S.OFFICE, "Hồ sơ trình được trả lại để bổ sung", "A dossier was returned"
    ),
    "mandate_given": Notice(
        S.OFFICE, "Ông/Bà được ủy quyền một việc", "You were given a mandate"
    ),
    "mandate_given_for_you": Notice(
        S.OFFICE,
        "Có người được giao tham mưu cho Ông/Bà",
        "Somebody was given to you as an adviser",
    ),
    "mandate_consented": Notice(
        S.SESSIONS,
        "Thủ tướng đã đồng ý cho người dự họp thay Ông/Bà",
        "The Prime Minister consented to your substitute",
    ),
    "mandate_refused": Notice(
        S.SESSIONS,
        "Thủ tướng không đồng ý để Ông/Bà vắng mặt",
        "The Prime Minister did not consent to your absence",
    ),
    "mandate_ended": Notice(S.OFFICE, "Một ủy quyền đã chấm dứt", "A mandate has ended"),
    "substitute_asked": Notice(
        S.SESSIONS,
        "Có thành viên xin vắng mặt và cử người dự họp thay",
        "A member asks to be absent and to send a substitute",
    ),
    "handover_begun": Notice(S.OFFICE, "Có bàn giao cần xem", "A handover was begun"),
    "handover_given": Notice(
        S.OFFICE, "Có bàn giao chờ Ông/Bà ký nhận", "A handover waits for your signature"
    ),
    "handover_done": Notice(S.OFFICE, "Bàn giao đã được ký nhận", "A handover was taken over"),
    "handover_withdrawn": Notice(S.OFFICE, "Một bàn giao đã được rút", "A handover was withdrawn"),
    "tasks_rehomed": Notice(
        S.TASKS,
        "Nhiệm vụ của cơ quan đã sáp nhập chuyển sang cơ quan Ông/Bà",
        "Tasks of a merged agency have come to yours",
    ),
    "session_submitted": Notice(
        S.OFFICE,
        "Có chương trình phiên họp chờ triệu tập",
        "An agenda waits to be convened",
    ),
    "session_returned": Notice(
        S.OFFICE,
        "Chương trình phiên họp được trả lại",
        "An agenda was returned",
    ),
    "session_to_submit_anew": Notice(
        S.OFFICE,
        "Chương trình đã trình có thay đổi, cần trình lại",
        "An agenda that was put forward has changed",
    ),
    "task_assigned": Notice(
        S.TASKS, "Có nhiệm vụ mới được giao", "A task was assigned"
    ),
    "task_coordinated": Notice(
        S.TASKS, "Có nhiệm vụ cần phối hợp thực hiện", "A task asks for your co-operation"
    ),
    "task_accepted": Notice(S.TASKS, "Nhiệm vụ đã được tiếp nhận", "A task was accepted"),
    "task_refused": Notice(S.TASKS, "Nhiệm vụ bị từ chối nhận", "A task was refused"),
    "task_in_progress": Notice(
        S.TASKS, "Nhiệm vụ có cập nhật tiến độ", "A task has moved on"
    ),
    "task_reported": Notice(
        S.TASKS, "Nhiệm vụ được báo cáo hoàn thành, chờ xác nhận", "A task waits for confirmation"
    ),
    "task_confirmed": Notice(
        S.TASKS, "Nhiệm vụ được xác nhận hoàn thành", "A task was confirmed as done"
    ),
    "task_returned": Notice(
        S.TASKS, "Nhiệm vụ được trả lại để bổ sung", "A task was returned"
    ),
    "device_asked": Notice(
        S.OFFICE, "Có đề nghị xác nhận khóa ký", "A signing key waits for confirmation"
    ),
    "device_confirmed": Notice(
        S.SECURITY,
        "Một khóa ký của Ông/Bà đã được xác nhận",
        "A signing key of yours was confirmed",
        presses=True,
    ),
    "device_renewed": Notice(
        S.SECURITY,
        "Một khóa ký của Ông/Bà đã được gia hạn",
        "A signing key of yours was renewed",
        presses=True,
    ),
    "device_ends_soon": Notice(
        S.SECURITY,
        "Một khóa ký của Ông/Bà sắp hết hạn; hãy gia hạn trên chính thiết bị đó",
        "A signing key of yours runs out soon; renew it on its device",
    ),
    "device_ends_in_days": Notice(
        S.SECURITY,
        "Một khóa ký của Ông/Bà hết hạn trong ba ngày tới; hãy gia hạn ngay",
        "A signing key of yours runs out within three days; renew it now",
        presses=True,
    ),
    "device_ended": Notice(
        S.SECURITY,
        "Một khóa ký của Ông/Bà đã hết hạn, không ký được nữa",
        "A signing key of yours has run out and signs no more",
        presses=True,
    ),
    "device_revoked": Notice(
        S.SECURITY,
        "Một khóa ký của Ông/Bà đã bị thu hồi",
        "A signing key of yours was revoked",
        presses=True,
    ),
    "passkey_made": Notice(
        S.SECURITY,
        "Đã thêm một khóa đăng nhập cho tài khoản của Ông/Bà",
        "A passkey was added to your account",
        presses=True,
    ),
    "passkey_went_back": Notice(
        S.SECURITY,
        "Một khóa đăng nhập của Ông/Bà có dấu hiệu bị sao chép và đã bị từ chối",
        "A passkey of yours may have been copied, and was refused",
        presses=True,
    ),
    "login_unusual": Notice(
        S.SECURITY,
        "Tài khoản của Ông/Bà vừa đăng nhập từ nơi chưa quen; nếu không phải Ông/Bà, hãy báo ngay",
        "Your account was signed in to from an unfamiliar place; if it was not you, say so",
        presses=True,
    ),
    "login_disowned": Notice(
        S.SECURITY,
        "Một lần đăng nhập không phải của Ông/Bà đã bị chấm dứt; hãy đặt mật khẩu mới",
        "A login that was not yours was ended; please set a new password",
        presses=True,
    ),
    "login_disowned_by": Notice(
        S.SECURITY,
        "Có người báo một lần đăng nhập không phải của mình",
        "Somebody reports a login that was not theirs",
        presses=True,
    ),
    "password_changed": Notice(
        S.SECURITY,
        "Mật khẩu của Ông/Bà vừa được đổi; nếu không phải Ông/Bà đổi, hãy báo ngay",
        "Your password was changed; if it was not you, say so at once",
        presses=True,
    ),
    "totp_changed": Notice(
        S.SECURITY,
        "Ứng dụng tạo mã của Ông/Bà vừa được thay; nếu không phải Ông/Bà thay, hãy báo ngay",
        "Your code application was replaced; if it was not you, say so at once",
        presses=True,
    ),
    "recovery_made": Notice(
        S.SECURITY,
        "Đã tạo mã dự phòng mới cho tài khoản của Ông/Bà",
        "New recovery codes were made for your account",
        presses=True,
    ),
    "recovery_used": Notice(
        S.SECURITY,
        "Có người đăng nhập tài khoản của Ông/Bà bằng mã dự phòng",
        "Somebody signed in to your account with a recovery code",
        presses=True,
    ),
    "account_begun": Notice(
        S.SECURITY,
        "Tài khoản của Ông/Bà vừa bắt đầu dùng bằng thư mời; nếu không phải Ông/Bà, hãy báo ngay",
        "Your account was begun by an invitation; if that was not you, say so at once",
        presses=True,
    ),
    "account_begun_by": Notice(
        S.SECURITY, "Một thư mời đã được dùng", "An invitation was used"
    ),
    "account_unlocked": Notice(
        S.SECURITY,
        "Cách đăng nhập bằng mật khẩu đã được mở lại",
        "Signing in by password is open again",
    ),
    "outside_linked": Notice(
        S.SECURITY,
        "Tài khoản của Ông/Bà vừa được liên kết với tài khoản của cơ quan; nếu không phải Ông/Bà, "
        "hãy báo ngay",
        "Your account was linked to an account of your office; if that was not you, say so at once",
        presses=True,
    ),
    "path_locked": Notice(
        S.SECURITY,
        "Mật khẩu của Ông/Bà bị nhập sai nhiều lần; khóa của thiết bị vẫn dùng được",
        "Your password was entered wrongly many times; passkeys still work",
        presses=True,
    ),
    "path_locked_of": Notice(
        S.SECURITY,
        "Một tài khoản bị nhập sai mật khẩu nhiều lần",
        "An account's password was entered wrongly many times",
        presses=True,
    ),
    "address_changed": Notice(
        S.SECURITY,
        "Nơi nhận thông báo của Ông/Bà vừa được thay đổi; nếu không phải Ông/Bà đổi, hãy báo "
        "ngay bộ phận trực kỹ thuật",
        "Where you are told has just been changed; if it was not you, tell the technical desk "
        "at once",
        presses=True,
    ),
    "address_code": Notice(
        S.SECURITY, "Mã xác nhận nơi nhận thông báo", "Code that confirms this address",
        presses=True,
    ),
}  # fmt: skip
# A kind that is not listed is still told of, in words that say nothing.
OTHER = Notice(Subject.OFFICE, "Có thông báo mới", "There is a new message")

# What is sent until the person says otherwise: mail of everything, SMS of what cannot wait.
BY_SMS = frozenset({Subject.CONSULTATIONS, Subject.SESSIONS, Subject.SECURITY})
# Whoever took over an account would silence these first.
ALWAYS = frozenset({Subject.SECURITY})


def notice_of(kind: str) -> Notice:
    return NOTICES.get(kind, OTHER)


Choices = Mapping[tuple[Subject, Channel], bool]


def is_wanted(choices: Choices, subject: Subject, channel: Channel) -> bool:
    """Whether this person is told of this subject by this channel."""
    if subject in ALWAYS:
        return True
    return choices.get((subject, channel), channel is Channel.EMAIL or subject in BY_SMS)


# ---- what a channel may carry ----

Deadline = date | datetime


def deadline_of(facts: Mapping[str, object]) -> Deadline | None:
    """The one thing of a message's facts that may leave the house: when, and never what."""
    for name in ("due_at", "starts_at", "deadline"):
        said = facts.get(name)
        if isinstance(said, str) and (moment := read_deadline(said)):
            return moment
    return None


def read_deadline(text: str) -> Deadline | None:
    """A day, or a moment with its zone; None for what is neither."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


# ---- when ----


@dataclass(frozen=True)
class Quiet:
    """The hours, on the cabinet's clock, in which a person is not to be disturbed."""

    starts: time
    ends: time

    def over_at(self, local: datetime) -> datetime | None:
        """When the quiet that reigns at this moment ends; None when none does."""
        if self.starts == self.ends:
            return None
        overnight = self.starts > self.ends
        at = local.timetz().replace(tzinfo=None)
        before_end, after_start = at < self.ends, at >= self.starts
        if not (before_end or after_start if overnight else before_end and after_start):
            return None
        day = local.date() + timedelta(days=1 if overnight and after_start else 0)
        return datetime.combine(day, self.ends, local.tzinfo)


NIGHT = Quiet(time(22), time(6))
SOON = timedelta(hours=24)


def send_at(
    notice: Notice, due: Deadline | None, now: datetime, quiet: Quiet, zone: ZoneInfo
) -> datetime:
    """Now, or after the quiet hours for what can wait.

    What presses breaks through; so does what is due within a day of the end of the quiet, and
    what opens a window that would then be counted from another day (191/2026, Đ17.1).
    """
    local = now.astimezone(zone)
    over = quiet.over_at(local)
    if over is None or notice.presses:
        return now
    if notice.opens_window and over.date() != local.date():
        return now
    if due is not None and _moment(due, zone) - over < SOON:
        return now
    return over.astimezone(UTC)


def _moment(due: Deadline, zone: ZoneInfo) -> datetime:
    return due if isinstance(due, datetime) else datetime.combine(due, time(23, 59), zone)


# ---- again ----

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
# The pauses before these add up to a day and a half: a mail server may be down for a day.
MOST_ATTEMPTS = 42


def pause_after(attempts: int, chance: float) -> timedelta:
    """How long to wait after so many failures: twice as long each time, up to an hour.

    `chance`, from 0 to 1, spreads what failed together over the last fifth of the pause.
    """
    doubled: timedelta = FIRST_PAUSE * 2 ** min(attempts - 1, 12)
    pause = min(doubled, LONGEST_PAUSE)
    return pause * (0.8 + 0.2 * chance)
