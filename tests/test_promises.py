"""Every promise in docs/promises.md names existing tests."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
HEADINGS = (
    "Billed once",
    "A deadline is a deadline",
    "Many machines",
    "Retries",
    "Waiting",
    "Many at once",
    "Unknown is not an error",
    "No verdict is not a verdict",
    "Errors",
    "Secrets",
    "Client lifecycle",
    "Connections",
    "Events and logs",
    "Uploads",
    "Callbacks",
    "Testing a service",
    "Command line",
)


def rows(text: str) -> list[tuple[str, list[str]]]:
    """Return the promises of a page, each with the tests that it names."""
    lines = [
        line for line in text.splitlines() if line.startswith("| ") and not line.startswith(("| promise", "| ---"))
    ]
    return [(line.split("|")[1].strip(), re.findall(r"`(test_\w+)`", line.split("|")[2])) for line in lines]


def names_of_tests() -> set[str]:
    found: set[str] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_"):
                found.add(node.name)
    return found


def test_every_promise_names_existing_tests() -> None:
    existing = names_of_tests()
    promised = rows(PAGE)
    assert len(promised) >= 45
    for promise, named in promised:
        assert named, f"no test for: {promise}"
        assert not set(named) - existing, f"missing tests: {sorted(set(named) - existing)}"


def test_every_heading_of_promises_has_rows() -> None:
    parts = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
    assert [part.splitlines()[0] for part in parts] == list(HEADINGS)
    assert all(rows(part) for part in parts)


def test_promise_without_test_is_found() -> None:
    assert rows("| Nothing is lost. | |") == [("Nothing is lost.", [])]


def test_readme_links_to_promises_page() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    promises = re.search(r"## What it promises\n(.*?)\n## ", readme, re.DOTALL)
    assert promises is not None
    assert "docs/promises.md" in promises[1]
