from __future__ import annotations

import hmac
import json
import signal
from pathlib import Path

import httpx
import pytest
from commands import Console, environment, start

from runflow_client.sandbox import SandboxServer

SECRETS = "whsec_old, whsec_new"
BODY = json.dumps({"event": "evaluation.completed", "evaluation_id": "e-1"}).encode()


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNFLOW_CALLBACK_SECRETS", SECRETS)


def signed(body: bytes) -> str:
    return hmac.new(b"whsec_new", body, "sha256").hexdigest()


def test_valid_signature_passes_with_any_of_the_secrets(runflow: Console, folder: Path) -> None:
    done = runflow("callbacks", "verify", "--signature", signed(BODY), stdin=BODY)
    assert (done.status, done.out) == (0, "passed  evaluation.completed  e-1\n")
    (folder / "body.json").write_bytes(BODY)
    done = runflow("callbacks", "verify", "body.json", "--signature", signed(BODY), "--json")
    assert done.records == [{"valid": True, "callback": json.loads(BODY)}]


@pytest.mark.parametrize("body", [BODY + b" ", b"{}"])
def test_callback_that_is_not_valid_is_rejected(runflow: Console, body: bytes) -> None:
    signature = signed(body) if body == b"{}" else signed(BODY)
    done = runflow("callbacks", "verify", "--signature", signature, stdin=body)
    assert (done.status, done.out.split()[0], done.err) == (1, "rejected", "")
    done = runflow("callbacks", "verify", "--signature", signature, "--json", stdin=body)
    assert done.records[0]["valid"] is False
    assert "whsec" not in done.out


def test_missing_secret_is_named(runflow: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNFLOW_CALLBACK_SECRETS", " ")
    done = runflow("callbacks", "verify", "--signature", signed(BODY), stdin=BODY)
    assert done.status == 3 and "RUNFLOW_CALLBACK_SECRETS" in done.err


def test_missing_file_is_an_error_in_one_line(runflow: Console) -> None:
    done = runflow("callbacks", "verify", "gone.json", "--signature", "0")
    assert (done.status, done.out) == (3, "")
    assert (
        done.err
        == "runflow: 'gone.json': No such file or directory; name a file that exists, or a new one in a folder that exists\n"
    )


def test_callbacks_alone_shows_its_help(runflow: Console) -> None:
    done = runflow("callbacks")
    assert (done.status, done.out) == (3, "")
    assert "verify" in done.err


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_listen_prints_each_signed_callback_once(server: SandboxServer, folder: Path, options: tuple[str, ...]) -> None:
    variables = {**environment(server), "RUNFLOW_CALLBACK_SECRETS": SECRETS}
    process = start(server, ["callbacks", "listen", "--count", "2", *options], cwd=folder, env=variables)
    assert process.stderr is not None
    url = process.stderr.readline().split()[2].rstrip(";")
    second = BODY.replace(b"e-1", b"e-2")
    for body, signature in ((BODY, "0" * 64), (BODY, signed(BODY)), (BODY, signed(BODY)), (second, signed(second))):
        httpx.post(url, content=body, headers={"Runflow-Signature": signature})
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    expected = [json.loads(body) for body in (BODY, second)]
    if options:
        assert [json.loads(line) for line in out.splitlines()] == expected
    else:
        assert out.splitlines() == ["evaluation.completed  e-1", "evaluation.completed  e-2"]


def test_listen_ends_with_130_by_ctrl_c(server: SandboxServer, folder: Path) -> None:
    variables = {**environment(server), "RUNFLOW_CALLBACK_SECRETS": SECRETS}
    process = start(server, ["callbacks", "listen"], cwd=folder, env=variables)
    assert process.stderr is not None and process.stderr.readline().startswith("listening on http://127.0.0.1:")
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == 130


def test_listen_whose_reader_has_gone_asks_for_the_callback_again(server: SandboxServer, folder: Path) -> None:
    variables = {**environment(server), "RUNFLOW_CALLBACK_SECRETS": SECRETS}
    process = start(server, ["callbacks", "listen"], cwd=folder, env=variables)
    assert process.stderr is not None and process.stdout is not None
    url = process.stderr.readline().split()[2].rstrip(";")
    process.stdout.close()
    response = httpx.post(url, content=BODY, headers={"Runflow-Signature": signed(BODY)})
    assert response.status_code == 500
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
    assert process.wait(30) == 3
