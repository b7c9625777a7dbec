"""What is sealed and logged of an answer, byte for byte: a later release opens what one kept."""

import hashlib
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ballots import signing
from ballots.rules import Answer, Choice
from ballots.signing import Between, Early, Entered, Proposed, Scan, Sealed
from ecabinet import answers, canonical
from ecabinet.pades import Prepared
from tests.ballots.test_signing import SAID, STATEMENT

KEY = bytes(range(32))
WRITTEN = signing.written(STATEMENT)
PDF = b"%PDF-1.7 a page with a hole"
PREPARED = Prepared(PDF, digest=b"d" * 32, start=10, end=20, attributes=b"1a")
SIGNED = Sealed(WRITTEN, "Điều 4: đề nghị hạ ngưỡng.", PDF)
TO_SIGN = replace(SIGNED, prepared=PREPARED)
BETWEEN = Between(consultation=118, member=14, adviser=7)
PROPOSED = Proposed(Choice.OTHER_OPINION, "Nên là Luật.")
SCAN = Scan("ab" * 32, prepared_size=900, slot_at=400, slot_length=60)
ENTERED = Entered(Choice.DISAGREE, "Chưa rõ nguồn lực.", SCAN)
EARLY = Early("Làm rõ Điều 4.", "5e" * 32)
# Nonce, contents in whole steps, tag.
SEALED_BYTES = 12 + 131072 + 16


def opened(sealed: bytes, bound: bytes) -> bytes:
    """By the form that is written down: four bytes of length, the contents, nothing but zeros."""
    plain = AESGCM(KEY).decrypt(sealed[:12], sealed[12:], bound)
    end = 4 + int.from_bytes(plain[:4], "big")
    assert not any(plain[end:])
    return plain[4:end]


def test_an_answer_is_sealed_in_the_form_that_earlier_ones_have() -> None:
    sealed = signing.seal(KEY, 118, TO_SIGN)
    body = opened(sealed, b"ecabinet/answer/v1/118")
    head = {
        "statement": WRITTEN.decode(), "opinion": SIGNED.opinion, "digest": "64" * 32,
        "start": 10, "end": 20, "attributes": "3161",
    }  # fmt: skip
    said = canonical.encode(head)
    assert body == len(said).to_bytes(4, "big") + said + PDF
    assert len(sealed) == SEALED_BYTES


@pytest.mark.parametrize("content", [SIGNED, TO_SIGN])
def test_an_answer_is_opened_as_it_was_sealed(content: Sealed) -> None:
    assert signing.unseal(KEY, 118, signing.seal(KEY, 118, content)) == content


def test_a_sealed_answer_is_what_its_member_said_and_the_leaf_it_follows() -> None:
    assert SIGNED.answer == Answer(Choice.AGREE_COMMENTS, SIGNED.opinion, 48102)


def test_a_proposal_is_sealed_for_its_member_its_adviser_and_its_question() -> None:
    sealed = signing.seal_proposal(KEY, BETWEEN, PROPOSED)
    body = opened(sealed, b"ecabinet/proposal/v1/118/14/7")
    assert canonical.decode(body) == {"choice": "other_opinion", "opinion": "Nên là Luật."}
    assert len(sealed) == SEALED_BYTES
    assert signing.unseal_proposal(KEY, BETWEEN, sealed) == PROPOSED


def test_what_was_entered_from_paper_is_sealed_for_its_member() -> None:
    sealed = signing.seal_entry(KEY, 118, 14, ENTERED)
    scan = {"prepared": "ab" * 32, "prepared_size": 900, "slot_at": 400, "slot_length": 60}
    assert canonical.decode(opened(sealed, b"ecabinet/paper-entry/v1/118/14")) == {
        "choice": "disagree", "opinion": "Chưa rõ nguồn lực.", "scan": scan,
    }  # fmt: skip
    assert len(sealed) == SEALED_BYTES
    assert signing.unseal_entry(KEY, 118, 14, sealed) == ENTERED
    with pytest.raises(answers.Unsealable):
        signing.unseal_entry(KEY, 118, 15, sealed)


def test_what_is_released_early_is_sealed_for_its_member_and_logged_by_its_digest() -> None:
    sealed = signing.seal_early(KEY, 118, 14, EARLY)
    body = opened(sealed, b"ecabinet/early-comment/v1/118/14")
    assert canonical.decode(body) == {"nonce": "5e" * 32, "words": "Làm rõ Điều 4."}
    assert len(sealed) == SEALED_BYTES
    assert signing.unseal_early(KEY, 118, 14, sealed) == EARLY
    with pytest.raises(answers.Unsealable):
        signing.unseal_early(KEY, 118, 15, sealed)
    assert EARLY.digest == sha256(
        b'{"nonce":"' + b"5e" * 32 + '","words":"Làm rõ Điều 4."}'.encode()
    )


def test_a_consultations_key_is_kept_under_the_name_that_earlier_ones_have() -> None:
    assert signing.key_name(118) == "consultation-118"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_the_leaf_of_a_signed_answer_is_of_digests_alone() -> None:
    assert signing.envelope(118, WRITTEN, b"\xab" * 32, b"sig", b"cert", {"ip": "x"}) == {
        "v": 1,
        "consultation": 118,
        "statement_sha256": sha256(WRITTEN),
        "byterange_sha256": "ab" * 32,
        "signature_sha256": sha256(b"sig"),
        "certificate_sha256": sha256(b"cert"),
        "evidence_sha256": sha256(b'{"ip":"x"}'),
    }


def test_the_leaf_of_an_answer_on_paper_names_the_two_who_compared_it() -> None:
    evidence = {"asked_by": 3, "confirmed_by": 4}
    assert signing.paper_envelope(118, WRITTEN, "cd" * 32, evidence) == {
        "v": 1,
        "consultation": 118,
        "statement_sha256": sha256(WRITTEN),
        "scan_sha256": "cd" * 32,
        "evidence_sha256": sha256(b'{"asked_by":3,"confirmed_by":4}'),
        "asked_by": 3,
        "confirmed_by": 4,
    }


def test_a_retry_is_known_by_its_paper_and_its_signature_kept_apart() -> None:
    assert signing.request_digest("token", b"sig") == sha256(b"token\0sig")


def test_a_receipts_number_is_its_question_its_place_and_four_letters_of_its_mark() -> None:
    # RFC 4648, 6: the bytes 00 44 32 are the letters A B C D and a fifth.
    assert signing.number(118, 42, "004432" + "00" * 29) == "118-0042-ABCD"


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("0123456789abcdef" * 2, True),
        ("5e" * 16, True),
        ("5e" * 15, False),
        ("5e" * 16 + "5", False),
        ("5g" * 16, False),
        ("5E" * 16, False),
        (["5"] * 32, False),
        (None, False),
    ],
)
def test_an_idempotency_key_is_128_bits_in_hex(text: Any, is_one: bool) -> None:
    assert signing.is_key(text) is is_one


@pytest.mark.parametrize("kept", [STATEMENT, SAID, SIGNED, PROPOSED, SCAN, ENTERED, EARLY, BETWEEN])
def test_what_was_said_is_not_altered_in_hand(kept: Any) -> None:
    name = next(iter(kept.__dataclass_fields__))
    with pytest.raises(FrozenInstanceError):
        setattr(kept, name, getattr(kept, name))
