"""V42: what was released early is read from the bundle in the words that the log commits to, and
none is left out or forged, by whoever holds the log's key."""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ballots import bundle
from ballots.service import close, early, stamp
from ecabinet import bundles, db, ledger, verifier
from ecabinet.app import create_app
from ecabinet.settings import Settings
from tests.ballots.builders import Member, an_open_consultation
from tests.ballots.test_asked_again import replace
from tests.ballots.test_bundle import Files, act_in, change_json, leaf_lines, of_type, rezip
from tests.ballots.test_classified_bundle import change
from tests.ballots.test_each_check import hide, put, seal
from tests.ballots.test_early import MORE, SAID, rows
from tests.builders import Cabinet
from tests.conftest import address_in, fresh_database

RELEASED, BACK, CLOSED = "comment_released", "comment_taken_back", "consultation_closed"
WHO, ANOTHER = "botruong.yte", "botruong.xaydung"
LATER = "2031-01-01T00:00:00Z"


@dataclass(frozen=True)
class Kept:
    """A bundle with two comments, one on papers that were replaced, and taken back."""

    files: Files
    keys: dict[str, Any]
    members: dict[str, int]

    def tampered(self, tamper: Callable[[Files], None]) -> Files:
        files = copy.deepcopy(self.files)
        tamper(files)
        seal(files, ledger.signing_key(), ledger.closing_key(), None)
        return files


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, empty_database: str) -> Iterator[Kept]:
    folder = tmp_path_factory.mktemp("early")
    url = address_in(folder)
    with fresh_database(empty_database, url):
        settings = Settings(database_url=url, data_dir=folder, base_url="http://localhost")
        cabinet = Cabinet(create_app(settings))
        # Of other matters, so that there are leaves between.
        Member(cabinet, "thutuong")
        number = an_open_consultation(cabinet)
        early.release(cabinet.actor(WHO), number, SAID)
        replace(cabinet, number)
        early.release(cabinet.actor(ANOTHER), number, MORE)
        early.take_back(cabinet.actor(WHO), rows(number)[0].id)
        Member(cabinet, "pttg1")
        Member(cabinet, WHO).cast(number, "disagree")
        cabinet.wait(days=9)
        close.close(number)
        stamp.stamp_what_waits()
        with db.reading() as session:
            bundle.write(session, number, folder / "early.zip")
            keys = bundles.trusted(session)
        files = verifier.open_bundle(folder / "early.zip")
        yield Kept(files, keys, dict(cabinet.ids))
        db.database().close()


def found(kept: Kept, tmp_path: Path, files: Files) -> set[tuple[str, str]]:
    path = rezip(tmp_path / "early.zip", copy.deepcopy(files))
    report = verifier.verify(path, kept.keys, deep=True)
    return {(each.check, each.what) for each in report.findings}


def name_of(files: Files, place: int = 0) -> str:
    return f"early/{of_type(files, RELEASED)[place]}.json"


def act_at(files: Files, position: int) -> dict[str, Any]:
    (found,) = (
        json.loads(verifier._base64(line.split(" ")[1]))
        for at, line in enumerate(leaf_lines(files))
        if at == position
    )
    act: dict[str, Any] = found
    return act


def change_first(files: Files, **changes: object) -> None:
    first = of_type(files, RELEASED)[0]
    put(files, first, act_at(files, first) | changes)


# ---- forgeries, sealed anew by whoever holds the log's key ----


def say_something_else(files: Files) -> None:
    change_json(files, name_of(files), lambda it: it.update(words="Tán thành."))


def say_nothing(files: Files) -> None:
    change_json(files, name_of(files), lambda it: it.update(words=" "))
    said = json.loads(files[name_of(files)])
    change_first(files, comment_sha256=verifier.digest(verifier._written(said).encode()))


def leave_it_out(files: Files) -> None:
    last = of_type(files, RELEASED)[1]
    del files[f"early/{last}.json"]
    hide(files, last)


def leave_out_that_it_was_taken_back(files: Files) -> None:
    hide(files, of_type(files, BACK)[0])


def close_without_them(files: Files) -> None:
    change(files, CLOSED, comment_leaves=[])


def lose_its_words(files: Files) -> None:
    del files[name_of(files)]


def slip_one_in(files: Files) -> None:
    files["early/1.json"] = files[name_of(files)]


def by_nobody_who_was_asked(files: Files) -> None:
    last = of_type(files, RELEASED)[1]
    put(files, last, act_at(files, last) | {"member": 987})


def after_the_end(files: Files) -> None:
    change_first(files, at=LATER)


def take_back_after_the_end(files: Files) -> None:
    change(files, BACK, at=LATER)


def on_another_question(files: Files) -> None:
    change_first(files, consultation=99)


def on_the_papers_of_then(files: Files) -> None:
    last = of_type(files, RELEASED)[1]
    put(files, last, act_at(files, last) | {"consultation_version": 1})


def take_back_what_was_never_sent(files: Files) -> None:
    change(files, BACK, comment_leaf=0)


def take_back_what_comes_later(files: Files) -> None:
    """The act that takes it back stands before it."""
    first, last = of_type(files, RELEASED)
    back = of_type(files, BACK)[0]
    one, other = act_at(files, last), act_at(files, back)
    put(files, last, other | {"comment_leaf": back, "member": one["member"]})
    put(files, back, one)
    files[f"early/{back}.json"] = files.pop(f"early/{last}.json")
    assert first < last < back


def take_back_anothers(files: Files) -> None:
    change(files, BACK, comment_leaf=of_type(files, RELEASED)[1])


def take_it_back_twice(files: Files) -> None:
    first, back = of_type(files, BACK)[0], act_in(files, BACK)
    closed = of_type(files, CLOSED)[0]
    again = next(at for at in range(first, closed) if " " not in leaf_lines(files)[at])
    put(files, again, back)
    change(files, CLOSED, comment_leaves=sorted([*act_in(files, CLOSED)["comment_leaves"], again]))


def release_it_before_anybody_was_asked(files: Files) -> None:
    opened, first = of_type(files, "consultation_opened")[0], of_type(files, RELEASED)[0]
    early_one = next(at for at in range(opened) if " " not in leaf_lines(files)[at])
    put(files, early_one, act_at(files, first))
    hide(files, first)
    files[f"early/{early_one}.json"] = files.pop(f"early/{first}.json")
    change(files, BACK, comment_leaf=early_one)
    leaves = [early_one, *act_in(files, CLOSED)["comment_leaves"][1:]]
    change(files, CLOSED, comment_leaves=leaves)


FORGERIES = {
    say_something_else: "not the words that the log commits to",
    say_nothing: "says nothing",
    leave_it_out: "names other comments",
    leave_out_that_it_was_taken_back: "names other comments",
    close_without_them: "names other comments",
    lose_its_words: "not those that the log names",
    slip_one_in: "not those that the log names",
    by_nobody_who_was_asked: "by nobody who was asked",
    after_the_end: "after the end",
    take_back_after_the_end: "after the end",
    on_another_question: "on another consultation",
    on_the_papers_of_then: "on another version",
    take_back_what_was_never_sent: "takes back what was not released",
    take_back_what_comes_later: "takes back what was not released",
    take_back_anothers: "takes back another's comment",
    take_it_back_twice: "takes back one twice",
    release_it_before_anybody_was_asked: "outside opening and closing",
}


def test_a_bundle_with_comments_released_early_is_sound(kept: Kept, tmp_path: Path) -> None:
    assert found(kept, tmp_path, kept.files) == set()
    released, (back,) = of_type(kept.files, RELEASED), of_type(kept.files, BACK)
    assert act_in(kept.files, CLOSED)["comment_leaves"] == [*released, back]
    said = [json.loads(kept.files[f"early/{at}.json"])["words"] for at in released]
    assert said == [SAID, MORE]


@pytest.mark.once
@pytest.mark.parametrize("tamper", FORGERIES, ids=lambda each: each.__name__)
def test_no_forgery_passes_but_where_the_check_is_out(
    kept: Kept, tmp_path: Path, tamper: Callable[[Files], None]
) -> None:
    files = kept.tampered(tamper)
    ((check, what),) = found(kept, tmp_path, files)
    assert check == "V42"
    assert FORGERIES[tamper] in what
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(verifier.CHECKS, "V42")
        assert found(kept, tmp_path, files) == set()


def test_what_was_closed_before_there_were_any_is_sound(kept: Kept, tmp_path: Path) -> None:
    """The act of an older closing names none, and there is none."""

    def without(files: Files) -> None:
        for at in [*of_type(files, RELEASED), *of_type(files, BACK)]:
            hide(files, at)
        for name in [each for each in files if each.startswith("early/")]:
            del files[name]
        closed = of_type(files, CLOSED)[0]
        act = act_at(files, closed)
        del act["comment_leaves"]
        put(files, closed, act)

    files = kept.tampered(without)
    path = rezip(tmp_path / "older.zip", files)
    report = verifier.verify(path, kept.keys)
    assert report.findings == ()
    assert "V42" in {each.check for each in report.absent}
