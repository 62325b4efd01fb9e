"""The request to evaluate one image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any
from uuid import UUID

from .images import ImageSource, ReferenceImage


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """One image to evaluate, with the arguments of `submit`; frozen, and its repr shows no image and no free text.

    Args:
        image: in any form that `submit` takes.
        task_type: what kind of generation made the image, 1 to 100 characters.
        task_description: at most 4,000 characters.
        generation_prompt: at most 10,000 characters.
        evaluation_instructions: at most 4,000 characters.
        input_attributes: a JSON object that is shown to the judges.
        reference_images: at most 4 images to compare with.
        run_id: the UUID of the run that the evaluation belongs to.
        client_ref: your label, at most 255 characters.
        job_class: at most 50 characters.
        callback_url: an https URL, at most 2,048 characters.
        idempotency_key: where None, each submit of this request makes a new one.
        item_id: identifies this item in a batch; where None, its position in the input does.

    Source: the submit reference page.

    Example:
        >>> from runflow_client import EvaluationRequest
        >>> EvaluationRequest(b"...", "headshot", client_ref="order-17")
        EvaluationRequest(task_type='headshot', client_ref='order-17')
    """

    image: ImageSource = field(repr=False)
    task_type: str
    _: KW_ONLY
    task_description: str | None = field(default=None, repr=False)
    generation_prompt: str | None = field(default=None, repr=False)
    evaluation_instructions: str | None = field(default=None, repr=False)
    input_attributes: Mapping[str, Any] | None = field(default=None, repr=False, hash=False)
    reference_images: Sequence[ReferenceImage] = field(default=(), repr=False, hash=False)
    run_id: str | UUID | None = None
    client_ref: str | None = None
    job_class: str | None = None
    callback_url: str | None = field(default=None, repr=False)
    idempotency_key: str | None = None
    item_id: str | None = None

    def __repr__(self) -> str:
        names = ("task_type", "run_id", "client_ref", "job_class", "idempotency_key", "item_id")
        values = ((name, getattr(self, name)) for name in names)
        return f"EvaluationRequest({', '.join(f'{name}={value!r}' for name, value in values if value is not None)})"
