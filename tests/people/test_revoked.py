"""Which keys were revoked is public, and said as OpenSSL understands it."""

import ssl
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ecabinet import clock, crls, ledger, pades, web
from ecabinet.db import reading, transaction
from people import jobs, queries
from people.service import devices, revoked
from tests.ballots.builders import Member
from tests.builders import Cabinet


def published(cabinet: Cabinet, issuer: str = "member.crl") -> x509.CertificateRevocationList:
    answer = cabinet.browser().get(f"/verify/{issuer}")
    assert answer.status_code == 200
    return x509.load_der_x509_crl(answer.data)


def certificate_of(member: Member) -> x509.Certificate:
    with reading() as db:
        found = queries.signing_device(db, member.cabinet.ids[member.name], member.key_id)
    assert found is not None
    return x509.load_der_x509_certificate(found.certificate)


def revoke(member: Member) -> None:
    actor = member.cabinet.actor(member.name)
    with reading() as db:
        (device,) = queries.devices_of(db, actor.id)
    devices.revoke_device(actor, device.public_id)


@pytest.fixture
def minister(cabinet: Cabinet) -> Member:
    return Member(cabinet, "botruong.yte")


def test_a_revoked_key_is_published_at_once_at_the_ledgers_time(
    cabinet: Cabinet, minister: Member
) -> None:
    deputy = Member(cabinet, "pttg1")
    assert jobs.publish_what_was_revoked() == 2
    assert len(published(cabinet)) == 0
    cabinet.wait(minutes=7)
    revoke(minister)
    cabinet.wait(minutes=7)
    assert jobs.publish_what_was_revoked() == 1
    (entry,) = published(cabinet)
    assert entry.serial_number == certificate_of(minister).serial_number
    with reading() as db:
        (logged,) = ledger.moments(db, "key_revoked", "key_id").values()
    assert entry.revocation_date_utc == logged.replace(microsecond=0)
    listed = published(cabinet).get_revoked_certificate_by_serial_number(
        certificate_of(deputy).serial_number
    )
    assert listed is None
    assert len(published(cabinet, "root.crl")) == 0
    # Nothing more to be done.
    assert jobs.publish_what_was_revoked() == 0


def test_a_list_is_made_anew_before_it_runs_out_and_forgets_nobody(
    cabinet: Cabinet, minister: Member
) -> None:
    revoke(minister)
    jobs.publish_what_was_revoked()
    first = published(cabinet)
    cabinet.wait(days=4.9)
    assert jobs.publish_what_was_revoked() == 0
    cabinet.wait(days=0.2)
    assert jobs.publish_what_was_revoked() == 2
    second = published(cabinet)
    with reading() as db:
        now = clock.now(db)
    assert first.next_update_utc
    assert second.next_update_utc
    assert now < first.next_update_utc < second.next_update_utc
    numbers = [
        each.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        for each in (first, second)
    ]
    assert numbers == [1, 2]
    assert [each.serial_number for each in second] == [each.serial_number for each in first]


def test_a_list_can_be_had_that_is_younger_than_a_moment(
    cabinet: Cabinet, minister: Member
) -> None:
    """What is archived needs one that was made after the signature."""
    jobs.publish_what_was_revoked()
    with reading() as db:
        made = db.get_one(crls.Crl, pades.ROOT).made_at
        assert crls.due(db, []) == []
        assert crls.due(db, [], after=made - timedelta(seconds=1)) == []
        assert crls.due(db, [], after=made) == [pades.ROOT, pades.MEMBER_CA]


def openssl_takes(member: Member, folder: Path, *names: str) -> bool:
    """Whether OpenSSL calls a member's certificate good by the root, the authorities and these
    published lists alone."""
    with reading() as db:
        root, between = pades.certificate(db, pades.ROOT), pades.generations(db, pades.MEMBER_CA)
        at = int((clock.now(db) + timedelta(seconds=2)).timestamp())
    lists = [published(member.cabinet, each) for each in ("root.crl", *names)]
    written = {
        "root.pem": ssl.DER_cert_to_PEM_cert(root).encode(),
        "ca.pem": "".join(map(ssl.DER_cert_to_PEM_cert, between)).encode(),
        "crl.pem": b"".join(each.public_bytes(Encoding.PEM) for each in lists),
        "its.pem": certificate_of(member).public_bytes(Encoding.PEM),
    }
    for name, content in written.items():
        (folder / name).write_bytes(content)
    words = [
        "openssl", "verify", "-crl_check_all", "-attime", str(at),
        "-CAfile", folder / "root.pem", "-untrusted", folder / "ca.pem",
        "-CRLfile", folder / "crl.pem", folder / "its.pem",
    ]  # fmt: skip
    done = subprocess.run(words, capture_output=True, check=False, text=True)
    assert done.returncode == 0 or "certificate revoked" in done.stderr, done.stderr
    return done.returncode == 0


def test_openssl_refuses_a_revoked_key_and_no_other_by_these_lists(
    cabinet: Cabinet, minister: Member, tmp_path: Path
) -> None:
    deputy = Member(cabinet, "pttg1")
    jobs.publish_what_was_revoked()
    assert openssl_takes(minister, tmp_path, "member.crl")
    revoke(minister)
    jobs.publish_what_was_revoked()
    assert not openssl_takes(minister, tmp_path, "member.crl")
    assert openssl_takes(deputy, tmp_path, "member.crl")


def test_each_authority_lists_what_it_has_certified_itself(
    cabinet: Cabinet, minister: Member, tmp_path: Path
) -> None:
    """Members' authority was rotated between the two: the first one's keys stay good, in its own
    list where they are revoked."""
    with transaction() as db:
        revoked.rotate_authority(db, "Diễn tập")
    deputy, premier = Member(cabinet, "pttg1"), Member(cabinet, "thutuong")
    both = ("member.crl", "member.crl?generation=2")
    names = [pades.authority_named(der(each)) for each in (minister, deputy)]
    assert names == ["e-Cabinet Member CA", "e-Cabinet Member CA 2"]
    for member, listed in ((minister, both[0]), (deputy, both[1])):
        assert places(certificate_of(member))[0].endswith(f"/verify/{listed}")
    assert all(openssl_takes(each, tmp_path, *both) for each in (minister, deputy, premier))
    revoke(minister)
    revoke(deputy)
    assert jobs.publish_what_was_revoked() == 2
    for authority, gone in zip(both, (minister, deputy), strict=True):
        (entry,) = published(cabinet, authority)
        assert entry.serial_number == certificate_of(gone).serial_number
        assert not openssl_takes(gone, tmp_path, *both)
    assert openssl_takes(premier, tmp_path, *both)
    assert cabinet.browser().get("/verify/member.crl?generation=3").status_code == 404


def der(member: Member) -> bytes:
    return certificate_of(member).public_bytes(Encoding.DER)


def places(certificate: x509.Certificate) -> list[str]:
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    return [str(each.full_name[0].value) for each in points if each.full_name]


def test_each_certificate_names_the_place_of_its_list(cabinet: Cabinet, minister: Member) -> None:
    def place(certificate: x509.Certificate) -> str:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        (point,) = points
        assert point.full_name
        address: str = point.full_name[0].value
        return address

    with reading() as db:
        member_ca = x509.load_der_x509_certificate(pades.certificate(db, pades.MEMBER_CA))
    address = web.settings().base_url.rstrip("/")
    assert place(certificate_of(minister)) == address + "/verify/member.crl"
    assert place(member_ca) == address + "/verify/root.crl"
