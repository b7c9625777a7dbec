"""Tries what it should not be able to do."""

import os
import socket
from pathlib import Path


def main(folder):
    return {
        "home": Path("/root", ".bashrc").exists() or Path("/home").exists(),
        "data": Path("/var/lib").exists(),
        "network": _can_talk(),
        "secret": any(name.startswith("ECABINET") for name in os.environ),
        "write": _can_write(Path(__file__).parent / "left.txt"),
    }


def _can_talk():
    try:
        socket.create_connection(("127.0.0.1", 22), timeout=1).close()
        return True
    except ConnectionRefusedError:
        # Loopback exists in every network namespace; only who answers on it differs.
        return _has_other_interfaces()
    except OSError:
        return _has_other_interfaces()


def _has_other_interfaces():
    return any(name != "lo" for _, name in socket.if_nameindex())


def _can_write(path):
    try:
        path.write_text("x")
        return True
    except OSError:
        return False
