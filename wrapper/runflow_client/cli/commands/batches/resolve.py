"""`runflow resolve`: say what became of the items of a batch whose outcome is unknown."""

from __future__ import annotations

import argparse
import shlex
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ...base.clients import checked_evaluation_id, open_client
from ...base.parsing import Commands, Parser, add_command, add_output_arguments
from ...base.statuses import CommandError, Status
from ...terminal.screen import Screen
from ...terminal.words import Cell, printable

if TYPE_CHECKING:
    from ....batch.journals.journal import Journal, UnknownItem

_EXAMPLES = """\
runflow resolve photos.journal.db                                lists the items
runflow resolve photos.journal.db a.png --evaluation 0193f0a0-0000-7000-8000-000000000001
runflow resolve photos.journal.db a.png --not-submitted"""
_DETAILS = """\
A run that is killed within a submit leaves an item that may have been submitted. After an hour its idempotency key is too old
to submit it again without a second charge, so its outcome is unknown, and its price counts as spent. Find out whether its
evaluation exists: by its client_ref or run at app.runflow.io, or in a callback. The client_ref is the item_id where the
manifest and the options named no other. The next run of the batch then polls it, or submits the item.

The list needs no API key, and neither does --not-submitted. --evaluation needs one: it asks the service for that evaluation,
because a wrong id would be polled without end."""


def add(commands: Commands[Parser]) -> None:
    parser = add_command(
        commands,
        "resolve",
        run,
        "JOURNAL [ITEM --evaluation ID|--not-submitted] [options]",
        "say what became of items whose outcome is unknown",
        _EXAMPLES,
        _DETAILS,
    )
    parser.add_argument("journal", metavar="JOURNAL", help="the journal of the batch")
    parser.add_argument("item", nargs="?", metavar="ITEM", help="the item_id; none lists the items (default)")
    end = parser.add_mutually_exclusive_group()
    end.add_argument("--evaluation", metavar="ID", help="its evaluation, which the next run polls; needs the API key")
    end.add_argument(
        "--not-submitted", action="store_true", help="it has no evaluation; the next run submits it, which is charged"
    )
    parser.add_argument(
        "--batch-id", default="default", metavar="ID", help="the batch in the journal (default: default)"
    )
    add_output_arguments(parser)


def run(options: argparse.Namespace, screen: Screen) -> int:
    from ....batch.journals.opening import open_journal, require_batch

    has_end = options.evaluation is not None or options.not_submitted
    if (options.item is not None) != has_end:
        raise CommandError(
            "name the item and what became of it: ITEM --evaluation ID, or ITEM --not-submitted; nothing was written"
        )
    if "://" not in options.journal and not Path(options.journal).is_file():
        raise CommandError(
            f"there is no journal {printable(options.journal)!r}: name the file that `runflow batch` wrote"
        )
    with closing(open_journal(options.journal)) as journal:
        require_batch(journal, options.batch_id)
        if options.item is None:
            _write_list(screen, journal, options)
            return Status.PASSED
        if options.evaluation is not None:
            with open_client(screen) as client:
                client.evaluations.get(checked_evaluation_id(options.evaluation))  # a wrong id would be polled for ever
        journal.resolve(options.batch_id, options.item, options.evaluation)
    if screen.json:
        screen.result({"item_id": options.item, "evaluation_id": options.evaluation})
    screen.note("written; run the batch again to go on with it")
    return Status.PASSED


def _write_list(screen: Screen, journal: Journal, options: argparse.Namespace) -> None:
    count = 0
    for item in journal.unknown(options.batch_id):
        count += 1
        time = _time_of(item)
        if screen.json:
            submitted_at = None if time is None else time.isoformat(timespec="seconds")
            screen.result({"item_id": item.item_id, "idempotency_key": item.key, "submitted_at": submitted_at})
        else:
            submitted = "before this machine was started" if time is None else f"{time:%Y-%m-%d %H:%M:%S} UTC"
            cells = (item.item_id, f"key {item.key}", f"submitted {submitted}")
            screen.line(Cell("unknown", "warning"), *map(printable, cells))
    if not count:
        screen.note("no item has an unknown outcome; that of a run that was killed is known after the next run")
        return
    batch = [] if options.batch_id == "default" else ["--batch-id", options.batch_id]
    screen.note(
        "Find out whether the evaluation of each exists: by its client_ref, which is the item_id where the manifest and the options "
        "named no other, at app.runflow.io or in a callback. Then say so, and run the batch again:"
    )
    screen.note(f"  {shlex.join(['runflow', 'resolve', options.journal, *batch])} ITEM --evaluation ID|--not-submitted")


def _time_of(item: UnknownItem) -> datetime | None:
    """Return when an item was submitted; None where nobody can tell."""
    return None if item.seconds is None else datetime.now(UTC) - timedelta(seconds=item.seconds)
