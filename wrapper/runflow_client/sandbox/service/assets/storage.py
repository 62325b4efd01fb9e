"""The object store behind uploads: files are put to and read from URLs that are signed and need no key.

It answers as stores of this kind commonly do, in XML; what Runflow's own store says in each case is not documented.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import parse_qsl

from ..._replies import Reply, ReplyError
from ..ids import Stamps
from .spool import Spool

MAX_FILE = 52_428_800
"""Bytes; https://docs.runflow.io/guides/upload-large-files"""

_PREFIX = "/storage/"
# How long a download URL works; sources disagree on it.
_DOWNLOAD_SECONDS = 86_400.0
# Requests inside the process go nowhere, so the name of their store must not exist.
_INSIDE = "https://storage.sandbox.invalid"
_LOOPBACK_HOST = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?", re.IGNORECASE)
_METHODS = ("GET", "HEAD", "PUT")


class DeniedError(ReplyError):
    """Ends a request to the store with an error in XML, which repeats the signature as such stores do."""

    def __init__(self, status: int, code: str, message: str, signature: str = "") -> None:
        given = f"<SignatureProvided>{escape(signature)}</SignatureProvided>" if signature else ""
        text = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message>{given}</Error>"
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
        super().__init__(f"{status} {code}: {message}", Reply(status, (("content-type", "application/xml"),), body))


@dataclass(slots=True)
class _Slot:
    """Room for one file: what was announced, and the file once it was put there."""

    media_type: str
    size: int
    content: Spool | None = None


class Storage:
    """Keeps files under names, each put there by a signed URL.

    Args:
        upload_seconds: how long a URL to put a file to works, in seconds of the sandbox's time.
    """

    def __init__(self, upload_seconds: float, stamps: Stamps) -> None:
        self._upload_seconds = upload_seconds
        self._stamps = stamps
        self._key = stamps.new_secret().encode()
        self._slots: dict[str, _Slot] = {}

    def upload_url(self, name: str, media_type: str, size: int, origin: str, now: float) -> str:
        """Make room for a file and give the URL to put it to."""
        self._slots[name] = _Slot(media_type, size)
        return self._signed("PUT", name, origin, now + self._upload_seconds)

    def download_url(self, name: str, origin: str, now: float) -> str:
        """Give a new URL to read a file from, which was put here before."""
        return self._signed("GET", name, origin, now + _DOWNLOAD_SECONDS)

    def content(self, name: str) -> Spool | None:
        """Give the file that was put under this name, if there is one."""
        slot = self._slots.get(name)
        return None if slot is None else slot.content

    def handle(self, method: str, target: str, headers: Mapping[str, str], body: Spool, now: float) -> Reply:
        """Answer one request to the store.

        Args:
            headers: by lower-case name.

        Raises:
            DeniedError: the request has no right signature, is late, brings a key, or is not what was announced.
        """
        if "authorization" in headers:
            raise DeniedError(400, "InvalidArgument", "Only one auth mechanism allowed: the URL is signed already.")
        if method not in _METHODS:
            raise DeniedError(405, "MethodNotAllowed", "Files are put and read here.")
        path, _, query = target.partition("?")
        self._check_signature("GET" if method == "HEAD" else method, path, dict(parse_qsl(query)), now)
        slot = self._slots[path.removeprefix(_PREFIX)]
        return _put(slot, headers, body) if method == "PUT" else _get(slot)

    def _signed(self, method: str, name: str, origin: str, until: float) -> str:
        path, expires = _PREFIX + name, str(self._stamps.milliseconds(until))
        return f"{origin}{path}?expires={expires}&signature={self._signature(method, path, expires)}"

    def _signature(self, method: str, path: str, expires: str) -> str:
        return hmac.new(self._key, f"{method} {path} {expires}".encode(), hashlib.sha256).hexdigest()

    def _check_signature(self, method: str, path: str, query: Mapping[str, str], now: float) -> None:
        given, expires = query.get("signature", ""), query.get("expires", "")
        if not hmac.compare_digest(given.encode(), self._signature(method, path, expires).encode()):
            raise DeniedError(403, "SignatureDoesNotMatch", "The signature is not that of this request.", given)
        if self._stamps.milliseconds(now) > int(expires):
            raise DeniedError(403, "AccessDenied", "Request has expired.", given)


def is_storage(target: str) -> bool:
    """Tell whether a request is for the store and not for the API."""
    return target.startswith(_PREFIX)


def storage_origin(headers: Mapping[str, str]) -> str:
    """Tell where a client reaches the store: where it reached the API, if that was over a socket of this machine."""
    host = headers.get("host", "")
    return f"http://{host}" if _LOOPBACK_HOST.fullmatch(host) else _INSIDE


def file_too_large() -> DeniedError:
    """Refuse a file over 50 MiB."""
    return DeniedError(400, "EntityTooLarge", f"A file may have {MAX_FILE} bytes.")


def _put(slot: _Slot, headers: Mapping[str, str], body: Spool) -> Reply:
    # Both are part of what was signed, so another value is answered as a wrong signature.
    if "transfer-encoding" in headers:
        raise DeniedError(411, "MissingContentLength", "The Content-Length header is needed.")
    if headers.get("content-type", "") != slot.media_type:
        raise DeniedError(403, "SignatureDoesNotMatch", "The Content-Type is not the one that was announced.")
    if body.size != slot.size:
        raise DeniedError(403, "SignatureDoesNotMatch", "The Content-Length is not the size that was announced.")
    slot.content = body
    return Reply(200, (), b"")


def _get(slot: _Slot) -> Reply:
    assert slot.content is not None  # URLs to read from are given out for confirmed files only
    return Reply(200, (("content-type", slot.media_type), ("cache-control", "no-store")), slot.content.read())
