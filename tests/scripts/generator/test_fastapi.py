"""What is generated of a document of FastAPI's own speaks with the app that the document was made of."""

from __future__ import annotations

import asyncio
import json
import pickle
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi_app import MOMENT, RUN_ID, app

from .conftest import CASES, Packages

pytestmark = pytest.mark.timeout(600)
BASE = "https://api.example.com"
DOCUMENT = json.loads((CASES / "fastapi.json").read_text(encoding="utf-8"))


def without_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_texts(inner) for key, inner in value.items() if key != "description"}
    return [without_texts(inner) for inner in value] if isinstance(value, list) else value


def test_the_app_describes_itself_as_the_document_does() -> None:
    assert without_texts(json.loads(json.dumps(app.openapi()))) == without_texts(DOCUMENT)


class Sender:
    """Sends generated operations to the app, and reads the answers as they say."""

    def __init__(self, package: ModuleType) -> None:
        self.package = package

    def __call__(self, operation: Any) -> Any:
        operation = pickle.loads(pickle.dumps(operation))
        headers = [("Accept", operation.accept), *operation.headers]
        content = operation.content
        if content is None and operation.body is not None:
            content = json.dumps(operation.body, allow_nan=False).encode()
        if content is not None:
            headers.append(("Content-Type", operation.content_type))
        query = list(operation.query)
        request = httpx.Request(operation.method, BASE + operation.path, params=query, headers=headers, content=content)
        response = asyncio.run(self._answer(request))
        assert 200 <= response.status_code < 300, response.text
        is_json = response.headers.get("content-type", "").startswith("application/json")
        raw = operation.raw_answers.get(response.status_code)
        if raw is not None and not (is_json and response.status_code in operation.answers):
            return raw(response.content)
        return operation.answers[response.status_code](response.json() if response.content else None)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            return await client.send(request)


@pytest.fixture
def send(packages: Packages) -> Sender:
    return Sender(packages.module("fastapi_whole"))


@pytest.fixture
def api(packages: Packages) -> Callable[..., Any]:
    """Gives the operation of a module, by tag and the beginning of its name."""
    folder = Path(str(packages.module("fastapi_whole").__file__)).parent / "api"

    def operation(tag: str, name: str) -> Callable[..., Any]:
        found = next(path for path in sorted((folder / tag).iterdir()) if path.stem.startswith(name))
        made: Callable[..., Any] = packages.module("fastapi_whole", f"api.{tag}.{found.stem}").operation
        return made

    return operation


@pytest.fixture
def models(packages: Packages) -> Any:
    return packages.module("fastapi_whole", "models")


def test_every_operation_is_there(packages: Packages) -> None:
    folder = Path(str(packages.module("fastapi_whole").__file__)).parent / "api"
    count = sum(1 for path in folder.rglob("*.py") if path.name != "__init__.py")
    assert count == sum(len(item) for item in DOCUMENT["paths"].values()) == 31


def test_runs(send: Sender, api: Any, models: Any) -> None:
    request = models.RunCreate(
        model="fal-ai/flux",
        seed=7,
        strength=0.25,
        webhook_url="https://hooks.example.com/",
        priority=models.Priority.VALUE_2,
        labels={"a": "b"},
        inputs=[models.ImageInRequest(url="https://images.example.com/a.png"), models.TextInRequest(text="hello")],
        callback_events=["completed"],
        matrix=[[1.0, 2.5]],
        meta=models.MetaRequest(tags=["x"], extra={"k": [1]}),
    )
    run = send(api("runs", "create_run_v1_runs_post")(body=request, idempotency_key="key-1"))
    assert isinstance(run, models.Run)
    assert [type(each).__name__ for each in run.inputs] == ["ImageIn", "TextIn"]
    sent = run.anything["request"]
    assert (sent["strength"], sent["matrix"], sent["labels"], sent["priority"]) == (0.25, [[1.0, 2.5]], {"a": "b"}, 2)
    assert sent["inputs"][1] == {"type": "text", "text": "hello"}
    assert run.anything["key"] == "key-1"
    assert run.priority == models.Priority.VALUE_2
    assert run.created_at == MOMENT

    simple = send(api("runs", "create_run_simple")(body=models.RunCreateSimple(model="m", n=4, negative="no")))
    assert simple.meta.extra == {"model": "m", "prompt": None, "n": 4, "negative": "no"}
    assert send(api("runs", "get_run_v1")(RUN_ID)).id == str(RUN_ID)
    assert send(api("runs", "delete_run")(str(RUN_ID))) is None


def test_a_full_answer_is_read_field_by_field(send: Sender, api: Any, models: Any) -> None:
    full = send(api("runs", "get_run_full")(RUN_ID))
    assert full.day == date(2026, 7, 1)
    assert full.output["one"].tags == ["a"]
    assert full.grid[0][0].tags == ["b"]
    assert isinstance(full.inputs[0], models.ImageIn)
    assert isinstance(full.parent, models.Run)
    assert (full.cost, full.fixed, full.pair, full.took) == ("0.05", "run", [1, "x"], "PT1M30S")
    assert full.to_dict()["output"] == {"one": {"tags": ["a"], "extra": {}}}
    simple = send(api("runs", "get_run_simple")(RUN_ID))
    assert (simple.cost, simple.output["o"].tags) == ("1.50", [])
    assert send(api("runs", "run_logs")(RUN_ID)) == "one line\n"
    assert send(api("runs", "run_csv")(RUN_ID)) == "a,b\n1,2\n"


def test_query_values_arrive_as_what_they_are(send: Sender, api: Any, models: Any) -> None:
    since = datetime(2026, 7, 1, 12, tzinfo=UTC)
    page = send(
        api("runs", "list_runs")(
            status=[models.RunStatus.DONE, "failed"],
            since=since,
            until=date(2026, 7, 2),
            limit=5,
            offset=0,
            order="asc",
            priority=2,
            ids=[RUN_ID, str(UUID(int=7))],
        )
    )
    said = page.items[0].meta.extra
    assert said["status"] == ["done", "failed"]
    assert datetime.fromisoformat(said["since"]) == since
    assert (said["until"], said["limit"], said["offset"], said["order"]) == ("2026-07-02", 5, 0, "asc")
    assert said["ids"] == [str(RUN_ID), str(UUID(int=7))]
    assert send(api("runs", "list_runs")()).total == 1


def test_limits_hold_before_anything_is_sent(packages: Packages, api: Any, models: Any) -> None:
    limit_error = packages.module("fastapi_whole", "types").LimitError
    for build in (
        lambda: api("runs", "list_runs")(limit=101),
        lambda: api("runs", "list_runs")(offset=-1),
        lambda: api("runs", "list_runs")(ids=[RUN_ID] * 11),
        lambda: api("runs", "list_runs")(since=datetime(2026, 7, 1)),  # noqa: DTZ001
        lambda: api("models", "list_models")(q="x"),
        lambda: api("batches", "get_batch_item")(0, 1),
        lambda: api("batches", "get_batch_v1")("7"),
        lambda: models.RunCreate(model="m", strength=0),
        lambda: models.RunCreate(model="m", seed=2**32),
        lambda: models.RunCreate(model="m", inputs=[models.ImageInRequest(url="")]),
        lambda: models.RunCreate(model="m", callback_events=["failed", "failed"]),
        lambda: models.RunCreate(model="m", matrix=[["x"]]),
        lambda: models.RunCreate(model="m\n"),
        lambda: models.RunCreateSimple(model="m", prompt="x" * 2001),
    ):
        with pytest.raises(limit_error):
            build()


def test_batches_and_models(send: Sender, api: Any, models: Any) -> None:
    batch = send(api("batches", "get_batch_v1")(7))
    assert (batch.id, batch.state, batch.errors[0].field) == (7, models.RunStatus.FAILED, "f")
    assert send(api("batches", "get_batch_item")(1, 2)).meta.extra == {"batch_id": 1, "index": 2}
    assert send(api("batches", "cancel_batch")(7)) == {"cancelled": 7}
    cards = send(api("models", "list_models")(modality="image-to-video", q="ab"))
    assert [(card.slug, str(card.modality), Decimal(card.price)) for card in cards] == [
        ("ab", "image-to-video", Decimal("0.003"))
    ]
    assert send(api("models", "get_model")("a b")).slug == "a b"


def test_webhooks_with_names_that_python_keeps_for_itself(send: Sender, api: Any, models: Any) -> None:
    request = models.WebhookCreate(targetUrl="https://hooks.example.com/", events=["run.done"])
    hook = send(api("webhooks", "create_webhook")(body=request))
    assert (hook.class_, hook.from_, hook.field, hook.hookId) == ("c", "f", "x", "h")
    assert hook.to_dict()["class"] == "c"
    assert send(api("webhooks", "put_webhook")("h", body=request)).targetUrl == "https://hooks.example.com/"
    assert send(api("webhooks", "put_webhook")("h")).targetUrl == "https://none.example.com/"
    page = send(api("misc", "paged")())
    assert (page.items[0].field, page.next_cursor) == ("x", "next")


def test_forms_and_files(packages: Packages, send: Sender, api: Any, models: Any) -> None:
    file_of = packages.module("fastapi_whole", "types").File
    form = models.BodyFormV1FormPost(name="ä & b", n=3)
    assert send(api("files", "form")(body=form)).extra == {"name": "ä & b", "n": 3}
    file = file_of('ü".png', b"\x00--\r\n\xff", "image/png")
    answer = send(api("files", "upload_v1")(body=models.BodyUploadV1UploadPost(file=file, note="x")))
    assert (answer.extra, answer.tags[1]) == ({"size": 6, "note": "x"}, "image/png")
    files = [file_of("a", b"1"), file_of("b", b"2")]
    assert send(api("files", "uploads")(body=models.BodyUploadsV1UploadsPost(files=files))).tags == ["a", "b"]


def test_everything_else(send: Sender, api: Any, models: Any) -> None:
    meta = models.MetaRequest(tags=["t"])
    assert send(api("meta", "echo_meta")(body=meta)).tags == ["t"]
    assert send(api("misc", "embed")(body=models.BodyEmbedV1EmbedPost(a=1, b="x"))).extra == {"a": 1, "b": "x"}
    assert send(api("misc", "list_body")(body=[meta, meta])).tags == ["t", "t"]
    assert send(api("misc", "union_body")(body=models.TextInRequest(text="x"))).tags == ["text"]
    assert send(api("misc", "cookie")(session="s-1")).tags == ["s-1"]
    assert send(api("misc", "cookie")()).tags == ["None"]
    assert send(api("misc", "dict_answer")())["one"].tags == ["a"]
    assert send(api("misc", "optional_answer")()) is None
    assert isinstance(send(api("misc", "union_answer")()), models.TextIn)
    assert send(api("misc", "untyped")()) == [1, {"two": 2}]
    assert send(api("default", "health")()) == {"status": "ok"}
    assert send(api("a", "old")()).tags == ["old"]
