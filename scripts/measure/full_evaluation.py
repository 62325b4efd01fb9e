"""Makes a response with a value in every field of the contract, for benchmarks and tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_PROSE = "The subject stands in soft even light, the background keeps its depth, and hands and eyes look natural. "
# Fields that hold sentences.
_PROSE_FIELDS = frozenset(("answer", "description", "detail", "message", "reason", "reasoning"))


def full_evaluation(
    contract: Mapping[str, Any], repeated: Mapping[str, int], *, usual: int = 1, size: int = 0
) -> dict[str, Any]:
    """Return an evaluation with a value in every field; recursive objects (a parent, the run of a log) are null.

    Args:
        contract: The OpenAPI document.
        repeated: The number of elements of lists, by field name.
        usual: The number of elements of other lists.
        size: Bytes of compact JSON; the prompt is padded to reach them.
    """
    maker = _Maker(contract["components"]["schemas"], repeated, usual)
    document: dict[str, Any] = maker.value({"$ref": "#/components/schemas/Evaluation"}, "evaluation", ())
    missing = size - len(compact(document))
    if missing > 0:
        document["generation_prompt"] += (_PROSE * (1 + missing // len(_PROSE)))[:missing]
    return document


def compact(document: Any) -> bytes:
    """Return compact JSON."""
    return json.dumps(document, separators=(",", ":")).encode()


class _Maker:
    """Makes values of schemas, similar to those of a server."""

    def __init__(self, schemas: Mapping[str, Any], repeated: Mapping[str, int], usual: int) -> None:
        self._schemas = schemas
        self._repeated = repeated
        self._usual = usual

    def value(self, schema: Mapping[str, Any], name: str, inside: tuple[str, ...]) -> Any:
        """Return a value for a schema; `inside` names the components that contain it."""
        if "anyOf" in schema:
            return self.value(schema["anyOf"][0], name, inside)
        if "$ref" in schema:
            component = schema["$ref"].rsplit("/", 1)[-1]
            return None if component in inside else self.value(self._schemas[component], name, (*inside, component))
        if "enum" in schema:
            return schema["enum"][0]
        kind = schema.get("type")
        kind = kind[0] if isinstance(kind, list) else kind
        if kind == "object":
            made = {key: self.value(each, key, inside) for key, each in schema.get("properties", {}).items()}
            return made or {"style": "corporate", "strength": 0.8}
        if kind == "array":
            return [self.value(schema["items"], name, inside) for _ in range(self._repeated.get(name, self._usual))]
        if kind == "string":
            return _text(schema.get("format"), name)
        return {"integer": 1280, "number": 0.875, "boolean": True}.get(str(kind))


def _text(form: str | None, name: str) -> str:
    if form == "uuid":
        return "01978c5f-6b02-7d19-8f4a-2c9e6d3b5a10"
    if form == "date-time":
        return "2026-07-01T09:13:18.204117Z"
    if name.endswith("_url"):
        return "https://images.example.com/generated/4711.png"
    if name in ("cost", "price"):
        return "0.0400"
    return _PROSE[:80] if name in _PROSE_FIELDS else f"a {name.replace('_', ' ')}"
