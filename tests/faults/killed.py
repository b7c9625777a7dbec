"""The served application, made to die at one point when the test has said which.

Production code knows nothing of it: named functions are wrapped here, before the
application is made. For gunicorn alone; whoever imports this, dies by it.
"""

import os
import pkgutil
import signal
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from ecabinet.app import create_served_app
from tests.faults.points import EVERY, order

TOLD = order(Path(os.environ["ECABINET_DATA_DIR"]))


def dying_after(point: str, step: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(step)
    def run(*args: Any, **kwargs: Any) -> Any:
        done = step(*args, **kwargs)
        told = TOLD.read_text() if TOLD.exists() else ""
        if told == point:
            # Taken away first, so that whatever is started again lives.
            TOLD.unlink()
            # The whole group: the master would start another worker at once.
            os.killpg(os.getpgrp(), signal.SIGKILL)
        return done

    return run


for point, name in EVERY.items():
    holder, _, step = name.rpartition(".")
    held: Any = pkgutil.resolve_name(holder)
    setattr(held, step, dying_after(point, getattr(held, step)))

app = create_served_app()
