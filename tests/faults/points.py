"""Where a server is killed, and how a test tells it so."""

from pathlib import Path

# The function of ballots.service.cast that ends each point of security.md 3.2.
POINTS = {"C3": "_verified", "C5": "_refusal", "C6": "_ballot", "C8": "_tell", "C9": "_keep"}


def order(folder: Path) -> Path:
    """The file in the data folder that names the point at which to die."""
    return folder / "dies-at"
