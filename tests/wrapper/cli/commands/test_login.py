from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest
from commands import Console, environment
from terminals import run_in_terminal

from runflow_client import Runflow
from runflow_client.sandbox import SandboxServer

KEY = "rf_sandbox_key"


@pytest.fixture
def path(folder: Path, monkeypatch: pytest.MonkeyPatch, runflow: Console) -> Path:
    monkeypatch.delenv("RUNFLOW_API_KEY")
    return folder / "config" / "runflow" / "credentials.json"


def test_key_from_stdin_is_stored_for_its_owner_alone(runflow: Console, path: Path) -> None:
    done = runflow("login", stdin=f"{KEY}\n".encode())
    assert (done.status, done.out) == (0, "")
    assert "credentials.json" in done.err and KEY not in done.err
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert os.listdir(path.parent) == ["credentials.json"]
    with Runflow() as client:
        assert client.account.me() is not None


def test_json_names_the_path(runflow: Console, path: Path) -> None:
    assert runflow("login", "--json", stdin=KEY.encode()).records == [{"path": str(path)}]


def test_login_keeps_what_else_the_file_holds(runflow: Console, path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text('{"api_key": "old", "note": "mine"}')
    runflow("login", stdin=KEY.encode())
    assert json.loads(path.read_text()) == {"api_key": KEY, "note": "mine"}


@pytest.mark.parametrize("content", ["no json", "[1]"])
def test_login_replaces_a_file_that_holds_no_object(runflow: Console, path: Path, content: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(content)
    assert runflow("login", stdin=KEY.encode()).status == 0
    assert json.loads(path.read_text()) == {"api_key": KEY}


@pytest.mark.parametrize(
    ("given", "reason"), [(b"", "no key was given"), (b"a b\n", "printable ASCII"), (b"wrong\n", "does not accept")]
)
def test_key_that_cannot_work_is_not_stored(runflow: Console, path: Path, given: bytes, reason: str) -> None:
    done = runflow("login", stdin=given)
    assert (done.status, path.exists()) == (3, False)
    assert reason in done.err and done.err.count("\n") == 1


def test_key_is_stored_untried_only_if_asked(runflow: Console, path: Path, server: SandboxServer) -> None:
    server.stop()
    done = runflow("login", stdin=KEY.encode())
    assert (done.status, path.exists()) == (3, False)
    assert "--no-check" in done.err
    assert runflow("login", "--no-check", stdin=KEY.encode()).status == 0
    assert path.exists()


def test_write_that_fails_leaves_no_file(runflow: Console, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*ignored: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "replace", refuse)
    done = runflow("login", stdin=KEY.encode())
    assert done.status == 3 and "Permission denied" in done.err
    assert os.listdir(path.parent) == []


def test_variable_that_wins_over_the_stored_key_is_named(
    runflow: Console, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNFLOW_API_KEY", KEY)
    assert "RUNFLOW_API_KEY is set" in runflow("login", stdin=KEY.encode()).err


@pytest.mark.parametrize(
    ("options", "tried"), [((), "the key was tried at"), (("--no-check",), "the key was not tried at")]
)
def test_key_stored_for_every_base_url_is_told(
    runflow: Console, path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], tried: str
) -> None:
    told = f"{tried} {runflow.server.url} (RUNFLOW_BASE_URL), but is used for every base URL, that of the real service"
    assert told in runflow("login", *options, stdin=KEY.encode()).err
    monkeypatch.setenv("RUNFLOW_BASE_URL", "https://api.runflow.io/")
    assert "RUNFLOW_BASE_URL" not in runflow("login", "--no-check", stdin=KEY.encode()).err


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudoterminals")
def test_typed_key_is_not_echoed(server: SandboxServer, folder: Path) -> None:
    variables = environment(server, XDG_CONFIG_HOME=str(folder / "typed"))
    status, _, seen = run_in_terminal(["login"], variables, folder, typed=("API key: ", f"{KEY}\n"))
    assert status == 0
    assert KEY not in seen
    assert json.loads((folder / "typed" / "runflow" / "credentials.json").read_text()) == {"api_key": KEY}
