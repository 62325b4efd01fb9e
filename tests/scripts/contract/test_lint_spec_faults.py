"""Of 21 faults planted in the contract the validator finds 9 and Redocly 14; six more our own tests find.

The validator is what `lint_spec.findings` runs, with its checks of repeated keys and of references.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.contract import lint_spec
from scripts.contract.redocly import redocly

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "openapi.yaml").read_text(encoding="utf-8")

BOTH = {"validator", "redocly"}
ONE = {"redocly"}

# What is planted: a part of the contract, what it becomes, and who finds it.
FAULTS: dict[str, tuple[str, str, set[str]]] = {
    "a key twice": (
        "  version: 0.1.0\n",
        "  version: 0.1.0\n  version: 0.2.0\n",
        BOTH,
    ),
    "a reference to nothing": (
        "schemas/EvaluationJudge'",
        "schemas/EvaluationJudges'",
        BOTH,
    ),
    "a parameter in the body": (
        "          in: path\n",
        "          in: body\n",
        BOTH,
    ),
    "a misspelled type": (
        "is_positive:\n          type: [boolean",
        "is_positive:\n          type: [bool",
        BOTH,
    ),
    "an answer without a description": (
        "          description: The asset types.\n",
        "",
        BOTH,
    ),
    "a status that is none": (
        "        '202':",
        "        '2020':",
        BOTH,
    ),
    "an operationId twice": (
        "operationId: get_asset\n",
        "operationId: get_account\n",
        BOTH,
    ),
    "a parameter that the path does not have": (
        "  /v1/assets/{id}:",
        "  /v1/assets/one:",
        BOTH,
    ),
    "a default of another type": (
        "default: standard",
        "default: 1",
        {"validator"},
    ),
    "a comma that makes a key of half a description": (
        "'Credits charged, as a decimal.'",
        "Credits charged, as a decimal.",
        ONE,
    ),
    "a tag that is not in the list": (
        "tags: [Media]",
        "tags: [Medium]",
        ONE,
    ),
    "an example of the wrong type": (
        "size_bytes: 3104882\n      responses",
        "size_bytes: large\n      responses",
        ONE,
    ),
    "an example without a required field": (
        "                  size_bytes: 3104882\n      responses",
        "      responses",
        ONE,
    ),
    "a required field that is not there": (
        "required: [is_positive]",
        "required: [is_positiv]",
        ONE,
    ),
    "a security scheme that is not there": (
        "security:\n  - HTTPBearer: []",
        "security:\n  - Bearer: []",
        ONE,
    ),
    # What neither sees, and the test that does
    "a link to no operation": (
        "operationId: confirm_asset_upload\n              description",
        "operationId: confirm_upload\n              description",
        {"test_link_connects_response_field_to_parameter"},
    ),
    "an operation that does not say where it stands": (
        "      security: []\n      x-provenance: documented\n",
        "      security: []\n",
        {"test_every_operation_and_component_has_provenance"},
    ),
    "an enum without a name": (
        "      example: judges,action,gate_failures\n      schema: {type: string}",
        "      example: judges\n      schema: {type: string, enum: [judges, action]}",
        {"test_no_object_or_enum_is_defined_outside_components"},
    ),
    "null in a third form": (
        "        override_reason:\n          type: [string, 'null']\n",
        "        override_reason:\n          anyOf: [{type: string}, {type: 'null'}]\n",
        {"test_null_is_allowed_in_two_forms_only"},
    ),
    "an inferred field that is required": (
        "      properties:\n        label:\n",
        "      required: [label]\n      properties:\n        label:\n          x-provenance: inferred\n",
        {"test_inferred_fields_are_not_required"},
    ),
    "a field named like a helper": (
        "        target_type_code: {type",
        "        verdict: {type: [string, 'null']}\n        target_type_code: {type",
        {"test_no_field_is_named_like_wrapper_helper"},
    ),
}
OWN = {fault: test for fault, (_, _, finders) in FAULTS.items() for test in finders if test.startswith("test_")}


def planted(fault: str) -> str:
    before, after, _ = FAULTS[fault]
    assert before in TEXT, f"{fault}: the contract has changed there; plant the fault anew"
    return TEXT.replace(before, after, 1)


def reports(text: str) -> Iterator[dict[str, object]]:
    """The reports of a run over several files, which are written one after the other."""
    decoder = json.JSONDecoder()
    while text := text.lstrip():
        report, end = decoder.raw_decode(text)
        yield report
        text = text[end:]


@pytest.fixture(scope="module")
def found_by_redocly(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bool]:
    folder = tmp_path_factory.mktemp("faults")
    for number, fault in enumerate(FAULTS):
        (folder / f"{number}.yaml").write_text(planted(fault), encoding="utf-8")
    options = ("--config", str(lint_spec.RULES), "--format", "json")
    files = [f"{number}.yaml" for number in range(len(FAULTS))]
    # A file that it cannot parse ends a run.
    unreadable = redocly(["lint", files[0], *options], folder)
    done = redocly(["lint", *files[1:], *options], folder)
    found = [unreadable.returncode != 0, *(bool(report["problems"]) for report in reports(done.stdout))]
    return dict(zip(FAULTS, found, strict=True))


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_found_by_expected_linters(fault: str, found_by_redocly: dict[str, bool]) -> None:
    found = {"validator"} if lint_spec.findings(planted(fault)) else set()
    found |= {"redocly"} if found_by_redocly[fault] else set()
    assert found == FAULTS[fault][2] - {OWN.get(fault)}


def test_there_are_as_many_as_is_said() -> None:
    finders = [finders for _, _, finders in FAULTS.values()]
    assert len(FAULTS) == 21
    assert sum("validator" in found for found in finders) == 9
    assert sum("redocly" in found for found in finders) == 14
    assert len(OWN) == 6


def test_what_neither_sees_our_own_tests_find(tmp_path: Path) -> None:
    for number, text in enumerate([TEXT, *map(planted, OWN)]):
        copy = tmp_path / str(number)
        shutil.copytree(ROOT / "tests" / "spec", copy / "tests" / "spec", ignore=shutil.ignore_patterns("__pycache__"))
        (copy / "openapi.yaml").write_text(text, encoding="utf-8")
        shutil.copy(ROOT / "openapi.overlay.yaml", copy)
    settings = f"[pytest]\naddopts = --import-mode=importlib\npythonpath = {ROOT} {ROOT / 'tests' / 'support'}\n"
    (tmp_path / "pytest.ini").write_text(settings, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rfE", "-k", " or ".join(OWN.values())]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    failed = {line.split()[1] for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))}
    assert not any(name.startswith("0/") for name in failed), "the contract as it is"
    for number, (fault, test) in enumerate(OWN.items(), start=1):
        assert [name for name in failed if name.startswith(f"{number}/") and name.endswith(f"::{test}")], fault
