"""A signing key's certificate is short: renewed by the key itself while it signs, else enrolled
anew by two; its owner is told before it runs out, and whether a device signs is tried (AUTH-09)."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from werkzeug.test import TestResponse

from ecabinet import jobs, outbox
from ecabinet.db import reading
from ecabinet.settings import Settings
from people import queries, rules
from people.rules import DeviceRefusal, DeviceStanding, KeyEnd
from people.service import devices
from people.service.devices import RENEWAL, TRIAL
from tests.builders import Browser, Cabinet
from tests.people.builders import JSON, leaves, new_key, request_of

MINISTER = "botruong.yte"
SHORT = Settings(key_waiting_hours=0, key_days=40)
NOW = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)


def signed(key: ec.EllipticCurvePrivateKey, content: bytes) -> bytes:
    r, s = utils.decode_dss_signature(key.sign(content, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def in64(content: bytes) -> str:
    return base64.b64encode(content).decode()


class Tablet:
    """A member's browser with the key that it holds."""

    def __init__(self, cabinet: Cabinet, settings: Settings = SHORT, name: str = MINISTER) -> None:
        self.cabinet, self.name, self.key = cabinet, name, new_key()
        made = devices.enrol_device(cabinet.actor(name), request_of(self.key), "iPad")
        devices.confirm_device(cabinet.actor("thuky"), made, settings)
        self.key_id = self.view(made).key_id
        self.browser = cabinet.browser(name)

    def view(self, public_id: str = "") -> queries.DeviceView:
        with reading() as db:
            mine = queries.devices_of(db, self.cabinet.ids[self.name])
        return next(each for each in mine if public_id in ("", each.public_id))

    def renew(
        self, new: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey | None = None,
        browser: Browser | None = None, old: str = "",
    ) -> TestResponse:  # fmt: skip
        csr = request_of(new)
        sent = {
            "csr": in64(csr),
            "old": old or self.key_id,
            "signature": in64(signed(by or self.key, RENEWAL + csr)),
        }
        return (browser or self.browser).post("/devices/renew", sent, headers=JSON)

    def show_again(self) -> None:
        assert self.browser.post("/step-up", {"code": self.browser.code()}).status_code == 200

    def wait(self, **time: int) -> None:
        self.cabinet.wait(**time)
        self.browser.sign_in(self.name)

    def try_it(self, key: ec.EllipticCurvePrivateKey | None = None) -> TestResponse:
        challenge = self.browser.post("/devices/trial/options", headers=JSON).get_json()[
            "challenge"
        ]
        return self.answer_trial(challenge, key)

    def answer_trial(
        self, challenge: str, key: ec.EllipticCurvePrivateKey | None = None
    ) -> TestResponse:
        signature = signed(key or self.key, TRIAL + base64.b64decode(challenge))
        sent = {"key_id": self.key_id, "challenge": challenge, "signature": in64(signature)}
        return self.browser.post("/devices/trial", sent, headers=JSON)


def kinds(cabinet: Cabinet, username: str) -> list[str]:
    with reading() as db:
        return [each.kind for each in outbox.inbox(db, cabinet.ids[username])]


def test_a_certificate_is_good_for_as_many_days_as_the_setting_says(cabinet: Cabinet) -> None:
    tablet = Tablet(cabinet, Settings(key_waiting_hours=0, key_days=7))
    with reading() as db:
        found = queries.signing_device(db, cabinet.ids[MINISTER], tablet.key_id)
    assert found is not None
    certificate = x509.load_der_x509_certificate(found.certificate)
    lasts = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert lasts == timedelta(days=7, minutes=5)
    assert found.ends_at == certificate.not_valid_after_utc


def test_a_member_renews_a_key_by_itself_and_the_log_says_by_which_key(cabinet: Cabinet) -> None:
    tablet, new = Tablet(cabinet), new_key()
    tablet.wait(days=15)
    page = tablet.browser.get("/devices").text
    assert "Sắp hết hạn" in page
    assert f'data-renew="{tablet.key_id}"' in page
    answer = tablet.renew(new)
    assert answer.status_code == 201, answer.json
    renewed = tablet.view(answer.get_json()["id"])
    assert renewed.standing is DeviceStanding.ACTIVE
    assert tablet.browser.get("/devices/mine.json").get_json()["active"] == [renewed.key_id]
    assert "Đã thay bằng khóa mới" in tablet.browser.get("/devices").text
    (leaf,) = leaves("key_renewed")
    assert (leaf["member"], leaf["key_id"]) == (cabinet.ids[MINISTER], renewed.key_id)
    assert leaf["renews"] == tablet.key_id
    (ended,) = leaves("key_revoked")
    assert (ended["key_id"], ended["revoked_by"]) == (tablet.key_id, cabinet.ids[MINISTER])
    assert "device_renewed" in kinds(cabinet, MINISTER)


def test_an_answer_that_was_lost_is_given_again_and_makes_no_second_key(cabinet: Cabinet) -> None:
    tablet, new = Tablet(cabinet), new_key()
    tablet.wait(days=15)
    first, again = tablet.renew(new), tablet.renew(new)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json() == again.get_json()
    assert len(leaves("key_renewed")) == 1


def test_a_key_is_renewed_only_just_after_its_owner_has_shown_who_they_are(
    cabinet: Cabinet,
) -> None:
    """An unlocked tablet alone would let whoever holds it make a key of their own."""
    tablet = Tablet(cabinet)
    tablet.wait(days=15)
    cabinet.wait(minutes=6)
    refused = tablet.renew(new_key())
    assert (refused.status_code, refused.get_json()["code"]) == (403, "step_up_needed")
    assert leaves("key_renewed") == []
    tablet.show_again()
    assert tablet.renew(new_key()).status_code == 201


def test_only_the_key_itself_makes_way_and_only_to_its_owner(cabinet: Cabinet) -> None:
    tablet = Tablet(cabinet)
    other = Tablet(cabinet, name="botruong.taichinh")
    tablet.wait(days=15)
    other.browser.sign_in(other.name)
    for refused, reason in (
        (tablet.renew(new_key(), by=new_key()), "not_by_old_key"),
        (tablet.renew(other.key), "already_known"),
    ):
        assert (refused.status_code, refused.get_json()["reason"]) == (409, reason)
    # Another's key does not exist, even for whoever holds its private half.
    assert tablet.renew(new_key(), by=other.key, old=other.key_id).status_code == 404
    assert other.renew(new_key(), by=tablet.key, old=tablet.key_id).status_code == 404
    assert leaves("key_renewed") == []


def test_a_key_that_has_run_out_or_was_revoked_is_enrolled_anew_by_two(cabinet: Cabinet) -> None:
    tablet = Tablet(cabinet)
    tablet.wait(days=40)
    refused = tablet.renew(new_key())
    assert (refused.status_code, refused.get_json()["reason"]) == (409, "expired")
    page = tablet.browser.get("/devices").text
    assert "Đã hết hạn lúc" in page
    assert "Hãy đăng ký khóa mới trên thiết bị này" in page
    assert tablet.browser.get("/devices/mine.json").get_json()["active"] == []
    revoked = Tablet(cabinet, name="botruong.taichinh")
    revoked.wait(days=15)
    devices.revoke_device(cabinet.actor(revoked.name), revoked.view().public_id)
    assert revoked.renew(new_key()).get_json()["reason"] == "not_renewable"


@pytest.mark.parametrize(
    ("standing", "left", "reason"),
    [
        (DeviceStanding.ACTIVE, timedelta(days=30), None),
        (DeviceStanding.ACTIVE, timedelta(days=30, seconds=1), DeviceRefusal.RENEWED_TOO_EARLY),
        (DeviceStanding.ACTIVE, timedelta(seconds=1), None),
        (DeviceStanding.EXPIRED, timedelta(0), DeviceRefusal.EXPIRED),
        (DeviceStanding.WAITING, timedelta(days=3), DeviceRefusal.NOT_RENEWABLE),
        (DeviceStanding.REVOKED, timedelta(days=3), DeviceRefusal.NOT_RENEWABLE),
        (DeviceStanding.PENDING, timedelta(days=3), DeviceRefusal.NOT_RENEWABLE),
    ],
)
def test_when_a_key_may_be_renewed(
    standing: DeviceStanding, left: timedelta, reason: DeviceRefusal | None
) -> None:
    assert rules.renewal_refusal(standing, NOW + left, NOW, timedelta(days=30)) is reason


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(days=30, seconds=1), None), (timedelta(days=30), KeyEnd.SOON),
        (timedelta(days=3, seconds=1), KeyEnd.SOON), (timedelta(days=3), KeyEnd.LAST_DAYS),
        (timedelta(seconds=1), KeyEnd.LAST_DAYS), (timedelta(0), KeyEnd.OVER),
    ],
)  # fmt: skip
def test_what_the_owner_of_a_key_is_told_of_its_end(left: timedelta, said: KeyEnd | None) -> None:
    assert rules.key_end(NOW + left, NOW, timedelta(days=30)) is said


def test_the_owner_is_told_thrice_and_each_once_and_staff_see_who_runs_out(
    cabinet: Cabinet,
) -> None:
    Tablet(cabinet)
    jobs.run_once()
    assert "device_ends_soon" not in kinds(cabinet, MINISTER)
    assert "sắp hết hạn" not in cabinet.browser("thuky").get("/devices/pending").text
    for days, kind in ((10, KeyEnd.SOON), (27, KeyEnd.LAST_DAYS), (3, KeyEnd.OVER)):
        cabinet.wait(days=days)
        for _ in range(2):
            jobs.run_once()
        assert kinds(cabinet, MINISTER).count(kind) == 1
    said = cabinet.browser(MINISTER).get("/inbox").text
    assert "Hãy mở trang này trên chính thiết bị đó và gia hạn" in said
    assert "đã hết hạn, không ký được nữa" in said
    listed = cabinet.browser("thuky").get("/devices/pending").text
    assert "Khóa sắp hết hạn hoặc đã hết hạn" in listed
    assert "Bộ trưởng Bộ Y tế" in listed


def test_what_was_renewed_or_revoked_is_told_of_no_more(cabinet: Cabinet) -> None:
    tablet = Tablet(cabinet)
    tablet.wait(days=15)
    assert tablet.renew(new_key()).status_code == 201
    jobs.run_once()
    assert "device_ends_soon" not in kinds(cabinet, MINISTER)
    assert "iPad" not in cabinet.browser("thuky").get("/devices/pending").text


def test_a_device_that_signs_is_noted_and_says_so(cabinet: Cabinet) -> None:
    tablet = Tablet(cabinet)
    assert tablet.try_it().get_json() == {"standing": "active"}
    assert tablet.view().tried_at is not None
    assert "thử ký được lúc" in tablet.browser.get("/devices").text


def test_a_trial_is_good_once_by_the_key_itself_and_notes_nothing_of_one_that_cannot_sign(
    cabinet: Cabinet,
) -> None:
    tablet = Tablet(cabinet)
    refused = tablet.try_it(new_key())
    assert (refused.status_code, refused.get_json()["reason"]) == (409, "trial_failed")
    challenge = tablet.browser.post("/devices/trial/options", headers=JSON).get_json()["challenge"]
    tablet.wait(days=40)
    assert tablet.answer_trial(challenge).get_json()["reason"] == "trial_failed"
    assert tablet.try_it().get_json() == {"standing": "expired"}
    assert tablet.view().tried_at is None
    other = Tablet(cabinet, name="botruong.taichinh")
    challenge = other.browser.post("/devices/trial/options", headers=JSON).get_json()["challenge"]
    assert other.answer_trial(challenge).status_code == 200
    assert other.answer_trial(challenge).get_json()["reason"] == "trial_failed"


def test_a_key_that_has_run_out_is_no_key_that_a_member_can_sign_with(cabinet: Cabinet) -> None:
    tablet = Tablet(cabinet)
    member = cabinet.ids[MINISTER]
    ends_at = tablet.view().ends_at
    assert ends_at is not None
    with reading() as db:
        assert member in queries.able_to_sign(db, ends_at - timedelta(seconds=1))
        assert member not in queries.able_to_sign(db, ends_at)
        assert queries.devices_as_of(db, member, ends_at - timedelta(seconds=1)).can_sign
        assert not queries.devices_as_of(db, member, ends_at).can_sign
