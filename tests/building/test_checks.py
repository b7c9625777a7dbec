"""`ecabinet check` says what is wrong, and looks at everything also then."""

import pytest
from sqlalchemy import update

from ecabinet import checks, keys, ledger
from ecabinet.db import transaction
from ecabinet.settings import Settings
from tests.builders import Cabinet


def found(settings: Settings) -> dict[str, checks.Check]:
    return {each.name: each for each in checks.run(settings)}


def test_a_sound_cabinet_is_called_sound(cabinet: Cabinet, settings: Settings) -> None:
    with transaction() as db:
        ledger.append(db, "note", {"n": 1})
    seen = found(settings)
    # Tests make their tables from the models, so only the schema's revision is missing here.
    assert {name for name, each in seen.items() if not each.ok} == {"database"}
    assert seen["ledger"].detail == "1 leaves"


def test_a_changed_leaf_is_seen(cabinet: Cabinet, settings: Settings) -> None:
    with transaction() as db:
        ledger.append(db, "note", {"n": 1})
    with transaction() as db:
        db.execute(update(ledger.Leaf).values(envelope=b"{}"))
    assert not found(settings)["ledger"].ok


def test_a_closing_that_the_key_of_closings_did_not_sign_is_told(
    cabinet: Cabinet, settings: Settings
) -> None:
    with transaction() as db:
        ledger.append(db, "consultation_result", {"n": 1})
        ledger.append(db, "note", {"n": 1})
    assert found(settings)["ledger"].ok
    # As after the keys were brought back from a copy that is older than that key.
    keys.store().destroy(ledger.CLOSING_KEY_NAME)
    seen = found(settings)["ledger"]
    assert not seen.ok
    assert seen.detail == "2 leaves; the last closing is not signed by the key of closings"


@pytest.mark.once
@pytest.mark.parametrize(
    ("answer", "words"),
    [(0, "synchronised"), (5, "not synchronised"), (-1, "unknown whether synchronised")],
)
def test_whether_the_machines_clock_is_set_is_said_or_said_to_be_unknown(
    answer: int, words: str
) -> None:
    assert checks.synchrony(answer) == words


def test_a_moved_clock_is_shown(cabinet: Cabinet, settings: Settings) -> None:
    cabinet.wait(days=1)
    seen = found(settings)["clock"]
    assert seen.ok
    assert seen.detail.endswith("synchronised")
    assert seen.figures["moved_seconds"] == 86400
    strict = settings.model_copy(update={"env": "production"})
    assert not found(strict)["clock"].ok
