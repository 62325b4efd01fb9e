"""Opening a journal: its address says which form it has."""

from __future__ import annotations

import os

from .journal import RESUBMIT_WITHIN, Journal
from .sqlite import open_journal as open_file

_SCHEMES = ("postgresql://", "postgres://")


def is_database(address: str | os.PathLike[str]) -> bool:
    """Tell whether an address names a database, and not a file."""
    return isinstance(address, str) and address.lower().startswith(_SCHEMES)


def open_journal(address: str | os.PathLike[str], *, resubmit_within: float = RESUBMIT_WITHIN) -> Journal:
    """Open a journal, which is made where there is none.

    Args:
        address: the path of a file on a local disk, for the processes of one machine, or a `postgresql://` URL, for those of many.
        resubmit_within: for how many seconds after its grant an item may be submitted again under the same key.

    Raises:
        ConfigurationError: the URL is wrong, or psycopg is not installed.
        JournalError: it cannot be used; nothing in it was changed.
    """
    if is_database(address):
        from .postgres import open_journal as open_database

        return open_database(str(address), resubmit_within=resubmit_within)
    return open_file(address, resubmit_within=resubmit_within)
