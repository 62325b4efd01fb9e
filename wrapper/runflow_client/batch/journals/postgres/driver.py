"""The driver psycopg: connections to an address that is secret, and what its errors mean for a journal."""

from __future__ import annotations

from typing import Any

from ...._extras import missing_library
from ...._redaction import Secret, one_line, redactor
from ....errors import ConfigurationError, JournalError

try:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict, make_conninfo
except ImportError as missing:
    raise ConfigurationError(missing_library("a journal on PostgreSQL", "psycopg", "postgres")) from missing

_LONGEST_REASON = 300
_SECRETS = ("password", "sslpassword", "oauth_client_secret")
# How a connection is made, where the address does not say otherwise. A server that is gone is noticed within a minute.
_DEFAULTS = {
    "application_name": "runflow-client",
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}

_MEANINGS = {
    "08": "the server cannot be reached, or has refused or lost the connection: look at the address, the role and the server",
    "22": "PostgreSQL cannot store a value",
    "25006": "the server is a standby, which cannot be written: name the primary, or add target_session_attrs=read-write",
    "25P03": "this process was suspended in the middle of a transaction, which the server ended: run the batch again. Nothing is "
    "charged twice",
    "3D000": "the database does not exist: create it",
    "40P01": "two transactions waited for each other: run the batch again. Nothing is charged twice",
    "42501": "the role may not do this: docs/journal-postgres.md lists the rights that it needs",
    "53": "the server is out of a resource (its disk, its memory, its connections)",
    "55P03": "another process has kept the batch locked: end that one, or wait",
    "57": "the server ended the operation: run the batch again. Nothing is charged twice",
    "58": "the server could not read or write its files: look at its disk",
    "XX": "the server found its data damaged: restore a copy of them. A new journal knows nothing of what was charged before",
}


class Address:
    """Where a journal is. Its password is in no repr, error or pickle.

    Args:
        text: a `postgresql://` URL, as libpq reads it.

    Raises:
        ConfigurationError: the text is no such URL.
    """

    def __init__(self, text: str) -> None:
        parts = _parsed(text)
        if parts is None:
            raise ConfigurationError(
                "the journal's address is not a valid postgresql:// URL (it is not shown, because it may hold a password). "
                "Characters such as @ and / in a password must be percent-encoded."
            )
        self._parts = Secret(make_conninfo(**{**_DEFAULTS, **parts}))
        self._redact = redactor([Secret(str(parts[name])) for name in _SECRETS if parts.get(name)])
        place = f"{parts.get('host') or parts.get('hostaddr') or 'localhost'}:{parts.get('port') or 5432}"
        self.name = f"postgresql://{place}/{parts.get('dbname') or parts.get('user') or ''}"

    def __repr__(self) -> str:
        return f"Address({self.name!r})"

    def connect(self) -> psycopg.Connection[Any]:
        """Return a new connection.

        Raises:
            psycopg.OperationalError: it cannot be made.
        """
        # Statements are not prepared, so that a pooler may give each transaction another connection.
        return psycopg.connect(self._parts.reveal(), autocommit=True, prepare_threshold=None, client_encoding="utf8")

    def problem(self, what: str) -> JournalError:
        return JournalError(f"journal {self.name}: {what}. Nothing in it was overwritten.")

    def meaning(self, error: psycopg.Error) -> JournalError:
        """Return the error that says what to do about one of the driver's. The cause is not kept: it could show an address."""
        state = error.sqlstate or "08"
        meaning = _MEANINGS.get(state) or _MEANINGS.get(state[:2]) or "PostgreSQL refused the operation"
        reason = one_line(self._redact(error.diag.message_primary or str(error)))[:_LONGEST_REASON]
        return self.problem(f"{meaning} (PostgreSQL: {state} {reason})")


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        return conninfo_to_dict(text)
    except psycopg.Error:
        return None
