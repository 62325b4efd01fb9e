"""The command line: what it prints, with which exit status, and what it refuses to compare."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from contract_repository import Repository

from scripts.contract import spec_diff

ROOT = Path(__file__).resolve().parents[3]
SUBMIT = "    SubmitEvaluationRequest:\n"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "a project")


def said(repository: Repository, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What is printed when the comparison fails."""
    assert spec_diff.main(["--spec", str(repository.spec), *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err


def test_a_ref_that_is_not_there_is_named(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no commit 'v9.9'" in said(repository, capsys, "--base", "v9.9")
    assert "no commit '--help'" in said(repository, capsys, "--base=--help")


def test_a_ref_without_the_contract_is_not_an_empty_contract(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.git("switch", "--quiet", "--orphan", "empty")
    repository.git("commit", "--quiet", "--allow-empty", "--message", "Nothing")
    repository.git("switch", "--quiet", "change")
    assert "`git show` failed" in said(repository, capsys, "--base", "empty")


def test_without_main_a_ref_is_asked_for(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    repository.git("branch", "--quiet", "--move", "main", "trunk")
    assert "name a git ref" in said(repository, capsys)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("paths:\n", "paths: [\n", "is not YAML"),
        ("openapi: 3.1.0", "openapi: 4.0.0", "is OpenAPI 4.0.0"),
        ("openapi: 3.1.0", "swagger: 2.0", "is not an OpenAPI document"),
        ("schemas/EvaluationSource'", "schemas/Nowhere'", "'#/components/schemas/Nowhere' leads nowhere"),
        ("      properties:\n", "      properties: {}\n      properties:\n", "stands here twice"),
    ],
)
def test_a_broken_contract_is_never_compared(
    repository: Repository, capsys: pytest.CaptureFixture[str], old: str, new: str, what: str
) -> None:
    repository.replace(old, new, SUBMIT if "properties" in old else "")
    assert what in said(repository, capsys)
    # And not when it is the old version that is broken.
    repository.commit()
    repository.git("checkout", "--quiet", "main", "--", "openapi.yaml")
    assert what in said(repository, capsys, "--base", "change")


def test_a_contract_that_is_gone_is_named(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    repository.spec.unlink()
    assert "openapi.yaml cannot be read" in said(repository, capsys)


def run(repository: Repository, **streams: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scripts.contract.spec_diff", "--spec", str(repository.spec)]
    return subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False, **streams)


def test_a_reader_that_stops_early_is_no_fault(repository: Repository) -> None:
    repository.replace("maxLength: 100", "maxLength: 50", SUBMIT)
    reading, writing = os.pipe()
    os.close(reading)
    done = run(repository, stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


def test_the_exit_status_is_explained_to_a_person_only(
    repository: Repository, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.replace("maxLength: 100", "maxLength: 50", SUBMIT)
    arguments = ["--spec", str(repository.spec)]
    assert spec_diff.main(arguments) == 1
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert spec_diff.main(arguments) == 1
    assert "Exit status 1: the comparison went well" in capsys.readouterr().err


def test_nothing_is_fetched_or_read_outside_the_file(
    repository: Repository, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text("password: hunter2\n", encoding="utf-8")
    line = repository.replace("#/components/schemas/EvaluationSource", str(secret))
    printed = said(repository, capsys)
    assert f"line {line}: the reference {str(secret)!r} leads out of the file" in printed
    assert "hunter2" not in printed


def test_a_fault_of_our_own_exits_with_two(
    repository: Repository, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spec_diff, "compared", lambda *arguments: 1 / 0)
    assert "ZeroDivisionError" in said(repository, capsys)
