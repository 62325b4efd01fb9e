"""Checks code that uses the installed library with three type checkers, in their strict modes."""

from __future__ import annotations

import json
import sys

from scripts.packaging.programs import ROOT, WORK, new_environment, requirement, run

USES = ROOT / "scripts" / "packaging" / "typed_uses.py"
PYRIGHT = {"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1", "PYRIGHT_PYTHON_USE_BUNDLED_PYRIGHT": "1"}


def types_outside() -> None:
    """Check the types that a user's checker reads from the installed wheel."""
    python = new_environment("types", requirement("sandbox"))
    folder = WORK / "typed-uses"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "uses.py").write_text(USES.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict", "include": ["uses.py"]}))
    run([sys.executable, "-m", "mypy", "--strict", "--python-executable", python, "uses.py"], folder)
    run([sys.executable, "-m", "pyright", "--pythonpath", python, "--project", folder], folder, variables=PYRIGHT)
    run([sys.executable, "-m", "pyrefly", "check", "--python-interpreter-path", python, "uses.py"], folder)
    run([python, "-I", "uses.py"], folder)
