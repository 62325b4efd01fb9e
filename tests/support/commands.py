"""Runs the command line: in this process, in a process of its own, and in a pseudoterminal."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runflow_client.cli.main import main
from runflow_client.sandbox import SandboxServer, sharp_picture

PICTURE = sharp_picture()
QUICK = ("--poll-every", "0.02")
COMMAND = (sys.executable, "-m", "runflow_client")


@dataclass
class Done:
    """A command that has ended."""

    status: int
    out: str
    err: str

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


class Console:
    """Types commands for a user whose environment names a sandbox server; each runs in this process."""

    def __init__(self, server: SandboxServer, monkeypatch: Any, capsys: Any) -> None:
        self.server = server
        self.sandbox = server.sandbox
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: object, stdin: bytes = b"") -> Done:
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        self._capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        return Done(status, *self._capsys.readouterr())


def environment(server: SandboxServer, **changes: str) -> Mapping[str, str]:
    """Return the environment of a command in a process of its own."""
    own = {"RUNFLOW_BASE_URL": server.url, "RUNFLOW_API_KEY": server.sandbox.keys[0], "PYTHONUNBUFFERED": "1"}
    return {**os.environ, **own, **changes}


def start(server: SandboxServer, arguments: Sequence[object], **options: Any) -> subprocess.Popen[str]:
    """Start a command in a process of its own."""
    defaults = {
        "env": environment(server),
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
    }
    return subprocess.Popen([*COMMAND, *map(str, arguments)], **{**defaults, **options})


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)
