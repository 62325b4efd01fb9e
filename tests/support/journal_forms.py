"""The forms of the journal, so that one test runs on each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from runflow_client.batch.journals import postgres, sqlite
from runflow_client.batch.journals.journal import Journal
from runflow_client.batch.journals.postgres.store import PostgresStore
from runflow_client.batch.journals.sqlite.store import SQLiteStore
from runflow_client.batch.journals.stored.moments import BootClock, machine_moment
from runflow_client.batch.journals.stored.transactions import Transactions
from scripts.testing.postgres_server import TABLES, server

FORMS = ("sqlite", "postgres")


class Place(Protocol):
    """Where one journal is kept."""

    store: type[Transactions]

    def open(self, clock: BootClock = machine_moment, **options: Any) -> Journal:
        """Open the journal; a clock that is not the machine's is the journal's too."""
        ...

    def content(self) -> bytes:
        """Return everything that is stored."""
        ...


Places = Callable[[str], Place]
"""Gives an empty place of a name."""


@dataclass(frozen=True)
class FilePlace:
    """A file."""

    path: Path
    store: type[Transactions] = SQLiteStore

    def open(self, clock: BootClock = machine_moment, **options: Any) -> Journal:
        return sqlite.open_journal(self.path, clock=clock, **options)

    def content(self) -> bytes:
        return self.path.read_bytes()


@dataclass(frozen=True)
class DatabasePlace:
    """A database of the tests' server."""

    name: str
    store: type[Transactions] = PostgresStore

    @property
    def address(self) -> str:
        return server().address(self.name)

    def open(self, clock: BootClock = machine_moment, **options: Any) -> Journal:
        database_clock = None if clock is machine_moment else clock
        return postgres.open_journal(self.address, clock=clock, database_clock=database_clock, **options)

    def content(self) -> bytes:
        rows = [server().execute(self.name, f"SELECT t::text FROM runflow_journal.{table} t") for table in TABLES]
        return repr(rows).encode()


def places(form: str, folder: Path) -> Places:
    """Return what gives the places of a form."""

    def file(name: str) -> FilePlace:
        for path in folder.glob(f"{name}*"):
            path.unlink()
        return FilePlace(folder / name)

    def database(name: str) -> DatabasePlace:
        server().empty_database(name)
        return DatabasePlace(name)

    return file if form == "sqlite" else database


def crash(journal: Any) -> None:
    """Let go of a journal as a process does that ends: without a farewell."""
    journal._store.close()


@contextmanager
def commits_watched(place: Place, before: Callable[[], object], after: Callable[[], object]) -> Iterator[None]:
    """Call a function before and after each commit of the journals of a form that writes something."""
    commit = place.store._commit

    def watched(store: Any) -> None:
        before()
        commit(store)
        after()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place.store, "_commit", watched)
        yield
