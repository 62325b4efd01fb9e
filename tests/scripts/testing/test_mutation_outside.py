"""Mutants of constants, class fields and decorated functions, and their status after the tests ran."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import libcst
import pytest

from scripts.testing import mutation_outside
from scripts.testing.mutation_outside import Variant


def one_more(node: libcst.CSTNode) -> Iterator[libcst.CSTNode]:
    assert isinstance(node, libcst.Integer)
    yield libcst.Integer(str(int(node.value) + 1))


def unchanged(node: libcst.CSTNode) -> Iterator[libcst.CSTNode]:
    yield node


OPERATORS: mutation_outside.Operators = [(libcst.Integer, one_more), (libcst.Integer, unchanged)]


def found(code: str) -> list[tuple[str, str, str]]:
    variants = mutation_outside.variants("module.py", textwrap.dedent(code), OPERATORS)
    return [(variant.place, variant.old, variant.new) for variant in variants]


def test_constant_is_mutated_anywhere_in_statement() -> None:
    assert found("LIMITS = (1, 20)") == [
        ("", "LIMITS = (1, 20)", "LIMITS = (2, 20)"),
        ("", "LIMITS = (1, 20)", "LIMITS = (1, 21)"),
    ]


def test_class_fields_are_mutated_and_type_only_statements_are_not() -> None:
    code = """
        from typing import Literal, Protocol, TypeVar

        T = TypeVar("T", bound=Literal[1])

        class Policy:
            "Waits 5 seconds."

            first: Literal[3] = 5

        # What `*` gives.
        __all__ = ["Policy", "1", 1]

        class Seam(Protocol):
            size: int = 9
    """
    assert found(code) == [("Policy", "first: Literal[3] = 5", "first: Literal[3] = 6")]


def test_function_is_mutated_only_where_mutmut_skips_it() -> None:
    code = """
        def plain():
            return 1

        class Policy:
            @property
            def longest(self):
                "Returns 2."
                return 2

            @staticmethod
            def of():
                return 3

            def method(self):
                return 4
    """
    assert found(code) == [("Policy.longest", "return 2", "return 3")]


def test_variant_is_whole_module_with_one_change() -> None:
    code = "# A comment.\nA = 1\n\n\ndef f():\n    return A\n"
    (variant,) = mutation_outside.variants("module.py", code, OPERATORS)
    assert variant == Variant("module.py", "", "A = 1", "A = 2", code.replace("A = 1", "A = 2"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # starts in a third of the time
    # `make coverage` would otherwise measure this stand-in as the library.
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
    package = tmp_path / "src" / "runflow_client"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "limits.py").write_text("LONGEST = 1\nUNUSED = 1\n", encoding="utf-8")
    test = "from runflow_client.limits import LONGEST\n\ndef test_longest():\n    assert LONGEST == 1\n"
    (tmp_path / "test_limits.py").write_text(test, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n", encoding="utf-8")
    (tmp_path / "selection").write_text("test_limits.py", encoding="utf-8")
    return tmp_path


def test_detected_mutant_is_killed_and_undetected_mutant_survives(folder: Path) -> None:
    code = (folder / "src" / "runflow_client" / "limits.py").read_text(encoding="utf-8")
    variants = list(mutation_outside.variants("limits.py", code, OPERATORS))
    assert [variant.old for variant in variants] == ["LONGEST = 1", "UNUSED = 1"]
    assert mutation_outside.statuses(folder, variants) == ["killed", "survived"]


def test_tests_failing_without_mutant_stop_run(folder: Path) -> None:
    (folder / "test_limits.py").write_text("def test_longest():\n    assert False\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="fail without any mutant"):
        mutation_outside.statuses(folder, [])


def test_mutant_over_time_limit_is_reported_as_timeout(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "LONGEST = 1\nwhile LONGEST != 1:\n    pass\n"
    (folder / "src" / "runflow_client" / "limits.py").write_text(code, encoding="utf-8")
    (variant, *_) = mutation_outside.variants("limits.py", code, OPERATORS)
    monkeypatch.setattr(mutation_outside, "LONGEST_RUN", 3.0)
    assert mutation_outside.statuses(folder, [variant]) == ["timeout"]
