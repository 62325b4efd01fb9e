"""The facts of a contract that the tests hold: what tests/spec/contract_facts.yaml says, and what a contract says instead.

The tests of the contract compare the two, and so does `make adopt`. Nothing is imported here, because both environments use it.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

FILE = "tests/spec/contract_facts.yaml"
PAGES = "tests/spec/pages/facts.yaml"

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
LIMITS = frozenset(("minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "pattern"))
_SCHEMAS = "#/components/schemas/"
_STEP = re.compile(r"\.(\w+)|\['((?:[^'\\]|\\.)*)'\]|\[(\d+)\]")

_UNORDERED = (
    *("without_organization", "without_api_key", "optional_body", "out_of_credit", "request_classes"),
    "limited_responses",
)

Values = dict[str, Any]


def under_our_names(document: Values, overlay: Mapping[str, Any]) -> Values:
    """A contract with its overlay applied, the components under the names of their classes.

    Args:
        document: The contract.
        overlay: Its overlay, of which each target is a plain path: so `make adopt` writes them.
    """
    named = copy.deepcopy(document)
    names: dict[str, str] = {}
    for action in overlay["actions"]:
        parts = [_part(step) for step in _STEP.finditer(action["target"])]
        parent: Any = named
        for part in parts[:-1]:
            parent = parent[part]
        if action.get("remove"):
            del parent[parts[-1]]
            continue
        update = dict(action["update"])
        if parts[:-1] == ["components", "schemas"] and "x-class-name" in update:
            names[str(parts[-1])] = update.pop("x-class-name")
        parent[parts[-1]] = {**parent[parts[-1]], **update}
    text = json.dumps(named)
    for name, ours in names.items():
        text = text.replace(json.dumps(_SCHEMAS + name), json.dumps(_SCHEMAS + ours))
    renamed: Values = json.loads(text)
    schemas = renamed["components"]["schemas"]
    renamed["components"]["schemas"] = {names.get(name, name): schema for name, schema in schemas.items()}
    return renamed


def _part(step: re.Match[str]) -> str | int:
    name, quoted, index = step.groups()
    if index is not None:
        return int(index)
    return str(name) if name is not None else re.sub(r"\\(.)", r"\1", quoted)


def expected(facts: Mapping[str, Any], pages: Mapping[str, Any]) -> Values:
    """What the two files say of a contract: the facts, those of the reference pages among them.

    Args:
        facts: What contract_facts.yaml holds.
        pages: What pages/facts.yaml holds.
    """
    by_name = {page["name"]: page for page in pages["pages"]}
    classes, tables = facts["page_classes"], {}
    for component, page in facts["page_requests"].items():
        rules = by_name[page]["request"].items()
        tables[component] = {name: page_field(name, rule, classes, sent=True) for name, rule in rules}
    rules = by_name["submit"]["answer"].items()
    tables["Evaluation"] = {name: page_field(name, rule, classes, sent=False) for name, rule in rules}
    for component, fields in facts["fields_unlike_pages"].items():
        tables[component] = {name: rule for name, rule in {**tables[component], **fields}.items() if rule is not None}
    required = {
        component: [name for name, rule in by_name[page]["request"].items() if rule.get("required")]
        for component, page in facts["page_requests"].items()
    }
    operations = {call: {key: row[key] for key in row if key != "method"} for call, row in facts["operations"].items()}
    return {
        **{section: facts[section] for section in SECTIONS},
        **{section: sorted(facts[section]) for section in _UNORDERED},
        "inferred": {kind: sorted(names) for kind, names in facts["inferred"].items()},
        "operations": operations,
        "required": {**required, **facts["required"]},
        "fields": {**tables, **facts["fields"]},
    }


def page_field(name: str, rule: Mapping[str, Any], classes: Mapping[str, str], *, sent: bool) -> Values:
    """The schema that the contract must have for a field of a page."""
    kind = [rule["type"], "null"] if rule.get("null") else rule["type"]
    limits = {key: value for key, value in rule.items() if key not in {"type", "null", "items", "values", "required"}}
    # The page leaves reference_images of a response open, and so does the contract.
    component = "JsonObject" if name == "reference_images" and not sent else classes.get(name)
    if component is None:
        return {"type": kind, **limits, **({"items": {"type": rule["items"]}} if "items" in rule else {})}
    reference = {"$ref": _SCHEMAS + component}
    if rule["type"] == "array":
        return {"type": kind, **limits, "items": reference}
    # The pages show no null for objects; the contract allows one in responses all the same.
    return reference if sent else {"anyOf": [reference, {"type": "null"}]}


def plain_rule(schema: Mapping[str, Any]) -> Values:
    """A schema without prose and x- keys, a nullable type in the form `type: [T, 'null']`."""
    rule = {key: value for key, value in schema.items() if key not in ("description", "title") and key[:2] != "x-"}
    variants = rule.get("anyOf")
    if isinstance(variants, list) and variants[1:] == [{"type": "null"}] and isinstance(variants[0].get("type"), str):
        others = {key: value for key, value in rule.items() if key != "anyOf"}
        return {**plain_rule(variants[0]), "type": [variants[0]["type"], "null"], **others}
    return rule


def found(document: Values, facts: Mapping[str, Any]) -> Values:
    """What a contract says in place of each fact.

    Args:
        document: The contract, under our names.
        facts: What contract_facts.yaml holds; of the fields only those of its classes are given.
    """
    contract = _Contract(document)
    sections: Values = {name: read(contract) for name, read in SECTIONS.items()}
    beyond = facts["fields_beyond_lists"]
    sections["fields"] = {
        component: {
            name: plain_rule(rule)
            for name, rule in contract.schemas[component].get("properties", {}).items()
            if name not in beyond.get(component, ())
        }
        for component in (*facts["page_requests"], "Evaluation", *facts["fields"])
        if component in contract.schemas
    }
    return sections


def differences(wanted: Any, given: Any, place: str) -> Iterator[str]:
    """Each fact that does not hold, in words."""
    if isinstance(wanted, Mapping) and isinstance(given, Mapping):
        for key in [*wanted, *(key for key in given if key not in wanted)]:
            if key not in given:
                yield f"{place}, {key}: not in the contract"
            elif key not in wanted:
                yield f"{place}, {key}: in the contract alone, as {json.dumps(given[key])}"
            elif _is_rule(wanted[key]):
                if wanted[key] != given[key]:
                    yield f"{place}, {key}: {json.dumps(given[key])} in place of {json.dumps(wanted[key])}"
            else:
                yield from differences(wanted[key], given[key], f"{place}, {key}")
        if place.startswith("fields, ") and wanted.keys() == given.keys() and list(wanted) != list(given):
            yield f"{place}: in another order"
    elif wanted != given:
        yield f"{place}: {json.dumps(given)} in place of {json.dumps(wanted)}"


def _is_rule(value: Any) -> bool:
    return isinstance(value, Mapping) and not value.keys().isdisjoint(("type", "$ref", "anyOf"))


class _Contract:
    """What is asked of a contract, references followed."""

    def __init__(self, document: Values) -> None:
        self.document = document
        self.schemas: dict[str, Values] = document["components"]["schemas"]
        self.operations: list[tuple[str, Values]] = [
            (f"{method.upper()} {path}", self.follow(item)[method])
            for path, item in document["paths"].items()
            for method in METHODS
            if method in self.follow(item)
        ]

    def follow(self, node: Any) -> Any:
        """What a reference leads to, or the node itself."""
        while isinstance(node, dict) and "$ref" in node:
            target: Any = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def ids(self, condition: Callable[[Values], bool]) -> list[str]:
        """The operations that fulfil a condition."""
        return sorted(operation.get("operationId", call) for call, operation in self.operations if condition(operation))

    def parameters(self, operation: Values, place: str) -> list[Values]:
        return [each for each in map(self.follow, operation.get("parameters", [])) if each["in"] == place]

    def sent(self) -> list[str]:
        """The classes that requests hold, without the free-form object, which goes both ways."""
        waiting: list[Any] = [
            operation["requestBody"] for _, operation in self.operations if "requestBody" in operation
        ]
        names: set[str] = set()
        while waiting:
            text = json.dumps(waiting.pop())
            for name in re.findall(rf'"\$ref": "{_SCHEMAS}([^"/]+)"', text):
                if name not in names:
                    names.add(name)
                    waiting.append(self.schemas[name])
            waiting += [
                self.follow({"$ref": place}) for place in re.findall(r'"(#/components/requestBodies/[^"]+)"', text)
            ]
        return sorted(names - {"JsonObject"})


def class_of(response: Values) -> str | None:
    """The component of a body; None without a body, `?` where its schema is no component."""
    if "content" not in response:
        return None
    schema = response["content"].get("application/json", {}).get("schema", {})
    return str(schema.get("$ref", "?")).removeprefix(_SCHEMAS)


def _api(contract: _Contract) -> Values:
    info, document = contract.document["info"], contract.document
    return {
        "title": info["title"],
        "version": info["version"],
        "servers": [server["url"] for server in document.get("servers", [])],
        "security": [name for scheme in document.get("security", []) for name in scheme],
    }


def _operations(contract: _Contract) -> Values:
    return {
        call: {
            "id": operation.get("operationId"),
            "tag": ", ".join(operation.get("tags", [])),
            "success": {
                status: class_of(contract.follow(response))
                for status, response in operation["responses"].items()
                if status.startswith("2")
            },
        }
        for call, operation in contract.operations
    }


def _without_organization(contract: _Contract) -> list[str]:
    return contract.ids(
        lambda operation: (
            not any(
                parameter["name"].lower() == "x-organization-id"
                for parameter in contract.parameters(operation, "header")
            )
        )
    )


def _query(contract: _Contract) -> Values:
    return {
        operation.get("operationId", call): {
            parameter["name"]: {"example": parameter.get("example"), **plain_rule(parameter["schema"])}
            for parameter in contract.parameters(operation, "query")
        }
        for call, operation in contract.operations
        if contract.parameters(operation, "query")
    }


def _links(contract: _Contract) -> list[str]:
    responses = [
        contract.follow(response)
        for _, operation in contract.operations
        for response in operation["responses"].values()
    ]
    return [link.get("operationId") for response in responses for link in response.get("links", {}).values()]


def enums(schemas: Mapping[str, Values]) -> dict[str, list[str]]:
    """The values of the open enums: a string that is one of them, or any other string."""
    values = {}
    for name, schema in schemas.items():
        match schema.get("anyOf"):
            case [{"type": "string", "enum": [*listed]}, {"type": "string"}]:
                values[name] = listed
    return values


def _listed_values(contract: _Contract) -> dict[str, list[Any]]:
    closed = {name: schema["enum"] for name, schema in contract.schemas.items() if "enum" in schema}
    return {**enums(contract.schemas), **closed}


def _lists(contract: _Contract) -> Values:
    lists = {name: schema.get("properties", {}) for name, schema in contract.schemas.items() if name.endswith("List")}
    return {
        name: {
            "of": str(plain_rule(fields.get("items", {})).get("items", {}).get("$ref", "?")).removeprefix(_SCHEMAS),
            "fields": list(fields),
        }
        for name, fields in lists.items()
    }


def _limited_responses(contract: _Contract) -> list[str]:
    sent = contract.sent()
    schemas = {name: schema for name, schema in contract.schemas.items() if name not in sent}
    return sorted({place for name, schema in schemas.items() for place in _limited(schema, name)})


def _limited(schema: Any, place: str) -> Iterator[str]:
    """The places below a schema that have a limit."""
    if isinstance(schema, list):
        for each in schema:
            yield from _limited(each, place)
    elif isinstance(schema, dict):
        if LIMITS & schema.keys():
            yield place
        for name, rule in schema.get("properties", {}).items():
            yield from _limited(rule, f"{place}.{name}")
        for key in ("items", "additionalProperties", "anyOf", "allOf", "oneOf"):
            yield from _limited(schema.get(key), place)


def _inferred(contract: _Contract) -> Values:
    fields = [
        f"{name}.{field}"
        for name, schema in contract.schemas.items()
        for field, rule in schema.get("properties", {}).items()
        if rule.get("x-provenance") == "inferred"
    ]
    classes = [name for name, schema in contract.schemas.items() if schema.get("x-provenance") == "inferred"]
    return {"classes": sorted(classes), "fields": sorted(fields)}


SECTIONS: dict[str, Callable[[_Contract], Any]] = {
    "api": _api,
    "tags": lambda contract: [tag["name"] for tag in contract.document.get("tags", [])],
    "operations": _operations,
    "without_organization": _without_organization,
    "without_api_key": lambda contract: contract.ids(lambda operation: operation.get("security") == []),
    "optional_body": lambda contract: contract.ids(
        lambda operation: "requestBody" in operation and not operation["requestBody"].get("required")
    ),
    "out_of_credit": lambda contract: contract.ids(lambda operation: "402" in operation["responses"]),
    "query": _query,
    "links": _links,
    "enums": _listed_values,
    "request_classes": _Contract.sent,
    "required": lambda contract: {
        name: schema["required"] for name, schema in contract.schemas.items() if "required" in schema
    },
    "lists": _lists,
    "limited_responses": _limited_responses,
    "inferred": _inferred,
}
"""What reads each section of the facts out of a contract."""
