"""Where a server is killed, and how a test tells it so."""

from pathlib import Path

# The function that ends each point of security.md 3.2. After C9 the ballot stands.
BEFORE = {
    "C1": "ballots.http.consultations.Body",
    "C2": "ballots.http.consultations.current_actor",
    "C3": "ballots.service.cast._verified",
    "C4": "ballots.access.consultation_to_answer",
    "C5": "ballots.service.cast._refusal",
    "C6": "ballots.service.cast._ballot",
    "C7": "ecabinet.ledger.sign_checkpoint",
    "C8": "ballots.service.cast.tell_of_ballot",
}
AFTER = {
    "C9": "ballots.service.cast._keep",
    "C10": "ballots.queries.receipt_of",
    "C11": "ballots.queries.Receipt.as_answer",
    "C13": "ecabinet.live.tell",
}
POINTS = BEFORE | AFTER
# What the clock does behind casts: each job's last step before its commit, and its commit.
BEHIND = {
    "C14": "ecabinet.ledger.sign_closing",
    "C14 kept": "ballots.jobs.close",
    "C15": "ecabinet.witnesses._post",
    "C15 kept": "ecabinet.witnesses._keep",
    "C16": "ecabinet.tsa.stamp",
    "C16 kept": "ballots.service.stamp._stamp",
}
EVERY = POINTS | BEHIND


def order(folder: Path) -> Path:
    """The file in the data folder that names the point at which to die."""
    return folder / "dies-at"
