"""The policy as the auditor reads it."""

import re
from pathlib import Path

from ecabinet.access import POLICY, Permission, Role
from tests.builders import Cabinet

ROOT = Path(__file__).parent.parent.parent


def test_the_page_shows_the_policy_that_is_in_force(cabinet: Cabinet) -> None:
    page = cabinet.browser("kiemtoan").get("/rights").get_data(as_text=True)
    lines = re.findall(r"<tr>(.*?)</tr>", page.partition("<tbody>")[2], flags=re.DOTALL)
    shown = [re.findall(r">(được|được, với vai trò|không) ?</span>", line) for line in lines]
    # Both hold the member's role beside their own.
    members = (Role.PRIME_MINISTER, Role.DEPUTY_PM)

    def word(role: Role, roles: frozenset[Role]) -> str:
        if role in roles:
            return "được"
        return "được, với vai trò" if role in members and Role.MEMBER in roles else "không"

    assert shown == [[word(role, roles) for role in Role] for roles in POLICY.values()]
    assert "được, với vai trò" in shown[list(POLICY).index(Permission.VOTE_CAST)]


def test_whoever_the_page_says_holds_the_members_role_does(cabinet: Cabinet) -> None:
    for username in ("thutuong", "pttg1"):
        assert Role.MEMBER in cabinet.actor(username).roles


def test_each_right_and_each_role_is_named(cabinet: Cabinet) -> None:
    page = cabinet.browser("kiemtoan").get("/rights").get_data(as_text=True)
    names = re.findall(r'<th scope="row">([^<]+)</th>', page)
    assert len(set(names)) == len(POLICY) == len(Permission) - 1
    assert "Thủ tướng Chính phủ" in page


def test_the_printed_grid_is_the_policy_that_is_in_force() -> None:
    lines = (ROOT / "docs" / "rights.md").read_text().splitlines()
    rows = [line.strip("|").split("|") for line in lines if line.startswith("| `")]
    printed = {
        Permission(name.strip(" `")): frozenset(
            role for role, sign in zip(Role, signs, strict=True) if sign.strip() == "x"
        )
        for name, *signs in rows
    }
    assert printed == POLICY
