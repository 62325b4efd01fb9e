"""A service that publishes pictures only after they have passed: the gate of a shop, in FastAPI.

    pip install fastapi uvicorn    # and `pip install .` in a checkout of runflow-client
    uvicorn service:make_app --factory

Set RUNFLOW_API_KEY, RUNFLOW_CALLBACK_SECRETS, and GATE_URL, the public https address of this service.

A picture is evaluated while its sender waits, for half a minute at most. What has no verdict by then is published or refused
when its callback arrives. `test_service.py` shows how to test all of it without an account.
"""

import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from starlette.routing import Route

from runflow_client import AsyncRunflow, Evaluation, Verdict, callbacks
from runflow_client.errors import EvaluationFailedError, RunflowError, WaitTimeoutError

STATES = {
    Verdict.PASSED: "published",
    Verdict.REJECTED: "refused",
    Verdict.UNDECIDED: "needs a person",
    None: "needs a person",
}
PATIENCE = 30.0
HOOK = "/runflow/callbacks"


class Gate:
    """Decides on pictures.

    Args:
        client: evaluates them.
        hook: the URL that callbacks are sent to.
    """

    def __init__(self, client: AsyncRunflow, hook: str) -> None:
        self._client = client
        self._hook = hook
        self.states: dict[str, str] = {}
        self._evaluations: dict[str, str | None] = {}

    async def submit(self, picture: bytes) -> str:
        """Evaluate a picture, and return its name; its state is in `states`."""
        name = f"picture-{uuid.uuid4()}"
        self.states[name] = "in review"
        try:
            evaluation = await self._client.evaluations.evaluate(
                picture, "product_photo", client_ref=name, callback_url=self._hook, timeout=PATIENCE
            )
        except WaitTimeoutError:
            return name  # the callback decides
        except EvaluationFailedError as failed:
            evaluation = failed.evaluation
        self._decide(evaluation)
        return name

    async def take(self, callback: callbacks.Callback) -> None:
        """Decide on the picture of a callback."""
        if callback.evaluation_id is not None:
            self._decide(await self._client.evaluations.get(callback.evaluation_id))

    async def rate(self, name: str, is_good: bool) -> None:
        """Send what a customer thinks of a picture."""
        await self._client.evaluations.set_feedback(self._evaluations[name], is_good)

    def _decide(self, evaluation: Evaluation) -> None:
        name = str(evaluation.client_ref)
        self.states[name] = STATES[evaluation.verdict]
        self._evaluations[name] = evaluation.id


def make_app() -> FastAPI:
    """Make the application; the settings come from the environment."""
    gate = Gate(AsyncRunflow(), os.environ.get("GATE_URL", "https://gate.example") + HOOK)
    secrets = os.environ["RUNFLOW_CALLBACK_SECRETS"].split(",")

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await gate._client.aclose()

    app = FastAPI(lifespan=lifespan)
    app.routes.append(Route(HOOK, callbacks.asgi(gate.take, secrets)))

    @app.post("/pictures")
    async def submit(request: Request) -> dict[str, Any]:
        try:
            name = await gate.submit(await request.body())
        except RunflowError as error:
            raise HTTPException(503, "pictures cannot be checked at the moment") from error
        return {"name": name, "state": gate.states[name]}

    @app.get("/pictures/{name}")
    async def state(name: str) -> dict[str, Any]:
        if name not in gate.states:
            raise HTTPException(404)
        return {"name": name, "state": gate.states[name]}

    @app.put("/pictures/{name}/thumb")
    async def rate(name: str, is_good: bool) -> dict[str, Any]:
        await gate.rate(name, is_good)
        return {"name": name, "is_good": is_good}

    return app
