"""The child's work on a leaked copy: the text of each page, whatever tool saved it last.

Runs only inside `ecabinet.offload`.
"""

from pathlib import Path
from typing import Any

from documents.pages import looks


def main(folder: Path) -> dict[str, Any]:
    """A page that cannot be read has no text; the others may still name the copy."""
    try:
        with looks.opened((folder / "in").read_bytes()) as pdf:
            return {"texts": [_text(pdf, number) for number in range(len(pdf))]}
    except looks.NotDrawn:
        return {"texts": None}


def _text(pdf: Any, number: int) -> str:
    try:
        return str(pdf[number].get_textpage().get_text_range())
    except Exception:
        return ""
