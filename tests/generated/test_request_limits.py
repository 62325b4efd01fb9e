"""The contract's limits hold when a request is made, and messages do not tell the value."""

import copy
import pickle
import uuid
from typing import Any

import attrs
import pytest

from runflow_api import limits, models
from runflow_api.models import EvaluationReferenceImage, SetEvaluationFeedbackRequest, SubmitEvaluationRequest
from runflow_api.types import UNSET, LimitError, Unset

IMAGE = "https://images.example.com/4711.png"
RUN = "01978c5f-6b02-7d19-8f4a-2c9e6d3b5a10"


def submit(**fields: Any) -> SubmitEvaluationRequest:
    return SubmitEvaluationRequest(**{"generated_image_url": IMAGE, "task_type": "headshot", **fields})


def limited_strings(contract: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    schemas = contract["components"]["schemas"]
    return [
        (component, name, field)
        for component, schema in schemas.items()
        if hasattr(getattr(models, component, None), "__attrs_post_init__")  # answers are not checked
        for name, field in schema["properties"].items()
        if "minLength" in field or "maxLength" in field
    ]


def make(component: str, **fields: Any) -> Any:
    """A request with the given fields and plain ones where some are required."""
    required = {"SubmitEvaluationRequest": {"generated_image_url": IMAGE, "task_type": "headshot"}}
    required["SetEvaluationFeedbackRequest"] = {"is_positive": True}
    required["CreateAssetUploadRequest"] = {"filename": "a.png", "mime_type": "image/png", "size_bytes": 1}
    return getattr(models, component)(**{**required.get(component, {}), **fields})


def test_every_length_limit_accepts_its_bound_only(contract: dict[str, Any]) -> None:
    found = limited_strings(contract)
    assert len(found) >= 8
    for component, name, field in found:
        for limit, beyond in ((field.get("maxLength"), 1), (field.get("minLength"), -1)):
            if limit is None:
                continue
            text = "x" * limit
            assert make(component, **{name: text}).to_dict()[name] == text
            with pytest.raises(LimitError) as caught:
                make(component, **{name: "x" * (limit + beyond)})
            assert caught.value.field == name
            assert f"{limit} character" in caught.value.message
            assert f"found {limit + beyond}" in caught.value.message


def test_lengths_are_counted_in_characters_not_in_bytes() -> None:
    assert submit(task_type="é" * 100).task_type == "é" * 100


def test_as_many_reference_images_as_the_contract_allows() -> None:
    image = EvaluationReferenceImage(url=IMAGE)
    assert len(submit(reference_images=[image] * 4).to_dict()["reference_images"]) == 4
    with pytest.raises(LimitError, match=r"reference_images: takes at most 4 items, found 5"):
        submit(reference_images=[image] * 5)


@pytest.mark.parametrize("field", ["generated_image_url", "task_type"])
@pytest.mark.parametrize("value", [None, UNSET, 7, b"x", True])
def test_a_required_string_is_refused_when_it_is_something_else(field: str, value: Any) -> None:
    with pytest.raises(LimitError, match=f"{field}: "):
        submit(**{field: value})


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("task_description", 7, "needs a string, found int"),
        ("job_class", None, "may not be null"),
        ("input_attributes", [], "needs dict, found list"),
        ("input_attributes", None, "may not be null"),
        ("reference_images", {}, "needs a list, found dict"),
        ("reference_images", "abcd", "needs a list, found str"),
        ("run_id", 7, "needs a UUID or a string, found int"),
        ("run_id", "", "needs a UUID (8-4-4-4-12 hexadecimal digits), found another string of 0 characters"),
        ("run_id", RUN + "\n", "needs a UUID (8-4-4-4-12 hexadecimal digits), found another string of 37 characters"),
        (
            "run_id",
            RUN.replace("-", ""),
            "needs a UUID (8-4-4-4-12 hexadecimal digits), found another string of 32 characters",
        ),
    ],
)
def test_a_wrong_type_is_named_with_what_was_found(field: str, value: Any, message: str) -> None:
    with pytest.raises(LimitError) as caught:
        submit(**{field: value})
    assert (caught.value.field, caught.value.message) == (field, message)


def test_invalid_list_element_is_named_by_its_index() -> None:
    with pytest.raises(LimitError) as caught:
        submit(reference_images=[EvaluationReferenceImage(url=IMAGE), {"url": IMAGE}])
    assert str(caught.value) == "reference_images[1]: needs EvaluationReferenceImage, found dict"


@pytest.mark.parametrize("value", [UNSET, 1, "true", []])
def test_a_thumb_is_a_boolean_or_null(value: Any) -> None:
    with pytest.raises(LimitError, match="is_positive: "):
        SetEvaluationFeedbackRequest(is_positive=value)


def test_unset_is_omitted_and_none_is_sent_as_null() -> None:
    assert submit().to_dict() == {"generated_image_url": IMAGE, "task_type": "headshot"}
    assert SetEvaluationFeedbackRequest(is_positive=None).to_dict() == {"is_positive": None}
    assert SetEvaluationFeedbackRequest(is_positive=None, reason=None).to_dict() == {
        "is_positive": None,
        "reason": None,
    }


def test_uuid_and_string_ids_are_sent_as_strings() -> None:
    assert submit(run_id=uuid.UUID(RUN)).to_dict()["run_id"] == RUN
    assert submit(run_id=RUN.upper()).to_dict()["run_id"] == RUN.upper()


def test_a_request_is_read_from_json_with_the_same_limits() -> None:
    body = {
        "generated_image_url": IMAGE,
        "task_type": "headshot",
        "run_id": None,
        "reference_images": [{"url": IMAGE}],
        "new": 1,
    }
    request = SubmitEvaluationRequest.from_dict(body)
    assert request.reference_images == [EvaluationReferenceImage(url=IMAGE)]
    assert request.to_dict() == body
    with pytest.raises(LimitError, match="task_type: is required"):
        SubmitEvaluationRequest.from_dict({"generated_image_url": IMAGE})
    with pytest.raises(LimitError, match="needs EvaluationReferenceImage, found NoneType"):
        SubmitEvaluationRequest.from_dict({**body, "reference_images": [None]})


def test_a_request_cannot_be_moved_beyond_a_limit_afterwards() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        submit().task_type = ""


@pytest.mark.parametrize(
    "fields",
    [
        {"generated_image_url": ["data:image/png;base64,SECRET"]},
        {"task_type": "SECRET" * 100},
        {"client_ref": "SECRET" * 100},
        {"run_id": "SECRET"},
        {"reference_images": ["SECRET"]},
    ],
)
def test_no_message_tells_the_value(fields: dict[str, Any]) -> None:
    with pytest.raises(LimitError) as caught:
        submit(**fields)
    assert "SECRET" not in f"{caught.value}{caught.value!r}{caught.value.args}"


def test_a_limit_error_is_a_value_error_that_pickles() -> None:
    error = LimitError("reason", "takes at most 2000 characters, found 2001")
    assert isinstance(error, ValueError)
    again = pickle.loads(pickle.dumps(error))
    assert (again.field, again.message, str(again)) == (error.field, error.message, str(error))


def test_unset_stays_one_object_and_is_false() -> None:
    assert not UNSET
    assert repr(UNSET) == "UNSET"
    assert isinstance(UNSET, Unset)
    assert pickle.loads(pickle.dumps(UNSET)) is UNSET
    assert copy.deepcopy(UNSET) is UNSET


@pytest.mark.parametrize("value", [1, 5, 2.5])
def test_a_number_within_its_range_passes(value: float) -> None:
    limits.check_number("n", value, least=1, most=5)


@pytest.mark.parametrize(
    ("value", "options"),
    [
        (0, {"least": 1}),
        (6, {"most": 5}),
        (True, {}),
        ("1", {}),
        (1.5, {"whole": True}),
        (float("nan"), {"least": 0}),
        (None, {}),
    ],
)
def test_number_outside_range_or_of_other_type_is_rejected(value: Any, options: dict[str, Any]) -> None:
    with pytest.raises(LimitError):
        limits.check_number("n", value, **options)


def test_a_pattern_holds() -> None:
    limits.check_string("url", "https://example.com", pattern="^https://")
    with pytest.raises(LimitError, match=r"needs to match the pattern \^https://"):
        limits.check_string("url", "http://example.com", pattern="^https://")
