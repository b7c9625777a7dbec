"""What an administrator does about what did not leave the house."""

from ecabinet import deliveries
from ecabinet.access import Actor, Permission
from ecabinet.db import transaction
from ecabinet.deliveries import Delivery, State
from ecabinet.errors import NotFound


def retry(actor: Actor, delivery_id: int) -> bool:
    """Try once more, from the beginning, what was given up; whether there is still a need to."""
    actor.must(Permission.DELIVERY_RETRY)
    with transaction() as db:
        if db.get(Delivery, delivery_id) is None:
            raise NotFound(f"delivery {delivery_id}")
        return State.WAITING in deliveries.retry(db, delivery_id)


def retry_all(actor: Actor) -> bool:
    """The same for everything, once a server is back."""
    actor.must(Permission.DELIVERY_RETRY)
    with transaction() as db:
        return State.WAITING in deliveries.retry(db)
