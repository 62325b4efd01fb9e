"""Uploading a file in the three steps of https://docs.runflow.io/guides/upload-large-files: session, PUT, confirmation.

The idempotency keys of the requests are derived from the caller's key and the file's content. So a repeated call gets the
same session, and other content under the same key gets another one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from runflow_api.api.media import confirm_asset_upload, create_asset_upload, get_asset, list_asset_types
from runflow_api.models.asset_type_row import AssetTypeRow
from runflow_api.models.asset_upload import AssetUpload
from runflow_api.models.confirm_asset_upload_request import ConfirmAssetUploadRequest
from runflow_api.models.create_asset_upload_request import CreateAssetUploadRequest
from runflow_api.types import LimitError

from .._urls import has_user, is_encrypted, split_url
from ..errors import APIError, DecodeError, InvalidRequestError
from ..models.asset import Asset
from ..models.images import ImageSource
from .base.arguments import checked_callback, require_id, translate_limits
from .base.context import Context
from .base.responses import CallInfo, error_from, ignore_body, what_next
from .base.retrying import derive_key, send_for_model, send_for_rows, send_with_retries
from .base.steps import Flow, LocalFile, Open, Request, RequestFailure, open_file

_SESSIONS = 3
_EXPIRED = frozenset({400, 401, 403, 404, 410})
_NOT_THERE = frozenset({400, 404, 409, 410, 422})

Progress = Callable[[int, int], Any]


def upload(
    context: Context,
    source: ImageSource,
    *,
    filename: str | None,
    mime_type: str | None,
    folder_id: str | UUID | None,
    on_progress: Progress | None,
) -> Flow[Asset]:
    """Open a file, upload it, and return the asset."""
    if isinstance(source, str):
        raise InvalidRequestError(
            "source: a str is never read as a path; pass pathlib.Path(...), bytes or a file opened in binary mode",
            argument="source",
        )
    checked_callback(context, on_progress, "on_progress")
    key = context.new_key()
    until = context.deadline_in(context.upload_seconds(0))
    file = yield from open_file(Open(source, "source", filename, mime_type, until))
    if isinstance(file, RequestFailure):
        info = CallInfo("reading the file to upload", idempotency_key=key, takes_key=False)
        raise error_from(file, info, context.redact)
    deadline = context.deadline_in(context.upload_seconds(file.size))
    info = CallInfo(f"uploading {file.label}", idempotency_key=key, takes_key=False)
    return (yield from send_file(context, file, info, deadline, folder_id, on_progress))


def send_file(
    context: Context,
    file: LocalFile,
    info: CallInfo,
    deadline: float,
    folder_id: str | UUID | None = None,
    on_progress: Progress | None = None,
) -> Flow[Asset]:
    """Upload an open file, close it, and return the asset.

    Args:
        context: the client's settings.
        file: the file to send.
        info: describes the call in errors; the keys of the requests are derived from its key.
        deadline: the time by which the upload must end.
        folder_id: the folder to put the asset in.
        on_progress: called with the bytes sent and the total.

    Raises:
        APIError: the API or its storage refused.
        TransportError: no response arrived.
        DecodeError: the upload session cannot be used.
    """
    try:
        key = info.idempotency_key or context.new_key()

        def session_of(data: dict[str, Any]) -> tuple[str, str]:
            return _checked(AssetUpload.from_dict(data), info, context.is_local)

        with translate_limits():
            body = CreateAssetUploadRequest(filename=file.filename, mime_type=file.media_type, size_bytes=file.size)
            confirmation = None if folder_id is None else ConfirmAssetUploadRequest(folder_id=str(folder_id))
        problem: APIError | None = None
        for number in range(1, _SESSIONS + 1):
            keys = [derive_key(key, file.argument, file.digest, step, str(number)) for step in ("session", "confirm")]
            opening = create_asset_upload.operation(body=body)
            asset_id, url = yield from send_for_model(context, opening, session_of, info, deadline, keys[0])
            problem = yield from _put(context, file, url, on_progress, info, deadline)
            operation = confirm_asset_upload.operation(asset_id, body=confirmation)
            try:
                asset = yield from send_for_model(context, operation, Asset.from_dict, info, deadline, keys[1])
                if asset.ref is None:
                    asset.id = asset_id  # the response may leave out the id, which is known
                return asset
            except APIError as unconfirmed:
                if problem is None or unconfirmed.status not in _NOT_THERE:
                    raise
        assert problem is not None
        raise problem
    finally:
        file.close()


def _put(
    context: Context, file: LocalFile, url: str, on_progress: Progress | None, info: CallInfo, deadline: float
) -> Flow[APIError | None]:
    """Send the file to storage; return storage's error if the upload can still succeed, None on success.

    Storage refuses an expired URL. The caller then tries the confirmation, which succeeds if an earlier call under the same
    key has stored the file; otherwise the caller opens a new session.
    """
    headers = (("Content-Type", file.media_type), ("Content-Length", str(file.size)))
    request = Request("store_file", "PUT", "", headers, file, presigned_url=url, on_progress=on_progress)
    try:
        yield from send_with_retries(context, request, info, deadline, ignore_body)
    except APIError as refused:
        # The body of storage's response repeats the signature, so the error names only the status.
        problem = type(refused)(
            f"{info.doing}: storage responded with {refused.status}. {what_next(info, refused.status >= 500)}",
            status=refused.status,
            request_id=refused.request_id,
            idempotency_key=info.idempotency_key,
        )
        if refused.status not in _EXPIRED:
            raise problem from None
        return problem
    return None


def _checked(session: AssetUpload, info: CallInfo, is_local: bool) -> tuple[str, str]:
    """Return the asset id and the presigned URL; a URL that is not https is refused, because the file would be sent unencrypted."""
    asset_id, url = session.asset_id, session.upload_url
    if not (
        isinstance(asset_id, str)
        and _can_be_confirmed(asset_id)
        and isinstance(url, str)
        and _may_be_sent_to(url, is_local)
    ):
        raise DecodeError(
            f"{info.doing}: the upload session cannot be used: the response must hold an asset_id and an upload_url that "
            "begins with https://. The file was not sent.",
            idempotency_key=info.idempotency_key,
        )
    return asset_id, url


def _can_be_confirmed(asset_id: str) -> bool:
    try:
        confirm_asset_upload.operation(asset_id)
    except LimitError:
        return False
    return True


def _may_be_sent_to(url: str, is_local: bool) -> bool:
    parts = split_url(url)
    return parts is not None and url.isascii() and not has_user(parts) and is_encrypted(parts, allow_loopback=is_local)


def get(context: Context, asset_id: str | UUID | None) -> Flow[Asset]:
    """Return an asset with a freshly signed URL."""
    with translate_limits("asset_id"):
        operation = get_asset.operation(require_id(asset_id, "asset_id"))
    info = CallInfo(f"getting asset {asset_id}")
    return send_for_model(context, operation, Asset.from_dict, info, context.call_deadline())


def types(context: Context) -> Flow[list[AssetTypeRow]]:
    """Return the types of files that can be uploaded."""
    return send_for_rows(context, list_asset_types.operation(), AssetTypeRow.from_dict, "listing asset types")
