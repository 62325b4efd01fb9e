"""Resolve the lock files of requirements/ with uv: hashed, for every Python from 3.11 on, and without any address.

Redocly's is npm's; the version stands in its package.json.

    python -m scripts.upkeep.lock [--upgrade]

Versions that stand in a lock file are kept where they still fit; `--upgrade` takes the newest.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.contract import redocly

ROOT = Path(__file__).resolve().parents[2]

# The locks of those who run the library hold its own dependencies too, so they are written down once, in pyproject.toml.
LOCKS = {
    "requirements/dev.txt": ["--extra", "sandbox", "pyproject.toml", "requirements/dev.in"],
    "requirements/generate.txt": ["requirements/generate.in"],
    # The project is not installed there, so its dependencies are.
    "requirements/fuzz.txt": ["pyproject.toml", "requirements/fuzz.in"],
    "requirements/mutation.txt": ["--extra", "sandbox", "pyproject.toml", "requirements/mutation.in"],
}

# A lock file is read on machines with other indexes, so it names none.
OPTIONS = [
    "--universal",
    "--python-version",
    "3.11",
    "--generate-hashes",
    "--no-header",
    "--no-emit-index-url",
    "--no-emit-find-links",
]

ADDRESS = re.compile(r"[a-z+]+://|^\s*(-i|-f|--\w*index\w*|--find-links)\b", re.MULTILINE)


def compile_command(output: str, inputs: Sequence[str], upgrade: bool) -> list[str]:
    """The uv call that writes one lock file."""
    more = ["--upgrade"] if upgrade else []
    return [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "compile",
        "--quiet",
        *OPTIONS,
        *more,
        "--output-file",
        output,
        *inputs,
    ]


def has_address(text: str) -> bool:
    """Whether a lock file names an index, a link or any other address."""
    return ADDRESS.search(text) is not None


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Resolve the lock files of requirements/.")
    parser.add_argument(
        "--upgrade",
        action="store_true",
        help="take the newest versions instead of keeping the locked ones",
    )
    upgrade = parser.parse_args(arguments).upgrade
    for output, inputs in LOCKS.items():
        done = subprocess.run(compile_command(output, inputs, upgrade), cwd=ROOT, check=False)
        if done.returncode != 0:
            print(f"uv could not resolve {output}", file=sys.stderr)
            return done.returncode
        if has_address((ROOT / output).read_text(encoding="utf-8")):
            print(f"{output} holds an address; it must be installable from any index", file=sys.stderr)
            return 1
        print(f"{output} is up to date")
    return lock_redocly()


def lock_redocly() -> int:
    try:
        redocly.write_lock()
    except redocly.RedoclyMissingError as error:
        print(error, file=sys.stderr)
        return 1
    if has_address((redocly.LOCK / "package-lock.json").read_text(encoding="utf-8")):
        print("requirements/redocly/package-lock.json holds an address", file=sys.stderr)
        return 1
    print("requirements/redocly/package-lock.json is up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())
