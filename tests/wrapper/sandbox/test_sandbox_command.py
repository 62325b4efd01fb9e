"""`python -m runflow_client.sandbox`, and what is missing without its extra."""

import os
import re
import signal
import subprocess
import sys
import threading
import time

import httpx
import pytest

from runflow_client import sandbox
from runflow_client.sandbox import SandboxServer, blurred_picture, sharp_picture
from runflow_client.sandbox.__main__ import main
from runflow_client.sandbox._requirements import explain_missing_library

COMMAND = [sys.executable, "-m", "runflow_client.sandbox"]


def run_without(library, code):
    """Run Python code as if a library were not installed."""
    blocked = f"import sys; sys.modules[{library!r}] = None\n"
    return subprocess.run([sys.executable, "-c", blocked + code], capture_output=True, text=True, check=False)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_it_serves_until_a_signal_and_ends_cleanly(number, status):
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
        answer = httpx.get(f"{url}/v1/evaluations/x", headers={"Authorization": "Bearer rf_sandbox_key"})
        assert answer.status_code == 422
        process.send_signal(number)
        output, errors = process.communicate(timeout=20)
        assert (process.returncode, output, errors) == (status, "", "")
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("arguments", [["--host", "0.0.0.0"], ["--speed", "0"]])
def test_what_cannot_be_served_is_a_usage_error(arguments, capsys):
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith("runflow sandbox: ")


def test_a_port_in_use_is_told_in_one_line(capsys):
    with SandboxServer() as server:
        assert main(["--port", server.url.rpartition(":")[2]]) == 2
    assert "in use" in capsys.readouterr().err


@pytest.mark.parametrize("library", ["PIL", "jsonschema", "referencing"])
def test_a_missing_library_says_what_to_install(library):
    done = run_without(library, "from runflow_client.sandbox import Sandbox; Sandbox()")
    assert f'the sandbox needs {library}, which is not installed: pip install "runflow-client[sandbox]"' in done.stderr


def test_the_pictures_say_what_to_install():
    done = run_without("PIL", "from runflow_client.sandbox import sharp_picture")
    assert 'pip install "runflow-client[sandbox]"' in done.stderr


def test_the_command_says_what_to_install():
    done = run_without("PIL", "from runflow_client.sandbox.__main__ import main; sys.exit(main([]))")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("runflow sandbox: the sandbox needs PIL")
    assert done.stderr.count("\n") == 1


def test_importing_the_package_loads_none_of_its_libraries():
    code = (
        "import runflow_client.sandbox, sys\n"
        "print(sorted({'jsonschema', 'referencing', 'PIL', 'h11', 'httpx', 'asyncio'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_every_public_name_can_be_imported(monkeypatch):
    for name in ("Sandbox", "faults"):
        monkeypatch.delattr(sandbox, name, raising=False)
    assert all(getattr(sandbox, name) is not None for name in sandbox.__all__)
    assert set(sandbox.__all__) <= set(dir(sandbox))
    with pytest.raises(AttributeError, match="nothing"):
        _ = sandbox.nothing


@pytest.mark.parametrize("picture", [sharp_picture, blurred_picture])
def test_a_picture_depends_on_its_seed_only_and_is_small(picture):
    assert picture() == picture(0)
    assert picture(0) != picture(1)
    assert picture()[:8] == b"\x89PNG\r\n\x1a\n"
    assert len(picture()) < 300_000


def test_no_seed_runs_out_of_dice():
    assert all(len(sharp_picture(seed)) < 300_000 for seed in (2, 77, 10**9, -1))


@pytest.mark.parametrize("name", ["PIL", "jsonschema.validators"])
def test_only_a_missing_library_of_the_extra_is_explained(name):
    with pytest.raises(ModuleNotFoundError, match="pip install"), explain_missing_library():
        raise ModuleNotFoundError(name=name)
    with pytest.raises(ModuleNotFoundError) as other, explain_missing_library():
        raise ModuleNotFoundError("no such thing", name="somebody_elses")
    assert "pip install" not in str(other.value)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_the_signal_handlers_are_put_back(capsys):
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
