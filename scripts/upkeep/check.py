"""Run all checks of the project, continue after a failure, and print a summary.

    python -m scripts.upkeep.check             all checks
    python -m scripts.upkeep.check mypy lint   only these

The checks run in the development environment; two of them use the generator's environment.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHON = sys.executable
GENERATE_PYTHON = str(ROOT / ".venv-generate" / "bin" / "python")
IMPORT_LINTER = str(ROOT / ".venv-generate" / "bin" / "lint-imports")

CHECKS: Mapping[str, Sequence[str]] = {
    "format": [PYTHON, "-m", "ruff", "format", "--check", "."],
    "lint": [PYTHON, "-m", "ruff", "check", "."],
    "mypy": [PYTHON, "-m", "mypy"],
    "pyright": [PYTHON, "-m", "pyright", "--pythonpath", PYTHON],
    # The layers of pyproject.toml.
    "imports": [IMPORT_LINTER, "--no-cache", "--no-logo"],
    # Finds a dependency in pyproject.toml that is not locked.
    "locked": [PYTHON, "-m", "pip", "check"],
    "generated": [GENERATE_PYTHON, "-m", "scripts.generator.generate", "--check"],
    "sync": [PYTHON, "-m", "scripts.generator.derive_sync", "--check"],
    "spec": [PYTHON, "-m", "scripts.contract.lint_spec"],
}

# Pyright and its Node come from locked wheels. These variables would make its launcher fetch another version or check for
# one, so they are removed.
UNWANTED = (
    "PYRIGHT_PYTHON_FORCE_VERSION",
    "PYRIGHT_PYTHON_PYLANCE_VERSION",
    "PYRIGHT_PYTHON_NODEJS_WHEEL",
)
SETTINGS = {"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1", "PYRIGHT_PYTHON_USE_BUNDLED_PYRIGHT": "1"}

# The source roots, relative to the project: the environment of the import linter has no project installed.
SOURCES = os.pathsep.join(("wrapper", "generated"))


def environment() -> dict[str, str]:
    """Return the environment variables of every check."""
    kept = {name: value for name, value in os.environ.items() if name not in UNWANTED}
    return kept | SETTINGS | {"PYTHONPATH": SOURCES}


def passes(name: str, command: Sequence[str], root: Path) -> bool:
    """Run one check, print its output only if it fails, and return whether it passed."""
    started = time.monotonic()
    try:
        done = subprocess.run(
            command,
            cwd=root,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        code, output = done.returncode, done.stdout
    except OSError as error:
        code, output = 1, f"{error}\n"
    seconds = time.monotonic() - started
    if code != 0:
        print(f"----- {name}: {' '.join(command)}\n{output.rstrip()}")
    print(f"{'ok    ' if code == 0 else 'FAILED'}  {name:10} {seconds:5.1f} s", flush=True)
    return code == 0


def main(
    arguments: Sequence[str] | None = None,
    checks: Mapping[str, Sequence[str]] = CHECKS,
    root: Path = ROOT,
) -> int:
    parser = argparse.ArgumentParser(description="Run the project's checks.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(checks)}; default: all")
    names = parser.parse_args(arguments).names or list(checks)
    unknown = [name for name in names if name not in checks]
    if unknown:
        parser.error(f"no such check: {', '.join(unknown)} (there are: {', '.join(checks)})")
    failed = [name for name in names if not passes(name, checks[name], root)]
    if failed:
        print(f"\n{len(failed)} of {len(names)} checks failed: {', '.join(failed)}")
        return 1
    print(f"\n{len(names)} checks passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
