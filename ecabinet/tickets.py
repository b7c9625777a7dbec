"""A ticket for one stored file, for a host that knows no cookie: it names the login that it was
given to, and is good for that login's browser, for one address, for a minute (AC-10)."""

import hashlib
import hmac
import re
from datetime import datetime

LASTS_SECONDS = 60


def issue(secret: bytes, login_id: int, path: str, browser: str, now: datetime) -> str:
    until = int(now.timestamp()) + LASTS_SECONDS
    return f"{login_id}.{until}.{_seal(secret, login_id, until, path, browser)}"


def login_of(secret: bytes, ticket: str, path: str, browser: str, now: datetime) -> int | None:
    """Whose ticket this is; None where it is none, is over, or is for something else."""
    read = re.fullmatch(r"([0-9]{1,10})\.([0-9]{1,12})\.([0-9a-f]{64})", ticket)
    if read is None:
        return None
    login_id, until = int(read[1]), int(read[2])
    is_sound = hmac.compare_digest(read[3], _seal(secret, login_id, until, path, browser))
    return login_id if is_sound and now.timestamp() <= until else None


def _seal(secret: bytes, login_id: int, until: int, path: str, browser: str) -> str:
    said = "\0".join(["ticket", str(login_id), str(until), path, browser])
    return hmac.new(secret, said.encode(), hashlib.sha256).hexdigest()
