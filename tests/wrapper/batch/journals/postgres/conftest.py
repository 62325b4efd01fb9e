"""Fixtures of the tests of the PostgreSQL form."""

from __future__ import annotations

import pytest
from journal_forms import DatabasePlace, places


@pytest.fixture
def form() -> str:
    return "postgres"


@pytest.fixture
def database(tmp_path_factory: pytest.TempPathFactory) -> DatabasePlace:
    """The place that `journal` and `worker` are in, emptied."""
    place = places("postgres", tmp_path_factory.getbasetemp())("journal")
    assert isinstance(place, DatabasePlace)
    return place


@pytest.fixture
def place(database: DatabasePlace) -> DatabasePlace:
    return database
