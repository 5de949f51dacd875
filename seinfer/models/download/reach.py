"""Whether a host can be reached: found out once a process, within a bounded time.

`requests` bounds neither name resolution nor the sum over a host's addresses. So the first connection to a host is made
here, in a thread that the caller can leave behind. A host that failed is not tried again: a run that wants ten files of
it waits once.
"""

from __future__ import annotations

import socket
import time
from urllib.parse import urlsplit

from ...core.errors import DownloadError

Endpoint = tuple[str, int]
_PORTS = {"http": 80, "https": 443, "socks4": 1080, "socks4a": 1080, "socks5": 1080, "socks5h": 1080}
_n_addresses: dict[Endpoint, int] = {}
_dead: dict[Endpoint, str] = {}


def host_of(url: str) -> Endpoint:
    """Return (host, port) of a URL.

    Raises:
        DownloadError: it has none.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise DownloadError(f"{url}: is no URL that can be fetched ({error})") from error
    if not host:
        raise DownloadError(f"{url}: is no URL that can be fetched; it names no host")
    return host, port or _PORTS.get(parts.scheme, 443)


def door_of(url: str) -> Endpoint:
    """Return (host, port) that a request for `url` connects to: a proxy's where the settings name one, else its own."""
    import requests

    host = host_of(url)
    with requests.Session() as session:
        settings = session.merge_environment_settings(url, {}, None, None, None)
    proxy = requests.utils.select_proxy(url, settings["proxies"])
    return host if not proxy else host_of(proxy if "://" in proxy else f"http://{proxy}")


def connect(door: Endpoint, budget_s: float) -> int:
    """Connect to a host and hang up, once a process. May hang in name resolution: call it where that does no harm.

    Args:
        door: host and port.
        budget_s: seconds for all its addresses together.

    Returns:
        How many addresses it has.

    Raises:
        OSError: none of them answers.
        UnicodeError: the name is no host name.
    """
    if door not in _n_addresses:
        deadline = time.monotonic() + budget_s
        addresses = list(dict.fromkeys(info[4][:2] for info in socket.getaddrinfo(*door, type=socket.SOCK_STREAM)))
        _connect_any([(str(host), int(port)) for host, port in addresses], deadline)
        _n_addresses[door] = len(addresses)
    return _n_addresses[door]


def _connect_any(addresses: list[Endpoint], deadline: float) -> None:
    for tried, address in enumerate(addresses):
        share_s = (deadline - time.monotonic()) / (len(addresses) - tried)
        try:
            socket.create_connection(address, timeout=max(share_s, 0.1)).close()
            return
        except OSError as error:
            failure = error
    raise failure


def bury(host: Endpoint, reason: str) -> None:
    """Remember that a host does not answer."""
    _dead[host] = reason


def epitaph(*hosts: Endpoint) -> str:
    """Return why one of the hosts is not worth trying again, "" when all may be tried."""
    return next((_dead[host] for host in hosts if host in _dead), "")


def forget() -> None:
    """Forget which hosts answer and which do not."""
    _n_addresses.clear()
    _dead.clear()
