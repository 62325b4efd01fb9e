from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from commands import QUICK, Console, wait_until
from journal_runs import Machine

from runflow_client.batch.journals import opening
from runflow_client.batch.journals.journal import RESUBMIT_WITHIN, UnknownItem
from runflow_client.batch.journals.stored.journal import StoredJournal
from runflow_client.sandbox.faults import drop_after

URL = "https://images.example.com/1"
BATCH = ("batch", "shots.csv", "--task-type", "headshot", *QUICK)


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def unknown(runflow: Console, folder: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Console:
    """The commands after a batch whose only item may have been submitted, an hour ago."""
    monkeypatch.setattr(opening, "open_file", partial(opening.open_file, clock=machine))
    (folder / "shots.csv").write_text(f"image\n{URL}\n")
    runflow.sandbox.faults.always(drop_after, on=("POST", "/v1/evaluations"))
    assert runflow(*BATCH, "--timeout", "0.3").status == 3
    runflow.sandbox.faults.clear()
    machine.seconds += RESUBMIT_WITHIN
    return runflow


def test_batch_names_the_command_for_items_with_unknown_outcome(unknown: Console) -> None:
    done = unknown(*BATCH)
    assert done.status == 3
    assert "1 x UnknownOutcomeError, first https://images.example.com/1: it may have been submitted" in done.err
    assert "  runflow resolve shots.journal.db ITEM --evaluation ID|--not-submitted" in done.err.splitlines()
    assert "tries items with an error again" not in done.err


def test_items_with_unknown_outcome_are_listed(unknown: Console) -> None:
    before = unknown("resolve", "shots.journal.db")
    assert (before.status, before.out) == (0, "") and "no item has an unknown outcome" in before.err
    unknown(*BATCH)
    [key] = {request.idempotency_key for request in unknown.sandbox.requests if request.path == "/v1/evaluations"}
    submitted = datetime.now(UTC) - timedelta(seconds=RESUBMIT_WITHIN)
    done = unknown("resolve", "shots.journal.db")
    assert done.out.startswith(f"unknown  {URL}  key {key}  submitted 20") and done.out.endswith(" UTC\n")
    assert done.err.splitlines()[-1] == "  runflow resolve shots.journal.db ITEM --evaluation ID|--not-submitted"
    [record] = unknown("resolve", "shots.journal.db", "--json").records
    assert abs(datetime.fromisoformat(record.pop("submitted_at")) - submitted) < timedelta(minutes=5)
    assert record == {"item_id": URL, "idempotency_key": key}


def test_item_of_before_a_reboot_has_no_time(unknown: Console, machine: Machine) -> None:
    machine.boot = "boot-2"
    unknown(*BATCH)
    assert unknown("resolve", "shots.journal.db").out.endswith("  submitted before this machine was started\n")
    assert unknown("resolve", "shots.journal.db", "--json").records[0]["submitted_at"] is None


def test_batch_that_is_not_there_is_refused(unknown: Console) -> None:
    done = unknown("resolve", "shots.journal.db", "--batch-id", "other")
    assert (done.status, done.out) == (3, "") and "no batch 'other'; it has 'default'" in done.err


def test_next_step_of_the_list_names_the_batch(unknown: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StoredJournal, "unknown", lambda *ignored: iter([UnknownItem("a.png", "key", 1.0)]))
    unknown(*BATCH, "--batch-id", "my batch")
    done = unknown("resolve", "shots.journal.db", "--batch-id", "my batch")
    assert "  runflow resolve shots.journal.db --batch-id 'my batch' ITEM --evaluation ID|" in done.err


def test_item_whose_evaluation_is_named_is_polled(unknown: Console) -> None:
    unknown(*BATCH)
    wait_until(lambda: bool(unknown.sandbox.charges))
    evaluation_id = unknown.sandbox.charges[0].evaluation_id
    done = unknown("resolve", "shots.journal.db", URL, "--evaluation", evaluation_id)
    assert (done.status, done.out) == (0, "") and "run the batch again" in done.err
    assert unknown(*BATCH).status == 0
    assert unknown.sandbox.evaluations == 1


def test_item_that_was_not_submitted_is_submitted(unknown: Console) -> None:
    unknown(*BATCH)
    done = unknown("resolve", "shots.journal.db", URL, "--not-submitted", "--json")
    assert (done.status, done.records) == (0, [{"item_id": URL, "evaluation_id": None}])
    assert unknown(*BATCH).status == 0


def test_evaluation_that_is_not_there_is_refused(unknown: Console) -> None:
    unknown(*BATCH)
    done = unknown("resolve", "shots.journal.db", URL, "--evaluation", "0193f0a0-0000-7000-8000-000000000001")
    assert done.status == 3 and "404" in done.err
    assert unknown("resolve", "shots.journal.db").out.startswith(f"unknown  {URL}  key ")


def test_item_whose_outcome_is_known_is_refused(unknown: Console) -> None:
    done = unknown("resolve", "shots.journal.db", "other.png", "--not-submitted")
    assert done.status == 3 and "is not one whose outcome is unknown" in done.err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("gone.db",), "there is no journal 'gone.db'"),
        (("gone.db", "a.png"), "name the item and what became of it"),
        (("gone.db", "--not-submitted"), "name the item and what became of it"),
        (("gone.db", "a.png", "--not-submitted", "--evaluation", "x"), "not allowed with"),
    ],
)
def test_wrong_usage_is_told_in_one_line(
    runflow: Console, folder: Path, arguments: tuple[str, ...], reason: str
) -> None:
    done = runflow("resolve", *arguments)
    assert (done.status, done.err.count("\n")) == (3, 1) and reason in done.err
    assert not (folder / "gone.db").exists()
