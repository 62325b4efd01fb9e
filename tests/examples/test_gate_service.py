"""The example of a service, with the tests that its own authors wrote."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

GATE_SERVICE = Path(__file__).resolve().parents[2] / "examples" / "gate_service"


def test_tests_of_the_example_service_pass() -> None:
    options = ["-q", "-c", "/dev/null", "--rootdir", ".", "-p", "no:cacheprovider", "-p", "no:asyncio"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options], cwd=GATE_SERVICE, capture_output=True, text=True, check=False
    )
    assert "8 passed" in done.stdout, done.stdout + done.stderr
