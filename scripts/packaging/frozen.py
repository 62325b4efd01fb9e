"""Makes programs of one file with PyInstaller and zipapp, and runs them: the contract and the sandbox's files have to be inside."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sys
from pathlib import Path

from scripts.packaging.installs import SANDBOX
from scripts.packaging.programs import WORK, ProgramFailedError, new_environment, requirement, run

PROGRAM = f"""
{SANDBOX}
import pickle
from runflow_client.sandbox import SandboxServer
from runflow_client import Runflow
with SandboxServer(Sandbox(evaluation_seconds=1), speed=100) as server:
    with Runflow(server.sandbox.keys[0], base_url=server.url) as client:
        evaluation = client.evaluations.evaluate(sharp_picture(), "headshot")
assert pickle.loads(pickle.dumps(evaluation)).passed
print("passed")
"""


def frozen() -> None:
    """Freeze a program that starts the sandbox, and run it, by each of the two tools."""
    folder = WORK / "frozen"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "application").mkdir(parents=True)
    (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
    (folder / "application" / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    pyinstaller()
    zipapp()


def pyinstaller() -> None:
    """Freeze without options: what has to be in it says the hook that the wheel brings."""
    folder = WORK / "frozen"
    version = importlib.metadata.version("pyinstaller")
    python = new_environment("pyinstaller", requirement("sandbox"), f"pyinstaller=={version}")
    run([python, "-I", "-m", "PyInstaller", "--log-level", "ERROR", "--onefile", "program.py"], folder)
    require_passed(run([folder / "dist" / f"program{'.exe' if os.name == 'nt' else ''}"], folder))


def zipapp() -> None:
    """Put the library into one archive. Pillow and jsonschema have binary parts, which no archive can hold: they are installed."""
    folder = WORK / "frozen"
    install: list[str | Path] = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "install",
        "--quiet",
        "--target",
        folder / "application",
    ]
    run([*install, "--no-deps", requirement()])
    run([sys.executable, "-m", "zipapp", "application", "--output", "application.pyz"], folder)
    libraries = new_environment("libraries", requirement("sandbox"))
    run([sys.executable, "-m", "uv", "pip", "uninstall", "--quiet", "--python", libraries, "runflow-client"])
    require_passed(run([libraries, "-I", "application.pyz"], folder))


def require_passed(output: str) -> None:
    """Raise unless a program printed that it passed, and nothing else."""
    if output != "passed\n":
        raise ProgramFailedError(f"the program was to print `passed`, and printed:\n{output}")
