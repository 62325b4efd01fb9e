import json
import sys
import tomllib
from importlib import resources
from pathlib import Path

import pytest

from scripts.testing import contract_test
from scripts.testing.contract_test import ContractBrokenError, program, settings

IDS = {"run_id": "r", "evaluation_id": "e", "asset_id": "a"}


def operations() -> set[str]:
    document = json.loads(resources.files("runflow_api").joinpath("openapi.json").read_bytes())
    return {
        f"{method.upper()} {path}"
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if isinstance(operation, dict) and "operationId" in operation
    }


def test_settings_name_operations_of_the_contract() -> None:
    read = tomllib.loads(settings(IDS))
    names = [operation["include-name"] for operation in read["operations"]]
    assert set(names) <= operations()
    assert set(contract_test.PROSE_RULES) <= set(names)
    assert [operation["parameters"] for operation in read["operations"] if "parameters" in operation] == [
        {"run_id": "r", "evaluation_id": "e"},
        {"id": "a"},
    ]
    assert len(operations()) == contract_test.OPERATIONS


def test_program_gives_what_its_output_names_and_is_ended() -> None:
    code = "import time; print('URL=http://x', flush=True); time.sleep(60)"
    with program([sys.executable, "-c", code], r"URL=(\S+)") as url:
        assert url == "http://x"


def test_program_that_does_not_start_raises_its_output() -> None:
    with (
        pytest.raises(ContractBrokenError, match="(?s)did not start.*no such port"),
        program([sys.executable, "-c", "print('no such port')"], r"URL=(\S+)"),
    ):
        raise AssertionError("it is not entered")


def test_lock_of_prism_has_its_version_and_hashes() -> None:
    folder = contract_test.PRISM_LOCK
    (wanted,) = json.loads((folder / "package.json").read_text(encoding="utf-8"))["dependencies"].values()
    text = (folder / "package-lock.json").read_text(encoding="utf-8")
    packages = {name: package for name, package in json.loads(text)["packages"].items() if name}
    assert packages["node_modules/@stoplight/prism-cli"]["version"] == wanted
    assert [name for name, package in packages.items() if "integrity" not in package] == []
    assert "://" not in text


@pytest.mark.parametrize("error", [ContractBrokenError("POST /v1/evaluations: 500")])
def test_broken_contract_is_exit_status_1(monkeypatch, capsys, error: Exception) -> None:
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(contract_test, "run_schemathesis", broken)
    monkeypatch.setattr(contract_test, "run_prism", broken)
    monkeypatch.setattr(contract_test, "SANDBOX", ("-c", "print('RUNFLOW_BASE_URL=x', flush=True)"))
    assert contract_test.main([]) == 1
    assert capsys.readouterr().err == "POST /v1/evaluations: 500\n"
    assert Path(contract_test.SCHEMATHESIS).name == "schemathesis"
