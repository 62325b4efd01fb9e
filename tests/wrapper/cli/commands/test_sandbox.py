"""`runflow sandbox` serves the sandbox with the arguments of `python -m runflow_client.sandbox`."""

from __future__ import annotations

import signal
import threading

import pytest

from runflow_client.cli.main import main
from runflow_client.sandbox import SandboxServer
from runflow_client.sandbox.server import command_line


class StoppedAtOnce(threading.Event):
    """An event of a command that gets a signal as soon as it serves."""

    number = signal.SIGTERM

    def wait(self, timeout: float | None = None) -> bool:
        signal.raise_signal(self.number)
        return super().wait(timeout)


class InterruptedAtOnce(StoppedAtOnce):
    number = signal.SIGINT


@pytest.mark.parametrize(("stopped", "status"), [(StoppedAtOnce, 0), (InterruptedAtOnce, 130)])
def test_sandbox_serves_until_a_signal(
    stopped: type[threading.Event], status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command_line, "_stopped", stopped)
    assert main(["sandbox", "--key", "rf_mine"]) == status
    out = capsys.readouterr().out
    assert "  export RUNFLOW_API_KEY=rf_mine\n  runflow evaluate photo.png --task-type headshot" in out


def test_sandbox_with_a_port_in_use_exits_with_3(capsys: pytest.CaptureFixture[str]) -> None:
    with SandboxServer() as server:
        port = server.url.rpartition(":")[2]
        assert main(["sandbox", "--port", port]) == 3
    told = f"port {port} is in use: name another one with --port, or leave it out to get a free one"
    assert capsys.readouterr().err == f"runflow sandbox: {told}\n"


def test_sandbox_with_an_invalid_argument_exits_with_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sandbox", "--speed", "0"]) == 3
    assert "is not above zero" in capsys.readouterr().err
