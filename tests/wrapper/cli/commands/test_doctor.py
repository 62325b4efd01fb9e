from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import pytest
from commands import Console

from runflow_client.sandbox import SandboxServer
from runflow_client.sandbox.faults import refuse, show

ROOT = Path(__file__).parents[4]


def states(runflow: Console) -> dict[str, tuple[str, str]]:
    done = runflow("doctor", "--json")
    return {check["name"]: (check["state"], check["text"]) for check in done.records[0]["checks"]}


def test_doctor_shows_what_is_configured_and_from_where(runflow: Console) -> None:
    done = runflow("doctor")
    assert (done.status, done.err) == (0, "")
    assert f"from the environment variable RUNFLOW_API_KEY, sent to {runflow.server.url}\n" in done.out
    assert f"{runflow.server.url} (from RUNFLOW_BASE_URL)" in done.out
    assert "100000 credits" in done.out
    assert "standard 0.05 credits" in done.out
    assert runflow.sandbox.keys[0] not in done.out
    assert runflow.sandbox.evaluations == 0


def test_doctor_names_every_extra(runflow: Console) -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    parts = re.fullmatch(r"installed: (.*); not installed: (.*)", states(runflow)["extras"][1])
    assert parts is not None
    installed, missing = (set(part.split(", ")) - {"none"} for part in parts.groups())
    assert installed | missing == declared.keys() and not installed & missing and "sandbox" in installed


def test_doctor_without_a_key_names_login(runflow: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNFLOW_API_KEY")
    done = runflow("doctor")
    assert done.status == 3
    assert "`runflow login`" in done.out
    assert runflow.sandbox.requests == []


def test_doctor_warns_of_a_key_that_others_can_read(
    runflow: Console, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runflow("login", stdin=b"rf_sandbox_key")
    monkeypatch.delenv("RUNFLOW_API_KEY")
    path, sent = folder / "config" / "runflow" / "credentials.json", f"sent to {runflow.server.url}"
    assert states(runflow)["API key"] == ("ok", f"from {path}, {sent}")
    os.chmod(path, 0o644)
    assert states(runflow)["API key"] == (
        "warning",
        f"from {path}, {sent}; others can read that file: chmod 600 it",
    )
    assert runflow("doctor").status == 0


def test_doctor_ends_at_a_service_that_does_not_answer(runflow: Console, server: SandboxServer) -> None:
    server.stop()
    found = states(runflow)
    assert found["service"][0] == "problem"
    assert "key" not in found


def test_doctor_tells_of_a_key_that_is_refused(runflow: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNFLOW_API_KEY", "wrong_key")
    found = states(runflow)
    assert found["key"][0] == "problem" and "`runflow login`" in found["key"][1]
    assert "balance" not in found
    assert runflow("doctor").status == 3


def test_doctor_goes_on_where_a_scope_is_missing(runflow: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    with runflow.sandbox.client() as client:
        monkeypatch.setenv("RUNFLOW_ORGANIZATION_ID", str(client.account.balance().org_id))
    runflow.sandbox.faults.always(refuse(403), on=("GET", "/v1/billing/balance"))
    runflow.sandbox.faults.always(show(items=[]), on=("GET", "/v1/evaluations/job-classes"))
    found = states(runflow)
    assert found["balance"][0] == "warning"
    assert found["prices"] == ("ok", "none listed")
    assert "from RUNFLOW_ORGANIZATION_ID" in found["organization"][1]


def test_doctor_shows_the_organization_and_no_balance_where_told(runflow: Console) -> None:
    runflow.sandbox.faults.always(show(memberships=[{"org": {"name": "Acme"}}, 1]), on=("GET", "/v1/auth/me"))
    runflow.sandbox.faults.always(show(balance=None), on=("GET", "/v1/billing/balance"))
    found = states(runflow)
    assert found["key"] == ("ok", "accepted, of Acme")
    assert found["balance"] == ("ok", "not told")
