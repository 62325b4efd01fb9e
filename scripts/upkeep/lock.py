"""Resolve the lock files of requirements/ with uv: with hashes, for Python 3.11 and later, and without addresses.

The lock files of redocly and prism are npm's; their package.json set the versions.

    python -m scripts.upkeep.lock [--upgrade]

Locked versions are kept while they satisfy the requirements; `--upgrade` takes the newest versions.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.contract import redocly

ROOT = Path(__file__).resolve().parents[2]

# These locks include the library's own dependencies, which only pyproject.toml lists.
LOCKS = {
    # All extras but the engines, which are large.
    "requirements/dev.txt": [
        *(f"--extra={name}" for name in ("cli", "fast", "postgres", "report", "sandbox")),
        "pyproject.toml",
        "requirements/dev.in",
    ],
    "requirements/examples.txt": ["pyproject.toml", "requirements/examples.in"],
    "requirements/generate.txt": ["requirements/generate.in"],
    # The project is not installed there, only its dependencies.
    "requirements/fuzz.txt": ["pyproject.toml", "requirements/fuzz.in"],
    "requirements/package.txt": ["requirements/package.in"],
    "requirements/docs.txt": ["--extra", "sandbox", "pyproject.toml", "requirements/docs.in"],
    "requirements/contract.txt": ["requirements/contract.in"],
    "requirements/photographs.txt": ["--no-deps", "requirements/photographs.in"],
    "requirements/pages.txt": ["--extra", "sandbox", "--extra", "report", "pyproject.toml", "requirements/pages.in"],
    "requirements/engines.txt": [
        *(f"--extra={name}" for name in ("postgres", "ray", "sandbox", "spark")),
        "pyproject.toml",
        "requirements/engines.in",
    ],
    "requirements/mutation.txt": ["--extra", "cli", "--extra", "sandbox", "pyproject.toml", "requirements/mutation.in"],
    # The contenders of `make bench`. The project is found by its path there, and only its dependencies are installed.
    "requirements/bench.txt": ["pyproject.toml"],
    "requirements/bench-decode.txt": ["--extra", "fast", "pyproject.toml", "requirements/bench-decode.in"],
    "requirements/bench-http.txt": ["pyproject.toml", "requirements/bench-http.in"],
    "requirements/bench-sdk.txt": ["requirements/bench-sdk.in"],
}

NODE_PROGRAMS = (redocly.LOCK, ROOT / "requirements" / "prism")

# Other machines use other package indexes, so a lock file names none.
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
    """Return the uv command that writes one lock file."""
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
    """Return whether a lock file names an index, a link or another address."""
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
    return lock_node_programs()


def lock_node_programs() -> int:
    for folder in NODE_PROGRAMS:
        try:
            redocly.write_lock(folder)
        except redocly.RedoclyMissingError as error:
            print(error, file=sys.stderr)
            return 1
        name = (folder / "package-lock.json").relative_to(ROOT)
        if has_address((folder / "package-lock.json").read_text(encoding="utf-8")):
            print(f"{name} holds an address", file=sys.stderr)
            return 1
        print(f"{name} is up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())
