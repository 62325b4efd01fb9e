"""Environments are built by `environments.run`, which a stand-in replaces here: a real build takes half a minute."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from scripts.upkeep import environments
from scripts.upkeep.environments import Environment, EnvironmentFailedError, bring_up_to_date


class Steps:
    """Replaces `environments.run`: records the commands and creates the files that they would create."""

    def __init__(self) -> None:
        self.commands: list[str] = []
        self.failing = ""

    def __call__(self, command: Sequence[str], what: str, root: Path) -> None:
        line = " ".join(command)
        self.commands.append(line)
        if self.failing and self.failing in line:
            raise EnvironmentFailedError(f"{what} failed")
        if "-m venv" in line:
            python = Path(command[-1]) / "bin" / "python"
            python.parent.mkdir(parents=True)
            python.touch()

    def ran(self, part: str) -> bool:
        return any(part in line for line in self.commands)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    steps = Steps()
    monkeypatch.setattr(environments, "run", steps)
    return steps


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "requirements").mkdir(parents=True)
    (root / "requirements" / "dev.txt").write_text("six==1.17.0\n", encoding="utf-8")
    (root / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    return root


def dev(root: Path) -> Environment:
    return environments.environments(root)["dev"]


def test_missing_environment_is_built_from_hashed_lock_and_project(root: Path, steps: Steps) -> None:
    assert bring_up_to_date(dev(root))
    assert steps.ran(f"--require-hashes --no-deps --requirement {root / 'requirements' / 'dev.txt'}")
    assert steps.ran(f"--no-build-isolation --editable {root}")


def test_current_environment_runs_no_command(root: Path, steps: Steps) -> None:
    bring_up_to_date(dev(root))
    steps.commands.clear()
    assert not bring_up_to_date(dev(root))
    assert steps.commands == []


def test_changed_lock_file_rebuilds_environment(root: Path, steps: Steps) -> None:
    bring_up_to_date(dev(root))
    left_over = root / ".venv" / "left-over"
    left_over.touch()
    (root / "requirements" / "dev.txt").write_text("six==1.16.0\n", encoding="utf-8")
    assert bring_up_to_date(dev(root))
    assert not left_over.exists()


def test_changed_pyproject_reinstalls_only_project(root: Path, steps: Steps) -> None:
    bring_up_to_date(dev(root))
    steps.commands.clear()
    (root / "pyproject.toml").write_text("[project]\nname = 'other'\n", encoding="utf-8")
    assert bring_up_to_date(dev(root))
    assert steps.ran("--editable")
    assert not steps.ran("-m venv")


def test_changed_interpreter_rebuilds_environment(root: Path, steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    bring_up_to_date(dev(root))
    monkeypatch.setattr(environments.sys, "version", "3.99.0 (another)")
    assert bring_up_to_date(dev(root))


def test_moved_project_rebuilds_environment(root: Path, steps: Steps) -> None:
    bring_up_to_date(dev(root))
    moved = root.rename(root.parent / "moved project")
    assert bring_up_to_date(dev(moved))
    assert not bring_up_to_date(dev(moved))


def test_missing_interpreter_rebuilds_environment(root: Path, steps: Steps) -> None:
    bring_up_to_date(dev(root))
    python = root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to(root / "uninstalled")
    assert bring_up_to_date(dev(root))


@pytest.mark.parametrize("step", ["-m venv", "--require-hashes", "--editable"])
def test_failed_step_causes_rebuild(root: Path, steps: Steps, step: str) -> None:
    steps.failing = step
    with pytest.raises(EnvironmentFailedError):
        bring_up_to_date(dev(root))
    steps.failing = ""
    steps.commands.clear()
    assert bring_up_to_date(dev(root))
    assert steps.ran("-m venv")


def test_failed_reinstall_is_repeated(root: Path, steps: Steps) -> None:
    bring_up_to_date(dev(root))
    (root / "pyproject.toml").write_text("[project]\nname = 'other'\n", encoding="utf-8")
    steps.failing = "--editable"
    with pytest.raises(EnvironmentFailedError):
        bring_up_to_date(dev(root))
    (root / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    steps.failing = ""
    assert bring_up_to_date(dev(root))


def test_truncated_record_rebuilds_environment(root: Path, steps: Steps) -> None:
    bring_up_to_date(dev(root))
    dev(root).record.write_text('{"python": ', encoding="utf-8")
    assert bring_up_to_date(dev(root))


def test_missing_lock_file_is_named(root: Path, steps: Steps) -> None:
    (root / "requirements" / "dev.txt").unlink()
    with pytest.raises(EnvironmentFailedError, match=r"requirements/dev\.txt is missing"):
        bring_up_to_date(dev(root))


def test_binary_only_environment_names_required_platform_on_failure(root: Path, steps: Steps) -> None:
    (root / "requirements" / "fuzz.txt").write_text("atheris==3.0.0\n", encoding="utf-8")
    steps.failing = "--only-binary :all: --require-hashes"
    with pytest.raises(EnvironmentFailedError, match=r"failed\natheris .* for CPython 3\.11 to .* PYTHON=python3"):
        bring_up_to_date(environments.environments(root)["fuzz"])


def test_failing_step_shows_its_output(root: Path) -> None:
    command = ["sh", "-c", "echo no such package >&2; exit 3"]
    with pytest.raises(EnvironmentFailedError, match=r"(?s)no such package.*installing failed \(exit status 3\)"):
        environments.run(command, "installing", root)


def test_misleading_settings_do_not_reach_pip(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in environments.MISLEADING:
        monkeypatch.setenv(name, "elsewhere")
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("PIP_TIMEOUT", "7")
    names = " ".join(f"${{{name}-}}" for name in environments.MISLEADING)
    environments.run(["sh", "-c", f'echo "{names} $PIP_USER $PIP_TIMEOUT" > seen'], "looking", root)
    assert (root / "seen").read_text(encoding="utf-8").split() == ["0", "7"]
