# Derived from async_evaluations.py by `make derive`; edit that file instead.
"""`client.evaluations`: submit, get, wait, evaluate, and the thumb."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from runflow_api.models.evaluation_job_class_row import EvaluationJobClassRow
from runflow_api.models.evaluation_status_row import EvaluationStatusRow

from ...flows import evaluations as flows
from ...flows import submitting
from ...flows.base.policies import PollPolicy
from ...flows.polling import EMBEDS
from ...models.evaluation import Evaluation
from ...models.evaluation_request import EvaluationRequest
from ...models.images import ImageSource, ReferenceImage
from .many.sync_many import ManyEvaluations


class Evaluations(ManyEvaluations):
    """Submit images, wait for their verdicts and rate them.

    Every method raises errors of `runflow_client.errors`: `InvalidRequestError` before anything is sent, `APIError` where
    the server refuses, `TransportError` where no answer came within the client's `timeout`.
    """

    def submit(
        self,
        image: ImageSource,
        task_type: str,
        *,
        task_description: str | None = None,
        generation_prompt: str | None = None,
        evaluation_instructions: str | None = None,
        input_attributes: Mapping[str, Any] | None = None,
        reference_images: Sequence[ReferenceImage] = (),
        run_id: str | UUID | None = None,
        client_ref: str | None = None,
        job_class: str | None = None,
        callback_url: str | None = None,
        idempotency_key: str | None = None,
    ) -> Evaluation:
        """Submit an image and return the pending evaluation, without waiting for its end.

        Source: https://docs.runflow.io/api-reference/evaluations/submit-an-image-for-quality-evaluation; the idempotency
        key: https://docs.runflow.io/guides/evaluate-an-image.

        Args:
            image: an `https://` URL, a `runflow://assets/…` reference, a `data:image/…` URI (at most 12,000,000
                characters), a `pathlib.Path`, bytes or a binary file (at most 50 MiB; over 1 MiB it is uploaded first).
                A str is never read as a path.
            task_type: what kind of generation made it, as in "headshot"; 1 to 100 characters.
            task_description: the task at more length; at most 4,000 characters.
            generation_prompt: the prompt that made the image; at most 10,000 characters. Recommended.
            evaluation_instructions: what to weigh or pass over; at most 4,000 characters.
            input_attributes: anything that JSON can say, shown to the judges.
            reference_images: at most 4 images to compare with.
            run_id: the UUID of one of your runs to tie the evaluation to.
            client_ref: your label, echoed in answers and callbacks; at most 255 characters. Not an idempotency key.
            job_class: at most 50 characters; the server's default is "standard".
            callback_url: an https URL told of the end; at most 2,048 characters.
            idempotency_key: minted where you give none. Submitting again under the same key and content is not billed
                again, for as long as the server honours it (not documented).

        Raises:
            InvalidRequestError: an argument breaks a limit; nothing was sent.
            APIError: the server refused; `InsufficientCreditError` where the balance is short.
            TransportError: no answer came; `error.idempotency_key` is the key to go on with.

        Example:
            >>> from runflow_client.sandbox import Sandbox, sharp_picture
            >>> def main():
            ...     with Sandbox().client() as client:
            ...         pending = client.evaluations.submit(sharp_picture(), "headshot", client_ref="order-17")
            ...         return pending.status_code.value, pending.client_ref
            >>> main()
            ('pending', 'order-17')
        """
        request = EvaluationRequest(
            image=image,
            task_type=task_type,
            task_description=task_description,
            generation_prompt=generation_prompt,
            evaluation_instructions=evaluation_instructions,
            input_attributes=input_attributes,
            reference_images=reference_images,
            run_id=run_id,
            client_ref=client_ref,
            job_class=job_class,
            callback_url=callback_url,
            idempotency_key=idempotency_key,
        )
        return self._session.run(submitting.submit(self._session.context, request))

    def get(self, evaluation_id: Evaluation | str | UUID | None, *, embed: Sequence[str] = EMBEDS) -> Evaluation:
        """Return an evaluation as it is now.

        Source: https://docs.runflow.io/api-reference/evaluations/get-evaluation.

        Args:
            evaluation_id: the UUID of an evaluation, or the evaluation itself.
            embed: the relations to be told as well.

        Raises:
            NotFoundError: there is no such evaluation for this key.

        Example:
            >>> from runflow_client.sandbox import Sandbox, sharp_picture
            >>> def main():
            ...     with Sandbox().client() as client:
            ...         pending = client.evaluations.submit(sharp_picture(), "headshot")
            ...         evaluation = client.evaluations.get(pending.id)
            ...         return evaluation.verdict
            >>> print(main())
            None
        """
        return self._session.run(flows.get(self._session.context, evaluation_id, embed))

    def wait(
        self,
        evaluation_or_id: Evaluation | str | UUID | None,
        *,
        timeout: float | None = 600.0,
        poll: PollPolicy = PollPolicy(),
        on_update: Callable[[Evaluation], Any] | None = None,
    ) -> Evaluation:
        """Wait until an evaluation is completed or failed, and return it with judges, action and gate failures.

        Dropped connections, 5xx, 429 and the like do not end a wait; it looks again.

        Args:
            evaluation_or_id: what submit answered, or its UUID; of an id the first look comes at once.
            timeout: seconds; None for no limit.
            poll: how often to look.
            on_update: a function, called with the evaluation as it is first known and each time
                its status has changed. What it raises ends the wait.

        Raises:
            WaitTimeoutError: the time was up first; the evaluation goes on, wait for `error.evaluation` again.
            APIError: a look was refused for good, as in 401 or a 404 that lasts.

        Example:
            >>> from runflow_client.sandbox import Sandbox, blurred_picture
            >>> def main():
            ...     with Sandbox(evaluation_seconds=60).client() as client:
            ...         pending = client.evaluations.submit(blurred_picture(), "headshot")
            ...         evaluation = client.evaluations.wait(pending, timeout=300)
            ...         return evaluation.verdict
            >>> main()
            <Verdict.REJECTED: 'rejected'>
        """
        return self._session.run(
            flows.wait(self._session.context, evaluation_or_id, timeout=timeout, poll=poll, on_update=on_update)
        )

    def evaluate(
        self,
        image: ImageSource,
        task_type: str,
        *,
        timeout: float | None = 600.0,
        poll: PollPolicy = PollPolicy(),
        on_update: Callable[[Evaluation], Any] | None = None,
        task_description: str | None = None,
        generation_prompt: str | None = None,
        evaluation_instructions: str | None = None,
        input_attributes: Mapping[str, Any] | None = None,
        reference_images: Sequence[ReferenceImage] = (),
        run_id: str | UUID | None = None,
        client_ref: str | None = None,
        job_class: str | None = None,
        callback_url: str | None = None,
        idempotency_key: str | None = None,
    ) -> Evaluation:
        """Submit an image, wait for the end and return the completed evaluation.

        Args:
            image: and all further arguments as `submit` takes them.
            task_type: as in "headshot"; 1 to 100 characters.
            timeout: seconds for submit and wait together; None for no limit.
            poll: how often to look.
            on_update: as `wait` takes it.
            task_description: see `submit`.
            generation_prompt: see `submit`.
            evaluation_instructions: see `submit`.
            input_attributes: see `submit`.
            reference_images: see `submit`.
            run_id: see `submit`.
            client_ref: see `submit`.
            job_class: see `submit`.
            callback_url: see `submit`.
            idempotency_key: see `submit`.

        Raises:
            EvaluationFailedError: it ended without a judgement, which says nothing about the image.
            WaitTimeoutError: the time was up after the submit was answered; wait for `error.evaluation` again.
            RequestTimeoutError: the time was up before that; go on with `error.idempotency_key`.
            InvalidRequestError, APIError: as `submit` and `wait` raise them.

        Example:
            >>> from runflow_client.sandbox import Sandbox, blurred_picture
            >>> def main():
            ...     with Sandbox().client() as client:
            ...         evaluation = client.evaluations.evaluate(blurred_picture(), "product_photo")
            ...         return evaluation.passed
            >>> main()
            False
        """
        request = EvaluationRequest(
            image=image,
            task_type=task_type,
            task_description=task_description,
            generation_prompt=generation_prompt,
            evaluation_instructions=evaluation_instructions,
            input_attributes=input_attributes,
            reference_images=reference_images,
            run_id=run_id,
            client_ref=client_ref,
            job_class=job_class,
            callback_url=callback_url,
            idempotency_key=idempotency_key,
        )
        return self._session.run(
            flows.evaluate(self._session.context, request, timeout=timeout, poll=poll, on_update=on_update)
        )

    def set_feedback(
        self,
        evaluation_id: Evaluation | str | UUID | None,
        is_positive: bool,
        *,
        reason: str | None = None,
        run_id: str | UUID | None = None,
    ) -> Evaluation:
        """Send your user's thumb and return the evaluation with it; the last one sent counts.

        Source: https://docs.runflow.io/api-reference/evaluations/set-or-clear-customer-feedback-on-an-evaluation-analysis;
        under a run: https://github.com/runflow-io/runflow-ad-creative.

        Args:
            evaluation_id: the UUID of an evaluation, or the evaluation itself.
            is_positive: True for a thumb up, False for a thumb down; None is refused, use `clear_feedback`.
            reason: why, in 1 to 2,000 characters; None for no reason.
            run_id: the UUID of the run that the evaluation is listed under, to rate it there.

        Raises:
            InvalidRequestError: `is_positive` is no bool, or the reason is empty or too long; nothing was sent.
            NotFoundError: there is no such evaluation, or not under that run.

        Example:
            >>> from runflow_client.sandbox import Sandbox, sharp_picture
            >>> def main():
            ...     with Sandbox().client() as client:
            ...         evaluation = client.evaluations.evaluate(sharp_picture(), "headshot")
            ...         rated = client.evaluations.set_feedback(evaluation.id, True, reason="just like her")
            ...         return rated.feedback_is_positive
            >>> main()
            True
        """
        return self._session.run(flows.set_feedback(self._session.context, evaluation_id, is_positive, reason, run_id))

    def clear_feedback(
        self, evaluation_id: Evaluation | str | UUID | None, *, run_id: str | UUID | None = None
    ) -> Evaluation:
        """Take the thumb back and return the evaluation without one; sends an explicit null.

        Source: https://docs.runflow.io/api-reference/evaluations/set-or-clear-customer-feedback-on-an-evaluation-analysis.

        Args:
            evaluation_id: the UUID of an evaluation, or the evaluation itself.
            run_id: the UUID of the run that the evaluation is listed under, to clear it there.

        Raises:
            NotFoundError: there is no such evaluation, or not under that run.

        Example:
            >>> from runflow_client.sandbox import Sandbox, sharp_picture
            >>> def main():
            ...     with Sandbox().client() as client:
            ...         evaluation = client.evaluations.evaluate(sharp_picture(), "headshot")
            ...         client.evaluations.set_feedback(evaluation.id, False)
            ...         cleared = client.evaluations.clear_feedback(evaluation.id)
            ...         return cleared.feedback_is_positive
            >>> print(main())
            None
        """
        return self._session.run(flows.clear_feedback(self._session.context, evaluation_id, run_id))

    def for_run(self, run_id: str | UUID) -> list[Evaluation]:
        """Return the evaluations of a run, those that the platform made by itself among them.

        Source: https://github.com/runflow-io/runflow-ad-creative (`GET /v1/runs/{run_id}/evaluations`).

        Args:
            run_id: the run's UUID.

        Raises:
            NotFoundError: there is no such run for this key.

        Example:
            >>> from runflow_client.sandbox import Sandbox, sharp_picture
            >>> run = "0193f0a0-0000-7000-8000-0000000000aa"
            >>> def main():
            ...     with Sandbox().client() as client:
            ...         client.evaluations.submit(sharp_picture(), "headshot", run_id=run)
            ...         return len(client.evaluations.for_run(run))
            >>> main()
            1
        """
        return self._session.run(flows.for_run(self._session.context, run_id))

    def job_classes(self) -> list[EvaluationJobClassRow]:
        """Return the job classes with their prices, as the server tells them; the shape of a row is inferred.

        Source: the submit reference page (`job_class`), https://docs.runflow.io/guides/evaluate-an-image.

        Example:
            >>> from runflow_client.sandbox import Sandbox
            >>> def main():
            ...     with Sandbox().client() as client:
            ...         return [row.code for row in client.evaluations.job_classes()]
            >>> main()
            ['standard']
        """
        return self._session.run(flows.job_classes(self._session.context))

    def statuses(self) -> list[EvaluationStatusRow]:
        """Return the statuses that an evaluation can have, as the server tells them; the shape of a row is inferred.

        Source: https://docs.runflow.io/concepts/evaluations.

        Example:
            >>> from runflow_client.sandbox import Sandbox
            >>> def main():
            ...     with Sandbox().client() as client:
            ...         return [row.code for row in client.evaluations.statuses()]
            >>> main()
            ['pending', 'running', 'completed', 'failed']
        """
        return self._session.run(flows.statuses(self._session.context))
