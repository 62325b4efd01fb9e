"""One parser and one set of rules for every URL: the base URL, callback URLs, presigned URLs and image URLs."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

_LOOPBACK_NAMES = frozenset({"localhost", "::1"})


def split_url(url: object) -> SplitResult | None:
    """Return the parts of a URL; None where it is no str, has no host, or holds a blank, a control character or a bad port."""
    if not isinstance(url, str) or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    return parts if host else None


def is_encrypted(parts: SplitResult, *, allow_loopback: bool = True) -> bool:
    """Tell whether a URL is https; http counts too where it leads to this machine and `allow_loopback` is true."""
    return parts.scheme == "https" or (allow_loopback and parts.scheme == "http" and is_loopback(parts.hostname or ""))


def has_user(parts: SplitResult) -> bool:
    """Tell whether a URL holds a user name or a password."""
    return "@" in parts.netloc


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine, by its name alone."""
    return host in _LOOPBACK_NAMES or (
        host.startswith("127.") and host.count(".") == 3 and host.replace(".", "").isdigit()
    )
