"""`evaluate_many` on both clients, in the process on the virtual clock."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from batches import URL, Run, batch_threads, both, requests, run_async, run_sync, sandbox

from runflow_client import EvaluationRequest, errors
from runflow_client.batch.outcomes import Totals


@both
def test_each_item_has_one_outcome_with_its_verdict(run: Run) -> None:
    place = sandbox()
    place.outcomes.decide = None
    place.outcomes.by_client_ref.update(a="passed", b="rejected", c="undecided", d="failed")
    items = [EvaluationRequest(URL, "headshot", client_ref=name) for name in "abcd"]
    outcomes, totals = run(place, items)
    by_name = {outcome.request.client_ref: outcome for outcome in outcomes}
    assert {name: outcome.index for name, outcome in by_name.items()} == {"a": 0, "b": 1, "c": 2, "d": 3}
    assert [str(by_name[name].evaluation.verdict) for name in "abcd"] == ["passed", "rejected", "undecided", "None"]
    assert [type(by_name[name].error) for name in "abcd"] == [type(None)] * 3 + [errors.EvaluationFailedError]
    assert (totals.passed, totals.rejected, totals.undecided, totals.failed, totals.errors) == (1, 1, 1, 1, 0)
    assert totals.submitted == 4 and totals.seconds_left == 0 and totals.rate > 0 and totals.ended == 4
    assert totals.spent == sum(charge.amount for charge in place.charges)
    keys = {outcome.idempotency_key for outcome in outcomes}
    assert len(keys) == 4 and None not in keys and not any(outcome.from_journal for outcome in outcomes)


@both
def test_more_items_than_are_in_flight_all_end(run: Run) -> None:
    place = sandbox(evaluation_seconds=lambda number: 5 + number % 40)
    seen = {outcome.index for outcome in run(place, requests(300), max_in_flight=100)[0]}
    assert seen == set(range(300))
    assert place.evaluations == 300
    assert not batch_threads()


def test_ten_thousand_items_end_with_right_totals() -> None:
    place = sandbox(evaluation_seconds=4)
    outcomes, totals = run_async(place, iter(requests(10_000)), max_in_flight=5_000)
    assert len({outcome.index for outcome in outcomes}) == totals.passed == totals.submitted == 10_000
    assert totals.seconds_left is None
    assert place.evaluations == len(place.charges) == 10_000


@both
def test_ordered_outcomes_come_in_order_of_input(run: Run) -> None:
    place = sandbox(evaluation_seconds=lambda number: 60 - 7 * (number % 8))
    outcomes, _ = run(place, requests(40), ordered=True, max_in_flight=10)
    assert [outcome.index for outcome in outcomes] == list(range(40))
    unordered, _ = run(sandbox(evaluation_seconds=lambda number: 60 - 7 * (number % 8)), requests(40))
    assert [outcome.index for outcome in unordered] != list(range(40))


@both
@pytest.mark.parametrize("ordered", [False, True])
def test_endless_input_is_read_as_there_is_room(run: Run, ordered: bool) -> None:
    read = itertools.count()

    def endless() -> Iterator[EvaluationRequest]:
        for _ in read:
            yield EvaluationRequest(URL, "headshot")

    place = sandbox(evaluation_seconds=lambda number: 100 if number == 0 else 5)
    outcomes, _ = run(place, endless(), take=30, max_in_flight=20, ordered=ordered)
    assert len(outcomes) == 30
    assert place.evaluations <= 30 + 20
    assert next(read) <= 30 + 20 + 1


@both
def test_in_flight_bound_is_never_exceeded(run: Run) -> None:
    place = sandbox(evaluation_seconds=30)
    running = most = 0

    def hook(event: Any) -> None:
        nonlocal running, most
        name = type(event).__name__
        running += (name == "EvaluationSubmitted") - (name == "EvaluationFinished")
        most = max(most, running)

    run(place, requests(30), max_in_flight=7, client={"hooks": [hook]})
    assert most == 7


@both
def test_failing_item_is_one_outcome_with_its_error(run: Run) -> None:
    items: list[Any] = requests(5)
    items[1] = EvaluationRequest(Path("/nonexistent.png"), "headshot")
    items[2] = EvaluationRequest(URL, "x" * 101)
    items[3] = "a.png"
    outcomes, totals = run(sandbox(), items, ordered=True)
    assert [type(outcome.error) for outcome in outcomes] == [
        type(None),
        errors.InvalidRequestError,
        errors.InvalidRequestError,
        errors.InvalidRequestError,
        type(None),
    ]
    assert "requests[3] must be an EvaluationRequest, not str" in str(outcomes[3].error)
    assert (totals.passed, totals.errors, totals.submitted) == (2, 3, 2)


@both
def test_error_of_the_input_ends_the_batch(run: Run) -> None:
    def broken() -> Iterator[EvaluationRequest]:
        yield from requests(3)
        raise LookupError("the manifest is broken")

    with pytest.raises(LookupError, match="the manifest is broken"):
        run(sandbox(), broken())
    assert not batch_threads()


@both
def test_timeout_of_one_item_keeps_its_evaluation(run: Run) -> None:
    place = sandbox(evaluation_seconds=lambda number: 500 if number == 1 else 5)
    outcomes, totals = run(place, requests(3), timeout=60.0)
    (late,) = [outcome for outcome in outcomes if outcome.error]
    assert isinstance(late.error, errors.WaitTimeoutError)
    assert late.evaluation is not None and late.evaluation.id == late.error.evaluation_id
    assert totals.errors == 1


def test_item_past_its_deadline_gets_one_look() -> None:
    place = sandbox(evaluation_seconds=lambda number: 5 if number == 0 else 30)
    with place.client() as client:
        taken = iter(client.evaluations.evaluate_many(requests(2), timeout=40.0))
        next(taken)
        place.clock.advance(1_000)
        outcome = next(taken)
    assert outcome.error is None and outcome.evaluation is not None and outcome.evaluation.passed


@both
def test_shards_take_every_item_once(run: Run) -> None:
    found = [
        [outcome.index for outcome in run(sandbox(), requests(10), shard=f"{number}/3", ordered=True)[0]]
        for number in (1, 2, 3)
    ]
    assert found == [[0, 3, 6, 9], [1, 4, 7], [2, 5, 8]]
    assert run(sandbox(), requests(10), shard="3/3")[1].seconds_left == 0


@both
def test_progress_is_told_at_every_outcome(run: Run) -> None:
    seen: list[Totals] = []
    run(sandbox(), requests(3), on_progress=seen.append)
    assert [totals.passed for totals in seen] == [1, 2, 3]
    assert seen[0].seconds_left is not None


@both
@pytest.mark.parametrize("problem", [LookupError("full"), StopIteration()])
def test_exception_from_on_progress_ends_the_batch(run: Run, problem: Exception) -> None:
    def full(totals: Totals) -> None:
        raise problem

    with pytest.raises((LookupError, RuntimeError), match="full|on_progress raised StopIteration"):
        run(sandbox(), requests(3), on_progress=full)
    assert not batch_threads()


def test_coroutine_function_is_awaited_for_progress() -> None:
    seen: list[int] = []

    async def record(totals: Totals) -> None:
        await asyncio.sleep(0)
        seen.append(totals.passed)

    run_async(sandbox(), requests(2), on_progress=record)
    assert seen == [1, 2]


def test_async_input_is_read_while_evaluations_advance() -> None:
    place = sandbox(evaluation_seconds=5)

    async def main() -> list[float]:
        async def slow() -> AsyncIterator[EvaluationRequest]:
            for _ in range(4):
                yield EvaluationRequest(URL, "headshot")
                await place.clock.sleep_async(50)

        async with place.async_client() as client:
            times = []
            async for outcome in client.evaluations.evaluate_many(slow(), shard="1/2"):
                assert outcome.error is None
                times.append(place.clock.now())
            return times

    first, second = asyncio.run(main())
    assert first < 20 and 100 < second < 120


def test_async_input_ends_with_the_batch() -> None:
    place = sandbox(evaluation_seconds=5)

    async def main() -> None:
        async def never() -> AsyncIterator[EvaluationRequest]:
            yield EvaluationRequest(URL, "headshot")
            await asyncio.get_running_loop().create_future()

        async with place.async_client() as client:
            async with client.evaluations.evaluate_many(never()) as batch:
                async for _ in batch:
                    break
            assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def test_closed_batch_is_refused_and_closes_twice() -> None:
    with sandbox().client() as client:
        with client.evaluations.evaluate_many(requests(3)) as batch:
            batch.close()
        with pytest.raises(errors.ConfigurationError, match="this batch is closed"):
            next(iter(batch))
    with pytest.raises(errors.ConfigurationError, match="this client is closed"):
        client.evaluations.evaluate_many(requests(3))


@both
def test_input_of_another_type_is_refused(run: Run) -> None:
    for wrong in (3, "a.png", b"abc"):
        with pytest.raises(errors.InvalidRequestError, match="requests must be an iterable of EvaluationRequest"):
            run(sandbox(), wrong)


def test_sync_client_refuses_async_input() -> None:
    async def items() -> AsyncIterator[EvaluationRequest]:
        yield EvaluationRequest(URL, "headshot")

    with pytest.raises(errors.InvalidRequestError, match="async iterables need AsyncRunflow"):
        run_sync(sandbox(), items())


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("max_in_flight", 0),
        ("max_requests", True),
        ("timeout", 0),
        ("poll", 3),
        ("shard", "0/3"),
        ("shard", "4/3"),
        ("shard", 3),
        ("budget", "a lot"),
        ("budget", -1),
        ("price", float("nan")),
        ("price", []),
        ("rate", 0),
        ("rate", float("inf")),
        ("on_progress", 3),
        ("journal", 3),
        ("journal", ""),
        ("batch_id", "without a journal"),
    ],
)
def test_argument_that_cannot_be_used_is_refused(argument: str, value: Any) -> None:
    with sandbox().client() as client:
        with pytest.raises(errors.InvalidRequestError, match=argument) as caught:
            client.evaluations.evaluate_many(requests(1), **{argument: value})
        assert caught.value.argument == argument
