"""Members who answer again and again over whatever line there is, and the history of what they
have seen: the oracle of security.md 5."""

import http.client
import json
import random
import secrets
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError

from ballots import bundle, queries
from ballots.jobs import stamp_what_waits
from ballots.models import Ballot
from ballots.service.close import close
from ecabinet import bundles, db, verifier
from tests.ballots.builders import Member
from tests.builders import Cabinet, cookie_of
from tests.faults.oracle import holds_exactly

WITHIN = 30
# A code holds five minutes, also where the machine is slow.
SIGN_IN_AGAIN_AFTER = 100
CHOICES = ("agree", "disagree")


@dataclass
class Sent:
    """One answer as its member knows it: when it was first sent, and the receipt, once seen."""

    consultation: int
    member: int
    choice: str
    key: str
    follows: int
    began: float
    receipt: bytes = b""
    ended: float = 0.0
    tries: int = 0

    @property
    def said(self) -> dict[str, Any]:
        return dict(json.loads(self.receipt))


class WrongAnswer(AssertionError):
    """What no fault explains: the server refuses what it ought to take."""


class Voter:
    """A member before one question, who sends each answer until a receipt has come."""

    def __init__(self, member: Member, consultation: int, port: int, seed: int) -> None:
        self.member, self.consultation, self.port = member, consultation, port
        self.follows = member.follows(consultation)
        self._chance = random.Random(seed)
        self._signed_in = -SIGN_IN_AGAIN_AFTER
        self.history: list[Sent] = []

    def answers_until(self, enough: threading.Event) -> None:
        """Answers anew until it is enough; never stops in the middle of an answer."""
        while not enough.is_set():
            self.answers_anyhow()

    def answers_anyhow(self) -> None:
        self.answers(self._chance.choice(CHOICES))

    def answers(self, choice: str) -> None:
        self._signs_in()
        paper = self._until_taken(
            f"/consultations/{self.consultation}/paper",
            {
                "choice": choice, "opinion": "", "key_id": self.member.key_id,
                "follows": self.follows,
            },
        )  # fmt: skip
        asked = json.loads(paper)
        envelope = {
            "pending": asked["pending"],
            "key": secrets.token_hex(16),
            "signature": b64encode(self.member.sign(asked["attrs"])).decode(),
        }
        number = self.member.cabinet.ids[self.member.name]
        key, follows = envelope["key"], self.follows
        sent = Sent(self.consultation, number, choice, key, follows, time.monotonic())
        self.history.append(sent)
        sent.receipt = self._until_taken(
            f"/consultations/{self.consultation}/ballots", envelope, sent
        )
        sent.ended = time.monotonic()
        self.follows = sent.said["position"]

    def sees_again(self, sent: Sent) -> bytes:
        """The receipt, asked for once more by its key."""
        return self._ask("GET", f"/ballots/by-key/{sent.key}")

    def _signs_in(self) -> None:
        if time.monotonic() - self._signed_in < SIGN_IN_AGAIN_AFTER:
            return
        browser = self.member.cabinet.browser()
        again(lambda: browser.sign_in(self.member.name))
        self._headers = {
            "Cookie": f"ecabinet={cookie_of(browser)}", "X-CSRF-Token": again(browser.token),
            "Content-Type": "application/json", "Accept": "application/json",
            "Connection": "close",
        }  # fmt: skip
        self._signed_in = int(time.monotonic())

    def _until_taken(self, path: str, body: dict[str, Any], sent: Sent | None = None) -> bytes:
        def ask() -> bytes:
            if sent:
                sent.tries += 1
            return self._ask("POST", path, json.dumps(body))

        return again(ask)

    def _ask(self, method: str, path: str, body: str | None = None) -> bytes:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WITHIN)
        try:
            line.request(method, path, body, self._headers | {"Host": "localhost"})
            answer = line.getresponse()
            content = answer.read()
        finally:
            line.close()
        if answer.status >= 500:
            raise ConnectionError(f"{answer.status} {content[:200]!r}")
        if answer.status not in (200, 201):
            raise WrongAnswer(f"{path}: {answer.status} {content[:400]!r}")
        if not content.endswith(b"}\n"):
            raise ConnectionError("an answer that was cut within its head")
        return content


T = TypeVar("T")


def again(work: Callable[[], T]) -> T:
    """What comes of it in the end: whatever the line or the database did not take is sent again."""
    pause = threading.Event()
    for _ in range(3000):
        try:
            return work()
        except (OSError, http.client.HTTPException, DBAPIError):
            pause.wait(0.05)
    raise WrongAnswer("for minutes, nothing was taken")


# ---- the oracle: what is kept, beside what was seen ----


def is_whole(history: Iterable[Sent]) -> None:
    """I1 to I3, I5, I6, I7 and I10: each receipt is one ballot in its place, its member's, after
    what came before it; nothing else stands there."""
    seen = sorted(history, key=lambda each: each.said["position"])
    kept = holds_exactly({each.consultation for each in seen}, [each.receipt for each in seen])
    assert [kept[each.key].person_id for each in seen] == [each.member for each in seen]
    assert_in_order(seen)
    assert_chained(seen, kept)


def assert_in_order(seen: Sequence[Sent]) -> None:
    """I5: what was acknowledged before another was sent stands before it."""
    ended = -1.0
    for each in reversed(seen):
        assert ended < 0 or each.began <= ended, "a later answer stands before an earlier one"
        ended = each.ended if ended < 0 else min(ended, each.ended)


def assert_chained(seen: Sequence[Sent], kept: dict[str, Ballot]) -> None:
    """I2: each answer stands on the one before it."""
    last: dict[tuple[int, int], int] = {}
    for each in seen:
        who = (each.consultation, each.member)
        assert kept[each.key].follows == each.follows == last.get(who, each.follows)
        last[who] = each.said["position"]


def counts_what_was_said(cabinet: Cabinet, history: Sequence[Sent], folder: Path) -> None:
    """I4, I8, I9: closed, each member's last answer counts, silence agrees to nothing beside it,
    and a stranger finds the bundle sound."""
    last = {}
    for each in sorted(history, key=lambda one: one.said["position"]):
        last[each.consultation, each.member] = each.choice
    # What a killed worker had not fetched yet (C16).
    stamp_what_waits()
    cabinet.wait(days=16)
    for number in {each.consultation for each in history}:
        close(number)
        with db.reading() as session:
            result = queries.result_of(session, number)
            assert result is not None
            stands = {each.person_id: str(each.position) for each in result.standings}
            assert not result.is_provisional
            bundle.write(session, number, folder / f"{number}.zip")
            report = verifier.verify(folder / f"{number}.zip", bundles.trusted(session))
        said = {who: choice for (asked, who), choice in last.items() if asked == number}
        assert {who: stands[who] for who in said} == said
        assert report.is_sound, report.findings
