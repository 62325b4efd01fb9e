"""Which names of the library stand for a part of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scripts.contract.reading import pointer_parts
from scripts.contract.spec_changes.library import library

CLASS = ("properties", "enum", "allOf", "anyOf", "oneOf")


def classes(pointer: str, document: Mapping[str, Any]) -> tuple[str, ...]:
    """The classes that stand for the component a pointer leads into; of a field, the attributes and the helpers that read it."""
    parts = pointer_parts(pointer)
    if parts[:2] != ["components", "schemas"] or len(parts) < 3:
        return ()
    component = parts[2]
    schema = document.get("components", {}).get("schemas", {}).get(component, {})
    if not has_class(schema):
        return ()
    generated = f"runflow_api.models.{component}"
    if len(parts) > 4 and parts[3] == "properties":
        return (*library().attributes(component, parts[4]), f"{generated}.{parts[4]}")
    return (*library().classes(component), generated)


def has_class(schema: Any) -> bool:
    """Whether the generator makes a class of a component: of an object with fields, of an enum, and of what consists of them."""
    return isinstance(schema, Mapping) and any(schema.get(key) for key in CLASS)


def methods(operation: str) -> tuple[str, ...]:
    """The clients' methods for an operation; `send` takes those that have none of their own."""
    return tuple(f"client.{name}" for name in library().methods.get(operation, ("send",)))
