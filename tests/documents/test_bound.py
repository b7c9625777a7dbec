"""Which drawn pages a reader lets go: the browser's own module, run by Node in one go."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
LIMIT = 2_500_000
ASK = """
const { surplus, pagePixels } = await import(process.argv[1]);
const cases = JSON.parse(process.argv[2]);
const found = Object.entries(cases).map(([name, { drawn, page, most }]) =>
  [name, surplus(drawn, page, most).sort((a, b) => a - b)]);
console.log(JSON.stringify([Object.fromEntries(found), [undefined, 4, 8].map(pagePixels)]));
"""


def pages(numbers: dict[int, int], *seen: int) -> list[dict[str, Any]]:
    """Drawn pages with their pixels, and which of them are on the screen."""
    return [{"page": n, "pixels": size, "isSeen": n in seen} for n, size in numbers.items()]


CASES = {
    "few": {"drawn": pages({4: 10, 5: 10, 6: 10, 7: 10}, 5), "page": 5, "most": LIMIT},
    "after a jump": {
        "drawn": pages({4: 10, 5: 10, 6: 10, 90: 10, 91: 10}, 90), "page": 90, "most": LIMIT,
    },
    "many on the screen": {
        "drawn": pages(dict.fromkeys(range(1, 12), 10), *range(2, 10)), "page": 2, "most": LIMIT,
    },
    "large pages": {
        "drawn": pages(dict.fromkeys((5, 6, 7, 8), 2 * LIMIT), 6), "page": 6, "most": LIMIT,
    },
    "the one on the screen is too large by itself": {
        "drawn": pages({5: 99 * LIMIT, 6: 10}, 5), "page": 5, "most": LIMIT,
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = tmp_path_factory.mktemp("bound") / "bound.mjs"
    esbuild = [str(ROOT / "node_modules/.bin/esbuild"), str(ROOT / "frontend/documents/bound.ts")]
    subprocess.run([*esbuild, "--format=esm", f"--outfile={made}", "--log-level=error"], check=True)
    script = ["node", "--input-type=module", "-e", ASK, made.as_uri(), json.dumps(CASES)]
    return json.loads(subprocess.run(script, check=True, capture_output=True).stdout)


@pytest.mark.parametrize(
    ("case", "gone"),
    [
        ("few", []),
        # Four stay: the two that are read now, and of the rest the nearest.
        ("after a jump", [4]),
        # What is seen stays however many, with one beside it: the page ahead.
        ("many on the screen", [1, 11]),
        # Of a budget of four pages' worth two have room: the one seen and the one ahead.
        ("large pages", [5, 8]),
        ("the one on the screen is too large by itself", [6]),
    ],
)
def test_the_pages_farthest_from_the_one_that_is_read_go_first(
    answers: Any, case: str, gone: list[int]
) -> None:
    assert answers[0][case] == gone


def test_a_device_that_says_nothing_of_its_memory_is_taken_for_a_small_one(answers: Any) -> None:
    assert answers[1] == [2_500_000, 2_500_000, 5_000_000]
