# Derived from async_account.py by `make derive`; edit that file instead.
"""`client.account`: the account of the key, its balance, and the health of the service."""

from __future__ import annotations

from runflow_api import models as api_models

from ...flows import account as flows
from ..sync_session import Session


class Account:
    """Read the account of the key, its balance, and the health of the service."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def me(self) -> api_models.Account:
        """Return the account that the key belongs to; the simplest call to test a key.

        Source: https://docs.runflow.io/concepts/authentication (`GET /v1/auth/me`); its fields are inferred.

        Raises:
            AuthenticationError: the key is missing, wrong or revoked.

        Example:
            >>> from runflow_client.sandbox import Sandbox
            >>> def main():
            ...     with Sandbox().client() as client:
            ...         account = client.account.me()
            ...         return type(account).__name__
            >>> main()
            'Account'
        """
        return self._session.run(flows.me(self._session.context))

    def balance(self) -> api_models.Balance:
        """Return the organization's credit balance, in credits as a decimal string.

        Source: https://docs.runflow.io/api-reference/account/get-organization-credit-balance.

        Example:
            >>> from runflow_client.sandbox import Sandbox
            >>> def main():
            ...     with Sandbox(balance="12.50").client() as client:
            ...         balance = client.account.balance()
            ...         return balance.balance
            >>> main()
            '12.50'
        """
        return self._session.run(flows.balance(self._session.context))

    def health(self) -> api_models.Health:
        """Return whether the service is up.

        Source: https://docs.runflow.io/concepts/errors (`GET /v1/health`).

        Example:
            >>> from runflow_client.sandbox import Sandbox
            >>> def main():
            ...     with Sandbox().client() as client:
            ...         health = client.account.health()
            ...         return health.status
            >>> main()
            'ok'
        """
        return self._session.run(flows.health(self._session.context))
