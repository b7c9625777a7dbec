"""The table of handovers: what was listed when its giver signed, and who signed."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from ecabinet.db import Base
from ecabinet.handover import rules
from ecabinet.handover.rules import State


class Handover(Base):
    """One office's work on its way from one holder to another."""

    __tablename__ = "handover"

    id: Mapped[int] = mapped_column(primary_key=True)
    giver_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"), index=True)
    taker_id: Mapped[int] = mapped_column(ForeignKey("people_person.id"), index=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("people_office.id"))
    # Names and offices as they were when it was begun.
    giver: Mapped[str] = mapped_column(String(200))
    office: Mapped[str] = mapped_column(String(200))
    taker: Mapped[str] = mapped_column(String(200))
    taker_office: Mapped[str] = mapped_column(String(200))
    words: Mapped[str] = mapped_column(String(2_000))
    begun_at: Mapped[datetime]
    begun_by: Mapped[int] = mapped_column(ForeignKey("people_person.id"))
    # The list as its giver signed it: from then on it is this one, whatever happens meanwhile.
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    given_at: Mapped[datetime | None]
    # Who signed for the giver; the giver, or somebody by mandate, or a leader of the Office.
    given_by: Mapped[int | None] = mapped_column(ForeignKey("people_person.id"))
    given_as: Mapped[str | None] = mapped_column(String(200))
    taken_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    leaf: Mapped[int | None]

    @property
    def stands(self) -> State:
        return rules.state(
            self.given_at is not None, self.taken_at is not None, self.withdrawn_at is not None
        )

    @property
    def is_under_way(self) -> bool:
        return self.stands in (State.BEGUN, State.GIVEN)

    @property
    def path(self) -> str:
        return f"/handovers/{self.id}"
