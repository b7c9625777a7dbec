"""The official PDFs of this room: the ballot that a member signs, and the report on a result."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from ballots import rules, signing
from ballots.models import (
    Consultation,
    Correction,
    Decision,
    Reckoning,
    ReservedOpinion,
    Result,
    Standing,
)
from ballots.queries import CALENDAR, EarlyRow, OpinionRow, OtherOpinion
from ballots.rules import Choice, Classified, Decided, Outcome, Position, Reading, ReplyKind
from ecabinet import forms
from ecabinet.calendar import Calendar

ZONE = Calendar().zone
OFFICE = "Văn phòng Chính phủ"
# The register's number and nobody else's: the clerk enters it (rulebook, Sessions and meetings).
UNNUMBERED = "Số:" + 8 * "\u00a0" + "/BC-VPCP"

POSITION_WORDS = {
    Position.AGREE: "Đồng ý",
    Position.AGREE_COMMENTS: "Đồng ý, có góp ý",
    Position.DISAGREE: "Không đồng ý",
    Position.OTHER_OPINION: "Ý kiến khác",
    Position.DEEMED_AGREE: "Được coi là đồng ý",
    Position.SILENT: "Không trả lời",
    Position.NOT_REACHED: "Chưa tiếp cận được",
    Position.AWAITS_OFFICIAL: "Đã trả lời, chờ ký chính thức",
}
CLASS_WORDS = {
    signing.DEVICE: "Khóa của thiết bị",
    signing.TOKEN: "Thiết bị lưu khóa",
    signing.OFFICIAL: "Chuyên dùng công vụ",
    signing.ON_PAPER: "Phiếu giấy",
}
# What each says of who certified the key (security.md 3.3).
CERTIFIED_BY = {
    signing.DEVICE: "Chứng thư do hệ thống của Chính phủ cấp cho thiết bị.",
    signing.TOKEN: "Chứng thư trên thiết bị lưu khóa của thành viên.",
    signing.OFFICIAL: "Chữ ký số chuyên dùng công vụ, chứng thư do cơ quan có thẩm quyền cấp.",
}
DECIDED_WORDS = {
    Decided.ISSUE: "ban hành",
    Decided.RETURN: "trả lại cơ quan chủ trì",
    Decided.SESSION: "đưa ra phiên họp Chính phủ",
}
READINGS = {
    Reading.AGREEMENT: "Cho bên đồng ý",
    Reading.DISAGREEMENT: "Cho bên không đồng ý",
    Reading.NEITHER: "Không cho bên nào",
}
REPLY_WORDS = {
    ReplyKind.ACCEPTED: "Tiếp thu",
    ReplyKind.PARTLY: "Tiếp thu một phần",
    ReplyKind.EXPLAINED: "Giải trình",
}
# What a new consultation offers; each keeps its own list, since the words are data.
OPTIONS = [
    {"code": choice.value, "label": POSITION_WORDS[Position(choice.value)]} for choice in Choice
]


@dataclass(frozen=True)
class BallotForm:
    """Everything that a ballot prints."""

    consultation: Consultation
    office: str
    choice: Choice
    opinion: str
    day: date
    key_id: str
    signature_class: str
    nonce: str


def _head(form: "AnyForm") -> forms.Head:
    number = f"Phiếu số {form.consultation.id} trên hệ thống"
    return forms.Head("", OFFICE, number, forms.place_and_date(form.day))


def _addressed(form: "AnyForm", title: str) -> list[forms.Piece]:
    """How a page begins that a member signs: about what, to whom, on which question."""
    asked = form.consultation
    return [
        *forms.title(title, f"Về việc: {asked.title}"),
        forms.paragraph(f"Kính gửi: {forms.bold(form.office)}", "plain"),
        forms.paragraph(forms.text(asked.question)),
    ]


def ballot(form: BallotForm) -> bytes:
    """The ballot as a page: what is asked, on which papers, what the member says."""
    asked = form.consultation
    body = [
        *_addressed(form, "Phiếu lấy ý kiến thành viên Chính phủ"),
        *_papers(asked),
        *_summary(asked),
        forms.paragraph(forms.bold("Ý kiến của thành viên Chính phủ"), "heading"),
        forms.table(
            ["Nội dung", "Lựa chọn"],
            [
                [option["label"], "X" if option["code"] == form.choice.value else ""]
                for option in asked.options
            ],
            widths=[4, 1],
            centred=[1],
        ),
        forms.gap(4),
        *_opinion(form.opinion),
        forms.signature_block("Thành viên Chính phủ", "(Ký số)", form.office),
        forms.gap(4),
        forms.paragraph(_small_print(form), "small"),
    ]
    return forms.document(f"Phiếu lấy ý kiến số {asked.id}", _head(form), body)


def _papers(asked: Consultation) -> list[forms.Piece]:
    rows = [
        [
            str(place),
            f"{paper.title}, bản {paper.edition_number}, {paper.pages} trang",
            paper.digest,
        ]
        for place, paper in enumerate(asked.papers, 1)
    ]
    table = forms.table(["STT", "Tài liệu", "SHA-256"], rows, widths=[1, 5, 6], centred=[0])
    return [forms.paragraph(forms.bold("Tài liệu lấy ý kiến"), "heading"), table, forms.gap(4)]


def _summary(asked: Consultation) -> list[forms.Piece]:
    if not asked.summary:
        return []
    return [
        forms.paragraph(forms.bold("Vấn đề còn ý kiến khác nhau"), "heading"),
        *_paragraphs(asked.summary),
    ]


def _opinion(opinion: str) -> list[forms.Piece]:
    if not opinion:
        return []
    return [forms.paragraph(forms.bold("Ý kiến cụ thể"), "heading"), *_paragraphs(opinion)]


def _paragraphs(given: str) -> list[forms.Piece]:
    """One piece a line, so that a long opinion flows over as many pages as it needs."""
    return [forms.paragraph(forms.text(line)) for line in given.split("\n") if line.strip()]


def _small_print(form: BallotForm) -> str:
    assert form.consultation.due_at is not None
    ends = CALENDAR.end_words(form.consultation.due_at)
    return forms.text(f"Hạn cho ý kiến: {ends}. {_by_key(form)}")


def _by_key(form: "AnyForm") -> str:
    """By which key of which class, and where a program reads the same."""
    return (
        f"Khóa ký: {form.key_id}. Loại chữ ký: {CLASS_WORDS[form.signature_class].lower()}. "
        f"{CERTIFIED_BY[form.signature_class]} Mã: {form.nonce}. "
        "Bản kê máy đọc được nằm trong tệp đính kèm statement.json."
    )


@dataclass(frozen=True)
class ClassificationForm:
    """Everything that the page prints by which a member says how their opinion is read."""

    consultation: Consultation
    office: str
    opinion: str
    ballot_leaf: int
    result_leaf: int
    reading: Reading
    reason: str
    day: date
    key_id: str
    signature_class: str
    nonce: str


def classification(form: ClassificationForm) -> bytes:
    """What a member signs: their opinion as they gave it, and for which side it counts."""
    asked = form.consultation
    body = [
        *_addressed(form, "Xác nhận phân loại ý kiến khác"),
        forms.paragraph(forms.bold("Ý kiến khác đã gửi"), "heading"),
        *_paragraphs(form.opinion),
        forms.paragraph(forms.bold("Lý do Văn phòng Chính phủ đề nghị"), "heading"),
        *_paragraphs(form.reason),
        forms.paragraph(forms.bold("Ý kiến này được tính"), "heading"),
        forms.table(
            ["Nội dung", "Lựa chọn"],
            [[words, "X" if each is form.reading else ""] for each, words in READINGS.items()],
            widths=[4, 1],
            centred=[1],
        ),
        forms.gap(4),
        forms.signature_block("Thành viên Chính phủ", "(Ký số)", form.office),
        forms.gap(4),
        forms.paragraph(
            forms.text(
                f"Phiếu tại dòng sổ {form.ballot_leaf}, kết quả tại dòng sổ {form.result_leaf}. "
                f"{_by_key(form)}"
            ),
            "small",
        ),
    ]
    return forms.document(f"Phân loại ý kiến của phiếu số {asked.id}", _head(form), body)


@dataclass(frozen=True)
class ReservedOpinionForm:
    """Everything that the page prints by which a member reserves an opinion."""

    consultation: Consultation
    office: str
    opinion: str
    outcome: Outcome
    result_leaf: int
    outcome_leaf: int
    day: date
    key_id: str
    signature_class: str
    nonce: str


def reserved_opinion(form: ReservedOpinionForm) -> bytes:
    """The page that a member signs: beside which outcome they reserve which opinion."""
    asked = form.consultation
    body = [
        *_addressed(form, "Ý kiến bảo lưu của thành viên Chính phủ"),
        forms.paragraph(
            f"{forms.bold('Kết quả lấy ý kiến:')} {forms.text(rules.OUTCOME_WORDS[form.outcome])}."
        ),
        forms.paragraph(forms.bold("Ý kiến bảo lưu"), "heading"),
        *_paragraphs(form.opinion),
        forms.signature_block("Thành viên Chính phủ", "(Ký số)", form.office),
        forms.gap(4),
        forms.paragraph(
            forms.text(
                f"Kết quả khi đóng phiếu tại dòng sổ {form.result_leaf}, kết quả được bảo lưu ý "
                f"kiến tại dòng sổ {form.outcome_leaf}. {_by_key(form)}"
            ),
            "small",
        ),
    ]
    return forms.document(f"Ý kiến bảo lưu về phiếu số {asked.id}", _head(form), body)


AnyForm = BallotForm | ClassificationForm | ReservedOpinionForm


# ---- the report ----


@dataclass(frozen=True)
class Said:
    """What was said beside the count, and what came of the result since."""

    opinions: Sequence[OpinionRow] = ()
    corrections: Sequence[Correction] = ()
    decision: Decision | None = None
    has_attempts: bool = False
    # Only by the silence of somebody who tried to answer in time.
    rests_on_silence: bool = False
    # In whose name a paper was handed in, whether or not it was confirmed in time.
    handed_in: Collection[int] = ()
    others: Sequence[OtherOpinion] = ()
    reserved: Sequence[ReservedOpinion] = ()


def report(consultation: Consultation, result: Result, day: date, said: Said) -> bytes:
    """The report on a closed consultation, of this day (Decree 30/2020, form 1.4)."""
    tally = result.tally()
    head = forms.Head("", OFFICE, UNNUMBERED, forms.place_and_date(day))
    outcome = rules.OUTCOME_WORDS[Outcome(result.outcome)]
    at_closing = f"1. Kết quả{' khi đóng phiếu' if result.reckoning else ''}: {outcome}."
    body = [
        *forms.title("Báo cáo", f"Kết quả lấy ý kiến thành viên Chính phủ: {consultation.title}"),
        forms.paragraph(f"{forms.bold(at_closing)} {forms.text(result.sentence)}"),
        *_found_again(result.reckoning),
        *_corrections(said.corrections),
        *_decided(said.decision),
        *_by_silence_alone(result),
        *_provisional(result, said),
        forms.paragraph(f"<b>Nội dung xin ý kiến:</b> {forms.text(consultation.question)}"),
        forms.paragraph(forms.text(f"Căn cứ: {result.basis}. Quy tắc {consultation.rule_set}.")),
        forms.paragraph("<b>2. Số liệu</b>", "heading"),
        forms.table(["Nội dung", "Số"], _counts(tally), widths=[5, 1], centred=[1]),
        forms.gap(4),
        forms.paragraph("<b>3. Ý kiến của từng thành viên</b>", "heading"),
        forms.table(
            ["STT", "Thành viên Chính phủ", "Ý kiến", "Loại chữ ký", "Nhận lúc"],
            _members(result, said.handed_in),
            widths=[1, 4, 3.2, 2.4, 2.6],
            centred=[0, 4],
        ),
        *_opinions(said.opinions),
        *_classified(said.others),
        *_reserved(said.reserved),
        forms.gap(4),
        forms.paragraph(
            forms.text(
                f"Sổ ghi từ dòng {result.first_leaf} đến dòng {result.last_leaf}. "
                "Chứng thư của khóa thiết bị do hệ thống của Chính phủ cấp."
                f"{_said_of_classes(consultation)}{_said_on_paper(result)}"
            )
        ),
        forms.signature_block(
            "Văn phòng Chính phủ", "(Ký số của cơ quan)", "", ["Nơi nhận:", "- Lưu: VT."]
        ),
    ]
    return forms.document(f"Kết quả lấy ý kiến số {consultation.id}", head, body)


def _found_again(found: Reckoning | None) -> list[forms.Piece]:
    """What the result has become since its members classified their opinions."""
    if found is None:
        return []
    head = f"Kết quả sau khi phân loại ý kiến khác: {rules.OUTCOME_WORDS[Outcome(found.outcome)]}."
    leaf = f"Dòng sổ {found.leaf}, {moment_words(found.at)}."
    return [forms.paragraph(f"{forms.bold(head)} {forms.text(f'{found.sentence} {leaf}')}")]


CLASSIFIED_WORDS = {
    Classified.PROPOSED: "chờ thành viên trả lời",
    Classified.CONFIRMED: "thành viên đã ký",
    Classified.DECLINED: "thành viên không đồng ý, vẫn không cho bên nào",
}


def _classified(others: Sequence[OtherOpinion]) -> list[forms.Piece]:
    """How each other opinion is read, of which anything was proposed."""
    rows = [
        [
            each.office,
            READINGS[Reading(each.said.reading)],
            CLASSIFIED_WORDS[Classified(each.said.state)]
            if each.may_answer or each.said.state != Classified.PROPOSED
            else "không cần trả lời nữa",
            f"Dòng sổ {each.said.leaf}" if each.said.leaf else "",
        ]
        for each in others
        if each.said
    ]
    if not rows:
        return []
    return [
        forms.paragraph(forms.bold("Phân loại ý kiến khác"), "heading"),
        forms.table(
            ["Thành viên Chính phủ", "Đề nghị tính", "Trả lời", "Sổ"], rows, widths=[4, 3, 3, 2]
        ),
    ]


def _reserved(said: Sequence[ReservedOpinion]) -> list[forms.Piece]:
    """What members have set beside the outcome, each with the leaf that keeps it."""
    if not said:
        return []
    pieces = [forms.paragraph(forms.bold("Ý kiến bảo lưu"), "heading")]
    for each in said:
        beside = rules.OUTCOME_WORDS[Outcome(each.outcome)].lower()
        words = f"{moment_words(each.at)}, về kết quả: {beside}; dòng sổ {each.leaf}."
        pieces.append(forms.paragraph(f"{forms.bold(each.office)}, {forms.text(words)}"))
        pieces += _paragraphs(each.opinion)
    return pieces


def _said_of_classes(consultation: Consultation) -> str:
    """Which signatures count, where not every one does."""
    counted = consultation.signature_classes
    if counted is None or set(counted) == set(signing.KEY_CLASSES):
        return ""
    words = ", ".join(CLASS_WORDS[each].lower() for each in counted)
    return f" Loại chữ ký được tính: {words}; phiếu loại khác được lưu, chờ ký chính thức."


def on_paper_by_position(result: Result) -> dict[str, int]:
    """Of each position, how many of its ballots are on paper."""
    count = dict.fromkeys(map(str, Position), 0)
    for each in result.standings:
        if each.ballot and each.ballot.signature_class == signing.ON_PAPER:
            count[str(each.position)] += 1
    return count


def _said_on_paper(result: Result) -> str:
    count = sum(on_paper_by_position(result).values())
    if not count:
        return ""
    words = "phiếu là phiếu giấy, không có chữ ký số: hai người nhập và đối chiếu với bản quét"
    return f" {count} {words}."


def _corrections(said: Sequence[Correction]) -> list[forms.Piece]:
    """Before anything that they correct, which is printed as it was."""
    pieces = []
    for each in said:
        head = f"Đính chính lần {each.number}, {moment_words(each.at)}, dòng sổ {each.leaf}:"
        pieces.append(forms.paragraph(forms.bold(head)))
        pieces += _paragraphs(each.words)
    return pieces


def _decided(decision: Decision | None) -> list[forms.Piece]:
    if decision is None:
        return []
    words = DECIDED_WORDS[Decided(decision.decided)]
    head = f"{decision.office} quyết định {words}, {moment_words(decision.at)}, dòng sổ"
    reason = [f"Lý do: {decision.reason}"] if decision.reason else []
    return [
        forms.paragraph(forms.bold(f"{head} {decision.leaf}.")),
        *(piece for each in reason for piece in _paragraphs(each)),
    ]


def _by_silence_alone(result: Result) -> Sequence[forms.Piece]:
    if not rules.passed_by_silence_alone(result.tally(), result.decision):
        return []
    words = "Chỉ thông qua bằng im lặng được coi là đồng ý; Thủ tướng Chính phủ quyết định ban hành"
    return [forms.paragraph(forms.bold(f"{words}."))]


def _provisional(result: Result, said: Said) -> Sequence[forms.Piece]:
    reasons = []
    if result.outages:
        reasons.append(
            f"hệ thống gián đoạn {outage_minutes(result)} phút trong thời hạn, nên không ai được "
            "coi là đồng ý; đề nghị gia hạn"
        )
    if result.is_provisional and said.has_attempts:
        reasons.append("còn lần gửi phiếu có chữ ký hợp lệ chưa được xử lý")
    if result.is_provisional and said.rests_on_silence:
        reasons.append(
            "có người đã thử gửi phiếu trước hạn; nếu không coi sự im lặng của người đó là đồng ý "
            "thì kết quả khác, nên không ban hành được"
        )
    return [forms.paragraph(forms.bold(f"Kết quả tạm thời: {each}.")) for each in reasons]


def outage_minutes(result: Result) -> int:
    """How long the service was down, where silence waits for an extension; else 0."""
    spans = [[datetime.fromisoformat(each) for each in span] for span in result.outages]
    return round(sum((ends - starts).total_seconds() for starts, ends in spans) / 60)


def _counts(tally: rules.Tally) -> list[list[str]]:
    lines: list[tuple[str, int]] = [
        ("Tổng số thành viên Chính phủ tại lúc đóng", tally.members),
        ("Số cần có: quá nửa tổng số thành viên", tally.needed),
        ("Đồng ý", tally.agree),
        ("Đồng ý, có góp ý", tally.agree_comments),
        ("Được coi là đồng ý vì không trả lời trong hạn (kể riêng)", tally.deemed),
        ("Không đồng ý", tally.disagree),
        ("Ý kiến khác, không tính cho bên nào", tally.other),
        ("Đã trả lời, chờ ký chính thức, chưa tính cho bên nào", tally.awaiting),
        ("Không trả lời", tally.silent),
        ("Chưa tiếp cận được", tally.not_reached),
    ]
    return [[words, str(count)] for words, count in lines]


def _stood(standing: Standing, handed_in: Collection[int]) -> str:
    words = POSITION_WORDS[Position(standing.position)]
    if not standing.ballot and standing.person_id in handed_in:
        return f"{words} (phiếu giấy đã nhập, chưa được xác nhận trước hạn)"
    return words


def _members(result: Result, handed_in: Collection[int]) -> list[list[str]]:
    return [
        [
            str(place),
            each.office,
            _stood(each, handed_in),
            CLASS_WORDS[each.ballot.signature_class] if each.ballot else "",
            moment_words(each.ballot.at) if each.ballot else "",
        ]
        for place, each in enumerate(result.standings, 1)
    ]


def _opinions(said: Sequence[OpinionRow]) -> list[forms.Piece]:
    """The table that travels on: opinion, and what the drafting agency does with it."""
    if not said:
        return []
    head = "4. Nội dung góp ý, ý kiến khác; tiếp thu, giải trình của cơ quan chủ trì"
    pieces = [forms.gap(4), forms.paragraph(forms.bold(head), "heading")]
    for each in said:
        pieces.append(forms.paragraph(forms.bold(each.office), "heading"))
        pieces.append(forms.paragraph(forms.text(said_by(each)), "small"))
        pieces += _paragraphs(each.opinion)
        words = REPLY_WORDS[each.reply.kind] if each.reply else "Chưa tiếp thu, giải trình"
        pieces.append(forms.paragraph(forms.bold(f"{words}:" if each.reply else f"{words}.")))
        pieces += _paragraphs(each.reply.words) if each.reply else []
    return pieces


def said_by(each: OpinionRow) -> str:
    """Where a member stands, and by which class of signature."""
    return f"{POSITION_WORDS[each.position]}; {CLASS_WORDS[each.signature_class].lower()}"


def opinion_cells(
    said: Sequence[OpinionRow], reserved: Sequence[ReservedOpinion], early: Sequence[EarlyRow]
) -> Iterator[list[str]]:
    """The same for a spreadsheet."""
    yield [
        "Thành viên Chính phủ", "Ý kiến", "Loại chữ ký", "Nội dung", "Xử lý",
        "Tiếp thu, giải trình",
    ]  # fmt: skip
    for each in said:
        reply = [REPLY_WORDS[each.reply.kind], each.reply.words] if each.reply else ["", ""]
        kind = CLASS_WORDS[each.signature_class]
        yield [each.office, POSITION_WORDS[each.position], kind, each.opinion, *reply]
    for own in reserved:
        beside = rules.OUTCOME_WORDS[Outcome(own.outcome)].lower()
        kind = f"Ý kiến bảo lưu về kết quả: {beside}; dòng sổ {own.leaf}"
        yield [own.office, kind, CLASS_WORDS[own.signature_class], own.opinion, "", ""]
    for sent in early:
        back = f", đã rút lúc {moment_words(sent.taken_back_at)}" if sent.taken_back_at else ""
        kind = f"Góp ý gửi trước lúc {moment_words(sent.at)}{back}; dòng sổ {sent.leaf}"
        yield [sent.office, kind, "", sent.words, "", ""]


def moment_words(at: datetime) -> str:
    """ "09:30, 03/12/2026", as it is printed."""
    return at.astimezone(ZONE).strftime("%H:%M, %d/%m/%Y")
