"""Operations are built as the contract says, and cannot lead elsewhere."""

import pickle
import uuid
from importlib import import_module
from typing import Any

import pytest

from runflow_api import encoding
from runflow_api.api.evaluations import get_evaluation, set_evaluation_feedback, submit_evaluation
from runflow_api.api.media import confirm_asset_upload
from runflow_api.api.webhooks import delete_callback_secret
from runflow_api.models import Evaluation, SetEvaluationFeedbackRequest, SubmitEvaluationRequest
from runflow_api.models.confirm_asset_upload_request import ConfirmAssetUploadRequest
from runflow_api.models.create_asset_upload_request import CreateAssetUploadRequest
from runflow_api.models.create_callback_secret_request import CreateCallbackSecretRequest
from runflow_api.models.update_callback_secret_request import UpdateCallbackSecretRequest
from runflow_api.types import UNSET, LimitError

ID = "01978c5f-6b02-7d19-8f4a-2c9e6d3b5a10"
REQUEST = SubmitEvaluationRequest(generated_image_url="data:image/png;base64,AAAA", task_type="headshot")
FEEDBACK = SetEvaluationFeedbackRequest(is_positive=None)


def test_submit() -> None:
    operation = submit_evaluation.operation(body=REQUEST, idempotency_key="key-1", x_organization_id=ID)
    assert (operation.operation_id, operation.method, operation.path) == (
        "submit_evaluation",
        "POST",
        "/v1/evaluations",
    )
    assert operation.headers == (("X-Organization-Id", ID), ("Idempotency-Key", "key-1"))
    assert operation.query == ()
    assert operation.body == {"generated_image_url": "data:image/png;base64,AAAA", "task_type": "headshot"}
    assert set(operation.answers) == {202}


def test_get() -> None:
    operation = get_evaluation.operation(uuid.UUID(ID), embed="judges,action")
    assert (operation.method, operation.path) == ("GET", f"/v1/evaluations/{ID}")
    assert operation.path_template == "/v1/evaluations/{id}"
    assert operation.query == (("embed", "judges,action"),)
    assert operation.headers == ()
    assert operation.body is None
    answer = operation.answers[200]({"id": ID})
    assert type(answer) is Evaluation
    assert answer.id == ID


def test_feedback() -> None:
    operation = set_evaluation_feedback.operation(ID, body=FEEDBACK)
    assert (operation.method, operation.path) == ("PATCH", f"/v1/evaluations/{ID}/feedback")
    assert operation.path_template == "/v1/evaluations/{evaluation_id}/feedback"
    assert operation.body == {"is_positive": None}


def test_every_operation_matches_the_contract(contract: dict[str, Any]) -> None:
    bodies = {
        "submit_evaluation": REQUEST,
        "set_evaluation_feedback": FEEDBACK,
        "set_run_evaluation_feedback": FEEDBACK,
        "create_asset_upload": CreateAssetUploadRequest(filename="a.png", mime_type="image/png", size_bytes=1),
        "create_callback_secret": CreateCallbackSecretRequest(label="a"),
        "update_callback_secret": UpdateCallbackSecretRequest(label="a"),
    }
    for path, item in contract["paths"].items():
        for method, described in item.items():
            name = described["operationId"]
            module = import_module(f"runflow_api.api.{described['tags'][0].lower()}.{name}")
            body = {"body": bodies[name]} if name in bodies else {}
            operation = module.operation(*[ID] * path.count("{"), **body)
            assert operation.operation_id == name
            assert (operation.path_template, operation.method) == (path, method.upper())
            assert set(operation.answers) == {int(code) for code in described["responses"] if code.startswith("2")}


def test_omitted_body_is_not_sent_and_empty_response_is_none() -> None:
    assert confirm_asset_upload.operation(ID).body is None
    folder = ConfirmAssetUploadRequest(folder_id=ID)
    assert confirm_asset_upload.operation(ID, body=folder).body == {"folder_id": ID}
    assert delete_callback_secret.operation(ID).answers[204]({}) is None


def test_none_and_unset_parameters_are_not_sent() -> None:
    for nothing in (None, UNSET):
        operation = get_evaluation.operation(ID, embed=nothing, x_organization_id=nothing)
        assert operation.query == ()
        assert operation.headers == ()


@pytest.mark.parametrize(
    "value", ["", ".", "..", "a/b", f"{ID}/feedback", f"../{ID}", ID[:-1], f" {ID}", f"{ID}\n", "%2e%2e", 7, None]
)
def test_an_id_that_is_no_uuid_makes_no_path(value: Any) -> None:
    for build in (get_evaluation.operation, lambda given: set_evaluation_feedback.operation(given, body=FEEDBACK)):
        with pytest.raises(LimitError, match="id: "):
            build(value)


@pytest.mark.parametrize("value", ["", ".", "..", "\ud800", 7, None])
def test_path_argument_that_changes_the_path_is_rejected(value: Any) -> None:
    with pytest.raises(LimitError, match="slug: "):
        encoding.path_part("slug", value)


def test_a_part_of_a_path_is_percent_encoded() -> None:
    assert encoding.path_part("slug", "a/b ?#é%2f..") == "a%2Fb%20%3F%23%C3%A9%252f.."


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\x00b", "a\x7fb", "日本", "\ud800"])
def test_header_with_invalid_character_is_rejected(value: str) -> None:
    with pytest.raises(LimitError, match="Idempotency-Key: ") as caught:
        submit_evaluation.operation(body=REQUEST, idempotency_key=value)
    assert value not in str(caught.value)


def test_query_values_become_text() -> None:
    pairs = encoding.query_pairs({"a": True, "b": 7, "c": False, "d": None, "e": UNSET, "f": ""})
    assert pairs == (("a", "true"), ("b", "7"), ("c", "false"), ("f", ""))


def test_the_repr_holds_neither_body_nor_headers_nor_query() -> None:
    operation = submit_evaluation.operation(body=REQUEST, idempotency_key="key-1")
    assert repr(operation) == "Operation(submit_evaluation: POST /v1/evaluations)"
    assert repr(get_evaluation.operation(ID, embed="judges")) == f"Operation(get_evaluation: GET /v1/evaluations/{ID})"


def test_operations_pickle_and_compare() -> None:
    operation = submit_evaluation.operation(body=REQUEST, idempotency_key="key-1")
    again = pickle.loads(pickle.dumps(operation))
    assert again == operation
    assert again.answers[202]({"id": ID}).id == ID
