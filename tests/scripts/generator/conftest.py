"""The generator's environment, and the packages that it makes of the cases, once for all tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
CASES = Path(__file__).with_name("cases")


@pytest.fixture(scope="session")
def python() -> Path:
    """The Python of the generator's environment."""
    path = Path(os.environ.get("RUNFLOW_GENERATE_PYTHON") or ROOT / ".venv-generate" / "bin" / "python")
    if not path.exists():
        pytest.fail("The generator's environment is missing: run `make test`, which makes it.")
    return path


@dataclass
class Packages:
    """What became of the cases.

    Args:
        documents: The documents by package name.
        names: What the cases are called, by package name.
        outcomes: The refusals; empty where a package was written.
        fault: What the verification of all packages found; empty where it passed.
    """

    documents: dict[str, Any]
    names: dict[str, str]
    outcomes: dict[str, str]
    fault: str

    def module(self, package: str, name: str = "") -> ModuleType:
        """A module of a package."""
        return import_module(f"{package}.{name}" if name else package)

    def generated(self) -> list[str]:
        """The packages that were written."""
        return [package for package, outcome in self.outcomes.items() if not outcome]


def make_packages(python: Path, folder: Path, documents: dict[str, Any], *, verify: bool) -> dict[str, Any]:
    """Generates packages into a folder; what became of each."""
    contracts = folder / "contracts.json"
    contracts.write_text(json.dumps(documents), encoding="utf-8")
    script = ROOT / "tests" / "support" / "generate_packages.py"
    done = subprocess.run(
        [python, script, contracts, folder, *(["--verify"] if verify else [])],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="session")
def packages(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Packages]:
    """The packages of all cases, verified together and importable."""
    folder = tmp_path_factory.mktemp("packages")
    cases = json.loads((CASES / "contracts.json").read_text(encoding="utf-8"))
    documents = {f"case_{index:03}": case["document"] for index, case in enumerate(cases)}
    names = {f"case_{index:03}": case["name"] for index, case in enumerate(cases)}
    documents["fastapi_whole"] = json.loads((CASES / "fastapi.json").read_text(encoding="utf-8"))
    names["fastapi_whole"] = "fastapi"
    found = make_packages(python, folder, documents, verify=True)
    sys.path.insert(0, str(folder))
    try:
        yield Packages(documents, names, found["outcomes"], found["fault"])
    finally:
        sys.path.remove(str(folder))
        for name in [each for each in sys.modules if each.partition(".")[0] in (*documents, "shared")]:
            del sys.modules[name]
