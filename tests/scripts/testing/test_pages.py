from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from scripts.testing import pages
from scripts.testing.pages import BrowserMissingError, chromium, main


class Commands:
    """Stands in for `subprocess.run`: it notes the commands, and an installation makes the program."""

    def __init__(self, folder: Path, status: int = 0, *, makes: bool = True) -> None:
        self.folder = folder
        self.status = status
        self.makes = makes
        self.run: list[list[str]] = []
        self.variables: dict[str, str] = {}

    def __call__(self, command: Any, env: Any, **options: Any) -> subprocess.CompletedProcess[str]:
        self.run.append(list(command))
        self.variables = dict(env)
        if "install" in command and self.makes:
            program(self.folder, "chromium")
        return subprocess.CompletedProcess(command, self.status, "E: no such package")


def program(folder: Path, name: str) -> str:
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def as_user(monkeypatch: pytest.MonkeyPatch, number: int, commands: Commands) -> dict[str, str]:
    monkeypatch.setattr(os, "geteuid", lambda: number)
    monkeypatch.setattr(subprocess, "run", commands)
    return {"PATH": str(commands.folder)}


def test_first_known_program_is_taken(tmp_path: Path) -> None:
    assert chromium({"PATH": str(tmp_path)}) is None
    chrome = program(tmp_path, "google-chrome")
    assert chromium({"PATH": str(tmp_path)}) == chrome
    debian = program(tmp_path, "chromium")
    assert chromium({"PATH": str(tmp_path)}) == debian


def test_variable_names_program(tmp_path: Path) -> None:
    program(tmp_path, "chromium")
    own = program(tmp_path, "own")
    assert chromium({"PATH": str(tmp_path), "RUNFLOW_CHROMIUM": own}) == own
    with pytest.raises(BrowserMissingError, match="RUNFLOW_CHROMIUM names 'missing'"):
        chromium({"PATH": str(tmp_path), "RUNFLOW_CHROMIUM": "missing"})


def test_tests_run_with_browser_and_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = Commands(tmp_path, status=3)
    variables = as_user(monkeypatch, 1000, commands)
    browser = program(tmp_path, "chromium")
    assert main(["-x"], variables) == 3
    assert [command[1:] for command in commands.run] == [["-m", "pytest", "tests/pages", "-x"]]
    assert commands.variables["RUNFLOW_CHROMIUM"] == browser
    assert str(pages.ROOT / "wrapper") in commands.variables["PYTHONPATH"]


def test_root_on_debian_installs_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = Commands(tmp_path)
    variables = as_user(monkeypatch, 0, commands)
    program(tmp_path, "apt-get")
    assert main([], variables) == 0
    assert [command[-1] for command in commands.run] == ["update", "chromium", "tests/pages"]


@pytest.mark.parametrize(("user", "has_apt"), [(1000, True), (0, False)])
def test_others_are_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], user: int, has_apt: bool
) -> None:
    commands = Commands(tmp_path)
    variables = as_user(monkeypatch, user, commands)
    if has_apt:
        program(tmp_path, "apt-get")
    assert main([], variables) == 2
    assert "sudo apt-get install chromium" in capsys.readouterr().err
    assert commands.run == []


@pytest.mark.parametrize(("status", "said"), [(100, "E: no such package"), (0, "is not on the PATH")])
def test_failed_installation_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], status: int, said: str
) -> None:
    commands = Commands(tmp_path, status, makes=False)
    variables = as_user(monkeypatch, 0, commands)
    program(tmp_path, "apt-get")
    assert main([], variables) == 2
    assert said in capsys.readouterr().err
