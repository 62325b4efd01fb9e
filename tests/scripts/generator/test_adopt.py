"""A provider's own document takes the place of the reconstruction, and the wrapper still works on what is generated of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi_stand_in import StandIn

from scripts.contract import contract_facts

from .conftest import ROOT

pytestmark = pytest.mark.timeout(300)
FILES = ("openapi.yaml", "openapi.overlay.yaml", "pyproject.toml", "CHANGELOG.md", "README.md")
FOLDERS = ("scripts", "requirements", "generated", "wrapper", "tests", "examples")


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    """What FastAPI makes of an app with our operations."""
    contract = json.loads((ROOT / "generated" / "runflow_api" / "openapi.json").read_text(encoding="utf-8"))
    found: dict[str, Any] = json.loads(json.dumps(StandIn(contract).document()))
    return found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project."""
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def adopt(python: Path, project: Path, document: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    path = project / "provider.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    command = [python, "-m", "scripts.generator.adopt", path, "--root", project, "--diff-python", sys.executable]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


def test_wrapper_works_on_adopted_document(python: Path, project: Path, document: dict[str, Any]) -> None:
    done = adopt(python, project, document)
    assert done.returncode == 0, done.stderr
    assert "It describes 18 of our 18 operations." in done.stdout
    assert "lacks the class EvaluationCallback" in done.stdout
    assert "What the reconstruction had otherwise:" in done.stdout
    adopted = yaml.safe_load((project / "openapi.yaml").read_text(encoding="utf-8"))
    assert adopted == document, "the document itself is taken as it is"
    assert "x-provenance" not in json.dumps(adopted)
    written = json.loads((project / "generated" / "runflow_api" / "openapi.json").read_text(encoding="utf-8"))
    submit = written["paths"]["/v1/evaluations"]["post"]
    assert (submit["operationId"], submit["x-provenance"]) == ("submit_evaluation", "reference")
    schema = written["components"]["schemas"]["EvaluationSchema"]
    assert schema["x-class-name"] == "Evaluation"
    assert schema["properties"]["callback_url"]["x-secret"] is True

    roots = os.pathsep.join(str(project / name) for name in ("generated", "wrapper"))
    environment = {**os.environ, "PYTHONPATH": roots}
    where = "import runflow_api, runflow_client; print(runflow_api.__file__, runflow_client.__file__)"
    found = subprocess.run([sys.executable, "-c", where], cwd=project, env=environment, capture_output=True, text=True)
    assert found.stdout.count(str(project)) == 2, found.stderr
    tests = ("tests/wrapper/client/test_client_operations.py", "tests/wrapper/flows")
    command = [sys.executable, "-m", "pytest", *tests, "-q", "-p", "no:cacheprovider"]
    tried = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stdout[-3000:]


def failed_sections(project: Path) -> set[str]:
    """The sections of the facts whose test fails in a copy of the project."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(str(project / name) for name in ("generated", "wrapper")),
    }
    test = "tests/spec/test_spec_facts.py::test_contract_bears_out_facts_of_section"
    command = [sys.executable, "-m", "pytest", test, "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return set(re.findall(r"^FAILED \S+section\[(\w+)\]", done.stdout, re.MULTILINE))


def edited(facts: dict[str, Any], wanted: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """The facts with everything as the contract has it."""
    fields = given["fields"]
    operations = {
        call: {**row, "method": facts["operations"][call]["method"]} for call, row in given["operations"].items()
    }
    unlike = {
        component: {name: rule for name, rule in fields[component].items() if wanted["fields"][component][name] != rule}
        for component in (*facts["page_requests"], "Evaluation")
    }
    own = {component: fields[component] for component in facts["fields"]}
    changed = {"operations": operations, "fields": own, "fields_unlike_pages": unlike}
    return {**facts, **given, **changed}


def test_facts_that_do_not_hold_are_edited_in_one_file(python: Path, project: Path, document: dict[str, Any]) -> None:
    assert failed_sections(project) == set()
    done = adopt(python, project, document)
    assert done.returncode == 0, done.stderr
    _, _, told = done.stdout.partition(f"The tests read the facts of the contract from {contract_facts.FILE}. ")
    assert 'Balance, balance: {"type": ["string", "null"]} in place of' in told
    named = [line for line in told.partition("\n\n")[0].splitlines()[1:] if line]
    assert told.startswith(f"{len(named)} no longer hold")
    assert failed_sections(project) == {re.split("[,:]", line)[0] for line in named}

    file = project / contract_facts.FILE
    facts, pages, contract, overlay = (
        yaml.safe_load((project / name).read_text(encoding="utf-8"))
        for name in (contract_facts.FILE, contract_facts.PAGES, "openapi.yaml", "openapi.overlay.yaml")
    )
    given = contract_facts.found(contract_facts.under_our_names(contract, overlay), facts)
    wanted = contract_facts.expected(facts, pages)
    file.write_text(yaml.safe_dump(edited(facts, wanted, given), sort_keys=False), encoding="utf-8")
    assert failed_sections(project) == set()


def test_lacking_and_added_parts_are_named_with_their_users(
    python: Path, project: Path, document: dict[str, Any]
) -> None:
    changed = json.loads(json.dumps(document))
    changed["paths"]["/v1/new"] = {"get": {"responses": {"204": {"description": "nothing"}}}}
    del changed["paths"]["/v1/evaluations/statuses"]
    done = adopt(python, project, changed)
    assert done.returncode == 0, done.stderr
    assert "It describes 17 of our 18 operations." in done.stdout
    assert "lacks the operation list_evaluation_statuses: GET /v1/evaluations/statuses" in done.stdout
    assert "adds an operation: GET /v1/new" in done.stdout
    used = next(line for line in done.stdout.splitlines() if line.startswith("list_evaluation_statuses is used by "))
    assert "wrapper/runflow_client/" in used
    assert "tests/" in used


@pytest.mark.parametrize("change", ["no operation of ours", "not generated"])
def test_a_document_that_is_refused_changes_nothing(
    python: Path, project: Path, document: dict[str, Any], change: str
) -> None:
    names = ("openapi.yaml", "openapi.overlay.yaml", "generated/runflow_api/openapi.json")
    before = {name: (project / name).read_bytes() for name in names}
    changed = json.loads(json.dumps(document))
    if change == "not generated":
        changed["components"]["schemas"]["SubmitEvaluationRequestSchema"]["properties"]["task_type"]["not"] = {
            "const": "x"
        }
    else:
        changed["paths"] = {}
    done = adopt(python, project, changed)
    assert done.returncode == 1
    assert "nothing was changed" in done.stderr
    assert "Traceback" not in done.stderr
    assert {name: (project / name).read_bytes() for name in names} == before
