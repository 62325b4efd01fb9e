"""`runflow batch`: judge many images, with a journal, so that a run that ends early can go on."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

from ...base.clients import open_client, poll_policy, request_fields
from ...base.parsing import (
    Commands,
    Parser,
    add_command,
    add_output_arguments,
    add_request_arguments,
    add_wait_arguments,
    folder,
    positive,
    seconds,
)
from ...base.statuses import CommandError, Status
from ...terminal.screen import Screen
from ...terminal.words import counted, printable

if TYPE_CHECKING:
    from ....batch.journals.journal import Journal, Totals
    from ....client.sync_client import Runflow
    from ...manifests.manifest import Manifest

_EXAMPLES = """\
runflow batch photos/ --task-type headshot
runflow batch shots.csv -o results.jsonl --budget 25.00
runflow batch shots.csv --column image=file --column generation_prompt=prompt --ignore-column photographer
runflow batch shots.jsonl --dry-run
find . -name '*.png' -mtime -1 | runflow batch - --format paths --task-type ad_creative -o results.csv"""
_DETAILS = """\
The columns of a CSV file and the names of a JSONL file are the fields of a submit: image (a file or an address), task_type,
generation_prompt, item_id and so on; input_attributes.NAME is one attribute. Options give the fields that a row leaves out.
An item is known by its item_id, else by its path. All rows are checked before anything is sent.

The journal keeps what was submitted. After Ctrl-C, a crash or a loss of power, the same command goes on: nothing is lost, and
nothing is billed twice. Results go to stdout, or to a file with -o, in which each item has one line.
The exit status is the largest of all items: 0 passed, 1 rejected, 2 no verdict, 3 error."""

_DEFAULT_BATCH = "default"  # of `evaluate_many`


def add(commands: Commands[Parser]) -> None:
    parser = add_command(
        commands,
        "batch",
        run,
        "MANIFEST|FOLDER [options]",
        "judge many images; run it again to go on",
        _EXAMPLES,
        _DETAILS,
    )
    parser.add_argument("source", metavar="MANIFEST|FOLDER", help="a CSV or JSONL file, a folder, or - for stdin")
    add_request_arguments(parser, needs_task_type=False)
    _add_input_arguments(parser.add_argument_group("what is read"))
    _add_limits(parser.add_argument_group("limits"))
    add_wait_arguments(parser)
    parser.add_argument(
        "--journal",
        metavar="FILE|URL",
        help="what was done is kept here: a file, or a postgresql:// address, which needs --batch-id and the extra postgres "
        "(default: NAME.journal.db in the current folder)",
    )
    parser.add_argument("--batch-id", metavar="ID", help="tells the batches of one journal apart (default: default)")
    parser.add_argument(
        "-o",
        "--output",
        default="-",
        metavar="FILE",
        help="where results go: CSV by its name, else JSONL (default: stdout); each shard and batch needs its own",
    )
    parser.add_argument("--full", action="store_true", help="write whole evaluations to JSON results")
    parser.add_argument("--dry-run", action="store_true", help="check all rows and estimate the price; submit nothing")
    parser.add_argument(
        "--retry-failed",
        action="store_true",
        help="submit items anew whose evaluation failed, under new keys; they may be charged again",
    )
    add_output_arguments(parser)


def _add_input_arguments(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--format", choices=("csv", "jsonl", "paths"), help="of the manifest (default: by its name)")
    group.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="FIELD=COLUMN",
        help="the column of a field that is named otherwise",
    )
    group.add_argument("--ignore-column", action="append", default=[], metavar="COLUMN", help="a column to leave out")
    group.add_argument(
        "--images",
        type=folder,
        metavar="FOLDER",
        help="what paths are relative to (default: the folder of the manifest)",
    )


def _add_limits(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--budget", type=_credits, metavar="CREDITS", help="spend no more, all runs together")
    group.add_argument(
        "--price", type=_credits, metavar="CREDITS", help="of one evaluation, where the service tells none"
    )
    group.add_argument("--rate", type=seconds, metavar="N", help="requests a second, polls included")
    group.add_argument(
        "--in-flight", type=positive, default=1000, metavar="N", help="evaluations at a time (default: 1000)"
    )
    group.add_argument(
        "--shard",
        metavar="3/16",
        help="take every 16th item, from the third on; shards may share a journal, not an -o file",
    )


def run(options: argparse.Namespace, screen: Screen) -> int:
    with closing(_manifest(options)) as manifest:
        _check(manifest, screen)
        return _evaluate(options, manifest, screen)


def _evaluate(options: argparse.Namespace, manifest: Manifest, screen: Screen) -> int:
    from .run import Run

    run = Run(options.output, manifest, screen, whole=options.full, retries_failed=options.retry_failed)
    journal = options.journal or _journal_name(options.source)
    with open_client(screen, [run.hook]) as client:
        if options.dry_run:
            _estimate(options, manifest, client, journal, screen)
            return Status.PASSED
        batch = client.evaluations.evaluate_many(
            manifest,
            journal=journal,
            batch_id=options.batch_id,
            max_in_flight=options.in_flight,
            timeout=options.timeout,
            poll=poll_policy(options),
            shard=options.shard,
            budget=options.budget,
            price=options.price,
            rate=options.rate,
            on_progress=run.progressed,
        )
        run.how_to_go_on = shlex.join(["runflow", *options.arguments])
        run.journal_totals = lambda: _totals_of(journal, options.batch_id)
        run.how_to_look = _report_command(journal, options, manifest)
        run.how_to_resolve = shlex.join(["runflow", "resolve", journal, *_batch_option(options)])
        return run.evaluate(batch, lambda: _reopen(options, journal, screen))


def _estimate(options: argparse.Namespace, manifest: Manifest, client: Runflow, journal: str, screen: Screen) -> None:
    from ....batch.journals.journal import Totals
    from ....client.batch_options import checked_shard
    from .dry_run import ItemsLeft, write_estimate

    batch_id = options.batch_id or _DEFAULT_BATCH
    shard = checked_shard(options.shard)
    with _opened(journal) as opened:
        totals = Totals() if opened is None else opened.totals(batch_id)
        left = ItemsLeft(manifest, shard, opened, batch_id, retries_failed=options.retry_failed)
    with closing(left):
        write_estimate(screen, client, left, totals, budget=options.budget, price=options.price)


def _reopen(options: argparse.Namespace, journal: str, screen: Screen) -> None:
    """Have failed items submitted again, where that was asked for."""
    if options.retry_failed:
        with _opened(journal) as opened:
            reopened = 0 if opened is None else opened.retry_failed(options.batch_id or _DEFAULT_BATCH)
        screen.note(f"{counted(reopened, 'failed item')} to submit again")


def _manifest(options: argparse.Namespace) -> Manifest:
    from ...manifests.columns import Columns
    from ...manifests.manifest import Manifest
    from ...manifests.sources import open_source

    if options.task_type is None and (options.format == "paths" or Path(options.source).is_dir()):
        raise CommandError("a folder or a list of paths needs --task-type TYPE, such as headshot: nothing was sent")
    renamed = dict(_renamed(text) for text in options.column)
    source = open_source(options.source, options.format, sys.stdin.buffer, options.images)
    return Manifest(source, Columns(source.folder, request_fields(options), renamed, options.ignore_column))


def _check(manifest: Manifest, screen: Screen) -> None:
    """Read all rows, and refuse the manifest where one of them cannot be used."""
    problems = manifest.check()
    for line in problems.lines:
        screen.note(line)
    if problems.number:
        more = f" ({problems.hidden:,} more are not shown)" if problems.hidden else ""
        raise CommandError(
            f"{counted(problems.number, 'problem')} in {counted(len(manifest), 'row')}{more}: nothing was sent; correct them first"
        )
    if not len(manifest):
        raise CommandError(f"there are no images in {printable(manifest.name)!r}: nothing was sent")


def _renamed(text: str) -> tuple[str, str]:
    from ...manifests.columns import FIELDS

    name, _, column = text.partition("=")
    if name not in FIELDS or not column:
        raise CommandError(
            f"--column {text!r} does not name a field and its column, as image=file does; the fields: {', '.join(FIELDS)}"
        )
    return column, name


def _journal_name(source: str) -> str:
    """Return the file that a batch is kept in where no other is named: in the current folder, named after the source."""
    path = Path(source).resolve()
    name = "batch" if source == "-" else path.name if path.is_dir() else path.stem
    return f"{name}.journal.db"


def _report_command(journal: str, options: argparse.Namespace, manifest: Manifest) -> str:
    """Return the command that writes the report of this batch."""
    is_folder = options.source != "-" and Path(options.source).is_dir()
    # The results file knows the image of an item whose id is not its path.
    folder = str(manifest.folder) if is_folder or options.output == "-" else options.output
    images = [] if folder == "." else ["--images", folder]
    return shlex.join(["runflow", "report", journal, *_batch_option(options), *images])


def _batch_option(options: argparse.Namespace) -> list[str]:
    return [] if options.batch_id is None else ["--batch-id", options.batch_id]


def _credits(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal(-1)
    if value.is_finite() and value >= 0:
        return value
    raise argparse.ArgumentTypeError(f"{text!r} is no amount of credits, as 25.00 is")


@contextmanager
def _opened(journal: str) -> Iterator[Journal | None]:
    """Return the journal, open while the block runs; None where there is none yet."""
    from ....batch.journals.opening import open_journal

    if "://" not in journal and not Path(journal).exists():
        yield None
        return
    with closing(open_journal(journal)) as opened:
        yield opened


def _totals_of(journal: str, batch_id: str | None) -> Totals:
    """Return what the journal knows of the batch; all zero where there is none yet."""
    from ....batch.journals.journal import Totals

    with _opened(journal) as opened:
        return Totals() if opened is None else opened.totals(batch_id or _DEFAULT_BATCH)
