"""`runflow upload`: files, to pass them by reference."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..base.clients import open_client
from ..base.parsing import Commands, Parser, add_command, add_output_arguments
from ..base.statuses import CommandError, Status
from ..terminal.screen import Screen
from ..terminal.words import printable

_EXAMPLES = """\
runflow upload photo.png
runflow evaluate "$(runflow upload photo.png)" --task-type headshot"""


def add(commands: Commands[Parser]) -> None:
    parser = add_command(
        commands,
        "upload",
        run,
        "FILE... [options]",
        "upload files and print their references",
        _EXAMPLES,
        "evaluate and batch upload large images themselves.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a file of at most 50 MiB")
    parser.add_argument("--mime-type", metavar="TYPE", help="needed where a file is not an image")
    parser.add_argument("--folder-id", metavar="UUID", help="the folder to put them in")
    add_output_arguments(parser)


def run(options: argparse.Namespace, screen: Screen) -> int:
    for path in options.files:
        if not path.is_file():
            raise CommandError(f"there is no file {printable(path)!r}: nothing was uploaded")
    with open_client(screen) as client:
        for path in options.files:
            asset = client.assets.upload(path, mime_type=options.mime_type, folder_id=options.folder_id)
            if screen.json:
                screen.result(asset.to_dict())
            else:
                screen.line(printable(asset.ref))
    return Status.PASSED
