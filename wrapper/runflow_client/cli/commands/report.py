"""`runflow report`: a page about the outcomes of a batch."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..base.parsing import Commands, Parser, add_command, add_output_arguments, folder
from ..base.statuses import CommandError, Status
from ..terminal.screen import Screen
from ..terminal.words import counted, printable

_EXAMPLES = """\
runflow report photos.journal.db
runflow report photos.journal.db -o report.html --images photos/"""


def add(commands: Commands[Parser]) -> None:
    parser = add_command(
        commands,
        "report",
        run,
        "JOURNAL [-o FILE] [options]",
        "write a page about the outcomes of a batch",
        _EXAMPLES,
        "The page is one file that needs no network: totals, charts, and a gallery of the images.",
    )
    parser.add_argument("journal", metavar="JOURNAL", help="the journal that `runflow batch` wrote")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="the page (default: report.html)")
    parser.add_argument(
        "--batch-id", default="default", metavar="ID", help="the batch in the journal (default: default)"
    )
    parser.add_argument(
        "--images", type=folder, metavar="FOLDER", help="where the images are (default: the current folder)"
    )
    add_output_arguments(parser)


def run(options: argparse.Namespace, screen: Screen) -> int:
    from ...batch.report.page import write_report

    if "://" not in options.journal and not Path(options.journal).is_file():
        raise CommandError(
            f"there is no journal {printable(options.journal)!r}: name the file that `runflow batch` wrote"
        )
    destination = options.output or Path("report.html")
    summary = write_report(options.journal, destination, batch_id=options.batch_id, images=options.images)
    if screen.json:
        names = ("items", "listed", "thumbnails", "size")
        screen.result({"path": str(destination), **{name: getattr(summary, name) for name in names}})
    else:
        screen.line(str(destination))
        screen.note(f"{counted(summary.items, 'item')}, {summary.size / 1e6:,.1f} MB")
    return Status.PASSED
