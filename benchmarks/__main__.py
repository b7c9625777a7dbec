"""Run the benchmarks (ONLY=… those whose name begins so), or, by `scale`, the long ones of how cost
grows; print a table, write var/bench.json or var/scale.json."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks import ballots, first_page, growth, hall, ledger, papers, reader_memory, search

ALL = (
    ledger.append_beside_a_bare_commit,
    ballots.one_cast,
    ballots.a_thousand,
    papers.copies_and_files,
    hall.session_opening,
    papers.files_of_others,
    first_page.first_page_of_a_scan,
    reader_memory.jumping_through_a_scan,
    search.pages_beside_fts_alone,
)
SCALE = (
    growth.search_as_pages_come,
    growth.papers_as_pages_come,
    reader_memory.jumping_through_a_scan,
)


def main() -> None:
    name, benches = ("scale", SCALE) if sys.argv[1:] == ["scale"] else ("bench", ALL)
    only = os.environ.get("ONLY", "")
    chosen = [bench for bench in benches if bench.__module__.split(".")[-1].startswith(only)]
    found = []
    for each in (figure for bench in chosen for figure in bench()):
        found.append(each)
        verdict = "met" if each.met else "NOT MET"
        print(f"{each.name:<32} {each.figure:8.2f} {each.unit:<10} {each.goal:<12} {verdict}")
        print(f"{'':<32} beside {each.peer}", flush=True)
    Path("var").mkdir(exist_ok=True)
    Path(f"var/{name}.json").write_text(json.dumps([asdict(each) for each in found], indent=1))


if __name__ == "__main__":
    main()
