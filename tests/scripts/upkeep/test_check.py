import sys
from pathlib import Path

import pytest

from scripts.upkeep import check

PASSING = [sys.executable, "-c", "print('shown only on failure')"]
FAILING = [sys.executable, "-c", "print('the reason'); raise SystemExit(3)"]
MISSING = ["no-such-program"]


def test_every_check_runs_and_failures_are_summarized(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checks = {"first": FAILING, "second": MISSING, "third": PASSING}
    assert check.main([], checks, tmp_path) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines if line.startswith(("ok", "FAILED"))] == [
        ["FAILED", "first"],
        ["FAILED", "second"],
        ["ok", "third"],
    ]
    assert "the reason" in lines
    assert "shown only on failure" not in lines
    assert lines[-1] == "2 of 3 checks failed: first, second"


def test_passing_checks_exit_zero(tmp_path: Path) -> None:
    assert check.main([], {"only": PASSING}, tmp_path) == 0


def test_named_checks_run_alone(tmp_path: Path) -> None:
    assert check.main(["good"], {"bad": FAILING, "good": PASSING}, tmp_path) == 0


def test_unknown_check_name_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as caught:
        check.main(["types"], {"mypy": PASSING}, tmp_path)
    assert caught.value.code == 2


def test_pyright_version_ignores_callers_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYRIGHT_PYTHON_FORCE_VERSION", "latest")
    monkeypatch.setenv("PYRIGHT_PYTHON_NODEJS_WHEEL", "0")
    monkeypatch.setenv("PYRIGHT_PYTHON_IGNORE_WARNINGS", "0")
    variables = check.environment()
    assert "PYRIGHT_PYTHON_FORCE_VERSION" not in variables
    assert "PYRIGHT_PYTHON_NODEJS_WHEEL" not in variables
    assert variables["PYRIGHT_PYTHON_IGNORE_WARNINGS"] == "1"
