"""The child that opens strangers' files: limited, walled in, and gone afterwards."""

import time
from pathlib import Path

import pytest

from ecabinet import offload
from ecabinet.errors import SettingRefused
from ecabinet.settings import Settings

TESTS = Path(__file__).parent.parent


def run(name, **more):
    return offload.run(f"tests.documents.children.{name}", b"in", readable=[TESTS], **more)


def test_a_child_answers_with_words_and_files():
    answer = run("answers", made=("out",))
    assert answer.said == {"read": "in"}
    assert answer.files == {"out": b"made"}


def test_a_child_that_takes_all_memory_fails_alone():
    with pytest.raises(offload.Failed):
        run("eats_memory")


def test_a_child_that_the_system_ends_for_a_fault_is_told_from_one_that_took_too_much():
    with pytest.raises(offload.Crashed):
        run("faults")


def test_a_child_that_never_ends_is_killed():
    started = time.monotonic()
    with pytest.raises(offload.Failed):
        run("never_ends", limits=offload.Limits(wall_seconds=2))
    assert time.monotonic() - started < 10


def test_a_link_that_a_child_left_is_not_followed():
    assert run("leaves_a_link", made=("out",)).files == {"out": b""}


def test_a_child_sees_no_home_no_network_no_secrets(monkeypatch):
    assert offload.is_sandboxed(), "bubblewrap is part of what the tests need"
    monkeypatch.setenv("ECABINET_SECRET_KEY", "x" * 40)
    said = run("looks_around").said
    assert said == {"home": False, "data": False, "network": False, "secret": False, "write": False}


def test_a_production_without_walls_does_not_start(monkeypatch):
    production = Settings(
        env="production", base_url="https://h", secret_key="x" * 40, proxies="::1"
    )
    offload.check(production)
    monkeypatch.setattr(offload, "is_sandboxed", lambda: False)
    with pytest.raises(SettingRefused):
        offload.check(production)
