"""A list of domains that are given as unsafe, and whether an address lies below one of them."""

from __future__ import annotations

from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from udfs.columns.content_keys import content_keys


class DomainBlocklist:
    """Domains as sorted 64-bit hashes: five million take 40 MB in a worker instead of 600.

    Args:
        domains: Lower case, without a dot at either end.
    """

    def __init__(self, domains: list[str]) -> None:
        self._hashes = np.unique(content_keys(domains))

    def __len__(self) -> int:
        return len(self._hashes)

    def contains(self, urls: pa.Array) -> npt.NDArray[np.bool_]:
        """Whether an address's host, or a domain above it, is listed.

        Args:
            urls: string; null, no address, and addresses without a host are not.

        Returns:
            bool[n].
        """
        owners: list[int] = []
        names: list[str] = []
        for row, url in enumerate(urls.to_pylist()):
            for name in _domains_above(_host(url or "")):
                owners.append(row)
                names.append(name)
        listed = np.zeros(len(urls), np.bool_)
        if names and len(self._hashes):
            keys = content_keys(names)
            places = np.minimum(np.searchsorted(self._hashes, keys), len(self._hashes) - 1)
            listed[np.array(owners)[self._hashes[places] == keys]] = True
        return listed


def parse_blocklist(content: bytes, origin: str) -> DomainBlocklist:
    """Read a list of one domain a line, or in the form of a hosts file (``0.0.0.0 domain``).

    Args:
        content: UTF-8; blank lines and what follows a ``#`` are left out.
        origin: Where it comes from, for messages.

    Raises:
        ValueError: If it is no UTF-8, a line is no domain, or none is in it.
    """
    try:
        lines = content.decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(
            f"list of domains {origin} is no UTF-8 ({error}): give a file of one domain a line"
        ) from error
    domains = []
    for number, line in enumerate(lines, start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        domain = words[-1].lower().strip(".")
        if len(words) > 2 or "/" in domain or "@" in domain or not domain:
            raise ValueError(
                f"list of domains {origin}, line {number}: {line[:80]!r} is no domain: write"
                " example.org, without https:// and path"
            )
        domains.append(domain)
    if not domains:
        raise ValueError(f"list of domains {origin} holds none: leave safety.blocked_domains out")
    return DomainBlocklist(domains)


def _host(url: str) -> str:
    try:
        host = urlsplit(url if "//" in url else f"//{url}").hostname or ""
    except ValueError:
        return ""
    return host.strip(".")


def _domains_above(host: str) -> list[str]:
    labels = host.split(".") if host else []
    return [".".join(labels[first:]) for first in range(len(labels))]
