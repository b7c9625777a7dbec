"""The cabinet's own papers: PDF/A-2b (ISO 19005-2), sealed by the Office's key and stamped.

The seal is the organisation's signature of Decree 30/2020 (box 14), by a key of the server, apart
from every member's: it says who issued a paper, and is no answer of anybody's.
"""

import functools
import io

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.orm import Session

from ecabinet import answers, archiving, crls, pades, rotation, tsa
from ecabinet.db import insert_if_absent

SEAL = "seal"
FIELD = "CoQuan"


def archival(pdf: bytes) -> bytes:
    """The same pages as PDF/A-2b; their fonts have to be embedded already."""
    import pikepdf

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as made:
        made.Root.OutputIntents = pikepdf.Array(
            [
                pikepdf.Dictionary(
                    Type=pikepdf.Name.OutputIntent,
                    S=pikepdf.Name.GTS_PDFA1,
                    OutputConditionIdentifier="sRGB IEC61966-2.1",
                    DestOutputProfile=made.make_stream(_colours(), N=3),
                )
            ]
        )
        # Of what the two kinds of metadata say, nothing may stand in one alone.
        del made.docinfo["/Trapped"]
        with made.open_metadata(set_pikepdf_as_editor=False) as said:
            said.load_from_docinfo(made.docinfo)
            said["pdfaid:part"], said["pdfaid:conformance"] = "2", "B"
        made.save(out, deterministic_id=True, min_version="1.7")
    return out.getvalue()


@functools.cache
def _colours() -> bytes:
    """The profile of sRGB, in which the black of the pages is meant."""
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def sealed(db: Session, pdf: bytes) -> bytes:
    """The paper with the Office's seal, the time of it, and what is needed to believe both when
    their certificates have run out (PAdES B-LTA): all made here, by no line that leads out."""
    _begin(db)
    certificate, key = pades.in_use(db, SEAL)
    prepared = pades.prepare(pdf, certificate, [], field=FIELD)
    der = key.sign(prepared.attributes, ec.ECDSA(hashes.SHA256()))
    signed = pades.finish(prepared, certificate, [], answers.raw(der))
    stamped = tsa.set_in(signed, tsa.stamp_here(db, tsa.signature_of(signed)))
    own = [pades.certificate(db, pades.ROOT), certificate, pades.certificate(db, tsa.TSA)]
    known = archiving.Known(own, [crls.of_the_root(db)])
    return stamped + archiving.appended(
        stamped, 1, known, lambda digest: tsa.over_here(db, digest), tsa.RESERVED
    )


def rotate(db: Session, reason: str) -> bytes:
    """A new key and certificate of the seal; what was sealed before stays under its own."""
    _begin(db)
    return rotation.rotate(db, SEAL, pades.certify_seal, reason)


def _begin(db: Session) -> None:
    """The root certifies the seal when the first paper is sealed."""
    if not pades.generations(db, SEAL):
        der = pades.certify_seal(db, pades.key_of(SEAL, 1).public_key())
        insert_if_absent(db, pades.Certificate, purpose=SEAL, der=der)
