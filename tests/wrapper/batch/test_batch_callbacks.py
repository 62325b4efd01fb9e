"""Batches with a journal and a receiver of callbacks, and an unknown outcome that a callback closes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from batches import SOON, URL, Run, both, sandbox
from journal_runs import Machine

from runflow_client import EvaluationRequest, RetryPolicy, errors
from runflow_client.batch.journals.sqlite import open_journal
from runflow_client.callbacks import Callback, Endpoint, Receiver
from runflow_client.sandbox import Sandbox, faults

HOOK = "https://shop.example/hook"


def connect(place: Sandbox, handler: Any) -> None:
    with place.client() as client:
        endpoint = Endpoint(handler, str(client.callback_secrets.create("test").plain_secret))
    place.send_callbacks(lambda delivery: endpoint.receive(delivery.body, delivery.headers).status)


def items(count: int, **fields: Any) -> list[EvaluationRequest]:
    names = [f"item-{number}" for number in range(count)]
    return [EvaluationRequest(URL, "headshot", item_id=name, client_ref=name, **fields) for name in names]


@both
def test_batch_with_journal_takes_two_requests_an_item(run: Run, tmp_path: Path) -> None:
    place, receiver = sandbox(evaluation_seconds=120), Receiver()
    connect(place, receiver)
    requests = items(50, callback_url=HOOK)
    outcomes, totals = run(place, requests, journal=tmp_path / "batch.db", receiver=receiver)
    assert totals.passed == 50 and all(outcome.error is None for outcome in outcomes)
    assert sum("/v1/evaluations" in request.path for request in place.requests) == 100


@both
def test_item_of_a_journal_needs_its_callback_url_too(run: Run, tmp_path: Path) -> None:
    [outcome], _ = run(sandbox(), items(1), journal=tmp_path / "batch.db", receiver=Receiver())
    assert isinstance(outcome.error, errors.InvalidRequestError) and "callback_url=" in str(outcome.error)


@both
def test_callback_closes_an_unknown_outcome(run: Run, tmp_path: Path) -> None:
    """The way of docs/callbacks.md: the callback of a submit whose response was lost names its evaluation."""
    place, machine = sandbox(), Machine()
    evaluation_ids: dict[str | None, str | None] = {}

    def handle(callback: Callback) -> None:
        evaluation_ids[callback.client_ref] = callback.evaluation_id

    connect(place, handle)
    journal = open_journal(tmp_path / "batch.db", clock=machine)
    requests = items(1, callback_url=HOOK)
    place.faults.on("POST", "/v1/evaluations", faults.drop_after)
    run(place, requests, journal=journal, client={"retries": RetryPolicy(attempts=1)}, poll=SOON)
    machine.seconds += 3600
    place.clock.advance(3600)
    [outcome], _ = run(place, requests, journal=journal, poll=SOON)
    assert isinstance(outcome.error, errors.UnknownOutcomeError)
    journal.resolve(outcome.error.batch_id, outcome.error.item_id, evaluation_ids[outcome.error.item_id])
    [outcome], totals = run(place, requests, journal=journal, poll=SOON)
    assert outcome.error is None and totals.passed == 1 and len(place.charges) == 1
    journal.close()


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_closed_batch_expects_no_callback_any_longer(kind: str) -> None:
    place, receiver = sandbox(evaluation_seconds=120), Receiver()
    requests = items(5, callback_url=HOOK)
    if kind == "sync":
        with place.client() as client:
            batch = client.evaluations.evaluate_many([*requests, *items(1)], receiver=receiver)
            assert next(iter(batch)).error is not None
            batch.close()
    else:

        async def main() -> None:
            async with place.async_client() as client:
                batch = client.evaluations.evaluate_many([*requests, *items(1)], receiver=receiver)
                async for outcome in batch:
                    assert outcome.error is not None
                    break
                await batch.aclose()

        asyncio.run(main())
    assert not receiver._expected
