"""The programs that evaluate many images, against a sandbox server."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from runflow_client.sandbox import Sandbox, SandboxServer, blurred_picture, sharp_picture

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox(evaluation_seconds=0.1)) as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "renders"
    folder.mkdir()
    (folder / "a, 100 %.png").write_bytes(sharp_picture())
    (folder / "b.png").write_bytes(blurred_picture())
    (folder / "notes.txt").write_text("no image")
    return folder


def run(server: SandboxServer, name: str, *arguments: str | Path, folder: Path, **more: str) -> tuple[int, str]:
    settings = {"RUNFLOW_BASE_URL": server.url, "RUNFLOW_API_KEY": server.sandbox.keys[0], "GITHUB_ACTIONS": ""}
    done = subprocess.run(
        [sys.executable, EXAMPLES / name, *arguments],
        cwd=folder,
        env=os.environ | settings | more,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


def test_nightly_batch_run_again_charges_nothing(server: SandboxServer, folder: Path) -> None:
    arguments = (folder, "--task-type", "product_photo", "--budget", "1.00")
    status, printed = run(server, "nightly_batch.py", *arguments, folder=folder)
    assert status == 1
    assert "b.png: rejected" in printed
    assert "2 images, 1 rejected, 0 without a verdict" in printed
    assert "b.png" not in run(server, "nightly_batch.py", *arguments, folder=folder)[1]
    assert server.sandbox.evaluations == 2
    assert folder.with_suffix(".nightly.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_nightly_batch_over_budget_has_items_without_verdict(server: SandboxServer, folder: Path) -> None:
    status, printed = run(server, "nightly_batch.py", folder, "--task-type", "photo", "--budget", "0.05", folder=folder)
    assert status == 2
    assert "budget" in printed
    assert server.sandbox.evaluations == 1


def test_ci_gate_fails_on_rejected_image_and_charges_once(server: SandboxServer, folder: Path) -> None:
    images = ["--task-type", "product_photo", "a, 100 %.png", "b.png"]
    for more in ({}, {"GITHUB_ACTIONS": "true"}):
        status, printed = run(server, "ci_gate.py", *images, folder=folder, **more)
        assert status == 1
        assert "passed      a, 100 %.png\n" in printed
    assert "::error file=b.png::rejected: " in printed
    assert server.sandbox.evaluations == 2


def test_ci_gate_with_image_not_judged_exits_with_2(server: SandboxServer, folder: Path) -> None:
    server.sandbox.outcomes.extend(["failed", "failed"])
    status, printed = run(
        server, "ci_gate.py", "--task-type", "photo", "a, 100 %.png", folder=folder, GITHUB_ACTIONS="true"
    )
    assert status == 2
    assert "::warning file=a%2C 100 %25.png::no verdict" in printed


@pytest.mark.parametrize(("second", "status"), [("passed", 0), ("rejected", 1), ("failed", 2), ("undecided", 2)])
def test_ci_gate_evaluates_failed_image_once_more_only(
    runflow_sandbox: Sandbox, folder: Path, second: Literal["passed", "rejected", "failed", "undecided"], status: int
) -> None:
    main = runpy.run_path(str(EXAMPLES / "ci_gate.py"))["main"]
    runflow_sandbox.outcomes.extend(["failed", second, "passed"])
    assert [main(["--task-type", "photo", str(folder / "b.png")]) for _ in range(3)] == [status] * 3
    assert runflow_sandbox.evaluations == 2


@pytest.mark.parametrize("program", ["ci_gate.py", "nightly_batch.py"])
def test_error_of_program_is_not_taken_for_a_verdict(server: SandboxServer, folder: Path, program: str) -> None:
    budget = ["--budget", "1.00"] if program == "nightly_batch.py" else []
    arguments = ["--task-type", "photo", *budget]
    assert run(server, program, "gone", *arguments, folder=folder)[0] == 3
    assert run(server, program, "--no-such-option", folder=folder)[0] == 3
    assert run(server, program, *arguments, ".", folder=folder, RUNFLOW_API_KEY="")[0] == 3


def test_ci_gate_with_refused_image_exits_with_3(server: SandboxServer, folder: Path) -> None:
    status, printed = run(server, "ci_gate.py", "--task-type", "photo", "notes.txt", folder=folder)
    assert status == 3
    assert printed.startswith("error       notes.txt: ")


def test_ci_gate_charges_copied_and_renamed_image_once(server: SandboxServer, folder: Path) -> None:
    (folder / "copy of b.png").write_bytes((folder / "b.png").read_bytes())
    status, printed = run(server, "ci_gate.py", "--task-type", "photo", "b.png", "copy of b.png", folder=folder)
    assert status == 1
    assert "rejected    b.png: " in printed
    assert "rejected    copy of b.png: " in printed
    (folder / "b.png").rename(folder / "renamed.png")
    assert run(server, "ci_gate.py", "--task-type", "photo", "renamed.png", folder=folder)[0] == 1
    assert server.sandbox.evaluations == 1


def test_ci_gate_with_large_image_run_again_charges_once(server: SandboxServer, folder: Path) -> None:
    (folder / "large.png").write_bytes(sharp_picture() + bytes(1_500_000))
    for _ in range(2):
        assert run(server, "ci_gate.py", "--task-type", "photo", "large.png", folder=folder)[0] == 0
    assert server.sandbox.evaluations == 1


def test_ci_gate_without_images_says_so(server: SandboxServer, folder: Path) -> None:
    settings = {"RUNFLOW_BASE_URL": server.url, "RUNFLOW_API_KEY": server.sandbox.keys[0]}
    command = [sys.executable, EXAMPLES / "ci_gate.py", "--task-type", "photo"]
    done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "No image was given, so none was evaluated.\n")


class Repository:
    """A git repository with the action's script, and the settings of its step."""

    def __init__(self, server: SandboxServer, folder: Path) -> None:
        self.folder = folder
        self.settings = {
            "RUNFLOW_BASE_URL": server.url,
            "RUNFLOW_API_KEY": server.sandbox.keys[0],
            "PYTHON": sys.executable,
            "TASK_TYPE": "photo",
            "INSTRUCTIONS": "",
        }
        self.git("init", "--quiet")

    def git(self, *arguments: str) -> str:
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=True).stdout.strip()

    def commit(self) -> str:
        self.git("add", ".")
        self.git("commit", "--quiet", "--message", "more")
        return self.git("rev-parse", "HEAD")

    def gate(self, base: str, folder: str = ".") -> subprocess.CompletedProcess[str]:
        command = ["bash", EXAMPLES / "github-action" / "gate.sh"]
        settings = os.environ | self.settings | {"BASE": base}
        return subprocess.run(
            command, cwd=self.folder / folder, env=settings, capture_output=True, text=True, check=False
        )


def test_github_action_gates_changed_images(server: SandboxServer, folder: Path) -> None:
    repository = Repository(server, folder)
    base = repository.commit()
    assert repository.gate(base).stdout == "No image was changed.\n"
    (folder / "-c.png").write_bytes(blurred_picture())
    repository.commit()
    done = repository.gate(base)
    assert (done.returncode, server.sandbox.evaluations) == (1, 1), done.stderr


def test_github_action_gates_extensions_in_any_case(server: SandboxServer, folder: Path) -> None:
    repository = Repository(server, folder)
    base = repository.commit()
    names = [
        *("B.PNG", "c.Jpg", "d.jpeg", "e.gif", "f.BMP", "g.tif", "h.tiff", "i.avif", "j.webp", "k.heic", "l.HEIF"),
        "readme.md",
    ]
    for name in names:
        (folder / name).write_bytes(blurred_picture())
    repository.commit()
    printed = repository.gate(base).stdout
    assert [name for name in names if f"  {name}: " not in printed] == ["readme.md"]


@pytest.mark.parametrize(
    ("base", "advice"),
    [("", "on: pull_request"), ("0" * 40, "origin/main"), ("1" * 40, "fetch-depth: 0"), ("--all", "fetch-depth: 0")],
)
def test_github_action_without_commit_to_compare_ends_with_3(
    server: SandboxServer, folder: Path, base: str, advice: str
) -> None:
    repository = Repository(server, folder)
    repository.commit()
    done = repository.gate(base)
    assert (done.returncode, done.stdout, server.sandbox.evaluations) == (3, "", 0)
    assert advice in done.stderr


def test_github_action_in_subfolder_gates_all_images(server: SandboxServer, folder: Path) -> None:
    repository = Repository(server, folder)
    (folder / "docs").mkdir()
    base = repository.commit()
    for name in ("c.png", "docs/d.png"):
        (folder / name).write_bytes(blurred_picture())
    repository.commit()
    done = repository.gate(base, "docs")
    assert done.returncode == 1, done.stderr
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["rejected    c.png", "rejected    docs/d.png"]


def test_github_action_leaves_out_images_of_base(server: SandboxServer, folder: Path) -> None:
    repository = Repository(server, folder)
    repository.commit()
    repository.git("branch", "base")
    (folder / "c.png").write_bytes(sharp_picture())
    repository.commit()
    repository.git("checkout", "--quiet", "-b", "other", "base")
    (folder / "b.png").write_bytes(sharp_picture() + b"changed")
    repository.commit()
    repository.git("checkout", "--quiet", "-")
    done = repository.gate("other")
    assert (done.returncode, done.stdout) == (0, "passed      c.png\n"), done.stderr
    assert server.sandbox.evaluations == 1


def test_github_action_in_shallow_checkout_ends_with_3(server: SandboxServer, folder: Path) -> None:
    repository = Repository(server, folder)
    repository.commit()
    repository.git("branch", "base")
    (folder / "c.png").write_bytes(blurred_picture())
    repository.commit()
    clone = ("clone", "--quiet", "--depth", "1", "--no-single-branch", folder.as_uri(), "shallow")
    repository.git(*clone)
    done = repository.gate("origin/base", "shallow")
    assert (done.returncode, done.stdout, server.sandbox.evaluations) == (3, "", 0)
    assert "fetch-depth: 0" in done.stderr


def test_github_action_without_task_type_ends_with_3(server: SandboxServer, folder: Path) -> None:
    repository = Repository(server, folder)
    base = repository.commit()
    del repository.settings["TASK_TYPE"]
    done = repository.gate(base)
    assert (done.returncode, done.stdout) == (3, "")
    assert "TASK_TYPE is not set" in done.stderr


def test_github_action_without_instructions_evaluates(server: SandboxServer, folder: Path) -> None:
    repository = Repository(server, folder)
    base = repository.commit()
    (folder / "c.png").write_bytes(sharp_picture())
    repository.commit()
    del repository.settings["INSTRUCTIONS"]
    assert repository.gate(base).stdout == "passed      c.png\n"


def test_github_action_without_library_ends_with_3(server: SandboxServer, folder: Path) -> None:
    repository = Repository(server, folder)
    base = repository.commit()
    (folder / "runflow_client.py").write_text("a file of the checkout is not the library")
    (folder / "c.png").write_bytes(sharp_picture())
    repository.commit()
    bare = folder / "bare python"
    bare.write_text(f'#!/bin/sh\nPYTHONPATH= exec {sys.executable} -S "$@"\n')
    bare.chmod(0o755)
    repository.settings["PYTHON"] = str(bare)
    done = repository.gate(base)
    assert (done.returncode, done.stdout) == (3, "")
    assert "with runflow-client" in done.stderr
