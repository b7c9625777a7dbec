"""Assembly: settings in, Flask application out. Ties rooms, ports and hooks together."""

import gc
import resource
import sys
from pathlib import Path
from typing import Any

import structlog
from flask import Flask
from flask.helpers import get_debug_flag
from flask_babel import lazy_gettext as _

from ballots import access as ballots_access
from ballots import sockets as ballots_sockets
from ballots.http import classify as classify_http
from ballots.http import consultations as ballots_http
from ballots.http import early as early_http
from ballots.http import reserve as reserve_http
from ballots.service import advise, correct, on_paper, quarantine, stop, window
from ballots.service import again as asking_again
from documents import access as documents_access
from documents import handling, leases, removing, replacing
from documents import hooks as documents_hooks
from documents import service as documents_service
from documents import sockets as documents_sockets
from documents.http import lodging as lodging_http
from documents.http import notes as notes_http
from documents.http import papers as papers_http
from documents.http import removals as removals_http
from documents.http import secret as secret_http
from documents.http import vault as vault_http
from documents.notes import purging
from documents.rules import Handling
from ecabinet import (
    activity,
    antivirus,
    approvals,
    archiving,
    authorities,
    db,
    deliveries,
    incoming,
    jobs,
    keys,
    ledger,
    live,
    network,
    offload,
    outbox,
    outside_tsa,
    pades,
    signatures,
    storage,
    tsa,
    web,
    witnesses,
)
from ecabinet.access import Matter, Permission
from ecabinet.dates import http as dates_http
from ecabinet.errors import SettingRefused
from ecabinet.figures import http as figures_http
from ecabinet.handover import http as handover_http
from ecabinet.handover import service as handover
from ecabinet.home import http as home_http
from ecabinet.home import queries as home_queries
from ecabinet.oversight import http as oversight_http
from ecabinet.proxy import TrueSource
from ecabinet.settings import Settings, from_environment
from ecabinet.wire import server as wire
from exchange import http as exchange_http
from exchange.senders import senders
from meetings import sockets as meetings_sockets
from meetings.http import meetings as meetings_http
from meetings.http import urgent as urgent_http
from meetings.http import votes as votes_http
from meetings.service import papers as session_papers
from meetings.service import readers as meeting_readers
from meetings.service import substitutes, urgent
from people import hooks as people_hooks
from people import queries as people_queries
from people.hooks import Lent
from people.http import account as account_http
from people.http import directory as directory_http
from people.http import idle as idle_http
from people.http import importing as importing_http
from people.http import invitations as invitations_http
from people.http import mandates as mandates_http
from people.http import notices as notices_http
from people.http import outside as outside_http
from people.http import sign_in as sign_in_http
from people.service import changes as people_changes
from people.service import importing as people_importing
from people.service import invitations, leaving, mandates
from tasks import http as tasks_http
from tasks import sockets as tasks_sockets

ROOT = Path(__file__).parent.parent
DOORS = (
    home_http.door,
    sign_in_http.door,
    account_http.door,
    directory_http.door,
    idle_http.door,
    importing_http.door,
    notices_http.door,
    invitations_http.door,
    outside_http.door,
    mandates_http.door,
    papers_http.door,
    removals_http.door,
    notes_http.door,
    vault_http.door,
    lodging_http.door,
    secret_http.door,
    ballots_http.door,
    classify_http.door,
    reserve_http.door,
    early_http.door,
    meetings_http.door,
    votes_http.door,
    urgent_http.door,
    tasks_http.door,
    oversight_http.door,
    dates_http.door,
    figures_http.door,
    exchange_http.door,
    handover_http.door,
)
# What nobody does alone: one asks for it, another confirms it.
ACTS = (
    *people_changes.ACTS,
    people_importing.IMPORT,
    mandates.END_MANDATE,
    mandates.GIVE_MANDATE,
    *invitations.ACTS,
    handover.REHOME,
    replacing.REPLACE,
    removing.REMOVE,
    stop.WITHDRAW,
    quarantine.REFUSE,
    *window.ACTS,
    on_paper.ENTER,
    correct.CORRECT,
    meeting_readers.CHANGE_READERS,
    urgent.RECORD,
)
# What a member passes on to an adviser.
LENT = {
    Matter.CONSULTATION: Lent(ballots_access.consultation_to_pass_on, advise.name_adviser),
    Matter.DOSSIER: Lent(documents_access.dossier_to_lend, documents_service.name_adviser),
}
SOCKETS = (
    meetings_sockets.events,
    tasks_sockets.events,
    documents_sockets.events,
    ballots_sockets.events,
)

# Where the first bar leads: endpoint, icon, words, words on a phone, permission.
PLACES = (
    ("home.home", "house", _("Hôm nay"), _("Hôm nay"), Permission.SIGNED_IN),
    ("meetings.meetings", "calendar", _("Phiên họp"), _("Phiên họp"), Permission.MEETING_READ),
    (
        "ballots.consultations",
        "file-check",
        _("Phiếu lấy ý kiến"),
        _("Phiếu"),
        Permission.CONSULTATION_READ,
    ),
    ("documents.dossiers", "files", _("Hồ sơ, tài liệu"), _("Tài liệu"), Permission.DOSSIER_READ),
    ("tasks.dashboard", "list-checks", _("Nhiệm vụ"), _("Nhiệm vụ"), Permission.TASK_READ),
    (
        "directory.persons",
        "users",
        _("Người và chức vụ"),
        _("Người"),
        Permission.PERSON_READ,
    ),
    ("dates.calendar", "clock", _("Lịch"), _("Lịch"), Permission.SIGNED_IN),
    ("oversight.activity", "eye", _("Nhật ký"), _("Nhật ký"), Permission.LOG_READ),
    ("home.inbox", "bell", _("Thông báo"), _("Thông báo"), Permission.SIGNED_IN),
    ("exchange.deliveries", "send", _("Thư, tin nhắn"), _("Thư"), Permission.DELIVERY_READ),
)


def open_stores(settings: Settings) -> None:
    """Bind the database and what stands beside it; commands and workers need both as well."""
    # Keys are in this process's memory: a crash writes none of it to a disk (CRY-05).
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    bind_ports(settings)
    approvals.bind(ACTS, people_queries)
    people_hooks.bind({Matter.SESSION: substitutes}, [leases.close], LENT)
    documents_hooks.bind(
        [session_papers.replaced, asking_again.paper_replaced],
        [session_papers.removed],
        [session_papers.book_to_read],
    )
    db.bind(
        db.Database(
            settings.database,
            before_commit=(activity.store, ledger.store, live.store, outbox.store),
            after=(live.tell, removing.destroy_at_once),
        )
    )


def refuse_to_start(settings: Settings) -> None:
    """Nobody is served from a store that may lose what it acknowledged, nor, in production, what
    is a demo's or a developer's (SEC-01)."""
    if fault := db.database().unsound():
        raise SettingRefused(fault)
    if settings.env == "production":
        if settings.demo_accounts.exists():
            raise SettingRefused(f"{settings.data_dir} holds a demo, whose passwords are known")
        if get_debug_flag():
            raise SettingRefused("FLASK_DEBUG must not be set in production")


def bind_ports(settings: Settings) -> None:
    """What stands beside the database: keys, files, and who carries messages out."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys.bind(keys.Keys(settings.data_dir / "keys", settings.hsm))
    antivirus.bind(settings.clamd_socket)
    signatures.bind(settings.trusted_authorities)
    authorities.bind(settings.authorities_of_classes)
    outside_tsa.bind(settings.tsa_url, settings.tsa_certificate, settings.tsa_policy)
    pades.bind(settings.base_url, tsa.reserved_with_signature())
    archiving.bind(settings.restamp_days)
    witnesses.bind(settings.witnesses, settings.witnesses_needed)
    handling.bind(Handling(settings.handling))
    purging.bind(settings.notes_days, settings.notes_held)
    storage.bind(storage.Folder(settings.data_dir / "files"))
    most = settings.max_upload_mb * 1024 * 1024
    incoming.bind(incoming.Folder(settings.data_dir / "incoming", most))
    deliveries.bind(senders(settings))


def create_served_app() -> Flask:
    """The application as a server runs it: with the rooms' jobs beside it."""
    app = create_app()
    settings = from_environment()
    refuse_to_start(settings)
    witnesses.refuse_another_log()
    jobs.load_signer()
    jobs.start()
    if settings.network_names:
        network.hand_out(settings)
    # What is loaded by now stays; the collector need not walk it again and again.
    gc.collect()
    gc.freeze()
    return app


def create_app(settings: Settings | None = None) -> Flask:
    """The whole application."""
    settings = settings or from_environment()
    write_log_lines(settings)
    open_stores(settings)
    offload.check(settings)
    app = Flask(
        "ecabinet", static_folder=str(ROOT / "ecabinet" / "static"), static_url_path="/static",
        template_folder=str(ROOT / "templates"),
    )  # fmt: skip
    rooms = (
        "building",
        "home",
        "people",
        "documents",
        "meetings",
        "ballots",
        "tasks",
        "exchange",
        "oversight",
        "dates",
        "figures",
        "handover",
    )
    app.config.update(
        TRUSTED_HOSTS=list(settings.hosts),
        MAX_CONTENT_LENGTH=settings.max_upload_mb * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        MAX_FORM_PARTS=100,
        BABEL_DEFAULT_LOCALE="vi",
        BABEL_TRANSLATION_DIRECTORIES=";".join(str(ROOT / "translations" / room) for room in rooms),
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    identify, login_by = people_queries.actor_by_cookie, people_queries.login_id_by_cookie
    web.install(
        app, settings, identify, people_queries.actor_by_login, login_by, leaving.hear_of,
        sign_in_http.confirm,
    )  # fmt: skip
    live.bind(wire.install(app, settings, identify, SOCKETS))
    # This application's own way in, in place of its class's.
    vars(app)["wsgi_app"] = TrueSource(app.wsgi_app, settings)
    app.view_functions["static"] = web.needs(Permission.ANYONE)(app.view_functions["static"])
    for door in DOORS:
        app.register_blueprint(door)
    app.context_processor(lambda: {"nav": navigation(), "takes_part": takes_part()})
    return app


def navigation() -> list[dict[str, Any]]:
    """The places this reader may go to, with what waits in each."""
    from flask import request, url_for

    actor = web.actor_or_none()
    if actor is None:
        return []
    with db.reading() as session:
        counts = home_queries.counts(session, actor)
    here = (request.endpoint or "").split(".")[0]
    return [
        {
            "href": url_for(endpoint),
            "icon": icon,
            "label": label,
            "short": short,
            "count": counts.get(endpoint, 0),
            "current": request.endpoint == endpoint
            or (here == endpoint.split(".")[0] and here != "home"),
        }
        for endpoint, icon, label, short, permission in PLACES
        if actor.may(permission)
    ]


def takes_part() -> bool:
    """Whether the reader has to do with acts that need a second person."""
    actor = web.actor_or_none()
    return actor is not None and approvals.takes_part(actor)


def write_log_lines(settings: Settings) -> None:
    """JSON lines in production, readable lines in a demo; on standard error."""
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.env == "production"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
