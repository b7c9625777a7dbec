"""What a closed question's ballots, and what members sign of its result, need to be believed in
decades; and what other people's tools say of it."""

import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko_certvalidator import ValidationContext

from ballots import bundle, jobs, queries
from ballots.models import Ballot, Classification, ReservedOpinion, SignedPage
from ballots.service import archive
from ballots.service.close import close
from ecabinet import archiving, bundles, clock, pades, tsa, verifier
from ecabinet.db import reading
from people import queries as people
from people.service import devices
from tests.ballots import builders
from tests.ballots.builders import Member, ballots_of
from tests.ballots.test_bundle import cms_and_content, rezip
from tests.ballots.test_classifying import OTHER, WHO
from tests.ballots.test_classifying import Closed as Deciding
from tests.ballots.test_reserving import Reserving
from tests.builders import Cabinet, statements_sent


@pytest.fixture
def asked(cabinet: Cabinet) -> int:
    return builders.an_open_consultation(cabinet)


@dataclass(frozen=True)
class Closed:
    """A question that two members have answered, stamped and closed."""

    cabinet: Cabinet
    consultation: int


@pytest.fixture
def closed(cabinet: Cabinet, asked: int) -> Closed:
    for name in ("botruong.yte", "pttg1"):
        Member(cabinet, name).cast(asked, "agree")
    end(cabinet, asked)
    return Closed(cabinet, asked)


def end(cabinet: Cabinet, consultation: int) -> None:
    jobs.stamp_what_waits()
    cabinet.wait(days=3)
    close(consultation)
    # A list of what was revoked says so to the second.
    cabinet.wait(seconds=2)


def pdfs(consultation: int) -> list[bytes]:
    with reading() as db:
        found = [db.get_one(Ballot, each.id) for each in ballots_of(consultation)]
        return [queries.signed_pdf(each) for each in found]


def numbers(consultation: int) -> list[int]:
    with reading() as db:
        found = [db.get_one(Ballot, each.id) for each in ballots_of(consultation)]
        return [len(each.archived) for each in found]


def verified(consultation: int, folder: Path) -> verifier.Report:
    with reading() as db:
        bundle.write(db, consultation, folder / "bundle.zip")
        keys = bundles.trusted(db)
    return verifier.verify(folder / "bundle.zip", keys, deep=True)


def notes(report: verifier.Report) -> list[str]:
    return [each.what for each in report.notes if each.check == "V34"]


def test_a_closing_archives_nothing_itself_and_a_job_does_it_once(
    closed: Closed, tmp_path: Path
) -> None:
    before = pdfs(closed.consultation)
    report = verified(closed.consultation, tmp_path)
    assert report.is_sound
    assert [each.what for each in report.absent if each.check == "V34"] == [
        "the PDFs hold no long-term data yet (PAdES B-T, not B-LTA)"
    ]
    assert jobs.archive_what_waits() == 2
    assert jobs.archive_what_waits() == 0
    after = pdfs(closed.consultation)
    for was, now in zip(before, after, strict=True):
        assert now.startswith(was)
        assert len(was) < len(now) < len(was) + 16_000
    report = verified(closed.consultation, tmp_path)
    assert report.findings == ()
    assert notes(report) == ["2 of 2 with long-term data (PAdES B-LTA), most stamps on one: 1"]


def test_nothing_is_archived_before_its_closing_nor_without_its_stamp(
    cabinet: Cabinet, asked: int
) -> None:
    Member(cabinet, "botruong.yte").cast(asked)
    jobs.stamp_what_waits()
    assert jobs.archive_what_waits() == 0
    # One whose authority is away until after the closing.
    Member(cabinet, "pttg1").cast(asked)
    cabinet.wait(days=3)
    close(asked)
    cabinet.wait(seconds=2)
    assert jobs.archive_what_waits() == 1
    assert numbers(asked) == [1, 0]
    jobs.stamp_what_waits()
    cabinet.wait(seconds=2)
    assert jobs.archive_what_waits() == 1
    assert numbers(asked) == [1, 1]


def test_a_list_made_in_the_same_second_as_the_stamp_says_nothing_yet(
    cabinet: Cabinet, asked: int
) -> None:
    Member(cabinet, "pttg1").cast(asked)
    cabinet.wait(days=3)
    close(asked)
    with reading() as db:
        now = clock.now(db)
    cabinet.wait(seconds=1 - now.microsecond / 1_000_000)
    jobs.stamp_what_waits()
    done = jobs.archive_what_waits()
    with reading() as db:
        (ballot,) = ballots_of(asked)
        assert ballot.stamp
        stamped = tsa.read(ballot.stamp).at
        # A machine that is slow has reached the next second by itself.
        is_over = clock.now(db).replace(microsecond=0) > stamped
    assert is_over or not done
    cabinet.wait(seconds=2)
    assert done + jobs.archive_what_waits() == 1


def test_a_round_does_some_and_leaves_the_rest_to_the_next(
    closed: Closed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "AT_ONCE", 1)
    assert jobs.archive_what_waits() == 1
    assert numbers(closed.consultation) == [1, 0]
    assert jobs.archive_what_waits() == 1
    assert numbers(closed.consultation) == [1, 1]


def test_two_processes_at_once_set_one_behind_it(closed: Closed, tmp_path: Path) -> None:
    with reading() as db:
        both = [archive._waiting(each) for each in queries.to_archive(db, 20)]
    known = archive._known(max(each.stamped_at for each in both))
    assert known
    for each in (*both, *both):
        archive._archive(each, known)
    assert numbers(closed.consultation) == [1, 1]
    assert verified(closed.consultation, tmp_path).is_sound


def revoke(member: Member) -> None:
    actor = member.cabinet.actor(member.name)
    with reading() as db:
        (device,) = people.devices_of(db, actor.id)
    devices.revoke_device(actor, device.public_id)


def test_a_key_revoked_after_its_ballot_was_stamped_leaves_it_as_good_as_it_was(
    cabinet: Cabinet, asked: int, tmp_path: Path
) -> None:
    minister = Member(cabinet, "botruong.yte")
    minister.cast(asked)
    jobs.stamp_what_waits()
    cabinet.wait(hours=1)
    revoke(minister)
    end(cabinet, asked)
    assert jobs.archive_what_waits() == 1
    report = verified(asked, tmp_path)
    assert report.findings == ()
    assert notes(report) == ["1 of 1 with long-term data (PAdES B-LTA), most stamps on one: 1"]


def test_of_a_key_revoked_between_ballot_and_stamp_the_log_is_the_judge(
    cabinet: Cabinet, asked: int, tmp_path: Path
) -> None:
    minister = Member(cabinet, "botruong.yte")
    minister.cast(asked)
    cabinet.wait(hours=1)
    revoke(minister)
    cabinet.wait(hours=1)
    end(cabinet, asked)
    assert jobs.archive_what_waits() == 1
    report = verified(asked, tmp_path)
    assert report.findings == ()
    assert notes(report)[0] == (
        "stamped after its key was revoked: the log alone says it was in time"
    )


def test_a_year_later_a_fresh_stamp_is_set_behind_the_last_one(
    closed: Closed, tmp_path: Path
) -> None:
    jobs.archive_what_waits()
    first = pdfs(closed.consultation)
    closed.cabinet.wait(days=364)
    assert jobs.archive_what_waits() == 0
    closed.cabinet.wait(days=2)
    assert jobs.archive_what_waits() == 2
    assert jobs.archive_what_waits() == 0
    for was, now in zip(first, pdfs(closed.consultation), strict=True):
        assert now.startswith(was)
    # By now each member's certificate has run out.
    report = verified(closed.consultation, tmp_path)
    assert report.findings == ()
    assert notes(report) == ["2 of 2 with long-term data (PAdES B-LTA), most stamps on one: 2"]


def test_an_archive_outlives_its_time_stamp_authority(closed: Closed, tmp_path: Path) -> None:
    """Whose certificate is good for eight years: one that takes its place stamps before that."""
    with reading() as db:
        first = pades.certificate(db, tsa.TSA)
    jobs.archive_what_waits()
    closed.cabinet.wait(days=365 * 7 - 30)
    assert tsa.renew_when_due() == 0
    closed.cabinet.wait(days=60)
    assert tsa.renew_when_due() == 1
    assert tsa.renew_when_due() == 0
    with reading() as db:
        second = pades.certificate(db, tsa.TSA)
    keys = [x509.load_der_x509_certificate(each).public_key() for each in (first, second)]
    assert keys[0] != keys[1]
    assert jobs.archive_what_waits() == 2
    # A year after the first one has run out.
    closed.cabinet.wait(days=365 * 2)
    assert jobs.archive_what_waits() == 2
    report = verified(closed.consultation, tmp_path)
    assert report.findings == ()
    assert notes(report) == ["2 of 2 with long-term data (PAdES B-LTA), most stamps on one: 3"]


def test_a_stamp_that_nobody_renewed_in_time_is_told(closed: Closed, tmp_path: Path) -> None:
    """An archive left alone until its authority's certificate had run out cannot be mended."""
    jobs.archive_what_waits()
    closed.cabinet.wait(days=365 * 8 + 30)
    assert tsa.renew_when_due() == 1
    assert jobs.archive_what_waits() == 2
    report = verified(closed.consultation, tmp_path)
    assert [(each.check, each.what) for each in report.findings] == [
        ("V34", "the certificate of stamp 1 had run out before the next one")
    ]


def test_how_often_is_a_setting(closed: Closed) -> None:
    jobs.archive_what_waits()
    closed.cabinet.wait(days=31)
    assert jobs.archive_what_waits() == 0
    before = archiving.renewed_after()
    archiving.bind(30)
    try:
        assert jobs.archive_what_waits() == 2
    finally:
        archiving.bind(before.days)
    assert numbers(closed.consultation) == [2, 2]


# ---- what members sign of a result ----


@pytest.fixture
def beside(cabinet: Cabinet) -> Reserving:
    """A question of five members, archived with its ballots, the opinion of one of whom is to be
    classified."""
    held = Reserving(Deciding(cabinet))
    jobs.stamp_what_waits()
    cabinet.wait(seconds=2)
    assert jobs.archive_what_waits() == 5
    held.closed.propose()
    return held


def rows(consultation: int, *kinds: type[SignedPage]) -> list[SignedPage]:
    with reading() as db:
        return [each for kind in kinds for each in queries.signed_in(db, kind, consultation)]


def signed(beside: Reserving, *kinds: type[SignedPage]) -> list[bytes]:
    with reading() as db:
        found = [each for kind in kinds for each in queries.signed_in(db, kind, beside.number)]
        return [queries.signed_pdf(each) for each in found]


def counted(beside: Reserving, *kinds: type[SignedPage]) -> list[int]:
    return [len(each.archived) for each in rows(beside.number, *kinds)]


OF_RESULT = (Classification, ReservedOpinion)


def test_what_is_signed_of_a_result_is_archived_behind_its_own_stamp_and_renewed(
    beside: Reserving, tmp_path: Path
) -> None:
    beside.closed.confirm()
    beside.reserve(OTHER)
    beside.cabinet.wait(seconds=2)
    assert jobs.archive_what_waits() == 0
    assert jobs.stamp_what_waits() == 2
    stamped = signed(beside, *OF_RESULT)
    beside.cabinet.wait(seconds=2)
    assert jobs.archive_what_waits() == 2
    assert jobs.archive_what_waits() == 0
    once = signed(beside, *OF_RESULT)
    beside.cabinet.wait(days=364)
    assert jobs.archive_what_waits() == 0
    beside.cabinet.wait(days=2)
    assert jobs.archive_what_waits() == 7
    assert jobs.archive_what_waits() == 0
    assert counted(beside, Ballot, *OF_RESULT) == [2] * 7
    twice = signed(beside, *OF_RESULT)
    for before, now, then in zip(stamped, once, twice, strict=True):
        assert now.startswith(before)
        assert then.startswith(now)
        assert len(before) < len(now) < len(then)
    # By now each member's certificate has run out.
    report = verified(beside.number, tmp_path)
    assert report.findings == ()
    said = "{0} of {0} with long-term data (PAdES B-LTA), most stamps on one: 2"
    assert notes(report) == [said.format(each) for each in (5, 1, 1)]


def test_its_member_reads_it_with_all_that_was_set_behind_it(beside: Reserving) -> None:
    beside.closed.confirm()
    beside.reserve(WHO)
    jobs.stamp_what_waits()
    beside.cabinet.wait(seconds=2)
    jobs.archive_what_waits()
    (reserved,) = beside.rows()
    browser = beside.cabinet.browser(WHO)
    files = (
        f"/consultations/{beside.number}/classification/file",
        f"/reserved-opinions/{reserved.key}/file",
    )
    for path, kept in zip(files, signed(beside, *OF_RESULT), strict=True):
        shown = browser.get(path).data
        assert shown == kept
        assert len(PdfFileReader(BytesIO(shown)).embedded_timestamp_signatures) == 1


def test_of_a_key_revoked_between_what_it_reserved_and_its_stamp_the_log_is_the_judge(
    beside: Reserving, tmp_path: Path
) -> None:
    beside.closed.confirm()
    beside.reserve()
    beside.cabinet.wait(hours=1)
    revoke(beside.closed.members[WHO])
    beside.cabinet.wait(hours=1)
    jobs.stamp_what_waits()
    beside.cabinet.wait(seconds=2)
    assert jobs.archive_what_waits() == 2
    report = verified(beside.number, tmp_path)
    assert report.findings == ()
    late = "stamped after its key was revoked: the log alone says it was in time"
    where = [each.where for each in report.notes if (each.check, each.what) == ("V34", late)]
    assert [each.split("/")[0] for each in where] == ["classifications", "reserved"]


def test_the_oldest_is_stamped_anew_first_whatever_it_is(
    beside: Reserving, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside.reserve(OTHER)
    jobs.stamp_what_waits()
    beside.cabinet.wait(seconds=2)
    jobs.archive_what_waits()
    beside.cabinet.wait(days=366)
    monkeypatch.setattr(archive, "AT_ONCE", 5)
    jobs.archive_what_waits()
    assert counted(beside, Ballot, ReservedOpinion) == [2] * 5 + [1]
    # All of them are due again.
    beside.cabinet.wait(days=366)
    monkeypatch.setattr(archive, "AT_ONCE", 1)
    assert jobs.archive_what_waits() == 1
    assert counted(beside, Ballot, ReservedOpinion) == [2] * 6


def test_a_round_asks_as_little_of_the_database_for_many_as_for_one(beside: Reserving) -> None:
    def asked() -> int:
        with reading() as db, statements_sent() as sent:
            found = [archive._waiting(each) for each in queries.to_archive(db, archive.AT_ONCE)]
        assert len(found) == waiting
        return len(sent)

    waiting = 2
    beside.closed.confirm()
    beside.reserve()
    jobs.stamp_what_waits()
    few = asked()
    for name in (OTHER, "pttg1", "thutuong"):
        beside.reserve(name)
    jobs.stamp_what_waits()
    waiting = 5
    assert asked() == few


def test_what_waits_of_a_result_is_told_as_a_ballot_is(beside: Reserving) -> None:
    def late() -> int:
        with reading() as db:
            return queries.late_stamps(db, clock.now(db) - timedelta(minutes=10))

    beside.closed.confirm()
    beside.reserve()
    beside.cabinet.wait(minutes=9)
    assert late() == 0
    beside.cabinet.wait(minutes=2)
    assert late() == 2
    jobs.stamp_what_waits()
    assert late() == 2
    beside.cabinet.wait(seconds=2)
    jobs.archive_what_waits()
    assert late() == 0


def test_a_stamp_in_the_middle_that_does_not_hold_breaks_the_chain(
    closed: Closed, tmp_path: Path
) -> None:
    jobs.archive_what_waits()
    closed.cabinet.wait(days=366)
    jobs.archive_what_waits()
    assert verified(closed.consultation, tmp_path).is_sound
    files = verifier.open_bundle(tmp_path / "bundle.zip")
    name = min(each for each in files if each.endswith(".pdf") and each.startswith("ballots/"))
    stamps = PdfFileReader(BytesIO(files[name])).embedded_timestamp_signatures
    token = stamps[0].signed_data["signer_infos"][0]["signature"].native.hex().encode()
    at = files[name].lower().index(token) + 20
    other = b"0" if files[name][at : at + 1] != b"0" else b"1"
    files[name] = files[name][:at] + other + files[name][at + 1 :]
    with reading() as db:
        keys = bundles.trusted(db)
    report = verifier.verify(rezip(tmp_path / "broken.zip", files), keys, deep=True)
    assert {each.check for each in report.findings} == {"V34"}


# ---- other people's tools ----


@dataclass(frozen=True)
class Filed:
    """An archived page in a folder, with the root that one trusts."""

    pdf: Path
    root: Path
    signed_at: datetime
    at: datetime

    @property
    def der(self) -> asn1_x509.Certificate:
        made = x509.load_pem_x509_certificate(self.root.read_bytes())
        return asn1_x509.Certificate.load(made.public_bytes(Encoding.DER))


@pytest.fixture(params=[Ballot, *OF_RESULT], ids=lambda each: each.__name__)
def filed(beside: Reserving, tmp_path: Path, request: pytest.FixtureRequest) -> Filed:
    """Of each kind: stamped twice, once it was signed and a year later."""
    beside.closed.confirm()
    beside.reserve()
    jobs.stamp_what_waits()
    beside.cabinet.wait(seconds=2)
    jobs.archive_what_waits()
    beside.cabinet.wait(days=366)
    jobs.archive_what_waits()
    pdf, root = tmp_path / "signed.pdf", tmp_path / "root.pem"
    pdf.write_bytes(signed(beside, request.param)[0])
    stamp = rows(beside.number, request.param)[0].stamp
    assert stamp
    with reading() as db:
        der = pades.certificate(db, pades.ROOT)
        at = clock.now(db)
    root.write_bytes(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))
    return Filed(pdf, root, tsa.read(stamp).at, at)


def stamps_of(pdf: bytes) -> list[tuple[bytes, bytes]]:
    """Each document's time stamp: its token, and the bytes that it covers."""
    found = []
    for each in PdfFileReader(BytesIO(pdf)).embedded_timestamp_signatures:
        first, length, second, rest = (int(number) for number in each.byte_range)
        covered = pdf[first : first + length] + pdf[second : second + rest]
        found.append((each.pkcs7_content, covered))
    return found


def openssl(folder: Path, *words: str | Path) -> bool:
    done = subprocess.run(["openssl", *words], cwd=folder, capture_output=True, check=False)
    return done.returncode == 0


def test_openssl_takes_both_stamps_of_the_archive_over_these_bytes_alone(
    filed: Filed, tmp_path: Path
) -> None:
    stamps = stamps_of(filed.pdf.read_bytes())
    assert len(stamps) == 2
    for token, covered in stamps:
        size = int.from_bytes(token[2:4], "big") + 4
        (tmp_path / "token").write_bytes(token[:size])
        (tmp_path / "data").write_bytes(covered)
        (tmp_path / "other").write_bytes(covered[:-1] + b"x")
        at = str(int(filed.at.timestamp()))
        words = ["ts", "-verify", "-token_in", "-in", "token", "-CAfile", filed.root]
        words += ["-attime", at]
        assert openssl(tmp_path, *words, "-data", "data")
        assert not openssl(tmp_path, *words, "-data", "other")


def test_openssl_calls_an_archived_signature_valid(filed: Filed, tmp_path: Path) -> None:
    cms, content = cms_and_content(filed.pdf.read_bytes())
    (tmp_path / "cms.der").write_bytes(cms)
    (tmp_path / "content").write_bytes(content)
    words = [
        "cms", "-verify", "-inform", "DER", "-in", "cms.der", "-content", "content", "-binary",
        "-CAfile", filed.root, "-purpose", "any", "-cades", "-out", "/dev/null",
        "-attime", str(int(filed.signed_at.timestamp())),
    ]  # fmt: skip
    assert openssl(tmp_path, *words)
    (tmp_path / "content").write_bytes(content[:-1] + b"x")
    assert not openssl(tmp_path, *words)


def pdfsig(pdf: Path, folder: Path) -> str:
    words = ["pdfsig", "-nocert", str(pdf)]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False).stdout


def test_pdfsig_calls_an_archived_signature_valid(filed: Filed, tmp_path: Path) -> None:
    """Poppler cannot judge a document's time stamp ("Unimplemented Feature"); the rest it does."""
    said = pdfsig(filed.pdf, tmp_path)
    assert said.count("Signature is Valid") == 1
    pdf = bytearray(filed.pdf.read_bytes())
    pdf[len(pdf) // 3] ^= 1
    (tmp_path / "flipped.pdf").write_bytes(bytes(pdf))
    assert "Signature is Valid" not in pdfsig(tmp_path / "flipped.pdf", tmp_path)


def test_qpdf_finds_nothing_wrong_in_what_is_archived(filed: Filed) -> None:
    """By its library, which is what `qpdf --check` runs."""
    with pikepdf.open(filed.pdf) as found:
        assert found.check_pdf_syntax() == []


def test_pyhanko_sees_long_term_data_alone_behind_the_signature(filed: Filed) -> None:
    reader = PdfFileReader(BytesIO(filed.pdf.read_bytes()), strict=True)
    terms = ValidationContext(trust_roots=[filed.der], allow_fetching=False, moment=filed.signed_at)
    (signature,) = reader.embedded_regular_signatures
    status = validate_pdf_signature(signature, terms)
    assert status.bottom_line
    assert status.modification_level == ModificationLevel.LTA_UPDATES
    for stamp in reader.embedded_timestamp_signatures:
        terms = ValidationContext(
            trust_roots=[filed.der], allow_fetching=False, moment=stamp.self_reported_timestamp
        )
        found = validate_pdf_timestamp(stamp, terms)
        assert found.intact
        assert found.trusted


def test_whatever_else_is_set_behind_it_is_found_without_looking_deep(
    closed: Closed, tmp_path: Path
) -> None:
    """A page's words, say, by whoever leaves signature and stamps as they are."""
    jobs.archive_what_waits()
    pdf = pdfs(closed.consultation)[0]
    with reading() as db:
        bundle.write(db, closed.consultation, tmp_path / "bundle.zip")
        keys = bundles.trusted(db)
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    words = generic.StreamObject(stream_data=b"BT ET")
    writer.root["/Pages"]["/Kids"][0]["/Contents"] = writer.add_object(words)
    writer.update_container(writer.root["/Pages"]["/Kids"][0])
    out = BytesIO()
    writer.write(out)
    files = verifier.open_bundle(tmp_path / "bundle.zip")
    (name, *_) = (each for each, data in files.items() if data == pdf)
    rezip(tmp_path / "changed.zip", files | {name: out.getvalue()})
    assert verifier.verify(tmp_path / "bundle.zip", keys).is_sound
    found = verifier.verify(tmp_path / "changed.zip", keys).findings
    assert {(each.check, each.where) for each in found} >= {("V08", name)}
