"""The model `SubmitEvaluationRequest`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self
from uuid import UUID

from attrs import field as attrs_field
from attrs import frozen

from .. import models as api_models
from ..decoding import read_models
from ..encoding import plain, plain_list, sent
from ..limits import check_list, check_object, check_string, check_uuid
from ..summary import short_repr
from ..types import UNSET, JsonObject, Unset

_FIELDS: dict[str, Any] = {
    "generated_image_url": None,
    "task_type": None,
    "task_description": None,
    "generation_prompt": None,
    "evaluation_instructions": None,
    "input_attributes": None,
    "reference_images": None,
    "run_id": None,
    "client_ref": None,
    "job_class": None,
    "callback_url": None,
}
_SHOWN = (
    "task_type",
    "task_description",
    "generation_prompt",
    "evaluation_instructions",
    "client_ref",
    "job_class",
    "reference_images",
)


@frozen(kw_only=True, repr=False)
class SubmitEvaluationRequest:
    """One image to evaluate, and what the evaluator should know about it.

    Source (reference): https://docs.runflow.io/api-reference/evaluations/submit-an-image-for-quality-evaluation

    Raises:
        LimitError: A value breaks a limit of the contract; found when the request is made, before anything is sent.
    """

    generated_image_url: str
    """The image: a public https URL, a `runflow://assets/{uuid}` reference to an uploaded asset, or a `data:image/…`
    URI, which the server turns into an asset. At most 12,000,000 characters."""
    task_type: str
    """What kind of generation made the image, in free text; for example headshot or image_generation. From 1 to 100
    characters."""
    task_description: str | None | Unset = UNSET
    """More about the task; the evaluation is planned with it. At most 4,000 characters."""
    generation_prompt: str | None | Unset = UNSET
    """The prompt that made the image. Without it, adherence to the prompt can hardly be judged. At most 10,000
    characters."""
    evaluation_instructions: str | None | Unset = UNSET
    """What to weigh and what to ignore, in free text. At most 4,000 characters."""
    input_attributes: JsonObject | Unset = UNSET
    """Structured facts about the generation, shown to the evaluator."""
    reference_images: list[api_models.EvaluationReferenceImage] | None | Unset = UNSET
    """Images to compare with, for identity and garment checks. At most 4 items."""
    run_id: str | UUID | None | Unset = UNSET
    """One of your runs to file this evaluation under. The image need not be what the run put out, and the platform's
    own evaluation of that run is not affected."""
    client_ref: str | None | Unset = UNSET
    """A label of your own, given back in answers and callbacks. It does not make a submit idempotent. At most 255
    characters."""
    job_class: str | Unset = UNSET
    """Which kind of evaluation to run, and so its price. Only standard is active so far. At most 50 characters. The
    server's default: "standard"."""
    callback_url: str | None | Unset = UNSET
    """An https URL that is sent a signed evaluation.completed or evaluation.failed when it ends. At most 2,048
    characters."""
    additional_properties: dict[str, Any] = attrs_field(factory=dict)
    """Fields that the contract does not name."""

    def __attrs_post_init__(self) -> None:
        """Checks every value against the contract."""
        check_string("generated_image_url", self.generated_image_url, longest=12000000)
        check_string("task_type", self.task_type, shortest=1, longest=100)
        check_string("task_description", self.task_description, longest=4000, nullable=True, optional=True)
        check_string("generation_prompt", self.generation_prompt, longest=10000, nullable=True, optional=True)
        check_string(
            "evaluation_instructions", self.evaluation_instructions, longest=4000, nullable=True, optional=True
        )
        check_object("input_attributes", self.input_attributes, optional=True)
        check_list(
            "reference_images",
            self.reference_images,
            most=4,
            item=api_models.EvaluationReferenceImage,
            nullable=True,
            optional=True,
        )
        check_uuid("run_id", self.run_id, nullable=True, optional=True)
        check_string("client_ref", self.client_ref, longest=255, nullable=True, optional=True)
        check_string("job_class", self.job_class, longest=50, optional=True)
        check_string("callback_url", self.callback_url, longest=2048, nullable=True, optional=True)

    @classmethod
    def from_dict(cls, src: Mapping[str, Any]) -> Self:
        """Makes the request from its JSON; a field that is missing stays unset.

        Raises:
            LimitError: A value breaks a limit of the contract.
        """
        values: dict[str, Any] = {
            "generated_image_url": src.get("generated_image_url", UNSET),
            "task_type": src.get("task_type", UNSET),
            "task_description": src.get("task_description", UNSET),
            "generation_prompt": src.get("generation_prompt", UNSET),
            "evaluation_instructions": src.get("evaluation_instructions", UNSET),
            "input_attributes": src.get("input_attributes", UNSET),
            "reference_images": src.get("reference_images", UNSET),
            "run_id": src.get("run_id", UNSET),
            "client_ref": src.get("client_ref", UNSET),
            "job_class": src.get("job_class", UNSET),
            "callback_url": src.get("callback_url", UNSET),
        }
        value = values["reference_images"]
        values["reference_images"] = (
            read_models(value, api_models.EvaluationReferenceImage.from_dict) if value else value
        )
        extra = {key: value for key, value in src.items() if key not in _FIELDS}
        return cls(**values, additional_properties=extra)

    def to_dict(self) -> dict[str, Any]:
        """The JSON to send: what is unset is left out, `None` becomes null."""
        return sent(
            {
                **self.additional_properties,
                "generated_image_url": self.generated_image_url,
                "task_type": self.task_type,
                "task_description": self.task_description,
                "generation_prompt": self.generation_prompt,
                "evaluation_instructions": self.evaluation_instructions,
                "input_attributes": self.input_attributes,
                "reference_images": plain_list(self.reference_images),
                "run_id": plain(self.run_id),
                "client_ref": self.client_ref,
                "job_class": self.job_class,
                "callback_url": self.callback_url,
            }
        )

    def __repr__(self) -> str:
        """A few telling fields; no secrets, no image data, no queries of URLs."""
        return short_repr(self, _SHOWN)
