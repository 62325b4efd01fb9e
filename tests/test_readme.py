"""The examples, commands and links of the README work."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from runflow_client.runtime.clock import SystemClock
from runflow_client.sandbox import Sandbox, SandboxServer, sharp_picture

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


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
    # The clock of the server is fast enough for a client that does not sleep.
    monkeypatch.setattr(SystemClock, "sleep", lambda clock, seconds: None)
    exec(compile(example, "README.md", "exec"), {})
    assert capsys.readouterr().out.startswith("passed")


def test_readme_lists_exactly_the_make_targets() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):.* ## ", makefile, re.MULTILINE)) - {"help"}
    assert set(re.findall(r"^\| `make ([a-z-]+)`", README, re.MULTILINE)) == targets


def test_readme_links_and_paths_exist() -> None:
    paths = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    paths += re.findall(r"^([\w./]+) {2,}\S", README, re.MULTILINE)
    assert len(paths) > 5
    assert [path for path in paths if not (ROOT / path).exists()] == []
