"""A filled house for the matrix: of each kind of thing one in each state that there is of it.

A state is the numbers by which its doors are asked for; who reads it stands in `matrix.txt`.
"""

import base64
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ballots import queries as ballots
from ballots.models import Consultation, Result
from ballots.rules import Choice, Reading
from ballots.service import advise, classify, early, on_paper, reserve
from ballots.service import close as closing
from ballots.service import draft as drafting
from ballots.service.cast import Envelope
from ballots.signing import Proposed
from documents import leases, lodging, removing, replacing, secret
from documents import queries as documents
from documents import service as papers_service
from documents.anchoring import Found
from documents.models import Edition, NotePlace, Removal, Vault
from ecabinet import approvals, clock, deliveries, outbox, working_days
from ecabinet.access import Matter, Right, Role
from ecabinet.db import reading, transaction
from ecabinet.handover.models import Handover
from meetings.models import Meeting
from meetings.rules import Attendance, Kind, Naming
from meetings.service import attend, conduct, prepare, substitutes, votes
from meetings.service.prepare import ItemText
from meetings.service.votes import Question
from people import queries as people
from people.models import Agency, Login, Mandate, Passkey, Person, Term
from people.service import changes, directory
from tasks import service as tasks
from tasks.models import Event
from tasks.rules import Step
from tests.ballots.builders import MONDAY, Member, a_paper, enrol, enrol_pending, set_clock
from tests.builders import SEED, STARTS, Browser, Cabinet, hash_once
from tests.documents.builders import WORDS, hand_out, papers, pdf
from tests.documents.test_lodging import FIELDS, WHY
from tests.documents.test_notes import words as a_note_of
from tests.meetings.builders import MEMBERS, QUESTION, head
from tests.meetings.builders import Session as Sitting
from tests.tasks.builders import assign, day, take

ABSENT = 987654
JSON = {"Accept": "application/json"}
Things = dict[str, Any]
# Asked of only where an act needs just this state in order to be done.
ONLY_AT = {
    "lodged by another": ("/withdrawal",),
    "of the office": ("/papers", "/secret-papers", "/editions", "/particulars", "/taking-out"),
    "opinion to classify": (
        "/classification", "/classification/paper", "/classification/declined", "/classifications",
        "/classifications/taken-back",
    ),
    "opinion classified": ("/classification/file",),
    "replaced": ("/changes", "/side-by-side"),
    "taken out by another": ("/putting-back",),
    "taken out by the office": ("/putting-back",),
    "submitted": ("/convene", "/return", "/submit"),
    "convened, few": ("/readers",),
    "accepted": ("/update", "/report"),
    "refused": ("/assign-again",),
    "assigned to another": ("/accept", "/refuse"),
    "accepted by another": ("/update", "/report"),
    "ordered": ("/conclusion", "/files/<int:event_id>"),
    "open, adjourned": ("/resume",),
    "the deputy's, adjourned": ("/resume",),
    "open, at its end": ("/close",),
    "the deputy's, at its end": ("/close",),
    "open, next": ("/call", "/end"),
    "the deputy's, next": ("/call", "/end"),
    "open, voting": ("/stop", "/closing"),
    "the deputy's, voting": ("/stop", "/closing"),
    "open, closing": ("/close",),
    "the deputy's, closing": ("/close",),
    "open, asked for": ("/end",),
    "the deputy's, asked for": ("/end",),
} | dict.fromkeys(
    ("open", "the deputy's"),
    ("/adjourn", "/attendance", "/floor", "/votes", "/end", "/give", "/conclude", "/defer",
     "/operators/<int:person_id>", "/substitutes"),
)  # fmt: skip
# Of the ministry of construction: one advises its minister, one takes their place at a session.
STAFF_OF_XAYDUNG = ("covan.xaydung", "thaymat.xaydung")
# In office since everything here was made: nothing of it is theirs.
NEWCOMER = "botruong.noivu"
MINISTER = "botruong.xaydung"
MEMBERS_WITH_KEYS = ("thutuong", "pttg1")


def a_note() -> dict[str, Any]:
    return a_note_of("Ghi chú")


def world(cabinet: Cabinet) -> dict[str, Things]:
    """A scene: the states that everybody meets, by name."""
    set_clock(MONDAY)
    for username in STAFF_OF_XAYDUNG:
        _appoint(cabinet, username, Role.AGENCY_STAFF, "xaydung")
    _appoint(cabinet, "chuyenvien2", Role.SPECIALIST, None)
    for slug in ("yte", "taichinh"):
        _appoint(cabinet, f"canbo2.{slug}", Role.AGENCY_STAFF, slug)
    made: dict[str, Things] = {}
    _consultations(cabinet, made)
    _dossiers(cabinet, made)
    _meetings(cabinet, made)
    _tasks(cabinet, made)
    _directory(cabinet, made)
    _appoint(cabinet, NEWCOMER, Role.MEMBER, "noivu")
    return made


def _appoint(cabinet: Cabinet, username: str, role: Role, slug: str | None) -> None:
    with transaction() as db:
        if slug and slug not in cabinet.agencies:
            cabinet.agencies[slug] = directory.add_agency(db, slug, f"Bộ {slug}", slug).id
        agency = db.get_one(Agency, cabinet.agencies[slug]) if slug else None
        name = f"Người giữ việc {username}"
        person = directory.add_person(db, name, username, "", SEED, hashed=hash_once())
        office = directory.add_office(db, f"Chức danh {username}", role, 900 + person.id, agency)
        directory.appoint(db, person, office, STARTS)
        cabinet.ids[username] = person.id


# ---- dossiers, papers, editions ----


def _paper_of(dossier_id: int, place: int = 0) -> Things:
    found = papers(dossier_id)[place]
    return {"dossier_id": dossier_id, "paper_id": found.id, "edition_id": found.edition_id}


def _begun(cabinet: Cabinet, username: str, slug: str, named: str) -> Things:
    """A dossier that an agency has begun, made from an Office file that came in signed."""
    staff = cabinet.actor(username)
    made = lodging.begin(staff, cabinet.agencies[slug], FIELDS)
    _add(cabinet, username, made, named)
    secret.put_place(staff, made, "Phòng Bảo mật")
    with reading() as db:
        (place,) = documents.secret_papers(db, made)
    return _paper_of(made) | {"secret_paper_id": place.id}


def _add(cabinet: Cabinet, username: str, dossier_id: int, named: str, text: str = WORDS) -> None:
    papers_service.add_paper(
        cabinet.actor(username), dossier_id, f"Tờ trình {named}", "submission", "tt.pdf",
        pdf(1, text),
    )  # fmt: skip
    with transaction() as db:
        edition = db.get_one(Edition, papers(dossier_id)[-1].edition_id)
        edition.native, edition.was_signed = edition.digest, True


def _of_the_office(cabinet: Cabinet, named: str, *readers: str, text: str = WORDS) -> Things:
    made = papers_service.create_dossier(
        cabinet.actor("chuyenvien"), f"Hồ sơ {named}", cabinet.agencies["xaydung"]
    )
    _add(cabinet, "chuyenvien", made, named, text)
    if readers:
        hand_out(cabinet, made, readers)
    return _paper_of(made)


def _dossiers(cabinet: Cabinet, made: dict[str, Things]) -> None:
    health, finance = cabinet.actor("canbo.yte"), cabinet.actor("canbo.taichinh")
    made["draft"] = _begun(cabinet, "canbo.yte", "yte", "nhap")
    made["draft of another"] = _begun(cabinet, "canbo.taichinh", "taichinh", "nhap khac")
    made["lodged"] = _begun(cabinet, "canbo.yte", "yte", "gui")
    made["lodged by another"] = _begun(cabinet, "canbo.taichinh", "taichinh", "gui khac")
    made["withdrawn"] = _begun(cabinet, "canbo.yte", "yte", "rut")
    for staff, state in ((health, "lodged"), (finance, "lodged by another"), (health, "withdrawn")):
        lodging.lodge(staff, made[state]["dossier_id"], WHY)
    lodging.withdraw(health, made["withdrawn"]["dossier_id"])
    made["of the office"] = _of_the_office(cabinet, "moi")
    made["handed out"] = _handed_out(cabinet)
    made["taken out"] = _taken_out(cabinet, "canbo.yte", _lodged_by(cabinet, "yte"))
    made["taken out by another"] = _taken_out(
        cabinet, "canbo.taichinh", _lodged_by(cabinet, "taichinh")
    )
    made["taken out by the office"] = _taken_out(
        cabinet, "chuyenvien", _of_the_office(cabinet, "khac")["dossier_id"]
    )
    two = (MINISTER, "thutuong")
    made["removed"] = removed = _of_the_office(cabinet, "nham", *two, text="nham")
    removed["request_id"] = _ask_to_remove(cabinet, removed)
    removed["removal_id"] = _confirmed(cabinet, "quantri", removed["request_id"])
    leaving = _of_the_office(cabinet, "di", *two, text="di")
    made["to be removed"] = {"request_id": _ask_to_remove(cabinet, leaving)}
    for state, who in (("to be replaced", "chuyenvien"), ("proposed by another", "thuky")):
        old = _of_the_office(cabinet, "cu", *two)
        made[state] = {"request_id": _propose(cabinet, who, old, "se moi")}
    made["replaced"] = _replaced(cabinet)


def _lodged_by(cabinet: Cabinet, slug: str) -> int:
    staff = cabinet.actor(f"canbo.{slug}")
    made = lodging.begin(staff, cabinet.agencies[slug], FIELDS)
    _add(cabinet, f"canbo.{slug}", made, "o lai")
    return made


def _replaced(cabinet: Cabinet) -> Things:
    """Two editions of a paper that went to everybody who may have one."""
    everybody = (MINISTER, "thutuong", "pttg1", "vanthu", "canbo.yte", "canbo.taichinh")
    made = _of_the_office(cabinet, "truoc", *everybody)
    made["request_id"] = _propose(cabinet, "chuyenvien", made, "sau")
    _confirmed(cabinet, "lanhdaovp", made["request_id"])
    made["edition_id"] = papers(made["dossier_id"])[0].edition_id
    with transaction() as db:
        edition = db.get_one(Edition, made["edition_id"])
        edition.native, edition.was_signed = edition.digest, True
    _pass_on(cabinet, made["dossier_id"])
    return made


def _pass_on(cabinet: Cabinet, dossier_id: int) -> None:
    """From the minister to their adviser."""
    with reading() as db:
        until = clock.now(db) + timedelta(days=20)
    minister, adviser = cabinet.actor(MINISTER), cabinet.ids["covan.xaydung"]
    papers_service.name_adviser(minister, dossier_id, adviser, until, "")


def _handed_out(cabinet: Cabinet) -> Things:
    """To two who chair, a minister who passes it to an adviser, and a clerk."""
    office = cabinet.actor("chuyenvien")
    made = _of_the_office(cabinet, "phat")
    number = made["dossier_id"]
    secret.put_place(office, number, "Phòng Bảo mật")
    hand_out(cabinet, number, ("thutuong", "pttg1", MINISTER, "vanthu"))
    _pass_on(cabinet, number)
    with reading() as db:
        (place,) = documents.secret_papers(db, number)
    secret.hand_out(office, place.id, cabinet.ids[MINISTER], "01/10")
    with reading() as db:
        (place,) = documents.secret_papers(db, number)
    return made | {"secret_paper_id": place.id, "copy_id": place.copies[0].id}


def _taken_out(cabinet: Cabinet, username: str, dossier_id: int) -> Things:
    """A second paper of a dossier, in which whoever works on it has it no more."""
    _add(cabinet, username, dossier_id, "lay ra")
    out = _paper_of(dossier_id, 1)
    papers_service.take_out(cabinet.actor(username), out["paper_id"])
    return {"paper_id": out["paper_id"], "edition_id": out["edition_id"]}


def _ask_to_remove(cabinet: Cabinet, paper: Things) -> int:
    return removing.ask(
        cabinet.actor("lanhdaovp"), paper["paper_id"], [paper["edition_id"]], "Gửi nhầm."
    )


def _propose(cabinet: Cabinet, username: str, paper: Things, named: str) -> int:
    actor, number = cabinet.actor(username), paper["paper_id"]
    return replacing.propose(actor, number, "ban-2.pdf", pdf(1, named), "Sai số liệu.")


def _digest(cabinet: Cabinet, request_id: int) -> str:
    with reading() as db:
        return approvals.request_to_read(db, cabinet.actor("kiemtoan"), request_id).digest


def _confirmed(cabinet: Cabinet, by: str, request_id: int) -> int:
    approvals.confirm(cabinet.actor(by), request_id, _digest(cabinet, request_id))
    with reading() as db:
        return db.scalar(select(func.max(Removal.id))) or 0


# ---- consultations ----


def _question(cabinet: Cabinet, named: str, days: int = 2, deputy: str | None = None) -> int:
    dossier, of_the_field = (
        _of_the_office(cabinet, named)["dossier_id"],
        deputy and cabinet.ids[deputy],
    )
    asked = drafting.Question(dossier, f"Đồng ý {named} không?", "", days, of_the_field)
    return drafting.draft(cabinet.actor("chuyenvien"), asked)


def _entered(
    cabinet: Cabinet, consultation: int, who: str = "pttg1", choice: Choice = Choice.AGREE
) -> int:
    """An answer on paper that waits for its second person."""
    words = f"Phieu giay {consultation} {who}"
    answer, scan = Proposed(choice, ""), ("phieu.pdf", pdf(1, words))
    clerk, member = cabinet.actor("thuky"), cabinet.ids[who]
    return on_paper.ask_to_enter(clerk, consultation, member, answer, scan, "Đi xa.", "demo")


def _on_paper(cabinet: Cabinet, consultation: int, who: str, choice: Choice) -> None:
    """The same, compared by its second person."""
    entered = _entered(cabinet, consultation, who, choice)
    approvals.confirm(cabinet.actor("chuyenvien"), entered, _digest(cabinet, entered))


def _classified(cabinet: Cabinet, named: str, member: Member) -> int:
    """Two for, two against, and an other opinion that decides, before its question is closed."""
    question = _question(cabinet, named)
    drafting.approve(cabinet.actor("lanhdaovp"), question)
    member.cast(question, "other_opinion", "Nên là Luật.")
    for who in ("thutuong", "pttg1"):
        _on_paper(cabinet, question, who, Choice.AGREE)
    for who in ("botruong.taichinh", "botruong.yte"):
        _on_paper(cabinet, question, who, Choice.DISAGREE)
    return question


def _propose_reading(cabinet: Cabinet, question: int) -> None:
    agreement, member = Reading.AGREEMENT, cabinet.ids[MINISTER]
    classify.propose(cabinet.actor("chuyenvien"), question, member, agreement, "Về hình thức.")


def _confirm_reading(cabinet: Cabinet, question: int, member: Member) -> None:
    minister = cabinet.actor(MINISTER)
    made = classify.prepare(minister, question, member.key_id, "demo")
    signature = member.sign(base64.b64encode(made.attributes).decode())
    envelope = Envelope(made.token, secrets.token_hex(16), signature)
    classify.confirm(minister, question, envelope, lambda _db, _mark: {"method": "totp"})


def _reserved(cabinet: Cabinet, question: int, outcome_leaf: int, member: Member) -> str:
    """The key of what the minister has reserved beside this outcome."""
    minister = cabinet.actor(MINISTER)
    said = "Xin bảo lưu ý kiến về điều kiện chuyển tiếp."
    made = reserve.prepare(minister, question, said, outcome_leaf, member.key_id, "demo")
    signature = member.sign(base64.b64encode(made.attributes).decode())
    envelope = Envelope(made.token, secrets.token_hex(16), signature)
    reserve.reserve(minister, question, envelope, lambda _db, _mark: {"method": "totp"})
    return envelope.key


def _released(cabinet: Cabinet, question: int) -> int:
    """What the minister lets the drafting agency read before the closing."""
    early.release(cabinet.actor(MINISTER), question, "Xin làm rõ nguồn lực.")
    with reading() as db:
        (said,) = ballots.released_early(db, question)
        return said.id


def _consultations(cabinet: Cabinet, made: dict[str, Things]) -> None:
    """One that is closed, whose days are over before anything else is made."""
    leader, member = cabinet.actor("lanhdaovp"), Member(cabinet, MINISTER)
    made["closed"] = {"consultation_id": (closed := _question(cabinet, "da dong", deputy="pttg1"))}
    drafting.approve(leader, closed)
    made["closed"]["key"] = member.cast(closed, "agree_comments", "Làm rõ.")["key"]
    _on_paper(cabinet, closed, "pttg1", Choice.AGREE)
    to_read, read = (_classified(cabinet, each, member) for each in ("phan loai", "da phan loai"))
    made["closed"]["member_id"] = cabinet.ids["pttg1"]
    cabinet.wait(days=3)
    for each in (closed, to_read, read):
        closing.close(each)
    for each in (to_read, read):
        _propose_reading(cabinet, each)
    _confirm_reading(cabinet, read, member)
    made["opinion to classify"] = {"consultation_id": to_read, "key_id": member.key_id}
    made["opinion classified"] = {"consultation_id": read}
    with reading() as db:
        leaf = db.get_one(Result, closed).outcome_leaf or 0
    made["closed"]["outcome_leaf"] = leaf
    made["opinion reserved"] = {"reserved_key": _reserved(cabinet, closed, leaf, member)}
    with reading() as db:
        result = ballots.seen_by_decider(db, db.get_one(Consultation, closed))
    made["closed"] |= {"result": result, "reply": ballots.seen_reply(None)}
    member.browser = cabinet.browser(MINISTER)
    made["asked"] = {"consultation_id": (asked := _question(cabinet, "dang hoi", 5))}
    drafting.approve(leader, asked)
    adviser = cabinet.ids["covan.xaydung"]
    advise.name_adviser(cabinet.actor(MINISTER), asked, adviser, None, "")
    made["asked"]["key"] = member.cast(asked)["key"]
    made["asked"] |= {"key_id": member.key_id, "follows": member.follows(asked)}
    made["comment released"] = {"comment_id": _released(cabinet, asked)}
    made["to be compared"] = {"request_id": _entered(cabinet, asked)}
    made["device"] = {"public_id": member.device}
    enrol_pending(cabinet, "botruong.yte")
    with reading() as db:
        (waits,) = people.devices_of(db, cabinet.ids["botruong.yte"])
    made["device that waits"] = {"public_id": waits.public_id}
    with reading() as db:
        (mandate,) = people.mandates_given_by(db, cabinet.ids[MINISTER])
    made["mandate"] = {"mandate_id": mandate.id}
    drafted = _question(cabinet, "con thao")
    with reading() as db:
        row = db.get_one(Consultation, drafted)
        made["not yet asked"] = {
            "consultation_id": drafted, "dossier": row.dossier_id,
            "seen": ballots.seen_by_approver(db, row), "draft": ballots.seen_by_drafter(row),
        }  # fmt: skip


# ---- meetings ----


def _sitting(cabinet: Cabinet, chair: str = "thutuong", dossier: int | None = None) -> Sitting:
    secretary = cabinet.actor("thuky")
    number = prepare.plan(secretary, replace(head(cabinet), chair_id=cabinet.ids[chair]))
    agency = cabinet.agencies["yte"]
    texts = (ItemText("Một", 30, agency, dossier_id=dossier), ItemText("Hai", 30, agency))
    return Sitting(cabinet, number, [prepare.add_item(secretary, number, each) for each in texts])


def _chaired(
    cabinet: Cabinet, chair: str, *there: str, dossier: int | None = None,
    invited: tuple[str, ...] = (),
) -> Sitting:  # fmt: skip
    """A session that is open, at its second item, with these in the hall."""
    made = _sitting(cabinet, chair, dossier)
    for each in invited:
        prepare.add_seat(cabinet.actor("thuky"), made.id, cabinet.ids[each], "invitee")
    made.submit()
    prepare.convene(cabinet.actor("lanhdaovp"), made.id, made.draft)
    leads = cabinet.actor(chair)
    conduct.name_operator(leads, made.id, cabinet.ids["thuky"], named=True)
    conduct.open_session(leads, made.id)
    for each in (*there, *invited):
        attend.check_in(cabinet.actor(each), made.id, Attendance.HALL)
    conduct.call_item(leads, made.id, made.items[1])
    return made


def _substitute(cabinet: Cabinet, meeting_id: int, by: str, who: str, admitted: bool) -> int:
    """The mandate of somebody who is to attend in a member's place."""
    substitutes.ask(cabinet.actor(by), meeting_id, cabinet.ids[who], "Đi công tác")
    with reading() as db:
        mandate = max(each.id for each in people.mandates_given_by(db, cabinet.ids[by]))
    if admitted:
        substitutes.consent(cabinet.actor("thutuong"), meeting_id, mandate)
    return mandate


def _speech(cabinet: Cabinet, meeting_id: int, username: str) -> int:
    attend.ask_to_speak(cabinet.actor(username), meeting_id)
    with reading() as db:
        return max(each.id for each in db.get_one(Meeting, meeting_id).speeches)


def _meetings(cabinet: Cabinet, made: dict[str, Things]) -> None:
    member, clerk = cabinet.ids[MINISTER], cabinet.ids["vanthu"]
    operator = cabinet.ids["thuky"]

    def of(sitting: Sitting, item: int = 0, **more: int) -> Things:
        number = sitting.items[item]
        things = {"meeting_id": sitting.id, "item_id": number, "person_id": member}
        return things | {"item_draft": sitting.draft_of(number)} | more

    prepared = _sitting(cabinet)
    prepare.add_seat(cabinet.actor("thuky"), prepared.id, clerk, "invitee")
    made["planned"] = of(prepared, person_id=clerk)
    submitted = _sitting(cabinet)
    submitted.submit()
    made["submitted"] = of(submitted, draft=submitted.draft)
    called = _sitting(cabinet)
    called.submit()
    prepare.convene(cabinet.actor("lanhdaovp"), called.id, called.draft)
    conduct.name_operator(cabinet.actor("thutuong"), called.id, operator, named=True)
    mandate = _substitute(cabinet, called.id, MINISTER, "thaymat.xaydung", False)
    made["convened"] = of(called, person_id=operator, mandate_id=mandate)
    few = _sitting(cabinet)
    hidden = ItemText("Ba", 30, restricted=True)
    few.items.append(prepare.add_item(cabinet.actor("thuky"), few.id, hidden))
    few.submit()
    prepare.convene(cabinet.actor("lanhdaovp"), few.id, few.draft)
    made["convened, few"] = of(few, 2)
    made["ended"] = of(_ended(cabinet, made))
    made["ended"] |= made.pop("of the ended")
    made["of others"] = of(_of_others(cabinet))
    _open_meetings(cabinet, made, of)


def _ended(cabinet: Cabinet, made: dict[str, Things]) -> Sitting:
    paper = _of_the_office(cabinet, "da hop")["dossier_id"]
    sitting = _chaired(cabinet, "thutuong", *MEMBERS, dossier=paper)
    chair = cabinet.actor("thutuong")
    vote = sitting.ask()
    speech = _speech(cabinet, sitting.id, MINISTER)
    sitting.count(vote)
    sentence = "Giao Bộ yte trình Đề án trước ngày 21 tháng 12"
    conduct.conclude_item(chair, sitting.id, sitting.items[1], "Thống nhất", [sentence])
    conduct.defer_item(chair, sitting.id, sitting.items[0], "Để phiên sau")
    conduct.close(chair, sitting.id)
    with reading() as db:
        order = db.get_one(Meeting, sitting.id).items[1].orders[0].id
    made["of the ended"] = {"vote_id": vote, "speech_id": speech, "order_id": order}
    return sitting


def _open_meetings(cabinet: Cabinet, made: dict[str, Things], of: Callable[..., Things]) -> None:
    """By the Prime Minister and by a deputy; at each stage at which the chair orders something."""
    invited, everybody = ("vanthu", "kiemtoan", "chuyenvien", "lanhdaovp"), (*MEMBERS, "thuky")
    paper = made["handed out"]["dossier_id"]
    live = _chaired(cabinet, "thutuong", *everybody, dossier=paper, invited=invited)
    mandate = _substitute(cabinet, live.id, MINISTER, "thaymat.xaydung", True)
    attend.check_in(cabinet.actor("thaymat.xaydung"), live.id, Attendance.HALL)
    with transaction() as db:
        papers_service.lend(db, made["replaced"]["dossier_id"], mandate)
    for each in ("thutuong", "pttg1", "thuky", *invited, "thaymat.xaydung", MINISTER):
        speech = _speech(cabinet, live.id, each)
    made["live"] = of(live, vote_id=live.ask(), mandate_id=mandate, speech_id=speech)
    for name, chair in (("open", "thutuong"), ("the deputy's", "pttg1")):
        leads = cabinet.actor(chair)
        sitting = _chaired(cabinet, chair, *everybody, invited=invited)
        spoken = _speech(cabinet, sitting.id, "botruong.yte")
        made[name] = of(sitting, 1, speech_id=spoken, person_id=cabinet.ids["thuky"])
        given = _speech(cabinet, sitting.id, "botruong.taichinh")
        conduct.give_floor(leads, sitting.id, given)
        made[f"{name}, next"] = of(sitting, speech_id=given, within="meeting_id")
        if chair == "pttg1":
            _substitute(cabinet, sitting.id, MINISTER, "thaymat.xaydung", True)
            attend.check_in(cabinet.actor("thaymat.xaydung"), sitting.id, Attendance.HALL)
        voting = _chaired(cabinet, chair, *MEMBERS)
        vote = votes.open_vote(leads, voting.id, Question(voting.items[1], QUESTION, Naming.OPEN))
        made[f"{name}, voting"] = of(voting, vote_id=vote, within="meeting_id")
        counted = _chaired(cabinet, chair, *MEMBERS)
        vote = votes.open_vote(leads, counted.id, Question(counted.items[1], QUESTION, Naming.OPEN))
        votes.announce_closing(leads, counted.id, vote)
        made[f"{name}, closing"] = of(counted, vote_id=vote, within="meeting_id")
        left = _chaired(cabinet, chair)
        conduct.adjourn(leads, left.id)
        made[f"{name}, adjourned"] = of(left)
        over = _chaired(cabinet, chair)
        for each in over.items:
            conduct.defer_item(leads, over.id, each, "Để phiên sau")
        made[f"{name}, at its end"] = of(over)
    asked = {"within": "meeting_id", "person_id": 0}
    for name, by in (("open", "pttg1"), ("the deputy's", "thutuong")):
        number = made[name]["meeting_id"]
        mandate = _substitute(cabinet, number, by, "chuyenvien2", False)
        made[f"{name}, asked for"] = asked | {"meeting_id": number, "mandate_id": mandate}
    cabinet.wait(seconds=6)
    other = {each: made["ended"][each] for each in ("item_id", "vote_id", "speech_id")}
    # Of another meeting than the one by which it is asked for.
    made["live, of another"] = other | {
        "meeting_id": live.id, "person_id": cabinet.ids["quantri"], "within": "meeting_id",
        "mandate_id": made["convened"]["mandate_id"],
    }  # fmt: skip


def _of_others(cabinet: Cabinet) -> Sitting:
    """A meeting of the deputy's, at which none of the Government sits."""
    specialist, deputy = cabinet.actor("chuyenvien"), cabinet.ids["pttg1"]
    called = replace(head(cabinet, Kind.OF_PRIME_MINISTER), chair_id=deputy)
    number = prepare.plan(specialist, called)
    item = prepare.add_item(specialist, number, ItemText("Một", 30))
    prepare.submit(specialist, number)
    sitting = Sitting(cabinet, number, [item])
    prepare.convene(cabinet.actor("lanhdaovp"), number, sitting.draft)
    return sitting


# ---- tasks ----


def _tasks(cabinet: Cabinet, made: dict[str, Things]) -> None:
    health, finance = cabinet.actor("canbo.yte"), cabinet.actor("canbo.taichinh")
    steps = {
        "assigned": (),
        "accepted": (Step.ACCEPT,),
        "refused": (Step.REFUSE,),
        "done": (Step.ACCEPT, Step.REPORT, Step.CONFIRM),
    }
    for state, taken in steps.items():
        made[state] = {"task_id": (number := assign(cabinet, coordinating=("taichinh",)))}
        for step in taken:
            actor = cabinet.actor("chuyenvien") if step is Step.CONFIRM else health
            take(step, actor, number)
    made["reported"] = {"task_id": (number := assign(cabinet))}
    take(Step.ACCEPT, health, number)
    tasks.report(health, number, "Đã trình", "tt.pdf", a_paper())
    with reading() as db:
        made["reported"]["event_id"] = db.scalar(select(func.max(Event.id)))
    of_another = {
        "assigned to another": (),
        "accepted by another": (Step.ACCEPT,),
    }
    for state, taken in of_another.items():
        made[state] = {"task_id": (number := assign(cabinet, lead="taichinh"))}
        for step in taken:
            take(step, finance, number)
    made["reported by another"] = {"task_id": (number := assign(cabinet, lead="taichinh"))}
    take(Step.ACCEPT, finance, number)
    tasks.report(finance, number, "Đã trình", "tt.pdf", a_paper())
    with reading() as db:
        made["reported by another"]["event_id"] = db.scalar(select(func.max(Event.id)))
    made["ordered"] = {
        "task_id": tasks.assign_from(
            cabinet.actor("thutuong"), made["ended"]["order_id"], cabinet.agencies["yte"],
            day(cabinet, 20), "Đề án", [cabinet.agencies["taichinh"]],
        ),
        # Of another task than the one by which it is asked for.
        "event_id": made["reported"]["event_id"],
    }  # fmt: skip


# ---- persons, and what is done by two ----


def _directory(cabinet: Cabinet, made: dict[str, Things]) -> None:
    keeper, today = cabinet.actor("quantri"), day(cabinet)
    ids, agencies = cabinet.ids, cabinet.agencies
    with transaction() as db:
        directory.add_agency(db, "cu", "Bộ cũ", "Cũ")
        agencies["cu"] = db.scalars(select(Agency.id).where(Agency.slug == "cu")).one()
    ended, into = agencies["cu"], agencies["yte"]
    asked = changes.ask_to_merge_agencies(keeper, [ended], into, today, "NQ 1")
    _confirmed(cabinet, "lanhdaovp", asked)
    made["decided"] = {"request_id": asked, "digest": _digest(cabinet, asked)}
    asked = changes.ask_to_suspend(keeper, ids["vanthu"], today, None, "QĐ 1")
    made["to be decided"] = {"request_id": asked, "digest": _digest(cabinet, asked)}
    made["agency"] = {"agency_id": agencies["xaydung"]}
    made["agency that ended"] = {"agency_id": ended}
    with reading() as db:
        term = db.scalars(select(Term).where(Term.person_id == ids["thuky2"])).one()
        clerk = db.scalars(select(Term).where(Term.person_id == ids["vanthu"])).one()
    made["person"] = {
        "person_id": ids["thuky2"], "term_id": term.id, "office_id": clerk.office_id,
    }  # fmt: skip
    for each in made.values():
        if "request_id" in each:
            each["digest"] = _digest(cabinet, each["request_id"])
    with transaction() as db:
        name = "Người đã nghỉ"
        left = directory.add_person(db, name, "danghi", "", SEED, hashed=hash_once())
        vacant = directory.add_office(db, "Chức danh thừa", Role.CLERK, 800)
        made["office that nobody holds"] = {"office_id": vacant.id}
        focal = db.get_one(Person, ids["canbo.taichinh"])
        suspension = directory.suspend(db, focal, today + timedelta(days=99), None, "QĐ 1")
        made["suspension to come"] = {"suspension_id": suspension.id}
        made["person who left"] = {"person_id": left.id}
        working_days.enter(db, ids["quantri"], today + timedelta(days=9), False, "Nghỉ bù")
        made["day off"] = {"entry_id": db.scalar(select(func.max(working_days.CabinetDay.id)))}
        made["letter that failed"] = {"delivery_id": _failed(db, ids["vanthu"])}


def _failed(db: Session, person_id: int) -> int:
    now = clock.now(db)
    row = deliveries.Delivery(
        key=secrets.token_hex(16), person_id=person_id, channel="email", address="a@b.example",
        kind="task_assigned", path="/inbox", presses=False, state=deliveries.State.FAILED,
        attempts=9, next_at=now, made_at=now, tried_at=now, error="550",
    )  # fmt: skip
    db.add(row)
    db.flush()
    return row.id


# ---- what each person has of their own ----


def own_things(
    cabinet: Cabinet, username: str, edition_id: int | None, mandate: tuple[str, str] | None
) -> dict[str, Things]:
    """A message, a handover, a mandate, a passkey, another login; of what they may read, if there
    is anything, a note and a copy that one of their browsers keeps."""
    person_id, other = cabinet.ids[username], cabinet.ids["thuky2"]
    giver, taker = mandate or ("", "")
    browser = cabinet.browser(username)
    with transaction() as db:
        outbox.notify(db, person_id, "task_assigned", "/inbox", title="Việc", deadline=None)
    with transaction() as db:
        now, person = clock.now(db), db.get_one(Person, person_id)
        term = db.scalars(select(Term).where(Term.person_id == person_id)).one()
        named = {"giver": person.name, "taker": "Người nhận", "words": ""}
        handover = Handover(
            giver_id=person_id, taker_id=other, office_id=term.office_id, office="Chức danh",
            taker_office="Chức danh", begun_at=now, begun_by=person_id, **named,
        )  # fmt: skip
        given = Mandate(
            right=Right.SIGN_FOR, matter=Matter.HANDOVER, matter_id=ABSENT, about="Bàn giao",
            giver_id=cabinet.ids[giver], taker_id=cabinet.ids[taker], given_at=now,
            ends_at=now + timedelta(days=5), **named,
        )  # fmt: skip
        passkey = Passkey(
            public_id=secrets.token_hex(8), person_id=person_id, label="iPad", public_key=b"",
            credential_id=secrets.token_bytes(16), sign_count=0, backup_eligible=False,
            backed_up=False, made_at=now,
        )  # fmt: skip
        db.add_all([handover, given, passkey])
        db.flush()
        message = db.scalar(select(func.max(outbox.Message.id)))
        login = db.scalars(select(Login).order_by(Login.id.desc()).limit(1)).one()
        made: dict[str, Things] = {
            "message": {"message_id": message},
            "handover": {"handover_id": handover.id},
            "mandate": {"mandate_id": given.id},
            "passkey": {"public_id": passkey.public_id},
            "login": {"public_id": login.public_id},
        }
    page = browser.get(f"/handovers/{handover.id}").get_data(as_text=True)
    made["handover"]["seen"] = page.split('name="seen" value="')[-1].split('"')[0]
    if username in MEMBERS_WITH_KEYS:
        key = ec.generate_private_key(ec.SECP256R1())
        made["device"] = {"public_id": enrol(cabinet, username, key)[0]}
    if edition_id:
        made |= _kept(cabinet, username, browser, login.id, edition_id)
    return made


def _kept(
    cabinet: Cabinet, username: str, browser: Browser, login_id: int, edition_id: int
) -> dict[str, Things]:
    actor = replace(cabinet.actor(username), login_id=login_id)
    vault = leases.make_vault(actor, "Safari")
    leases.take(actor, vault.public_id, [edition_id])
    note = a_note()
    sent = {"notes": [note], "since": 0}
    answer = browser.post(f"/editions/{edition_id}/notes", json=sent, headers=JSON)
    assert answer.status_code == 200, answer.text
    with transaction() as db:
        vault_id = db.scalar(select(func.max(Vault.id)))
        # Carried from an edition before, where nobody has said yet that it stands right.
        place = NotePlace(
            person_id=actor.id, note_id=note["id"], edition_id=edition_id, found=Found.TRAY,
            score=0, quote="", nth=0,
        )  # fmt: skip
        db.merge(place)
    return {
        "vault": {"vault_id": vault_id},
        "note": {"edition_id": edition_id, "note_id": note["id"], "within": "edition_id"},
    }
