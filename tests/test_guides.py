"""The guides' examples run against the sandbox, and the reference lists every public name."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

import runflow_client
from runflow_client.errors import RunflowError
from runflow_client.runtime.clock import SystemClock
from runflow_client.sandbox import Sandbox, SandboxServer, blurred_picture, sharp_picture

DOCS = Path(__file__).resolve().parents[1] / "docs"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = {
    path.relative_to(DOCS).as_posix(): BLOCK.findall(path.read_text(encoding="utf-8"))
    for path in sorted(DOCS.rglob("*.md"))
}
# They need more than a server: several processes, a database, callbacks.
TESTED_ELSEWHERE = {
    "callbacks.md": "tests/test_callbacks_page.py",
    "many-machines.md": "tests/wrapper/batch/test_batch_shards.py",
}
WITH_EXAMPLES = [name for name, blocks in PAGES.items() if blocks and name not in TESTED_ELSEWHERE]


@pytest.mark.parametrize("page", WITH_EXAMPLES)
def test_each_example_of_page_runs_by_itself(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "headshot.png").write_bytes(sharp_picture())  # as `runflow sandbox --write-pictures` does
    (tmp_path / "blurred.png").write_bytes(blurred_picture())
    monkeypatch.chdir(tmp_path)  # one folder a page: a later example may read the journal of an earlier one
    # The clock of the server is fast enough for a client that does not sleep.
    monkeypatch.setattr(SystemClock, "sleep", lambda clock, seconds: None)
    for block in PAGES[page]:
        names: dict[str, Any] = {}
        with SandboxServer(Sandbox(evaluation_seconds=3), speed=1000) as server:
            monkeypatch.setenv("RUNFLOW_BASE_URL", server.url)
            monkeypatch.setenv("RUNFLOW_API_KEY", server.sandbox.keys[0])
            exec(compile(block, page, "exec"), names)
        for name in [name for name in names if name.startswith("test_")]:
            names[name](request.getfixturevalue("runflow_sandbox"))


@pytest.mark.parametrize(
    ("fault", "settings", "end", "charges"),
    [
        ("POST /v1/evaluations: drop after x5", {}, "passed", 1),
        ("always POST /v1/evaluations: 503", {}, "ServerError", 0),
        ("always GET /v1/evaluations/*: 503", {}, "WaitTimeoutError", 1),
        ("ok", {"evaluation_seconds": 500}, "passed", 1),
        ("ok", {"outcome": "failed"}, "processing_failed", 0),
    ],
)
def test_whole_call_of_errors_page_is_charged_once(
    fault: str, settings: dict[str, Any], end: str, charges: int, tmp_path: Path
) -> None:
    (block,) = (block for block in PAGES["errors-and-retries.md"] if "def judged" in block)
    names: dict[str, Any] = {}
    exec(compile(block.partition("with Runflow()")[0], "errors-and-retries.md", "exec"), names)
    (tmp_path / "headshot.png").write_bytes(sharp_picture())
    sandbox = Sandbox(evaluation_seconds=settings.get("evaluation_seconds", 3))
    if "outcome" in settings:
        sandbox.outcomes.append(settings["outcome"])
    sandbox.faults.add(fault)
    with sandbox.client() as client:
        try:
            evaluation = names["judged"](client, tmp_path / "headshot.png", "order-17")
        except RunflowError as error:
            found = type(error).__name__
        else:
            found = evaluation.verdict or evaluation.failure_code
    assert (found, len(sandbox.charges)) == (end, charges)


@pytest.mark.parametrize("page", TESTED_ELSEWHERE)
def test_page_tested_elsewhere_is_read_there(page: str) -> None:
    assert page in (DOCS.parent / TESTED_ELSEWHERE[page]).read_text(encoding="utf-8")


@pytest.mark.parametrize("module", ["errors", "events", "callbacks", "sandbox"])
def test_reference_takes_whole_module(module: str) -> None:
    page = (DOCS / "reference" / f"{module}.md").read_text(encoding="utf-8")
    assert f".. automodule:: runflow_client.{module}\n" in page
    assert importlib.import_module(f"runflow_client.{module}").__all__


def test_reference_lists_every_public_name() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (DOCS / "reference").glob("*.md"))
    listed = set(re.findall(r"^\.\. auto\w+:: \S*?(\w+)$", text, re.MULTILINE))
    assert set(runflow_client.__all__) - listed == {"__version__"}


def test_site_has_every_page_in_its_contents() -> None:
    indexes = ("index.md", "guides.md", "project.md", "reference/index.md")
    contents = "".join((DOCS / name).read_text(encoding="utf-8") for name in indexes)
    entries = set(re.findall(r"^(?:[A-Z]\w+ <)?([a-z/A-Z-]+)>?$", contents, re.MULTILINE))
    pages = {name.removesuffix(".md").removeprefix("reference/") for name in PAGES} - {"index", "README"}
    pages = {name for name in pages if "/" not in name}  # project.md takes other folders whole
    assert pages - entries == set()
