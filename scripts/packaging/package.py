"""Build the distributions, and try them as users do: from outside, in environments that hold nothing else.

    python -m scripts.packaging.package            all but `versions`, which runs the tests many times
    python -m scripts.packaging.package types      only this check; it uses the distributions in dist/

The environments of the checks are made in build/package/ with the versions that the index has today.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from scripts.packaging.bill_of_materials import bill_of_materials
from scripts.packaging.build import build
from scripts.packaging.frozen import frozen
from scripts.packaging.installs import installs
from scripts.packaging.programs import ProgramFailedError
from scripts.packaging.types_outside import types_outside
from scripts.packaging.versions import versions

CHECKS: Mapping[str, Callable[[], None]] = {
    "build": build,
    "installs": installs,
    "types": types_outside,
    "frozen": frozen,
    "bill": bill_of_materials,
    "versions": versions,
}
# Takes minutes for each Python; a workflow of its own runs it.
ONLY_BY_NAME = ("versions",)


def main(arguments: Sequence[str] | None = None, checks: Mapping[str, Callable[[], None]] = CHECKS) -> int:
    parser = argparse.ArgumentParser(description="Build the distributions and try them as users do.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(checks)}")
    names = parser.parse_args(arguments).names or [name for name in checks if name not in ONLY_BY_NAME]
    unknown = [name for name in names if name not in checks]
    if unknown:
        parser.error(f"no such check: {', '.join(unknown)} (there are: {', '.join(checks)})")
    failed = [name for name in names if not passes(name, checks[name])]
    print(
        f"\n{len(failed)} of {len(names)} checks failed: {', '.join(failed)}"
        if failed
        else f"\n{len(names)} checks passed"
    )
    return 1 if failed else 0


def passes(name: str, check: Callable[[], None]) -> bool:
    """Run one check, print why it failed, and return whether it passed."""
    started = time.monotonic()
    try:
        check()
    except (ProgramFailedError, AssertionError) as error:
        print(f"----- {name}: {error}")
        print(f"FAILED  {name:10} {time.monotonic() - started:5.1f} s", flush=True)
        return False
    print(f"ok      {name:10} {time.monotonic() - started:5.1f} s", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
