"""Every column has a class, which says who may see it (DAT-01)."""

import re
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table

from ecabinet import models
from ecabinet.db import Base

PAGE = Path(__file__).parent.parent.parent / "docs" / "data.md"
ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| (.+) \|$", re.MULTILINE)
CLASSES = set(re.findall(r"^\| (\w+) \|(?:[^|]+\|){3}$", PAGE.read_text(), re.MULTILINE)) - {
    "class"
}

pytestmark = pytest.mark.once


def labels() -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for table, label, columns in ROW.findall(PAGE.read_text()):
        for column in re.findall(r"`(\w+)`", columns):
            assert (table, column) not in found, f"{table}.{column} has two classes"
            found[table, column] = label
    return found


def unlabelled(metadata: MetaData) -> set[tuple[str, str]]:
    assert models
    stored = {(table.name, each.name) for table in metadata.sorted_tables for each in table.columns}
    return stored ^ labels().keys()


def test_every_column_has_a_class_and_no_class_is_of_what_is_not_there() -> None:
    assert unlabelled(Base.metadata) == set()
    assert set(labels().values()) == CLASSES
    assert len(CLASSES) == 7


def test_a_new_column_is_found() -> None:
    with_one_more = MetaData()
    for table in Base.metadata.sorted_tables:
        table.to_metadata(with_one_more)
    Table("documents_note", with_one_more, Column("mood", Integer), extend_existing=True)
    assert unlabelled(with_one_more) == {("documents_note", "mood")}


def test_what_opens_something_or_is_a_choice_is_called_so() -> None:
    """By its name, whatever the page says."""
    named = re.compile(r"sealed|hash|seed|secret|token|totp_(?!last)|choice|opinion")
    lax = {
        place: label
        for place, label in labels().items()
        if named.search(place[1]) and label not in ("secret", "ballot")
    }
    assert lax == {}
