"""Say in words what changed in openapi.yaml since a git ref, rated as semantic versioning rates it.

    python -m scripts.contract.spec_diff [--base REF] [--format text|markdown|json] [--spec FILE]

Without a ref: since the merge base with main. Exit status: 0 nothing breaks, 1 something does, 2 it could not be compared.
"""

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from scripts.contract.spec_changes.document import CannotCompareError
from scripts.contract.spec_changes.report import FORMATS
from scripts.contract.spec_changes.versions import compared

BREAKS = "\nExit status 1: the comparison went well, and at least one change breaks code that is written today."

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Say what changed in the contract since a git ref, rated.")
    parser.add_argument("--base", metavar="REF", help="a git ref; the merge base with main")
    parser.add_argument("--format", choices=sorted(FORMATS), default="text")
    parser.add_argument("--spec", type=Path, default=ROOT / "openapi.yaml", help="the contract, in a git work tree")
    options = parser.parse_args(arguments)
    try:
        report = compared(options.spec, options.base)
        text = FORMATS[options.format](report)
    except CannotCompareError as error:
        print(f"Could not compare: {error}", file=sys.stderr)
        return 2
    except Exception:
        # Python's own exit status would be 1, which says that something breaks.
        traceback.print_exc()
        return 2
    shown = printed(text)
    if report.breaking and shown and sys.stdout.isatty():
        # A person would take `make: *** Error 1` for a fault of the program.
        print(BREAKS, file=sys.stderr)
    return 1 if report.breaking else 0


def printed(text: str) -> bool:
    """Print a text; whether it was read to its end, which `| head` does not do."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        # Python would complain when it flushes the stream at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
