"""Every public name has a docstring with an example; tests/wrapper/test_docstring_examples.py runs the examples."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from typing import Any

import pytest

import runflow_client
from runflow_client.client.resources import async_evaluations, sync_evaluations

MODULES = ["", ".errors", ".events", ".callbacks", ".sandbox", ".sandbox.faults"]
NAMES = [
    (f"runflow_client{module}", name)
    for module in MODULES
    for name in importlib.import_module(f"runflow_client{module}").__all__
]


def documented(module: str, name: str) -> Any:
    """Return a public class or function; None for a constant, an alias of types and a module."""
    thing = getattr(importlib.import_module(module), name)
    return thing if inspect.isclass(thing) or inspect.isfunction(thing) else None


def members(thing: Any) -> Iterator[tuple[str, Any]]:
    """Yield the public methods and properties that a class defines itself."""
    for name, member in vars(thing).items():
        function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        if not name.startswith("_") and inspect.isfunction(function):
            yield name, function


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_public_name_has_an_example(module: str, name: str) -> None:
    thing = documented(module, name)
    assert thing is None or "Example:" in (inspect.getdoc(thing) or "")


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_public_methods_have_a_docstring(module: str, name: str) -> None:
    thing = documented(module, name)
    found = dict(members(thing)) if inspect.isclass(thing) else {}
    assert [member for member, function in found.items() if not inspect.getdoc(function)] == []


@pytest.mark.parametrize("resource", ["evaluations", "assets", "callback_secrets", "account"])
@pytest.mark.parametrize("client", [runflow_client.Runflow, runflow_client.AsyncRunflow])
def test_methods_of_resources_have_an_example(client: Any, resource: str) -> None:
    made = getattr(client("rf_key"), resource)
    found = {name: getattr(type(made), name) for name in dir(made) if not name.startswith("_")}
    assert len(found) >= 3
    assert [name for name, method in found.items() if "Example:" not in (inspect.getdoc(method) or "")] == []


@pytest.mark.parametrize("module", [sync_evaluations.Evaluations, async_evaluations.AsyncEvaluations])
@pytest.mark.parametrize("method", ["submit", "evaluate"])
def test_every_argument_is_documented_at_its_method(module: Any, method: str) -> None:
    function = getattr(module, method)
    text = inspect.getdoc(function) or ""
    arguments = set(inspect.signature(function).parameters) - {"self"}
    assert len(arguments) > 10
    assert [name for name in arguments if f"\n    {name}: " not in text] == []


def test_help_of_client_describes_each_resource() -> None:
    for name in ("evaluations", "assets", "callback_secrets", "account"):
        assert len(inspect.getdoc(getattr(runflow_client.Runflow, name)) or "") > 20
