"""A served sandbox judges images in the background, one at a time, while it answers requests."""

import threading
import time

import httpx
import pytest

from runflow_client.sandbox import Sandbox, SandboxServer
from runflow_client.sandbox.service.evaluations import image_judge

KEY = {"Authorization": "Bearer rf_sandbox_key"}


class HeldMeasure:
    """Measures images only while it is released, and counts how many it measures at once."""

    def __init__(self, measure):
        self._measure = measure
        self._lock = threading.Lock()
        self.released = threading.Event()
        self.entered = threading.Event()
        self.running = self.most = 0

    def __call__(self, content):
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        self.entered.set()
        self.released.wait(20)
        try:
            return self._measure(content)
        finally:
            with self._lock:
                self.running -= 1


@pytest.fixture
def held(monkeypatch):
    held = HeldMeasure(image_judge.measure)
    monkeypatch.setattr(image_judge, "measure", held)
    yield held
    held.released.set()


@pytest.fixture
def http():
    with httpx.Client(headers=KEY, trust_env=False) as client:
        yield client


def submit(http, server, image, **fields):
    body = {"generated_image_url": image, "task_type": "headshot", **fields}
    return http.post(f"{server.url}/v1/evaluations", json=body).json()["id"]


def status(http, server, evaluation_id):
    return http.get(f"{server.url}/v1/evaluations/{evaluation_id}").json()["status_code"]


def until(condition):
    """Wait until another thread makes the condition true."""
    latest = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < latest
        time.sleep(0.002)


def test_requests_are_answered_while_an_image_is_judged(held, http, sharp_uri):
    with SandboxServer(Sandbox(evaluation_seconds=0)) as server:
        evaluation_id = submit(http, server, sharp_uri)
        assert held.entered.wait(10)
        assert http.get(f"{server.url}/v1/health").json() == {"status": "ok"}
        assert status(http, server, evaluation_id) == "running"
        assert server.sandbox.charges == ()
        held.released.set()
        until(lambda: status(http, server, evaluation_id) == "completed")
        assert len(server.sandbox.charges) == 1


def test_images_are_judged_one_at_a_time(held, http, sharp_uri, data_uri, sharp_image):
    images = [data_uri(sharp_image.resize((300 + number, 300))) for number in range(5)]
    with SandboxServer(Sandbox(evaluation_seconds=0)) as server:
        for image in images:
            submit(http, server, image)
        held.released.set()
        until(lambda: len(server.sandbox.charges) == 5)
    assert held.most == 1


def test_unread_evaluation_is_judged_and_its_image_dropped(http, sharp_uri):
    with SandboxServer(Sandbox(evaluation_seconds=0)) as server:
        submit(http, server, sharp_uri)
        records = server.sandbox.service.organization.evaluations._records
        until(lambda: [record.source for record in records.values()] == [None])


def test_unjudged_evaluations_are_judged_after_the_server_stopped(held, http, sharp_uri, data_uri, sharp_image):
    sandbox = Sandbox(evaluation_seconds=0)
    with SandboxServer(sandbox) as server:
        submit(http, server, sharp_uri)
        submit(http, server, data_uri(sharp_image.resize((300, 300))))
        assert held.entered.wait(10)
        held.released.set()
    assert len(sandbox.charges) == 2
    with sandbox.client() as client:
        assert client.account.health().status == "ok"


def test_server_replies_after_the_judge_failed(monkeypatch, caplog, http, sharp_uri):
    def broken(*_):
        raise ZeroDivisionError

    with SandboxServer(Sandbox(evaluation_seconds=0)) as server:
        monkeypatch.setattr(server.sandbox.service, "judge_next", broken)
        evaluation_id = submit(http, server, sharp_uri)
        until(lambda: "ZeroDivisionError" in caplog.text)
        assert "judges no more images in the background" in caplog.text
        assert status(http, server, evaluation_id) == "completed"


def test_number_of_threads_stays_while_images_are_judged(http, sharp_uri):
    with SandboxServer(Sandbox(evaluation_seconds=0)) as server:
        before = set(threading.enumerate())
        submit(http, server, sharp_uri)
        until(lambda: len(server.sandbox.charges) == 1)
        assert set(threading.enumerate()) == before


def test_very_long_evaluation_does_not_stop_the_judge(http, sharp_uri):
    sandbox = Sandbox(evaluation_seconds=lambda number: [1e15, 0][number])
    with SandboxServer(sandbox) as server:
        for _ in range(2):
            submit(http, server, sharp_uri)
        until(lambda: len(server.sandbox.charges) == 1)
