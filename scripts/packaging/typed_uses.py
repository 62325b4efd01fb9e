"""What users write, with the types that they may rely on. `make package` checks it against the installed wheel, and runs it."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from typing import assert_type

from runflow_client import (
    AsyncRunflow,
    Batch,
    Evaluation,
    EvaluationRequest,
    Outcome,
    PollPolicy,
    RetryPolicy,
    Runflow,
    Verdict,
    callbacks,
    errors,
    events,
)
from runflow_client.sandbox import Sandbox, sharp_picture


def gate(client: Runflow, image: bytes) -> str:
    try:
        evaluation = client.evaluations.evaluate(image, "headshot", timeout=300, poll=PollPolicy(first=1.0))
    except errors.EvaluationFailedError as error:
        assert_type(error.evaluation, Evaluation)
        return "no verdict"
    except errors.RunflowError as error:
        assert_type(error.evaluation_id, str | None)
        raise
    assert_type(evaluation.verdict, Verdict | None)
    assert_type(evaluation.passed, bool)
    assert_type(evaluation.score, float | None)
    assert_type(evaluation.charged, Decimal | None)
    return ", ".join(judge.name or "" for judge in evaluation.failed_judges) or "passed"


def many(client: Runflow, images: list[bytes]) -> int:
    requests: Iterator[EvaluationRequest] = (EvaluationRequest(image, "headshot") for image in images)
    passed = 0
    with client.evaluations.evaluate_many(requests, max_in_flight=10) as batch:
        assert_type(batch, Batch)
        for outcome in batch:
            assert_type(outcome, Outcome)
            passed += outcome.evaluation is not None and outcome.evaluation.passed
    return passed


async def one(client: AsyncRunflow, image: bytes) -> Evaluation:
    async with client:
        return await client.evaluations.evaluate(image, "headshot")


def hook(event: events.Event) -> None:
    if isinstance(event, events.EvaluationFinished):
        assert_type(event.seconds, float)


def secret_of(body: bytes, signature: str | None) -> str | None:
    return callbacks.parse(body, signature, ["secret"]).client_ref


def main() -> None:
    sandbox = Sandbox()
    with sandbox.client(retries=RetryPolicy(attempts=2), hooks=[hook]) as client:
        assert gate(client, sharp_picture()) == "passed"
        assert many(client, [sharp_picture()]) == 1
    assert asyncio.run(one(sandbox.async_client(), sharp_picture())).passed


if __name__ == "__main__":
    main()
