"""Make the mutants that mutmut leaves out: of constants, class fields and decorated functions.

mutmut switches between the variants of a function while the tests run, so it cannot change anything that is computed when a
module is imported. Limits, sets of statuses, patterns of secrets and the defaults of policies are computed there. This module
applies mutmut's operators to them; each variant is a file, with a test run of its own.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import libcst

COPIES = 2
LONGEST_RUN = 180.0
Operators = Sequence[tuple[type[libcst.CSTNode], Callable[[libcst.CSTNode], Iterable[object]]]]
"""Functions that mutate a type of node, in the form of `mutmut.mutation.mutators.mutation_operators`."""
# Statements that only type checkers read.
_TYPES = ("TypeAlias", "TypeVar", "Protocol")
_MUTMUT_DECORATORS = ("staticmethod", "classmethod")


@dataclass(frozen=True)
class Variant:
    """A module with one mutation.

    Args:
        path: below wrapper/runflow_client.
        place: the class or function that is changed; empty for the module itself.
        old: the statement before the change.
        new: the statement after the change.
        code: the text of the whole module.
    """

    path: str
    place: str
    old: str
    new: str
    code: str


def variants(path: str, code: str, operators: Operators) -> Iterator[Variant]:
    """Yield every variant of a module whose change mutmut would not make."""
    module = libcst.parse_module(code)
    for place, statement in _statements(module.body, ""):
        for node in _nodes(statement):
            for changed in (one for kind, operator in operators if isinstance(node, kind) for one in operator(node)):
                after = statement.deep_replace(node, changed) if isinstance(changed, libcst.CSTNode) else statement
                if isinstance(after, libcst.CSTNode):
                    text = libcst.ensure_type(module.deep_replace(statement, after), libcst.Module).code
                    if text != code:
                        yield Variant(path, place, _line(module, statement), _line(module, after), text)


def _line(module: libcst.Module, statement: libcst.CSTNode) -> str:
    return module.code_for_node(statement).strip()


def _statements(body: object, place: str) -> Iterator[tuple[str, libcst.CSTNode]]:
    """Yield the statements that run at import, and the bodies of the functions that mutmut skips."""
    for statement in body if isinstance(body, (list, tuple)) else ():
        if isinstance(statement, libcst.ClassDef):
            if not _is_type(statement):
                yield from _statements(statement.body.body, statement.name.value)
        elif isinstance(statement, libcst.FunctionDef):
            if _is_decorated(statement):
                name = f"{place}.{statement.name.value}".lstrip(".")
                yield from ((name, inner) for inner in statement.body.body if not _is_plain_text(inner))
        elif isinstance(statement, libcst.SimpleStatementLine) and not _is_for_type_checkers(statement):
            yield place, statement


def _is_decorated(function: libcst.FunctionDef) -> bool:
    names = [decorator.decorator for decorator in function.decorators]
    return bool(names) and not (
        len(names) == 1 and isinstance(names[0], libcst.Name) and names[0].value in _MUTMUT_DECORATORS
    )


def _is_type(statement: libcst.ClassDef) -> bool:
    return any(isinstance(base.value, libcst.Name) and base.value.value in _TYPES for base in statement.bases)


def _is_for_type_checkers(statement: libcst.SimpleStatementLine) -> bool:
    text = libcst.Module([statement.with_changes(leading_lines=())]).code
    return (
        isinstance(statement.body[0], (libcst.Import, libcst.ImportFrom))
        or _is_plain_text(statement)
        or any(word in text for word in _TYPES)
        or text.startswith("__")
    )


def _is_plain_text(statement: libcst.CSTNode) -> bool:
    return (
        isinstance(statement, libcst.SimpleStatementLine)
        and isinstance(statement.body[0], libcst.Expr)
        and isinstance(statement.body[0].value, (libcst.SimpleString, libcst.ConcatenatedString, libcst.Ellipsis))
    )


def _nodes(node: libcst.CSTNode) -> Iterator[libcst.CSTNode]:
    if isinstance(node, (libcst.Annotation, libcst.Decorator)):
        return
    yield node
    for child in node.children:
        yield from _nodes(child)


def statuses(folder: Path, found: list[Variant]) -> list[str]:
    """Run the tests of a folder on each variant, on two cores, and return each status: killed, survived or timeout."""
    copies: SimpleQueue[Path] = SimpleQueue()
    for number in range(COPIES):
        copy = folder / f"outside-{number}"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(folder / "src", copy)
        copies.put(copy)

    def status(variant: Variant) -> str:
        copy = copies.get()
        path = copy / "runflow_client" / variant.path
        before = path.read_text(encoding="utf-8")
        path.write_text(variant.code, encoding="utf-8")
        try:
            return _tested(folder, copy, LONGEST_RUN)
        finally:
            path.write_text(before, encoding="utf-8")
            copies.put(copy)

    if _tested(folder, folder / "src", None) != "survived":
        raise SystemExit(f"the tests of {folder} fail without any mutant")
    with ThreadPoolExecutor(COPIES) as pool:
        return list(pool.map(status, found))


def _tested(folder: Path, source: Path, longest: float | None) -> str:
    command = ["nice", "-n", "10", sys.executable, "-m", "pytest", "-x", "-q", "--no-header"]
    # The cache of compiled modules could not tell apart two variants of the same second and size.
    variables = {**os.environ, "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"}
    arguments = (folder / "selection").read_text(encoding="utf-8").splitlines()
    try:
        done = subprocess.run(
            [*command, *arguments], cwd=folder, env=variables, capture_output=True, timeout=longest, check=False
        )
    except subprocess.TimeoutExpired:
        return "timeout"
    return "survived" if done.returncode == 0 else "killed"
