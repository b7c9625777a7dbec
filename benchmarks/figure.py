"""One figure, its goal and its peer."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    name: str
    figure: float
    unit: str
    goal: str
    peer: str
    met: bool
