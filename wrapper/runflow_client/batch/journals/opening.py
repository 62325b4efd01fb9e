"""Opening a journal: its address says which form it has."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ...errors import JournalError
from .journal import Journal
from .sqlite import open_journal as open_file
from .stored.journal import shown

_SCHEMES = ("postgresql://", "postgres://")
_MOST_BATCHES = 10  # that an error names


def is_database(address: Any) -> bool:
    """Tell whether an address names a database, and not a file."""
    return isinstance(address, str) and address.lower().startswith(_SCHEMES)


def open_journal(address: str | os.PathLike[str], *, create: bool = False) -> Journal:
    """Open the journal of a batch, to read it or to say what became of an item. Close it when it is not needed any more.

    Args:
        address: the path of a file on a local disk, for the processes of one machine; or a `postgresql://` URL, for those of
            many (needs the extra `postgres`). The tables of a database are made where there are none.
        create: whether a file is made where there is none. `evaluate_many` makes it by itself where it is given a path.

    Raises:
        JournalError: there is no such file, it is no journal, is damaged, is of a newer version, or cannot be reached or
            written; it was not changed.
        ConfigurationError: the URL is not valid, or psycopg is not installed.

    Example:
        >>> import tempfile
        >>> from runflow_client import EvaluationRequest, open_journal
        >>> from runflow_client.sandbox import Sandbox, sharp_picture
        >>> folder = tempfile.TemporaryDirectory()
        >>> address = f"{folder.name}/batch.db"
        >>> with Sandbox().client() as client:
        ...     requests = [EvaluationRequest(sharp_picture(), "headshot", item_id="a.png")]
        ...     outcomes = list(client.evaluations.evaluate_many(requests, journal=address))
        >>> journal = open_journal(address)
        >>> [(outcome.item_id, outcome.verdict.value) for outcome in journal.outcomes("default")]
        [('a.png', 'passed')]
        >>> journal.totals("default").passed
        1
        >>> journal.close()
        >>> folder.cleanup()
    """
    if is_database(address):
        from .postgres import open_journal as open_database

        return open_database(str(address))
    if not (create or Path(address).exists()):
        raise JournalError(
            f"journal {os.fspath(address)!r}: there is no such file. Name the journal of a batch that was started, or make a new "
            "one by create=True."
        )
    return open_file(address)


def require_batch(journal: Journal, batch_id: str) -> None:
    """Refuse a batch that a journal does not have.

    Raises:
        JournalError: it does not; the error names those that it has.
    """
    batch_ids = journal.batch_ids()
    if batch_id in batch_ids:
        return
    names = list(map(shown, batch_ids[:_MOST_BATCHES]))
    names += [f"{len(batch_ids) - _MOST_BATCHES:,} more"] if len(batch_ids) > _MOST_BATCHES else []
    found = f"it has {', '.join(names)}: pass the batch_id= of one of them" if names else "it has none yet"
    raise JournalError(f"the journal has no batch {shown(batch_id)}; {found}.")
