"""Opening a journal: its address says which form it has."""

from __future__ import annotations

import os
from typing import Any

from .journal import Journal
from .sqlite import open_journal as open_file

_SCHEMES = ("postgresql://", "postgres://")


def is_database(address: Any) -> bool:
    """Tell whether an address names a database, and not a file."""
    return isinstance(address, str) and address.lower().startswith(_SCHEMES)


def open_journal(address: str | os.PathLike[str]) -> Journal:
    """Open the journal of a batch, to read it or to say what became of an item. Close it when it is not needed any more.

    Args:
        address: the path of a file on a local disk, which is made where there is none, for the processes of one machine; or a
            `postgresql://` URL, for those of many (needs the extra `postgres`).

    Raises:
        JournalError: it is no journal, is damaged, is of a newer version, or cannot be reached or written; it was not changed.
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
    return open_file(address)
