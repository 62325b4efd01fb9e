"""`runflow batch`: judge many images."""

from __future__ import annotations

import argparse

from ..parsing import Commands, Parser, add_command
from ..terminal.screen import Screen


def add(commands: Commands[Parser]) -> None:
    add_command(
        commands,
        "batch",
        run,
        "MANIFEST|FOLDER [options]",
        "judge many images",
        "runflow batch photos/ --task-type headshot",
    )


def run(options: argparse.Namespace, screen: Screen) -> int:
    raise NotImplementedError
