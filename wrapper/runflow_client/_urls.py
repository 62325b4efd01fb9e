"""One parser and one set of rules for every URL: the base URL, callback URLs, presigned URLs and image URLs."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

_LOOPBACK_NAMES = frozenset({"localhost", "::1"})


def split_url(url: object) -> SplitResult | None:
    """Return the parts of a URL; None where it is not a str, has no host, or holds a space, a control character or a bad port."""
    if not isinstance(url, str) or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    return parts if host else None


def is_encrypted(parts: SplitResult, *, allow_loopback: bool = True) -> bool:
    """Return whether a URL is https; with `allow_loopback`, http to this machine counts too."""
    return parts.scheme == "https" or (allow_loopback and parts.scheme == "http" and is_loopback(parts.hostname or ""))


def has_user(parts: SplitResult) -> bool:
    """Return whether a URL holds a user name or a password."""
    return "@" in parts.netloc


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine, judged by its name or address alone."""
    return host in _LOOPBACK_NAMES or (
        host.startswith("127.") and host.count(".") == 3 and host.replace(".", "").isdigit()
    )
