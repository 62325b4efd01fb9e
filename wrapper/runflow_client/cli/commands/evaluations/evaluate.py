"""`runflow evaluate`: submit images, wait for their verdicts."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...base.clients import image_of, is_address, open_client, poll_policy, request_fields
from ...base.parsing import (
    Commands,
    Parser,
    add_command,
    add_output_arguments,
    add_request_arguments,
    add_wait_arguments,
)
from ...base.statuses import OUTCOME_STATUSES, CommandError, Status
from ...terminal.progress import waiting
from ...terminal.screen import Screen
from ...terminal.words import counted, printable

if TYPE_CHECKING:
    from ....batch.outcomes import Outcome
    from ....models.evaluation_request import EvaluationRequest

_EXAMPLES = """\
runflow evaluate photo.png --task-type headshot
runflow evaluate a.png b.png --task-type ad_creative --generation-prompt "a red shoe on ice"
runflow evaluate https://example.com/a.png --task-type headshot --reference-image identity=face.png
cat photo.png | runflow evaluate - --task-type headshot --json
runflow evaluate photo.png --task-type headshot && echo good enough"""


def add(commands: Commands[Parser]) -> None:
    parser = add_command(
        commands,
        "evaluate",
        run,
        "IMAGE... --task-type TYPE [options]",
        "submit images and wait for their verdicts",
        _EXAMPLES,
        "The exit status is the verdict: 0 passed, 1 rejected, 2 no verdict, 3 error; for several images the largest one.",
    )
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="a file, an https:// address, or - for stdin")
    add_request_arguments(parser, needs_task_type=True)
    add_wait_arguments(parser)
    parser.add_argument(
        "--idempotency-key",
        metavar="KEY",
        help="key of an earlier run, so that nothing is billed twice (default: a new one)",
    )
    add_output_arguments(parser)


def run(options: argparse.Namespace, screen: Screen) -> int:
    import uuid

    from ....events import EvaluationSubmitted

    key = options.idempotency_key or str(uuid.uuid4())
    requests = _requests(options, key)
    submitted: list[str] = []

    def note(event: Any) -> None:
        if isinstance(event, EvaluationSubmitted):
            submitted.append(event.evaluation_id)

    status = Status.PASSED
    with open_client(screen, [note]) as client:
        outcomes = client.evaluations.evaluate_many(
            requests, ordered=True, timeout=options.timeout, poll=poll_policy(options)
        )
        try:
            with waiting(screen, f"waiting for {counted(len(requests), 'verdict')}"):
                for outcome in outcomes:
                    status = max(status, _write(screen, outcome, options.images[outcome.index], key))
        except KeyboardInterrupt:
            screen.note(_how_to_go_on(key, submitted))
            raise
    return status


def _requests(options: argparse.Namespace, key: str) -> list[EvaluationRequest]:
    """Return the requests; what cannot be used is refused before anything is sent."""
    try:
        return _checked_requests(options, key)
    except CommandError as error:
        raise CommandError(f"{error}; nothing was sent") from None


def _checked_requests(options: argparse.Namespace, key: str) -> list[EvaluationRequest]:
    from ....flows.submitting import check_arguments
    from ....models.evaluation_request import EvaluationRequest

    if options.images.count("-") > 1:
        raise CommandError("stdin holds one image: name it (-) once")
    fields = request_fields(options)
    found = []
    for number, name in enumerate(options.images, 1):
        if not is_address(name) and Path(name).is_dir():
            raise CommandError(f"{printable(name)!r} is a folder: use `runflow batch`")
        image = sys.stdin.buffer.read() if name == "-" else image_of(name)
        own_key = key if len(options.images) == 1 else f"{key}-{number}"
        request = EvaluationRequest(image, **fields, idempotency_key=own_key)
        check_arguments(request)
        found.append(request)
    return found


def _write(screen: Screen, outcome: Outcome, name: str, key: str) -> Status:
    """Write an outcome, and return its exit status."""
    from ...base.explanations import explain_submit, status_of
    from ...results.records import record_of
    from ...results.texts import write_evaluation, write_record

    label = "stdin" if name == "-" else printable(name, 200) if is_address(name) else name
    record = record_of(outcome.evaluation, outcome.error, image=label)
    if outcome.error is None:
        assert outcome.evaluation is not None
        write_evaluation(screen, outcome.evaluation, record)
        return OUTCOME_STATUSES.get(record["outcome"], Status.NO_VERDICT)
    write_record(screen, record)
    screen.fail(f"{label}: {explain_submit(outcome.error, key).rstrip('.')}")
    return status_of(outcome.error)


def _how_to_go_on(key: str, submitted: list[str]) -> str:
    waiting = f"`runflow wait {' '.join(submitted)}` waits for what was submitted; " if submitted else ""
    return f"\nInterrupted. {waiting}the same command with --idempotency-key {key} goes on with all of it. Nothing is billed twice."
