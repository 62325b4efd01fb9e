"""Renders openapi.yaml as Markdown: every operation and schema, with where each is known from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

METHODS = ("get", "post", "put", "patch", "delete")
LIMITS = ("minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "pattern", "format", "default")


def contract_page(text: str) -> str:
    """Return the page of a contract, below its title."""
    contract = yaml.safe_load(text)
    parts = [contract["info"]["description"], *_operations(contract), "## Schemas\n", *_schemas(contract)]
    return "\n".join(parts) + "\n"


def _operations(contract: dict[str, Any]) -> Iterator[str]:
    for tag in contract["tags"]:
        yield f"## {tag['name']}\n\n{tag['description']}\n"
        for path, item in contract["paths"].items():
            for method in METHODS:
                if tag["name"] in item.get(method, {}).get("tags", ()):
                    yield from _operation(path, method, item[method], item.get("parameters", []), contract)


def _operation(
    path: str, method: str, operation: dict[str, Any], shared: list[dict[str, Any]], contract: dict[str, Any]
) -> Iterator[str]:
    yield f"### {method.upper()} {path}\n"
    yield f"{operation['summary']}. {_line(operation.get('description', ''))}\n"
    yield f"`operationId`: `{operation['operationId']}`. {_provenance(operation)}\n"
    parameters = [_resolved(one, contract) for one in [*shared, *operation.get("parameters", [])]]
    if parameters:
        rows = (
            [f"`{one['name']}`", one["in"], _type(one.get("schema", {})), _line(one.get("description", ""))]
            for one in parameters
        )
        yield _table(["parameter", "in", "type", "meaning"], rows)
    if "requestBody" in operation:
        yield f"Request body: {_content(_resolved(operation['requestBody'], contract))}\n"
    rows = (
        [status, _content(answer), _line(answer.get("description", ""))]
        for status, answer in ((status, _resolved(one, contract)) for status, one in operation["responses"].items())
    )
    yield _table(["status", "body", "meaning"], rows)


def _schemas(contract: dict[str, Any]) -> Iterator[str]:
    for name, schema in sorted(contract["components"]["schemas"].items()):
        yield f"(schema-{name.lower()})=\n### {name}\n"
        yield f"{_line(schema.get('description', ''))} {_provenance(schema)}\n"
        if "properties" in schema:
            required = schema.get("required", ())
            rows = (
                [
                    f"`{field}`" + (" (required)" if field in required else ""),
                    _type(one),
                    _limits(one),
                    _line(one.get("description", "")),
                    one.get("x-provenance", ""),
                ]
                for field, one in schema["properties"].items()
            )
            yield _table(["field", "type", "limits", "meaning", "known from"], rows)
        else:
            yield f"Type: {_type(schema)}. {_limits(schema)}\n"


def _provenance(part: dict[str, Any]) -> str:
    source = part.get("x-source", [])
    sources = [source] if isinstance(source, str) else source
    links = ", ".join(f"<{one}>" if one.startswith("https://") else f"{one}" for one in sources)
    return f"Known from: **{part.get('x-provenance', 'its component')}**{f' ({links})' if links else ''}."


def _resolved(part: dict[str, Any], contract: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in part:
        return part
    found: Any = contract
    for key in part["$ref"].removeprefix("#/").split("/"):
        found = found[key]
    return dict(found)


def _content(body: dict[str, Any]) -> str:
    schemas = [media.get("schema", {}) for media in body.get("content", {}).values()]
    return ", ".join(dict.fromkeys(_type(schema) for schema in schemas)) or "none"


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#schema-{name.lower()})"
    for keyword in ("anyOf", "oneOf", "allOf"):
        if keyword in schema:
            return " or ".join(dict.fromkeys(_type(one) for one in schema[keyword]))
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    kinds = schema.get("type", "any")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    names = [f"array of {_type(schema['items'])}" if kind == "array" and "items" in schema else kind for kind in kinds]
    return " or ".join(names)


def _limits(schema: dict[str, Any]) -> str:
    return ", ".join(f"{keyword} `{schema[keyword]}`".replace("|", "\\|") for keyword in LIMITS if keyword in schema)


def _line(text: str) -> str:
    """Return a description as one line of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def _table(titles: list[str], rows: Iterator[list[str]] | list[list[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
