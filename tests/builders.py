"""Named people whom every test knows, and browsers for them."""

import functools
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from ecabinet import clock, heartbeat, ledger, pades, tsa, web
from ecabinet.access import Actor, Role, ShownBy
from ecabinet.db import database, reading, transaction
from people import queries, signing
from people.models import Login, Person
from people.service import directory, idle

STARTS = date(2026, 4, 1)
PASSWORD = "mot-mat-khau-dai-cho-moi-nguoi"
SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

# username: office, role, agency
PEOPLE: dict[str, tuple[str, Role, str | None]] = {
    "thutuong": ("Thủ tướng Chính phủ", Role.PRIME_MINISTER, None),
    "pttg1": ("Phó Thủ tướng Chính phủ", Role.DEPUTY_PM, None),
    "botruong.taichinh": ("Bộ trưởng Bộ Tài chính", Role.MEMBER, "taichinh"),
    "botruong.yte": ("Bộ trưởng Bộ Y tế", Role.MEMBER, "yte"),
    "botruong.xaydung": ("Bộ trưởng Bộ Xây dựng", Role.MEMBER, "xaydung"),
    "thuky": ("Thư ký phiên họp", Role.SECRETARY, None),
    "thuky2": ("Thư ký tổng hợp", Role.SECRETARY, None),
    "chuyenvien": ("Chuyên viên Vụ Tổng hợp", Role.SPECIALIST, None),
    "lanhdaovp": ("Phó Chủ nhiệm Văn phòng Chính phủ", Role.OFFICE_LEADER, None),
    "vanthu": ("Văn thư Văn phòng Chính phủ", Role.CLERK, None),
    "canbo.yte": ("Cán bộ đầu mối Bộ Y tế", Role.FOCAL_POINT, "yte"),
    "canbo.taichinh": ("Cán bộ Bộ Tài chính", Role.AGENCY_STAFF, "taichinh"),
    "quantri": ("Quản trị hệ thống", Role.ADMINISTRATOR, None),
    "kiemtoan": ("Kiểm toán viên", Role.AUDITOR, None),
}

# By what other systems are told whose answer it is (AC-09).
ID_LIKE = (
    "user_id", "userId", "user", "uid", "member_id", "memberId", "member", "person_id", "personId",
    "person", "voter_id", "voterId", "voter", "on_behalf_of", "behalf", "delegate_id", "delegator",
    "proxy_for", "as_user", "act_as", "impersonate", "sub", "subject", "owner_id", "actor_id",
    "login_id", "account", "username", "office_id", "principal_id",
)  # fmt: skip


@functools.cache
def hash_once() -> str:
    return signing.HASHER.hash(PASSWORD)


class Cabinet:
    """Five members, the Office's staff, two ministries' staff; N = 5."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.ids: dict[str, int] = {}
        self.agencies: dict[str, int] = {}
        with transaction() as db:
            if not self._is_there(db):
                self._found(db)

    def _is_there(self, db: Any) -> bool:
        """Whether this database is a copy of one with the cabinet in it."""
        self.ids = {each.username: each.id for each in db.scalars(select(Person))}
        self.agencies = {each.slug: each.id for each in queries.agencies(db)}
        return bool(self.ids)

    def _found(self, db: Any) -> None:
        ledger.begin(db, "localhost/test")
        pades.begin(db)
        tsa.begin(db)
        for order, (username, (title, role, slug)) in enumerate(PEOPLE.items(), 1):
            self._appoint(db, order, username, title, role, slug)

    def _appoint(
        self, db: Any, order: int, username: str, title: str, role: Role, slug: str | None
    ) -> None:
        agency = None
        if slug:
            if slug not in self.agencies:
                self.agencies[slug] = directory.add_agency(db, slug, f"Bộ {slug}", slug).id
            agency = db.get(queries.Agency, self.agencies[slug])
        person = directory.add_person(db, title, username, PASSWORD, SEED, hashed=hash_once())
        office = directory.add_office(db, title, role, order, agency)
        directory.appoint(db, person, office, STARTS)
        self.ids[username] = person.id

    def actor(self, username: str) -> Actor:
        with reading() as db:
            found = queries.actor(db, self.ids[username])
        assert found is not None
        return found

    def browser(self, username: str | None = None) -> "Browser":
        """A browser, signed in as this person if one is named."""
        browser = Browser(self.app.test_client())
        if username:
            browser.sign_in(username)
        return browser

    def leaves_office(self, username: str) -> None:
        """Somebody holds no office, as if they had never held one; nobody has ended anything."""
        with transaction() as db:
            person = db.scalars(select(Person).where(Person.username == username)).one()
            for term in person.terms:
                term.ends = term.starts

    def wait(self, **duration: float) -> None:
        """Let the cabinet's clock run on by seconds, minutes, hours or days."""
        with transaction() as db:
            heartbeat.skip(db, int(timedelta(**duration).total_seconds()))
            idle.move_on(db, int(timedelta(**duration).total_seconds()))

    def nobody_is_here(self, **duration: float) -> None:
        """The same, while nobody is at any page."""
        with transaction() as db:
            heartbeat.skip(db, int(timedelta(**duration).total_seconds()))

    def is_down(self, **duration: float) -> None:
        """The same, while no server beats."""
        with transaction() as db:
            clock.shift(db, int(timedelta(**duration).total_seconds()))
            idle.move_on(db, int(timedelta(**duration).total_seconds()))

    def wait_for_a_new_half_minute(self) -> None:
        """So that a test of codes is not itself cut by the end of one."""
        with reading() as db:
            into = int(clock.now(db).timestamp()) % 30
        self.wait(seconds=30 - into)


@dataclass(frozen=True)
class Scene:
    """A database with the files that belong to it, and what their maker has told of them."""

    database: str
    files: Path
    told: Any


class Browser:
    """A test client that sends what its page would have held."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.client.get(path, **kwargs)

    def post(self, path: str, data: Any = None, **kwargs: Any) -> TestResponse:
        kwargs.setdefault("headers", {})
        kwargs["headers"] = {"X-CSRF-Token": self.token()} | kwargs["headers"]
        return self.client.post(path, data=data, **kwargs)

    def token(self) -> str:
        if self.client.get_cookie("ecabinet") is None:
            self.client.get("/sign-in")
        cookie = self.client.get_cookie("ecabinet")
        assert cookie is not None
        kept = {"Cookie": f"ecabinet={cookie.value}"}
        with self.client.application.test_request_context(headers=kept):
            return web.csrf_token()

    def code(self) -> str:
        with reading() as db:
            return pyotp.TOTP(SEED).at(clock.now(db))

    def sign_in(self, username: str) -> None:
        """A whole login as if by password and code; those have tests of their own."""
        cookie = secrets.token_urlsafe(16)
        with transaction() as db:
            person = db.scalars(select(Person).where(Person.username == username)).one()
            db.add(
                Login(
                    public_id=secrets.token_hex(8),
                    digest=queries.digest(cookie),
                    person_id=person.id,
                    browser="test",
                    started_at=clock.now(db),
                    whole_at=clock.now(db),
                    step_up_at=clock.now(db),
                    shown_at=clock.now(db),
                    shown_by=ShownBy.CODE,
                    seen_at=clock.now(db),
                )
            )
        self.client.set_cookie("ecabinet", cookie)


def cookie_of(browser: Browser) -> str:
    """The secret by which a browser is known."""
    cookie = browser.client.get_cookie("ecabinet")
    assert cookie is not None
    return cookie.value


@contextmanager
def statements_sent() -> Iterator[list[str]]:
    """What is asked of the database, by whomever, while the block lasts."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    engine = database().engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
