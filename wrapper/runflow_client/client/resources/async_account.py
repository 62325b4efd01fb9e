"""`client.account`: the account of the key, its balance, and the health of the service."""

from __future__ import annotations

from runflow_api import models as api_models

from ...flows import account as flows
from ..async_session import AsyncSession


class AsyncAccount:
    """Read the account of the key, its balance, and the health of the service."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def me(self) -> api_models.Account:
        """Return the account that the key belongs to; the simplest call to test a key.

        Source: https://docs.runflow.io/concepts/authentication (`GET /v1/auth/me`); its fields are inferred.

        Raises:
            AuthenticationError: the key is missing, wrong or revoked.

        Example:
            >>> import asyncio
            >>> from runflow_client.sandbox import Sandbox
            >>> async def main():
            ...     async with Sandbox().async_client() as client:
            ...         account = await client.account.me()
            ...         return type(account).__name__
            >>> asyncio.run(main())
            'Account'
        """
        return await self._session.run(flows.me(self._session.context))

    async def balance(self) -> api_models.Balance:
        """Return the organization's credit balance, in credits as a decimal string.

        Source: https://docs.runflow.io/api-reference/account/get-organization-credit-balance.

        Example:
            >>> import asyncio
            >>> from runflow_client.sandbox import Sandbox
            >>> async def main():
            ...     async with Sandbox(balance="12.50").async_client() as client:
            ...         balance = await client.account.balance()
            ...         return balance.balance
            >>> asyncio.run(main())
            '12.50'
        """
        return await self._session.run(flows.balance(self._session.context))

    async def health(self) -> api_models.Health:
        """Return whether the service is up.

        Source: https://docs.runflow.io/concepts/errors (`GET /v1/health`).

        Example:
            >>> import asyncio
            >>> from runflow_client.sandbox import Sandbox
            >>> async def main():
            ...     async with Sandbox().async_client() as client:
            ...         health = await client.account.health()
            ...         return health.status
            >>> asyncio.run(main())
            'ok'
        """
        return await self._session.run(flows.health(self._session.context))
