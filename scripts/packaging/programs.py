"""Runs the programs of the packaging checks, and makes the empty environments that they install into."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Beside the distributions, and out of the way of anything that looks for the project's own files.
WORK = ROOT / "build" / "package"
DIST = ROOT / "dist"

# Settings of the caller's shell that would show the checked programs the sources in place of what is installed.
MISLEADING = (
    "PYTHONPATH",
    "PYTHONHOME",
    "VIRTUAL_ENV",
    "RUNFLOW_API_KEY",
    "RUNFLOW_BASE_URL",
    "RUNFLOW_ORGANIZATION_ID",
)


class ProgramFailedError(Exception):
    """A program ended with an exit status that was not expected; the message holds its output."""


def run(
    command: Sequence[str | Path],
    folder: Path = ROOT,
    *,
    status: int = 0,
    variables: Mapping[str, str] | None = None,
) -> str:
    """Run a program without the caller's Python settings, and return its output."""
    environment = {name: value for name, value in os.environ.items() if name not in MISLEADING}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=environment | dict(variables or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode != status:
        text = " ".join(str(part) for part in command)
        raise ProgramFailedError(f"{text}\n{done.stdout.rstrip()}\nexit status {done.returncode}, not {status}")
    return done.stdout


def python_of(environment: Path) -> Path:
    """Return the interpreter of an environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def new_environment(name: str, *requirements: str, python: str = sys.executable, options: Sequence[str] = ()) -> Path:
    """Make an environment that holds the requirements and nothing else, and return its interpreter."""
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    run([sys.executable, "-m", "uv", "venv", "--quiet", "--python", python, folder])
    interpreter = python_of(folder)
    if requirements:
        install: list[str | Path] = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", interpreter]
        run([*install, *options, *requirements])
    return interpreter


def wheel() -> Path:
    """Return the wheel that was built last."""
    return newest("*.whl")


def newest(pattern: str) -> Path:
    found = sorted(DIST.glob(pattern), key=lambda path: path.stat().st_mtime)
    if not found:
        raise ProgramFailedError(f"dist/ holds no {pattern}: make package ARGS=build")
    return found[-1]


def requirement(extras: str = "") -> str:
    """Return what installs the built wheel, with extras where named."""
    return f"runflow-client{f'[{extras}]' if extras else ''} @ {wheel().as_uri()}"
