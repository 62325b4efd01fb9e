"""The names of parts and values in a sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from scripts.contract.reading import Items, pointer_parts

LONGEST_VALUE = 80

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
# What stands in a schema between its properties and is left out of a name.
COMBINATIONS = ("allOf", "anyOf", "oneOf")
NAMED = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
KINDS: Mapping[str, str] = {
    "parameters": "the shared parameter",
    "responses": "the shared response",
    "requestBodies": "the shared request body",
    "headers": "the shared header",
    "examples": "the shared example",
    "links": "the shared link",
    "callbacks": "the shared callback",
    "pathItems": "the shared path item",
    "securitySchemes": "the security scheme",
}


class Named(str):
    """A text that stands in a sentence as it is, because it has its backticks."""

    __slots__ = ()


def sentence(pattern: str, words: Mapping[str, str]) -> str:
    """A rule's sentence with its words put in."""
    text = pattern.format_map({"before": "", "after": "", **words})
    # Two parts are told of as one where a path goes with its operations.
    return text.replace(" was ", " were ", 1) if " and `" in words["part"] else text


def name(pointer: str, document: Any) -> str:
    """What people call the part that a pointer leads to."""
    parts = pointer_parts(pointer)
    if parts[:1] == ["paths"] and len(parts) > 1:
        return of_path(code(parts[1]), parts[1], parts[2:], value_at(document, parts[:2]))
    if parts[:1] == ["webhooks"] and len(parts) > 1:
        return of_path(f"the webhook {code(parts[1])}", "", parts[2:], value_at(document, parts[:2]))
    if parts[:1] == ["components"] and len(parts) > 2:
        return of_component(parts, value_at(document, parts[:3]))
    if not parts:
        return "the contract"
    return f"`{parts[0]}` of the contract" if len(parts) == 1 else code(".".join(parts))


def of_component(parts: list[str], value: Any) -> str:
    if parts[1] == "schemas":
        return code(".".join([parts[2], *schema_steps(parts[3:])]))
    whole = f"{KINDS.get(parts[1], parts[1])} {code(parts[2])}"
    if parts[1] == "pathItems":
        return of_path(whole, "", parts[3:], value)
    if parts[1] == "callbacks":
        return of_callback(whole, parts[3:], value)
    return within(whole, parts[3:])


def of_path(whole: str, path: str, parts: list[str], item: Any) -> str:
    """A path item, one of its operations, or what stands in them."""
    if not parts:
        return whole
    if parts[0] in METHODS:
        operation = code(f"{parts[0].upper()} {path}") if path else f"`{parts[0].upper()}` of {whole}"
        value = item.get(parts[0]) if isinstance(item, Mapping) else None
        return of_operation(operation, parts[1:], value)
    return of_operation(whole, parts, item)


def of_operation(whole: str, parts: list[str], operation: Any) -> str:
    if not parts:
        return whole
    section, rest = parts[0], parts[1:]
    if section == "parameters" and rest:
        return within(parameter_name(value_at(operation, parts[:2]), rest[0]), rest[1:], whole)
    if section == "requestBody":
        return within("the request body", rest, whole)
    if section == "responses" and rest:
        return within(f"the response {code(rest[0])}", rest[1:], whole)
    if section == "callbacks" and rest:
        return of_callback(f"the callback {code(rest[0])} of {whole}", rest[1:], value_at(operation, parts[:2]))
    return f"{code(' '.join(parts))} of {whole}"


def of_callback(whole: str, parts: list[str], callback: Any) -> str:
    if len(parts) < 2:
        return whole
    return of_path(whole, "", parts[1:], value_at(callback, parts[:1]))


def parameter_name(value: Any, position: str) -> str:
    if isinstance(value, Mapping) and isinstance(value.get("name"), str) and isinstance(value.get("in"), str):
        return f"the {value['in']} parameter {code(value['name'])}"
    reference = value.get("$ref") if isinstance(value, Mapping) else None
    return f"the parameter {code(reference.rpartition('/')[2] if isinstance(reference, str) else position)}"


def within(whole: str, parts: list[str], owner: str = "") -> str:
    """What stands in a parameter, a body, a response or a header."""
    full = f"{whole} of {owner}" if owner else whole
    if not parts:
        return full
    if parts[0] == "headers" and len(parts) > 1:
        return within(f"the header {code(parts[1])} of {full}", parts[2:])
    if parts[0] == "links" and len(parts) > 1:
        return f"the link {code(parts[1])} of {full}"
    if parts[0] == "content" and len(parts) > 1:
        kind = "" if parts[1].startswith("application/json") else f" as {code(parts[1])}"
        return within(full + kind, parts[2:]) if len(parts) > 2 else full + kind
    if parts[0] == "schema":
        steps = schema_steps(parts[1:])
        return f"{code('.'.join(steps))} of {full}" if steps else full
    return f"{code('.'.join(parts))} of {full}"


def schema_steps(parts: list[str]) -> list[str]:
    """The names of properties, and the words for what else a schema consists of."""
    steps: list[str] = []
    index = 0
    while index < len(parts):
        part = parts[index]
        if part in COMBINATIONS and index + 1 < len(parts):
            index += 2
        elif part in NAMED and index + 1 < len(parts):
            steps.append(parts[index + 1])
            index += 2
        else:
            steps.append(part)
            index += 1
    return steps


def value_at(document: Any, parts: list[str]) -> Any:
    for part in parts:
        if isinstance(document, Mapping) and part in document:
            document = document[part]
        elif isinstance(document, Items) and part.isdecimal() and int(part) < len(document):
            document = document[int(part)]
        else:
            return None
    return document


def shown(value: Any) -> str:
    """A value between backticks, cut where it is long."""
    if isinstance(value, Named):
        return value
    text = value if isinstance(value, str) else as_json(value)
    return code(text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…")


def as_json(value: Any) -> str:
    """A value as JSON has it; numbers as they are written."""
    return json.dumps(value, ensure_ascii=False, default=plain) if not isinstance(value, Decimal) else str(value)


def plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else str(value)


def code(text: str) -> str:
    """A text between backticks, so that Markdown takes nothing in it for its own."""
    return f"`{bare(text)}`"


def bare(text: str) -> str:
    """A text that may stand between backticks."""
    return " ".join(text.replace("`", "'").split())
