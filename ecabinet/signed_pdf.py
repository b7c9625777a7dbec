"""What everybody needs who reads or makes a signed PDF by pyHanko."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """The value of one of pyHanko's coroutines; none of ours waits for anything outside."""
    # Not asyncio.run: its signal handler prints the whole task, which takes longer than the work.
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


def attachments(reader: Any) -> dict[str, bytes]:
    """What a PDF carries, by name."""
    try:
        names = reader.root["/Names"]["/EmbeddedFiles"]["/Names"]
    except KeyError:
        return {}
    return {str(names[at]): names[at + 1]["/EF"]["/F"].data for at in range(0, len(names), 2)}
