"""A step of continuous integration: fail if an image is rejected.

    pip install .    # in a checkout of runflow-client, once
    python examples/ci_gate.py --task-type product_photo images/*.png

The API key comes from RUNFLOW_API_KEY. In GitHub Actions each image that did not pass is an annotation. The idempotency key is made of
all that is sent: the bytes of the image, the task and the instructions. So a job that is run again does not pay twice, and files with
the same bytes are evaluated once. The name of the file is not sent, because it would be content under the same key.

A key finds its evaluation again also where that has failed. So an image whose evaluation failed is evaluated once more, under a key made
of the first key and the id of the failed evaluation. A further run finds both again. So at most two evaluations of the same content are
billed, however often the job runs. An image that failed twice keeps its status 2 until its bytes, the task or the instructions change.

Exit status, the largest of all images:
0  all passed, or there are no images, which stderr says
1  rejected
2  no verdict: the evaluation failed, was undecided, or did not end in time
3  error: wrong usage, no such file, no API key, no connection, no credits, or an image that was refused
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from runflow_client import EvaluationRequest, Outcome, Runflow
from runflow_client.errors import EvaluationFailedError, RunflowError, WaitTimeoutError


class Parser(argparse.ArgumentParser):
    """Ends with status 3 on wrong usage: argparse's own 2 would say that an image has no verdict."""

    def error(self, message: str) -> NoReturn:
        self.exit(3, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = Parser(description="Fail if an image is rejected.")
    parser.add_argument("images", nargs="*", type=Path)
    parser.add_argument("--task-type", required=True)
    parser.add_argument("--instructions", help="what the judges should weigh or ignore")
    options = parser.parse_args(arguments)
    try:
        return gate(options.images, options.task_type, options.instructions)
    except (RunflowError, OSError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 3


def gate(paths: Sequence[Path], task_type: str, instructions: str | None) -> int:
    """Evaluate the images, print what became of each, and return the exit status."""
    files: dict[str, list[Path]] = {}
    for path in paths:
        files.setdefault(key_of(path, task_type, instructions), []).append(path)
    if not files:
        print("No image was given, so none was evaluated.", file=sys.stderr)
    requests = [
        EvaluationRequest(same[0], task_type, evaluation_instructions=instructions, idempotency_key=key)
        for key, same in files.items()
    ]
    status = 0
    with Runflow() as client:
        for first_key, outcome in evaluated(client, requests):
            for path in files[first_key]:
                status = max(status, told(str(path), outcome))
    return status


def evaluated(client: Runflow, requests: Sequence[EvaluationRequest]) -> Iterator[tuple[str, Outcome]]:
    """Evaluate each request, and once more if its evaluation failed; yield the first key with the last outcome."""
    first_keys: dict[str, str] = {}
    again: list[EvaluationRequest] = []
    for outcome in client.evaluations.evaluate_many(requests, ordered=True):
        key = str(outcome.request.idempotency_key)
        if isinstance(outcome.error, EvaluationFailedError):
            second_key = hashlib.sha256(f"{key} {outcome.error.evaluation_id}".encode()).hexdigest()
            first_keys[second_key] = key
            again.append(replace(outcome.request, idempotency_key=second_key))
        else:
            yield key, outcome
    for outcome in client.evaluations.evaluate_many(again, ordered=True):
        yield first_keys[str(outcome.request.idempotency_key)], outcome


def key_of(path: Path, task_type: str, instructions: str | None) -> str:
    content = hashlib.sha256(path.read_bytes()).hexdigest()
    return hashlib.sha256(f"{content} {task_type} {instructions}".encode()).hexdigest()


def told(path: str, outcome: Outcome) -> int:
    """Print what became of one image, and return the exit status for it."""
    evaluation = outcome.evaluation
    verdict = None if evaluation is None else evaluation.verdict
    if verdict == "passed":
        print(f"{'passed':<10}  {path}")
        return 0
    if evaluation is not None and verdict == "rejected":
        reasons = "; ".join(issue.detail or issue.category or "" for issue in evaluation.issues)
        annotate("error", path, "rejected", reasons)
        return 1
    if outcome.error is None or isinstance(outcome.error, (EvaluationFailedError, WaitTimeoutError)):
        annotate("warning", path, "no verdict", str(outcome.error or "undecided"))
        return 2
    annotate("error", path, "error", str(outcome.error))
    return 3


def annotate(level: str, path: str, result: str, reason: str) -> None:
    if os.environ.get("GITHUB_ACTIONS") != "true":
        print(f"{result:<10}  {path}: {reason}")
        return
    # A line break or a percent sign would end the command.
    escaped = f"{result}: {reason}".replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    file = path.replace("%", "%25").replace(",", "%2C").replace(":", "%3A")
    print(f"::{level} file={file}::{escaped}")


if __name__ == "__main__":
    sys.exit(main())
