import subprocess
from pathlib import Path

import pytest

from scripts.contract import lint_spec
from scripts.contract.redocly import RedoclyMissingError

VALID = """openapi: 3.1.0
info:
  title: Example
  version: "1"
paths:
  /v1/things/{id}:
    get:
      parameters:
        - name: id
          in: path
          required: true
          schema: {type: string}
      responses:
        "200":
          description: A thing
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Thing"}
components:
  schemas:
    Thing:
      type: [object, "null"]
"""


def test_a_valid_document_has_no_findings() -> None:
    assert lint_spec.findings(VALID) == []


@pytest.mark.parametrize(
    ("before", "after", "line", "said"),
    [
        ('      responses:\n        "200"', '      answers:\n        "200"', 7, "paths > /v1/things/{id} > get"),
        ("in: path", "in: body", 10, "body"),
        ("schemas/Thing", "schemas/Thin", 18, "'#/components/schemas/Thin' leads nowhere"),
        ("  title: Example", "  title: Example\n  title: Other", 4, "the key 'title' stands here twice"),
        ("type: [object", "type: [objekt", 22, "components > schemas > Thing > type"),
        ("openapi: 3.1.0", "openapi: 3.0.3", 1, "3.1.x is needed, not 3.0.3"),
        ("info:", "info: [", 4, "not YAML"),
    ],
)
def test_a_fault_is_found_at_its_line(before: str, after: str, line: int, said: str) -> None:
    assert before in VALID
    found = lint_spec.findings(VALID.replace(before, after))
    assert [text for number, text in found if number == line and said in text]


@pytest.mark.parametrize("text", ["", "just text", "- a list"])
def test_what_is_no_mapping_is_refused(text: str) -> None:
    assert lint_spec.findings(text) == [(1, "document: a mapping is needed")]


def test_a_pointer_into_a_path_is_followed() -> None:
    reference = "#/paths/~1v1~1things~1{id}/get/responses/200/content/application~1json/schema"
    text = VALID + f"    Same:\n      $ref: '{reference}'\n"
    assert lint_spec.findings(text) == []


def test_the_contract_passes() -> None:
    assert lint_spec.main([]) == 0


def test_redocly_finding_is_printed_with_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text(VALID.replace("in: path", "in: body"), encoding="utf-8")
    assert lint_spec.main([str(file)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith(f"{file}:1: openapi: Servers must be present.")]
    assert [line for line in lines if line.startswith(f"{file}:10: ") and line.endswith("(struct)")]
    assert [line for line in lines if line.startswith(f"{file}:10: ") and "body" in line and "(struct)" not in line]
    assert lines == sorted(lines, key=lambda line: int(line.split(":")[1]))


def test_invalid_yaml_is_found_without_report_of_redocly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text(VALID.replace("info:", "info: ["), encoding="utf-8")
    assert lint_spec.main([str(file)]) == 1
    assert ": not YAML" in capsys.readouterr().out


def test_without_redocly_a_contract_does_not_pass(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(arguments: list[str]) -> None:
        raise RedoclyMissingError("Redocly could not be installed")

    monkeypatch.setattr(lint_spec, "redocly", missing)
    assert lint_spec.main([]) == 2
    assert "could not be installed" in capsys.readouterr().err


@pytest.mark.parametrize(("printed", "status"), [("", 1), ("not JSON", 0), ('{"problems": []}', 1)])
def test_a_run_of_redocly_without_a_report_is_no_pass(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], printed: str, status: int
) -> None:
    done = subprocess.CompletedProcess(["redocly"], status, printed, "out of order")
    monkeypatch.setattr(lint_spec, "redocly", lambda arguments: done)
    assert lint_spec.main([]) == 2
    assert "Redocly" in capsys.readouterr().err


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lint_spec.main([str(tmp_path / "none.yaml")]) == 1
    assert "none.yaml" in capsys.readouterr().err
