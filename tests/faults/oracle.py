"""What is kept, beside the receipts that were seen: the invariants of security.md 5 that hold of
any ballots, whatever has failed meanwhile."""

import json
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import select

from ballots.models import Ballot
from ecabinet import canonical, db, ledger, outbox
from tests.ballots.builders import ballots_of
from tests.ballots.verifier import holds

OF_BALLOTS = ledger.Leaf.kind.in_(["ballot", "ballot_refused"])
KEPT = outbox.Message.kind == "ballot_kept"


def holds_exactly(
    asked: Collection[int], receipts: Iterable[bytes], refused: int = 0
) -> dict[str, Ballot]:
    """I1, I10: each receipt is one ballot, one leaf and one message; nothing of them stands alone,
    and so many attempts were refused. Gives the ballots by their keys."""
    seen: list[dict[str, Any]] = sorted(
        map(json.loads, receipts), key=lambda each: each["position"]
    )
    kept = {each.key: each for number in asked for each in ballots_of(number)}
    with db.reading() as session:
        rows = session.scalars(select(ledger.Leaf).where(OF_BALLOTS))
        found = {each.position: each for each in rows}
        messages = Counter(session.scalars(select(outbox.Message.person_id).where(KEPT)))
    leaves = {at: each for at, each in found.items() if each.kind == "ballot"}
    assert len(found) - len(leaves) == refused, "refused"
    by_place = sorted(kept.values(), key=lambda each: each.leaf or 0)
    assert [each.key for each in by_place] == [each["key"] for each in seen], "lost, or doubled"
    assert sorted(leaves) == [each["position"] for each in seen], "leaves and receipts"
    assert messages == Counter(each.person_id for each in by_place), "who was told"
    for each in seen:
        ballot, leaf = kept[each["key"]], leaves[each["position"]]
        assert ballot.leaf == each["position"]
        assert leaf.envelope == each["envelope"].encode()
        assert canonical.decode(leaf.envelope)["consultation"] == ballot.consultation_id
        assert holds(each["receipt"], each["envelope"], each["log_key"])
    return kept
