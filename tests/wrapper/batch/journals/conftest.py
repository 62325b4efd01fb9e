"""Fixtures of the journal's tests, which run on each form of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from journal_forms import FORMS, Place, Places, places
from journal_runs import Machine

from runflow_client.batch.journals.journal import Journal, Worker


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def new_place(form: str, tmp_path: Path) -> Places:
    return places(form, tmp_path)


@pytest.fixture
def place(new_place: Places) -> Place:
    return new_place("journal")


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def journal(place: Place, machine: Machine) -> Iterator[Journal]:
    journal = place.open(machine)
    yield journal
    journal.close()


@pytest.fixture
def worker(journal: Journal) -> Worker:
    return journal.begin("batch", account="account")


@pytest.fixture
def other(journal: Journal, worker: Worker) -> Worker:
    return journal.begin("batch", account="account")
