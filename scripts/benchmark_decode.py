"""Prints what it costs to make an `Evaluation` of a parsed answer, over what it costs to parse the answer.

The answer is a full one of about 45 kB: an evaluation with judges, run, model and workflow. Both are measured in turns
in one process, so that the ratio of the medians says something on any machine.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

_ROOT = Path(__file__).resolve().parent.parent
_SIZE = 45_000
_WORDS = (
    "the subject stands in soft even light, the background keeps its shallow depth, and hands and eyes read as natural "
)
_REPEATED = {
    "judges": 6,
    "issues": 2,
    "gate_failures": 2,
    "node_runs": 5,
    "logs": 6,
    "inputs": 5,
    "outputs": 2,
    "examples": 2,
    "faq_entries": 3,
    "pricing": 3,
    "related_links": 2,
}
# An evaluation inside an evaluation, or a run inside its own log, would be the same again.
_LEFT_OUT = ("parent_evaluation",)


def full_evaluation(spec: dict[str, Any], size: int = _SIZE) -> dict[str, Any]:
    """An evaluation with a value in every field of the contract, its prompt long enough to make `size` bytes in all."""
    schemas = spec["components"]["schemas"]
    document: dict[str, Any] = _value(schemas, {"$ref": "#/components/schemas/Evaluation"}, "evaluation", ())
    missing = size - len(_compact(document))
    document["generation_prompt"] = (_WORDS * (1 + missing // len(_WORDS)))[: max(missing, 0)]
    return document


def _value(schemas: dict[str, Any], schema: dict[str, Any], name: str, inside: tuple[str, ...]) -> Any:
    """A value of a schema that looks like what a server would send."""
    if "anyOf" in schema:
        return _value(schemas, schema["anyOf"][0], name, inside)
    if "$ref" in schema:
        component = schema["$ref"].rsplit("/", 1)[-1]
        return None if component in inside else _value(schemas, schemas[component], name, (*inside, component))
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        properties = {key: each for key, each in schema.get("properties", {}).items() if key not in _LEFT_OUT}
        return {key: _value(schemas, each, key, inside) for key, each in properties.items()} or {
            "style": "corporate",
            "strength": 0.8,
        }
    if kind == "array":
        return [_value(schemas, schema["items"], name, inside) for _ in range(_REPEATED.get(name, 1))]
    if kind == "string":
        return _text(schema, name)
    return {"integer": 1280, "number": 0.875, "boolean": True}.get(str(kind))


def _text(schema: dict[str, Any], name: str) -> str:
    match schema.get("format"):
        case "uuid":
            return "01978c5f-6b02-7d19-8f4a-2c9e6d3b5a10"
        case "date-time":
            return "2026-07-01T09:13:18.204117Z"
    if name.endswith("_url"):
        return "https://images.example.com/generated/4711.png"
    if name in ("cost", "price"):
        return "0.0400"
    return (
        _WORDS[:80] if name in ("reasoning", "description", "detail", "message", "evidence_item") else f"{name}_value"
    )


def _compact(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def measure(first: Callable[[], Any], second: Callable[[], Any], rounds: int) -> tuple[float, float]:
    """The median seconds of each of two calls, made in turns."""
    times: tuple[list[float], list[float]] = ([], [])
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for call, into in zip((first, second), times, strict=True):
                start = perf_counter()
                call()
                into.append(perf_counter() - start)
    finally:
        gc.enable()
    return median(times[0]), median(times[1])


def main(arguments: list[str]) -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="Measure Evaluation.from_dict over json.loads.")
    parser.add_argument("--rounds", type=int, default=3000)
    options = parser.parse_args(arguments)
    sys.path.insert(0, str(_ROOT / "generated"))
    from runflow_api.models.evaluation import Evaluation

    spec = json.loads((_ROOT / "generated" / "runflow_api" / "openapi.json").read_text(encoding="utf-8"))
    document = full_evaluation(spec)
    text = _compact(document)
    decoding, parsing = measure(lambda: Evaluation.from_dict(document), lambda: json.loads(text), options.rounds)
    whole, again = measure(lambda: Evaluation.from_dict(json.loads(text)), lambda: json.loads(text), options.rounds)
    writing, _ = measure(Evaluation.from_dict(document).to_dict, lambda: None, options.rounds)
    print(f"answer                        {len(text):>8} bytes, {text.count(b':') - text.count(b'://')} fields or so")
    print(f"json.loads                    {parsing * 1e6:8.1f} µs")
    print(f"Evaluation.from_dict          {decoding * 1e6:8.1f} µs   ratio {decoding / parsing:.2f}   (to reach: 0.70)")
    print(f"bytes to Evaluation           {whole * 1e6:8.1f} µs   ratio {whole / again:.2f}   (to reach: 1.70)")
    print(f"Evaluation.to_dict            {writing * 1e6:8.1f} µs   ratio {writing / parsing:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
