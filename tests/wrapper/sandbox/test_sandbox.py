"""Clients inside the process: verdicts, uploads, faults and callbacks on the virtual clock."""

import asyncio

import pytest

from runflow_client import Verdict, callbacks
from runflow_client.errors import AuthenticationError, EvaluationFailedError, WaitTimeoutError
from runflow_client.sandbox import Sandbox, blurred_picture, sharp_picture
from runflow_client.sandbox.faults import delay, drop_after, reply

HOOK = "https://hooks.example.com/runflow?token=secret"


def deliver(call, status=204):
    """Deliver the callbacks that are due at the caller's time."""
    call("GET", "/v1/health")
    return call.sandbox.deliver_callbacks(lambda delivery: status)


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


def test_new_sandbox_has_no_evaluations_charges_or_requests(sandbox):
    assert (sandbox.evaluations, sandbox.charges, sandbox.requests) == (0, (), [])
    assert isinstance(sandbox, Sandbox)


def test_callback_is_delivered_when_the_virtual_clock_reaches_the_end():
    sandbox = Sandbox(evaluation_seconds=3600)
    with sandbox.client() as client:
        secret = client.callback_secrets.create("receiver")
        client.evaluations.submit(sharp_picture(), "headshot", callback_url=HOOK)
        assert sandbox.deliver_callbacks(lambda delivery: 200) == []
        sandbox.clock.advance(3600)
        (delivery,) = sandbox.deliver_callbacks(lambda delivery: 200)
    callbacks.verify(delivery.body, delivery.signature, [secret.plain_secret])


def test_callback_is_repeated_after_a_receiver_without_response(call, sharp_uri):
    def unreachable(delivery):
        raise ConnectionRefusedError

    call.submit(sharp_uri, callback_url=HOOK)
    call.now = 10
    call("GET", "/v1/health")
    (delivery,) = call.sandbox.deliver_callbacks(unreachable)
    assert (delivery.status, delivery.problem, delivery.taken) == (None, "ConnectionRefusedError", False)
    call.now = 12
    assert [(again.attempt, again.problem) for again in deliver(call)] == [(2, None)]


def test_verdict_of_a_client_depends_on_the_image(evaluate):
    sandbox = Sandbox()
    assert evaluate(sandbox, sharp_picture()).verdict is Verdict.PASSED
    rejected = evaluate(sandbox, blurred_picture())
    assert (rejected.verdict, rejected.score) == (Verdict.REJECTED, 0.6)
    assert [judge.name for judge in rejected.failed_judges] == ["Sandbox sharpness"]
    assert len(sandbox.charges) == 2


def test_truncated_image_raises_evaluation_failed_error(evaluate):
    with pytest.raises(EvaluationFailedError) as failed:
        evaluate(Sandbox(), sharp_picture()[:5000])
    assert failed.value.evaluation.failure_code == "invalid_media"


def test_hour_of_waiting_passes_on_the_virtual_clock(evaluate):
    sandbox = Sandbox(evaluation_seconds=3600)
    assert evaluate(sandbox, sharp_picture(), timeout=None).passed
    assert sandbox.clock.now() >= 3600


def test_client_keeps_its_deadline_on_the_virtual_clock(evaluate):
    sandbox = Sandbox(evaluation_seconds=3600)
    with pytest.raises(WaitTimeoutError):
        evaluate(sandbox, sharp_picture(), timeout=60)
    assert sandbox.clock.now() <= 60


def test_lost_reply_leaves_one_evaluation_and_one_key(evaluate):
    sandbox = Sandbox()
    sandbox.faults.extend([drop_after, reply(503)])
    assert evaluate(sandbox, sharp_picture()).passed
    submits = [request for request in sandbox.requests if request.method == "POST"]
    assert (len(submits), len({request.idempotency_key for request in submits})) == (3, 1)
    assert (sandbox.evaluations, len(sandbox.charges)) == (1, 1)


def test_simultaneous_evaluations_each_get_their_own_verdict():
    sandbox = Sandbox(evaluation_seconds=lambda number: 20 + number)
    images = [sharp_picture(), blurred_picture()] * 5

    async def main():
        async with sandbox.async_client() as client:
            waits = (client.evaluations.evaluate(image, "image_generation") for image in images)
            return await asyncio.gather(*waits)

    assert [evaluation.passed for evaluation in asyncio.run(main())] == [True, False] * 5


def test_client_with_a_revoked_key_gets_authentication_error():
    sandbox = Sandbox()
    with sandbox.client() as client:
        sandbox.keys = ("rf_other",)
        with pytest.raises(AuthenticationError):
            client.evaluations.submit(sharp_picture(), "image_generation")


def test_client_inside_the_process_uploads_without_sending_its_key():
    sandbox = Sandbox()
    with sandbox.client() as client:
        asset = client.assets.upload(sharp_picture())
        assert client.evaluations.evaluate(asset.ref, "headshot").passed
    assert [request.method for request in sandbox.requests[:4]] == ["POST", "PUT", "POST", "POST"]
    assert sandbox.leaks == 0


def test_client_opens_another_upload_after_the_url_expired():
    sandbox = Sandbox(upload_seconds=10)
    sandbox.faults.extend([delay(11)])
    with sandbox.client() as client:
        assert client.assets.upload(sharp_picture()).size_bytes == len(sharp_picture())
    puts = [request.path for request in sandbox.requests if request.method == "PUT"]
    assert len(puts) == len(set(puts)) == 2
