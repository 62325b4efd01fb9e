"""What was there before stays whole until the new is whole too, whatever ends a run."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from scripts.generator import replacing

from .conftest import ROOT
from .test_generate import MODULE, Generator, generator, once, written

__all__ = ["generator", "once", "written"]  # fixtures


def start(run: Generator, *arguments: str) -> subprocess.Popen[str]:
    options = ("--spec", run.spec, "--output", run.output, "--config", run.config, "--pins", run.pins)
    return subprocess.Popen(
        [run.python, *MODULE, *options, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_killed_run_leaves_old_or_new_folder_whole(written: Generator, signal_number: signal.Signals) -> None:
    old = written.files()
    text = written.spec.read_text(encoding="utf-8")
    written.spec.write_text(text.replace("Read one evaluation", "Read it"), encoding="utf-8")
    seconds = 0.05
    while seconds < 90:
        process = start(written, "--without-types")
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal_number)
        process.communicate()
        assert written.siblings() == [written.output.name]
        if written.files() != old:
            break
        seconds *= 1.6
    new = written.files()
    assert new.keys() == old.keys()
    assert b'"Read it"' in new["openapi.json"]
    assert written.run("--check").returncode == 0


def test_two_folders_change_places_in_one_step(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "name").write_text(folder.name)
    replacing.replace(old, new)
    assert ((old / "name").read_text(), (new / "name").read_text()) == ("new", "old")


def test_without_the_system_call_the_old_folder_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replacing, "_exchange", lambda one, other: False)
    old, new = tmp_path / "a" / "output", tmp_path / "b" / "output"
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "name").write_text(folder.parent.name)
    with pytest.raises(OSError):
        replacing.replace(old, tmp_path / "c" / "missing")
    assert (old / "name").read_text() == "a"
    replacing.replace(old, new)
    assert (old / "name").read_text() == "b"


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replacing, "_parent", lambda output: tmp_path)
    ended = subprocess.Popen(["true"])
    ended.wait()
    for process in (ended.pid, os.getpid()):
        (tmp_path / f"runflow-generate-{process}-x" / "package").mkdir(parents=True)
    with replacing.workshop(tmp_path / "output") as folder:
        assert folder.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == [f"runflow-generate-{os.getpid()}-x"]


def test_what_does_not_hold_is_not_written(written: Generator, tmp_path: Path) -> None:
    copied = tmp_path / "copy"
    shutil.copytree(ROOT / "scripts", copied / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    templates = copied / "scripts" / "generator" / "templates"
    before = written.files()
    for line, words in (
        ("def (\n", "does not compile"),
        ("1 / 0\n", "the import of what was generated fails"),
        ("x: int = 'a'\n", "mypy of what was generated fails"),
    ):
        template = templates / "model.py.jinja"
        text = template.read_text(encoding="utf-8")
        template.write_text(text + "\n" + line, encoding="utf-8")
        options = (
            "--spec",
            written.spec,
            "--output",
            written.output,
            "--config",
            written.config,
            "--pins",
            written.pins,
        )
        started = time.monotonic()
        done = subprocess.run(
            [written.python, *MODULE, *options],
            cwd=copied,
            env={**os.environ, "PYTHONPATH": str(copied)},
            capture_output=True,
            text=True,
            check=False,
        )
        template.write_text(text, encoding="utf-8")
        assert done.returncode == 1, f"{line}: {done.stdout} after {time.monotonic() - started:.0f} s"
        # ruff is the first to find what does not parse
        assert words in done.stderr or "ruff format failed" in done.stderr
        assert "nothing was changed" in done.stderr
        assert written.files() == before
        assert written.siblings() == [written.output.name]
