"""The examples and links of the README work, and CONTRIBUTING lists the commands."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from runflow_client import Runflow
from runflow_client.runtime.clock import SystemClock
from runflow_client.sandbox import Sandbox, SandboxServer, sharp_picture

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)

MANY = next(example for example in EXAMPLES if "evaluate_many" in example)


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox(evaluation_seconds=3), speed=1000) as server:
        yield server


@pytest.mark.parametrize("example", EXAMPLES)
def test_readme_example_passes_against_sandbox_server(
    example: str,
    server: SandboxServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "headshot.png").write_bytes(sharp_picture())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUNFLOW_BASE_URL", server.url)
    monkeypatch.setenv("RUNFLOW_API_KEY", server.sandbox.keys[0])
    with Runflow() as client:
        monkeypatch.setenv("RUNFLOW_CALLBACK_SECRETS", client.callback_secrets.create("readme").plain_secret or "")
    # The clock of the server is fast enough for a client that does not sleep.
    monkeypatch.setattr(SystemClock, "sleep", lambda clock, seconds: None)
    if "write_report" in example:  # it reads the journal of the batch
        exec(compile(MANY, "README.md", "exec"), {})
    exec(compile(example, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "whsec_" in printed if "callback_secrets" in example else printed.startswith("passed")


def test_readme_shows_what_its_first_example_prints(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(EXAMPLES[0], "README.md", "exec"), {})
    assert f"```\n{capsys.readouterr().out}```" in README


def test_contributing_lists_exactly_the_make_targets() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):.* ## ", makefile, re.MULTILINE)) - {"help"}
    assert set(re.findall(r"^\| `make ([a-z-]+)`", contributing, re.MULTILINE)) == targets


def test_contributing_examples_run(capsys: pytest.CaptureFixture[str]) -> None:
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```", contributing, re.MULTILINE | re.DOTALL)
    exec(compile(example, "CONTRIBUTING.md", "exec"), {})
    assert "undecided" in capsys.readouterr().out


def test_readme_shows_every_public_setting() -> None:
    settings = set(inspect.signature(Runflow).parameters)
    assert set(re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)) >= settings
