"""The real Makefile, with stand-ins for the interpreter and the environments."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.upkeep.environments import environments

ROOT = Path(__file__).resolve().parents[3]

# Prints its environment, its folder, its arguments and the caller's settings that reach it.
STAND_IN = """#!/bin/sh
case "$*" in *sys.version_info*) exit 0 ;; esac
echo "$(basename "$(dirname "$(dirname "$0")")") in $PWD: $* [${PYTHONPATH-}] [${RUNFLOW_GENERATE_PYTHON-}]"
"""


@pytest.fixture(params=["project", "a project"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / str(request.param)
    folder.mkdir()
    shutil.copy(ROOT / "Makefile", folder)
    for name in (*(environment.folder.name for environment in environments(ROOT).values()), "system"):
        write_program(folder / name / "bin" / "python", STAND_IN)
    return folder


def write_program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def make(*arguments: str, folder: Path, python: Path | str) -> subprocess.CompletedProcess[str]:
    # Without the variables that an outer `make test` sets.
    handed_down = ("MAKEFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "MFLAGS", "RUNFLOW_GENERATE_PYTHON")
    kept = {name: value for name, value in os.environ.items() if name not in handed_down}
    return subprocess.run(
        ["make", "--no-print-directory", *arguments, f"PYTHON={python}"],
        cwd=folder,
        env=kept | {"PYTHONPATH": "elsewhere", "ARGS": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()[-1]


def test_make_test_runs_pytest_with_both_environments(project: Path) -> None:
    done = make("test", "ARGS=-k wait", folder=project, python=project / "system/bin/python")
    assert (
        last_line(done)
        == f".venv in {project}: -m pytest -n 2 --dist worksteal -k wait [] [{project}/.venv-generate/bin/python]"
    )
    assert f"system in {project}: -I scripts/upkeep/environments.py dev" in done.stdout
    assert f"system in {project}: -I scripts/upkeep/environments.py generate" in done.stdout


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("demo", ".venv in {}: examples/demo.py"),
        ("check", ".venv in {}: -m scripts.upkeep.check"),
        ("generate", ".venv-generate in {}: -m scripts.generator.generate"),
        ("check-generated", ".venv-generate in {}: -m scripts.generator.generate --check"),
        ("spec-diff", ".venv in {}: -m scripts.contract.spec_diff --base  --format text"),
        ("derive", ".venv in {}: -m scripts.generator.derive_sync"),
        ("test-pages", ".venv-pages in {}: -m scripts.testing.pages"),
        ("fuzz", ".venv-fuzz in {}: -m scripts.testing.fuzz"),
        ("lock", ".venv in {}: -m scripts.upkeep.lock"),
        ("package", ".venv-package in {}: -m scripts.packaging.package"),
        ("docs", ".venv-docs in {}: -m scripts.documentation.build"),
        ("mutation", ".venv-mutation in {}: -m scripts.testing.mutation"),
        ("coverage", ".venv in {}: -m coverage report"),
    ],
)
def test_target_runs_its_script_in_its_environment(project: Path, target: str, expected: str) -> None:
    done = make(target, folder=project, python=project / "system/bin/python")
    assert last_line(done).startswith(f"{expected.format(project)} [")


def test_target_works_from_another_folder(project: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    python = project / "system/bin/python"
    for arguments in (["-f", f"{project}/Makefile"], ["-f", f"../{project.name}/Makefile"], ["-C", str(project)]):
        done = make(*arguments, "check", folder=elsewhere, python=python)
        assert last_line(done).startswith(f".venv in {project}: -m scripts.upkeep.check")


def test_no_target_lists_targets(project: Path) -> None:
    done = make(folder=project, python="no-such-python")
    assert done.returncode == 0
    for target in ("demo", "test", "check", "generate", "check-generated", "lock", "help", "clean"):
        assert f"make {target} " in done.stdout


def test_help_lists_every_target_in_its_group(project: Path) -> None:
    groups = make("help", folder=project, python="no-such-python").stdout.split("\n\n")
    assert [group.splitlines()[0] for group in groups] == [
        "Daily",
        "The contract and the generated layer",
        "Long searches for defects",
        "Documentation and distributions",
        "Figures",
        "Upkeep",
    ]
    listed = [line.split()[1] for group in groups for line in group.splitlines()[1:]]
    assert listed == re.findall(r"^([a-z-]+):.* ## ", (project / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_missing_interpreter_is_named(project: Path) -> None:
    done = make("test", folder=project, python="no-such-python")
    assert done.returncode != 0
    assert "no-such-python was not found" in done.stderr


def test_old_interpreter_is_named_with_its_version(project: Path) -> None:
    old = write_program(project / "old/python", '#!/bin/sh\n[ "$1" = -V ] && echo Python 3.9.2\nexit 1\n')
    done = make("test", folder=project, python=old)
    assert done.returncode != 0
    assert f"Python 3.11 or newer is needed, and {old} is Python 3.9.2" in done.stderr
    assert "pytest" not in done.stdout


def test_failed_environment_stops_target(project: Path) -> None:
    broken = write_program(
        project / "broken/python", '#!/bin/sh\ncase "$*" in *environments.py*) exit 1 ;; esac\nexit 0\n'
    )
    done = make("test", folder=project, python=broken)
    assert done.returncode != 0
    assert "pytest" not in done.stdout


def test_clean_removes_everything_make_created(project: Path) -> None:
    for name in ("wrapper/package/__pycache__", "build", ".ruff_cache", ".fuzz/findings"):
        (project / name).mkdir(parents=True)
    assert make("clean", folder=project, python="no-such-python").returncode == 0
    assert sorted(path.name for path in project.iterdir()) == ["Makefile", "system", "wrapper"]
    assert not (project / "wrapper/package/__pycache__").exists()
