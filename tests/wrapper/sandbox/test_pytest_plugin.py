"""The pytest plugin as a stranger's test suite uses it: in a run of pytest of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SERVICE = """
from runflow_client import AsyncRunflow, Runflow


def publish(image, reference):
    with Runflow() as client:
        return client.evaluations.evaluate(image, "product_photo", client_ref=reference).passed


async def publish_async(image, reference):
    async with AsyncRunflow(max_connections=4) as client:
        return (await client.evaluations.evaluate(image, "product_photo", client_ref=reference)).passed
"""
SETTINGS = """
[pytest]
addopts = --strict-markers
filterwarnings = error
asyncio_default_fixture_loop_scope = function
"""
TESTS = """
import asyncio
import time

import pytest

from runflow_client import AsyncRunflow, Runflow
from runflow_client.errors import ConfigurationError, EvaluationFailedError, InsufficientCreditError
from runflow_client.sandbox import Sandbox, VirtualClock, blurred_picture, sharp_picture
from runflow_client.sandbox.faults import refuse
from service import publish, publish_async

URL = "https://images.example.com/a.png"
pytestmark = pytest.mark.runflow_sandbox(evaluation_seconds=7)


def test_clients_of_the_service_use_the_sandbox(runflow_sandbox: Sandbox):
    assert publish(sharp_picture(), "a") and not publish(blurred_picture(), "b")
    assert [received.client_ref for received in runflow_sandbox.received] == ["a", "b"]
    assert runflow_sandbox.received.only(client_ref="b").passed is False


@pytest.mark.runflow_outcomes("rejected", "passed", by_client_ref={"c": "failed"})
def test_outcomes_are_those_of_the_marker(runflow_sandbox):
    assert not publish(URL, "a") and publish(URL, "b")
    with pytest.raises(EvaluationFailedError):
        publish(URL, "c")


@pytest.mark.runflow_outcomes("passed")
@pytest.mark.runflow_faults(refuse(503), None, refuse(429), on=("*", "/v1/evaluations*"))
def test_faults_are_those_of_the_marker(runflow_sandbox):
    assert publish(URL, "a")
    assert [request.method for request in runflow_sandbox.requests] == ["POST", "POST", "GET", "GET"]


@pytest.mark.runflow_faults(refuse(503), refuse(503))
def test_faults_without_route_are_those_of_the_next_requests(runflow: Runflow, runflow_sandbox):
    assert runflow.account.health().status == "ok" and len(runflow_sandbox.requests) == 3


@pytest.mark.runflow_faults("POST /v1/evaluations: 503 x2", "always GET /v1/evaluations/*: delay 5")
def test_faults_can_be_lines(runflow: Runflow, runflow_sandbox, runflow_clock: VirtualClock):
    assert runflow.evaluations.evaluate(URL, "headshot").passed
    assert [request.method for request in runflow_sandbox.requests][:3] == ["POST"] * 3 and runflow_clock.now() > 5


@pytest.mark.runflow_faults(refuse(402), always=True)
def test_fault_can_stay(runflow: Runflow, runflow_sandbox):
    for _ in range(2):
        with pytest.raises(InsufficientCreditError):
            runflow.evaluations.submit(sharp_picture(), "headshot")
    assert not runflow_sandbox.received


@pytest.mark.runflow_sandbox(evaluation_seconds=86_400, balance="0.05")
def test_day_of_waiting_takes_no_time(runflow: Runflow, runflow_clock: VirtualClock):
    pending = runflow.evaluations.submit(sharp_picture(), "headshot")
    runflow_clock.advance(86_000)
    assert not runflow.evaluations.get(pending).is_terminal
    runflow_clock.advance(400)
    assert runflow.evaluations.wait(pending.id).passed
    with pytest.raises(InsufficientCreditError):
        runflow.evaluations.submit(sharp_picture(), "headshot")


@pytest.mark.asyncio
async def test_async_client_works_with_pytest_asyncio(async_runflow, runflow_sandbox):
    runflow_sandbox.outcomes.extend(["passed"] * 100)
    evaluations = await asyncio.gather(*(async_runflow.evaluations.evaluate(URL, "headshot") for _ in range(100)))
    assert all(evaluation.passed for evaluation in evaluations)
    assert await publish_async(sharp_picture(), "x")


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.mark.anyio
async def test_async_client_works_with_anyio(async_runflow):
    assert (await async_runflow.evaluations.evaluate(sharp_picture(), "headshot")).passed


@pytest.fixture
async def shop(async_runflow):
    return [await async_runflow.evaluations.evaluate(sharp_picture(), "headshot")]


@pytest.mark.anyio
async def test_async_fixture_may_use_the_client(shop):
    assert shop[0].passed


EARLIER, EARLIER_ASYNC = Runflow("rf_live_x"), AsyncRunflow("rf_live_x")


def test_client_made_before_the_test_reaches_nothing(runflow_sandbox):
    with pytest.raises(ConfigurationError, match="was made before the test"):
        EARLIER.evaluations.submit(URL, "headshot")
    with pytest.raises(ConfigurationError, match="was made before the test"):
        asyncio.run(EARLIER_ASYNC.evaluations.submit(sharp_picture(), "headshot"))


def test_each_test_has_a_sandbox_of_its_own(runflow_sandbox):
    assert not runflow_sandbox.received and runflow_sandbox.clock.now() == 0.0
"""


def run_pytest(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text(SETTINGS)
    (tmp_path / "service.py").write_text(SERVICE)
    return tmp_path


def test_suite_of_a_service_passes_with_the_plugin(suite: Path) -> None:
    (suite / "test_service.py").write_text(TESTS)
    assert "12 passed" in run_pytest(suite, "-q")


def test_markers_are_listed(suite: Path) -> None:
    listed = run_pytest(suite, "--markers")
    assert all(f"@pytest.mark.runflow_{name}(" in listed for name in ("sandbox", "outcomes", "faults"))


def test_plugin_loads_nothing_until_a_test_asks(suite: Path) -> None:
    (suite / "test_unused.py").write_text(
        "import sys\n\n\ndef test_unused():\n"
        "    assert 'runflow_client.sandbox.pytest_plugin' in sys.modules\n"
        "    loaded = {name for name in sys.modules if name.startswith(('runflow_', 'httpx', 'jsonschema', 'PIL'))}\n"
        "    assert loaded == {'runflow_client', 'runflow_client._version', 'runflow_client.sandbox',"
        " 'runflow_client.sandbox.pytest_plugin'}\n"
    )
    assert "1 passed" in run_pytest(suite, "-q")
