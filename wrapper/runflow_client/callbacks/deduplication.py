"""Handling each callback once, although it may be sent twice or to two processes at the same time."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import OrderedDict
from enum import Enum
from typing import Protocol

from .signatures import Callback

_READABLE = re.compile(r"[!-~]{1,100}")


class Claim(Enum):
    """What a deduplicator says of a callback that has arrived.

    Example:
        >>> from runflow_client import callbacks
        >>> callbacks.MemoryDeduplicator().claim("evaluation.completed e-1") is callbacks.Claim.NEW
        True
    """

    NEW = "new"  # handle it now, then call `complete` or `release`
    RUNNING = "running"  # it is being handled; whether that succeeds is not known yet
    DONE = "done"  # it was handled before


class Deduplicator(Protocol):
    """Remembers which callbacks were handled. Its methods are called from several threads and may block.

    A callback whose handler fails is released, so that the next delivery is handled. What the handler does and `complete`
    are two actions: if the process ends between them, the callback is handled once more. A handler that must act exactly
    once stores the key with its effect in one transaction (see docs/callbacks.md).

    Example:
        >>> from runflow_client import callbacks
        >>> class DictDeduplicator:  # for one thread; one for a database is in docs/callbacks.md
        ...     def __init__(self):
        ...         self.claims = {}
        ...     def claim(self, key):
        ...         found = self.claims.get(key, callbacks.Claim.NEW)
        ...         self.claims.setdefault(key, callbacks.Claim.RUNNING)
        ...         return found
        ...     def complete(self, key):
        ...         self.claims[key] = callbacks.Claim.DONE
        ...     def release(self, key):
        ...         del self.claims[key]
        >>> endpoint = callbacks.Endpoint(print, "whsec_x", deduplicator=DictDeduplicator())
    """

    def claim(self, key: str) -> Claim:
        """Return NEW if nobody has this key, and keep it; else say what became of it."""
        ...

    def complete(self, key: str) -> None:
        """Remember that the callback with this key was handled."""
        ...

    def release(self, key: str) -> None:
        """Forget a key whose handler failed."""
        ...


class MemoryDeduplicator:
    """Remembers the callbacks that this process has handled, the latest ones only.

    Args:
        size: how many handled callbacks to remember; 200 bytes each.

    Example:
        >>> from runflow_client import callbacks
        >>> deduplicator = callbacks.MemoryDeduplicator()
        >>> deduplicator.claim("evaluation.completed e-1"), deduplicator.claim("evaluation.completed e-1")
        (<Claim.NEW: 'new'>, <Claim.RUNNING: 'running'>)
        >>> deduplicator.complete("evaluation.completed e-1")
        >>> deduplicator.claim("evaluation.completed e-1")
        <Claim.DONE: 'done'>
    """

    def __init__(self, size: int = 20_000) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._running: set[str] = set()
        self._done: OrderedDict[str, None] = OrderedDict()

    def claim(self, key: str) -> Claim:
        """Return NEW if the key is new, and keep it; else say what became of it."""
        with self._lock:
            if key in self._done:
                return Claim.DONE
            if key in self._running:
                return Claim.RUNNING
            self._running.add(key)
            return Claim.NEW

    def complete(self, key: str) -> None:
        """Remember that the callback with this key was handled."""
        with self._lock:
            self._running.discard(key)
            self._done[key] = None
            while len(self._done) > self._size:
                self._done.popitem(last=False)

    def release(self, key: str) -> None:
        """Forget a key whose handler failed."""
        with self._lock:
            self._running.discard(key)


def key_of(callback: Callback) -> str:
    """Return the key under which a callback is handled once: its event, and the id of what it is about.

    Runflow advises the id of the run or the batch (https://docs.runflow.io/guides/verify-callback-signatures); that of the
    evaluation is inferred. A callback without an id is known by its content.
    """
    runs = (callback.raw.get(name) for name in ("run_id", "batch_id"))
    subject = callback.evaluation_id or next((one for one in runs if isinstance(one, str) and one), None)
    if subject is not None and _READABLE.fullmatch(subject) and _READABLE.fullmatch(callback.event):
        return f"{callback.event} {subject.lower()}"
    content = json.dumps([callback.event, subject or callback.raw], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()
