"""What an operation sends: JSON, a form, parts, or bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .document import Document, Schema
from .fields import Model
from .parameters import is_list_of_scalars, is_scalar
from .refusals import GenerationError
from .shapes import Shape

if TYPE_CHECKING:
    from .schemas import Schemas


@dataclass
class Body:
    """What an operation sends.

    Args:
        form: json, form, multipart, bytes or text.
        shape: What its value looks like.
        media_type: Its media type.
        is_required: Whether the operation cannot be sent without it.
    """

    form: str
    shape: Shape
    media_type: str
    is_required: bool

    @property
    def annotation(self) -> str:
        """Its type as an argument."""
        if self.form in ("bytes", "text"):
            plain = "bytes" if self.form == "bytes" else "str"
        else:
            plain = self.shape.sent_or_null() if self.is_required else self.shape.sent()
        return plain if self.is_required or plain == "Any" else f"{plain} | None"

    @property
    def check(self) -> str:
        """The statement that checks it, where it does not check itself."""
        if self.form != "json" or self.shape.kind == "model":
            return ""
        return self.shape.check("'body'", "body", () if self.is_required or self.shape.nullable else ("nullable=True",))

    @property
    def json(self) -> str:
        """The expression of its JSON."""
        if self.shape.kind == "model":
            return "body.to_dict()" if self._is_given else "None if body is None else body.to_dict()"
        return self.shape.written("body", is_sent=True)

    @property
    def may_be_null(self) -> bool:
        """Whether null is a body, other than none at all."""
        return self.form == "json" and self.is_required and self.shape.nullable

    @property
    def _is_given(self) -> bool:
        return self.is_required and not self.shape.nullable

    @property
    def content(self) -> str:
        """The expression of its bytes, where it is not JSON; with its media type in case of parts."""
        made = {
            "form": "form_content(body.to_dict())",
            "multipart": "multipart_content(body.to_dict())",
            "bytes": "body",
            "text": "text_content(body)",
        }[self.form]
        if self.is_required or self.form == "bytes":
            return made
        return f"{'(None, None)' if self.form == 'multipart' else 'None'} if body is None else {made}"


def is_json(media_type: str) -> bool:
    """Whether a media type is JSON."""
    bare = media_type.partition(";")[0].strip().lower()
    return bare == "application/json" or bare.endswith("+json")


def content_of(described: Schema, document: Document) -> dict[str, Any]:
    """The media types of a request body or a response, each with what is said of it."""
    content = described.get("content") or {}
    if not isinstance(content, dict):
        raise GenerationError("content needs to be an object")
    return {str(name): document.follow(given) or {} for name, given in content.items()}


def body_of(described: Schema, document: Document, schemas: Schemas, owner: str) -> Body | None:
    """The body of an operation; JSON where there is a choice.

    Raises:
        GenerationError: It cannot be made.
    """
    if "requestBody" not in described:
        return None
    request = document.follow(described["requestBody"])
    content = content_of(request, document)
    if not content:
        return None
    name = min(content, key=lambda each: (_rank(each), list(content).index(each)))
    is_required = request.get("required") is True
    try:
        return _body(name, content[name], is_required, schemas, f"{owner} Body")
    except GenerationError as error:
        raise GenerationError(f"its body ({name}): {error}") from None


def _rank(media_type: str) -> int:
    bare = media_type.partition(";")[0].strip().lower()
    if bare == "application/json":
        return 0
    order = ("multipart/form-data", "application/x-www-form-urlencoded", "application/octet-stream")
    return 1 if is_json(bare) else 2 + order.index(bare) if bare in order else 9


def _body(name: str, media: Schema, is_required: bool, schemas: Schemas, owner: str) -> Body:
    bare = name.partition(";")[0].strip().lower()
    if "*" in bare or not all(letter.isprintable() and letter.isascii() for letter in name):
        raise GenerationError("the media type is not one that can be sent")
    schema = media.get("schema", {})
    for given in (media.get("encoding") or {}).values():
        if isinstance(given, dict) and given.keys() - {"contentType", "description"}:
            raise GenerationError("an encoding other than by contentType is not supported")
    if is_json(bare):
        media_type = bare if bare != "application/json" else "application/json"
        return Body("json", schemas.shape(schema, "sent", owner), media_type, is_required)
    if bare in ("multipart/form-data", "application/x-www-form-urlencoded"):
        form = "multipart" if bare == "multipart/form-data" else "form"
        shape = schemas.shape(schema, "form" if form == "multipart" else "sent", owner)
        if shape.kind != "model":
            raise GenerationError("a form needs to be an object with fields")
        schemas.complete()
        _check_form(schemas, shape.class_name, has_parts=form == "multipart")
        return Body(form, shape, bare, is_required)
    flat = schemas.flattener.flatten(schema).schema
    if flat.get("type", "string") != "string" or "properties" in flat:
        raise GenerationError("only JSON, forms, text and bytes are sent")
    is_text = bare.startswith("text/") and flat.get("format") != "binary"
    return Body("text" if is_text else "bytes", Shape("str"), bare, is_required)


def _check_form(schemas: Schemas, class_name: str, *, has_parts: bool) -> None:
    model = next(each for each in schemas.models.values() if each.class_name == class_name)
    for each in model.fields:
        if not (_fits(each.shape) or (has_parts and _is_part(each.shape))):
            raise GenerationError(f"{each.wire} is a {each.shape.kind}, which a form does not hold")
    _refuse_extra(model)


def _refuse_extra(model: Model) -> None:
    if model.extra is not None and not is_scalar(model.extra):
        raise GenerationError("its additionalProperties are not plain values, which a form does not hold")


def _fits(shape: Shape) -> bool:
    return is_scalar(shape) or is_list_of_scalars(shape)


def _is_part(shape: Shape) -> bool:
    is_files = shape.kind == "list" and shape.item is not None and shape.item.kind == "file"
    return shape.kind in ("file", "object", "map") or is_files
