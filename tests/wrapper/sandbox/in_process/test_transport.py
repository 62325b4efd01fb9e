"""The transports of clients inside the process: virtual time, deadlines and faults."""

import asyncio
import json
import math
import threading

import pytest

from runflow_client import errors
from runflow_client.flows.base.steps import FailureKind, RequestFailure
from runflow_client.runtime.transport.requests import HTTPRequest
from runflow_client.sandbox import Sandbox
from runflow_client.sandbox.faults import delay, drop_after, drop_before, reply
from runflow_client.sandbox.in_process.transport import AsyncSandboxTransport, SandboxTransport

BODY = json.dumps({"generated_image_url": "https://images.example.com/a.png", "task_type": "headshot"}).encode()
HEADERS = [("Authorization", "Bearer rf_sandbox_key"), ("Content-Type", "application/json"), ("Idempotency-Key", "k1")]


def submit(headers=HEADERS, body=BODY):
    return HTTPRequest("POST", "https://api.sandbox.invalid/v1/evaluations", headers, body)


def get(path):
    return HTTPRequest("GET", f"https://api.sandbox.invalid{path}", HEADERS[:1], None)


def exchange_sync(sandbox, request, deadline=math.inf):
    return SandboxTransport(sandbox.service, sandbox.clock, sandbox.request_seconds).send(request, deadline)


def exchange_async(sandbox, request, deadline=math.inf):
    return asyncio.run(
        AsyncSandboxTransport(sandbox.service, sandbox.clock, sandbox.request_seconds).send(request, deadline)
    )


@pytest.fixture(params=[exchange_sync, exchange_async], ids=["sync", "async"])
def send(request):
    return request.param


def test_request_takes_its_time_on_the_virtual_clock(send):
    sandbox = Sandbox(request_seconds=0.2)
    response = send(sandbox, submit())
    assert (response.status, json.loads(response.body)["status_code"]) == (202, "pending")
    assert response.headers["content-type"] == "application/json"
    assert sandbox.clock.now() == pytest.approx(0.2)


def test_query_reaches_the_service(send, sandbox):
    evaluation_id = json.loads(send(sandbox, submit()).body)["id"]
    response = send(sandbox, get(f"/v1/evaluations/{evaluation_id}?embed=judges"))
    assert json.loads(response.body)["judges"] == []


def test_evaluation_ends_after_an_hour_slept_on_the_clock(send, sharp_uri):
    sandbox = Sandbox(evaluation_seconds=3600)
    body = json.dumps({"generated_image_url": sharp_uri, "task_type": "headshot"}).encode()
    evaluation_id = json.loads(send(sandbox, submit(body=body)).body)["id"]
    sandbox.clock.sleep(3600)
    response = send(sandbox, get(f"/v1/evaluations/{evaluation_id}"))
    assert json.loads(response.body)["overall_passed"] is True


def test_request_is_counted_with_its_key(send, sandbox):
    send(sandbox, submit())
    send(sandbox, get("/v1/evaluations/x?embed=judges"))
    assert sandbox.requests == [("POST", "/v1/evaluations", "k1"), ("GET", "/v1/evaluations/x", None)]


def test_deadline_before_arrival_leaves_no_evaluation(send):
    sandbox = Sandbox(request_seconds=10)
    assert send(sandbox, submit(), 4.0) == RequestFailure(
        FailureKind.TIMEOUT, "the deadline came before the sandbox's reply", False
    )
    assert (sandbox.clock.now(), sandbox.evaluations, sandbox.requests) == (4.0, 0, [])


def test_deadline_before_the_reply_leaves_an_evaluation(send):
    sandbox = Sandbox(request_seconds=10)
    response = send(sandbox, submit(), 7.0)
    assert isinstance(response, RequestFailure)
    assert (response.kind, response.may_have_been_received) == (FailureKind.TIMEOUT, True)
    assert (sandbox.clock.now(), sandbox.evaluations) == (7.0, 1)


def test_reply_at_the_deadline_is_in_time(send):
    assert send(Sandbox(request_seconds=10), submit(), 10.0).status == 202


def test_deadline_in_the_past_takes_no_time(send, sandbox):
    sandbox.clock.advance(5)
    assert send(sandbox, submit(), 1.0).kind is FailureKind.TIMEOUT
    assert sandbox.clock.now() == 5


def test_dropped_request_is_not_handled(send, sandbox):
    sandbox.faults.append(drop_before)
    with pytest.raises(ConnectionResetError):
        send(sandbox, submit())
    assert (sandbox.evaluations, len(sandbox.requests)) == (0, 1)


def test_lost_reply_leaves_one_evaluation_for_its_key(send, sandbox):
    sandbox.faults.append(drop_after)
    with pytest.raises(ConnectionResetError):
        send(sandbox, submit())
    assert sandbox.evaluations == 1
    assert send(sandbox, submit()).status == 202
    assert (sandbox.evaluations, [request.idempotency_key for request in sandbox.requests]) == (1, ["k1", "k1"])


def test_late_reply_may_miss_the_deadline(send):
    sandbox = Sandbox(request_seconds=1)
    sandbox.faults.extend([delay(30), delay(30)])
    assert send(sandbox, submit()).status == 202
    assert sandbox.clock.now() == 31
    assert send(sandbox, submit(), 40.0).kind is FailureKind.TIMEOUT
    assert sandbox.clock.now() == 40


def test_reply_of_a_fault_replaces_the_sandboxs_own(send, sandbox):
    sandbox.faults.append(reply(502, {"Content-Type": "text/html"}, b"<html>Bad gateway</html>"))
    response = send(sandbox, submit())
    assert (response.status, response.headers, response.body) == (
        502,
        {"content-type": "text/html"},
        b"<html>Bad gateway</html>",
    )
    assert sandbox.evaluations == 0


def test_cancelled_request_is_not_handled():
    sandbox = Sandbox(request_seconds=10)

    async def main():
        task = asyncio.create_task(
            AsyncSandboxTransport(sandbox.service, sandbox.clock, sandbox.request_seconds).send(submit(), math.inf)
        )
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert (sandbox.evaluations, sandbox.clock.now()) == (0, 0.0)


def test_simultaneous_tasks_share_the_time():
    sandbox = Sandbox(request_seconds=1)

    async def main():
        transport = AsyncSandboxTransport(sandbox.service, sandbox.clock, sandbox.request_seconds)
        count = transport.max_connections
        await asyncio.gather(*(transport.send(submit(headers=HEADERS[:2]), math.inf) for _ in range(count)))
        await transport.aclose()

    asyncio.run(main())
    assert (sandbox.evaluations, sandbox.clock.now()) == (32, 1.0)


def test_threads_with_one_key_get_one_evaluation(sandbox):
    statuses = []
    transport = SandboxTransport(sandbox.service, sandbox.clock, sandbox.request_seconds)
    threads = [
        threading.Thread(target=lambda: statuses.append(transport.send(submit(), math.inf).status)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    transport.close()
    assert (statuses, sandbox.evaluations) == ([202] * 8, 1)


def test_crowd_waits_for_connections_as_with_a_real_client():
    sandbox = Sandbox(request_seconds=1)

    async def main():
        async with sandbox.async_client(max_connections=10) as client:
            await asyncio.gather(*(client.account.health() for _ in range(35)))

    asyncio.run(main())
    assert (len(sandbox.requests), sandbox.clock.now()) == (35, 4.0)


def test_request_without_a_free_connection_ends_by_its_deadline():
    sandbox = Sandbox(request_seconds=4)

    async def one(client):
        try:
            await client.account.health()
        except errors.RequestTimeoutError as error:
            return str(error), sandbox.clock.now()

    async def main():
        async with sandbox.async_client(max_connections=1, timeout=6) as client:
            return await asyncio.gather(*(one(client) for _ in range(3)))

    first, second, third = asyncio.run(main())
    assert first is None and second[1] == third[1] == 6.0
    assert "no connection was free in time" in third[0] and len(sandbox.requests) == 2


def test_request_without_a_deadline_waits_for_a_connection():
    sandbox = Sandbox(request_seconds=1)

    async def main():
        transport = AsyncSandboxTransport(sandbox.service, sandbox.clock, 1.0, 1)
        await asyncio.gather(*(transport.send(submit(headers=HEADERS[:2]), math.inf) for _ in range(3)))

    asyncio.run(main())
    assert (sandbox.evaluations, sandbox.clock.now()) == (3, 3.0)


def test_held_slot_is_used_for_its_origin(sandbox):
    transport = SandboxTransport(sandbox.service, sandbox.clock, 1.0, 1)
    with transport.slot("https://api.sandbox.invalid/", math.inf) as slot:
        assert transport.send(submit(), math.inf, slot=slot).status == 202
    failure = transport.send(submit(), math.inf, slot=slot)
    assert (failure.kind, failure.may_have_been_received) == (FailureKind.TIMEOUT, False)

    async def main():
        transport = AsyncSandboxTransport(sandbox.service, sandbox.clock, 1.0, 1)
        async with transport.slot("https://api.sandbox.invalid/", math.inf) as slot:
            return (await transport.send(submit(), math.inf, slot=slot)).status

    assert asyncio.run(main()) == 202


def test_slot_that_comes_after_the_deadline_is_given_back(sandbox):
    transport = SandboxTransport(sandbox.service, sandbox.clock, 1.0, 1)
    sandbox.clock.advance(10)
    with transport.slot("https://api.sandbox.invalid/", 5.0) as late:
        assert not late.is_taken
    with transport.slot("https://api.sandbox.invalid/", 20.0) as slot:
        assert slot.is_taken
