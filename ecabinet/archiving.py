"""What a signed PDF needs to be believed long after its certificates have run out: PAdES B-LTA.

One revision behind the signature holds the certificates and the lists of revoked ones (DSS), and
a document's time stamp over all of it. Nothing before it changes. Years later the same is done
again over the last one (pdf.md 3.3).
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

# The fields of the stamps are named in the order in which they were set.
FIELD = "LuuTru"
# A stamp is renewed this long before its authority's certificate runs out; but not each round,
# where the authority has no newer one.
AHEAD, AT_LEAST = timedelta(days=90), timedelta(days=30)
_renewed_after = timedelta(days=365)


def bind(days: int) -> None:
    """After how many days an archived file is stamped anew."""
    global _renewed_after
    _renewed_after = timedelta(days=days)


def renewed_after() -> timedelta:
    return _renewed_after


@dataclass(frozen=True)
class Known:
    """Certificates and lists of revoked ones, DER: what a verifier will not find any more."""

    certificates: Sequence[bytes]
    lists: Sequence[bytes]


def appended(
    pdf: bytes, number: int, known: Known, stamp: Callable[[bytes], bytes], reserved: int
) -> bytes:
    """What makes a signed PDF one for the archive, to be set behind it. `stamp` gives the token
    (DER) over a SHA-256 digest, for which `reserved` hex digits are left; `number` counts the
    revisions of this kind from 1."""
    from asn1crypto import crl, x509
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import SigFieldSpec
    from pyhanko.sign.signers import cms_embedder
    from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp
    from pyhanko.sign.signers.pdf_signer import _ensure_esic_ext
    from pyhanko.sign.validation.dss import DocumentSecurityStore

    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=True)
    _ensure_esic_ext(writer)
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=[x509.Certificate.load(each) for each in known.certificates],
        crls=[crl.CertificateList.load(each) for each in known.lists],
    )
    name = f"{FIELD}{number}"
    # In pyHanko's own steps, not by its PdfTimeStamper: an authority's line is waited for outside
    # of any event loop, beside which no other signature could be made.
    steps: Any = cms_embedder.PdfCMSEmbedder(new_field_spec=SigFieldSpec(name)).write_cms(
        field_name=name, writer=writer, existing_fields_only=False
    )
    next(steps)
    hole: Any = DocumentTimestamp
    steps.send(cms_embedder.SigObjSetup(hole(bytes_reserved=reserved)))
    made, out = steps.send(cms_embedder.SigIOSetup("sha256"))
    steps.send(stamp(made.document_digest))
    whole: bytes = out.getvalue()
    if not whole.startswith(pdf):
        raise ValueError("what was signed would not stay as it is")
    return whole[len(pdf) :]
