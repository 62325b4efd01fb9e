"""The journal as a SQLite file, which several processes of one machine may share."""

from __future__ import annotations

import os
from pathlib import Path

from ..journal import RESUBMIT_WITHIN, Journal
from ..stored.journal import StoredJournal
from ..stored.moments import BootClock, machine_moment
from ..stored.worker import StoredWorker
from .store import SQLiteStore


def open_journal(
    path: str | os.PathLike[str], *, clock: BootClock = machine_moment, resubmit_within: float = RESUBMIT_WITHIN
) -> Journal:
    """Open the journal in a file, which is made where there is none.

    Args:
        path: the file, on a local disk.
        clock: the boot clock of this machine.
        resubmit_within: for how many seconds after its grant an item may be submitted again under the same key.

    Raises:
        JournalError: the file is no journal, is damaged, is of a newer version, or cannot be written; it was not changed.
    """
    store = SQLiteStore(Path(path).absolute(), clock)

    def make_worker(batch: int, seed: str, lease_seconds: float) -> StoredWorker:
        return StoredWorker(store, batch, seed, resubmit_within, lease_seconds)

    return StoredJournal(store, make_worker)
