"""Connections to the server on loopback: framing, limits, faults, and files to and from storage."""

import asyncio
import hashlib
import json
import logging
import socket
import tempfile
import time
from urllib.parse import urlsplit
from xml.etree import ElementTree

import httpx
import pytest

from runflow_client import AsyncRunflow, PollPolicy, Runflow
from runflow_client.sandbox import Sandbox, SandboxServer, faults, sharp_picture
from runflow_client.sandbox.faults import delay, drop_after, drop_before, reply
from runflow_client.sandbox.server.connection import Limits
from runflow_client.sandbox.service.assets import spool

KEY = {"Authorization": "Bearer rf_sandbox_key"}
GOOD = {"generated_image_url": "https://images.example.com/a.png", "task_type": "headshot"}
UNKNOWN = "/v1/evaluations/01978c5f-6b02-7d19-8f4a-2c9e6d3b5a10"
PICTURE = {"filename": "a.png", "mime_type": "image/png", "size_bytes": 5}
EVERY_10_MS = PollPolicy(first=0.01, then=0.01, longest=0.01)
PUT = {"Content-Type": "image/png"}


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
    """Send bytes over a plain socket and return all bytes of the response."""
    with socket.create_connection(address(server), timeout=5) as connection:
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)
        response = b""
        while chunk := connection.recv(65536):
            response += chunk
        return response


def open_upload(server, **fields):
    response = httpx.post(f"{server.url}/v1/asset-uploads", json={**PICTURE, **fields}, headers=KEY)
    return response.json()


def code_of(response):
    return ElementTree.fromstring(response.content).findtext("Code")


def test_bytes_sent_during_a_stalled_reply_are_discarded():
    with SandboxServer(Sandbox()) as server:
        server.sandbox.faults.append(faults.stall(3))
        place = urlsplit(server.url)
        with socket.create_connection((place.hostname or "", place.port or 0), timeout=10) as connection:
            connection.sendall(b"GET /v1/health HTTP/1.1\r\nHost: a\r\n\r\n")
            seen = b""
            while b"\r\n\r\n" not in seen:
                seen += connection.recv(100)
            connection.sendall(b"GET /v1/health HTTP/1.1\r\nHost: a\r\n\r\n")
            connection.sendall(b"and more")
            connection.shutdown(socket.SHUT_WR)
            while data := connection.recv(100):
                seen += data
    assert seen.count(b"HTTP/1.1") == 1
    assert len(seen.partition(b"\r\n\r\n")[2]) == 3


def test_connection_is_kept_for_the_next_request(client, server):
    assert [client.get(UNKNOWN).status_code for _ in range(3)] == [404] * 3
    pool = client._transport._pool
    assert len(pool.connections) == 1


def test_connection_is_closed_when_the_client_asks(server):
    request = f"GET {UNKNOWN} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    response = talk(server, request)
    assert response.startswith(b"HTTP/1.1 401 ")
    assert b"connection: close" in response.lower()


def test_chunked_body_is_read(client):
    parts = [part.encode() for part in (json.dumps(GOOD)[:20], json.dumps(GOOD)[20:])]
    response = client.post("/v1/evaluations", content=iter(parts), headers={"Content-Type": "application/json"})
    assert response.request.headers["transfer-encoding"] == "chunked"
    assert response.status_code == 202


def test_expect_continue_gets_100(server):
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


def test_request_sent_byte_by_byte_is_read(server):
    request = f"GET {UNKNOWN} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    assert talk(server, *(bytes([byte]) for byte in request)).startswith(b"HTTP/1.1 401 ")


def test_head_request_is_refused_without_a_body(client):
    response = client.head("/v1/evaluations")
    assert (response.status_code, response.content) == (405, b"")
    assert client.get(UNKNOWN).status_code == 404


def test_body_of_too_large_length_is_413_before_reading(client):
    response = client.post("/v1/evaluations", content=b" " * (17 * 1024 * 1024))
    assert (response.status_code, response.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert client.get(UNKNOWN).status_code == 404


def test_chunked_body_over_the_limit_is_413_before_its_end(server):
    head = b"POST /v1/evaluations HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    assert talk(server, head, chunk * 17).startswith(b"HTTP/1.1 413 ")


def test_refused_client_may_finish_sending(server):
    head = b"POST /v1/evaluations HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n"
    with socket.create_connection(address(server), timeout=5) as connection:
        connection.sendall(head)
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")
        for _ in range(10):
            connection.sendall(b" " * 10_000)
            time.sleep(0.002)


def test_bytes_that_are_not_http_get_400(server):
    response = talk(server, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n")
    assert response.startswith(b"HTTP/1.1 400 ")
    assert json.loads(response.partition(b"\r\n\r\n")[2])["code"] == "BAD_REQUEST"


def test_head_over_the_limit_gets_431(server):
    response = talk(server, b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 100_000)
    assert response.startswith(b"HTTP/1.1 431 ")
    assert json.loads(response.partition(b"\r\n\r\n")[2])["code"] == "HEADERS_TOO_LARGE"


def test_aborted_body_ends_its_connection_only(server, client):
    with socket.create_connection(address(server)) as connection:
        connection.sendall(b"POST /v1/evaluations HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
    assert client.get(UNKNOWN).status_code == 404
    assert server.sandbox.evaluations == 0


def test_idle_connection_is_closed():
    with SandboxServer(limits=Limits(idle=0.02)) as server:
        assert talk(server) == b""
        assert talk(server, b"GET / HT") == b""


def test_incomplete_request_gets_408_after_its_time():
    head = b"POST /v1/evaluations HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
    with SandboxServer(limits=Limits(request=0.02)) as server:
        response = talk(server, head)
        assert response.startswith(b"HTTP/1.1 408 ")
        assert json.loads(response.partition(b"\r\n\r\n")[2])["code"] == "REQUEST_TIMEOUT"


def test_dropped_request_is_not_handled(server, client):
    server.faults.append(drop_before)
    with pytest.raises(httpx.TransportError):
        client.post("/v1/evaluations", json=GOOD)
    assert (server.sandbox.evaluations, len(server.sandbox.requests)) == (0, 1)


def test_lost_reply_leaves_one_evaluation_for_its_key(server, client):
    server.faults.append(drop_after)
    with pytest.raises(httpx.TransportError):
        client.post("/v1/evaluations", json=GOOD, headers={"Idempotency-Key": "k1"})
    assert client.post("/v1/evaluations", json=GOOD, headers={"Idempotency-Key": "k1"}).status_code == 202
    assert server.sandbox.evaluations == 1
    assert [request.idempotency_key for request in server.sandbox.requests] == ["k1", "k1"]


def test_late_reply_reaches_the_timeout_of_the_client(server, client):
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
def test_reply_of_a_fault_is_sent_unchanged(server, client, status, headers, body):
    server.faults.append(reply(status, headers, body))
    response = client.get(UNKNOWN)
    assert (response.status_code, response.content) == (status, body)
    assert {name.lower(): value for name, value in headers.items()}.items() <= dict(response.headers).items()
    assert client.get(UNKNOWN).status_code == 404


def test_failure_of_the_sandbox_is_500_and_logged(client, server, monkeypatch, caplog):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(server.sandbox.service, "handle", broken)
    with caplog.at_level(logging.ERROR, logger="runflow_client.sandbox"):
        response = client.get(f"{UNKNOWN}?embed=judges")
    assert (response.status_code, response.json()["code"]) == (500, "INTERNAL_ERROR")
    assert "ZeroDivisionError" in caplog.text
    assert "judges" not in caplog.records[0].getMessage()


def test_key_sent_to_storage_is_refused_and_counted(server):
    url = open_upload(server)["upload_url"]
    response = httpx.put(url, content=b"12345", headers={**PUT, **KEY})
    assert (response.status_code, code_of(response)) == (400, "InvalidArgument")
    assert "rf_sandbox_key" not in response.text
    assert server.sandbox.leaks == 1
    assert httpx.put(url, content=b"12345", headers=PUT).status_code == 200
    assert server.sandbox.leaks == 1


def test_upload_over_a_socket_can_be_read_back(server):
    session = open_upload(server)
    assert session["upload_url"].startswith(f"{server.url}/storage/")
    assert httpx.put(session["upload_url"], content=b"12345", headers=PUT).status_code == 200
    target = f"{server.url}/v1/asset-uploads/{session['asset_id']}/confirmations"
    shown = httpx.get(httpx.post(target, headers=KEY).json()["url"])
    assert (shown.status_code, shown.content, shown.headers["content-type"]) == (200, b"12345", "image/png")
    head = httpx.head(httpx.post(target, headers=KEY).json()["url"])
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "5")


def test_file_without_its_length_is_411(server):
    response = httpx.put(open_upload(server)["upload_url"], content=iter([b"12", b"345"]), headers=PUT)
    assert (response.status_code, code_of(response)) == (411, "MissingContentLength")


@pytest.mark.parametrize("in_chunks", [False, True])
def test_file_over_50_mib_is_refused_before_its_end(server, in_chunks):
    content = bytes(52_428_801)
    url = open_upload(server)["upload_url"]
    response = httpx.put(url, content=iter([content]) if in_chunks else content, headers=PUT)
    assert (response.status_code, code_of(response)) == (400, "EntityTooLarge")
    assert httpx.put(url, content=b"12345", headers=PUT).status_code == 200


def test_body_limit_of_the_api_stays_at_16_mib(server):
    content = bytes(17 * 1024 * 1024)
    url = open_upload(server, size_bytes=len(content))["upload_url"]
    assert httpx.put(url, content=content, headers=PUT).status_code == 200
    assert httpx.post(f"{server.url}/v1/asset-uploads", content=content, headers=KEY).status_code == 413


def test_large_file_is_read_back_unchanged(server):
    content = hashlib.shake_256(b"large").digest(3 * 1024 * 1024 + 1)
    session = open_upload(server, size_bytes=len(content))
    assert httpx.put(session["upload_url"], content=content, headers=PUT).status_code == 200
    target = f"{server.url}/v1/asset-uploads/{session['asset_id']}/confirmations"
    with httpx.Client() as client:
        url = client.post(target, headers=KEY).json()["url"]
        assert [client.get(url).content == content for _ in range(2)] == [True, True]


def test_aborted_upload_is_discarded(server):
    session = open_upload(server)

    def broken():
        yield b"123"
        raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        httpx.put(session["upload_url"], content=broken(), headers={**PUT, "Content-Length": "5"})
    target = f"{server.url}/v1/asset-uploads/{session['asset_id']}/confirmations"
    assert httpx.post(target, headers=KEY).status_code == 422


def test_faults_apply_to_storage(server):
    url = open_upload(server)["upload_url"]
    server.faults.extend([drop_before, reply(503, {"Retry-After": "1"}), drop_after, delay(10)])
    with pytest.raises(httpx.TransportError):
        httpx.put(url, content=b"12345", headers=PUT)
    assert httpx.put(url, content=b"12345", headers=PUT).status_code == 503
    with pytest.raises(httpx.TransportError):
        httpx.put(url, content=b"12345", headers=PUT)
    with pytest.raises(httpx.ReadTimeout):
        httpx.put(url, content=b"12345", headers=PUT, timeout=0.05)
    paths = [request.path for request in server.sandbox.requests if request.method == "PUT"]
    assert paths == [url.removeprefix(server.url).partition("?")[0]] * 4


def test_sync_client_uploads_without_sending_its_key(server):
    with Runflow(*server.sandbox.keys, base_url=server.url) as client:
        asset = client.assets.upload(sharp_picture())
        evaluation = client.evaluations.evaluate(asset.ref, "headshot", poll=EVERY_10_MS)
    assert (evaluation.passed, server.sandbox.leaks) == (True, 0)


def test_async_client_uploads_without_sending_its_key(server):
    async def main():
        async with AsyncRunflow(*server.sandbox.keys, base_url=server.url) as client:
            asset = await client.assets.upload(sharp_picture())
            return await client.evaluations.evaluate(asset.ref, "headshot", poll=EVERY_10_MS)

    assert (asyncio.run(main()).passed, server.sandbox.leaks) == (True, 0)


def test_upload_that_cannot_be_stored_is_500_and_logged(server, monkeypatch, caplog, tmp_path):
    monkeypatch.setattr(spool, "_IN_MEMORY", 0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    response = httpx.put(open_upload(server)["upload_url"], content=b"12345", headers=PUT)
    assert (response.status_code, response.json()["code"]) == (500, "INTERNAL_ERROR")
    assert "could not store an upload" in caplog.text


def test_submit_that_cannot_be_stored_is_500_and_logged(client, monkeypatch, caplog, tmp_path, sharp_uri):
    monkeypatch.setattr(spool, "_IN_MEMORY", 0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    response = client.post("/v1/evaluations", json={**GOOD, "generated_image_url": sharp_uri})
    assert (response.status_code, response.json()["code"]) == (500, "INTERNAL_ERROR")
    assert "failed to handle POST /v1/evaluations" in caplog.text
    assert sharp_uri[:60] not in caplog.text
