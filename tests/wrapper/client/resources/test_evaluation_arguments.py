"""An evaluation is accepted wherever its id is."""

from __future__ import annotations

import asyncio

import pytest

from runflow_client import Evaluation, errors
from runflow_client.sandbox import Sandbox, sharp_picture


def test_get_and_feedback_accept_an_evaluation() -> None:
    with Sandbox().client() as client:
        evaluation = client.evaluations.evaluate(sharp_picture(), "headshot")
        assert client.evaluations.get(evaluation).id == evaluation.id
        assert client.evaluations.set_feedback(evaluation, True).feedback_is_positive is True
        assert client.evaluations.clear_feedback(evaluation).feedback_is_positive is None


def test_async_get_and_feedback_accept_an_evaluation() -> None:
    async def main() -> None:
        async with Sandbox().async_client() as client:
            evaluation = await client.evaluations.evaluate(sharp_picture(), "headshot")
            assert (await client.evaluations.get(evaluation)).id == evaluation.id
            assert (await client.evaluations.set_feedback(evaluation, False)).feedback_is_positive is False

    asyncio.run(main())


@pytest.mark.parametrize("given", [None, Evaluation()])
def test_evaluation_without_an_id_is_refused(given: Evaluation | None) -> None:
    with Sandbox().client() as client:
        for call in (client.evaluations.get, client.evaluations.clear_feedback):
            with pytest.raises(errors.InvalidRequestError, match="^evaluation_id is None: pass the id"):
                call(given)


def test_wait_for_id_of_error_that_has_none_is_refused() -> None:
    with Sandbox().client() as client:
        with pytest.raises(errors.InvalidRequestError, match="^evaluation_or_id is None: pass the id"):
            client.evaluations.wait(errors.RunflowError("x").evaluation_id)
