"""A repr is short, tells one model from another, and holds no image, no secret and no query of a URL."""

from datetime import UTC, datetime
from typing import Any

import pytest

from runflow_api import models
from runflow_api.models import Evaluation, EvaluationReferenceImage, Run, SubmitEvaluationRequest

SECRET = "SECRET"


def test_it_names_the_class_the_id_and_the_verdict() -> None:
    evaluation = Evaluation.from_dict(
        {"id": "e-1", "status_code": "completed", "overall_passed": False, "weighted_pass_rate": 0.25, "org_id": "o"}
    )
    assert repr(evaluation) == (
        "Evaluation(id='e-1', status_code='completed', overall_passed=False, weighted_pass_rate=0.25)"
    )


def test_full_model_has_short_repr_that_ends_with_ellipsis(answer: dict[str, Any]) -> None:
    text = repr(Evaluation.from_dict(answer))
    assert len(text) <= 200
    assert text.endswith("…)")
    assert "\n" not in text


def test_what_is_nested_is_counted_or_marked() -> None:
    evaluation = Evaluation.from_dict({"judges": [{}, {}], "run": {"id": "r"}, "created_at": "2023-11-07T05:31:56Z"})
    assert repr(evaluation) == "Evaluation(created_at=2023-11-07T05:31:56+00:00, judges=[2], run=…)"


def test_no_secret_of_the_contract_is_shown(contract: dict[str, Any]) -> None:
    secrets = [
        (component, name)
        for component, schema in contract["components"]["schemas"].items()
        for name, field in schema.get("properties", {}).items()
        if field.get("x-secret")
    ]
    assert ("SubmitEvaluationRequest", "generated_image_url") in secrets
    for component, name in secrets:
        body: dict[str, Any] = {"generated_image_url": SECRET, "task_type": "t", "is_positive": True, name: SECRET}
        if "properties" in contract["components"]["schemas"][component]:
            assert SECRET not in repr(getattr(models, component).from_dict(body)), (component, name)


@pytest.mark.parametrize(
    "value",
    [
        "data:image/png;base64,SECRET",
        "DATA:image/png,SECRET",
        "see data:image/png;base64,SECRET",
        "https://files.example.com/a.png?X-Amz-Signature=SECRET",
        "got https://files.example.com/a.png?sig=SECRET from there",
        "x" * 60 + SECRET,
    ],
)
def test_repr_hides_data_uris_url_queries_and_long_text(contract: dict[str, Any], value: str) -> None:
    for component, schema in contract["components"]["schemas"].items():
        is_sent = hasattr(getattr(models, component, None), "__attrs_post_init__")
        if is_sent or "properties" not in schema:
            continue
        for name in [*schema["properties"], "unknown"]:
            assert SECRET not in repr(getattr(models, component).from_dict({name: value})), (component, name)
    assert SECRET not in repr(SubmitEvaluationRequest(generated_image_url=value, task_type="t", client_ref=value))
    assert SECRET not in repr(EvaluationReferenceImage(url=value))


def test_long_text_is_shortened_and_line_breaks_are_escaped() -> None:
    assert repr(Evaluation.from_dict({"task_type": "a\n" + "b" * 100})) == f"Evaluation(task_type='a\\n{'b' * 46}…')"


def test_an_unlisted_status_is_shown_like_any_other() -> None:
    assert repr(Evaluation.from_dict({"status_code": "paused"})) == "Evaluation(status_code='paused')"


def test_a_request_shows_neither_image_nor_unset_fields() -> None:
    request = SubmitEvaluationRequest(generated_image_url="data:image/png;base64,AAAA", task_type="headshot")
    assert repr(request) == "SubmitEvaluationRequest(task_type='headshot')"


def test_partly_initialized_model_has_repr() -> None:
    assert repr(Run.__new__(Run)) == "Run()"


def test_odd_values_put_in_by_hand_do_no_harm() -> None:
    evaluation = Evaluation(id="e")
    odd: Any = object()
    evaluation.id, evaluation.overall_passed, evaluation.created_at = odd, odd, datetime.min.replace(tzinfo=UTC)
    assert repr(evaluation) == "Evaluation(id=…, overall_passed=…, created_at=0001-01-01T00:00:00+00:00)"
