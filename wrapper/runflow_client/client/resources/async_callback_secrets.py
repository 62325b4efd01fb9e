"""`client.callback_secrets`: the secrets that callbacks are signed with."""

from __future__ import annotations

from uuid import UUID

from ...flows import callback_secrets as flows
from ...models.callback_secret import CallbackSecret
from ..async_session import AsyncSession


class AsyncCallbackSecrets:
    """Create, read, promote and delete callback secrets.

    To rotate: create a second one, make your receiver accept both, promote the new one, delete the old one
    (https://docs.runflow.io/guides/verify-callback-signatures).
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def create(self, label: str) -> CallbackSecret:
        """Create a secret and return it; only this response holds it, as `plain_secret`.

        Source: https://docs.runflow.io/guides/verify-callback-signatures.

        Args:
            label: a name for it, at most 255 characters.

        Raises:
            InvalidRequestError: the label is too long; nothing was sent.

        Example:
            >>> import asyncio
            >>> from runflow_client.sandbox import Sandbox
            >>> async def main():
            ...     async with Sandbox().async_client() as client:
            ...         secret = await client.callback_secrets.create("receiver 2026")
            ...         again = await client.callback_secrets.get(secret.id)
            ...         return secret.plain_secret[:6], again.plain_secret
            >>> asyncio.run(main())
            ('whsec_', None)
        """
        return await self._session.run(flows.create(self._session.context, label))

    async def get(self, id: str | UUID | None) -> CallbackSecret:  # noqa: A002 - the name is the API's
        """Return a secret's label and state, never the secret itself.

        Source: https://docs.runflow.io/api-reference/webhooks/get-callback-secret.

        Args:
            id: the secret's UUID.

        Raises:
            NotFoundError: there is no such secret for this key.

        Example:
            >>> import asyncio
            >>> from runflow_client.sandbox import Sandbox
            >>> async def main():
            ...     async with Sandbox().async_client() as client:
            ...         secret = await client.callback_secrets.create("shop")
            ...         return (await client.callback_secrets.get(secret.id)).label
            >>> asyncio.run(main())
            'shop'
        """
        return await self._session.run(flows.get(self._session.context, id))

    async def update(
        self,
        id: str | UUID | None,  # noqa: A002 - the name is the API's
        label: str | None = None,
        is_current: bool | None = None,
    ) -> CallbackSecret:
        """Change a secret's label, or make it the one that callbacks are signed with.

        Source: https://docs.runflow.io/api-reference/webhooks/update-callback-secret.

        Args:
            id: the secret's UUID.
            label: at most 255 characters; None leaves it as it is.
            is_current: True makes it the signing secret; None leaves it as it is.

        Raises:
            InvalidRequestError: there is nothing to change, or the label is too long; nothing was sent.

        Example:
            >>> import asyncio
            >>> from runflow_client.sandbox import Sandbox
            >>> async def main():
            ...     async with Sandbox().async_client() as client:
            ...         await client.callback_secrets.create("old")
            ...         new = await client.callback_secrets.create("new")
            ...         promoted = await client.callback_secrets.update(new.id, is_current=True)
            ...         return promoted.is_current
            >>> asyncio.run(main())
            True
        """
        return await self._session.run(flows.update(self._session.context, id, label, is_current))

    async def delete(self, id: str | UUID | None) -> None:  # noqa: A002 - the name is the API's
        """Delete a secret; the operation is inferred from the guide to rotation.

        Source: https://docs.runflow.io/guides/verify-callback-signatures.

        Args:
            id: the secret's UUID.

        Raises:
            NotFoundError: there is no such secret for this key.

        Example:
            >>> import asyncio
            >>> from runflow_client.sandbox import Sandbox
            >>> async def main():
            ...     async with Sandbox().async_client() as client:
            ...         secret = await client.callback_secrets.create("short-lived")
            ...         await client.callback_secrets.delete(secret.id)
            >>> asyncio.run(main())
        """
        await self._session.run(flows.delete(self._session.context, id))
