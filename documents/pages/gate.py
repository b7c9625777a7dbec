"""The child's comparison of some pages of a long file with its prepared copy: drawing a thousand
scanned pages takes longer than one child may. Runs only inside `ecabinet.offload`.
"""

import json
from pathlib import Path
from typing import Any

from documents.pages import looks

PREPARED, ASKED = "prepared.pdf", "asked.json"


def main(folder: Path) -> dict[str, Any]:
    asked = json.loads((folder / ASKED).read_bytes())
    one, other = (folder / "in").read_bytes(), (folder / PREPARED).read_bytes()
    pages = range(asked["first"], asked["stop"])
    try:
        return {"alike": looks.look_alike(one, other, asked["flattened"], pages)}
    except looks.NotDrawn:
        return {"alike": False}
