"""Who is sent and who is received: it follows from where a schema is used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .document import Document, Schema
from .operations import METHODS
from .refusals import GenerationError


def sent_and_received(document: Document) -> tuple[set[int], set[int]]:
    """The objects of the component schemas that requests hold, and of those that answers and callbacks hold."""
    sent: list[Any] = []
    received: list[Any] = []
    for item in (document.spec.get("paths") or {}).values():
        _gather(document, item, sent, received)
    for item in (document.spec.get("webhooks") or {}).values():
        _gather(document, item, received, [])
    return _closure(document, sent), _closure(document, received)


def _gather(document: Document, given: Any, sent: list[Any], received: list[Any]) -> None:
    item = _followed(document, given)
    for operation in (item.get(method) for method in METHODS):
        if not isinstance(operation, dict):
            continue
        sent += [item.get("parameters"), operation.get("parameters"), operation.get("requestBody")]
        received.append(operation.get("responses"))
        for callback in (operation.get("callbacks") or {}).values():
            for inner in _followed(document, callback).values():
                _gather(document, inner, received, [])


def _followed(document: Document, given: Any) -> Schema:
    try:
        found = document.follow(given)
    except GenerationError:
        return {}  # refused where it is generated
    return found if isinstance(found, dict) else {}


def _closure(document: Document, roots: Iterable[Any]) -> set[int]:
    seen: set[int] = set()
    waiting = list(roots)
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict) and id(value) not in seen:
            seen.add(id(value))
            waiting += _below(document, value)
    return seen


def _below(document: Document, value: Schema) -> Iterator[Any]:
    for key, inner in value.items():
        if key not in ("example", "examples", "default", "enum", "const"):
            yield inner
    if isinstance(value.get("$ref"), str):
        yield _followed(document, value)
