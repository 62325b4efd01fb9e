"""`runflow get`, `wait` and `feedback`."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from commands import PICTURE, QUICK, Console, start, wait_until

from runflow_client import Evaluation, Runflow, open_journal
from runflow_client.sandbox import Sandbox, SandboxServer

UNKNOWN = "0193f0a0-0000-7000-8000-00000000000f"


def submit(server: SandboxServer) -> Evaluation:
    with Runflow(server.sandbox.keys[0], base_url=server.url) as client:
        return client.evaluations.submit(PICTURE, "headshot", client_ref="order-7")


def evaluated(runflow: Console) -> str:
    done = runflow("evaluate", "photo.png", "--task-type", "headshot", "--json", *QUICK)
    return str(done.records[0]["evaluation_id"])


def test_get_shows_every_judge_and_exits_with_the_verdict(runflow: Console) -> None:
    runflow.sandbox.outcomes.decide = None
    done = runflow("get", evaluated(runflow))
    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines()[0].startswith("passed")
    assert sum("  passed" in line for line in done.out.splitlines()) == 4


def test_get_of_several_exits_with_the_largest_status(runflow: Console) -> None:
    first = evaluated(runflow)
    runflow.sandbox.outcomes.decide = lambda submission: "rejected"
    done = runflow("get", first, evaluated(runflow), "--json")
    assert (done.status, [record["outcome"] for record in done.records]) == (1, ["passed", "rejected"])


def test_get_of_a_pending_evaluation_has_no_verdict(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: object
) -> None:
    with SandboxServer(Sandbox(evaluation_seconds=3600)) as server:
        monkeypatch.setenv("RUNFLOW_BASE_URL", server.url)
        monkeypatch.setenv("RUNFLOW_API_KEY", server.sandbox.keys[0])
        done = Console(server, monkeypatch, capsys)("get", str(submit(server).id))
    assert done.status == 2
    assert done.out.split()[0] in ("pending", "running")


@pytest.mark.parametrize("command", ["get", "wait", "feedback --up", "resolve j.db a.png --evaluation"])
@pytest.mark.parametrize("name", ["gone.png", "image", "https://images.example.com/a"])
def test_image_in_place_of_an_id_is_told(runflow: Console, folder: Path, command: str, name: str) -> None:
    (folder / "image").write_bytes(PICTURE)
    journal = open_journal(folder / "j.db", create=True)
    journal.begin("default", account="account")
    journal.close()
    done = runflow(*command.split(), name)
    assert (done.status, done.out) == (3, "")
    assert (
        f"'{name}' looks like an image, not like the id of an evaluation: `runflow evaluate {name} --task" in done.err
    )


@pytest.mark.parametrize("command", [["get"], ["wait", "--timeout", "0.2"], ["feedback", "--up"]])
@pytest.mark.parametrize("id_", [UNKNOWN, "no-id"])
def test_unknown_id_is_an_error_in_one_line(runflow: Console, command: list[str], id_: str) -> None:
    done = runflow(*command, id_)
    assert (done.status, done.out) == (2 if command[0] == "wait" and id_ == UNKNOWN else 3, "")
    assert done.err.startswith("runflow: ") and done.err.count("\n") == 1


def test_wait_shows_the_verdict_of_a_submitted_image(runflow: Console) -> None:
    done = runflow("wait", submit(runflow.server).id, *QUICK)
    assert (done.status, done.out.split()[0], done.err) == (0, "passed", "")


def test_interrupted_wait_exits_with_130(folder: Path) -> None:
    with SandboxServer(Sandbox(evaluation_seconds=3600)) as server:
        process = start(server, ["wait", submit(server).id, "--poll-every", "0.1"], cwd=folder)
        wait_until(lambda: any(request.method == "GET" for request in server.sandbox.requests))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err


@pytest.mark.parametrize(("option", "thumb", "positive"), [("--up", "up", True), ("--down", "down", False)])
def test_feedback_is_sent_and_cleared(runflow: Console, option: str, thumb: str, positive: bool) -> None:
    id_ = evaluated(runflow)
    done = runflow("feedback", id_, option, "--reason", "six fingers")
    assert (done.status, done.out) == (0, f"{thumb}  {id_}\n")
    [record] = runflow("feedback", id_, option, "--reason", "six fingers", "--json").records
    assert record["evaluation"]["feedback_is_positive"] is positive
    assert record["evaluation"]["feedback_reason"] == "six fingers"
    assert runflow("feedback", id_, "--clear").out == f"none  {id_}\n"


def test_feedback_needs_one_thumb(runflow: Console) -> None:
    assert runflow("feedback", UNKNOWN).status == 3
    assert runflow("feedback", UNKNOWN, "--up", "--down").status == 3
    done = runflow("feedback", UNKNOWN, "--clear", "--reason", "x")
    assert done.status == 3 and "--reason" in done.err
