"""One connection to the server: statements that go together, transactions that end either way, and a connection that is lost."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, LiteralString

import psycopg
from psycopg.pq import TransactionStatus

from ....errors import JournalError
from .driver import Address

Statement = tuple[LiteralString, Sequence[Any]]
Rows = list[tuple[Any, ...]]

_WAIT_SECONDS = 60.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0

# A commit is flushed to the disk, and to standbys that are synchronous, also where the server's default is less; one that may be
# lost is not. A process that is frozen inside of a transaction loses its locks.
_SETTINGS: LiteralString = """
SELECT set_config('synchronous_commit', CASE WHEN NOT %s THEN 'off' WHEN current_setting('synchronous_commit') = 'remote_apply'
                  THEN 'remote_apply' ELSE 'on' END, true),
       set_config('lock_timeout', '60s', true), set_config('idle_in_transaction_session_timeout', '30s', true)
"""


class Session:
    """A connection that is made anew where it was lost, unless something is being written.

    Args:
        address: of the server.
    """

    def __init__(self, address: Address) -> None:
        self.wait_seconds = _WAIT_SECONDS  # for a server that is not there
        self._address = address
        self._connection: psycopg.Connection[Any] | None = None
        self._transaction: str | None = None
        try:
            self._connection = address.connect()
            return
        except psycopg.Error as error:
            problem = address.meaning(error)
        raise problem

    @property
    def has_begun(self) -> bool:
        """Whether a transaction is open."""
        return self._transaction is not None

    def begin(self, statements: Sequence[Statement], *, durable: bool) -> list[Rows]:
        """Begin a transaction, and return the rows of its first statements."""
        first: list[Statement] = [("BEGIN ISOLATION LEVEL READ COMMITTED", ()), (_SETTINGS, (durable,))]
        last: Statement = ("SELECT pg_current_xact_id()::text", ())
        _, _, *rows, ((self._transaction,),) = self._run_again([*first, *statements, last])
        return rows

    def run(self, statements: Sequence[Statement]) -> list[Rows]:
        """Run statements, inside the transaction where one is open, and return the rows of each."""
        if not self.has_begun:
            return self._run_again(statements)
        try:
            return self._send(statements)
        except psycopg.Error as error:
            problem = self._address.meaning(error)
        raise problem

    def commit(self, statements: Sequence[Statement]) -> None:
        """Run the last statements of the transaction, and end it.

        Raises:
            JournalError: it was not committed.
        """
        try:
            self._send([*statements, ("COMMIT", ())])
            self._transaction = None
            return
        except psycopg.Error as error:
            problem = self._address.meaning(error)
        if self._is_connected() or not self._was_committed():
            raise problem
        self._transaction = None

    def roll_back(self) -> None:
        """Undo the transaction, if one is open."""
        self._transaction = None
        if self._connection is None or self._connection.info.transaction_status == TransactionStatus.IDLE:
            return
        try:
            self._send([("ROLLBACK", ())])
        except psycopg.Error:
            self.close()  # which undoes it too

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _was_committed(self) -> bool:
        """Ask the server what became of a commit whose response was lost."""
        deadline = time.monotonic() + _WAIT_SECONDS
        while time.monotonic() < deadline:
            try:
                rows = self._run_again([("SELECT pg_xact_status(%s::xid8)", (self._transaction,))])
            except JournalError:
                return False  # not reached, or a replica that the transaction had not reached
            if rows[0][0][0] != "in progress":
                return bool(rows[0][0][0] == "committed")
            time.sleep(_FIRST_PAUSE)
        return False

    def _run_again(self, statements: Sequence[Statement]) -> list[Rows]:
        """Run statements that have no effect unless all of them succeed; on a new connection where the old one was lost."""
        deadline, pause = time.monotonic() + self.wait_seconds, _FIRST_PAUSE
        while True:
            try:
                if not self._is_connected():
                    self._connection = self._address.connect()
                return self._send(statements)
            except psycopg.Error as error:
                problem = self._address.meaning(error)
            if self._is_connected() or time.monotonic() >= deadline:
                break
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        self.roll_back()
        raise problem

    def _is_connected(self) -> bool:
        return self._connection is not None and not self._connection.closed

    def _send(self, statements: Sequence[Statement]) -> list[Rows]:
        """Send all statements in one message, and return the rows of each.

        A pipeline would do it too, but the driver ends one with a message that turns off the server's timeout of a transaction
        in which nothing happens.
        """
        assert self._connection is not None
        try:
            with psycopg.ClientCursor(self._connection) as cursor:
                texts = [cursor.mogrify(statement, values) for statement, values in statements]
                cursor.execute(";".join(texts).encode())
                return [result.fetchall() if result.description else [] for result in cursor.results()]
        except psycopg.Error:
            raise
        except BaseException:
            self.close()  # interrupted: nobody knows which responses are still to come
            raise
