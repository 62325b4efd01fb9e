"""Connections that are lost, responses that are lost, servers that restart, and settings that users have changed."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import psycopg
import pytest
from journal_forms import DatabasePlace
from journal_runs import PRICE, Machine, ask

from runflow_client.batch.journals.journal import Answer, Journal, Totals, Worker
from runflow_client.batch.journals.postgres import open_journal, session
from runflow_client.batch.journals.postgres.session import Session, Statement
from runflow_client.errors import JournalError
from scripts.testing.postgres_server import Server, server


class Time:
    """Time that passes by sleeping only."""

    def __init__(self, during: Callable[[], object] = lambda: None) -> None:
        self.seconds = 0.0
        self.during = during

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self.during()


def end_connections(database: DatabasePlace) -> None:
    server().execute(
        "postgres", f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{database.name}'"
    )


@pytest.fixture
def own_server() -> Iterator[Server]:
    own = Server()
    own.empty_database("journal")
    yield own
    own.remove()


def test_lost_connection_is_made_anew(worker: Worker, journal: Journal, database: DatabasePlace) -> None:
    ask(worker, "a")
    end_connections(database)
    assert worker.submitted("a", "e-1")
    end_connections(database)
    assert journal.totals("batch") == Totals(submitted=1, reserved=PRICE)


def test_connection_lost_inside_of_group_undoes_it(worker: Worker, journal: Journal, database: DatabasePlace) -> None:
    def run() -> None:
        with worker.group():
            ask(worker, "a")
            end_connections(database)
            ask(worker, "b")

    with pytest.raises(JournalError, match="run the batch again"):
        run()
    assert journal.totals("batch") == Totals()
    assert ask(worker, "a").answer is Answer.GO


@pytest.mark.parametrize("arrives", [True, False], ids=["response lost", "request lost"])
def test_lost_commit_is_looked_up(
    arrives: bool, worker: Worker, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = Session._send

    def cut(self: Session, statements: Sequence[Statement]) -> Any:
        if statements[-1][0] != "COMMIT":
            return send(self, statements)
        monkeypatch.setattr(Session, "_send", send)
        if arrives:
            send(self, statements)
        self.close()
        raise psycopg.OperationalError("the connection is lost")

    monkeypatch.setattr(Session, "_send", cut)
    if arrives:
        assert ask(worker, "a").answer is Answer.GO
        assert worker.fence("a")
    else:
        with pytest.raises(JournalError, match="lost the connection"):
            ask(worker, "a")
    assert journal.totals("batch").granted == int(arrives)


@pytest.mark.parametrize("status", ["in progress", "error"])
def test_commit_that_cannot_be_looked_up_is_an_error(
    status: str, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = Session._send

    def cut(self: Session, statements: Sequence[Statement]) -> Any:
        if statements[-1][0] == "COMMIT":
            self.close()
            raise psycopg.OperationalError("the connection is lost")
        if "pg_xact_status" in statements[0][0]:
            if status == "error":
                raise psycopg.errors.InvalidParameterValue("transaction ID is in the future")
            return [[("in progress",)]]
        return send(self, statements)

    monkeypatch.setattr(session, "time", Time())
    monkeypatch.setattr(Session, "_send", cut)
    with pytest.raises(JournalError, match="lost the connection"):
        ask(worker, "a")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["restart", "crash"])
def test_server_that_comes_back_is_waited_for(
    how: signal.Signals, own_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = open_journal(own_server.address("journal"), clock=Machine())
    worker = journal.begin("batch", account="account")
    ask(worker, "a")
    own_server.stop(how)
    time = Time(lambda: own_server.start() if time.seconds > 5 and own_server._process is None else None)
    monkeypatch.setattr(session, "time", time)
    assert worker.submitted("a", "e-1")
    assert 5 < time.seconds < 10
    own_server.stop(how)
    time.during = lambda: None
    with pytest.raises(JournalError, match="cannot be reached"):
        worker.submitted("a", "e-1")
    assert time.seconds > 60
    journal.close()


def test_interrupted_statement_leaves_journal_usable(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    execute = psycopg.ClientCursor.execute

    def interrupted(self: Any, query: bytes) -> Any:
        monkeypatch.setattr(psycopg.ClientCursor, "execute", execute)
        raise KeyboardInterrupt

    monkeypatch.setattr(psycopg.ClientCursor, "execute", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ask(worker, "a")
    assert ask(worker, "a").answer is Answer.GO


def test_rollback_that_fails_closes_connection(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    send = Session._send

    def cut(self: Session, statements: Sequence[Statement]) -> Any:
        if statements[0][0] == "ROLLBACK":
            monkeypatch.setattr(Session, "_send", send)
            raise psycopg.OperationalError("the connection is lost")
        return send(self, statements)

    monkeypatch.setattr(Session, "_send", cut)

    def run() -> None:
        with worker.group():
            ask(worker, "a")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    assert not ask(worker, "a").resumed


def test_waiting_for_a_lock_ends_with_error(
    worker: Worker, database: DatabasePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "_SETTINGS", session._SETTINGS.replace("'60s'", "'50ms'"))
    with psycopg.connect(database.address) as other:
        other.execute("SELECT * FROM runflow_journal.batches FOR UPDATE")
        with pytest.raises(JournalError, match="another process has kept the batch locked"):
            ask(worker, "a")
    assert ask(worker, "a").answer is Answer.GO


def test_frozen_process_loses_its_lock(
    worker: Worker, database: DatabasePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = database.open(Machine())
    second = other.begin("batch", account="account")
    monkeypatch.setattr(session, "_SETTINGS", session._SETTINGS.replace("'30s'", "'100ms'"))

    def freeze() -> None:
        with worker.group():
            ask(worker, "a")
            assert ask(second, "b").answer is Answer.GO  # waits until the server has ended the frozen one's session

    with pytest.raises(JournalError, match="this process was suspended in the middle of a transaction"):
        freeze()
    assert other.totals("batch") == Totals(granted=1, reserved=PRICE)
    other.close()


@pytest.mark.parametrize(("default", "durable"), [("off", "on"), ("local", "on"), ("remote_apply", "remote_apply")])
def test_transactions_are_durable_whatever_the_default(default: str, durable: str, database: DatabasePlace) -> None:
    options = f"&options=-csynchronous_commit%3D{default}%20-cdefault_transaction_isolation%3Dserializable"
    journal: Any = open_journal(database.address + options)
    worker: Any = journal.begin("batch", account="account")
    question: Statement = (
        "SELECT current_setting('synchronous_commit'), current_setting('transaction_isolation')",
        (),
    )
    with worker.group():
        ask(worker, "a")
        assert journal._store._session.run([question])[0] == [(durable, "read committed")]
    with journal._store.transaction(durable=False):
        journal._store.ledger(worker._batch)
        assert journal._store._session.run([question])[0] == [("off", "read committed")]
    journal.close()


def test_server_that_cannot_be_written_is_an_error(worker: Worker, database: DatabasePlace) -> None:
    journal = open_journal(database.address + "&options=-cdefault_transaction_read_only%3Don")
    with pytest.raises(JournalError, match="a standby, which cannot be written: name the primary"):
        journal.begin("batch", account="account")
    journal.close()
