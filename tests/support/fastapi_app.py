"""The app behind tests/scripts/generator/cases/fastapi.json: what FastAPI makes of it is that document, and what it answers is what
a client of that document has to read."""

# Annotations are evaluated by FastAPI, so there is no `from __future__ import annotations` here.
import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Annotated, Any, Generic, Literal, Optional, TypeVar

from fastapi import Body, Cookie, FastAPI, File, Form, Header, Path, Query, Response, UploadFile
from fastapi.responses import PlainTextResponse
from pydantic import AnyUrl, BaseModel, Field, HttpUrl, JsonValue, SecretStr

T = TypeVar("T")
RUN_ID = uuid.UUID("01978c5f-6b02-7d19-8f4a-2c9e6d3b5a10")
MOMENT = datetime(2026, 7, 1, 9, 12, 31, tzinfo=UTC)

app = FastAPI(title="Gen", version="2.1")


class RunStatus(StrEnum):
    queued = "queued"
    running = "running"
    done = "done"
    failed = "failed"


class Priority(IntEnum):
    """How soon."""

    low = 1
    high = 2


class Meta(BaseModel):
    """Anything about a thing."""

    tags: list[str] = []
    extra: dict[str, Any] = {}


class ImageIn(BaseModel):
    """A picture."""

    type: Literal["image"] = "image"
    url: HttpUrl


class TextIn(BaseModel):
    """A text."""

    type: Literal["text"] = "text"
    text: str = Field(min_length=1, max_length=1000)


Input = Annotated[ImageIn | TextIn, Field(discriminator="type")]


class RunCreate(BaseModel):
    """What to run."""

    model: str = Field(min_length=1, max_length=64, pattern=r"^[a-z0-9/_-]+$")
    seed: int | None = Field(None, ge=0, le=2**32 - 1)
    strength: float = Field(0.5, gt=0, le=1)
    prompt: str | None = Field(None, max_length=2000)
    webhook_url: HttpUrl | None = None
    priority: Priority = Priority.low
    labels: dict[str, str] = {}
    inputs: list[Input] = []
    callback_events: set[Literal["completed", "failed"]] = set()
    matrix: list[list[float]] = []
    meta: Meta | None = None


class RunCreateSimple(BaseModel):
    """What to run, in short."""

    model: str = Field(min_length=1, max_length=64)
    prompt: str | None = Field(None, max_length=2000)
    n: int = Field(1, ge=1, le=4)
    negative: Annotated[str, Field(min_length=1, max_length=10)] | None = None


class RunBare(BaseModel):
    """A run, in short."""

    id: uuid.UUID
    status: RunStatus
    created_at: datetime
    cost_usd: float | None = None
    meta: Meta | None = None


class RunSimple(BaseModel):
    """A run with its children."""

    id: uuid.UUID
    status: RunStatus
    created_at: datetime
    day: date | None = None
    took: timedelta | None = None
    cost: Decimal | None = None
    output: dict[str, Meta] | None = None
    kind: Literal["image", "video"] = "image"
    children: list["RunSimple"] = []
    meta: Meta | None = None


class Run(BaseModel):
    """A run with everything."""

    id: uuid.UUID
    status: RunStatus
    priority: Priority
    created_at: datetime
    day: date | None = None
    at: time | None = None
    took: timedelta | None = None
    cost: Decimal | None = None
    owner: Annotated[str, Field(json_schema_extra={"format": "email"})] | None = None
    output: dict[str, Meta] | None = None
    grid: list[list[Meta]] = []
    inputs: list[Input] = []
    kind: Literal["image", "video"] = "image"
    fixed: Literal["run"] = "run"
    parent: Optional["Run"] = None
    children: list["Run"] = []
    anything: Any = None
    js: JsonValue = None
    raw: bytes | None = None
    secret: SecretStr | None = None
    pair: tuple[int, str] | None = None
    when: datetime | date | None = None


class Page(BaseModel, Generic[T]):
    """A page of a list."""

    items: list[T]
    total: int
    next_cursor: str | None = None


class ErrorDetailX(BaseModel):
    """What was wrong."""

    field: str
    message: str


class Batch(BaseModel):
    """Many runs."""

    id: int
    state: RunStatus
    errors: list[ErrorDetailX] = []


class ModelCard(BaseModel):
    """A model."""

    slug: str
    modality: Literal["text-to-image", "image-to-video"]
    price: Decimal


class Webhook(BaseModel):
    """A webhook."""

    hookId: str
    targetUrl: AnyUrl
    isActive: bool = True
    class_: str = Field(alias="class")
    from_: str = Field(alias="from")
    field: str | None = None


class WebhookCreate(BaseModel):
    """A webhook to be."""

    targetUrl: AnyUrl
    events: list[Literal["run.done", "run.failed"]] = Field(min_length=1, max_length=5)


def _run(**more: Any) -> Run:
    return Run(id=RUN_ID, status=RunStatus.running, priority=Priority.high, created_at=MOMENT, **more)


def _full() -> Run:
    return _run(
        day=date(2026, 7, 1),
        at=time(9, 30),
        took=timedelta(seconds=90),
        cost=Decimal("0.05"),
        output={"one": Meta(tags=["a"])},
        grid=[[Meta(tags=["b"])], []],
        inputs=[ImageIn(url=HttpUrl("https://images.example.com/a.png")), TextIn(text="hello")],
        parent=_run(),
        children=[_run()],
        anything={"deep": [1]},
        js=[None, True],
        raw=b"raw",
        pair=(1, "x"),
        when=MOMENT,
    )


def _bare(**more: Any) -> RunBare:
    return RunBare(id=RUN_ID, status=RunStatus.done, created_at=MOMENT, **more)


def _hook(target: Any = "https://hooks.example.com/") -> Webhook:
    return Webhook.model_validate({"hookId": "h", "targetUrl": target, "class": "c", "from": "f", "field": "x"})


@app.post("/v1/runs", status_code=202, tags=["runs"])
def create_run(body: RunCreate, idempotency_key: str | None = Header(None)) -> Run:
    extra = {"request": body.model_dump(mode="json"), "key": idempotency_key}
    return _run(anything=extra, inputs=body.inputs)


@app.get("/v1/runs", tags=["runs"])
def list_runs(
    status: list[RunStatus] | None = Query(None),
    since: datetime | None = None,
    until: date | None = None,
    limit: int = Query(20, ge=1, le=100),
    offset: int | None = Query(None, ge=0),
    order: Literal["asc", "desc"] = "desc",
    priority: Priority | None = None,
    ids: list[uuid.UUID] = Query([], max_length=10),
) -> Page[RunBare]:
    said = {"status": status, "since": since, "until": until, "limit": limit, "offset": offset, "order": order}
    extra = {**said, "priority": priority, "ids": ids}
    return Page(items=[_bare(meta=Meta(extra=extra))], total=1)


@app.post("/v1/runs-simple", status_code=201, tags=["runs"])
def create_run_simple(body: RunCreateSimple) -> RunBare:
    return _bare(meta=Meta(extra=body.model_dump()))


@app.get("/v1/runs/{run_id}", tags=["runs"])
def get_run(run_id: uuid.UUID) -> RunBare:
    return _bare()


@app.delete("/v1/runs/{run_id}", status_code=204, tags=["runs"])
def delete_run(run_id: uuid.UUID) -> None:
    return None


@app.get("/v1/runs/{run_id}/full", tags=["runs"])
def get_run_full(run_id: uuid.UUID) -> Run:
    return _full()


@app.get("/v1/runs/{run_id}/simple", tags=["runs"])
def get_run_simple(run_id: uuid.UUID) -> RunSimple:
    return RunSimple(id=run_id, status=RunStatus.done, created_at=MOMENT, output={"o": Meta()}, cost=Decimal("1.50"))


@app.get("/v1/runs/{run_id}/logs", response_class=PlainTextResponse, tags=["runs"])
def run_logs(run_id: uuid.UUID) -> str:
    return "one line\n"


@app.get("/v1/runs/{run_id}/csv", responses={200: {"content": {"text/csv": {}}}}, tags=["runs"])
def run_csv(run_id: uuid.UUID):  # without a type: nothing is said of the JSON
    return Response("a,b\n1,2\n", media_type="text/csv")


@app.get("/v1/batches/{batch_id}", tags=["batches"])
def get_batch(batch_id: int) -> Batch:
    return Batch(id=batch_id, state=RunStatus.failed, errors=[ErrorDetailX(field="f", message="m")])


@app.get("/v1/batches/{batch_id}/items/{index}", tags=["batches"])
def get_batch_item(batch_id: Annotated[int, Path(ge=1)], index: int) -> RunBare:
    return _bare(meta=Meta(extra={"batch_id": batch_id, "index": index}))


@app.post("/v1/batches/{batch_id}/cancel", tags=["batches"])
def cancel_batch(batch_id: int):  # without a type: nothing is said of the answer
    return {"cancelled": batch_id}


@app.get("/v1/models", tags=["models"])
def list_models(
    modality: Literal["text-to-image", "image-to-video"] | None = None,
    q: Annotated[str | None, Query(min_length=2, max_length=50)] = None,
) -> list[ModelCard]:
    return [ModelCard(slug=q or "fal-ai/flux", modality=modality or "text-to-image", price=Decimal("0.003"))]


@app.get("/v1/models/{slug:path}", tags=["models"])
def get_model(slug: str) -> ModelCard:
    return ModelCard(slug=slug, modality="image-to-video", price=Decimal("2"))


@app.post("/v1/webhooks", status_code=201, tags=["webhooks"])
def create_webhook(body: WebhookCreate) -> Webhook:
    return _hook(str(body.targetUrl))


@app.put("/v1/webhooks/{hook_id}", tags=["webhooks"])
def put_webhook(hook_id: str, body: WebhookCreate | None = None) -> Webhook:
    return _hook("https://none.example.com/" if body is None else str(body.targetUrl))


@app.post("/v1/meta", tags=["meta"])
def echo_meta(body: Meta) -> Meta:
    return body


@app.post("/v1/form", tags=["files"])
def form(name: str = Form(), n: int = Form(1)) -> Meta:
    return Meta(extra={"name": name, "n": n})


@app.post("/v1/upload", tags=["files"])
async def upload(file: UploadFile = File(), note: str | None = Form(None)) -> Meta:
    content = await file.read()
    return Meta(tags=[str(file.filename), str(file.content_type)], extra={"size": len(content), "note": note})


@app.post("/v1/uploads", tags=["files"])
async def uploads(files: list[UploadFile]) -> Meta:
    return Meta(tags=[str(file.filename) for file in files])


@app.post("/v1/embed", tags=["misc"])
def embed(a: Annotated[int, Body()], b: Annotated[str, Body()]) -> Meta:
    return Meta(extra={"a": a, "b": b})


@app.post("/v1/list-body", tags=["misc"])
def list_body(body: list[Meta]) -> Meta:
    return Meta(tags=[tag for each in body for tag in each.tags])


@app.post("/v1/union-body", tags=["misc"])
def union_body(body: ImageIn | TextIn) -> Meta:
    return Meta(tags=[body.type])


@app.get("/v1/cookie", tags=["misc"])
def cookie(session: str | None = Cookie(None)) -> Meta:
    return Meta(tags=[str(session)])


@app.get("/v1/dict", tags=["misc"])
def dict_answer() -> dict[str, Meta]:
    return {"one": Meta(tags=["a"])}


@app.get("/v1/optional", tags=["misc"])
def optional_answer() -> Meta | None:
    return None


@app.get("/v1/union", tags=["misc"])
def union_answer() -> ImageIn | TextIn:
    return TextIn(text="hello")


@app.get("/v1/untyped", tags=["misc"])
def untyped():  # without a type: nothing is said of the answer
    return [1, {"two": 2}]


@app.get("/v1/paged", tags=["misc"])
def paged() -> Page[Webhook]:
    return Page(items=[_hook()], total=1, next_cursor="next")


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.get(
    "/v1/deprecated",
    deprecated=True,
    tags=["a", "b"],
    responses={404: {"model": ErrorDetailX}, "default": {"model": ErrorDetailX}},
)
def old() -> Meta:
    return Meta(tags=["old"])
