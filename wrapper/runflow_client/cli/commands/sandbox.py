"""`runflow sandbox`: a stand-in for the service on this machine."""

from __future__ import annotations

import argparse

from ..base.parsing import Commands, Parser, add_command
from ..terminal.screen import Screen

_EXAMPLES = """\
runflow sandbox
runflow sandbox --port 8700 --evaluation-seconds 1"""


def add(commands: Commands[Parser]) -> None:
    add_command(
        commands,
        "sandbox",
        run,
        "[options]",
        "serve a stand-in for the service on this machine, to try and test with",
        _EXAMPLES,
    )


def run(options: argparse.Namespace, screen: Screen) -> int:
    raise NotImplementedError
