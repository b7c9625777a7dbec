"""What a screen does when its line shuffles, doubles, drops or breaks (WS-07)."""

import json
import subprocess
from pathlib import Path

from meetings.service import conduct
from tests.builders import Cabinet
from tests.meetings.builders import planned
from tests.wire.builders import serving

ROOT = Path(__file__).parents[2]


def test_screens_end_in_the_servers_state_whatever_the_line_does(tmp_path: Path) -> None:
    both = tmp_path / "both.ts"
    sources = (ROOT / "frontend" / "sequence", ROOT / "frontend" / "meetings" / "state")
    both.write_text("".join(f"export * from '{each}';\n" for each in sources))
    bundle = tmp_path / "screen.mjs"
    esbuild = str(ROOT / "node_modules" / ".bin" / "esbuild")
    build = [esbuild, str(both), "--bundle", "--format=esm", f"--outfile={bundle}"]
    subprocess.run(build, check=True, capture_output=True)
    script = ["node", str(Path(__file__).with_name("screens.mjs")), str(bundle)]
    done = json.loads(subprocess.run(script, check=True, capture_output=True).stdout)
    assert done["same"] == done["runs"] == 1000
    # The line was as bad as it should be, and another epoch was met.
    assert done["asked"] > 1000
    assert done["reloads"] > 50


def test_a_screen_whose_server_was_gone_catches_up(cabinet: Cabinet) -> None:
    session = planned(cabinet)
    session.open()
    browser, state = cabinet.browser("botruong.yte"), session.state()
    with serving(cabinet.app) as served:
        screen = served.screen_of(browser)
        screen.enter(session.id, state["epoch"], state["seq"])
        conduct.call_item(session.actor("thutuong"), session.id, session.items[0])
        heard = screen.next()
    assert screen.gone.wait(5)
    conduct.call_item(session.actor("thutuong"), session.id, session.items[1])
    conduct.adjourn(session.actor("thutuong"), session.id)
    with serving(cabinet.app) as served:
        back = served.screen_of(browser)
        missed = back.enter(session.id, heard["epoch"], heard["seq"])
        assert [each["kind"] for each in missed["messages"]] == ["item_called", "session_adjourned"]
        conduct.resume(session.actor("thutuong"), session.id)
        assert back.next()["seq"] == missed["head"] + 1
