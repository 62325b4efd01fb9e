"""The contract is a valid OpenAPI document and uses only the forms that the generator and its reviewers rely on."""

import importlib
import json
import pkgutil
import re
from collections.abc import Callable
from typing import Any

from known_facts import FACTS
from openapi_spec_validator import OpenAPIV31SpecValidator

from runflow_client import models as package
from scripts.contract.contract_facts import class_of
from scripts.contract.contract_facts import enums as enums_of

Placed = list[tuple[str, Any]]

# The keywords that the generator and the other tests support.
KEYWORDS = {
    *("$ref", "anyOf", "type", "format", "enum", "items", "properties", "required", "additionalProperties", "default"),
    *("minLength", "maxLength", "maxItems", "minimum", "maximum", "pattern"),
    *("description", "x-provenance", "x-source", "x-secret"),
}


def test_contract_is_valid_openapi(spec: dict[str, Any]) -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(spec).iter_errors()] == []


def test_contract_is_openapi_with_bearer_key(spec: dict[str, Any]) -> None:
    assert spec["openapi"] == "3.1.0"
    assert spec["security"] == [{"HTTPBearer": []}]
    bearer = spec["components"]["securitySchemes"]["HTTPBearer"]
    assert (bearer["type"], bearer["scheme"]) == ("http", "bearer")


def test_contract_is_plain_json_data(spec: dict[str, Any]) -> None:
    # an unquoted time or a numeric key would differ in openapi.json
    assert json.loads(json.dumps(spec)) == spec


def test_every_reference_has_target(everything: Placed, resolve: Callable[[Any], Any]) -> None:
    references = [node for _, node in everything if isinstance(node, dict) and "$ref" in node]
    assert len(references) > 100
    assert all(resolve(reference) is not None for reference in references)


def test_operation_ids_are_unique_and_snake_case(everything: Placed, operations: Placed) -> None:
    ids = [operation["operationId"] for _, operation in operations]
    assert sorted(ids) == sorted(set(ids))
    assert [name for name in ids if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name)] == []


def test_every_operation_has_one_listed_tag(operations: Placed) -> None:
    assert [call for call, operation in operations if len(operation["tags"]) != 1] == []
    assert {operation["tags"][0] for _, operation in operations} == set(FACTS["tags"])


def test_every_operation_has_summary_and_description(operations: Placed) -> None:
    assert [call for call, operation in operations if not (operation["summary"] and operation["description"])] == []


def headers_of(operation: dict[str, Any], resolve: Callable[[Any], Any]) -> set[str]:
    return {p["name"] for p in map(resolve, operation.get("parameters", [])) if p["in"] == "header"}


def test_idempotency_key_is_on_every_post_only(operations: Placed, resolve: Callable[[Any], Any]) -> None:
    for call, operation in operations:
        assert ("Idempotency-Key" in headers_of(operation, resolve)) is call.startswith("POST "), call


def test_only_path_parameters_are_required(operations: Placed, resolve: Callable[[Any], Any]) -> None:
    for call, operation in operations:
        for parameter in map(resolve, operation.get("parameters", [])):
            assert parameter["required"] is (parameter["in"] == "path"), (call, parameter["name"])
            if parameter["in"] == "path":
                assert parameter["schema"] == {"type": "string", "format": "uuid"}


def test_path_parameters_match_path_template(operations: Placed, resolve: Callable[[Any], Any]) -> None:
    for call, operation in operations:
        named = [p["name"] for p in map(resolve, operation.get("parameters", [])) if p["in"] == "path"]
        assert named == re.findall(r"\{(\w+)\}", call), call


def test_link_connects_response_field_to_parameter(
    operations: Placed, schemas: dict[str, Any], everything: Placed
) -> None:
    by_id = {operation["operationId"]: call for call, operation in operations}
    found = []
    for call, operation in operations:
        for answer in operation["responses"].values():
            for link in answer.get("links", {}).values():
                ((parameter, source),) = link["parameters"].items()
                assert f"{{{parameter}}}" in by_id[link["operationId"]], call
                assert source.removeprefix("$response.body#/") in schemas[class_of(answer) or ""]["properties"], call
                found.append(link["operationId"])
    assert found == FACTS["links"]
    # no other response has links, those of components included
    assert len([place for place, _ in everything if re.fullmatch(r"#/.*/responses/\w+/links/\w+", place)]) == len(found)


def test_every_error_response_is_envelope(operations: Placed, resolve: Callable[[Any], Any]) -> None:
    for call, operation in operations:
        errors = {status: resolve(a) for status, a in operation["responses"].items() if not status.startswith("2")}
        with_a_key = {"401", "403", "404", "422"} if operation["operationId"] not in FACTS["without_api_key"] else set()
        assert with_a_key | {"429", "503", "default"} <= set(errors), call
        for status, answer in errors.items():
            schema = answer["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/ErrorResponse"}, (call, status)


def test_every_post_documents_409(operations: Placed) -> None:
    for call, operation in operations:
        assert ("409" in operation["responses"]) is call.startswith("POST "), call


def test_evaluation_callback_is_signed(spec: dict[str, Any], resolve: Callable[[Any], Any]) -> None:
    (callback,) = spec["paths"]["/v1/evaluations"]["post"]["callbacks"].values()
    post = callback["{$request.body#/callback_url}"]["post"]
    headers = {p["name"]: p["schema"] for p in map(resolve, post["parameters"])}
    assert headers["Runflow-Signature"] == {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    assert "Runflow-Request-Id" in headers
    assert post["security"] == []  # Runflow does not send an API key
    payload = post["requestBody"]["content"]["application/json"]["schema"]
    assert payload == {"$ref": "#/components/schemas/EvaluationCallback"}


def test_null_is_allowed_in_two_forms_only(all_schemas: Placed, inline_schemas: Placed) -> None:
    for place, schema in all_schemas + inline_schemas:
        kind = schema.get("type")
        if isinstance(kind, list) and "null" in kind:
            assert kind[0] in {"string", "boolean", "integer", "number", "array"}, place
            assert kind[1:] == ["null"], place
        if "anyOf" in schema and not enums_of({place: schema}):
            reference, null = schema["anyOf"]
            assert (list(reference), null) == (["$ref"], {"type": "null"}), place
        assert kind != "null" or "/anyOf/1" in place, place


def test_schemas_use_only_supported_keywords(all_schemas: Placed, inline_schemas: Placed) -> None:
    odd = {place: set(schema) - KEYWORDS for place, schema in all_schemas + inline_schemas}
    assert {place: names for place, names in odd.items() if names} == {}


def test_no_component_is_nullable(schemas: dict[str, Any]) -> None:
    plain = {name: schema for name, schema in schemas.items() if name not in enums_of(schemas)}
    assert {name: schema.get("type") for name, schema in plain.items() if schema.get("type") != "object"} == {}
    assert [name for name, schema in plain.items() if "anyOf" in schema] == []


def test_no_object_or_enum_is_nested_in_schema(schemas: dict[str, Any], all_schemas: Placed) -> None:
    # the generator would invent a name for it
    open_enums = {f"{name}/anyOf/0" for name in enums_of(schemas)}
    nested = [(place, schema) for place, schema in all_schemas if place not in schemas and place not in open_enums]
    assert [place for place, schema in nested if "object" in str(schema.get("type")) or "properties" in schema] == []
    assert [place for place, schema in nested if "enum" in schema or "const" in schema] == []


def test_no_object_or_enum_is_defined_outside_components(inline_schemas: Placed) -> None:
    assert len(inline_schemas) > 30
    odd = [place for place, schema in inline_schemas if "enum" in schema or "object" in str(schema.get("type"))]
    assert odd == []


def test_enums_say_that_they_are_open(schemas: dict[str, Any]) -> None:
    assert all("Open: " in schemas[name]["description"] for name in enums_of(schemas))


def test_free_form_objects_share_one_component(schemas: dict[str, Any]) -> None:
    free = [name for name, s in schemas.items() if s.get("type") == "object" and not s.get("properties")]
    assert free == ["JsonObject"]


def classes_of_the_wrapper() -> dict[str, type]:
    """Return the wrapper classes that extend a generated class, by the name of their component."""
    modules = [
        importlib.import_module(f"runflow_client.models.{found.name}")
        for found in pkgutil.iter_modules(package.__path__)
        if not found.ispkg and not found.name.startswith("__")
    ]
    classes = {value for module in modules for value in vars(module).values() if isinstance(value, type)}
    models = [(base, kind) for kind in classes for base in kind.__bases__]
    return {
        base.__name__: kind
        for base, kind in models
        if base.__module__.startswith("runflow_api.models.") and kind.__module__.startswith("runflow_client.")
    }


def test_no_field_is_named_like_wrapper_helper(schemas: dict[str, Any]) -> None:
    classes = classes_of_the_wrapper()
    assert {"Evaluation", "Asset", "CallbackSecret"} <= set(classes)
    assert {"is_terminal", "verdict", "passed", "score", "issues"} <= set(vars(classes["Evaluation"]))
    for name, kind in classes.items():
        assert set(schemas[name]["properties"]) & set(vars(kind)) == set(), name


def test_no_field_is_named_like_generated_method(schemas: dict[str, Any]) -> None:
    fields = {name: set(schema.get("properties", {})) & {"from_dict", "to_dict"} for name, schema in schemas.items()}
    assert {name: taken for name, taken in fields.items() if taken} == {}
