"""What `ecabinet check` looks at: whether this cabinet stands as it should."""

import ctypes
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta

import requests
from sqlalchemy import select, text

from ballots import queries as ballots
from ecabinet import (
    antivirus,
    clock,
    deliveries,
    heartbeat,
    keys,
    ledger,
    migrate,
    rotation,
    seals,
    storage,
    verifier,
    web,
    witnesses,
)
from ecabinet.db import database, reading
from ecabinet.settings import Settings

SKEW_SECONDS = 5
# More than any system's struct timex; what the kernel answers while nothing sets its clock.
TIMEX_BYTES = 256
TIME_ERROR = 5
SECONDS_TO_ANSWER = 5
LATE_STAMP = timedelta(minutes=10)


@dataclass(frozen=True)
class Check:
    """One line: what was looked at, whether it is right, and what was seen."""

    name: str
    ok: bool
    detail: str
    figures: dict[str, int] = field(default_factory=dict)


def run(settings: Settings) -> list[Check]:
    """Every check, also after one has failed."""
    return [_guarded(name, look, settings) for name, look in CHECKS.items()]


def _guarded(name: str, look: Callable[[Settings], Check], settings: Settings) -> Check:
    try:
        return look(settings)
    # Whatever goes wrong while looking is what there is to be said.
    except Exception as wrong:
        return Check(name, False, f"{type(wrong).__name__}: {wrong}")


def _configuration(settings: Settings) -> Check:
    return Check("configuration", True, f"{settings.env}, {settings.base_url}")


def _database(settings: Settings) -> Check:
    with reading() as db:
        if database().embedded:
            version = db.scalar(text("SELECT sqlite_version()"))
            seen = f"SQLite {version}, WAL, synchronous FULL"
        else:
            seen = f"PostgreSQL {db.scalar(text('SHOW server_version'))}, durable"
    fault = database().unsound()
    is_current = migrate.is_current(database())
    seen = (fault or seen) + ("" if is_current else ", old schema")
    return Check("database", not fault and is_current, seen)


def _storage(settings: Settings) -> Check:
    digest = storage.keep(b"ecabinet check")
    is_same = storage.read(digest) == b"ecabinet check"
    return Check("storage", is_same, str(settings.data_dir / "files"))


def _files(settings: Settings) -> Check:
    """Whether the name that hands out files leads here, and knows nothing but files (UPL-05)."""
    if not settings.files_url:
        return Check("files", True, "no host of their own")
    with requests.Session() as line:
        line.trust_env = False
        answer = line.get(
            settings.files_url.rstrip("/") + "/healthz",
            timeout=SECONDS_TO_ANSWER, allow_redirects=False,
        )  # fmt: skip
    # Ours, where there are no pages: another server's refusal says nothing of what a page may do.
    is_ours = answer.headers.get("Content-Security-Policy") == web.page_policy(settings)
    is_right = is_ours and answer.status_code == requests.codes.not_found
    seen = "" if is_right else f" answers {answer.status_code}, not as the files' host does"
    return Check("files", is_right, settings.files_url + seen)


def _antivirus(settings: Settings) -> Check:
    """Whether files that come in can be scanned, where a scanner is set."""
    if settings.clamd_socket is None:
        return Check("antivirus", True, "none set")
    is_there = antivirus.answers(settings.clamd_socket)
    seen = str(settings.clamd_socket)
    return Check("antivirus", is_there, seen if is_there else f"{seen} does not answer")


def _clock(settings: Settings) -> Check:
    with reading() as db:
        moment, moved = clock.now(db), clock.offset(db)
    skew = abs((moment - datetime.now(UTC)).total_seconds() - moved)
    is_right = skew <= SKEW_SECONDS and not (moved and settings.env == "production")
    figures = {"unix": int(moment.timestamp()), "moved_seconds": moved}
    seen = f"{moment:%Y-%m-%d %H:%M:%S} UTC, moved by {moved} s, {synchrony(_kernel_clock())}"
    return Check("clock", is_right, seen, figures)


def _kernel_clock() -> int:
    """What adjtimex(2) answers when it is asked to change nothing; below zero where it may not."""
    asked = ctypes.create_string_buffer(TIMEX_BYTES)
    try:
        return int(ctypes.CDLL(None).adjtimex(asked))
    except (AttributeError, OSError):
        return -1


def synchrony(answer: int) -> str:
    """Whether the machine follows a time source (SEC-01): shown, and no reason to refuse."""
    if answer < 0:
        return "unknown whether synchronised"
    return "not synchronised" if answer == TIME_ERROR else "synchronised"


def _heartbeat(settings: Settings) -> Check:
    """When a server beat last, and how long none did in a day; a cabinet at rest is sound."""
    with reading() as db:
        now, last = clock.now(db), heartbeat.last(db)
        gaps = heartbeat.outages(db, now - timedelta(days=1), now)
    down = int(sum((ends - starts for starts, ends in gaps), timedelta()).total_seconds())
    seen = f"last {last:%Y-%m-%d %H:%M} UTC" if last else "none yet"
    return Check(
        "heartbeat", True, f"{seen}, down {down // 60} min of 24 h", {"down_seconds": down}
    )


def _outbox(settings: Settings) -> Check:
    """What no mail or SMS server has taken; a server that is down is not this cabinet's fault."""
    with reading() as db:
        found = deliveries.backlog(db)
    ways = ", ".join(deliveries.channels()) or "inbox alone"
    seen = f"{ways}; {found.under_way} to be sent, {found.given_up} given up"
    return Check("outbox", True, seen, asdict(found))


def _keys(settings: Settings) -> Check:
    """Where the cabinet's own keys lie, and that each of those in a token signs."""
    with reading() as db:
        strays = rotation.broken(db)
        seen = ledger.generations(db, ledger.KEY_NAME)[-1].key
    for each in strays:
        seen += f"; {each}: not the certificates, or keys, that the ones before them have signed"
    if settings.hsm is None:
        return Check("keys", not strays, f"{seen}, in the folder")
    tried = keys.store().tried_in_hsm()
    silent = [name for name, signs in tried.items() if not signs]
    seen += f", in the token {settings.hsm_token}: {', '.join(tried)}; in the folder: log-closing"
    seen += f"; {', '.join(silent)} sign otherwise than the public half says" if silent else ""
    return Check("keys", not silent and not strays, seen)


def _ledger(settings: Settings) -> Check:
    """Every leaf hashed again, up to the root that was signed last."""
    with reading() as db:
        size = ledger.size(db)
        hashes = [
            ledger.leaf_hash(each)
            for each in db.scalars(select(ledger.Leaf.envelope).order_by(ledger.Leaf.position))
        ]
        is_whole = len(hashes) == size and ledger.tree_hash(hashes) == ledger.root(db, size)
        signed = ledger.sign_checkpoint(
            ledger.origin(db), size, ledger.tree_hash(hashes), ledger.signed_at(db, size)
        )
        is_signed = not size or ledger.checkpoint(db, size).startswith(signed)
        closing = ledger.newest_closing(db)
        closings = ledger.generations(db, ledger.CLOSING_KEY_NAME)
    is_signed_twice = closing is None or any(
        verifier.signed_for_long_at(closing, each.key) is not None for each in closings
    )
    seen = "" if is_signed_twice else "; the last closing is not signed by the key of closings"
    return Check("ledger", is_whole and is_signed and is_signed_twice, f"{size} leaves{seen}")


def _activity(settings: Settings) -> Check:
    """Every sealed row hashed again, up to the root in its seal."""
    with reading() as db:
        broken, newest = seals.broken(db), seals.latest(db)
    seen = f"sealed up to row {newest.last if newest else 0}"
    for seal in broken:
        seen += f"; rows {seal.after + 1} to {seal.last} are not those that were sealed"
    return Check("activity", not broken, seen)


def _witnesses(settings: Settings) -> Check:
    """Whether those who watch the log from outside have cosigned it lately."""
    with reading() as db:
        behind = witnesses.behind(db)
    seen = f"{len(settings.witnesses)} set" if settings.witnesses else "none set"
    for name in behind:
        seen += f"; {name} has not cosigned this log for too long"
    return Check("witnesses", not behind, seen)


def _stamps(settings: Settings) -> Check:
    """Whether what members signed waits for a time stamp, or behind its closing for long-term data
    (C16)."""
    with reading() as db:
        late = ballots.late_stamps(db, clock.now(db) - LATE_STAMP)
    seen = f"by {settings.tsa_url}" if settings.tsa_url else "by the cabinet's own authority"
    seen += f"; {late} have waited for more than 10 minutes" if late else ""
    return Check("stamps", not late, seen, {"late": late})


CHECKS: dict[str, Callable[[Settings], Check]] = {
    "configuration": _configuration,
    "database": _database,
    "storage": _storage,
    "files": _files,
    "antivirus": _antivirus,
    "clock": _clock,
    "heartbeat": _heartbeat,
    "outbox": _outbox,
    "keys": _keys,
    "ledger": _ledger,
    "activity": _activity,
    "witnesses": _witnesses,
    "stamps": _stamps,
}
