"""The child's work on a signed file: who signed it, and whether each signature holds.

Runs only inside `ecabinet.offload`.
"""

import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from ecabinet import signatures

ASKED = "asked.json"


def main(folder: Path) -> dict[str, Any]:
    """None where nothing can be said of the file's signatures."""
    asked = json.loads((folder / ASKED).read_bytes())
    roots = [base64.b64decode(each) for each in asked["roots"]]
    at = datetime.fromisoformat(asked["at"])
    try:
        found = signatures.found((folder / "in").read_bytes(), roots, at)
    except Exception:
        # Parsers answer damage with a dozen kinds of exceptions (pdf.md 4.1); all mean this.
        return {"signatures": None}
    return {"signatures": [each.dump() for each in found]}
