from pathlib import Path

import pytest

import lint_spec

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


def test_the_file_and_the_line_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text(VALID.replace("schemas/Thing", "schemas/Thin"), encoding="utf-8")
    assert lint_spec.main([str(file)]) == 1
    assert capsys.readouterr().out.startswith(f"{file}:18: ")
    file.write_text(VALID, encoding="utf-8")
    assert lint_spec.main([str(file)]) == 0


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lint_spec.main([str(tmp_path / "none.yaml")]) == 1
    assert "none.yaml" in capsys.readouterr().err
