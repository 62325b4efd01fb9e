"""Callbacks of a served sandbox over real sockets, to this machine only."""

import itertools
import logging
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from runflow_client import callbacks
from runflow_client.sandbox import Sandbox, SandboxServer
from runflow_client.sandbox.server.connection import Limits

KEY = {"Authorization": "Bearer rf_sandbox_key"}


class Receiver(ThreadingHTTPServer):
    """Receives callbacks and responds with the statuses of a list, then with 204; None is no response."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses = []
        self.received = []
        self.released = threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/hook?token=secret"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        server = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.received.append((self.path, dict(self.headers), body))
        status = server.statuses.pop(0) if server.statuses else 204
        if status is None:
            server.released.wait(5)
            return
        self.send_response(status)
        self.send_header("Location", server.url)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def http():
    with httpx.Client(headers=KEY, trust_env=False) as client:
        yield client


@pytest.fixture
def submit(http, sharp_uri):
    def to(server, callback_url):
        body = {"generated_image_url": sharp_uri, "task_type": "headshot", "callback_url": callback_url}
        return http.post(f"{server.url}/v1/evaluations", json=body).json()["id"]

    return to


def until(condition):
    """Wait until another thread makes the condition true."""
    latest = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < latest
        time.sleep(0.002)


def test_callback_is_sent_when_the_evaluation_ends(receiver, submit, http):
    with SandboxServer(Sandbox(evaluation_seconds=0.05)) as server:
        secret = http.post(f"{server.url}/v1/callback-secrets", json={"label": "x"}).json()
        evaluation_id = submit(server, receiver.url)
        until(lambda: server.sandbox.deliveries)
    ((path, headers, body),) = receiver.received
    assert path == "/hook?token=secret"
    callback = callbacks.parse(body, headers["Runflow-Signature"], secret["plain_secret"])
    assert (callback.event, callback.evaluation_id) == ("evaluation.completed", evaluation_id)
    (delivery,) = server.sandbox.deliveries
    assert (delivery.status, delivery.body, delivery.signature) == (204, body, headers["Runflow-Signature"])
    assert delivery.request_id == headers["Runflow-Request-Id"]


def test_callback_without_a_secret_is_sent_unsigned(receiver, submit):
    with SandboxServer(Sandbox(evaluation_seconds=0)) as server:
        submit(server, receiver.url)
        until(lambda: server.sandbox.deliveries)
    assert "Runflow-Signature" not in receiver.received[0][1]


def test_refused_callback_is_sent_again_until_accepted(receiver, submit):
    receiver.statuses = [500, 302, 401]
    with SandboxServer(Sandbox(evaluation_seconds=3), speed=200) as server:
        submit(server, receiver.url)
        until(lambda: len(server.sandbox.deliveries) == 4)
    deliveries = server.sandbox.deliveries
    assert [(delivery.attempt, delivery.status) for delivery in deliveries] == [(1, 500), (2, 302), (3, 401), (4, 204)]
    pauses = [after.at - before.at for before, after in itertools.pairwise(deliveries)]
    assert all(pause >= least for pause, least in zip(pauses, (2, 4, 8), strict=True))
    assert len({body for _, _, body in receiver.received}) == 1


def test_receiver_without_response_is_left_after_the_timeout(receiver, submit):
    receiver.statuses = [None]
    with SandboxServer(Sandbox(evaluation_seconds=3), speed=200, limits=Limits(callback=0.05)) as server:
        submit(server, receiver.url)
        until(lambda: len(server.sandbox.deliveries) == 2)
    first, second = server.sandbox.deliveries
    assert (first.status, first.problem, second.status) == (None, "no response in time", 204)


def test_receiver_without_response_does_not_delay_other_callbacks(receiver, submit):
    receiver.statuses = [None]
    with SandboxServer(Sandbox(evaluation_seconds=0)) as server:
        submit(server, receiver.url)
        until(lambda: receiver.received)
        submit(server, receiver.url)
        until(lambda: server.sandbox.deliveries)
        assert server.sandbox.deliveries[0].status == 204
        assert httpx.get(f"{server.url}/v1/health").status_code == 200


def test_each_attempt_is_one_log_line_without_the_query(receiver, submit, caplog):
    receiver.statuses = [500]
    with (
        caplog.at_level(logging.INFO, "runflow_client.sandbox"),
        SandboxServer(Sandbox(evaluation_seconds=3), speed=200) as server,
    ):
        evaluation_id = submit(server, receiver.url)
        until(lambda: len(server.sandbox.deliveries) == 2)
    lines = [record.getMessage() for record in caplog.records if record.name.endswith("callback_sender")]
    assert lines == [
        f"callback evaluation.completed of {evaluation_id}, attempt {n}: {s}" for n, s in ((1, 500), (2, 204))
    ]
    assert "token" not in caplog.text


def test_closed_port_is_an_attempt_without_response(receiver, submit):
    with SandboxServer(Sandbox(evaluation_seconds=0), speed=100) as server:
        submit(server, "http://127.0.0.1:9/hook")
        until(lambda: len(server.sandbox.deliveries) == 2)
    assert [delivery.problem for delivery in server.sandbox.deliveries] == ["ConnectError"] * 2


def test_callback_to_another_machine_is_not_sent(submit, caplog):
    with (
        caplog.at_level(logging.DEBUG),
        SandboxServer(Sandbox(evaluation_seconds=0), speed=1000) as server,
    ):
        submit(server, "https://hooks.example.com/path?token=secret")
        until(lambda: server.sandbox.deliveries)
        time.sleep(0.02)
        (delivery,) = server.sandbox.deliveries
    assert (delivery.status, delivery.problem, delivery.attempt) == (None, "not a loopback URL", 1)
    (line,) = [record for record in caplog.records if record.name == "runflow_client.sandbox.server.callback_sender"]
    assert "hooks.example.com" in line.getMessage()
    assert "token" not in caplog.text


def test_attempt_interrupted_by_a_stop_is_repeated_after_restart(receiver, submit):
    receiver.statuses = [None]
    sandbox = Sandbox(evaluation_seconds=0)
    before = set(threading.enumerate())
    with SandboxServer(sandbox, speed=100) as server:
        submit(server, receiver.url)
        until(lambda: receiver.received)
    receiver.released.set()
    until(lambda: set(threading.enumerate()) == before)
    assert [delivery.problem for delivery in sandbox.deliveries] == ["the server was stopped"]
    with SandboxServer(sandbox, speed=100):
        until(lambda: len(sandbox.deliveries) == 2)
    assert (sandbox.deliveries[1].attempt, sandbox.deliveries[1].status) == (2, 204)


def test_server_replies_after_the_callback_sender_failed(receiver, submit, monkeypatch, caplog):
    def broken(*_):
        raise ZeroDivisionError

    with SandboxServer(Sandbox(evaluation_seconds=0)) as server:
        monkeypatch.setattr(server.sandbox.service, "take_callbacks", broken)
        submit(server, receiver.url)
        until(lambda: "ZeroDivisionError" in caplog.text)
        assert httpx.get(f"{server.url}/v1/health").status_code == 200


def test_callbacks_of_simultaneous_ends_are_all_sent(receiver, submit):
    with SandboxServer(Sandbox(evaluation_seconds=1), speed=4) as server:
        ids = {submit(server, receiver.url) for _ in range(30)}
        # On a busy machine a first attempt may fail, and a later one is taken.
        until(lambda: {each.evaluation_id for each in server.sandbox.deliveries if each.taken} == ids)
