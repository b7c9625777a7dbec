"""Signing in by the account of one's office: a real provider, and one that lies (AUTH-11)."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ecabinet import outbox, web
from ecabinet.access import Role
from ecabinet.db import reading, transaction
from people import provider as wire
from people import queries, rules
from people.models import Login, OutsideAccount, OutsideEnd
from people.rules import OutsideDemand, OutsideRefusal, OutsideSignIn
from people.service import invitations, leaving, links
from tests.builders import Browser, Cabinet
from tests.people import outside
from tests.people.authenticator import Authenticator
from tests.people.builders import JSON, code, leaves, password, registered, signed_in
from tests.people.outside import (
    AtProvider,
    LyingProvider,
    RealProvider,
    come_back,
    link,
    reason_of,
    sent_to,
    sign_in,
)
from tests.people.test_invitations import accept, agreed, slip
from tests.wire.builders import serving


@pytest.fixture(scope="module")
def real() -> Iterator[RealProvider]:
    with outside.real_provider() as found:
        yield found


@pytest.fixture
def lying() -> Iterator[LyingProvider]:
    with outside.lying_provider() as found:
        yield found


def turn_on(monkeypatch: pytest.MonkeyPatch, issuer: str, **other: Any) -> None:
    changed = web.settings().model_copy(update=outside.demanded(issuer) | other)
    monkeypatch.setattr(web, "_settings", changed)


@pytest.fixture
def office(cabinet: Cabinet, real: RealProvider, monkeypatch: pytest.MonkeyPatch) -> RealProvider:
    """The cabinet's settings name the real provider."""
    turn_on(monkeypatch, real.issuer)
    return real


@pytest.fixture
def liar(cabinet: Cabinet, lying: LyingProvider, monkeypatch: pytest.MonkeyPatch) -> LyingProvider:
    """The cabinet's settings name the other one, and "minh" there is the secretary's account."""
    turn_on(monkeypatch, lying.issuer)
    with transaction() as db:
        links.keep(db, cabinet.ids["thuky"], lying.issuer, "minh")
    return lying


def told(cabinet: Cabinet, username: str) -> list[str]:
    with reading() as db:
        return [each.kind for each in outbox.inbox(db, cabinet.ids[username])]


# ---- a real provider ----


def test_somebody_links_an_account_and_signs_in_by_it_ever_after(
    cabinet: Cabinet, office: RealProvider
) -> None:
    own = cabinet.browser("thuky")
    assert link(own, AtProvider(office, "thuky@vpcp")).status_code == 200
    assert "Đã liên kết" in own.get("/devices").text
    assert "outside_linked" in told(cabinet, "thuky")
    (leaf,) = leaves("outside_account_linked")
    assert (leaf["person"], leaf["issuer"]) == (cabinet.ids["thuky"], office.issuer)
    browser = cabinet.browser()
    assert "Đăng nhập bằng tài khoản của cơ quan" in browser.get("/sign-in").text
    before = browser.client.get_cookie("ecabinet")
    answer = sign_in(browser, AtProvider(office, "thuky@vpcp"), next="/tasks?shown=late")
    assert answer.json == {"location": "/tasks?shown=late"}
    assert browser.client.get_cookie("ecabinet") != before
    assert "bằng tài khoản của cơ quan" in browser.get("/devices").text


def test_whatever_the_provider_says_of_rights_is_nothing_here(
    cabinet: Cabinet, office: RealProvider
) -> None:
    """It says administrator, and the Prime Minister's address, of everybody."""
    browser = cabinet.browser()
    assert reason_of(sign_in(browser, AtProvider(office, "stranger"))) == "unknown"
    assert browser.get("/devices").status_code == 302
    assert link(cabinet.browser("thuky"), AtProvider(office, "thuky@vpcp")).status_code == 200
    sign_in(browser, AtProvider(office, "thuky@vpcp"))
    assert cabinet.actor("thuky").roles == {Role.SECRETARY}
    assert browser.get("/persons").status_code == 403
    assert browser.get("/devices/pending").status_code == 200


def test_a_code_and_a_state_are_good_once(cabinet: Cabinet, office: RealProvider) -> None:
    link(cabinet.browser("thuky"), AtProvider(office, "thuky@vpcp"))
    person, browser = AtProvider(office, "thuky@vpcp"), cabinet.browser()
    given = person.back_from(sent_to(browser))
    assert come_back(browser, given).status_code == 200
    assert reason_of(come_back(browser, given)) == "not_proven"
    again = cabinet.browser()
    fresh = person.back_from(sent_to(again))
    assert reason_of(come_back(again, fresh | {"code": given["code"]})) == "not_proven"


def test_its_end_there_ends_it_here_within_two_seconds_and_nothing_else(
    cabinet: Cabinet, office: RealProvider
) -> None:
    by_code, browser, person = (
        cabinet.browser("thuky"), cabinet.browser(), AtProvider(office, "thuky@vpcp")
    )  # fmt: skip
    link(by_code, person)
    assert sign_in(browser, person).status_code == 200
    other = cabinet.browser("chuyenvien")
    with serving(cabinet.app, office.ended_port) as served:
        screen, stays = served.screen_of(browser), served.screen_of(other)
        person.sign_out()
        assert screen.gone.wait(2)
        assert not stays.gone.is_set()
    assert browser.get("/devices").status_code == 302
    assert by_code.get("/devices").status_code == 200


def test_who_signs_out_here_is_signed_out_there_and_sent_back(
    cabinet: Cabinet, office: RealProvider
) -> None:
    browser, person = cabinet.browser(), AtProvider(office, "thuky@vpcp")
    link(cabinet.browser("thuky"), person)
    assert sign_in(browser, person).status_code == 200
    address = signed_out(browser)
    assert address.startswith(f"{office.issuer}/session/end?")
    assert browser.get("/devices").status_code == 302
    back = person.sign_out(address)
    assert back.startswith(f"{outside.HOME}/sign-in/outside/left")
    said = browser.client.get(back.removeprefix(outside.HOME), follow_redirects=True).text
    assert "đã đăng xuất ở đây và ở nơi đăng nhập của cơ quan" in said
    # Nobody is signed in there any more: it asks for an account again.
    assert person.is_asked_who_it_is(sent_to(browser))


def signed_out(browser: Browser) -> str:
    answer = browser.post("/sign-out", headers=JSON)
    assert answer.status_code == 200
    assert answer.json
    return str(answer.json["location"])


def test_who_signed_in_by_own_factors_signs_out_here_alone(
    cabinet: Cabinet, office: RealProvider
) -> None:
    assert signed_out(cabinet.browser("thuky")) == "/sign-in"


def test_where_the_provider_is_down_a_sentence_says_so_and_the_other_ways_are_open(
    cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = registered(signed_in(cabinet, "thuky"))
    turn_on(monkeypatch, f"http://localhost:{outside.free_port()}")
    browser = cabinet.browser()
    answer = browser.post("/sign-in/outside", headers=JSON)
    assert (answer.status_code, reason_of(answer)) == (409, "unreachable")
    assert answer.json
    assert "Chưa liên lạc được với nơi đăng nhập của cơ quan" in answer.json["message"]
    assert "could not be reached" in browser.post("/sign-in/outside?lang=en", headers=JSON).text
    assert password(browser, "thuky").status_code == 303
    assert code(browser, browser.code()).status_code == 303
    assert by_passkey(cabinet.browser(), holder) == 200


def by_passkey(browser: Browser, holder: Authenticator) -> int:
    options = browser.post("/sign-in/passkey/options", headers=JSON).json
    body = {"answer": holder.get(options or {}), "next": "/"}
    return browser.post("/sign-in/passkey", json=body, headers=JSON).status_code


# ---- whose errand it is ----


def test_what_one_browser_began_no_other_ends(cabinet: Cabinet, liar: LyingProvider) -> None:
    browser, thief = cabinet.browser(), cabinet.browser()
    sent_to(thief)
    given = liar.back_from(sent_to(browser))
    assert reason_of(come_back(thief, given)) == "not_proven"
    assert reason_of(come_back(thief, given | {"state": "made up"})) == "not_proven"
    assert come_back(browser, given).status_code == 200


def test_to_sign_in_is_not_to_link_and_the_other_way(cabinet: Cabinet, liar: LyingProvider) -> None:
    own = cabinet.browser("chuyenvien")
    liar.lies = {"sub": "hoa"}
    meant = liar.back_from(sent_to(own))
    assert reason_of(come_back(own, meant, "/outside-account/finish")) == "not_proven"
    meant = liar.back_from(sent_to(own, "/outside-account"))
    assert reason_of(come_back(own, meant)) == "not_proven"
    meant = liar.back_from(sent_to(own, "/outside-account"))
    other = cabinet.browser("thuky2")
    assert reason_of(come_back(other, meant, "/outside-account/finish")) == "not_proven"
    assert come_back(own, meant, "/outside-account/finish").status_code == 200


def test_an_errand_is_good_for_five_minutes(cabinet: Cabinet, liar: LyingProvider) -> None:
    for minutes, expected in ((4, 200), (5.1, 409)):
        browser = cabinet.browser()
        given = liar.back_from(sent_to(browser))
        cabinet.wait(minutes=minutes)
        assert come_back(browser, given).status_code == expected


def test_the_provider_is_asked_for_what_is_demanded_and_never_told_where_one_goes(
    cabinet: Cabinet, liar: LyingProvider
) -> None:
    assert sign_in(cabinet.browser(), liar, next="/tasks").json == {"location": "/tasks"}
    (asked,) = liar.asked_for
    assert asked.items() >= {
        "response_type": "code", "scope": "openid", "client_id": "ecabinet",
        "redirect_uri": "http://localhost/sign-in/outside", "max_age": "900",
        "acr_values": "two-factors", "code_challenge_method": "S256",
    }.items()  # fmt: skip
    assert min(len(asked[each]) for each in ("state", "nonce", "code_challenge")) >= 43
    assert "tasks" not in str(asked)


def test_one_comes_back_only_to_a_page_of_our_own(cabinet: Cabinet, liar: LyingProvider) -> None:
    answer = sign_in(cabinet.browser(), liar, next="https://evil.example/")
    assert answer.json == {"location": "/"}


def test_who_gives_up_there_is_told_of_the_other_ways(
    cabinet: Cabinet, liar: LyingProvider
) -> None:
    browser = cabinet.browser()
    sent_to(browser)
    answer = browser.get("/sign-in/outside?error=access_denied&state=x")
    assert answer.location == "/sign-in"
    assert "Hãy dùng một cách dưới đây" in browser.get("/sign-in").text


# ---- what a provider may say, one lie at a time ----

NOW = int(time.time())
LIES: dict[str, tuple[dict[str, Any], str]] = {
    "another issuer": ({"iss": "https://idp.example"}, "not_proven"),
    "no issuer": ({"iss": None}, "not_proven"),
    "another client's": ({"aud": "another"}, "not_proven"),
    "ours and another's": ({"aud": ["ecabinet", "another"]}, "not_proven"),
    "for us, given to another": ({"azp": "another"}, "not_proven"),
    "for nobody": ({"aud": None}, "not_proven"),
    "another nonce": ({"nonce": "of another errand"}, "not_proven"),
    "no nonce": ({"nonce": None}, "not_proven"),
    "expired": ({"exp": NOW - 120}, "not_proven"),
    "for ever": ({"exp": None}, "not_proven"),
    "made in the future": ({"iat": NOW + 3600}, "not_proven"),
    "not yet": ({"nbf": NOW + 3600}, "not_proven"),
    "another's access token": ({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, "not_proven"),
    "no time of sign-in": ({"auth_time": None}, "not_proven"),
    "a time that is none": ({"auth_time": "now"}, "not_proven"),
    "signed in long ago": ({"auth_time": NOW - 3600}, "too_old"),
    "signs in tomorrow": ({"auth_time": NOW + 86_400}, "too_old"),
    "too weak": ({"acr": "password"}, "weak"),
    "of no strength": ({"acr": None}, "weak"),
    "a method too few": ({"amr": ["pwd"]}, "weak"),
    "methods in one word": ({"amr": "pwd otp"}, "not_proven"),
    "nobody": ({"sub": None}, "not_proven"),
    "somebody without a name": ({"sub": ""}, "not_proven"),
    "somebody unknown": ({"sub": "hoa"}, "unknown"),
    "the same in capitals": ({"sub": "MINH"}, "unknown"),
    "a number": ({"sub": 1}, "not_proven"),
}


@pytest.mark.parametrize(("lie", "expected"), LIES.values(), ids=LIES)
def test_a_token_that_lies_signs_nobody_in(
    cabinet: Cabinet, liar: LyingProvider, lie: dict[str, Any], expected: str
) -> None:
    liar.lies = lie
    browser = cabinet.browser()
    assert reason_of(sign_in(browser, liar)) == expected
    assert browser.get("/devices").status_code == 302
    liar.lies = {}
    assert sign_in(browser, liar).status_code == 200


FORGERIES = [
    outside.unsigned,
    outside.by_the_public_key,
    outside.by_a_key_in_the_token,
    outside.by_another_key,
    outside.changed_after_signing,
    lambda *_: "",
    lambda *_: None,
    lambda *_: "a.b.c",
]


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_token_that_the_provider_has_not_signed_signs_nobody_in(
    cabinet: Cabinet, liar: LyingProvider, forgery: Any
) -> None:
    liar.sign = forgery
    browser = cabinet.browser()
    assert reason_of(sign_in(browser, liar)) == "not_proven"
    liar.sign = None
    assert sign_in(browser, liar).status_code == 200


def test_a_code_of_another_provider_is_given_to_neither(
    cabinet: Cabinet, liar: LyingProvider
) -> None:
    """Mix-up: whoever answers says who it is, and what it says is compared (RFC 9207)."""
    browser = cabinet.browser()
    given = liar.back_from(sent_to(browser))
    mixed = given | {"iss": "https://other.example"}
    assert reason_of(come_back(browser, mixed)) == "not_proven"
    assert given["code"] in liar.nonces, "the code was sent to the provider that did not make it"
    assert sign_in(browser, liar).status_code == 200


def test_who_says_it_names_itself_must(cabinet: Cabinet, liar: LyingProvider) -> None:
    liar.about = {"authorization_response_iss_parameter_supported": True}
    browser = cabinet.browser()
    unnamed = liar.back_from(sent_to(browser)) | {"iss": ""}
    assert reason_of(come_back(browser, unnamed)) == "not_proven"
    assert sign_in(browser, liar).status_code == 200


def test_the_same_name_at_another_provider_is_somebody_else(
    cabinet: Cabinet, liar: LyingProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sign_in(cabinet.browser(), liar).status_code == 200
    with outside.lying_provider() as other:
        turn_on(monkeypatch, other.issuer)
        assert reason_of(sign_in(cabinet.browser(), other)) == "unknown"


def test_who_has_left_office_is_as_unknown_as_a_stranger(
    cabinet: Cabinet, liar: LyingProvider
) -> None:
    browser = cabinet.browser()
    assert sign_in(browser, liar).status_code == 200
    cabinet.leaves_office("thuky")
    left = sign_in(cabinet.browser(), liar)
    liar.lies = {"sub": "hoa"}
    unknown = sign_in(cabinet.browser(), liar)
    assert reason_of(left) == reason_of(unknown) == "unknown"
    assert left.json
    assert unknown.json
    assert left.json["message"] == unknown.json["message"]


DESCRIPTIONS: dict[str, dict[str, Any]] = {
    "another": {"issuer": "https://idp.example"},
    "codes are taken elsewhere": {"token_endpoint": "https://evil.example/token"},
    "keys are kept elsewhere": {"jwks_uri": "http://127.0.0.1:1/jwks"},
    "one is asked elsewhere": {"authorization_endpoint": "javascript:alert(1)"},
    "nowhere": {"token_endpoint": None},
}


@pytest.mark.parametrize("about", DESCRIPTIONS.values(), ids=DESCRIPTIONS)
def test_a_provider_that_leads_elsewhere_is_none(
    cabinet: Cabinet, liar: LyingProvider, about: dict[str, Any]
) -> None:
    liar.about = about
    answer = cabinet.browser().post("/sign-in/outside", headers=JSON)
    assert reason_of(answer) == "unreachable"
    liar.about = {}
    assert sign_in(cabinet.browser(), liar).status_code == 200


# ---- what it is good for here ----


def test_it_is_no_step_up_and_changes_no_factor(cabinet: Cabinet, liar: LyingProvider) -> None:
    browser = cabinet.browser()
    assert sign_in(browser, liar).status_code == 200
    for path in ("/passkeys/options", "/outside-account"):
        assert reason_of(browser.post(path, headers=JSON)) == "step_up_needed", path
    assert browser.post("/recovery-codes", headers=JSON).json["code"] == "step_up_needed"
    assert browser.post("/step-up", {"code": browser.code()}).status_code == 200
    assert browser.post("/passkeys/options", headers=JSON).status_code == 200


def test_only_who_has_just_shown_own_factors_links(cabinet: Cabinet, office: RealProvider) -> None:
    browser = cabinet.browser("thuky")
    cabinet.wait(minutes=6)
    assert reason_of(browser.post("/outside-account", headers=JSON)) == "step_up_needed"
    browser.post("/step-up", {"code": browser.code()})
    assert link(browser, AtProvider(office, "thuky@vpcp")).status_code == 200


def test_one_account_there_is_one_persons_here(cabinet: Cabinet, liar: LyingProvider) -> None:
    assert reason_of(link(cabinet.browser("chuyenvien"), liar)) == "already_linked"
    liar.lies = {"sub": "hoa"}
    assert reason_of(link(cabinet.browser("thuky"), liar)) == "already_linked"
    assert link(cabinet.browser("chuyenvien"), liar).status_code == 200


def linked(cabinet: Cabinet, username: str) -> int:
    with reading() as db:
        return len(queries.outside_accounts_of(db, cabinet.ids[username]))


def test_who_ends_a_link_is_signed_out_wherever_it_was_used(
    cabinet: Cabinet, liar: LyingProvider
) -> None:
    own, browser = cabinet.browser("thuky"), cabinet.browser()
    assert sign_in(browser, liar).status_code == 200
    assert own.post("/outside-account/end").status_code == 303
    assert browser.get("/devices").status_code == 302
    assert own.get("/devices").status_code == 200
    assert reason_of(sign_in(browser, liar)) == "unknown"
    assert len(leaves("outside_account_ended")) == 1


def test_leaving_office_ends_the_link_and_what_it_has_opened(
    cabinet: Cabinet, liar: LyingProvider
) -> None:
    browser = cabinet.browser()
    assert sign_in(browser, liar).status_code == 200
    cabinet.leaves_office("thuky")
    with transaction() as db:
        leaving.end_access(db, cabinet.ids["thuky"])
    assert browser.get("/devices").status_code == 302
    assert linked(cabinet, "thuky") == 0


def test_an_account_that_begins_anew_is_linked_to_none(
    cabinet: Cabinet, liar: LyingProvider
) -> None:
    agreed(cabinet, invitations.ask_to_reset, "thuky")
    path = slip(cabinet.browser("quantri"), cabinet.ids["thuky"])
    assert linked(cabinet, "thuky") == 1
    assert accept(cabinet.browser(), path) == (200, "")
    assert linked(cabinet, "thuky") == 0
    assert reason_of(sign_in(cabinet.browser(), liar)) == "unknown"


def test_an_invitation_is_void_once_an_account_is_linked(
    cabinet: Cabinet, liar: LyingProvider
) -> None:
    agreed(cabinet, invitations.ask_to_reset, "chuyenvien")
    path = slip(cabinet.browser("quantri"), cabinet.ids["chuyenvien"])
    with transaction() as db:
        links.keep(db, cabinet.ids["chuyenvien"], liar.issuer, "hoa")
    assert accept(cabinet.browser(), path) == (409, "gone")


def test_whoever_disowns_such_a_login_ends_the_link_as_well(
    cabinet: Cabinet, liar: LyingProvider
) -> None:
    own = cabinet.browser("thuky")
    assert sign_in(cabinet.browser(), liar).status_code == 200
    with reading() as db:
        newest = queries.open_logins(db, cabinet.ids["thuky"])[0].public_id
    assert own.post(f"/logins/{newest}/disown").status_code == 303
    assert linked(cabinet, "thuky") == 0


def test_the_database_names_no_sign_in_of_the_provider(
    cabinet: Cabinet, liar: LyingProvider
) -> None:
    liar.lies = {"sid": "CANARY-sid"}
    assert sign_in(cabinet.browser(), liar).status_code == 200
    with reading() as db:
        (login,) = queries.open_logins(db, cabinet.ids["thuky"])
        assert login.outside_session
        assert "CANARY" not in repr(vars(login))
        assert db.query(OutsideAccount).one().used_at is not None


def test_without_the_setting_there_is_no_such_way(cabinet: Cabinet) -> None:
    browser = cabinet.browser()
    assert "tài khoản của cơ quan" not in browser.get("/sign-in").text
    assert browser.post("/sign-in/outside", headers=JSON).status_code == 404
    assert browser.post("/sign-in/outside/finish", {"state": "s", "code": "c"}).status_code == 404
    told = browser.client.post("/sign-in/outside/ended", data={"logout_token": "x"})
    assert told.status_code == 404
    assert cabinet.browser("thuky").post("/outside-account", headers=JSON).status_code == 404
    assert "Tài khoản của cơ quan" not in cabinet.browser("thuky").get("/devices").text


# ---- the provider's own word that it is over ----


def say_ended(cabinet: Cabinet, token: str) -> int:
    """From the provider's server, which has neither a cookie nor a token of a page."""
    stranger = cabinet.browser().client
    return stranger.post("/sign-in/outside/ended", data={"logout_token": token}).status_code


ENDS: dict[str, dict[str, Any]] = {
    "by both": {}, "by its number": {"sub": None}, "by its account": {"sid": None},
}  # fmt: skip


@pytest.mark.parametrize("said", ENDS.values(), ids=ENDS)
def test_what_is_over_there_is_over_here(
    cabinet: Cabinet, liar: LyingProvider, said: dict[str, Any]
) -> None:
    browser, by_code = cabinet.browser(), cabinet.browser("thuky")
    assert sign_in(browser, liar).status_code == 200
    assert say_ended(cabinet, liar.logout(**said)) == 200
    assert browser.get("/devices").status_code == 302
    assert by_code.get("/devices").status_code == 200
    assert say_ended(cabinet, liar.logout(**said)) == 200, "said twice"


def test_the_end_of_another_sign_in_is_not_the_end_of_this_one(
    cabinet: Cabinet, liar: LyingProvider
) -> None:
    browser = cabinet.browser()
    assert sign_in(browser, liar).status_code == 200
    assert say_ended(cabinet, liar.logout(sid="s-2")) == 200
    assert say_ended(cabinet, liar.logout(sid=None, sub="hoa")) == 200
    assert say_ended(cabinet, liar.logout(sub="hoa")) == 200
    assert browser.get("/devices").status_code == 200


@pytest.mark.parametrize("said", ENDS.values(), ids=ENDS)
def test_an_end_that_comes_before_its_login_still_ends_it(
    cabinet: Cabinet, liar: LyingProvider, said: dict[str, Any]
) -> None:
    browser = cabinet.browser()
    on_the_way = liar.back_from(sent_to(browser))
    assert say_ended(cabinet, liar.logout(**said)) == 200
    assert reason_of(come_back(browser, on_the_way)) == "over"
    assert browser.get("/devices").status_code == 302
    # Somebody who has signed in there since is another sign-in.
    liar.lies = {"sid": "s-2", "auth_time": int(time.time()) + 5}
    assert sign_in(cabinet.browser(), liar).status_code == 200


def test_an_end_is_remembered_no_longer_than_somebody_could_come_with_it(
    cabinet: Cabinet, liar: LyingProvider
) -> None:
    long_ago = int(time.time()) - 600
    assert say_ended(cabinet, liar.logout()) == 200
    with transaction() as db:
        (kept,) = db.query(OutsideEnd)
        assert timedelta(minutes=4) < kept.until - datetime.now(UTC) <= timedelta(minutes=5)
        kept.until = datetime.fromtimestamp(long_ago, UTC)
    assert sign_in(cabinet.browser(), liar).status_code == 200
    assert say_ended(cabinet, liar.logout(sid="s-9", jti="k")) == 200
    with reading() as db:
        assert db.query(OutsideEnd).count() == 1


@pytest.mark.parametrize(
    "about", [{}, {"end_session_endpoint": "https://evil.example/out"}], ids=["none", "elsewhere"]
)
def test_where_there_is_no_way_out_one_is_told_that_it_is_left_to_do(
    cabinet: Cabinet, liar: LyingProvider, about: dict[str, Any]
) -> None:
    liar.about = {"end_session_endpoint": f"{liar.issuer}/out"}
    browser = cabinet.browser()
    assert sign_in(browser, liar).status_code == 200
    address = signed_out(browser)
    assert address.startswith(f"{liar.issuer}/out?")
    hint = outside.read(outside.asked(address)["id_token_hint"])
    assert (hint["sub"], hint["sid"]) == ("minh", "s-1")
    liar.about = about
    wire._known.clear()
    assert sign_in(browser, liar).status_code == 200
    assert signed_out(browser) == "/sign-in"
    assert "chưa đăng xuất được ở nơi đăng nhập của cơ quan" in browser.get("/sign-in").text


def test_where_the_provider_is_down_one_signs_out_here_all_the_same(
    cabinet: Cabinet, liar: LyingProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = cabinet.browser()
    assert sign_in(browser, liar).status_code == 200
    turn_on(monkeypatch, f"http://localhost:{outside.free_port()}")
    assert signed_out(browser) == "/sign-in"
    assert "chưa đăng xuất được" in browser.get("/sign-in").text
    assert browser.get("/devices").status_code == 302


def test_what_the_provider_said_is_kept_sealed_and_until_the_login_ends(
    cabinet: Cabinet, liar: LyingProvider
) -> None:
    browser = cabinet.browser()
    assert sign_in(browser, liar).status_code == 200
    with reading() as db:
        (login,) = queries.open_logins(db, cabinet.ids["thuky"])
        sealed = login.outside_token
        assert sealed
        assert b"eyJ" not in sealed
    signed_out(browser)
    with reading() as db:
        assert db.get_one(Login, login.id).outside_token is None


FALSE_ENDS: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://idp.example"},
    "another client's": {"aud": "another"},
    "expired": {"exp": NOW - 120},
    "for ever": {"exp": None},
    "of no moment": {"iat": None},
    "with a nonce": {"nonce": "n"},
    "no event": {"events": None},
    "another event": {"events": {"http://schemas.example/other": {}}},
    "of nobody": {"sid": None, "sub": None},
}


@pytest.mark.parametrize("lie", FALSE_ENDS.values(), ids=FALSE_ENDS)
def test_an_end_that_lies_ends_nothing(
    cabinet: Cabinet, liar: LyingProvider, lie: dict[str, Any]
) -> None:
    browser = cabinet.browser()
    assert sign_in(browser, liar).status_code == 200
    assert say_ended(cabinet, liar.logout(**lie)) == 400
    assert browser.get("/devices").status_code == 200
    assert say_ended(cabinet, liar.logout()) == 200


@pytest.mark.parametrize("forgery", [*FORGERIES[:5], lambda liar, _: liar.signed(liar.claims("n"))])
def test_an_end_that_the_provider_has_not_said_ends_nothing(
    cabinet: Cabinet, liar: LyingProvider, forgery: Any
) -> None:
    """A token of a sign-in is none of an end."""
    browser = cabinet.browser()
    assert sign_in(browser, liar).status_code == 200
    said = outside.read(liar.logout())
    assert say_ended(cabinet, forgery(liar, said)) == 400
    assert browser.get("/devices").status_code == 200


# ---- the rule ----

DEMAND = OutsideDemand(frozenset({"high", "gold"}), frozenset({"otp"}), timedelta(minutes=15))
AT = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("strength", "methods", "minutes_ago", "refusal"),
    [
        ("high", {"otp"}, 0, None),
        ("gold", {"otp", "pwd"}, 15, None),
        ("low", {"otp"}, 0, OutsideRefusal.WEAK),
        ("", {"otp"}, 0, OutsideRefusal.WEAK),
        ("high", {"pwd"}, 0, OutsideRefusal.WEAK),
        ("high", {"otp"}, 15.6, OutsideRefusal.TOO_OLD),
        ("high", {"otp"}, -0.6, OutsideRefusal.TOO_OLD),
    ],
)
def test_strength_and_time_of_a_sign_in_there(
    strength: str, methods: set[str], minutes_ago: float, refusal: OutsideRefusal | None
) -> None:
    at = AT - timedelta(minutes=minutes_ago)
    shown = OutsideSignIn("minh", None, at, strength, frozenset(methods))
    assert rules.outside_refusal(shown, DEMAND, AT) == refusal


def test_a_provider_that_hangs_keeps_few_of_our_threads(
    cabinet: Cabinet, liar: LyingProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = cabinet.browser()
    assert sign_in(browser, liar).status_code == 200
    for _ in range(wire.AT_ONCE):
        wire._turns.acquire()
    try:
        given = liar.back_from(sent_to(browser))
        began = time.monotonic()
        assert reason_of(come_back(browser, given)) == "unreachable"
        assert time.monotonic() - began < 3
    finally:
        for _ in range(wire.AT_ONCE):
            wire._turns.release()
    assert sign_in(browser, liar).status_code == 200
