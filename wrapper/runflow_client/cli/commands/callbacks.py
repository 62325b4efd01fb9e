"""`runflow callbacks`: verify a callback that arrived, or listen for callbacks."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from ..base.parsing import Commands, Parser, add_command, add_output_arguments
from ..base.statuses import CommandError, Status
from ..terminal.screen import Cell, Screen, printable

_VARIABLE = "RUNFLOW_CALLBACK_SECRET"
_EXAMPLES = """\
runflow callbacks verify --signature 5f2b... < body.json
runflow callbacks listen --port 8080"""


def add(commands: Commands[Parser]) -> None:
    top = add_command(
        commands, "callbacks", None, "verify|listen [options]", "verify callbacks, or listen for them", _EXAMPLES
    )
    below = top.add_subparsers(title="commands", metavar="COMMAND", parser_class=Parser)
    verify = add_command(
        below,
        "verify",
        run_verify,
        "[FILE] --signature HEX [options]",
        "check the signature of a callback",
        "runflow callbacks verify --signature 5f2b... < body.json\nrunflow callbacks verify body.json --signature 5f2b...",
        f"The callback secret is read from the environment variable {_VARIABLE}; several are separated by spaces.\n"
        "The exit status is 0 where the signature is valid, 1 where it is not.",
    )
    verify.add_argument("body", nargs="?", default="-", metavar="FILE", help="the raw request body (default: stdin)")
    verify.add_argument("--signature", required=True, metavar="HEX", help="value of the Runflow-Signature header")
    add_output_arguments(verify)


def run_verify(options: argparse.Namespace, screen: Screen) -> int:
    from ...callbacks import PayloadError, SignatureError, parse

    body = sys.stdin.buffer.read() if options.body == "-" else Path(options.body).read_bytes()
    try:
        callback = parse(body, options.signature, callback_secrets(screen))
    except (SignatureError, PayloadError) as error:
        if screen.json:
            screen.result({"valid": False, "reason": printable(error)})
        else:
            screen.line(Cell("rejected", "rejected"), printable(error))
        return Status.REJECTED
    if screen.json:
        screen.result({"valid": True, "callback": callback.raw})
    else:
        screen.line(
            Cell("passed", "passed"), *(printable(text) for text in (callback.event, callback.evaluation_id) if text)
        )
    return Status.PASSED


def callback_secrets(screen: Screen) -> list[str]:
    """Return the callback secrets of the environment; the screen shows them nowhere."""
    from ..._redaction import Secret

    secrets = os.environ.get(_VARIABLE, "").split()
    if not secrets:
        raise CommandError(f"there is no callback secret: set the environment variable {_VARIABLE}")
    for secret in secrets:
        screen.hide(Secret(secret))
    return secrets
