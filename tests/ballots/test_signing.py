"""The statement that is signed: one writer, one strict reader, and vectors for other readers."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ballots import signing
from ballots.rules import Choice, Outcome, Reading
from ballots.signing import Classification, NotAStatement, OfResult, ReservedOpinion, Statement
from ecabinet import canonical

VECTORS = Path(__file__).parent / "vectors"
STATEMENT = Statement(
    env="demo",
    origin="localhost/test",
    consultation=118,
    consultation_version=1,
    rule_version="nd-191-2026",
    opened_leaf=48102,
    papers=("7f" * 32, "3a" * 32),
    question="Đồng ý ban hành Nghị định không?",
    choice=Choice.AGREE_COMMENTS,
    opinion_sha256=canonical.digest_of("Điều 4: đề nghị hạ ngưỡng."),
    member=14,
    office="Bộ trưởng Bộ Y tế",
    key_id="c4" * 32,
    signature_class="device",
    prev_ballot_leaf=48102,
    nonce="5e" * 32,
    issued_at="2026-11-24T02:44:07.000Z",
)

HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
NUMBER = st.integers(0, 2**53 - 1)
TEXT = st.text(min_size=1).map(partial(normalize, "NFC"))
DRAWN = {
    "env": st.sampled_from(["demo", "production"]),
    "origin": TEXT,
    "consultation": NUMBER,
    "consultation_version": NUMBER,
    "rule_version": TEXT,
    "opened_leaf": NUMBER,
    "papers": st.lists(HEX, max_size=4).map(tuple),
    "question": TEXT,
    "choice": st.sampled_from(Choice),
    "opinion_sha256": HEX,
    "member": NUMBER,
    "office": TEXT,
    "key_id": HEX,
    "signature_class": st.sampled_from(["device", "token", "official-duty"]),
    "prev_ballot_leaf": NUMBER,
    "nonce": HEX,
    # Four digits of a year, which is how a moment is written.
    "issued_at": st.integers(2000, 9999).map(lambda year: f"{year}-12-03T02:44:07.000Z"),
}


def test_every_field_is_drawn():
    assert set(DRAWN) == {each.name for each in fields(Statement)}


@given(st.data())
def test_every_field_is_part_of_what_is_signed(data):
    """Neighbours differ in one field only; strangers would hide a forgotten one."""
    name = data.draw(st.sampled_from(sorted(DRAWN)))
    other = data.draw(DRAWN[name].filter(lambda value: value != getattr(STATEMENT, name)))
    neighbour = replace(STATEMENT, **{name: other})
    written = signing.written(neighbour)
    assert written != signing.written(STATEMENT)
    assert signing.read(written) == neighbour


def test_a_statement_that_was_written_can_be_read():
    assert signing.read(signing.written(STATEMENT)) == STATEMENT
    at_the_start = replace(STATEMENT, opened_leaf=0, prev_ballot_leaf=0)
    assert signing.read(signing.written(at_the_start)) == at_the_start


def test_an_answer_on_paper_has_no_key_and_every_other_has_one() -> None:
    on_paper = replace(STATEMENT, signature_class="paper", key_id="0" * 64)
    assert signing.read(signing.written(on_paper)) == on_paper
    for wrong in (replace(on_paper, key_id="c4" * 32), replace(on_paper, signature_class="token")):
        with pytest.raises(NotAStatement):
            signing.read(signing.written(wrong))


def test_a_nonce_is_256_bits_that_come_once() -> None:
    assert canonical.is_digest(signing.new_nonce())
    assert signing.new_nonce() != signing.new_nonce()


def mutants():
    """One change each: a field away, a field too many, a value of another kind or spelling."""
    whole = json.loads(signing.written(STATEMENT))
    for name in whole:
        yield f"without {name}", {key: value for key, value in whole.items() if key != name}
        yield f"null {name}", whole | {name: None}
        yield f"list {name}", whole | {name: [whole[name]]}
    question = whole["questions"][0]
    for name in question:
        less = {key: value for key, value in question.items() if key != name}
        yield f"question without {name}", whole | {"questions": [less]}
    yield "one field more", whole | {"extra": 1}
    yield "two questions", whole | {"questions": [question, question]}
    yield "no question", whole | {"questions": []}
    yield "another type", whole | {"type": "vote"}
    yield "another version", whole | {"v": 2}
    yield "true for 1", whole | {"consultation": True}
    yield "a negative leaf", whole | {"opened_leaf": -1}
    yield "paper with a key", whole | {"signature_class": "paper"}
    yield "an unknown class", whole | {"signature_class": "stamp"}
    yield "one paper that is none", whole | {"papers": [*whole["papers"], "7f"]}
    yield "an unknown environment", whole | {"env": "test"}
    yield "deemed", whole | {"questions": [question | {"choice": "deemed_agree"}]}
    yield "a short digest", whole | {"nonce": "5e"}
    yield "a digest in capitals", whole | {"key_id": "C4" * 32}
    yield "another zone", whole | {"issued_at": "2026-11-24T09:44:07.000+07:00"}


@pytest.mark.parametrize(("name", "body"), list(mutants()))
def test_anything_else_is_no_statement(name, body):
    assert signing.read(signing.written(STATEMENT)) == STATEMENT
    with pytest.raises(NotAStatement):
        signing.read(canonical.rfc8785.dumps(body))


@pytest.mark.parametrize(
    "spell",
    [
        lambda good: good + b"\n",
        lambda good: good.replace(b",", b", ", 1),
        lambda good: good.replace(b'"v":1', b'"v":1.0'),
        lambda good: good.replace(b'"v":1', b'"v":1,"v":1'),
        lambda good: b"\xef\xbb\xbf" + good,
        lambda good: good.replace("Y tế".encode(), b"Y t\\u1ebf"),
        lambda good: b"[]",
        lambda good: b"",
    ],
)
def test_another_spelling_is_no_statement(spell):
    good = signing.written(STATEMENT)
    assert spell(good) != good
    with pytest.raises(NotAStatement):
        signing.read(spell(good))


@pytest.mark.parametrize("path", sorted(VECTORS.glob("*.json")), ids=lambda path: path.stem)
def test_the_vectors_for_other_implementations_hold(path):
    vector = json.loads(path.read_text())
    data = vector["canonical"].encode()
    assert canonical.digest_of(vector["canonical"]) == vector["sha256"]
    if vector["is_statement"]:
        assert signing.written(signing.read(data)) == data
    else:
        with pytest.raises(NotAStatement):
            signing.read(data)


def test_there_are_vectors_of_both_kinds():
    kinds = [json.loads(path.read_text())["is_statement"] for path in VECTORS.glob("*.json")]
    assert sorted(set(kinds)) == [False, True]


# ---- what a member signs of a result ----

Drawn = dict[str, st.SearchStrategy[Any]]
SAID = Classification(
    env="demo",
    origin="localhost/test",
    consultation=118,
    result_leaf=48210,
    ballot_leaf=48110,
    reading=Reading.AGREEMENT,
    opinion_sha256=canonical.digest_of("Nên là Luật."),
    reason_sha256=canonical.digest_of("Ông đồng ý về nguyên tắc."),
    member=14,
    office="Bộ trưởng Bộ Y tế",
    key_id="c4" * 32,
    signature_class="device",
    nonce="5e" * 32,
    issued_at="2026-12-03T02:44:07.000Z",
)
SAID_DRAWN = {name: DRAWN[name] for name in DRAWN if hasattr(SAID, name)} | {
    "result_leaf": st.integers(48111, 2**53 - 1),
    "ballot_leaf": st.integers(0, 48209),
    "reading": st.sampled_from(Reading),
    "opinion_sha256": HEX,
    "reason_sha256": HEX,
}


RESERVED = ReservedOpinion(
    env="demo",
    origin="localhost/test",
    consultation=118,
    result_leaf=48210,
    outcome_leaf=48210,
    outcome=Outcome.NOT_PASSED,
    opinion_sha256=canonical.digest_of("Xin bảo lưu về thời hạn."),
    member=14,
    office="Bộ trưởng Bộ Y tế",
    key_id="c4" * 32,
    signature_class="device",
    nonce="5e" * 32,
    issued_at="2026-12-03T02:44:07.000Z",
)
RESERVED_DRAWN = {name: DRAWN[name] for name in DRAWN if hasattr(RESERVED, name)} | {
    "result_leaf": st.integers(0, 48210),
    "outcome_leaf": st.integers(48210, 2**53 - 1),
    "outcome": st.sampled_from(Outcome),
    "opinion_sha256": HEX,
}
OF_RESULT = [(SAID, SAID_DRAWN), (RESERVED, RESERVED_DRAWN)]


@pytest.mark.parametrize(
    ("said", "drawn", "chosen"),
    [
        (SAID, SAID_DRAWN, {"type": "classification", "reading": "agreement"}),
        (RESERVED, RESERVED_DRAWN, {"type": "reserved_opinion", "outcome": "not_passed"}),
    ],
)
def test_what_is_said_of_a_result_is_spelt_as_other_implementations_read_it(
    said: OfResult, drawn: Drawn, chosen: canonical.Json
) -> None:
    spelt = {name: getattr(said, name) for name in drawn}
    body = canonical.decode(signing.written_of_result(said))
    assert body == spelt | {"v": 1} | chosen
    assert set(drawn) == {each.name for each in fields(said)}


@pytest.mark.parametrize(("said", "drawn"), OF_RESULT)
@given(st.data())
def test_every_field_of_what_is_said_of_a_result_is_part_of_what_is_signed(
    said: OfResult, drawn: Drawn, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(drawn)))
    other = data.draw(drawn[name].filter(lambda value: value != getattr(said, name)))
    neighbour = replace(said, **{name: other})
    written = signing.written_of_result(neighbour)
    assert written != signing.written_of_result(said)
    assert signing.read_of_result(written, type(said)) == neighbour


OTHER_WISE = [
    {"type": "ballot"},
    {"v": 2},
    {"signature_class": "paper"},
    {"env": "test"},
    {"member": True},
    {"member": -1},
    {"result_leaf": "48210"},
    {"opinion_sha256": "ab"},
    {"key_id": "C4" * 32},
    {"nonce": "5e"},
    {"office": 14},
    {"issued_at": "2026-12-03T09:44:07.000+07:00"},
    {"more": 1},
]
OF_ITS_OWN = [
    (SAID, {"reading": "agree"}),
    (SAID, {"reading": None}),
    (SAID, {"reason_sha256": "ab"}),
    (SAID, {"ballot_leaf": 48210}),
    (SAID, {"ballot_leaf": -1}),
    (RESERVED, {"outcome": "agreement"}),
    (RESERVED, {"outcome": None}),
    (RESERVED, {"outcome_leaf": 48209}),
    (RESERVED, {"outcome_leaf": True, "result_leaf": 0}),
]


@pytest.mark.parametrize(("said", "change"), [*product((SAID, RESERVED), OTHER_WISE), *OF_ITS_OWN])
def test_anything_else_is_said_of_no_result(said: OfResult, change: canonical.Json) -> None:
    body = canonical.decode(signing.written_of_result(said))
    with pytest.raises(NotAStatement):
        signing.read_of_result(canonical.encode(body | change), type(said))


def test_both_say_when_they_were_made_ready() -> None:
    ballot, said = signing.written(STATEMENT), signing.written_of_result(SAID)
    assert signing.issued_at(ballot) == datetime(2026, 11, 24, 2, 44, 7, tzinfo=UTC)
    assert signing.issued_at(said) == datetime(2026, 12, 3, 2, 44, 7, tzinfo=UTC)


def test_what_is_signed_as_one_thing_is_read_as_no_other() -> None:
    for said, other in ((SAID, ReservedOpinion), (RESERVED, Classification)):
        with pytest.raises(NotAStatement):
            signing.read_of_result(signing.written(STATEMENT), type(said))
        with pytest.raises(NotAStatement):
            signing.read_of_result(signing.written_of_result(said), other)
        with pytest.raises(NotAStatement):
            signing.read(signing.written_of_result(said))
