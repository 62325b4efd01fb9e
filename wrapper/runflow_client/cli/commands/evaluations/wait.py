"""`runflow wait`: wait for evaluations that were submitted before."""

from __future__ import annotations

import argparse

from ...base.clients import checked_evaluation_id, open_client, poll_policy
from ...base.parsing import Commands, Parser, add_command, add_output_arguments, add_wait_arguments
from ...base.statuses import OUTCOME_STATUSES, Status
from ...terminal.progress import waiting
from ...terminal.screen import Screen
from ...terminal.words import printable

_EXAMPLES = """\
runflow wait 0193f0a0-0000-7000-8000-000000000001
runflow wait 0193f0a0-0000-7000-8000-000000000001 --timeout 60 --json"""


def add(commands: Commands[Parser]) -> None:
    parser = add_command(
        commands,
        "wait",
        run,
        "ID... [options]",
        "wait until evaluations have ended, and show them",
        _EXAMPLES,
        "The exit status is the verdict; 2 where the time is up before. Waiting again costs nothing.",
    )
    parser.add_argument("ids", nargs="+", metavar="ID", help="the id of an evaluation")
    add_wait_arguments(parser)
    add_output_arguments(parser)


def run(options: argparse.Namespace, screen: Screen) -> int:
    from ...results.records import record_of
    from ...results.texts import write_evaluation

    status = Status.PASSED
    with open_client(screen) as client:
        for id_ in map(checked_evaluation_id, options.ids):
            with waiting(screen, f"waiting for {printable(id_, 80)}"):
                evaluation = client.evaluations.wait(id_, timeout=options.timeout, poll=poll_policy(options))
            record = record_of(evaluation)
            write_evaluation(screen, evaluation, record)
            status = max(status, OUTCOME_STATUSES.get(record["outcome"], Status.NO_VERDICT))
    return status
