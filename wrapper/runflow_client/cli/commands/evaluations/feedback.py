"""`runflow feedback`: your user's thumb."""

from __future__ import annotations

import argparse

from ...base.clients import checked_evaluation_id, open_client
from ...base.parsing import Commands, Parser, add_command, add_output_arguments
from ...base.statuses import CommandError, Status
from ...terminal.screen import Screen
from ...terminal.words import printable

_EXAMPLES = """\
runflow feedback 0193f0a0-0000-7000-8000-000000000001 --up
runflow feedback 0193f0a0-0000-7000-8000-000000000001 --down --reason "the hand has six fingers"
runflow feedback 0193f0a0-0000-7000-8000-000000000001 --clear"""


def add(commands: Commands[Parser]) -> None:
    parser = add_command(
        commands,
        "feedback",
        run,
        "ID --up|--down|--clear [options]",
        "send your user's thumb on an evaluation, or remove it",
        _EXAMPLES,
    )
    parser.add_argument("id", metavar="ID", help="the id of an evaluation")
    thumb = parser.add_mutually_exclusive_group(required=True)
    thumb.add_argument("--up", dest="thumb", action="store_const", const="up", help="thumbs up")
    thumb.add_argument("--down", dest="thumb", action="store_const", const="down", help="thumbs down")
    thumb.add_argument("--clear", dest="thumb", action="store_const", const="clear", help="remove what was sent")
    parser.add_argument("--reason", metavar="TEXT", help="the user's reason, at most 2,000 characters")
    parser.add_argument("--run-id", metavar="UUID", help="the run of the evaluation, to send it under that run")
    add_output_arguments(parser)


def run(options: argparse.Namespace, screen: Screen) -> int:
    from ...results.records import record_of

    if options.thumb == "clear" and options.reason is not None:
        raise CommandError("--clear removes the reason too: leave --reason out")
    id_ = checked_evaluation_id(options.id)
    with open_client(screen) as client:
        if options.thumb == "clear":
            evaluation = client.evaluations.clear_feedback(id_, run_id=options.run_id)
        else:
            evaluation = client.evaluations.set_feedback(
                id_, options.thumb == "up", reason=options.reason, run_id=options.run_id
            )
    if screen.json:
        screen.result(record_of(evaluation))
    else:
        positive = evaluation.feedback_is_positive
        thumb = "up" if positive is True else "down" if positive is False else "none"
        screen.line(thumb, printable(evaluation.id))
    return Status.PASSED
