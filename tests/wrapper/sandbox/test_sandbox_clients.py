"""The project's own clients inside a sandbox, where waiting takes no time."""

import asyncio

import pytest

from runflow_client import Verdict
from runflow_client.errors import AuthenticationError, EvaluationFailedError, WaitTimeoutError
from runflow_client.sandbox import Sandbox, blurred_picture, sharp_picture
from runflow_client.sandbox.faults import drop_after, reply


def evaluate_sync(sandbox, image, **options):
    with sandbox.client() as client:
        return client.evaluations.evaluate(image, "image_generation", **options)


def evaluate_async(sandbox, image, **options):
    async def main():
        async with sandbox.async_client() as client:
            return await client.evaluations.evaluate(image, "image_generation", **options)

    return asyncio.run(main())


@pytest.fixture(params=[evaluate_sync, evaluate_async], ids=["sync", "async"])
def evaluate(request):
    return request.param


def test_the_image_decides_the_verdict(evaluate):
    sandbox = Sandbox()
    assert evaluate(sandbox, sharp_picture()).verdict is Verdict.PASSED
    rejected = evaluate(sandbox, blurred_picture())
    assert (rejected.verdict, rejected.score) == (Verdict.REJECTED, 0.6)
    assert [judge.name for judge in rejected.failed_judges] == ["Sandbox sharpness"]
    assert len(sandbox.charges) == 2


def test_half_an_image_ends_without_a_verdict(evaluate):
    with pytest.raises(EvaluationFailedError) as failed:
        evaluate(Sandbox(), sharp_picture()[:5000])
    assert failed.value.evaluation.failure_code == "invalid_media"


def test_an_hour_passes_on_the_virtual_clock_only(evaluate):
    sandbox = Sandbox(evaluation_seconds=3600)
    assert evaluate(sandbox, sharp_picture(), timeout=None).passed
    assert sandbox.clock.now() >= 3600


def test_a_deadline_is_kept_on_the_virtual_clock(evaluate):
    sandbox = Sandbox(evaluation_seconds=3600)
    with pytest.raises(WaitTimeoutError):
        evaluate(sandbox, sharp_picture(), timeout=60)
    assert sandbox.clock.now() <= 60


def test_a_lost_answer_leaves_one_evaluation_and_one_key(evaluate):
    sandbox = Sandbox()
    sandbox.faults.extend([drop_after, reply(503)])
    assert evaluate(sandbox, sharp_picture()).passed
    submits = [request for request in sandbox.requests if request.method == "POST"]
    assert (len(submits), len({request.idempotency_key for request in submits})) == (3, 1)
    assert (sandbox.evaluations, len(sandbox.charges)) == (1, 1)


def test_evaluations_at_the_same_time_each_get_their_verdict():
    sandbox = Sandbox(evaluation_seconds=lambda number: 20 + number)
    images = [sharp_picture(), blurred_picture()] * 5

    async def main():
        async with sandbox.async_client() as client:
            waits = (client.evaluations.evaluate(image, "image_generation") for image in images)
            return await asyncio.gather(*waits)

    assert [evaluation.passed for evaluation in asyncio.run(main())] == [True, False] * 5


def test_a_sandbox_that_changed_its_keys_refuses_the_client():
    sandbox = Sandbox()
    with sandbox.client() as client:
        sandbox.keys = ("rf_other",)
        with pytest.raises(AuthenticationError):
            client.evaluations.submit(sharp_picture(), "image_generation")
