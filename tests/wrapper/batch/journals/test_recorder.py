"""The thread of a batch that calls its journal."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from runflow_client import open_journal
from runflow_client.batch.journals import recorder as module
from runflow_client.batch.journals.journal import Worker
from runflow_client.batch.journals.recorder import Recorder
from runflow_client.batch.journals.stored.worker import StoredWorker
from runflow_client.errors import InvalidRequestError, JournalError


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    made = Recorder(lambda: open_journal(tmp_path / "batch.db", create=True), "batch", closes_journal=True)
    yield made
    made.end().result()


def numbered(number: int, worker: Worker) -> int:
    return number


def refuse(worker: Worker) -> None:
    raise InvalidRequestError("the item has no id", argument="item_id")


def test_lease_is_renewed_while_nothing_is_called(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    renewed, renew = threading.Event(), StoredWorker.renew

    def noting(worker: StoredWorker) -> None:
        renew(worker)
        renewed.set()

    monkeypatch.setattr(StoredWorker, "renew", noting)
    monkeypatch.setattr(module, "DEFAULT_LEASE", 0.04)
    recorder.begin("account").result()
    assert renewed.wait(20)


def test_more_calls_than_a_group_holds_are_all_performed(recorder: Recorder) -> None:
    futures = [recorder.call(partial(numbered, number)) for number in range(450)]
    recorder.begin("account").result()
    assert [future.result() for future in futures] == list(range(450))


def test_refused_call_leaves_others_of_its_group_alone(recorder: Recorder) -> None:
    refused, key = recorder.call(refuse), recorder.call(lambda worker: worker.key_of("a"))
    recorder.begin("account").result()
    with pytest.raises(InvalidRequestError, match="has no id"):
        refused.result()
    assert key.result() == recorder.worker.key_of("a")


def test_journal_that_fails_at_the_end_raises_nothing(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    def close(worker: StoredWorker) -> None:
        raise JournalError("the disk is full")

    recorder.begin("account").result()
    monkeypatch.setattr(StoredWorker, "close", close)
    recorder.end().result()
