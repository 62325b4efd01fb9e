"""`evaluate_many` on both clients: in the process on the virtual clock, and over sockets."""

from __future__ import annotations

import asyncio
import gc
import io
import itertools
import socket
import threading
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runflow_client import AsyncRunflow, EvaluationRequest, Outcome, Runflow, errors
from runflow_client.batch.outcomes import Totals
from runflow_client.sandbox import Sandbox, SandboxServer, sharp_picture
from runflow_client.sandbox.faults import refuse, reply

URL = "https://images.example.com/a.png"
PICTURE = sharp_picture()

Run = Callable[..., tuple[list[Outcome], Totals]]


def sandbox(**options: Any) -> Sandbox:
    made = Sandbox(images={URL: PICTURE}, balance="100000", **options)
    made.outcomes.decide = lambda *ignored: "passed"
    return made


def requests(count: int, **fields: Any) -> list[EvaluationRequest]:
    return [EvaluationRequest(URL, "headshot", **fields) for _ in range(count)]


def run_sync(place: Sandbox, items: Any, take: int | None = None, **options: Any) -> tuple[list[Outcome], Totals]:
    client_options = options.pop("client", {})
    with place.client(**client_options) as client:
        batch = client.evaluations.evaluate_many(items, **options)
        outcomes = list(itertools.islice(batch, take))
        return outcomes, batch.totals


def run_async(place: Sandbox, items: Any, take: int | None = None, **options: Any) -> tuple[list[Outcome], Totals]:
    async def main() -> tuple[list[Outcome], Totals]:
        client_options = options.pop("client", {})
        async with place.async_client(**client_options) as client:
            outcomes = []
            async with client.evaluations.evaluate_many(items, **options) as batch:
                async for outcome in batch:
                    outcomes.append(outcome)
                    if len(outcomes) == take:
                        break
            assert asyncio.all_tasks() == {asyncio.current_task()}
            return outcomes, batch.totals

    return asyncio.run(main())


both = pytest.mark.parametrize("run", [run_sync, run_async], ids=["sync", "async"])


def batch_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "runflow-batch"]


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
    ],
)
def test_argument_that_cannot_be_used_is_refused(argument: str, value: Any) -> None:
    with sandbox().client() as client:
        with pytest.raises(errors.InvalidRequestError, match=argument) as caught:
            client.evaluations.evaluate_many(requests(1), **{argument: value})
        assert caught.value.argument == argument
        with pytest.raises(errors.ConfigurationError, match="not supported yet"):
            client.evaluations.evaluate_many(requests(1), journal="a.db")


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


class SilentServer:
    """Accepts connections and never answers."""

    def __enter__(self) -> SilentServer:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._accepted: list[socket.socket] = []
        self.arrived = threading.Semaphore(0)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._socket.accept()
            except OSError:
                return
            self._accepted.append(accepted)
            self.arrived.release()

    def __exit__(self, *ignored: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for one in self._accepted:
            one.close()


def interrupting(server: SilentServer) -> Iterable[EvaluationRequest]:
    yield from requests(4)
    for _ in range(4):
        assert server.arrived.acquire(timeout=30)
    raise KeyboardInterrupt


def test_ctrl_c_ends_blocked_sends_and_threads() -> None:
    with SilentServer() as server, Runflow("rf_x", base_url=server.url) as client:
        with pytest.raises(KeyboardInterrupt):
            list(client.evaluations.evaluate_many(interrupting(server)))
        assert not batch_threads()
        assert client._session._transport._slots.counts(server.url) == (0, 0)


def test_cancellation_ends_blocked_sends_and_tasks() -> None:
    async def main(server: SilentServer) -> None:
        async with AsyncRunflow("rf_x", base_url=server.url) as client:

            async def consume() -> None:
                async for _ in client.evaluations.evaluate_many(requests(4)):
                    pass

            task = asyncio.create_task(consume())
            for _ in range(4):
                await asyncio.to_thread(server.arrived.acquire)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert asyncio.all_tasks() == {asyncio.current_task()}
            assert client._session._transport._slots.counts(server.url) == (0, 0)

    with SilentServer() as server:
        asyncio.run(main(server))


def test_early_stop_leaves_other_calls_of_the_client_alone() -> None:
    with SandboxServer(sandbox(evaluation_seconds=0.05)) as server:
        with Runflow("rf_sandbox_key", base_url=server.url) as client:
            for _ in client.evaluations.evaluate_many(requests(20)):
                break
            assert not batch_threads()
            assert client.evaluations.submit(URL, "headshot").id
            assert client.account.health().status == "ok"


def test_sync_batch_over_sockets_uses_few_connections() -> None:
    with SandboxServer(sandbox(evaluation_seconds=1), speed=20) as server:
        with Runflow("rf_sandbox_key", base_url=server.url, max_connections=4) as client:
            from runflow_client import PollPolicy

            poll = PollPolicy(first=0.1, then=0.1, longest=0.2)
            with client.evaluations.evaluate_many(requests(100), poll=poll) as batch:
                assert sum(outcome.evaluation is not None for outcome in batch) == 100
                assert len(batch_threads()) == 0


def test_client_that_is_closed_ends_its_batch() -> None:
    with sandbox(evaluation_seconds=20).client(http_client=None) as client:
        pass
    with SandboxServer(sandbox(evaluation_seconds=0.05)) as server:
        with Runflow("rf_sandbox_key", base_url=server.url) as client:
            taken = iter(client.evaluations.evaluate_many(requests(50), max_in_flight=2))
            next(taken)
            client.close()
            with pytest.raises(errors.ConfigurationError, match="closed"):
                list(taken)
        assert not batch_threads()


def test_sleeping_evaluation_costs_few_bytes() -> None:
    place = sandbox(evaluation_seconds=100)
    items = iter(requests(501))
    with place.client() as client:
        taken = iter(client.evaluations.evaluate_many(items, max_in_flight=500))
        place.outcomes.decide = lambda *ignored: "passed"
        gc.collect()
        tracemalloc.start()
        try:
            next(taken)
            snapshot = tracemalloc.take_snapshot()
        finally:
            tracemalloc.stop()
        taken.close()
    own = [stat for stat in snapshot.statistics("filename") if "sandbox" not in stat.traceback[0].filename]
    assert sum(stat.size for stat in own) / 500 < 20_000


def test_pictures_are_loaded_only_with_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    from runflow_client.runtime.files import images

    loaded = most = 0
    load = images.load

    def counting(source: Any, argument: str) -> Any:
        nonlocal loaded, most
        loaded += 1
        most = max(most, loaded)
        return load(source, argument)

    def hook(event: Any) -> None:
        nonlocal loaded
        if type(event).__name__ == "RequestFinished" and event.operation == "submit_evaluation":
            loaded -= 1

    monkeypatch.setattr(images, "load", counting)
    items = (EvaluationRequest(io.BytesIO(PICTURE), "headshot") for _ in range(40))
    run_async(sandbox(), items, max_requests=3, client={"hooks": [hook]})
    assert 1 <= most <= 3


def test_exhausted_batch_can_be_iterated_in_pieces() -> None:
    with sandbox().client() as client:
        taken = iter(client.evaluations.evaluate_many(requests(5)))
        first = list(itertools.islice(taken, 2))
        time.sleep(0)
        assert len(first) == 2 and len(list(taken)) == 3
