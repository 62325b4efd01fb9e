"""What the workflows call is there, and what they post they post once."""

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.contract import spec_comment

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TEXTS = {file.name: file.read_text(encoding="utf-8") for file in FILES}
WORKFLOWS: dict[str, Any] = {name: yaml.safe_load(text) for name, text in TEXTS.items()}
STEPS = [step for workflow in WORKFLOWS.values() for job in workflow["jobs"].values() for step in job["steps"]]
COMMANDS = "\n".join(step["run"] for step in STEPS if "run" in step)

# Stands in for GitHub's program: notes how it was called, and lists the comments that it is told of.
GH = """#!/bin/sh
echo "$*" >> "$CALLS"
case "$*" in *--jq*) printf '%s' "$EARLIER" ;; esac
"""


def test_every_action_is_pinned_to_a_release() -> None:
    actions = [step["uses"] for step in STEPS if "uses" in step]
    assert actions
    assert [name for name in actions if not re.fullmatch(r"[\w-]+/[\w-]+@v\d+\.\d+\.\d+", name)] == []


def test_the_tests_run_on_every_python_that_is_supported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    supported = [version for one in project["classifiers"] for version in re.findall(r":: (3\.\d+)$", one)]
    assert WORKFLOWS["tests.yml"]["jobs"]["tests"]["strategy"]["matrix"]["python"] == supported


def test_every_make_target_and_every_file_that_is_called_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    called = {
        word for line in re.findall(r"^make (.*)", COMMANDS, re.MULTILINE) for word in line.split() if "=" not in word
    }
    assert called
    assert called <= targets
    scripts = [name.replace(".", "/") + ".py" for name in re.findall(r"-m (scripts\.\S+)", COMMANDS)]
    assert scripts
    assert [script for script in scripts if not (ROOT / script).is_file()] == []


def test_nothing_a_stranger_can_write_gets_into_a_command() -> None:
    assert "${{" not in COMMANDS
    assert all("pull_request_target" not in text for text in TEXTS.values())
    assert all(workflow["permissions"]["contents"] == "read" for workflow in WORKFLOWS.values())


def test_a_change_of_the_contract_the_templates_or_the_generated_files_is_looked_at() -> None:
    # PyYAML reads the key `on` as a truth value.
    (paths,) = [one["pull_request"]["paths"] for key, one in WORKFLOWS["contract.yml"].items() if key is True]
    for path in ("openapi.yaml", "generated/**", "scripts/**"):
        assert path in paths
    assert (ROOT / "scripts" / "generator" / "templates").is_dir()


def test_a_failed_check_does_not_keep_the_comment_from_being_posted() -> None:
    steps = WORKFLOWS["contract.yml"]["jobs"]["contract"]["steps"]
    first = next(index for index, step in enumerate(steps) if "check-generated" in step.get("run", ""))
    assert all("!cancelled()" in step["if"] for step in steps[first + 1 :])


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [
        ("", "--method POST repos/owner/project/issues/7/comments"),
        ("41", "--method PATCH repos/owner/project/issues/comments/41"),
        ("41\n58", "--method PATCH repos/owner/project/issues/comments/41"),
    ],
)
def test_the_first_comment_is_posted_and_after_that_it_is_updated(tmp_path: Path, earlier: str, expected: str) -> None:
    command = next(step["run"] for step in STEPS if "gh api" in step.get("run", ""))
    program = tmp_path / "gh"
    program.write_text(GH, encoding="utf-8")
    program.chmod(0o755)
    settings = {"REPOSITORY": "owner/project", "NUMBER": "7", "EARLIER": earlier, "CALLS": str(tmp_path / "calls")}
    path = os.pathsep.join([str(tmp_path), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command],
        env=settings | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    calls = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
    assert len(calls) >= 2
    assert calls[-1] == f"api --silent {expected} --field body=@comment.md"


def test_the_earlier_comment_is_looked_for_by_the_marker_the_script_writes() -> None:
    command = next(step["run"] for step in STEPS if "gh api" in step.get("run", ""))
    assert f'startswith("{spec_comment.MARKER}")' in command
