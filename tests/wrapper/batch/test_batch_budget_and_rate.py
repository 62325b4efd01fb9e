"""Rate, budget and estimates of `evaluate_many`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from batches import URL, Run, both, requests, run_sync, sandbox

from runflow_client import EvaluationRequest, errors
from runflow_client.sandbox.faults import refuse, reply, show


@both
def test_rate_bounds_polls_too(run: Run) -> None:
    place = sandbox(evaluation_seconds=30)
    outcomes, _ = run(place, requests(200), rate=20.0)
    assert all(outcome.error is None for outcome in outcomes)
    assert len(place.requests) / place.clock.now() <= 20.5
    assert place.clock.now() < 200


@both
def test_storm_of_429_slows_all_and_ends_without_errors(run: Run) -> None:
    place = sandbox(evaluation_seconds=20)
    arrived: list[float] = []

    def limit(request: Any) -> Any:
        now = place.clock.now()
        recent = [time for time in arrived if time > now - 1]
        arrived[:] = [*recent, now]
        return refuse(429, retry_after=1) if len(recent) >= 30 else None

    place.faults.always(limit)
    outcomes, totals = run(place, requests(300))
    assert [outcome.error for outcome in outcomes if outcome.error] == []
    assert totals.passed == 300


@both
def test_budget_is_never_exceeded(run: Run) -> None:
    place = sandbox(evaluation_seconds=20, price="0.10")
    outcomes, totals = run(place, requests(8), budget="0.55")
    assert totals.spent == sum(charge.amount for charge in place.charges)
    assert place.evaluations == 5
    over = [outcome.error for outcome in outcomes if outcome.error]
    assert [type(error) for error in over] == [errors.BudgetExceededError] * 3
    assert (totals.over_budget, totals.errors, totals.ended) == (3, 0, 8)
    assert "0.10 credits do not fit into what is left of budget=0.55" in str(over[0])


@both
def test_budget_waits_for_reservations_that_may_be_free(run: Run) -> None:
    place = sandbox(evaluation_seconds=20, price="0.10")
    place.outcomes.decide = None
    place.outcomes.extend(["failed", "passed", "passed"])
    _, totals = run(place, requests(3), budget="0.20", price="0.10")
    assert (totals.failed, totals.passed, totals.errors) == (1, 2, 0)


@both
def test_budget_without_a_readable_price_is_refused(run: Run) -> None:
    place = sandbox()
    place.faults.on("GET", "/v1/evaluations/job-classes", reply(404), reply(404))
    place.faults.always(reply(404), on=("GET", "*"))
    with pytest.raises(errors.InvalidRequestError, match="pass price="):
        run(place, requests(1), budget=1)
    outcomes, _ = run(sandbox(), requests(1, job_class="odd"), budget=1)
    assert "no price can be read for job_class='odd'" in str(outcomes[0].error)


def test_reserved_credits_are_part_of_the_totals() -> None:
    with sandbox(evaluation_seconds=lambda number: 5 + number).client() as client:
        with client.evaluations.evaluate_many(requests(3), price="0.05") as batch:
            next(iter(batch))
    assert str(batch.totals.spent) == "0.05" and str(batch.totals.reserved) == "0.10"


@both
def test_rejected_submits_cost_nothing(run: Run) -> None:
    place = sandbox()
    place.faults.on("POST", "/v1/evaluations", refuse(402), refuse(422), refuse(400))
    _, totals = run(place, requests(3), price="0.05", max_requests=1)
    assert totals.errors == 3 and str(totals.spent) == "0.05", "no one can tell what a 400 means"


@pytest.mark.parametrize(("shard", "polls"), [("1/1", 140), ("1/4", 50)])
def test_polls_of_a_shard_leave_requests_to_the_others(shard: str, polls: int) -> None:
    place = sandbox(evaluation_seconds=60)
    number = int(shard[-1])
    with place.client() as client:
        assert len(list(client.evaluations.evaluate_many(requests(10 * number), shard=shard, rate=4.0))) == 10
    assert polls / 2 < sum(request.method == "GET" for request in place.requests) <= polls


def test_estimate_sends_no_submit() -> None:
    place = sandbox(price="0.05")
    with place.client() as client:
        batch = client.evaluations.evaluate_many(requests(1_100), rate=10.0)
        estimate = batch.estimate()
        assert (estimate.count, str(estimate.price)) == (1_100, "55.00")
        assert estimate.seconds > 1_100 * 10 / 10
        assert client.evaluations.evaluate_many(requests(1_100)).estimate().seconds == 120
        assert client.evaluations.evaluate_many(requests(3), price=1, shard="1/2").estimate().price == 2
        with pytest.raises(errors.InvalidRequestError, match="can be read twice"):
            client.evaluations.evaluate_many(iter(requests(3))).estimate()
        place.faults.always(reply(404), on=("GET", "*"))
        assert client.evaluations.evaluate_many(requests(3)).estimate().price is None
        place.faults.clear()
        assert len(list(batch)) == 1_100
    assert place.evaluations == 1_100


def test_async_estimate_refuses_async_input() -> None:
    async def items() -> AsyncIterator[EvaluationRequest]:
        yield EvaluationRequest(URL, "headshot")

    async def main() -> None:
        async with sandbox().async_client() as client:
            assert client.evaluations.evaluate_many(items()).totals.seconds_left is None
            with pytest.raises(errors.InvalidRequestError, match="can be read twice"):
                await client.evaluations.evaluate_many(items()).estimate()

    asyncio.run(main())


def test_estimate_reads_prices_once() -> None:
    place = sandbox(price="0.05")
    with place.client() as client:
        batch = client.evaluations.evaluate_many(requests(10), budget="1.00")
        assert str(batch.estimate().price) == "0.50"
        assert len(list(batch)) == 10
    assert len([request for request in place.requests if "job-classes" in request.path]) == 1


def test_async_estimate_reads_prices_once() -> None:
    place = sandbox(price="0.05")

    async def main() -> None:
        async with place.async_client() as client:
            batch = client.evaluations.evaluate_many(requests(10), budget="1.00")
            assert str((await batch.estimate()).price) == "0.50"
            assert len([outcome async for outcome in batch]) == 10

    asyncio.run(main())
    assert len([request for request in place.requests if "job-classes" in request.path]) == 1


def test_evaluation_without_times_teaches_nothing() -> None:
    place = sandbox()
    place.faults.always(show(created_at=None), on=("GET", "*"))
    outcomes, _ = run_sync(place, requests(30))
    assert len(outcomes) == 30
