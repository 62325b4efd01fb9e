from __future__ import annotations

import signal
from pathlib import Path

import pytest
from commands import QUICK, Console, start, wait_until

from runflow_client.sandbox import Sandbox, SandboxServer, blurred_picture
from runflow_client.sandbox.faults import drop_after, refuse


@pytest.mark.parametrize(("outcome", "status"), [("passed", 0), ("rejected", 1), ("undecided", 2), ("failed", 2)])
def test_exit_status_is_the_verdict(runflow: Console, outcome: str, status: int) -> None:
    runflow.sandbox.outcomes.decide = lambda submission: outcome
    done = runflow("evaluate", "photo.png", "--task-type", "headshot", *QUICK)
    assert (done.status, done.out.split()[0]) == (status, outcome)
    assert ("photo.png" in done.out and "0.05 credits" in done.out) or outcome == "failed"
    assert done.err == "" or outcome == "failed"


def test_several_images_are_shown_in_order_with_the_largest_status(runflow: Console) -> None:
    runflow.sandbox.outcomes.decide = lambda submission: "rejected" if submission.image.endswith("/b") else "passed"
    names = [f"https://images.example.com/{letter}" for letter in "abc"]
    done = runflow("evaluate", *names, "--task-type", "headshot", *QUICK)
    assert done.status == 1
    assert [line.split()[0] for line in done.out.splitlines() if "images.example" in line] == [
        "passed",
        "rejected",
        "passed",
    ]


def test_rejected_image_is_shown_with_judges_and_issues(runflow: Console, folder: Path) -> None:
    runflow.sandbox.outcomes.decide = None
    (folder / "blurred.png").write_bytes(blurred_picture())
    done = runflow("evaluate", "blurred.png", "--task-type", "headshot", *QUICK)
    assert done.status == 1
    head, judge, issue = done.out.splitlines()
    assert head.startswith("rejected") and judge.startswith("  rejected") and issue.startswith("  issue")
    assert "sharpness" in judge


def test_json_has_one_object_for_each_image(runflow: Console) -> None:
    done = runflow("evaluate", "photo.png", "photo.png", "--task-type", "headshot", "--json", *QUICK)
    assert [record["outcome"] for record in done.records] == ["passed", "passed"]
    assert done.records[0]["evaluation"]["id"] == done.records[0]["evaluation_id"]
    assert done.err == ""


def test_stdin_is_evaluated_as_an_image(runflow: Console) -> None:
    runflow.sandbox.outcomes.decide = None
    done = runflow("evaluate", "-", "--task-type", "headshot", "--json", *QUICK, stdin=blurred_picture())
    assert (done.status, done.records[0]["image"]) == (1, "stdin")


def test_every_option_reaches_the_request(runflow: Console) -> None:
    runflow(
        *("evaluate", "photo.png", "--task-type", "ad", "--task-description", "an ad", "--generation-prompt", "a shoe"),
        *("--evaluation-instructions", "ignore the logo", "--input-attributes", '{"style": "corporate"}'),
        *("--reference-image", "identity=photo.png", "--reference-image", "https://a.example/b.png?c=d"),
        *("--run-id", "0193f0a0-0000-7000-8000-0000000000aa", "--client-ref", "order-7", "--job-class", "standard"),
        *("--callback-url", "https://a.example/hook", *QUICK),
    )
    with runflow.sandbox.client() as client:
        [evaluation] = client.evaluations.for_run("0193f0a0-0000-7000-8000-0000000000aa")
    assert (evaluation.task_type, evaluation.task_description, evaluation.generation_prompt) == (
        "ad",
        "an ad",
        "a shoe",
    )
    assert evaluation.evaluation_instructions == "ignore the logo"
    assert evaluation.input_attributes == {"style": "corporate"}
    assert (evaluation.client_ref, evaluation.callback_url) == ("order-7", "https://a.example/hook")
    kinds = [row.get("kind") for row in evaluation.reference_images or ()]
    assert kinds == ["identity", None]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["missing.png"], "there is no file 'missing.png': name a file, or an https:// address; nothing was sent"),
        (["."], "'.' is a folder: use `runflow batch`; nothing was sent"),
        (["ftp://a.example/b.png"], "there is no file"),
        (["http://a.example/b.png"], "'http' address"),
        (["-", "-"], "stdin holds one image"),
        (["photo.png", "--task-description", "x" * 4001], "--task-description: "),
        (["photo.png", "--callback-url", "http://a.example"], "--callback-url must be an https:// URL"),
        (["photo.png", "--reference-image", "gone.png"], "there is no file 'gone.png'"),
    ],
)
def test_what_cannot_be_used_is_refused_before_a_request(runflow: Console, arguments: list[str], reason: str) -> None:
    done = runflow("evaluate", *arguments, "--task-type", "headshot")
    assert (done.status, done.out) == (3, "")
    assert done.err.startswith("runflow: ") and reason in done.err and done.err.count("\n") == 1
    assert runflow.sandbox.requests == []


def test_callback_url_may_be_http_to_this_machine(runflow: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert "https, or http to this machine" in runflow("evaluate", "--help").out
    options = ("--callback-url", "http://127.0.0.1:9/hook", *QUICK)
    assert runflow("evaluate", "photo.png", "--task-type", "headshot", *options).status == 0


def test_file_that_is_no_image_fails_its_item_alone(runflow: Console, folder: Path) -> None:
    (folder / "text.png").write_text("not an image")
    done = runflow("evaluate", "text.png", "photo.png", "--task-type", "headshot", "--json", *QUICK)
    assert done.status == 3
    assert [record["outcome"] for record in done.records] == ["error", "passed"]
    assert done.records[0]["error"]["type"] == "InvalidRequestError"
    assert done.err.startswith("runflow: text.png: ")


def test_failed_evaluation_says_why_without_python(runflow: Console) -> None:
    runflow.sandbox.outcomes.decide = lambda submission: "failed"
    done = runflow("evaluate", "photo.png", "--task-type", "headshot", *QUICK)
    assert "Evaluate the image again" in done.err
    assert "error.evaluation" not in done.err


def test_timeout_says_how_to_go_on_waiting(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: object) -> None:
    with SandboxServer(Sandbox(evaluation_seconds=3600)) as server:
        monkeypatch.setenv("RUNFLOW_BASE_URL", server.url)
        monkeypatch.setenv("RUNFLOW_API_KEY", server.sandbox.keys[0])
        done = Console(server, monkeypatch, capsys)(
            "evaluate", "photo.png", "--task-type", "headshot", "--timeout", "0.3", *QUICK
        )
    assert done.status == 2
    assert "pending" in done.out or "running" in done.out
    assert "`runflow wait " in done.err


def test_lost_response_offers_the_same_key(runflow: Console) -> None:
    runflow.sandbox.faults.always(drop_after, on=("POST", "/v1/evaluations"))
    done = runflow("evaluate", "photo.png", "--task-type", "headshot", "--timeout", "1", *QUICK)
    assert done.status == 3
    key = done.err.partition("--idempotency-key ")[2].split()[0].rstrip(",")
    runflow.sandbox.faults.clear()
    again = runflow("evaluate", "photo.png", "--task-type", "headshot", "--idempotency-key", key, *QUICK)
    assert (again.status, runflow.sandbox.evaluations) == (0, 1)


@pytest.mark.parametrize("images", [["photo.png"], ["photo.png", "photo.png"]])
def test_command_that_repeats_a_submit_is_told_once(runflow: Console, server: SandboxServer, images: list[str]) -> None:
    server.stop()
    done = runflow("evaluate", *images, "--task-type", "headshot", "--idempotency-key", "mine", "--timeout", "0.5")
    assert done.status == 3
    for line in done.err.splitlines():
        assert line.count("--idempotency-key") == 1 and "idempotency_key" not in line
        assert "; to go on, repeat the command with --idempotency-key mine, so that nothing is billed twice" in line


def test_wrong_key_names_login(runflow: Console) -> None:
    runflow.sandbox.faults.always(refuse(401), on=("POST", "/v1/evaluations"))
    done = runflow("evaluate", "photo.png", "--task-type", "headshot")
    assert done.status == 3
    assert "`runflow login`" in done.err


def test_ctrl_c_says_how_to_go_on_and_bills_once(folder: Path) -> None:
    with SandboxServer(Sandbox(evaluation_seconds=2)) as server:
        arguments = ["evaluate", "photo.png", "photo.png", "--task-type", "headshot", "--poll-every", "0.1"]
        process = start(server, arguments, cwd=folder)
        wait_until(lambda: server.sandbox.evaluations == 2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out) == (130, "")
        assert "Traceback" not in err
        key = err.partition("--idempotency-key ")[2].split()[0]
        again = start(server, [*arguments, "--idempotency-key", key], cwd=folder)
        out, err = again.communicate(timeout=60)
        assert (again.returncode, err) == (0, "")
        assert server.sandbox.evaluations == 2
