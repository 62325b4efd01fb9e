"""The building itself is one replaceable step (`run`), replaced here: making a real environment takes half a minute."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from scripts.upkeep import environments
from scripts.upkeep.environments import Environment, EnvironmentFailedError, bring_up_to_date


class Steps:
    """Stands in for `environments.run`: keeps the commands and leaves what they would leave."""

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

    def took(self, part: str) -> bool:
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


def test_a_missing_environment_is_made_from_its_hashed_lock_and_the_project(root: Path, steps: Steps) -> None:
    assert bring_up_to_date(dev(root))
    assert steps.took(f"--require-hashes --no-deps --requirement {root / 'requirements' / 'dev.txt'}")
    assert steps.took(f"--no-build-isolation --editable {root}")


def test_the_second_time_nothing_is_done(root: Path, steps: Steps) -> None:
    bring_up_to_date(dev(root))
    steps.commands.clear()
    assert not bring_up_to_date(dev(root))
    assert steps.commands == []


def test_a_changed_lock_file_makes_it_anew(root: Path, steps: Steps) -> None:
    bring_up_to_date(dev(root))
    left_over = root / ".venv" / "left-over"
    left_over.touch()
    (root / "requirements" / "dev.txt").write_text("six==1.16.0\n", encoding="utf-8")
    assert bring_up_to_date(dev(root))
    assert not left_over.exists()


def test_a_changed_pyproject_installs_only_the_project_again(root: Path, steps: Steps) -> None:
    bring_up_to_date(dev(root))
    steps.commands.clear()
    (root / "pyproject.toml").write_text("[project]\nname = 'other'\n", encoding="utf-8")
    assert bring_up_to_date(dev(root))
    assert steps.took("--editable")
    assert not steps.took("-m venv")


def test_another_interpreter_makes_it_anew(root: Path, steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    bring_up_to_date(dev(root))
    monkeypatch.setattr(environments.sys, "version", "3.99.0 (another)")
    assert bring_up_to_date(dev(root))


def test_a_moved_project_makes_it_anew(root: Path, steps: Steps) -> None:
    bring_up_to_date(dev(root))
    moved = root.rename(root.parent / "moved project")
    assert bring_up_to_date(dev(moved))
    assert not bring_up_to_date(dev(moved))


def test_an_interpreter_that_is_gone_makes_it_anew(root: Path, steps: Steps) -> None:
    bring_up_to_date(dev(root))
    python = root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to(root / "uninstalled")
    assert bring_up_to_date(dev(root))


@pytest.mark.parametrize("step", ["-m venv", "--require-hashes", "--editable"])
def test_what_a_failed_step_leaves_is_made_anew(root: Path, steps: Steps, step: str) -> None:
    steps.failing = step
    with pytest.raises(EnvironmentFailedError):
        bring_up_to_date(dev(root))
    steps.failing = ""
    steps.commands.clear()
    assert bring_up_to_date(dev(root))
    assert steps.took("-m venv")


def test_a_failed_reinstall_is_not_taken_for_an_environment_that_stands(root: Path, steps: Steps) -> None:
    bring_up_to_date(dev(root))
    (root / "pyproject.toml").write_text("[project]\nname = 'other'\n", encoding="utf-8")
    steps.failing = "--editable"
    with pytest.raises(EnvironmentFailedError):
        bring_up_to_date(dev(root))
    (root / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    steps.failing = ""
    assert bring_up_to_date(dev(root))


def test_a_record_cut_short_is_no_record(root: Path, steps: Steps) -> None:
    bring_up_to_date(dev(root))
    dev(root).record.write_text('{"python": ', encoding="utf-8")
    assert bring_up_to_date(dev(root))


def test_a_missing_lock_file_is_named(root: Path, steps: Steps) -> None:
    (root / "requirements" / "dev.txt").unlink()
    with pytest.raises(EnvironmentFailedError, match=r"requirements/dev\.txt is missing"):
        bring_up_to_date(dev(root))


def test_what_is_to_be_had_ready_made_only_is_not_built_and_says_what_it_needs(root: Path, steps: Steps) -> None:
    (root / "requirements" / "fuzz.txt").write_text("atheris==3.0.0\n", encoding="utf-8")
    steps.failing = "--only-binary :all: --require-hashes"
    with pytest.raises(EnvironmentFailedError, match=r"failed\natheris .* for CPython 3\.11 to .* PYTHON=python3"):
        bring_up_to_date(environments.environments(root)["fuzz"])


def test_a_failing_step_shows_what_it_printed(root: Path) -> None:
    command = ["sh", "-c", "echo no such package >&2; exit 3"]
    with pytest.raises(EnvironmentFailedError, match=r"(?s)no such package.*installing failed \(exit status 3\)"):
        environments.run(command, "installing", root)


def test_settings_that_would_send_packages_elsewhere_do_not_reach_pip(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in environments.MISLEADING:
        monkeypatch.setenv(name, "elsewhere")
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("PIP_TIMEOUT", "7")
    names = " ".join(f"${{{name}-}}" for name in environments.MISLEADING)
    environments.run(["sh", "-c", f'echo "{names} $PIP_USER $PIP_TIMEOUT" > seen'], "looking", root)
    assert (root / "seen").read_text(encoding="utf-8").split() == ["0", "7"]
