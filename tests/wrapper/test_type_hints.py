"""`typing.get_type_hints` works on every public object, also on the constructors that attrs writes for the models."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterator
from typing import Any

import pytest

import runflow_client
from runflow_client import AsyncRunflow, Runflow, callbacks, errors, events


def public_objects() -> Iterator[Any]:
    for name in runflow_client.__all__:
        yield getattr(runflow_client, name)
    for module in (callbacks, errors, events):
        for name in module.__all__:
            yield getattr(module, name)
    for client in (Runflow("rf_x"), AsyncRunflow("rf_x")):
        for name in ("evaluations", "assets", "callback_secrets", "account"):
            yield type(getattr(client, name))


def callables_of(kind: Any) -> Iterator[Any]:
    yield kind
    if inspect.isclass(kind):
        for name, member in inspect.getmembers(kind, callable):
            if name == "__init__" or not name.startswith("_"):
                yield member


@pytest.mark.parametrize(
    "item",
    [one for one in public_objects() if inspect.isfunction(one) or inspect.isclass(one)],
    ids=lambda one: f"{one.__module__}.{one.__qualname__}",
)
def test_type_hints_of_public_object_resolve(item: Any) -> None:
    for one in callables_of(item):
        if (getattr(one, "__module__", None) or "").startswith("runflow_client"):
            typing.get_type_hints(one)
