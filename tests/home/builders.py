"""What the rooms' sources say, so that their words can be held against it."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
NOTIFIED = re.compile(r'outbox\.notify\(\s*[^"]*?"([a-z]\w{3,})"', re.DOTALL)
WAITING = re.compile(r'Duty\(\s*(?:kind=)?"(\w+)"')


def kinds_said(room: str) -> set[str]:
    """The kinds that this room's source names where it notifies and where it lists duties."""
    source = "\n".join(path.read_text() for path in (ROOT / room).rglob("*.py"))
    return {*NOTIFIED.findall(source), *WAITING.findall(source)}


def template(room: str) -> Path:
    return ROOT / "templates" / room / "_messages.html"
