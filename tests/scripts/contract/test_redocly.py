"""The install is replaced by a small one where only its bookkeeping is looked at; the real tool is run at the end."""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from scripts.contract import redocly
from scripts.contract.redocly import RedoclyMissingError
from scripts.upkeep import lock


class Npm:
    """Stands in for `redocly.run`: keeps the commands and leaves what `npm ci` would leave."""

    def __init__(self) -> None:
        self.commands: list[Sequence[str]] = []
        self.status = 0

    def __call__(self, command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
        self.commands.append(command)
        program = folder / redocly.PROGRAM
        program.parent.mkdir(parents=True, exist_ok=True)
        program.touch()
        return subprocess.CompletedProcess(command, self.status, "", "no such package\n" if self.status else "")


@pytest.fixture
def npm(monkeypatch: pytest.MonkeyPatch) -> Npm:
    npm = Npm()
    monkeypatch.setattr(redocly, "run", npm)
    return npm


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    locks = tmp_path / "requirements"
    locks.mkdir()
    for name in ("package.json", "package-lock.json"):
        (locks / name).write_text("{}", encoding="utf-8")
    return locks, tmp_path / "install"


def test_missing_redocly_is_installed_once_from_its_lock(folders: tuple[Path, Path], npm: Npm) -> None:
    assert redocly.bring_up_to_date(*folders)
    assert [command[2] for command in npm.commands] == ["ci"]
    assert "--ignore-scripts" in npm.commands[0]
    assert not redocly.bring_up_to_date(*folders)
    assert len(npm.commands) == 1


def test_a_changed_lock_makes_it_anew(folders: tuple[Path, Path], npm: Npm) -> None:
    locks, install = folders
    redocly.bring_up_to_date(locks, install)
    (install / "left-over").touch()
    (locks / "package-lock.json").write_text('{"changed": true}', encoding="utf-8")
    assert redocly.bring_up_to_date(locks, install)
    assert not (install / "left-over").exists()


def test_another_node_makes_it_anew(folders: tuple[Path, Path], npm: Npm, monkeypatch: pytest.MonkeyPatch) -> None:
    redocly.bring_up_to_date(*folders)
    monkeypatch.setattr(redocly, "version", lambda name: "99.0.0")
    assert redocly.bring_up_to_date(*folders)


def test_what_a_failed_install_leaves_is_made_anew(folders: tuple[Path, Path], npm: Npm) -> None:
    npm.status = 1
    with pytest.raises(RedoclyMissingError, match=r"(?s)no such package.*npm ci.*could not be installed"):
        redocly.bring_up_to_date(*folders)
    npm.status = 0
    assert redocly.bring_up_to_date(*folders)


def test_an_install_whose_program_is_gone_is_made_anew(folders: tuple[Path, Path], npm: Npm) -> None:
    redocly.bring_up_to_date(*folders)
    (folders[1] / redocly.PROGRAM).unlink()
    assert redocly.bring_up_to_date(*folders)


def test_a_missing_lock_and_a_missing_node_are_named(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    locks, install = folders
    with pytest.raises(RedoclyMissingError, match="lock cannot be read"):
        redocly.bring_up_to_date(locks / "elsewhere", install)
    monkeypatch.setattr(redocly, "find_spec", lambda name: None)
    with pytest.raises(RedoclyMissingError, match="make dev-environment"):
        redocly.bring_up_to_date(locks, install)


def test_misleading_settings_of_caller_do_not_reach_node() -> None:
    given = {"PATH": "/bin", "FORCE_COLOR": "1", "NODE_OPTIONS": "--inspect", "NPM_CONFIG_PREFIX": "/x", "HOME": "/h"}
    found = redocly.variables(given | {"REDOCLY_TELEMETRY": "on"})
    assert found == redocly.SETTINGS | {"HOME": "/h", "PATH": f"{redocly.node().parent}{os.pathsep}/bin"}


def test_the_lock_names_one_hash_a_package_and_no_address() -> None:
    text = (redocly.LOCK / "package-lock.json").read_text(encoding="utf-8")
    assert not lock.has_address(text)
    assert "resolved" not in text
    packages = {name: package for name, package in json.loads(text)["packages"].items() if name}
    wanted = json.loads((redocly.LOCK / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert {f"node_modules/{name}": version for name, version in wanted.items()}.items() <= {
        name: package["version"] for name, package in packages.items()
    }.items()
    assert [name for name, package in packages.items() if "integrity" not in package] == []


def test_the_locked_version_runs_without_node_on_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = redocly.redocly(["--version"], tmp_path)
    wanted = json.loads((redocly.LOCK / "package.json").read_text(encoding="utf-8"))["dependencies"]["@redocly/cli"]
    assert (done.returncode, done.stdout.strip()) == (0, wanted), done.stderr
