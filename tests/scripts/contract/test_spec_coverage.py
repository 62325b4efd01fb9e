"""Whatever of the reference pages the contract lacks is named, and what it holds beyond them is told by its provenance."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.contract import spec_coverage

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "openapi.yaml").read_text(encoding="utf-8")
SPEC = yaml.safe_load(TEXT)

Change = Callable[[dict[str, Any]], Any]
Cover = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def cover(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Cover:
    """Runs the command on a changed contract and gives its exit status and its lines."""

    def run(*replacements: tuple[str, str], arguments: tuple[str, ...] = ()) -> tuple[int, list[str]]:
        text = TEXT
        for before, after in replacements:
            assert before in text
            text = text.replace(before, after, 1)
        file = tmp_path / "openapi.yaml"
        file.write_text(text, encoding="utf-8")
        return spec_coverage.main([*arguments, str(file)]), capsys.readouterr().out.splitlines()

    return run


def test_contract_has_every_fact_and_contributing_the_totals(cover: Cover) -> None:
    status, lines = cover()
    table = [line for line in lines if line.startswith("|")]
    assert status == 0
    assert [line for line in lines if "missing" in line] == []
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert "\n".join(table) in contributing, "CONTRIBUTING.md has another table than `make spec-coverage` prints"


def test_every_fact_can_be_shown_with_its_line(cover: Cover) -> None:
    _, lines = cover(arguments=("--all",))
    shown = {line.split(": ", 1)[1]: line for line in lines if line.endswith(": found")}
    assert len(shown) > 900
    maximum = shown["submit request: generated_image_url maxLength 12000000: found"]
    assert "maxLength: 12000000" in TEXT.splitlines()[int(maximum.split(":")[1]) - 1]
    assert "feedback answer: judges[].issues[].subcategory: found" in shown
    assert "submit answer: failure_code timed_out: found" in shown


# What is taken out of the contract, and what is then said.
TAKEN_OUT = [
    ("        task_type:\n          type", "        kind:\n          type", "submit request: task_type: missing: there is no such field"),
    ("          maxLength: 255\n", "          maxLength: 254\n", "submit request: client_ref maxLength 255: missing: 254 there"),
    ("          default: standard\n", "", "submit request: job_class default standard: missing: nothing there"),
    ("          maxItems: 4\n", "", "submit request: reference_images maxItems 4: missing: nothing there"),
    ("required: [is_positive]", "required: []", "feedback request: is_positive required: missing: not listed"),
    ("completed, failed]\n", "completed]\n", "feedback answer: status_code failed: missing: not listed"),
    ("\\d*$'\n          description: Credits", "\\d+$'\n          description: Credits", "submit answer: cost pattern"),
    (
        "eval_duration_ms: {type: [integer, 'null']}",
        "eval_duration_ms: {type: [number, 'null']}",
        "submit answer: eval_duration_ms: missing: number or null there, integer on the page",
    ),
    (
        "target_type_code: {type: [string, 'null']}",
        "target_type_code: {type: string}",
        "submit answer: target_type_code: missing: may not be null there, may be on the page",
    ),
    (
        "org_id: {type: [string, 'null'], format: uuid}\n        run_id:\n",
        "org_id: {type: [string, 'null']}\n        run_id:\n",
        "submit answer: org_id: missing: format None there, uuid on the page",
    ),
    (
        "items: {type: string}\n          description: The main faults",
        "items: {type: integer}\n          description: The main faults",
        "submit answer: top_issues: missing: integer there, string on the page",
    ),
    ("        subcategory: {", "        sub_category: {", "submit answer: judges[].issues[].subcategory: missing"),
    ("  /v1/evaluations/job-classes:", "  /v1/job-classes:", "submit: GET /v1/evaluations/job-classes: missing"),
    ("body#/callback_url}", "body#/url}", "submit: callback to callback_url: missing: there is no such callback"),
    ("      name: X-Organization-Id", "      name: X-Org", "submit: X-Organization-Id: missing"),
    ("      scheme: bearer", "      scheme: basic", "submit: Authorization: missing"),
]  # fmt: skip


def test_each_fact_that_the_contract_lacks_is_named(cover: Cover) -> None:
    status, lines = cover(*((before, after) for before, after, _ in TAKEN_OUT))
    assert status == 1
    assert [said for _, _, said in TAKEN_OUT if not any(said in line for line in lines)] == []
    assert lines[-1].endswith(" facts of the pages are missing.")


@pytest.mark.parametrize(("before", "after", "said"), [TAKEN_OUT[0], TAKEN_OUT[1], TAKEN_OUT[5]])
def test_one_missing_fact_is_enough_to_fail(cover: Cover, before: str, after: str, said: str) -> None:
    status, lines = cover((before, after))
    assert status == 1
    assert [line for line in lines if said in line]


def test_response_of_removed_operation_is_missing_as_a_whole(cover: Cover) -> None:
    status, lines = cover(("  /v1/evaluations/{evaluation_id}/feedback:\n", "  /v1/thumbs/{evaluation_id}:\n"))
    assert status == 1
    assert len([line for line in lines if "feedback answer: " in line and "there is no such field" in line]) > 400


def test_field_of_other_type_is_counted_once_as_wrong(cover: Cover) -> None:
    status, lines = cover(("attempt_number: {type: [integer, 'null']}", "attempt_number: {type: [string, 'null']}"))
    assert status == 1
    assert [line for line in lines if "attempt_number: missing: string or null there, integer on the page" in line]
    assert [line for line in lines if "attempt_number" in line and "beyond" in line] == []


def test_a_reference_to_itself_is_no_endless_search(cover: Cover) -> None:
    circle = "    EvaluationStatus:\n      $ref: '#/components/schemas/EvaluationStatus'\n      description: >-\n"
    status, _ = cover(("    EvaluationStatus:\n      description: >-\n", circle))
    assert status == 2


def test_field_wrongly_attributed_to_the_pages_is_named(cover: Cover) -> None:
    status, lines = cover(("        target_type_code: {", "        mood: {type: string}\n        target_type_code: {"))
    assert status == 1
    assert lines[-1] == "Marked as of the pages, or as nothing, and on neither page: Evaluation.mood."


def test_what_is_beyond_the_pages_is_told_with_its_provenance(cover: Cover) -> None:
    mark = "{type: string, x-provenance: observed}"
    status, lines = cover(("        target_type_code: {", "        mood: " + mark + "\n        target_type_code: {"))
    assert status == 0
    told = [line.split(": ", 1)[1] for line in lines if line.startswith("openapi.yaml:")]
    assert "beyond the pages, observed: field Evaluation.mood" in told
    assert "beyond the pages, documented: operation GET /v1/billing/balance" in told
    assert "beyond the pages, inferred: schema EvaluationStatusRow" in told
    assert "beyond the pages, documented: limit CreateAssetUploadRequest.size_bytes.maximum" in told
    assert told == sorted(told, key=lambda line: line.split(": ")[0])


def test_a_value_beyond_the_pages_is_told(cover: Cover) -> None:
    status, lines = cover(("enum: [platform, api]", "enum: [platform, api, partner]"))
    assert status == 0  # a value has no mark of its own, so this is told and not refused
    assert [
        line for line in lines if line.endswith("beyond the pages, reference: value EvaluationSource.anyOf.0.enum.2")
    ]


@pytest.mark.parametrize("text", ["openapi: [3.1.0\n", "- a list\n", ""])
def test_a_contract_that_cannot_be_read_is_no_success(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "openapi.yaml"
    file.write_text(text, encoding="utf-8")
    assert spec_coverage.main([str(file)]) == 2
    assert "openapi.yaml" in capsys.readouterr().err


def test_facts_that_cannot_be_read_are_no_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert spec_coverage.main(["--facts", str(tmp_path / "none.yaml")]) == 2
    assert "none.yaml" in capsys.readouterr().err
