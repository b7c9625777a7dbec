"""Whom the demo's letters reach: addresses that nobody in the world has."""

from flask import Flask

from ecabinet import addresses, ledger
from ecabinet.db import reading, transaction
from ecabinet.demo import people
from exchange import queries
from exchange.rules import Reached


def test_the_demo_writes_to_nobody_and_has_somebody_to_call(app: Flask) -> None:
    accounts = people.Accounts()
    with transaction() as db:
        ledger.begin(db, "localhost/test")
        people.appoint_government(db, accounts)
        people.appoint_staff(db, accounts)
        people.give_addresses(db, accounts.ids)
    with reading() as db:
        values = [
            value
            for wish in addresses.wishes(db, accounts.ids.values()).values()
            for value in wish.addresses.values()
        ]
        members = queries.members(db)
    assert len(values) > len(accounts.ids)
    # RFC 2606 keeps .example free; no number in Viet Nam begins with 60.
    assert all(each.endswith(".example") or each.startswith("+8460") for each in values)
    assert [each.reached for each in members].count(Reached.NO_ADDRESS) == 1
