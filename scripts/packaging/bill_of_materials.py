"""Writes the software bill of materials: what the library and its extras bring, as CycloneDX."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from scripts.packaging.installs import every_extra
from scripts.packaging.programs import DIST, ROOT, ProgramFailedError, new_environment, requirement, run, wheel


def bill_of_materials() -> None:
    """Write dist/*.cdx.json from an environment that holds the library with every extra."""
    python = new_environment("every-extra", requirement(every_extra()))
    path = DIST / f"{wheel().name.partition('-py3')[0]}.cdx.json"
    options: list[str | Path] = [
        "--pyproject",
        ROOT / "pyproject.toml",
        "--output-reproducible",
        "--output-format",
        "JSON",
    ]
    run([sys.executable, "-m", "cyclonedx_py", "environment", *options, "--output-file", path, python])
    names = {part["name"] for part in json.loads(path.read_text(encoding="utf-8"))["components"]}
    if not {"attrs", "h11", "httpx", "pillow"} <= names:
        raise ProgramFailedError(f"{path.name} lists only: {', '.join(sorted(names))}")
