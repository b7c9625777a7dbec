"""What the rooms above do when a paper is replaced; tied in `ecabinet.app`."""

from collections.abc import Callable, Iterable

from sqlalchemy.orm import Session

Replaced = Callable[[Session, int, int], None]

_rooms: list[Replaced] = []


def bind(rooms: Iterable[Replaced]) -> None:
    _rooms[:] = rooms


def paper_replaced(db: Session, dossier_id: int, paper_id: int) -> None:
    """In the act's own transaction, once the new edition is there."""
    for tell in _rooms:
        tell(db, dossier_id, paper_id)
