"""The callers' file objects that uploads are reading. A file has one position, so only one upload may read it at a time."""

from __future__ import annotations

import threading
from typing import Any
from weakref import WeakValueDictionary


class FileClaim:
    """The right to read one file object, until it is released or garbage-collected; see `claim_file`.

    Args:
        file: kept, so that no other object gets its id while the claim is held.
    """

    __slots__ = ("__weakref__", "file")

    def __init__(self, file: Any) -> None:
        self.file = file

    def release(self) -> None:
        """Let the next upload read the file."""
        with _lock:
            if _claims.get(id(self.file)) is self:
                del _claims[id(self.file)]


# By the file's id, because a file object need be neither hashable nor weakly referenceable. Weak, so that an
# interruption between claim and upload leaves no entry behind.
_claims: WeakValueDictionary[int, FileClaim] = WeakValueDictionary()
# Reentrant: garbage collection may close an upload, and so release a claim, while this thread holds the lock.
_lock = threading.RLock()


def claim_file(file: Any) -> FileClaim | None:
    """Return a claim on a file object, None while another one holds it."""
    with _lock:
        if id(file) in _claims:
            return None
        claim = _claims[id(file)] = FileClaim(file)
        return claim
