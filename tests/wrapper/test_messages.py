"""The texts that people read, in the source of the package."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import runflow_client

PACKAGE = Path(runflow_client.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
NOT_SHOWN = frozenset({"[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}"})
"""A pattern, and the character that stands in an uploaded file's name for bytes that are not UTF-8."""


def literals_of(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and value of every string of a module, docstrings excluded."""
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_string_literals_are_ascii(file: Path) -> None:
    """A console that knows only ASCII must be able to print every message, log line and repr."""
    literals = literals_of(ast.parse(file.read_text("utf-8")))
    found = [(line, text) for line, text in literals if not text.isascii() and text not in NOT_SHOWN]
    assert not found, f"write it in ASCII (... for an ellipsis, an entity in HTML): {found}"


@pytest.mark.parametrize(
    "code", ["x = 'Wait\u2026'", "x = f'{y} \u00b7 z'", "f('\\u2026')", "def f():\n    'doc'\n    return '\u2713'"]
)
def test_literal_outside_ascii_is_found_anywhere(code: str) -> None:
    assert [text for _, text in literals_of(ast.parse(code)) if not text.isascii()]


def test_docstring_outside_ascii_is_allowed() -> None:
    assert not list(literals_of(ast.parse("'''A picture \u2026'''\ndef f():\n    '''\u2026'''")))
