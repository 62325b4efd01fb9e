"""Sends requests to the service of a sandbox, and makes the images in them."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from PIL import Image
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from runflow_client.sandbox import Sandbox, sharp_picture

ALL_EMBEDS = "embed=judges,action,gate_failures"


@dataclass(frozen=True)
class DecodedReply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def locs(self) -> list[list[str | int]]:
        return [error["loc"] for error in self.json["errors"]]


class Caller:
    """Sends requests to the service of a sandbox at times that the test sets."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.now = 0.0

    def __call__(
        self,
        method: str,
        target: str,
        document: Any = None,
        *,
        body: bytes | None = None,
        key: str | None = "rf_sandbox_key",
        **headers: str,
    ) -> DecodedReply:
        fields = [("Host", "api.sandbox.invalid")]
        if key is not None:
            fields.append(("Authorization", f"Bearer {key}"))
        if document is not None:
            body = json.dumps(document).encode()
        if body is not None:
            fields.append(("Content-Type", "application/json"))
        fields += [(name.replace("_", "-"), value) for name, value in headers.items()]
        reply = self.sandbox.service.handle(method, target, fields, body or b"", self.now)
        return DecodedReply(reply.status, dict(reply.headers), reply.body)

    def upload(self, content: bytes, media_type: str = "image/png", **fields: Any) -> str:
        """Upload and confirm a file and return the id of its asset."""
        opened = self.open_upload(len(content), media_type, **fields).json
        assert self.put(opened["upload_url"], content, media_type).status == 200
        assert self("POST", f"/v1/asset-uploads/{opened['asset_id']}/confirmations").status == 201
        return str(opened["asset_id"])

    def open_upload(self, size: int, media_type: str = "image/png", **fields: Any) -> DecodedReply:
        return self(
            "POST", "/v1/asset-uploads", {"filename": "a.png", "mime_type": media_type, "size_bytes": size}, **fields
        )

    def put(self, url: str, content: bytes, media_type: str = "image/png", **headers: str) -> DecodedReply:
        return self.store("PUT", url, content, Content_Type=media_type, **headers)

    def store(self, method: str, url: str, content: bytes = b"", **headers: str) -> DecodedReply:
        """Send a request to storage without a key."""
        parts = urlsplit(url)
        fields = [(name.replace("_", "-"), value) for name, value in headers.items()]
        reply = self.sandbox.service.handle(method, f"{parts.path}?{parts.query}", fields, content, self.now)
        return DecodedReply(reply.status, dict(reply.headers), reply.body)

    def submit(self, image: str, **fields: Any) -> DecodedReply:
        return self("POST", "/v1/evaluations", {"generated_image_url": image, "task_type": "headshot", **fields})

    def ended(self, image: str, **fields: Any) -> dict[str, Any]:
        """Submit an image and read its evaluation after its end."""
        evaluation_id = self.submit(image, **fields).json["id"]
        self.now += 1000
        document: dict[str, Any] = self("GET", f"/v1/evaluations/{evaluation_id}?{ALL_EMBEDS}").json
        return document


def as_png(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def as_data_uri(content: bytes, media_type: str = "image/png") -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


@pytest.fixture(scope="session")
def sharp_image() -> Image.Image:
    return Image.open(BytesIO(sharp_picture()))


@pytest.fixture(scope="session")
def sharp_uri() -> str:
    return as_data_uri(sharp_picture())


@pytest.fixture(scope="session")
def fits() -> Callable[[Any, str], bool]:
    """Return a function that checks a document against a component of the contract."""
    document = json.loads(resources.files("runflow_api").joinpath("openapi.json").read_bytes())
    registry = Registry().with_resource("urn:contract", DRAFT202012.create_resource(document))

    def check(value: Any, component: str) -> bool:
        schema = {"$ref": f"urn:contract#/components/schemas/{component}"}
        checker = FormatChecker(["uuid"])
        return Draft202012Validator(schema, registry=registry, format_checker=checker).is_valid(value)

    return check


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(evaluation_seconds=10)


@pytest.fixture
def call(sandbox: Sandbox) -> Caller:
    return Caller(sandbox)


@pytest.fixture
def data_uri() -> Callable[[Image.Image], str]:
    """Return a function that makes the data URI of an image, as PNG."""
    return lambda image: as_data_uri(as_png(image))


@pytest.fixture
def caller() -> Callable[..., Caller]:
    """Return a function that makes a sandbox with options and a caller for it."""
    return lambda **options: Caller(Sandbox(**options))
