"""Administration on a host of its own, and nobody who walks from person to person (AC-11)."""

import pytest

from ecabinet import web
from ecabinet.access import POLICY, Role
from ecabinet.errors import Refused, SettingRefused, TooMany
from ecabinet.settings import from_environment
from people import signing
from tests.builders import Browser, Cabinet
from tests.building.test_access import Way, ways
from tests.people.builders import registered, signed_in

pytestmark = pytest.mark.once

MAIN, OTHER = "http://localhost", "http://quantri.localhost"
JSON = {"Accept": "application/json"}
ALONE = frozenset({Role.ADMINISTRATOR})


@pytest.fixture
def apart(cabinet: Cabinet, monkeypatch: pytest.MonkeyPatch) -> Cabinet:
    """The cabinet with its administration under another name."""
    settings = web.settings().model_copy(update={"admin_url": OTHER})
    monkeypatch.setattr(web, "_settings", settings)
    monkeypatch.setitem(cabinet.app.config, "TRUSTED_HOSTS", list(settings.hosts))
    return cabinet


def at(cabinet: Cabinet, username: str, host: str) -> Browser:
    """Signed in under a name of the cabinet: no browser brings that login to the other."""
    browser = cabinet.browser(username)
    cookie = browser.client.get_cookie("ecabinet")
    assert cookie is not None
    name = host.partition("//")[2]
    browser.client.set_cookie("ecabinet", cookie.value, domain=name)
    return browser


def status(browser: Browser, way: Way, host: str) -> int:
    token = {"X-CSRF-Token": browser.token()}
    answer = browser.client.open(
        way.path(987654), method=way.method, base_url=host, headers=JSON | token
    )
    return answer.status_code


def test_what_administrators_alone_do_is_not_there_on_the_main_host(apart: Cabinet) -> None:
    administrator, stranger = at(apart, "quantri", OTHER), apart.browser()
    theirs = [each for each in ways() if POLICY.get(each.permission) == ALONE]
    assert len(theirs) > 20
    for way in theirs:
        assert status(administrator, way, MAIN) == 404, way
        assert status(stranger, way, MAIN) == 404, way
        assert status(administrator, way, OTHER) not in (401, 403, 500), way
    assert administrator.client.get("/persons/new", base_url=OTHER).status_code == 200


def test_what_administrators_never_do_is_not_there_on_theirs(apart: Cabinet) -> None:
    member, secretary = at(apart, "botruong.yte", OTHER), at(apart, "thuky", OTHER)
    for way in ways():
        if Role.ADMINISTRATOR in POLICY.get(way.permission, ALONE):
            continue
        for browser in (member, secretary):
            assert status(browser, way, OTHER) == 404, way
    assert member.client.get("/consultations", base_url=MAIN).status_code == 200


def test_a_role_counts_on_its_own_host_and_the_other_address_is_said(apart: Cabinet) -> None:
    administrator, member = at(apart, "quantri", OTHER), at(apart, "botruong.yte", OTHER)
    assert 'href="/persons"' in administrator.client.get("/", base_url=OTHER).text
    for browser, wrong, right in ((administrator, MAIN, OTHER), (member, OTHER, MAIN)):
        refused = browser.client.get("/", base_url=wrong)
        assert refused.status_code == 403
        assert f'href="{right}"' in refused.text
        assert "/persons" not in refused.text
        # Of what opens nothing here nothing stays in the browser.
        assert browser.client.get("/", base_url=wrong).location.startswith("/sign-in")
    # Who reads the persons for another reason reads them where they always did.
    page = apart.browser("lanhdaovp").get("/persons")
    assert page.status_code == 200


def test_a_passkey_is_good_at_both_addresses_and_at_no_other(apart: Cabinet) -> None:
    actor = signed_in(apart, "quantri")
    registered(actor, origin=OTHER)
    registered(actor, origin=MAIN)
    for origin in (f"{OTHER}.example", "http://x.localhost", f"{OTHER}:81"):
        with pytest.raises(Refused):
            registered(actor, origin=origin)


def test_without_the_setting_there_is_one_host_for_all(cabinet: Cabinet) -> None:
    administrator = cabinet.browser("quantri")
    assert administrator.get("/persons/new").status_code == 200
    assert administrator.client.get("/", base_url=OTHER).status_code == 400
    with pytest.raises(Refused):
        registered(signed_in(cabinet, "quantri"), origin=OTHER)


@pytest.mark.parametrize(
    "address",
    ["http://localhost:8000", "http://admin.example", "https://a.localhost", "x.localhost"],
)
def test_another_host_is_a_name_below_the_cabinets_own(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("ECABINET_ADMIN_URL", "http://quantri.localhost:8000")
    settings = from_environment()
    assert "quantri.localhost" in settings.hosts
    assert "http://quantri.localhost:8000" in settings.origins
    party = signing.relying_party(settings)
    assert (party.id, party.origins) == (
        "localhost", ("http://localhost:8000", "http://quantri.localhost:8000")
    )  # fmt: skip
    monkeypatch.setenv("ECABINET_ADMIN_URL", address)
    with pytest.raises(SettingRefused, match="ECABINET_ADMIN_URL"):
        from_environment()


def test_who_walks_from_person_to_person_is_stopped(cabinet: Cabinet) -> None:
    walker = cabinet.browser("kiemtoan")
    answers = [walker.get(f"/persons/{number}", headers=JSON) for number in range(1, 201)]
    assert {each.status_code for each in answers[:10]} == {200}
    assert {each.status_code for each in answers[40:]} == {429}
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert cabinet.browser("lanhdaovp").get("/persons/1").status_code == 200


def test_a_pace_is_each_logins_own_and_comes_back() -> None:
    pace = web.Pace(3, 60)
    for moment in (0, 10, 20):
        pace.step("one", moment)
    with pytest.raises(TooMany) as refused:
        pace.step("one", 30)
    assert refused.value.as_answer()["wait_seconds"] == 30
    pace.step("other", 30)
    pace.step("one", 60)
    with pytest.raises(TooMany):
        pace.step("one", 69)
    for moment in range(130, 600, 21):
        pace.step("one", moment)
