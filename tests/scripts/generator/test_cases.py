"""What becomes of many small contracts: each is generated right, or refused with the schema or operation named."""

from __future__ import annotations

import json
import re
import warnings
from typing import Any

import pytest
from contract_samples import Samples, opened, without_nulls
from jsonschema import Draft202012Validator

from .conftest import CASES, Packages

CONTRACTS = json.loads((CASES / "contracts.json").read_text(encoding="utf-8"))
NAMES = [case["name"] for case in CONTRACTS]
# What cannot be expressed, or contradicts OpenAPI. Everything else is generated.
REFUSED = {
    "names": ["S: its value True is not of the type string"],
    "patternprops": ["E.c: no check is written for patternProperties, propertyNames"],
    "pattern ecma": ["E.a: the pattern", "E.f: the pattern", "E.g: the pattern"],
    "inf": ["E.f: maximum needs to be a number"],
    "extern ref": ["R.b: the reference 'other.yaml#/X' leaves the file"],
    "path missing": ["GET /v1/x/{id}: the parameters of its path are not those that it declares: id"],
    "h": ["GET /v1/x: the header x-flag is declared twice"],
    "xml": ["POST /v1/x: its body (application/xml): only JSON, forms, text and bytes are sent"],
    "sse": ["GET /v1/x: its answer 200: a stream of events"],
    "sse model": ["GET /v1/x: its answer 200: a stream of events"],
    "302": ["GET /v1/x: no success is documented"],
    "bad code": ["GET /v1/x: abc is no status"],
    "same id": ["GET /v1/y: its operationId 'list' is that of GET /v1/x too"],
    "similar id": ["GET /v1/y: its file api/runs/get_run.py would be that of GET /v1/x too"],
    "methods": ["/v1/a: query is no method"],
    "servers": ["GET /a: servers of its own are not supported"],
    "swagger2": ["swagger: 2.0"],
    "32": ["openapi: 3.2.0"],
    "path quote": ["GET /v1/a{b/{x}: the braces of its path are not in pairs"],
    "path query in path": ["GET /v1/a?beta=true: ", "GET /v1/b#frag: ", "GET v1/c: "],
    "ref loop array": ["L: a schema that refers to itself", "R.a: a schema that refers to itself"],
    "schema named like support": ["GET /v1/get-__init__: its file api/t/get_init.py would be that of GET /v1/get-init"],
}
PLACE = re.compile(r"(?:[A-Z]+ )?\S[^:]*: \S")


@pytest.mark.timeout(600)
def test_everything_generated_imports_and_passes_both_type_checkers(packages: Packages) -> None:
    assert packages.fault == ""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("index", range(len(CONTRACTS)), ids=lambda index: f"{index}-{NAMES[index]}")
def test_a_case_is_generated_or_refused_by_name(packages: Packages, index: int) -> None:
    outcome = packages.outcomes[f"case_{index:03}"]
    assert "Traceback" not in outcome
    assert " object at 0x" not in outcome
    for words in REFUSED.get(NAMES[index], []):
        assert words in outcome
    if NAMES[index] not in REFUSED:
        assert outcome == ""
    assert all(PLACE.match(line) for line in outcome.splitlines())


def components(packages: Packages) -> list[tuple[str, str, Any, Any]]:
    """Package, class and schema of every model that is made of a component."""
    found = []
    for package in packages.generated():
        schemas = packages.documents[package].get("components", {}).get("schemas", {})
        by_name = {"".join(filter(str.isalnum, name.lower())): schema for name, schema in schemas.items()}
        models = packages.module(package, "models")
        for class_name in models.__all__:
            model = getattr(models, class_name)
            plain = class_name.lower()
            schema = by_name.get(plain, by_name.get(plain.removesuffix("request")))
            if schema is not None and len(by_name) == len(schemas) and hasattr(model, "from_dict"):
                found.append((package, class_name, model, schema))
    return found


def is_sent(model: Any) -> bool:
    return "LimitError" in (model.__doc__ or "")


@pytest.mark.timeout(600)
def test_response_with_any_content_round_trips(packages: Packages) -> None:
    tried = 0
    for package, class_name, model, schema in components(packages):
        if is_sent(model):
            continue
        for value in Samples(packages.documents[package], 1).of(schema, 60):
            if isinstance(value, dict):
                answer = model.from_dict(value)
                repr(answer)
                given = json.loads(json.dumps(answer.to_dict()))
                assert without_nulls(given) == without_nulls(value), f"{packages.names[package]}: {class_name}"
                tried += 1
    assert tried > 5_000


def attempt(model: Any, value: dict[str, Any], limit_error: Any) -> Any:
    """The request, or the error that refuses it."""
    try:
        return model.from_dict(value)
    except limit_error as error:
        return error


@pytest.mark.timeout(600)
def test_a_request_is_refused_where_the_contract_refuses_it(packages: Packages) -> None:
    accepted = refused = 0
    for package, class_name, model, schema in components(packages):
        where = f"{packages.names[package]}: {class_name}"
        if not is_sent(model) or "multipart" in json.dumps(packages.documents[package]["paths"]):
            continue
        document = packages.documents[package]
        if str(document["openapi"]).startswith("3.0") or packages.names[package] == "readonly":
            continue
        limit_error = packages.module(package, "types").LimitError
        components_ = {"schemas": opened(document["components"]["schemas"])}
        validator = Draft202012Validator({**opened(schema), "components": components_})
        for value in Samples(document, 2).of(schema, 90):
            if not isinstance(value, dict):
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                is_valid = validator.is_valid(value)
            found = attempt(model, value, limit_error)
            if isinstance(found, limit_error):
                # Formats and the end of a text ($) are checked more strictly than jsonschema does.
                strict = ("UUID", "datetime", "date", "pattern", "decimal")
                assert not is_valid or any(word in found.message for word in strict), f"{where}: {value}: {found}"
                refused += 1
                continue
            assert is_valid, f"{where} takes {value}"
            sent = json.loads(json.dumps(found.to_dict()))
            assert {key: sent[key] for key in value} == value, where
            accepted += 1
    assert accepted > 1_500
    assert refused > 200
