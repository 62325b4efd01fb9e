"""The real tool on real git repositories: each kind of change, planted in the contract itself, is rated as the project says."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from contract_repository import Repository

from scripts.contract import spec_diff

SUBMIT = "    SubmitEvaluationRequest:\n"
FEEDBACK = "    SetEvaluationFeedbackRequest:\n"
EVALUATION = "    Evaluation:\n"
ISSUE = "    EvaluationIssue:\n"
NULLABLE_STRING = "{type: [string, 'null']}"
STATUS = "anyOf: [{$ref: '#/components/schemas/EvaluationStatus'}, {type: 'null'}]"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "a project")


@pytest.fixture
def compare(repository: Repository, capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    def compare(*arguments: str) -> dict[str, Any]:
        status = spec_diff.main(["--spec", str(repository.spec), "--format", "json", *arguments])
        answer: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert status == (1 if answer["bump"] == "major" else 0)
        return answer

    return compare


@dataclass(frozen=True)
class Plant:
    """A change to the contract, and what is to be said of it."""

    rating: str
    text: str
    old: str
    new: str
    after: str = ""
    operation: str = "get_evaluation"
    touches: str = "runflow_client.Evaluation"


PLANTS = {
    "enum value removed": Plant(
        "major",
        "`EvaluationStatus` no longer has the value `running`",
        "[pending, running, completed, failed]",
        "[pending, completed, failed]",
        touches="runflow_api.models.EvaluationStatus",
    ),
    "enum value added": Plant(
        "minor",
        "`EvaluationStatus` has the new value `queued`",
        "[pending, running,",
        "[pending, queued, running,",
        touches="runflow_api.models.EvaluationStatus",
    ),
    "request field became required": Plant(
        "major",
        "`reason` of `SetEvaluationFeedbackRequest` is now required",
        "required: [is_positive]",
        "required: [is_positive, reason]",
        FEEDBACK,
        operation="set_evaluation_feedback",
        touches="client.evaluations.set_feedback",
    ),
    "required request field added": Plant(
        "major",
        "`SetEvaluationFeedbackRequest.mood` was added and is required",
        "required: [is_positive]\n      properties:\n",
        "required: [is_positive, mood]\n      properties:\n        mood: {type: string}\n",
        FEEDBACK,
        operation="set_evaluation_feedback",
        touches="runflow_api.models.SetEvaluationFeedbackRequest",
    ),
    "optional field added to a response": Plant(
        "minor",
        "`Evaluation.mood` was added",
        "      properties:\n",
        f"      properties:\n        mood: {NULLABLE_STRING}\n",
        EVALUATION,
        touches="runflow_client.Evaluation.mood",
    ),
    "optional field added to a request": Plant(
        "minor",
        "`SubmitEvaluationRequest.mood` was added",
        "      properties:\n",
        f"      properties:\n        mood: {NULLABLE_STRING}\n",
        SUBMIT,
        operation="submit_evaluation",
        touches="client.evaluations.submit",
    ),
    "optional field removed from a response": Plant(
        "major",
        "`Evaluation.evaluation_instructions` was removed",
        f"        evaluation_instructions: {NULLABLE_STRING}\n",
        "",
        EVALUATION,
        touches="runflow_client.Evaluation.evaluation_instructions",
    ),
    "optional field removed from a request": Plant(
        "major",
        "`EvaluationReferenceImage.description` was removed",
        "        description:\n          type: [string, 'null']\n          description: What is to be seen on it.\n",
        "",
        operation="submit_evaluation",
        touches="runflow_client.ReferenceImage.description",
    ),
    "field renamed": Plant(
        "major",
        "`Evaluation.target_type_code` was renamed to `target_kind_code`",
        "target_type_code",
        "target_kind_code",
        EVALUATION,
        touches="runflow_api.models.Evaluation.target_type_code",
    ),
    "type changed, narrower in a response": Plant(
        "major",
        "`type` of `Evaluation.weighted_pass_rate` changed from `number` to `integer`",
        "[number, 'null']",
        "[integer, 'null']",
        EVALUATION,
        touches="runflow_client.Evaluation.weighted_pass_rate",
    ),
    "type changed to another component": Plant(
        "major",
        "the type of `Evaluation.status_code` changed from `EvaluationStatus` to `EvaluationSource`",
        STATUS,
        STATUS.replace("EvaluationStatus", "EvaluationSource"),
        EVALUATION,
        touches="runflow_client.Evaluation.status_code",
    ),
    "type changed from a component to a plain string": Plant(
        "major",
        "`Evaluation.status_code` is now an inline schema instead of `EvaluationStatus`",
        STATUS,
        "type: [string, 'null']",
        EVALUATION,
        touches="runflow_client.Evaluation.status_code",
    ),
    "null dropped in a request": Plant(
        "major",
        "`SetEvaluationFeedbackRequest.reason` is no longer nullable",
        "reason:\n          type: [string, 'null']",
        "reason:\n          type: string",
        FEEDBACK,
        operation="set_run_evaluation_feedback",
        touches="client.evaluations.clear_feedback",
    ),
    "null dropped in a response": Plant(
        "patch",
        "`Evaluation.overall_passed` is no longer nullable",
        "type: [boolean, 'null']",
        "type: boolean",
        EVALUATION,
    ),
    "null dropped from a reference in a response": Plant(
        "patch",
        "`Evaluation.status_code` is no longer nullable",
        STATUS,
        "$ref: '#/components/schemas/EvaluationStatus'",
        EVALUATION,
    ),
    "maxLength tightened": Plant(
        "major",
        "`maxLength` of `SubmitEvaluationRequest.task_type` changed from `100` to `50`",
        "maxLength: 100",
        "maxLength: 50",
        SUBMIT,
        operation="submit_evaluation",
        touches="client.evaluations.submit",
    ),
    "operation renamed": Plant(
        "major",
        "`GET /v1/health`, `get_health` so far, is now called `read_health`",
        "operationId: get_health",
        "operationId: read_health",
        operation="get_health",
        touches="client.account.health",
    ),
    "operation under another method": Plant(
        "major",
        "`GET /v1/health` is now `HEAD /v1/health`",
        "  /v1/health:\n    get:",
        "  /v1/health:\n    head:",
        operation="get_health",
        touches="client.account.health",
    ),
    "description alone": Plant(
        "patch",
        "the description of `EvaluationIssue` changed",
        "description: ",
        "description: Perhaps ",
        ISSUE,
        touches="runflow_api.models.EvaluationIssue",
    ),
    "provenance alone": Plant(
        "patch",
        "`x-provenance` of `EvaluationIssue` changed from `reference` to `inferred`",
        "x-provenance: reference",
        "x-provenance: inferred",
        ISSUE,
        touches="runflow_api.models.EvaluationIssue",
    ),
}


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS.keys())
def test_a_planted_change_is_rated_and_says_whom_it_concerns(
    plant: Plant, repository: Repository, compare: Callable[..., dict[str, Any]]
) -> None:
    line = repository.replace(plant.old, plant.new, plant.after)
    answer = compare()
    found = [change for change in answer["changes"] if change["text"] == plant.text]
    assert [change["rating"] for change in found] == [plant.rating], [one["text"] for one in answer["changes"]]
    assert len(answer["changes"]) == 1, [one["text"] for one in answer["changes"]]
    assert answer["changes"][0] == found[0]
    assert answer["bump"] == plant.rating
    assert plant.operation in [use["operation"] for use in found[0]["operations"]]
    assert any(plant.touches == name or name.startswith(f"{plant.touches}.") for name in found[0]["touches"])
    assert found[0]["path"].startswith("#/")
    assert abs(found[0]["line"] - line) <= 2
    assert found[0]["provenance"] in ("reference", "documented", "observed", "inferred", "reference → inferred")


def test_a_whole_path_that_is_removed_names_its_operations(
    repository: Repository, compare: Callable[..., dict[str, Any]]
) -> None:
    text = repository.spec.read_text(encoding="utf-8")
    start = text.index("  /v1/health:\n")
    repository.write(text[:start] + text[text.index("\ncomponents:", start) + 1 :])
    change = next(one for one in compare()["changes"] if one["rating"] == "major")
    assert change["text"] == "`GET /v1/health` was removed"
    assert [use["operation"] for use in change["operations"]] == ["get_health"]
    assert change["removed"]
    assert change["line"] == text.count("\n", 0, start) + 1
    assert change["provenance"] in ("reference", "documented", "observed")


def test_a_change_of_a_shared_component_names_all_operations(
    repository: Repository, compare: Callable[..., dict[str, Any]]
) -> None:
    repository.replace("maximum: 52428800", "maximum: 52428801")
    repository.replace("      properties:\n", "      properties:\n        mood: {type: string}\n", "    ErrorDetail:\n")
    change = next(one for one in compare()["changes"] if one["text"] == "`ErrorDetail.mood` was added")
    assert len(change["operations"]) == change["of_operations"] == 18
    assert {use["direction"] for use in change["operations"]} == {"response"}


def test_majors_come_first_and_then_the_document_s_order(
    repository: Repository, compare: Callable[..., dict[str, Any]]
) -> None:
    repository.replace("description: Who", "description: Perhaps who")
    repository.replace("[pending, running,", "[pending, queued,")
    repository.replace("maxLength: 100", "maxLength: 50", SUBMIT)
    answer = compare()
    assert [change["rating"] for change in answer["changes"]] == ["major", "major", "minor", "patch"]
    assert [change["rule"] for change in answer["changes"][:2]] == ["limit-tightened", "enum-values-removed"]
    assert answer["counts"] == {"major": 2, "minor": 1, "patch": 1}


def test_another_order_or_layout_is_no_breaking_change(
    repository: Repository, compare: Callable[..., dict[str, Any]]
) -> None:
    repository.replace("[pending, running, completed, failed]", "[failed, completed, pending, running]")
    repository.replace("type: [boolean, 'null']", "type:\n            - 'null'\n            - boolean", EVALUATION)
    repository.replace("# The evaluation and its rows", "# Something else")
    assert {change["rating"] for change in compare()["changes"]} <= {"patch"}


def test_the_base_without_a_ref_is_the_merge_base(
    repository: Repository, compare: Callable[..., dict[str, Any]]
) -> None:
    repository.replace("maxLength: 100", "maxLength: 50", SUBMIT)
    changed = repository.commit()
    repository.git("switch", "--quiet", "main")
    repository.replace("[pending, running,", "[pending, queued, running,")
    repository.commit()
    repository.git("switch", "--quiet", "change")
    assert compare()["counts"] == {"major": 1, "minor": 0, "patch": 0}
    # Measured by main as it is now, its own new value is missing here.
    assert compare("--base", "main")["counts"] == {"major": 2, "minor": 0, "patch": 0}
    assert compare("--base", changed[:10])["counts"] == {"major": 0, "minor": 0, "patch": 0}
    repository.git("branch", "--quiet", "--move", "main", "trunk")
    repository.git("update-ref", "refs/remotes/origin/main", "trunk")
    assert "origin/main" in compare()["base"]


def test_the_text_has_everything_and_says_no_change(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    assert spec_diff.main(["--spec", str(repository.spec)]) == 0
    assert capsys.readouterr().out.endswith(": no change\n")
    line = repository.replace("maxLength: 100", "maxLength: 50", SUBMIT)
    assert spec_diff.main(["--spec", str(repository.spec)]) == 1
    assert capsys.readouterr().out.splitlines()[1:] == [
        "",
        "MAJOR  `maxLength` of `SubmitEvaluationRequest.task_type` changed from `100` to `50`",
        f"       openapi.yaml:{line}  #/components/schemas/SubmitEvaluationRequest/properties/task_type/maxLength",
        "       provenance: reference",
        "       operations: sent by submit_evaluation",
        "       touches: runflow_api.models.SubmitEvaluationRequest.task_type, client.evaluations.submit, "
        "client.evaluations.evaluate",
    ]
