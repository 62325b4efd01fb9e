"""Each fault, inside the process and over HTTP."""

import asyncio
import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from runflow_client.flows.base.responses import retry_after
from runflow_client.flows.base.steps import FailureKind, RequestFailure, Response
from runflow_client.runtime.clock import SystemClock
from runflow_client.runtime.transport.connections.async_transport import AsyncConnectionTransport
from runflow_client.runtime.transport.connections.sync_transport import ConnectionTransport
from runflow_client.runtime.transport.requests import HTTPRequest
from runflow_client.sandbox import Sandbox, SandboxServer, faults
from runflow_client.sandbox.faults import SeenRequest
from runflow_client.sandbox.in_process.transport import AsyncSandboxTransport, SandboxTransport

BODY = json.dumps({"generated_image_url": "https://images.example.com/a.png", "task_type": "headshot"}).encode()
KEY = ("Authorization", "Bearer rf_sandbox_key")


Send = Callable[..., Response | RequestFailure]


def inside(sandbox: Sandbox, kind: str) -> Iterator[Send]:
    def send(method, path, body=None, *headers, seconds=None):
        request = HTTPRequest(method, f"https://api.sandbox.invalid{path}", [KEY, *headers], body)
        deadline = math.inf if seconds is None else sandbox.clock.now() + seconds
        if kind == "sync":
            return SandboxTransport(sandbox.service, sandbox.clock, sandbox.request_seconds).send(request, deadline)
        return asyncio.run(
            AsyncSandboxTransport(sandbox.service, sandbox.clock, sandbox.request_seconds).send(request, deadline)
        )

    yield send


def over_http(sandbox: Sandbox, kind: str) -> Iterator[Send]:
    clock = SystemClock()

    def send(method, path, body=None, *headers, seconds=None):
        host = ("Host", server.url.partition("//")[2])
        length = ("Content-Length", str(len(body or b"")))
        request = HTTPRequest(method, server.url + path, [host, KEY, length, *headers], body)
        deadline = math.inf if seconds is None else clock.now() + seconds
        if kind == "sync":
            transport = ConnectionTransport(clock)
            try:
                return transport.send(request, deadline)
            finally:
                transport.close()

        async def main():
            transport = AsyncConnectionTransport(clock)
            try:
                return await transport.send(request, deadline)
            finally:
                await transport.aclose()

        return asyncio.run(main())

    with SandboxServer(sandbox) as server:
        yield send


@pytest.fixture(params=[(inside, "sync"), (inside, "async"), (over_http, "sync"), (over_http, "async")])
def send(request, sandbox):
    way, kind = request.param
    transport = way(sandbox, kind)
    connected_send = next(transport)

    def send_or_fail(*arguments, **options):
        try:
            return connected_send(*arguments, **options)
        except ConnectionResetError:
            return RequestFailure(FailureKind.BROKEN, "", True)

    yield send_or_fail
    next(transport, None)


def submit(send: Send, key: str = "k1", seconds: float | None = None) -> Response | RequestFailure:
    headers = (("Content-Type", "application/json"), ("Idempotency-Key", key))
    return send("POST", "/v1/evaluations", BODY, *headers, seconds=seconds)


def test_stalled_reply_to_a_handled_request_ends_at_the_deadline(send, sandbox):
    sandbox.faults.extend([faults.stall(0), faults.stall(100_000)])
    began = time.monotonic()
    for key in ("k1", "k2"):
        lost = submit(send, key, seconds=0.2)
        assert isinstance(lost, RequestFailure)
        assert (lost.kind, lost.may_have_been_received) == (FailureKind.TIMEOUT, True)
    assert time.monotonic() - began < 5
    assert sandbox.evaluations == 2


def test_reply_that_is_cut_off_is_a_broken_connection(send, sandbox):
    sandbox.faults.append(faults.cut_off(25))
    lost = submit(send)
    assert isinstance(lost, RequestFailure)
    assert lost.kind is FailureKind.BROKEN
    assert submit(send).status == 202
    assert sandbox.evaluations == 1


def test_reply_without_a_body_can_stall(send, sandbox):
    sandbox.faults.append(replace(faults.reply(204), stop_at=5))
    lost = submit(send, seconds=0.2)
    assert isinstance(lost, RequestFailure)
    assert lost.kind is FailureKind.TIMEOUT


@pytest.mark.parametrize("status", [404, 408, 409, 425, 429, 500, 501, 503, 520])
def test_refusal_has_the_envelope_of_the_api(send, sandbox, status):
    sandbox.faults.append(faults.refuse(status, code="MINE", headers={"X-Request-Id": "r1"}))
    response = submit(send)
    assert (response.status, json.loads(response.body)["code"], response.headers["x-request-id"]) == (
        status,
        "MINE",
        "r1",
    )
    assert "retry-after" not in response.headers
    assert sandbox.evaluations == 0


@pytest.mark.parametrize(
    ("options", "seconds"),
    [
        ({"retry_after": 3}, 3.0),
        ({"retry_after": "36000"}, 36_000.0),
        ({"retry_after": float("nan")}, None),
        ({"retry_after": "soon"}, None),
        ({"retry_after": " 7 "}, 7.0),
        ({"retry_after": "\N{ARABIC-INDIC DIGIT THREE}"}, None),
        ({"retry_date": 90}, 90.0),
        ({}, None),
    ],
)
def test_refusal_may_have_every_form_of_retry_after(send, sandbox, options, seconds):
    sandbox.faults.append(faults.refuse(429, **options))
    assert retry_after(submit(send)) == seconds


def test_header_of_a_refusal_may_have_letters_beyond_ascii(send, sandbox):
    sandbox.faults.append(faults.refuse(429, headers={"X-Request-Id": "\tn\N{LATIN SMALL LETTER E WITH ACUTE} "}))
    assert submit(send).headers["x-request-id"].encode("latin-1") == b"n\xc3\xa9"


def test_html_page_replaces_the_reply(send, sandbox):
    sandbox.faults.append(faults.html_page(520))
    response = submit(send)
    assert (response.status, response.headers["content-type"], response.body[:6]) == (
        520,
        "text/html; charset=utf-8",
        b"<html>",
    )


def test_truncated_reply_and_wrong_type_follow_a_handled_request(send, sandbox):
    sandbox.faults.extend([faults.truncate(30), faults.content_type("text/html")])
    assert len(submit(send).body) == 30
    again = submit(send)
    assert (again.headers["content-type"], "id" in json.loads(again.body)) == ("text/html", True)
    assert sandbox.evaluations == 1


def test_shown_status_may_go_backwards_or_be_unknown(send, sandbox):
    evaluation_id = json.loads(submit(send).body)["id"]
    target = f"/v1/evaluations/{evaluation_id}"
    sandbox.faults.extend([faults.show(status_code="pending"), faults.show(status_code="quite_new"), None])
    seen = [json.loads(send("GET", target).body) for _ in range(3)]
    assert [document["status_code"] for document in seen[:2]] == ["pending", "quite_new"]
    assert {document["id"] for document in seen} == {evaluation_id}


def test_show_leaves_a_reply_without_json_object_unchanged(send, sandbox):
    sandbox.faults.extend(
        [replace(faults.show(a=1), reply=faults.reply(200, body=body).reply) for body in (b"[]", b"<")]
    )
    assert [submit(send).body for _ in range(2)] == [b"[]", b"<"]


def test_forgotten_idempotency_key_makes_a_second_evaluation(send, sandbox):
    ids = [json.loads(submit(send).body)["id"] for _ in range(2)]
    sandbox.faults.append(faults.forget_key)
    ids += [json.loads(submit(send).body)["id"] for _ in range(2)]
    assert ids[0] == ids[1] != ids[2] == ids[3]
    sandbox.faults.append(faults.forget_key)
    assert send("GET", f"/v1/evaluations/{ids[0]}").status == 200


def test_faults_of_a_route_apply_to_its_requests_only(send, sandbox):
    sandbox.faults.on("POST", "/v1/evaluations", None, faults.refuse(503))
    sandbox.faults.on("GET", "/v1/evaluations/*", lambda request: faults.refuse(404), faults.refuse(429))
    sandbox.faults.on("GET", "/v1/evaluations/*", faults.refuse(500))
    evaluation_id = json.loads(submit(send).body)["id"]
    target = f"/v1/evaluations/{evaluation_id}"
    assert [send("GET", target).status for _ in range(2)] == [404, 429]
    sandbox.faults.append(faults.refuse(418))
    assert [submit(send).status for _ in range(3)] == [418, 503, 202]
    assert [send("GET", target).status for _ in range(2)] == [500, 200]
    sandbox.faults.on("GET", "*", faults.refuse(500))
    sandbox.faults.clear()
    assert send("GET", target).status == 200


def test_faults_can_be_combined(send, sandbox):
    sandbox.faults.append(replace(faults.show(status_code="failed"), seconds=0.1, stop_at=3, drop="after"))
    assert isinstance(submit(send), RequestFailure)
    assert sandbox.evaluations == 1


def test_stall_without_a_deadline_ends_after_a_minute():
    sandbox = Sandbox()
    sandbox.faults.append(faults.stall())
    request = HTTPRequest("GET", "https://api.sandbox.invalid/v1/health", [KEY], None)
    with pytest.raises(ConnectionResetError):
        SandboxTransport(sandbox.service, sandbox.clock, sandbox.request_seconds).send(request, math.inf)
    assert sandbox.clock.now() == pytest.approx(60.05)


def test_faults_apply_in_order_and_none_is_no_fault(send, sandbox):
    sandbox.faults.extend([faults.reply(503), None, faults.reply(429, {"Retry-After": "1"})])
    assert [submit(send).status for _ in range(4)] == [503, 202, 429, 202]


def test_function_chooses_the_fault_by_the_request(send, sandbox):
    seen: list[SeenRequest] = []

    def only_gets(request):
        seen.append(request)
        return faults.reply(500) if request.method == "GET" else None

    sandbox.faults.extend([only_gets, only_gets])
    assert submit(send).status == 202
    assert send("GET", "/v1/evaluations/x").status == 500
    assert [request.method for request in seen] == ["POST", "GET"]


def test_always_applies_to_every_request_of_a_route_until_clear(send, sandbox):
    sandbox.faults.always(faults.refuse(503), on=("GET", "/v1/evaluations/*"))
    assert [submit(send).status for _ in range(2)] == [202, 202]
    assert [send("GET", "/v1/evaluations/x").status for _ in range(3)] == [503, 503, 503]
    sandbox.faults.clear()
    assert send("GET", "/v1/evaluations/x").status == 422


def test_always_without_a_route_applies_to_every_request(send, sandbox):
    sandbox.faults.always(lambda request: faults.refuse(500) if request.idempotency_key else None)
    assert (submit(send).status, send("GET", "/v1/health").status) == (500, 200)


def test_queues_precede_always(send, sandbox):
    sandbox.faults.always(faults.refuse(503))
    sandbox.faults.on("GET", "/v1/health", faults.refuse(404))
    sandbox.faults.append(None)
    assert [send("GET", "/v1/health").status for _ in range(3)] == [200, 404, 503]
