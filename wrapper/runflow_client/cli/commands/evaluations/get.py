"""`runflow get`: evaluations as they are now."""

from __future__ import annotations

import argparse

from ...base.clients import checked_evaluation_id, open_client
from ...base.parsing import Commands, Parser, add_command, add_output_arguments
from ...base.statuses import OUTCOME_STATUSES, Status
from ...terminal.screen import Screen

_EXAMPLES = """\
runflow get 0193f0a0-0000-7000-8000-000000000001
runflow get 0193f0a0-0000-7000-8000-000000000001 --json"""


def add(commands: Commands[Parser]) -> None:
    parser = add_command(
        commands,
        "get",
        run,
        "ID... [--json]",
        "show evaluations as they are now, with every judge",
        _EXAMPLES,
        "The exit status is the verdict; 2 while there is none.",
    )
    parser.add_argument("ids", nargs="+", metavar="ID", help="the id of an evaluation")
    add_output_arguments(parser)


def run(options: argparse.Namespace, screen: Screen) -> int:
    from ...results.records import record_of
    from ...results.texts import write_evaluation

    status = Status.PASSED
    with open_client(screen) as client:
        for id_ in map(checked_evaluation_id, options.ids):
            evaluation = client.evaluations.get(id_)
            record = record_of(evaluation)
            write_evaluation(screen, evaluation, record, all_judges=True)
            status = max(status, OUTCOME_STATUSES.get(record["outcome"], Status.NO_VERDICT))
    return status
