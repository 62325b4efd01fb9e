"""Runs the sandbox as a server: `python -m runflow_client.sandbox`."""

import argparse
import sys
from collections.abc import Sequence

from .server.command_line import add_arguments, run


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C (exit status 130) or SIGTERM (0); invalid arguments and a port in use exit with 2."""
    parser = argparse.ArgumentParser(
        prog="python -m runflow_client.sandbox",
        description="Serve a stand-in for Runflow's evaluation API on this machine. It is not the real evaluator.",
    )
    add_arguments(parser)
    return run(parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())
