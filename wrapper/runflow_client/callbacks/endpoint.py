"""Receiving one callback: verify it, handle it once, and say how to respond. Independent of servers and frameworks."""

from __future__ import annotations

import asyncio
import inspect
import logging
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from ..errors import ConfigurationError
from .deduplication import Claim, Deduplicator, MemoryDeduplicator, key_of
from .receiver import Receiver
from .signatures import Callback, PayloadError, SignatureError, parse, problem_of_secrets

Handler: TypeAlias = Callable[[Callback], object]
Secrets: TypeAlias = str | Sequence[str] | Callable[[], str | Sequence[str]]
Headers: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]]
T = TypeVar("T")

SIGNATURE_HEADER = "Runflow-Signature"
MAX_BODY = 1_048_576
_RETRY_SECONDS = 5
_SECONDS_BETWEEN_WARNINGS = 10.0
_logger = logging.getLogger("runflow_client.callbacks")


@dataclass(frozen=True, slots=True)
class Reply:
    """How to respond to a callback.

    Args:
        status: 200 if it was handled now or before; 400 for a body that is no callback; 401 for a wrong signature; 413 for
            a body that is too large; 500 if the handler failed; 503 if it is being handled or the deduplicator failed.
            Runflow sends a callback again after any status but 2xx.
        text: the body, plain text without a secret.
        headers: further headers.

    Example:
        >>> from runflow_client import callbacks
        >>> reply = callbacks.Endpoint(print, "whsec_x").receive(b"{}", {"Runflow-Signature": "0" * 64})
        >>> reply.status
        401
    """

    status: int
    text: str
    headers: tuple[tuple[str, str], ...] = ()


_HANDLED = Reply(200, "handled")
_HANDLED_BEFORE = Reply(200, "handled before")
_BEING_HANDLED = Reply(503, "being handled", (("Retry-After", str(_RETRY_SECONDS)),))
_NOT_GENUINE = Reply(401, "the signature is missing or wrong")
_NO_CALLBACK = Reply(400, "the body is not a callback")
TOO_LARGE = Reply(413, "the body is too large")
_FAILED = Reply(500, "the handler failed")
_UNAVAILABLE = Reply(503, "not available", (("Retry-After", str(_RETRY_SECONDS)),))


class Endpoint:
    """Receives callbacks from any server: pass each request's body and headers, and send the reply.

    `asgi` and `wsgi` make whole applications of it. The handler is called once for each event of an evaluation, as long
    as the deduplicator remembers it. The reply is 200 only after the handler has returned.

    Args:
        handler: a function that takes a `Callback`; for `receive_async` also a coroutine function. It should store what it
            needs and return within a few seconds, as Runflow then takes the attempt for failed. An exception that it
            raises is logged, and Runflow sends the callback again.
        secrets: your callback secret, several of them during a rotation, or a function that returns them and is called for
            each callback.
        deduplicator: remembers what was handled; None for one in memory, of this endpoint alone.
        max_body: bytes; a larger body is refused unread.

    Raises:
        ConfigurationError: the handler or a secret cannot be used.

    Example:
        >>> import hmac
        >>> from runflow_client import callbacks
        >>> endpoint = callbacks.Endpoint(print, "whsec_mine")
        >>> body = b'{"event": "evaluation.completed", "evaluation_id": "e-1"}'
        >>> headers = {"runflow-signature": hmac.new(b"whsec_mine", body, "sha256").hexdigest()}
        >>> endpoint.receive(body, headers).status
        Callback(event='evaluation.completed', evaluation_id='e-1', status=None)
        200
        >>> endpoint.receive(body, headers)
        Reply(status=200, text='handled before', headers=())
        >>> endpoint.receive(body + b" ", headers).status
        401
    """

    def __init__(
        self,
        handler: Handler,
        secrets: Secrets,
        *,
        deduplicator: Deduplicator | None = None,
        max_body: int = MAX_BODY,
    ) -> None:
        if not callable(handler):
            raise ConfigurationError(
                f"handler must be a function that takes a Callback, not {type(handler).__name__}: pass the handler first, "
                "then the secrets"
            )
        # Without a usable secret no callback could ever be verified: a mistake to find at the start.
        problem = None if callable(secrets) else problem_of_secrets(secrets)
        if problem is not None:
            raise ConfigurationError(problem)
        self.max_body = max_body
        self.is_async = _is_async(handler)
        self._handler = handler
        self._secrets = secrets
        self._deduplicator = MemoryDeduplicator() if deduplicator is None else deduplicator
        self._warned_at = -math.inf

    def __repr__(self) -> str:
        return f"{type(self).__name__}(max_body={self.max_body})"

    def receive(self, body: bytes, headers: Headers) -> Reply:
        """Receive a callback in this thread.

        Args:
            body: the raw request body.
            headers: the request's headers, names in any case; a mapping or pairs.
        """
        callback = self._verified(body, headers)
        return callback if isinstance(callback, Reply) else self._take(callback)

    async def receive_async(self, body: bytes, headers: Headers) -> Reply:
        """Receive a callback in an asyncio task; a handler that is no coroutine function is called in a thread."""
        callback = self._verified(body, headers)
        if isinstance(callback, Reply):
            return callback
        if self.is_async:
            return await self._take_async(callback)
        if isinstance(self._handler, Receiver) and isinstance(self._deduplicator, MemoryDeduplicator):
            return self._take(callback)  # neither blocks
        # As one, so that a cancelled task leaves no callback half handled.
        return await asyncio.to_thread(self._take, callback)

    def _take(self, callback: Callback) -> Reply:
        """Handle a callback once, in this thread."""
        key = key_of(callback)
        refusal = self._claim(key)
        if refusal is not None:
            return refusal
        try:
            returned = self._handler(callback)
            if inspect.iscoroutine(returned):
                returned.close()
                raise TypeError(
                    "the handler returned a coroutine: pass a coroutine function, to asgi() or receive_async()"
                )
        except BaseException as problem:
            return self._failed(key, callback, problem)
        self._complete(key)
        return _HANDLED

    async def _take_async(self, callback: Callback) -> Reply:
        """Handle a callback once by a coroutine function."""
        key = key_of(callback)
        refusal = await self._ask(self._claim, key)
        if refusal is not None:
            return refusal
        try:
            returned: Any = self._handler(callback)
            await returned
        except BaseException as problem:
            return self._failed(key, callback, problem)
        await self._ask(self._complete, key)
        return _HANDLED

    async def _ask(self, function: Callable[[str], T], key: str) -> T:
        """Call the deduplicator, in a thread if it may block."""
        if isinstance(self._deduplicator, MemoryDeduplicator):
            return function(key)
        return await asyncio.to_thread(function, key)

    def _verified(self, body: bytes, headers: Headers) -> Callback | Reply:
        if len(body) > self.max_body:
            return TOO_LARGE
        try:
            secrets = self._secrets() if callable(self._secrets) else self._secrets
        except Exception:
            _logger.exception("the function that returns the callback secrets failed; the callback was not handled")
            return _UNAVAILABLE
        try:
            return parse(body, signature_of(headers), secrets)
        except SignatureError as error:
            self._log_refusal(error)
            return _NOT_GENUINE
        except PayloadError as error:
            self._log_refusal(error)
            return _NO_CALLBACK

    def _log_refusal(self, error: SignatureError | PayloadError) -> None:
        """Log why a callback was refused; a flood of forged ones is logged every ten seconds."""
        now = time.monotonic()
        level = logging.WARNING if now >= self._warned_at + _SECONDS_BETWEEN_WARNINGS else logging.DEBUG
        if level == logging.WARNING:
            self._warned_at = now
        _logger.log(level, "refused a callback: %s", error)

    def _claim(self, key: str) -> Reply | None:
        """Return None if the callback is to be handled now, else the reply."""
        try:
            claim = self._deduplicator.claim(key)
        except Exception:
            _logger.exception("the deduplicator failed; the callback was not handled")
            return _UNAVAILABLE
        return {Claim.NEW: None, Claim.RUNNING: _BEING_HANDLED, Claim.DONE: _HANDLED_BEFORE}[claim]

    def _complete(self, key: str) -> None:
        try:
            self._deduplicator.complete(key)
        except Exception:
            _logger.exception("the deduplicator failed after the handler; the callback may be handled again")

    def _failed(self, key: str, callback: Callback, problem: BaseException) -> Reply:
        """Release the callback, so that the next delivery is handled; raise what is no error of the handler."""
        try:
            self._deduplicator.release(key)
        except Exception:
            _logger.exception("the deduplicator failed after the handler; the callback is handled later or not at all")
        if not isinstance(problem, Exception):
            raise problem
        _logger.error("the handler failed for %r", callback, exc_info=problem)
        return _FAILED


def signature_of(headers: Headers) -> str | None:
    """Return the value of the `Runflow-Signature` header, whatever the case of its name; None where there is none.

    Args:
        headers: a mapping or pairs, as frameworks offer them. Several values of the header are joined by commas, which
            `verify` refuses.

    Example:
        >>> from runflow_client import callbacks
        >>> callbacks.signature_of({"runflow-signature": "ab12"})
        'ab12'
    """
    given: Any = headers  # not every framework's headers are a Mapping
    pairs = given.items() if hasattr(given, "items") else given
    values = [value for name, value in pairs if name.lower() == SIGNATURE_HEADER.lower()]
    return ", ".join(values) if values else None


def _is_async(handler: Handler) -> bool:
    # The second is for objects that are called; the type of a function has a method of this name too, which is none.
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(type(handler).__call__)
