"""Routes of this room: parse, call, answer."""

from ecabinet.web import Door

door = Door("documents", __name__)
