"""A ballot by a member's official-duty certificate, signed by a program on their own device: what
comes back is the very paper by the certificate that two people registered, or it is none (BAL-04,
domain F)."""

import base64
import hashlib
import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from werkzeug.test import TestResponse

from ballots import jobs, queries
from ballots.bundle import write
from ballots.models import Ballot, Reckoning
from ballots.rules import Choice, Reading
from ballots.service import classify
from ballots.service.close import close
from ecabinet import answers, authorities, bundles, settings, verifier, web
from ecabinet.db import reading
from ecabinet.errors import Refused
from ecabinet.settings import Settings
from people import queries as people
from people.rules import DeviceRefusal
from people.service import devices
from tests.ballots.builders import Member, an_open_consultation, ballots_of
from tests.ballots.test_classes import positions
from tests.ballots.test_confirming import ask_options, with_passkey
from tests.ballots.test_on_paper import entered
from tests.builders import Cabinet
from tests.people.builders import leaves
from tests.plugin import Authority, Holder

MINISTER, OTHER = "botruong.yte", "botruong.taichinh"
OFFICIAL, TOKEN = "official-duty", "token"
JSON = {"Accept": "application/json"}
NOW = Settings(key_waiting_hours=0)


@pytest.fixture(scope="module")
def official() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def tokens() -> Authority:
    return Authority("CA công cộng thử")


@pytest.fixture(autouse=True)
def pins(
    cabinet: Cabinet, official: Authority, tokens: Authority, tmp_path: Path
) -> Iterator[None]:
    authorities.bind({OFFICIAL: official.pinned_in(tmp_path), TOKEN: tokens.pinned_in(tmp_path)})
    yield
    authorities.bind({})


@pytest.fixture
def asked(cabinet: Cabinet) -> int:
    return an_open_consultation(cabinet, classes=(OFFICIAL,))


def named(cabinet: Cabinet, username: str = MINISTER) -> str:
    return cabinet.actor(username).name


def register(cabinet: Cabinet, holder: Holder, username: str = MINISTER) -> str:
    """Its key id, once a secretary has confirmed it."""
    made = devices.enrol_certificate(cabinet.actor(username), holder.pem)
    devices.confirm_device(cabinet.actor("thuky"), made, NOW)
    with reading() as db:
        mine = people.devices_of(db, cabinet.ids[username])
    return next(each.key_id for each in mine if each.public_id == made)


class Desk:
    """A member at a desk with a token: their browser, and the program that reaches the token."""

    def __init__(self, cabinet: Cabinet, holder: Holder, username: str = MINISTER) -> None:
        self.cabinet, self.holder, self.name = cabinet, holder, username
        self.key_id = register(cabinet, holder, username)
        self.browser = cabinet.browser(username)
        self.program = cabinet.browser()

    def paper(
        self, consultation: int, choice: str = "disagree", opinion: str = ""
    ) -> dict[str, str]:
        with reading() as db:
            row = db.get_one(queries.Consultation, consultation)
            follows = queries.latest_leaf(db, row, self.cabinet.ids[self.name])
        body = {"choice": choice, "opinion": opinion, "key_id": self.key_id, "follows": follows}
        answer = self.browser.post(f"/consultations/{consultation}/paper", json=body)
        assert answer.status_code == 200, answer.json
        found: dict[str, str] = answer.json
        return found

    def begin(self, consultation: int, pending: str) -> dict[str, str]:
        path = f"/consultations/{consultation}/outside-signing"
        answer = self.browser.post(path, json={"pending": pending})
        assert answer.status_code == 200, answer.json
        found: dict[str, str] = answer.json
        return found

    def fetch(self, address: str) -> TestResponse:
        return self.program.client.get(address.removeprefix("http://localhost:8000"))

    def bring(self, address: str, token: str, pdf: bytes) -> TestResponse:
        return self.program.client.post(
            address.removeprefix("http://localhost:8000"),
            data={"uploadfile": (io.BytesIO(pdf), "phieu.pdf")},
            headers={"Authorization": f"Bearer {token}"},
        )

    def signed(
        self, consultation: int, pending: str, sign: Callable[[bytes], bytes]
    ) -> TestResponse:
        """One try: fetched, signed, brought."""
        given = self.begin(consultation, pending)
        pdf = self.fetch(given["fetch"]).data
        return self.bring(given["bring"], given["token"], sign(pdf))

    def send(
        self, consultation: int, pending: str, signature: bytes, assertion: Any = None
    ) -> TestResponse:
        body: dict[str, Any] = {
            "pending": pending,
            "key": hashlib.sha256(signature + pending.encode()).hexdigest()[:32],
            "signature": base64.b64encode(signature).decode(),
        }
        if assertion:
            body["assertion"] = assertion
        return self.browser.post(f"/consultations/{consultation}/ballots", json=body)

    def cast(
        self, consultation: int, choice: str = "disagree", opinion: str = ""
    ) -> dict[str, Any]:
        pending = self.paper(consultation, choice, opinion)["pending"]
        kept = self.signed(consultation, pending, self.holder.sign)
        assert kept.status_code == 200, kept.json
        answer = self.send(consultation, pending, bytes.fromhex(kept.json["FileServer"]))
        assert answer.status_code == 201, answer.json
        found: dict[str, Any] = answer.json
        return found


# ---- what is signed is not always a ballot ----


def test_where_official_signatures_alone_count_one_classifies_an_opinion(
    cabinet: Cabinet, official: Authority, asked: int, tmp_path: Path
) -> None:
    """One against and an other opinion: counted for, the two would be equal."""
    device = Member(cabinet, MINISTER)
    desk = Desk(cabinet, official.certify(f"Bộ Y tế {named(cabinet)}"))
    desk.cast(asked, "other_opinion", "Nên là Luật.")
    entered(cabinet, asked, choice=Choice.DISAGREE, name=OTHER)
    jobs.stamp_what_waits()
    cabinet.wait(days=4)
    close(asked)
    member = cabinet.ids[MINISTER]
    classify.propose(cabinet.actor("chuyenvien"), asked, member, Reading.AGREEMENT, "Về hình thức.")
    desk.browser.sign_in(MINISTER)
    path = f"/consultations/{asked}/classification"
    refused = desk.browser.post(f"{path}/paper", json={"key_id": device.key_id})
    assert (refused.status_code, refused.json["reason"]) == (409, "class_not_counted")
    made = desk.browser.post(f"{path}/paper", json={"key_id": desk.key_id})
    assert made.status_code == 200, made.json
    pending = made.json["pending"]
    kept = desk.signed(asked, pending, desk.holder.sign)
    assert kept.status_code == 200, kept.json
    back = desk.browser.get(f"/consultations/{asked}/outside-signing/{pending}")
    assert base64.b64decode(back.json["pdf"]).startswith(base64.b64decode(made.json["pdf"]))
    body = {
        "pending": pending,
        "key": "a" * 32,
        "signature": base64.b64encode(bytes.fromhex(kept.json["FileServer"])).decode(),
    }
    answer = desk.browser.post(path, json=body)
    assert answer.status_code == 201, answer.json
    assert jobs.stamp_what_waits() == 1
    cabinet.wait(seconds=2)
    # Of that authority no list of what it has revoked is at hand.
    assert jobs.archive_what_waits() == 0
    with reading() as db:
        found = db.get(Reckoning, asked)
        assert found is not None
        assert (found.outcome, found.counts["agree_comments"]) == ("needs_decision", 1)
        write(db, asked, tmp_path / "bundle.zip")
        report = verifier.verify(tmp_path / "bundle.zip", bundles.trusted(db), deep=True)
    assert report.is_sound, report.findings
    assert "V39" not in {each.check for each in report.absent}


# ---- the certificate is registered by two ----


def test_a_certificate_is_registered_by_two_and_the_log_says_of_which_class(
    cabinet: Cabinet, official: Authority
) -> None:
    holder, member = official.certify(f"Bộ Y tế {named(cabinet)}"), cabinet.browser(MINISTER)
    asked = member.post("/devices/certificate", {"file": (io.BytesIO(holder.pem), "toi.cer")})
    assert asked.status_code == 303
    assert leaves("key_enrolled") == []
    for page in (
        member.get("/devices").text,
        cabinet.browser("thuky").get("/devices/pending").text,
    ):
        assert "CA chuyên dùng thử G2" in page
        assert f"{holder.certificate.serial_number:x}" in page
    with reading() as db:
        (device,) = people.devices_of(db, cabinet.ids[MINISTER])
    assert device.signature_class == OFFICIAL
    path = f"/devices/{device.public_id}/confirm"
    assert member.post(path, {"met": "yes"}).status_code == 403
    assert cabinet.browser("thuky").post(path, {"met": "yes"}).status_code == 303
    (leaf,) = leaves("key_enrolled")
    assert (leaf["signature_class"], leaf["key_id"]) == (OFFICIAL, device.key_id)
    assert leaf["confirmed_by"] == cabinet.ids["thuky"]


def test_only_ones_own_certificate_by_a_pinned_authority_and_in_force_is_taken(
    cabinet: Cabinet, official: Authority
) -> None:
    own, stranger = named(cabinet), Authority("Một nơi lạ")
    with reading() as db:
        from ecabinet import clock

        now = clock.now(db)
    for holder, reason in (
        (official.certify(named(cabinet, OTHER)), DeviceRefusal.OTHER_NAME),
        (official.certify(own.split()[-1]), DeviceRefusal.OTHER_NAME),
        (stranger.certify(own), DeviceRefusal.NOT_CERTIFIED),
        (official.certify(own, lasts=timedelta(days=30)), DeviceRefusal.NOT_CERTIFIED),
        (official.certify(own, starts=now + timedelta(days=1)), DeviceRefusal.NOT_CERTIFIED),
    ):
        with pytest.raises(Refused) as wrong:
            devices.enrol_certificate(cabinet.actor(MINISTER), holder.pem)
        assert wrong.value.reason is reason
    for content in (b"", b"not a certificate", official.root_key.public_key().__repr__().encode()):
        with pytest.raises(Refused):
            devices.enrol_certificate(cabinet.actor(MINISTER), content)
    with reading() as db:
        assert people.devices_of(db, cabinet.ids[MINISTER]) == []


def test_who_is_pinned_for_one_class_certifies_no_other(
    cabinet: Cabinet, tokens: Authority
) -> None:
    register(cabinet, tokens.certify(named(cabinet)))
    (leaf,) = leaves("key_enrolled")
    assert leaf["signature_class"] == TOKEN


# ---- signing and casting ----


@pytest.mark.parametrize("kind", ["rsa", "p256"])
def test_an_official_ballot_counts_and_its_bundle_is_sound(
    cabinet: Cabinet, official: Authority, asked: int, tmp_path: Path, kind: str
) -> None:
    key = ec.generate_private_key(ec.SECP256R1()) if kind == "p256" else None
    desk = Desk(cabinet, official.certify(named(cabinet), key))
    desk.cast(asked)
    (ballot,) = ballots_of(asked)
    assert ballot.signature_class == OFFICIAL
    assert "chữ ký số chuyên dùng công vụ" in desk.browser.get(f"/ballots/by-key/{ballot.key}").text
    assert jobs.stamp_what_waits() == 1
    cabinet.wait(days=4)
    close(asked)
    with reading() as db:
        result = queries.result_of(db, asked)
        assert result is not None
        assert positions(cabinet, result)[MINISTER] == "disagree"
        write(db, asked, tmp_path / "bundle.zip")
        keys = bundles.trusted(db)
    report = verifier.verify(tmp_path / "bundle.zip", keys, deep=True)
    assert report.findings == ()
    # Pinned for another class, or for none, the authority certifies no official ballot.
    swapped = keys | {"classes": {TOKEN: keys["classes"][OFFICIAL]}}
    found = {each.check for each in verifier.verify(tmp_path / "bundle.zip", swapped).findings}
    assert found == {"V08", "V10"}


def test_what_waited_is_signed_officially_and_waits_no_more(
    cabinet: Cabinet, official: Authority, asked: int
) -> None:
    Member(cabinet, MINISTER).cast(asked, "disagree")
    assert "chờ ký chính thức" in cabinet.browser(MINISTER).get(f"/consultations/{asked}").text
    Desk(cabinet, official.certify(named(cabinet))).cast(asked, "disagree")
    assert "chờ ký chính thức" not in cabinet.browser(MINISTER).get(f"/consultations/{asked}").text
    cabinet.wait(days=4)
    close(asked)
    with reading() as db:
        result = queries.result_of(db, asked)
        assert result is not None
        assert positions(cabinet, result)[MINISTER] == "disagree"


def another_page(pdf: bytes) -> bytes:
    """What a program would show and sign in the paper's place, its own words on the page."""
    with pikepdf.open(io.BytesIO(pdf)) as file:
        file.pages[0].Contents = file.make_stream(b"BT ET")
        out = io.BytesIO()
        file.save(out)
    return out.getvalue()


def page_painted_over(pdf: bytes) -> bytes:
    """The very paper, and in the update that signs it another page."""
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"BT ET"))
    writer.update_container(page)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda desk, other: desk.holder.sign(another_page(desk.given)),
        lambda desk, other: desk.holder.sign(page_painted_over(desk.given)),
        lambda desk, other: other.sign(desk.given),
        lambda desk, other: desk.given,
        lambda desk, other: desk.holder.sign(desk.given) + b"\n% more",
        lambda desk, other: other.sign(desk.holder.sign(desk.given), field_name="Two"),
        lambda desk, other: desk.holder.sign(desk.given).replace(b"/Subtype", b"/Subtipe", 1),
        lambda desk, other: b"",
    ],
    ids=["page", "painted_over", "signer", "unsigned", "grown", "two", "changed", "none"],
)  # fmt: skip
def test_another_paper_another_signer_or_another_page_is_not_kept(
    cabinet: Cabinet, official: Authority, asked: int,
    spoil: Callable[[Any, Holder], bytes],
) -> None:  # fmt: skip
    desk: Any = Desk(cabinet, official.certify(named(cabinet)))
    other = official.certify(named(cabinet))
    pending = desk.paper(asked)["pending"]
    given = desk.begin(asked, pending)
    desk.given = desk.fetch(given["fetch"]).data
    refused = desk.bring(given["bring"], given["token"], spoil(desk, other))
    assert refused.status_code == 422
    assert desk.browser.get(f"/consultations/{asked}/outside-signing/{pending}").status_code == 404
    # The address is still good for the right one.
    kept = desk.bring(given["bring"], given["token"], desk.holder.sign(desk.given))
    assert kept.status_code == 200


def test_an_address_is_good_once_with_its_token_and_for_ten_minutes(
    cabinet: Cabinet, official: Authority, asked: int
) -> None:
    desk = Desk(cabinet, official.certify(named(cabinet)))
    pending = desk.paper(asked)["pending"]
    given = desk.begin(asked, pending)
    pdf = desk.fetch(given["fetch"]).data
    assert desk.fetch(given["fetch"]).status_code == 404
    signed = desk.holder.sign(pdf)
    assert desk.bring(given["bring"], "x" * 43, signed).status_code == 404
    assert desk.bring(given["bring"], given["token"], signed).status_code == 200
    assert desk.bring(given["bring"], given["token"], signed).status_code == 404
    late = desk.begin(asked, pending)
    cabinet.wait(minutes=11)
    assert desk.fetch(late["fetch"]).status_code == 404
    assert desk.bring(late["bring"], late["token"], signed).status_code == 404


def test_nothing_is_cast_that_did_not_come_back_or_came_to_somebody_else(
    cabinet: Cabinet, official: Authority, asked: int
) -> None:
    desk = Desk(cabinet, official.certify(named(cabinet)))
    other = Desk(cabinet, official.certify(named(cabinet, OTHER)), OTHER)
    pending = desk.paper(asked)["pending"]
    refused = desk.send(asked, pending, b"\0" * 32)
    assert (refused.status_code, refused.json["reason"]) == (409, "not_signed_yet")
    path = f"/consultations/{asked}/outside-signing"
    refused = other.browser.post(path, json={"pending": pending})
    assert refused.json["reason"] == "paper_gone"
    kept = desk.signed(asked, pending, desk.holder.sign)
    shown = desk.browser.get(f"{path}/{pending}").json
    assert shown is not None
    came_back = hashlib.sha256(base64.b64decode(shown["pdf"])).hexdigest()
    assert came_back == kept.json["FileServer"]
    assert other.browser.get(f"{path}/{pending}").status_code == 404
    refused = other.send(asked, pending, bytes.fromhex(kept.json["FileServer"]))
    assert refused.json["reason"] == "paper_gone"
    assert ballots_of(asked) == []


def test_a_passkey_confirms_what_the_client_has_signed_and_nothing_before(
    cabinet: Cabinet, official: Authority, asked: int
) -> None:
    desk: Any = Desk(cabinet, official.certify(named(cabinet)))
    passkey, pending = with_passkey(desk), desk.paper(asked)["pending"]
    refused = ask_options(desk, asked, pending)
    assert (refused.status_code, refused.json["reason"]) == (409, "not_signed_yet")
    kept = desk.signed(asked, pending, desk.holder.sign)
    assertion = passkey.get(ask_options(desk, asked, pending).json)
    answer = desk.send(asked, pending, bytes.fromhex(kept.json["FileServer"]), assertion)
    assert answer.status_code == 201, answer.json
    (ballot,) = ballots_of(asked)
    assert (ballot.evidence["method"], ballot.evidence["bound_to_ballot"]) == ("passkey", True)


def test_a_certificate_that_was_revoked_here_casts_no_more(
    cabinet: Cabinet, official: Authority, asked: int
) -> None:
    desk = Desk(cabinet, official.certify(named(cabinet)))
    pending = desk.paper(asked)["pending"]
    kept = desk.signed(asked, pending, desk.holder.sign)
    with reading() as db:
        (device,) = people.devices_of(db, cabinet.ids[MINISTER])
    devices.revoke_device(cabinet.actor("thuky"), device.public_id)
    refused = desk.send(asked, pending, bytes.fromhex(kept.json["FileServer"]))
    assert refused.json["reason"] == "key_revoked"


def test_a_hole_without_room_for_a_stamp_keeps_its_ballot_whole(
    cabinet: Cabinet, official: Authority, asked: int
) -> None:
    desk = Desk(cabinet, official.certify(named(cabinet)))
    pending = desk.paper(asked)["pending"]
    kept = desk.signed(asked, pending, lambda pdf: desk.holder.sign(pdf, reserved=4_600))
    signed = bytes.fromhex(kept.json["FileServer"])
    assert desk.send(asked, pending, signed).status_code == 201
    assert jobs.stamp_what_waits() == 1
    assert jobs.stamp_what_waits() == 0
    with reading() as db:
        ballot = db.get_one(Ballot, ballots_of(asked)[0].id)
        assert hashlib.sha256(queries.signed_pdf(ballot)).digest() == signed


def test_a_browser_is_not_asked_for_its_key_where_another_signs(
    cabinet: Cabinet, official: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = an_open_consultation(cabinet, 5, (OFFICIAL,))
    desk = Desk(cabinet, official.certify(named(cabinet)))
    cabinet.wait(days=4, hours=22)
    path, browser = f"/consultations/{asked}/answer", cabinet.browser(MINISTER)
    assert "data-device " in browser.get(path).text
    plugin = web.settings().model_copy(update={"signing_plugin": "wss://127.0.0.1:8987"})
    monkeypatch.setattr(web, "settings", lambda: plugin)
    page = browser.get(path)
    assert "data-device " not in page.text
    assert f'value="{desk.key_id}"' in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "connect-src 'self' wss://127.0.0.1:8987;" in policy


def test_where_the_client_listens_is_on_the_members_own_device(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for right in ("wss://127.0.0.1:8987", "ws://localhost:9000"):
        monkeypatch.setenv("ECABINET_SIGNING_PLUGIN", right)
        assert settings.from_environment().signing_plugin == right
    for wrong in ("wss://plugin.example:8987", "https://127.0.0.1:1", "wss://127.0.0.1:1/x; *"):
        monkeypatch.setenv("ECABINET_SIGNING_PLUGIN", wrong)
        with pytest.raises(settings.SettingRefused):
            settings.from_environment()


def test_rsa_signs_nothing_that_a_browser_signs(official: Authority) -> None:
    (certificate, *_), _ = official.certify("Ai đó").loaded()
    with pytest.raises(answers.WrongSignature):
        answers.signature(certificate.dump(), b"statement", b"\1" * 64)


def test_a_browser_is_never_asked_to_renew_or_try_what_it_does_not_hold(
    cabinet: Cabinet, official: Authority
) -> None:
    desk = Desk(cabinet, official.certify(named(cabinet)))
    challenge = desk.browser.post("/devices/trial/options", headers=JSON).get_json()["challenge"]
    sent = {"key_id": desk.key_id, "challenge": challenge, "signature": "AAAA"}
    assert (
        desk.browser.post("/devices/trial", sent, headers=JSON).get_json()["reason"]
        == "trial_failed"
    )
    assert "data-renew" not in desk.browser.get("/devices").text
