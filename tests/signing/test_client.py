"""The member's side of signing: the browser's own modules, run by Node on our own vectors."""

import base64
import hashlib
import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ecabinet import pades
from tests.builders import Cabinet
from tests.signing import vectors

ROOT = Path(__file__).parent.parent.parent
MODULES = ("base64", "der", "paper", "receipt")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The modules that need no browser, as one file that Node can load."""
    folder = tmp_path_factory.mktemp("client")
    lines = [f'export * from "{ROOT}/frontend/signing/{name}.ts";' for name in MODULES]
    (folder / "entry.ts").write_text("\n".join(lines))
    subprocess.run(
        [
            str(ROOT / "node_modules/.bin/esbuild"), str(folder / "entry.ts"), "--bundle",
            "--format=esm", f"--outfile={folder / 'client.mjs'}", "--log-level=error",
        ],
        check=True,
    )  # fmt: skip
    return folder / "client.mjs"


def run(client: Path, made: list[vectors.Vector]) -> str:
    """What Node says of these vectors; fails with the first that has another outcome."""
    told = client.parent / "vectors.json"
    told.write_text(json.dumps([each.as_json() for each in made]))
    done = subprocess.run(
        ["node", "--test", "--test-reporter=tap", str(Path(__file__).parent / "client.test.mjs")],
        env=os.environ | {"CLIENT": str(client), "VECTORS": str(told)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, re.findall(r"^ *not ok.*(?:\n.*){0,14}", done.stdout, re.M)[:4]
    assert f"# pass {len(made) + 1}\n" in done.stdout
    return done.stdout


@pytest.mark.parametrize("make", [vectors.papers, vectors.receipts, vectors.der])
def test_the_device_takes_what_is_sound_and_refuses_each_spoilt_copy_for_its_reason(
    cabinet: Cabinet, client: Path, make: Callable[[], list[vectors.Vector]]
) -> None:
    run(client, make())


def test_the_devices_key_request_is_taken_by_the_authority(cabinet: Cabinet, client: Path) -> None:
    found = re.search(r"REQUEST (\S+) (\S+)", run(client, []))
    assert found
    spki = pades.read_request(base64.b64decode(found[1]))
    assert hashlib.sha256(spki).hexdigest() == found[2]
