# Derived from async_assets.py by `make derive`; edit that file instead.
"""`client.assets`: upload files and get their metadata."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from runflow_api import models as api_models

from ...flows import assets as flows
from ...models.asset import Asset
from ...models.images import ImageSource
from ..sync_session import Session


class Assets:
    """Upload files, to pass them by reference; `evaluate` does so automatically for images over 1 MiB."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def upload(
        self,
        source: ImageSource,
        *,
        filename: str | None = None,
        mime_type: str | None = None,
        folder_id: str | UUID | None = None,
        on_progress: Callable[[int, int], Any] | None = None,
    ) -> Asset:
        """Upload a file in three steps (session, presigned PUT, confirmation) and return the asset.

        The file is streamed and never wholly in memory. An expired presigned URL is renewed automatically.

        Source: https://docs.runflow.io/guides/upload-large-files.

        Args:
            source: a `pathlib.Path`, bytes, or a binary file, read from its current position; 1 byte to 50 MiB.
            filename: 1 to 500 characters; else the source's own name.
            mime_type: 1 to 255 characters; needed if the file is not an image; for an image it must be the type of its content.
            folder_id: the UUID of the folder to put it in.
            on_progress: a function, called with the bytes sent and the total. An
                exception that it raises ends the upload.

        Raises:
            InvalidRequestError: the file cannot be read, is empty or too large, or is not of the type `mime_type`;
                nothing was sent.
            APIError: the API or its storage refused.
            TransportError: no response arrived in time.

        Example:
            >>> from runflow_client.sandbox import Sandbox, sharp_picture
            >>> def main():
            ...     with Sandbox().client() as client:
            ...         asset = client.assets.upload(sharp_picture(), filename="sharp.png")
            ...         evaluation = client.evaluations.evaluate(asset.ref, "headshot")
            ...         return asset.mime_type, evaluation.verdict
            >>> main()
            ('image/png', <Verdict.PASSED: 'passed'>)
        """
        return self._session.run(
            flows.upload(
                self._session.context,
                source,
                filename=filename,
                mime_type=mime_type,
                folder_id=folder_id,
                on_progress=on_progress,
            )
        )

    def get(self, asset_id: str | UUID | None) -> Asset:
        """Return an asset; its `url` is freshly signed and expires, so do not store it.

        Source: https://docs.runflow.io/api-reference/assets/get-asset.

        Args:
            asset_id: the asset's UUID.

        Raises:
            NotFoundError: there is no such asset for this key.

        Example:
            >>> from runflow_client.sandbox import Sandbox, sharp_picture
            >>> def main():
            ...     with Sandbox().client() as client:
            ...         asset = client.assets.upload(sharp_picture())
            ...         again = client.assets.get(asset.id)
            ...         return again.ref == asset.ref
            >>> main()
            True
        """
        return self._session.run(flows.get(self._session.context, asset_id))

    def types(self) -> list[api_models.AssetTypeRow]:
        """Return the types of files that can be uploaded; the shape of a row is inferred.

        Source: https://docs.runflow.io/guides/upload-large-files.

        Example:
            >>> from runflow_client.sandbox import Sandbox
            >>> def main():
            ...     with Sandbox().client() as client:
            ...         return len(client.assets.types()) > 0
            >>> main()
            True
        """
        return self._session.run(flows.types(self._session.context))
