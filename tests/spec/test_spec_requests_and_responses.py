"""Request schemas are marked and limited; response schemas are as lenient as possible."""

from collections.abc import Callable, Iterator
from typing import Any

from known_facts import EXPECTED, FACTS, MOST_REFERENCES, SUBMIT_LENGTHS, longest

Placed = list[tuple[str, Any]]

PREFIX = "#/components/schemas/"


def references_in(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("$ref", "").startswith(PREFIX):
            yield node["$ref"].removeprefix(PREFIX)
        for child in node.values():
            yield from references_in(child)
    elif isinstance(node, list):
        for child in node:
            yield from references_in(child)


def reachable(roots: Any, schemas: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    waiting = list(references_in(roots))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += references_in(schemas[name])
    return found


def test_no_request_schema_is_in_response(operations: Placed, schemas: dict[str, Any], sent: set[str]) -> None:
    answered = reachable([operation["responses"] for _, operation in operations], schemas)
    assert sorted(sent) == FACTS["request_classes"]
    assert answered & sent == set()


def test_every_schema_is_used(spec: dict[str, Any], schemas: dict[str, Any]) -> None:
    used = reachable([spec["paths"], spec["components"]["responses"]], schemas)
    assert used == set(schemas)


def test_response_schemas_require_nothing_and_allow_unknown_fields(schemas: dict[str, Any], sent: set[str]) -> None:
    for name, schema in schemas.items():
        if schema.get("type") == "object" and name not in sent:
            assert "required" not in schema, name
            assert schema["additionalProperties"] is True, name


def test_every_response_field_accepts_null(
    schemas: dict[str, Any], sent: set[str], errors_in: Callable[[Any, dict[str, Any]], list[str]]
) -> None:
    for name, schema in schemas.items():
        if schema.get("type") == "object" and name not in sent:
            nulls = dict.fromkeys(schema.get("properties", {}))
            assert errors_in(nulls, {"$ref": PREFIX + name}) == []


def test_every_response_accepts_empty_object_and_unknown_field(
    schemas: dict[str, Any], sent: set[str], errors_in: Callable[[Any, dict[str, Any]], list[str]]
) -> None:
    for name, schema in schemas.items():
        if schema.get("type") == "object" and name not in sent:
            assert errors_in({}, {"$ref": PREFIX + name}) == []
            assert errors_in({"not_listed_yet": [1]}, {"$ref": PREFIX + name}) == []


def test_image_and_signed_url_fields_are_marked_secret(secrets: set[str]) -> None:
    assert set(FACTS["secrets"]) <= secrets


def test_submit_limits_accept_limit_and_reject_one_more(errors_in: Callable[[Any, dict[str, Any]], list[str]]) -> None:
    submit = {"$ref": f"{PREFIX}SubmitEvaluationRequest"}
    least = {"generated_image_url": "runflow://assets/1", "task_type": "t"}
    assert len(SUBMIT_LENGTHS) == 8
    for field, length in SUBMIT_LENGTHS.items():
        assert errors_in({**least, field: "x" * length}, submit) == [], field
        assert errors_in({**least, field: "x" * (length + 1)}, submit) != [], field
    assert errors_in({**least, "reference_images": [{}] * MOST_REFERENCES}, submit) == []
    assert errors_in({**least, "reference_images": [{}] * (MOST_REFERENCES + 1)}, submit) != []
    assert errors_in({**least, "task_type": ""}, submit) != []
    assert errors_in({**least, "run_id": "not-a-uuid"}, submit) != []


def test_feedback_requires_is_positive_also_when_null(
    errors_in: Callable[[Any, dict[str, Any]], list[str]],
) -> None:
    feedback = {"$ref": f"{PREFIX}SetEvaluationFeedbackRequest"}
    length = longest("SetEvaluationFeedbackRequest")["reason"]
    assert errors_in({"is_positive": None}, feedback) == []
    assert errors_in({"is_positive": True, "reason": "x" * length}, feedback) == []
    assert errors_in({"is_positive": True, "reason": None}, feedback) == []
    assert errors_in({}, feedback) != []
    assert errors_in({"is_positive": True, "reason": ""}, feedback) != []
    assert errors_in({"is_positive": True, "reason": "x" * (length + 1)}, feedback) != []


def test_upload_limits_apply_to_name_type_and_size(errors_in: Callable[[Any, dict[str, Any]], list[str]]) -> None:
    upload = {"$ref": f"{PREFIX}CreateAssetUploadRequest"}
    lengths = longest("CreateAssetUploadRequest")
    size = EXPECTED["fields"]["CreateAssetUploadRequest"]["size_bytes"]["maximum"]
    least = {"filename": "a", "mime_type": "b", "size_bytes": 1}
    most = {**{field: "a" * length for field, length in lengths.items()}, "size_bytes": size}
    assert set(lengths) == {"filename", "mime_type"}
    assert errors_in(least, upload) == []
    assert errors_in(most, upload) == []
    for broken in ({"filename": ""}, {"mime_type": ""}, {"size_bytes": 0}, {"size_bytes": None}):
        assert errors_in({**least, **broken}, upload) != [], broken
    too_long = [{field: "a" * (length + 1)} for field, length in lengths.items()]
    for broken in (*too_long, {"size_bytes": size + 1}):
        assert errors_in({**most, **broken}, upload) != [], list(broken)
    for field in least:
        assert errors_in({name: value for name, value in least.items() if name != field}, upload) != [], field


def test_confirmation_accepts_folder_or_nothing(errors_in: Callable[[Any, dict[str, Any]], list[str]]) -> None:
    confirmation = {"$ref": f"{PREFIX}ConfirmAssetUploadRequest"}
    assert errors_in({}, confirmation) == []
    assert errors_in({"folder_id": None}, confirmation) == []
    assert errors_in({"folder_id": "portraits"}, confirmation) != []


def test_callback_secret_label_is_limited(errors_in: Callable[[Any, dict[str, Any]], list[str]]) -> None:
    for name in ("CreateCallbackSecretRequest", "UpdateCallbackSecretRequest"):
        request = {"$ref": f"{PREFIX}{name}"}
        length = longest(name)["label"]
        assert errors_in({"label": "x" * length}, request) == []
        assert errors_in({"label": "x" * (length + 1)}, request) != []
        assert errors_in({"label": None}, request) == []
        assert errors_in({}, request) == []
