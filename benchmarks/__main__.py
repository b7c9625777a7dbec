"""Run the benchmarks (ONLY=… those whose name begins so); print a table, write var/bench.json."""

import json
import os
from dataclasses import asdict
from pathlib import Path

from benchmarks import ledger, papers, reader_memory, search

ALL = (
    ledger.append_beside_a_bare_commit,
    papers.copies_and_files,
    reader_memory.jumping_through_a_scan,
    search.pages_beside_fts_alone,
)


def main() -> None:
    only = os.environ.get("ONLY", "")
    chosen = [bench for bench in ALL if bench.__module__.split(".")[-1].startswith(only)]
    found = []
    for each in (figure for bench in chosen for figure in bench()):
        found.append(each)
        verdict = "met" if each.met else "NOT MET"
        print(f"{each.name:<32} {each.figure:8.2f} {each.unit:<10} {each.goal:<12} {verdict}")
        print(f"{'':<32} beside {each.peer}")
    Path("var").mkdir(exist_ok=True)
    Path("var/bench.json").write_text(json.dumps([asdict(each) for each in found], indent=1))


if __name__ == "__main__":
    main()
