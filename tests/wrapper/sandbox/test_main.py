"""The command `python -m runflow_client.sandbox`."""

import os
import re
import signal
import subprocess
import sys
import threading
import time

import httpx
import pytest

from runflow_client.sandbox import SandboxServer
from runflow_client.sandbox.__main__ import main

COMMAND = [sys.executable, "-m", "runflow_client.sandbox"]


def run_without(library, code):
    """Run Python code as if a library were not installed."""
    blocked = f"import sys; sys.modules[{library!r}] = None\n"
    return subprocess.run([sys.executable, "-c", blocked + code], capture_output=True, text=True, check=False)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_command_serves_until_a_signal(number, status):
    process = subprocess.Popen(
        [*COMMAND, "--evaluation-seconds", "0.5"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        greeting = ""
        while "Ctrl-C" not in greeting:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            greeting += line
        url = re.search(r"export RUNFLOW_BASE_URL=(http://127\.0\.0\.1:\d+)\n", greeting)[1]
        assert "export RUNFLOW_API_KEY=rf_sandbox_key\n" in greeting
        assert "not the real evaluator" in greeting
        response = httpx.get(f"{url}/v1/evaluations/x", headers={"Authorization": "Bearer rf_sandbox_key"})
        assert response.status_code == 422
        process.send_signal(number)
        output, errors = process.communicate(timeout=20)
        assert (process.returncode, output) == (status, "")
        assert re.fullmatch(r"\d\d:\d\d:\d\d GET /v1/evaluations/x 422, \d+ ms\n", errors)
    finally:
        process.kill()
        process.communicate()


def test_command_with_a_port_in_use_exits_with_2(capsys):
    with SandboxServer() as server:
        assert main(["--port", server.url.rpartition(":")[2]]) == 2
    assert "in use" in capsys.readouterr().err


def test_command_without_a_library_names_the_extra():
    done = run_without("PIL", "from runflow_client.sandbox.__main__ import main; sys.exit(main([]))")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("runflow sandbox: the sandbox needs PIL")
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_command_restores_the_signal_handlers(capsys):
    before = signal.getsignal(signal.SIGTERM)

    def terminate():
        while signal.getsignal(signal.SIGTERM) is before:
            time.sleep(0.001)
        os.kill(os.getpid(), signal.SIGTERM)

    killer = threading.Thread(target=terminate)
    killer.start()
    assert main([]) == 0
    killer.join()
    assert signal.getsignal(signal.SIGTERM) is before
