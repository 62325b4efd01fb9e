"""The contract as the templates need it: models, enums and operations, each with its name and its file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .document import Document, Schema
from .fields import Model
from .names import docstring, literal
from .operations import CHECKS, Operation, operations_of
from .refusals import Refusals
from .schemas import RECEIVED, EnumClass, Schemas
from .shapes import Shape
from .uses import sent_and_received

_LONGEST_NAME = 200
"""Bytes of a file's name, with room for what Python adds to that of a compiled one; most file systems take 255."""


class Plan:
    """Everything that is generated.

    Args:
        spec: The contract.
        overrides: For a class, another name and module.

    Raises:
        GenerationError: Something in it cannot be done, or not done right; with a line for each.
    """

    def __init__(self, spec: Schema, overrides: Mapping[str, tuple[str | None, str | None]]) -> None:
        self.spec = spec
        self.notes: list[str] = []
        refusals = Refusals()
        document = Document(spec)
        sent, received = sent_and_received(document)
        schemas = Schemas(document, refusals, sent, received, overrides)
        self.operations: list[Operation] = []
        components = _components(spec)
        kinds = {}
        for name, schema in components.items():
            with refusals.collecting(name):
                kinds[name] = schemas.component_kind(schema)
        schemas.reserve({name: components[name] for name in kinds}, kinds)
        self._make_components(components, schemas, refusals)
        self.operations = operations_of(document, schemas, refusals, self.notes)
        schemas.complete()
        self._make_callbacks(document, schemas, refusals)
        schemas.complete()
        for model in schemas.models.values():
            self._check_extra(model, refusals)
        self._check_file_names(schemas, refusals)
        refusals.raise_if_any()
        self.models = sorted(schemas.models.values(), key=lambda each: each.class_name)
        self.enums = sorted(schemas.enums.values(), key=lambda each: each.class_name)
        classes: list[Model | EnumClass] = [*self.models, *self.enums]
        self._by_class = {each.class_name: each for each in classes}

    @staticmethod
    def _make_components(components: dict[str, Any], schemas: Schemas, refusals: Refusals) -> None:
        """Give what is received a class, used or not; what is sent gets one where an operation sends it."""
        for name, schema in components.items():
            if id(schema) not in schemas.sent or id(schema) in schemas.received:
                with refusals.collecting(name):
                    schemas.shape(schema, RECEIVED, name)
                schemas.complete()

    @staticmethod
    def _make_callbacks(document: Document, schemas: Schemas, refusals: Refusals) -> None:
        """Give what the server sends on its own a class, where it is described in place."""
        for name, hook in (document.spec.get("webhooks") or {}).items():
            with refusals.collecting(f"the webhook {name}"):
                for operation in (document.follow(hook) or {}).values():
                    if not isinstance(operation, dict):
                        continue
                    request = document.follow(operation.get("requestBody") or {})
                    for media in (request.get("content") or {}).values():
                        schemas.shape((media or {}).get("schema", {}), RECEIVED, f"{name} Webhook")

    @staticmethod
    def _check_extra(model: Model, refusals: Refusals) -> None:
        names = [each.name for each in model.fields]
        if len(set(names)) != len(names):
            refusals.add(model.class_name, "two of its fields share a name in Python")

    def _check_file_names(self, schemas: Schemas, refusals: Refusals) -> None:
        classes: list[Model | EnumClass] = [*schemas.models.values(), *schemas.enums.values()]
        files = [(each.class_name, each.module) for each in classes]
        for operation in self.operations:
            files += [(operation.id, operation.tag), (operation.id, operation.module)]
        for name, file in files:
            if len(file.encode()) > _LONGEST_NAME:
                refusals.add(name, f"its name is too long for a file: at most {_LONGEST_NAME} bytes")

    def named(self, node: Any) -> Any:
        """The model or enum that the generator's own object stands for."""
        return self._by_class[str(node.class_info.name)]

    def operation(self, endpoint: Any) -> Operation:
        """The operation that the generator's own object stands for."""
        return self.operations[int(str(endpoint.path.get_untrusted_value()).rsplit("/", 1)[1])]

    def classes(self) -> list[tuple[str, str]]:
        """Module and class of every model and enum."""
        return sorted(((each.module, each.class_name) for each in self._by_class.values()), key=lambda pair: pair[1])

    def enums_of(self, model: Model) -> list[tuple[str, str]]:
        """Module and class of every enum that a model holds."""
        parts = (part for shape in model.shapes() for part in shape.parts())
        return sorted({(part.module, part.class_name) for part in parts if part.kind.endswith("enum")})

    def enum_fields(self, model: Model) -> list[tuple[str, str]]:
        """Module and class of every enum of strings that a field of a model is."""
        return sorted(
            {(each.shape.module, each.shape.class_name) for each in model.fields if each.shape.kind == "enum"}
        )


def _written_extra(extra: Shape | None, is_sent: bool) -> str:
    """The expression that makes the JSON of the fields that a model does not name."""
    name = "self.additional_properties"
    return name if extra is None else Shape("map", item=extra).written(name, is_sent=is_sent)


def source(origin: Schema) -> str:
    """Where a model, an enum or an operation is known from, in a sentence."""
    provenance, place = origin.get("x-provenance"), origin.get("x-source")
    return f"Source ({provenance}){f': {place}' if place else ''}" if provenance else ""


def add_filters(environment: Any, plan: Plan) -> None:
    """Gives the templates the plan, and what writes single lines of them."""
    environment.globals["plan"] = plan
    environment.globals["source"] = source
    environment.globals["checks"] = ", ".join(CHECKS)
    environment.filters.update(docstring=docstring, literal=literal, written_extra=_written_extra)


def reduced(plan: Plan) -> tuple[Schema, dict[str, dict[str, str]]]:
    """What openapi-python-client is given: a model, an enum and an operation for each of the plan's, with nothing in them.

    It renders the templates and lays out the files. The contract itself holds more than it parses, so what is written about
    each comes from the plan.

    Returns:
        The document, and the classes that its schemas are to have.
    """
    schemas: Schema = {}
    overrides: dict[str, dict[str, str]] = {}
    classes: list[Model | EnumClass] = [*plan.models, *plan.enums]
    for index, each in enumerate(classes):
        key = f"Schema{index}"
        schemas[key] = (
            _reduced_enum(each) if isinstance(each, EnumClass) else {"type": "object", "properties": {"x": {}}}
        )
        overrides[key] = {"class_name": each.class_name, "module_name": each.module}
    paths = {
        f"/{index}": {
            "get": {
                "operationId": each.module,
                "tags": [each.tag],
                "responses": {"204": {"description": "reduced"}},
            }
        }
        for index, each in enumerate(plan.operations)
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "reduced", "version": "0"},
        "paths": paths,
        "components": {"schemas": schemas},
    }
    return document, overrides


def _reduced_enum(enum: EnumClass) -> Schema:
    return {"type": "integer", "enum": [0]} if enum.is_int else {"type": "string", "enum": ["x"]}


def _components(spec: Schema) -> dict[str, Any]:
    components = (spec.get("components") or {}).get("schemas") or {}
    return components if isinstance(components, dict) else {}
