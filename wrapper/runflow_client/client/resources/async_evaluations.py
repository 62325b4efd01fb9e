"""`client.evaluations`: submit images, wait for their verdicts, and send feedback."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from runflow_api import models as api_models

from ... import callbacks
from ...flows import evaluations as flows
from ...flows import submitting
from ...flows.base.policies import PollPolicy
from ...flows.polling import EMBEDS
from ...models.evaluation import Evaluation
from ...models.evaluation_request import EvaluationRequest
from ...models.images import ImageSource, ReferenceImage
from .many.async_many import AsyncManyEvaluations


class AsyncEvaluations(AsyncManyEvaluations):
    """Submit images, wait for their verdicts, and send feedback on them.

    Every method raises errors of `runflow_client.errors`: `InvalidRequestError` before anything is sent, `APIError` if
    the server refuses the request, `TransportError` if no response arrives within the client's `timeout`.
    """

    async def submit(
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

        Source: https://docs.runflow.io/api-reference/evaluations/submit-an-image-for-quality-evaluation; for the
        idempotency key, https://docs.runflow.io/guides/evaluate-an-image.

        Args:
            image: an `https://` URL, a `runflow://assets/...` reference, a `data:image/...` URI (at most 12,000,000
                characters), a `pathlib.Path`, bytes or a binary file (at most 50 MiB; over 1 MiB it is uploaded first).
                A str is never read as a path.
            task_type: the kind of generation that made the image, as in "headshot"; 1 to 100 characters.
            task_description: a description of the task; at most 4,000 characters.
            generation_prompt: the prompt that made the image; at most 10,000 characters. Recommended.
            evaluation_instructions: what the judges should look for or ignore; at most 4,000 characters.
            input_attributes: a JSON object that is shown to the judges.
            reference_images: at most 4 images to compare with.
            run_id: the UUID of the run that the evaluation belongs to.
            client_ref: your label, returned in responses and callbacks; at most 255 characters. Not an idempotency key.
            job_class: at most 50 characters; the server's default is "standard".
            callback_url: an https URL that is called at the end; at most 2,048 characters.
            idempotency_key: made for each call if None. Another submit with the same key and content is not billed again,
                for as long as the server keeps the key (not documented).

        Raises:
            InvalidRequestError: an argument breaks a limit; nothing was sent.
            APIError: the server refused the request; `InsufficientCreditError` if the balance is too low.
            TransportError: no response arrived; submit again under `error.idempotency_key`.

        Example:
            >>> import asyncio
            >>> from runflow_client.sandbox import Sandbox, sharp_picture
            >>> async def main():
            ...     async with Sandbox().async_client() as client:
            ...         pending = await client.evaluations.submit(sharp_picture(), "headshot", client_ref="order-17")
            ...         return pending.status_code.value, pending.client_ref
            >>> asyncio.run(main())
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
        return await self._session.run(submitting.submit(self._session.context, request))

    async def get(self, evaluation_id: Evaluation | str | UUID | None, *, embed: Sequence[str] = EMBEDS) -> Evaluation:
        """Return an evaluation as it is now.

        Source: https://docs.runflow.io/api-reference/evaluations/get-evaluation.

        Args:
            evaluation_id: the UUID of an evaluation, or the evaluation itself.
            embed: the relations to include.

        Raises:
            NotFoundError: there is no such evaluation for this key.

        Example:
            >>> import asyncio
            >>> from runflow_client.sandbox import Sandbox, sharp_picture
            >>> async def main():
            ...     async with Sandbox().async_client() as client:
            ...         pending = await client.evaluations.submit(sharp_picture(), "headshot")
            ...         evaluation = await client.evaluations.get(pending.id)
            ...         return evaluation.verdict
            >>> print(asyncio.run(main()))
            None
        """
        return await self._session.run(flows.get(self._session.context, evaluation_id, embed))

    async def wait(
        self,
        evaluation_or_id: Evaluation | str | UUID | None,
        *,
        timeout: float | None = 600.0,
        poll: PollPolicy = PollPolicy(),
        on_update: Callable[[Evaluation], Any] | None = None,
        receiver: callbacks.Receiver | None = None,
    ) -> Evaluation:
        """Wait until an evaluation is completed or failed, and return it with judges, action and gate failures.

        A transient failure (a broken connection, 5xx, 429) does not end the wait: the evaluation is polled again.

        Args:
            evaluation_or_id: an evaluation or its UUID; with an id, the first poll is sent at once.
            timeout: seconds to wait; None for no limit.
            poll: how often to poll.
            on_update: a function or coroutine function, called with the evaluation at the start and after each change of
                its status. An exception that it raises ends the wait.
            receiver: wakes the wait when the evaluation's callback arrives; until then it is polled seldom.

        Raises:
            WaitTimeoutError: the timeout passed first; the evaluation goes on, so wait for `error.evaluation` again.
            APIError: the server refused a poll with a status that no later poll will change, such as 401; a 404 only if
                it lasts for 10 seconds.

        Example:
            >>> import asyncio
            >>> from runflow_client.sandbox import Sandbox, blurred_picture
            >>> async def main():
            ...     async with Sandbox(evaluation_seconds=60).async_client() as client:
            ...         pending = await client.evaluations.submit(blurred_picture(), "headshot")
            ...         evaluation = await client.evaluations.wait(pending, timeout=300)
            ...         return evaluation.verdict
            >>> asyncio.run(main())
            <Verdict.REJECTED: 'rejected'>
        """
        return await self._session.run(
            flows.wait(
                self._session.context,
                evaluation_or_id,
                timeout=timeout,
                poll=poll,
                on_update=on_update,
                receiver=receiver,
            )
        )

    async def evaluate(
        self,
        image: ImageSource,
        task_type: str,
        *,
        timeout: float | None = 600.0,
        poll: PollPolicy = PollPolicy(),
        on_update: Callable[[Evaluation], Any] | None = None,
        receiver: callbacks.Receiver | None = None,
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
        """Submit an image, wait until the evaluation has ended, and return it.

        Args:
            image: an `https://` URL, a `runflow://assets/...` reference, a `data:image/...` URI, a `pathlib.Path`, bytes or
                a binary file (at most 50 MiB; over 1 MiB it is uploaded first). A str is never read as a path.
            task_type: the kind of generation that made the image, as in "headshot"; 1 to 100 characters.
            timeout: seconds for the submit and the wait together; None for no limit.
            poll: how often to poll.
            on_update: a function or coroutine function, called with the pending evaluation and after each change of its
                status. An exception that it raises ends the call.
            receiver: wakes the wait when the evaluation's callback arrives; until then it is polled seldom. It needs
                `callback_url`.
            task_description: a description of the task; at most 4,000 characters.
            generation_prompt: the prompt that made the image; at most 10,000 characters. Recommended.
            evaluation_instructions: what the judges should look for or ignore; at most 4,000 characters.
            input_attributes: a JSON object that is shown to the judges.
            reference_images: at most 4 images to compare with.
            run_id: the UUID of the run that the evaluation belongs to.
            client_ref: your label, returned in responses and callbacks; at most 255 characters.
            job_class: at most 50 characters; the server's default is "standard".
            callback_url: an https URL that is called at the end; at most 2,048 characters.
            idempotency_key: made for each call if None. The same key and content are not billed again.

        Source: https://docs.runflow.io/guides/evaluate-an-image.

        Raises:
            EvaluationFailedError: the evaluation failed, so the image was not judged.
            WaitTimeoutError: the timeout passed after the submit; wait for `error.evaluation` again.
            RequestTimeoutError: the timeout passed before that; call again with `error.idempotency_key`.
            InvalidRequestError: an argument breaks a limit, or a file cannot be read; nothing was submitted.
            APIError: the server refused.

        Example:
            >>> import asyncio
            >>> from runflow_client.sandbox import Sandbox, blurred_picture
            >>> async def main():
            ...     async with Sandbox().async_client() as client:
            ...         evaluation = await client.evaluations.evaluate(blurred_picture(), "product_photo")
            ...         return evaluation.passed
            >>> asyncio.run(main())
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
        return await self._session.run(
            flows.evaluate(
                self._session.context,
                request,
                timeout=timeout,
                poll=poll,
                on_update=on_update,
                receiver=receiver,
            )
        )

    async def set_feedback(
        self,
        evaluation_id: Evaluation | str | UUID | None,
        is_positive: bool,
        *,
        reason: str | None = None,
        run_id: str | UUID | None = None,
    ) -> Evaluation:
        """Send your user's thumbs up or thumbs down, and return the evaluation with it; the last feedback counts.

        Source: https://docs.runflow.io/api-reference/evaluations/set-or-clear-customer-feedback-on-an-evaluation-analysis;
        under a run, https://github.com/runflow-io/runflow-ad-creative.

        Args:
            evaluation_id: the UUID of an evaluation, or the evaluation itself.
            is_positive: True for thumbs up, False for thumbs down; None is refused, use `clear_feedback`.
            reason: the user's reason, 1 to 2,000 characters; None for none.
            run_id: the UUID of the evaluation's run, to send the feedback under that run.

        Raises:
            InvalidRequestError: `is_positive` is not a bool, or the reason is empty or too long; nothing was sent.
            NotFoundError: there is no such evaluation, or not under that run.

        Example:
            >>> import asyncio
            >>> from runflow_client.sandbox import Sandbox, sharp_picture
            >>> async def main():
            ...     async with Sandbox().async_client() as client:
            ...         evaluation = await client.evaluations.evaluate(sharp_picture(), "headshot")
            ...         rated = await client.evaluations.set_feedback(evaluation.id, True, reason="just like her")
            ...         return rated.feedback_is_positive
            >>> asyncio.run(main())
            True
        """
        return await self._session.run(
            flows.set_feedback(self._session.context, evaluation_id, is_positive, reason, run_id)
        )

    async def clear_feedback(
        self, evaluation_id: Evaluation | str | UUID | None, *, run_id: str | UUID | None = None
    ) -> Evaluation:
        """Remove the feedback, and return the evaluation without it; `is_positive` is sent as null.

        Source: https://docs.runflow.io/api-reference/evaluations/set-or-clear-customer-feedback-on-an-evaluation-analysis.

        Args:
            evaluation_id: the UUID of an evaluation, or the evaluation itself.
            run_id: the UUID of the evaluation's run, to remove the feedback under that run.

        Raises:
            NotFoundError: there is no such evaluation, or not under that run.

        Example:
            >>> import asyncio
            >>> from runflow_client.sandbox import Sandbox, sharp_picture
            >>> async def main():
            ...     async with Sandbox().async_client() as client:
            ...         evaluation = await client.evaluations.evaluate(sharp_picture(), "headshot")
            ...         await client.evaluations.set_feedback(evaluation.id, False)
            ...         cleared = await client.evaluations.clear_feedback(evaluation.id)
            ...         return cleared.feedback_is_positive
            >>> print(asyncio.run(main()))
            None
        """
        return await self._session.run(flows.clear_feedback(self._session.context, evaluation_id, run_id))

    async def for_run(self, run_id: str | UUID) -> list[Evaluation]:
        """Return the evaluations of a run, including those that the platform created itself.

        Source: https://github.com/runflow-io/runflow-ad-creative (`GET /v1/runs/{run_id}/evaluations`).

        Args:
            run_id: the run's UUID.

        Raises:
            NotFoundError: there is no such run for this key.

        Example:
            >>> import asyncio
            >>> from runflow_client.sandbox import Sandbox, sharp_picture
            >>> run = "0193f0a0-0000-7000-8000-0000000000aa"
            >>> async def main():
            ...     async with Sandbox().async_client() as client:
            ...         await client.evaluations.submit(sharp_picture(), "headshot", run_id=run)
            ...         return len(await client.evaluations.for_run(run))
            >>> asyncio.run(main())
            1
        """
        return await self._session.run(flows.for_run(self._session.context, run_id))

    async def job_classes(self) -> list[api_models.EvaluationJobClassRow]:
        """Return the job classes with their prices; the shape of a row is inferred.

        Source: the submit reference page (`job_class`), https://docs.runflow.io/guides/evaluate-an-image.

        Example:
            >>> import asyncio
            >>> from runflow_client.sandbox import Sandbox
            >>> async def main():
            ...     async with Sandbox().async_client() as client:
            ...         return [row.code for row in await client.evaluations.job_classes()]
            >>> asyncio.run(main())
            ['standard']
        """
        return await self._session.run(flows.job_classes(self._session.context))

    async def statuses(self) -> list[api_models.EvaluationStatusRow]:
        """Return the statuses that an evaluation can have; the shape of a row is inferred.

        Source: https://docs.runflow.io/concepts/evaluations.

        Example:
            >>> import asyncio
            >>> from runflow_client.sandbox import Sandbox
            >>> async def main():
            ...     async with Sandbox().async_client() as client:
            ...         return [row.code for row in await client.evaluations.statuses()]
            >>> asyncio.run(main())
            ['pending', 'running', 'completed', 'failed']
        """
        return await self._session.run(flows.statuses(self._session.context))
