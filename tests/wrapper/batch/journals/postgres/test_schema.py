"""The tables: who may make them, and versions of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from journal_forms import DatabasePlace
from journal_runs import Machine, ask, start, wait_for

from runflow_client.batch.journals.journal import Answer, Verdict
from runflow_client.batch.journals.postgres import open_journal, schema
from runflow_client.errors import JournalError
from scripts.testing.postgres_server import TABLES, server

PAGE = Path(__file__).parents[5] / "docs" / "journal-postgres.md"


@pytest.fixture
def empty() -> DatabasePlace:
    """A database without tables."""
    server().empty_database("empty")
    server().execute("empty", "SET client_min_messages = error", "DROP SCHEMA IF EXISTS runflow_journal CASCADE")
    return DatabasePlace("empty")


def version(place: DatabasePlace) -> int:
    return int(server().execute(place.name, "SELECT version FROM runflow_journal.version")[0][0])


def test_opening_makes_tables_once(empty: DatabasePlace) -> None:
    for _ in range(2):
        empty.open().close()
    assert version(empty) == len(schema.MIGRATIONS)
    found = server().execute(empty.name, "SELECT tablename FROM pg_tables WHERE schemaname = 'runflow_journal'")
    assert sorted(name for (name,) in found) == sorted([*TABLES, "version"])


def test_processes_make_tables_at_once(empty: DatabasePlace) -> None:
    def make() -> None:
        journal = empty.open(Machine())
        journal.begin("batch", account="account")
        journal.close()

    children = [start(make) for _ in range(4)]
    assert [wait_for(child) for child in children] == [0] * 4
    assert server().execute(empty.name, "SELECT count(*) FROM runflow_journal.batches") == [(1,)]


def test_older_version_is_brought_up_to_date(empty: DatabasePlace, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = empty.open(Machine())
    ask(journal.begin("batch", account="account"), "a")
    journal.close()
    more = ("ALTER TABLE runflow_journal.items ADD note text; CREATE TABLE runflow_journal.notes ()",)
    monkeypatch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS + more)
    journal = empty.open(Machine())
    assert version(empty) == len(schema.MIGRATIONS)
    assert journal.totals("batch").granted == 1
    journal.close()


def test_failed_migration_changes_nothing(empty: DatabasePlace, monkeypatch: pytest.MonkeyPatch) -> None:
    empty.open().close()
    before = version(empty)
    more = ("CREATE TABLE runflow_journal.notes (); SELECT 1 / 0",)
    monkeypatch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS + more)
    with pytest.raises(JournalError, match="division by zero.*Nothing in it was overwritten"):
        empty.open()
    assert version(empty) == before
    assert server().execute(empty.name, "SELECT to_regclass('runflow_journal.notes')") == [(None,)]


def test_newer_version_is_refused(empty: DatabasePlace) -> None:
    empty.open().close()
    server().execute(empty.name, "UPDATE runflow_journal.version SET version = version + 1")
    with pytest.raises(JournalError, match="a newer version of this library made it"):
        empty.open()


def test_database_of_another_encoding_is_refused() -> None:
    if not server().execute("postgres", "SELECT 1 FROM pg_database WHERE datname = 'latin'"):
        server().execute("postgres", "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    with pytest.raises(JournalError, match="the database has the encoding LATIN1: make one with ENCODING 'UTF8'"):
        open_journal(server().address("latin"))


def documented_rights() -> list[str]:
    """Return the statements of the page that make the role of a worker."""
    blocks = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    statements = [part.strip() for block in blocks for part in block.split(";")]
    return [each for each in statements if each.startswith(("GRANT", "CREATE ROLE", "REVOKE"))]


def test_documented_rights_are_enough_for_a_worker(empty: DatabasePlace) -> None:
    empty.open().close()
    server().execute("empty", "DROP OWNED BY runflow_worker CASCADE") if role_exists() else None
    server().execute("empty", "DROP ROLE IF EXISTS runflow_worker", *documented_rights())
    journal = open_journal(server().address("empty", user="runflow_worker"))
    worker = journal.begin("batch", account="account")
    with worker.group():
        assert [ask(worker, item_id).answer for item_id in "abc"] == [Answer.GO] * 3
    assert worker.fence("a") and worker.submitted("a", "e-1") and worker.finished("a", Verdict.PASSED)
    assert worker.withdrawn("b") and worker.released("c")
    worker.renew()
    assert worker.pace(1.0) == 0.0
    assert len(list(journal.outcomes("batch"))) == 1
    journal.close()


def role_exists() -> bool:
    return bool(server().execute("postgres", "SELECT 1 FROM pg_roles WHERE rolname = 'runflow_worker'"))


@pytest.mark.parametrize("is_made", [True, False], ids=["no rights on tables", "no right to make them"])
def test_missing_rights_are_named(is_made: bool, empty: DatabasePlace) -> None:
    server().execute("empty", "DROP ROLE IF EXISTS nobody", "CREATE ROLE nobody LOGIN")
    if is_made:
        empty.open().close()
    with pytest.raises(JournalError, match=r"the role may not do this: docs/journal-postgres\.md"):
        open_journal(server().address("empty", user="nobody"))
