"""Refusals to start, each beside a start that is taken (SEC-01)."""

import os
from pathlib import Path

import pytest

from ecabinet.errors import SettingRefused
from ecabinet.keys import Keys
from ecabinet.notices import Channel
from ecabinet.settings import from_environment
from exchange.senders import senders

SOUND = {
    "ECABINET_ENV": "production",
    "ECABINET_BASE_URL": "https://cabinet.example",
    "ECABINET_SECRET_KEY": "k" * 40,
    "ECABINET_PROXIES": "127.0.0.1",
}


def set_all(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_nothing_set_is_a_demo_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ECABINET_TEST_DATABASE_URL", raising=False)
    settings = from_environment()
    assert (settings.env, settings.embedded, settings.port) == ("demo", True, 8000)
    assert settings.key_waiting_seconds == 0
    assert settings.origins == {"http://localhost:8000", "http://127.0.0.1:8000"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ECABINET_BASE_URL", "http://cabinet.example"),
        ("ECABINET_SECRET_KEY", "short"),
        ("ECABINET_ENV", "staging"),
        ("ECABINET_ASYNC", "asyncio"),
        ("ECABINET_PROXIES", ""),
        ("ECABINET_PROXIES", "the proxy"),
    ],
)
def test_a_half_set_production_does_not_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    set_all(monkeypatch, SOUND)
    settings = from_environment()
    assert settings.key_waiting_seconds == 24 * 3600
    assert settings.origins == {"https://cabinet.example"}
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingRefused, match="ECABINET_"):
        from_environment()


TOKEN = {
    "ECABINET_HSM_MODULE": "/usr/lib/softhsm/libsofthsm2.so",
    "ECABINET_HSM_TOKEN": "e-cabinet",
    "ECABINET_HSM_PIN_FILE": "/run/ecabinet/pin",
}


@pytest.mark.parametrize("name", TOKEN)
@pytest.mark.parametrize("env", ["demo", "production"])
def test_a_half_set_token_does_not_start(
    monkeypatch: pytest.MonkeyPatch, env: str, name: str
) -> None:
    set_all(monkeypatch, SOUND | TOKEN | {"ECABINET_ENV": env})
    # The file is named, and not yet read: its PIN is no setting.
    assert from_environment().hsm == (
        Path(TOKEN["ECABINET_HSM_MODULE"]),
        "e-cabinet",
        Path("/run/ecabinet/pin"),
    )
    monkeypatch.delenv(name)
    with pytest.raises(SettingRefused, match="set together"):
        from_environment()


def test_a_pin_in_the_environment_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, SOUND | TOKEN)
    assert "ECABINET_HSM_PIN" not in os.environ
    monkeypatch.setenv("ECABINET_HSM_PIN", "246813")
    with pytest.raises(SettingRefused, match="ECABINET_HSM_PIN_FILE alone"):
        from_environment()


WAYS_OUT = {
    "ECABINET_SMTP_HOST": "mail.cabinet.example",
    "ECABINET_SMTP_FROM": "e-cabinet@cabinet.example",
    "ECABINET_SMTP_TLS": "tls",
    "ECABINET_SMS_URL": "https://sms.cabinet.example/send",
    "ECABINET_SMS_BODY": '{"phone": "{to}", "sms": "{text}"}',
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ECABINET_SMTP_FROM", ""),
        ("ECABINET_SMTP_TLS", "none"),
        ("ECABINET_SMTP_TLS", "ssl"),
        ("ECABINET_SMS_URL", "http://sms.cabinet.example/send"),
        ("ECABINET_SMS_URL", "sms.cabinet.example"),
    ],
)
def test_a_half_set_way_out_does_not_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    set_all(monkeypatch, SOUND | WAYS_OUT)
    assert from_environment().sms_body == {"phone": "{to}", "sms": "{text}"}
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingRefused, match="ECABINET_"):
        from_environment()


@pytest.mark.parametrize("env", ["demo", "production"])
def test_only_a_demo_calls_a_folder_a_way_out(monkeypatch: pytest.MonkeyPatch, env: str) -> None:
    """What no server took may not be called accepted."""
    set_all(monkeypatch, SOUND | {"ECABINET_ENV": env})
    assert bool(senders(from_environment())) is (env == "demo")
    set_all(monkeypatch, WAYS_OUT)
    assert set(senders(from_environment())) == set(Channel)


def test_a_secret_comes_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s" * 40 + "\n")
    monkeypatch.setenv("ECABINET_SECRET_KEY_FILE", str(tmp_path / "secret"))
    assert from_environment().secret_key.get_secret_value() == "s" * 40
    assert "sss" not in repr(from_environment())


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    Keys(tmp_path / "keys")
    (tmp_path / "keys" / "kek").chmod(0o644)
    with pytest.raises(SettingRefused, match="chmod 600"):
        Keys(tmp_path / "keys")
