"""What the sandbox has received, for the assertions of tests."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from .records import Record


@dataclass(frozen=True, slots=True)
class ReceivedEvaluation:
    """One submission, and what became of it.

    Args:
        id: the id of the evaluation.
        task_type: as submitted; likewise the fields up to `callback_url`.
        image: the URL of the image; of image data, the URL under which the sandbox would show it.
        reference_images: the URLs of the reference images.
        status: the status of the evaluation at the latest request: `pending` until it has ended, `completed` or `failed`.
        passed: whether it passed; None before the end and without a verdict.
        feedback: the feedback as it is now: True for thumbs up, False for thumbs down, None for none.
        feedback_reason: the reason that was sent with it.
    """

    id: str
    task_type: str
    image: str = field(repr=False)
    reference_images: tuple[str, ...] = field(repr=False)
    task_description: str | None
    generation_prompt: str | None
    evaluation_instructions: str | None
    input_attributes: Mapping[str, Any]
    run_id: str | None
    client_ref: str | None
    job_class: str
    callback_url: str | None
    status: str
    passed: bool | None
    feedback: bool | None
    feedback_reason: str | None


class Received(tuple[ReceivedEvaluation, ...]):
    """The submissions in their order, with assertions.

    Example:
        >>> from runflow_client.sandbox import Sandbox, blurred_picture, sharp_picture
        >>> sandbox = Sandbox()
        >>> with sandbox.client() as client:
        ...     for name, picture in (("a", sharp_picture), ("b", blurred_picture)):
        ...         evaluation = client.evaluations.evaluate(picture(), "headshot", client_ref=name)
        ...     _ = client.evaluations.set_feedback(evaluation, False)
        >>> [received.client_ref for received in sandbox.received]
        ['a', 'b']
        >>> sandbox.received.only(client_ref="b").feedback
        False
        >>> sandbox.received.only(task_type="headshot")
        Traceback (most recent call last):
        AssertionError: 2 evaluations were received with task_type='headshot', not one...
    """

    __slots__ = ()

    def where(self, **values: Any) -> "Received":
        """Return the submissions whose fields have these values.

        Raises:
            TypeError: a submission has no such field.
        """
        unknown = set(values) - {each.name for each in fields(ReceivedEvaluation)}
        if unknown:
            raise TypeError(f"a received evaluation has no field {min(unknown)!r}")
        return Received(each for each in self if all(getattr(each, name) == value for name, value in values.items()))

    def only(self, **values: Any) -> ReceivedEvaluation:
        """Return the one submission whose fields have these values.

        Raises:
            AssertionError: there is none, or more than one; the message lists what was received.
            TypeError: a submission has no such field.
        """
        __tracebackhide__ = True  # pytest shows the line of the test, not this function
        found = self.where(**values)
        if len(found) == 1:
            return found[0]
        wanted = "".join(f" with {name}={value!r}" for name, value in values.items())
        raise AssertionError(f"{len(found)} evaluations were received{wanted}, not one. {self._list()}")

    def _list(self) -> str:
        if not self:
            return "The sandbox received no submit."
        return "Received in all:" + "".join(f"\n  {each}" for each in self)


def all_received(records: Iterable[Record]) -> Received:
    """Return the evaluations of the service as a test sees them."""
    return Received(_received(record) for record in records)


def _received(record: Record) -> ReceivedEvaluation:
    """Return an evaluation of the service as a test sees it."""
    echo = record.echo
    return ReceivedEvaluation(
        id=record.id,
        task_type=echo["task_type"],
        image=echo["generated_image_url"],
        reference_images=tuple(image["url"] for image in echo["reference_images"] or ()),
        task_description=echo["task_description"],
        generation_prompt=echo["generation_prompt"],
        evaluation_instructions=echo["evaluation_instructions"],
        input_attributes=echo["input_attributes"],
        run_id=echo["run_id"],
        client_ref=echo["client_ref"],
        job_class=echo["job_class_code"],
        callback_url=echo["callback_url"],
        status=record.ending.get("status_code", "pending"),
        passed=record.ending.get("overall_passed"),
        feedback=record.feedback,
        feedback_reason=record.feedback_reason,
    )
