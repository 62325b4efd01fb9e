"""The contract: finds the operation of a request and validates the request against it."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import parse_qsl, unquote

from ..._replies import RefusedError, Reply, field_error, unprocessable
from ..._requirements import explain_missing_library
from .violations import describe_violations

with explain_missing_library():
    from jsonschema import Draft202012Validator, FormatChecker
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

_DOCUMENT = "urn:runflow:openapi"
_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
_MAX_ERRORS = 20


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an operation with the validator of its schema."""

    name: str
    location: str
    required: bool
    validator: Draft202012Validator


@dataclass(frozen=True, slots=True)
class Route:
    """An operation of the contract: its method, its path, and the requests that it accepts."""

    operation_id: str
    method: str
    template: str
    pattern: re.Pattern[str]
    needs_key: bool
    parameters: tuple[Parameter, ...]
    body: Draft202012Validator | None
    body_required: bool


@dataclass(frozen=True, slots=True)
class Arguments:
    """The validated values of one request, and the scopes of its key."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    scopes: tuple[str, ...] = ()


# Handles an operation; receives the values of the request and the sandbox's time.
Handler = Callable[[Arguments, float], Reply]


class Contract:
    """The operations of an OpenAPI document, prepared to route and validate requests."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._registry: Registry[Any] = Registry().with_resource(_DOCUMENT, DRAFT202012.create_resource(document))
        routes = [
            self._route(template, method, item)
            for template, item in document["paths"].items()
            for method in item.keys() & _METHODS
        ]
        # `/evaluations/statuses` is tried before `/evaluations/{id}`.
        self.routes: tuple[Route, ...] = tuple(
            sorted(routes, key=lambda route: (route.template.count("{"), route.template))
        )

    @property
    def methods_and_paths(self) -> list[tuple[str, str]]:
        """The method and the path template of each operation."""
        return [(route.method, route.template) for route in self.routes]

    def find(self, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
        """Find the operation of a request and the values in its path.

        Raises:
            RefusedError: 404 for a path that is not in the contract, 405 for a method that is not.
        """
        allowed: list[str] = []
        for route in self.routes:
            match = route.pattern.fullmatch(path)
            if match is None:
                continue
            if route.method == method:
                return route, {name: unquote(value) for name, value in match.groupdict().items()}
            allowed.append(route.method)
        if allowed:
            raise RefusedError(
                405, "METHOD_NOT_ALLOWED", "Method not allowed.", headers=[("allow", ", ".join(sorted(allowed)))]
            )
        raise RefusedError(404, "NOT_FOUND", "There is no such path.")

    def read(
        self, route: Route, path: Mapping[str, str], query: str, headers: Mapping[str, str], body: bytes
    ) -> Arguments:
        """Read the values of a request and check them against the contract.

        Raises:
            RefusedError: 422 with the location of every error (20 at most).
        """
        values = {"path": path, "query": dict(parse_qsl(query, keep_blank_values=True)), "header": headers}
        errors: list[dict[str, Any]] = []
        for parameter in route.parameters:
            # Only the names of headers are not case-sensitive.
            name = parameter.name.lower() if parameter.location == "header" else parameter.name
            value = values.get(parameter.location, {}).get(name)
            if value is not None:
                errors += describe_violations(
                    parameter.validator.iter_errors(value), [parameter.location, parameter.name]
                )
            elif parameter.required:
                errors.append(field_error([parameter.location, parameter.name], "Field required", "missing"))
        document = None
        if route.body is not None and (body or route.body_required):
            try:
                document = _read_json(body, headers.get("content-type", ""))
                errors += describe_violations(route.body.iter_errors(document), ["body"])
            except _UnreadableError as unreadable:
                errors.append(unreadable.error)
        if errors:
            raise unprocessable(errors[:_MAX_ERRORS])
        return Arguments(path, values["query"], headers, document)

    def _route(self, template: str, method: str, item: Mapping[str, Any]) -> Route:
        operation = item[method]
        pattern = "".join(
            f"(?P<{part[1:-1]}>[^/]+)" if part.startswith("{") else re.escape(part)
            for part in re.split(r"(\{\w+\})", template)
        )
        pointers: list[tuple[str, ...]] = [
            ("paths", template, "parameters", str(i)) for i in range(len(item.get("parameters", ())))
        ]
        pointers += [
            ("paths", template, method, "parameters", str(i)) for i in range(len(operation.get("parameters", ())))
        ]
        body_pointer = self._resolve(("paths", template, method, "requestBody")) if "requestBody" in operation else None
        return Route(
            operation_id=operation["operationId"],
            method=method.upper(),
            template=template,
            pattern=re.compile(pattern),
            needs_key=bool(operation.get("security", self._document.get("security", ()))),
            parameters=tuple(self._parameter(self._resolve(pointer)) for pointer in pointers),
            body=self._validator((*body_pointer, "content", "application/json", "schema")) if body_pointer else None,
            body_required=body_pointer is not None and bool(self._at(body_pointer).get("required", False)),
        )

    def _parameter(self, pointer: tuple[str, ...]) -> Parameter:
        parameter = self._at(pointer)
        required = bool(parameter.get("required", False))
        return Parameter(parameter["name"], parameter["in"], required, self._validator((*pointer, "schema")))

    def _validator(self, pointer: Iterable[str]) -> Draft202012Validator:
        schema = self._inlined(self._at(pointer), frozenset())
        return Draft202012Validator(schema, registry=self._registry, format_checker=FormatChecker(["uuid"]))

    def _inlined(self, schema: Any, inside: frozenset[str]) -> Any:
        """Replace each reference by its target: to look it up for every request would take longer than the rest.

        Args:
            inside: the references around this schema. One of them is not replaced again, but refers into the document.
        """
        if isinstance(schema, list):
            return [self._inlined(item, inside) for item in schema]
        if not isinstance(schema, dict):
            return schema
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            return {key: self._inlined(value, inside) for key, value in schema.items()}
        others = {key: self._inlined(value, inside) for key, value in schema.items() if key != "$ref"}
        if reference in inside:
            return {"$ref": _DOCUMENT + reference, **others}
        target = self._inlined(self._at(_steps(reference)), inside | {reference})
        return {"allOf": [target], **others} if others else target

    def _resolve(self, pointer: tuple[str, ...]) -> tuple[str, ...]:
        """Follow the references from a parameter or body to its definition."""
        while "$ref" in (found := self._at(pointer)):
            pointer = _steps(found["$ref"])
        return pointer

    def _at(self, pointer: Iterable[str]) -> dict[str, Any]:
        found: Any = self._document
        for key in pointer:
            found = found[int(key)] if isinstance(found, list) else found[key]
        return dict(found)


def _steps(reference: str) -> tuple[str, ...]:
    """Return the keys that a reference into the document names."""
    return tuple(key.replace("~1", "/").replace("~0", "~") for key in reference.removeprefix("#/").split("/"))


class _UnreadableError(Exception):
    def __init__(self, location: list[str | int], message: str, kind: str) -> None:
        super().__init__(message)
        self.error = field_error(location, message, kind)


def _read_json(body: bytes, content_type: str) -> Any:
    if not body:
        raise _UnreadableError(["body"], "Field required", "missing")
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise _UnreadableError(["header", "Content-Type"], "Body should be sent as application/json", "content_type")
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise _UnreadableError(["body", error.pos], f"JSON decode error: {error.msg}", "json_invalid") from error
    except (ValueError, RecursionError) as error:
        raise _UnreadableError(["body"], "JSON decode error", "json_invalid") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


@cache
def load_contract() -> Contract:
    """Load the contract of the generated layer, once a process."""
    return Contract(json.loads(resources.files("runflow_api").joinpath("openapi.json").read_bytes()))
