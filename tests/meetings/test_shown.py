"""Which item lies open on the live page: the browser's own module, run by Node on real states."""

import json
import subprocess
from pathlib import Path

import pytest

from meetings.service import conduct
from tests.builders import Cabinet
from tests.meetings.builders import Session, planned

ROOT = Path(__file__).parent.parent.parent
ASK = """
const { firstShown, nextItem } = await import(process.argv[1]);
const { parts, conducts, papers } = JSON.parse(process.argv[2]);
const shown = firstShown(parts, conducts, (item) => papers.includes(item.id));
console.log(JSON.stringify([shown, nextItem(parts)?.id ?? null]));
"""


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("state") / "state.mjs"
    esbuild = [str(ROOT / "node_modules/.bin/esbuild"), str(ROOT / "frontend/meetings/state.ts")]
    subprocess.run([*esbuild, "--format=esm", f"--outfile={made}", "--log-level=error"], check=True)
    return made


def shown(module: Path, session: Session, conducts: bool) -> tuple[int, int]:
    """The item on show, and the one that the next act calls; the second item alone has papers."""
    parts = session.state()["parts"]
    asked = json.dumps({"parts": parts, "conducts": conducts, "papers": [session.items[1]]})
    script = ["node", "--input-type=module", "-e", ASK, module.as_uri(), asked]
    item, following = json.loads(subprocess.run(script, check=True, capture_output=True).stdout)
    return item, following


def test_the_chair_looks_at_the_item_that_the_next_act_is_about(
    cabinet: Cabinet, module: Path
) -> None:
    session, chair = planned(cabinet), cabinet.actor("thutuong")
    first, second, third = session.items
    session.open()
    assert shown(module, session, conducts=True) == (first, first)
    conduct.defer_item(chair, session.id, first, "Chờ ý kiến")
    assert shown(module, session, conducts=True) == (second, second)
    conduct.call_item(chair, session.id, second)
    assert shown(module, session, conducts=True) == (second, third)


def test_a_member_reads_the_first_papers_until_an_item_is_called(
    cabinet: Cabinet, module: Path
) -> None:
    session = planned(cabinet)
    session.open()
    assert shown(module, session, conducts=False)[0] == session.items[1]
    conduct.call_item(cabinet.actor("thutuong"), session.id, session.items[2])
    assert shown(module, session, conducts=False)[0] == session.items[2]
