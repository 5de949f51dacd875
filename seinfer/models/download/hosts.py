"""Which hosts can be reached: tested once per process and within a limited time.

`requests` limits neither name resolution nor the sum over all addresses of a host. Therefore the first connection to a
host is made here, with a time limit. A host that failed is not tried again: a run that needs ten files from it waits
once.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from ...core.errors import DownloadError
from .time_limits import call_within

Endpoint = tuple[str, int]
_PORTS = {"http": 80, "https": 443, "socks4": 1080, "socks4a": 1080, "socks5": 1080, "socks5h": 1080}
_reachable: set[Endpoint] = set()
_unreachable: dict[Endpoint, str] = {}


@dataclass(frozen=True)
class Route:
    """How a URL is reached.

    Attributes:
        host: host and port of the URL.
        endpoint: host and port of the connection: those of a proxy if the settings name one, else `host`.
    """

    host: Endpoint
    endpoint: Endpoint

    def __str__(self) -> str:
        proxied = f" (the proxy for {endpoint_name(self.host)})" if self.endpoint != self.host else ""
        return f"{endpoint_name(self.endpoint)}{proxied}"


def route_of(url: str) -> Route:
    """Return how `url` is reached under the proxy settings that `requests` reads.

    Raises:
        DownloadError: the URL or the proxy's URL contains no host.
    """
    import requests

    host = endpoint_of(url)
    with requests.Session() as session:
        settings = session.merge_environment_settings(url, {}, None, None, None)
    proxy = requests.utils.select_proxy(url, settings["proxies"])
    return Route(host, endpoint_of(proxy if "://" in proxy else f"http://{proxy}") if proxy else host)


def endpoint_of(url: str) -> Endpoint:
    """Return the host and port of a URL.

    Raises:
        DownloadError: it contains none.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise DownloadError(f"{url}: is not a valid URL ({error})") from error
    if not host:
        raise DownloadError(f"{url}: is not a valid URL; it contains no host")
    return host, port or _PORTS.get(parts.scheme, 443)


def endpoint_name(endpoint: Endpoint) -> str:
    """Return "host:port"."""
    return f"{endpoint[0]}:{endpoint[1]}"


def require_reachable(url: str, route: Route, limit_s: float) -> None:
    """Connect to a host that was not tried before, and close the connection.

    Args:
        url: for the error message.
        route: the host, and the proxy if there is one.
        limit_s: seconds for name resolution and all addresses together.

    Raises:
        DownloadError: the host cannot be reached, or could not be reached earlier in this process.
    """
    for endpoint in (route.endpoint, route.host):
        if endpoint in _unreachable:
            raise DownloadError(f"{url}: {_unreachable[endpoint]} (seen earlier in this run; not tried again)")
    if route.endpoint in _reachable:
        return
    try:
        call_within(limit_s, lambda: _connect(route.endpoint, limit_s))
    except (OSError, UnicodeError) as error:  # UnicodeError: the name cannot be a host name
        reason = f"{route} could not be reached: {error}"
        _unreachable[route.endpoint] = reason
        raise unreachable(url, route, reason) from error
    _reachable.add(route.endpoint)


def _connect(endpoint: Endpoint, limit_s: float) -> None:
    # Each address gets its share of the time: the first one may drop all packets, as a misconfigured IPv6 route does.
    n_addresses = len({info[4] for info in socket.getaddrinfo(*endpoint, type=socket.SOCK_STREAM)})
    socket.create_connection(endpoint, timeout=limit_s / max(n_addresses, 1)).close()


def unreachable(url: str, route: Route, reason: str) -> DownloadError:
    """Remember the host as unreachable, and return the error to raise."""
    _unreachable[route.host] = reason
    return DownloadError(f"{url}: {reason}")


def forget_hosts() -> None:
    """Forget which hosts can be reached and which cannot."""
    _reachable.clear()
    _unreachable.clear()
