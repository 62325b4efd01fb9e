"""The examples of callbacks receive those of a sandbox server over real HTTP, on the frameworks that they are for."""

from __future__ import annotations

import base64
import http.client
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from runflow_client import Runflow
from runflow_client.sandbox import Sandbox, SandboxServer, blurred_picture, sharp_picture

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "callbacks"
PYTHON = Path(os.environ.get("RUNFLOW_EXAMPLES_PYTHON") or ROOT / ".venv-examples" / "bin" / "python")
PATH = "/runflow/callbacks"


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox(evaluation_seconds=0.1)) as server:
        yield server


@pytest.fixture
def client(server: SandboxServer) -> Iterator[Runflow]:
    with Runflow(server.sandbox.keys[0], base_url=server.url) as client:
        yield client


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def settings(server: SandboxServer, secret: str) -> dict[str, str]:
    return {
        "RUNFLOW_BASE_URL": server.url,
        "RUNFLOW_API_KEY": server.sandbox.keys[0],
        "RUNFLOW_CALLBACK_SECRETS": f"whsec_of_last_year,{secret}",
    }


@contextmanager
def running(name: str, server: SandboxServer, secret: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """Run an example as a program until the block ends, once it accepts connections."""
    assert PYTHON.exists(), "run `make examples-environment`"
    port = free_port()
    environment = {**os.environ, **settings(server, secret), "PORT": str(port)}
    with subprocess.Popen(
        [str(PYTHON), name], cwd=EXAMPLES, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            while not accepts(port):
                assert process.poll() is None, f"{name} has ended"
                threading.Event().wait(0.05)
            yield port, process
        finally:
            process.kill()


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def post(port: int, body: bytes, signature: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", PATH, body, {"runflow-signature": signature})
    status = connection.getresponse().status
    connection.close()
    return status


def submit(client: Runflow, port: int) -> None:
    for name, picture in (("order-1", sharp_picture), ("order-2", blurred_picture)):
        client.evaluations.submit(picture(), "headshot", client_ref=name, callback_url=f"http://127.0.0.1:{port}{PATH}")


def check_repeats_and_forgeries(server: SandboxServer, port: int) -> None:
    while len(server.sandbox.deliveries) < 2:
        threading.Event().wait(0.02)
    first, _ = server.sandbox.deliveries
    assert [delivery.status for delivery in server.sandbox.deliveries] == [200, 200]
    assert post(port, first.body, str(first.signature)) == 200, "a repeat is accepted, and handled no more"
    assert post(port, first.body + b" ", str(first.signature)) == 401
    assert post(port, b"x" * 1_048_577, str(first.signature)) == 413


@pytest.mark.parametrize("name", ["fastapi_app.py", "flask_app.py", "django_app.py"])
def test_framework_example_handles_each_callback_once(name: str, server: SandboxServer, client: Runflow) -> None:
    secret = str(client.callback_secrets.create("example").plain_secret)
    with running(name, server, secret) as (port, process):
        submit(client, port)
        assert process.stdout is not None
        lines: list[str] = []
        while len(lines) < 2:
            line = process.stdout.readline().strip()
            lines += [line] if line.startswith("order-") else []
        check_repeats_and_forgeries(server, port)
    assert sorted(lines) == ["order-1: passed", "order-2: rejected"]


def test_example_without_a_secret_ends_with_a_sentence() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "RUNFLOW_CALLBACK_SECRETS"}
    done = subprocess.run(
        [sys.executable, "work.py"], cwd=EXAMPLES, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (
        1,
        "Set RUNFLOW_CALLBACK_SECRETS to the current callback secret of your account.\n",
    )


@contextmanager
def function_url(function: Any) -> Iterator[int]:
    """Call a Lambda function for each request, as its function URL does."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            event = {"headers": headers, "body": base64.b64encode(body).decode(), "isBase64Encoded": True}
            result = function(event, None)
            self.send_response(result["statusCode"])
            self.end_headers()
            self.wfile.write(result["body"].encode())

        def log_message(self, *arguments: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        thread = threading.Thread(target=served.serve_forever)
        thread.start()
        try:
            yield int(served.server_address[1])
        finally:
            served.shutdown()
            thread.join()


def test_lambda_example_handles_each_callback_once(
    server: SandboxServer, client: Runflow, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = str(client.callback_secrets.create("example").plain_secret)
    for variable, value in settings(server, secret).items():
        monkeypatch.setenv(variable, value)
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import aws_lambda

    with function_url(aws_lambda.lambda_handler) as port:
        submit(client, port)
        check_repeats_and_forgeries(server, port)
    sys.modules.pop("aws_lambda")
    assert sorted(capsys.readouterr().out.splitlines()) == ["order-1: passed", "order-2: rejected"]
