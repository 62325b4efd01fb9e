"""What the server offers beside the API: its page, the contract, and cross-origin requests from browsers."""

import json
import re
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from .._replies import RefusedError, Reply, json_reply
from ..service.callbacks.outbox import Delivery
from ..service.service import Service

_API = ("/v1/", "/storage/")
_EVALUATIONS = 30
_CALLBACKS = 20
_LOCAL_HOST = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?", re.IGNORECASE)
_THUMBNAIL = re.compile(r"/sandbox/thumbnails/([0-9a-f-]{36})\.jpg")
_PAGE_HEADERS = (
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    (
        "content-security-policy",
        "default-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src 'self' data:",
    ),
)
_EXPOSED = "X-Request-Id, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset"
_ALLOWED_HEADERS = "Authorization, Content-Type, Idempotency-Key, X-Organization-Id"


class Site:
    """Replies to the requests that are not for the API; they are neither counted nor subject to faults.

    Args:
        url: returns the base URL of the server.
        is_local: whether the server listens on loopback only. Then pages are shown under the names of this machine only,
            because another name that resolves to it may be that of a hostile page.
    """

    def __init__(self, service: Service, url: Callable[[], str], *, is_local: bool) -> None:
        self._service = service
        self._url = url
        self._is_local = is_local
        self._page = resources.files(__name__.rpartition(".")[0]).joinpath("page.html").read_bytes()

    def handle(self, method: str, target: str, headers: Mapping[str, str]) -> Reply | None:
        """Return the reply to a request; None if it is for the API or its storage."""
        path = target.partition("?")[0]
        if path.startswith(_API):
            return _preflight(headers) if method == "OPTIONS" and "access-control-request-method" in headers else None
        if path not in {"/", "/openapi.json"} and not path.startswith("/sandbox/"):
            return None
        if self._is_local and not _LOCAL_HOST.fullmatch(headers.get("host", "")):
            return RefusedError(403, "FORBIDDEN", "The page is shown under a name of this machine only.").reply
        if method == "POST" and path == "/sandbox/reset":
            return self._reset(headers)
        return self._get(path) if method in {"GET", "HEAD"} else _not_allowed(path)

    def _get(self, path: str) -> Reply:
        if path == "/":
            return Reply(200, (("content-type", "text/html; charset=utf-8"), *_PAGE_HEADERS), self._page)
        if path == "/openapi.json":
            return json_reply(200, self._contract(), [("access-control-allow-origin", "*")])
        if path == "/sandbox/state":
            return json_reply(200, self._state(), _PAGE_HEADERS)
        found = _THUMBNAIL.fullmatch(path)
        thumbnail = self._service.thumbnail(found[1]) if found else None
        if thumbnail is None:
            return RefusedError(404, "NOT_FOUND", "There is no such page.").reply
        return Reply(200, (("content-type", "image/jpeg"), *_PAGE_HEADERS), thumbnail)

    def _reset(self, headers: Mapping[str, str]) -> Reply:
        # A page of another origin cannot send this header without a preflight, which is not allowed here.
        if headers.get("x-sandbox") != "reset":
            return RefusedError(403, "FORBIDDEN", "A reset needs the header X-Sandbox: reset.").reply
        self._service.reset()
        return Reply(204, (), b"")

    def _contract(self) -> dict[str, Any]:
        document = json.loads(resources.files("runflow_api").joinpath("openapi.json").read_bytes())
        server = {"url": self._url(), "description": "This sandbox; a stand-in for the API."}
        return {**document, "servers": [server]}

    def _state(self) -> dict[str, Any]:
        service = self._service
        return {
            "url": self._url(),
            "keys": [key.text for key in service.keys],
            "balance": f"{service.balance:f}",
            "accepted": service.evaluations,
            "requests": len(service.requests),
            "faults": len(service.faults),
            "evaluations": service.recent_evaluations(_EVALUATIONS),
            "callbacks": [_shown(delivery) for delivery in reversed(service.deliveries[-_CALLBACKS:])],
        }


def cross_origin_headers(path: str, request: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the headers that let a page of any origin read a reply of the API: the page itself has to send the key."""
    if "origin" not in request or not path.startswith(_API):
        return ()
    return (("access-control-allow-origin", "*"), ("access-control-expose-headers", _EXPOSED))


def _preflight(headers: Mapping[str, str]) -> Reply:
    allowed = (
        ("access-control-allow-methods", "GET, HEAD, POST, PUT, PATCH, DELETE"),
        ("access-control-allow-headers", _ALLOWED_HEADERS),
        ("access-control-max-age", "600"),
    )
    return Reply(204, allowed, b"")


def _not_allowed(path: str) -> Reply:
    allowed = "POST" if path == "/sandbox/reset" else "GET, HEAD"
    return RefusedError(405, "METHOD_NOT_ALLOWED", "Method not allowed.", headers=[("allow", allowed)]).reply


def _shown(delivery: Delivery) -> dict[str, Any]:
    """Describe an attempt to deliver a callback, without the query of its URL, which may hold a secret."""
    parts = urlsplit(delivery.url)
    return {
        "event": delivery.event,
        "evaluation_id": delivery.evaluation_id,
        "url": f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}",
        "attempt": delivery.attempt,
        "status": delivery.status,
        "problem": delivery.problem,
        "signed": delivery.signature is not None,
    }
