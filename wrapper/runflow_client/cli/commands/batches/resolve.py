"""`runflow resolve`: say what became of the items of a batch whose outcome is unknown."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from ...base.clients import open_client
from ...base.parsing import Commands, Parser, add_command, add_output_arguments
from ...base.statuses import CommandError, Status
from ...terminal.screen import Screen
from ...terminal.words import Cell, printable

_EXAMPLES = """\
runflow resolve photos.journal.db                                lists the items
runflow resolve photos.journal.db a.png --evaluation 0193f0a0-0000-7000-8000-000000000001
runflow resolve photos.journal.db a.png --not-submitted"""
_DETAILS = """\
A run that is killed within a submit leaves an item that may have been submitted. After an hour its idempotency key is too old
to submit it again without a second charge, so its outcome is unknown, and its price counts as spent. Find out whether its
evaluation exists: by its client_ref or run at app.runflow.io, or in a callback. The next run of the batch then polls it, or
submits the item."""


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
    end.add_argument("--evaluation", metavar="ID", help="its evaluation, which the next run polls")
    end.add_argument(
        "--not-submitted", action="store_true", help="it has no evaluation; the next run submits it, which is charged"
    )
    parser.add_argument(
        "--batch-id", default="default", metavar="ID", help="the batch in the journal (default: default)"
    )
    add_output_arguments(parser)


def run(options: argparse.Namespace, screen: Screen) -> int:
    from ....batch.journals.opening import open_journal

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
        if options.item is None:
            states = journal.states(options.batch_id)
            _write_list(screen, (item_id for item_id, state in states if state == "unknown"))
            return Status.PASSED
        if options.evaluation is not None:
            with open_client(screen) as client:
                client.evaluations.get(options.evaluation)  # a wrong id would be polled for ever
        journal.resolve(options.batch_id, options.item, options.evaluation)
    if screen.json:
        screen.result({"item_id": options.item, "evaluation_id": options.evaluation})
    screen.note("written; run the batch again to go on with it")
    return Status.PASSED


def _write_list(screen: Screen, item_ids: Iterable[str]) -> None:
    count = 0
    for item_id in item_ids:
        count += 1
        if screen.json:
            screen.result({"item_id": item_id})
        else:
            screen.line(Cell("unknown", "warning"), printable(item_id))
    if not count:
        screen.note("no item has an unknown outcome; that of a run that was killed is known after the next run")
