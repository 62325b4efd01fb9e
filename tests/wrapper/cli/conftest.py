from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import PICTURE, Console

from runflow_client.sandbox import Sandbox, SandboxServer


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox(evaluation_seconds=0.03, balance="100000")) as server:
        server.sandbox.outcomes.decide = lambda submission: "passed"
        yield server


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder of the commands, which is also where their settings would be."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "photo.png").write_bytes(PICTURE)
    return tmp_path


@pytest.fixture
def runflow(
    server: SandboxServer, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Console:
    monkeypatch.setenv("RUNFLOW_BASE_URL", server.url)
    monkeypatch.setenv("RUNFLOW_API_KEY", server.sandbox.keys[0])
    return Console(server, monkeypatch, capsys)
