"""Fill an empty demo: people first, then what each room shows."""

from ecabinet import ledger, pades, tsa
from ecabinet.db import reading, transaction
from ecabinet.demo import ballots, papers, people, sessions, tasks
from ecabinet.settings import Settings
from people import queries as people_queries


def is_empty() -> bool:
    """Whether nobody is in office yet."""
    with reading() as db:
        return not people_queries.holders(db)


def found_cabinet(settings: Settings) -> None:
    """Make the log and the authority, the demo's people, and something for them to do."""
    accounts = people.Accounts()
    with transaction() as db:
        ledger.begin(db, f"{settings.base_url.split('//')[1]}/demo")
        pades.begin(db)
        tsa.begin(db)
        people.appoint_government(db, accounts)
        people.appoint_staff(db, accounts)
        people.give_addresses(db, accounts.ids)
    accounts.write(people.accounts_file(settings))
    people.ask_for_somebody_new(accounts.ids)
    for room in (papers, sessions, ballots, tasks):
        room.fill(accounts.ids)
