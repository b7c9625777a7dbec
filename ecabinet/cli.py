"""`ecabinet`: what an operator does at a shell."""

import hashlib
import json
import os
import shutil
import signal
import socket
import sys
import threading
import time
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import pyotp
import segno
from gunicorn.app import wsgiapp
from sqlalchemy.exc import SQLAlchemyError

from ballots import bundle
from ballots import queries as ballots
from ballots.service import stamp
from documents import dry_run, tracing
from ecabinet import (
    authorities,
    backup,
    bundles,
    checks,
    clock,
    heartbeat,
    jobs,
    keys,
    ledger,
    migrate,
    network,
    official,
    rotation,
    seals,
    signatures,
    tsa,
    verifier,
    witnesses,
)
from ecabinet import witness as witnessing
from ecabinet.app import open_stores, refuse_to_start
from ecabinet.db import database, reading, transaction
from ecabinet.demo import fill
from ecabinet.demo.people import accounts_file
from ecabinet.errors import HsmAway, NotFound, Refused, SettingRefused
from ecabinet.settings import LOOPBACK, Settings, from_environment
from ecabinet.signatures import Standing
from people.service import idle, revoked

THREADS = 160
SECONDS_OF_SILENCE = 2
NO_MARK = (
    "No copy can be named: no page bears a mark as text. A photograph or a scan shows it to the "
    "eye alone: name, office and time, aslant and at the foot; compare them with who has opened "
    "the paper, on its dossier's page."
)
# Where a proxy finds the server, as docs/settings.md sets it up.
BEHIND_TLS = 8000


class NotPossible(click.ClickException):
    """One clear sentence on what is wrong and what to do."""


def plainly(command: Callable[..., Any]) -> Callable[..., Any]:
    """Say what cannot be done in a sentence, never in a stack trace."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except (SettingRefused, HsmAway) as wrong:
            raise NotPossible(str(wrong)) from None
        except OSError as wrong:
            asked = kwargs.get("out")
            cure = (
                f"give --out a file in a folder that this user may write to, not {asked}"
                if asked
                else "give this user the right to it, or set ECABINET_DATA_DIR to another folder"
            )
            raise NotPossible(
                f"{wrong.filename} cannot be used ({wrong.strerror}): {cure}"
            ) from None
        except SQLAlchemyError as wrong:
            raise NotPossible(f"the database cannot be used: {wrong}") from None

    return run


@click.group()
def main() -> None:
    """e-Cabinet: papers, sessions, ballots and tasks of a cabinet."""


@main.command()
@click.option(
    "--port",
    type=int,
    help="Port on 127.0.0.1 (default: that of ECABINET_BASE_URL, behind TLS 8000).",
)
@click.option("--tls", is_flag=True, help="Serve a demo by https to tablets of this network.")
@plainly
def serve(port: int | None, tls: bool) -> None:
    """Migrate, fill an empty demo, and serve."""
    settings = from_environment()
    if tls:
        os.environ |= network.environment(settings, port or settings.port)
        settings = from_environment()
    elif settings.secure:
        # TLS ends at the proxy in front, which alone has the address that people type.
        port = port or BEHIND_TLS
    elif port:
        os.environ["ECABINET_BASE_URL"] = f"http://localhost:{port}"
        settings = from_environment()
    port = port or settings.port
    for each in (port, network.door_beside(port)) if tls else (port,):
        refuse_taken_port(each)
    prepare(settings)
    tell_where(settings)
    pem = certify_and_tell(settings) if tls else None
    sys.stdout.flush()
    # A tablet's way in is the demo's own TLS; any other's, a proxy on this machine.
    host = network.EVERY_ADDRESS if pem else "127.0.0.1"
    if settings.async_ == "eventlet":
        green = [sys.executable, "-m", "ecabinet.wire.green", "wsgi:app", host, str(port)]
        green += [str(pem)] if pem else []
        # A process in which nothing was imported before it is green: this program's own words, and
        # no shell.
        os.execv(sys.executable, green)  # noqa: S606
    # What the server forks off opens the stores for itself.
    database().close()
    sys.argv[1:] = [
        "--worker-class", "gthread", "--workers", "1", "--threads", str(THREADS),
        "--bind", f"{host}:{port}", "--timeout", "120", "--graceful-timeout", "3",
        "--keep-alive", "75", "--log-level", "warning",
        *(["--certfile", str(pem), "--keyfile", str(pem)] if pem else []),
        "--chdir", str(Path(__file__).parent.parent), "wsgi:app",
    ]  # fmt: skip
    wsgiapp.run()


@main.command()
@plainly
def worker() -> None:
    """Do what the clock does (close, stamp, remind, send), apart from any server."""
    settings = from_environment()
    open_stores(settings)
    refuse_to_start(settings)
    witnesses.refuse_another_log()
    click.echo("Working; Ctrl+C ends it")
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    jobs.start_sending(ended)
    try:
        jobs.run(ended)
    except KeyboardInterrupt:
        ended.set()


@main.command("demo")
@click.option("--yes", is_flag=True, help="Fill this database even though it is not the default.")
@click.option("--forward", metavar="6d|3h|15m", help="Only move the demo's clock forward.")
@plainly
def fill_demo(yes: bool, forward: str | None) -> None:
    """Fill an empty database with the demo cabinet."""
    settings = from_environment()
    if settings.env == "production":
        raise NotPossible("a production database takes no demo, and its clock is not moved")
    if forward:
        open_stores(settings)
        with transaction() as db:
            heartbeat.skip(db, duration(forward))
            idle.move_on(db, duration(forward))
            click.echo(f"The demo's clock now says {clock.now(db):%Y-%m-%d %H:%M} UTC")
        return
    if not (settings.embedded or yes):
        raise NotPossible("this is not the embedded database: say --yes to fill it with a demo")
    prepare(settings, filling=True)
    tell_where(settings)


def duration(text: str) -> int:
    """Seconds of "6d", "3h" or "15m"."""
    seconds = {"d": 86400, "h": 3600, "m": 60}
    if not (text[:-1].isdecimal() and text[-1:] in seconds):
        raise NotPossible(f"{text} is no duration: say 6d, 3h or 15m")
    return int(text[:-1]) * seconds[text[-1]]


def prepare(settings: Settings, filling: bool = False) -> None:
    """Open the stores, bring the schema up to date, fill an empty demo."""
    open_stores(settings)
    refuse_to_start(settings)
    if not migrate.is_current(database()):
        click.echo("Bringing the database to the newest schema")
        migrate.upgrade(database())
    witnesses.refuse_another_log()
    if settings.env == "demo" and (settings.embedded or filling) and fill.is_empty():
        click.echo("Filling the demo cabinet")
        fill.found_cabinet(settings)


def refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise NotPossible(
                f"port {port} is taken: stop what uses it, or choose another with PORT=…"
            ) from None


def tell_where(settings: Settings) -> None:
    """The address, and where the demo accounts are."""
    wide = shutil.get_terminal_size().columns
    click.echo("-" * min(wide, 72))
    click.echo(f"e-Cabinet: {settings.base_url}")
    accounts = accounts_file(settings)
    if settings.env == "demo" and accounts.exists():
        click.echo(f"Demo accounts, with passwords and TOTP secrets: {accounts}")
    click.echo("-" * min(wide, 72))


TABLETS = """\
Tablets of this network: {addresses}
once they trust this demo's own authority, of which one is told by http (scan, or type):
  {certificate}
  SHA-256 {fingerprint}
  It ends on {ends:%d/%m/%Y}, and vouches for this machine and private addresses alone.
  iPad: open it in Safari and allow it; then in Settings, Profile Downloaded: install it; then
        General > About > Certificate Trust Settings: switch it on.
  Android: open it; then Settings > Security > Install a certificate > CA certificate.
Passkeys work under {name}; under another name or number, a password and a code do."""


def certify_and_tell(settings: Settings) -> Path:
    """A certificate for a demo's names on its network, and how a tablet comes to trust it."""
    pem, authority = network.certify(settings)
    names = [each for each in settings.network_names if each not in LOOPBACK]
    numbers = [each for each in names if each[-1].isdecimal()]
    address = (numbers or names or ["localhost"])[0]
    where = f"http://{address}:{network.door_beside(settings.port)}{network.PATH}"
    click.echo(
        TABLETS.format(
            addresses=" ".join(f"https://{each}:{settings.port}" for each in names) or "none found",
            certificate=where,
            fingerprint=network.fingerprint(authority),
            ends=authority.not_valid_after_utc,
            name=urlsplit(settings.base_url).hostname,
        )
    )
    if sys.stdout.isatty():
        segno.make(where).terminal(compact=True)
    return pem


@main.command("backup")
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@plainly
def back_up(target: Path, as_json: bool) -> None:
    """Back up database and files into one sealed file; the server may run meanwhile.

    The folder of keys is not in it: back it up apart. Without it this file opens nothing.
    """
    settings = from_environment()
    open_stores(settings)
    count = backup.write(settings, target, now_and_then("files"))
    if as_json:
        click.echo(json.dumps({"files": count, "bytes": target.stat().st_size}))
    else:
        click.echo(f"{target}: the database and {count} files")


@main.command("restore")
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path, exists=True))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@plainly
def restore(source: Path, as_json: bool) -> None:
    """Bring a backup back into an empty data folder and database; its keys must be there first."""
    settings = from_environment()
    open_stores(settings)
    try:
        count = backup.restore(settings, source, now_and_then("files"))
    except NotFound:
        raise NotPossible(
            "the keys of this backup are not here: bring their folder first"
        ) from None
    if as_json:
        click.echo(json.dumps({"files": count}))
    else:
        click.echo(f"{source}: the database and {count} files are back; see `ecabinet check`")


def now_and_then(things: str) -> Callable[[int], None]:
    """Say on standard error how far it is, where somebody would wonder."""
    said_at = time.monotonic()

    def tell(count: int) -> None:
        nonlocal said_at
        if time.monotonic() - said_at > SECONDS_OF_SILENCE:
            said_at = time.monotonic()
            click.echo(f"{count} {things}", err=True)

    return tell


@main.group()
def user() -> None:
    """Accounts."""


@user.command()
@click.argument("name")
@plainly
def code(name: str) -> None:
    """Print the password and the code of the moment of a demo account."""
    settings = from_environment()
    accounts = accounts_file(settings)
    if not accounts.exists():
        raise NotPossible("there is no demo here: start one with `ecabinet serve`")
    found = {each["username"]: each for each in json.loads(accounts.read_text())}
    if name not in found:
        raise NotPossible(f"no demo account {name}: one of {', '.join(sorted(found))}")
    open_stores(settings)
    with reading() as db:
        moment = clock.now(db)
    click.echo(f"{found[name]['password']}  {pyotp.TOTP(found[name]['totp_secret']).at(moment)}")


@main.command("check")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@plainly
def check(as_json: bool) -> None:
    """Look at configuration, database, storage, clock, keys and ledger: one line each."""
    settings = from_environment()
    open_stores(settings)
    found = checks.run(settings)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], ensure_ascii=False, indent=1))
    else:
        for each in found:
            click.echo(f"{'ok  ' if each.ok else 'FAIL'} {each.name:<14} {each.detail}")
    sys.exit(not all(each.ok for each in found))


@main.group("keys")
def key_store() -> None:
    """The cabinet's own keys."""


@key_store.command("move-to-hsm")
@plainly
def move_to_hsm() -> None:
    """Bring the cabinet's own keys from their folder into the token that is set.

    Stop every server and worker first. Each key stays the same, and its file is destroyed once
    the token signs by it; stopped in the middle, run it again. Older copies of the folder still
    hold them: destroy those, once the token is backed up by its own means.
    """
    settings = from_environment()
    if settings.hsm is None:
        raise NotPossible("no token is set: see ECABINET_HSM_MODULE in docs/settings.md")
    moved = keys.move_to_hsm(settings.data_dir / "keys", settings.hsm)
    click.echo(f"In the token {settings.hsm_token}: {', '.join(moved)}; see `ecabinet check`")


CERTIFIED = {"members": revoked.rotate_authority, "seal": official.rotate, "tsa": tsa.rotate}


@key_store.command("rotate")
@click.argument("which", type=click.Choice([*rotation.LOGS, *CERTIFIED]))
@click.option("--reason", required=True, help="Why, for the ledger and whoever reads it.")
@plainly
def rotate(which: str, reason: str) -> None:
    """Let a new key take the place of the log's (log), of the one that signs closings beside it
    (log-closing), of the one that certifies members' keys (members), of the Office's seal (seal),
    or of the time stamps' (tsa).

    What the old one has signed stays as it is. The ledger has the new one signed by the old key,
    and every bundle shows it. Servers and workers may run meanwhile. What a new key of the log
    signs, outside witnesses cosign only once they were told it: read docs/crypto.md first.
    """
    open_stores(from_environment())
    why = unicodedata.normalize("NFC", reason).strip()
    if not why:
        raise NotPossible("say why with --reason: the ledger keeps it")
    with transaction() as db:
        made = (
            rotation.rotate_log(db, which, why).encode()
            if which in rotation.LOGS
            else CERTIFIED[which](db, why)
        )
    what = "key" if which in rotation.LOGS else "certificate"
    shown = hashlib.sha256(made).hexdigest()
    click.echo(f"{which}: the new {what} is SHA-256 {shown}; see /verify")
    if which == ledger.KEY_NAME:
        click.echo(f"Tell it to witnesses, and to all who hold trust.json: {made.decode()}")


@main.group()
def export() -> None:
    """Take out what is kept here, in open formats."""


@export.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@plainly
def export_list(as_json: bool) -> None:
    """What can be exported: kind, id, state, title."""
    open_stores(from_environment())
    with reading() as db:
        found = ballots.exportable(db)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        for each in found:
            click.echo(f"{each['kind']:<13} {each['id']:>6}  {each['state']:<7} {each['title']}")


@export.command("consultation")
@click.argument("number", type=int)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The bundle's file.")
@click.option("--keys", "keys_out", type=click.Path(path_type=Path), help="Also write trust.json.")
@plainly
def export_consultation(number: int, out: Path, keys_out: Path | None) -> None:
    """Write the bundle of a closed consultation, to be verified offline."""
    open_stores(from_environment())
    # A ballot leaves with its time stamp, also when no worker came by since.
    stamp.stamp_what_waits()
    with reading() as db:
        try:
            count = bundle.write(db, number, out)
        except NotFound:
            raise NotPossible(
                f"there is no consultation {number}: see `ecabinet export list`"
            ) from None
        except Refused:
            raise NotPossible(f"consultation {number} is not closed yet") from None
        except bundle.NotWhole as wrong:
            raise NotPossible(
                f"nothing was written, since what is kept does not hold together ({wrong}): keep "
                "this database as it is, and compare it with a backup (docs/backup.md)"
            ) from None
        if keys_out:
            keys_out.write_text(json.dumps(bundles.trusted(db), indent=1))
    click.echo(f"{out}: {count} files")


@export.command("activity")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The bundle's file.")
@click.option("--keys", "keys_out", type=click.Path(path_type=Path), help="Also write trust.json.")
@plainly
def export_activity(out: Path, keys_out: Path | None) -> None:
    """Write the sealed rows of the activity log, to be verified offline."""
    open_stores(from_environment())
    with reading() as db:
        try:
            count = seals.write(db, out)
        except NotFound:
            raise NotPossible("no row of the activity log is sealed yet: wait an hour") from None
        if keys_out:
            keys_out.write_text(json.dumps(bundles.trusted(db), indent=1))
    click.echo(f"{out}: {count} files")


@main.group()
def documents() -> None:
    """Papers."""


@documents.command("prepare")
@click.argument("files", metavar="FILE…", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a line.")
def documents_prepare(files: tuple[str, ...], as_json: bool) -> None:
    """Try what would become of files as papers: a line for each, nothing is kept.

    0: each file was prepared or refused for a reason; 1: this machine failed at some of them.
    """
    signatures.bind(from_environment().trusted_authorities)
    authorities.bind(from_environment().authorities_of_classes)
    counts: Counter[str] = Counter()
    tell = now_and_then(f"of {len(files)} files")
    for each in dry_run.try_each(files):
        click.echo(json.dumps(asdict(each)) if as_json else _line_of(each))
        counts[each.reason or each.outcome] += 1
        tell(counts.total())
    parts = ", ".join(f"{count} {each}" for each, count in counts.most_common())
    click.echo(f"{counts.total()} files: {parts}", err=True)
    sys.exit(1 if counts[dry_run.NoFile.MACHINE_FAILED] else 0)


def _line_of(tried: dry_run.Outcome) -> str:
    what = f"{tried.pages} pages" if tried.reason is None else tried.reason
    file = click.format_filename(tried.file)
    signed = ", ".join(each["standing"] for each in tried.signatures or ())
    said = f"  (signatures: {signed or Standing.UNREADABLE})" if tried.signed else ""
    return f"{tried.outcome:<9} {what:<18} {tried.ms:>6} ms  {file}{said}"


@main.command("trace")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@plainly
def trace(path: Path, as_json: bool) -> None:
    """Whose copy a leaked PDF is: 0 named, 1 it bears no mark, 2 not a PDF that can be opened."""
    open_stores(from_environment())
    try:
        with reading() as db:
            found = tracing.trace(db, path.read_bytes())
    except (tracing.NotReadable, FileNotFoundError, IsADirectoryError):
        click.echo(f"{path} is not a PDF that can be opened", err=True)
        sys.exit(2)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], ensure_ascii=False, indent=1))
    else:
        click.echo("\n".join(map(_words_of, found)) or NO_MARK)
    sys.exit(0 if found else 1)


def _words_of(copy: tracing.Copy) -> str:
    edition = f"edition {copy.number} of {copy.paper}" if copy.edition else "edition not known here"
    proof = "proven by its sealed code" if copy.proven else "by the words on the page alone"
    return f"{copy.reader} ({copy.office}), {copy.at}, {edition}: {copy.pages} pages, {proof}"


@main.command("witness")
@click.option("--folder", type=click.Path(path_type=Path), required=True, help="Key and state.")
@click.option("--name", required=True, help="What this witness calls itself: witness.example.vn.")
@click.option(
    "--log",
    "logs",
    multiple=True,
    required=True,
    help="A log's key, name+id+key; once more for the one that takes its place.",
)
@click.option("--port", type=int, default=8100, show_default=True, help="Port on 127.0.0.1.")
@plainly
def witness(folder: Path, name: str, logs: tuple[str, ...], port: int) -> None:
    """Cosign the checkpoints of another agency's log, each only if it continues the last one.

    Run by somebody who is not that log's keeper, on a machine of their own (C2SP tlog-witness).
    """
    if not name.isprintable() or " " in name or "+" in name:
        raise NotPossible(f"{name} is no name of a witness: no blank and no + in it")
    try:
        own = witnessing.Witness(folder, name, logs)
    except BlockingIOError:
        raise NotPossible(f"another witness runs on {folder}") from None
    refuse_taken_port(port)
    with witnessing.server(own, port) as door:
        click.echo(f"Cosigns at http://127.0.0.1:{port}{witnessing.PATH}; its key:")
        click.echo(own.public_key)
        sys.stdout.flush()
        door.serve_forever()


@main.command("verify")
@click.argument("path", metavar="BUNDLE", type=click.Path(path_type=Path))
@click.option(
    "--keys",
    "keys_file",
    type=click.Path(exists=True, path_type=Path),
    help="trust.json that you hold, instead of the keys in the bundle.",
)
@click.option(
    "--previous",
    type=click.Path(exists=True, path_type=Path),
    help="An older bundle that you hold: nothing of its log may be gone.",
)
@click.option("--deep", is_flag=True, help="Also read each ballot's page.")
@click.option("--lang", type=click.Choice(verifier.LANGUAGES), help="One language, not both.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(
    path: Path, keys_file: Path | None, previous: Path | None, deep: bool, lang: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Verify a bundle offline: 0 sound, 1 unsound (what and where), 2 not a bundle."""
    try:
        trusted = json.loads(keys_file.read_text()) if keys_file else None
    except ValueError:
        click.echo(f"{keys_file} is not a trust.json: give the file of `export --keys`", err=True)
        sys.exit(2)
    try:
        report = verifier.verify(path, trusted, previous, deep)
    except verifier.NotABundle as wrong:
        click.echo(f"{path} is not a bundle: {wrong}", err=True)
        sys.exit(2)
    if as_json:
        click.echo(json.dumps(asdict(report) | {"sound": report.is_sound}, ensure_ascii=False))
    else:
        click.echo("\n".join(verifier.lines(report, (lang,) if lang else verifier.LANGUAGES)))
    sys.exit(0 if report.is_sound else 1)
