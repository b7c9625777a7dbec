"""Fill an empty demo: people first, then what each room shows."""

from ecabinet import clock, ledger, pades, tsa
from ecabinet.db import reading, transaction
from ecabinet.demo import ballots, papers, people, sessions, tasks
from ecabinet.settings import Settings
from people import queries as people_queries


def is_empty() -> bool:
    """Whether nobody is in office yet."""
    with reading() as db:
        return not people_queries.holders(db)


OLDER_THAN_ALL = 30 * 24 * 3600


def found_cabinet(settings: Settings) -> None:
    """Make the log and the authority, the demo's people, and something for them to do."""
    accounts = people.Accounts()
    with transaction() as db:
        ledger.begin(db, f"{settings.base_url.split('//')[1]}/demo")
        # The authority is older than what was signed under it, as the demo tells it.
        clock.shift(db, -OLDER_THAN_ALL)
        pades.begin(db)
        tsa.begin(db)
        clock.shift(db, OLDER_THAN_ALL)
        people.appoint_government(db, accounts)
        people.appoint_staff(db, accounts)
        people.give_addresses(db, accounts.ids)
    accounts.write(people.accounts_file(settings))
    people.ask_for_somebody_new(accounts.ids)
    with ballots.days_ago():
        papers.hand_out(accounts.ids)
        closing = ballots.ask_and_answer(accounts.ids)
    closing.close()
    for room in (papers, sessions, ballots, tasks):
        room.fill(accounts.ids)
