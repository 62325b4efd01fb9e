"""The entry point of the command line."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from .._version import __version__
from .base.parsing import Parser
from .base.statuses import Status, Terminated
from .terminal.screen import Screen

_DESCRIPTION = "Judge generated images with Runflow: submit them, wait for the verdicts, send feedback."
_EPILOG = """\
examples:
  runflow login                                          store your API key
  runflow evaluate photo.png --task-type headshot        judge one image
  runflow batch photos/ --task-type headshot             judge a folder; run it again to go on
  runflow report photos.journal.db -o report.html        look at what was found

exit status: 0 passed, 1 rejected, 2 no verdict, 3 error or wrong usage, 130 interrupted (143 by SIGTERM);
for several images the largest one.

Nothing to pay with? `runflow sandbox` starts a stand-in for the service on this machine."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, and return its exit status."""
    _open_closed_streams()
    with _sigterm_raises():
        try:
            return _main(list(sys.argv[1:] if arguments is None else arguments))
        except Terminated:
            return Status.TERMINATED
        except KeyboardInterrupt:
            return Status.INTERRUPTED


def _main(arguments: list[str]) -> int:
    try:
        top = parser()
        options = top.parse(arguments)
    except SystemExit as end:  # after --help, --version, or a message about wrong usage
        return int(end.code or 0)
    if options.run is None:
        options.show_help(sys.stderr)
        return Status.ERROR
    options.arguments, options.parser = arguments, top
    screen = Screen(json=getattr(options, "json", False))
    with _logging(getattr(options, "verbose", False)):
        return _run(options, screen)


def parser() -> Parser:
    """Return the parser of all commands."""
    from .commands import callbacks, completion, doctor, login, report, sandbox, upload
    from .commands.batches import batch, resolve
    from .commands.evaluations import evaluate, feedback, get, wait

    top = Parser(prog="runflow", description=_DESCRIPTION, epilog=_EPILOG)
    top.add_argument("--version", action="version", version=f"runflow-client {__version__}")
    top.set_defaults(run=None, show_help=top.print_help, command=top)
    commands = top.add_subparsers(title="commands", metavar="COMMAND", parser_class=Parser)
    for module in (
        evaluate,
        get,
        wait,
        feedback,
        upload,
        batch,
        resolve,
        report,
        sandbox,
        callbacks,
        login,
        doctor,
        completion,
    ):
        module.add(commands)
    return top


def _open_closed_streams() -> None:
    """Put an empty one in the place of a stream that was closed at the start, as by `>&-`."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - for the life of the process


def _run(options: Any, screen: Screen) -> int:
    try:
        return int(options.run(options, screen))
    except BrokenPipeError:
        # Whoever read the results has gone. What is still buffered is not to fail again when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Status.ERROR
    except Exception as error:
        import logging

        from .base.explanations import explain, status_of

        logging.getLogger(__name__).debug("the command ended with an error", exc_info=error)
        screen.fail(explain(error))
        return status_of(error)


@contextmanager
def _sigterm_raises() -> Iterator[None]:
    """Let SIGTERM end a command the way Ctrl-C does."""

    def terminate(_number: int, _frame: FrameType | None) -> None:
        raise Terminated

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _logging(verbose: bool) -> Iterator[None]:
    """Write what the library logs to stderr where it was asked for, else nowhere."""
    import logging

    logger = logging.getLogger("runflow_client")
    # Without any handler, Python writes warnings and errors to stderr.
    handler = logging.StreamHandler() if verbose else logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    level = logger.level
    logger.addHandler(handler)
    if verbose:
        logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
