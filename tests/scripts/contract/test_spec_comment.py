"""The comment and the annotations for a pull request, from real git repositories."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from contract_repository import Repository

from scripts.contract import spec_comment
from scripts.contract.spec_changes.changes import Change
from scripts.contract.spec_changes.report import LONGEST_COMMENT, MOST_NAMES, Report, annotated, as_json, as_markdown
from scripts.contract.spec_changes.uses import Use


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "project")


def commented(repository: Repository, *arguments: str) -> tuple[int, str]:
    """The exit status and the comment."""
    file = repository.folder / "comment.md"
    status = spec_comment.main(["--spec", str(repository.spec), "--comment", str(file), "--base", "main", *arguments])
    return status, file.read_text(encoding="utf-8")


def planted(repository: Repository) -> dict[str, int]:
    """Three changes, and the lines they stand in, or would."""
    return {
        "removed": repository.replace(
            "        org_id: {type: [string, 'null'], format: uuid}\n", "", "    Evaluation:\n"
        ),
        "added": repository.replace("[pending, running,", "[pending, queued, running,"),
        "reworded": repository.replace("description: ", "description: Perhaps ", "    EvaluationIssue:\n"),
    }


def test_comment_starts_with_marker_and_names_label(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    planted(repository)
    status, text = commented(repository)
    assert status == 1
    assert text.startswith(spec_comment.MARKER + "\n")
    assert "**major**: 1 major, 1 minor, 1 patch" in text
    assert re.findall(r"^- (.*)", text, re.MULTILINE) == [
        "`Evaluation.org_id` was removed",
        "`EvaluationStatus` has the new value `queued`",
        "the description of `EvaluationIssue` changed",
    ]
    assert "runflow_client.Evaluation.org_id" in text
    assert "set the label `breaking-change`" in text
    assert "<details>" in text
    assert text.index("</details>") > text.index("EvaluationIssue")


def test_the_label_accepts_a_breaking_change_and_others_do_not(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    planted(repository)
    assert commented(repository, "--labels", '["documentation"]')[0] == 1
    assert capsys.readouterr().out.startswith("::error ")
    status, text = commented(repository, "--labels", '["documentation", "breaking-change"]')
    assert status == 0
    assert "is set" in text
    assert capsys.readouterr().out.startswith("::warning ")


def test_what_breaks_nothing_passes_without_a_label(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    assert commented(repository) == (0, "")
    assert capsys.readouterr().out.strip() == ""
    line = repository.replace("[pending, running,", "[pending, queued, running,")
    status, text = commented(repository)
    assert status == 0
    assert "label" not in text
    assert capsys.readouterr().out.startswith(f"::notice file=openapi.yaml,line={line},")


def test_annotations_have_lines_of_new_or_removed_parts(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = planted(repository)
    commented(repository)
    printed = capsys.readouterr().out.splitlines()
    pattern = re.compile(r"::(error|notice) file=openapi\.yaml,line=(\d+),title=(major|minor)%3A [\w-]+::(.*)")
    found = [match.groups() for match in map(pattern.fullmatch, printed) if match]
    assert len(found) == len(printed) == 2
    level, line, _, message = found[0]
    assert level == "error"
    assert f"it was in line {lines['removed']}" in message
    assert int(line) == lines["removed"] - 1
    assert found[1][:3] == ("notice", str(lines["added"]), "minor")
    assert "%0Aprovenance: reference%0Aoperations: received by " in message


def test_comment_reports_versions_that_cannot_be_compared(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.replace("paths:\n", "paths: [\n")
    status, text = commented(repository, "--labels", '["breaking-change"]')
    assert status == 2
    assert text.startswith(spec_comment.MARKER)
    assert "could not compare" in text
    assert "openapi.yaml is not YAML" in text
    assert capsys.readouterr().out.startswith("::error file=openapi.yaml,line=1,title=could not compare::")


def test_a_fault_of_our_own_fails_the_check(
    repository: Repository, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spec_comment, "compared", lambda *arguments: 1 / 0)
    status, text = commented(repository)
    assert status == 2
    assert "ZeroDivisionError" in text


def test_a_change_taken_back_leaves_an_empty_comment(repository: Repository) -> None:
    planted(repository)
    assert commented(repository)[1]
    repository.git("checkout", "--quiet", "main", "--", "openapi.yaml")
    assert commented(repository) == (0, "")


def test_the_base_is_called_as_people_call_it(repository: Repository) -> None:
    planted(repository)
    repository.git("commit", "--quiet", "--all", "--message", "A change")
    _, text = commented(repository, "--base", "HEAD^1", "--base-name", "main")
    assert "since main (" in text
    assert "HEAD" not in text


@pytest.mark.parametrize("labels", ["", "[]"])
def test_no_labels_are_no_labels(labels: str) -> None:
    assert spec_comment.labels(labels) == []


def test_labels_that_are_no_list_are_refused(repository: Repository) -> None:
    with pytest.raises(SystemExit) as caught:
        commented(repository, "--labels", '"breaking-change"')
    assert caught.value.code == 2


def change(number: int, **other: Any) -> Change:
    added = Change(
        rating="minor",
        rule="property-added",
        text=f"`Evaluation.field_{number}` was added",
        path=f"#/components/schemas/Evaluation/properties/field_{number}",
        removed=False,
        line=number,
        anchor=number,
        provenance="inferred",
        operations=tuple(Use(f"operation_{index}", "response") for index in range(MOST_NAMES + 2)),
        of_operations=18,
        touches=(),
    )
    return replace(added, **other)


def test_a_comment_stays_below_what_github_takes() -> None:
    changes = [change(number, rating="patch") for number in range(2000)]
    text = as_markdown(Report("main", changes))
    assert LONGEST_COMMENT * 0.9 < len(text) < 65_000
    assert text.count("<details>") == text.count("</details>") == 1
    assert "make spec-diff" in text.splitlines()[-1]
    assert len(json.loads(as_json(Report("main", changes)))["changes"]) == 2000


def test_a_long_list_of_operations_is_cut_with_its_number() -> None:
    text = as_markdown(Report("main", [change(1)]))
    assert "`operation_5` and 2 more" in text
    assert "operation_6" not in text


def test_nothing_in_an_annotation_can_end_it_or_start_another() -> None:
    (line,) = annotated(Report("main", [change(1, text="100%\n::error::x", rule="a,b:c")]), accepted=False)
    assert "\n" not in line
    assert "title=minor%3A a%2Cb%3Ac::100%25%0A::error::x" in line
