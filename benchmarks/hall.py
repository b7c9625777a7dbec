"""A session opens: a hall takes its papers along at once, from the house as it is served."""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks import papers, samples
from benchmarks.ballots import SERVE, appoint_members
from benchmarks.figure import Figure
from documents import leases
from ecabinet import migrate
from ecabinet.app import create_app
from ecabinet.db import database, reading
from ecabinet.settings import Settings
from people import queries as people
from tests.builders import Cabinet, cookie_of
from tests.documents import builders
from tests.server import serving

READERS, ITS_PAPERS, PAGES = 500, 40, 100
# Not half as many as one server gives papers to at once: those of a run that was just cut off are
# still on their way. The others of the hall wait for their turn.
LINES = 20
SECONDS = 8
ASKING = """
local readers = {%s}
local next_one = 0
function request()
  next_one = next_one %% #readers + 1
  local it = readers[next_one]
  return wrk.format("POST", "/vault/leases", it.headers, it.body)
end
"""


def session_opening() -> Iterator[Figure]:
    """Each reader's own copies, with sign-in, rights, leases, notes and the database, which
    the row of `papers` is without; beside as many plain files of that size."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        app = create_app(Settings(data_dir=folder, base_url="http://localhost"))
        migrate.upgrade(database())
        cabinet = Cabinet(app)
        appoint_members(cabinet, READERS)
        names = [f"botruong.{number}" for number in range(READERS)]
        files = [samples.paper(PAGES, chosen=number) for number in range(ITS_PAPERS)]
        dossier_id = builders.dossier(cabinet, *files)
        builders.hand_out(cabinet, dossier_id, names)
        editions = [each.edition_id for each in builders.papers(dossier_id)]
        (folder / "asking.lua").write_text(
            ASKING % ",\n".join(_asking(cabinet, each, editions) for each in names)
        )
        (folder / "plain.pdf").write_bytes(files[0])
        database().close()
        with serving(folder, SERVE) as server, papers.nginx(folder, server.port) as front:
            # Once for each, so that what is opened once for all is open.
            papers.rate(server.port, "/", LINES, seconds=2, script=folder / "asking.lua")
            rounds = [
                (
                    papers.rate(server.port, "/", LINES, SECONDS, folder / "asking.lua"),
                    papers.rate(front, "/plain/plain.pdf", LINES, SECONDS),
                )
                for _ in range(papers.ROUNDS)
            ]
    ours, plain = (papers.median_of(each) for each in zip(*rounds, strict=True))
    each_paper = replace(ours, each_second=ours.each_second * ITS_PAPERS)
    size = f"{len(files[0]) / 1e3:.0f} KB, {READERS} readers x {ITS_PAPERS} papers"
    peer = f"nginx static, {size}, {LINES} at once, ours behind no nginx"
    yield papers.ratio("hall: session opening, whole", each_paper, plain, 0.7, peer)


def _asking(cabinet: Cabinet, username: str, editions: list[int]) -> str:
    """What this reader's device asks, as a table of the client's language."""
    browser = cabinet.browser(username)
    with reading() as db:
        login = people.open_logins(db, cabinet.ids[username])[0]
    actor = replace(cabinet.actor(username), login_id=login.id)
    vault = leases.make_vault(actor, "bench").public_id
    body = json.dumps({"vault": vault, "editions": editions})
    headers = {
        "Host": "localhost",
        "Cookie": f"ecabinet={cookie_of(browser)}",
        "X-CSRF-Token": browser.token(),
        "Content-Type": "application/json",
        "Accept": "application/json",
    }
    said = ", ".join(f"[{json.dumps(name)}] = {json.dumps(word)}" for name, word in headers.items())
    return f"{{ headers = {{ {said} }}, body = {json.dumps(body)} }}"
