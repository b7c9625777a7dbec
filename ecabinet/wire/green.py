"""Serve on eventlet's own server: `python -m ecabinet.wire.green wsgi:app HOST PORT [CERTIFICATE]`.

Like gunicorn it is told by name which application to serve, and loads it only after the
standard library has been made green.
"""

import os
import sys
from importlib import import_module
from pathlib import Path


def main() -> None:
    import eventlet

    eventlet.monkey_patch()
    # psycopg waits in C otherwise, and every screen with it.
    os.environ.setdefault("PSYCOPG_WAIT_FUNC", "wait_select")
    sys.path.insert(0, str(Path(__file__).parents[2]))
    module, name = sys.argv[1].split(":")
    app = getattr(import_module(module), name)
    host, port, *pem = sys.argv[2:]
    tls = {"certfile": pem[0], "keyfile": pem[0]} if pem else {}
    app.extensions["socketio"].run(app, host=host, port=int(port), **tls)


if __name__ == "__main__":
    main()
