from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from runflow_client import Evaluation, errors
from runflow_client._redaction import safe_id

EVALUATION = Evaluation.from_dict({"id": "e-1", "status_code": "running", "later": [1]})
SAMPLES: list[errors.RunflowError] = [
    errors.RunflowError("a", evaluation_id="e", idempotency_key="k", request_id="r"),
    errors.ConfigurationError("a"),
    errors.InvalidRequestError("a", argument="image"),
    errors.APIError("a", status=418, code="TEAPOT", message="m", errors=[{"loc": ["a"]}], body={"x": 1}),
    errors.RateLimitError("a", status=429),
    errors.ConnectionFailedError("a", idempotency_key="k"),
    errors.RequestTimeoutError("a"),
    errors.DecodeError("a", request_id="r"),
    errors.EvaluationFailedError(EVALUATION, idempotency_key="k"),
    errors.WaitTimeoutError(EVALUATION, last_problem="503"),
    errors.JournalError("a"),
    errors.UnknownOutcomeError("batch", "item", idempotency_key="k"),
]


@pytest.mark.parametrize("error", SAMPLES, ids=lambda error: type(error).__name__)
def test_every_error_pickles_and_copies_with_notes(error: errors.RunflowError) -> None:
    error.add_note("more")
    for again in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error), copy.copy(error)):
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert again.__dict__ == error.__dict__


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_descends_from_runflow_error(name: str) -> None:
    assert issubclass(getattr(errors, name), errors.RunflowError)


def test_invalid_request_error_is_value_error() -> None:
    assert issubclass(errors.InvalidRequestError, ValueError)


def test_unknown_error_fields_are_none() -> None:
    error: Any = errors.RunflowError("a")
    assert (error.evaluation_id, error.idempotency_key, error.request_id) == (None, None, None)


def test_evaluation_errors_name_next_action() -> None:
    assert "wait(error.evaluation)" in str(errors.WaitTimeoutError(EVALUATION))
    assert "no verdict" in str(errors.EvaluationFailedError(EVALUATION))


def failed_text(**fields: Any) -> str:
    evaluation = Evaluation.from_dict({"id": "e-1", "status_code": "failed", "failure_code": "invalid_media", **fields})
    return str(errors.EvaluationFailedError(evaluation))


@pytest.mark.parametrize(
    "fields",
    [
        {"failure_message": "The file is cut off."},
        {"failure_reason": "The file is cut off", "check_summary": {"reason": "later"}},
        {"failure_message": None, "failure_detail": "The file\nis cut off. "},
        {"failure_message": 7, "check_summary": {"reason": "The file is cut off."}},
    ],
)
def test_failed_evaluation_text_holds_reason_of_server(fields: dict[str, Any]) -> None:
    assert failed_text(**fields).startswith(
        "evaluation e-1 failed (invalid_media): The file is cut off. The image was not"
    )


@pytest.mark.parametrize(
    "fields", [{}, {"failure_message": " "}, {"check_summary": ["reason"]}, {"check_summary": {"reason": {}}}]
)
def test_failed_evaluation_without_reason_names_only_code(fields: dict[str, Any]) -> None:
    assert failed_text(**fields).startswith("evaluation e-1 failed (invalid_media). The image was not judged")


@pytest.mark.parametrize("word", ["w", "https://x.example/a?sig=hidden", "data:image/png;base64,hidden", "x" * 40])
def test_reason_of_failed_evaluation_is_redacted_and_short(word: str) -> None:
    text = failed_text(failure_message=f"{word} " * 10_000)
    assert "hidden" not in text
    assert len(text) < 600
    assert f"{word.partition('?')[0].partition(':')[0]}" in text or word.startswith("data:")
    assert len(failed_text(failure_message=word * 10_000)) < 600


@pytest.mark.parametrize(
    "odd", ["x" * 100_000, "data:image/png;base64,AAAA", "https://x.example/?sig=s", "\ud800", ["a"], 7]
)
def test_invalid_evaluation_id_is_not_repeated_in_error(odd: Any) -> None:
    evaluation = Evaluation.from_dict({"id": odd, "status_code": odd, "failure_code": odd})
    for found in (errors.EvaluationFailedError(evaluation), errors.WaitTimeoutError(evaluation)):
        assert "evaluation '...'" in str(found)
        assert len(str(found)) < 400
    assert safe_id(odd) == "'...'"
    assert safe_id("e-1") == "e-1"


def test_unknown_outcome_error_names_next_action() -> None:
    error = errors.UnknownOutcomeError("batch", "a.png", idempotency_key="k")
    assert "item 'a.png' of batch 'batch'" in str(error)
    assert "open_journal(...).resolve(batch_id, item_id, evaluation_id)" in str(error)
    assert (error.batch_id, error.item_id, error.idempotency_key) == ("batch", "a.png", "k")


@pytest.mark.parametrize("odd", ["x" * 100_000, "data:image/png;base64,AAAA", "https://x.example/?sig=s", "\ud800"])
def test_unknown_outcome_error_cuts_odd_names(odd: str) -> None:
    text = str(errors.UnknownOutcomeError(odd, odd))
    assert "AAAA" not in text and "sig" not in text and len(text) < 1000
    text.encode()
