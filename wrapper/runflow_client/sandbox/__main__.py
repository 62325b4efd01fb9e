"""Runs the sandbox as a server: `python -m runflow_client.sandbox`."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from types import FrameType

_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C (exit status 130) or SIGTERM (0); invalid arguments and a port in use exit with 2."""
    options = _parser().parse_args(arguments)
    try:
        from .sandbox import Sandbox
        from .server.server import SandboxServer

        sandbox = Sandbox(evaluation_seconds=options.evaluation_seconds, started_at=datetime.now(UTC))
        server = SandboxServer(sandbox, host=options.host, port=options.port, speed=options.speed)
    except (ModuleNotFoundError, ValueError) as error:
        return _report(error)
    stopped = threading.Event()
    received: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        stopped.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with server:
            print(_greeting(server.url, sandbox.keys[0]), flush=True)
            stopped.wait()
    except OSError as error:
        return _report(error)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return _INTERRUPTED if signal.SIGINT in received else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m runflow_client.sandbox",
        description="Serve a stand-in for Runflow's evaluation API on this machine. It is not the real evaluator.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="loopback address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: any free one)")
    parser.add_argument(
        "--evaluation-seconds",
        type=float,
        default=3.0,
        metavar="N",
        help="how long an evaluation takes (default: %(default)s)",
    )
    parser.add_argument(
        "--speed",
        type=float,
        default=1.0,
        metavar="N",
        help="seconds of the sandbox's time that pass in one second (default: 1)",
    )
    return parser


def _greeting(url: str, key: str) -> str:
    return f"""\
Runflow sandbox at {url}. It stands in for the API and is not the real evaluator.

In another shell:
  export RUNFLOW_BASE_URL={url}
  export RUNFLOW_API_KEY={key}
  python - <<'END'
from runflow_client import Runflow
from runflow_client.sandbox import sharp_picture
with Runflow() as client:
    print(client.evaluations.evaluate(sharp_picture(), "image_generation").verdict)
END

Ctrl-C stops it."""


def _report(error: Exception) -> int:
    print(f"runflow sandbox: {error}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
