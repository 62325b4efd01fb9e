"""The operations of the contract: what each sends, and how its answers are read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from .answers import Answers, answers_of
from .bodies import Body, body_of
from .document import Document, Schema
from .fields import Field
from .names import literal, module_name, unique_identifiers
from .parameters import PLACES, Parameter, parameter_of
from .refusals import GenerationError, Refusals
from .schemas import Schemas

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_ITEM_KEYS = frozenset((*METHODS, "$ref", "summary", "description", "servers", "parameters"))
_NAME = re.compile(r"\{([^{}]*)\}")
_LEFT_TO_THE_CLIENT = frozenset(("accept", "authorization", "content-type"))
# What the function that makes an operation uses, so that no parameter may be called so.
_USED = frozenset(
    (
        "Operation", "UNSET", "cookie_text", "deep_pairs", "form_content", "header_pairs", "joined", "json_text", "api_models",
        "multipart_content", "nothing", "range", "read_bytes", "read_text", "object_pairs", "path_part", "plain", "plain_deep", "plain_list", "plain_time",
        "query_pairs", "text", "text_content", "uuid_part", "content", "content_type", "isinstance", "str", "dict", "list",
    )
)  # fmt: skip
CHECKS = (
    "check_any_of", "check_boolean", "check_date", "check_datetime", "check_decimal", "check_file", "check_given", "check_list", "check_map",
    "check_null", "check_number", "check_object", "check_string", "check_uuid", "check_values",
)  # fmt: skip


@dataclass
class Operation:
    """One operation.

    Args:
        id: Its `operationId`.
        tag: The folder it stands in.
        module: The module it stands in.
        method: Its method, in lower case.
        path: Its path, as the contract writes it.
        described: What the contract says of it.
        parameters: By their place.
        body: What it sends.
        answers: What is read of its answers.
    """

    id: str
    tag: str
    module: str
    method: str
    path: str
    described: Schema
    parameters: dict[str, list[Parameter]] = field(default_factory=dict)
    body: Body | None = None
    answers: Answers = field(default_factory=Answers)

    @property
    def where(self) -> str:
        """Method and path, for people."""
        return f"{self.method.upper()} {self.path}"

    @property
    def path_expression(self) -> str:
        """The expression that makes the path; its fixed parts are literals, so that nothing in them is code."""
        fields = {each.field.wire: each.field for each in self.parameters["path"]}
        parts = []
        for index, part in enumerate(_NAME.split(self.path)):
            if index % 2 == 0:
                parts += [literal(quote(part, safe="/:@!$&'()*+,;=~%"))] if part else []
                continue
            parts.append(_path_part(fields[part]))
        return " + ".join(parts)

    @property
    def headline(self) -> str:
        """Its summary as a sentence."""
        summary = str(self.described.get("summary") or f"{self.method.upper()} {self.path}").strip()
        marked = "Deprecated. " if self.described.get("deprecated") is True else ""
        return f"{marked}{summary}{'' if summary.endswith(('.', '!', '?')) else '.'}"

    @property
    def checked(self) -> list[Field]:
        """The parameters that are checked before anything is made of them."""
        path = [each.field for each in self.parameters["path"] if each.field.shape.kind not in ("uuid", "str", "any")]
        path += [each.field for each in self.parameters["path"] if each.field.shape.kind == "str"]
        others = [each.field for place in PLACES[1:] for each in self.parameters[place]]
        return [each for each in (*path, *others) if each.parameter_check]

    @property
    def query_expression(self) -> str:
        """The expression of the query."""
        query = self.parameters["query"]
        plain = ", ".join(f"{each.field.wire_literal}: {each.value}" for each in query if not each.pairs)
        pairs = f"query_pairs({{{plain},}})" if plain else ""
        several = [f"*{each.pairs}" for each in query if each.pairs]
        return f"({', '.join([*([f'*{pairs}'] if pairs else []), *several])},)" if several else pairs

    @property
    def enums(self) -> list[tuple[str, str]]:
        """Module and class of every enum that it sends or gives."""
        shapes = [each.field.shape for every in self.parameters.values() for each in every] + self.answers.shapes()
        if self.body is not None:
            shapes.append(self.body.shape)
        parts = (part for shape in shapes for part in shape.parts())
        return sorted({(part.module, part.class_name) for part in parts if part.kind.endswith("enum")})


def _path_part(each: Field) -> str:
    if each.shape.kind == "uuid":
        return f"uuid_part({each.wire_literal}, {each.name})"
    value = each.name if each.shape.kind == "str" else f"text({each.wire_literal}, {each.name})"
    return f"path_part({each.wire_literal}, {value})"


def each_operation(document: Document, refusals: Refusals) -> Iterator[tuple[str, str, Schema, Schema]]:
    """Path, method, path item and operation of each operation."""
    for path, given in (document.spec.get("paths") or {}).items():
        if path.startswith("x-"):
            continue
        item: Any = {}
        with refusals.collecting(path):
            item = document.follow(given)
            if not isinstance(item, dict):
                item = {}
                raise GenerationError("a path needs to be an object")
            if unknown := sorted(key for key in item if key not in _ITEM_KEYS and not key.startswith("x-")):
                raise GenerationError(f"{', '.join(unknown)} is no method")
        for method in METHODS:
            operation = item.get(method)
            if isinstance(operation, dict):
                yield path, method, item, operation
            elif operation is not None:
                refusals.add(f"{method.upper()} {path}", "an operation needs to be an object")


def operations_of(document: Document, schemas: Schemas, refusals: Refusals, notes: list[str]) -> list[Operation]:
    """Every operation; what cannot be done is refused by name."""
    found: list[Operation] = []
    ids: dict[str, str] = {}
    files: dict[tuple[str, str], str] = {}
    for path, method, item, described in each_operation(document, refusals):
        where = f"{method.upper()} {path}"
        said = described.get("operationId")
        id_ = said if isinstance(said, str) and said else f"{method}_{re.sub(r'[{}]', '', path)}"
        tags = described.get("tags")
        tag = str(tags[0]) if isinstance(tags, list) and tags else "default"
        operation = Operation(id_, module_name(tag, "tag"), module_name(id_, method), method, path, described)
        file = operation.tag.casefold(), operation.module.casefold()
        with refusals.collecting(where):
            if id_ in ids:
                raise GenerationError(f"its operationId {id_!r} is that of {ids[id_]} too")
            if file in files:
                raise GenerationError(
                    f"its file api/{'/'.join(file)}.py would be that of {files[file]} too; rename one"
                )
            ids[id_], files[file] = where, where
            _fill(operation, item, document, schemas, notes)
            found.append(operation)
    return sorted(found, key=lambda each: (each.tag, each.module))


def _fill(
    operation: Operation, item: Mapping[str, Any], document: Document, schemas: Schemas, notes: list[str]
) -> None:
    described = operation.described
    if item.get("servers") or described.get("servers"):
        raise GenerationError("servers of its own are not supported: every operation is sent to the client's server")
    if not operation.path.startswith("/") or "?" in operation.path or "#" in operation.path:
        raise GenerationError("a path needs to start with a slash, and may hold neither ? nor #")
    if "{" in _NAME.sub("", operation.path) or "}" in _NAME.sub("", operation.path):
        raise GenerationError("the braces of its path are not in pairs")
    operation.parameters = _parameters(operation, item, document, schemas, notes)
    named = _NAME.findall(operation.path)
    declared = {each.field.wire for each in operation.parameters["path"]}
    if set(named) != declared or len(named) != len(declared):
        names = ", ".join(sorted(set(named) ^ declared)) or ", ".join(named)
        raise GenerationError(f"the parameters of its path are not those that it declares: {names}")
    order = {name: index for index, name in enumerate(named)}
    operation.parameters["path"].sort(key=lambda each: order[each.field.wire])
    operation.body = body_of(described, document, schemas, operation.module)
    _name(operation)
    operation.answers = answers_of(described, document, schemas, operation.module)


def _parameters(
    operation: Operation, item: Mapping[str, Any], document: Document, schemas: Schemas, notes: list[str]
) -> dict[str, list[Parameter]]:
    raw: dict[tuple[str, str], Schema] = {}
    for given in (item.get("parameters") or [], operation.described.get("parameters") or []):
        for each in given:
            found = document.follow(each)
            name, place = str(found.get("name")), str(found.get("in"))
            if place not in PLACES:
                raise GenerationError(
                    f"the parameter {name!r} stands in {place!r}, which is not one of {', '.join(PLACES)}"
                )
            raw[place, name] = found
    places: dict[str, list[Parameter]] = {place: [] for place in PLACES}
    headers: set[str] = set()
    for (place, name), found in raw.items():
        if place == "header" and name.lower() in _LEFT_TO_THE_CLIENT:
            notes.append(f"{operation.where}: the header {name} is left to the client, as OpenAPI says")
            continue
        if place == "header" and name.lower() in headers:
            raise GenerationError(f"the header {name} is declared twice; a header's name has no case")
        headers |= {name.lower()} if place == "header" else set()
        places[place].append(parameter_of(name, place, found, schemas, operation.module))
    return places


def _name(operation: Operation) -> None:
    every = [(place, each) for place in PLACES for each in operation.parameters[place]]
    reserved = _USED | frozenset(CHECKS) | {class_name for _, class_name in operation.enums}
    reserved |= {"body"} if operation.body is not None else set()
    names = unique_identifiers([(each.field.wire, place) for place, each in every], frozenset(reserved), "parameter")
    for (_, each), name in zip(every, names, strict=True):
        each.field.name = name
