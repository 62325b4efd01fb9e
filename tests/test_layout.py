"""The rules for the size of files, functions, folders and test names."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "wrapper" / "runflow_client"
MODULES = sorted(PACKAGE.rglob("*.py"))
FOLDERS = [PACKAGE, *sorted({path.parent for path in MODULES} - {PACKAGE})]

LONGEST_FILE = 400
LONGEST_FUNCTION = 50
MOST_ENTRIES_AT_THE_TOP = 12
MOST_ENTRIES_BELOW = 9
LONGEST_TEST_NAME = 10

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


def length(function: Function) -> int:
    """Count the lines of a function without its docstring: public ones describe every argument."""
    assert function.end_lineno is not None
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function) is None:
        return lines
    docstring = function.body[0]
    assert docstring.end_lineno is not None
    return lines - (docstring.end_lineno - docstring.lineno + 1)


def entries(folder: Path) -> list[str]:
    """List what a reader of a folder sees, without plumbing: names with a leading underscore and py.typed."""
    return sorted(
        path.name for path in folder.iterdir() if not path.name.startswith(("_", ".")) and path.name != "py.typed"
    )


def test_no_file_is_too_long() -> None:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert len(lengths) > 90
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_too_long() -> None:
    lengths = {
        f"{name_of(path)}: {function.name}": length(function) for path in MODULES for function in functions(path)
    }
    assert len(lengths) > 600
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_folder_has_few_entries(folder: Path) -> None:
    most = MOST_ENTRIES_AT_THE_TOP if folder == PACKAGE else MOST_ENTRIES_BELOW
    assert len(entries(folder)) <= most, entries(folder)


def test_test_names_have_at_most_ten_words() -> None:
    names = [
        f"{name_of(path)}: {function.name}"
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for function in functions(path)
        if function.name.startswith("test_") and len(function.name.split("_")) - 1 > LONGEST_TEST_NAME
    ]
    assert names == []
