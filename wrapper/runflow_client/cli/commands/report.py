"""`runflow report`: a page about the outcomes of a batch."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ..._extras import install_command
from ..base.parsing import Commands, Parser, add_command, add_output_arguments
from ..base.statuses import CommandError, Status
from ..terminal.screen import Screen
from ..terminal.words import counted, printable

if TYPE_CHECKING:
    from ...batch.report.page import ReportSummary
    from ...batch.report.pictures.files import Images

_COUNTS = ("items", "listed", "thumbnails", "changed", "missing", "in_progress", "unknown", "size")
_EXAMPLES = """\
runflow report photos.journal.db
runflow report photos.journal.db -o report.html --images photos/
runflow report shots.journal.db --images results.jsonl                where rows have an item_id of their own"""


def add(commands: Commands[Parser]) -> None:
    parser = add_command(
        commands,
        "report",
        run,
        "JOURNAL [-o FILE] [options]",
        "write a page about the outcomes of a batch",
        _EXAMPLES,
        "The page is one file that needs no network: totals, charts, and a gallery of the images. It shows the files that were\n"
        "judged: item ids are their paths in the current folder, in that of the journal, or in the one that the journal is named\n"
        "after. A file that was changed since is not shown.",
    )
    parser.add_argument("journal", metavar="JOURNAL", help="the journal that `runflow batch` wrote")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="the page (default: report.html)")
    parser.add_argument(
        "--batch-id", default="default", metavar="ID", help="the batch in the journal (default: default)"
    )
    parser.add_argument(
        "--images",
        type=Path,
        metavar="FOLDER|RESULTS",
        help="the folder that item ids are paths in, or the results file, which names the image of each item",
    )
    add_output_arguments(parser)


def run(options: argparse.Namespace, screen: Screen) -> int:
    from ...batch.report.page import write_report

    if "://" not in options.journal and not Path(options.journal).is_file():
        raise CommandError(
            f"there is no journal {printable(options.journal)!r}: name the file that `runflow batch` wrote"
        )
    destination = options.output or Path("report.html")
    if destination == Path("-"):
        raise CommandError("the report is written to a file: name it, as in -o report.html")
    summary = write_report(options.journal, destination, batch_id=options.batch_id, images=_images(options.images))
    if screen.json:
        screen.result({"path": str(destination), **{name: getattr(summary, name) for name in _COUNTS}})
    else:
        screen.line(str(destination))
    for text in _notes(summary, options):
        screen.note(text)
    return Status.PASSED


def _images(named: Path | None) -> Images | None:
    from ..results.files import files_of_items

    if named is None or named.is_dir():
        return named
    if named.is_file():
        return files_of_items(named)
    raise CommandError(
        f"there is no {printable(named)!r}: --images names the folder of the images, or the results file of the batch"
    )


def _notes(summary: ReportSummary, options: argparse.Namespace) -> Iterator[str]:
    """Yield what the page has, and what it lacks, with what helps."""
    yield f"{counted(summary.items, 'item')}, {counted(summary.thumbnails, 'picture')}, {summary.size / 1e6:,.1f} MB"
    if summary.in_progress:
        yield f"{counted(summary.in_progress, 'item')} in progress: run the batch again, then write the report again"
    if summary.unknown:
        command = shlex.join(["runflow", "resolve", options.journal])
        yield f"{counted(summary.unknown, 'item')} with an unknown outcome: `{command}` lists them"
    if summary.changed:
        yield f"{counted(summary.changed, 'picture')} not shown: the file was changed after it was judged"
    if summary.missing:
        hint = "" if options.images else "; --images names the folder of the images, or the results file of the batch"
        yield f"{counted(summary.missing, 'picture')} not shown: no file was found{hint}"
    if find_spec("PIL") is None:
        yield f"no pictures: Pillow is not installed; {install_command('report', 'PIL')}"
