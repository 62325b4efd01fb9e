"""A batch with a journal: run again, it goes on where it was, and submits nothing twice."""

from __future__ import annotations

import asyncio
import io
import json
import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from batches import PICTURE, SOON, URL, Run, batch_threads, both, sandbox
from journal_runs import Machine
from PIL import Image

from runflow_client import AsyncRunflow, EvaluationRequest, RetryPolicy, errors, events, open_journal
from runflow_client.batch.journals import sqlite as sqlite_form
from runflow_client.batch.journals.journal import Journal, Totals
from runflow_client.batch.journals.stored.moments import Moment
from runflow_client.batch.journals.stored.pace import Pace
from runflow_client.batch.journals.stored.worker import StoredWorker
from runflow_client.sandbox import Sandbox, SandboxServer, blurred_picture, faults, sharp_picture
from runflow_client.sandbox.faults import refuse

ONCE = {"retries": RetryPolicy(attempts=1)}
ITEMS = ("a", "b", "c", "d", "e")


def items(*item_ids: str, image: Any = URL, **fields: Any) -> list[EvaluationRequest]:
    return [EvaluationRequest(image, "headshot", item_id=item_id, **fields) for item_id in item_ids or ITEMS]


def noisy_picture() -> bytes:
    """Return a PNG of more than 1 MiB, which is uploaded."""
    with io.BytesIO() as file:
        Image.frombytes("RGB", (700, 700), random.Random(0).randbytes(700 * 700 * 3)).save(file, "PNG")
        return file.getvalue()


def submits(place: Sandbox) -> int:
    return sum(request.method == "POST" and request.path == "/v1/evaluations" for request in place.requests)


def totals_of(address: Path) -> Totals:
    journal = open_journal(address)
    totals = journal.totals("default")
    journal.close()
    return totals


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "batch.db"


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def journal(path: Path, machine: Machine) -> Iterator[Journal]:
    opened = sqlite_form.open_journal(path, clock=machine)
    yield opened
    opened.close()


@both
def test_finished_items_come_from_journal_without_a_request(run: Run, path: Path) -> None:
    place = sandbox()
    place.outcomes.by_client_ref["fails"] = "failed"
    requests = [*items(), *items("f", client_ref="fails")]
    first, totals = run(place, requests, journal=path, poll=SOON)
    assert (totals.submitted, totals.passed, totals.failed) == (6, 5, 1)
    seen = len(place.requests)
    again, totals = run(place, requests, journal=path, poll=SOON, ordered=True)
    assert [request.path for request in place.requests[seen:]] == ["/v1/billing/balance"]
    assert all(outcome.from_journal for outcome in again) and not any(outcome.from_journal for outcome in first)
    assert (totals.submitted, totals.passed, totals.failed, totals.spent) == (0, 5, 1, Decimal("0.25"))
    by_index = sorted(first, key=lambda outcome: outcome.index)
    assert [outcome.evaluation for outcome in again] == [outcome.evaluation for outcome in by_index]
    assert [outcome.idempotency_key for outcome in again] == [outcome.idempotency_key for outcome in by_index]
    assert isinstance(again[5].error, errors.EvaluationFailedError)
    assert again[5].error.idempotency_key == again[5].idempotency_key
    assert totals_of(path) == Totals(passed=5, failed=1, spent=Decimal("0.25"))
    assert not batch_threads()


@both
def test_batch_that_was_stopped_goes_on(run: Run, path: Path) -> None:
    place = sandbox()
    run(place, items(), take=2, journal=path, poll=SOON)
    outcomes, _ = run(place, items(), journal=path, poll=SOON)
    assert Counter(outcome.request.item_id for outcome in outcomes) == Counter(ITEMS)
    assert place.evaluations == len(place.charges) == len(ITEMS)
    assert sum(outcome.from_journal for outcome in outcomes) >= 2


@both
def test_positions_are_item_ids_across_shards(run: Run, path: Path) -> None:
    place = sandbox()
    requests = [EvaluationRequest(URL, "headshot") for _ in range(6)]
    for shard in ("1/2", "2/2"):
        run(place, requests, journal=path, shard=shard, poll=SOON)
    outcomes, _ = run(place, requests, journal=path, poll=SOON)
    assert place.evaluations == 6 and all(outcome.from_journal for outcome in outcomes)


@both
def test_changed_content_is_an_error_and_sends_nothing(run: Run, path: Path) -> None:
    place = sandbox()
    run(place, items("a"), journal=path, poll=SOON)
    for changed in (items("a", image=PICTURE), items("a", task_description="other")):
        [outcome], totals = run(place, changed, journal=path, poll=SOON)
        assert isinstance(outcome.error, errors.InvalidRequestError)
        assert "submitted before with other content" in str(outcome.error)
        assert (totals.errors, totals.spent) == (1, place.charges[0].amount)
    assert submits(place) == 1


@both
def test_item_in_progress_with_other_content_counts_with_its_price(run: Run, path: Path) -> None:
    place = sandbox(evaluation_seconds=1000)
    run(place, items("a"), journal=path, poll=SOON, timeout=1, price="0.25")
    [outcome], totals = run(place, items("a", image=PICTURE), journal=path, poll=SOON, price="0.25")
    assert isinstance(outcome.error, errors.InvalidRequestError)
    assert totals.spent == Decimal("0.25")


@both
def test_item_whose_file_is_gone_comes_from_journal(run: Run, path: Path, tmp_path: Path) -> None:
    place, picture = sandbox(), tmp_path / "a.png"
    picture.write_bytes(sharp_picture())
    run(place, items("a", image=picture), journal=path, poll=SOON)
    picture.unlink()
    [outcome, missing], _ = run(place, items("a", "b", image=picture), journal=path, poll=SOON, ordered=True)
    assert outcome.from_journal and outcome.evaluation is not None and outcome.evaluation.passed
    assert isinstance(missing.error, errors.InvalidRequestError)
    picture.write_bytes(blurred_picture())
    [changed], _ = run(place, items("a", image=picture), journal=path, poll=SOON)
    assert "other content" in str(changed.error)
    assert place.evaluations == 1


@both
def test_resigned_url_is_submitted_as_it_was_first(run: Run, path: Path) -> None:
    place = sandbox()
    place.faults.on("POST", "/v1/evaluations", faults.drop_after)
    bodies = []
    place.outcomes.decide = lambda submission: bodies.append(submission.image) or "passed"
    [lost], _ = run(place, items("a", image=f"{URL}?signature=1"), journal=path, client=ONCE, poll=SOON)
    assert isinstance(lost.error, errors.TransportError)
    assert totals_of(path).granted == 1
    [outcome], _ = run(place, items("a", image=f"{URL}?signature=2"), journal=path, poll=SOON)
    assert outcome.error is None and outcome.idempotency_key == lost.idempotency_key
    assert place.evaluations == 1 and submits(place) == 2 and bodies == [f"{URL}?signature=1"]


@both
@pytest.mark.parametrize("fault", [faults.drop_after, faults.refuse(503), faults.refuse(402), faults.show(id=None)])
def test_next_step_of_an_error_is_another_run(run: Run, path: Path, fault: Any) -> None:
    for number, image in enumerate((URL, noisy_picture())):
        place = sandbox()
        place.faults.always(fault, on=("POST", "/v1/*"))
        journal = path.with_suffix(f".{number}")
        [outcome], _ = run(place, items("a", image=image), journal=journal, price="0.05", client=ONCE, poll=SOON)
        assert "run the batch again with the same journal" in str(outcome.error)
        assert "idempotency" not in str(outcome.error)


@both
def test_refused_submit_gives_the_money_back(run: Run, path: Path) -> None:
    place = Sandbox(images={URL: PICTURE}, balance="0")
    [outcome], totals = run(place, items("a"), journal=path, price="0.05", budget="1", poll=SOON)
    assert isinstance(outcome.error, errors.InsufficientCreditError)
    assert totals.spent == totals.reserved == 0
    assert totals_of(path) == Totals()


@both
def test_refusal_after_a_lost_response_frees_the_price(run: Run, path: Path) -> None:
    place = Sandbox(images={URL: PICTURE}, balance="0")
    place.faults.on("POST", "/v1/evaluations", faults.drop_before)
    [outcome], _ = run(place, items("a"), journal=path, poll=SOON)
    assert isinstance(outcome.error, errors.InsufficientCreditError)
    assert totals_of(path) == Totals()


@both
def test_revoked_key_after_a_lost_response_keeps_the_item(run: Run, path: Path) -> None:
    place = sandbox()
    place.faults.on("POST", "/v1/evaluations", faults.drop_after)
    place.faults.on("POST", "/v1/evaluations", faults.refuse(401))
    [outcome], _ = run(place, items("a"), journal=path, poll=SOON)
    assert isinstance(outcome.error, errors.AuthenticationError)
    assert totals_of(path).granted == 1
    [outcome], _ = run(place, items("a"), journal=path, poll=SOON)
    assert outcome.error is None and place.evaluations == 1


@both
def test_unknown_outcome_is_an_error_until_it_is_resolved(run: Run, journal: Journal, machine: Machine) -> None:
    place = sandbox()
    place.faults.on("POST", "/v1/evaluations", faults.drop_after, faults.drop_after)
    run(place, items("a", "b"), journal=journal, client=ONCE, poll=SOON)
    machine.seconds += 3600
    outcomes, totals = run(place, items("a", "b"), journal=journal, price="0.05", poll=SOON)
    assert [type(outcome.error) for outcome in outcomes] == [errors.UnknownOutcomeError] * 2
    assert totals.spent == Decimal("0.10")
    assert submits(place) == 2
    assert journal.totals("default").unknown == 2
    place.clock.advance(60)
    with place.client() as client:
        client.account.health()
    evaluation_id = place.charges[0].evaluation_id
    journal.resolve("default", "a", evaluation_id)
    journal.resolve("default", "b", None)
    outcomes, _ = run(place, items("a", "b"), journal=journal, poll=SOON, ordered=True)
    assert outcomes[0].evaluation is not None and outcomes[0].evaluation.id == evaluation_id
    assert outcomes[1].error is None
    assert submits(place) == 3
    assert journal.totals("default").passed == 2


@both
def test_next_run_polls_an_evaluation_that_timed_out(run: Run, path: Path) -> None:
    place = sandbox(evaluation_seconds=100)
    [outcome], _ = run(place, items("a"), journal=path, timeout=10)
    assert isinstance(outcome.error, errors.WaitTimeoutError)
    assert str(outcome.error).endswith("run the batch again with the same journal to go on waiting.")
    assert totals_of(path).submitted == 1
    [outcome], totals = run(place, items("a"), journal=path)
    assert outcome.error is None and totals.submitted == 0
    assert submits(place) == place.evaluations == 1


@both
def test_budget_is_exact_across_runs(run: Run, path: Path) -> None:
    place = sandbox()
    for requests in (items("a", "b"), items()):
        outcomes, totals = run(place, requests, journal=path, budget="0.20", price="0.05", poll=SOON)
    refused = [outcome for outcome in outcomes if isinstance(outcome.error, errors.BudgetExceededError)]
    assert len(refused) == 1 and "0.20 are spent" in str(refused[0].error)
    assert place.evaluations == 4 and totals.spent == Decimal("0.20")
    outcomes, _ = run(place, items(), journal=path, budget="1", price="0.05", poll=SOON)
    assert place.evaluations == 5 and all(outcome.error is None for outcome in outcomes)


@both
def test_item_waits_for_credits_that_become_free(run: Run, path: Path) -> None:
    place = sandbox()
    place.outcomes.by_client_ref["fails"] = "failed"
    requests = [*items("a", client_ref="fails"), *items("b")]
    outcomes, totals = run(place, requests, journal=path, budget="0.05", price="0.05", max_requests=1)
    assert Counter(type(outcome.error) for outcome in outcomes) == {errors.EvaluationFailedError: 1, type(None): 1}
    assert totals.spent == Decimal("0.05")


@both
def test_item_that_waits_too_long_for_credits_ends(run: Run, path: Path) -> None:
    place = sandbox(evaluation_seconds=200)
    terms = {"budget": "0.05", "price": "0.05", "timeout": 100, "max_requests": 1}
    outcomes, _ = run(place, items("a", "b"), journal=path, ordered=True, **terms)
    assert [type(outcome.error) for outcome in outcomes] == [errors.WaitTimeoutError, errors.BudgetExceededError]
    assert place.evaluations == 1


@both
def test_same_item_twice_is_submitted_once(run: Run, path: Path) -> None:
    place = sandbox()
    outcomes, _ = run(place, items("a", "a"), journal=path, ordered=True)
    assert [outcome.from_journal for outcome in outcomes] == [False, True]
    assert outcomes[0].evaluation == outcomes[1].evaluation
    assert place.evaluations == 1


@both
@pytest.mark.parametrize("item_id", ["", 3, [], "https://example.com/a.png?signature=1", "a\0b"])
def test_item_id_that_cannot_be_kept_is_refused(run: Run, path: Path, item_id: Any) -> None:
    place = sandbox()
    [outcome], _ = run(place, items(item_id), journal=path)
    assert isinstance(outcome.error, errors.InvalidRequestError) and outcome.error.argument == "item_id"
    assert "signature=1" not in str(outcome.error)
    assert not submits(place)


@both
def test_journal_of_another_account_is_refused(run: Run, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(sandbox(), items("a"), journal=path, poll=SOON)
    other = Sandbox(images={URL: PICTURE}, seed=1)
    before = path.read_bytes()
    with pytest.raises(errors.JournalError, match="another account"):
        run(other, items("a"), journal=path, poll=SOON)
    assert not submits(other)
    assert path.read_bytes() == before
    assert not batch_threads()


@both
@pytest.mark.parametrize("status", [403, 404])
def test_account_without_a_readable_balance_uses_its_own_name(run: Run, path: Path, status: int) -> None:
    place = sandbox()
    place.faults.always(faults.refuse(status), on=("GET", "/v1/billing/balance"))
    for _ in range(2):
        run(place, items("a"), journal=path, client={"organization_id": "org-1"}, poll=SOON)
    with pytest.raises(errors.JournalError, match="another account"):
        run(place, items("a"), journal=path, poll=SOON)


@both
def test_journal_that_cannot_be_opened_ends_the_batch(run: Run, tmp_path: Path) -> None:
    place = sandbox()
    with pytest.raises(errors.JournalError, match="is a folder"):
        run(place, items("a"), journal=tmp_path)
    assert not submits(place) and not batch_threads()


def test_batch_that_was_never_begun_closes_without_opening_its_journal(path: Path) -> None:
    with sandbox().client() as client, client.evaluations.evaluate_many(items(), journal=path):
        pass
    assert not path.exists()


def test_batches_in_one_journal_at_once_share_the_work(path: Path) -> None:
    place = sandbox(evaluation_seconds=30)

    async def main() -> list[list[Any]]:
        async with place.async_client() as client:

            async def one() -> list[Any]:
                return [each async for each in client.evaluations.evaluate_many(items(), journal=path)]

            return await asyncio.gather(one(), one())

    for outcomes in asyncio.run(main()):
        assert Counter(outcome.request.item_id for outcome in outcomes) == Counter(ITEMS)
        assert all(outcome.error is None for outcome in outcomes)
    assert place.evaluations == len(ITEMS)


def test_item_of_another_process_is_waited_for_only_so_long(path: Path) -> None:
    place = sandbox(evaluation_seconds=1000)

    async def main() -> list[Any]:
        async with place.async_client() as client:
            other = aiter(client.evaluations.evaluate_many(items("a"), journal=path, timeout=None))
            task = asyncio.ensure_future(anext(other))
            while not place.evaluations:
                await asyncio.sleep(0)
            found = [each async for each in client.evaluations.evaluate_many(items("a"), journal=path, timeout=60)]
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return found

    [outcome] = asyncio.run(main())
    assert isinstance(outcome.error, errors.RequestTimeoutError) and "another process" in str(outcome.error)
    assert place.evaluations == 1


def test_rate_bounds_all_processes_together(path: Path) -> None:
    place = sandbox(evaluation_seconds=1)
    requests = [items(*(f"{name}{number}" for number in range(20))) for name in "ab"]

    def moment() -> Moment:
        return Moment("boot-1", 1000.0 + place.clock.now())

    async def main() -> float:
        async with place.async_client() as client:

            async def one(mine: list[EvaluationRequest]) -> None:
                journal = sqlite_form.open_journal(path, clock=moment)
                async for outcome in client.evaluations.evaluate_many(mine, journal=journal, rate=4.0):
                    assert outcome.error is None
                journal.close()

            await asyncio.gather(*(one(mine) for mine in requests))
            return place.clock.now()

    seconds = asyncio.run(main())
    sent = sum("/v1/evaluations" in request.path for request in place.requests)
    assert sent / seconds <= 4.5


@both
def test_429_slows_down_all_processes_of_a_batch(run: Run, path: Path) -> None:
    place = sandbox()
    refusals = iter([faults.refuse(429, retry_after=2)])
    place.faults.always(lambda request: next(refusals, None), on=("POST", "/v1/evaluations"))
    outcomes, _ = run(place, items("a"), journal=path, rate=4.0, poll=SOON)
    assert outcomes[0].error is None
    with closing(sqlite3.connect(path)) as connection:
        ((text,),) = connection.execute("SELECT pace FROM batches").fetchall()
    assert Pace.from_text(text).too_much == 4.0


@both
def test_journal_that_fails_ends_the_batch_and_nothing_is_lost(
    run: Run, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = sandbox()

    def submitted(*ignored: Any) -> bool:
        raise errors.JournalError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(StoredWorker, "submitted", submitted)
        with pytest.raises(errors.JournalError, match="the disk is full"):
            run(place, items(), journal=path, poll=SOON)
    outcomes, _ = run(place, items(), journal=path, poll=SOON)
    assert all(outcome.error is None for outcome in outcomes)
    assert place.evaluations == len(ITEMS)


@both
def test_journal_that_fails_while_polling_ends_the_batch(run: Run, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = sandbox(evaluation_seconds=30)
    pace = StoredWorker.pace

    def failing(worker: StoredWorker, rate: float) -> float:
        if place.evaluations:
            raise errors.JournalError("the disk is full")
        return pace(worker, rate)

    with monkeypatch.context() as patch:
        patch.setattr(StoredWorker, "pace", failing)
        with pytest.raises(errors.JournalError, match="the disk is full"):
            run(place, items("a"), journal=path, rate=10, poll=SOON)
    [outcome], _ = run(place, items("a"), journal=path, poll=SOON)
    assert outcome.error is None and place.evaluations == 1


@both
def test_key_that_is_revoked_while_polling_loses_no_evaluation(run: Run, path: Path) -> None:
    place = sandbox(evaluation_seconds=30)
    place.faults.always(refuse(401), on=("GET", "/v1/evaluations/*"))
    [outcome], _ = run(place, items("a"), journal=path, poll=SOON)
    assert isinstance(outcome.error, errors.AuthenticationError) and totals_of(path).submitted == 1
    place.faults.clear()
    [outcome], _ = run(place, items("a"), journal=path, poll=SOON)
    assert outcome.error is None and place.evaluations == 1


@both
def test_end_that_is_not_written_is_an_outcome(run: Run, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = sandbox()
    with monkeypatch.context() as patch:
        patch.setattr(StoredWorker, "finished", lambda *ignored, **named: False)
        [outcome], _ = run(place, items("a"), journal=path, poll=SOON)
    assert outcome.evaluation is not None and outcome.evaluation.passed and not outcome.from_journal
    assert totals_of(path).submitted == 1, "the next run asks for it again"


@both
def test_refused_item_that_another_worker_took_keeps_its_price(
    run: Run, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = sandbox()
    place.faults.on("POST", "/v1/evaluations", refuse(402))
    with monkeypatch.context() as patch:
        patch.setattr(StoredWorker, "withdrawn", lambda *ignored: False)
        [outcome], _ = run(place, items("a"), journal=path, price="0.05", poll=SOON)
    assert isinstance(outcome.error, errors.InsufficientCreditError)
    assert str(totals_of(path).reserved) == "0.05"


def test_async_batch_with_a_journal_works_over_a_server(path: Path) -> None:
    async def main(url: str) -> list[Any]:
        async with AsyncRunflow("rf_sandbox_key", base_url=url) as client:
            return [
                outcome.error async for outcome in client.evaluations.evaluate_many(items(), journal=path, poll=SOON)
            ]

    with SandboxServer(sandbox(evaluation_seconds=0.05)) as server:
        assert asyncio.run(main(server.url)) == [None] * len(ITEMS)
        assert server.sandbox.evaluations == len(ITEMS)


@both
def test_given_journal_stays_open(run: Run, journal: Journal) -> None:
    run(sandbox(), items("a"), journal=journal, batch_id="mine", poll=SOON)
    [outcome] = journal.outcomes("mine")
    assert json.loads(str(outcome.evaluation))["overall_passed"] is True


@both
def test_frozen_process_that_thaws_submits_nothing_again(run: Run, journal: Journal, machine: Machine) -> None:
    place = sandbox()
    place.faults.on("POST", "/v1/evaluations", faults.drop_after, faults.forget_key)

    def freeze(event: events.Event) -> None:
        if isinstance(event, events.RequestRetried):
            machine.seconds += 4000

    [outcome], _ = run(place, items("a"), journal=journal, client={"hooks": [freeze]}, poll=SOON)
    assert isinstance(outcome.error, errors.UnknownOutcomeError)
    assert place.evaluations == submits(place) == 1


@both
def test_process_that_was_frozen_for_a_while_goes_on(run: Run, journal: Journal, machine: Machine) -> None:
    place = sandbox()
    place.faults.on("POST", "/v1/evaluations", faults.refuse(429))

    def freeze(event: events.Event) -> None:
        if isinstance(event, events.RequestRetried):
            machine.seconds += 100

    [outcome], _ = run(place, items("a"), journal=journal, client={"hooks": [freeze]}, poll=SOON)
    assert outcome.error is None
    assert place.evaluations == 1 and submits(place) == 2


@both
def test_budget_that_only_ended_runs_hold_is_not_waited_for(run: Run, journal: Journal, machine: Machine) -> None:
    place = sandbox()
    place.faults.on("POST", "/v1/evaluations", faults.drop_after)
    terms = {"journal": journal, "budget": "0.05", "price": "0.05", "max_in_flight": 1, "timeout": None}
    run(place, items("b"), client=ONCE, **terms)
    machine.seconds += 100
    outcomes, _ = run(place, items("a", "b"), **terms, ordered=True)
    assert isinstance(outcomes[0].error, errors.BudgetExceededError) and "0.05 reserved" in str(outcomes[0].error)
    assert outcomes[1].error is None
    assert place.evaluations == 1


@both
def test_large_file_of_an_interrupted_submit_is_submitted_as_first(run: Run, path: Path) -> None:
    place = sandbox()
    place.faults.on("POST", "/v1/evaluations", faults.drop_after)
    images: list[str] = []
    place.outcomes.decide = lambda submission: images.append(submission.image) or "passed"
    large = noisy_picture()
    assert len(large) > 1024 * 1024
    run(place, items("a", image=large), journal=path, client=ONCE, poll=SOON)
    for _ in range(2):
        [outcome], _ = run(place, items("a", image=large), journal=path, poll=SOON)
        assert outcome.error is None
    assert place.evaluations == 1 and submits(place) == 2
    assert len(images) == 1 and images[0].startswith("runflow://assets/")
    uploads = sum(request.path == "/v1/asset-uploads" for request in place.requests)
    assert uploads == 2, "a finished item uploads nothing"


@both
def test_evaluation_that_another_worker_wrote_down_first_is_taken(
    run: Run, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = sandbox()
    finished = StoredWorker.finished

    def late(worker: StoredWorker, item_id: str, *arguments: Any, **named: Any) -> bool:
        assert finished(worker, item_id, *arguments, **named)
        return finished(worker, item_id, *arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(StoredWorker, "finished", late)
        [outcome], _ = run(place, items("a"), journal=path, poll=SOON)
    assert outcome.from_journal and outcome.evaluation is not None and outcome.evaluation.passed
    assert totals_of(path).passed == 1


@both
def test_item_that_another_worker_submitted_first_is_polled(
    run: Run, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = sandbox()
    with place.client() as client:
        first = client.evaluations.submit(URL, "headshot")
    submitted = StoredWorker.submitted

    def late(worker: StoredWorker, item_id: str, evaluation_id: str) -> bool:
        assert submitted(worker, item_id, str(first.id))
        return submitted(worker, item_id, evaluation_id)

    with monkeypatch.context() as patch:
        patch.setattr(StoredWorker, "submitted", late)
        [outcome], _ = run(place, items("a"), journal=journal, poll=SOON)
    assert outcome.evaluation is not None and outcome.evaluation.id == first.id


@both
def test_refused_key_ends_the_batch_before_a_journal_is_made(run: Run, path: Path) -> None:
    place = sandbox()
    place.faults.always(faults.refuse(401))
    with pytest.raises(errors.AuthenticationError):
        run(place, items("a"), journal=path)
    assert not path.exists()
