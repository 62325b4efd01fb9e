"""Reading and writing one document by every library: `bytes → object`, `dict → object`, `object → dict`, `object → bytes`."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

Operations = dict[str, Callable[[], Any]]
Run = Callable[[int], Any]


def contender(make: Callable[[bytes, dict[str, Any]], Operations]) -> Callable[[str, str, str], Run]:
    """Return what makes the calls of a case, given the paths of the document and of the contract."""

    def prepare(case: str, document: str, contract: str) -> Run:
        body = Path(document).read_bytes()
        operations = make(body, json.loads(Path(contract).read_bytes()))
        if case == "memory":
            return lambda count: _memory(operations["bytes → object"], count)
        call = operations[case]
        call()  # what is made at first use is not what is measured

        def run(count: int) -> None:
            for _ in range(count):
                call()

        return run

    return prepare


def _memory(read: Callable[[], Any], count: int) -> float:
    """Return the bytes of one object, of so many that are kept."""
    kept = [read()]
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept += [read() for _ in range(count)]
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return (after - before) / count


def _json(body: bytes, contract: dict[str, Any]) -> Operations:
    data = json.loads(body)
    return {
        "bytes → object": lambda: json.loads(body),
        "dict → object": lambda: json.loads(body),
        "object → dict": lambda: json.loads(body),
        "object → bytes": lambda: json.dumps(data, separators=(",", ":")).encode(),
    }


def _by_methods(
    model: Any, body: bytes, read_json: Callable[[bytes], Any], dumps: Callable[[Any], bytes]
) -> Operations:
    """Return the operations of a model that has `from_dict` and `to_dict`."""
    data = read_json(body)
    rows = data.get("items")

    def read(data: Any) -> Any:
        return model.from_dict(data) if rows is None else [model.from_dict(row) for row in data["items"]]

    def write(found: Any) -> Any:
        return found.to_dict() if rows is None else {"items": [each.to_dict() for each in found]}

    found = read(read_json(body))
    return {
        "bytes → object": lambda: read(read_json(body)),
        "dict → object": lambda: read(data),
        "object → dict": lambda: write(found),
        "object → bytes": lambda: dumps(write(found)),
    }


def _dumps(data: Any) -> bytes:
    return json.dumps(data, separators=(",", ":")).encode()


def _ours_plain(body: bytes, contract: dict[str, Any]) -> Operations:
    from runflow_client import Evaluation
    from runflow_client.flows.base import json_reading

    json_reading._fast_loads = None
    return _by_methods(Evaluation, body, json_reading.read_json, _dumps)


def _ours_fast(body: bytes, contract: dict[str, Any]) -> Operations:
    import orjson

    from runflow_client import Evaluation
    from runflow_client.flows.base import json_reading

    assert json_reading._fast_loads is orjson.loads
    return _by_methods(Evaluation, body, json_reading.read_json, orjson.dumps)


def _orjson(body: bytes, contract: dict[str, Any]) -> Operations:
    import orjson

    data = orjson.loads(body)
    return {"bytes → object": lambda: orjson.loads(body), "object → bytes": lambda: orjson.dumps(data)}


def _msgspec(body: bytes, contract: dict[str, Any]) -> Operations:
    import msgspec
    from typed_models import answer_type

    kind = answer_type(contract, body, lambda name, fields: msgspec.defstruct(name, [(*f, None) for f in fields]))
    decoder, encoder = msgspec.json.Decoder(kind), msgspec.json.Encoder()
    data = json.loads(body)
    found = decoder.decode(body)
    return {
        "bytes → object": lambda: decoder.decode(body),
        "dict → object": lambda: msgspec.convert(data, kind),
        "object → dict": lambda: msgspec.to_builtins(found),
        "object → bytes": lambda: encoder.encode(found),
    }


def _pydantic(body: bytes, contract: dict[str, Any]) -> Operations:
    from pydantic import TypeAdapter, create_model
    from typed_models import answer_type

    def make(name: str, fields: list[tuple[str, Any]]) -> Any:
        # Names such as model_id are the contract's.
        values: Any = {field: (kind, None) for field, kind in fields}
        return create_model(name, __config__={"protected_namespaces": ()}, **values)

    adapter: Any = TypeAdapter(answer_type(contract, body, make))
    data = json.loads(body)
    found = adapter.validate_json(body)
    return {
        "bytes → object": lambda: adapter.validate_json(body),
        "dict → object": lambda: adapter.validate_python(data),
        "object → dict": lambda: adapter.dump_python(found, mode="json"),
        "object → bytes": lambda: adapter.dump_json(found),
    }


def _dataclass(name: str, fields: list[tuple[str, Any]]) -> Any:
    from dataclasses import field, make_dataclass

    return make_dataclass(name, [(each, kind, field(default=None)) for each, kind in fields], slots=True)


def _mashumaro(body: bytes, contract: dict[str, Any]) -> Operations:
    from mashumaro.codecs import BasicDecoder, BasicEncoder
    from typed_models import answer_type

    kind: Any = answer_type(contract, body, _dataclass)
    decoder, encoder = BasicDecoder(kind), BasicEncoder(kind)
    data = json.loads(body)
    found = decoder.decode(data)
    return {
        "bytes → object": lambda: decoder.decode(json.loads(body)),
        "dict → object": lambda: decoder.decode(data),
        "object → dict": lambda: encoder.encode(found),
        "object → bytes": lambda: json.dumps(encoder.encode(found), separators=(",", ":")).encode(),
    }


def _cattrs(body: bytes, contract: dict[str, Any]) -> Operations:
    from attrs import field, make_class
    from cattrs.preconf.json import make_converter
    from typed_models import answer_type

    def make(name: str, fields: list[tuple[str, Any]]) -> Any:
        return make_class(name, {each: field(default=None, type=kind) for each, kind in fields}, slots=True)

    kind: Any = answer_type(contract, body, make)
    converter = make_converter()
    data = json.loads(body)
    found = converter.structure(data, kind)
    return {
        "bytes → object": lambda: converter.structure(json.loads(body), kind),
        "dict → object": lambda: converter.structure(data, kind),
        "object → dict": lambda: converter.unstructure(found, kind),
        "object → bytes": lambda: json.dumps(converter.unstructure(found, kind), separators=(",", ":")).encode(),
    }


def _unmodified(body: bytes, contract: dict[str, Any]) -> Operations:
    # Written by openapi-python-client with its own templates, and put on the path by the benchmark.
    from runflow_api_client.models.evaluation import Evaluation

    return _by_methods(Evaluation, body, json.loads, _dumps)


CONTENDERS = {
    "json": contender(_json),
    "orjson": contender(_orjson),
    "runflow-client": contender(_ours_plain),
    "runflow-client, fast": contender(_ours_fast),
    "msgspec": contender(_msgspec),
    "pydantic": contender(_pydantic),
    "mashumaro": contender(_mashumaro),
    "cattrs": contender(_cattrs),
    "generator": contender(_unmodified),
}
