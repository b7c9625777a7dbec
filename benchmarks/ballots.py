"""Ballots: one cast beside one bare durable commit, a hall that answers at once, the closing of two
thousand, and what an exported bundle costs whoever verifies it."""

import contextlib
import http.client
import io
import json
import queue
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from asn1crypto import keys as asn1_keys
from asn1crypto import x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ballots import bundle, signing
from ballots.models import Ballot
from ballots.rules import Answer, Choice
from ballots.service import cast as casting
from ballots.service import draft as drafting
from ballots.service import prepare as preparing
from ballots.service.archive import archive_what_waits
from ballots.service.cast import Envelope
from ballots.service.close import close
from ballots.service.stamp import stamp_what_waits
from benchmarks.figure import Figure
from ecabinet import bundles, clock, keys, migrate, verifier
from ecabinet.access import Actor, Role
from ecabinet.app import create_app
from ecabinet.cli import THREADS
from ecabinet.db import database, reading, transaction
from ecabinet.settings import Settings
from people import queries as people
from people.models import Login
from people.service import directory
from tests.ballots import builders
from tests.ballots.builders import Member, ballots_of
from tests.ballots.verifier import holds
from tests.builders import PASSWORD, SEED, STARTS, Cabinet, cookie_of, hash_once
from tests.server import Server, serving

# A Government; and a hall larger than any.
GOVERNMENT, MANY = 27, 1000
CASTS = 60
ARRIVE, WITHIN, LINES, WRITERS = 500, 10.0, 64, 8
ALONE = 50
CHOICES = (Choice.AGREE, Choice.DISAGREE)
SERVE = [
    str(Path(sys.executable).with_name("gunicorn")), "--worker-class", "gthread",
    "--workers", "1", "--threads", str(THREADS), "--bind", "127.0.0.1:{port}",
    "--keep-alive", "75", "--log-level", "warning",
    "--chdir", str(Path(__file__).parent.parent), "wsgi:app",
]  # fmt: skip


def one_cast() -> Iterator[Figure]:
    """Among as many members as a Government has; no line between, no stamp from elsewhere."""
    with _hall(GOVERNMENT) as hall:
        consultation = hall.asks()
        # Once unasked: what is read from disk once is no part of a cast.
        _turn(hall.members[-1], consultation)
        turns = [_turn(hall.members[at % GOVERNMENT], consultation) for at in range(CASTS)]
    ours, commit, prepared, peer = (
        1000 * statistics.median(each) for each in zip(*turns, strict=True)
    )
    said = f"one bare durable commit, {commit:.2f} ms; a cast {ours:.1f} ms"
    yield Figure("ballots: cast", ours / commit, "x", "<= 25 x", said, ours <= 25 * commit)
    said = f"pyHanko signing a page by itself, {peer:.1f} ms"
    yield Figure("ballots: preparing a paper", prepared, "ms", "<= 40 ms", said, prepared <= 40)


def _turn(member: Member, consultation: int) -> tuple[float, float, float, float]:
    """Seconds of a cast, of a bare commit, of preparing, and of pyHanko alone."""
    prepared, paper = _timed(lambda: member.paper(consultation, "agree"))
    signature = member.sign(paper["attrs"])
    cast, answer = _timed(lambda: member.send(consultation, paper["pending"], signature))
    assert answer.status_code == 201, answer.json
    return cast, _timed(_bare_commit)[0], prepared, _timed(lambda: _signed_by_pyhanko(member))[0]


def a_thousand() -> Iterator[Figure]:
    """A thousand members answer one question twice, by themselves, and another by HTTP: half of
    them within ten seconds, half as fast as it goes. The first is closed; the second verified."""
    with _hall(MANY) as hall:
        twice, consultation = hall.asks(), hall.asks()
        for member in hall.members * 2:
            sealed = _Sealed.of(member, twice)
            casting.cast(sealed.actor, twice, sealed.envelope, _confirmed)
        yield from _answered(hall, consultation)
        hall.cabinet.wait(days=16)
        yield _closed(twice)
        close(consultation)
        yield from _verified(hall, consultation)


def _answered(hall: "_Hall", consultation: int) -> Iterator[Figure]:
    sealed = [_Sealed.of(each, consultation) for each in hall.members]
    _show_again()
    database().close()
    with serving(hall.folder, SERVE) as server:
        waited, first = _arrive(server, sealed[:ARRIVE])
        rate, second = _as_fast_as_it_goes(server, sealed[ARRIVE:])
    wrong = _lost_or_double(consultation, sealed, [*first, *second])
    late = 1000 * statistics.quantiles(waited, n=20)[-1]
    commits = f"{_commits_a_second():.0f}/s bare durable commits of {WRITERS} writers"
    said = f"{commits}; {wrong} lost or double"
    met = late < 150 and not wrong
    yield Figure("ballots: 500 in 10 s, p95", late, "ms", "< 150 ms", said, met)
    met = rate >= 100 and not wrong
    yield Figure("ballots: sustained", rate, "per s", ">= 100 per s", said, met)


def _closed(consultation: int) -> Figure:
    """Beside reading and opening the same sealed bytes, and nothing else."""
    raw, count = _timed(lambda: _opened_raw(consultation))
    ours, _ = _timed(lambda: close(consultation))
    said = f"{count} seals read and opened alone, {raw * 1000:.0f} ms"
    return Figure("ballots: closing 2,000", ours * 1000, "ms", "< 300 ms", said, ours < 0.3)


def _opened_raw(consultation: int) -> int:
    key = keys.store().read(signing.key_name(consultation))
    with reading() as db:
        found = db.scalars(select(Ballot.sealed).where(Ballot.consultation_id == consultation))
        return sum(bool(signing.unseal(key, consultation, each)) for each in found)


def _verified(hall: "_Hall", consultation: int) -> Iterator[Figure]:
    """By the script alone, in a process of its own."""
    path, trust = hall.folder / "bundle.zip", hall.folder / "trust.json"
    stamp_what_waits()
    hall.cabinet.wait(seconds=2)
    while archive_what_waits():
        pass
    with reading() as db:
        bundle.write(db, consultation, path)
        trusted = bundles.trusted(db)
    trust.write_text(json.dumps(trusted))
    alone = _validations_by_pyhanko(path, trusted)
    for name, words, goal in (("", [], 5), (", deep", ["--deep"], 60)):
        seconds, megabytes = _run_alone(
            [verifier.__file__, str(path), "--keys", str(trust), *words]
        )
        said = f"pyHanko alone, {MANY / alone:.0f} s at {alone:.0f} validations/s"
        yield Figure(
            f"ballots: verify 1,000{name}", seconds, "s", f"<= {goal} s", said, seconds <= goal
        )
        said = f"the bundle itself, {path.stat().st_size / 1e6:.0f} MB"
        if not words:
            yield Figure(
                "ballots: memory of that", megabytes, "MB", "< 300 MB", said, megabytes < 300
            )


# Says at its end how much memory it held at most: a parent's own would be counted by `time`.
ALONE_WORDS = """
import re, runpy, sys
try:
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1], file=sys.stderr)
"""


def _run_alone(words: list[str]) -> tuple[float, float]:
    """Seconds on one core, and the megabytes it held at most."""
    command = ["taskset", "-c", "0", sys.executable, "-c", ALONE_WORDS, *words]
    seconds, done = _timed(lambda: subprocess.run(command, capture_output=True, text=True))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return seconds, int(done.stderr.split()[-1]) / 1024


def _validations_by_pyhanko(path: Path, trusted: dict[str, Any]) -> float:
    """How many of the same signed pages it validates in a second, and nothing else of them."""
    files = verifier.open_bundle(path)
    pages = [files[name] for name in files if name.startswith("ballots/") and name.endswith(".pdf")]
    root, *others = (
        x509.Certificate.load(b64decode(each))
        for each in (trusted["root"], *trusted["authorities"])
    )
    since = time.perf_counter()
    for page in pages[:ALONE]:
        (embedded,) = PdfFileReader(io.BytesIO(page), strict=True).embedded_regular_signatures
        context = ValidationContext(
            trust_roots=[root], other_certs=others, allow_fetching=False,
            moment=_moment_of(embedded),
        )  # fmt: skip
        assert validate_pdf_signature(embedded, context).bottom_line
    return ALONE / (time.perf_counter() - since)


def _moment_of(embedded: Any) -> datetime:
    """The forged clock of the hall runs ahead of the true one: its certificates begin there."""
    began: datetime = embedded.signer_cert.not_valid_before
    return began + timedelta(minutes=10)


# ---- a hall of members, and the server that they answer ----


@dataclass(frozen=True)
class _Hall:
    folder: Path
    cabinet: Cabinet
    members: list[Member]

    def asks(self) -> int:
        consultation = builders.a_draft(self.cabinet)
        drafting.approve(self.cabinet.actor("lanhdaovp"), consultation)
        return consultation


@contextlib.contextmanager
def _hall(count: int) -> Iterator[_Hall]:
    """So many members of a Government with a key each, as any served house keeps them."""
    with tempfile.TemporaryDirectory() as name:
        settings = Settings(data_dir=Path(name), base_url="http://localhost")
        app = create_app(settings)
        migrate.upgrade(database())
        cabinet = Cabinet(app)
        builders.set_clock(builders.MONDAY)
        appoint_members(cabinet, count - len(builders.MEMBERS))
        with reading() as db:
            names = [each.person_id for each in people.members(db, builders.MONDAY.date())]
        known = {number: username for username, number in cabinet.ids.items()}
        assert len(names) == count
        yield _Hall(Path(name), cabinet, [Member(cabinet, known[each]) for each in names])
        database().close()


def appoint_members(cabinet: Cabinet, count: int) -> None:
    with transaction() as db:
        for number in range(count):
            title = f"Bộ trưởng thứ {number}"
            person = directory.add_person(
                db, title, f"botruong.{number}", PASSWORD, SEED, hashed=hash_once()
            )
            office = directory.add_office(db, title, Role.MEMBER, 100 + number, None)
            directory.appoint(db, person, office, STARTS)
            cabinet.ids[person.username] = person.id


@dataclass(frozen=True)
class _Sealed:
    """An answer that was prepared and signed beforehand, and whose it is."""

    actor: Actor
    envelope: Envelope
    headers: dict[str, str]
    path: str

    @staticmethod
    def of(member: Member, consultation: int) -> "_Sealed":
        actor = builders.signed_in(member)
        answer = Answer(CHOICES[actor.id % 2], "", member.follows(consultation))
        made = preparing.prepare(actor, consultation, answer, member.key_id, "demo")
        signature = member.sign(b64encode(made.attributes).decode())
        headers = {
            "Cookie": f"ecabinet={cookie_of(member.browser)}",
            "X-CSRF-Token": member.browser.token(),
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        envelope = Envelope(made.token, secrets.token_hex(16), signature)
        return _Sealed(actor, envelope, headers, f"/consultations/{consultation}/ballots")

    @property
    def body(self) -> str:
        signature = b64encode(self.envelope.signature).decode()
        return json.dumps(
            {"pending": self.envelope.token, "key": self.envelope.key, "signature": signature}
        )


def _confirmed(_db: Session, _mark: bytes) -> dict[str, Any]:
    return {"method": "totp", "at": "2026-11-30T02:00:00Z", "bound_to_ballot": False}


T = TypeVar("T")


def _show_again() -> None:
    """Everybody has shown just now who they are: it took long to prepare all."""
    with transaction() as db:
        now = clock.now(db)
        db.execute(update(Login).values(step_up_at=now, shown_at=now, seen_at=now))


Answered = list[dict[str, Any]]


def _arrive(server: Server, sealed: Sequence[_Sealed]) -> tuple[list[float], Answered]:
    """Each at its moment, whether the one before has been answered or not; waits count from it."""
    begins = time.perf_counter() + 0.5
    moments = [begins + WITHIN * each / len(sealed) for each in range(len(sealed))]
    return _send(server, list(zip(moments, sealed, strict=True)), LINES)


def _as_fast_as_it_goes(server: Server, sealed: Sequence[_Sealed]) -> tuple[float, Answered]:
    seconds, (_, answered) = _timed(
        lambda: _send(server, [(0.0, each) for each in sealed], WRITERS)
    )
    return len(answered) / seconds, answered


def _send(
    server: Server, due: Sequence[tuple[float, _Sealed]], lines: int
) -> tuple[list[float], Answered]:
    waiting: queue.SimpleQueue[tuple[float, _Sealed]] = queue.SimpleQueue()
    for pair in due:
        waiting.put(pair)
    waited: list[float] = []
    answered: Answered = []

    def run(_line: int) -> None:
        line = http.client.HTTPConnection("localhost", server.port, timeout=60)
        with contextlib.closing(line), contextlib.suppress(queue.Empty):
            while True:
                moment, sealed = waiting.get_nowait()
                time.sleep(max(0.0, moment - time.perf_counter()))
                line.request("POST", sealed.path, sealed.body, sealed.headers)
                answer = line.getresponse()
                content = answer.read()
                waited.append(time.perf_counter() - moment)
                if answer.status != 201:
                    raise ConnectionError(content)
                answered.append(json.loads(content))

    with ThreadPoolExecutor(lines) as threads:
        # Whatever failed in one of them, fails here.
        list(threads.map(run, range(lines)))
    return waited, answered


def _lost_or_double(consultation: int, sealed: Sequence[_Sealed], receipts: Answered) -> int:
    """How many answers are not there exactly once, under the receipt that was given."""
    kept = Counter(each.key for each in ballots_of(consultation))
    true = Counter(
        each["key"]
        for each in receipts
        if holds(each["receipt"], each["envelope"], each["log_key"])
    )
    sent = {each.envelope.key for each in sealed}
    return sum(kept[each] != 1 or true[each] != 1 for each in sent | kept.keys() | true.keys())


# ---- peers ----


def _timed(act: Callable[[], T]) -> tuple[float, T]:
    since = time.perf_counter()
    done = act()
    return time.perf_counter() - since, done


def _bare_commit() -> None:
    with transaction() as db:
        clock.shift(db, 0)


def _commits_a_second() -> float:
    def write(_writer: int) -> None:
        for _ in range(ARRIVE // WRITERS):
            _bare_commit()

    since = time.perf_counter()
    with ThreadPoolExecutor(WRITERS) as threads:
        list(threads.map(write, range(WRITERS)))
    return ARRIVE // WRITERS * WRITERS / (time.perf_counter() - since)


def _signed_by_pyhanko(member: Member) -> bytes:
    """The same kind of page, signed with a key that lies beside it."""
    with reading() as db:
        device = people.signing_device(db, member.cabinet.ids[member.name], member.key_id)
    assert device is not None
    key = member.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    authorities: Any = SimpleCertificateStore
    signer = signers.SimpleSigner(
        x509.Certificate.load(device.certificate),
        asn1_keys.PrivateKeyInfo.load(key),
        authorities(),
    )
    page = IncrementalPdfFileWriter(io.BytesIO(builders.a_paper()))
    meta = signers.PdfSignatureMetadata(field_name="Signature")
    return bytes(signers.sign_pdf(page, meta, signer=signer).getvalue())
