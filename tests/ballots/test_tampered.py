"""Whatever whoever runs the database does to ballots after the closing, an offline check finds."""

import functools
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import click.testing
import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from ballots import bundle
from ballots.models import ArchivedBallot, Attempt, Ballot, Consultation, Result, Standing
from ecabinet import canonical, cli, db, ledger, tsa, verifier
from tests.ballots import test_bundle
from tests.ballots.test_bundle import Exported

exported = test_bundle.exported

Tamper = Callable[[Session, random.Random], None]
ASKED = 1
# Of an act that says when: an hour earlier.
TIMES = {
    "consultation_opened": "due_at", "key_enrolled": "usable_from", "consultation_closed": "due_at",
}  # fmt: skip


def ballots(session: Session) -> list[Ballot]:
    return list(session.scalars(select(Ballot).order_by(Ballot.leaf)))


def flipped(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]


def edit_a_ballot(session: Session, chance: random.Random) -> None:
    ballot = chance.choice(ballots(session))
    match chance.choice(("sealed", "evidence", "stamp", "person_id", "key_id")):
        case "sealed":
            ballot.sealed = flipped(ballot.sealed, chance)
        case "evidence":
            ballot.evidence = ballot.evidence | {"method": f"{chance.getrandbits(32):x}"}
        case "stamp":
            others = [each.stamp for each in ballots(session) if each is not ballot]
            ballot.stamp = chance.choice([None, *others])
        case "person_id":
            ballot.person_id = chance.choice((1, 3, 5))
        case "key_id":
            ballot.key_id = f"{chance.getrandbits(256):064x}"


def edit_the_result(session: Session, chance: random.Random) -> None:
    result = session.get_one(Result, ASKED)
    name = chance.choice(sorted(set(result.counts) - {"pm"}))
    match chance.choice(("counts", "outcome", "basis", "sentence")):
        case "counts":
            result.counts = result.counts | {name: result.counts[name] + chance.choice((-1, 1))}
        case "outcome":
            session.execute(update(Result).values(outcome="not_passed", why="no_majority"))
        case "basis":
            result.basis += f" {chance.getrandbits(16):x}"
        case "sentence":
            result.sentence += f" {chance.getrandbits(16):x}"


def turn_a_member(session: Session, chance: random.Random) -> None:
    found = chance.choice(list(session.scalars(select(Standing))))
    others = [each for each in verifier.COUNTED_AS if each != found.position]
    session.execute(
        update(Standing)
        .where(Standing.person_id == found.person_id)
        .values(position=chance.choice(others))
    )


def ask_another_question(session: Session, chance: random.Random) -> None:
    asked = session.get_one(Consultation, ASKED)
    name = chance.choice(("title", "question"))
    setattr(asked, name, f"{getattr(asked, name)} {chance.getrandbits(16):x}")


def erase_a_ballot(session: Session, chance: random.Random) -> None:
    erase(session, chance.choice(ballots(session)), with_leaf=chance.random() < 0.5)


def erase(session: Session, ballot: Ballot, with_leaf: bool) -> None:
    pointing = Standing.ballot_id == ballot.id
    session.execute(update(Standing).where(pointing).values(ballot_id=None))
    session.execute(delete(ArchivedBallot).where(ArchivedBallot.signed_id == ballot.id))
    session.execute(delete(Ballot).where(Ballot.id == ballot.id))
    if with_leaf:
        session.execute(delete(ledger.Leaf).where(ledger.Leaf.position == ballot.leaf))


def erase_the_attempt(session: Session, _chance: random.Random) -> None:
    session.execute(delete(Attempt))


def slip_in_a_ballot(session: Session, chance: random.Random) -> None:
    """Another's ballot again, under a member who gave none, in the place of any leaf."""
    copied = chance.choice(ballots(session))
    values = {each.key: getattr(copied, each.key) for each in Ballot.__table__.columns}
    size = ledger.size(session)
    taken = {each.leaf for each in ballots(session)}
    leaf = chance.choice([each for each in range(size + 2) if each not in taken])
    mark = f"{chance.getrandbits(256):064x}"
    changes = {"id": 900, "person_id": chance.choice((1, 3, 5)), "key": mark[:32], "leaf": leaf}
    session.add(Ballot(**values | changes))


def swap_two_ballots(session: Session, chance: random.Random) -> None:
    one, other = chance.sample(ballots(session), 2)
    for number, leaf in ((one.id, -1), (other.id, one.leaf), (one.id, other.leaf)):
        session.execute(update(Ballot).where(Ballot.id == number).values(leaf=leaf))


def swap_two_leaves(session: Session, chance: random.Random) -> None:
    one, other = chance.sample(range(ledger.size(session)), 2)
    first, second = ledger.envelope(session, one), ledger.envelope(session, other)
    rewrite(session, one, second)
    rewrite(session, other, first)


def rewrite(session: Session, place: int, envelope: bytes) -> None:
    where = ledger.Leaf.position == place
    session.execute(update(ledger.Leaf).where(where).values(envelope=envelope))


def edit_an_act(session: Session, chance: random.Random) -> None:
    place = chance.randrange(ledger.size(session))
    said = canonical.decode(ledger.envelope(session, place))
    name = chance.choice(sorted(each for each in said if each not in ("type", "position")))
    rewrite(session, place, canonical.encode(said | {name: f"{chance.getrandbits(32):x}"}))


def back_date_an_act(session: Session, chance: random.Random) -> None:
    kind = chance.choice(sorted(TIMES))
    (place, *_), name = ledger.positions(session, kind, -1), TIMES[kind]
    said = canonical.decode(ledger.envelope(session, place))
    earlier = verifier.moment(said[name]) - timedelta(minutes=chance.randint(1, 10_000))
    rewrite(session, place, canonical.encode(said | {name: canonical.moment(earlier)}))


def bring_back_yesterday(session: Session, chance: random.Random) -> None:
    """Everything of the log behind a place; the ballots that stood there with it, or not."""
    size = chance.randrange(1, ledger.size(session))
    with_ballots = chance.random() < 0.5
    for each in ballots(session):
        if with_ballots and each.leaf is not None and each.leaf >= size:
            erase(session, each, with_leaf=False)
    session.execute(delete(ledger.Leaf).where(ledger.Leaf.position >= size))
    session.execute(delete(ledger.Checkpoint).where(ledger.Checkpoint.size > size))
    session.execute(update(ledger.Head).values(size=size))


TAMPERINGS: tuple[Tamper, ...] = (
    edit_a_ballot, edit_the_result, turn_a_member, ask_another_question, erase_a_ballot,
    erase_the_attempt, slip_in_a_ballot, swap_two_ballots, swap_two_leaves, edit_an_act,
    back_date_an_act, bring_back_yesterday,
)  # fmt: skip
# On the embedded database; PostgreSQL is shown to be no different.
TIMES_EMBEDDED, TIMES_ELSEWHERE = 300, 36


class Undone(Exception):
    """What was tampered with is put back."""


@pytest.fixture
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same bytes are validated once: what PDFs cost, three hundred times, shows nothing."""
    known: dict[Any, Any] = {}
    validated = verifier._validated

    def once(held: verifier.Bundle, said: dict[str, Any], where: str) -> verifier.Signed:
        asked = held.read(where), said["issued_at"], str(held.keys)
        if asked not in known:
            try:
                known[asked] = validated(held, said, where)
            except verifier.Unsound as wrong:
                known[asked] = wrong
        if isinstance(known[asked], verifier.Unsound):
            raise known[asked]
        signed: verifier.Signed = known[asked]
        return signed

    monkeypatch.setattr(verifier, "_validated", once)
    monkeypatch.setattr(tsa, "set_in", functools.cache(tsa.set_in))


def found(exported: Exported, folder: Path, tamper: Tamper, chance: random.Random) -> set[str]:
    """What anybody finds in a bundle that is taken after this, who holds keys and an older one."""
    path, checks = folder / "tampered.zip", set[str]()
    try:
        with db.database().write() as session:
            tamper(session, chance)
            session.flush()
            session.expire_all()
            try:
                bundle.write(session, ASKED, path)
            # What cannot be taken out any more is found by whoever asks for it, by this name alone.
            except bundle.NotWhole as fault:
                checks = {type(fault).__name__}
            else:
                report = verifier.verify(path, exported.keys, exported.path)
                checks = {each.check for each in report.findings}
            raise Undone
    except Undone:
        return checks


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("remembered")
def test_three_hundred_of_three_hundred_tamperings_are_found(
    exported: Exported, tmp_path: Path
) -> None:
    assert found(exported, tmp_path, lambda _session, _chance: None, random.Random(0)) == set()
    chance, unseen = random.Random(20261127), []
    times = TIMES_EMBEDDED if db.database().embedded else TIMES_ELSEWHERE
    for number in range(times):
        tamper = TAMPERINGS[number % len(TAMPERINGS)]
        if not found(exported, tmp_path, tamper, chance):
            unseen.append((number, tamper.__name__))
    assert unseen == []
    assert found(exported, tmp_path, lambda _session, _chance: None, random.Random(0)) == set()


def test_an_export_of_what_was_tampered_with_is_refused_in_a_sentence(
    exported: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = db.database().engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("ECABINET_DATA_DIR", str(exported.path.parent))
    monkeypatch.setenv("ECABINET_DATABASE_URL", url)

    def take_out(name: str) -> click.testing.Result:
        words = ["export", "consultation", str(ASKED), "--out", str(tmp_path / name)]
        return click.testing.CliRunner().invoke(cli.main, words)

    assert take_out("sound.zip").exit_code == 0
    with db.transaction() as session:
        first = ballots(session)[0]
        known, first.key_id = first.key_id, "f" * 64
    done = take_out("none.zip")
    with db.transaction() as session:
        ballots(session)[0].key_id = known
    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit)
    assert f"does not hold together (ballot at leaf {first.leaf}" in done.output
    assert not (tmp_path / "none.zip").exists()
