"""The journal on a PostgreSQL server, which the processes of many machines may share."""

from __future__ import annotations

from ..journal import RESUBMIT_WITHIN, Journal
from ..stored.journal import StoredJournal
from ..stored.moments import BootClock, machine_moment
from ..stored.worker import StoredWorker
from .driver import Address
from .store import PostgresStore


def open_journal(
    address: str,
    *,
    clock: BootClock = machine_moment,
    database_clock: BootClock | None = None,
    resubmit_within: float = RESUBMIT_WITHIN,
) -> Journal:
    """Open the journal in a database. Its tables are made where there are none.

    Args:
        address: a `postgresql://` URL.
        clock: the boot clock of this machine.
        database_clock: the time by which leases and keys are judged, None for the database's own.
        resubmit_within: for how many seconds after its grant an item may be submitted again under the same key.

    Raises:
        ConfigurationError: the address is no such URL, or psycopg is not installed.
        JournalError: the database cannot be reached, or cannot hold a journal, or a newer version of this library made the one in it.
    """
    store = PostgresStore(Address(address), clock, database_clock)

    def make_worker(batch: int, seed: str, lease_seconds: float) -> StoredWorker:
        return StoredWorker(store, batch, seed, resubmit_within, lease_seconds)

    return StoredJournal(store, make_worker)
