"""What an administrator does about what did not leave the house."""

from ecabinet import deliveries
from ecabinet.access import Actor, Permission
from ecabinet.db import transaction
from ecabinet.errors import NotFound


def retry(actor: Actor, delivery_id: int) -> None:
    """Try once more, from the beginning, what was given up."""
    actor.must(Permission.DELIVERY_RETRY)
    with transaction() as db:
        if not deliveries.retry(db, delivery_id):
            raise NotFound(f"delivery {delivery_id}")


def retry_all(actor: Actor) -> None:
    """The same for everything, once a server is back."""
    actor.must(Permission.DELIVERY_RETRY)
    with transaction() as db:
        deliveries.retry(db)
