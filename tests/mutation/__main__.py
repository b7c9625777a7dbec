"""`make mutants`: how many small changes of the modules that count the tests do not find.

Long, by hand: an hour and more for all. Says of each module its score and every mutant that is
still alive; those that change nothing that could be seen are named in `alike.py`, with why.
"""

import os
import sys

from tests.mutation.alike import ALIKE
from tests.mutation.runner import ROOT, tried

# A module, and the tests that are about it.
MODULES = {
    "ballots/rules.py": ["tests/ballots/test_rules.py", "tests/ballots/test_refusals.py"],
    "ballots/signing.py": [
        "tests/ballots/test_signing.py", "tests/ballots/test_sealing.py",
        "tests/ballots/test_casting.py", "tests/ballots/test_proposals.py",
        "tests/ballots/test_closing.py",
    ],
    "ecabinet/answers.py": ["tests/ballots/test_signing.py", "tests/ballots/test_casting.py"],
    "ecabinet/ledger.py": [
        "tests/building/test_ledger.py",
        "tests/building/test_house.py::test_migrations_make_exactly_the_tables",
    ],
    "ecabinet/canonical.py": ["tests/building/test_canonical.py", "tests/ballots/test_signing.py"],
    "ecabinet/verifier.py": [
        "tests/ballots/test_bundle.py", "tests/ballots/test_each_check.py",
        "tests/ballots/test_classified_bundle.py", "tests/ballots/test_quarantine.py",
    ],
}  # fmt: skip
GOAL = 95.0


def main(chosen: list[str]) -> None:
    least = 100.0
    for module in chosen or MODULES:
        found = list(tried(ROOT / module, MODULES[module]))
        alive = [each for each, lives in found if lives and each.what not in ALIKE.get(module, {})]
        alike = sum(each.what in ALIKE.get(module, {}) for each, lives in found if lives)
        score = 100 * (1 - len(alive) / (len(found) - alike))
        least = min(least, score)
        for each in alive:
            print(f"  {module}:{each.lines[0]}  {each.what}")
        print(f"{module}: {score:.1f} % of {len(found)} found, {alike} change nothing", flush=True)
    # What a test has left behind in a thread is not waited for.
    os._exit(least < GOAL)


if __name__ == "__main__":
    main(sys.argv[1:])
