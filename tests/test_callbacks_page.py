"""The examples of docs/callbacks.md and of the README's sections about callbacks and tests work."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from signed_callbacks import BODY, signed

from runflow_client import Runflow, callbacks
from runflow_client.callbacks import Claim
from runflow_client.sandbox import Sandbox, SandboxServer, sharp_picture
from scripts.testing.postgres_server import server as server_of_database

ROOT = Path(__file__).resolve().parents[1]


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def run(code: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(code, "page", "exec"), names)
    return names


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox(evaluation_seconds=0.1)) as server:
        monkeypatch.setenv("RUNFLOW_BASE_URL", server.url)
        monkeypatch.setenv("RUNFLOW_API_KEY", server.sandbox.keys[0])
        yield server


SECRET, DATABASE, FASTAPI, WAITING, RESOLVE = blocks("docs/callbacks.md", "python")


def test_example_of_a_secret_prints_it(server: SandboxServer, capsys: pytest.CaptureFixture[str]) -> None:
    run(SECRET)
    secret_id, secret = capsys.readouterr().out.split()
    assert secret.startswith("whsec_")
    with Runflow() as client:
        assert client.callback_secrets.get(secret_id).is_current


def test_example_of_waiting_ends_with_verdicts(
    server: SandboxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(SECRET)
    monkeypatch.setenv("RUNFLOW_CALLBACK_SECRETS", capsys.readouterr().out.split()[1])
    (tmp_path / "headshot.png").write_bytes(sharp_picture())
    monkeypatch.chdir(tmp_path)
    run(WAITING)
    assert capsys.readouterr().out.splitlines() == ["passed"] * 20
    assert sum(request.method == "GET" for request in server.sandbox.requests) == 20


def test_example_of_a_framework_takes_callbacks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RUNFLOW_CALLBACK_SECRETS", "whsec_old,whsec_mine")
    with TestClient(run(FASTAPI)["app"]) as client:
        response = client.post(
            "/runflow/callbacks", content=BODY, headers={"Runflow-Signature": signed(BODY, "whsec_mine")}
        )
    assert response.status_code == 200
    assert capsys.readouterr().out.strip() == json.loads(BODY)["evaluation_id"]


def test_example_of_a_database_handles_each_callback_once() -> None:
    address = server_of_database().address("postgres")
    names = run(DATABASE)

    def connect() -> Any:
        return psycopg.connect(address, autocommit=True)

    with connect() as connection:
        connection.execute("DROP TABLE IF EXISTS runflow_callbacks")
        connection.execute(names["TABLE"])
    deduplicator: callbacks.Deduplicator = names["DatabaseDeduplicator"](connect)
    assert [deduplicator.claim("a"), deduplicator.claim("a")] == [Claim.NEW, Claim.RUNNING]
    with connect() as connection:
        connection.execute("UPDATE runflow_callbacks SET at = now() - interval '6 minutes'")
    assert [deduplicator.claim("a"), deduplicator.claim("a")] == [Claim.NEW, Claim.RUNNING], "the lease has ended"
    deduplicator.release("a")
    assert deduplicator.claim("a") is Claim.NEW
    deduplicator.complete("a")
    deduplicator.release("a")
    assert deduplicator.claim("a") is Claim.DONE


def test_example_of_an_unknown_outcome_compiles() -> None:
    assert run(RESOLVE)["resolve"]


def test_readme_example_of_a_view_takes_lower_case_headers(capsys: pytest.CaptureFixture[str]) -> None:
    receive = run(next(block for block in blocks("README.md", "py") if "Endpoint" in block))["receive"]
    assert receive(BODY, {"runflow-signature": signed(BODY, "whsec_old"), "host": "a"}) == ("handled", 200)
    assert capsys.readouterr().out.startswith("evaluation.completed 01978c5f")


def test_readme_example_of_tests_passes(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers -p no:asyncio\n")
    code = next(block for block in blocks("README.md", "py") if "runflow_sandbox" in block)
    (tmp_path / "test_service.py").write_text(code)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "2 passed" in done.stdout, done.stdout + done.stderr
