"""The command that serves a sandbox: its arguments, and running it until a signal."""

import argparse
import errno
import logging
import math
import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from itertools import cycle
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, get_args

from ..faults.lines import read_line
from ..outcomes import Outcome, Outcomes, Submission

if TYPE_CHECKING:
    from ..sandbox import Sandbox
    from .server import SandboxServer

_INTERRUPTED = 130
_LOGGER = "runflow_client.sandbox"
# Tests have another, so that the command ends by itself.
_stopped = threading.Event
_OUTCOMES = (*get_args(Outcome), "image")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to a parser; pass what it parses to `run`."""
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s, this machine only)")
    add("--port", type=_port, default=0, help="port to listen on (default: any free one)")
    add(
        "--key",
        action="append",
        metavar="KEY",
        help="an API key that is accepted; repeatable (default: rf_sandbox_key)",
    )
    add("--balance", type=_amount, default=Decimal("100.00"), metavar="N", help="credits (default: %(default)s)")
    add(
        "--price",
        type=_amount,
        default=Decimal("0.05"),
        metavar="N",
        help="credits an evaluation (default: %(default)s)",
    )
    add(
        "--evaluation-seconds",
        type=_seconds,
        default=3.0,
        metavar="N",
        help="how long an evaluation takes (default: 3)",
    )
    add(
        "--speed",
        type=_speed,
        default=1.0,
        metavar="N",
        help="seconds of the sandbox's time in one second (default: 1)",
    )
    _add_images(parser)
    add("--rate-limit", type=_rate, metavar="N/SECONDS", help="requests in so many seconds; further ones get a 429")
    add("--seed", type=int, default=0, metavar="N", help="makes other ids (default: 0)")
    add(
        "--state",
        type=_state,
        metavar="FILE",
        help="keep evaluations, assets and secrets in this file between two runs",
    )
    add("--quiet", action="store_true", help="do not log each request and callback")
    _add_script(parser)


def _add_images(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that name folders of images."""
    add = parser.add_argument
    add(
        "--images",
        type=_folder,
        metavar="FOLDER",
        help="images at https:// URLs, by the path or the last part of the URL",
    )
    add(
        "--write-pictures",
        type=Path,
        metavar="FOLDER",
        help="write headshot.png, which passes, and blurred.png, which is rejected, into this folder; files that exist are kept",
    )


def _add_script(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say what becomes of evaluations and requests."""
    add = parser.add_argument
    add(
        "--outcome",
        type=_outcomes,
        action="append",
        default=[],
        metavar="LIST",
        help=f"outcomes of the evaluations in turn, over and over, separated by commas: {', '.join(_OUTCOMES)} (judged); "
        "CLIENT_REF=OUTCOME for those with this client_ref; repeatable",
    )
    add(
        "--fault",
        type=_fault,
        action="append",
        default=[],
        metavar="LINE",
        help="faults of the next requests, as in 'POST /v1/evaluations: 503 x2, drop after', or "
        "'always GET /v1/evaluations/*: delay 0.5'; repeatable",
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl-C (exit status 130) or SIGTERM (0); a host or port that cannot be used exits with 2."""
    try:
        sandbox = _sandbox(arguments)
        server = _server(sandbox, arguments)
        if arguments.write_pictures is not None:
            _write_pictures(arguments.write_pictures)
    except (ModuleNotFoundError, ValueError, OSError) as error:
        return _report(str(error))
    stopped = _stopped()
    received: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        stopped.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with _logging(logging.WARNING if arguments.quiet else logging.INFO), server:
            if not server.is_local:
                print(_WARNING.format(host=arguments.host), file=sys.stderr)
            print(_greeting(server.url, sandbox.keys[0], arguments.write_pictures), flush=True)
            stopped.wait()
        if arguments.state is not None:
            from .state import save_state

            save_state(arguments.state, sandbox.service)
    except OSError as error:
        in_use = f"port {arguments.port} is in use: name another one with --port, or leave it out to get a free one"
        return _report(in_use if error.errno == errno.EADDRINUSE else str(error))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return _INTERRUPTED if signal.SIGINT in received else 0


def _sandbox(arguments: argparse.Namespace) -> "Sandbox":
    # Loaded late, so that a command line with many commands can list the arguments at little cost.
    from ..sandbox import Sandbox
    from ..service.access.rate_limit import RateLimit
    from .state import load_state

    state = None if arguments.state is None else load_state(arguments.state)
    sandbox = Sandbox(
        evaluation_seconds=arguments.evaluation_seconds,
        keys=arguments.key or ("rf_sandbox_key",),
        balance=arguments.balance,
        price=arguments.price,
        images=arguments.images,
        rate_limit=arguments.rate_limit and RateLimit(*arguments.rate_limit),
        seed=arguments.seed,
        started_at=datetime.now(UTC) if state is None else state["started_at"],
    )
    if state is not None:
        sandbox.service.restore(state, (datetime.now(UTC) - state["started_at"]).total_seconds())
    sandbox.faults.add(*arguments.fault)
    _set_outcomes(sandbox.outcomes, arguments.outcome)
    return sandbox


def _server(sandbox: "Sandbox", arguments: argparse.Namespace) -> "SandboxServer":
    from .server import SandboxServer

    return SandboxServer(sandbox, host=arguments.host, port=arguments.port, speed=arguments.speed)


def _write_pictures(folder: Path) -> None:
    from ..judges.pictures import blurred_picture, sharp_picture

    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in (("headshot.png", sharp_picture), ("blurred.png", blurred_picture)):
        if not (folder / name).exists():
            (folder / name).write_bytes(picture())


def _set_outcomes(outcomes: Outcomes, given: list[tuple[str | None, list[Outcome | None]]]) -> None:
    in_turn: list[Outcome | None] = [
        outcome for client_ref, several in given if client_ref is None for outcome in several
    ]
    for client_ref, several in given:
        if client_ref is not None and several[0] is not None:
            outcomes.by_client_ref[client_ref] = several[0]
    if in_turn:
        turns: Iterator[Outcome | None] = cycle(in_turn)

        def decide(submission: Submission) -> Outcome | None:
            return next(turns)

        outcomes.decide = decide


@contextmanager
def _logging(level: int) -> Iterator[None]:
    """Write what the sandbox logs to stderr."""
    logger = logging.getLogger(_LOGGER)
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    before = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(level)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])
        logger.propagate = before[1]


_WARNING = """\
runflow sandbox: everybody who reaches {host} can use this sandbox and see its images. It speaks HTTP without TLS, and the
client library needs https beyond this machine: put a proxy in front that sends X-Forwarded-Proto: https."""


def _greeting(url: str, key: str, pictures: Path | None) -> str:
    picture = "photo.png" if pictures is None else str(pictures / "headshot.png")
    own = "  # --write-pictures . writes pictures to try it with" if pictures is None else ""
    return f"""\
Runflow sandbox at {url}. It stands in for the API and is not the real evaluator.

In a browser: {url}
In another shell:
  export RUNFLOW_BASE_URL={url}
  export RUNFLOW_API_KEY={key}
  runflow evaluate {shlex.quote(picture)} --task-type headshot{own}

Ctrl-C stops it."""


def _report(problem: str) -> int:
    print(f"runflow sandbox: {problem}", file=sys.stderr)
    return 2


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: 0 to 65535")
    return int(text)


def _seconds(text: str) -> float:
    value = _number(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is negative")
    return value


def _speed(text: str) -> float:
    value = _number(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not above zero")
    return value


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return value


def _amount(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount of credits")
    return value


def _rate(text: str) -> tuple[int, float]:
    requests, _, seconds = text.partition("/")
    if not requests.isdecimal() or int(requests) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of requests and of seconds, such as 60/10")
    return int(requests), _speed(seconds) if seconds else 60.0


def _folder(text: str) -> Path:
    folder = Path(text)
    if not folder.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is not a folder")
    return folder


def _state(text: str) -> Path:
    path = Path(text)
    if path.is_dir() or not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is not a file in a folder that exists")
    return path


def _fault(text: str) -> str:
    try:
        read_line(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def _outcomes(text: str) -> tuple[str | None, list[Outcome | None]]:
    client_ref, is_of_one, names = text.rpartition("=")
    outcomes = [name.strip() for name in names.split(",")]
    known: dict[str, Outcome | None] = {name: name for name in get_args(Outcome)} | {"image": None}
    if not all(name in known for name in outcomes) or (is_of_one and len(outcomes) > 1):
        allowed = ", ".join(_OUTCOMES)
        raise argparse.ArgumentTypeError(f"{text!r} is not some of {allowed}, nor CLIENT_REF=OUTCOME")
    return client_ref if is_of_one else None, [known[name] for name in outcomes]
