"""Addresses, which hold a password, and what is said of servers that cannot be reached."""

from __future__ import annotations

import pickle
import sys
import traceback
from urllib.parse import quote

import pytest

from runflow_client.batch.journals import opening
from runflow_client.batch.journals.postgres import driver, open_journal
from runflow_client.batch.journals.postgres.driver import Address
from runflow_client.errors import ConfigurationError, JournalError
from scripts.testing.postgres_server import OWNER, PASSWORD, server

SECRET = "S3cretW0rd"


def everything(error: BaseException) -> str:
    """Return all that anyone could see of an error."""
    shown = "".join(traceback.format_exception(error, chain=True))
    chained = repr((error.__cause__, error.__context__))
    return shown + repr(error) + str(error) + chained + repr(error.__dict__) + repr(pickle.dumps(error))


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://user:{SECRET}@db.example:5433/runs?sslmode=require",
        f"postgres://user@db.example:5433/runs?password={SECRET}&sslpassword={SECRET}",
    ],
)
def test_address_shows_server_and_database_only(text: str) -> None:
    address = Address(text)
    assert address.name == "postgresql://db.example:5433/runs"
    assert SECRET not in repr(address) + str(address) + repr(address.problem("it is full"))
    with pytest.raises(TypeError, match="a secret cannot be pickled"):
        pickle.dumps(address)


def test_address_without_parts_names_defaults() -> None:
    assert Address("postgresql://").name == "postgresql://localhost:5432/"


@pytest.mark.parametrize("text", [f"postgresql://user:{SECRET}@[half", f"postgresql://h/d?{SECRET}", f"{SECRET}%zz"])
def test_invalid_address_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(ConfigurationError, match="not a valid postgresql:// URL") as raised:
        Address(text)
    assert SECRET not in everything(raised.value)


def test_unreachable_server_is_an_error_without_password() -> None:
    with pytest.raises(JournalError, match="the server cannot be reached") as raised:
        open_journal(f"postgresql://user:{SECRET}@127.0.0.1:1/runs")
    assert "postgresql://127.0.0.1:1/runs" in str(raised.value)
    assert SECRET not in everything(raised.value)


def test_wrong_password_is_an_error_without_it() -> None:
    with pytest.raises(JournalError, match="refused.*password authentication failed") as raised:
        open_journal(f"postgresql://{OWNER}:{SECRET}@127.0.0.1:{server().port}/postgres")
    assert SECRET not in everything(raised.value)


def test_password_of_address_is_used() -> None:
    server().empty_database("journal")
    journal = open_journal(f"postgresql://{OWNER}:{quote(PASSWORD, safe='')}@127.0.0.1:{server().port}/journal")
    journal.begin("batch", account="account")
    assert SECRET not in repr(journal)
    with pytest.raises(TypeError):
        pickle.dumps(journal)
    journal.close()


def test_missing_database_is_an_error() -> None:
    with pytest.raises(JournalError, match='database "missing" does not exist'):
        open_journal(server().address("missing"))


def test_options_of_address_are_kept() -> None:
    connection = Address(server().address("postgres") + "&application_name=mine&connect_timeout=3").connect()
    parameters = connection.info.get_parameters()
    connection.close()
    assert (parameters["application_name"], parameters["connect_timeout"]) == ("mine", "3")
    assert parameters["tcp_user_timeout"] == "30000"


def test_missing_psycopg_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    for name in [name for name in sys.modules if name.startswith("runflow_client.batch.journals.postgres")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ConfigurationError, match=r"pip install .psycopg\[binary\]"):
        opening.open_journal("postgresql://user@127.0.0.1:1/runs")
    assert driver.psycopg is not None
