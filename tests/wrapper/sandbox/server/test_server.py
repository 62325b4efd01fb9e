"""The server on loopback: time, threads, start and stop."""

import contextlib
import logging
import socket
import threading
import time
from urllib.parse import urlsplit

import httpx
import pytest

from runflow_client.sandbox import Sandbox, SandboxServer
from runflow_client.sandbox.faults import delay
from runflow_client.sandbox.server.connection import Connection, Limits

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


def until_ended(client, target):
    """Read an evaluation until it has ended."""
    while (document := client.get(target).json())["status_code"] in {"pending", "running"}:
        time.sleep(0.005)
    return document


def test_evaluation_over_http_gets_its_verdict(client, sharp_uri):
    submitted = client.post("/v1/evaluations", json={**GOOD, "generated_image_url": sharp_uri})
    assert (submitted.status_code, submitted.json()["status_code"]) == (202, "pending")
    target = f"/v1/evaluations/{submitted.json()['id']}?embed=judges,action,gate_failures"
    document = until_ended(client, target)
    assert (document["overall_passed"], len(document["judges"])) == (True, 4)
    feedback = client.patch(f"/v1/evaluations/{document['id']}/feedback", json={"is_positive": True})
    assert feedback.json()["feedback_is_positive"] is True


def test_sandbox_time_runs_at_the_given_speed(sharp_uri):
    with (
        SandboxServer(Sandbox(evaluation_seconds=3600), speed=1_000_000) as server,
        httpx.Client(base_url=server.url, headers=KEY) as client,
    ):
        evaluation_id = client.post("/v1/evaluations", json={**GOOD, "generated_image_url": sharp_uri}).json()["id"]
        assert until_ended(client, f"/v1/evaluations/{evaluation_id}")["status_code"] == "completed"


def test_simultaneous_clients_are_all_answered(server):
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


def test_stop_leaves_no_thread_and_no_listener():
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


def test_stop_does_not_wait_for_a_late_reply():
    started = time.monotonic()
    with SandboxServer() as server, socket.create_connection(address(server)) as connection:
        server.faults.append(delay(60))
        connection.sendall(f"GET {UNKNOWN} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        while not server.sandbox.requests:
            time.sleep(0.001)
    assert time.monotonic() - started < 30


def test_server_can_be_stopped_twice_and_started_again():
    server = SandboxServer()
    server.start()
    url = server.url
    server.stop()
    server.stop()
    with server:
        assert server.url == url
        assert httpx.get(f"{server.url}/v1/nothing").status_code == 404


def test_running_server_cannot_be_started_again(server):
    with pytest.raises(RuntimeError, match="already running"):
        server.start()


def test_sandbox_time_continues_after_a_restart(sharp_uri):
    sandbox = Sandbox(evaluation_seconds=3600)
    with SandboxServer(sandbox, speed=1_000_000) as server:
        response = httpx.post(
            f"{server.url}/v1/evaluations", json={**GOOD, "generated_image_url": sharp_uri}, headers=KEY
        )
        submitted = sandbox.now
        while sandbox.now < submitted + 3600:
            httpx.get(f"{server.url}/v1/health")
    before = sandbox.now
    with SandboxServer(sandbox) as server, httpx.Client(base_url=server.url, headers=KEY) as client:
        assert until_ended(client, f"/v1/evaluations/{response.json()['id']}")["status_code"] == "completed"
    assert sandbox.now > before


def test_port_in_use_raises_and_leaves_no_thread(server):
    before = set(threading.enumerate())
    with pytest.raises(OSError, match="in use"):
        SandboxServer(port=address(server)[1]).start()
    assert set(threading.enumerate()) == before


@pytest.mark.parametrize("host", ["example.com", "", "127.0.0.1:80"])
def test_host_that_is_no_address_raises_value_error(host):
    with pytest.raises(ValueError, match="IP address"):
        SandboxServer(host=host)


def test_upload_url_beyond_loopback_names_the_host_of_the_request():
    body = {"filename": "a.png", "mime_type": "image/png", "size_bytes": 5}
    with SandboxServer(host="0.0.0.0") as server:
        assert (server.is_local, server.url.startswith("http://127.0.0.1:")) == (False, True)
        headers = {**KEY, "Host": "sandbox.example.com:8443", "X-Forwarded-Proto": "https"}
        behind_proxy = httpx.post(f"{server.url}/v1/asset-uploads", json=body, headers=headers).json()["upload_url"]
        headers = {**KEY, "Host": "sandbox.lan"}
        direct = httpx.post(f"{server.url}/v1/asset-uploads", json=body, headers=headers).json()["upload_url"]
        assert httpx.get(server.url, headers={"Host": "sandbox.lan"}).status_code == 200
    assert behind_proxy.startswith("https://sandbox.example.com:8443/storage/")
    assert direct.startswith("http://sandbox.lan/storage/")


def test_server_on_ipv6_has_its_address_in_brackets():
    assert SandboxServer(host="::1", port=8000).url == "http://[::1]:8000"
    assert SandboxServer(host="::", port=8000).url == "http://[::1]:8000"


def test_connection_over_the_limit_is_refused_with_503(caplog):
    with SandboxServer(limits=Limits(connections=2)) as server:
        kept = [socket.create_connection(address(server)) for _ in range(2)]
        for connection in kept:
            connection.sendall(b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 200")
        refused = httpx.get(f"{server.url}/v1/health")
        assert (refused.status_code, refused.json()["code"]) == (503, "TOO_MANY_CONNECTIONS")
        assert "too many" in caplog.text
        kept.pop().close()
        for _ in range(200):
            if (again := httpx.get(f"{server.url}/v1/health").status_code) == 200:
                break
        assert again == 200
        kept.pop().close()


def test_refused_connection_that_is_reset_is_forgotten(monkeypatch):
    async def reset(*_, **__):
        raise ConnectionResetError

    with SandboxServer(limits=Limits(connections=0)) as server:
        assert httpx.get(f"{server.url}/v1/health").status_code == 503
        monkeypatch.setattr(Connection, "_send", reset)
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{server.url}/v1/health")


def test_each_request_and_fault_is_one_log_line(caplog):
    sandbox = Sandbox()
    sandbox.faults.add("ok, ok, 503, drop before, drop after, stall")
    with caplog.at_level(logging.INFO, "runflow_client.sandbox"), SandboxServer(sandbox) as server:
        with httpx.Client(base_url=server.url, headers=KEY, trust_env=False) as client:
            opened = client.post("/v1/asset-uploads", json={"filename": "a", "mime_type": "image/png", "size_bytes": 5})
            httpx.put(opened.json()["upload_url"], content=b"12345", headers={"Content-Type": "image/png"})
            client.get("/v1/health?a=b")
            for _ in range(2):
                with pytest.raises(httpx.TransportError):
                    client.get("/v1/health")
            with pytest.raises(httpx.TimeoutException):
                client.get("/v1/health", timeout=0.1)
            client.get("/sandbox/state")
        with socket.create_connection(address(server)) as connection:
            connection.sendall(b"nonsense\r\n\r\n")
            connection.recv(100)
    lines = [record.getMessage().rpartition(",")[0] for record in caplog.records if "server.connection" in record.name]
    path = urlsplit(opened.json()["upload_url"]).path
    assert lines == [
        "POST /v1/asset-uploads 201",
        f"PUT {path} 200",
        "GET /v1/health 503 (fault)",
        "GET /v1/health closed without a reply (fault)",
        "GET /v1/health closed without a reply (fault)",
        "GET /v1/health 200 (fault)",
        "request  400",
    ]
    assert not any(word in caplog.text for word in ("signature", "a=b", "rf_sandbox_key"))


def test_localhost_is_loopback():
    with SandboxServer(host="localhost") as server:
        assert server.url.startswith("http://127.0.0.1:")


def test_speed_of_zero_raises_value_error():
    with pytest.raises(ValueError, match="speed"):
        SandboxServer(speed=0)


def test_failed_server_is_logged(caplog):
    with SandboxServer() as server:
        server._loop.call_soon_threadsafe(server._loop.stop)
        server._thread.join(timeout=5)
    assert "server failed" in caplog.text
