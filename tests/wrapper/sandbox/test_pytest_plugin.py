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


def test_failed_only_shows_no_source_of_the_library(suite: Path) -> None:
    (suite / "test_service.py").write_text(
        "def test_none(runflow_sandbox):\n    runflow_sandbox.received.only(client_ref='a')\n"
    )
    output = run_pytest(suite, "-q")
    assert "E       AssertionError: 0 evaluations were received with client_ref='a', not one." in output
    assert "test_service.py:2: AssertionError" in output and "received.py" not in output


WRONG_MARKERS = [
    ('runflow_faults("POST /v1/evalutions: 503")', "did you mean 'POST /v1/evaluations'?"),
    ('runflow_faults(refuse(503), on=("GET", "/v1/evaluation/*"))', "did you mean 'GET /v1/evaluations/*'?"),
    ('runflow_faults("POST /v1/evaluations: 5O3")', "'5O3' in 'POST /v1/evaluations: 5O3' is not a fault"),
    ('runflow_faults("503", always=True)', "as in 'always POST /v1/evaluations: 503'"),
    ('runflow_faults(refuse(503), on="POST")', 'as in on=("POST", "/v1/evaluations")'),
    ("runflow_faults(refuse(503), allways=True)", "no argument 'allways': did you mean always?"),
    ("runflow_faults(refuse, refuse)", "refuse makes a fault when it is called, as in refuse(503)"),
    ("runflow_faults(503)", "503 is no fault: write a text"),
    ("runflow_faults()", "it names no fault"),
    ('runflow_outcomes("pased")', "an outcome is one of passed, rejected, undecided, failed or None, not 'pased'"),
    ('runflow_outcomes(by_client_ref={"a": "reject"})', "not 'reject'"),
    ('runflow_outcomes(by_ref={"a": "rejected"})', "no argument 'by_ref': did you mean by_client_ref?"),
    ("runflow_outcomes()", "it sets no outcome"),
    ("runflow_sandbox(evaluation_second=1)", "did you mean evaluation_seconds?"),
    ('runflow_sandbox(balance="much")', "an amount of credits is a number"),
    ("runflow_sandbox(zzz=1)", "no argument 'zzz': there are evaluation_seconds, keys"),
    ("runflow_sandbox(120)", "its arguments have names, as in runflow_sandbox(evaluation_seconds=86_400)"),
    ('runflow_outcome("passed")', "there is no such marker: did you mean runflow_outcomes?"),
    ("runflow_zzz()", "There are runflow_sandbox, runflow_outcomes, runflow_faults"),
]


def test_wrong_marker_is_an_error_that_shows_it(suite: Path) -> None:
    (suite / "pytest.ini").write_text("[pytest]\n")  # without --strict-markers, as in most projects
    tests = [
        f"@pytest.mark.{marker}\ndef test_wrong(runflow_sandbox):\n    pass\n".replace("test_wrong", f"test_{number}")
        for number, (marker, _) in enumerate(WRONG_MARKERS)
    ]
    start = "import pytest\nfrom runflow_client.sandbox.faults import refuse\n\n\n"
    (suite / "test_wrong.py").write_text(start + "\n\n".join(tests))
    printed = run_pytest(suite, "-q")
    assert f"{len(WRONG_MARKERS)} errors" in printed, printed
    assert "pytest_plugin.py:" not in printed
    for number, (marker, words) in enumerate(WRONG_MARKERS):
        shown = printed.partition(f"ERROR at setup of test_{number} ")[2].splitlines()[1]
        assert shown.startswith(f"@pytest.mark.{marker.partition('(')[0]}(") and words in shown


def test_marker_that_no_fixture_reads_is_an_error(suite: Path) -> None:
    (suite / "test_unread.py").write_text(
        "import pytest\n\npytestmark = pytest.mark.runflow_sandbox(evaluation_seconds=9)\n\n\n"
        "@pytest.mark.runflow_outcomes('passed')\ndef test_unread():\n    pass\n\n\n"
        "@pytest.mark.skip\n@pytest.mark.runflow_outcomes('passed')\ndef test_skipped():\n    pass\n\n\n"
        "@pytest.mark.usefixtures('runflow_clock')\n@pytest.mark.runflow_outcomes('passed')\n"
        "def test_read():\n    pass\n\n\ndef test_that_only_the_module_marks():\n    pass\n"
    )
    printed = run_pytest(suite, "-q")
    assert "2 passed, 1 skipped, 1 error" in printed, printed
    assert "@pytest.mark.runflow_outcomes('passed'): nothing reads it, because test_unread asks for none of" in printed
    assert "Write runflow_sandbox among the arguments of the test" in printed


@pytest.mark.parametrize(
    "made",
    [
        "CLIENT = Runflow()\n\n\n@pytest.fixture\ndef client():\n    return CLIENT\n",
        "@pytest.fixture(scope='module')\ndef client():\n    return Runflow()\n",
    ],
    ids=["import", "module"],
)
def test_client_made_too_early_without_key_says_where(suite: Path, monkeypatch: pytest.MonkeyPatch, made: str) -> None:
    monkeypatch.delenv("RUNFLOW_API_KEY", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(suite))
    (suite / "test_early.py").write_text(
        f"import pytest\nfrom runflow_client import Runflow\n\n{made}\n\ndef test_early(client, runflow_sandbox):\n    pass\n"
    )
    printed = run_pytest(suite, "-q")
    assert "1 error" in printed and "no API key" in printed
    assert "make the client after that: in a function that the test calls, not where a module is imported" in printed


def test_client_kept_from_an_earlier_test_is_refused(suite: Path) -> None:
    (suite / "test_kept.py").write_text(
        "import functools\nimport pytest\nfrom runflow_client import Runflow, errors\n"
        "from runflow_client.sandbox import sharp_picture\n\n"
        "client = functools.cache(Runflow)\n\n\n"
        "def test_first(runflow_sandbox):\n    assert client().evaluations.evaluate(sharp_picture(), 'a').passed\n\n\n"
        "def test_second(runflow_sandbox):\n"
        "    with pytest.raises(errors.ConfigurationError, match='made in an earlier test'):\n"
        "        client().account.health()\n"
    )
    assert "2 passed" in run_pytest(suite, "-q")


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
