"""The front desk of every request: who asks, whether the page may be asked for, and how a
refusal is said.

`Door` is a blueprint that takes no route without `@needs(...)` beside it (AC-02). CSRF,
headers and language are settled here once; rooms only parse, call and answer.
"""

import base64
import hashlib
import hmac
import json
import math
import re
import secrets
import threading
import unicodedata
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, time
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import quote, urlencode, urlsplit
from zoneinfo import ZoneInfo

import segno
import structlog
from babel.support import NullTranslations
from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
)
from flask_babel import Babel, force_locale, format_date, format_time, get_translations
from markupsafe import escape
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter, Map
from werkzeug.wrappers import Response as AnyResponse

from ecabinet import activity, clock, keys, tickets
from ecabinet.access import POLICY, Actor, Permission, Role, ShownBy
from ecabinet.calendar import Calendar
from ecabinet.db import reading, transaction
from ecabinet.errors import (
    BadInput,
    CabinetError,
    CrossSite,
    Forbidden,
    HsmAway,
    LeftOffice,
    LinkOver,
    NotAskedFor,
    NotFound,
    NotSignedIn,
    OtherHost,
    Refused,
    ScreenLocked,
    SettingRefused,
    StepUpNeeded,
    TooMany,
)
from ecabinet.settings import Settings

log = structlog.get_logger()

Identify = Callable[[Session, str], Actor | None]
OfLogin = Callable[[Session, int], Actor | None]
LoginBy = Callable[[Session, str], int | None]
LeftBy = Callable[[str], bool]
Confirm = Callable[[Session, Actor], None]
View = Callable[..., Any]

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
LANGUAGES = ("vi", "en")
BARE_PAGE = "<!doctype html><meta charset=utf-8><title>e-Cabinet</title><p>{}</p>"
YEAR = 365 * 24 * 3600
COOKIE_BYTES = 32
STRANGERS_BYTES = 64 * 1024
LARGEST_ID = 2**31 - 1
Word = TypeVar("Word", bound=StrEnum)
YEARS = range(1900, 2200)
STATIC_FOUND = (200, 206, 304)
NAMED_BY_CONTENT = re.compile(r"-([0-9A-Z]{8}|[0-9a-f]{10})\.\w+$")

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
FILE_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
WORKER_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def needs(permission: Permission) -> Callable[[View], View]:
    """Declare, beside the route, what one must be allowed in order to ask for it."""

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if permission is not Permission.ANYONE:
                current_actor().must(permission)
            _refuse_what_is_not_asked_for(view)
            return view(*args, **kwargs)

        cast(Any, guarded).permission = permission
        return guarded

    return declare


def permission_of(view: View) -> Permission:
    """What `needs` has written on a view."""
    return cast(Permission, vars(view)["permission"])


@dataclass(frozen=True)
class Fields:
    """What a form may send, and which of it more than once; or that a body comes in its place."""

    once: frozenset[str] = frozenset()
    many: frozenset[str] = frozenset()
    body: bool = False


def takes(*once: str, many: Iterable[str] = (), body: bool = False) -> Callable[[View], View]:
    """Declare, below `needs`, what may be sent to a route; to one that declares nothing, nothing.

    A body's own fields are named where it is taken apart (`ecabinet.bodies`).
    """

    def declare(view: View) -> View:
        cast(Any, view).takes = Fields(frozenset(once), frozenset(many), body)
        return view

    return declare


def confirmed(view: View) -> View:
    """Declare, below `needs`, that whoever does this shows first that they mean it (SES-07).

    Shown in the act's own transaction: an act that is refused uses nothing up.
    """

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        with transaction() as db:
            _confirm(db, current_actor())
            return view(*args, **kwargs)

    cast(Any, guarded).is_confirmed = True
    return guarded


def gives_a_file(loads: Callable[..., object]) -> Callable[[View], View]:
    """Declare, below `needs`, that this hands out a stored file, and by which loader one may have
    it. Nothing acts in it; where files have a host of their own, that host gives it out (UPL-05).

    A page's script and a page's picture get it here all the same: they read bytes and open no
    document, and a reader asks for its ranges for hours.
    """

    def declare(view: View) -> View:
        @wraps(view)
        def given(**named: Any) -> Any:
            if not settings().files_url or _is_of_files() or _is_part_of_a_page():
                answer = make_response(view(**named))
                answer.headers["Content-Security-Policy"] = FILE_POLICY
                if _is_of_files():
                    # A viewer that came back for more would come with a ticket that is over.
                    answer.headers["Accept-Ranges"] = "none"
                return answer
            actor = current_actor()
            with reading() as db:
                loads(db, actor, **named)
                now = clock.now(db)
            assert actor.login_id is not None
            ticket = tickets.issue(_secret(), actor.login_id, request.path, browser(), now)
            said = {"ticket": ticket, "lang": language()}
            return redirect(address(settings().files_url.rstrip("/") + request.path, said), 303)

        cast(Any, given).is_stored_file = True
        return given

    return declare


def _is_part_of_a_page() -> bool:
    """Whether one of our pages asks, for itself; only a browser says so, and no script can."""
    said = {name: request.headers.get(f"Sec-Fetch-{name}") for name in ("Site", "Mode", "Dest")}
    reads = said["Dest"] == "empty" and said["Mode"] in ("cors", "same-origin")
    return said["Site"] == "same-origin" and (reads or said["Dest"] == "image")


def signed_by_its_sender(view: View) -> View:
    """Declare, above `needs`, that a machine sends this, whose signature stands for the token.

    No browser's login is asked for anything there.
    """
    cast(Any, view).is_signed = True
    return view


def brought_by_a_client(largest: int) -> Callable[[View], View]:
    """The same of a program on a member's device, which brings one file of at most so many bytes
    under a secret that was given to it once."""

    def declare(view: View) -> View:
        cast(Any, view).largest = largest
        return signed_by_its_sender(view)

    return declare


class Door(Blueprint):
    """A room's routes; one without a declared permission keeps the application from starting."""

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: View | None = None,
        provide_automatic_options: bool | None = None,
        **options: Any,
    ) -> None:
        if view_func is not None and not hasattr(view_func, "permission"):
            raise SettingRefused(f"{rule} declares no permission")
        super().add_url_rule(rule, endpoint, view_func, provide_automatic_options, **options)


def current_actor() -> Actor:
    """Who asks, read from the database in this request; NotSignedIn when nobody does."""
    actor = _owner()
    if actor is None:
        raise LeftOffice if cookie_id() and _left_office(cookie_id()) else NotSignedIn
    if actor.is_locked:
        raise ScreenLocked
    if settings().admin_url and not actor.roles:
        # A login that is good for nothing here is not left in this browser.
        renew_cookie()
        raise OtherHost(settings().base_url if _is_administration() else settings().admin_url)
    return actor


def actor_or_none() -> Actor | None:
    actor = _owner()
    return None if actor is None or actor.is_locked else actor


def owner_if_asked() -> Actor | None:
    """Whose login it is, locked or not, where this request has asked; a broken store is not."""
    return cast("Actor | None", g.get("actor"))


def _owner() -> Actor | None:
    """Whose login this browser holds, locked or not."""
    if "actor" not in g:
        with reading() as db:
            g.actor = _as_here(_by_ticket(db) if _is_of_files() else _by_cookie(db))
    return cast("Actor | None", g.actor)


def _by_cookie(db: Session) -> Actor | None:
    return _identify(db, cookie_id()) if cookie_id() else None


def _by_ticket(db: Session) -> Actor | None:
    """Whose login a ticket was given to, as it stands now: one that has ended opens nothing."""
    ticket, now = request.args.get("ticket", ""), clock.now(db)
    login = tickets.login_of(_secret(), ticket, request.path, browser(), now)
    return None if login is None else _of_login(db, login)


def _as_here(actor: Actor | None) -> Actor | None:
    """Administration opens by what was shown of late; where it has a host of its own, its role is
    nobody's elsewhere, and there it is the only one (AC-11)."""
    if actor is None:
        return None
    by_key = settings().administers_by_key
    is_shut = actor.shown is not ShownBy.KEY if by_key else actor.shown is None
    actor = replace(actor, administration_is_shut=is_shut)
    if not settings().admin_url:
        return actor
    there = frozenset({Role.ADMINISTRATOR})
    return replace(
        actor, roles=actor.roles & there if _is_administration() else actor.roles - there
    )


def _is_administration() -> bool:
    return request.host.partition(":")[0] == settings().admin_host


def _is_of_files() -> bool:
    name = settings().files_host
    return bool(name) and request.host.partition(":")[0] == name


def cookie_id() -> str:
    """The secret by which this browser is known; "" when it has none yet, or is asked for none."""
    if _is_of_files():
        return ""
    if "new_cookie" in g:
        return cast(str, g.new_cookie)
    return request.cookies.get(_cookie_name(), "")


def source() -> str:
    """The address this request comes from."""
    return request.remote_addr or ""


def browser() -> str:
    """What the browser of this request calls itself."""
    return request.headers.get("User-Agent", "")


def renew_cookie() -> str:
    """Give this browser a new secret; the old one is worth nothing to it any more (SES-01)."""
    g.new_cookie = secrets.token_urlsafe(COOKIE_BYTES)
    g.pop("actor", None)
    return cast(str, g.new_cookie)


@contextmanager
def new_cookie_if_done() -> Iterator[str]:
    """A new secret for this browser, unless the act fails: then the answer sets none, and what the
    browser holds by then stays good, also where another answer has given it a newer one."""
    try:
        yield renew_cookie()
    except BaseException:
        g.pop("new_cookie", None)
        raise


def csrf_token() -> str:
    """What an unsafe request of this browser must carry.

    It hangs on the login, over or not, and outlives its secret: pages that stand open go on where
    another has stepped up (SES-01). Without a login it hangs on the secret.
    """
    if not cookie_id():
        renew_cookie()
    login = _login()
    bound = f"secret\0{cookie_id()}" if login is None else f"login\0{login}"
    return hmac.new(_secret(), f"csrf\0{bound}".encode(), hashlib.sha256).hexdigest()


def _login() -> int | None:
    owner = owner_if_asked()
    if owner is not None and owner.login_id is not None:
        return owner.login_id
    with reading() as db:
        return _login_by(db, cookie_id())


def say(code: str) -> None:
    """Say this on the next page; the words stand in templates/_said.html."""
    g.said_next = code


def see(path: str, said: str | None = None) -> AnyResponse:
    """Send the reader on after an act, with a word of what was done."""
    if said:
        say(said)
    if wants_json():
        # A script would follow a redirect unseen, and the word would be said to nobody.
        return make_response({"location": path}, 200)
    return redirect(path, 303)


def form(name: str, *, limit: int = 20_000, optional: bool = False) -> str:
    """A field of a form as it is shown, without blanks around it; BadInput when missing."""
    text = shown(request.form.get(name, ""))
    if not text and not optional:
        raise BadInput(name, "is missing")
    if len(text) > limit:
        raise BadInput(name, "is too long")
    if not all(each == "\n" or each.isprintable() for each in text):
        raise BadInput(name, "holds a sign that does not show")
    return text


# What word processors leave behind and nobody sees: it joins, parts or marks nothing that counts.
UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff\r"))
BLANKS = dict.fromkeys(map(ord, "\t\u00a0\u2002\u2003\u2009\u202f\u3000"), " ")


def shown(text: str) -> str:
    """The text as every reader and every PDF shows it: NFC, plain blanks, nothing unseen.

    What turns the direction of writing, or controls otherwise, is left in, to be refused: with
    it a question reads one way on a screen and another way where it is signed (BAL-03).
    """
    return unicodedata.normalize("NFC", text).translate(UNSEEN | BLANKS).strip()


def one_of(words: type[Word], name: str, given: str) -> Word:
    """The one of these words that was given; BadInput for any other."""
    try:
        return words(given)
    except ValueError:
        raise BadInput(name, "is none of those offered") from None


def form_int(name: str, *, least: int = 0, most: int = LARGEST_ID) -> int:
    """A whole number of a form; BadInput when it is none or out of bounds."""
    value = whole_number(form(name))
    if value is None:
        raise BadInput(name, "is no whole number")
    if not least <= value <= most:
        raise BadInput(name, "is out of bounds")
    return value


def form_ints(name: str) -> frozenset[int]:
    """The whole numbers that were ticked under one name; BadInput where one is none."""
    found = [whole_number(each) for each in request.form.getlist(name)]
    if None in found:
        raise BadInput(name, "is no whole number")
    return frozenset(each for each in found if each is not None)


def whole_number(text: str) -> int | None:
    """The number of plain digits; None for what else Python would take, or for too many."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else None


def asked_number(name: str, otherwise: int | None = None) -> int | None:
    """A number of the address's query, fit to be looked up; otherwise, whatever it says."""
    value = whole_number(request.args.get(name, ""))
    return value if value is not None and 0 <= value <= LARGEST_ID else otherwise


def day_of(name: str, text: str) -> date | None:
    """A day as it is written here, day, month and year; None where none is written.

    A year that no cabinet plans for is a slip of the finger, and said to be one.
    """
    if not text.strip():
        return None
    written = re.fullmatch(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})", text.strip())
    try:
        day, month, year = map(int, written.groups() if written else ())
        found = date(year, month, day)
    except ValueError:
        raise BadInput(name, "is no day") from None
    if found.year not in YEARS:
        raise BadInput(name, "is too far from today")
    return found


def form_day(name: str) -> date:
    """A day of a form; BadInput when it is none."""
    day = day_of(name, form(name, limit=10))
    if day is None:
        raise BadInput(name, "is no day")
    return day


def hour_of(name: str, text: str) -> time:
    """An hour of the clock on the wall, as hours and minutes."""
    parts = [whole_number(part) for part in text.split(":")]
    try:
        hour, minute = parts
        return time(hour or 0, minute or 0)
    except ValueError:
        raise BadInput(name, "is no hour") from None


class Pace:
    """At most so many steps within so many seconds for each login, in this process."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most, self._seconds = most, seconds
        self._steps: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def step(self, login: str, at: float) -> None:
        with self._lock:
            # Whoever has rested for so long is forgotten.
            rested = [each for each, steps in self._steps.items() if self._wait(steps[-1], at) <= 0]
            for each in rested:
                del self._steps[each]
            steps = self._steps.setdefault(login, deque(maxlen=self._most))
            if len(steps) == self._most and (wait := self._wait(steps[0], at)) > 0:
                raise TooMany(math.ceil(wait))
            steps.append(at)

    def _wait(self, since: float, at: float) -> float:
        return since + self._seconds - at


class Number(IntegerConverter):
    """`<int:…>` in an address: one that no row can have is an address of nothing."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=LARGEST_ID)


def wants_json() -> bool:
    return (
        request.is_json
        or request.accept_mimetypes.best_match(["text/html", "application/json"])
        == "application/json"
    )


def own_path(path: str, otherwise: str = "/") -> str:
    """A path of this site, whatever was asked for (WEB-07)."""
    # One slash and no second: such a path names no host.
    safe = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if safe and "\\" not in path and path.isprintable() else otherwise


def download(name: str, content: bytes | Iterable[bytes], kind: str) -> Response:
    """An answer that a browser saves under this name (RFC 6266)."""
    answer = Response(content, mimetype=kind)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return answer


def qr(text: str, error: str = "m") -> str:
    """What a phone reads from a screen or from paper, as an image's own data: drawn here, so that
    nobody else is asked and nothing has to load. `error` is QR's own level of correction."""
    return str(segno.make(text, micro=False, error=error).svg_data_uri(border=2, omitsize=True))


def carried(text: str) -> str:
    """A text as the part of an address behind `#`, which no browser sends to anybody: DEFLATE (RFC
    1951) in base64url."""
    packing = zlib.compressobj(level=9, wbits=-zlib.MAX_WBITS)
    packed = packing.compress(text.encode()) + packing.flush()
    return base64.urlsafe_b64encode(packed).decode()


def nobodys_page(template: str, **shown: Any) -> str:
    """A page that is the same for everybody, whoever is signed in: a browser may keep it, and shows
    it to whoever comes next (screens 8.3)."""
    g.actor, g.said, g.said_words = None, None, None
    demo = {"shifted": None} if settings().env == "demo" else None
    return render_template(template, demo=demo, **shown)


# ---- assembly ----


def _nobody(_db: Session, _cookie: str) -> Actor | None:
    """Whom a browser stands for before an application is tied to the front desk."""
    return None


def _no_owner(_db: Session, _login: int) -> Actor | None:
    """Whose a login is, before an application says so."""
    return None


def _no_login(_db: Session, _cookie: str) -> int | None:
    """Whose login a browser has held, before an application says so."""
    return None


def _unconfirmed(_db: Session, _actor: Actor) -> None:
    """How an act is confirmed before an application says how: not at all."""
    raise StepUpNeeded


def _unknown(_cookie: str) -> bool:
    """Whether a login ended with its owner's office, before an application says so."""
    return False


_identify: Identify = _nobody
_of_login: OfLogin = _no_owner
_login_by: LoginBy = _no_login
_left_office: LeftBy = _unknown
_confirm: Confirm = _unconfirmed
_settings: Settings | None = None


def install(
    app: Flask, settings: Settings, identify: Identify, of_login: OfLogin, login_by: LoginBy,
    left_office: LeftBy, confirm: Confirm,
) -> None:  # fmt: skip
    """Tie the front desk to an application."""
    global _identify, _of_login, _login_by, _left_office, _confirm, _settings
    _identify, _of_login, _login_by, _left_office = identify, of_login, login_by, left_office
    _confirm, _settings = confirm, settings
    app.url_map.converters["int"] = Number
    Babel(app, locale_selector=language, timezone_selector=lambda: settings.time_zone)
    cast(Any, app.jinja_env).install_gettext_callables(
        gettext=lambda words: _catalog().gettext(words),
        ngettext=lambda one, more, count: _catalog().ngettext(one, more, count),
        newstyle=True,
    )
    app.before_request(_lead_to_the_name)
    app.before_request(_refuse_on_another_host)
    app.before_request(_refuse_cross_site)
    app.before_request(_say_who_acts)
    app.teardown_request(lambda _fault: activity.begin(None))
    app.after_request(_finish)
    app.register_error_handler(CabinetError, _answer_refusal)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(OperationalError, _answer_busy)
    app.register_error_handler(Exception, _answer_fault)
    app.context_processor(_context)
    app.jinja_env.filters.update(
        day=lambda at: format_date(at, "dd/MM/yyyy"),
        clock=lambda at: format_time(at, "HH:mm"),
        until=Calendar(ZoneInfo(settings.time_zone)).end_words,
        moment=lambda at: f"{format_time(at, 'HH:mm')}, {format_date(at, 'dd/MM/yyyy')}",
        long_day=long_day,
    )
    manifest = Path(app.static_folder or "") / "manifest.json"
    names = json.loads(manifest.read_text()) if manifest.exists() else {}
    app.jinja_env.globals.update(
        static_url=lambda name: f"/static/{names.get(name, name)}",
        csrf_token=csrf_token,
        in_language=in_language,
    )


def settings() -> Settings:
    assert _settings is not None
    return _settings


def language() -> str:
    """`?lang=` if given, else what this browser chose before, else Vietnamese."""
    chosen = "" if _is_of_files() else request.cookies.get(settings().cookie(LANGUAGE))
    asked = request.args.get("lang") or chosen
    return asked if asked in LANGUAGES else LANGUAGES[0]


def asks_for_a_language() -> bool:
    """Whether the answer sets this browser's language, and so is no other browser's."""
    return "lang" in request.args


def _catalog() -> NullTranslations:
    """The words of this request's language: a page asks for hundreds of them."""
    if "catalog" not in g:
        g.catalog = get_translations()
    return cast(NullTranslations, g.catalog)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Another language than the reader's, for as long as the block lasts."""
    readers = _catalog()
    with force_locale(language):
        g.catalog = get_translations()
        yield
    g.catalog = readers


def address(path: str, asked: Mapping[str, object]) -> str:
    """A path that asks for whatever here is not empty."""
    wanted = {name: value for name, value in asked.items() if value}
    return f"{path}?{urlencode(wanted)}" if wanted else path


def words_in(template: str, name: str) -> dict[str, str]:
    """What a template calls things in the reader's language, for files that go out."""
    words = vars(current_app.jinja_env.get_template(template).make_module())[name]
    return {key: str(said) for key, said in words.items()}


def field_words() -> dict[str, str]:
    """What the fields of forms are called, where they are named away from their form."""
    return words_in("_fields.html", "fields")


def in_language(code: str) -> str:
    """The address of this page in another language, with all that it was asked for."""
    asked = [pair for pair in request.args.items(multi=True) if pair[0] != "lang"]
    return "?" + urlencode([*asked, ("lang", code)])


def long_day(at: Any) -> str:
    """ "Thứ Ba, 24 tháng 11" in the reader's language."""
    text: str = format_date(at, "EEEE, d MMMM")
    return text[:1].upper() + text[1:]


def _cookie_name() -> str:
    return settings().cookie_name


def _secret() -> bytes:
    return settings().secret_key.get_secret_value().encode() or keys.store().secret()


def _lead_to_the_name() -> AnyResponse | None:
    """Whoever opens a page by the number of their own machine gets it under its name, to which
    passkeys are bound. Only a browser says that it opens a page."""
    number, name = "127.0.0.1", urlsplit(settings().base_url).hostname
    opens = request.headers.get("Sec-Fetch-Mode") == "navigate" and request.method in SAFE
    if not opens or name == number or urlsplit(request.host_url).hostname != number:
        return None
    path = own_path(request.full_path.rstrip("?"))
    return redirect(settings().base_url.rstrip("/") + path)


def _refuse_on_another_host() -> None:
    """What only administrators do is not there on the main host, nor on theirs what they never do,
    nor on the files' host whatever is no file: to whoever asks, signed in or not."""
    g.request_id = secrets.token_hex(4)
    rule = request.url_rule
    if rule is None:
        return
    if _is_of_files():
        is_file = hasattr(current_app.view_functions[rule.endpoint], "is_stored_file")
        if not is_file or request.method not in SAFE:
            raise NotFound("no file")
        if _owner() is None:
            raise LinkOver("no ticket for it")
        return
    if not settings().admin_url:
        return
    may = POLICY.get(permission_of(current_app.view_functions[rule.endpoint]), frozenset(Role))
    own = frozenset({Role.ADMINISTRATOR})
    if not may & own if _is_administration() else may <= own:
        raise NotFound("another host's")


def _refuse_cross_site() -> None:
    if request.method in SAFE:
        return
    if _is_signed():
        g.actor, request.max_content_length = None, _largest_of_a_machine()
        return
    if actor_or_none() is None:
        # Nobody who is not signed in sends files.
        request.max_content_length = STRANGERS_BYTES
    site = request.headers.get("Sec-Fetch-Site")
    if site not in (None, "same-origin", "none"):
        raise CrossSite(f"Sec-Fetch-Site: {site}")
    origin = request.headers.get("Origin")
    if origin is not None and origin not in settings().origins:
        raise CrossSite(f"Origin: {origin}")
    given = request.headers.get("X-CSRF-Token") or request.form.get(TOKEN, "")
    if not cookie_id() or not hmac.compare_digest(given.encode(), csrf_token().encode()):
        if cookie_id() and not _is_open_to_all() and _owner() is None:
            # Nothing would be done either way, and this is what its page can go on from.
            current_actor()
        raise CrossSite("the token is missing or old")


# What a form carries for the front desk itself, and, where an act is confirmed, for that.
TOKEN, PROOF = "csrf_token", "assertion"
FORMS = ("", "application/x-www-form-urlencoded", "multipart/form-data")


def _fields(view: View) -> Fields:
    return cast(Fields, getattr(view, "takes", Fields()))


def takes_a_body(view: View) -> bool:
    return _fields(view).body


def taken_by(view: View) -> frozenset[str]:
    """All that a form may send to a route."""
    fields = _fields(view)
    own = {TOKEN, PROOF} if hasattr(view, "is_confirmed") else {TOKEN}
    return fields.once | fields.many | own


def _refuse_what_is_not_asked_for(view: View) -> None:
    """Before anything is done: whatever the route does not declare, and twice what it asks for
    once (AC-06). What a reader's address asks for beside it changes nothing, and is let be."""
    if _is_signed():
        # Its standard lets a machine send more than is read: the signed token alone counts.
        return
    fields, taken = _fields(view), taken_by(view)
    if request.method not in SAFE and not fields.body and request.mimetype not in FORMS:
        raise NotAskedFor
    for sent in (request.form, request.files):
        for name in sent:
            is_once = len(sent.getlist(name)) == 1
            if name not in taken or not (is_once or name in fields.many):
                raise NotAskedFor
    if any(len(request.args.getlist(name)) > 1 for name in request.args):
        raise NotAskedFor
    if request.method not in SAFE and not request.args.keys() <= taken | {"lang"}:
        raise NotAskedFor


def _is_open_to_all() -> bool:
    """Whether nobody is looked up for this; where no route is found, nothing is."""
    rule = request.url_rule
    view = current_app.view_functions[rule.endpoint] if rule else None
    return view is None or permission_of(view) is Permission.ANYONE


def _is_signed() -> bool:
    rule = request.url_rule
    view = current_app.view_functions[rule.endpoint] if rule else None
    return getattr(view, "is_signed", False)


def _largest_of_a_machine() -> int:
    rule = request.url_rule
    view = current_app.view_functions[rule.endpoint] if rule else None
    return int(getattr(view, "largest", STRANGERS_BYTES))


def _say_who_acts() -> None:
    """For the log: what is written from here on is this person's act."""
    rule = request.url_rule
    if rule is None:
        return
    is_open_to_all = _is_open_to_all()
    if is_open_to_all and request.method in SAFE:
        # Files of the page and signs of life: nothing is done there, and nobody is looked up.
        return
    # Who holds a locked login and guesses at it is known as well.
    actor = _owner()
    if actor is None and not is_open_to_all:
        return
    who = activity.Acting(
        act=rule.endpoint,
        thing=_address(rule.rule),
        source=source(),
        port=whole_number(str(request.environ.get("REMOTE_PORT", ""))),
        browser=browser(),
        # Who only reads does nothing; what a reader may not see is noted all the same.
        is_noted=request.method in SAFE,
    )
    if actor is not None:
        who.person_id, who.login_id, who.office = actor.id, actor.login_id, actor.office
        who.roles = " ".join(sorted(actor.roles))
    activity.begin(who)


def _address(rule: str) -> str:
    """The address that was asked for; what is neither number nor name of a row may be a secret."""
    args = request.view_args or {}

    def filled(match: re.Match[str]) -> str:
        return str(args[match["name"]]) if match["kind"] or match["name"] == "public_id" else "…"

    return re.sub(r"<(?P<kind>int:)?(?:\w+:)?(?P<name>\w+)>", filled, rule)


def _address_asked() -> str:
    return _address(request.url_rule.rule) if request.url_rule else "…"


def _note_refusal(code: str, reason: str) -> None:
    if request.method in SAFE and code != Forbidden.code:
        return
    try:
        activity.refused(code, reason)
    except SQLAlchemyError as fault:
        # Nothing was done, and the reader is told so; that alone may stay unwritten.
        log.error("a refusal could not be noted", exc_info=fault)


def page_policy(settings: Settings) -> str:
    """What a page may do: also speak to the signing client on its own device, where one is set."""
    if not settings.signing_plugin:
        return PAGE_POLICY
    return PAGE_POLICY.replace(
        "connect-src 'self'", f"connect-src 'self' {settings.signing_plugin}"
    )


def _finish(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    is_worker = request.path.startswith("/static/") and "pdf.worker" in request.path
    response.headers.setdefault(
        "Content-Security-Policy", WORKER_POLICY if is_worker else page_policy(settings())
    )
    # A demo's name is asked for by http as well, tomorrow: it binds no browser for a year.
    if settings().secure and not settings().network_names:
        response.headers["Strict-Transport-Security"] = f"max-age={YEAR}"
    if request.path.startswith("/static/") and response.status_code in STATIC_FOUND:
        # The same for everybody; a refusal here is a page like any other, with its reader's name.
        is_named_by_content = NAMED_BY_CONTENT.search(request.path)
        response.headers["Cache-Control"] = (
            f"public, max-age={YEAR}, immutable" if is_named_by_content else "no-cache"
        )
        return response
    response.headers.setdefault("Cache-Control", "no-store")
    response.vary.add("Cookie")
    if not _is_of_files():
        _set_cookies(response)
    return response


# Which language one reads in, and what was said of what one has just done.
LANGUAGE, SAID = "ecabinet_lang", "ecabinet_said"


def _set_cookies(response: Response) -> None:
    attributes: dict[str, Any] = {
        "httponly": True,
        "samesite": "Lax",
        "path": "/",
        "secure": settings().secure,
    }
    if "new_cookie" in g:
        response.set_cookie(_cookie_name(), g.new_cookie, **attributes)
    if request.args.get("lang") in LANGUAGES:
        response.set_cookie(
            settings().cookie(LANGUAGE), request.args["lang"], max_age=YEAR, **attributes
        )
    if "said_next" in g:
        response.set_cookie(settings().cookie(SAID), g.said_next, max_age=60, **attributes)
    elif "said" in g and g.said:
        response.delete_cookie(settings().cookie(SAID), **attributes)


def _context() -> dict[str, Any]:
    owner = owner_if_asked()
    actor = None if owner is None or owner.is_locked else owner
    with reading() as db:
        now = clock.now(db)
        shifted = clock.offset(db)
    return {
        "actor": actor,
        "owner": owner,
        "may_search": bool(actor and actor.may(Permission.PAPER_READ)),
        "may_cast": bool(actor and actor.may(Permission.BALLOT_CAST)),
        "language": language(),
        "just_done": _said_words(),
        "demo": {"shifted": shifted} if settings().env == "demo" else None,
        "cabinet_name": settings().cabinet_name,
        "now": now,
        "request_id": g.get("request_id", ""),
    }


def _said_words() -> str | None:
    """What the act before this page did, in words; None when nothing is to be said."""
    if "said" not in g:
        g.said = request.cookies.get(settings().cookie(SAID))
        template = current_app.jinja_env.get_template("_said.html")
        g.said_words = template.render(said=g.said).strip() if g.said else None
    return cast("str | None", g.said_words)


# ---- refusals become answers ----


def _answer_refusal(refusal: CabinetError) -> AnyResponse:
    if isinstance(refusal, NotSignedIn) and not wants_json() and request.method in SAFE:
        if isinstance(refusal, LeftOffice):
            say("left_office")
        return redirect("/sign-in?next=" + quote(own_path(request.full_path.rstrip("?"))))
    reason = _reason_of(refusal)
    if not isinstance(refusal, NotFound):
        tell = log.error if isinstance(refusal, HsmAway) else log.info
        tell("refused", code=refusal.code, why=str(refusal), path=_address_asked())
    _note_refusal(refusal.code, reason)
    return _answer(refusal.status, refusal.code, reason, refusal.as_answer())


def refusal_told(refusal: CabinetError) -> dict[str, str | int]:
    """What a refusal says by itself where it is one of several things in an answer."""
    body = refusal.as_answer()
    return body | {"message": _refusal_in_words(refusal.code, _reason_of(refusal), body)}


def _reason_of(refusal: CabinetError) -> str:
    if isinstance(refusal, Refused):
        return f"{type(refusal.reason).__name__}.{refusal.reason.value}"
    return refusal.field if isinstance(refusal, BadInput) else ""


def _refusal_in_words(code: str, reason: str, body: dict[str, str | int]) -> str:
    # Not `render_template`, which asks the store for what stands around a page.
    refusal = current_app.jinja_env.get_template("_refusal.html")
    return refusal.render(code=code, reason=reason, body=body).strip()


def _answer_http(fault: HTTPException) -> AnyResponse:
    status = fault.code or 500
    if 300 <= status < 400:
        return fault.get_response()
    code = {404: "not_found", 405: "not_allowed", 413: "too_large"}.get(status, "bad_request")
    return _answer(status, code, "", {"code": code})


def _answer_busy(fault: OperationalError) -> AnyResponse:
    log.warning("the database is busy", fault=str(fault.orig))
    return _answer(503, "busy", "", {"code": "busy"})


def _answer_fault(fault: Exception) -> AnyResponse:
    log.error("fault", request=g.get("request_id"), path=_address_asked(), exc_info=fault)
    _note_refusal("failed", "")
    return _answer(500, "failed", "", {"code": "failed"})


def _answer(status: int, code: str, reason: str, body: dict[str, str | int]) -> AnyResponse:
    is_address = code == BadInput.code and request.method in SAFE
    message = _refusal_in_words("bad_address" if is_address else code, reason, body)
    request_id = g.get("request_id", "")
    if wants_json():
        response = make_response(body | {"message": message, "request": request_id}, status)
    else:
        field = str(body.get("field", ""))
        address = str(body.get("address", ""))
        response = make_response(_page_of(code, status, message, field, address), status)
    if "wait_seconds" in body:
        response.headers["Retry-After"] = str(body["wait_seconds"])
    return response


# What is never sent back to the browser in a page, not even to whoever has typed it.
SECRETS = frozenset({"password", "new", "old", "again", "code", "assertion"})


@dataclass(frozen=True)
class Mending:
    """A form that was refused for one field, as its page without a script can show it again."""

    field: str
    label: str
    typed: str
    kept: list[tuple[str, str]]
    action: str
    # Whether sending the same once more with this one field mended sends all that was sent.
    is_repeatable: bool


def _mending(field: str) -> Mending | None:
    """None for what no reader types or chooses."""
    label = field_words().get(field)
    if label is None:
        return None
    sent = [pair for pair in request.form.items(multi=True) if pair[0] != TOKEN]
    is_chosen = field in words_in("_fields.html", "chosen")
    return Mending(
        field=field,
        label=label,
        typed=request.values.get(field, ""),
        kept=[pair for pair in sent if pair[0] != field],
        action=own_path(request.full_path.rstrip("?")),
        is_repeatable=request.method == "POST"
        and not is_chosen
        and not request.files
        and not SECRETS & {field, *(name for name, _value in sent)},
    )


def _address_without(field: str) -> str:
    """This page without what was wrong in its address; nothing where no address was."""
    if request.method not in SAFE or not field:
        return ""
    return address(request.path, {**request.args, field: ""})


def _page_before() -> str:
    """The page that this request was sent from, where the browser says so."""
    before = urlsplit(request.referrer or "")
    # As it was sent: a request for another name than ours is answered by a page as well.
    if before.netloc != request.headers.get("Host"):
        return "/"
    return own_path(before.path + (f"?{before.query}" if before.query else ""))


def _page_of(code: str, status: int, message: str, field: str, address: str) -> str:
    if _is_of_files():
        # There is nothing there that a page is made of.
        return BARE_PAGE.format(escape(message))
    try:
        return render_template(
            "error.html", code=code, status=status, message=message,
            mending=_mending(field), back=_page_before(), address=address,
            without=_address_without(field),
        )  # fmt: skip
    except SQLAlchemyError as fault:
        # What is down is the store itself: then the sentence goes without its page.
        log.error("a refusal has no page", exc_info=fault)
        return BARE_PAGE.format(escape(message))
