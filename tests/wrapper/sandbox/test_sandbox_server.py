"""The sandbox over real sockets on loopback."""

import contextlib
import json
import logging
import socket
import threading
import time

import httpx
import pytest

from runflow_client.sandbox import Sandbox, SandboxServer
from runflow_client.sandbox.faults import delay, drop_after, drop_before, reply
from runflow_client.sandbox.server.connection import Limits

KEY = {"Authorization": "Bearer rf_sandbox_key"}
GOOD = {"generated_image_url": "https://images.example.com/a.png", "task_type": "headshot"}
UNKNOWN = "/v1/evaluations/01978c5f-6b02-7d19-8f4a-2c9e6d3b5a10"


@pytest.fixture
def server():
    with SandboxServer(Sandbox(evaluation_seconds=0.02)) as running:
        yield running


@pytest.fixture
def client(server):
    with httpx.Client(base_url=server.url, headers=KEY, trust_env=False) as client:
        yield client


def address(server):
    host, port = server.url.removeprefix("http://").rsplit(":", 1)
    return host, int(port)


def talk(server, *parts, pause=0.0):
    """Send bytes over a plain socket and give everything that comes back."""
    with socket.create_connection(address(server), timeout=5) as connection:
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
        return answer


def test_a_verdict_over_http(client, sharp_uri):
    submitted = client.post("/v1/evaluations", json={**GOOD, "generated_image_url": sharp_uri})
    assert (submitted.status_code, submitted.json()["status_code"]) == (202, "pending")
    target = f"/v1/evaluations/{submitted.json()['id']}?embed=judges,action,gate_failures"
    for _ in range(200):
        document = client.get(target).json()
        if document["status_code"] == "completed":
            break
        time.sleep(0.005)
    assert (document["overall_passed"], len(document["judges"])) == (True, 4)
    thumb = client.patch(f"/v1/evaluations/{document['id']}/feedback", json={"is_positive": True})
    assert thumb.json()["feedback_is_positive"] is True


def test_time_runs_as_fast_as_asked(sharp_uri):
    with (
        SandboxServer(Sandbox(evaluation_seconds=3600), speed=1_000_000) as server,
        httpx.Client(base_url=server.url, headers=KEY) as client,
    ):
        evaluation_id = client.post("/v1/evaluations", json={**GOOD, "generated_image_url": sharp_uri}).json()["id"]
        time.sleep(0.01)
        assert client.get(f"/v1/evaluations/{evaluation_id}").json()["status_code"] == "completed"


def test_a_connection_is_kept_for_the_next_request(client, server):
    assert [client.get(UNKNOWN).status_code for _ in range(3)] == [404] * 3
    pool = client._transport._pool
    assert len(pool.connections) == 1


def test_a_client_may_ask_for_the_end_of_its_connection(server):
    request = f"GET {UNKNOWN} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    answer = talk(server, request)
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"connection: close" in answer.lower()


def test_a_body_in_chunks_is_read(client):
    parts = [part.encode() for part in (json.dumps(GOOD)[:20], json.dumps(GOOD)[20:])]
    answer = client.post("/v1/evaluations", content=iter(parts), headers={"Content-Type": "application/json"})
    assert answer.request.headers["transfer-encoding"] == "chunked"
    assert answer.status_code == 202


def test_a_client_that_waits_for_permission_to_send_gets_it(server):
    body = json.dumps(GOOD).encode()
    head = (
        "POST /v1/evaluations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer rf_sandbox_key\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    ).encode()
    with socket.create_connection(address(server), timeout=5) as connection:
        connection.sendall(head)
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        assert connection.recv(65536).startswith(b"HTTP/1.1 202 ")


def test_a_request_in_single_bytes_is_read(server):
    request = f"GET {UNKNOWN} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    assert talk(server, *(bytes([byte]) for byte in request)).startswith(b"HTTP/1.1 401 ")


def test_a_head_request_is_refused_without_a_body(client):
    answer = client.head("/v1/evaluations")
    assert (answer.status_code, answer.content) == (405, b"")
    assert client.get(UNKNOWN).status_code == 404


def test_a_body_that_is_announced_too_large_is_refused_before_it_is_read(client):
    answer = client.post("/v1/evaluations", content=b" " * (17 * 1024 * 1024))
    assert (answer.status_code, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert client.get(UNKNOWN).status_code == 404


def test_chunks_that_add_up_to_too_much_are_refused_before_their_end(server):
    head = b"POST /v1/evaluations HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    assert talk(server, head, chunk * 17).startswith(b"HTTP/1.1 413 ")


def test_a_client_that_was_refused_half_way_may_finish_what_it_sends(server):
    head = b"POST /v1/evaluations HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n"
    with socket.create_connection(address(server), timeout=5) as connection:
        connection.sendall(head)
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")
        for _ in range(10):
            connection.sendall(b" " * 10_000)
            time.sleep(0.002)


def test_what_is_no_http_gets_400_in_the_envelope(server):
    answer = talk(server, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "BAD_REQUEST"


def test_a_head_that_is_too_large_gets_431(server):
    answer = talk(server, b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 100_000)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "HEADERS_TOO_LARGE"


def test_a_body_that_breaks_off_ends_the_connection_and_nothing_else(server, client):
    with socket.create_connection(address(server)) as connection:
        connection.sendall(b"POST /v1/evaluations HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
    assert client.get(UNKNOWN).status_code == 404
    assert server.sandbox.evaluations == 0


def test_an_idle_connection_is_closed():
    with SandboxServer(limits=Limits(idle=0.02)) as server:
        assert talk(server) == b""
        assert talk(server, b"GET / HT") == b""


def test_a_request_that_does_not_end_gets_408():
    head = b"POST /v1/evaluations HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
    with SandboxServer(limits=Limits(request=0.02)) as server:
        answer = talk(server, head)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "REQUEST_TIMEOUT"


def test_a_dropped_request_is_never_handled(server, client):
    server.faults.append(drop_before)
    with pytest.raises(httpx.TransportError):
        client.post("/v1/evaluations", json=GOOD)
    assert (server.sandbox.evaluations, len(server.sandbox.requests)) == (0, 1)


def test_a_lost_answer_leaves_one_evaluation_for_its_key(server, client):
    server.faults.append(drop_after)
    with pytest.raises(httpx.TransportError):
        client.post("/v1/evaluations", json=GOOD, headers={"Idempotency-Key": "k1"})
    assert client.post("/v1/evaluations", json=GOOD, headers={"Idempotency-Key": "k1"}).status_code == 202
    assert server.sandbox.evaluations == 1
    assert [request.idempotency_key for request in server.sandbox.requests] == ["k1", "k1"]


def test_a_late_answer_runs_into_the_clients_timeout(server, client):
    server.faults.append(delay(10))
    with pytest.raises(httpx.ReadTimeout):
        client.post("/v1/evaluations", json=GOOD, timeout=0.05)
    assert server.sandbox.evaluations == 1


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (502, {"Content-Type": "text/html"}, b"<html>Bad gateway</html>"),
        (302, {"Location": "https://elsewhere.example.com/"}, b""),
        (200, {}, b""),
        (204, {}, b""),
        (520, {"Content-Type": "text/plain"}, b"error code: 520"),
    ],
)
def test_a_canned_answer_is_sent_as_it_is(server, client, status, headers, body):
    server.faults.append(reply(status, headers, body))
    answer = client.get(UNKNOWN)
    assert (answer.status_code, answer.content) == (status, body)
    assert {name.lower(): value for name, value in headers.items()}.items() <= dict(answer.headers).items()
    assert client.get(UNKNOWN).status_code == 404


def test_a_failure_of_the_sandbox_itself_is_a_500_and_is_logged(client, server, monkeypatch, caplog):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(server.sandbox.service, "handle", broken)
    with caplog.at_level(logging.ERROR, logger="runflow_client.sandbox"):
        answer = client.get(f"{UNKNOWN}?embed=judges")
    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL_ERROR")
    assert "ZeroDivisionError" in caplog.text
    assert "judges" not in caplog.records[0].getMessage()


def test_many_clients_at_once(server):
    statuses = []

    def one():
        with httpx.Client(base_url=server.url, headers=KEY) as client:
            statuses.extend(client.post("/v1/evaluations", json=GOOD).status_code for _ in range(5))

    threads = [threading.Thread(target=one) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (statuses, server.sandbox.evaluations) == ([202] * 50, 50)


def test_stopping_leaves_no_thread_and_no_listener():
    before = set(threading.enumerate())
    with SandboxServer() as server:
        place = address(server)
        idle = [socket.create_connection(place, timeout=5) for _ in range(20)]
    assert set(threading.enumerate()) == before
    for connection in idle:
        with connection, contextlib.suppress(ConnectionResetError):
            assert connection.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(place, timeout=1)


def test_stopping_does_not_wait_for_a_late_answer():
    started = time.monotonic()
    with SandboxServer() as server, socket.create_connection(address(server)) as connection:
        server.faults.append(delay(60))
        connection.sendall(f"GET {UNKNOWN} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        while not server.sandbox.requests:
            time.sleep(0.001)
    assert time.monotonic() - started < 30


def test_a_server_can_be_stopped_twice_and_started_again():
    server = SandboxServer()
    server.start()
    url = server.url
    server.stop()
    server.stop()
    with server:
        assert server.url == url
        assert httpx.get(f"{server.url}/").status_code == 404


def test_a_server_that_runs_cannot_be_started_again(server):
    with pytest.raises(RuntimeError, match="already running"):
        server.start()


def test_the_sandboxs_time_goes_on_when_its_server_is_started_again(sharp_uri):
    sandbox = Sandbox(evaluation_seconds=3600)
    with SandboxServer(sandbox, speed=1_000_000) as server:
        answer = httpx.post(
            f"{server.url}/v1/evaluations", json={**GOOD, "generated_image_url": sharp_uri}, headers=KEY
        )
        time.sleep(0.01)
        httpx.get(f"{server.url}/")
    before = sandbox.now
    with SandboxServer(sandbox) as server:
        target = f"{server.url}/v1/evaluations/{answer.json()['id']}"
        assert httpx.get(target, headers=KEY).json()["status_code"] == "completed"
    assert sandbox.now > before


def test_a_port_in_use_is_an_error_and_leaves_no_thread(server):
    before = set(threading.enumerate())
    with pytest.raises(OSError, match="in use"):
        SandboxServer(port=address(server)[1]).start()
    assert set(threading.enumerate()) == before


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.com", ""])
def test_only_loopback_is_listened_on(host):
    with pytest.raises(ValueError, match="loopback"):
        SandboxServer(host=host)


def test_localhost_is_loopback():
    with SandboxServer(host="localhost") as server:
        assert server.url.startswith("http://127.0.0.1:")


def test_a_speed_must_be_above_zero():
    with pytest.raises(ValueError, match="speed"):
        SandboxServer(speed=0)


def test_a_server_that_breaks_down_says_so_in_the_log(caplog):
    with SandboxServer() as server:
        server._loop.call_soon_threadsafe(server._loop.stop)
        server._thread.join(timeout=5)
    assert "server failed" in caplog.text
