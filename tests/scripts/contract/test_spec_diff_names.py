"""The names that people write are found in the wrapper's code, and all of them are there."""

import importlib
import inspect
import pkgutil
from pathlib import Path
from typing import Any

import pytest

import runflow_api.models
import runflow_client
from runflow_client import AsyncRunflow, Runflow
from scripts.contract.spec_changes import names
from scripts.contract.spec_changes.document import Document
from scripts.contract.spec_changes.library import STANDS_FOR, Library, library
from scripts.contract.spec_changes.uses import operations

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = Document((ROOT / "openapi.yaml").read_text(encoding="utf-8"), "openapi.yaml")
SCHEMAS = DOCUMENT.data["components"]["schemas"]


def test_every_operation_of_the_contract_has_its_methods() -> None:
    found = {one["operationId"] for item in DOCUMENT.data["paths"].values() for _, one in operations(item)}
    assert set(library().methods) == found


def test_the_methods_of_an_operation_are_those_that_send_it() -> None:
    methods = library().methods
    assert {"evaluations.submit", "evaluations.evaluate"} <= set(methods["submit_evaluation"])
    assert {"evaluations.get", "evaluations.wait", "evaluations.evaluate"} <= set(methods["get_evaluation"])
    assert set(methods["set_evaluation_feedback"]) == {"evaluations.set_feedback", "evaluations.clear_feedback"}
    assert methods["get_health"] == ("account.health",)


@pytest.mark.parametrize("client", [Runflow, AsyncRunflow])
def test_every_method_that_is_found_is_there(client: type[Runflow | AsyncRunflow]) -> None:
    with_key: Any = client(api_key="rf_live_key")
    for method in {method for methods in library().methods.values() for method in methods}:
        resource, _, name = method.partition(".")
        assert inspect.isroutine(getattr(getattr(with_key, resource), name)), method


def test_the_components_said_to_have_a_class_have_one() -> None:
    assert {name for name, schema in SCHEMAS.items() if names.has_class(schema)} == set(runflow_api.models.__all__)


def test_every_wrapper_class_made_of_a_generated_one_is_found() -> None:
    generated = {getattr(runflow_api.models, name): name for name in runflow_api.models.__all__}
    found = 0
    for module in pkgutil.walk_packages(runflow_client.__path__, "runflow_client."):
        if module.name.endswith("__main__"):
            continue
        for member in vars(importlib.import_module(module.name)).values():
            if inspect.isclass(member) and member.__module__.startswith("runflow_client"):
                for base in set(member.__mro__[1:]) & set(generated):
                    found += 1
                    assert [path for path in library().classes(generated[base]) if path.endswith(f".{member.__name__}")]
    assert found


@pytest.mark.parametrize("component", [*STANDS_FOR, "Evaluation", "Asset", "CallbackSecret"])
def test_every_class_that_is_found_is_there(component: str) -> None:
    (path,) = library().classes(component)
    module, _, name = path.rpartition(".")
    assert inspect.isclass(getattr(importlib.import_module(module), name))
    assert component in SCHEMAS


@pytest.mark.parametrize(
    ("component", "field", "helper"),
    [
        ("Evaluation", "weighted_pass_rate", "runflow_client.Evaluation.score"),
        ("Evaluation", "status_code", "runflow_client.Evaluation.passed"),
        ("Evaluation", "cost", "runflow_client.Evaluation.charged"),
        ("Evaluation", "judges", "runflow_client.Evaluation.issues"),
        ("EvaluationJudge", "passed", "runflow_client.Evaluation.failed_judges"),
        ("EvaluationReferenceImage", "description", "runflow_client.ReferenceImage.description"),
    ],
)
def test_a_field_leads_to_the_helpers_that_read_it(component: str, field: str, helper: str) -> None:
    pointer = f"#/components/schemas/{component}/properties/{field}"
    assert helper in names.classes(pointer, DOCUMENT.data)


def test_a_helper_that_reads_another_field_is_not_named() -> None:
    assert library().attributes("Evaluation", "org_id") == ["runflow_client.Evaluation.org_id"]
    assert library().attributes("EvaluationJudge", "cost_usd") == []


def test_what_has_no_class_names_none() -> None:
    assert names.classes("#/paths/~1v1~1health/get", DOCUMENT.data) == ()
    assert names.classes("#/components/schemas/JsonObject/description", DOCUMENT.data) == ()
    assert names.classes("#/components/schemas/Health/x-provenance", DOCUMENT.data) == ("runflow_api.models.Health",)
    assert names.methods("of_tomorrow") == ("client.send",)


def test_a_module_may_move_without_an_edit_here(tmp_path: Path) -> None:
    package = tmp_path / "runflow_client"
    for folder in (package, package / "deep", package / "deep" / "flows"):
        folder.mkdir()
        (folder / "__init__.py").touch()
    (package / "__init__.py").write_text("from .deep.thing import Thing\n", encoding="utf-8")
    (package / "deep" / "thing.py").write_text(
        "from runflow_api.models.thing import Thing as Generated\n"
        "class Thing(Generated):\n"
        "    @property\n"
        "    def doubled(self):\n"
        "        return self._value() * 2\n"
        "    def _value(self):\n"
        "        return self.value\n",
        encoding="utf-8",
    )
    (package / "deep" / "flows" / "things.py").write_text(
        "from runflow_api.api.things import get_thing\n"
        "def fetch(name):\n"
        "    return _built(name)\n"
        "def _built(name):\n"
        "    return get_thing.operation(name)\n",
        encoding="utf-8",
    )
    (package / "deep" / "client.py").write_text(
        "from .flows import things as flows\n"
        "class Things:\n"
        "    def get(self, name):\n"
        "        return flows.fetch(name)\n"
        "class Runflow:\n"
        "    things: Things\n",
        encoding="utf-8",
    )
    found = Library(package)
    assert found.methods == {"get_thing": ("things.get",)}
    assert found.classes("Thing") == ["runflow_client.Thing"]
    assert found.attributes("Thing", "value") == ["runflow_client.Thing.value", "runflow_client.Thing.doubled"]
