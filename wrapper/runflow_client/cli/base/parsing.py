"""The parser of the command line, and the arguments that commands share."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from .statuses import Status

Run = Callable[[argparse.Namespace, Any], int]
"""Runs a command: takes its arguments and the screen, and returns the exit status."""
Commands = argparse._SubParsersAction


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of examples, and puts a help text beside its option where there is room."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30)

    def add_argument(self, action: argparse.Action) -> None:
        super().add_argument(action)
        if isinstance(action, argparse._SubParsersAction):  # its names are indented further than argparse counts
            self._action_max_length += self._indent_increment


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line, and exits with 3."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, formatter_class=_Formatter, **options)

    def error(self, message: str) -> NoReturn:
        self.exit(Status.ERROR, f"{self.prog}: {message}; `{self.prog} --help` shows how\n")

    def parse(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Return the options of a command; the command itself refuses what it does not know, and names what is alike."""
        options, unknown = self.parse_known_args(arguments)
        if unknown:
            options.command.refuse(unknown)
        return options

    def refuse(self, unknown: Sequence[str]) -> NoReturn:
        """Exit with a message about arguments that are no option of this command."""
        names = [each.partition("=")[0] for each in unknown if each.startswith("-")]
        alike = [found for name in names for found in get_close_matches(name, self._option_string_actions, n=1)]
        hint = f"; did you mean {alike[0]}?" if alike else ""
        self.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")


def add_command(
    commands: Commands[Parser], name: str, run: Run | None, usage: str, summary: str, examples: str, details: str = ""
) -> Parser:
    """Add a command, and return its parser.

    Args:
        commands: where to add it.
        name: what is typed.
        run: runs it; None for one that has commands of its own.
        usage: the arguments in short.
        summary: one sentence, shown in the list of commands too.
        examples: lines that can be typed, each with what it does.
        details: more about it, shown in its own help only.
    """
    description = summary[0].upper() + summary[1:] + "." + (f"\n\n{details}" if details else "")
    parser = commands.add_parser(
        name,
        help=summary,
        usage=f"%(prog)s {usage}",
        description=description,
        epilog="examples:\n" + "\n".join(f"  {line}" for line in examples.splitlines()),
    )
    parser.set_defaults(run=run, show_help=parser.print_help, command=parser)
    return parser


def add_output_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="write JSON to stdout, one object a line")
    parser.add_argument("--verbose", action="store_true", help="write requests and retries to stderr")


def add_wait_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--timeout", type=seconds, default=600.0, metavar="N", help="seconds to wait for each verdict (default: 600)"
    )
    parser.add_argument(
        "--poll-every",
        type=seconds,
        metavar="N",
        help="seconds between two polls at first (default: after 5, then about every 3.5)",
    )


def add_request_arguments(parser: argparse.ArgumentParser, *, needs_task_type: bool) -> None:
    """Add the fields of a submit, apart from the image."""
    group = parser.add_argument_group("what the judges are told")
    group.add_argument(
        "--task-type",
        required=needs_task_type,
        metavar="TYPE",
        help="kind of generation that made the image, as in headshot or image_generation",
    )
    group.add_argument("--task-description", metavar="TEXT", help="description of the task")
    group.add_argument("--generation-prompt", metavar="TEXT", help="prompt that made the image; recommended")
    group.add_argument("--evaluation-instructions", metavar="TEXT", help="what to look for or ignore")
    group.add_argument(
        "--input-attributes", type=json_object, metavar="JSON", help="""attributes, as in '{"style": "corporate"}'"""
    )
    group.add_argument(
        "--reference-image",
        dest="reference_images",
        action="append",
        metavar="[KIND=]IMAGE",
        help="image to compare with, as in identity=face.png; up to 4 times",
    )
    group.add_argument("--run-id", metavar="UUID", help="run that the evaluation belongs to")
    item = "" if needs_task_type else "; of all rows (default: the item_id of each)"
    group.add_argument("--client-ref", metavar="TEXT", help=f"your label, returned in responses and callbacks{item}")
    group.add_argument("--job-class", metavar="CLASS", help="job class, which decides the price")
    group.add_argument(
        "--callback-url", metavar="URL", help="URL that is called at the end: https, or http to this machine"
    )


def seconds(text: str) -> float:
    """Return a number of seconds above 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return value


def positive(text: str) -> int:
    """Return a whole number above 0."""
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")


def json_object(text: str) -> dict[str, Any]:
    """Return a JSON object."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        return value
    raise argparse.ArgumentTypeError("""it is no JSON object, as '{"style": "corporate"}' is""")


def folder(text: str) -> Path:
    """Return the path of a folder that exists."""
    path = Path(text)
    if path.is_dir():
        return path
    raise argparse.ArgumentTypeError(f"there is no folder {text!r}")
