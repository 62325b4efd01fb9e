"""`runflow callbacks`: verify a callback that arrived, or listen for callbacks."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.parsing import Commands, Parser, add_command, add_output_arguments, positive
from ..base.statuses import CommandError, Status
from ..terminal.screen import Screen
from ..terminal.words import Cell, printable

if TYPE_CHECKING:
    from ...callbacks import Callback

_VARIABLE = "RUNFLOW_CALLBACK_SECRETS"
_EXAMPLES = """\
runflow callbacks verify --signature 5f2b... < body.json
runflow callbacks listen --port 8080"""


def add(commands: Commands[Parser]) -> None:
    top = add_command(
        commands, "callbacks", None, "verify|listen [options]", "verify callbacks, or listen for them", _EXAMPLES
    )
    below = top.add_subparsers(title="commands", metavar="COMMAND", prog="runflow callbacks", parser_class=Parser)
    verify = add_command(
        below,
        "verify",
        run_verify,
        "[FILE] --signature HEX [options]",
        "check the signature of a callback",
        "runflow callbacks verify --signature 5f2b... < body.json\nrunflow callbacks verify body.json --signature 5f2b...",
        f"The callback secret is read from the environment variable {_VARIABLE}; several are separated by commas.\n"
        "The exit status is 0 where the signature is valid, 1 where it is not.",
    )
    verify.add_argument("body", nargs="?", default="-", metavar="FILE", help="the raw request body (default: stdin)")
    verify.add_argument("--signature", required=True, metavar="HEX", help="value of the Runflow-Signature header")
    add_output_arguments(verify)

    listen = add_command(
        below,
        "listen",
        run_listen,
        "[options]",
        "receive callbacks and print each once",
        "runflow callbacks listen --port 8080\nrunflow callbacks listen --port 8080 --json --count 1",
        f"The callback secret is read from the environment variable {_VARIABLE}; several are separated by commas.\n"
        "It speaks plain HTTP: the service needs an https address, so put a proxy or a tunnel in front. What is not signed\n"
        "with the secret is refused and not printed.",
    )
    listen.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    listen.add_argument("--port", type=positive, default=0, help="port to listen on (default: any free one)")
    listen.add_argument("--count", type=positive, metavar="N", help="end after so many callbacks")
    add_output_arguments(listen)


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


def run_listen(options: argparse.Namespace, screen: Screen) -> int:
    from ...callbacks import serve

    lock, ended = threading.Lock(), threading.Event()
    failures: list[Exception] = []
    received = 0

    def receive(callback: Callback) -> None:
        nonlocal received
        with lock:
            try:
                _write(screen, callback)
            except Exception as error:  # it is answered with 500, so that the service sends it again
                failures.append(error)
                ended.set()
                raise
            received += 1
            if received == options.count:
                ended.set()

    with serve(receive, callback_secrets(screen), host=options.host, port=options.port) as server:
        screen.note(f"listening on {server.url}; Ctrl-C ends it")
        ended.wait()
    if failures:
        raise failures[0]
    return Status.PASSED


def _write(screen: Screen, callback: Callback) -> None:
    if screen.json:
        screen.result(callback.raw)
        return
    cells = (callback.event, callback.evaluation_id, callback.status, callback.client_ref)
    screen.line(*(printable(text) for text in cells if text))


def callback_secrets(screen: Screen) -> list[str]:
    """Return the callback secrets of the environment; the screen shows them nowhere."""
    from ..._redaction import Secret

    secrets = os.environ.get(_VARIABLE, "").replace(",", " ").split()
    if not secrets:
        raise CommandError(f"there is no callback secret: set the environment variable {_VARIABLE}")
    for secret in secrets:
        screen.hide(Secret(secret))
    return secrets
