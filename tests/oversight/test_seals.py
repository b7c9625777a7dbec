"""The activity log is sealed in the ledger: whatever somebody does to its rows who runs the
database, and has taken its guards away, an offline check finds (LOG-04)."""

import random
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from ecabinet import activity, bundles, canonical, checks, db, ledger, seals, verifier
from ecabinet.activity import Activity
from ecabinet.cli import main
from ecabinet.settings import Settings
from tests.builders import Cabinet

HOUR = {"minutes": 61}


def act(number: int = 1) -> None:
    """So many acts, each in its own transaction, by one person from one machine."""
    for each in range(number):
        who = activity.Acting(
            f"room.act_{each}", f"/things/{each}", "10.0.0.7", 4000, "Trình duyệt"
        )
        who.person_id, who.office, who.roles, who.login_id = 1, "Thư ký", "secretary", 3
        with activity.acting(who), db.transaction():
            pass


def log_of(cabinet: Cabinet, batches: int = 4, rows: int = 5) -> None:
    for _ in range(batches):
        act(rows)
        cabinet.wait(**HOUR)
        assert seals.seal_what_waits() == 1


def sealed() -> list[seals.Seal]:
    with db.reading() as session:
        return seals.every(session)


def test_rows_are_sealed_once_the_oldest_is_an_hour_old(cabinet: Cabinet) -> None:
    assert seals.seal_what_waits() == 0
    act(3)
    cabinet.wait(minutes=59)
    assert seals.seal_what_waits() == 0
    act(2)
    cabinet.wait(minutes=2)
    assert seals.seal_what_waits() == 1
    assert seals.seal_what_waits() == 0
    act()
    cabinet.wait(**HOUR)
    assert seals.seal_what_waits() == 1
    assert [(each.after, each.last, each.count) for each in sealed()] == [(0, 5, 5), (5, 6, 1)]


def test_two_processes_that_seal_at_once_make_one_seal(cabinet: Cabinet) -> None:
    act(5)
    cabinet.wait(**HOUR)
    together, made = threading.Barrier(4), []

    def seal() -> None:
        together.wait()
        made.append(seals.seal_what_waits())

    threads = [threading.Thread(target=seal) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(made) == [0, 0, 0, 1]
    assert [each.count for each in sealed()] == [5]


def test_whoever_acts_while_it_is_sealed_stands_in_that_seal_or_the_next(cabinet: Cabinet) -> None:
    """Numbers are given before commits: no row may come in below a seal that was set."""
    act()
    cabinet.wait(**HOUR)
    threads = [threading.Thread(target=act, args=(10,)) for _ in range(4)]
    for each in threads:
        each.start()
    seals.seal_what_waits()
    for each in threads:
        each.join()
    cabinet.wait(**HOUR)
    seals.seal_what_waits()
    assert sum(each.count for each in sealed()) == 41
    with db.reading() as session:
        assert not seals.broken(session)


def test_each_column_of_a_row_is_part_of_what_is_sealed(cabinet: Cabinet) -> None:
    act()
    with db.reading() as session:
        row = session.scalars(select(Activity)).one()
        lines = {row.line()}
        for column in Activity.__table__.columns:
            kept = getattr(row, column.key)
            setattr(row, column.key, neighbour(kept))
            lines.add(row.line())
            setattr(row, column.key, kept)
    assert len(lines) == 1 + len(Activity.__table__.columns)


def neighbour(value: Any) -> Any:
    """Another value that one might hope to pass for it."""
    match value:
        case None:
            return 1
        case str():
            return f"{value} "
        case int():
            return value + 1
        case _:
            return value.replace(microsecond=(value.microsecond + 1) % 1_000_000)


@dataclass(frozen=True)
class Auditor:
    """Who holds the log's keys and an older copy, and takes a new one of whatever is there."""

    folder: Path
    keys: dict[str, Any]
    older: Path

    def finds(self, session: Session) -> set[str]:
        """The checks that fail; none for a log that nobody touched."""
        path = self.folder / "bundle.zip"
        seals.write(session, path)
        report = verifier.verify(path, self.keys, self.older)
        return {each.check for each in report.findings}


@pytest.fixture
def auditor(cabinet: Cabinet, tmp_path: Path) -> Auditor:
    log_of(cabinet)
    act(2)
    with db.reading() as session:
        seals.write(session, tmp_path / "older.zip")
        return Auditor(tmp_path, bundles.trusted(session), tmp_path / "older.zip")


# ---- what somebody does who runs the database ----

Tamper = Callable[[Session, random.Random], None]


def take_the_guards_away(session: Session) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("ALTER TABLE activity DISABLE TRIGGER ALL"))
        return
    for what in ("UPDATE", "DELETE"):
        session.execute(text(f"DROP TRIGGER activity_keeps_{what}"))


def rows_sealed(session: Session) -> list[int]:
    newest = seals.latest(session)
    assert newest
    found = select(Activity.id).where(Activity.id <= newest.last).order_by(Activity.id)
    return list(session.scalars(found))


def change(session: Session, chance: random.Random) -> None:
    row = session.get_one(Activity, chance.choice(rows_sealed(session)))
    column = chance.choice([each.key for each in Activity.__table__.columns if each.key != "id"])
    setattr(row, column, neighbour(getattr(row, column)))


def renumber(session: Session, chance: random.Random) -> None:
    row = chance.choice(rows_sealed(session))
    session.execute(update(Activity).where(Activity.id == row).values(id=-row))


def erase(session: Session, chance: random.Random) -> None:
    there = rows_sealed(session)
    gone = chance.sample(there, chance.randint(1, 5))
    session.execute(delete(Activity).where(Activity.id.in_(gone)))


def slip_in(session: Session, chance: random.Random) -> None:
    """A row of one's own making, in front of the first or in the place of another."""
    copied = session.get_one(Activity, chance.choice(rows_sealed(session)))
    values = {each.key: getattr(copied, each.key) for each in Activity.__table__.columns}
    number = chance.choice([0, -5, *rows_sealed(session)])
    session.execute(delete(Activity).where(Activity.id == number))
    session.add(Activity(**values | {"id": number, "request": f"{chance.getrandbits(64):x}"}))


def reorder(session: Session, chance: random.Random) -> None:
    one, other = chance.sample(rows_sealed(session), 2)
    for number, new in ((one, -1), (other, one), (-1, other)):
        session.execute(update(Activity).where(Activity.id == number).values(id=new))


def cut_the_tail(session: Session, chance: random.Random) -> None:
    first = chance.choice(rows_sealed(session))
    session.execute(delete(Activity).where(Activity.id >= first))


def roll_back(session: Session, chance: random.Random) -> None:
    """The tail with its seals, the ledger's nodes and the checkpoints that told of them."""
    seal = chance.choice(ledger_places(session)[1:])
    session.execute(update(ledger.Head).values(size=seal))
    session.execute(delete(ledger.Checkpoint).where(ledger.Checkpoint.size > seal))
    act_of = canonical.decode(ledger.envelope(session, seal))
    session.execute(delete(Activity).where(Activity.id > act_of["after"]))
    session.execute(delete(ledger.Leaf).where(ledger.Leaf.position >= seal))


def seal_again(session: Session, chance: random.Random) -> None:
    """Change a row, and the seal with it."""
    place = chance.choice(ledger_places(session))
    said = canonical.decode(ledger.envelope(session, place))
    row = session.get_one(Activity, chance.randint(said["after"] + 1, said["last"]))
    row.thing = "/nothing/happened"
    session.flush()
    said["root"] = seals._root(activity.between(session, said["after"], said["last"]))
    rewrite(session, place, said)


def move_a_seal(session: Session, chance: random.Random) -> None:
    """Let a seal end a row earlier, so that the row stands under none or the next begins later."""
    place = chance.choice(ledger_places(session))
    said = canonical.decode(ledger.envelope(session, place))
    said |= {"last": said["last"] - 1, "count": said["count"] - 1}
    said["root"] = seals._root(activity.between(session, said["after"], said["last"]))
    rewrite(session, place, said)


def rewrite(session: Session, place: int, said: canonical.Json) -> None:
    """A leaf, with every node above it; the checkpoint's key lies apart from the database."""
    envelope = canonical.encode(said)
    session.execute(
        update(ledger.Leaf).where(ledger.Leaf.position == place).values(envelope=envelope)
    )


def drop_a_seal(session: Session, chance: random.Random) -> None:
    session.execute(
        delete(ledger.Leaf).where(ledger.Leaf.position == chance.choice(ledger_places(session)))
    )


def ledger_places(session: Session) -> list[int]:
    found = select(ledger.Leaf.position).where(ledger.Leaf.kind == seals.SEALED)
    return list(session.scalars(found.order_by(ledger.Leaf.position)))


TAMPERINGS: tuple[Tamper, ...] = (
    change, renumber, erase, slip_in, reorder, cut_the_tail, roll_back, seal_again, move_a_seal,
    drop_a_seal,
)  # fmt: skip
# On the embedded database; PostgreSQL, where each takes longer, is shown to be no different.
TIMES, TIMES_MORE = 100, 1_000


class Undone(Exception):
    """What was tampered with is put back."""


def tampered(auditor: Auditor, tamper: Tamper, chance: random.Random) -> set[str]:
    """What the auditor finds after this; the next tampering begins with the log as it was."""
    found: set[str] = set()
    try:
        with db.database().write() as session:
            take_the_guards_away(session)
            tamper(session, chance)
            session.flush()
            session.expire_all()
            found = auditor.finds(session)
            raise Undone
    except Undone:
        return found


def test_a_log_that_nobody_touched_is_sound(auditor: Auditor) -> None:
    def leave_it(_session: Session, _chance: random.Random) -> None:
        pass

    assert tampered(auditor, leave_it, random.Random(0)) == set()


@pytest.mark.timeout(300)
def test_no_tampering_goes_unseen_and_none_but_by_a_check_that_is_needed(auditor: Auditor) -> None:
    """Of the checks that found one alone, each would let it pass if it were not there."""
    chance, alone = random.Random(20260406), set()
    for number in range(TIMES_MORE if db.database().embedded else TIMES):
        tamper = TAMPERINGS[number % len(TAMPERINGS)]
        found = tampered(auditor, tamper, chance)
        assert found, f"{tamper.__name__}, number {number}"
        if len(found) == 1:
            alone |= found
    assert {"V14", "V30"} <= alone


def test_a_check_that_is_left_out_lets_a_changed_row_pass(
    auditor: Auditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tampered(auditor, change, random.Random(1)) == {"V30"}
    monkeypatch.delitem(verifier.CHECKS, "V30")
    assert tampered(auditor, change, random.Random(1)) == set()


# ---- what somebody does with the copy itself, who hands it on ----

Files = dict[str, bytes]


def hide_a_batch(files: Files) -> None:
    """A seal goes by its hash alone, as other acts do, and its rows are left out."""
    lines = files["ledger/leaves.txt"].decode().splitlines()
    place = [number for number, line in enumerate(lines) if " " in line][1]
    lines[place] = lines[place].partition(" ")[0]
    files["ledger/leaves.txt"] = ("\n".join(lines) + "\n").encode()
    rows = files["activity/rows.jsonl"].splitlines(keepends=True)
    files["activity/rows.jsonl"] = b"".join(rows[:5] + rows[10:])


def leave_the_last_rows_out(files: Files) -> None:
    rows = files["activity/rows.jsonl"].splitlines(keepends=True)
    files["activity/rows.jsonl"] = b"".join(rows[:-2])
    files["activity.json"] = files["activity.json"].replace(b'"last":20', b'"last":18')


def add_an_open_row(files: Files) -> None:
    files["activity/rows.jsonl"] += b'{"id":21}\n'


def swap_two_rows(files: Files) -> None:
    first, second, *rows = files["activity/rows.jsonl"].splitlines(keepends=True)
    files["activity/rows.jsonl"] = b"".join([second, first, *rows])


def call_it_another_log(files: Files) -> None:
    files["activity.json"] = files["activity.json"].replace(b"localhost/test", b"localhost/rest")


@pytest.mark.once
@pytest.mark.parametrize(
    ("tamper", "by"),
    [
        (hide_a_batch, {"V31"}),
        (leave_the_last_rows_out, {"V30", "V31"}),
        (add_an_open_row, {"V30"}),
        (swap_two_rows, {"V30"}),
        (call_it_another_log, {"V06"}),
    ],
    ids=lambda it: getattr(it, "__name__", it),
)
def test_a_copy_that_was_changed_is_found_by_the_checks_that_are_for_it(
    auditor: Auditor, tamper: Callable[[Files], None], by: set[str]
) -> None:
    with zipfile.ZipFile(auditor.older) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    tamper(files)
    del files["manifest.json"]
    bundles.write(auditor.folder / "forged.zip", "activity", files)
    report = verifier.verify(auditor.folder / "forged.zip", auditor.keys)
    assert {each.check for each in report.findings} == by


# ---- how it is looked at ----


def test_a_changed_row_is_seen_by_the_operators_check(cabinet: Cabinet, settings: Settings) -> None:
    log_of(cabinet)

    def seen() -> checks.Check:
        return next(each for each in checks.run(settings) if each.name == "activity")

    assert (seen().ok, seen().detail) == (True, "sealed up to row 20")
    with db.transaction() as session:
        take_the_guards_away(session)
        session.execute(update(Activity).where(Activity.id == 7).values(result="done."))
    assert not seen().ok
    assert "rows 6 to 10" in seen().detail


def test_the_auditor_sees_how_far_the_log_is_sealed_and_takes_the_copy(
    cabinet: Cabinet, tmp_path: Path
) -> None:
    auditor = cabinet.browser("kiemtoan")
    assert "Chưa dòng nào được niêm phong" in auditor.get("/activity").text
    assert "/activity.zip" not in auditor.get("/activity").text
    assert auditor.get("/activity.zip").status_code == 404
    log_of(cabinet, batches=2)
    act()
    page = auditor.get("/activity").text
    assert "đến dòng số 10" in page
    assert page.count("chưa niêm phong") == 1
    (tmp_path / "taken.zip").write_bytes(auditor.get("/activity.zip").data)
    report = verifier.verify(tmp_path / "taken.zip")
    assert report.is_sound
    assert report.about.startswith("activity, rows 1 to 10")
    assert auditor.get("/activity.zip?first=01/01/2099").status_code == 404
    assert cabinet.browser("thuky").get("/activity.zip").status_code == 403
    for other in ("lanhdaovp", "quantri"):
        assert cabinet.browser(other).get("/activity.zip").status_code == 200


def test_the_copy_of_some_days_has_their_rows_and_every_seal(
    cabinet: Cabinet, tmp_path: Path
) -> None:
    log_of(cabinet, batches=1)
    cabinet.wait(days=3)
    log_of(cabinet, batches=2)
    first, second, third = sealed()
    with db.reading() as session:
        seals.write(session, tmp_path / "days.zip", since=second.sealed_at)
    report = verifier.verify(tmp_path / "days.zip")
    assert report.is_sound
    assert report.about.startswith(f"activity, rows {first.last + 1} to {third.last}")


@pytest.mark.once
def test_at_a_shell_it_is_taken_and_verified_with_an_older_copy(
    auditor: Auditor, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECABINET_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("ECABINET_DATABASE_URL", settings.database_url)
    out, keys = auditor.folder / "new.zip", auditor.folder / "trust.json"
    shell = CliRunner()
    done = shell.invoke(main, ["export", "activity", "--out", str(out), "--keys", str(keys)])
    assert done.exit_code == 0, done.output
    words = ["verify", str(out), "--keys", str(keys)]
    done = shell.invoke(main, words)
    assert done.exit_code == 0, done.output
    assert "No older bundle was given" in done.output
    done = shell.invoke(main, [*words, "--previous", str(auditor.older)])
    assert done.exit_code == 0, done.output
    assert "ok   V14" in done.output
