"""A member's signing key: asked for, confirmed by a secretary who has met them, revoked."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import update

from ecabinet import outbox, web
from ecabinet.access import Role
from ecabinet.db import reading, transaction
from ecabinet.errors import Refused
from ecabinet.settings import Settings
from people import queries
from people.models import Device, Office
from people.rules import DeviceRefusal
from people.service import devices, directory
from tests.builders import STARTS, Cabinet
from tests.people.builders import JSON, device_of, enrol, leaves, new_key, request_of

MINISTER = "botruong.yte"


def confirmed(cabinet: Cabinet, waiting_hours: int = 0) -> str:
    csr = request_of(new_key())
    made = devices.enrol_device(cabinet.actor(MINISTER), csr, "iPad")
    devices.confirm_device(cabinet.actor("thuky"), made, Settings(key_waiting_hours=waiting_hours))
    return made


def kinds(cabinet: Cabinet, username: str) -> list[str]:
    with reading() as db:
        return [each.kind for each in outbox.inbox(db, cabinet.ids[username])]


def test_a_key_is_asked_for_confirmed_and_then_can_sign(cabinet: Cabinet) -> None:
    member, secretary = cabinet.browser(MINISTER), cabinet.browser("thuky")
    assert "Chưa có khóa ký nào" in member.get("/devices").get_data(as_text=True)
    assert "Không có khóa ký nào chờ" in secretary.get("/devices/pending").get_data(as_text=True)
    assert enrol(member, request_of(new_key())).status_code == 201
    device = device_of(cabinet, MINISTER)
    for page in (member.get("/devices"), secretary.get("/devices/pending")):
        text = page.get_data(as_text=True)
        assert all(f"<span>{group}</span>" in text for group in device.fingerprint)
    assert "".join(device.fingerprint) == device.key_id[:32]
    assert "device_asked" in kinds(cabinet, "thuky2")
    assert member.get("/devices/mine.json").get_json()["active"] == []
    assert leaves("key_enrolled") == []
    answer = secretary.post(f"/devices/{device.public_id}/confirm", {"met": "yes"})
    assert answer.status_code == 303
    assert member.get("/devices/mine.json").get_json() == {
        "active": [device.key_id],
        "keys": [{"key_id": device.key_id, "standing": "active"}],
    }
    assert "Đang dùng được" in member.get("/devices").get_data(as_text=True)
    assert "device_confirmed" in kinds(cabinet, MINISTER)
    (leaf,) = leaves("key_enrolled")
    assert (leaf["member"], leaf["key_id"]) == (cabinet.ids[MINISTER], device.key_id)
    assert leaf["confirmed_by"] == cabinet.ids["thuky"]


def test_a_secretary_who_does_not_say_that_they_have_met_confirms_nothing(
    cabinet: Cabinet,
) -> None:
    enrol(cabinet.browser(MINISTER), request_of(new_key()))
    device, secretary = device_of(cabinet, MINISTER), cabinet.browser("thuky")
    path = f"/devices/{device.public_id}/confirm"
    refused = secretary.post(path, headers=JSON)
    assert (refused.status_code, refused.get_json()["field"]) == (400, "met")
    assert device_of(cabinet, MINISTER).standing == "pending"
    assert secretary.post(path, {"met": "yes"}).status_code == 303


def spoilt(request: bytes) -> bytes:
    """With another last byte of its signature, whichever that was."""
    return request[:-1] + bytes([request[-1] ^ 1])


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda: request_of(new_key(ec.SECP384R1())), "not_p256"),
        (lambda: spoilt(request_of(new_key())), "no_possession"),
        (lambda: request_of(new_key()) + b"\0", "no_possession"),
        (lambda: b"not a request", "no_possession"),
    ],
)
def test_a_key_that_is_not_p256_or_not_proven_is_refused(
    cabinet: Cabinet, spoil: object, reason: str
) -> None:
    member = cabinet.browser(MINISTER)
    assert callable(spoil)
    refused = enrol(member, spoil())
    assert refused.status_code == 409 or refused.status_code == 422
    with reading() as db:
        assert queries.devices_of(db, cabinet.ids[MINISTER]) == []
    assert enrol(member, request_of(new_key())).status_code == 201
    with pytest.raises(Refused) as wrong:
        devices.enrol_device(cabinet.actor(MINISTER), spoil(), "iPad")
    assert wrong.value.reason == DeviceRefusal(reason)


def test_one_key_is_one_persons_and_is_asked_for_once(cabinet: Cabinet) -> None:
    csr = request_of(new_key())
    assert enrol(cabinet.browser(MINISTER), csr).status_code == 201
    for username in (MINISTER, "botruong.taichinh"):
        assert enrol(cabinet.browser(username), csr).status_code == 409
    assert device_of(cabinet, MINISTER).standing == "pending"


def test_only_members_ask_for_a_key_and_only_secretaries_confirm(cabinet: Cabinet) -> None:
    csr = request_of(new_key())
    for username in ("thuky", "canbo.yte", "quantri"):
        assert enrol(cabinet.browser(username), csr).status_code == 403
    enrol(cabinet.browser(MINISTER), csr)
    path = f"/devices/{device_of(cabinet, MINISTER).public_id}/confirm"
    for username in (MINISTER, "lanhdaovp", "quantri"):
        assert cabinet.browser(username).post(path, {"met": "yes"}).status_code == 403
    assert (
        cabinet.browser("thuky").post("/devices/no-such/confirm", {"met": "x"}).status_code == 404
    )


def test_nobody_confirms_their_own_request(cabinet: Cabinet) -> None:
    with transaction() as db:
        office = directory.add_office(db, "Thư ký kiêm thành viên", Role.SECRETARY, 99)
        person = db.get_one(queries.Person, cabinet.ids[MINISTER])
        directory.appoint(db, person, office, STARTS)
    made = devices.enrol_device(cabinet.actor(MINISTER), request_of(new_key()), "iPad")
    with pytest.raises(Refused) as wrong:
        devices.confirm_device(cabinet.actor(MINISTER), made, Settings())
    assert wrong.value.reason == DeviceRefusal.OWN_REQUEST
    devices.confirm_device(cabinet.actor("thuky"), made, Settings())


def test_a_request_is_confirmed_once(cabinet: Cabinet) -> None:
    made = confirmed(cabinet)
    with pytest.raises(Refused) as wrong:
        devices.confirm_device(cabinet.actor("thuky2"), made, Settings())
    assert wrong.value.reason == DeviceRefusal.NOT_PENDING
    assert len(leaves("key_enrolled")) == 1


def test_a_new_key_waits_as_long_as_the_setting_says(cabinet: Cabinet) -> None:
    confirmed(cabinet, waiting_hours=24)
    member = cabinet.browser(MINISTER)
    assert member.get("/devices/mine.json").get_json()["active"] == []
    assert "dùng được từ" in member.get("/devices").get_data(as_text=True)
    cabinet.wait(hours=24, seconds=-30)
    member = cabinet.browser(MINISTER)
    assert member.get("/devices/mine.json").get_json()["active"] == []
    cabinet.wait(seconds=31)
    key_id = device_of(cabinet, MINISTER).key_id
    assert member.get("/devices/mine.json").get_json()["active"] == [key_id]


def test_a_revoked_key_is_dead_at_once_and_the_log_says_who_revoked_it(cabinet: Cabinet) -> None:
    made = confirmed(cabinet)
    member = cabinet.browser(MINISTER)
    assert len(member.get("/devices/mine.json").get_json()["active"]) == 1
    assert cabinet.browser("botruong.xaydung").post(f"/devices/{made}/revoke").status_code == 404
    assert member.post(f"/devices/{made}/revoke").status_code == 303
    assert member.get("/devices/mine.json").get_json()["active"] == []
    assert "Đã thu hồi lúc" in member.get("/devices").get_data(as_text=True)
    (leaf,) = leaves("key_revoked")
    assert (leaf["revoked_by"], leaf["member"]) == (cabinet.ids[MINISTER],) * 2
    again = member.post(f"/devices/{made}/revoke", headers=JSON)
    assert again.get_json()["reason"] == "already_revoked"
    with reading() as db:
        signing = queries.signing_device(
            db, cabinet.ids[MINISTER], device_of(cabinet, MINISTER).key_id
        )
    assert signing is not None, "what it signed before is still checked against it"
    assert signing.revoked_at is not None


@pytest.mark.parametrize("username", ["thuky", "quantri"])
def test_a_lost_device_is_revoked_by_the_office_too(cabinet: Cabinet, username: str) -> None:
    made = confirmed(cabinet)
    assert cabinet.browser(username).post(f"/devices/{made}/revoke").status_code == 303
    assert device_of(cabinet, MINISTER).standing == "revoked"
    assert "device_revoked" in kinds(cabinet, MINISTER)


def test_a_request_taken_back_is_no_act_of_the_log_and_is_confirmed_by_nobody(
    cabinet: Cabinet,
) -> None:
    made = devices.enrol_device(cabinet.actor(MINISTER), request_of(new_key()), "iPad")
    devices.revoke_device(cabinet.actor(MINISTER), made)
    assert leaves("key_revoked") == []
    with pytest.raises(Refused):
        devices.confirm_device(cabinet.actor("thuky"), made, Settings())


def test_the_certificate_names_the_office_that_the_directory_says(cabinet: Cabinet) -> None:
    confirmed(cabinet)
    device = device_of(cabinet, MINISTER)
    with reading() as db:
        assert queries.signing_device(db, cabinet.ids["pttg1"], device.key_id) is None
    assert certified_name(cabinet) == "Bộ trưởng Bộ Y tế"


def test_an_office_longer_than_a_certificate_holds_has_a_key_all_the_same(cabinet: Cabinet) -> None:
    with transaction() as db:
        office = queries.holder_names(db, [cabinet.ids[MINISTER]])[cabinet.ids[MINISTER]].office_id
        db.get_one(Office, office).title = "Bộ trưởng Bộ Kế hoạch, Đầu tư và Phát triển đô thị"
    confirmed(cabinet)
    assert certified_name(cabinet) == "Bộ trưởng Bộ Kế hoạch, Đầu tư và Phát triển"


def certified_name(cabinet: Cabinet) -> str:
    device = device_of(cabinet, MINISTER)
    with reading() as db:
        signing = queries.signing_device(db, cabinet.ids[MINISTER], device.key_id)
    assert signing is not None
    certificate = x509.load_der_x509_certificate(signing.certificate)
    (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(name.value)


def test_what_a_member_could_sign_with_at_a_moment_is_told_as_of_that_moment(
    cabinet: Cabinet,
) -> None:
    made = confirmed(cabinet)
    with reading() as db:
        from ecabinet import clock

        then = clock.now(db)
    cabinet.wait(hours=1)
    devices.revoke_device(cabinet.actor(MINISTER), made)
    with reading() as db:
        assert queries.devices_as_of(db, cabinet.ids[MINISTER], then).can_sign
        assert not queries.devices_as_of(db, cabinet.ids[MINISTER], clock.now(db)).can_sign


def test_a_label_is_shown_as_text(cabinet: Cabinet) -> None:
    confirmed(cabinet)
    with transaction() as db:
        db.execute(update(Device).values(label="<img src=x onerror=alert(1)>"))
    page = cabinet.browser(MINISTER).get("/devices").get_data(as_text=True)
    assert "<img" not in page
    assert "&lt;img" in page


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (iPad; CPU OS 17_4) AppleWebKit/605 Version/17.4 Safari/604.1",
         ("Safari", "iPad")),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/126 Safari/537 Edg/126",
         ("Edge", "Windows")),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126",
         ("Firefox", "Linux")),
        ("curl/8", ("", "")),
    ],
)  # fmt: skip
def test_a_login_is_named_by_its_browser(agent: str, words: tuple[str, str]) -> None:
    assert queries.browser_of(agent) == words


def test_waiting_time_is_a_day_in_production_and_none_in_a_demo() -> None:
    assert Settings().key_waiting_seconds == 0
    whole = {"base_url": "https://ecabinet.example", "secret_key": "x" * 32, "proxies": "::1"}
    assert Settings(env="production", **whole).key_waiting_seconds == 24 * 3600
    assert web.own_path("/devices") == "/devices"
