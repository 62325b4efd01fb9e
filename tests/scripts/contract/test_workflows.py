"""What the workflows call is there, and what they post they post once."""

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from scripts.contract import spec_comment
from scripts.contract.reading import read

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TEXTS = {file.name: file.read_text(encoding="utf-8") for file in FILES}
WORKFLOWS: dict[str, Any] = {name: read(text)[0] for name, text in TEXTS.items()}
JOBS = [job for workflow in WORKFLOWS.values() for job in workflow["jobs"].values()]
STEPS = [step for job in JOBS for step in job["steps"]]
COMMANDS = "\n".join(step["run"] for step in STEPS if "run" in step)

# Stands in for GitHub's program: notes how it was called, and lists the comments that it is told of.
GH = """#!/bin/sh
echo "$*" >> "$CALLS"
case "$*" in *--jq*) printf '%s' "$EARLIER" ;; esac
"""


def test_every_action_is_pinned_to_a_commit_with_its_release() -> None:
    lines = [line for text in TEXTS.values() for line in text.splitlines() if "uses:" in line]
    assert lines
    pinned = re.compile(r"\s+(?:- )?uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert [line for line in lines if not pinned.fullmatch(line)] == []


def test_a_job_that_runs_the_project_s_code_cannot_write() -> None:
    writers = [job for job in JOBS if "write" in job.get("permissions", {}).values()]
    # One of them publishes what another job has built.
    assert len(writers) == 4
    for job in writers:
        assert not [step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")]
        assert not [step for step in job["steps"] if re.search("make|python", step.get("run", ""))]
    # What a job does not say itself, the workflow says for it.
    assert all("write" not in workflow["permissions"].values() for workflow in WORKFLOWS.values())


def test_runs_on_main_do_not_cancel_each_other() -> None:
    concurrency = WORKFLOWS["tests.yml"]["concurrency"]
    assert concurrency["group"].endswith("|| github.sha }}")
    assert concurrency["cancel-in-progress"] == "${{ github.event_name == 'pull_request' }}"


def test_only_the_label_that_accepts_starts_anything() -> None:
    events = {name: workflow["on"].get("pull_request") or {} for name, workflow in WORKFLOWS.items()}
    labelled = {name for name, event in events.items() if "labeled" in event.get("types", [])}
    assert labelled == {"contract-label.yml"}
    (job,) = WORKFLOWS["contract-label.yml"]["jobs"].values()
    assert f"github.event.label.name == '{spec_comment.LABEL}'" in job["if"]


def test_the_tests_run_on_every_python_that_is_supported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    supported = [version for one in project["classifiers"] for version in re.findall(r":: (3\.\d+)$", one)]
    assert WORKFLOWS["tests.yml"]["jobs"]["tests"]["strategy"]["matrix"]["python"] == supported


def test_every_called_make_target_and_file_exists() -> None:
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


def test_the_required_check_reports_on_every_pull_request() -> None:
    # A check that a filter or a condition keeps from running is missing, or counts as passed.
    assert set(WORKFLOWS["contract.yml"]["on"]["pull_request"]) == {"types"}
    assert "if" not in WORKFLOWS["contract.yml"]["jobs"]["contract"]


def test_comment_is_posted_after_failed_check() -> None:
    steps = WORKFLOWS["contract.yml"]["jobs"]["contract"]["steps"]
    first = next(index for index, step in enumerate(steps) if "check-generated" in step.get("run", ""))
    assert all("!cancelled()" in step["if"] for step in steps[first + 1 :])


POST = "api --silent --method POST repos/owner/project/issues/7/comments --field body=@comment.md"
PATCH = "api --silent --method PATCH repos/owner/project/issues/comments/41 --field body=@comment.md"
DELETE = "api --silent --method DELETE repos/owner/project/issues/comments/"


@pytest.mark.parametrize(
    ("earlier", "comment", "expected"),
    [
        ("", "A `change`", [POST]),
        ("41", "A `change`", [PATCH]),
        ("41\n58", "A `change`", [PATCH]),
        ("", "", []),
        ("41", "", [f"{DELETE}41"]),
        ("41\n58", "", [f"{DELETE}41", f"{DELETE}58"]),
    ],
)
def test_one_comment_is_kept_and_none_without_a_change(
    tmp_path: Path, earlier: str, comment: str, expected: list[str]
) -> None:
    command = posting()
    program = tmp_path / "gh"
    program.write_text(GH, encoding="utf-8")
    program.chmod(0o755)
    settings = {"REPOSITORY": "owner/project", "NUMBER": "7", "EARLIER": earlier, "CALLS": str(tmp_path / "calls")}
    settings["COMMENT"] = comment
    path = os.pathsep.join([str(tmp_path), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command],
        cwd=tmp_path,
        env=settings | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    calls = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
    assert calls[-len(expected) :] == expected if expected else not [call for call in calls if "--method" in call]
    assert (tmp_path / "comment.md").read_text(encoding="utf-8") == comment


def posting() -> str:
    """The commands that post the comment."""
    (command,) = [step["run"] for step in WORKFLOWS["contract.yml"]["jobs"]["comment"]["steps"]]
    return str(command)


def test_earlier_comment_is_found_by_the_scripts_marker() -> None:
    assert f'startswith("{spec_comment.MARKER}")' in posting()
