"""What was generated compiles, is imported, and passes both type checkers, before it takes the place of anything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .refusals import GenerationError

# Imports every module, and evaluates every annotation.
_IMPORT = """
import importlib, pkgutil, sys, typing
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    package = importlib.import_module(name)
    for found in pkgutil.walk_packages(package.__path__, name + "."):
        module = importlib.import_module(found.name)
        for each in list(vars(module).values()):
            if getattr(each, "__module__", None) == module.__name__ and (isinstance(each, type) or callable(each)):
                typing.get_type_hints(each)
"""
_LONGEST_TOLD = 4_000
_PYRIGHT = {"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1", "PYRIGHT_PYTHON_USE_BUNDLED_PYRIGHT": "1"}


def verify(parent: Path, packages: Sequence[str], *, types: bool = True) -> None:
    """Checks packages that were generated.

    Args:
        parent: The folder that they stand in.
        packages: Their names.
        types: Whether the type checkers are run too.

    Raises:
        GenerationError: One of the checks fails, which is a fault of the generator; what it said is told.
    """
    for package in packages:
        compile_folder(parent / package)
    _run("the import", [sys.executable, "-I", "-W", "error", "-c", _IMPORT, str(parent), *packages], parent)
    if not types:
        return
    settings = parent / "pyrightconfig.json"
    settings.write_text(
        json.dumps({"include": list(packages), "typeCheckingMode": "standard", "pythonVersion": "3.11"}),
        encoding="utf-8",
    )
    nothing = parent / "mypy.ini"
    nothing.write_text("[mypy]\n", encoding="utf-8")
    mypy = [sys.executable, "-I", "-m", "mypy", "--strict", "--config-file", str(nothing), "--python-version", "3.11"]
    mypy += ["--cache-dir", os.devnull, "--no-error-summary", *(arg for name in packages for arg in ("-p", name))]
    pyright = [
        sys.executable,
        "-I",
        "-m",
        "pyright",
        "--project",
        str(settings),
        "--pythonpath",
        sys.executable,
        "--level",
        "error",
    ]
    with ThreadPoolExecutor(max_workers=2) as pool:
        for done in [pool.submit(_run, "mypy", mypy, parent), pool.submit(_run, "pyright", pyright, parent)]:
            done.result()


def compile_folder(folder: Path) -> None:
    for path in sorted(folder.rglob("*.py")):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                compile(path.read_text(encoding="utf-8"), path.name, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, Warning) as error:
            raise GenerationError(f"{path.relative_to(folder).as_posix()} does not compile: {error}") from None


def _run(name: str, command: Sequence[str], folder: Path) -> None:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYRIGHT_", "MYPY", "PYTHON"))}
    environment = {**kept, **_PYRIGHT, "MYPYPATH": str(folder)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode != 0:
        told = (done.stdout + done.stderr).strip().replace(f"{folder}{os.sep}", "")
        raise GenerationError(f"{name} of what was generated fails, a fault of the generator:\n{told[-_LONGEST_TOLD:]}")
