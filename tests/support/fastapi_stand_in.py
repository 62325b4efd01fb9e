"""An app of FastAPI with the operations of our contract, written as a provider would: other names, unions with null, Literals."""

import re
import uuid
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, Optional, get_args

from fastapi import Body, FastAPI, Header, Path, Query
from pydantic import BaseModel, ConfigDict, Field, create_model

_PLAIN = {"string": str, "integer": int, "number": float, "boolean": bool, "object": dict[str, Any]}
_FORMATS = {"uuid": uuid.UUID, "date-time": datetime}


class StandIn:
    """Makes the app of a contract.

    Args:
        contract: Our contract.
    """

    def __init__(self, contract: dict[str, Any]) -> None:
        self.contract = contract
        self.schemas = contract["components"]["schemas"]
        self.models: dict[str, Any] = {}
        self.making: set[str] = set()
        self.app = FastAPI(title="Runflow", version="2026.7", separate_input_output_schemas=True)
        for path, item in contract["paths"].items():
            for method, operation in item.items():
                self.add(path, method, operation)

    def document(self) -> dict[str, Any]:
        """What FastAPI says of the app."""
        found: dict[str, Any] = self.app.openapi()
        return found

    def add(self, path: str, method: str, operation: dict[str, Any]) -> None:
        """Adds a route."""
        parameters = {}
        for given in operation.get("parameters", []):
            raw = self.followed(given)
            parameters[re.sub(r"\W", "_", raw["name"]).lower()] = self.parameter(raw)
        body = operation.get("requestBody")
        if body is not None:
            kind = self.type_of(next(iter(body["content"].values()))["schema"])
            parameters["body"] = kind if body.get("required") else Annotated[kind | None, Body()]
        code = min(code for code in operation["responses"] if code.startswith("2"))
        content = self.followed(operation["responses"][code]).get("content")
        answer = self.type_of(next(iter(content.values()))["schema"]) if content else None

        def endpoint(**_: Any) -> Any:
            raise NotImplementedError

        endpoint.__name__ = f"{operation['operationId']}_endpoint"
        vars(endpoint)["__signature__"] = _signature(parameters)
        options = {"status_code": int(code), "tags": ["v1"], "summary": operation["summary"]}
        self.app.add_api_route(path, endpoint, methods=[method.upper()], response_model=answer, **options)

    def parameter(self, raw: dict[str, Any]) -> Any:
        """The annotation of a parameter."""
        kind = self.type_of(raw["schema"])
        if raw["in"] == "path":
            return Annotated[kind, Path()]
        where = Header if raw["in"] == "header" else Query
        return Annotated[kind | None, where(alias=raw["name"].lower())]

    def type_of(self, schema: dict[str, Any]) -> Any:
        """The type of a schema."""
        name = schema.get("$ref", "").rpartition("/")[2]
        if name:
            return self.component(name)
        if "anyOf" in schema:
            return Optional[self.type_of(schema["anyOf"][0])]
        if "type" not in schema:
            return Any
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        plain = self.plain(kinds[0], schema)
        return Optional[plain] if "null" in kinds else plain

    def plain(self, kind: str, schema: dict[str, Any]) -> Any:
        """The type of a schema of one kind."""
        if kind == "array":
            limits = {"min_length": schema.get("minItems"), "max_length": schema.get("maxItems")}
            return Annotated[list[self.type_of(schema["items"])], Field(**limits)]
        if kind == "string" and str(schema.get("pattern", "")).startswith("^(?!"):
            return Decimal
        if kind == "string":
            limits = {"min_length": schema.get("minLength"), "max_length": schema.get("maxLength")}
            found: Any = _FORMATS.get(schema.get("format", ""), str)
            return Annotated[str, Field(**limits, pattern=schema.get("pattern"))] if found is str else found
        if kind in ("integer", "number"):
            return Annotated[_PLAIN[kind], Field(ge=schema.get("minimum"), le=schema.get("maximum"))]
        return _PLAIN[kind]

    def component(self, name: str) -> Any:
        """The class of a component, under a name of the provider's own."""
        schema = self.schemas[name]
        if "anyOf" in schema:
            values = schema["anyOf"][0]["enum"]
            is_inline = name == "EvaluationSource"
            kind: Any = Literal[tuple(values)] if is_inline else Enum(f"{name}Code", {v: v for v in values}, type=str)
            return self.models.setdefault(name, kind)
        if not schema.get("properties"):
            return dict[str, Any]
        if name in self.models or name in self.making:
            return self.models.get(name, f"{name}Schema")
        self.making.add(name)
        required = schema.get("required", [])
        fields = {
            field: (
                self.type_of(inner) if field in required else Optional[self.type_of(inner)],
                ... if field in required else None,
            )
            for field, inner in schema["properties"].items()
        }
        model = create_model(f"{name}Schema", __base__=_Base, **fields)
        self.models[name] = model
        named = {f"{each}Schema": made for each, made in self.models.items()}
        for made in self.models.values():
            if isinstance(made, type) and issubclass(made, BaseModel):
                made.model_rebuild(raise_errors=False, _types_namespace=named)
        return model

    def followed(self, value: dict[str, Any]) -> dict[str, Any]:
        """What a reference points at."""
        while "$ref" in value:
            found: Any = self.contract
            for part in value["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            value = found
        return value


class _Base(BaseModel):
    model_config = ConfigDict(protected_namespaces=(), extra="allow")


def _is_required(kind: Any) -> bool:
    """Whether an argument has no default: one of a path, and one that may not be null."""
    return type(None) not in get_args(get_args(kind)[0] if hasattr(kind, "__metadata__") else kind)


def _signature(parameters: dict[str, Any]) -> Any:
    import inspect

    return inspect.Signature(
        [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                annotation=kind,
                default=inspect.Parameter.empty if _is_required(kind) else None,
            )
            for name, kind in parameters.items()
        ]
    )
