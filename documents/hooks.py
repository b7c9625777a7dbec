"""What the rooms above do when a paper is replaced or its file removed; tied in `ecabinet.app`."""

from collections.abc import Callable, Iterable

from sqlalchemy.orm import Session

# Told of the dossier and of the paper.
Tell = Callable[[Session, int, int], None]

_replaced: list[Tell] = []
_removed: list[Tell] = []


def bind(replaced: Iterable[Tell], removed: Iterable[Tell]) -> None:
    _replaced[:] = replaced
    _removed[:] = removed


def paper_replaced(db: Session, dossier_id: int, paper_id: int) -> None:
    """In the act's own transaction, once the new edition is there."""
    for tell in _replaced:
        tell(db, dossier_id, paper_id)


def paper_removed(db: Session, dossier_id: int, paper_id: int) -> None:
    """In the act's own transaction, once nothing of the file can be asked for."""
    for tell in _removed:
        tell(db, dossier_id, paper_id)
