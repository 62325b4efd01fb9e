"""Fixtures of the contract tests: the contract, walks through it, and validation against it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from scripts.contract.contract_facts import METHODS, under_our_names

ROOT = Path(__file__).parents[2]

Placed = list[tuple[str, Any]]


def walk(node: Any, place: str = "#") -> Iterator[tuple[str, Any]]:
    yield place, node
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from walk(child, f"{place}/{key}")


def walk_schema(schema: dict[str, Any], place: str) -> Iterator[tuple[str, Any]]:
    yield place, schema
    for name, child in schema.get("properties", {}).items():
        yield from walk_schema(child, f"{place}/{name}")
    for index, child in enumerate(schema.get("anyOf", [])):
        yield from walk_schema(child, f"{place}/anyOf/{index}")
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from walk_schema(schema[key], f"{place}/{key}")


@pytest.fixture(scope="session")
def spec() -> dict[str, Any]:
    """The contract with its overlay, its components under the names of our classes."""
    contract, overlay = (
        yaml.safe_load((ROOT / name).read_text(encoding="utf-8")) for name in ("openapi.yaml", "openapi.overlay.yaml")
    )
    return under_our_names(contract, overlay)


@pytest.fixture(scope="session")
def secrets(schemas: dict[str, Any]) -> set[str]:
    """The fields that the overlay marks as secret, as `Schema.field`."""
    return {
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, rule in schema.get("properties", {}).items()
        if rule.get("x-secret") is True
    }


@pytest.fixture(scope="session")
def sent(spec: dict[str, Any]) -> set[str]:
    """The schemas that requests hold; the free-form object goes both ways."""
    found: set[str] = set()
    waiting = [
        node["requestBody"]
        for item in spec["paths"].values()
        for method, node in item.items()
        if method in METHODS and "requestBody" in node
    ]
    while waiting:
        for _, node in walk(waiting.pop()):
            name = node.rpartition("/")[2] if isinstance(node, str) and node.startswith("#/components/schemas/") else ""
            if name and name not in found:
                found.add(name)
                waiting.append(spec["components"]["schemas"][name])
    return found - {"JsonObject"}


@pytest.fixture(scope="session")
def schemas(spec: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = spec["components"]["schemas"]
    return found


@pytest.fixture(scope="session")
def all_schemas(schemas: dict[str, Any]) -> Placed:
    """Every schema under components, nested ones included; references are not followed."""
    return [found for name, schema in schemas.items() for found in walk_schema(schema, name)]


@pytest.fixture(scope="session")
def inline_schemas(everything: Placed) -> Placed:
    """Every schema in a parameter, a header or a body, outside components."""
    return [found for place, node in everything if place.endswith("/schema") for found in walk_schema(node, place)]


@pytest.fixture(scope="session")
def everything(spec: dict[str, Any]) -> Placed:
    """Every value in the contract."""
    return list(walk(spec))


@pytest.fixture(scope="session")
def operations(spec: dict[str, Any]) -> Placed:
    """Every operation that a client can call, without callbacks."""
    return [
        (f"{method.upper()} {path}", item[method])
        for path, item in spec["paths"].items()
        for method in METHODS
        if method in item
    ]


@pytest.fixture(scope="session")
def resolve(spec: dict[str, Any]) -> Callable[[Any], Any]:
    """A function that follows references and returns any other node unchanged."""

    def follow(node: Any) -> Any:
        while isinstance(node, dict) and "$ref" in node:
            target: Any = spec
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            node = target
        return node

    return follow


@pytest.fixture(scope="session")
def errors_in(spec: dict[str, Any]) -> Callable[[Any, dict[str, Any]], list[str]]:
    """A function that lists the errors of a document under a schema of the contract, formats included."""
    checker = FormatChecker()
    # jsonschema ignores a format without a checker
    assert {"uuid", "date-time"} <= set(checker.checkers)
    registry: Registry[Any] = Registry().with_resource("contract:", DRAFT202012.create_resource(spec))

    def check(document: Any, schema: dict[str, Any]) -> list[str]:
        if "$ref" in schema:
            schema = {"$ref": f"contract:{schema['$ref']}"}
        validator = Draft202012Validator(schema, registry=registry, format_checker=checker)
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]

    return check
