"""What is backed up comes back whole, tells nothing without its keys, and does not bring back what
was removed since."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from documents.models import Edition
from ecabinet import backup, jobs, ledger, storage
from ecabinet import db as store
from ecabinet.db import reading
from ecabinet.errors import NotFound, SettingRefused
from ecabinet.settings import Settings
from tests.builders import Cabinet
from tests.documents import builders
from tests.documents.test_removing import CANARY, SECRET, handed_out, remove


def empty(settings: Settings) -> None:
    """Another machine, to which the keys alone were brought."""
    shutil.rmtree(settings.data_dir / "files")
    (settings.data_dir / "files").mkdir()
    database = store.database()
    if database.embedded:
        database.close()
        path = Path(database.engine.url.database or "")
        for each in path.parent.glob(f"{path.name}*"):
            each.unlink()
        return
    with database.engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    database.close()


def leaves() -> int:
    with reading() as db:
        return db.scalar(select(func.count()).select_from(ledger.Leaf)) or 0


def test_it_comes_back_without_what_was_removed_since(
    cabinet: Cabinet, settings: Settings, tmp_path: Path
) -> None:
    paper, kept = handed_out(cabinet, SECRET), tmp_path / "backup"
    other = builders.papers(paper.dossier_id)[1]
    content, before = storage.read(other.digest), leaves()
    files = backup.write(settings, kept)
    assert files == len(list((settings.data_dir / "files").glob("*/*")))
    assert CANARY.encode() not in kept.read_bytes()
    assert kept.stat().st_mode & 0o077 == 0
    remove(cabinet, paper)
    jobs.run_once()
    with pytest.raises(SettingRefused, match="not empty"):
        backup.restore(settings, kept)

    empty(settings)
    for wrong in (kept.read_bytes()[:-1], b"x" + kept.read_bytes(), flipped(kept.read_bytes())):
        (tmp_path / "wrong").write_bytes(wrong)
        with pytest.raises(SettingRefused, match="backup"):
            backup.restore(settings, tmp_path / "wrong")
    assert backup.restore(settings, kept) == files
    assert leaves() == before
    assert storage.read(other.digest) == content
    # The older database names the file still, and its bytes came along: nothing opens them.
    with reading() as db:
        assert paper.digest in db.scalars(select(Edition.digest)).all()
    with pytest.raises(NotFound):
        storage.read(paper.digest)


def flipped(content: bytes) -> bytes:
    return content[:2000] + bytes([content[2000] ^ 1]) + content[2001:]
