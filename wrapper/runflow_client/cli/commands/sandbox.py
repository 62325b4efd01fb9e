"""`runflow sandbox`: a stand-in for the service on this machine."""

from __future__ import annotations

import argparse

from ...sandbox.server import command_line
from ..base.parsing import Commands, Parser, add_command
from ..base.statuses import Status
from ..terminal.screen import Screen

_UNUSABLE = 2
"""What `command_line.run` returns for a host or port that it cannot use."""

_EXAMPLES = """\
runflow sandbox --images photos/
runflow sandbox --port 8700 --outcome passed,rejected --fault 'always GET /v1/evaluations/*: delay 0.5'"""


def add(commands: Commands[Parser]) -> None:
    parser = add_command(
        commands,
        "sandbox",
        run,
        "[options]",
        "serve a stand-in for the service on this machine, to try and test with",
        _EXAMPLES,
    )
    command_line.add_arguments(parser)


def run(options: argparse.Namespace, screen: Screen) -> int:
    status = command_line.run(options)
    return Status.ERROR if status == _UNUSABLE else status
