"""The exact message of every rejected argument: its name, the value found and the accepted values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from player import Player

from runflow_api.types import LimitError
from runflow_client import Evaluation, PollPolicy, errors
from runflow_client.flows import evaluations as flows
from runflow_client.flows import submitting
from runflow_client.flows.base.arguments import translate_limits
from runflow_client.models.evaluation_request import EvaluationRequest

ID = "0193f0a0-0000-7000-8000-000000000001"


def sub(**changes: Any) -> None:
    player = Player([])
    submission: dict[str, Any] = {"image": "https://a.example/x.png", "task_type": "headshot", **changes}
    player.run(submitting.submit(player.context, EvaluationRequest(**submission)))


def rate(thumb: Any) -> None:
    player = Player([])
    player.run(flows.set_feedback(player.context, ID, thumb, None, None))


def wait(what: Any = ID, **changes: Any) -> None:
    player = Player([])
    options: dict[str, Any] = {"timeout": 5, "poll": PollPolicy(), "on_update": None, **changes}
    player.run(flows.wait(player.context, what, **options))


def get(what: Any = ID, embed: Any = ()) -> None:
    player = Player([])
    player.run(flows.get(player.context, what, embed))


SITUATIONS: list[Any] = [
    (
        lambda: sub(idempotency_key="é"),
        errors.InvalidRequestError,
        "idempotency_key",
        "idempotency_key must be a non-empty string of printable ASCII characters, without spaces at either end",
    ),
    (
        lambda: sub(callback_url="http://a.example"),
        errors.InvalidRequestError,
        "callback_url",
        "callback_url must be an https:// URL (http:// only to this machine, for tests)",
    ),
    (
        lambda: sub(input_attributes=[1]),
        errors.InvalidRequestError,
        "input_attributes",
        "input_attributes must be a dict, not list",
    ),
    (
        lambda: sub(input_attributes={"a": {1}}),
        errors.InvalidRequestError,
        None,
        "submit_evaluation: the arguments cannot be written as JSON (Object of type set is not JSON "
        "serializable); use strings, finite numbers, booleans, None, lists and dicts",
    ),
    (
        lambda: sub(reference_images=5),
        errors.InvalidRequestError,
        "reference_images",
        "reference_images must be a list of ReferenceImage, not int",
    ),
    (
        lambda: sub(reference_images=["x"]),
        errors.InvalidRequestError,
        "reference_images",
        "reference_images[0] must be a ReferenceImage, as in ReferenceImage(image), not str",
    ),
    (
        lambda: sub(task_type="x" * 101),
        errors.InvalidRequestError,
        "task_type",
        "task_type: takes at most 100 characters, found 101",
    ),
    (
        lambda: sub(image="a.png"),
        errors.InvalidRequestError,
        "image",
        "image: a str is never read as a path; pass pathlib.Path(...) for a file. It must be an https:// "
        "URL, a runflow://assets/... reference, a data:image/... URI, a pathlib.Path, bytes, or a file "
        "opened in binary mode",
    ),
    (
        lambda: rate(None),
        errors.InvalidRequestError,
        "is_positive",
        "is_positive must be True (thumb up) or False (thumb down), not None; to remove the feedback, call "
        "clear_feedback()",
    ),
    (
        lambda: rate(1),
        errors.InvalidRequestError,
        "is_positive",
        "is_positive must be True (thumb up) or False (thumb down), not 1",
    ),
    (
        lambda: wait(timeout=0),
        errors.InvalidRequestError,
        "timeout",
        "timeout must be a number of seconds above 0, or None for no limit, not 0; to read the evaluation once, use get()",
    ),
    (
        lambda: wait(poll=5),
        errors.InvalidRequestError,
        "poll",
        "poll must be a PollPolicy, as in PollPolicy(longest=2.0), not int",
    ),
    (lambda: wait(on_update=5), errors.InvalidRequestError, "on_update", "on_update must be a function, not int"),
    (
        lambda: wait(Evaluation()),
        errors.InvalidRequestError,
        "evaluation_or_id",
        "the evaluation has no id: pass an evaluation that the API returned, or its id",
    ),
    *(
        (
            lambda odd=odd: wait(Evaluation(id=odd)),
            errors.InvalidRequestError,
            "evaluation_or_id",
            "the evaluation has no id: pass an evaluation that the API returned, or its id",
        )
        for odd in ("", 5)
    ),
    (
        lambda: wait("no uuid"),
        errors.InvalidRequestError,
        "evaluation_or_id",
        "evaluation_or_id: needs a UUID (8-4-4-4-12 hexadecimal digits), found another string of 7 characters",
    ),
    (
        lambda: get(None),
        errors.InvalidRequestError,
        "evaluation_id",
        "evaluation_id is None: pass the id that the API returned",
    ),
    (
        lambda: get(embed="judges"),
        errors.InvalidRequestError,
        "embed",
        'embed must be a list of names, as in ["judges"], or empty',
    ),
    (
        lambda: get("x"),
        errors.InvalidRequestError,
        "evaluation_id",
        "evaluation_id: needs a UUID (8-4-4-4-12 hexadecimal digits), found another string of 1 character",
    ),
]


@pytest.mark.parametrize(("situation", "kind", "argument", "words"), SITUATIONS)
def test_rejected_argument_message_names_argument_and_accepted_values(
    situation: Callable[[], Any], kind: type[errors.RunflowError], argument: str | None, words: str
) -> None:
    with pytest.raises(kind) as caught:
        situation()
    assert type(caught.value) is kind
    assert str(caught.value) == words
    assert getattr(caught.value, "argument", None) == argument


@pytest.mark.parametrize(
    ("field", "argument", "text"),
    [
        ("generated_image_url", "image", "image: is odd"),
        ("url", "image", "image: is odd"),
        ("size_bytes", "source", "source: is odd"),
        ("id", "asset_id", "asset_id: is odd"),
        ("run_id", "run_id", "run_id: is odd"),
    ],
)
def test_contract_limit_error_names_callers_argument(field: str, argument: str, text: str) -> None:
    with pytest.raises(errors.InvalidRequestError) as caught, translate_limits("asset_id"):
        raise LimitError(field, "is odd")
    assert (str(caught.value), caught.value.argument) == (text, argument)
