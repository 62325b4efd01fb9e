"""Waits with a receiver, from the submit to the verdict: over a bad network, over real HTTP, and while secrets are replaced."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from typing import Any

import pytest

from runflow_client import AsyncRunflow, EvaluationRequest, Outcome, Runflow, errors
from runflow_client.callbacks import Callback, CallbackServer, Endpoint, Receiver, serve
from runflow_client.sandbox import Delivery, Sandbox, SandboxServer, sharp_picture
from scripts.measure.measure_callbacks import BadNetwork, run

HOOK = "https://shop.example/runflow/callbacks"
SECONDS = [random.Random(1).uniform(20, 240) for _ in range(1_000)]
PICTURE = sharp_picture()


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_thousand_evaluations_survive_lost_doubled_and_forged_callbacks(asynchronous: bool) -> None:
    found = run(1_000, with_callbacks=True, asynchronous=asynchronous, seconds=SECONDS.__getitem__)
    assert found.right == 1_000 and {outcome.index for outcome in found.outcomes} == set(range(1_000))
    assert all(times == 1 for times in found.handled.values())
    assert found.network is not None
    counts = found.network.counts
    assert counts["lost"] > 250 and counts["doubled"] > 120 and counts["forged"] > 70
    assert len(found.handled) == 1_000 - counts["lost"]
    assert found.network.statuses["forged"] == Counter({401: counts["forged"]})
    assert found.network.statuses["doubled"] == Counter({200: counts["doubled"]})
    assert found.requests < 3_100, "a submit and a poll each, and a few polls for those whose callback was lost"


def test_polls_alone_take_ten_times_the_requests() -> None:
    seconds = [120.0] * 100
    alone = run(100, with_callbacks=False, asynchronous=True, seconds=seconds.__getitem__)
    woken = run(100, with_callbacks=True, asynchronous=True, seconds=seconds.__getitem__)
    assert alone.right == woken.right == 100
    assert woken.requests < 250 and alone.requests > 10 * woken.requests


def request_of(hook: str, number: int) -> EvaluationRequest:
    return EvaluationRequest(
        "https://images.example.com/a.png", "headshot", client_ref=f"item-{number}", callback_url=hook
    )


class HTTPNetwork:
    """A WSGI application that receives callbacks and loses, doubles and forges some of them."""

    def __init__(self, secret: str, receiver: Receiver) -> None:
        self.handled: Counter[str] = Counter()
        endpoint = Endpoint(self.handle, secret)
        self._receiver = receiver
        self._lock = threading.Lock()
        self._network = BadNetwork(lambda body, headers: endpoint.receive(body, headers).status)

    def handle(self, callback: Callback) -> None:
        self.handled[str(callback.evaluation_id)] += 1
        self._receiver(callback)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        signature = environ["HTTP_RUNFLOW_SIGNATURE"]
        with self._lock:
            status = self._network.send(Delivery("", "", "", body, signature, "r-1"))
        start_response(f"{status} Sent", [("Content-Length", "0")])
        return []


def checked(outcomes: list[Outcome], network: HTTPNetwork, count: int) -> None:
    assert Counter(str(outcome.evaluation and outcome.evaluation.verdict) for outcome in outcomes) == {"passed": count}
    assert all(times == 1 for times in network.handled.values()) and len(network.handled) < count


COUNT = 60


def place() -> Sandbox:
    made = Sandbox(evaluation_seconds=lambda number: 20 + number, images={"https://images.example.com/a.png": PICTURE})
    made.outcomes.decide = lambda submission: "passed"
    return made


def test_sync_batch_is_woken_over_real_http() -> None:
    receiver = Receiver(patience=2.0)
    with SandboxServer(place(), speed=100) as server, Runflow("rf_sandbox_key", base_url=server.url) as client:
        secret = client.callback_secrets.create("test").plain_secret
        network = HTTPNetwork(str(secret), receiver)
        with CallbackServer(network, "127.0.0.1", 0) as hook:
            requests = [request_of(hook.url, number) for number in range(COUNT)]
            outcomes = list(client.evaluations.evaluate_many(requests, receiver=receiver))
    checked(outcomes, network, COUNT)


def test_async_batch_is_woken_over_real_http() -> None:
    receiver = Receiver(patience=2.0)

    async def main() -> tuple[list[Outcome], HTTPNetwork]:
        async with AsyncRunflow("rf_sandbox_key", base_url=server.url) as client:
            secret = (await client.callback_secrets.create("test")).plain_secret
            network = HTTPNetwork(str(secret), receiver)
            with CallbackServer(network, "127.0.0.1", 0) as hook:
                requests = [request_of(hook.url, number) for number in range(COUNT)]
                return [one async for one in client.evaluations.evaluate_many(requests, receiver=receiver)], network

    with SandboxServer(place(), speed=100) as server:
        outcomes, network = asyncio.run(main())
    checked(outcomes, network, COUNT)


def test_single_evaluation_is_woken_over_real_http() -> None:
    receiver = Receiver()
    with SandboxServer(Sandbox(evaluation_seconds=0.2)) as server:
        with Runflow("rf_sandbox_key", base_url=server.url) as client:
            secret = client.callback_secrets.create("test").plain_secret
            with serve(receiver, str(secret)) as hook:
                assert client.evaluations.evaluate(PICTURE, "headshot", callback_url=hook.url, receiver=receiver).passed
        assert [request.method for request in server.sandbox.requests] == ["POST", "POST", "GET"]


def test_async_evaluation_is_woken_by_a_server_in_another_thread() -> None:
    receiver = Receiver()

    async def main() -> None:
        async with AsyncRunflow("rf_sandbox_key", base_url=server.url) as client:
            secret = (await client.callback_secrets.create("test")).plain_secret
            with serve(receiver, str(secret)) as hook:
                pending = await client.evaluations.submit(PICTURE, "headshot", callback_url=hook.url)
                assert (await client.evaluations.wait(pending, receiver=receiver)).passed

    with SandboxServer(Sandbox(evaluation_seconds=0.2)) as server:
        asyncio.run(main())
        assert [request.method for request in server.sandbox.requests] == ["POST", "POST", "GET"]


def test_callback_before_the_response_to_the_submit_ends_the_wait() -> None:
    receiver = Receiver()
    sandbox = Sandbox(evaluation_seconds=0.01, request_seconds=5.0)
    with sandbox.client() as client:
        endpoint = Endpoint(receiver, str(client.callback_secrets.create("test").plain_secret))
        sandbox.send_callbacks(lambda delivery: endpoint.receive(delivery.body, delivery.headers).status)
        assert client.evaluations.evaluate(PICTURE, "headshot", callback_url=HOOK, receiver=receiver).passed
    assert sandbox.deliveries[0].at is not None and sandbox.deliveries[0].at < sandbox.clock.now() - 5.0
    assert sandbox.clock.now() == 15.0, "a secret, a submit and a poll"


def test_item_without_callback_url_is_an_outcome_with_an_error() -> None:
    sandbox = Sandbox()
    with sandbox.client() as client:
        requests = [EvaluationRequest(PICTURE, "headshot"), request_of(HOOK, 1)]
        outcomes = {
            outcome.index: outcome.error
            for outcome in client.evaluations.evaluate_many(requests, receiver=Receiver(patience=10.0))
        }
    assert isinstance(outcomes[0], errors.InvalidRequestError) and "callback_url=" in str(outcomes[0])
    assert len(sandbox.received) == 1


def test_callback_secret_is_replaced_without_losing_a_callback() -> None:
    """The walk of docs/callbacks.md: add a secret, accept both, make the new one current, remove the old one."""
    handled: list[str | None] = []
    sandbox = Sandbox(evaluation_seconds=1)
    secrets: list[str] = []
    endpoint = Endpoint(lambda callback: handled.append(callback.client_ref), lambda: secrets)
    sandbox.send_callbacks(lambda delivery: endpoint.receive(delivery.body, delivery.headers).status)

    with sandbox.client() as client:

        def evaluate(name: str) -> None:
            client.evaluations.evaluate(PICTURE, "headshot", client_ref=name, callback_url=HOOK)
            sandbox.clock.advance(1)

        old = client.callback_secrets.create("2026")
        secrets.append(str(old.plain_secret))
        evaluate("before")
        new = client.callback_secrets.create("2027")
        evaluate("new secret exists")
        secrets.append(str(new.plain_secret))
        evaluate("both are accepted")
        assert client.callback_secrets.update(str(new.id), is_current=True).is_current
        evaluate("new secret signs")
        secrets.pop(0)
        client.callback_secrets.delete(str(old.id))
        evaluate("old secret is gone")
    assert handled == [
        "before",
        "new secret exists",
        "both are accepted",
        "new secret signs",
        "old secret is gone",
    ]
    assert all(delivery.taken for delivery in sandbox.deliveries)


def test_callback_during_a_change_without_overlap_is_sent_again() -> None:
    handled: list[str | None] = []
    sandbox = Sandbox(evaluation_seconds=1)
    with sandbox.client() as client:
        secrets = ["whsec_of_yesterday"]
        endpoint = Endpoint(lambda callback: handled.append(callback.client_ref), lambda: secrets)
        sandbox.send_callbacks(lambda delivery: endpoint.receive(delivery.body, delivery.headers).status)
        new = client.callback_secrets.create("today")
        client.evaluations.evaluate(PICTURE, "headshot", client_ref="a", callback_url=HOOK)
        secrets.append(str(new.plain_secret))
        sandbox.clock.advance(60)
    assert handled == ["a"] and [delivery.status for delivery in sandbox.deliveries] == [401, 401, 200]
