"""What the templates need to know of the parsed contract, worked out here so that they only write it down."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from typing import Any

from openapi_python_client.parser.openapi import Endpoint, GeneratorData
from openapi_python_client.parser.properties import ModelProperty
from openapi_python_client.strings import safe_for_docstring

from .fields import Field, GenerationError, Shape, is_free_form, shape_of

_WIDTH = 116
_RANK_IN_REPR = {"enum": 1, "bool": 2, "int": 3, "float": 3, "str": 4, "datetime": 5, "list": 6, "model": 7}


class Plan:
    """Views of the contract for the templates.

    Args:
        data: The contract as the generator parsed it.
        spec: The contract as it stands in the file, for what the generator does not hand on.
    """

    def __init__(self, data: GeneratorData, spec: Mapping[str, Any]) -> None:
        self._spec = spec
        self._data = data
        data.models = sorted(
            (model for model in data.models if not is_free_form(model)), key=lambda model: str(model.class_info.name)
        )
        data.enums = sorted(data.enums, key=lambda enum: str(enum.class_info.name))
        self._models = {str(model.class_info.name): model for model in data.models}
        for model in data.models:
            self._check_sides(model)

    def is_request(self, model: ModelProperty) -> bool:
        """Whether the client sends this model (`x-request: true`)."""
        return bool((model.data.model_extra or {}).get("x-request"))

    def fields(self, model: ModelProperty) -> list[Field]:
        """The model's fields in the contract's order; for a request, those that must be given first."""
        schema = model.data.model_dump(mode="json", by_alias=True, exclude_unset=True)
        order = list(schema["properties"])
        properties = sorted(
            model.required_properties + model.optional_properties, key=lambda each: order.index(_raw(each.name))
        )
        fields = [Field(each, schema["properties"][_raw(each.name)]) for each in properties]
        return sorted(fields, key=lambda field: not field.is_required) if self.is_request(model) else fields

    def shown_in_repr(self, model: ModelProperty) -> list[str]:
        """The fields worth a place in a repr, the telling ones first; no secret, id of another thing or bare object."""
        shown = [
            field
            for field in self.fields(model)
            if not field.is_secret and (field.name == "id" or field.repr_kind in _RANK_IN_REPR)
        ]
        return [
            field.name
            for field in sorted(shown, key=lambda field: 0 if field.name == "id" else _RANK_IN_REPR[field.repr_kind])
        ]

    def needed_imports(self, model: ModelProperty, kind: str) -> list[tuple[str, str]]:
        """Module and class of every model, or every enum, that the model holds; itself left out."""
        parts = {
            (part.module, part.class_name)
            for field in self.fields(model)
            for part in field.shape.parts()
            if part.kind == kind
        }
        return sorted(parts - {(str(model.class_info.module_name), str(model.class_info.name))})

    def parameters(self, endpoint: Endpoint) -> dict[str, list[Field]]:
        """The operation's parameters by their place: path, query and header."""
        places = {
            "path": endpoint.path_parameters,
            "query": endpoint.query_parameters,
            "header": endpoint.header_parameters,
        }
        if endpoint.cookie_parameters:
            raise GenerationError(f"{endpoint.name}: parameters in cookies are not supported")
        found = self._raw_parameters(endpoint)
        return {
            place: [_parameter(each, found[place, _raw(each.name)]) for each in each_place]
            for place, each_place in places.items()
        }

    def body(self, endpoint: Endpoint) -> Shape | None:
        """The model that the operation sends."""
        if not endpoint.bodies:
            return None
        shape = shape_of(endpoint.bodies[0].prop)
        if len(endpoint.bodies) > 1 or shape.kind != "model" or not self.is_request(self._models[shape.class_name]):
            raise GenerationError(
                f"{endpoint.name}: the body needs to be one JSON model that is marked `x-request: true`"
            )
        return shape

    def body_is_required(self, endpoint: Endpoint) -> bool:
        """Whether the operation cannot be sent without its body."""
        return bool(self._operation(endpoint)["requestBody"].get("required"))

    def answers(self, endpoint: Endpoint) -> list[tuple[int, Shape | None]]:
        """Status and shape of each documented success; no shape where it has no body."""
        answers: list[tuple[int, Shape | None]] = []
        for response in endpoint.responses.patterns:
            first, last = response.status_code.range
            if not 200 <= first < 300:
                continue
            if first == last and "content" not in self._operation(endpoint)["responses"][str(first)]:
                answers.append((first, None))
                continue
            shape = shape_of(response.prop)
            if first != last or shape.kind != "model" or self.is_request(self._models[shape.class_name]):
                raise GenerationError(
                    f"{endpoint.name}: a success needs one status, and no body or one model that is only received"
                )
            answers.append((first, shape))
        return answers

    def model_classes(self) -> list[tuple[str, str]]:
        """Module and class of every model and enum."""
        return sorted(
            (
                (str(each.class_info.module_name), str(each.class_info.name))
                for each in (*self._data.models, *self._data.enums)
            ),
            key=lambda pair: pair[1],
        )

    def operation_classes(self, endpoint: Endpoint) -> list[tuple[str, str]]:
        """Module and class of every model that the operation sends or gives."""
        body = self.body(endpoint)
        shapes = [shape for _, shape in self.answers(endpoint)] + [body]
        return sorted({(shape.module, shape.class_name) for shape in shapes if shape is not None})

    def path_template(self, endpoint: Endpoint) -> str:
        """The path as the contract writes it (the generator puts its own names into the braces)."""
        path = _raw(endpoint.path)
        for each in endpoint.path_parameters:
            path = path.replace(f"{{{each.python_name}}}", f"{{{_raw(each.name)}}}")
        return path

    def source(self, node: Any) -> str:
        """Where a model, an enum or an operation is known from, in a sentence."""
        raw = (
            self._operation(node)
            if isinstance(node, Endpoint)
            else self._spec["components"]["schemas"].get(str(node.class_info.name), {})
        )
        place = f": {raw['x-source']}" if raw.get("x-source") else ""
        return f"Source ({raw['x-provenance']}){place}" if raw.get("x-provenance") else ""

    def _operation(self, endpoint: Endpoint) -> Mapping[str, Any]:
        operation: Mapping[str, Any] = self._spec["paths"][self.path_template(endpoint)][endpoint.method]
        return operation

    def _raw_parameters(self, endpoint: Endpoint) -> dict[tuple[str, str], Mapping[str, Any]]:
        path_item = self._spec["paths"][self.path_template(endpoint)]
        every = [*path_item.get("parameters", []), *self._operation(endpoint).get("parameters", [])]
        resolved = [
            self._spec["components"]["parameters"][each["$ref"].rsplit("/", 1)[-1]] if "$ref" in each else each
            for each in every
        ]
        return {(each["in"], each["name"]): each for each in resolved}

    def _check_sides(self, model: ModelProperty) -> None:
        """Refuses a model that holds one of the other side: an answer is read without checks, a request checked."""
        for field in self.fields(model):
            for part in field.shape.parts():
                other = self._models.get(part.class_name)
                if other is not None and self.is_request(other) != self.is_request(model):
                    raise GenerationError(
                        f"{model.class_info.name}.{field.wire}: sent and received models may not hold each other"
                    )


def docstring(text: str, indent: int = 4) -> str:
    """Text as the inside of a docstring, wrapped; paragraphs stay apart.

    Args:
        text: The text.
        indent: Spaces before every line but the first.
    """
    paragraphs = [" ".join(part.split()) for part in safe_for_docstring(text).split("\n\n")]
    wrapped = [
        textwrap.fill(part, _WIDTH - indent, break_long_words=False, break_on_hyphens=False)
        for part in paragraphs
        if part
    ]
    joined = "\n\n".join(wrapped)
    closed = joined[:-1] + '\\"' if joined.endswith('"') else joined
    return textwrap.indent(closed, " " * indent).lstrip(" ")


def _parameter(prop: Any, raw: Mapping[str, Any]) -> Field:
    schema = dict(raw["schema"])
    schema.setdefault("description", raw.get("description", ""))
    return Field(prop, schema)


def _raw(text: Any) -> str:
    """A string of the contract, which the generator wraps so that it is not written as code by mistake."""
    return str(text.get_untrusted_value()) if hasattr(text, "get_untrusted_value") else str(text)


def add_filters(environment: Any, plan: Plan) -> None:
    """Gives the templates the plan, and what writes single lines of them."""
    environment.globals["plan"] = plan
    environment.filters.update(
        docstring=docstring,
        raw=lambda text: _raw(text) if text else "",
        written=_written,
        path_expression=_path_expression,
    )


def _written(field: Field, is_request: bool) -> str:
    """The expression that makes a field's JSON."""
    value = f"self.{field.name}"
    if field.shape.kind == "list" and field.shape.is_converted:
        return f"plain_list({value})"
    return f"plain({value})" if field.shape.is_converted or (is_request and field.shape.kind == "uuid") else value


def _path_expression(endpoint: Endpoint, parameters: list[Field]) -> str:
    """The expression that makes an operation's path."""
    path = json.dumps(_raw(endpoint.path))
    for prop, field in zip(endpoint.path_parameters, parameters, strict=True):
        part = "uuid_part" if field.shape.kind == "uuid" else "path_part"
        path = path.replace(f"{{{prop.python_name}}}", f"{{{part}({field.wire!r}, {field.name})}}")
    return f"f{path}" if parameters else path
