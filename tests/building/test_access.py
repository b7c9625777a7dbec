"""The policy kept twice, and every door walked (AC-01, AC-02)."""

import pytest
from flask import Flask

from ecabinet.access import POLICY, Permission, Role
from tests.builders import PEOPLE, Cabinet

# Written out by hand on purpose: a change of policy must be made in two places.
# TT Prime Minister, PTT deputy, TV member, TK secretary, CV specialist, LĐ leader of the Office,
# VT clerk, CB staff of an agency, ĐM its focal person, QT administrator, KT auditor.
GRID = """
                      TT PTT TV TK CV LĐ VT CB ĐM QT KT
signed_in              x   x  x  x  x  x  x  x  x  x  x
dossier:read           x   x  x  x  x  x  x  .  .  .  x
dossier:read_all       .   .  .  x  x  x  x  .  .  .  x
dossier:write          .   .  .  x  x  .  .  .  .  .  .
paper:read             x   x  x  x  x  x  x  .  .  .  x
consultation:read      x   x  x  x  x  x  .  .  .  .  x
consultation:draft     .   .  .  x  x  .  .  .  .  .  .
consultation:approve   x   .  .  .  .  x  .  .  .  .  .
ballot:cast            .   .  x  .  .  .  .  .  .  .  .
result:read            x   x  x  x  x  x  .  .  .  .  x
meeting:read           x   x  x  x  x  x  x  .  .  .  x
meeting:prepare        .   .  .  x  x  .  .  .  .  .  .
meeting:convene        x   .  .  .  .  x  .  .  .  .  .
meeting:conduct        x   x  .  x  .  .  .  .  .  .  .
attendance:confirm     .   .  .  x  .  .  .  .  .  .  .
vote:cast              .   .  x  .  .  .  .  .  .  .  .
task:read              x   x  x  x  x  x  .  x  x  .  x
task:read_all          x   x  x  x  x  x  .  .  .  .  x
task:assign            x   x  .  .  x  x  .  .  .  .  .
task:report            .   .  .  .  .  .  .  x  x  .  .
device:enrol           .   .  x  .  .  .  .  .  .  .  .
device:confirm         .   .  .  x  .  .  .  .  .  .  .
account:manage         .   .  .  .  .  .  .  .  .  x  .
ledger:read            .   .  .  .  .  x  .  .  .  .  x
"""
ROLES = list(Role)


def test_the_policy_is_the_grid() -> None:
    rows = [line.split() for line in GRID.strip().splitlines()]
    assert len(rows[0]) == len(ROLES)
    grid = {
        Permission(name): frozenset(
            role for role, sign in zip(ROLES, signs, strict=True) if sign == "x"
        )
        for name, *signs in rows[1:]
    }
    assert grid == POLICY
    assert set(Permission) - set(POLICY) == {Permission.ANYONE}


def test_every_door_declares_who_may_use_it(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        assert isinstance(getattr(view, "permission", None), Permission), rule.rule


@pytest.mark.parametrize("username", PEOPLE)
def test_every_door_is_shut_to_whom_the_policy_shuts_it(
    app: Flask, cabinet: Cabinet, username: str
) -> None:
    """Who has the permission never gets "not yours to do"; who has not gets nothing else."""
    browser, actor = cabinet.browser(username), cabinet.actor(username)
    walked = 0
    for rule in app.url_map.iter_rules():
        permission = app.view_functions[rule.endpoint].permission  # type: ignore[attr-defined]
        path = rule.rule
        for converter in rule._converters:
            path = path.replace(_placeholder(rule.rule, converter), "987654")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            if path in ("/sign-out", "/step-up"):
                continue
            send = browser.get if method == "GET" else browser.post
            status = send(path, headers={"Accept": "application/json"}).status_code
            if actor.may(permission):
                assert status not in (401, 500), (method, path, status)
            else:
                assert status == 403, (method, path, status)
            walked += 1
    assert walked > 10


def _placeholder(rule: str, name: str) -> str:
    start = next(
        index for index in range(len(rule)) if rule[index] == "<" and rule[index:].find(name) > 0
        and rule[index : rule.index(">", index)].rpartition(":")[2].strip("<") == name
    )  # fmt: skip
    return rule[start : rule.index(">", start) + 1]


def test_nobody_signed_in_finds_no_door_but_the_open_ones(app: Flask, cabinet: Cabinet) -> None:
    browser = cabinet.browser()
    open_to_all = set()
    for rule in app.url_map.iter_rules():
        permission = app.view_functions[rule.endpoint].permission  # type: ignore[attr-defined]
        if permission is Permission.ANYONE:
            open_to_all.add(rule.rule)
            continue
        path = rule.rule
        for converter in rule._converters:
            path = path.replace(_placeholder(rule.rule, converter), "987654")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            send = browser.get if method == "GET" else browser.post
            answer = send(path, headers={"Accept": "application/json"})
            assert answer.status_code == 401, (method, path)
    # A door open to all must be added here by hand.
    assert open_to_all == {
        "/static/<path:filename>", "/healthz", "/sign-in", "/sign-in/code", "/sign-in/passkey",
        "/sign-in/passkey/options",
    }  # fmt: skip
