"""A signed file is kept as it is; who signed it, and whether that holds, is said beside it."""

import io
import threading
from datetime import timedelta
from typing import Any

import pikepdf
import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore
from sqlalchemy import select, update

from documents import jobs, lodging, queries, replacing, service
from documents.completeness import DossierKind, Lacking
from documents.models import Edition
from documents.rules import PaperKind
from ecabinet import approvals, clock, pades, signatures, storage
from ecabinet import jobs as clockwork
from ecabinet.db import reading, transaction
from ecabinet.errors import NotFound, SettingRefused
from ecabinet.signatures import Signature, Standing
from tests.builders import Cabinet
from tests.documents import builders
from tests.documents.test_removing import remove

WHO, WHERE = "Nguyễn Văn Ký", "Bộ Y tế"


class Signer:
    """Somebody with a key and a certificate, which they made themselves or another did."""

    def __init__(
        self, name: str = WHO, days: int = 30, by: "Signer | None" = None, stamps: bool = False
    ) -> None:
        self.key: Any = (
            rsa.generate_private_key(65537, 2048)
            if stamps
            else ec.generate_private_key(ec.SECP256R1())
        )
        key = self.key
        with reading() as db:
            now = clock.now(db)
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, WHERE),
                x509.NameAttribute(NameOID.COMMON_NAME, name),
            ]
        )
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(by.certificate.subject if by else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=60))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        )
        if stamps:
            usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
            made = made.add_extension(usage, critical=True)
        self.certificate = made.sign(by.key if by else key, hashes.SHA256())
        der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        self.signer = loaded(der, self.certificate.public_bytes(Encoding.DER))

    def signs(self, content: bytes, field: str = "KySo", password: str | None = None) -> bytes:
        out = io.BytesIO()
        meta = signers.PdfSignatureMetadata(
            field_name=field, subfilter=fields.SigSeedSubFilter.PADES
        )
        writer = IncrementalPdfFileWriter(io.BytesIO(content), strict=False)
        if password is not None:
            writer.encrypt(password)
        signers.sign_pdf(writer, meta, self.signer, output=out)
        return out.getvalue()

    def stamps(self, content: bytes) -> bytes:
        """The time on a whole file, in which nobody signs."""
        authority = DummyTimeStamper(self.signer.signing_cert, self.signer.signing_key)
        writer = IncrementalPdfFileWriter(io.BytesIO(content), strict=False)
        out = signers.PdfTimeStamper(authority).timestamp_pdf(writer, "sha256")
        return bytes(out.getbuffer())


def loaded(key: bytes, certificate: bytes) -> Any:
    return signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(certificate),
        signing_key=asn1_keys.PrivateKeyInfo.load(key),
        cert_registry=SimpleCertificateStore(),
    )


@pytest.fixture
def trusted(cabinet: Cabinet, tmp_path: Any) -> Any:
    """Let somebody's certificate be one of an authority that is trusted."""

    def trust(*them: Signer) -> None:
        file = tmp_path / "co-quan.pem"
        file.write_bytes(b"".join(each.certificate.public_bytes(Encoding.PEM) for each in them))
        signatures.bind(file)

    yield trust
    signatures.bind(None)


def read(content: bytes) -> list[Signature]:
    kept = service.read_file("to-trinh.pdf", content).signatures
    assert kept is not None
    return [Signature.load(each) for each in kept]


def changed_in_it(signed: bytes) -> bytes:
    """Something that was signed reads otherwise."""
    at = signed.index(b"/MediaBox")
    return signed[:at] + signed[at:].replace(b"595", b"596", 1)


def added_after_it(signed: bytes) -> bytes:
    """Another page content, as a revision behind the one that was signed."""
    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    page = writer.root["/Pages"]["/Kids"][0]
    stream = b"BT /F1 12 Tf 72 700 Td (Khac) Tj ET"
    page[generic.pdf_name("/Contents")] = writer.add_object(
        generic.StreamObject(stream_data=stream)
    )
    writer.update_container(page)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.once
def test_each_signature_says_who_when_and_whether_it_holds(cabinet: Cabinet, trusted: Any) -> None:
    minister, stranger = Signer(), Signer("Người lạ")
    late = Signer("Hết hạn", days=-1, by=minister)
    trusted(minister)
    once = minister.signs(builders.pdf(2))
    [signature] = read(once)
    assert (signature.name, signature.organisation) == (WHO, WHERE)
    assert signature.standing is Standing.VALID
    # By the signer's own word: no authority has stamped it.
    assert signature.at is not None
    assert not signature.at_is_proven
    # A second signature stands behind the first, which still covers what its signer saw.
    both = read(stranger.signs(once, "KyTiep"))
    assert [(each.name, each.standing) for each in both] == [
        (WHO, Standing.VALID), ("Người lạ", Standing.UNKNOWN_AUTHORITY),
    ]  # fmt: skip
    assert [each.standing for each in read(late.signs(builders.pdf(1)))] == [Standing.EXPIRED]
    for wrong in (changed_in_it(once), added_after_it(once)):
        assert [each.standing for each in read(wrong)] == [Standing.CHANGED]


def test_what_cannot_be_read_as_a_signature_hides_no_other(cabinet: Cabinet) -> None:
    """Nor does an encryption that asks nobody for a password."""
    first, second = Signer(), Signer("Người sau")
    both = second.signs(first.signs(builders.pdf(1)), "KyTiep")
    at = both.index(b"/Contents <") + len(b"/Contents <")
    spoilt = both[:at] + b"00" * 100 + both[at + 200 :]
    encrypted = io.BytesIO()
    with pikepdf.open(io.BytesIO(builders.pdf(1))) as paper:
        paper.save(encrypted, encryption=pikepdf.Encryption(owner="chu", user=""))

    def found(content: bytes) -> list[tuple[str, Standing]]:
        with reading() as db:
            judged = signatures.found(content, [], clock.now(db))
        return [(each.name, each.standing) for each in judged]

    assert found(spoilt) == [("Người sau", Standing.CHANGED), ("", Standing.UNREADABLE)]
    signed = first.signs(encrypted.getvalue(), password="")
    assert found(signed) == [(WHO, Standing.UNKNOWN_AUTHORITY)]


@pytest.mark.once
def test_what_the_cabinet_itself_has_signed_is_known_without_any_setting(cabinet: Cabinet) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    with reading() as db:
        made = pades.certify(db, request.public_bytes(Encoding.DER), "Bộ trưởng Bộ Y tế", 365)
        member_ca = pades.certificate(db, pades.MEMBER_CA)
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer = loaded(der, made.public_bytes(Encoding.DER))
    signer.cert_registry.register(asn1_x509.Certificate.load(member_ca))
    out = io.BytesIO()
    meta = signers.PdfSignatureMetadata(field_name="Ky")
    content = IncrementalPdfFileWriter(io.BytesIO(builders.pdf(1)))
    signers.sign_pdf(content, meta, signer, output=out)
    assert [each.standing for each in read(out.getvalue())] == [Standing.VALID]


def test_a_time_stamp_alone_is_nobodys_signature(cabinet: Cabinet, trusted: Any) -> None:
    root = Signer("Tổ chức gốc")
    authority = Signer("Dịch vụ dấu thời gian", by=root, stamps=True)
    stamped = authority.stamps(builders.pdf(2))
    [unknown] = read(stamped)
    assert (unknown.standing, unknown.at_is_proven) == (Standing.STAMPED, False)
    trusted(root)
    [stamp] = read(stamped)
    assert (stamp.name, stamp.standing) == ("Dịch vụ dấu thời gian", Standing.STAMPED)
    assert stamp.at_is_proven
    assert stamp.at is not None
    for since in (changed_in_it(stamped), added_after_it(stamped)):
        [broken] = read(since)
        assert (broken.standing, broken.at_is_proven) == (Standing.STAMP_BROKEN, False)
    # Beside somebody's signature, that alone is told of.
    [both] = read(authority.stamps(root.signs(builders.pdf(2))))
    assert (both.name, both.standing) == ("Tổ chức gốc", Standing.VALID)

    dossier = builders.dossier(cabinet, stamped)
    (paper,) = builders.papers(dossier)
    page = " ".join(cabinet.browser("thuky").get(f"/papers/{paper.id}").text.split())
    assert "Bản gốc có dấu thời gian, không có chữ ký số của ai" in page
    assert f"Dịch vụ dấu thời gian, {WHERE}" in page
    assert "chỉ có dấu thời gian, không có chữ ký của ai" in page
    assert "đóng dấu lúc" in page
    assert "tổ chức cấp dấu được tin cậy" in page
    assert "Không kiểm tra được" not in page
    listed = cabinet.browser("thuky").get(f"/dossiers/{dossier}").text
    assert ("Bản gốc</a>" in listed, "Bản gốc đã ký" in listed) == (True, False)
    builders.hand_out(cabinet, dossier, ["botruong.yte"])
    later = authority.stamps(builders.pdf(3))
    secretary = cabinet.actor("thuky")
    asked = replacing.propose(secretary, paper.id, "b.pdf", later, "Sửa")
    said = cabinet.browser("lanhdaovp").get(f"/approvals/{asked}").text
    assert "Tệp mới không có chữ ký số." in said
    english = cabinet.browser("thuky").get(f"/papers/{paper.id}?lang=en").text
    assert "time-stamped only, signed by nobody" in english


def test_the_original_is_kept_to_the_byte_shown_flattened_and_had_by_those_who_work_on_it(
    cabinet: Cabinet, trusted: Any
) -> None:
    minister = Signer()
    trusted(minister)
    signed = minister.signs(builders.pdf(2))
    dossier = builders.dossier(cabinet, signed, changed_in_it(signed), builders.pdf(1))
    sound, broken, unsigned = builders.papers(dossier)
    assert storage.read(sound.digest) == signed
    office = cabinet.browser("thuky")
    page = " ".join(office.get(f"/dossiers/{dossier}").get_data(as_text=True).split())
    assert page.count(f"{WHO}, {WHERE}") == 2
    assert page.count("chữ ký hợp lệ") == 1
    assert page.count("tệp bị sửa sau khi ký") == 1
    taken = office.get(f"/editions/{sound.edition_id}/original")
    assert taken.data == signed
    assert "attachment" in taken.headers["Content-Disposition"]
    assert office.get(f"/editions/{unsigned.edition_id}/original").status_code == 404
    builders.hand_out(cabinet, dossier, ["botruong.yte"])
    reader = cabinet.browser("botruong.yte")
    shown = reader.get(f"/editions/{sound.edition_id}/file").data
    with pikepdf.open(io.BytesIO(shown)) as copy:
        assert "/AcroForm" not in copy.Root
    seen = " ".join(reader.get(f"/papers/{broken.id}").get_data(as_text=True).split())
    assert "Chữ ký: tệp bị sửa sau khi ký" in seen
    assert "/original" not in seen
    assert reader.get(f"/editions/{sound.edition_id}/original").status_code == 403


def test_a_file_changed_after_its_signing_counts_as_unsigned_when_a_dossier_is_checked(
    cabinet: Cabinet,
) -> None:
    official = cabinet.actor("canbo.yte")
    fields = lodging.Fields("Hồ sơ của Bộ", DossierKind.RESOLUTION)
    dossier = lodging.begin(official, cabinet.agencies["yte"], fields)
    signed = Signer().signs(builders.pdf(1))

    def unsigned(content: bytes) -> int:
        kind = PaperKind.SUBMISSION
        service.add_paper(official, dossier, "Tờ trình", kind, "a.pdf", content)
        with reading() as db:
            found = queries.lodging(db, dossier)
        assert found is not None
        return sum(each.what is Lacking.SIGNATURE for each in found.lacks)

    assert unsigned(signed) == 0
    assert unsigned(changed_in_it(signed)) == 1
    assert unsigned(Signer(stamps=True).stamps(builders.pdf(2))) == 2


def never_judged(edition_id: int, **changed: Any) -> None:
    """As it stood before signatures were judged."""
    with transaction() as db:
        same = update(Edition).where(Edition.id == edition_id)
        db.execute(same.values(signatures=None, was_signed=True, **changed))


class Rounds(threading.Event):
    """What ends the clock's work after so many rounds, at once one after the other."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.left = most

    def wait(self, timeout: float | None = None) -> bool:
        self.left -= 1
        return self.left < 0


def test_what_came_in_before_signatures_were_judged_is_judged_later_and_said_to_be(
    cabinet: Cabinet, trusted: Any
) -> None:
    """Once; and a file of which nothing can be told, or which is lost, keeps no other from it."""
    minister, office = Signer(), cabinet.browser("thuky")
    trusted(minister)
    files = [minister.signs(builders.pdf(1)), *map(builders.pdf, (1, 2, 3))]
    dossier = builders.dossier(cabinet, *files)
    sound, lost, unreadable, removed = builders.papers(dossier)
    never_judged(lost.edition_id, digest="0" * 64)
    for paper in (sound, unreadable, removed):
        never_judged(paper.edition_id)
    remove(cabinet, removed)

    def page(path: str) -> str:
        return " ".join(office.get(path).get_data(as_text=True).split())

    assert page(f"/dossiers/{dossier}").count("có chữ ký số, đang chờ kiểm tra") == 3
    assert "Chữ ký số đang chờ kiểm tra" in page(f"/papers/{sound.id}")
    cabinet.wait(hours=1)
    clockwork.run(Rounds(2))
    assert jobs.judge_signatures() == 0
    with reading() as db:
        kept = dict(db.execute(select(Edition.paper_id, Edition.signatures)).all())
    assert (kept[lost.id], kept[unreadable.id], kept[removed.id]) == (None, [], None)
    shown, reader = page(f"/dossiers/{dossier}"), page(f"/papers/{sound.id}")
    assert shown.count(f"{WHO}, {WHERE}") == shown.count("sau khi tài liệu đã được đưa vào") == 1
    assert shown.count("có chữ ký số, không kiểm tra được") == 1
    assert "sau khi tài liệu đã được đưa vào" in reader
    assert "Kiểm tra khi tài liệu được đưa vào" not in reader
    assert "Không kiểm tra được chữ ký số" in page(f"/papers/{unreadable.id}")
    [signature] = [Signature.load(each) for each in kept[sound.id]]
    assert signature.standing is Standing.VALID
    assert signature.judged_at
    assert signature.judged_at >= sound.added_at + timedelta(hours=1)


def test_whoever_confirms_a_replacement_sees_what_signatures_it_bears(
    cabinet: Cabinet, trusted: Any
) -> None:
    minister, secretary, leader = Signer(), cabinet.actor("thuky"), cabinet.browser("lanhdaovp")
    trusted(minister)
    dossier = builders.dossier(cabinet, builders.pdf(2), minister.signs(builders.pdf(3)))
    builders.hand_out(cabinet, dossier, ["botruong.yte"])
    plain, signed = builders.papers(dossier)

    def proposed(paper: queries.PaperView, file: bytes) -> tuple[str, str]:
        """What the page says that confirms it, and the one that shows what changes."""
        asked = replacing.propose(secretary, paper.id, "moi.pdf", file, "Sai số liệu.")
        pages = (leader.get(f"/{each}/{asked}") for each in ("approvals", "replacements"))
        request, changes = (" ".join(each.get_data(as_text=True).split()) for each in pages)
        approvals.withdraw(secretary, asked)
        return request, changes.partition('id="signed"')[2].partition("</section>")[0]

    request, changes = proposed(plain, changed_in_it(storage.read(signed.digest)))
    assert "Tệp mới có chữ ký số: tệp bị sửa sau khi ký." in request
    assert WHO not in request, "it would stay where the file is removed"
    assert f"{WHO}, {WHERE}" in changes
    assert "Bản&nbsp;1</p> <p>Tệp này không có chữ ký số." in changes
    request, changes = proposed(signed, storage.read(plain.digest))
    assert "Tệp mới không có chữ ký số; bản đang dùng thì có." in request
    assert 'Bản&nbsp;2</p> <p class="late">Tệp này không có chữ ký số.' in changes
    assert f"{WHO}, {WHERE}" in changes


def test_a_file_that_holds_no_certificates_is_refused_as_a_setting(tmp_path: Any) -> None:
    file = tmp_path / "co-quan.pem"
    file.write_bytes(b"khong phai")
    with pytest.raises(SettingRefused):
        signatures.bind(file)


def test_somebody_elses_original_is_nobodys_business(cabinet: Cabinet) -> None:
    dossier = builders.dossier(cabinet, Signer().signs(builders.pdf(1)))
    [paper] = builders.papers(dossier)
    with pytest.raises(NotFound):
        service.take_signed_original(cabinet.actor("canbo.yte"), paper.edition_id)
    assert service.take_signed_original(cabinet.actor("thuky"), paper.edition_id)[0] == "tep.pdf"
