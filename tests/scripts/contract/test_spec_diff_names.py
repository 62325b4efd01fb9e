"""The tables that lead from the contract to the names people write stay complete."""

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
from scripts.contract.spec_changes.uses import operations

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = Document((ROOT / "openapi.yaml").read_text(encoding="utf-8"), "openapi.yaml")
SCHEMAS = DOCUMENT.data["components"]["schemas"]


def test_every_operation_of_the_contract_has_its_methods_in_the_table() -> None:
    found = {one["operationId"] for item in DOCUMENT.data["paths"].values() for _, one in operations(item)}
    assert set(names.METHODS) == found, "write the methods of a new operation into names.METHODS"


@pytest.mark.parametrize("client", [Runflow, AsyncRunflow])
def test_every_method_in_the_table_is_there(client: type[Runflow | AsyncRunflow]) -> None:
    with_key: Any = client(api_key="rf_live_key")
    for method in {method for methods in names.METHODS.values() for method in methods}:
        resource, _, name = method.partition(".")
        assert inspect.isroutine(getattr(getattr(with_key, resource), name)), method


def test_the_components_said_to_have_a_class_are_those_that_have_one() -> None:
    assert {name for name, schema in SCHEMAS.items() if names.has_class(schema)} == set(runflow_api.models.__all__)


def test_every_wrapper_class_made_of_a_generated_one_is_in_the_table() -> None:
    generated = tuple(getattr(runflow_api.models, name) for name in runflow_api.models.__all__)
    found = set()
    for module in pkgutil.walk_packages(runflow_client.__path__, "runflow_client."):
        if not module.name.endswith("__main__"):
            members = vars(importlib.import_module(module.name)).values()
            found |= {
                base.__name__
                for member in members
                if inspect.isclass(member) and member.__module__.startswith("runflow_client")
                for base in member.__mro__[1:]
                if base in generated
            }
    assert found <= set(names.CLASSES)
    assert found


@pytest.mark.parametrize(("component", "path"), names.CLASSES.items())
def test_every_class_in_the_table_is_there(component: str, path: str) -> None:
    module, _, name = path.rpartition(".")
    assert inspect.isclass(getattr(importlib.import_module(module), name))
    assert component in SCHEMAS


def test_what_is_no_field_and_what_has_no_class_names_none() -> None:
    assert names.classes("#/paths/~1v1~1health/get", DOCUMENT.data) == ()
    assert names.classes("#/components/schemas/JsonObject/description", DOCUMENT.data) == ()
    assert names.classes("#/components/schemas/Health/x-provenance", DOCUMENT.data) == ("runflow_api.models.Health",)
    assert names.methods("of_tomorrow") == ("client.send",)
