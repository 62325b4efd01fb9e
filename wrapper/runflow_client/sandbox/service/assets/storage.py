"""The object storage of uploads: files are put to and read from signed URLs that need no key.

Its errors are XML, as is common for object storage; the errors of Runflow's own storage are not documented.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import parse_qsl

from ..._replies import Reply, ReplyError
from ..ids import IdFactory
from .spool import Spool

MAX_FILE = 52_428_800
"""Bytes; https://docs.runflow.io/guides/upload-large-files"""

_PREFIX = "/storage/"
# Seconds that a download URL works; the sources disagree on it.
_DOWNLOAD_SECONDS = 86_400.0
# Requests inside the process reach no network, so the name of their storage must not exist.
_INSIDE = "https://storage.sandbox.invalid"
_LOOPBACK_HOST = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?", re.IGNORECASE)
_ANY_HOST = re.compile(r"([a-z0-9][a-z0-9.-]*|\[[0-9a-f:.]+\])(:\d{1,5})?", re.IGNORECASE)
_METHODS = ("GET", "HEAD", "PUT")
# The methods and paths that storage serves.
ROUTES = tuple((method, f"{_PREFIX}*") for method in _METHODS)


class DeniedError(ReplyError):
    """Ends a request to storage with an XML error, which repeats the signature as object storage does."""

    def __init__(self, status: int, code: str, message: str, signature: str = "") -> None:
        repeated = f"<SignatureProvided>{escape(signature)}</SignatureProvided>" if signature else ""
        text = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message>{repeated}</Error>"
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
        super().__init__(f"{status} {code}: {message}", Reply(status, (("content-type", "application/xml"),), body))


@dataclass(slots=True)
class _File:
    """One file: the declared type and size, and the content once it was put there."""

    media_type: str
    size: int
    content: Spool | None = None


class Storage:
    """Keeps files under names; each is put there with a signed URL.

    Args:
        upload_seconds: how long an upload URL works, in seconds of the sandbox's time.

    Attributes:
        any_host: whether requests may come under the name of any machine; else under those of this machine only.
    """

    persistent = ("_key", "_files")

    def __init__(self, upload_seconds: float, ids: IdFactory) -> None:
        self.any_host = False
        self._upload_seconds = upload_seconds
        self._ids = ids
        self._key = ids.new_secret().encode()
        self._files: dict[str, _File] = {}

    def upload_url(self, name: str, media_type: str, size: int, origin: str, now: float) -> str:
        """Declare a file and return the URL to which it is put."""
        self._files[name] = _File(media_type, size)
        return self._signed("PUT", name, origin, now + self._upload_seconds)

    def download_url(self, name: str, origin: str, now: float) -> str:
        """Return a new URL from which a stored file is read."""
        return self._signed("GET", name, origin, now + _DOWNLOAD_SECONDS)

    def origin(self, headers: Mapping[str, str]) -> str:
        """Return the origin of storage: that of the API where the request came over a socket, as its client names it."""
        host = headers.get("host", "")
        if not (_ANY_HOST if self.any_host else _LOOPBACK_HOST).fullmatch(host):
            return _INSIDE
        # A proxy in front of the server that speaks https says so in this header.
        scheme = "https" if headers.get("x-forwarded-proto", "").strip().lower() == "https" else "http"
        return f"{scheme}://{host}"

    def content(self, name: str) -> Spool | None:
        """Return the content of the file with this name; None where there is none."""
        file = self._files.get(name)
        return None if file is None else file.content

    def handle(self, method: str, target: str, headers: Mapping[str, str], body: Spool, now: float) -> Reply:
        """Handle one request to storage and return the reply.

        Args:
            headers: by lower-case name.

        Raises:
            DeniedError: the signature is wrong, the URL has expired, the request carries a key, or the file is not the
                declared one.
        """
        if "authorization" in headers:
            raise DeniedError(400, "InvalidArgument", "Only one auth mechanism allowed: the URL is signed already.")
        if method not in _METHODS:
            raise DeniedError(405, "MethodNotAllowed", "Storage answers GET, HEAD and PUT.")
        path, _, query = target.partition("?")
        self._check_signature("GET" if method == "HEAD" else method, path, dict(parse_qsl(query)), now)
        file = self._files[path.removeprefix(_PREFIX)]
        return _put(file, headers, body) if method == "PUT" else _get(file)

    def _signed(self, method: str, name: str, origin: str, until: float) -> str:
        path, expires = _PREFIX + name, str(self._ids.milliseconds(until))
        return f"{origin}{path}?expires={expires}&signature={self._signature(method, path, expires)}"

    def _signature(self, method: str, path: str, expires: str) -> str:
        return hmac.new(self._key, f"{method} {path} {expires}".encode(), hashlib.sha256).hexdigest()

    def _check_signature(self, method: str, path: str, query: Mapping[str, str], now: float) -> None:
        signature, expires = query.get("signature", ""), query.get("expires", "")
        if not hmac.compare_digest(signature.encode(), self._signature(method, path, expires).encode()):
            raise DeniedError(403, "SignatureDoesNotMatch", "The signature does not match this request.", signature)
        if self._ids.milliseconds(now) > int(expires):
            raise DeniedError(403, "AccessDenied", "Request has expired.", signature)


def is_storage(target: str) -> bool:
    """Return whether a request is for storage and not for the API."""
    return target.startswith(_PREFIX)


def file_too_large() -> DeniedError:
    """Refuse a file over 50 MiB."""
    return DeniedError(400, "EntityTooLarge", f"A file may have at most {MAX_FILE} bytes.")


def _put(file: _File, headers: Mapping[str, str], body: Spool) -> Reply:
    # Type and size are signed, so another value is refused as a wrong signature.
    if "transfer-encoding" in headers:
        raise DeniedError(411, "MissingContentLength", "The Content-Length header is needed.")
    if headers.get("content-type", "") != file.media_type:
        raise DeniedError(403, "SignatureDoesNotMatch", "The Content-Type is not the declared one.")
    if body.size != file.size:
        raise DeniedError(403, "SignatureDoesNotMatch", "The Content-Length is not the declared size.")
    body.close()
    file.content = body
    return Reply(200, (), b"")


def _get(file: _File) -> Reply:
    assert file.content is not None  # download URLs are made for confirmed files only
    return Reply(200, (("content-type", file.media_type), ("cache-control", "no-store")), file.content.read())
