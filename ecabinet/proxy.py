"""Where a request truly came from: what a proxy says of it is believed of our own proxies alone.

It stands outside of everything, sockets too, so that log and limits see one true address (WEB-05).
"""

from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any

from werkzeug.middleware.proxy_fix import ProxyFix

from ecabinet.settings import Settings

# By which a request says that it came from somewhere else than it came from.
FORWARDED = (
    "HTTP_FORWARDED",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PREFIX",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_REAL_IP",
    "HTTP_X_REAL_PORT",
)


class TrueSource:
    """The address, host and port of whoever asked, in place of the proxy's."""

    def __init__(self, inner: Any, settings: Settings) -> None:
        self._inner = inner
        self._proxies = settings.proxies
        self._fixed = ProxyFix(inner, x_for=1, x_proto=1, x_host=1)

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        said = {name: environ.pop(name) for name in FORWARDED if name in environ}
        if not self._is_from_proxy(environ.get("REMOTE_ADDR", "")):
            found: Iterable[bytes] = self._inner(environ, start)
            return found
        environ["REMOTE_PORT"] = said.get("HTTP_X_REAL_PORT", "")
        return self._fixed(environ | said, start)

    def _is_from_proxy(self, address: str) -> bool:
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in each for each in self._proxies)
