from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from runflow_client.sandbox import Sandbox, SandboxServer, sharp_picture

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_the_lines_of_the_readme_give_a_verdict_against_the_sandbox_server(block: str, tmp_path: Path) -> None:
    (tmp_path / "headshot.png").write_bytes(sharp_picture())
    with SandboxServer(Sandbox(evaluation_seconds=0.1)) as server:
        environment = {"RUNFLOW_BASE_URL": server.url, "RUNFLOW_API_KEY": server.sandbox.keys[0]}
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", block],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert "passed" in done.stdout


def test_every_target_that_the_readme_names_is_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"\bmake ([a-z-]+)", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_path_that_the_readme_names_is_there() -> None:
    for path in re.findall(r"^([\w./]+/?) {2,}", README, re.MULTILINE):
        assert (ROOT / path).exists(), path
